#include "json_values.h"

#include <string.h>

#define MAXIMUM_COORDINATE   1e6
#define MAXIMUM_MILLISECONDS 1e7

/* Texts. */

vouch_code take_text(json_taker *taker, json_t *value, void *target)
{
    return json_take_text(taker, value, 0, MAXIMUM_TEXT, target);
}

vouch_code take_filled_text(json_taker *taker, json_t *value, void *target)
{
    return json_take_text(taker, value, 1, MAXIMUM_TEXT, target);
}

vouch_code take_sha256(json_taker *taker, json_t *value, void *target)
{
    VOUCH_TRY(json_take_text(taker, value, 64, 64, target));
    return json_is_hex(*(const char **)target, 64) ? VOUCH_OK : json_refuse(taker, "not a SHA-256 in lower-case hex");
}

vouch_code take_xxh3(json_taker *taker, json_t *value, void *target)
{
    VOUCH_TRY(json_take_text(taker, value, 32, 32, target));
    return json_is_hex(*(const char **)target, 32) ? VOUCH_OK : json_refuse(taker, "not an XXH3-128 in lower-case hex");
}

/** Stable names: lower-case letters, digits, and the signs that join them. */
vouch_code take_token(json_taker *taker, json_t *value, void *target)
{
    VOUCH_TRY(json_take_text(taker, value, 1, MAXIMUM_NAME, target));
    const char *text = *(const char **)target;
    return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-") == strlen(text) ? VOUCH_OK
                                                                                   : json_refuse(taker, "not a name");
}

vouch_code take_schema(json_taker *taker, json_t *value, void *target)
{
    (void)target;
    if (json_is_string(value) && strcmp(json_string_value(value), VOUCH_READING_SCHEMA) == 0)
        return VOUCH_OK;
    return json_refuse(taker, "not \"" VOUCH_READING_SCHEMA "\"");
}

/** One of the words that end with NULL; the target points to the word of the list. */
static vouch_code take_word(json_taker *taker, json_t *value, const char *const *words, void *target)
{
    for (; *words && json_is_string(value); words++) {
        if (strcmp(*words, json_string_value(value)) == 0) {
            *(const char **)target = *words;
            return VOUCH_OK;
        }
    }
    return json_refuse(taker, "not a known word");
}

vouch_code take_severity(json_taker *taker, json_t *value, void *target)
{
    static const char *const words[] = {"info", "warning", "error", NULL};
    return take_word(taker, value, words, target);
}

vouch_code take_unit(json_taker *taker, json_t *value, void *target)
{
    static const char *const words[] = {"pt", "px", NULL};
    return take_word(taker, value, words, target);
}

vouch_code take_format(json_taker *taker, json_t *value, void *target)
{
    for (int i = 0; i < VOUCH_FORMAT_COUNT && json_is_string(value); i++) {
        const char *name = vouch_format_name((vouch_format)i);
        if (strcmp(name, json_string_value(value)) == 0) {
            *(const char **)target = name;
            return VOUCH_OK;
        }
    }
    return json_refuse(taker, "not a known format");
}

/* Enumerations: the look-up functions of the vocabularies, one taker each. */
#define TAKE_ENUMERATION(function, type, lookup)                                       \
    vouch_code function(json_taker *taker, json_t *value, void *target)                \
    {                                                                                  \
        if (json_is_string(value) && lookup(json_string_value(value), (type *)target)) \
            return VOUCH_OK;                                                           \
        return json_refuse(taker, "not a known word");                                 \
    }
TAKE_ENUMERATION(take_source, vouch_source, vouch_source_lookup)
TAKE_ENUMERATION(take_kind, vouch_kind, vouch_kind_lookup)
TAKE_ENUMERATION(take_integrity, vouch_integrity, vouch_integrity_lookup)
TAKE_ENUMERATION(take_authenticity, vouch_authenticity, vouch_authenticity_lookup)
TAKE_ENUMERATION(take_agreement, vouch_agreement, vouch_agreement_lookup)
TAKE_ENUMERATION(take_time_proof, vouch_time_proof, vouch_time_proof_lookup)

vouch_code take_check_result(json_taker *taker, json_t *value, void *target)
{
    static const char *const words[] = {"pass", "fail", "skipped", NULL};
    static const vouch_check_result results[] = {VOUCH_CHECK_PASS, VOUCH_CHECK_FAIL, VOUCH_CHECK_SKIPPED};
    for (size_t i = 0; json_is_string(value) && words[i]; i++) {
        if (strcmp(words[i], json_string_value(value)) == 0) {
            *(vouch_check_result *)target = results[i];
            return VOUCH_OK;
        }
    }
    return json_refuse(taker, "not a known word");
}

