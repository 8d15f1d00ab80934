#include <string.h>

#include "frames.h"
#include "vouch/hash.h"

static const char zeros[65] = "0000000000000000000000000000000000000000000000000000000000000000";
static const char more_zeros[33] = "00000000000000000000000000000000";

/* What a child says that lies about the document and judges it. */
static void make_reading(vouch_buffer *json)
{
    VOUCH_CLEANUP(vouch_reading_free) vouch_reading *reading = vouch_reading_new();
    vouch_reading_part part = {.path = "", .format = "pdf", .sha256 = zeros};
    vouch_reading_page page = {.page = 1, .width = 10, .height = 10, .unit = "pt"};
    vouch_verdict verdict = {.scheme = "pdf.cms", .invoice = -1, .time_proof = VOUCH_TIME_PROOF_NONE};
    reading->sha256 = zeros;
    reading->xxh3 = more_zeros;
    reading->format = "pdf";
    reading->file = "/etc/shadow";
    reading->bytes = 77;
    reading->parts = &part;
    reading->part_count = 1;
    reading->pages = &page;
    reading->page_count = 1;
    reading->verdicts = (vouch_verdicts){.items = &verdict, .count = 1, .capacity = 1};
    cr_assert_eq(vouch_reading_to_json(reading, json, NULL), VOUCH_OK);
}

static void outcome_done(sandbox_outcome *outcome)
{
    sandbox_collector_done(&outcome->collector);
}

static void fill(sandbox_outcome *outcome, const char *words, int picture, bool closed, vouch_code end)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer json = {0};
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer answer = {0};
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer png = {0};
    *outcome = (sandbox_outcome){.collector = {.answer_bytes = 1 << 20, .max_pictures = 4, .max_pixels = 100},
                                 .end = {.code = end, .detail = "the reason"}};
    make_reading(&json);
    frame_png(&png);
    frame_add(&answer, SANDBOX_FRAME_READING, 0, json.length, json.data, json.length);
    if (words)
        frame_add(&answer, SANDBOX_FRAME_WORDS, 0, strlen(words), words, strlen(words));
    if (picture)
        frame_add(&answer, SANDBOX_FRAME_PICTURE, picture, png.length, png.data, png.length);
    if (closed)
        frame_add(&answer, SANDBOX_FRAME_CLOSE, 0, 0, "", 0);
    cr_assert_eq(sandbox_collector_feed(&outcome->collector, answer.data, answer.length, NULL), VOUCH_OK);
}

static const vouch_sandbox_request request = {.data = (const uint8_t *)"abc", .length = 3, .file = "a.pdf"};

