/**
 * The worker's process: threads that read, one that leases for them all, one that keeps the leases, one that keeps
 * house. The first thread waits for signals and does nothing else.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "measure.h"
#include "vouch/fault.h"
#include "vouch/log.h"

enum {
    OUTAGE_FIRST_MS = 100,
    OUTAGE_MOST_MS = 5000,
    STOP_LOOK_MS = 20,
    SERVICE_THREADS = 5 /* dispatcher, heartbeat, housekeeping, rotation, sealing */
};

/* ---- what the threads share ---- */

vouch_code work_connect(const work *w, const char *purpose, vouch_store **out, vouch_error *err)
{
    const vouch_store_options options = {
        .conninfo = w->config->database, .role = VOUCH_DATABASE_ROLE_WORK, .application = purpose};
    return vouch_store_open(&options, out, err);
}

static bool pause_while(work *w, const bool *over, int64_t milliseconds)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += milliseconds / 1000;
    until.tv_nsec += milliseconds % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&w->lock);
    int timed_out = milliseconds <= 0;
    while (!*over && !timed_out)
        timed_out = pthread_cond_timedwait(&w->stopped, &w->lock, &until);
    const bool is_over = *over;
    pthread_mutex_unlock(&w->lock);
    return is_over;
}

bool work_pause(work *w, int64_t milliseconds)
{
    return pause_while(w, &w->stopping, milliseconds);
}

bool work_pause_to_end(work *w, int64_t milliseconds)
{
    return pause_while(w, &w->ending, milliseconds);
}

void *work_broken(const char *thread, const vouch_error *err)
{
    vouch_log(VOUCH_LOG_ERROR, "worker_broken", "thread", thread, "reason", err->message, NULL);
    kill(getpid(), SIGTERM);
    return NULL;
}

int64_t outage_note(outage *o, const char *thread, const vouch_error *err)
{
    if (o->failures == 0)
        vouch_log(VOUCH_LOG_WARNING, "database_lost", "thread", thread, "reason", vouch_code_lookup(err->code)->slug,
                  "detail", err->message, NULL);
    int64_t wait_ms = OUTAGE_FIRST_MS;
    for (int i = 0; i < o->failures && wait_ms < OUTAGE_MOST_MS; i++)
        wait_ms *= 2;
    o->failures++;
    return wait_ms < OUTAGE_MOST_MS ? wait_ms : OUTAGE_MOST_MS;
}

void outage_over(outage *o, const char *thread)
{
    if (o->failures > 0)
        vouch_log(VOUCH_LOG_INFO, "database_back", "thread", thread, NULL);
    o->failures = 0;
}

/* ---- stopping ---- */

static void set_flag(work *w, bool *flag)
{
    pthread_mutex_lock(&w->lock);
    *flag = true;
    pthread_cond_broadcast(&w->stopped);
    pthread_mutex_unlock(&w->lock);
}

static size_t give_back(work *w, bool running)
{
    VOUCH_CLEANUP(vouch_store_close) vouch_store *store = NULL;
    VOUCH_CLEANUP(vouch_free_pointer) vouch_lease *leases = calloc(w->queue.capacity, sizeof *leases);
    const size_t count = leases ? queue_withdraw(&w->queue, running, leases) : 0;
    vouch_code code = count > 0 ? work_connect(w, "vouch work (stopping)", &store, NULL) : VOUCH_OK;
    for (size_t i = 0; i < count && code == VOUCH_OK; i++)
        code = vouch_store_job_return(store, &leases[i], NULL);
    return count;
}

/** Wait for what runs. @return false when not all could be finished in time */
static bool drain(work *w, const sigset_t *signals)
{
    const struct timespec look = {.tv_nsec = STOP_LOOK_MS * 1000000L};
    for (int64_t left = w->config->drain_seconds * 1000; queue_running(&w->queue) > 0; left -= STOP_LOOK_MS) {
        if (left <= 0)
            return false;
        if (sigtimedwait(signals, NULL, &look) > 0) {
            vouch_log(VOUCH_LOG_WARNING, "stopped_at_once", "reason", "second signal", NULL);
            _exit(1);
        }
    }
    return true;
}

static void run_until_signal(work *w, const sigset_t *signals)
{
    int number = 0;
    while (sigwait(signals, &number) != 0)
        ;
    vouch_log(VOUCH_LOG_INFO, "stopping", "signal", number == SIGTERM ? "TERM" : "INT", NULL);
    set_flag(w, &w->stopping);
    queue_close(&w->queue);
    give_back(w, /* running= */ false);
    if (drain(w, signals))
        return;
    char count[24];
    snprintf(count, sizeof count, "%zu", give_back(w, /* running= */ true));
    vouch_log(VOUCH_LOG_WARNING, "stopped_at_once", "reason", "drain_seconds are over", "given_back", count, NULL);
    _exit(1); /* threads are in the middle of documents: nothing here may be torn down under them */
}

