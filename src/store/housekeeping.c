/* What one worker does for all: expired reservations, old idempotency rows; and which blobs are in use. */
#include <string.h>

#include "claim.h"

typedef struct duty {
    const char *name;
    bool mine;
} duty;

static vouch_code try_lock(vouch_store *store, void *data, vouch_error *err)
{
    duty *wanted = data;
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err, "SELECT pg_try_advisory_lock(hashtext($1::text))", wanted->name));
    wanted->mine = cell_boolean(rows, 0, 0);
    return VOUCH_OK;
}

static vouch_code take_duty(vouch_store *store, const char *name, bool *mine, vouch_error *err)
{
    duty wanted = {.name = name};
    VOUCH_TRY(vouch_transaction(store, NULL, try_lock, &wanted, err));
    *mine = wanted.mine;
    return VOUCH_OK;
}

vouch_code vouch_store_housekeeper(vouch_store *store, bool *mine, vouch_error *err)
{
    return take_duty(store, "vouch.housekeeper", mine, err);
}

vouch_code vouch_store_sealer(vouch_store *store, bool *mine, vouch_error *err)
{
    return take_duty(store, "vouch.sealer", mine, err);
}

typedef struct expiry {
    vouch_arena *arena;
    const char **tenants;
    size_t tenant_count, released;
} expiry;

static vouch_code list_tenant_ids(vouch_store *store, void *data, vouch_error *err)
{
    expiry *work = data;
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err, "SELECT tenant_ids()"));
    work->tenant_count = (size_t)PQntuples(rows);
    work->tenants = vouch_arena_calloc(work->arena, work->tenant_count + 1, sizeof *work->tenants);
    for (size_t i = 0; i < work->tenant_count; i++)
        work->tenants[i] = cell_copy(rows, (int)i, 0, work->arena);
    return VOUCH_OK;
}

/* One draft at a time is locked, so that a submission at the same moment sees either state whole. */
static vouch_code expire_draft(vouch_store *store, const char *claim_id, size_t *released, vouch_error *err)
{
    vouch_claim_state state;
    VOUCH_TRY(vouch_claim_lock(store, claim_id, /* if_version= */ 0, &state, err));
    if (state != VOUCH_CLAIM_DRAFT)
        return VOUCH_OK;
    VOUCH_CLEANUP(clear_result) PGresult *result = NULL;
    VOUCH_TRY(
        QUERY(store, &result, err,
              "UPDATE allocation SET state = 'released', changed_at = now() WHERE tenant_id = $1 AND claim_id = $2 "
              "AND state = 'reserved'",
              store->who->tenant_id, claim_id));
    VOUCH_TRY(
        QUERY(store, NULL, err,
              "UPDATE document_invoice i SET outcome = 'expired' FROM document d WHERE d.tenant_id = $1 AND "
              "d.claim_id = $2 AND d.removed_at IS NULL AND i.tenant_id = d.tenant_id AND i.document_id = d.id AND "
              "i.outcome IN ('accepted', 'copy')",
              store->who->tenant_id, claim_id));
    VOUCH_TRY(QUERY(store, NULL, err,
                    "UPDATE document SET outcome = 'expired' WHERE tenant_id = $1 AND claim_id = $2 AND removed_at IS "
                    "NULL AND outcome IN ('accepted', 'copy')",
                    store->who->tenant_id, claim_id));
    VOUCH_TRY(vouch_claim_refresh(store, claim_id, err));
    audit_note note = {"claim.expire", "claim", claim_id, NULL, NULL, "claim.expired"};
    VOUCH_TRY(vouch_audit_add(store, &note, err));
    *released += (size_t)affected(result);
    return VOUCH_OK;
}

static vouch_code expire_tenant(vouch_store *store, void *data, vouch_error *err)
{
    size_t *released = data, count = 0;
    VOUCH_TRY(QUERY(store, NULL, err,
                    "DELETE FROM idempotency WHERE tenant_id = $1 AND created_at < now() - interval '24 hours'",
                    store->who->tenant_id));
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(
        store, &rows, err,
        "SELECT c.id FROM claim c WHERE c.tenant_id = $1 AND c.state = 'draft' AND c.updated_at < (SELECT now() - "
        "make_interval(days => t.draft_days) FROM tenant t WHERE t.tenant_id = $1) AND EXISTS (SELECT "
        "FROM allocation a WHERE a.tenant_id = c.tenant_id AND a.claim_id = c.id AND a.state = 'reserved') "
        "ORDER BY c.id LIMIT 500",
        store->who->tenant_id));
    for (int row = 0; row < PQntuples(rows); row++)
        VOUCH_TRY(expire_draft(store, cell(rows, row, 0), &count, err));
    *released = count;
    return VOUCH_OK;
}

vouch_code vouch_store_tenant_ids(vouch_store *store, vouch_arena *arena, const char ***out, size_t *count,
                                  vouch_error *err)
{
    expiry list = {.arena = arena};
    VOUCH_TRY(vouch_transaction(store, NULL, list_tenant_ids, &list, err));
    *out = list.tenants;
    *count = list.tenant_count;
    return VOUCH_OK;
}

vouch_code vouch_store_expire(vouch_store *store, size_t *released, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    if (!arena)
        return vouch_fail(err, VOUCH_NO_MEMORY, "expiring reservations");
    expiry work = {.arena = arena};
    VOUCH_TRY(vouch_transaction(store, NULL, list_tenant_ids, &work, err));
    for (size_t i = 0; i < work.tenant_count; i++) {
        vouch_principal who;
        size_t count = 0;
        vouch_principal_operator(work.tenants[i], &who);
        VOUCH_TRY(vouch_transaction(store, &who, expire_tenant, &count, err));
        work.released += count;
    }
    if (released)
        *released = work.released;
    return VOUCH_OK;
}

typedef struct blob_question {
    const char *const *sha256;
    size_t count;
    bool *used;
} blob_question;

static vouch_code find_used(vouch_store *store, void *data, vouch_error *err)
{
    blob_question *question = data;
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    if (!arena)
        return vouch_fail(err, VOUCH_NO_MEMORY, "looking for blobs");
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err,
                    "SELECT EXISTS (SELECT FROM document d WHERE d.tenant_id = $1 AND d.sha256 = b.name AND "
                    "d.erased_at IS NULL) OR EXISTS "
                    "(SELECT FROM page_picture p WHERE p.tenant_id = $1 AND p.sha256 = b.name) OR EXISTS (SELECT FROM "
                    "reading r WHERE r.tenant_id = $1 AND r.words_sha256 = b.name) FROM unnest($2::text[]) WITH "
                    "ORDINALITY AS b (name, place) ORDER BY b.place",
                    store->who->tenant_id, array_text(arena, question->sha256, question->count)));
    for (size_t i = 0; i < question->count && (int)i < PQntuples(rows); i++)
        question->used[i] = cell_boolean(rows, (int)i, 0);
    return VOUCH_OK;
}

vouch_code vouch_store_blobs_used(vouch_store *store, const char *tenant_id, const char *const *sha256, size_t count,
                                  bool *used, vouch_error *err)
{
    vouch_principal who;
    vouch_principal_operator(tenant_id, &who);
    blob_question question = {sha256, count, used};
    return vouch_transaction(store, &who, find_used, &question, err);
}
