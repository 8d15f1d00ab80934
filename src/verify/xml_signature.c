/**
 * Signatures in XML: W3C XML Signature (and XAdES, which is one), the Chinese tax administration's own elements,
 * Mexico's Sello attribute.
 *
 * One streaming pass in libxml2's recovering mode finds the elements by namespace. Invoices with malformed namespaces
 * are real, so that a file which does not parse is searched for the elements' names as well.
 */
#include <libxml/xmlreader.h>
#include <string.h>

#include "scheme.h"

static const char xmldsig_namespace[] = "http://www.w3.org/2000/09/xmldsig#";
static const char einvoice_namespace[] = "http://www.edrm.org.cn/schema/e-invoice/2019";

/* Which elements are signatures of a scheme. */
typedef struct pattern {
    const char *local;
    const char *space;     /* NULL: any namespace */
    const char *attribute; /* must be there and not empty; NULL: the element must not be empty */
    const char *search;    /* in a file that does not parse; NULL: nothing */
} pattern;

static void free_reader(xmlTextReaderPtr *reader)
{
    xmlFreeTextReader(*reader);
}

static void ignore_message(void *arg, const char *message, xmlParserSeverities severity,
                           xmlTextReaderLocatorPtr locator)
{
    (void)arg, (void)message, (void)severity, (void)locator;
}

static bool has_attribute(xmlTextReaderPtr reader, const char *name)
{
    xmlChar *value = xmlTextReaderGetAttribute(reader, (const xmlChar *)name);
    const bool filled = value && *value;
    xmlFree(value);
    return filled;
}

static bool matches(xmlTextReaderPtr reader, const pattern *wanted)
{
    if (xmlTextReaderNodeType(reader) != XML_READER_TYPE_ELEMENT)
        return false;
    const xmlChar *local = xmlTextReaderConstLocalName(reader), *space = xmlTextReaderConstNamespaceUri(reader);
    if (!local || strcmp((const char *)local, wanted->local) != 0)
        return false;
    if (wanted->space && (!space || strcmp((const char *)space, wanted->space) != 0))
        return false;
    return wanted->attribute ? has_attribute(reader, wanted->attribute) : !xmlTextReaderIsEmptyElement(reader);
}

static size_t count_occurrences(const vouch_part *bytes, const char *text)
{
    const uint8_t *at = bytes->data, *end = bytes->data + bytes->length;
    const size_t length = strlen(text);
    size_t count = 0;
    while ((at = memmem(at, (size_t)(end - at), text, length))) {
        at += length;
        count++;
    }
    return count;
}

/* Number of elements that match. */
static size_t count_matches(const vouch_part *bytes, const pattern *patterns, size_t pattern_count)
{
    const int options = XML_PARSE_NONET | XML_PARSE_RECOVER | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
    VOUCH_CLEANUP(free_reader)
    xmlTextReaderPtr reader = NULL;
    if (bytes->failed != VOUCH_LIMIT) /* else parsing it would take long */
        reader = xmlReaderForMemory((const char *)bytes->data, (int)bytes->length, NULL, NULL, options);
    size_t count = 0;
    bool sound = false;
    if (reader) {
        xmlTextReaderSetErrorHandler(reader, ignore_message, NULL);
        int more;
        while ((more = xmlTextReaderRead(reader)) == 1)
            for (size_t i = 0; i < pattern_count; i++)
                count += matches(reader, &patterns[i]);
        sound = more == 0;
    }
    for (size_t i = 0; i < pattern_count && count == 0 && !sound; i++)
        if (patterns[i].search)
            count = count_occurrences(bytes, patterns[i].search);
    return count;
}

static void find(verification *it, const vouch_part *bytes, const pattern *patterns, size_t count)
{
    if (bytes->format != VOUCH_FORMAT_XML || bytes->length > INT32_MAX)
        return;
    const size_t found = count_matches(bytes, patterns, count);
    for (size_t i = 0; i < found; i++)
        if (!verification_add_unsupported(it, "XML signature %zu of %zu%s%s", i + 1, found, *bytes->path ? " in " : "",
                                          bytes->path))
            return;
}

void find_xmldsig(verification *it, int part, const vouch_part *bytes)
{
    static const pattern patterns[] = {{"Signature", xmldsig_namespace, NULL, "<ds:Signature"}};
    (void)part;
    find(it, bytes, patterns, 1);
}

void find_cn_xml(verification *it, int part, const vouch_part *bytes)
{
    static const pattern patterns[] = {
        {"TaxBureauSignature", NULL, NULL, "<TaxBureauSignature>"},
        {"Signature", einvoice_namespace, NULL, "<fp:Signature>"},
    };
    (void)part;
    find(it, bytes, patterns, 2);
}

void find_mx_cfdi(verification *it, int part, const vouch_part *bytes)
{
    static const pattern patterns[] = {
        {"Comprobante", NULL, "Sello", NULL},
        {"Comprobante", NULL, "sello", NULL},
        {"Retenciones", NULL, "Sello", NULL},
    };
    (void)part;
    find(it, bytes, patterns, sizeof patterns / sizeof *patterns);
}
