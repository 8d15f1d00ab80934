/*
 * Sealed streams (see vault.h for their form). Memory does not depend on their length: the caller hands over one chunk
 * at a time, and any chunk can be opened alone.
 *
 * The whole header and the tenant are part of the key's derivation, not additional data of each chunk: whoever edits
 * them gets another key, under which nothing opens, and chunks cost no more than their own bytes.
 */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#include "cipher.h"

enum {
    AT_VERSION = 8,
    AT_KEY = 16,
    AT_SALT = 32,
    SALT_BYTES = 32,
    VERSION = 1,
    AES_256_GCM_CHUNKS = 1
};

/* Not text, and damaged by whatever takes it for text. */
static const uint8_t magic[8] = {0x8e, 'V', 'C', 'H', 'S', '\r', '\n', 0x1a};

struct vouch_seal {
    EVP_CIPHER_CTX *context;
    uint64_t next; /* of a stream that is written */
};

void vouch_seal_free(vouch_seal **seal)
{
    if (!seal || !*seal)
        return;
    cipher_done(&(*seal)->context);
    free(*seal);
    *seal = NULL;
}

static void kdf_done(EVP_KDF_CTX **context)
{
    EVP_KDF_CTX_free(*context);
}

/* HKDF (RFC 5869) with SHA-256: key of the tenant, salt of the header, and in the info the rest of it and the tenant.
 */
static bool derive(const uint8_t header[VOUCH_SEAL_HEADER], const vouch_tenant_key *key, const char *tenant,
                   uint8_t out[VOUCH_KEY_BYTES])
{
    static const char purpose[] = "vouch stream key";
    uint8_t info[sizeof purpose + AT_SALT + 16], salt[SALT_BYTES], secret[VOUCH_KEY_BYTES];
    memcpy(info, purpose, sizeof purpose);
    memcpy(info + sizeof purpose, header, AT_SALT);
    if (!uuid_pack(tenant, info + sizeof purpose + AT_SALT))
        return false;
    memcpy(salt, header + AT_SALT, SALT_BYTES);
    memcpy(secret, key->bytes, sizeof secret);
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    VOUCH_CLEANUP(kdf_done) EVP_KDF_CTX *context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    EVP_KDF_free(kdf);
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char[]){"SHA256"}, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret, sizeof secret),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt, sizeof salt),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, sizeof info),
        OSSL_PARAM_construct_end(),
    };
    const bool good = context && EVP_KDF_derive(context, out, VOUCH_KEY_BYTES, parameters) == 1;
    OPENSSL_cleanse(secret, sizeof secret);
    return good;
}

static vouch_code begin(const uint8_t header[VOUCH_SEAL_HEADER], const vouch_tenant_key *key, const char *tenant,
                        bool encrypt, vouch_seal **out, vouch_error *err)
{
    uint8_t stream_key[VOUCH_KEY_BYTES];
    VOUCH_CLEANUP(vouch_seal_free) vouch_seal *seal = calloc(1, sizeof *seal);
    if (seal && derive(header, key, tenant, stream_key))
        seal->context = cipher_new(stream_key, encrypt);
    OPENSSL_cleanse(stream_key, sizeof stream_key);
    if (!seal || !seal->context)
        return vouch_fail(err, VOUCH_NO_MEMORY, "beginning a sealed stream");
    *out = VOUCH_TAKE(seal);
    return VOUCH_OK;
}

vouch_code vouch_seal_begin(const vouch_tenant_key *key, const char *tenant, uint8_t header[VOUCH_SEAL_HEADER],
                            vouch_seal **out, vouch_error *err)
{
    uint8_t made[VOUCH_SEAL_HEADER] = {0};
    memcpy(made, magic, sizeof magic);
    made[AT_VERSION] = VERSION;
    made[AT_VERSION + 1] = AES_256_GCM_CHUNKS;
    if (!uuid_pack(key->id, made + AT_KEY))
        return vouch_fail(err, VOUCH_INTERNAL, "a tenant's key has no id");
    VOUCH_TRY(random_key(made + AT_SALT, SALT_BYTES, err));
    VOUCH_TRY(begin(made, key, tenant, /* encrypt= */ true, out, err));
    memcpy(header, made, sizeof made);
    return VOUCH_OK;
}

static void nonce_of(uint64_t number, bool last, uint8_t nonce[NONCE_BYTES])
{
    memset(nonce, 0, NONCE_BYTES);
    nonce[0] = last;
    for (int i = 0; i < 8; i++)
        nonce[NONCE_BYTES - 1 - i] = (uint8_t)(number >> 8 * i);
}

