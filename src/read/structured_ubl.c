/**
 * UBL 2 (OASIS) Invoice, CreditNote and their relatives, in all flavours that keep its paths: EN 16931, XRechnung,
 * Peppol BIS and PINT, national CIUS, ZATCA. Business terms (BT-…) are those of EN 16931-1 as bound by CEN/TS
 * 16931-3-2.
 */
#include <string.h>

#include "structured.h"

static const vouch_xml_field_row document_rows[] = {
    {"ID", VOUCH_FIELD_INVOICE_NUMBER},                    /* BT-1 */
    {"IssueDate", VOUCH_FIELD_ISSUE_DATE},                 /* BT-2 */
    {"IssueTime", VOUCH_FIELD_ISSUE_TIME},                 /* KSA-25 */
    {"DocumentCurrencyCode", VOUCH_FIELD_CURRENCY},        /* BT-5 */
    {"DueDate", VOUCH_FIELD_DUE_DATE},                     /* BT-9 */
    {"PaymentMeans/PaymentDueDate", VOUCH_FIELD_DUE_DATE}, /* BT-9 of credit notes */
    {"PaymentTerms/PaymentDueDate", VOUCH_FIELD_DUE_DATE},
    {"ContractDocumentReference/ID", VOUCH_FIELD_CONTRACT_NUMBER},                         /* BT-12 */
    {"OrderReference/ID", VOUCH_FIELD_PURCHASE_ORDER},                                     /* BT-13 */
    {"BillingReference/InvoiceDocumentReference/ID", VOUCH_FIELD_ORIGINAL_INVOICE_NUMBER}, /* BT-25 */
    {"BillingReference/SelfBilledInvoiceDocumentReference/ID", VOUCH_FIELD_ORIGINAL_INVOICE_NUMBER},
    {"PayeeParty/PartyName/Name", VOUCH_FIELD_PAYEE}, /* BT-59 */
};

static const vouch_xml_field_row total_rows[] = {
    {"AllowanceTotalAmount", VOUCH_FIELD_DISCOUNT_AMOUNT}, /* BT-107 */
    {"TaxExclusiveAmount", VOUCH_FIELD_NET_AMOUNT},        /* BT-109 */
    {"TaxInclusiveAmount", VOUCH_FIELD_GROSS_AMOUNT},      /* BT-112 */
    {"PrepaidAmount", VOUCH_FIELD_PAID_AMOUNT},            /* BT-113 */
    {"PayableAmount", VOUCH_FIELD_DUE_AMOUNT},             /* BT-115 */
};

static const vouch_xml_extra_row document_extras[] = {
    {"CustomizationID", "profile"}, /* BT-24 */
    {"ProfileID", "process"},       /* BT-23 */
    {"UUID", "uuid"},
    {"BuyerReference", "buyer_reference"},                                           /* BT-10 */
    {"TaxCurrencyCode", "tax_currency"},                                             /* BT-6 */
    {"BillingReference/InvoiceDocumentReference/IssueDate", "original_issue_date"},  /* BT-26 */
    {"PaymentMeans/PaymentID", "payment_reference"},                                 /* BT-83 */
    {"PaymentMeans/PayeeFinancialAccount/ID", "iban"},                               /* BT-84 */
    {"AccountingSupplierParty/Party/PartyName/Name", "seller_trade_name"},           /* BT-28 */
    {"AccountingSupplierParty/Party/PartyLegalEntity/CompanyID", "seller_legal_id"}, /* BT-30 */
    {"AccountingCustomerParty/Party/PartyName/Name", "buyer_trade_name"},            /* BT-45 */
    {"AccountingCustomerParty/Party/PartyLegalEntity/CompanyID", "buyer_legal_id"},  /* BT-47 */
};

static const vouch_xml_extra_row total_extras[] = {
    {"LineExtensionAmount", "line_total_amount"}, /* BT-106 */
    {"ChargeTotalAmount", "charge_amount"},       /* BT-108 */
    {"PayableRoundingAmount", "rounding_amount"}, /* BT-114 */
};

