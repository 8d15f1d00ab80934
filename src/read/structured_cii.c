/**
 * UN/CEFACT Cross Industry Invoice: D16B (EN 16931, XRechnung, Factur-X, ZUGFeRD 2) and its ancestor of ZUGFeRD 1.0,
 * which has other names for the same structure. Business terms are those of EN 16931-1 as bound by CEN/TS 16931-3-3.
 */
#include <string.h>

#include "structured.h"

/* The names that the two generations give to the same nodes; paths inside of those nodes are common. */
typedef struct cii_layout {
    const char *context, *document, *agreement, *settlement, *totals, *line;
    const char *line_agreement, *line_delivery, *line_settlement, *line_totals;
} cii_layout;

static const cii_layout d16b = {
    .context = "ExchangedDocumentContext",
    .document = "ExchangedDocument",
    .agreement = "SupplyChainTradeTransaction/ApplicableHeaderTradeAgreement",
    .settlement = "SupplyChainTradeTransaction/ApplicableHeaderTradeSettlement",
    .totals = "SpecifiedTradeSettlementHeaderMonetarySummation",
    .line = "SupplyChainTradeTransaction",
    .line_agreement = "SpecifiedLineTradeAgreement",
    .line_delivery = "SpecifiedLineTradeDelivery",
    .line_settlement = "SpecifiedLineTradeSettlement",
    .line_totals = "SpecifiedTradeSettlementLineMonetarySummation",
};

static const cii_layout zugferd1 = {
    .context = "SpecifiedExchangedDocumentContext",
    .document = "HeaderExchangedDocument",
    .agreement = "SpecifiedSupplyChainTradeTransaction/ApplicableSupplyChainTradeAgreement",
    .settlement = "SpecifiedSupplyChainTradeTransaction/ApplicableSupplyChainTradeSettlement",
    .totals = "SpecifiedTradeSettlementMonetarySummation",
    .line = "SpecifiedSupplyChainTradeTransaction",
    .line_agreement = "SpecifiedSupplyChainTradeAgreement",
    .line_delivery = "SpecifiedSupplyChainTradeDelivery",
    .line_settlement = "SpecifiedSupplyChainTradeSettlement",
    .line_totals = "SpecifiedTradeSettlementMonetarySummation",
};

static const vouch_xml_field_row document_rows[] = {
    {"ID", VOUCH_FIELD_INVOICE_NUMBER},                       /* BT-1 */
    {"IssueDateTime/DateTimeString", VOUCH_FIELD_ISSUE_DATE}, /* BT-2 */
    {"IssueDateTime/DateTime", VOUCH_FIELD_ISSUE_DATE},
    {"IssueDateTime", VOUCH_FIELD_ISSUE_DATE},
};

static const vouch_xml_field_row agreement_rows[] = {
    {"SellerTradeParty/Name", VOUCH_FIELD_SELLER_NAME},                                           /* BT-27 */
    {"SellerTradeParty/SpecifiedLegalOrganization/TradingBusinessName", VOUCH_FIELD_SELLER_NAME}, /* BT-28 */
    {"BuyerTradeParty/Name", VOUCH_FIELD_BUYER_NAME},                                             /* BT-44 */
    {"BuyerTradeParty/SpecifiedLegalOrganization/TradingBusinessName", VOUCH_FIELD_BUYER_NAME},   /* BT-45 */
    {"ContractReferencedDocument/IssuerAssignedID", VOUCH_FIELD_CONTRACT_NUMBER},                 /* BT-12 */
    {"ContractReferencedDocument/ID", VOUCH_FIELD_CONTRACT_NUMBER},
    {"BuyerOrderReferencedDocument/IssuerAssignedID", VOUCH_FIELD_PURCHASE_ORDER}, /* BT-13 */
    {"BuyerOrderReferencedDocument/ID", VOUCH_FIELD_PURCHASE_ORDER},
};

static const vouch_xml_field_row settlement_rows[] = {
    {"InvoiceCurrencyCode", VOUCH_FIELD_CURRENCY},                                       /* BT-5 */
    {"SpecifiedTradePaymentTerms/DueDateDateTime/DateTimeString", VOUCH_FIELD_DUE_DATE}, /* BT-9 */
    {"SpecifiedTradePaymentTerms/DueDateDateTime/DateTime", VOUCH_FIELD_DUE_DATE},
    {"SpecifiedTradePaymentTerms/DueDateDateTime", VOUCH_FIELD_DUE_DATE},
    {"InvoiceReferencedDocument/IssuerAssignedID", VOUCH_FIELD_ORIGINAL_INVOICE_NUMBER}, /* BT-25 */
    {"InvoiceReferencedDocument/ID", VOUCH_FIELD_ORIGINAL_INVOICE_NUMBER},
    {"PayeeTradeParty/Name", VOUCH_FIELD_PAYEE}, /* BT-59 */
};

