/*
 * The queue as workers use it.
 *
 * Leasing scans a lane from the place of the last lease on (low-water mark), so that rows which an old snapshot keeps
 * alive are not walked over again. What comes in behind the mark (retries, a tenant without backlog, a transaction that
 * committed late) is found by a look from a few seconds back, once a second or when nothing else was found, and every
 * minute by a look from the beginning. All of it goes by the database's clock; one that was set back makes it look
 * anew.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claim.h"

enum {
    BULK_SHARE = 8,                 /* every eighth lease looks at bulk first, so that it never starves */
    LATE_US = 10 * 1000 * 1000,     /* how late a transaction may commit and still be found by the short look */
    LOOK_US = 1000 * 1000,          /* between looks from a few seconds back */
    LOOK_ALL_US = 60 * 1000 * 1000, /* between looks from the beginning */
};

typedef struct lease_request {
    const char *worker;
    int seconds;
    size_t limit;
    vouch_lease *leases;
    size_t count;
    const vouch_lease *held;
    bool *lost;
} lease_request;

static vouch_code lease_from(vouch_store *store, lease_request *request, bool bulk, int64_t turn, int64_t id,
                             vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err,
                    "SELECT id, tenant_id, document_id, token, attempts, turn FROM job_lease($1, $2, $3, $4, $5, $6)",
                    BOOLEAN(bulk), NUMBER(turn), NUMBER(id), NUMBER((int64_t)(request->limit - request->count)),
                    NUMBER(request->seconds), request->worker));
    lane_place *place = &store->lanes[bulk];
    place->turn = turn;
    place->id = id;
    for (int row = 0; row < PQntuples(rows) && request->count < request->limit; row++) {
        vouch_lease *lease = &request->leases[request->count++];
        *lease =
            (vouch_lease){.job = cell_number(rows, row, 0), .attempt = (int)cell_number(rows, row, 4), .bulk = bulk};
        cell_id(rows, row, 1, lease->tenant_id);
        cell_id(rows, row, 2, lease->document_id);
        cell_id(rows, row, 3, lease->token);
        int64_t at = cell_number(rows, row, 5);
        if (at > place->turn || (at == place->turn && lease->job > place->id)) {
            place->turn = at;
            place->id = lease->job;
        }
    }
    return VOUCH_OK;
}

static vouch_code lease_lane(vouch_store *store, lease_request *request, bool bulk, int64_t now, vouch_error *err)
{
    lane_place *place = &store->lanes[bulk];
    if (now < place->looked_at)
        *place = (lane_place){0};
    bool all = now - place->looked_all_at > LOOK_ALL_US;
    bool from_behind = all || now - place->looked_at > LOOK_US;
    size_t before = request->count;
    if (!from_behind) {
        VOUCH_TRY(lease_from(store, request, bulk, place->turn, place->id, err));
        if (request->count > before)
            return VOUCH_OK;
    }
    int64_t floor = all || place->looked_at < LATE_US ? 0 : place->looked_at - LATE_US;
    place->looked_at = now;
    if (all)
        place->looked_all_at = now;
    return lease_from(store, request, bulk, floor, 0, err);
}

static vouch_code lease_jobs(vouch_store *store, void *data, vouch_error *err)
{
    lease_request *request = data;
    VOUCH_CLEANUP(clear_result) PGresult *clock = NULL;
    /* A lease that a crash of the server loses is only tried again: no need to wait for the disk. */
    VOUCH_TRY(vouch_defer(store, "SET LOCAL synchronous_commit = off", err));
    VOUCH_TRY(QUERY(store, &clock, err, "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"));
    int64_t now = cell_number(clock, 0, 0);
    bool bulk_first = ++store->leases % BULK_SHARE == 0;
    request->count = 0;
    VOUCH_TRY(lease_lane(store, request, bulk_first, now, err));
    return request->count < request->limit ? lease_lane(store, request, !bulk_first, now, err) : VOUCH_OK;
}

