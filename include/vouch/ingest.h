/**
 * Ingest: what is let in, and where its bytes are kept.
 *
 * Blobs are kept per tenant and named by their SHA-256, so that the same bytes are stored once a tenant and never
 * shared between tenants. The store is an interface (src/ingest/backend.h); this version has files:
 * FOLDER/tenants/<tenant uuid>/ab/<sha256>, written beside it, synced, and renamed into place. What is in place is
 * complete. Functions may be called from many threads and processes at once; a writer or reader belongs to one thread
 * at a time.
 *
 * With a key, blobs are encrypted (vault.h): each tenant has a key of his own, kept beside his blobs and wrapped by the
 * master key. The name stays the hash of the plain bytes, and is checked on reading. Plain blobs of before stay
 * readable.
 */
#ifndef VOUCH_INGEST_H
#define VOUCH_INGEST_H

#include <stdint.h>

#include "vouch/config.h"
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
 * Open the store that the options describe.
 * @return VOUCH_OK; VOUCH_IO; VOUCH_CONFIG: the keys can't be had
 */
vouch_code vouch_blobs_open(const vouch_config *config, vouch_blobs **out, vouch_error *err) VOUCH_MUST_CHECK;

/** Where a store's keys come from. At most one of file and command; "" is as good as NULL. */
typedef struct vouch_blob_seals {
    const char *key_file, *key_command; /* neither: new blobs are stored plain */
    bool require;                       /* plain blobs are not read */
} vouch_blob_seals;
vouch_code vouch_blobs_open_sealed(const char *folder, const vouch_blob_seals *seals, vouch_blobs **out,
                                   vouch_error *err) VOUCH_MUST_CHECK;

/**
 * Open a store without keys in a folder, which is created (mode 0700) when its parent exists.
 * @return VOUCH_OK; VOUCH_IO naming the folder and the reason
 */
vouch_code vouch_blobs_open_folder(const char *folder, vouch_blobs **out, vouch_error *err) VOUCH_MUST_CHECK;
/** Are new blobs encrypted? */
bool vouch_blobs_encrypted(const vouch_blobs *blobs);
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
 * Look at the bytes so far, for vouch_ingest_check before the commit. Of a blob that is encrypted they are in memory as
 * long as they are lent.
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
 * @return VOUCH_OK; VOUCH_NOT_FOUND; VOUCH_TOO_LARGE; VOUCH_IO; VOUCH_KEY_MISSING: the key that it needs is not there;
 *         VOUCH_BLOB_DAMAGED: the bytes are not those that were written here; VOUCH_CONFIG: plain, which is forbidden
 */
vouch_code vouch_blob_load(vouch_blobs *blobs, const char *tenant, const char *sha256, size_t maximum, uint8_t **data,
                           size_t *length, vouch_error *err) VOUCH_MUST_CHECK;

/** A blob that is open for reading. */
typedef struct vouch_blob_reader vouch_blob_reader;

/**
 * Open a blob for sending it, once all its bytes are checked like those of vouch_blob_load. Memory does not depend on
 * its size.
 */
vouch_code vouch_blob_open(vouch_blobs *blobs, const char *tenant, const char *sha256, vouch_blob_reader **out,
                           vouch_error *err) VOUCH_MUST_CHECK;
size_t vouch_blob_reader_size(const vouch_blob_reader *reader);
/** @param got  out: less than length at the end only */
vouch_code vouch_blob_read(vouch_blob_reader *reader, uint64_t offset, void *out, size_t length, size_t *got,
                           vouch_error *err) VOUCH_MUST_CHECK;
void vouch_blob_reader_close(vouch_blob_reader **reader);

typedef struct vouch_blob_copied {
    bool copied; /* false: it was there */
    size_t size;
    bool from_failed; /* on failure: what is wrong is with the blob that was to be copied */
} vouch_blob_copied;

