/* Each test is a process of its own, and each process under test is a child of it: setup is once a process. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vouch/fault.h"

static char folder[64];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/vouch-fault-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
}

static void path_of(const char *name, char out[96])
{
    snprintf(out, 96, "%s/%s", folder, name);
}

static void remove_folder(void)
{
    static const char *const names[] = {"here", "here.go", "here.reached"};
    char path[96];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        path_of(names[i], path);
        unlink(path);
    }
    rmdir(folder);
}

TestSuite(fault, .init = make_folder, .fini = remove_folder);

static void want(const char *step)
{
    static const char *const endings[] = {"go", "reached"};
    char path[96], fifo[112];
    path_of(step, path);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        snprintf(fifo, sizeof fifo, "%s.%s", path, endings[i]);
        cr_assert_eq(mkfifo(fifo, 0600), 0);
    }
    const int fd = open(path, O_CREAT | O_WRONLY, 0600);
    cr_assert_geq(fd, 0);
    close(fd);
}

/** Run in a child, which says 7 when it gets to its end. @return its wait status */
static int reach(const char *on, const char *crash_at, const char *dir, bool prepared)
{
    char path[96];
    path_of("here.reached", path);
    const int reached = open(path, O_RDONLY | O_NONBLOCK);
    const pid_t child = fork();
    if (child == 0) {
        alarm(20); /* a step that holds when it should not fails the test */
        on ? setenv("VOUCH_FAULT_POINTS", on, 1) : unsetenv("VOUCH_FAULT_POINTS");
        crash_at ? setenv("VOUCH_CRASH_AT", crash_at, 1) : unsetenv("VOUCH_CRASH_AT");
        dir ? setenv("VOUCH_FAULT_DIR", dir, 1) : unsetenv("VOUCH_FAULT_DIR");
        vouch_fault_setup();
        if (prepared) {
            vouch_fault_prepare("here");
            close_range(3, ~0U, 0);
        }
        VOUCH_FAULT_POINT("elsewhere", NULL);
        VOUCH_FAULT_POINT("here", "what it does");
        _exit(7);
    }
    int status = 0;
    if (on && dir) { /* let it go on when it has told */
        char told[64] = "";
        while (read(reached, told, sizeof told - 1) <= 0 && waitpid(child, &status, WNOHANG) == 0)
            usleep(1000);
        cr_expect_str_eq(told, "what it does\n");
        path_of("here.go", path);
        const int go = open(path, O_WRONLY | O_NONBLOCK);
        cr_assert_geq(go, 0, "nobody waits");
        cr_assert_eq(write(go, "", 1), 1);
        close(go);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    if (reached >= 0)
        close(reached);
    return status;
}

static void expect_end(int status)
{
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 7, "status %#x", (unsigned)status);
}

Test(fault, nothing_happens_without_the_variable)
{
    char path[96];
    static const char *const values[] = {NULL, "", "0", "yes", "11"};
    want("here");
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        expect_end(reach(values[i], "here", NULL, false));
    unsetenv("VOUCH_FAULT_POINTS");
    setenv("VOUCH_FAULT_DIR", folder, 1);
    vouch_fault_setup();
    VOUCH_FAULT_POINT("here", NULL);
    path_of("here", path);
    cr_expect_eq(access(path, F_OK), 0, "nobody looked for it");
}

Test(fault, crashes_at_its_step_alone)
{
    const int status = reach("1", "here", NULL, false);
    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "status %#x", (unsigned)status);
    expect_end(reach("1", "nowhere", NULL, false));
}

Test(fault, holds_at_a_wanted_step_until_it_is_let_go)
{
    want("here");
    expect_end(reach("1", NULL, folder, false));
}

Test(fault, holds_once)
{
    want("here");
    expect_end(reach("1", NULL, folder, false));
    char path[96];
    path_of("here", path);
    cr_expect_neq(access(path, F_OK), 0);
}

Test(fault, prepared_step_needs_no_files)
{
    want("here");
    expect_end(reach("1", NULL, folder, true));
}
