/**
 * One invoice, written as XML in every way that its standard allows, must give the same values: each row edits the text
 * of a document whose reading is known and says what changes.
 */
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <zip.h>

#include "generate.h"
#include "vouch/pipeline.h"
#include "vouch/text.h"

typedef struct stated {
    vouch_field field;
    const char *value; /* NULL: absent */
} stated;

typedef struct edit {
    const char *from, *to; /* everywhere */
} edit;

typedef struct variation {
    const char *what;
    edit edits[6];
    stated changed[3]; /* field 0 with value NULL: none */
    const char *encoding;
    bool credit;
} variation;

static const char ubl[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<Invoice xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:Invoice-2\" "
    "xmlns:cac=\"urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2\" "
    "xmlns:cbc=\"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2\">\n"
    "<cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID>\n"
    "<cbc:ID>R-2024/17</cbc:ID>\n<cbc:IssueDate>2024-03-05</cbc:IssueDate>\n<cbc:DueDate>2024-04-04</cbc:DueDate>\n"
    "<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>\n<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>\n"
    "<cac:AccountingSupplierParty><cac:Party><cac:PartyName><cbc:Name>Müller Werkzeuge</cbc:Name></cac:PartyName>"
    "<cac:PostalAddress><cbc:CityName>Köln</cbc:CityName><cac:Country><cbc:IdentificationCode>DE</"
    "cbc:IdentificationCode></cac:Country></cac:PostalAddress>"
    "<cac:PartyTaxScheme><cbc:CompanyID>DE136695976</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></"
    "cac:TaxScheme></cac:PartyTaxScheme>"
    "<cac:PartyLegalEntity><cbc:RegistrationName>Müller GmbH</cbc:RegistrationName></cac:PartyLegalEntity>"
    "</cac:Party></cac:AccountingSupplierParty>\n"
    "<cac:AccountingCustomerParty><cac:Party>"
    "<cac:PartyTaxScheme><cbc:CompanyID>FR40303265045</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></"
    "cac:TaxScheme></cac:PartyTaxScheme>"
    "<cac:PartyLegalEntity><cbc:RegistrationName>Dupont SARL</cbc:RegistrationName></cac:PartyLegalEntity>"
    "</cac:Party></cac:AccountingCustomerParty>\n"
    "<cac:TaxTotal><cbc:TaxAmount currencyID=\"EUR\">190.00</cbc:TaxAmount><cac:TaxSubtotal><cbc:TaxableAmount "
    "currencyID=\"EUR\">1000.00</cbc:TaxableAmount><cbc:TaxAmount currencyID=\"EUR\">190.00</cbc:TaxAmount>"
    "<cac:TaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>19</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></"
    "cac:TaxScheme></cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal>\n"
    "<cac:LegalMonetaryTotal><cbc:LineExtensionAmount currencyID=\"EUR\">1000.00</cbc:LineExtensionAmount>"
    "<cbc:TaxExclusiveAmount currencyID=\"EUR\">1000.00</cbc:TaxExclusiveAmount><cbc:TaxInclusiveAmount "
    "currencyID=\"EUR\">1190.00</cbc:TaxInclusiveAmount><cbc:PayableAmount "
    "currencyID=\"EUR\">1190.00</cbc:PayableAmount></cac:LegalMonetaryTotal>\n"
    "<cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:InvoicedQuantity unitCode=\"H87\">4</cbc:InvoicedQuantity>"
    "<cbc:LineExtensionAmount currencyID=\"EUR\">1000.00</cbc:LineExtensionAmount><cac:Item><cbc:Name>Bohrer</cbc:Name>"
    "<cac:ClassifiedTaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>19</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></"
    "cac:TaxScheme></cac:ClassifiedTaxCategory></cac:Item><cac:Price><cbc:PriceAmount "
    "currencyID=\"EUR\">250.00</cbc:PriceAmount></cac:Price></cac:InvoiceLine>\n"
    "</Invoice>\n";

static const char cii[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<rsm:CrossIndustryInvoice xmlns:rsm=\"urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100\" "
    "xmlns:ram=\"urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100\" "
    "xmlns:udt=\"urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100\">\n"
    "<rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter><ram:ID>urn:cen.eu:en16931:2017</"
    "ram:ID></ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>\n"
    "<rsm:ExchangedDocument><ram:ID>R-2024/17</ram:ID><ram:TypeCode>380</ram:TypeCode><ram:IssueDateTime>"
    "<udt:DateTimeString format=\"102\">20240305</udt:DateTimeString></ram:IssueDateTime></rsm:ExchangedDocument>\n"
    "<rsm:SupplyChainTradeTransaction><ram:IncludedSupplyChainTradeLineItem><ram:AssociatedDocumentLineDocument>"
    "<ram:LineID>1</ram:LineID></ram:AssociatedDocumentLineDocument><ram:SpecifiedTradeProduct><ram:Name>Bohrer</"
    "ram:Name></ram:SpecifiedTradeProduct><ram:SpecifiedLineTradeAgreement><ram:NetPriceProductTradePrice>"
    "<ram:ChargeAmount>250.00</ram:ChargeAmount></ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement>"
    "<ram:SpecifiedLineTradeDelivery><ram:BilledQuantity unitCode=\"H87\">4</ram:BilledQuantity></"
    "ram:SpecifiedLineTradeDelivery><ram:SpecifiedLineTradeSettlement><ram:ApplicableTradeTax><ram:TypeCode>VAT</"
    "ram:TypeCode><ram:CategoryCode>S</ram:CategoryCode><ram:RateApplicablePercent>19</ram:RateApplicablePercent></"
    "ram:ApplicableTradeTax><ram:SpecifiedTradeSettlementLineMonetarySummation><ram:LineTotalAmount>1000.00</"
    "ram:LineTotalAmount></ram:SpecifiedTradeSettlementLineMonetarySummation></ram:SpecifiedLineTradeSettlement></"
    "ram:IncludedSupplyChainTradeLineItem>\n"
    "<ram:ApplicableHeaderTradeAgreement><ram:SellerTradeParty><ram:Name>Müller GmbH</ram:Name>"
    "<ram:SpecifiedTaxRegistration><ram:ID schemeID=\"VA\">DE136695976</ram:ID></ram:SpecifiedTaxRegistration></"
    "ram:SellerTradeParty><ram:BuyerTradeParty><ram:Name>Dupont SARL</ram:Name><ram:SpecifiedTaxRegistration><ram:ID "
    "schemeID=\"VA\">FR40303265045</ram:ID></ram:SpecifiedTaxRegistration></ram:BuyerTradeParty></"
    "ram:ApplicableHeaderTradeAgreement>\n<ram:ApplicableHeaderTradeDelivery/>\n"
    "<ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>EUR</"
    "ram:InvoiceCurrencyCode><ram:ApplicableTradeTax>"
    "<ram:CalculatedAmount>190.00</ram:CalculatedAmount><ram:TypeCode>VAT</ram:TypeCode><ram:BasisAmount>1000.00</"
    "ram:BasisAmount><ram:CategoryCode>S</ram:CategoryCode><ram:RateApplicablePercent>19</ram:RateApplicablePercent></"
    "ram:ApplicableTradeTax><ram:SpecifiedTradePaymentTerms><ram:DueDateDateTime><udt:DateTimeString "
    "format=\"102\">20240404</udt:DateTimeString></ram:DueDateDateTime></ram:SpecifiedTradePaymentTerms>"
    "<ram:SpecifiedTradeSettlementHeaderMonetarySummation><ram:LineTotalAmount>1000.00</ram:LineTotalAmount>"
    "<ram:TaxBasisTotalAmount>1000.00</ram:TaxBasisTotalAmount><ram:TaxTotalAmount currencyID=\"EUR\">190.00</"
    "ram:TaxTotalAmount><ram:GrandTotalAmount>1190.00</ram:GrandTotalAmount><ram:DuePayableAmount>1190.00</"
    "ram:DuePayableAmount></ram:SpecifiedTradeSettlementHeaderMonetarySummation></"
    "ram:ApplicableHeaderTradeSettlement></rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>\n";

static const stated values[] = {
    {VOUCH_FIELD_INVOICE_NUMBER, "R-2024/17"}, {VOUCH_FIELD_ISSUE_DATE, "2024-03-05"},
    {VOUCH_FIELD_DUE_DATE, "2024-04-04"},      {VOUCH_FIELD_CURRENCY, "EUR"},
    {VOUCH_FIELD_SELLER_NAME, "Müller GmbH"},  {VOUCH_FIELD_SELLER_TAX_ID, "DE136695976"},
    {VOUCH_FIELD_BUYER_NAME, "Dupont SARL"},   {VOUCH_FIELD_BUYER_TAX_ID, "FR40303265045"},
    {VOUCH_FIELD_NET_AMOUNT, "1000.00"},       {VOUCH_FIELD_TAX_AMOUNT, "190.00"},
    {VOUCH_FIELD_GROSS_AMOUNT, "1190.00"},     {VOUCH_FIELD_DUE_AMOUNT, "1190.00"},
};

#define TAX_IN_CURRENCY "<cac:TaxTotal><cbc:TaxAmount currencyID=\"CZK\">4807.00</cbc:TaxAmount></cac:TaxTotal>\n"
#define LOCAL_SCHEME                                                                                       \
    "<cac:PartyTaxScheme><cbc:CompanyID>201/113/40209</cbc:CompanyID><cac:TaxScheme><cbc:ID>FC</cbc:ID></" \
    "cac:TaxScheme></cac:PartyTaxScheme>"

static const variation ubl_variations[] = {
    {.what = "as it is"},
    {.what = "other prefixes", .edits = {{"cbc:", "n1:"}, {"cac:", "_a:"}, {":cbc=", ":n1="}, {":cac=", ":_a="}}},
    {.what = "root with a prefix",
     .edits = {{"<Invoice xmlns=", "<ubl:Invoice xmlns:ubl="}, {"</Invoice>", "</ubl:Invoice>"}}},
    {.what = "CDATA and blanks",
     .edits = {{">R-2024/17<", ">\n\t<![CDATA[R-2024/17]]>\n<"},
               {">2024-03-05<", "> 2024-03-05\n<"},
               {">1190.00<", ">\n 1190.00 <"}}},
    {.what = "comments and processing instructions inside of values",
     .edits = {{">R-2024/17<", ">R-2024<!-- no -->/17<"},
               {">190.00<", "><?x y?>190.00<"},
               {"<cbc:ID>R", "<!-- <cbc:ID>X</cbc:ID> --><cbc:ID>R"}}},
    {.what = "attributes in single quotes, more of them",
     .edits = {{"currencyID=\"EUR\"", "foo='1'  currencyID = 'EUR'"}}},
    {.what = "date with a zone", .edits = {{">2024-03-05<", ">2024-03-05+01:00<"}, {">2024-04-04<", ">2024-04-04Z<"}}},
    {.what = "tax in the accounting currency behind",
     .edits = {{"<cac:LegalMonetaryTotal>", TAX_IN_CURRENCY "<cac:LegalMonetaryTotal>"},
               {"</cbc:DocumentCurrencyCode>",
                "</cbc:DocumentCurrencyCode><cbc:TaxCurrencyCode>CZK</cbc:TaxCurrencyCode>"}}},
    {.what = "tax in the accounting currency before",
     .edits = {{"<cac:TaxTotal><cbc:TaxAmount currencyID=\"EUR\">",
                TAX_IN_CURRENCY "<cac:TaxTotal><cbc:TaxAmount currencyID=\"EUR\">"},
               {"</cbc:DocumentCurrencyCode>",
                "</cbc:DocumentCurrencyCode><cbc:TaxCurrencyCode>CZK</cbc:TaxCurrencyCode>"}}},
    {.what = "local tax number first",
     .edits = {{"<cac:PartyTaxScheme><cbc:CompanyID>DE", LOCAL_SCHEME "<cac:PartyTaxScheme><cbc:CompanyID>DE"}}},
    {.what = "local tax number last",
     .edits = {{"<cac:PartyLegalEntity><cbc:RegistrationName>M",
                LOCAL_SCHEME "<cac:PartyLegalEntity><cbc:RegistrationName>M"}}},
    {.what = "without trade name",
     .edits = {{"<cac:PartyName><cbc:Name>Müller Werkzeuge</cbc:Name></cac:PartyName>", ""}}},
    {.what = "without legal name",
     .edits = {{"<cac:PartyLegalEntity><cbc:RegistrationName>Müller GmbH</cbc:RegistrationName></cac:PartyLegalEntity>",
                ""}},
     .changed = {{VOUCH_FIELD_SELLER_NAME, "Müller Werkzeuge"}}},
    {.what = "empty elements",
     .edits = {{"<cbc:DueDate>2024-04-04</cbc:DueDate>", "<cbc:DueDate/>"}},
     .changed = {{VOUCH_FIELD_DUE_DATE, NULL}}},
    {.what = "a number with other separators",
     .edits = {{"\">1190.00</cbc:PayableAmount>", "\">1.190,00</cbc:PayableAmount>"}}},
    {.what = "three decimals are decimals",
     .edits = {{"\">1190.00</cbc:PayableAmount>", "\">1190.000</cbc:PayableAmount>"}}},
    {.what = "a number that could be two is none",
     .edits = {{"\">1190.00</cbc:PayableAmount>", "\">1,190</cbc:PayableAmount>"}},
     .changed = {{VOUCH_FIELD_DUE_AMOUNT, NULL}}},
    {.what = "words are no number",
     .edits = {{"\">1190.00</cbc:PayableAmount>", "\">119O.00</cbc:PayableAmount>"}},
     .changed = {{VOUCH_FIELD_DUE_AMOUNT, NULL}}},
    {.what = "an impossible date is none",
     .edits = {{">2024-04-04<", ">2024-02-30<"}},
     .changed = {{VOUCH_FIELD_DUE_DATE, NULL}}},
    {.what = "in an SBDH",
     .edits = {{"<Invoice xmlns=",
                "<StandardBusinessDocument xmlns=\"http://www.unece.org/cefact/namespaces/"
                "StandardBusinessDocumentHeader\"><StandardBusinessDocumentHeader><HeaderVersion>1.0</HeaderVersion>"
                "</StandardBusinessDocumentHeader><Invoice xmlns="},
               {"</Invoice>", "</Invoice></StandardBusinessDocument>"}}},
    {.what = "extension first",
     .edits =
         {{"<cbc:CustomizationID>",
           "<ext:UBLExtensions xmlns:ext=\"urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2\">"
           "<ext:UBLExtension><ext:ExtensionContent><cbc:ID>WRONG</cbc:ID></ext:ExtensionContent></ext:UBLExtension>"
           "</ext:UBLExtensions><cbc:CustomizationID>"}}},
    {.what = "document allowance",
     .edits = {{"<cac:TaxTotal>", "<cac:AllowanceCharge><cbc:ChargeIndicator>false</cbc:ChargeIndicator><cbc:Amount "
                                  "currencyID=\"EUR\">0.00</cbc:Amount></cac:AllowanceCharge><cac:TaxTotal>"}}},
    {.what = "prepaid",
     .edits = {{"<cbc:PayableAmount currencyID=\"EUR\">1190.00<",
                "<cbc:PrepaidAmount currencyID=\"EUR\">190.00</cbc:PrepaidAmount><cbc:PayableAmount "
                "currencyID=\"EUR\">1000.00<"}},
     .changed = {{VOUCH_FIELD_DUE_AMOUNT, "1000.00"}, {VOUCH_FIELD_PAID_AMOUNT, "190.00"}}},
    {.what = "yen",
     .edits = {{"EUR", "JPY"}, {"0.00<", "0<"}},
     .changed = {{VOUCH_FIELD_CURRENCY, "JPY"}, {VOUCH_FIELD_GROSS_AMOUNT, "1190"}, {VOUCH_FIELD_NET_AMOUNT, "1000"}}},
    {.what = "a blank line first", .edits = {{"<?xml ", "\n<?xml "}}},
    {.what = "blanks and a comment behind the root", .edits = {{"</Invoice>", "</Invoice>\n\n<!-- end -->\n"}}},
    {.what = "a style sheet", .edits = {{"\"?>", "\"?><?xml-stylesheet href='x.xsl' type='text/xsl'?>"}}},
    {.what = "credit note",
     .edits = {{"<Invoice xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:Invoice-2",
                "<CreditNote xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"},
               {"</Invoice>", "</CreditNote>"},
               {"InvoiceTypeCode", "CreditNoteTypeCode"},
               {">380<", ">381<"},
               {"InvoiceLine>", "CreditNoteLine>"}},
     .credit = true},
    {.what = "corrected invoice is none", .edits = {{">380<", ">384<"}}},
    {.what = "negative",
     .edits = {{">1190.00<", ">-1190.00<"}, {">1000.00<", ">-1000.00<"}, {">190.00<", ">-190.00<"}, {">4<", ">-4<"}},
     .changed = {{VOUCH_FIELD_GROSS_AMOUNT, "-1190.00"},
                 {VOUCH_FIELD_NET_AMOUNT, "-1000.00"},
                 {VOUCH_FIELD_TAX_AMOUNT, "-190.00"}},
     .credit = true},
    {.what = "byte order mark",
     .edits = {{"<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "\xEF\xBB\xBF<?xml version=\"1.0\"?>"}}},
    {.what = "Latin-1", .edits = {{"\"UTF-8\"", "\"ISO-8859-1\""}}, .encoding = "ISO-8859-1"},
    {.what = "Windows-1252", .edits = {{"\"UTF-8\"", "\"windows-1252\""}}, .encoding = "CP1252"},
    {.what = "UTF-16, little end first", .edits = {{"\"UTF-8\"", "\"UTF-16\""}}, .encoding = "UTF-16LE"},
    {.what = "UTF-16, big end first", .edits = {{"\"UTF-8\"", "\"UTF-16\""}}, .encoding = "UTF-16BE"},
};

static const variation cii_variations[] = {
    {.what = "as it is"},
    {.what = "other prefixes", .edits = {{"ram:", "a:"}, {"rsm:", "b:"}, {":ram=", ":a="}, {":rsm=", ":b="}}},
    {.what = "time with the date", .edits = {{"format=\"102\">20240305<", "format=\"203\">202403051530<"}}},
    {.what = "credit note", .edits = {{">380<", ">381<"}}, .credit = true},
    {.what = "no format", .edits = {{"format=\"102\">20240305<", ">20240305<"}}},
    {.what = "blanks and CDATA",
     .edits = {{">20240305<", ">\n 20240305 <"}, {">R-2024/17<", "><![CDATA[R-2024/17]]><"}}},
    {.what = "local tax number first",
     .edits = {{"<ram:SpecifiedTaxRegistration><ram:ID schemeID=\"VA\">DE",
                "<ram:SpecifiedTaxRegistration><ram:ID schemeID=\"FC\">201/113/40209</ram:ID></"
                "ram:SpecifiedTaxRegistration><ram:SpecifiedTaxRegistration><ram:ID schemeID=\"VA\">DE"}}},
    {.what = "two currencies, the other first",
     .edits = {{"<ram:TaxTotalAmount currencyID=\"EUR\">",
                "<ram:TaxTotalAmount currencyID=\"CZK\">4807.00</ram:TaxTotalAmount><ram:TaxTotalAmount "
                "currencyID=\"EUR\">"},
               {"<ram:InvoiceCurrencyCode>",
                "<ram:TaxCurrencyCode>CZK</ram:TaxCurrencyCode><ram:InvoiceCurrencyCode>"}}},
    {.what = "prepaid",
     .edits = {{"<ram:DuePayableAmount>1190.00<",
                "<ram:TotalPrepaidAmount>190.00</ram:TotalPrepaidAmount><ram:DuePayableAmount>1000.00<"}},
     .changed = {{VOUCH_FIELD_DUE_AMOUNT, "1000.00"}, {VOUCH_FIELD_PAID_AMOUNT, "190.00"}}},
    {.what = "UTF-16", .edits = {{"\"UTF-8\"", "\"UTF-16\""}}, .encoding = "UTF-16LE"},
};

static char *replace_all(vouch_arena *arena, const char *text, const edit *wanted, bool *found)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer out = {0};
    for (const char *at; (at = strstr(text, wanted->from)); text = at + strlen(wanted->from)) {
        cr_assert(vouch_buffer_append(&out, text, (size_t)(at - text)) == VOUCH_OK);
        cr_assert(vouch_buffer_append(&out, wanted->to, strlen(wanted->to)) == VOUCH_OK);
        *found = true;
    }
    cr_assert(vouch_buffer_append(&out, text, strlen(text) + 1) == VOUCH_OK);
    return vouch_arena_strdup(arena, out.data);
}

/** In another encoding, UTF-16 with a byte order mark. */
static size_t encode(vouch_arena *arena, const char *encoding, char **text)
{
    size_t left = strlen(*text), room = 2 * left + 16;
    if (!encoding)
        return left;
    char *out = vouch_arena_alloc(arena, room), *to = out, *from = *text;
    if (strncmp(encoding, "UTF-16", 6) == 0) {
        memcpy(to, strcmp(encoding, "UTF-16LE") == 0 ? "\xFF\xFE" : "\xFE\xFF", 2);
        to += 2;
        room -= 2;
    }
    iconv_t conversion = iconv_open(encoding, "UTF-8");
    cr_assert(iconv(conversion, &from, &left, &to, &room) != (size_t)-1);
    iconv_close(conversion);
    *text = out;
    return (size_t)(to - out);
}

static const char *expected_value(const variation *row, const stated *usual)
{
    for (size_t i = 0; i < 3; i++)
        if (row->changed[i].field == usual->field)
            return row->changed[i].value;
    bool yen = row->changed[0].value && strcmp(row->changed[0].value, "JPY") == 0;
    if (yen && vouch_field_type(usual->field) == VOUCH_VALUE_AMOUNT)
        return usual->field == VOUCH_FIELD_TAX_AMOUNT ? "190" : "1190";
    bool negative = row->changed[0].value && *row->changed[0].value == '-';
    return negative && usual->field == VOUCH_FIELD_DUE_AMOUNT ? row->changed[0].value : usual->value;
}

static void check_values(const char *what, const vouch_invoices *invoices, const variation *row)
{
    cr_expect(invoices->count == 1, "%s: %zu invoices", what, invoices->count);
    if (invoices->count != 1)
        return;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const char *expected = expected_value(row, &values[i]);
        const char *read = vouch_invoice_value(&invoices->items[0], values[i].field);
        cr_expect(expected ? read && strcmp(read, expected) == 0 : !read, "%s: %s is \"%s\", expected \"%s\"", what,
                  vouch_field_name(values[i].field), read ? read : "absent", expected ? expected : "absent");
    }
    cr_expect(invoices->items[0].credit == row->credit, "%s: expected direction", what);
    const vouch_items *lines = &invoices->items[0].lines;
    cr_expect(lines->count == 1 && lines->items[0].members[VOUCH_ITEM_NAME].value &&
                  strcmp(lines->items[0].members[VOUCH_ITEM_NAME].value, "Bohrer") == 0,
              "%s: %zu lines", what, lines->count);
}

