/**
 * Invoices by EN 16931 and ZATCA: companies of several countries with right check digits in their VAT numbers, tax
 * categories, allowances, prepayments, credit notes.
 */
#include <stdio.h>
#include <string.h>

#include "generate.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

typedef struct country {
    const char *code, *currency, *city, *zip, *street, *iban;
    const char *names[3];
    int standard, reduced; /* percent */
} country;

static const country countries[] = {
    {"DE",
     "EUR",
     "Köln",
     "50667",
     "Hohe Straße",
     "DE89370400440532013000",
     {"Müller Werkzeuge GmbH", "Grünwald & Söhne KG", "Bäckerei Groß e.K."},
     19,
     7},
    {"FR",
     "EUR",
     "Lyon",
     "69002",
     "rue de la République",
     "FR7630006000011234567890189",
     {"Société Générale d'Éclairage SARL", "Dupont et Fils SAS", "Atelier Lefèvre"},
     20,
     10},
    {"BE",
     "EUR",
     "Gent",
     "9000",
     "Veldstraat",
     "BE68539007547034",
     {"Janssens Bouw NV", "De Smet Logistics BV", "Brouwerij 't Hof"},
     21,
     6},
    {"IT",
     "EUR",
     "Torino",
     "10121",
     "Via Roma",
     "IT60X0542811101000000123456",
     {"Officine Meccaniche S.p.A.", "Caffè Torinese S.r.l.", "Studio Bianchi"},
     22,
     10},
};

static const struct ware {
    const char *name, *unit;
    int64_t low_fen, high_fen;
} wares[] = {
    {"Bohrer HSS-G 8 mm", "H87", 300, 2500},
    {"Beratung vor Ort", "HUR", 8000, 18000},
    {"Papier A4, 80 g/m² <weiß>", "XBX", 2500, 6000},
    {"Consulting \"Phase II\" & training", "DAY", 60000, 140000},
    {"Câble réseau Cat 6A, 5 m", "C62", 400, 1900},
    {"Caffè in grani 1 kg", "KGM", 900, 2600},
    {"Fracht", "C62", 1500, 9000},
};

/** ISO 7064 MOD 11, 10 (Germany). */
static char mod_11_10(const char *digits)
{
    int product = 10;
    for (; *digits; digits++) {
        int sum = (*digits - '0' + product) % 10;
        product = 2 * (sum == 0 ? 10 : sum) % 11;
    }
    return (char)('0' + (11 - product) % 10);
}

static char luhn(const char *digits)
{
    size_t length = strlen(digits);
    int sum = 0;
    for (size_t i = 0; i < length; i++) {
        int value = digits[i] - '0';
        if ((length - i) % 2 == 1)
            value = value * 2 > 9 ? value * 2 - 9 : value * 2;
        sum += value;
    }
    return (char)('0' + (10 - sum % 10) % 10);
}

static long number_of(const char *digits)
{
    long value = 0;
    for (; *digits; digits++)
        value = value * 10 + (*digits - '0');
    return value;
}

static void vat_number(uint64_t *state, const char *code, char out[24])
{
    char digits[16];
    if (strcmp(code, "DE") == 0) {
        generate_digits(state, digits, 8);
        digits[0] = '1' + (char)generate_pick(state, 9);
        snprintf(out, 24, "DE%s%c", digits, mod_11_10(digits));
    } else if (strcmp(code, "FR") == 0) {
        generate_digits(state, digits, 8);
        digits[8] = luhn(digits);
        digits[9] = '\0';
        snprintf(out, 24, "FR%02ld%s", (12 + 3 * (number_of(digits) % 97)) % 97, digits);
    } else if (strcmp(code, "BE") == 0) {
        generate_digits(state, digits, 8);
        digits[0] = '0';
        digits[1] = '1' + (char)generate_pick(state, 9);
        snprintf(out, 24, "BE%s%02ld", digits, 97 - number_of(digits) % 97);
    } else {
        generate_digits(state, digits, 7);
        snprintf(digits + 7, sizeof digits - 7, "%03zu", 1 + generate_pick(state, 100));
        snprintf(out, 24, "IT%s%c", digits, luhn(digits));
    }
}

