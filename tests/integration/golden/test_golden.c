/** Every document of fixtures/ is read exactly as its expected reading says. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <jansson.h>

#include "vouch/pipeline.h"

static void check_fields(const char *name, const vouch_invoice *invoice, const json_t *expected)
{
    const char *field_name;
    json_t *value;
    json_object_foreach((json_t *)expected, field_name, value)
    {
        vouch_field field;
        cr_assert(vouch_field_lookup(field_name, &field), "%s: no field %s", name, field_name);
        const char *read = vouch_invoice_value(invoice, field);
        cr_expect(read && strcmp(read, json_string_value(value)) == 0, "%s: %s is \"%s\", expected \"%s\"", name,
                  field_name, read ? read : "absent", json_string_value(value));
        cr_expect(!read || invoice->fields[field].chosen.confidence >= 0.9, "%s: %s has confidence %.3f", name,
                  field_name, read ? invoice->fields[field].chosen.confidence : 0);
    }
}

static void check_lines(const char *name, const vouch_invoice *invoice, const json_t *expected)
{
    cr_expect(invoice->lines.count == json_array_size(expected), "%s: %zu lines, expected %zu", name,
              invoice->lines.count, json_array_size(expected));
    for (size_t i = 0; i < invoice->lines.count && i < json_array_size(expected); i++) {
        const char *member_name;
        json_t *value;
        json_object_foreach(json_array_get(expected, i), member_name, value)
        {
            vouch_item_field member;
            cr_assert(vouch_item_field_lookup(member_name, &member), "%s: no member %s", name, member_name);
            const char *read = invoice->lines.items[i].members[member].value;
            cr_expect(read && strcmp(read, json_string_value(value)) == 0,
                      "%s: line %zu: %s is \"%s\", expected \"%s\"", name, i + 1, member_name, read ? read : "absent",
                      json_string_value(value));
        }
    }
}

static uint8_t *load(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    cr_assert(file, "%s is not there", path);
    uint8_t *data = malloc(1 << 20);
    *length = fread(data, 1, 1 << 20, file);
    fclose(file);
    return data;
}

static void check_invoice(const char *name, const vouch_invoice *invoice, const json_t *expected)
{
    cr_expect_str_eq(vouch_kind_name(invoice->kind), json_string_value(json_object_get(expected, "kind")), "%s", name);
    cr_expect_str_eq(invoice->credit ? "credit" : "debit", json_string_value(json_object_get(expected, "direction")));
    check_fields(name, invoice, json_object_get(expected, "fields"));
    check_lines(name, invoice, json_object_get(expected, "lines"));
    cr_expect(invoice->segments.count == json_array_size(json_object_get(expected, "segments")), "%s: %zu segments",
              name, invoice->segments.count);
    for (size_t i = 0; i < invoice->check_count; i++)
        cr_expect(invoice->checks[i].result != VOUCH_CHECK_FAIL, "%s: check %s fails: %s", name,
                  invoice->checks[i].check, invoice->checks[i].detail);
}

/** @return false: it is a picture, which is not read yet */
static bool find_document(const char *expected_path, char out[512])
{
    static const char *const endings[] = {"pdf", "ofd", "xml"};
    int stem = (int)(strstr(expected_path, "expected.json") - expected_path);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        snprintf(out, 512, "%.*s%s", stem, expected_path, endings[i]);
        FILE *file = fopen(out, "rb");
        if (file) {
            fclose(file);
            return true;
        }
    }
    return false;
}

/** @return invoices */
static size_t check_document(const char *expected_path)
{
    char name[512];
    if (!find_document(expected_path, name))
        return 0;
    json_t *expected = json_load_file(expected_path, 0, NULL);
    cr_assert(expected, "%s is no JSON", expected_path);
    const json_t *several = json_object_get(expected, "invoices");
    size_t count = several ? json_array_size(several) : 1, length;
    uint8_t *data = load(name, &length);
    const vouch_pipeline_options options = VOUCH_PIPELINE_OPTIONS_DEFAULT;
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_result result = {0};
    cr_assert(vouch_pipeline_read(data, length, &options, &result, &err) == VOUCH_OK, "%s: %s", name, err.message);
    cr_expect(result.reading->invoices.count == count, "%s: %zu invoices", name, result.reading->invoices.count);
    for (size_t i = 0; i < count && i < result.reading->invoices.count; i++)
        check_invoice(name, &result.reading->invoices.items[i], several ? json_array_get(several, i) : expected);
    vouch_result_done(&result);
    free(data);
    json_decref(expected);
    return count;
}

Test(golden, every_fixture_reads_as_expected)
{
    glob_t found;
    cr_assert(glob(VOUCH_SOURCE_DIR "/fixtures/*.expected.json", 0, NULL, &found) == 0);
    size_t invoices = 0;
    for (size_t i = 0; i < found.gl_pathc; i++)
        invoices += check_document(found.gl_pathv[i]);
    printf("%zu invoices of fixtures/\n", invoices);
    cr_expect(invoices >= 19);
    globfree(&found);
}

Test(golden, two_formats_of_one_invoice_have_one_key_and_one_print)
{
    const char *files[] = {VOUCH_SOURCE_DIR "/fixtures/vat-pdf-1.pdf", VOUCH_SOURCE_DIR "/fixtures/vat-ofd-1.ofd"};
    char keys[2][128], prints[2][128];
    for (int i = 0; i < 2; i++) {
        size_t length;
        uint8_t *data = load(files[i], &length);
        const vouch_pipeline_options options = VOUCH_PIPELINE_OPTIONS_DEFAULT;
        vouch_error err = VOUCH_ERROR_INIT;
        vouch_result result = {0};
        cr_assert(vouch_pipeline_read(data, length, &options, &result, &err) == VOUCH_OK);
        const char *const *invoice_keys = NULL;
        size_t count = 0;
        bool confirmed = false;
        vouch_invoice_business_keys(result.reading->arena, &result.reading->invoices.items[0], &invoice_keys, &count,
                                    &confirmed);
        cr_assert(count == 1 && confirmed, "%s: one confirmed key", files[i]);
        snprintf(keys[i], sizeof keys[i], "%s", invoice_keys[0]);
        snprintf(prints[i], sizeof prints[i], "%s", result.reading->prints[0].fields);
        vouch_result_done(&result);
        free(data);
    }
    cr_expect_str_eq(keys[0], keys[1]);
    cr_expect_str_eq(prints[0], prints[1]);
}
