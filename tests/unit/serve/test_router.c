#include <criterion/criterion.h>
#include <string.h>

#include "request.h"

static const http_route routes[] = {
    {"GET", "/", HTTP_BODY_NONE, 0, NULL, true, NULL},
    {"GET", "/a", HTTP_BODY_NONE, 0, NULL, true, NULL},
    {"POST", "/a", HTTP_BODY_JSON, 0, NULL, false, NULL},
    {"GET", "/a/fixed", HTTP_BODY_NONE, 0, NULL, false, NULL},
    {"GET", "/a/{x}", HTTP_BODY_NONE, 0, NULL, false, NULL},
    {"DELETE", "/a/{x}/b/{y}", HTTP_BODY_NONE, 0, NULL, false, NULL},
};
enum {
    COUNT = sizeof routes / sizeof *routes
};

Test(router, finds_routes_by_method_and_parts)
{
    static const struct {
        const char *method, *path;
        vouch_code code;
        int route;
        const char *first, *second, *allow;
    } rows[] = {
        {"GET", "/", VOUCH_OK, 0, NULL, NULL, ""},
        {"HEAD", "/", VOUCH_OK, 0, NULL, NULL, ""},
        {"GET", "/a", VOUCH_OK, 1, NULL, NULL, ""},
        {"POST", "/a", VOUCH_OK, 2, NULL, NULL, ""},
        {"GET", "/a/fixed", VOUCH_OK, 3, NULL, NULL, ""},
        {"GET", "/a/other", VOUCH_OK, 4, "other", NULL, ""},
        {"GET", "/a/fixed2", VOUCH_OK, 4, "fixed2", NULL, ""},
        {"DELETE", "/a/1/b/2", VOUCH_OK, 5, "1", "2", ""},
        {"GET", "/%61", VOUCH_OK, 1, NULL, NULL, ""},
        {"GET", "/a/x%2Fy", VOUCH_OK, 4, "x/y", NULL, ""},
        {"GET", "/a/%E4%b8%80+%20", VOUCH_OK, 4, "一+ ", NULL, ""},
        {"GET", "/a/%25", VOUCH_OK, 4, "%", NULL, ""},
        {"GET", "/a/..", VOUCH_OK, 4, "..", NULL, ""},
        {"PUT", "/a", VOUCH_METHOD_NOT_ALLOWED, -1, NULL, NULL, "GET, HEAD, POST"},
        {"HEAD", "/a/1/b/2", VOUCH_METHOD_NOT_ALLOWED, -1, NULL, NULL, "DELETE"},
        {"get", "/a", VOUCH_METHOD_NOT_ALLOWED, -1, NULL, NULL, "GET, HEAD, POST"},
        {"GET", "", VOUCH_NOT_FOUND, -1, NULL, NULL, ""},
        {"GET", "*", VOUCH_NOT_FOUND, -1, NULL, NULL, ""},
        {"GET", "a", VOUCH_NOT_FOUND, -1, NULL, NULL, ""},
        {"GET", "//", VOUCH_NOT_FOUND, -1, NULL, NULL, ""},
        {"GET", "//a", VOUCH_NOT_FOUND, -1, NULL, NULL, ""},
        {"GET", "/a/", VOUCH_NOT_FOUND, -1, NULL, NULL, ""},
        {"GET", "/b", VOUCH_NOT_FOUND, -1, NULL, NULL, ""},
        {"GET", "/A", VOUCH_NOT_FOUND, -1, NULL, NULL, ""},
        {"DELETE", "/a//b/2", VOUCH_NOT_FOUND, -1, NULL, NULL, ""},
        {"DELETE", "/a/1/b/", VOUCH_NOT_FOUND, -1, NULL, NULL, ""},
        {"DELETE", "/a/1/b/2/3", VOUCH_NOT_FOUND, -1, NULL, NULL, ""},
        {"GET", "/a/a/a/a/a/a/a/a/a/a/a/a", VOUCH_NOT_FOUND, -1, NULL, NULL, ""},
        {"GET", "/a/%", VOUCH_BAD_REQUEST, -1, NULL, NULL, ""},
        {"GET", "/a/%4", VOUCH_BAD_REQUEST, -1, NULL, NULL, ""},
        {"GET", "/a/%4g", VOUCH_BAD_REQUEST, -1, NULL, NULL, ""},
        {"GET", "/a/%00", VOUCH_BAD_REQUEST, -1, NULL, NULL, ""},
        {"GET", "/a/%ff", VOUCH_BAD_REQUEST, -1, NULL, NULL, ""},
        {"GET", "/a/%ed%a0%80", VOUCH_BAD_REQUEST, -1, NULL, NULL, ""},
        {"GET", "/a/\xff", VOUCH_BAD_REQUEST, -1, NULL, NULL, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        VOUCH_CLEANUP(test_request_free) http_request *request = test_request_new(rows[i].method, rows[i].path);
        char allow[HTTP_ALLOW_SIZE];
        vouch_error err = VOUCH_ERROR_INIT;
        vouch_code code = http_route_find(request, routes, COUNT, allow, &err);
        cr_expect_eq(code, rows[i].code, "%s %s: %d", rows[i].method, rows[i].path, code);
        cr_expect_str_eq(allow, rows[i].allow, "%s %s: %s", rows[i].method, rows[i].path, allow);
        cr_expect_eq(request->route, rows[i].route < 0 ? NULL : &routes[rows[i].route], "%s %s: route", rows[i].method,
                     rows[i].path);
        const char *wanted[] = {rows[i].first, rows[i].second};
        for (int p = 0; p < HTTP_MAX_PARAMS; p++)
            cr_expect(wanted[p] ? request->params[p] && strcmp(request->params[p], wanted[p]) == 0
                                : !request->params[p],
                      "%s %s: parameter %d is %s", rows[i].method, rows[i].path, p,
                      request->params[p] ? request->params[p] : "absent");
    }
}

Test(router, allowed_methods_are_cut_and_not_overrun)
{
    http_route many[64];
    for (size_t i = 0; i < 64; i++)
        many[i] = (http_route){"PROPPATCH", "/a", HTTP_BODY_NONE, 0, NULL, false, NULL};
    VOUCH_CLEANUP(test_request_free) http_request *request = test_request_new("GET", "/a");
    char allow[HTTP_ALLOW_SIZE];
    cr_assert_eq(http_route_find(request, many, 64, allow, NULL), VOUCH_METHOD_NOT_ALLOWED);
    cr_expect_eq(strlen(allow), HTTP_ALLOW_SIZE - 1);
}