static const struct total_row {
    const char *name;
    vouch_field field;
} total_rows[] = {
    {"AllowanceTotalAmount", VOUCH_FIELD_DISCOUNT_AMOUNT}, /* BT-107 */
    {"TaxBasisTotalAmount", VOUCH_FIELD_NET_AMOUNT},       /* BT-109 */
    {"TaxTotalAmount", VOUCH_FIELD_TAX_AMOUNT},            /* BT-110 */
    {"GrandTotalAmount", VOUCH_FIELD_GROSS_AMOUNT},        /* BT-112 */
    {"TotalPrepaidAmount", VOUCH_FIELD_PAID_AMOUNT},       /* BT-113 */
    {"DuePayableAmount", VOUCH_FIELD_DUE_AMOUNT},          /* BT-115 */
};

static const vouch_xml_extra_row context_extras[] = {
    {"GuidelineSpecifiedDocumentContextParameter/ID", "profile"},       /* BT-24 */
    {"BusinessProcessSpecifiedDocumentContextParameter/ID", "process"}, /* BT-23 */
};

static const vouch_xml_extra_row agreement_extras[] = {
    {"BuyerReference", "buyer_reference"},                                                    /* BT-10 */
    {"SellerTradeParty/SpecifiedLegalOrganization/ID", "seller_legal_id"},                    /* BT-30 */
    {"SellerTradeParty/SpecifiedLegalOrganization/TradingBusinessName", "seller_trade_name"}, /* BT-28 */
    {"BuyerTradeParty/SpecifiedLegalOrganization/ID", "buyer_legal_id"},                      /* BT-47 */
    {"BuyerTradeParty/SpecifiedLegalOrganization/TradingBusinessName", "buyer_trade_name"},   /* BT-45 */
};

static const char iban_path[] = "SpecifiedTradeSettlementPaymentMeans/PayeePartyCreditorFinancialAccount/IBANID";

static const vouch_xml_extra_row settlement_extras[] = {
    {"TaxCurrencyCode", "tax_currency"},                                                        /* BT-6 */
    {"PaymentReference", "payment_reference"},                                                  /* BT-83 */
    {iban_path, "iban"},                                                                        /* BT-84 */
    {"InvoiceReferencedDocument/FormattedIssueDateTime/DateTimeString", "original_issue_date"}, /* BT-26 */
};

static const vouch_xml_extra_row total_extras[] = {
    {"LineTotalAmount", "line_total_amount"}, /* BT-106 */
    {"ChargeTotalAmount", "charge_amount"},   /* BT-108 */
    {"RoundingAmount", "rounding_amount"},    /* BT-114 */
};

static const vouch_xml_item_row line_rows[] = {
    {"SpecifiedTradeProduct/Name", VOUCH_ITEM_NAME},                          /* BT-153 */
    {"SpecifiedTradeProduct/Description", VOUCH_ITEM_NAME},                   /* BT-154 */
    {"AssociatedDocumentLineDocument/IncludedNote/Content", VOUCH_ITEM_NAME}, /* BT-127 */
};

/** VAT id (schemeID VA), else the tax number (FC), else the first without a scheme. */
static const char *tax_id(vouch_arena *arena, const xmlNode *party)
{
    static const char *const schemes[] = {"VA", "FC"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        for (const xmlNode *row = NULL; (row = vouch_xml_next(party, "SpecifiedTaxRegistration", row));) {
            const char *scheme = vouch_xml_text(arena, row, "ID/@schemeID");
            const char *id = vouch_xml_text(arena, row, "ID");
            if (id && scheme && strcasecmp(scheme, schemes[i]) == 0)
                return id;
        }
    }
    return vouch_xml_text(arena, party, "SpecifiedTaxRegistration/ID");
}

static const char *address(vouch_arena *arena, const xmlNode *party)
{
    static const char *const lines[] = {"LineOne", "LineTwo", "LineThree"};
    static const char *const city[] = {"PostcodeCode", "CityName"};
    static const char *const country[] = {"CountrySubDivisionName", "CountryID"};
    const xmlNode *node = vouch_xml_find(party, "PostalTradeAddress");
    if (!node)
        return NULL;
    const char *parts[] = {vouch_xml_join(arena, node, VOUCH_ROWS(lines), ", "),
                           vouch_xml_join(arena, node, VOUCH_ROWS(city), " "),
                           vouch_xml_join(arena, node, VOUCH_ROWS(country), ", ")};
    return vouch_text_join(arena, VOUCH_ROWS(parts), ", ");
}

