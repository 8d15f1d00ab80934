/** Sheets as PDF, Chinese fonts not embedded, as the tax software makes them. */
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hpdf.h>

#include "sheet.h"
#include "vouch/text.h"

static const float POINTS_PER_MM = 72.0f / 25.4f;

typedef struct canvas {
    HPDF_Doc document;
    HPDF_Page page;
    HPDF_Font font;
    iconv_t encoding; /* from UTF-8 to the font's */
    float height_mm;
    HPDF_STATUS status; /* first error of the library */
} canvas;

static void on_error(HPDF_STATUS error, HPDF_STATUS detail, void *user)
{
    (void)detail;
    canvas *c = user;
    if (c->status == 0)
        c->status = error;
}

static float from_bottom(const canvas *c, float y_mm)
{
    return (c->height_mm - y_mm) * POINTS_PER_MM;
}

/** Draw text whose upper left is at a place. GBK has the yen sign in full width only. */
static void draw_text(canvas *c, const sheet_text *drawn)
{
    char source[1024], gbk[1024];
    size_t length = 0;
    if (strcmp(drawn->text, "⊗") == 0) /* a drawing in PDF */
        return;
    for (const char *from = drawn->text; *from && length + 4 < sizeof source;) {
        bool yen = strncmp(from, "¥", strlen("¥")) == 0;
        length += (size_t)snprintf(source + length, 4, "%.*s", yen ? 3 : 1, yen ? "￥" : from);
        from += yen ? strlen("¥") : 1;
    }
    char *in = source, *to = gbk;
    size_t in_left = length, to_left = sizeof gbk - 1;
    if (iconv(c->encoding, &in, &in_left, &to, &to_left) == (size_t)-1) {
        c->status = HPDF_INVALID_ENCODER;
        return;
    }
    *to = '\0';
    float size = (float)drawn->size * POINTS_PER_MM;
    HPDF_Page_SetFontAndSize(c->page, c->font, size);
    HPDF_Page_BeginText(c->page);
    HPDF_Page_TextOut(c->page, (float)drawn->x * POINTS_PER_MM, from_bottom(c, (float)drawn->y) - size, gbk);
    HPDF_Page_EndText(c->page);
}

static void draw_apart(canvas *c, const sheet_text *drawn)
{
    double x = drawn->x;
    const char *end = drawn->text + strlen(drawn->text);
    for (const char *from = drawn->text, *at = from; from < end; from = at) {
        char one[8];
        (void)vouch_utf8_next(&at, end);
        snprintf(one, sizeof one, "%.*s", (int)(at - from), from);
        sheet_text glyph = *drawn;
        glyph.text = one;
        glyph.x = x;
        draw_text(c, &glyph);
        x += sheet_width_of(one, drawn->size);
    }
}

static void draw_rule(canvas *c, const sheet_rule *rule)
{
    HPDF_Page_MoveTo(c->page, (float)rule->x0 * POINTS_PER_MM, from_bottom(c, (float)rule->y0));
    HPDF_Page_LineTo(c->page, (float)rule->x1 * POINTS_PER_MM, from_bottom(c, (float)rule->y1));
    HPDF_Page_Stroke(c->page);
}

static vouch_code draw_qr(canvas *c, const sheet_code *drawn, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_free_pointer) uint8_t *modules = NULL;
    int side = 0;
    VOUCH_TRY(generate_qr(drawn->payload, &modules, &side, err));
    float cell = (float)drawn->side / (float)side, left = (float)drawn->x, top = (float)drawn->y;
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++)
            if (modules[y * side + x])
                HPDF_Page_Rectangle(c->page, (left + cell * (float)x) * POINTS_PER_MM,
                                    from_bottom(c, top + cell * (float)(y + 1)), cell * POINTS_PER_MM,
                                    cell * POINTS_PER_MM);
    HPDF_Page_Fill(c->page);
    return VOUCH_OK;
}

static void canvas_done(canvas *c)
{
    if (c->document)
        HPDF_Free(c->document);
    if (c->encoding != (iconv_t)-1)
        iconv_close(c->encoding);
}

/** Drawn against the turn that the viewer makes, so that it shows the page upright. */
static void turn_page(canvas *c, int turned)
{
    const float width = HPDF_Page_GetWidth(c->page), height = HPDF_Page_GetHeight(c->page);
    if (turned == 0)
        return;
    HPDF_Page_SetRotate(c->page, (HPDF_UINT16)turned);
    if (turned != 180) {
        HPDF_Page_SetWidth(c->page, height);
        HPDF_Page_SetHeight(c->page, width);
    }
    if (turned == 90)
        HPDF_Page_Concat(c->page, 0, 1, -1, 0, height, 0);
    else if (turned == 180)
        HPDF_Page_Concat(c->page, -1, 0, 0, -1, width, height);
    else
        HPDF_Page_Concat(c->page, 0, -1, 1, 0, 0, width);
}

static vouch_code draw_page(canvas *c, const sheet *printed, int page, vouch_error *err)
{
    c->page = HPDF_AddPage(c->document);
    HPDF_Page_SetWidth(c->page, (float)printed->width * POINTS_PER_MM);
    HPDF_Page_SetHeight(c->page, (float)printed->height * POINTS_PER_MM);
    turn_page(c, printed->turned);
    HPDF_Page_SetLineWidth(c->page, 0.5f);
    for (size_t i = 0; i < printed->rule_count; i++)
        if (printed->rules[i].page == page)
            draw_rule(c, &printed->rules[i]);
    for (size_t i = 0; i < printed->text_count; i++)
        if (printed->texts[i].page == page)
            (printed->glyphs_apart ? draw_apart : draw_text)(c, &printed->texts[i]);
    for (size_t i = 0; i < printed->code_count; i++)
        if (printed->codes[i].page == page)
            VOUCH_TRY(draw_qr(c, &printed->codes[i], err));
    return VOUCH_OK;
}

