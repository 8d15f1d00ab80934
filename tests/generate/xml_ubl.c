/** UBL 2.1 (OASIS): EN 16931 by CEN/TS 16931-3-2, invoices and credit notes, and ZATCA's flavour. */
#include <stdio.h>

#include "xml_world.h"

static void write_party(xmlNode *root, const char *name, const generate_party *party)
{
    xmlNode *node = xml_add(xml_add(root, name), "cac:Party");
    xml_put(node, "cac:PostalAddress/cbc:StreetName", party->street);
    xml_put(node, "cac:PostalAddress/cbc:CityName", party->city);
    xml_put(node, "cac:PostalAddress/cbc:PostalZone", party->zip);
    xml_put(node, "cac:PostalAddress/cac:Country/cbc:IdentificationCode", party->country);
    xml_put(node, "cac:PartyTaxScheme/cbc:CompanyID", party->tax_id);
    xml_put(node, "cac:PartyTaxScheme/cac:TaxScheme/cbc:ID", "VAT");
    xml_put(node, "cac:PartyLegalEntity/cbc:RegistrationName", party->name);
}

static void write_category(xmlNode *parent, const char *name, const char *category, int rate)
{
    char percent[16];
    snprintf(percent, sizeof percent, "%d", rate);
    xmlNode *node = xml_add(parent, name);
    xml_put(node, "cbc:ID", category);
    xml_put(node, "cbc:Percent", percent);
    xml_put(node, "cac:TaxScheme/cbc:ID", "VAT");
}

static void write_taxes(xmlNode *root, const generate_invoice *invoice)
{
    generate_tax_group groups[GENERATE_MAX_LINES];
    size_t count = generate_tax_groups(invoice, groups);
    xmlNode *total = xml_add(root, "cac:TaxTotal");
    xml_put_amount(total, "cbc:TaxAmount", invoice->tax_fen, invoice->currency);
    for (size_t g = 0; g < count; g++) {
        xmlNode *row = xml_add(total, "cac:TaxSubtotal");
        xml_put_amount(row, "cbc:TaxableAmount", groups[g].net_fen, invoice->currency);
        xml_put_amount(row, "cbc:TaxAmount", groups[g].tax_fen, invoice->currency);
        write_category(row, "cac:TaxCategory", groups[g].category, groups[g].rate);
    }
}

static void write_totals(xmlNode *root, const generate_invoice *invoice)
{
    xmlNode *total = xml_add(root, "cac:LegalMonetaryTotal");
    const char *currency = invoice->currency;
    xml_put_amount(total, "cbc:LineExtensionAmount", invoice->net_fen + invoice->discount_fen, currency);
    xml_put_amount(total, "cbc:TaxExclusiveAmount", invoice->net_fen, currency);
    xml_put_amount(total, "cbc:TaxInclusiveAmount", invoice->gross_fen, currency);
    if (invoice->discount_fen)
        xml_put_amount(total, "cbc:AllowanceTotalAmount", invoice->discount_fen, currency);
    if (invoice->paid_fen)
        xml_put_amount(total, "cbc:PrepaidAmount", invoice->paid_fen, currency);
    xml_put_amount(total, "cbc:PayableAmount", invoice->gross_fen - invoice->paid_fen, currency);
}

static void write_line(xmlNode *root, const generate_invoice *invoice, int index)
{
    const generate_line *line = &invoice->lines[index];
    char id[16];
    snprintf(id, sizeof id, "%d", index + 1);
    xmlNode *node = xml_add(root, invoice->credit ? "cac:CreditNoteLine" : "cac:InvoiceLine");
    xml_put(node, "cbc:ID", id);
    xmlNode *quantity =
        xml_put(node, invoice->credit ? "cbc:CreditedQuantity" : "cbc:InvoicedQuantity", line->quantity);
    xmlNewProp(quantity, BAD_CAST "unitCode", BAD_CAST line->unit);
    xml_put_amount(node, "cbc:LineExtensionAmount", line->net_fen, invoice->currency);
    xmlNode *item = xml_add(node, "cac:Item");
    xml_put(item, "cbc:Name", line->name);
    write_category(item, "cac:ClassifiedTaxCategory", line->category, line->rate);
    xmlNode *price = xml_put(node, "cac:Price/cbc:PriceAmount", line->unit_price);
    xmlNewProp(price, BAD_CAST "currencyID", BAD_CAST invoice->currency);
}

