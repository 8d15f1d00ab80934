/**
 * EN 16931 and what is built on it: the calculation rules BR-CO-* (EN 16931-1, 6.4.2; formats/intl.md §3). Sums are
 * compared exactly; recomputed tax with the tolerance of the official rules, below 1.00. Percentages and roundings that
 * the rules leave open are not checked.
 */
#include <string.h>

#include "rules.h"

static const field_rule fields[] = {
    {.field = VOUCH_FIELD_INVOICE_NUMBER, .required = true}, {.field = VOUCH_FIELD_ISSUE_DATE, .required = true},
    {.field = VOUCH_FIELD_CURRENCY, .required = true},       {.field = VOUCH_FIELD_SELLER_NAME, .required = true},
    {.field = VOUCH_FIELD_BUYER_NAME, .required = true},     {.field = VOUCH_FIELD_GROSS_AMOUNT, .required = true},
    {.field = VOUCH_FIELD_NET_AMOUNT, .required = true},
};

/* A simplified tax invoice of Saudi Arabia names no buyer. */
static const field_rule zatca_fields[] = {
    {.field = VOUCH_FIELD_INVOICE_NUMBER, .required = true}, {.field = VOUCH_FIELD_ISSUE_DATE, .required = true},
    {.field = VOUCH_FIELD_SELLER_NAME, .required = true},    {.field = VOUCH_FIELD_SELLER_TAX_ID, .required = true},
    {.field = VOUCH_FIELD_GROSS_AMOUNT, .required = true},
};

static const check_function checks[] = {check_required_fields, check_en16931, check_vat_ids, check_issue_date, NULL};

static const kind_rules kinds[] = {
    {
        .info = {VOUCH_KIND_EN16931_INVOICE, "e-invoice (EN 16931)", "电子发票（EN 16931）", NULL, .supporting = false},
        .fields = fields,
        .field_count = COUNT(fields),
        .checks = checks,
        .keys = keys_seller_number_year,
    },
    {
        .info = {VOUCH_KIND_EN16931_CREDIT_NOTE, "credit note (EN 16931)", "贷记单（EN 16931）", NULL,
                 .supporting = false},
        .fields = fields,
        .field_count = COUNT(fields),
        .checks = checks,
        .keys = keys_seller_number_year,
    },
    {
        .info = {VOUCH_KIND_SA_ZATCA, "tax invoice (ZATCA)", "沙特税务发票", "SAR", .supporting = false},
        .fields = zatca_fields,
        .field_count = COUNT(zatca_fields),
        .checks = checks,
        .keys = keys_zatca,
    },
};

const kind_family en16931_family = {kinds, COUNT(kinds)};

/** The amounts that the rules speak of; what is absent counts as zero where the rule says so. */
typedef struct totals {
    vouch_decimal line_total, allowances, charges, net, tax, gross, prepaid, rounding, due;
    bool has_line_total, has_allowances, has_charges, has_net, has_tax, has_gross, has_prepaid, has_due;
} totals;

static bool extra_decimal(const vouch_invoice *invoice, const char *name, vouch_decimal *out)
{
    for (size_t i = 0; i < invoice->extra_count; i++)
        if (strcmp(invoice->extras[i].name, name) == 0)
            return vouch_decimal_parse(invoice->extras[i].value, out) == VOUCH_OK;
    return false;
}

static totals read_totals(const vouch_invoice *invoice)
{
    totals all = {0};
    all.has_line_total = extra_decimal(invoice, "line_total_amount", &all.line_total);
    all.has_allowances = field_decimal(invoice, VOUCH_FIELD_DISCOUNT_AMOUNT, &all.allowances);
    all.has_charges = extra_decimal(invoice, "charge_amount", &all.charges);
    all.has_net = field_decimal(invoice, VOUCH_FIELD_NET_AMOUNT, &all.net);
    all.has_tax = field_decimal(invoice, VOUCH_FIELD_TAX_AMOUNT, &all.tax);
    all.has_gross = field_decimal(invoice, VOUCH_FIELD_GROSS_AMOUNT, &all.gross);
    all.has_prepaid = field_decimal(invoice, VOUCH_FIELD_PAID_AMOUNT, &all.prepaid);
    all.has_due = field_decimal(invoice, VOUCH_FIELD_DUE_AMOUNT, &all.due);
    (void)extra_decimal(invoice, "rounding_amount", &all.rounding);
    return all;
}

