/** Readings made for tests. */
#ifndef VOUCH_TEST_PIPELINE_SAMPLE_H
#define VOUCH_TEST_PIPELINE_SAMPLE_H

#include "vouch/pipeline.h"

/** A small reading with one of everything. Release with vouch_reading_free. */
vouch_reading *sample_reading(void);
/** A reading of random size and content, the same for the same seed. */
vouch_reading *random_reading(unsigned seed);
/** Its JSON; release with vouch_buffer_done. */
vouch_buffer json_of(const vouch_reading *reading);

#endif
