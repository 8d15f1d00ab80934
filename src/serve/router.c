/** Routes are matched part by part; a pattern's part in braces takes one part of the path. */
#include <stdio.h>
#include <string.h>

#include "http.h"

/** The next part of a path: moves *cursor behind it. */
static size_t next_part(const char **cursor, const char **part)
{
    if (**cursor == '/')
        (*cursor)++;
    *part = *cursor;
    size_t length = strcspn(*cursor, "/");
    *cursor += length;
    return length;
}

static bool matches(const char *pattern, const char *path, const char *params[], size_t lengths[])
{
    int count = 0;
    while (*pattern && *path) {
        const char *wanted, *got;
        size_t wanted_length = next_part(&pattern, &wanted), got_length = next_part(&path, &got);
        bool parameter = wanted_length > 2 && wanted[0] == '{' && wanted[wanted_length - 1] == '}';
        if (parameter && got_length > 0) {
            params[count] = got;
            lengths[count++] = got_length;
        } else if (wanted_length != got_length || memcmp(wanted, got, got_length) != 0) {
            return false;
        }
    }
    return !*pattern && !*path;
}

vouch_code http_route_find(http_request *request, const http_route *routes, size_t count, char allow[64],
                           vouch_error *err)
{
    allow[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const char *params[HTTP_MAX_PARAMS] = {0};
        size_t lengths[HTTP_MAX_PARAMS] = {0};
        if (!matches(routes[i].pattern, request->path, params, lengths))
            continue;
        if (strcmp(routes[i].method, request->method) != 0) {
            size_t used = strlen(allow);
            snprintf(allow + used, 64 - used, "%s%s", used ? ", " : "", routes[i].method);
            continue;
        }
        request->route = &routes[i];
        for (int p = 0; p < HTTP_MAX_PARAMS && params[p]; p++)
            request->params[p] = vouch_arena_strndup(request->arena, params[p], lengths[p]);
        return VOUCH_OK;
    }
    if (allow[0])
        return vouch_fail(err, VOUCH_METHOD_NOT_ALLOWED, "%s is not possible here; allowed: %s", request->method,
                          allow);
    return vouch_fail(err, VOUCH_NOT_FOUND, "there is nothing at this address");
}
