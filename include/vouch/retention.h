/**
 * How long what is kept: rules, legal holds, and what becomes of a document's rows when it goes. The store's part;
 * erase.h does the whole, with readings and blobs.
 *
 * Codes of all calls as in store.h.
 */
#ifndef VOUCH_RETENTION_H
#define VOUCH_RETENTION_H

#include "vouch/store.h"

/* enumerator, word, what it is for, from when its days count. PERSONAL masks; all others erase. */
#define VOUCH_RETENTION_SCOPES(X)                                                                        \
    X(PAID, "paid", "documents of paid claims", "the payment")                                           \
    X(CLOSED, "closed", "documents of rejected and withdrawn claims", "the decision")                    \
    X(REMOVED, "removed", "documents that were taken out of their claim", "the removal")                 \
    X(FAILED, "failed", "uploads that could not be read", "the failure")                                 \
    X(VERIFICATION, "verification", "documents that were only verified, without a claim", "the reading") \
    X(PERSONAL, "personal", "personal fields in what was read", "the reading")

typedef enum vouch_retention_scope {
#define X(name, word, text, from) VOUCH_RETENTION_##name,
    VOUCH_RETENTION_SCOPES(X)
#undef X
    VOUCH_RETENTION_SCOPE_COUNT
} vouch_retention_scope;

const char *vouch_retention_scope_word(vouch_retention_scope scope);
const char *vouch_retention_scope_text(vouch_retention_scope scope); /* what it is for */
const char *vouch_retention_scope_from(vouch_retention_scope scope); /* from when */
bool vouch_retention_scope_lookup(const char *word, vouch_retention_scope *out);

typedef struct vouch_retention_rule {
    vouch_retention_scope scope;
    const char *kind; /* slug of a kind of invoice, or "*": every kind without a rule of its own */
    int days;
    const char *created_at;
} vouch_retention_rule;

/** In the order of scopes and kinds. */
vouch_code vouch_store_retention_list(vouch_store *store, const vouch_principal *who, vouch_arena *arena,
                                      vouch_retention_rule **out, size_t *count, vouch_error *err) VOUCH_MUST_CHECK;
/** Make or change a rule. @return VOUCH_OK; VOUCH_INVALID_FIELD */
vouch_code vouch_store_retention_set(vouch_store *store, const vouch_principal *who, const vouch_retention_rule *rule,
                                     vouch_error *err) VOUCH_MUST_CHECK;
/** @return VOUCH_OK; VOUCH_NOT_FOUND */
vouch_code vouch_store_retention_remove(vouch_store *store, const vouch_principal *who, vouch_retention_scope scope,
                                        const char *kind, vouch_error *err) VOUCH_MUST_CHECK;

/** A document whose time is over, and by which rule. */
typedef struct vouch_retention_due {
    const char *document_id;
    vouch_retention_scope scope;
    const char *kind; /* of the rule */
    int days;
    const char *since;
} vouch_retention_due;
/** Looks at every document of the tenant: takes as long as there are. What is held back by a hold is not among them. */
vouch_code vouch_store_retention_due(vouch_store *store, const vouch_principal *who, int limit, vouch_arena *arena,
                                     vouch_retention_due **out, size_t *count, vouch_error *err) VOUCH_MUST_CHECK;

/** What must not go, whatever the rules and whoever asks. */
typedef struct vouch_legal_hold {
    const char *subject; /* "claim", "document" */
    const char *subject_id;
    const char *reason, *created_at;
} vouch_legal_hold;
vouch_code vouch_store_hold_list(vouch_store *store, const vouch_principal *who, vouch_arena *arena,
                                 vouch_legal_hold **out, size_t *count, vouch_error *err) VOUCH_MUST_CHECK;
/** @return VOUCH_OK; VOUCH_NOT_FOUND: no such claim or document; VOUCH_INVALID_FIELD */
vouch_code vouch_store_hold_set(vouch_store *store, const vouch_principal *who, const vouch_legal_hold *hold,
                                vouch_error *err) VOUCH_MUST_CHECK;
/** @return VOUCH_OK; VOUCH_NOT_FOUND */
vouch_code vouch_store_hold_remove(vouch_store *store, const vouch_principal *who, const char *subject,
                                   const char *subject_id, vouch_error *err) VOUCH_MUST_CHECK;

/* ------------------------------------------------------------------------------------------------------ erasure -- */

typedef struct vouch_stored_reading {
    int version;
    const char *reading;      /* JSON text */
    const char *words_sha256; /* NULL: none */
} vouch_stored_reading;

/** All that hangs on a document and may hold personal data. */
typedef struct vouch_erasable {
    const char *document_id, *file;
    bool in_books; /* it belongs to a claim: keys and amounts stay */
    vouch_stored_reading *readings;
    size_t reading_count;
    const char **blobs; /* original, page pictures, words: hashes */
    size_t blob_count;
} vouch_erasable;
/** @return VOUCH_OK; VOUCH_NOT_FOUND; VOUCH_STATE_CONFLICT: held, erased already, or still to be read */
vouch_code vouch_store_erasable(vouch_store *store, const vouch_principal *who, const char *document_id,
                                vouch_arena *arena, vouch_erasable *out, vouch_error *err) VOUCH_MUST_CHECK;

typedef struct vouch_erasure {
    const char *document_id;
    bool mask;                            /* personal fields only */
    bool clear_file;                      /* the name of the file goes too; it always does when all goes */
    const char *reason;                   /* stands in the audit */
    const vouch_stored_reading *readings; /* all, as they are to be from now on */
    size_t reading_count;
} vouch_erasure;
/**
 * Write what is left, in one transaction with its audit row: readings, pictures, names in rows and keys, stored
 * answers. Business keys with a name in them are replaced by ones with its hash, which find the same invoice again.
 * @return as vouch_store_erasable; VOUCH_PRECONDITION when it was read anew meanwhile
 */
vouch_code vouch_store_erase(vouch_store *store, const vouch_principal *who, const vouch_erasure *erasure,
                             vouch_error *err) VOUCH_MUST_CHECK;

/** Documents whose reading holds a text, for one person's request. Looks at every reading. */
vouch_code vouch_store_mentions(vouch_store *store, const vouch_principal *who, const char *text, vouch_arena *arena,
                                const char ***out, size_t *count, vouch_error *err) VOUCH_MUST_CHECK;

#endif
