#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"

static vouch_code parse(const char *json, size_t length, vouch_reading **out, vouch_error *err)
{
    *out = NULL;
    return vouch_reading_from_json(json, length, out, err);
}

/** What was parsed prints to the same text again. */
static void expect_identity(const vouch_buffer *json, const char *what)
{
    vouch_reading *back;
    vouch_error err = VOUCH_ERROR_INIT;
    const vouch_code code = parse(json->data, json->length, &back, &err);
    cr_assert_eq(code, VOUCH_OK, "%s: %s", what, err.message);
    vouch_buffer again = json_of(back);
    cr_expect_str_eq(again.data, json->data, "%s", what);
    vouch_buffer_done(&again);
    vouch_reading_free(&back);
}

Test(json_read, parsing_is_the_inverse_of_writing)
{
    vouch_reading *reading = sample_reading();
    vouch_buffer json = json_of(reading);
    expect_identity(&json, "sample");
    vouch_buffer_done(&json);
    vouch_reading_free(&reading);
}

Test(json_read, parsing_is_the_inverse_of_writing_for_random_readings)
{
    for (unsigned seed = 0; seed < 400; seed++) {
        vouch_reading *reading = random_reading(seed);
        vouch_buffer json = json_of(reading);
        char what[32];
        snprintf(what, sizeof what, "seed %u", seed);
        expect_identity(&json, what);
        vouch_buffer_done(&json);
        vouch_reading_free(&reading);
    }
}

/** The sample's JSON with one piece replaced. */
static vouch_buffer changed(const char *from, const char *to)
{
    vouch_reading *reading = sample_reading();
    vouch_buffer json = json_of(reading), out = {0};
    const char *at = strstr(json.data, from);
    cr_assert_not_null(at, "the sample has no %s", from);
    cr_assert_eq(vouch_buffer_printf(&out, "%.*s%s%s", (int)(at - json.data), json.data, to, at + strlen(from)),
                 VOUCH_OK);
    vouch_buffer_done(&json);
    vouch_reading_free(&reading);
    return out;
}

