/** Replies: JSON, and problems (RFC 9457) from the one table of codes. */
#include <stdlib.h>
#include <string.h>

#include "http.h"
#include "vouch/metrics.h"
#include "vouch/text.h"

vouch_code http_reply_text(http_request *request, int status, const char *content_type, const char *text,
                           vouch_error *err)
{
    http_reply *reply = &request->reply;
    vouch_buffer_done(&reply->body);
    vouch_code code = vouch_buffer_append(&reply->body, text, strlen(text));
    if (code != VOUCH_OK)
        return vouch_fail(err, code, "writing the answer");
    reply->status = status;
    reply->content_type = content_type;
    return VOUCH_OK;
}

vouch_code http_reply_json(http_request *request, int status, json_t *object, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_free_pointer)
    char *text = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(HTTP_DECIMAL_DIGITS)) : NULL;
    json_decref(object);
    if (!text)
        return vouch_fail(err, VOUCH_NO_MEMORY, "writing the answer");
    return http_reply_text(request, status, "application/json", text, err);
}

void http_reply_problem(http_request *request, const vouch_error *failure, json_t *extra)
{
    const vouch_code_info *info = vouch_code_lookup(failure->code);
    vouch_metric_add(VOUCH_METRIC_HTTP_PROBLEMS, VOUCH_LABELS(info->slug), 1);
    /* What went wrong inside is for the log; the caller gets the request id to ask with. */
    static const char from_database[] = "database: "; /* names tables and constraints */
    bool internal = info->http_status >= 500 || strncmp(failure->message, from_database, sizeof from_database - 1) == 0;
    /* A message may quote a header or a method, which are bytes. */
    bool told = !internal && failure->message[0] && vouch_utf8_valid(failure->message, strlen(failure->message));
    char *type = vouch_arena_printf(request->arena, HTTP_PROBLEM_TYPE "%s", info->slug);
    json_t *object =
        json_pack("{s:s, s:s, s:i, s:s, s:s}", "type", type, "title", info->title, "status", info->http_status,
                  "detail", told ? failure->message : info->title, "request_id", request->id);
    if (object && info->advice[0])
        json_object_set_new(object, "advice", json_string(info->advice));
    if (object && extra)
        json_object_update(object, extra);
    json_decref(extra);
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    http_reply *reply = &request->reply;
    vouch_buffer_done(&reply->body);
    vouch_blob_reader_close(&reply->file);
    reply->status = info->http_status;
    reply->content_type = "application/problem+json";
    if (info->http_status != 503 && info->http_status != 429)
        reply->retry_after_seconds = 0;
    else if (reply->retry_after_seconds == 0) /* a limit knows it better */
        reply->retry_after_seconds = 5;
    if (text && vouch_buffer_append(&reply->body, text, strlen(text)) != VOUCH_OK)
        reply->status = 500;
    free(text);
}
