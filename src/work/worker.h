/** Inside of the worker: what its threads share. */
#ifndef VOUCH_WORK_WORKER_H
#define VOUCH_WORK_WORKER_H

#include <pthread.h>
#include <stdint.h>

#include "vouch/audit.h"
#include "vouch/ingest.h"
#include "vouch/sandbox.h"
#include "vouch/store.h"
#include "vouch/work.h"

/* ---- what is held ---- */

/* Where a held job is: in no slot's use; leased and waiting for a thread; in a thread's hands. */
typedef enum held_state {
    HELD_FREE,
    HELD_WAITING,
    HELD_RUNNING
} held_state;

typedef struct held_job {
    vouch_lease lease;
    held_state state;
    uint64_t order; /* waiting jobs are taken in the order in which they were leased */
} held_job;

/** Jobs that this process has leased. Every function locks. */
typedef struct held_queue {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* monotonic clock */
    held_job *jobs;         /* capacity of them */
    size_t capacity, threads;
    uint64_t next_order;
    bool closed, idle;
    int room_fd; /* eventfd: there is room again, or the queue was closed */
} held_queue;

vouch_code queue_open(held_queue *queue, size_t threads, vouch_error *err) VOUCH_MUST_CHECK;
void queue_done(held_queue *queue);
/** How many jobs to lease now; 0 while enough of them wait. From now on room_fd tells of room. */
size_t queue_room(held_queue *queue);
/** Nothing was there to lease: room is no news until queue_room is called again. */
void queue_idle(held_queue *queue);
void queue_add(held_queue *queue, const vouch_lease *leases, size_t count);
/** The next waiting job, now running; waits for one. @return NULL when the queue is closed */
held_job *queue_take(held_queue *queue);
void queue_finish(held_queue *queue, held_job *job);
/** Copies of all leases held. @param out  capacity of them. @return count */
size_t queue_leases(held_queue *queue, vouch_lease *out);
/** Leases that are somebody else's now: what only waits is dropped; what runs finds out at its write-back. */
void queue_drop_lost(held_queue *queue, const vouch_lease *leases, const bool *lost, size_t count);
/** Give out no more jobs. */
void queue_close(held_queue *queue);
/** Take the waiting jobs (running = false) or the running ones out, to give them back. @return count */
size_t queue_withdraw(held_queue *queue, bool running, vouch_lease *out);
size_t queue_running(held_queue *queue);
/** Those that wait and those that run. */
size_t queue_held(held_queue *queue);

/* ---- the process ---- */

typedef struct work {
    const vouch_config *config;
    vouch_sandbox *sandbox;
    vouch_blobs *blobs;
    held_queue queue;
    vouch_retry_policy policy;
    bool keeps_house; /* this process does what one does for all; atomic */
    vouch_audit_keys audit_keys;
    char name[128]; /* "host/pid": stands in the jobs */
    pthread_mutex_t lock;
    pthread_cond_t stopped;
    bool stopping; /* no new work; under lock */
    bool ending;   /* nothing is held any more: the heartbeat ends too; under lock */
} work;

/** Open a connection as the worker's role. @param purpose  stands in application_name */
vouch_code work_connect(const work *w, const char *purpose, vouch_store **out, vouch_error *err) VOUCH_MUST_CHECK;
/** Sleep, at most until the process stops. @return true when it is stopping */
bool work_pause(work *w, int64_t milliseconds);
/** The same until all that is held is finished. @return true when there is nothing left to do */
bool work_pause_to_end(work *w, int64_t milliseconds);
/** A thread can't do its part: say so and let the process stop in order, to be started anew. @return NULL */
void *work_broken(const char *thread, const vouch_error *err);

/** Growing pauses between tries: 100 ms doubled up to 5 s, with a line in the log for the first failure. */
typedef struct outage {
    int failures;
} outage;
/** @return milliseconds to wait */
int64_t outage_note(outage *o, const char *thread, const vouch_error *err);
void outage_over(outage *o, const char *thread);

/** Apply the tenants' rules of retention; at most retention_documents go. */
vouch_code work_apply_retention(work *w, vouch_store *store, vouch_error *err) VOUCH_MUST_CHECK;

/* Threads; all take a work. */
void *dispatch_thread(void *data);
void *heartbeat_thread(void *data);
void *housekeeping_thread(void *data);
void *rotate_thread(void *data);
void *seal_thread(void *data);
void *document_thread(void *data);

#endif
