/*
 * The values that an OFD document names: custom data, custom tags, attachments.
 *
 * A custom tag (GB/T 33190-2016 clause 16) is an element whose ObjectRef children name the text objects that show its
 * value, in order, or whose ObjectData states it. Object ids are not unique between a page and its templates; the page
 * named by PageRef (a page's id, not its position) is asked first for its own. Elements that repeat are rows: groups
 * (GoodsInfos/GoodsInfo) by nature, single values (as digital invoices flatten their lines) when there are several.
 */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "ofd_extract.h"
#include "vouch/text.h"

#define OFD_TAG_DEPTH_MAX 16
#define OFD_TAG_FILES_MAX 16 /* one is usual */
#define OFD_TAG_PATH_MAX  512
#define OFD_TAG_VALUE_MAX ((size_t)64 << 10) /* bytes of one value; notes have some hundred */
#define OFD_TAGS_BYTES    ((size_t)16 << 20) /* of all paths and values */

void ofd_extract_custom_data(ofd_document *document, int part)
{
    vouch_arena *arena = document->decoded->arena;
    const xmlNode *list = ofd_child(ofd_child(document->body, "DocInfo"), "CustomDatas");

    for (const xmlNode *node = ofd_first(list); node; node = ofd_next(node)) {
        const char *name = ofd_attribute(node, "Name");
        if (ofd_is(node, "CustomData") && name)
            vouch_decoded_add_tag(document->decoded, part, "ofd.data", name, ofd_trimmed(arena, node));
    }
}

/* Tags ------------------------------------------------------------------------------------------------------------ */

/* The value of one tag being put together. */
typedef struct ofd_value {
    vouch_buffer text;
    int page; /* of the first visible object; 0: none */
    vouch_box box;
    bool found;   /* some object or some text was there */
    bool missing; /* some object was not */
    bool seen;    /* some object is visible */
} ofd_value;

static void value_done(ofd_value *value)
{
    vouch_buffer_done(&value->text);
}

typedef struct ofd_tagging {
    ofd_document *document;
    int part;
    size_t room; /* bytes left for paths and values */
    size_t files, missing;
} ofd_tagging;

static bool is_reference(const xmlNode *node)
{
    return ofd_is(node, "ObjectRef") || ofd_is(node, "ObjectData");
}

static bool is_leaf(const xmlNode *node)
{
    const xmlNode *first = ofd_first(node);
    return !first || is_reference(first);
}

static vouch_code append_glyphs(ofd_value *value, const vouch_page *page, const ofd_place *place)
{
    char utf8[5];

    for (size_t i = 0; i < place->count; i++) {
        const size_t length = vouch_utf8_put(page->glyphs[place->first + i].codepoint, utf8);
        VOUCH_TRY(vouch_buffer_append(&value->text, utf8, length));
    }
    return VOUCH_OK;
}

static void extend_box(ofd_value *value, int page, vouch_box box)
{
    if (value->page == 0) {
        value->page = page;
        value->box = box;
    } else if (value->page == page) {
        value->box = (vouch_box){.x0 = fmin(value->box.x0, box.x0),
                                 .y0 = fmin(value->box.y0, box.y0),
                                 .x1 = fmax(value->box.x1, box.x1),
                                 .y1 = fmax(value->box.y1, box.y1)};
    }
}

static vouch_code add_reference(ofd_tagging *tagging, const xmlNode *node, ofd_value *value)
{
    ofd_document *document = tagging->document;
    const uint32_t id = ofd_id(ofd_text(document->decoded->arena, node));

    if (id == 0) /* how some producers say that the page does not show the value */
        return VOUCH_OK;
    const ofd_page *page = ofd_document_page(document, ofd_id(ofd_attribute(node, "PageRef")));
    const ofd_place *place = page ? ofd_find_place(page, id) : NULL;
    if (!place) {
        value->missing = true;
        return VOUCH_OK;
    }
    value->found = true;
    if (place->visible) {
        value->seen = true;
        extend_box(value, page->number, place->box);
    }
    return append_glyphs(value, &document->decoded->pages[page->number - 1], place);
}

