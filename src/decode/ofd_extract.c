/*
 * The glyphs of a page, in points, with what of them a reader of the page can't see.
 *
 * A character is hidden when it or what it stands in is declared invisible, when it is fully transparent, painted
 * white on nothing, too small to be seen, clipped away, painted over, or off the page. Real invoices carry such text (a
 * second drawer's name far below the sheet), and so do forged ones: it is evidence, not reading text.
 */
#include "ofd_extract.h"

#include <math.h>
#include <stdlib.h>

#include "ofd_cover.h"

#define OFD_ASCENT     0.8 /* of the font size above the baseline: what Han fonts draw in */
#define OFD_DESCENT    0.2
#define OFD_WHITE      0.98 /* each channel */
#define OFD_SMALLEST   0.5  /* points; print of a quarter of this is a smear */
#define OFD_FAINTEST   0.02
#define OFD_LOOKS_MAX  5000000
#define OFD_COVERS_MAX 256 /* painted areas remembered for white text; tables have some dozens */

typedef struct ofd_extraction {
    ofd_document *document;
    ofd_page *page;
    vouch_glyph *glyphs;
    size_t count, capacity;
    double width, height; /* points */
    ofd_layout layout;
    vouch_box covers[OFD_COVERS_MAX]; /* coloured areas and pictures: white text on them is seen */
    size_t cover_count;
    size_t looks_left; /* at glyphs below what is painted over them */
    bool covered;      /* some were hidden so */
} ofd_extraction;

static vouch_box to_points(vouch_box box)
{
    return (vouch_box){
        .x0 = box.x0 * OFD_POINTS, .y0 = box.y0 * OFD_POINTS, .x1 = box.x1 * OFD_POINTS, .y1 = box.y1 * OFD_POINTS};
}

static vouch_box boundary_box(const ofd_object *object)
{
    const vouch_box own = {.x1 = object->boundary.width, .y1 = object->boundary.height};
    return to_points(ofd_bounds(object->outer, own));
}

static bool is_white(ofd_colour colour)
{
    return colour.red >= OFD_WHITE && colour.green >= OFD_WHITE && colour.blue >= OFD_WHITE;
}

static bool contains(const vouch_box *box, double x, double y)
{
    return x >= box->x0 && x <= box->x1 && y >= box->y0 && y <= box->y1;
}

static bool is_covered(const ofd_extraction *extraction, double x, double y)
{
    for (size_t i = 0; i < extraction->cover_count; i++)
        if (contains(&extraction->covers[i], x, y))
            return true;
    return false;
}

/* How a text object is painted. */
typedef struct ofd_ink {
    bool invisible; /* whatever it stands on */
    bool white;     /* seen only on something coloured */
} ofd_ink;

static ofd_ink ink_of(const ofd_object *object)
{
    ofd_ink ink = {.invisible = true, .white = true};

    for (ofd_paint paint = OFD_FILL; paint <= OFD_STROKE; paint++) {
        ofd_colour colour;
        if (!ofd_object_paint(object, paint, &colour) || colour.alpha < OFD_FAINTEST)
            continue;
        ink.invisible = false;
        ink.white = ink.white && is_white(colour);
    }
    return ink;
}

static ofd_place *add_place(ofd_extraction *extraction, const ofd_object *object)
{
    ofd_page *page = extraction->page;
    ofd_place *place =
        VOUCH_ARENA_PUSH(extraction->document->decoded->arena, page->places, page->place_count, page->place_capacity);
    *place =
        (ofd_place){.id = object->id, .rank = object->rank, .order = page->place_count, .first = extraction->count};
    return place;
}

static void join(vouch_box *box, bool first, vouch_box other)
{
    if (first) {
        *box = other;
        return;
    }
    box->x0 = fmin(box->x0, other.x0);
    box->y0 = fmin(box->y0, other.y0);
    box->x1 = fmax(box->x1, other.x1);
    box->y1 = fmax(box->y1, other.y1);
}

static vouch_code visit_text(ofd_extraction *extraction, const ofd_object *object, vouch_error *err)
{
    vouch_decoded *decoded = extraction->document->decoded;
    ofd_layout *layout = &extraction->layout;
    const ofd_ink ink = ink_of(object);
    const double down = hypot(object->matrix.c, object->matrix.d);
    vouch_box clip;
    const bool clipped = ofd_clip_bounds(object, &clip);

    const size_t maximum = decoded->limits.max_glyphs, used = decoded->glyph_count;
    VOUCH_TRY(ofd_layout_text(object, maximum > used ? maximum - used : 0, layout, err));
    decoded->glyph_count += layout->count;
    ofd_place *place = add_place(extraction, object);
    place->count = layout->count;
    for (size_t i = 0; i < layout->count; i++) {
        const ofd_char *c = &layout->chars[i];
        const vouch_box cell = {.x1 = c->advance, .y0 = -OFD_ASCENT * layout->size, .y1 = OFD_DESCENT * layout->size};
        vouch_glyph *glyph =
            VOUCH_ARENA_PUSH(decoded->arena, extraction->glyphs, extraction->count, extraction->capacity);
        glyph->codepoint = c->codepoint;
        glyph->object = object->id;
        glyph->box = to_points(ofd_bounds(ofd_char_matrix(object, layout, c), cell));
        glyph->size = (float)(layout->size * down * OFD_POINTS);
        const double x = (glyph->box.x0 + glyph->box.x1) / 2, y = (glyph->box.y0 + glyph->box.y1) / 2;
        const bool off_page = x < 0 || y < 0 || x > extraction->width || y > extraction->height;
        glyph->hidden = ink.invisible || off_page || glyph->size < OFD_SMALLEST ||
                        (clipped && !contains(&clip, x, y)) || (ink.white && !is_covered(extraction, x, y));
        place->visible |= !glyph->hidden;
        join(&place->box, i == 0, glyph->box);
    }
    return VOUCH_OK;
}

