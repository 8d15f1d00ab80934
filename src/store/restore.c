/*
 * An empty place for a backup. A schema that is there already is not removed before the new one is whole: it waits
 * under another name, and comes back when the restoring fails.
 */
#include <stdlib.h>
#include <string.h>

#include "migrate.h"
#include "sql.h"
#include "vouch/snapshot.h"

#define ASIDE "vouch_before_restore"

static void options_of_login(const vouch_store_options *options, vouch_store_options *out)
{
    *out = *options;
    out->role = NULL;
    out->statement_timeout_ms = 24 * 3600 * 1000;
}

static vouch_code connect_login(const vouch_store_options *options, vouch_store **out, vouch_error *err)
{
    vouch_store_options login;
    options_of_login(options, &login);
    VOUCH_TRY(vouch_store_open(&login, out, err));
    return vouch_store_connect(*out, err);
}

static vouch_code schema_exists(vouch_store *store, const char *name, bool *out, vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err, "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)", name));
    *out = cell_boolean(rows, 0, 0);
    return VOUCH_OK;
}

/* A service that runs on would write into the schema that is put aside. */
static vouch_code check_alone(vouch_store *store, vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err,
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename IS NOT NULL "
                    "AND pid <> pg_backend_pid()"));
    if (cell_number(rows, 0, 0) > 0)
        return vouch_fail(err, VOUCH_STATE_CONFLICT,
                          "%lld other sessions use the database: stop vouch serve and vouch work everywhere first",
                          (long long)cell_number(rows, 0, 0));
    return VOUCH_OK;
}

static vouch_code fail_not_empty(vouch_error *err)
{
    return vouch_fail(err, VOUCH_STATE_CONFLICT, "the database is not empty: it has a schema vouch");
}

vouch_code vouch_restore_check(const vouch_store_options *options, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_store_close) vouch_store *store = NULL;
    bool there = false;
    VOUCH_TRY(connect_login(options, &store, err));
    VOUCH_TRY(schema_exists(store, "vouch", &there, err));
    return there ? fail_not_empty(err) : VOUCH_OK;
}

vouch_code vouch_restore_begin(const vouch_store_options *options, bool aside, int *server_major, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_store_close) vouch_store *store = NULL;
    bool there = false, waits = false;
    VOUCH_TRY(connect_login(options, &store, err));
    VOUCH_TRY(schema_exists(store, "vouch", &there, err));
    VOUCH_TRY(schema_exists(store, ASIDE, &waits, err));
    if (waits)
        return vouch_fail(err, VOUCH_STATE_CONFLICT,
                          "the database has a schema " ASIDE
                          " of a restoring that was cut off: look at it, then rename "
                          "or drop it");
    if (there && !aside)
        return fail_not_empty(err);
    if (there)
        VOUCH_TRY(check_alone(store, err));
    VOUCH_TRY(vouch_execute(store, vouch_create_roles, err));
    if (there)
        VOUCH_TRY(vouch_execute(store, "ALTER SCHEMA vouch RENAME TO " ASIDE, err));
    *server_major = PQserverVersion(store->connection) / 10000;
    return VOUCH_OK;
}

vouch_code vouch_restore_keep(const vouch_store_options *options, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_store_close) vouch_store *store = NULL;
    VOUCH_TRY(connect_login(options, &store, err));
    return vouch_execute(store, "DROP SCHEMA IF EXISTS " ASIDE " CASCADE", err);
}

vouch_code vouch_restore_undo(const vouch_store_options *options, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_store_close) vouch_store *store = NULL;
    bool waits = false;
    VOUCH_TRY(connect_login(options, &store, err));
    VOUCH_TRY(vouch_execute(store, "DROP SCHEMA IF EXISTS vouch CASCADE", err));
    VOUCH_TRY(schema_exists(store, ASIDE, &waits, err));
    return waits ? vouch_execute(store, "ALTER SCHEMA " ASIDE " RENAME TO vouch", err) : VOUCH_OK;
}

/* ---- tools of PostgreSQL ---- */

extern char **environ;

static void free_options(PQconninfoOption **options)
{
    PQconninfoFree(*options);
}

static void add(vouch_arena *arena, char **list, size_t *count, const char *name, const char *value)
{
    list[(*count)++] = vouch_arena_printf(arena, "%s=%s", name, value);
}

/* Backslash and blank part words in PGOPTIONS; ours have none. */
#define SEES_ALL                                                                                   \
    "-c vouch.tenant=00000000-0000-0000-0000-000000000000 -c vouch.branches=* -c vouch.account=* " \
    "-c idle_in_transaction_session_timeout=0"

vouch_code vouch_store_environment(const char *conninfo, bool backup, vouch_arena *arena, char ***environment,
                                   const char **database, vouch_error *err)
{
    char *reason = NULL;
    VOUCH_CLEANUP(free_options) PQconninfoOption *options = PQconninfoParse(conninfo, &reason);
    if (!options) {
        const vouch_code code =
            vouch_fail(err, VOUCH_CONFIG, "database: %s", reason ? reason : "bad connection string");
        PQfreemem(reason);
        return code;
    }
    size_t inherited = 0, known = 0, count = 0;
    while (environ[inherited])
        inherited++;
    for (const PQconninfoOption *o = options; o->keyword; o++)
        known++;
    char **list = vouch_arena_calloc(arena, inherited + known + 2, sizeof *list);
    const char *name = getenv("PGDATABASE"), *own_options = getenv("PGOPTIONS");
    for (size_t i = 0; i < inherited; i++)
        if (strncmp(environ[i], "PGOPTIONS=", 10) != 0)
            list[count++] = environ[i];
    for (const PQconninfoOption *o = options; o->keyword; o++) {
        if (!o->val)
            continue;
        if (strcmp(o->keyword, "options") == 0)
            own_options = o->val;
        else if (strcmp(o->keyword, "dbname") == 0)
            name = o->val;
        else if (o->envvar)
            add(arena, list, &count, o->envvar, o->val);
    }
    add(arena, list, &count, "PGOPTIONS",
        vouch_arena_printf(arena, "%s %s", own_options ? own_options : "", backup ? SEES_ALL : ""));
    *database = vouch_arena_strdup(arena, name);
    *environment = list;
    return VOUCH_OK;
}
