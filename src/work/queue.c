/**
 * Jobs that this process has leased: a few more than it has threads, so that no thread waits for the database between
 * two short documents, and not many more, so that other processes find work too.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "worker.h"

enum {
    JOBS_PER_THREAD = 2
};

vouch_code queue_open(held_queue *queue, size_t threads, vouch_error *err)
{
    pthread_condattr_t monotonic;
    *queue = (held_queue){.threads = threads, .capacity = threads * JOBS_PER_THREAD, .room_fd = -1};
    queue->jobs = calloc(queue->capacity, sizeof *queue->jobs);
    queue->room_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!queue->jobs || queue->room_fd < 0) {
        const int reason = errno;
        free(queue->jobs);
        vouch_close_fd(&queue->room_fd);
        return vouch_fail(err, VOUCH_IO, "worker: %s", strerror(reason));
    }
    pthread_mutex_init(&queue->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&queue->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return VOUCH_OK;
}

void queue_done(held_queue *queue)
{
    if (!queue->jobs)
        return;
    pthread_cond_destroy(&queue->changed);
    pthread_mutex_destroy(&queue->lock);
    vouch_close_fd(&queue->room_fd);
    free(queue->jobs);
    queue->jobs = NULL;
}

static size_t count_state(const held_queue *queue, held_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < queue->capacity; i++)
        count += queue->jobs[i].state == state;
    return count;
}

static size_t room(const held_queue *queue)
{
    const size_t waiting = count_state(queue, HELD_WAITING);
    return queue->closed || waiting * 2 > queue->threads ? 0 : count_state(queue, HELD_FREE);
}

static void say_room(const held_queue *queue)
{
    if (queue->closed || (!queue->idle && room(queue) > 0))
        (void)eventfd_write(queue->room_fd, 1); /* full is as good as written */
}

/** What room_fd said is known now; a closed queue goes on saying so. */
static void forget_room(const held_queue *queue)
{
    eventfd_t value;
    if (!queue->closed)
        (void)eventfd_read(queue->room_fd, &value); /* empty is what is wanted */
}

size_t queue_room(held_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    forget_room(queue);
    queue->idle = false;
    const size_t count = room(queue);
    pthread_mutex_unlock(&queue->lock);
    return count;
}

void queue_idle(held_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    forget_room(queue);
    queue->idle = true;
    pthread_mutex_unlock(&queue->lock);
}

void queue_add(held_queue *queue, const vouch_lease *leases, size_t count)
{
    pthread_mutex_lock(&queue->lock);
    for (size_t i = 0, slot = 0; i < count && slot < queue->capacity; slot++) {
        if (queue->jobs[slot].state == HELD_FREE)
            queue->jobs[slot] = (held_job){.lease = leases[i++], .state = HELD_WAITING, .order = queue->next_order++};
    }
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}

static held_job *first_waiting(held_queue *queue)
{
    held_job *first = NULL;
    for (size_t i = 0; i < queue->capacity; i++) {
        held_job *job = &queue->jobs[i];
        if (job->state == HELD_WAITING && (!first || job->order < first->order))
            first = job;
    }
    return first;
}

held_job *queue_take(held_queue *queue)
{
    held_job *job = NULL;
    pthread_mutex_lock(&queue->lock);
    while (!queue->closed && !(job = first_waiting(queue)))
        pthread_cond_wait(&queue->changed, &queue->lock);
    if (queue->closed)
        job = NULL;
    if (job)
        job->state = HELD_RUNNING;
    say_room(queue);
    pthread_mutex_unlock(&queue->lock);
    return job;
}

void queue_finish(held_queue *queue, held_job *job)
{
    pthread_mutex_lock(&queue->lock);
    job->state = HELD_FREE;
    say_room(queue);
    pthread_mutex_unlock(&queue->lock);
}

size_t queue_leases(held_queue *queue, vouch_lease *out)
{
    size_t count = 0;
    pthread_mutex_lock(&queue->lock);
    for (size_t i = 0; i < queue->capacity; i++)
        if (queue->jobs[i].state != HELD_FREE)
            out[count++] = queue->jobs[i].lease;
    pthread_mutex_unlock(&queue->lock);
    return count;
}

void queue_drop_lost(held_queue *queue, const vouch_lease *leases, const bool *lost, size_t count)
{
    pthread_mutex_lock(&queue->lock);
    for (size_t i = 0; i < count; i++)
        for (size_t slot = 0; lost[i] && slot < queue->capacity; slot++)
            if (queue->jobs[slot].state == HELD_WAITING && strcmp(queue->jobs[slot].lease.token, leases[i].token) == 0)
                queue->jobs[slot].state = HELD_FREE;
    say_room(queue);
    pthread_mutex_unlock(&queue->lock);
}

void queue_close(held_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    say_room(queue);
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}

size_t queue_withdraw(held_queue *queue, bool running, vouch_lease *out)
{
    const held_state state = running ? HELD_RUNNING : HELD_WAITING;
    size_t count = 0;
    pthread_mutex_lock(&queue->lock);
    for (size_t i = 0; i < queue->capacity; i++) {
        if (queue->jobs[i].state != state)
            continue;
        out[count++] = queue->jobs[i].lease;
        queue->jobs[i].state = HELD_FREE;
    }
    pthread_mutex_unlock(&queue->lock);
    return count;
}

size_t queue_held(held_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    const size_t count = count_state(queue, HELD_WAITING) + count_state(queue, HELD_RUNNING);
    pthread_mutex_unlock(&queue->lock);
    return count;
}

size_t queue_running(held_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    const size_t count = count_state(queue, HELD_RUNNING);
    pthread_mutex_unlock(&queue->lock);
    return count;
}
