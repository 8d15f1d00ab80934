/**
 * 电子凭证会计数据标准: vouchers of the Ministry of Finance as XBRL instances (taxonomies inv, einv, rai, atr, efi,
 * bker, bkrs), attached to OFD and PDF tickets under any name.
 *
 * Taxonomies carry their date in the namespace, so that only its last segment and the local names count. Facts are
 * children of the root, repeated ones children of tuples; contexts are ignored (real ones say "As_Of_null").
 * A receiver's instance is the buyer's bookkeeping about the voucher, never evidence of issue.
 */
#include <string.h>

#include "structured.h"

static const vouch_xml_field_row vat_rows[] = {
    {"CodeOfInvoice", VOUCH_FIELD_INVOICE_CODE},
    {"NumberOfInvoice", VOUCH_FIELD_INVOICE_NUMBER},
    {"DateOfIssue", VOUCH_FIELD_ISSUE_DATE},
    {"IdentifyingCode", VOUCH_FIELD_CHECK_CODE},
    {"NumberOfInvoiceMachine", VOUCH_FIELD_MACHINE_NUMBER},
    {"NameOfPurchaser", VOUCH_FIELD_BUYER_NAME},
    {"TaxpayerIdentificationNumberUnifiedSocialCreditCodeOfPurchaser", VOUCH_FIELD_BUYER_TAX_ID},
    {"AddressPhoneNumberOfPurchaser", VOUCH_FIELD_BUYER_ADDRESS},
    {"DepositBankAndAccountNumberOfPurchaser", VOUCH_FIELD_BUYER_ACCOUNT},
    {"NameOfSeller", VOUCH_FIELD_SELLER_NAME},
    {"TaxpayerIdentificationNumberUnifiedSocialCreditCodeOfSeller", VOUCH_FIELD_SELLER_TAX_ID},
    {"AddressPhoneNumberOfSeller", VOUCH_FIELD_SELLER_ADDRESS},
    {"DepositBankAndAccountNumberOfSeller", VOUCH_FIELD_SELLER_ACCOUNT},
    {"TotalAmountExcludingTax", VOUCH_FIELD_NET_AMOUNT},
    {"TotalTaxAmount", VOUCH_FIELD_TAX_AMOUNT},
    {"TaxIncludedAmountInFigures", VOUCH_FIELD_GROSS_AMOUNT},
    {"TaxIncludedAmountInWords", VOUCH_FIELD_GROSS_IN_WORDS},
    {"Payee", VOUCH_FIELD_PAYEE},
    {"Reviewer", VOUCH_FIELD_REVIEWED_BY},
    {"Issuer", VOUCH_FIELD_ISSUED_BY},
    {"Remarks", VOUCH_FIELD_REMARKS},
};

static const vouch_xml_extra_row vat_extras[] = {
    {"TypeOfInvoice", "title"},
    {"SpecialInvoiceType", "special_type"},
    {"VoidMark", "void_mark"},
};

static const vouch_xml_item_row vat_line_rows[] = {
    {"NameOfTaxableGoodsOrServices", VOUCH_ITEM_NAME},
    {"NameOfGoodsOrTaxableServices", VOUCH_ITEM_NAME},
    {"GoodsOrServicesName", VOUCH_ITEM_NAME},
    {"SpecificationAndModel", VOUCH_ITEM_SPECIFICATION},
    {"Specification", VOUCH_ITEM_SPECIFICATION},
    {"Unit", VOUCH_ITEM_UNIT},
    {"Quantity", VOUCH_ITEM_QUANTITY},
    {"UnitPrice", VOUCH_ITEM_UNIT_PRICE},
    {"AmountExcludingTax", VOUCH_ITEM_NET_AMOUNT},
    {"TaxAmount", VOUCH_ITEM_TAX_AMOUNT},
};

