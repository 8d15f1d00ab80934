/* The folder of backups: its mark, its blob store, and the small files that name the manifests. */
#include "repository.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char mark[] = "Vouch backups, form 1\n";

void tell(const vouch_backup_watch *watch, const char *phase, size_t blobs, uint64_t bytes)
{
    if (watch && watch->progress)
        watch->progress(watch->context, phase, blobs, bytes);
}

void repository_close(repository *r)
{
    vouch_blobs_close(&r->blobs);
    vouch_close_fd(&r->names);
    vouch_close_fd(&r->lock);
}

static vouch_code failed(vouch_error *err, const char *folder, const char *what)
{
    return vouch_fail(err, VOUCH_IO, "%s%s%s: %s", folder, *what ? "/" : "", what, strerror(errno));
}

static bool is_empty(int fd)
{
    int count = 0;
    DIR *stream = fdopendir(fd);
    const struct dirent *entry;
    while (stream && (entry = readdir(stream)))
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    if (stream)
        closedir(stream);
    else
        close(fd);
    return count == 0;
}

static vouch_code write_mark(int top, const char *folder, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_close_fd) int fd = openat(top, "vouch-backup", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, mark, sizeof mark - 1) != (ssize_t)sizeof mark - 1 || fsync(fd) != 0 || fsync(top) != 0)
        return failed(err, folder, "vouch-backup");
    return VOUCH_OK;
}