static void write_head(xmlNode *root, const generate_invoice *invoice)
{
    bool zatca = invoice->kind == VOUCH_KIND_SA_ZATCA;
    xml_put(root, "cbc:CustomizationID", zatca ? NULL : "urn:cen.eu:en16931:2017");
    xml_put(root, "cbc:ProfileID", zatca ? "reporting:1.0" : NULL);
    xml_put(root, "cbc:ID", invoice->number);
    if (zatca) {
        char uuid[40];
        uint64_t state = invoice->state, high = generate_next(&state), low = generate_next(&state);
        snprintf(uuid, sizeof uuid, "%08llx-%04llx-4%03llx-8%03llx-%012llx", (unsigned long long)(high >> 32),
                 (unsigned long long)(high >> 16 & 0xFFFF), (unsigned long long)(high & 0xFFF),
                 (unsigned long long)(low >> 52), (unsigned long long)(low & 0xFFFFFFFFFFFF));
        xml_put(root, "cbc:UUID", uuid);
    }
    xml_put(root, "cbc:IssueDate", invoice->date);
    xml_put(root, "cbc:DueDate", invoice->credit ? NULL : invoice->due_date);
    xml_put(root, invoice->credit ? "cbc:CreditNoteTypeCode" : "cbc:InvoiceTypeCode",
            invoice->credit ? "381"
            : zatca         ? "388"
                            : "380");
    xml_put(root, "cbc:Note", invoice->remarks);
    xml_put(root, "cbc:DocumentCurrencyCode", invoice->currency);
    xml_put(root, "cbc:TaxCurrencyCode", zatca ? "SAR" : NULL);
    xml_put(root, "cac:OrderReference/cbc:ID", invoice->order);
    xml_put(root, "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID", invoice->original_number);
}

vouch_code generate_xml_ubl(const generate_invoice *invoices, size_t count, uint64_t seed, vouch_buffer *out,
                            vouch_error *err)
{
    (void)seed;
    const generate_invoice *invoice = invoices;
    if (count != 1)
        return vouch_fail(err, VOUCH_UNSUPPORTED, "UBL of %zu invoices", count);
    const char *const namespaces[][2] = {
        {NULL, invoice->credit ? "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"
                               : "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"},
        {"cac", "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"},
        {"cbc", "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"},
    };
    xmlDoc *document = xml_new(invoice->credit ? "CreditNote" : "Invoice", namespaces, 3);
    xmlNode *root = xmlDocGetRootElement(document);
    write_head(root, invoice);
    write_party(root, "cac:AccountingSupplierParty", &invoice->seller);
    write_party(root, "cac:AccountingCustomerParty", &invoice->buyer);
    xml_put(root, "cac:PaymentMeans/cbc:PaymentMeansCode", "58");
    xml_put(root, "cac:PaymentMeans/cbc:PaymentDueDate", invoice->credit ? invoice->due_date : NULL);
    xml_put(root, "cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:ID", invoice->seller.account);
    if (invoice->discount_fen) {
        xmlNode *row = xml_add(root, "cac:AllowanceCharge");
        xml_put(row, "cbc:ChargeIndicator", "false");
        xml_put(row, "cbc:AllowanceChargeReason", "Rabatt");
        xml_put_amount(row, "cbc:Amount", invoice->discount_fen, invoice->currency);
        write_category(row, "cac:TaxCategory", invoice->lines[0].category, invoice->lines[0].rate);
    }
    write_taxes(root, invoice);
    write_totals(root, invoice);
    for (int i = 0; i < invoice->line_count; i++)
        write_line(root, invoice, i);
    return xml_finish(document, out, err);
}
