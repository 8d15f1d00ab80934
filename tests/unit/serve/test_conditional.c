#include <criterion/criterion.h>
#include <string.h>

#include "request.h"

Test(conditional, what_the_client_has_is_not_sent_again)
{
    static const struct {
        const char *method, *header;
        bool same;
    } rows[] = {
        {"GET", NULL, false},
        {"GET", "", false},
        {"GET", "*", true},
        {"GET", "\"7\"", true},
        {"GET", "W/\"7\"", true},
        {"GET", "\"6\", \"7\"", true},
        {"GET", "\"6\",W/\"7\" ", true},
        {"GET", "\"77\"", false},
        {"GET", "7", false},
        {"GET", "\"7", false},
        {"GET", "\"6\" \"7\"", true},
        {"GET", "\"a,\"7\"\"", false},
        {"GET", "w/\"7\"", false},
        {"HEAD", "\"7\"", true},
        {"PUT", "\"7\"", false},
        {"GET", ",,,", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        VOUCH_CLEANUP(test_request_free) http_request *request = test_request_new(rows[i].method, "/");
        test_request_set("If-None-Match", rows[i].header);
        cr_expect_eq(http_not_modified(request, "\"7\""), rows[i].same, "%s %s", rows[i].method, rows[i].header);
        cr_expect_eq(request->reply.status, rows[i].same ? 304 : 0);
    }
}

Test(conditional, ranges)
{
    static const struct {
        const char *header, *only_if;
        int status; /* 416: not satisfiable */
        size_t first, length;
    } rows[] = {
        {NULL, NULL, 200, 0, 100},
        {"bytes=0-", NULL, 206, 0, 100},
        {"bytes=0-0", NULL, 206, 0, 1},
        {"Bytes=10-19", NULL, 206, 10, 10},
        {"bytes=99-", NULL, 206, 99, 1},
        {"bytes=90-1000", NULL, 206, 90, 10},
        {"bytes=-5", NULL, 206, 95, 5},
        {"bytes=-1000", NULL, 206, 0, 100},
        {"bytes=-0", NULL, 416, 0, 0},
        {"bytes=100-", NULL, 416, 0, 0},
        {"bytes=999999999999999999-", NULL, 416, 0, 0},
        {"bytes=0-0", "\"tag\"", 206, 0, 1},
        {"bytes=0-0", "\"other\"", 200, 0, 100},
        {"bytes=0-0", "W/\"tag\"", 200, 0, 100},
        {"bytes=5-4", NULL, 200, 0, 100},
        {"bytes=0-1,3-4", NULL, 200, 0, 100},
        {"bytes=-", NULL, 200, 0, 100},
        {"bytes=", NULL, 200, 0, 100},
        {"bytes=a-b", NULL, 200, 0, 100},
        {"bytes=+1-2", NULL, 200, 0, 100},
        {"bytes= 1-2", NULL, 200, 0, 100},
        {"bytes=--5", NULL, 200, 0, 100},
        {"bytes=99999999999999999999-", NULL, 200, 0, 100},
        {"bytes=00000000000000000000000000000001-2", NULL, 200, 0, 100},
        {"pages=1-2", NULL, 200, 0, 100},
        {"-bytes=1", NULL, 200, 0, 100},
        {"", NULL, 200, 0, 100},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        VOUCH_CLEANUP(test_request_free) http_request *request = test_request_new("GET", "/");
        vouch_error err = VOUCH_ERROR_INIT;
        request->reply.status = 200;
        request->reply.etag = "\"tag\"";
        test_request_set("Range", rows[i].header);
        test_request_set("If-Range", rows[i].only_if);
        vouch_code code = http_range(request, 100, &err);
        cr_expect_eq(code, rows[i].status == 416 ? VOUCH_RANGE : VOUCH_OK, "%s", rows[i].header);
        if (code != VOUCH_OK) {
            cr_expect_str_eq(request->reply.content_range, "bytes */100");
            continue;
        }
        cr_expect_eq(request->reply.status, rows[i].status, "%s: %d", rows[i].header, request->reply.status);
        cr_expect_eq(request->reply.file_first, rows[i].first, "%s", rows[i].header);
        cr_expect_eq(request->reply.file_length, rows[i].length, "%s", rows[i].header);
        cr_expect_eq(request->reply.content_range != NULL, rows[i].status == 206, "%s", rows[i].header);
    }
}

Test(conditional, of_nothing_there_is_no_range)
{
    VOUCH_CLEANUP(test_request_free) http_request *request = test_request_new("GET", "/");
    request->reply.etag = "\"tag\"";
    test_request_set("Range", "bytes=0-");
    cr_expect_eq(http_range(request, 0, NULL), VOUCH_RANGE);
    test_request_set("Range", "bytes=-1");
    cr_expect_eq(http_range(request, 0, NULL), VOUCH_RANGE);
}
