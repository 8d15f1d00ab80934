/**
 * What an observation costs, and what a scrape. CPU time of the threads that do it, so that what else the machine does
 * counts little.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "vouch/metrics.h"
#include "vouch/vocabulary.h"

enum {
    ROUNDS = 5, /* the least counts */
    TIMES = 200000,
    SCRAPES = 50,
    THREADS = 2
};

static int64_t cpu_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void add_plain(void)
{
    vouch_metric_add(VOUCH_METRIC_LEASES_LOST, NULL, 1);
}

static void add_labels(void)
{
    vouch_metric_add(VOUCH_METRIC_HTTP_REQUESTS, VOUCH_LABELS("/v1/claims/{id}/documents", "POST", "2xx"), 1);
}

static void observe_label(void)
{
    vouch_metric_observe(VOUCH_METRIC_STEP_DURATION, VOUCH_LABELS("write_back"), 12345);
}

static void observe_since(void)
{
    vouch_metric_since(VOUCH_METRIC_STEP_DURATION, VOUCH_LABELS("sandbox"), vouch_metric_clock());
}

static const struct {
    const char *what;
    void (*act)(void);
} rows[] = {
    {"counter without labels", add_plain},
    {"counter, three labels", add_labels},
    {"histogram, one label", observe_label},
    {"the same with two looks at the clock", observe_since},
};

/** @param data  a row's index */
static void *repeat(void *data)
{
    int64_t least = INT64_MAX;
    for (int round = 0; round < ROUNDS; round++) {
        const int64_t begin = cpu_ns(CLOCK_THREAD_CPUTIME_ID);
        for (int i = 0; i < TIMES; i++)
            rows[*(const size_t *)data].act();
        const int64_t took = cpu_ns(CLOCK_THREAD_CPUTIME_ID) - begin;
        least = took < least ? took : least;
    }
    return (void *)(intptr_t)least;
}

/** Nanoseconds of an observation while so many threads make the same. */
static double with_threads(size_t row, int count)
{
    pthread_t threads[THREADS];
    int started = 0;
    int64_t sum = 0;
    while (started < count && pthread_create(&threads[started], NULL, repeat, &row) == 0)
        started++;
    for (int i = 0; i < started; i++) {
        void *took = NULL;
        pthread_join(threads[i], &took);
        sum += (intptr_t)took;
    }
    return started > 0 ? (double)sum / started / TIMES : 0;
}

/** As many series as a busy service has: every route, kind and source, and a hundred branches. */
static void fill(void)
{
    for (int i = 0; i < 100; i++) {
        char branch[40];
        snprintf(branch, sizeof branch, "01234567-0000-7000-8000-%012d", i);
        vouch_metric_add(VOUCH_METRIC_BRANCH_UPLOADS, VOUCH_LABELS(branch), i);
        vouch_metric_add(VOUCH_METRIC_BRANCH_OUTCOMES, VOUCH_LABELS(branch, "accepted"), i);
        vouch_metric_add(VOUCH_METRIC_BRANCH_OUTCOMES, VOUCH_LABELS(branch, "duplicate"), i);
    }
    for (int i = 0; i < 30; i++) {
        char route[40];
        snprintf(route, sizeof route, "/v1/route/%d/{id}", i);
        vouch_metric_add(VOUCH_METRIC_HTTP_REQUESTS, VOUCH_LABELS(route, "GET", "2xx"), i);
        vouch_metric_observe(VOUCH_METRIC_HTTP_DURATION, VOUCH_LABELS(route, "GET"), i);
    }
    for (int i = 0; i < VOUCH_KIND_COUNT; i++)
        vouch_metric_add(VOUCH_METRIC_INVOICES, VOUCH_LABELS(vouch_kind_name((vouch_kind)i)), i);
}

static int scrape(void)
{
    size_t bytes = 0, lines = 0;
    const int64_t begin = cpu_ns(CLOCK_THREAD_CPUTIME_ID);
    for (int i = 0; i < SCRAPES; i++) {
        VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer out = {0};
        vouch_error err = VOUCH_ERROR_INIT;
        vouch_metrics_collect_process("/");
        if (vouch_metrics_print(/* openmetrics= */ true, &out, &err) != VOUCH_OK)
            return vouch_command_fail("bench", VOUCH_EXIT_FAILED, &err);
        bytes = out.length;
        lines = 0;
        for (const char *c = out.data; *c; c++)
            lines += *c == '\n';
    }
    const double took_ms = (double)(cpu_ns(CLOCK_THREAD_CPUTIME_ID) - begin) / SCRAPES / 1e6;
    printf("\n  a scrape: %zu lines, %zu bytes, %.2f ms of CPU\n", lines, bytes, took_ms);
    return VOUCH_EXIT_OK;
}

static int run(int argc, char **argv)
{
    if (argc > 1)
        return vouch_command_usage(&vouch_command_bench, "\"%s\": metrics takes no argument", argv[1]);
    fill();
    printf("  %-38s %10s %10s\n", "ns of CPU for an observation", "1 thread", "2 threads");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        printf("  %-38s %10.1f %10.1f\n", rows[i].what, with_threads(i, 1), with_threads(i, THREADS));
    return scrape();
}

const bench_part bench_part_metrics = {.name = "metrics", .run = run};
