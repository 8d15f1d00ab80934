/**
 * Inside of the OFD reader: XML and the value types of GB/T 33190-2016 (numbers, boxes, matrices, delta lists).
 *
 * Elements are matched by local name, whatever their prefix says: valid and signed invoices exist whose tag files
 * declare no namespace at all or a broken one (`<:eInvoice xmlns:="">`).
 */
#ifndef VOUCH_DECODE_OFD_XML_H
#define VOUCH_DECODE_OFD_XML_H

#include <libxml/tree.h>
#include <stdint.h>

#include "vouch/error.h"
#include "vouch/memory.h"
#include "vouch/vocabulary.h"

/** Affine map of points: X = a·x + c·y + e, Y = b·x + d·y + f (clause 8.5). */
typedef struct ofd_matrix {
    double a, b, c, d, e, f;
} ofd_matrix;

#define OFD_IDENTITY                      \
    {                                     \
        .a = 1, .b = 0, .c = 0, .d = 1, 0 \
    }

/** ST_Box as written: upper left corner and size, millimetres. */
typedef struct ofd_box {
    double x, y, width, height;
} ofd_box;

/** The map that applies `first`, then `second`. */
ofd_matrix ofd_concat(ofd_matrix first, ofd_matrix second);
ofd_matrix ofd_translation(double x, double y);
/** All coefficients are finite and small enough for single precision work: |v| ≤ 1e6. */
bool ofd_matrix_sane(ofd_matrix matrix);
void ofd_apply(ofd_matrix matrix, double x, double y, double *out_x, double *out_y);
/** Smallest upright box around a mapped rectangle. */
vouch_box ofd_bounds(ofd_matrix matrix, vouch_box box);

/**
 * Parse a document: no DTD, no entities, no network, libxml2's own size limits kept.
 *
 * @param name  of the entry, for messages
 * @param out   release with ofd_xml_free
 * @return VOUCH_OK; VOUCH_BAD_FORMAT
 */
vouch_code ofd_xml_parse(const uint8_t *data, size_t length, const char *name, xmlDoc **out, vouch_error *err);
void ofd_xml_free(xmlDoc **doc);

/** Name without prefix. */
const char *ofd_name(const xmlNode *node);
bool ofd_is(const xmlNode *node, const char *name);
/** First child element or next sibling element; NULL at the end. Loops: for (n = ofd_first(p); n; n = ofd_next(n)). */
const xmlNode *ofd_first(const xmlNode *parent);
const xmlNode *ofd_next(const xmlNode *node);
/** First child element of a name; NULL when there is none or parent is NULL. */
const xmlNode *ofd_child(const xmlNode *parent, const char *name);
/** Value of an attribute by local name; NULL when absent. Lives as long as the document. */
const char *ofd_attribute(const xmlNode *node, const char *name);
/** All character data directly inside an element; "" when none. Lives as long as document and arena. */
const char *ofd_text(vouch_arena *arena, const xmlNode *node);
/** As ofd_text without surrounding white space. */
const char *ofd_trimmed(vouch_arena *arena, const xmlNode *node);

/**
 * The next number of a list separated by white space or commas. Never NaN nor infinite.
 *
 * @param cursor  moved behind the number; unchanged on false
 * @return false at the end or at anything else
 */
bool ofd_number_next(const char **cursor, double *out);
/** Up to `maximum` numbers of a list. @return how many */
size_t ofd_numbers(const char *text, double *out, size_t maximum);
double ofd_attribute_number(const xmlNode *node, const char *name, double otherwise);
bool ofd_attribute_flag(const xmlNode *node, const char *name, bool otherwise);
/** An ST_ID or ST_RefID; 0 when absent or wrong, which no object has. */
uint32_t ofd_id(const char *text);
bool ofd_box_parse(const char *text, ofd_box *out);
/** @return identity when text is NULL or no matrix */
ofd_matrix ofd_matrix_parse(const char *text);

/**
 * Expand a delta list (clause 11.3): numbers, and "g n v" for n times v.
 *
 * @param out      at most `maximum` values
 * @return how many values the list states, which may be more than `maximum`; reading ends at the first malformed token
 */
size_t ofd_delta_expand(const char *text, double *out, size_t maximum);

#define OFD_OUTLINE_ARGUMENTS 7

/**
 * The next operator of an outline (AbbreviatedData, clause 9.3) with its arguments.
 *
 * @param cursor  moved behind it
 * @return its letter, one of "SMLQBAC"; '\0' at the end and at anything malformed
 */
char ofd_outline_next(const char **cursor, double arguments[OFD_OUTLINE_ARGUMENTS]);

#endif
