#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>

#include "vouch/erase.h"

static const char whole[] =
    "{\"schema\":\"vouch.reading/1\",\"file\":\"王小明.pdf\",\"engine\":{\"vouch\":\"0\",\"models\":{}},"
    "\"document\":{\"sha256\":\"aa\",\"xxh3\":\"bb\",\"kind\":\"pdf\",\"bytes\":7,\"parts\":[{\"part\":0,\"path\":"
    "\"王小明/1.xml\"}]},\"pages\":[{\"page\":1}],\"invoices\":[{\"kind\":\"cn.air\",\"kind_confidence\":1,"
    "\"direction\":\"debit\",\"regions\":[{\"page\":1}],\"fields\":{\"invoice_number\":{\"value\":\"12345678\","
    "\"confidence\":1,\"source\":\"text\",\"text\":\"No 12345678\",\"evidence\":[{\"value\":\"12345678\"}],"
    "\"alternatives\":[]},\"passenger_name\":{\"value\":\"王小明\"},\"gross_amount\":{\"value\":\"10.00\"},"
    "\"remarks\":{\"value\":\"王小明\"}},\"lines\":[{\"name\":{\"value\":\"王小明\"}}],\"taxes\":[{\"category\":"
    "\"standard\",\"rate\":\"6\"}],\"allowances\":[],\"segments\":[{\"carrier\":{\"value\":\"X\"}}],\"checks\":[],"
    "\"business_keys\":[\"cn.air:7812345678901:王小明\",\"cn::12345678\"],\"prints\":{\"fields\":\"v1:ab\"},\"extra\":"
    "{\"who\":\"王小明\"}}],\"verdicts\":[{\"scheme\":\"pdf.cms\",\"invoice\":0,\"integrity\":\"valid\","
    "\"authenticity\":\"trusted\",\"agreement\":\"agrees\",\"signer\":\"王小明\",\"time_proof\":\"none\",\"findings\":"
    "[{\"code\":\"weak_key\",\"detail\":\"王小明\"}]}],\"problems\":[{\"type\":\"unsupported\",\"severity\":\"info\","
    "\"detail\":\"王小明\"}],\"timing_ms\":{}}";

Test(reduce, what_the_books_need_stays)
{
    static const char *const stays[] = {"\"12345678\"",     "\"10.00\"",
                                        "cn::12345678",     "v1:ab",
                                        "\"rate\":\"6\"",   "\"integrity\":\"valid\"",
                                        "weak_key",         "\"type\":\"unsupported\"",
                                        "\"sha256\":\"aa\""};
    static const char *const goes[] = {"王小明", "No 12345678", "segments\":[{", "\"page\":1"};
    vouch_arena *arena = vouch_arena_new();
    vouch_error err = VOUCH_ERROR_INIT;
    const char *out = NULL, *again = NULL;
    cr_assert_eq(vouch_reading_reduce(whole, true, arena, &out, &err), VOUCH_OK, "%s", err.message);
    for (size_t i = 0; i < sizeof stays / sizeof *stays; i++)
        cr_expect_not_null(strstr(out, stays[i]), "%s stays: %s", stays[i], out);
    for (size_t i = 0; i < sizeof goes / sizeof *goes; i++)
        cr_expect_null(strstr(out, goes[i]), "%s goes: %s", goes[i], out);
    cr_assert_eq(vouch_reading_reduce(out, true, arena, &again, &err), VOUCH_OK);
    cr_expect_str_eq(again, out, "reduced twice");
    vouch_arena_free(&arena);
}

Test(reduce, outside_of_the_books_no_invoice_stays)
{
    vouch_arena *arena = vouch_arena_new();
    const char *out = NULL;
    cr_assert_eq(vouch_reading_reduce(whole, false, arena, &out, NULL), VOUCH_OK);
    cr_expect_not_null(strstr(out, "\"invoices\":[]"), "%s", out);
    cr_expect_null(strstr(out, "12345678"), "%s", out);
    vouch_arena_free(&arena);
}
