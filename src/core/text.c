/*
 * UTF-8 (RFC 3629) and folding. NFKC (Unicode UAX 15) comes from utf8proc; white space, controls and format characters
 * (soft hyphens, joiners, direction marks: invisible, so they must not make two values differ) are handled on its
 * result. Text that is pure ASCII, which most values are, is its own NFKC and skips the library.
 */
#include "vouch/text.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "inside.h"

/* Length of the valid sequence at the cursor, 0 when there is none (RFC 3629 section 4). */
static size_t sequence(const char *cursor, const char *end, uint32_t *codepoint)
{
    utf8proc_int32_t c;
    utf8proc_ssize_t length = utf8proc_iterate((const utf8proc_uint8_t *)cursor, end - cursor, &c);
    if (length <= 0)
        return 0;
    *codepoint = (uint32_t)c;
    return (size_t)length;
}

uint32_t vouch_utf8_next(const char **cursor, const char *end)
{
    if (*cursor >= end)
        return 0;
    uint32_t codepoint;
    size_t length = sequence(*cursor, end, &codepoint);
    *cursor += length ? length : 1;
    return length ? codepoint : 0xFFFD;
}

size_t vouch_utf8_put(uint32_t codepoint, char out[5])
{
    size_t length = 0;
    if (codepoint <= 0x10FFFF && (codepoint < 0xD800 || codepoint > 0xDFFF))
        length = (size_t)utf8proc_encode_char((utf8proc_int32_t)codepoint, (utf8proc_uint8_t *)out);
    out[length] = '\0';
    return length;
}

bool vouch_utf8_valid(const char *text, size_t length)
{
    const char *end = text + length;
    while (text < end) {
        uint32_t codepoint;
        size_t step = sequence(text, end, &codepoint);
        if (step == 0)
            return false;
        text += step;
    }
    return true;
}

size_t vouch_utf8_length(const char *text)
{
    size_t count = 0;
    for (const char *end = text + strlen(text); text < end; count++)
        vouch_utf8_next(&text, end);
    return count;
}

static bool is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

/* The same text with U+FFFD for each invalid byte, so that what follows may rely on UTF-8. */
static char *repair(vouch_arena *arena, const char *text, size_t length)
{
    const char *end = text + length;
    char *out = vouch_arena_calloc(arena, length + 1, 3), *to = out;
    while (text < end) {
        char bytes[5];
        size_t count = vouch_utf8_put(vouch_utf8_next(&text, end), bytes);
        memcpy(to, bytes, count);
        to += count;
    }
    return out;
}

/* NFKC, with case folding (Unicode 3.13, "ß" becomes "ss") when asked. */
static const char *nfkc(vouch_arena *arena, const char *text, bool fold_case)
{
    if (is_ascii(text) && !fold_case)
        return text;
    size_t length = strlen(text);
    if (!vouch_utf8_valid(text, length))
        text = repair(arena, text, length);
    int options = UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE;
    if (fold_case)
        options |= UTF8PROC_CASEFOLD;
    utf8proc_uint8_t *mapped = NULL;
    utf8proc_ssize_t size = utf8proc_map((const utf8proc_uint8_t *)text, 0, &mapped, (utf8proc_option_t)options);
    if (size < 0)
        return text; /* valid text fails here for want of memory only; unfolded text loses matches, invents none */
    char *copy = vouch_arena_strndup(arena, (const char *)mapped, (size_t)size);
    free(mapped);
    return copy;
}

typedef enum class {
    CLASS_KEEP,
    CLASS_JOINS, /* kept; may merge with what stands in front of it: marks, Hangul vowels and finals */
    CLASS_SPACE,
    CLASS_DROP,
    CLASS_PUNCTUATION
} class;

static class classify(uint32_t c)
{
    if (c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85)
        return CLASS_SPACE;
    switch (utf8proc_category((utf8proc_int32_t)c)) {
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return CLASS_SPACE;
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
        return CLASS_DROP;
    case UTF8PROC_CATEGORY_PC:
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO:
        return CLASS_PUNCTUATION;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
        return CLASS_JOINS;
    default:
        return c >= 0x1161 && c <= 0x11C2 ? CLASS_JOINS : CLASS_KEEP;
    }
}

/*
 * One pass over a text. Dropping a character can bring two others together that compose, and so can a change of case;
 * @param joins  out: such a character is there, so that another pass may change the text again
 */
typedef char *fold_pass(vouch_arena *arena, const char *text, bool *joins);

/* Passes until nothing changes, so that a folded text is its own fold. */
static char *settle(vouch_arena *arena, const char *text, fold_pass *pass)
{
    bool joins = false;
    char *folded = pass(arena, text, &joins);
    for (int rounds = 0; joins && rounds < 8; rounds++) {
        joins = false;
        char *again = pass(arena, folded, &joins);
        if (strcmp(again, folded) == 0)
            break;
        folded = again;
    }
    return folded;
}

