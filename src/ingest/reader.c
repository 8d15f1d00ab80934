/*
 * Reading blobs, plain and encrypted ones, in any order of their bytes. Whoever opens a blob for sending it has it read
 * and hashed to its end first, so that what is wrong is told before the first byte goes out; then each chunk is opened,
 * and its tag checked, again.
 */
#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend.h"
#include "vouch/hash.h"

struct vouch_blob_reader {
    int fd;
    char sha256[65];
    uint64_t size;    /* of the plain bytes */
    vouch_seal *seal; /* NULL: a plain blob */
    uint64_t chunks;  /* of an encrypted one */
    uint64_t number;  /* of the plain bytes in `chunk`; chunks: none */
    uint8_t *chunk;   /* of the file, opened in place; of plain blobs too, for hashing */
    size_t room;      /* in it */
};

void vouch_blob_reader_close(vouch_blob_reader **handle)
{
    if (!handle || !*handle)
        return;
    vouch_blob_reader *reader = *handle;
    vouch_close_fd(&reader->fd);
    vouch_seal_free(&reader->seal);
    if (reader->chunk)
        OPENSSL_cleanse(reader->chunk, reader->room);
    free(reader->chunk);
    free(reader);
    *handle = NULL;
}

/* Up to `length` bytes; fewer at the end of the file only. */
static vouch_code read_some(int fd, uint8_t *out, size_t length, uint64_t offset, size_t *got, vouch_error *err)
{
    size_t done = 0;
    while (done < length) {
        const ssize_t more = pread(fd, out + done, length - done, (off_t)(offset + done));
        if (more < 0 && errno == EINTR)
            continue;
        if (more < 0)
            return vouch_fail(err, VOUCH_IO, "it can't be read: %s", strerror(errno));
        if (more == 0)
            break;
        done += (size_t)more;
    }
    *got = done;
    return VOUCH_OK;
}

static vouch_code read_exactly(int fd, uint8_t *out, size_t length, uint64_t offset, vouch_error *err)
{
    size_t got = 0;
    VOUCH_TRY(read_some(fd, out, length, offset, &got, err));
    return got == length ? VOUCH_OK : vouch_fail(err, VOUCH_BLOB_DAMAGED, "it became shorter while it was read");
}

static vouch_code begin_sealed(vouch_blobs *blobs, vouch_blob_reader *reader, const char *tenant,
                               const uint8_t header[VOUCH_SEAL_HEADER], uint64_t stored, vouch_error *err)
{
    char id[37];
    VOUCH_CLEANUP(vouch_tenant_key_clear) vouch_tenant_key key = {0};
    VOUCH_TRY(vouch_sealed_size(stored, &reader->size, err));
    VOUCH_TRY(vouch_sealed_key(header, id, err));
    VOUCH_TRY(blob_key_find(blobs, tenant, id, &key, err));
    reader->chunks = (stored - VOUCH_SEAL_HEADER + VOUCH_SEAL_SEALED_CHUNK - 1) / VOUCH_SEAL_SEALED_CHUNK;
    reader->number = reader->chunks;
    return vouch_unseal_begin(header, &key, tenant, &reader->seal, err);
}

static vouch_code begin(vouch_blobs *blobs, vouch_blob_reader *reader, const char *tenant, uint64_t stored,
                        vouch_error *err)
{
    uint8_t header[VOUCH_SEAL_HEADER] = {0};
    size_t got = 0;
    VOUCH_TRY(read_some(reader->fd, header, sizeof header, 0, &got, err));
    if (vouch_sealed(header, got))
        return begin_sealed(blobs, reader, tenant, header, stored, err);
    if (blobs->require)
        return vouch_fail(err, VOUCH_CONFIG,
                          "it is not encrypted, and blob_encryption = require forbids that: encrypt what is there by "
                          "vouch admin keys rotate first");
    reader->size = stored;
    return VOUCH_OK;
}

