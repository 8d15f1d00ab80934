/*
 * Drawing a page with MuPDF (GB/T 33190-2016 clause 8; order of drawing in ofd_walk): text with substitute fonts at the
 * positions of the delta lists, outlines, pictures, and on top the pictures of the seals, multiplied so that the text
 * under them stays legible.
 *
 * An object that can't be drawn is left out with a problem; the page goes on. Each object is drawn inside its own
 * fz_try, so that no exception crosses the walk.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ofd_draw.h"

#define OFD_STORE_BYTES ((size_t)32 << 20) /* decoded pictures kept for the next time */
#define OFD_LINE_WIDTH  0.353              /* millimetres, the standard's default */
#define OFD_DASH_LEAST  0.05               /* millimetres of a whole pattern; a finer one is a line */
#define OFD_DASHES_MAX  20000              /* along the diagonal of a path; more can't be seen */
#define OFD_SLACK       0.5                /* millimetres that producers draw beyond a boundary */
#define OFD_TIGHT       1.03               /* a substitute glyph wider than its cell by this is condensed */
#define OFD_BOLD        600                /* Weight from which text is bold */

static void ignore_message(void *user, const char *message)
{
    (void)user;
    (void)message;
}

void ofd_draw_complain(ofd_drawing *drawing, const char *detail)
{
    vouch_decoded *decoded = drawing->renderer->decoded;

    if (!drawing->complained)
        vouch_problem_add(decoded->arena, &decoded->problems, VOUCH_UNSUPPORTED, "warning", drawing->number,
                          "OFD: an object can't be drawn: %s", detail);
    drawing->complained = true;
}

fz_rect ofd_to_rect(ofd_box box)
{
    return fz_make_rect((float)box.x, (float)box.y, (float)(box.x + box.width), (float)(box.y + box.height));
}

static fz_rect grow(fz_rect rect, double by)
{
    const float f = (float)by;
    return fz_make_rect(rect.x0 - f, rect.y0 - f, rect.x1 + f, rect.y1 + f);
}

void ofd_clip_rect(fz_context *ctx, fz_device *device, fz_rect rect, fz_matrix ctm)
{
    fz_path *path = fz_new_path(ctx);

    fz_try(ctx)
    {
        fz_rectto(ctx, path, rect.x0, rect.y0, rect.x1, rect.y1);
        fz_clip_path(ctx, device, path, 0, ctm, fz_infinite_rect);
    }
    fz_always(ctx) fz_drop_path(ctx, path);
    fz_catch(ctx) fz_rethrow(ctx);
}

/* Text ------------------------------------------------------------------------------------------------------------ */

/* From the glyph's em square (y up) to object space. Throws. */
static fz_matrix glyph_matrix(fz_context *ctx, const ofd_layout *layout, const ofd_char *c, ofd_glyph glyph,
                              bool italic)
{
    float across = (float)(layout->size * layout->scale);
    const float up = (float)layout->size, advance = fz_advance_glyph(ctx, glyph.font, glyph.index, 0) * across;

    if (layout->char_direction == 0 && advance > c->advance * OFD_TIGHT)
        across *= (float)c->advance / advance;
    fz_matrix matrix = fz_make_matrix(across, 0, italic ? up * 0.2f : 0, -up, 0, 0);
    matrix = fz_concat(matrix, fz_rotate((float)layout->char_direction));
    return fz_concat(matrix, fz_translate((float)c->x, (float)c->y));
}

