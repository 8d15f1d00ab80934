/**
 * The vault: what is kept is encrypted with AES-256-GCM, in three steps.
 *
 *   master key   in a key file or from a key command, never stored beside what it opens
 *   tenant key   random, one (at a time) for each tenant; stored as a record of 96 bytes, wrapped by a master key
 *   stream key   derived from the tenant key for one stream (a blob, a backup's file) by HKDF-SHA-256 over a random
 *                salt, the tenant's id and the stream's header
 *
 * So a new master key costs one small record a tenant and no blob is touched, and without a tenant's key all of his
 * blobs are noise, wherever copies of them lie. A stream key is used once, so chunk numbers can be its nonces.
 *
 * A key file has one key a line, "ID HEX": the id is derived from the key, so that a damaged or mixed-up line is found
 * when the file is read and a key can't stand under another's id. The first is the current one, which wraps; the others
 * only unwrap. '#' begins a comment. `vouch admin keys new` writes such a line.
 *
 * Errors beside VOUCH_NO_MEMORY and VOUCH_INTERNAL are named per call: VOUCH_CONFIG (key files), VOUCH_KEY_MISSING (the
 * key is not there; the message names it), VOUCH_BLOB_DAMAGED (what was stored is not what was written).
 */
#ifndef VOUCH_VAULT_H
#define VOUCH_VAULT_H

#include <stdint.h>

#include "vouch/error.h"

/* ------------------------------------------------------------------------------------------------ master keys -- */

enum {
    VOUCH_KEY_BYTES = 32,
    VOUCH_KEY_ID_SIZE = 17,     /* 16 hex digits and NUL */
    VOUCH_KEY_LINE_SIZE = 82,   /* "ID HEX" and NUL */
    VOUCH_KEYRING_MOST = 64,    /* keys in one file */
    VOUCH_KEYRING_BYTES = 65536 /* largest key file */
};

/** Cleared by vouch_key_clear, a cleanup handler. */
typedef struct vouch_master_key {
    char id[VOUCH_KEY_ID_SIZE];
    uint8_t bytes[VOUCH_KEY_BYTES];
} vouch_master_key;
void vouch_master_key_clear(vouch_master_key *key);

/** A new key as a line of a key file, without the line feed. Wipe it after use. */
vouch_code vouch_key_generate(char line[VOUCH_KEY_LINE_SIZE], vouch_error *err) VOUCH_MUST_CHECK;

/** All master keys. Any number of threads may use one. */
typedef struct vouch_keyring vouch_keyring;

/**
 * @param text  of a key file
 * @param name  of the source, for messages
 * @return VOUCH_OK; VOUCH_CONFIG naming the line (never its key)
 */
vouch_code vouch_keyring_parse(const char *text, size_t length, const char *name, vouch_keyring **out,
                               vouch_error *err) VOUCH_MUST_CHECK;

/**
 * Read a key file, or run a key command by /bin/sh and read what it prints; just one of them is set. Both are read
 * again when a key is asked for that is not there, a command at most every ten seconds, so that a running service
 * learns of a new key.
 *
 * @param file     must belong to us or to root and be readable by its owner alone
 * @param command  must succeed within 30 s; its standard error stays ours
 * @return VOUCH_OK; VOUCH_CONFIG naming file or command
 */
vouch_code vouch_keyring_load(const char *file, const char *command, vouch_keyring **out,
                              vouch_error *err) VOUCH_MUST_CHECK;
void vouch_keyring_free(vouch_keyring **keyring);

/** Read the source again, to see what was added to it. What is wrong leaves the ring as it was. */
vouch_code vouch_keyring_reload(vouch_keyring *keyring, vouch_error *err) VOUCH_MUST_CHECK;

/** The key that wraps. */
void vouch_keyring_current(vouch_keyring *keyring, vouch_master_key *out);
/** @return VOUCH_OK; VOUCH_KEY_MISSING naming the id and the source */
vouch_code vouch_keyring_find(vouch_keyring *keyring, const char *id, vouch_master_key *out,
                              vouch_error *err) VOUCH_MUST_CHECK;
/** The ids in the order of the file. @return count */
size_t vouch_keyring_ids(vouch_keyring *keyring, char ids[VOUCH_KEYRING_MOST][VOUCH_KEY_ID_SIZE]);

/* ------------------------------------------------------------------------------------------------ tenant keys -- */

enum {
    VOUCH_TENANT_KEY_RECORD = 96 /* bytes */
};

/** Cleared by vouch_tenant_key_clear, a cleanup handler. */
typedef struct vouch_tenant_key {
    char id[37]; /* UUIDv7: ids sort by the time of making */
    uint8_t bytes[VOUCH_KEY_BYTES];
} vouch_tenant_key;
void vouch_tenant_key_clear(vouch_tenant_key *key);

vouch_code vouch_tenant_key_make(vouch_tenant_key *out, vouch_error *err) VOUCH_MUST_CHECK;

