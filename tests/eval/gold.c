#include "gold.h"

#include <ctype.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Names of values in the lists. A later row never replaces an earlier one of the same field. */
static const struct {
    const char *key;
    vouch_field field;
} keys[] = {
    {"code", VOUCH_FIELD_INVOICE_CODE},
    {"number", VOUCH_FIELD_INVOICE_NUMBER},
    {"date", VOUCH_FIELD_ISSUE_DATE},
    {"time", VOUCH_FIELD_ISSUE_TIME},
    {"due_date", VOUCH_FIELD_DUE_DATE},
    {"check_code", VOUCH_FIELD_CHECK_CODE},
    {"currency", VOUCH_FIELD_CURRENCY},
    {"buyer", VOUCH_FIELD_BUYER_NAME},
    {"seller", VOUCH_FIELD_SELLER_NAME},
    {"merchant", VOUCH_FIELD_SELLER_NAME},
    {"buyer_tax_id", VOUCH_FIELD_BUYER_TAX_ID},
    {"buyer_vat", VOUCH_FIELD_BUYER_TAX_ID},
    {"seller_tax_id", VOUCH_FIELD_SELLER_TAX_ID},
    {"seller_vat", VOUCH_FIELD_SELLER_TAX_ID},
    {"vat_id", VOUCH_FIELD_SELLER_TAX_ID},
    {"tax_number", VOUCH_FIELD_SELLER_TAX_ID},
    {"address", VOUCH_FIELD_SELLER_ADDRESS},
    {"amount", VOUCH_FIELD_NET_AMOUNT},
    {"net", VOUCH_FIELD_NET_AMOUNT},
    {"subtotal", VOUCH_FIELD_NET_AMOUNT},
    {"tax", VOUCH_FIELD_TAX_AMOUNT},
    {"total", VOUCH_FIELD_GROSS_AMOUNT},
    {"gross", VOUCH_FIELD_GROSS_AMOUNT},
    {"due", VOUCH_FIELD_DUE_AMOUNT},
    {"tip", VOUCH_FIELD_TIP_AMOUNT},
    {"serial", VOUCH_FIELD_TICKET_SERIAL},
    {"eticket", VOUCH_FIELD_TICKET_NUMBER},
    {"passenger", VOUCH_FIELD_PASSENGER_NAME},
    {"fare", VOUCH_FIELD_FARE},
    {"fuel", VOUCH_FIELD_FUEL_SURCHARGE},
    {"development_fund", VOUCH_FIELD_AIRPORT_FEE},
    {"other", VOUCH_FIELD_OTHER_TAXES},
    {"plate", VOUCH_FIELD_PLATE_NUMBER},
    {"time_on", VOUCH_FIELD_BOARDING_TIME},
    {"time_off", VOUCH_FIELD_ALIGHTING_TIME},
    {"distance_km", VOUCH_FIELD_DISTANCE_KM},
    {"from", VOUCH_FIELD_DEPARTURE_PLACE},
    {"to", VOUCH_FIELD_ARRIVAL_PLACE},
    {"train", VOUCH_FIELD_TRAIN_NUMBER},
    {"flight", VOUCH_FIELD_FLIGHT_NUMBER},
    {"seat", VOUCH_FIELD_SEAT},
    {"seat_class", VOUCH_FIELD_SEAT_CLASS},
};