static const vouch_xml_field_row rail_rows[] = {
    {"ElectronicInvoiceRailwayETicketNumber", VOUCH_FIELD_INVOICE_NUMBER},
    {"ElectronicTicketNum", VOUCH_FIELD_TICKET_NUMBER},
    {"DateOfIssue", VOUCH_FIELD_ISSUE_DATE},
    {"DepartureStation", VOUCH_FIELD_DEPARTURE_PLACE},
    {"DestinationStation", VOUCH_FIELD_ARRIVAL_PLACE},
    {"TrainNumber", VOUCH_FIELD_TRAIN_NUMBER},
    {"TravelDate", VOUCH_FIELD_TRAVEL_DATE},
    {"DepartureTime", VOUCH_FIELD_DEPARTURE_TIME},
    {"SeatLevel", VOUCH_FIELD_SEAT_CLASS},
    {"Fare", VOUCH_FIELD_GROSS_AMOUNT},
    {"TotalAmountExcludingTax", VOUCH_FIELD_NET_AMOUNT},
    {"TaxAmount", VOUCH_FIELD_TAX_AMOUNT},
    {"Name", VOUCH_FIELD_PASSENGER_NAME},
    {"IdNumber", VOUCH_FIELD_PASSENGER_ID},
    {"NameOfPurchaser", VOUCH_FIELD_BUYER_NAME},
    {"UnifiedSocialCreditCodeOfPurchaser", VOUCH_FIELD_BUYER_TAX_ID},
    {"NameOfSeller", VOUCH_FIELD_SELLER_NAME},
    {"IssueParty", VOUCH_FIELD_SELLER_NAME},
    {"UnifiedSocialCreditCodeOfSeller", VOUCH_FIELD_SELLER_TAX_ID},
    {"NumberOfOriginalInvoice", VOUCH_FIELD_ORIGINAL_INVOICE_NUMBER},
};

static const vouch_xml_extra_row rail_extras[] = {
    {"TypeOfVoucher", "title"},
    {"TypeOfBusiness", "business"},
    {"AirConditioningCharacteristics", "air_conditioning"},
};

static const vouch_xml_field_row air_rows[] = {
    {"ElectronicInvoiceAirTransportReceiptNumber", VOUCH_FIELD_INVOICE_NUMBER},
    {"ETicketNumber", VOUCH_FIELD_TICKET_NUMBER},
    {"ElectronicTicketNum", VOUCH_FIELD_TICKET_NUMBER},
    {"IssueDate", VOUCH_FIELD_ISSUE_DATE},
    {"DateOfIssue", VOUCH_FIELD_ISSUE_DATE},
    {"PassengerName", VOUCH_FIELD_PASSENGER_NAME},
    {"ValidIdNumber", VOUCH_FIELD_PASSENGER_ID},
    {"Fare", VOUCH_FIELD_FARE},
    {"FuelSurcharge", VOUCH_FIELD_FUEL_SURCHARGE},
    {"CivilAviationDevelopmentFund", VOUCH_FIELD_AIRPORT_FEE},
    {"VatTaxAmount", VOUCH_FIELD_TAX_AMOUNT},
    {"OtherTaxes", VOUCH_FIELD_OTHER_TAXES},
    {"TotalAmount", VOUCH_FIELD_GROSS_AMOUNT},
    {"VerificationCode", VOUCH_FIELD_CHECK_CODE},
    {"NameOfPurchaser", VOUCH_FIELD_BUYER_NAME},
    {"UnifiedSocialCreditCodeOfPurchaser", VOUCH_FIELD_BUYER_TAX_ID},
    {"TaxpayerIdentificationNumberUnifiedSocialCreditCodeOfPurchaser", VOUCH_FIELD_BUYER_TAX_ID},
    {"NameOfSeller", VOUCH_FIELD_SELLER_NAME},
    {"IssueParty", VOUCH_FIELD_SELLER_NAME},
    {"NumberOfOriginalInvoice", VOUCH_FIELD_ORIGINAL_INVOICE_NUMBER},
};

static const vouch_xml_extra_row air_extras[] = {
    {"NumberOfGPOrder", "gp_order"},     {"Endorsement", "endorsement"},
    {"AgentCode", "agent_code"},         {"IssueParty", "issue_party"},
    {"IssuingStatus", "issuing_status"}, {"MarkingOfDomesticOrInternational", "domestic_or_international"},
    {"Insurance", "insurance"},
};

