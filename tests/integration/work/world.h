/** A migrated database, a blob store, a tenant, and workers as processes. One world a test. */
#ifndef VOUCH_TEST_WORK_WORLD_H
#define VOUCH_TEST_WORK_WORLD_H

#include <criterion/criterion.h>
#include <sys/types.h>

#include "support/postgres.h"
#include "vouch/ingest.h"
#include "vouch/store.h"

typedef struct world {
    test_postgres *server;
    char folder[64];
    vouch_blobs *blobs;
    vouch_store *store; /* as serve */
    vouch_principal who;
    void *sql; /* a superuser's connection, for looking */
} world;

/** Skips the test when PostgreSQL is not there. */
void world_begin(world *w);
void world_end(world *w);
vouch_store *world_connect(const world *w, const char *role);

/** An XML invoice with this number; documents of one invoice differ in `copy`. @return malloc */
char *world_invoice(int number, int copy);
/** A claim with one document. May be called from many threads, each with a store of its own. */
void world_upload(const world *w, vouch_store *store, const char *bytes);

/** Upload bytes of any kind; how many, and what they are said to be. */
void world_upload_bytes(const world *w, vouch_store *store, const void *bytes, size_t length, const char *format);

/**
 * Start a worker.
 * @param crash_at  a step of fault.h; NULL: none
 * @param option    one more option ("--drain-seconds=1"); NULL: none
 */
pid_t world_start_worker(const world *w, int threads, const char *crash_at, const char *option);
/** Wait until a line of the workers' log holds this text. @return false after `seconds` */
bool world_wait_for_log(const world *w, const char *text, int seconds);
/** The worker's zygote. @return 0 when it has none */
pid_t world_find_zygote(pid_t worker);
/** Send a signal to all that a process has started, and so on downwards. */
void world_signal_children(pid_t parent, int number);
/** @return its wait status */
int world_wait(pid_t worker);
/** SIGTERM, then wait; its exit status must be 0. */
void world_stop_worker(pid_t worker);

/** The one number that a query answers; -1 while the database is not there. */
long world_number(world *w, const char *query);
/** Wait until a query answers this number. @return false after `seconds` */
bool world_wait_for(world *w, const char *query, long number, int seconds);
/** Seconds, monotonic. */
double world_clock(void);

/** All that must hold when the queue is empty: every document done once, one holder per invoice, totals that add up. */
void world_expect_all_done_once(world *w, long documents, long invoices);

#endif
