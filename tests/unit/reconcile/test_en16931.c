#include <criterion/criterion.h>
#include <string.h>

#include "make.h"

typedef struct totals_case {
    const char *line_total, *allowance, *charge, *net, *tax, *gross, *paid, *rounding, *due;
} totals_case;

static const totals_case sound = {"100.00", "10.00", "5.00", "95.00", "18.05", "113.05", "13.00", "-0.05", "100.00"};

static void say_standard(workbench *made, vouch_item *item)
{
    (void)vouch_item_set(made->arena, item, VOUCH_ITEM_TAX_CATEGORY, "standard", VOUCH_SOURCE_XML, 0.999);
}

static const vouch_invoice *invoice_of(workbench *made, const totals_case *row)
{
    vouch_statement *statement = say(made, VOUCH_SOURCE_XML, 0, 0, VOUCH_KIND_EN16931_INVOICE);
    say_invoice(made, statement, NULL, "R1", row->gross);
    say_field(made, statement, VOUCH_FIELD_CURRENCY, "EUR", 0.999);
    say_field(made, statement, VOUCH_FIELD_DISCOUNT_AMOUNT, row->allowance, 0.999);
    say_field(made, statement, VOUCH_FIELD_NET_AMOUNT, row->net, 0.999);
    say_field(made, statement, VOUCH_FIELD_TAX_AMOUNT, row->tax, 0.999);
    say_field(made, statement, VOUCH_FIELD_PAID_AMOUNT, row->paid, 0.999);
    say_field(made, statement, VOUCH_FIELD_DUE_AMOUNT, row->due, 0.999);
    vouch_statement_add_extra(made->arena, statement, "line_total_amount", row->line_total);
    vouch_statement_add_extra(made->arena, statement, "charge_amount", row->charge);
    vouch_statement_add_extra(made->arena, statement, "rounding_amount", row->rounding);
    say_standard(made, say_line(made, statement, "a", "60.00", "19", NULL));
    say_standard(made, say_line(made, statement, "b", "40.00", "19", NULL));
    static const struct {
        const char *category, *amount;
    } rows[] = {{"allowance", "4.00"}, {"allowance", "6.00"}, {"charge", "5.00"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        vouch_item *item = vouch_items_add(made->arena, &statement->allowances);
        (void)vouch_item_set(made->arena, item, VOUCH_ITEM_CATEGORY, rows[i].category, VOUCH_SOURCE_XML, 0.999);
        (void)vouch_item_set(made->arena, item, VOUCH_ITEM_NET_AMOUNT, rows[i].amount, VOUCH_SOURCE_XML, 0.999);
        (void)vouch_item_set(made->arena, item, VOUCH_ITEM_TAX_RATE, "19.00", VOUCH_SOURCE_XML, 0.999);
        say_standard(made, item);
    }
    vouch_item *tax = vouch_items_add(made->arena, &statement->taxes);
    (void)vouch_item_set(made->arena, tax, VOUCH_ITEM_CATEGORY, "standard", VOUCH_SOURCE_XML, 0.999);
    (void)vouch_item_set(made->arena, tax, VOUCH_ITEM_RATE, "19", VOUCH_SOURCE_XML, 0.999);
    (void)vouch_item_set(made->arena, tax, VOUCH_ITEM_NET_AMOUNT, "95.00", VOUCH_SOURCE_XML, 0.999);
    (void)vouch_item_set(made->arena, tax, VOUCH_ITEM_TAX_AMOUNT, "18.05", VOUCH_SOURCE_XML, 0.999);
    cr_assert_eq(settle(made), 1);
    return &made->invoices.items[0];
}

static const char *const rules[] = {"br-co-10", "br-co-11", "br-co-12", "br-co-13", "br-co-14",
                                    "br-co-15", "br-co-16", "br-co-17", "br-co-18", "br-s-08"};

Test(en16931, a_sound_invoice_passes_all_rules)
{
    workbench made;
    made_init(&made);
    const vouch_invoice *invoice = invoice_of(&made, &sound);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        cr_expect_str_eq(result_of(invoice, rules[i], NULL), "pass", "%s", rules[i]);
    cr_expect_str_eq(result_of(invoice, "net_plus_tax_is_gross", NULL), "pass");
    made_done(&made);
}

Test(en16931, each_wrong_amount_breaks_its_rules)
{
    static const struct {
        size_t offset;
        const char *broken[3];
    } rows[] = {
        {offsetof(totals_case, line_total), {"br-co-10", "br-co-13"}},
        {offsetof(totals_case, allowance), {"br-co-11", "br-co-13"}},
        {offsetof(totals_case, charge), {"br-co-12", "br-co-13"}},
        {offsetof(totals_case, net), {"br-co-13", "br-co-15"}},
        {offsetof(totals_case, tax), {"br-co-14", "br-co-15"}},
        {offsetof(totals_case, gross), {"br-co-15", "br-co-16"}},
        {offsetof(totals_case, paid), {"br-co-16"}},
        {offsetof(totals_case, rounding), {"br-co-16"}},
        {offsetof(totals_case, due), {"br-co-16"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        workbench made;
        totals_case totals = sound;
        *(const char **)((char *)&totals + rows[i].offset) = "77.77";
        made_init(&made);
        const vouch_invoice *invoice = invoice_of(&made, &totals);
        for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
            bool broken = false;
            for (size_t b = 0; b < 3 && rows[i].broken[b]; b++)
                broken = broken || strcmp(rows[i].broken[b], rules[r]) == 0;
            cr_expect_str_eq(result_of(invoice, rules[r], NULL), broken ? "fail" : "pass", "row %zu, %s", i, rules[r]);
        }
        const vouch_check *check = find_check(invoice, rows[i].broken[0], NULL);
        cr_assert_not_null(check);
        cr_expect(check->detail && strstr(check->detail, ", stated "), "row %zu: %s", i, check->detail);
        made_done(&made);
    }
}

Test(en16931, each_category_is_what_its_lines_make)
{
    static const struct {
        const char *lines[2], *allowance, *base, *result;
    } rows[] = {
        {{"60.00", "40.00"}, NULL, "100.00", "pass"},   {{"60.00", "40.00"}, NULL, "100.99", "pass"},
        {{"60.00", "40.00"}, NULL, "101.01", "fail"},   {{"60.00", "40.00"}, "5.00", "95.00", "pass"},
        {{"60.00", "40.00"}, "5.00", "105.00", "fail"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        workbench made;
        made_init(&made);
        vouch_statement *statement = say(&made, VOUCH_SOURCE_XML, 0, 0, VOUCH_KIND_EN16931_INVOICE);
        say_invoice(&made, statement, NULL, "R1", "119.00");
        for (size_t line = 0; line < 2; line++)
            say_standard(&made, say_line(&made, statement, "a", rows[i].lines[line], "19", NULL));
        if (rows[i].allowance) {
            vouch_item *item = vouch_items_add(made.arena, &statement->allowances);
            (void)vouch_item_set(made.arena, item, VOUCH_ITEM_CATEGORY, "allowance", VOUCH_SOURCE_XML, 0.999);
            (void)vouch_item_set(made.arena, item, VOUCH_ITEM_NET_AMOUNT, rows[i].allowance, VOUCH_SOURCE_XML, 0.999);
            (void)vouch_item_set(made.arena, item, VOUCH_ITEM_TAX_RATE, "19", VOUCH_SOURCE_XML, 0.999);
            say_standard(&made, item);
        }
        vouch_item *tax = vouch_items_add(made.arena, &statement->taxes);
        (void)vouch_item_set(made.arena, tax, VOUCH_ITEM_CATEGORY, "standard", VOUCH_SOURCE_XML, 0.999);
        (void)vouch_item_set(made.arena, tax, VOUCH_ITEM_RATE, "19", VOUCH_SOURCE_XML, 0.999);
        (void)vouch_item_set(made.arena, tax, VOUCH_ITEM_NET_AMOUNT, rows[i].base, VOUCH_SOURCE_XML, 0.999);
        cr_assert_eq(settle(&made), 1);
        cr_expect_str_eq(result_of(&made.invoices.items[0], "br-s-08", NULL), rows[i].result, "row %zu", i);
        made_done(&made);
    }
}
