/** Claims: create, change, list, move. */
#include <stdlib.h>
#include <string.h>

#include "http.h"

enum {
    TEXT_MAXIMUM = 200,
    NOTE_MAXIMUM = 2000,
    REFERENCE_MAXIMUM = 128,
    LINES_MAXIMUM = 500
};

static vouch_code reply_claim(http_request *request, int status, const vouch_claim *claim, vouch_error *err)
{
    const char *etag = vouch_arena_printf(request->arena, "\"%lld\"", (long long)claim->version);
    if (http_not_modified(request, etag))
        return VOUCH_OK;
    request->reply.etag = etag;
    if (status == 201)
        request->reply.location = vouch_arena_printf(request->arena, "/v1/claims/%s", claim->id);
    return http_reply_json(request, status, http_json_claim(claim), err);
}

static void drop_json(json_t **object)
{
    json_decref(*object);
}

/* ---- bodies ---- */

static vouch_code line_from(const json_t *row, const char *currency, vouch_claim_line *out, vouch_error *err)
{
    static const char *const members[] = {"category", "cost_centre", "amount", "note", "document_id", NULL};
    if (!json_is_object(row))
        return vouch_fail(err, VOUCH_INVALID_FIELD, "lines: each must be an object");
    bool found = false;
    VOUCH_TRY(http_field_only(row, members, err));
    VOUCH_TRY(http_field_text(row, "category", TEXT_MAXIMUM, &out->category, err));
    VOUCH_TRY(http_field_text(row, "cost_centre", TEXT_MAXIMUM, &out->cost_centre, err));
    VOUCH_TRY(http_field_text(row, "note", NOTE_MAXIMUM, &out->note, err));
    VOUCH_TRY(http_field_text(row, "document_id", VOUCH_ID_SIZE - 1, &out->document_id, err));
    VOUCH_TRY(http_field_amount(row, "amount", currency, &out->amount_minor, &found, err));
    return found ? VOUCH_OK : vouch_fail(err, VOUCH_INVALID_FIELD, "amount: is missing");
}

static vouch_code lines_from(http_request *request, const json_t *rows, const char *currency,
                             const vouch_claim_line **out, size_t *count, vouch_error *err)
{
    if (!rows)
        return VOUCH_OK;
    if (!json_is_array(rows) || json_array_size(rows) > LINES_MAXIMUM)
        return vouch_fail(err, VOUCH_INVALID_FIELD, "lines: an array of at most %d", LINES_MAXIMUM);
    vouch_claim_line *lines = vouch_arena_calloc(request->arena, json_array_size(rows) + 1, sizeof *lines);
    for (size_t i = 0; i < json_array_size(rows); i++)
        if (line_from(json_array_get(rows, i), currency, &lines[i], err) != VOUCH_OK)
            return vouch_error_prefix(err, "line %zu: ", i + 1);
    *out = lines;
    *count = json_array_size(rows);
    return VOUCH_OK;
}

static bool currency_is_good(const char *currency)
{
    return strlen(currency) == 3 && strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3;
}

/** @param object  must live as long as *out */
static vouch_code claim_from(http_request *request, const json_t *object, vouch_claim_input *out, vouch_error *err)
{
    static const char *const members[] = {"external_ref", "title", "branch_id", "branch", "currency", "lines", NULL};
    VOUCH_TRY(http_field_only(object, members, err));
    VOUCH_TRY(http_field_text(object, "external_ref", REFERENCE_MAXIMUM, &out->external_ref, err));
    VOUCH_TRY(http_field_text(object, "title", TEXT_MAXIMUM, &out->title, err));
    VOUCH_TRY(http_field_text(object, "branch_id", VOUCH_ID_SIZE - 1, &out->branch_id, err));
    VOUCH_TRY(http_field_text(object, "branch", REFERENCE_MAXIMUM, &out->branch_code, err));
    VOUCH_TRY(http_field_text(object, "currency", 3, &out->currency, err));
    if (out->currency && !currency_is_good(out->currency))
        return vouch_fail(err, VOUCH_INVALID_FIELD, "currency: three capital letters of ISO 4217");
    const json_t *rows = json_object_get(object, "lines");
    if (rows && !out->currency)
        return vouch_fail(err, VOUCH_INVALID_FIELD, "currency: is needed where lines are given");
    return lines_from(request, rows, out->currency, &out->lines, &out->line_count, err);
}

