/** Pictures: sizes from headers, orientation, transparency, several pages, damage. */
#include <criterion/criterion.h>
#include <leptonica/allheaders.h>
#include <libheif/heif.h>
#include <stdlib.h>
#include <string.h>

#include "vouch/decode.h"

enum {
    WIDTH = 48,
    HEIGHT = 32
};

/* White, with a red upper left quarter. */
static PIX *make_picture(void)
{
    PIX *pix = pixCreate(WIDTH, HEIGHT, 32);
    pixSetAllArbitrary(pix, 0xFFFFFF00);
    for (int y = 0; y < HEIGHT / 2; y++)
        for (int x = 0; x < WIDTH / 2; x++)
            pixSetRGBPixel(pix, x, y, 255, 0, 0);
    return pix;
}

static vouch_decoded *decode(const uint8_t *data, size_t length)
{
    vouch_decoded *decoded = NULL;
    vouch_error err = VOUCH_ERROR_INIT;
    cr_assert_eq(vouch_decode(data, length, NULL, &decoded, &err), VOUCH_OK, "%s", err.message);
    return decoded;
}

/* Which quarter of the drawn page is red: "00" upper left, "10" upper right, "01", "11"; "" for none. */
static const char *red_quarter(vouch_decoded *decoded, double scale)
{
    static const char *const names[2][2] = {{"00", "10"}, {"01", "11"}};
    vouch_raster raster = {0};
    vouch_error err = VOUCH_ERROR_INIT;
    cr_assert_eq(vouch_decoded_render(decoded, 1, scale, 3, &raster, &err), VOUCH_OK, "%s", err.message);
    const char *found = "";
    for (int v = 0; v < 2; v++)
        for (int h = 0; h < 2; h++) {
            const size_t x = (size_t)(raster.width * (1 + 2 * h) / 4), y = (size_t)(raster.height * (1 + 2 * v) / 4);
            const uint8_t *at = raster.samples + y * raster.stride + x * 3;
            if (at[0] > 180 && at[1] < 90 && at[2] < 90)
                found = names[v][h];
        }
    vouch_raster_done(&raster);
    return found;
}

Test(image, formats_are_read_and_drawn)
{
    static const struct {
        int kind;
        vouch_format format;
    } rows[] = {
        {IFF_JFIF_JPEG, VOUCH_FORMAT_JPEG}, {IFF_PNG, VOUCH_FORMAT_PNG},   {IFF_TIFF_LZW, VOUCH_FORMAT_TIFF},
        {IFF_BMP, VOUCH_FORMAT_BMP},        {IFF_WEBP, VOUCH_FORMAT_WEBP}, {IFF_GIF, VOUCH_FORMAT_GIF},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        PIX *pix = make_picture();
        l_uint8 *data = NULL;
        size_t length = 0;
        cr_assert_eq(pixWriteMem(&data, &length, pix, rows[i].kind), 0, "row %zu", i);
        cr_expect_eq(vouch_format_recognise(data, length), rows[i].format, "row %zu", i);
        vouch_decoded *decoded = decode(data, length);
        size_t count;
        const vouch_page *page = vouch_decoded_pages(decoded, &count);
        cr_assert_eq(count, 1);
        cr_expect(page->width == WIDTH && page->height == HEIGHT, "row %zu", i);
        cr_expect_str_eq(page->unit, "px");
        static const double scales[] = {1, 0.5, 2};
        for (size_t s = 0; s < 3; s++)
            cr_expect_str_eq(red_quarter(decoded, scales[s]), "00", "row %zu, scale %g", i, scales[s]);
        vouch_decoded_free(&decoded);
        lept_free(data);
        pixDestroy(&pix);
    }
}

static struct heif_error keep_bytes(struct heif_context *context, const void *data, size_t size, void *user)
{
    (void)context;
    const struct heif_error fine = {heif_error_Ok, heif_suberror_Unspecified, ""};
    cr_assert_eq(vouch_buffer_append(user, data, size), VOUCH_OK);
    return fine;
}

