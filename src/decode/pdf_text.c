/**
 * The text of a PDF page: a device that takes the interpreter's text calls glyph by glyph.
 *
 * MuPDF's structured text would do more than is wanted (it sorts into blocks, invents and drops blanks) and less
 * (it does not say which text is invisible), so that this device keeps what is drawn, in the order drawn:
 *
 * - box: the glyph's cell, as wide as its advance but not beyond the next glyph's origin (fonts embedded with wrong
 *   metrics are placed right by the page), as high as the font size, turned with the text and then boxed;
 * - object: a new number wherever the pen jumps, so that one number is one run of text as it was shown;
 * - hidden: invisible rendering mode, clipped away, off the page, transparent, too small to see, or white where
 *   nothing but white was painted before. What is covered by later paint is not looked for: a seal over a number must
 *   not hide it.
 *
 * A scanned page with an OCR layer has its text in invisible mode 3 over a picture. That text is what a reader selects
 * and copies, so it counts as visible and the page is marked (`ocr_layer`) when pictures fill most of it and hardly
 * anything else is written on it.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pdf.h"

#define BASELINE        0.85F /* of the font size below the top of the cell; CJK fonts 0.86 to 0.88, Latin 0.75 to 0.9 */
#define SMALLEST_SIZE   0.5F  /* pt; below this nobody sees it */
#define WHITE           0.97F /* each of red, green, blue at least */
#define FAINT_ALPHA     0.02F
#define JUMP_FORWARD    0.5F /* of the font size: more is another run */
#define JUMP_BACK       0.5F
#define JUMP_ACROSS     0.2F
#define TWICE_DISTANCE  0.15F /* of the font size: the same character again there is imitated bold */
#define TWICE_LOOKS     64    /* neighbours compared for that */
#define MAX_MARKS       2048  /* painted areas remembered for white text */
#define SCAN_PICTURES   0.5   /* of the page covered by pictures */
#define SCAN_OTHER_TEXT 0.1   /* visible glyphs beside invisible ones */

typedef struct drawn {
    vouch_glyph glyph;
    fz_point origin;
    uint32_t cell; /* characters of one drawn glyph have one number */
    bool layer;    /* hidden only by rendering mode 3 */
    bool twice;
} drawn;

/* One page's text while its content runs. */
typedef struct pdf_text {
    fz_device base;
    fz_rect page;
    drawn *items;
    size_t count, capacity, maximum;
    uint32_t object, cell;
    const fz_text *last; /* fill, stroke and clip of one text come one after another */
    fz_rect *marks;
    size_t mark_count;
    double picture_area;
} pdf_text;

/* How a text call paints. */
typedef struct paint {
    bool invisible; /* mode 3, or nothing to see */
    bool mode3;
    bool white;
} paint;

static double area_on_page(const pdf_text *text, fz_rect box)
{
    box = fz_intersect_rect(box, text->page);
    return fz_is_empty_rect(box) ? 0 : (double)(box.x1 - box.x0) * (double)(box.y1 - box.y0);
}

static bool touches(fz_rect a, fz_rect b)
{
    return a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1;
}

static bool is_marked(const pdf_text *text, fz_rect cell)
{
    const float x = (cell.x0 + cell.x1) / 2, y = (cell.y0 + cell.y1) / 2;
    if (text->mark_count == MAX_MARKS)
        return true;
    for (size_t i = 0; i < text->mark_count; i++) {
        const fz_rect *mark = &text->marks[i];
        if (x >= mark->x0 && x <= mark->x1 && y >= mark->y0 && y <= mark->y1)
            return true;
    }
    return false;
}

static void mark_area(pdf_text *text, fz_rect area)
{
    area = fz_intersect_rect(area, text->page);
    if (!fz_is_empty_rect(area) && text->mark_count < MAX_MARKS)
        text->marks[text->mark_count++] = area;
}

/* Throws. */
static bool is_white(fz_context *ctx, fz_colorspace *space, const float *color, fz_color_params params)
{
    float rgb[3] = {0};
    if (!space || !color)
        return false;
    fz_convert_color(ctx, space, color, fz_device_rgb(ctx), rgb, NULL, params);
    return rgb[0] >= WHITE && rgb[1] >= WHITE && rgb[2] >= WHITE;
}

