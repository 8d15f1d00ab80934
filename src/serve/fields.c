/** Values out of bodies, queries and headers; every error names the field. */
#include <stdlib.h>
#include <string.h>

#include "http.h"
#include "vouch/money.h"
#include "vouch/text.h"

enum {
    LONGEST_WAIT_SECONDS = 60
};

vouch_code http_field_text(const json_t *object, const char *name, size_t maximum, const char **out, vouch_error *err)
{
    const json_t *member = json_object_get(object, name);
    if (!member || json_is_null(member)) {
        *out = NULL;
        return VOUCH_OK;
    }
    if (!json_is_string(member))
        return vouch_fail(err, VOUCH_INVALID_FIELD, "%s: must be text", name);
    if (json_string_length(member) > maximum)
        return vouch_fail(err, VOUCH_INVALID_FIELD, "%s: at most %zu bytes", name, maximum);
    if (strlen(json_string_value(member)) != json_string_length(member))
        return vouch_fail(err, VOUCH_INVALID_FIELD, "%s: must not hold NUL", name);
    *out = json_string_value(member);
    return VOUCH_OK;
}

vouch_code http_field_amount(const json_t *object, const char *name, const char *currency, int64_t *minor, bool *found,
                             vouch_error *err)
{
    const char *text = NULL;
    if (json_is_number(json_object_get(object, name)))
        return vouch_fail(err, VOUCH_INVALID_FIELD, "%s: amounts are text (\"12.50\"), so that no digit is lost", name);
    VOUCH_TRY(http_field_text(object, name, 32, &text, err));
    *found = text != NULL;
    if (text && vouch_amount_minor(text, currency, minor) != VOUCH_OK)
        return vouch_fail(err, VOUCH_INVALID_FIELD, "%s: \"%s\" is no amount in %s", name, text, currency);
    return VOUCH_OK;
}

vouch_code http_field_only(const json_t *object, const char *const *names, vouch_error *err)
{
    const char *member;
    json_t *value;
    json_object_foreach((json_t *)object, member, value)
    {
        (void)value;
        size_t i = 0;
        while (names[i] && strcmp(names[i], member) != 0)
            i++;
        if (!names[i])
            return vouch_fail(err, VOUCH_INVALID_FIELD, "%s: there is no such member", member);
    }
    return VOUCH_OK;
}

vouch_code http_param_id(const http_request *request, int index, const char **out, vouch_error *err)
{
    const char *text = request->params[index];
    bool good = strlen(text) == VOUCH_ID_SIZE - 1;
    for (int i = 0; good && text[i]; i++)
        good = i == 8 || i == 13 || i == 18 || i == 23 ? text[i] == '-' : strchr("0123456789abcdef", text[i]) != NULL;
    if (!good)
        return vouch_fail(err, VOUCH_NOT_FOUND, "there is nothing at this address");
    *out = text;
    return VOUCH_OK;
}

vouch_code http_if_match(const http_request *request, int64_t *version, vouch_error *err)
{
    const char *header = http_header(request, "If-Match");
    *version = 0;
    if (!header || strcmp(header, "*") == 0)
        return VOUCH_OK;
    char *end = NULL;
    long long number = header[0] == '"' ? strtoll(header + 1, &end, 10) : 0;
    if (number <= 0 || !end || strcmp(end, "\"") != 0)
        return vouch_fail(err, VOUCH_PRECONDITION, "If-Match: %s was never the ETag of anything", header);
    *version = number;
    return VOUCH_OK;
}

int http_prefer_wait(const http_request *request)
{
    const char *header = http_header(request, "Prefer");
    const char *wait = header ? strstr(header, "wait=") : NULL;
    if (!wait || (wait != header && !strchr(" ,;", wait[-1])))
        return 0;
    long seconds = strtol(wait + 5, NULL, 10);
    return seconds < 0 ? 0 : seconds > LONGEST_WAIT_SECONDS ? LONGEST_WAIT_SECONDS : (int)seconds;
}

vouch_code http_query_int(const http_request *request, const char *name, int least, int most, int *out,
                          vouch_error *err)
{
    const char *text = http_query(request, name);
    if (!text)
        return VOUCH_OK;
    char *end = NULL;
    long number = strtol(text, &end, 10);
    if (end == text || *end || number < least || number > most)
        return vouch_fail(err, VOUCH_INVALID_FIELD, "%s: a number from %d to %d", name, least, most);
    *out = (int)number;
    return VOUCH_OK;
}
