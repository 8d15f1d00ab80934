/** Start, run and stop the service. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "connection.h"
#include "vouch/fault.h"
#include "vouch/log.h"
#include "vouch/serve.h"

enum {
    PEM_MAXIMUM = 1 << 20,
    DRAIN_LOOK_MS = 20,
    SPARE_DESCRIPTORS = 64 /* the log, epoll, libraries */
};

static vouch_code load_pem(const char *path, vouch_buffer *out, vouch_error *err)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return vouch_fail(err, VOUCH_CONFIG, "%s: %s", path, strerror(errno));
    out->maximum = PEM_MAXIMUM;
    char chunk[4096];
    size_t got;
    vouch_code code = VOUCH_OK;
    while (code == VOUCH_OK && (got = fread(chunk, 1, sizeof chunk, file)) > 0)
        code = vouch_buffer_append(out, chunk, got);
    fclose(file);
    return code == VOUCH_OK && out->length ? VOUCH_OK : vouch_fail(err, VOUCH_CONFIG, "%s: not a PEM file", path);
}

/** A listening socket on the configured address. */
static vouch_code listen_on(const vouch_config *config, int *out, int *port, vouch_error *err)
{
    char service[16];
    snprintf(service, sizeof service, "%d", (int)config->port);
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int why = getaddrinfo(config->listen, service, &hints, &found);
    if (why != 0)
        return vouch_fail(err, VOUCH_CONFIG, "listen %s: %s", config->listen, gai_strerror(why));
    VOUCH_CLEANUP(vouch_close_fd) int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int one = 1;
    struct sockaddr_storage bound = {0};
    socklen_t length = sizeof bound;
    bool listening = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
                     bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0 &&
                     getsockname(fd, (struct sockaddr *)&bound, &length) == 0;
    int reason = errno;
    freeaddrinfo(found);
    if (!listening)
        return vouch_fail(err, VOUCH_IO, "%s port %s: %s", config->listen, service, strerror(reason));
    *port = ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                                              : ((struct sockaddr_in *)&bound)->sin_port);
    *out = fd;
    fd = -1;
    return VOUCH_OK;
}

