/**
 * The sandbox with jobs that misbehave on purpose: every end has its code and its reason, nothing leaks, zygotes may
 * die. Runs in builds without sanitizers only.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "vouch/hash.h"
#include "vouch/sandbox.h"

static vouch_sandbox_options test_options(void)
{
    vouch_sandbox_options options = VOUCH_SANDBOX_OPTIONS_DEFAULT;
    options.executable = VOUCH_TEST_ZYGOTE;
    options.wall_seconds = 60; /* CPU time is scarce while other tests run */
    options.cpu_seconds = 1;
    options.memory_bytes = (size_t)256 << 20;
    options.answer_bytes = (size_t)4 << 20;
    return options;
}

static vouch_sandbox *start(void)
{
    const vouch_sandbox_options options = test_options();
    vouch_sandbox *sandbox = NULL;
    vouch_error error = VOUCH_ERROR_INIT;
    cr_assert_eq(vouch_sandbox_start(&options, &sandbox, &error), VOUCH_OK, "%s", error.message);
    return sandbox;
}

static vouch_code run_text(vouch_sandbox *sandbox, const char *text, bool verify, vouch_answer *answer,
                           vouch_error *error)
{
    const vouch_sandbox_request request = {.data = (const uint8_t *)text,
                                           .length = strlen(text),
                                           .file = "name.pdf",
                                           .verify = verify,
                                           .page_scale = 1,
                                           .max_page_pictures = 2};
    return vouch_sandbox_run(sandbox, &request, answer, error);
}

static bool any_detail_has(const vouch_reading *reading, const char *text)
{
    for (size_t i = 0; i < reading->problems.count; i++) {
        if (strstr(reading->problems.items[i].detail, text))
            return true;
    }
    return false;
}

static void print_details(const vouch_reading *reading, char *out, size_t size)
{
    *out = '\0';
    for (size_t i = 0; i < reading->problems.count; i++) {
        const size_t length = strlen(out);
        snprintf(out + length, size - length, "[%s: %s] ", vouch_code_lookup(reading->problems.items[i].code)->slug,
                 reading->problems.items[i].detail);
    }
}

