/*
 * The normal form of each type of value (READING: "values are normalised strings"): one function a type, chosen by
 * table. Each refuses what isn't clearly a value of its type.
 */
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "inside.h"
#include "vouch/money.h"
#include "vouch/text.h"

/* "***", "——", "/" stand where there is nothing: a value has a letter or a digit. */
static bool says_something(const char *text)
{
    for (const char *end = text + strlen(text); text < end;) {
        utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)vouch_utf8_next(&text, end));
        if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO &&
            (category <= UTF8PROC_CATEGORY_LO || category >= UTF8PROC_CATEGORY_ND))
            return true;
    }
    return false;
}

static char *text_value(vouch_arena *arena, const char *text)
{
    char *folded = vouch_text_fold(arena, text);
    return says_something(folded) ? folded : NULL;
}

static char *id_value(vouch_arena *arena, const char *text)
{
    char *compact = vouch_text_compact(arena, text);
    return says_something(compact) ? compact : NULL;
}

static char *number_of(vouch_arena *arena, const char *folded, vouch_number_style style)
{
    char number[64];
    return vouch_number_normalise(folded, style, number, sizeof number) == VOUCH_OK ? vouch_arena_strdup(arena, number)
                                                                                    : NULL;
}

static char *amount_value(vouch_arena *arena, const char *text)
{
    return number_of(arena, vouch_text_fold(arena, text), VOUCH_NUMBER_AMOUNT);
}

static char *number_value(vouch_arena *arena, const char *text)
{
    static const char *const units[] = {"%", "公里", "千米", "KM", "km", "Km"};
    char *folded = vouch_text_fold(arena, text);
    size_t length = strlen(folded);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        size_t size = strlen(units[i]);
        if (length > size && strcmp(folded + length - size, units[i]) == 0) {
            folded[length - size] = '\0';
            break;
        }
    }
    return number_of(arena, folded, VOUCH_NUMBER_PLAIN);
}

static char *date_value(vouch_arena *arena, const char *text)
{
    vouch_moment m;
    if (!vouch_moment_parse(vouch_text_fold(arena, text), &m) || !m.has_date)
        return NULL;
    return vouch_arena_printf(arena, "%04d-%02d-%02d", m.year, m.month, m.day);
}

static char *print_time(vouch_arena *arena, const vouch_moment *m)
{
    return m->has_seconds ? vouch_arena_printf(arena, "%02d:%02d:%02d", m->hour, m->minute, m->second)
                          : vouch_arena_printf(arena, "%02d:%02d", m->hour, m->minute);
}

static char *time_value(vouch_arena *arena, const char *text)
{
    vouch_moment m;
    char *folded = vouch_text_fold(arena, text);
    size_t length = strlen(folded);
    /* Data formats write hhmm and hhmmss; as a time that is clear, as anything else it would not be. */
    if ((length == 4 || length == 6) && strspn(folded, "0123456789") == length)
        folded = vouch_arena_printf(arena, "%.2s:%.2s%s%s", folded, folded + 2, length == 6 ? ":" : "", folded + 4);
    if (!vouch_moment_parse(folded, &m) || !m.has_time)
        return NULL;
    return print_time(arena, &m);
}

static char *datetime_value(vouch_arena *arena, const char *text)
{
    vouch_moment m;
    if (!vouch_moment_parse(vouch_text_fold(arena, text), &m) || !m.has_date || !m.has_time)
        return NULL;
    return vouch_arena_printf(arena, "%04d-%02d-%02dT%02d:%02d%s", m.year, m.month, m.day, m.hour, m.minute, m.zone);
}

/* Only what names one currency: "¥" is two, "$" is twenty. Upper case, as vouch_text_compact leaves them. */
static const char *const currency_words[][2] = {
    {"RMB", "CNY"}, {"人民币", "CNY"}, {"人民币元", "CNY"}, {"元", "CNY"}, {"CN¥", "CNY"}, {"JP¥", "JPY"},
    {"円", "JPY"},  {"€", "EUR"},      {"EURO", "EUR"},     {"£", "GBP"},  {"US$", "USD"}, {"HK$", "HKD"},
    {"NT$", "TWD"}, {"R$", "BRL"},     {"RM", "MYR"},       {"₹", "INR"},  {"₩", "KRW"},   {"원", "KRW"},
    {"₽", "RUB"}, {"₺", "TRY"},      {"₫", "VND"},        {"฿", "THB"},  {"₱", "PHP"},   {"₪", "ILS"},
    {"₴", "UAH"},   {"ZŁ", "PLN"},     {"KČ", "CZK"},       {"FT", "HUF"},
};

static char *currency_value(vouch_arena *arena, const char *text)
{
    char *compact = vouch_text_compact(arena, text);
    if (vouch_currency_known(compact))
        return compact;
    for (size_t i = 0; i < sizeof currency_words / sizeof currency_words[0]; i++)
        if (strcmp(currency_words[i][0], compact) == 0)
            return vouch_arena_strdup(arena, currency_words[i][1]);
    return NULL;
}

char *vouch_value_normalise(vouch_arena *arena, vouch_value_type type, const char *text)
{
    static char *(*const normalise[])(vouch_arena *, const char *) = {
        [VOUCH_VALUE_TEXT] = text_value,         [VOUCH_VALUE_ID] = id_value,
        [VOUCH_VALUE_AMOUNT] = amount_value,     [VOUCH_VALUE_NUMBER] = number_value,
        [VOUCH_VALUE_DATE] = date_value,         [VOUCH_VALUE_TIME] = time_value,
        [VOUCH_VALUE_DATETIME] = datetime_value, [VOUCH_VALUE_CURRENCY] = currency_value,
    };
    if (!text || (unsigned)type >= sizeof normalise / sizeof normalise[0])
        return NULL;
    return normalise[type](arena, text);
}
