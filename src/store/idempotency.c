/*
 * Idempotency keys (draft-ietf-httpapi-idempotency-key-header). The row holds the id that the resource will get, so
 * that a request that died between its effect and its answer is repeated without creating anything twice.
 */
#include <string.h>

#include "claim.h"
#include "vouch/hash.h"

#define NOBODY "00000000-0000-0000-0000-000000000000"

typedef struct key_request {
    const vouch_idempotency *request;
    vouch_arena *arena;
    vouch_idempotency_answer answer;
    const char *key, *headers, *body;
    int status;
    bool abandon;
} key_request;

static const char *owner(const vouch_store *store)
{
    return store->who->account_id[0] ? store->who->account_id : NOBODY;
}

static vouch_code begin_key(vouch_store *store, void *data, vouch_error *err)
{
    key_request *wanted = data;
    const vouch_idempotency *request = wanted->request;
    char id[VOUCH_ID_SIZE];
    VOUCH_TRY(vouch_uuid(id, err));
    VOUCH_CLEANUP(clear_result) PGresult *inserted = NULL, *rows = NULL;
    VOUCH_TRY(QUERY(store, &inserted, err,
                    "INSERT INTO idempotency (tenant_id, account_id, key, request, request_hash, resource_id, "
                    "locked_until) VALUES ($1, $2, $3, $4, $5, $6, now() + interval '60 s') ON CONFLICT DO NOTHING",
                    store->who->tenant_id, owner(store), request->key, request->request, request->request_hash, id));
    vouch_idempotency_answer answer = {0};
    if (affected(inserted) == 1) {
        memcpy(answer.resource_id, id, sizeof id);
        wanted->answer = answer;
        return VOUCH_OK;
    }
    VOUCH_TRY(QUERY(store, &rows, err,
                    "SELECT request = $3 AND request_hash = $4, status, headers, body, resource_id, "
                    "coalesce(locked_until > now() AND locked_until <= now() + interval '60 s', false) FROM "
                    "idempotency WHERE tenant_id = $1 AND account_id = $2 "
                    "AND key = $5 FOR UPDATE",
                    store->who->tenant_id, owner(store), request->request, request->request_hash, request->key));
    /* A lock that lasts longer than it can is from before the clock was set back. */
    if (PQntuples(rows) == 0)
        return vouch_fail(err, VOUCH_DATABASE, "the Idempotency-Key expired just now");
    if (!cell_boolean(rows, 0, 0))
        return vouch_fail(err, VOUCH_IDEMPOTENCY_MISMATCH, "Idempotency-Key \"%.64s\" was used for another request",
                          request->key);
    cell_id(rows, 0, 4, answer.resource_id);
    if (!cell_is_null(rows, 0, 1)) {
        answer.replay = true;
        answer.status = (int)cell_number(rows, 0, 1);
        answer.headers = cell_copy(rows, 0, 2, wanted->arena);
        answer.body = cell_copy(rows, 0, 3, wanted->arena);
    } else if (cell_boolean(rows, 0, 5)) {
        return vouch_fail(err, VOUCH_STATE_CONFLICT, "the first request with this Idempotency-Key is not answered yet");
    } else {
        VOUCH_TRY(QUERY(store, NULL, err,
                        "UPDATE idempotency SET locked_until = now() + interval '60 s' WHERE tenant_id = $1 AND "
                        "account_id = $2 AND key = $3",
                        store->who->tenant_id, owner(store), request->key));
    }
    wanted->answer = answer;
    return VOUCH_OK;
}

vouch_code vouch_store_idempotency_begin(vouch_store *store, const vouch_principal *who,
                                         const vouch_idempotency *request, vouch_arena *arena,
                                         vouch_idempotency_answer *out, vouch_error *err)
{
    size_t length = request->key ? strlen(request->key) : 0;
    if (length < 1 || length > 255)
        return vouch_fail(err, VOUCH_INVALID_FIELD, "Idempotency-Key: 1 to 255 bytes");
    key_request wanted = {.request = request, .arena = arena};
    VOUCH_TRY(vouch_transaction(store, who, begin_key, &wanted, err));
    *out = wanted.answer;
    return VOUCH_OK;
}

static vouch_code end_key(vouch_store *store, void *data, vouch_error *err)
{
    const key_request *request = data;
    if (request->abandon)
        return QUERY(store, NULL, err,
                     "UPDATE idempotency SET locked_until = NULL WHERE tenant_id = $1 AND account_id = $2 AND key = $3",
                     store->who->tenant_id, owner(store), request->key);
    return QUERY(
        store, NULL, err,
        "UPDATE idempotency SET locked_until = NULL, status = $4, headers = $5, body = $6 WHERE tenant_id = $1 "
        "AND account_id = $2 AND key = $3",
        store->who->tenant_id, owner(store), request->key, NUMBER(request->status), request->headers, request->body);
}

vouch_code vouch_store_idempotency_finish(vouch_store *store, const vouch_principal *who, const char *key, int status,
                                          const char *headers, const char *body, vouch_error *err)
{
    key_request request = {.key = key, .status = status, .headers = headers, .body = body};
    return vouch_transaction(store, who, end_key, &request, err);
}

vouch_code vouch_store_idempotency_abandon(vouch_store *store, const vouch_principal *who, const char *key,
                                           vouch_error *err)
{
    key_request request = {.key = key, .abandon = true};
    return vouch_transaction(store, who, end_key, &request, err);
}
