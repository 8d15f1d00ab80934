/**
 * How long one may hold a connection.
 *
 * libmicrohttpd closes a connection that is silent for a while; one that sends or takes a byte now and then it keeps
 * for ever. So each connection has a deadline beside that: for the next request's headers to be complete, and for an
 * answer to be taken. One thread looks at all of them a few times a second and shuts down what is late; libmicrohttpd
 * sees the end of the connection then and releases it. (A body has its least rate in connection.c.)
 *
 * When nearly all connections are taken, those that wait between requests make way, the oldest first: a crowd of idle
 * clients must not keep others out.
 */
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "connection.h"
#include "vouch/log.h"

enum {
    LOOK_MS = 250,
    GRACE_MS = 1000,       /* a new connection may send its request before it makes way */
    CROWDED_PERCENT = 90,  /* of http_connections: from here on idle ones make way */
    ROOMY_PERCENT = 75,    /* until there are so few */
    IPV6_NETWORK_BYTES = 8 /* a customer has a whole /64 */
};

struct http_socket {
    http_sockets *all;
    int fd;
    uint64_t address_key;
    http_request *request; /* the library tells the end of most requests, but not of those that it can't read */
    /* Written by the event threads, read by the thread that looks. */
    long long idle_since_ms; /* atomic; 0: a request is being handled */
    long long deadline_ms;   /* atomic; 0: none */
    http_socket *next, *previous;
};

struct http_sockets {
    const vouch_config *config;
    const http_limit *by_address;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ending_changed;
    http_socket *first;
    size_t count;
    bool ending;
};

static long long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- their phases ---- */

static long long patience_ms(const http_socket *socket)
{
    return 2 * 1000 * socket->all->config->http_timeout_seconds;
}

static void set_phase(http_socket *socket, long long idle_since_ms, long long deadline_ms)
{
    __atomic_store_n(&socket->idle_since_ms, idle_since_ms, __ATOMIC_RELAXED);
    __atomic_store_n(&socket->deadline_ms, deadline_ms, __ATOMIC_RELAXED);
}

void http_socket_idle(http_socket *socket)
{
    if (!socket)
        return;
    long long now = now_ms();
    set_phase(socket, now, now + patience_ms(socket));
}

void http_socket_busy(http_socket *socket)
{
    if (socket)
        set_phase(socket, 0, 0);
}

void http_socket_reply(http_socket *socket, size_t length)
{
    if (socket)
        set_phase(socket, 0, now_ms() + patience_ms(socket) + (long long)(length / HTTP_LEAST_RATE) * 1000);
}

bool http_socket_hold(http_socket *socket, http_request *request)
{
    if (!socket)
        return false;
    if (socket->request && socket->request != request)
        http_request_drop(socket->request);
    socket->request = request;
    return true;
}

void http_socket_release(http_socket *socket)
{
    if (socket)
        socket->request = NULL;
}

uint64_t http_socket_address(const http_socket *socket)
{
    return socket ? socket->address_key : 0;
}

/* ---- the thread that looks ---- */

/** libmicrohttpd closes the descriptor itself, after http_on_connection took the socket out of the list. */
static void close_late(http_sockets *sockets, long long now)
{
    for (http_socket *socket = sockets->first; socket; socket = socket->next) {
        long long deadline = __atomic_load_n(&socket->deadline_ms, __ATOMIC_RELAXED);
        if (deadline == 0 || now < deadline)
            continue;
        (void)shutdown(socket->fd, SHUT_RDWR);
        set_phase(socket, 0, 0);
    }
}

static int older_first(const void *left, const void *right)
{
    long long a = (*(http_socket *const *)left)->idle_since_ms, b = (*(http_socket *const *)right)->idle_since_ms;
    return a < b ? -1 : a > b;
}

