/**
 * 增值税电子普通发票 as PDF: the official form, 215 × 140 mm, Chinese fonts not embedded, as the tax software makes it.
 * Places in millimetres from the top left (formats dossier, "typical places").
 */
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hpdf.h>

#include "generate.h"
#include "vouch/text.h"

static const float PAGE_WIDTH_MM = 215, PAGE_HEIGHT_MM = 140, POINTS_PER_MM = 72.0f / 25.4f;

typedef struct canvas {
    HPDF_Doc document;
    HPDF_Page page;
    HPDF_Font song;
    iconv_t to_gbk;
    HPDF_STATUS status; /* first error of the library */
} canvas;

static void on_error(HPDF_STATUS error, HPDF_STATUS detail, void *user)
{
    (void)detail;
    canvas *c = user;
    if (c->status == 0)
        c->status = error;
}

static float from_bottom(float y_mm)
{
    return (PAGE_HEIGHT_MM - y_mm) * POINTS_PER_MM;
}

/** Draw text whose baseline is size points below y. Right-aligned when x is negative (|x| is the right edge). */
static void text(canvas *c, float x_mm, float y_mm, float size, const char *utf8)
{
    char source[256], gbk[256];
    snprintf(source, sizeof source, "%s", utf8);
    char *in = source, *to = gbk;
    size_t in_left = strlen(source), to_left = sizeof gbk - 1;
    if (iconv(c->to_gbk, &in, &in_left, &to, &to_left) == (size_t)-1) {
        c->status = HPDF_INVALID_ENCODER;
        return;
    }
    *to = '\0';
    HPDF_Page_SetFontAndSize(c->page, c->song, size);
    float x = x_mm * POINTS_PER_MM;
    if (x_mm < 0)
        x = -x - HPDF_Page_TextWidth(c->page, gbk);
    HPDF_Page_BeginText(c->page);
    HPDF_Page_TextOut(c->page, x, from_bottom(y_mm) - size, gbk);
    HPDF_Page_EndText(c->page);
}

static void amount(canvas *c, float right_mm, float y_mm, const char *prefix, int64_t fen)
{
    char number[24], printed[32];
    generate_amount(fen, number);
    snprintf(printed, sizeof printed, "%s%s", prefix, number);
    text(c, -right_mm, y_mm, 9, printed);
}

static void rule(canvas *c, float x0, float y0, float x1, float y1)
{
    HPDF_Page_MoveTo(c->page, x0 * POINTS_PER_MM, from_bottom(y0));
    HPDF_Page_LineTo(c->page, x1 * POINTS_PER_MM, from_bottom(y1));
    HPDF_Page_Stroke(c->page);
}

static const float form_rules[][4] = {
    {10, 29, 205, 29},    {10, 52, 205, 52},    {10, 57, 205, 57},   {10, 96, 205, 96}, {10, 103, 205, 103},
    {10, 124, 205, 124},  {10, 29, 10, 124},    {205, 29, 205, 124}, {16, 29, 16, 52},  {118, 29, 118, 52},
    {124, 29, 124, 52},   {60, 52, 60, 96},     {83, 52, 83, 96},    {93, 52, 93, 96},  {112, 52, 112, 96},
    {133, 52, 133, 96},   {160, 52, 160, 96},   {173, 52, 173, 96},  {53, 96, 53, 103}, {16, 103, 16, 124},
    {118, 103, 118, 124}, {124, 103, 124, 124},
};

typedef struct form_label {
    float x, y, size;
    const char *text;
} form_label;

static const form_label form_labels[] = {
    {32, 21, 8, "机器编号:"},
    {150, 9, 8, "发票代码:"},
    {150, 14, 8, "发票号码:"},
    {150, 19, 8, "开票日期:"},
    {150, 24, 8, "校 验 码:"},
    {11.5f, 31, 9, "购"},
    {11.5f, 37, 9, "买"},
    {11.5f, 43, 9, "方"},
    {18, 31, 8, "名　　　　称:"},
    {18, 36, 8, "纳税人识别号:"},
    {18, 41, 8, "地 址、电 话:"},
    {18, 46, 8, "开户行及账号:"},
    {119.5f, 31, 9, "密"},
    {119.5f, 37, 9, "码"},
    {119.5f, 43, 9, "区"},
    {16, 53, 8, "货物或应税劳务、服务名称"},
    {64, 53, 8, "规格型号"},
    {85, 53, 8, "单位"},
    {97, 53, 8, "数 量"},
    {117, 53, 8, "单 价"},
    {141, 53, 8, "金 额"},
    {163, 53, 8, "税率"},
    {183, 53, 8, "税 额"},
    {24, 91, 8, "合　　　计"},
    {20, 98, 8, "价税合计（大写）"},
    {140, 98, 8, "（小写）"},
    {11.5f, 104, 9, "销"},
    {11.5f, 110, 9, "售"},
    {11.5f, 116, 9, "方"},
    {18, 104, 8, "名　　　　称:"},
    {18, 109, 8, "纳税人识别号:"},
    {18, 114, 8, "地 址、电 话:"},
    {18, 119, 8, "开户行及账号:"},
    {119.5f, 107, 9, "备"},
    {119.5f, 115, 9, "注"},
    {18, 126, 8, "收款人:"},
    {66, 126, 8, "复核:"},
    {112, 126, 8, "开票人:"},
    {156, 126, 8, "销售方:（章）"},
};