static vouch_result read_bytes(const char *what, const void *data, size_t length)
{
    const vouch_pipeline_options options = VOUCH_PIPELINE_OPTIONS_DEFAULT;
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_result result = {0};
    cr_assert(vouch_pipeline_read(data, length, &options, &result, &err) == VOUCH_OK, "%s: %s", what, err.message);
    return result;
}

static void check_variations(const char *name, const char *document, const variation *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
        const char *what = vouch_arena_printf(arena, "%s, %s", name, rows[i].what);
        char *text = vouch_arena_strdup(arena, document);
        for (size_t e = 0; e < 6 && rows[i].edits[e].from; e++) {
            bool found = false;
            text = replace_all(arena, text, &rows[i].edits[e], &found);
            cr_assert(found || strchr(rows[i].edits[e].from, '='), "%s: edit %zu changes nothing", what, e);
        }
        size_t length = encode(arena, rows[i].encoding, &text);
        vouch_result result = read_bytes(what, text, length);
        check_values(what, &result.reading->invoices, &rows[i]);
        vouch_result_done(&result);
    }
}

Test(variations, of_ubl)
{
    check_variations("UBL", ubl, ubl_variations, sizeof ubl_variations / sizeof *ubl_variations);
}

Test(variations, of_cii)
{
    check_variations("CII", cii, cii_variations, sizeof cii_variations / sizeof *cii_variations);
}