/* Throws. */
static drawn *push(fz_context *ctx, pdf_text *text)
{
    if (text->count == text->capacity) {
        const size_t capacity = text->capacity ? text->capacity * 2 : 1024;
        text->items = fz_realloc_array(ctx, text->items, capacity, drawn);
        text->capacity = capacity;
    }
    drawn *item = &text->items[text->count++];
    *item = (drawn){0};
    return item;
}

/* ICC of presentation forms: the ligatures that fonts really use, back to their letters. */
static size_t split_ligature(int codepoint, uint32_t out[3])
{
    static const char *const letters[] = {"ff", "fi", "fl", "ffi", "ffl", "st", "st"};
    if (codepoint < 0xFB00 || codepoint > 0xFB06) {
        out[0] = codepoint <= 0 || codepoint > 0x10FFFF || (codepoint >= 0xD800 && codepoint <= 0xDFFF)
                     ? 0xFFFD
                     : (uint32_t)codepoint;
        return 1;
    }
    const char *word = letters[codepoint - 0xFB00];
    for (size_t i = 0; word[i]; i++)
        out[i] = (uint32_t)(unsigned char)word[i];
    return strlen(word);
}

/* One drawn glyph and the characters that it stands for. */
typedef struct cell {
    fz_matrix place; /* em square to page */
    fz_point origin;
    float advance; /* em */
    float bottom, top;
    float size; /* page units */
    uint32_t codepoints[16];
    size_t count;
} cell;

static vouch_box box_of(fz_rect rect)
{
    return (vouch_box){(double)rect.x0, (double)rect.y0, (double)rect.x1, (double)rect.y1};
}

static bool is_finite_rect(fz_rect r)
{
    return isfinite(r.x0) && isfinite(r.y0) && isfinite(r.x1) && isfinite(r.y1);
}

/* Throws. */
static void add_cell(fz_context *ctx, pdf_text *text, const cell *it, paint how)
{
    const fz_rect scissor = fz_device_current_scissor(ctx, &text->base);
    const float step = it->advance / (float)it->count;
    text->cell++;
    for (size_t i = 0; i < it->count; i++) {
        const fz_rect em = {step * (float)i, it->bottom, step * (float)(i + 1), it->top};
        const fz_rect place = fz_transform_rect(em, it->place);
        if (!is_finite_rect(place) || !isfinite(it->size))
            continue;
        const bool seen = it->size >= SMALLEST_SIZE && touches(place, text->page) && touches(place, scissor) &&
                          !(how.white && !is_marked(text, place));
        if (text->count >= text->maximum) /* the interpreter lets this one through, and stops */
            fz_throw(ctx, FZ_ERROR_ABORT, "the document has too many characters");
        drawn *item = push(ctx, text);
        item->glyph = (vouch_glyph){.codepoint = it->codepoints[i],
                                    .object = text->object,
                                    .box = box_of(place),
                                    .size = it->size,
                                    .hidden = how.invisible || !seen};
        item->origin = it->origin;
        item->cell = text->cell;
        item->layer = how.mode3 && seen;
    }
}

/* The em square's vertical extent: a Type 3 font has none, its glyphs are as high as they are drawn. Throws. */
static void set_height(fz_context *ctx, fz_font *font, int gid, cell *it)
{
    it->bottom = BASELINE - 1;
    it->top = BASELINE;
    if (fz_font_t3_procs(ctx, font)) {
        const fz_rect ink = fz_bound_glyph(ctx, font, gid, fz_identity);
        if (!fz_is_empty_rect(ink) && !fz_is_infinite_rect(ink)) {
            it->bottom = fz_min(ink.y0, 0);
            it->top = ink.y1;
        }
    }
    const float across = hypotf(it->place.c, it->place.d);
    it->size = fz_font_t3_procs(ctx, font) ? across * (it->top - it->bottom) : across;
}