static void company(uint64_t *state, const country *where, generate_party *out)
{
    *out = (generate_party){.name = ""};
    snprintf(out->name, sizeof out->name, "%s", where->names[generate_pick(state, COUNT(where->names))]);
    vat_number(state, where->code, out->tax_id);
    snprintf(out->street, sizeof out->street, "%s %zu", where->street, 1 + generate_pick(state, 150));
    snprintf(out->zip, sizeof out->zip, "%s", where->zip);
    snprintf(out->city, sizeof out->city, "%s", where->city);
    snprintf(out->country, sizeof out->country, "%s", where->code);
    snprintf(out->account, sizeof out->account, "%s", where->iban);
}

static void arab_company(uint64_t *state, generate_party *out)
{
    static const char *const names[] = {"شركة الاختبار للتجارة المحدودة", "مؤسسة النور للمقاولات",
                                        "Test Trading Co. LTD"};
    char digits[16];
    *out = (generate_party){.name = ""};
    snprintf(out->name, sizeof out->name, "%s", names[generate_pick(state, COUNT(names))]);
    generate_digits(state, digits, 13);
    snprintf(out->tax_id, sizeof out->tax_id, "3%s3", digits);
    snprintf(out->street, sizeof out->street, "الأمير سلطان");
    snprintf(out->zip, sizeof out->zip, "23333");
    snprintf(out->city, sizeof out->city, "الرياض");
    snprintf(out->country, sizeof out->country, "SA");
}

static void set_line(uint64_t *state, generate_line *line, int rate, const char *category)
{
    const struct ware *what = &wares[generate_pick(state, COUNT(wares))];
    int64_t quantity = 1 + (int64_t)generate_pick(state, 12);
    int64_t price = what->low_fen + (int64_t)generate_pick(state, (size_t)(what->high_fen - what->low_fen));
    snprintf(line->name, sizeof line->name, "%s", what->name);
    snprintf(line->unit, sizeof line->unit, "%s", what->unit);
    snprintf(line->category, sizeof line->category, "%s", category);
    line->rate = rate;
    line->net_fen = price * quantity;
    if (generate_pick(state, 4) == 0) { /* half a piece more, of an even price */
        price += price % 2;
        line->net_fen = price * quantity + price / 2;
        snprintf(line->quantity, sizeof line->quantity, "%u.5", (unsigned)quantity % 100);
    } else {
        snprintf(line->quantity, sizeof line->quantity, "%u", (unsigned)quantity % 100);
    }
    generate_amount(price, line->unit_price);
}

size_t generate_tax_groups(const generate_invoice *invoice, generate_tax_group *out)
{
    size_t count = 0;
    for (int i = 0; i < invoice->line_count; i++) {
        const generate_line *line = &invoice->lines[i];
        size_t g = 0;
        while (g < count && (out[g].rate != line->rate || strcmp(out[g].category, line->category) != 0))
            g++;
        if (g == count)
            out[count++] = (generate_tax_group){.rate = line->rate, .category = line->category};
        out[g].net_fen += line->net_fen;
    }
    out[0].net_fen -= invoice->discount_fen; /* it is of the first line's category */
    for (size_t g = 0; g < count; g++)
        out[g].tax_fen = (out[g].net_fen * out[g].rate + 50) / 100;
    return count;
}

static void add_up(generate_invoice *invoice)
{
    generate_tax_group groups[GENERATE_MAX_LINES];
    size_t count = generate_tax_groups(invoice, groups);
    invoice->net_fen = invoice->tax_fen = 0;
    for (size_t g = 0; g < count; g++) {
        invoice->net_fen += groups[g].net_fen;
        invoice->tax_fen += groups[g].tax_fen;
    }
    invoice->gross_fen = invoice->net_fen + invoice->tax_fen;
}