static void discard_library_message(void *context, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
static void discard_library_message(void *context, const char *format, va_list args)
{
    (void)context;
    char text[256];
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\n")] = '\0';
    vouch_log(VOUCH_LOG_DEBUG, "http_library", "message", text, NULL);
}

static struct MHD_Daemon *start_daemon(http_service *service, int fd, const vouch_buffer *certificate,
                                       const vouch_buffer *key)
{
    static char priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"; /* RFC 8996: nothing older */
    const vouch_config *config = service->config;
    bool tls = certificate->length > 0;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
                     (tls ? MHD_USE_TLS : 0);
    unsigned threads = config->http_threads > 1 ? (unsigned)config->http_threads : 0;
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)discard_library_message, NULL},
        {MHD_OPTION_LISTEN_SOCKET, fd, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, (intptr_t)config->http_connections, NULL},
        {MHD_OPTION_PER_IP_CONNECTION_LIMIT, (intptr_t)config->http_connections_per_address, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)config->http_timeout_seconds, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)config->http_header_bytes, NULL},
        {MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)http_on_line, service},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)http_on_connection, service->sockets},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)http_on_completed, service},
        {MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)threads, NULL},
        {tls ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0, tls ? certificate->data : NULL},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, key->data}, /* behind an end where there is no TLS */
        {MHD_OPTION_HTTPS_PRIORITIES, 0, priorities},
        {MHD_OPTION_END, 0, NULL}};
    return MHD_start_daemon(flags, 0, NULL, NULL, http_on_request, service, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

static void pause_ms(int milliseconds)
{
    const struct timespec pause = {.tv_nsec = milliseconds * 1000000L};
    nanosleep(&pause, NULL);
}

static int wait_for_signal(const sigset_t *signals)
{
    int number = 0;
    while (sigwait(signals, &number) != 0)
        ;
    return number;
}

static void *stop_at_once(void *signals)
{
    (void)wait_for_signal(signals);
    vouch_log(VOUCH_LOG_WARNING, "stopped_at_once", "reason", "second signal", NULL);
    _exit(1);
}

/** Wait for the first signal; then for what is held, until the time is up. */
static void run_until_signal(http_service *service, struct MHD_Daemon *daemon, sigset_t *signals)
{
    vouch_log(VOUCH_LOG_INFO, "stopping", "signal", wait_for_signal(signals) == SIGTERM ? "TERM" : "INT", NULL);
    pthread_t second;
    if (pthread_create(&second, NULL, stop_at_once, signals) == 0)
        pthread_detach(second);
    __atomic_store_n(&service->draining, true, __ATOMIC_RELAXED);
    http_waiters_close(service->waiters); /* who waits for a document is told how far it is */
    MHD_socket listening = MHD_quiesce_daemon(daemon);
    if (listening != MHD_INVALID_SOCKET)
        close(listening);
    for (int64_t left = service->config->drain_seconds * 1000;
         left > 0 && __atomic_load_n(&service->in_flight, __ATOMIC_RELAXED) > 0; left -= DRAIN_LOOK_MS)
        pause_ms(DRAIN_LOOK_MS);
}

static vouch_code run_daemon(http_service *service, sigset_t *signals, vouch_error *err)
{
    const vouch_config *config = service->config;
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer certificate = {0};
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer key = {0};
    if (config->tls_certificate[0]) {
        VOUCH_TRY(load_pem(config->tls_certificate, &certificate, err));
        VOUCH_TRY(load_pem(config->tls_key, &key, err));
    }
    int fd = -1, port = 0;
    VOUCH_TRY(listen_on(config, &fd, &port, err));
    struct MHD_Daemon *daemon = start_daemon(service, fd, &certificate, &key);
    if (key.data)
        explicit_bzero(key.data, key.length); /* the library has its own copy */
    if (!daemon) {
        close(fd);
        return vouch_fail(err, VOUCH_CONFIG, "the HTTP server can't start; with TLS, see certificate and key");
    }
    char number[16];
    snprintf(number, sizeof number, "%d", port);
    vouch_log(VOUCH_LOG_INFO, "serving", "address", config->listen, "port", number, "tls",
              certificate.length ? "on" : "off", NULL);
    http_measures measures;
    const vouch_code code = http_measures_start(service, daemon, &measures, err);
    if (code == VOUCH_OK)
        run_until_signal(service, daemon, signals);
    http_pool_close(service->pool);
    http_measures_stop(&measures);
    http_waiters_stop(&service->waiters);
    MHD_stop_daemon(daemon);
    if (code == VOUCH_OK)
        vouch_log(VOUCH_LOG_INFO, "stopped", NULL);
    return code;
}

/** Each connection is a descriptor, each upload and download another one; the usual soft limit is 1024. */
static void raise_descriptor_limit(const vouch_config *config)
{
    struct rlimit limit;
    rlim_t wanted = 2 * (rlim_t)config->http_connections + (rlim_t)config->http_pool_threads + SPARE_DESCRIPTORS;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted)
        vouch_log(VOUCH_LOG_WARNING, "few_descriptors", "advice",
                  "raise the limit of open files or lower http_connections", NULL);
}

/** A schema that is not for this program will not become one; a database that is not there yet may come. */
static vouch_code check_schema(const vouch_config *config, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_store_close) vouch_store *store = NULL;
    const vouch_store_options options = {
        .conninfo = config->database, .role = VOUCH_DATABASE_ROLE_SERVE, .application = "vouch serve"};
    VOUCH_TRY(vouch_store_open(&options, &store, err));
    const vouch_code code = vouch_store_check(store, err);
    return code == VOUCH_CONFIG ? code : VOUCH_OK;
}

vouch_code vouch_serve_run(const vouch_config *config, vouch_error *err)
{
    static sigset_t signals; /* outlives this function: the thread that waits for a second signal looks at it */
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before any thread exists: all inherit it */
    signal(SIGPIPE, SIG_IGN);
    vouch_fault_setup();
    raise_descriptor_limit(config);
    http_service service = {.config = config};
    vouch_code code = check_schema(config, err);
    if (code == VOUCH_OK)
        code = vouch_blobs_open(config, &service.blobs, err);
    if (code == VOUCH_OK)
        code = http_pool_start(config, http_connection_job, &service.pool, err);
    if (code == VOUCH_OK)
        code = http_waiters_start(config, http_connection_waited, &service.waiters, err);
    if (code == VOUCH_OK)
        code = http_limit_new(config->http_rate_per_address, config->http_rate_burst_seconds, &service.by_address, err);
    if (code == VOUCH_OK)
        code = http_limit_new(config->http_rate_per_token, config->http_rate_burst_seconds, &service.by_token, err);
    if (code == VOUCH_OK)
        code = http_sockets_start(config, service.by_address, &service.sockets, err);
    if (code == VOUCH_OK)
        code = run_daemon(&service, &signals, err);
    http_sockets_stop(&service.sockets);
    http_limit_free(&service.by_token);
    http_limit_free(&service.by_address);
    http_waiters_stop(&service.waiters);
    http_pool_free(&service.pool);
    vouch_blobs_close(&service.blobs);
    return code;
}