/* Throws. */
static void fill_glyphs(ofd_drawing *drawing, const ofd_object *object, fz_text *text)
{
    fz_context *ctx = drawing->ctx;
    ofd_renderer *renderer = drawing->renderer;
    const ofd_layout *layout = &renderer->layout;
    const ofd_face face = ofd_fonts_face(ctx, renderer->fonts, object);
    const bool italic = ofd_attribute_flag(object->node, "Italic", false);

    for (size_t i = 0; i < layout->count; i++) {
        const ofd_char *c = &layout->chars[i];
        if (c->codepoint == ' ' || c->codepoint == 0xA0 || c->codepoint == 0x3000)
            continue;
        const ofd_glyph glyph = ofd_fonts_glyph(ctx, renderer->fonts, &face, c);
        if (glyph.index <= 0)
            continue;
        fz_show_glyph(ctx, text, glyph.font, glyph_matrix(ctx, layout, c, glyph, italic), glyph.index,
                      (int)c->codepoint, 0, 0, FZ_BIDI_LTR, FZ_LANG_UNSET);
    }
}

static void to_components(ofd_colour colour, float out[3])
{
    out[0] = (float)colour.red;
    out[1] = (float)colour.green;
    out[2] = (float)colour.blue;
}

/* Throws. */
static void paint_text(ofd_drawing *drawing, const ofd_object *object, const fz_text *text, fz_matrix ctm)
{
    fz_context *ctx = drawing->ctx;
    fz_colorspace *rgb = fz_device_rgb(ctx);
    fz_stroke_state stroke = fz_default_stroke_state;
    ofd_colour colour;
    float components[3];

    stroke.linewidth = (float)ofd_attribute_number(object->node, "LineWidth", OFD_LINE_WIDTH);
    if (ofd_object_paint(object, OFD_STROKE, &colour)) {
        to_components(colour, components);
        fz_stroke_text(ctx, drawing->device, text, &stroke, ctm, rgb, components, (float)colour.alpha,
                       fz_default_color_params);
    }
    if (!ofd_object_paint(object, OFD_FILL, &colour))
        return;
    to_components(colour, components);
    fz_fill_text(ctx, drawing->device, text, ctm, rgb, components, (float)colour.alpha, fz_default_color_params);
    if (ofd_attribute_number(object->node, "Weight", 400) < OFD_BOLD)
        return;
    stroke.linewidth = (float)drawing->renderer->layout.size / 30;
    fz_stroke_text(ctx, drawing->device, text, &stroke, ctm, rgb, components, (float)colour.alpha,
                   fz_default_color_params);
}

/* Throws. */
static void draw_text(ofd_drawing *drawing, const ofd_object *object, fz_matrix ctm)
{
    fz_context *ctx = drawing->ctx;
    ofd_layout *layout = &drawing->renderer->layout;

    if (ofd_layout_text(object, drawing->chars_left, layout, NULL) != VOUCH_OK)
        fz_throw(ctx, FZ_ERROR_GENERIC, "the page has too much text");
    drawing->chars_left -= layout->count;
    if (layout->size <= 0 || layout->count == 0)
        return;
    fz_text *text = fz_new_text(ctx);
    fz_try(ctx)
    {
        fill_glyphs(drawing, object, text);
        paint_text(drawing, object, text, ctm);
    }
    fz_always(ctx) fz_drop_text(ctx, text);
    fz_catch(ctx) fz_rethrow(ctx);
}

/* Outlines -------------------------------------------------------------------------------------------------------- */

static int named(const char *value, const char *const names[], int count, int otherwise)
{
    for (int i = 0; value && i < count; i++)
        if (strcmp(value, names[i]) == 0)
            return i;
    return otherwise;
}

static double style_number(const ofd_object *object, const char *name, double otherwise)
{
    double value;
    return ofd_numbers(ofd_style_attribute(object, name), &value, 1) == 1 ? value : otherwise;
}

