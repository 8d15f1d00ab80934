/*
 * Fonts for drawing. Chinese invoices hardly ever embed theirs: the page says "楷体" or "Courier New" and leaves the
 * rest to the viewer, while every position comes from the delta lists. So substitutes look right: Han from the
 * library's own Source Han Serif, the rest from the base 14 fonts, whose digits are as wide (half an em) as those of
 * Chinese fonts.
 */
#include <string.h>
#include <strings.h>

#include "ofd_draw.h"

#define OFD_EMBEDDED_MAX 64
#define OFD_LATIN_END    0x250 /* below: Latin with its extensions */

/* What a font name contains, and the base 14 font that stands for it. The last row takes all. */
static const struct {
    const char *part, *substitute;
} substitutes[] = {
    {"courier", "Courier"},   {"consol", "Courier"},   {"mono", "Courier"},   {"ocr", "Courier"},
    {"arial", "Helvetica"},   {"helvet", "Helvetica"}, {"sans", "Helvetica"}, {"verdana", "Helvetica"},
    {"calibri", "Helvetica"}, {"hei", "Helvetica"},    {"黑", "Helvetica"},   {"", "Times-Roman"},
};

#define OFD_SUBSTITUTES (sizeof substitutes / sizeof *substitutes)

struct ofd_fonts {
    vouch_arena *arena;
    fz_font *latin[OFD_SUBSTITUTES];
    fz_font *han;
    struct {
        const xmlNode *node;
        fz_font *font; /* NULL: it can't be used */
    } embedded[OFD_EMBEDDED_MAX];
    size_t embedded_count;
};

ofd_fonts *ofd_fonts_new(fz_context *ctx, vouch_arena *arena)
{
    ofd_fonts *fonts = vouch_arena_alloc(arena, sizeof *fonts);

    fonts->arena = arena;
    fonts->han = fz_new_cjk_font(ctx, FZ_ADOBE_GB);
    return fonts;
}

void ofd_fonts_done(fz_context *ctx, ofd_fonts *fonts)
{
    if (!fonts)
        return;
    for (size_t i = 0; i < OFD_SUBSTITUTES; i++)
        fz_drop_font(ctx, fonts->latin[i]);
    for (size_t i = 0; i < fonts->embedded_count; i++)
        fz_drop_font(ctx, fonts->embedded[i].font);
    fz_drop_font(ctx, fonts->han);
}

/* A font file of the package. A damaged one is as good as none. */
static fz_font *open_embedded(fz_context *ctx, const ofd_object *object, const ofd_resource *resource)
{
    fz_buffer *buffer = NULL;
    fz_font *font = NULL;

    if (!ofd_child(resource->node, "FontFile"))
        return NULL;
    ofd_entry *entry = ofd_resource_file(object->document, resource, "FontFile", object->page->number);
    if (!entry || entry->length == 0)
        return NULL;
    fz_var(buffer);
    fz_var(font);
    fz_try(ctx)
    {
        buffer = fz_new_buffer_from_shared_data(ctx, entry->data, entry->length);
        font = fz_new_font_from_buffer(ctx, NULL, buffer, 0, 0);
    }
    fz_always(ctx) fz_drop_buffer(ctx, buffer);
    fz_catch(ctx) font = NULL;
    return font;
}

static fz_font *embedded_font(fz_context *ctx, ofd_fonts *fonts, const ofd_object *object, const ofd_resource *resource)
{
    for (size_t i = 0; i < fonts->embedded_count; i++)
        if (fonts->embedded[i].node == resource->node)
            return fonts->embedded[i].font;
    if (fonts->embedded_count == OFD_EMBEDDED_MAX)
        return NULL;
    fz_font *font = open_embedded(ctx, object, resource);
    fonts->embedded[fonts->embedded_count].node = resource->node;
    fonts->embedded[fonts->embedded_count].font = font;
    fonts->embedded_count++;
    return font;
}

ofd_face ofd_fonts_face(fz_context *ctx, ofd_fonts *fonts, const ofd_object *object)
{
    const ofd_resource *resource = ofd_object_resource(object, OFD_FONT, "Font");
    const char *name = resource ? ofd_attribute(resource->node, "FontName") : NULL;
    ofd_face face = {0};
    size_t row = 0;

    if (resource)
        face.embedded = embedded_font(ctx, fonts, object, resource);
    while (row + 1 < OFD_SUBSTITUTES && !strcasestr(name ? name : "", substitutes[row].part))
        row++;
    if (!fonts->latin[row])
        fonts->latin[row] = fz_new_base14_font(ctx, substitutes[row].substitute);
    face.latin = fonts->latin[row];
    return face;
}

ofd_glyph ofd_fonts_glyph(fz_context *ctx, ofd_fonts *fonts, const ofd_face *face, const ofd_char *c)
{
    const int codepoint = (int)c->codepoint;
    ofd_glyph glyph = {.font = face->embedded};

    if (face->embedded) {
        glyph.index = c->glyph >= 0 ? c->glyph : fz_encode_character(ctx, face->embedded, codepoint);
        if (glyph.index > 0)
            return glyph;
    }
    if (c->codepoint < OFD_LATIN_END) {
        glyph.font = face->latin;
        glyph.index = fz_encode_character(ctx, face->latin, codepoint);
        if (glyph.index > 0)
            return glyph;
    }
    glyph.index = fz_encode_character_with_fallback(ctx, fonts->han, codepoint, 0, FZ_LANG_zh_Hans, &glyph.font);
    return glyph;
}
