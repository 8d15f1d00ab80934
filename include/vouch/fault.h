/**
 * Fault points: places at which a test may hold or kill the process, to show that nothing is lost there.
 *
 * They do nothing, and cost one look at a flag, unless VOUCH_FAULT_POINTS=1 is in the environment of the process when
 * it starts. Then
 *
 *   VOUCH_CRASH_AT=STEP    the process kills itself (SIGKILL) when it first reaches the step
 *   VOUCH_FAULT_DIR=DIR    a test holds steps one by one: it makes the FIFOs DIR/STEP.reached and DIR/STEP.go and then
 *                          a file DIR/STEP. The first thread of any process to reach the step removes the file, writes
 *                          a line into the one FIFO, and waits for a byte from the other. Everything else goes on.
 *
 * The steps of serve: received (a request is complete), blob_written, accept.NN (statement NN of the transaction that
 * accepts a document), job_written, accepted (committed, not answered yet). Of work: leased, blob_read, answered,
 * blobs_written; write_back.NN (statement NN of the write-back) and by name job, reading, pages, keys, allocation,
 * matches, document_invoice, document, claim, audit_row, outbox_row, audit, before_commit; committed. Of a child in the
 * sandbox, with VOUCH_FAULT_DIR alone: forked (before its walls), decoded (behind them).
 */
#ifndef VOUCH_FAULT_H
#define VOUCH_FAULT_H

#include <stdbool.h>

/** Set once, at the start. Read by VOUCH_FAULT_POINT alone. */
extern bool vouch_faults_on;

/** @param detail  what a test may want to know of the step, such as a statement; NULL: nothing */
#define VOUCH_FAULT_POINT(step, detail)               \
    do {                                              \
        if (__builtin_expect(vouch_faults_on, false)) \
            vouch_fault_reach((step), (detail));      \
    } while (0)

/** Read the environment. Called by serve, work and the zygote, before they have threads. */
void vouch_fault_setup(void);

/** What VOUCH_FAULT_POINT does when faults are on. */
void vouch_fault_reach(const char *step, const char *detail);

/**
 * Of a process that is about to give up its files: if the step is wanted, it is this process that will stop at it. Uses
 * standard input and output, which must be of no use otherwise.
 */
void vouch_fault_prepare(const char *step);

#endif
