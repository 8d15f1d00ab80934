/**
 * Inside of serve: what a request is on its way from the socket to a handler and back.
 *
 * Event threads (libmicrohttpd, epoll) parse and move bytes; everything that may block (database, fsync, hashing of a
 * finished upload) runs on the pool's threads while the connection is suspended. A request goes through
 *
 *   headers → authenticate (pool) → body (event thread, streamed) → handle (pool) → reply
 *
 * so that nobody without a token makes the server store a byte.
 */
#ifndef VOUCH_SERVE_HTTP_H
#define VOUCH_SERVE_HTTP_H

#include <jansson.h>

#include "vouch/config.h"
#include "vouch/ingest.h"
#include "vouch/store.h"

struct MHD_Connection;
struct MHD_PostProcessor;

enum {
    HTTP_MAX_PARAMS = 2,
    HTTP_REQUEST_ID_SIZE = 65,
    HTTP_ALLOW_SIZE = 64,
};

typedef struct http_service http_service;
typedef struct http_request http_request;

/** Problem types are relative references, resolved against the service's own address (RFC 9457, 3.1.1). */
#define HTTP_PROBLEM_TYPE "/problems/"

/** What kind of body a route takes. */
typedef enum http_body {
    HTTP_BODY_NONE,
    HTTP_BODY_JSON,
    HTTP_BODY_UPLOAD
} http_body;

/** Runs on a pool thread; fills request->reply through the http_reply functions, or returns a code with *err. */
typedef vouch_code http_handler(http_request *request, vouch_store *store, vouch_error *err);

/** One row of the table of routes. A part of the pattern in braces is a parameter. */
typedef struct http_route {
    const char *method;
    const char *pattern; /* "/v1/claims/{id}/submit" */
    http_body body;
    unsigned roles; /* VOUCH_ROLE_BIT for each role that may call it; 0: public, no token needed */
    http_handler *handle;
    bool direct; /* needs no database and never blocks: answered on the event thread, whatever the pool is doing */
    const char *const *query; /* names of its query parameters, at most 64, closed by NULL; NULL: it has none */
} http_route;

/** What goes back: the file where there is one, else the body. */
typedef struct http_reply {
    int status;
    const char *content_type;
    vouch_buffer body;
    vouch_blob_reader *file;        /* NULL: none; closed after sending */
    size_t file_first, file_length; /* the part of it that is sent */
    bool accept_ranges;
    /* Headers, in the request's arena; NULL: none. */
    const char *etag, *location, *disposition, *preference_applied, *cache_control, *allow, *content_range;
    int retry_after_seconds; /* 0: none */
} http_reply;

typedef enum http_stage {
    HTTP_STAGE_NEW,
    HTTP_STAGE_AUTHENTICATING, /* on the pool */
    HTTP_STAGE_AUTHENTICATED,  /* back on the event thread, before the body */
    HTTP_STAGE_BODY,
    HTTP_STAGE_HANDLING, /* on the pool */
    HTTP_STAGE_WAITING,  /* for a document to be done; no thread is held */
    HTTP_STAGE_RESUMED,  /* on the pool again, after waiting */
    HTTP_STAGE_REPLY,    /* reply is complete */
} http_stage;

/** An upload on its way to the blob store. */
typedef struct http_upload {
    vouch_blob_writer *writer;
    struct MHD_PostProcessor *multipart; /* NULL: the body itself is the file */
    char file_name[256];
    size_t received;
    bool seen_file;
    char lane[16];       /* form field "lane" */
    vouch_blob blob;     /* once it is stored */
    vouch_format format; /* likewise */
} http_upload;

/** A reply that is held back until a document is done (RFC 7240, "Prefer: wait"). */
typedef struct http_wait {
    char document_id[VOUCH_ID_SIZE];
    int seconds;           /* 0: nothing to wait for */
    long long deadline_ms; /* CLOCK_MONOTONIC */
    long long look_ms;     /* likewise: not before */
    http_handler *resume;  /* makes the reply afterwards, on the pool */
} http_wait;

struct http_request {
    http_service *service;
    struct MHD_Connection *connection;
    vouch_arena *arena;
    const http_route *route;
    char method[16];
    const char *path;                    /* as sent, without the query */
    const char *query;                   /* as sent, behind the question mark; NULL: none */
    const char *params[HTTP_MAX_PARAMS]; /* in the order of the pattern */
    char id[HTTP_REQUEST_ID_SIZE];
    http_stage stage;
    vouch_principal principal;
    vouch_buffer body; /* HTTP_BODY_JSON */
    http_upload upload;
    vouch_code failed; /* decided while headers or body came in; VOUCH_OK otherwise */
    vouch_error failure;
    json_t *problem_extra;           /* members for the problem that a handler's failure becomes */
    char resource_id[VOUCH_ID_SIZE]; /* of what a POST creates: the same when it is repeated with its key */
    http_wait wait;
    bool has_body;
    size_t received;  /* bytes of the body, taken or dropped */
    bool close_after; /* the body was not read to its end */
    http_reply reply;
    long long started_us;
    http_request *next; /* in the pool's or the waiters' queue */
};

