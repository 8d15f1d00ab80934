/** Choosing among values. */
#include <criterion/criterion.h>
#include <string.h>

#include "make.h"

#define ORDINARY VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC

Test(merge, the_most_probable_value_of_the_page_wins)
{
    static const struct {
        double text, qr;
        const char *chosen;
    } rows[] = {{0.97, 0.9995, "87654321"}, {0.995, 0.98, "12345678"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        workbench made;
        made_init(&made);
        vouch_statement *text = say(&made, VOUCH_SOURCE_TEXT, 0, 1, ORDINARY);
        vouch_statement *code = say(&made, VOUCH_SOURCE_QR, 0, 1, ORDINARY);
        say_field(&made, text, VOUCH_FIELD_INVOICE_NUMBER, "12345678", rows[i].text);
        say_field(&made, text, VOUCH_FIELD_GROSS_AMOUNT, "50", 0.97);
        say_field(&made, code, VOUCH_FIELD_INVOICE_NUMBER, "87654321", rows[i].qr);
        say_field(&made, code, VOUCH_FIELD_ISSUE_DATE, "2020-07-23", 0.98);
        cr_assert_eq(settle(&made), 1);
        const vouch_invoice *invoice = &made.invoices.items[0];
        const vouch_field_value *number = &invoice->fields[VOUCH_FIELD_INVOICE_NUMBER];
        cr_expect_str_eq(number->chosen.value, rows[i].chosen);
        cr_expect_str_eq(result_of(invoice, "sources_agree", "invoice_number"), "fail");
        cr_assert_eq(number->alternative_count, 1);
        cr_expect_leq(number->chosen.confidence + number->alternatives[0].probability, 1.0);
        made_done(&made);
    }
}

Test(merge, agreement_makes_surer)
{
    workbench made;
    made_init(&made);
    vouch_statement *text = say(&made, VOUCH_SOURCE_TEXT, 0, 1, ORDINARY);
    vouch_statement *code = say(&made, VOUCH_SOURCE_QR, 0, 1, ORDINARY);
    say_invoice(&made, text, "033002000211", "12345678", "50.00");
    say_field(&made, code, VOUCH_FIELD_INVOICE_NUMBER, "12345678", 0.98);
    cr_assert_eq(settle(&made), 1);
    const vouch_invoice *invoice = &made.invoices.items[0];
    cr_expect_geq(invoice->fields[VOUCH_FIELD_INVOICE_NUMBER].chosen.confidence, 0.999);
    cr_expect_str_eq(result_of(invoice, "sources_agree", NULL), "pass");
    made_done(&made);
}

Test(merge, equal_is_a_matter_of_meaning)
{
    static const struct {
        vouch_field field;
        const char *data, *page;
        bool same;
    } rows[] = {
        {VOUCH_FIELD_GROSS_AMOUNT, "51.2", "51.20", true},
        {VOUCH_FIELD_GROSS_AMOUNT, "51.2", "51.21", false},
        {VOUCH_FIELD_SELLER_NAME, "倍乐生商贸（中国）有限公司", "倍乐生商贸(中国) 有限公司", true},
        {VOUCH_FIELD_SELLER_NAME, "倍乐生商贸有限公司", "信睿吉科技有限公司", false},
        {VOUCH_FIELD_GROSS_IN_WORDS, "伍拾圆整", "伍拾元正", true},
        {VOUCH_FIELD_GROSS_IN_WORDS, "伍拾圆整", "陆拾圆整", false},
        {VOUCH_FIELD_ISSUE_DATE, "2020-07-23", "2020年7月23日", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        workbench made;
        made_init(&made);
        vouch_statement *data = say(&made, VOUCH_SOURCE_OFD_ATTACHMENT, 1, 1, ORDINARY);
        vouch_statement *page = say(&made, VOUCH_SOURCE_TEXT, 0, 1, ORDINARY);
        say_field(&made, data, VOUCH_FIELD_INVOICE_NUMBER, "12345678", 0.999);
        say_field(&made, page, VOUCH_FIELD_INVOICE_NUMBER, "12345678", 0.97);
        say_field(&made, data, VOUCH_FIELD_INVOICE_CODE, "033002000211", 0.999);
        say_field(&made, data, rows[i].field, rows[i].data, 0.999);
        say_field(&made, page, rows[i].field, rows[i].page, 0.97);
        cr_assert_eq(settle(&made), 1);
        const vouch_invoice *invoice = &made.invoices.items[0];
        const vouch_check *check = find_check(invoice, "data_matches_page", vouch_field_name(rows[i].field));
        cr_expect_eq(!check, rows[i].same, "%s / %s", rows[i].data, rows[i].page);
        if (check)
            cr_expect_str_eq(check->severity, "error", "%s", rows[i].data);
        made_done(&made);
    }
}

Test(merge, a_name_that_is_cut_is_a_misreading_and_no_forgery)
{
    workbench made;
    made_init(&made);
    vouch_statement *data = say(&made, VOUCH_SOURCE_OFD_ATTACHMENT, 1, 1, ORDINARY);
    vouch_statement *page = say(&made, VOUCH_SOURCE_TEXT, 0, 1, ORDINARY);
    say_invoice(&made, data, "033002000211", "12345678", "50.00");
    say_field(&made, page, VOUCH_FIELD_INVOICE_NUMBER, "12345678", 0.97);
    say_field(&made, page, VOUCH_FIELD_SELLER_NAME, "甲有限", 0.97);
    cr_assert_eq(settle(&made), 1);
    const vouch_check *check = find_check(&made.invoices.items[0], "data_matches_page", "seller_name");
    cr_assert_not_null(check);
    cr_expect_str_eq(check->severity, "warning");
    made_done(&made);
}

Test(merge, what_does_not_look_like_the_field_is_not_believed)
{
    workbench made;
    made_init(&made);
    vouch_statement *text = say(&made, VOUCH_SOURCE_TEXT, 0, 1, ORDINARY);
    say_invoice(&made, text, "033002000211", "1234567", "50.00");
    cr_assert_eq(settle(&made), 1);
    const vouch_invoice *invoice = &made.invoices.items[0];
    cr_expect_lt(invoice->fields[VOUCH_FIELD_INVOICE_NUMBER].chosen.confidence, 0.95);
    cr_expect_str_eq(result_of(invoice, "field_has_its_form", "invoice_number"), "fail");
    made_done(&made);
}

Test(merge, currency_and_gross_follow_from_the_kind)
{
    workbench made;
    made_init(&made);
    vouch_statement *ticket = say(&made, VOUCH_SOURCE_OCR, 0, 1, VOUCH_KIND_CN_RAIL);
    say_field(&made, ticket, VOUCH_FIELD_TICKET_SERIAL, "21152301360126Y010391", 0.97);
    say_field(&made, ticket, VOUCH_FIELD_FARE, "242.5", 0.96);
    cr_assert_eq(settle(&made), 1);
    const vouch_invoice *invoice = &made.invoices.items[0];
    cr_expect_str_eq(vouch_invoice_value(invoice, VOUCH_FIELD_CURRENCY), "CNY");
    cr_expect_eq(invoice->fields[VOUCH_FIELD_CURRENCY].chosen.source, VOUCH_SOURCE_RULE);
    cr_expect_str_eq(vouch_invoice_value(invoice, VOUCH_FIELD_GROSS_AMOUNT), "242.50");
    cr_expect_eq(invoice->fields[VOUCH_FIELD_GROSS_AMOUNT].chosen.source, VOUCH_SOURCE_RULE);
    cr_expect_leq(invoice->fields[VOUCH_FIELD_GROSS_AMOUNT].chosen.confidence, 0.9601);
    made_done(&made);
}

Test(merge, all_values_are_in_normal_form_and_bounded)
{
    workbench made;
    made_init(&made);
    vouch_statement *data = say(&made, VOUCH_SOURCE_XML, 0, 0, VOUCH_KIND_EN16931_INVOICE);
    say_invoice(&made, data, NULL, "1", "50.00");
    char *note = vouch_arena_alloc(made.arena, 3 * VOUCH_VALUE_BYTES_MAXIMUM + 1);
    for (size_t i = 0; i < VOUCH_VALUE_BYTES_MAXIMUM; i++)
        memcpy(note + 3 * i, "中", 3);
    say_field(&made, data, VOUCH_FIELD_REMARKS, note, 0.999);
    say_field(&made, data, VOUCH_FIELD_DISCOUNT_AMOUNT, "0", 0.999);
    data->fields[VOUCH_FIELD_DISCOUNT_AMOUNT].value = "-0.00";
    data->fields[VOUCH_FIELD_DUE_DATE] = (vouch_evidence){.value = "soon", .confidence = 0.9};
    cr_assert_eq(settle(&made), 1);
    const vouch_invoice *invoice = &made.invoices.items[0];
    cr_expect_leq(strlen(vouch_invoice_value(invoice, VOUCH_FIELD_REMARKS)), VOUCH_VALUE_BYTES_MAXIMUM);
    cr_expect_str_eq(vouch_invoice_value(invoice, VOUCH_FIELD_DISCOUNT_AMOUNT), "0.00");
    cr_expect_null(vouch_invoice_value(invoice, VOUCH_FIELD_DUE_DATE), "what is no date is absent");
    for (int f = 0; f < VOUCH_FIELD_COUNT; f++) {
        const char *value = vouch_invoice_value(invoice, (vouch_field)f);
        cr_expect(!value || vouch_value_is_normal(made.arena, vouch_field_type((vouch_field)f), value), "%s",
                  vouch_field_name((vouch_field)f));
    }
    made_done(&made);
}

Test(merge, lines_read_by_machine_get_the_places_of_the_lines_that_were_seen)
{
    workbench made;
    made_init(&made);
    vouch_statement *data = say(&made, VOUCH_SOURCE_OFD_ATTACHMENT, 1, 1, ORDINARY);
    vouch_statement *page = say(&made, VOUCH_SOURCE_TEXT, 0, 1, ORDINARY);
    say_invoice(&made, data, "033002000211", "12345678", "50.00");
    say_invoice(&made, page, "033002000211", "12345678", "50.00");
    say_line(&made, data, "餐费", "47.17", "6", "2.83");
    vouch_item *seen = say_line(&made, page, "餐费", "47.17", "6", "2.38");
    for (int m = 0; m < VOUCH_ITEM_COUNT; m++)
        seen->members[m].page = seen->members[m].value ? 1 : 0;
    cr_assert_eq(settle(&made), 1);
    const vouch_item *line = &made.invoices.items[0].lines.items[0];
    cr_expect_eq(line->members[VOUCH_ITEM_NET_AMOUNT].page, 1);
    cr_expect_eq(line->members[VOUCH_ITEM_TAX_AMOUNT].page, 0, "another value stands there");
    cr_expect_str_eq(line->members[VOUCH_ITEM_TAX_AMOUNT].value, "2.83");
    made_done(&made);
}
