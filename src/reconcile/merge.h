/** Inside of the reconcile module: what merging statements into an invoice is made of. */
#ifndef VOUCH_RECONCILE_MERGE_H
#define VOUCH_RECONCILE_MERGE_H

#include "rules.h"

typedef struct statement_group {
    const vouch_statement **items;
    size_t count, capacity;
} statement_group;

/** What merging is allowed to produce for the whole document. */
typedef struct merge_budget {
    size_t rows;
    bool cut; /* there was more */
} merge_budget;

/**
 * @param invoice  out: zeroed; gets kind, fields, rows, regions, extras, and the checks on agreement of sources
 */
void merge_statements(vouch_arena *arena, const statement_group *group, const vouch_page *pages, size_t page_count,
                      merge_budget *budget, vouch_invoice *invoice);

/** Give values that have no place the place where the page shows them (place.c). */
void find_places(vouch_arena *arena, vouch_invoice *invoice, const vouch_page *pages, size_t page_count);

/** Odds of a probability, kept away from 0 and 1. */
double odds_of(double probability);

/** Decide the kind of an invoice (kind_decide.c). */
void decide_kind(check_run *run, const statement_group *group);

/**
 * The rows of one list (merge_rows.c).
 * @param offset  of its vouch_items in vouch_statement
 */
vouch_items merge_rows(vouch_arena *arena, const statement_group *group, size_t offset, const char *currency,
                       merge_budget *budget);

/** Checks of sources against each other (agreement.c): sources_agree, data_matches_page. */
void check_agreement(check_run *run);

/** Copy of at most VOUCH_VALUE_BYTES_MAXIMUM bytes, cut at a character. NULL stays NULL. */
const char *copy_text(vouch_arena *arena, const char *text);
/** A reader's value in the form that readings promise. */
const char *copy_value(vouch_arena *arena, vouch_value_type type, const char *value);

#endif
