#include <string.h>

#include "frames.h"

static bool accepts(const vouch_buffer *png)
{
    return sandbox_png_acceptable((const uint8_t *)png->data, png->length, 4);
}

Test(png, our_own_pictures_pass_up_to_the_limit_of_pixels)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer png = {0};
    frame_png(&png);
    cr_expect(sandbox_png_acceptable((const uint8_t *)png.data, png.length, 4));
    cr_expect_not(sandbox_png_acceptable((const uint8_t *)png.data, png.length, 3));
}

Test(png, a_picture_cut_anywhere_or_with_more_behind_it_is_refused)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer png = {0};
    frame_png(&png);
    for (size_t length = 0; length < png.length; length++)
        cr_expect_not(sandbox_png_acceptable((const uint8_t *)png.data, length, 4), "%zu bytes", length);
    cr_assert_eq(vouch_buffer_append(&png, "x", 1), VOUCH_OK);
    cr_expect_not(accepts(&png));
}

Test(png, what_our_encoder_does_not_write_is_refused)
{
    /* offsets: signature 8, then a chunk of length, type, body, check sum */
    const struct {
        size_t offset;
        const char bytes[8];
        size_t length;
        const char *what;
    } rows[] = {
        {0, "GIF8", 4, "another format"},
        {8, "\xff\xff\xff\xff", 4, "a chunk beyond the end"},
        {8, "\0\0\0\x0c", 4, "a short header"},
        {12, "IDAT", 4, "data before the header"},
        {16, "\0\0\0\0", 4, "no width"},
        {16, "\xff\xff\xff\xff", 4, "an immense width"},
        {20, "\xff\xff\xff\xff", 4, "an immense height"},
        {24, "\x10", 1, "16 bits a channel"},
        {25, "\x03", 1, "a palette"},
        {26, "\x01", 1, "another compression"},
        {27, "\x01", 1, "another filter method"},
        {28, "\x01", 1, "interlaced"},
        {37, "tEXt", 4, "text"},
        {37, "IHDR", 4, "a second header"},
        {37, "IEND", 4, "an end with a body"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer png = {0};
        frame_png(&png);
        memcpy(png.data + rows[i].offset, rows[i].bytes, rows[i].length);
        cr_expect_not(accepts(&png), "%s", rows[i].what);
    }
}
