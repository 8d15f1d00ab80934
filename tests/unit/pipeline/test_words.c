#include <criterion/criterion.h>
#include <string.h>

#include "vouch/pipeline.h"

Test(words, come_back_as_they_were)
{
    vouch_arena *arena = vouch_arena_new();
    vouch_word items[] = {
        {1, "价税合计", {1, 2.5, 3.456, -4}},
        {2, "a\"]],[\\", {0, 0, 0, 0}},
        {200, "x", {1e5, 0, 0.001, 0}},
    };
    const vouch_words words = {items, 3, 3};
    vouch_words back = {0};
    vouch_buffer json = {0}, again = {0};
    cr_assert_eq(vouch_words_to_json(&words, &json, NULL), VOUCH_OK);
    cr_expect_str_eq(json.data,
                     "[[1,\"价税合计\",1,2.5,3.46,-4],[2,\"a\\\"]],[\\\\\",0,0,0,0],[200,\"x\",100000,0,0,0]]");
    cr_assert_eq(vouch_words_from_json(json.data, json.length, arena, &back, NULL), VOUCH_OK);
    cr_assert_eq(back.count, 3);
    cr_expect_str_eq(back.items[1].text, "a\"]],[\\");
    cr_assert_eq(vouch_words_to_json(&back, &again, NULL), VOUCH_OK);
    cr_expect_str_eq(again.data, json.data);
    vouch_buffer_done(&json);
    vouch_buffer_done(&again);
    vouch_arena_free(&arena);
}

Test(words, anything_else_is_refused)
{
    static const struct {
        const char *json;
        size_t count; /* SIZE_MAX: refused */
    } rows[] = {
        {"[]", 0},
        {"[[1,\"a\",0,0,0,0]]", 1},
        {"[[1,\"\\\"\\\\\\u001f\",-0.5,12.25,-7,1000000]]", 1},
        {"", SIZE_MAX},
        {"[[1,\"a\",0.,0,0,0]]", SIZE_MAX},
        {"[[1,\"a\",00,0,0,0]]", SIZE_MAX},
        {"[[1,\"a\",0.123,0,0,0]]", SIZE_MAX},
        {"[[1,\"a\",--1,0,0,0]]", SIZE_MAX},
        {"[[1,\"a\",1000000001,0,0,0]]", SIZE_MAX},
        {"[[10001,\"a\",0,0,0,0]]", SIZE_MAX},
        {"[[1,\"a\\n\",0,0,0,0]]", SIZE_MAX},
        {"[[1,\"a\\u00g0\",0,0,0,0]]", SIZE_MAX},
        {"[[1,\"a\\u0020\",0,0,0,0]]", SIZE_MAX},
        {"[[1,\"\xff\",0,0,0,0]]", SIZE_MAX},
        {"[[1,\"\xe4\xbb\",0,0,0,0]]", SIZE_MAX},
        {"[[1,\"a\nb\",0,0,0,0]]", SIZE_MAX},
        {"[[1,\"a\\", SIZE_MAX},
        {"[ [1,\"a\",0,0,0,0]]", SIZE_MAX},
        {"[", SIZE_MAX},
        {"{}", SIZE_MAX},
        {"[[1,\"a\",0,0,0,0]", SIZE_MAX},
        {"[[1,\"a\",0,0,0,0],]", SIZE_MAX},
        {"[,[1,\"a\",0,0,0,0]]", SIZE_MAX},
        {"[[1,\"a\",0,0,0,0][1,\"a\",0,0,0,0]]", SIZE_MAX},
        {"[[1,\"a\",0,0,0]]", SIZE_MAX},
        {"[[1,\"a\",0,0,0,0,0]]", SIZE_MAX},
        {"[[0,\"a\",0,0,0,0]]", SIZE_MAX},
        {"[[1.5,\"a\",0,0,0,0]]", SIZE_MAX},
        {"[[1,\"\",0,0,0,0]]", SIZE_MAX},
        {"[[1,7,0,0,0,0]]", SIZE_MAX},
        {"[[1,\"a\",0,0,0,1e9]]", SIZE_MAX},
        {"[[1,\"a\",0,0,0,null]]", SIZE_MAX},
        {"[[1,\"a\\u0000\",0,0,0,0]]", SIZE_MAX},
        {"[[1,\"a\",0,0,0,0]]]", SIZE_MAX},
        {"[{\"a\":1}]", SIZE_MAX},
        {"[[[[[[[[[[[[", SIZE_MAX},
        {"[[1,\"a\",0,0,0,0],[]]", SIZE_MAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        vouch_arena *arena = vouch_arena_new();
        vouch_words words = {.count = 77};
        const vouch_code code = vouch_words_from_json(rows[i].json, strlen(rows[i].json), arena, &words, NULL);
        cr_expect_eq(code == VOUCH_OK, rows[i].count != SIZE_MAX, "%s", rows[i].json);
        cr_expect_eq(words.count, code == VOUCH_OK ? rows[i].count : 77, "%s", rows[i].json);
        vouch_arena_free(&arena);
    }
}
