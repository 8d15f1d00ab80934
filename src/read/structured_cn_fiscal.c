/**
 * 财政电子票据: fiscal e-receipts of public bodies (root EInvoice as well, EInvoiceTag "CZ-EI-" + region).
 */
#include "structured.h"

static const vouch_xml_field_row main_rows[] = {
    {"EInvoiceCode", VOUCH_FIELD_INVOICE_CODE},
    {"EInvoiceNumber", VOUCH_FIELD_INVOICE_NUMBER},
    {"RandomNumber", VOUCH_FIELD_CHECK_CODE},
    {"IssueDate", VOUCH_FIELD_ISSUE_DATE},
    {"IssueTime", VOUCH_FIELD_ISSUE_TIME},
    {"TotalAmount", VOUCH_FIELD_GROSS_AMOUNT},
    {"InvoicingParty/InvoicingPartyName", VOUCH_FIELD_SELLER_NAME},
    {"InvoicingParty/InvoicingPartyCode", VOUCH_FIELD_SELLER_TAX_ID},
    {"PayerParty/PayerPartyName", VOUCH_FIELD_BUYER_NAME},
    {"PayerParty/PayerPartyCode", VOUCH_FIELD_BUYER_TAX_ID},
    {"InvoicingParty/RecName", VOUCH_FIELD_PAYEE},
    {"HandlingPerson", VOUCH_FIELD_ISSUED_BY},
    {"Checker", VOUCH_FIELD_REVIEWED_BY},
    {"Remark", VOUCH_FIELD_REMARKS},
    {"MainExt/RelatedInvoiceCode", VOUCH_FIELD_ORIGINAL_INVOICE_CODE},
    {"MainExt/RelatedInvoiceNumber", VOUCH_FIELD_ORIGINAL_INVOICE_NUMBER},
};

static const vouch_xml_extra_row main_extras[] = {
    {"EInvoiceName", "title"},           {"EInvoiceSpecimenCode", "template_number"},
    {"SupervisorAreaCode", "area_code"}, {"PayMode", "pay_mode"},
    {"BizCode", "business_number"},
};

static const char *const account_paths[] = {"InvoicingParty/RecOpBk", "InvoicingParty/RecAcct"};

static const vouch_xml_item_row line_rows[] = {
    {"ItemName", VOUCH_ITEM_NAME},      {"ItemUnit", VOUCH_ITEM_UNIT},         {"ItemQuantity", VOUCH_ITEM_QUANTITY},
    {"ItemStd", VOUCH_ITEM_UNIT_PRICE}, {"ItemAmount", VOUCH_ITEM_NET_AMOUNT}, {"ItemRemark", VOUCH_ITEM_REASON},
};

void vouch_read_cn_fiscal(const vouch_xml_source *from, const xmlNode *root)
{
    vouch_statement *statement = vouch_xml_statement(from, VOUCH_KIND_CN_FISCAL);
    const xmlNode *data = vouch_xml_find(root, "EInvoiceData");
    const xmlNode *details = data ? vouch_xml_find(data, "Details") : NULL;
    const xmlNode *main = data ? vouch_xml_find(data, "Main") : NULL;
    if (main) {
        vouch_xml_set(from, statement, main, VOUCH_ROWS(main_rows));
        vouch_xml_set_extras(from, statement, main, VOUCH_ROWS(main_extras));
        (void)vouch_statement_set(from->arena, statement, VOUCH_FIELD_SELLER_ACCOUNT,
                                  vouch_xml_join(from->arena, main, VOUCH_ROWS(account_paths), " "),
                                  VOUCH_CONFIDENCE_DERIVED);
    }
    for (const xmlNode *line = NULL; details && (line = vouch_xml_next(details, "Item", line));) {
        vouch_item *item = vouch_items_add(from->arena, &statement->lines);
        if (!item)
            break;
        vouch_xml_set_item(from, item, line, VOUCH_ROWS(line_rows));
    }
    vouch_cn_finish(from, statement, /* red= */ false);
}