static const vouch_xml_item_row air_segment_rows[] = {
    {"DepartureStation", VOUCH_ITEM_DEPARTURE_PLACE},
    {"DestinationStation", VOUCH_ITEM_ARRIVAL_PLACE},
    {"Carrier", VOUCH_ITEM_CARRIER},
    {"Flight", VOUCH_ITEM_FLIGHT_NUMBER},
    {"SeatClass", VOUCH_ITEM_SEAT_CLASS},
};

static const vouch_xml_field_row fiscal_rows[] = {
    {"CodeOfInvoice", VOUCH_FIELD_INVOICE_CODE},       {"EInvoiceCode", VOUCH_FIELD_INVOICE_CODE},
    {"NumberOfInvoice", VOUCH_FIELD_INVOICE_NUMBER},   {"EInvoiceNumber", VOUCH_FIELD_INVOICE_NUMBER},
    {"RandomNumber", VOUCH_FIELD_CHECK_CODE},          {"IssueDate", VOUCH_FIELD_ISSUE_DATE},
    {"TotalAmount", VOUCH_FIELD_GROSS_AMOUNT},         {"InvoicingPartyName", VOUCH_FIELD_SELLER_NAME},
    {"InvoicingPartyCode", VOUCH_FIELD_SELLER_TAX_ID}, {"PayerPartyName", VOUCH_FIELD_BUYER_NAME},
    {"PayerPartyCode", VOUCH_FIELD_BUYER_TAX_ID},
};

static const vouch_xml_extra_row fiscal_extras[] = {{"EInvoiceID", "einvoice_id"}};

static const vouch_xml_field_row bank_rows[] = {
    {"NumberOfBankElectronicReceipt", VOUCH_FIELD_INVOICE_NUMBER},
    {"DateOfBookkeeping", VOUCH_FIELD_ISSUE_DATE},
    {"TransactionAmount", VOUCH_FIELD_GROSS_AMOUNT},
    {"Currency", VOUCH_FIELD_CURRENCY},
};

static const vouch_xml_extra_row bank_extras[] = {
    {"IdentificationCodeOfIssuer", "bank_code"},
    {"CustomerSettlementBankAccount", "account"},
    {"IdentificationOfCreditOrDebit", "credit_or_debit"},
};

/** Children whose name ends in "Tuple": repeated facts. */
static const xmlNode *next_tuple(const xmlNode *root, const xmlNode *previous)
{
    for (const xmlNode *child = previous ? previous->next : root->children; child; child = child->next) {
        if (child->type != XML_ELEMENT_NODE)
            continue;
        const char *name = vouch_xml_name(child);
        size_t length = strlen(name);
        if (length > 5 && strcmp(name + length - 5, "Tuple") == 0)
            return child;
    }
    return NULL;
}

static void read_vat(const vouch_xml_source *from, vouch_statement *statement, const xmlNode *root)
{
    for (const xmlNode *tuple = NULL; (tuple = next_tuple(root, tuple));) {
        vouch_item *item = vouch_items_add(from->arena, &statement->lines);
        if (!item)
            break;
        vouch_xml_set_item(from, item, tuple, VOUCH_ROWS(vat_line_rows));
        vouch_item_put_rate(from->arena, item, vouch_xml_text(from->arena, tuple, "TaxRate"), /* fraction= */ true,
                            from->source, VOUCH_CONFIDENCE_STRUCTURED);
    }
    statement->kind = vouch_cn_kind_of_title(vouch_xml_text(from->arena, root, "TypeOfInvoice"));
    vouch_kind by_code = vouch_cn_kind_of_code(statement->fields[VOUCH_FIELD_INVOICE_CODE].value);
    if (statement->kind == VOUCH_KIND_UNKNOWN || by_code == VOUCH_KIND_CN_VAT_TOLL)
        statement->kind = by_code;
    const char *red = vouch_xml_text(from->arena, root, "WhetherInvoiceIsRedInvoice");
    vouch_cn_finish(from, statement,
                    red && (strcasecmp(red, "true") == 0 || strcmp(red, "1") == 0 || strcmp(red, "Y") == 0 ||
                            strcmp(red, "是") == 0));
}

