/**
 * What the values of one invoice say together: amounts that agree, taxes by rate, and red letters (format notes, 3.7).
 */
#include <ctype.h>
#include <string.h>

#include "vouch/money.h"
#include "vouch/text.h"

#include "text.h"

static const double Proven = 0.998;
static const double Contradicted = 0.9;
static const double Linked = 0.99; /* number in running text, behind its own words */

enum {
    MAX_RATES = 16
};

static bool minor(const vouch_evidence *evidence, int64_t *out)
{
    return evidence->value && vouch_amount_minor(evidence->value, "CNY", out) == VOUCH_OK;
}

static bool equal_sum(int64_t a, int64_t b, int64_t sum)
{
    int64_t both;
    return !__builtin_add_overflow(a, b, &both) && both == sum;
}

static void weigh(vouch_evidence *evidence, bool agrees)
{
    if (evidence->value)
        evidence->confidence = agrees ? Proven : Contradicted;
}

typedef struct rate_sum {
    const char *category, *rate; /* rate NULL where the category has none */
    int64_t net, tax;
    bool has_tax;
} rate_sum;

static rate_sum *rate_of(rate_sum *rates, size_t *count, const vouch_item *line)
{
    const char *category = line->members[VOUCH_ITEM_TAX_CATEGORY].value;
    const char *rate = line->members[VOUCH_ITEM_TAX_RATE].value;
    if (!category)
        return NULL;
    for (size_t i = 0; i < *count; i++)
        if (strcmp(rates[i].category, category) == 0 &&
            strcmp(rates[i].rate ? rates[i].rate : "", rate ? rate : "") == 0)
            return &rates[i];
    if (*count == MAX_RATES)
        return NULL;
    rates[*count] = (rate_sum){.category = category, .rate = rate};
    return &rates[(*count)++];
}

/** Sum the lines by rate. @return false when a line lacks what is needed */
static bool sum_lines(const vouch_items *lines, rate_sum *rates, size_t *count, int64_t *net, int64_t *tax)
{
    *net = *tax = 0;
    for (size_t i = 0; i < lines->count; i++) {
        const vouch_item *line = &lines->items[i];
        rate_sum *rate = rate_of(rates, count, line);
        int64_t line_net = 0, line_tax = 0;
        if (!rate || !minor(&line->members[VOUCH_ITEM_NET_AMOUNT], &line_net))
            return false;
        if (minor(&line->members[VOUCH_ITEM_TAX_AMOUNT], &line_tax))
            rate->has_tax = true;
        if (__builtin_add_overflow(*net, line_net, net) || __builtin_add_overflow(*tax, line_tax, tax) ||
            __builtin_add_overflow(rate->net, line_net, &rate->net) ||
            __builtin_add_overflow(rate->tax, line_tax, &rate->tax))
            return false;
    }
    return lines->count > 0;
}

static void set(vouch_arena *arena, vouch_item *item, vouch_item_field field, const char *text)
{
    (void)vouch_item_set(arena, item, field, text, VOUCH_SOURCE_TEXT, Linked); /* an absent text is no failure */
}

static void derive_taxes(vouch_arena *arena, vouch_statement *statement)
{
    rate_sum rates[MAX_RATES];
    size_t count = 0;
    int64_t net, tax, stated_net = 0, stated_tax = 0;
    if (!sum_lines(&statement->lines, rates, &count, &net, &tax) ||
        !minor(&statement->fields[VOUCH_FIELD_NET_AMOUNT], &stated_net) || net != stated_net ||
        (minor(&statement->fields[VOUCH_FIELD_TAX_AMOUNT], &stated_tax) && tax != stated_tax))
        return;
    for (size_t i = 0; i < count; i++) {
        char amount[32];
        vouch_item *row = vouch_items_add(arena, &statement->taxes);
        if (!row)
            break;
        set(arena, row, VOUCH_ITEM_CATEGORY, rates[i].category);
        set(arena, row, VOUCH_ITEM_RATE, rates[i].rate);
        vouch_amount_print(rates[i].net, "CNY", amount, sizeof amount);
        set(arena, row, VOUCH_ITEM_NET_AMOUNT, amount);
        if (!rates[i].has_tax)
            continue;
        vouch_amount_print(rates[i].tax, "CNY", amount, sizeof amount);
        set(arena, row, VOUCH_ITEM_TAX_AMOUNT, amount);
    }
}

