/**
 * Nothing lost, nothing twice: claims that race for one invoice, workers killed at every step, a database restarted
 * under the workers.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "world.h"

enum {
    RACERS = 50,
    RUN_INVOICES = 60,
    PATIENCE_SECONDS = 60
};

static const char queue_length[] = "SELECT count(*) FROM job";

/* ---- 50 uploads of one invoice ---- */

typedef struct racer {
    const world *w;
    pthread_barrier_t *start;
    int copy;
} racer;

static void *race(void *data)
{
    const racer *r = data;
    vouch_store *store = world_connect(r->w, VOUCH_DATABASE_ROLE_SERVE);
    char *bytes = world_invoice(1, r->copy);
    pthread_barrier_wait(r->start);
    world_upload(r->w, store, bytes);
    free(bytes);
    vouch_store_close(&store);
    return NULL;
}

Test(work, one_of_fifty_claims_gets_the_invoice)
{
    world w;
    world_begin(&w);
    pid_t workers[] = {world_start_worker(&w, 2, NULL, NULL), world_start_worker(&w, 2, NULL, NULL)};
    pthread_barrier_t start;
    pthread_t threads[RACERS];
    racer racers[RACERS];
    pthread_barrier_init(&start, NULL, RACERS);
    const double begin = world_clock();
    for (int i = 0; i < RACERS; i++) {
        /* Half of them send the very same bytes, the others bytes of their own. */
        racers[i] = (racer){.w = &w, .start = &start, .copy = i % 2 ? i : 0};
        cr_assert_eq(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < RACERS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&start);
    cr_expect(world_wait_for(&w, queue_length, 0, PATIENCE_SECONDS));
    printf("50 claims, 4 workers: %ld accepted, %ld duplicate, %.2f s\n",
           world_number(&w, "SELECT count(*) FROM document WHERE outcome = 'accepted'"),
           world_number(&w, "SELECT count(*) FROM document WHERE outcome = 'duplicate'"), world_clock() - begin);
    world_expect_all_done_once(&w, RACERS, 1);
    for (size_t i = 0; i < 2; i++)
        world_stop_worker(workers[i]);
    world_end(&w);
}

/* ---- killed at every step ---- */

static const char *const steps[] = {
    "leased",     "blob_read", "answered",         "blobs_written", "job",   "reading", "pages",         "keys",
    "allocation", "matches",   "document_invoice", "document",      "claim", "audit",   "before_commit", "committed",
};

enum {
    STEP_COUNT = sizeof steps / sizeof *steps
};

static void upload_twice(const world *w, int number)
{
    for (int copy = 0; copy < 2; copy++) {
        char *bytes = world_invoice(number, copy);
        world_upload(w, w->store, bytes);
        free(bytes);
    }
}

Test(work, a_worker_killed_at_any_step_loses_nothing)
{
    world w;
    world_begin(&w);
    const double begin = world_clock();
    for (int i = 0; i < STEP_COUNT; i++) {
        upload_twice(&w, i + 1);
        const int status = world_wait(world_start_worker(&w, 1, steps[i], NULL));
        cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "%s: status %#x", steps[i], (unsigned)status);
    }
    const double killed = world_clock();
    const long left = world_number(&w, queue_length);
    pid_t worker = world_start_worker(&w, 2, NULL, NULL);
    cr_expect(world_wait_for(&w, queue_length, 0, PATIENCE_SECONDS));
    printf("%d kills in %.1f s, %ld of %d documents left; done %.1f s after the last\n", STEP_COUNT, killed - begin,
           left, 2 * STEP_COUNT, world_clock() - killed);
    world_expect_all_done_once(&w, 2L * STEP_COUNT, STEP_COUNT);
    world_stop_worker(worker);
    world_end(&w);
}

/* ---- the database goes away ---- */

Test(work, a_restarted_database_loses_nothing)
{
    world w;
    char query[96];
    world_begin(&w);
    for (int i = 1; i <= RUN_INVOICES; i++)
        upload_twice(&w, i);
    const double begin = world_clock();
    pid_t workers[] = {world_start_worker(&w, 2, NULL, NULL), world_start_worker(&w, 2, NULL, NULL)};
    for (int cut = 0; cut < 2; cut++) {
        snprintf(query, sizeof query, "SELECT (count(*) >= %d)::int FROM document WHERE state = 'done'", 10 + 30 * cut);
        cr_expect(world_wait_for(&w, query, 1, PATIENCE_SECONDS));
        const long left = world_number(&w, queue_length);
        const double cut_at = world_clock();
        cr_assert(cut ? test_postgres_stop_now(w.server) : test_postgres_stop(w.server));
        cr_assert(test_postgres_start_again(w.server));
        printf("restart %s with %ld jobs left, back after %.2f s\n", cut ? "immediate" : "fast", left,
               world_clock() - cut_at);
    }
    cr_expect(world_wait_for(&w, queue_length, 0, PATIENCE_SECONDS));
    printf("%d documents through two restarts in %.1f s\n", 2 * RUN_INVOICES, world_clock() - begin);
    world_expect_all_done_once(&w, 2L * RUN_INVOICES, RUN_INVOICES);
    for (size_t i = 0; i < 2; i++)
        world_stop_worker(workers[i]);
    world_end(&w);
}
