#include "sample.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char some_sha256[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static void set_document(vouch_reading *reading)
{
    reading->file = "a \"b\"\\c\n.ofd";
    reading->sha256 = some_sha256;
    reading->xxh3 = "0123456789abcdef0123456789abcdef";
    reading->format = "ofd";
    reading->bytes = 16048;
    reading->parts = vouch_arena_calloc(reading->arena, 2, sizeof *reading->parts);
    reading->part_count = 2;
    reading->parts[0] = (vouch_reading_part){"", "ofd", some_sha256};
    reading->parts[1] = (vouch_reading_part){"Doc_0/Attachs/original_invoice.xml", "xml", some_sha256};
    reading->pages = vouch_arena_calloc(reading->arena, 1, sizeof *reading->pages);
    reading->page_count = 1;
    reading->pages[0] = (vouch_reading_page){1, 0, 595.3, 396.899, "pt", 90};
    reading->timing = (vouch_timing){1.2, 0.8, 0.1234, -1, 0};
}

static void set_field(vouch_reading *reading, vouch_invoice *invoice, vouch_field field, const char *value,
                      double confidence)
{
    vouch_field_value *target = &invoice->fields[field];
    target->chosen = (vouch_evidence){
        .source = VOUCH_SOURCE_OFD_TAG, .value = value, .text = value, .confidence = confidence, .page = 1};
    target->chosen.box = (vouch_box){410.204, 22.1, 480, 32.399};
    target->evidence = vouch_arena_calloc(reading->arena, 2, sizeof *target->evidence);
    target->evidence_count = 2;
    target->evidence[0] = target->chosen;
    target->evidence[1] = (vouch_evidence){.source = VOUCH_SOURCE_QR, .value = value};
}

static vouch_invoice *add_invoice(vouch_reading *reading)
{
    vouch_invoices *list = &reading->invoices;
    vouch_invoice *invoice = VOUCH_ARENA_PUSH(reading->arena, list->items, list->count, list->capacity);
    invoice->kind = VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC;
    invoice->kind_confidence = 0.999;
    return invoice;
}

vouch_reading *sample_reading(void)
{
    vouch_reading *reading = vouch_reading_new();
    cr_assert_not_null(reading);
    set_document(reading);
    vouch_invoice *invoice = add_invoice(reading);
    set_field(reading, invoice, VOUCH_FIELD_INVOICE_CODE, "033001900104", 0.99999);
    set_field(reading, invoice, VOUCH_FIELD_INVOICE_NUMBER, "12345678", 0.99899);
    set_field(reading, invoice, VOUCH_FIELD_ISSUE_DATE, "2019-11-18", 0.999);
    set_field(reading, invoice, VOUCH_FIELD_GROSS_AMOUNT, "150.00", 0.999);
    invoice->fields[VOUCH_FIELD_GROSS_AMOUNT].chosen.has_quad = true;
    invoice->fields[VOUCH_FIELD_GROSS_AMOUNT].chosen.quad = (vouch_quad){{1, 2, 3, 4}, {5, 6, 7, 8.125}};
    static vouch_alternative other = {"151.00", 0.0312};
    invoice->fields[VOUCH_FIELD_GROSS_AMOUNT].alternatives = &other;
    invoice->fields[VOUCH_FIELD_GROSS_AMOUNT].alternative_count = 1;
    vouch_item *line =
        VOUCH_ARENA_PUSH(reading->arena, invoice->lines.items, invoice->lines.count, invoice->lines.capacity);
    line->members[VOUCH_ITEM_NAME] =
        (vouch_evidence){.source = VOUCH_SOURCE_XML, .value = "*餐饮服务*餐费", .confidence = 0.999};
    line->members[VOUCH_ITEM_UNIT_PRICE] = (vouch_evidence){.value = "0.99082568807339449", .confidence = 0.9};
    line->members[VOUCH_ITEM_TAX_CATEGORY] = (vouch_evidence){.value = "masked"};
    vouch_item *tax =
        VOUCH_ARENA_PUSH(reading->arena, invoice->taxes.items, invoice->taxes.count, invoice->taxes.capacity);
    tax->members[VOUCH_ITEM_CATEGORY].value = "standard";
    tax->members[VOUCH_ITEM_RATE].value = "6";
    static vouch_check checks[] = {
        {"net_plus_tax_is_gross", NULL, VOUCH_CHECK_PASS, NULL, NULL},
        {"tax_id_check_character", "seller_tax_id", VOUCH_CHECK_FAIL, "warning", "does not fit"},
        {"amount_in_words_is_gross", NULL, VOUCH_CHECK_SKIPPED, NULL, NULL},
    };
    invoice->checks = checks;
    invoice->check_count = invoice->check_capacity = 3;
    static vouch_region region = {.page = 1, .box = {0, 0, 595.3, 396.9}};
    invoice->regions = &region;
    invoice->region_count = 1;
    static vouch_extra extras[] = {{"profile", "urn:x"}, {"profile", "again"}, {"empty", ""}};
    invoice->extras = extras;
    invoice->extra_count = 3;
    static vouch_prints prints = {.fields = "v1:00ff", .text = "v1:ab"};
    reading->prints = &prints;
    static vouch_finding finding = {"issuer_not_configured", "no anchor"};
    vouch_verdict *verdict =
        VOUCH_ARENA_PUSH(reading->arena, reading->verdicts.items, reading->verdicts.count, reading->verdicts.capacity);
    *verdict = (vouch_verdict){.scheme = "cn.ofd.ses",
                               .invoice = -1,
                               .integrity = VOUCH_INTEGRITY_UNSUPPORTED,
                               .authenticity = VOUCH_AUTHENTICITY_NOT_CHECKED,
                               .agreement = VOUCH_AGREEMENT_NOT_CHECKED,
                               .time_proof = VOUCH_TIME_PROOF_NONE,
                               .findings = &finding,
                               .finding_count = 1,
                               .finding_capacity = 1};
    vouch_problem_add(reading->arena, &reading->problems, VOUCH_TOO_MANY_PIXELS, "error", 3, "page %d", 3);
    return reading;
}

