/**
 * 数电票: the XML of fully digitalised invoices (root EInvoice, EInvoiceTag "SWEI" + region; versions 0.2 to 0.32).
 *
 * Values are read by full path only. The same names occur elsewhere with other meanings: Amount and PlateNumber precede
 * the totals, AdditionalInformation may hold another InvoiceNumber, RequestTime is not the issue time.
 */
#include <string.h>

#include "structured.h"

static const vouch_xml_field_row document_rows[] = {
    {"TaxSupervisionInfo/InvoiceNumber", VOUCH_FIELD_INVOICE_NUMBER},
    {"Header/EIid", VOUCH_FIELD_INVOICE_NUMBER},
    {"TaxSupervisionInfo/IssueTime", VOUCH_FIELD_ISSUE_DATE},
    {"EInvoiceData/SellerInformation/SellerName", VOUCH_FIELD_SELLER_NAME},
    {"EInvoiceData/SellerInformation/SellerIdNum", VOUCH_FIELD_SELLER_TAX_ID},
    {"EInvoiceData/BuyerInformation/BuyerName", VOUCH_FIELD_BUYER_NAME},
    {"EInvoiceData/BuyerInformation/BuyerIdNum", VOUCH_FIELD_BUYER_TAX_ID},
    {"EInvoiceData/BasicInformation/TotalAmWithoutTax", VOUCH_FIELD_NET_AMOUNT},
    {"EInvoiceData/BasicInformation/TotalTaxAm", VOUCH_FIELD_TAX_AMOUNT},
    {"EInvoiceData/BasicInformation/TotalTax-includedAmount", VOUCH_FIELD_GROSS_AMOUNT},
    {"EInvoiceData/BasicInformation/TotalTax-includedAmountInChinese", VOUCH_FIELD_GROSS_IN_WORDS},
    {"EInvoiceData/BasicInformation/Drawer", VOUCH_FIELD_ISSUED_BY},
    {"EInvoiceData/SpecificInformation/RedEInvoice/OriginalInvoiceCode", VOUCH_FIELD_ORIGINAL_INVOICE_CODE},
    {"EInvoiceData/SpecificInformation/RedEInvoice/OriginalInvoiceNumber", VOUCH_FIELD_ORIGINAL_INVOICE_NUMBER},
    {"EInvoiceData/AdditionalInformation/Remark", VOUCH_FIELD_REMARKS},
};

static const vouch_xml_extra_row document_extras[] = {
    {"Header/EInvoiceTag", "einvoice_tag"},
    {"Header/Version", "version"},
    {"EInvoiceData/SpecificInformation/RedEInvoice/CreditNoteNumber", "red_letter_confirmation"},
    {"TaxSupervisionInfo/TaxBureauName", "tax_bureau"},
};

static const vouch_xml_item_row line_rows[] = {
    {"ItemName", VOUCH_ITEM_NAME},       {"SpecMod", VOUCH_ITEM_SPECIFICATION},
    {"MeaUnits", VOUCH_ITEM_UNIT},       {"Quantity", VOUCH_ITEM_QUANTITY},
    {"UnPrice", VOUCH_ITEM_UNIT_PRICE},  {"Amount", VOUCH_ITEM_NET_AMOUNT},
    {"ComTaxAm", VOUCH_ITEM_TAX_AMOUNT}, {"TotaltaxIncludedAmount", VOUCH_ITEM_GROSS_AMOUNT},
};

static const vouch_xml_item_row toll_rows[] = {
    {"PlateNumber", VOUCH_ITEM_PLATE_NUMBER},
    {"VehicleType", VOUCH_ITEM_VEHICLE_TYPE},
    {"StartDatesOfPassage", VOUCH_ITEM_DATE_FROM},
    {"EndDatesOfPassage", VOUCH_ITEM_DATE_TO},
};

