/*
 * Writing blobs: bytes are hashed as they come and go to the spool, encrypted where the store has keys: not one plain
 * byte of a document reaches the disk. The name, the hash of the plain bytes, is known at the end and bound into the
 * last chunk.
 */
#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backend.h"
#include "vouch/hash.h"

struct vouch_blob_writer {
    vouch_blobs *blobs;
    char tenant[37];
    vouch_spool spool;
    size_t size, maximum;
    vouch_sha256_stream *sha256;
    vouch_xxh3_stream *xxh3;
    vouch_seal *seal; /* NULL: the blob is not encrypted */
    vouch_tenant_key key;
    uint8_t header[VOUCH_SEAL_HEADER];
    uint8_t *chunk; /* plain bytes that are not sealed yet; sealed in place */
    size_t filled;
    void *view; /* mapped; NULL: none */
    size_t view_size;
    bool failed;
};

static void drop_view(vouch_blob_writer *writer)
{
    if (writer->view)
        munmap(writer->view, writer->view_size);
    writer->view = NULL;
}

void vouch_blob_abort(vouch_blob_writer **handle)
{
    if (!handle || !*handle)
        return;
    vouch_blob_writer *writer = *handle;
    drop_view(writer);
    vouch_sha256_stream_free(&writer->sha256);
    vouch_xxh3_stream_free(&writer->xxh3);
    vouch_seal_free(&writer->seal);
    vouch_tenant_key_clear(&writer->key);
    if (writer->chunk)
        OPENSSL_cleanse(writer->chunk, VOUCH_SEAL_SEALED_CHUNK);
    free(writer->chunk);
    if (writer->spool.fd >= 0)
        writer->blobs->backend->discard(writer->blobs->state, &writer->spool);
    free(writer);
    *handle = NULL;
}

vouch_code vouch_write_all(int fd, const uint8_t *data, size_t length, vouch_error *err)
{
    while (length > 0) {
        ssize_t written = write(fd, data, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return vouch_fail(err, VOUCH_IO, "a blob can't be written: %s", strerror(errno));
        data += written;
        length -= (size_t)written;
    }
    return VOUCH_OK;
}

static vouch_code begin_sealed(vouch_blob_writer *writer, vouch_error *err)
{
    writer->chunk = malloc(VOUCH_SEAL_SEALED_CHUNK);
    if (!writer->chunk)
        return vouch_fail(err, VOUCH_NO_MEMORY, "starting an upload");
    VOUCH_TRY(blob_key_current(writer->blobs, writer->tenant, &writer->key, err));
    VOUCH_TRY(vouch_seal_begin(&writer->key, writer->tenant, writer->header, &writer->seal, err));
    return vouch_write_all(writer->spool.fd, writer->header, sizeof writer->header, err);
}

vouch_code vouch_blob_create(vouch_blobs *blobs, const char *tenant, size_t maximum, vouch_blob_writer **out,
                             vouch_error *err)
{
    VOUCH_TRY(vouch_blob_check_names(tenant, /* sha256= */ NULL, err));
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
    if (blobs->keyring)
        VOUCH_TRY(begin_sealed(writer, err));
    *out = VOUCH_TAKE(writer);
    return VOUCH_OK;
}

/* A chunk is sealed when more bytes follow: the last one is sealed at the end, with the name. */
static vouch_code write_sealed(vouch_blob_writer *writer, const uint8_t *data, size_t length, vouch_error *err)
{
    while (length > 0) {
        if (writer->filled == VOUCH_SEAL_CHUNK) {
            VOUCH_TRY(vouch_seal_chunk(writer->seal, writer->chunk, writer->chunk, err));
            VOUCH_TRY(vouch_write_all(writer->spool.fd, writer->chunk, VOUCH_SEAL_SEALED_CHUNK, err));
            writer->filled = 0;
        }
        const size_t room = VOUCH_SEAL_CHUNK - writer->filled, taken = length < room ? length : room;
        memcpy(writer->chunk + writer->filled, data, taken);
        writer->filled += taken;
        data += taken;
        length -= taken;
    }
    return VOUCH_OK;
}

/* A plain blob must not look like an encrypted one. No document that is let in does. */
static vouch_code check_start(const vouch_blob_writer *writer, const uint8_t *data, size_t length, vouch_error *err)
{
    if (writer->size == 0 && vouch_sealed(data, length))
        return vouch_fail(err, VOUCH_UNSUPPORTED_FORMAT, "the content begins like a file of this store");
    return VOUCH_OK;
}

static vouch_code write_plain(vouch_blob_writer *writer, const uint8_t *data, size_t length, vouch_error *err)
{
    VOUCH_TRY(check_start(writer, data, length, err));
    return vouch_write_all(writer->spool.fd, data, length, err);
}

vouch_code vouch_blob_append(vouch_blob_writer *writer, const void *data, size_t length, vouch_error *err)
{
    drop_view(writer);
    if (writer->failed)
        return vouch_fail(err, VOUCH_IO, "the upload has failed before");
    writer->failed = true;
    if (length > writer->maximum - writer->size)
        return vouch_fail(err, VOUCH_TOO_LARGE, "the document has more than %zu bytes", writer->maximum);
    VOUCH_TRY((writer->seal ? write_sealed : write_plain)(writer, data, length, err));
    vouch_sha256_stream_add(writer->sha256, data, length);
    vouch_xxh3_stream_add(writer->xxh3, data, length);
    writer->size += length;
    writer->failed = false;
    return VOUCH_OK;
}

/* ---- looking at what is written so far ---- */

static vouch_code read_at(int fd, uint8_t *out, size_t length, uint64_t offset, vouch_error *err)
{
    for (size_t got = 0; got < length;) {
        const ssize_t more = pread(fd, out + got, length - got, (off_t)(offset + got));
        if (more < 0 && errno == EINTR)
            continue;
        if (more <= 0)
            return vouch_fail(err, VOUCH_IO, "an upload can't be looked at: %s",
                              more < 0 ? strerror(errno) : "cut off");
        got += (size_t)more;
    }
    return VOUCH_OK;
}

static vouch_code open_chunks(vouch_blob_writer *writer, uint8_t *out, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_seal_free) vouch_seal *seal = NULL;
    VOUCH_CLEANUP(vouch_free_pointer) uint8_t *sealed = NULL;
    const size_t whole = (writer->size - writer->filled) / VOUCH_SEAL_CHUNK;
    if (whole > 0 && !(sealed = malloc(VOUCH_SEAL_SEALED_CHUNK)))
        return vouch_fail(err, VOUCH_NO_MEMORY, "looking at an upload");
    VOUCH_TRY(vouch_unseal_begin(writer->header, &writer->key, writer->tenant, &seal, err));
    for (size_t i = 0; i < whole; i++) {
        const uint64_t offset = VOUCH_SEAL_HEADER + (uint64_t)i * VOUCH_SEAL_SEALED_CHUNK;
        VOUCH_TRY(read_at(writer->spool.fd, sealed, VOUCH_SEAL_SEALED_CHUNK, offset, err));
        VOUCH_TRY(vouch_unseal_chunk(seal, i, /* name= */ NULL, sealed, VOUCH_SEAL_SEALED_CHUNK,
                                     out + i * VOUCH_SEAL_CHUNK, err));
    }
    memcpy(out + whole * VOUCH_SEAL_CHUNK, writer->chunk, writer->filled);
    return VOUCH_OK;
}

