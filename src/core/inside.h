/** Inside of core: what its files share. */
#ifndef VOUCH_CORE_INSIDE_H
#define VOUCH_CORE_INSIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "vouch/error.h"

/** Hyphens, dashes and the minus sign: printed and typed for one another. */
bool vouch_is_dash(uint32_t codepoint);

/** ASCII only, whatever the locale. */
static inline bool vouch_is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

/** A code of ISO 4217; upper case, three letters. */
bool vouch_currency_known(const char *code);

typedef enum vouch_number_style {
    VOUCH_NUMBER_AMOUNT, /* "1,234" is one thousand …: amounts have no three decimals, but in a few currencies */
    VOUCH_NUMBER_PLAIN   /* quantity, unit price, rate, distance: "1,234" could be either, and is refused */
} vouch_number_style;

/** See vouch_amount_normalise. */
vouch_code vouch_number_normalise(const char *text, vouch_number_style style, char *out, size_t size);

/** A date, a time, or both, as written; nothing is converted between zones. */
typedef struct vouch_moment {
    bool has_date, has_time, has_seconds;
    int year, month, day, hour, minute, second;
    char zone[8]; /* "Z", "+08:00" or "" */
} vouch_moment;

/**
 * Parse a date, a time or both in any notation that leaves no doubt.
 * @param text  folded (vouch_text_fold)
 */
bool vouch_moment_parse(const char *text, vouch_moment *out);

#endif
