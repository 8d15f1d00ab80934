/**
 * Statements: how readers put down what they saw, in the normal forms of READING.
 *
 * Machine-readable sources write decimals with a point and nothing else (xsd:decimal), so that "1.234" there is one
 * and a bit, while on a page it may be one thousand; this is the one place that knows the difference.
 */
#include <ctype.h>
#include <string.h>

#include "vouch/money.h"
#include "vouch/text.h"

#include "readers.h"

static const char blanks[] = " \t\r\n";

static bool machine_readable(vouch_source source)
{
    switch (source) {
    case VOUCH_SOURCE_XML:
    case VOUCH_SOURCE_OFD_ATTACHMENT:
    case VOUCH_SOURCE_XBRL:
    case VOUCH_SOURCE_PDF_ATTACHMENT:
    case VOUCH_SOURCE_OFD_TAG:
    case VOUCH_SOURCE_QR:
        return true;
    default:
        return false;
    }
}

/**
 * The normal form of an xsd:decimal: no plus sign, no leading zeros, a digit before the point, all digits behind it.
 * @return NULL when the text is none
 */
static char *normalise_plain_decimal(vouch_arena *arena, const char *text)
{
    text += strspn(text, blanks);
    bool negative = *text == '-';
    if (*text == '-' || *text == '+')
        text++;
    size_t whole = strspn(text, "0123456789");
    const char *rest = text + whole;
    size_t decimals = 0;
    if (*rest == '.') {
        decimals = strspn(rest + 1, "0123456789");
        rest += 1 + decimals;
    }
    if (whole + decimals == 0 || rest[strspn(rest, blanks)] != '\0')
        return NULL;
    const char *fraction = text + whole + 1;
    while (whole > 1 && *text == '0') {
        text++;
        whole--;
    }
    return vouch_arena_printf(arena, "%s%.*s%s%.*s", negative ? "-" : "", whole ? (int)whole : 1, whole ? text : "0",
                              decimals ? "." : "", (int)decimals, decimals ? fraction : "");
}

/** Does the text begin with the shape ('0' stands for any digit)? */
static bool has_shape(const char *text, const char *shape)
{
    for (; *shape; text++, shape++)
        if (*shape == '0' ? !isdigit((unsigned char)*text) : *text != *shape)
            return false;
    return true;
}

/**
 * Cut a time zone, a time or fractions of a second off: "2024-09-07+03:00", "20130305121500", "17:41:08Z".
 */
static const char *cut_machine_time(vouch_arena *arena, vouch_value_type type, const char *text)
{
    static const struct {
        vouch_value_type type;
        const char *shape;
    } shapes[] = {
        {VOUCH_VALUE_DATE, "0000-00-00"},
        {VOUCH_VALUE_DATE, "00000000"},
        {VOUCH_VALUE_TIME, "00:00:00"},
        {VOUCH_VALUE_TIME, "00:00"},
    };
    text += strspn(text, blanks);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (shapes[i].type == type && has_shape(text, shapes[i].shape))
            return vouch_arena_strndup(arena, text, strlen(shapes[i].shape));
    return text;
}

static char *normalise(vouch_arena *arena, vouch_value_type type, vouch_source source, const char *text)
{
    if (machine_readable(source)) {
        char *plain = NULL;
        if (type == VOUCH_VALUE_AMOUNT || type == VOUCH_VALUE_NUMBER)
            plain = normalise_plain_decimal(arena, text);
        if (plain)
            return plain;
        text = cut_machine_time(arena, type, text);
    }
    char *value = vouch_value_normalise(arena, type, text);
    return value && *value ? value : NULL;
}

static bool blank(const char *text)
{
    return !text || text[strspn(text, blanks)] == '\0';
}

static vouch_evidence *fill(vouch_arena *arena, vouch_evidence *evidence, vouch_value_type type, vouch_source source,
                            const char *text, double confidence)
{
    if (blank(text))
        return NULL;
    char *value = normalise(arena, type, source, text);
    if (!value)
        return NULL;
    *evidence = (vouch_evidence){
        .source = source, .value = value, .text = vouch_arena_strdup(arena, text), .confidence = confidence};
    return evidence;
}

vouch_statement *vouch_statement_new(vouch_arena *arena, vouch_statements *statements, vouch_source source, int part)
{
    vouch_statement *statement = vouch_arena_alloc(arena, sizeof *statement);
    statement->source = source;
    statement->part = part;
    statement->lines.read = statement->taxes.read = statements->rows;
    statement->allowances.read = statement->segments.read = statements->rows;
    *VOUCH_ARENA_PUSH(arena, statements->items, statements->count, statements->capacity) = statement;
    return statement;
}

vouch_evidence *vouch_statement_set(vouch_arena *arena, vouch_statement *statement, vouch_field field, const char *text,
                                    double confidence)
{
    return fill(arena, &statement->fields[field], vouch_field_type(field), statement->source, text, confidence);
}