/* Plain bytes are in the spool; those of an encrypted blob in memory, for as long as they are looked at. */
static vouch_code map_bytes(vouch_blob_writer *writer, vouch_error *err)
{
    const bool sealed = writer->seal != NULL;
    void *view = mmap(NULL, writer->size, sealed ? PROT_READ | PROT_WRITE : PROT_READ,
                      sealed ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_PRIVATE, sealed ? -1 : writer->spool.fd, 0);
    if (view == MAP_FAILED)
        return vouch_fail(err, VOUCH_IO, "an upload can't be looked at: %s", strerror(errno));
    writer->view = view;
    writer->view_size = writer->size;
    return sealed ? open_chunks(writer, view, err) : VOUCH_OK;
}

vouch_code vouch_blob_view(vouch_blob_writer *writer, const uint8_t **data, size_t *length, vouch_error *err)
{
    static const uint8_t nothing[1];
    drop_view(writer);
    if (writer->size > 0) {
        const vouch_code code = map_bytes(writer, err);
        if (code != VOUCH_OK) {
            drop_view(writer);
            return code;
        }
    }
    *data = writer->view ? writer->view : nothing;
    *length = writer->size;
    return VOUCH_OK;
}

/* ---- the end ---- */

static vouch_code end_sealed(vouch_blob_writer *writer, const char *sha256, vouch_error *err)
{
    VOUCH_TRY(vouch_seal_last(writer->seal, writer->chunk, writer->filled, sha256, writer->chunk, err));
    return vouch_write_all(writer->spool.fd, writer->chunk, writer->filled + VOUCH_SEAL_TAG, err);
}

vouch_code vouch_blob_writer_end(vouch_blob_writer *writer, const char *name, vouch_blob *out, vouch_error *err)
{
    if (writer->failed)
        return vouch_fail(err, VOUCH_IO, "the upload has failed before");
    writer->failed = true; /* nothing is added behind the end */
    vouch_blob blob = {.size = writer->size};
    vouch_sha256_stream_end(writer->sha256, blob.sha256);
    vouch_xxh3_stream_end(writer->xxh3, blob.xxh3);
    if (name && strcmp(name, blob.sha256) != 0)
        return vouch_fail(err, VOUCH_BLOB_DAMAGED, "its bytes hash to %s", blob.sha256);
    if (writer->seal)
        VOUCH_TRY(end_sealed(writer, blob.sha256, err));
    *out = blob;
    return VOUCH_OK;
}

const vouch_spool *vouch_blob_writer_spool(const vouch_blob_writer *writer)
{
    return &writer->spool;
}

vouch_code vouch_blob_commit(vouch_blob_writer **handle, vouch_blob *out, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_blob_abort) vouch_blob_writer *writer = VOUCH_TAKE(*handle);
    vouch_blob blob;
    VOUCH_TRY(vouch_blob_writer_end(writer, /* name= */ NULL, &blob, err));
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
