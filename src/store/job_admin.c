/* The queue as operators see it. Uses the owner's view across tenants (policy of_owner). */
#include <inttypes.h>
#include <string.h>

#include "claim.h"

#define ANY_TENANT "00000000-0000-0000-0000-000000000000"

typedef struct job_request {
    const char *state;
    int limit;
    int64_t job;
    vouch_arena *arena;
    vouch_job_info *jobs;
    size_t count;
    vouch_queue_depth depth;
} job_request;

static vouch_code list_jobs(vouch_store *store, void *data, vouch_error *err)
{
    job_request *request = data;
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err,
                    "SELECT * FROM (SELECT j.id, j.tenant_id, t.slug, j.document_id, NULL, CASE WHEN j.state = 'ready' "
                    "THEN CASE WHEN j.not_before > now() THEN 'waiting' ELSE 'queued' END ELSE j.state END AS state, "
                    "CASE WHEN j.bulk THEN 'bulk' ELSE 'interactive' END, j.attempts, " TIME("j.created_at") ", " TIME(
                        "greatest(j.not_before, j.created_at)") ", j.worker, j.reason, j.detail FROM job j JOIN tenant "
                                                                "t ON t.tenant_id = "
                                                                "j.tenant_id) s WHERE ($1::text IS NULL OR s.state = "
                                                                "$1) AND ($2::bigint = 0 "
                                                                "OR s.id = $2) ORDER BY "
                                                                "s.id LIMIT $3",
                    request->state, NUMBER(request->job), NUMBER(request->limit > 0 ? request->limit : 100)));
    size_t count = (size_t)PQntuples(rows);
    vouch_job_info *jobs = vouch_arena_calloc(request->arena, count + 1, sizeof *jobs);
    for (size_t i = 0; i < count; i++) {
        const char *texts[13] = {0};
        for (int column = 1; column < 13; column++)
            texts[column] = cell_copy(rows, (int)i, column, request->arena);
        jobs[i] = (vouch_job_info){.job = cell_number(rows, (int)i, 0),
                                   .tenant_id = texts[1],
                                   .tenant = texts[2],
                                   .document_id = texts[3],
                                   .state = texts[5],
                                   .lane = texts[6],
                                   .attempts = (int)cell_number(rows, (int)i, 7),
                                   .created_at = texts[8],
                                   .run_at = texts[9],
                                   .worker = texts[10],
                                   .reason = texts[11],
                                   .detail = texts[12]};
    }
    request->jobs = jobs;
    request->count = count;
    return VOUCH_OK;
}

typedef struct file_request {
    vouch_job_info *info;
    vouch_arena *arena;
} file_request;

static vouch_code find_file(vouch_store *store, void *data, vouch_error *err)
{
    file_request *request = data;
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err, "SELECT file FROM document WHERE tenant_id = $1 AND id = $2",
                    request->info->tenant_id, request->info->document_id));
    request->info->file = PQntuples(rows) ? cell_copy(rows, 0, 0, request->arena) : NULL;
    return VOUCH_OK;
}

vouch_code vouch_store_job_list(vouch_store *store, const char *state, int limit, vouch_arena *arena,
                                vouch_job_info **out, size_t *count, vouch_error *err)
{
    vouch_principal who;
    vouch_principal_operator(ANY_TENANT, &who);
    job_request request = {.state = state, .limit = limit, .arena = arena};
    VOUCH_TRY(vouch_transaction(store, &who, list_jobs, &request, err));
    for (size_t i = 0; i < request.count; i++) {
        vouch_principal_operator(request.jobs[i].tenant_id, &who);
        file_request file = {&request.jobs[i], arena};
        VOUCH_TRY(vouch_transaction(store, &who, find_file, &file, err));
    }
    *out = request.jobs;
    *count = request.count;
    return VOUCH_OK;
}

static vouch_code audit_job(vouch_store *store, const char *action, const vouch_job_info *job, vouch_error *err)
{
    char before[128];
    snprintf(before, sizeof before, "{\"job\":%" PRId64 ",\"state\":\"%s\",\"attempts\":%d}", job->job, job->state,
             job->attempts);
    audit_note note = {action, "document", job->document_id, before, NULL, NULL};
    return vouch_audit_add(store, &note, err);
}