/** State a rule's result: `computed` follows from the parts, `stated` is in the document. */
static void state_sum(check_run *run, const char *rule, const char *field, bool known, vouch_decimal computed,
                      vouch_decimal stated)
{
    if (!known)
        return check_skipped(run, rule, field);
    if (vouch_decimal_compare(computed, stated) == 0)
        return check_passed(run, rule, field);
    check_failed(run, rule, field, "warning", "computed %s, stated %s", decimal_text(run->arena, computed),
                 decimal_text(run->arena, stated));
}

/** Sum of an amount over rows. @param category  of the rows to take; NULL: all */
static bool sum_rows(const vouch_items *rows, vouch_item_field member, const char *category, vouch_decimal *sum)
{
    *sum = (vouch_decimal){.scale = 2};
    for (size_t i = 0; i < rows->count; i++) {
        const vouch_item *row = &rows->items[i];
        const char *own = row->members[VOUCH_ITEM_CATEGORY].value;
        vouch_decimal amount;
        if (category && (!own || strcmp(own, category) != 0))
            continue;
        if (!item_decimal(row, member, &amount) || !decimal_sum(sum, amount))
            return false;
    }
    return true;
}

static bool has_rows(const vouch_items *rows, const char *category)
{
    for (size_t i = 0; i < rows->count; i++) {
        const char *own = rows->items[i].members[VOUCH_ITEM_CATEGORY].value;
        if (own && strcmp(own, category) == 0)
            return true;
    }
    return false;
}

static const char *profile_of(const vouch_invoice *invoice)
{
    for (size_t i = 0; i < invoice->extra_count; i++)
        if (strcmp(invoice->extras[i].name, "profile") == 0)
            return invoice->extras[i].value;
    return "";
}

/** The extended profiles know further kinds of charges (freight), which are no allowances. */
static bool lists_elsewhere(const vouch_invoice *invoice)
{
    return strstr(profile_of(invoice), "extended") != NULL;
}

static void check_line_total(check_run *run, const totals *all)
{
    vouch_decimal sum;
    const bool known = all->has_line_total && run->invoice->lines.count > 0 &&
                       sum_rows(&run->invoice->lines, VOUCH_ITEM_NET_AMOUNT, NULL, &sum);
    state_sum(run, "br-co-10", NULL, known, known ? sum : all->line_total, all->line_total);
}

/** ZUGFeRD 1 writes reductions as negative amounts and their total as a positive one. */
static vouch_decimal with_sign_of(vouch_decimal sum, vouch_decimal stated)
{
    if ((sum.units < 0) != (stated.units < 0) && sum.units != INT64_MIN)
        sum.units = -sum.units;
    return sum;
}

static void check_allowances(check_run *run, const totals *all)
{
    static const struct {
        const char *rule, *category, *field;
    } rules[] = {{"br-co-11", "allowance", "discount_amount"}, {"br-co-12", "charge", NULL}};
    const bool stated[] = {all->has_allowances, all->has_charges};
    const vouch_decimal amounts[] = {all->allowances, all->charges};

    for (size_t i = 0; i < COUNT(rules); i++) {
        vouch_decimal sum;
        if (!has_rows(&run->invoice->allowances, rules[i].category) && lists_elsewhere(run->invoice))
            check_skipped(run, rules[i].rule, rules[i].field);
        else if (!sum_rows(&run->invoice->allowances, VOUCH_ITEM_NET_AMOUNT, rules[i].category, &sum))
            check_skipped(run, rules[i].rule, rules[i].field);
        else if (stated[i] || sum.units != 0)
            state_sum(run, rules[i].rule, rules[i].field, true, with_sign_of(sum, amounts[i]), amounts[i]);
    }
}

/** BR-CO-13: net = lines − allowances + charges. */
static void check_net(check_run *run, const totals *all)
{
    vouch_decimal computed = {0};
    const bool known = all->has_line_total && all->has_net &&
                       decimal_subtract(all->line_total, all->allowances, &computed) &&
                       decimal_sum(&computed, all->charges);
    state_sum(run, "br-co-13", "net_amount", known, computed, all->net);
}

