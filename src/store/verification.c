/* Verifications: documents without a claim, for platforms that only ask. */
#include <string.h>

#include "claim.h"
#include "vouch/hash.h"

typedef struct verification_request {
    const char *id;
    const vouch_document_input *input;
    vouch_arena *arena;
    vouch_verification verification;
    bool created;
} verification_request;

static vouch_code load(vouch_store *store, const char *id, vouch_arena *arena, vouch_verification *out,
                       vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err,
                    "SELECT id, " TIME("created_at") ", document_id FROM verification WHERE tenant_id = $1 AND id = $2",
                    store->who->tenant_id, id));
    if (PQntuples(rows) == 0)
        return vouch_fail(err, VOUCH_NOT_FOUND, "no such verification");
    vouch_verification found = {.id = cell_copy(rows, 0, 0, arena), .created_at = cell_copy(rows, 0, 1, arena)};
    VOUCH_TRY(vouch_document_load(store, cell(rows, 0, 2), arena, &found.document, err));
    *out = found;
    return VOUCH_OK;
}

static vouch_code create(vouch_store *store, void *data, vouch_error *err)
{
    verification_request *request = data;
    char id[VOUCH_ID_SIZE], document_id[VOUCH_ID_SIZE], found[VOUCH_ID_SIZE];
    VOUCH_TRY(given_or_new_id(request->input->id, id, err));
    vouch_code code =
        request->input->id ? load(store, id, request->arena, &request->verification, err) : VOUCH_NOT_FOUND;
    if (code != VOUCH_NOT_FOUND)
        return code;
    VOUCH_TRY(vouch_uuid(document_id, err));
    bool created;
    VOUCH_TRY(vouch_document_insert(store, request->input, document_id, &created, found, err));
    VOUCH_TRY(QUERY(store, NULL, err, "INSERT INTO verification (tenant_id, id, document_id) VALUES ($1, $2, $3)",
                    store->who->tenant_id, id, found));
    VOUCH_TRY(load(store, id, request->arena, &request->verification, err));
    request->created = true;
    return VOUCH_OK;
}

vouch_code vouch_store_verification_create(vouch_store *store, const vouch_principal *who,
                                           const vouch_document_input *input, vouch_arena *arena,
                                           vouch_verification *out, vouch_error *err)
{
    if (input->claim_id)
        return vouch_fail(err, VOUCH_INVALID_FIELD, "claim_id: a verification belongs to no claim");
    verification_request request = {.input = input, .arena = arena};
    VOUCH_TRY(vouch_transaction(store, who, create, &request, err));
    if (request.created)
        vouch_job_announce(store);
    *out = request.verification;
    return VOUCH_OK;
}

static vouch_code get(vouch_store *store, void *data, vouch_error *err)
{
    verification_request *request = data;
    return load(store, request->id, request->arena, &request->verification, err);
}

vouch_code vouch_store_verification_get(vouch_store *store, const vouch_principal *who, const char *id,
                                        vouch_arena *arena, vouch_verification *out, vouch_error *err)
{
    if (!is_id(id))
        return vouch_fail(err, VOUCH_NOT_FOUND, "no such verification");
    verification_request request = {.id = id, .arena = arena};
    VOUCH_TRY(vouch_transaction(store, who, get, &request, err));
    *out = request.verification;
    return VOUCH_OK;
}
