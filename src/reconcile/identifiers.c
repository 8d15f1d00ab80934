/**
 * Chinese tax ids and their check characters: unified social credit codes (GB 32100-2015) with the organisation code
 * (GB 11714) inside, the older ids that were a region and an organisation code, and those of persons that carry a
 * resident identity number (GB 11643, ISO 7064 MOD 11-2).
 */
#include <ctype.h>
#include <string.h>

#include "rules.h"

/** Value of a character in an alphabet; -1 when it is not in it. */
static int value_in(const char *alphabet, char character)
{
    const char *at = character ? strchr(alphabet, character) : NULL;
    return at ? (int)(at - alphabet) : -1;
}

/** GB 32100: 17 characters weighted with powers of 3, modulo 31. */
static bool credit_code_fits(const char *id)
{
    static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    int weight = 1, sum = 0;

    for (int i = 0; i < 17; i++) {
        const int value = value_in(alphabet, id[i]);
        if (value < 0)
            return false;
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    return value_in(alphabet, id[17]) == (31 - sum % 31) % 31;
}

/** GB 11714: 8 characters and a check digit, 10 is X, 11 is 0. */
static bool organisation_code_fits(const char *code)
{
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const int weights[] = {3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;

    for (size_t i = 0; i < COUNT(weights); i++) {
        const int value = value_in(alphabet, code[i]);
        if (value < 0)
            return false;
        sum += value * weights[i];
    }
    const int check = 11 - sum % 11;
    return code[8] == (check == 10 ? 'X' : check == 11 ? '0' : (char)('0' + check));
}

/** GB 11643: 17 digits and an ISO 7064 MOD 11-2 check character. */
static bool resident_number_fits(const char *id)
{
    static const int weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;

    for (size_t i = 0; i < COUNT(weights); i++) {
        if (!isdigit((unsigned char)id[i]))
            return false;
        sum += (id[i] - '0') * weights[i];
    }
    return id[17] == "10X98765432"[sum % 11];
}

/** Begins with the region code of a province (GB/T 2260)? */
static bool has_region(const char *digits)
{
    return digits[0] >= '1' && digits[0] <= '9' && strspn(digits, "0123456789") >= 6;
}

id_verdict cn_tax_id_verdict(const char *id)
{
    switch (strlen(id)) {
    case 18:
        if (resident_number_fits(id))
            return ID_GOOD;
        /* Where the organisation code inside does not fit, the outer character may still: both are needed. */
        return credit_code_fits(id) && organisation_code_fits(id + 8) ? ID_GOOD : ID_BAD;
    case 15:
        if (has_region(id) && organisation_code_fits(id + 6))
            return ID_GOOD;
        /* A resident's number of 15 digits has no check character. */
        return strspn(id, "0123456789") == 15 ? ID_UNKNOWN : ID_BAD;
    case 20:
        return resident_number_fits(id) ? ID_GOOD : ID_UNKNOWN;
    case 17:
        return ID_UNKNOWN;
    default:
        return ID_BAD;
    }
}

void check_tax_ids(check_run *run)
{
    static const char name[] = "tax_id_check_character";
    static const vouch_field ids[] = {VOUCH_FIELD_SELLER_TAX_ID, VOUCH_FIELD_BUYER_TAX_ID};

    for (size_t i = 0; i < COUNT(ids); i++) {
        const char *id = vouch_invoice_value(run->invoice, ids[i]);
        if (!id)
            continue;
        switch (cn_tax_id_verdict(id)) {
        case ID_GOOD:
            check_passed(run, name, vouch_field_name(ids[i]));
            confirm_fields(run, &ids[i], 1);
            break;
        case ID_BAD:
            check_failed(run, name, vouch_field_name(ids[i]), "warning",
                         "%s is no tax id: its length, characters or check character do not fit", id);
            doubt_fields(run, &ids[i], 1);
            break;
        case ID_UNKNOWN:
            check_skipped(run, name, vouch_field_name(ids[i]));
            break;
        }
    }
}

void check_code_kind(check_run *run)
{
    static const char name[] = "invoice_code_matches_kind";
    const char *code = vouch_invoice_value(run->invoice, VOUCH_FIELD_INVOICE_CODE);
    const vouch_kind said = vouch_cn_kind_of_code(code);

    if (!code || said == VOUCH_KIND_UNKNOWN)
        return;
    if (said == run->invoice->kind || run->invoice->kind == VOUCH_KIND_CN_DIGITAL_PAPER)
        check_passed(run, name, "invoice_code");
    else
        check_failed(run, name, "invoice_code", "warning", "code %s belongs to %s, not to %s", code,
                     vouch_kind_name(said), vouch_kind_name(run->invoice->kind));
}

/** The year of "YYYY-MM-DD". */
static int year_of(const char *date)
{
    int year = 0;
    for (int i = 0; i < 4; i++)
        year = year * 10 + date[i] - '0';
    return year;
}

/** The two digits of the year in a code or number; -1 when the number has none there. */
static int stated_year(const vouch_invoice *invoice, const char **from)
{
    const char *number = vouch_invoice_value(invoice, VOUCH_FIELD_INVOICE_NUMBER);
    const char *code = vouch_invoice_value(invoice, VOUCH_FIELD_INVOICE_CODE);
    const char *digits = NULL;

    if (number && strlen(number) == 20) {
        digits = number;
        *from = "number";
    } else if (code && strspn(code, "0123456789") == strlen(code)) {
        const size_t length = strlen(code);
        digits = length == 10 ? code + 4 : length == 12 ? code + 5 : length == 8 ? code + 6 : NULL;
        *from = "code";
    }
    return digits ? (digits[0] - '0') * 10 + digits[1] - '0' : -1;
}

/**
 * 20-digit numbers and codes carry the year. A number is drawn when the invoice is issued; rolls of codes are used
 * for some years.
 */
void check_number_year(check_run *run)
{
    static const char name[] = "number_year_matches_date";
    const char *date = vouch_invoice_value(run->invoice, VOUCH_FIELD_ISSUE_DATE);
    const char *from = NULL;
    const int year = stated_year(run->invoice, &from);

    if (!date || year < 0)
        return check_skipped(run, name, NULL);
    const int age = year_of(date) - (2000 + year);
    const bool number = strcmp(from, "number") == 0;
    const bool fits = number ? age >= -1 && age <= 1 : age >= -1 && age <= 10;
    if (fits)
        check_passed(run, name, NULL);
    else
        check_failed(run, name, "issue_date", "warning", "the %s says year 20%02d, the date is %s", from, year, date);
}

/**
 * A date that can be one of an invoice. There is no clock here: the reading of a document must not depend on the day
 * it is read, so that "in the future" is for whoever reviews the claim.
 */
void check_issue_date(check_run *run)
{
    static const char name[] = "issue_date_plausible";
    static const vouch_field fields[] = {VOUCH_FIELD_ISSUE_DATE, VOUCH_FIELD_TRAVEL_DATE};
    for (size_t i = 0; i < COUNT(fields); i++) {
        const char *date = vouch_invoice_value(run->invoice, fields[i]);
        if (!date)
            continue;
        const int year = year_of(date);
        if (year >= 1994 && year <= 2099) {
            check_passed(run, name, vouch_field_name(fields[i]));
        } else {
            check_failed(run, name, vouch_field_name(fields[i]), "warning", "%s is no date of an invoice", date);
            doubt_fields(run, &fields[i], 1);
        }
        return;
    }
}

/** A red letter takes an earlier invoice back and names it. */
void check_red_letter(check_run *run)
{
    static const char name[] = "red_letter_has_original";
    if (!run->invoice->credit)
        return;
    if (vouch_invoice_value(run->invoice, VOUCH_FIELD_ORIGINAL_INVOICE_NUMBER))
        check_passed(run, name, "original_invoice_number");
    else
        check_failed(run, name, "original_invoice_number", "warning",
                     "a negative invoice that does not name the one it takes back");
}

void check_required_fields(check_run *run)
{
    static const char name[] = "required_fields_present";
    bool missing = false;

    for (size_t i = 0; i < run->rules->field_count; i++) {
        const field_rule *rule = &run->rules->fields[i];
        if (!rule->required || vouch_invoice_value(run->invoice, rule->field))
            continue;
        missing = true;
        check_failed(run, name, vouch_field_name(rule->field), "warning", "%s was not found",
                     vouch_field_name(rule->field));
    }
    if (!missing && run->rules->field_count > 0)
        check_passed(run, name, NULL);
}

void check_field_forms(check_run *run)
{
    static const char name[] = "field_has_its_form";
    for (size_t i = 0; i < run->rules->field_count; i++) {
        const field_rule *rule = &run->rules->fields[i];
        const char *value = vouch_invoice_value(run->invoice, rule->field);
        if (!value || kind_field_fits(run->rules, rule->field, value))
            continue;
        check_failed(run, name, vouch_field_name(rule->field), "warning", "\"%s\" does not look like one of %s", value,
                     run->rules->info.title_en);
        doubt_fields(run, &rule->field, 1);
    }
}
