/**
 * Electronic seal signatures as GB/T 38540-2020 version 4 has them, with SM2 or RSA keys, by a test authority that is
 * made anew in every run: its private keys never reach a file, so that nobody can sign with them later.
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

static const char user_id[] = "1234567812345678"; /* GB/T 35276, the default identity */

static const struct scheme {
    const char *oid; /* DER of the signature's algorithm */
    size_t oid_length;
    const EVP_MD *(*digest)(void);
    bool sm2;
    const char *signature_method, *digest_method;
} schemes[] = {
    [GENERATE_SM2] = {"\x2A\x81\x1C\xCF\x55\x01\x83\x75", 8, EVP_sm3, true, "1.2.156.10197.1.501",
                      "1.2.156.10197.1.401"},
    [GENERATE_RSA] = {"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0B", 9, EVP_sha256, false, "1.2.840.113549.1.1.11",
                      "2.16.840.1.101.3.4.2.1"},
};

typedef struct signer {
    EVP_PKEY *key;
    X509 *certificate;
} signer;

/** Root, seal maker and company, made once per process and scheme. */
typedef struct authority {
    const struct scheme *scheme;
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

static EVP_MD_CTX *signing_context(const struct scheme *scheme, EVP_PKEY *key, EVP_PKEY_CTX **owned)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    *owned = NULL;
    if (!scheme->sm2)
        return context;
    *owned = EVP_PKEY_CTX_new(key, NULL);
    EVP_PKEY_CTX_set1_id(*owned, user_id, sizeof user_id - 1); /* must precede DigestSignInit */
    EVP_MD_CTX_set_pkey_ctx(context, *owned);
    return context;
}

static bool sign_certificate(const struct scheme *scheme, X509 *certificate, EVP_PKEY *key)
{
    EVP_PKEY_CTX *pkey_context = NULL;
    EVP_MD_CTX *context = signing_context(scheme, key, &pkey_context);
    bool done =
        EVP_DigestSignInit(context, NULL, scheme->digest(), NULL, key) == 1 && X509_sign_ctx(certificate, context) > 0;
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
static bool make_signer(const struct scheme *scheme, signer *out, const signer *issuer, const char *name, long serial)
{
    out->key = scheme->sm2 ? EVP_PKEY_Q_keygen(NULL, NULL, "SM2") : EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
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
    return sign_certificate(scheme, certificate, issuer->key);
}

static const authority *test_authority(generate_scheme wanted, vouch_error *err)
{
    static authority made[GENERATE_SCHEME_COUNT]; /* cache: one authority a run */
    authority *one = &made[wanted];
    if (one->scheme)
        return one;
    const struct scheme *scheme = &schemes[wanted];
    if (make_signer(scheme, &one->root, &one->root, scheme->sm2 ? "Vouch test root" : "Vouch test root (RSA)", 1) &&
        make_signer(scheme, &one->maker, &one->root, "Vouch test seal maker", 2) &&
        make_signer(scheme, &one->company, &one->root, "Vouch test tax seal", 3))
        one->scheme = scheme;
    else
        (void)vouch_fail(err, VOUCH_INTERNAL, "the test authority can't be made");
    return one->scheme ? one : NULL;
}

static vouch_code sign_bits(vouch_buffer *out, const struct scheme *scheme, EVP_PKEY *key, const vouch_buffer *data)
{
    EVP_PKEY_CTX *pkey_context = NULL;
    EVP_MD_CTX *context = signing_context(scheme, key, &pkey_context);
    uint8_t signature[256]; /* RSA of 2048 bits */
    size_t length = sizeof signature;
    bool done = EVP_DigestSignInit(context, NULL, scheme->digest(), NULL, key) == 1 &&
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
    VOUCH_TRY(der(&body, V_ASN1_OBJECT, who->scheme->oid, who->scheme->oid_length));
    VOUCH_TRY(sign_bits(&body, who->scheme, who->maker.key, &info));
    return der_wrap(out, V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED, &body);
}

void generate_digest(generate_scheme scheme, const void *data, size_t length, uint8_t out[32])
{
    unsigned size = 32;
    EVP_Digest(data, length, out, &size, schemes[scheme].digest(), NULL);
}

const char *generate_signature_method(generate_scheme scheme)
{
    return schemes[scheme].signature_method;
}

const char *generate_digest_method(generate_scheme scheme)
{
    return schemes[scheme].digest_method;
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
    VOUCH_TRY(der(&body, V_ASN1_OBJECT, who->scheme->oid, who->scheme->oid_length));
    VOUCH_TRY(sign_bits(&body, who->scheme, who->company.key, &to_sign));
    return der_wrap(out, V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED, &body);
}

vouch_code generate_seal_signature(generate_scheme scheme, const uint8_t *signature_xml, size_t length,
                                   const char *property, vouch_buffer *out, vouch_error *err)
{
    const authority *who = test_authority(scheme, err);
    if (!who)
        return VOUCH_INTERNAL;
    uint8_t digest[32];
    generate_digest(scheme, signature_xml, length, digest);
    vouch_code code = build(who, digest, property, out);
    return code == VOUCH_OK ? VOUCH_OK : vouch_fail(err, code, "signing with the test seal");
}

vouch_code generate_test_anchor(generate_scheme scheme, vouch_buffer *out, vouch_error *err)
{
    const authority *who = test_authority(scheme, err);
    if (!who)
        return VOUCH_INTERNAL;
    BIO *memory = BIO_new(BIO_s_mem());
    char *text = NULL;
    long length = memory && PEM_write_bio_X509(memory, who->root.certificate) ? BIO_get_mem_data(memory, &text) : 0;
    vouch_code code = length > 0 ? vouch_buffer_append(out, text, (size_t)length) : VOUCH_INTERNAL;
    BIO_free(memory);
    return code == VOUCH_OK ? VOUCH_OK : vouch_fail(err, code, "writing the test anchor");
}