static vouch_kind kind_of(vouch_arena *arena, const xmlNode *root)
{
    const char *label = vouch_xml_text(arena, root, "Header/InherentLabel/GeneralOrSpecialVAT/LabelCode");
    if (vouch_xml_find(root, "EInvoiceData/SpecificInformation/Toll"))
        return VOUCH_KIND_CN_DIGITAL_TOLL;
    if (label && strcmp(label, "01") == 0)
        return VOUCH_KIND_CN_DIGITAL_SPECIAL;
    if (label && strcmp(label, "02") == 0)
        return VOUCH_KIND_CN_DIGITAL_ORDINARY;
    return VOUCH_KIND_UNKNOWN;
}

static void put_account(const vouch_xml_source *from, vouch_statement *statement, const xmlNode *root,
                        vouch_field field, const char *const *paths)
{
    char *text = vouch_xml_join(from->arena, root, paths, 2, " ");
    (void)vouch_statement_set(from->arena, statement, field, text, VOUCH_CONFIDENCE_DERIVED);
}

static const struct composed {
    vouch_field field;
    const char *paths[2];
} composed[] = {
    {VOUCH_FIELD_SELLER_ADDRESS,
     {"EInvoiceData/SellerInformation/SellerAddr", "EInvoiceData/SellerInformation/SellerTelNum"}},
    {VOUCH_FIELD_SELLER_ACCOUNT,
     {"EInvoiceData/SellerInformation/SellerBankName", "EInvoiceData/SellerInformation/SellerBankAccNum"}},
    {VOUCH_FIELD_BUYER_ADDRESS,
     {"EInvoiceData/BuyerInformation/BuyerAddr", "EInvoiceData/BuyerInformation/BuyerTelNum"}},
    {VOUCH_FIELD_BUYER_ACCOUNT,
     {"EInvoiceData/BuyerInformation/BuyerBankName", "EInvoiceData/BuyerInformation/BuyerBankAccNum"}},
};

static void read_lines(const vouch_xml_source *from, vouch_statement *statement, const xmlNode *data)
{
    const xmlNode *special = vouch_xml_find(data, "SpecificInformation"), *toll = NULL;
    for (const xmlNode *line = NULL; (line = vouch_xml_next(data, "IssuItemInformation", line));) {
        vouch_item *item = vouch_items_add(from->arena, &statement->lines);
        if (!item)
            break;
        vouch_xml_set_item(from, item, line, VOUCH_ROWS(line_rows));
        vouch_item_put_rate(from->arena, item, vouch_xml_text(from->arena, line, "TaxRate"), /* fraction= */ true,
                            from->source, VOUCH_CONFIDENCE_STRUCTURED);
        /* The n-th line is the n-th passage; a toll invoice prints dates where others have quantity and price. */
        if (special && (toll = vouch_xml_next(special, "Toll", toll))) {
            item->members[VOUCH_ITEM_QUANTITY] = item->members[VOUCH_ITEM_UNIT_PRICE] = (vouch_evidence){.value = NULL};
            vouch_xml_set_item(from, item, toll, VOUCH_ROWS(toll_rows));
        }
    }
}

void vouch_read_cn_digital(const vouch_xml_source *from, const xmlNode *root)
{
    vouch_statement *statement = vouch_xml_statement(from, kind_of(from->arena, root));
    vouch_xml_set(from, statement, root, VOUCH_ROWS(document_rows));
    vouch_xml_set_extras(from, statement, root, VOUCH_ROWS(document_extras));
    for (size_t i = 0; i < sizeof composed / sizeof *composed; i++)
        put_account(from, statement, root, composed[i].field, composed[i].paths);
    const char *issued = vouch_xml_text(from->arena, root, "TaxSupervisionInfo/IssueTime");
    if (issued && strlen(issued) >= strlen("2024-01-24 16:24"))
        vouch_xml_put(from, statement, VOUCH_FIELD_ISSUE_TIME, issued + strlen("2024-01-24 "));
    const xmlNode *data = vouch_xml_find(root, "EInvoiceData");
    if (data)
        read_lines(from, statement, data);
    const char *blue = vouch_xml_text(from->arena, root, "Header/InherentLabel/InIssuType/LabelCode");
    vouch_cn_finish(from, statement, /* red= */ blue && strcmp(blue, "N") == 0);
}
