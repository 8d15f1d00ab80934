/*
 * Migrations: forward only, one transaction each, under a session advisory lock so that several programs may start at
 * once. A recorded checksum that differs from the program's is refused: the schema would not be what was tested.
 */
#include "migrate.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sql.h"
#include "vouch/hash.h"

enum {
    BACKUP_SCHEMA = 3 /* the migration that brings the function backup_sees_all */
};

/* Roles belong to the whole cluster and may appear at the same time from another database. */
const char vouch_create_roles[] =
    "DO $$\n"
    "DECLARE r text;\n"
    "BEGIN\n"
    "  FOREACH r IN ARRAY ARRAY['vouch_owner', 'vouch_serve', 'vouch_work', 'vouch_read', 'vouch_backup'] LOOP\n"
    "    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN\n"
    "      BEGIN\n"
    "        EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS', r);\n"
    "      EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;\n"
    "      END;\n"
    "    END IF;\n"
    "    IF NOT pg_has_role(session_user, r, 'member') THEN\n"
    "      EXECUTE format('GRANT %I TO %I', r, session_user);\n"
    "    END IF;\n"
    "  END LOOP;\n"
    "END $$;\n";

static const char create_schema[] =
    "CREATE SCHEMA IF NOT EXISTS vouch AUTHORIZATION vouch_owner;\n"
    "SET ROLE vouch_owner;\n"
    "CREATE TABLE IF NOT EXISTS migration (version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,"
    " applied_at timestamptz NOT NULL DEFAULT now());\n"
    "ALTER TABLE migration ADD COLUMN IF NOT EXISTS oldest integer NOT NULL DEFAULT 1;\n";

/*
 * All tables are locked before the first statement: a migration that takes its locks one by one under traffic ends in a
 * deadlock, again and again. Who waits for a lock makes others wait behind him, hence the time limit.
 */
static const char lock_all[] =
    "SET LOCAL lock_timeout = '2s';\n"
    "DO $$\n"
    "DECLARE tables text;\n"
    "BEGIN\n"
    "  SELECT string_agg(format('vouch.%I', relname), ', ' ORDER BY relname) INTO tables FROM pg_class\n"
    "  WHERE relnamespace = 'vouch'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition;\n"
    "  EXECUTE 'LOCK TABLE ' || tables || ' IN ACCESS EXCLUSIVE MODE';\n"
    "END $$;\n"
    "SET LOCAL lock_timeout = 0;\n";

static vouch_code apply(vouch_store *store, void *data, vouch_error *err)
{
    const vouch_migration *migration = data;
    char checksum[65];
    VOUCH_TRY(vouch_execute(store, lock_all, err));
    vouch_sha256_hex(migration->sql, strlen(migration->sql), checksum);
    VOUCH_TRY(vouch_execute(store, migration->sql, err));
    return QUERY(store, NULL, err, "INSERT INTO migration (version, name, checksum, oldest) VALUES ($1, $2, $3, $4)",
                 NUMBER(migration->version), migration->name, checksum, NUMBER(migration->oldest));
}

/* Compare what is recorded with what the program has. @param version  out: the newest recorded, 0: none */
static vouch_code check_recorded(vouch_store *store, int *version, vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err, "SELECT version, name, checksum FROM migration ORDER BY version"));
    int newest = 0;
    for (int i = 0; i < PQntuples(rows); i++) {
        char checksum[65] = "";
        newest = (int)cell_number(rows, i, 0);
        if ((size_t)i < vouch_migration_count && vouch_migrations[i].version == newest)
            vouch_sha256_hex(vouch_migrations[i].sql, strlen(vouch_migrations[i].sql), checksum);
        if (!checksum[0])
            return vouch_fail(err, VOUCH_CONFIG, "the database has migration %s, which this program does not know",
                              cell(rows, i, 1));
        if (strcmp(checksum, cell(rows, i, 2)) != 0)
            return vouch_fail(err, VOUCH_CONFIG, "migration %s in the database differs from this program's",
                              cell(rows, i, 1));
    }
    *version = newest;
    return VOUCH_OK;
}

/* Backups see every table, new ones too (migration 0003). Locks only where something is missing. */
static vouch_code show_all_to_backup(vouch_store *store, void *data, vouch_error *err)
{
    (void)data;
    VOUCH_CLEANUP(clear_result) PGresult *missing = NULL;
    VOUCH_TRY(
        QUERY(store, &missing, err,
              "SELECT EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = 'vouch'::regnamespace AND c.relkind IN "
              "('r', 'p', 'S') AND (NOT has_table_privilege('vouch_backup', c.oid, 'SELECT') OR (c.relrowsecurity "
              "AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'of_backup'))))"));
    if (!cell_boolean(missing, 0, 0))
        return VOUCH_OK;
    VOUCH_TRY(vouch_execute(store, lock_all, err));
    return vouch_execute(store, "SELECT backup_sees_all()", err);
}

enum {
    LOCK_TRIES = 150,
    LOCK_PAUSE_MS = 200, /* in which whoever waited behind us gets on */
};

/*
 * Under traffic the locks may take several tries. A lost connection is not tried again: it held the lock that keeps
 * other migrating programs out, and the owner's role.
 */
static vouch_code run_locked(vouch_store *store, transaction_body *body, void *data, vouch_error *err)
{
    for (int i = 0;; i++) {
        const vouch_code code = vouch_transaction(store, NULL, body, data, err);
        if (code != VOUCH_DATABASE || i == LOCK_TRIES || PQstatus(store->connection) != CONNECTION_OK)
            return code;
        const struct timespec pause = {.tv_nsec = LOCK_PAUSE_MS * 1000000L};
        nanosleep(&pause, NULL);
    }
}

vouch_code vouch_store_migrate(const vouch_store_options *options, int *from, int *to, vouch_error *err)
{
    return vouch_store_migrate_to(options, vouch_migrations[vouch_migration_count - 1].version, from, to, err);
}

vouch_code vouch_store_migrate_to(const vouch_store_options *options, int target, int *from, int *to, vouch_error *err)
{
    vouch_store_options plain = *options;
    plain.role = NULL;
    plain.statement_timeout_ms = 24 * 3600 * 1000; /* a large table takes what it takes */
    VOUCH_CLEANUP(vouch_store_close) vouch_store *store = NULL;
    VOUCH_TRY(vouch_store_open(&plain, &store, err));
    VOUCH_TRY(vouch_store_connect(store, err));
    VOUCH_TRY(vouch_execute(store, "SELECT pg_advisory_lock(hashtext('vouch.migrate'))", err));
    VOUCH_TRY(vouch_execute(store, vouch_create_roles, err));
    VOUCH_TRY(vouch_execute(store, create_schema, err));
    int version = 0;
    VOUCH_TRY(check_recorded(store, &version, err));
    int first = version;
    for (size_t i = 0; i < vouch_migration_count; i++) {
        if (vouch_migrations[i].version <= version || vouch_migrations[i].version > target)
            continue;
        vouch_migration migration = vouch_migrations[i];
        vouch_code code = run_locked(store, apply, &migration, err);
        if (code != VOUCH_OK) {
            vouch_code ignored = vouch_error_prefix(err, "migration %s: ", migration.name);
            (void)ignored;
            return code;
        }
        version = migration.version;
    }
    if (version >= BACKUP_SCHEMA) /* also where an earlier run ended just before it */
        VOUCH_TRY(run_locked(store, show_all_to_backup, NULL, err));
    if (from)
        *from = first;
    if (to)
        *to = version;
    return VOUCH_OK;
}
