/**
 * Backups: the database and the blobs of one moment, encrypted, in a folder that several backups share.
 *
 *   FOLDER/backups/<name>   names the manifest of one backup by its hash; names are times, 20260301T081530Z
 *   FOLDER/blobs            a blob store (ingest.h) under the keys of backups: the documents of each tenant, stored
 * once however many backups have them, and under the tenant 0000…0000 the manifests, the lists of blobs and the dumps
 * of the database
 *
 * Everything in it is a sealed blob, so that whatever was edited, cut off or exchanged is found by the reading, and
 * each tenant has a key of his own there too. A manifest holds its own name, the counts of all tables and the hashes of
 * dump and list.
 */
#ifndef VOUCH_BACKUP_H
#define VOUCH_BACKUP_H

#include "vouch/config.h"
#include "vouch/memory.h"

enum {
    VOUCH_BACKUP_NAME_SIZE = 17 /* "20260301T081530Z" and NUL */
};

/** What a backup has, and what the last call did. */
typedef struct vouch_backup_summary {
    char name[VOUCH_BACKUP_NAME_SIZE];
    char at[32];         /* the moment that it shows */
    int schema;          /* of the database */
    size_t tables;       /* of the database */
    int64_t rows;        /* of all tables */
    uint64_t dump_bytes; /* of the database's dump */
    size_t blobs;        /* that it refers to */
    uint64_t blob_bytes; /* plain */
    size_t copied;       /* blobs that were not there before */
    uint64_t copied_bytes;
    size_t missing; /* blobs that the database refers to and the store lacks */
} vouch_backup_summary;

/** How far it is. All members may be NULL. */
typedef struct vouch_backup_watch {
    /** @param phase  "dump", "blobs", "check", "database" @param bytes  so far, of this phase */
    void (*progress)(void *context, const char *phase, size_t blobs, uint64_t bytes);
    /** A blob that is missing or damaged: the backup goes on without it. */
    void (*missing)(void *context, const char *tenant, const char *sha256, const vouch_error *why);
    void *context;
} vouch_backup_watch;

/**
 * Make a backup, and read back what was written.
 *
 * @param folder  made when its parent exists
 * @return VOUCH_OK, also when blobs are missing (see the summary); VOUCH_CONFIG: no keys, no pg_dump, a folder that is
 *         no backup; VOUCH_STATE_CONFLICT: another backup writes there; VOUCH_IO: naming the file and the reason
 */
vouch_code vouch_backup_make(const vouch_config *config, const char *folder, const vouch_backup_watch *watch,
                             vouch_backup_summary *out, vouch_error *err) VOUCH_MUST_CHECK;

/**
 * Restore into an empty database and an empty blob store. Blobs first, the database last and in one transaction: until
 * then nothing refers to anything. No service may run on them meanwhile.
 *
 * @param name       of the backup; NULL: the newest
 * @param overwrite  the database's schema is replaced (kept until the new one is whole), blobs that are there stay
 * @return VOUCH_OK; VOUCH_NOT_FOUND: no such backup; VOUCH_STATE_CONFLICT: not empty; VOUCH_KEY_MISSING;
 *         VOUCH_BLOB_DAMAGED naming the file
 */
vouch_code vouch_backup_restore(const vouch_config *config, const char *folder, const char *name, bool overwrite,
                                const vouch_backup_watch *watch, vouch_backup_summary *out,
                                vouch_error *err) VOUCH_MUST_CHECK;

/** Read all of a backup: manifest, list, the dump by pg_restore without a database, each blob. Needs no database. */
vouch_code vouch_backup_verify(const vouch_config *config, const char *folder, const char *name,
                               const vouch_backup_watch *watch, vouch_backup_summary *out,
                               vouch_error *err) VOUCH_MUST_CHECK;

/** All backups of a folder, the oldest first. */
vouch_code vouch_backup_list(const vouch_config *config, const char *folder, vouch_arena *arena,
                             vouch_backup_summary **out, size_t *count, vouch_error *err) VOUCH_MUST_CHECK;

/** Keep the newest `keep` backups; remove the others, and what only they refer to. @param removed  out: blobs */
vouch_code vouch_backup_prune(const vouch_config *config, const char *folder, size_t keep, size_t *backups,
                              size_t *removed, vouch_error *err) VOUCH_MUST_CHECK;

#endif
