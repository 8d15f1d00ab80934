/**
 * The child's answer. Properties: a reading that is accepted prints to JSON that is accepted again and prints the
 * same; the same for words.
 */
#include <stdlib.h>
#include <string.h>

#include "vouch/pipeline.h"

#include "property.h"

static void check_reading(const char *json, size_t length)
{
    vouch_reading *reading = NULL, *again = NULL;
    vouch_buffer printed = {0}, repeated = {0};

    if (vouch_reading_from_json(json, length, &reading, NULL) != VOUCH_OK)
        return;
    REQUIRE(vouch_reading_to_json(reading, &printed, NULL) == VOUCH_OK);
    REQUIRE(vouch_reading_from_json(printed.data, printed.length, &again, NULL) == VOUCH_OK);
    REQUIRE(vouch_reading_to_json(again, &repeated, NULL) == VOUCH_OK);
    REQUIRE(printed.length == repeated.length && memcmp(printed.data, repeated.data, printed.length) == 0);
    vouch_buffer_done(&printed);
    vouch_buffer_done(&repeated);
    vouch_reading_free(&reading);
    vouch_reading_free(&again);
}

static void check_words(const char *json, size_t length)
{
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    vouch_words words = {0}, again = {0};
    vouch_buffer printed = {0}, repeated = {0};

    if (!arena || vouch_words_from_json(json, length, arena, &words, NULL) != VOUCH_OK)
        return;
    REQUIRE(vouch_words_to_json(&words, &printed, NULL) == VOUCH_OK);
    REQUIRE(vouch_words_from_json(printed.data, printed.length, arena, &again, NULL) == VOUCH_OK);
    REQUIRE(again.count == words.count && vouch_words_to_json(&again, &repeated, NULL) == VOUCH_OK);
    REQUIRE(printed.length == repeated.length && memcmp(printed.data, repeated.data, printed.length) == 0);
    vouch_buffer_done(&printed);
    vouch_buffer_done(&repeated);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_reading((const char *)data, size);
    check_words((const char *)data, size);
    return 0;
}