vouch_code take_direction(json_taker *taker, json_t *value, void *target)
{
    static const char *const words[] = {"debit", "credit", NULL};
    const char *word = NULL;
    VOUCH_TRY(take_word(taker, value, words, &word));
    *(bool *)target = word == words[1];
    return VOUCH_OK;
}

vouch_code take_problem_type(json_taker *taker, json_t *value, void *target)
{
    const vouch_code_info *info = json_is_string(value) ? vouch_code_lookup_slug(json_string_value(value)) : NULL;
    if (!info || info->code == VOUCH_OK)
        return json_refuse(taker, "not a known problem type");
    *(vouch_code *)target = info->code;
    return VOUCH_OK;
}

/** Name of one of our fields; the target points to the name in the vocabulary. */
vouch_code take_field_name(json_taker *taker, json_t *value, void *target)
{
    vouch_field field;
    if (!json_is_string(value) || !vouch_field_lookup(json_string_value(value), &field))
        return json_refuse(taker, "not a field");
    *(const char **)target = vouch_field_name(field);
    return VOUCH_OK;
}

/* Numbers. */

vouch_code take_page_number(json_taker *taker, json_t *value, void *target)
{
    long long number;
    VOUCH_TRY(json_take_integer(taker, value, 1, MAXIMUM_PAGES, &number));
    *(int *)target = (int)number;
    return VOUCH_OK;
}

vouch_code take_index(json_taker *taker, json_t *value, void *target)
{
    long long number;
    VOUCH_TRY(json_take_integer(taker, value, 0, MAXIMUM_PARTS - 1, &number));
    *(int *)target = (int)number;
    return VOUCH_OK;
}

vouch_code take_index_or_null(json_taker *taker, json_t *value, void *target)
{
    if (!json_is_null(value))
        return take_index(taker, value, target);
    *(int *)target = -1;
    return VOUCH_OK;
}

vouch_code take_rotation(json_taker *taker, json_t *value, void *target)
{
    long long degrees;
    VOUCH_TRY(json_take_integer(taker, value, 0, 270, &degrees));
    if (degrees % 90 != 0)
        return json_refuse(taker, "not a quarter turn");
    *(int *)target = (int)degrees;
    return VOUCH_OK;
}

vouch_code take_bytes(json_taker *taker, json_t *value, void *target)
{
    long long number;
    VOUCH_TRY(json_take_integer(taker, value, 0, INT64_MAX, &number));
    *(size_t *)target = (size_t)number;
    return VOUCH_OK;
}

vouch_code take_probability(json_taker *taker, json_t *value, void *target)
{
    return json_take_number(taker, value, 0, 0.9999, target);
}

vouch_code take_size(json_taker *taker, json_t *value, void *target)
{
    return json_take_number(taker, value, 0, MAXIMUM_COORDINATE, target);
}

static vouch_code take_coordinate(json_taker *taker, json_t *value, void *target)
{
    return json_take_number(taker, value, -MAXIMUM_COORDINATE, MAXIMUM_COORDINATE, target);
}

vouch_code take_milliseconds(json_taker *taker, json_t *value, void *target)
{
    return json_take_number(taker, value, 0, MAXIMUM_MILLISECONDS, target);
}

vouch_code take_box(json_taker *taker, json_t *value, void *target)
{
    vouch_box *box = target;
    double *const edges[] = {&box->x0, &box->y0, &box->x1, &box->y1};

    if (json_array_size(value) != COUNT(edges))
        return json_refuse(taker, "not four numbers");
    for (size_t i = 0; i < COUNT(edges); i++)
        VOUCH_TRY(json_take_element(taker, i, take_coordinate, json_array_get(value, i), edges[i]));
    return VOUCH_OK;
}

static vouch_code take_point(json_taker *taker, json_t *value, void *target)
{
    double *point = target;
    if (json_array_size(value) != 2)
        return json_refuse(taker, "not two numbers");
    for (size_t i = 0; i < 2; i++)
        VOUCH_TRY(json_take_element(taker, i, take_coordinate, json_array_get(value, i), &point[i]));
    return VOUCH_OK;
}

vouch_code take_quad(json_taker *taker, json_t *value, void *target)
{
    vouch_quad *quad = target;
    if (json_array_size(value) != 4)
        return json_refuse(taker, "not four points");
    for (size_t i = 0; i < 4; i++) {
        double point[2];
        VOUCH_TRY(json_take_element(taker, i, take_point, json_array_get(value, i), point));
        quad->x[i] = point[0];
        quad->y[i] = point[1];
    }
    return VOUCH_OK;
}