/* ---- handlers ---- */

vouch_code http_post_claim(http_request *request, vouch_store *store, vouch_error *err)
{
    VOUCH_CLEANUP(drop_json) json_t *object = NULL;
    VOUCH_TRY(http_body_json(request, &object, err));
    vouch_claim_input input = {.id = request->resource_id};
    VOUCH_TRY(claim_from(request, object, &input, err));
    vouch_claim claim;
    VOUCH_TRY(vouch_store_claim_create(store, &request->principal, &input, request->arena, &claim, err));
    return reply_claim(request, 201, &claim, err);
}

vouch_code http_put_claim_by_reference(http_request *request, vouch_store *store, vouch_error *err)
{
    VOUCH_CLEANUP(drop_json) json_t *object = NULL;
    VOUCH_TRY(http_body_json(request, &object, err));
    vouch_claim_input input = {0};
    int64_t version = 0;
    VOUCH_TRY(claim_from(request, object, &input, err));
    VOUCH_TRY(http_if_match(request, &version, err));
    if (input.external_ref && strcmp(input.external_ref, request->params[0]) != 0)
        return vouch_fail(err, VOUCH_INVALID_FIELD, "external_ref: differs from the address");
    if (strlen(request->params[0]) > REFERENCE_MAXIMUM)
        return vouch_fail(err, VOUCH_INVALID_FIELD, "external_ref: at most %d bytes", REFERENCE_MAXIMUM);
    input.external_ref = request->params[0];
    vouch_claim claim;
    bool created = false;
    VOUCH_TRY(
        vouch_store_claim_upsert(store, &request->principal, &input, version, request->arena, &claim, &created, err));
    return reply_claim(request, created ? 201 : 200, &claim, err);
}

vouch_code http_get_claim(http_request *request, vouch_store *store, vouch_error *err)
{
    const char *id;
    vouch_claim claim;
    VOUCH_TRY(http_param_id(request, 0, &id, err));
    VOUCH_TRY(vouch_store_claim_get(store, &request->principal, id, request->arena, &claim, err));
    return reply_claim(request, 200, &claim, err);
}

vouch_code http_get_claim_by_reference(http_request *request, vouch_store *store, vouch_error *err)
{
    vouch_claim claim;
    VOUCH_TRY(vouch_store_claim_get_by_reference(store, &request->principal, request->params[0], request->arena, &claim,
                                                 err));
    return reply_claim(request, 200, &claim, err);
}

vouch_code http_get_claims(http_request *request, vouch_store *store, vouch_error *err)
{
    vouch_claim_filter filter = {.state = http_query(request, "state"),
                                 .branch_id = http_query(request, "branch_id"),
                                 .external_ref = http_query(request, "external_ref"),
                                 .q = http_query(request, "q"),
                                 .before = http_query(request, "cursor")};
    VOUCH_TRY(http_query_int(request, "limit", 1, 200, &filter.limit, err));
    vouch_claim *claims = NULL;
    size_t count = 0;
    const char *next = NULL;
    VOUCH_TRY(vouch_store_claim_list(store, &request->principal, &filter, request->arena, &claims, &count, &next, err));
    json_t *items = json_array(), *page = json_object();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, http_json_claim(&claims[i]));
    json_object_set_new(page, "claims", items);
    if (next)
        json_object_set_new(page, "next", json_string(next));
    return http_reply_json(request, 200, page, err);
}

/** The claim's currency decides how many digits an amount may have. */
static vouch_code begin_line_change(http_request *request, vouch_store *store, const char **id, int64_t *version,
                                    vouch_claim *claim, vouch_error *err)
{
    VOUCH_TRY(http_param_id(request, 0, id, err));
    VOUCH_TRY(http_if_match(request, version, err));
    return vouch_store_claim_get(store, &request->principal, *id, request->arena, claim, err);
}