/** @param tenant  UUID; the record opens for no other */
vouch_code vouch_tenant_key_wrap(const vouch_tenant_key *key, const char *tenant, const vouch_master_key *master,
                                 uint8_t record[VOUCH_TENANT_KEY_RECORD], vouch_error *err) VOUCH_MUST_CHECK;

/**
 * Which master key opens a record? Only looks at its form.
 * @param id  of the tenant key, as it is stored
 * @return VOUCH_OK; VOUCH_BLOB_DAMAGED
 */
vouch_code vouch_tenant_key_master(const uint8_t *record, size_t length, const char *id, char master[VOUCH_KEY_ID_SIZE],
                                   vouch_error *err) VOUCH_MUST_CHECK;

/** @return VOUCH_OK; VOUCH_KEY_MISSING; VOUCH_BLOB_DAMAGED, also when it is another tenant's record */
vouch_code vouch_tenant_key_unwrap(const uint8_t *record, size_t length, const char *tenant, const char *id,
                                   vouch_keyring *keyring, vouch_tenant_key *out, vouch_error *err) VOUCH_MUST_CHECK;

/* ---------------------------------------------------------------------------------------------------- streams -- */

/*
 * A sealed stream: a header, then chunks of 65,536 bytes, the last one shorter or as long, each followed by its tag.
 *
 *   0  8  magic      8  1  version, 1     9  1  algorithm, 1 = AES-256-GCM in chunks     10  6  zero
 *  16 16  id of the tenant key           32 32  salt
 *
 * Nonce of a chunk: 1 byte (1: the last chunk, 0: any other), 3 zero, its number from 0 as 8 bytes, most significant
 * first. So a chunk that is missing, repeated, moved, or cut off at the end is found when it is read. (This is the
 * STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015.) The header and the tenant go into the stream
 * key; the name, which is known at the end of writing, is additional data of the last chunk.
 */
enum {
    VOUCH_SEAL_HEADER = 64,
    VOUCH_SEAL_CHUNK = 65536,
    VOUCH_SEAL_TAG = 16,
    VOUCH_SEAL_SEALED_CHUNK = VOUCH_SEAL_CHUNK + VOUCH_SEAL_TAG
};

/** One stream that is written or read. One thread at a time. */
typedef struct vouch_seal vouch_seal;
void vouch_seal_free(vouch_seal **seal);

/** @param header  out: goes before the chunks */
vouch_code vouch_seal_begin(const vouch_tenant_key *key, const char *tenant, uint8_t header[VOUCH_SEAL_HEADER],
                            vouch_seal **out, vouch_error *err) VOUCH_MUST_CHECK;
/** Seal a whole chunk that is not the last. @param sealed  out: VOUCH_SEAL_SEALED_CHUNK bytes */
vouch_code vouch_seal_chunk(vouch_seal *seal, const uint8_t plain[VOUCH_SEAL_CHUNK], uint8_t *sealed,
                            vouch_error *err) VOUCH_MUST_CHECK;
/** Seal the last chunk. @param length  0 only when the whole stream is empty @param sealed  out: length + tag */
vouch_code vouch_seal_last(vouch_seal *seal, const uint8_t *plain, size_t length, const char *name, uint8_t *sealed,
                           vouch_error *err) VOUCH_MUST_CHECK;

/** Do these bytes begin like a sealed stream? No document that is let in does. */
bool vouch_sealed(const uint8_t *bytes, size_t length);
/** Size of the plain bytes. @return VOUCH_OK; VOUCH_BLOB_DAMAGED when no sealed stream has this size */
vouch_code vouch_sealed_size(uint64_t size, uint64_t *plain, vouch_error *err) VOUCH_MUST_CHECK;
/** The tenant key that a stream needs. @return VOUCH_OK; VOUCH_BLOB_DAMAGED: an unknown form */
vouch_code vouch_sealed_key(const uint8_t header[VOUCH_SEAL_HEADER], char id[37], vouch_error *err) VOUCH_MUST_CHECK;

vouch_code vouch_unseal_begin(const uint8_t header[VOUCH_SEAL_HEADER], const vouch_tenant_key *key, const char *tenant,
                              vouch_seal **out, vouch_error *err) VOUCH_MUST_CHECK;
/**
 * Open any chunk, in any order.
 *
 * @param number  from 0
 * @param name    what the stream was ended with, for the last chunk; NULL for any other
 * @param length  of sealed, tag included
 * @param plain   out: length - VOUCH_SEAL_TAG bytes; may be sealed itself; wiped on failure
 * @return VOUCH_OK; VOUCH_BLOB_DAMAGED naming the bytes
 */
vouch_code vouch_unseal_chunk(vouch_seal *seal, uint64_t number, const char *name, const uint8_t *sealed, size_t length,
                              uint8_t *plain, vouch_error *err) VOUCH_MUST_CHECK;

#endif
