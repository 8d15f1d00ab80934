/** Inside of eval: lists of documents with known values, in the words of READING.md. */
#ifndef VOUCH_EVAL_GOLD_H
#define VOUCH_EVAL_GOLD_H

#include "vouch/memory.h"
#include "vouch/vocabulary.h"

/** What is known of one document. */
typedef struct gold {
    const char *path; /* the list's folder and the name in the list */
    vouch_kind kind;  /* VOUCH_KIND_UNKNOWN: not stated */
    /* Stated values as they stand in the list. seller_name may be known under two names (shop and company). */
    const char *fields[VOUCH_FIELD_COUNT];
    const char *other_seller;
    const char *line_count; /* NULL: not stated */
    size_t field_count;
    const char *skip; /* why the document is not evaluated; NULL: it is */
} gold;

typedef struct gold_list {
    gold *items;
    size_t count, capacity;
} gold_list;

/**
 * Parse the text of a list.
 *
 * @param folder  of the list; names in it are relative to that
 * @param text    is kept by reference and changed
 * @return VOUCH_OK; VOUCH_BAD_FORMAT when the header lacks a column
 */
vouch_code gold_parse(vouch_arena *arena, const char *folder, char *text, gold_list *list,
                      vouch_error *err) VOUCH_MUST_CHECK;

#endif
