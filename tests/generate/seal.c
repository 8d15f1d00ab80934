/**
 * Electronic seal signatures as GB/T 38540-2020 version 4 has them, by an SM2 test authority that is made anew in every
 * run: its private keys never reach a file, so that nobody can sign with them later.
 *
 *   SES_Signature ::= SEQUENCE { toSign TBS_Sign, cert OCTET STRING, signatureAlgID OID, signature BIT STRING }
 *   TBS_Sign      ::= SEQUENCE { version, eseal SESeal, timeInfo GeneralizedTime, dataHash BIT STRING, propertyInfo }
 *   SESeal        ::= SEQUENCE { eSealInfo, cert OCTET STRING, signAlgID OID, signedValue BIT STRING }
 */
#include <string.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "generate.h"
#include "seal_picture.h"

static const char user_id[] = "1234567812345678";                      /* GB/T 35276, the default identity */
static const char sm2_with_sm3[] = "\x2A\x81\x1C\xCF\x55\x01\x83\x75"; /* 1.2.156.10197.1.501 */

typedef struct signer {
    EVP_PKEY *key;
    X509 *certificate;
} signer;

/** Root, seal maker and company, made once per process. */
typedef struct authority {
    signer root, maker, company;
} authority;

/* ---- DER ---- */

static vouch_code der(vouch_buffer *out, uint8_t tag, const void *content, size_t length)
{
    uint8_t head[6] = {tag};
    size_t used = 1;
    if (length < 0x80) {
        head[used++] = (uint8_t)length;
    } else {
        int bytes = length > 0xFFFFFF ? 4 : length > 0xFFFF ? 3 : length > 0xFF ? 2 : 1;
        head[used++] = (uint8_t)(0x80 | bytes);
        for (int i = bytes - 1; i >= 0; i--)
            head[used++] = (uint8_t)(length >> (8 * i));
    }
    VOUCH_TRY(vouch_buffer_append(out, head, used));
    return vouch_buffer_append(out, content, length);
}

static vouch_code der_wrap(vouch_buffer *out, uint8_t tag, const vouch_buffer *content)
{
    return der(out, tag, content->data, content->length);
}

static vouch_code der_text(vouch_buffer *out, uint8_t tag, const char *text)
{
    return der(out, tag, text, strlen(text));
}

static vouch_code der_integer(vouch_buffer *out, uint8_t value)
{
    return der(out, V_ASN1_INTEGER, &value, 1);
}

/** BIT STRING with no unused bits. */
static vouch_code der_bits(vouch_buffer *out, const void *content, size_t length)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer bits = {0};
    VOUCH_TRY(vouch_buffer_append(&bits, "\0", 1));
    VOUCH_TRY(vouch_buffer_append(&bits, content, length));
    return der_wrap(out, V_ASN1_BIT_STRING, &bits);
}

static vouch_code der_certificate(vouch_buffer *out, X509 *certificate)
{
    uint8_t *bytes = NULL;
    int length = i2d_X509(certificate, &bytes);
    vouch_code code = length > 0 ? der(out, V_ASN1_OCTET_STRING, bytes, (size_t)length) : VOUCH_INTERNAL;
    OPENSSL_free(bytes);
    return code;
}

/* ---- keys and certificates ---- */

static EVP_MD_CTX *sm2_context(EVP_PKEY *key, EVP_PKEY_CTX **owned)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    *owned = EVP_PKEY_CTX_new(key, NULL);
    EVP_PKEY_CTX_set1_id(*owned, user_id, sizeof user_id - 1); /* must precede DigestSignInit */
    EVP_MD_CTX_set_pkey_ctx(context, *owned);
    return context;
}

static bool sign_certificate(X509 *certificate, EVP_PKEY *key)
{
    EVP_PKEY_CTX *pkey_context = NULL;
    EVP_MD_CTX *context = sm2_context(key, &pkey_context);
    bool done = EVP_DigestSignInit(context, NULL, EVP_sm3(), NULL, key) == 1 && X509_sign_ctx(certificate, context) > 0;
    EVP_MD_CTX_free(context);
    EVP_PKEY_CTX_free(pkey_context);
    return done;
}

static void add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

/** A certificate of `issuer` (itself for the root), valid from 2020 for twenty years. */
static bool make_signer(signer *out, const signer *issuer, const char *name, long serial)
{
    out->key = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
    out->certificate = X509_new();
    if (!out->key || !out->certificate)
        return false;
    X509 *certificate = out->certificate;
    bool is_root = issuer == out;
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
    ASN1_TIME_set_string(X509_getm_notBefore(certificate), "20200101000000Z");
    ASN1_TIME_set_string(X509_getm_notAfter(certificate), "20400101000000Z");
    X509_NAME *subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "C", MBSTRING_ASC, (const unsigned char *)"CN", -1, -1, 0);
    X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_UTF8, (const unsigned char *)"Vouch test authority", -1, -1, 0);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer->certificate));
    X509_set_pubkey(certificate, out->key);
    add_extension(certificate, issuer->certificate, NID_basic_constraints, is_root ? "critical,CA:TRUE" : "CA:FALSE");
    add_extension(certificate, issuer->certificate, NID_key_usage,
                  is_root ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature,nonRepudiation");
    return sign_certificate(certificate, issuer->key);
}

static const authority *test_authority(vouch_error *err)
{
    static authority made; /* cache: one authority a run */
    static bool ready;
    if (!ready)
        ready = make_signer(&made.root, &made.root, "Vouch test root", 1) &&
                make_signer(&made.maker, &made.root, "Vouch test seal maker", 2) &&
                make_signer(&made.company, &made.root, "Vouch test tax seal", 3);
    if (!ready)
        (void)vouch_fail(err, VOUCH_INTERNAL, "the test authority can't be made");
    return ready ? &made : NULL;
}

