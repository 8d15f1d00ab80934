/** PNG encoding: what was written reads back the same. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "vouch/decode.h"

/* Fill, encode, decode again as a document, draw at 1:1 and compare. */
static void round_trip(int width, int height, int channels, size_t padding, uint8_t (*value)(int, int, int))
{
    vouch_raster raster = {.width = width, .height = height, .channels = channels};
    raster.stride = (size_t)width * (size_t)channels + padding;
    raster.samples = malloc(raster.stride * (size_t)height);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < channels; c++)
                raster.samples[(size_t)y * raster.stride + (size_t)(x * channels + c)] = value(x, y, c);
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer png = {0};
    vouch_error err = VOUCH_ERROR_INIT;
    cr_assert_eq(vouch_raster_encode_png(&raster, &png, &err), VOUCH_OK, "%s", err.message);

    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = NULL;
    cr_assert_eq(vouch_decode((const uint8_t *)png.data, png.length, NULL, &decoded, &err), VOUCH_OK, "%s",
                 err.message);
    VOUCH_CLEANUP(vouch_raster_done) vouch_raster back = {0};
    cr_assert_eq(vouch_decoded_render(decoded, 1, 1, channels, &back, &err), VOUCH_OK, "%s", err.message);
    cr_assert(back.width == width && back.height == height);
    for (int y = 0; y < height; y++)
        cr_assert_arr_eq(back.samples + (size_t)y * back.stride, raster.samples + (size_t)y * raster.stride,
                         (size_t)width * (size_t)channels, "row %d of %d x %d x %d", y, width, height, channels);
    cr_expect_eq(vouch_decoded_problems(decoded)->count, 0);
    vouch_raster_done(&raster);
    cr_expect_null(raster.samples);
}

static uint8_t white(int x, int y, int c)
{
    (void)x, (void)y, (void)c;
    return 255;
}

static uint8_t stripes(int x, int y, int c)
{
    return (uint8_t)((x / 3 + c) % 2 ? 0 : y % 7 * 30);
}

static uint8_t noise(int x, int y, int c)
{
    return (uint8_t)((unsigned)(x * 7919 + y * 104729 + c * 1299709) * 2654435761U >> 13);
}

Test(raster, png_reads_back_the_same)
{
    uint8_t (*const values[])(int, int, int) = {white, stripes, noise};
    static const struct {
        int width, height;
        size_t padding;
    } sizes[] = {{1, 1, 0}, {1, 300, 3}, {300, 1, 0}, {257, 129, 5}, {600, 400, 0}};
    for (size_t v = 0; v < 3; v++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
            for (int channels = 1; channels <= 3; channels += 2)
                round_trip(sizes[s].width, sizes[s].height, channels, sizes[s].padding, values[v]);
}

Test(raster, a_full_buffer_is_left_as_it_was)
{
    uint8_t sample[3] = {1, 2, 3};
    const vouch_raster raster = {.width = 1, .height = 1, .channels = 3, .stride = 3, .samples = sample};
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer out = {.maximum = 40};
    vouch_error err = VOUCH_ERROR_INIT;
    cr_assert_eq(vouch_buffer_append(&out, "before", 6), VOUCH_OK);
    cr_expect_neq(vouch_raster_encode_png(&raster, &out, &err), VOUCH_OK);
    cr_expect_eq(out.length, 6);
}
