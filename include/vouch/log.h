/**
 * The log: JSON lines to standard error, or readable lines on a terminal. Written by main, serve and work only;
 * libraries return errors instead.
 */
#ifndef VOUCH_LOG_H
#define VOUCH_LOG_H

#include "vouch/error.h"

typedef enum vouch_log_level {
    VOUCH_LOG_DEBUG,
    VOUCH_LOG_INFO,
    VOUCH_LOG_WARNING,
    VOUCH_LOG_ERROR
} vouch_log_level;

/** Lowest level that is written (default INFO). */
void vouch_log_set_level(vouch_log_level level);
/** "json", "text", or "auto": text when standard error is a terminal. */
bool vouch_log_set_format(const char *format);
/** Name of the process in each line: "serve", "work". */
void vouch_log_set_process(const char *name);

/**
 * Write one line. Thread-safe; one write(2) per line.
 *
 * @param event  stable snake_case name: "document_read"
 * @param ...    pairs of (const char *name, const char *value), closed by NULL; a NULL value leaves the pair out
 */
void vouch_log(vouch_log_level level, const char *event, ...) __attribute__((sentinel));

#endif
