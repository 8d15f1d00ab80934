/** The threads that may block. Each has a store connection of its own; the queue between them is bounded. */
#include <pthread.h>
#include <stdlib.h>

#include "http.h"

enum {
    QUEUE_PER_THREAD = 64
};

struct http_pool {
    http_job *job;
    const vouch_config *config;
    pthread_t *threads;
    int thread_count, started;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    http_request *first, *last;
    int queued, busy;
    bool closing;
};

/** @param finished  the thread had a request before */
static http_request *take(http_pool *pool, bool finished)
{
    pthread_mutex_lock(&pool->lock);
    pool->busy -= finished;
    while (!pool->first && !pool->closing)
        pthread_cond_wait(&pool->changed, &pool->lock);
    http_request *request = pool->first;
    if (request) {
        pool->first = request->next;
        if (!pool->first)
            pool->last = NULL;
        pool->queued--;
        pool->busy++;
        request->next = NULL;
    }
    pthread_mutex_unlock(&pool->lock);
    return request;
}

static void *serve_queue(void *argument)
{
    http_pool *pool = argument;
    /* Opened here and not per request; reconnects by itself when the database comes back. */
    vouch_store *store = NULL;
    http_request *request;
    for (bool finished = false; (request = take(pool, finished)) != NULL; finished = true) {
        vouch_error err = VOUCH_ERROR_INIT;
        const vouch_store_options options = {
            .conninfo = pool->config->database, .role = VOUCH_DATABASE_ROLE_SERVE, .application = "vouch serve"};
        if (!store && vouch_store_open(&options, &store, &err) != VOUCH_OK)
            store = NULL; /* the job answers with the database problem */
        pool->job(request, store);
    }
    vouch_store_close(&store);
    return NULL;
}

vouch_code http_pool_start(const vouch_config *config, http_job *job, http_pool **out, vouch_error *err)
{
    http_pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return vouch_fail(err, VOUCH_NO_MEMORY, "starting the pool");
    pool->job = job;
    pool->config = config;
    pool->thread_count = (int)config->http_pool_threads;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->changed, NULL);
    pool->threads = calloc((size_t)pool->thread_count, sizeof *pool->threads);
    while (pool->threads && pool->started < pool->thread_count &&
           pthread_create(&pool->threads[pool->started], NULL, serve_queue, pool) == 0)
        pool->started++;
    if (pool->started < pool->thread_count) {
        http_pool_free(&pool);
        return vouch_fail(err, VOUCH_NO_MEMORY, "starting the pool's threads");
    }
    *out = pool;
    return VOUCH_OK;
}

bool http_pool_submit(http_pool *pool, http_request *request)
{
    pthread_mutex_lock(&pool->lock);
    bool taken = !pool->closing && pool->queued < pool->thread_count * QUEUE_PER_THREAD;
    if (taken) {
        if (pool->last)
            pool->last->next = request;
        else
            pool->first = request;
        pool->last = request;
        pool->queued++;
        pthread_cond_signal(&pool->changed);
    }
    pthread_mutex_unlock(&pool->lock);
    return taken;
}

http_pool_usage http_pool_look(http_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    const http_pool_usage usage = {.threads = pool->thread_count, .busy = pool->busy, .queued = pool->queued};
    pthread_mutex_unlock(&pool->lock);
    return usage;
}

void http_pool_close(http_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->closing = true;
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
    for (; pool->started > 0; pool->started--)
        pthread_join(pool->threads[pool->started - 1], NULL);
}

void http_pool_free(http_pool **address)
{
    http_pool *pool = *address;
    if (!pool)
        return;
    http_pool_close(pool);
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->lock);
    free(pool->threads);
    free(pool);
    *address = NULL;
}