static vouch_code about(const char *sha256, vouch_code code, vouch_error *err)
{
    if (code != VOUCH_OK && err)
        return vouch_error_prefix(err, "blob %s: ", sha256);
    return code;
}

vouch_code vouch_blob_reader_open(vouch_blobs *blobs, const char *tenant, const char *sha256, vouch_blob_reader **out,
                                  vouch_error *err)
{
    VOUCH_TRY(vouch_blob_check_names(tenant, sha256 ? sha256 : "", err));
    VOUCH_CLEANUP(vouch_blob_reader_close) vouch_blob_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return vouch_fail(err, VOUCH_NO_MEMORY, "opening a blob");
    reader->fd = -1;
    memcpy(reader->sha256, sha256, sizeof reader->sha256);
    size_t stored = 0;
    VOUCH_TRY(blobs->backend->open(blobs->state, tenant, sha256, &reader->fd, &stored, err));
    reader->room = stored < VOUCH_SEAL_SEALED_CHUNK ? stored + 1 : VOUCH_SEAL_SEALED_CHUNK;
    reader->chunk = malloc(reader->room);
    if (!reader->chunk)
        return vouch_fail(err, VOUCH_NO_MEMORY, "opening a blob");
    VOUCH_TRY(about(sha256, begin(blobs, reader, tenant, stored, err), err));
    *out = VOUCH_TAKE(reader);
    return VOUCH_OK;
}

int vouch_blob_reader_fd(const vouch_blob_reader *reader)
{
    return reader->fd;
}

vouch_code vouch_blob_reader_key(int fd, const char *sha256, char id[37], vouch_error *err)
{
    uint8_t header[VOUCH_SEAL_HEADER] = {0};
    size_t got = 0;
    VOUCH_TRY(about(sha256, read_some(fd, header, sizeof header, 0, &got, err), err));
    id[0] = '\0';
    return vouch_sealed(header, got) ? about(sha256, vouch_sealed_key(header, id, err), err) : VOUCH_OK;
}

size_t vouch_blob_reader_size(const vouch_blob_reader *reader)
{
    return (size_t)reader->size;
}

static size_t chunk_size(const vouch_blob_reader *reader, uint64_t number)
{
    const uint64_t rest = reader->size - number * VOUCH_SEAL_CHUNK;
    return rest < VOUCH_SEAL_CHUNK ? (size_t)rest : VOUCH_SEAL_CHUNK;
}

/* @param out  room for the chunk's plain bytes; may be `chunk` */
static vouch_code open_chunk(vouch_blob_reader *reader, uint64_t number, uint8_t *out, vouch_error *err)
{
    uint8_t *sealed = reader->chunk;
    const size_t length = chunk_size(reader, number) + VOUCH_SEAL_TAG;
    VOUCH_TRY(read_exactly(reader->fd, sealed, length, VOUCH_SEAL_HEADER + number * VOUCH_SEAL_SEALED_CHUNK, err));
    return vouch_unseal_chunk(reader->seal, number, number + 1 == reader->chunks ? reader->sha256 : NULL, sealed,
                              length, out, err);
}

/* Bytes of a chunk into `chunk`, when they aren't there. */
static vouch_code fill(vouch_blob_reader *reader, uint64_t number, vouch_error *err)
{
    if (reader->number == number)
        return VOUCH_OK;
    reader->number = reader->chunks;
    VOUCH_TRY(open_chunk(reader, number, reader->chunk, err));
    reader->number = number;
    return VOUCH_OK;
}

static vouch_code read_piece(vouch_blob_reader *reader, uint64_t offset, uint8_t *out, size_t length, size_t *got,
                             vouch_error *err)
{
    const uint64_t left = offset < reader->size ? reader->size - offset : 0;
    if (length > left)
        length = (size_t)left;
    *got = length;
    if (!reader->seal)
        return read_exactly(reader->fd, out, length, offset, err);
    for (size_t done = 0; done < length;) {
        const uint64_t number = (offset + done) / VOUCH_SEAL_CHUNK;
        const size_t from = (size_t)((offset + done) % VOUCH_SEAL_CHUNK), rest = chunk_size(reader, number) - from;
        const size_t piece = length - done < rest ? length - done : rest;
        VOUCH_TRY(fill(reader, number, err));
        memcpy(out + done, reader->chunk + from, piece);
        done += piece;
    }
    return VOUCH_OK;
}

