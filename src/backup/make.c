/*
 * Making and checking backups. The moment is taken first, then what it refers to is copied: blobs never change, and
 * none that the moment refers to is removed while it is held. What is in the folder already is not copied again; what
 * is copied is read back. The backup's name appears last.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "repository.h"

typedef struct making {
    const repository *r;
    vouch_blobs *from;
    vouch_blob_writer *list;
    const vouch_backup_watch *watch;
    vouch_backup_summary *summary;
} making;

/* A blob that is lost must not keep all others from being saved; but without a key that is missing all would be lost.
 */
static bool goes_on_without(const making *m, vouch_code code)
{
    return code == VOUCH_NOT_FOUND || code == VOUCH_BLOB_DAMAGED ||
           (code == VOUCH_KEY_MISSING && vouch_blobs_encrypted(m->from));
}

/* What remains is a tenant's key that was erased: master keys are there. */
static vouch_code check_keys(vouch_blobs *blobs, vouch_error *err)
{
    vouch_key_use use[VOUCH_KEYS_USED_MOST];
    size_t count = 0;
    if (!vouch_blobs_encrypted(blobs))
        return VOUCH_OK;
    VOUCH_TRY(vouch_blobs_key_use(blobs, use, &count, err));
    for (size_t i = 0; i < count; i++)
        if (!use[i].there)
            return vouch_fail(err, VOUCH_KEY_MISSING, "master key %s is needed and is not among the keys of blobs",
                              use[i].id);
    return VOUCH_OK;
}

static vouch_code miss(making *m, const char *tenant, const char *sha256, const vouch_error *why)
{
    m->summary->missing++;
    if (m->watch && m->watch->missing)
        m->watch->missing(m->watch->context, tenant, sha256, why);
    return VOUCH_OK;
}

static vouch_code save_blob(void *context, const char *tenant, const char *sha256, vouch_error *err)
{
    making *m = context;
    vouch_blob_copied copied = {0};
    vouch_error why = VOUCH_ERROR_INIT;
    vouch_code code = vouch_blob_copy(m->from, m->r->blobs, tenant, sha256, &copied, &why);
    if (code != VOUCH_OK && goes_on_without(m, code) && copied.from_failed)
        return miss(m, tenant, sha256, &why);
    if (code != VOUCH_OK)
        return repository_about(m->r, tenant, vouch_fail(err, code, "%s", why.message), err);
    m->summary->blobs++;
    m->summary->blob_bytes += copied.size;
    m->summary->copied += copied.copied;
    m->summary->copied_bytes += copied.copied ? copied.size : 0;
    tell(m->watch, "blobs", m->summary->blobs, m->summary->blob_bytes);
    return list_add(m->list, tenant, sha256, copied.size, err);
}

static vouch_code save_blobs(const vouch_config *config, vouch_snapshot *snapshot, const repository *r,
                             const vouch_backup_watch *watch, manifest *m, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_blobs_close) vouch_blobs *from = NULL;
    VOUCH_CLEANUP(vouch_blob_abort) vouch_blob_writer *list = NULL;
    vouch_blob blob;
    VOUCH_TRY(vouch_blobs_open(config, &from, err));
    VOUCH_TRY(check_keys(from, err));
    VOUCH_TRY(vouch_blob_create(r->blobs, NOBODY, SIZE_MAX, &list, err));
    making work = {.r = r, .from = from, .list = list, .watch = watch, .summary = &m->summary};
    VOUCH_TRY(vouch_snapshot_blobs(snapshot, save_blob, &work, err));
    VOUCH_TRY(vouch_blob_commit(&list, &blob, err));
    memcpy(m->list, blob.sha256, sizeof m->list);
    return VOUCH_OK;
}

static vouch_code save_database(const vouch_config *config, vouch_snapshot *snapshot, const repository *r,
                                const vouch_backup_watch *watch, vouch_arena *arena, manifest *m, vouch_error *err)
{
    const vouch_snapshot_info *info = vouch_snapshot_about(snapshot);
    vouch_blob dump;
    VOUCH_TRY(vouch_snapshot_tables(snapshot, arena, &m->tables, &m->table_count, err));
    for (size_t i = 0; i < m->table_count; i++)
        m->summary.rows += m->tables[i].rows;
    m->summary.tables = m->table_count;
    m->summary.schema = info->schema;
    m->server = info->server;
    snprintf(m->summary.at, sizeof m->summary.at, "%s", info->at);
    VOUCH_TRY(dump_make(config, snapshot, r, watch, &dump, err));
    memcpy(m->dump, dump.sha256, sizeof m->dump);
    m->summary.dump_bytes = dump.size;
    return dump_feed(r, m, /* conninfo= */ NULL, info->server_major, watch, err);
}

