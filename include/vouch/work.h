/**
 * The worker: queue → sandbox → dedupe → write-back, on any number of threads, processes and machines.
 *
 * Everything it does may be interrupted at any point: a lease runs out, the document is read again, and the write-back
 * is one transaction that checks the lease.
 */
#ifndef VOUCH_WORK_H
#define VOUCH_WORK_H

#include "vouch/config.h"
#include "vouch/sandbox.h"

/** The sandbox that a configuration asks for. */
void vouch_work_sandbox_options(const vouch_config *config, vouch_sandbox_options *out);

/**
 * Read queued documents until SIGTERM or SIGINT; then finish what is held, at most drain_seconds, and give the rest
 * back; a second signal stops at once. Where documents can't be finished in time, or after the second signal, the
 * process ends inside of the call (exit status 1); leases that could not be given back run out.
 *
 * Survives restarts of the database and of the sandbox's zygote; waits for a database that is not there yet.
 *
 * Tests hold or kill it at steps of its work: vouch/fault.h.
 *
 * @return VOUCH_OK after a stop; VOUCH_CONFIG; VOUCH_SANDBOX when no sandbox can be set up
 */
vouch_code vouch_work_run(const vouch_config *config, vouch_error *err) VOUCH_MUST_CHECK;

#endif
