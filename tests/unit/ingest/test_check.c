#include <criterion/criterion.h>
#include <string.h>

#include "vouch/ingest.h"

Test(ingest, check)
{
    static const struct {
        const char *bytes;
        size_t length, maximum;
        vouch_code code;
        vouch_format format;
    } rows[] = {
        {"", 0, 100, VOUCH_EMPTY, VOUCH_FORMAT_UNKNOWN},
        {"%PDF-1.7\n%%EOF\n", 15, 14, VOUCH_TOO_LARGE, VOUCH_FORMAT_UNKNOWN},
        {"%PDF-1.7\n%%EOF\n", 15, 15, VOUCH_OK, VOUCH_FORMAT_PDF},
        {"\xFF\xD8\xFF\xE0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0", 20, 100, VOUCH_OK, VOUCH_FORMAT_JPEG},
        {"<?xml version=\"1.0\"?><a/>", 25, 100, VOUCH_OK, VOUCH_FORMAT_XML},
        {"MZ this is a program", 20, 100, VOUCH_UNSUPPORTED_FORMAT, VOUCH_FORMAT_UNKNOWN},
        {"hello, this is plain text", 25, 100, VOUCH_UNSUPPORTED_FORMAT, VOUCH_FORMAT_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        vouch_format format = VOUCH_FORMAT_UNKNOWN;
        vouch_error err = VOUCH_ERROR_INIT;
        vouch_code code =
            vouch_ingest_check((const uint8_t *)rows[i].bytes, rows[i].length, rows[i].maximum, &format, &err);
        cr_expect_eq(code, rows[i].code, "row %zu: %d %s", i, (int)code, err.message);
        cr_expect_eq(format, rows[i].format, "row %zu: %s", i, vouch_format_name(format));
        cr_expect_eq(err.code, rows[i].code, "row %zu", i);
    }
}