/** Rate of a ticket that has only one. */
static void put_single_tax(const vouch_xml_source *from, vouch_statement *statement, const char *text)
{
    vouch_rate rate = vouch_rate_parse(text, /* fraction= */ true);
    if (!rate.category)
        return;
    vouch_item *item = vouch_items_add(from->arena, &statement->taxes);
    if (!item)
        return;
    vouch_xml_put_item(from, item, VOUCH_ITEM_RATE, rate.percent);
    vouch_xml_put_item(from, item, VOUCH_ITEM_CATEGORY, rate.category);
    vouch_xml_put_item(from, item, VOUCH_ITEM_NET_AMOUNT, statement->fields[VOUCH_FIELD_NET_AMOUNT].value);
    vouch_xml_put_item(from, item, VOUCH_ITEM_TAX_AMOUNT, statement->fields[VOUCH_FIELD_TAX_AMOUNT].value);
}

static void read_rail(const vouch_xml_source *from, vouch_statement *statement, const xmlNode *root)
{
    vouch_cn_finish(from, statement, /* red= */ false);
    const char *carriage = vouch_xml_text(from->arena, root, "Carriage");
    const char *seat = vouch_xml_text(from->arena, root, "Seat");
    const char *parts[] = {carriage, seat};
    (void)vouch_statement_set(from->arena, statement, VOUCH_FIELD_SEAT,
                              vouch_text_join(from->arena, VOUCH_ROWS(parts), ""), VOUCH_CONFIDENCE_DERIVED);
    put_single_tax(from, statement, vouch_xml_text(from->arena, root, "TaxRate"));
}

static void read_air(const vouch_xml_source *from, vouch_statement *statement, const xmlNode *root)
{
    vouch_cn_finish(from, statement, /* red= */ false);
    static const char *const departure[] = {"CarrierDate", "DepartureTime"};
    for (const xmlNode *tuple = NULL; (tuple = next_tuple(root, tuple));) {
        vouch_item *item = vouch_items_add(from->arena, &statement->segments);
        if (!item)
            break;
        vouch_xml_set_item(from, item, tuple, VOUCH_ROWS(air_segment_rows));
        const char *date = vouch_xml_text(from->arena, tuple, departure[0]);
        if (date)
            (void)vouch_item_set(from->arena, item, VOUCH_ITEM_DEPARTURE_TIME,
                                 vouch_xml_join(from->arena, tuple, departure, 2, "T"), from->source,
                                 VOUCH_CONFIDENCE_DERIVED);
        const char *arrival = vouch_xml_text(from->arena, tuple, "DestinationStation");
        if (arrival) /* of the last leg, as pages have it */
            vouch_xml_put(from, statement, VOUCH_FIELD_ARRIVAL_PLACE, arrival);
        if (statement->segments.count > 1)
            continue;
        vouch_xml_put(from, statement, VOUCH_FIELD_TRAVEL_DATE, date);
        vouch_xml_put(from, statement, VOUCH_FIELD_FLIGHT_NUMBER, vouch_xml_text(from->arena, tuple, "Flight"));
        vouch_xml_put(from, statement, VOUCH_FIELD_CARRIER, vouch_xml_text(from->arena, tuple, "Carrier"));
        vouch_xml_put(from, statement, VOUCH_FIELD_SEAT_CLASS, vouch_xml_text(from->arena, tuple, "SeatClass"));
        vouch_xml_put(from, statement, VOUCH_FIELD_DEPARTURE_TIME, vouch_xml_text(from->arena, tuple, "DepartureTime"));
        vouch_xml_put(from, statement, VOUCH_FIELD_DEPARTURE_PLACE,
                      vouch_xml_text(from->arena, tuple, "DepartureStation"));
    }
    put_single_tax(from, statement, vouch_xml_text(from->arena, root, "VatRate"));
}

static void read_bank(const vouch_xml_source *from, vouch_statement *statement, const xmlNode *root)
{
    const xmlNode *tuple = next_tuple(root, NULL);
    if (!tuple || next_tuple(root, tuple))
        return; /* several transactions: no single amount */
    vouch_xml_set(from, statement, tuple, VOUCH_ROWS(bank_rows));
    vouch_xml_set_extras(from, statement, tuple, VOUCH_ROWS(bank_extras));
}

