#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "vouch/money.h"

Test(money, currency_digits)
{
    static const struct {
        const char *code;
        int digits;
    } rows[] = {{"CNY", 2}, {"JPY", 0}, {"KWD", 3}, {"CLF", 4}, {"HUF", 2},
                {"???", 2}, {"", 2},    {"XXX", 2}, {"PY ", 2}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect_eq(vouch_currency_digits(rows[i].code), rows[i].digits, "%s", rows[i].code);
    cr_expect_eq(vouch_currency_digits(NULL), 2);
}

Test(decimal, parse_and_print)
{
    static const struct {
        const char *text;
        vouch_code code;
        int64_t units;
        int scale;
        int minimum;
        const char *printed;
    } rows[] = {
        {"0", VOUCH_OK, 0, 0, 0, "0"},
        {"-1234.50", VOUCH_OK, -123450, 2, 0, "-1234.5"},
        {"-1234.50", VOUCH_OK, -123450, 2, 2, "-1234.50"},
        {"+7", VOUCH_OK, 7, 0, 2, "7.00"},
        {"-0.05", VOUCH_OK, -5, 2, 0, "-0.05"},
        {"0.884955752212389", VOUCH_OK, 884955752212389, 15, 2, "0.884955752212389"},
        {"1.0000000000000000000000000000", VOUCH_OK, 1000000000000000000, 18, 2, "1.00"},
        {"100.00000000000000000000", VOUCH_OK, 1000000000000000000, 16, 0, "100"},
        {".5", VOUCH_OK, 5, 1, 0, "0.5"},
        {"5.", VOUCH_OK, 5, 0, 0, "5"},
        {"9223372036854775807", VOUCH_OK, INT64_MAX, 0, 0, "9223372036854775807"},
        {"-9223372036854775807", VOUCH_OK, -INT64_MAX, 0, 0, "-9223372036854775807"},
        {"9223372036854775808", VOUCH_LIMIT, 0, 0, 0, ""},
        {"99999999999999999999999999999999999999999999999", VOUCH_LIMIT, 0, 0, 0, ""},
        {"0.0000000000000000001", VOUCH_LIMIT, 0, 0, 0, ""},
        {"0.00000000000000000000000000000000000000000000001", VOUCH_LIMIT, 0, 0, 0, ""},
        {"709551615.000000000000000000000000000004", VOUCH_LIMIT, 0, 0, 0, ""},
        {"", VOUCH_BAD_FORMAT, 0, 0, 0, ""},
        {"-", VOUCH_BAD_FORMAT, 0, 0, 0, ""},
        {".", VOUCH_BAD_FORMAT, 0, 0, 0, ""},
        {"1.2.3", VOUCH_BAD_FORMAT, 0, 0, 0, ""},
        {"1,2", VOUCH_BAD_FORMAT, 0, 0, 0, ""},
        {" 1", VOUCH_BAD_FORMAT, 0, 0, 0, ""},
        {"1e3", VOUCH_BAD_FORMAT, 0, 0, 0, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        vouch_decimal value = {.units = -99, .scale = -99};
        vouch_code code = vouch_decimal_parse(rows[i].text, &value);
        cr_expect_eq(code, rows[i].code, "'%s' code %d", rows[i].text, (int)code);
        if (code != VOUCH_OK || rows[i].code != VOUCH_OK) {
            cr_expect(value.units == -99 || code == VOUCH_OK, "'%s' touched the output", rows[i].text);
            continue;
        }
        cr_expect(value.units == rows[i].units && value.scale == rows[i].scale, "'%s' → %" PRId64 " scale %d",
                  rows[i].text, value.units, value.scale);
        char printed[64];
        size_t length = vouch_decimal_print(value, rows[i].minimum, printed, sizeof printed);
        cr_expect_str_eq(printed, rows[i].printed, "'%s'", rows[i].text);
        cr_expect_eq(length, strlen(rows[i].printed), "'%s'", rows[i].text);
    }
}

Test(decimal, smallest_integer_prints)
{
    char printed[64];
    vouch_decimal_print((vouch_decimal){.units = INT64_MIN, .scale = 2}, 2, printed, sizeof printed);
    cr_expect_str_eq(printed, "-92233720368547758.08");
    vouch_decimal_print((vouch_decimal){.units = INT64_MIN, .scale = 18}, 2, printed, sizeof printed);
    cr_expect_str_eq(printed, "-9.223372036854775808");
}

static vouch_decimal decimal(const char *text)
{
    vouch_decimal value = {0};
    cr_assert_eq(vouch_decimal_parse(text, &value), VOUCH_OK, "%s", text);
    return value;
}

Test(decimal, arithmetic_is_exact_or_refused)
{
    static const struct {
        char operation;
        const char *a, *b, *result; /* NULL: limit */
    } rows[] = {
        {'+', "0.1", "0.2", "0.3"},
        {'+', "-1.05", "1", "-0.05"},
        {'+', "9223372036854775807", "1", NULL},
        {'+', "9223372036854775807", "0.01", NULL},
        {'*', "0.884955752212389", "3", "2.654867256637167"},
        {'*', "141.51", "0.06", "8.4906"},
        {'*', "-3", "0.5", "-1.5"},
        {'*', "9223372036854775807", "2", NULL},
        {'*', "0.123456789123456789", "0.123456789123456789", NULL},
        {'*', "1.000000000000000000", "5.000000000000000000", "5"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        vouch_decimal a = decimal(rows[i].a), b = decimal(rows[i].b), result = {0};
        vouch_code code =
            rows[i].operation == '+' ? vouch_decimal_add(a, b, &result) : vouch_decimal_multiply(a, b, &result);
        cr_expect_eq(code, rows[i].result ? VOUCH_OK : VOUCH_LIMIT, "%s %c %s", rows[i].a, rows[i].operation,
                     rows[i].b);
        if (code == VOUCH_OK && rows[i].result)
            cr_expect_eq(vouch_decimal_compare(result, decimal(rows[i].result)), 0, "%s %c %s", rows[i].a,
                         rows[i].operation, rows[i].b);
    }
}

Test(decimal, rounds_half_away_from_zero)
{
    static const struct {
        const char *text;
        int scale;
        const char *rounded;
    } rows[] = {{"8.4906", 2, "8.49"}, {"0.005", 2, "0.01"}, {"-0.005", 2, "-0.01"},
                {"0.00499", 2, "0"},   {"2.5", 0, "3"},      {"9.99", 1, "10"},
                {"1.5", 3, "1.5"},     {"-2.5", 0, "-3"},    {"9.223372036854775807", 0, "9"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect_eq(
            vouch_decimal_compare(vouch_decimal_round(decimal(rows[i].text), rows[i].scale), decimal(rows[i].rounded)),
            0, "%s", rows[i].text);
}

Test(decimal, compares_across_scales)
{
    cr_expect_lt(vouch_decimal_compare(decimal("1.1"), decimal("1.11")), 0);
    cr_expect_eq(vouch_decimal_compare(decimal("1.10"), decimal("1.1")), 0);
    cr_expect_gt(vouch_decimal_compare(decimal("9223372036854775807"), decimal("9.223372036854775807")), 0);
    cr_expect_lt(vouch_decimal_compare(decimal("-1"), decimal("0.000000000000000001")), 0);
}

Test(money, amounts_in_minor_units)
{
    static const struct {
        const char *text, *currency;
        vouch_code code;
        int64_t minor;
        const char *printed;
    } rows[] = {
        {"27.00", "CNY", VOUCH_OK, 2700, "27.00"},
        {"27", "CNY", VOUCH_OK, 2700, "27.00"},
        {"-0.5", "CNY", VOUCH_OK, -50, "-0.50"},
        {"27.0000", "CNY", VOUCH_OK, 2700, "27.00"},
        {"27.001", "CNY", VOUCH_BAD_FORMAT, 0, ""},
        {"1000.00", "JPY", VOUCH_OK, 1000, "1000"},
        {"1000.5", "JPY", VOUCH_BAD_FORMAT, 0, ""},
        {"1.234", "KWD", VOUCH_OK, 1234, "1.234"},
        {"92233720368547758.07", "CNY", VOUCH_OK, INT64_MAX, "92233720368547758.07"},
        {"92233720368547758.08", "CNY", VOUCH_LIMIT, 0, ""},
        {"9223372036854775807", "CNY", VOUCH_LIMIT, 0, ""},
        {"x", "CNY", VOUCH_BAD_FORMAT, 0, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t minor = -99;
        vouch_code code = vouch_amount_minor(rows[i].text, rows[i].currency, &minor);
        cr_expect_eq(code, rows[i].code, "%s %s: %d", rows[i].text, rows[i].currency, (int)code);
        cr_expect_eq(minor, rows[i].code == VOUCH_OK ? rows[i].minor : -99, "%s", rows[i].text);
        if (code != VOUCH_OK)
            continue;
        char printed[64];
        vouch_amount_print(minor, rows[i].currency, printed, sizeof printed);
        cr_expect_str_eq(printed, rows[i].printed);
    }
}

Test(date, validity)
{
    cr_expect(vouch_date_valid(2000, 2, 29));
    cr_expect_not(vouch_date_valid(1900, 2, 29));
    cr_expect_not(vouch_date_valid(2019, 4, 31));
    cr_expect_not(vouch_date_valid(2200, 1, 1));
    cr_expect_not(vouch_date_valid(2019, 0, 1));
    cr_expect_not(vouch_date_valid(2019, 1, 0));
}

Test(date, days_and_back_over_the_whole_range)
{
    int64_t days = 0;
    cr_assert(vouch_date_to_days("1970-01-01", &days));
    cr_expect_eq(days, 0);
    cr_assert(vouch_date_to_days("2000-03-01", &days));
    cr_expect_eq(days, 11017);
    int64_t expected = 0;
    cr_assert(vouch_date_to_days("1900-01-01", &expected));
    for (int year = 1900; year < 2200; year++)
        for (int month = 1; month <= 12; month++)
            for (int day = 1; day <= 31; day++) {
                if (!vouch_date_valid(year, month, day))
                    continue;
                char text[32], back[11];
                snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
                cr_assert(vouch_date_to_days(text, &days) && days == expected++, "%s", text);
                vouch_date_from_days(days, back);
                cr_assert_str_eq(back, text);
            }
    static const char *const bad[] = {"", "2019-2-1", "2019-02-30", "2019/02/01", "2019-02-01x", "abcd-ef-gh"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect_not(vouch_date_to_days(bad[i], &days), "%s", bad[i]);
}
