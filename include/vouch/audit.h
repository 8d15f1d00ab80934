/**
 * The audit's hash chain: who changes, removes, inserts or reorders audit rows afterwards is found, and where.
 *
 * Audit rows are written with what they tell about (store.h). A sealer appends them to the chain seconds later; each
 * link is a hash over the row, its place, and the link before. With a key the hash is an HMAC, and whoever owns the
 * database alone can't make the chain anew. Without one the chain finds accidents and clumsy hands only. What the chain
 * can't know by itself is whether its tail was cut off together with the newest rows: keep its head elsewhere
 * (vouch_store_audit_head) and compare.
 *
 * Codes of all calls as in store.h.
 */
#ifndef VOUCH_AUDIT_H
#define VOUCH_AUDIT_H

#include "vouch/store.h"

enum {
    VOUCH_AUDIT_KEYS = 16, /* of one file */
};

/** A key and its name: the first 16 hex digits of SHA-256 over "vouch.audit.key" and the key. */
typedef struct vouch_audit_key {
    char id[17];
    uint8_t bytes[64];
    size_t length;
} vouch_audit_key;

/** The first key seals; all of them verify. None: SHA-256 without a key. Plain value; wipe it. */
typedef struct vouch_audit_keys {
    vouch_audit_key keys[VOUCH_AUDIT_KEYS];
    size_t count;
} vouch_audit_keys;

/**
 * Read a key file: one key a line, 64 to 128 hex digits, newest first; empty lines and lines that begin with '#' are
 * skipped. A file that everybody may read is refused.
 *
 * @param path  "": no keys
 * @return VOUCH_OK; VOUCH_CONFIG naming file and line
 */
vouch_code vouch_audit_keys_load(const char *path, vouch_audit_keys *out, vouch_error *err) VOUCH_MUST_CHECK;
/** A cleanup handler. */
void vouch_audit_keys_wipe(vouch_audit_keys *keys);

/** The newest link of a tenant's chain; position 0: there is none. Plain value. */
typedef struct vouch_audit_head {
    char tenant_id[VOUCH_ID_SIZE];
    int64_t position; /* counts from 1 without gaps */
    int64_t sequence; /* of its audit row */
    int64_t floor;    /* all rows with this number or a lower one are sealed */
    char key_id[17];  /* "": without a key */
    char hash[65];
} vouch_audit_head;

/** @return VOUCH_OK */
vouch_code vouch_store_audit_head(vouch_store *store, const vouch_principal *who, vouch_audit_head *out,
                                  vouch_error *err) VOUCH_MUST_CHECK;

/** Every `tenant position hash` is one line of text, made here and read again by vouch_audit_head_parse. */
#define VOUCH_AUDIT_HEAD_SIZE 160
void vouch_audit_head_print(const vouch_audit_head *head, char out[VOUCH_AUDIT_HEAD_SIZE]);
/** @return false when the line is none */
bool vouch_audit_head_parse(const char *line, vouch_audit_head *out);

/** Told of each tenant whose chain grew. */
typedef void vouch_audit_sealed(void *context, const vouch_audit_head *head, size_t rows);

/** What a sealer remembers between its rounds, so that it does not look at the same rows again. One thread at a time.
 */
typedef struct vouch_audit_sealer vouch_audit_sealer;
/** @param keys  borrowed; must outlive the sealer */
vouch_code vouch_audit_sealer_new(const vouch_audit_keys *keys, vouch_audit_sealer **out,
                                  vouch_error *err) VOUCH_MUST_CHECK;
void vouch_audit_sealer_free(vouch_audit_sealer **sealer);
/**
 * Seal what is not sealed yet, of all tenants. Several may run at once: a lock per tenant keeps them in order. Where a
 * new key has taken over, a row that says so is added and sealed at once, so that the head carries the new key.
 *
 * @param sealed  rows; may be NULL
 */
vouch_code vouch_store_audit_seal(vouch_store *store, vouch_audit_sealer *sealer, vouch_audit_sealed *visit,
                                  void *context, size_t *sealed, vouch_error *err) VOUCH_MUST_CHECK;

/* enumerator, word, what it says */
#define VOUCH_AUDIT_FAULTS(X)                                                                                       \
    X(ROW_CHANGED, "row-changed", "the audit row is not the one that was sealed")                                   \
    X(CHANGED, "changed", "the audit row, its seal, or the seal before it was changed")                             \
    X(ROW_MISSING, "row-missing", "the audit row was removed")                                                      \
    X(SEAL_MISSING, "seal-missing", "seals were removed")                                                           \
    X(ROW_INSERTED, "row-inserted", "the audit row was inserted afterwards")                                        \
    X(KEY_UNKNOWN, "key-unknown", "sealed with a key that is not in the key file")                                  \
    X(KEY_MISSING, "key-missing", "sealed without the key although there was one: the chain was made anew")         \
    X(HEAD_MISSING, "head-missing", "the chain is shorter than it was when its head was kept: its end was cut off") \
    X(HEAD_CHANGED, "head-changed", "the seal differs from the head that was kept: the chain was made anew")

typedef enum vouch_audit_fault {
#define X(name, word, text) VOUCH_AUDIT_##name,
    VOUCH_AUDIT_FAULTS(X)
#undef X
} vouch_audit_fault;
const char *vouch_audit_fault_word(vouch_audit_fault fault);
const char *vouch_audit_fault_text(vouch_audit_fault fault);

typedef struct vouch_audit_finding {
    vouch_audit_fault fault;
    int64_t position;                               /* in the chain; 0: none */
    int64_t to_position;                            /* SEAL_MISSING: the last of several, else position */
    int64_t sequence;                               /* of the audit row; 0: not known */
    const char *at, *action, *subject, *subject_id; /* of the row as it is now; NULL: gone */
} vouch_audit_finding;
typedef void vouch_audit_found(void *context, const vouch_audit_finding *finding);

typedef struct vouch_audit_report {
    int64_t sealed; /* rows whose seal is right */
    int64_t keyed;  /* of these, with a key */
    int64_t findings;
    int64_t unsealed;        /* rows that wait for the sealer: not protected yet */
    double unsealed_seconds; /* age of the oldest */
    vouch_audit_head head;
} vouch_audit_report;

/**
 * Check a tenant's whole chain against its audit rows. Goes on behind a finding, so that each is named once.
 *
 * @param kept     heads that were kept elsewhere; those of other tenants are skipped; may be NULL
 * @param found    called for each finding, in the order of positions; may be NULL
 * @return VOUCH_OK also with findings
 */
vouch_code vouch_store_audit_verify(vouch_store *store, const vouch_principal *who, const vouch_audit_keys *keys,
                                    const vouch_audit_head *kept, size_t kept_count, vouch_audit_found *found,
                                    void *context, vouch_audit_report *out, vouch_error *err) VOUCH_MUST_CHECK;

/** What to list. All may be NULL or 0. */
typedef struct vouch_audit_filter {
    const char *subject;    /* "claim" */
    const char *subject_id; /* UUID */
    const char *action;     /* "claim.submit", or "claim." for all that begin so */
    const char *account;    /* name or id of who did it */
    const char *from, *to;  /* RFC 3339 times or dates: at or after; before */
    int64_t before;         /* cursor: a sequence; 0: newest */
    int limit;              /* 0: 100 */
} vouch_audit_filter;

/** Newest first. */
vouch_code vouch_store_audit_search(vouch_store *store, const vouch_principal *who, const vouch_audit_filter *filter,
                                    vouch_arena *arena, vouch_audit_entry **out, size_t *count,
                                    vouch_error *err) VOUCH_MUST_CHECK;

#endif