static void read_agreement(const vouch_xml_source *from, vouch_statement *statement, const xmlNode *agreement)
{
    vouch_xml_set(from, statement, agreement, VOUCH_ROWS(agreement_rows));
    vouch_xml_set_extras(from, statement, agreement, VOUCH_ROWS(agreement_extras));
    const xmlNode *seller = vouch_xml_find(agreement, "SellerTradeParty");
    const xmlNode *buyer = vouch_xml_find(agreement, "BuyerTradeParty");
    if (seller) {
        vouch_xml_put(from, statement, VOUCH_FIELD_SELLER_TAX_ID, tax_id(from->arena, seller));
        vouch_en16931_put_derived(from, statement, VOUCH_FIELD_SELLER_ADDRESS, address(from->arena, seller));
    }
    if (buyer) {
        vouch_xml_put(from, statement, VOUCH_FIELD_BUYER_TAX_ID, tax_id(from->arena, buyer));
        vouch_en16931_put_derived(from, statement, VOUCH_FIELD_BUYER_ADDRESS, address(from->arena, buyer));
    }
}

/** The amount of that name in the document's currency; without a currency attribute the first. */
static const char *amount(vouch_arena *arena, const xmlNode *totals, const char *name, const char *currency)
{
    for (const xmlNode *node = NULL; (node = vouch_xml_next(totals, name, node));) {
        const char *own = vouch_xml_text(arena, node, "@currencyID");
        if (!own || !currency || strcmp(own, currency) == 0)
            return vouch_xml_text(arena, node, "");
    }
    return NULL;
}

static const char *percent(vouch_arena *arena, const xmlNode *tax)
{
    const char *text = vouch_xml_text(arena, tax, "RateApplicablePercent"); /* BT-119 */
    return text ? text : vouch_xml_text(arena, tax, "ApplicablePercent");
}

static void read_taxes(const vouch_xml_source *from, vouch_statement *statement, const xmlNode *settlement)
{
    static const vouch_xml_item_row rows[] = {
        {"BasisAmount", VOUCH_ITEM_NET_AMOUNT},      /* BT-116 */
        {"CalculatedAmount", VOUCH_ITEM_TAX_AMOUNT}, /* BT-117 */
        {"ExemptionReason", VOUCH_ITEM_REASON},      /* BT-120 */
    };
    for (const xmlNode *tax = NULL; (tax = vouch_xml_next(settlement, "ApplicableTradeTax", tax));) {
        vouch_item *item = vouch_items_add(from->arena, &statement->taxes);
        if (!item)
            break;
        vouch_xml_set_item(from, item, tax, VOUCH_ROWS(rows));
        vouch_en16931_put_tax(from, item, vouch_xml_text(from->arena, tax, "CategoryCode"), percent(from->arena, tax),
                              /* line= */ false);
    }
}

/** Allowances and charges of the document (BG-20, BG-21), in the extended profiles also freight. */
static void read_allowances(const vouch_xml_source *from, vouch_statement *statement, const xmlNode *settlement)
{
    static const vouch_xml_item_row rows[] = {
        {"Reason", VOUCH_ITEM_REASON},
        {"Description", VOUCH_ITEM_REASON},
        {"ActualAmount", VOUCH_ITEM_NET_AMOUNT},
        {"AppliedAmount", VOUCH_ITEM_NET_AMOUNT},
    };
    static const struct {
        const char *name, *tax;
        bool charge; /* whatever the indicator */
    } elements[] = {
        {"SpecifiedTradeAllowanceCharge", "CategoryTradeTax", false},
        {"SpecifiedLogisticsServiceCharge", "AppliedTradeTax", true},
    };
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++) {
        for (const xmlNode *row = NULL; (row = vouch_xml_next(settlement, elements[i].name, row));) {
            vouch_item *item = vouch_items_add(from->arena, &statement->allowances);
            if (!item)
                break;
            vouch_xml_set_item(from, item, row, VOUCH_ROWS(rows));
            const xmlNode *tax = vouch_xml_find(row, elements[i].tax);
            if (tax)
                vouch_en16931_put_tax(from, item, vouch_xml_text(from->arena, tax, "CategoryCode"),
                                      percent(from->arena, tax), /* line= */ true);
            const char *charge = vouch_xml_text(from->arena, row, "ChargeIndicator/Indicator");
            const bool indicated = charge && (strcmp(charge, "true") == 0 || strcmp(charge, "1") == 0);
            vouch_xml_put_item(from, item, VOUCH_ITEM_CATEGORY,
                               elements[i].charge || indicated ? "charge" : "allowance");
        }
    }
}

