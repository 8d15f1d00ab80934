/** XML trees of invoices by paths: "cac:Party/cbc:Name". */
#ifndef VOUCH_GENERATE_XML_WORLD_H
#define VOUCH_GENERATE_XML_WORLD_H

#include <libxml/tree.h>

#include "generate.h"

/**
 * A new element at the end of a path, with text. Elements on the way are the parent's last child when that has the
 * wanted name, else new ones. NULL or "" as value: nothing is put.
 */
xmlNode *xml_put(xmlNode *parent, const char *path, const char *value);
/** An amount; with its currency unless that is NULL. */
void xml_put_amount(xmlNode *parent, const char *path, int64_t fen, const char *currency);
/** A new, empty element. */
xmlNode *xml_add(xmlNode *parent, const char *name);
/** A document with its root and the namespaces of prefixes: {prefix, address} …, a NULL prefix is the default one. */
xmlDoc *xml_new(const char *root, const char *const namespaces[][2], size_t count);
/** Into bytes, released. */
vouch_code xml_finish(xmlDoc *document, vouch_buffer *out, vouch_error *err);

#endif
