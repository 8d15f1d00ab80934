/** Invoices of the golden tax system before 数电票: code and number, formats/china.md 1.1 and 3.2. */
#include "rules.h"

static const field_rule special_fields[] = {
    {.field = VOUCH_FIELD_INVOICE_CODE, .required = true, .digits = true, .lengths = {10, 12}},
    {.field = VOUCH_FIELD_INVOICE_NUMBER, .required = true, .digits = true, .lengths = {8}},
    {.field = VOUCH_FIELD_ISSUE_DATE, .required = true},
    {.field = VOUCH_FIELD_SELLER_NAME, .required = true},
    {.field = VOUCH_FIELD_SELLER_TAX_ID, .required = true, .lengths = {15, 17, 18, 20}},
    {.field = VOUCH_FIELD_BUYER_NAME, .required = true},
    {.field = VOUCH_FIELD_BUYER_TAX_ID, .required = true, .lengths = {15, 17, 18, 20}},
    {.field = VOUCH_FIELD_NET_AMOUNT, .required = true},
    {.field = VOUCH_FIELD_TAX_AMOUNT, .required = true},
    {.field = VOUCH_FIELD_GROSS_AMOUNT, .required = true},
    {.field = VOUCH_FIELD_MACHINE_NUMBER, .digits = true, .lengths = {12}},
};

static const field_rule special_electronic_fields[] = {
    {.field = VOUCH_FIELD_INVOICE_CODE, .required = true, .digits = true, .lengths = {12}},
    {.field = VOUCH_FIELD_INVOICE_NUMBER, .required = true, .digits = true, .lengths = {8}},
    {.field = VOUCH_FIELD_ISSUE_DATE, .required = true},
    {.field = VOUCH_FIELD_CHECK_CODE, .required = true, .digits = true, .lengths = {20}},
    {.field = VOUCH_FIELD_SELLER_NAME, .required = true},
    {.field = VOUCH_FIELD_SELLER_TAX_ID, .required = true, .lengths = {15, 17, 18, 20}},
    {.field = VOUCH_FIELD_BUYER_NAME, .required = true},
    {.field = VOUCH_FIELD_BUYER_TAX_ID, .required = true, .lengths = {15, 17, 18, 20}},
    {.field = VOUCH_FIELD_NET_AMOUNT, .required = true},
    {.field = VOUCH_FIELD_TAX_AMOUNT, .required = true},
    {.field = VOUCH_FIELD_GROSS_AMOUNT, .required = true},
    {.field = VOUCH_FIELD_MACHINE_NUMBER, .digits = true, .lengths = {12}},
};

static const field_rule ordinary_fields[] = {
    {.field = VOUCH_FIELD_INVOICE_CODE, .required = true, .digits = true, .lengths = {10, 12}},
    {.field = VOUCH_FIELD_INVOICE_NUMBER, .required = true, .digits = true, .lengths = {8}},
    {.field = VOUCH_FIELD_ISSUE_DATE, .required = true},
    {.field = VOUCH_FIELD_CHECK_CODE, .required = true, .digits = true, .lengths = {20}},
    {.field = VOUCH_FIELD_SELLER_NAME, .required = true},
    {.field = VOUCH_FIELD_SELLER_TAX_ID, .required = true, .lengths = {15, 17, 18, 20}},
    {.field = VOUCH_FIELD_BUYER_NAME, .required = true},
    {.field = VOUCH_FIELD_BUYER_TAX_ID, .lengths = {15, 17, 18, 20}},
    {.field = VOUCH_FIELD_NET_AMOUNT, .required = true},
    {.field = VOUCH_FIELD_GROSS_AMOUNT, .required = true},
    {.field = VOUCH_FIELD_MACHINE_NUMBER, .digits = true, .lengths = {12}},
};

static const field_rule electronic_fields[] = {
    {.field = VOUCH_FIELD_INVOICE_CODE, .required = true, .digits = true, .lengths = {12}},
    {.field = VOUCH_FIELD_INVOICE_NUMBER, .required = true, .digits = true, .lengths = {8}},
    {.field = VOUCH_FIELD_ISSUE_DATE, .required = true},
    {.field = VOUCH_FIELD_CHECK_CODE, .required = true, .digits = true, .lengths = {20}},
    {.field = VOUCH_FIELD_SELLER_NAME, .required = true},
    {.field = VOUCH_FIELD_SELLER_TAX_ID, .required = true, .lengths = {15, 17, 18, 20}},
    {.field = VOUCH_FIELD_BUYER_NAME, .required = true},
    {.field = VOUCH_FIELD_BUYER_TAX_ID, .lengths = {15, 17, 18, 20}},
    {.field = VOUCH_FIELD_NET_AMOUNT, .required = true},
    {.field = VOUCH_FIELD_GROSS_AMOUNT, .required = true},
    {.field = VOUCH_FIELD_MACHINE_NUMBER, .digits = true, .lengths = {12}},
};

