#include "jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attacks.h"
#include "child.h"

static vouch_code report(test_context *c, const char *text)
{
    snprintf(c->report, sizeof c->report, "%s", text);
    return VOUCH_OK;
}

vouch_code test_report_errno(test_context *c, bool worked)
{
    return report(c, worked ? "worked" : strerrorname_np(errno));
}

vouch_code test_print_report(const char *text, bool with_verdict, vouch_buffer *out, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_reading_free) vouch_reading *reading = vouch_reading_new();
    static const char zeros[65] = "0000000000000000000000000000000000000000000000000000000000000000";
    static const char more_zeros[33] = "00000000000000000000000000000000";
    vouch_reading_part part = {.path = "", .format = "unknown", .sha256 = zeros};
    vouch_reading_page page = {.page = 1, .width = 10, .height = 10, .unit = "pt"};
    reading->sha256 = zeros; /* a lie that the other side must replace */
    reading->xxh3 = more_zeros;
    reading->format = "unknown";
    reading->file = "/etc/shadow";
    reading->bytes = 1;
    reading->parts = &part;
    reading->part_count = 1;
    reading->pages = &page;
    reading->page_count = 1;
    vouch_verdict verdict = {.scheme = "cn.ofd.ses",
                             .invoice = -1,
                             .integrity = VOUCH_INTEGRITY_VALID,
                             .authenticity = VOUCH_AUTHENTICITY_TRUSTED,
                             .agreement = VOUCH_AGREEMENT_AGREES,
                             .time_proof = VOUCH_TIME_PROOF_NONE};
    if (with_verdict)
        reading->verdicts = (vouch_verdicts){.items = &verdict, .count = 1, .capacity = 1};
    vouch_problem_add(reading->arena, &reading->problems, VOUCH_UNSUPPORTED, "info", 0, "report: %s", text);
    return vouch_reading_to_json(reading, out, err);
}

static vouch_code send_reading(test_context *c, bool with_verdict)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer json = {0};
    VOUCH_TRY(test_print_report(c->report, with_verdict, &json, c->err));
    return test_frame(c, SANDBOX_FRAME_READING, 0, json.data, json.length);
}

vouch_code test_reading(test_context *c)
{
    return send_reading(c, false);
}

vouch_code test_frame(test_context *c, sandbox_frame_kind kind, int page, const void *payload, size_t length)
{
    c->sent = true;
    return sandbox_send_frame(c->sink, kind, page, payload, length, c->err);
}

vouch_code test_raw(test_context *c, const void *bytes, size_t length)
{
    c->sent = true;
    return c->sink->write(c->sink->context, bytes, length, c->err);
}

vouch_code test_close(test_context *c)
{
    return test_frame(c, SANDBOX_FRAME_CLOSE, 0, NULL, 0);
}

/* --- honest ------------------------------------------------------------------------------------------------------ */

static vouch_code do_answer(test_context *c)
{
    return report(c, "done");
}

static vouch_code do_verdict(test_context *c)
{
    VOUCH_TRY(send_reading(c, true));
    return test_close(c);
}

static vouch_code do_fail(test_context *c)
{
    return vouch_fail(c->err, VOUCH_INTERNAL, "failed \xff on purpose");
}

/* --- files and facts --------------------------------------------------------------------------------------------- */

static vouch_code do_open(test_context *c)
{
    return test_report_errno(c, open(c->argument, O_RDONLY | O_CLOEXEC) >= 0);
}

