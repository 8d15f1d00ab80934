/**
 * Inside of the OFD reader: walking the objects of a page in drawing order, with what they inherit.
 *
 * Text extraction and drawing are two visitors of the same walk, so that what is read is what is shown.
 */
#ifndef VOUCH_DECODE_OFD_WALK_H
#define VOUCH_DECODE_OFD_WALK_H

#include "ofd_document.h"

#define OFD_POINTS (72.0 / 25.4) /* a millimetre in points */

typedef enum ofd_object_kind {
    OFD_TEXT_OBJECT,
    OFD_PATH_OBJECT,
    OFD_IMAGE_OBJECT,
} ofd_object_kind;

#define OFD_STYLE_MAX 12 /* the object, its drawing parameters and those they are relative to */

/** A graphic unit (clause 8.5) with all that it inherits. */
typedef struct ofd_object {
    ofd_document *document;
    const ofd_page *page;
    ofd_object_kind kind;
    const xmlNode *node;
    uint32_t id;
    unsigned rank; /* as in ofd_place */
    ofd_box boundary;
    ofd_matrix outer;                    /* from the upper left corner of the boundary to the page, millimetres */
    ofd_matrix matrix;                   /* from object space to the page, millimetres: the CTM, then outer */
    double alpha;                        /* 0 … 1, product of all that it stands in */
    bool visible;                        /* neither it nor what it stands in says Visible="false" */
    const xmlNode *style[OFD_STYLE_MAX]; /* the object first, then DrawParam elements, nearest first */
    size_t style_count;
} ofd_object;

/** Nearest statement of a drawing attribute or element; NULL when there is none. */
const char *ofd_style_attribute(const ofd_object *object, const char *name);
const xmlNode *ofd_style_child(const ofd_object *object, const char *name);

typedef struct ofd_colour {
    double red, green, blue, alpha; /* 0 … 1 */
} ofd_colour;

typedef enum ofd_paint {
    OFD_FILL,
    OFD_STROKE,
} ofd_paint;

/**
 * How an object is filled or stroked: flags and default colours of its kind (clauses 9.1, 11.2), drawing parameters,
 * alpha of the colour and of all that it stands in. Shadings and patterns become one colour.
 *
 * @return false when it is not painted so, or fully transparent
 */
bool ofd_object_paint(const ofd_object *object, ofd_paint paint, ofd_colour *out);

/** A resource as an object sees it. */
const ofd_resource *ofd_object_resource(const ofd_object *object, ofd_resource_kind kind, const char *attribute);

typedef struct ofd_visitor {
    void *self;
    /** Called for each object in drawing order; anything but VOUCH_OK ends the walk. */
    vouch_code (*visit)(void *self, const ofd_object *object, vouch_error *err);
} ofd_visitor;

/**
 * Walk a page: templates behind it, its layers (background, body, foreground), templates in front, annotations.
 *
 * Each object takes one from document->objects_left; at zero the rest is left out with a problem.
 *
 * @param root  root element of the page's content; NULL when it could not be read: then nothing but annotations
 * @return VOUCH_OK, also when parts of the page can't be read (problems say which); else what the visitor returned
 */
vouch_code ofd_walk_page(ofd_document *document, ofd_page *page, const xmlNode *root, const ofd_visitor *visitor,
                         vouch_error *err);

/** One drawn character of a text object. */
typedef struct ofd_char {
    uint32_t codepoint;
    double x, y;    /* left end of its baseline, object space */
    double advance; /* width of its cell along the reading direction, object space; > 0 */
    int glyph;      /* index in the embedded font, or -1 (CGTransform, clause 11.4) */
} ofd_char;

typedef struct ofd_layout {
    ofd_char *chars;
    size_t count, capacity;
    double size;        /* font size, object space */
    double scale;       /* HScale */
    int char_direction; /* degrees clockwise */
    double *steps;      /* scratch: step_capacity values of DeltaX, then as many of DeltaY */
    size_t step_capacity;
} ofd_layout;

/**
 * Place the characters of a text object (clause 11). The layout's arrays live in the arena and are used again.
 *
 * @param maximum  characters to lay out at most
 * @return VOUCH_OK; VOUCH_LIMIT when the object has more
 */
vouch_code ofd_layout_text(const ofd_object *object, size_t maximum, ofd_layout *layout, vouch_error *err);

/** From a character's own space (baseline start, x along the text, y down) to the page, millimetres. */
ofd_matrix ofd_char_matrix(const ofd_object *object, const ofd_layout *layout, const ofd_char *c);

#endif
