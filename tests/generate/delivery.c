/**
 * Many documents: shared out to processes by their number, into a folder or as a tar archive on standard output, as
 * fast as it goes or at a rate. A document's files follow each other in the archive: a lock holds the stream meanwhile.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "product.h"

/** What the processes share. */
typedef struct shared {
    pthread_mutex_t stream;
    uint64_t made;
    char message[512]; /* of the first failure */
} shared;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

vouch_code delivery_write_file(const char *directory, const char *name, const vouch_buffer *content, vouch_error *err)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "wb");
    bool written = file && fwrite(content->data, 1, content->length, file) == content->length;
    if (file && fclose(file) != 0)
        written = false;
    return written ? VOUCH_OK : vouch_fail(err, VOUCH_IO, "%s: %s", path, strerror(errno));
}

/** A ustar member (POSIX.1-1988). */
static vouch_code put_member(vouch_buffer *out, const product_file *file)
{
    char head[512] = "";
    snprintf(head, 100, "%s", file->name);
    memcpy(head + 100, "0000644\0000000000\0000000000", 24);
    snprintf(head + 124, 12, "%011zo", file->content.length);
    memcpy(head + 136, "00000000000\0        0", 21);
    memcpy(head + 257, "ustar\00000", 8);
    unsigned sum = 0;
    for (size_t i = 0; i < sizeof head; i++)
        sum += (unsigned char)head[i];
    snprintf(head + 148, 8, "%06o", sum);
    head[155] = ' ';
    VOUCH_TRY(vouch_buffer_append(out, head, sizeof head));
    VOUCH_TRY(vouch_buffer_append(out, file->content.data, file->content.length));
    static const char zeros[512];
    return vouch_buffer_append(out, zeros, (512 - file->content.length % 512) % 512);
}

static vouch_code write_all(const char *data, size_t length, vouch_error *err)
{
    while (length > 0) {
        ssize_t written = write(STDOUT_FILENO, data, length);
        if (written < 0 && errno != EINTR)
            return vouch_fail(err, VOUCH_IO, "standard output: %s", strerror(errno));
        data += written > 0 ? written : 0;
        length -= written > 0 ? (size_t)written : 0;
    }
    return VOUCH_OK;
}

static vouch_code deliver(const delivery *to, const product *made, shared *all, vouch_error *err)
{
    for (size_t i = 0; to->directory && i < made->count; i++)
        VOUCH_TRY(delivery_write_file(to->directory, made->files[i].name, &made->files[i].content, err));
    if (to->directory)
        return VOUCH_OK;
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer members = {0};
    for (size_t i = 0; i < made->count; i++)
        VOUCH_TRY(put_member(&members, &made->files[i]));
    if (pthread_mutex_lock(&all->stream) != 0) /* whoever held it is gone, half a document written */
        return vouch_fail(err, VOUCH_IO, "a process was lost while it wrote");
    vouch_code code = write_all(members.data, members.length, err);
    pthread_mutex_unlock(&all->stream);
    return code;
}

static void wait_until(double when)
{
    for (double left; (left = when - now()) > 0;) {
        struct timespec rest = {.tv_sec = (time_t)left, .tv_nsec = (long)((left - (double)(time_t)left) * 1e9)};
        nanosleep(&rest, NULL);
    }
}

/** Every jobs-th document from `first` on: kinds take turns. */
static vouch_code work(const delivery *to, const delivery_plan *plan, uint64_t first, double start, shared *all,
                       vouch_error *err)
{
    for (uint64_t n = first; n < plan->count * plan->kind_count; n += to->jobs) {
        const generate_kind *kind = plan->kinds[n % plan->kind_count];
        if (to->per_minute > 0)
            wait_until(start + 60 * (double)n / to->per_minute);
        VOUCH_CLEANUP(product_done) product made = {.count = 0};
        VOUCH_TRY(product_make(kind, plan->seed + n / plan->kind_count, plan->request, &made, err));
        VOUCH_TRY(deliver(to, &made, all, err));
        __atomic_add_fetch(&all->made, 1, __ATOMIC_RELAXED);
    }
    return VOUCH_OK;
}

static void tell(const delivery *to, const shared *all, double start)
{
    if (!to->silent)
        fprintf(stderr, "%llu documents, %.0f a minute\n", (unsigned long long)all->made,
                60 * (double)all->made / (now() - start + 1e-9));
}

/** One process a job; the parent waits and tells how far they are. */
static vouch_code work_apart(const delivery *to, const delivery_plan *plan, double start, shared *all, vouch_error *err)
{
    fflush(NULL);
    unsigned left = 0;
    for (unsigned j = 0; j < to->jobs; j++) {
        pid_t child = fork();
        if (child == 0) {
            vouch_error own = VOUCH_ERROR_INIT;
            vouch_code code = work(to, plan, j, start, all, &own);
            if (code != VOUCH_OK)
                snprintf(all->message, sizeof all->message, "%s", own.message);
            _exit(code == VOUCH_OK ? 0 : 1);
        }
        left += child > 0;
    }
    bool failed = left < to->jobs;
    for (double told = start; left > 0;) {
        int status;
        if (waitpid(-1, &status, WNOHANG) > 0) {
            left--;
            failed |= status != 0;
            continue;
        }
        wait_until(now() + 0.05);
        if (now() - told > 10) {
            told = now();
            tell(to, all, start);
        }
    }
    return failed ? vouch_fail(err, VOUCH_IO, "%s", all->message[0] ? all->message : "a process was lost") : VOUCH_OK;
}

vouch_code delivery_run(const delivery *to, const delivery_plan *plan, uint64_t *made, double *seconds,
                        vouch_error *err)
{
    shared *all = mmap(NULL, sizeof *all, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED)
        return vouch_fail(err, VOUCH_NO_MEMORY, "starting");
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    signal(SIGPIPE, SIG_IGN); /* a reader that leaves is an error of write */
    pthread_mutex_init(&all->stream, &attributes);
    pthread_mutexattr_destroy(&attributes);
    double start = now();
    vouch_code code = to->jobs > 1 ? work_apart(to, plan, start, all, err) : work(to, plan, 0, start, all, err);
    static const char end[1024];
    if (code == VOUCH_OK && !to->directory)
        code = write_all(end, sizeof end, err);
    *seconds = now() - start;
    *made = all->made;
    munmap(all, sizeof *all);
    return code;
}
