#include "nursery.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Rows of the poll table: two fixed ones, then two for each child. */
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

static bool make_room(sandbox_nursery *n)
{
    if (n->count < n->capacity)
        return true;
    const size_t capacity = n->capacity ? 2 * n->capacity : 16;
    sandbox_living *children = reallocarray(n->children, capacity, sizeof *children);
    if (!children)
        return false;
    n->children = children;
    struct pollfd *polls = reallocarray(n->polls, 2 * capacity + POLL_CHILDREN, sizeof *polls);
    if (!polls)
        return false;
    n->polls = polls;
    n->capacity = capacity;
    return true;
}

/* Untouched room at the top of the heap, and an allocator that uses it. @return it, on a page; NULL: none */
static void *leave_room(void)
{
#ifndef VOUCH_SANITIZED
    if (mallopt(M_MMAP_THRESHOLD, 4 * SANDBOX_HEAP_BYTES) && mallopt(M_TRIM_THRESHOLD, 4 * SANDBOX_HEAP_BYTES)) {
        const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
        void *const room = malloc(SANDBOX_HEAP_BYTES + page);
        const uintptr_t first = ((uintptr_t)room + page - 1) & ~(page - 1);
        free(room);
        return room ? (void *)first : NULL;
    }
#endif
    return NULL;
}

vouch_code sandbox_nursery_open(sandbox_nursery *n, vouch_error *err)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || sigprocmask(SIG_SETMASK, &set, NULL) != 0 ||
        (n->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
        return vouch_fail(err, VOUCH_SANDBOX, "signals: %s", strerror(errno));
    if (!make_room(n))
        return vouch_fail(err, VOUCH_NO_MEMORY, "no memory for children");
    n->heap = leave_room();
    return VOUCH_OK;
}

/* --- birth ------------------------------------------------------------------------------------------------------- */

static _Noreturn void become_child(const sandbox_nursery *n, const sandbox_order *order, const int *fds, int supervisor,
                                   pid_t parent, sandbox_note *note)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        _exit(SANDBOX_EXIT_UNCONFINED);
    prctl(PR_SET_NAME, "vouch-child");
    const sandbox_child child = {.jobs = n->jobs,
                                 .setup = &n->setup,
                                 .order = order,
                                 .filters = n->filters,
                                 .landlock = n->landlock,
                                 .document = fds[SANDBOX_ORDER_DOCUMENT],
                                 .answer = fds[SANDBOX_ORDER_ANSWER],
                                 .supervisor = supervisor,
                                 .note = note,
                                 .heap = n->heap};
    sandbox_child_main(&child);
}

static vouch_code fork_child(sandbox_nursery *n, const sandbox_order *order, const int *fds, sandbox_living *child,
                             vouch_error *err)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return vouch_fail(err, VOUCH_SANDBOX, "no child could be started: %s", strerror(errno));
    const pid_t self = getpid();
    child->pid = fork();
    if (child->pid == 0)
        become_child(n, order, fds, pair[1], self, child->note);
    const int failed = errno;
    close(pair[1]);
    child->supervisor = pair[0];
    if (child->pid > 0)
        return VOUCH_OK;
    close(pair[0]);
    return vouch_fail(err, VOUCH_SANDBOX, "no child could be started: %s", strerror(failed));
}

vouch_code sandbox_nursery_bear(sandbox_nursery *n, const sandbox_order *order, const int *fds, vouch_error *err)
{
    sandbox_living child = {.end = fds[SANDBOX_ORDER_END],
                            .deadline_ms = now_ms() + (int64_t)n->setup.wall_seconds * 1000};
    child.note = mmap(NULL, sizeof *child.note, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!make_room(n) || child.note == MAP_FAILED)
        return vouch_fail(err, VOUCH_SANDBOX, "no memory for a child");
    const vouch_code code = fork_child(n, order, fds, &child, err);
    if (code != VOUCH_OK) {
        munmap(child.note, sizeof *child.note);
        return code;
    }
    /* later children have no business with it; should the kernel refuse, they could only change the wording of an end
     */
    const int kept = madvise(child.note, sizeof *child.note, MADV_DONTFORK);
    (void)kept;
    n->children[n->count++] = child;
    return VOUCH_OK;
}

/* --- life -------------------------------------------------------------------------------------------------------- */

