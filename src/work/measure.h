/* What work counts and measures; the names stand in vouch/metrics.h. */
#ifndef VOUCH_WORK_MEASURE_H
#define VOUCH_WORK_MEASURE_H

#include "vouch/metrics.h"
#include "worker.h"

void measure_attempt(const vouch_lease *lease);
/** The sandbox answered, whatever it says. @param format  of the upload */
void measure_answer(const vouch_answer *answer, const char *format);
/** @param micros  since the document was loaded */
void measure_written_back(const vouch_lease *lease, const vouch_document *document, const vouch_answer *answer,
                          const vouch_write_back_result *result, int64_t micros);
/** @param then  "again", "dead", "lost", "unknown" */
void measure_failed(vouch_code reason, const char *then);

/** Answer scrapes. @param out  close before the work's queue is gone */
vouch_code measures_start(work *w, vouch_metrics_listener **out, vouch_error *err) VOUCH_MUST_CHECK;

#endif
