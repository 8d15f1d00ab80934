/**
 * The way of a connection through libmicrohttpd: the stages of http.h, suspending while the pool works.
 *
 * libmicrohttpd calls on_request several times per request: once with the headers, for each piece of the body, and at
 * the end. While suspended it does not call; after resuming it calls again where it stopped.
 */
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "connection.h"
#include "vouch/hash.h"
#include "vouch/log.h"

enum {
    FILE_BLOCK_BYTES = 64 << 10 /* of a file, read at a time */
};

static long long now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

const char *http_header(const http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *http_query(const http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

/* ---- headers ---- */

/** A caller's request id is kept when it is harmless in a log and a header; else one is made. */
static void choose_request_id(http_request *request)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    const char *given = http_header(request, "X-Request-Id");
    size_t length = given ? strlen(given) : 0;
    if (length >= 8 && length < HTTP_REQUEST_ID_SIZE && strspn(given, allowed) == length) {
        memcpy(request->id, given, length + 1);
        return;
    }
    vouch_error err = VOUCH_ERROR_INIT;
    if (vouch_random_hex(16, request->id, &err) != VOUCH_OK)
        snprintf(request->id, sizeof request->id, "unnamed");
}

static size_t longest_body(const http_request *request)
{
    const vouch_config *config = request->service->config;
    return request->route && request->route->body == HTTP_BODY_UPLOAD
               ? config->max_upload_bytes + HTTP_MULTIPART_OVERHEAD
               : config->http_body_bytes;
}

static bool is_draining(const http_service *service)
{
    return __atomic_load_n(&service->draining, __ATOMIC_RELAXED);
}

static vouch_code check_headers(http_request *request, char allow[HTTP_ALLOW_SIZE], vouch_error *err)
{
    size_t count = 0;
    const http_route *routes = http_routes(&count);
    vouch_code found = http_route_find(request, routes, count, allow, err);
    vouch_error lengths = VOUCH_ERROR_INIT;
    vouch_code length_code = http_headers_check(request, longest_body(request), &lengths);
    if (length_code != VOUCH_OK && (length_code != VOUCH_TOO_LARGE || found == VOUCH_OK)) {
        *err = lengths;
        return length_code;
    }
    if (strlen(request->path) > HTTP_MAX_PATH)
        return vouch_fail(err, VOUCH_URI_TOO_LONG, "the path has more than %d bytes", HTTP_MAX_PATH);
    if (found == VOUCH_OK)
        VOUCH_TRY(http_query_check(request, request->route->query, err));
    if (found == VOUCH_OK && is_draining(request->service) && request->route->roles)
        return vouch_fail(err, VOUCH_UNAVAILABLE, "the service is shutting down");
    return found;
}

/* ---- replies ---- */

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
    if (value)
        (void)MHD_add_response_header(response, name, value);
}

