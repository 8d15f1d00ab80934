#include "json_take.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

vouch_code json_refuse(json_taker *taker, const char *what)
{
    return vouch_fail(taker->err, VOUCH_CHILD_BAD_ANSWER, "%s: %s", taker->length ? taker->pointer : "/", what);
}

static vouch_code step(json_taker *taker, const char *name, json_take take, json_t *value, void *target)
{
    const size_t before = taker->length;
    const size_t room = sizeof taker->pointer - before;
    const int printed = snprintf(taker->pointer + before, room, "/%s", name);

    taker->length += printed > 0 && (size_t)printed < room ? (size_t)printed : room - 1;
    const vouch_code code = take(taker, value, target);
    taker->length = before;
    taker->pointer[before] = '\0';
    return code;
}

vouch_code json_take_member(json_taker *taker, const char *name, json_take take, json_t *value, void *target)
{
    return step(taker, name, take, value, target);
}

vouch_code json_take_element(json_taker *taker, size_t index, json_take take, json_t *value, void *target)
{
    char name[24];
    snprintf(name, sizeof name, "%zu", index);
    return step(taker, name, take, value, target);
}

static bool is_known(const json_row *rows, size_t row_count, const char *name)
{
    for (size_t i = 0; i < row_count; i++)
        if (strcmp(rows[i].name, name) == 0)
            return true;
    return false;
}

vouch_code json_take_object(json_taker *taker, json_t *value, const json_row *rows, size_t row_count, void *target)
{
    const char *name;
    json_t *member;

    if (!json_is_object(value))
        return json_refuse(taker, "not an object");
    json_object_foreach(value, name, member)
    {
        if (!is_known(rows, row_count, name))
            return json_refuse(taker, "has a member that the schema does not know");
    }
    for (size_t i = 0; i < row_count; i++) {
        member = json_object_get(value, rows[i].name);
        if (member)
            VOUCH_TRY(json_take_member(taker, rows[i].name, rows[i].take, member, (char *)target + rows[i].offset));
        else if (rows[i].required)
            return vouch_fail(taker->err, VOUCH_CHILD_BAD_ANSWER, "%s/%s: missing", taker->pointer, rows[i].name);
    }
    return VOUCH_OK;
}

vouch_code json_take_array(json_taker *taker, json_t *value, size_t maximum, size_t size, json_take take, void *items,
                           size_t *count)
{
    const size_t length = json_array_size(value);

    if (!json_is_array(value))
        return json_refuse(taker, "not an array");
    if (length > maximum)
        return json_refuse(taker, "too many elements");
    char *const taken = length > 0 ? vouch_arena_calloc(taker->arena, length, size) : NULL;
    for (size_t i = 0; i < length; i++)
        VOUCH_TRY(json_take_element(taker, i, take, json_array_get(value, i), taken + i * size));
    memcpy(items, &taken, sizeof taken);
    *count = length;
    return VOUCH_OK;
}

vouch_code json_take_text(json_taker *taker, json_t *value, size_t minimum, size_t maximum, const char **target)
{
    if (!json_is_string(value))
        return json_refuse(taker, "not a string");
    const size_t length = json_string_length(value);
    if (length < minimum)
        return json_refuse(taker, "empty");
    if (length > maximum)
        return json_refuse(taker, "too long");
    *target = vouch_arena_strndup(taker->arena, json_string_value(value), length);
    return VOUCH_OK;
}

vouch_code json_take_integer(json_taker *taker, json_t *value, long long minimum, long long maximum, long long *target)
{
    if (!json_is_integer(value))
        return json_refuse(taker, "not an integer");
    const long long number = json_integer_value(value);
    if (number < minimum || number > maximum)
        return json_refuse(taker, "out of range");
    *target = number;
    return VOUCH_OK;
}

vouch_code json_take_number(json_taker *taker, json_t *value, double minimum, double maximum, double *target)
{
    if (!json_is_number(value))
        return json_refuse(taker, "not a number");
    const double number = json_number_value(value);
    if (!isfinite(number) || number < minimum || number > maximum)
        return json_refuse(taker, "out of range");
    *target = number;
    return VOUCH_OK;
}

bool json_is_hex(const char *text, size_t digits)
{
    return strlen(text) == digits && strspn(text, "0123456789abcdef") == digits;
}
