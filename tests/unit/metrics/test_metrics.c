#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vouch/metrics.h"

static char *printed(bool openmetrics)
{
    vouch_buffer out = {0};
    cr_assert_eq(vouch_metrics_print(openmetrics, &out, NULL), VOUCH_OK);
    return out.data;
}

static void expect(const char *text, const char *part)
{
    cr_expect_not_null(strstr(text, part), "no %s in\n%s", part, text);
}

Test(metrics, counters_and_gauges_show_their_values)
{
    vouch_metric_add(VOUCH_METRIC_UPLOADS, VOUCH_LABELS("pdf", "bulk"), 2);
    vouch_metric_add(VOUCH_METRIC_UPLOADS, VOUCH_LABELS("pdf", "bulk"), 3);
    vouch_metric_add(VOUCH_METRIC_UPLOADS, VOUCH_LABELS("ofd", "bulk"), 0);
    vouch_metric_set(VOUCH_METRIC_HTTP_IN_FLIGHT, NULL, 7);
    vouch_metric_add(VOUCH_METRIC_HTTP_IN_FLIGHT, NULL, -2);
    cr_expect_eq(vouch_metric_value(VOUCH_METRIC_UPLOADS, VOUCH_LABELS("pdf", "bulk")), 5);
    cr_expect_eq(vouch_metric_value(VOUCH_METRIC_UPLOADS, VOUCH_LABELS("pdf", "interactive")), 0);
    VOUCH_CLEANUP(vouch_free_pointer) char *text = printed(/* openmetrics= */ false);
    expect(text, "# TYPE vouch_uploads_total counter\n");
    expect(text, "\nvouch_uploads_total{format=\"pdf\",lane=\"bulk\"} 5\n");
    expect(text, "\nvouch_uploads_total{format=\"ofd\",lane=\"bulk\"} 0\n");
    expect(text, "\nvouch_http_requests_in_flight 5\n");
    cr_expect_null(strstr(text, "# EOF"));
}

