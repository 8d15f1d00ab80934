/*
 * A clock that is set back makes what was said about the future wrong: a job that came in an hour ago may be leased in
 * an hour, and the lease of a dead worker runs out an hour late. Times of the queue are the database's, so its clock is
 * compared with a monotonic one from round to round, and after a step back waits end at once and leases are cut to
 * their usual length: whoever lives prolongs his, and a retry that comes early is only a retry. A process that was not
 * there when the clock was set cuts what no configuration would have made.
 */
#include <time.h>

#include "claim.h"

enum {
    NOTICED_US = 2 * 1000 * 1000 /* a slew, or a slow answer, is no step */
};

typedef struct mending {
    vouch_arena *arena;
    const char **tenants;
    size_t tenant_count;
    int64_t now_us; /* of the database */
    int64_t lease_seconds, longest_wait_ms;
    size_t mended;
} mending;

static int64_t monotonic_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static vouch_code ask_clock(vouch_store *store, void *data, vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err, "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"));
    ((mending *)data)->now_us = cell_number(rows, 0, 0);
    return VOUCH_OK;
}

static vouch_code list_tenants(vouch_store *store, void *data, vouch_error *err)
{
    mending *work = data;
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err, "SELECT tenant_ids()"));
    work->tenant_count = (size_t)PQntuples(rows);
    work->tenants = vouch_arena_calloc(work->arena, work->tenant_count + 1, sizeof *work->tenants);
    for (size_t i = 0; i < work->tenant_count; i++)
        work->tenants[i] = cell_copy(rows, (int)i, 0, work->arena);
    return VOUCH_OK;
}

static vouch_code cut(vouch_store *store, void *data, vouch_error *err)
{
    mending *work = data;
    VOUCH_CLEANUP(clear_result) PGresult *waits = NULL, *leases = NULL;
    VOUCH_TRY(QUERY(store, &waits, err,
                    "UPDATE job SET not_before = now() WHERE tenant_id = $1 AND state = 'ready' AND not_before > now() "
                    "+ $2::bigint * interval '1 ms'",
                    store->who->tenant_id, NUMBER(work->longest_wait_ms)));
    VOUCH_TRY(
        QUERY(store, &leases, err,
              "UPDATE job SET leased_until = now() + $2::bigint * interval '1 s' WHERE tenant_id = $1 AND state = "
              "'leased' AND leased_until > now() + $2::bigint * interval '1 s' + $3::bigint * interval '1 us'",
              store->who->tenant_id, NUMBER(work->lease_seconds), NUMBER(NOTICED_US)));
    work->mended = (size_t)(affected(waits) + affected(leases));
    return VOUCH_OK;
}

vouch_code vouch_store_job_watch_clock(vouch_store *store, vouch_clock_watch *watch, int lease_seconds,
                                       const vouch_retry_policy *policy, size_t *mended, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    if (!arena)
        return vouch_fail(err, VOUCH_NO_MEMORY, "looking at the clock");
    mending work = {.arena = arena, .lease_seconds = lease_seconds};
    const int64_t before_us = monotonic_us();
    VOUCH_TRY(vouch_transaction(store, NULL, ask_clock, &work, err));
    const vouch_clock_watch now = {.database_us = work.now_us, .monotonic_us = monotonic_us()};
    const bool first = watch->monotonic_us == 0;
    const bool set_back = !first && now.database_us - watch->database_us < before_us - watch->monotonic_us - NOTICED_US;
    size_t count = 0;
    if (first || set_back) {
        work.longest_wait_ms = set_back ? 0 : policy->maximum_ms + NOTICED_US / 1000;
        VOUCH_TRY(vouch_transaction(store, NULL, list_tenants, &work, err));
        for (size_t i = 0; i < work.tenant_count; i++, count += work.mended) {
            vouch_principal who;
            vouch_principal_operator(work.tenants[i], &who);
            VOUCH_TRY(vouch_transaction(store, &who, cut, &work, err));
        }
    }
    *watch = now;
    *mended = count;
    return VOUCH_OK;
}
