/** Tickets as XBRL instances of the Ministry of Finance's taxonomies rai and atr, as they are attached to them. */
#include <stdio.h>
#include <string.h>

#include "xml_xbrl.h"

static void write_rail(const xbrl_instance *i, const generate_invoice *invoice)
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
        xbrl_fact(i, i->root, facts[f][0], facts[f][1]);
    xbrl_amount(i, "Fare", t->fare_fen);
    xbrl_amount(i, "TotalAmountExcludingTax", invoice->net_fen);
    xbrl_amount(i, "TaxAmount", invoice->tax_fen);
}

static void write_air(const xbrl_instance *i, const generate_invoice *invoice)
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
        xbrl_fact(i, i->root, facts[f][0], facts[f][1]);
    for (int n = 0; n < t->leg_count; n++) {
        const generate_leg *leg = &t->legs[n];
        xmlNode *tuple = xmlNewChild(i->root, i->space, BAD_CAST "DetailInformationOfAirTicketTuple", NULL);
        xbrl_fact(i, tuple, "DepartureStation", leg->from);
        xbrl_fact(i, tuple, "DestinationStation", leg->to);
        xbrl_fact(i, tuple, "Carrier", leg->carrier);
        xbrl_fact(i, tuple, "Flight", leg->flight);
        xbrl_fact(i, tuple, "SeatClass", leg->seat_class);
        xbrl_fact(i, tuple, "CarrierDate", leg->date);
        xbrl_fact(i, tuple, "DepartureTime", leg->time);
    }
    xbrl_amount(i, "Fare", t->fare_fen);
    xbrl_amount(i, "FuelSurcharge", t->fuel_fen);
    xbrl_amount(i, "VatTaxAmount", invoice->tax_fen);
    xbrl_amount(i, "CivilAviationDevelopmentFund", t->fund_fen);
    xbrl_amount(i, "OtherTaxes", t->other_fen);
    xbrl_amount(i, "TotalAmount", invoice->gross_fen);
}

vouch_code generate_xbrl_travel(const generate_invoice *invoices, size_t count, uint64_t seed, vouch_buffer *out,
                                vouch_error *err)
{
    (void)seed;
    if (count != 1)
        return vouch_fail(err, VOUCH_UNSUPPORTED, "XBRL of %zu tickets", count);
    bool is_rail = invoices->kind == VOUCH_KIND_CN_RAIL_DIGITAL;
    xbrl_instance i = xbrl_new(is_rail ? "rai" : "atr", invoices->date);
    (is_rail ? write_rail : write_air)(&i, invoices);
    return xml_finish(i.document, out, err);
}
