#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#include "vouch/text.h"

Test(chinese, parses_what_issuers_print)
{
    static const struct {
        const char *text;
        int64_t fen;
    } rows[] = {
        {"贰拾柒圆整", 2700},
        {"壹佰伍拾元整", 15000},
        {"伍拾叁圆肆角", 5340},
        {"伍拾叁圆肆角整", 5340},
        {"壹佰玖拾元零壹角玖分", 19019},
        {"壹佰玖拾元壹角玖分", 19019},
        {"壹佰元零贰角伍分", 10025},
        {"壹佰圆零伍分", 10005},
        {"伍元陆角壹分", 561},
        {"伍分", 5},
        {"负伍角", -50},
        {"（负数）叁佰壹拾捌圆整", -31800},
        {"(负数)叁佰壹拾捌圆整", -31800},
        {"壹仟零壹万零壹圆零壹分", 1001000101},
        {"人民币壹佰元正", 10000},
        {"⊗壹佰元整", 10000},
        {"ⓧ壹佰元整", 10000},
        {"（大写） 壹 佰 圆 整", 10000},
        {"一百二十三元四角五分", 12345},
        {"拾伍元整", 1500},
        {"十元", 1000},
        {"壹拾伍万圆整", 15000000},
        {"貳佰參拾圓整", 23000},
        {"两千元", 200000},
        {"零圆整", 0},
        {"零佰零拾伍元零角零分", 500},
        {"壹亿圆整", INT64_C(10000000000)},
        {"壹亿零伍圆整", INT64_C(10000000500)},
        {"壹拾万伍仟圆整", 10500000},
        {"壹万零伍佰圆整", 1050000},
        {"壹佰伍拾", 15000},
        {"贰仟零叁", 200300},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t fen = -1;
        bool ok = vouch_chinese_amount_parse(rows[i].text, &fen);
        cr_expect(ok && fen == rows[i].fen, "%s → %s %" PRId64 ", expected %" PRId64, rows[i].text, ok ? "ok" : "none",
                  fen, rows[i].fen);
    }
}

Test(chinese, refuses_what_is_no_amount)
{
    static const char *const rows[] = {
        "",
        "整",
        "元",
        "元整",
        "壹贰元",
        "壹佰伍元",
        "佰元",
        "壹佰贰佰元",
        "壹拾贰佰元",
        "壹万贰万元",
        "壹亿贰亿元",
        "负负壹元",
        "负(负数)壹元",
        "壹元壹",
        "壹元壹元",
        "壹角壹元",
        "壹分壹角",
        "壹元整壹角",
        "壹佰角",
        "合计壹佰元",
        "壹佰元整。",
        "二〇一九",
        "100元",
        "万元",
        "壹元拾角",
        "贰仟伍",
        "壹万伍仟叁元",
        "玖仟玖佰玖拾玖万玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖万元",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t fen = 77;
        cr_expect_not(vouch_chinese_amount_parse(rows[i], &fen), "%s → %" PRId64, rows[i], fen);
        cr_expect_eq(fen, 77, "%s", rows[i]);
    }
    int64_t fen;
    cr_expect_not(vouch_chinese_amount_parse(NULL, &fen));
}

Test(chinese, prints_as_tax_software_does)
{
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    static const struct {
        int64_t fen;
        const char *text;
    } rows[] = {
        {15000, "壹佰伍拾圆整"},
        {19019, "壹佰玖拾圆零壹角玖分"},
        {5340, "伍拾叁圆肆角"},
        {10005, "壹佰圆零伍分"},
        {561, "伍圆陆角壹分"},
        {50, "伍角"},
        {5, "伍分"},
        {0, "零圆整"},
        {-31800, "（负数）叁佰壹拾捌圆整"},
        {1001000101, "壹仟零壹万零壹圆零壹分"},
        {10500000, "壹拾万伍仟圆整"},
        {INT64_C(10000000500), "壹亿零伍圆整"},
        {INT64_C(100000000000000), "壹万亿圆整"},
        {INT64_C(1000000000000000000), NULL},
        {INT64_MIN, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *got = vouch_chinese_amount_print(arena, rows[i].fen);
        cr_expect(got && rows[i].text ? strcmp(got, rows[i].text) == 0 : got == rows[i].text, "%" PRId64 " → %s",
                  rows[i].fen, got ? got : "(none)");
    }
}

Test(chinese, what_is_printed_parses_to_the_same)
{
    uint64_t state = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        uint64_t limits[] = {1000, 100000, 100000000, 10000000000, 1000000000000000000};
        int64_t fen = (int64_t)(state % limits[i % 5]) * (i % 2 ? 1 : -1), back = 0;
        if (i % 3 == 0)
            fen -= fen % 1000000; /* many zeros */
        VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
        const char *text = vouch_chinese_amount_print(arena, fen);
        cr_assert(text && vouch_chinese_amount_parse(text, &back) && back == fen, "%" PRId64 " → %s → %" PRId64, fen,
                  text, back);
    }
}
