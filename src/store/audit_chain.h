/* Inside the store: one link of the audit's chain, as the sealer makes it and the verifier checks it. */
#ifndef VOUCH_STORE_AUDIT_CHAIN_H
#define VOUCH_STORE_AUDIT_CHAIN_H

#include "sql.h"
#include "vouch/audit.h"

/* What a link says of an audit row `a`, in this order. The JSON texts are json, not jsonb: kept byte by byte. */
#define AUDIT_CONTENT                                                                                        \
    "a.sequence, (extract(epoch FROM a.at) * 1000000)::bigint, a.account_id, a.account_name, a.request_id, " \
    "a.action, a.subject, a.subject_id, a.before, a.after"
enum {
    AUDIT_CONTENT_COLUMNS = 10,
};

typedef struct audit_link {
    const char *tenant_id;
    int64_t position, floor;
    const char *key_id;
    const char *previous; /* 64 hex digits: the hash of the link before */
} audit_link;

/* The link before the first. */
#define AUDIT_GENESIS "0000000000000000000000000000000000000000000000000000000000000000"

/*
 * The hash of a link over the row in `columns` columns from `column` on.
 * @param key  NULL: SHA-256
 */
vouch_code vouch_audit_hash(const audit_link *link, const PGresult *rows, int row, int column,
                            const vouch_audit_key *key, char out[65], vouch_error *err) VOUCH_MUST_CHECK;
/* @return NULL when there is none of this name */
const vouch_audit_key *vouch_audit_key_find(const vouch_audit_keys *keys, const char *id);
/* Inside a transaction: the head of the tenant's chain; position 0 when it is empty. */
vouch_code vouch_audit_load_head(vouch_store *store, vouch_audit_head *out, vouch_error *err) VOUCH_MUST_CHECK;

#endif
