/**
 * Fully digitalised invoices (数电票): a number of 20 digits and no code, formats/china.md 1.1, 3.3 and 7. Railway and
 * air tickets of that form are in cn_travel.c.
 */
#include "rules.h"

static const field_rule special_fields[] = {
    {.field = VOUCH_FIELD_INVOICE_NUMBER, .required = true, .digits = true, .lengths = {20}},
    {.field = VOUCH_FIELD_ISSUE_DATE, .required = true},
    {.field = VOUCH_FIELD_SELLER_NAME, .required = true},
    {.field = VOUCH_FIELD_SELLER_TAX_ID, .required = true, .lengths = {15, 17, 18, 20}},
    {.field = VOUCH_FIELD_BUYER_NAME, .required = true},
    {.field = VOUCH_FIELD_BUYER_TAX_ID, .required = true, .lengths = {15, 17, 18, 20}},
    {.field = VOUCH_FIELD_NET_AMOUNT, .required = true},
    {.field = VOUCH_FIELD_TAX_AMOUNT, .required = true},
    {.field = VOUCH_FIELD_GROSS_AMOUNT, .required = true},
};

static const field_rule ordinary_fields[] = {
    {.field = VOUCH_FIELD_INVOICE_NUMBER, .required = true, .digits = true, .lengths = {20}},
    {.field = VOUCH_FIELD_ISSUE_DATE, .required = true},
    {.field = VOUCH_FIELD_SELLER_NAME, .required = true},
    {.field = VOUCH_FIELD_SELLER_TAX_ID, .required = true, .lengths = {15, 17, 18, 20}},
    {.field = VOUCH_FIELD_BUYER_NAME, .required = true},
    {.field = VOUCH_FIELD_BUYER_TAX_ID, .lengths = {15, 17, 18, 20}},
    {.field = VOUCH_FIELD_NET_AMOUNT, .required = true},
    {.field = VOUCH_FIELD_GROSS_AMOUNT, .required = true},
};

/* Old paper with a code and a number of 8 digits; the 20 digits stand beside them. */
static const field_rule paper_fields[] = {
    {.field = VOUCH_FIELD_INVOICE_CODE, .required = true, .digits = true, .lengths = {10, 12}},
    {.field = VOUCH_FIELD_INVOICE_NUMBER, .required = true, .digits = true, .lengths = {8, 20}},
    {.field = VOUCH_FIELD_ISSUE_DATE, .required = true},
    {.field = VOUCH_FIELD_SELLER_NAME, .required = true},
    {.field = VOUCH_FIELD_SELLER_TAX_ID, .required = true, .lengths = {15, 17, 18, 20}},
    {.field = VOUCH_FIELD_BUYER_NAME, .required = true},
    {.field = VOUCH_FIELD_BUYER_TAX_ID, .lengths = {15, 17, 18, 20}},
    {.field = VOUCH_FIELD_NET_AMOUNT, .required = true},
    {.field = VOUCH_FIELD_GROSS_AMOUNT, .required = true},
};

static const check_function checks[] = {check_required_fields, check_field_forms, check_net_plus_tax, check_lines_net,
                                        check_lines_tax,       check_line_rates,  check_words,        check_tax_ids,
                                        check_number_year,     check_issue_date,  check_red_letter,   NULL};

static const kind_rules kinds[] = {
    {
        .info = {VOUCH_KIND_CN_DIGITAL_SPECIAL, "digital VAT special invoice", "电子发票（增值税专用发票）", "CNY",
                 .supporting = false},
        .fields = special_fields,
        .field_count = COUNT(special_fields),
        .checks = checks,
        .keys = keys_long_number,
    },
    {
        .info = {VOUCH_KIND_CN_DIGITAL_ORDINARY, "digital ordinary invoice", "电子发票（普通发票）", "CNY",
                 .supporting = false},
        .fields = ordinary_fields,
        .field_count = COUNT(ordinary_fields),
        .checks = checks,
        .keys = keys_long_number,
    },
    {
        .info = {VOUCH_KIND_CN_DIGITAL_TOLL, "digital invoice, road toll", "电子发票（通行费）", "CNY",
                 .supporting = false},
        .fields = ordinary_fields,
        .field_count = COUNT(ordinary_fields),
        .checks = checks,
        .keys = keys_long_number,
    },
    {
        .info = {VOUCH_KIND_CN_DIGITAL_PAPER, "digital invoice on paper", "数电纸质发票", "CNY", .supporting = false},
        .fields = paper_fields,
        .field_count = COUNT(paper_fields),
        .checks = checks,
        .keys = keys_code_number_and_long,
    },
};

const kind_family cn_digital_family = {kinds, COUNT(kinds)};
