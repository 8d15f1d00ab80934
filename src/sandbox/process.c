/**
 * Starting and ending a zygote from a process that may have threads and secrets: posix_spawn, a clean environment, no
 * descriptor but the control socket.
 */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vouch/fault.h"

enum {
    START_MS = 60 * 1000, /* loading models from a cold disk */
    END_MS = 2 * 1000,    /* a zygote that is asked to go needs milliseconds */
    SEND_SECONDS = 10     /* a zygote that takes no order for so long is stuck */
};

/* A clean environment. The limit on threads must be there at exec: libgomp reads it when it is loaded. Functions of
 * shared libraries are looked up then, too, and not in every child at their first call. */
static void fill_environment(const char **environment, size_t capacity)
{
    static const char *const fixed[] = {"OMP_THREAD_LIMIT=1", "LANG=C.UTF-8", "LD_BIND_NOW=1"};
    size_t count = 0;
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed && count + 1 < capacity; i++)
        environment[count++] = fixed[i];
    for (char **entry = environ; vouch_faults_on && *entry && count + 1 < capacity; entry++) {
        if (strncmp(*entry, "VOUCH_FAULT_", 12) == 0)
            environment[count++] = *entry;
    }
#ifdef VOUCH_SANITIZED /* where reports go */
    for (char **entry = environ; *entry && count + 1 < capacity; entry++) {
        if (strstr(*entry, "SAN_OPTIONS="))
            environment[count++] = *entry;
    }
#endif
    environment[count] = NULL;
}

/* The zygote's own executable beside ours, or, where there is none, ours. @return in path, or a constant */
static const char *find_executable(char *path, size_t size)
{
    static const char name[] = "vouch-sandbox";
    const ssize_t length = readlink("/proc/self/exe", path, size);
    if (length > 0 && (size_t)length < size) {
        path[length] = '\0';
        char *const file = strrchr(path, '/') + 1;
        if ((size_t)(file - path) + sizeof name <= size) {
            memcpy(file, name, sizeof name);
            if (access(path, X_OK) == 0)
                return path;
        }
    }
    return "/proc/self/exe";
}

/* Descriptors and signals of the new process: /dev/null, standard error, the control socket; nothing else of ours. */
static int spawn(const char *executable, int control, pid_t *pid)
{
    char beside[PATH_MAX];
    const char *environment[16];
    fill_environment(environment, sizeof environment / sizeof *environment);
    const char *const arguments[] = {"vouch", VOUCH_ZYGOTE_COMMAND, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed)
        return failed;
    failed = posix_spawnattr_init(&attributes);
    if (failed) {
        posix_spawn_file_actions_destroy(&actions);
        return failed;
    }
    if (!(failed = posix_spawn_file_actions_adddup2(&actions, control, SANDBOX_CONTROL_FD)) &&
        !(failed = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDWR, 0)) &&
        !(failed = posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDOUT_FILENO)) &&
        !(failed = posix_spawn_file_actions_addclosefrom_np(&actions, SANDBOX_CONTROL_FD + 1)) &&
        !(failed = posix_spawnattr_setsigmask(&attributes, &none)) &&
        !(failed = posix_spawnattr_setsigdefault(&attributes, &all)) &&
        /* a session of its own: Ctrl-C at a terminal is the worker's to handle */
        !(failed = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                             (short)POSIX_SPAWN_SETSID)))
        failed = posix_spawn(pid, executable ? executable : find_executable(beside, sizeof beside), &actions,
                             &attributes, (char *const *)arguments, (char *const *)environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

static bool send_setup(int control, const vouch_sandbox_options *options)
{
    sandbox_setup setup;
    memset(&setup, 0, sizeof setup); /* padding travels too */
    setup.magic = SANDBOX_MAGIC;
    setup.size = sizeof setup;
    snprintf(setup.version, sizeof setup.version, "%s", VOUCH_VERSION);
    setup.pipeline = options->pipeline;
    setup.wall_seconds = options->wall_seconds;
    setup.cpu_seconds = options->cpu_seconds;
    setup.memory_bytes = options->memory_bytes;
    setup.answer_bytes = options->answer_bytes;
    snprintf(setup.user, sizeof setup.user, "%s", options->user ? options->user : "");
    return send(control, &setup, sizeof setup, MSG_NOSIGNAL) == sizeof setup;
}

static vouch_code wait_ready(int control, unsigned *barriers, vouch_error *err)
{
    struct pollfd waiting = {.fd = control, .events = POLLIN};
    sandbox_ready ready;
    if (TEMP_FAILURE_RETRY(poll(&waiting, 1, START_MS)) <= 0)
        return vouch_fail(err, VOUCH_SANDBOX, "the zygote is not ready after %d s", START_MS / 1000);
    if (TEMP_FAILURE_RETRY(recv(control, &ready, sizeof ready, 0)) != sizeof ready)
        return vouch_fail(err, VOUCH_SANDBOX, "the zygote ended while it started");
    if (ready.code != VOUCH_OK)
        return vouch_fail(err, VOUCH_SANDBOX, "%.*s", (int)sizeof ready.message, ready.message);
    *barriers = ready.barriers;
    return VOUCH_OK;
}

vouch_code sandbox_process_start(const vouch_sandbox_options *options, sandbox_process *out, vouch_error *err)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return vouch_fail(err, VOUCH_SANDBOX, "control socket: %s", strerror(errno));
    VOUCH_CLEANUP(sandbox_process_end) sandbox_process process = {.control = pair[0]};
    const struct timeval patience = {.tv_sec = SEND_SECONDS};
    setsockopt(process.control, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);

    const int failed = spawn(options->executable, pair[1], &process.pid);
    close(pair[1]);
    if (failed) {
        process.pid = 0;
        return vouch_fail(err, VOUCH_SANDBOX, "starting %s: %s",
                          options->executable ? options->executable : "this program again", strerror(failed));
    }
    if (!send_setup(process.control, options))
        return vouch_fail(err, VOUCH_SANDBOX, "the zygote ended while it started");
    VOUCH_TRY(wait_ready(process.control, &process.barriers, err));
    *out = process;
    process = (sandbox_process)SANDBOX_PROCESS_NONE;
    return VOUCH_OK;
}

void sandbox_process_end(sandbox_process *process)
{
    vouch_close_fd(&process->control); /* asks it to go */
    if (process->pid > 0) {
        VOUCH_CLEANUP(vouch_close_fd) int watch = pidfd_open(process->pid, 0);
        struct pollfd waiting = {.fd = watch, .events = POLLIN};
        if (watch < 0 || TEMP_FAILURE_RETRY(poll(&waiting, 1, END_MS)) <= 0)
            kill(process->pid, SIGKILL);
        const long reaped = TEMP_FAILURE_RETRY(waitpid(process->pid, NULL, 0));
        (void)reaped;
    }
    process->pid = 0;
}

vouch_code sandbox_process_order(const sandbox_process *process, const sandbox_order *order, const int *fds,
                                 vouch_error *err)
{
    if (process->control < 0)
        return vouch_fail(err, VOUCH_UNAVAILABLE, "there is no zygote");
    if (sandbox_send(process->control, order, sizeof *order, fds, SANDBOX_ORDER_FDS))
        return VOUCH_OK;
    /* gone, or stuck so long that it is as good as gone */
    const bool gone = errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN || errno == EAGAIN;
    return vouch_fail(err, gone ? VOUCH_UNAVAILABLE : VOUCH_SANDBOX, "order: %s", strerror(errno));
}