/** Copy a blob into another store, where it is read back; nothing is done when it is there. Memory as for writing. */
vouch_code vouch_blob_copy(vouch_blobs *from, vouch_blobs *to, const char *tenant, const char *sha256,
                           vouch_blob_copied *out, vouch_error *err) VOUCH_MUST_CHECK;

/** Is it there? Doesn't look at the bytes. */
vouch_code vouch_blob_exists(vouch_blobs *blobs, const char *tenant, const char *sha256, bool *out,
                             vouch_error *err) VOUCH_MUST_CHECK;

/** Remove a blob; VOUCH_OK also when it isn't there. */
vouch_code vouch_blob_remove(vouch_blobs *blobs, const char *tenant, const char *sha256,
                             vouch_error *err) VOUCH_MUST_CHECK;

/** The same, unless it was stored (again) in the last age_seconds. @param removed  out */
vouch_code vouch_blob_remove_older(vouch_blobs *blobs, const char *tenant, const char *sha256, int64_t age_seconds,
                                   bool *removed, vouch_error *err) VOUCH_MUST_CHECK;

typedef struct vouch_blob_erasure {
    size_t keys, blobs;
    uint64_t bytes; /* as stored */
} vouch_blob_erasure;

/**
 * Erase all that a tenant has here: first his keys, which makes his blobs unreadable at once wherever copies of the
 * encrypted files are, then the blobs. What processes have in memory serves them on until the blobs are gone. May be
 * called again after a failure.
 */
vouch_code vouch_blobs_erase_tenant(vouch_blobs *blobs, const char *tenant, vouch_blob_erasure *out,
                                    vouch_error *err) VOUCH_MUST_CHECK;

/** One blob of a list; its size is what is stored. @return false to stop */
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

/* --------------------------------------------------------------------------------------------------- rotation -- */

typedef struct vouch_blob_rotation {
    size_t tenants;
    size_t keys, wrapped, made, retired; /* tenant keys looked at, wrapped anew, made, and removed as not needed */
    size_t blobs, sealed, failed;        /* blobs looked at, encrypted (anew), and left as they were by an error */
    uint64_t bytes;                      /* of the encrypted ones */
} vouch_blob_rotation;

typedef struct vouch_blob_rotate_options {
    bool renew;     /* make each tenant a new key, so that all his blobs are encrypted anew */
    bool keys_only; /* look at no blob */
    /** Called after each key and blob. @return false to stop; what is done stays done */
    bool (*step)(void *context, const vouch_blob_rotation *so_far);
    /** A blob or key that could not be done; the others go on. May be NULL. */
    void (*failed)(void *context, const char *tenant, const vouch_error *why);
    void *context;
} vouch_blob_rotate_options;

/**
 * Bring everything under the current keys: wrap tenant keys anew that another master key wraps, encrypt plain blobs and
 * those under an older key of their tenant, and remove tenant keys that no blob needs any more (an hour after they were
 * superseded, when no process writes with them any more). Each key and each blob is one atomic step, and what is left
 * to do is seen from the files themselves, so it may be stopped and run again at any time, beside a running service.
 *
 * @return VOUCH_OK, also when stopped or when single blobs failed; VOUCH_CONFIG: the store has no keys
 */
vouch_code vouch_blobs_rotate(vouch_blobs *blobs, const vouch_blob_rotate_options *options, vouch_blob_rotation *out,
                              vouch_error *err) VOUCH_MUST_CHECK;

/** What stands under which master key. */
typedef struct vouch_key_use {
    char id[17];
    size_t tenant_keys;
    bool there; /* in the key file */
} vouch_key_use;

enum {
    VOUCH_KEYS_USED_MOST = 128
};

/** @param out  the keys of the key file in its order, the current one first; then those that are missing there */
vouch_code vouch_blobs_key_use(vouch_blobs *blobs, vouch_key_use out[VOUCH_KEYS_USED_MOST], size_t *count,
                               vouch_error *err) VOUCH_MUST_CHECK;

#endif
