/** What foreign XML must not do, and what it may: refusals, envelopes, encodings, directions, choices. */
#include <criterion/criterion.h>
#include <string.h>

#include "support.h"

#define UBL(root, body)                                                                       \
    "<" root " xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:" root "-2\" "            \
    "xmlns:cac=\"urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2\" " \
    "xmlns:cbc=\"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2\">" body "</" root ">"

static support_reading read_text(const char *xml)
{
    return support_read(xml, strlen(xml), /* options= */ NULL);
}

Test(structured_xml, what_is_no_invoice_is_said)
{
    static const struct {
        const char *xml;
        vouch_code problem;
    } rows[] = {
        {"<testSet xmlns=\"http://difi.no/xsd/vefa/validator/1.0\"><test/></testSet>", VOUCH_NOT_AN_INVOICE},
        {"<rsm:SCRDMCCBDACIOMessageStructure xmlns:rsm=\"urn:x\"/>", VOUCH_NOT_AN_INVOICE},
        {UBL("Order", "<cbc:ID>1</cbc:ID>"), VOUCH_NOT_AN_INVOICE},
        {"<catalogue/>", VOUCH_UNSUPPORTED_FORMAT},
        {"<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", VOUCH_BAD_FORMAT},
        {"<!DOCTYPE Invoice SYSTEM \"file:///etc/passwd\"><Invoice/>", VOUCH_BAD_FORMAT},
        {"<Invoice><broken></Invoice>", VOUCH_BAD_FORMAT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        support_reading reading = read_text(rows[i].xml);
        if (reading.code == VOUCH_OK) {
            cr_expect_eq(reading.statements.count, 0, "%s", rows[i].xml);
            cr_expect(support_has_problem(&reading, rows[i].problem), "%s", rows[i].xml);
        }
        support_done(&reading);
    }
}

Test(structured_xml, depth_and_number_of_elements_are_limited)
{
    vouch_buffer deep = {.data = NULL}, wide = {.data = NULL};
    vouch_code code = VOUCH_OK;
    for (int i = 0; code == VOUCH_OK && i < 100000; i++)
        code = vouch_buffer_append(&deep, "<a>", 3);
    if (code == VOUCH_OK)
        code = vouch_buffer_append(&wide, "<a>", 3);
    for (int i = 0; code == VOUCH_OK && i < 600000; i++)
        code = vouch_buffer_append(&wide, "<b/>", 4);
    if (code == VOUCH_OK)
        code = vouch_buffer_append(&wide, "</a>", 4);
    cr_assert(code == VOUCH_OK);
    vouch_buffer *const buffers[] = {&deep, &wide};
    for (size_t i = 0; i < 2; i++) {
        support_reading reading = support_read(buffers[i]->data, buffers[i]->length, /* options= */ NULL);
        cr_expect(reading.code != VOUCH_OK || support_has_problem(&reading, VOUCH_BAD_FORMAT), "buffer %zu", i);
        cr_expect_eq(reading.statements.count, 0);
        support_done(&reading);
        vouch_buffer_done(buffers[i]);
    }
}

/* Rows are read as far as they can be reported, in one list and in the document. */
Test(structured_xml, number_of_rows_is_limited)
{
    vouch_buffer lines = {.data = NULL}, xml = {.data = NULL};
    vouch_code code = VOUCH_OK;
    for (int i = 0; code == VOUCH_OK && i < VOUCH_ROWS_MAXIMUM + 100; i++)
        code = vouch_buffer_printf(&lines, "<cac:InvoiceLine><cbc:ID>1</cbc:ID></cac:InvoiceLine>");
    if (code == VOUCH_OK)
        code = vouch_buffer_printf(&xml, UBL("Invoice", "<cbc:ID>A1</cbc:ID>%s"), lines.data);
    cr_assert_eq(code, VOUCH_OK);
    support_reading reading = support_read(xml.data, xml.length, /* options= */ NULL);
    const vouch_statement *statement = support_statement(&reading, VOUCH_SOURCE_XML);
    cr_assert_not_null(statement);
    cr_expect_eq(statement->lines.count, VOUCH_ROWS_MAXIMUM + 1);

    vouch_arena *arena = vouch_decoded_arena(reading.decoded);
    while (*reading.statements.rows < VOUCH_ROWS_READ_MAXIMUM) {
        vouch_statement *another = vouch_statement_new(arena, &reading.statements, VOUCH_SOURCE_XML, 0);
        while (vouch_items_add(arena, &another->taxes))
            ;
        cr_assert_leq(another->taxes.count, VOUCH_ROWS_MAXIMUM + 1);
    }
    vouch_statement *last = vouch_statement_new(arena, &reading.statements, VOUCH_SOURCE_XML, 0);
    cr_expect_null(vouch_items_add(arena, &last->segments));
    cr_expect_eq(vouch_read(reading.decoded, NULL, &reading.statements, NULL, NULL), VOUCH_OK);
    cr_expect(support_has_problem(&reading, VOUCH_LIMIT));
    support_done(&reading);
    vouch_buffer_done(&xml);
    vouch_buffer_done(&lines);
}

Test(structured_xml, envelope_is_unwrapped)
{
    support_reading reading = read_text(
        "<StandardBusinessDocument><StandardBusinessDocumentHeader><HeaderVersion>1.0</HeaderVersion>"
        "</StandardBusinessDocumentHeader>" UBL("Invoice", "<cbc:ID>A1</cbc:ID>") "</StandardBusinessDocument>");
    const vouch_statement *statement = support_statement(&reading, VOUCH_SOURCE_XML);
    cr_expect_str_eq(support_value(statement, VOUCH_FIELD_INVOICE_NUMBER), "A1");
    support_done(&reading);
}

Test(structured_xml, unknown_encoding_name_is_read_as_utf8_and_told)
{
    support_reading reading =
        read_text("<?xml version=\"1.0\" encoding=\"UTF-8-W/O-BOM\"?>" UBL("Invoice", "<cbc:ID>\xC3\x84 1</cbc:ID>"));
    const vouch_statement *statement = support_statement(&reading, VOUCH_SOURCE_XML);
    cr_expect_str_eq(support_value(statement, VOUCH_FIELD_INVOICE_NUMBER), "\xC3\x84"
                                                                           "1");
    cr_expect(support_has_problem(&reading, VOUCH_BAD_FORMAT));
    support_done(&reading);
}

Test(structured_xml, type_code_root_and_sign_decide_the_direction)
{
    static const struct {
        const char *xml;
        vouch_kind kind;
        bool credit;
    } rows[] = {
        {UBL("Invoice", "<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>"), VOUCH_KIND_EN16931_INVOICE, false},
        {UBL("Invoice", "<cbc:InvoiceTypeCode>381</cbc:InvoiceTypeCode>"), VOUCH_KIND_EN16931_CREDIT_NOTE, true},
        {UBL("Invoice", "<cbc:InvoiceTypeCode>383</cbc:InvoiceTypeCode>"), VOUCH_KIND_EN16931_INVOICE, false},
        {UBL("CreditNote", "<cbc:CreditNoteTypeCode>396</cbc:CreditNoteTypeCode>"), VOUCH_KIND_EN16931_CREDIT_NOTE,
         true},
        {UBL("Invoice", "<cbc:InvoiceTypeCode>384</cbc:InvoiceTypeCode><cac:LegalMonetaryTotal><cbc:TaxInclusiveAmount>"
                        "-8.79</cbc:TaxInclusiveAmount></cac:LegalMonetaryTotal>"),
         VOUCH_KIND_EN16931_INVOICE, true},
        {UBL("Invoice", "<cbc:ProfileID>reporting:1.0</cbc:ProfileID><cbc:InvoiceTypeCode name=\"0200000\">381"
                        "</cbc:InvoiceTypeCode>"),
         VOUCH_KIND_SA_ZATCA, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        support_reading reading = read_text(rows[i].xml);
        cr_assert(reading.code == VOUCH_OK && reading.statements.count == 1, "row %zu", i);
        cr_expect_eq(reading.statements.items[0]->kind, rows[i].kind, "row %zu", i);
        cr_expect_eq(reading.statements.items[0]->credit, rows[i].credit, "row %zu", i);
        support_done(&reading);
    }
}

Test(structured_xml, ubl_amounts_taxes_and_lines)
{
    support_reading reading = read_text(UBL(
        "Invoice",
        "<cbc:ID>R 7</cbc:ID><cbc:IssueDate>2024-09-07+03:00</cbc:IssueDate><cbc:DocumentCurrencyCode>EUR"
        "</cbc:DocumentCurrencyCode><cbc:TaxCurrencyCode>SEK</cbc:TaxCurrencyCode><cac:AccountingSupplierParty>"
        "<cac:Party><cac:PostalAddress><cbc:StreetName>Weg 1</cbc:StreetName><cbc:CityName>Ort</cbc:CityName>"
        "<cbc:PostalZone>01234</cbc:PostalZone><cac:Country><cbc:IdentificationCode>DE</cbc:IdentificationCode>"
        "</cac:Country></cac:PostalAddress><cac:PartyTaxScheme><cbc:CompanyID>201/113</cbc:CompanyID><cac:TaxScheme>"
        "<cbc:ID>FC</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme><cac:PartyTaxScheme><cbc:CompanyID>de 123456789"
        "</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme></cac:Party>"
        "</cac:AccountingSupplierParty><cac:TaxTotal><cbc:TaxAmount currencyID=\"SEK\">99</cbc:TaxAmount>"
        "</cac:TaxTotal><cac:TaxTotal><cbc:TaxAmount currencyID=\"EUR\">19</cbc:TaxAmount><cac:TaxSubtotal>"
        "<cbc:TaxableAmount currencyID=\"EUR\">100</cbc:TaxableAmount><cbc:TaxAmount currencyID=\"EUR\">19"
        "</cbc:TaxAmount><cac:TaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>19.00</cbc:Percent></cac:TaxCategory>"
        "</cac:TaxSubtotal></cac:TaxTotal><cac:LegalMonetaryTotal><cbc:TaxExclusiveAmount>100</cbc:TaxExclusiveAmount>"
        "<cbc:TaxInclusiveAmount>119.0</cbc:TaxInclusiveAmount><cbc:PayableAmount>119</cbc:PayableAmount>"
        "</cac:LegalMonetaryTotal><cac:InvoiceLine><cbc:InvoicedQuantity unitCode=\"KGM\">1.000"
        "</cbc:InvoicedQuantity><cbc:LineExtensionAmount>100</cbc:LineExtensionAmount><cac:Item><cbc:Name>Ding"
        "</cbc:Name><cac:ClassifiedTaxCategory><cbc:ID>AE</cbc:ID><cbc:Percent>0</cbc:Percent>"
        "</cac:ClassifiedTaxCategory></cac:Item><cac:Price><cbc:PriceAmount>1.5</cbc:PriceAmount>"
        "<cbc:BaseQuantity>100</cbc:BaseQuantity></cac:Price></cac:InvoiceLine>"));
    const vouch_statement *statement = support_statement(&reading, VOUCH_SOURCE_XML);
    cr_assert(statement && statement->lines.count == 1 && statement->taxes.count == 1);
    static const struct {
        vouch_field field;
        const char *value;
    } fields[] = {
        {VOUCH_FIELD_INVOICE_NUMBER, "R7"},         {VOUCH_FIELD_ISSUE_DATE, "2024-09-07"},
        {VOUCH_FIELD_SELLER_TAX_ID, "DE123456789"}, {VOUCH_FIELD_SELLER_ADDRESS, "Weg 1, 01234 Ort, DE"},
        {VOUCH_FIELD_TAX_AMOUNT, "19.00"},          {VOUCH_FIELD_NET_AMOUNT, "100.00"},
        {VOUCH_FIELD_GROSS_AMOUNT, "119.00"},       {VOUCH_FIELD_DUE_AMOUNT, "119.00"},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        cr_expect_str_eq(support_value(statement, fields[i].field), fields[i].value, "%s",
                         vouch_field_name(fields[i].field));
    cr_expect_str_eq(support_item(&statement->taxes, 0, VOUCH_ITEM_RATE), "19");
    cr_expect_str_eq(support_item(&statement->taxes, 0, VOUCH_ITEM_CATEGORY), "standard");
    cr_expect_str_eq(support_item(&statement->lines, 0, VOUCH_ITEM_QUANTITY), "1.000");
    cr_expect_str_eq(support_item(&statement->lines, 0, VOUCH_ITEM_UNIT_PRICE), "0.015");
    cr_expect_str_eq(support_item(&statement->lines, 0, VOUCH_ITEM_TAX_CATEGORY), "reverse_charge");
    cr_expect_str_eq(support_extra(statement, "tax_amount_in_tax_currency"), "99");
    support_done(&reading);
}

#define CII(body)                                                                                           \
    "<rsm:CrossIndustryInvoice xmlns:rsm=\"urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100\" " \
    "xmlns:ram=\"urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100\" "     \
    "xmlns:udt=\"urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100\">" body "</rsm:CrossIndustryInvoice>"

Test(structured_xml, cii_currencies_charges_and_notes)
{
    support_reading reading = read_text(CII(
        "<rsm:ExchangedDocument><ram:ID>7</ram:ID><ram:TypeCode>380</ram:TypeCode><ram:IncludedNote><ram:Content>eins"
        "</ram:Content></ram:IncludedNote><ram:IncludedNote><ram:Content>zwei</ram:Content></ram:IncludedNote>"
        "</rsm:ExchangedDocument><rsm:SupplyChainTradeTransaction><ram:ApplicableHeaderTradeSettlement>"
        "<ram:TaxCurrencyCode>SEK</ram:TaxCurrencyCode><ram:InvoiceCurrencyCode>GBP</ram:InvoiceCurrencyCode>"
        "<ram:SpecifiedTradeAllowanceCharge><ram:ChargeIndicator><udt:Indicator>false</udt:Indicator>"
        "</ram:ChargeIndicator><ram:ActualAmount>5</ram:ActualAmount><ram:Reason>Rabatt</ram:Reason>"
        "</ram:SpecifiedTradeAllowanceCharge><ram:SpecifiedLogisticsServiceCharge><ram:Description>Fracht"
        "</ram:Description><ram:AppliedAmount>3.5</ram:AppliedAmount></ram:SpecifiedLogisticsServiceCharge>"
        "<ram:SpecifiedTradeSettlementHeaderMonetarySummation><ram:TaxTotalAmount currencyID=\"SEK\">9"
        "</ram:TaxTotalAmount><ram:TaxTotalAmount currencyID=\"GBP\">1</ram:TaxTotalAmount><ram:GrandTotalAmount>12.5"
        "</ram:GrandTotalAmount></ram:SpecifiedTradeSettlementHeaderMonetarySummation>"
        "</ram:ApplicableHeaderTradeSettlement></rsm:SupplyChainTradeTransaction>"));
    const vouch_statement *statement = support_statement(&reading, VOUCH_SOURCE_XML);
    cr_assert(statement && statement->allowances.count == 2);
    cr_expect_str_eq(support_value(statement, VOUCH_FIELD_TAX_AMOUNT), "1.00");
    cr_expect_str_eq(support_value(statement, VOUCH_FIELD_GROSS_AMOUNT), "12.50");
    cr_expect_str_eq(support_value(statement, VOUCH_FIELD_REMARKS), "eins; zwei");
    cr_expect_str_eq(support_item(&statement->allowances, 0, VOUCH_ITEM_CATEGORY), "allowance");
    cr_expect_str_eq(support_item(&statement->allowances, 1, VOUCH_ITEM_CATEGORY), "charge");
    cr_expect_str_eq(support_item(&statement->allowances, 1, VOUCH_ITEM_REASON), "Fracht");
    support_done(&reading);
}