static size_t count_descriptors(void)
{
    size_t count = 0;
    DIR *directory = opendir("/proc/self/fd");
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

/* Processes in whose line of /proc/PID/stat the parent is this one. */
static size_t count_children(void)
{
    size_t count = 0;
    DIR *directory = opendir("/proc");
    for (const struct dirent *entry; (entry = readdir(directory));) {
        char path[300], line[512];
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        FILE *file = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' ? fopen(path, "r") : NULL;
        if (!file)
            continue;
        const char *after_name = fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
        fclose(file);
        if (after_name && strlen(after_name) > 4 && strtol(after_name + 4, NULL, 10) == getpid())
            count++;
    }
    closedir(directory);
    return count;
}

Test(sandbox, every_end_has_its_code_and_its_reason)
{
    const struct {
        const char *order;
        vouch_code end;
        const char *detail;
    } rows[] = {
        /* what libraries try harmlessly */
        {"answer", VOUCH_OK, "report: done"},
        {"open /etc/passwd", VOUCH_OK, "report: EACCES"},
        {"create /tmp/vouch-escaped", VOUCH_OK, "report: EACCES"},
        {"stat /", VOUCH_OK, "report: EACCES"},
        {"executable-memory", VOUCH_OK, "report: EACCES"},
        {"signal-zygote", VOUCH_OK, "report: EACCES"},
        {"descriptors", VOUCH_OK, "report: 5 descriptors"},
        /* forbidden calls, by name */
        {"socket", VOUCH_CHILD_REFUSED_CALL, "system call socket refused"},
        {"connect", VOUCH_CHILD_REFUSED_CALL, "system call connect refused"},
        {"fork", VOUCH_CHILD_REFUSED_CALL, "system call clone refused"},
        {"thread", VOUCH_CHILD_REFUSED_CALL, "system call clone3 refused"},
        {"HEICftypheic\nthread", VOUCH_OK, "report: worked"},
        {"HEICftypheic\nfork", VOUCH_CHILD_REFUSED_CALL, "system call clone refused"},
        {"HEICftypheic\nspawn", VOUCH_CHILD_REFUSED_CALL, "system call clone refused"},
        {"spawn", VOUCH_CHILD_REFUSED_CALL, "system call clone3 refused"},
        {"send", VOUCH_OK, "report: EACCES"},
        {"execute", VOUCH_CHILD_REFUSED_CALL, "system call execve refused"},
        {"ptrace", VOUCH_CHILD_REFUSED_CALL, "system call ptrace refused"},
        {"kill-zygote", VOUCH_CHILD_REFUSED_CALL, "system call kill refused"},
        {"raise-limit", VOUCH_CHILD_REFUSED_CALL, "system call prlimit64 refused"},
        {"call 9999", VOUCH_CHILD_REFUSED_CALL, "system call number 9999 refused"},
        {"silent-call", VOUCH_CHILD_REFUSED_CALL, "system call socket refused"},
        /* limits */
        {"spin", VOUCH_CHILD_CPU_TIME, "exceeded 1 s of CPU time"},
        {"spin-on", VOUCH_CHILD_CPU_TIME, "exceeded 1 s of CPU time"},
        {"eat", VOUCH_CHILD_MEMORY, "no more"},
        {"eat-arena", VOUCH_CHILD_MEMORY, "exceeded 256 MiB of memory"},
        {"eat-carelessly", VOUCH_CHILD_MEMORY, "exceeded 256 MiB of memory"},
        /* crashes */
        {"crash", VOUCH_CHILD_SIGNAL, "signal SIGSEGV"},
        {"abort", VOUCH_CHILD_SIGNAL, "signal SIGABRT"},
        {"overflow", VOUCH_CHILD_SIGNAL, "signal SIGSEGV"},
        {"exit 7", VOUCH_CHILD_EXIT, "exit status 7"},
        {"fail", VOUCH_CHILD_EXIT, "failed ? on purpose"},
        {"answer-and-crash", VOUCH_CHILD_SIGNAL, "report: kept"},
        /* answers */
        {"nothing", VOUCH_CHILD_BAD_ANSWER, "not complete"},
        {"exit 0", VOUCH_CHILD_BAD_ANSWER, "not complete"},
        {"no-close", VOUCH_CHILD_BAD_ANSWER, "not complete"},
        {"short", VOUCH_CHILD_BAD_ANSWER, "not complete"},
        {"garbage", VOUCH_CHILD_BAD_ANSWER, "unknown kind"},
        {"bad-json", VOUCH_CHILD_BAD_ANSWER, "schema"},
        {"twice", VOUCH_CHILD_BAD_ANSWER, "a second frame"},
        {"after-close", VOUCH_CHILD_BAD_ANSWER, "after the last frame"},
        {"lie", VOUCH_CHILD_BAD_ANSWER, "too long"},
        {"flood", VOUCH_CHILD_BAD_ANSWER, "unknown kind"},
        {"picture-first", VOUCH_CHILD_BAD_ANSWER, "does not come first"},
        {"bad-picture", VOUCH_CHILD_BAD_ANSWER, "no plain PNG"},
        {"pictures 2", VOUCH_CHILD_BAD_ANSWER, "a picture of page 2, which is not there"},
        {"pictures 3", VOUCH_CHILD_BAD_ANSWER, "too many pictures"},
        {"word-elsewhere", VOUCH_CHILD_BAD_ANSWER, "a word on page 7, which is not there"},
    };
    vouch_sandbox *sandbox = start();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        vouch_answer answer = {0};
        vouch_error error = VOUCH_ERROR_INIT;
        const vouch_code code = run_text(sandbox, rows[i].order, false, &answer, &error);
        cr_expect_eq(code, VOUCH_OK, "%s: %s", rows[i].order, error.message);
        if (code != VOUCH_OK)
            continue;
        char details[1024];
        print_details(answer.reading, details, sizeof details);
        cr_expect_eq(answer.reader_end, rows[i].end, "%s: ended as %s, %s", rows[i].order,
                     vouch_code_lookup(answer.reader_end)->slug, details);
        cr_expect(any_detail_has(answer.reading, rows[i].detail), "%s: %s", rows[i].order, details);
        vouch_answer_done(&answer);
    }
    vouch_sandbox_stop(&sandbox);
}

