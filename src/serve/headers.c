/**
 * What the headers say before the body comes. Two readers of one connection must never see different requests
 * (RFC 9112, 6.3 and 11.2), and libmicrohttpd reads leniently: so what could be read in two ways is refused here.
 */
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "connection.h"

/** Of these a proxy in front may take another one than this service does. */
static const char *const there_once[] = {"Authorization", "Content-Type",  "Expect",   "Host", "Idempotency-Key",
                                         "If-Match",      "If-None-Match", "If-Range", "Range"};

typedef struct seen_headers {
    int lengths; /* headers that tell one */
    bool chunked, bad;
    unsigned long long length;
    unsigned seen;     /* a bit for each of there_once */
    const char *twice; /* its name */
    size_t bytes;      /* of all headers, as they were sent */
} seen_headers;

static void see_once(seen_headers *found, const char *name)
{
    for (unsigned i = 0; i < sizeof there_once / sizeof *there_once; i++) {
        if (strcasecmp(name, there_once[i]) != 0)
            continue;
        if (found->seen & 1u << i)
            found->twice = there_once[i];
        found->seen |= 1u << i;
    }
}

static void see_coding(seen_headers *found, const char *value)
{
    found->lengths++;
    found->chunked = true;
    found->bad |= !value || strcasecmp(value, "chunked") != 0; /* no other coding can be undone here */
}

static void see_length(seen_headers *found, const char *value)
{
    found->lengths++;
    size_t digits = value ? strspn(value, "0123456789") : 0;
    found->length = digits ? strtoull(value, NULL, 10) : 0;
    found->bad |= digits == 0 || digits > 18 || value[digits] != '\0';
}

/**
 * "Content-Length : 5" is another header to this library, and of a folded line ("Content-Length:", then " 5" on the
 * next) it adds the second part to the name. A proxy in front may see a length there.
 */
static bool hides_a_length(const char *name, size_t length)
{
    static const char coding[] = "Transfer-Encoding", content[] = "Content-Length";
    return strncasecmp(name, coding, sizeof coding - 1) == 0 || strncasecmp(name, content, sizeof content - 1) == 0 ||
           (length > 0 && strchr(" \t", name[length - 1]) != NULL);
}

static enum MHD_Result see(void *context, enum MHD_ValueKind kind, const char *name, size_t name_length,
                           const char *value, size_t value_length)
{
    static const size_t around = sizeof ": \r\n" - 1;
    (void)kind;
    seen_headers *found = context;
    found->bytes += name_length + value_length + around;
    see_once(found, name);
    if (strcasecmp(name, "Transfer-Encoding") == 0)
        see_coding(found, value);
    else if (strcasecmp(name, "Content-Length") == 0)
        see_length(found, value);
    else
        found->bad |= hides_a_length(name, name_length);
    return MHD_YES;
}

vouch_code http_headers_check(http_request *request, size_t longest_body, vouch_error *err)
{
    seen_headers found = {0};
    MHD_get_connection_values_n(request->connection, MHD_HEADER_KIND, see, &found);
    size_t most = request->service->config->http_header_bytes / HTTP_HEADER_SHARE;
    request->has_body = found.length > 0 || found.chunked || found.bad || found.lengths > 1;
    if (found.lengths > 1 || found.bad)
        return vouch_fail(err, VOUCH_LENGTH_CONFLICT, "the length of the body is stated more than once or wrongly");
    if (found.twice)
        return vouch_fail(err, VOUCH_BAD_REQUEST, "the header %s is there more than once", found.twice);
    if (found.bytes > most)
        return vouch_fail(err, VOUCH_HEADERS_TOO_LARGE, "the headers have %zu bytes; the limit is %zu", found.bytes,
                          most);
    if (found.length > longest_body)
        return vouch_fail(err, VOUCH_TOO_LARGE, "the body has %llu bytes; the limit is %zu", found.length,
                          longest_body);
    return VOUCH_OK;
}
