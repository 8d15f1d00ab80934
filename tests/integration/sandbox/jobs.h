/**
 * A zygote whose jobs misbehave on purpose. The document is the order: "open /etc/passwd" makes the child open it.
 * What a job that ends well has to report stands in the detail of a problem of its reading.
 */
#ifndef VOUCH_TEST_SANDBOX_JOBS_H
#define VOUCH_TEST_SANDBOX_JOBS_H

#include "job.h"

extern const sandbox_jobs test_jobs;

/* A reading with one problem: the report. */
vouch_code test_send_report(const sandbox_sink *sink, const char *report, bool with_verdict, vouch_error *err);

#endif
