/** Drawing invoices in the forms of form_tables.c: one style a seed, lines that wrap, pages that overflow. */
#include <stdio.h>
#include <string.h>

#include "form.h"
#include "vouch/text.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const double TextSize = 3.175; /* 9 pt */
static const double RowPitch = 4.3;

/** How a document is drawn, by its seed. */
typedef struct style {
    uint64_t state;
    double dx, dy, scale;
    const char *sign;
    bool sign_apart, split, shuffled, tight, ascii, short_date, circle, cipher;
} style;

double sheet_width_of(const char *text, double size)
{
    double width = 0;
    const char *end = text + strlen(text);
    for (uint32_t c; (c = vouch_utf8_next(&text, end));)
        width += c < 0x80 ? size / 2 : size;
    return width;
}

typedef struct drawing {
    sheet *sheet;
    const generate_invoice *invoice;
    const kind_form *kind;
    style style;
    int page;
} drawing;

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

/** What the form itself prints: at its place. */
static void label(drawing *d, double x, double y, double size, const char *text)
{
    if (d->style.ascii)
        text = in_ascii(d, text);
    if (!d->style.split) {
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

/** What is filled in: moved against the form, as pre-printed forms and drivers do. */
static void fill(drawing *d, double x, double y, double size, const char *text, const char *tag)
{
    if (!*text)
        return;
    sheet_text *pushed =
        push(d, x + d->style.dx, y + d->style.dy, size * d->style.scale, vouch_arena_strdup(d->sheet->arena, text));
    pushed->ink = INK_FILLED;
    pushed->tag = tag;
    pushed->field = tag ? field_of_tag(tag) : NULL;
}

static double filled_width(const drawing *d, const char *text)
{
    return sheet_width_of(text, TextSize * d->style.scale);
}

static const char *amount_text(drawing *d, int64_t fen)
{
    char number[24];
    generate_amount(fen, number);
    return vouch_arena_strdup(d->sheet->arena, number);
}

/** An amount that ends at `right`, with its sign before it or a column of its own. */
static void fill_sum(drawing *d, double right, double y, int64_t fen, const char *tag)
{
    const char *number = amount_text(d, fen);
    if (!d->style.sign_apart) {
        number = vouch_arena_printf(d->sheet->arena, "%s%s", d->style.sign, number);
        fill(d, right - filled_width(d, number), y, TextSize, number, tag);
        return;
    }
    double x = right - filled_width(d, number);
    fill(d, x, y, TextSize, number, tag);
    fill(d, x - 0.9 * TextSize - filled_width(d, d->style.sign), y, TextSize, d->style.sign, NULL);
}

/** Where a line of text ends that has some room. */
static const char *line_end(const drawing *d, const char *from, double room)
{
    const char *at = from, *end = from + strlen(from);
    double width = 0;
    for (const char *next = from; next < end; at = next) {
        uint32_t c = vouch_utf8_next(&next, end);
        width += (c < 0x80 ? 0.5 : 1) * TextSize * d->style.scale;
        if (width > room && at > from)
            break;
    }
    return at;
}

static int lines_of(const drawing *d, const char *text, double room)
{
    int lines = 0;
    for (; *text; lines++)
        text = line_end(d, text, room);
    return lines > 0 ? lines : 1;
}

/** Text broken at a width into lines. */
static void fill_wrapped(drawing *d, double x, double right, double y, double pitch, const char *text, const char *tag)
{
    for (const char *from = text, *at; *from; from = at, y += pitch) {
        at = line_end(d, from, right - x);
        fill(d, x, y, TextSize, vouch_arena_strndup(d->sheet->arena, from, (size_t)(at - from)), tag);
        sheet_text *line = &d->sheet->texts[d->sheet->text_count - 1];
        line->first = from == text;
        line->last = *at == '\0';
    }
}

static const char *cell_text(drawing *d, const generate_line *line, cell_role role)
{
    char rate[16];
    switch (role) {
    case CELL_NAME:
        return line->name;
    case CELL_SPECIFICATION:
        return line->specification;
    case CELL_UNIT:
        return line->unit;
    case CELL_QUANTITY:
        return line->quantity;
    case CELL_PRICE:
        return line->unit_price;
    case CELL_NET:
        return amount_text(d, line->net_fen);
    case CELL_RATE:
        generate_rate(line->rate, rate);
        return vouch_arena_strdup(d->sheet->arena, rate);
    case CELL_TAX:
        return line->rate < 0 ? "***" : amount_text(d, line->tax_fen);
    case CELL_PLATE:
        return line->plate;
    case CELL_VEHICLE:
        return line->vehicle;
    case CELL_FROM:
        return vouch_arena_printf(d->sheet->arena, "%.4s%.2s%.2s", line->from, line->from + 5, line->from + 8);
    case CELL_TO:
        return vouch_arena_printf(d->sheet->arena, "%.4s%.2s%.2s", line->to, line->to + 5, line->to + 8);
    }
    return "";
}

/** A line's cells are filled in by draw_line, which then names them. */
static void draw_line(drawing *d, const generate_line *line, int row, double y)
{
    static const char *const names[] = {
        [CELL_NAME] = "name",          [CELL_SPECIFICATION] = "specification",
        [CELL_UNIT] = "unit",          [CELL_QUANTITY] = "quantity",
        [CELL_PRICE] = "unit_price",   [CELL_NET] = "net_amount",
        [CELL_RATE] = "tax_rate",      [CELL_TAX] = "tax_amount",
        [CELL_PLATE] = "plate_number", [CELL_VEHICLE] = "vehicle_type",
        [CELL_FROM] = "date_from",     [CELL_TO] = "date_to",
    };
    const form *f = &d->kind->form;
    for (size_t c = 0; c < f->column_count; c++) {
        const form_column *column = &f->columns[c];
        const char *text = cell_text(d, line, column->role);
        size_t first = d->sheet->text_count;
        if (column->align == 'l') {
            fill_wrapped(d, column->x, column->right - 1.5, y, 3.6 * d->style.scale, text, column->tag);
        } else {
            double room = column->right - column->x - 0.4 * TextSize, width = filled_width(d, text);
            double shrunk = width > room ? room / width : 1; /* as tax software does with long prices */
            double x = column->x + (room - shrunk * width) * (column->align == 'r' ? 1 : 0.5);
            fill(d, x, y, TextSize * shrunk, text, column->tag);
        }
        for (size_t i = first; i < d->sheet->text_count; i++) {
            d->sheet->texts[i].field = names[column->role];
            d->sheet->texts[i].row = row;
        }
    }
}

static void draw_party(drawing *d, const generate_party *party, const party_places *at, const char *who)
{
    vouch_arena *arena = d->sheet->arena;
    double right = generate_is_digital(d->invoice->kind) ? at->name_x + 80 : 116;
    double width = filled_width(d, party->name);
    double y = width > right - at->name_x ? at->name_y - 1.8 * d->style.scale
                                          : at->name_y; /* two lines about the label's height */
    fill_wrapped(d, at->name_x, right, y, 3.6 * d->style.scale, party->name,
                 vouch_arena_printf(arena, "%s/%sName", who, who));
    fill(d, at->id_x, at->id_y, TextSize, party->tax_id, vouch_arena_printf(arena, "%s/%sTaxID", who, who));
    if (!generate_is_digital(d->invoice->kind)) {
        fill(d, at->name_x, at->name_y + 10, 2.8, party->address, vouch_arena_printf(arena, "%s/%sAddrTel", who, who));
        fill(d, at->name_x, at->name_y + 15, 2.8, party->account,
             vouch_arena_printf(arena, "%s/%sFinancialAccount", who, who));
    }
}

/** The cipher of the old form: four lines that nobody reads. */
static void draw_cipher(drawing *d)
{
    static const char alphabet[] = "0123456789+-*/<>";
    uint64_t state = d->style.state ^ 0xC1F;
    for (int row = 0; row < 4; row++) {
        char line[28];
        for (size_t i = 0; i + 1 < sizeof line; i++)
            line[i] = alphabet[generate_pick(&state, sizeof alphabet - 1)];
        line[sizeof line - 1] = '\0';
        fill(d, 126, 30.5 + 5.2 * row, 4.8, line, NULL);
    }
}

static void draw_head(drawing *d)
{
    const form *f = &d->kind->form;
    const generate_invoice *invoice = d->invoice;
    label(d, d->kind->title_x, 8, 6.35, d->kind->title);
    for (size_t i = 0; i < f->label_count; i++)
        label(d, f->labels[i].x, f->labels[i].y, f->labels[i].size, f->labels[i].text);
    for (size_t c = 0; c < f->column_count; c++)
        label(d, f->columns[c].title_x, f->titles_y, 2.8, d->style.tight ? f->columns[c].title : f->columns[c].spaced);
    char date[24];
    generate_chinese_date(invoice->date, date);
    if (d->style.short_date) /* 2024年3月5日 */
        snprintf(date, sizeof date, "%.4s年%.*s月%.*s日", invoice->date, invoice->date[5] == '0' ? 1 : 2,
                 invoice->date + 5 + (invoice->date[5] == '0'), invoice->date[8] == '0' ? 1 : 2,
                 invoice->date + 8 + (invoice->date[8] == '0'));
    fill(d, f->code_x, f->number_y, TextSize, invoice->number, "InvoiceNo");
    fill(d, f->code_x, f->date_y, TextSize, date, "IssueDate");
    if (!generate_is_digital(invoice->kind)) {
        fill(d, f->code_x, 9, TextSize, invoice->code, "InvoiceCode");
        fill(d, f->code_x, 24, 2.8, invoice->check_code, "InvoiceCheckCode");
        fill(d, 47, 21, TextSize, invoice->machine_number, "MachineNo");
        if (d->style.cipher)
            draw_cipher(d);
    }
    draw_party(d, &invoice->buyer, &f->buyer, "Buyer");
    draw_party(d, &invoice->seller, &f->seller, "Seller");
    fill(d, f->issuer_x, f->foot_y, TextSize, invoice->issued_by, "InvoiceClerk");
    fill(d, f->payee_x, f->foot_y, TextSize, invoice->payee, "Payee");
    fill(d, f->reviewer_x, f->foot_y, TextSize, invoice->reviewed_by, "Checker");
    *VOUCH_ARENA_PUSH(d->sheet->arena, d->sheet->codes, d->sheet->code_count, d->sheet->code_capacity) =
        (sheet_code){.page = d->page, .x = 8.5, .y = 3.5, .side = 20, .payload = invoice->qr};
}

static void seal(drawing *d, sheet_seal drawn)
{
    drawn.page = d->page;
    *VOUCH_ARENA_PUSH(d->sheet->arena, d->sheet->seals, d->sheet->seal_count, d->sheet->seal_capacity) = drawn;
}

static void draw_seals(drawing *d)
{
    double x = d->kind->title_x + sheet_width_of(d->kind->title, 6.35) / 2;
    seal(d, (sheet_seal){0, x, 14, 30, 20, "全国统一发票监制章", "国家税务总局", "测试税务局"});
    if (!generate_is_digital(d->invoice->kind))
        seal(d, (sheet_seal){0, 182, 119, 36, 26, d->invoice->seller.name, d->invoice->seller.tax_id, "发票专用章"});
}

static double right_of(const form *f, cell_role role)
{
    for (size_t c = 0; c < f->column_count; c++)
        if (f->columns[c].role == role)
            return f->columns[c].right;
    return 0;
}

static void draw_totals(drawing *d)
{
    const form *f = &d->kind->form;
    const generate_invoice *invoice = d->invoice;
    fill_sum(d, right_of(f, CELL_NET), f->sum_y, invoice->net_fen, "TaxExclusiveTotalAmount");
    if (invoice->tax_fen != 0)
        fill_sum(d, right_of(f, CELL_TAX), f->sum_y, invoice->tax_fen, "TaxTotalAmount");
    else
        fill(d, right_of(f, CELL_TAX) - filled_width(d, "***"), f->sum_y, TextSize, "***", NULL);
    const char *words = vouch_chinese_amount_print(d->sheet->arena, invoice->gross_fen);
    if (d->style.circle) /* before the words, so that nobody adds any */
        fill(d, f->words_x - 1.2 * TextSize, f->total_y, TextSize, "⊗", NULL);
    fill(d, f->words_x, f->total_y, TextSize, words, "TaxInclusiveTotalAmountWithWords");
    const char *gross = vouch_arena_printf(d->sheet->arena, "%s%s", d->style.sign, amount_text(d, invoice->gross_fen));
    fill(d, f->figures_x, f->total_y, TextSize, gross, "TaxInclusiveTotalAmount");
    fill_wrapped(d, f->remark_x, f->remark_right, f->remark_y, 4 * d->style.scale, invoice->remarks, "Note");
}

static void rule(drawing *d, double x0, double y0, double x1, double y1)
{
    *VOUCH_ARENA_PUSH(d->sheet->arena, d->sheet->rules, d->sheet->rule_count, d->sheet->rule_capacity) =
        (sheet_rule){d->page, x0, y0, x1, y1};
}

static void draw_rules(drawing *d)
{
    const form *f = &d->kind->form;
    double left = f->columns[0].x - 1, right = right_of(f, CELL_TAX) + 1;
    double middle = f->titles_y - 1, total = f->total_y - 1, end = f->foot_y - 2;
    const double heights[] = {29, middle, total, f->total_y + 5, end};
    for (size_t i = 0; i < COUNT(heights); i++)
        rule(d, left, heights[i], right, heights[i]);
    rule(d, left, 29, left, end);
    rule(d, right, 29, right, end);
    rule(d, f->side_x, 29, f->side_x, middle);
    rule(d, f->side_x, heights[3], f->side_x, end);
    rule(d, f->middle_x0, 29, f->middle_x0, middle);
    rule(d, f->middle_x1, 29, f->middle_x1, middle);
    if (f->separated) {
        rule(d, f->middle_x0, heights[3], f->middle_x0, end);
        rule(d, f->middle_x1, heights[3], f->middle_x1, end);
    }
    for (size_t c = 1; c < f->column_count && f->separated; c++)
        rule(d, f->columns[c].x - 0.6, middle, f->columns[c].x - 0.6, total);
    double title_end = d->kind->title_x + sheet_width_of(d->kind->title, 6.35);
    for (int i = 0; i < 2; i++)
        rule(d, d->kind->title_x - 2, 16.2 + 0.9 * i, title_end + 2, 16.2 + 0.9 * i);
}

static style style_of(uint64_t seed)
{
    style s = {.state = seed * 77 + 1, .scale = 1, .sign = "¥", .cipher = true};
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
    return s;
}

static void shuffle(sheet *s, size_t first, uint64_t *state)
{
    for (size_t i = s->text_count; i > first + 1; i--) {
        size_t j = first + generate_pick(state, i - first);
        sheet_text swapped = s->texts[i - 1];
        s->texts[i - 1] = s->texts[j];
        s->texts[j] = swapped;
    }
}

static int rows_of(drawing *d, const generate_line *line)
{
    int most = 1;
    for (size_t c = 0; c < d->kind->form.column_count; c++) {
        const form_column *column = &d->kind->form.columns[c];
        if (column->align != 'l')
            continue;
        int rows = lines_of(d, cell_text(d, line, column->role), column->right - 1.5 - column->x);
        most = rows > most ? rows : most;
    }
    return most;
}

static void begin_page(drawing *d)
{
    d->page = d->sheet->page_count++;
    draw_head(d);
    draw_rules(d);
    draw_seals(d);
}

void sheet_draw(sheet *out, const generate_invoice *invoice, uint64_t seed)
{
    drawing d = {.sheet = out, .invoice = invoice, .kind = form_lookup(invoice->kind), .style = style_of(seed)};
    const form *f = &d.kind->form;
    size_t first = out->text_count;
    out->width = 215;
    out->height = 140;
    out->form_colour = f->colour;
    begin_page(&d);
    double y = f->rows_y;
    int64_t net = 0, tax = 0;
    for (int i = 0; i < invoice->line_count; i++) {
        const generate_line *line = &invoice->lines[i];
        double height = RowPitch + 3.6 * d.style.scale * (rows_of(&d, line) - 1);
        if (y + height + RowPitch > f->rows_end) {
            label(&d, 24, f->rows_end - RowPitch, 2.8, "小　　　计");
            fill_sum(&d, right_of(f, CELL_NET), f->rows_end - RowPitch, net, NULL);
            fill_sum(&d, right_of(f, CELL_TAX), f->rows_end - RowPitch, tax, NULL);
            begin_page(&d);
            y = f->rows_y;
            net = tax = 0;
        }
        draw_line(&d, line, i, y);
        net += line->net_fen;
        tax += line->tax_fen;
        y += height;
    }
    draw_totals(&d);
    out->invoice_count++;
    if (d.style.shuffled)
        shuffle(out, first, &d.style.state);
}

static void fold(sheet *folded)
{
    const double scale = 0.95, half = 148.5;
    for (size_t i = 0; i < folded->text_count; i++) {
        sheet_text *moved = &folded->texts[i];
        moved->x *= scale;
        moved->y = moved->y * scale + half * (moved->page % 2);
        moved->size *= scale;
        moved->page /= 2;
    }
    for (size_t i = 0; i < folded->rule_count; i++) {
        sheet_rule *moved = &folded->rules[i];
        double down = half * (moved->page % 2);
        *moved = (sheet_rule){moved->page / 2, moved->x0 * scale, moved->y0 * scale + down, moved->x1 * scale,
                              moved->y1 * scale + down};
    }
    for (size_t i = 0; i < folded->seal_count; i++) {
        sheet_seal *moved = &folded->seals[i];
        moved->x *= scale;
        moved->y = moved->y * scale + half * (moved->page % 2);
        moved->width *= scale;
        moved->height *= scale;
        moved->page /= 2;
    }
    folded->code_count = 0; /* printers' drivers make pictures of them, or nothing */
    folded->page_count = (folded->page_count + 1) / 2;
    folded->width = 210;
    folded->height = 297;
}

void sheet_compose(sheet *out, const generate_invoice *invoices, size_t count, uint64_t seed)
{
    for (size_t i = 0; i < count; i++)
        sheet_draw(out, &invoices[i], seed);
    out->glyphs_apart = seed % 7 == 3;
    if (seed % 5 == 4)
        fold(out);
}
