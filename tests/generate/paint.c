/**
 * Sheets as pictures: glyphs by FreeType without hinting, rules and QR codes with exact coverage, seals along an oval.
 *
 * Fonts are those of four Debian packages at fixed paths (no look-up by name, which differs from machine to machine).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_OUTLINE_H

#include "picture.h"
#include "vouch/text.h"

static const struct face_file {
    const char *path, *package;
    double squeeze; /* so that ASCII is half an em wide; 0: as wide as it is */
} face_files[FACE_COUNT] = {
    [FACE_SONG] = {"/usr/share/fonts/truetype/arphic-gbsn00lp/gbsn00lp.ttf", "fonts-arphic-gbsn00lp", 1},
    [FACE_KAI] = {"/usr/share/fonts/truetype/arphic-gkai00mp/gkai00mp.ttf", "fonts-arphic-gkai00mp", 1},
    [FACE_HEI] = {"/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", "fonts-wqy-microhei", 0.9},
    [FACE_MONO] = {"/usr/share/fonts/truetype/liberation/LiberationMono-Regular.ttf", "fonts-liberation", 0.5 / 0.6},
    [FACE_SANS] = {"/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf", "fonts-liberation", 0.9},
};

static const double MmPerInch = 25.4;

static vouch_code face_of(picture_face wanted, FT_Face *out, vouch_error *err)
{
    static FT_Library library; /* cache: fonts are opened once a process */
    static FT_Face faces[FACE_COUNT];
    if (!library && FT_Init_FreeType(&library) != 0)
        return vouch_fail(err, VOUCH_NO_MEMORY, "starting FreeType");
    if (!faces[wanted] && FT_New_Face(library, face_files[wanted].path, 0, &faces[wanted]) != 0)
        return vouch_fail(err, VOUCH_IO, "%s is not there; it is in the package %s", face_files[wanted].path,
                          face_files[wanted].package);
    *out = faces[wanted];
    return VOUCH_OK;
}

void picture_touch(picture *p)
{
    free(p->jpeg);
    p->jpeg = NULL;
    p->jpeg_length = 0;
}

void picture_done(picture *p)
{
    pixDestroy(&p->pix);
    picture_touch(p);
    vouch_arena_free(&p->arena);
}

void picture_replace(picture *p, PIX *pix)
{
    picture_touch(p);
    pixDestroy(&p->pix);
    p->pix = pix;
}

/** Ink over what is there, as much of it as it covers: darker than both, as on paper. */
static void ink(picture *p, int x, int y, uint32_t colour, int coverage)
{
    if (x < 0 || y < 0 || x >= pixGetWidth(p->pix) || y >= pixGetHeight(p->pix) || coverage <= 0)
        return;
    l_uint32 *at = pixGetData(p->pix) + (size_t)y * (size_t)pixGetWpl(p->pix) + x;
    l_uint32 mixed = 0;
    for (int shift = 24, from = 16; from >= 0; shift -= 8, from -= 8) {
        int below = (int)(*at >> shift & 0xFF), above = (int)(colour >> from & 0xFF);
        mixed |= (l_uint32)((below * (255 - coverage) + above * coverage + 127) / 255) << shift;
    }
    *at = mixed;
}

static int cut(double value)
{
    return value < 0 ? -(int)-value - 1 : (int)value;
}

/** Part of a pixel's side that lies in a range, in 255ths. */
static int covered(int pixel, double from, double to)
{
    double low = from > pixel ? from : pixel, high = to < pixel + 1 ? to : pixel + 1;
    return high > low ? (int)(255 * (high - low) + 0.5) : 0;
}

void picture_fill(picture *p, double x0, double y0, double x1, double y1, uint32_t colour, int strength)
{
    for (int y = cut(y0); y <= cut(y1); y++)
        for (int x = cut(x0); x <= cut(x1); x++)
            ink(p, x, y, colour, covered(x, x0, x1) * covered(y, y0, y1) / 255 * strength / 255);
}

void picture_stroke(picture *p, double x0, double y0, double x1, double y1, double width, uint32_t colour, int strength)
{
    double dx = x1 - x0, dy = y1 - y0, length = dx * dx + dy * dy, half = width / 2;
    int top = cut((y0 < y1 ? y0 : y1) - half - 1), bottom = cut((y0 < y1 ? y1 : y0) + half + 1);
    int left = cut((x0 < x1 ? x0 : x1) - half - 1), right = cut((x0 < x1 ? x1 : x0) + half + 1);
    for (int y = top; y <= bottom; y++)
        for (int x = left; x <= right; x++) {
            double px = x + 0.5 - x0, py = y + 0.5 - y0, t = length > 0 ? (px * dx + py * dy) / length : 0;
            t = t < 0 ? 0 : t > 1 ? 1 : t;
            double off_x = px - t * dx, off_y = py - t * dy, off = half + 0.5 - sqrt(off_x * off_x + off_y * off_y);
            ink(p, x, y, colour, off <= 0 ? 0 : off >= 1 ? strength : (int)(off * strength));
        }
}