Test(sandbox, a_child_that_sleeps_ends_at_the_wall_clock)
{
    vouch_sandbox_options options = test_options();
    vouch_sandbox *sandbox = NULL;
    vouch_answer answer = {0};
    options.wall_seconds = 1;
    cr_assert_eq(vouch_sandbox_start(&options, &sandbox, NULL), VOUCH_OK);
    cr_assert_eq(run_text(sandbox, "sleep", false, &answer, NULL), VOUCH_OK);
    cr_expect_eq(answer.reader_end, VOUCH_CHILD_WALL_TIME);
    cr_expect(any_detail_has(answer.reading, "exceeded 1 s of wall clock"));
    vouch_answer_done(&answer);
    vouch_sandbox_stop(&sandbox);
}

Test(sandbox, what_a_hostile_child_said_before_is_dropped)
{
    vouch_sandbox *sandbox = start();
    vouch_answer answer = {0};
    cr_assert_eq(run_text(sandbox, "answer-and-call", false, &answer, NULL), VOUCH_OK);
    cr_expect_eq(answer.reader_end, VOUCH_CHILD_REFUSED_CALL);
    cr_expect_not(any_detail_has(answer.reading, "kept"));
    cr_expect_eq(answer.reading->page_count, 0);
    vouch_answer_done(&answer);
    vouch_sandbox_stop(&sandbox);
}

Test(sandbox, facts_about_the_document_are_this_sides)
{
    vouch_sandbox *sandbox = start();
    vouch_answer answer = {0};
    char sha256[65];
    vouch_sha256_hex("answer", 6, sha256);
    cr_assert_eq(run_text(sandbox, "answer", true, &answer, NULL), VOUCH_OK);
    cr_expect_str_eq(answer.reading->sha256, sha256);
    cr_expect_str_eq(answer.reading->parts[0].sha256, sha256);
    cr_expect_str_eq(answer.reading->file, "name.pdf");
    cr_expect_eq(answer.reading->bytes, 6);
    cr_expect_eq(answer.verifier_end, VOUCH_OK);
    vouch_answer_done(&answer);
    vouch_sandbox_stop(&sandbox);
}

Test(sandbox, pictures_arrive)
{
    vouch_sandbox *sandbox = start();
    vouch_answer answer = {0};
    cr_assert_eq(run_text(sandbox, "pictures 1", false, &answer, NULL), VOUCH_OK);
    cr_expect_eq(answer.reader_end, VOUCH_OK);
    cr_assert_eq(answer.picture_count, 1);
    cr_expect_eq(answer.pictures[0].page, 1);
    vouch_answer_done(&answer);
    vouch_sandbox_stop(&sandbox);
}

Test(sandbox, verdicts_come_from_the_verifier_alone)
{
    const struct {
        const char *order;
        size_t verdicts;
        vouch_code reader_end, verifier_end;
    } rows[] = {
        {"verdict\nanswer", 0, VOUCH_OK, VOUCH_OK},
        {"answer\nverdict", 1, VOUCH_OK, VOUCH_OK},
        {"verdict\nsocket", 0, VOUCH_OK, VOUCH_CHILD_REFUSED_CALL},
        {"crash\nverdict", 1, VOUCH_CHILD_SIGNAL, VOUCH_OK},
        {"crash\npictures 1", 0, VOUCH_CHILD_SIGNAL, VOUCH_CHILD_BAD_ANSWER},
    };
    vouch_sandbox *sandbox = start();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        vouch_answer answer = {0};
        cr_assert_eq(run_text(sandbox, rows[i].order, true, &answer, NULL), VOUCH_OK, "%s", rows[i].order);
        cr_expect_eq(answer.reading->verdicts.count, rows[i].verdicts, "%s", rows[i].order);
        cr_expect_eq(answer.reader_end, rows[i].reader_end, "%s", rows[i].order);
        cr_expect_eq(answer.verifier_end, rows[i].verifier_end, "%s", rows[i].order);
        vouch_answer_done(&answer);
    }
    vouch_sandbox_stop(&sandbox);
}

