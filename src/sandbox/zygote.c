#include "zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "vouch/memory.h"

#include "child.h"

/* A child that runs. Lives in zygote.children from its fork until it is reaped. */
typedef struct running {
    pid_t pid;
    int end; /* pipe on which the worker waits for the end */
    int64_t deadline_ms;
    sandbox_kill kill;
    sandbox_note *note; /* a shared mapping of its own */
} running;

typedef struct zygote {
    const sandbox_jobs *jobs;
    sandbox_setup setup;
    sandbox_filter filter;
    int landlock, signals;
    running *children;
    struct pollfd *polls; /* control, signals, one per child */
    size_t count, capacity;
} zygote;

enum {
    POLL_CONTROL,
    POLL_SIGNALS,
    POLL_CHILDREN
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void tell_end(int fd, const sandbox_end *end)
{
    /* fits into an empty pipe, so that it never blocks; a worker that is gone needs no answer */
    const ssize_t written = write(fd, end, sizeof *end);
    (void)written;
}

/* --- children ---------------------------------------------------------------------------------------------------- */

static bool make_room(zygote *z)
{
    if (z->count < z->capacity)
        return true;
    const size_t capacity = z->capacity ? 2 * z->capacity : 16;
    running *children = reallocarray(z->children, capacity, sizeof *children);
    if (!children)
        return false;
    z->children = children;
    struct pollfd *polls = reallocarray(z->polls, capacity + POLL_CHILDREN, sizeof *polls);
    if (!polls)
        return false;
    z->polls = polls;
    z->capacity = capacity;
    return true;
}

static _Noreturn void become_child(const zygote *z, const sandbox_order *order, const int *fds, pid_t parent,
                                   sandbox_note *note)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        _exit(SANDBOX_EXIT_UNCONFINED);
    const sandbox_child child = {.jobs = z->jobs,
                                 .setup = &z->setup,
                                 .order = order,
                                 .filter = &z->filter,
                                 .landlock = z->landlock,
                                 .document = fds[SANDBOX_ORDER_DOCUMENT],
                                 .answer = fds[SANDBOX_ORDER_ANSWER],
                                 .note = note};
    sandbox_child_main(&child);
}

/* @return VOUCH_OK and a child that runs, or why there is none */
static vouch_code start_child(zygote *z, const sandbox_order *order, const int *fds, vouch_error *err)
{
    if (!make_room(z))
        return vouch_fail(err, VOUCH_SANDBOX, "no memory for a child");
    sandbox_note *note = mmap(NULL, sizeof *note, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (note == MAP_FAILED)
        return vouch_fail(err, VOUCH_SANDBOX, "no memory for a child: %s", strerror(errno));
    const pid_t self = getpid(), pid = fork();
    if (pid == 0)
        become_child(z, order, fds, self, note);
    if (pid < 0 || madvise(note, sizeof *note, MADV_DONTFORK) != 0) { /* later children have no business with it */
        vouch_fail(err, VOUCH_SANDBOX, "no child could be started: %s", strerror(errno));
        if (pid > 0)
            kill(pid, SIGKILL);
        munmap(note, sizeof *note);
        return VOUCH_SANDBOX;
    }
    z->children[z->count++] = (running){.pid = pid,
                                        .end = fds[SANDBOX_ORDER_END],
                                        .deadline_ms = now_ms() + (int64_t)z->setup.wall_seconds * 1000,
                                        .note = note};
    return VOUCH_OK;
}

static void reap(zygote *z)
{
    int status;
    struct rusage usage;
    pid_t pid;
    while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0) {
        for (size_t i = 0; i < z->count; i++) {
            running *child = &z->children[i];
            if (child->pid != pid)
                continue;
            sandbox_end end = {0};
            sandbox_end_describe(status, &usage, child->kill, child->note, &z->setup, &end);
            tell_end(child->end, &end);
            close(child->end);
            munmap(child->note, sizeof *child->note);
            *child = z->children[--z->count];
            break;
        }
    }
}

static void end_child(running *child, sandbox_kill why)
{
    if (child->kill != SANDBOX_KILL_NONE)
        return;
    child->kill = why;
    kill(child->pid, SIGKILL);
}

/* --- orders ------------------------------------------------------------------------------------------------------ */

/* @return bytes, 0 at the end, -1 with errno. Descriptors that are not asked for are closed. */
static ssize_t receive(void *message, size_t size, int *fds, size_t fd_count, size_t *received)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int) * SANDBOX_ORDER_FDS)];
    } control;
    struct iovec part = {.iov_base = message, .iov_len = size};
    struct msghdr about = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    const ssize_t length = TEMP_FAILURE_RETRY(recvmsg(SANDBOX_CONTROL_FD, &about, MSG_CMSG_CLOEXEC));
    *received = 0;
    if (length < 0)
        return length;
    const struct cmsghdr *header = CMSG_FIRSTHDR(&about);
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
        const size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
            if (i < fd_count)
                fds[(*received)++] = fd;
            else
                close(fd);
        }
    }
    return length;
}

