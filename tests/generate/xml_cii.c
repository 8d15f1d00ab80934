/** UN/CEFACT Cross Industry Invoice D16B: EN 16931 by CEN/TS 16931-3-3, alone or inside of Factur-X. */
#include <stdio.h>

#include "xml_world.h"

/** 2024-03-05 as 20240305 of format 102. */
static void put_date(xmlNode *parent, const char *path, const char *date)
{
    if (!*date)
        return;
    char text[16];
    snprintf(text, sizeof text, "%.4s%.2s%.2s", date, date + 5, date + 8);
    xmlNewProp(xml_put(parent, path, text), BAD_CAST "format", BAD_CAST "102");
}

static void write_party(xmlNode *agreement, const char *name, const generate_party *party)
{
    xmlNode *node = xml_add(agreement, name);
    xml_put(node, "ram:Name", party->name);
    xml_put(node, "ram:PostalTradeAddress/ram:PostcodeCode", party->zip);
    xml_put(node, "ram:PostalTradeAddress/ram:LineOne", party->street);
    xml_put(node, "ram:PostalTradeAddress/ram:CityName", party->city);
    xml_put(node, "ram:PostalTradeAddress/ram:CountryID", party->country);
    xmlNode *id = xml_put(node, "ram:SpecifiedTaxRegistration/ram:ID", party->tax_id);
    xmlNewProp(id, BAD_CAST "schemeID", BAD_CAST "VA");
}

static void write_rate(xmlNode *tax, const char *category, int rate)
{
    char percent[16];
    snprintf(percent, sizeof percent, "%d", rate);
    xml_put(tax, "ram:CategoryCode", category);
    xml_put(tax, "ram:RateApplicablePercent", percent);
}

static void write_line(xmlNode *transaction, const generate_invoice *invoice, int index)
{
    const generate_line *line = &invoice->lines[index];
    char id[16];
    snprintf(id, sizeof id, "%d", index + 1);
    xmlNode *node = xml_add(transaction, "ram:IncludedSupplyChainTradeLineItem");
    xml_put(node, "ram:AssociatedDocumentLineDocument/ram:LineID", id);
    xml_put(node, "ram:SpecifiedTradeProduct/ram:Name", line->name);
    xml_put(node, "ram:SpecifiedLineTradeAgreement/ram:NetPriceProductTradePrice/ram:ChargeAmount", line->unit_price);
    xmlNode *quantity = xml_put(node, "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity", line->quantity);
    xmlNewProp(quantity, BAD_CAST "unitCode", BAD_CAST line->unit);
    xmlNode *settlement = xml_add(node, "ram:SpecifiedLineTradeSettlement");
    xml_put(settlement, "ram:ApplicableTradeTax/ram:TypeCode", "VAT");
    write_rate(settlement->last, line->category, line->rate);
    xml_put_amount(settlement, "ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount", line->net_fen,
                   NULL);
}

static void write_taxes(xmlNode *settlement, const generate_invoice *invoice)
{
    generate_tax_group groups[GENERATE_MAX_LINES];
    size_t count = generate_tax_groups(invoice, groups);
    for (size_t g = 0; g < count; g++) {
        xmlNode *tax = xml_add(settlement, "ram:ApplicableTradeTax");
        xml_put_amount(tax, "ram:CalculatedAmount", groups[g].tax_fen, NULL);
        xml_put(tax, "ram:TypeCode", "VAT");
        xml_put_amount(tax, "ram:BasisAmount", groups[g].net_fen, NULL);
        write_rate(tax, groups[g].category, groups[g].rate);
    }
    if (!invoice->discount_fen)
        return;
    xmlNode *row = xml_add(settlement, "ram:SpecifiedTradeAllowanceCharge");
    xml_put(row, "ram:ChargeIndicator/udt:Indicator", "false");
    xml_put_amount(row, "ram:ActualAmount", invoice->discount_fen, NULL);
    xml_put(row, "ram:Reason", "Rabatt");
    xml_put(row, "ram:CategoryTradeTax/ram:TypeCode", "VAT");
    write_rate(row->last, invoice->lines[0].category, invoice->lines[0].rate);
}

