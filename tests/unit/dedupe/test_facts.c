#include <criterion/criterion.h>
#include <string.h>

#include "vouch/dedupe.h"

static void set(vouch_invoice *invoice, vouch_field field, const char *value, double confidence)
{
    invoice->fields[field].chosen =
        (vouch_evidence){.value = value, .confidence = confidence, .source = VOUCH_SOURCE_TEXT};
}

static vouch_reading *sample(double confidence)
{
    vouch_reading *reading = vouch_reading_new();
    vouch_invoice *invoice = vouch_arena_alloc(reading->arena, sizeof *invoice);
    invoice->kind = VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC;
    set(invoice, VOUCH_FIELD_INVOICE_CODE, "033001900104", confidence);
    set(invoice, VOUCH_FIELD_INVOICE_NUMBER, "12345678", confidence);
    set(invoice, VOUCH_FIELD_ISSUE_DATE, "2020-07-23", 1);
    set(invoice, VOUCH_FIELD_SELLER_NAME, "甲（上海）公司", 1);
    set(invoice, VOUCH_FIELD_GROSS_AMOUNT, "-51.20", 1);
    set(invoice, VOUCH_FIELD_CURRENCY, "CNY", 1);
    reading->invoices = (vouch_invoices){invoice, 1, 1};
    reading->prints = vouch_arena_alloc(reading->arena, sizeof *reading->prints);
    *reading->prints = (vouch_prints){.fields = "v1:lie", .text = "v1:text"};
    reading->sha256 = "aa";
    return reading;
}

Test(facts, are_derived_from_the_fields)
{
    vouch_arena *arena = vouch_arena_new();
    vouch_reading *reading = sample(1);
    vouch_facts facts;
    vouch_dedupe_facts(arena, reading, 0, &facts);
    cr_expect_str_eq(facts.kind, "cn.vat.ordinary.electronic");
    cr_expect(facts.has_amount);
    cr_expect_eq(facts.gross_minor, 5120, "absolute");
    cr_assert_eq(facts.key_count, 1);
    cr_expect_str_eq(facts.keys[0], "cn:033001900104:12345678");
    cr_expect(facts.keys_confirmed);
    cr_expect_str_eq(facts.seller_name, "甲上海公司", "folded");
    cr_assert_not_null(facts.fields_print);
    cr_expect_str_neq(facts.fields_print, "v1:lie", "the child's print is not believed");
    cr_expect_str_eq(facts.text_print, "v1:text");
    cr_expect_str_eq(facts.sha256, "aa");
    vouch_reading_free(&reading);
    vouch_arena_free(&arena);
}

Test(facts, unsure_fields_give_unconfirmed_keys)
{
    vouch_arena *arena = vouch_arena_new();
    vouch_reading *reading = sample(0.9);
    vouch_facts facts;
    vouch_dedupe_facts(arena, reading, 0, &facts);
    cr_expect_eq(facts.key_count, 1);
    cr_expect_not(facts.keys_confirmed);
    vouch_reading_free(&reading);
    vouch_arena_free(&arena);
}

Test(facts, amount_without_currency_is_none)
{
    vouch_arena *arena = vouch_arena_new();
    vouch_reading *reading = sample(1);
    set(reading->invoices.items, VOUCH_FIELD_CURRENCY, NULL, 0);
    vouch_facts facts;
    vouch_dedupe_facts(arena, reading, 0, &facts);
    cr_expect_not(facts.has_amount);
    vouch_reading_free(&reading);
    vouch_arena_free(&arena);
}
