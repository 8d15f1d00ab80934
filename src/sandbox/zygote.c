#include "zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nursery.h"
#include "vouch/fault.h"
#include "vouch/memory.h"

/* --- orders ------------------------------------------------------------------------------------------------------ */

/* @return false when the worker is gone */
static bool take_order(sandbox_nursery *nursery)
{
    sandbox_order order;
    int fds[SANDBOX_ORDER_FDS];
    size_t fd_count;
    const ssize_t length = sandbox_receive(SANDBOX_CONTROL_FD, &order, sizeof order, fds, SANDBOX_ORDER_FDS, &fd_count);
    if (length <= 0)
        return false;

    bool started = false;
    if (length == sizeof order && fd_count == SANDBOX_ORDER_FDS && (unsigned)order.mode < SANDBOX_MODE_COUNT) {
        vouch_error error = VOUCH_ERROR_INIT;
        started = sandbox_nursery_bear(nursery, &order, fds, &error) == VOUCH_OK;
        if (!started) {
            sandbox_end end;
            memset(&end, 0, sizeof end);
            end.code = VOUCH_SANDBOX;
            sandbox_copy_text(end.detail, sizeof end.detail, error.message);
            const ssize_t written = write(fds[SANDBOX_ORDER_END], &end, sizeof end);
            (void)written;
        }
    }
    /* what the child has is the child's alone */
    for (size_t i = 0; i < fd_count; i++) {
        if (!started || i != SANDBOX_ORDER_END)
            close(fds[i]);
    }
    return true;
}

/* --- trial ------------------------------------------------------------------------------------------------------- */

/* A call that no document needs: the wall must stop it. */
static vouch_code knock(const sandbox_task *task, const sandbox_sink *sink, vouch_error *err)
{
    (void)task;
    (void)sink;
    (void)err;
    const long fd = syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
    (void)fd;
    return VOUCH_OK;
}

/* Before the first document: one child that must be stopped where it knocks. */
static vouch_code try_walls(sandbox_nursery *nursery, vouch_error *err)
{
#ifdef VOUCH_SANITIZED
    const vouch_code expected = VOUCH_OK;
#else
    const vouch_code expected = VOUCH_CHILD_REFUSED_CALL;
#endif
    static const sandbox_jobs jobs = {.by_mode = {[SANDBOX_READER] = knock}};
    const sandbox_order order = {.mode = SANDBOX_READER};
    int pipe_end[2];
    if (pipe2(pipe_end, O_CLOEXEC) != 0)
        return vouch_fail(err, VOUCH_SANDBOX, "pipe: %s", strerror(errno));
    const int fds[SANDBOX_ORDER_FDS] = {
        [SANDBOX_ORDER_DOCUMENT] = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, SANDBOX_CONTROL_FD), /* /dev/null */
        [SANDBOX_ORDER_ANSWER] = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, SANDBOX_CONTROL_FD),
        [SANDBOX_ORDER_END] = pipe_end[1],
    };
    const sandbox_jobs *const product_jobs = nursery->jobs;
    nursery->jobs = &jobs;
    const vouch_code code = sandbox_nursery_bear(nursery, &order, fds, err);
    nursery->jobs = product_jobs;
    close(fds[SANDBOX_ORDER_DOCUMENT]);
    close(fds[SANDBOX_ORDER_ANSWER]);
    if (code != VOUCH_OK)
        close(pipe_end[1]);
    while (nursery->count > 0)
        sandbox_nursery_turn(nursery, /* control= */ -1);

    sandbox_end end = {.code = VOUCH_SANDBOX};
    const ssize_t length = read(pipe_end[0], &end, sizeof end);
    close(pipe_end[0]);
    VOUCH_TRY(code);
    if (length != sizeof end || end.code != expected)
        return vouch_fail(err, VOUCH_SANDBOX, "trial child: %s", end.detail);
    return VOUCH_OK;
}

/* --- start ------------------------------------------------------------------------------------------------------- */

static void tell_ready(const vouch_error *error, unsigned barriers)
{
    sandbox_ready ready;
    memset(&ready, 0, sizeof ready);
    ready.code = error->code;
    ready.barriers = barriers;
    sandbox_copy_text(ready.message, sizeof ready.message, error->message);
    const ssize_t sent = send(SANDBOX_CONTROL_FD, &ready, sizeof ready, MSG_NOSIGNAL);
    (void)sent;
}

static vouch_code receive_setup(sandbox_setup *setup, vouch_error *err)
{
    if (recv(SANDBOX_CONTROL_FD, setup, sizeof *setup, 0) != sizeof *setup || setup->magic != SANDBOX_MAGIC ||
        setup->size != sizeof *setup || strncmp(setup->version, VOUCH_VERSION, sizeof setup->version) != 0)
        return vouch_fail(err, VOUCH_SANDBOX, "the executable is another version of the program");
    setup->user[sizeof setup->user - 1] = '\0';
    return VOUCH_OK;
}