vouch_evidence *vouch_item_set(vouch_arena *arena, vouch_item *item, vouch_item_field field, const char *text,
                               vouch_source source, double confidence)
{
    return fill(arena, &item->members[field], vouch_item_field_type(field), source, text, confidence);
}

vouch_item *vouch_items_add(vouch_arena *arena, vouch_items *items)
{
    if (items->count > VOUCH_ROWS_MAXIMUM || (items->read && *items->read == VOUCH_ROWS_READ_MAXIMUM))
        return NULL;
    if (items->read)
        ++*items->read;
    return VOUCH_ARENA_PUSH(arena, items->items, items->count, items->capacity);
}

void vouch_statement_add_extra(vouch_arena *arena, vouch_statement *statement, const char *name, const char *value)
{
    if (blank(value))
        return;
    char *folded = vouch_text_fold(arena, value);
    if (!folded || !*folded)
        return;
    *VOUCH_ARENA_PUSH(arena, statement->extras, statement->extra_count, statement->extra_capacity) =
        (vouch_extra){.name = name, .value = folded};
}

static const struct rate_word {
    const char *word, *category, *percent;
} rate_words[] = {
    {"不征税", "not_taxable", ""}, /* before 征 forms, and longer before shorter */
    {"免税", "exempt", ""},        {"免征", "exempt", ""}, {"零税率", "zero", "0"}, {"***", "masked", ""},
};

vouch_rate vouch_rate_parse(const char *text, bool fraction)
{
    vouch_rate rate = {.category = NULL};
    if (blank(text))
        return rate;
    for (size_t i = 0; i < sizeof rate_words / sizeof *rate_words; i++) {
        if (strstr(text, rate_words[i].word)) {
            rate.category = rate_words[i].category;
            memcpy(rate.percent, rate_words[i].percent, strlen(rate_words[i].percent) + 1);
            return rate;
        }
    }
    char digits[24];
    text += strspn(text, blanks);
    size_t length = strspn(text, "0123456789.");
    const char *rest = text + length;
    rest += strspn(rest, blanks);
    bool percent = *rest == '%' || strncmp(rest, "％", strlen("％")) == 0;
    if (length == 0 || length >= sizeof digits || (*rest && !percent))
        return rate;
    memcpy(digits, text, length);
    digits[length] = '\0';
    vouch_decimal value;
    if (vouch_decimal_parse(digits, &value) != VOUCH_OK)
        return rate;
    const vouch_decimal one = {.units = 1}, hundred = {.units = 100};
    if (fraction && !percent && vouch_decimal_compare(value, one) < 0 &&
        vouch_decimal_multiply(value, hundred, &value) != VOUCH_OK)
        return rate;
    if (vouch_decimal_compare(value, hundred) > 0)
        return rate;
    vouch_decimal_print(value, /* minimum_scale= */ 0, rate.percent, sizeof rate.percent);
    rate.category = value.units == 0 ? "zero" : "standard";
    return rate;
}

static void pad(vouch_arena *arena, vouch_evidence *evidence, int digits)
{
    vouch_decimal value;
    if (!evidence->value || vouch_decimal_parse(evidence->value, &value) != VOUCH_OK)
        return;
    char text[48];
    vouch_decimal_print(value, digits, text, sizeof text);
    if (strcmp(text, evidence->value) != 0)
        evidence->value = vouch_arena_strdup(arena, text);
}

void vouch_statement_pad_amounts(vouch_arena *arena, vouch_statement *statement)
{
    const char *currency = statement->fields[VOUCH_FIELD_CURRENCY].value;
    int digits = vouch_currency_digits(currency ? currency : "");
    for (int field = 0; field < VOUCH_FIELD_COUNT; field++)
        if (vouch_field_type((vouch_field)field) == VOUCH_VALUE_AMOUNT)
            pad(arena, &statement->fields[field], digits);
    vouch_items *const lists[] = {&statement->lines, &statement->taxes, &statement->allowances, &statement->segments};
    for (size_t list = 0; list < sizeof lists / sizeof *lists; list++)
        for (size_t i = 0; i < lists[list]->count; i++)
            for (int field = 0; field < VOUCH_ITEM_COUNT; field++)
                if (vouch_item_field_type((vouch_item_field)field) == VOUCH_VALUE_AMOUNT)
                    pad(arena, &lists[list]->items[i].members[field], digits);
}

void vouch_item_put_rate(vouch_arena *arena, vouch_item *item, const char *text, bool fraction, vouch_source source,
                         double confidence)
{
    vouch_rate rate = vouch_rate_parse(text, fraction);
    if (vouch_item_set(arena, item, VOUCH_ITEM_TAX_RATE, rate.percent, source, confidence))
        item->members[VOUCH_ITEM_TAX_RATE].text = vouch_arena_strdup(arena, text);
    if (vouch_item_set(arena, item, VOUCH_ITEM_TAX_CATEGORY, rate.category, source, confidence))
        item->members[VOUCH_ITEM_TAX_CATEGORY].text = vouch_arena_strdup(arena, text);
}
