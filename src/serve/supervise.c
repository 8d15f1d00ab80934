/**
 * `serve --work`: the service and the workers as two processes under one parent, the one-machine default.
 *
 * The parent holds no connection and decodes nothing: it starts both programs, passes signals on, starts again what
 * died (with a growing pause), and ends when both have ended.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "vouch/log.h"
#include "vouch/serve.h"

enum {
    PROGRAM_COUNT = 2,
    LONGEST_PAUSE_SECONDS = 30,
    STEADY_SECONDS = 60
};

typedef struct program {
    const char *command; /* "serve", "work" */
    pid_t pid;           /* 0: not running */
    time_t started, start_again;
    int pause_seconds;
} program;

static pid_t start(const char *executable, const char *command, char *const *options, int option_count)
{
    char **argv = calloc((size_t)option_count + 3, sizeof *argv);
    if (!argv)
        return -1;
    argv[0] = "vouch";
    argv[1] = (char *)command;
    memcpy(argv + 2, options, (size_t)option_count * sizeof *argv);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        /* A killed parent takes its children with it: nothing keeps running that nobody watches. */
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent)
            _exit(1);
        /* Ctrl-C reaches a whole group: the parent passes it on, and a second signal would stop a program at once. */
        setpgid(0, 0);
        execv(executable, argv);
        _exit(127);
    }
    free(argv);
    return pid;
}

static void note_end(program *programs, pid_t pid, int status, bool stopping)
{
    for (int i = 0; i < PROGRAM_COUNT; i++) {
        program *ended = &programs[i];
        if (ended->pid != pid)
            continue;
        ended->pid = 0;
        time_t now = time(NULL);
        bool steady = now - ended->started >= STEADY_SECONDS;
        ended->pause_seconds = steady || ended->pause_seconds == 0 ? 1 : ended->pause_seconds * 2;
        if (ended->pause_seconds > LONGEST_PAUSE_SECONDS)
            ended->pause_seconds = LONGEST_PAUSE_SECONDS;
        ended->start_again = now + ended->pause_seconds;
        if (stopping)
            continue;
        char how[32];
        snprintf(how, sizeof how, WIFSIGNALED(status) ? "signal %d" : "exit %d",
                 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
        vouch_log(VOUCH_LOG_ERROR, "process_ended", "command", ended->command, "how", how, NULL);
    }
}

static bool any_running(const program *programs)
{
    for (int i = 0; i < PROGRAM_COUNT; i++)
        if (programs[i].pid > 0)
            return true;
    return false;
}

static void signal_all(const program *programs, int number)
{
    for (int i = 0; i < PROGRAM_COUNT; i++)
        if (programs[i].pid > 0)
            kill(programs[i].pid, number);
}

vouch_code vouch_serve_supervise(const char *executable, char *const *options, int option_count, vouch_error *err)
{
    program programs[PROGRAM_COUNT] = {{.command = "serve"}, {.command = "work"}};
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    bool stopping = false, configuration_wrong = false;
    while (!stopping || any_running(programs)) {
        time_t now = time(NULL);
        for (int i = 0; i < PROGRAM_COUNT && !stopping; i++) {
            if (programs[i].pid > 0 || programs[i].start_again > now)
                continue;
            programs[i].pid = start(executable, programs[i].command, options, option_count);
            programs[i].started = now;
        }
        struct timespec second = {.tv_sec = 1};
        int number = sigtimedwait(&signals, NULL, &second);
        if (number == SIGTERM || number == SIGINT) {
            signal_all(programs, SIGTERM); /* a second one reaches them as a second one: they stop at once */
            stopping = true;
        }
        int status;
        for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
            /* Nothing a restart could mend: say it once and stop. */
            configuration_wrong |= WIFEXITED(status) && WEXITSTATUS(status) == VOUCH_SERVE_EXIT_CONFIGURATION;
            note_end(programs, pid, status, stopping || configuration_wrong);
        }
        if (configuration_wrong && !stopping) {
            signal_all(programs, SIGTERM);
            stopping = true;
        }
    }
    return configuration_wrong ? vouch_fail(err, VOUCH_CONFIG, "a process refused its configuration") : VOUCH_OK;
}
