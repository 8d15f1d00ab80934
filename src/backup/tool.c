/*
 * pg_dump and pg_restore: PostgreSQL's own, since nobody else keeps right what an object of a database is. They are
 * looked for where Debian keeps those of the server's version, then by PATH. Their messages go to a file in memory, so
 * that a tool that talks much can't get stuck, and its last line is the reason that we give.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "repository.h"

static int spawn(const tool_call *call, int end, int messages, pid_t *pid)
{
    char path[128];
    posix_spawn_file_actions_t actions;
    const int data = call->reads ? STDIN_FILENO : STDOUT_FILENO, other = call->reads ? STDOUT_FILENO : STDIN_FILENO;
    snprintf(path, sizeof path, "/usr/lib/postgresql/%d/bin/%s", call->version, call->name);
    call->argv[0] = access(path, X_OK) == 0 ? path : (char *)(uintptr_t)call->name;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, end, data);
    posix_spawn_file_actions_addopen(&actions, other, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&actions, messages, STDERR_FILENO);
    const int failed = posix_spawnp(pid, call->argv[0], &actions, NULL, call->argv, call->environment);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

void tool_kill(tool *t)
{
    vouch_close_fd(&t->data);
    vouch_close_fd(&t->messages);
    if (t->pid > 0) {
        kill(t->pid, SIGKILL);
        while (waitpid(t->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    t->pid = 0;
}

vouch_code tool_start(const tool_call *call, tool *out, vouch_error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return vouch_fail(err, VOUCH_IO, "%s: %s", call->name, strerror(errno));
    const int ours = call->reads ? 1 : 0;
    VOUCH_CLEANUP(tool_kill) tool t = {.name = call->name, .data = ends[ours], .messages = -1};
    VOUCH_CLEANUP(vouch_close_fd) int theirs = ends[1 - ours];
    t.messages = memfd_create("messages", MFD_CLOEXEC);
    if (t.messages < 0)
        return vouch_fail(err, VOUCH_IO, "%s: %s", call->name, strerror(errno));
    const int failed = spawn(call, theirs, t.messages, &t.pid);
    if (failed) {
        t.pid = 0;
        return vouch_fail(err, VOUCH_CONFIG, "%s can't be run: %s (package postgresql-client)", call->name,
                          strerror(failed));
    }
    *out = t;
    t = (tool){.data = -1, .messages = -1};
    return VOUCH_OK;
}

/* The last line that is none of the tool's afterthoughts. */
static void last_message(int messages, char out[256])
{
    char text[4096];
    const off_t size = lseek(messages, 0, SEEK_END),
                from = size > (off_t)sizeof text - 1 ? size - (off_t)sizeof text + 1 : 0;
    const ssize_t got = pread(messages, text, sizeof text - 1, from);
    const char *best = "";
    text[got > 0 ? got : 0] = '\0';
    for (char *line = text, *end; *line; line = end) {
        end = line + strcspn(line, "\n");
        if (*end)
            *end++ = '\0';
        if (*line && strncmp(line, "Command was:", 12) != 0 && !strstr(line, "detail:") && !strstr(line, "hint:"))
            best = line;
        if (strstr(line, "error:"))
            break;
    }
    snprintf(out, 256, "%.255s", best);
}

vouch_code tool_end(tool *t, vouch_error *err)
{
    int status = 0;
    char message[256];
    vouch_close_fd(&t->data);
    while (waitpid(t->pid, &status, 0) < 0 && errno == EINTR)
        ;
    t->pid = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return VOUCH_OK;
    last_message(t->messages, message);
    if (*message)
        return vouch_fail(err, VOUCH_IO, "%s%s%s", strncmp(message, t->name, strlen(t->name)) == 0 ? "" : t->name,
                          strncmp(message, t->name, strlen(t->name)) == 0 ? "" : ": ", message);
    return vouch_fail(err, VOUCH_IO, "%s ended with %s %d", t->name, WIFEXITED(status) ? "status" : "signal",
                      WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}
