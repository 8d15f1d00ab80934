#include <criterion/criterion.h>
#include <string.h>

#include "make.h"

#define ORDINARY VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC

static const vouch_invoice *one_of(workbench *made, const char *net, const char *tax, const char *gross,
                                   const char *words)
{
    vouch_statement *statement = say(made, VOUCH_SOURCE_TEXT, 0, 1, ORDINARY);
    say_invoice(made, statement, "033002000211", "12345678", gross);
    say_field(made, statement, VOUCH_FIELD_NET_AMOUNT, net, 0.97);
    say_field(made, statement, VOUCH_FIELD_TAX_AMOUNT, tax, 0.97);
    say_field(made, statement, VOUCH_FIELD_GROSS_IN_WORDS, words, 0.97);
    cr_assert_eq(settle(made), 1);
    return &made->invoices.items[0];
}

Test(arithmetic, net_and_tax_make_gross)
{
    static const struct {
        const char *net, *tax, *gross, *result;
        bool confirmed, doubted;
    } rows[] = {
        {"16.83", "0.51", "17.34", "pass", true, false},       {"16.83", "0.51", "17.35", "fail", false, true},
        {"-300.00", "-18.00", "-318.00", "pass", true, false}, {"50.00", NULL, "50.00", "pass", true, false},
        {"50.00", NULL, "53.00", "skipped", false, false},     {NULL, "3.00", "53.00", "skipped", false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        workbench made;
        made_init(&made);
        const vouch_invoice *invoice = one_of(&made, rows[i].net, rows[i].tax, rows[i].gross, NULL);
        const double confidence = invoice->fields[VOUCH_FIELD_GROSS_AMOUNT].chosen.confidence;
        cr_expect_str_eq(result_of(invoice, "net_plus_tax_is_gross", NULL), rows[i].result, "row %zu", i);
        cr_expect_eq(confidence >= 0.999, rows[i].confirmed, "row %zu: %f", i, confidence);
        cr_expect_eq(confidence < 0.95, rows[i].doubted, "row %zu: %f", i, confidence);
        made_done(&made);
    }
}

Test(arithmetic, a_failure_says_both_numbers)
{
    workbench made;
    made_init(&made);
    const vouch_check *check = find_check(one_of(&made, "16.83", "0.51", "18.00", NULL), "net_plus_tax_is_gross", NULL);
    cr_assert_not_null(check);
    cr_expect_str_eq(check->detail, "16.83 + 0.51 = 17.34, but the total is 18.00");
    made_done(&made);
}

Test(arithmetic, data_is_not_doubted_when_it_does_not_add_up)
{
    workbench made;
    made_init(&made);
    vouch_statement *statement = say(&made, VOUCH_SOURCE_XML, 0, 0, ORDINARY);
    say_invoice(&made, statement, "033002000211", "12345678", "60.00");
    say_field(&made, statement, VOUCH_FIELD_NET_AMOUNT, "50.00", 0.999);
    say_field(&made, statement, VOUCH_FIELD_TAX_AMOUNT, "3.00", 0.999);
    cr_assert_eq(settle(&made), 1);
    const vouch_invoice *invoice = &made.invoices.items[0];
    cr_expect_str_eq(result_of(invoice, "net_plus_tax_is_gross", NULL), "fail");
    cr_expect_gt(invoice->fields[VOUCH_FIELD_GROSS_AMOUNT].chosen.confidence, 0.99, "that is what the document states");
    made_done(&made);
}

Test(arithmetic, words_are_the_figures)
{
    static const struct {
        const char *words, *gross, *result;
    } rows[] = {
        {"壹拾柒圆叁角肆分", "17.34", "pass"},       {"壹拾柒圆叁角伍分", "17.34", "fail"},
        {"(负数)叁佰壹拾捌圆整", "-318.00", "pass"}, {"叁佰壹拾捌圆整", "-318.00", "pass"},
        {"壹拾柒圆叁角肆", "17.34", "fail"},         {NULL, "17.34", "skipped"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        workbench made;
        made_init(&made);
        const vouch_invoice *invoice = one_of(&made, NULL, NULL, rows[i].gross, rows[i].words);
        cr_expect_str_eq(result_of(invoice, "amount_in_words_is_gross", NULL), rows[i].result, "row %zu", i);
        made_done(&made);
    }
}

Test(arithmetic, gross_can_follow_from_words_or_sum_and_is_then_not_confirmed_by_them)
{
    workbench made;
    made_init(&made);
    const vouch_invoice *invoice = one_of(&made, "16.83", "0.51", NULL, NULL);
    cr_expect_str_eq(vouch_invoice_value(invoice, VOUCH_FIELD_GROSS_AMOUNT), "17.34");
    cr_expect_lt(invoice->fields[VOUCH_FIELD_GROSS_AMOUNT].chosen.confidence, 0.98);
    cr_expect_str_eq(result_of(invoice, "net_plus_tax_is_gross", NULL), "skipped");
    made_done(&made);
}

Test(arithmetic, lines_make_the_totals)
{
    static const struct {
        const char *net[3], *tax[3];
        const char *net_result, *tax_result, *rate_result;
    } rows[] = {
        {{"30.00", "25.00", "-5.00"}, {"1.80", "1.50", "-0.30"}, "pass", "pass", "pass"},
        {{"30.00", "25.00", "-5.01"}, {"1.80", "1.50", "-0.30"}, "fail", "pass", "pass"},
        {{"30.00", "25.00", NULL}, {"1.80", "1.50", NULL}, "skipped", "fail", "pass"},
        {{"30.00", "25.00", "-5.00"}, {"1.81", "1.50", "-0.31"}, "pass", "pass", "pass"},
        {{"30.00", "25.00", "-5.00"}, {"2.80", "0.50", "-0.30"}, "pass", "pass", "fail"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        workbench made;
        made_init(&made);
        vouch_statement *statement = say(&made, VOUCH_SOURCE_TEXT, 0, 1, ORDINARY);
        say_invoice(&made, statement, "033002000211", "12345678", "53.00");
        say_field(&made, statement, VOUCH_FIELD_NET_AMOUNT, "50.00", 0.97);
        say_field(&made, statement, VOUCH_FIELD_TAX_AMOUNT, "3.00", 0.97);
        for (size_t line = 0; line < 3; line++)
            say_line(&made, statement, "a", rows[i].net[line], "6", rows[i].tax[line]);
        cr_assert_eq(settle(&made), 1);
        const vouch_invoice *invoice = &made.invoices.items[0];
        cr_expect_str_eq(result_of(invoice, "lines_sum_to_net", NULL), rows[i].net_result, "row %zu", i);
        cr_expect_str_eq(result_of(invoice, "lines_tax_sum_to_tax", NULL), rows[i].tax_result, "row %zu", i);
        cr_expect_str_eq(result_of(invoice, "line_tax_matches_rate", NULL), rows[i].rate_result, "row %zu", i);
        made_done(&made);
    }
}

Test(arithmetic, tax_from_the_price_with_tax_is_right_too)
{
    /* Tax computed from the price with tax and rounded there: 100000.00 × 3 / 103. */
    workbench made;
    made_init(&made);
    vouch_statement *statement = say(&made, VOUCH_SOURCE_TEXT, 0, 1, ORDINARY);
    say_invoice(&made, statement, "033002000211", "12345678", "100000.00");
    say_line(&made, statement, "a", "97087.38", "3", "2912.62");
    cr_assert_eq(settle(&made), 1);
    cr_expect_str_eq(result_of(&made.invoices.items[0], "line_tax_matches_rate", NULL), "pass");
    made_done(&made);
}

Test(arithmetic, parts_of_an_air_ticket_make_its_total)
{
    static const struct {
        const char *gross, *result;
    } rows[] = {{"620.00", "pass"}, {"621.00", "fail"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        workbench made;
        made_init(&made);
        vouch_statement *ticket = say(&made, VOUCH_SOURCE_TEXT, 0, 1, VOUCH_KIND_CN_AIR);
        say_field(&made, ticket, VOUCH_FIELD_TICKET_NUMBER, "7841234567890", 0.97);
        say_field(&made, ticket, VOUCH_FIELD_GROSS_AMOUNT, rows[i].gross, 0.97);
        say_field(&made, ticket, VOUCH_FIELD_FARE, "477.06", 0.97);
        say_field(&made, ticket, VOUCH_FIELD_FUEL_SURCHARGE, "45.87", 0.97);
        say_field(&made, ticket, VOUCH_FIELD_TAX_AMOUNT, "47.07", 0.97);
        say_field(&made, ticket, VOUCH_FIELD_AIRPORT_FEE, "50", 0.97);
        cr_assert_eq(settle(&made), 1);
        cr_expect_str_eq(result_of(&made.invoices.items[0], "fare_and_fees_are_gross", NULL), rows[i].result);
        made_done(&made);
    }
}
