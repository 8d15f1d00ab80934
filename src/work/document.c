/**
 * One document: blob → sandbox → facts → blobs → write-back.
 *
 * Until the write-back commits, nothing that counts has happened; after it the job is gone. A connection that is lost
 * in between is no reason to read again: the same call is repeated while the lease lives, and a commit whose answer was
 * lost shows as a lease that is gone.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "measure.h"
#include "vouch/dedupe.h"
#include "vouch/fault.h"
#include "vouch/log.h"

enum {
    PATIENCE_SECONDS_LEAST = 60 /* for a database that is gone, with an answer in hand */
};

/** An attempt at a document. */
typedef struct attempt {
    work *w;
    vouch_store *store;
    const vouch_lease *lease;
    vouch_arena *arena;
    vouch_document document;
    vouch_answer answer;
    vouch_write_back input;
    vouch_write_back_result result;
    bool ours; /* the failure is not the document's: it is tried again whatever its code */
} attempt;

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

typedef vouch_code database_call(attempt *a, vouch_error *err);

/** Repeat a call that found no database, until it is there again or patience is out. */
static vouch_code persist(attempt *a, database_call *call, vouch_error *err)
{
    const int64_t lease_seconds = a->w->config->lease_seconds;
    const int64_t patience = lease_seconds > PATIENCE_SECONDS_LEAST ? lease_seconds : PATIENCE_SECONDS_LEAST;
    const int64_t until = now_us() + patience * 1000000;
    outage trouble = {0};
    vouch_code code;
    while ((code = call(a, err)) == VOUCH_DATABASE && now_us() < until) {
        const int64_t wait_ms = outage_note(&trouble, "document", err);
        const struct timespec pause = {.tv_sec = wait_ms / 1000, .tv_nsec = wait_ms % 1000 * 1000000};
        nanosleep(&pause, NULL);
    }
    if (code != VOUCH_DATABASE)
        outage_over(&trouble, "document");
    return code;
}

/* ---- steps ---- */

static vouch_code load_document(attempt *a, vouch_error *err)
{
    return vouch_store_lease_document(a->store, a->lease, a->arena, &a->document, err);
}

/** Why a child ended, in the words of the reading's problem. */
static vouch_code fail_of_child(const attempt *a, vouch_code end, vouch_error *err)
{
    const vouch_problems *problems = &a->answer.reading->problems;
    for (size_t i = 0; i < problems->count; i++)
        if (problems->items[i].code == end && problems->items[i].detail)
            return vouch_fail(err, end, "%s", problems->items[i].detail);
    return vouch_fail(err, end, "%s", vouch_code_lookup(end)->title);
}

static vouch_code read_in_sandbox(attempt *a, vouch_error *err)
{
    const vouch_config *config = a->w->config;
    const size_t maximum = config->max_upload_bytes > config->max_bytes ? config->max_upload_bytes : config->max_bytes;
    VOUCH_CLEANUP(vouch_free_pointer) uint8_t *data = NULL;
    size_t length = 0;
    const int64_t begin = now_us();
    VOUCH_TRY(vouch_blob_load(a->w->blobs, a->lease->tenant_id, a->document.sha256, maximum, &data, &length, err));
    const int64_t loaded = now_us();
    vouch_metric_observe(VOUCH_METRIC_STEP_DURATION, VOUCH_LABELS("blob"), loaded - begin);
    VOUCH_FAULT_POINT("blob_read", NULL);
    const vouch_sandbox_request request = {.data = data,
                                           .length = length,
                                           .file = a->document.file,
                                           .verify = true,
                                           .page_scale = config->page_picture_scale,
                                           .max_page_pictures = (int)config->page_picture_max};
    VOUCH_TRY(vouch_sandbox_run(a->w->sandbox, &request, &a->answer, err));
    vouch_metric_since(VOUCH_METRIC_STEP_DURATION, VOUCH_LABELS("sandbox"), loaded);
    measure_answer(&a->answer, a->document.format);
    VOUCH_FAULT_POINT("answered", NULL);
    if (a->answer.zygotes_lost > 0)
        vouch_log(VOUCH_LOG_WARNING, "zygote_replaced", "tenant", a->lease->tenant_id, "document",
                  a->lease->document_id, NULL);
    if (a->answer.reader_end != VOUCH_OK)
        return fail_of_child(a, a->answer.reader_end, err);
    /* A verifier may have had bad luck once; a document that always breaks it is read all the same, and its reading
     * says that the signatures could not be verified. */
    if (a->answer.verifier_end != VOUCH_OK && a->lease->attempt == 1 &&
        vouch_code_lookup(a->answer.verifier_end)->retry_helps)
        return fail_of_child(a, a->answer.verifier_end, err);
    return VOUCH_OK;
}

