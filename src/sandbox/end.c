/**
 * Why a child ended, in words. The zygote's own knowledge and the kernel's word decide; the
 * child's note only tells a want of memory from a crash, and a job's own message.
 */
#include "child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static void say(sandbox_end *out, vouch_code code, const char *format, ...) VOUCH_PRINTF(3, 4);
static void say(sandbox_end *out, vouch_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    out->code = code;
    vsnprintf(out->detail, sizeof out->detail, format, args);
    va_end(args);
}

static void describe_exit(int status, const sandbox_note *note, sandbox_end *out)
{
    /* the child's own words: what is no printable ASCII becomes '?', and they end inside their array */
    char message[sizeof note->message];
    memcpy(message, note->message, sizeof message);
    message[sizeof message - 1] = '\0';
    for (char *c = message; *c; c++) {
        if (*c < ' ' || *c > '~')
            *c = '?';
    }
    switch (status) {
    case SANDBOX_EXIT_DONE:
        say(out, VOUCH_OK, "%s", "");
        return;
    case SANDBOX_EXIT_UNCONFINED:
        say(out, VOUCH_CHILD_EXIT, "the sandbox did not close: %s", message);
        return;
    case SANDBOX_EXIT_FAILED:
        say(out, note->failed == VOUCH_NO_MEMORY ? VOUCH_CHILD_MEMORY : VOUCH_CHILD_EXIT, "%s", message);
        return;
    default:
        say(out, VOUCH_CHILD_EXIT, "exit status %d", status);
    }
}

static void describe_signal(int number, const struct rusage *usage, const sandbox_note *note,
                            const sandbox_setup *setup, sandbox_end *out)
{
    const char *abbreviation = sigabbrev_np(number);
    char name[32];
    if (abbreviation)
        snprintf(name, sizeof name, "SIG%s", abbreviation);
    else
        snprintf(name, sizeof name, "%d", number);
    const time_t cpu_seconds = usage->ru_utime.tv_sec + usage->ru_stime.tv_sec;

    if (number == SIGXCPU || (number == SIGKILL && cpu_seconds >= setup->cpu_seconds))
        say(out, VOUCH_CHILD_CPU_TIME, "exceeded %d s of CPU time", setup->cpu_seconds);
    else if (number == SIGSYS)
        say(out, VOUCH_CHILD_REFUSED_CALL, "a system call was refused (signal SIGSYS)");
    else if (number == SIGKILL)
        say(out, VOUCH_CHILD_MEMORY, "killed by the system (signal SIGKILL), most likely for want of memory");
    else if (note->fault_errno == ENOMEM)
        say(out, VOUCH_CHILD_MEMORY, "exceeded %zu MiB of memory (signal %s after a failed allocation)",
            setup->memory_bytes >> 20, name);
    else
        say(out, VOUCH_CHILD_SIGNAL, "signal %s", name);
}

static long microseconds(const struct timeval *time)
{
    return (long)time->tv_sec * 1000000 + (long)time->tv_usec;
}

static void describe_refusal(int number, sandbox_end *out)
{
    char name[64];
    sandbox_call_name(number, name, sizeof name);
    say(out, VOUCH_CHILD_REFUSED_CALL, "system call %s refused", name);
}

void sandbox_end_describe(const sandbox_death *death, const sandbox_note *note, const sandbox_setup *setup,
                          sandbox_end *out)
{
    out->usage =
        (vouch_child_usage){.cpu_us = microseconds(&death->usage.ru_utime) + microseconds(&death->usage.ru_stime),
                            .peak_kib = death->usage.ru_maxrss};
    switch (death->kill) {
    case SANDBOX_KILL_REFUSED_CALL:
        describe_refusal(death->refused_call, out);
        return;
    case SANDBOX_KILL_WALL_TIME:
        say(out, VOUCH_CHILD_WALL_TIME, "exceeded %d s of wall clock", setup->wall_seconds);
        return;
    case SANDBOX_KILL_CANCELLED:
        say(out, VOUCH_CHILD_EXIT, "cancelled");
        return;
    case SANDBOX_KILL_NONE:
        break;
    }
    if (WIFSIGNALED(death->status))
        describe_signal(WTERMSIG(death->status), &death->usage, note, setup, out);
    else
        describe_exit(WEXITSTATUS(death->status), note, out);
}
