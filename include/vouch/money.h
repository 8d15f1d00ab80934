/**
 * Money and decimals: integers only, never binary floating point.
 */
#ifndef VOUCH_MONEY_H
#define VOUCH_MONEY_H

#include <stdint.h>

#include "vouch/error.h"

/** Digits behind the point of an ISO 4217 currency (0, 2, 3 or 4); 2 for unknown codes. */
int vouch_currency_digits(const char *currency);

/** Unit prices in tax data carry up to 17 digits behind the point. */
#define VOUCH_DECIMAL_MAX_SCALE 18

/** A decimal number: units × 10^-scale. */
typedef struct vouch_decimal {
    int64_t units;
    int scale; /* 0 … VOUCH_DECIMAL_MAX_SCALE */
} vouch_decimal;

/**
 * Parse a normalised decimal string ("-1234.50": optional sign, digits, optional point and digits).
 * @return VOUCH_OK; VOUCH_BAD_FORMAT; VOUCH_LIMIT when it does not fit
 */
vouch_code vouch_decimal_parse(const char *text, vouch_decimal *out) VOUCH_MUST_CHECK;

/** Print with at least `minimum_scale` digits behind the point, without other trailing zeros. @return length */
size_t vouch_decimal_print(vouch_decimal value, int minimum_scale, char *out, size_t size);

/** Exact sum and product; VOUCH_LIMIT on overflow. */
vouch_code vouch_decimal_add(vouch_decimal a, vouch_decimal b, vouch_decimal *out) VOUCH_MUST_CHECK;
vouch_code vouch_decimal_multiply(vouch_decimal a, vouch_decimal b, vouch_decimal *out) VOUCH_MUST_CHECK;
/** Round half away from zero to `scale` digits. */
vouch_decimal vouch_decimal_round(vouch_decimal value, int scale);
/** @return <0, 0, >0 */
int vouch_decimal_compare(vouch_decimal a, vouch_decimal b);

/**
 * Minor units of an amount ("27.00" CNY → 2700).
 * @return VOUCH_OK; VOUCH_BAD_FORMAT, also when it has more digits than the currency (other than zeros); VOUCH_LIMIT
 */
vouch_code vouch_amount_minor(const char *text, const char *currency, int64_t *minor) VOUCH_MUST_CHECK;

/** Print minor units with the currency's digits ("27.00"). @return length */
size_t vouch_amount_print(int64_t minor, const char *currency, char *out, size_t size);

/**
 * Parse a printed amount in any usual notation: "¥1,234.50", "1.234,56", "1'234.56", "(12.00)", "12,00-", "CNY 3".
 * Writes the decimal string ("-1234.50": ".", no grouping, digits as stated). A shape that means two things is refused:
 * "1.234 EUR" (a German thousand?). A bare "1.234" is a decimal, as machines write it; "1,234" is a thousand.
 * @param text  UTF-8, already NFKC
 * @return VOUCH_OK; VOUCH_BAD_FORMAT
 */
vouch_code vouch_amount_normalise(const char *text, char *out, size_t size) VOUCH_MUST_CHECK;

/** Dates. Proleptic Gregorian; year 1900 … 2199. */
bool vouch_date_valid(int year, int month, int day);
/** Days since 1970-01-01 of "YYYY-MM-DD"; false when it is none. */
bool vouch_date_to_days(const char *date, int64_t *days);
void vouch_date_from_days(int64_t days, char out[11]);

#endif
