/** Inside of backup: the folder, manifests, and the tools of PostgreSQL. */
#ifndef VOUCH_BACKUP_REPOSITORY_H
#define VOUCH_BACKUP_REPOSITORY_H

#include <stdio.h>
#include <sys/types.h>

#include "vouch/backup.h"
#include "vouch/ingest.h"
#include "vouch/snapshot.h"

/** What belongs to no tenant. */
#define NOBODY "00000000-0000-0000-0000-000000000000"

/* ---- the folder (repository.c) ---- */

typedef struct repository {
    const char *folder; /* borrowed */
    vouch_blobs *blobs;
    int names; /* FOLDER/backups */
    int lock;  /* held while something is written; -1: not */
} repository;
#define REPOSITORY_NONE         \
    {                           \
        .names = -1, .lock = -1 \
    }

/** @param write  make what is missing, and let nobody else write: VOUCH_STATE_CONFLICT */
vouch_code repository_open(const vouch_config *config, const char *folder, bool write, repository *out,
                           vouch_error *err);
void repository_close(repository *r);
/** Names of all backups, the oldest first. */
vouch_code repository_names(const repository *r, vouch_arena *arena, char (**out)[VOUCH_BACKUP_NAME_SIZE],
                            size_t *count, vouch_error *err);
/** The hash that a backup's file holds. */
vouch_code repository_lookup(const repository *r, const char *name, char sha256[65], vouch_error *err);
vouch_code repository_record(const repository *r, const char *name, const char *sha256, vouch_error *err);
vouch_code repository_forget(const repository *r, const char *name, vouch_error *err);
/** Where a blob is, before the text of an error that names it. @return the error's code */
vouch_code repository_about(const repository *r, const char *tenant, vouch_code code, vouch_error *err);

/* ---- manifests and lists (manifest.c) ---- */

typedef struct manifest {
    vouch_backup_summary summary;
    const char *server;
    char dump[65], list[65];
    vouch_table_count *tables;
    size_t table_count;
} manifest;

vouch_code manifest_store(const repository *r, const manifest *m, char sha256[65], vouch_error *err);
/** @param name  NULL: the newest backup */
vouch_code manifest_load(const repository *r, const char *name, vouch_arena *arena, manifest *out, vouch_error *err);

/** Major version of the server that a backup was taken from. */
int server_major(const manifest *m);

/** Lists of blobs: "<tenant> <sha256> <size>" a line, in the order of the snapshot. */
vouch_code list_add(vouch_blob_writer *list, const char *tenant, const char *sha256, size_t size, vouch_error *err);
typedef vouch_code (*list_visitor)(void *context, const char *tenant, const char *sha256, size_t size,
                                   vouch_error *err);
vouch_code list_read(const repository *r, const manifest *m, list_visitor visitor, void *context, vouch_error *err);

/* ---- tools (tool.c) ---- */

typedef struct tool {
    const char *name;
    pid_t pid;    /* 0: not running */
    int data;     /* its standard input or output; -1: none */
    int messages; /* what it says on standard error */
} tool;

typedef struct tool_call {
    const char *name; /* "pg_dump" */
    int version;      /* of the server: which installed one is taken */
    char **argv;      /* argv[0] is ignored */
    char **environment;
    bool reads; /* we write to it; else we read from it */
} tool_call;

vouch_code tool_start(const tool_call *call, tool *out, vouch_error *err);
/** Wait for its end. @return VOUCH_OK; VOUCH_IO with what it said */
vouch_code tool_end(tool *t, vouch_error *err);
/** Whatever state it is in: a cleanup handler. */
void tool_kill(tool *t);

/* ---- dumps (dump.c) ---- */

vouch_code dump_make(const vouch_config *config, const vouch_snapshot *snapshot, const repository *r,
                     const vouch_backup_watch *watch, vouch_blob *out, vouch_error *err);
/** Feed a dump to pg_restore. @param conninfo  NULL: it only reads the dump */
vouch_code dump_feed(const repository *r, const manifest *m, const char *conninfo, int server_major,
                     const vouch_backup_watch *watch, vouch_error *err);

/** Tell how far it is. */
void tell(const vouch_backup_watch *watch, const char *phase, size_t blobs, uint64_t bytes);

#endif