/* ---- starting ---- */

static vouch_code wait_for_database(work *w, const sigset_t *signals, bool *stopped, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_store_close) vouch_store *store = NULL;
    VOUCH_TRY(work_connect(w, "vouch work", &store, err));
    outage trouble = {0};
    vouch_code code;
    while ((code = vouch_store_check(store, err)) == VOUCH_DATABASE) {
        const int64_t wait_ms = outage_note(&trouble, "start", err);
        const struct timespec pause = {.tv_sec = wait_ms / 1000, .tv_nsec = wait_ms % 1000 * 1000000};
        if (sigtimedwait(signals, NULL, &pause) > 0) {
            *stopped = true;
            return VOUCH_OK;
        }
    }
    if (code == VOUCH_OK)
        outage_over(&trouble, "start");
    return code;
}

static vouch_code run_threads(work *w, const sigset_t *signals, vouch_error *err)
{
    void *(*const services[SERVICE_THREADS])(void *) = {heartbeat_thread, housekeeping_thread, rotate_thread,
                                                        seal_thread, dispatch_thread};
    const size_t wanted = w->queue.threads + SERVICE_THREADS;
    VOUCH_CLEANUP(vouch_free_pointer) pthread_t *threads = calloc(wanted, sizeof *threads);
    size_t started = 0;
    int failed = threads ? 0 : ENOMEM;
    for (; started < wanted && !failed; started += !failed)
        failed =
            pthread_create(&threads[started], NULL, started < SERVICE_THREADS ? services[started] : document_thread, w);
    if (failed) {
        set_flag(w, &w->stopping);
        queue_close(&w->queue);
    } else {
        run_until_signal(w, signals);
    }
    /* The heartbeat is the first: it goes on until all others have ended. */
    for (size_t i = started; i-- > 1;)
        pthread_join(threads[i], NULL);
    set_flag(w, &w->ending);
    if (started > 0)
        pthread_join(threads[0], NULL);
    return failed ? vouch_fail(err, VOUCH_NO_MEMORY, "starting threads: %s", strerror(failed)) : VOUCH_OK;
}

static vouch_code set_up(work *w, vouch_error *err)
{
    char host[64] = "";
    const vouch_config *config = w->config;
    vouch_sandbox_options options;
    (void)gethostname(host, sizeof host - 1); /* a name for operators; "" will do */
    snprintf(w->name, sizeof w->name, "%s/%ld", host, (long)getpid());
    vouch_fault_setup();
    w->policy = (vouch_retry_policy){.max_attempts = (int)config->max_attempts,
                                     .base_ms = (int)config->backoff_base_seconds * 1000,
                                     .maximum_ms = (int)config->backoff_max_seconds * 1000};
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    const size_t threads = config->workers > 0 ? (size_t)config->workers : processors > 0 ? (size_t)processors : 1;
    /* Before any connection exists. */
    vouch_work_sandbox_options(config, &options);
    VOUCH_TRY(vouch_sandbox_start(&options, &w->sandbox, err));
    VOUCH_TRY(vouch_audit_keys_load(config->audit_key_file, &w->audit_keys, err));
    VOUCH_TRY(vouch_blobs_open(config, &w->blobs, err));
    return queue_open(&w->queue, threads, err);
}

static vouch_code run(work *w, const sigset_t *signals, vouch_error *err)
{
    VOUCH_TRY(set_up(w, err));
    VOUCH_CLEANUP(vouch_metrics_close) vouch_metrics_listener *metrics = NULL;
    VOUCH_TRY(measures_start(w, &metrics, err));
    bool stopped = false;
    VOUCH_TRY(wait_for_database(w, signals, &stopped, err));
    if (stopped)
        return VOUCH_OK;
    char threads[24];
    snprintf(threads, sizeof threads, "%zu", w->queue.threads);
    vouch_log(VOUCH_LOG_INFO, "ready", "workers", threads, "sandbox", vouch_sandbox_barriers(w->sandbox), NULL);
    return run_threads(w, signals, err);
}

vouch_code vouch_work_run(const vouch_config *config, vouch_error *err)
{
    work w = {.config = config, .lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w.stopped, &monotonic);
    pthread_condattr_destroy(&monotonic);
    sigset_t signals, before;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, &before);
    const vouch_code code = run(&w, &signals, err);
    queue_done(&w.queue);
    vouch_blobs_close(&w.blobs);
    vouch_sandbox_stop(&w.sandbox);
    vouch_audit_keys_wipe(&w.audit_keys);
    pthread_cond_destroy(&w.stopped);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code == VOUCH_OK)
        vouch_log(VOUCH_LOG_INFO, "stopped", NULL);
    return code;
}
