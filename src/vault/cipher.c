/* AES-256-GCM in one call each way, and what keys are written with. */
#include "cipher.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>

#include "vouch/hash.h"

void cipher_done(EVP_CIPHER_CTX **context)
{
    EVP_CIPHER_CTX_free(*context); /* wipes the key schedule */
    *context = NULL;
}

EVP_CIPHER_CTX *cipher_new(const uint8_t key[VOUCH_KEY_BYTES], bool encrypt)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    /* Twelve bytes of nonce are the default of GCM. */
    if (context && EVP_CipherInit_ex(context, EVP_aes_256_gcm(), NULL, key, NULL, encrypt) != 1)
        cipher_done(&context);
    return context;
}

static bool run(EVP_CIPHER_CTX *context, const cipher_text *text)
{
    int done = 0;
    if (text->length > INT_MAX || text->extra_length > INT_MAX ||
        EVP_CipherInit_ex(context, NULL, NULL, NULL, text->nonce, /* enc= */ -1) != 1)
        return false;
    if (text->extra_length > 0 && EVP_CipherUpdate(context, NULL, &done, text->extra, (int)text->extra_length) != 1)
        return false;
    return text->length == 0 || EVP_CipherUpdate(context, text->out, &done, text->in, (int)text->length) == 1;
}

bool cipher_encrypt(EVP_CIPHER_CTX *context, const cipher_text *text, uint8_t tag[TAG_BYTES])
{
    uint8_t rest[TAG_BYTES];
    int done = 0;
    return run(context, text) && EVP_CipherFinal_ex(context, rest, &done) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, tag) == 1;
}

bool cipher_decrypt(EVP_CIPHER_CTX *context, const cipher_text *text, const uint8_t tag[TAG_BYTES])
{
    uint8_t rest[TAG_BYTES], expected[TAG_BYTES];
    int done = 0;
    memcpy(expected, tag, TAG_BYTES);
    const bool good = run(context, text) &&
                      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, expected) == 1 &&
                      EVP_CipherFinal_ex(context, rest, &done) == 1;
    if (!good)
        OPENSSL_cleanse(text->out, text->length);
    return good;
}

int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_dash_place(size_t at)
{
    return at == 8 || at == 13 || at == 18 || at == 23;
}

bool uuid_pack(const char *text, uint8_t out[16])
{
    size_t nibble = 0;
    uint8_t bytes[16] = {0};
    for (size_t at = 0; at < 36; at++) {
        if (is_dash_place(at)) {
            if (text[at] != '-')
                return false;
            continue;
        }
        const int digit = hex_digit(text[at]);
        if (digit < 0)
            return false;
        bytes[nibble / 2] = (uint8_t)(bytes[nibble / 2] << 4 | digit);
        nibble++;
    }
    if (text[36] != '\0')
        return false;
    memcpy(out, bytes, sizeof bytes);
    return true;
}

void uuid_text(const uint8_t bytes[16], char out[37])
{
    char digits[33];
    size_t to = 0;
    vouch_hex(bytes, 16, digits);
    for (size_t from = 0; from < 32; from++) {
        if (is_dash_place(to))
            out[to++] = '-';
        out[to++] = digits[from];
    }
    out[to] = '\0';
}

vouch_code random_key(uint8_t *out, size_t length, vouch_error *err)
{
    if (RAND_priv_bytes(out, (int)length) != 1)
        return vouch_fail(err, VOUCH_INTERNAL, "libcrypto gives no random bytes");
    return VOUCH_OK;
}