/* Informal kinds of the lists. `skip` is the reason why such documents hold nothing to compare. */
static const struct {
    const char *name;
    vouch_kind kind;
    const char *skip;
} kinds[] = {
    {"vat-e-ordinary", VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC, NULL},
    {"vat-e-ordinary-toll", VOUCH_KIND_CN_VAT_TOLL, NULL},
    {"vat-e-special", VOUCH_KIND_CN_VAT_SPECIAL_ELECTRONIC, NULL},
    {"vat-special", VOUCH_KIND_CN_VAT_SPECIAL, NULL},
    {"vat-ordinary", VOUCH_KIND_CN_VAT_ORDINARY, NULL},
    {"vat-roll", VOUCH_KIND_CN_VAT_ROLL, NULL},
    {"digital-ordinary", VOUCH_KIND_CN_DIGITAL_ORDINARY, NULL},
    {"digital-special", VOUCH_KIND_CN_DIGITAL_SPECIAL, NULL},
    {"digital-toll", VOUCH_KIND_CN_DIGITAL_TOLL, NULL},
    {"digital-rail", VOUCH_KIND_CN_RAIL_DIGITAL, NULL},
    {"digital-air", VOUCH_KIND_CN_AIR_DIGITAL, NULL},
    {"taxi", VOUCH_KIND_CN_TAXI, NULL},
    {"train-ticket", VOUCH_KIND_CN_RAIL, NULL},
    {"air-itinerary", VOUCH_KIND_CN_AIR, NULL},
    {"fiscal", VOUCH_KIND_CN_FISCAL, NULL},
    {"receipt", VOUCH_KIND_RECEIPT, NULL},
    {"invoice", VOUCH_KIND_INVOICE, NULL},
    {"ubl-invoice", VOUCH_KIND_EN16931_INVOICE, NULL},
    {"ubl-creditnote", VOUCH_KIND_EN16931_CREDIT_NOTE, NULL},
    {"cii", VOUCH_KIND_EN16931_INVOICE, NULL},
    {"facturx-pdf", VOUCH_KIND_EN16931_INVOICE, NULL},
    {"zugferd1-xml", VOUCH_KIND_EN16931_INVOICE, NULL},
    {"zatca-ubl", VOUCH_KIND_SA_ZATCA, NULL},
    {"pdf", VOUCH_KIND_UNKNOWN, NULL},
    {"taxi-page", VOUCH_KIND_UNKNOWN, "several documents in one picture"},
    {"image", VOUCH_KIND_UNKNOWN, "values stand in files of their own"},
    {"text", VOUCH_KIND_UNKNOWN, "not a document format"},
    {"order-x", VOUCH_KIND_UNKNOWN, "an order, not an invoice"},
    {"edifact-xml", VOUCH_KIND_UNKNOWN, "scheme not read"},
    {"fatturapa-xml", VOUCH_KIND_UNKNOWN, "scheme not read"},
    {"cfdi-xml", VOUCH_KIND_UNKNOWN, "scheme not read"},
    {"nfe-xml", VOUCH_KIND_UNKNOWN, "scheme not read"},
    {"nfe-xmldsig", VOUCH_KIND_UNKNOWN, "scheme not read"},
    {"dte-xmldsig", VOUCH_KIND_UNKNOWN, "scheme not read"},
    {"gst-jwt-json", VOUCH_KIND_UNKNOWN, "scheme not read"},
    {"cades-p7m", VOUCH_KIND_UNKNOWN, "scheme not read"},
    {"rksv-json", VOUCH_KIND_UNKNOWN, "no document"},
    {"testset", VOUCH_KIND_UNKNOWN, "not an invoice"},
    {"certificate", VOUCH_KIND_UNKNOWN, "not an invoice"},
    {"expected-json", VOUCH_KIND_UNKNOWN, "not an invoice"},
    {"expected-csv", VOUCH_KIND_UNKNOWN, "not an invoice"},
    {"pades-pdf", VOUCH_KIND_UNKNOWN, "for signatures"},
    {"pades-pdf-attack", VOUCH_KIND_UNKNOWN, "for signatures"},
    {"pdf-conformance", VOUCH_KIND_UNKNOWN, "hostile or damaged"},
    {"hostile-pdf", VOUCH_KIND_UNKNOWN, "hostile or damaged"},
    {"hostile-image", VOUCH_KIND_UNKNOWN, "hostile or damaged"},
    {"image-exif", VOUCH_KIND_UNKNOWN, "hostile or damaged"},
};

static char *trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    for (char *end = text + strlen(text); end > text && isspace((unsigned char)end[-1]);)
        *--end = '\0';
    return text;
}

static void set_kind(gold *row, const char *name)
{
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (strcmp(kinds[i].name, name) != 0)
            continue;
        row->kind = kinds[i].kind;
        row->skip = row->skip ? row->skip : kinds[i].skip;
    }
}

static void set_field(gold *row, vouch_field field, const char *value)
{
    if (row->fields[field]) {
        if (field == VOUCH_FIELD_SELLER_NAME && !row->other_seller)
            row->other_seller = value;
        return;
    }
    row->fields[field] = value;
    row->field_count++;
}

