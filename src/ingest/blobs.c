/*
 * What all kinds of blob stores have in common: shapes of names, hashing while writing, limits, and the check of what
 * is read against its name.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backend.h"
#include "vouch/hash.h"

enum {
    CHUNK = 64 * 1024
};

struct vouch_blob_writer {
    vouch_blobs *blobs;
    char tenant[37];
    vouch_spool spool;
    size_t size, maximum;
    vouch_sha256_stream *sha256;
    vouch_xxh3_stream *xxh3;
    void *view; /* mapped; NULL: none */
    size_t view_size;
    bool failed;
};

bool vouch_is_hex(const char *text, size_t length)
{
    return strspn(text, "0123456789abcdef") == length && text[length] == '\0';
}

bool vouch_is_uuid(const char *text)
{
    if (strlen(text) != 36)
        return false;
    for (size_t i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !memchr("0123456789abcdef", text[i], 16))
            return false;
    }
    return true;
}

static vouch_code check_names(const char *tenant, const char *sha256, vouch_error *err)
{
    if (!tenant || !vouch_is_uuid(tenant))
        return vouch_fail(err, VOUCH_INTERNAL, "the tenant of a blob is no UUID");
    if (sha256 && !vouch_is_hex(sha256, 64))
        return vouch_fail(err, VOUCH_INTERNAL, "the name of a blob is no SHA-256");
    return VOUCH_OK;
}

void vouch_blobs_close(vouch_blobs **blobs)
{
    if (!blobs || !*blobs)
        return;
    (*blobs)->backend->close((*blobs)->state);
    free(*blobs);
    *blobs = NULL;
}

static void drop_view(vouch_blob_writer *writer)
{
    if (writer->view)
        munmap(writer->view, writer->view_size);
    writer->view = NULL;
}

void vouch_blob_abort(vouch_blob_writer **writer)
{
    if (!writer || !*writer)
        return;
    drop_view(*writer);
    vouch_sha256_stream_free(&(*writer)->sha256);
    vouch_xxh3_stream_free(&(*writer)->xxh3);
    if ((*writer)->spool.fd >= 0)
        (*writer)->blobs->backend->discard((*writer)->blobs->state, &(*writer)->spool);
    free(*writer);
    *writer = NULL;
}

vouch_code vouch_blob_create(vouch_blobs *blobs, const char *tenant, size_t maximum, vouch_blob_writer **out,
                             vouch_error *err)
{
    VOUCH_TRY(check_names(tenant, /* sha256= */ NULL, err));
    VOUCH_CLEANUP(vouch_blob_abort) vouch_blob_writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return vouch_fail(err, VOUCH_NO_MEMORY, "starting an upload");
    writer->blobs = blobs;
    writer->maximum = maximum;
    writer->spool.fd = -1;
    memcpy(writer->tenant, tenant, sizeof writer->tenant);
    writer->sha256 = vouch_sha256_stream_new();
    writer->xxh3 = vouch_xxh3_stream_new();
    if (!writer->sha256 || !writer->xxh3)
        return vouch_fail(err, VOUCH_NO_MEMORY, "starting an upload");
    VOUCH_TRY(blobs->backend->spool(blobs->state, &writer->spool, err));
    *out = VOUCH_TAKE(writer);
    return VOUCH_OK;
}