static vouch_code collect_value(ofd_tagging *tagging, const xmlNode *leaf, ofd_value *value)
{
    vouch_arena *arena = tagging->document->decoded->arena;
    const char *own = ofd_first(leaf) ? "" : ofd_trimmed(arena, leaf);

    for (const xmlNode *node = ofd_first(leaf); node; node = ofd_next(node)) {
        if (ofd_is(node, "ObjectRef"))
            VOUCH_TRY(add_reference(tagging, node, value));
        else if (ofd_is(node, "ObjectData"))
            own = ofd_trimmed(arena, node);
        if (*own) {
            value->found = value->seen = true;
            VOUCH_TRY(vouch_buffer_append(&value->text, own, strlen(own)));
            own = "";
        }
    }
    if (*own) {
        value->found = value->seen = true;
        VOUCH_TRY(vouch_buffer_append(&value->text, own, strlen(own)));
    }
    return VOUCH_OK;
}

static void add_leaf(ofd_tagging *tagging, const xmlNode *leaf, const char *path, int row)
{
    vouch_decoded *decoded = tagging->document->decoded;
    VOUCH_CLEANUP(value_done) ofd_value value = {.text.maximum = OFD_TAG_VALUE_MAX};

    if (collect_value(tagging, leaf, &value) != VOUCH_OK) {
        vouch_problem_add(decoded->arena, &decoded->problems, VOUCH_LIMIT, "warning", 0,
                          "OFD: the value of the tag %s is too long", path);
        return;
    }
    tagging->missing += value.missing;
    if (!value.found)
        return;
    const size_t bytes = sizeof(vouch_tag) + strlen(path) + value.text.length;
    tagging->room -= bytes < tagging->room ? bytes : tagging->room;
    if (!value.seen)
        vouch_problem_add(decoded->arena, &decoded->problems, VOUCH_BAD_FORMAT, "info", 0,
                          "OFD: the tag %s refers to text that the page does not show", path);
    vouch_tag *tag =
        vouch_decoded_add_tag(decoded, tagging->part, "ofd.tag", path, value.text.data ? value.text.data : "");
    tag->page = value.page;
    tag->box = value.box;
    tag->row = row;
}

/* "GoodsInfos" holds "GoodsInfo": a list even when it has one row. */
static bool is_list_of(const xmlNode *parent, const xmlNode *child)
{
    const char *list = ofd_name(parent), *item = ofd_name(child);
    const size_t length = strlen(item);

    return strncmp(list, item, length) == 0 && (strcmp(list + length, "s") == 0 || strcmp(list + length, "List") == 0);
}

#define OFD_NAMES_MAX 64 /* different names among the children of one element; later ones count as single */

/* How often each name occurs among the children of an element. */
typedef struct ofd_siblings {
    struct {
        const char *name;
        int total, passed;
    } names[OFD_NAMES_MAX];
    size_t count;
} ofd_siblings;

static size_t name_slot(const ofd_siblings *siblings, const char *name)
{
    size_t i = 0;

    while (i < siblings->count && strcmp(siblings->names[i].name, name) != 0)
        i++;
    return i;
}

static void count_siblings(const xmlNode *parent, ofd_siblings *siblings)
{
    siblings->count = 0;
    for (const xmlNode *node = ofd_first(parent); node; node = ofd_next(node)) {
        const size_t slot = name_slot(siblings, ofd_name(node));
        if (slot == OFD_NAMES_MAX)
            continue;
        if (slot == siblings->count) {
            siblings->names[slot].name = ofd_name(node);
            siblings->names[slot].total = siblings->names[slot].passed = 0;
            siblings->count++;
        }
        siblings->names[slot].total++;
    }
}

