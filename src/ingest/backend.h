/** Inside of ingest: what a place for blobs must be able to do. One const struct a kind of place. */
#ifndef VOUCH_INGEST_BACKEND_H
#define VOUCH_INGEST_BACKEND_H

#include "vouch/ingest.h"

/** A file being written, which nothing but its writer knows of yet. */
typedef struct vouch_spool {
    int fd; /* readable and writable; -1: none */
    char name[40];
} vouch_spool;

/** @param changed  seconds since 1970 @return false to stop */
typedef bool (*vouch_blob_found)(void *context, const char *tenant, const char *sha256, size_t size, int64_t changed);

/**
 * Tenants and hashes come checked for their shape. Errors are VOUCH_IO unless said otherwise.
 *
 * A place without rename (S3) spools into a local file and uploads it in publish; open downloads.
 */
typedef struct vouch_blob_backend {
    vouch_code (*spool)(void *state, vouch_spool *out, vouch_error *err);
    /** Make it durable and visible, replacing the same blob; the spool is left to discard. */
    vouch_code (*publish)(void *state, const vouch_spool *spool, const char *tenant, const char *sha256,
                          vouch_error *err);
    /** Close the spool, and remove it where it was not published. */
    void (*discard)(void *state, vouch_spool *spool);
    /** VOUCH_NOT_FOUND when it isn't there. */
    vouch_code (*open)(void *state, const char *tenant, const char *sha256, int *fd, size_t *size, vouch_error *err);
    /** Remove it unless it was published after the second `not_after`; both are one step, seen from publish. */
    vouch_code (*remove)(void *state, const char *tenant, const char *sha256, int64_t not_after, bool *removed,
                         vouch_error *err);
    vouch_code (*list)(void *state, const char *tenant, vouch_blob_found found, void *context, vouch_error *err);
    /** Remove spools that nobody has written to after `not_after`. */
    vouch_code (*sweep_spools)(void *state, int64_t not_after, size_t *removed, vouch_error *err);
    void (*close)(void *state);
} vouch_blob_backend;

struct vouch_blobs {
    const vouch_blob_backend *backend;
    void *state;
};

/** A UUID in lower case. */
bool vouch_is_uuid(const char *text);
/** Exactly `length` lower-case hex digits. */
bool vouch_is_hex(const char *text, size_t length);

#endif