vouch_code vouch_store_job_lease(vouch_store *store, const char *worker, int lease_seconds, size_t limit,
                                 vouch_lease *out, size_t *count, vouch_error *err)
{
    lease_request request = {.worker = worker, .seconds = lease_seconds, .limit = limit, .leases = out};
    vouch_code code = vouch_transaction(store, NULL, lease_jobs, &request, err);
    if (code != VOUCH_OK)
        memset(store->lanes, 0, sizeof store->lanes); /* the marks moved over jobs that were not leased after all */
    VOUCH_TRY(code);
    *count = request.count;
    return VOUCH_OK;
}

/* Ids and tokens of leases as two array literals. */
static vouch_code list_leases(const vouch_lease *leases, size_t count, vouch_buffer *ids, vouch_buffer *tokens)
{
    for (size_t i = 0; i < count; i++) {
        VOUCH_TRY(vouch_buffer_printf(ids, "%c%" PRId64, i ? ',' : '{', leases[i].job));
        VOUCH_TRY(vouch_buffer_printf(tokens, "%c%s", i ? ',' : '{', leases[i].token));
    }
    VOUCH_TRY(vouch_buffer_append(ids, "}", 1));
    return vouch_buffer_append(tokens, "}", 1);
}

vouch_code vouch_job_complete(vouch_store *store, const vouch_lease *leases, size_t count, size_t *completed,
                              vouch_error *err)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer ids = {0};
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer tokens = {0};
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(list_leases(leases, count, &ids, &tokens));
    VOUCH_TRY(QUERY(store, &rows, err, "SELECT job_complete($1, $2)", ids.data, tokens.data));
    *completed = (size_t)PQntuples(rows);
    return VOUCH_OK;
}

static vouch_code complete_jobs(vouch_store *store, void *data, vouch_error *err)
{
    lease_request *request = data;
    VOUCH_TRY(vouch_defer(store, "SET LOCAL synchronous_commit = off", err));
    return vouch_job_complete(store, request->held, request->limit, &request->count, err);
}

vouch_code vouch_store_job_complete(vouch_store *store, const vouch_lease *leases, size_t count, size_t *completed,
                                    vouch_error *err)
{
    lease_request request = {.held = leases, .limit = count};
    if (count > 0)
        VOUCH_TRY(vouch_transaction(store, NULL, complete_jobs, &request, err));
    *completed = request.count;
    return VOUCH_OK;
}

static vouch_code prolong(vouch_store *store, void *data, vouch_error *err)
{
    lease_request *request = data;
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer ids = {0};
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer tokens = {0};
    VOUCH_TRY(list_leases(request->held, request->count, &ids, &tokens));
    VOUCH_TRY(vouch_defer(store, "SET LOCAL synchronous_commit = off", err));
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(
        QUERY(store, &rows, err, "SELECT job_heartbeat($1, $2, $3)", ids.data, tokens.data, NUMBER(request->seconds)));
    for (size_t i = 0; request->lost && i < request->count; i++) {
        request->lost[i] = true;
        for (int row = 0; row < PQntuples(rows); row++)
            if (cell_number(rows, row, 0) == request->held[i].job)
                request->lost[i] = false;
    }
    return VOUCH_OK;
}

vouch_code vouch_store_job_heartbeat(vouch_store *store, const vouch_lease *leases, size_t count, int lease_seconds,
                                     bool *lost, vouch_error *err)
{
    if (count == 0)
        return VOUCH_OK;
    lease_request request = {.held = leases, .count = count, .seconds = lease_seconds, .lost = lost};
    return vouch_transaction(store, NULL, prolong, &request, err);
}

static vouch_code return_job(vouch_store *store, void *data, vouch_error *err)
{
    const vouch_lease *lease = data;
    return QUERY(
        store, NULL, err,
        "UPDATE job SET state = 'ready', token = NULL, leased_until = NULL, attempts = attempts - 1, turn = "
        "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint WHERE tenant_id = $1 AND id = $2 AND token = "
        "$3 AND state = 'leased'",
        lease->tenant_id, NUMBER(lease->job), lease->token);
}

