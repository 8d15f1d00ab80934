/**
 * Rasters: release, and writing as PNG (RFC 2083, ISO/IEC 15948) by libpng.
 *
 * Pages are mostly white and flat, and a page picture is looked at a few times, not archived: no filter and
 * deflate's fast end.
 */
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>

#include "handler.h"

#define DEFLATE_LEVEL 1

void vouch_raster_done(vouch_raster *raster)
{
    free(raster->samples);
    *raster = (vouch_raster){0};
}

static void append(png_structp png, png_bytep bytes, size_t length)
{
    if (vouch_buffer_append(png_get_io_ptr(png), bytes, length) != VOUCH_OK)
        png_error(png, "the buffer is full");
}

static void flush_nothing(png_structp png)
{
    (void)png;
}

static void fail(png_structp png, png_const_charp message)
{
    (void)message;
    png_longjmp(png, 1);
}

static void ignore(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

/** Between setjmp and longjmp nothing is allocated but by libpng, which its caller releases. */
static bool write_picture(png_structp png, png_infop info, const vouch_raster *raster)
{
    if (setjmp(png_jmpbuf(png)) != 0)
        return false;
    png_set_compression_level(png, DEFLATE_LEVEL);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
    png_set_IHDR(png, info, (png_uint_32)raster->width, (png_uint_32)raster->height, 8,
                 raster->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (int y = 0; y < raster->height; y++)
        png_write_row(png, raster->samples + (size_t)y * raster->stride);
    png_write_end(png, info);
    return true;
}

vouch_code vouch_raster_encode_png(const vouch_raster *raster, vouch_buffer *out, vouch_error *err)
{
    const size_t before = out->length;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, fail, ignore);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    bool done = false;
    if (info) {
        png_set_write_fn(png, out, append, flush_nothing);
        done = write_picture(png, info, raster);
    }
    png_destroy_write_struct(&png, &info);
    if (done)
        return VOUCH_OK;
    out->length = before;
    return vouch_fail(err, VOUCH_NO_MEMORY, "encoding a page picture");
}