void text_weigh_sums(vouch_arena *arena, vouch_statement *statement)
{
    vouch_evidence *fields = statement->fields;
    int64_t gross = 0, words = 0, net = 0, tax = 0;
    bool has_gross = minor(&fields[VOUCH_FIELD_GROSS_AMOUNT], &gross);
    if (has_gross && fields[VOUCH_FIELD_GROSS_IN_WORDS].value &&
        vouch_chinese_amount_parse(fields[VOUCH_FIELD_GROSS_IN_WORDS].value, &words)) {
        weigh(&fields[VOUCH_FIELD_GROSS_AMOUNT], words == gross);
        weigh(&fields[VOUCH_FIELD_GROSS_IN_WORDS], words == gross);
    }
    if (has_gross && minor(&fields[VOUCH_FIELD_NET_AMOUNT], &net)) {
        (void)minor(&fields[VOUCH_FIELD_TAX_AMOUNT], &tax); /* no tax stated: none added */
        bool agree = equal_sum(net, tax, gross);
        weigh(&fields[VOUCH_FIELD_NET_AMOUNT], agree);
        weigh(&fields[VOUCH_FIELD_TAX_AMOUNT], agree);
    }
    derive_taxes(arena, statement);
}

/** Digits behind a word, with a colon or brackets between, when there are exactly as many as wanted. */
static const char *digits_behind(vouch_arena *arena, const char *text, const char *word, const size_t *wanted,
                                 size_t wanted_count)
{
    const char *at = strstr(text, word);
    if (!at)
        return NULL;
    at += strlen(word);
    at += strspn(at, ":()[] ");
    size_t length = strspn(at, "0123456789");
    for (size_t i = 0; i < wanted_count; i++)
        if (wanted[i] == length)
            return vouch_arena_strndup(arena, at, length);
    return NULL;
}

void text_read_original(vouch_arena *arena, vouch_statement *statement)
{
    static const char *const openings[] = {"红冲蓝字", "对应正数发票", "对应蓝字", "原蓝字", "红字发票对应"};
    static const size_t code_lengths[] = {12, 10}, number_lengths[] = {20, 8};
    const char *gross = statement->fields[VOUCH_FIELD_GROSS_AMOUNT].value;
    const char *total = gross ? gross : statement->fields[VOUCH_FIELD_NET_AMOUNT].value;
    statement->credit = total && *total == '-';
    const vouch_evidence remarks = statement->fields[VOUCH_FIELD_REMARKS];
    if (!remarks.value)
        return;
    const char *text = vouch_text_compact(arena, remarks.value);
    for (size_t i = 0; text && i < sizeof openings / sizeof *openings; i++) {
        const char *at = strstr(text, openings[i]);
        if (!at)
            continue;
        const vouch_field fields[] = {VOUCH_FIELD_ORIGINAL_INVOICE_CODE, VOUCH_FIELD_ORIGINAL_INVOICE_NUMBER};
        const char *const values[] = {digits_behind(arena, at, "代码", code_lengths, 2),
                                      digits_behind(arena, at, "号码", number_lengths, 2)};
        for (size_t f = 0; f < 2; f++) {
            vouch_evidence *stated = vouch_statement_set(arena, statement, fields[f], values[f], Linked);
            if (stated) {
                stated->page = remarks.page;
                stated->box = remarks.box;
            }
        }
        return;
    }
}
