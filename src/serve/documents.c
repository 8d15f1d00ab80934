/** Documents of claims, and verifications: documents without a claim. */
#include <stdlib.h>
#include <string.h>

#include "http.h"
#include "vouch/text.h"

/** The name as text without control characters, NULL when nothing is left: it comes from a header. */
static const char *clean_name(vouch_arena *arena, const char *name)
{
    size_t length = strlen(name);
    char *out = vouch_arena_alloc(arena, length + 1), *end = out;
    for (const char *cursor = name, *stop = name + length; cursor < stop;) {
        const char *from = cursor;
        uint32_t c = vouch_utf8_next(&cursor, stop);
        if (c < ' ' || c == 0x7F || !vouch_utf8_valid(from, (size_t)(cursor - from)))
            continue;
        memcpy(end, from, (size_t)(cursor - from));
        end += cursor - from;
    }
    *end = '\0';
    return out[0] ? out : NULL;
}

/** What the store is told of a finished upload. */
static vouch_code input_from(http_request *request, vouch_document_input *out, vouch_error *err)
{
    const http_upload *upload = &request->upload;
    const char *lane = upload->lane[0] ? upload->lane : http_query(request, "lane");
    if (lane && strcmp(lane, "interactive") != 0 && strcmp(lane, "bulk") != 0)
        return vouch_fail(err, VOUCH_INVALID_FIELD, "lane: \"interactive\" or \"bulk\"");
    *out = (vouch_document_input){.id = request->resource_id,
                                  .file = clean_name(request->arena, upload->file_name),
                                  .format = vouch_format_name(upload->format),
                                  .sha256 = upload->blob.sha256,
                                  .xxh3 = upload->blob.xxh3,
                                  .bytes = (int64_t)upload->blob.size,
                                  .bulk = lane && strcmp(lane, "bulk") == 0};
    return VOUCH_OK;
}

static bool is_final(vouch_document_state state)
{
    return state == VOUCH_DOCUMENT_DONE || state == VOUCH_DOCUMENT_FAILED;
}

/** Hold the reply back when the caller prefers that and the document is not done yet. */
static void wait_for(http_request *request, const vouch_document *document, http_handler *resume)
{
    int seconds = http_prefer_wait(request);
    if (seconds == 0)
        return;
    request->reply.preference_applied = vouch_arena_printf(request->arena, "wait=%d", seconds);
    if (is_final(document->state))
        return;
    snprintf(request->wait.document_id, sizeof request->wait.document_id, "%s", document->id);
    request->wait.seconds = seconds;
    request->wait.resume = resume;
}

static vouch_code reply_document(http_request *request, int status, const vouch_document *document, vouch_error *err)
{
    request->reply.location = vouch_arena_printf(request->arena, "/v1/documents/%s", document->id);
    VOUCH_TRY(http_reply_json(request, status, http_json_document(document), err));
    return http_json_add_reading(&request->reply.body, document->reading, request->principal.role,
                                 /* with_verdicts= */ false, err);
}

static vouch_code load_document(http_request *request, vouch_store *store, const char *id, vouch_error *err)
{
    vouch_document document;
    VOUCH_TRY(vouch_store_document_get(store, &request->principal, id, request->arena, &document, err));
    return reply_document(request, is_final(document.state) || strcmp(request->route->method, "GET") == 0 ? 200 : 202,
                          &document, err);
}

static vouch_code resume_document(http_request *request, vouch_store *store, vouch_error *err)
{
    return load_document(request, store, request->wait.document_id, err);
}

vouch_code http_post_document(http_request *request, vouch_store *store, vouch_error *err)
{
    const char *claim_id;
    vouch_document_input input;
    vouch_document document;
    VOUCH_TRY(http_param_id(request, 0, &claim_id, err));
    VOUCH_TRY(input_from(request, &input, err));
    input.claim_id = claim_id;
    bool created = false;
    VOUCH_TRY(
        vouch_store_document_accept(store, &request->principal, &input, request->arena, &document, &created, err));
    if (created)
        http_measure_upload(request, &input, &document);
    wait_for(request, &document, resume_document);
    return is_final(document.state) ? load_document(request, store, document.id, err)
                                    : reply_document(request, 202, &document, err);
}

vouch_code http_get_document(http_request *request, vouch_store *store, vouch_error *err)
{
    const char *id;
    vouch_document document;
    VOUCH_TRY(http_param_id(request, 0, &id, err));
    VOUCH_TRY(vouch_store_document_get(store, &request->principal, id, request->arena, &document, err));
    wait_for(request, &document, resume_document);
    return reply_document(request, 200, &document, err);
}

vouch_code http_get_documents(http_request *request, vouch_store *store, vouch_error *err)
{
    const char *claim_id;
    vouch_document *documents = NULL;
    size_t count = 0;
    VOUCH_TRY(http_param_id(request, 0, &claim_id, err));
    VOUCH_TRY(vouch_store_document_list(store, &request->principal, claim_id, request->arena, &documents, &count, err));
    json_t *items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, http_json_document(&documents[i]));
    return http_reply_json(request, 200, json_pack("{s:o}", "documents", items), err);
}

