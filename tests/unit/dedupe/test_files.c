#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vouch/dedupe.h"

static void set(vouch_invoice *invoice, vouch_field field, const char *value)
{
    invoice->fields[field].chosen = (vouch_evidence){.value = value, .confidence = 1, .source = VOUCH_SOURCE_XML};
}

/** A document with invoices of these numbers, all of one seller and code. */
static vouch_reading *document(const char *sha256, const char *const *numbers, size_t count)
{
    vouch_reading *reading = vouch_reading_new();
    reading->sha256 = sha256;
    reading->bytes = 1;
    reading->invoices.items = vouch_arena_calloc(reading->arena, count + 1, sizeof *reading->invoices.items);
    reading->invoices.count = count;
    for (size_t i = 0; i < count; i++) {
        vouch_invoice *invoice = &reading->invoices.items[i];
        invoice->kind = VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC;
        set(invoice, VOUCH_FIELD_INVOICE_CODE, "033001900104");
        set(invoice, VOUCH_FIELD_INVOICE_NUMBER, numbers[i]);
        set(invoice, VOUCH_FIELD_SELLER_TAX_ID, "91110000MA00000077");
        set(invoice, VOUCH_FIELD_GROSS_AMOUNT, "51.20");
        set(invoice, VOUCH_FIELD_CURRENCY, "CNY");
    }
    return reading;
}

static const char *const one[] = {"10000001"}, *const two[] = {"10000001", "20000000"}, *const next[] = {"10000004"},
                         *const twice[] = {"30000000", "30000000"};

typedef struct expected {
    size_t a, a_invoice, b, b_invoice;
    const char *kind;
} expected;

static const expected pairs_expected[] = {
    {0, 0, 1, 0, "business_key"},
    {0, 0, 2, 0, "sequence"},
    {1, 0, 2, 0, "sequence"},
    {3, 0, 3, 1, "business_key"},
    {4, VOUCH_DEDUPE_DOCUMENT, 5, VOUCH_DEDUPE_DOCUMENT, "exact"},
};

Test(files, pairs_are_found_by_index_as_by_comparing_all)
{
    vouch_reading *readings[] = {document("a", one, 1),   document("b", two, 2),  document("c", next, 1),
                                 document("d", twice, 2), document("e", NULL, 0), document("e", NULL, 0)};
    const size_t count = sizeof readings / sizeof *readings;
    vouch_arena *arena = vouch_arena_new();
    for (int all = 0; all < 2; all++) {
        vouch_dedupe_pair *pairs = NULL;
        size_t pair_count = 0, related = 0;
        cr_assert_eq(
            vouch_dedupe_files(arena, (const vouch_reading *const *)readings, count, all, &pairs, &pair_count, NULL),
            VOUCH_OK);
        for (size_t i = 0; i < pair_count; i++) {
            if (!pairs[i].judgement.kind)
                continue;
            cr_assert_lt(related, sizeof pairs_expected / sizeof *pairs_expected);
            const expected *e = &pairs_expected[related++];
            cr_expect(pairs[i].a == e->a && pairs[i].a_invoice == e->a_invoice && pairs[i].b == e->b &&
                          pairs[i].b_invoice == e->b_invoice,
                      "pair %zu: %zu.%zu %zu.%zu", related, pairs[i].a, pairs[i].a_invoice, pairs[i].b,
                      pairs[i].b_invoice);
            cr_expect_str_eq(pairs[i].judgement.kind, e->kind);
        }
        cr_expect_eq(related, sizeof pairs_expected / sizeof *pairs_expected);
        /* 6 invoices are 15 pairs; the two documents without one are a sixteenth. */
        cr_expect_eq(pair_count, all ? 16 : related);
    }
    for (size_t i = 0; i < count; i++)
        vouch_reading_free(&readings[i]);
    vouch_arena_free(&arena);
}

/* ---- real documents: files of one invoice are a pair, whatever their format ---- */

enum {
    REAL_MAXIMUM = 64,
    LINE_MAXIMUM = 4096
};

typedef struct real {
    char path[512], key[64];
    uint8_t *data;
    vouch_result result;
} real;

