/**
 * Routes are matched part by part; a pattern's part in braces takes one part of the path. Parts are percent-decoded
 * after the path is split, so that a reference may hold a slash ("%2F").
 */
#include <stdio.h>
#include <string.h>

#include "http.h"
#include "vouch/text.h"

enum {
    MAX_PARTS = 8 /* more than the longest pattern has */
};

static int hex_value(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;
    return found ? (int)(found - digits) : -1;
}

const char *http_percent_decode(vouch_arena *arena, const char *text, size_t length, bool plus_is_blank)
{
    char *out = vouch_arena_strndup(arena, text, length), *end = out;
    for (size_t i = 0; i < length; i++, end++) {
        *end = text[i] == '+' && plus_is_blank ? ' ' : text[i];
        if (text[i] != '%')
            continue;
        int high = i + 2 < length ? hex_value(text[i + 1]) : -1, low = i + 2 < length ? hex_value(text[i + 2]) : -1;
        if (high < 0 || low < 0 || high + low == 0)
            return NULL;
        *end = (char)(high << 4 | low);
        i += 2;
    }
    *end = '\0';
    return vouch_utf8_valid(out, (size_t)(end - out)) ? out : NULL;
}

/** @param count  out: number of parts; MAX_PARTS + 1 when there are more */
static bool split(http_request *request, const char *parts[], size_t *count)
{
    const char *cursor = request->path;
    for (*count = 0; *cursor == '/'; (*count)++) {
        size_t length = strcspn(++cursor, "/");
        if (*count < MAX_PARTS && !(parts[*count] = http_percent_decode(request->arena, cursor, length, false)))
            return false;
        cursor += length;
    }
    return true;
}

static bool matches(const char *pattern, const char *const parts[], size_t count, const char *params[])
{
    int taken = 0;
    for (size_t i = 0; i < count; i++) {
        if (*pattern++ != '/')
            return false;
        size_t length = strcspn(pattern, "/");
        bool parameter = length > 2 && pattern[0] == '{' && pattern[length - 1] == '}';
        if (parameter && parts[i][0])
            params[taken++] = parts[i];
        else if (strlen(parts[i]) != length || memcmp(parts[i], pattern, length) != 0)
            return false;
        pattern += length;
    }
    return !*pattern;
}

static void add_method(char allow[HTTP_ALLOW_SIZE], const char *method)
{
    size_t used = strlen(allow);
    /* What can be got can be asked for its head. */
    snprintf(allow + used, HTTP_ALLOW_SIZE - used, "%s%s%s", used ? ", " : "", method,
             strcmp(method, "GET") == 0 ? ", HEAD" : "");
}

vouch_code http_route_find(http_request *request, const http_route *routes, size_t count, char allow[HTTP_ALLOW_SIZE],
                           vouch_error *err)
{
    const char *parts[MAX_PARTS];
    size_t part_count = 0;
    allow[0] = '\0';
    if (!split(request, parts, &part_count))
        return vouch_fail(err, VOUCH_BAD_REQUEST, "the address is no percent-encoded UTF-8");
    const char *method = strcmp(request->method, "HEAD") == 0 ? "GET" : request->method;
    for (size_t i = 0; i < count && part_count > 0 && part_count <= MAX_PARTS; i++) {
        const char *params[HTTP_MAX_PARAMS] = {0};
        if (!matches(routes[i].pattern, parts, part_count, params))
            continue;
        if (strcmp(routes[i].method, method) != 0) {
            add_method(allow, routes[i].method);
            continue;
        }
        allow[0] = '\0'; /* rows of other methods came before */
        request->route = &routes[i];
        memcpy(request->params, params, sizeof params);
        return VOUCH_OK;
    }
    if (allow[0])
        return vouch_fail(err, VOUCH_METHOD_NOT_ALLOWED, "%s is not possible here; allowed: %s", request->method,
                          allow);
    return vouch_fail(err, VOUCH_NOT_FOUND, "there is nothing at this address");
}