static void write_totals(xmlNode *settlement, const generate_invoice *invoice)
{
    xmlNode *total = xml_add(settlement, "ram:SpecifiedTradeSettlementHeaderMonetarySummation");
    xml_put_amount(total, "ram:LineTotalAmount", invoice->net_fen + invoice->discount_fen, NULL);
    if (invoice->discount_fen)
        xml_put_amount(total, "ram:AllowanceTotalAmount", invoice->discount_fen, NULL);
    xml_put_amount(total, "ram:TaxBasisTotalAmount", invoice->net_fen, NULL);
    xml_put_amount(total, "ram:TaxTotalAmount", invoice->tax_fen, invoice->currency);
    xml_put_amount(total, "ram:GrandTotalAmount", invoice->gross_fen, NULL);
    if (invoice->paid_fen)
        xml_put_amount(total, "ram:TotalPrepaidAmount", invoice->paid_fen, NULL);
    xml_put_amount(total, "ram:DuePayableAmount", invoice->gross_fen - invoice->paid_fen, NULL);
}

static void write_settlement(xmlNode *transaction, const generate_invoice *invoice)
{
    xmlNode *settlement = xml_add(transaction, "ram:ApplicableHeaderTradeSettlement");
    xml_put(settlement, "ram:InvoiceCurrencyCode", invoice->currency);
    xml_put(settlement, "ram:SpecifiedTradeSettlementPaymentMeans/ram:TypeCode", "58");
    xml_put(settlement, "ram:SpecifiedTradeSettlementPaymentMeans/ram:PayeePartyCreditorFinancialAccount/ram:IBANID",
            invoice->seller.account);
    write_taxes(settlement, invoice);
    put_date(settlement, "ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime/udt:DateTimeString", invoice->due_date);
    write_totals(settlement, invoice);
    xml_put(settlement, "ram:InvoiceReferencedDocument/ram:IssuerAssignedID", invoice->original_number);
}

vouch_code generate_xml_cii(const generate_invoice *invoices, size_t count, uint64_t seed, vouch_buffer *out,
                            vouch_error *err)
{
    (void)seed;
    const generate_invoice *invoice = invoices;
    if (count != 1)
        return vouch_fail(err, VOUCH_UNSUPPORTED, "CII of %zu invoices", count);
    static const char *const namespaces[][2] = {
        {"rsm", "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"},
        {"ram", "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"},
        {"udt", "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"},
    };
    xmlDoc *document = xml_new("rsm:CrossIndustryInvoice", namespaces, 3);
    xmlNode *root = xmlDocGetRootElement(document);
    xml_put(root, "rsm:ExchangedDocumentContext/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID",
            "urn:cen.eu:en16931:2017");
    xmlNode *head = xml_add(root, "rsm:ExchangedDocument");
    xml_put(head, "ram:ID", invoice->number);
    xml_put(head, "ram:TypeCode", invoice->credit ? "381" : "380");
    put_date(head, "ram:IssueDateTime/udt:DateTimeString", invoice->date);
    xml_put(head, "ram:IncludedNote/ram:Content", invoice->remarks);
    xmlNode *transaction = xml_add(root, "rsm:SupplyChainTradeTransaction");
    for (int i = 0; i < invoice->line_count; i++)
        write_line(transaction, invoice, i);
    xmlNode *agreement = xml_add(transaction, "ram:ApplicableHeaderTradeAgreement");
    write_party(agreement, "ram:SellerTradeParty", &invoice->seller);
    write_party(agreement, "ram:BuyerTradeParty", &invoice->buyer);
    xml_put(agreement, "ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID", invoice->order);
    xml_add(transaction, "ram:ApplicableHeaderTradeDelivery");
    write_settlement(transaction, invoice);
    return xml_finish(document, out, err);
}