vouch_code http_put_lines(http_request *request, vouch_store *store, vouch_error *err)
{
    static const char *const members[] = {"lines", NULL};
    VOUCH_CLEANUP(drop_json) json_t *object = NULL;
    const char *id;
    int64_t version;
    vouch_claim claim;
    const vouch_claim_line *lines = NULL;
    size_t count = 0;
    VOUCH_TRY(http_body_json(request, &object, err));
    VOUCH_TRY(http_field_only(object, members, err));
    if (!json_object_get(object, "lines"))
        return vouch_fail(err, VOUCH_INVALID_FIELD, "lines: is missing");
    VOUCH_TRY(begin_line_change(request, store, &id, &version, &claim, err));
    VOUCH_TRY(lines_from(request, json_object_get(object, "lines"), claim.currency, &lines, &count, err));
    VOUCH_TRY(vouch_store_claim_lines_replace(store, &request->principal, id, version, lines, count, request->arena,
                                              &claim, err));
    return reply_claim(request, 200, &claim, err);
}

vouch_code http_post_line(http_request *request, vouch_store *store, vouch_error *err)
{
    VOUCH_CLEANUP(drop_json) json_t *object = NULL;
    const char *id;
    int64_t version;
    vouch_claim claim;
    vouch_claim_line line = {.id = request->resource_id};
    VOUCH_TRY(http_body_json(request, &object, err));
    VOUCH_TRY(begin_line_change(request, store, &id, &version, &claim, err));
    VOUCH_TRY(line_from(object, claim.currency, &line, err));
    VOUCH_TRY(vouch_store_claim_line_add(store, &request->principal, id, version, &line, request->arena, &claim, err));
    return reply_claim(request, 200, &claim, err);
}

vouch_code http_delete_line(http_request *request, vouch_store *store, vouch_error *err)
{
    const char *id, *line;
    int64_t version;
    vouch_claim claim;
    VOUCH_TRY(http_param_id(request, 0, &id, err));
    VOUCH_TRY(http_param_id(request, 1, &line, err));
    VOUCH_TRY(http_if_match(request, &version, err));
    VOUCH_TRY(
        vouch_store_claim_line_remove(store, &request->principal, id, version, line, request->arena, &claim, err));
    return reply_claim(request, 200, &claim, err);
}

static vouch_code move_claim(http_request *request, vouch_store *store, vouch_claim_move move, vouch_error *err)
{
    static const char *const members[] = {"reason", NULL};
    VOUCH_CLEANUP(drop_json) json_t *object = NULL;
    const char *id, *reason = NULL;
    int64_t version;
    vouch_claim claim;
    vouch_pointer pointer = {0};
    VOUCH_TRY(http_param_id(request, 0, &id, err));
    VOUCH_TRY(http_if_match(request, &version, err));
    VOUCH_TRY(http_body_json(request, &object, err));
    VOUCH_TRY(http_field_only(object, members, err));
    VOUCH_TRY(http_field_text(object, "reason", NOTE_MAXIMUM, &reason, err));
    vouch_code code = vouch_store_claim_move(store, &request->principal, id, move, version, reason, request->arena,
                                             &claim, &pointer, err);
    if (code == VOUCH_DUPLICATE)
        request->problem_extra = json_pack("{s:o}", "duplicate_of", http_json_pointer(&pointer));
    return code == VOUCH_OK ? reply_claim(request, 200, &claim, err) : code;
}

vouch_code http_submit_claim(http_request *request, vouch_store *store, vouch_error *err)
{
    return move_claim(request, store, VOUCH_MOVE_SUBMIT, err);
}

vouch_code http_withdraw_claim(http_request *request, vouch_store *store, vouch_error *err)
{
    return move_claim(request, store, VOUCH_MOVE_WITHDRAW, err);
}

vouch_code http_approve_claim(http_request *request, vouch_store *store, vouch_error *err)
{
    return move_claim(request, store, VOUCH_MOVE_APPROVE, err);
}

vouch_code http_reject_claim(http_request *request, vouch_store *store, vouch_error *err)
{
    return move_claim(request, store, VOUCH_MOVE_REJECT, err);
}

vouch_code http_pay_claim(http_request *request, vouch_store *store, vouch_error *err)
{
    return move_claim(request, store, VOUCH_MOVE_PAY, err);
}