/** BR-CO-14: tax = sum of the breakdown. */
static void check_tax(check_run *run, const totals *all)
{
    vouch_decimal sum = {0};
    const bool known = all->has_tax && run->invoice->taxes.count > 0 &&
                       sum_rows(&run->invoice->taxes, VOUCH_ITEM_TAX_AMOUNT, NULL, &sum);
    state_sum(run, "br-co-14", "tax_amount", known, sum, all->tax);
}

/** BR-CO-15, under the name that all kinds share. */
static void check_gross(check_run *run, const totals *all)
{
    vouch_decimal computed = all->net;
    const bool known = all->has_net && all->has_gross && decimal_sum(&computed, all->tax);
    static const vouch_field parts[] = {VOUCH_FIELD_NET_AMOUNT, VOUCH_FIELD_TAX_AMOUNT, VOUCH_FIELD_GROSS_AMOUNT};

    state_sum(run, "br-co-15", "gross_amount", known, computed, all->gross);
    check_net_plus_tax(run);
    if (known && vouch_decimal_compare(computed, all->gross) == 0)
        confirm_fields(run, parts, COUNT(parts));
}

/** Profiles that leave the prepaid amount out (MINIMUM), and extensions that add payments of third parties. */
static bool has_other_payments(const vouch_invoice *invoice)
{
    const char *profile = profile_of(invoice);
    return strstr(profile, ":minimum") || strstr(profile, ":extension:");
}

/** BR-CO-16: due = gross − prepaid + rounding. */
static void check_due(check_run *run, const totals *all)
{
    vouch_decimal computed = {0};
    const bool known = all->has_due && all->has_gross && !has_other_payments(run->invoice) &&
                       decimal_subtract(all->gross, all->prepaid, &computed) && decimal_sum(&computed, all->rounding);
    state_sum(run, "br-co-16", "due_amount", known, computed, all->due);
}

/** BR-CO-17: tax of a category = its base × its rate, within 1.00 as the official rules have it. */
static void check_breakdown(check_run *run)
{
    static const char rule[] = "br-co-17";
    static const vouch_decimal tolerance = {.units = 99, .scale = 2}, hundredth = {.units = 1, .scale = 2};
    size_t checked = 0, failed = 0;

    for (size_t i = 0; i < run->invoice->taxes.count; i++) {
        const vouch_item *row = &run->invoice->taxes.items[i];
        vouch_decimal base, rate, tax, computed;
        if (!item_decimal(row, VOUCH_ITEM_NET_AMOUNT, &base) || !item_decimal(row, VOUCH_ITEM_RATE, &rate) ||
            !item_decimal(row, VOUCH_ITEM_TAX_AMOUNT, &tax) ||
            vouch_decimal_multiply(base, rate, &computed) != VOUCH_OK ||
            vouch_decimal_multiply(computed, hundredth, &computed) != VOUCH_OK)
            continue;
        checked++;
        computed = vouch_decimal_round(computed, 2);
        if (decimal_within(computed, tax, tolerance))
            continue;
        if (failed++ == 0)
            check_failed(run, rule, NULL, "warning", "%s at %s%% makes %s, stated is %s",
                         decimal_text(run->arena, base), row->members[VOUCH_ITEM_RATE].value,
                         decimal_text(run->arena, computed), decimal_text(run->arena, tax));
    }
    if (checked > 0 && failed == 0)
        check_passed(run, rule, NULL);
}

/** Are two rows of the same tax category and rate? An absent rate is zero. */
static bool same_tax(const vouch_item *a, vouch_item_field category_a, vouch_item_field rate_a, const vouch_item *b)
{
    const char *first = a->members[category_a].value, *second = b->members[VOUCH_ITEM_CATEGORY].value;
    vouch_decimal rate = {0}, other = {0};
    (void)item_decimal(a, rate_a, &rate);
    (void)item_decimal(b, VOUCH_ITEM_RATE, &other);
    return first && second && strcmp(first, second) == 0 && vouch_decimal_compare(rate, other) == 0;
}

