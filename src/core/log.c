/*
 * The log. A line is built in memory and written by one write(2), so that lines of several threads and processes don't
 * mix. Values are foreign: in JSON they are escaped (RFC 8259) and invalid UTF-8 is replaced, in text control
 * characters are escaped, so that nothing can forge a line or drive a terminal.
 */
#include "vouch/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "vouch/memory.h"
#include "vouch/text.h"

enum {
    LINE_MAXIMUM = 16 * 1024
};

typedef enum log_format {
    FORMAT_AUTO,
    FORMAT_JSON,
    FORMAT_TEXT
} log_format;

static const char *const level_names[] = {"debug", "info", "warning", "error"};
static const char *const format_names[] = {"auto", "json", "text"};

/* Set once at the start of a program. */
static atomic_int lowest_level = VOUCH_LOG_INFO;
static atomic_int chosen_format = FORMAT_AUTO;
static char process_name[32] = "vouch";

void vouch_log_set_level(vouch_log_level level)
{
    atomic_store(&lowest_level, (int)level);
}

bool vouch_log_set_format(const char *format)
{
    for (int i = 0; i < 3; i++) {
        if (strcmp(format, format_names[i]) == 0) {
            atomic_store(&chosen_format, i);
            return true;
        }
    }
    return false;
}

void vouch_log_set_process(const char *name)
{
    snprintf(process_name, sizeof process_name, "%s", name);
}

/* Characters that may not stand in a line as they are: controls (C0, DEL, C1) and, in JSON, quote and backslash. */
static bool append_escaped(vouch_buffer *line, const char *value, bool json)
{
    const char *end = value + strlen(value);
    while (value < end) {
        uint32_t c = vouch_utf8_next(&value, end);
        vouch_code code;
        if (c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029) {
            code = vouch_buffer_printf(line, "\\u%04x", (unsigned)c);
        } else if (json && (c == '"' || c == '\\')) {
            char pair[2] = {'\\', (char)c};
            code = vouch_buffer_append(line, pair, 2);
        } else {
            char bytes[5];
            code = vouch_buffer_append(line, bytes, vouch_utf8_put(c, bytes));
        }
        if (code != VOUCH_OK)
            return false;
    }
    return true;
}

/* A pair that doesn't fit is left out as a whole, so that the line stays well-formed. */
static void append_pair(vouch_buffer *line, const char *name, const char *value, bool json)
{
    size_t before = line->length;
    bool quoted = json || !*value || strpbrk(value, " \t\"=\\");
    vouch_code code = json ? vouch_buffer_printf(line, ",\"%s\":\"", name)
                           : vouch_buffer_printf(line, quoted ? " %s=\"" : " %s=", name);
    bool fits = code == VOUCH_OK && append_escaped(line, value, quoted) &&
                (!quoted || vouch_buffer_append(line, "\"", 1) == VOUCH_OK);
    if (!fits && line->data) {
        line->length = before;
        line->data[before] = '\0';
    }
}

static vouch_code append_head(vouch_buffer *line, vouch_log_level level, const char *event, bool json)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct tm utc;
    gmtime_r(&now.tv_sec, &utc);
    char clock_text[32];
    size_t length = strftime(clock_text, sizeof clock_text, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(clock_text + length, sizeof clock_text - length, ".%03dZ", (int)(now.tv_nsec / 1000000));
    if (json)
        return vouch_buffer_printf(line,
                                   "{\"time\":\"%s\",\"level\":\"%s\",\"process\":\"%s\",\"pid\":%ld,\"event\":\"%s\"",
                                   clock_text, level_names[level], process_name, (long)getpid(), event);
    return vouch_buffer_printf(line, "%s %-7s %s[%ld] %s", clock_text, level_names[level], process_name, (long)getpid(),
                               event);
}

static void write_line(const char *line, size_t length)
{
    while (length > 0) {
        ssize_t written = write(STDERR_FILENO, line, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return; /* nowhere left to say so */
        line += written;
        length -= (size_t)written;
    }
}

void vouch_log(vouch_log_level level, const char *event, ...)
{
    if ((unsigned)level > VOUCH_LOG_ERROR || (int)level < atomic_load(&lowest_level))
        return;
    int format = atomic_load(&chosen_format);
    bool json = format == FORMAT_JSON || (format == FORMAT_AUTO && !isatty(STDERR_FILENO));

    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer line = {.maximum = LINE_MAXIMUM};
    if (append_head(&line, level, event, json) != VOUCH_OK)
        return;
    va_list args;
    va_start(args, event);
    for (const char *name; (name = va_arg(args, const char *));) {
        const char *value = va_arg(args, const char *);
        if (value)
            append_pair(&line, name, value, json);
    }
    va_end(args);
    line.maximum = LINE_MAXIMUM + 2;
    if (vouch_buffer_append(&line, json ? "}\n" : "\n", json ? 2 : 1) == VOUCH_OK)
        write_line(line.data, line.length);
}
