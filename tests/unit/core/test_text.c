#include <criterion/criterion.h>
#include <string.h>

#include "vouch/text.h"

Test(utf8, next_walks_and_replaces_invalid_bytes)
{
    static const struct {
        const char *bytes;
        uint32_t expected[6];
    } rows[] = {
        {"aé发😀", {'a', 0xE9, 0x53D1, 0x1F600}},
        {"\xff"
         "a",
         {0xFFFD, 'a'}},
        {"\xe5\x8f", {0xFFFD, 0xFFFD}},             /* cut */
        {"\xc0\x80", {0xFFFD, 0xFFFD}},             /* overlong */
        {"\xed\xa0\x80", {0xFFFD, 0xFFFD, 0xFFFD}}, /* surrogate */
        {"\xf4\x90\x80\x80", {0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *cursor = rows[i].bytes, *end = cursor + strlen(cursor);
        for (size_t k = 0; rows[i].expected[k]; k++)
            cr_expect_eq(vouch_utf8_next(&cursor, end), rows[i].expected[k], "row %zu at %zu", i, k);
        cr_expect_eq(vouch_utf8_next(&cursor, end), 0, "row %zu", i);
        cr_expect_eq(vouch_utf8_valid(rows[i].bytes, strlen(rows[i].bytes)), i == 0, "row %zu", i);
    }
}

Test(utf8, put_is_the_inverse_of_next)
{
    for (uint32_t c = 1; c <= 0x110000; c += c < 0x3000 ? 1 : 37) {
        char bytes[5];
        size_t length = vouch_utf8_put(c, bytes);
        bool surrogate = c >= 0xD800 && c <= 0xDFFF;
        if (surrogate || c > 0x10FFFF) {
            cr_assert_eq(length, 0, "U+%04X", c);
            continue;
        }
        const char *cursor = bytes;
        cr_assert_eq(vouch_utf8_next(&cursor, bytes + length), c, "U+%04X", c);
        cr_assert_eq((size_t)(cursor - bytes), length, "U+%04X", c);
    }
}

typedef char *fold_function(vouch_arena *, const char *);

static void check_folds(fold_function *fold, const char *const rows[][2], size_t count)
{
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    for (size_t i = 0; i < count; i++) {
        const char *got = fold(arena, rows[i][0]);
        cr_expect_str_eq(got, rows[i][1], "'%s' → '%s', expected '%s'", rows[i][0], got, rows[i][1]);
        cr_expect_str_eq(fold(arena, got), got, "'%s' is not its own fold", got);
    }
}

Test(text, fold)
{
    static const char *const rows[][2] = {
        {"", ""},
        {"  a \t b\r\n", "a b"},
        {"ＡＢＣ　１２３", "ABC 123"},
        {"（个人）：￥", "(个人):¥"},
        {"a\xC2\xA0\xE2\x80\xAF"
         "b",
         "a b"}, /* NBSP, narrow NBSP */
        {"a\xE2\x80\x8B"
         "b\xEF\xBB\xBF\x01",
         "ab"},                   /* zero width space, BOM, control */
        {"cafe\xCC\x81", "café"}, /* composed */
        {"ﬁn", "fin"},
        {"e\xE2\x80\x8B\xCC\x81", "é"}, /* a mark behind a dropped character joins the letter before it */
        {"\xE1\x84\x80\x01\xE1\x85\xA1", "가"},
        {"⼈⺠", "人⺠"}, /* Kangxi radicals fold, supplementary ones have no mapping */
        {"\xff"
         "a",
         "\xEF\xBF\xBD"
         "a"},
    };
    check_folds(vouch_text_fold, rows, sizeof rows / sizeof rows[0]);
}

Test(text, compact)
{
    static const char *const rows[][2] = {
        {" 9131 0000 abc－1 ", "91310000ABC-1"},
        {"０３３００１", "033001"},
        {"a—b–c−d", "A-B-C-D"},
        {"ɐɑ", "ⱯⱭ"},
        {"straße", "STRAẞE"},
    };
    check_folds(vouch_text_compact, rows, sizeof rows / sizeof rows[0]);
}

Test(text, fold_name)
{
    static const char *const rows[][2] = {
        {"张三（个人）", "张三"},
        {"Müller & Söhne GmbH", "müllersöhnegmbh"},
        {"STRASSE", "strasse"},
        {"Straße", "strasse"},
        {"Ａ．Ｂ．（上海）有限公司", "ab上海有限公司"},
        {"O’Neil-Smith, Ltd.", "oneilsmithltd"},
    };
    check_folds(vouch_text_fold_name, rows, sizeof rows / sizeof rows[0]);
}

/* Plain Levenshtein, as the definition has it. */
static int reference_distance(const char *a, const char *b)
{
    int row[64][64];
    size_t m = strlen(a), n = strlen(b);
    for (size_t i = 0; i <= m; i++) {
        for (size_t j = 0; j <= n; j++) {
            if (i == 0 || j == 0) {
                row[i][j] = (int)(i + j);
                continue;
            }
            int best = row[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            best = row[i - 1][j] + 1 < best ? row[i - 1][j] + 1 : best;
            row[i][j] = row[i][j - 1] + 1 < best ? row[i][j - 1] + 1 : best;
        }
    }
    return row[m][n];
}

Test(text, distance_agrees_with_the_definition_up_to_the_limit)
{
    unsigned state = 12345;
    for (int round = 0; round < 4000; round++) {
        char a[20] = "", b[20] = "";
        char *const texts[] = {a, b};
        for (int t = 0; t < 2; t++) {
            state = state * 1103515245 + 12345;
            size_t length = state >> 16 & 15;
            for (size_t i = 0; i < length; i++) {
                state = state * 1103515245 + 12345;
                texts[t][i] = (char)('a' + (state >> 16 & 3));
            }
        }
        int real = reference_distance(a, b);
        for (int limit = 0; limit < 17; limit += 2) {
            int expected = real <= limit ? real : limit + 1;
            cr_assert_eq(vouch_text_distance(a, b, limit), expected, "'%s' '%s' limit %d: %d, expected %d", a, b, limit,
                         vouch_text_distance(a, b, limit), expected);
        }
    }
    cr_expect_eq(vouch_text_distance("发票号码", "发票代码", 3), 1);
    cr_expect_eq(vouch_text_distance("", "", -1), 0);
}
