#include <criterion/criterion.h>
#include <string.h>

#include "vouch/error.h"
#include "vouch/text.h"

Test(error, table_is_consistent)
{
    size_t count;
    const vouch_code_info *rows = vouch_code_table(&count);
    cr_assert(count > 30);
    for (size_t i = 0; i < count; i++) {
        cr_expect_eq(vouch_code_lookup(rows[i].code), &rows[i], "%s", rows[i].name);
        cr_expect_eq(vouch_code_lookup_slug(rows[i].slug), &rows[i], "%s", rows[i].name);
        cr_expect(rows[i].http_status >= 200 && rows[i].http_status < 600, "%s", rows[i].name);
        cr_expect_gt(strlen(rows[i].title), 0, "%s", rows[i].name);
        for (size_t k = 0; k < i; k++) {
            cr_expect_neq(rows[i].code, rows[k].code, "%s", rows[i].name);
            cr_expect_str_neq(rows[i].slug, rows[k].slug, "%s", rows[i].name);
        }
    }
}

Test(error, unknown_code_is_internal_and_unknown_slug_is_null)
{
    cr_expect_eq(vouch_code_lookup((vouch_code)9999)->code, VOUCH_INTERNAL);
    cr_expect_null(vouch_code_lookup_slug("no-such-slug"));
    cr_expect_null(vouch_code_lookup_slug(NULL));
}

Test(error, fail_fills_and_returns_the_code)
{
    vouch_error err = VOUCH_ERROR_INIT;
    cr_expect_eq(vouch_fail(&err, VOUCH_BAD_FORMAT, "page %d", 3), VOUCH_BAD_FORMAT);
    cr_expect_eq(err.code, VOUCH_BAD_FORMAT);
    cr_expect_str_eq(err.message, "page 3");
    cr_expect_eq(vouch_fail(NULL, VOUCH_IO, "nobody listens"), VOUCH_IO);
}

Test(error, fail_may_quote_the_error_that_it_fills)
{
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_fail(&err, VOUCH_IO, "inner");
    vouch_fail(&err, VOUCH_CONFIG, "outer: %s", err.message);
    cr_expect_str_eq(err.message, "outer: inner");
}

Test(error, prefix_keeps_code_and_message)
{
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_fail(&err, VOUCH_LIMIT, "too much");
    cr_expect_eq(vouch_error_prefix(&err, "OFD %s: ", "Document.xml"), VOUCH_LIMIT);
    cr_expect_str_eq(err.message, "OFD Document.xml: too much");
    cr_expect_eq(vouch_error_prefix(NULL, "x"), VOUCH_INTERNAL);
}

Test(error, long_messages_are_cut_between_characters)
{
    for (int offset = 0; offset < 4; offset++) {
        char text[1200] = "";
        memset(text, 'a', (size_t)offset);
        for (int i = 0; i < 280; i++)
            strcat(text, "😀");
        vouch_error err = VOUCH_ERROR_INIT;
        vouch_fail(&err, VOUCH_IO, "%s", text);
        cr_expect(vouch_utf8_valid(err.message, strlen(err.message)), "fail at offset %d", offset);
        cr_expect_gt(strlen(err.message), sizeof err.message - 6, "offset %d", offset);
        vouch_error_prefix(&err, "发票: ");
        cr_expect(vouch_utf8_valid(err.message, strlen(err.message)), "prefix at offset %d", offset);
        cr_expect_eq(strncmp(err.message, "发票: ", strlen("发票: ")), 0);
    }
}