Test(metrics, times_are_shown_in_seconds_without_a_rounding)
{
    static const struct {
        int64_t micros;
        const char *line;
    } rows[] = {{0, "\nprocess_cpu_seconds_total 0.0\n"},
                {1, "\nprocess_cpu_seconds_total 0.000001\n"},
                {1500000, "\nprocess_cpu_seconds_total 1.5\n"},
                {10000000, "\nprocess_cpu_seconds_total 10.0\n"},
                {INT64_MAX, "\nprocess_cpu_seconds_total 9223372036854.775807\n"},
                {INT64_MIN, "\nprocess_cpu_seconds_total -9223372036854.775808\n"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        vouch_metric_set(VOUCH_METRIC_PROCESS_CPU, NULL, rows[i].micros);
        VOUCH_CLEANUP(vouch_free_pointer) char *text = printed(/* openmetrics= */ false);
        expect(text, rows[i].line);
    }
}

Test(metrics, histograms_are_cumulative_and_a_bound_belongs_to_its_bucket)
{
    static const int64_t micros[] = {0, 100, 101, 60000000, 60000001};
    for (size_t i = 0; i < sizeof micros / sizeof *micros; i++)
        vouch_metric_observe(VOUCH_METRIC_STEP_DURATION, VOUCH_LABELS("load"), micros[i]);
    cr_expect_eq(vouch_metric_value(VOUCH_METRIC_STEP_DURATION, VOUCH_LABELS("load")), 5);
    VOUCH_CLEANUP(vouch_free_pointer) char *text = printed(/* openmetrics= */ false);
    expect(text, "\nvouch_step_duration_seconds_bucket{step=\"load\",le=\"0.0001\"} 2\n");
    expect(text, "\nvouch_step_duration_seconds_bucket{step=\"load\",le=\"0.00025\"} 3\n");
    expect(text, "\nvouch_step_duration_seconds_bucket{step=\"load\",le=\"30.0\"} 3\n");
    expect(text, "\nvouch_step_duration_seconds_bucket{step=\"load\",le=\"60.0\"} 4\n");
    expect(text, "\nvouch_step_duration_seconds_bucket{step=\"load\",le=\"+Inf\"} 5\n");
    expect(text, "\nvouch_step_duration_seconds_sum{step=\"load\"} 120.000202\n");
    expect(text, "\nvouch_step_duration_seconds_count{step=\"load\"} 5\n");
    vouch_metric_observe(VOUCH_METRIC_UPLOAD_SIZE, NULL, 1024);
    VOUCH_CLEANUP(vouch_free_pointer) char *sizes = printed(/* openmetrics= */ true);
    expect(sizes,
           "\nvouch_upload_size_bytes_bucket{le=\"1024.0\"} 1\nvouch_upload_size_bytes_bucket{le=\"4096.0\"} 1\n");
}

Test(metrics, openmetrics_names_families_without_total_and_ends)
{
    vouch_metric_add(VOUCH_METRIC_UPLOADS, VOUCH_LABELS("pdf", "bulk"), 1);
    VOUCH_CLEANUP(vouch_free_pointer) char *text = printed(/* openmetrics= */ true);
    expect(text, "# TYPE vouch_uploads counter\n");
    expect(text, "\nvouch_uploads_total{format=\"pdf\",lane=\"bulk\"} 1\n");
    cr_expect_str_eq(text + strlen(text) - strlen("\n# EOF\n"), "\n# EOF\n");
}

Test(metrics, label_values_cannot_break_out)
{
    char endless[1000];
    memset(endless, 'x', sizeof endless);
    endless[sizeof endless - 1] = '\0';
    vouch_metric_add(VOUCH_METRIC_UPLOADS, VOUCH_LABELS("a\"b\\c\nd\xE5", NULL), 1);
    vouch_metric_add(VOUCH_METRIC_VERDICTS, VOUCH_LABELS(endless, endless, endless), 1);
    VOUCH_CLEANUP(vouch_free_pointer) char *text = printed(/* openmetrics= */ false);
    expect(text, "\nvouch_uploads_total{format=\"a\\\"b\\\\c?d?\",lane=\"none\"} 1\n");
    expect(text, ",authenticity=\"xxxx");
}

Test(metrics, series_are_bounded_and_what_is_beyond_is_counted_together)
{
    const size_t most = vouch_metric_lookup(VOUCH_METRIC_HTTP_PROBLEMS)->most;
    for (int i = 0; i < 5000; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%d", i);
        vouch_metric_add(VOUCH_METRIC_HTTP_PROBLEMS, VOUCH_LABELS(name), 1);
    }
    cr_expect_eq(vouch_metric_value(VOUCH_METRIC_HTTP_PROBLEMS, VOUCH_LABELS("p0")), 1);
    cr_expect_eq(vouch_metric_value(VOUCH_METRIC_HTTP_PROBLEMS, VOUCH_LABELS("p4999")), 0);
    cr_expect_eq(vouch_metric_value(VOUCH_METRIC_HTTP_PROBLEMS, VOUCH_LABELS("other")), (int64_t)(5000 - (most - 1)));
    VOUCH_CLEANUP(vouch_free_pointer) char *text = printed(/* openmetrics= */ false);
    size_t lines = 0;
    for (const char *at = text; (at = strstr(at, "\nvouch_http_problems_total{")); at++)
        lines++;
    cr_expect_eq(lines, most);
}

Test(metrics, a_hidden_family_is_not_shown)
{
    vouch_metric_set(VOUCH_METRIC_QUEUE_JOBS, VOUCH_LABELS("bulk", "queued"), 3);
    vouch_metric_show(VOUCH_METRIC_QUEUE_JOBS, false);
    VOUCH_CLEANUP(vouch_free_pointer) char *without = printed(/* openmetrics= */ false);
    cr_expect_null(without ? strstr(without, "vouch_queue_jobs") : NULL);
    vouch_metric_show(VOUCH_METRIC_QUEUE_JOBS, true);
    VOUCH_CLEANUP(vouch_free_pointer) char *with = printed(/* openmetrics= */ false);
    expect(with, "\nvouch_queue_jobs{lane=\"bulk\",state=\"queued\"} 3\n");
}

enum {
    THREADS = 8,
    ROUNDS = 20000
};

static void *observe(void *data)
{
    (void)data;
    for (int i = 0; i < ROUNDS; i++) {
        char kind[16];
        snprintf(kind, sizeof kind, "k%d", i % 50);
        vouch_metric_add(VOUCH_METRIC_INVOICES, VOUCH_LABELS(kind), 1);
        vouch_metric_observe(VOUCH_METRIC_DOCUMENT_DURATION, NULL, i);
        if (i % 1000 == 0) {
            VOUCH_CLEANUP(vouch_free_pointer) char *text = printed(/* openmetrics= */ true);
            expect(text, "# EOF\n");
        }
    }
    return NULL;
}

Test(metrics, nothing_is_lost_between_threads)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, observe, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    int64_t sum = 0;
    for (int i = 0; i < 50; i++) {
        char kind[16];
        snprintf(kind, sizeof kind, "k%d", i);
        sum += vouch_metric_value(VOUCH_METRIC_INVOICES, VOUCH_LABELS(kind));
    }
    cr_expect_eq(sum, THREADS * ROUNDS);
    cr_expect_eq(vouch_metric_value(VOUCH_METRIC_DOCUMENT_DURATION, NULL), THREADS * ROUNDS);
}

