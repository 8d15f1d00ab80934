/**
 * Comparing readings with each other, without a database.
 *
 * What the store finds by index is found here by sorting: every invoice gives a few tokens (its bytes, keys, prints,
 * number, the number it takes back, its place in the seller's sequence), and invoices that share a token are judged.
 * That costs n log n and the pairs themselves.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vouch/dedupe.h"

enum {
    PAIRS_MAXIMUM = 10 * 1000 * 1000,
    TEXT_NUMBER_DIGITS = 18 /* fits 63 bits */
};

typedef struct entry {
    size_t document, invoice;
    vouch_facts facts;
} entry;

typedef struct token {
    const char *text;
    size_t entry;
} token;

typedef struct index_pair {
    size_t a, b; /* entries, a < b */
} index_pair;

typedef struct comparison {
    vouch_arena *arena;
    entry *entries;
    size_t entry_count, entry_capacity;
    token *tokens;
    size_t token_count, token_capacity;
    index_pair *found;
    size_t found_count, found_capacity;
    vouch_dedupe_pair *pairs;
    size_t pair_count, pair_capacity;
} comparison;

static void add_entries(comparison *work, const vouch_reading *reading, size_t document)
{
    for (size_t i = 0; i < reading->invoices.count; i++) {
        entry *e = VOUCH_ARENA_PUSH(work->arena, work->entries, work->entry_count, work->entry_capacity);
        *e = (entry){.document = document, .invoice = i};
        vouch_dedupe_facts(work->arena, reading, i, &e->facts);
    }
    if (reading->invoices.count == 0 && reading->sha256 && reading->bytes > 0)
        *VOUCH_ARENA_PUSH(work->arena, work->entries, work->entry_count, work->entry_capacity) =
            (entry){.document = document, .invoice = VOUCH_DEDUPE_DOCUMENT, .facts = {.sha256 = reading->sha256}};
}

static vouch_judgement judge(const entry *a, const entry *b, vouch_arena *arena)
{
    vouch_facts mine = a->facts, other = b->facts;
    if (a->document == b->document || a->invoice != b->invoice)
        mine.sha256 = NULL; /* of one file, or not at the same place in two: bytes say nothing */
    return vouch_dedupe_judge(&mine, &other, arena, NULL);
}

/* ---- tokens ---- */

static void add_token(comparison *work, size_t at, char prefix, const char *text)
{
    if (text)
        *VOUCH_ARENA_PUSH(work->arena, work->tokens, work->token_count, work->token_capacity) =
            (token){vouch_arena_printf(work->arena, "%c:%s", prefix, text), at};
}

/**
 * Numbers that are at most 3 apart lie in the same block of four or in neighbouring ones. The digits before the last 18
 * are taken as they are; a carry into them is not followed.
 */
static void add_sequence_tokens(comparison *work, size_t at)
{
    const vouch_facts *facts = &work->entries[at].facts;
    const char *number = facts->invoice_number;
    const size_t length = number ? strlen(number) : 0;
    if (length == 0 || strspn(number, "0123456789") != length)
        return;
    const size_t kept = length > TEXT_NUMBER_DIGITS ? length - TEXT_NUMBER_DIGITS : 0;
    const uint64_t block = strtoull(number + kept, NULL, 10) / 4;
    const char *sellers[] = {facts->seller_tax_id, facts->seller_name};
    for (size_t s = 0; s < sizeof sellers / sizeof *sellers; s++)
        for (uint64_t next = 0; sellers[s] && next < 2; next++)
            add_token(work, at, 'q',
                      vouch_arena_printf(work->arena, "%s\n%s\n%zu\n%.*s\n%" PRIu64, sellers[s],
                                         facts->invoice_code ? facts->invoice_code : "", length, (int)kept, number,
                                         block + next));
}

static void add_tokens(comparison *work, size_t at)
{
    const vouch_facts *facts = &work->entries[at].facts;
    add_token(work, at, 's', facts->sha256);
    add_token(work, at, 'f', facts->fields_print);
    add_token(work, at, 't', facts->text_print);
    add_token(work, at, 'n', facts->invoice_number);
    if (facts->credit)
        add_token(work, at, 'n', facts->original_invoice_number);
    for (size_t i = 0; i < facts->key_count; i++)
        add_token(work, at, 'k', facts->keys[i]);
    add_sequence_tokens(work, at);
}

