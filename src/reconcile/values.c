/**
 * Comparing what sources say: equal is decided by the meaning of a field, not by its letters.
 */
#include <string.h>

#include "merge.h"
#include "vouch/text.h"

bool source_is_data(vouch_source source)
{
    switch (source) {
    case VOUCH_SOURCE_XML:
    case VOUCH_SOURCE_OFD_ATTACHMENT:
    case VOUCH_SOURCE_XBRL:
    case VOUCH_SOURCE_PDF_ATTACHMENT:
    case VOUCH_SOURCE_OFD_TAG:
    case VOUCH_SOURCE_REGISTRY:
        return true;
    default:
        return false;
    }
}

bool source_is_page(vouch_source source)
{
    switch (source) {
    case VOUCH_SOURCE_TEXT:
    case VOUCH_SOURCE_QR:
    case VOUCH_SOURCE_BARCODE:
    case VOUCH_SOURCE_OCR:
        return true;
    default:
        return false;
    }
}

static bool decimals_equal(const char *a, const char *b)
{
    vouch_decimal first, second;
    return vouch_decimal_parse(a, &first) == VOUCH_OK && vouch_decimal_parse(b, &second) == VOUCH_OK &&
           vouch_decimal_compare(first, second) == 0;
}

static bool texts_agree(vouch_arena *arena, const char *a, const char *b)
{
    return strcmp(vouch_text_fold_name(arena, a), vouch_text_fold_name(arena, b)) == 0;
}

static bool typed_values_agree(vouch_arena *arena, vouch_value_type type, const char *a, const char *b)
{
    if (strcmp(a, b) == 0)
        return true;
    switch (type) {
    case VOUCH_VALUE_AMOUNT:
    case VOUCH_VALUE_NUMBER:
        return decimals_equal(a, b);
    case VOUCH_VALUE_TIME:
    case VOUCH_VALUE_DATETIME: {
        /* One source may state seconds, another not. */
        const size_t shorter = strlen(a) < strlen(b) ? strlen(a) : strlen(b);
        return shorter >= strlen("hh:mm") && strncmp(a, b, shorter) == 0;
    }
    case VOUCH_VALUE_TEXT:
        return texts_agree(arena, a, b);
    default:
        return false;
    }
}

bool values_agree(vouch_arena *arena, vouch_field field, const char *a, const char *b)
{
    int64_t first, second;

    /* "伍拾圆整" and "伍拾元整" are the same amount. */
    if (field == VOUCH_FIELD_GROSS_IN_WORDS && vouch_chinese_amount_parse(a, &first) &&
        vouch_chinese_amount_parse(b, &second))
        return first == second;
    return typed_values_agree(arena, vouch_field_type(field), a, b);
}

bool item_values_agree(vouch_arena *arena, vouch_item_field field, const char *a, const char *b)
{
    return typed_values_agree(arena, vouch_item_field_type(field), a, b);
}

const char *pad_amount(vouch_arena *arena, const char *amount, const char *currency)
{
    const int digits = vouch_currency_digits(currency);
    const char *point = strchr(amount, '.');
    const int has = point ? (int)strlen(point + 1) : 0;

    if (has == digits)
        return amount;
    if (has < digits)
        return vouch_arena_printf(arena, "%s%s%.*s", amount, point ? "" : ".", digits - has, "0000");
    /* More digits than the currency has: zeros are noise, others are what the document states. */
    const char *end = amount + strlen(amount);
    const char *keep = digits > 0 ? point + 1 + digits : point;
    if (strspn(keep + (digits == 0), "0") == (size_t)(end - keep - (digits == 0)))
        return vouch_arena_strndup(arena, amount, (size_t)(keep - amount));
    return amount;
}

/** Copy text at most VOUCH_VALUE_BYTES_MAXIMUM long, cut at a character. */
const char *copy_text(vouch_arena *arena, const char *text)
{
    if (!text)
        return NULL;
    size_t length = strnlen(text, VOUCH_VALUE_BYTES_MAXIMUM + 1);
    if (length > VOUCH_VALUE_BYTES_MAXIMUM) {
        length = VOUCH_VALUE_BYTES_MAXIMUM;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
            length--;
        while (length > 0 && text[length - 1] == ' ')
            length--;
    }
    return vouch_arena_strndup(arena, text, length);
}

/** A reader's value in the form that readings promise; NULL when it has none. */
const char *copy_value(vouch_arena *arena, vouch_value_type type, const char *value)
{
    const bool number = type == VOUCH_VALUE_AMOUNT || type == VOUCH_VALUE_NUMBER;
    if (number && value[0] == '-' && !strpbrk(value, "123456789"))
        value++; /* minus nothing */
    return copy_text(arena, value);
}

bool field_decimal(const vouch_invoice *invoice, vouch_field field, vouch_decimal *out)
{
    const char *value = vouch_invoice_value(invoice, field);
    return value && vouch_decimal_parse(value, out) == VOUCH_OK;
}

bool item_decimal(const vouch_item *item, vouch_item_field field, vouch_decimal *out)
{
    const char *value = item->members[field].value;
    return value && vouch_decimal_parse(value, out) == VOUCH_OK;
}

const char *decimal_text(vouch_arena *arena, vouch_decimal value)
{
    char text[48];
    vouch_decimal_print(value, /* minimum_scale= */ 2, text, sizeof text);
    return vouch_arena_strdup(arena, text);
}

bool decimal_sum(vouch_decimal *sum, vouch_decimal value)
{
    return vouch_decimal_add(*sum, value, sum) == VOUCH_OK;
}

bool decimal_subtract(vouch_decimal a, vouch_decimal b, vouch_decimal *out)
{
    return !__builtin_sub_overflow(0, b.units, &b.units) && vouch_decimal_add(a, b, out) == VOUCH_OK;
}

bool decimal_within(vouch_decimal a, vouch_decimal b, vouch_decimal limit)
{
    vouch_decimal difference;
    if (!decimal_subtract(a, b, &difference))
        return false;
    if (difference.units < 0)
        difference.units = -difference.units;
    return vouch_decimal_compare(difference, limit) <= 0;
}
