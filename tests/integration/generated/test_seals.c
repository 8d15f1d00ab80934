/** The seals of generated OFD packages hold by OpenSSL alone: digests, both signatures, the chain to the anchor. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <openssl/asn1.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <zip.h>

#include "generate.h"

typedef struct element {
    const uint8_t *whole, *content;
    long whole_length, length;
} element;

/** The element at *at, which moves behind it. */
static element next(const uint8_t **at, const uint8_t *end)
{
    element out = {.whole = *at};
    int tag, class;
    const uint8_t *content = *at;
    cr_assert((ASN1_get_object(&content, &out.length, &tag, &class, end - *at) & 0x80) == 0, "no DER");
    out.content = content;
    *at = content + out.length;
    out.whole_length = *at - out.whole;
    return out;
}

/** Signature in a BIT STRING over bytes by the key of a certificate in an OCTET STRING. */
static bool holds(const element *bytes, const element *certificate, const element *signature, bool sm2, X509 *anchor)
{
    const uint8_t *der = certificate->content;
    X509 *signer = d2i_X509(NULL, &der, certificate->length);
    cr_assert(signer);
    EVP_PKEY *key = X509_get_pubkey(signer);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *own = sm2 ? EVP_PKEY_CTX_new(key, NULL) : NULL;
    if (sm2) {
        EVP_PKEY_CTX_set1_id(own, "1234567812345678", 16);
        EVP_MD_CTX_set_pkey_ctx(context, own);
    }
    bool valid = EVP_DigestVerifyInit(context, NULL, sm2 ? EVP_sm3() : EVP_sha256(), NULL, key) == 1 &&
                 EVP_DigestVerify(context, signature->content + 1, (size_t)signature->length - 1, bytes->whole,
                                  (size_t)bytes->whole_length) == 1;
    valid = valid && X509_NAME_cmp(X509_get_issuer_name(signer), X509_get_subject_name(anchor)) == 0;
    EVP_MD_CTX_free(context);
    EVP_PKEY_CTX_free(own);
    EVP_PKEY_free(key);
    X509_free(signer);
    return valid;
}

static char *entry(zip_t *archive, const char *name, size_t *length)
{
    zip_stat_t about;
    cr_assert(zip_stat(archive, name, 0, &about) == 0, "%s is not there", name);
    char *bytes = calloc(1, about.size + 1);
    zip_file_t *file = zip_fopen(archive, name, 0);
    cr_assert(bytes && file && zip_fread(file, bytes, about.size) == (zip_int64_t)about.size);
    zip_fclose(file);
    *length = about.size;
    return bytes;
}

static size_t check_references(zip_t *archive, const char *signature_xml, generate_scheme scheme)
{
    size_t count = 0;
    for (const char *at = signature_xml; (at = strstr(at, "FileRef=\"/")); count++) {
        char path[128];
        at += strlen("FileRef=\"/");
        snprintf(path, sizeof path, "%.*s", (int)strcspn(at, "\""), at);
        size_t length;
        VOUCH_CLEANUP(vouch_free_pointer) char *bytes = entry(archive, path, &length);
        uint8_t digest[32], base64[48];
        generate_digest(scheme, bytes, length, digest);
        EVP_EncodeBlock(base64, digest, sizeof digest);
        const char *stated = strstr(at, "<ofd:CheckValue>") + strlen("<ofd:CheckValue>");
        cr_expect(strncmp(stated, (const char *)base64, 44) == 0, "the digest of %s", path);
    }
    return count;
}

static void check_seal(const uint8_t *value, size_t length, const char *signature_xml, size_t xml_length,
                       generate_scheme scheme, X509 *anchor)
{
    bool sm2 = scheme == GENERATE_SM2;
    const uint8_t *at = value, *end = value + length;
    element whole = next(&at, end);
    at = whole.content;
    element to_sign = next(&at, end), certificate = next(&at, end), algorithm = next(&at, end), bits = next(&at, end);
    (void)algorithm;
    cr_expect(at == end, "nothing behind the signature");
    cr_expect(holds(&to_sign, &certificate, &bits, sm2, anchor), "the signature over the document");
    at = to_sign.content;
    element version = next(&at, end), seal = next(&at, end), when = next(&at, end), hash = next(&at, end);
    (void)when;
    cr_expect(version.length == 1 && *version.content == 4, "SES version 4");
    uint8_t digest[32];
    generate_digest(scheme, signature_xml, xml_length, digest);
    cr_expect(hash.length == 33 && memcmp(hash.content + 1, digest, 32) == 0, "the digest of Signature.xml");
    at = seal.content;
    element info = next(&at, end), maker = next(&at, end), by = next(&at, end), maker_bits = next(&at, end);
    (void)by;
    cr_expect(holds(&info, &maker, &maker_bits, sm2, anchor), "the maker's signature over the seal");
}

static X509 *anchor_of(generate_scheme scheme)
{
    vouch_error err = VOUCH_ERROR_INIT;
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer pem = {0};
    cr_assert(generate_test_anchor(scheme, &pem, &err) == VOUCH_OK, "%s", err.message);
    BIO *memory = BIO_new_mem_buf(pem.data, (int)pem.length);
    X509 *anchor = PEM_read_bio_X509(memory, NULL, NULL, NULL);
    BIO_free(memory);
    cr_assert(anchor);
    return anchor;
}

static void check_kind(const char *kind, generate_scheme scheme)
{
    vouch_error err = VOUCH_ERROR_INIT;
    generate_invoice invoice;
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer document = {0};
    const generate_kind *row = generate_kind_lookup(kind);
    generate_invoices(row, 3, &invoice, 1);
    cr_assert(generate_document(row, &invoice, 1, 3, &document, &err) == VOUCH_OK, "%s", err.message);
    zip_error_t why;
    zip_t *archive =
        zip_open_from_source(zip_source_buffer_create(document.data, document.length, 0, &why), ZIP_RDONLY, &why);
    cr_assert(archive);
    size_t xml_length, value_length;
    VOUCH_CLEANUP(vouch_free_pointer) char *xml = entry(archive, "Doc_0/Signs/Sign_0/Signature.xml", &xml_length);
    VOUCH_CLEANUP(vouch_free_pointer)
    char *value = entry(archive, "Doc_0/Signs/Sign_0/SignedValue.dat", &value_length);
    cr_expect(strstr(xml, generate_signature_method(scheme)) && strstr(xml, generate_digest_method(scheme)), "%s",
              kind);
    cr_expect(check_references(archive, xml, scheme) >= 6, "%s: every part is covered", kind);
    X509 *anchor = anchor_of(scheme);
    check_seal((const uint8_t *)value, value_length, xml, xml_length, scheme, anchor);
    X509_free(anchor);
    zip_discard(archive);
}

Test(seals, by_sm2_hold)
{
    check_kind("vat-ofd", GENERATE_SM2);
}

Test(seals, by_rsa_hold)
{
    check_kind("vat-rsa-ofd", GENERATE_RSA);
}