static vouch_code do_create(test_context *c)
{
    return test_report_errno(c, open(c->argument, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0);
}

static vouch_code do_stat(test_context *c)
{
    struct stat about;
    return test_report_errno(c, stat(c->argument, &about) == 0);
}

static vouch_code do_descriptors(test_context *c)
{
    int count = 0;
    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    snprintf(c->report, sizeof c->report, "%d descriptors", count);
    return VOUCH_OK;
}

static vouch_code do_user(test_context *c)
{
    snprintf(c->report, sizeof c->report, "user %u", (unsigned)getuid());
    return VOUCH_OK;
}

static vouch_code do_write_document(test_context *c)
{
    /* the mapping is read-only and the memfd sealed */
    return test_report_errno(c, mprotect((void *)(uintptr_t)c->task->data, 4096, PROT_READ | PROT_EXEC) == 0);
}

/* --- refused calls ----------------------------------------------------------------------------------------------- */

static vouch_code do_socket(test_context *c)
{
    return test_report_errno(c, socket(AF_INET, SOCK_STREAM, 0) >= 0);
}

static vouch_code do_connect(test_context *c)
{
    const struct sockaddr_un address = {.sun_family = AF_UNIX};
    return test_report_errno(c, connect(0, (const struct sockaddr *)&address, sizeof address) == 0);
}

static vouch_code do_fork(test_context *c)
{
    return test_report_errno(c, fork() >= 0);
}

static void *run_thread(void *argument)
{
    return argument;
}

static vouch_code do_thread(test_context *c)
{
    pthread_t thread;
    errno = pthread_create(&thread, NULL, run_thread, NULL);
    return test_report_errno(c, errno == 0 && pthread_join(thread, NULL) == 0);
}

static vouch_code do_spawn(test_context *c)
{
    const int status = system("true");
    return test_report_errno(c, status == 0);
}

static vouch_code do_send(test_context *c)
{
    return test_report_errno(c, sendmsg(0, &(struct msghdr){0}, 0) >= 0);
}

static vouch_code do_execute(test_context *c)
{
    char *const arguments[] = {(char[]){"/bin/true"}, NULL};
    return test_report_errno(c, execve("/bin/true", arguments, NULL) == 0);
}

static vouch_code do_ptrace(test_context *c)
{
    return test_report_errno(c, ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
}

static vouch_code do_kill_zygote(test_context *c)
{
    return test_report_errno(c, kill(getppid(), SIGKILL) == 0);
}

static vouch_code do_signal_zygote(test_context *c)
{
    return test_report_errno(c, syscall(SYS_tgkill, getppid(), getppid(), SIGKILL) == 0);
}

static vouch_code do_raise_limit(test_context *c)
{
    return test_report_errno(c, setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}) == 0);
}

static vouch_code do_call(test_context *c)
{
    return test_report_errno(c, syscall(strtol(c->argument, NULL, 10)) >= 0);
}

/* As if the child had been taken over and its handler were gone. */
static vouch_code do_silent_call(test_context *c)
{
    signal(SIGSYS, SIG_IGN);
    return do_socket(c);
}

/* --- limits ------------------------------------------------------------------------------------------------------ */

static volatile bool for_ever = true; /* volatile: the loops must stay */

static vouch_code do_spin(test_context *c)
{
    while (for_ever)
        c->sent = false;
    return VOUCH_OK;
}

static vouch_code do_spin_on(test_context *c)
{
    signal(SIGXCPU, SIG_IGN);
    return do_spin(c);
}

static vouch_code do_sleep(test_context *c)
{
    while (for_ever)
        c->sent = poll(NULL, 0, -1) > 0;
    return VOUCH_OK;
}

static vouch_code do_eat(test_context *c)
{
    while (for_ever) {
        char *more = malloc((size_t)1 << 20);
        if (!more)
            return vouch_fail(c->err, VOUCH_NO_MEMORY, "no more");
        memset(more, 1, (size_t)1 << 20);
    }
    return VOUCH_OK;
}

static vouch_code do_eat_arena(test_context *c)
{
    vouch_arena *arena = vouch_arena_new();
    while (for_ever)
        memset(vouch_arena_alloc(arena, (size_t)1 << 20), 1, (size_t)1 << 20);
    c->sent = arena != NULL;
    return VOUCH_OK;
}