/* A name of its own, also for the second backup of a second. */
static vouch_code choose_name(const repository *r, char name[VOUCH_BACKUP_NAME_SIZE], vouch_error *err)
{
    char sha256[65];
    for (time_t at = time(NULL);; at++) {
        struct tm parts;
        gmtime_r(&at, &parts);
        strftime(name, VOUCH_BACKUP_NAME_SIZE, "%Y%m%dT%H%M%SZ", &parts);
        const vouch_code code = repository_lookup(r, name, sha256, NULL);
        if (code == VOUCH_NOT_FOUND)
            return VOUCH_OK;
        if (code != VOUCH_OK && code != VOUCH_BLOB_DAMAGED)
            return vouch_fail(err, code, "%s/backups can't be read", r->folder);
    }
}

vouch_code vouch_backup_make(const vouch_config *config, const char *folder, const vouch_backup_watch *watch,
                             vouch_backup_summary *out, vouch_error *err)
{
    VOUCH_CLEANUP(repository_close) repository r = REPOSITORY_NONE;
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    VOUCH_CLEANUP(vouch_snapshot_close) vouch_snapshot *snapshot = NULL;
    const vouch_store_options options = {.conninfo = config->database, .application = "vouch admin backup"};
    manifest m = {0};
    char sha256[65];
    if (!arena)
        return vouch_fail(err, VOUCH_NO_MEMORY, "making a backup");
    VOUCH_TRY(repository_open(config, folder, /* write= */ true, &r, err));
    VOUCH_TRY(choose_name(&r, m.summary.name, err));
    VOUCH_TRY(vouch_snapshot_open(&options, &snapshot, err));
    VOUCH_TRY(save_database(config, snapshot, &r, watch, arena, &m, err));
    VOUCH_TRY(save_blobs(config, snapshot, &r, watch, &m, err));
    VOUCH_TRY(manifest_store(&r, &m, sha256, err));
    VOUCH_TRY(repository_record(&r, m.summary.name, sha256, err));
    VOUCH_TRY(manifest_load(&r, m.summary.name, arena, &(manifest){0}, err));
    *out = m.summary;
    return VOUCH_OK;
}

/* ---- checking ---- */

typedef struct checking {
    const repository *r;
    const vouch_backup_watch *watch;
    size_t blobs;
    uint64_t bytes;
} checking;

static vouch_code check_blob(void *context, const char *tenant, const char *sha256, size_t size, vouch_error *err)
{
    checking *c = context;
    VOUCH_CLEANUP(vouch_blob_reader_close) vouch_blob_reader *reader = NULL;
    VOUCH_TRY(repository_about(c->r, tenant, vouch_blob_open(c->r->blobs, tenant, sha256, &reader, err), err));
    c->blobs++;
    c->bytes += size;
    tell(c->watch, "blobs", c->blobs, c->bytes);
    return VOUCH_OK;
}

vouch_code vouch_backup_verify(const vouch_config *config, const char *folder, const char *name,
                               const vouch_backup_watch *watch, vouch_backup_summary *out, vouch_error *err)
{
    VOUCH_CLEANUP(repository_close) repository r = REPOSITORY_NONE;
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    manifest m = {0};
    if (!arena)
        return vouch_fail(err, VOUCH_NO_MEMORY, "checking a backup");
    VOUCH_TRY(repository_open(config, folder, /* write= */ false, &r, err));
    VOUCH_TRY(manifest_load(&r, name, arena, &m, err));
    checking c = {.r = &r, .watch = watch};
    VOUCH_TRY(dump_feed(&r, &m, /* conninfo= */ NULL, server_major(&m), watch, err));
    VOUCH_TRY(list_read(&r, &m, check_blob, &c, err));
    if (c.blobs != m.summary.blobs)
        return vouch_fail(err, VOUCH_BLOB_DAMAGED, "backup %s has a list of %zu blobs, its manifest counts %zu",
                          m.summary.name, c.blobs, m.summary.blobs);
    *out = m.summary;
    return VOUCH_OK;
}

vouch_code vouch_backup_list(const vouch_config *config, const char *folder, vouch_arena *arena,
                             vouch_backup_summary **out, size_t *count, vouch_error *err)
{
    VOUCH_CLEANUP(repository_close) repository r = REPOSITORY_NONE;
    char(*names)[VOUCH_BACKUP_NAME_SIZE] = NULL;
    size_t found = 0;
    VOUCH_TRY(repository_open(config, folder, /* write= */ false, &r, err));
    VOUCH_TRY(repository_names(&r, arena, &names, &found, err));
    vouch_backup_summary *list = vouch_arena_calloc(arena, found + 1, sizeof *list);
    for (size_t i = 0; i < found; i++) {
        manifest m = {0};
        VOUCH_TRY(manifest_load(&r, names[i], arena, &m, err));
        list[i] = m.summary;
    }
    *out = list;
    *count = found;
    return VOUCH_OK;
}