static char *fold(vouch_arena *arena, const char *text, bool *joins)
{
    const char *from = nfkc(arena, text, false), *end = from + strlen(from);
    char *out = vouch_arena_alloc(arena, (size_t)(end - from) + 1), *to = out;
    bool gap = false;
    while (from < end) {
        const char *start = from;
        class what = classify(vouch_utf8_next(&from, end));
        if (what == CLASS_DROP)
            continue;
        if (what == CLASS_SPACE) {
            gap = true;
            continue;
        }
        *joins = *joins || what == CLASS_JOINS;
        if (gap && to > out)
            *to++ = ' ';
        gap = false;
        memcpy(to, start, (size_t)(from - start));
        to += from - start;
    }
    return out;
}

char *vouch_text_fold(vouch_arena *arena, const char *text)
{
    return settle(arena, text, fold);
}

bool vouch_is_dash(uint32_t c)
{
    return c == '-' || (c >= 0x2010 && c <= 0x2015) || c == 0x2212;
}

static char *compact(vouch_arena *arena, const char *text, bool *joins)
{
    const char *from = nfkc(arena, text, false), *end = from + strlen(from);
    /* Upper case may take more bytes than lower case (U+0250 and others: two to three). */
    char *out = vouch_arena_calloc(arena, (size_t)(end - from) + 1, 2), *to = out;
    while (from < end) {
        uint32_t c = vouch_utf8_next(&from, end);
        class what = classify(c);
        if (what == CLASS_SPACE || what == CLASS_DROP)
            continue;
        *joins = *joins || what == CLASS_JOINS;
        c = vouch_is_dash(c) ? '-' : (uint32_t)utf8proc_toupper((utf8proc_int32_t)c);
        char bytes[5];
        size_t count = vouch_utf8_put(c, bytes);
        memcpy(to, bytes, count);
        to += count;
    }
    return out;
}

char *vouch_text_compact(vouch_arena *arena, const char *text)
{
    return settle(arena, text, compact);
}

static char *fold_name(vouch_arena *arena, const char *text, bool *joins)
{
    /* Printed behind a person's name by the tax software; no part of it. */
    static const char person[] = "(个人)";
    const char *from = nfkc(arena, text, true), *end = from + strlen(from);
    char *out = vouch_arena_alloc(arena, (size_t)(end - from) + 1), *to = out;
    while (from < end) {
        if ((size_t)(end - from) >= sizeof person - 1 && memcmp(from, person, sizeof person - 1) == 0) {
            from += sizeof person - 1;
            continue;
        }
        const char *start = from;
        class what = classify(vouch_utf8_next(&from, end));
        *joins = *joins || what == CLASS_JOINS;
        if (what != CLASS_KEEP && what != CLASS_JOINS)
            continue;
        memcpy(to, start, (size_t)(from - start));
        to += from - start;
    }
    return out;
}

char *vouch_text_fold_name(vouch_arena *arena, const char *text)
{
    return settle(arena, text, fold_name);
}

static uint32_t *code_points(const char *text, size_t length)
{
    uint32_t *points = calloc(length + 1, sizeof *points);
    const char *end = text + strlen(text);
    for (size_t i = 0; points && i < length; i++)
        points[i] = vouch_utf8_next(&text, end);
    return points;
}

/* One row of the matrix at a time, and of it only the band |i - j| <= limit that can matter (Ukkonen 1985). */
static int banded_distance(const uint32_t *a, size_t a_length, const uint32_t *b, size_t b_length, size_t limit,
                           size_t *row)
{
    for (size_t j = 0; j <= b_length; j++)
        row[j] = j <= limit ? j : limit + 1;
    for (size_t i = 1; i <= a_length; i++) {
        size_t first = i > limit ? i - limit : 1;
        size_t last = i + limit < b_length ? i + limit : b_length;
        size_t diagonal = row[first - 1], best = limit + 1;
        row[first - 1] = first == 1 && i <= limit ? i : limit + 1;
        best = row[first - 1] < best ? row[first - 1] : best;
        for (size_t j = first; j <= last; j++) {
            size_t cost = diagonal + (a[i - 1] != b[j - 1]);
            size_t above = j < i + limit ? row[j] + 1 : limit + 1, left = row[j - 1] + 1;
            cost = above < cost ? above : cost;
            cost = left < cost ? left : cost;
            diagonal = row[j];
            row[j] = cost > limit ? limit + 1 : cost;
            best = row[j] < best ? row[j] : best;
        }
        if (best > limit)
            return (int)limit + 1;
    }
    return (int)row[b_length];
}

int vouch_text_distance(const char *a, const char *b, int limit)
{
    if (limit < 0)
        limit = 0;
    size_t a_length = vouch_utf8_length(a), b_length = vouch_utf8_length(b);
    size_t difference = a_length > b_length ? a_length - b_length : b_length - a_length;
    if (difference > (size_t)limit)
        return limit + 1;
    VOUCH_CLEANUP(vouch_free_pointer) uint32_t *from = code_points(a, a_length);
    VOUCH_CLEANUP(vouch_free_pointer) uint32_t *to = code_points(b, b_length);
    VOUCH_CLEANUP(vouch_free_pointer) size_t *row = calloc(b_length + 1, sizeof *row);
    if (!from || !to || !row)
        return limit + 1;
    return banded_distance(from, a_length, to, b_length, (size_t)limit, row);
}
