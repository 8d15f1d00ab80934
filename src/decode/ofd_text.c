/*
 * Where the characters of a text object stand (GB/T 33190-2016 clause 11).
 *
 * Positions come from the delta lists alone; fonts are hardly ever embedded, so a character's width is the step to its
 * successor where that can be a width, else the em (ideographs) or half of it (the rest), as the fonts of Chinese
 * forms have it. Real producers write lists shorter than the text and mean the last value for the rest; some count
 * UTF-16 units instead of characters.
 */
#include "ofd_walk.h"

#include <math.h>
#include <string.h>

#include "vouch/text.h"

#define OFD_WIDEST_EM 1.1 /* a longer step is spacing, not width */

/* One TextCode being laid out. */
typedef struct ofd_line {
    const double *dx, *dy; /* NULL: not stated */
    size_t dx_count, dy_count;
    bool in_units; /* lists count UTF-16 units */
    int direction; /* reading direction, degrees clockwise */
} ofd_line;

static bool is_wide(uint32_t c)
{
    if (c < 0x1100)
        return c >= 0x2000; /* never: Latin, Greek, Cyrillic and their neighbours are half an em */
    if (c >= 0xFF61 && c <= 0xFFDC)
        return false; /* half-width katakana and hangul */
    return true;
}

static double nominal_width(const ofd_layout *layout, uint32_t c)
{
    return layout->size * layout->scale * (is_wide(c) ? 1.0 : 0.5);
}

static int quarter_turn(const xmlNode *node, const char *name)
{
    const double degrees = ofd_attribute_number(node, name, 0);
    return degrees == 90 || degrees == 180 || degrees == 270 ? (int)degrees : 0;
}

static double step_at(const double *list, size_t count, size_t index)
{
    if (!list || count == 0)
        return 0;
    return list[index < count ? index : count - 1];
}

/* The step along the reading direction from a character to its successor; 0 when it can't be a width. */
static double width_of_step(const ofd_layout *layout, int direction, double x, double y)
{
    const double along = direction == 90 ? y : direction == 180 ? -x : direction == 270 ? -y : x;
    const double widest = layout->size * fmax(layout->scale, 1) * OFD_WIDEST_EM;
    return along > 0 && along <= widest ? along : 0;
}

/* Characters of one TextCode from its text; control characters draw nothing and take no step. */
static vouch_code add_chars(const ofd_object *object, const char *text, size_t maximum, ofd_layout *layout,
                            vouch_error *err)
{
    vouch_arena *arena = object->document->decoded->arena;
    const char *end = text + strlen(text);

    while (text < end) {
        const uint32_t c = vouch_utf8_next(&text, end);
        if (c < 0x20 || c == 0x7F)
            continue;
        if (layout->count >= maximum)
            return vouch_fail(err, VOUCH_LIMIT, "the document has too much text");
        *VOUCH_ARENA_PUSH(arena, layout->chars, layout->count, layout->capacity) =
            (ofd_char){.codepoint = c, .glyph = -1};
    }
    return VOUCH_OK;
}

static void place_chars(ofd_layout *layout, size_t from, double x, double y, const ofd_line *line)
{
    const bool stated = line->dx || line->dy;
    size_t unit = 0;
    double previous = 0; /* width of the character before, when it was a step's */

    for (size_t i = from; i < layout->count; i++) {
        ofd_char *c = &layout->chars[i];
        double step_x = step_at(line->dx, line->dx_count, unit), step_y = step_at(line->dy, line->dy_count, unit);
        if (line->in_units && c->codepoint > 0xFFFF) {
            unit++;
            step_x += step_at(line->dx, line->dx_count, unit);
            step_y += step_at(line->dy, line->dy_count, unit);
        }
        unit++;
        c->x = x;
        c->y = y;
        const double nominal = nominal_width(layout, c->codepoint);
        const bool last = i + 1 == layout->count;
        const double stepped = last ? 0 : width_of_step(layout, line->direction, step_x, step_y);
        /* The last one of a run of equal kind is as wide as its neighbour. */
        const bool alike = last && i > from && is_wide(layout->chars[i - 1].codepoint) == is_wide(c->codepoint);
        c->advance = stepped > 0 ? stepped : alike && previous > 0 ? previous : nominal;
        previous = stepped;
        if (!stated) { /* no list at all: characters follow each other at their own width */
            step_x = line->direction == 0 ? nominal : line->direction == 180 ? -nominal : 0;
            step_y = line->direction == 90 ? nominal : line->direction == 270 ? -nominal : 0;
        }
        x += step_x;
        y += step_y;
    }
}

