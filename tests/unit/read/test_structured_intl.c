/** European and Saudi invoices with ground truth: every value of the manifest must be read exactly. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vouch/money.h"
#include "vouch/text.h"

#include "support.h"

static const char *const kinds[] = {"ubl-invoice", "ubl-creditnote", "cii", "zugferd1-xml", "facturx-pdf", "zatca-ubl"};

static const struct expected_field {
    const char *key;
    vouch_field field;
} expected_fields[] = {
    {"number", VOUCH_FIELD_INVOICE_NUMBER},    {"date", VOUCH_FIELD_ISSUE_DATE},
    {"currency", VOUCH_FIELD_CURRENCY},        {"seller", VOUCH_FIELD_SELLER_NAME},
    {"seller_vat", VOUCH_FIELD_SELLER_TAX_ID}, {"buyer", VOUCH_FIELD_BUYER_NAME},
    {"buyer_vat", VOUCH_FIELD_BUYER_TAX_ID},   {"net", VOUCH_FIELD_NET_AMOUNT},
    {"tax", VOUCH_FIELD_TAX_AMOUNT},           {"gross", VOUCH_FIELD_GROSS_AMOUNT},
    {"due", VOUCH_FIELD_DUE_AMOUNT},
};

/** The value of "key=value; …"; NULL when the row has none. */
static char *expected_value(vouch_arena *arena, const char *row, const char *key)
{
    size_t length = strlen(key);
    for (const char *at = row; (at = strstr(at, key)); at += length) {
        bool starts = at == row || at[-1] == ' ' || at[-1] == ';';
        if (!starts || at[length] != '=')
            continue;
        const char *value = at + length + 1, *end = strstr(value, "; ");
        return vouch_arena_strndup(arena, value, end ? (size_t)(end - value) : strcspn(value, "\r\n"));
    }
    return NULL;
}

static bool same_amount(const char *a, const char *b)
{
    vouch_decimal left, right;
    return vouch_decimal_parse(a, &left) == VOUCH_OK && vouch_decimal_parse(b, &right) == VOUCH_OK &&
           vouch_decimal_compare(left, right) == 0;
}

static bool same(vouch_arena *arena, vouch_field field, const char *expected, const char *actual)
{
    if (vouch_field_type(field) == VOUCH_VALUE_AMOUNT)
        return same_amount(expected, actual);
    const char *normal = vouch_value_normalise(arena, vouch_field_type(field), expected);
    return normal && strcmp(normal, actual) == 0;
}

typedef struct test_tally {
    int documents, values, wrong;
} test_tally;

static void compare(const char *file, const char *row, test_tally *tally)
{
    char relative[600];
    (void)snprintf(relative, sizeof relative, "intl/%s", file);
    support_reading reading = support_read_file(support_shared(relative), /* options= */ NULL);
    cr_assert(reading.code == VOUCH_OK, "%s: %s", file, reading.error.message);
    vouch_arena *arena = vouch_decoded_arena(reading.decoded);
    const vouch_statement *statement = reading.statements.count ? reading.statements.items[0] : NULL;
    tally->documents++;
    cr_expect(statement, "%s: no invoice", file);
    for (size_t i = 0; statement && i < sizeof expected_fields / sizeof *expected_fields; i++) {
        const char *expected = expected_value(arena, row, expected_fields[i].key);
        if (!expected)
            continue;
        const char *actual = support_value(statement, expected_fields[i].field);
        bool right = same(arena, expected_fields[i].field, expected, actual);
        tally->values++;
        tally->wrong += !right;
        cr_expect(right, "%s: %s is \"%s\", not \"%s\"", file, expected_fields[i].key, expected, actual);
    }
    const char *lines = expected_value(arena, row, "lines"), *type = expected_value(arena, row, "type");
    const char *profile = expected_value(arena, row, "profile");
    /* A row without a number was made by a tool that did not know the format. */
    if (statement && lines && expected_value(arena, row, "number"))
        cr_expect(strtoul(lines, NULL, 10) == statement->lines.count, "%s: %s lines, not %zu", file, lines,
                  statement->lines.count);
    if (statement && type)
        cr_expect_str_eq(support_extra(statement, "type_code"), type, "%s: type", file);
    if (statement && profile)
        cr_expect_str_eq(support_extra(statement, "profile"), profile, "%s: profile", file);
    support_done(&reading);
}

Test(structured_intl, every_value_of_the_manifest_is_read, .timeout = 300)
{
    size_t length;
    char *manifest = (char *)support_load(support_shared("intl/MANIFEST.tsv"), &length);
    if (!manifest)
        cr_skip_test("skipped: intl/MANIFEST.tsv not there");
    test_tally tally = {.documents = 0};
    char *position = NULL;
    for (char *line = strtok_r(manifest, "\n", &position); line; line = strtok_r(NULL, "\n", &position)) {
        char *cells[5] = {line}; /* file, source, licence, kind, expected */
        for (int i = 1; i < 5 && cells[i - 1]; i++)
            if ((cells[i] = strchr(cells[i - 1], '\t')))
                *cells[i]++ = '\0';
        for (size_t i = 0; cells[4] && i < sizeof kinds / sizeof *kinds; i++)
            if (strcmp(cells[3], kinds[i]) == 0)
                compare(cells[0], cells[4], &tally);
    }
    cr_log_info("%d documents, %d values, %d wrong", tally.documents, tally.values, tally.wrong);
    cr_expect(tally.documents > 0);
    free(manifest);
}
