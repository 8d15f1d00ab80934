/**
 * A child's answer: hostile bytes to the process that holds the database connection.
 *
 * Properties: however the bytes are cut, the same comes out; an answer that is taken has facts of this side, no verdict
 * of the reader, and only pages that exist.
 */
#include <stdint.h>
#include <string.h>

#include "../../src/sandbox/answer.h"

#include "property.h"

static void done(sandbox_outcome *outcome)
{
    sandbox_collector_done(&outcome->collector);
}

static vouch_code collect(sandbox_outcome *outcome, const uint8_t *data, size_t size, size_t piece)
{
    *outcome = (sandbox_outcome){
        .collector = {.answer_bytes = (size_t)1 << 20, .max_pictures = 3, .max_pixels = (size_t)1 << 20}};
    for (size_t at = 0; at < size; at += piece) {
        const size_t length = size - at < piece ? size - at : piece;
        VOUCH_TRY(sandbox_collector_feed(&outcome->collector, data + at, length, NULL));
    }
    return VOUCH_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    VOUCH_CLEANUP(done) sandbox_outcome whole = {0};
    VOUCH_CLEANUP(done) sandbox_outcome cut = {0};
    if (size > (size_t)1 << 16)
        return 0;
    const vouch_code code = collect(&whole, data, size, size + 1);
    REQUIRE(collect(&cut, data, size, 7) == code);
    REQUIRE(whole.collector.closed == cut.collector.closed);
    REQUIRE(whole.collector.picture_count == cut.collector.picture_count);
    REQUIRE(whole.collector.reading.length == cut.collector.reading.length);
    if (code != VOUCH_OK)
        whole.end.code = VOUCH_CHILD_BAD_ANSWER;

    VOUCH_CLEANUP(vouch_answer_done) vouch_answer answer = {0};
    const vouch_sandbox_request request = {.data = data, .length = size, .file = "fuzz"};
    REQUIRE(sandbox_answer_assemble(&request, &whole, NULL, &answer, NULL) == VOUCH_OK);
    REQUIRE(answer.reading->bytes == size && strcmp(answer.reading->file, "fuzz") == 0);
    REQUIRE(answer.reading->verdicts.count == 0);
    REQUIRE(answer.reader_end == VOUCH_OK || answer.reading->problems.count > 0);
    for (size_t i = 0; i < answer.picture_count; i++)
        REQUIRE((size_t)answer.pictures[i].page <= answer.reading->page_count);
    for (size_t i = 0; i < answer.words.count; i++)
        REQUIRE((size_t)answer.words.items[i].page <= answer.reading->page_count);
    return 0;
}