/** The font that has a character: the pen's, else the one with the widest stock. */
static vouch_code glyph_of(const picture_pen *pen, uint32_t codepoint, picture_face *face, FT_Face *font,
                           FT_UInt *glyph, vouch_error *err)
{
    const picture_face tried[] = {pen->face, FACE_SONG, FACE_HEI};
    for (size_t i = 0; i < sizeof tried / sizeof *tried; i++) {
        *face = tried[i];
        VOUCH_TRY(face_of(tried[i], font, err));
        *glyph = FT_Get_Char_Index(*font, codepoint);
        if (*glyph)
            return VOUCH_OK;
    }
    return VOUCH_OK; /* the font's sign for none */
}

static FT_Fixed fixed(double value)
{
    return (FT_Fixed)(value * 65536 + (value < 0 ? -0.5 : 0.5));
}

vouch_code picture_glyph(picture *p, const picture_pen *pen, double x, double baseline, uint32_t codepoint,
                         vouch_error *err)
{
    picture_face face = pen->face;
    FT_Face font = NULL;
    FT_UInt glyph = 0;
    VOUCH_TRY(glyph_of(pen, codepoint, &face, &font, &glyph, err));
    double squeeze = codepoint < 0x80 && !pen->proportional ? face_files[face].squeeze : 1;
    FT_Matrix matrix = {fixed(pen->turn[0] * squeeze), fixed(pen->turn[1]), fixed(pen->turn[2] * squeeze),
                        fixed(pen->turn[3])};
    FT_Vector offset = {(FT_Pos)((x - cut(x)) * 64), (FT_Pos)(-(baseline - cut(baseline)) * 64)};
    FT_Set_Transform(font, &matrix, &offset);
    if (FT_Set_Char_Size(font, 0, (FT_F26Dot6)(pen->size * 64 + 0.5), 72, 72) != 0 ||
        FT_Load_Glyph(font, glyph, FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP | FT_LOAD_RENDER) != 0)
        return vouch_fail(err, VOUCH_INTERNAL, "U+%04X can't be drawn", codepoint);
    const FT_GlyphSlot slot = font->glyph;
    for (unsigned row = 0; row < slot->bitmap.rows; row++)
        for (unsigned column = 0; column < slot->bitmap.width; column++)
            ink(p, cut(x) + slot->bitmap_left + (int)column, cut(baseline) - slot->bitmap_top + (int)row, pen->colour,
                slot->bitmap.buffer[row * (unsigned)slot->bitmap.pitch + column] * pen->strength / 255);
    return VOUCH_OK;
}

/** Of one character: its own in a proportional font. */
static double advance_of(const picture_pen *pen, uint32_t c)
{
    FT_Face font;
    if (pen->proportional && face_of(pen->face, &font, NULL) == VOUCH_OK &&
        FT_Load_Char(font, c, FT_LOAD_NO_SCALE) == 0)
        return pen->size * (double)font->glyph->advance.x / font->units_per_EM;
    return c < 0x80 ? pen->size / 2 : pen->size;
}

double picture_width(const picture_pen *pen, const char *text)
{
    double width = 0;
    const char *end = text + strlen(text);
    for (uint32_t c; (c = vouch_utf8_next(&text, end));)
        width += advance_of(pen, c);
    return width;
}

vouch_code picture_write(picture *p, const picture_pen *pen, double x, double y, const char *text, vouch_error *err)
{
    const char *end = text + strlen(text);
    for (uint32_t c; (c = vouch_utf8_next(&text, end)); x += advance_of(pen, c))
        VOUCH_TRY(picture_glyph(p, pen, x, y + 0.86 * pen->size, c == 0xA5 ? 0xFFE5 : c, err));
    return VOUCH_OK;
}

picture_line *picture_add_line(picture *p, const char *kind, const char *text, double x0, double y0, double x1,
                               double y1)
{
    picture_line *line = VOUCH_ARENA_PUSH(p->arena, p->lines, p->line_count, p->line_capacity);
    *line = (picture_line){.text = vouch_arena_strdup(p->arena, text),
                           .kind = kind,
                           .invoice = -1,
                           .row = -1,
                           .x = {x0, x1, x1, x0},
                           .y = {y0, y0, y1, y1}};
    return line;
}