static void end_child(sandbox_living *child, sandbox_kill why)
{
    if (child->death.kill != SANDBOX_KILL_NONE)
        return;
    child->death.kill = why;
    kill(child->pid, SIGKILL);
}

static void stop_listening(sandbox_living *child)
{
    if (child->supervisor >= 0)
        close(child->supervisor);
    child->supervisor = -1;
}

/* First the listener comes, once; then, on the listener, the call that the filter does not allow. */
static void hear(sandbox_living *child, short events)
{
    if (!(events & POLLIN)) {
        stop_listening(child); /* the child is gone */
        return;
    }
    if (!child->listening) {
        char ignored;
        int listener;
        size_t count;
        const ssize_t length = sandbox_receive(child->supervisor, &ignored, 1, &listener, 1, &count);
        stop_listening(child);
        if (length == 1 && count == 1) {
            child->supervisor = listener;
            child->listening = true;
        }
        return;
    }
    sandbox_filter_refused_call(child->supervisor, &child->death.refused_call);
    end_child(child, SANDBOX_KILL_REFUSED_CALL);
}

static void bury(sandbox_nursery *n, sandbox_living *child)
{
    sandbox_end end;
    memset(&end, 0, sizeof end);
    sandbox_end_describe(&child->death, child->note, &n->setup, &end);
    /* fits into an empty pipe, so that it never blocks; a worker that is gone needs no word */
    const ssize_t written = write(child->end, &end, sizeof end);
    (void)written;
    close(child->end);
    stop_listening(child);
    munmap(child->note, sizeof *child->note);
    *child = n->children[--n->count];
}

static void reap(sandbox_nursery *n)
{
    struct signalfd_siginfo ignored[8];
    const ssize_t drained = read(n->signals, ignored, sizeof ignored);
    (void)drained;
    int status;
    struct rusage usage;
    for (pid_t pid; (pid = wait4(-1, &status, WNOHANG, &usage)) > 0;) {
        for (size_t i = 0; i < n->count; i++) {
            if (n->children[i].pid == pid) {
                n->children[i].death.status = status;
                n->children[i].death.usage = usage;
                bury(n, &n->children[i]);
                break;
            }
        }
    }
}

static int time_to_next_deadline(const sandbox_nursery *n)
{
    const int64_t now = now_ms();
    int64_t nearest = INT32_MAX;
    bool any = false;
    for (size_t i = 0; i < n->count; i++) {
        const sandbox_living *child = &n->children[i];
        if (child->death.kill != SANDBOX_KILL_NONE)
            continue;
        any = true;
        if (child->deadline_ms - now < nearest)
            nearest = child->deadline_ms - now;
    }
    return !any ? -1 : nearest < 0 ? 0 : (int)nearest;
}

bool sandbox_nursery_turn(sandbox_nursery *n, int control)
{
    const size_t polled = n->count;
    n->polls[POLL_CONTROL] = (struct pollfd){.fd = control, .events = POLLIN};
    n->polls[POLL_SIGNALS] = (struct pollfd){.fd = n->signals, .events = POLLIN};
    for (size_t i = 0; i < polled; i++) {
        /* of a child that is being ended only the end is of interest */
        const sandbox_living *child = &n->children[i];
        const bool lives = child->death.kill == SANDBOX_KILL_NONE;
        struct pollfd *const rows = &n->polls[POLL_CHILDREN + 2 * i];
        rows[0] = (struct pollfd){.fd = lives ? child->end : -1};
        rows[1] = (struct pollfd){.fd = lives ? child->supervisor : -1, .events = POLLIN};
    }
    if (poll(n->polls, POLL_CHILDREN + 2 * polled, time_to_next_deadline(n)) < 0)
        return false;
    const int64_t now = now_ms();
    for (size_t i = 0; i < polled; i++) {
        const struct pollfd *const rows = &n->polls[POLL_CHILDREN + 2 * i];
        if (rows[0].revents) /* the worker closed its side */
            end_child(&n->children[i], SANDBOX_KILL_CANCELLED);
        if (rows[1].revents)
            hear(&n->children[i], rows[1].revents);
        if (now >= n->children[i].deadline_ms)
            end_child(&n->children[i], SANDBOX_KILL_WALL_TIME);
    }
    if (n->polls[POLL_SIGNALS].revents)
        reap(n);
    return n->polls[POLL_CONTROL].revents != 0;
}