/* @return false when the worker is gone */
static bool take_order(zygote *z)
{
    sandbox_order order;
    int fds[SANDBOX_ORDER_FDS] = {-1, -1, -1};
    size_t fd_count;
    const ssize_t length = receive(&order, sizeof order, fds, SANDBOX_ORDER_FDS, &fd_count);
    if (length <= 0)
        return false;

    bool started = false;
    if (length == sizeof order && fd_count == SANDBOX_ORDER_FDS && (unsigned)order.mode < SANDBOX_MODE_COUNT) {
        vouch_error error = VOUCH_ERROR_INIT;
        started = start_child(z, &order, fds, &error) == VOUCH_OK;
        if (!started) {
            sandbox_end end = {.code = VOUCH_SANDBOX};
            sandbox_copy_text(end.detail, sizeof end.detail, error.message);
            tell_end(fds[SANDBOX_ORDER_END], &end);
        }
    }
    /* the end belongs to the child's row now; what the child has is the child's alone */
    for (size_t i = 0; i < fd_count; i++) {
        if (!started || i != SANDBOX_ORDER_END)
            close(fds[i]);
    }
    return true;
}

/* --- the loop ---------------------------------------------------------------------------------------------------- */

static int milliseconds_to_next_deadline(const zygote *z)
{
    const int64_t now = now_ms();
    int64_t nearest = INT32_MAX;
    for (size_t i = 0; i < z->count; i++) {
        if (z->children[i].kill == SANDBOX_KILL_NONE && z->children[i].deadline_ms - now < nearest)
            nearest = z->children[i].deadline_ms - now;
    }
    return z->count == 0 ? -1 : nearest < 0 ? 0 : (int)nearest;
}

static void look_after_children(zygote *z, size_t polled)
{
    const int64_t now = now_ms();
    for (size_t i = 0; i < polled; i++) {
        if (z->polls[POLL_CHILDREN + i].revents & (POLLERR | POLLHUP)) /* the worker closed its end */
            end_child(&z->children[i], SANDBOX_KILL_CANCELLED);
        else if (now >= z->children[i].deadline_ms)
            end_child(&z->children[i], SANDBOX_KILL_WALL_TIME);
    }
}

static void serve(zygote *z)
{
    for (;;) {
        z->polls[POLL_CONTROL] = (struct pollfd){.fd = SANDBOX_CONTROL_FD, .events = POLLIN};
        z->polls[POLL_SIGNALS] = (struct pollfd){.fd = z->signals, .events = POLLIN};
        const size_t polled = z->count;
        for (size_t i = 0; i < polled; i++) {
            /* a child that is being killed has nothing more to say about its pipe */
            const bool open = z->children[i].kill == SANDBOX_KILL_NONE;
            z->polls[POLL_CHILDREN + i] = (struct pollfd){.fd = open ? z->children[i].end : -1};
        }
        if (poll(z->polls, POLL_CHILDREN + polled, milliseconds_to_next_deadline(z)) < 0 && errno != EINTR)
            return;
        look_after_children(z, polled);
        if (z->polls[POLL_SIGNALS].revents & POLLIN) {
            struct signalfd_siginfo ignored[8];
            const ssize_t drained = read(z->signals, ignored, sizeof ignored);
            (void)drained;
            reap(z);
        }
        if (z->polls[POLL_CONTROL].revents && !take_order(z))
            return;
    }
}

/* --- the start --------------------------------------------------------------------------------------------------- */

static void tell_ready(const vouch_error *error, unsigned barriers)
{
    sandbox_ready ready = {.code = error->code, .barriers = barriers};
    sandbox_copy_text(ready.message, sizeof ready.message, error->message);
    const ssize_t sent = send(SANDBOX_CONTROL_FD, &ready, sizeof ready, MSG_NOSIGNAL);
    (void)sent;
}

static vouch_code receive_setup(sandbox_setup *setup, vouch_error *err)
{
    size_t fd_count;
    if (receive(setup, sizeof *setup, NULL, 0, &fd_count) != sizeof *setup || setup->magic != SANDBOX_MAGIC ||
        setup->size != sizeof *setup || strncmp(setup->version, VOUCH_VERSION, sizeof setup->version) != 0)
        return vouch_fail(err, VOUCH_SANDBOX, "the executable is another version of the program");
    setup->user[sizeof setup->user - 1] = '\0';
    return VOUCH_OK;
}