static vouch_code write_all(int fd, const uint8_t *data, size_t length, vouch_error *err)
{
    while (length > 0) {
        ssize_t written = write(fd, data, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return vouch_fail(err, VOUCH_IO, "an upload can't be written: %s", strerror(errno));
        data += written;
        length -= (size_t)written;
    }
    return VOUCH_OK;
}

vouch_code vouch_blob_append(vouch_blob_writer *writer, const void *data, size_t length, vouch_error *err)
{
    drop_view(writer);
    if (writer->failed)
        return vouch_fail(err, VOUCH_IO, "the upload has failed before");
    writer->failed = true;
    if (length > writer->maximum - writer->size)
        return vouch_fail(err, VOUCH_TOO_LARGE, "the document has more than %zu bytes", writer->maximum);
    VOUCH_TRY(write_all(writer->spool.fd, data, length, err));
    vouch_sha256_stream_add(writer->sha256, data, length);
    vouch_xxh3_stream_add(writer->xxh3, data, length);
    writer->size += length;
    writer->failed = false;
    return VOUCH_OK;
}

vouch_code vouch_blob_view(vouch_blob_writer *writer, const uint8_t **data, size_t *length, vouch_error *err)
{
    static const uint8_t nothing[1];
    drop_view(writer);
    if (writer->size > 0) {
        void *view = mmap(NULL, writer->size, PROT_READ, MAP_PRIVATE, writer->spool.fd, 0);
        if (view == MAP_FAILED)
            return vouch_fail(err, VOUCH_IO, "an upload can't be looked at: %s", strerror(errno));
        writer->view = view;
        writer->view_size = writer->size;
    }
    *data = writer->view ? writer->view : nothing;
    *length = writer->size;
    return VOUCH_OK;
}

vouch_code vouch_blob_commit(vouch_blob_writer **handle, vouch_blob *out, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_blob_abort) vouch_blob_writer *writer = VOUCH_TAKE(*handle);
    if (writer->failed)
        return vouch_fail(err, VOUCH_IO, "the upload has failed before");
    vouch_blob blob = {.size = writer->size};
    vouch_sha256_stream_end(writer->sha256, blob.sha256);
    vouch_xxh3_stream_end(writer->xxh3, blob.xxh3);
    VOUCH_TRY(writer->blobs->backend->publish(writer->blobs->state, &writer->spool, writer->tenant, blob.sha256, err));
    *out = blob;
    return VOUCH_OK;
}

vouch_code vouch_blob_store(vouch_blobs *blobs, const char *tenant, const void *data, size_t length, vouch_blob *out,
                            vouch_error *err)
{
    VOUCH_CLEANUP(vouch_blob_abort) vouch_blob_writer *writer = NULL;
    VOUCH_TRY(vouch_blob_create(blobs, tenant, length, &writer, err));
    VOUCH_TRY(vouch_blob_append(writer, data, length, err));
    return vouch_blob_commit(&writer, out, err);
}

/* Fill `data` (of `length` bytes) from the file, which must have just so many. */
static vouch_code read_exactly(int fd, uint8_t *data, size_t length, const char *sha256, vouch_error *err)
{
    size_t got = 0;
    for (;;) {
        uint8_t extra;
        ssize_t more = got < length ? read(fd, data + got, length - got) : read(fd, &extra, 1);
        if (more < 0 && errno == EINTR)
            continue;
        if (more < 0)
            return vouch_fail(err, VOUCH_IO, "blob %s can't be read: %s", sha256, strerror(errno));
        if (more == 0 && got == length)
            return VOUCH_OK;
        if (more == 0 || got == length)
            return vouch_fail(err, VOUCH_IO, "blob %s has changed its size", sha256);
        got += (size_t)more;
    }
}

static vouch_code check_hash(const char *actual, const char *sha256, vouch_error *err)
{
    if (strcmp(actual, sha256) != 0)
        return vouch_fail(err, VOUCH_IO, "blob %s is damaged: its bytes hash to %s", sha256, actual);
    return VOUCH_OK;
}

vouch_code vouch_blob_load(vouch_blobs *blobs, const char *tenant, const char *sha256, size_t maximum, uint8_t **data,
                           size_t *length, vouch_error *err)
{
    VOUCH_TRY(check_names(tenant, sha256 ? sha256 : "", err));
    VOUCH_CLEANUP(vouch_close_fd) int fd = -1;
    size_t size = 0;
    VOUCH_TRY(blobs->backend->open(blobs->state, tenant, sha256, &fd, &size, err));
    if (size > maximum)
        return vouch_fail(err, VOUCH_TOO_LARGE, "blob %s has %zu bytes; %zu are allowed", sha256, size, maximum);
    VOUCH_CLEANUP(vouch_free_pointer) uint8_t *bytes = malloc(size > 0 ? size : 1);
    if (!bytes)
        return vouch_fail(err, VOUCH_NO_MEMORY, "reading a blob of %zu bytes", size);
    VOUCH_TRY(read_exactly(fd, bytes, size, sha256, err));
    char actual[65];
    vouch_sha256_hex(bytes, size, actual);
    VOUCH_TRY(check_hash(actual, sha256, err));
    *data = VOUCH_TAKE(bytes);
    *length = size;
    return VOUCH_OK;
}

