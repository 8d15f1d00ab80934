/**
 * What is done beside the documents. Every process looks for leases that ran out (whoever held them may be gone, the
 * housekeeper among them); one process in all, the housekeeper, lets old reservations expire and removes blobs that no
 * row refers to.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "vouch/log.h"
#include "vouch/metrics.h"
#include "vouch/snapshot.h"
#include "worker.h"

enum {
    EXPIRE_SECONDS = 300,
    JUMP_SECONDS = 5,        /* more than any slew between two rounds */
    IN_FLIGHT_SECONDS = 600, /* more than any upload or write-back takes from its blob to its row */
    ROUND_SECONDS_MOST = 10
};

typedef struct house {
    work *w;
    vouch_store *store;
    int64_t expire_at, sweep_at, retain_at; /* monotonic seconds */
    vouch_clock_watch clock;
    int64_t day_seconds, steady_seconds; /* clock of the day, and monotonic, at the last round */
} house;

static int64_t now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static void log_count(const char *event, size_t count)
{
    char text[24];
    snprintf(text, sizeof text, "%zu", count);
    if (count > 0)
        vouch_log(VOUCH_LOG_INFO, event, "count", text, NULL);
}

/**
 * A folder of blobs whose tenant this database does not know belongs to another database: nothing in it is touched.
 */
static vouch_code find_referenced(void *context, const char *tenant, const char (*sha256)[65], size_t count,
                                  bool *referenced, vouch_error *err)
{
    house *h = context;
    if (work_pause(h->w, 0))
        return vouch_fail(err, VOUCH_UNAVAILABLE, "the worker is stopping");
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    if (!arena)
        return vouch_fail(err, VOUCH_NO_MEMORY, "looking for blobs");
    vouch_tenant known;
    const vouch_code code = vouch_store_tenant_find(h->store, tenant, arena, &known, err);
    if (code == VOUCH_NOT_FOUND) {
        memset(referenced, true, count * sizeof *referenced);
        return VOUCH_OK;
    }
    VOUCH_TRY(code);
    const char *names[VOUCH_BLOB_BATCH];
    for (size_t i = 0; i < count; i++)
        names[i] = sha256[i];
    return vouch_store_blobs_used(h->store, tenant, names, count, referenced, err);
}

static vouch_code sweep(house *h, vouch_error *err)
{
    vouch_blob_sweep swept = {0};
    vouch_error unlocking = VOUCH_ERROR_INIT;
    bool mine = false;
    VOUCH_TRY(vouch_store_blobs_lock(h->store, &mine, err));
    if (!mine)
        return VOUCH_OK; /* a backup copies them: the next sweep will do */
    const vouch_code code =
        vouch_blobs_sweep(h->w->blobs, h->w->config->orphan_min_age_seconds, find_referenced, h, &swept, err);
    const vouch_code unlocked = vouch_store_blobs_unlock(h->store, &unlocking);
    VOUCH_TRY(code);
    if (unlocked != VOUCH_OK)
        return vouch_fail(err, unlocked, "%s", unlocking.message);
    log_count("blobs_removed", swept.removed);
    log_count("uploads_abandoned", swept.abandoned);
    vouch_metric_add(VOUCH_METRIC_BLOBS_SWEPT, VOUCH_LABELS("orphan"), (int64_t)swept.removed);
    vouch_metric_add(VOUCH_METRIC_BLOBS_SWEPT, VOUCH_LABELS("abandoned"), (int64_t)swept.abandoned);
    vouch_metric_set(VOUCH_METRIC_BLOB_SWEEP_TIME, NULL, (int64_t)time(NULL) * 1000000);
    return VOUCH_OK;
}

/**
 * After the clock was set forward, files look older than they are: the sweep must not take one for forgotten whose row
 * is just being written. It waits until all that was in flight has ended.
 */
