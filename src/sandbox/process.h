/**
 * The zygote's process, seen from the worker.
 */
#ifndef VOUCH_SANDBOX_PROCESS_H
#define VOUCH_SANDBOX_PROCESS_H

#include <sys/types.h>

#include "wire.h"

typedef struct sandbox_process {
    pid_t pid;   /* 0: none */
    int control; /* -1: none */
    unsigned barriers;
} sandbox_process;

#define SANDBOX_PROCESS_NONE    \
    {                           \
        .pid = 0, .control = -1 \
    }

/**
 * Start a zygote and wait until it is ready. Safe in a process with threads: between fork and exec only posix_spawn
 * runs.
 *
 * @return VOUCH_OK; VOUCH_SANDBOX with what is missing
 */
vouch_code sandbox_process_start(const vouch_sandbox_options *options, sandbox_process *out,
                                 vouch_error *err) VOUCH_MUST_CHECK;

/** End it and all its children, and wait for its end. Accepts SANDBOX_PROCESS_NONE. */
void sandbox_process_end(sandbox_process *process);

/**
 * Send one order with its descriptors (borrowed).
 * @return VOUCH_OK; VOUCH_UNAVAILABLE when the zygote is gone; VOUCH_SANDBOX
 */
vouch_code sandbox_process_order(const sandbox_process *process, const sandbox_order *order, const int *fds,
                                 vouch_error *err) VOUCH_MUST_CHECK;

#endif
