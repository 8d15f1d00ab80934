/*
 * A connection that comes back, and the transaction that every call runs in.
 *
 * A connection that died while idle is noticed before the next transaction, or by its first answer, and opened again;
 * nothing has been done then. One that dies later fails the call. Deadlocks are repeated with a short random wait.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "migrate.h"
#include "sql.h"
#include "vouch/metrics.h"

enum {
    REPETITIONS = 6, /* of a transaction that lost a deadlock */
};

static char *copy_or_null(const char *text)
{
    return text ? strdup(text) : NULL;
}

vouch_code vouch_store_open(const vouch_store_options *options, vouch_store **out, vouch_error *err)
{
    char *reason = NULL;
    PQconninfoOption *parsed = PQconninfoParse(options->conninfo, &reason);
    if (!parsed) {
        vouch_code code = vouch_fail(err, VOUCH_CONFIG, "database: %s", reason ? reason : "bad connection string");
        PQfreemem(reason);
        return code;
    }
    PQconninfoFree(parsed);
    VOUCH_CLEANUP(vouch_store_close) vouch_store *store = calloc(1, sizeof *store);
    if (!store)
        return vouch_fail(err, VOUCH_NO_MEMORY, "opening the database");
    store->conninfo = strdup(options->conninfo);
    store->role = copy_or_null(options->role);
    store->application = strdup(options->application ? options->application : "vouch");
    store->connect_timeout_s = options->connect_timeout_s ? options->connect_timeout_s : 5;
    store->statement_timeout_ms = options->statement_timeout_ms ? options->statement_timeout_ms : 30000;
    if (!store->conninfo || !store->application || (options->role && !store->role))
        return vouch_fail(err, VOUCH_NO_MEMORY, "opening the database");
    vouch_code ignored = vouch_store_connect(store, NULL); /* calls report a server that is not there */
    (void)ignored;
    *out = VOUCH_TAKE(store);
    return VOUCH_OK;
}

void vouch_store_close(vouch_store **store)
{
    if (!store || !*store)
        return;
    PQfinish((*store)->connection);
    free((*store)->conninfo);
    free((*store)->role);
    free((*store)->application);
    free(*store);
    *store = NULL;
}

static void quiet(void *context, const PGresult *result)
{
    (void)context;
    (void)result;
}

/*
 * Every query has its index. A plan made while a table is small or empty is kept while the table grows, so that reading
 * whole tables is out of the question from the beginning.
 */
static vouch_code set_up_session(vouch_store *store, vouch_error *err)
{
    char sql[256];
    snprintf(sql, sizeof sql,
             "SET search_path = vouch, pg_temp; SET statement_timeout = %d; SET timezone = 'UTC'; "
             "SET enable_seqscan = off; SET jit = off",
             store->statement_timeout_ms);
    VOUCH_TRY(vouch_execute(store, sql, err));
    if (!store->role)
        return VOUCH_OK;
    char *quoted = PQescapeIdentifier(store->connection, store->role, strlen(store->role));
    if (!quoted)
        return vouch_fail(err, VOUCH_CONFIG, "database role %s", store->role);
    snprintf(sql, sizeof sql, "SET ROLE %s", quoted);
    PQfreemem(quoted);
    return vouch_execute(store, sql, err);
}

