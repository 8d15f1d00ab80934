/** Invoices and receipts without a scheme, of any country: what can be said of all of them. */
#include "rules.h"

static const field_rule invoice_fields[] = {
    {.field = VOUCH_FIELD_INVOICE_NUMBER, .required = true},
    {.field = VOUCH_FIELD_ISSUE_DATE, .required = true},
    {.field = VOUCH_FIELD_SELLER_NAME, .required = true},
    {.field = VOUCH_FIELD_GROSS_AMOUNT, .required = true},
};

static const field_rule receipt_fields[] = {
    {.field = VOUCH_FIELD_ISSUE_DATE, .required = true},
    {.field = VOUCH_FIELD_GROSS_AMOUNT, .required = true},
};

static const check_function invoice_checks[] = {check_required_fields, check_net_plus_tax, check_lines_net,
                                                check_vat_ids,         check_issue_date,   NULL};

static const check_function receipt_checks[] = {check_required_fields, check_net_plus_tax, check_vat_ids,
                                                check_issue_date, NULL};

static const kind_rules kinds[] = {
    {
        .info = {VOUCH_KIND_INVOICE, "invoice", "发票", NULL, .supporting = false},
        .fields = invoice_fields,
        .field_count = COUNT(invoice_fields),
        .checks = invoice_checks,
        .keys = keys_seller_number_year,
    },
    {
        .info = {VOUCH_KIND_RECEIPT, "receipt", "收据", NULL, .supporting = false},
        .fields = receipt_fields,
        .field_count = COUNT(receipt_fields),
        .checks = receipt_checks,
        .keys = keys_none,
    },
};

const kind_family generic_family = {kinds, COUNT(kinds)};
