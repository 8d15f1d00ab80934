/* Records of keys as files: FOLDER/tenants/<tenant>/keys/<id>, written and placed like a blob. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "vouch/memory.h"

static vouch_code enter_keys(const folder *store, const char *tenant, bool create, int *out, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_close_fd) int at = -1;
    VOUCH_TRY(folder_enter(store->tenants, tenant, create, &at, err));
    return folder_enter(at, "keys", create, out, err);
}

typedef struct spool_end {
    void *state;
    vouch_spool spool;
} spool_end;

static void discard(spool_end *end)
{
    if (end->spool.fd >= 0)
        folder_discard(end->state, &end->spool);
}

vouch_code folder_put_key(void *state, const char *tenant, const char *id, const uint8_t *record, size_t length,
                          vouch_error *err)
{
    const folder *store = state;
    VOUCH_CLEANUP(vouch_close_fd) int keys = -1;
    VOUCH_CLEANUP(discard) spool_end end = {.state = state, .spool.fd = -1};
    VOUCH_TRY(enter_keys(store, tenant, /* create= */ true, &keys, err));
    VOUCH_TRY(folder_spool(state, &end.spool, err));
    VOUCH_TRY(vouch_write_all(end.spool.fd, record, length, err));
    if (fsync(end.spool.fd) != 0)
        return folder_failed(err, "syncing key", id);
    if (renameat(store->tmp, end.spool.name, keys, id) != 0)
        return folder_failed(err, "placing key", id);
    if (fsync(keys) != 0)
        return folder_failed(err, "syncing the folder of key", id);
    return VOUCH_OK;
}

vouch_code folder_get_key(void *state, const char *tenant, const char *id, uint8_t *record, size_t capacity,
                          size_t *length, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_close_fd) int keys = -1;
    VOUCH_TRY(enter_keys(state, tenant, /* create= */ false, &keys, err));
    VOUCH_CLEANUP(vouch_close_fd) int file = openat(keys, id, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0 && errno == ENOENT)
        return vouch_fail(err, VOUCH_NOT_FOUND, "blob store: there is no key %s", id);
    if (file < 0)
        return folder_failed(err, "opening key", id);
    size_t got = 0;
    ssize_t more = 1;
    while (got < capacity && more != 0) {
        more = read(file, record + got, capacity - got);
        if (more < 0 && errno != EINTR)
            return folder_failed(err, "reading key", id);
        got += more > 0 ? (size_t)more : 0;
    }
    *length = got;
    return VOUCH_OK;
}

vouch_code folder_remove_key(void *state, const char *tenant, const char *id, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_close_fd) int keys = -1;
    vouch_error missing = VOUCH_ERROR_INIT;
    const vouch_code code = enter_keys(state, tenant, /* create= */ false, &keys, &missing);
    if (code == VOUCH_NOT_FOUND)
        return VOUCH_OK;
    if (code != VOUCH_OK)
        return vouch_fail(err, code, "%s", missing.message);
    if (unlinkat(keys, id, 0) != 0 && errno != ENOENT)
        return folder_failed(err, "removing key", id);
    if (fsync(keys) != 0)
        return folder_failed(err, "syncing the folder of key", id);
    return VOUCH_OK;
}

/* @param fd  taken over */
static vouch_code list_ids(int fd, vouch_id_found found, void *context, vouch_error *err)
{
    VOUCH_CLEANUP(folder_close_stream) DIR *stream = fdopendir(fd);
    if (!stream) {
        vouch_close_fd(&fd);
        return folder_failed(err, "listing", "a folder");
    }
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(stream);
        if (!entry)
            return errno == 0 ? VOUCH_OK : folder_failed(err, "listing", "a folder");
        if (vouch_is_uuid(entry->d_name) && !found(context, entry->d_name))
            return VOUCH_OK;
    }
}

vouch_code folder_list_keys(void *state, const char *tenant, vouch_id_found found, void *context, vouch_error *err)
{
    int keys = -1;
    vouch_error missing = VOUCH_ERROR_INIT;
    const vouch_code code = enter_keys(state, tenant, /* create= */ false, &keys, &missing);
    if (code == VOUCH_NOT_FOUND)
        return VOUCH_OK;
    if (code != VOUCH_OK)
        return vouch_fail(err, code, "%s", missing.message);
    return list_ids(keys, found, context, err);
}

vouch_code folder_list_tenants(void *state, vouch_id_found found, void *context, vouch_error *err)
{
    const folder *store = state;
    const int top = openat(store->tenants, ".", OPEN_FOLDER);
    if (top < 0)
        return folder_failed(err, "opening folder", "tenants");
    return list_ids(top, found, context, err);
}
