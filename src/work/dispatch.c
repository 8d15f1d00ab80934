/**
 * The dispatcher leases jobs for all threads, so that a batch costs one transaction; it sleeps until the database
 * announces work, room appears, or it is time to look anyway. The heartbeat keeps what is held.
 */
#include <stdlib.h>

#include "vouch/fault.h"
#include "vouch/log.h"
#include "worker.h"

/** What came in while the dispatcher was outside of the database is given back at once. */
static void take_in(work *w, vouch_store *store, const vouch_lease *leases, size_t count)
{
    VOUCH_FAULT_POINT("leased", NULL);
    pthread_mutex_lock(&w->lock);
    const bool stopping = w->stopping;
    if (!stopping)
        queue_add(&w->queue, leases, count);
    pthread_mutex_unlock(&w->lock);
    for (size_t i = 0; stopping && i < count; i++) {
        const vouch_code given_back = vouch_store_job_return(store, &leases[i], NULL);
        (void)given_back; /* else its lease runs out */
    }
}

/** @return VOUCH_OK with count 0 when there was nothing to do or no room */
static vouch_code lease_batch(work *w, vouch_store *store, vouch_lease *leases, size_t *count, vouch_error *err)
{
    *count = 0;
    const size_t wanted = queue_room(&w->queue);
    if (wanted == 0)
        return VOUCH_OK;
    VOUCH_TRY(vouch_store_job_lease(store, w->name, (int)w->config->lease_seconds, wanted, leases, count, err));
    if (*count > 0)
        take_in(w, store, leases, *count);
    else
        queue_idle(&w->queue);
    return VOUCH_OK;
}

void *dispatch_thread(void *data)
{
    work *w = data;
    vouch_error err = VOUCH_ERROR_INIT;
    VOUCH_CLEANUP(vouch_store_close) vouch_store *store = NULL;
    VOUCH_CLEANUP(vouch_store_close) vouch_store *ears = NULL; /* LISTEN needs a connection of its own */
    VOUCH_CLEANUP(vouch_free_pointer) vouch_lease *leases = calloc(w->queue.capacity, sizeof *leases);
    if (!leases || work_connect(w, "vouch work", &store, &err) != VOUCH_OK ||
        work_connect(w, "vouch work (waiting)", &ears, &err) != VOUCH_OK)
        return work_broken("dispatcher", &err);
    outage trouble = {0};
    int64_t wait_ms = 0;
    while (!work_pause(w, wait_ms)) {
        size_t count = 0;
        vouch_code code = lease_batch(w, store, leases, &count, &err);
        if (code == VOUCH_OK && count == 0)
            code = vouch_store_job_wait(ears, (int)w->config->poll_milliseconds, w->queue.room_fd, &err);
        if (code == VOUCH_OK)
            outage_over(&trouble, "dispatcher");
        wait_ms = code == VOUCH_OK ? 0 : outage_note(&trouble, "dispatcher", &err);
    }
    return NULL;
}

void *heartbeat_thread(void *data)
{
    work *w = data;
    vouch_error err = VOUCH_ERROR_INIT;
    const size_t capacity = w->queue.capacity;
    VOUCH_CLEANUP(vouch_store_close) vouch_store *store = NULL;
    VOUCH_CLEANUP(vouch_free_pointer) vouch_lease *leases = calloc(capacity, sizeof *leases);
    VOUCH_CLEANUP(vouch_free_pointer) bool *lost = calloc(capacity, sizeof *lost);
    if (!leases || !lost || work_connect(w, "vouch work (heartbeat)", &store, &err) != VOUCH_OK)
        return work_broken("heartbeat", &err);
    const int64_t beat_ms = w->config->lease_seconds * 1000 / 4;
    outage trouble = {0};
    int64_t wait_ms = beat_ms;
    while (!work_pause_to_end(w, wait_ms)) {
        const size_t count = queue_leases(&w->queue, leases);
        wait_ms = beat_ms;
        if (count == 0)
            continue;
        if (vouch_store_job_heartbeat(store, leases, count, (int)w->config->lease_seconds, lost, &err) == VOUCH_OK) {
            outage_over(&trouble, "heartbeat");
            queue_drop_lost(&w->queue, leases, lost, count);
        } else {
            wait_ms = outage_note(&trouble, "heartbeat", &err);
        }
    }
    return NULL;
}