Test(image, heic)
{
    struct heif_context *context = heif_context_alloc();
    struct heif_encoder *encoder = NULL;
    struct heif_image *image = NULL;
    if (heif_context_get_encoder_for_format(context, heif_compression_HEVC, &encoder).code != heif_error_Ok)
        cr_skip_test("skipped: this libheif has no encoder to make a picture with");
    PIX *pix = make_picture();
    int stride = 0;
    heif_image_create(2 * WIDTH, 2 * HEIGHT, heif_colorspace_RGB, heif_chroma_interleaved_RGB, &image);
    heif_image_add_plane(image, heif_channel_interleaved, 2 * WIDTH, 2 * HEIGHT, 8);
    uint8_t *plane = heif_image_get_plane(image, heif_channel_interleaved, &stride);
    for (int y = 0; y < 2 * HEIGHT; y++)
        for (int x = 0; x < 2 * WIDTH; x++) {
            l_int32 red, green, blue;
            pixGetRGBPixel(pix, x / 2, y / 2, &red, &green, &blue);
            uint8_t *at = plane + (size_t)y * (size_t)stride + (size_t)x * 3;
            at[0] = (uint8_t)red;
            at[1] = (uint8_t)green;
            at[2] = (uint8_t)blue;
        }
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer file = {0};
    struct heif_writer writer = {.writer_api_version = 1, .write = keep_bytes};
    cr_assert_eq(heif_context_encode_image(context, image, encoder, NULL, NULL).code, heif_error_Ok);
    cr_assert_eq(heif_context_write(context, &writer, &file).code, heif_error_Ok);

    cr_expect_eq(vouch_format_recognise((const uint8_t *)file.data, file.length), VOUCH_FORMAT_HEIC);
    vouch_decoded *decoded = decode((const uint8_t *)file.data, file.length);
    size_t count;
    const vouch_page *page = vouch_decoded_pages(decoded, &count);
    cr_assert_eq(count, 1);
    cr_expect(page->width == 2 * WIDTH && page->height == 2 * HEIGHT);
    cr_expect_str_eq(red_quarter(decoded, 1), "00");
    cr_expect_str_eq(red_quarter(decoded, 0.5), "00");
    vouch_decoded_free(&decoded);
    pixDestroy(&pix);
    heif_image_release(image);
    heif_encoder_release(encoder);
    heif_context_free(context);
}

/* APP1 with one directory of one entry: orientation. */
static size_t make_exif(int orientation, bool big_endian, uint8_t out[64])
{
    static const uint8_t little[] = "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\0\0\0\0\0\0\0\0";
    static const uint8_t big[] = "Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0";
    const size_t size = sizeof little - 1;
    memcpy(out, "\xFF\xE1", 2);
    out[2] = 0;
    out[3] = (uint8_t)(size + 2);
    memcpy(out + 4, big_endian ? big : little, size);
    out[4 + 6 + 8 + 2 + 8 + (big_endian ? 1 : 0)] = (uint8_t)orientation;
    return size + 4;
}

Test(image, jpeg_orientation_is_applied)
{
    /* EXIF 2.32, 4.6.4: where the stored upper left corner is seen, and the rotation of a viewer. */
    static const struct {
        int orientation;
        const char *quarter;
        bool swapped;
        int rotation;
    } rows[] = {
        {0, "00", false, 0},  {1, "00", false, 0}, {2, "10", false, 0}, {3, "11", false, 180}, {4, "01", false, 180},
        {5, "00", true, 270}, {6, "10", true, 90}, {7, "11", true, 90}, {8, "01", true, 270},  {9, "00", false, 0},
    };
    PIX *pix = make_picture();
    l_uint8 *jpeg = NULL;
    size_t length = 0;
    cr_assert_eq(pixWriteMemJpeg(&jpeg, &length, pix, 95, 0), 0);
    for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
        const int orientation = rows[i / 2].orientation;
        uint8_t exif[64], *file = malloc(length + sizeof exif);
        const size_t added = make_exif(orientation, i % 2, exif);
        memcpy(file, jpeg, 2);
        memcpy(file + 2, exif, added);
        memcpy(file + 2 + added, jpeg + 2, length - 2);
        vouch_decoded *decoded = decode(file, length + added);
        size_t count;
        const vouch_page *page = vouch_decoded_pages(decoded, &count);
        cr_expect_eq(page->width, rows[i / 2].swapped ? HEIGHT : WIDTH, "orientation %d", orientation);
        cr_expect_eq(page->rotation, rows[i / 2].rotation, "orientation %d", orientation);
        const char *quarter = red_quarter(decoded, 1);
        cr_expect_str_eq(quarter, rows[i / 2].quarter, "orientation %d: %s", orientation, quarter);
        vouch_decoded_free(&decoded);
        free(file);
    }
    lept_free(jpeg);
    pixDestroy(&pix);
}

Test(image, transparent_is_white)
{
    PIX *pix = make_picture();
    pixSetSpp(pix, 4); /* alpha 0 everywhere but in the red quarter */
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            pixSetPixel(pix, x, y, y < HEIGHT / 2 && x < WIDTH / 2 ? 0xFF0000FF : 0x00000000);
    static const int kinds[] = {IFF_PNG, IFF_TIFF};
    for (size_t i = 0; i < 2; i++) {
        l_uint8 *data = NULL;
        size_t length = 0;
        cr_assert_eq(pixWriteMem(&data, &length, pix, kinds[i]), 0);
        vouch_decoded *decoded = decode(data, length);
        vouch_raster raster = {0};
        vouch_error err = VOUCH_ERROR_INIT;
        cr_assert_eq(vouch_decoded_render(decoded, 1, 1, 1, &raster, &err), VOUCH_OK);
        cr_expect_eq(raster.samples[(HEIGHT - 1) * raster.stride + WIDTH - 1], 255, "kind %zu", i);
        cr_expect_lt(raster.samples[0], 128, "kind %zu", i);
        vouch_raster_done(&raster);
        vouch_decoded_free(&decoded);
        lept_free(data);
    }
    pixDestroy(&pix);
}