/* Throws. */
static fz_stroke_state *new_stroke(fz_context *ctx, const ofd_object *object)
{
    static const char *const caps[] = {"Butt", "Round", "Square"}, *const joins[] = {"Miter", "Round", "Bevel"};
    double dashes[32], total = 0;
    const size_t count = ofd_numbers(ofd_style_attribute(object, "DashPattern"), dashes, 32);

    for (size_t i = 0; i < count; i++)
        total += dashes[i] > 0 ? dashes[i] : 0;
    const int dash_count = total >= OFD_DASH_LEAST ? (int)count : 0;
    fz_stroke_state *stroke = fz_new_stroke_state_with_dash_len(ctx, dash_count);
    stroke->start_cap = stroke->dash_cap = stroke->end_cap =
        (fz_linecap)named(ofd_style_attribute(object, "Cap"), caps, 3, FZ_LINECAP_BUTT);
    stroke->linejoin = (fz_linejoin)named(ofd_style_attribute(object, "Join"), joins, 3, FZ_LINEJOIN_MITER);
    stroke->linewidth = (float)fabs(style_number(object, "LineWidth", OFD_LINE_WIDTH));
    stroke->miterlimit = (float)fmax(style_number(object, "MiterLimit", 4.234), 1);
    stroke->dash_phase = (float)fmax(style_number(object, "DashOffset", 0), 0);
    stroke->dash_len = dash_count;
    for (int i = 0; i < dash_count; i++)
        stroke->dash_list[i] = (float)(dashes[i] > 0 ? dashes[i] : 0);
    return stroke;
}

/* Short dashes on a very long line would take minutes. Throws. */
static void limit_dashes(fz_context *ctx, const fz_path *path, fz_stroke_state *stroke)
{
    const fz_rect bounds = fz_bound_path(ctx, path, NULL, fz_identity);
    float pattern = 0;

    for (int i = 0; i < stroke->dash_len; i++)
        pattern += stroke->dash_list[i];
    if (hypotf(bounds.x1 - bounds.x0, bounds.y1 - bounds.y0) > pattern * OFD_DASHES_MAX)
        stroke->dash_len = 0;
}

/* Throws. */
static void paint_path(ofd_drawing *drawing, const ofd_object *object, const fz_path *path,
                       const fz_stroke_state *stroke, fz_matrix ctm)
{
    fz_context *ctx = drawing->ctx;
    const char *rule = ofd_attribute(object->node, "Rule");
    ofd_colour colour;
    float components[3];

    if (ofd_object_paint(object, OFD_FILL, &colour)) {
        to_components(colour, components);
        fz_fill_path(ctx, drawing->device, path, rule && strcmp(rule, "Even-Odd") == 0, ctm, fz_device_rgb(ctx),
                     components, (float)colour.alpha, fz_default_color_params);
    }
    if (ofd_object_paint(object, OFD_STROKE, &colour)) {
        to_components(colour, components);
        fz_stroke_path(ctx, drawing->device, path, stroke, ctm, fz_device_rgb(ctx), components, (float)colour.alpha,
                       fz_default_color_params);
    }
}

/* The boundary clips; producers draw lines a little beyond theirs, and those without a size mean no limit. Throws. */
static bool clip_to_boundary(ofd_drawing *drawing, const ofd_object *object, fz_rect bounds, double line_width)
{
    const fz_matrix outer = fz_concat(ofd_to_fitz(object->outer), drawing->base);
    const ofd_box own = {.width = object->boundary.width, .height = object->boundary.height};

    if (own.width <= 0 || own.height <= 0)
        return false;
    const fz_rect allowed = grow(ofd_to_rect(own), OFD_SLACK + line_width);
    const fz_rect seen = fz_transform_rect(allowed, outer);
    if (bounds.x0 >= seen.x0 && bounds.y0 >= seen.y0 && bounds.x1 <= seen.x1 && bounds.y1 <= seen.y1)
        return false;
    ofd_clip_rect(drawing->ctx, drawing->device, allowed, outer);
    return true;
}