static vouch_code check_file(int fd, const char *sha256, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_sha256_stream_free) vouch_sha256_stream *stream = vouch_sha256_stream_new();
    VOUCH_CLEANUP(vouch_free_pointer) uint8_t *chunk = malloc(CHUNK);
    if (!stream || !chunk)
        return vouch_fail(err, VOUCH_NO_MEMORY, "checking a blob");
    for (;;) {
        ssize_t got = read(fd, chunk, CHUNK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return vouch_fail(err, VOUCH_IO, "blob %s can't be read: %s", sha256, strerror(errno));
        if (got == 0)
            break;
        vouch_sha256_stream_add(stream, chunk, (size_t)got);
    }
    char actual[65];
    vouch_sha256_stream_end(stream, actual);
    VOUCH_TRY(check_hash(actual, sha256, err));
    if (lseek(fd, 0, SEEK_SET) != 0)
        return vouch_fail(err, VOUCH_IO, "blob %s can't be read again: %s", sha256, strerror(errno));
    return VOUCH_OK;
}

vouch_code vouch_blob_open(vouch_blobs *blobs, const char *tenant, const char *sha256, int *fd, size_t *size,
                           vouch_error *err)
{
    VOUCH_TRY(check_names(tenant, sha256 ? sha256 : "", err));
    VOUCH_CLEANUP(vouch_close_fd) int opened = -1;
    size_t bytes = 0;
    VOUCH_TRY(blobs->backend->open(blobs->state, tenant, sha256, &opened, &bytes, err));
    VOUCH_TRY(check_file(opened, sha256, err));
    *fd = opened;
    opened = -1;
    *size = bytes;
    return VOUCH_OK;
}

vouch_code vouch_blob_exists(vouch_blobs *blobs, const char *tenant, const char *sha256, bool *out, vouch_error *err)
{
    VOUCH_TRY(check_names(tenant, sha256 ? sha256 : "", err));
    VOUCH_CLEANUP(vouch_close_fd) int fd = -1;
    size_t size = 0;
    vouch_error failure = VOUCH_ERROR_INIT; /* "not there" is an answer, and must not fill the caller's error */
    vouch_code code = blobs->backend->open(blobs->state, tenant, sha256, &fd, &size, &failure);
    if (code != VOUCH_OK && code != VOUCH_NOT_FOUND)
        return vouch_fail(err, code, "%s", failure.message);
    *out = code == VOUCH_OK;
    return VOUCH_OK;
}

vouch_code vouch_blob_remove(vouch_blobs *blobs, const char *tenant, const char *sha256, vouch_error *err)
{
    VOUCH_TRY(check_names(tenant, sha256 ? sha256 : "", err));
    bool removed = false;
    return blobs->backend->remove(blobs->state, tenant, sha256, INT64_MAX, &removed, err);
}

typedef struct list_context {
    vouch_blob_visitor visitor;
    void *context;
} list_context;

static bool pass_on(void *context, const char *tenant, const char *sha256, size_t size, int64_t changed)
{
    const list_context *list = context;
    (void)changed;
    return list->visitor(list->context, tenant, sha256, size);
}

vouch_code vouch_blobs_list(vouch_blobs *blobs, const char *tenant, vouch_blob_visitor visitor, void *context,
                            vouch_error *err)
{
    if (tenant)
        VOUCH_TRY(check_names(tenant, /* sha256= */ NULL, err));
    list_context list = {.visitor = visitor, .context = context};
    return blobs->backend->list(blobs->state, tenant, pass_on, &list, err);
}