/** Add what lines, allowances and charges of a row's category make. @return false when it can't be told */
static bool category_sum(const vouch_invoice *invoice, const vouch_item *tax, vouch_decimal *sum)
{
    *sum = (vouch_decimal){.scale = 2};
    for (size_t i = 0; i < invoice->lines.count; i++) {
        const vouch_item *line = &invoice->lines.items[i];
        vouch_decimal net;
        if (!line->members[VOUCH_ITEM_TAX_CATEGORY].value || !item_decimal(line, VOUCH_ITEM_NET_AMOUNT, &net))
            return false;
        if (same_tax(line, VOUCH_ITEM_TAX_CATEGORY, VOUCH_ITEM_TAX_RATE, tax) && !decimal_sum(sum, net))
            return false;
    }
    for (size_t i = 0; i < invoice->allowances.count; i++) {
        const vouch_item *row = &invoice->allowances.items[i];
        const char *what = row->members[VOUCH_ITEM_CATEGORY].value;
        vouch_decimal amount;
        if (!what || !row->members[VOUCH_ITEM_TAX_CATEGORY].value || !item_decimal(row, VOUCH_ITEM_NET_AMOUNT, &amount))
            return false;
        if (!same_tax(row, VOUCH_ITEM_TAX_CATEGORY, VOUCH_ITEM_TAX_RATE, tax))
            continue;
        if (strcmp(what, "charge") == 0 ? !decimal_sum(sum, amount) : !decimal_subtract(*sum, amount, sum))
            return false;
    }
    return true;
}

/**
 * BR-S-08 and its siblings: the base of a category is what its lines, allowances and charges make, within 1.00. Several
 * codes are one category here, so that all rows of a category and rate count together.
 */
static void check_categories(check_run *run)
{
    static const char rule[] = "br-s-08";
    static const vouch_decimal tolerance = {.units = 1, .scale = 0};
    const vouch_items *taxes = &run->invoice->taxes;

    const size_t most = 100; /* more than any real breakdown has; the comparison is quadratic */

    if (taxes->count == 0 || taxes->count > most || run->invoice->lines.count == 0 || lists_elsewhere(run->invoice))
        return;
    for (size_t i = 0; i < taxes->count; i++) {
        vouch_decimal computed, stated = {.scale = 2}, base;
        for (size_t k = 0; k < taxes->count; k++)
            if (same_tax(&taxes->items[k], VOUCH_ITEM_CATEGORY, VOUCH_ITEM_RATE, &taxes->items[i]) &&
                (!item_decimal(&taxes->items[k], VOUCH_ITEM_NET_AMOUNT, &base) || !decimal_sum(&stated, base)))
                return check_skipped(run, rule, NULL);
        if (!category_sum(run->invoice, &taxes->items[i], &computed))
            return check_skipped(run, rule, NULL);
        if (!decimal_within(computed, stated, tolerance))
            return check_failed(
                run, rule, NULL, "warning", "%s at %s%%: computed %s, stated %s",
                taxes->items[i].members[VOUCH_ITEM_CATEGORY].value,
                taxes->items[i].members[VOUCH_ITEM_RATE].value ? taxes->items[i].members[VOUCH_ITEM_RATE].value : "0",
                decimal_text(run->arena, computed), decimal_text(run->arena, stated));
    }
    check_passed(run, rule, NULL);
}

/** BR-CO-18: at least one row of tax breakdown, unless the profile has none. */
static void check_has_breakdown(check_run *run, const totals *all)
{
    if (run->invoice->taxes.count > 0)
        check_passed(run, "br-co-18", NULL);
    else if (run->invoice->lines.count > 0 && all->has_net)
        check_failed(run, "br-co-18", NULL, "warning", "no tax breakdown");
}

/** BR-CO-26: the seller can be identified. */
static void check_seller_id(check_run *run)
{
    bool legal = false;
    for (size_t i = 0; i < run->invoice->extra_count; i++)
        legal = legal || strcmp(run->invoice->extras[i].name, "seller_legal_id") == 0;
    if (legal || vouch_invoice_value(run->invoice, VOUCH_FIELD_SELLER_TAX_ID))
        check_passed(run, "br-co-26", "seller_tax_id");
    else
        check_failed(run, "br-co-26", "seller_tax_id", "info", "the seller has no tax id and no legal id");
}

void check_en16931(check_run *run)
{
    const totals all = read_totals(run->invoice);

    check_line_total(run, &all);
    check_allowances(run, &all);
    check_net(run, &all);
    check_tax(run, &all);
    check_gross(run, &all);
    check_due(run, &all);
    check_breakdown(run);
    check_categories(run);
    check_has_breakdown(run, &all);
    check_seller_id(run);
}
