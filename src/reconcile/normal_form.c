/**
 * The normal forms are checked on their own and not by normalising again: "1.234" is a normal number with three
 * decimals, but as print it could be a thousand.
 */
#include <ctype.h>
#include <string.h>

#include "vouch/money.h"
#include "vouch/reconcile.h"
#include "vouch/text.h"

/** '9' stands for a digit, everything else for itself. */
static bool matches(const char *text, const char *shape)
{
    for (; *shape; text++, shape++)
        if (*shape == '9' ? !isdigit((unsigned char)*text) : *text != *shape)
            return false;
    return *text == '\0';
}

/**
 * -?(0|[1-9][0-9]*)(\.[0-9]+)?, no "-0". The length is bounded, the precision is not: unit prices are printed with up
 * to twenty digits.
 */
static bool is_decimal(const char *text)
{
    const char *digits = text[0] == '-' ? text + 1 : text;
    const size_t whole = strspn(digits, "0123456789");
    const char *rest = digits + whole;

    if (whole == 0 || (whole > 1 && digits[0] == '0') || strlen(text) > 40)
        return false;
    if (*rest == '.') {
        const size_t fraction = strspn(rest + 1, "0123456789");
        if (fraction == 0)
            return false;
        rest += 1 + fraction;
    }
    return *rest == '\0' && (text[0] != '-' || strpbrk(digits, "123456789"));
}

/** An amount must fit the arithmetic too. */
static bool is_amount(const char *text)
{
    vouch_decimal value;
    return is_decimal(text) && vouch_decimal_parse(text, &value) == VOUCH_OK;
}

static bool is_date(const char *text, size_t length)
{
    char date[11];
    int64_t days;

    if (length != 10)
        return false;
    memcpy(date, text, 10);
    date[10] = '\0';
    return matches(date, "9999-99-99") && vouch_date_to_days(date, &days);
}

static bool is_time(const char *text)
{
    if (!matches(text, "99:99") && !matches(text, "99:99:99"))
        return false;
    const int hour = (text[0] - '0') * 10 + text[1] - '0';
    return hour < 24 && text[3] < '6' && (text[5] == '\0' || text[6] < '6');
}

/** "Z" or ±hh:mm */
static bool is_zone(const char *text)
{
    if (strcmp(text, "Z") == 0)
        return true;
    return (text[0] == '+' || text[0] == '-') && matches(text + 1, "99:99") && text[4] < '6';
}

static bool is_datetime(const char *text)
{
    char time[9];

    if (strlen(text) < 16 || !is_date(text, 10) || text[10] != 'T')
        return false;
    const size_t length = strspn(text + 11, "0123456789:");
    if (length >= sizeof time)
        return false;
    memcpy(time, text + 11, length);
    time[length] = '\0';
    const char *zone = text + 11 + length;
    return is_time(time) && (*zone == '\0' || is_zone(zone));
}

static bool is_currency(const char *text)
{
    return strlen(text) == 3 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3;
}

bool vouch_value_is_normal(vouch_arena *arena, vouch_value_type type, const char *value)
{
    if (*value == '\0')
        return false;
    switch (type) {
    case VOUCH_VALUE_TEXT:
        return strcmp(vouch_text_fold(arena, value), value) == 0;
    case VOUCH_VALUE_ID:
        return strcmp(vouch_text_compact(arena, value), value) == 0;
    case VOUCH_VALUE_AMOUNT:
        return is_amount(value);
    case VOUCH_VALUE_NUMBER:
        return is_decimal(value);
    case VOUCH_VALUE_DATE:
        return is_date(value, strlen(value));
    case VOUCH_VALUE_TIME:
        return is_time(value);
    case VOUCH_VALUE_DATETIME:
        return is_datetime(value);
    case VOUCH_VALUE_CURRENCY:
        return is_currency(value);
    }
    return false;
}

bool vouch_item_value_is_normal(vouch_arena *arena, vouch_item_field field, const char *value)
{
    static const char *const categories[] = {"standard",       "zero",   "exempt",    "not_taxable",
                                             "reverse_charge", "masked", "allowance", "charge"};

    if (field != VOUCH_ITEM_CATEGORY && field != VOUCH_ITEM_TAX_CATEGORY)
        return vouch_value_is_normal(arena, vouch_item_field_type(field), value);
    for (size_t i = 0; i < sizeof categories / sizeof *categories; i++)
        if (strcmp(categories[i], value) == 0)
            return true;
    return false;
}