static vouch_code seal_next(vouch_seal *seal, const uint8_t *plain, size_t length, const char *name, uint8_t *sealed,
                            vouch_error *err)
{
    uint8_t nonce[NONCE_BYTES];
    nonce_of(seal->next, name != NULL, nonce);
    const cipher_text text = {.nonce = nonce,
                              .extra = name,
                              .extra_length = name ? strlen(name) : 0,
                              .in = plain,
                              .length = length,
                              .out = sealed};
    if (!cipher_encrypt(seal->context, &text, sealed + length))
        return vouch_fail(err, VOUCH_INTERNAL, "libcrypto can't encrypt");
    seal->next++;
    return VOUCH_OK;
}

vouch_code vouch_seal_chunk(vouch_seal *seal, const uint8_t plain[VOUCH_SEAL_CHUNK], uint8_t *sealed, vouch_error *err)
{
    return seal_next(seal, plain, VOUCH_SEAL_CHUNK, /* name= */ NULL, sealed, err);
}

vouch_code vouch_seal_last(vouch_seal *seal, const uint8_t *plain, size_t length, const char *name, uint8_t *sealed,
                           vouch_error *err)
{
    if (length > VOUCH_SEAL_CHUNK || (length == 0 && seal->next > 0))
        return vouch_fail(err, VOUCH_INTERNAL, "a last chunk of %zu bytes", length);
    return seal_next(seal, plain, length, name, sealed, err);
}

/* ---- reading ---- */

bool vouch_sealed(const uint8_t *bytes, size_t length)
{
    return length >= sizeof magic && memcmp(bytes, magic, sizeof magic) == 0;
}

vouch_code vouch_sealed_size(uint64_t size, uint64_t *plain, vouch_error *err)
{
    const uint64_t body = size >= VOUCH_SEAL_HEADER ? size - VOUCH_SEAL_HEADER : 0;
    const uint64_t rest = body % VOUCH_SEAL_SEALED_CHUNK, chunks = body / VOUCH_SEAL_SEALED_CHUNK + (rest > 0);
    /* Only the one chunk of an empty stream holds no byte. */
    if (chunks == 0 || (rest > 0 && rest < VOUCH_SEAL_TAG) || (rest == VOUCH_SEAL_TAG && chunks > 1))
        return vouch_fail(err, VOUCH_BLOB_DAMAGED, "it is cut off: no sealed file has %llu bytes",
                          (unsigned long long)size);
    *plain = body - chunks * VOUCH_SEAL_TAG;
    return VOUCH_OK;
}

vouch_code vouch_sealed_key(const uint8_t header[VOUCH_SEAL_HEADER], char id[37], vouch_error *err)
{
    static const uint8_t zero[AT_KEY - AT_VERSION - 2];
    if (!vouch_sealed(header, VOUCH_SEAL_HEADER))
        return vouch_fail(err, VOUCH_BLOB_DAMAGED, "it is not encrypted");
    if (header[AT_VERSION] != VERSION || header[AT_VERSION + 1] != AES_256_GCM_CHUNKS ||
        memcmp(header + AT_VERSION + 2, zero, sizeof zero) != 0)
        return vouch_fail(err, VOUCH_BLOB_DAMAGED, "it is encrypted in form %d.%d, which this program does not know",
                          header[AT_VERSION], header[AT_VERSION + 1]);
    uuid_text(header + AT_KEY, id);
    return VOUCH_OK;
}

vouch_code vouch_unseal_begin(const uint8_t header[VOUCH_SEAL_HEADER], const vouch_tenant_key *key, const char *tenant,
                              vouch_seal **out, vouch_error *err)
{
    return begin(header, key, tenant, /* encrypt= */ false, out, err);
}

vouch_code vouch_unseal_chunk(vouch_seal *seal, uint64_t number, const char *name, const uint8_t *sealed, size_t length,
                              uint8_t *plain, vouch_error *err)
{
    uint8_t nonce[NONCE_BYTES], tag[TAG_BYTES];
    if (length < TAG_BYTES || length > VOUCH_SEAL_SEALED_CHUNK)
        return vouch_fail(err, VOUCH_BLOB_DAMAGED, "it is cut off");
    const size_t size = length - TAG_BYTES;
    memcpy(tag, sealed + size, TAG_BYTES);
    nonce_of(number, name != NULL, nonce);
    const cipher_text text = {.nonce = nonce,
                              .extra = name,
                              .extra_length = name ? strlen(name) : 0,
                              .in = sealed,
                              .length = size,
                              .out = plain};
    if (!cipher_decrypt(seal->context, &text, tag))
        return vouch_fail(err, VOUCH_BLOB_DAMAGED,
                          "it was edited, cut off, or belongs to another name or tenant (found at bytes %llu to %llu)",
                          (unsigned long long)number * VOUCH_SEAL_CHUNK,
                          (unsigned long long)number * VOUCH_SEAL_CHUNK + size);
    return VOUCH_OK;
}
