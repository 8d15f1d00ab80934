#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vouch/pipeline.h"

static vouch_result read_bytes(const void *data, size_t length)
{
    const vouch_pipeline_options options = VOUCH_PIPELINE_OPTIONS_DEFAULT;
    vouch_result result = {0};
    vouch_error err = VOUCH_ERROR_INIT;
    const vouch_code code = vouch_pipeline_read(data, length, &options, &result, &err);
    cr_assert_eq(code, VOUCH_OK, "%s", err.message);
    return result;
}

static bool has_problem(const vouch_reading *reading, vouch_code code, const char *severity)
{
    for (size_t i = 0; i < reading->problems.count; i++)
        if (reading->problems.items[i].code == code && strcmp(reading->problems.items[i].severity, severity) == 0)
            return true;
    return false;
}

Test(pipeline, what_cannot_be_opened_is_a_reading_with_a_problem)
{
    static const struct {
        const char *bytes;
        size_t length;
        vouch_code code;
    } rows[] = {
        {"", 0, VOUCH_EMPTY},
        {"hello", 5, VOUCH_UNSUPPORTED_FORMAT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        vouch_result result = read_bytes(rows[i].bytes, rows[i].length);
        cr_expect_null(result.decoded);
        cr_expect_eq(result.reading->invoices.count, 0);
        cr_expect(has_problem(result.reading, rows[i].code, "error"), "row %zu", i);
        cr_expect_eq(strlen(result.reading->sha256), 64);
        cr_expect_eq(result.reading->bytes, rows[i].length);
        vouch_buffer json = {0};
        vouch_reading *back = NULL;
        cr_expect_eq(vouch_reading_to_json(result.reading, &json, NULL), VOUCH_OK);
        cr_expect_eq(vouch_reading_from_json(json.data, json.length, &back, NULL), VOUCH_OK);
        vouch_reading_free(&back);
        vouch_buffer_done(&json);
        vouch_result_done(&result);
    }
}

static const char ubl[] =
    "<Invoice xmlns='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2' "
    "xmlns:c='urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2' "
    "xmlns:a='urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2'>"
    "<c:ID>R-17</c:ID><c:IssueDate>2024-03-05</c:IssueDate><c:InvoiceTypeCode>380</c:InvoiceTypeCode>"
    "<c:DocumentCurrencyCode>EUR</c:DocumentCurrencyCode>"
    "<a:AccountingSupplierParty><a:Party><a:PartyTaxScheme><c:CompanyID>DE 136.695.976</c:CompanyID><a:TaxScheme>"
    "<c:ID>VAT</c:ID></a:TaxScheme></a:PartyTaxScheme><a:PartyLegalEntity><c:RegistrationName>Muster GmbH"
    "</c:RegistrationName></a:PartyLegalEntity></a:Party></a:AccountingSupplierParty>"
    "<a:TaxTotal><c:TaxAmount currencyID='EUR'>19</c:TaxAmount></a:TaxTotal>"
    "<a:LegalMonetaryTotal><c:LineExtensionAmount currencyID='EUR'>100</c:LineExtensionAmount>"
    "<c:TaxExclusiveAmount currencyID='EUR'>100</c:TaxExclusiveAmount>"
    "<c:TaxInclusiveAmount currencyID='EUR'>119</c:TaxInclusiveAmount>"
    "<c:PayableAmount currencyID='EUR'>119</c:PayableAmount></a:LegalMonetaryTotal></Invoice>";

Test(pipeline, an_xml_invoice_goes_through_all_stages)
{
    vouch_result result = read_bytes(ubl, sizeof ubl - 1);
    const vouch_reading *reading = result.reading;
    cr_assert_eq(reading->invoices.count, 1);
    const vouch_invoice *invoice = &reading->invoices.items[0];
    cr_expect_eq(invoice->kind, VOUCH_KIND_EN16931_INVOICE);
    cr_expect_str_eq(vouch_invoice_value(invoice, VOUCH_FIELD_GROSS_AMOUNT), "119.00");
    cr_expect_not_null(reading->prints[0].fields);
    cr_expect_geq(reading->timing.decode, 0);
    cr_expect_geq(reading->timing.read, 0);
    cr_expect_geq(reading->timing.reconcile, 0);
    cr_expect_geq(reading->timing.fingerprint, 0);
    cr_expect_lt(reading->timing.verify, 0);
    vouch_result_done(&result);
}

Test(pipeline, text_without_an_invoice_is_not_an_invoice)
{
    static const char xml[] = "<note><to>you</to></note>";
    vouch_result result = read_bytes(xml, sizeof xml - 1);
    cr_expect_eq(result.reading->invoices.count, 0);
    cr_expect(has_problem(result.reading, VOUCH_NOT_AN_INVOICE, "warning"));
    vouch_result_done(&result);
}

Test(pipeline, what_a_reader_knows_to_be_something_else_is_told_once)
{
    static const char xml[] = "<testSet xmlns='http://difi.no/xsd/vefa/validator/1.0'><test/></testSet>";
    vouch_result result = read_bytes(xml, sizeof xml - 1);
    cr_expect_eq(result.reading->invoices.count, 0);
    cr_assert_eq(result.reading->problems.count, 1);
    cr_expect(has_problem(result.reading, VOUCH_NOT_AN_INVOICE, "warning"));
    vouch_result_done(&result);
}

Test(pipeline, nothing_unsigned_is_said_to_be_valid)
{
    const vouch_pipeline_options options = VOUCH_PIPELINE_OPTIONS_DEFAULT;
    vouch_result result = {0};
    cr_assert_eq(vouch_pipeline_verify((const uint8_t *)ubl, sizeof ubl - 1, &options, &result, NULL), VOUCH_OK);
    for (size_t i = 0; i < result.reading->verdicts.count; i++)
        cr_expect_neq(result.reading->verdicts.items[i].integrity, VOUCH_INTEGRITY_VALID);
    cr_expect_geq(result.reading->timing.verify, 0);
    vouch_result_done(&result);
}

/** Bytes of a real document; NULL when it is not there. Release with free. */
static uint8_t *load(const char *name, size_t *length)
{
    const char *folder = getenv("VOUCH_SHARED_DATA");
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder ? folder : ".", name);
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    uint8_t *bytes = malloc((size_t)8 << 20);
    *length = bytes ? fread(bytes, 1, (size_t)8 << 20, file) : 0;
    fclose(file);
    return bytes;
}

