#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>

#include "vouch/erase.h"

/* A field as readings have it, with its place. */
#define FIELD(name, value)                                                                                            \
    "\"" name "\":{\"value\":\"" value "\",\"confidence\":0.99,\"source\":\"text\",\"page\":1,\"box\":[10,10,60,20]," \
    "\"text\":\"" value "\",\"evidence\":[{\"source\":\"text\",\"value\":\"" value "\"}],\"alternatives\":[]}"
#define INVOICE(kind, fields, rest) \
    "{\"schema\":\"vouch.reading/1\",\"invoices\":[{\"kind\":\"" kind "\",\"fields\":{" fields "}," rest "}]}"

typedef struct row {
    const char *text;    /* what is tested */
    const char *reading; /* before */
    const char *gone;    /* does not stand in it afterwards */
    const char *there;   /* does */
} row;

static const row rows[] = {
    {"a name in its field", INVOICE("cn.rail.digital", FIELD("passenger_name", "王小明"), "\"lines\":[]"), "王小明",
     "\"passenger_name\":{\"value\":\"***\",\"confidence\":0.99,\"source\":\"text\",\"evidence\":[],\"alternatives\":[]"
     "}"},
    {"the same name elsewhere",
     INVOICE("cn.rail.digital", FIELD("passenger_name", "王小明") "," FIELD("remarks", "乘车人王小明，二等座"),
             "\"lines\":[{\"name\":{\"value\":\"客运 王小明\"}}]"),
     "王小明", "乘车人***，二等座"},
    {"an amount stays",
     INVOICE("cn.rail.digital", FIELD("passenger_name", "王小明") "," FIELD("gross_amount", "553.00"), "\"lines\":[]"),
     "王小明", "553.00"},
    {"a key with a name in it",
     INVOICE("cn.air", FIELD("passenger_name", "ZHANG/SAN"),
             "\"business_keys\":[\"cn.air:7812345678901:ZHANG/SAN\"],\"lines\":[]"),
     "ZHANG/SAN", "cn.air:7812345678901:***"},
    {"whom the kind makes a person", INVOICE("cn.used_vehicle", FIELD("buyer_name", "王小明"), "\"lines\":[]"),
     "王小明", "***"},
    {"a company is none", INVOICE("cn.vat.special", FIELD("buyer_name", "某某有限公司"), "\"lines\":[]"), "***",
     "某某有限公司"},
    {"a kind whose name only begins alike", INVOICE("cn.vat.tollx", FIELD("plate_number", "沪A12345"), "\"lines\":[]"),
     "***", "沪A12345"},
    {"a member of a line",
     INVOICE("cn.vat.toll", FIELD("gross_amount", "9.50"), "\"lines\":[{\"plate_number\":{\"value\":\"沪A12345\"}}]"),
     "沪A12345", "\"plate_number\":{\"value\":\"***\"}"},
    {"a text too short to be looked for elsewhere",
     INVOICE("cn.rail", FIELD("seat", "1A") "," FIELD("train_number", "G1A"), "\"lines\":[]"), "\"1A\"", "G1A"},
    {"names of kinds are not touched", INVOICE("cn.rail", FIELD("passenger_name", "cn.rail"), "\"lines\":[]"),
     "\"value\":\"cn.rail\"", "\"kind\":\"cn.rail\""},
    {"another reading of the name",
     INVOICE("cn.rail",
             "\"passenger_name\":{\"value\":\"王小明\",\"confidence\":0.5,\"source\":\"ocr\",\"evidence\":[],"
             "\"alternatives\":[{\"value\":\"王小朋\",\"probability\":0.4}]}," FIELD("remarks", "王小朋"),
             "\"lines\":[]"),
     "王小朋", "***"},
};

Test(mask, personal_fields_and_their_values_everywhere)
{
    vouch_arena *arena = vouch_arena_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        vouch_error err = VOUCH_ERROR_INIT;
        vouch_personal personal = {0};
        const char *masked = NULL, *twice = NULL;
        cr_assert_eq(vouch_reading_mask(rows[i].reading, arena, &personal, &masked, &err), VOUCH_OK, "%s: %s",
                     rows[i].text, err.message);
        cr_expect_null(strstr(masked, rows[i].gone), "%s: %s", rows[i].text, masked);
        cr_expect_not_null(strstr(masked, rows[i].there), "%s: %s", rows[i].text, masked);
        vouch_personal nobody = {0};
        cr_assert_eq(vouch_reading_mask(masked, arena, &nobody, &twice, &err), VOUCH_OK);
        cr_expect_str_eq(twice, masked, "%s: masked twice", rows[i].text);
        cr_expect_eq(nobody.text_count, 0, "%s: the mask is nobody", rows[i].text);
    }
    vouch_arena_free(&arena);
}

Test(mask, words_by_text_and_by_place)
{
    static const struct {
        const char *text, *words, *expected;
        size_t masked;
    } cases[] = {
        {"the whole name", "[[1,\"王小明\",100,100,120,110]]", "[[1,\"***\",100,100,120,110]]", 1},
        {"inside of a word", "[[1,\"乘车人:王小明\",100,100,120,110]]", "[[1,\"乘车人:***\",100,100,120,110]]", 1},
        {"split, where the field stands",
         "[[1,\"王\",11,11,20,19],[1,\"小明\",22,11,40,19],[1,\"王\",100,100,110,110]]",
         "[[1,\"***\",11,11,20,19],[1,\"***\",22,11,40,19],[1,\"王\",100,100,110,110]]", 2},
        {"the same place of another page", "[[2,\"王\",11,11,20,19]]", "[[2,\"王\",11,11,20,19]]", 0},
        {"none", "[]", "[]", 0},
    };
    vouch_arena *arena = vouch_arena_new();
    vouch_personal personal = {0};
    const char *ignored = NULL;
    cr_assert_eq(vouch_reading_mask(rows[0].reading, arena, &personal, &ignored, NULL), VOUCH_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vouch_error err = VOUCH_ERROR_INIT;
        const char *out = NULL;
        size_t masked = 99;
        cr_assert_eq(vouch_words_mask(cases[i].words, strlen(cases[i].words), &personal, arena, &out, &masked, &err),
                     VOUCH_OK, "%s: %s", cases[i].text, err.message);
        cr_expect_eq(masked, cases[i].masked, "%s", cases[i].text);
        cr_expect_str_eq(out, cases[i].expected, "%s", cases[i].text);
    }
    vouch_arena_free(&arena);
}

Test(mask, what_is_no_reading_is_told)
{
    static const char *const wrong[] = {"", "[]", "\"text\"", "{\"invoices\":[", "null"};
    vouch_arena *arena = vouch_arena_new();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        vouch_personal personal = {0};
        const char *out = NULL;
        size_t masked = 0;
        cr_expect_eq(vouch_reading_mask(wrong[i], arena, &personal, &out, NULL), VOUCH_INTERNAL, "%s", wrong[i]);
        cr_expect_eq(vouch_reading_reduce(wrong[i], true, arena, &out, NULL), VOUCH_INTERNAL, "%s", wrong[i]);
        if (strcmp(wrong[i], "[]") != 0)
            cr_expect_eq(vouch_words_mask(wrong[i], strlen(wrong[i]), &personal, arena, &out, &masked, NULL),
                         VOUCH_INTERNAL, "%s", wrong[i]);
        cr_expect_null(out);
    }
    vouch_arena_free(&arena);
}
