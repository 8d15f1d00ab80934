/** Inside of the structured reader: XML as trees, and one row per scheme. */
#ifndef VOUCH_READ_STRUCTURED_H
#define VOUCH_READ_STRUCTURED_H

#include <libxml/tree.h>

#include "readers.h"

#define VOUCH_ROWS(table) (table), sizeof(table) / sizeof *(table)

/** Where an XML document came from; every scheme's reader gets it. */
typedef struct vouch_xml_source {
    vouch_decoded *decoded;
    vouch_arena *arena;
    vouch_statements *statements;
    vouch_source source;
    int part;
    int first_page, last_page; /* of the container whose pages show it; 0: none */
} vouch_xml_source;

/** First and last page of a part; 0 when it has none. */
void vouch_pages_of_part(vouch_decoded *decoded, int part, int *first, int *last);

/**
 * Parse foreign XML into a tree (structured_xml.c): no network, no entities, no document type at all, limits on depth
 * and number of elements. A declaration with an unknown encoding name is read once more as UTF-8.
 *
 * @param retried  out: true when the encoding was overridden
 * @return the tree, to release with xmlFreeDoc; NULL with *err filled
 */
xmlDoc *vouch_xml_parse(const uint8_t *data, size_t length, bool *retried, vouch_error *err);
void vouch_xml_free(xmlDoc **doc);

/** Name without prefix, also when the prefix was never declared. */
const char *vouch_xml_name(const xmlNode *node);
/** Namespace URI; "" when none. */
const char *vouch_xml_namespace(const xmlNode *node);

/** First element reached by "A/B/C" (names without prefix); a path that fails further down is tried elsewhere. */
const xmlNode *vouch_xml_find(const xmlNode *node, const char *path);
/** Next child of that name: start with previous NULL. */
const xmlNode *vouch_xml_next(const xmlNode *parent, const char *name, const xmlNode *previous);

/**
 * Text of the first element or attribute ("A/B/@c", "@c") at a path that is not blank: its own text and CDATA,
 * trimmed; nothing of its children.
 * @return in arena; NULL when there is none
 */
char *vouch_xml_text(vouch_arena *arena, const xmlNode *node, const char *path);

/** Non-blank texts of several paths joined by a separator; NULL when none is there. */
char *vouch_xml_join(vouch_arena *arena, const xmlNode *node, const char *const *paths, size_t count,
                     const char *separator);

/** Texts at `path` below every child of that name, joined; NULL when none is there. */
char *vouch_xml_join_all(vouch_arena *arena, const xmlNode *parent, const char *name, const char *path,
                         const char *separator);
/** Join what is not NULL; NULL when nothing is. */
char *vouch_text_join(vouch_arena *arena, const char *const *parts, size_t count, const char *separator);

/** Path → field. Of several rows with one field the first that has a value wins. */
typedef struct vouch_xml_field_row {
    const char *path;
    vouch_field field;
} vouch_xml_field_row;

typedef struct vouch_xml_item_row {
    const char *path;
    vouch_item_field field;
} vouch_xml_item_row;

/** The names of original_invoice.xml, which the tag tree of OFD invoices uses too. (structured_cn_edrm.c) */
extern const vouch_xml_field_row vouch_edrm_fields[];
extern const size_t vouch_edrm_field_count;

/** Path → name in `extra`. */
typedef struct vouch_xml_extra_row {
    const char *path, *name;
} vouch_xml_extra_row;

vouch_statement *vouch_xml_statement(const vouch_xml_source *from, vouch_kind kind);
void vouch_xml_set(const vouch_xml_source *from, vouch_statement *statement, const xmlNode *node,
                   const vouch_xml_field_row *rows, size_t count);
void vouch_xml_set_item(const vouch_xml_source *from, vouch_item *item, const xmlNode *node,
                        const vouch_xml_item_row *rows, size_t count);
void vouch_xml_set_extras(const vouch_xml_source *from, vouch_statement *statement, const xmlNode *node,
                          const vouch_xml_extra_row *rows, size_t count);
/** A value found by other means; confidence as of structured data. NULL or blank: nothing happens. */
void vouch_xml_put(const vouch_xml_source *from, vouch_statement *statement, vouch_field field, const char *text);
void vouch_xml_put_item(const vouch_xml_source *from, vouch_item *item, vouch_item_field field, const char *text);

/** What Chinese schemes have in common: the original of a red letter from the remarks, the direction. */
void vouch_cn_finish(const vouch_xml_source *from, vouch_statement *statement, bool red);

/* EN 16931 (structured_en16931.c), shared by UBL and CII. */

/** Tax category of UNCL 5305 → the contract's word; NULL for unknown codes. */
const char *vouch_en16931_tax_category(const char *code);
/** Document type of UNTDID 1001: reduces what the buyer owes. */
bool vouch_en16931_is_credit(const char *type_code);
/** Category and rate of a tax or allowance row, or of a line. */
void vouch_en16931_put_tax(const vouch_xml_source *from, vouch_item *item, const char *category_code,
                           const char *percent, bool line);
/** Price of one unit from the price of `base_quantity` units (BT-146, BT-149), when it can be told exactly. */
void vouch_en16931_put_unit_price(const vouch_xml_source *from, vouch_item *item, const char *price,
                                  const char *base_quantity);
/** A value composed of several elements. */
void vouch_en16931_put_derived(const vouch_xml_source *from, vouch_statement *statement, vouch_field field,
                               const char *text);
/** Kind, direction and what follows from other fields; call when the scheme's fields are set. */
void vouch_en16931_finish(const vouch_xml_source *from, vouch_statement *statement, const char *type_code,
                          bool credit_root);

/* One function per scheme: reads the tree below root and adds a statement. */
void vouch_read_cn_digital(const vouch_xml_source *from, const xmlNode *root);
void vouch_read_cn_fiscal(const vouch_xml_source *from, const xmlNode *root);
void vouch_read_cn_edrm(const vouch_xml_source *from, const xmlNode *root);
void vouch_read_cn_xbrl(const vouch_xml_source *from, const xmlNode *root);
void vouch_read_ubl(const vouch_xml_source *from, const xmlNode *root);
void vouch_read_cii(const vouch_xml_source *from, const xmlNode *root);
void vouch_read_zugferd1(const vouch_xml_source *from, const xmlNode *root);

#endif