/* Should the machine run out of memory, a child goes first, not the worker or the database. */
static void offer_to_oom_killer(void)
{
    VOUCH_CLEANUP(vouch_close_fd) int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        const ssize_t written = write(fd, "800", 3);
        (void)written;
    }
}

/* In the outer process, while it still sees files. */
static vouch_code prepare(sandbox_nursery *nursery, sandbox_user *user, vouch_error *err)
{
    VOUCH_TRY(receive_setup(&nursery->setup, err));
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return vouch_fail(err, VOUCH_SANDBOX, "no_new_privs: %s", strerror(errno));
    prctl(PR_SET_NAME, "vouch-zygote");
    vouch_fault_setup();
    VOUCH_TRY(sandbox_user_find(nursery->setup.user, user, err));
    for (int profile = 0; profile < SANDBOX_PROFILE_COUNT; profile++)
        VOUCH_TRY(sandbox_filter_build((sandbox_profile)profile, &nursery->filters[profile], err));
    offer_to_oom_killer();
    return nursery->jobs->warm_up ? nursery->jobs->warm_up(err) : VOUCH_OK;
}

/* In the inner process: the walls that all children share. @return bit set of those that stand */
static unsigned put_up_walls(sandbox_nursery *nursery, const sandbox_user *user, bool namespaces, vouch_error *err)
{
    unsigned barriers = 1u << SANDBOX_BARRIER_LIMITS;
#ifndef VOUCH_SANITIZED
    barriers |= 1u << SANDBOX_BARRIER_SECCOMP | 1u << SANDBOX_BARRIER_USER;
    if (namespaces)
        barriers |= 1u << SANDBOX_BARRIER_NAMESPACES;
    if (namespaces && sandbox_root_empty())
        barriers |= 1u << SANDBOX_BARRIER_EMPTY_ROOT;
    nursery->landlock = sandbox_landlock_ruleset();
    if (nursery->landlock >= 0)
        barriers |= 1u << SANDBOX_BARRIER_LANDLOCK;
    err->code = sandbox_user_become(user, err);
    /* nobody of the same user may look into it or change it */
    if (err->code == VOUCH_OK && prctl(PR_SET_DUMPABLE, 0) != 0)
        err->code = vouch_fail(err, VOUCH_SANDBOX, "dumpable: %s", strerror(errno));
#else
    (void)user;
    (void)namespaces;
#endif
    if (err->code == VOUCH_OK)
        err->code = sandbox_nursery_open(nursery, err);
    return barriers;
}

static int run_inner(sandbox_nursery *nursery, const sandbox_user *user, bool namespaces)
{
    vouch_error error = VOUCH_ERROR_INIT;
    const unsigned barriers = put_up_walls(nursery, user, namespaces, &error);
    /* after the change of user, which clears it */
    if (error.code == VOUCH_OK && prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        error.code = vouch_fail(&error, VOUCH_SANDBOX, "parent death signal: %s", strerror(errno));
    if (error.code == VOUCH_OK)
        error.code = try_walls(nursery, &error);
    tell_ready(&error, barriers);
    if (error.code != VOUCH_OK)
        return 1;
    while (!sandbox_nursery_turn(nursery, SANDBOX_CONTROL_FD) || take_order(nursery))
        continue;
    return 0; /* children that still run end with this process */
}

/* The outer process from its setup to the end of the inner one. */
static vouch_code run_outer(sandbox_nursery *nursery, vouch_error *err)
{
    sandbox_user user;
    VOUCH_TRY(prepare(nursery, &user, err));
#ifdef VOUCH_SANITIZED
    const bool namespaces = false;
#else
    bool namespaces;
    VOUCH_TRY(sandbox_namespaces_enter(&user, &namespaces, err));
#endif
    const pid_t pid = fork();
    if (pid == 0)
        _exit(run_inner(nursery, &user, namespaces));
    if (pid < 0)
        return vouch_fail(err, VOUCH_SANDBOX, "fork: %s", strerror(errno));
    close(SANDBOX_CONTROL_FD); /* the worker must notice when the inner process is gone */
    int status;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return VOUCH_OK;
}

int sandbox_zygote_run(const sandbox_jobs *jobs)
{
    sandbox_nursery nursery = {.jobs = jobs, .landlock = -1, .signals = -1};
    vouch_error error = VOUCH_ERROR_INIT;
    error.code = run_outer(&nursery, &error);
    if (error.code != VOUCH_OK)
        tell_ready(&error, 0);
    for (int profile = 0; profile < SANDBOX_PROFILE_COUNT; profile++)
        sandbox_filter_done(&nursery.filters[profile]);
    return error.code == VOUCH_OK ? 0 : 1;
}
