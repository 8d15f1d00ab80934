/*
 * Migrations: forward only, one transaction each, under a session advisory lock so that several programs may start at
 * once. A recorded checksum that differs from the program's is refused: the schema would not be what was tested.
 */
#include "migrate.h"

#include <stdio.h>
#include <string.h>

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

static vouch_code apply(vouch_store *store, void *data, vouch_error *err)
{
    const vouch_migration *migration = data;
    char checksum[65];
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
        vouch_code code = vouch_transaction(store, NULL, apply, &migration, err);
        if (code != VOUCH_OK) {
            vouch_code ignored = vouch_error_prefix(err, "migration %s: ", migration.name);
            (void)ignored;
            return code;
        }
        version = migration.version;
    }
    if (version > first && version >= BACKUP_SCHEMA)
        VOUCH_TRY(vouch_execute(store, "SELECT backup_sees_all()", err)); /* migration 0003 */
    if (from)
        *from = first;
    if (to)
        *to = version;
    return VOUCH_OK;
}
