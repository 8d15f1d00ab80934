/**
 * Queries are checked as they were sent, since libmicrohttpd decodes without telling what it could not decode: it stops
 * at a NUL, keeps broken escapes, and of a parameter that is there twice a proxy in front may see another one than this
 * service does. A name that no route's table has is a slip of the fingers and would change nothing: it is told instead.
 */
#include <string.h>

#include "http.h"
#include "vouch/text.h"

enum {
    LONGEST_QUOTED_NAME = 64
};

static const char *nearest_name(const char *name, const char *const *known)
{
    const char *nearest = NULL;
    int best = 1 + (int)strlen(name) / 3; /* beyond a third of its characters it is another word */
    for (; known && *known; known++) {
        int distance = vouch_text_distance(name, *known, best);
        if (distance < best || (distance == best && !nearest)) {
            nearest = *known;
            best = distance;
        }
    }
    return nearest;
}

static vouch_code unknown(const char *name, const char *const *known, vouch_error *err)
{
    if (strlen(name) > LONGEST_QUOTED_NAME)
        return vouch_fail(err, VOUCH_BAD_REQUEST, "the query has a parameter that this route does not know");
    const char *nearest = nearest_name(name, known);
    if (nearest)
        return vouch_fail(err, VOUCH_BAD_REQUEST, "there is no query parameter \"%s\"; nearest is \"%s\"", name,
                          nearest);
    return vouch_fail(err, VOUCH_BAD_REQUEST, "there is no query parameter \"%s\" here", name);
}

/** @param seen  a bit for each known name that was there already */
static vouch_code check_parameter(vouch_arena *arena, const char *text, size_t length, const char *const *known,
                                  uint64_t *seen, vouch_error *err)
{
    const char *equals = memchr(text, '=', length);
    size_t name_length = equals ? (size_t)(equals - text) : length;
    const char *name = http_percent_decode(arena, text, name_length, /* plus_is_blank= */ true);
    const char *value = http_percent_decode(arena, equals ? equals + 1 : "", equals ? length - name_length - 1 : 0,
                                            /* plus_is_blank= */ true);
    if (!name || !value)
        return vouch_fail(err, VOUCH_BAD_REQUEST, "the query is no percent-encoded UTF-8");
    size_t i = 0;
    while (known && known[i] && strcmp(known[i], name) != 0)
        i++;
    if (!known || !known[i])
        return unknown(name, known, err);
    if (*seen & UINT64_C(1) << i)
        return vouch_fail(err, VOUCH_BAD_REQUEST, "the query has \"%s\" more than once", name);
    *seen |= UINT64_C(1) << i;
    return VOUCH_OK;
}

vouch_code http_query_check(const http_request *request, const char *const *known, vouch_error *err)
{
    uint64_t seen = 0;
    const char *cursor = request->query ? request->query : "";
    while (*cursor) {
        size_t length = strcspn(cursor, "&");
        if (length > 0)
            VOUCH_TRY(check_parameter(request->arena, cursor, length, known, &seen, err));
        cursor += length + (cursor[length] == '&');
    }
    return VOUCH_OK;
}
