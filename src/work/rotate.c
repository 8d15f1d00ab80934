/**
 * Encryption in the background: by the process that keeps house, in a thread of its own, since it may take long. Keys
 * are looked at every hour; all blobs at the start, hourly as long as there was something to do, and else once a day.
 * Whatever is stopped in the middle is found again by the next round (vouch_blobs_rotate).
 */
#include <stdio.h>
#include <time.h>

#include "vouch/log.h"
#include "vouch/metrics.h"
#include "worker.h"

enum {
    LOOK_MS = 2000, /* whether this process keeps house by now */
    ROUND_SECONDS = 3600,
    DAY_SECONDS = 86400,
    MOST_PAUSE_MS = 1000
};

typedef struct rotation {
    work *w;
    size_t sealed;
    int64_t since_ms; /* when the last blob was done */
} rotation;

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Rest for as long as a blob took: documents go first. */
static bool step(void *context, const vouch_blob_rotation *so_far)
{
    rotation *r = context;
    int64_t pause_ms = 0;
    if (so_far->sealed > r->sealed) {
        pause_ms = now_ms() - r->since_ms;
        r->sealed = so_far->sealed;
    }
    const bool stopping = work_pause(r->w, pause_ms < MOST_PAUSE_MS ? pause_ms : MOST_PAUSE_MS);
    r->since_ms = now_ms();
    return !stopping;
}

static void tell_failure(void *context, const char *tenant, const vouch_error *why)
{
    (void)context;
    vouch_log(VOUCH_LOG_ERROR, "not_encrypted", "tenant", tenant, "reason", vouch_code_lookup(why->code)->slug,
              "detail", why->message, NULL);
}

static void tell_done(const vouch_blob_rotation *done)
{
    char sealed[24], wrapped[24], retired[24];
    vouch_metric_add(VOUCH_METRIC_KEYS_ROTATED, VOUCH_LABELS("blob"), (int64_t)done->sealed);
    vouch_metric_add(VOUCH_METRIC_KEYS_ROTATED, VOUCH_LABELS("key"), (int64_t)done->wrapped);
    vouch_metric_add(VOUCH_METRIC_KEYS_ROTATED, VOUCH_LABELS("failed"), (int64_t)done->failed);
    if (done->sealed + done->wrapped + done->retired == 0)
        return;
    snprintf(sealed, sizeof sealed, "%zu", done->sealed);
    snprintf(wrapped, sizeof wrapped, "%zu", done->wrapped);
    snprintf(retired, sizeof retired, "%zu", done->retired);
    vouch_log(VOUCH_LOG_INFO, "keys_rotated", "blobs_encrypted", sealed, "keys_wrapped", wrapped, "keys_retired",
              retired, NULL);
}

static vouch_code do_round(work *w, bool keys_only, vouch_blob_rotation *done, vouch_error *err)
{
    rotation r = {.w = w, .since_ms = now_ms()};
    const vouch_blob_rotate_options options = {
        .keys_only = keys_only, .step = step, .failed = tell_failure, .context = &r};
    VOUCH_TRY(vouch_blobs_rotate(w->blobs, &options, done, err));
    tell_done(done);
    return VOUCH_OK;
}

void *rotate_thread(void *data)
{
    work *w = data;
    int64_t full_at = now_ms(), round_at = full_at;
    if (!vouch_blobs_encrypted(w->blobs))
        return NULL;
    while (!work_pause(w, LOOK_MS)) {
        vouch_error err = VOUCH_ERROR_INIT;
        vouch_blob_rotation done = {0};
        const int64_t now = now_ms();
        if (!__atomic_load_n(&w->keeps_house, __ATOMIC_ACQUIRE) || now < round_at)
            continue;
        const bool full = now >= full_at;
        round_at = now + ROUND_SECONDS * 1000;
        const vouch_code code = do_round(w, !full, &done, &err);
        if (code != VOUCH_OK)
            vouch_metric_add(VOUCH_METRIC_KEYS_ROTATED, VOUCH_LABELS("failed"), 1);
        if (code != VOUCH_OK)
            vouch_log(VOUCH_LOG_ERROR, "keys_not_rotated", "detail", err.message, NULL);
        else if (full && done.sealed + done.failed == 0)
            full_at = now + DAY_SECONDS * INT64_C(1000);
    }
    return NULL;
}