/* The row of the next node of its name; -1 when it is no row. */
static int next_row(ofd_siblings *siblings, const xmlNode *parent, const xmlNode *node)
{
    const size_t slot = name_slot(siblings, ofd_name(node));

    if (slot == siblings->count)
        return -1;
    const int index = siblings->names[slot].passed++;
    return siblings->names[slot].total > 1 || is_list_of(parent, node) ? index : -1;
}

static void walk_tags(ofd_tagging *tagging, const xmlNode *parent, const char *prefix, int row, int depth)
{
    vouch_arena *arena = tagging->document->decoded->arena;
    ofd_siblings siblings;

    count_siblings(parent, &siblings);
    for (const xmlNode *node = ofd_first(parent); node; node = ofd_next(node)) {
        if (is_reference(node) || tagging->room == 0 || strlen(prefix) + strlen(ofd_name(node)) > OFD_TAG_PATH_MAX)
            continue;
        const int own = next_row(&siblings, parent, node), inherited = row >= 0 ? row : own;
        const char *path = *prefix ? vouch_arena_printf(arena, "%s/%s", prefix, ofd_name(node)) : ofd_name(node);
        if (is_leaf(node))
            add_leaf(tagging, node, path, inherited);
        else if (depth < OFD_TAG_DEPTH_MAX)
            walk_tags(tagging, node, path, inherited, depth + 1);
    }
}

/* Some producers wrap the invoice once more: <e-invoice><eInvoice>…; the wrapper is not part of a path. */
static const xmlNode *unwrap(const xmlNode *root)
{
    for (int depth = 0; depth < OFD_TAG_DEPTH_MAX; depth++) {
        const xmlNode *only = ofd_first(root);
        if (!only || ofd_next(only) || is_leaf(only) || !strcasestr(ofd_name(only), "invoice"))
            break;
        root = only;
    }
    return root;
}

static void read_tag_file(ofd_tagging *tagging, const char *folder, const char *location)
{
    ofd_document *document = tagging->document;
    vouch_decoded *decoded = document->decoded;
    vouch_error why = VOUCH_ERROR_INIT;
    VOUCH_CLEANUP(ofd_xml_free) xmlDoc *doc = NULL;
    ofd_entry *entry = ofd_document_resolve(document, folder, location);

    if (!entry)
        (void)vouch_fail(&why, VOUCH_BAD_FORMAT, "the tag file %s is missing", location);
    else if (ofd_package_parse(document->package, entry, &doc, &why) == VOUCH_OK)
        walk_tags(tagging, unwrap(xmlDocGetRootElement(doc)), "", -1, 0);
    if (why.code != VOUCH_OK)
        vouch_problem_add(decoded->arena, &decoded->problems, why.code, "warning", 0, "OFD: %s", why.message);
}

/* A list file that Document.xml names; NULL when it names none or it can't be read. @param doc  keeps the nodes */
static const xmlNode *list_file(ofd_document *document, const char *element, const char **folder, xmlDoc **doc)
{
    vouch_decoded *decoded = document->decoded;
    vouch_error why = VOUCH_ERROR_INIT;
    const char *location = ofd_trimmed(decoded->arena, ofd_child(document->root, element));

    if (!*location)
        return NULL;
    ofd_entry *entry = ofd_document_resolve(document, document->folder, location);
    if (!entry)
        (void)vouch_fail(&why, VOUCH_BAD_FORMAT, "the file %s is missing", location);
    else if (ofd_package_parse(document->package, entry, doc, &why) == VOUCH_OK) {
        *folder = ofd_package_folder(document->package, entry);
        return xmlDocGetRootElement(*doc);
    }
    vouch_problem_add(decoded->arena, &decoded->problems, why.code, "warning", 0, "OFD: %s", why.message);
    return NULL;
}

