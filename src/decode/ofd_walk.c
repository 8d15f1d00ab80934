/*
 * The order in which a page is drawn, and what an object inherits (GB/T 33190-2016 clauses 7.7, 8.2, 8.5, 15.2).
 *
 * Composite units may refer to each other, so the depth and the number of objects are bounded; an object
 * beyond is left out with a problem.
 */
#include "ofd_walk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OFD_DEPTH_MAX            24
#define OFD_PAGE_TEMPLATES_MAX   64 /* one or two are usual, as of the following */
#define OFD_PAGE_ANNOTATIONS_MAX 16
#define OFD_PAGE_RESOURCES_MAX   8

typedef struct ofd_walk {
    ofd_document *document;
    ofd_page *page;
    const ofd_visitor *visitor;
    vouch_error *err;
    bool complained; /* one problem a page is enough */
} ofd_walk;

/* What a layer, a group or a composite unit hands down. */
typedef struct ofd_scope {
    ofd_matrix matrix;
    double alpha;
    bool visible;
    unsigned rank;
    int depth;
    const char *draw_param; /* id of the layer's */
} ofd_scope;

static void complain(ofd_walk *walk, vouch_code code, const char *detail)
{
    vouch_decoded *decoded = walk->document->decoded;

    if (!walk->complained)
        vouch_problem_add(decoded->arena, &decoded->problems, code, "warning", walk->page->number, "OFD: %s", detail);
    walk->complained = true;
}

static const ofd_resource *find_resource(ofd_document *document, const ofd_page *page, ofd_resource_kind kind,
                                         uint32_t id)
{
    const ofd_resource *own = ofd_resource_find(&page->resources, kind, id);
    return own ? own : ofd_resource_find(&document->resources, kind, id);
}

const ofd_resource *ofd_object_resource(const ofd_object *object, ofd_resource_kind kind, const char *attribute)
{
    const uint32_t id = ofd_id(ofd_attribute(object->node, attribute));
    return id ? find_resource(object->document, object->page, kind, id) : NULL;
}

/* Styles ---------------------------------------------------------------------------------------------------------- */

static void collect_style(ofd_object *object, const char *layer_param)
{
    const char *reference = ofd_attribute(object->node, "DrawParam");

    object->style[0] = object->node;
    object->style_count = 1;
    if (!reference)
        reference = layer_param;
    while (reference && object->style_count < OFD_STYLE_MAX) {
        const ofd_resource *param = find_resource(object->document, object->page, OFD_DRAW_PARAM, ofd_id(reference));
        if (!param)
            return;
        object->style[object->style_count++] = param->node;
        reference = ofd_attribute(param->node, "Relative");
    }
}

const char *ofd_style_attribute(const ofd_object *object, const char *name)
{
    const char *value = NULL;

    for (size_t i = 0; i < object->style_count && !value; i++)
        value = ofd_attribute(object->style[i], name);
    return value;
}

const xmlNode *ofd_style_child(const ofd_object *object, const char *name)
{
    const xmlNode *child = NULL;

    for (size_t i = 0; i < object->style_count && !child; i++)
        child = ofd_child(object->style[i], name);
    return child;
}

/* Components of "156 82 35" or "#9C 52 23" (clause 8.3). */
static size_t components(const char *text, double out[4])
{
    size_t count = 0;

    while (text && count < 4) {
        text += strspn(text, " \t\r\n,");
        if (*text == '#') {
            char *end;
            const unsigned long value = strtoul(text + 1, &end, 16);
            if (end == text + 1)
                break;
            out[count++] = (double)value;
            text = end;
        } else if (ofd_number_next(&text, &out[count])) {
            count++;
        } else {
            break;
        }
    }
    return count;
}

static double share(double value, double full)
{
    return fmin(fmax(value / full, 0), 1);
}