static vouch_code store_words(attempt *a, vouch_error *err)
{
    if (a->answer.words.count == 0)
        return VOUCH_OK;
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer json = {0};
    vouch_blob blob;
    VOUCH_TRY(vouch_words_to_json(&a->answer.words, &json, err));
    VOUCH_TRY(vouch_blob_store(a->w->blobs, a->lease->tenant_id, json.data, json.length, &blob, err));
    vouch_metric_add(VOUCH_METRIC_BLOB_WRITTEN, VOUCH_LABELS("words"), (int64_t)json.length);
    a->input.words_sha256 = vouch_arena_strdup(a->arena, blob.sha256);
    return VOUCH_OK;
}

static vouch_code store_pictures(attempt *a, vouch_error *err)
{
    vouch_page_blob *pages = vouch_arena_calloc(a->arena, a->answer.picture_count + 1, sizeof *pages);
    for (size_t i = 0; i < a->answer.picture_count; i++) {
        const vouch_page_picture *picture = &a->answer.pictures[i];
        vouch_blob blob;
        VOUCH_TRY(vouch_blob_store(a->w->blobs, a->lease->tenant_id, picture->png, picture->length, &blob, err));
        vouch_metric_add(VOUCH_METRIC_BLOB_WRITTEN, VOUCH_LABELS("picture"), (int64_t)picture->length);
        pages[i] = (vouch_page_blob){.page = picture->page, .bytes = (int64_t)picture->length};
        memcpy(pages[i].sha256, blob.sha256, sizeof pages[i].sha256);
    }
    a->input.pages = pages;
    a->input.page_count = a->answer.picture_count;
    return VOUCH_OK;
}

static vouch_code prepare(attempt *a, vouch_error *err)
{
    const vouch_reading *reading = a->answer.reading;
    VOUCH_TRY(store_words(a, err));
    VOUCH_TRY(store_pictures(a, err));
    VOUCH_FAULT_POINT("blobs_written", NULL);
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer json = {0};
    VOUCH_TRY(vouch_reading_to_json(reading, &json, err));
    a->input.reading = vouch_arena_strndup(a->arena, json.data, json.length);
    vouch_facts *facts = vouch_arena_calloc(a->arena, reading->invoices.count + 1, sizeof *facts);
    for (size_t i = 0; i < reading->invoices.count; i++)
        vouch_dedupe_facts(a->arena, reading, i, &facts[i]);
    a->input.invoices = facts;
    a->input.invoice_count = reading->invoices.count;
    a->input.judge = vouch_dedupe_judge;
    return VOUCH_OK;
}

static vouch_code write_back(attempt *a, vouch_error *err)
{
    return vouch_store_write_back(a->store, a->lease, &a->input, a->arena, &a->result, err);
}

static void measure_step(const char *step, int64_t *begin)
{
    const int64_t now = now_us();
    vouch_metric_observe(VOUCH_METRIC_STEP_DURATION, VOUCH_LABELS(step), now - *begin);
    *begin = now;
}

static vouch_code run_steps(attempt *a, vouch_error *err)
{
    int64_t begin = now_us();
    a->ours = true;
    VOUCH_TRY(persist(a, load_document, err));
    measure_step("load", &begin);
    const int64_t loaded = begin;
    a->ours = false;
    VOUCH_TRY(read_in_sandbox(a, err));
    a->ours = true;
    begin = now_us();
    VOUCH_TRY(prepare(a, err));
    measure_step("blobs_out", &begin);
    VOUCH_TRY(persist(a, write_back, err));
    measure_step("write_back", &begin);
    measure_written_back(a->lease, &a->document, &a->answer, &a->result, begin - loaded);
    VOUCH_FAULT_POINT("committed", NULL);
    return VOUCH_OK;
}

