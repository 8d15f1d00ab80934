/*
 * Amounts in Chinese words, as they stand on invoices beside the figures (支付结算办法 annex 1, and what issuers make
 * of it). Words are parsed and compared as numbers, never as text: 零, 整 and the choice of 元 or 圆 differ by issuer.
 *
 *   amount  = {负 | (负数) | 人民币 | (大写) | ⊗ | ¥} number [元|圆] [零] [digit 角] [零] [digit 分] [整|正]
 */
#include <string.h>

#include "inside.h"
#include "vouch/text.h"

/* What a character means. Digits first, units next, the rest last. */
typedef enum role {
    ROLE_NONE,
    ROLE_DIGIT,
    ROLE_UNIT,    /* 拾 佰 仟 */
    ROLE_SECTION, /* 万 亿 */
    ROLE_YUAN,
    ROLE_JIAO,
    ROLE_FEN,
    ROLE_END /* 整 正 */
} role;

static const struct {
    const char *characters;
    role role;
    int64_t value;
} alphabet[] = {
    {"零〇○", ROLE_DIGIT, 0},      {"壹一壱弌", ROLE_DIGIT, 1},   {"贰二貳弐两兩", ROLE_DIGIT, 2},
    {"叁三參叄弎", ROLE_DIGIT, 3}, {"肆四", ROLE_DIGIT, 4},       {"伍五", ROLE_DIGIT, 5},
    {"陆六陸", ROLE_DIGIT, 6},     {"柒七", ROLE_DIGIT, 7},       {"捌八", ROLE_DIGIT, 8},
    {"玖九", ROLE_DIGIT, 9},       {"拾十", ROLE_UNIT, 10},       {"佰百", ROLE_UNIT, 100},
    {"仟千", ROLE_UNIT, 1000},     {"万萬", ROLE_SECTION, 10000}, {"亿億", ROLE_SECTION, 100000000},
    {"元圆圓", ROLE_YUAN, 0},      {"角", ROLE_JIAO, 0},          {"分", ROLE_FEN, 0},
    {"整正", ROLE_END, 0},
};

static const struct {
    const char *text;
    bool negative;
} prefixes[] = {
    {"(负数)", true},  {"(负)", true},  {"负数", true}, {"负", true}, {"-", true},  {"(大写)", false},
    {"人民币", false}, {"大写", false}, {"⊗", false},   {"X", false}, {"¥", false}, {":", false},
};

typedef struct words {
    int64_t total;   /* sections that are complete, in yuan */
    int64_t section; /* the current four digits */
    int64_t unit;    /* last unit in the section; units fall */
    int64_t fen;
    int digit;        /* waiting for its unit; -1: none */
    bool any;         /* anything since the start */
    bool section_any; /* anything since the last 万 or 亿 */
    bool zero;        /* 零 stood directly before the digit, or nothing stood before it */
    bool seen_wan, seen_yi;
    role last; /* how far the amount has come: ROLE_YUAN, ROLE_JIAO, … */
} words;

static role lookup(const char *character, size_t length, int64_t *value)
{
    for (size_t i = 0; i < sizeof alphabet / sizeof alphabet[0]; i++) {
        const char *at = alphabet[i].characters, *end = at + strlen(at);
        while (at < end) {
            const char *start = at;
            vouch_utf8_next(&at, end);
            if ((size_t)(at - start) == length && memcmp(start, character, length) == 0) {
                *value = alphabet[i].value;
                return alphabet[i].role;
            }
        }
    }
    return ROLE_NONE;
}

static bool take_digit(words *w, int64_t value)
{
    if (w->digit > 0 || w->last >= ROLE_FEN)
        return false;
    w->zero = !w->any || w->digit == 0;
    w->digit = (int)value;
    w->any = w->section_any = true;
    return true;
}

/*
 * The digit in front of 万, 亿, 元 or the end. After a unit it needs 拾 or 零 in front: "壹佰伍" is 150 in speech and
 * 105 where a 零 was lost, hence no amount.
 */