/** Characters along the upper or the lower half of an oval. */
static vouch_code write_arc(picture *p, const picture_pen *pen, const sheet_seal *drawn, double dots, const char *text,
                            double spread, vouch_error *err)
{
    size_t count = vouch_utf8_length(text), i = 0;
    double reach = 0.385; /* of the diameters */
    const char *end = text + strlen(text);
    for (uint32_t c; (c = vouch_utf8_next(&text, end)); i++) {
        double angle = count > 1 ? -spread + 2 * spread * (double)i / (double)(count - 1) : 0; /* 0: the top */
        double sine = picture_sine(angle), cosine = picture_cosine(angle);
        picture_pen turned = *pen;
        turned.turn[0] = turned.turn[3] = cosine;
        turned.turn[1] = sine;
        turned.turn[2] = -sine;
        double x = (drawn->x + reach * drawn->width * sine) * dots,
               y = (drawn->y - reach * drawn->height * cosine) * dots;
        x -= pen->size * (0.5 * cosine + 0.36 * sine);
        y -= pen->size * (0.5 * sine - 0.36 * cosine);
        VOUCH_TRY(picture_glyph(p, &turned, x, y, c, err));
    }
    return VOUCH_OK;
}

static void oval(picture *p, const sheet_seal *drawn, double dots, double inset, double width, uint32_t colour,
                 int strength)
{
    double a = (drawn->width / 2 - inset) * dots, b = (drawn->height / 2 - inset) * dots, thick = width * dots;
    int left = cut(drawn->x * dots - a - thick), right = cut(drawn->x * dots + a + thick);
    int top = cut(drawn->y * dots - b - thick), bottom = cut(drawn->y * dots + b + thick);
    for (int y = top; y <= bottom; y++)
        for (int x = left; x <= right; x++) {
            double dx = (x + 0.5 - drawn->x * dots) / a, dy = (y + 0.5 - drawn->y * dots) / b;
            double r = sqrt(dx * dx + dy * dy), gx = dx / a, gy = dy / b, slope = sqrt(gx * gx + gy * gy);
            if (r <= 0 || slope <= 0)
                continue;
            double away = (r - 1) * r / slope; /* pixels from the curve, to first order */
            double edge = thick / 2 + 0.5 - (away < 0 ? -away : away);
            ink(p, x, y, colour, edge <= 0 ? 0 : edge >= 1 ? strength : (int)(edge * strength));
        }
}

vouch_code picture_seal(picture *p, const sheet_seal *drawn, double dots, int strength, vouch_error *err)
{
    const uint32_t red = 0xE01818;
    oval(p, drawn, dots, 0.5, 0.8, red, strength);
    picture_pen pen = {PICTURE_PEN_DEFAULT, .face = FACE_SONG, .colour = red};
    pen.strength = strength;
    size_t count = vouch_utf8_length(drawn->upper);
    double arc = drawn->width + drawn->height; /* of the text's part of the oval, near enough */
    double size = arc * 0.9 / (double)(count + 4), most = 0.17 * drawn->height;
    pen.size = (size < most ? size : most) * dots;
    VOUCH_TRY(write_arc(p, &pen, drawn, dots, drawn->upper, count > 10 ? 118 : 100, err));
    const char *const flat[] = {drawn->middle, drawn->lower};
    for (size_t i = 0; i < 2; i++) {
        double room = (i == 0 ? 0.72 : 0.5) * drawn->width, em = 0.15 * drawn->height;
        double width = sheet_width_of(flat[i], em);
        em *= width > room ? room / width : 1;
        pen.size = em * dots;
        VOUCH_TRY(picture_write(p, &pen, drawn->x * dots - sheet_width_of(flat[i], em) * dots / 2,
                                (drawn->y - 0.06 * drawn->height + 0.26 * drawn->height * (double)i) * dots, flat[i],
                                err));
    }
    return VOUCH_OK;
}

/** Fonts of a document: what the form prints, what is filled in; digits often come from another one. */
typedef struct fonts {
    picture_face form, filled, figures;
} fonts;

