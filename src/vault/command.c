/*
 * Key commands: a password manager, a cloud's secret store, `ssh host cat`. Run by the shell, with our environment and
 * nothing on standard input; bounded in time and output; what it printed is wiped by the caller.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cipher.h"
#include "vouch/memory.h"

enum {
    MOST_MS = 30000
};

extern char **environ;

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* In a process group of its own, so that what it started ends with it; with no signal blocked, which it would inherit.
 */
static int start(const char *command, int output, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    char *const argv[] = {(char[]){"sh"}, (char[]){"-c"}, (char *)(uintptr_t)command, NULL};
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    const int failed = posix_spawn(pid, "/bin/sh", &actions, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return failed;
}

/* Read to the end, to the capacity, or until time is up. @return false: time is up, or it can't be read */
static bool collect(int fd, char *out, size_t capacity, size_t *length)
{
    const int64_t end = now_ms() + MOST_MS;
    for (*length = 0; *length < capacity;) {
        const int64_t left = end - now_ms();
        struct pollfd waiting = {.fd = fd, .events = POLLIN};
        if (left <= 0)
            return false;
        if (poll(&waiting, 1, (int)left) <= 0)
            continue;
        const ssize_t more = read(fd, out + *length, capacity - *length);
        if (more == 0)
            return true;
        if (more < 0 && errno != EINTR)
            return false;
        *length += more > 0 ? (size_t)more : 0;
    }
    return true;
}

vouch_code command_output(const char *command, char *out, size_t capacity, size_t *length, vouch_error *err)
{
    int ends[2];
    pid_t pid;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return vouch_fail(err, VOUCH_CONFIG, "key command: %s", strerror(errno));
    VOUCH_CLEANUP(vouch_close_fd) int in = ends[0];
    const int failed = start(command, ends[1], &pid);
    close(ends[1]);
    if (failed)
        return vouch_fail(err, VOUCH_CONFIG, "key command: %s", strerror(failed));
    const bool whole = collect(in, out, capacity, length);
    if (!whole || *length == capacity)
        kill(-pid, SIGKILL);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (!whole)
        return vouch_fail(err, VOUCH_CONFIG, "key command: no end of its output after %d s", MOST_MS / 1000);
    if (*length < capacity && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
        return vouch_fail(err, VOUCH_CONFIG, "key command ended with %s %d", WIFEXITED(status) ? "status" : "signal",
                          WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    return VOUCH_OK;
}