static ofd_colour plain_colour(const ofd_object *object, const xmlNode *node)
{
    const ofd_resource *space = NULL;
    const uint32_t space_id = ofd_id(ofd_attribute(node, "ColorSpace"));
    ofd_colour colour = {.alpha = share(ofd_attribute_number(node, "Alpha", 255), 255)};
    double v[4];

    if (space_id)
        space = find_resource(object->document, object->page, OFD_COLOR_SPACE, space_id);
    const double bits = space ? ofd_attribute_number(space->node, "BitsPerComponent", 8) : 8;
    const double full = bits >= 1 && bits <= 16 ? exp2(floor(bits)) - 1 : 255;
    switch (components(ofd_attribute(node, "Value"), v)) {
    case 1:
        colour.red = colour.green = colour.blue = share(v[0], full);
        break;
    case 3:
        colour.red = share(v[0], full);
        colour.green = share(v[1], full);
        colour.blue = share(v[2], full);
        break;
    case 4:
        colour.red = (1 - share(v[0], full)) * (1 - share(v[3], full));
        colour.green = (1 - share(v[1], full)) * (1 - share(v[3], full));
        colour.blue = (1 - share(v[2], full)) * (1 - share(v[3], full));
        break;
    default:
        break;
    }
    return colour;
}

static ofd_colour stated_colour(const ofd_object *object, const xmlNode *node)
{
    const xmlNode *shading = ofd_first(node);

    if (!shading)
        return plain_colour(object, node);
    /* A shading: its first colour stands for all. A pattern has none and becomes grey. */
    const xmlNode *segment = ofd_child(shading, "Segment");
    const xmlNode *first = ofd_child(segment ? segment : shading, "Color");
    const ofd_colour grey = {.red = 0.5, .green = 0.5, .blue = 0.5, .alpha = 1};
    ofd_colour colour = first ? plain_colour(object, first) : grey;
    colour.alpha *= share(ofd_attribute_number(node, "Alpha", 255), 255);
    return colour;
}

bool ofd_object_paint(const ofd_object *object, ofd_paint paint, ofd_colour *out)
{
    static const struct {
        const char *flag, *element;
        bool text, path; /* whether the flag is set when nothing is stated */
    } rows[] = {
        [OFD_FILL] = {"Fill", "FillColor", true, false},
        [OFD_STROKE] = {"Stroke", "StrokeColor", false, true},
    };
    const bool text = object->kind == OFD_TEXT_OBJECT;

    if (!object->visible ||
        !ofd_attribute_flag(object->node, rows[paint].flag, text ? rows[paint].text : rows[paint].path))
        return false;
    const xmlNode *node = ofd_style_child(object, rows[paint].element);
    /* Without a colour text is black and outlines are; the inside of a path stays empty. */
    ofd_colour colour = {.alpha = paint == OFD_FILL && !text ? 0 : 1};
    if (node)
        colour = stated_colour(object, node);
    colour.alpha *= object->alpha;
    *out = colour;
    return colour.alpha > 0;
}

/* Objects --------------------------------------------------------------------------------------------------------- */

static vouch_code walk_block(ofd_walk *walk, const xmlNode *block, const ofd_scope *scope);

static vouch_code walk_composite(ofd_walk *walk, const ofd_object *object, const ofd_scope *outer)
{
    const ofd_resource *unit = ofd_object_resource(object, OFD_COMPOSITE, "ResourceID");
    ofd_scope scope = *outer;

    if (!unit)
        return VOUCH_OK;
    scope.matrix = object->matrix;
    scope.alpha = object->alpha;
    scope.visible = object->visible;
    scope.depth++;
    return walk_block(walk, ofd_child(unit->node, "Content"), &scope);
}