static void watch_day(house *h)
{
    const int64_t day = (int64_t)time(NULL), steady = now_seconds();
    const bool jumped = day - h->day_seconds > steady - h->steady_seconds + JUMP_SECONDS;
    h->day_seconds = day;
    h->steady_seconds = steady;
    if (!jumped)
        return;
    vouch_log(VOUCH_LOG_WARNING, "clock_was_set_forward", NULL);
    if (h->sweep_at < steady + IN_FLIGHT_SECONDS)
        h->sweep_at = steady + IN_FLIGHT_SECONDS;
}

static vouch_code keep_house(house *h, vouch_error *err)
{
    bool mine = false;
    VOUCH_TRY(vouch_store_housekeeper(h->store, &mine, err));
    __atomic_store_n(&h->w->keeps_house, mine, __ATOMIC_RELEASE);
    if (!mine)
        return VOUCH_OK;
    const int64_t now = now_seconds(), sweep_every = h->w->config->orphan_sweep_seconds;
    if (now >= h->expire_at) {
        size_t released = 0;
        VOUCH_TRY(vouch_store_expire(h->store, &released, err));
        log_count("reservations_expired", released);
        vouch_metric_add(VOUCH_METRIC_RESERVATIONS_EXPIRED, NULL, (int64_t)released);
        h->expire_at = now + EXPIRE_SECONDS;
    }
    watch_day(h); /* once more: all this may have taken a while */
    if (sweep_every > 0 && now >= h->sweep_at) {
        VOUCH_TRY(sweep(h, err));
        h->sweep_at = now + sweep_every;
    }
    if (h->w->config->retention_seconds > 0 && now >= h->retain_at) {
        VOUCH_TRY(work_apply_retention(h->w, h->store, err));
        h->retain_at = now + h->w->config->retention_seconds;
    }
    return VOUCH_OK;
}

static vouch_code do_round(house *h, vouch_error *err)
{
    size_t recovered = 0, mended = 0;
    VOUCH_TRY(vouch_store_check(h->store, err)); /* a migration may have ended this program's time */
    VOUCH_TRY(vouch_store_job_watch_clock(h->store, &h->clock, (int)h->w->config->lease_seconds, &h->w->policy, &mended,
                                          err));
    log_count("clock_was_set_back", mended);
    watch_day(h);
    VOUCH_TRY(vouch_store_job_recover(h->store, &h->w->policy, &recovered, err));
    log_count("leases_recovered", recovered);
    vouch_metric_add(VOUCH_METRIC_LEASES_RECOVERED, NULL, (int64_t)recovered);
    VOUCH_TRY(vouch_store_job_rotate(h->store, err));
    return keep_house(h, err);
}

void *housekeeping_thread(void *data)
{
    work *w = data;
    vouch_error err = VOUCH_ERROR_INIT;
    VOUCH_CLEANUP(vouch_store_close) vouch_store *store = NULL;
    if (work_connect(w, "vouch work (housekeeping)", &store, &err) != VOUCH_OK)
        return work_broken("housekeeping", &err);
    const int64_t seconds = w->config->lease_seconds / 4;
    const int64_t round_ms = 1000 * (seconds < ROUND_SECONDS_MOST ? seconds : ROUND_SECONDS_MOST);
    house h = {.w = w,
               .store = store,
               .sweep_at = now_seconds() + w->config->orphan_sweep_seconds,
               .day_seconds = (int64_t)time(NULL),
               .steady_seconds = now_seconds()};
    outage trouble = {0};
    int64_t wait_ms = 0;
    while (!work_pause(w, wait_ms)) {
        const vouch_code code = do_round(&h, &err);
        if (code == VOUCH_OK) {
            outage_over(&trouble, "housekeeping");
            wait_ms = round_ms;
        } else if (code == VOUCH_CONFIG) {
            return work_broken("housekeeping", &err);
        } else {
            wait_ms = outage_note(&trouble, "housekeeping", &err);
        }
    }
    return NULL;
}
