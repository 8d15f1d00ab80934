/**
 * Other Chinese documents: fixed-amount and machine-printed invoices, vehicles, fiscal receipts, tax payments, and the
 * papers that support a claim without being an invoice. formats/china.md 1.1.
 */
#include "rules.h"

static const field_rule quota_fields[] = {
    {.field = VOUCH_FIELD_INVOICE_CODE, .required = true, .digits = true, .lengths = {12}},
    {.field = VOUCH_FIELD_INVOICE_NUMBER, .required = true, .digits = true, .lengths = {8}},
    {.field = VOUCH_FIELD_GROSS_AMOUNT, .required = true},
};

static const field_rule machine_fields[] = {
    {.field = VOUCH_FIELD_INVOICE_CODE, .required = true, .digits = true, .lengths = {12}},
    {.field = VOUCH_FIELD_INVOICE_NUMBER, .required = true, .digits = true, .lengths = {8}},
    {.field = VOUCH_FIELD_ISSUE_DATE, .required = true},
    {.field = VOUCH_FIELD_GROSS_AMOUNT, .required = true},
};

static const field_rule vehicle_fields[] = {
    {.field = VOUCH_FIELD_INVOICE_CODE, .digits = true, .lengths = {12}},
    {.field = VOUCH_FIELD_INVOICE_NUMBER, .required = true, .digits = true, .lengths = {8, 20}},
    {.field = VOUCH_FIELD_ISSUE_DATE, .required = true},
    {.field = VOUCH_FIELD_SELLER_NAME, .required = true},
    {.field = VOUCH_FIELD_SELLER_TAX_ID, .required = true, .lengths = {15, 17, 18, 20}},
    {.field = VOUCH_FIELD_BUYER_NAME, .required = true},
    {.field = VOUCH_FIELD_GROSS_AMOUNT, .required = true},
};

static const field_rule fiscal_fields[] = {
    {.field = VOUCH_FIELD_INVOICE_CODE, .required = true, .digits = true, .lengths = {8}},
    {.field = VOUCH_FIELD_INVOICE_NUMBER, .required = true, .digits = true, .lengths = {10}},
    {.field = VOUCH_FIELD_ISSUE_DATE, .required = true},
    {.field = VOUCH_FIELD_CHECK_CODE, .lengths = {6}},
    {.field = VOUCH_FIELD_SELLER_NAME, .required = true},
    {.field = VOUCH_FIELD_GROSS_AMOUNT, .required = true},
};

static const field_rule tax_payment_fields[] = {
    {.field = VOUCH_FIELD_INVOICE_NUMBER, .required = true},
    {.field = VOUCH_FIELD_ISSUE_DATE, .required = true},
    {.field = VOUCH_FIELD_GROSS_AMOUNT, .required = true},
};

static const field_rule supporting_fields[] = {
    {.field = VOUCH_FIELD_GROSS_AMOUNT},
};

static const check_function invoice_checks[] = {check_required_fields, check_field_forms, check_net_plus_tax,
                                                check_words,           check_tax_ids,     check_number_year,
                                                check_issue_date,      check_red_letter,  NULL};

static const check_function fiscal_checks[] = {check_required_fields, check_field_forms, check_words, check_issue_date,
                                               NULL};

static const check_function supporting_checks[] = {check_issue_date, NULL};

static const kind_rules kinds[] = {
    {
        .info = {VOUCH_KIND_CN_QUOTA, "fixed-amount invoice", "定额发票", "CNY", .supporting = false},
        .fields = quota_fields,
        .field_count = COUNT(quota_fields),
        .checks = invoice_checks,
        .keys = keys_code_and_number,
    },
    {
        .info = {VOUCH_KIND_CN_MACHINE, "machine-printed invoice", "通用机打发票", "CNY", .supporting = false},
        .fields = machine_fields,
        .field_count = COUNT(machine_fields),
        .checks = invoice_checks,
        .keys = keys_code_and_number,
    },
    {
        .info = {VOUCH_KIND_CN_VEHICLE, "motor vehicle sales invoice", "机动车销售统一发票", "CNY",
                 .supporting = false},
        .fields = vehicle_fields,
        .field_count = COUNT(vehicle_fields),
        .checks = invoice_checks,
        .keys = keys_code_and_number,
    },
    {
        .info = {VOUCH_KIND_CN_USED_VEHICLE, "used vehicle sales invoice", "二手车销售统一发票", "CNY",
                 .supporting = false},
        .fields = vehicle_fields,
        .field_count = COUNT(vehicle_fields),
        .checks = invoice_checks,
        .keys = keys_code_and_number,
    },
    {
        .info = {VOUCH_KIND_CN_FISCAL, "fiscal electronic receipt", "财政电子票据", "CNY", .supporting = false},
        .fields = fiscal_fields,
        .field_count = COUNT(fiscal_fields),
        .checks = fiscal_checks,
        .keys = keys_code_and_number,
    },
    {
        .info = {VOUCH_KIND_CN_TAX_PAYMENT, "tax payment certificate", "税收完税证明", "CNY", .supporting = false},
        .fields = tax_payment_fields,
        .field_count = COUNT(tax_payment_fields),
        .checks = fiscal_checks,
        .keys = keys_tax_payment,
    },
    {
        .info = {VOUCH_KIND_CN_ITINERARY, "itinerary list", "行程单", "CNY", .supporting = true},
        .fields = supporting_fields,
        .field_count = COUNT(supporting_fields),
        .checks = supporting_checks,
        .keys = keys_none,
    },
    {
        .info = {VOUCH_KIND_CN_BANK_RECEIPT, "bank receipt", "银行回单", "CNY", .supporting = true},
        .fields = supporting_fields,
        .field_count = COUNT(supporting_fields),
        .checks = supporting_checks,
        .keys = keys_bank_receipt,
    },
};

const kind_family cn_other_family = {kinds, COUNT(kinds)};