/** "name=value;" of the third column. */
static bool member(const char *fields, const char *name, char *out, size_t size)
{
    const size_t length = strlen(name);
    for (const char *at = fields; (at = strstr(at, name)); at += length) {
        if (at[length] != '=' || (at > fields && at[-1] != ' ' && at[-1] != '\t'))
            continue;
        snprintf(out, size, "%.*s", (int)strcspn(at + length + 1, ";\n"), at + length + 1);
        return true;
    }
    return false;
}

static bool load(const char *path, real *out)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    fseek(file, 0, SEEK_END);
    const long size = ftell(file);
    rewind(file);
    out->data = malloc((size_t)size + 1);
    cr_assert_eq(fread(out->data, 1, (size_t)size, file), (size_t)size);
    fclose(file);
    const vouch_pipeline_options options = VOUCH_PIPELINE_OPTIONS_DEFAULT;
    vouch_error err = VOUCH_ERROR_INIT;
    cr_assert_eq(vouch_pipeline_read(out->data, (size_t)size, &options, &out->result, &err), VOUCH_OK, "%s: %s", path,
                 err.message);
    return true;
}

/** Electronic documents of the ground truth that have a code and a number, with that as their key. */
static size_t load_listed(const char *folder, real *out)
{
    char path[1024], line[LINE_MAXIMUM], code[32], number[32];
    snprintf(path, sizeof path, "%s/china2/china-fields.tsv", folder);
    FILE *list = fopen(path, "r");
    size_t count = 0;
    while (list && count < REAL_MAXIMUM && fgets(line, sizeof line, list)) {
        const size_t length = strcspn(line, "\t");
        const bool electronic =
            length > 4 && (strncmp(line + length - 4, ".ofd", 4) == 0 || strncmp(line + length - 4, ".pdf", 4) == 0);
        if (!electronic || !member(line, "code", code, sizeof code) || !member(line, "number", number, sizeof number))
            continue;
        snprintf(out[count].path, sizeof out[count].path, "%s/china2/%.*s", folder, (int)length, line);
        snprintf(out[count].key, sizeof out[count].key, "%s:%s", code, number);
        count += load(out[count].path, &out[count]);
    }
    if (list)
        fclose(list);
    return count;
}

Test(files, real_documents_of_one_invoice_are_a_pair)
{
    const char *folder = getenv("VOUCH_SHARED_DATA");
    static real documents[REAL_MAXIMUM];
    const size_t count = folder ? load_listed(folder, documents) : 0;
    if (count == 0)
        cr_skip_test("skipped: the list of real documents is not there");
    const vouch_reading *readings[REAL_MAXIMUM];
    for (size_t i = 0; i < count; i++)
        readings[i] = documents[i].result.reading;
    vouch_arena *arena = vouch_arena_new();
    vouch_dedupe_pair *pairs = NULL;
    size_t pair_count = 0, found = 0, there = 0;
    cr_assert_eq(vouch_dedupe_files(arena, readings, count, false, &pairs, &pair_count, NULL), VOUCH_OK);
    for (size_t i = 0; i < pair_count; i++) {
        const real *a = &documents[pairs[i].a], *b = &documents[pairs[i].b];
        if (pairs[i].a == pairs[i].b || strcmp(pairs[i].judgement.decision, "flag") == 0)
            continue;
        cr_expect_str_eq(a->key, b->key, "%s ~ %s: %s", a->path, b->path, pairs[i].judgement.kind);
        cr_expect_str_eq(pairs[i].judgement.decision, "refuse", "%s ~ %s", a->path, b->path);
        found++;
    }
    for (size_t a = 0; a < count; a++)
        for (size_t b = a + 1; b < count; b++)
            there += strcmp(documents[a].key, documents[b].key) == 0;
    cr_expect_eq(found, there, "%zu of %zu pairs", found, there);
    cr_expect_gt(there, 0);
    for (size_t i = 0; i < count; i++) {
        vouch_result_done(&documents[i].result);
        free(documents[i].data);
    }
    vouch_arena_free(&arena);
}
