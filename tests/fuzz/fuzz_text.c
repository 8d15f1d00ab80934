/**
 * Any text as a value. Properties: what normalises is its own normal form; folding is idempotent and gives UTF-8 when
 * it was given UTF-8; a Chinese amount that parses prints to words that parse to the same; a date is one.
 */
#include <string.h>

#include "vouch/money.h"
#include "vouch/text.h"

#include "property.h"

static void check_fold(vouch_arena *arena, char *(*fold)(vouch_arena *, const char *), const char *text)
{
    const char *folded = fold(arena, text);
    REQUIRE(vouch_utf8_valid(folded, strlen(folded)));
    REQUIRE(strcmp(fold(arena, folded), folded) == 0);
}

static void check_value(vouch_arena *arena, vouch_value_type type, const char *text)
{
    const char *value = vouch_value_normalise(arena, type, text);
    if (!value)
        return;
    REQUIRE(*value && vouch_utf8_valid(value, strlen(value)));
    const char *again = vouch_value_normalise(arena, type, value);
    REQUIRE(again && strcmp(again, value) == 0);

    vouch_decimal decimal;
    int64_t days;
    if (type == VOUCH_VALUE_AMOUNT || type == VOUCH_VALUE_NUMBER)
        REQUIRE(vouch_decimal_parse(value, &decimal) != VOUCH_BAD_FORMAT);
    if (type == VOUCH_VALUE_DATE) {
        char printed[11];
        REQUIRE(vouch_date_to_days(value, &days));
        vouch_date_from_days(days, printed);
        REQUIRE(strcmp(printed, value) == 0);
    }
}

static void check_words(vouch_arena *arena, const char *text)
{
    int64_t fen, again;
    if (!vouch_chinese_amount_parse(text, &fen))
        return;
    const char *words = vouch_chinese_amount_print(arena, fen);
    REQUIRE(!words || (vouch_chinese_amount_parse(words, &again) && again == fen));
}

/* Print and parse a decimal made of the input's first bytes. */
static void check_decimal(const uint8_t *data, size_t size)
{
    vouch_decimal value = {0}, again;
    if (size < sizeof value.units + 1)
        return;
    memcpy(&value.units, data, sizeof value.units);
    value.scale = data[sizeof value.units] % (VOUCH_DECIMAL_MAX_SCALE + 1);
    char printed[64];
    REQUIRE(vouch_decimal_print(value, 0, printed, sizeof printed) < sizeof printed);
    if (value.units != INT64_MIN)
        REQUIRE(vouch_decimal_parse(printed, &again) == VOUCH_OK && vouch_decimal_compare(value, again) == 0);
    vouch_decimal rounded = vouch_decimal_round(value, 2);
    REQUIRE(vouch_decimal_compare(vouch_decimal_round(rounded, 2), rounded) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vouch_arena *arena = vouch_arena_new();
    if (!arena)
        return 0;
    const char *text = vouch_arena_strndup(arena, (const char *)data, size);
    check_fold(arena, vouch_text_fold, text);
    check_fold(arena, vouch_text_compact, text);
    check_fold(arena, vouch_text_fold_name, text);
    for (int type = VOUCH_VALUE_TEXT; type <= VOUCH_VALUE_CURRENCY; type++)
        check_value(arena, (vouch_value_type)type, text);
    check_words(arena, text);
    check_decimal(data, size);
    vouch_decimal any;
    if (vouch_decimal_parse(text, &any) == VOUCH_OK)
        REQUIRE(any.scale >= 0 && any.scale <= VOUCH_DECIMAL_MAX_SCALE);
    size_t half = strlen(text) / 2;
    const char *left = vouch_arena_strndup(arena, text, half < 64 ? half : 64), *right = text + half;
    int distance = vouch_text_distance(left, right, 8);
    REQUIRE(distance >= 0 && distance <= 9 && distance == vouch_text_distance(right, left, 8));
    vouch_arena_free(&arena);
    return 0;
}