static fonts fonts_of(const sheet *painted, uint64_t seed)
{
    if (painted->face == SHEET_LATIN)
        return (fonts){FACE_SANS, FACE_SANS, FACE_SANS};
    static const fonts sets[] = {
        {FACE_KAI, FACE_SONG, FACE_MONO}, {FACE_KAI, FACE_SONG, FACE_SONG}, {FACE_SONG, FACE_SONG, FACE_SONG},
        {FACE_SONG, FACE_HEI, FACE_MONO}, {FACE_HEI, FACE_SONG, FACE_MONO}, {FACE_KAI, FACE_KAI, FACE_MONO},
    };
    uint64_t state = seed ^ 0xF0715;
    return sets[seed == 0 ? 0 : generate_pick(&state, sizeof sets / sizeof *sets)];
}

static bool is_figures(const char *text)
{
    size_t length = strlen(text);
    return strspn(text, "0123456789.-%*ABCDEFGHIJKLMNOPQRSTUVWXYZ") == length;
}

static vouch_code paint_text(picture *p, const sheet *painted, const sheet_text *drawn, const fonts *set,
                             vouch_error *err)
{
    double dots = p->dots_per_mm;
    bool form = drawn->ink == INK_FORM;
    picture_pen pen = {PICTURE_PEN_DEFAULT, .size = drawn->size * dots, .proportional = painted->face == SHEET_LATIN};
    pen.face = form ? set->form : is_figures(drawn->text) ? set->figures : set->filled;
    pen.colour = drawn->colour;
    double x = drawn->x * dots, y = drawn->y * dots;
    VOUCH_TRY(picture_write(p, &pen, x, y, drawn->text, err));
    picture_line *line = picture_add_line(p, form ? "form" : "filled", drawn->text, x, y,
                                          x + picture_width(&pen, drawn->text), y + pen.size);
    line->field = drawn->field;
    line->invoice = drawn->invoice;
    line->row = drawn->row;
    return VOUCH_OK;
}

static vouch_code paint_code(picture *p, const sheet_code *drawn, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_free_pointer) uint8_t *modules = NULL;
    int side = 0;
    VOUCH_TRY(generate_qr(drawn->payload, &modules, &side, err));
    double cell = drawn->side * p->dots_per_mm / side, left = drawn->x * p->dots_per_mm,
           top = drawn->y * p->dots_per_mm;
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++)
            if (modules[y * side + x])
                picture_fill(p, left + x * cell, top + y * cell, left + (x + 1) * cell, top + (y + 1) * cell, 0x080808,
                             255);
    return VOUCH_OK;
}

static vouch_code paint_page(picture *p, const sheet *painted, int page, uint64_t seed, vouch_error *err)
{
    const double pen = 0.22; /* mm */
    double dots = p->dots_per_mm;
    fonts set = fonts_of(painted, seed);
    for (size_t i = 0; i < painted->rule_count; i++) {
        const sheet_rule *rule = &painted->rules[i];
        if (rule->page == page)
            picture_fill(p, (rule->x0 - pen / 2) * dots, (rule->y0 - pen / 2) * dots, (rule->x1 + pen / 2) * dots,
                         (rule->y1 + pen / 2) * dots, rule->colour, 255);
    }
    for (size_t i = 0; i < painted->text_count; i++)
        if (painted->texts[i].page == page)
            VOUCH_TRY(paint_text(p, painted, &painted->texts[i], &set, err));
    for (size_t i = 0; i < painted->code_count; i++)
        if (painted->codes[i].page == page)
            VOUCH_TRY(paint_code(p, &painted->codes[i], err));
    for (size_t i = 0; i < painted->seal_count; i++)
        if (painted->seals[i].page == page)
            VOUCH_TRY(picture_seal(p, &painted->seals[i], dots, 210, err));
    return VOUCH_OK;
}

vouch_code picture_paint(const sheet *painted, int page, int dpi, uint64_t seed, picture *out, vouch_error *err)
{
    VOUCH_CLEANUP(picture_done)
    picture p = {.dots_per_mm = dpi / MmPerInch, .frame = {1, 0, 0, 0, 1, 0, 0, 0, 1}, .arena = vouch_arena_new()};
    p.pix = pixCreate((int)(painted->width * p.dots_per_mm + 0.5), (int)(painted->height * p.dots_per_mm + 0.5), 32);
    if (!p.pix || !p.arena)
        return vouch_fail(err, VOUCH_NO_MEMORY, "painting a page");
    pixSetResolution(p.pix, dpi, dpi);
    pixSetAllArbitrary(p.pix, 0xFFFFFF00);
    VOUCH_TRY(paint_page(&p, painted, page, seed, err));
    p.invoice_count = painted->invoice_count;
    *out = p;
    p = (picture){0};
    return VOUCH_OK;
}
