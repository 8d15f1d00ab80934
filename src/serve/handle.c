/**
 * Around every handler: the upload is made durable, Idempotency-Key is honoured, a failure becomes a problem.
 *
 * Only answers that changed something (2xx) are kept under the key: after any other answer nothing has happened, and
 * the same request may be tried again with the same key.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "connection.h"
#include "vouch/fault.h"
#include "vouch/hash.h"

static const char *idempotency_key(const http_request *request)
{
    return strcmp(request->method, "POST") == 0 ? http_header(request, "Idempotency-Key") : NULL;
}

static const char *query_or_nothing(const http_request *request, const char *name)
{
    const char *value = http_query(request, name);
    return value ? value : "";
}

/** What makes two requests the same: method, path, query, precondition, and the body or the uploaded file. */
static void request_hash(http_request *request, char out[65])
{
    const char *upload = request->upload.blob.sha256;
    const char *if_match = http_header(request, "If-Match");
    const char *text =
        vouch_arena_printf(request->arena, "%s\n%s\n%s\n%s\n%s\n%s\n%s\n%s\n%.*s", request->method, request->path,
                           query_or_nothing(request, "filename"), query_or_nothing(request, "branch_id"),
                           query_or_nothing(request, "lane"), if_match ? if_match : "", upload, request->upload.lane,
                           (int)request->body.length, request->body.data ? request->body.data : "");
    vouch_sha256_hex(text, strlen(text), out);
}

static vouch_code replay(http_request *request, const vouch_idempotency_answer *kept, vouch_error *err)
{
    json_t *headers = kept->headers ? json_loads(kept->headers, 0, NULL) : NULL;
    request->reply.etag = vouch_arena_strdup(request->arena, json_string_value(json_object_get(headers, "etag")));
    request->reply.location =
        vouch_arena_strdup(request->arena, json_string_value(json_object_get(headers, "location")));
    json_decref(headers);
    return http_reply_text(request, kept->status, "application/json", kept->body ? kept->body : "", err);
}

/** @return true when the answer is complete: replayed or refused */
static bool begin_idempotent(http_request *request, vouch_store *store, const char *key)
{
    char hash[65];
    for (const char *c = key; *c; c++)
        if (*c < ' ' || *c > '~') {
            request->failed = vouch_fail(&request->failure, VOUCH_INVALID_FIELD, "Idempotency-Key: printable ASCII");
            return true;
        }
    request_hash(request, hash);
    const char *what = vouch_arena_printf(request->arena, "%s %s", request->method, request->path);
    const vouch_idempotency asked = {.key = key, .request = what, .request_hash = hash};
    vouch_idempotency_answer answer = {0};
    request->failed =
        vouch_store_idempotency_begin(store, &request->principal, &asked, request->arena, &answer, &request->failure);
    if (request->failed == VOUCH_OK && answer.replay)
        request->failed = replay(request, &answer, &request->failure);
    memcpy(request->resource_id, answer.resource_id, sizeof request->resource_id);
    return request->failed != VOUCH_OK || answer.replay;
}

static void end_idempotent(http_request *request, vouch_store *store, const char *key)
{
    vouch_error err = VOUCH_ERROR_INIT;
    const http_reply *reply = &request->reply;
    if (request->failed != VOUCH_OK || reply->status >= 300) {
        /* If this fails, the key frees itself after a while. */
        vouch_code ignored = vouch_store_idempotency_abandon(store, &request->principal, key, &err);
        (void)ignored;
        return;
    }
    json_t *headers = json_object();
    if (reply->etag)
        json_object_set_new(headers, "etag", json_string(reply->etag));
    if (reply->location)
        json_object_set_new(headers, "location", json_string(reply->location));
    char *text = json_dumps(headers, JSON_COMPACT);
    json_decref(headers);
    /* What was created has the key's resource id, so that a repetition finds it even when this fails. */
    vouch_code ignored =
        vouch_store_idempotency_finish(store, &request->principal, key, reply->status, text, reply->body.data, &err);
    (void)ignored;
    free(text);
}

static void make_problem(http_request *request)
{
    if (request->failed == VOUCH_OK)
        return;
    request->failure.code = request->failed;
    json_t *extra = request->problem_extra;
    request->problem_extra = NULL;
    http_reply_problem(request, &request->failure, extra);
}

static void run_handler(http_request *request, vouch_store *store, http_handler *handler)
{
    const char *key = request->route->roles ? idempotency_key(request) : NULL;
    bool resumed = request->stage == HTTP_STAGE_RESUMED;
    if (key && !resumed && begin_idempotent(request, store, key))
        return;
    if (!resumed && !request->resource_id[0])
        request->failed = vouch_uuid(request->resource_id, &request->failure);
    if (request->failed == VOUCH_OK)
        request->failed = handler(request, store, &request->failure);
    bool waits = request->failed == VOUCH_OK && !resumed && request->wait.seconds > 0;
    if (key && !waits)
        end_idempotent(request, store, key);
}

static vouch_code store_upload(http_request *request, vouch_error *err)
{
    VOUCH_FAULT_POINT("received", NULL);
    VOUCH_TRY(http_body_store(request, err));
    VOUCH_FAULT_POINT("blob_written", NULL);
    return VOUCH_OK;
}

bool http_handle(http_request *request, vouch_store *store)
{
    bool resumed = request->stage == HTTP_STAGE_RESUMED;
    if (!store && !request->route->direct)
        request->failed = vouch_fail(&request->failure, VOUCH_DATABASE, "no database");
    if (request->failed == VOUCH_OK && !resumed && request->route->body == HTTP_BODY_UPLOAD)
        request->failed = store_upload(request, &request->failure);
    if (request->failed == VOUCH_OK)
        run_handler(request, store, resumed ? request->wait.resume : request->route->handle);
    if (request->failed == VOUCH_OK && !resumed && request->wait.seconds > 0) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        request->wait.deadline_ms = (long long)(now.tv_sec + request->wait.seconds) * 1000 + now.tv_nsec / 1000000;
        return true;
    }
    make_problem(request);
    return false;
}
