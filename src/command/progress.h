/** How far long work is, on standard error: one line that is renewed on a terminal, now and then a line elsewhere. */
#ifndef VOUCH_COMMAND_PROGRESS_H
#define VOUCH_COMMAND_PROGRESS_H

#include <stdint.h>

#include "vouch/error.h"

typedef struct progress {
    int64_t shown_ms; /* monotonic; 0: not begun */
    bool open;        /* a line on the terminal waits for its end */
} progress;

/** Is it time to say something? Ask before making the text. */
bool progress_due(progress *p);
void progress_show(progress *p, const char *format, ...) VOUCH_PRINTF(2, 3);
/** Begin a fresh line, for other output. */
void progress_end(progress *p);
/** "3.4 MB". */
const char *progress_bytes(char buffer[24], uint64_t bytes);

#endif
