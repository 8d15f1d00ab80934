/* Inside the store: the state of one write-back, shared by its files. */
#ifndef VOUCH_STORE_WRITEBACK_H
#define VOUCH_STORE_WRITEBACK_H

#include "claim.h"

/* One invoice on its way into the tables. */
typedef struct arriving {
    const vouch_facts *facts;
    int index;
    char id[VOUCH_ID_SIZE]; /* of the invoice; "" while it is only looked up and not known */
    bool known;             /* another document has shown it before */
    bool same_bytes;        /* known by the bytes */
    const char *rival;      /* a second invoice that holds another of its keys; NULL: none */
    vouch_outcome outcome;
    vouch_pointer pointer; /* for duplicate */
} arriving;

typedef struct write_back {
    const vouch_lease *lease;
    const vouch_write_back *input;
    vouch_arena *arena;
    /* of the document */
    const char *document_id, *claim_id, *sha256; /* claim_id NULL: none */
    int version;
    bool claiming;     /* a live claim: invoices are reserved, otherwise only looked up */
    vouch_pointer own; /* for whoever sees a match from the other side */
    arriving *invoices;
    vouch_match_note *matches;
    size_t match_count, match_capacity;
    vouch_write_back_result result;
} write_back;

/* Invoice ids by keys: takes the slots when claiming, else only looks. */
vouch_code vouch_write_back_identify(vouch_store *store, write_back *work, vouch_error *err) VOUCH_MUST_CHECK;
/* Candidates, judged; match rows; an accepted invoice may become held. */
vouch_code vouch_write_back_match(vouch_store *store, write_back *work, arriving *invoice,
                                  vouch_error *err) VOUCH_MUST_CHECK;
/* An invoice's number as a number, to find neighbours; NULL where it is none. */
const char *number_value(const char *number);
/* JSON array of plain strings (no escapes but \" and \\). */
const char *const *read_text_array(const char *json, vouch_arena *arena, size_t *count);

#endif
