#include <criterion/criterion.h>
#include <string.h>

#include "gold.h"

static gold_list parse(vouch_arena *arena, const char *text)
{
    gold_list list = {0};
    vouch_error err = VOUCH_ERROR_INIT;
    const vouch_code code = gold_parse(arena, "data", vouch_arena_strdup(arena, text), &list, &err);
    cr_assert_eq(code, VOUCH_OK, "%s", err.message);
    return list;
}

Test(gold, short_names_become_fields)
{
    vouch_arena *arena = vouch_arena_new();
    gold_list list =
        parse(arena, "file\thow\tfields\na.pdf\teye\tkind=vat-e-ordinary; code=012; number=61; total=27.00; "
                     "plate=?; seller=甲公司\n");
    cr_assert_eq(list.count, 1);
    const gold *row = &list.items[0];
    cr_expect_str_eq(row->path, "data/a.pdf");
    cr_expect_eq(row->kind, VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC);
    cr_expect_str_eq(row->fields[VOUCH_FIELD_INVOICE_CODE], "012");
    cr_expect_str_eq(row->fields[VOUCH_FIELD_GROSS_AMOUNT], "27.00");
    cr_expect_null(row->fields[VOUCH_FIELD_PLATE_NUMBER], "a value with ? is not counted");
    cr_expect_eq(row->field_count, 4);
    cr_expect_null(row->skip);
    vouch_arena_free(&arena);
}

Test(gold, tickets_have_fields_of_their_own)
{
    vouch_arena *arena = vouch_arena_new();
    gold_list list = parse(
        arena, "file\tkind\tfields\nt.png\ttrain-ticket (made)\tkind=train-ticket; number=Y010391; date=2018-01-25; "
               "time=10:28\n");
    const gold *row = &list.items[0];
    cr_expect_eq(row->kind, VOUCH_KIND_CN_RAIL);
    cr_expect_str_eq(row->fields[VOUCH_FIELD_TICKET_NUMBER], "Y010391");
    cr_expect_str_eq(row->fields[VOUCH_FIELD_TRAVEL_DATE], "2018-01-25");
    cr_expect_str_eq(row->fields[VOUCH_FIELD_DEPARTURE_TIME], "10:28");
    cr_expect_null(row->fields[VOUCH_FIELD_ISSUE_DATE]);
    vouch_arena_free(&arena);
}

Test(gold, prose_between_values_is_passed_over)
{
    vouch_arena *arena = vouch_arena_new();
    gold_list list =
        parse(arena, "file\tkind\texpected\n"
                     "x.pdf\tfacturx-pdf\tintegrity=none; embedded: factur-x.xml; from factur-x.xml: format=CII; "
                     "type=381; number=F1; net=10; number=F2; lines=3\n"
                     "h.pdf\thostile-pdf\tno crash; total=1\n"
                     "n.pdf\tpdf\tintegrity=none\n");
    cr_assert_eq(list.count, 3);
    cr_expect_eq(list.items[0].kind, VOUCH_KIND_EN16931_CREDIT_NOTE);
    cr_expect_str_eq(list.items[0].fields[VOUCH_FIELD_INVOICE_NUMBER], "F1");
    cr_expect_str_eq(list.items[0].line_count, "3");
    cr_expect_str_eq(list.items[1].skip, "hostile or damaged");
    cr_expect_str_eq(list.items[2].skip, "no values to compare");
    vouch_arena_free(&arena);
}

Test(gold, header_without_values_is_refused)
{
    vouch_arena *arena = vouch_arena_new();
    gold_list list = {0};
    cr_expect_eq(gold_parse(arena, ".", vouch_arena_strdup(arena, "file\tkind\nx\ty\n"), &list, NULL),
                 VOUCH_BAD_FORMAT);
    vouch_arena_free(&arena);
}
