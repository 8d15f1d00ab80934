/*
 * Removing old backups. Their names go first, so that none is ever left with a part of it gone; then whatever no backup
 * that is left refers to. All references are in memory meanwhile, 80 bytes each.
 */
#include <stdlib.h>
#include <string.h>

#include "repository.h"

typedef struct reference {
    char text[101]; /* tenant and hash */
} reference;

typedef struct references {
    reference *items;
    size_t count, capacity;
} references;

static void references_done(references *list)
{
    free(list->items);
}

static vouch_code add(references *list, const char *tenant, const char *sha256, vouch_error *err)
{
    if (list->count == list->capacity) {
        const size_t capacity = list->capacity ? 2 * list->capacity : 1024;
        reference *grown = reallocarray(list->items, capacity, sizeof *grown);
        if (!grown)
            return vouch_fail(err, VOUCH_NO_MEMORY, "remembering what backups refer to");
        list->items = grown;
        list->capacity = capacity;
    }
    snprintf(list->items[list->count++].text, sizeof list->items->text, "%s%s", tenant, sha256);
    return VOUCH_OK;
}

static vouch_code add_blob(void *context, const char *tenant, const char *sha256, size_t size, vouch_error *err)
{
    (void)size;
    return add(context, tenant, sha256, err);
}

static vouch_code add_backup(const repository *r, const char *name, references *list, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    char sha256[65];
    manifest m = {0};
    if (!arena)
        return vouch_fail(err, VOUCH_NO_MEMORY, "reading a manifest");
    VOUCH_TRY(repository_lookup(r, name, sha256, err));
    VOUCH_TRY(manifest_load(r, name, arena, &m, err));
    VOUCH_TRY(add(list, NOBODY, sha256, err));
    VOUCH_TRY(add(list, NOBODY, m.dump, err));
    VOUCH_TRY(add(list, NOBODY, m.list, err));
    return list_read(r, &m, add_blob, list, err);
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const reference *)a)->text, ((const reference *)b)->text);
}

static vouch_code look_up(void *context, const char *tenant, const char (*sha256)[65], size_t count, bool *referenced,
                          vouch_error *err)
{
    const references *list = context;
    (void)err;
    for (size_t i = 0; i < count; i++) {
        reference key;
        snprintf(key.text, sizeof key.text, "%s%s", tenant, sha256[i]);
        referenced[i] = list->count > 0 && bsearch(&key, list->items, list->count, sizeof key, compare) != NULL;
    }
    return VOUCH_OK;
}

vouch_code vouch_backup_prune(const vouch_config *config, const char *folder, size_t keep, size_t *backups,
                              size_t *removed, vouch_error *err)
{
    VOUCH_CLEANUP(repository_close) repository r = REPOSITORY_NONE;
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    VOUCH_CLEANUP(references_done) references list = {0};
    char(*names)[VOUCH_BACKUP_NAME_SIZE] = NULL;
    size_t count = 0;
    vouch_blob_sweep swept = {0};
    if (!arena)
        return vouch_fail(err, VOUCH_NO_MEMORY, "removing backups");
    VOUCH_TRY(repository_open(config, folder, /* write= */ true, &r, err));
    VOUCH_TRY(repository_names(&r, arena, &names, &count, err));
    const size_t old = count > keep ? count - keep : 0;
    for (size_t i = old; i < count; i++) /* before anything goes: all that stays can be read */
        VOUCH_TRY(add_backup(&r, names[i], &list, err));
    if (list.count > 0)
        qsort(list.items, list.count, sizeof *list.items, compare);
    for (size_t i = 0; i < old; i++)
        VOUCH_TRY(repository_forget(&r, names[i], err));
    VOUCH_TRY(vouch_blobs_sweep(r.blobs, /* min_age_seconds= */ 0, look_up, &list, &swept, err));
    *backups = old;
    *removed = swept.removed;
    return VOUCH_OK;
}