static const struct taxonomy {
    const char *name;
    vouch_kind kind;
    const vouch_xml_field_row *rows;
    size_t row_count;
    const vouch_xml_extra_row *extras;
    size_t extra_count;
    void (*more)(const vouch_xml_source *from, vouch_statement *statement, const xmlNode *root);
} taxonomies[] = {
    {"inv", VOUCH_KIND_UNKNOWN, VOUCH_ROWS(vat_rows), VOUCH_ROWS(vat_extras), read_vat},
    {"einv", VOUCH_KIND_UNKNOWN, VOUCH_ROWS(vat_rows), VOUCH_ROWS(vat_extras), read_vat},
    {"rai", VOUCH_KIND_CN_RAIL_DIGITAL, VOUCH_ROWS(rail_rows), VOUCH_ROWS(rail_extras), read_rail},
    {"atr", VOUCH_KIND_CN_AIR_DIGITAL, VOUCH_ROWS(air_rows), VOUCH_ROWS(air_extras), read_air},
    {"efi", VOUCH_KIND_CN_FISCAL, VOUCH_ROWS(fiscal_rows), VOUCH_ROWS(fiscal_extras), NULL},
    {"bker", VOUCH_KIND_CN_BANK_RECEIPT, VOUCH_ROWS(bank_rows), VOUCH_ROWS(bank_extras), read_bank},
    {"bkrs", VOUCH_KIND_CN_BANK_RECEIPT, VOUCH_ROWS(bank_rows), VOUCH_ROWS(bank_extras), read_bank},
};

/** "http://xbrl.mof.gov.cn/taxonomy/2021-11-30/rai" and its relatives "rai_issuer", "inv_ord". */
static const struct taxonomy *taxonomy_of(const xmlNode *root)
{
    for (const xmlNode *child = root->children; child; child = child->next) {
        const char *uri = child->type == XML_ELEMENT_NODE ? vouch_xml_namespace(child) : "";
        const char *last = strrchr(uri, '/');
        if (!last || !strstr(uri, "xbrl.mof.gov.cn"))
            continue;
        size_t length = strcspn(last + 1, "_");
        for (size_t i = 0; i < sizeof taxonomies / sizeof *taxonomies; i++)
            if (strncmp(last + 1, taxonomies[i].name, length) == 0 && taxonomies[i].name[length] == '\0')
                return &taxonomies[i];
    }
    return NULL;
}

/* What only a receiver's instance says: how the voucher was checked and booked. */
static bool is_receiver(const xmlNode *root)
{
    static const char *const marks[] = {"WhetherInvoiceHasBeenBooked", "WhetherInvoiceHasBeenChecked",
                                        "UnifiedSocialCreditCodeOfAccountingEntity", "NameOfAccountingEntity"};
    for (const xmlNode *child = root->children; child; child = child->next)
        for (size_t i = 0; child->type == XML_ELEMENT_NODE && i < sizeof marks / sizeof *marks; i++)
            if (strcmp(vouch_xml_name(child), marks[i]) == 0)
                return true;
    return false;
}

void vouch_read_cn_xbrl(const vouch_xml_source *from, const xmlNode *root)
{
    const struct taxonomy *taxonomy = taxonomy_of(root);
    vouch_problems *problems = vouch_decoded_problems(from->decoded);
    if (!taxonomy) {
        vouch_problem_add(from->arena, problems, VOUCH_UNSUPPORTED_FORMAT, "info", 0,
                          "an XBRL instance is of no taxonomy that is read");
        return;
    }
    if (is_receiver(root)) {
        vouch_problem_add(from->arena, problems, VOUCH_NOT_AN_INVOICE, "info", 0,
                          "an XBRL instance is the buyer's bookkeeping about a voucher, not the voucher");
        return;
    }
    vouch_statement *statement = vouch_xml_statement(from, taxonomy->kind);
    vouch_xml_set(from, statement, root, taxonomy->rows, taxonomy->row_count);
    vouch_xml_set_extras(from, statement, root, taxonomy->extras, taxonomy->extra_count);
    if (taxonomy->more)
        taxonomy->more(from, statement, root);
    else
        vouch_cn_finish(from, statement, /* red= */ false);
}