Test(image, every_page_of_a_tiff)
{
    PIXA *pages = pixaCreate(3);
    for (int i = 0; i < 3; i++) {
        PIX *pix = pixCreate(10 + i, 20, 1);
        pixaAddPix(pages, pix, L_INSERT);
    }
    l_uint8 *data = NULL;
    size_t length = 0;
    cr_assert_eq(pixaWriteMemMultipageTiff(&data, &length, pages), 0);
    vouch_decoded *decoded = decode(data, length);
    size_t count;
    const vouch_page *found = vouch_decoded_pages(decoded, &count);
    cr_assert_eq(count, 3);
    for (size_t i = 0; i < 3; i++) {
        vouch_raster raster = {0};
        vouch_error err = VOUCH_ERROR_INIT;
        cr_expect_eq(found[i].width, 10 + (int)i);
        cr_assert_eq(vouch_decoded_render(decoded, (int)i + 1, 1, 1, &raster, &err), VOUCH_OK);
        cr_expect_eq(raster.width, 10 + (int)i);
        vouch_raster_done(&raster);
    }
    vouch_decoded_free(&decoded);
    lept_free(data);
    pixaDestroy(&pages);
}

Test(image, too_many_pixels_are_refused_by_the_header)
{
    static const struct {
        const char *name;
        uint8_t bytes[64];
        size_t length;
    } rows[] = {
        {"GIF", "GIF89a\xFF\xFF\xFF\xFF\0\0\0,\0\0\0\0\xFF\xFF\xFF\xFF\0\2\1\0\0;", 30},
        {"BMP", "BM\0\0\0\0\0\0\0\0\0\0\0\0\x28\0\0\0\0\0\1\0\0\0\1\0\1\0\x18\0", 54},
        {"PNG", "\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\xFF\xFF\0\0\xFF\xFF\x08\2\0\0\0\0\0\0\0", 40},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        vouch_decoded *decoded = NULL;
        vouch_error err = VOUCH_ERROR_INIT;
        const vouch_code code = vouch_decode(rows[i].bytes, rows[i].length, NULL, &decoded, &err);
        cr_expect_eq(code, VOUCH_TOO_MANY_PIXELS, "%s: %d %s", rows[i].name, code, err.message);
        vouch_decoded_free(&decoded);
    }
}

Test(image, what_there_is_of_a_cut_file_is_drawn)
{
    static const int kinds[] = {IFF_JFIF_JPEG, IFF_PNG};
    PIX *small = make_picture();
    PIX *pix = pixScale(small, 8, 8);
    for (int y = 4 * HEIGHT; y < 8 * HEIGHT; y++) /* the lower half is noise, so that it is most of the file */
        for (int x = 0; x < 8 * WIDTH; x++)
            pixSetPixel(pix, x, y, (l_uint32)(x * 7919 + y * 104729) * 2654435761U);
    for (size_t i = 0; i < 2; i++) {
        l_uint8 *data = NULL;
        size_t length = 0;
        cr_assert_eq(pixWriteMem(&data, &length, pix, kinds[i]), 0);
        vouch_decoded *decoded = decode(data, length * 2 / 3);
        cr_expect_str_eq(red_quarter(decoded, 0.5), "00", "kind %zu", i);
        cr_expect_str_eq(red_quarter(decoded, 0.25), "00", "kind %zu", i);
        cr_expect_eq(vouch_decoded_problems(decoded)->count, 1, "kind %zu: told once", i);
        vouch_decoded_free(&decoded);
        lept_free(data);
    }
    pixDestroy(&pix);
    pixDestroy(&small);
}

Test(image, truncation_never_crashes)
{
    static const int kinds[] = {IFF_JFIF_JPEG, IFF_PNG, IFF_TIFF_LZW, IFF_BMP, IFF_WEBP, IFF_GIF};
    PIX *pix = make_picture();
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        l_uint8 *data = NULL;
        size_t length = 0;
        cr_assert_eq(pixWriteMem(&data, &length, pix, kinds[i]), 0);
        const size_t step = length / 60 + 1;
        for (size_t cut = 1; cut < length; cut += step) {
            vouch_decoded *decoded = NULL;
            vouch_raster raster = {0};
            if (vouch_decode(data, cut, NULL, &decoded, NULL) != VOUCH_OK)
                continue;
            vouch_error err = VOUCH_ERROR_INIT;
            if (vouch_decoded_render(decoded, 1, 1, 3, &raster, &err) == VOUCH_OK)
                vouch_raster_done(&raster);
            vouch_decoded_free(&decoded);
        }
        lept_free(data);
    }
    pixDestroy(&pix);
}