/** What an edit of a digital invoice's XML leads to: a field's or the first line's new value. */
static const struct digital_variation {
    const char *what;
    edit edits[2];
    vouch_field field; /* COUNT: all as before */
    vouch_item_field member;
    const char *value;
} digital_variations[] = {
    {"as it is", {{NULL, NULL}}, VOUCH_FIELD_COUNT, VOUCH_ITEM_COUNT, NULL},
    {"version 0.2", {{">0.32<", ">0.2<"}}, VOUCH_FIELD_COUNT, VOUCH_ITEM_COUNT, NULL},
    {"version 0.31", {{">0.32<", ">0.31<"}}, VOUCH_FIELD_COUNT, VOUCH_ITEM_COUNT, NULL},
    {"date and time",
     {{"</IssueTime>", " 16:24:05</IssueTime>"}},
     VOUCH_FIELD_ISSUE_TIME,
     VOUCH_ITEM_COUNT,
     "16:24:05"},
    {"date and time with T",
     {{"</IssueTime>", "T16:24:05</IssueTime>"}},
     VOUCH_FIELD_ISSUE_TIME,
     VOUCH_ITEM_COUNT,
     "16:24:05"},
    {"without the identifier in the head",
     {{"<EIid>", "<!-- "}, {"</EIid>", " -->"}},
     VOUCH_FIELD_COUNT,
     VOUCH_ITEM_COUNT,
     NULL},
    {"three decimals of a rate", {{"<TaxRate>0.06<", "<TaxRate>0.060<"}}, VOUCH_FIELD_COUNT, VOUCH_ITEM_TAX_RATE, "6"},
    {"a rate in percent", {{"<TaxRate>0.06<", "<TaxRate>6%<"}}, VOUCH_FIELD_COUNT, VOUCH_ITEM_TAX_RATE, "6"},
    {"a rate of half a percent",
     {{"<TaxRate>0.06<", "<TaxRate>0.005<"}},
     VOUCH_FIELD_COUNT,
     VOUCH_ITEM_TAX_RATE,
     "0.5"},
    {"exempt", {{"<TaxRate>0.06<", "<TaxRate>免税<"}}, VOUCH_FIELD_COUNT, VOUCH_ITEM_TAX_CATEGORY, "exempt"},
    {"not taxable",
     {{"<TaxRate>0.06<", "<TaxRate>不征税<"}},
     VOUCH_FIELD_COUNT,
     VOUCH_ITEM_TAX_CATEGORY,
     "not_taxable"},
    {"masked", {{"<TaxRate>0.06<", "<TaxRate>***<"}}, VOUCH_FIELD_COUNT, VOUCH_ITEM_TAX_CATEGORY, "masked"},
    {"another number and amount elsewhere",
     {{"<AdditionalInformation>",
       "<SpecificInformation><Freight><PlateNumber>京A1</PlateNumber><Amount>1</Amount></Freight>"
       "</SpecificInformation><AdditionalInformation><InvoiceNumber>1</InvoiceNumber>"}},
     VOUCH_FIELD_COUNT,
     VOUCH_ITEM_COUNT,
     NULL},
    {"a passage",
     {{"<AdditionalInformation>",
       "<SpecificInformation><Toll><PlateNumber>浙A12345</PlateNumber><VehicleType>客车</"
       "VehicleType><StartDatesOfPassage>"
       "2024-01-01</StartDatesOfPassage><EndDatesOfPassage>2024-01-31</EndDatesOfPassage></Toll></SpecificInformation>"
       "<AdditionalInformation>"}},
     VOUCH_FIELD_COUNT,
     VOUCH_ITEM_DATE_TO,
     "2024-01-31"},
    {"original of a red letter",
     {{"<AdditionalInformation>", "<SpecificInformation><RedEInvoice><OriginalInvoiceNumber>24330000000000000001</"
                                  "OriginalInvoiceNumber></RedEInvoice></SpecificInformation><AdditionalInformation>"},
      {">Y<", ">N<"}},
     VOUCH_FIELD_ORIGINAL_INVOICE_NUMBER,
     VOUCH_ITEM_COUNT,
     "24330000000000000001"},
    {"no buyer's number",
     {{"<BuyerIdNum>", "<BuyerIdNum/><X>"}, {"</BuyerIdNum>", "</X>"}},
     VOUCH_FIELD_BUYER_TAX_ID,
     VOUCH_ITEM_COUNT,
     NULL},
};

