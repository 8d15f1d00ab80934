/* Inside the store: what the files of claims, documents and the write-back share. */
#ifndef VOUCH_STORE_CLAIM_H
#define VOUCH_STORE_CLAIM_H

#include "sql.h"

/* Columns of a claim `c` with its branch `b` and account `a`; read by vouch_claim_read. */
#define CLAIM_COLUMNS                                                                                                  \
    "c.id, c.reference, c.external_ref, c.title, c.branch_id, b.code, b.name, c.account_id, a.name, c.state, "         \
    "c.version, c.currency, c.lines_minor, c.invoices_minor, c.reason, " TIME("c.created_at") ", " TIME(               \
        "c.updated_at") ", " TIME("c.submitted_at") ", " TIME("c.decided_at") ", " TIME("c.paid_at") ", (SELECT "      \
                                                                                                     "count(*) FROM "  \
                                                                                                     "document d "     \
                                                                                                     "WHERE "          \
                                                                                                     "d.tenant_id = "  \
                                                                                                     "c.tenant_id "    \
                                                                                                     "AND d.claim_id " \
                                                                                                     "= c.id AND "     \
                                                                                                     "d.removed_at "   \
                                                                                                     "IS "             \
                                                                                                     "NULL)"
#define CLAIM_TABLES                                                                   \
    " FROM claim c JOIN branch b ON b.tenant_id = c.tenant_id AND b.id = c.branch_id " \
    "LEFT JOIN account a ON a.tenant_id = c.tenant_id AND a.id = c.account_id "
void vouch_claim_read(const PGresult *rows, int row, vouch_arena *arena, vouch_claim *out);

/* Inside a transaction: the claim with its lines. */
vouch_code vouch_claim_load(vouch_store *store, const char *id, vouch_arena *arena, vouch_claim *out,
                            vouch_error *err) VOUCH_MUST_CHECK;
/* Lock the claim; checks the version when if_version is not 0. @param state  out */
vouch_code vouch_claim_lock(vouch_store *store, const char *id, int64_t if_version, vouch_claim_state *state,
                            vouch_error *err) VOUCH_MUST_CHECK;
/* Lock a claim that must be a draft. */
vouch_code vouch_claim_lock_draft(vouch_store *store, const char *id, int64_t if_version,
                                  vouch_error *err) VOUCH_MUST_CHECK;
/* Sum lines and allocations anew, raise the version. */
vouch_code vouch_claim_refresh(vouch_store *store, const char *id, vouch_error *err) VOUCH_MUST_CHECK;
/* JSON of a claim for audit and events, in arena. */
vouch_code vouch_claim_snapshot(vouch_store *store, const char *id, vouch_arena *arena, const char **out,
                                vouch_error *err) VOUCH_MUST_CHECK;
vouch_code vouch_claim_insert_lines(vouch_store *store, const char *claim_id, const vouch_claim_line *lines,
                                    size_t count, int first_position, vouch_error *err) VOUCH_MUST_CHECK;

/* Reserve an invoice for a claim. */
typedef struct reservation {
    const char *claim_id, *invoice_id;
    const char *currency;    /* NULL: unknown */
    const char *document_id; /* whose lines say how much, where invoices may be shared */
    bool has_amount, credit;
    int64_t gross_minor;
} reservation;
/*
 * @param outcome  out: ACCEPTED; COPY: the claim holds it already; DUPLICATE: another holds it
 * @param pointer  out: for DUPLICATE, in arena
 */
vouch_code vouch_allocation_reserve(vouch_store *store, const reservation *wanted, vouch_arena *arena,
                                    vouch_outcome *outcome, vouch_pointer *pointer, vouch_error *err) VOUCH_MUST_CHECK;
/* Release what the claim reserved and no document of it shows any more. */
vouch_code vouch_allocation_release_unshown(vouch_store *store, const char *claim_id,
                                            vouch_error *err) VOUCH_MUST_CHECK;
/* The document's outcome becomes the most serious one of its invoices. */
vouch_code vouch_document_sum_up(vouch_store *store, const char *document_id, vouch_error *err) VOUCH_MUST_CHECK;
/* The pointer in four columns from `column` on. @return false when there is none */
bool pointer_read(const PGresult *rows, int row, int column, vouch_arena *arena, vouch_pointer *out);

/* Inside a transaction: document, invoices and matches. */
vouch_code vouch_document_load(vouch_store *store, const char *id, vouch_arena *arena, vouch_document *out,
                               vouch_error *err) VOUCH_MUST_CHECK;
/* Inside a transaction: document and job. @return as vouch_store_document_accept */
vouch_code vouch_document_insert(vouch_store *store, const vouch_document_input *input, const char *id, bool *created,
                                 char id_out[VOUCH_ID_SIZE], vouch_error *err) VOUCH_MUST_CHECK;
/* Inside a transaction: jobs that are done leave the queue. @param completed  out: those whose lease was still held */
vouch_code vouch_job_complete(vouch_store *store, const vouch_lease *leases, size_t count, size_t *completed,
                              vouch_error *err) VOUCH_MUST_CHECK;
/* After the commit: tell waiting workers. Failing is harmless, they look by themselves. */
void vouch_job_announce(vouch_store *store);

/* A new id, or the one that is given. */
vouch_code given_or_new_id(const char *given, char out[VOUCH_ID_SIZE], vouch_error *err) VOUCH_MUST_CHECK;

/* An empty text is an absent one. */
static inline const char *or_null(const char *text)
{
    return text && text[0] ? text : NULL;
}

#endif
