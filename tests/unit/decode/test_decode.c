/** Recognition by content, nesting, limits, and what a failing part leaves behind. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "ofd_builder.h"
#include "vouch/decode.h"

Test(decode, recognises_by_content)
{
#define ROW(expected, text)              \
    {                                    \
        expected, text, sizeof(text) - 1 \
    }
    static const struct {
        vouch_format format;
        char bytes[64];
        size_t length;
    } rows[] = {
        ROW(VOUCH_FORMAT_PDF, "%PDF-1.4\n"),
        ROW(VOUCH_FORMAT_PDF, "\xEF\xBB\xBF\n%PDF-1.4\n"),
        ROW(VOUCH_FORMAT_PDF, "%!PS-Adobe-3.0 PDF-1.4\n"),
        ROW(VOUCH_FORMAT_PDF, "#broken\n1 0 obj\nendobj\nstartxref\n0\n"),
        ROW(VOUCH_FORMAT_XML, "<?xml version='1.0'?><a/>"),
        ROW(VOUCH_FORMAT_XML, "\xEF\xBB\xBF<?xml version='1.0'?><a/>"),
        ROW(VOUCH_FORMAT_XML, "\n\t <a/>"),
        ROW(VOUCH_FORMAT_XML, "<!-- a --><a/>"),
        ROW(VOUCH_FORMAT_XML, "<:eInvoice xmlns:=\"\">"),
        ROW(VOUCH_FORMAT_XML, "<\xE5\x8F\x91/>"),
        ROW(VOUCH_FORMAT_XML, "\xFF\xFE<\0?\0x\0m\0l\0 \0"),
        ROW(VOUCH_FORMAT_XML, "\0<\0a\0/\0>"),
        ROW(VOUCH_FORMAT_UNKNOWN, "<!DOCTYPE HTML><html>"),
        ROW(VOUCH_FORMAT_UNKNOWN, "<html><body>"),
        ROW(VOUCH_FORMAT_UNKNOWN, "< 5 apples"),
        ROW(VOUCH_FORMAT_UNKNOWN, "plain text"),
        ROW(VOUCH_FORMAT_UNKNOWN, "P"),
        ROW(VOUCH_FORMAT_ZIP, "PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        ROW(VOUCH_FORMAT_JPEG, "\xFF\xD8\xFF\xE0"),
        ROW(VOUCH_FORMAT_PNG, "\x89PNG\r\n\x1A\n"),
        ROW(VOUCH_FORMAT_WEBP, "RIFF\1\2\3\4WEBPVP8 "),
        ROW(VOUCH_FORMAT_TIFF, "II*\0\10\0\0\0"),
        ROW(VOUCH_FORMAT_TIFF, "MM\0*\0\0\0\10"),
        ROW(VOUCH_FORMAT_TIFF, "II+\0\10\0\0\0"),
        ROW(VOUCH_FORMAT_GIF, "GIF89a\1\0\1\0"),
        ROW(VOUCH_FORMAT_BMP, "BM\0\0\0\0\0\0\0\0\0\0\0\0\x28\0\0\0\1\0\0\0\1\0\0\0"),
        ROW(VOUCH_FORMAT_UNKNOWN, "BM is no picture because its header has no size"),
        ROW(VOUCH_FORMAT_HEIC, "\0\0\0\x18"
                               "ftypheic\0\0\0\0mif1"),
        ROW(VOUCH_FORMAT_UNKNOWN, "\0\0\0\x18"
                                  "ftypisom\0\0\0\0"),
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const vouch_format format = vouch_format_recognise((const uint8_t *)rows[i].bytes, rows[i].length);
        cr_expect_eq(format, rows[i].format, "row %zu (%s): %s", i, rows[i].bytes, vouch_format_name(format));
    }
    cr_expect_eq(vouch_format_recognise((const uint8_t *)"", 0), VOUCH_FORMAT_UNKNOWN);
}

Test(decode, formats_have_names)
{
    cr_expect_str_eq(vouch_format_name(VOUCH_FORMAT_OFD), "ofd");
    cr_expect_str_eq(vouch_format_media_type(VOUCH_FORMAT_HEIC), "image/heic");
    cr_expect_str_eq(vouch_format_name((vouch_format)99), "unknown");
}

static vouch_code decode(const void *data, size_t length, const vouch_decode_limits *limits, vouch_decoded **out)
{
    vouch_error err = VOUCH_ERROR_INIT;
    const vouch_code code = vouch_decode(data, length, limits, out, &err);
    cr_expect(code == VOUCH_OK || err.message[0], "a failure without a message");
    return code;
}

Test(decode, refuses_what_is_no_document)
{
    vouch_decoded *decoded = NULL;
    vouch_decode_limits limits = VOUCH_DECODE_LIMITS_DEFAULT;
    limits.max_bytes = 5;
    cr_expect_eq(decode("", 0, NULL, &decoded), VOUCH_EMPTY);
    cr_expect_eq(decode("hello", 5, NULL, &decoded), VOUCH_UNSUPPORTED_FORMAT);
    cr_expect_eq(decode("<a></a>", 7, &limits, &decoded), VOUCH_TOO_LARGE);
    cr_expect_null(decoded);
}

Test(decode, an_xml_file_is_one_part_without_pages)
{
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = NULL;
    cr_assert_eq(decode("<a/>", 4, NULL, &decoded), VOUCH_OK);
    size_t parts, pages;
    const vouch_part *part = vouch_decoded_parts(decoded, &parts);
    (void)vouch_decoded_pages(decoded, &pages);
    cr_assert(parts == 1 && pages == 0);
    cr_expect(part->parent == -1 && part->format == VOUCH_FORMAT_XML && part->failed == VOUCH_OK);
    cr_expect_str_eq(part->path, "");
}

/* Wraps bytes into a ZIP; the result replaces them. */
static void wrap(vouch_buffer *bytes, const char *name)
{
    ofd_builder zip = {0};
    ofd_put(&zip, name, bytes->data, bytes->length, true);
    ofd_finish(&zip);
    vouch_buffer_done(bytes);
    *bytes = zip.bytes;
    zip.bytes = (vouch_buffer){0};
    ofd_builder_done(&zip);
}