static vouch_code sign_bits(vouch_buffer *out, EVP_PKEY *key, const vouch_buffer *data)
{
    EVP_PKEY_CTX *pkey_context = NULL;
    EVP_MD_CTX *context = sm2_context(key, &pkey_context);
    uint8_t signature[96];
    size_t length = sizeof signature;
    bool done = EVP_DigestSignInit(context, NULL, EVP_sm3(), NULL, key) == 1 &&
                EVP_DigestSign(context, signature, &length, (const unsigned char *)data->data, data->length) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_CTX_free(pkey_context);
    return done ? der_bits(out, signature, length) : VOUCH_INTERNAL;
}

/* ---- the seal ---- */

static vouch_code seal_info(vouch_buffer *out, const authority *who)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer header = {0}, property = {0}, list = {0}, picture = {0}, info = {0};
    VOUCH_TRY(der_text(&header, V_ASN1_IA5STRING, "ES"));
    VOUCH_TRY(der_integer(&header, 4));
    VOUCH_TRY(der_text(&header, V_ASN1_IA5STRING, "VOUCHTEST"));
    VOUCH_TRY(der_certificate(&list, who->company.certificate));
    VOUCH_TRY(der_integer(&property, 3));
    VOUCH_TRY(der_text(&property, V_ASN1_UTF8STRING, "全国统一发票监制章（测试）"));
    VOUCH_TRY(der_integer(&property, 1));
    VOUCH_TRY(der_wrap(&property, V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED, &list));
    VOUCH_TRY(der_text(&property, V_ASN1_GENERALIZEDTIME, "20200101000000Z"));
    VOUCH_TRY(der_text(&property, V_ASN1_GENERALIZEDTIME, "20200101000000Z"));
    VOUCH_TRY(der_text(&property, V_ASN1_GENERALIZEDTIME, "20400101000000Z"));
    VOUCH_TRY(der_text(&picture, V_ASN1_IA5STRING, "PNG"));
    VOUCH_TRY(der(&picture, V_ASN1_OCTET_STRING, seal_picture_png, seal_picture_png_length));
    VOUCH_TRY(der_integer(&picture, 30));
    VOUCH_TRY(der_integer(&picture, 20));
    const uint8_t sequence = V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED;
    VOUCH_TRY(der_wrap(&info, sequence, &header));
    VOUCH_TRY(der_text(&info, V_ASN1_IA5STRING, "00000000000001"));
    VOUCH_TRY(der_wrap(&info, sequence, &property));
    VOUCH_TRY(der_wrap(&info, sequence, &picture));
    return der_wrap(out, sequence, &info);
}

static vouch_code seal(vouch_buffer *out, const authority *who)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer info = {0}, body = {0};
    VOUCH_TRY(seal_info(&info, who));
    VOUCH_TRY(vouch_buffer_append(&body, info.data, info.length));
    VOUCH_TRY(der_certificate(&body, who->maker.certificate));
    VOUCH_TRY(der(&body, V_ASN1_OBJECT, sm2_with_sm3, sizeof sm2_with_sm3 - 1));
    VOUCH_TRY(sign_bits(&body, who->maker.key, &info));
    return der_wrap(out, V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED, &body);
}

void generate_sm3(const void *data, size_t length, uint8_t out[32])
{
    unsigned size = 32;
    EVP_Digest(data, length, out, &size, EVP_sm3(), NULL);
}

static vouch_code build(const authority *who, const uint8_t digest[32], const char *property, vouch_buffer *out)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer fields = {0}, to_sign = {0}, body = {0};
    VOUCH_TRY(der_integer(&fields, 4));
    VOUCH_TRY(seal(&fields, who));
    VOUCH_TRY(der_text(&fields, V_ASN1_GENERALIZEDTIME, "20240601080000Z"));
    VOUCH_TRY(der_bits(&fields, digest, 32));
    VOUCH_TRY(der_text(&fields, V_ASN1_IA5STRING, property));
    VOUCH_TRY(der_wrap(&to_sign, V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED, &fields));
    VOUCH_TRY(vouch_buffer_append(&body, to_sign.data, to_sign.length));
    VOUCH_TRY(der_certificate(&body, who->company.certificate));
    VOUCH_TRY(der(&body, V_ASN1_OBJECT, sm2_with_sm3, sizeof sm2_with_sm3 - 1));
    VOUCH_TRY(sign_bits(&body, who->company.key, &to_sign));
    return der_wrap(out, V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED, &body);
}

vouch_code generate_seal_signature(const uint8_t *signature_xml, size_t length, const char *property, vouch_buffer *out,
                                   vouch_error *err)
{
    const authority *who = test_authority(err);
    if (!who)
        return VOUCH_INTERNAL;
    uint8_t digest[32];
    generate_sm3(signature_xml, length, digest);
    vouch_code code = build(who, digest, property, out);
    return code == VOUCH_OK ? VOUCH_OK : vouch_fail(err, code, "signing with the test seal");
}

vouch_code generate_test_anchor(vouch_buffer *out, vouch_error *err)
{
    const authority *who = test_authority(err);
    if (!who)
        return VOUCH_INTERNAL;
    BIO *memory = BIO_new(BIO_s_mem());
    char *text = NULL;
    long length = memory && PEM_write_bio_X509(memory, who->root.certificate) ? BIO_get_mem_data(memory, &text) : 0;
    vouch_code code = length > 0 ? vouch_buffer_append(out, text, (size_t)length) : VOUCH_INTERNAL;
    BIO_free(memory);
    return code == VOUCH_OK ? VOUCH_OK : vouch_fail(err, code, "writing the test anchor");
}
