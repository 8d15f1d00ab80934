/*
 * Blobs as files. A blob is written to FOLDER/tmp, synced, renamed to its place and its folder synced, so that a crash
 * at any moment leaves either the whole blob or a file in tmp that the sweep removes.
 *
 * Every folder below the store's own is opened step by step from its parent without following links, so that nothing
 * planted there leads a read or a write elsewhere. Publishing and sweeping the same blob exclude each other by a lock
 * on its folder, shared among the writers: the sweep must not remove what is renamed into place behind its back.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "vouch/hash.h"

enum {
    LEVELS = 2 /* tenant, first byte of the hash: ten million blobs are forty thousand a folder */
};

vouch_code folder_failed(vouch_error *err, const char *what, const char *which)
{
    return vouch_fail(err, VOUCH_IO, "blob store: %s %s: %s", what, which, strerror(errno));
}

vouch_code folder_enter(int parent, const char *name, bool create, int *out, vouch_error *err)
{
    int fd = openat(parent, name, OPEN_FOLDER);
    if (fd < 0 && errno == ENOENT && create) {
        if (mkdirat(parent, name, 0700) != 0 && errno != EEXIST)
            return folder_failed(err, "making folder", name);
        if (fsync(parent) != 0)
            return folder_failed(err, "syncing the folder of", name);
        fd = openat(parent, name, OPEN_FOLDER);
    }
    if (fd < 0 && errno == ENOENT)
        return vouch_fail(err, VOUCH_NOT_FOUND, "blob store: there is no folder %s", name);
    if (fd < 0)
        return folder_failed(err, "opening folder", name);
    *out = fd;
    return VOUCH_OK;
}

/*
 * Stores of the first version had a second level, by the second byte of the hash: a blob of theirs moves up when it is
 * first looked for. What can't be moved is not there, for whoever looks next will say so.
 */
