#include <criterion/criterion.h>
#include <string.h>

#include "request.h"

static json_t *object_of(const char *text)
{
    json_t *object = json_loads(text, JSON_ALLOW_NUL, NULL);
    cr_assert(object, "%s", text);
    return object;
}

Test(fields, text)
{
    static const struct {
        const char *body;
        vouch_code code;
        const char *value;
    } rows[] = {
        {"{}", VOUCH_OK, NULL},
        {"{\"f\": null}", VOUCH_OK, NULL},
        {"{\"f\": \"\"}", VOUCH_OK, ""},
        {"{\"f\": \"12345678\"}", VOUCH_OK, "12345678"},
        {"{\"f\": \"123456789\"}", VOUCH_INVALID_FIELD, NULL},
        {"{\"f\": \"一二三四五六七八\"}", VOUCH_OK, "一二三四五六七八"},
        {"{\"f\": \"一二三四五六七八九\"}", VOUCH_INVALID_FIELD, NULL},
        {"{\"f\": 1}", VOUCH_INVALID_FIELD, NULL},
        {"{\"f\": true}", VOUCH_INVALID_FIELD, NULL},
        {"{\"f\": [\"x\"]}", VOUCH_INVALID_FIELD, NULL},
        {"{\"f\": {}}", VOUCH_INVALID_FIELD, NULL},
        {"{\"f\": \"a\\u0000b\"}", VOUCH_INVALID_FIELD, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *object = object_of(rows[i].body);
        vouch_error err = VOUCH_ERROR_INIT;
        const char *value = NULL;
        cr_expect_eq(http_field_text(object, "f", 8, &value, &err), rows[i].code, "%s", rows[i].body);
        cr_expect(rows[i].value ? value && strcmp(value, rows[i].value) == 0 : !value, "%s", rows[i].body);
        cr_expect(rows[i].code == VOUCH_OK || strncmp(err.message, "f: ", 3) == 0, "%s: %s", rows[i].body, err.message);
        json_decref(object);
    }
}

Test(fields, amounts_have_the_digits_of_their_currency)
{
    static const struct {
        const char *body, *currency;
        vouch_code code;
        bool found;
        int64_t minor;
    } rows[] = {
        {"{}", "CNY", VOUCH_OK, false, 0},
        {"{\"f\": null}", "CNY", VOUCH_OK, false, 0},
        {"{\"f\": \"12.50\"}", "CNY", VOUCH_OK, true, 1250},
        {"{\"f\": \"-0.01\"}", "CNY", VOUCH_OK, true, -1},
        {"{\"f\": \"12\"}", "JPY", VOUCH_OK, true, 12},
        {"{\"f\": \"12.5\"}", "JPY", VOUCH_INVALID_FIELD, false, 0},
        {"{\"f\": \"12.505\"}", "CNY", VOUCH_INVALID_FIELD, false, 0},
        {"{\"f\": \"12.505\"}", "KWD", VOUCH_OK, true, 12505},
        {"{\"f\": \"x\"}", "CNY", VOUCH_INVALID_FIELD, false, 0},
        {"{\"f\": \"\"}", "CNY", VOUCH_INVALID_FIELD, false, 0},
        {"{\"f\": 12.5}", "CNY", VOUCH_INVALID_FIELD, false, 0},
        {"{\"f\": 12}", "CNY", VOUCH_INVALID_FIELD, false, 0},
        {"{\"f\": \"92233720368547758.08\"}", "CNY", VOUCH_INVALID_FIELD, false, 0},
        {"{\"f\": \"1000000000000000000000000000000000\"}", "CNY", VOUCH_INVALID_FIELD, false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *object = object_of(rows[i].body);
        bool found = false;
        int64_t minor = 0;
        cr_expect_eq(http_field_amount(object, "f", rows[i].currency, &minor, &found, NULL), rows[i].code, "%s in %s",
                     rows[i].body, rows[i].currency);
        if (rows[i].code == VOUCH_OK)
            cr_expect(found == rows[i].found && minor == rows[i].minor, "%s in %s: %lld", rows[i].body,
                      rows[i].currency, (long long)minor);
        json_decref(object);
    }
}

Test(fields, unknown_members_are_named)
{
    static const char *const names[] = {"a", "b", NULL};
    json_t *good = object_of("{\"b\": 1}"), *bad = object_of("{\"a\": 1, \"reaosn\": 2}");
    vouch_error err = VOUCH_ERROR_INIT;
    cr_expect_eq(http_field_only(good, names, NULL), VOUCH_OK);
    cr_expect_eq(http_field_only(bad, names, &err), VOUCH_INVALID_FIELD);
    cr_expect(strstr(err.message, "reaosn"), "%s", err.message);
    json_decref(good);
    json_decref(bad);
}

Test(fields, ids_are_uuids_in_lower_case)
{
    static const struct {
        const char *text;
        bool good;
    } rows[] = {{"01a21065-6e98-764c-b09e-f96d0d9145af", true},   {"01A21065-6E98-764C-B09E-F96D0D9145AF", false},
                {"01a21065-6e98-764c-b09e-f96d0d9145a", false},   {"01a21065-6e98-764c-b09e-f96d0d9145aff", false},
                {"01a210656e98-764c-b09e-f96d0d9145af-", false},  {"01a21065-6e98-764c-b09e-f96d0d9145ag", false},
                {"01a21065-6e98-764c-b09e-f96d0d9145a\n", false}, {"", false}};
    VOUCH_CLEANUP(test_request_free) http_request *request = test_request_new("GET", "/");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *id = NULL;
        request->params[0] = rows[i].text;
        cr_expect_eq(http_param_id(request, 0, &id, NULL), rows[i].good ? VOUCH_OK : VOUCH_NOT_FOUND, "%s",
                     rows[i].text);
        cr_expect_eq(id, rows[i].good ? rows[i].text : NULL, "%s", rows[i].text);
    }
}

Test(fields, if_match)
{
    static const struct {
        const char *header;
        vouch_code code;
        int64_t version;
    } rows[] = {{NULL, VOUCH_OK, 0},
                {"*", VOUCH_OK, 0},
                {"\"7\"", VOUCH_OK, 7},
                {"7", VOUCH_PRECONDITION, 0},
                {"\"0\"", VOUCH_PRECONDITION, 0},
                {"\"-1\"", VOUCH_PRECONDITION, 0},
                {"\"7", VOUCH_PRECONDITION, 0},
                {"\"7\", \"8\"", VOUCH_PRECONDITION, 0},
                {"W/\"7\"", VOUCH_PRECONDITION, 0},
                {"\"99999999999999999999\"", VOUCH_PRECONDITION, 0},
                {"\"+7\"", VOUCH_PRECONDITION, 0},
                {"\" 7\"", VOUCH_PRECONDITION, 0},
                {"\"07\"", VOUCH_PRECONDITION, 0},
                {"", VOUCH_PRECONDITION, 0}};
    VOUCH_CLEANUP(test_request_free) http_request *request = test_request_new("PUT", "/");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t version = 0;
        test_request_set("If-Match", rows[i].header);
        cr_expect_eq(http_if_match(request, &version, NULL), rows[i].code, "%s", rows[i].header);
        cr_expect_eq(version, rows[i].version, "%s: %lld", rows[i].header, (long long)version);
    }
}

