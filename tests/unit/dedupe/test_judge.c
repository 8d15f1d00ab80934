#include <criterion/criterion.h>
#include <string.h>

#include "vouch/dedupe.h"

/* One side of a row. Letters name made-up values, so that a row is readable: the base is one Chinese VAT invoice. */
typedef struct side {
    const char *key; /* NULL: none */
    bool sure;
    bool credit;
    const char *code, *number, *seller_id, *seller, *date, *original_code, *original, *print, *text, *sha;
    int64_t gross;
} side;

static vouch_facts facts_of(const side *s, const char *const *keys)
{
    return (vouch_facts){.kind = "cn.vat.ordinary.electronic",
                         .credit = s->credit,
                         .invoice_code = s->code,
                         .invoice_number = s->number,
                         .issue_date = s->date,
                         .seller_tax_id = s->seller_id,
                         .seller_name = s->seller,
                         .original_invoice_code = s->original_code,
                         .original_invoice_number = s->original,
                         .currency = "CNY",
                         .has_amount = s->gross != 0,
                         .gross_minor = s->gross,
                         .keys = keys,
                         .key_count = s->key != NULL,
                         .keys_confirmed = s->sure,
                         .fields_print = s->print,
                         .text_print = s->text,
                         .sha256 = s->sha};
}

typedef struct row {
    const char *what;
    side a, b;
    const char *kind, *decision;
} row;

#define K1   .key = "cn:033001900104:10000001", .sure = true, .code = "033001900104", .number = "10000001"
#define K2   .key = "cn:033001900104:10000002", .sure = true, .code = "033001900104", .number = "10000002"
#define K9   .key = "cn:033001900104:10000009", .sure = true, .code = "033001900104", .number = "10000009"
#define S    .seller_id = "91110000MA00000077"
#define LONG "25312000000011111111"

