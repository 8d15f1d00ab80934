#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vouch/text.h"

#include "../../../src/read/text.h"
#include "support.h"

/* Keys of the gold file and the fields they are. */
static const struct gold_key {
    const char *key;
    vouch_field field;
} gold_keys[] = {
    {"code", VOUCH_FIELD_INVOICE_CODE},  {"number", VOUCH_FIELD_INVOICE_NUMBER},
    {"date", VOUCH_FIELD_ISSUE_DATE},    {"check_code", VOUCH_FIELD_CHECK_CODE},
    {"buyer", VOUCH_FIELD_BUYER_NAME},   {"buyer_tax_id", VOUCH_FIELD_BUYER_TAX_ID},
    {"seller", VOUCH_FIELD_SELLER_NAME}, {"seller_tax_id", VOUCH_FIELD_SELLER_TAX_ID},
    {"amount", VOUCH_FIELD_NET_AMOUNT},  {"tax", VOUCH_FIELD_TAX_AMOUNT},
    {"total", VOUCH_FIELD_GROSS_AMOUNT},
};

/** The text layer alone, of a document of any format. */
static vouch_statements read_text_of(const char *path, uint8_t **bytes, vouch_decoded **decoded)
{
    vouch_statements statements = {.items = NULL};
    size_t length = 0;
    *bytes = support_load(path, &length);
    cr_assert_not_null(*bytes, "%s", path);
    vouch_error error = VOUCH_ERROR_INIT;
    cr_assert_eq(vouch_decode(*bytes, length, NULL, decoded, &error), VOUCH_OK, "%s: %s", path, error.message);
    size_t count;
    const vouch_page *pages = vouch_decoded_pages(*decoded, &count);
    vouch_read_text_pages(vouch_decoded_arena(*decoded), pages, count, &statements);
    return statements;
}

static void check_key(const char *file, const vouch_statement *statement, vouch_arena *arena, const char *key,
                      const char *gold)
{
    for (size_t i = 0; i < sizeof gold_keys / sizeof *gold_keys; i++) {
        if (strcmp(gold_keys[i].key, key) != 0)
            continue;
        const char *value = support_value(statement, gold_keys[i].field);
        const char *wanted = vouch_value_normalise(arena, vouch_field_type(gold_keys[i].field), gold);
        cr_expect_str_eq(value, wanted ? wanted : gold, "%s: %s is %s, not %s", file, key, value, gold);
    }
}

static void check_row(char *row, const char *folder)
{
    char *fields = strrchr(row, '\t'), *tab = strchr(row, '\t');
    if (!fields || !tab || !(strstr(row, ".pdf\t") || strstr(row, ".ofd\t")))
        return;
    *tab = '\0';
    char path[1024];
    snprintf(path, sizeof path, "%s/china2/%s", folder, row);
    uint8_t *bytes;
    vouch_decoded *decoded = NULL;
    vouch_statements statements = read_text_of(path, &bytes, &decoded);
    cr_expect_eq(statements.count, 1, "%s: %zu invoices", row, statements.count);
    char *rest = NULL;
    for (char *field = strtok_r(fields + 1, ";", &rest); field && statements.count == 1;
         field = strtok_r(NULL, ";", &rest)) {
        field += strspn(field, " ");
        char *equals = strchr(field, '=');
        if (!equals)
            continue;
        *equals = '\0';
        check_key(row, statements.items[0], vouch_decoded_arena(decoded), field, equals + 1);
    }
    vouch_decoded_free(&decoded);
    free(bytes);
}

Test(text_real, every_gold_field_of_the_real_invoices_is_read)
{
    const char *gold = support_shared("china2/china-fields.tsv");
    size_t length = 0;
    char *rows = gold ? (char *)support_load(gold, &length) : NULL;
    if (!rows)
        cr_skip_test("skipped: china2/china-fields.tsv not there");
    const char *folder = getenv("VOUCH_SHARED_DATA");
    char *rest = NULL;
    for (char *row = strtok_r(rows, "\n", &rest); row; row = strtok_r(NULL, "\n", &rest))
        check_row(row, folder);
    free(rows);
}

static void expect_same(vouch_arena *arena, const char *file, const char *name, const vouch_evidence *page,
                        const vouch_evidence *data)
{
    if (page->value && data->value)
        cr_expect_str_eq(vouch_text_compact(arena, page->value), vouch_text_compact(arena, data->value),
                         "%s: %s is %s on the page, %s in %s", file, name, page->value, data->value,
                         vouch_source_name(data->source));
}

static void compare(vouch_arena *arena, const char *file, const vouch_statement *page, const vouch_statement *data)
{
    for (int field = 0; field < VOUCH_FIELD_COUNT; field++)
        expect_same(arena, file, vouch_field_name((vouch_field)field), &page->fields[field], &data->fields[field]);
    if (data->lines.count == 0)
        return;
    cr_expect_eq(page->lines.count, data->lines.count, "%s: %zu lines on the page, %zu in %s", file, page->lines.count,
                 data->lines.count, vouch_source_name(data->source));
    for (size_t i = 0; i < page->lines.count && i < data->lines.count; i++)
        for (int member = 0; member < VOUCH_ITEM_COUNT; member++)
            expect_same(arena, file, vouch_item_field_name((vouch_item_field)member),
                        &page->lines.items[i].members[member], &data->lines.items[i].members[member]);
}

/* The page and the file's own data, which other readers read, must be of one opinion; blanks apart. */
Test(text_real, the_page_says_what_the_data_of_the_file_say)
{
    static const char *const files[] = {
        "china/ofd/inv-zhejiang-vat-ordinary.ofd", "china/ofd/inv-chongqing-test-ca.ofd",
        "china/ofd/inv-digital-2024.ofd",          "china/ofd/inv-baiwang.ofd",
        "china/ofd/inv-chongqing-sample.ofd",      "china/ofd/inv-v4signed.ofd",
    };
    static const vouch_read_options options = {.qr = false};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const char *path = support_shared(files[i]);
        if (!path)
            cr_skip_test("skipped: %s not there", files[i]);
        support_reading reading = support_read_file(path, &options);
        const vouch_statement *text = support_statement(&reading, VOUCH_SOURCE_TEXT);
        cr_expect_not_null(text, "%s", files[i]);
        cr_expect_gt(reading.statements.count, 1, "%s: no data", files[i]);
        for (size_t s = 0; text && s < reading.statements.count; s++)
            if (reading.statements.items[s] != text)
                compare(vouch_decoded_arena(reading.decoded), files[i], text, reading.statements.items[s]);
        support_done(&reading);
    }
}