static vouch_code connect_anew(vouch_store *store, vouch_error *err)
{
    PQfinish(store->connection);
    store->listening = store->stale = false;
    store->prepared_count = store->prepared_settled = store->pending = 0;
    memset(store->lanes, 0, sizeof store->lanes);
    /* A server whose machine vanished says nothing, and the system's own patience is two hours: a minute must do. What
     * stands before dbname gives way to the connection string. */
    const char *const names[] = {"keepalives_idle",
                                 "keepalives_interval",
                                 "keepalives_count",
                                 "tcp_user_timeout",
                                 "dbname",
                                 "connect_timeout",
                                 "fallback_application_name",
                                 "client_encoding",
                                 NULL};
    const char *const values[] = {
        "30", "10", "3", "60000", store->conninfo, NUMBER(store->connect_timeout_s), store->application, "UTF8", NULL};
    store->connection = PQconnectdbParams(names, values, /* expand_dbname= */ 1);
    vouch_metric_add(VOUCH_METRIC_DATABASE_CONNECTS,
                     VOUCH_LABELS(PQstatus(store->connection) == CONNECTION_OK ? "ok" : "failed"), 1);
    if (PQstatus(store->connection) != CONNECTION_OK)
        return vouch_fail(err, VOUCH_DATABASE, "database: %s",
                          store->connection ? PQerrorMessage(store->connection) : "out of memory");
    PQsetNoticeReceiver(store->connection, quiet, NULL);
    vouch_code code = set_up_session(store, err);
    if (code != VOUCH_OK) {
        PQfinish(store->connection);
        store->connection = NULL;
    }
    return code;
}

/* A server that went away has said so, or hung up, on a connection on which nothing is asked. */
static bool hung_up(PGconn *connection)
{
    struct pollfd wait = {.fd = PQsocket(connection), .events = POLLIN};
    while (poll(&wait, 1, 0) > 0)
        if (!PQconsumeInput(connection) || PQstatus(connection) != CONNECTION_OK)
            return true;
    return false;
}

vouch_code vouch_store_connect(vouch_store *store, vouch_error *err)
{
    if (store->connection && PQstatus(store->connection) == CONNECTION_OK && !store->stale &&
        !hung_up(store->connection))
        return VOUCH_OK;
    return connect_anew(store, err);
}

/* The branches that a principal may see, as PostgreSQL's array or '*'. */
static vouch_code write_branches(const vouch_principal *who, vouch_buffer *out, vouch_error *err)
{
    if (who->all_branches)
        return vouch_buffer_printf(out, "*");
    VOUCH_TRY(vouch_buffer_printf(out, "{"));
    for (size_t i = 0; i < who->branch_count; i++) {
        if (!is_id(who->branch_ids[i]))
            return vouch_fail(err, VOUCH_INTERNAL, "principal with a wrong branch");
        VOUCH_TRY(vouch_buffer_printf(out, "%s%s", i ? "," : "", who->branch_ids[i]));
    }
    return vouch_buffer_printf(out, "}");
}

/* BEGIN and the settings, which travel with the first statement. */
static vouch_code begin(vouch_store *store, const vouch_principal *who, vouch_error *err)
{
    if (PQpipelineStatus(store->connection) == PQ_PIPELINE_OFF && !PQenterPipelineMode(store->connection))
        return vouch_fail(err, VOUCH_DATABASE, "database: %s", PQerrorMessage(store->connection));
    VOUCH_TRY(vouch_defer(store, "BEGIN", err));
    if (!who)
        return VOUCH_OK;
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer branches = {0};
    if (!is_id(who->tenant_id) || (who->role == VOUCH_ROLE_EMPLOYEE && !is_id(who->account_id)))
        return vouch_fail(err, VOUCH_INTERNAL, "principal without tenant or account");
    VOUCH_TRY(write_branches(who, &branches, err));
    return QUERY(store, NULL, err,
                 "SELECT set_config('vouch.tenant', $1, true), set_config('vouch.account', $2, true), "
                 "set_config('vouch.branches', $3, true)",
                 who->tenant_id, who->role == VOUCH_ROLE_EMPLOYEE ? who->account_id : "*", branches.data);
}

static void roll_back(vouch_store *store)
{
    store->deferring = false;
    if (PQstatus(store->connection) != CONNECTION_OK)
        return;
    vouch_code ignored = vouch_settle(store, 0, NULL, NULL); /* what is under way fails, or is undone */
    ignored = vouch_execute(store, "ROLLBACK", NULL);
    (void)ignored; /* a connection that can't roll back is dead and opened again */
}

