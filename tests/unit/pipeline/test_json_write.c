#include <criterion/criterion.h>
#include <string.h>

#include "sample.h"

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* The order of members, and what is left out, is part of the contract. */
static const char golden[] =
    "{\"schema\":\"vouch.reading/1\",\"file\":\"a \\\"b\\\"\\\\c\\u000a.ofd\","
    "\"engine\":{\"vouch\":\"" VOUCH_VERSION "\",\"models\":{}},"
    "\"document\":{\"sha256\":\"" SHA
    "\",\"xxh3\":\"0123456789abcdef0123456789abcdef\",\"kind\":\"ofd\",\"bytes\":16048,"
    "\"parts\":[{\"part\":0,\"path\":\"\",\"kind\":\"ofd\",\"sha256\":\"" SHA "\"},"
    "{\"part\":1,\"path\":\"Doc_0/Attachs/original_invoice.xml\",\"kind\":\"xml\",\"sha256\":\"" SHA "\"}]},"
    "\"pages\":[{\"page\":1,\"part\":0,\"width\":595.3,\"height\":396.9,\"unit\":\"pt\",\"rotation\":90}],"
    "\"invoices\":[{\"kind\":\"cn.vat.ordinary.electronic\",\"kind_confidence\":0.999,\"direction\":\"debit\","
    "\"regions\":[{\"page\":1,\"box\":[0,0,595.3,396.9],\"quad\":null}],\"fields\":{"
    "\"invoice_code\":{\"value\":\"033001900104\",\"confidence\":0.9999,\"source\":\"ofd.tag\",\"page\":1,"
    "\"box\":[410.2,22.1,480,32.4],\"text\":\"033001900104\",\"evidence\":[{\"source\":\"ofd.tag\","
    "\"value\":\"033001900104\"},{\"source\":\"qr\",\"value\":\"033001900104\"}],\"alternatives\":[]},"
    "\"invoice_number\":{\"value\":\"12345678\",\"confidence\":0.9989,\"source\":\"ofd.tag\",\"page\":1,"
    "\"box\":[410.2,22.1,480,32.4],\"text\":\"12345678\",\"evidence\":[{\"source\":\"ofd.tag\",\"value\":\"12345678\"},"
    "{\"source\":\"qr\",\"value\":\"12345678\"}],\"alternatives\":[]},"
    "\"issue_date\":{\"value\":\"2019-11-18\",\"confidence\":0.999,\"source\":\"ofd.tag\",\"page\":1,"
    "\"box\":[410.2,22.1,480,32.4],\"text\":\"2019-11-18\",\"evidence\":[{\"source\":\"ofd.tag\","
    "\"value\":\"2019-11-18\"},{\"source\":\"qr\",\"value\":\"2019-11-18\"}],\"alternatives\":[]},"
    "\"gross_amount\":{\"value\":\"150.00\",\"confidence\":0.999,\"source\":\"ofd.tag\",\"page\":1,"
    "\"box\":[410.2,22.1,480,32.4],\"quad\":[[1,5],[2,6],[3,7],[4,8.13]],\"text\":\"150.00\","
    "\"evidence\":[{\"source\":\"ofd.tag\",\"value\":\"150.00\"},{\"source\":\"qr\",\"value\":\"150.00\"}],"
    "\"alternatives\":[{\"value\":\"151.00\",\"probability\":0.0312}]}},"
    "\"lines\":[{\"name\":{\"value\":\"*餐饮服务*餐费\",\"confidence\":0.999,\"source\":\"xml\"},"
    "\"unit_price\":{\"value\":\"0.99082568807339449\",\"confidence\":0.9,\"source\":\"person\"},"
    "\"tax_category\":{\"value\":\"masked\",\"confidence\":0,\"source\":\"person\"}}],"
    "\"taxes\":[{\"category\":\"standard\",\"rate\":\"6\"}],\"allowances\":[],\"segments\":[],"
    "\"checks\":[{\"check\":\"net_plus_tax_is_gross\",\"result\":\"pass\"},"
    "{\"check\":\"tax_id_check_character\",\"field\":\"seller_tax_id\",\"result\":\"fail\",\"severity\":\"warning\","
    "\"detail\":\"does not fit\"},{\"check\":\"amount_in_words_is_gross\",\"result\":\"skipped\"}],"
    "\"business_keys\":[\"cn:033001900104:12345678\"],\"prints\":{\"fields\":\"v1:00ff\",\"text\":\"v1:ab\"},"
    "\"extra\":{\"profile\":\"urn:x\",\"empty\":\"\"}}],"
    "\"verdicts\":[{\"scheme\":\"cn.ofd.ses\",\"invoice\":null,\"integrity\":\"unsupported\","
    "\"authenticity\":\"not_checked\",\"agreement\":\"not_checked\",\"time_proof\":\"none\","
    "\"findings\":[{\"code\":\"issuer_not_configured\",\"detail\":\"no anchor\"}]}],"
    "\"problems\":[{\"type\":\"page-too-large\",\"severity\":\"error\",\"detail\":\"page 3\",\"page\":3}],"
    "\"timing_ms\":{\"decode\":1.2,\"read\":0.8,\"reconcile\":0.123,\"fingerprint\":0}}";

