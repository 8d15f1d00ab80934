/*
 * Pictures of electronic seals and where they are shown.
 *
 * The picture stands in the seal, the seal in the signed value (GB/T 38540-2020, GM/T 0031-2014: the same way in all
 * versions):
 *   SES_Signature { toSign { version, eseal { eSealInfo { header, esID, property, picture { type, data, w, h } } } } }
 * Only this way is walked; nothing is verified here. Lengths are checked by OpenSSL's ASN1_get_object against what is
 * left of the enclosing value; indefinite lengths are refused (DER).
 */
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <string.h>

#include "ofd.h"

#define OFD_SIGNATURES_MAX 64
#define OFD_STAMPS_MAX     2000

/* The rest of a DER value. */
typedef struct ofd_der {
    const uint8_t *data;
    size_t length;
} ofd_der;

static bool der_next(ofd_der *from, int tag, ofd_der *content)
{
    const unsigned char *p = from->data;
    long length;
    int found, class;

    if (from->length == 0 || from->length > INT32_MAX)
        return false;
    const int form = ASN1_get_object(&p, &length, &found, &class, (long)from->length);
    if (form & 0x80)
        ERR_clear_error();
    if (form & 0x81 || length < 0 || class != V_ASN1_UNIVERSAL || (tag != 0 && found != tag))
        return false;
    *content = (ofd_der){.data = p, .length = (size_t)length};
    from->length -= (size_t)(p - from->data) + (size_t)length;
    from->data = p + length;
    return true;
}

static double der_integer(ofd_der value)
{
    double out = 0;

    for (size_t i = 0; i < value.length && i < 4; i++)
        out = out * 256 + value.data[i];
    return out;
}

/* `eseal` is what comes next in `from`. */
static bool picture_of(vouch_arena *arena, ofd_der from, ofd_seal *out)
{
    ofd_der seal, info, skipped, picture, type, data, width, height;

    if (!der_next(&from, V_ASN1_SEQUENCE, &seal) || !der_next(&seal, V_ASN1_SEQUENCE, &info) ||
        !der_next(&info, V_ASN1_SEQUENCE, &skipped) || !der_next(&info, V_ASN1_IA5STRING, &skipped) ||
        !der_next(&info, V_ASN1_SEQUENCE, &skipped) || !der_next(&info, V_ASN1_SEQUENCE, &picture))
        return false;
    if (!der_next(&picture, 0, &type) || !der_next(&picture, V_ASN1_OCTET_STRING, &data) ||
        !der_next(&picture, V_ASN1_INTEGER, &width) || !der_next(&picture, V_ASN1_INTEGER, &height))
        return false;
    *out = (ofd_seal){
        .type = vouch_arena_strndup(arena, (const char *)type.data, type.length),
        .data = data.data,
        .length = data.length,
        .width = der_integer(width),
        .height = der_integer(height),
    };
    return data.length > 0;
}

bool ofd_seal_picture(vouch_arena *arena, const uint8_t *der, size_t length, ofd_seal *out)
{
    const ofd_der whole = {.data = der, .length = length};
    ofd_der from = whole, signature, to_sign, version;

    if (der_next(&from, V_ASN1_SEQUENCE, &signature) && der_next(&signature, V_ASN1_SEQUENCE, &to_sign) &&
        der_next(&to_sign, V_ASN1_INTEGER, &version) && picture_of(arena, to_sign, out))
        return true;
    return picture_of(arena, whole, out);
}

/* Stamps ---------------------------------------------------------------------------------------------------------- */

static void complain(ofd_document *document, const char *detail, const char *location)
{
    vouch_problem_add(document->decoded->arena, &document->decoded->problems, VOUCH_BAD_FORMAT, "warning", 0,
                      "OFD: %s %s", detail, location);
}

static bool seal_from_file(ofd_document *document, const char *folder, const char *location, ofd_seal *out)
{
    vouch_error why = VOUCH_ERROR_INIT;
    ofd_entry *entry = *location ? ofd_document_resolve(document, folder, location) : NULL;

    return entry && ofd_package_load(document->package, entry, &why) == VOUCH_OK &&
           ofd_seal_picture(document->decoded->arena, entry->data, entry->length, out);
}

/* The picture that was signed comes before the one of the seal's own file, which need not be the same. */
static bool find_seal(ofd_document *document, const char *folder, const xmlNode *signature, ofd_seal *out)
{
    vouch_arena *arena = document->decoded->arena;
    const xmlNode *info = ofd_child(signature, "SignedInfo");

    return seal_from_file(document, folder, ofd_trimmed(arena, ofd_child(signature, "SignedValue")), out) ||
           seal_from_file(document, folder, ofd_trimmed(arena, ofd_child(ofd_child(info, "Seal"), "BaseLoc")), out);
}

static void load_signature(ofd_document *document, const char *folder, const char *location, ofd_stamps *out)
{
    vouch_arena *arena = document->decoded->arena;
    VOUCH_CLEANUP(ofd_xml_free) xmlDoc *doc = NULL;
    vouch_error why = VOUCH_ERROR_INIT;
    ofd_entry *entry = ofd_document_resolve(document, folder, location);
    ofd_seal seal;

    if (!entry || ofd_package_parse(document->package, entry, &doc, &why) != VOUCH_OK) {
        complain(document, "a signature can't be read:", location);
        return;
    }
    const xmlNode *root = xmlDocGetRootElement(doc), *info = ofd_child(root, "SignedInfo");
    if (!ofd_child(info, "StampAnnot"))
        return;
    if (!find_seal(document, ofd_package_folder(document->package, entry), root, &seal)) {
        complain(document, "there is no picture in the seal of", entry->name);
        return;
    }
    *VOUCH_ARENA_PUSH(arena, out->seals, out->seal_count, out->seal_capacity) = seal;
    for (const xmlNode *node = ofd_first(info); node && out->count < OFD_STAMPS_MAX; node = ofd_next(node)) {
        ofd_stamp stamp = {.page_id = ofd_id(ofd_attribute(node, "PageRef")), .seal = out->seal_count - 1};
        if (!ofd_is(node, "StampAnnot") || !ofd_box_parse(ofd_attribute(node, "Boundary"), &stamp.boundary))
            continue;
        (void)ofd_box_parse(ofd_attribute(node, "Clip"), &stamp.clip);
        *VOUCH_ARENA_PUSH(arena, out->items, out->count, out->capacity) = stamp;
    }
}

void ofd_load_stamps(ofd_document *document, ofd_stamps *out)
{
    vouch_arena *arena = document->decoded->arena;
    VOUCH_CLEANUP(ofd_xml_free) xmlDoc *doc = NULL;
    vouch_error why = VOUCH_ERROR_INIT;
    const char *location = ofd_trimmed(arena, ofd_child(document->body, "Signatures"));

    if (!*location)
        return;
    ofd_entry *entry = ofd_document_resolve(document, "", location);
    if (!entry || ofd_package_parse(document->package, entry, &doc, &why) != VOUCH_OK) {
        complain(document, "the list of signatures can't be read:", location);
        return;
    }
    const char *folder = ofd_package_folder(document->package, entry);
    size_t count = 0;
    for (const xmlNode *node = ofd_first(xmlDocGetRootElement(doc)); node; node = ofd_next(node)) {
        const char *base = ofd_attribute(node, "BaseLoc");
        if (ofd_is(node, "Signature") && base && count++ < OFD_SIGNATURES_MAX)
            load_signature(document, folder, base, out);
    }
}
