/**
 * What must add up (formats/china.md 1.3): sums exactly, recomputed tax with one fen a line, because issuers round
 * each line, compute the tax from the price with tax, or carry the rounding over. A failed check carries both numbers.
 */
#include <string.h>

#include "rules.h"
#include "vouch/text.h"

static const vouch_decimal cent = {.units = 1, .scale = 2};

static vouch_decimal cents(size_t count)
{
    return (vouch_decimal){.units = (int64_t)count, .scale = 2};
}

void check_net_plus_tax(check_run *run)
{
    static const char name[] = "net_plus_tax_is_gross";
    static const vouch_field fields[] = {VOUCH_FIELD_NET_AMOUNT, VOUCH_FIELD_TAX_AMOUNT, VOUCH_FIELD_GROSS_AMOUNT};
    vouch_decimal net, tax = {0}, gross, sum;

    if (!field_decimal(run->invoice, VOUCH_FIELD_NET_AMOUNT, &net) ||
        !field_decimal(run->invoice, VOUCH_FIELD_GROSS_AMOUNT, &gross) ||
        run->invoice->fields[VOUCH_FIELD_GROSS_AMOUNT].chosen.source == VOUCH_SOURCE_RULE)
        return check_skipped(run, name, NULL);
    const bool has_tax = field_decimal(run->invoice, VOUCH_FIELD_TAX_AMOUNT, &tax);
    sum = net;
    if (!decimal_sum(&sum, tax))
        return check_skipped(run, name, NULL);
    if (vouch_decimal_compare(sum, gross) == 0) {
        check_passed(run, name, NULL);
        confirm_fields(run, fields, COUNT(fields));
    } else if (!has_tax) {
        /* Tax that is masked or not stated is part of the gross all the same. */
        check_skipped(run, name, NULL);
    } else {
        check_failed(run, name, NULL, "error", "%s + %s = %s, but the total is %s", decimal_text(run->arena, net),
                     decimal_text(run->arena, tax), decimal_text(run->arena, sum), decimal_text(run->arena, gross));
        doubt_fields(run, fields, COUNT(fields));
    }
}

/** Sum of a member over the lines. @return false unless all lines that should have it do */
static bool sum_lines(const vouch_invoice *invoice, vouch_item_field member, bool optional, vouch_decimal *sum)
{
    bool any = false;
    *sum = (vouch_decimal){.scale = 2};
    for (size_t i = 0; i < invoice->lines.count; i++) {
        vouch_decimal amount;
        if (item_decimal(&invoice->lines.items[i], member, &amount)) {
            any = true;
            if (!decimal_sum(sum, amount))
                return false;
        } else if (!optional) {
            return false;
        }
    }
    return any;
}

static void confirm_lines(check_run *run, vouch_item_field member)
{
    for (size_t i = 0; i < run->invoice->lines.count; i++) {
        vouch_evidence *evidence = &run->invoice->lines.items[i].members[member];
        if (evidence->value && evidence->confidence < CONFIDENCE_CONFIRMED)
            evidence->confidence = CONFIDENCE_CONFIRMED;
    }
}

/** Lines against a total. Also used when the list is on further pages that were not sent: then it can't be said. */
static void check_line_sum(check_run *run, const char *name, vouch_item_field member, bool optional, vouch_field total)
{
    vouch_decimal sum, stated;

    if (!sum_lines(run->invoice, member, optional, &sum) || !field_decimal(run->invoice, total, &stated))
        return check_skipped(run, name, NULL);
    if (vouch_decimal_compare(sum, stated) == 0) {
        check_passed(run, name, NULL);
        confirm_fields(run, &total, 1);
        confirm_lines(run, member);
        return;
    }
    const bool rounding = decimal_within(sum, stated, cents(run->invoice->lines.count));
    check_failed(run, name, vouch_field_name(total), rounding ? "info" : "warning",
                 "the lines add up to %s, the total is %s", decimal_text(run->arena, sum),
                 decimal_text(run->arena, stated));
}

void check_lines_net(check_run *run)
{
    check_line_sum(run, "lines_sum_to_net", VOUCH_ITEM_NET_AMOUNT, /* optional= */ false, VOUCH_FIELD_NET_AMOUNT);
}

void check_lines_tax(check_run *run)
{
    /* Exempt lines state no tax. */
    check_line_sum(run, "lines_tax_sum_to_tax", VOUCH_ITEM_TAX_AMOUNT, /* optional= */ true, VOUCH_FIELD_TAX_AMOUNT);
}

/** base × rate / 100 */
static bool tax_of(vouch_decimal base, vouch_decimal rate, vouch_decimal *tax)
{
    const vouch_decimal hundredth = {.units = 1, .scale = 2};
    return vouch_decimal_multiply(base, rate, tax) == VOUCH_OK &&
           vouch_decimal_multiply(*tax, hundredth, tax) == VOUCH_OK;
}

/**
 * Is the tax of a line what its rate makes of its amount, within a cent, or of the price with tax that the issuer
 * started from: tax × (100 + rate) = gross × rate, within the rounding of tax and net?
 */