Test(json_write, members_stand_in_the_order_of_the_contract)
{
    vouch_reading *reading = sample_reading();
    vouch_buffer json = json_of(reading);
    cr_expect_str_eq(json.data, golden);
    vouch_buffer_done(&json);
    vouch_reading_free(&reading);
}

Test(json_write, is_appended_to_the_buffer)
{
    vouch_reading *reading = sample_reading();
    vouch_buffer json = {0};
    cr_assert_eq(vouch_buffer_append(&json, "x", 1), VOUCH_OK);
    cr_assert_eq(vouch_reading_to_json(reading, &json, NULL), VOUCH_OK);
    cr_expect_eq(strncmp(json.data, "x{\"schema\"", 10), 0);
    vouch_buffer_done(&json);
    vouch_reading_free(&reading);
}

Test(json_write, a_full_buffer_keeps_what_it_had)
{
    vouch_reading *reading = sample_reading();
    for (size_t maximum = 1; maximum < 400; maximum += 7) {
        vouch_buffer json = {.maximum = maximum};
        cr_assert_eq(vouch_buffer_append(&json, "x", 1), VOUCH_OK);
        cr_expect_neq(vouch_reading_to_json(reading, &json, NULL), VOUCH_OK);
        cr_expect_eq(json.length, 1);
        cr_expect_str_eq(json.data, "x");
        vouch_buffer_done(&json);
    }
    vouch_reading_free(&reading);
}

Test(json_write, confidence_is_never_more_than_what_is_known)
{
    static const struct {
        double confidence;
        char printed[32];
    } rows[] = {
        {1, "\"confidence\":0.9999,"},       {0.99996, "\"confidence\":0.9999,"}, {0.9999, "\"confidence\":0.9999,"},
        {0.98999, "\"confidence\":0.9899,"}, {0.99, "\"confidence\":0.99,"},      {0, "\"confidence\":0,"},
        {-3, "\"confidence\":0,"},           {0.0 / 0.0, "\"confidence\":0,"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        vouch_reading *reading = sample_reading();
        reading->invoices.items[0].fields[VOUCH_FIELD_INVOICE_CODE].chosen.confidence = rows[i].confidence;
        vouch_buffer json = json_of(reading);
        const char *field = strstr(json.data, "\"invoice_code\"");
        cr_assert_not_null(field);
        const char *confidence = strstr(field, "\"confidence\"");
        cr_expect_eq(strncmp(confidence, rows[i].printed, strlen(rows[i].printed)), 0, "%f gives %.24s",
                     rows[i].confidence, confidence);
        vouch_buffer_done(&json);
        vouch_reading_free(&reading);
    }
}

Test(json_write, bytes_that_are_no_text_become_the_replacement_character)
{
    vouch_reading *reading = sample_reading();
    reading->file = "a\xff\xc3(\x7f\x01";
    vouch_buffer json = json_of(reading);
    cr_expect_not_null(strstr(json.data, "\"file\":\"a\xef\xbf\xbd\xef\xbf\xbd(\x7f\\u0001\""));
    vouch_buffer_done(&json);
    vouch_reading_free(&reading);
}

Test(json_write, verdicts_have_an_object_of_their_own)
{
    vouch_reading *reading = sample_reading();
    vouch_buffer json = {0};
    cr_assert_eq(vouch_verdicts_to_json(reading, &json, NULL), VOUCH_OK);
    static const char start[] = "{\"schema\":\"vouch.verdicts/1\",\"file\":";
    cr_expect_eq(strncmp(json.data, start, sizeof start - 1), 0, "%s", json.data);
    cr_expect_not_null(strstr(json.data, "\"verdicts\":[{\"scheme\":\"cn.ofd.ses\""));
    cr_expect_null(strstr(json.data, "\"invoices\""));
    vouch_buffer_done(&json);
    vouch_reading_free(&reading);
}
