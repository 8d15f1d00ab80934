/**
 * From what two children left behind to one answer. A child's frames are believed as far as their form goes: they are
 * parsed strictly, hashes and sizes are computed here, verdicts are taken from the verifier alone.
 */
#include "answer.h"

#include <stdlib.h>

#include "vouch/hash.h"

/* Ends after which nothing that a child said is used: it broke a rule, so that the rest is worth nothing either. Other
 * ends (a crash while drawing a page, a time limit) leave a reading that was complete before. */
static bool is_hostile(vouch_code end)
{
    return end == VOUCH_CHILD_BAD_ANSWER || end == VOUCH_CHILD_REFUSED_CALL;
}

static void state_bad_answer(sandbox_outcome *outcome, const char *reason)
{
    outcome->end.code = VOUCH_CHILD_BAD_ANSWER;
    sandbox_copy_text(outcome->end.detail, sizeof outcome->end.detail, reason);
}

static vouch_code check_pages(const vouch_reading *reading, const vouch_words *words, const sandbox_collector *c,
                              vouch_error *err)
{
    for (size_t i = 0; i < words->count; i++) {
        if (words->items[i].page < 1 || (size_t)words->items[i].page > reading->page_count)
            return vouch_fail(err, VOUCH_CHILD_BAD_ANSWER, "a word on page %d, which is not there",
                              words->items[i].page);
    }
    for (size_t i = 0; i < c->picture_count; i++) {
        if ((size_t)c->pictures[i].page > reading->page_count)
            return vouch_fail(err, VOUCH_CHILD_BAD_ANSWER, "a picture of page %d, which is not there",
                              c->pictures[i].page);
    }
    return VOUCH_OK;
}

static vouch_code parse(const sandbox_collector *c, vouch_reading **out, vouch_words *words, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_reading_free) vouch_reading *reading = NULL;
    vouch_words parsed = {0};
    VOUCH_TRY(vouch_reading_from_json(c->reading.data, c->reading.length, &reading, err));
    if (c->words.length > 0)
        VOUCH_TRY(vouch_words_from_json(c->words.data, c->words.length, reading->arena, &parsed, err));
    VOUCH_TRY(check_pages(reading, &parsed, c, err));
    *out = VOUCH_TAKE(reading);
    *words = parsed;
    return VOUCH_OK;
}

/* @param out  NULL when the child left no reading; its end says why */
static vouch_code take_reading(sandbox_outcome *outcome, vouch_reading **out, vouch_words *words, vouch_error *err)
{
    if (outcome->end.code == VOUCH_OK && !outcome->collector.closed)
        state_bad_answer(outcome, "the answer is not complete");
    if (outcome->end.code == VOUCH_OK && outcome->collector.reading.length == 0)
        state_bad_answer(outcome, "the reading is empty");
    if (is_hostile(outcome->end.code) || outcome->collector.reading.length == 0)
        return VOUCH_OK;
    vouch_error wrong = VOUCH_ERROR_INIT;
    const vouch_code code = parse(&outcome->collector, out, words, &wrong);
    if (code == VOUCH_NO_MEMORY)
        return vouch_fail(err, code, "%s", wrong.message);
    if (code != VOUCH_OK)
        state_bad_answer(outcome, wrong.message);
    return VOUCH_OK;
}

/* What the reading says of the document is replaced by what this side knows. */
static void state_document(vouch_reading *reading, const vouch_sandbox_request *request)
{
    char sha256[65], xxh3[33];
    vouch_sha256_hex(request->data, request->length, sha256);
    vouch_xxh3_hex(request->data, request->length, xxh3);
    reading->file = vouch_arena_strdup(reading->arena, request->file);
    reading->sha256 = vouch_arena_strdup(reading->arena, sha256);
    reading->xxh3 = vouch_arena_strdup(reading->arena, xxh3);
    reading->bytes = request->length;
    if (reading->part_count == 0) {
        reading->parts = vouch_arena_calloc(reading->arena, 1, sizeof *reading->parts);
        reading->part_count = 1;
        reading->parts[0] = (vouch_reading_part){.path = "", .format = reading->format};
    }
    reading->parts[0].sha256 = reading->sha256;
}

static void state_end(vouch_reading *reading, const char *who, const sandbox_end *end)
{
    if (end->code != VOUCH_OK)
        vouch_problem_add(reading->arena, &reading->problems, end->code, "error", /* page= */ 0, "%s: %s", who,
                          end->detail);
}

vouch_code sandbox_answer_assemble(const vouch_sandbox_request *request, sandbox_outcome *reader,
                                   sandbox_outcome *verifier, vouch_answer *out, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_reading_free) vouch_reading *reading = NULL;
    VOUCH_CLEANUP(vouch_reading_free) vouch_reading *verdicts = NULL;
    vouch_words words = {0}, no_words = {0};
    VOUCH_TRY(take_reading(reader, &reading, &words, err));
    if (verifier)
        VOUCH_TRY(take_reading(verifier, &verdicts, &no_words, err));

    const bool read = reading != NULL;
    if (!read) {
        reading = vouch_reading_new();
        if (!reading)
            return vouch_fail(err, VOUCH_NO_MEMORY, "out of memory for a reading");
        reading->format =
            verdicts ? vouch_arena_strdup(reading->arena, verdicts->format) : vouch_format_name(VOUCH_FORMAT_UNKNOWN);
    }
    reading->verdicts = (vouch_verdicts){0};
    state_document(reading, request);
    state_end(reading, "reader", &reader->end);
    if (verdicts)
        vouch_reading_merge_verdicts(reading, verdicts);
    if (verifier)
        state_end(reading, "verifier", &verifier->end);

    *out = (vouch_answer){.words = words, .reader_end = reader->end.code, .reader_usage = reader->end.usage};
    if (verifier) {
        out->verifier_end = verifier->end.code;
        out->verifier_usage = verifier->end.usage;
    }
    if (read) {
        out->picture_count = reader->collector.picture_count;
        out->pictures = VOUCH_TAKE(reader->collector.pictures);
        reader->collector.picture_count = 0;
    }
    out->reading = VOUCH_TAKE(reading);
    return VOUCH_OK;
}

void vouch_answer_done(vouch_answer *answer)
{
    for (size_t i = 0; i < answer->picture_count; i++)
        free(answer->pictures[i].png);
    free(answer->pictures);
    vouch_reading_free(&answer->reading);
    *answer = (vouch_answer){0};
}
