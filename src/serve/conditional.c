/** Answers that the client has already, and parts of answers: If-None-Match and Range (RFC 9110, 13.1.2 and 14.2). */
#include <stdio.h>
#include <string.h>

#include "http.h"

static bool is_get(const http_request *request)
{
    return strcmp(request->method, "GET") == 0;
}

/** Does a list of tags have this one? Weakly: W/"7" and "7" are the same. */
static bool has_tag(const char *list, const char *etag)
{
    size_t length = strlen(etag);
    while (*list) {
        list += strspn(list, " \t,");
        if (strncmp(list, "W/", 2) == 0)
            list += 2;
        size_t end = list[0] == '"' ? 1 + strcspn(list + 1, "\"") + 1 : strcspn(list, ",");
        if (end == length && strncmp(list, etag, length) == 0)
            return true;
        list += strnlen(list, end);
    }
    return false;
}

bool http_not_modified(http_request *request, const char *etag)
{
    const char *header = http_header(request, "If-None-Match");
    if (!header || (!is_get(request) && strcmp(request->method, "HEAD") != 0))
        return false;
    if (strcmp(header, "*") != 0 && !has_tag(header, etag))
        return false;
    request->reply.status = 304;
    request->reply.etag = etag;
    return true;
}

/** "bytes=7-" "bytes=7-9" "bytes=-9" @return false: another unit, several ranges, or none: the header is ignored */
static bool parse_range(const char *text, int64_t *first, int64_t *last)
{
    static const char unit[] = "bytes=";
    char number[24];
    const char *dash = strchr(text, '-');
    if (strncasecmp(text, unit, sizeof unit - 1) != 0 || !dash)
        return false;
    text += sizeof unit - 1;
    snprintf(number, sizeof number, "%.*s", (int)(dash - text), text);
    *first = *last = -1;
    bool from = dash == text || (dash - text < (int)sizeof number && http_number(number, "", first));
    bool to = !dash[1] || http_number(dash + 1, "", last);
    return from && to && (*first >= 0 || *last >= 0) && (*first < 0 || *last < 0 || *first <= *last);
}

vouch_code http_range(http_request *request, size_t size, vouch_error *err)
{
    http_reply *reply = &request->reply;
    const char *header = http_header(request, "Range"), *only_if = http_header(request, "If-Range");
    int64_t first, last, end = (int64_t)size - 1;
    reply->accept_ranges = true;
    reply->file_first = 0;
    reply->file_length = size;
    if (!header || !is_get(request) || (only_if && strcmp(only_if, reply->etag) != 0) ||
        !parse_range(header, &first, &last))
        return VOUCH_OK;
    if (first < 0) { /* the last bytes */
        first = last < (int64_t)size ? (int64_t)size - last : 0;
        last = last == 0 ? -1 : end;
    } else if (last < 0 || last > end) {
        last = end;
    }
    if (first > end || last < first) {
        reply->content_range = vouch_arena_printf(request->arena, "bytes */%zu", size);
        return vouch_fail(err, VOUCH_RANGE, "the range lies outside of %zu bytes", size);
    }
    reply->content_range =
        vouch_arena_printf(request->arena, "bytes %lld-%lld/%zu", (long long)first, (long long)last, size);
    reply->file_first = (size_t)first;
    reply->file_length = (size_t)(last - first) + 1;
    reply->status = 206;
    return VOUCH_OK;
}
