/**
 * The worker's side: one zygote for many threads, two children per document, answers read with bounds.
 *
 * A caller's thread follows both of its children in one poll loop. The zygote enforces the limits; should the zygote
 * itself be gone or stuck, it is started again and the document gets another try.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "answer.h"
#include "job.h"
#include "process.h"
#include "vouch/metrics.h"

enum {
    TRIES = 3,              /* of one document, when zygotes die under it */
    GRACE_MS = 10 * 1000,   /* beyond the wall clock of a child, for the zygote to say so */
    PIPE_BYTES = 256 * 1024 /* fewer turns for large answers; the default of 64 KiB will do where it is refused */
};

struct vouch_sandbox {
    vouch_sandbox_options options;
    char *user, *executable; /* what options points to */
    char barriers[160];
    pthread_mutex_t lock; /* of all below */
    sandbox_process process;
    unsigned generation; /* counts zygotes */
};

/* One child, from its order to its end. */
typedef struct exchange {
    sandbox_mode mode;
    int answer, end; /* read ends; -1 when over */
    sandbox_outcome *outcome;
} exchange;

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- start and stop ---------------------------------------------------------------------------------------------- */

static void describe_barriers(unsigned barriers, char *out, size_t size)
{
    static const char *const names[] = {
#define X(name, text) text,
        SANDBOX_BARRIERS(X)
#undef X
    };
    size_t length = 0;
    for (unsigned i = 0; i < SANDBOX_BARRIER_COUNT && length < size; i++) {
        if (barriers & (1u << i))
            length += (size_t)snprintf(out + length, size - length, "%s%s", length > 0 ? ", " : "", names[i]);
    }
}

vouch_code vouch_sandbox_start(const vouch_sandbox_options *options, vouch_sandbox **out, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_sandbox_stop) vouch_sandbox *sandbox = calloc(1, sizeof *sandbox);
    if (!sandbox)
        return vouch_fail(err, VOUCH_NO_MEMORY, "starting the sandbox");
    pthread_mutex_init(&sandbox->lock, NULL);
    sandbox->process = (sandbox_process)SANDBOX_PROCESS_NONE;
    sandbox->options = *options;
    sandbox->user = options->user ? strdup(options->user) : NULL;
    sandbox->executable = options->executable ? strdup(options->executable) : NULL;
    if ((options->user && !sandbox->user) || (options->executable && !sandbox->executable))
        return vouch_fail(err, VOUCH_NO_MEMORY, "starting the sandbox");
    sandbox->options.user = sandbox->user;
    sandbox->options.executable = sandbox->executable;
    VOUCH_TRY(sandbox_process_start(&sandbox->options, &sandbox->process, err));
    describe_barriers(sandbox->process.barriers, sandbox->barriers, sizeof sandbox->barriers);
    *out = VOUCH_TAKE(sandbox);
    return VOUCH_OK;
}

void vouch_sandbox_stop(vouch_sandbox **sandbox)
{
    if (!*sandbox)
        return;
    sandbox_process_end(&(*sandbox)->process);
    pthread_mutex_destroy(&(*sandbox)->lock);
    free((*sandbox)->user);
    free((*sandbox)->executable);
    free(*sandbox);
    *sandbox = NULL;
}

const char *vouch_sandbox_barriers(const vouch_sandbox *sandbox)
{
    return sandbox->barriers;
}

/* Replace the zygote of a generation; another thread may have done so already. */
static vouch_code restart(vouch_sandbox *sandbox, unsigned generation, vouch_error *err)
{
    vouch_code code = VOUCH_OK;
    pthread_mutex_lock(&sandbox->lock);
    if (sandbox->generation == generation) {
        sandbox->generation++;
        sandbox_process_end(&sandbox->process);
        code = sandbox_process_start(&sandbox->options, &sandbox->process, err);
    }
    pthread_mutex_unlock(&sandbox->lock);
    return code;
}

/* --- one document ------------------------------------------------------------------------------------------------ */

/* The document as a memfd that nobody can change any more. */
static vouch_code seal_document(const vouch_sandbox_request *request, int *out, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_close_fd) int fd = memfd_create("document", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return vouch_fail(err, VOUCH_SANDBOX, "memfd: %s", strerror(errno));
    for (size_t done = 0; done < request->length;) {
        const ssize_t written = TEMP_FAILURE_RETRY(write(fd, request->data + done, request->length - done));
        if (written <= 0)
            return vouch_fail(err, VOUCH_NO_MEMORY, "memfd: %s", strerror(errno));
        done += (size_t)written;
    }
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
        return vouch_fail(err, VOUCH_SANDBOX, "sealing the document: %s", strerror(errno));
    *out = fd;
    fd = -1;
    return VOUCH_OK;
}

