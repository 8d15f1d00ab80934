/** original_invoice.xml: what the old electronic invoices carry as their data, and what stands alone in archives. */
#include <stdio.h>

#include "vouch/text.h"
#include "xml_world.h"

static void write_party(xmlNode *root, const char *who, const generate_party *party)
{
    static const char *const names[] = {"Name", "TaxID", "AddrTel", "FinancialAccount"};
    const char *const values[] = {party->name, party->tax_id, party->address, party->account};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[64];
        snprintf(path, sizeof path, "fp:%s/fp:%s%s", who, who, names[i]);
        xml_put(root, path, values[i]);
    }
}

static void write_line(xmlNode *goods, const generate_line *line)
{
    xmlNode *node = xml_add(goods, "fp:GoodsInfo");
    char rate[16];
    generate_rate(line->rate, rate);
    if (line->rate >= 0)
        snprintf(rate, sizeof rate, "0.%02d", line->rate);
    xml_put(node, "fp:Item", line->name);
    xml_put(node, "fp:Specification", line->specification);
    xml_put(node, "fp:MeasurementDimension", line->unit);
    xml_put(node, "fp:Price", line->unit_price);
    xml_put(node, "fp:Quantity", line->quantity);
    xml_put_amount(node, "fp:Amount", line->net_fen, NULL);
    xml_put(node, "fp:TaxScheme", rate);
    if (line->rate >= 0)
        xml_put_amount(node, "fp:TaxAmount", line->tax_fen, NULL);
}

vouch_code generate_xml_edrm(const generate_invoice *invoices, size_t count, uint64_t seed, vouch_buffer *out,
                             vouch_error *err)
{
    (void)seed;
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    if (count != 1 || !arena)
        return vouch_fail(err, VOUCH_UNSUPPORTED, "XML of %zu invoices", count);
    static const char *const namespaces[][2] = {{"fp", "http://www.edrm.org.cn/schema/e-invoice/2019"}};
    xmlDoc *document = xml_new("eInvoice", namespaces, 1);
    xmlNode *root = xmlDocGetRootElement(document);
    xmlNewProp(root, BAD_CAST "Version", BAD_CAST "1.0");
    xml_put(root, "fp:InvoiceCode", invoices->code);
    xml_put(root, "fp:InvoiceNo", invoices->number);
    xml_put(root, "fp:IssueDate", invoices->date);
    xml_put(root, "fp:InvoiceCheckCode", invoices->check_code);
    xml_put(root, "fp:MachineNo", invoices->machine_number);
    write_party(root, "Buyer", &invoices->buyer);
    write_party(root, "Seller", &invoices->seller);
    xml_put(root, "fp:TaxInclusiveTotalAmountWithWords", vouch_chinese_amount_print(arena, invoices->gross_fen));
    xml_put_amount(root, "fp:TaxInclusiveTotalAmount", invoices->gross_fen, NULL);
    xml_put_amount(root, "fp:TaxExclusiveTotalAmount", invoices->net_fen, NULL);
    if (invoices->tax_fen != 0)
        xml_put_amount(root, "fp:TaxTotalAmount", invoices->tax_fen, NULL);
    xml_put(root, "fp:Payee", invoices->payee);
    xml_put(root, "fp:Checker", invoices->reviewed_by);
    xml_put(root, "fp:InvoiceClerk", invoices->issued_by);
    xml_put(root, "fp:Note", invoices->remarks);
    xmlNode *goods = xml_add(root, "fp:GoodsInfos");
    for (int i = 0; i < invoices->line_count; i++)
        write_line(goods, &invoices->lines[i]);
    return xml_finish(document, out, err);
}
