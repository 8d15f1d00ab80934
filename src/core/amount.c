/*
 * Printed numbers. Signs and currency marks are peeled off both ends; what is left is groups of digits and the marks
 * between them, and their shape decides what each mark means: a mark that occurs once, last and beside another kind is
 * the decimal point; several of one kind are thousands (or Indian lakhs). Where the shape leaves a doubt, the number is
 * refused: a wrong amount costs more than a missing one.
 */
#include <string.h>
#include <strings.h>

#include "inside.h"
#include "vouch/money.h"
#include "vouch/text.h"

enum {
    MAX_GROUPS = 16,
    MAX_DIGITS = 40
};

/* Longest first where one begins another. ISO codes are looked up apart. */
static const char *const marks[] = {
    "人民币", "RMB", "US$", "HK$", "NT$", "CA$", "MX$",  "AU$",  "R$", "S$", "A$", "C$", "RM", "Rs.", "Rs",
    "kr.",    "kr",  "Kč",  "zł",  "Ft",  "лв",  "元整", "圆整", "元", "圆", "圓", "円", "원", "¥",   "$",
    "€",      "£",   "₹",   "₩",   "₽", "₫",   "฿",    "₺",    "₴",  "₪",  "₱",  "₦",  "₡",  "₲",   "¢",
};

typedef struct number {
    const char *start, *end; /* what is left of the text */
    bool negative, signed_already, marked;
    char currency[4]; /* ISO code when one stood there */
} number;

static void trim(number *n)
{
    while (n->start < n->end && *n->start == ' ')
        n->start++;
    while (n->start < n->end && n->end[-1] == ' ')
        n->end--;
}

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Take a currency mark or code off one end. A code must not be part of a longer word. */
static bool take_mark(number *n, bool at_end)
{
    size_t length = (size_t)(n->end - n->start);
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        size_t size = strlen(marks[i]);
        if (size > length || strncasecmp(at_end ? n->end - size : n->start, marks[i], size) != 0)
            continue;
        *(at_end ? &n->end : &n->start) += at_end ? -(ptrdiff_t)size : (ptrdiff_t)size;
        return n->marked = true;
    }
    if (length < 4)
        return false;
    const char *at = at_end ? n->end - 3 : n->start;
    char code[4] = {0};
    for (int i = 0; i < 3; i++)
        code[i] = letter(at[i]) ? (char)(at[i] & ~0x20) : at[i];
    if (!vouch_currency_known(code) || letter(at_end ? at[-1] : at[3]))
        return false;
    memcpy(n->currency, code, sizeof code);
    *(at_end ? &n->end : &n->start) += at_end ? -3 : 3;
    return n->marked = true;
}

/* Length of a dash at the start or the end, 0 when there is none. */
static size_t dash_length(const number *n, bool at_end)
{
    const char *from = n->start;
    if (at_end) {
        from = n->end;
        do
            from--;
        while (from > n->start && ((unsigned char)*from & 0xC0) == 0x80);
    }
    const char *cursor = from;
    return from < n->end && vouch_is_dash(vouch_utf8_next(&cursor, n->end)) ? (size_t)(cursor - from) : 0;
}

/* @return false when the number has a second sign */
static bool set_sign(number *n, bool negative)
{
    if (n->signed_already)
        return false;
    n->signed_already = true;
    n->negative = negative;
    return true;
}

/* Take one thing off one of the ends. @param broken  out: two signs */
static bool peel(number *n, bool *broken)
{
    trim(n);
    if (n->start >= n->end)
        return false;
    size_t dash = dash_length(n, false);
    if (dash > 0 || *n->start == '+') {
        *broken = !set_sign(n, dash > 0);
        n->start += dash ? dash : 1;
        return true;
    }
    dash = dash_length(n, true);
    if (dash > 0 && n->end - dash > n->start) {
        /* "12,-" and "12.—" say that there are no cents. */
        char before = n->end[-(ptrdiff_t)dash - 1];
        if (before == ',' || before == '.')
            dash++;
        else
            *broken = !set_sign(n, true);
        n->end -= dash;
        return true;
    }
    if (*n->start == '(' && n->end[-1] == ')') {
        *broken = !set_sign(n, true);
        n->start++;
        n->end--;
        return true;
    }
    return take_mark(n, false) || take_mark(n, true);
}

typedef struct groups {
    const char *digits[MAX_GROUPS];
    size_t length[MAX_GROUPS];
    char mark[MAX_GROUPS]; /* the one behind each group: '.', ',', '\'', ' ' */
    size_t count, total;
} groups;

