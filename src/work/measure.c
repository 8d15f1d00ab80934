/** What is counted of documents, and what a scrape of work looks up. */
#include "measure.h"

#include "vouch/metrics.h"

static const char *lane_of(const vouch_lease *lease)
{
    return lease->bulk ? "bulk" : "interactive";
}

static const char *end_of(vouch_code code)
{
    return vouch_code_lookup(code)->slug; /* "ok" for VOUCH_OK */
}

void measure_attempt(const vouch_lease *lease)
{
    const char *attempt = lease->attempt <= 1 ? "1" : lease->attempt == 2 ? "2" : "3";
    vouch_metric_add(VOUCH_METRIC_ATTEMPTS, VOUCH_LABELS(lane_of(lease), attempt), 1);
}

static void measure_stages(const vouch_timing *timing)
{
    const struct {
        const char *name;
        double milliseconds;
    } stages[] = {{"decode", timing->decode},
                  {"read", timing->read},
                  {"reconcile", timing->reconcile},
                  {"fingerprint", timing->fingerprint},
                  {"verify", timing->verify}};
    /* The child's own words: parsed strictly, but a number all the same. */
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
        if (stages[i].milliseconds >= 0 && stages[i].milliseconds < 1e9)
            vouch_metric_observe(VOUCH_METRIC_STAGE_CPU, VOUCH_LABELS(stages[i].name),
                                 (int64_t)(stages[i].milliseconds * 1000));
}

void measure_answer(const vouch_answer *answer, const char *format)
{
    const char *end = answer->reader_end == VOUCH_OK ? "ok" : "failed";
    vouch_metric_add(VOUCH_METRIC_READER_ANSWERS, VOUCH_LABELS(format, end), 1);
    vouch_metric_add(VOUCH_METRIC_SANDBOX_ENDS, VOUCH_LABELS("reader", end_of(answer->reader_end)), 1);
    vouch_metric_add(VOUCH_METRIC_SANDBOX_ENDS, VOUCH_LABELS("verifier", end_of(answer->verifier_end)), 1);
    const struct {
        const char *name;
        const vouch_child_usage *usage;
    } children[] = {{"reader", &answer->reader_usage}, {"verifier", &answer->verifier_usage}};
    for (size_t i = 0; i < sizeof children / sizeof *children; i++) {
        vouch_metric_observe(VOUCH_METRIC_SANDBOX_CPU, VOUCH_LABELS(children[i].name), children[i].usage->cpu_us);
        vouch_metric_observe(VOUCH_METRIC_SANDBOX_PEAK, VOUCH_LABELS(children[i].name),
                             (int64_t)children[i].usage->peak_kib * 1024);
    }
    if (answer->zygotes_lost > 0)
        vouch_metric_add(VOUCH_METRIC_SANDBOX_ZYGOTES_LOST, NULL, answer->zygotes_lost);
    measure_stages(&answer->reading->timing);
}

static void measure_invoice(const vouch_invoice *invoice)
{
    int64_t by_source[VOUCH_SOURCE_COUNT] = {0};
    vouch_metric_add(VOUCH_METRIC_INVOICES, VOUCH_LABELS(vouch_kind_name(invoice->kind)), 1);
    for (size_t i = 0; i < VOUCH_FIELD_COUNT; i++)
        if (invoice->fields[i].chosen.value)
            by_source[invoice->fields[i].chosen.source]++;
    for (size_t i = 0; i < VOUCH_SOURCE_COUNT; i++)
        if (by_source[i] > 0)
            vouch_metric_add(VOUCH_METRIC_FIELDS, VOUCH_LABELS(vouch_source_name((vouch_source)i)), by_source[i]);
}

static void measure_reading(const vouch_reading *reading)
{
    for (size_t i = 0; i < reading->invoices.count; i++)
        measure_invoice(&reading->invoices.items[i]);
    for (size_t i = 0; i < reading->problems.count; i++)
        vouch_metric_add(VOUCH_METRIC_DOCUMENT_PROBLEMS,
                         VOUCH_LABELS(end_of(reading->problems.items[i].code), reading->format), 1);
    for (size_t i = 0; i < reading->verdicts.count; i++) {
        const vouch_verdict *verdict = &reading->verdicts.items[i];
        vouch_metric_add(VOUCH_METRIC_VERDICTS,
                         VOUCH_LABELS(verdict->scheme, vouch_integrity_name(verdict->integrity),
                                      vouch_authenticity_name(verdict->authenticity)),
                         1);
    }
}