/** A seed whose first line has 6 %. */
static void digital_invoice(generate_invoice *invoice, vouch_buffer *xml)
{
    vouch_error err = VOUCH_ERROR_INIT;
    for (uint64_t seed = 1; seed < 100; seed++) {
        generate_invoice_fill(invoice, VOUCH_KIND_CN_DIGITAL_ORDINARY, seed);
        if (invoice->lines[0].rate == 6)
            break;
    }
    cr_assert(generate_xml_digital(invoice, xml, &err) == VOUCH_OK);
    cr_assert(vouch_buffer_append(xml, "", 1) == VOUCH_OK);
}

static void check_digital(const struct digital_variation *row, const generate_invoice *drawn, const vouch_invoice *read)
{
    char net[24], gross[24];
    generate_amount(drawn->net_fen, net);
    generate_amount(drawn->gross_fen, gross);
    const stated usual[] = {{VOUCH_FIELD_INVOICE_NUMBER, drawn->number},
                            {VOUCH_FIELD_ISSUE_DATE, drawn->date},
                            {VOUCH_FIELD_SELLER_TAX_ID, drawn->seller.tax_id},
                            {VOUCH_FIELD_BUYER_TAX_ID, drawn->buyer.tax_id},
                            {VOUCH_FIELD_NET_AMOUNT, net},
                            {VOUCH_FIELD_GROSS_AMOUNT, gross}};
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        const char *value = vouch_invoice_value(read, usual[i].field);
        cr_expect(row->field == usual[i].field || (value && strcmp(value, usual[i].value) == 0),
                  "%s: %s is \"%s\", expected \"%s\"", row->what, vouch_field_name(usual[i].field),
                  value ? value : "absent", usual[i].value);
    }
    cr_expect(read->lines.count == (size_t)drawn->line_count, "%s: %zu lines", row->what, read->lines.count);
    const char *value = row->field != VOUCH_FIELD_COUNT   ? vouch_invoice_value(read, row->field)
                        : row->member != VOUCH_ITEM_COUNT ? read->lines.items[0].members[row->member].value
                                                          : row->value;
    cr_expect(row->value ? value && strcmp(value, row->value) == 0 : !value, "%s: is \"%s\", expected \"%s\"",
              row->what, value ? value : "absent", row->value ? row->value : "absent");
}