vouch_code http_delete_document(http_request *request, vouch_store *store, vouch_error *err)
{
    const char *id;
    VOUCH_TRY(http_param_id(request, 0, &id, err));
    VOUCH_TRY(vouch_store_document_remove(store, &request->principal, id, err));
    request->reply.status = 204;
    return VOUCH_OK;
}

/* ---- blobs ---- */

static vouch_code reply_blob(http_request *request, const vouch_blob_ref *blob, const char *content_type, bool in_parts,
                             vouch_error *err)
{
    http_reply *reply = &request->reply;
    reply->cache_control = "private, no-cache";
    const char *etag = vouch_arena_printf(request->arena, "\"%s\"", blob->sha256);
    if (http_not_modified(request, etag))
        return VOUCH_OK;
    VOUCH_TRY(vouch_blob_open(request->service->blobs, request->principal.tenant_id, blob->sha256, &reply->file, err));
    reply->status = 200;
    reply->content_type = content_type;
    reply->etag = etag;
    reply->file_length = vouch_blob_reader_size(reply->file);
    return in_parts ? http_range(request, reply->file_length, err) : VOUCH_OK;
}

/** A file name for Content-Disposition (RFC 6266): percent-encoded, so that it can't break out of the header. */
static const char *disposition(http_request *request, const char *file)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer encoded = {0};
    for (const char *c = file ? file : "document"; *c; c++) {
        vouch_code ignored = strchr(plain, *c) ? vouch_buffer_append(&encoded, c, 1)
                                               : vouch_buffer_printf(&encoded, "%%%02X", (unsigned)(unsigned char)*c);
        (void)ignored; /* a shorter name does no harm */
    }
    return vouch_arena_printf(request->arena, "attachment; filename*=UTF-8''%s",
                              encoded.data ? encoded.data : "document");
}

vouch_code http_get_original(http_request *request, vouch_store *store, vouch_error *err)
{
    const char *id;
    vouch_blob_ref blob;
    VOUCH_TRY(http_param_id(request, 0, &id, err));
    VOUCH_TRY(vouch_store_document_original(store, &request->principal, id, request->arena, &blob, err));
    VOUCH_TRY(reply_blob(request, &blob, "application/octet-stream", /* in_parts= */ true, err));
    request->reply.disposition = disposition(request, blob.file);
    return VOUCH_OK;
}

vouch_code http_get_page(http_request *request, vouch_store *store, vouch_error *err)
{
    const char *id;
    int64_t page = 0;
    vouch_blob_ref blob;
    VOUCH_TRY(http_param_id(request, 0, &id, err));
    if (!http_number(request->params[1], ".png", &page) || page < 1 || page > 100000)
        return vouch_fail(err, VOUCH_NOT_FOUND, "pages are numbered from 1: /pages/1.png");
    VOUCH_TRY(vouch_store_document_page(store, &request->principal, id, (int)page, request->arena, &blob, err));
    return reply_blob(request, &blob, "image/png", /* in_parts= */ true, err);
}

vouch_code http_get_words(http_request *request, vouch_store *store, vouch_error *err)
{
    const char *id;
    vouch_blob_ref blob;
    VOUCH_TRY(http_param_id(request, 0, &id, err));
    VOUCH_TRY(vouch_store_document_words(store, &request->principal, id, request->arena, &blob, err));
    return reply_blob(request, &blob, "application/json", /* in_parts= */ false, err);
}

/* ---- verifications ---- */

static vouch_code reply_verification(http_request *request, const vouch_verification *verification, vouch_error *err)
{
    bool final = is_final(verification->document.state);
    request->reply.location = vouch_arena_printf(request->arena, "/v1/verifications/%s", verification->id);
    request->reply.retry_after_seconds = final ? 0 : 1;
    VOUCH_TRY(http_reply_json(request, final || strcmp(request->route->method, "GET") == 0 ? 200 : 202,
                              http_json_verification(verification), err));
    return http_json_add_reading(&request->reply.body, verification->document.reading, request->principal.role,
                                 /* with_verdicts= */ true, err);
}

static vouch_code resume_verification(http_request *request, vouch_store *store, vouch_error *err)
{
    vouch_verification verification;
    const char *id = request->route->body == HTTP_BODY_UPLOAD ? request->resource_id : request->params[0];
    VOUCH_TRY(vouch_store_verification_get(store, &request->principal, id, request->arena, &verification, err));
    return reply_verification(request, &verification, err);
}

vouch_code http_post_verification(http_request *request, vouch_store *store, vouch_error *err)
{
    vouch_document_input input;
    vouch_verification verification;
    VOUCH_TRY(input_from(request, &input, err));
    input.branch_id = http_query(request, "branch_id");
    VOUCH_TRY(vouch_store_verification_create(store, &request->principal, &input, request->arena, &verification, err));
    http_measure_upload(request, &input, &verification.document);
    wait_for(request, &verification.document, resume_verification);
    return reply_verification(request, &verification, err);
}

vouch_code http_get_verification(http_request *request, vouch_store *store, vouch_error *err)
{
    const char *id;
    vouch_verification verification;
    VOUCH_TRY(http_param_id(request, 0, &id, err));
    VOUCH_TRY(vouch_store_verification_get(store, &request->principal, id, request->arena, &verification, err));
    wait_for(request, &verification.document, resume_verification);
    return reply_verification(request, &verification, err);
}
