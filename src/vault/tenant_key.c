/*
 * Tenant keys and their records:
 *
 *    0  8  magic      8  1  version, 1     9  3  zero     12  8  id of the master key
 *   20 16  id of the tenant key           36 12  nonce    48 32  the key, encrypted     80 16  tag
 *
 * Additional data are the first 36 bytes and the tenant, so that no record opens in another's place. Nonces are random:
 * a master key wraps a few records a tenant, far from the 2^32 that SP 800-38D allows for random nonces.
 */
#include <openssl/crypto.h>
#include <string.h>

#include "cipher.h"
#include "vouch/hash.h"

enum {
    AT_VERSION = 8,
    AT_MASTER = 12,
    MASTER_BYTES = 8,
    AT_ID = 20,
    AT_NONCE = 36,
    AT_KEY = 48,
    AT_TAG = 80,
    EXTRA_BYTES = AT_NONCE + 16,
    VERSION = 1
};

static const uint8_t magic[8] = {0x8e, 'V', 'C', 'H', 'K', '\r', '\n', 0x1a};

void vouch_tenant_key_clear(vouch_tenant_key *key)
{
    OPENSSL_cleanse(key, sizeof *key);
}

vouch_code vouch_tenant_key_make(vouch_tenant_key *out, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_tenant_key_clear) vouch_tenant_key key;
    VOUCH_TRY(vouch_uuid(key.id, err));
    VOUCH_TRY(random_key(key.bytes, sizeof key.bytes, err));
    *out = key;
    return VOUCH_OK;
}

static bool pack_master(const char *id, uint8_t out[MASTER_BYTES])
{
    for (size_t i = 0; i < MASTER_BYTES; i++) {
        const int high = hex_digit(id[2 * i]), low = high < 0 ? -1 : hex_digit(id[2 * i + 1]);
        if (low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

vouch_code vouch_tenant_key_wrap(const vouch_tenant_key *key, const char *tenant, const vouch_master_key *master,
                                 uint8_t record[VOUCH_TENANT_KEY_RECORD], vouch_error *err)
{
    uint8_t made[VOUCH_TENANT_KEY_RECORD] = {0}, extra[EXTRA_BYTES];
    memcpy(made, magic, sizeof magic);
    made[AT_VERSION] = VERSION;
    if (!pack_master(master->id, made + AT_MASTER) || !uuid_pack(key->id, made + AT_ID))
        return vouch_fail(err, VOUCH_INTERNAL, "a key has no id");
    memcpy(extra, made, AT_NONCE);
    if (!uuid_pack(tenant, extra + AT_NONCE))
        return vouch_fail(err, VOUCH_INTERNAL, "the tenant of a key is no UUID");
    VOUCH_TRY(random_key(made + AT_NONCE, NONCE_BYTES, err));
    VOUCH_CLEANUP(cipher_done) EVP_CIPHER_CTX *context = cipher_new(master->bytes, /* encrypt= */ true);
    const cipher_text text = {.nonce = made + AT_NONCE,
                              .extra = extra,
                              .extra_length = sizeof extra,
                              .in = key->bytes,
                              .length = VOUCH_KEY_BYTES,
                              .out = made + AT_KEY};
    if (!context || !cipher_encrypt(context, &text, made + AT_TAG))
        return vouch_fail(err, VOUCH_NO_MEMORY, "wrapping a key");
    memcpy(record, made, sizeof made);
    return VOUCH_OK;
}

vouch_code vouch_tenant_key_master(const uint8_t *record, size_t length, const char *id, char master[VOUCH_KEY_ID_SIZE],
                                   vouch_error *err)
{
    static const uint8_t zero[AT_MASTER - AT_VERSION - 1];
    char named[37];
    if (length != VOUCH_TENANT_KEY_RECORD || memcmp(record, magic, sizeof magic) != 0 ||
        record[AT_VERSION] != VERSION || memcmp(record + AT_VERSION + 1, zero, sizeof zero) != 0)
        return vouch_fail(err, VOUCH_BLOB_DAMAGED, "tenant key %s is stored in no form that this program knows", id);
    uuid_text(record + AT_ID, named);
    if (strcmp(named, id) != 0)
        return vouch_fail(err, VOUCH_BLOB_DAMAGED, "tenant key %s is stored under the name of %s", named, id);
    vouch_hex(record + AT_MASTER, MASTER_BYTES, master);
    return VOUCH_OK;
}

vouch_code vouch_tenant_key_unwrap(const uint8_t *record, size_t length, const char *tenant, const char *id,
                                   vouch_keyring *keyring, vouch_tenant_key *out, vouch_error *err)
{
    uint8_t extra[EXTRA_BYTES];
    char master_id[VOUCH_KEY_ID_SIZE];
    VOUCH_TRY(vouch_tenant_key_master(record, length, id, master_id, err));
    VOUCH_CLEANUP(vouch_master_key_clear) vouch_master_key master = {0};
    VOUCH_TRY(vouch_keyring_find(keyring, master_id, &master, err));
    memcpy(extra, record, AT_NONCE);
    if (!uuid_pack(tenant, extra + AT_NONCE))
        return vouch_fail(err, VOUCH_INTERNAL, "the tenant of a key is no UUID");
    VOUCH_CLEANUP(vouch_tenant_key_clear) vouch_tenant_key key = {0};
    VOUCH_CLEANUP(cipher_done) EVP_CIPHER_CTX *context = cipher_new(master.bytes, /* encrypt= */ false);
    const cipher_text text = {.nonce = record + AT_NONCE,
                              .extra = extra,
                              .extra_length = sizeof extra,
                              .in = record + AT_KEY,
                              .length = VOUCH_KEY_BYTES,
                              .out = key.bytes};
    if (!context)
        return vouch_fail(err, VOUCH_NO_MEMORY, "unwrapping a key");
    if (!cipher_decrypt(context, &text, record + AT_TAG))
        return vouch_fail(err, VOUCH_BLOB_DAMAGED, "tenant key %s was edited, or is another tenant's", id);
    memcpy(key.id, id, sizeof key.id);
    *out = key;
    return VOUCH_OK;
}
