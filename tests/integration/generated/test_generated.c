/**
 * Generated invoices are read exactly: every kind, carrier and style, by many seeds (VOUCH_GENERATED_SEEDS; 16 when
 * unset). Nothing may be wrong and nothing missing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <jansson.h>

#include "generate.h"
#include "vouch/pipeline.h"

typedef struct tally {
    char name[64];
    size_t documents, fields, wrong, missing;
} tally;

static void compare(tally *all, const char *what, const char *read, const char *expected)
{
    all->fields++;
    all->missing += !read;
    all->wrong += read && strcmp(read, expected) != 0;
    cr_expect(read && strcmp(read, expected) == 0, "%s: %s is \"%s\", expected \"%s\"", all->name, what,
              read ? read : "absent", expected);
}

/** @param what_item  "line", "segment" */
static void compare_items(tally *all, const char *what_item, const vouch_items *lines, const json_t *expected)
{
    cr_expect(lines->count == json_array_size(expected), "%s: %zu %ss, expected %zu", all->name, lines->count,
              what_item, json_array_size(expected));
    all->wrong += lines->count > json_array_size(expected);
    for (size_t i = 0; i < json_array_size(expected); i++) {
        const char *name;
        json_t *value;
        json_object_foreach(json_array_get(expected, i), name, value)
        {
            char what[64];
            snprintf(what, sizeof what, "%s %zu: %s", what_item, i + 1, name);
            vouch_item_field member;
            cr_assert(vouch_item_field_lookup(name, &member));
            compare(all, what, i < lines->count ? lines->items[i].members[member].value : NULL,
                    json_string_value(value));
        }
    }
}

/** What the reading has and the expectation has not, of the fields that a form could state. */
static void find_surplus(tally *all, const vouch_invoice *invoice, const json_t *fields)
{
    static const vouch_field derived[] = {VOUCH_FIELD_SELLER_ADDRESS, VOUCH_FIELD_SELLER_ACCOUNT,
                                          VOUCH_FIELD_BUYER_ADDRESS,  VOUCH_FIELD_BUYER_ACCOUNT,
                                          VOUCH_FIELD_TAX_AMOUNT,     VOUCH_FIELD_ORIGINAL_INVOICE_CODE};
    for (vouch_field f = 0; f < VOUCH_FIELD_COUNT; f++) {
        bool allowed = json_object_get(fields, vouch_field_name(f)) != NULL;
        for (size_t i = 0; i < sizeof derived / sizeof *derived; i++)
            allowed |= derived[i] == f;
        const char *read = vouch_invoice_value(invoice, f);
        all->wrong += read && !allowed;
        cr_expect(!read || allowed, "%s: %s is \"%s\", expected none", all->name, vouch_field_name(f), read);
    }
}

static void compare_invoice(tally *all, const vouch_invoice *invoice, const json_t *expected)
{
    compare(all, "kind", vouch_kind_name(invoice->kind), json_string_value(json_object_get(expected, "kind")));
    compare(all, "direction", invoice->credit ? "credit" : "debit",
            json_string_value(json_object_get(expected, "direction")));
    const json_t *fields = json_object_get(expected, "fields");
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)fields, name, value)
    {
        vouch_field field;
        cr_assert(vouch_field_lookup(name, &field));
        compare(all, name, vouch_invoice_value(invoice, field), json_string_value(value));
    }
    compare_items(all, "line", &invoice->lines, json_object_get(expected, "lines"));
    compare_items(all, "segment", &invoice->segments, json_object_get(expected, "segments"));
    find_surplus(all, invoice, fields);
    for (size_t i = 0; i < invoice->check_count; i++)
        cr_expect(invoice->checks[i].result != VOUCH_CHECK_FAIL, "%s: check %s fails: %s", all->name,
                  invoice->checks[i].check, invoice->checks[i].detail);
}

static json_t *expectation(const generate_invoice *invoice)
{
    vouch_error err = VOUCH_ERROR_INIT;
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer text = {0};
    cr_assert(generate_expected(invoice, 1, &text, &err) == VOUCH_OK, "%s", err.message);
    json_t *expected = json_loadb(text.data, text.length, 0, NULL);
    cr_assert(expected);
    return expected;
}

static void read_and_compare(tally *all, const generate_invoice *invoices, size_t count, const vouch_buffer *document)
{
    const vouch_pipeline_options options = VOUCH_PIPELINE_OPTIONS_DEFAULT;
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_result result = {0};
    cr_assert(vouch_pipeline_read((const uint8_t *)document->data, document->length, &options, &result, &err) ==
                  VOUCH_OK,
              "%s: %s", all->name, err.message);
    const vouch_invoices *read = &result.reading->invoices;
    cr_expect(read->count == count, "%s: %zu invoices, expected %zu", all->name, read->count, count);
    for (size_t i = 0; i < count && i < read->count; i++) {
        json_t *expected = expectation(&invoices[i]);
        compare_invoice(all, &read->items[i], expected);
        json_decref(expected);
    }
    all->documents++;
    vouch_result_done(&result);
}

static void check(tally *all, const generate_kind *kind, uint64_t seed, size_t count)
{
    generate_invoice invoices[GENERATE_MAX_INVOICES];
    generate_invoices(kind, seed, invoices, count);
    vouch_error err = VOUCH_ERROR_INIT;
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer document = {0};
    snprintf(all->name, sizeof all->name, "%zu %s %llu", count, kind->name, (unsigned long long)seed);
    cr_assert(generate_document(kind, invoices, count, seed, &document, &err) == VOUCH_OK, "%s: %s", all->name,
              err.message);
    read_and_compare(all, invoices, count, &document);
}

/** One kind only, of VOUCH_GENERATED_KIND, to look for what fails. */
static bool is_wanted(const generate_kind *kind)
{
    const char *wanted = getenv("VOUCH_GENERATED_KIND");
    return !wanted || strcmp(wanted, kind->name) == 0;
}

static uint64_t seeds(void)
{
    const char *wanted = getenv("VOUCH_GENERATED_SEEDS");
    return wanted ? strtoull(wanted, NULL, 10) : 16;
}

static void report(const tally *all)
{
    printf("%zu documents, %zu values, %zu wrong, %zu missing\n", all->documents, all->fields, all->wrong,
           all->missing);
}

Test(generated, every_kind_reads_as_drawn)
{
    tally all = {.documents = 0};
    size_t count;
    const generate_kind *kinds = generate_kinds(&count);
    for (size_t k = 0; k < count; k++)
        for (uint64_t seed = 0; seed < seeds() && is_wanted(&kinds[k]); seed++)
            check(&all, &kinds[k], seed, 1);
    report(&all);
    cr_expect(all.documents > 0);
}

Test(generated, several_invoices_in_one_file_are_as_many)
{
    tally all = {.documents = 0};
    size_t count;
    const generate_kind *kinds = generate_kinds(&count);
    for (size_t k = 0; k < count; k++)
        for (uint64_t seed = 0; seed < seeds() / 4 && kinds[k].most > 1 && is_wanted(&kinds[k]); seed++)
            check(&all, &kinds[k], seed, 2 + seed % (kinds[k].most > 4 ? 3 : kinds[k].most - 1));
    report(&all);
}
