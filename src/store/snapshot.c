/*
 * The whole database at one moment. All tables are locked (against changes of their form and TRUNCATE, not against
 * anybody's work) before the moment is taken, since TRUNCATE, which empties the slots of the queue, is seen by old
 * snapshots too. The lock that keeps blobs is taken before both.
 */
#include "vouch/snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sql.h"

enum {
    BATCH = 1000,
    MINUTES_MS = 24 * 3600 * 1000 /* a large database takes what it takes */
};

#define BLOBS_LOCK "hashtext('vouch.blobs')"

struct vouch_snapshot {
    vouch_store *store;
    vouch_arena *arena;
    vouch_snapshot_info info;
};

void vouch_snapshot_close(vouch_snapshot **snapshot)
{
    if (!snapshot || !*snapshot)
        return;
    vouch_store_close(&(*snapshot)->store);
    vouch_arena_free(&(*snapshot)->arena);
    free(*snapshot);
    *snapshot = NULL;
}

/* All tenants, branches and accounts: settings that policies read must be there, whatever they are. */
static const char sees_all[] = "SET vouch.tenant = '00000000-0000-0000-0000-000000000000'; SET vouch.branches = '*'; "
                               "SET vouch.account = '*'; SET idle_in_transaction_session_timeout = 0";

#define TABLES                                                                                                        \
    "FROM pg_class c WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'vouch') AND c.relkind IN " \
    "('r', 'p') "

/* Rows that row-level security hides would be missing in the backup, and nobody would be told. */
static vouch_code check_visible(vouch_store *store, vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err,
                    "SELECT c.relname " TABLES
                    "AND (NOT has_table_privilege(c.oid, 'SELECT') OR c.relrowsecurity AND NOT EXISTS (SELECT FROM "
                    "pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'of_backup')) ORDER BY 1"));
    if (PQntuples(rows) > 0)
        return vouch_fail(err, VOUCH_CONFIG, "table %s is hidden from backups: run vouch migrate", cell(rows, 0, 0));
    return VOUCH_OK;
}

