/**
 * A tree needs some fifty times the memory of the densest text ("[],[],…"), so that a bound on bytes alone would let
 * an answer of 16 MiB take most of a gigabyte in a long-running process.
 */
#include "json_scan.h"

#include <string.h>

/** @return the index behind the string that starts at `at` (a quotation mark), or `length` */
static size_t skip_string(const char *json, size_t length, size_t at)
{
    for (at++; at < length && json[at] != '"'; at++)
        if (json[at] == '\\')
            at++;
    return at < length ? at + 1 : length;
}

vouch_code json_scan(const char *json, size_t length, size_t maximum_bytes, size_t maximum_depth, size_t maximum_values,
                     vouch_error *err)
{
    size_t depth = 0, values = 0;

    if (length > maximum_bytes)
        return vouch_fail(err, VOUCH_CHILD_BAD_ANSWER, "%zu bytes of JSON, more than %zu", length, maximum_bytes);
    for (size_t i = 0; i < length;) {
        switch (json[i]) {
        case '"':
            i = skip_string(json, length, i);
            continue;
        case '{':
        case '[':
            depth++;
            values++;
            break;
        case '}':
        case ']':
            depth -= depth > 0;
            break;
        case ',':
            values++;
            break;
        default:
            break;
        }
        i++;
        if (depth > maximum_depth)
            return vouch_fail(err, VOUCH_CHILD_BAD_ANSWER, "JSON nested deeper than %zu", maximum_depth);
        if (values > maximum_values)
            return vouch_fail(err, VOUCH_CHILD_BAD_ANSWER, "more than %zu values of JSON", maximum_values);
    }
    return VOUCH_OK;
}