static const vouch_xml_item_row line_rows[] = {
    {"Item/Name", VOUCH_ITEM_NAME},        /* BT-153 */
    {"Item/Description", VOUCH_ITEM_NAME}, /* BT-154 */
    {"Note", VOUCH_ITEM_NAME},             /* BT-127 */
    {"Item/ModelName", VOUCH_ITEM_SPECIFICATION},
    {"LineExtensionAmount", VOUCH_ITEM_NET_AMOUNT},       /* BT-131 */
    {"TaxTotal/TaxAmount", VOUCH_ITEM_TAX_AMOUNT},        /* KSA-11 */
    {"TaxTotal/RoundingAmount", VOUCH_ITEM_GROSS_AMOUNT}, /* KSA-12 */
    {"InvoicePeriod/StartDate", VOUCH_ITEM_DATE_FROM},    /* BT-134 */
    {"InvoicePeriod/EndDate", VOUCH_ITEM_DATE_TO},        /* BT-135 */
};

static const struct party {
    const char *path;
    vouch_field name, tax_id, address;
} parties[] = {
    {"AccountingSupplierParty/Party", VOUCH_FIELD_SELLER_NAME, VOUCH_FIELD_SELLER_TAX_ID, VOUCH_FIELD_SELLER_ADDRESS},
    {"AccountingCustomerParty/Party", VOUCH_FIELD_BUYER_NAME, VOUCH_FIELD_BUYER_TAX_ID, VOUCH_FIELD_BUYER_ADDRESS},
};

static const vouch_xml_field_row seller_names[] = {
    {"PartyLegalEntity/RegistrationName", VOUCH_FIELD_SELLER_NAME}, /* BT-27 */
    {"PartyName/Name", VOUCH_FIELD_SELLER_NAME},                    /* BT-28 */
};
static const vouch_xml_field_row buyer_names[] = {
    {"PartyLegalEntity/RegistrationName", VOUCH_FIELD_BUYER_NAME}, /* BT-44 */
    {"PartyName/Name", VOUCH_FIELD_BUYER_NAME},                    /* BT-45 */
};

/* What differs between the document types that share the rest. */
static const struct ubl_type {
    const char *root, *type_code, *line, *quantity, *total;
    bool credit;
} types[] = {
    {"Invoice", "InvoiceTypeCode", "InvoiceLine", "InvoicedQuantity", "LegalMonetaryTotal", false},
    {"CreditNote", "CreditNoteTypeCode", "CreditNoteLine", "CreditedQuantity", "LegalMonetaryTotal", true},
    {"DebitNote", "DebitNoteTypeCode", "DebitNoteLine", "DebitedQuantity", "RequestedMonetaryTotal", false},
    {"SelfBilledInvoice", "InvoiceTypeCode", "InvoiceLine", "InvoicedQuantity", "LegalMonetaryTotal", false},
    {"SelfBilledCreditNote", "CreditNoteTypeCode", "CreditNoteLine", "CreditedQuantity", "LegalMonetaryTotal", true},
};

static const struct ubl_type *type_of(const xmlNode *root)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(vouch_xml_name(root), types[i].root) == 0)
            return &types[i];
    return &types[0];
}

/** VAT id (BT-31, BT-48), else the id in any other tax scheme (BT-32; GST, JCT … in PINT). */
static const char *tax_id(vouch_arena *arena, const xmlNode *party)
{
    const char *other = NULL;
    for (const xmlNode *scheme = NULL; (scheme = vouch_xml_next(party, "PartyTaxScheme", scheme));) {
        const char *id = vouch_xml_text(arena, scheme, "CompanyID");
        const char *name = vouch_xml_text(arena, scheme, "TaxScheme/ID");
        if (id && name && strcasecmp(name, "VAT") == 0)
            return id;
        if (!other)
            other = id;
    }
    return other;
}