/* ---- ends ---- */

/** A number for the log. */
#define TEXT(value) number_text((char[24]){0}, (value))
static const char *number_text(char buffer[24], int64_t value)
{
    snprintf(buffer, 24, "%" PRId64, value);
    return buffer;
}

static void log_read(const attempt *a, int64_t micros)
{
    vouch_log(VOUCH_LOG_INFO, "document_read", "tenant", a->lease->tenant_id, "document", a->lease->document_id,
              "outcome", vouch_outcome_name(a->result.outcome), "micros", TEXT(micros), "attempt",
              TEXT(a->lease->attempt), NULL);
}

/* What may stand in the log of why a child was ended: words of this side alone, never the child's, which may be the
 * document's. */
static const char *told_to_log(vouch_code code, const vouch_error *reason)
{
    switch (code) {
    case VOUCH_CHILD_REFUSED_CALL:
    case VOUCH_CHILD_SIGNAL:
    case VOUCH_CHILD_CPU_TIME:
    case VOUCH_CHILD_WALL_TIME:
        return reason->message;
    default:
        return NULL;
    }
}

static void fail_job(attempt *a, vouch_code code, const vouch_error *reason)
{
    const vouch_lease *lease = a->lease;
    const vouch_code_info *info = vouch_code_lookup(code);
    bool dead = false;
    vouch_error err = VOUCH_ERROR_INIT;
    const vouch_code failed = vouch_store_job_fail(a->store, lease, &a->w->policy, info->retry_helps || a->ours, code,
                                                   reason->message, &dead, &err);
    const bool lost = failed == VOUCH_PRECONDITION;
    measure_failed(code, lost ? "lost" : dead ? "dead" : failed == VOUCH_OK ? "again" : "unknown");
    vouch_log(lost   ? VOUCH_LOG_INFO
              : dead ? VOUCH_LOG_ERROR
                     : VOUCH_LOG_WARNING,
              lost ? "lease_lost" : "job_failed", "tenant", lease->tenant_id, "document", lease->document_id, "reason",
              info->slug, "detail", told_to_log(code, reason), "attempt", TEXT(lease->attempt), "then",
              lost                 ? NULL
              : dead               ? "set aside"
              : failed == VOUCH_OK ? "again"
                                   : "lease runs out",
              NULL);
}

static void work_document(work *w, vouch_store *store, const vouch_lease *lease)
{
    const int64_t begin = now_us();
    vouch_error err = VOUCH_ERROR_INIT;
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    attempt a = {.w = w, .store = store, .lease = lease, .arena = arena, .ours = true};
    measure_attempt(lease);
    const vouch_code code = arena ? run_steps(&a, &err) : vouch_fail(&err, VOUCH_NO_MEMORY, "reading a document");
    vouch_metric_since(VOUCH_METRIC_DOCUMENT_DURATION, NULL, begin);
    if (code == VOUCH_PRECONDITION)
        vouch_metric_add(VOUCH_METRIC_LEASES_LOST, NULL, 1);
    if (code == VOUCH_OK)
        log_read(&a, now_us() - begin);
    else if (code == VOUCH_PRECONDITION)
        vouch_log(VOUCH_LOG_INFO, "lease_lost", "tenant", lease->tenant_id, "document", lease->document_id, NULL);
    else
        fail_job(&a, code, &err);
    vouch_answer_done(&a.answer);
}

void *document_thread(void *data)
{
    work *w = data;
    vouch_error err = VOUCH_ERROR_INIT;
    VOUCH_CLEANUP(vouch_store_close) vouch_store *store = NULL;
    if (work_connect(w, "vouch work", &store, &err) != VOUCH_OK)
        return work_broken("document", &err);
    for (held_job *job; (job = queue_take(&w->queue)) != NULL;) {
        const vouch_lease lease = job->lease; /* the slot's owner may be told meanwhile that it is lost */
        work_document(w, store, &lease);
        queue_finish(&w->queue, job);
    }
    return NULL;
}
