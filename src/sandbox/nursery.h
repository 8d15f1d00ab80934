/**
 * The children of a zygote: born to an order, watched, ended at a limit, buried with a word to who ordered them.
 */
#ifndef VOUCH_SANDBOX_NURSERY_H
#define VOUCH_SANDBOX_NURSERY_H

#include "child.h"

/** A child that lives. Stays in its row from its birth until it is reaped. */
typedef struct sandbox_living {
    pid_t pid;
    int end; /* pipe on which the worker waits for the end */
    /* The socket on which the filter's listener comes, then the listener; -1 when it has no more to say. */
    int supervisor;
    bool listening;
    int64_t deadline_ms;
    sandbox_death death; /* as far as it is known */
    sandbox_note *note;  /* a shared mapping of its own */
} sandbox_living;

typedef struct sandbox_nursery {
    const sandbox_jobs *jobs;
    sandbox_setup setup;
    sandbox_filter filters[SANDBOX_PROFILE_COUNT];
    int landlock; /* rule set; -1: none */
    int signals;  /* signalfd of SIGCHLD */
    void *heap;   /* of each child */
    sandbox_living *children;
    struct pollfd *polls;
    size_t count, capacity;
} sandbox_nursery;

/** Allocate and block SIGCHLD. Fields above `signals` are the caller's to set. */
vouch_code sandbox_nursery_open(sandbox_nursery *nursery, vouch_error *err) VOUCH_MUST_CHECK;

/**
 * Fork a child for an order.
 *
 * @param fds  of the order; on success the one for the end belongs to the nursery, the others stay the caller's
 */
vouch_code sandbox_nursery_bear(sandbox_nursery *nursery, const sandbox_order *order, const int *fds,
                                vouch_error *err) VOUCH_MUST_CHECK;

/**
 * Wait until something happens, and look after the children.
 *
 * @param control  descriptor to wait for as well; -1: none
 * @return whether something came on control
 */
bool sandbox_nursery_turn(sandbox_nursery *nursery, int control);

#endif
