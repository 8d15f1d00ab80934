/** ZIP archives: names, encodings, bombs, encryption. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#include "ofd_builder.h"
#include "vouch/decode.h"

/* Parts beside the archive as "path …", or "!" and the failure's slug. */
static void paths_of(const vouch_buffer *bytes, const vouch_decode_limits *limits, char *out, size_t capacity)
{
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = NULL;
    vouch_error err = VOUCH_ERROR_INIT;
    const vouch_code code = vouch_decode((const uint8_t *)bytes->data, bytes->length, limits, &decoded, &err);
    if (code != VOUCH_OK) {
        snprintf(out, capacity, "!%s", vouch_code_lookup(code)->slug);
        return;
    }
    size_t count, used = 0;
    const vouch_part *parts = vouch_decoded_parts(decoded, &count);
    out[0] = 0;
    for (size_t i = 1; i < count; i++)
        used += (size_t)snprintf(out + used, capacity - used, "%s%s", i > 1 ? " " : "", parts[i].path);
    const vouch_problems *problems = vouch_decoded_problems(decoded);
    for (size_t i = 0; i < problems->count; i++)
        used += (size_t)snprintf(out + used, capacity - used, " ?%s", vouch_code_lookup(problems->items[i].code)->slug);
}

/* The builder says that names are UTF-8; Chinese Windows says nothing and writes GBK. */
static void clear_utf8_flags(vouch_buffer *bytes)
{
    for (size_t i = 0; i + 10 < bytes->length; i++) {
        if (memcmp(bytes->data + i, "PK\3\4", 4) == 0)
            bytes->data[i + 7] = 0;
        else if (memcmp(bytes->data + i, "PK\1\2", 4) == 0)
            bytes->data[i + 9] = 0;
    }
}

Test(zip, names)
{
    static const struct {
        const char *name;
        const char *const entries[4];
        const char *expected;
    } rows[] = {
        {"plain", {"a.xml", "d/b.xml"}, "a.xml d/b.xml"},
        {"UTF-8", {"\xE5\x8F\x91\xE7\xA5\xA8.xml"}, "发票.xml"},
        {"GBK without a flag", {"\xB7\xA2\xC6\xB1.xml"}, "发票.xml"},
        {"four bytes of GB 18030", {"\x82\x35\x8F\x33.xml"}, "\xE9\xBE\xA6.xml"},
        {"neither", {"a\xFF\xFF.xml"}, "a__.xml"},
        {"folders and litter", {"d/", "__MACOSX/._a.xml", "d/.DS_Store", "d/a.xml"}, "d/a.xml"},
        {"back slashes", {"d\\a.xml"}, "d/a.xml"},
        {"twice", {"a.xml", "a.xml"}, "!damaged-document"},
        {"twice by another slash", {"d/a.xml", "d\\a.xml"}, "!damaged-document"},
        {"upwards", {"../a.xml", "b.xml"}, "b.xml ?damaged-document"},
        {"upwards inside", {"d/../a.xml", "b.xml"}, "b.xml ?damaged-document"},
        {"dots that are harmless", {"..a/b...xml"}, "..a/b...xml"},
        {"absolute", {"/a.xml", "b.xml"}, "b.xml ?damaged-document"},
        {"drive", {"C:/a.xml", "b.xml"}, "b.xml ?damaged-document"},
        {"control characters", {"a\nb.xml", "b.xml"}, "b.xml ?damaged-document"},
        {"only litter", {"__MACOSX/a"}, "!empty-document"},
        {"only bad names", {"../a.xml"}, "!damaged-document"},
        {"nothing", {NULL}, "!empty-document"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        VOUCH_CLEANUP(ofd_builder_done) ofd_builder zip = {0};
        for (size_t j = 0; j < 4 && rows[i].entries[j]; j++)
            ofd_put_text(&zip, rows[i].entries[j], "<a/>");
        ofd_finish(&zip);
        clear_utf8_flags(&zip.bytes);
        char got[512];
        paths_of(&zip.bytes, NULL, got, sizeof got);
        cr_expect_str_eq(got, rows[i].expected, "%s: \"%s\" instead of \"%s\"", rows[i].name, got, rows[i].expected);
    }
}

Test(zip, limits)
{
    static const struct {
        const char *name;
        vouch_decode_limits limits; /* 0: default */
        const char *expected;
    } rows[] = {
        {"within", {0}, "a b c ?unsupported-format ?unsupported-format ?unsupported-format"},
        {"entries", {.max_entries = 2}, "!limit-exceeded"},
        {"one entry", {.max_entry_bytes = 999}, "!expands-too-much"},
        {"together", {.max_expanded_bytes = 2500}, "!expands-too-much"},
    };
    VOUCH_CLEANUP(ofd_builder_done) ofd_builder zip = {0};
    char thousand[1000];
    memset(thousand, 'x', sizeof thousand);
    for (const char *name = "a\0b\0c\0"; *name; name += 2)
        ofd_put(&zip, name, thousand, sizeof thousand, true);
    ofd_finish(&zip);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        vouch_decode_limits limits = VOUCH_DECODE_LIMITS_DEFAULT;
        if (rows[i].limits.max_entries)
            limits.max_entries = rows[i].limits.max_entries;
        if (rows[i].limits.max_entry_bytes)
            limits.max_entry_bytes = rows[i].limits.max_entry_bytes;
        if (rows[i].limits.max_expanded_bytes)
            limits.max_expanded_bytes = rows[i].limits.max_expanded_bytes;
        char got[512];
        paths_of(&zip.bytes, &limits, got, sizeof got);
        cr_expect_str_eq(got, rows[i].expected, "%s: \"%s\"", rows[i].name, got);
    }
}

