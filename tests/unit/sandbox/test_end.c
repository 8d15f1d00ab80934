#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

#include "child.h"

/* wait status of a process that exited, or was ended by a signal (wait(2)) */
#define EXITED(status)  ((status) << 8)
#define SIGNALED(which) (which)

Test(end, every_end_is_a_code_and_a_reason)
{
    const struct {
        sandbox_death death;
        sandbox_note note;
        vouch_code code;
        const char *detail;
    } rows[] = {
        {{.status = EXITED(0)}, {0}, VOUCH_OK, ""},
        {{.status = EXITED(3)}, {0}, VOUCH_CHILD_EXIT, "exit status 3"},
        {{.status = EXITED(SANDBOX_EXIT_FAILED)},
         {.failed = VOUCH_INTERNAL, .message = "why\n\x80"},
         VOUCH_CHILD_EXIT,
         "why??"},
        {{.status = EXITED(SANDBOX_EXIT_FAILED)},
         {.failed = VOUCH_NO_MEMORY, .message = "arena"},
         VOUCH_CHILD_MEMORY,
         "arena"},
        {{.status = EXITED(SANDBOX_EXIT_UNCONFINED)},
         {.message = "seccomp"},
         VOUCH_CHILD_EXIT,
         "the sandbox did not close: seccomp"},
        {{.status = SIGNALED(SIGSEGV)}, {0}, VOUCH_CHILD_SIGNAL, "signal SIGSEGV"},
        {{.status = SIGNALED(SIGABRT)},
         {.fault_errno = ENOMEM},
         VOUCH_CHILD_MEMORY,
         "exceeded 64 MiB of memory (signal SIGABRT after a failed allocation)"},
        {{.status = SIGNALED(SIGXCPU)}, {0}, VOUCH_CHILD_CPU_TIME, "exceeded 4 s of CPU time"},
        {{.status = SIGNALED(SIGKILL), .usage = {.ru_utime = {.tv_sec = 3}, .ru_stime = {.tv_sec = 1}}},
         {0},
         VOUCH_CHILD_CPU_TIME,
         "exceeded 4 s of CPU time"},
        {{.status = SIGNALED(SIGKILL)},
         {0},
         VOUCH_CHILD_MEMORY,
         "killed by the system (signal SIGKILL), most likely for want of memory"},
        {{.status = SIGNALED(SIGSYS)}, {0}, VOUCH_CHILD_REFUSED_CALL, "a system call was refused (signal SIGSYS)"},
        {{.kill = SANDBOX_KILL_WALL_TIME, .status = SIGNALED(SIGKILL)},
         {0},
         VOUCH_CHILD_WALL_TIME,
         "exceeded 5 s of wall clock"},
        {{.kill = SANDBOX_KILL_REFUSED_CALL, .refused_call = SYS_ptrace, .status = SIGNALED(SIGKILL)},
         {0},
         VOUCH_CHILD_REFUSED_CALL,
         "system call ptrace refused"},
        {{.kill = SANDBOX_KILL_REFUSED_CALL, .refused_call = 99999, .status = SIGNALED(SIGKILL)},
         {0},
         VOUCH_CHILD_REFUSED_CALL,
         "system call number 99999 refused"},
        {{.kill = SANDBOX_KILL_CANCELLED, .status = SIGNALED(SIGKILL)}, {0}, VOUCH_CHILD_EXIT, "cancelled"},
    };
    const sandbox_setup setup = {.wall_seconds = 5, .cpu_seconds = 4, .memory_bytes = (size_t)64 << 20};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sandbox_end end = {0};
        sandbox_end_describe(&rows[i].death, &rows[i].note, &setup, &end);
        cr_expect_eq(end.code, rows[i].code, "%s: %d", rows[i].detail, end.code);
        cr_expect_str_eq(end.detail, rows[i].detail);
    }
}

Test(end, a_note_without_an_end_is_cut)
{
    sandbox_note note = {.failed = VOUCH_INTERNAL};
    memset(note.message, 'x', sizeof note.message);
    const sandbox_death death = {.status = EXITED(SANDBOX_EXIT_FAILED)};
    const sandbox_setup setup = {0};
    sandbox_end end = {0};
    sandbox_end_describe(&death, &note, &setup, &end);
    cr_expect_eq(strlen(end.detail), sizeof note.message - 1);
}

Test(end, text_is_cut_between_characters)
{
    char out[6];
    sandbox_copy_text(out, sizeof out, "abcd");
    cr_expect_str_eq(out, "abcd");
    sandbox_copy_text(out, sizeof out, "发票");
    cr_expect_str_eq(out, "发");
    sandbox_copy_text(out, sizeof out, "abcde");
    cr_expect_str_eq(out, "abcde");
    sandbox_copy_text(out, sizeof out, "abcd票");
    cr_expect_str_eq(out, "abcd");
}