Test(sandbox, root_is_given_up)
{
    if (getuid() != 0)
        cr_skip_test("skipped: needs root");
    vouch_sandbox *sandbox = start();
    vouch_answer answer = {0};
    cr_assert_eq(run_text(sandbox, "user", false, &answer, NULL), VOUCH_OK);
    cr_expect(any_detail_has(answer.reading, "report: user 65534"));
    cr_expect(strstr(vouch_sandbox_barriers(sandbox), "seccomp"), "%s", vouch_sandbox_barriers(sandbox));
    vouch_answer_done(&answer);
    vouch_sandbox_stop(&sandbox);
}

Test(sandbox, a_start_that_fails_says_why)
{
    const struct {
        const char *executable, *user, *message;
    } rows[] = {
        {"/does/not/exist", NULL, "No such file"},
        {"/bin/true", NULL, "ended while it started"},
        {VOUCH_TEST_ZYGOTE, "no-such-user", "no user no-such-user"},
        {VOUCH_TEST_ZYGOTE, "root", "is root"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].user && getuid() != 0)
            continue;
        vouch_sandbox_options options = test_options();
        options.executable = rows[i].executable;
        options.user = rows[i].user;
        vouch_sandbox *sandbox = NULL;
        vouch_error error = VOUCH_ERROR_INIT;
        cr_expect_eq(vouch_sandbox_start(&options, &sandbox, &error), VOUCH_SANDBOX, "row %zu", i);
        cr_expect(strstr(error.message, rows[i].message), "row %zu: %s", i, error.message);
        cr_expect_null(sandbox);
    }
    cr_expect_eq(count_children(), 0);
}

Test(sandbox, starts_as_an_ordinary_user)
{
    if (getuid() != 0)
        cr_skip_test("skipped: needs root to become an ordinary user");
    const pid_t pid = fork();
    if (pid == 0) {
        if (setgid(65534) != 0 || setuid(65534) != 0)
            _exit(9);
        vouch_sandbox_options options = test_options();
        vouch_sandbox *sandbox = NULL;
        vouch_answer answer = {0};
        vouch_error error = VOUCH_ERROR_INIT;
        if (access(options.executable, X_OK) != 0)
            _exit(10);
        if (vouch_sandbox_start(&options, &sandbox, &error) != VOUCH_OK) {
            fprintf(stderr, "%s\n", error.message);
            _exit(1);
        }
        if (run_text(sandbox, "socket", true, &answer, &error) != VOUCH_OK ||
            answer.reader_end != VOUCH_CHILD_REFUSED_CALL)
            _exit(2);
        fprintf(stderr, "as nobody: %s\n", vouch_sandbox_barriers(sandbox));
        vouch_answer_done(&answer);
        vouch_sandbox_stop(&sandbox);
        _exit(0);
    }
    int status;
    waitpid(pid, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 10)
        cr_skip_test("skipped: the build folder is not readable for others");
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
}

/* --- many threads, dying zygotes --------------------------------------------------------------------------------- */

enum {
    THREADS = 8,
    DOCUMENTS = 50
};

static void *run_documents(void *argument)
{
    vouch_sandbox *sandbox = argument;
    uintptr_t failures = 0;
    for (int i = 0; i < DOCUMENTS; i++) {
        vouch_answer answer = {0};
        vouch_error error = VOUCH_ERROR_INIT;
        const bool crash = i % 10 == 9;
        const vouch_code code = run_text(sandbox, crash ? "crash\nanswer" : "answer", true, &answer, &error);
        if (code != VOUCH_OK) {
            fprintf(stderr, "document %d: %s\n", i, error.message);
            failures++;
        } else if (answer.reader_end != (crash ? VOUCH_CHILD_SIGNAL : VOUCH_OK) || answer.verifier_end != VOUCH_OK) {
            char details[512];
            print_details(answer.reading, details, sizeof details);
            fprintf(stderr, "document %d: %s\n", i, details);
            failures++;
        }
        vouch_answer_done(&answer);
    }
    return (void *)failures;
}

