/**
 * original_invoice.xml: the issuer's data attached to OFD invoices (namespace
 * http://www.edrm.org.cn/schema/e-invoice/…). The root is in no namespace, its children are; empty elements stand for
 * absent values. The OFD tag tree uses the same names (structured_ofd_tags.c).
 */
#include <string.h>

#include "structured.h"

const vouch_xml_field_row vouch_edrm_fields[] = {
    {"InvoiceCode", VOUCH_FIELD_INVOICE_CODE},
    {"InvoiceNo", VOUCH_FIELD_INVOICE_NUMBER},
    {"IssueDate", VOUCH_FIELD_ISSUE_DATE},
    {"InvoiceCheckCode", VOUCH_FIELD_CHECK_CODE},
    {"MachineNo", VOUCH_FIELD_MACHINE_NUMBER},
    {"Buyer/BuyerName", VOUCH_FIELD_BUYER_NAME},
    {"Buyer/BuyerTaxID", VOUCH_FIELD_BUYER_TAX_ID},
    {"Buyer/BuyerAddrTel", VOUCH_FIELD_BUYER_ADDRESS},
    {"Buyer/BuyerFinancialAccount", VOUCH_FIELD_BUYER_ACCOUNT},
    {"Seller/SellerName", VOUCH_FIELD_SELLER_NAME},
    {"Seller/SellerTaxID", VOUCH_FIELD_SELLER_TAX_ID},
    {"Seller/SellerAddrTel", VOUCH_FIELD_SELLER_ADDRESS},
    {"Seller/SellerFinancialAccount", VOUCH_FIELD_SELLER_ACCOUNT},
    {"TaxExclusiveTotalAmount", VOUCH_FIELD_NET_AMOUNT},
    {"TaxTotalAmount", VOUCH_FIELD_TAX_AMOUNT},
    {"TaxInclusiveTotalAmount", VOUCH_FIELD_GROSS_AMOUNT},
    {"TaxInclusiveTotalAmountWithWords", VOUCH_FIELD_GROSS_IN_WORDS},
    {"Payee", VOUCH_FIELD_PAYEE},
    {"Checker", VOUCH_FIELD_REVIEWED_BY},
    {"InvoiceClerk", VOUCH_FIELD_ISSUED_BY},
    {"Note", VOUCH_FIELD_REMARKS},
    {"OriginalInvoiceCode", VOUCH_FIELD_ORIGINAL_INVOICE_CODE},
    {"OriginalInvoiceNo", VOUCH_FIELD_ORIGINAL_INVOICE_NUMBER},
};
const size_t vouch_edrm_field_count = sizeof vouch_edrm_fields / sizeof *vouch_edrm_fields;

static const vouch_xml_item_row line_rows[] = {
    {"Item", VOUCH_ITEM_NAME},
    {"Specification", VOUCH_ITEM_SPECIFICATION},
    {"Price", VOUCH_ITEM_UNIT_PRICE},
    {"MeasurementDimension", VOUCH_ITEM_UNIT},
    {"Quantity", VOUCH_ITEM_QUANTITY},
    {"Amount", VOUCH_ITEM_NET_AMOUNT},
    {"TaxAmount", VOUCH_ITEM_TAX_AMOUNT},
};

void vouch_read_cn_edrm(const vouch_xml_source *from, const xmlNode *root)
{
    vouch_statement *statement = vouch_xml_statement(from, VOUCH_KIND_UNKNOWN);
    vouch_xml_set(from, statement, root, vouch_edrm_fields, vouch_edrm_field_count);
    const xmlNode *goods = vouch_xml_find(root, "GoodsInfos");
    for (const xmlNode *line = NULL; goods && (line = vouch_xml_next(goods, "GoodsInfo", line));) {
        vouch_item *item = vouch_items_add(from->arena, &statement->lines);
        if (!item)
            break;
        vouch_xml_set_item(from, item, line, VOUCH_ROWS(line_rows));
        vouch_item_put_rate(from->arena, item, vouch_xml_text(from->arena, line, "TaxScheme"), /* fraction= */ true,
                            from->source, VOUCH_CONFIDENCE_STRUCTURED);
    }
    statement->kind = vouch_cn_kind_of_code(statement->fields[VOUCH_FIELD_INVOICE_CODE].value);
    vouch_cn_finish(from, statement, /* red= */ false);
}