static void add_security_headers(struct MHD_Response *response)
{
    static const struct {
        const char *name, *value;
    } headers[] = {{"X-Content-Type-Options", "nosniff"},
                   {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox"},
                   {"Referrer-Policy", "no-referrer"},
                   {"Cross-Origin-Resource-Policy", "same-origin"}};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        add_header(response, headers[i].name, headers[i].value);
}

/** A file, or a part of it, on its way out. */
typedef struct file_part {
    vouch_blob_reader *file;
    size_t first, length;
} file_part;

/** What is wrong with a file is found before its first byte goes out; what fails later cuts the connection. */
static ssize_t read_file(void *context, uint64_t position, char *out, size_t most)
{
    const file_part *part = context;
    size_t got = 0, left = part->length - (size_t)position;
    if (vouch_blob_read(part->file, part->first + position, out, most < left ? most : left, &got, NULL) != VOUCH_OK)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    return got > 0 ? (ssize_t)got : MHD_CONTENT_READER_END_OF_STREAM;
}

static void close_file(void *context)
{
    file_part *part = context;
    vouch_blob_reader_close(&part->file);
    free(part);
}

/** Takes the file, which is closed with the response. */
static struct MHD_Response *make_file_response(http_reply *reply)
{
    file_part *part = calloc(1, sizeof *part);
    if (!part)
        return NULL;
    *part = (file_part){.file = VOUCH_TAKE(reply->file), .first = reply->file_first, .length = reply->file_length};
    struct MHD_Response *response =
        MHD_create_response_from_callback(part->length, FILE_BLOCK_BYTES, read_file, part, close_file);
    if (!response)
        close_file(part);
    return response;
}

static struct MHD_Response *make_response(http_request *request)
{
    http_reply *reply = &request->reply;
    struct MHD_Response *response =
        reply->file ? make_file_response(reply)
                    : MHD_create_response_from_buffer(reply->body.length, reply->body.data, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return NULL;
    char number[16];
    add_security_headers(response);
    add_header(response, "Content-Type", reply->content_type);
    add_header(response, "X-Request-Id", request->id);
    add_header(response, "ETag", reply->etag);
    add_header(response, "Accept-Ranges", reply->accept_ranges ? "bytes" : NULL);
    add_header(response, "Content-Range", reply->content_range);
    add_header(response, "Location", reply->location);
    add_header(response, "Content-Disposition", reply->disposition);
    add_header(response, "Preference-Applied", reply->preference_applied);
    add_header(response, "Allow", reply->allow);
    add_header(response, "Cache-Control", reply->cache_control ? reply->cache_control : "no-store");
    if (reply->retry_after_seconds) {
        snprintf(number, sizeof number, "%d", reply->retry_after_seconds);
        add_header(response, "Retry-After", number);
    }
    if (reply->status == 401)
        add_header(response, "WWW-Authenticate", "Bearer realm=\"vouch\"");
    if (request->close_after)
        add_header(response, "Connection", "close");
    return response;
}

static enum MHD_Result send_reply(http_request *request)
{
    size_t length = request->reply.file ? request->reply.file_length : request->reply.body.length;
    struct MHD_Response *response = make_response(request);
    if (!response)
        return MHD_NO;
    http_socket_reply(http_socket_of(request->connection), length);
    enum MHD_Result result = MHD_queue_response(request->connection, (unsigned)request->reply.status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result refuse(http_request *request, const vouch_error *failure, const char *allow)
{
    request->close_after = request->has_body; /* it is not read */
    if (allow && allow[0])
        request->reply.allow = vouch_arena_strdup(request->arena, allow);
    http_reply_problem(request, failure, allow && allow[0] ? json_pack("{s:s}", "allow", allow) : NULL);
    request->stage = HTTP_STAGE_REPLY;
    /* An answer before the body's end makes the library close the connection: without a body it is called again. */
    return request->has_body ? send_reply(request) : MHD_YES;
}

/** NULL when there is none. */
static const char *bearer_token(const http_request *request)
{
    static const char scheme[] = "Bearer ";
    const char *header = http_header(request, "Authorization");
    return header && strncasecmp(header, scheme, sizeof scheme - 1) == 0 ? header + sizeof scheme - 1 : NULL;
}

/** Before anything costs more than reading the headers. */
static vouch_code check_rate(http_request *request, vouch_error *err)
{
    http_service *service = request->service;
    int wait = http_limit_take(service->by_address, http_socket_address(http_socket_of(request->connection)),
                               request->started_us);
    const char *token = bearer_token(request);
    if (wait == 0 && token)
        wait = http_limit_take(service->by_token, http_limit_key(service->by_token, token, strlen(token)),
                               request->started_us);
    if (wait == 0)
        return VOUCH_OK;
    request->reply.retry_after_seconds = wait;
    return vouch_fail(err, VOUCH_TOO_MANY_REQUESTS, "too many requests; come back in %d s", wait);
}

/* ---- the pool's part ---- */

static void authenticate(http_request *request, vouch_store *store)
{
    const char *token = bearer_token(request);
    if (!store)
        request->failed = vouch_fail(&request->failure, VOUCH_DATABASE, "no database");
    else if (!token)
        request->failed = vouch_fail(&request->failure, VOUCH_UNAUTHENTICATED, "the request has no bearer token");
    else
        request->failed = vouch_store_authenticate(store, token, strlen(token), &request->principal, &request->failure);
    if (request->failed == VOUCH_OK && !(request->route->roles & (1u << request->principal.role)))
        request->failed = vouch_fail(&request->failure, VOUCH_FORBIDDEN, "the role %s may not do this",
                                     vouch_role_name(request->principal.role));
    snprintf(request->principal.request_id, sizeof request->principal.request_id, "%s", request->id);
}

void http_connection_job(http_request *request, vouch_store *store)
{
    if (request->stage == HTTP_STAGE_AUTHENTICATING) {
        authenticate(request, store);
        request->stage = HTTP_STAGE_AUTHENTICATED;
    } else if (http_handle(request, store)) {
        request->stage = HTTP_STAGE_WAITING;
        http_waiters_add(request->service->waiters, request);
        return;
    } else {
        request->stage = HTTP_STAGE_REPLY;
    }
    MHD_resume_connection(request->connection);
}

void http_connection_waited(http_request *request)
{
    request->stage = HTTP_STAGE_RESUMED;
    if (http_pool_submit(request->service->pool, request))
        return;
    request->stage = HTTP_STAGE_REPLY; /* the reply made before waiting stands */
    MHD_resume_connection(request->connection);
}

/** Suspend and hand to the pool; the pool resumes. */
static enum MHD_Result hand_over(http_request *request, http_stage stage)
{
    request->stage = stage;
    MHD_suspend_connection(request->connection);
    if (http_pool_submit(request->service->pool, request))
        return MHD_YES;
    vouch_error busy = VOUCH_ERROR_INIT;
    (void)vouch_fail(&busy, VOUCH_UNAVAILABLE, "too many requests are waiting");
    request->close_after = stage == HTTP_STAGE_AUTHENTICATING && request->has_body;
    http_reply_problem(request, &busy, NULL);
    request->stage = HTTP_STAGE_REPLY;
    MHD_resume_connection(request->connection);
    return MHD_YES;
}

/* ---- libmicrohttpd's callbacks ---- */

static enum MHD_Result on_headers(http_request *request, const char *method)
{
    snprintf(request->method, sizeof request->method, "%s", method);
    choose_request_id(request);
    http_socket_busy(http_socket_of(request->connection));
    request->stage = HTTP_STAGE_BODY;
    __atomic_add_fetch(&request->service->in_flight, 1, __ATOMIC_RELAXED);
    vouch_error failure = VOUCH_ERROR_INIT;
    char allow[HTTP_ALLOW_SIZE] = "";
    if (check_headers(request, allow, &failure) != VOUCH_OK)
        return refuse(request, &failure, allow);
    /* Where an answer costs no more than a refusal, there is none: health stays to be seen. */
    if (!request->route->direct && check_rate(request, &failure) != VOUCH_OK)
        return refuse(request, &failure, NULL);
    if (request->route->roles == 0)
        return MHD_YES;
    return hand_over(request, HTTP_STAGE_AUTHENTICATING);
}

static enum MHD_Result on_authenticated(http_request *request)
{
    if (request->failed == VOUCH_OK)
        request->failed = http_body_begin(request, &request->failure);
    if (request->failed != VOUCH_OK)
        return refuse(request, &request->failure, NULL);
    request->stage = HTTP_STAGE_BODY;
    return MHD_YES;
}

/** A client that sends a byte now and then is never silent for long, and must not hold a connection for ever. */
static bool is_too_slow(const http_request *request)
{
    long long seconds = (now_us() - request->started_us) / 1000000;
    return seconds > 2 * request->service->config->http_timeout_seconds &&
           request->received < (unsigned long long)seconds * HTTP_LEAST_RATE;
}

static enum MHD_Result on_body(http_request *request, const char *data, size_t *length)
{
    if (*length > 0) {
        request->received += *length;
        if (request->received > longest_body(request) + HTTP_DROP_BYTES || is_too_slow(request))
            return MHD_NO;
        if (request->failed == VOUCH_OK)
            request->failed = http_body_take(request, data, *length, &request->failure);
        *length = 0; /* after a failure the rest is read and dropped, so that the answer reaches the client */
        return MHD_YES;
    }
    if (request->failed == VOUCH_OK)
        request->failed = http_body_end(request, &request->failure);
    if (request->failed != VOUCH_OK) {
        http_reply_problem(request, &request->failure, NULL);
        request->stage = HTTP_STAGE_REPLY;
        return send_reply(request);
    }
    if (!request->route->direct)
        return hand_over(request, HTTP_STAGE_HANDLING);
    (void)http_handle(request, NULL); /* has nothing to wait for */
    request->stage = HTTP_STAGE_REPLY;
    return send_reply(request);
}

enum MHD_Result http_on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                const char *version, const char *data, size_t *length, void **state)
{
    (void)context;
    (void)connection;
    (void)url; /* decoded as a whole; the path as it was sent is in the request */
    (void)version;
    http_request *request = *state;
    if (!request)
        return MHD_NO; /* out of memory */
    switch (request->stage) {
    case HTTP_STAGE_NEW:
        return on_headers(request, method);
    case HTTP_STAGE_AUTHENTICATED:
        return on_authenticated(request);
    case HTTP_STAGE_BODY:
        return on_body(request, data, length);
    case HTTP_STAGE_REPLY:
        *length = 0;
        return send_reply(request);
    case HTTP_STAGE_AUTHENTICATING:
    case HTTP_STAGE_HANDLING:
    case HTTP_STAGE_WAITING:
    case HTTP_STAGE_RESUMED:
        break;
    }
    return MHD_NO; /* suspended connections are not called */
}

static void log_request(const http_request *request, enum MHD_RequestTerminationCode how)
{
    char status[16], micros[24];
    snprintf(status, sizeof status, "%d", request->reply.status);
    snprintf(micros, sizeof micros, "%lld", now_us() - request->started_us);
    bool quiet = request->route && request->route->roles == 0 && request->reply.status < 400;
    vouch_log(quiet                          ? VOUCH_LOG_DEBUG
              : request->reply.status >= 500 ? VOUCH_LOG_ERROR
                                             : VOUCH_LOG_INFO,
              "request", "request_id", request->id, "method", request->method, "path", request->path, "status", status,
              "micros", micros, "tenant", request->principal.tenant_id[0] ? request->principal.tenant_id : NULL,
              "ended", how == MHD_REQUEST_TERMINATED_COMPLETED_OK ? NULL : "early", "error",
              request->failure.code != VOUCH_OK ? request->failure.message : NULL, NULL);
}

void http_on_completed(void *context, struct MHD_Connection *connection, void **state,
                       enum MHD_RequestTerminationCode how)
{
    (void)context;
    http_socket *socket = http_socket_of(connection);
    http_request *request = *state;
    http_socket_idle(socket);
    http_socket_release(socket);
    if (!request)
        return;
    if (request->stage != HTTP_STAGE_NEW) {
        log_request(request, how);
        http_measure_request(request, how == MHD_REQUEST_TERMINATED_COMPLETED_OK);
        __atomic_sub_fetch(&request->service->in_flight, 1, __ATOMIC_RELAXED);
        http_request_free(request);
    } else {
        http_request_drop(request);
    }
    *state = NULL;
}

http_request *http_request_new(http_service *service, struct MHD_Connection *connection)
{
    http_request *request = calloc(1, sizeof *request);
    if (!request)
        return NULL;
    request->arena = vouch_arena_new();
    if (!request->arena) {
        free(request);
        return NULL;
    }
    request->service = service;
    request->connection = connection;
    request->started_us = now_us();
    request->body.maximum = request->service->config->http_body_bytes;
    return request;
}

/**
 * libmicrohttpd 0.9.75 takes some fifty bytes for each parameter, and when they don't fit it neither answers nor drops
 * the request, but holds the connection until its time-out, even when the client is gone. No route knows so many: their
 * separators are taken out of the library's text, so that it sees a single one. The query as it was sent is refused.
 */
static void keep_parameters_few(char *uri)
{
    size_t count = 0;
    for (const char *c = uri; *c; c++)
        count += *c == '&';
    if (count > HTTP_MAX_PARAMETERS)
        for (char *c = uri; *c; c++)
            *c = *c == '&' ? '_' : *c;
}

void *http_on_line(void *context, const char *uri, struct MHD_Connection *connection)
{
    http_request *request = http_request_new(context, connection);
    if (!request)
        return NULL;
    if (!http_socket_hold(http_socket_of(connection), request)) {
        http_request_free(request);
        return NULL;
    }
    /* RFC 9112, 3.2.2: a server accepts the absolute form as well. */
    const char *path = uri ? uri : "", *authority = strstr(path, "://");
    if (path[0] != '/' && authority)
        path = authority + 3 + strcspn(authority + 3, "/?");
    size_t length = strcspn(path, "?");
    request->path = vouch_arena_strndup(request->arena, path, length);
    request->query = path[length] ? vouch_arena_strdup(request->arena, path + length + 1) : NULL;
    if (uri)
        keep_parameters_few((char *)uri); /* lent as const, but the library's own and writable */
    return request;
}

void http_request_drop(http_request *request)
{
    vouch_log(VOUCH_LOG_INFO, "request_unreadable", "path", request->path, NULL);
    http_request_free(request);
}

void http_request_free(http_request *request)
{
    http_body_done(request);
    json_decref(request->problem_extra);
    vouch_buffer_done(&request->body);
    vouch_buffer_done(&request->reply.body);
    vouch_blob_reader_close(&request->reply.file);
    vouch_arena_free(&request->arena);
    free(request);
}