Test(assemble, ends_decide_what_is_kept)
{
    const struct {
        const char *what, *words;
        int picture;
        bool closed;
        vouch_code end, expected;
        bool kept;
    } rows[] = {
        {"whole", "[[1,\"x\",0,0,1,1]]", 1, true, VOUCH_OK, VOUCH_OK, true},
        {"not closed", NULL, 0, false, VOUCH_OK, VOUCH_CHILD_BAD_ANSWER, false},
        {"crashed afterwards", NULL, 1, false, VOUCH_CHILD_SIGNAL, VOUCH_CHILD_SIGNAL, true},
        {"ran out of time afterwards", NULL, 0, false, VOUCH_CHILD_WALL_TIME, VOUCH_CHILD_WALL_TIME, true},
        {"refused call", NULL, 1, true, VOUCH_CHILD_REFUSED_CALL, VOUCH_CHILD_REFUSED_CALL, false},
        {"words are no JSON", "[", 0, true, VOUCH_OK, VOUCH_CHILD_BAD_ANSWER, false},
        {"word elsewhere", "[[2,\"x\",0,0,1,1]]", 0, true, VOUCH_OK, VOUCH_CHILD_BAD_ANSWER, false},
        {"picture elsewhere", NULL, 2, true, VOUCH_OK, VOUCH_CHILD_BAD_ANSWER, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        VOUCH_CLEANUP(outcome_done) sandbox_outcome reader = {0};
        VOUCH_CLEANUP(vouch_answer_done) vouch_answer answer = {0};
        vouch_error error = VOUCH_ERROR_INIT;
        fill(&reader, rows[i].words, rows[i].picture, rows[i].closed, rows[i].end);
        cr_assert_eq(sandbox_answer_assemble(&request, &reader, NULL, &answer, &error), VOUCH_OK, "%s", error.message);
        cr_expect_eq(answer.reader_end, rows[i].expected, "%s: %d", rows[i].what, answer.reader_end);
        cr_expect_eq(answer.reading->page_count, rows[i].kept ? 1 : 0, "%s", rows[i].what);
        cr_expect_eq(answer.picture_count, rows[i].kept && rows[i].picture ? 1 : 0, "%s", rows[i].what);
        cr_expect_eq(answer.words.count, rows[i].kept && rows[i].words ? 1 : 0, "%s", rows[i].what);
        cr_expect_eq(answer.reading->problems.count, rows[i].expected == VOUCH_OK ? 0 : 1, "%s", rows[i].what);
    }
}

Test(assemble, facts_and_verdicts_do_not_come_from_the_reader)
{
    VOUCH_CLEANUP(outcome_done) sandbox_outcome reader = {0};
    VOUCH_CLEANUP(vouch_answer_done) vouch_answer answer = {0};
    char sha256[65], xxh3[33];
    vouch_sha256_hex("abc", 3, sha256);
    vouch_xxh3_hex("abc", 3, xxh3);
    fill(&reader, NULL, 0, true, VOUCH_OK);
    cr_assert_eq(sandbox_answer_assemble(&request, &reader, NULL, &answer, NULL), VOUCH_OK);
    cr_expect_str_eq(answer.reading->sha256, sha256);
    cr_expect_str_eq(answer.reading->parts[0].sha256, sha256);
    cr_expect_str_eq(answer.reading->xxh3, xxh3);
    cr_expect_str_eq(answer.reading->file, "a.pdf");
    cr_expect_eq(answer.reading->bytes, 3);
    cr_expect_eq(answer.reading->verdicts.count, 0);
}

Test(assemble, verdicts_stand_though_the_reader_crashed)
{
    VOUCH_CLEANUP(outcome_done)
    sandbox_outcome reader = {.end = {.code = VOUCH_CHILD_SIGNAL, .detail = "signal SIGSEGV"}};
    VOUCH_CLEANUP(outcome_done) sandbox_outcome verifier = {0};
    VOUCH_CLEANUP(vouch_answer_done) vouch_answer answer = {0};
    fill(&verifier, NULL, 0, true, VOUCH_OK);
    cr_assert_eq(sandbox_answer_assemble(&request, &reader, &verifier, &answer, NULL), VOUCH_OK);
    cr_expect_eq(answer.reader_end, VOUCH_CHILD_SIGNAL);
    cr_expect_eq(answer.reading->verdicts.count, 1);
    cr_expect_str_eq(answer.reading->format, "pdf");
    cr_assert_eq(answer.reading->problems.count, 1);
    cr_expect_str_eq(answer.reading->problems.items[0].detail, "reader: signal SIGSEGV");
}

Test(assemble, a_verifier_that_ends_early_gives_no_verdict)
{
    VOUCH_CLEANUP(outcome_done) sandbox_outcome reader = {0};
    VOUCH_CLEANUP(outcome_done) sandbox_outcome verifier = {0};
    VOUCH_CLEANUP(vouch_answer_done) vouch_answer answer = {0};
    fill(&reader, NULL, 0, true, VOUCH_OK);
    fill(&verifier, NULL, 0, true, VOUCH_CHILD_REFUSED_CALL);
    cr_assert_eq(sandbox_answer_assemble(&request, &reader, &verifier, &answer, NULL), VOUCH_OK);
    cr_expect_eq(answer.verifier_end, VOUCH_CHILD_REFUSED_CALL);
    cr_expect_eq(answer.reading->verdicts.count, 0);
    cr_assert_eq(answer.reading->problems.count, 1);
    cr_expect_str_eq(answer.reading->problems.items[0].detail, "verifier: the reason");
}