/* Where the next glyph of the span starts, along the baseline in em; a large number when there is none ahead. */
static float next_origin(const fz_text_span *span, int i, fz_matrix to_em)
{
    for (int next = i + 1; next < span->len; next++) {
        if (span->items[next].gid < 0)
            continue;
        const fz_point p = fz_transform_vector(
            fz_make_point(span->items[next].x - span->items[i].x, span->items[next].y - span->items[i].y), to_em);
        return fabsf(p.y) < JUMP_ACROSS && p.x > 0 ? p.x : HUGE_VALF;
    }
    return HUGE_VALF;
}

/* Has the pen jumped between the previous glyph and this one? All in em of this glyph. */
static bool is_jump(const fz_text_span *span, int previous, int i, float advance, fz_matrix to_em)
{
    const fz_point p = fz_transform_vector(
        fz_make_point(span->items[i].x - span->items[previous].x, span->items[i].y - span->items[previous].y), to_em);
    if (span->wmode)
        return fabsf(p.x) > 1 || p.y > JUMP_BACK || p.y < -1 - JUMP_FORWARD;
    return fabsf(p.y) > JUMP_ACROSS || p.x - advance > JUMP_FORWARD || p.x - advance < -JUMP_BACK;
}

/* Throws. */
static void add_span(fz_context *ctx, pdf_text *text, const fz_text_span *span, fz_matrix ctm, paint how)
{
    fz_matrix em = span->trm, to_em;
    int previous = -1;
    float advance = 0;
    em.e = em.f = 0;
    if (fz_try_invert_matrix(&to_em, em))
        to_em = fz_identity;
    text->object++;
    for (int i = 0; i < span->len;) {
        const fz_text_item *item = &span->items[i];
        cell it = {.count = 0};
        em.e = item->x;
        em.f = item->y;
        it.place = fz_concat(em, ctm);
        it.origin = fz_make_point(it.place.e, it.place.f);
        if (item->gid >= 0) {
            if (previous >= 0 && is_jump(span, previous, i, advance, to_em))
                text->object++;
            previous = i;
            advance = fz_advance_glyph(ctx, span->font, item->gid, 0);
            const float next = span->wmode ? HUGE_VALF : next_origin(span, i, to_em);
            it.advance = next < advance && next > advance / 4 ? next : advance;
        }
        /* One glyph for several characters: the others follow with gid -1; several glyphs for one: ucs -1. */
        int at = i;
        do {
            if (span->items[at].ucs != -1 && it.count + 3 <= sizeof it.codepoints / sizeof *it.codepoints)
                it.count += split_ligature(span->items[at].ucs, it.codepoints + it.count);
            at++;
        } while (at < span->len && span->items[at].gid < 0);
        if (it.count > 0) {
            set_height(ctx, span->font, item->gid >= 0 ? item->gid : 0, &it);
            add_cell(ctx, text, &it, how);
        }
        i = at;
    }
}

/* Throws. */
static void add_text(fz_context *ctx, fz_device *device, const fz_text *source, fz_matrix ctm, paint how)
{
    pdf_text *text = (pdf_text *)device;
    if (source == text->last)
        return;
    fz_drop_text(ctx, text->last);
    text->last = fz_keep_text(ctx, source);
    for (const fz_text_span *span = source->head; span; span = span->next) {
        paint here = how;
        if (how.mode3 && fz_font_t3_procs(ctx, span->font))
            /* MuPDF draws such a glyph's content itself and then reports its text as invisible. */
            here = (paint){0};
        add_span(ctx, text, span, ctm, here);
    }
}

static void fill_text(fz_context *ctx, fz_device *device, const fz_text *source, fz_matrix ctm, fz_colorspace *space,
                      const float *color, float alpha, fz_color_params params)
{
    add_text(ctx, device, source, ctm,
             (paint){.invisible = alpha < FAINT_ALPHA, .white = is_white(ctx, space, color, params)});
}

static void stroke_text(fz_context *ctx, fz_device *device, const fz_text *source, const fz_stroke_state *stroke,
                        fz_matrix ctm, fz_colorspace *space, const float *color, float alpha, fz_color_params params)
{
    (void)stroke;
    fill_text(ctx, device, source, ctm, space, color, alpha, params);
}

