/**
 * Answers for tests, written frame by frame.
 */
#ifndef VOUCH_TEST_SANDBOX_FRAMES_H
#define VOUCH_TEST_SANDBOX_FRAMES_H

#include <criterion/criterion.h>

#include "answer.h"

static inline void frame_add(vouch_buffer *out, uint32_t kind, int page, uint64_t stated, const void *payload,
                             size_t length)
{
    const sandbox_frame head = {.kind = kind, .page = page, .length = stated};
    cr_assert_eq(vouch_buffer_append(out, &head, sizeof head), VOUCH_OK);
    cr_assert_eq(vouch_buffer_append(out, payload, length), VOUCH_OK);
}

/** A picture of 2 × 2 pixels. */
static inline void frame_png(vouch_buffer *out)
{
    uint8_t samples[12] = {0};
    const vouch_raster raster = {.width = 2, .height = 2, .channels = 3, .stride = 6, .samples = samples};
    cr_assert_eq(vouch_raster_encode_png(&raster, out, NULL), VOUCH_OK);
}

#endif
