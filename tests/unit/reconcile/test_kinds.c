#include <criterion/criterion.h>
#include <string.h>

#include "make.h"

Test(kinds, every_kind_has_a_row)
{
    for (int kind = 1; kind < VOUCH_KIND_COUNT; kind++) {
        const vouch_kind_info *info = vouch_kind_lookup_info((vouch_kind)kind);
        cr_expect_eq(info->kind, (vouch_kind)kind, "%s has no row", vouch_kind_name((vouch_kind)kind));
        cr_expect(info->title_en && *info->title_en);
        cr_expect(info->title_zh && *info->title_zh);
        if (strncmp(vouch_kind_name((vouch_kind)kind), "cn.", 3) == 0)
            cr_expect_str_eq(info->implied_currency, "CNY");
    }
    cr_expect_eq(vouch_kind_lookup_info(VOUCH_KIND_UNKNOWN)->kind, VOUCH_KIND_UNKNOWN);
    cr_expect_not_null(vouch_kind_lookup_info((vouch_kind)999));
}

Test(kinds, evidence_decides)
{
    static const struct {
        vouch_kind text, data;
        const char *code, *number;
        vouch_kind kind;
        const char *agree;
    } rows[] = {
        {VOUCH_KIND_CN_VAT_TOLL, VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC, "044001700112", "12345678",
         VOUCH_KIND_CN_VAT_TOLL, "pass"},
        {VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC, VOUCH_KIND_CN_VAT_SPECIAL_ELECTRONIC, "033002000213", "12345678",
         VOUCH_KIND_CN_VAT_SPECIAL_ELECTRONIC, "fail"},
        {VOUCH_KIND_INVOICE, VOUCH_KIND_EN16931_INVOICE, NULL, "R-1", VOUCH_KIND_EN16931_INVOICE, "pass"},
        {VOUCH_KIND_UNKNOWN, VOUCH_KIND_UNKNOWN, "033002000211", "12345678", VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC,
         "none"},
        {VOUCH_KIND_UNKNOWN, VOUCH_KIND_UNKNOWN, NULL, "24112000000048542163", VOUCH_KIND_CN_DIGITAL_ORDINARY, "none"},
        {VOUCH_KIND_UNKNOWN, VOUCH_KIND_UNKNOWN, NULL, "R-1", VOUCH_KIND_UNKNOWN, "none"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        workbench made;
        made_init(&made);
        say_invoice(&made, say(&made, VOUCH_SOURCE_TEXT, 0, 1, rows[i].text), rows[i].code, rows[i].number, "50.00");
        say_invoice(&made, say(&made, VOUCH_SOURCE_XML, 1, 1, rows[i].data), rows[i].code, rows[i].number, "50.00");
        cr_assert_eq(settle(&made), 1);
        const vouch_invoice *invoice = &made.invoices.items[0];
        cr_expect_eq(invoice->kind, rows[i].kind, "row %zu is %s", i, vouch_kind_name(invoice->kind));
        cr_expect_str_eq(result_of(invoice, "kind_sources_agree", NULL), rows[i].agree, "row %zu", i);
        made_done(&made);
    }
}

Test(kinds, what_a_kind_needs_is_said_when_it_is_missing)
{
    workbench made;
    made_init(&made);
    say_invoice(&made, say(&made, VOUCH_SOURCE_TEXT, 0, 1, VOUCH_KIND_CN_DIGITAL_ORDINARY), NULL,
                "24112000000048542163", "50.00");
    cr_assert_eq(settle(&made), 1);
    const vouch_invoice *invoice = &made.invoices.items[0];
    cr_expect_str_eq(result_of(invoice, "required_fields_present", "buyer_name"), "fail");
    cr_expect_str_eq(result_of(invoice, "required_fields_present", "seller_name"), "none");
    made_done(&made);
}

Test(kinds, direction_is_credit_for_what_takes_back)
{
    static const struct {
        const char *gross;
        bool said, credit;
    } rows[] = {{"50.00", false, false}, {"-50.00", false, true}, {"50.00", true, true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        workbench made;
        made_init(&made);
        vouch_statement *statement = say(&made, VOUCH_SOURCE_XML, 0, 0, VOUCH_KIND_EN16931_INVOICE);
        say_invoice(&made, statement, NULL, "R1", rows[i].gross);
        statement->credit = rows[i].said;
        cr_assert_eq(settle(&made), 1);
        cr_expect_eq(made.invoices.items[0].credit, rows[i].credit, "row %zu", i);
        made_done(&made);
    }
}