static void clip_text(fz_context *ctx, fz_device *device, const fz_text *source, fz_matrix ctm, fz_rect scissor)
{
    (void)scissor;
    add_text(ctx, device, source, ctm, (paint){0});
}

static void clip_stroke_text(fz_context *ctx, fz_device *device, const fz_text *source, const fz_stroke_state *stroke,
                             fz_matrix ctm, fz_rect scissor)
{
    (void)stroke;
    clip_text(ctx, device, source, ctm, scissor);
}

static void ignore_text(fz_context *ctx, fz_device *device, const fz_text *source, fz_matrix ctm)
{
    add_text(ctx, device, source, ctm, (paint){.invisible = true, .mode3 = true});
}

static void fill_path(fz_context *ctx, fz_device *device, const fz_path *path, int even_odd, fz_matrix ctm,
                      fz_colorspace *space, const float *color, float alpha, fz_color_params params)
{
    (void)even_odd;
    pdf_text *text = (pdf_text *)device;
    if (alpha >= FAINT_ALPHA && text->mark_count < MAX_MARKS && !is_white(ctx, space, color, params))
        mark_area(text, fz_intersect_rect(fz_bound_path(ctx, path, NULL, ctm), fz_device_current_scissor(ctx, device)));
}

static void fill_shade(fz_context *ctx, fz_device *device, fz_shade *shade, fz_matrix ctm, float alpha,
                       fz_color_params params)
{
    (void)shade, (void)ctm, (void)params;
    if (alpha >= FAINT_ALPHA)
        mark_area((pdf_text *)device, fz_device_current_scissor(ctx, device));
}

static void add_picture(fz_context *ctx, fz_device *device, fz_matrix ctm, bool paints)
{
    pdf_text *text = (pdf_text *)device;
    const fz_rect area =
        fz_intersect_rect(fz_transform_rect(fz_unit_rect, ctm), fz_device_current_scissor(ctx, device));
    text->picture_area += area_on_page(text, area);
    if (paints)
        mark_area(text, area);
}

static void fill_image(fz_context *ctx, fz_device *device, fz_image *image, fz_matrix ctm, float alpha,
                       fz_color_params params)
{
    (void)image, (void)params;
    if (alpha >= FAINT_ALPHA)
        add_picture(ctx, device, ctm, true);
}

static void fill_image_mask(fz_context *ctx, fz_device *device, fz_image *image, fz_matrix ctm, fz_colorspace *space,
                            const float *color, float alpha, fz_color_params params)
{
    (void)image;
    if (alpha >= FAINT_ALPHA)
        add_picture(ctx, device, ctm, !is_white(ctx, space, color, params));
}

static void clip_image_mask(fz_context *ctx, fz_device *device, fz_image *image, fz_matrix ctm, fz_rect scissor)
{
    (void)image, (void)scissor;
    add_picture(ctx, device, ctm, true);
}

static void drop(fz_context *ctx, fz_device *device)
{
    pdf_text *text = (pdf_text *)device;
    fz_drop_text(ctx, text->last);
    fz_free(ctx, text->items);
    fz_free(ctx, text->marks);
}

/* Throws. */
static pdf_text *new_text(fz_context *ctx, const vouch_page *page, size_t maximum)
{
    pdf_text *text = fz_new_derived_device(ctx, pdf_text);
    text->base.drop_device = drop;
    text->base.fill_text = fill_text;
    text->base.stroke_text = stroke_text;
    text->base.clip_text = clip_text;
    text->base.clip_stroke_text = clip_stroke_text;
    text->base.ignore_text = ignore_text;
    text->base.fill_path = fill_path;
    text->base.fill_shade = fill_shade;
    text->base.fill_image = fill_image;
    text->base.fill_image_mask = fill_image_mask;
    text->base.clip_image_mask = clip_image_mask;
    text->page = fz_make_rect(0, 0, (float)page->width, (float)page->height);
    text->maximum = maximum;
    fz_try(ctx) text->marks = fz_malloc_array(ctx, MAX_MARKS, fz_rect);
    fz_catch(ctx)
    {
        fz_drop_device(ctx, &text->base);
        fz_rethrow(ctx);
    }
    return text;
}

