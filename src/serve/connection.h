/** The glue to libmicrohttpd. */
#ifndef VOUCH_SERVE_CONNECTION_H
#define VOUCH_SERVE_CONNECTION_H

#include <microhttpd.h>

#include "http.h"

enum {
    HTTP_MAX_PATH = 1024,
    HTTP_MULTIPART_OVERHEAD = 64 << 10, /* boundaries, part headers and small form fields around an upload */
    HTTP_DROP_BYTES = 16 << 20,         /* read and dropped beyond a limit, so that the answer reaches the client */
    HTTP_MAX_PARAMETERS = 64,           /* of a query; no route knows so many */
    HTTP_HEADER_SHARE = 2,     /* headers take half of a connection's memory at most: the library needs some, too */
    HTTP_LEAST_RATE = 1 << 10, /* bytes a second of a body, once it has taken twice the time-out of silence */
};

/** A request line was read: makes the request, which is on_request's state from then on. */
void *http_on_line(void *context, const char *uri, struct MHD_Connection *connection);
enum MHD_Result http_on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                const char *version, const char *data, size_t *length, void **state);
void http_on_completed(void *context, struct MHD_Connection *connection, void **state,
                       enum MHD_RequestTerminationCode how);

/* ---- sockets.c ---- */

typedef struct http_sockets http_sockets;
typedef struct http_socket http_socket;

/** Start the thread that closes connections which are held for too long. */
vouch_code http_sockets_start(const vouch_config *config, const http_limit *by_address, http_sockets **out,
                              vouch_error *err) VOUCH_MUST_CHECK;
/** After the last connection is closed. */
void http_sockets_stop(http_sockets **sockets);
/** libmicrohttpd's callback; the context is the http_sockets. */
void http_on_connection(void *context, struct MHD_Connection *connection, void **state,
                        enum MHD_ConnectionNotificationCode what);
/** NULL when memory ran out as it was opened; all of the following take that. */
http_socket *http_socket_of(struct MHD_Connection *connection);
/** The next request is waited for; one is being handled; an answer of so many bytes is being sent. */
void http_socket_idle(http_socket *socket);
void http_socket_busy(http_socket *socket);
void http_socket_reply(http_socket *socket, size_t length);
/** The request is freed with the connection, unless it was released before. @return false: the connection is NULL */
bool http_socket_hold(http_socket *socket, http_request *request) VOUCH_MUST_CHECK;
void http_socket_release(http_socket *socket);
/** Its key in the limit by address. */
uint64_t http_socket_address(const http_socket *socket);

/* ---- connection.c ---- */

/** The pool's job: authenticate or handle, then resume the connection. */
void http_connection_job(http_request *request, vouch_store *store);

http_request *http_request_new(http_service *service, struct MHD_Connection *connection);
void http_request_free(http_request *request);
/** Free a request that could not be read, and say so in the log. */
void http_request_drop(http_request *request);

/** The waiters' callback: make the reply on the pool. */
void http_connection_waited(http_request *request);

/** What a scrape needs. (measure.c) */
typedef struct http_measures {
    http_service *service;
    struct MHD_Daemon *daemon;
    vouch_store *store; /* NULL until the first scrape */
    bool failing;       /* said in the log already */
    struct vouch_metrics_listener *listener;
} http_measures;

/** Answer scrapes. @param out  stays where it is until http_measures_stop */
vouch_code http_measures_start(http_service *service, struct MHD_Daemon *daemon, http_measures *out,
                               vouch_error *err) VOUCH_MUST_CHECK;
void http_measures_stop(http_measures *measures);

/**
 * Run the route's handler, with idempotency around it, and make a problem of its failure. (handle.c)
 * @return true when the reply is to wait (request->wait)
 */
bool http_handle(http_request *request, vouch_store *store);

#endif