/* Like a library that does not look at what malloc returns. */
static vouch_code do_eat_carelessly(test_context *c)
{
    while (for_ever) {
        volatile char *more = malloc((size_t)8 << 20);
        *more = 1;
    }
    c->sent = false;
    return VOUCH_OK;
}

/* --- ends -------------------------------------------------------------------------------------------------------- */

static vouch_code do_crash(test_context *c)
{
    (void)c;
    volatile char *volatile nowhere = NULL;
    *nowhere = 1;
    return VOUCH_OK;
}

static vouch_code do_abort(test_context *c)
{
    (void)c;
    abort();
}

static int dig(volatile char *above, int depth)
{
    volatile char here[4096];
    here[0] = above ? above[0] : 0;
    return depth > 0 ? dig(here, depth - 1) + here[0] : 0;
}

static vouch_code do_overflow(test_context *c)
{
    c->sent = dig(NULL, INT_MAX) > 0;
    return VOUCH_OK;
}

static vouch_code do_exit(test_context *c)
{
    _exit(atoi(c->argument));
}

/* --- answers ----------------------------------------------------------------------------------------------------- */

static vouch_code do_nothing(test_context *c)
{
    c->sent = true;
    return VOUCH_OK;
}

static vouch_code do_no_close(test_context *c)
{
    return test_reading(c);
}

static vouch_code do_garbage(test_context *c)
{
    static const char garbage[64] = "this is no frame";
    return test_raw(c, garbage, sizeof garbage);
}

static vouch_code do_bad_json(test_context *c)
{
    VOUCH_TRY(test_frame(c, SANDBOX_FRAME_READING, 0, "{\"schema\":1}", 12));
    return test_close(c);
}

static vouch_code do_twice(test_context *c)
{
    VOUCH_TRY(test_reading(c));
    return test_reading(c);
}

static vouch_code do_after_close(test_context *c)
{
    VOUCH_TRY(test_reading(c));
    VOUCH_TRY(test_close(c));
    return test_raw(c, "x", 1);
}

static vouch_code do_lie(test_context *c)
{
    const sandbox_frame head = {.kind = SANDBOX_FRAME_READING, .length = UINT64_MAX};
    return test_raw(c, &head, sizeof head);
}

static vouch_code do_short(test_context *c)
{
    const sandbox_frame head = {.kind = SANDBOX_FRAME_READING, .length = 100};
    VOUCH_TRY(test_raw(c, &head, sizeof head));
    return test_raw(c, "{}", 2);
}

static vouch_code do_flood(test_context *c)
{
    static const char zeros[65536];
    const sandbox_frame head = {.kind = SANDBOX_FRAME_READING, .length = (uint64_t)3 << 20};
    VOUCH_TRY(test_raw(c, &head, sizeof head));
    for (;;)
        VOUCH_TRY(test_raw(c, zeros, sizeof zeros));
}

static vouch_code do_picture_first(test_context *c)
{
    return test_frame(c, SANDBOX_FRAME_PICTURE, 1, "png", 3);
}

static vouch_code do_bad_picture(test_context *c)
{
    VOUCH_TRY(test_reading(c));
    VOUCH_TRY(test_frame(c, SANDBOX_FRAME_PICTURE, 1, "<svg onload=alert(1)>", 21));
    return test_close(c);
}

static vouch_code send_picture(test_context *c, int page)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer png = {0};
    uint8_t samples[12] = {0};
    const vouch_raster raster = {.width = 2, .height = 2, .channels = 3, .stride = 6, .samples = samples};
    VOUCH_TRY(vouch_raster_encode_png(&raster, &png, c->err));
    return test_frame(c, SANDBOX_FRAME_PICTURE, page, png.data, png.length);
}

static vouch_code do_pictures(test_context *c)
{
    VOUCH_TRY(test_reading(c));
    const int count = atoi(c->argument);
    for (int page = 1; page <= count; page++)
        VOUCH_TRY(send_picture(c, page));
    return test_close(c);
}

