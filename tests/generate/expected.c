/** The expected reading of a generated invoice: kind, direction, fields and lines by the names of the contract. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "generate.h"
#include "vouch/text.h"

static void set(json_t *object, const char *name, const char *value)
{
    if (value && *value)
        json_object_set_new(object, name, json_string(value));
}

/** Text as readings have it: NFKC. */
static void set_text(json_t *object, const char *name, const char *value, vouch_arena *arena)
{
    set(object, name, vouch_text_fold(arena, value));
}

static void set_amount(json_t *object, const char *name, int64_t fen)
{
    char text[24];
    generate_amount(fen, text);
    set(object, name, text);
}

/** What tickets state; their data say less than their pages of some, and more of others. */
static void set_travel(json_t *out, const generate_invoice *invoice, vouch_arena *arena)
{
    const generate_travel *travel = &invoice->travel;
    bool rail = invoice->kind == VOUCH_KIND_CN_RAIL_DIGITAL;
    set(out, "invoice_number", invoice->number);
    set(out, "issue_date", invoice->date);
    set(out, "currency", invoice->currency);
    set(out, "ticket_number", travel->ticket);
    set_text(out, "passenger_name", travel->passenger, arena);
    set(out, "passenger_id", travel->passenger_id);
    set_text(out, "buyer_name", invoice->buyer.name, arena);
    set(out, "buyer_tax_id", invoice->buyer.tax_id);
    set_amount(out, "gross_amount", invoice->gross_fen);
    set(out, "original_invoice_number", invoice->original_number);
    const generate_leg *leg = travel->legs;
    set(out, "travel_date", rail ? travel->date : leg->date);
    set(out, "departure_time", rail ? travel->time : leg->time);
    set(out, "seat_class", rail ? travel->seat_class : leg->seat_class);
    set_text(out, "departure_place", rail ? travel->from : leg->from, arena);
    set_text(out, "arrival_place", rail ? travel->to : travel->legs[travel->leg_count - 1].to, arena);
    if (!rail) {
        set(out, "flight_number", leg->flight);
        set(out, "carrier", leg->carrier);
        set(out, "check_code", invoice->check_code);
        set_text(out, invoice->on_page ? "issued_by" : "seller_name", invoice->seller.name, arena);
        if (invoice->on_page && invoice->structured)
            set_text(out, "seller_name", invoice->seller.name, arena);
        set_amount(out, "fare", travel->fare_fen);
        set_amount(out, "fuel_surcharge", travel->fuel_fen);
        set_amount(out, "airport_fee", travel->fund_fen);
        set_amount(out, "other_taxes", travel->other_fen);
        set_amount(out, "tax_amount", invoice->tax_fen);
        return;
    }
    set(out, "train_number", travel->train);
    set(out, "seat", travel->seat);
    if (invoice->on_page)
        set_amount(out, "fare", travel->fare_fen);
    if (invoice->structured) {
        set_amount(out, "net_amount", invoice->net_fen);
        set_amount(out, "tax_amount", invoice->tax_fen);
    }
}

static void set_address(json_t *out, const char *name, const generate_party *party, vouch_arena *arena)
{
    set_text(out, name,
             vouch_arena_printf(arena, "%s, %s %s, %s", party->street, party->zip, party->city, party->country), arena);
}

static void set_world(json_t *out, const generate_invoice *invoice, vouch_arena *arena)
{
    set(out, "invoice_number", invoice->number);
    set(out, "issue_date", invoice->date);
    set(out, "due_date", invoice->due_date);
    set(out, "currency", invoice->currency);
    set(out, "purchase_order", invoice->order);
    set(out, "original_invoice_number", invoice->original_number);
    set_text(out, "seller_name", invoice->seller.name, arena);
    set(out, "seller_tax_id", invoice->seller.tax_id);
    set_address(out, "seller_address", &invoice->seller, arena);
    set(out, "seller_account", invoice->seller.account);
    set_text(out, "buyer_name", invoice->buyer.name, arena);
    set(out, "buyer_tax_id", invoice->buyer.tax_id);
    set_address(out, "buyer_address", &invoice->buyer, arena);
    set_amount(out, "net_amount", invoice->net_fen);
    set_amount(out, "tax_amount", invoice->tax_fen);
    set_amount(out, "gross_amount", invoice->gross_fen);
    set_amount(out, "due_amount", invoice->gross_fen - invoice->paid_fen);
    if (invoice->discount_fen)
        set_amount(out, "discount_amount", invoice->discount_fen);
    if (invoice->paid_fen)
        set_amount(out, "paid_amount", invoice->paid_fen);
    set_text(out, "remarks", invoice->remarks, arena);
}

static void set_fiscal(json_t *out, const generate_invoice *invoice, vouch_arena *arena)
{
    set(out, "invoice_code", invoice->code);
    set(out, "invoice_number", invoice->number);
    set(out, "check_code", invoice->check_code);
    set(out, "issue_date", invoice->date);
    set(out, "currency", "CNY");
    set_text(out, "seller_name", invoice->seller.name, arena);
    set(out, "seller_tax_id", invoice->seller.tax_id);
    set_text(out, "buyer_name", invoice->buyer.name, arena);
    set(out, "buyer_tax_id", invoice->buyer.tax_id);
    set_amount(out, "gross_amount", invoice->gross_fen);
    set(out, "payee", invoice->payee);
    set(out, "issued_by", invoice->issued_by);
    set(out, "reviewed_by", invoice->reviewed_by);
    set_text(out, "remarks", invoice->remarks, arena);
}

