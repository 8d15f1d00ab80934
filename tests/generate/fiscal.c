/**
 * 财政电子票据: receipts of hospitals, schools and offices, and their XML (root EInvoice, tag CZ-EI). 银行回单: a
 * bank's receipt of one payment as XBRL (taxonomy bker).
 */
#include <stdio.h>
#include <string.h>

#include "xml_xbrl.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

void generate_fiscal_vary(generate_invoice *invoice, vouch_kind kind, uint64_t seed)
{
    static const char *const bodies[] = {"测试市第一人民医院", "测试大学", "测试市住房和城乡建设局"};
    static const struct {
        const char *name, *unit;
    } fees[] = {{"挂号费", "次"}, {"检查费", "次"},   {"西药费", "项"},
                {"学费", "学年"}, {"住宿费", "学年"}, {"诉讼费", "件"}};
    generate_invoice_fill(invoice, kind, seed);
    uint64_t state = seed ^ 0xF15C;
    memset(invoice->lines, 0, sizeof invoice->lines);
    memset(invoice->machine_number, 0, sizeof invoice->machine_number);
    snprintf(invoice->seller.name, sizeof invoice->seller.name, "%s", bodies[generate_pick(&state, COUNT(bodies))]);
    generate_digits(&state, invoice->code, 8);
    generate_digits(&state, invoice->number, 10);
    generate_digits(&state, invoice->check_code, 6);
    if (generate_pick(&state, 2))
        invoice->buyer = (generate_party){.name = "张思远"};
    invoice->gross_fen = 0;
    invoice->line_count = 1 + (int)generate_pick(&state, 5);
    for (int i = 0; i < invoice->line_count; i++) {
        generate_line *line = &invoice->lines[i];
        size_t fee = generate_pick(&state, COUNT(fees)), quantity = 1 + generate_pick(&state, 4);
        int64_t price = 100 + (int64_t)generate_pick(&state, 90000);
        snprintf(line->name, sizeof line->name, "%s", fees[fee].name);
        snprintf(line->unit, sizeof line->unit, "%s", fees[fee].unit);
        snprintf(line->quantity, sizeof line->quantity, "%zu", quantity % 100);
        generate_amount(price, line->unit_price);
        line->rate = GENERATE_UNSTATED;
        line->net_fen = price * (int64_t)quantity;
        invoice->gross_fen += line->net_fen;
    }
}

static void write_main(xmlNode *data, const generate_invoice *invoice)
{
    xmlNode *main = xml_add(data, "Main");
    xml_put(main, "EInvoiceName", "测试省医疗收费票据（电子）");
    xml_put(main, "EInvoiceCode", invoice->code);
    xml_put(main, "EInvoiceNumber", invoice->number);
    xml_put(main, "RandomNumber", invoice->check_code);
    xml_put(main, "IssueDate", invoice->date);
    xml_put_amount(main, "TotalAmount", invoice->gross_fen, NULL);
    xml_put(main, "InvoicingParty/InvoicingPartyCode", invoice->seller.tax_id);
    xml_put(main, "InvoicingParty/InvoicingPartyName", invoice->seller.name);
    xml_put(main, "InvoicingParty/RecName", invoice->payee);
    xml_put(main, "PayerParty/PayerPartyCode", invoice->buyer.tax_id);
    xml_put(main, "PayerParty/PayerPartyName", invoice->buyer.name);
    xml_put(main, "HandlingPerson", invoice->issued_by);
    xml_put(main, "Checker", invoice->reviewed_by);
    xml_put(main, "Remark", invoice->remarks);
}

vouch_code generate_xml_fiscal(const generate_invoice *invoices, size_t count, uint64_t seed, vouch_buffer *out,
                               vouch_error *err)
{
    (void)seed;
    if (count != 1)
        return vouch_fail(err, VOUCH_UNSUPPORTED, "XML of %zu receipts", count);
    xmlDoc *document = xml_new("EInvoice", NULL, 0);
    xmlNode *root = xmlDocGetRootElement(document);
    xml_put(root, "Header/EInvoiceTag", "CZ-EI-330000");
    xmlNode *data = xml_add(root, "EInvoiceData");
    write_main(data, invoices);
    xmlNode *details = xml_add(data, "Details");
    for (int i = 0; i < invoices->line_count; i++) {
        const generate_line *line = &invoices->lines[i];
        xmlNode *item = xml_add(details, "Item");
        xml_put(item, "ItemName", line->name);
        xml_put(item, "ItemUnit", line->unit);
        xml_put(item, "ItemQuantity", line->quantity);
        xml_put(item, "ItemStd", line->unit_price);
        xml_put_amount(item, "ItemAmount", line->net_fen, NULL);
    }
    return xml_finish(document, out, err);
}

void generate_bank_vary(generate_invoice *invoice, vouch_kind kind, uint64_t seed)
{
    generate_invoice_fill(invoice, kind, seed);
    uint64_t state = seed ^ 0xBA7C;
    invoice->line_count = 0;
    generate_digits(&state, invoice->number, 30);
    invoice->gross_fen = 100 + (int64_t)generate_pick(&state, 9000000);
}

vouch_code generate_xbrl_bank(const generate_invoice *invoices, size_t count, uint64_t seed, vouch_buffer *out,
                              vouch_error *err)
{
    (void)seed;
    if (count != 1)
        return vouch_fail(err, VOUCH_UNSUPPORTED, "XBRL of %zu receipts", count);
    xbrl_instance i = xbrl_new("bker", invoices->date);
    char amount[24];
    generate_amount(invoices->gross_fen, amount);
    const char *const facts[][2] = {
        {"IdentificationCodeOfIssuer", "C1030311000455"},
        {"DateOfBookkeeping", invoices->date},
        {"Currency", "CNY"},
        {"IdentificationOfCreditOrDebit", "0"},
        {"TransactionAmount", amount},
        {"NameOfCounterparty", invoices->seller.name},
        {"NumberOfBankElectronicReceipt", invoices->number},
    };
    xmlNode *tuple = xbrl_tuple(&i, "InformationOfReconcileDetailsTuple");
    for (size_t f = 0; f < sizeof facts / sizeof *facts; f++)
        xbrl_fact(&i, tuple, facts[f][0], facts[f][1]);
    return xml_finish(i.document, out, err);
}