static const row rows[] = {
    {"same bytes", {K1, .sha = "x"}, {K1, .sha = "x"}, "exact", "refuse"},
    {"same bytes without keys", {.sha = "x"}, {.sha = "x"}, "exact", "refuse"},
    {"two invoices of one file", {K1, .sha = "x"}, {K9, .sha = "x"}, NULL, "none"},
    {"two receipts of one file", {.sha = "x", .print = "p"}, {.sha = "x", .print = "q"}, NULL, "none"},
    {"same key", {K1, .sha = "x"}, {K1, .sha = "y"}, "business_key", "refuse"},
    {"same key, one unsure", {K1}, {.key = "cn:033001900104:10000001"}, "business_key", "hold"},
    {"same key, both unsure", {.key = "cn:1:2"}, {.key = "cn:1:2"}, "business_key", "hold"},
    {"differing keys veto equal fields", {K1, .print = "p"}, {K9, .print = "p"}, NULL, "none"},
    {"unsure keys don't veto",
     {K1, .print = "p"},
     {.key = "cn:033001900104:10000009", .print = "p"},
     "same_fields",
     "hold"},
    {"keys of two forms don't veto",
     {K1, .print = "p"},
     {.key = "cn::" LONG, .sure = true, .number = LONG, .print = "p"},
     "same_fields",
     "hold"},
    {"key is missing on one side", {K1, .print = "p"}, {.print = "p"}, "same_fields", "hold"},
    {"red letter",
     {K1, S},
     {K9, S, .credit = true, .original_code = "033001900104", .original = "10000001"},
     "red_letter",
     "flag"},
    {"red letter without the code", {K1, S}, {K9, S, .credit = true, .original = "10000001"}, "red_letter", "flag"},
    {"red letter of another code",
     {K1, S},
     {K9, S, .credit = true, .original_code = "0", .original = "10000001"},
     NULL,
     "none"},
    {"red letter of another seller",
     {K1, S},
     {K9, .seller_id = "T", .credit = true, .original = "10000001"},
     NULL,
     "none"},
    {"an invoice that names another takes nothing back", {K1, S}, {K9, S, .original = "10000001"}, NULL, "none"},
    {"next number", {K1, S}, {K2, S}, "sequence", "flag"},
    {"next number of another seller", {K1, S}, {K2, .seller_id = "T"}, NULL, "none"},
    {"next number, seller unknown", {K1}, {K2}, NULL, "none"},
    {"a number farther on", {K1, S}, {K9, S}, NULL, "none"},
    {"next long number of the day",
     {.key = "cn::" LONG, .sure = true, .number = LONG, S, .date = "2025-03-01"},
     {.key = "cn::25312000000011111112", .sure = true, .number = "25312000000011111112", S, .date = "2025-03-01"},
     "sequence",
     "flag"},
    {"next long number of another day",
     {.key = "cn::" LONG, .sure = true, .number = LONG, S, .date = "2025-03-01"},
     {.key = "cn::25312000000011111112", .sure = true, .number = "25312000000011111112", S, .date = "2025-03-02"},
     NULL,
     "none"},
    {"carry over the twentieth digit",
     {.number = "19999999999999999999", S, .date = "2025-03-01"},
     {.number = "20000000000000000000", S, .date = "2025-03-01"},
     "sequence",
     "flag"},
    {"letters in a number", {.number = "A0001", S}, {.number = "A0002", S}, NULL, "none"},
    {"seller by id here and by name there",
     {.key = "invoice:DE1:77:2024",
      .sure = true,
      .number = "77",
      .seller_id = "DE1",
      .seller = "muster",
      .date = "2024-03-05",
      .gross = 100},
     {.key = "invoice:muster:77:2024",
      .sure = true,
      .number = "77",
      .seller = "muster",
      .date = "2024-03-05",
      .gross = 100},
     "near_fields",
     "hold"},
    {"same number and day of two sellers",
     {.key = "invoice:DE1:77:2024",
      .sure = true,
      .number = "77",
      .seller_id = "DE1",
      .date = "2024-03-05",
      .gross = 100},
     {.key = "invoice:DE2:77:2024",
      .sure = true,
      .number = "77",
      .seller_id = "DE2",
      .date = "2024-03-05",
      .gross = 100},
     NULL,
     "none"},
    {"same number and day, another amount",
     {.number = "77", .seller = "muster", .date = "2024-03-05", .gross = 100},
     {.number = "77", .seller = "muster", .date = "2024-03-05", .gross = 101},
     NULL,
     "none"},
    {"same words", {.text = "t"}, {.text = "t"}, "near_fields", "hold"},
    {"same words, other amounts", {.text = "t", .gross = 1}, {.text = "t", .gross = 2}, NULL, "none"},
    {"nothing in common", {K1, S}, {.number = "5"}, NULL, "none"},
    {"nothing known", {0}, {0}, NULL, "none"},
};

static void expect_row(const row *r, const side *first, const side *second, vouch_arena *arena)
{
    const vouch_facts a = facts_of(first, &first->key), b = facts_of(second, &second->key);
    const vouch_judgement j = vouch_dedupe_judge(&a, &b, arena, NULL);
    cr_expect_str_eq(j.kind ? j.kind : "(none)", r->kind ? r->kind : "(none)", "%s", r->what);
    cr_expect_str_eq(j.decision, r->decision, "%s", r->what);
    cr_expect(j.score >= 0 && j.score <= 1 && (j.score > 0) == (j.kind != NULL), "%s: score %f", r->what, j.score);
}

Test(judge, each_relation_whoever_comes_first)
{
    vouch_arena *arena = vouch_arena_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        expect_row(&rows[i], &rows[i].a, &rows[i].b, arena);
        expect_row(&rows[i], &rows[i].b, &rows[i].a, arena);
    }
    vouch_arena_free(&arena);
}

Test(judge, paper_of_the_digital_invoice_shares_one_of_two_keys)
{
    static const char *const paper[] = {"cn:031001900104:12345678", "cn::" LONG};
    static const char *const digital[] = {"cn::" LONG};
    vouch_arena *arena = vouch_arena_new();
    const vouch_facts a = {.keys = paper, .key_count = 2, .keys_confirmed = true};
    const vouch_facts b = {.keys = digital, .key_count = 1, .keys_confirmed = true};
    cr_expect_str_eq(vouch_dedupe_judge(&a, &b, arena, NULL).decision, "refuse");
    vouch_arena_free(&arena);
}