static const field_rule roll_fields[] = {
    {.field = VOUCH_FIELD_INVOICE_CODE, .required = true, .digits = true, .lengths = {12}},
    {.field = VOUCH_FIELD_INVOICE_NUMBER, .required = true, .digits = true, .lengths = {8}},
    {.field = VOUCH_FIELD_ISSUE_DATE, .required = true},
    {.field = VOUCH_FIELD_CHECK_CODE, .required = true, .digits = true, .lengths = {20}},
    {.field = VOUCH_FIELD_SELLER_NAME, .required = true},
    {.field = VOUCH_FIELD_SELLER_TAX_ID, .required = true, .lengths = {15, 17, 18, 20}},
    {.field = VOUCH_FIELD_BUYER_TAX_ID, .lengths = {15, 17, 18, 20}},
    {.field = VOUCH_FIELD_GROSS_AMOUNT, .required = true},
    {.field = VOUCH_FIELD_MACHINE_NUMBER, .digits = true, .lengths = {12}},
};

/* Shenzhen and others: a short check code of five characters. */
static const field_rule blockchain_fields[] = {
    {.field = VOUCH_FIELD_INVOICE_CODE, .required = true, .digits = true, .lengths = {12}},
    {.field = VOUCH_FIELD_INVOICE_NUMBER, .required = true, .digits = true, .lengths = {8}},
    {.field = VOUCH_FIELD_ISSUE_DATE, .required = true},
    {.field = VOUCH_FIELD_CHECK_CODE, .lengths = {5, 20}},
    {.field = VOUCH_FIELD_SELLER_NAME, .required = true},
    {.field = VOUCH_FIELD_SELLER_TAX_ID, .required = true, .lengths = {15, 17, 18, 20}},
    {.field = VOUCH_FIELD_BUYER_NAME, .required = true},
    {.field = VOUCH_FIELD_BUYER_TAX_ID, .lengths = {15, 17, 18, 20}},
    {.field = VOUCH_FIELD_NET_AMOUNT, .required = true},
    {.field = VOUCH_FIELD_GROSS_AMOUNT, .required = true},
};

static const check_function checks[] = {check_required_fields,
                                        check_field_forms,
                                        check_net_plus_tax,
                                        check_lines_net,
                                        check_lines_tax,
                                        check_line_rates,
                                        check_words,
                                        check_tax_ids,
                                        check_code_kind,
                                        check_number_year,
                                        check_issue_date,
                                        check_red_letter,
                                        NULL};

static const kind_rules kinds[] = {
    {
        .info = {VOUCH_KIND_CN_VAT_SPECIAL, "VAT special invoice", "增值税专用发票", "CNY", .supporting = false},
        .fields = special_fields,
        .field_count = COUNT(special_fields),
        .checks = checks,
        .keys = keys_code_and_number,
    },
    {
        .info = {VOUCH_KIND_CN_VAT_SPECIAL_ELECTRONIC, "VAT special invoice, electronic", "增值税电子专用发票", "CNY",
                 .supporting = false},
        .fields = special_electronic_fields,
        .field_count = COUNT(special_electronic_fields),
        .checks = checks,
        .keys = keys_code_and_number,
    },
    {
        .info = {VOUCH_KIND_CN_VAT_ORDINARY, "VAT ordinary invoice", "增值税普通发票", "CNY", .supporting = false},
        .fields = ordinary_fields,
        .field_count = COUNT(ordinary_fields),
        .checks = checks,
        .keys = keys_code_and_number,
    },
    {
        .info = {VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC, "VAT ordinary invoice, electronic", "增值税电子普通发票", "CNY",
                 .supporting = false},
        .fields = electronic_fields,
        .field_count = COUNT(electronic_fields),
        .checks = checks,
        .keys = keys_code_and_number,
    },
    {
        .info = {VOUCH_KIND_CN_VAT_ROLL, "VAT ordinary invoice, roll", "增值税普通发票（卷票）", "CNY",
                 .supporting = false},
        .fields = roll_fields,
        .field_count = COUNT(roll_fields),
        .checks = checks,
        .keys = keys_code_and_number,
    },
    {
        .info = {VOUCH_KIND_CN_VAT_TOLL, "VAT ordinary invoice, road toll", "增值税电子普通发票（通行费）", "CNY",
                 .supporting = false},
        .fields = electronic_fields,
        .field_count = COUNT(electronic_fields),
        .checks = checks,
        .keys = keys_code_and_number,
    },
    {
        .info = {VOUCH_KIND_CN_BLOCKCHAIN, "blockchain invoice", "区块链电子普通发票", "CNY", .supporting = false},
        .fields = blockchain_fields,
        .field_count = COUNT(blockchain_fields),
        .checks = checks,
        .keys = keys_code_and_number,
    },
};

const kind_family cn_vat_family = {kinds, COUNT(kinds)};