Test(variations, of_digital_xml)
{
    generate_invoice invoice;
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer xml = {0};
    digital_invoice(&invoice, &xml);
    for (size_t i = 0; i < sizeof digital_variations / sizeof *digital_variations; i++) {
        const struct digital_variation *row = &digital_variations[i];
        VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
        char *text = vouch_arena_strdup(arena, xml.data);
        for (size_t e = 0; e < 2 && row->edits[e].from; e++) {
            bool found = false;
            text = replace_all(arena, text, &row->edits[e], &found);
            cr_assert(found, "%s: edit %zu changes nothing", row->what, e);
        }
        vouch_result result = read_bytes(row->what, text, strlen(text));
        cr_expect(result.reading->invoices.count == 1, "%s: %zu invoices", row->what, result.reading->invoices.count);
        if (result.reading->invoices.count == 1)
            check_digital(row, &invoice, &result.reading->invoices.items[0]);
        vouch_result_done(&result);
    }
}

static void add_member(zip_t *archive, const char *name, const vouch_buffer *content)
{
    zip_source_t *source = zip_source_buffer(archive, content->data, content->length, 0);
    cr_assert(source && zip_file_add(archive, name, source, ZIP_FL_ENC_GUESS) >= 0);
}

Test(variations, one_invoice_in_three_formats_in_a_zip_is_one)
{
    generate_invoice invoice;
    generate_invoice_fill(&invoice, VOUCH_KIND_CN_DIGITAL_ORDINARY, 7);
    vouch_error err = VOUCH_ERROR_INIT;
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer pdf = {0}, ofd = {0}, xml = {0};
    cr_assert(generate_pdf_forms(&invoice, 1, 3, &pdf, &err) == VOUCH_OK);
    cr_assert(generate_ofd_forms(&invoice, 1, 5, &ofd, &err) == VOUCH_OK);
    cr_assert(generate_xml_digital(&invoice, &xml, &err) == VOUCH_OK);
    char path[] = "/tmp/vouch-variations-XXXXXX";
    int descriptor = mkstemp(path);
    cr_assert(descriptor >= 0);
    zip_t *archive = zip_open(path, ZIP_TRUNCATE, NULL);
    cr_assert(archive);
    add_member(archive, "\xB7\xA2\xC6\xB1/\xB7\xA2\xC6\xB1.pdf", &pdf); /* 发票 in GBK */
    add_member(archive, "\xB7\xA2\xC6\xB1/\xB7\xA2\xC6\xB1.ofd", &ofd);
    add_member(archive, "xml/\xB7\xA2\xC6\xB1.xml", &xml);
    cr_assert(zip_close(archive) == 0);
    FILE *file = fopen(path, "rb");
    static char bytes[1 << 20];
    size_t length = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    remove(path);
    vouch_result result = read_bytes("ZIP", bytes, length);
    cr_expect(result.reading->invoices.count == 1, "%zu invoices", result.reading->invoices.count);
    for (size_t i = 0; i < result.reading->invoices.count; i++)
        cr_expect_str_eq(vouch_invoice_value(&result.reading->invoices.items[i], VOUCH_FIELD_INVOICE_NUMBER),
                         invoice.number);
    vouch_result_done(&result);
}