/** Header and query values; NULL when absent. Borrowed for the request's life. */
const char *http_header(const http_request *request, const char *name);
const char *http_query(const http_request *request, const char *name);

/* ---- reply.c ---- */

/** A JSON object as the reply; takes the reference. */
/* DBL_DIG: a decimal of a reading is written as it was read, 0.9999 and not 0.99990000000000001 */
#define HTTP_DECIMAL_DIGITS 15
vouch_code http_reply_json(http_request *request, int status, json_t *object, vouch_error *err) VOUCH_MUST_CHECK;
/** JSON that is text already. */
vouch_code http_reply_text(http_request *request, int status, const char *content_type, const char *text,
                           vouch_error *err) VOUCH_MUST_CHECK;
/** application/problem+json (RFC 9457) from the table of codes; `extra` members are added, reference taken. */
void http_reply_problem(http_request *request, const vouch_error *failure, json_t *extra);

/* ---- router.c ---- */

/**
 * Find the route. Decodes parameters into the arena. HEAD is where GET is.
 * @return VOUCH_OK; VOUCH_BAD_REQUEST; VOUCH_NOT_FOUND; VOUCH_METHOD_NOT_ALLOWED with the allowed methods in *allow
 */
vouch_code http_route_find(http_request *request, const http_route *routes, size_t count, char allow[HTTP_ALLOW_SIZE],
                           vouch_error *err) VOUCH_MUST_CHECK;

/** Undo percent-encoding. @return in arena; NULL for a broken escape, NUL, or what is not UTF-8 */
const char *http_percent_decode(vouch_arena *arena, const char *text, size_t length, bool plus_is_blank);

/* ---- headers.c ---- */

/**
 * Nothing in the headers can be read in two ways, and they and the body are not too large. Sets request->has_body.
 * @return VOUCH_OK; VOUCH_LENGTH_CONFLICT; VOUCH_BAD_REQUEST; VOUCH_HEADERS_TOO_LARGE; VOUCH_TOO_LARGE
 */
vouch_code http_headers_check(http_request *request, size_t longest_body, vouch_error *err) VOUCH_MUST_CHECK;

/* ---- query.c ---- */

/**
 * Every parameter of the query is one of the route's, is there once, and can be decoded.
 * @return VOUCH_OK; VOUCH_BAD_REQUEST that names the nearest known parameter
 */
vouch_code http_query_check(const http_request *request, const char *const *known, vouch_error *err) VOUCH_MUST_CHECK;

/* ---- limit.c ---- */

typedef struct http_limit http_limit;

/** @param per_second  0: no limit @param burst_seconds  so many seconds' worth may be asked at once */
vouch_code http_limit_new(int64_t per_second, int64_t burst_seconds, http_limit **out,
                          vouch_error *err) VOUCH_MUST_CHECK;
void http_limit_free(http_limit **limit);
/** The key of an address or a token. */
uint64_t http_limit_key(const http_limit *limit, const void *data, size_t length);
/** Ask once. @param now_us  CLOCK_MONOTONIC @return 0: granted; else after how many seconds it will be */
int http_limit_take(http_limit *limit, uint64_t key, long long now_us) VOUCH_MUST_CHECK;

/* ---- pool.c ---- */

typedef struct http_pool http_pool;

/** Called on a pool thread with a store connection of its own. */
typedef void http_job(http_request *request, vouch_store *store);

vouch_code http_pool_start(const vouch_config *config, http_job *job, http_pool **out,
                           vouch_error *err) VOUCH_MUST_CHECK;
/** Queue a request. @return false when the queue is full or closing */
bool http_pool_submit(http_pool *pool, http_request *request);
/** Finish what is queued, then end the threads; nothing more is taken. */
void http_pool_close(http_pool *pool);
void http_pool_free(http_pool **pool);

/** How much of it is in use now. */
typedef struct http_pool_usage {
    int threads, busy, queued;
} http_pool_usage;
http_pool_usage http_pool_look(http_pool *pool);

/* ---- waiters.c ---- */

typedef struct http_waiters http_waiters;

/**
 * Start the one thread that looks after documents that requests wait for.
 * @param done  called on that thread when a wait is over, whatever ended it
 */
vouch_code http_waiters_start(const vouch_config *config, void (*done)(http_request *), http_waiters **out,
                              vouch_error *err) VOUCH_MUST_CHECK;
void http_waiters_add(http_waiters *waiters, http_request *request);
/** End all waits, those to come as well. */
void http_waiters_close(http_waiters *waiters);
/** End the thread. The pool must be closed, so that no wait begins any more. */
void http_waiters_stop(http_waiters **waiters);
/** How many requests wait. */
int http_waiters_count(const http_waiters *waiters);

/* ---- measure.c ---- */