static bool rate_fits(const vouch_item *line, vouch_decimal *expected)
{
    vouch_decimal net, rate, tax, gross, gross_tax, grossed;
    const vouch_decimal hundred = {.units = 100, .scale = 0};

    item_decimal(line, VOUCH_ITEM_NET_AMOUNT, &net);
    item_decimal(line, VOUCH_ITEM_TAX_RATE, &rate);
    item_decimal(line, VOUCH_ITEM_TAX_AMOUNT, &tax);
    if (!tax_of(net, rate, expected))
        return true;
    *expected = vouch_decimal_round(*expected, 2);
    if (decimal_within(*expected, tax, cent))
        return true;
    gross = net;
    grossed = rate;
    if (!decimal_sum(&gross, tax) || !decimal_sum(&grossed, hundred) || !tax_of(gross, rate, &gross_tax) ||
        !tax_of(tax, grossed, &grossed))
        return true;
    /* Both sides are hundredths of (100 + rate) times the rounding: two cents cover rates up to a hundred percent. */
    return decimal_within(gross_tax, grossed, cents(2));
}

void check_line_rates(check_run *run)
{
    static const char name[] = "line_tax_matches_rate";
    size_t checked = 0, failed = 0;

    for (size_t i = 0; i < run->invoice->lines.count; i++) {
        const vouch_item *line = &run->invoice->lines.items[i];
        vouch_decimal net, rate, tax, expected;
        if (!item_decimal(line, VOUCH_ITEM_NET_AMOUNT, &net) || !item_decimal(line, VOUCH_ITEM_TAX_RATE, &rate) ||
            !item_decimal(line, VOUCH_ITEM_TAX_AMOUNT, &tax))
            continue;
        checked++;
        if (rate_fits(line, &expected))
            continue;
        /* One row is enough to look at; hundreds of rows would not be read. */
        if (failed++ == 0)
            check_failed(run, name, NULL, "warning", "line %zu: %s at %s%% makes %s, the line says %s", i + 1,
                         decimal_text(run->arena, net), line->members[VOUCH_ITEM_TAX_RATE].value,
                         decimal_text(run->arena, expected), decimal_text(run->arena, tax));
    }
    if (checked > 0 && failed == 0)
        check_passed(run, name, NULL);
}

void check_words(check_run *run)
{
    static const char name[] = "amount_in_words_is_gross";
    static const vouch_field fields[] = {VOUCH_FIELD_GROSS_AMOUNT, VOUCH_FIELD_GROSS_IN_WORDS};
    const char *words = vouch_invoice_value(run->invoice, VOUCH_FIELD_GROSS_IN_WORDS);
    vouch_decimal gross;
    int64_t fen;

    if (!words || !field_decimal(run->invoice, VOUCH_FIELD_GROSS_AMOUNT, &gross) ||
        run->invoice->fields[VOUCH_FIELD_GROSS_AMOUNT].chosen.source == VOUCH_SOURCE_RULE)
        return check_skipped(run, name, NULL);
    if (!vouch_chinese_amount_parse(words, &fen)) {
        check_failed(run, name, "gross_in_words", "warning", "\"%s\" is no amount in words", words);
        return doubt_fields(run, &fields[1], 1);
    }
    const vouch_decimal said = {.units = fen, .scale = 2};
    const vouch_decimal negated = {.units = -fen, .scale = 2};
    /* Some issuers leave the minus of a red letter out of the words. */
    if (vouch_decimal_compare(said, gross) == 0 || (gross.units < 0 && vouch_decimal_compare(negated, gross) == 0)) {
        check_passed(run, name, NULL);
        return confirm_fields(run, fields, COUNT(fields));
    }
    check_failed(run, name, NULL, "error", "the words say %s, the figures %s", decimal_text(run->arena, said),
                 decimal_text(run->arena, gross));
    doubt_fields(run, fields, COUNT(fields));
}

/** Fare, surcharge, tax and fees of an air ticket make its total; the tax may be off by a cent a segment. */
void check_air_sum(check_run *run)
{
    static const char name[] = "fare_and_fees_are_gross";
    static const vouch_field parts[] = {VOUCH_FIELD_FARE, VOUCH_FIELD_FUEL_SURCHARGE, VOUCH_FIELD_TAX_AMOUNT,
                                        VOUCH_FIELD_AIRPORT_FEE, VOUCH_FIELD_OTHER_TAXES};
    vouch_decimal sum = {.scale = 2}, part, gross;

    if (!vouch_invoice_value(run->invoice, VOUCH_FIELD_FARE) ||
        !field_decimal(run->invoice, VOUCH_FIELD_GROSS_AMOUNT, &gross))
        return check_skipped(run, name, NULL);
    for (size_t i = 0; i < COUNT(parts); i++)
        if (field_decimal(run->invoice, parts[i], &part) && !decimal_sum(&sum, part))
            return check_skipped(run, name, NULL);
    if (vouch_decimal_compare(sum, gross) == 0) {
        const vouch_field total = VOUCH_FIELD_GROSS_AMOUNT;
        check_passed(run, name, NULL);
        confirm_fields(run, parts, COUNT(parts));
        return confirm_fields(run, &total, 1);
    }
    check_failed(run, name, NULL, "warning", "the parts add up to %s, the total is %s", decimal_text(run->arena, sum),
                 decimal_text(run->arena, gross));
}