static void close_exchange(exchange *x)
{
    vouch_close_fd(&x->answer);
    vouch_close_fd(&x->end);
}

/* Order a child. Its pipes' write ends are only in the zygote's hands afterwards. */
static vouch_code open_exchange(vouch_sandbox *sandbox, const vouch_sandbox_request *request, int document, exchange *x,
                                unsigned *generation, vouch_error *err)
{
    int answer[2] = {-1, -1}, end[2] = {-1, -1};
    if (pipe2(answer, O_CLOEXEC) != 0)
        return vouch_fail(err, VOUCH_SANDBOX, "pipe: %s", strerror(errno));
    x->answer = answer[0];
    VOUCH_CLEANUP(vouch_close_fd) int answer_write = answer[1];
    if (pipe2(end, O_CLOEXEC) != 0)
        return vouch_fail(err, VOUCH_SANDBOX, "pipe: %s", strerror(errno));
    x->end = end[0];
    VOUCH_CLEANUP(vouch_close_fd) int end_write = end[1];
    fcntl(x->answer, F_SETFL, O_NONBLOCK);
    if (request->page_scale > 0)
        fcntl(x->answer, F_SETPIPE_SZ, PIPE_BYTES);

    sandbox_order order;
    memset(&order, 0, sizeof order); /* padding travels too */
    order.mode = x->mode;
    order.page_scale = x->mode == SANDBOX_READER ? request->page_scale : 0;
    order.max_page_pictures = request->max_page_pictures > 0 ? request->max_page_pictures : 0;
    const int fds[SANDBOX_ORDER_FDS] = {
        [SANDBOX_ORDER_DOCUMENT] = document, [SANDBOX_ORDER_ANSWER] = answer_write, [SANDBOX_ORDER_END] = end_write};
    pthread_mutex_lock(&sandbox->lock);
    *generation = sandbox->generation;
    const vouch_code code = sandbox_process_order(&sandbox->process, &order, fds, err);
    pthread_mutex_unlock(&sandbox->lock);
    return code;
}

/* The child said something wrong: stop listening, which makes the zygote end it. */
static void give_up_on(exchange *x, const char *reason)
{
    x->outcome->end.code = VOUCH_CHILD_BAD_ANSWER;
    sandbox_copy_text(x->outcome->end.detail, sizeof x->outcome->end.detail, reason);
    close_exchange(x);
}

static vouch_code read_answer(exchange *x, vouch_error *err)
{
    uint8_t bytes[64 * 1024];
    for (;;) {
        const ssize_t length = TEMP_FAILURE_RETRY(read(x->answer, bytes, sizeof bytes));
        if (length < 0 && errno == EAGAIN)
            return VOUCH_OK;
        if (length <= 0) {
            vouch_close_fd(&x->answer);
            return VOUCH_OK;
        }
        vouch_error wrong = VOUCH_ERROR_INIT;
        const vouch_code code = sandbox_collector_feed(&x->outcome->collector, bytes, (size_t)length, &wrong);
        if (code == VOUCH_NO_MEMORY)
            return vouch_fail(err, code, "%s", wrong.message);
        if (code != VOUCH_OK) {
            give_up_on(x, wrong.message);
            return VOUCH_OK;
        }
    }
}

static vouch_code read_end(exchange *x, vouch_error *err)
{
    const ssize_t length = TEMP_FAILURE_RETRY(read(x->end, &x->outcome->end, sizeof x->outcome->end));
    vouch_close_fd(&x->end);
    if (length != sizeof x->outcome->end)
        return vouch_fail(err, VOUCH_UNAVAILABLE, "the zygote died");
    if (x->outcome->end.code == VOUCH_SANDBOX)
        return vouch_fail(err, VOUCH_SANDBOX, "%.*s", (int)sizeof x->outcome->end.detail, x->outcome->end.detail);
    return VOUCH_OK;
}

