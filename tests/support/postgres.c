#include "support/postgres.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pwd.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct test_postgres {
    char folder[64]; /* data in it, and the socket */
    char conninfo[160];
    /* A process that stops and removes everything when this pipe closes: at the drop, or when the test crashes. */
    pid_t keeper;
    int pipe;
};

/* Run a command of the shell; quiet; as postgres when we are root. */
static bool run(const char *folder, const char *command)
{
    char line[1024];
    bool root = geteuid() == 0;
    snprintf(line, sizeof line, "cd %s && HOME=%s exec %s %s >>%s/log 2>&1", folder, folder,
             root ? "setpriv --reuid=postgres --regid=postgres --clear-groups" : "env", command, folder);
    char *const arguments[] = {(char[]){"sh"}, (char[]){"-c"}, line, NULL};
    pid_t child;
    if (posix_spawn(&child, "/bin/sh", NULL, NULL, arguments, environ) != 0)
        return false;
    int status;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool run_tool(const char *folder, const char *arguments)
{
    char command[512];
    snprintf(command, sizeof command, "%s/%s", VOUCH_PG_BINDIR, arguments);
    return run(folder, command);
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

bool test_postgres_start_again(test_postgres *server)
{
    char arguments[600];
    const char *more = getenv("VOUCH_TEST_POSTGRES_OPTIONS");
    /* fsync off: a test server that loses its power is thrown away; a server killed with it off loses nothing. */
    snprintf(arguments, sizeof arguments,
             "pg_ctl -w -t 60 -D %s/data -l %s/server.log -o \"-k %s -c listen_addresses='' -c fsync=off -c "
             "max_connections=200 -c shared_buffers=32MB -c deadlock_timeout=200ms %s\" start",
             server->folder, server->folder, server->folder, more ? more : "");
    return run_tool(server->folder, arguments);
}

static bool stop(test_postgres *server, const char *mode)
{
    char arguments[160];
    snprintf(arguments, sizeof arguments, "pg_ctl -w -m %s -D %s/data stop", mode, server->folder);
    return run_tool(server->folder, arguments);
}

bool test_postgres_stop_now(test_postgres *server)
{
    return stop(server, "immediate");
}

bool test_postgres_stop(test_postgres *server)
{
    return stop(server, "fast");
}

bool test_postgres_restart(test_postgres *server)
{
    return test_postgres_stop_now(server) && test_postgres_start_again(server);
}

static _Noreturn void keep(test_postgres *server, int pipe)
{
    char byte;
    setsid(); /* an interrupt at the terminal ends the tests, and by that this */
    while (read(pipe, &byte, 1) < 0 && errno == EINTR)
        ;
    test_postgres_stop_now(server);
    nftw(server->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    _exit(0);
}

static bool start_keeper(test_postgres *server)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    server->keeper = fork();
    if (server->keeper == 0) {
        close(ends[1]);
        keep(server, ends[0]);
    }
    close(ends[0]);
    server->pipe = ends[1];
    return server->keeper > 0;
}

test_postgres *test_postgres_start(void)
{
    test_postgres *server = calloc(1, sizeof *server);
    if (!server)
        return NULL;
    server->pipe = -1;
    const char *place = getenv("VOUCH_TEST_POSTGRES_FOLDER");
    const int length = snprintf(server->folder, sizeof server->folder, "%s/vouch-pg-XXXXXX", place ? place : "/tmp");
    if (length >= (int)sizeof server->folder || !mkdtemp(server->folder) || !start_keeper(server)) {
        free(server);
        return NULL;
    }
    const struct passwd *postgres = geteuid() == 0 ? getpwnam("postgres") : NULL;
    bool ready = !postgres || chown(server->folder, postgres->pw_uid, postgres->pw_gid) == 0;
    char arguments[160];
    snprintf(arguments, sizeof arguments, "initdb --no-sync -A trust -U postgres -E UTF8 --locale=C -D %s/data",
             server->folder);
    ready = ready && run_tool(server->folder, arguments) && test_postgres_start_again(server);
    snprintf(arguments, sizeof arguments, "createdb -h %s -U postgres vouch", server->folder);
    if (!ready || !run_tool(server->folder, arguments)) {
        test_postgres_drop(&server);
        return NULL;
    }
    snprintf(server->conninfo, sizeof server->conninfo, "host=%s user=postgres dbname=vouch", server->folder);
    return server;
}

const char *test_postgres_conninfo(const test_postgres *server)
{
    return server->conninfo;
}

void test_postgres_drop(test_postgres **server)
{
    if (!server || !*server)
        return;
    close((*server)->pipe);
    waitpid((*server)->keeper, NULL, 0);
    free(*server);
    *server = NULL;
}