/** A request is over. @param completed  its answer reached the client, as far as this side knows */
void http_measure_request(const http_request *request, bool completed);
/** An upload was recorded. */
void http_measure_upload(const http_request *request, const vouch_document_input *input,
                         const vouch_document *document);

/* ---- routes.c ---- */

const http_route *http_routes(size_t *count);

/* The handlers, by file. */
http_handler http_get_health, http_get_ready, http_get_root, http_get_openapi, http_get_problem,
    http_get_me; /* system.c */
http_handler http_post_claim, http_get_claims, http_get_claim, http_put_claim_by_reference, http_get_claim_by_reference,
    http_put_lines, http_post_line, http_delete_line, http_submit_claim, http_withdraw_claim, http_approve_claim,
    http_reject_claim, http_pay_claim; /* claims.c */
http_handler http_post_document, http_get_documents, http_get_document, http_delete_document, http_get_original,
    http_get_page, http_get_words, http_post_verification, http_get_verification; /* documents.c */

/* ---- fields.c: values out of bodies, queries and headers, with the name in the error ---- */

/** @param maximum  in characters */
vouch_code http_field_text(const json_t *object, const char *name, size_t maximum, const char **out,
                           vouch_error *err) VOUCH_MUST_CHECK;
/** A decimal string in the currency's digits → minor units. @param found out: false when absent */
vouch_code http_field_amount(const json_t *object, const char *name, const char *currency, int64_t *minor, bool *found,
                             vouch_error *err) VOUCH_MUST_CHECK;
/** A number in digits, without sign, blanks or leading zeros, and then `suffix` to the end. @return false: it is none
 */
bool http_number(const char *text, const char *suffix, int64_t *out);
/** Members that are not in the NULL-closed list are an error that names them. */
vouch_code http_field_only(const json_t *object, const char *const *names, vouch_error *err) VOUCH_MUST_CHECK;
/** The path parameter as an id; anything that is no UUID is not found. */
vouch_code http_param_id(const http_request *request, int index, const char **out, vouch_error *err) VOUCH_MUST_CHECK;
/** If-Match as a version; 0: none given or "*". */
vouch_code http_if_match(const http_request *request, int64_t *version, vouch_error *err) VOUCH_MUST_CHECK;
/** Prefer: wait=N, at most 60 s; 0: none. */
int http_prefer_wait(const http_request *request);
vouch_code http_query_int(const http_request *request, const char *name, int least, int most, int *out,
                          vouch_error *err) VOUCH_MUST_CHECK;

/* ---- conditional.c ---- */

/** The client has this already (If-None-Match): the reply is 304 then. @param etag  as long as the request */
bool http_not_modified(http_request *request, const char *etag);
/**
 * Which part of reply.file is sent, whose size this is: all, or what Range asks for, with status 206. The ETag is set.
 * @return VOUCH_OK; VOUCH_RANGE
 */
vouch_code http_range(http_request *request, size_t size, vouch_error *err) VOUCH_MUST_CHECK;

/* ---- json.c: what the API shows ---- */

/** All return a new reference, or NULL when out of memory. */
json_t *http_json_claim(const vouch_claim *claim);
json_t *http_json_document(const vouch_document *document);
json_t *http_json_verification(const vouch_verification *verification);
json_t *http_json_pointer(const vouch_pointer *pointer);

/**
 * Add a stored reading to an object's text that has members already, as a role may see it.
 *
 * @param text           the reading; NULL: none, and nothing is added
 * @param with_verdicts  add its verdicts as a member of their own too
 * @return VOUCH_OK; VOUCH_NO_MEMORY
 */
vouch_code http_json_add_reading(vouch_buffer *object, const char *text, vouch_role role, bool with_verdicts,
                                 vouch_error *err) VOUCH_MUST_CHECK;

/* ---- body.c ---- */

/** Parse the JSON body: an object, bounded, without duplicate members. @param out  borrowed reference, freed by caller
 */
vouch_code http_body_json(const http_request *request, json_t **out, vouch_error *err) VOUCH_MUST_CHECK;
/** Take some bytes of the body on the event thread. */
vouch_code http_body_take(http_request *request, const char *data, size_t length, vouch_error *err) VOUCH_MUST_CHECK;
/** Check an upload's format and make it durable; on the pool. */
vouch_code http_body_store(http_request *request, vouch_error *err) VOUCH_MUST_CHECK;
/** Prepare for the body once the route and the principal are known. */
vouch_code http_body_begin(http_request *request, vouch_error *err) VOUCH_MUST_CHECK;
/** The body is complete. */
vouch_code http_body_end(http_request *request, vouch_error *err) VOUCH_MUST_CHECK;
void http_body_done(http_request *request);

/** The service that all requests share. */
struct http_service {
    const vouch_config *config;
    vouch_blobs *blobs;
    http_pool *pool;
    http_waiters *waiters;
    http_limit *by_address, *by_token;
    struct http_sockets *sockets;
    bool draining; /* no new work is taken */
    int in_flight; /* atomic */
};

#endif
