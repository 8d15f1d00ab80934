/* The lines of a draft. */
#include "claim.h"

typedef struct line_request {
    const char *claim_id, *line_id;
    int64_t if_version;
    const vouch_claim_line *lines;
    size_t count;
    bool replace;
    vouch_arena *arena;
    vouch_claim claim;
} line_request;

static vouch_code insert_line(vouch_store *store, const char *claim_id, const vouch_claim_line *line, int position,
                              vouch_error *err)
{
    char id[VOUCH_ID_SIZE];
    VOUCH_TRY(given_or_new_id(line->id, id, err));
    if (line->document_id && !is_id(line->document_id))
        return vouch_fail(err, VOUCH_INVALID_FIELD, "lines/%d/document_id: not a UUID", position - 1);
    VOUCH_CLEANUP(clear_result) PGresult *result = NULL;
    VOUCH_TRY(QUERY(store, &result, err,
                    "INSERT INTO claim_line (tenant_id, claim_id, id, position, category, cost_centre, note, "
                    "amount_minor, document_id) SELECT $1, $2, $3, $4::integer, $5, $6, $7, $8::bigint, $9::uuid WHERE "
                    "$9::uuid IS NULL OR EXISTS (SELECT FROM document WHERE tenant_id = $1 AND id = $9::uuid AND "
                    "claim_id = $2 AND removed_at IS NULL) ON CONFLICT (tenant_id, claim_id, id) DO NOTHING",
                    store->who->tenant_id, claim_id, id, NUMBER(position), line->category, line->cost_centre,
                    line->note, NUMBER(line->amount_minor), line->document_id));
    if (affected(result) == 0 && line->document_id)
        return vouch_fail(err, VOUCH_INVALID_FIELD, "lines/%d/document_id: not a document of this claim", position - 1);
    return VOUCH_OK;
}

vouch_code vouch_claim_insert_lines(vouch_store *store, const char *claim_id, const vouch_claim_line *lines,
                                    size_t count, int first_position, vouch_error *err)
{
    for (size_t i = 0; i < count; i++)
        VOUCH_TRY(insert_line(store, claim_id, &lines[i], first_position + (int)i, err));
    return VOUCH_OK;
}

static vouch_code remove_lines(vouch_store *store, const line_request *request, vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *result = NULL;
    VOUCH_TRY(QUERY(store, &result, err,
                    "DELETE FROM claim_line WHERE tenant_id = $1 AND claim_id = $2 AND ($3::uuid IS NULL OR id = $3)",
                    store->who->tenant_id, request->claim_id, request->line_id));
    if (request->line_id && affected(result) == 0)
        return vouch_fail(err, VOUCH_NOT_FOUND, "no such line");
    return VOUCH_OK;
}

/* Is a line that was given its id beforehand there already? Then the request is a repetition. */
static vouch_code is_repetition(vouch_store *store, const line_request *request, bool *out, vouch_error *err)
{
    *out = false;
    if (request->replace || request->line_id || request->count != 1 || !is_id(request->lines[0].id))
        return VOUCH_OK;
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err, "SELECT FROM claim_line WHERE tenant_id = $1 AND claim_id = $2 AND id = $3",
                    store->who->tenant_id, request->claim_id, request->lines[0].id));
    *out = PQntuples(rows) > 0;
    return VOUCH_OK;
}

static vouch_code change_lines(vouch_store *store, void *data, vouch_error *err)
{
    line_request *request = data;
    bool repetition;
    VOUCH_TRY(is_repetition(store, request, &repetition, err));
    if (repetition)
        return vouch_claim_load(store, request->claim_id, request->arena, &request->claim, err);
    VOUCH_TRY(vouch_claim_lock_draft(store, request->claim_id, request->if_version, err));
    if (request->replace || request->line_id)
        VOUCH_TRY(remove_lines(store, request, err));
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err,
                    "SELECT coalesce(max(position), 0) + 1 FROM claim_line WHERE tenant_id = $1 AND claim_id = $2",
                    store->who->tenant_id, request->claim_id));
    VOUCH_TRY(vouch_claim_insert_lines(store, request->claim_id, request->lines, request->count,
                                       (int)cell_number(rows, 0, 0), err));
    VOUCH_TRY(vouch_claim_refresh(store, request->claim_id, err));
    const char *after;
    VOUCH_TRY(vouch_claim_snapshot(store, request->claim_id, request->arena, &after, err));
    audit_note note = {"claim.lines", "claim", request->claim_id, NULL, after, "claim.changed"};
    VOUCH_TRY(vouch_audit_add(store, &note, err));
    return vouch_claim_load(store, request->claim_id, request->arena, &request->claim, err);
}

static vouch_code run(vouch_store *store, const vouch_principal *who, line_request *request, vouch_claim *out,
                      vouch_error *err)
{
    if (!is_id(request->claim_id))
        return vouch_fail(err, VOUCH_NOT_FOUND, "no such claim");
    VOUCH_TRY(vouch_transaction(store, who, change_lines, request, err));
    *out = request->claim;
    return VOUCH_OK;
}

vouch_code vouch_store_claim_lines_replace(vouch_store *store, const vouch_principal *who, const char *claim_id,
                                           int64_t if_version, const vouch_claim_line *lines, size_t count,
                                           vouch_arena *arena, vouch_claim *out, vouch_error *err)
{
    line_request request = {.claim_id = claim_id,
                            .if_version = if_version,
                            .lines = lines,
                            .count = count,
                            .replace = true,
                            .arena = arena};
    return run(store, who, &request, out, err);
}

vouch_code vouch_store_claim_line_add(vouch_store *store, const vouch_principal *who, const char *claim_id,
                                      int64_t if_version, const vouch_claim_line *line, vouch_arena *arena,
                                      vouch_claim *out, vouch_error *err)
{
    line_request request = {.claim_id = claim_id, .if_version = if_version, .lines = line, .count = 1, .arena = arena};
    return run(store, who, &request, out, err);
}

vouch_code vouch_store_claim_line_remove(vouch_store *store, const vouch_principal *who, const char *claim_id,
                                         int64_t if_version, const char *line_id, vouch_arena *arena, vouch_claim *out,
                                         vouch_error *err)
{
    if (!is_id(line_id))
        return vouch_fail(err, VOUCH_NOT_FOUND, "no such line");
    line_request request = {.claim_id = claim_id, .if_version = if_version, .line_id = line_id, .arena = arena};
    return run(store, who, &request, out, err);
}
