/**
 * Snapshots: the whole database at one moment, for backups, and an empty place for one, for restoring.
 *
 * Part of the store. A snapshot is seen as the role vouch_backup, which reads every row of every tenant and writes
 * none. As long as it is open, no blob that it refers to is removed: whoever removes blobs holds
 * vouch_store_blobs_lock.
 */
#ifndef VOUCH_SNAPSHOT_H
#define VOUCH_SNAPSHOT_H

#include "vouch/store.h"

#define VOUCH_DATABASE_ROLE_BACKUP "vouch_backup"

typedef struct vouch_snapshot vouch_snapshot;

/**
 * @param options  role is ignored; the login must be a member of vouch_backup
 * @return VOUCH_OK; VOUCH_CONFIG: the schema is not migrated, or a table is hidden from backups
 */
vouch_code vouch_snapshot_open(const vouch_store_options *options, vouch_snapshot **out,
                               vouch_error *err) VOUCH_MUST_CHECK;
void vouch_snapshot_close(vouch_snapshot **snapshot);

typedef struct vouch_snapshot_info {
    const char *id;     /* of pg_export_snapshot, for pg_dump */
    const char *at;     /* the moment */
    const char *server; /* "15.14" */
    int server_major;
    int schema; /* newest migration */
} vouch_snapshot_info;
/** Lent by the snapshot. */
const vouch_snapshot_info *vouch_snapshot_about(const vouch_snapshot *snapshot);

typedef struct vouch_table_count {
    const char *name;
    int64_t rows;
} vouch_table_count;
/** Every table of the schema, sorted by name; those that are partitions count with their table. */
vouch_code vouch_snapshot_tables(vouch_snapshot *snapshot, vouch_arena *arena, vouch_table_count **out, size_t *count,
                                 vouch_error *err) VOUCH_MUST_CHECK;

/** @return VOUCH_OK to go on; anything else ends the visit with this code */
typedef vouch_code (*vouch_snapshot_visitor)(void *context, const char *tenant, const char *sha256, vouch_error *err);
/** Every blob that a row refers to, once, in the order of tenant and hash. */
vouch_code vouch_snapshot_blobs(vouch_snapshot *snapshot, vouch_snapshot_visitor visitor, void *context,
                                vouch_error *err) VOUCH_MUST_CHECK;

/**
 * For whoever removes blobs of rows that are gone: @param mine  out: false while a backup runs: try again later. Held
 * until unlocked or the connection ends.
 */
vouch_code vouch_store_blobs_lock(vouch_store *store, bool *mine, vouch_error *err) VOUCH_MUST_CHECK;
vouch_code vouch_store_blobs_unlock(vouch_store *store, vouch_error *err) VOUCH_MUST_CHECK;

/* --------------------------------------------------------------------------------------------------- restoring -- */

/** Is the database empty? @return VOUCH_OK; VOUCH_STATE_CONFLICT */
vouch_code vouch_restore_check(const vouch_store_options *options, vouch_error *err) VOUCH_MUST_CHECK;

/**
 * Make roles that are missing, and see that there is no schema yet.
 *
 * @param options  role is ignored; the login must be allowed to create a schema
 * @param aside    true: a schema that is there is put aside under another name, which is VOUCH_STATE_CONFLICT while
 *                 anybody else is connected; false: that it is there is VOUCH_STATE_CONFLICT
 * @param server_major  out
 */
vouch_code vouch_restore_begin(const vouch_store_options *options, bool aside, int *server_major,
                               vouch_error *err) VOUCH_MUST_CHECK;
/** After the data is there: remove what was put aside. */
vouch_code vouch_restore_keep(const vouch_store_options *options, vouch_error *err) VOUCH_MUST_CHECK;
/** After a failure: bring back what was put aside. */
vouch_code vouch_restore_undo(const vouch_store_options *options, vouch_error *err) VOUCH_MUST_CHECK;

/* ------------------------------------------------------------------------------------------------------- tools -- */

/**
 * The environment for a tool of PostgreSQL that shall connect as conninfo says: so that no password shows in the list
 * of processes. As the role vouch_backup with all rows in sight, when `backup` is set.
 *
 * @param environment  out: NULL-terminated, in the arena
 * @param database     out: its name; NULL: the login's
 */
vouch_code vouch_store_environment(const char *conninfo, bool backup, vouch_arena *arena, char ***environment,
                                   const char **database, vouch_error *err) VOUCH_MUST_CHECK;

#endif
