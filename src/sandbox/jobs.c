/**
 * What the product's children do: the reader runs the pipeline and draws the pages, the verifier judges signatures and
 * draws nothing.
 */
#include "job.h"

#include <math.h>

/* An A4 page is 842 pt high: pictures are drawn no larger than a page of paper would be at the same scale. */
static const double page_height_pt = 842;

/* Sends what still fits, so that an honest answer is never refused for its size. */
typedef struct answer {
    const sandbox_sink *sink;
    size_t left;
} answer;

static bool fits(const answer *a, size_t length)
{
    /* one head more for the last frame */
    return a->left >= 2 * sizeof(sandbox_frame) && length <= a->left - 2 * sizeof(sandbox_frame);
}

static vouch_code send(answer *a, sandbox_frame_kind kind, int page, const vouch_buffer *payload, vouch_error *err)
{
    a->left -= sizeof(sandbox_frame) + payload->length;
    return sandbox_send_frame(a->sink, kind, page, payload->data, payload->length, err);
}

static vouch_code send_reading(answer *a, const vouch_reading *reading, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer json = {.maximum = SANDBOX_READING_BYTES};
    VOUCH_TRY(vouch_reading_to_json(reading, &json, err));
    if (!fits(a, json.length))
        return vouch_fail(err, VOUCH_LIMIT, "the reading has %zu bytes", json.length);
    return send(a, SANDBOX_FRAME_READING, 0, &json, err);
}

static vouch_code send_words(answer *a, const vouch_words *words, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer json = {.maximum = SANDBOX_WORDS_BYTES};
    const vouch_code code = vouch_words_to_json(words, &json, err);
    /* words help a reviewer; a document with too many of them is read all the same */
    if (code == VOUCH_LIMIT || (code == VOUCH_OK && !fits(a, json.length)))
        return VOUCH_OK;
    VOUCH_TRY(code);
    return send(a, SANDBOX_FRAME_WORDS, 0, &json, err);
}

static double picture_scale(const vouch_reading_page *page, double page_scale)
{
    const double longer = fmax(page->width, page->height);
    const double longest_px = page_scale * page_height_pt;
    const bool in_pixels = page->unit && page->unit[0] == 'p' && page->unit[1] == 'x';
    const double scale = in_pixels ? 1 : page_scale;
    return longer * scale > longest_px ? longest_px / longer : scale;
}

static vouch_code send_picture(answer *a, vouch_decoded *decoded, const vouch_reading_page *page, double page_scale,
                               vouch_error *err)
{
    VOUCH_CLEANUP(vouch_raster_done) vouch_raster raster = {0};
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer png = {0};
    /* a page that can't be drawn has no picture; its reading stands */
    if (vouch_decoded_render(decoded, page->page, picture_scale(page, page_scale), 3, &raster, NULL) != VOUCH_OK ||
        vouch_raster_encode_png(&raster, &png, NULL) != VOUCH_OK || !fits(a, png.length))
        return VOUCH_OK;
    return send(a, SANDBOX_FRAME_PICTURE, page->page, &png, err);
}

/* The last frame. A process that ends with this task gives nothing back: that would touch what it shares. */
static vouch_code close_answer(const sandbox_task *task, const sandbox_sink *sink, vouch_result *result,
                               vouch_error *err)
{
    VOUCH_TRY(sandbox_send_frame(sink, SANDBOX_FRAME_CLOSE, 0, NULL, 0, err));
    if (task->last)
        *result = (vouch_result){0};
    return VOUCH_OK;
}

static vouch_code run_reader(const sandbox_task *task, const sandbox_sink *sink, vouch_error *err)
{
    answer a = {.sink = sink, .left = task->answer_bytes};
    VOUCH_CLEANUP(vouch_result_done) vouch_result result = {0};
    VOUCH_TRY(vouch_pipeline_read(task->data, task->length, task->pipeline, &result, err));
    VOUCH_TRY(send_reading(&a, result.reading, err));
    VOUCH_TRY(send_words(&a, &result.words, err));
    if (result.decoded && task->order->page_scale > 0) {
        const size_t count = result.reading->page_count, most = (size_t)task->order->max_page_pictures;
        for (size_t i = 0; i < count && i < most; i++)
            VOUCH_TRY(send_picture(&a, result.decoded, &result.reading->pages[i], task->order->page_scale, err));
    }
    return close_answer(task, sink, &result, err);
}

static vouch_code run_verifier(const sandbox_task *task, const sandbox_sink *sink, vouch_error *err)
{
    answer a = {.sink = sink, .left = task->answer_bytes};
    VOUCH_CLEANUP(vouch_result_done) vouch_result result = {0};
    VOUCH_TRY(vouch_pipeline_verify(task->data, task->length, task->pipeline, &result, err));
    VOUCH_TRY(send_reading(&a, result.reading, err));
    return close_answer(task, sink, &result, err);
}

static vouch_code discard(void *context, const void *bytes, size_t length, vouch_error *err)
{
    (void)context;
    (void)bytes;
    (void)length;
    (void)err;
    return VOUCH_OK;
}

/* Libraries set themselves up at their first use (the algorithms of libcrypto alone cost a millisecond). Let that be
 * here, on a document of ours, and not in every child again. */
static vouch_code warm_up(vouch_error *err)
{
    static const char document[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><warm-up>1</warm-up>";
    static const vouch_pipeline_options pipeline = VOUCH_PIPELINE_OPTIONS_DEFAULT;
    VOUCH_TRY(vouch_decode_warm_up(err));
    for (int mode = 0; mode < SANDBOX_MODE_COUNT; mode++) {
        const sandbox_order order = {.mode = (sandbox_mode)mode};
        const sandbox_sink sink = {.write = discard};
        const sandbox_task task = {.data = (const uint8_t *)document,
                                   .length = sizeof document - 1,
                                   .order = &order,
                                   .pipeline = &pipeline,
                                   .answer_bytes = SANDBOX_READING_BYTES};
        VOUCH_TRY(sandbox_product_jobs.by_mode[mode](&task, &sink, err));
    }
    return VOUCH_OK;
}

const sandbox_jobs sandbox_product_jobs = {
    .warm_up = warm_up,
    .by_mode = {[SANDBOX_READER] = run_reader, [SANDBOX_VERIFIER] = run_verifier},
};