static const char *address(vouch_arena *arena, const xmlNode *party)
{
    static const char *const street[] = {"StreetName", "BuildingNumber"};
    static const char *const city[] = {"PostalZone", "CityName"};
    static const char *const more[] = {"AdditionalStreetName", "AddressLine/Line", "CitySubdivisionName"};
    static const char *const country[] = {"CountrySubentity", "Country/IdentificationCode"};
    const xmlNode *node = vouch_xml_find(party, "PostalAddress");
    if (!node)
        return NULL;
    const char *parts[] = {
        vouch_xml_join(arena, node, VOUCH_ROWS(street), " "), vouch_xml_join(arena, node, VOUCH_ROWS(more), ", "),
        vouch_xml_join(arena, node, VOUCH_ROWS(city), " "), vouch_xml_join(arena, node, VOUCH_ROWS(country), ", ")};
    return vouch_text_join(arena, VOUCH_ROWS(parts), ", ");
}

static const char *person(vouch_arena *arena, const xmlNode *party)
{
    static const char *const names[] = {"Person/FirstName", "Person/FamilyName"};
    return vouch_xml_join(arena, party, VOUCH_ROWS(names), " ");
}

static void read_parties(const vouch_xml_source *from, vouch_statement *statement, const xmlNode *root)
{
    for (size_t i = 0; i < sizeof parties / sizeof *parties; i++) {
        const xmlNode *party = vouch_xml_find(root, parties[i].path);
        if (!party)
            continue;
        bool seller = parties[i].name == VOUCH_FIELD_SELLER_NAME;
        vouch_xml_set(from, statement, party, seller ? seller_names : buyer_names, 2);
        if (!statement->fields[parties[i].name].value)
            vouch_en16931_put_derived(from, statement, parties[i].name, person(from->arena, party));
        vouch_xml_put(from, statement, parties[i].tax_id, tax_id(from->arena, party));
        vouch_en16931_put_derived(from, statement, parties[i].address, address(from->arena, party));
    }
}

static bool in_currency(vouch_arena *arena, const xmlNode *amount, const char *currency)
{
    const char *own = vouch_xml_text(arena, amount, "@currencyID");
    return !own || !currency || strcmp(own, currency) == 0;
}

/** The tax total in the document's currency (BT-110) and its breakdown (BG-23); another one is BT-111. */
static void read_taxes(const vouch_xml_source *from, vouch_statement *statement, const xmlNode *root)
{
    const char *currency = statement->fields[VOUCH_FIELD_CURRENCY].value;
    for (const xmlNode *total = NULL; (total = vouch_xml_next(root, "TaxTotal", total));) {
        const xmlNode *amount = vouch_xml_find(total, "TaxAmount");
        if (!amount || !in_currency(from->arena, amount, currency)) {
            vouch_statement_add_extra(from->arena, statement, "tax_amount_in_tax_currency",
                                      vouch_xml_text(from->arena, total, "TaxAmount"));
            continue;
        }
        if (!statement->fields[VOUCH_FIELD_TAX_AMOUNT].value)
            vouch_xml_put(from, statement, VOUCH_FIELD_TAX_AMOUNT, vouch_xml_text(from->arena, amount, ""));
        if (statement->taxes.count > 0)
            continue;
        for (const xmlNode *row = NULL; (row = vouch_xml_next(total, "TaxSubtotal", row));) {
            static const vouch_xml_item_row rows[] = {
                {"TaxableAmount", VOUCH_ITEM_NET_AMOUNT},              /* BT-116 */
                {"TaxAmount", VOUCH_ITEM_TAX_AMOUNT},                  /* BT-117 */
                {"TaxCategory/TaxExemptionReason", VOUCH_ITEM_REASON}, /* BT-120 */
            };
            vouch_item *item = vouch_items_add(from->arena, &statement->taxes);
            if (!item)
                break;
            vouch_xml_set_item(from, item, row, VOUCH_ROWS(rows));
            const char *percent = vouch_xml_text(from->arena, row, "TaxCategory/Percent");        /* BT-119 */
            vouch_en16931_put_tax(from, item, vouch_xml_text(from->arena, row, "TaxCategory/ID"), /* BT-118 */
                                  percent ? percent : vouch_xml_text(from->arena, row, "Percent"), /* line= */ false);
        }
    }
}

