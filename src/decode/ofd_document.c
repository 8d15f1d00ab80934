/*
 * From OFD.xml to pages, templates and resources (GB/T 33190-2016 clauses 7.4 to 7.9 and 15).
 *
 * What a viewer could do without is a problem when it is missing (annotations, resources, one page's content); what it
 * could not (OFD.xml, Document.xml) is a failure. Element order is not relied upon: real documents vary it.
 */
#include "ofd_document.h"

#include <stdlib.h>
#include <string.h>

#define OFD_SIDE_MAX           20000.0 /* millimetres; no larger sheet is printed */
#define OFD_RESOURCE_FILES_MAX 32      /* two are usual */
#define OFD_TEMPLATES_MAX      1000    /* one a page is usual */

static const ofd_box a4 = {.width = 210, .height = 297};

static void problem(ofd_document *document, vouch_code code, const char *severity, int page, const char *detail)
{
    vouch_problem_add(document->decoded->arena, &document->decoded->problems, code, severity, page, "OFD: %s", detail);
}

ofd_entry *ofd_document_resolve(ofd_document *document, const char *folder, const char *location)
{
    const char *const folders[] = {folder, document->folder ? document->folder : "", "", NULL};
    return ofd_package_resolve(document->package, folders, location);
}

vouch_code ofd_document_keep(ofd_document *document, ofd_entry *entry, const xmlNode **out, vouch_error *err)
{
    xmlDoc *doc;

    VOUCH_TRY(ofd_package_parse(document->package, entry, &doc, err));
    *VOUCH_ARENA_PUSH(document->decoded->arena, document->docs, document->doc_count, document->doc_capacity) = doc;
    *out = xmlDocGetRootElement(doc);
    return VOUCH_OK;
}

/* Resources ------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *group, *element;
    ofd_resource_kind kind;
} resource_kinds[] = {
    {"ColorSpaces", "ColorSpace", OFD_COLOR_SPACE}, {"CompositeGraphicUnits", "CompositeGraphicUnit", OFD_COMPOSITE},
    {"DrawParams", "DrawParam", OFD_DRAW_PARAM},    {"Fonts", "Font", OFD_FONT},
    {"MultiMedias", "MultiMedia", OFD_MULTIMEDIA},
};

static int compare_resources(const void *a, const void *b)
{
    const ofd_resource *x = a, *y = b;

    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

void ofd_resources_sort(ofd_resources *resources)
{
    if (resources->count > 1)
        qsort(resources->items, resources->count, sizeof *resources->items, compare_resources);
}

const ofd_resource *ofd_resource_find(const ofd_resources *resources, ofd_resource_kind kind, uint32_t id)
{
    const ofd_resource key = {.kind = kind, .id = id};
    size_t low = 0, high = resources->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (compare_resources(&resources->items[middle], &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    const ofd_resource *found = low < resources->count ? &resources->items[low] : NULL;
    return found && found->kind == kind && found->id == id ? found : NULL;
}

static void add_group(ofd_document *document, ofd_resources *resources, const xmlNode *group, const ofd_resource *row,
                      const char *element)
{
    for (const xmlNode *node = ofd_first(group); node; node = ofd_next(node)) {
        if (!ofd_is(node, element))
            continue;
        ofd_resource *item =
            VOUCH_ARENA_PUSH(document->decoded->arena, resources->items, resources->count, resources->capacity);
        *item = *row;
        item->id = ofd_id(ofd_attribute(node, "ID"));
        item->order = resources->count;
        item->node = node;
    }
}

void ofd_resources_add(ofd_document *document, ofd_resources *resources, const char *folder, const char *location,
                       int page)
{
    vouch_arena *arena = document->decoded->arena;
    vouch_error why = VOUCH_ERROR_INIT;
    const xmlNode *root;
    ofd_entry *entry = ofd_document_resolve(document, folder, location);

    if (!entry) {
        problem(document, VOUCH_BAD_FORMAT, "warning", page,
                vouch_arena_printf(arena, "the resource file %s is missing", location));
        return;
    }
    if (ofd_document_keep(document, entry, &root, &why) != VOUCH_OK) {
        problem(document, why.code, "warning", page, why.message);
        return;
    }
    const char *base = ofd_attribute(root, "BaseLoc");
    ofd_resource row = {.folder = ofd_package_folder(document->package, entry)};
    row.base = base ? ofd_path_join(arena, *base == '/' ? "" : row.folder, base) : row.folder;
    if (!row.base)
        row.base = row.folder;
    for (size_t i = 0; i < sizeof resource_kinds / sizeof *resource_kinds; i++) {
        row.kind = resource_kinds[i].kind;
        for (const xmlNode *group = ofd_first(root); group; group = ofd_next(group))
            if (ofd_is(group, resource_kinds[i].group))
                add_group(document, resources, group, &row, resource_kinds[i].element);
    }
}

ofd_entry *ofd_resource_file(ofd_document *document, const ofd_resource *resource, const char *element, int page)
{
    vouch_arena *arena = document->decoded->arena;
    vouch_error why = VOUCH_ERROR_INIT;
    const char *location = ofd_trimmed(arena, ofd_child(resource->node, element));
    const char *const folders[] = {resource->base, resource->folder, document->folder, "", NULL};
    ofd_entry *entry = ofd_package_resolve(document->package, folders, location);

    if (!entry) {
        problem(document, VOUCH_BAD_FORMAT, "warning", page,
                vouch_arena_printf(arena, "the file %s of resource %u is missing", location, resource->id));
        return NULL;
    }
    if (ofd_package_load(document->package, entry, &why) != VOUCH_OK) {
        problem(document, why.code, "warning", page, why.message);
        return NULL;
    }
    return entry;
}

/* Structure ------------------------------------------------------------------------------------------------------- */