/* A folder with other things in it is not taken over. */
static vouch_code check_mark(int top, const char *folder, bool write, int *lock, vouch_error *err)
{
    char text[sizeof mark] = "";
    VOUCH_CLEANUP(vouch_close_fd) int fd = openat(top, "vouch-backup", O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && write && is_empty(openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC))) {
        VOUCH_TRY(write_mark(top, folder, err));
        fd = openat(top, "vouch-backup", O_RDONLY | O_CLOEXEC);
    }
    if (fd < 0 && errno == ENOENT)
        return vouch_fail(err, VOUCH_CONFIG, "%s is no folder of backups: there is no file vouch-backup in it", folder);
    if (fd < 0)
        return failed(err, folder, "vouch-backup");
    if (read(fd, text, sizeof text - 1) != (ssize_t)sizeof mark - 1 || memcmp(text, mark, sizeof mark - 1) != 0)
        return vouch_fail(err, VOUCH_CONFIG, "%s/vouch-backup is of no form that this program knows", folder);
    if (flock(fd, (write ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0)
        return vouch_fail(err, VOUCH_STATE_CONFLICT, "another backup is at work in %s", folder);
    *lock = fd;
    fd = -1;
    return VOUCH_OK;
}

static vouch_code open_blobs(const vouch_config *config, const char *folder, vouch_blobs **out, vouch_error *err)
{
    const bool own = *config->backup_key_file || *config->backup_key_command;
    const vouch_blob_seals seals = {.key_file = own ? config->backup_key_file : config->blob_key_file,
                                    .key_command = own ? config->backup_key_command : config->blob_key_command,
                                    .require = true};
    char path[4096];
    if (!*seals.key_file && !*seals.key_command)
        return vouch_fail(err, VOUCH_CONFIG, "backups are encrypted: set backup_key_file or backup_key_command");
    if (snprintf(path, sizeof path, "%s/blobs", folder) >= (int)sizeof path)
        return vouch_fail(err, VOUCH_CONFIG, "the folder's name is too long");
    return vouch_blobs_open_sealed(path, &seals, out, err);
}

vouch_code repository_open(const vouch_config *config, const char *folder, bool write, repository *out,
                           vouch_error *err)
{
    VOUCH_CLEANUP(repository_close) repository r = REPOSITORY_NONE;
    r.folder = folder;
    if (write && mkdir(folder, 0700) != 0 && errno != EEXIST)
        return failed(err, folder, "");
    VOUCH_CLEANUP(vouch_close_fd) int top = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (top < 0)
        return failed(err, folder, "");
    VOUCH_TRY(check_mark(top, folder, write, &r.lock, err));
    if (write && mkdirat(top, "backups", 0700) != 0 && errno != EEXIST)
        return failed(err, folder, "backups");
    r.names = openat(top, "backups", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (r.names < 0)
        return failed(err, folder, "backups");
    VOUCH_TRY(open_blobs(config, folder, &r.blobs, err));
    *out = r;
    r = (repository)REPOSITORY_NONE;
    return VOUCH_OK;
}

/* ---- names ---- */

static bool is_name(const char *text)
{
    return strlen(text) == VOUCH_BACKUP_NAME_SIZE - 1 && strspn(text, "0123456789") == 8 && text[8] == 'T' &&
           strspn(text + 9, "0123456789") == 6 && text[15] == 'Z';
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void close_stream(DIR **stream)
{
    if (*stream)
        closedir(*stream);
}

vouch_code repository_names(const repository *r, vouch_arena *arena, char (**out)[VOUCH_BACKUP_NAME_SIZE],
                            size_t *count, vouch_error *err)
{
    char(*names)[VOUCH_BACKUP_NAME_SIZE] = NULL;
    size_t found = 0, capacity = 0;
    int top = openat(r->names, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    VOUCH_CLEANUP(close_stream) DIR *stream = top < 0 ? NULL : fdopendir(top);
    if (!stream) {
        vouch_close_fd(&top);
        return failed(err, r->folder, "backups");
    }
    for (const struct dirent *entry; (entry = readdir(stream));)
        if (is_name(entry->d_name))
            memcpy(VOUCH_ARENA_PUSH(arena, names, found, capacity), entry->d_name, VOUCH_BACKUP_NAME_SIZE);
    if (found > 0)
        qsort(names, found, sizeof *names, compare_names);
    *out = names;
    *count = found;
    return VOUCH_OK;
}

vouch_code repository_lookup(const repository *r, const char *name, char sha256[65], vouch_error *err)
{
    char text[80] = "", path[64];
    snprintf(path, sizeof path, "backups/%.40s", name);
    VOUCH_CLEANUP(vouch_close_fd)
    int fd = is_name(name) ? openat(r->names, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
    if (fd < 0 && (!is_name(name) || errno == ENOENT))
        return vouch_fail(err, VOUCH_NOT_FOUND, "%s has no backup %s", r->folder, name);
    const ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (got < 0)
        return failed(err, r->folder, path);
    if (got != 65 || text[64] != '\n' || strspn(text, "0123456789abcdef") != 64)
        return vouch_fail(err, VOUCH_BLOB_DAMAGED, "%s/%s is damaged: it holds no hash", r->folder, path);
    memcpy(sha256, text, 64);
    sha256[64] = '\0';
    return VOUCH_OK;
}

vouch_code repository_record(const repository *r, const char *name, const char *sha256, vouch_error *err)
{
    char text[80], path[64];
    const int length = snprintf(text, sizeof text, "%s\n", sha256);
    snprintf(path, sizeof path, "backups/%.40s", name);
    VOUCH_CLEANUP(vouch_close_fd)
    int fd = openat(r->names, ".new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, text, (size_t)length) != length || fsync(fd) != 0 ||
        renameat(r->names, ".new", r->names, name) != 0 || fsync(r->names) != 0)
        return failed(err, r->folder, path);
    return VOUCH_OK;
}

vouch_code repository_forget(const repository *r, const char *name, vouch_error *err)
{
    if (unlinkat(r->names, name, 0) != 0 || fsync(r->names) != 0)
        return failed(err, r->folder, name);
    return VOUCH_OK;
}

vouch_code repository_about(const repository *r, const char *tenant, vouch_code code, vouch_error *err)
{
    if (code != VOUCH_OK && err)
        return vouch_error_prefix(err, "%s/blobs/tenants/%s: ", r->folder, tenant);
    return code;
}