vouch_code vouch_blob_read(vouch_blob_reader *reader, uint64_t offset, void *out, size_t length, size_t *got,
                           vouch_error *err)
{
    size_t there = 0;
    VOUCH_TRY(about(reader->sha256, read_piece(reader, offset, out, length, &there, err), err));
    *got = there;
    return VOUCH_OK;
}

/* ---- whole blobs ---- */

/* Every byte, in order: into `out`, or nowhere when that is NULL. */
static vouch_code read_whole(vouch_blob_reader *reader, uint8_t *out, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_sha256_stream_free) vouch_sha256_stream *hash = vouch_sha256_stream_new();
    char actual[65];
    uint8_t extra;
    size_t more = 0;
    if (!hash)
        return vouch_fail(err, VOUCH_NO_MEMORY, "checking a blob");
    const uint64_t chunks = reader->seal ? reader->chunks : (reader->size + VOUCH_SEAL_CHUNK - 1) / VOUCH_SEAL_CHUNK;
    for (uint64_t number = 0; number < chunks; number++) {
        const size_t length = chunk_size(reader, number);
        uint8_t *piece = out ? out + number * VOUCH_SEAL_CHUNK : reader->chunk;
        reader->number = reader->chunks;
        VOUCH_TRY(reader->seal ? open_chunk(reader, number, piece, err)
                               : read_exactly(reader->fd, piece, length, number * VOUCH_SEAL_CHUNK, err));
        vouch_sha256_stream_add(hash, piece, length);
    }
    if (!reader->seal)
        VOUCH_TRY(read_some(reader->fd, &extra, 1, reader->size, &more, err));
    vouch_sha256_stream_end(hash, actual);
    if (more > 0)
        return vouch_fail(err, VOUCH_BLOB_DAMAGED, "it became longer while it was read");
    if (strcmp(actual, reader->sha256) != 0)
        return vouch_fail(err, VOUCH_BLOB_DAMAGED, "its bytes hash to %s", actual);
    return VOUCH_OK;
}

vouch_code vouch_blob_open(vouch_blobs *blobs, const char *tenant, const char *sha256, vouch_blob_reader **out,
                           vouch_error *err)
{
    VOUCH_CLEANUP(vouch_blob_reader_close) vouch_blob_reader *reader = NULL;
    VOUCH_TRY(vouch_blob_reader_open(blobs, tenant, sha256, &reader, err));
    VOUCH_TRY(about(sha256, read_whole(reader, /* out= */ NULL, err), err));
    *out = VOUCH_TAKE(reader);
    return VOUCH_OK;
}

vouch_code vouch_blob_load(vouch_blobs *blobs, const char *tenant, const char *sha256, size_t maximum, uint8_t **data,
                           size_t *length, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_blob_reader_close) vouch_blob_reader *reader = NULL;
    VOUCH_TRY(vouch_blob_reader_open(blobs, tenant, sha256, &reader, err));
    if (reader->size > maximum)
        return vouch_fail(err, VOUCH_TOO_LARGE, "blob %s has %llu bytes; %zu are allowed", sha256,
                          (unsigned long long)reader->size, maximum);
    VOUCH_CLEANUP(vouch_free_pointer) uint8_t *bytes = malloc(reader->size > 0 ? (size_t)reader->size : 1);
    if (!bytes)
        return vouch_fail(err, VOUCH_NO_MEMORY, "reading a blob of %llu bytes", (unsigned long long)reader->size);
    VOUCH_TRY(about(sha256, read_whole(reader, bytes, err), err));
    *data = VOUCH_TAKE(bytes);
    *length = (size_t)reader->size;
    return VOUCH_OK;
}
