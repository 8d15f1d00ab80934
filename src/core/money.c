/*
 * Decimals as a 64-bit integer and a power of ten; products and comparisons run in 128 bits, so that no intermediate
 * result overflows before it is checked. Calendar arithmetic: days from civil, after Howard Hinnant, "chrono-Compatible
 * Low-Level Date Algorithms" (years begin in March, so that the leap day is the last).
 */
#include "vouch/money.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"

enum {
    MAX_SCALE = VOUCH_DECIMAL_MAX_SCALE
};

/* ISO 4217, active codes, by number of decimals. */
static const struct {
    int digits;
    const char *codes;
} currencies[] = {
    {0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF "},
    {3, "BHD IQD JOD KWD LYD OMR TND "},
    {4, "CLF UYW "},
    {2, "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE "
        "CHF CHW CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD "
        "HNL HRK HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP "
        "MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR "
        "SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED "
        "VES WST XCD XCG YER ZAR ZMW ZWG ZWL XXX "},
};

static int find_currency(const char *code)
{
    if (!code || strlen(code) != 3)
        return -1;
    for (size_t i = 0; i < sizeof currencies / sizeof currencies[0]; i++)
        for (const char *at = currencies[i].codes; *at; at += 4)
            if (memcmp(at, code, 3) == 0)
                return currencies[i].digits;
    return -1;
}

bool vouch_currency_known(const char *code)
{
    return find_currency(code) >= 0;
}

int vouch_currency_digits(const char *currency)
{
    int digits = find_currency(currency);
    return digits < 0 ? 2 : digits;
}

static __int128 power_of_ten(int exponent)
{
    __int128 power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

/* Drop trailing zeros behind the point until the value fits, if it can. */
static vouch_code fit(__int128 units, int scale, vouch_decimal *out)
{
    while (scale > 0 && (scale > MAX_SCALE || units > INT64_MAX || units < INT64_MIN) && units % 10 == 0) {
        units /= 10;
        scale--;
    }
    if (scale > MAX_SCALE || units > INT64_MAX || units < INT64_MIN)
        return VOUCH_LIMIT;
    *out = (vouch_decimal){.units = (int64_t)units, .scale = scale};
    return VOUCH_OK;
}

vouch_code vouch_decimal_parse(const char *text, vouch_decimal *out)
{
    bool negative = *text == '-';
    if (*text == '-' || *text == '+')
        text++;
    __int128 units = 0;
    int scale = 0, digits = 0, pending_zeros = 0;
    bool point = false;
    for (; *text; text++) {
        if (*text == '.' && !point) {
            point = true;
            continue;
        }
        if (!vouch_is_digit((unsigned char)*text))
            return VOUCH_BAD_FORMAT;
        digits++;
        /* Zeros behind the point count only when another digit follows; so "1.0000…" of any length fits. */
        if (point && *text == '0') {
            pending_zeros++;
            continue;
        }
        int steps = point ? pending_zeros + 1 : 1;
        if (steps > MAX_SCALE)
            return VOUCH_LIMIT;
        units = units * power_of_ten(steps) + (*text - '0');
        scale += point ? steps : 0;
        pending_zeros = 0;
        if (units > INT64_MAX || scale > MAX_SCALE)
            return VOUCH_LIMIT;
    }
    if (digits == 0)
        return VOUCH_BAD_FORMAT;
    for (; pending_zeros > 0 && scale < MAX_SCALE && units * 10 <= INT64_MAX; pending_zeros--) {
        units *= 10;
        scale++;
    }
    *out = (vouch_decimal){.units = (int64_t)(negative ? -units : units), .scale = scale};
    return VOUCH_OK;
}

size_t vouch_decimal_print(vouch_decimal value, int minimum_scale, char *out, size_t size)
{
    uint64_t units = value.units < 0 ? -(uint64_t)value.units : (uint64_t)value.units;
    int scale = value.scale;
    for (; scale > minimum_scale && scale > 0 && units % 10 == 0; scale--)
        units /= 10;

    char digits[48];
    int length = snprintf(digits, sizeof digits, "%0*" PRIu64, scale + 1, units), padding = minimum_scale - scale;
    int written = snprintf(out, size, "%s%.*s%s%s%.*s", value.units < 0 ? "-" : "", length - scale, digits,
                           scale > 0 || padding > 0 ? "." : "", digits + length - scale, padding > 0 ? padding : 0,
                           "00000000000000000000");
    return written < 0 ? 0 : (size_t)written;
}

vouch_code vouch_decimal_add(vouch_decimal a, vouch_decimal b, vouch_decimal *out)
{
    int scale = a.scale > b.scale ? a.scale : b.scale;
    return fit(a.units * power_of_ten(scale - a.scale) + b.units * power_of_ten(scale - b.scale), scale, out);
}

vouch_code vouch_decimal_multiply(vouch_decimal a, vouch_decimal b, vouch_decimal *out)
{
    return fit((__int128)a.units * b.units, a.scale + b.scale, out);
}

vouch_decimal vouch_decimal_round(vouch_decimal value, int scale)
{
    if (scale < 0)
        scale = 0;
    if (value.scale <= scale)
        return value;
    __int128 divisor = power_of_ten(value.scale - scale), half = divisor / 2;
    __int128 units = (value.units + (value.units < 0 ? -half : half)) / divisor;
    return (vouch_decimal){.units = (int64_t)units, .scale = scale};
}

int vouch_decimal_compare(vouch_decimal a, vouch_decimal b)
{
    int scale = a.scale > b.scale ? a.scale : b.scale;
    __int128 left = a.units * power_of_ten(scale - a.scale), right = b.units * power_of_ten(scale - b.scale);
    return (left > right) - (left < right);
}

vouch_code vouch_amount_minor(const char *text, const char *currency, int64_t *minor)
{
    vouch_decimal value;
    VOUCH_TRY(vouch_decimal_parse(text, &value));
    int digits = vouch_currency_digits(currency);
    for (; value.scale > digits; value.scale--) {
        if (value.units % 10 != 0)
            return VOUCH_BAD_FORMAT;
        value.units /= 10;
    }
    __int128 scaled = value.units * power_of_ten(digits - value.scale);
    if (scaled > INT64_MAX || scaled < INT64_MIN)
        return VOUCH_LIMIT;
    *minor = (int64_t)scaled;
    return VOUCH_OK;
}

size_t vouch_amount_print(int64_t minor, const char *currency, char *out, size_t size)
{
    int digits = vouch_currency_digits(currency);
    return vouch_decimal_print((vouch_decimal){.units = minor, .scale = digits}, digits, out, size);
}

vouch_code vouch_amount_normalise(const char *text, char *out, size_t size)
{
    return vouch_number_normalise(text, VOUCH_NUMBER_AMOUNT, out, size);
}

bool vouch_date_valid(int year, int month, int day)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1900 || year > 2199 || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= lengths[month - 1] + (month == 2 && leap);
}

bool vouch_date_to_days(const char *date, int64_t *days)
{
    static const char shape[] = "dddd-dd-dd";
    int parts[3] = {0}, part = 0;
    if (strlen(date) != sizeof shape - 1)
        return false;
    for (int i = 0; shape[i]; i++) {
        if (shape[i] == '-' ? date[i] != '-' : !vouch_is_digit((unsigned char)date[i]))
            return false;
        if (shape[i] == '-')
            part++;
        else
            parts[part] = parts[part] * 10 + (date[i] - '0');
    }
    if (!vouch_date_valid(parts[0], parts[1], parts[2]))
        return false;
    int64_t year = parts[1] <= 2 ? parts[0] - 1 : parts[0], era = year / 400, of_era = year - era * 400;
    int64_t of_year = (153 * (parts[1] + (parts[1] > 2 ? -3 : 9)) + 2) / 5 + parts[2] - 1;
    *days = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
    return true;
}

void vouch_date_from_days(int64_t days, char out[11])
{
    static const int64_t first = -25567, last = 84005; /* 1900-01-01, 2199-12-31 */
    days = days < first ? first : days > last ? last : days;
    int64_t since = days + 719468, era = since / 146097, of_era = since - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100), march_month = (5 * of_year + 2) / 153;
    int day = (int)(of_year - (153 * march_month + 2) / 5 + 1);
    int month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
    char printed[40];
    snprintf(printed, sizeof printed, "%04d-%02d-%02d", (int)(year + era * 400 + (month <= 2)), month, day);
    memcpy(out, printed, 10);
    out[10] = '\0';
}
