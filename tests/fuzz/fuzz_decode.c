/*
 * A whole document of any format: opening with all that is embedded, drawing small, listing signatures. What opens
 * keeps the promises of decode.h, whichever handler it was.
 */
#include <math.h>

#include "vouch/decode.h"

#include "property.h"

static void check_page(const vouch_page *page, int number, size_t parts)
{
    REQUIRE(page->number == number && page->number_in_part >= 1 && (size_t)page->part < parts);
    REQUIRE(isfinite(page->width) && page->width > 0 && isfinite(page->height) && page->height > 0);
    REQUIRE(page->rotation == 0 || page->rotation == 90 || page->rotation == 180 || page->rotation == 270);
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
    vouch_error err = VOUCH_ERROR_INIT;

    if (vouch_decoded_render(decoded, page->number, 64 / longest, page->number % 2 ? 1 : 3, &raster, &err) == VOUCH_OK)
        REQUIRE(raster.width >= 1 && raster.width <= 65 && raster.height >= 1 && raster.height <= 65 && raster.samples);
    vouch_raster_done(&raster);
}

static void check_parts(vouch_decoded *decoded)
{
    size_t parts, signatures;
    const vouch_part *part = vouch_decoded_parts(decoded, &parts);
    for (size_t i = 0; i < parts; i++) {
        REQUIRE(part[i].parent < (int)i && part[i].path && part[i].name && part[i].relation);
        REQUIRE(part[i].data || part[i].length == 0);
        (void)vouch_decoded_pdf_signatures(decoded, (int)i, &signatures);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const vouch_decode_limits limits = {.max_bytes = 1 << 20,
                                        .max_pages = 4,
                                        .max_pixels = 1 << 20,
                                        .max_entries = 64,
                                        .max_entry_bytes = 1 << 20,
                                        .max_expanded_bytes = 4 << 20,
                                        .max_depth = 2,
                                        .max_glyphs = 10000};
    vouch_decoded *decoded = NULL;
    vouch_error err = VOUCH_ERROR_INIT;
    size_t pages, parts, tags;

    if (vouch_decode(data, size, &limits, &decoded, &err) != VOUCH_OK) {
        REQUIRE(!decoded && err.message[0]);
        return 0;
    }
    (void)vouch_decoded_parts(decoded, &parts);
    const vouch_page *page = vouch_decoded_pages(decoded, &pages);
    REQUIRE(pages <= limits.max_pages);
    for (size_t i = 0; i < pages; i++) {
        check_page(&page[i], (int)i + 1, parts);
        draw_small(decoded, &page[i]);
    }
    check_parts(decoded);
    const vouch_tag *tag = vouch_decoded_tags(decoded, &tags);
    for (size_t i = 0; i < tags; i++)
        REQUIRE(tag[i].value && tag[i].page >= 0 && (size_t)tag[i].page <= pages && tag[i].row >= -1);
    vouch_decoded_free(&decoded);
    return 0;
}
