#include <criterion/criterion.h>
#include <string.h>

#include "request.h"

static vouch_code parse(const char *type, const char *body, size_t length, json_t **out)
{
    VOUCH_CLEANUP(test_request_free) http_request *request = test_request_new("POST", "/");
    const http_route route = {"POST", "/", HTTP_BODY_JSON, 0, NULL, false, NULL};
    request->route = &route;
    request->body.maximum = 64;
    test_request_set("Content-Type", type);
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_code code = length ? http_body_take(request, body, length, &err) : VOUCH_OK;
    if (code == VOUCH_OK)
        code = http_body_end(request, &err);
    return code == VOUCH_OK ? http_body_json(request, out, &err) : code;
}

Test(body, json_objects)
{
    static const struct {
        const char *type, *body;
        vouch_code code;
    } rows[] = {
        {NULL, "", VOUCH_OK},
        {"text/plain", "", VOUCH_OK},
        {NULL, "{}", VOUCH_OK},
        {"application/json", "{\"a\": \"一\"}", VOUCH_OK},
        {"application/json;charset=utf-8", " {} ", VOUCH_OK},
        {"APPLICATION/JSON", "{}", VOUCH_OK},
        {"application/jsonp", "{}", VOUCH_WRONG_MEDIA_TYPE},
        {"text/plain", "{}", VOUCH_WRONG_MEDIA_TYPE},
        {"", "{}", VOUCH_WRONG_MEDIA_TYPE},
        {NULL, "[]", VOUCH_BAD_REQUEST},
        {NULL, "1", VOUCH_BAD_REQUEST},
        {NULL, "null", VOUCH_BAD_REQUEST},
        {NULL, "{", VOUCH_BAD_REQUEST},
        {NULL, "{}{}", VOUCH_BAD_REQUEST},
        {NULL, "{\"a\":1,\"a\":2}", VOUCH_BAD_REQUEST},
        {NULL, "{\"a\":\"\xff\"}", VOUCH_BAD_REQUEST},
        {NULL, "{\"a\":\"\\u0000\"}", VOUCH_BAD_REQUEST},
        {NULL, "{'a':1}", VOUCH_BAD_REQUEST},
        {NULL, "{\"a\":1e999}", VOUCH_BAD_REQUEST},
        {NULL, "{\"a\":99999999999999999999999999}", VOUCH_BAD_REQUEST},
        {NULL, "{\"a\":\"0123456789012345678901234567890123456789012345678901234567890123\"}", VOUCH_TOO_LARGE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *object = NULL;
        vouch_code code = parse(rows[i].type, rows[i].body, strlen(rows[i].body), &object);
        cr_expect_eq(code, rows[i].code, "%s of %s: %d", rows[i].body, rows[i].type, code);
        cr_expect_eq(json_is_object(object), rows[i].code == VOUCH_OK, "%s", rows[i].body);
        json_decref(object);
    }
}

Test(body, a_nul_after_the_object_is_no_json)
{
    json_t *object = NULL;
    cr_expect_eq(parse(NULL, "{}", 3, &object), VOUCH_BAD_REQUEST);
    cr_expect_null(object);
}
