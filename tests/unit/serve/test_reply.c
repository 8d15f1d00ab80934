#include <criterion/criterion.h>
#include <string.h>

#include "request.h"

static json_t *body_of(const http_request *request)
{
    json_t *body = json_loadb(request->reply.body.data, request->reply.body.length, 0, NULL);
    cr_assert(body, "no JSON");
    return body;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "absent";
}

Test(reply, every_code_has_its_problem)
{
    size_t count;
    const vouch_code_info *table = vouch_code_table(&count);
    for (size_t i = 0; i < count; i++) {
        if (table[i].code == VOUCH_OK)
            continue;
        VOUCH_CLEANUP(test_request_free) http_request *request = test_request_new("GET", "/");
        const vouch_error failure = {.code = table[i].code, .message = "password of the database: secret"};
        http_reply_problem(request, &failure, NULL);
        json_t *body = body_of(request);
        const char *slug = table[i].slug;
        cr_expect_str_eq(request->reply.content_type, "application/problem+json");
        cr_expect_eq(request->reply.status, table[i].http_status, "%s", slug);
        cr_expect_eq(json_integer_value(json_object_get(body, "status")), table[i].http_status, "%s", slug);
        cr_expect(strncmp(text_of(body, "type"), "/problems/", 10) == 0 &&
                      strcmp(text_of(body, "type") + 10, slug) == 0,
                  "%s", slug);
        cr_expect_str_eq(text_of(body, "title"), table[i].title, "%s", slug);
        cr_expect_str_eq(text_of(body, "request_id"), "request-of-a-test", "%s", slug);
        cr_expect_eq(strstr(text_of(body, "detail"), "secret") == NULL, table[i].http_status >= 500,
                     "%s: what failed inside is not told", slug);
        cr_expect_eq(request->reply.retry_after_seconds > 0, table[i].http_status == 503 || table[i].http_status == 429,
                     "%s", slug);
        json_decref(body);
    }
}

Test(reply, a_problem_may_have_more_members)
{
    VOUCH_CLEANUP(test_request_free) http_request *request = test_request_new("GET", "/");
    const vouch_error failure = {.code = VOUCH_DUPLICATE, .message = "held"};
    http_reply_problem(request, &failure, json_pack("{s:{s:s}}", "duplicate_of", "claim", "C-1"));
    json_t *body = body_of(request);
    cr_expect_str_eq(text_of(json_object_get(body, "duplicate_of"), "claim"), "C-1");
    cr_expect_str_eq(text_of(body, "detail"), "held");
    json_decref(body);
}

Test(reply, a_message_that_is_no_utf8_is_not_quoted)
{
    VOUCH_CLEANUP(test_request_free) http_request *request = test_request_new("GET", "/");
    const vouch_error failure = {.code = VOUCH_PRECONDITION, .message = "If-Match: \xff"};
    http_reply_problem(request, &failure, NULL);
    json_t *body = body_of(request);
    cr_expect_str_eq(text_of(body, "detail"), vouch_code_lookup(VOUCH_PRECONDITION)->title);
    json_decref(body);
}

Test(reply, a_problem_takes_the_place_of_what_was_answered_before)
{
    VOUCH_CLEANUP(test_request_free) http_request *request = test_request_new("GET", "/");
    cr_assert_eq(http_reply_json(request, 202, json_pack("{s:s}", "state", "queued"), NULL), VOUCH_OK);
    const vouch_error failure = {.code = VOUCH_NOT_FOUND, .message = "gone"};
    http_reply_problem(request, &failure, NULL);
    json_t *body = body_of(request);
    cr_expect_eq(request->reply.status, 404);
    cr_expect_str_eq(text_of(body, "state"), "absent");
    json_decref(body);
}

Test(reply, decimals_are_written_as_they_were_read)
{
    static const char text[] = "{\"confidence\":0.9999,\"box\":[410.2,22.1,480.0,32.4],\"scale\":1e-05}";
    VOUCH_CLEANUP(test_request_free) http_request *request = test_request_new("GET", "/");
    cr_assert_eq(http_reply_json(request, 200, json_loads(text, 0, NULL), NULL), VOUCH_OK);
    cr_expect_str_eq(request->reply.body.data,
                     "{\"confidence\":0.9999,\"box\":[410.2,22.1,480.0,32.4],\"scale\":1e-5}");
}

Test(reply, out_of_memory_is_an_error)
{
    VOUCH_CLEANUP(test_request_free) http_request *request = test_request_new("GET", "/");
    cr_expect_eq(http_reply_json(request, 200, NULL, NULL), VOUCH_NO_MEMORY);
}
