/* A blob from one store into another, each under its own keys. */
#include <stdlib.h>

#include "backend.h"

vouch_code vouch_blob_pour(vouch_blob_reader *from, vouch_blob_writer *to, bool *from_failed, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_free_pointer) uint8_t *chunk = malloc(VOUCH_SEAL_CHUNK);
    if (!chunk)
        return vouch_fail(err, VOUCH_NO_MEMORY, "copying a blob");
    size_t got = 0;
    for (uint64_t at = 0; at < vouch_blob_reader_size(from); at += got) {
        *from_failed = true;
        VOUCH_TRY(vouch_blob_read(from, at, chunk, VOUCH_SEAL_CHUNK, &got, err));
        *from_failed = false;
        VOUCH_TRY(vouch_blob_append(to, chunk, got, err));
    }
    return VOUCH_OK;
}

static vouch_code publish(vouch_blobs *to, vouch_blob_reader *reader, const char *tenant, const char *sha256,
                          bool *from_failed, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_blob_abort) vouch_blob_writer *writer = NULL;
    vouch_blob blob;
    VOUCH_TRY(vouch_blob_create(to, tenant, vouch_blob_reader_size(reader), &writer, err));
    VOUCH_TRY(vouch_blob_pour(reader, writer, from_failed, err));
    const vouch_code code = vouch_blob_writer_end(writer, sha256, &blob, err);
    *from_failed = code == VOUCH_BLOB_DAMAGED; /* its bytes are not those of its name */
    VOUCH_TRY(code);
    return to->backend->publish(to->state, vouch_blob_writer_spool(writer), tenant, sha256, err);
}

vouch_code vouch_blob_copy(vouch_blobs *from, vouch_blobs *to, const char *tenant, const char *sha256,
                           vouch_blob_copied *out, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_blob_reader_close) vouch_blob_reader *reader = NULL;
    VOUCH_CLEANUP(vouch_blob_reader_close) vouch_blob_reader *back = NULL;
    bool there = false;
    VOUCH_TRY(vouch_blob_check_names(tenant, sha256 ? sha256 : "", err));
    VOUCH_TRY(vouch_blob_exists(to, tenant, sha256, &there, err));
    if (there) {
        VOUCH_TRY(vouch_blob_reader_open(to, tenant, sha256, &reader, err));
        *out = (vouch_blob_copied){.size = vouch_blob_reader_size(reader)};
        return VOUCH_OK;
    }
    out->from_failed = true;
    VOUCH_TRY(vouch_blob_reader_open(from, tenant, sha256, &reader, err));
    out->from_failed = false;
    VOUCH_TRY(publish(to, reader, tenant, sha256, &out->from_failed, err));
    VOUCH_TRY(vouch_blob_open(to, tenant, sha256, &back, err));
    *out = (vouch_blob_copied){.copied = true, .size = vouch_blob_reader_size(back)};
    return VOUCH_OK;
}