static vouch_code walk_object(ofd_walk *walk, const xmlNode *node, const ofd_scope *scope)
{
    ofd_object object = {
        .document = walk->document,
        .page = walk->page,
        .node = node,
        .id = ofd_id(ofd_attribute(node, "ID")),
        .rank = scope->rank,
        .alpha = scope->alpha * share(ofd_attribute_number(node, "Alpha", 255), 255),
        .visible = scope->visible && ofd_attribute_flag(node, "Visible", true),
    };

    if (walk->document->objects_left == 0) {
        complain(walk, VOUCH_LIMIT, "the document has too many objects; the rest is left out");
        return VOUCH_OK;
    }
    walk->document->objects_left--;
    (void)ofd_box_parse(ofd_attribute(node, "Boundary"), &object.boundary);
    object.outer = ofd_concat(ofd_translation(object.boundary.x, object.boundary.y), scope->matrix);
    object.matrix = ofd_concat(ofd_matrix_parse(ofd_attribute(node, "CTM")), object.outer);
    if (!ofd_matrix_sane(object.matrix) || !ofd_matrix_sane(object.outer)) {
        complain(walk, VOUCH_BAD_FORMAT, "an object lies absurdly far away and is left out");
        return VOUCH_OK;
    }
    collect_style(&object, scope->draw_param);
    if (ofd_is(node, "CompositeObject"))
        return walk_composite(walk, &object, scope);
    object.kind = ofd_is(node, "TextObject")   ? OFD_TEXT_OBJECT
                  : ofd_is(node, "PathObject") ? OFD_PATH_OBJECT
                                               : OFD_IMAGE_OBJECT;
    return walk->visitor->visit(walk->visitor->self, &object, walk->err);
}

