/**
 * Inside of the OFD reader: the document's structure (GB/T 33190-2016 clauses 7.4 to 7.9, 15): pages, templates,
 * resources, annotations.
 *
 * Only the structure is loaded by ofd_document_load; page contents are parsed when they are walked. A seal picture of
 * type "ofd" is a document of its own and is loaded by the same function.
 */
#ifndef VOUCH_DECODE_OFD_DOCUMENT_H
#define VOUCH_DECODE_OFD_DOCUMENT_H

#include "ofd_package.h"

typedef enum ofd_resource_kind {
    OFD_COLOR_SPACE,
    OFD_DRAW_PARAM,
    OFD_FONT,
    OFD_MULTIMEDIA,
    OFD_COMPOSITE,
} ofd_resource_kind;

/** A row of a resource file; found by kind and id. */
typedef struct ofd_resource {
    uint32_t id;
    ofd_resource_kind kind;
    size_t order; /* of appearance: of equal ids the first counts */
    const xmlNode *node;
    const char *base;   /* folder that its files are relative to first: the resource file's folder + BaseLoc */
    const char *folder; /* of the resource file, tried next */
} ofd_resource;

typedef struct ofd_resources {
    ofd_resource *items;
    size_t count, capacity;
} ofd_resources;

/** Where an object stands on a page and which glyphs are its text. */
typedef struct ofd_place {
    uint32_t id;
    unsigned rank;       /* 0 page content, 1 template, 2 annotation: in this order ids are looked up */
    size_t order;        /* of drawing */
    size_t first, count; /* glyphs of the page */
    vouch_box box;       /* points */
    bool visible;        /* some of it is */
} ofd_place;

/** A page or a template page. */
typedef struct ofd_page {
    uint32_t id;
    ofd_entry *entry; /* NULL: missing from the package */
    const char *location;
    bool foreground; /* TemplatePage/@ZOrder */
    xmlDoc *doc;     /* templates stay parsed, pages do not */
    vouch_code failed;
    int number;              /* pages: number in the vouch_decoded */
    ofd_box physical;        /* pages: what a viewer shows, millimetres; known after ofd_document_page_area */
    ofd_resources resources; /* of its own PageRes files */
    bool resources_loaded;
    struct ofd_place *places; /* pages: where its objects stand, after extraction */
    size_t place_count, place_capacity;
} ofd_page;

/** Which file holds the annotations of a page. */
typedef struct ofd_annotation_file {
    uint32_t page_id;
    ofd_entry *entry;
} ofd_annotation_file;

typedef struct ofd_document {
    vouch_decoded *decoded;
    ofd_package *package;
    xmlDoc **docs; /* parsed files that nodes above point into */
    size_t doc_count, doc_capacity;
    const xmlNode *body; /* OFD.xml: DocBody */
    const xmlNode *root; /* Document.xml */
    const char *folder;  /* of Document.xml */
    ofd_box area;        /* CommonData/PageArea, or A4 */
    ofd_resources resources;
    ofd_page *templates;
    size_t template_count, template_capacity;
    ofd_page *pages;
    size_t page_count, page_capacity;
    ofd_annotation_file *annotations;
    size_t annotation_count, annotation_capacity;
    size_t objects_left; /* to be walked over all pages, see ofd_walk_page */
} ofd_document;

#define OFD_DOCUMENT_OBJECTS ((size_t)1000000) /* an invoice of five pages has three thousand */

/**
 * Load the structure of a package.
 *
 * @param data  borrowed; must outlive *out
 * @param out   in the arena; give to ofd_document_done
 * @return VOUCH_OK; VOUCH_BAD_FORMAT; VOUCH_ENCRYPTED; a limit's code
 */
vouch_code ofd_document_load(vouch_decoded *decoded, const uint8_t *data, size_t length, ofd_document **out,
                             vouch_error *err);
/** Release what is not in the arena. */
void ofd_document_done(ofd_document **document);

/** Resolve a location said by a file in `folder`. */
ofd_entry *ofd_document_resolve(ofd_document *document, const char *folder, const char *location);

/** Parse a file and keep it until ofd_document_done. @param out  its root element */
vouch_code ofd_document_keep(ofd_document *document, ofd_entry *entry, const xmlNode **out, vouch_error *err);

/** Page content by id of a page; NULL when there is none. */
ofd_page *ofd_document_page(ofd_document *document, uint32_t id);
ofd_page *ofd_document_template(ofd_document *document, uint32_t id);

/** The physical box of a page: its own Area, else the document's; sizes that make no sense are replaced. */
ofd_box ofd_document_page_area(ofd_document *document, const xmlNode *page);

/** A resource of the page's own resource file, else of the document; NULL when there is none. */
const ofd_resource *ofd_resource_find(const ofd_resources *resources, ofd_resource_kind kind, uint32_t id);

/** Add the rows of a resource file. A missing or damaged file is a problem, not a failure. */
void ofd_resources_add(ofd_document *document, ofd_resources *resources, const char *folder, const char *location,
                       int page);
/** To be called after the last ofd_resources_add and before the first ofd_resource_find. */
void ofd_resources_sort(ofd_resources *resources);

/** Bytes of the file of a font or a picture; NULL (and a problem) when it is missing. */
ofd_entry *ofd_resource_file(ofd_document *document, const ofd_resource *resource, const char *element, int page);

#endif