static void move_up(int shard, const char *sha256)
{
    const char second[] = {sha256[2], sha256[3], '\0'};
    struct stat stats;
    if (fstatat(shard, sha256, &stats, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT)
        return;
    VOUCH_CLEANUP(vouch_close_fd) int below = openat(shard, second, OPEN_FOLDER);
    if (below >= 0 && renameat2(below, sha256, shard, sha256, RENAME_NOREPLACE) == 0 && fsync(shard) == 0)
        unlinkat(shard, second, AT_REMOVEDIR); /* the last one closes the door; fails while there are others */
}

/* The folder that a blob belongs in. */
static vouch_code enter_shard(const folder *store, const char *tenant, const char *sha256, bool create, int *out,
                              vouch_error *err)
{
    const char name[] = {sha256[0], sha256[1], '\0'};
    VOUCH_CLEANUP(vouch_close_fd) int at = -1;
    VOUCH_TRY(folder_enter(store->tenants, tenant, create, &at, err));
    VOUCH_TRY(folder_enter(at, name, create, out, err));
    move_up(*out, sha256);
    return VOUCH_OK;
}

static vouch_code lock(int fd, int operation, vouch_error *err)
{
    while (flock(fd, operation) != 0)
        if (errno != EINTR)
            return folder_failed(err, "locking", "a folder");
    return VOUCH_OK;
}

vouch_code folder_spool(void *state, vouch_spool *out, vouch_error *err)
{
    const folder *store = state;
    vouch_spool spool;
    VOUCH_TRY(vouch_random_hex(16, spool.name, err));
    spool.fd = openat(store->tmp, spool.name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (spool.fd < 0)
        return folder_failed(err, "starting an upload in", "tmp");
    *out = spool;
    return VOUCH_OK;
}

static vouch_code folder_publish(void *state, const vouch_spool *spool, const char *tenant, const char *sha256,
                                 vouch_error *err)
{
    const folder *store = state;
    VOUCH_CLEANUP(vouch_close_fd) int shard = -1;
    VOUCH_TRY(enter_shard(store, tenant, sha256, /* create= */ true, &shard, err));
    /* The age counts from here, however long the upload took. */
    if (futimens(spool->fd, NULL) != 0 || fsync(spool->fd) != 0)
        return folder_failed(err, "syncing", sha256);
    VOUCH_TRY(lock(shard, LOCK_SH, err));
    if (renameat(store->tmp, spool->name, shard, sha256) != 0)
        return folder_failed(err, "placing", sha256);
    if (fsync(shard) != 0)
        return folder_failed(err, "syncing the folder of", sha256);
    return VOUCH_OK;
}

/* A blob that was removed, or published anew, since it was opened has another file under its name or none. */
static vouch_code folder_replace(void *state, const vouch_spool *spool, int fd, const char *tenant, const char *sha256,
                                 bool *replaced, vouch_error *err)
{
    const folder *store = state;
    VOUCH_CLEANUP(vouch_close_fd) int shard = -1;
    struct stat old, there;
    VOUCH_TRY(enter_shard(store, tenant, sha256, /* create= */ false, &shard, err));
    if (fstat(fd, &old) != 0)
        return folder_failed(err, "looking at", sha256);
    const struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, old.st_mtim};
    if (futimens(spool->fd, times) != 0 || fsync(spool->fd) != 0)
        return folder_failed(err, "syncing", sha256);
    VOUCH_TRY(lock(shard, LOCK_EX, err));
    const bool is_there = fstatat(shard, sha256, &there, AT_SYMLINK_NOFOLLOW) == 0;
    if (!is_there && errno != ENOENT)
        return folder_failed(err, "looking at", sha256);
    if (!is_there || there.st_ino != old.st_ino || there.st_dev != old.st_dev)
        return VOUCH_OK;
    if (renameat(store->tmp, spool->name, shard, sha256) != 0)
        return folder_failed(err, "placing", sha256);
    if (fsync(shard) != 0)
        return folder_failed(err, "syncing the folder of", sha256);
    *replaced = true;
    return VOUCH_OK;
}

void folder_discard(void *state, vouch_spool *spool)
{
    const folder *store = state;
    unlinkat(store->tmp, spool->name, 0); /* fails when it was published: there is nothing to remove */
    vouch_close_fd(&spool->fd);
}

static vouch_code folder_open(void *state, const char *tenant, const char *sha256, int *fd, size_t *size,
                              vouch_error *err)
{
    VOUCH_CLEANUP(vouch_close_fd) int shard = -1;
    VOUCH_TRY(enter_shard(state, tenant, sha256, /* create= */ false, &shard, err));
    VOUCH_CLEANUP(vouch_close_fd) int file = openat(shard, sha256, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0 && errno == ENOENT)
        return vouch_fail(err, VOUCH_NOT_FOUND, "blob store: there is no %s", sha256);
    struct stat stats;
    if (file < 0 || fstat(file, &stats) != 0)
        return folder_failed(err, "opening", sha256);
    if (!S_ISREG(stats.st_mode))
        return vouch_fail(err, VOUCH_IO, "blob store: %s is no file", sha256);
    *fd = file;
    file = -1;
    *size = (size_t)stats.st_size;
    return VOUCH_OK;
}

static vouch_code folder_remove(void *state, const char *tenant, const char *sha256, int64_t not_after, bool *removed,
                                vouch_error *err)
{
    VOUCH_CLEANUP(vouch_close_fd) int shard = -1;
    vouch_error missing = VOUCH_ERROR_INIT;
    vouch_code code = enter_shard(state, tenant, sha256, /* create= */ false, &shard, &missing);
    if (code == VOUCH_NOT_FOUND)
        return VOUCH_OK;
    if (code != VOUCH_OK)
        return vouch_fail(err, code, "%s", missing.message);
    VOUCH_TRY(lock(shard, LOCK_EX, err));
    struct stat stats;
    if (fstatat(shard, sha256, &stats, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? VOUCH_OK : folder_failed(err, "looking at", sha256);
    if ((int64_t)stats.st_mtime > not_after)
        return VOUCH_OK;
    if (unlinkat(shard, sha256, 0) != 0)
        return folder_failed(err, "removing", sha256);
    *removed = true;
    return VOUCH_OK;
}

typedef struct walk {
    vouch_blob_found found;
    void *context;
    const char *only_tenant;    /* NULL: all */
    char names[LEVELS + 1][37]; /* with the second level of the first version */
    bool stopped;
} walk;

void folder_close_stream(DIR **stream)
{
    if (*stream)
        closedir(*stream);
}

/* Does the entry belong to the store? The name of a blob must repeat its folders. */
static bool belongs(const walk *w, int level, const char *name)
{
    if (level == 0)
        return vouch_is_uuid(name) && (!w->only_tenant || strcmp(name, w->only_tenant) == 0);
    if (level <= LEVELS && vouch_is_hex(name, 2))
        return true;
    return level >= LEVELS && vouch_is_hex(name, 64) && memcmp(name, w->names[1], 2) == 0 &&
           (level == LEVELS || memcmp(name + 2, w->names[2], 2) == 0);
}

static vouch_code visit_blob(walk *w, int parent, const char *name, vouch_error *err)
{
    struct stat stats;
    if (fstatat(parent, name, &stats, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? VOUCH_OK : folder_failed(err, "looking at", name);
    if (S_ISREG(stats.st_mode))
        w->stopped = !w->found(w->context, w->names[0], name, (size_t)stats.st_size, (int64_t)stats.st_mtime);
    return VOUCH_OK;
}

static vouch_code walk_level(walk *w, int parent, int level, vouch_error *err);

static vouch_code visit_entry(walk *w, int parent, int level, const char *name, vouch_error *err)
{
    if (!belongs(w, level, name))
        return VOUCH_OK;
    if (vouch_is_hex(name, 64))
        return visit_blob(w, parent, name, err);
    int fd = openat(parent, name, OPEN_FOLDER);
    if (fd < 0) /* gone meanwhile, or something foreign under a name like ours */
        return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? VOUCH_OK
                                                                     : folder_failed(err, "opening folder", name);
    snprintf(w->names[level], sizeof w->names[level], "%.36s", name);
    return walk_level(w, fd, level + 1, err);
}

/* @param parent  taken over */
static vouch_code walk_level(walk *w, int parent, int level, vouch_error *err)
{
    VOUCH_CLEANUP(folder_close_stream) DIR *stream = fdopendir(parent);
    if (!stream) {
        close(parent);
        return folder_failed(err, "listing", "a folder");
    }
    while (!w->stopped) {
        errno = 0;
        const struct dirent *entry = readdir(stream);
        if (!entry)
            return errno == 0 ? VOUCH_OK : folder_failed(err, "listing", "a folder");
        VOUCH_TRY(visit_entry(w, parent, level, entry->d_name, err));
    }
    return VOUCH_OK;
}

static vouch_code folder_list(void *state, const char *tenant, vouch_blob_found found, void *context, vouch_error *err)
{
    const folder *store = state;
    walk w = {.found = found, .context = context, .only_tenant = tenant};
    int top = openat(store->tenants, ".", OPEN_FOLDER);
    if (top < 0)
        return folder_failed(err, "opening folder", "tenants");
    return walk_level(&w, top, 0, err);
}

static vouch_code folder_sweep_spools(void *state, int64_t not_after, size_t *removed, vouch_error *err)
{
    const folder *store = state;
    int top = openat(store->tmp, ".", OPEN_FOLDER);
    VOUCH_CLEANUP(folder_close_stream) DIR *stream = top < 0 ? NULL : fdopendir(top);
    if (!stream) {
        vouch_close_fd(&top);
        return folder_failed(err, "listing", "tmp");
    }
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(stream);
        if (!entry)
            return errno == 0 ? VOUCH_OK : folder_failed(err, "listing", "tmp");
        struct stat stats;
        if (!vouch_is_hex(entry->d_name, 32) || fstatat(top, entry->d_name, &stats, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if ((int64_t)stats.st_mtime <= not_after && unlinkat(top, entry->d_name, 0) == 0)
            (*removed)++;
    }
}

static void folder_close(void *state)
{
    folder *store = state;
    vouch_close_fd(&store->tenants);
    vouch_close_fd(&store->tmp);
    free(store);
}

static const vouch_blob_backend folder_backend = {
    .spool = folder_spool,
    .publish = folder_publish,
    .discard = folder_discard,
    .open = folder_open,
    .remove = folder_remove,
    .list = folder_list,
    .sweep_spools = folder_sweep_spools,
    .replace = folder_replace,
    .put_key = folder_put_key,
    .get_key = folder_get_key,
    .remove_key = folder_remove_key,
    .list_keys = folder_list_keys,
    .list_tenants = folder_list_tenants,
    .close = folder_close,
};

vouch_code vouch_blobs_open_folder(const char *path, vouch_blobs **out, vouch_error *err)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return folder_failed(err, "making folder", path);
    /* The operator may point to the store by a link; inside of it there are none. */
    VOUCH_CLEANUP(vouch_close_fd) int top = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (top < 0)
        return folder_failed(err, "opening folder", path);
    folder *store = calloc(1, sizeof *store);
    VOUCH_CLEANUP(vouch_free_pointer) vouch_blobs *blobs = calloc(1, sizeof *blobs);
    if (!store || !blobs) {
        free(store);
        return vouch_fail(err, VOUCH_NO_MEMORY, "opening the blob store");
    }
    store->tenants = store->tmp = -1;
    vouch_code code = folder_enter(top, "tenants", /* create= */ true, &store->tenants, err);
    if (code == VOUCH_OK)
        code = folder_enter(top, "tmp", /* create= */ true, &store->tmp, err);
    if (code != VOUCH_OK) {
        folder_close(store);
        return code;
    }
    blobs->backend = &folder_backend;
    blobs->state = store;
    *out = VOUCH_TAKE(blobs);
    return VOUCH_OK;
}