static vouch_code commit(vouch_store *store, vouch_error *err)
{
    if (store->ended)
        return VOUCH_OK;
    VOUCH_TRY(vouch_defer(store, "COMMIT", err));
    vouch_code code = vouch_settle(store, 0, NULL, err);
    if (code == VOUCH_DATABASE && !store->repeat)
        code = vouch_error_prefix(err, "at the end of a transaction: ");
    return err || code == VOUCH_OK ? code : VOUCH_DATABASE;
}

static vouch_code run_body(vouch_store *store, const vouch_principal *who, transaction_body *body, void *data,
                           vouch_error *err)
{
    VOUCH_TRY(begin(store, who, err));
    store->who = who;
    const vouch_code code = body(store, data, err);
    store->who = NULL;
    return code;
}

static vouch_code run_once(vouch_store *store, const vouch_principal *who, transaction_body *body, void *data,
                           vouch_error *err)
{
    store->repeat = store->settled = store->ended = false;
    store->statement = 0;
    VOUCH_TRY(vouch_store_connect(store, err));
    store->deferring = true;
    vouch_code code = run_body(store, who, body, data, err);
    /* A connection that died before anything was answered: nothing has been done. */
    if (code == VOUCH_DATABASE && !store->settled && PQstatus(store->connection) != CONNECTION_OK)
        store->repeat = true;
    if (code == VOUCH_OK)
        code = commit(store, err);
    if (code != VOUCH_OK)
        roll_back(store);
    store->deferring = false;
    if (PQstatus(store->connection) == CONNECTION_OK && !PQexitPipelineMode(store->connection))
        store->stale = true;
    return code;
}

static void measure(vouch_code code, int64_t begin)
{
    const char *result = code == VOUCH_OK ? "ok" : code == VOUCH_DATABASE ? "lost" : "refused";
    vouch_metric_add(VOUCH_METRIC_DATABASE_TRANSACTIONS, VOUCH_LABELS(result), 1);
    vouch_metric_since(VOUCH_METRIC_DATABASE_DURATION, NULL, begin);
}

vouch_code vouch_transaction(vouch_store *store, const vouch_principal *who, transaction_body *body, void *data,
                             vouch_error *err)
{
    const int64_t begin = vouch_metric_clock();
    for (int i = 0;; i++) {
        vouch_code code = run_once(store, who, body, data, err);
        if (code == VOUCH_OK || !store->repeat || i + 1 == REPETITIONS) {
            measure(code, begin);
            return code;
        }
        vouch_metric_add(VOUCH_METRIC_DATABASE_TRANSACTIONS, VOUCH_LABELS("repeated"), 1);
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        struct timespec wait = {.tv_nsec = (1 + now.tv_nsec % 20) * 1000000L << (i < 3 ? i : 3)};
        nanosleep(&wait, NULL);
    }
}

static vouch_code check_version(vouch_store *store, void *data, vouch_error *err)
{
    (void)data;
    VOUCH_CLEANUP(clear_result) PGresult *result = NULL;
    int64_t needed = vouch_migrations[vouch_migration_count - 1].version;
    /* A migration may be newer than this program; it says itself whether this one can stand it. */
    VOUCH_TRY(QUERY(store, &result, err,
                    "SELECT max(version), coalesce(max((to_jsonb(m) ->> 'oldest')::integer) FILTER (WHERE version > "
                    "$1), 0) FROM migration m",
                    NUMBER(needed)));
    int64_t version = cell_number(result, 0, 0), oldest = cell_number(result, 0, 1);
    if (version < needed)
        return vouch_fail(err, VOUCH_CONFIG, "the database has schema %lld, this program needs %lld: run vouch migrate",
                          (long long)version, (long long)needed);
    if (oldest > needed)
        return vouch_fail(err, VOUCH_CONFIG,
                          "the database has schema %lld, which programs older than schema %lld must not use; this one "
                          "was made for %lld: install the newer release",
                          (long long)version, (long long)oldest, (long long)needed);
    return VOUCH_OK;
}

vouch_code vouch_store_check(vouch_store *store, vouch_error *err)
{
    return vouch_transaction(store, NULL, check_version, NULL, err);
}