/* Values in normal form, by type. */
static const char *const values[][4] = {
    [VOUCH_VALUE_TEXT] = {"甲公司", "a b", "\"quoted\" \\", "x"},
    [VOUCH_VALUE_ID] = {"033001900104", "91110108MA01GUF37R", "R-2024/17", "A"},
    [VOUCH_VALUE_AMOUNT] = {"0.00", "-1234.50", "1", "99999999999.999"},
    [VOUCH_VALUE_NUMBER] = {"0", "-0.5", "3.14159265358979323846", "10"},
    [VOUCH_VALUE_DATE] = {"2024-02-29", "1999-12-31", "2019-11-18", "2000-01-01"},
    [VOUCH_VALUE_TIME] = {"00:00", "23:59", "12:34:56", "07:08"},
    [VOUCH_VALUE_DATETIME] = {"2024-02-29T23:59", "2024-02-29T23:59:59Z", "2024-02-29T01:02+08:00", "1999-01-01T00:00"},
    [VOUCH_VALUE_CURRENCY] = {"CNY", "EUR", "JPY", "XXX"},
};

static int below(unsigned *seed, int limit)
{
    return (int)((unsigned)rand_r(seed) % (unsigned)limit);
}

static double real_below(unsigned *seed, double limit)
{
    return limit * (double)rand_r(seed) / (double)RAND_MAX;
}

static void random_evidence(unsigned *seed, vouch_value_type type, vouch_evidence *evidence)
{
    *evidence = (vouch_evidence){
        .source = (vouch_source)below(seed, VOUCH_SOURCE_COUNT),
        .value = values[type][below(seed, 4)],
        .text = below(seed, 2) ? "as it\tstood" : NULL,
        .confidence = real_below(seed, 1.1),
        .page = below(seed, 2),
    };
    evidence->box = (vouch_box){real_below(seed, 900) - 5, real_below(seed, 900), real_below(seed, 900), 1e-3};
    evidence->has_quad = evidence->page > 0 && below(seed, 3) == 0;
    for (int i = 0; i < 4; i++) {
        evidence->quad.x[i] = real_below(seed, 900);
        evidence->quad.y[i] = real_below(seed, 900);
    }
}

static void random_field(vouch_arena *arena, unsigned *seed, vouch_value_type type, vouch_field_value *field)
{
    random_evidence(seed, type, &field->chosen);
    field->evidence_count = (size_t)below(seed, 4);
    field->evidence = vouch_arena_calloc(arena, 4, sizeof *field->evidence);
    for (size_t i = 0; i < field->evidence_count; i++)
        random_evidence(seed, type, &field->evidence[i]);
    field->alternative_count = (size_t)below(seed, 3);
    field->alternatives = vouch_arena_calloc(arena, 3, sizeof *field->alternatives);
    for (size_t i = 0; i < field->alternative_count; i++)
        field->alternatives[i] = (vouch_alternative){values[type][below(seed, 4)], real_below(seed, 1)};
}

static void random_lines(vouch_arena *arena, unsigned *seed, vouch_items *lines)
{
    for (int row = below(seed, 4); row > 0; row--) {
        vouch_item *item = VOUCH_ARENA_PUSH(arena, lines->items, lines->count, lines->capacity);
        for (int m = VOUCH_ITEM_NAME; m <= VOUCH_ITEM_NET_AMOUNT; m++)
            if (below(seed, 2))
                random_evidence(seed, vouch_item_field_type((vouch_item_field)m), &item->members[m]);
    }
}

vouch_reading *random_reading(unsigned seed)
{
    vouch_reading *reading = vouch_reading_new();
    cr_assert_not_null(reading);
    set_document(reading);
    const int count = below(&seed, 4);
    reading->prints = vouch_arena_calloc(reading->arena, (size_t)count + 1, sizeof *reading->prints);
    for (int i = 0; i < count; i++) {
        vouch_invoice *invoice = add_invoice(reading);
        invoice->kind = (vouch_kind)below(&seed, VOUCH_KIND_COUNT);
        invoice->credit = below(&seed, 2);
        for (int f = 0; f < VOUCH_FIELD_COUNT; f++)
            if (below(&seed, 3) == 0)
                random_field(reading->arena, &seed, vouch_field_type((vouch_field)f), &invoice->fields[f]);
        random_lines(reading->arena, &seed, &invoice->lines);
        random_lines(reading->arena, &seed, &invoice->taxes);
        for (size_t t = 0; t < invoice->taxes.count; t++)
            for (int m = 0; m < VOUCH_ITEM_COUNT; m++)
                if (m != VOUCH_ITEM_NET_AMOUNT)
                    invoice->taxes.items[t].members[m].value = NULL;
    }
    return reading;
}

vouch_buffer json_of(const vouch_reading *reading)
{
    vouch_buffer json = {0};
    vouch_error err = VOUCH_ERROR_INIT;
    const vouch_code code = vouch_reading_to_json(reading, &json, &err);
    cr_assert_eq(code, VOUCH_OK, "%s", err.message);
    return json;
}
