/**
 * A child: closes the sandbox around itself, does one job, ends. Everything it says is hostile.
 */
#ifndef VOUCH_SANDBOX_CHILD_H
#define VOUCH_SANDBOX_CHILD_H

#include <sys/resource.h>

#include "confine.h"
#include "job.h"

/**
 * A page shared between the zygote and one child. The child writes the reason of its end into it, so that a person
 * learns more than a number; nothing is decided by it but the wording and which of the CHILD codes is used.
 */
typedef struct sandbox_note {
    int fault_errno;   /* errno at a fatal signal: ENOMEM tells a failed allocation from a crash */
    vouch_code failed; /* code and message of a job that failed in order */
    char message[200];
} sandbox_note;

/* Exit statuses of a child that ends in order. */
enum {
    SANDBOX_EXIT_DONE = 0,
    SANDBOX_EXIT_FAILED = 120,     /* the job failed: note.failed */
    SANDBOX_EXIT_UNCONFINED = 121, /* a wall could not be put up; no byte of the document was read */
};

/** All that a child needs; borrowed from the zygote. */
typedef struct sandbox_child {
    const sandbox_jobs *jobs;
    const sandbox_setup *setup;
    const sandbox_order *order;
    const sandbox_filter *filters; /* one for each profile */
    int landlock;                  /* rule set, or -1 */
    int document, answer;
    int supervisor; /* socket to the zygote, for the listener of the filter; -1: none */
    sandbox_note *note;
    void *heap; /* SANDBOX_HEAP_BYTES of the heap that nothing has touched yet, on a page; NULL: none */
} sandbox_child;

/* Reading a document takes a hundred pages of fresh memory and more. A fault for each costs more than all at once. */
#define SANDBOX_HEAP_BYTES ((size_t)512 << 10)

/** Run in the forked process. Ends it. */
_Noreturn void sandbox_child_main(const sandbox_child *child);

/** Why the zygote ended a child; SANDBOX_KILL_NONE: it ended by itself. */
typedef enum sandbox_kill {
    SANDBOX_KILL_NONE,
    SANDBOX_KILL_REFUSED_CALL,
    SANDBOX_KILL_WALL_TIME,
    SANDBOX_KILL_CANCELLED /* nobody waits for the answer any more */
} sandbox_kill;

/** What the zygote and the kernel know of a child's end. */
typedef struct sandbox_death {
    sandbox_kill kill;
    int refused_call; /* number of the system call, with SANDBOX_KILL_REFUSED_CALL */
    int status;       /* of wait4(2) */
    struct rusage usage;
} sandbox_death;

/** Put a child's end into words. */
void sandbox_end_describe(const sandbox_death *death, const sandbox_note *note, const sandbox_setup *setup,
                          sandbox_end *out);

#endif
