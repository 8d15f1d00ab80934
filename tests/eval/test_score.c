#include <criterion/criterion.h>
#include <string.h>

#include "score.h"

Test(score, values_are_compared_by_meaning)
{
    static const struct {
        vouch_field field;
        const char *expected, *read;
        bool same;
    } rows[] = {
        {VOUCH_FIELD_GROSS_AMOUNT, "473", "473.00", true},
        {VOUCH_FIELD_GROSS_AMOUNT, "473", "473.01", false},
        {VOUCH_FIELD_SELLER_NAME, "信睿吉科技（北京）有限公司", "信睿吉科技(北京)有限公司", true},
        {VOUCH_FIELD_SELLER_NAME, "信睿吉科技", "信睿吉科技有限公司", false},
        {VOUCH_FIELD_SELLER_TAX_ID, "FR 05 987 654 321", "FR05987654321", true},
        {VOUCH_FIELD_ISSUE_DATE, "2019-11-18", "2019-11-18", true},
        {VOUCH_FIELD_BOARDING_TIME, "18:43", "18:43:00", true},
    };
    vouch_arena *arena = vouch_arena_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(score_matches(arena, rows[i].field, rows[i].expected, rows[i].read), rows[i].same, "%s / %s",
                     rows[i].expected, rows[i].read);
    vouch_arena_free(&arena);
}

static vouch_reading *reading_of(const char *number, double confidence)
{
    vouch_reading *reading = vouch_reading_new();
    vouch_invoices *list = &reading->invoices;
    vouch_invoice *invoice = VOUCH_ARENA_PUSH(reading->arena, list->items, list->count, list->capacity);
    invoice->kind = VOUCH_KIND_INVOICE;
    invoice->fields[VOUCH_FIELD_INVOICE_NUMBER].chosen =
        (vouch_evidence){.value = number, .confidence = confidence, .source = VOUCH_SOURCE_TEXT};
    return reading;
}

Test(score, a_wrong_value_is_silent_when_it_is_sure)
{
    static const struct {
        const char *number;
        double confidence;
        size_t exact, missing, wrong, silent;
    } rows[] = {{"17", 0.99, 1, 0, 0, 0}, {"18", 0.99, 0, 0, 1, 1}, {"18", 0.9, 0, 0, 1, 0}, {NULL, 0, 0, 1, 0, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        vouch_arena *arena = vouch_arena_new();
        scoreboard scores = {.arena = arena};
        gold row = {.path = "a.pdf", .kind = VOUCH_KIND_INVOICE, .field_count = 1};
        row.fields[VOUCH_FIELD_INVOICE_NUMBER] = "17";
        vouch_reading *reading = reading_of(rows[i].number, rows[i].confidence);
        score_document(&scores, &row, reading);
        const tally *counts = &scores.groups[0].fields[VOUCH_FIELD_INVOICE_NUMBER];
        cr_expect_eq(counts->n, 1);
        cr_expect_eq(counts->exact, rows[i].exact, "row %zu", i);
        cr_expect_eq(counts->missing, rows[i].missing, "row %zu", i);
        cr_expect_eq(counts->wrong, rows[i].wrong, "row %zu", i);
        cr_expect_eq(counts->silent, rows[i].silent, "row %zu", i);
        vouch_reading_free(&reading);
        vouch_arena_free(&arena);
    }
}
