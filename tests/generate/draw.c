/** Drawing on sheets. */
#include <stdio.h>
#include <string.h>

#include "draw.h"
#include "vouch/text.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

double sheet_width_of(const char *text, double size)
{
    double width = 0;
    const char *end = text + strlen(text);
    for (uint32_t c; (c = vouch_utf8_next(&text, end));)
        width += c < 0x80 ? size / 2 : size;
    return width;
}

static sheet_text *push(drawing *d, double x, double y, double size, const char *text)
{
    size_t order = d->sheet->text_count;
    sheet_text *pushed =
        VOUCH_ARENA_PUSH(d->sheet->arena, d->sheet->texts, d->sheet->text_count, d->sheet->text_capacity);
    *pushed = (sheet_text){.page = d->page,
                           .x = x,
                           .y = y,
                           .size = size,
                           .text = text,
                           .invoice = d->sheet->invoice_count,
                           .row = -1,
                           .ink = INK_FORM,
                           .colour = d->sheet->form_colour,
                           .first = true,
                           .last = true,
                           .order = order};
    return pushed;
}

/** Brackets and colons of the form in half width. */
static const char *in_ascii(const drawing *d, const char *text)
{
    static const char *const pairs[][2] = {{"（", "("}, {"）", ")"}, {"：", ":"}};
    char out[128];
    size_t length = 0;
    while (*text && length + 2 < sizeof out) {
        size_t pair = 0;
        while (pair < COUNT(pairs) && strncmp(text, pairs[pair][0], strlen(pairs[pair][0])) != 0)
            pair++;
        bool found = pair < COUNT(pairs);
        out[length++] = found ? *pairs[pair][1] : *text;
        text += found ? strlen(pairs[pair][0]) : 1;
    }
    return vouch_arena_strndup(d->sheet->arena, out, length);
}

void draw_label(drawing *d, double x, double y, double size, const char *text)
{
    if (d->style.ascii)
        text = in_ascii(d, text);
    if (!d->style.split || d->sheet->face == SHEET_LATIN) {
        push(d, x, y, size, text);
        return;
    }
    const char *end = text + strlen(text);
    for (const char *from = text; from < end;) {
        const char *at = from;
        (void)vouch_utf8_next(&at, end);
        const char *glyph = vouch_arena_strndup(d->sheet->arena, from, (size_t)(at - from));
        push(d, x, y, size, glyph);
        x += sheet_width_of(glyph, size);
        from = at;
    }
}

static const char *field_of_tag(const char *tag)
{
    static const char *const names[][2] = {
        {"InvoiceNo", "invoice_number"},
        {"IssueDate", "issue_date"},
        {"InvoiceCode", "invoice_code"},
        {"InvoiceCheckCode", "check_code"},
        {"MachineNo", "machine_number"},
        {"InvoiceClerk", "issued_by"},
        {"Payee", "payee"},
        {"Checker", "reviewed_by"},
        {"Buyer/BuyerName", "buyer_name"},
        {"Buyer/BuyerTaxID", "buyer_tax_id"},
        {"Buyer/BuyerAddrTel", "buyer_address"},
        {"Buyer/BuyerFinancialAccount", "buyer_account"},
        {"Seller/SellerName", "seller_name"},
        {"Seller/SellerTaxID", "seller_tax_id"},
        {"Seller/SellerAddrTel", "seller_address"},
        {"Seller/SellerFinancialAccount", "seller_account"},
        {"TaxExclusiveTotalAmount", "net_amount"},
        {"TaxTotalAmount", "tax_amount"},
        {"TaxInclusiveTotalAmount", "gross_amount"},
        {"TaxInclusiveTotalAmountWithWords", "gross_in_words"},
        {"Note", "remarks"},
    };
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcmp(tag, names[i][0]) == 0)
            return names[i][1];
    return NULL;
}

void draw_fill(drawing *d, double x, double y, double size, const char *text, const char *tag)
{
    if (!*text)
        return;
    sheet_text *pushed =
        push(d, x + d->style.dx, y + d->style.dy, size * d->style.scale, vouch_arena_strdup(d->sheet->arena, text));
    pushed->ink = INK_FILLED;
    pushed->colour = 0x101014;
    pushed->tag = tag;
    pushed->field = tag ? field_of_tag(tag) : NULL;
}

void draw_field(drawing *d, double x, double y, double size, const char *text, const char *field)
{
    size_t before = d->sheet->text_count;
    draw_fill(d, x, y, size, text, NULL);
    if (d->sheet->text_count > before)
        d->sheet->texts[before].field = field;
}

double draw_width(const drawing *d, const char *text)
{
    return sheet_width_of(text, DRAW_TEXT_SIZE * d->style.scale);
}

const char *draw_amount(drawing *d, int64_t fen)
{
    char number[24];
    generate_amount(fen, number);
    return vouch_arena_strdup(d->sheet->arena, number);
}

void draw_sum(drawing *d, double right, double y, int64_t fen, const char *tag)
{
    const char *number = draw_amount(d, fen);
    if (!d->style.sign_apart) {
        number = vouch_arena_printf(d->sheet->arena, "%s%s", d->style.sign, number);
        draw_fill(d, right - draw_width(d, number), y, DRAW_TEXT_SIZE, number, tag);
        return;
    }
    double x = right - draw_width(d, number);
    draw_fill(d, x, y, DRAW_TEXT_SIZE, number, tag);
    draw_fill(d, x - 0.9 * DRAW_TEXT_SIZE - draw_width(d, d->style.sign), y, DRAW_TEXT_SIZE, d->style.sign, NULL);
}