/* The zygote's outer process is the only child of this one. */
static pid_t find_zygote(void)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    long pid = 0;
    FILE *file = fopen(path, "r");
    if (file) {
        if (fscanf(file, "%ld", &pid) != 1)
            pid = 0;
        fclose(file);
    }
    return (pid_t)pid;
}

static void run_many(bool kill_zygotes)
{
    const size_t descriptors = count_descriptors();
    vouch_sandbox *sandbox = start();
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, run_documents, sandbox), 0);
    for (int i = 0; kill_zygotes && i < 2; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 100 * 1000 * 1000}, NULL);
        const pid_t zygote = find_zygote();
        if (zygote > 0)
            kill(zygote, SIGKILL);
    }
    for (int i = 0; i < THREADS; i++) {
        void *failures;
        pthread_join(threads[i], &failures);
        cr_expect_null(failures, "thread %d: %zu documents failed", i, (size_t)(uintptr_t)failures);
    }
    vouch_sandbox_stop(&sandbox);
    cr_expect_null(sandbox);
    cr_expect_eq(count_descriptors(), descriptors);
    cr_expect_eq(count_children(), 0, "no zombie is left");
}

Test(sandbox, eight_threads_share_a_zygote)
{
    run_many(false);
}

Test(sandbox, zygotes_may_be_killed_at_any_time)
{
    run_many(true);
}

Test(sandbox, a_zygote_that_was_lost_is_told)
{
    vouch_sandbox *sandbox = start();
    for (int killed = 0; killed < 2; killed++) {
        if (killed)
            kill(find_zygote(), SIGKILL);
        vouch_answer answer = {0};
        vouch_error error = VOUCH_ERROR_INIT;
        cr_assert_eq(run_text(sandbox, "answer", true, &answer, &error), VOUCH_OK, "%s", error.message);
        cr_expect_eq(answer.zygotes_lost, killed);
        vouch_answer_done(&answer);
    }
    vouch_sandbox_stop(&sandbox);
}

Test(sandbox, a_zygote_does_not_outlive_its_worker)
{
    int pipe_fds[2];
    cr_assert_eq(pipe(pipe_fds), 0);
    const pid_t worker = fork();
    if (worker == 0) {
        vouch_sandbox *sandbox = start();
        vouch_answer answer = {0};
        const pid_t zygote = find_zygote();
        if (write(pipe_fds[1], &zygote, sizeof zygote) == sizeof zygote)
            _exit(run_text(sandbox, "sleep", true, &answer, NULL) == VOUCH_OK);
        _exit(1);
    }
    pid_t zygote = 0;
    cr_assert_eq(read(pipe_fds[0], &zygote, sizeof zygote), sizeof zygote);
    cr_assert_gt(zygote, 0);
    struct pollfd ended = {.fd = pidfd_open(zygote, 0), .events = POLLIN};
    cr_assert_geq(ended.fd, 0);
    kill(worker, SIGKILL);
    waitpid(worker, NULL, 0);
    cr_expect_eq(poll(&ended, 1, 10000), 1, "the zygote lives on");
    close(ended.fd);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

Test(sandbox, the_overhead_is_measured)
{
    vouch_sandbox *sandbox = start();
    for (int both = 0; both < 2; both++) {
        struct timespec begin, end;
        const int count = 200;
        clock_gettime(CLOCK_MONOTONIC, &begin);
        for (int i = 0; i < count; i++) {
            vouch_answer answer = {0};
            cr_assert_eq(run_text(sandbox, "answer", both, &answer, NULL), VOUCH_OK);
            vouch_answer_done(&answer);
        }
        clock_gettime(CLOCK_MONOTONIC, &end);
        const double us =
            ((double)(end.tv_sec - begin.tv_sec) * 1e6 + (double)(end.tv_nsec - begin.tv_nsec) / 1e3) / count;
        fprintf(stderr, "sandbox: %.0f us per document, %s\n", us, both ? "reader and verifier" : "reader alone");
        cr_expect_lt(us, 50000, "%.0f us", us); /* a machine under load; the aim is 5 ms */
    }
    vouch_sandbox_stop(&sandbox);
}
