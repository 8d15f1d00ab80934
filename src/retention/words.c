/** Masking words: [page, text, x0, y0, x1, y1] each. A name may be split over several words, hence the places. */
#include <string.h>

#include "reading.h"

static bool inside(const json_t *word, const struct vouch_personal_place *place)
{
    double edges[4];
    for (size_t i = 0; i < 4; i++)
        edges[i] = json_number_value(json_array_get(word, 2 + i));
    const double x = (edges[0] + edges[2]) / 2, y = (edges[1] + edges[3]) / 2;
    return json_integer_value(json_array_get(word, 0)) == place->page && x >= place->box[0] && x <= place->box[2] &&
           y >= place->box[1] && y <= place->box[3];
}

/* @return what the word's text becomes; NULL: it stays */
static const char *masked_text(const json_t *word, const vouch_personal *personal, vouch_arena *arena)
{
    const char *text = json_string_value(json_array_get(word, 1));
    if (!text)
        return NULL;
    for (size_t i = 0; i < personal->place_count; i++)
        if (inside(word, &personal->places[i]))
            return VOUCH_MASK;
    return mask_text(text, personal, arena);
}

vouch_code vouch_words_mask(const char *words, size_t length, const vouch_personal *personal, vouch_arena *arena,
                            const char **out, size_t *masked, vouch_error *err)
{
    json_error_t syntax;
    VOUCH_CLEANUP(free_json) json_t *list = json_loadb(words, length, 0, &syntax);
    if (!json_is_array(list))
        return vouch_fail(err, VOUCH_INTERNAL, "stored words are none: %s", syntax.text);
    size_t index, count = 0;
    json_t *word;
    json_array_foreach(list, index, word)
    {
        const char *text = masked_text(word, personal, arena);
        if (text && json_array_set_new(word, 1, json_string(text)) == 0)
            count++;
    }
    if (count == 0)
        *out = vouch_arena_strndup(arena, words, length);
    else
        VOUCH_TRY(reading_print(list, arena, out, err));
    *masked = count;
    return VOUCH_OK;
}