/* Of sheet_face: what the text is converted to, the font, its encoding. */
static const struct face {
    const char *charset, *font, *encoding;
} faces[] = {
    [SHEET_SONG] = {"GBK", "SimSun", "GBK-EUC-H"},
    [SHEET_HEI] = {"GBK", "SimHei", "GBK-EUC-H"},
    [SHEET_EMBEDDED_SONG] = {"UTF-8", NULL, "UTF-8"},
    [SHEET_LATIN] = {"CP1252", "Helvetica", "WinAnsiEncoding"},
};

static const char song_path[] = "/usr/share/fonts/truetype/arphic-gbsn00lp/gbsn00lp.ttf";

/** NULL in the font: an error, told by the library's status. */
static void choose_font(canvas *c, const struct face *face)
{
    HPDF_UseCNSFonts(c->document);
    HPDF_UseCNSEncodings(c->document);
    const char *name = face->font;
    if (!name) {
        HPDF_UseUTFEncodings(c->document);
        name = HPDF_LoadTTFontFromFile(c->document, song_path, HPDF_TRUE);
    }
    c->font = name ? HPDF_GetFont(c->document, name, face->encoding) : NULL;
}

static vouch_code save(canvas *c, vouch_buffer *out, vouch_error *err)
{
    HPDF_SaveToStream(c->document);
    if (c->status)
        return vouch_fail(err, VOUCH_INTERNAL, "the PDF library failed with status 0x%lX", (unsigned long)c->status);
    HPDF_ResetStream(c->document);
    HPDF_UINT32 size = HPDF_GetStreamSize(c->document);
    VOUCH_CLEANUP(vouch_free_pointer) HPDF_BYTE *bytes = malloc(size);
    if (!bytes || HPDF_ReadFromStream(c->document, bytes, &size) != HPDF_OK)
        return vouch_fail(err, VOUCH_NO_MEMORY, "writing a PDF");
    vouch_code code = vouch_buffer_append(out, bytes, size);
    return code == VOUCH_OK ? VOUCH_OK : vouch_fail(err, code, "writing a PDF");
}

vouch_code sheet_print_pdf(const sheet *printed, vouch_buffer *out, vouch_error *err)
{
    const struct face *face = &faces[printed->face];
    VOUCH_CLEANUP(canvas_done)
    canvas c = {.encoding = iconv_open(face->charset, "UTF-8"), .height_mm = (float)printed->height};
    c.document = HPDF_New(on_error, &c);
    if (!c.document || c.encoding == (iconv_t)-1)
        return vouch_fail(err, VOUCH_NO_MEMORY, "starting a PDF");
    HPDF_SetCompressionMode(c.document, HPDF_COMP_ALL);
    choose_font(&c, face);
    if (!c.font)
        return vouch_fail(err, VOUCH_IO, "a font of a PDF is not there (%s)", face->font ? face->font : song_path);
    for (int page = 0; page < printed->page_count; page++)
        VOUCH_TRY(draw_page(&c, printed, page, err));
    return save(&c, out, err);
}

vouch_code generate_pdf_of_jpeg(const void *jpeg, size_t length, double width_mm, double height_mm, vouch_buffer *out,
                                vouch_error *err)
{
    VOUCH_CLEANUP(canvas_done) canvas c = {.encoding = (iconv_t)-1, .height_mm = (float)height_mm};
    c.document = HPDF_New(on_error, &c);
    if (!c.document || length > UINT32_MAX)
        return vouch_fail(err, VOUCH_NO_MEMORY, "starting a PDF");
    HPDF_Image image = HPDF_LoadJpegImageFromMem(c.document, jpeg, (HPDF_UINT)length);
    c.page = HPDF_AddPage(c.document);
    const float width = (float)width_mm * POINTS_PER_MM, height = (float)height_mm * POINTS_PER_MM;
    HPDF_Page_SetWidth(c.page, width);
    HPDF_Page_SetHeight(c.page, height);
    if (image)
        HPDF_Page_DrawImage(c.page, image, 0, 0, width, height);
    return save(&c, out, err);
}

vouch_code generate_pdf_forms(const generate_invoice *invoices, size_t count, uint64_t seed, vouch_buffer *out,
                              vouch_error *err)
{
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    if (!arena)
        return vouch_fail(err, VOUCH_NO_MEMORY, "starting a PDF");
    sheet drawn = {.arena = arena};
    sheet_compose(&drawn, invoices, count, seed);
    VOUCH_CLEANUP(sheet_attachment_done) sheet_attachment attached = {.name = ""};
    VOUCH_TRY(sheet_attachment_make(invoices, count, &attached, err));
    VOUCH_TRY(sheet_print_pdf(&drawn, out, err));
    return attached.name[0] ? generate_pdf_attach(out, attached.name, attached.relationship, &attached.content, err)
                            : VOUCH_OK;
}

vouch_code generate_pdf_vat(const generate_invoice *invoice, vouch_buffer *out, vouch_error *err)
{
    return generate_pdf_forms(invoice, 1, /* seed= */ 0, out, err);
}
