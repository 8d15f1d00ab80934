/** XML trees by paths. */
#include <stdio.h>
#include <string.h>

#include "xml_world.h"

/** "cbc:Name" in the namespace of its prefix. */
static xmlNode *named(xmlNode *parent, const char *name, size_t length, const char *text)
{
    char prefix[16] = "", local[96];
    const char *colon = memchr(name, ':', length);
    size_t skipped = colon ? (size_t)(colon - name) + 1 : 0;
    if (colon)
        snprintf(prefix, sizeof prefix, "%.*s", (int)(colon - name), name);
    snprintf(local, sizeof local, "%.*s", (int)(length - skipped), name + skipped);
    xmlNs *space = xmlSearchNs(parent->doc, parent, colon ? BAD_CAST prefix : NULL);
    return text ? xmlNewTextChild(parent, space, BAD_CAST local, BAD_CAST text)
                : xmlNewChild(parent, space, BAD_CAST local, NULL);
}

static bool has_name(const xmlNode *node, const char *name, size_t length)
{
    const char *colon = memchr(name, ':', length);
    size_t skipped = colon ? (size_t)(colon - name) + 1 : 0;
    return node && node->type == XML_ELEMENT_NODE && strlen((const char *)node->name) == length - skipped &&
           strncmp((const char *)node->name, name + skipped, length - skipped) == 0;
}

xmlNode *xml_put(xmlNode *parent, const char *path, const char *value)
{
    if (!value || !*value)
        return NULL;
    for (const char *slash; (slash = strchr(path, '/')); path = slash + 1) {
        size_t length = (size_t)(slash - path);
        parent = has_name(parent->last, path, length) ? parent->last : named(parent, path, length, NULL);
    }
    return named(parent, path, strlen(path), value);
}

void xml_put_amount(xmlNode *parent, const char *path, int64_t fen, const char *currency)
{
    char text[24];
    generate_amount(fen, text);
    xmlNode *put = xml_put(parent, path, text);
    if (currency)
        xmlNewProp(put, BAD_CAST "currencyID", BAD_CAST currency);
}

xmlNode *xml_add(xmlNode *parent, const char *name)
{
    return named(parent, name, strlen(name), NULL);
}

xmlDoc *xml_new(const char *root, const char *const namespaces[][2], size_t count)
{
    xmlDoc *document = xmlNewDoc(BAD_CAST "1.0");
    const char *colon = strchr(root, ':');
    xmlNode *node = xmlNewNode(NULL, BAD_CAST(colon ? colon + 1 : root));
    xmlDocSetRootElement(document, node);
    for (size_t i = 0; i < count; i++)
        xmlNewNs(node, BAD_CAST namespaces[i][1], BAD_CAST namespaces[i][0]);
    char prefix[16] = "";
    snprintf(prefix, sizeof prefix, "%.*s", (int)(colon ? colon - root : 0), root);
    xmlSetNs(node, xmlSearchNs(document, node, colon ? BAD_CAST prefix : NULL));
    return document;
}

vouch_code xml_finish(xmlDoc *document, vouch_buffer *out, vouch_error *err)
{
    xmlChar *text = NULL;
    int length = 0;
    xmlDocDumpFormatMemoryEnc(document, &text, &length, "UTF-8", 1);
    vouch_code code = text ? vouch_buffer_append(out, text, (size_t)length) : VOUCH_NO_MEMORY;
    xmlFree(text);
    xmlFreeDoc(document);
    return code == VOUCH_OK ? VOUCH_OK : vouch_fail(err, code, "writing XML");
}
