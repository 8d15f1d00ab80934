/*
 * OFD: real documents with known values. Every value of an invoice must appear in what was decoded: as a tag, in an
 * attached file, or in the text of its pages.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <zbar.h>

#include "vouch/decode.h"
#include "vouch/text.h"

static const char *data_folder(void)
{
    const char *folder = getenv("VOUCH_SHARED_DATA");

    if (!folder)
        cr_skip_test("skipped: VOUCH_SHARED_DATA is not set");
    return folder;
}

static bool read_file(const char *folder, const char *name, vouch_buffer *out)
{
    char path[1024], block[65536];
    size_t got;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    while ((got = fread(block, 1, sizeof block, file)) > 0)
        cr_assert_eq(vouch_buffer_append(out, block, got), VOUCH_OK);
    fclose(file);
    return true;
}

/* All that was decoded as one text, white space left out; hidden glyphs and XML mark-up included. */
static char *all_text(vouch_decoded *decoded)
{
    vouch_arena *arena = vouch_decoded_arena(decoded);
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer text = {0};
    size_t count;
    vouch_code code = VOUCH_OK;

    const vouch_tag *tags = vouch_decoded_tags(decoded, &count);
    for (size_t i = 0; i < count; i++)
        code |= vouch_buffer_printf(&text, "%s\n", tags[i].value);
    const vouch_part *parts = vouch_decoded_parts(decoded, &count);
    for (size_t i = 1; i < count; i++)
        code |= vouch_buffer_append(&text, parts[i].data, parts[i].length);
    const vouch_page *pages = vouch_decoded_pages(decoded, &count);
    for (size_t i = 0; i < count; i++)
        for (size_t g = 0; g < pages[i].glyph_count; g++) {
            char utf8[5];
            const size_t length = vouch_utf8_put(pages[i].glyphs[g].codepoint, utf8);
            code |= vouch_buffer_append(&text, utf8, length);
        }
    cr_assert_eq(code, VOUCH_OK);
    return vouch_text_compact(arena, text.data);
}

/* Values of "date" are ISO; documents print them otherwise. */
static const char *as_printed(vouch_arena *arena, const char *key, const char *value)
{
    int year, month, day;

    if (strcmp(key, "date") == 0 && sscanf(value, "%d-%d-%d", &year, &month, &day) == 3)
        return vouch_arena_printf(arena, "%04d年%02d月%02d日", year, month, day);
    return value;
}

static void expect_values(vouch_decoded *decoded, const char *file, char *fields)
{
    vouch_arena *arena = vouch_decoded_arena(decoded);
    const char *text = all_text(decoded);
    char *rest, *item;

    for (item = strtok_r(fields, ";", &rest); item; item = strtok_r(NULL, ";", &rest)) {
        char *equals = strchr(item, '=');
        if (!equals)
            continue;
        *equals = '\0';
        const char *key = item + strspn(item, " ");
        if (strcmp(key, "kind") == 0 || strcmp(key, "note") == 0 || strcmp(key, "qr") == 0)
            continue;
        const char *value = vouch_text_compact(arena, as_printed(arena, key, equals + 1));
        cr_expect(strstr(text, value), "%s: %s %s is nowhere", file, key, value);
    }
}

static vouch_decoded *decode_file(const char *folder, const char *file, vouch_buffer *bytes)
{
    vouch_decoded *decoded = NULL;
    vouch_error err = VOUCH_ERROR_INIT;

    cr_assert(read_file(folder, file, bytes), "%s", file);
    const vouch_code code = vouch_decode((const uint8_t *)bytes->data, bytes->length, NULL, &decoded, &err);
    cr_assert_eq(code, VOUCH_OK, "%s: %s", file, err.message);
    return decoded;
}

static size_t check_list(const char *folder, const char *list)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer rows = {0};
    size_t documents = 0;
    char *rest, *row;

    if (!read_file(folder, list, &rows))
        return 0;
    for (row = strtok_r(rows.data, "\n", &rest); row; row = strtok_r(NULL, "\n", &rest)) {
        char *fields = strrchr(row, '\t'), *tab = strchr(row, '\t'), file[1024];
        if (!fields || !tab)
            continue;
        *tab = '\0';
        if (!strstr(row, ".ofd"))
            continue;
        snprintf(file, sizeof file, "china2/%s", row);
        VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer bytes = {0};
        VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = decode_file(folder, file, &bytes);
        expect_values(decoded, row, fields + 1);
        documents++;
    }
    return documents;
}

Test(ofd_samples, known_values_are_decoded)
{
    const char *folder = data_folder();
    const size_t documents = check_list(folder, "china2/china-fields.tsv") + check_list(folder, "china2/MANIFEST.tsv");

    if (documents == 0)
        cr_skip_test("skipped: china2/china-fields.tsv is not there");
    cr_log_info("%zu documents", documents);
}

/* The code of a drawn page, as the reader would look for it; "" when there is none. */
static void scan_code(vouch_decoded *decoded, int page, double dpi, char *out, size_t size)
{
    VOUCH_CLEANUP(vouch_raster_done) vouch_raster raster = {0};
    vouch_error err = VOUCH_ERROR_INIT;

    *out = '\0';
    cr_assert_eq(vouch_decoded_render(decoded, page, dpi / 72, 1, &raster, &err), VOUCH_OK, "%s", err.message);
    zbar_image_scanner_t *scanner = zbar_image_scanner_create();
    zbar_image_t *image = zbar_image_create();
    zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
    zbar_image_set_size(image, (unsigned)raster.width, (unsigned)raster.height);
    zbar_image_set_data(image, raster.samples, raster.stride * (size_t)raster.height, NULL);
    if (zbar_scan_image(scanner, image) > 0) {
        const zbar_symbol_t *symbol = zbar_image_first_symbol(image);
        snprintf(out, size, "%.*s", (int)zbar_symbol_get_data_length(symbol), zbar_symbol_get_data(symbol));
    }
    zbar_image_destroy(image);
    zbar_image_scanner_destroy(scanner);
}

/* Pictures of all kinds that issuers use (PNG, JBIG2) are drawn so well that their code can be read. */
Test(ofd_samples, drawn_codes_can_be_read)
{
    static const struct {
        const char *file, *starts;
    } rows[] = {
        {"china/ofd/inv-zhejiang-vat-ordinary.ofd", "01,10,033002000211,83089647,510.68,20200723,"},
        {"china/ofd/inv-digital-2024.ofd", "01,"},
        {"china/ofd/inv-chongqing-sample.ofd", "01,10,050001700111,99999951,"},
        {"china/ofd/inv-chongqing-test-ca.ofd", "01,10,050001700111,12235358,"},
        {"china/ofd/inv-baiwang.ofd", "01,10,011002680026,71500013,"},
    };
    const char *folder = data_folder();
    size_t seen = 0;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer bytes = {0};
        char code[512];
        if (!read_file(folder, rows[i].file, &bytes))
            continue;
        vouch_buffer_done(&bytes);
        VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = decode_file(folder, rows[i].file, &bytes);
        scan_code(decoded, 1, 200, code, sizeof code);
        cr_expect_eq(strncmp(code, rows[i].starts, strlen(rows[i].starts)), 0, "%s: \"%s\"", rows[i].file, code);
        seen++;
    }
    if (seen == 0)
        cr_skip_test("skipped: china/ofd is not there");
}