Test(pipeline, real_documents_give_readings_that_parse)
{
    static const struct {
        const char *name;
        vouch_kind kind;
    } rows[] = {
        {"china/pdf/fapiao-02.pdf", VOUCH_KIND_CN_VAT_TOLL},
        {"china/ofd/inv-zhejiang-vat-ordinary.ofd", VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC},
        {"china/ofd/inv-digital-2024.ofd", VOUCH_KIND_CN_DIGITAL_SPECIAL},
        {"intl/facturx/invoice_EN16931.pdf", VOUCH_KIND_EN16931_INVOICE},
    };
    size_t seen = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t length;
        uint8_t *bytes = load(rows[i].name, &length);
        if (!bytes)
            continue;
        seen++;
        vouch_result result = read_bytes(bytes, length);
        vouch_buffer json = {0}, again = {0};
        vouch_reading *back = NULL;
        vouch_error err = VOUCH_ERROR_INIT;
        cr_assert_eq(vouch_reading_to_json(result.reading, &json, NULL), VOUCH_OK);
        cr_assert_eq(vouch_reading_from_json(json.data, json.length, &back, &err), VOUCH_OK, "%s: %s", rows[i].name,
                     err.message);
        cr_assert_eq(vouch_reading_to_json(back, &again, NULL), VOUCH_OK);
        cr_expect_str_eq(again.data, json.data, "%s", rows[i].name);
        cr_assert_eq(back->invoices.count, 1, "%s", rows[i].name);
        cr_expect_eq(back->invoices.items[0].kind, rows[i].kind, "%s is %s", rows[i].name,
                     vouch_kind_name(back->invoices.items[0].kind));
        const char *const *keys;
        size_t count;
        bool confirmed;
        vouch_invoice_business_keys(back->arena, &back->invoices.items[0], &keys, &count, &confirmed);
        cr_assert_eq(count, 1, "%s", rows[i].name);
        cr_expect(confirmed, "%s", rows[i].name);
        vouch_reading_free(&back);
        vouch_buffer_done(&json);
        vouch_buffer_done(&again);
        vouch_result_done(&result);
        free(bytes);
    }
    if (seen == 0)
        cr_skip_test("skipped: the real documents are not there");
}
