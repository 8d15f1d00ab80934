/** What is counted of requests, and what a scrape of serve looks up. */
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

#include "connection.h"
#include "vouch/log.h"
#include "vouch/metrics.h"

enum {
    SCRAPE_CONNECT_SECONDS = 2, /* a scrape is given up by the scraper after 10 s */
    SCRAPE_STATEMENT_MS = 5000
};

/** Methods are the client's words: those that no route has are one. */
static const char *method_of(const http_request *request)
{
    static const char *const known[] = {"GET", "HEAD", "POST", "PUT", "DELETE"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(request->method, known[i]) == 0)
            return known[i];
    return "other";
}

static const char *status_of(const http_request *request, bool completed)
{
    static const char *const classes[] = {"1xx", "2xx", "3xx", "4xx", "5xx"};
    const int status = request->reply.status;
    return !completed ? "aborted" : status >= 100 && status < 600 ? classes[status / 100 - 1] : "none";
}

void http_measure_request(const http_request *request, bool completed)
{
    const char *route = request->route ? request->route->pattern : "none", *method = method_of(request);
    vouch_metric_add(VOUCH_METRIC_HTTP_REQUESTS, VOUCH_LABELS(route, method, status_of(request, completed)), 1);
    vouch_metric_since(VOUCH_METRIC_HTTP_DURATION, VOUCH_LABELS(route, method), request->started_us);
    vouch_metric_add(VOUCH_METRIC_HTTP_RECEIVED, NULL, (int64_t)request->received);
}

void http_measure_upload(const http_request *request, const vouch_document_input *input, const vouch_document *document)
{
    const int64_t bytes = (int64_t)request->upload.blob.size;
    vouch_metric_add(VOUCH_METRIC_UPLOADS, VOUCH_LABELS(input->format, input->bulk ? "bulk" : "interactive"), 1);
    vouch_metric_add(VOUCH_METRIC_BRANCH_UPLOADS, VOUCH_LABELS(vouch_metric_branch(document->branch_id)), 1);
    vouch_metric_observe(VOUCH_METRIC_UPLOAD_SIZE, NULL, bytes);
    vouch_metric_add(VOUCH_METRIC_BLOB_WRITTEN, VOUCH_LABELS("original"), bytes);
}

/* ---- scrapes ---- */

/** The connection is made at the first scrape and kept; its thread is the listener's. */
static void collect_queue(http_measures *measures)
{
    const vouch_store_options options = {.conninfo = measures->service->config->database,
                                         .role = VOUCH_DATABASE_ROLE_SERVE,
                                         .application = "vouch serve metrics",
                                         .connect_timeout_s = SCRAPE_CONNECT_SECONDS,
                                         .statement_timeout_ms = SCRAPE_STATEMENT_MS};
    vouch_queue_lane lanes[VOUCH_QUEUE_LANES];
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_code code = measures->store ? VOUCH_OK : vouch_store_open(&options, &measures->store, &err);
    if (code == VOUCH_OK)
        code = vouch_store_queue_lanes(measures->store, lanes, &err);
    for (size_t i = 0; code == VOUCH_OK && i < VOUCH_QUEUE_LANES; i++) {
        const char *const *labels = VOUCH_LABELS(lanes[i].lane, lanes[i].state);
        vouch_metric_set(VOUCH_METRIC_QUEUE_JOBS, labels, lanes[i].jobs);
        vouch_metric_set(VOUCH_METRIC_QUEUE_OLDEST, labels, lanes[i].oldest_us);
    }
    vouch_metric_show(VOUCH_METRIC_QUEUE_JOBS, code == VOUCH_OK);
    vouch_metric_show(VOUCH_METRIC_QUEUE_OLDEST, code == VOUCH_OK);
    if (code != VOUCH_OK && !measures->failing)
        vouch_log(VOUCH_LOG_WARNING, "queue_not_counted", "reason", vouch_code_lookup(code)->slug, "detail",
                  err.message, NULL);
    measures->failing = code != VOUCH_OK;
    /* One that answers with a complaint is there: its schema may be too old. */
    vouch_metric_set(VOUCH_METRIC_DATABASE_UP, NULL, code != VOUCH_DATABASE);
}

static void collect_threads(const http_service *service)
{
    const http_pool_usage pool = http_pool_look(service->pool);
    vouch_metric_set(VOUCH_METRIC_HTTP_POOL_THREADS, VOUCH_LABELS("busy"), pool.busy);
    vouch_metric_set(VOUCH_METRIC_HTTP_POOL_THREADS, VOUCH_LABELS("idle"), pool.threads - pool.busy);
    vouch_metric_set(VOUCH_METRIC_HTTP_POOL_QUEUED, NULL, pool.queued);
    vouch_metric_set(VOUCH_METRIC_HTTP_WAITING, NULL, http_waiters_count(service->waiters));
    vouch_metric_set(VOUCH_METRIC_HTTP_IN_FLIGHT, NULL, __atomic_load_n(&service->in_flight, __ATOMIC_RELAXED));
}

static void collect(void *data)
{
    http_measures *measures = data;
    const union MHD_DaemonInfo *connections =
        MHD_get_daemon_info(measures->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    vouch_metrics_collect_process(measures->service->config->blob_dir);
    collect_threads(measures->service);
    if (connections)
        vouch_metric_set(VOUCH_METRIC_HTTP_CONNECTIONS, NULL, connections->num_connections);
    collect_queue(measures);
}

/** Families whose first event must be seen as one are there from the start: a rate needs a value before it. */
static void make_series(const http_service *service)
{
    size_t count;
    const http_route *routes = http_routes(&count);
    for (size_t i = 0; i < count; i++) {
        vouch_metric_add(VOUCH_METRIC_HTTP_REQUESTS, VOUCH_LABELS(routes[i].pattern, routes[i].method, "2xx"), 0);
        vouch_metric_add(VOUCH_METRIC_HTTP_REQUESTS, VOUCH_LABELS(routes[i].pattern, routes[i].method, "5xx"), 0);
    }
    const vouch_code_info *codes = vouch_code_table(&count);
    for (size_t i = 0; i < count; i++)
        if (codes[i].code != VOUCH_OK)
            vouch_metric_add(VOUCH_METRIC_HTTP_PROBLEMS, VOUCH_LABELS(codes[i].slug), 0);
    vouch_metric_add(VOUCH_METRIC_DATABASE_CONNECTS, VOUCH_LABELS("failed"), 0);
    vouch_metric_add(VOUCH_METRIC_DATABASE_TRANSACTIONS, VOUCH_LABELS("lost"), 0);
    vouch_metric_set(VOUCH_METRIC_HTTP_CONNECTIONS_LIMIT, NULL, service->config->http_connections);
}

vouch_code http_measures_start(http_service *service, struct MHD_Daemon *daemon, http_measures *out, vouch_error *err)
{
    *out = (http_measures){.service = service, .daemon = daemon};
    make_series(service);
    return vouch_metrics_listen(service->config, "serve", collect, out, &out->listener, err);
}

void http_measures_stop(http_measures *measures)
{
    vouch_metrics_close(&measures->listener);
    vouch_store_close(&measures->store);
}