void measure_written_back(const vouch_lease *lease, const vouch_document *document, const vouch_answer *answer,
                          const vouch_write_back_result *result, int64_t micros)
{
    const char *outcome = vouch_outcome_name(result->outcome);
    measure_reading(answer->reading);
    vouch_metric_add(VOUCH_METRIC_DOCUMENTS, VOUCH_LABELS(outcome, answer->reading->format), 1);
    vouch_metric_add(VOUCH_METRIC_BRANCH_OUTCOMES, VOUCH_LABELS(vouch_metric_branch(document->branch_id), outcome), 1);
    vouch_metric_observe(VOUCH_METRIC_DOCUMENT_LATENCY, VOUCH_LABELS(lane_of(lease)), document->age_us + micros);
    vouch_metric_observe(VOUCH_METRIC_STEP_DURATION, VOUCH_LABELS("dedupe"), result->match_us);
    for (size_t i = 0; i < result->match_count; i++)
        vouch_metric_add(VOUCH_METRIC_MATCHES, VOUCH_LABELS(result->matches[i].kind, result->matches[i].decision), 1);
}

void measure_failed(vouch_code reason, const char *then)
{
    vouch_metric_add(VOUCH_METRIC_ATTEMPTS_FAILED, VOUCH_LABELS(end_of(reason), then), 1);
}

/* ---- scrapes ---- */

static void collect(void *data)
{
    work *w = data;
    const size_t threads = w->queue.threads, running = queue_running(&w->queue);
    vouch_metrics_collect_process(w->config->blob_dir);
    vouch_metric_set(VOUCH_METRIC_WORK_THREADS, VOUCH_LABELS("busy"), (int64_t)running);
    vouch_metric_set(VOUCH_METRIC_WORK_THREADS, VOUCH_LABELS("idle"), (int64_t)(threads - running));
    vouch_metric_set(VOUCH_METRIC_WORK_HELD, NULL, (int64_t)queue_held(&w->queue));
}

/** Families whose first event must be seen as one are there from the start: a rate needs a value before it. */
static void make_series(void)
{
    static const vouch_code ends[] = {
        VOUCH_OK,           VOUCH_CHILD_SIGNAL,       VOUCH_CHILD_WALL_TIME,  VOUCH_CHILD_CPU_TIME,
        VOUCH_CHILD_MEMORY, VOUCH_CHILD_REFUSED_CALL, VOUCH_CHILD_BAD_ANSWER, VOUCH_CHILD_EXIT};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        vouch_metric_add(VOUCH_METRIC_SANDBOX_ENDS, VOUCH_LABELS("reader", end_of(ends[i])), 0);
        vouch_metric_add(VOUCH_METRIC_SANDBOX_ENDS, VOUCH_LABELS("verifier", end_of(ends[i])), 0);
        if (ends[i] != VOUCH_OK)
            vouch_metric_add(VOUCH_METRIC_ATTEMPTS_FAILED, VOUCH_LABELS(end_of(ends[i]), "dead"), 0);
    }
    for (int i = 0; i < VOUCH_FORMAT_COUNT; i++)
        vouch_metric_add(VOUCH_METRIC_READER_ANSWERS, VOUCH_LABELS(vouch_format_name((vouch_format)i), "failed"), 0);
    static const vouch_metric plain[] = {VOUCH_METRIC_SANDBOX_ZYGOTES_LOST, VOUCH_METRIC_LEASES_LOST,
                                         VOUCH_METRIC_LEASES_RECOVERED, VOUCH_METRIC_RESERVATIONS_EXPIRED,
                                         VOUCH_METRIC_AUDIT_SEALED};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        vouch_metric_add(plain[i], NULL, 0);
    static const char *const retained[] = {"erased", "masked", "skipped"}, *const rotated[] = {"blob", "key", "failed"};
    for (size_t i = 0; i < 3; i++) {
        vouch_metric_add(VOUCH_METRIC_RETENTION, VOUCH_LABELS(retained[i]), 0);
        vouch_metric_add(VOUCH_METRIC_KEYS_ROTATED, VOUCH_LABELS(rotated[i]), 0);
    }
    vouch_metric_add(VOUCH_METRIC_BLOBS_SWEPT, VOUCH_LABELS("orphan"), 0);
    vouch_metric_add(VOUCH_METRIC_BLOBS_SWEPT, VOUCH_LABELS("abandoned"), 0);
    vouch_metric_add(VOUCH_METRIC_DATABASE_CONNECTS, VOUCH_LABELS("failed"), 0);
    vouch_metric_add(VOUCH_METRIC_DATABASE_TRANSACTIONS, VOUCH_LABELS("lost"), 0);
}

vouch_code measures_start(work *w, vouch_metrics_listener **out, vouch_error *err)
{
    make_series();
    return vouch_metrics_listen(w->config, "work", collect, w, out, err);
}
