/**
 * Ingest: what is let in, and where its bytes are kept.
 *
 * Blobs are kept per tenant and named by their SHA-256, so that the same bytes are stored once a tenant and never
 * shared between tenants. The store is an interface (src/ingest/backend.h); this version has files:
 * FOLDER/tenants/<tenant uuid>/ab/cd/<sha256>, written beside it, synced, and renamed into place. What is in place is
 * complete. Functions may be called from many threads and processes at once; a writer belongs to one thread at a time.
 */
#ifndef VOUCH_INGEST_H
#define VOUCH_INGEST_H

#include <stdint.h>

#include "vouch/decode.h"

/**
 * Let a document in or not, before anything else touches it.
 *
 * @param maximum  bytes
 * @param format   out: by content, never by name
 * @return VOUCH_OK; VOUCH_EMPTY; VOUCH_TOO_LARGE; VOUCH_UNSUPPORTED_FORMAT
 */
vouch_code vouch_ingest_check(const uint8_t *data, size_t length, size_t maximum, vouch_format *format,
                              vouch_error *err) VOUCH_MUST_CHECK;

typedef struct vouch_blobs vouch_blobs;
typedef struct vouch_blob_writer vouch_blob_writer;

/** What was stored. */
typedef struct vouch_blob {
    char sha256[65];
    char xxh3[33]; /* XXH3-128 */
    size_t size;
} vouch_blob;

/**
 * Open a store in a folder, which is created (mode 0700) when its parent exists.
 * @return VOUCH_OK; VOUCH_IO naming the folder and the reason
 */
vouch_code vouch_blobs_open_folder(const char *folder, vouch_blobs **out, vouch_error *err) VOUCH_MUST_CHECK;
void vouch_blobs_close(vouch_blobs **blobs);

/**
 * Begin to write a blob. Memory does not depend on its size.
 *
 * @param tenant   UUID in lower case; anything else is VOUCH_INTERNAL
 * @param maximum  bytes; the append that exceeds it fails
 * @param out      end with vouch_blob_commit or vouch_blob_abort; must not outlive the store
 */
vouch_code vouch_blob_create(vouch_blobs *blobs, const char *tenant, size_t maximum, vouch_blob_writer **out,
                             vouch_error *err) VOUCH_MUST_CHECK;

/** @return VOUCH_OK; VOUCH_TOO_LARGE; VOUCH_IO. After a failure only vouch_blob_abort is left. */
vouch_code vouch_blob_append(vouch_blob_writer *writer, const void *data, size_t length,
                             vouch_error *err) VOUCH_MUST_CHECK;

/**
 * Look at the bytes so far, for vouch_ingest_check before the commit.
 * @param data  out: lent until the next call on the writer; never NULL
 */
vouch_code vouch_blob_view(vouch_blob_writer *writer, const uint8_t **data, size_t *length,
                           vouch_error *err) VOUCH_MUST_CHECK;

/**
 * Make the blob durable under its hash. The writer is gone afterwards, also on failure. Bytes that the tenant has
 * already are stored again in the same place, which makes them young for vouch_blobs_sweep.
 */
vouch_code vouch_blob_commit(vouch_blob_writer **writer, vouch_blob *out, vouch_error *err) VOUCH_MUST_CHECK;
/** Leave no trace. Accepts NULL inside; a cleanup handler. */
void vouch_blob_abort(vouch_blob_writer **writer);

/** Write in one go. */
vouch_code vouch_blob_store(vouch_blobs *blobs, const char *tenant, const void *data, size_t length, vouch_blob *out,
                            vouch_error *err) VOUCH_MUST_CHECK;

/**
 * Read a whole blob and check its bytes against its name.
 *
 * @param maximum  bytes
 * @param data     out: malloc, release with free; never NULL
 * @return VOUCH_OK; VOUCH_NOT_FOUND; VOUCH_TOO_LARGE; VOUCH_IO, also when the bytes have changed
 */
vouch_code vouch_blob_load(vouch_blobs *blobs, const char *tenant, const char *sha256, size_t maximum, uint8_t **data,
                           size_t *length, vouch_error *err) VOUCH_MUST_CHECK;

/**
 * Open a blob for sending it; checked like vouch_blob_load.
 * @param fd  out: read-only, at its start, close-on-exec; the caller closes it
 */
vouch_code vouch_blob_open(vouch_blobs *blobs, const char *tenant, const char *sha256, int *fd, size_t *size,
                           vouch_error *err) VOUCH_MUST_CHECK;

/** Is it there? Doesn't look at the bytes. */
vouch_code vouch_blob_exists(vouch_blobs *blobs, const char *tenant, const char *sha256, bool *out,
                             vouch_error *err) VOUCH_MUST_CHECK;

/** Remove a blob; VOUCH_OK also when it isn't there. */
vouch_code vouch_blob_remove(vouch_blobs *blobs, const char *tenant, const char *sha256,
                             vouch_error *err) VOUCH_MUST_CHECK;

/** One blob of a list. @return false to stop */
typedef bool (*vouch_blob_visitor)(void *context, const char *tenant, const char *sha256, size_t size);

/** Visit all blobs of a tenant, or of all (NULL), in no order. Blobs that come or go meanwhile may be missed. */
vouch_code vouch_blobs_list(vouch_blobs *blobs, const char *tenant, vouch_blob_visitor visitor, void *context,
                            vouch_error *err) VOUCH_MUST_CHECK;

/**
 * Which of these hashes does any record of this tenant refer to?
 *
 * @param referenced  out: one for each hash; all false when called
 * @return VOUCH_OK; anything else ends the sweep with this code and nothing of the batch removed
 */
typedef vouch_code (*vouch_blob_referenced)(void *context, const char *tenant, const char (*sha256)[65], size_t count,
                                            bool *referenced, vouch_error *err);

enum {
    VOUCH_BLOB_BATCH = 256 /* most hashes of one question */
};

typedef struct vouch_blob_sweep {
    size_t kept, removed; /* blobs */
    size_t abandoned;     /* unfinished uploads removed */
} vouch_blob_sweep;

/**
 * Remove blobs that nothing refers to and unfinished uploads, both only when older than min_age_seconds. A blob that is
 * stored again while the sweep runs survives. Other files in the folder are left alone.
 */
vouch_code vouch_blobs_sweep(vouch_blobs *blobs, int64_t min_age_seconds, vouch_blob_referenced referenced,
                             void *context, vouch_blob_sweep *out, vouch_error *err) VOUCH_MUST_CHECK;

#endif
