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
    if (strlen(json_string_value(member)) != json_string_length(member))
        return vouch_fail(err, VOUCH_INVALID_FIELD, "%s: must not hold NUL", name);
    if (vouch_utf8_length(json_string_value(member)) > maximum)
        return vouch_fail(err, VOUCH_INVALID_FIELD, "%s: at most %zu characters", name, maximum);
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

bool http_number(const char *text, const char *suffix, int64_t *out)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 18 || (digits > 1 && text[0] == '0') || strcmp(text + digits, suffix) != 0)
        return false;
    *out = strtoll(text, NULL, 10);
    return true;
}

vouch_code http_if_match(const http_request *request, int64_t *version, vouch_error *err)
{
    const char *header = http_header(request, "If-Match");
    *version = 0;
    if (!header || strcmp(header, "*") == 0)
        return VOUCH_OK;
    int64_t number = 0;
    if (header[0] != '"' || !http_number(header + 1, "\"", &number) || number == 0)
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
    int64_t number = 0;
    if (!http_number(text, "", &number) || number < least || number > most)
        return vouch_fail(err, VOUCH_INVALID_FIELD, "%s: a number from %d to %d", name, least, most);
    *out = (int)number;
    return VOUCH_OK;
}
