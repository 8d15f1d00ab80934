/* Ten times a second on a terminal, every five seconds in a log. */
#include "progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum {
    TERMINAL_MS = 100,
    LOG_MS = 5000
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool progress_due(progress *p)
{
    const int64_t now = now_ms();
    if (p->shown_ms == 0)
        p->shown_ms = now; /* what is over at once needs no progress */
    if (now < p->shown_ms + (isatty(STDERR_FILENO) ? TERMINAL_MS : LOG_MS))
        return false;
    p->shown_ms = now;
    return true;
}

void progress_show(progress *p, const char *format, ...)
{
    va_list args;
    p->open = isatty(STDERR_FILENO);
    if (p->open)
        fputs("\r\033[K", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    if (!p->open)
        fputc('\n', stderr);
}

void progress_end(progress *p)
{
    if (p->open)
        fputs("\r\033[K", stderr);
    p->open = false;
}

const char *progress_bytes(char buffer[24], uint64_t bytes)
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
    double value = (double)bytes;
    size_t unit = 0;
    for (; value >= 1000 && unit + 1 < sizeof units / sizeof *units; unit++)
        value /= 1000;
    snprintf(buffer, 24, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return buffer;
}