/* Throws. */
static void draw_path(ofd_drawing *drawing, const ofd_object *object, fz_matrix ctm)
{
    fz_context *ctx = drawing->ctx;
    fz_path *path = NULL;
    fz_stroke_state *stroke = NULL;
    bool clipped = false;

    fz_var(path);
    fz_var(stroke);
    fz_var(clipped);
    fz_try(ctx)
    {
        path =
            ofd_new_path(ctx, ofd_text(drawing->renderer->decoded->arena, ofd_child(object->node, "AbbreviatedData")));
        stroke = new_stroke(ctx, object);
        limit_dashes(ctx, path, stroke);
        clipped = clip_to_boundary(drawing, object, fz_bound_path(ctx, path, stroke, ctm), stroke->linewidth);
        paint_path(drawing, object, path, stroke, ctm);
    }
    fz_always(ctx)
    {
        if (clipped)
            fz_pop_clip(ctx, drawing->device);
        fz_drop_stroke_state(ctx, stroke);
        fz_drop_path(ctx, path);
    }
    fz_catch(ctx) fz_rethrow(ctx);
}

/* Pictures -------------------------------------------------------------------------------------------------------- */

/* The header alone is read here; NULL for what is no picture or too large. */
static fz_image *open_image(ofd_drawing *drawing, const uint8_t *data, size_t length)
{
    fz_context *ctx = drawing->ctx;
    fz_buffer *buffer = NULL;
    fz_image *image = NULL;

    fz_var(buffer);
    fz_var(image);
    fz_try(ctx)
    {
        buffer = fz_new_buffer_from_shared_data(ctx, data, length);
        image = fz_new_image_from_buffer(ctx, buffer);
    }
    fz_always(ctx) fz_drop_buffer(ctx, buffer);
    fz_catch(ctx)
    {
        ofd_draw_complain(drawing, fz_caught_message(ctx));
        return NULL;
    }
    if ((double)image->w * (double)image->h <= (double)drawing->renderer->decoded->limits.max_pixels)
        return image;
    ofd_draw_complain(drawing, "the picture has too many pixels");
    fz_drop_image(ctx, image);
    return NULL;
}

fz_image *ofd_draw_image(ofd_drawing *drawing, const uint8_t *data, size_t length)
{
    ofd_renderer *renderer = drawing->renderer;

    for (size_t i = 0; i < renderer->image_count; i++)
        if (renderer->images[i].data == data)
            return renderer->images[i].image;
    if (renderer->image_count == OFD_IMAGES_MAX)
        return NULL;
    fz_image *image = open_image(drawing, data, length);
    renderer->images[renderer->image_count].data = data;
    renderer->images[renderer->image_count].image = image;
    renderer->image_count++;
    return image;
}

/* Throws. */
static void draw_image(ofd_drawing *drawing, const ofd_object *object, fz_matrix ctm)
{
    const ofd_resource *resource = ofd_object_resource(object, OFD_MULTIMEDIA, "ResourceID");
    ofd_entry *entry = resource ? ofd_resource_file(object->document, resource, "MediaFile", drawing->number) : NULL;
    fz_image *image = entry ? ofd_draw_image(drawing, entry->data, entry->length) : NULL;
    fz_context *ctx = drawing->ctx;
    bool clipped = false;

    if (!image)
        return;
    if (!ofd_attribute(object->node, "CTM"))
        ctm = fz_pre_scale(ctm, (float)object->boundary.width, (float)object->boundary.height);
    fz_var(clipped);
    fz_try(ctx)
    {
        clipped = clip_to_boundary(drawing, object, fz_transform_rect(fz_unit_rect, ctm), 0);
        fz_fill_image(ctx, drawing->device, image, ctm, (float)object->alpha, fz_default_color_params);
    }
    fz_always(ctx) if (clipped) fz_pop_clip(ctx, drawing->device);
    fz_catch(ctx) fz_rethrow(ctx);
}

/* Objects --------------------------------------------------------------------------------------------------------- */

