/**
 * The zygote: a process with one thread and no secrets that loads what is slow to load and forks a child per order.
 */
#ifndef VOUCH_SANDBOX_ZYGOTE_H
#define VOUCH_SANDBOX_ZYGOTE_H

#include "job.h"

/**
 * Serve on SANDBOX_CONTROL_FD until the worker closes its end.
 *
 * The calling process stays outside and waits; the zygote proper is its child and the first process of a new process
 * namespace, so that the kernel ends every child with it.
 *
 * @return exit status for main
 */
int sandbox_zygote_run(const sandbox_jobs *jobs);

#endif
