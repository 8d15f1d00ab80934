/** Inside of the pipeline module. */
#ifndef VOUCH_PIPELINE_READING_H
#define VOUCH_PIPELINE_READING_H

#include "vouch/pipeline.h"

/** Append copies of verdicts. */
void reading_copy_verdicts(vouch_reading *reading, const vouch_verdicts *verdicts);

#endif