vouch_code vouch_store_job_return(vouch_store *store, const vouch_lease *lease, vouch_error *err)
{
    vouch_principal who;
    vouch_principal_operator(lease->tenant_id, &who);
    vouch_lease copy = *lease;
    VOUCH_TRY(vouch_transaction(store, &who, return_job, &copy, err));
    vouch_job_announce(store);
    return VOUCH_OK;
}

typedef struct fail_request {
    const vouch_lease *lease;
    const vouch_retry_policy *policy;
    bool retry;
    vouch_code reason;
    const char *detail;
    bool dead;
} fail_request;

/* base · 2^(n−1) up to the maximum, the upper half of it by chance, so that jobs that failed together come apart. */
static int64_t back_off_ms(const vouch_retry_policy *policy, int attempt)
{
    int64_t wait = policy->base_ms;
    for (int i = 1; i < attempt && wait < policy->maximum_ms; i++)
        wait *= 2;
    return wait < policy->maximum_ms ? wait : policy->maximum_ms;
}

static vouch_code fail_job(vouch_store *store, void *data, vouch_error *err)
{
    fail_request *request = data;
    const vouch_lease *lease = request->lease;
    const char *slug = vouch_code_lookup(request->reason)->slug;
    bool dead = !request->retry || lease->attempt >= request->policy->max_attempts;
    VOUCH_CLEANUP(clear_result) PGresult *result = NULL;
    VOUCH_TRY(QUERY(store, &result, err,
                    "UPDATE job SET state = CASE WHEN $4::boolean THEN 'dead' ELSE 'ready' END, token = NULL, "
                    "leased_until = NULL, reason = $5, detail = $6, not_before = now() + w.wait, turn = (extract(epoch "
                    "FROM now() + w.wait) * 1000000)::bigint FROM (SELECT $7::bigint * (0.5 + random() / 2) * interval "
                    "'1 ms' AS wait) w WHERE tenant_id = $1 AND id = $2 AND token = $3 AND state = 'leased'",
                    lease->tenant_id, NUMBER(lease->job), lease->token, BOOLEAN(dead), slug, request->detail,
                    NUMBER(back_off_ms(request->policy, lease->attempt))));
    if (affected(result) == 0)
        return vouch_fail(err, VOUCH_PRECONDITION, "the lease of job %" PRId64 " was lost", lease->job);
    request->dead = dead;
    if (!dead)
        return VOUCH_OK;
    VOUCH_CLEANUP(clear_result) PGresult *failed = NULL;
    VOUCH_TRY(QUERY(store, &failed, err,
                    "UPDATE document SET state = 'failed', attempts = $3, problem = $4, problem_detail = $5, done_at = "
                    "now() WHERE tenant_id = $1 AND id = $2 RETURNING json_build_object('document_id', id, 'claim_id', "
                    "claim_id, 'problem', problem, 'attempts', attempts)",
                    lease->tenant_id, lease->document_id, NUMBER(lease->attempt), slug, request->detail));
    audit_note note = {"document.fail", "document", lease->document_id, NULL, cell(failed, 0, 0), "document.failed"};
    return vouch_audit_add(store, &note, err);
}

vouch_code vouch_store_job_fail(vouch_store *store, const vouch_lease *lease, const vouch_retry_policy *policy,
                                bool retry, vouch_code reason, const char *detail, bool *dead, vouch_error *err)
{
    vouch_principal who;
    vouch_principal_operator(lease->tenant_id, &who);
    snprintf(who.account_name, sizeof who.account_name, "worker");
    fail_request request = {.lease = lease, .policy = policy, .retry = retry, .reason = reason, .detail = detail};
    VOUCH_TRY(vouch_transaction(store, &who, fail_job, &request, err));
    if (dead)
        *dead = request.dead;
    return VOUCH_OK;
}

enum {
    EXPIRED_BATCH = 100,
    SLOT_BYTES = 32 << 20, /* a slot of the queue that has grown beyond it is left for the next (0005_load.sql) */
};