/* Text below an opaque rectangle is seen no more. */
static void cover_text(ofd_extraction *extraction, const vouch_box *box)
{
    if (extraction->looks_left < extraction->count)
        return;
    extraction->looks_left -= extraction->count;
    for (size_t i = 0; i < extraction->count; i++) {
        vouch_glyph *glyph = &extraction->glyphs[i];
        if (!glyph->hidden && contains(box, (glyph->box.x0 + glyph->box.x1) / 2, (glyph->box.y0 + glyph->box.y1) / 2))
            glyph->hidden = extraction->covered = true;
    }
}

static void review_places(const ofd_extraction *extraction)
{
    for (size_t i = 0; i < extraction->page->place_count; i++) {
        ofd_place *place = &extraction->page->places[i];
        if (place->count == 0)
            continue;
        place->visible = false;
        for (size_t g = place->first; g < place->first + place->count; g++)
            place->visible |= !extraction->glyphs[g].hidden;
    }
}

/* Pictures and coloured areas: remembered for white text, and pictures for tags that refer to them. */
static void visit_area(ofd_extraction *extraction, const ofd_object *object)
{
    const vouch_box box = boundary_box(object);
    bool covers = object->visible && object->alpha >= OFD_FAINTEST;

    if (object->kind == OFD_PATH_OBJECT) {
        ofd_colour colour;
        vouch_box opaque;
        if (ofd_opaque_rectangle(object, &opaque))
            cover_text(extraction, &opaque);
        covers = ofd_object_paint(object, OFD_FILL, &colour) && colour.alpha >= OFD_FAINTEST && !is_white(colour);
    } else {
        ofd_place *place = add_place(extraction, object);
        place->box = box;
        place->visible = covers;
    }
    if (covers && extraction->cover_count < OFD_COVERS_MAX)
        extraction->covers[extraction->cover_count++] = box;
}

static vouch_code visit(void *self, const ofd_object *object, vouch_error *err)
{
    if (object->kind == OFD_TEXT_OBJECT)
        return visit_text(self, object, err);
    visit_area(self, object);
    return VOUCH_OK;
}

static int compare_places(const void *a, const void *b)
{
    const ofd_place *x = a, *y = b;

    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

const ofd_place *ofd_find_place(const ofd_page *page, uint32_t id)
{
    size_t low = 0, high = page->place_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (page->places[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return id != 0 && low < page->place_count && page->places[low].id == id ? &page->places[low] : NULL;
}

vouch_code ofd_extract_page(ofd_document *document, ofd_page *page, int part, vouch_error *err)
{
    vouch_decoded *decoded = document->decoded;
    vouch_error why = VOUCH_ERROR_INIT;
    VOUCH_CLEANUP(ofd_xml_free) xmlDoc *doc = NULL;
    vouch_page *out = vouch_decoded_add_page(decoded, part, err);

    if (!out)
        return VOUCH_TOO_MANY_PAGES;
    page->number = out->number;
    if (!page->entry)
        page->failed = vouch_fail(&why, VOUCH_BAD_FORMAT, "the page content %s is missing", page->location);
    else
        page->failed = ofd_package_parse(document->package, page->entry, &doc, &why);
    if (page->failed != VOUCH_OK)
        vouch_problem_add(decoded->arena, &decoded->problems, why.code, "error", page->number, "OFD: %s", why.message);
    const xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
    page->physical = ofd_document_page_area(document, root);

    ofd_extraction extraction = {
        .document = document,
        .page = page,
        .width = page->physical.width * OFD_POINTS,
        .height = page->physical.height * OFD_POINTS,
        .looks_left = OFD_LOOKS_MAX,
    };
    const ofd_visitor visitor = {.self = &extraction, .visit = visit};
    VOUCH_TRY(ofd_walk_page(document, page, root, &visitor, err));
    if (extraction.covered)
        review_places(&extraction);
    if (page->place_count > 1)
        qsort(page->places, page->place_count, sizeof *page->places, compare_places);
    out = &decoded->pages[page->number - 1];
    out->unit = "pt";
    out->width = extraction.width;
    out->height = extraction.height;
    out->glyphs = extraction.glyphs;
    out->glyph_count = extraction.count;
    return VOUCH_OK;
}