static size_t utf16_units(const ofd_layout *layout, size_t from)
{
    size_t units = 0;

    for (size_t i = from; i < layout->count; i++)
        units += layout->chars[i].codepoint > 0xFFFF ? 2 : 1;
    return units;
}

static const double *read_deltas(const char *text, double *values, size_t maximum, size_t *count)
{
    *count = text ? ofd_delta_expand(text, values, maximum) : 0;
    return *count > 0 ? values : NULL;
}

static void lay_out_line(const ofd_object *object, const xmlNode *code, ofd_layout *layout, size_t from, double x,
                         double y)
{
    const size_t units = utf16_units(layout, from), chars = layout->count - from;
    ofd_line line = {.direction = quarter_turn(object->node, "ReadDirection")};

    if (chars == 0)
        return;
    if (layout->step_capacity < units) {
        layout->step_capacity = 2 * units;
        layout->steps = vouch_arena_calloc(object->document->decoded->arena, 2 * layout->step_capacity, sizeof(double));
    }
    line.dx = read_deltas(ofd_attribute(code, "DeltaX"), layout->steps, units, &line.dx_count);
    line.dy = read_deltas(ofd_attribute(code, "DeltaY"), layout->steps + layout->step_capacity, units, &line.dy_count);
    const size_t longest = line.dx_count > line.dy_count ? line.dx_count : line.dy_count;
    line.in_units = units != chars && longest + 1 == units;
    if (line.dx_count > units)
        line.dx_count = units;
    if (line.dy_count > units)
        line.dy_count = units;
    place_chars(layout, from, x, y, &line);
}

/* CGTransform: the glyphs that replace characters `CodePosition` … of the following TextCode. */
static void apply_glyphs(ofd_layout *layout, size_t from, const xmlNode *transform, vouch_arena *arena)
{
    const double position = ofd_attribute_number(transform, "CodePosition", 0);
    const double codes = ofd_attribute_number(transform, "CodeCount", 1);
    const char *glyphs = ofd_text(arena, ofd_child(transform, "Glyphs"));
    double glyph;

    if (position < 0 || codes < 1)
        return;
    size_t at = from + (size_t)position;
    for (size_t i = 0; i < (size_t)codes && at < layout->count && ofd_number_next(&glyphs, &glyph); i++, at++)
        if (glyph >= 0 && glyph <= 0xFFFF)
            layout->chars[at].glyph = (int)glyph;
}

vouch_code ofd_layout_text(const ofd_object *object, size_t maximum, ofd_layout *layout, vouch_error *err)
{
    vouch_arena *arena = object->document->decoded->arena;
    double x = 0, y = 0;

    layout->count = 0;
    layout->size = fabs(ofd_attribute_number(object->node, "Size", 0));
    layout->scale = fabs(ofd_attribute_number(object->node, "HScale", 1));
    if (layout->scale == 0)
        layout->scale = 1;
    layout->char_direction = quarter_turn(object->node, "CharDirection");
    const xmlNode *transforms = NULL; /* first CGTransform since the last TextCode */
    for (const xmlNode *node = ofd_first(object->node); node; node = ofd_next(node)) {
        if (!transforms && ofd_is(node, "CGTransform"))
            transforms = node;
        if (!ofd_is(node, "TextCode"))
            continue;
        const size_t from = layout->count;
        x = ofd_attribute_number(node, "X", x);
        y = ofd_attribute_number(node, "Y", y);
        VOUCH_TRY(add_chars(object, ofd_text(arena, node), maximum, layout, err));
        lay_out_line(object, node, layout, from, x, y);
        for (; transforms && transforms != node; transforms = ofd_next(transforms))
            if (ofd_is(transforms, "CGTransform"))
                apply_glyphs(layout, from, transforms, arena);
        transforms = NULL;
    }
    return VOUCH_OK;
}

ofd_matrix ofd_char_matrix(const ofd_object *object, const ofd_layout *layout, const ofd_char *c)
{
    static const double cosines[] = {1, 0, -1, 0}, sines[] = {0, 1, 0, -1};
    const int turn = layout->char_direction / 90;
    const ofd_matrix own = {
        .a = cosines[turn], .b = sines[turn], .c = -sines[turn], .d = cosines[turn], .e = c->x, .f = c->y};

    return ofd_concat(own, object->matrix);
}