static bool box_makes_sense(ofd_box box)
{
    return box.width > 0 && box.height > 0 && box.width <= OFD_SIDE_MAX && box.height <= OFD_SIDE_MAX;
}

static bool area_of(ofd_document *document, const xmlNode *area, ofd_box *out)
{
    ofd_box box;

    if (!ofd_box_parse(ofd_text(document->decoded->arena, ofd_child(area, "PhysicalBox")), &box) ||
        !box_makes_sense(box))
        return false;
    *out = box;
    return true;
}

ofd_box ofd_document_page_area(ofd_document *document, const xmlNode *page)
{
    ofd_box box = document->area;
    (void)area_of(document, ofd_child(page, "Area"), &box);
    return box;
}

static void add_page(ofd_document *document, const xmlNode *node, ofd_page *page)
{
    const char *order = ofd_attribute(node, "ZOrder");

    page->id = ofd_id(ofd_attribute(node, "ID"));
    page->location = ofd_attribute(node, "BaseLoc");
    if (!page->location)
        page->location = "";
    page->entry = ofd_document_resolve(document, document->folder, page->location);
    page->foreground = order && strcmp(order, "Foreground") == 0;
    page->physical = document->area;
}

static void load_common(ofd_document *document, const xmlNode *common)
{
    vouch_arena *arena = document->decoded->arena;
    size_t files = 0;

    if (!area_of(document, ofd_child(common, "PageArea"), &document->area))
        document->area = a4;
    for (const xmlNode *node = ofd_first(common); node; node = ofd_next(node)) {
        if ((ofd_is(node, "PublicRes") || ofd_is(node, "DocumentRes")) && files++ < OFD_RESOURCE_FILES_MAX)
            ofd_resources_add(document, &document->resources, document->folder, ofd_trimmed(arena, node), 0);
        else if (ofd_is(node, "TemplatePage") && document->template_count < OFD_TEMPLATES_MAX)
            add_page(
                document, node,
                VOUCH_ARENA_PUSH(arena, document->templates, document->template_count, document->template_capacity));
    }
    ofd_resources_sort(&document->resources);
}

static vouch_code load_pages(ofd_document *document, vouch_error *err)
{
    vouch_decoded *decoded = document->decoded;

    for (const xmlNode *node = ofd_first(ofd_child(document->root, "Pages")); node; node = ofd_next(node)) {
        if (!ofd_is(node, "Page"))
            continue;
        if (document->page_count >= decoded->limits.max_pages)
            return vouch_fail(err, VOUCH_TOO_MANY_PAGES, "the document has more than %zu pages",
                              decoded->limits.max_pages);
        add_page(document, node,
                 VOUCH_ARENA_PUSH(decoded->arena, document->pages, document->page_count, document->page_capacity));
    }
    return VOUCH_OK;
}