static bool split(const number *n, groups *g)
{
    const char *at = n->start;
    for (;;) {
        if (g->count == MAX_GROUPS)
            return false;
        const char *start = at;
        while (at < n->end && vouch_is_digit((unsigned char)*at))
            at++;
        g->digits[g->count] = start;
        g->length[g->count] = (size_t)(at - start);
        g->total += (size_t)(at - start);
        g->count++;
        if (at == n->end) /* ".5" is written with one digit more */
            return g->total > 0 && g->total + (g->length[0] == 0) <= MAX_DIGITS;
        uint32_t c = vouch_utf8_next(&at, n->end);
        if (c == 0x2019 || c == 0x02BC || c == '`')
            c = '\'';
        if (c != '.' && c != ',' && c != '\'' && c != ' ')
            return false;
        g->mark[g->count - 1] = (char)c;
    }
}

/* Groups 0 … count-1 are well-formed thousands, or lakhs where the mark is a comma. */
static bool thousands(const groups *g, size_t count)
{
    if (count == 1)
        return true;
    char mark = g->mark[0];
    bool western = g->length[0] >= 1 && g->length[0] <= 3,
         indian = mark == ',' && g->length[0] >= 1 && g->length[0] <= 2;
    if (g->digits[0][0] == '0' || g->length[count - 1] != 3)
        return false;
    for (size_t i = 1; i < count; i++) {
        if (i < count - 1 && g->mark[i] != mark)
            return false;
        western = western && g->length[i] == 3;
        indian = indian && (i == count - 1 || g->length[i] == 2);
    }
    return western || indian;
}

/* One mark in the whole number, '.' or ','. */
static bool single_mark_is_point(const groups *g, const number *n, vouch_number_style style, bool *doubtful)
{
    bool like_thousands = g->length[1] == 3 && g->length[0] >= 1 && g->length[0] <= 3 && g->digits[0][0] != '0';
    if (!like_thousands)
        return true;
    if (g->mark[0] == ',') {
        *doubtful = style == VOUCH_NUMBER_PLAIN;
        return false;
    }
    /* A bare "1.234" is how machines write decimals. Printed beside a currency it could be a German thousand. */
    *doubtful =
        style == VOUCH_NUMBER_AMOUNT && n->marked && !(n->currency[0] && vouch_currency_digits(n->currency) > 2);
    return true;
}

/* How many of the groups are in front of the decimal point; 0 when the shape means nothing or two things. */
static size_t whole_groups(const groups *g, const number *n, vouch_number_style style)
{
    if (g->count == 1)
        return 1;
    char last = g->mark[g->count - 2];
    size_t occurrences = 0;
    for (size_t i = 0; i + 1 < g->count; i++)
        occurrences += g->mark[i] == last;
    bool point = (last == '.' || last == ',') && occurrences == 1, doubtful = false;
    if (point && g->count == 2)
        point = single_mark_is_point(g, n, style, &doubtful);
    size_t whole = point ? g->count - 1 : g->count;
    return doubtful || !thousands(g, whole) ? 0 : whole;
}

vouch_code vouch_number_normalise(const char *text, vouch_number_style style, char *out, size_t size)
{
    number n = {.start = text, .end = text + strlen(text)};
    bool broken = false;
    while (!broken && peel(&n, &broken))
        ;
    groups g = {0};
    if (broken || !split(&n, &g))
        return VOUCH_BAD_FORMAT;
    size_t whole = whole_groups(&g, &n, style);
    if (whole == 0)
        return VOUCH_BAD_FORMAT;

    char digits[MAX_DIGITS + 8];
    size_t length = 0;
    bool zero = true;
    for (size_t i = 0; i < g.count; i++) {
        if (i == whole && length == 0)
            digits[length++] = '0';
        if (i == whole && g.length[i] > 0)
            digits[length++] = '.';
        for (size_t k = 0; k < g.length[i]; k++) {
            char c = g.digits[i][k];
            if (c == '0' && i < whole && length == 0)
                continue;
            zero = zero && c == '0';
            digits[length++] = c;
        }
    }
    if (length == 0)
        digits[length++] = '0';
    size_t sign = n.negative && !zero;
    if (length + sign + 1 > size)
        return VOUCH_BAD_FORMAT;
    out[0] = '-';
    memcpy(out + sign, digits, length);
    out[sign + length] = '\0';
    return VOUCH_OK;
}
