/**
 * Fault points (vouch/fault.h). A FIFO that is opened for reading and writing blocks its reader until somebody writes,
 * needs no second party to be opened, and works behind the walls of the sandbox, where only read and write are left and
 * no file can grow.
 */
#include "vouch/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vouch/memory.h"

bool vouch_faults_on;

/* Set before threads exist; `inside` in a process that has none. */
static struct {
    const char *crash_at; /* NULL: none */
    int folder;           /* -1: none */
    char inside[32];      /* the step that vouch_fault_prepare has taken; "": none */
} faults = {.folder = -1};

void vouch_fault_setup(void)
{
    const char *on = getenv("VOUCH_FAULT_POINTS"), *folder = getenv("VOUCH_FAULT_DIR");
    if (!on || strcmp(on, "1") != 0)
        return;
    faults.crash_at = getenv("VOUCH_CRASH_AT");
    if (folder)
        faults.folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    vouch_faults_on = true;
}

/** Is the step wanted? Whoever removes the file has it. */
static bool take(const char *step, int *go, int *reached)
{
    char name[64];
    if (faults.folder < 0 || unlinkat(faults.folder, step, 0) != 0)
        return false;
    snprintf(name, sizeof name, "%s.go", step);
    *go = openat(faults.folder, name, O_RDWR | O_CLOEXEC);
    snprintf(name, sizeof name, "%s.reached", step);
    *reached = openat(faults.folder, name, O_RDWR | O_CLOEXEC);
    if (*go >= 0 && *reached >= 0)
        return true;
    vouch_close_fd(go);
    vouch_close_fd(reached);
    return false;
}

static void hold(int go, int reached, const char *detail)
{
    char byte;
    const ssize_t told = write(reached, detail, strlen(detail)), let_go = TEMP_FAILURE_RETRY(read(go, &byte, 1));
    (void)told;
    (void)let_go;
}

void vouch_fault_reach(const char *step, const char *detail)
{
    char about[512];
    VOUCH_CLEANUP(vouch_close_fd) int go = -1;
    VOUCH_CLEANUP(vouch_close_fd) int reached = -1;
    if (faults.crash_at && strcmp(faults.crash_at, step) == 0)
        raise(SIGKILL);
    snprintf(about, sizeof about, "%s\n", detail ? detail : step);
    if (strcmp(faults.inside, step) == 0)
        hold(STDIN_FILENO, STDOUT_FILENO, about);
    else if (take(step, &go, &reached))
        hold(go, reached, about);
}

void vouch_fault_prepare(const char *step)
{
    VOUCH_CLEANUP(vouch_close_fd) int go = -1;
    VOUCH_CLEANUP(vouch_close_fd) int reached = -1;
    if (vouch_faults_on && take(step, &go, &reached) && dup2(go, STDIN_FILENO) >= 0 &&
        dup2(reached, STDOUT_FILENO) >= 0)
        snprintf(faults.inside, sizeof faults.inside, "%s", step);
}