/** Where a line of text ends that has some room. */
static const char *line_end(const drawing *d, const char *from, double room)
{
    const char *at = from, *end = from + strlen(from);
    double width = 0;
    for (const char *next = from; next < end; at = next) {
        uint32_t c = vouch_utf8_next(&next, end);
        width += (c < 0x80 ? 0.5 : 1) * DRAW_TEXT_SIZE * d->style.scale;
        if (width > room && at > from)
            break;
    }
    return at;
}

int draw_lines_of(const drawing *d, const char *text, double room)
{
    int lines = 0;
    for (; *text; lines++)
        text = line_end(d, text, room);
    return lines > 0 ? lines : 1;
}

void draw_wrapped(drawing *d, double x, double right, double y, double pitch, const char *text, const char *tag)
{
    for (const char *from = text, *at; *from; from = at, y += pitch) {
        at = line_end(d, from, right - x);
        draw_fill(d, x, y, DRAW_TEXT_SIZE, vouch_arena_strndup(d->sheet->arena, from, (size_t)(at - from)), tag);
        sheet_text *line = &d->sheet->texts[d->sheet->text_count - 1];
        line->first = from == text;
        line->last = *at == '\0';
    }
}

void draw_code(drawing *d, double x, double y, double side)
{
    *VOUCH_ARENA_PUSH(d->sheet->arena, d->sheet->codes, d->sheet->code_count, d->sheet->code_capacity) =
        (sheet_code){.page = d->page, .x = x, .y = y, .side = side, .payload = d->invoice->qr};
}

void draw_seal(drawing *d, sheet_seal drawn)
{
    drawn.page = d->page;
    *VOUCH_ARENA_PUSH(d->sheet->arena, d->sheet->seals, d->sheet->seal_count, d->sheet->seal_capacity) = drawn;
}

void draw_rule(drawing *d, double x0, double y0, double x1, double y1)
{
    *VOUCH_ARENA_PUSH(d->sheet->arena, d->sheet->rules, d->sheet->rule_count, d->sheet->rule_capacity) =
        (sheet_rule){d->page, x0, y0, x1, y1, d->sheet->form_colour};
}

draw_style draw_style_of(uint64_t seed)
{
    draw_style s = {.state = seed * 77 + 1, .scale = 1, .sign = "¥", .cipher = true};
    if (seed == 0)
        return s;
    s.dx = ((double)generate_pick(&s.state, 31) - 15) / 20; /* ±0.75 mm */
    s.dy = ((double)generate_pick(&s.state, 31) - 15) / 20;
    s.scale = 0.86 + 0.01 * (double)generate_pick(&s.state, 20);
    s.sign = generate_pick(&s.state, 2) ? "¥" : "￥";
    s.sign_apart = generate_pick(&s.state, 4) == 0;
    s.split = generate_pick(&s.state, 3) == 0;
    s.shuffled = generate_pick(&s.state, 3) == 0;
    s.tight = generate_pick(&s.state, 2) == 0;
    s.ascii = generate_pick(&s.state, 3) == 0;
    s.short_date = generate_pick(&s.state, 4) == 0;
    s.circle = generate_pick(&s.state, 2) == 0;
    s.cipher = generate_pick(&s.state, 4) != 0;
    uint64_t more = seed ^ 0x5BACE; /* of its own, so that what came before stays */
    s.spaced_date = generate_pick(&more, 5) == 0;
    s.grouped = generate_pick(&more, 3) == 0;
    return s;
}

void draw_shuffle(sheet *s, size_t first, uint64_t *state)
{
    for (size_t i = s->text_count; i > first + 1; i--) {
        size_t j = first + generate_pick(state, i - first);
        sheet_text swapped = s->texts[i - 1];
        s->texts[i - 1] = s->texts[j];
        s->texts[j] = swapped;
    }
}

const char *draw_date(drawing *d, const char *date)
{
    char text[24];
    generate_chinese_date(date, text);
    if (d->style.spaced_date)
        return vouch_arena_printf(d->sheet->arena, "%.4s 年 %.2s 月 %.2s 日", date, date + 5, date + 8);
    if (!d->style.short_date)
        return vouch_arena_strdup(d->sheet->arena, text);
    /* 2024年3月5日 */
    return vouch_arena_printf(d->sheet->arena, "%.4s年%.*s月%.*s日", date, date[5] == '0' ? 1 : 2,
                              date + 5 + (date[5] == '0'), date[8] == '0' ? 1 : 2, date + 8 + (date[8] == '0'));
}

const char *draw_digits(drawing *d, const char *digits)
{
    char out[64];
    size_t length = 0;
    for (size_t i = 0; digits[i] && length + 2 < sizeof out; i++) {
        if (d->style.grouped && i > 0 && i % 5 == 0)
            out[length++] = ' ';
        out[length++] = digits[i];
    }
    return vouch_arena_strndup(d->sheet->arena, out, length);
}
