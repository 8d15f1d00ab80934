#include "test_text_sheet.h"

#include <stdlib.h>
#include <string.h>

#include "vouch/text.h"

static const double PointsPerMm = 72 / 25.4;

/* A small generator of its own, so that every run and every machine draws the same sheets. */
static unsigned next_random(drawn_sheet *sheet)
{
    sheet->random = sheet->random * 1103515245u + 12345u;
    return sheet->random >> 16;
}

static void add(drawn_sheet *sheet, vouch_glyph glyph)
{
    if (sheet->count == sheet->capacity) {
        sheet->capacity = sheet->capacity ? sheet->capacity * 2 : 1024;
        sheet->glyphs = reallocarray(sheet->glyphs, sheet->capacity, sizeof *sheet->glyphs);
        if (!sheet->glyphs)
            abort();
    }
    sheet->glyphs[sheet->count++] = glyph;
}

static double advance_of(uint32_t codepoint)
{
    return codepoint < 0x2E80 && codepoint != 0xA5 ? 0.5 : 1;
}

static double width_of(const sheet_text *text, double gap)
{
    double width = 0;
    size_t count = 0;
    for (const char *at = text->text, *end = at + strlen(at); at < end; count++)
        width += advance_of(vouch_utf8_next(&at, end)) * text->size;
    return width + (count ? (double)(count - 1) * gap * text->size : 0);
}

static uint32_t widen(uint32_t codepoint)
{
    return codepoint > 0x20 && codepoint < 0x7F ? codepoint + 0xFEE0 : codepoint;
}

static void draw_text(drawn_sheet *sheet, const sheet_text *text, double below, uint32_t object,
                      const sheet_disturbance *how)
{
    bool value = text->set & SHEET_VALUE;
    double gap = text->gap + (value ? 0 : how->label_gap);
    double x = text->x + (value ? how->value_x : 0), y = text->y + below + (value ? how->value_y : 0);
    if (text->set & SHEET_RIGHT)
        x -= width_of(text, gap);
    double unit = PointsPerMm * (how->scale > 0 ? how->scale : 1);
    for (const char *at = text->text, *end = at + strlen(at); at < end;) {
        uint32_t codepoint = vouch_utf8_next(&at, end);
        double advance = advance_of(codepoint) * text->size;
        vouch_glyph glyph = {.codepoint = value && how->full_width ? widen(codepoint) : codepoint,
                             .object = how->one_object ? 0 : object,
                             .box = {x * unit, y * unit, (x + advance) * unit, (y + text->size) * unit},
                             .size = (float)(text->size * unit),
                             .hidden = text->set & SHEET_HIDDEN};
        add(sheet, glyph);
        if (how->struck_twice && codepoint != ' ') {
            glyph.box.x0 += 0.03 * glyph.size;
            glyph.box.x1 += 0.03 * glyph.size;
            add(sheet, glyph);
        }
        if (text->set & SHEET_VERTICAL)
            y += text->size * (1 + gap);
        else
            x += advance + gap * text->size;
    }
}

static void shuffle(drawn_sheet *sheet)
{
    for (size_t i = sheet->count; i > 1; i--) {
        size_t j = next_random(sheet) % i;
        vouch_glyph swapped = sheet->glyphs[i - 1];
        sheet->glyphs[i - 1] = sheet->glyphs[j];
        sheet->glyphs[j] = swapped;
    }
}

drawn_sheet sheet_draw(const sheet_text *const *forms, size_t form_count, double below, const sheet_disturbance *how)
{
    drawn_sheet drawn = {.random = 7};
    uint32_t object = 1;
    for (size_t f = 0; f < form_count; f++)
        for (const sheet_text *text = forms[f]; text->text; text++)
            draw_text(&drawn, text, below * (double)f, object++, how);
    if (how->glyph_objects)
        for (size_t i = 0; i < drawn.count; i++)
            drawn.glyphs[i].object = (uint32_t)i;
    if (how->shuffled)
        shuffle(&drawn);
    double unit = PointsPerMm * (how->scale > 0 ? how->scale : 1);
    double height = below > 0 ? below * (double)form_count : 140;
    drawn.page = (vouch_page){.number = 1,
                              .number_in_part = 1,
                              .width = 210 * unit,
                              .height = height * unit,
                              .unit = "pt",
                              .glyphs = drawn.glyphs,
                              .glyph_count = drawn.count};
    return drawn;
}

void sheet_done(drawn_sheet *sheet)
{
    free(sheet->glyphs);
    sheet->glyphs = NULL;
}