static vouch_code lock_tables(vouch_store *store, vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer sql = {0};
    VOUCH_TRY(QUERY(store, &rows, err, "SELECT format('%I.%I', 'vouch', c.relname) " TABLES "ORDER BY c.relname"));
    VOUCH_TRY(vouch_buffer_printf(&sql, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; LOCK TABLE "));
    for (int i = 0; i < PQntuples(rows); i++)
        VOUCH_TRY(vouch_buffer_printf(&sql, "%s%s", i > 0 ? ", " : "", cell(rows, i, 0)));
    VOUCH_TRY(vouch_buffer_printf(&sql, " IN ACCESS SHARE MODE"));
    return vouch_execute(store, sql.data, err);
}

static vouch_code take(vouch_snapshot *s, vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(
        QUERY(s->store, &rows, err,
              "SELECT pg_export_snapshot(), " TIME(
                  "now()") ", current_setting('server_version'), "
                           "current_setting('server_version_num')::int / 10000, (SELECT max(version) FROM migration)"));
    s->info = (vouch_snapshot_info){.id = cell_copy(rows, 0, 0, s->arena),
                                    .at = cell_copy(rows, 0, 1, s->arena),
                                    .server = cell_copy(rows, 0, 2, s->arena),
                                    .server_major = (int)cell_number(rows, 0, 3),
                                    .schema = (int)cell_number(rows, 0, 4)};
    return VOUCH_OK;
}

vouch_code vouch_snapshot_open(const vouch_store_options *options, vouch_snapshot **out, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_snapshot_close) vouch_snapshot *s = calloc(1, sizeof *s);
    if (!s || !(s->arena = vouch_arena_new()))
        return vouch_fail(err, VOUCH_NO_MEMORY, "opening a snapshot");
    vouch_store_options as_backup = *options;
    as_backup.role = VOUCH_DATABASE_ROLE_BACKUP;
    as_backup.statement_timeout_ms = MINUTES_MS;
    VOUCH_TRY(vouch_store_open(&as_backup, &s->store, err));
    VOUCH_TRY(vouch_store_connect(s->store, err));
    VOUCH_TRY(vouch_execute(s->store, sees_all, err));
    VOUCH_TRY(check_visible(s->store, err));
    VOUCH_TRY(vouch_execute(s->store, "SELECT pg_advisory_lock_shared(" BLOBS_LOCK ")", err));
    VOUCH_TRY(lock_tables(s->store, err));
    VOUCH_TRY(take(s, err));
    *out = VOUCH_TAKE(s);
    return VOUCH_OK;
}

const vouch_snapshot_info *vouch_snapshot_about(const vouch_snapshot *snapshot)
{
    return &snapshot->info;
}

static vouch_code count_rows(vouch_store *store, const char *table, int64_t *out, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer sql = {0};
    VOUCH_TRY(vouch_buffer_printf(&sql, "SELECT count(*) FROM vouch.%s", table));
    VOUCH_CLEANUP(clear_result) PGresult *rows = PQexec(store->connection, sql.data);
    if (PQresultStatus(rows) != PGRES_TUPLES_OK)
        return vouch_fail(err, VOUCH_DATABASE, "database: %s", PQerrorMessage(store->connection));
    *out = cell_number(rows, 0, 0);
    return VOUCH_OK;
}

vouch_code vouch_snapshot_tables(vouch_snapshot *snapshot, vouch_arena *arena, vouch_table_count **out, size_t *count,
                                 vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(snapshot->store, &rows, err,
                    "SELECT c.relname, quote_ident(c.relname) " TABLES
                    "AND NOT c.relispartition ORDER BY c.relname COLLATE \"C\""));
    const size_t found = (size_t)PQntuples(rows);
    vouch_table_count *tables = vouch_arena_calloc(arena, found + 1, sizeof *tables);
    for (size_t i = 0; i < found; i++) {
        tables[i].name = cell_copy(rows, (int)i, 0, arena);
        VOUCH_TRY(count_rows(snapshot->store, cell(rows, (int)i, 1), &tables[i].rows, err));
    }
    *out = tables;
    *count = found;
    return VOUCH_OK;
}

vouch_code vouch_snapshot_blobs(vouch_snapshot *snapshot, vouch_snapshot_visitor visitor, void *context,
                                vouch_error *err)
{
    vouch_store *store = snapshot->store;
    VOUCH_TRY(vouch_execute(store,
                            "DECLARE blobs NO SCROLL CURSOR FOR SELECT tenant_id, sha256 FROM document WHERE erased_at "
                            "IS NULL UNION SELECT "
                            "tenant_id, sha256 FROM page_picture UNION SELECT tenant_id, words_sha256 FROM reading "
                            "WHERE words_sha256 IS NOT NULL ORDER BY 1, 2",
                            err));
    int got;
    do {
        VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
        VOUCH_TRY(QUERY(store, &rows, err, "FETCH 1000 FROM blobs"));
        got = PQntuples(rows);
        for (int i = 0; i < got; i++)
            VOUCH_TRY(visitor(context, cell(rows, i, 0), cell(rows, i, 1), err));
    } while (got == BATCH);
    return vouch_execute(store, "CLOSE blobs", err);
}

/* ---- whoever removes blobs ---- */

static vouch_code lock_blobs(vouch_store *store, void *data, vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err, "SELECT pg_try_advisory_lock(" BLOBS_LOCK ")"));
    *(bool *)data = cell_boolean(rows, 0, 0);
    return VOUCH_OK;
}

vouch_code vouch_store_blobs_lock(vouch_store *store, bool *mine, vouch_error *err)
{
    return vouch_transaction(store, NULL, lock_blobs, mine, err);
}

static vouch_code unlock_blobs(vouch_store *store, void *data, vouch_error *err)
{
    (void)data;
    return QUERY(store, NULL, err, "SELECT pg_advisory_unlock(" BLOBS_LOCK ")");
}

vouch_code vouch_store_blobs_unlock(vouch_store *store, vouch_error *err)
{
    return vouch_transaction(store, NULL, unlock_blobs, NULL, err);
}