static void make_room(http_sockets *sockets, long long now)
{
    size_t most = (size_t)sockets->config->http_connections, idle_count = 0;
    if (sockets->count * 100 < most * CROWDED_PERCENT)
        return;
    http_socket **idle = calloc(sockets->count, sizeof(http_socket *));
    if (!idle)
        return;
    for (http_socket *socket = sockets->first; socket; socket = socket->next) {
        long long since = __atomic_load_n(&socket->idle_since_ms, __ATOMIC_RELAXED);
        if (since != 0 && now - since >= GRACE_MS)
            idle[idle_count++] = socket;
    }
    /* What becomes busy meanwhile is shut down for nothing, and its client connects again. */
    qsort(idle, idle_count, sizeof(http_socket *), older_first);
    size_t surplus = sockets->count - most * ROOMY_PERCENT / 100;
    for (size_t i = 0; i < idle_count && i < surplus; i++) {
        (void)shutdown(idle[i]->fd, SHUT_RDWR);
        set_phase(idle[i], 0, 0);
    }
    free(idle);
}

static void *look(void *argument)
{
    http_sockets *sockets = argument;
    pthread_mutex_lock(&sockets->lock);
    while (!sockets->ending) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += LOOK_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        (void)pthread_cond_timedwait(&sockets->ending_changed, &sockets->lock, &until);
        long long now = now_ms();
        close_late(sockets, now);
        make_room(sockets, now);
    }
    pthread_mutex_unlock(&sockets->lock);
    return NULL;
}

/* ---- their list ---- */

static uint64_t key_of(const http_limit *limit, const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return http_limit_key(limit, &((const struct sockaddr_in *)address)->sin_addr, sizeof(struct in_addr));
    if (address->sa_family != AF_INET6)
        return 0;
    const struct in6_addr *long_address = &((const struct sockaddr_in6 *)address)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(long_address))
        return http_limit_key(limit, &long_address->s6_addr[12], sizeof(struct in_addr));
    return http_limit_key(limit, long_address, IPV6_NETWORK_BYTES);
}

static http_socket *add(http_sockets *sockets, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD),
                                   *peer = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    http_socket *socket = fd ? calloc(1, sizeof *socket) : NULL;
    if (!socket)
        return NULL; /* its requests are refused */
    socket->all = sockets;
    socket->fd = fd->connect_fd;
    socket->address_key = peer && peer->client_addr ? key_of(sockets->by_address, peer->client_addr) : 0;
    http_socket_idle(socket);
    pthread_mutex_lock(&sockets->lock);
    socket->next = sockets->first;
    if (socket->next)
        socket->next->previous = socket;
    sockets->first = socket;
    sockets->count++;
    pthread_mutex_unlock(&sockets->lock);
    return socket;
}

static void drop(http_sockets *sockets, http_socket *socket)
{
    pthread_mutex_lock(&sockets->lock);
    if (socket->previous)
        socket->previous->next = socket->next;
    else
        sockets->first = socket->next;
    if (socket->next)
        socket->next->previous = socket->previous;
    sockets->count--;
    pthread_mutex_unlock(&sockets->lock);
    if (socket->request)
        http_request_drop(socket->request);
    free(socket);
}

void http_on_connection(void *context, struct MHD_Connection *connection, void **state,
                        enum MHD_ConnectionNotificationCode what)
{
    http_sockets *sockets = context;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *state = add(sockets, connection);
    } else if (*state) {
        drop(sockets, *state);
        *state = NULL;
    }
}

http_socket *http_socket_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

vouch_code http_sockets_start(const vouch_config *config, const http_limit *by_address, http_sockets **out,
                              vouch_error *err)
{
    http_sockets *sockets = calloc(1, sizeof *sockets);
    if (!sockets)
        return vouch_fail(err, VOUCH_NO_MEMORY, "the list of connections");
    sockets->config = config;
    sockets->by_address = by_address;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&sockets->ending_changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&sockets->lock, NULL);
    if (pthread_create(&sockets->thread, NULL, look, sockets) != 0) {
        free(sockets);
        return vouch_fail(err, VOUCH_NO_MEMORY, "the thread that looks after connections");
    }
    *out = sockets;
    return VOUCH_OK;
}

void http_sockets_stop(http_sockets **address)
{
    http_sockets *sockets = *address;
    if (!sockets)
        return;
    pthread_mutex_lock(&sockets->lock);
    sockets->ending = true;
    pthread_cond_signal(&sockets->ending_changed);
    pthread_mutex_unlock(&sockets->lock);
    pthread_join(sockets->thread, NULL);
    pthread_cond_destroy(&sockets->ending_changed);
    pthread_mutex_destroy(&sockets->lock);
    free(sockets);
    *address = NULL;
}