static int compare_tokens(const void *a, const void *b)
{
    const token *first = a, *second = b;
    const int order = strcmp(first->text, second->text);
    return order ? order : (first->entry > second->entry) - (first->entry < second->entry);
}

static int compare_found(const void *a, const void *b)
{
    const index_pair *first = a, *second = b;
    if (first->a != second->a)
        return first->a < second->a ? -1 : 1;
    return (first->b > second->b) - (first->b < second->b);
}

static vouch_code pair_up(comparison *work, size_t from, size_t to, vouch_error *err)
{
    for (size_t i = from; i < to; i++) {
        for (size_t k = i + 1; k < to; k++) {
            if (work->tokens[i].entry == work->tokens[k].entry)
                continue;
            if (work->found_count == PAIRS_MAXIMUM)
                return vouch_fail(err, VOUCH_LIMIT, "more than %d pairs of invoices are alike", PAIRS_MAXIMUM);
            *VOUCH_ARENA_PUSH(work->arena, work->found, work->found_count, work->found_capacity) =
                (index_pair){work->tokens[i].entry, work->tokens[k].entry};
        }
    }
    return VOUCH_OK;
}

static vouch_code find_pairs(comparison *work, vouch_error *err)
{
    for (size_t i = 0; i < work->entry_count; i++)
        add_tokens(work, i);
    if (work->token_count > 0)
        qsort(work->tokens, work->token_count, sizeof *work->tokens, compare_tokens);
    for (size_t from = 0, to; from < work->token_count; from = to) {
        for (to = from + 1; to < work->token_count && strcmp(work->tokens[to].text, work->tokens[from].text) == 0;)
            to++;
        VOUCH_TRY(pair_up(work, from, to, err));
    }
    if (work->found_count > 0)
        qsort(work->found, work->found_count, sizeof *work->found, compare_found);
    return VOUCH_OK;
}

/* ---- pairs ---- */

static void add_pair(comparison *work, size_t a, size_t b, bool all)
{
    const entry *first = &work->entries[a], *second = &work->entries[b];
    const vouch_judgement judgement = judge(first, second, work->arena);
    const bool of_invoices = first->invoice != VOUCH_DEDUPE_DOCUMENT && second->invoice != VOUCH_DEDUPE_DOCUMENT;
    if (judgement.kind || (all && of_invoices))
        *VOUCH_ARENA_PUSH(work->arena, work->pairs, work->pair_count, work->pair_capacity) = (vouch_dedupe_pair){
            first->document, first->invoice, second->document, second->invoice, judgement,
        };
}

static vouch_code add_all_pairs(comparison *work, vouch_error *err)
{
    const size_t count = work->entry_count;
    if (count > 1 && count - 1 > 2 * (size_t)PAIRS_MAXIMUM / count)
        return vouch_fail(err, VOUCH_LIMIT, "%zu invoices are more than %d pairs", count, PAIRS_MAXIMUM);
    for (size_t a = 0; a < count; a++)
        for (size_t b = a + 1; b < count; b++)
            add_pair(work, a, b, true);
    return VOUCH_OK;
}

vouch_code vouch_dedupe_files(vouch_arena *arena, const vouch_reading *const *readings, size_t count, bool all,
                              vouch_dedupe_pair **pairs, size_t *pair_count, vouch_error *err)
{
    comparison work = {.arena = arena};
    for (size_t i = 0; i < count; i++)
        add_entries(&work, readings[i], i);
    if (all) {
        VOUCH_TRY(add_all_pairs(&work, err));
    } else {
        VOUCH_TRY(find_pairs(&work, err));
        for (size_t i = 0; i < work.found_count; i++)
            if (i == 0 || compare_found(&work.found[i - 1], &work.found[i]) != 0)
                add_pair(&work, work.found[i].a, work.found[i].b, false);
    }
    *pairs = work.pairs;
    *pair_count = work.pair_count;
    return VOUCH_OK;
}