void ofd_extract_tags(ofd_document *document, int part)
{
    vouch_decoded *decoded = document->decoded;
    ofd_tagging tagging = {.document = document, .part = part, .room = OFD_TAGS_BYTES};
    VOUCH_CLEANUP(ofd_xml_free) xmlDoc *doc = NULL;
    const char *folder;

    for (const xmlNode *node = ofd_first(list_file(document, "CustomTags", &folder, &doc)); node;
         node = ofd_next(node)) {
        const xmlNode *file = ofd_child(node, "FileLoc");
        if (ofd_is(node, "CustomTag") && file && tagging.files++ < OFD_TAG_FILES_MAX)
            read_tag_file(&tagging, folder, ofd_trimmed(decoded->arena, file));
    }
    if (tagging.missing)
        vouch_problem_add(decoded->arena, &decoded->problems, VOUCH_BAD_FORMAT, "info", 0,
                          "OFD: %zu tags refer to objects that are not on their page", tagging.missing);
}

/* Attachments ----------------------------------------------------------------------------------------------------- */

static const char *attachment_name(vouch_arena *arena, const xmlNode *node, const ofd_entry *entry)
{
    const char *name = ofd_attribute(node, "Name"), *format = ofd_attribute(node, "Format");
    const char *slash = strrchr(entry->name, '/');

    if (!name || !*name)
        return slash ? slash + 1 : entry->name;
    return strchr(name, '.') || !format || !*format ? name : vouch_arena_printf(arena, "%s.%s", name, format);
}

static vouch_code add_attachment(ofd_document *document, int part, const xmlNode *node, const char *folder,
                                 vouch_error *err)
{
    vouch_decoded *decoded = document->decoded;
    vouch_error why = VOUCH_ERROR_INIT;
    const char *location = ofd_trimmed(decoded->arena, ofd_child(node, "FileLoc"));
    ofd_entry *entry = ofd_document_resolve(document, folder, location);

    if (entry && entry->attached)
        return VOUCH_OK;
    if (!entry)
        (void)vouch_fail(&why, VOUCH_BAD_FORMAT, "the attachment %s is missing", location);
    else
        (void)ofd_package_load(document->package, entry, &why);
    if (why.code != VOUCH_OK) {
        vouch_problem_add(decoded->arena, &decoded->problems, why.code, "error", 0, "OFD: %s", why.message);
        return VOUCH_OK;
    }
    entry->attached = true;
    decoded->expanded_bytes -= entry->length; /* counted when it was inflated; an added part is counted again */
    return vouch_decoded_add_part(decoded, part, entry->name, attachment_name(decoded->arena, node, entry), "",
                                  entry->data, entry->length, NULL, err);
}

/* Files in the attachments' folder that the list does not name belong to no document: a viewer does not offer them. */
static void report_unlisted(ofd_document *document, const char *folder)
{
    vouch_decoded *decoded = document->decoded;
    const size_t length = strlen(folder);
    size_t count;
    const ofd_entry *entries = ofd_package_entries(document->package, &count);

    for (size_t i = 0; length > 0 && i < count; i++)
        if (!entries[i].used && strncmp(entries[i].name, folder, length) == 0 && entries[i].name[length] == '/' &&
            strcasestr(folder, "attach"))
            vouch_problem_add(decoded->arena, &decoded->problems, VOUCH_UNSUPPORTED, "info", 0,
                              "OFD: the file %s is not listed as an attachment and is not read", entries[i].name);
}

vouch_code ofd_extract_attachments(ofd_document *document, int part, vouch_error *err)
{
    VOUCH_CLEANUP(ofd_xml_free) xmlDoc *doc = NULL;
    const char *folder = "";
    const xmlNode *list = list_file(document, "Attachments", &folder, &doc);

    for (const xmlNode *node = ofd_first(list); node; node = ofd_next(node))
        if (ofd_is(node, "Attachment"))
            VOUCH_TRY(add_attachment(document, part, node, folder, err));
    if (list)
        report_unlisted(document, folder);
    return VOUCH_OK;
}
