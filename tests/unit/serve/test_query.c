#include <criterion/criterion.h>
#include <string.h>

#include "request.h"

static const char *const known[] = {"state", "limit", "q", NULL};

static vouch_code check(const char *query, const char *const *names, vouch_error *err)
{
    VOUCH_CLEANUP(test_request_free) http_request *request = test_request_new("GET", "/");
    request->query = query;
    return http_query_check(request, names, err);
}

Test(query, what_is_sent_is_known_once_and_readable)
{
    static const struct {
        const char *query;
        vouch_code code;
    } rows[] = {
        {NULL, VOUCH_OK},
        {"", VOUCH_OK},
        {"&&", VOUCH_OK},
        {"q=", VOUCH_OK},
        {"q", VOUCH_OK},
        {"q=a=b", VOUCH_OK},
        {"q=%E7%A5%A8+x&state=draft&limit=1", VOUCH_OK},
        {"%71=1", VOUCH_OK},
        {"q=1&%71=2", VOUCH_BAD_REQUEST},
        {"q&q", VOUCH_BAD_REQUEST},
        {"Q=1", VOUCH_BAD_REQUEST},
        {"q[]=1", VOUCH_BAD_REQUEST},
        {"=1", VOUCH_BAD_REQUEST},
        {"q=%", VOUCH_BAD_REQUEST},
        {"q=%4", VOUCH_BAD_REQUEST},
        {"q=%zz", VOUCH_BAD_REQUEST},
        {"q=%00", VOUCH_BAD_REQUEST},
        {"q=a%00b", VOUCH_BAD_REQUEST},
        {"q=%ff", VOUCH_BAD_REQUEST},
        {"q=\xff", VOUCH_BAD_REQUEST},
        {"q=%ed%a0%80", VOUCH_BAD_REQUEST},
        {"q%00=1", VOUCH_BAD_REQUEST},
        {"q=1;state=draft&x=1", VOUCH_BAD_REQUEST},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        vouch_error err = VOUCH_ERROR_INIT;
        vouch_code code = check(rows[i].query, known, &err);
        cr_expect_eq(code, rows[i].code, "%s: %d, %s", rows[i].query, code, err.message);
    }
}

Test(query, the_nearest_name_is_told)
{
    static const struct {
        const char *query, *told;
    } rows[] = {
        {"limt=5", "\"limit\""},
        {"State=draft", "\"state\""},
        {"sate", "\"state\""},
        {"nonsense=1", "\"nonsense\" here"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        vouch_error err = VOUCH_ERROR_INIT;
        cr_expect_eq(check(rows[i].query, known, &err), VOUCH_BAD_REQUEST, "%s", rows[i].query);
        cr_expect(strstr(err.message, rows[i].told), "%s: %s", rows[i].query, err.message);
    }
}

Test(query, a_route_without_parameters_takes_none)
{
    vouch_error err = VOUCH_ERROR_INIT;
    cr_expect_eq(check("q=1", NULL, &err), VOUCH_BAD_REQUEST);
    cr_expect_eq(check("&", NULL, &err), VOUCH_OK);
}

Test(query, a_long_name_is_not_quoted)
{
    char query[200];
    memset(query, 'a', sizeof query - 1);
    query[sizeof query - 1] = '\0';
    vouch_error err = VOUCH_ERROR_INIT;
    cr_expect_eq(check(query, known, &err), VOUCH_BAD_REQUEST);
    cr_expect_lt(strlen(err.message), 100);
}
