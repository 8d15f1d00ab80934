/**
 * Shapes of values: what a code, a number, a date or a tax id of these forms can look like (format notes, 1.3 and 3).
 *
 * All work on compact text: width folded, without blanks. They decide between candidates that geometry leaves open,
 * and keep out what can't be a value of the field at all.
 */
#include <ctype.h>
#include <string.h>

#include "vouch/text.h"

#include "text.h"

static size_t digits(const char *text)
{
    return strspn(text, "0123456789");
}

static bool all_digits(const char *text, size_t length)
{
    return digits(text) == length && strlen(text) == length;
}

static bool has_han(const char *text)
{
    for (const char *at = text, *end = text + strlen(text); at < end;)
        if (vouch_utf8_next(&at, end) >= 0x2E80)
            return true;
    return false;
}

static int fit_code(const char *text)
{
    return all_digits(text, 12) || all_digits(text, 10) ? 2 : 0;
}

static int fit_number(const char *text)
{
    if (all_digits(text, 8) || all_digits(text, 20))
        return 2;
    return all_digits(text, 19) ? 1 : 0; /* specimen of air itineraries carry INT64_MAX */
}

static int fit_short_number(const char *text)
{
    return all_digits(text, 8) ? 2 : 0;
}

static int fit_long_number(const char *text)
{
    return all_digits(text, 20) ? 2 : 0;
}

static int fit_check(const char *text)
{
    return all_digits(text, 20) ? 2 : 0;
}

static int fit_check_short(const char *text)
{
    return all_digits(text, 4) ? 2 : 0;
}

static int fit_machine(const char *text)
{
    return all_digits(text, 12) ? 2 : 0;
}

/** Number, unit, as "2022" "年"; moves behind both. */
static bool take_part(const char **at, size_t least, size_t most, const char *unit)
{
    size_t count = digits(*at);
    if (count < least || count > most || strncmp(*at + count, unit, strlen(unit)) != 0)
        return false;
    *at += count + strlen(unit);
    return true;
}

static int fit_date(const char *text)
{
    static const char *const units[][3] = {{"年", "月", "日"}, {"-", "-", ""}, {"/", "/", ""}, {".", ".", ""}};
    if (all_digits(text, 8))
        return strncmp(text, "20", 2) == 0 || strncmp(text, "19", 2) == 0 ? 2 : 0;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        const char *at = text;
        if (take_part(&at, 4, 4, units[i][0]) && take_part(&at, 1, 2, units[i][1]) &&
            take_part(&at, 1, 2, units[i][2]) && *at == '\0')
            return 2;
    }
    return 0;
}

static int fit_clock(const char *text)
{
    const char *at = text;
    return take_part(&at, 1, 2, ":") && digits(at) == 2 && (at[2] == '\0' || strcmp(at + 2, "开") == 0) ? 2 : 0;
}

/** 15 to 20 letters and digits; masked ids of persons carry asterisks. */
static int fit_tax_id(const char *text)
{
    size_t length = strlen(text);
    size_t upper = strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    if (length < 15 || length > 20 || digits(text) == 0)
        return 0;
    if (upper == length)
        return length == 18 || length == 15 ? 2 : 1;
    return strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz*") == length ? 1 : 0;
}

