/**
 * Words from hostile JSON. There may be hundreds of thousands of one shape, [page,"text",x0,y0,x1,y1], written by
 * ourselves without blanks. Just that is taken, by hand: a library's tree would cost a document of a page a quarter of
 * a millisecond.
 */
#include <string.h>

#include "vouch/pipeline.h"
#include "vouch/text.h"

#define MAXIMUM_WORDS      2000000
#define MAXIMUM_BYTES      ((size_t)128 << 20)
#define MAXIMUM_WORD       4096       /* bytes of one word */
#define MAXIMUM_COORDINATE 1000000000 /* as the writer bounds them */
#define MAXIMUM_PAGE       10000

/** A place in the text of the words. */
typedef struct cursor {
    const char *at, *end;
    vouch_arena *arena;
} cursor;

static bool take(cursor *c, char expected)
{
    if (c->at == c->end || *c->at != expected)
        return false;
    c->at++;
    return true;
}

/** Digits as a whole number up to maximum. @return how many; 0: none, or too large */
static int take_digits(cursor *c, long maximum, long *out)
{
    const char *const start = c->at;
    long value = 0;
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
        value = 10 * value + (*c->at - '0');
        if (value > maximum)
            return 0;
    }
    *out = value;
    return start < c->at && (*start != '0' || c->at == start + 1) ? (int)(c->at - start) : 0;
}

/** Hundredths, as they are written: "-12", "12.5", "12.25". */
static bool take_edge(cursor *c, double *out)
{
    const bool negative = take(c, '-');
    long whole, fraction = 0;
    if (!take_digits(c, MAXIMUM_COORDINATE, &whole))
        return false;
    if (take(c, '.')) {
        int decimals = 0;
        for (; decimals < 2 && c->at < c->end && *c->at >= '0' && *c->at <= '9'; decimals++)
            fraction = 10 * fraction + (*c->at++ - '0');
        if (decimals == 0)
            return false;
        fraction *= decimals == 1 ? 10 : 1;
    }
    *out = (double)(negative ? -(100 * whole + fraction) : 100 * whole + fraction) / 100;
    return true;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/** What may stand behind a backslash: what the writer escapes. @return the character; '\0': nothing of that */
static char take_escape(cursor *c)
{
    if (take(c, '"'))
        return '"';
    if (take(c, '\\'))
        return '\\';
    if (c->end - c->at < 5 || memcmp(c->at, "u00", 3) != 0)
        return '\0';
    const int high = hex_digit(c->at[3]), low = hex_digit(c->at[4]);
    c->at += 5;
    return high < 0 || high > 1 || low < 0 ? '\0' : (char)(16 * high + low);
}

static bool take_text(cursor *c, const char **out)
{
    char text[MAXIMUM_WORD];
    size_t length = 0;
    if (!take(c, '"'))
        return false;
    while (c->at < c->end && *c->at != '"') {
        char byte = *c->at++;
        if ((unsigned char)byte < 0x20 || length == sizeof text || (byte == '\\' && !(byte = take_escape(c))))
            return false;
        text[length++] = byte;
    }
    if (length == 0 || !vouch_utf8_valid(text, length))
        return false;
    *out = vouch_arena_strndup(c->arena, text, length);
    return take(c, '"');
}

static bool take_word(cursor *c, vouch_word *word)
{
    long page;
    if (!take(c, '[') || !take_digits(c, MAXIMUM_PAGE, &page) || page == 0 || !take(c, ',') ||
        !take_text(c, &word->text))
        return false;
    double *const edges[] = {&word->box.x0, &word->box.y0, &word->box.x1, &word->box.y1};
    for (size_t i = 0; i < 4; i++)
        if (!take(c, ',') || !take_edge(c, edges[i]))
            return false;
    word->page = (int)page;
    return take(c, ']');
}

vouch_code vouch_words_from_json(const char *json, size_t length, vouch_arena *arena, vouch_words *out,
                                 vouch_error *err)
{
    cursor c = {.at = json, .end = json + length, .arena = arena};
    vouch_words words = {0};
    if (length > MAXIMUM_BYTES || !take(&c, '['))
        return vouch_fail(err, VOUCH_CHILD_BAD_ANSWER, "words are no array, or too many");
    while (!take(&c, ']')) {
        if (words.count > 0 && !take(&c, ','))
            return vouch_fail(err, VOUCH_CHILD_BAD_ANSWER, "no comma behind word %zu", words.count - 1);
        if (words.count == MAXIMUM_WORDS)
            return vouch_fail(err, VOUCH_CHILD_BAD_ANSWER, "more than %d words", MAXIMUM_WORDS);
        vouch_word *word = VOUCH_ARENA_PUSH(arena, words.items, words.count, words.capacity);
        if (!take_word(&c, word))
            return vouch_fail(err, VOUCH_CHILD_BAD_ANSWER, "word %zu is not a page, a text and four numbers",
                              words.count - 1);
    }
    if (c.at < c.end)
        return vouch_fail(err, VOUCH_CHILD_BAD_ANSWER, "something behind the words");
    *out = words;
    return VOUCH_OK;
}