/** Allowances and charges of the document (BG-20, BG-21). */
static void read_allowances(const vouch_xml_source *from, vouch_statement *statement, const xmlNode *root)
{
    static const vouch_xml_item_row rows[] = {
        {"AllowanceChargeReason", VOUCH_ITEM_REASON},
        {"Amount", VOUCH_ITEM_NET_AMOUNT},
    };
    for (const xmlNode *row = NULL; (row = vouch_xml_next(root, "AllowanceCharge", row));) {
        vouch_item *item = vouch_items_add(from->arena, &statement->allowances);
        if (!item)
            break;
        vouch_xml_set_item(from, item, row, VOUCH_ROWS(rows));
        vouch_en16931_put_tax(from, item, vouch_xml_text(from->arena, row, "TaxCategory/ID"),
                              vouch_xml_text(from->arena, row, "TaxCategory/Percent"), /* line= */ true);
        const char *charge = vouch_xml_text(from->arena, row, "ChargeIndicator");
        vouch_xml_put_item(from, item, VOUCH_ITEM_CATEGORY,
                           charge && (strcmp(charge, "true") == 0 || strcmp(charge, "1") == 0) ? "charge"
                                                                                               : "allowance");
    }
}

static void read_lines(const vouch_xml_source *from, vouch_statement *statement, const xmlNode *root,
                       const struct ubl_type *type)
{
    for (const xmlNode *line = NULL; (line = vouch_xml_next(root, type->line, line));) {
        vouch_item *item = vouch_items_add(from->arena, &statement->lines);
        if (!item)
            break;
        vouch_xml_set_item(from, item, line, VOUCH_ROWS(line_rows));
        const xmlNode *quantity = vouch_xml_find(line, type->quantity);
        if (quantity) {
            vouch_xml_put_item(from, item, VOUCH_ITEM_QUANTITY, vouch_xml_text(from->arena, quantity, ""));
            vouch_xml_put_item(from, item, VOUCH_ITEM_UNIT, vouch_xml_text(from->arena, quantity, "@unitCode"));
        }
        vouch_en16931_put_unit_price(from, item, vouch_xml_text(from->arena, line, "Price/PriceAmount"),
                                     vouch_xml_text(from->arena, line, "Price/BaseQuantity"));
        vouch_en16931_put_tax(from, item, vouch_xml_text(from->arena, line, "Item/ClassifiedTaxCategory/ID"),
                              vouch_xml_text(from->arena, line, "Item/ClassifiedTaxCategory/Percent"),
                              /* line= */ true);
    }
}

/** ZATCA: the process is one of its two (KSA business rules BR-KSA-EN16931-01). */
static vouch_kind flavour(vouch_arena *arena, const xmlNode *root)
{
    const char *process = vouch_xml_text(arena, root, "ProfileID");
    bool zatca = process && (strncmp(process, "reporting:", 10) == 0 || strncmp(process, "clearance:", 10) == 0);
    return zatca ? VOUCH_KIND_SA_ZATCA : VOUCH_KIND_UNKNOWN;
}

void vouch_read_ubl(const vouch_xml_source *from, const xmlNode *root)
{
    const struct ubl_type *type = type_of(root);
    vouch_statement *statement = vouch_xml_statement(from, flavour(from->arena, root));
    vouch_xml_set(from, statement, root, VOUCH_ROWS(document_rows));
    vouch_xml_set_extras(from, statement, root, VOUCH_ROWS(document_extras));
    vouch_xml_put(from, statement, VOUCH_FIELD_REMARKS,
                  vouch_xml_join_all(from->arena, root, "Note", "", "; ")); /* BT-22 */
    read_parties(from, statement, root);
    const xmlNode *totals = vouch_xml_find(root, type->total);
    if (totals) {
        vouch_xml_set(from, statement, totals, VOUCH_ROWS(total_rows));
        vouch_xml_set_extras(from, statement, totals, VOUCH_ROWS(total_extras));
    }
    read_taxes(from, statement, root);
    read_allowances(from, statement, root);
    read_lines(from, statement, root, type);
    if (!statement->fields[VOUCH_FIELD_PAYEE].value)
        vouch_xml_put(from, statement, VOUCH_FIELD_SELLER_ACCOUNT,
                      vouch_xml_text(from->arena, root, "PaymentMeans/PayeeFinancialAccount/ID"));
    vouch_en16931_finish(from, statement, vouch_xml_text(from->arena, root, type->type_code), type->credit);
}