Test(fields, prefer_wait)
{
    static const struct {
        const char *header;
        int seconds;
    } rows[] = {{NULL, 0},
                {"", 0},
                {"wait=10", 10},
                {"respond-async, wait=10", 10},
                {"respond-async; wait=10", 10},
                {"wait=61", 60},
                {"wait=99999999999999999999", 60},
                {"wait=-5", 0},
                {"wait=", 0},
                {"wait=x", 0},
                {"await=10", 0},
                {"return=minimal", 0}};
    VOUCH_CLEANUP(test_request_free) http_request *request = test_request_new("GET", "/");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        test_request_set("Prefer", rows[i].header);
        cr_expect_eq(http_prefer_wait(request), rows[i].seconds, "%s: %d", rows[i].header, http_prefer_wait(request));
    }
}

Test(fields, numbers_of_a_query)
{
    static const struct {
        const char *text;
        vouch_code code;
        int value;
    } rows[] = {{NULL, VOUCH_OK, -1},
                {"1", VOUCH_OK, 1},
                {"200", VOUCH_OK, 200},
                {"0", VOUCH_INVALID_FIELD, -1},
                {"201", VOUCH_INVALID_FIELD, -1},
                {"", VOUCH_INVALID_FIELD, -1},
                {"5x", VOUCH_INVALID_FIELD, -1},
                {" 5", VOUCH_INVALID_FIELD, -1},
                {"+5", VOUCH_INVALID_FIELD, -1},
                {"05", VOUCH_INVALID_FIELD, -1},
                {"1e1", VOUCH_INVALID_FIELD, -1},
                {"99999999999999999999", VOUCH_INVALID_FIELD, -1}};
    VOUCH_CLEANUP(test_request_free) http_request *request = test_request_new("GET", "/");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int value = -1;
        test_request_set("limit", rows[i].text);
        cr_expect_eq(http_query_int(request, "limit", 1, 200, &value, NULL), rows[i].code, "%s", rows[i].text);
        cr_expect_eq(value, rows[i].value, "%s: %d", rows[i].text, value);
    }
}