static const char *skip_currency(const char *text)
{
    static const char *const signs[] = {"¥", "CNY", "CN", "YQ", "RMB", "元"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (strncmp(text, signs[i], strlen(signs[i])) == 0)
            return text + strlen(signs[i]);
    return text;
}

/** "¥-1,234.50", "-¥12.00元": writes the plain decimal. @return number of decimals, -1 when it is no amount */
static int plain_amount(const char *text, char *out, size_t size)
{
    const char *at = skip_currency(text);
    size_t length = 0;
    if (*at == '-') {
        out[length++] = *at++;
        at = skip_currency(at);
    }
    int decimals = -1;
    bool any = false;
    for (; *at && length + 1 < size; at++) {
        if (isdigit((unsigned char)*at)) {
            any = true;
            decimals += decimals >= 0;
            out[length++] = *at;
        } else if (*at == '.' && decimals < 0) {
            decimals = 0;
            out[length++] = *at;
        } else if (*at != ',' || decimals >= 0 || !any) {
            break;
        }
    }
    out[length] = '\0';
    if (!any || decimals == 0 || (*at && strcmp(at, "元") != 0))
        return -1;
    return decimals < 0 ? 0 : decimals;
}

static int fit_money(const char *text)
{
    char plain[40];
    int decimals = plain_amount(text, plain, sizeof plain);
    if (decimals < 0)
        return 0;
    return decimals == 2 ? 2 : decimals < 2 && strlen(plain) < 12;
}

static int fit_figure(const char *text)
{
    char plain[40];
    return plain_amount(text, plain, sizeof plain) >= 0 ? 2 : 0;
}

static bool is_masked(const char *text)
{
    return *text && strspn(text, "*") == strlen(text);
}

static int fit_percent(const char *text)
{
    static const char *const words[] = {"免税", "不征税", "零税率", "出口零税率", "免征增值税", "免征"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(text, words[i]) == 0)
            return 2;
    if (is_masked(text))
        return 2;
    size_t length = strspn(text, "0123456789.");
    return length > 0 && length <= 5 && isdigit((unsigned char)*text) && strcmp(text + length, "%") == 0 ? 2 : 0;
}

static int fit_tax_money(const char *text)
{
    return is_masked(text) || strcmp(text, "免税") == 0 || strcmp(text, "不征税") == 0 ? 2 : fit_money(text);
}

const char *text_capitals(const char *compact)
{
    const char *at = compact, *end = compact + strlen(compact);
    for (int marks = 0; marks < 3 && at < end; marks++) {
        int64_t fen;
        if (vouch_chinese_amount_parse(at, &fen))
            return at;
        (void)vouch_utf8_next(&at, end);
    }
    return NULL;
}

static int fit_capitals(const char *text)
{
    return text_capitals(text) ? 2 : 0;
}

static int fit_person(const char *text)
{
    return *text && digits(text) != strlen(text) && vouch_utf8_length(text) <= 40 ? 2 : 0;
}

static int fit_organisation(const char *text)
{
    if (fit_tax_id(text) == 2)
        return 0;
    return digits(text) == strlen(text) ? 0 : has_han(text) ? 2 : 1;
}

static int fit_place(const char *text)
{
    return fit_tax_id(text) ? 0 : has_han(text) ? 2 : 1;
}

static int fit_bank(const char *text)
{
    size_t tail = 0;
    for (size_t i = strlen(text); i-- > 0 && strchr("0123456789-", text[i]);)
        tail++;
    return fit_tax_id(text) && has_han(text) ? 0 : tail >= 5 ? 2 : 1;
}

static int fit_ticket(const char *text)
{
    size_t length = strlen(text);
    if (length < 13 || length > 30)
        return 0;
    return strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-") == length && digits(text) > 2 ? 2 : 0;
}

static int fit_train(const char *text)
{
    size_t letter = *text && strchr("GDCZTKYLSPN", *text) ? 1 : 0;
    size_t count = digits(text + letter);
    return count >= 1 && count <= 4 && text[letter + count] == '\0' ? (letter ? 2 : 1) : 0;
}

static int fit_flight(const char *text)
{
    size_t carrier = strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return carrier == strlen(text) && carrier >= 4 && carrier <= 7 && digits(text + 2) >= 2 ? 2 : 0;
}

/** Identity card or passport, with or without masked places. */
static int fit_masked_id(const char *text)
{
    size_t length = strlen(text), figures = 0;
    for (const char *at = text; *at; at++)
        figures += isdigit((unsigned char)*at) != 0;
    bool shaped = strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*()") == length;
    return shaped && length >= 5 && length <= 24 && figures >= 2 ? 2 : 0;
}

static int fit_any(const char *text)
{
    return *text ? 1 : 0;
}

static int (*const fits[])(const char *) = {
    [TEXT_ANY] = fit_any,
    [TEXT_PERSON] = fit_person,
    [TEXT_ORGANISATION] = fit_organisation,
    [TEXT_PLACE] = fit_place,
    [TEXT_BANK] = fit_bank,
    [TEXT_CODE_DIGITS] = fit_code,
    [TEXT_NUMBER_DIGITS] = fit_number,
    [TEXT_SHORT_DIGITS] = fit_short_number,
    [TEXT_LONG_DIGITS] = fit_long_number,
    [TEXT_CHECK_DIGITS] = fit_check,
    [TEXT_CHECK_SHORT] = fit_check_short,
    [TEXT_MACHINE_DIGITS] = fit_machine,
    [TEXT_DATE_DAY] = fit_date,
    [TEXT_CLOCK] = fit_clock,
    [TEXT_TAX_NUMBER] = fit_tax_id,
    [TEXT_MONEY] = fit_money,
    [TEXT_FIGURE] = fit_figure,
    [TEXT_PERCENT] = fit_percent,
    [TEXT_TAX_MONEY] = fit_tax_money,
    [TEXT_CAPITALS] = fit_capitals,
    [TEXT_TICKET_DIGITS] = fit_ticket,
    [TEXT_TRAIN] = fit_train,
    [TEXT_FLIGHT_NUMBER] = fit_flight,
    [TEXT_MASKED_ID] = fit_masked_id,
};

int text_pattern_fit(text_pattern pattern, const char *compact)
{
    return fits[pattern](compact);
}

const char *text_money(vouch_arena *arena, const char *compact)
{
    char plain[40];
    return plain_amount(compact, plain, sizeof plain) < 0 ? NULL : vouch_arena_strdup(arena, plain);
}
