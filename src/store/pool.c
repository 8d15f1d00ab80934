/* A fixed number of connections for many threads: a stack under a mutex; the warmest connection is lent first. */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "vouch/store.h"

struct vouch_store_pool {
    pthread_mutex_t mutex;
    pthread_cond_t returned;
    vouch_store **free; /* the first free_count are not lent */
    size_t free_count, size;
};

vouch_code vouch_store_pool_open(const vouch_store_options *options, size_t size, vouch_store_pool **out,
                                 vouch_error *err)
{
    VOUCH_CLEANUP(vouch_store_pool_close) vouch_store_pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return vouch_fail(err, VOUCH_NO_MEMORY, "opening the database");
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->returned, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&pool->mutex, NULL);
    pool->free = calloc(size ? size : 1, sizeof *pool->free);
    if (!pool->free)
        return vouch_fail(err, VOUCH_NO_MEMORY, "opening the database");
    for (size_t i = 0; i < size; i++) {
        VOUCH_TRY(vouch_store_open(options, &pool->free[i], err));
        pool->size = pool->free_count = i + 1;
    }
    *out = VOUCH_TAKE(pool);
    return VOUCH_OK;
}

vouch_code vouch_store_pool_acquire(vouch_store_pool *pool, int timeout_ms, vouch_store **out, vouch_error *err)
{
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    int64_t nanoseconds = end.tv_nsec + (int64_t)timeout_ms * 1000000;
    end.tv_sec += nanoseconds / 1000000000;
    end.tv_nsec = nanoseconds % 1000000000;
    pthread_mutex_lock(&pool->mutex);
    int late = 0;
    while (pool->free_count == 0 && !late)
        late = pthread_cond_timedwait(&pool->returned, &pool->mutex, &end);
    vouch_store *store = pool->free_count ? pool->free[--pool->free_count] : NULL;
    pthread_mutex_unlock(&pool->mutex);
    if (!store)
        return vouch_fail(err, VOUCH_UNAVAILABLE, "all %zu database connections are busy", pool->size);
    *out = store;
    return VOUCH_OK;
}

void vouch_store_pool_release(vouch_store_pool *pool, vouch_store **store)
{
    if (!store || !*store)
        return;
    pthread_mutex_lock(&pool->mutex);
    pool->free[pool->free_count++] = *store;
    pthread_cond_signal(&pool->returned);
    pthread_mutex_unlock(&pool->mutex);
    *store = NULL;
}

void vouch_store_pool_close(vouch_store_pool **pool)
{
    if (!pool || !*pool)
        return;
    for (size_t i = 0; i < (*pool)->free_count; i++)
        vouch_store_close(&(*pool)->free[i]);
    pthread_cond_destroy(&(*pool)->returned);
    pthread_mutex_destroy(&(*pool)->mutex);
    free((*pool)->free);
    free(*pool);
    *pool = NULL;
}