static bool is_object(const xmlNode *node)
{
    static const char *const names[] = {"TextObject", "PathObject", "ImageObject", "CompositeObject"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (ofd_is(node, names[i]))
            return true;
    return false;
}

static vouch_code walk_block(ofd_walk *walk, const xmlNode *block, const ofd_scope *scope)
{
    if (scope->depth > OFD_DEPTH_MAX) {
        complain(walk, VOUCH_NESTED_TOO_DEEPLY, "objects are nested too deeply; the innermost are left out");
        return VOUCH_OK;
    }
    for (const xmlNode *node = ofd_first(block); node; node = ofd_next(node)) {
        if (is_object(node)) {
            VOUCH_TRY(walk_object(walk, node, scope));
        } else if (ofd_is(node, "PageBlock")) {
            ofd_scope inner = *scope;
            inner.depth++;
            inner.visible = scope->visible && ofd_attribute_flag(node, "Visible", true);
            VOUCH_TRY(walk_block(walk, node, &inner));
        }
    }
    return VOUCH_OK;
}

/* Pages ----------------------------------------------------------------------------------------------------------- */

enum {
    OFD_LAYER_BACKGROUND,
    OFD_LAYER_BODY,
    OFD_LAYER_FOREGROUND,
    OFD_LAYER_COUNT
};

static int layer_kind(const xmlNode *layer)
{
    const char *type = ofd_attribute(layer, "Type");

    if (type && strcmp(type, "Background") == 0)
        return OFD_LAYER_BACKGROUND;
    return type && strcmp(type, "Foreground") == 0 ? OFD_LAYER_FOREGROUND : OFD_LAYER_BODY;
}

static vouch_code walk_layers(ofd_walk *walk, const xmlNode *root, const ofd_scope *scope)
{
    const xmlNode *content = ofd_child(root, "Content");

    for (int kind = 0; kind < OFD_LAYER_COUNT; kind++)
        for (const xmlNode *layer = ofd_first(content); layer; layer = ofd_next(layer)) {
            if (!ofd_is(layer, "Layer") || layer_kind(layer) != kind)
                continue;
            ofd_scope inner = *scope;
            inner.draw_param = ofd_attribute(layer, "DrawParam");
            inner.visible = ofd_attribute_flag(layer, "Visible", true);
            inner.alpha = share(ofd_attribute_number(layer, "Alpha", 255), 255);
            VOUCH_TRY(walk_block(walk, layer, &inner));
        }
    return VOUCH_OK;
}

/* A template page is parsed once for all pages that show it. */
static const xmlNode *template_root(ofd_walk *walk, ofd_page *template)
{
    vouch_decoded *decoded = walk->document->decoded;
    vouch_error why = VOUCH_ERROR_INIT;

    if (template->doc)
        return xmlDocGetRootElement(template->doc);
    if (template->failed != VOUCH_OK)
        return NULL;
    if (!template->entry)
        template->failed = vouch_fail(&why, VOUCH_BAD_FORMAT, "the template %s is missing", template->location);
    else
        template->failed = ofd_package_parse(walk->document->package, template->entry, &template->doc, &why);
    if (template->failed == VOUCH_OK)
        return xmlDocGetRootElement(template->doc);
    vouch_problem_add(decoded->arena, &decoded->problems, why.code, "error", walk->page->number, "OFD: %s",
                      why.message);
    return NULL;
}

static vouch_code walk_templates(ofd_walk *walk, const xmlNode *root, bool foreground, const ofd_scope *scope)
{
    size_t count = 0;

    for (const xmlNode *node = ofd_first(root); node; node = ofd_next(node)) {
        if (!ofd_is(node, "Template") || count++ >= OFD_PAGE_TEMPLATES_MAX)
            continue;
        ofd_page *template = ofd_document_template(walk->document, ofd_id(ofd_attribute(node, "TemplateID")));
        if (!template) {
            complain(walk, VOUCH_BAD_FORMAT, "the page refers to a template that the document does not have");
            continue;
        }
        const char *order = ofd_attribute(node, "ZOrder");
        if ((order ? strcmp(order, "Foreground") == 0 : template->foreground) == foreground)
            VOUCH_TRY(walk_layers(walk, template_root(walk, template), scope));
    }
    return VOUCH_OK;
}

static vouch_code walk_annotation_file(ofd_walk *walk, ofd_entry *entry, const ofd_scope *scope)
{
    vouch_decoded *decoded = walk->document->decoded;
    vouch_error why = VOUCH_ERROR_INIT;
    VOUCH_CLEANUP(ofd_xml_free) xmlDoc *doc = NULL;

    if (ofd_package_parse(walk->document->package, entry, &doc, &why) != VOUCH_OK) {
        vouch_problem_add(decoded->arena, &decoded->problems, why.code, "warning", walk->page->number, "OFD: %s",
                          why.message);
        return VOUCH_OK;
    }
    for (const xmlNode *node = ofd_first(xmlDocGetRootElement(doc)); node; node = ofd_next(node)) {
        const xmlNode *appearance = ofd_child(node, "Appearance");
        ofd_box boundary = {0};
        if (!appearance)
            continue;
        (void)ofd_box_parse(ofd_attribute(appearance, "Boundary"), &boundary);
        ofd_scope inner = *scope;
        inner.visible = ofd_attribute_flag(node, "Visible", true);
        inner.matrix = ofd_concat(ofd_translation(boundary.x, boundary.y), scope->matrix);
        VOUCH_TRY(walk_block(walk, appearance, &inner));
    }
    return VOUCH_OK;
}

static void load_page_resources(ofd_document *document, ofd_page *page, const xmlNode *root)
{
    if (page->resources_loaded)
        return;
    page->resources_loaded = true;
    size_t count = 0;
    for (const xmlNode *node = ofd_first(root); node; node = ofd_next(node))
        if (ofd_is(node, "PageRes") && count++ < OFD_PAGE_RESOURCES_MAX)
            ofd_resources_add(document, &page->resources, ofd_package_folder(document->package, page->entry),
                              ofd_trimmed(document->decoded->arena, node), page->number);
    ofd_resources_sort(&page->resources);
}

vouch_code ofd_walk_page(ofd_document *document, ofd_page *page, const xmlNode *root, const ofd_visitor *visitor,
                         vouch_error *err)
{
    ofd_walk walk = {.document = document, .page = page, .visitor = visitor, .err = err};
    ofd_scope scope = {.alpha = 1, .visible = true};

    if (root)
        load_page_resources(document, page, root);
    scope.matrix = ofd_translation(-page->physical.x, -page->physical.y);
    scope.rank = 1;
    VOUCH_TRY(walk_templates(&walk, root, /* foreground= */ false, &scope));
    scope.rank = 0;
    VOUCH_TRY(walk_layers(&walk, root, &scope));
    scope.rank = 1;
    VOUCH_TRY(walk_templates(&walk, root, /* foreground= */ true, &scope));
    scope.rank = 2;
    size_t files = 0;
    for (size_t i = 0; i < document->annotation_count; i++)
        if (document->annotations[i].page_id == page->id && document->annotations[i].entry &&
            files++ < OFD_PAGE_ANNOTATIONS_MAX)
            VOUCH_TRY(walk_annotation_file(&walk, document->annotations[i].entry, &scope));
    return VOUCH_OK;
}
