/** Inside of ingest: what a place for blobs must be able to do. One const struct a kind of place. */
#ifndef VOUCH_INGEST_BACKEND_H
#define VOUCH_INGEST_BACKEND_H

#include "vouch/ingest.h"
#include "vouch/vault.h"

/** A file being written, which nothing but its writer knows of yet. */
typedef struct vouch_spool {
    int fd; /* readable and writable; -1: none */
    char name[40];
} vouch_spool;

/** @param changed  seconds since 1970 @return false to stop */
typedef bool (*vouch_blob_found)(void *context, const char *tenant, const char *sha256, size_t size, int64_t changed);

/** A tenant's id, or a key's. @return false to stop */
typedef bool (*vouch_id_found)(void *context, const char *id);

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
    /**
     * Put the spool in the place of a blob that is still the one that was opened as `fd`, with the age it has;
     * otherwise nothing happens. One step, seen from publish and remove: what was removed meanwhile does not come back.
     */
    vouch_code (*replace)(void *state, const vouch_spool *spool, int fd, const char *tenant, const char *sha256,
                          bool *replaced, vouch_error *err);
    /** VOUCH_NOT_FOUND when it isn't there. */
    vouch_code (*open)(void *state, const char *tenant, const char *sha256, int *fd, size_t *size, vouch_error *err);
    /** Remove it unless it was published after the second `not_after`; both are one step, seen from publish. */
    vouch_code (*remove)(void *state, const char *tenant, const char *sha256, int64_t not_after, bool *removed,
                         vouch_error *err);
    vouch_code (*list)(void *state, const char *tenant, vouch_blob_found found, void *context, vouch_error *err);
    /** Remove spools that nobody has written to after `not_after`. */
    vouch_code (*sweep_spools)(void *state, int64_t not_after, size_t *removed, vouch_error *err);
    /** Records of keys, kept beside a tenant's blobs: with them they are copied, moved and lost. Durable, replaced
     * whole. */
    vouch_code (*put_key)(void *state, const char *tenant, const char *id, const uint8_t *record, size_t length,
                          vouch_error *err);
    /** VOUCH_NOT_FOUND. @param length  out: capacity where the record is longer */
    vouch_code (*get_key)(void *state, const char *tenant, const char *id, uint8_t *record, size_t capacity,
                          size_t *length, vouch_error *err);
    /** VOUCH_OK also when it isn't there. */
    vouch_code (*remove_key)(void *state, const char *tenant, const char *id, vouch_error *err);
    vouch_code (*list_keys)(void *state, const char *tenant, vouch_id_found found, void *context, vouch_error *err);
    vouch_code (*list_tenants)(void *state, vouch_id_found found, void *context, vouch_error *err);
    void (*close)(void *state);
} vouch_blob_backend;

typedef struct blob_keys blob_keys;

struct vouch_blobs {
    const vouch_blob_backend *backend;
    void *state;
    vouch_keyring *keyring; /* NULL: new blobs are not encrypted, and encrypted ones can't be read */
    blob_keys *keys;        /* tenant keys that were used lately; NULL without a keyring */
    bool require;           /* plain blobs are not read */
};

/** A tenant's id, and a blob's name unless it is NULL. */
vouch_code vouch_blob_check_names(const char *tenant, const char *sha256, vouch_error *err);

/* ---- tenant keys (keys.c) ---- */

blob_keys *blob_keys_new(void);
void blob_keys_free(blob_keys **keys);
/** The key that new blobs are written with; made where there is none. It may have been superseded a minute ago. */
vouch_code blob_key_current(vouch_blobs *blobs, const char *tenant, vouch_tenant_key *out, vouch_error *err);
/** VOUCH_KEY_MISSING, VOUCH_BLOB_DAMAGED */
vouch_code blob_key_find(vouch_blobs *blobs, const char *tenant, const char *id, vouch_tenant_key *out,
                         vouch_error *err);
/** Make a key and let it be the current one. */
vouch_code blob_key_renew(vouch_blobs *blobs, const char *tenant, vouch_tenant_key *out, vouch_error *err);
/** Ids of a tenant's keys, the newest first. @param ids  VOUCH_TENANT_KEYS_MOST; more than these: VOUCH_LIMIT */
enum {
    TENANT_KEYS_MOST = 64
};
typedef struct blob_key_ids {
    char ids[TENANT_KEYS_MOST][37];
    size_t count;
} blob_key_ids;
vouch_code blob_key_list(vouch_blobs *blobs, const char *tenant, blob_key_ids *out, vouch_error *err);

/* ---- writing and reading, as rotation sees it ---- */

/** End a blob without publishing it. @param name  what its bytes must hash to; NULL: anything */
vouch_code vouch_blob_writer_end(vouch_blob_writer *writer, const char *name, vouch_blob *out, vouch_error *err);
const vouch_spool *vouch_blob_writer_spool(const vouch_blob_writer *writer);

/** Open without looking at all bytes first. */
vouch_code vouch_blob_reader_open(vouch_blobs *blobs, const char *tenant, const char *sha256, vouch_blob_reader **out,
                                  vouch_error *err);
/** All bytes of a blob into another. @param from_failed  out: whose failure it was */
vouch_code vouch_blob_pour(vouch_blob_reader *from, vouch_blob_writer *to, bool *from_failed, vouch_error *err);
int vouch_blob_reader_fd(const vouch_blob_reader *reader);
/** Id of the tenant key of a blob. @param id  out: "" for a plain one */
vouch_code vouch_blob_reader_key(int fd, const char *sha256, char id[37], vouch_error *err);

/** Write all of it. */
vouch_code vouch_write_all(int fd, const uint8_t *data, size_t length, vouch_error *err);

/** A UUID in lower case. */
bool vouch_is_uuid(const char *text);
/** Exactly `length` lower-case hex digits. */
bool vouch_is_hex(const char *text, size_t length);

#endif
