/*
 * GET /metrics on a socket of its own: libmicrohttpd with one thread, few connections and no bodies, so that what
 * strangers could send is parsed by the library alone, and what it could cost is small.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "branches.h"
#include "vouch/hash.h"
#include "vouch/log.h"
#include "vouch/metrics.h"

enum {
    CONNECTIONS = 16,
    TIMEOUT_SECONDS = 10,
    HEADER_BYTES = 8192
};

struct vouch_metrics_listener {
    struct MHD_Daemon *daemon;
    vouch_metrics_collect *collect;
    void *data;
    char token_sha256[65]; /* "": none is asked for */
};

/* ---- answering ---- */

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *type, vouch_buffer *body,
                              const char *text)
{
    struct MHD_Response *response =
        body ? MHD_create_response_from_buffer(body->length, body->data, MHD_RESPMEM_MUST_FREE)
             : MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    if (body)
        *body = (vouch_buffer){0}; /* freed with the response */
    (void)MHD_add_response_header(response, "Content-Type", type);
    (void)MHD_add_response_header(response, "Cache-Control", "no-store");
    if (status == MHD_HTTP_UNAUTHORIZED)
        (void)MHD_add_response_header(response, "WWW-Authenticate", "Bearer realm=\"vouch metrics\"");
    const enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

/** Compared by their hashes, which have one length and tell nothing of where tokens differ. */
static bool has_token(const vouch_metrics_listener *listener, struct MHD_Connection *connection)
{
    static const char scheme[] = "Bearer ";
    const char *header = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
    char sha256[65];
    if (!listener->token_sha256[0])
        return true;
    if (!header || strncasecmp(header, scheme, sizeof scheme - 1) != 0)
        return false;
    vouch_sha256_hex(header + sizeof scheme - 1, strlen(header + sizeof scheme - 1), sha256);
    return vouch_secret_equal(sha256, listener->token_sha256, sizeof sha256);
}

static enum MHD_Result scrape(vouch_metrics_listener *listener, struct MHD_Connection *connection)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer body = {0};
    const char *accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept");
    const bool openmetrics = accept && strstr(accept, "application/openmetrics-text");
    if (listener->collect)
        listener->collect(listener->data);
    if (vouch_metrics_print(openmetrics, &body, NULL) != VOUCH_OK)
        return answer(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "text/plain", NULL, "out of memory\n");
    return answer(connection, MHD_HTTP_OK,
                  openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                              : "text/plain; version=0.0.4; charset=utf-8",
                  &body, NULL);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *data, size_t *length, void **state)
{
    (void)version;
    (void)data;
    vouch_metrics_listener *listener = context;
    if (!*state) {
        *state = listener; /* headers were read; the answer is given when the body, which nobody needs, is over */
        return MHD_YES;
    }
    if (*length > 0)
        return MHD_NO;
    if (strcmp(url, "/metrics") != 0)
        return answer(connection, MHD_HTTP_NOT_FOUND, "text/plain", NULL, "see /metrics\n");
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "text/plain", NULL, "GET only\n");
    if (!has_token(listener, connection))
        return answer(connection, MHD_HTTP_UNAUTHORIZED, "text/plain", NULL, "needs a bearer token\n");
    return scrape(listener, connection);
}

/* ---- starting and stopping ---- */

static void discard_library_message(void *context, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
static void discard_library_message(void *context, const char *format, va_list args)
{
    (void)context;
    (void)format;
    (void)args;
}

static struct MHD_Daemon *start_daemon(vouch_metrics_listener *listener, const struct addrinfo *address)
{
    const unsigned flags =
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG | (address->ai_family == AF_INET6 ? MHD_USE_IPv6 : 0);
    struct MHD_OptionItem options[] = {{MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)discard_library_message, NULL},
                                       {MHD_OPTION_SOCK_ADDR, 0, address->ai_addr},
                                       {MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS, NULL},
                                       {MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_SECONDS, NULL},
                                       {MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEADER_BYTES, NULL},
                                       {MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
                                       {MHD_OPTION_END, 0, NULL}};
    return MHD_start_daemon(flags, 0, NULL, NULL, on_request, listener, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

static void free_addresses(struct addrinfo **found)
{
    if (*found)
        freeaddrinfo(*found);
}

static void log_start(const vouch_config *config, int64_t wanted, struct MHD_Daemon *daemon)
{
    char port[16];
    const union MHD_DaemonInfo *bound = daemon ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;
    snprintf(port, sizeof port, "%d", bound ? (int)bound->port : (int)wanted);
    vouch_log(daemon ? VOUCH_LOG_INFO : VOUCH_LOG_WARNING, daemon ? "metrics" : "metrics_unavailable", "address",
              config->metrics_address, "port", port, "reason", daemon ? NULL : strerror(errno), NULL);
}

vouch_code vouch_metrics_listen(const vouch_config *config, const char *process, vouch_metrics_collect *collect,
                                void *data, vouch_metrics_listener **out, vouch_error *err)
{
    const int64_t port = strcmp(process, "work") == 0 ? config->metrics_work_port : config->metrics_port;
    metric_branches_allow((size_t)config->metrics_branches);
    vouch_metric_set(VOUCH_METRIC_BUILD, VOUCH_LABELS(VOUCH_VERSION, process), 1);
    if (!config->metrics_address[0])
        return VOUCH_OK;
    char service[16];
    snprintf(service, sizeof service, "%d", (int)port);
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                                   .ai_socktype = SOCK_STREAM};
    VOUCH_CLEANUP(free_addresses) struct addrinfo *found = NULL;
    const int why = getaddrinfo(config->metrics_address, service, &hints, &found);
    if (why != 0)
        return vouch_fail(err, VOUCH_CONFIG, "metrics_address %s: %s", config->metrics_address, gai_strerror(why));
    VOUCH_CLEANUP(vouch_metrics_close) vouch_metrics_listener *listener = calloc(1, sizeof *listener);
    if (!listener)
        return vouch_fail(err, VOUCH_NO_MEMORY, "starting the metrics");
    listener->collect = collect;
    listener->data = data;
    if (config->metrics_token[0])
        vouch_sha256_hex(config->metrics_token, strlen(config->metrics_token), listener->token_sha256);
    listener->daemon = start_daemon(listener, found);
    log_start(config, port, listener->daemon);
    if (listener->daemon)
        *out = VOUCH_TAKE(listener);
    return VOUCH_OK;
}

void vouch_metrics_close(vouch_metrics_listener **listener)
{
    if (!*listener)
        return;
    if ((*listener)->daemon)
        MHD_stop_daemon((*listener)->daemon);
    free(*listener);
    *listener = NULL;
}