static vouch_code do_word_elsewhere(test_context *c)
{
    static const char words[] = "[[7,\"x\",0,0,1,1]]";
    VOUCH_TRY(test_reading(c));
    VOUCH_TRY(test_frame(c, SANDBOX_FRAME_WORDS, 0, words, sizeof words - 1));
    return test_close(c);
}

static vouch_code do_answer_and_crash(test_context *c)
{
    report(c, "kept");
    VOUCH_TRY(test_reading(c));
    return do_crash(c);
}

static vouch_code do_answer_and_call(test_context *c)
{
    report(c, "kept");
    VOUCH_TRY(test_reading(c));
    return do_socket(c);
}

static const struct {
    const char *name;
    vouch_code (*act)(test_context *c);
} acts[] = {
    {"abort", do_abort},
    {"after-close", do_after_close},
    {"answer", do_answer},
    {"answer-and-call", do_answer_and_call},
    {"answer-and-crash", do_answer_and_crash},
    {"attack", test_attack_carry_out},
    {"bad-json", do_bad_json},
    {"bad-picture", do_bad_picture},
    {"call", do_call},
    {"connect", do_connect},
    {"crash", do_crash},
    {"create", do_create},
    {"descriptors", do_descriptors},
    {"eat", do_eat},
    {"eat-arena", do_eat_arena},
    {"eat-carelessly", do_eat_carelessly},
    {"executable-memory", do_write_document},
    {"execute", do_execute},
    {"exit", do_exit},
    {"fail", do_fail},
    {"flood", do_flood},
    {"fork", do_fork},
    {"garbage", do_garbage},
    {"kill-zygote", do_kill_zygote},
    {"lie", do_lie},
    {"no-close", do_no_close},
    {"nothing", do_nothing},
    {"open", do_open},
    {"overflow", do_overflow},
    {"picture-first", do_picture_first},
    {"pictures", do_pictures},
    {"ptrace", do_ptrace},
    {"raise-limit", do_raise_limit},
    {"short", do_short},
    {"signal-zygote", do_signal_zygote},
    {"send", do_send},
    {"silent-call", do_silent_call},
    {"sleep", do_sleep},
    {"socket", do_socket},
    {"spin", do_spin},
    {"spin-on", do_spin_on},
    {"spawn", do_spawn},
    {"stat", do_stat},
    {"thread", do_thread},
    {"twice", do_twice},
    {"user", do_user},
    {"verdict", do_verdict},
    {"word-elsewhere", do_word_elsewhere},
};

/* The document is "ORDER OF THE READER\nORDER OF THE VERIFIER"; one line serves both. A line that makes it look like a
 * HEIC picture may stand before. */
static vouch_code run(const sandbox_task *task, const sandbox_sink *sink, vouch_error *err)
{
    char text[256] = {0};
    snprintf(text, sizeof text, "%.*s", (int)task->length, (const char *)task->data);
    char *line = strncmp(text + 4, "ftyp", 4) == 0 ? strchr(text, '\n') + 1 : text;
    char *const second = strchr(line, '\n');
    if (second) {
        *second = '\0';
        if (task->order->mode == SANDBOX_VERIFIER)
            line = second + 1;
    }
    char *const blank = strchr(line, ' ');
    if (blank)
        *blank = '\0';
    test_context c = {.task = task, .sink = sink, .argument = blank ? blank + 1 : "", .err = err};
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        if (strcmp(acts[i].name, line) != 0)
            continue;
        VOUCH_TRY(acts[i].act(&c));
        if (c.sent)
            return VOUCH_OK;
        VOUCH_TRY(test_reading(&c));
        return test_close(&c);
    }
    return vouch_fail(err, VOUCH_INTERNAL, "there is no act %s", line);
}

const sandbox_jobs test_jobs = {.by_mode = {[SANDBOX_READER] = run, [SANDBOX_VERIFIER] = run}};
