/**
 * De-duplication: how two invoices relate (READING.md "Commands"; DESIGN "Who was first").
 *
 * One decision for both uses: the write-back calls vouch_dedupe_judge inside its transaction on candidates that the
 * store found by index; `vouch dedupe` calls vouch_dedupe_files on readings alone.
 */
#ifndef VOUCH_DEDUPE_H
#define VOUCH_DEDUPE_H

#include "vouch/pipeline.h"
#include "vouch/store.h"

/** What of an invoice is compared, derived from its reading by this side (never taken from a child's word). */
void vouch_dedupe_facts(vouch_arena *arena, const vouch_reading *reading, size_t invoice, vouch_facts *out);

/**
 * How `mine` relates to `other`, in this order: exact bytes; an equal key (both confirmed: refuse; else hold); a red
 * letter and its original; equal canonical fields; nearly equal fields; consecutive numbers of one seller. Confirmed
 * keys that differ leave only the red letter and the consecutive numbers.
 *
 * Symmetric. A vouch_judge: touches nothing but its arguments. @param data unused
 */
vouch_judgement vouch_dedupe_judge(const vouch_facts *mine, const vouch_facts *other, vouch_arena *arena, void *data);

/** In the place of an invoice's index: the document, in which no invoice was found. Such pairs are of kind exact. */
#define VOUCH_DEDUPE_DOCUMENT SIZE_MAX

/** A pair of invoices in two of the readings, or in one. */
typedef struct vouch_dedupe_pair {
    size_t a, a_invoice, b, b_invoice; /* indices; a < b, or a == b and a_invoice < b_invoice */
    vouch_judgement judgement;
} vouch_dedupe_pair;

/**
 * Compare readings with each other.
 *
 * @param all    every pair, also those that have nothing to do with each other (quadratic); else only pairs that share
 *               something an index would find
 * @param pairs  out: array in arena, ordered by (a, a_invoice, b, b_invoice)
 */
vouch_code vouch_dedupe_files(vouch_arena *arena, const vouch_reading *const *readings, size_t count, bool all,
                              vouch_dedupe_pair **pairs, size_t *pair_count, vouch_error *err) VOUCH_MUST_CHECK;

#endif