static void draw_party(canvas *c, const generate_party *party, float y)
{
    text(c, 38, y, 9, party->name);
    text(c, 38, y + 5, 9, party->tax_id);
    text(c, 38, y + 10, 8, party->address);
    text(c, 38, y + 15, 8, party->account);
}

static void draw_lines(canvas *c, const generate_invoice *invoice)
{
    for (int i = 0; i < invoice->line_count; i++) {
        const generate_line *line = &invoice->lines[i];
        float y = 58 + 5 * (float)i;
        char rate[8];
        snprintf(rate, sizeof rate, "%d%%", line->rate);
        text(c, 11, y, 9, line->name);
        text(c, 61, y, 9, line->specification);
        text(c, 86, y, 9, line->unit);
        text(c, -111, y, 9, line->quantity);
        text(c, -132, y, 9, line->unit_price);
        amount(c, 159, y, "", line->net_fen);
        text(c, -171, y, 9, rate);
        amount(c, 203, y, "", line->tax_fen);
    }
}

static vouch_code draw_qr(canvas *c, const char *payload, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_free_pointer) uint8_t *modules = NULL;
    int side = 0;
    VOUCH_TRY(generate_qr(payload, &modules, &side, err));
    float cell = 20.0f / (float)side;
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++)
            if (modules[y * side + x])
                HPDF_Page_Rectangle(c->page, (8.5f + cell * (float)x) * POINTS_PER_MM,
                                    from_bottom(3.5f + cell * (float)(y + 1)), cell * POINTS_PER_MM,
                                    cell * POINTS_PER_MM);
    HPDF_Page_Fill(c->page);
    return VOUCH_OK;
}

static vouch_code draw(canvas *c, const generate_invoice *invoice, vouch_arena *arena, vouch_error *err)
{
    HPDF_Page_SetLineWidth(c->page, 0.5f);
    for (size_t i = 0; i < sizeof form_rules / sizeof *form_rules; i++)
        rule(c, form_rules[i][0], form_rules[i][1], form_rules[i][2], form_rules[i][3]);
    for (size_t i = 0; i < sizeof form_labels / sizeof *form_labels; i++)
        text(c, form_labels[i].x, form_labels[i].y, form_labels[i].size, form_labels[i].text);
    char date[24];
    generate_chinese_date(invoice->date, date);
    text(c, 69, 8, 18, "测试增值税电子普通发票");
    text(c, 47, 21, 9, invoice->machine_number);
    text(c, 166, 9, 9, invoice->code);
    text(c, 166, 14, 9, invoice->number);
    text(c, 166, 19, 9, date);
    text(c, 166, 24, 8, invoice->check_code);
    draw_party(c, &invoice->buyer, 31);
    draw_party(c, &invoice->seller, 104);
    draw_lines(c, invoice);
    amount(c, 159, 91, "￥", invoice->net_fen);
    amount(c, 203, 91, "￥", invoice->tax_fen);
    text(c, 60, 98, 10, vouch_chinese_amount_print(arena, invoice->gross_fen));
    char gross[24], printed[32];
    generate_amount(invoice->gross_fen, gross);
    snprintf(printed, sizeof printed, "￥%s", gross);
    text(c, 156, 98, 10, printed);
    text(c, 126, 105, 9, invoice->remarks);
    text(c, 30, 126, 9, invoice->payee);
    text(c, 76, 126, 9, invoice->reviewed_by);
    text(c, 124, 126, 9, invoice->issued_by);
    return draw_qr(c, invoice->qr, err);
}

static void canvas_done(canvas *c)
{
    if (c->document)
        HPDF_Free(c->document);
    if (c->to_gbk != (iconv_t)-1)
        iconv_close(c->to_gbk);
}

vouch_code generate_pdf_vat(const generate_invoice *invoice, vouch_buffer *out, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    VOUCH_CLEANUP(canvas_done) canvas c = {.to_gbk = iconv_open("GBK", "UTF-8")};
    c.document = HPDF_New(on_error, &c);
    if (!arena || !c.document || c.to_gbk == (iconv_t)-1)
        return vouch_fail(err, VOUCH_NO_MEMORY, "starting a PDF");
    HPDF_UseCNSFonts(c.document);
    HPDF_UseCNSEncodings(c.document);
    HPDF_SetCompressionMode(c.document, HPDF_COMP_ALL);
    c.song = HPDF_GetFont(c.document, "SimSun", "GBK-EUC-H");
    c.page = HPDF_AddPage(c.document);
    HPDF_Page_SetWidth(c.page, PAGE_WIDTH_MM * POINTS_PER_MM);
    HPDF_Page_SetHeight(c.page, PAGE_HEIGHT_MM * POINTS_PER_MM);
    VOUCH_TRY(draw(&c, invoice, arena, err));
    HPDF_SaveToStream(c.document);
    if (c.status)
        return vouch_fail(err, VOUCH_INTERNAL, "the PDF library failed with status 0x%lX", (unsigned long)c.status);
    HPDF_ResetStream(c.document);
    HPDF_UINT32 size = HPDF_GetStreamSize(c.document);
    VOUCH_CLEANUP(vouch_free_pointer) HPDF_BYTE *bytes = malloc(size);
    if (!bytes || HPDF_ReadFromStream(c.document, bytes, &size) != HPDF_OK)
        return vouch_fail(err, VOUCH_NO_MEMORY, "writing a PDF");
    vouch_code code = vouch_buffer_append(out, bytes, size);
    return code == VOUCH_OK ? VOUCH_OK : vouch_fail(err, code, "writing a PDF");
}
