/**
 * The worker's side of a child's answer: hostile bytes until proven otherwise.
 */
#ifndef VOUCH_SANDBOX_ANSWER_H
#define VOUCH_SANDBOX_ANSWER_H

#include "wire.h"

/** Collects the frames of one child. Memory grows with the bytes that arrived, never with a length that was stated. */
typedef struct sandbox_collector {
    /* set by the caller */
    size_t answer_bytes; /* all frames together */
    int max_pictures;
    size_t max_pixels; /* of one picture */
    /* what came whole */
    vouch_buffer reading, words;
    vouch_page_picture *pictures;
    size_t picture_count, picture_capacity;
    bool closed; /* the last frame came */
    /* state of the parser */
    size_t received, head_length;
    sandbox_frame head;
    vouch_buffer payload; /* of the frame in head, as far as it came */
    unsigned seen;        /* bit set of frame kinds that may come once */
} sandbox_collector;

/**
 * Take the next bytes, cut anywhere.
 * @return VOUCH_OK; VOUCH_CHILD_BAD_ANSWER, then nothing more may be fed; VOUCH_NO_MEMORY
 */
vouch_code sandbox_collector_feed(sandbox_collector *collector, const void *bytes, size_t length,
                                  vouch_error *err) VOUCH_MUST_CHECK;
void sandbox_collector_done(sandbox_collector *collector);

/**
 * Whether bytes are a PNG (ISO/IEC 15948) as our encoder writes it: eight bits a channel, grey or RGB, only the chunks
 * that a picture needs, whole, at most max_pixels. Decodes nothing.
 */
bool sandbox_png_acceptable(const uint8_t *data, size_t length, size_t max_pixels);

/** What one child left behind. */
typedef struct sandbox_outcome {
    sandbox_collector collector;
    sandbox_end end; /* as the zygote saw it, or VOUCH_CHILD_BAD_ANSWER as this side found */
} sandbox_outcome;

/**
 * Make an answer of what the children left: parse, check, compute the hashes, merge the verdicts, state the problems.
 *
 * @param verifier  NULL when none was asked for
 * @param out       release with vouch_answer_done
 * @return VOUCH_OK; VOUCH_NO_MEMORY
 */
vouch_code sandbox_answer_assemble(const vouch_sandbox_request *request, sandbox_outcome *reader,
                                   sandbox_outcome *verifier, vouch_answer *out, vouch_error *err) VOUCH_MUST_CHECK;

#endif