/* The signals on which a zygote waits; children unblock them. */
static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    signal(SIGPIPE, SIG_IGN);
    return sigprocmask(SIG_SETMASK, &set, NULL) == 0 ? signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK) : -1;
}

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
static vouch_code probe(zygote *z, vouch_error *err)
{
    static const sandbox_jobs jobs = {.by_mode = {[SANDBOX_READER] = knock}};
    const sandbox_order order = {.mode = SANDBOX_READER};
    const int fds[SANDBOX_ORDER_FDS] = {
        [SANDBOX_ORDER_DOCUMENT] = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3), /* /dev/null */
        [SANDBOX_ORDER_ANSWER] = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3),
        [SANDBOX_ORDER_END] = -1,
    };
    const sandbox_jobs *const real = z->jobs;
    z->jobs = &jobs;
    vouch_code code = start_child(z, &order, fds, err);
    z->jobs = real;
    close(fds[SANDBOX_ORDER_DOCUMENT]);
    close(fds[SANDBOX_ORDER_ANSWER]);
    VOUCH_TRY(code);

    running *child = &z->children[--z->count];
    int status;
    struct rusage usage;
    sandbox_end end = {.code = VOUCH_SANDBOX};
    if (wait4(child->pid, &status, 0, &usage) == child->pid)
        sandbox_end_describe(status, &usage, SANDBOX_KILL_NONE, child->note, &z->setup, &end);
    munmap(child->note, sizeof *child->note);
#ifdef VOUCH_SANITIZED
    const vouch_code expected = VOUCH_OK;
#else
    const vouch_code expected = VOUCH_CHILD_REFUSED_CALL;
#endif
    return end.code == expected ? VOUCH_OK : vouch_fail(err, VOUCH_SANDBOX, "trial child: %s", end.detail);
}

/* In the inner process: put up the walls that all children share, try them, serve. */
static int inner(zygote *z, const sandbox_user *user, bool namespaces, pid_t outer_pid)
{
    vouch_error error = VOUCH_ERROR_INIT;
    unsigned barriers = 1u << SANDBOX_BARRIER_LIMITS;
#ifndef VOUCH_SANITIZED
    if (namespaces) {
        barriers |= 1u << SANDBOX_BARRIER_NAMESPACES;
        barriers |= sandbox_root_empty() ? 1u << SANDBOX_BARRIER_EMPTY_ROOT : 0;
    }
    z->landlock = sandbox_landlock_ruleset();
    barriers |= z->landlock >= 0 ? 1u << SANDBOX_BARRIER_LANDLOCK : 0;
    barriers |= 1u << SANDBOX_BARRIER_SECCOMP;
    barriers |= 1u << SANDBOX_BARRIER_USER;
#else
    (void)namespaces;
#endif
    z->signals = open_signals();
    if (z->signals < 0 || !make_room(z))
        error.code = vouch_fail(&error, VOUCH_SANDBOX, "signals: %s", strerror(errno));
#ifndef VOUCH_SANITIZED
    else
        error.code = sandbox_user_become(user, &error);
#else
    (void)user;
#endif
    /* after the change of user, which clears it; the outer process may be gone already */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || (getppid() != outer_pid && getppid() != 0))
        return 1;
    if (error.code == VOUCH_OK)
        error.code = probe(z, &error);
    tell_ready(&error, barriers);
    if (error.code == VOUCH_OK)
        serve(z);
    return error.code == VOUCH_OK ? 0 : 1;
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
static vouch_code prepare(zygote *z, sandbox_user *user, vouch_error *err)
{
    VOUCH_TRY(receive_setup(&z->setup, err));
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return vouch_fail(err, VOUCH_SANDBOX, "no_new_privs: %s", strerror(errno));
    VOUCH_TRY(sandbox_user_find(z->setup.user, user, err));
    VOUCH_TRY(sandbox_filter_build(&z->filter, err));
    offer_to_oom_killer();
    return z->jobs->warm_up ? z->jobs->warm_up(err) : VOUCH_OK;
}

int sandbox_zygote_run(const sandbox_jobs *jobs)
{
    zygote z = {.jobs = jobs, .landlock = -1, .signals = -1};
    sandbox_user user;
    vouch_error error = VOUCH_ERROR_INIT;
    error.code = prepare(&z, &user, &error);
    if (error.code != VOUCH_OK) {
        tell_ready(&error, 0);
        return 1;
    }
#ifdef VOUCH_SANITIZED
    const bool namespaces = false;
#else
    const bool namespaces = sandbox_namespaces_enter();
#endif
    const pid_t outer_pid = getpid(), pid = fork();
    if (pid == 0)
        _exit(inner(&z, &user, namespaces, outer_pid));
    if (pid < 0) {
        vouch_fail(&error, VOUCH_SANDBOX, "fork: %s", strerror(errno));
        tell_ready(&error, 0);
        return 1;
    }
    close(SANDBOX_CONTROL_FD); /* the worker must notice when the inner process is gone */
    int status;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return 0;
}