static vouch_code find_expired(vouch_store *store, void *data, vouch_error *err)
{
    lease_request *request = data;
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err, "SELECT id, tenant_id, document_id, token, attempts FROM job_expired($1)",
                    NUMBER((int64_t)request->limit)));
    request->count = 0;
    for (int row = 0; row < PQntuples(rows); row++) {
        vouch_lease *lease = &request->leases[request->count++];
        *lease = (vouch_lease){.job = cell_number(rows, row, 0), .attempt = (int)cell_number(rows, row, 4)};
        cell_id(rows, row, 1, lease->tenant_id);
        cell_id(rows, row, 2, lease->document_id);
        cell_id(rows, row, 3, lease->token);
    }
    return VOUCH_OK;
}

static vouch_code rotate(vouch_store *store, void *data, vouch_error *err)
{
    (void)data;
    return QUERY(store, NULL, err, "SELECT job_rotate($1)", NUMBER(SLOT_BYTES));
}

vouch_code vouch_store_job_rotate(vouch_store *store, vouch_error *err)
{
    return vouch_transaction(store, NULL, rotate, NULL, err);
}

vouch_code vouch_store_job_recover(vouch_store *store, const vouch_retry_policy *policy, size_t *count,
                                   vouch_error *err)
{
    vouch_lease leases[EXPIRED_BATCH];
    lease_request request = {.limit = EXPIRED_BATCH, .leases = leases};
    VOUCH_TRY(vouch_transaction(store, NULL, find_expired, &request, err));
    size_t recovered = 0;
    for (size_t i = 0; i < request.count; i++) {
        vouch_code code = vouch_store_job_fail(store, &leases[i], policy, /* retry= */ true, VOUCH_CHILD_EXIT,
                                               "the worker that held the document ended or fell silent", NULL, err);
        if (code != VOUCH_OK && code != VOUCH_PRECONDITION) /* lost: another worker was faster */
            return code;
        recovered += code == VOUCH_OK;
    }
    if (count)
        *count = recovered;
    return VOUCH_OK;
}

/* NOTIFY inside the business transaction would cost a factor of ten (a lock until its flush): a transaction of its own,
 * which does not wait for the disk. */
void vouch_job_announce(vouch_store *store)
{
    vouch_code ignored =
        vouch_execute(store, "BEGIN; SET LOCAL synchronous_commit = off; NOTIFY vouch_job; COMMIT", NULL);
    if (ignored != VOUCH_OK && PQstatus(store->connection) == CONNECTION_OK &&
        PQtransactionStatus(store->connection) != PQTRANS_IDLE)
        ignored = vouch_execute(store, "ROLLBACK", NULL);
    (void)ignored; /* workers look by themselves, a little later */
}

vouch_code vouch_store_job_wait(vouch_store *store, int timeout_ms, int stop_fd, vouch_error *err)
{
    VOUCH_TRY(vouch_store_connect(store, err));
    if (!store->listening) {
        VOUCH_TRY(vouch_execute(store, "LISTEN vouch_job", err));
        store->listening = true;
        return VOUCH_OK; /* what came in before is found by looking once now */
    }
    bool heard = false;
    for (PGnotify *notify; (notify = PQnotifies(store->connection)) != NULL; heard = true)
        PQfreemem(notify);
    if (heard)
        return VOUCH_OK;
    struct pollfd waits[2] = {{.fd = PQsocket(store->connection), .events = POLLIN}, {.fd = stop_fd, .events = POLLIN}};
    int ready = poll(waits, stop_fd >= 0 ? 2 : 1, timeout_ms);
    if (ready > 0 && waits[0].revents && !PQconsumeInput(store->connection))
        return vouch_fail(err, VOUCH_DATABASE, "database: %s", PQerrorMessage(store->connection));
    for (PGnotify *notify; (notify = PQnotifies(store->connection)) != NULL;)
        PQfreemem(notify);
    return VOUCH_OK;
}
