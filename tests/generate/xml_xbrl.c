/** XBRL instances, and VAT invoices as such (taxonomy inv). */
#include <stdio.h>

#include "vouch/text.h"
#include "xml_xbrl.h"

void xbrl_fact(const xbrl_instance *i, xmlNode *parent, const char *name, const char *value)
{
    xmlNode *node = xmlNewTextChild(parent, i->space, BAD_CAST name, BAD_CAST value);
    xmlNewProp(node, BAD_CAST "contextRef", BAD_CAST "c1");
}

void xbrl_amount(const xbrl_instance *i, const char *name, int64_t fen)
{
    char text[24];
    generate_amount(fen, text);
    xbrl_fact(i, i->root, name, text);
}

xmlNode *xbrl_tuple(const xbrl_instance *i, const char *name)
{
    return xmlNewChild(i->root, i->space, BAD_CAST name, NULL);
}

xbrl_instance xbrl_new(const char *taxonomy, const char *date)
{
    char address[96];
    snprintf(address, sizeof address, "http://xbrl.mof.gov.cn/taxonomy/2023-12-31/%s", taxonomy);
    const char *const namespaces[][2] = {{NULL, "http://www.xbrl.org/2003/instance"}, {taxonomy, address}};
    xbrl_instance i = {.document = xml_new("xbrl", namespaces, 2)};
    i.root = xmlDocGetRootElement(i.document);
    i.space = xmlSearchNs(i.document, i.root, BAD_CAST taxonomy);
    xmlNode *context = xml_add(i.root, "context");
    xmlNewProp(context, BAD_CAST "id", BAD_CAST "c1");
    xmlNode *identifier = xml_put(context, "entity/identifier", "TEST");
    xmlNewProp(identifier, BAD_CAST "scheme", BAD_CAST "http://xbrl.mof.gov.cn");
    xml_put(context, "period/instant", date);
    return i;
}

static void write_line(const xbrl_instance *i, const generate_line *line)
{
    char rate[16], net[24], tax[24];
    generate_rate(line->rate, rate);
    if (line->rate >= 0)
        snprintf(rate, sizeof rate, "%d.00%%", line->rate);
    generate_amount(line->net_fen, net);
    generate_amount(line->tax_fen, tax);
    const char *const facts[][2] = {
        {"NameOfTaxableGoodsOrServices", line->name},
        {"SpecificationAndModel", line->specification},
        {"Unit", line->unit},
        {"Quantity", line->quantity},
        {"UnitPrice", line->unit_price},
        {"AmountExcludingTax", net},
        {"TaxRate", rate},
        {"TaxAmount", line->rate >= 0 ? tax : ""},
    };
    xmlNode *tuple = xbrl_tuple(i, "InformationOfTaxableGoodsOrServicesDetailItemsTuple");
    for (size_t f = 0; f < sizeof facts / sizeof *facts; f++)
        if (*facts[f][1])
            xbrl_fact(i, tuple, facts[f][0], facts[f][1]);
}

static void write_head(const xbrl_instance *i, const generate_invoice *invoice, const char *words)
{
    const char *const facts[][2] = {
        {"TypeOfInvoice", "增值税电子普通发票"},
        {"CodeOfInvoice", invoice->code},
        {"NumberOfInvoice", invoice->number},
        {"DateOfIssue", invoice->date},
        {"IdentifyingCode", invoice->check_code},
        {"NumberOfInvoiceMachine", invoice->machine_number},
        {"NameOfPurchaser", invoice->buyer.name},
        {"TaxpayerIdentificationNumberUnifiedSocialCreditCodeOfPurchaser", invoice->buyer.tax_id},
        {"NameOfSeller", invoice->seller.name},
        {"TaxpayerIdentificationNumberUnifiedSocialCreditCodeOfSeller", invoice->seller.tax_id},
        {"AddressPhoneNumberOfSeller", invoice->seller.address},
        {"DepositBankAndAccountNumberOfSeller", invoice->seller.account},
        {"TaxIncludedAmountInWords", words},
        {"Payee", invoice->payee},
        {"Reviewer", invoice->reviewed_by},
        {"Issuer", invoice->issued_by},
        {"Remarks", invoice->remarks},
        {"WhetherInvoiceIsRedInvoice", invoice->gross_fen < 0 ? "true" : "false"},
    };
    for (size_t f = 0; f < sizeof facts / sizeof *facts; f++)
        if (*facts[f][1])
            xbrl_fact(i, i->root, facts[f][0], facts[f][1]);
}

vouch_code generate_xbrl_vat(const generate_invoice *invoices, size_t count, uint64_t seed, vouch_buffer *out,
                             vouch_error *err)
{
    (void)seed;
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    if (count != 1 || !arena)
        return vouch_fail(err, VOUCH_UNSUPPORTED, "XBRL of %zu invoices", count);
    xbrl_instance i = xbrl_new("inv", invoices->date);
    write_head(&i, invoices, vouch_chinese_amount_print(arena, invoices->gross_fen));
    xbrl_amount(&i, "TotalAmountExcludingTax", invoices->net_fen);
    if (invoices->tax_fen != 0)
        xbrl_amount(&i, "TotalTaxAmount", invoices->tax_fen);
    xbrl_amount(&i, "TaxIncludedAmountInFigures", invoices->gross_fen);
    for (int n = 0; n < invoices->line_count; n++)
        write_line(&i, &invoices->lines[n]);
    return xml_finish(i.document, out, err);
}
