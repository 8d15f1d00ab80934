/**
 * Text: UTF-8, width folding, the normal forms of values, amounts in Chinese words.
 */
#ifndef VOUCH_TEXT_H
#define VOUCH_TEXT_H

#include <stdint.h>

#include "vouch/memory.h"
#include "vouch/vocabulary.h"

/**
 * The next code point of UTF-8 text.
 *
 * @param cursor  moved behind it; an invalid byte yields U+FFFD and moves by one
 * @param end     end of the text
 * @return the code point, or 0 at the end
 */
uint32_t vouch_utf8_next(const char **cursor, const char *end);

/** Encode a code point. @param out  at least 5 bytes, NUL-terminated. @return number of bytes, 0 for surrogates. */
size_t vouch_utf8_put(uint32_t codepoint, char out[5]);

bool vouch_utf8_valid(const char *text, size_t length);

/** Number of code points. Invalid bytes count one each. */
size_t vouch_utf8_length(const char *text);

/** NFKC (Unicode UAX 15), control characters removed, white space folded to single inner spaces, trimmed. */
char *vouch_text_fold(vouch_arena *arena, const char *text);

/** As vouch_text_fold and without any white space, upper case: for ids and codes. */
char *vouch_text_compact(vouch_arena *arena, const char *text);

/**
 * A name for comparing, never for showing: folded, lower case, without spaces, punctuation and "(个人)".
 */
char *vouch_text_fold_name(vouch_arena *arena, const char *text);

/**
 * The normal form of a value of a type, as READING.md has it; the inverse of how it is printed.
 *
 * TEXT NFKC with single spaces; ID compact upper case; AMOUNT and NUMBER a decimal string ("-1234.50", no thousands
 * separators); DATE from "2019 年11 月18 日", "20191118", "2019-11-18", "2019/11/18", ISO date-times …; TIME;
 * DATETIME; CURRENCY three letters.
 *
 * @return in arena; NULL when the text has no value of that type ("***", "", an impossible date)
 */
char *vouch_value_normalise(vouch_arena *arena, vouch_value_type type, const char *text);

/**
 * Parse a Chinese amount in words ("壹佰玖拾元零壹角玖分", "（负数）叁佰壹拾捌圆整").
 *
 * @param fen  out: minor units
 * @return false when it is no amount
 */
bool vouch_chinese_amount_parse(const char *text, int64_t *fen);

/** The inverse, as tax software prints it ("壹佰伍拾圆整"); NULL from 10^18 fen on. For generators and messages. */
char *vouch_chinese_amount_print(vouch_arena *arena, int64_t fen);

/** Edit distance (Levenshtein, code points), at most `limit` + 1. */
int vouch_text_distance(const char *a, const char *b, int limit);

#endif