static void read_settlement(const vouch_xml_source *from, vouch_statement *statement, const xmlNode *settlement,
                            const cii_layout *layout)
{
    vouch_xml_set(from, statement, settlement, VOUCH_ROWS(settlement_rows));
    vouch_xml_set_extras(from, statement, settlement, VOUCH_ROWS(settlement_extras));
    if (!statement->fields[VOUCH_FIELD_PAYEE].value)
        vouch_xml_put(from, statement, VOUCH_FIELD_SELLER_ACCOUNT, vouch_xml_text(from->arena, settlement, iban_path));
    read_taxes(from, statement, settlement);
    read_allowances(from, statement, settlement);
    const xmlNode *totals = vouch_xml_find(settlement, layout->totals);
    if (!totals)
        return;
    const char *currency = statement->fields[VOUCH_FIELD_CURRENCY].value;
    for (size_t i = 0; i < sizeof total_rows / sizeof *total_rows; i++)
        vouch_xml_put(from, statement, total_rows[i].field, amount(from->arena, totals, total_rows[i].name, currency));
    vouch_xml_set_extras(from, statement, totals, VOUCH_ROWS(total_extras));
}

static void read_line(const vouch_xml_source *from, vouch_item *item, const xmlNode *line, const cii_layout *layout)
{
    vouch_xml_set_item(from, item, line, VOUCH_ROWS(line_rows));
    const xmlNode *agreement = vouch_xml_find(line, layout->line_agreement);
    const xmlNode *delivery = vouch_xml_find(line, layout->line_delivery);
    const xmlNode *settlement = vouch_xml_find(line, layout->line_settlement);
    if (agreement)
        vouch_en16931_put_unit_price(from, item,
                                     vouch_xml_text(from->arena, agreement, "NetPriceProductTradePrice/ChargeAmount"),
                                     vouch_xml_text(from->arena, agreement, "NetPriceProductTradePrice/BasisQuantity"));
    if (delivery) {
        vouch_xml_put_item(from, item, VOUCH_ITEM_QUANTITY, vouch_xml_text(from->arena, delivery, "BilledQuantity"));
        vouch_xml_put_item(from, item, VOUCH_ITEM_UNIT,
                           vouch_xml_text(from->arena, delivery, "BilledQuantity/@unitCode"));
    }
    if (!settlement)
        return;
    static const vouch_xml_item_row period_rows[] = {
        {"BillingSpecifiedPeriod/StartDateTime/DateTimeString", VOUCH_ITEM_DATE_FROM}, /* BT-134 */
        {"BillingSpecifiedPeriod/EndDateTime/DateTimeString", VOUCH_ITEM_DATE_TO},     /* BT-135 */
    };
    vouch_xml_set_item(from, item, settlement, VOUCH_ROWS(period_rows));
    const xmlNode *totals = vouch_xml_find(settlement, layout->line_totals),
                  *tax = vouch_xml_find(settlement, "ApplicableTradeTax");
    if (totals)
        vouch_xml_put_item(from, item, VOUCH_ITEM_NET_AMOUNT, vouch_xml_text(from->arena, totals, "LineTotalAmount"));
    if (tax)
        vouch_en16931_put_tax(from, item, vouch_xml_text(from->arena, tax, "CategoryCode"), percent(from->arena, tax),
                              /* line= */ true);
}

static void read_layout(const vouch_xml_source *from, const xmlNode *root, const cii_layout *layout)
{
    vouch_statement *statement = vouch_xml_statement(from, VOUCH_KIND_UNKNOWN);
    const xmlNode *context = vouch_xml_find(root, layout->context), *document = vouch_xml_find(root, layout->document);
    const xmlNode *agreement = vouch_xml_find(root, layout->agreement);
    const xmlNode *settlement = vouch_xml_find(root, layout->settlement);
    const xmlNode *lines = vouch_xml_find(root, layout->line);
    if (context)
        vouch_xml_set_extras(from, statement, context, VOUCH_ROWS(context_extras));
    if (document) {
        vouch_xml_set(from, statement, document, VOUCH_ROWS(document_rows));
        vouch_xml_put(from, statement, VOUCH_FIELD_REMARKS,
                      vouch_xml_join_all(from->arena, document, "IncludedNote", "Content", "; ")); /* BT-22 */
    }
    if (agreement)
        read_agreement(from, statement, agreement);
    if (settlement)
        read_settlement(from, statement, settlement, layout);
    for (const xmlNode *line = NULL;
         lines && (line = vouch_xml_next(lines, "IncludedSupplyChainTradeLineItem", line));) {
        vouch_item *item = vouch_items_add(from->arena, &statement->lines);
        if (!item)
            break;
        read_line(from, item, line, layout);
    }
    vouch_en16931_finish(from, statement, document ? vouch_xml_text(from->arena, document, "TypeCode") : NULL,
                         /* credit_root= */ false);
}

void vouch_read_cii(const vouch_xml_source *from, const xmlNode *root)
{
    read_layout(from, root, &d16b);
}

void vouch_read_zugferd1(const vouch_xml_source *from, const xmlNode *root)
{
    read_layout(from, root, &zugferd1);
}
