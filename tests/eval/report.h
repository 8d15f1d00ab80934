/** Inside of eval: printing the scores. */
#ifndef VOUCH_EVAL_REPORT_H
#define VOUCH_EVAL_REPORT_H

#include <stdio.h>

#include "score.h"

void report_text(const scoreboard *scores, FILE *out);
/** One JSON object. @return false when memory ran out */
bool report_json(const scoreboard *scores, FILE *out);

#endif
