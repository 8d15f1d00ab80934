/*
 * Drawing the pictures of the seals onto their page (GB/T 33190-2016 clause 18.2): multiplied, so that the text under
 * them stays legible; cut to the stamp's Clip, by which a riding seal is spread over the edges of several pages.
 */
#include <string.h>

#include "ofd_draw.h"

/* A seal picture of type "ofd" is a document of one page. It has no stamps of its own: this is as deep as it goes. */
static ofd_document *nested_document(ofd_renderer *renderer, size_t index)
{
    const ofd_seal *seal = &renderer->stamps.seals[index];
    vouch_error why = VOUCH_ERROR_INIT;

    if (index >= OFD_SEALS_MAX || renderer->nested_failed[index])
        return NULL;
    if (renderer->nested[index])
        return renderer->nested[index];
    if (ofd_document_load(renderer->decoded, seal->data, seal->length, &renderer->nested[index], &why) != VOUCH_OK ||
        renderer->nested[index]->page_count == 0) {
        renderer->nested_failed[index] = true;
        vouch_problem_add(renderer->decoded->arena, &renderer->decoded->problems, VOUCH_BAD_FORMAT, "warning", 0,
                          "OFD: the picture of a seal can't be read: %s",
                          why.code == VOUCH_OK ? "it has no page" : why.message);
        return NULL;
    }
    return renderer->nested[index];
}

static void draw_nested_seal(ofd_drawing *drawing, const ofd_stamp *stamp)
{
    ofd_document *document = nested_document(drawing->renderer, stamp->seal);
    vouch_error why = VOUCH_ERROR_INIT;
    VOUCH_CLEANUP(ofd_xml_free) xmlDoc *doc = NULL;
    ofd_drawing inner = *drawing;

    if (!document)
        return;
    ofd_page *page = &document->pages[0];
    if (!page->entry || ofd_package_parse(document->package, page->entry, &doc, &why) != VOUCH_OK)
        return;
    page->physical = ofd_document_page_area(document, xmlDocGetRootElement(doc));
    inner.base = fz_pre_translate(drawing->base, (float)stamp->boundary.x, (float)stamp->boundary.y);
    inner.base = fz_pre_scale(inner.base, (float)(stamp->boundary.width / page->physical.width),
                              (float)(stamp->boundary.height / page->physical.height));
    const ofd_visitor visitor = {.self = &inner, .visit = ofd_draw_visit};
    if (ofd_walk_page(document, page, xmlDocGetRootElement(doc), &visitor, &why) != VOUCH_OK)
        ofd_draw_complain(drawing, why.message);
}

static void draw_seal_image(ofd_drawing *drawing, const ofd_stamp *stamp)
{
    const ofd_seal *seal = &drawing->renderer->stamps.seals[stamp->seal];
    fz_context *ctx = drawing->ctx;
    fz_image *image = ofd_draw_image(drawing, seal->data, seal->length);
    const fz_matrix unit = fz_make_matrix((float)stamp->boundary.width, 0, 0, (float)stamp->boundary.height,
                                          (float)stamp->boundary.x, (float)stamp->boundary.y);

    if (!image)
        return;
    fz_try(ctx) fz_fill_image(ctx, drawing->device, image, fz_concat(unit, drawing->base), 1, fz_default_color_params);
    fz_catch(ctx) ofd_draw_complain(drawing, fz_caught_message(ctx));
}

/* Throws. @param opened  how many of clip and group were opened, in this order, also when it throws */
static void open_stamp(ofd_drawing *drawing, const ofd_stamp *stamp, int *opened)
{
    fz_context *ctx = drawing->ctx;
    ofd_box clip = {.width = stamp->boundary.width, .height = stamp->boundary.height};

    if (stamp->clip.width > 0 && stamp->clip.height > 0)
        clip = stamp->clip;
    clip.x += stamp->boundary.x;
    clip.y += stamp->boundary.y;
    ofd_clip_rect(ctx, drawing->device, ofd_to_rect(clip), drawing->base);
    *opened = 1;
    fz_begin_group(ctx, drawing->device, fz_transform_rect(ofd_to_rect(clip), drawing->base), NULL, 1, 0,
                   FZ_BLEND_MULTIPLY, 1);
    *opened = 2;
}

static void draw_stamp(ofd_drawing *drawing, const ofd_stamp *stamp)
{
    const ofd_seal *seal = &drawing->renderer->stamps.seals[stamp->seal];
    fz_context *ctx = drawing->ctx;
    int opened = 0;

    if (stamp->boundary.width <= 0 || stamp->boundary.height <= 0)
        return;
    fz_var(opened);
    fz_try(ctx) open_stamp(drawing, stamp, &opened);
    fz_catch(ctx) ofd_draw_complain(drawing, fz_caught_message(ctx));
    if (opened == 2) {
        if (seal->length >= 4 && memcmp(seal->data, "PK\3\4", 4) == 0)
            draw_nested_seal(drawing, stamp);
        else
            draw_seal_image(drawing, stamp);
    }
    fz_try(ctx)
    {
        if (opened == 2)
            fz_end_group(ctx, drawing->device);
        if (opened >= 1)
            fz_pop_clip(ctx, drawing->device);
    }
    fz_catch(ctx) ofd_draw_complain(drawing, fz_caught_message(ctx));
}

void ofd_draw_stamps(ofd_drawing *drawing, ofd_document *document, const ofd_page *page)
{
    ofd_renderer *renderer = drawing->renderer;

    if (!renderer->stamps_loaded)
        ofd_load_stamps(document, &renderer->stamps);
    renderer->stamps_loaded = true;
    for (size_t i = 0; i < renderer->stamps.count; i++)
        if (renderer->stamps.items[i].page_id == page->id)
            draw_stamp(drawing, &renderer->stamps.items[i]);
}