/** Names of embedded files that a row speaks of in turn; only the first one's values are taken. */
static void set_value(gold *row, char *key, char *value)
{
    const size_t length = strlen(value);
    char *prose = strrchr(key, ':');

    key = trim(prose ? prose + 1 : key);
    value = trim(value);
    /* Whoever read the picture was not sure. */
    if (*value == '\0' || value[strlen(value) - 1] == '?' || (length > 1 && strcmp(value, "not given") == 0))
        return;
    /* "1.63 (handwritten)" */
    char *remark = strstr(value, " (");
    if (remark && isdigit((unsigned char)value[0]))
        *remark = '\0';
    if (strcmp(key, "kind") == 0)
        set_kind(row, value);
    else if (strcmp(key, "type") == 0 && strcmp(value, "381") == 0 && row->kind == VOUCH_KIND_EN16931_INVOICE)
        row->kind = VOUCH_KIND_EN16931_CREDIT_NOTE;
    else if (strcmp(key, "lines") == 0 && !row->line_count)
        row->line_count = value;
    else if (strcmp(key, "company") == 0)
        row->other_seller = value;
    for (size_t i = 0; i < COUNT(keys); i++)
        if (strcmp(keys[i].key, key) == 0)
            set_field(row, keys[i].field, value);
}

/** "key=value; key=value", or with spaces between when no value has any. */
static void set_values(gold *row, char *text)
{
    const char separator = strchr(text, ';') ? ';' : ' ';
    while (text && *text) {
        char *next = strchr(text, separator);
        if (next)
            *next++ = '\0';
        char *equals = strchr(text, '=');
        if (equals) {
            *equals = '\0';
            set_value(row, text, equals + 1);
        }
        text = next;
    }
}

static void move_field(gold *row, vouch_field from, vouch_field to)
{
    if (!row->fields[from] || row->fields[to])
        return;
    row->fields[to] = row->fields[from];
    row->fields[from] = NULL;
}

/** Old tickets have no invoice number and no issue date: the lists' short names mean other fields there. */
static void adapt_to_kind(gold *row)
{
    if (row->kind != VOUCH_KIND_CN_RAIL && row->kind != VOUCH_KIND_CN_AIR)
        return;
    /* An itinerary with a ticket number and another number is a digital one. */
    if (row->kind == VOUCH_KIND_CN_AIR && row->fields[VOUCH_FIELD_INVOICE_NUMBER] &&
        row->fields[VOUCH_FIELD_TICKET_NUMBER]) {
        row->kind = VOUCH_KIND_CN_AIR_DIGITAL;
        return;
    }
    move_field(row, VOUCH_FIELD_INVOICE_NUMBER, VOUCH_FIELD_TICKET_NUMBER);
    if (row->kind != VOUCH_KIND_CN_RAIL)
        return;
    move_field(row, VOUCH_FIELD_ISSUE_DATE, VOUCH_FIELD_TRAVEL_DATE);
    move_field(row, VOUCH_FIELD_ISSUE_TIME, VOUCH_FIELD_DEPARTURE_TIME);
}

/** Columns of a line; @return their number, at most `maximum`. */
static size_t split(char *line, char **columns, size_t maximum)
{
    size_t count = 0;
    while (line && count < maximum) {
        columns[count++] = line;
        line = strchr(line, '\t');
        if (line)
            *line++ = '\0';
    }
    return count;
}

static int find_column(char **columns, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(trim(columns[i]), name) == 0)
            return (int)i;
    return -1;
}

vouch_code gold_parse(vouch_arena *arena, const char *folder, char *text, gold_list *list, vouch_error *err)
{
    char *columns[16];
    char *line = strsep(&text, "\n");
    size_t count = split(line, columns, COUNT(columns));
    const int file = find_column(columns, count, "file"), kind = find_column(columns, count, "kind");
    int values = find_column(columns, count, "fields");

    values = values >= 0 ? values : find_column(columns, count, "expected");
    if (file < 0 || values < 0)
        return vouch_fail(err, VOUCH_BAD_FORMAT, "no columns \"file\" and \"fields\" or \"expected\"");
    while ((line = strsep(&text, "\n"))) {
        count = split(line, columns, COUNT(columns));
        if (count <= (size_t)file || *trim(columns[file]) == '\0')
            continue;
        gold *row = VOUCH_ARENA_PUSH(arena, list->items, list->count, list->capacity);
        row->path = vouch_arena_printf(arena, "%s/%s", folder, trim(columns[file]));
        if (kind >= 0 && count > (size_t)kind)
            set_kind(row, trim(columns[kind]));
        if (count > (size_t)values)
            set_values(row, columns[values]);
        adapt_to_kind(row);
        if (strpbrk(row->path, "*+"))
            row->skip = "several files in one row";
        else if (!row->skip && row->field_count == 0)
            row->skip = "no values to compare";
    }
    return VOUCH_OK;
}
