/*
 * Restoring. Blobs first, then the database in one transaction: until that is there, nothing refers to anything, and
 * what was cut off is run again. The rows of each table are counted against the manifest at the end.
 */
#include <string.h>

#include "repository.h"

typedef struct restoring {
    const repository *r;
    vouch_blobs *to;
    const vouch_backup_watch *watch;
    vouch_backup_summary *summary;
    size_t blobs;
    uint64_t bytes;
} restoring;

static bool stop_at_first(void *context, const char *tenant, const char *sha256, size_t size)
{
    (void)tenant;
    (void)sha256;
    (void)size;
    *(bool *)context = true;
    return false;
}

static vouch_code open_target(const vouch_config *config, bool overwrite, vouch_blobs **out, vouch_error *err)
{
    bool any = false;
    VOUCH_TRY(vouch_blobs_open(config, out, err));
    VOUCH_TRY(vouch_blobs_list(*out, /* tenant= */ NULL, stop_at_first, &any, err));
    if (any && !overwrite)
        return vouch_fail(err, VOUCH_STATE_CONFLICT, "%s is not empty: there are blobs in it", config->blob_dir);
    return VOUCH_OK;
}

static vouch_code restore_blob(void *context, const char *tenant, const char *sha256, size_t size, vouch_error *err)
{
    restoring *w = context;
    vouch_blob_copied copied = {0};
    const vouch_code code = vouch_blob_copy(w->r->blobs, w->to, tenant, sha256, &copied, err);
    if (code != VOUCH_OK && copied.from_failed)
        return repository_about(w->r, tenant, code, err);
    VOUCH_TRY(code);
    w->blobs++;
    w->bytes += size;
    w->summary->copied += copied.copied;
    w->summary->copied_bytes += copied.copied ? size : 0;
    tell(w->watch, "blobs", w->blobs, w->bytes);
    return VOUCH_OK;
}

static vouch_code compare_tables(const vouch_store_options *options, const manifest *m, vouch_arena *arena,
                                 vouch_error *err)
{
    VOUCH_CLEANUP(vouch_snapshot_close) vouch_snapshot *snapshot = NULL;
    vouch_table_count *tables = NULL;
    size_t count = 0;
    VOUCH_TRY(vouch_snapshot_open(options, &snapshot, err));
    VOUCH_TRY(vouch_snapshot_tables(snapshot, arena, &tables, &count, err));
    if (count != m->table_count)
        return vouch_fail(err, VOUCH_BLOB_DAMAGED, "%zu tables were restored, the manifest has %zu", count,
                          m->table_count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(tables[i].name, m->tables[i].name) != 0 || tables[i].rows != m->tables[i].rows)
            return vouch_fail(err, VOUCH_BLOB_DAMAGED, "table %s has %lld rows, the manifest has %lld of table %s",
                              tables[i].name, (long long)tables[i].rows, (long long)m->tables[i].rows,
                              m->tables[i].name);
    return VOUCH_OK;
}

static vouch_code restore_database(const vouch_config *config, const repository *r, const manifest *m, bool overwrite,
                                   const vouch_backup_watch *watch, vouch_arena *arena, vouch_error *err)
{
    const vouch_store_options options = {.conninfo = config->database, .application = "vouch admin restore"};
    int version = 0;
    VOUCH_TRY(vouch_restore_begin(&options, overwrite, &version, err));
    vouch_code code = dump_feed(r, m, config->database, version, watch, err);
    if (code == VOUCH_OK)
        code = compare_tables(&options, m, arena, err);
    if (code == VOUCH_OK)
        return vouch_restore_keep(&options, err);
    vouch_error trouble = VOUCH_ERROR_INIT;
    if (vouch_restore_undo(&options, &trouble) != VOUCH_OK)
        return vouch_fail(err, code, "%.200s; and what was there before is still put aside: %.200s",
                          err ? err->message : "", trouble.message);
    return code;
}

/* Before a byte is restored: is all that the database needs there, and is the place empty? */
static vouch_code check_dump(const repository *r, const manifest *m, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_blob_reader_close) vouch_blob_reader *reader = NULL;
    return repository_about(r, NOBODY, vouch_blob_open(r->blobs, NOBODY, m->dump, &reader, err), err);
}

vouch_code vouch_backup_restore(const vouch_config *config, const char *folder, const char *name, bool overwrite,
                                const vouch_backup_watch *watch, vouch_backup_summary *out, vouch_error *err)
{
    VOUCH_CLEANUP(repository_close) repository r = REPOSITORY_NONE;
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    VOUCH_CLEANUP(vouch_blobs_close) vouch_blobs *to = NULL;
    const vouch_store_options options = {.conninfo = config->database, .application = "vouch admin restore"};
    manifest m = {0};
    if (!arena)
        return vouch_fail(err, VOUCH_NO_MEMORY, "restoring a backup");
    VOUCH_TRY(repository_open(config, folder, /* write= */ false, &r, err));
    VOUCH_TRY(manifest_load(&r, name, arena, &m, err));
    if (!overwrite)
        VOUCH_TRY(vouch_restore_check(&options, err));
    VOUCH_TRY(open_target(config, overwrite, &to, err));
    VOUCH_TRY(check_dump(&r, &m, err));
    restoring work = {.r = &r, .to = to, .watch = watch, .summary = &m.summary};
    VOUCH_TRY(list_read(&r, &m, restore_blob, &work, err));
    VOUCH_TRY(restore_database(config, &r, &m, overwrite, watch, arena, err));
    *out = m.summary;
    return VOUCH_OK;
}