/** Ordinary rates, or one of the cases in which the buyer pays no tax. */
static void set_lines(uint64_t *state, generate_invoice *invoice, const country *where)
{
    static const char *const untaxed[] = {"AE", "E", "Z"};
    bool taxed = generate_pick(state, 5) != 0;
    const char *category = taxed ? "S" : untaxed[generate_pick(state, COUNT(untaxed))];
    invoice->line_count = 1 + (int)generate_pick(state, 6);
    for (int i = 0; i < invoice->line_count; i++) {
        int rate = !taxed ? 0 : generate_pick(state, 3) ? where->standard : where->reduced;
        set_line(state, &invoice->lines[i], rate, category);
    }
    if (generate_pick(state, 4) == 0 && invoice->lines[0].net_fen > 1000)
        invoice->discount_fen = invoice->lines[0].net_fen / 20;
}

static void set_identity(uint64_t *state, generate_invoice *invoice)
{
    size_t number = 1 + generate_pick(state, 99999);
    switch (generate_pick(state, 3)) {
    case 0:
        snprintf(invoice->number, sizeof invoice->number, "R-%.4s/%zu", invoice->date, number);
        break;
    case 1:
        snprintf(invoice->number, sizeof invoice->number, "%.4s%05zu", invoice->date, number);
        break;
    default:
        snprintf(invoice->number, sizeof invoice->number, "INV%06zu", number);
    }
    if (generate_pick(state, 2))
        snprintf(invoice->order, sizeof invoice->order, "PO-%05zu", generate_pick(state, 100000));
}

bool generate_is_world(vouch_kind kind)
{
    return kind == VOUCH_KIND_EN16931_INVOICE || kind == VOUCH_KIND_EN16931_CREDIT_NOTE || kind == VOUCH_KIND_SA_ZATCA;
}

void generate_world_vary(generate_invoice *invoice, vouch_kind kind, uint64_t seed)
{
    uint64_t state = seed ^ 0x0E16;
    *invoice = (generate_invoice){.kind = kind, .on_page = true, .structured = true, .state = seed};
    bool zatca = kind == VOUCH_KIND_SA_ZATCA;
    const country *seller = &countries[generate_pick(&state, COUNT(countries))];
    const country *buyer = &countries[generate_pick(&state, COUNT(countries))];
    static const country arabia = {.standard = 15, .reduced = 15};
    size_t day = 1 + generate_pick(&state, 28), month = 1 + generate_pick(&state, 11);
    snprintf(invoice->date, sizeof invoice->date, "20%02zu-%02zu-%02zu", 20 + generate_pick(&state, 6), month, day);
    snprintf(invoice->currency, sizeof invoice->currency, "%s",
             zatca                      ? "SAR"
             : generate_pick(&state, 6) ? seller->currency
                                        : "USD");
    if (zatca) {
        arab_company(&state, &invoice->seller);
        arab_company(&state, &invoice->buyer);
    } else {
        company(&state, seller, &invoice->seller);
        company(&state, buyer, &invoice->buyer);
        memset(invoice->buyer.account, 0, sizeof invoice->buyer.account);
        snprintf(invoice->due_date, sizeof invoice->due_date, "%.5s12-%02zu", invoice->date,
                 1 + generate_pick(&state, 28));
    }
    set_identity(&state, invoice);
    set_lines(&state, invoice, zatca ? &arabia : seller);
    add_up(invoice);
    if (generate_pick(&state, 5) == 0)
        invoice->paid_fen = invoice->gross_fen / 4;
    invoice->credit = kind == VOUCH_KIND_EN16931_CREDIT_NOTE;
    if (invoice->credit)
        snprintf(invoice->original_number, sizeof invoice->original_number, "R-%.4s/%zu", invoice->date,
                 1 + generate_pick(&state, 9999));
    if (generate_pick(&state, 2))
        snprintf(invoice->remarks, sizeof invoice->remarks, "Vielen Dank für Ihren Auftrag; merci & grazie");
}
