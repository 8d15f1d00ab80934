/** Drawing invoices in the forms of form_tables.c: one style a seed, lines that wrap, pages that overflow. */
#include <stdio.h>
#include <string.h>

#include "draw.h"
#include "form.h"
#include "vouch/text.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const double RowPitch = 4.3;

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
        return draw_amount(d, line->net_fen);
    case CELL_RATE:
        generate_rate(line->rate, rate);
        return vouch_arena_strdup(d->sheet->arena, rate);
    case CELL_TAX:
        return line->rate < 0 ? "***" : draw_amount(d, line->tax_fen);
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
            draw_wrapped(d, column->x, column->right - 1.5, y, 3.6 * d->style.scale, text, column->tag);
        } else {
            double room = column->right - column->x - 0.4 * DRAW_TEXT_SIZE, width = draw_width(d, text);
            double shrunk = width > room ? room / width : 1; /* as tax software does with long prices */
            double x = column->x + (room - shrunk * width) * (column->align == 'r' ? 1 : 0.5);
            draw_fill(d, x, y, DRAW_TEXT_SIZE * shrunk, text, column->tag);
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
    double width = draw_width(d, party->name);
    double y = width > right - at->name_x ? at->name_y - 1.8 * d->style.scale
                                          : at->name_y; /* two lines about the label's height */
    draw_wrapped(d, at->name_x, right, y, 3.6 * d->style.scale, party->name,
                 vouch_arena_printf(arena, "%s/%sName", who, who));
    draw_fill(d, at->id_x, at->id_y, DRAW_TEXT_SIZE, party->tax_id, vouch_arena_printf(arena, "%s/%sTaxID", who, who));
    if (!generate_is_digital(d->invoice->kind)) {
        draw_fill(d, at->name_x, at->name_y + 10, 2.8, party->address,
                  vouch_arena_printf(arena, "%s/%sAddrTel", who, who));
        draw_fill(d, at->name_x, at->name_y + 15, 2.8, party->account,
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
        draw_fill(d, 126, 30.5 + 5.2 * row, 4.8, line, NULL);
    }
}

static void draw_head(drawing *d)
{
    const form *f = &d->kind->form;
    const generate_invoice *invoice = d->invoice;
    draw_label(d, d->kind->title_x, 8, 6.35, d->kind->title);
    for (size_t i = 0; i < f->label_count; i++)
        draw_label(d, f->labels[i].x, f->labels[i].y, f->labels[i].size, f->labels[i].text);
    for (size_t c = 0; c < f->column_count; c++)
        draw_label(d, f->columns[c].title_x, f->titles_y, 2.8,
                   d->style.tight ? f->columns[c].title : f->columns[c].spaced);
    draw_fill(d, f->code_x, f->number_y, DRAW_TEXT_SIZE, invoice->number, "InvoiceNo");
    draw_fill(d, f->code_x, f->date_y, DRAW_TEXT_SIZE, draw_date(d, invoice->date), "IssueDate");
    if (!generate_is_digital(invoice->kind)) {
        draw_fill(d, f->code_x, 9, DRAW_TEXT_SIZE, invoice->code, "InvoiceCode");
        draw_fill(d, f->code_x, 24, 2.8, draw_digits(d, invoice->check_code), "InvoiceCheckCode");
        draw_fill(d, 47, 21, DRAW_TEXT_SIZE, invoice->machine_number, "MachineNo");
        if (d->style.cipher)
            draw_cipher(d);
    }
    draw_party(d, &invoice->buyer, &f->buyer, "Buyer");
    draw_party(d, &invoice->seller, &f->seller, "Seller");
    draw_fill(d, f->issuer_x, f->foot_y, DRAW_TEXT_SIZE, invoice->issued_by, "InvoiceClerk");
    draw_fill(d, f->payee_x, f->foot_y, DRAW_TEXT_SIZE, invoice->payee, "Payee");
    draw_fill(d, f->reviewer_x, f->foot_y, DRAW_TEXT_SIZE, invoice->reviewed_by, "Checker");
    draw_code(d, 8.5, 3.5, 20);
}

static void draw_seals(drawing *d)
{
    double x = d->kind->title_x + sheet_width_of(d->kind->title, 6.35) / 2;
    draw_seal(d, (sheet_seal){0, x, 14, 30, 20, "全国统一发票监制章", "国家税务总局", "测试税务局"});
    if (!generate_is_digital(d->invoice->kind))
        draw_seal(d,
                  (sheet_seal){0, 182, 119, 36, 26, d->invoice->seller.name, d->invoice->seller.tax_id, "发票专用章"});
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
    draw_sum(d, right_of(f, CELL_NET), f->sum_y, invoice->net_fen, "TaxExclusiveTotalAmount");
    if (invoice->tax_fen != 0)
        draw_sum(d, right_of(f, CELL_TAX), f->sum_y, invoice->tax_fen, "TaxTotalAmount");
    else
        draw_fill(d, right_of(f, CELL_TAX) - draw_width(d, "***"), f->sum_y, DRAW_TEXT_SIZE, "***", NULL);
    const char *words = vouch_chinese_amount_print(d->sheet->arena, invoice->gross_fen);
    if (d->style.circle) /* before the words, so that nobody adds any */
        draw_fill(d, f->words_x - 1.2 * DRAW_TEXT_SIZE, f->total_y, DRAW_TEXT_SIZE, "⊗", NULL);
    draw_fill(d, f->words_x, f->total_y, DRAW_TEXT_SIZE, words, "TaxInclusiveTotalAmountWithWords");
    const char *gross = vouch_arena_printf(d->sheet->arena, "%s%s", d->style.sign, draw_amount(d, invoice->gross_fen));
    draw_fill(d, f->figures_x, f->total_y, DRAW_TEXT_SIZE, gross, "TaxInclusiveTotalAmount");
    draw_wrapped(d, f->remark_x, f->remark_right, f->remark_y, 4 * d->style.scale, invoice->remarks, "Note");
}

static void draw_rules(drawing *d)
{
    const form *f = &d->kind->form;
    double left = f->columns[0].x - 1, right = right_of(f, CELL_TAX) + 1;
    double middle = f->titles_y - 1, total = f->total_y - 1, end = f->foot_y - 2;
    const double heights[] = {29, middle, total, f->total_y + 5, end};
    for (size_t i = 0; i < COUNT(heights); i++)
        draw_rule(d, left, heights[i], right, heights[i]);
    draw_rule(d, left, 29, left, end);
    draw_rule(d, right, 29, right, end);
    draw_rule(d, f->side_x, 29, f->side_x, middle);
    draw_rule(d, f->side_x, heights[3], f->side_x, end);
    draw_rule(d, f->middle_x0, 29, f->middle_x0, middle);
    draw_rule(d, f->middle_x1, 29, f->middle_x1, middle);
    if (f->separated) {
        draw_rule(d, f->middle_x0, heights[3], f->middle_x0, end);
        draw_rule(d, f->middle_x1, heights[3], f->middle_x1, end);
    }
    for (size_t c = 1; c < f->column_count && f->separated; c++)
        draw_rule(d, f->columns[c].x - 0.6, middle, f->columns[c].x - 0.6, total);
    double title_end = d->kind->title_x + sheet_width_of(d->kind->title, 6.35);
    for (int i = 0; i < 2; i++)
        draw_rule(d, d->kind->title_x - 2, 16.2 + 0.9 * i, title_end + 2, 16.2 + 0.9 * i);
}

static int rows_of(drawing *d, const generate_line *line)
{
    int most = 1;
    for (size_t c = 0; c < d->kind->form.column_count; c++) {
        const form_column *column = &d->kind->form.columns[c];
        if (column->align != 'l')
            continue;
        int rows = draw_lines_of(d, cell_text(d, line, column->role), column->right - 1.5 - column->x);
        most = rows > most ? rows : most;
    }
    return most;
}

static void draw_frame(drawing *d)
{
    draw_head(d);
    draw_rules(d);
    draw_seals(d);
}

static void draw_pages(drawing *d)
{
    const form *f = &d->kind->form;
    d->sheet->form_colour = f->colour;
    draw_frame(d);
    double y = f->rows_y;
    int64_t net = 0, tax = 0;
    for (int i = 0; i < d->invoice->line_count; i++) {
        const generate_line *line = &d->invoice->lines[i];
        double height = RowPitch + 3.6 * d->style.scale * (rows_of(d, line) - 1);
        if (y + height + RowPitch > f->rows_end) {
            draw_label(d, 24, f->rows_end - RowPitch, 2.8, "小　　　计");
            draw_sum(d, right_of(f, CELL_NET), f->rows_end - RowPitch, net, NULL);
            draw_sum(d, right_of(f, CELL_TAX), f->rows_end - RowPitch, tax, NULL);
            d->page = d->sheet->page_count++;
            draw_frame(d);
            y = f->rows_y;
            net = tax = 0;
        }
        draw_line(d, line, i, y);
        net += line->net_fen;
        tax += line->tax_fen;
        y += height;
    }
    draw_totals(d);
}

static draw_form *form_of(vouch_kind kind)
{
    switch (kind) {
    case VOUCH_KIND_CN_RAIL_DIGITAL:
        return draw_rail;
    case VOUCH_KIND_CN_AIR_DIGITAL:
        return draw_air;
    case VOUCH_KIND_EN16931_INVOICE:
    case VOUCH_KIND_EN16931_CREDIT_NOTE:
        return draw_world;
    default:
        return draw_pages;
    }
}

void sheet_draw(sheet *out, const generate_invoice *invoice, uint64_t seed)
{
    drawing d = {.sheet = out,
                 .invoice = invoice,
                 .kind = form_lookup(invoice->kind),
                 .style = draw_style_of(seed),
                 .page = out->page_count++};
    draw_form *drawn = form_of(invoice->kind);
    size_t first = out->text_count;
    out->width = drawn == draw_world ? 210 : 215;
    out->height = drawn == draw_world ? 297 : 140;
    drawn(&d);
    out->invoice_count++;
    if (d.style.shuffled)
        draw_shuffle(out, first, &d.style.state);
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
        *moved = (sheet_rule){moved->page / 2,   moved->x0 * scale,        moved->y0 * scale + down,
                              moved->x1 * scale, moved->y1 * scale + down, moved->colour};
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

/** A page without an invoice before them, as people put on top of what they hand in. */
static void draw_cover(sheet *out, size_t count)
{
    drawing d = {.sheet = out, .style = draw_style_of(0), .page = out->page_count++};
    out->width = 215;
    out->height = 140;
    draw_label(&d, 90, 15, 6, "费用报销单");
    draw_label(&d, 20, 40, 4, "部门：研发部");
    draw_label(&d, 20, 50, 4, "报销人：张思远");
    draw_label(&d, 20, 60, 4, vouch_arena_printf(out->arena, "附单据共 %zu 张", count));
    draw_label(&d, 20, 70, 4, "事由：出差、办公用品");
}

void sheet_compose(sheet *out, const generate_invoice *invoices, size_t count, uint64_t seed)
{
    static const int turns[] = {0, 0, 90, 0, 0, 270, 0, 0, 180, 0, 0};
    static const sheet_face faces[] = {SHEET_SONG, SHEET_SONG, SHEET_HEI, SHEET_SONG, SHEET_EMBEDDED_SONG, SHEET_SONG};
    bool world = generate_is_world(invoices->kind);
    if (seed % 13 == 5 && !world)
        draw_cover(out, count);
    for (size_t i = 0; i < count; i++)
        sheet_draw(out, &invoices[i], seed);
    out->glyphs_apart = seed % 7 == 3;
    out->turned = turns[seed % COUNT(turns)];
    if (!world)
        out->face = faces[seed % COUNT(faces)];
    if (seed % 5 == 4 && out->height < 148.5)
        fold(out);
}
