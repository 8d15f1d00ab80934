/**
 * The size of a picture before anything is decoded, so that limits hold first.
 *
 * Leptonica reads the headers of PNG, WebP and TIFF cheaply, but "reads" those of GIF and BMP by decoding the
 * whole file: these two are read here (GIF89a specification; BITMAPINFOHEADER of the Windows documentation).
 */
#include <stdlib.h>
#include <string.h>

#include "image.h"

static unsigned u16le(const uint8_t *at)
{
    return (unsigned)at[0] | (unsigned)at[1] << 8;
}

static bool read_bmp_size(const uint8_t *data, size_t length, int *width, int *height)
{
    if (length < 26)
        return false;
    const unsigned header = u16le(data + 14);
    if (header == 12) { /* BITMAPCOREHEADER */
        *width = (int)u16le(data + 18);
        *height = (int)u16le(data + 20);
        return true;
    }
    int32_t w, h;
    memcpy(&w, data + 18, 4);
    memcpy(&h, data + 22, 4);
    if (w <= 0 || h == 0 || h == INT32_MIN)
        return false;
    *width = w;
    *height = abs(h); /* negative: stored from the top */
    return true;
}

/* Skip data sub-blocks. @return position behind their end, 0 when the file ends before */
static size_t skip_blocks(const uint8_t *data, size_t length, size_t at)
{
    while (at < length && data[at] != 0)
        at += 1 + (size_t)data[at];
    return at < length ? at + 1 : 0;
}

static size_t color_table_bytes(uint8_t flags)
{
    return flags & 0x80 ? (size_t)3 << ((flags & 7) + 1) : 0;
}

bool image_gif_first_frame(const uint8_t *data, size_t length, size_t *prefix, int *width, int *height)
{
    if (length < 13)
        return false;
    size_t at = 13 + color_table_bytes(data[10]);
    while (at + 10 <= length && data[at] == 0x21) /* extension */
        if ((at = skip_blocks(data, length, at + 2)) == 0)
            return false;
    if (at + 10 > length || data[at] != 0x2C)
        return false;
    *width = (int)u16le(data + at + 5);
    *height = (int)u16le(data + at + 7);
    const size_t pixels = at + 10 + color_table_bytes(data[at + 9]) + 1;
    const size_t end = pixels < length ? skip_blocks(data, length, pixels) : 0;
    *prefix = end > 0 ? end : length; /* a truncated frame is the decoder's business */
    return true;
}

bool image_read_size(vouch_format format, const uint8_t *data, size_t length, int index, int *width, int *height)
{
    l_int32 w = 0, h = 0, kind = 0, bits = 0, samples = 0, resolution = 0, has_map = 0;
    size_t prefix;
    bool known = false;
    switch (format) {
    case VOUCH_FORMAT_TIFF:
        known = readHeaderMemTiff(data, length, index, &w, &h, &bits, &samples, &resolution, &has_map, &kind) == 0;
        break;
    case VOUCH_FORMAT_GIF:
        known = index == 0 && image_gif_first_frame(data, length, &prefix, &w, &h);
        break;
    case VOUCH_FORMAT_BMP:
        known = index == 0 && read_bmp_size(data, length, &w, &h);
        break;
    case VOUCH_FORMAT_JPEG:
        known = index == 0 && image_read_jpeg_size(data, length, &w, &h);
        break;
    case VOUCH_FORMAT_HEIC:
        known = index == 0 && image_read_heic_size(data, length, &w, &h);
        break;
    default:
        known = index == 0 && pixReadHeaderMem(data, length, &kind, &w, &h, &bits, &samples, &has_map) == 0;
        break;
    }
    if (!known || w <= 0 || h <= 0)
        return false;
    *width = w;
    *height = h;
    return true;
}
