/** Inside of the vault: AES-256-GCM (NIST SP 800-38D) through OpenSSL's EVP. */
#ifndef VOUCH_VAULT_CIPHER_H
#define VOUCH_VAULT_CIPHER_H

#include <openssl/evp.h>

#include "vouch/vault.h"

enum {
    NONCE_BYTES = 12,
    TAG_BYTES = VOUCH_SEAL_TAG
};

/** What a call of the cipher works on. `out` may be `in`. */
typedef struct cipher_text {
    const uint8_t *nonce;
    const void *extra; /* additional data */
    size_t extra_length;
    const uint8_t *in;
    size_t length;
    uint8_t *out;
} cipher_text;

void cipher_done(EVP_CIPHER_CTX **context);
/** @return a context with its key set, or NULL when out of memory */
EVP_CIPHER_CTX *cipher_new(const uint8_t key[VOUCH_KEY_BYTES], bool encrypt);
/** @return false: libcrypto failed */
bool cipher_encrypt(EVP_CIPHER_CTX *context, const cipher_text *text, uint8_t tag[TAG_BYTES]);
/** @return false: the tag is not that of these bytes; out is wiped */
bool cipher_decrypt(EVP_CIPHER_CTX *context, const cipher_text *text, const uint8_t tag[TAG_BYTES]);

/** UUID text (lower case) → 16 bytes and back. @return false: no such text */
bool uuid_pack(const char *text, uint8_t out[16]);
void uuid_text(const uint8_t bytes[16], char out[37]);
/** One hex digit; -1: none. */
int hex_digit(char c);
vouch_code random_key(uint8_t *out, size_t length, vouch_error *err);

/** Run a command by /bin/sh and read what it prints, up to `capacity` bytes, in at most 30 s. */
vouch_code command_output(const char *command, char *out, size_t capacity, size_t *length, vouch_error *err);

#endif
