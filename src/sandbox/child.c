#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vouch/fault.h"

/* For the signal handler, which has no other way to it. Set once, before the sandbox closes. */
static sandbox_note *current_note;

#ifndef VOUCH_SANITIZED
static void on_fatal_signal(int number)
{
    current_note->fault_errno = errno;
    /* the default action is back (SA_RESETHAND) and the signal is not blocked (SA_NODEFER) */
    raise(number);
}

/* Handlers that leave a reason, on a stack of their own: the fault may be a stack that is full. */
static bool install_handlers(void)
{
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    const size_t size = 64 * 1024;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || sigaltstack(&(stack_t){.ss_sp = memory, .ss_size = size}, NULL) != 0)
        return false;
    const struct sigaction crashed = {.sa_handler = on_fatal_signal,
                                      .sa_flags = (int)(SA_RESETHAND | SA_NODEFER | SA_ONSTACK)};
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) {
        if (sigaction(fatal[i], &crashed, NULL) != 0)
            return false;
    }
    return true;
}
#endif

/* Nothing stays open but standard streams (all /dev/null) and the descriptors of the order. */
static bool close_others(const sandbox_child *child)
{
    const int keep[] = {child->document, child->answer, child->supervisor};
    for (unsigned next = STDERR_FILENO + 1;;) {
        unsigned nearest = UINT_MAX;
        for (size_t i = 0; i < sizeof keep / sizeof *keep; i++) {
            if (keep[i] >= 0 && (unsigned)keep[i] >= next && (unsigned)keep[i] < nearest)
                nearest = (unsigned)keep[i];
        }
        const unsigned last = nearest == UINT_MAX ? UINT_MAX : nearest - 1;
        if (last >= next && close_range(next, last, 0) != 0)
            return false;
        if (nearest == UINT_MAX)
            return true;
        next = nearest + 1;
    }
}

static vouch_code confine(const sandbox_child *child, sandbox_profile profile, vouch_error *err)
{
    const sandbox_limits limits = {
        .profile = profile, .cpu_seconds = child->setup->cpu_seconds, .memory_bytes = child->setup->memory_bytes};
    sigset_t none;
    sigemptyset(&none);
    if (setsid() < 0 || sigprocmask(SIG_SETMASK, &none, NULL) != 0)
        return vouch_fail(err, VOUCH_SANDBOX, "session: %s", strerror(errno));
    if (child->landlock >= 0 && !sandbox_landlock_enter(child->landlock))
        return vouch_fail(err, VOUCH_SANDBOX, "landlock: %s", strerror(errno));
    if (!close_others(child))
        return vouch_fail(err, VOUCH_SANDBOX, "descriptors: %s", strerror(errno));
    VOUCH_TRY(sandbox_limits_set(&limits, err));
#ifndef VOUCH_SANITIZED /* sanitizers make threads, open files and need their own handlers */
    if (dup2(STDIN_FILENO, STDERR_FILENO) < 0 || !install_handlers())
        return vouch_fail(err, VOUCH_SANDBOX, "signal handlers: %s", strerror(errno));
    VOUCH_TRY(sandbox_filter_install(&child->filters[profile], child->supervisor, err));
#endif
    return VOUCH_OK;
}

static _Noreturn void fail(sandbox_note *note, int status, const vouch_error *error)
{
    note->failed = error->code;
    sandbox_copy_text(note->message, sizeof note->message, error->message);
    _exit(status);
}

static vouch_code write_answer(void *context, const void *bytes, size_t length, vouch_error *err)
{
    const int fd = *(const int *)context;
    const uint8_t *next = bytes;
    while (length > 0) {
        const ssize_t written = TEMP_FAILURE_RETRY(write(fd, next, length));
        if (written < 0)
            return vouch_fail(err, VOUCH_IO, "answer: %s", strerror(errno));
        next += written;
        length -= (size_t)written;
    }
    return VOUCH_OK;
}

/* The document, mapped for reading; its bytes are not looked at here. */
static vouch_code map_document(int fd, const uint8_t **data, size_t *length, vouch_error *err)
{
    struct stat about;
    if (fstat(fd, &about) != 0 || about.st_size < 0)
        return vouch_fail(err, VOUCH_IO, "document: %s", strerror(errno));
    *length = (size_t)about.st_size;
    *data = (const uint8_t *)"";
    if (*length == 0)
        return VOUCH_OK;
    void *const mapped = mmap(NULL, *length, PROT_READ, MAP_PRIVATE, fd, 0);
    if (mapped == MAP_FAILED)
        return vouch_fail(err, VOUCH_NO_MEMORY, "document: %s", strerror(errno));
    *data = mapped;
    return VOUCH_OK;
}

void sandbox_child_main(const sandbox_child *child)
{
    vouch_error error = VOUCH_ERROR_INIT;
    int answer = child->answer;
    const sandbox_sink sink = {.write = write_answer, .context = &answer};
    sandbox_task task = {.order = child->order,
                         .pipeline = &child->setup->pipeline,
                         .answer_bytes = child->setup->answer_bytes,
                         .last = true};
    current_note = child->note;
    if (child->heap && child->order->mode == SANDBOX_READER) {
        const int populated = madvise(child->heap, SANDBOX_HEAP_BYTES, MADV_POPULATE_WRITE);
        (void)populated; /* a kernel before 5.14 can't: page by page, then */
    }
    error.code = map_document(child->document, &task.data, &task.length, &error);
    if (task.length > 0) { /* the zygote's trial child has no document, and no test waits for it */
        vouch_fault_prepare("decoded");
        VOUCH_FAULT_POINT("forked", NULL);
    }
    if (error.code != VOUCH_OK || confine(child, sandbox_profile_choose(task.data, task.length), &error) != VOUCH_OK)
        fail(child->note, SANDBOX_EXIT_UNCONFINED, &error);
    error.code = child->jobs->by_mode[child->order->mode](&task, &sink, &error);
    if (error.code != VOUCH_OK)
        fail(child->note, SANDBOX_EXIT_FAILED, &error);
    /* no destructors: they belong to the zygote's libraries, and a process that ends needs none */
    _exit(SANDBOX_EXIT_DONE);
}
