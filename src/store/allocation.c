/*
 * Who holds an invoice. The unique indexes of the allocation table decide: insertion first, and only who could not
 * insert looks at who was there. Where a tenant lets claims share invoices, the invoice is locked before its remainder
 * is computed, and the constraint trigger is the net.
 */
#include "claim.h"
#include "vouch/hash.h"

static vouch_code may_share(vouch_store *store, bool *out, vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err, "SELECT splitting FROM tenant WHERE tenant_id = $1", store->who->tenant_id));
    *out = PQntuples(rows) == 1 && cell_boolean(rows, 0, 0);
    return VOUCH_OK;
}

/* How much the claim takes of an invoice that may be shared: what its lines say, at most what is left. */
static vouch_code share(vouch_store *store, const reservation *wanted, int64_t *amount, vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *lines = NULL, *left = NULL;
    VOUCH_TRY(
        QUERY(store, &lines, err,
              "SELECT sum(amount_minor) FROM claim_line WHERE tenant_id = $1 AND claim_id = $2 AND document_id = $3",
              store->who->tenant_id, wanted->claim_id, wanted->document_id));
    VOUCH_TRY(QUERY(store, &left, err, "SELECT invoice_remaining($1)", wanted->invoice_id));
    int64_t remaining = cell_number(left, 0, 0), asked = cell_number(lines, 0, 0);
    *amount = asked > 0 && asked < remaining ? asked : remaining;
    return VOUCH_OK;
}

/* A document that states more than the invoice's first one did gets what the first one said: never more than that. */
static vouch_code insert_allocation(vouch_store *store, const reservation *wanted, bool shared, int64_t amount,
                                    bool *inserted, vouch_error *err)
{
    char id[VOUCH_ID_SIZE];
    VOUCH_TRY(vouch_uuid(id, err));
    VOUCH_CLEANUP(clear_result) PGresult *result = NULL;
    VOUCH_TRY(QUERY(store, &result, err,
                    "INSERT INTO allocation (tenant_id, id, invoice_id, claim_id, amount_minor, currency, credit, "
                    "exclusive) SELECT $1, $2, $3, $4, CASE WHEN $5::bigint IS NOT NULL THEN least($5::bigint, "
                    "invoice_remaining($3)) END, $6, $7::boolean, $8::boolean WHERE NOT $8::boolean OR "
                    "NOT EXISTS (SELECT FROM allocation a WHERE a.tenant_id = $1 AND a.invoice_id = $3 AND NOT "
                    "a.exclusive AND a.state IN ('reserved', 'consumed')) ON CONFLICT DO NOTHING",
                    store->who->tenant_id, id, wanted->invoice_id, wanted->claim_id,
                    wanted->has_amount ? NUMBER(amount) : NULL, wanted->currency, BOOLEAN(wanted->credit),
                    BOOLEAN(!shared)));
    *inserted = affected(result) == 1;
    return VOUCH_OK;
}

/* Does the claim hold the invoice already? */
static vouch_code holds(vouch_store *store, const reservation *wanted, bool *out, vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err,
                    "SELECT FROM allocation WHERE tenant_id = $1 AND invoice_id = $2 AND claim_id = $3 AND state IN "
                    "('reserved', 'consumed')",
                    store->who->tenant_id, wanted->invoice_id, wanted->claim_id));
    *out = PQntuples(rows) > 0;
    return VOUCH_OK;
}

vouch_code vouch_allocation_reserve(vouch_store *store, const reservation *wanted, vouch_arena *arena,
                                    vouch_outcome *outcome, vouch_pointer *pointer, vouch_error *err)
{
    bool shared = false, inserted = false, mine;
    int64_t amount = wanted->gross_minor;
    if (wanted->has_amount)
        VOUCH_TRY(may_share(store, &shared, err));
    if (shared) {
        VOUCH_TRY(holds(store, wanted, &mine, err));
        if (mine) {
            *outcome = VOUCH_OUTCOME_COPY;
            return VOUCH_OK;
        }
        VOUCH_TRY(share(store, wanted, &amount, err));
    }
    /* Where nothing is left to share (all is held, or the gross is zero or unknown), it is held whole or not at all. */
    if (shared && amount <= 0) {
        shared = false;
        amount = wanted->gross_minor;
    }
    VOUCH_TRY(insert_allocation(store, wanted, shared, amount, &inserted, err));
    if (inserted) {
        *outcome = VOUCH_OUTCOME_ACCEPTED;
        return VOUCH_OK;
    }
    VOUCH_TRY(holds(store, wanted, &mine, err));
    if (mine) {
        *outcome = VOUCH_OUTCOME_COPY;
        return VOUCH_OK;
    }
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err, "SELECT reference, external_ref, branch, date FROM invoice_pointer($1, $2)",
                    wanted->invoice_id, wanted->claim_id));
    if (PQntuples(rows) == 0) {
        store->repeat = true; /* released in this moment: decide again */
        return vouch_fail(err, VOUCH_DATABASE, "an invoice was released while it was looked at");
    }
    pointer_read(rows, 0, 0, arena, pointer);
    *outcome = VOUCH_OUTCOME_DUPLICATE;
    return VOUCH_OK;
}

vouch_code vouch_allocation_release_unshown(vouch_store *store, const char *claim_id, vouch_error *err)
{
    return QUERY(
        store, NULL, err,
        "UPDATE allocation a SET state = 'released', changed_at = now() WHERE a.tenant_id = $1 AND a.claim_id = "
        "$2 AND a.state = 'reserved' AND NOT EXISTS (SELECT FROM document_invoice i JOIN document d ON "
        "d.tenant_id = i.tenant_id AND d.id = i.document_id WHERE i.tenant_id = a.tenant_id AND i.invoice_id = "
        "a.invoice_id AND d.claim_id = a.claim_id AND d.removed_at IS NULL)",
        store->who->tenant_id, claim_id);
}
