#include <criterion/criterion.h>
#include <string.h>

#include "make.h"

static const char *tax_id_result(vouch_kind kind, const char *id)
{
    workbench made;
    made_init(&made);
    vouch_statement *statement = say(&made, VOUCH_SOURCE_TEXT, 0, 1, kind);
    say_invoice(&made, statement, "033002000211", "12345678", "50.00");
    say_field(&made, statement, VOUCH_FIELD_SELLER_TAX_ID, id, 0.97);
    cr_assert_eq(settle(&made), 1);
    const char *result = result_of(&made.invoices.items[0], "tax_id_check_character", "seller_tax_id");
    made_done(&made);
    return result;
}

Test(identifiers, chinese_tax_ids_have_check_characters)
{
    static const struct {
        const char *id, *result;
    } rows[] = {
        {"91110000MA00000077", "pass"},   /* made: both check characters fit */
        {"91110000MA00000076", "fail"},   /* outer check character */
        {"91110000MA00000I77", "fail"},   /* a letter that does not occur */
        {"11010519491231002X", "pass"},   /* the standard's example of a resident number */
        {"110105194912310021", "fail"},   /* neither a resident number nor a credit code */
        {"11010519491231002X00", "pass"}, /* a person's id with two digits added */
        {"110105491231002", "skipped"},   /* 15 digits: a resident number of the first form has no check character */
        {"1101058QK0000019", "fail"},     /* 16 characters */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_str_eq(tax_id_result(VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC, rows[i].id), rows[i].result, "%s",
                         rows[i].id);
}

Test(identifiers, every_wrong_digit_of_a_tax_id_is_noticed)
{
    static const char good[] = "91110000MA00000077";
    for (size_t at = 0; at < sizeof good - 1; at++) {
        char id[sizeof good];
        memcpy(id, good, sizeof good);
        id[at] = id[at] == '3' ? '4' : '3';
        cr_expect_str_eq(tax_id_result(VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC, id), "fail", "%s", id);
    }
}

Test(identifiers, vat_ids_have_check_digits)
{
    /* Ids that the standards and tax offices publish as examples, or made to fit. */
    static const struct {
        const char *id, *result;
    } rows[] = {
        {"DE136695976", "pass"},    {"DE136695977", "fail"},   {"ATU13585627", "pass"},     {"ATU13585626", "fail"},
        {"BE0428759497", "pass"},   {"BE0428759496", "fail"},  {"DK13585628", "pass"},      {"EE100931558", "pass"},
        {"EL094259216", "pass"},    {"GR094259216", "pass"},   {"FI20774740", "pass"},      {"FR40303265045", "pass"},
        {"FR41303265045", "fail"},  {"HR33392005961", "pass"}, {"HU12892312", "pass"},      {"IT00743110157", "pass"},
        {"IT00743110158", "fail"},  {"LU15027442", "pass"},    {"MT11679112", "pass"},      {"NL004495445B01", "pass"},
        {"PL8567346215", "pass"},   {"PT501964843", "pass"},   {"SE123456789701", "pass"},  {"SI50223054", "pass"},
        {"SK2022749619", "pass"},   {"GB980780684", "pass"},   {"CHE107787577IVA", "pass"}, {"CHE-107.787.577", "pass"},
        {"NO995525828MVA", "pass"}, {"DE12", "fail"},          {"CY10259033P", "none"},     {"06AABCO6063D1ZQ", "none"},
        {"201/113/40209", "none"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_str_eq(tax_id_result(VOUCH_KIND_INVOICE, rows[i].id), rows[i].result, "%s", rows[i].id);
}

Test(identifiers, code_belongs_to_the_kind)
{
    static const struct {
        vouch_kind kind;
        const char *code, *result;
    } rows[] = {
        {VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC, "033002000211", "pass"},
        {VOUCH_KIND_CN_VAT_SPECIAL_ELECTRONIC, "033002000211", "fail"},
        {VOUCH_KIND_CN_VAT_TOLL, "033002000212", "pass"},
        {VOUCH_KIND_CN_VAT_SPECIAL, "1100194130", "pass"},
        {VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC, "011002680026", "none"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        workbench made;
        made_init(&made);
        say_invoice(&made, say(&made, VOUCH_SOURCE_TEXT, 0, 1, rows[i].kind), rows[i].code, "12345678", "50.00");
        cr_assert_eq(settle(&made), 1);
        cr_expect_str_eq(result_of(&made.invoices.items[0], "invoice_code_matches_kind", NULL), rows[i].result,
                         "row %zu", i);
        made_done(&made);
    }
}

Test(identifiers, numbers_carry_the_year)
{
    static const struct {
        const char *code, *number, *result;
    } rows[] = {
        {NULL, "20112000000048542163", "pass"}, {NULL, "24112000000048542163", "fail"},
        {"033002000211", "12345678", "pass"},   {"033002400211", "12345678", "fail"},
        {"3300201130", "12345678", "pass"},     {NULL, "R1", "skipped"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        workbench made;
        made_init(&made);
        say_invoice(&made, say(&made, VOUCH_SOURCE_TEXT, 0, 1, VOUCH_KIND_CN_VAT_ORDINARY), rows[i].code,
                    rows[i].number, "50.00");
        cr_assert_eq(settle(&made), 1);
        cr_expect_str_eq(result_of(&made.invoices.items[0], "number_year_matches_date", NULL), rows[i].result,
                         "row %zu", i);
        made_done(&made);
    }
}

Test(identifiers, a_red_letter_names_its_original)
{
    static const struct {
        const char *gross, *original, *result;
    } rows[] = {{"50.00", NULL, "none"}, {"-50.00", NULL, "fail"}, {"-50.00", "87654321", "pass"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        workbench made;
        made_init(&made);
        vouch_statement *statement = say(&made, VOUCH_SOURCE_TEXT, 0, 1, VOUCH_KIND_CN_VAT_ORDINARY);
        say_invoice(&made, statement, "033002000204", "12345678", rows[i].gross);
        say_field(&made, statement, VOUCH_FIELD_ORIGINAL_INVOICE_NUMBER, rows[i].original, 0.97);
        cr_assert_eq(settle(&made), 1);
        cr_expect_str_eq(result_of(&made.invoices.items[0], "red_letter_has_original", NULL), rows[i].result, "row %zu",
                         i);
        made_done(&made);
    }
}