Test(metrics, the_table_keeps_to_the_conventions)
{
    for (int i = 0; i < VOUCH_METRIC_COUNT; i++) {
        const vouch_metric_info *info = vouch_metric_lookup((vouch_metric)i);
        const size_t length = strlen(info->name);
        const bool total = length > 6 && strcmp(info->name + length - 6, "_total") == 0;
        cr_expect_eq(total, info->type == VOUCH_METRIC_IS_COUNTER, "%s", info->name);
        cr_expect_eq(info->unit == VOUCH_METRIC_SECONDS, strstr(info->name, "_seconds") != NULL, "%s", info->name);
        cr_expect_eq(info->unit == VOUCH_METRIC_BYTES, strstr(info->name, "_bytes") != NULL, "%s", info->name);
        size_t labels = info->labels[0] != '\0';
        for (const char *c = info->labels; *c; c++)
            labels += *c == ',';
        cr_expect_leq(labels, (size_t)VOUCH_METRIC_LABELS_MOST, "%s", info->name);
        cr_expect(labels > 0 || info->most == 1, "%s", info->name);
        for (int j = 0; j < i; j++)
            cr_expect_neq(strcmp(vouch_metric_lookup((vouch_metric)j)->name, info->name), 0, "%s twice", info->name);
    }
}

Test(metrics, the_process_tells_of_itself)
{
    vouch_metrics_collect_process("/");
    cr_expect_gt(vouch_metric_value(VOUCH_METRIC_PROCESS_RESIDENT, NULL), 1 << 20);
    cr_expect_gt(vouch_metric_value(VOUCH_METRIC_PROCESS_OPEN_FDS, NULL), 2);
    cr_expect_lt(vouch_metric_value(VOUCH_METRIC_PROCESS_OPEN_FDS, NULL), 1000);
    cr_expect_geq(vouch_metric_value(VOUCH_METRIC_PROCESS_THREADS, NULL), 1);
    cr_expect_gt(vouch_metric_value(VOUCH_METRIC_BLOB_SIZE, NULL), 0);
    const int64_t now = (int64_t)time(NULL) * 1000000, start = vouch_metric_value(VOUCH_METRIC_PROCESS_START, NULL);
    cr_expect(start <= now + 2000000 && start > now - 600000000, "%lld at %lld", (long long)start, (long long)now);
}
