/** Tickets as XBRL instances of the Ministry of Finance's taxonomies rai and atr, as they are attached to them. */
#include <stdio.h>
#include <string.h>

#include <libxml/tree.h>

#include "generate.h"

typedef struct instance {
    xmlDoc *document;
    xmlNode *root;
    xmlNs *space;
} instance;

static void fact(const instance *i, xmlNode *parent, const char *name, const char *value)
{
    xmlNode *node = xmlNewTextChild(parent, i->space, BAD_CAST name, BAD_CAST value);
    xmlNewProp(node, BAD_CAST "contextRef", BAD_CAST "c1");
}

static void fact_amount(const instance *i, const char *name, int64_t fen)
{
    char text[24];
    generate_amount(fen, text);
    fact(i, i->root, name, text);
}

static void write_context(const instance *i, const char *date)
{
    xmlNode *context = xmlNewChild(i->root, i->root->ns, BAD_CAST "context", NULL);
    xmlNewProp(context, BAD_CAST "id", BAD_CAST "c1");
    xmlNode *entity = xmlNewChild(context, i->root->ns, BAD_CAST "entity", NULL);
    xmlNode *identifier = xmlNewTextChild(entity, i->root->ns, BAD_CAST "identifier", BAD_CAST "TEST");
    xmlNewProp(identifier, BAD_CAST "scheme", BAD_CAST "http://xbrl.mof.gov.cn");
    xmlNode *period = xmlNewChild(context, i->root->ns, BAD_CAST "period", NULL);
    xmlNewTextChild(period, i->root->ns, BAD_CAST "instant", BAD_CAST date);
}

static void write_rail(const instance *i, const generate_invoice *invoice)
{
    const generate_travel *t = &invoice->travel;
    char carriage[24] = "";
    const char *seat = strstr(t->seat, "车");
    size_t length = seat ? (size_t)(seat - t->seat) + strlen("车") : 0;
    snprintf(carriage, sizeof carriage, "%.*s", (int)length, t->seat);
    const char *const facts[][2] = {
        {"TypeOfVoucher", "电子发票（铁路电子客票）"},
        {"ElectronicInvoiceRailwayETicketNumber", invoice->number},
        {"ElectronicTicketNum", t->ticket},
        {"DateOfIssue", invoice->date},
        {"TypeOfBusiness", t->refund    ? "退"
                           : t->changed ? "换"
                                        : "售"},
        {"DepartureStation", t->from},
        {"DestinationStation", t->to},
        {"TrainNumber", t->train},
        {"TravelDate", t->date},
        {"DepartureTime", t->time},
        {"SeatLevel", t->seat_class},
        {"Carriage", carriage},
        {"Seat", t->seat + length},
        {"TaxRate", "0.09"},
        {"Name", t->passenger},
        {"IdNumber", t->passenger_id},
        {"NameOfPurchaser", invoice->buyer.name},
        {"UnifiedSocialCreditCodeOfPurchaser", invoice->buyer.tax_id},
        {"NameOfSeller", ""},
        {"NumberOfOriginalInvoice", invoice->original_number},
    };
    for (size_t f = 0; f < sizeof facts / sizeof *facts; f++)
        fact(i, i->root, facts[f][0], facts[f][1]);
    fact_amount(i, "Fare", t->fare_fen);
    fact_amount(i, "TotalAmountExcludingTax", invoice->net_fen);
    fact_amount(i, "TaxAmount", invoice->tax_fen);
}

static void write_air(const instance *i, const generate_invoice *invoice)
{
    const generate_travel *t = &invoice->travel;
    const char *const facts[][2] = {
        {"ElectronicInvoiceAirTransportReceiptNumber", invoice->number},
        {"ETicketNumber", t->ticket},
        {"IssueDate", invoice->date},
        {"PassengerName", t->passenger},
        {"ValidIdNumber", t->passenger_id},
        {"VatRate", "9%"},
        {"VerificationCode", invoice->check_code},
        {"IssueParty", invoice->seller.name},
        {"IssuingStatus", "正常"},
        {"MarkingOfDomesticOrInternational", "国内"},
        {"NameOfPurchaser", invoice->buyer.name},
        {"UnifiedSocialCreditCodeOfPurchaser", invoice->buyer.tax_id},
    };
    for (size_t f = 0; f < sizeof facts / sizeof *facts; f++)
        fact(i, i->root, facts[f][0], facts[f][1]);
    for (int n = 0; n < t->leg_count; n++) {
        const generate_leg *leg = &t->legs[n];
        xmlNode *tuple = xmlNewChild(i->root, i->space, BAD_CAST "DetailInformationOfAirTicketTuple", NULL);
        fact(i, tuple, "DepartureStation", leg->from);
        fact(i, tuple, "DestinationStation", leg->to);
        fact(i, tuple, "Carrier", leg->carrier);
        fact(i, tuple, "Flight", leg->flight);
        fact(i, tuple, "SeatClass", leg->seat_class);
        fact(i, tuple, "CarrierDate", leg->date);
        fact(i, tuple, "DepartureTime", leg->time);
    }
    fact_amount(i, "Fare", t->fare_fen);
    fact_amount(i, "FuelSurcharge", t->fuel_fen);
    fact_amount(i, "VatTaxAmount", invoice->tax_fen);
    fact_amount(i, "CivilAviationDevelopmentFund", t->fund_fen);
    fact_amount(i, "OtherTaxes", t->other_fen);
    fact_amount(i, "TotalAmount", invoice->gross_fen);
}

vouch_code generate_xbrl_travel(const generate_invoice *invoices, size_t count, uint64_t seed, vouch_buffer *out,
                                vouch_error *err)
{
    (void)seed;
    if (count != 1)
        return vouch_fail(err, VOUCH_UNSUPPORTED, "XBRL of %zu tickets", count);
    bool is_rail = invoices->kind == VOUCH_KIND_CN_RAIL_DIGITAL;
    instance i = {.document = xmlNewDoc(BAD_CAST "1.0"), .root = xmlNewNode(NULL, BAD_CAST "xbrl")};
    xmlDocSetRootElement(i.document, i.root);
    xmlSetNs(i.root, xmlNewNs(i.root, BAD_CAST "http://www.xbrl.org/2003/instance", NULL));
    i.space = is_rail ? xmlNewNs(i.root, BAD_CAST "http://xbrl.mof.gov.cn/taxonomy/2023-12-31/rai", BAD_CAST "rai")
                      : xmlNewNs(i.root, BAD_CAST "http://xbrl.mof.gov.cn/taxonomy/2023-12-31/atr", BAD_CAST "atr");
    write_context(&i, invoices->date);
    (is_rail ? write_rail : write_air)(&i, invoices);
    xmlChar *text = NULL;
    int length = 0;
    xmlDocDumpFormatMemoryEnc(i.document, &text, &length, "UTF-8", 1);
    vouch_code code = text ? vouch_buffer_append(out, text, (size_t)length) : VOUCH_NO_MEMORY;
    xmlFree(text);
    xmlFreeDoc(i.document);
    return code == VOUCH_OK ? VOUCH_OK : vouch_fail(err, code, "writing XBRL");
}
