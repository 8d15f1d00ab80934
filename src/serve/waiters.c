/**
 * Requests that wait for a document (Prefer: wait) hold no thread: one thread looks at the state of all their
 * documents. Most are read within a tenth of a second, so that each is looked at often at first and then less often:
 * the answer comes later than it could by an eighth of the time at most, and a long wait costs few queries.
 */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "http.h"

enum {
    TICK_MS = 10,
    TICK_MS_WITHOUT_DATABASE = 500,
    LONGEST_PAUSE_MS = 500,
    PAUSES_PER_AGE = 8
};

struct http_waiters {
    const vouch_config *config;
    void (*done)(http_request *);
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    http_request *first;
    int count;   /* of requests that wait, on the list or in the thread's hands; atomic */
    bool closed; /* every wait is over at once */
    bool ending; /* and the thread ends when none is left */
};

static long long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/** When to look at a request again. */
static long long next_look(const http_wait *wait, long long now)
{
    long long age = now - (wait->deadline_ms - wait->seconds * 1000LL), pause = age / PAUSES_PER_AGE;
    return now + (pause < TICK_MS ? TICK_MS : pause > LONGEST_PAUSE_MS ? LONGEST_PAUSE_MS : pause);
}

/** @return false when the database could not say */
static bool is_over(http_request *request, vouch_store *store, bool closed, bool *over)
{
    long long now = now_ms();
    *over = closed || now >= request->wait.deadline_ms;
    if (*over || now < request->wait.look_ms)
        return true;
    request->wait.look_ms = next_look(&request->wait, now);
    vouch_document_state state = VOUCH_DOCUMENT_RECEIVED;
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_code code =
        store ? vouch_store_document_state(store, &request->principal, request->wait.document_id, &state, &err)
              : VOUCH_DATABASE;
    *over = code == VOUCH_NOT_FOUND ||
            (code == VOUCH_OK && (state == VOUCH_DOCUMENT_DONE || state == VOUCH_DOCUMENT_FAILED));
    return code != VOUCH_DATABASE;
}

static http_request *take_all(http_waiters *waiters, bool *closed)
{
    pthread_mutex_lock(&waiters->lock);
    while (!waiters->first && !waiters->ending)
        pthread_cond_wait(&waiters->changed, &waiters->lock);
    http_request *all = waiters->first;
    waiters->first = NULL;
    *closed = waiters->closed;
    pthread_mutex_unlock(&waiters->lock);
    return all;
}

static void put(http_waiters *waiters, http_request *request)
{
    pthread_mutex_lock(&waiters->lock);
    request->next = waiters->first;
    waiters->first = request;
    pthread_cond_signal(&waiters->changed);
    pthread_mutex_unlock(&waiters->lock);
}

static void *look(void *argument)
{
    http_waiters *waiters = argument;
    vouch_store *store = NULL;
    const vouch_store_options options = {
        .conninfo = waiters->config->database, .role = VOUCH_DATABASE_ROLE_SERVE, .application = "vouch serve waiters"};
    bool closed = false;
    for (;;) {
        http_request *request = take_all(waiters, &closed);
        if (!request)
            break;
        vouch_error err = VOUCH_ERROR_INIT;
        if (!store && vouch_store_open(&options, &store, &err) != VOUCH_OK)
            store = NULL;
        bool answered = true;
        while (request) {
            http_request *next = request->next;
            request->next = NULL;
            bool over = false;
            answered &= is_over(request, store, closed, &over);
            if (!over) {
                put(waiters, request);
            } else {
                __atomic_sub_fetch(&waiters->count, 1, __ATOMIC_RELAXED);
                waiters->done(request);
            }
            request = next;
        }
        int pause_ms = answered ? TICK_MS : TICK_MS_WITHOUT_DATABASE;
        const struct timespec pause = {.tv_nsec = pause_ms * 1000000L};
        nanosleep(&pause, NULL);
    }
    vouch_store_close(&store);
    return NULL;
}

vouch_code http_waiters_start(const vouch_config *config, void (*done)(http_request *), http_waiters **out,
                              vouch_error *err)
{
    http_waiters *waiters = calloc(1, sizeof *waiters);
    if (!waiters)
        return vouch_fail(err, VOUCH_NO_MEMORY, "starting the waiters");
    waiters->config = config;
    waiters->done = done;
    pthread_mutex_init(&waiters->lock, NULL);
    pthread_cond_init(&waiters->changed, NULL);
    if (pthread_create(&waiters->thread, NULL, look, waiters) != 0) {
        free(waiters);
        return vouch_fail(err, VOUCH_NO_MEMORY, "starting the waiters' thread");
    }
    *out = waiters;
    return VOUCH_OK;
}

int http_waiters_count(const http_waiters *waiters)
{
    return __atomic_load_n(&waiters->count, __ATOMIC_RELAXED);
}

void http_waiters_add(http_waiters *waiters, http_request *request)
{
    __atomic_add_fetch(&waiters->count, 1, __ATOMIC_RELAXED);
    put(waiters, request);
}

static void set_flags(http_waiters *waiters, bool ending)
{
    pthread_mutex_lock(&waiters->lock);
    waiters->closed = true;
    waiters->ending = ending;
    pthread_cond_signal(&waiters->changed);
    pthread_mutex_unlock(&waiters->lock);
}

void http_waiters_close(http_waiters *waiters)
{
    set_flags(waiters, /* ending= */ false);
}

void http_waiters_stop(http_waiters **address)
{
    http_waiters *waiters = *address;
    if (!waiters)
        return;
    set_flags(waiters, /* ending= */ true);
    pthread_join(waiters->thread, NULL);
    pthread_cond_destroy(&waiters->changed);
    pthread_mutex_destroy(&waiters->lock);
    free(waiters);
    *address = NULL;
}