static vouch_code retry_job(vouch_store *store, void *data, vouch_error *err)
{
    const vouch_job_info *job = data;
    VOUCH_TRY(
        QUERY(store, NULL, err,
              "UPDATE job SET state = 'ready', attempts = 0, not_before = now(), reason = NULL, detail = NULL, turn "
              "= (extract(epoch FROM clock_timestamp()) * 1000000)::bigint WHERE tenant_id = $1 AND id = $2 AND "
              "state <> 'leased'",
              job->tenant_id, NUMBER(job->job)));
    VOUCH_TRY(QUERY(store, NULL, err,
                    "UPDATE document SET state = 'queued', problem = NULL, problem_detail = NULL, done_at = NULL WHERE "
                    "tenant_id = $1 AND id = $2 AND state = 'failed'",
                    job->tenant_id, job->document_id));
    return audit_job(store, "job.retry", job, err);
}

static vouch_code drop_job(vouch_store *store, void *data, vouch_error *err)
{
    const vouch_job_info *job = data;
    VOUCH_TRY(
        QUERY(store, NULL, err, "DELETE FROM job WHERE tenant_id = $1 AND id = $2", job->tenant_id, NUMBER(job->job)));
    VOUCH_TRY(
        QUERY(store, NULL, err,
              "UPDATE document SET state = 'failed', problem = coalesce(problem, 'unavailable'), problem_detail = "
              "coalesce(problem_detail, 'dropped by the operator'), done_at = coalesce(done_at, now()) WHERE "
              "tenant_id = $1 AND id = $2 AND state <> 'done'",
              job->tenant_id, job->document_id));
    return audit_job(store, "job.drop", job, err);
}

/* Find the jobs, then change each inside its own tenant. */
static vouch_code change_jobs(vouch_store *store, int64_t job, const char *state, transaction_body *body, size_t *count,
                              vouch_error *err)
{
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    if (!arena)
        return vouch_fail(err, VOUCH_NO_MEMORY, "listing jobs");
    vouch_principal who;
    vouch_principal_operator(ANY_TENANT, &who);
    job_request request = {.state = state, .limit = 1000000, .job = job, .arena = arena};
    VOUCH_TRY(vouch_transaction(store, &who, list_jobs, &request, err));
    size_t changed = 0;
    for (size_t i = 0; i < request.count; i++) {
        if (strcmp(request.jobs[i].state, "leased") == 0)
            return vouch_fail(err, VOUCH_STATE_CONFLICT, "job %" PRId64 " is being worked on", request.jobs[i].job);
        vouch_principal_operator(request.jobs[i].tenant_id, &who);
        VOUCH_TRY(vouch_transaction(store, &who, body, &request.jobs[i], err));
        changed++;
    }
    if (job && !changed)
        return vouch_fail(err, VOUCH_NOT_FOUND, "there is no job %" PRId64, job);
    *count = changed;
    return VOUCH_OK;
}

vouch_code vouch_store_job_retry(vouch_store *store, int64_t job, size_t *count, vouch_error *err)
{
    size_t changed = 0;
    VOUCH_TRY(change_jobs(store, job, job ? NULL : "dead", retry_job, &changed, err));
    if (changed)
        vouch_job_announce(store);
    if (count)
        *count = changed;
    return VOUCH_OK;
}

vouch_code vouch_store_job_drop(vouch_store *store, int64_t job, vouch_error *err)
{
    size_t changed = 0;
    if (job <= 0)
        return vouch_fail(err, VOUCH_NOT_FOUND, "there is no job %" PRId64, job);
    return change_jobs(store, job, NULL, drop_job, &changed, err);
}

static vouch_code read_depth(vouch_store *store, void *data, vouch_error *err)
{
    job_request *request = data;
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(
        QUERY(store, &rows, err, "SELECT queued, waiting, leased, dead, (oldest * 1000)::bigint FROM queue_depth()"));
    request->depth = (vouch_queue_depth){cell_number(rows, 0, 0), cell_number(rows, 0, 1), cell_number(rows, 0, 2),
                                         cell_number(rows, 0, 3), (double)cell_number(rows, 0, 4) / 1000};
    return VOUCH_OK;
}

vouch_code vouch_store_queue_depth(vouch_store *store, vouch_queue_depth *out, vouch_error *err)
{
    job_request request = {0};
    VOUCH_TRY(vouch_transaction(store, NULL, read_depth, &request, err));
    *out = request.depth;
    return VOUCH_OK;
}
