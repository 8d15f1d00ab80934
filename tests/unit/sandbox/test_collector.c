#include <string.h>

#include "frames.h"

enum {
    READING = SANDBOX_FRAME_READING,
    WORDS = SANDBOX_FRAME_WORDS,
    PICTURE = SANDBOX_FRAME_PICTURE,
    CLOSE = SANDBOX_FRAME_CLOSE
};

static sandbox_collector new_collector(void)
{
    return (sandbox_collector){.answer_bytes = 4096, .max_pictures = 2, .max_pixels = 100};
}

static vouch_code feed_in_pieces(sandbox_collector *collector, const vouch_buffer *bytes, size_t piece,
                                 vouch_error *error)
{
    for (size_t at = 0; at < bytes->length; at += piece) {
        const size_t left = bytes->length - at;
        VOUCH_TRY(sandbox_collector_feed(collector, bytes->data + at, left < piece ? left : piece, error));
    }
    return VOUCH_OK;
}

Test(collector, an_answer_arrives_whole_however_it_is_cut)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer answer = {0};
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer png = {0};
    frame_png(&png);
    frame_add(&answer, READING, 0, 7, "reading", 7);
    frame_add(&answer, WORDS, 0, 0, "", 0);
    frame_add(&answer, PICTURE, 2, png.length, png.data, png.length);
    frame_add(&answer, PICTURE, 1, png.length, png.data, png.length);
    frame_add(&answer, CLOSE, 0, 0, "", 0);
    for (size_t piece = 1; piece <= answer.length; piece++) {
        VOUCH_CLEANUP(sandbox_collector_done) sandbox_collector collector = new_collector();
        vouch_error error = VOUCH_ERROR_INIT;
        cr_expect_eq(feed_in_pieces(&collector, &answer, piece, &error), VOUCH_OK, "%zu: %s", piece, error.message);
        cr_expect(collector.closed, "%zu", piece);
        cr_expect_eq(collector.received, answer.length);
        cr_expect_eq(collector.reading.length, 7);
        cr_assert_eq(collector.picture_count, 2);
        cr_expect_eq(collector.pictures[0].page, 2);
        cr_expect_eq(collector.pictures[1].length, png.length);
        cr_expect_arr_eq(collector.pictures[1].png, png.data, png.length);
    }
}

typedef struct frame_row {
    uint32_t kind;
    int page;
    int64_t stated; /* -1: as long as the payload */
    const char *payload;
} frame_row;

Test(collector, rules_that_are_broken_are_named)
{
    const struct {
        const char *message;
        frame_row frames[5];
    } rows[] = {
        {"unknown kind", {{77, 0, -1, ""}}},
        {"unknown kind", {{0, 0, -1, ""}}},
        {"does not come first", {{WORDS, 0, -1, "[]"}}},
        {"does not come first", {{CLOSE, 0, -1, ""}}},
        {"a second frame", {{READING, 0, -1, "{}"}, {READING, 0, -1, "{}"}}},
        {"a second frame", {{READING, 0, -1, "{}"}, {WORDS, 0, -1, ""}, {WORDS, 0, -1, ""}}},
        {"after the last", {{READING, 0, -1, "{}"}, {CLOSE, 0, -1, ""}, {CLOSE, 0, -1, ""}}},
        {"wrong page", {{READING, 1, -1, "{}"}}},
        {"wrong page", {{READING, 0, -1, "{}"}, {PICTURE, 0, -1, ""}}},
        {"wrong page", {{READING, 0, -1, "{}"}, {PICTURE, -5, -1, ""}}},
        {"too long", {{READING, 0, 4081, ""}}},
        {"too long", {{READING, 0, INT64_MAX, ""}}},
        {"too long", {{READING, 0, -1, "{}"}, {CLOSE, 0, -1, "x"}}},
        {"no plain PNG", {{READING, 0, -1, "{}"}, {PICTURE, 1, -1, "<svg/>"}}},
        {"no plain PNG", {{READING, 0, -1, "{}"}, {PICTURE, 1, -1, ""}}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer answer = {0};
        VOUCH_CLEANUP(sandbox_collector_done) sandbox_collector collector = new_collector();
        vouch_error error = VOUCH_ERROR_INIT;
        for (const frame_row *row = rows[i].frames; row->payload; row++) {
            const size_t length = strlen(row->payload);
            frame_add(&answer, row->kind, row->page, row->stated < 0 ? length : (uint64_t)row->stated, row->payload,
                      length);
        }
        cr_expect_eq(sandbox_collector_feed(&collector, answer.data, answer.length, &error), VOUCH_CHILD_BAD_ANSWER,
                     "row %zu", i);
        cr_expect(strstr(error.message, rows[i].message), "row %zu: %s", i, error.message);
    }
}

Test(collector, pictures_are_counted_and_each_page_has_one)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer png = {0};
    frame_png(&png);
    const struct {
        int pages[3];
        const char *message;
    } rows[] = {{{1, 2, 3}, "too many pictures"}, {{1, 1, 0}, "two pictures"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer answer = {0};
        VOUCH_CLEANUP(sandbox_collector_done) sandbox_collector collector = new_collector();
        vouch_error error = VOUCH_ERROR_INIT;
        frame_add(&answer, READING, 0, 2, "{}", 2);
        for (size_t k = 0; k < 3 && rows[i].pages[k]; k++)
            frame_add(&answer, PICTURE, rows[i].pages[k], png.length, png.data, png.length);
        cr_expect_eq(sandbox_collector_feed(&collector, answer.data, answer.length, &error), VOUCH_CHILD_BAD_ANSWER);
        cr_expect(strstr(error.message, rows[i].message), "%s", error.message);
    }
}

Test(collector, memory_follows_what_came_not_what_was_stated)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer answer = {0};
    VOUCH_CLEANUP(sandbox_collector_done)
    sandbox_collector collector = {.answer_bytes = (size_t)1 << 40};
    frame_add(&answer, READING, 0, SANDBOX_READING_BYTES, "{", 1);
    cr_assert_eq(sandbox_collector_feed(&collector, answer.data, answer.length, NULL), VOUCH_OK);
    cr_expect_lt(collector.payload.capacity, 4096);
}

Test(collector, the_limit_holds_over_all_frames)
{
    VOUCH_CLEANUP(sandbox_collector_done) sandbox_collector collector = new_collector();
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer answer = {0};
    static const char zeros[4096];
    frame_add(&answer, READING, 0, 4000, zeros, 4000);
    cr_assert_eq(sandbox_collector_feed(&collector, answer.data, answer.length, NULL), VOUCH_OK);
    answer.length = 0;
    frame_add(&answer, WORDS, 0, 100, zeros, 100);
    cr_expect_eq(sandbox_collector_feed(&collector, answer.data, answer.length, NULL), VOUCH_CHILD_BAD_ANSWER);
}