static json_t *leg_array(const generate_invoice *invoice, vouch_arena *arena)
{
    json_t *out = json_array();
    for (int i = 0; i < invoice->travel.leg_count; i++) {
        const generate_leg *leg = &invoice->travel.legs[i];
        json_t *row = json_object();
        set_text(row, "departure_place", leg->from, arena);
        set_text(row, "arrival_place", leg->to, arena);
        set(row, "carrier", leg->carrier);
        set(row, "flight_number", leg->flight);
        set(row, "seat_class", leg->seat_class);
        set(row, "departure_time", vouch_arena_printf(arena, "%sT%s", leg->date, leg->time));
        json_array_append_new(out, row);
    }
    return out;
}

static json_t *fields(const generate_invoice *invoice, vouch_arena *arena)
{
    json_t *out = json_object();
    if (generate_is_travel(invoice->kind)) {
        set_travel(out, invoice, arena);
        return out;
    }
    if (invoice->kind == VOUCH_KIND_CN_BANK_RECEIPT) {
        set(out, "invoice_number", invoice->number);
        set(out, "issue_date", invoice->date);
        set(out, "currency", "CNY");
        set_amount(out, "gross_amount", invoice->gross_fen);
        return out;
    }
    if (invoice->kind == VOUCH_KIND_CN_FISCAL) {
        set_fiscal(out, invoice, arena);
        return out;
    }
    if (generate_is_world(invoice->kind)) {
        set_world(out, invoice, arena);
        return out;
    }
    set(out, "invoice_code", invoice->code);
    set(out, "invoice_number", invoice->number);
    set(out, "issue_date", invoice->date);
    set(out, "check_code", invoice->check_code);
    set(out, "machine_number", invoice->machine_number);
    set(out, "currency", "CNY");
    set_text(out, "seller_name", invoice->seller.name, arena);
    set(out, "seller_tax_id", invoice->seller.tax_id);
    set_text(out, "buyer_name", invoice->buyer.name, arena);
    set(out, "buyer_tax_id", invoice->buyer.tax_id);
    set_amount(out, "net_amount", invoice->net_fen);
    if (invoice->tax_fen != 0) /* else printed as *** */
        set_amount(out, "tax_amount", invoice->tax_fen);
    set_amount(out, "gross_amount", invoice->gross_fen);
    set_text(out, "gross_in_words", vouch_chinese_amount_print(arena, invoice->gross_fen), arena);
    set(out, "issued_by", invoice->issued_by);
    set(out, "payee", invoice->payee);
    set(out, "reviewed_by", invoice->reviewed_by);
    set_text(out, "remarks", invoice->remarks, arena);
    set(out, "original_invoice_number", invoice->original_number);
    return out;
}

/** The tax of a line without a rate is printed as ***. */
static void set_rate(json_t *row, const generate_line *line)
{
    static const char *const words[][2] = {{"S", "standard"}, {"AE", "reverse_charge"}, {"E", "exempt"}, {"Z", "zero"}};
    char rate[16];
    if (line->rate == GENERATE_UNSTATED)
        return;
    snprintf(rate, sizeof rate, "%d", line->rate);
    if (line->category[0]) {
        set(row, "tax_rate", rate);
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (strcmp(words[i][0], line->category) == 0)
                set(row, "tax_category", words[i][1]);
        return;
    }
    if (line->rate >= 0) {
        set(row, "tax_rate", rate);
        set_amount(row, "tax_amount", line->tax_fen);
    }
    set(row, "tax_category", line->rate >= 0 ? "standard" : line->rate == GENERATE_EXEMPT ? "exempt" : "not_taxable");
}

static json_t *line_array(const generate_invoice *invoice, vouch_arena *arena)
{
    json_t *out = json_array();
    for (int i = 0; i < invoice->line_count; i++) {
        const generate_line *line = &invoice->lines[i];
        json_t *row = json_object();
        set_text(row, "name", line->name, arena);
        set_text(row, "specification", line->specification, arena);
        set(row, "unit", line->unit);
        set(row, "quantity", line->quantity);
        set(row, "unit_price", line->unit_price);
        set_amount(row, "net_amount", line->net_fen);
        set_rate(row, line);
        set(row, "plate_number", line->plate);
        set(row, "vehicle_type", line->vehicle);
        set(row, "date_from", line->from);
        set(row, "date_to", line->to);
        json_array_append_new(out, row);
    }
    return out;
}

static json_t *reading(const generate_invoice *invoice, vouch_arena *arena)
{
    json_t *root = json_object();
    set(root, "kind", vouch_kind_name(invoice->kind));
    set(root, "direction", invoice->credit || invoice->gross_fen < 0 ? "credit" : "debit");
    json_object_set_new(root, "fields", fields(invoice, arena));
    json_object_set_new(root, "lines", line_array(invoice, arena));
    if (invoice->travel.leg_count > 0)
        json_object_set_new(root, "segments", leg_array(invoice, arena));
    return root;
}

vouch_code generate_expected(const generate_invoice *invoices, size_t count, vouch_buffer *out, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    if (!arena)
        return vouch_fail(err, VOUCH_NO_MEMORY, "writing the expected reading");
    json_t *root = count == 1 ? reading(invoices, arena) : json_object(), *all = json_array();
    for (size_t i = 0; i < count && count != 1; i++)
        json_array_append_new(all, reading(&invoices[i], arena));
    if (count != 1)
        json_object_set(root, "invoices", all);
    char *text = json_dumps(root, JSON_INDENT(2));
    json_decref(all);
    json_decref(root);
    vouch_code code = text ? vouch_buffer_printf(out, "%s\n", text) : VOUCH_NO_MEMORY;
    free(text);
    return code == VOUCH_OK ? VOUCH_OK : vouch_fail(err, code, "writing the expected reading");
}