Test(decode, nesting_ends_at_the_limit)
{
    for (int depth = 0; depth <= 4; depth++) {
        VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer bytes = {0};
        cr_assert_eq(vouch_buffer_append(&bytes, "<a/>", 4), VOUCH_OK);
        wrap(&bytes, "a.xml");
        for (int i = 0; i < depth; i++)
            wrap(&bytes, "z.zip");
        VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = NULL;
        cr_assert_eq(decode(bytes.data, bytes.length, NULL, &decoded), VOUCH_OK);
        size_t count;
        const vouch_part *parts = vouch_decoded_parts(decoded, &count);
        const vouch_part *last = &parts[count - 1];
        if (depth <= 2) { /* the default limit; the XML inside is no further archive */
            cr_expect_eq(count, (size_t)depth + 2);
            cr_expect(last->format == VOUCH_FORMAT_XML && last->failed == VOUCH_OK, "depth %d", depth);
        } else {
            cr_expect_eq(last->failed, VOUCH_NESTED_TOO_DEEPLY, "depth %d", depth);
            cr_expect_eq(vouch_decoded_problems(decoded)->items[0].code, VOUCH_NESTED_TOO_DEEPLY);
        }
        if (depth == 2)
            cr_expect_str_eq(last->path, "z.zip!z.zip!a.xml");
    }
}

Test(decode, a_damaged_part_leaves_the_others)
{
    VOUCH_CLEANUP(ofd_builder_done) ofd_builder zip = {0};
    ofd_put_text(&zip, "broken.pdf", "%PDF-1.7\nnothing");
    ofd_put_text(&zip, "note.txt", "hello");
    ofd_put_text(&zip, "good.xml", "<a/>");
    ofd_finish(&zip);
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = NULL;
    cr_assert_eq(decode(zip.bytes.data, zip.bytes.length, NULL, &decoded), VOUCH_OK);
    size_t count;
    const vouch_part *parts = vouch_decoded_parts(decoded, &count);
    cr_assert_eq(count, 4);
    cr_expect(parts[1].format == VOUCH_FORMAT_PDF && parts[1].failed == VOUCH_BAD_FORMAT);
    cr_expect(parts[2].format == VOUCH_FORMAT_UNKNOWN && parts[2].failed == VOUCH_UNSUPPORTED_FORMAT);
    cr_expect(parts[3].format == VOUCH_FORMAT_XML && parts[3].failed == VOUCH_OK);
    const vouch_problems *problems = vouch_decoded_problems(decoded);
    cr_assert_eq(problems->count, 2);
    cr_expect_str_eq(problems->items[0].severity, "error");
    cr_expect_str_eq(problems->items[1].severity, "info");
}

Test(decode, elements_with_very_many_attributes_are_refused)
{
    static const struct {
        int attributes;
        const char *before, *after; /* its number */
        vouch_code code;
    } rows[] = {
        {2000, " a", "='1'", VOUCH_OK},    {2001, " a", "='1'", VOUCH_LIMIT},
        {3000, " a", "='>'", VOUCH_LIMIT}, {3000, "><b/>a", "=1", VOUCH_OK}, /* text behind another tag */
        {3000, "/><a b='", "'", VOUCH_OK},                                   /* elements of one each */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer xml = {0};
        VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = NULL;
        cr_assert_eq(vouch_buffer_append(&xml, "<x", 2), VOUCH_OK);
        for (int k = 0; k < rows[i].attributes; k++)
            cr_assert_eq(vouch_buffer_printf(&xml, "%s%d%s", rows[i].before, k, rows[i].after), VOUCH_OK);
        cr_assert_eq(vouch_buffer_append(&xml, "/>", 2), VOUCH_OK);
        cr_expect_eq(vouch_decode((const uint8_t *)xml.data, xml.length, NULL, &decoded, NULL), rows[i].code, "row %zu",
                     i);
    }
}

Test(decode, problems_are_bounded)
{
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    vouch_problems problems = {0};
    for (int i = 0; i < 5000; i++)
        vouch_problem_add(arena, &problems, VOUCH_BAD_FORMAT, "error", i, "number %d", i);
    cr_expect_eq(problems.count, 500);
    cr_expect_eq(problems.items[499].code, VOUCH_LIMIT);
    cr_expect_str_eq(problems.items[7].detail, "number 7");
}

Test(decode, warm_up_can_be_repeated)
{
    vouch_error err = VOUCH_ERROR_INIT;
    cr_expect_eq(vouch_decode_warm_up(&err), VOUCH_OK, "%s", err.message);
    cr_expect_eq(vouch_decode_warm_up(&err), VOUCH_OK, "%s", err.message);
}