static bool last_digit(const words *w, int64_t *value)
{
    *value = w->section + (w->digit > 0 ? w->digit : 0);
    return w->digit <= 0 || w->zero || w->unit == 10 || (w->unit == 0 && w->total == 0);
}

static bool take_unit(words *w, int64_t unit)
{
    if (w->last >= ROLE_YUAN || (w->unit != 0 && unit >= w->unit))
        return false;
    if (w->digit < 0) {
        if (unit != 10 || w->any) /* "拾伍元" stands for fifteen; elsewhere a unit needs its digit */
            return false;
        w->digit = 1;
    }
    w->section += w->digit * unit;
    w->unit = unit;
    w->digit = -1;
    w->any = w->section_any = true;
    return true;
}

static bool take_section(words *w, int64_t size)
{
    bool yi = size > 10000;
    if (w->last >= ROLE_YUAN || w->seen_yi + (yi ? 1 : 0) > 1 || (!yi && w->seen_wan))
        return false;
    if (yi ? !w->any : !w->section_any)
        return false;
    int64_t value;
    if (!last_digit(w, &value))
        return false;
    if (yi) {
        if (__builtin_mul_overflow(w->total + value, size, &w->total))
            return false;
    } else {
        w->total += value * size;
    }
    w->seen_wan = !yi;
    w->seen_yi = w->seen_yi || yi;
    w->section = w->unit = 0;
    w->digit = -1;
    w->section_any = false;
    return true;
}

/* 元 closes the whole number; so does the end of the text where 元 is missing. */
static bool close_yuan(words *w)
{
    int64_t value;
    if (w->last >= ROLE_YUAN || !w->any || !last_digit(w, &value))
        return false;
    w->total += value;
    w->section = w->unit = 0;
    w->digit = -1;
    w->last = ROLE_YUAN;
    return true;
}

static bool take_small(words *w, role which)
{
    /* Without 元 in front, only a single digit may stand there: "伍角". */
    if (w->digit < 0 || w->last >= which || (w->last < ROLE_YUAN && (w->total || w->section)))
        return false;
    w->fen += w->digit * (which == ROLE_JIAO ? 10 : 1);
    w->digit = -1;
    w->last = which;
    return true;
}

static bool take_end(words *w)
{
    if (w->last < ROLE_YUAN && !close_yuan(w))
        return false;
    if (w->last == ROLE_END || w->digit > 0)
        return false;
    w->last = ROLE_END;
    return true;
}

static bool take(words *w, role what, int64_t value)
{
    switch (what) {
    case ROLE_DIGIT:
        return take_digit(w, value);
    case ROLE_UNIT:
        return take_unit(w, value);
    case ROLE_SECTION:
        return take_section(w, value);
    case ROLE_YUAN:
        return close_yuan(w);
    case ROLE_JIAO:
    case ROLE_FEN:
        return take_small(w, what);
    case ROLE_END:
        return take_end(w);
    case ROLE_NONE:
        break;
    }
    return false;
}

/* @return false for two signs */
static bool skip_prefixes(const char **text, bool *negative)
{
    size_t i = 0, count = sizeof prefixes / sizeof prefixes[0];
    while (i < count) {
        size_t length = strlen(prefixes[i].text);
        if (strncmp(*text, prefixes[i].text, length) != 0) {
            i++;
            continue;
        }
        if (prefixes[i].negative && *negative)
            return false;
        *negative = *negative || prefixes[i].negative;
        *text += length;
        i = 0;
    }
    return true;
}

static bool parse_compact(const char *text, int64_t *fen)
{
    bool negative = false;
    if (!skip_prefixes(&text, &negative))
        return false;
    words w = {.digit = -1};
    for (const char *end = text + strlen(text); text < end;) {
        const char *start = text;
        int64_t value = 0;
        vouch_utf8_next(&text, end);
        role what = lookup(start, (size_t)(text - start), &value);
        if (!take(&w, what, value))
            return false;
    }
    if (w.last < ROLE_YUAN && !close_yuan(&w))
        return false;
    if (w.digit > 0)
        return false;
    int64_t minor;
    if (__builtin_mul_overflow(w.total, 100, &minor) || __builtin_add_overflow(minor, w.fen, &minor))
        return false;
    *fen = negative ? -minor : minor;
    return true;
}

