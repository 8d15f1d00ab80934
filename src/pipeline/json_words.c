/**
 * Words from hostile JSON. There may be hundreds of thousands, so no tree of all of them is built: the outer array is
 * walked by hand, and each word is parsed by itself.
 */
#include <jansson.h>
#include <string.h>

#include "json_take.h"
#include "vouch/pipeline.h"

#define MAXIMUM_WORDS      2000000
#define MAXIMUM_BYTES      ((size_t)128 << 20)
#define MAXIMUM_WORD       4096 /* bytes of one word */
#define MAXIMUM_WORD_JSON  (6 * MAXIMUM_WORD + 256)
#define MAXIMUM_COORDINATE 1e6
#define MAXIMUM_PAGE       10000

static vouch_code take_edge(json_taker *taker, json_t *value, void *target)
{
    return json_take_number(taker, value, -MAXIMUM_COORDINATE, MAXIMUM_COORDINATE, target);
}

static vouch_code take_word(json_taker *taker, json_t *value, void *target)
{
    vouch_word *word = target;
    double *const edges[] = {&word->box.x0, &word->box.y0, &word->box.x1, &word->box.y1};
    long long page;

    if (json_array_size(value) != 6)
        return json_refuse(taker, "not a page, a text and four numbers");
    VOUCH_TRY(json_take_integer(taker, json_array_get(value, 0), 1, MAXIMUM_PAGE, &page));
    VOUCH_TRY(json_take_text(taker, json_array_get(value, 1), 1, MAXIMUM_WORD, &word->text));
    for (size_t i = 0; i < 4; i++)
        VOUCH_TRY(json_take_element(taker, 2 + i, take_edge, json_array_get(value, 2 + i), edges[i]));
    word->page = (int)page;
    return VOUCH_OK;
}

static void free_json(json_t **json)
{
    json_decref(*json);
}

/** Parse the word at *at and move behind it. */
static vouch_code parse_word(json_taker *taker, size_t index, const char *json, size_t length, size_t *at,
                             vouch_word *word)
{
    const size_t rest = length - *at;
    json_error_t syntax;

    VOUCH_CLEANUP(free_json)
    json_t *value = json_loadb(json + *at, rest < MAXIMUM_WORD_JSON ? rest : MAXIMUM_WORD_JSON,
                               JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &syntax);
    if (!value)
        return vouch_fail(taker->err, VOUCH_CHILD_BAD_ANSWER, "/%zu: %s", index, syntax.text);
    *at += (size_t)syntax.position;
    return json_take_element(taker, index, take_word, value, word);
}

vouch_code vouch_words_from_json(const char *json, size_t length, vouch_arena *arena, vouch_words *out,
                                 vouch_error *err)
{
    json_taker taker = {.arena = arena, .err = err};
    vouch_words words = {0};
    size_t at = 1;

    if (length > MAXIMUM_BYTES || length < 2 || json[0] != '[' || json[length - 1] != ']')
        return vouch_fail(err, VOUCH_CHILD_BAD_ANSWER, "words are no array, or too many");
    while (at < length - 1) {
        if (words.count > 0 && json[at++] != ',')
            return vouch_fail(err, VOUCH_CHILD_BAD_ANSWER, "no comma behind word %zu", words.count - 1);
        if (words.count == MAXIMUM_WORDS || at >= length - 1 || json[at] != '[')
            return vouch_fail(err, VOUCH_CHILD_BAD_ANSWER, "word %zu is no array, or one too many", words.count);
        vouch_word *word = VOUCH_ARENA_PUSH(arena, words.items, words.count, words.capacity);
        VOUCH_TRY(parse_word(&taker, words.count - 1, json, length - 1, &at, word));
    }
    *out = words;
    return VOUCH_OK;
}
