/**
 * The work that a child does: a function from a document to frames. Injected, so that the machinery is tested with
 * jobs that misbehave on purpose.
 */
#ifndef VOUCH_SANDBOX_JOB_H
#define VOUCH_SANDBOX_JOB_H

#include "wire.h"

/** Where an answer goes: a pipe in a child, the parser itself when there is no child. */
typedef struct sandbox_sink {
    vouch_code (*write)(void *context, const void *bytes, size_t length, vouch_error *err);
    void *context;
} sandbox_sink;

typedef struct sandbox_task {
    const uint8_t *data;
    size_t length;
    const sandbox_order *order;
    const vouch_pipeline_options *pipeline;
    size_t answer_bytes;
    bool last; /* the process ends with this task: what it holds need not be given back piece by piece */
} sandbox_task;

typedef vouch_code (*sandbox_job)(const sandbox_task *task, const sandbox_sink *sink, vouch_error *err);

/** What a zygote can do: one job per mode, and what to load before the first fork. */
typedef struct sandbox_jobs {
    vouch_code (*warm_up)(vouch_error *err);
    sandbox_job by_mode[SANDBOX_MODE_COUNT];
} sandbox_jobs;

/** The jobs of the product. */
extern const sandbox_jobs sandbox_product_jobs;

/** Write one frame. */
vouch_code sandbox_send_frame(const sandbox_sink *sink, sandbox_frame_kind kind, int page, const void *payload,
                              size_t length, vouch_error *err) VOUCH_MUST_CHECK;

#endif