bool vouch_chinese_amount_parse(const char *text, int64_t *fen)
{
    /* The longest amount that makes sense has 40 characters; longer text is something else, and cheap to refuse. */
    if (!text || strlen(text) > 400)
        return false;
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    return arena && parse_compact(vouch_text_compact(arena, text), fen);
}

static const char *const capital_digits[] = {"零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"};

/* A section of up to four digits; inner zeros collapse to one 零, trailing ones vanish. */
static vouch_code print_section(vouch_buffer *out, int section)
{
    static const char *const units[] = {"仟", "佰", "拾", ""};
    static const int sizes[] = {1000, 100, 10, 1};
    bool started = false, gap = false;
    for (int i = 0; i < 4; i++) {
        int digit = section / sizes[i] % 10;
        gap = gap || (started && digit == 0);
        if (digit == 0)
            continue;
        VOUCH_TRY(vouch_buffer_printf(out, "%s%s%s", gap ? "零" : "", capital_digits[digit], units[i]));
        started = true;
        gap = false;
    }
    return VOUCH_OK;
}

static vouch_code print_yuan(vouch_buffer *out, int64_t yuan)
{
    static const char *const names[] = {"万", "亿", "万", ""};
    static const int64_t sizes[] = {1000000000000, 100000000, 10000, 1};
    bool started = false, gap = false, hundred_million = false;
    for (int i = 0; i < 4; i++) {
        int section = (int)(yuan / sizes[i] % 10000);
        if (section > 0) {
            if (started && (gap || section < 1000))
                VOUCH_TRY(vouch_buffer_append(out, "零", strlen("零")));
            VOUCH_TRY(print_section(out, section));
            VOUCH_TRY(vouch_buffer_append(out, names[i], strlen(names[i])));
        }
        hundred_million = hundred_million || (i == 0 && section > 0);
        if (i == 1 && section == 0 && hundred_million)
            VOUCH_TRY(vouch_buffer_append(out, names[i], strlen(names[i])));
        gap = started && section == 0;
        started = started || section > 0;
    }
    return VOUCH_OK;
}

static vouch_code print_amount(vouch_buffer *out, int64_t fen)
{
    uint64_t amount = fen < 0 ? -(uint64_t)fen : (uint64_t)fen;
    int64_t yuan = (int64_t)(amount / 100);
    int jiao = (int)(amount / 10 % 10), cents = (int)(amount % 10);
    if (fen < 0)
        VOUCH_TRY(vouch_buffer_append(out, "（负数）", strlen("（负数）")));
    if (yuan > 0) {
        VOUCH_TRY(print_yuan(out, yuan));
        VOUCH_TRY(vouch_buffer_append(out, "圆", strlen("圆")));
    }
    if (jiao == 0 && cents == 0)
        return vouch_buffer_printf(out, "%s整", yuan > 0 ? "" : "零圆");
    if (jiao > 0)
        VOUCH_TRY(vouch_buffer_printf(out, "%s%s角", yuan > 0 && yuan % 10 == 0 ? "零" : "", capital_digits[jiao]));
    if (cents > 0)
        VOUCH_TRY(vouch_buffer_printf(out, "%s%s分", yuan > 0 && jiao == 0 ? "零" : "", capital_digits[cents]));
    return VOUCH_OK;
}

char *vouch_chinese_amount_print(vouch_arena *arena, int64_t fen)
{
    static const int64_t limit = 1000000000000000000; /* ten thousand times 万亿 yuan: beyond what the words name */
    if (fen <= -limit || fen >= limit)
        return NULL;
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer out = {0};
    if (print_amount(&out, fen) != VOUCH_OK)
        return NULL;
    return vouch_arena_strndup(arena, out.data, out.length);
}
