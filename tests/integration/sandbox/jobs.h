/**
 * A zygote whose jobs misbehave on purpose. The document is the order: "open /etc/passwd" makes the child open it.
 * What a job that ends well has to report stands in the detail of a problem of its reading.
 */
#ifndef VOUCH_TEST_SANDBOX_JOBS_H
#define VOUCH_TEST_SANDBOX_JOBS_H

#include "job.h"

extern const sandbox_jobs test_jobs;

/** One document's order while it is carried out. */
typedef struct test_context {
    const sandbox_task *task;
    const sandbox_sink *sink;
    const char *argument; /* after the first blank of the document */
    char report[256];     /* sent when the job has not sent anything itself */
    bool sent;
    vouch_error *err;
} test_context;

/** Report "worked" or the name of errno. */
vouch_code test_report_errno(test_context *c, bool worked);

/* Parts of an answer; after one of them nothing is reported. */
vouch_code test_reading(test_context *c); /* an honest one */
vouch_code test_frame(test_context *c, sandbox_frame_kind kind, int page, const void *payload, size_t length);
vouch_code test_raw(test_context *c, const void *bytes, size_t length);
vouch_code test_close(test_context *c);

/* A reading with one problem, the report, as JSON. @param out  appended to */
vouch_code test_print_report(const char *report, bool with_verdict, vouch_buffer *out, vouch_error *err);

#endif
