/*
 * Hashes by libcrypto (SHA-256, FIPS 180-4) and xxHash (XXH3-128), random bytes from getrandom(2), UUIDv7 by RFC 9562
 * section 5.7.
 */
#include "vouch/hash.h"

#include <errno.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <xxhash.h>

void vouch_hex(const uint8_t *data, size_t length, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < length; i++) {
        out[2 * i] = digits[data[i] >> 4];
        out[2 * i + 1] = digits[data[i] & 15];
    }
    out[2 * length] = '\0';
}

/* libcrypto fails here only when it can't allocate or was built without SHA-256: nothing a caller could react to. */
static void must(bool ok)
{
    if (!ok)
        abort();
}

void vouch_sha256(const void *data, size_t length, uint8_t out[32])
{
    must(EVP_Digest(length ? data : "", length, out, NULL, EVP_sha256(), NULL) == 1);
}

void vouch_sha256_hex(const void *data, size_t length, char out[65])
{
    uint8_t digest[32];
    vouch_sha256(data, length, digest);
    vouch_hex(digest, sizeof digest, out);
}

void vouch_xxh3_hex(const void *data, size_t length, char out[33])
{
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(length ? data : "", length));
    vouch_hex(canonical.digest, sizeof canonical.digest, out);
}

struct vouch_sha256_stream {
    EVP_MD_CTX *context;
};

vouch_sha256_stream *vouch_sha256_stream_new(void)
{
    vouch_sha256_stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        return NULL;
    stream->context = EVP_MD_CTX_new();
    if (!stream->context || EVP_DigestInit_ex(stream->context, EVP_sha256(), NULL) != 1)
        vouch_sha256_stream_free(&stream);
    return stream;
}

void vouch_sha256_stream_add(vouch_sha256_stream *stream, const void *data, size_t length)
{
    if (length > 0)
        must(EVP_DigestUpdate(stream->context, data, length) == 1);
}

void vouch_sha256_stream_end(vouch_sha256_stream *stream, char hex[65])
{
    uint8_t digest[32];
    must(EVP_DigestFinal_ex(stream->context, digest, NULL) == 1);
    vouch_hex(digest, sizeof digest, hex);
}

void vouch_sha256_stream_free(vouch_sha256_stream **stream)
{
    if (!stream || !*stream)
        return;
    EVP_MD_CTX_free((*stream)->context);
    free(*stream);
    *stream = NULL;
}

struct vouch_xxh3_stream {
    XXH3_state_t *state;
};

vouch_xxh3_stream *vouch_xxh3_stream_new(void)
{
    vouch_xxh3_stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        return NULL;
    stream->state = XXH3_createState();
    if (!stream->state || XXH3_128bits_reset(stream->state) != XXH_OK)
        vouch_xxh3_stream_free(&stream);
    return stream;
}

void vouch_xxh3_stream_add(vouch_xxh3_stream *stream, const void *data, size_t length)
{
    if (length > 0)
        must(XXH3_128bits_update(stream->state, data, length) == XXH_OK);
}

void vouch_xxh3_stream_end(vouch_xxh3_stream *stream, char hex[33])
{
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(stream->state));
    vouch_hex(canonical.digest, sizeof canonical.digest, hex);
}

void vouch_xxh3_stream_free(vouch_xxh3_stream **stream)
{
    if (!stream || !*stream)
        return;
    XXH3_freeState((*stream)->state);
    free(*stream);
    *stream = NULL;
}

void vouch_hmac_sha256(const void *key, size_t key_length, const void *data, size_t length, uint8_t out[32])
{
    must(key_length <= INT_MAX && HMAC(EVP_sha256(), key, (int)key_length, data, length, out, NULL) != NULL);
}

bool vouch_secret_equal(const void *a, const void *b, size_t length)
{
    return CRYPTO_memcmp(a, b, length) == 0;
}

static vouch_code random_bytes(uint8_t *out, size_t length, vouch_error *err)
{
    size_t got = 0;
    while (got < length) {
        ssize_t more = getrandom(out + got, length - got, 0);
        if (more < 0 && errno != EINTR)
            return vouch_fail(err, VOUCH_INTERNAL, "the kernel gives no random bytes: %s", strerror(errno));
        if (more > 0)
            got += (size_t)more;
    }
    return VOUCH_OK;
}

vouch_code vouch_random_hex(size_t bytes, char *out, vouch_error *err)
{
    uint8_t raw[64];
    if (bytes > sizeof raw)
        return vouch_fail(err, VOUCH_INTERNAL, "%zu random bytes were asked for, at most 64 are given", bytes);
    VOUCH_TRY(random_bytes(raw, bytes, err));
    vouch_hex(raw, bytes, out);
    OPENSSL_cleanse(raw, sizeof raw);
    return VOUCH_OK;
}

vouch_code vouch_uuid(char out[37], vouch_error *err)
{
    uint8_t raw[16];
    VOUCH_TRY(random_bytes(raw, sizeof raw, err));
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t milliseconds = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    for (int i = 0; i < 6; i++)
        raw[i] = (uint8_t)(milliseconds >> (40 - 8 * i));
    raw[6] = (uint8_t)(0x70 | (raw[6] & 0x0F)); /* version 7 */
    raw[8] = (uint8_t)(0x80 | (raw[8] & 0x3F)); /* variant 10 */

    static const int group_bytes[] = {4, 2, 2, 2, 6};
    size_t from = 0, to = 0;
    for (size_t group = 0; group < 5; group++) {
        if (group > 0)
            out[to++] = '-';
        vouch_hex(raw + from, (size_t)group_bytes[group], out + to);
        from += (size_t)group_bytes[group];
        to += 2 * (size_t)group_bytes[group];
    }
    return VOUCH_OK;
}