Test(zip, a_bomb_is_refused_by_its_ratio)
{
    const size_t size = (size_t)40 << 20;
    VOUCH_CLEANUP(vouch_free_pointer) char *zeros = calloc(1, size);
    cr_assert(zeros);
    VOUCH_CLEANUP(ofd_builder_done) ofd_builder zip = {0};
    ofd_put(&zip, "zeros", zeros, size, true);
    ofd_finish(&zip);
    char got[512];
    paths_of(&zip.bytes, NULL, got, sizeof got);
    cr_expect_str_eq(got, "!expands-too-much");
}

/* Offset of a signature's first occurrence. */
static size_t find(const vouch_buffer *bytes, const char *signature)
{
    const char *at = memmem(bytes->data, bytes->length, signature, 4);
    cr_assert(at);
    return (size_t)(at - bytes->data);
}

Test(zip, a_stated_size_is_not_believed)
{
    VOUCH_CLEANUP(ofd_builder_done) ofd_builder zip = {0};
    char text[5000];
    memset(text, 'x', sizeof text);
    ofd_put(&zip, "a", text, sizeof text, true);
    ofd_finish(&zip);
    /* Inflated size in the local header and in the directory: 10 bytes. */
    memcpy(zip.bytes.data + find(&zip.bytes, "PK\3\4") + 22, "\12\0\0\0", 4);
    memcpy(zip.bytes.data + find(&zip.bytes, "PK\1\2") + 24, "\12\0\0\0", 4);
    vouch_decode_limits limits = VOUCH_DECODE_LIMITS_DEFAULT;
    limits.max_entry_bytes = 1000;
    char got[512];
    paths_of(&zip.bytes, &limits, got, sizeof got);
    cr_expect(strcmp(got, "!expands-too-much") == 0 || strcmp(got, "!damaged-document") == 0, "%s", got);
}

Test(zip, a_damaged_entry_leaves_the_others)
{
    VOUCH_CLEANUP(ofd_builder_done) ofd_builder zip = {0};
    ofd_put(&zip, "a.xml", "<a>1</a>", 8, false);
    ofd_put_text(&zip, "b.xml", "<b/>");
    ofd_finish(&zip);
    char *stored = memmem(zip.bytes.data, zip.bytes.length, "<a>1</a>", 8);
    cr_assert(stored);
    stored[3] = '2'; /* its checksum is wrong now */
    char got[512];
    paths_of(&zip.bytes, NULL, got, sizeof got);
    cr_expect_str_eq(got, "b.xml ?damaged-document");
}

Test(zip, encrypted_entries_are_told)
{
    uint8_t data[4096];
    zip_source_t *target = zip_source_buffer_create(NULL, 0, 0, NULL);
    zip_source_keep(target);
    zip_t *archive = zip_open_from_source(target, ZIP_TRUNCATE, NULL);
    const zip_int64_t index = zip_file_add(archive, "a.xml", zip_source_buffer(archive, "<a/>", 4, 0), 0);
    zip_file_add(archive, "b.xml", zip_source_buffer(archive, "<b/>", 4, 0), 0);
    cr_assert_eq(zip_file_set_encryption(archive, (zip_uint64_t)index, ZIP_EM_AES_256, "secret"), 0);
    cr_assert_eq(zip_close(archive), 0);
    zip_source_open(target);
    const zip_int64_t length = zip_source_read(target, data, sizeof data);
    zip_source_close(target);
    zip_source_free(target);
    const vouch_buffer bytes = {.data = (char *)data, .length = (size_t)length};
    char got[512];
    paths_of(&bytes, NULL, got, sizeof got);
    cr_expect_str_eq(got, "b.xml ?encrypted-document");
}

Test(zip, truncation_never_crashes)
{
    VOUCH_CLEANUP(ofd_builder_done) ofd_builder zip = {0};
    ofd_put_text(&zip, "a.xml", "<a/>");
    ofd_put_text(&zip, "b.xml", "<b/>");
    ofd_finish(&zip);
    char got[512];
    for (size_t length = 1; length < zip.bytes.length; length++) {
        const vouch_buffer cut = {.data = zip.bytes.data, .length = length};
        paths_of(&cut, NULL, got, sizeof got);
    }
    for (size_t i = 0; i < zip.bytes.length; i++) {
        zip.bytes.data[i] = (char)(zip.bytes.data[i] ^ 0x55);
        paths_of(&zip.bytes, NULL, got, sizeof got);
        zip.bytes.data[i] = (char)(zip.bytes.data[i] ^ 0x55);
    }
}
