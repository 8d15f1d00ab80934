/*
 * OFD packages: opening and drawing. Whatever opens keeps its promises: glyphs and tags refer to pages that exist,
 * their characters are Unicode, sizes make sense, and each page can be drawn small.
 */
#include <math.h>

#include "vouch/decode.h"

#include "property.h"

static void check_page(const vouch_page *page)
{
    REQUIRE(isfinite(page->width) && page->width > 0 && isfinite(page->height) && page->height > 0);
    for (size_t i = 0; i < page->glyph_count; i++) {
        const vouch_glyph *glyph = &page->glyphs[i];
        REQUIRE(glyph->codepoint != 0 && glyph->codepoint <= 0x10FFFF);
        REQUIRE(glyph->codepoint < 0xD800 || glyph->codepoint > 0xDFFF);
        REQUIRE(glyph->box.x0 <= glyph->box.x1 && glyph->box.y0 <= glyph->box.y1);
        REQUIRE(isfinite(glyph->box.x0) && isfinite(glyph->box.y1) && isfinite(glyph->size));
    }
}

static void draw_small(vouch_decoded *decoded, const vouch_page *page)
{
    const double longest = page->width > page->height ? page->width : page->height;
    vouch_raster raster = {0};

    if (vouch_decoded_render(decoded, page->number, 64 / longest, 1, &raster, NULL) == VOUCH_OK)
        REQUIRE(raster.width <= 65 && raster.height <= 65 && raster.samples);
    vouch_raster_done(&raster);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const vouch_decode_limits limits = {.max_bytes = 1 << 20,
                                        .max_pages = 4,
                                        .max_pixels = 1 << 20,
                                        .max_entries = 64,
                                        .max_entry_bytes = 1 << 20,
                                        .max_expanded_bytes = 4 << 20,
                                        .max_glyphs = 10000};
    vouch_decoded *decoded = NULL;
    size_t pages, tags;

    if (vouch_format_recognise(data, size) != VOUCH_FORMAT_OFD ||
        vouch_decode(data, size, &limits, &decoded, NULL) != VOUCH_OK)
        return 0;
    (void)vouch_decoded_pages(decoded, &pages);
    for (size_t i = 0; i < pages; i++) {
        check_page(&vouch_decoded_pages(decoded, &pages)[i]);
        draw_small(decoded, &vouch_decoded_pages(decoded, &pages)[i]);
    }
    const vouch_tag *tag = vouch_decoded_tags(decoded, &tags);
    for (size_t i = 0; i < tags; i++)
        REQUIRE(tag[i].value && tag[i].page >= 0 && (size_t)tag[i].page <= pages && tag[i].row >= -1);
    vouch_decoded_free(&decoded);
    return 0;
}