static int compare_for_twice(const void *a, const void *b)
{
    const drawn *left = *(drawn *const *)a, *right = *(drawn *const *)b;
    if (left->glyph.codepoint != right->glyph.codepoint)
        return left->glyph.codepoint < right->glyph.codepoint ? -1 : 1;
    if (left->origin.x != right->origin.x)
        return left->origin.x < right->origin.x ? -1 : 1;
    return left < right ? -1 : left > right;
}

/* Bold imitated by drawing a text again a little beside: keep the one drawn first. */
static void find_drawn_twice(pdf_text *text, vouch_arena *arena)
{
    drawn **sorted = vouch_arena_calloc(arena, text->count + 1, sizeof *sorted);
    for (size_t i = 0; i < text->count; i++)
        sorted[i] = &text->items[i];
    qsort(sorted, text->count, sizeof *sorted, compare_for_twice);
    for (size_t i = 0; i < text->count; i++) {
        const float near = sorted[i]->glyph.size * TWICE_DISTANCE;
        for (size_t j = i + 1; j < text->count && j <= i + TWICE_LOOKS; j++) {
            if (sorted[j]->glyph.codepoint != sorted[i]->glyph.codepoint ||
                sorted[j]->origin.x - sorted[i]->origin.x > near)
                break;
            if (fabsf(sorted[j]->origin.y - sorted[i]->origin.y) > near ||
                fabsf(sorted[j]->glyph.size - sorted[i]->glyph.size) > near ||
                sorted[j]->glyph.hidden != sorted[i]->glyph.hidden || sorted[j]->cell == sorted[i]->cell)
                continue;
            (sorted[i] < sorted[j] ? sorted[j] : sorted[i])->twice = true;
        }
    }
}

static bool is_blank(uint32_t codepoint)
{
    return codepoint == ' ' || codepoint == 0xA0 || codepoint == 0x3000;
}

/* Is the invisible text the layer that an OCR program laid over a scan? */
static bool has_ocr_layer(const pdf_text *text)
{
    size_t visible = 0, layer = 0;
    for (size_t i = 0; i < text->count; i++) {
        if (is_blank(text->items[i].glyph.codepoint))
            continue;
        layer += text->items[i].layer;
        visible += !text->items[i].glyph.hidden;
    }
    const double page = (double)text->page.x1 * (double)text->page.y1;
    return layer > 0 && text->picture_area >= SCAN_PICTURES * page &&
           (double)visible <= SCAN_OTHER_TEXT * (double)layer;
}

static void hand_over(vouch_decoded *decoded, pdf_text *text, vouch_page *page)
{
    find_drawn_twice(text, decoded->arena);
    page->ocr_layer = has_ocr_layer(text);
    vouch_glyph *glyphs = vouch_arena_calloc(decoded->arena, text->count + 1, sizeof *glyphs);
    size_t kept = 0;
    for (size_t i = 0; i < text->count; i++) {
        if (text->items[i].twice)
            continue;
        glyphs[kept] = text->items[i].glyph;
        if (page->ocr_layer && text->items[i].layer)
            glyphs[kept].hidden = false;
        kept++;
    }
    decoded->glyph_count += kept;
    page->glyphs = glyphs;
    page->glyph_count = kept;
}

void pdf_read_text(vouch_decoded *decoded, pdf_state *pdf, pdf_page *source, vouch_page *page)
{
    fz_context *ctx = pdf->ctx;
    const size_t maximum = decoded->limits.max_glyphs - decoded->glyph_count;
    pdf_text *text = new_text(ctx, page, maximum);
    fz_try(ctx)
    {
        const fz_rect bounds = pdf_bound_page(ctx, source);
        pdf_run_shown(pdf, source, &text->base, fz_translate(-bounds.x0, -bounds.y0));
        fz_close_device(ctx, &text->base);
        if (pdf->budget.expired)
            fz_throw(ctx, FZ_ERROR_ABORT, "it takes too much time");
    }
    fz_always(ctx)
    {
        /* What was read before an error is kept. */
        hand_over(decoded, text, page);
        fz_drop_device(ctx, &text->base);
    }
    fz_catch(ctx) fz_rethrow(ctx);
}
