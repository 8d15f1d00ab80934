/*
 * Clip regions and opaque rectangles as boxes (GB/T 33190-2016 clauses 8.4, 9.1).
 *
 * A forged page can cover an amount with a white rectangle and write another on top, or clip text away: a viewer shows
 * it no more. Only what is certain counts: clip regions by the box around them, and covers that are upright rectangles.
 */
#include "ofd_cover.h"

#include <math.h>
#include <string.h>

#define OFD_OPAQUE 0.98

static vouch_box empty_box(void)
{
    return (vouch_box){.x0 = INFINITY, .y0 = INFINITY, .x1 = -INFINITY, .y1 = -INFINITY};
}

static void extend(vouch_box *box, double x, double y, double by)
{
    box->x0 = fmin(box->x0, x - by);
    box->y0 = fmin(box->y0, y - by);
    box->x1 = fmax(box->x1, x + by);
    box->y1 = fmax(box->y1, y + by);
}

static vouch_box in_points(vouch_box box)
{
    return (vouch_box){box.x0 * OFD_POINTS, box.y0 * OFD_POINTS, box.x1 * OFD_POINTS, box.y1 * OFD_POINTS};
}

static vouch_box intersect(vouch_box a, vouch_box b)
{
    return (vouch_box){fmax(a.x0, b.x0), fmax(a.y0, b.y0), fmin(a.x1, b.x1), fmin(a.y1, b.y1)};
}

/* A box around an outline, control points included; an arc reaches at most its diameter beyond its ends. */
static vouch_box outline_bounds(const char *data)
{
    vouch_box box = empty_box();
    double v[OFD_OUTLINE_ARGUMENTS];
    char letter;

    while ((letter = ofd_outline_next(&data, v))) {
        if (letter == 'A')
            extend(&box, v[5], v[6], 2 * fmax(fabs(v[0]), fabs(v[1])));
        else if (letter != 'C')
            for (size_t i = 0; i < (letter == 'B' ? 6 : letter == 'Q' ? 4 : 2); i += 2)
                extend(&box, v[i], v[i + 1], 0);
    }
    return box;
}

/* One Clip: the areas of it together. */
static bool region_bounds(const ofd_object *object, const xmlNode *clip, ofd_matrix space, vouch_box *out)
{
    vouch_arena *arena = object->document->decoded->arena;
    vouch_box all = empty_box();

    for (const xmlNode *area = ofd_first(clip); area; area = ofd_next(area)) {
        const xmlNode *outline = ofd_child(area, "Path");
        ofd_box boundary = {0};
        if (!outline)
            return false;
        (void)ofd_box_parse(ofd_attribute(outline, "Boundary"), &boundary);
        ofd_matrix matrix =
            ofd_concat(ofd_matrix_parse(ofd_attribute(outline, "CTM")), ofd_translation(boundary.x, boundary.y));
        matrix = ofd_concat(ofd_concat(matrix, ofd_matrix_parse(ofd_attribute(area, "CTM"))), space);
        const vouch_box own = outline_bounds(ofd_text(arena, ofd_child(outline, "AbbreviatedData")));
        if (!(own.x0 <= own.x1) || !ofd_matrix_sane(matrix))
            return false;
        const vouch_box mapped = ofd_bounds(matrix, own);
        extend(&all, mapped.x0, mapped.y0, 0);
        extend(&all, mapped.x1, mapped.y1, 0);
    }
    *out = in_points(all);
    return all.x0 <= all.x1;
}

bool ofd_clip_bounds(const ofd_object *object, vouch_box *out)
{
    const xmlNode *clips = ofd_child(object->node, "Clips");
    vouch_box box = {.x0 = -INFINITY, .y0 = -INFINITY, .x1 = INFINITY, .y1 = INFINITY}, one;
    bool found = false;

    for (const xmlNode *clip = ofd_first(clips); clip; clip = ofd_next(clip)) {
        const bool with_object = ofd_attribute_flag(clips, "TransFlag", true);
        if (!region_bounds(object, clip, with_object ? object->matrix : object->outer, &one))
            continue;
        box = intersect(box, one);
        found = true;
    }
    if (found)
        *out = box;
    return found;
}

/* Four corners in order along the sides of an upright rectangle, back to the first or closed. */
static bool is_rectangle(const char *data, vouch_box *out)
{
    double v[OFD_OUTLINE_ARGUMENTS], x[5], y[5];
    size_t count = 0;
    char letter;

    while ((letter = ofd_outline_next(&data, v)) && letter != 'C') {
        if ((letter == 'L') != (count > 0) || (letter != 'L' && letter != 'M' && letter != 'S') || count == 5)
            return false;
        x[count] = v[0];
        y[count++] = v[1];
    }
    if (count < 4 || (count == 5 && (x[4] != x[0] || y[4] != y[0])) || (letter == 'C' && ofd_outline_next(&data, v)))
        return false;
    const bool across = y[0] == y[1] && x[1] == x[2] && y[2] == y[3] && x[3] == x[0];
    const bool down = x[0] == x[1] && y[1] == y[2] && x[2] == x[3] && y[3] == y[0];
    if (!across && !down)
        return false;
    *out = empty_box();
    extend(out, x[0], y[0], 0);
    extend(out, x[2], y[2], 0);
    return true;
}

bool ofd_opaque_rectangle(const ofd_object *object, vouch_box *out)
{
    const ofd_matrix *m = &object->matrix;
    const char *blend = ofd_attribute(object->node, "BlendMode");
    ofd_colour colour;
    vouch_box box;

    if (object->kind != OFD_PATH_OBJECT || !ofd_object_paint(object, OFD_FILL, &colour) || colour.alpha < OFD_OPAQUE ||
        (blend && strcmp(blend, "Normal") != 0) || ofd_first(ofd_child(object->node, "Clips")))
        return false;
    if (!((m->b == 0 && m->c == 0) || (m->a == 0 && m->d == 0)))
        return false;
    if (!is_rectangle(ofd_text(object->document->decoded->arena, ofd_child(object->node, "AbbreviatedData")), &box))
        return false;
    box = ofd_bounds(*m, box);
    if (object->boundary.width > 0 && object->boundary.height > 0) {
        const vouch_box own = {.x1 = object->boundary.width, .y1 = object->boundary.height};
        box = intersect(box, ofd_bounds(object->outer, own));
    }
    *out = in_points(box);
    return box.x0 < box.x1 && box.y0 < box.y1;
}
