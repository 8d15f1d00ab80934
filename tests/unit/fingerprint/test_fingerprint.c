#include <criterion/criterion.h>
#include <string.h>

#include "vouch/fingerprint.h"

typedef struct field_row {
    vouch_field field;
    const char *value;
} field_row;

static const field_row base[] = {
    {VOUCH_FIELD_SELLER_TAX_ID, "91110000MA00000077"},
    {VOUCH_FIELD_SELLER_NAME, "甲公司"},
    {VOUCH_FIELD_INVOICE_CODE, "033001900104"},
    {VOUCH_FIELD_INVOICE_NUMBER, "12345678"},
    {VOUCH_FIELD_ISSUE_DATE, "2020-07-23"},
    {VOUCH_FIELD_GROSS_AMOUNT, "51.20"},
    {VOUCH_FIELD_CURRENCY, "CNY"},
    {VOUCH_FIELD_REMARKS, "x"},
};

static vouch_prints prints_of(vouch_arena *arena, const field_row *change, bool credit)
{
    vouch_invoice *invoice = vouch_arena_alloc(arena, sizeof *invoice);
    vouch_prints prints;
    for (size_t i = 0; i < sizeof base / sizeof *base; i++)
        invoice->fields[base[i].field].chosen.value = base[i].value;
    if (change)
        invoice->fields[change->field].chosen.value = change->value;
    invoice->credit = credit;
    vouch_fingerprint(arena, invoice, NULL, &prints);
    return prints;
}

Test(fingerprint, equal_whatever_the_format)
{
    static const struct {
        field_row change;
        bool same;
    } rows[] = {
        {{VOUCH_FIELD_GROSS_AMOUNT, "51.2"}, true},
        {{VOUCH_FIELD_REMARKS, "y"}, true},
        {{VOUCH_FIELD_SELLER_NAME, "乙公司"}, true}, /* the id tells who sold */
        {{VOUCH_FIELD_GROSS_AMOUNT, "51.21"}, false},
        {{VOUCH_FIELD_INVOICE_NUMBER, "12345679"}, false},
        {{VOUCH_FIELD_INVOICE_CODE, "033001900105"}, false},
        {{VOUCH_FIELD_ISSUE_DATE, "2020-07-24"}, false},
        {{VOUCH_FIELD_CURRENCY, "EUR"}, false},
        {{VOUCH_FIELD_SELLER_TAX_ID, "91110000MA00000078"}, false},
    };
    vouch_arena *arena = vouch_arena_new();
    const char *own = prints_of(arena, NULL, false).fields;
    cr_assert_not_null(own);
    cr_expect_eq(strlen(own), strlen("v1:") + 32);
    cr_expect_eq(strncmp(own, "v1:", 3), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(strcmp(prints_of(arena, &rows[i].change, false).fields, own) == 0, rows[i].same, "row %zu", i);
    cr_expect_str_neq(prints_of(arena, NULL, true).fields, own, "direction");
    vouch_arena_free(&arena);
}

Test(fingerprint, too_little_is_no_print)
{
    static const field_row rows[] = {{VOUCH_FIELD_GROSS_AMOUNT, NULL}, {VOUCH_FIELD_ISSUE_DATE, NULL}};
    vouch_arena *arena = vouch_arena_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_null(prints_of(arena, &rows[i], false).fields, "row %zu", i);
    vouch_invoice *nameless = vouch_arena_alloc(arena, sizeof *nameless);
    vouch_prints prints;
    nameless->fields[VOUCH_FIELD_GROSS_AMOUNT].chosen.value = "5.00";
    nameless->fields[VOUCH_FIELD_ISSUE_DATE].chosen.value = "2020-01-01";
    vouch_fingerprint(arena, nameless, NULL, &prints);
    cr_expect_null(prints.fields, "a date and an amount tell nothing apart");
    cr_expect_null(prints.text);
    vouch_arena_free(&arena);
}

Test(fingerprint, text_is_equal_in_any_order_and_only_that_of_the_region)
{
    static const char *const texts[] = {"a1", "b2", "c3", "d4", "e5", "f6", "g7", "h8", "other"};
    vouch_arena *arena = vouch_arena_new();
    vouch_region region = {.page = 1, .box = {0, 0, 100, 100}};
    vouch_invoice *invoice = vouch_arena_alloc(arena, sizeof *invoice);
    invoice->regions = &region;
    invoice->region_count = 1;
    vouch_word forward[9], backward[9];
    for (int i = 0; i < 9; i++)
        forward[i] = (vouch_word){1, texts[i], {i < 8 ? 10 : 500, 10, i < 8 ? 20 : 510, 20}};
    for (int i = 0; i < 9; i++)
        backward[i] = forward[8 - i];
    const vouch_words all = {forward, 9, 9}, reversed = {backward, 9, 9}, inside = {forward, 8, 8},
                      few = {forward, 7, 7};
    vouch_prints first, second, third, fourth;
    vouch_fingerprint(arena, invoice, &all, &first);
    vouch_fingerprint(arena, invoice, &reversed, &second);
    vouch_fingerprint(arena, invoice, &inside, &third);
    vouch_fingerprint(arena, invoice, &few, &fourth);
    cr_assert_not_null(first.text);
    cr_expect_str_eq(first.text, second.text);
    cr_expect_str_eq(first.text, third.text);
    cr_expect_null(fourth.text, "too few words");
    vouch_arena_free(&arena);
}