Test(json_read, what_the_schema_does_not_allow_is_refused_with_its_place)
{
    static const struct {
        const char *from, *to, *place;
    } rows[] = {
        {"{\"schema\"", "{\"more\":1,\"schema\"", "/: "},
        {"vouch.reading/1", "vouch.reading/2", "/schema: "},
        {"\"schema\":\"vouch.reading/1\",", "", "/schema: missing"},
        {"\"bytes\":16048", "\"bytes\":-1", "/document/bytes: "},
        {"\"bytes\":16048", "\"bytes\":1.5", "/document/bytes: "},
        {"\"bytes\":16048", "\"bytes\":\"16048\"", "/document/bytes: "},
        {"\"xxh3\":\"0123", "\"xxh3\":\"0123A", "/document/xxh3: "},
        {"\"xxh3\":\"0123", "\"xxh3\":\"012G", "/document/xxh3: "},
        {"\"kind\":\"ofd\",\"bytes\"", "\"kind\":\"exe\",\"bytes\"", "/document/kind: "},
        {"\"part\":1,\"path\"", "\"part\":2,\"path\"", "/document/parts: "},
        {"\"page\":1,\"part\":0", "\"page\":2,\"part\":0", "/: pages"},
        {"\"page\":1,\"part\":0", "\"page\":1,\"part\":7", "/: pages"},
        {"\"rotation\":90", "\"rotation\":45", "/pages/0/rotation: "},
        {"\"unit\":\"pt\"", "\"unit\":\"mm\"", "/pages/0/unit: "},
        {"\"width\":595.3", "\"width\":1e99", "/pages/0/width: "},
        {"cn.vat.ordinary.electronic", "cn.vat.other", "/invoices/0/kind: "},
        {"\"kind_confidence\":0.999", "\"kind_confidence\":1", "/invoices/0/kind_confidence: "},
        {"\"kind_confidence\":0.999", "\"kind_confidence\":-0.1", "/invoices/0/kind_confidence: "},
        {"\"direction\":\"debit\"", "\"direction\":\"both\"", "/invoices/0/direction: "},
        {"\"issue_date\"", "\"issue_day\"", "/invoices/0/fields: "},
        {"{\"value\":\"2019-11-18\"", "{\"value\":\"2019-02-30\"", "/invoices/0/fields/issue_date/value: "},
        {"{\"value\":\"2019-11-18\"", "{\"value\":\"18.11.2019\"", "/invoices/0/fields/issue_date/value: "},
        {"{\"value\":\"150.00\"", "{\"value\":\"1,150.00\"", "/invoices/0/fields/gross_amount/value: "},
        {"{\"value\":\"150.00\"", "{\"value\":\"0150.00\"", "/invoices/0/fields/gross_amount/value: "},
        {"{\"value\":\"150.00\"", "{\"value\":\"-0.00\"", "/invoices/0/fields/gross_amount/value: "},
        {"{\"value\":\"150.00\"", "{\"value\":\"1e9\"", "/invoices/0/fields/gross_amount/value: "},
        {"{\"value\":\"150.00\"", "{\"value\":\"\"", "/invoices/0/fields/gross_amount/value: "},
        {"{\"value\":\"150.00\"", "{\"value\":\"99999999999999999999\"", "/invoices/0/fields/gross_amount/value: "},
        {"{\"value\":\"12345678\"", "{\"value\":\"1234 5678\"", "/invoices/0/fields/invoice_number/value: "},
        {"{\"value\":\"12345678\"", "{\"value\":\"１２３\"", "/invoices/0/fields/invoice_number/value: "},
        {"{\"value\":\"12345678\"", "{\"value\":null", "/invoices/0/fields/invoice_number/value: "},
        {"\"source\":\"qr\",\"value\":\"12345678\"", "\"source\":\"guess\",\"value\":\"12345678\"",
         "/invoices/0/fields/invoice_number/evidence/1/source: "},
        {"\"source\":\"qr\",\"value\":\"12345678\"", "\"source\":\"qr\",\"value\":\"12 34\"",
         "/invoices/0/fields/invoice_number: "},
        {"\"page\":1,\"box\":[410.2,22.1,480,32.4],\"text\":\"12345678\"", "\"page\":1,\"text\":\"12345678\"",
         "/invoices/0/fields/invoice_number: "},
        {"\"box\":[410.2,22.1,480,32.4]", "\"box\":[410.2,22.1,480]", "/invoices/0/fields/invoice_code/box: "},
        {"\"box\":[410.2,22.1,480,32.4]", "\"box\":[410.2,22.1,480,\"a\"]", "/invoices/0/fields/invoice_code/box/3: "},
        {"[1,5],[2,6]", "[1,5],[2]", "/invoices/0/fields/gross_amount/quad/1: "},
        {"\"tax_category\":{\"value\":\"masked\"", "\"tax_category\":{\"value\":\"free\"", "/invoices/0/lines/0: "},
        {"\"lines\":[{\"name\"", "\"lines\":[{\"rate\"", "/invoices/0/lines/0: "},
        {"\"rate\":\"6\"", "\"rate\":\"6%\"", "/invoices/0/taxes/0: "},
        {"\"rate\":\"6\"", "\"rate\":6", "/invoices/0/taxes/0/rate: "},
        {"\"result\":\"pass\"", "\"result\":\"pass\",\"severity\":\"info\"", "/invoices/0/checks/0: "},
        {"\"result\":\"fail\",\"severity\":\"warning\"", "\"result\":\"fail\"", "/invoices/0/checks/1: "},
        {"\"field\":\"seller_tax_id\"", "\"field\":\"seller\"", "/invoices/0/checks/1/field: "},
        {"\"fields\":\"v1:00ff\"", "\"fields\":\"00ff\"", "/invoices/0/prints/fields: "},
        {"\"business_keys\":[", "\"business_keys\":[7,", "/invoices/0/business_keys/0: "},
        {"\"integrity\":\"unsupported\"", "\"integrity\":\"perfect\"", "/verdicts/0/integrity: "},
        {"\"invoice\":null", "\"invoice\":1", "/: a verdict"},
        {"\"code\":\"issuer_not_configured\"", "\"code\":\"Bad Code\"", "/verdicts/0/findings/0/code: "},
        {"page-too-large", "page-too-nice", "/problems/0/type: "},
        {"page-too-large", "ok", "/problems/0/type: "},
        {"\"models\":{}", "\"models\":{\"a\":\"md5:00\"}", "/engine/models: "},
        {"\"decode\":1.2", "\"decode\":-1", "/timing_ms/decode: "},
        {"\"decode\":1.2", "\"decode\":1.2,\"decode\":1.2", "not JSON"},
        {"\"extra\":{\"profile\":\"urn:x\"", "\"extra\":{\"profile\":{}", "/invoices/0/extra/profile: "},
        {"\"file\":\"", "\"file\":\"\\u0000", "not JSON"},
        {"\"file\":\"", "\"file\":\"\xff", "not JSON"},
        {"\"quad\":null", "\"quad\":[[[[[[[[[1]]]]]]]]]", "nested deeper"},
        {"\"timing_ms\"", "x", "not JSON"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        vouch_buffer json = changed(rows[i].from, rows[i].to);
        vouch_reading *back;
        vouch_error err = VOUCH_ERROR_INIT;
        cr_expect_eq(parse(json.data, json.length, &back, &err), VOUCH_CHILD_BAD_ANSWER, "%s was accepted", rows[i].to);
        cr_expect_null(back);
        cr_expect_not_null(strstr(err.message, rows[i].place), "%s: \"%s\" does not name %s", rows[i].to, err.message,
                           rows[i].place);
        vouch_buffer_done(&json);
    }
}

Test(json_read, size_depth_and_number_of_values_are_bounded)
{
    vouch_reading *back;
    vouch_error err = VOUCH_ERROR_INIT;
    const size_t length = (size_t)17 << 20;
    char *bytes = malloc(length);
    cr_assert_not_null(bytes);
    memset(bytes, ' ', length);
    cr_expect_eq(parse(bytes, length, &back, &err), VOUCH_CHILD_BAD_ANSWER);
    cr_expect_not_null(strstr(err.message, "bytes"));
    memset(bytes, '[', length);
    cr_expect_eq(parse(bytes, (size_t)1 << 20, &back, &err), VOUCH_CHILD_BAD_ANSWER);
    cr_expect_not_null(strstr(err.message, "nested"));
    for (size_t i = 1; i + 3 < length; i += 3)
        memcpy(bytes + i, "[],", 3);
    cr_expect_eq(parse(bytes, (size_t)15 << 20, &back, &err), VOUCH_CHILD_BAD_ANSWER);
    cr_expect_not_null(strstr(err.message, "values"));
    free(bytes);
}

Test(json_read, nothing_and_scraps_are_refused)
{
    static const char *const rows[] = {"", " ", "null", "[]", "{}", "{\"schema\":", "\"", "\"\\", "7"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        vouch_reading *back;
        cr_expect_eq(parse(rows[i], strlen(rows[i]), &back, NULL), VOUCH_CHILD_BAD_ANSWER, "%s", rows[i]);
    }
}

Test(json_read, every_truncation_is_refused)
{
    vouch_reading *reading = sample_reading(), *back;
    vouch_buffer json = json_of(reading);
    for (size_t length = 0; length < json.length; length++)
        cr_expect_eq(parse(json.data, length, &back, NULL), VOUCH_CHILD_BAD_ANSWER, "%zu bytes", length);
    vouch_buffer_done(&json);
    vouch_reading_free(&reading);
}

Test(json_read, a_changed_byte_is_refused_or_read_as_it_is_printed)
{
    vouch_reading *reading = sample_reading(), *back;
    vouch_buffer json = json_of(reading);
    for (size_t at = 0; at < json.length; at++) {
        const char before = json.data[at];
        for (int bit = 0; bit < 8; bit += 3) {
            json.data[at] = (char)(before ^ (1 << bit));
            if (parse(json.data, json.length, &back, NULL) != VOUCH_OK)
                continue;
            vouch_buffer first = json_of(back);
            expect_identity(&first, "changed byte");
            vouch_buffer_done(&first);
            vouch_reading_free(&back);
        }
        json.data[at] = before;
    }
    vouch_buffer_done(&json);
    vouch_reading_free(&reading);
}

Test(json_read, verdicts_of_the_other_child_are_merged)
{
    vouch_reading *reading = sample_reading(), *verdicts = sample_reading();
    vouch_verdicts *list = &verdicts->verdicts;
    list->items[0].invoice = 5;
    vouch_verdict *second = VOUCH_ARENA_PUSH(verdicts->arena, list->items, list->count, list->capacity);
    *second = list->items[0];
    second->invoice = -1;
    second->signer = "someone";
    verdicts->timing.verify = 2.5;
    vouch_problem_add(verdicts->arena, &verdicts->problems, VOUCH_BAD_FORMAT, "warning", 0, "a hole");
    vouch_reading_merge_verdicts(reading, verdicts);
    vouch_reading_free(&verdicts);
    cr_assert_eq(reading->verdicts.count, 3);
    cr_expect_eq(reading->verdicts.items[1].invoice, -1, "an invoice that is not there");
    cr_expect_eq(reading->verdicts.items[2].invoice, 0, "the only invoice");
    cr_expect_str_eq(reading->verdicts.items[2].signer, "someone");
    cr_expect_eq(reading->problems.count, 2, "the same problem is not said twice");
    cr_expect_float_eq(reading->timing.verify, 2.5, 1e-9);
    vouch_buffer json = json_of(reading);
    expect_identity(&json, "merged");
    vouch_buffer_done(&json);
    vouch_reading_free(&reading);
}