/* Annotations.xml: which file holds the annotations of which page (clause 15.1). */
static void load_annotations(ofd_document *document)
{
    vouch_arena *arena = document->decoded->arena;
    vouch_error why = VOUCH_ERROR_INIT;
    const char *location = ofd_trimmed(arena, ofd_child(document->root, "Annotations"));
    const xmlNode *root;

    if (!*location)
        return;
    ofd_entry *entry = ofd_document_resolve(document, document->folder, location);
    if (!entry || ofd_document_keep(document, entry, &root, &why) != VOUCH_OK) {
        problem(document, VOUCH_BAD_FORMAT, "warning", 0,
                entry ? why.message : vouch_arena_printf(arena, "the file %s is missing", location));
        return;
    }
    const char *folder = ofd_package_folder(document->package, entry);
    for (const xmlNode *node = ofd_first(root); node; node = ofd_next(node)) {
        if (!ofd_is(node, "Page"))
            continue;
        const char *file = ofd_trimmed(arena, ofd_child(node, "FileLoc"));
        ofd_annotation_file *item =
            VOUCH_ARENA_PUSH(arena, document->annotations, document->annotation_count, document->annotation_capacity);
        item->page_id = ofd_id(ofd_attribute(node, "PageID"));
        item->entry = ofd_document_resolve(document, folder, file);
        if (!item->entry)
            problem(document, VOUCH_BAD_FORMAT, "warning", 0,
                    vouch_arena_printf(arena, "the annotation file %s is missing", file));
    }
}

/* GM/T 0099-2020 and GB/T 33190 clause 21: the package names its encryption in files of fixed names. */
static bool is_encrypted(ofd_document *document, const xmlNode *root)
{
    static const char *const top[] = {"", NULL};

    return ofd_child(root, "Encryptions") || ofd_child(document->body, "Encryptions") ||
           ofd_package_resolve(document->package, top, "Encryptions.xml") ||
           ofd_package_resolve(document->package, top, "Decryptseed.dat");
}

static vouch_code load_body(ofd_document *document, vouch_error *err)
{
    static const char *const top[] = {"", NULL};
    vouch_arena *arena = document->decoded->arena;
    const xmlNode *root;

    ofd_entry *entry = ofd_package_resolve(document->package, top, "OFD.xml");
    if (!entry)
        return vouch_fail(err, VOUCH_BAD_FORMAT, "the package has no OFD.xml");
    VOUCH_TRY(ofd_document_keep(document, entry, &root, err));
    document->body = ofd_child(root, "DocBody");
    if (is_encrypted(document, root))
        return vouch_fail(err, VOUCH_ENCRYPTED, "the OFD document is encrypted");
    if (!document->body)
        return vouch_fail(err, VOUCH_BAD_FORMAT, "OFD.xml names no document");
    for (const xmlNode *node = ofd_next(document->body); node; node = ofd_next(node))
        if (ofd_is(node, "DocBody"))
            return vouch_fail(err, VOUCH_BAD_FORMAT, "OFD.xml names several documents");
    if (ofd_first(ofd_child(document->body, "Versions")))
        problem(document, VOUCH_UNSUPPORTED, "info", 0, "the document has versions; the one named by DocRoot is read");

    const char *location = ofd_trimmed(arena, ofd_child(document->body, "DocRoot"));
    entry = ofd_package_resolve(document->package, top, location);
    if (!entry)
        return vouch_fail(err, VOUCH_BAD_FORMAT, "OFD.xml refers to the missing document \"%s\"", location);
    document->folder = ofd_package_folder(document->package, entry);
    return ofd_document_keep(document, entry, &document->root, err);
}

vouch_code ofd_document_load(vouch_decoded *decoded, const uint8_t *data, size_t length, ofd_document **out,
                             vouch_error *err)
{
    VOUCH_CLEANUP(ofd_document_done) ofd_document *document = vouch_arena_alloc(decoded->arena, sizeof *document);

    document->decoded = decoded;
    document->objects_left = OFD_DOCUMENT_OBJECTS;
    VOUCH_TRY(ofd_package_open(decoded, data, length, &document->package, err));
    VOUCH_TRY(load_body(document, err));
    load_common(document, ofd_child(document->root, "CommonData"));
    VOUCH_TRY(load_pages(document, err));
    load_annotations(document);
    *out = VOUCH_TAKE(document);
    return VOUCH_OK;
}

void ofd_document_done(ofd_document **document)
{
    ofd_document *it = *document;

    *document = NULL;
    if (!it)
        return;
    for (size_t i = 0; i < it->doc_count; i++)
        ofd_xml_free(&it->docs[i]);
    it->doc_count = 0;
    for (size_t i = 0; i < it->template_count; i++)
        ofd_xml_free(&it->templates[i].doc);
    ofd_package_close(&it->package);
}

static ofd_page *find_page(ofd_page *pages, size_t count, uint32_t id)
{
    for (size_t i = 0; id != 0 && i < count; i++)
        if (pages[i].id == id)
            return &pages[i];
    return NULL;
}

ofd_page *ofd_document_page(ofd_document *document, uint32_t id)
{
    return find_page(document->pages, document->page_count, id);
}

ofd_page *ofd_document_template(ofd_document *document, uint32_t id)
{
    return find_page(document->templates, document->template_count, id);
}