/* Opens the clip regions of an object. Throws. @param count  how many were opened, also when it throws */
static void open_clips(ofd_drawing *drawing, const ofd_object *object, fz_matrix ctm, int *count)
{
    fz_context *ctx = drawing->ctx;
    const xmlNode *clips = ofd_child(object->node, "Clips");
    fz_matrix space = ctm;

    if (!ofd_attribute_flag(clips, "TransFlag", true))
        space = fz_concat(ofd_to_fitz(object->outer), drawing->base);
    for (const xmlNode *clip = ofd_first(clips); clip; clip = ofd_next(clip)) {
        fz_path *path = ofd_new_clip(ctx, drawing->renderer->decoded->arena, clip, space);
        if (!path)
            continue;
        fz_try(ctx)
        {
            fz_clip_path(ctx, drawing->device, path, 0, fz_identity, fz_infinite_rect);
            ++*count;
        }
        fz_always(ctx) fz_drop_path(ctx, path);
        fz_catch(ctx) fz_rethrow(ctx);
    }
}

/* Throws. */
static void draw_object(ofd_drawing *drawing, const ofd_object *object)
{
    static void (*const draw[])(ofd_drawing *, const ofd_object *, fz_matrix) = {
        [OFD_TEXT_OBJECT] = draw_text, [OFD_PATH_OBJECT] = draw_path, [OFD_IMAGE_OBJECT] = draw_image};
    fz_context *ctx = drawing->ctx;
    const fz_matrix ctm = fz_concat(ofd_to_fitz(object->matrix), drawing->base);
    const char *mode = ofd_attribute(object->node, "BlendMode");
    const int blend = mode ? fz_lookup_blendmode(mode) : FZ_BLEND_NORMAL;
    bool group = false;
    int clips = 0;

    fz_var(group);
    fz_var(clips);
    fz_try(ctx)
    {
        if (blend != FZ_BLEND_NORMAL) {
            fz_begin_group(ctx, drawing->device, fz_infinite_rect, NULL, 1, 0, blend, 1);
            group = true;
        }
        open_clips(drawing, object, ctm, &clips);
        draw[object->kind](drawing, object, ctm);
    }
    fz_always(ctx)
    {
        for (; clips > 0; clips--)
            fz_pop_clip(ctx, drawing->device);
        if (group)
            fz_end_group(ctx, drawing->device);
    }
    fz_catch(ctx) fz_rethrow(ctx);
}

vouch_code ofd_draw_visit(void *self, const ofd_object *object, vouch_error *err)
{
    ofd_drawing *drawing = self;
    fz_context *ctx = drawing->ctx;
    bool no_memory = false;

    if (!object->visible || object->alpha <= 0)
        return VOUCH_OK;
    fz_var(no_memory);
    fz_try(ctx) draw_object(drawing, object);
    fz_catch(ctx)
    {
        no_memory = fz_caught(ctx) == FZ_ERROR_MEMORY;
        ofd_draw_complain(drawing, fz_caught_message(ctx));
    }
    return no_memory ? vouch_fail(err, VOUCH_NO_MEMORY, "drawing page %d", drawing->number) : VOUCH_OK;
}

static vouch_code draw_page(ofd_drawing *drawing, ofd_document *document, ofd_page *page, vouch_error *err)
{
    vouch_error why = VOUCH_ERROR_INIT;
    VOUCH_CLEANUP(ofd_xml_free) xmlDoc *doc = NULL;
    const ofd_visitor visitor = {.self = drawing, .visit = ofd_draw_visit};

    if (page->entry && page->failed == VOUCH_OK)
        page->failed = ofd_package_parse(document->package, page->entry, &doc, &why);
    return ofd_walk_page(document, page, doc ? xmlDocGetRootElement(doc) : NULL, &visitor, err);
}

/* Renderer -------------------------------------------------------------------------------------------------------- */

