/** A European invoice on A4, as Factur-X prints beside its data. */
#include "draw.h"

static const double Text = 3.4; /* mm */

static void draw_address(drawing *d, double x, double y, const generate_party *party, const char *name,
                         const char *tax_id)
{
    draw_field(d, x, y, Text, party->name, name);
    draw_field(d, x, y + 5, Text, party->street, NULL);
    draw_field(d, x, y + 10, Text,
               vouch_arena_printf(d->sheet->arena, "%s %s, %s", party->zip, party->city, party->country), NULL);
    draw_field(d, x, y + 15, Text, party->tax_id, tax_id);
}

static void draw_money(drawing *d, double right, double y, int64_t fen, const char *field)
{
    const char *text = draw_amount(d, fen);
    draw_field(d, right - sheet_width_of(text, Text), y, Text, text, field);
}

static void draw_rows(drawing *d)
{
    static const struct {
        double x;
        const char *text;
    } titles[] = {{20, "Pos."}, {32, "Description"}, {112, "Qty"}, {130, "Price"}, {150, "VAT %"}, {174, "Amount"}};
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        draw_label(d, titles[i].x, 110, Text, titles[i].text);
    draw_rule(d, 20, 115.5, 190, 115.5);
    for (int i = 0; i < d->invoice->line_count; i++) {
        const generate_line *line = &d->invoice->lines[i];
        double y = 118 + 6 * i;
        size_t first = d->sheet->text_count;
        draw_field(d, 20, y, Text, vouch_arena_printf(d->sheet->arena, "%d", i + 1), NULL);
        draw_field(d, 32, y, Text, line->name, "name");
        draw_field(d, 112, y, Text, line->quantity, "quantity");
        draw_field(d, 130, y, Text, line->unit_price, "unit_price");
        draw_field(d, 152, y, Text, vouch_arena_printf(d->sheet->arena, "%d", line->rate), "tax_rate");
        draw_money(d, 190, y, line->net_fen, "net_amount");
        for (size_t t = first; t < d->sheet->text_count; t++)
            d->sheet->texts[t].row = i;
    }
}

void draw_world(drawing *d)
{
    const generate_invoice *invoice = d->invoice;
    const struct {
        const char *label;
        int64_t fen;
        const char *field;
    } totals[] = {{"Discount", -invoice->discount_fen, "discount_amount"},
                  {"Total net", invoice->net_fen, "net_amount"},
                  {"VAT", invoice->tax_fen, "tax_amount"},
                  {"Total", invoice->gross_fen, "gross_amount"},
                  {"Prepaid", -invoice->paid_fen, "paid_amount"},
                  {"Amount due", invoice->gross_fen - invoice->paid_fen, "due_amount"}};
    d->sheet->form_colour = 0x203050;
    d->sheet->face = SHEET_LATIN;
    draw_address(d, 20, 20, &invoice->seller, "seller_name", "seller_tax_id");
    draw_address(d, 20, 55, &invoice->buyer, "buyer_name", "buyer_tax_id");
    draw_label(d, 20, 86, 6, invoice->credit ? "CREDIT NOTE" : "INVOICE");
    draw_label(d, 130, 86, Text, "Number");
    draw_field(d, 155, 86, Text, invoice->number, "invoice_number");
    draw_label(d, 130, 92, Text, "Date");
    draw_field(d, 155, 92, Text, invoice->date, "issue_date");
    draw_label(d, 130, 98, Text, "Due");
    draw_field(d, 155, 98, Text, invoice->due_date, "due_date");
    draw_rows(d);
    double y = 122 + 6 * invoice->line_count;
    draw_rule(d, 120, y - 2, 190, y - 2);
    for (size_t i = 0; i < sizeof totals / sizeof *totals; i++) {
        if (totals[i].fen == 0 && i != 2)
            continue;
        draw_label(d, 125, y, Text, totals[i].label);
        draw_field(d, 152, y, Text, invoice->currency, NULL);
        draw_money(d, 190, y, totals[i].fen, totals[i].field);
        y += 6;
    }
    draw_field(d, 20, 250, Text, invoice->remarks, "remarks");
    draw_field(d, 20, 262, Text, invoice->seller.account, "seller_account");
}
