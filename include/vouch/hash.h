/**
 * Hashes and small encodings: SHA-256 for identity, XXH3-128 for speed, HMAC and constant-time compare for secrets.
 */
#ifndef VOUCH_HASH_H
#define VOUCH_HASH_H

#include <stdint.h>

#include "vouch/error.h"

void vouch_sha256(const void *data, size_t length, uint8_t out[32]);
/** 64 lower-case hex digits and NUL. */
void vouch_sha256_hex(const void *data, size_t length, char out[65]);
/** XXH3-128 as 32 lower-case hex digits and NUL. */
void vouch_xxh3_hex(const void *data, size_t length, char out[33]);
void vouch_hex(const uint8_t *data, size_t length, char *out /* 2 × length + 1 */);

/** SHA-256 over a stream. */
typedef struct vouch_sha256_stream vouch_sha256_stream;
vouch_sha256_stream *vouch_sha256_stream_new(void);
void vouch_sha256_stream_add(vouch_sha256_stream *stream, const void *data, size_t length);
void vouch_sha256_stream_end(vouch_sha256_stream *stream, char hex[65]);
void vouch_sha256_stream_free(vouch_sha256_stream **stream);

/** XXH3-128 over a stream. */
typedef struct vouch_xxh3_stream vouch_xxh3_stream;
vouch_xxh3_stream *vouch_xxh3_stream_new(void);
void vouch_xxh3_stream_add(vouch_xxh3_stream *stream, const void *data, size_t length);
void vouch_xxh3_stream_end(vouch_xxh3_stream *stream, char hex[33]);
void vouch_xxh3_stream_free(vouch_xxh3_stream **stream);

/** HMAC-SHA256 (RFC 2104). */
void vouch_hmac_sha256(const void *key, size_t key_length, const void *data, size_t length, uint8_t out[32]);
/** Equal without telling where they differ (length is public). */
bool vouch_secret_equal(const void *a, const void *b, size_t length);
/** Random bytes from the kernel, as lower-case hex. @param bytes  at most 64 */
vouch_code vouch_random_hex(size_t bytes, char *out, vouch_error *err) VOUCH_MUST_CHECK;

/** UUIDv7 (RFC 9562), lower case: sortable ids of rows. */
vouch_code vouch_uuid(char out[37], vouch_error *err) VOUCH_MUST_CHECK;

#endif