static vouch_code new_renderer(ofd_document *document, ofd_renderer **out, vouch_error *err)
{
    vouch_decoded *decoded = document->decoded;
    ofd_renderer *renderer = vouch_arena_alloc(decoded->arena, sizeof *renderer);
    fz_context *ctx = fz_new_context(NULL, NULL, OFD_STORE_BYTES);

    if (!ctx)
        return vouch_fail(err, VOUCH_NO_MEMORY, "drawing an OFD document");
    fz_set_warning_callback(ctx, ignore_message, NULL);
    fz_set_error_callback(ctx, ignore_message, NULL);
    renderer->ctx = ctx;
    renderer->decoded = decoded;
    fz_try(ctx) renderer->fonts = ofd_fonts_new(ctx, decoded->arena);
    fz_catch(ctx) renderer->fonts = NULL;
    if (!renderer->fonts) {
        fz_drop_context(ctx);
        return vouch_fail(err, VOUCH_INTERNAL, "the library's own fonts can't be opened");
    }
    *out = renderer;
    return VOUCH_OK;
}

void ofd_renderer_free(ofd_renderer **renderer)
{
    ofd_renderer *it = *renderer;

    *renderer = NULL;
    if (!it)
        return;
    for (size_t i = 0; i < it->image_count; i++)
        fz_drop_image(it->ctx, it->images[i].image);
    for (size_t i = 0; i < OFD_SEALS_MAX; i++)
        ofd_document_done(&it->nested[i]);
    ofd_fonts_done(it->ctx, it->fonts);
    fz_drop_context(it->ctx);
}

/* The raster's own samples become the pixmap that is drawn on. */
static fz_device *open_device(fz_context *ctx, vouch_raster *raster, fz_pixmap **pixmap)
{
    fz_device *device = NULL;

    fz_var(device);
    fz_try(ctx)
    {
        fz_colorspace *space = raster->channels == 1 ? fz_device_gray(ctx) : fz_device_rgb(ctx);
        const fz_irect area = fz_make_irect(0, 0, raster->width, raster->height);
        *pixmap = fz_new_pixmap_with_bbox_and_data(ctx, space, area, NULL, 0, raster->samples);
        device = fz_new_draw_device(ctx, fz_identity, *pixmap);
    }
    fz_catch(ctx) device = NULL;
    return device;
}

static vouch_code close_device(fz_context *ctx, fz_device *device, fz_pixmap *pixmap, vouch_error *err)
{
    vouch_code code = VOUCH_OK;

    fz_var(code);
    fz_try(ctx) fz_close_device(ctx, device);
    fz_always(ctx)
    {
        fz_drop_device(ctx, device);
        fz_drop_pixmap(ctx, pixmap);
    }
    fz_catch(ctx) code = vouch_fail(err, VOUCH_INTERNAL, "%s", fz_caught_message(ctx));
    return code;
}

vouch_code ofd_render(ofd_renderer **renderer, ofd_document *document, ofd_page *page, double scale, vouch_raster *out,
                      vouch_error *err)
{
    if (!*renderer)
        VOUCH_TRY(new_renderer(document, renderer, err));
    fz_context *ctx = (*renderer)->ctx;
    fz_pixmap *pixmap = NULL;
    fz_device *device = open_device(ctx, out, &pixmap);
    if (!device) {
        fz_drop_pixmap(ctx, pixmap);
        return vouch_fail(err, VOUCH_NO_MEMORY, "drawing page %d", page->number);
    }
    const float pixels = (float)(scale * OFD_POINTS);
    ofd_drawing drawing = {
        .renderer = *renderer,
        .ctx = ctx,
        .device = device,
        .base = fz_scale(pixels, pixels),
        .number = page->number,
        .chars_left = document->decoded->limits.max_glyphs,
    };
    document->objects_left = OFD_DOCUMENT_OBJECTS;
    const vouch_code drawn = draw_page(&drawing, document, page, err);
    if (drawn == VOUCH_OK) {
        drawing.base = fz_pre_translate(drawing.base, (float)-page->physical.x, (float)-page->physical.y);
        ofd_draw_stamps(&drawing, document, page);
    }
    const vouch_code closed = close_device(ctx, device, pixmap, drawn == VOUCH_OK ? err : NULL);
    return drawn != VOUCH_OK ? drawn : closed;
}
