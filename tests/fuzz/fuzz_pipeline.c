/**
 * A whole document through the reader's and the verifier's stages, as the children run them.
 *
 * Properties: whatever the document, there is a reading or a problem; what it says is accepted by the strict parser of
 * the other side, to the letter; it names only parts and pages that exist; verdicts come from the verifier alone.
 */
#include <string.h>

#include "vouch/pipeline.h"

#include "property.h"

static const vouch_pipeline_options options = {.limits = {.max_bytes = 1 << 20,
                                                          .max_pages = 3,
                                                          .max_pixels = 1 << 20,
                                                          .max_entries = 32,
                                                          .max_entry_bytes = 1 << 20,
                                                          .max_expanded_bytes = 4 << 20,
                                                          .max_depth = 2,
                                                          .max_glyphs = 10000},
                                               .read = {.qr = true, .qr_budget_ms = 10}};

/* @return false after showing where they begin to differ */
static bool same(const vouch_buffer *a, const vouch_buffer *b)
{
    size_t at = 0;
    while (at < a->length && at < b->length && a->data[at] == b->data[at])
        at++;
    if (at == a->length && at == b->length)
        return true;
    const size_t from = at > 60 ? at - 60 : 0;
    fprintf(stderr, "\n%.120s\n%.120s\n", a->data + from, b->data + from);
    return false;
}

static void check_json(const vouch_reading *reading)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer printed = {0};
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer repeated = {0};
    VOUCH_CLEANUP(vouch_reading_free) vouch_reading *again = NULL;
    vouch_error err = VOUCH_ERROR_INIT;
    REQUIRE(vouch_reading_to_json(reading, &printed, &err) == VOUCH_OK);
    if (vouch_reading_from_json(printed.data, printed.length, &again, &err) != VOUCH_OK)
        fprintf(stderr, "\n%s\n", err.message);
    REQUIRE(again);
    REQUIRE(vouch_reading_to_json(again, &repeated, NULL) == VOUCH_OK);
    REQUIRE(same(&printed, &repeated));
}

static void check_words(const vouch_result *result)
{
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer json = {0};
    vouch_words again = {0};
    REQUIRE(vouch_words_to_json(&result->words, &json, NULL) == VOUCH_OK);
    REQUIRE(vouch_words_from_json(json.data, json.length, arena, &again, NULL) == VOUCH_OK);
    REQUIRE(again.count == result->words.count);
    for (size_t i = 0; i < again.count; i++)
        REQUIRE(again.items[i].page >= 1 && (size_t)again.items[i].page <= result->reading->page_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    VOUCH_CLEANUP(vouch_result_done) vouch_result read = {0};
    VOUCH_CLEANUP(vouch_result_done) vouch_result verified = {0};
    vouch_error err = VOUCH_ERROR_INIT;
    if (size > options.limits.max_bytes)
        return 0;
    REQUIRE(vouch_pipeline_read(data, size, &options, &read, &err) == VOUCH_OK);
    REQUIRE(read.reading->verdicts.count == 0);
    REQUIRE(read.reading->invoices.count > 0 || read.reading->problems.count > 0);
    check_json(read.reading);
    check_words(&read);
    REQUIRE(vouch_pipeline_verify(data, size, &options, &verified, &err) == VOUCH_OK);
    REQUIRE(verified.reading->invoices.count == 0);
    check_json(verified.reading);
    return 0;
}