/* Follow all children until each has ended and said all that it will say. */
static vouch_code follow(exchange *exchanges, size_t count, int64_t deadline_ms, vouch_error *err)
{
    for (;;) {
        struct pollfd polls[2 * SANDBOX_MODE_COUNT];
        bool any = false;
        for (size_t i = 0; i < count; i++) {
            polls[2 * i] = (struct pollfd){.fd = exchanges[i].answer, .events = POLLIN};
            polls[2 * i + 1] = (struct pollfd){.fd = exchanges[i].end, .events = POLLIN};
            any = any || exchanges[i].answer >= 0 || exchanges[i].end >= 0;
        }
        if (!any)
            return VOUCH_OK;
        const int64_t left = deadline_ms - now_ms();
        if (left <= 0)
            return vouch_fail(err, VOUCH_UNAVAILABLE, "the zygote is stuck");
        if (poll(polls, 2 * count, (int)left) < 0 && errno != EINTR)
            return vouch_fail(err, VOUCH_SANDBOX, "poll: %s", strerror(errno));
        for (size_t i = 0; i < count; i++) {
            if (polls[2 * i].revents && exchanges[i].answer >= 0)
                VOUCH_TRY(read_answer(&exchanges[i], err));
            if (polls[2 * i + 1].revents && exchanges[i].end >= 0)
                VOUCH_TRY(read_end(&exchanges[i], err));
        }
    }
}

static void close_outcomes(sandbox_outcome (*outcomes)[SANDBOX_MODE_COUNT])
{
    for (size_t i = 0; i < SANDBOX_MODE_COUNT; i++)
        sandbox_collector_done(&(*outcomes)[i].collector);
}

static void prepare_outcome(const vouch_sandbox_options *options, const vouch_sandbox_request *request,
                            sandbox_mode mode, sandbox_outcome *out)
{
    *out = (sandbox_outcome){.collector = {.answer_bytes = options->answer_bytes,
                                           .max_pictures = mode == SANDBOX_READER && request->page_scale > 0
                                                               ? request->max_page_pictures
                                                               : 0,
                                           .max_pixels = options->pipeline.limits.max_pixels}};
}

/* One try. @return VOUCH_OK; VOUCH_UNAVAILABLE when the zygote of *generation is gone; VOUCH_SANDBOX; VOUCH_NO_MEMORY
 */
static vouch_code try_once(vouch_sandbox *sandbox, const vouch_sandbox_request *request, int document,
                           unsigned *generation, vouch_answer *out, vouch_error *err)
{
    VOUCH_CLEANUP(close_outcomes) sandbox_outcome outcomes[SANDBOX_MODE_COUNT] = {0};
    exchange exchanges[SANDBOX_MODE_COUNT];
    const size_t count = request->verify ? 2 : 1;
    vouch_code code = VOUCH_OK;
    for (size_t i = 0; i < SANDBOX_MODE_COUNT; i++) {
        exchanges[i] = (exchange){.mode = (sandbox_mode)i, .answer = -1, .end = -1, .outcome = &outcomes[i]};
        prepare_outcome(&sandbox->options, request, (sandbox_mode)i, &outcomes[i]);
    }
    for (size_t i = 0; i < count && code == VOUCH_OK; i++)
        code = open_exchange(sandbox, request, document, &exchanges[i], generation, err);
    if (code == VOUCH_OK)
        code = follow(exchanges, count, now_ms() + (int64_t)sandbox->options.wall_seconds * 1000 + GRACE_MS, err);
    for (size_t i = 0; i < count; i++)
        close_exchange(&exchanges[i]);
    VOUCH_TRY(code);
    const int64_t begin = vouch_metric_clock();
    code = sandbox_answer_assemble(request, &outcomes[SANDBOX_READER],
                                   request->verify ? &outcomes[SANDBOX_VERIFIER] : NULL, out, err);
    vouch_metric_since(VOUCH_METRIC_STEP_DURATION, VOUCH_LABELS("parse"), begin);
    return code;
}

vouch_code vouch_sandbox_run(vouch_sandbox *sandbox, const vouch_sandbox_request *request, vouch_answer *out,
                             vouch_error *err)
{
    VOUCH_CLEANUP(vouch_close_fd) int document = -1;
    VOUCH_TRY(seal_document(request, &document, err));
    for (int tries = 0; tries < TRIES; tries++) {
        unsigned generation = 0;
        const vouch_code code = try_once(sandbox, request, document, &generation, out, err);
        if (code == VOUCH_OK)
            out->zygotes_lost = tries;
        if (code != VOUCH_UNAVAILABLE)
            return code;
        VOUCH_TRY(restart(sandbox, generation, err));
    }
    return vouch_fail(err, VOUCH_SANDBOX, "%d zygotes died under this document", TRIES);
}
