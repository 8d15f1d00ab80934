/**
 * The service: HTTP on libmicrohttpd. What it answers stands in config/openapi.yaml; routes are a table
 * (src/serve/routes.c).
 */
#ifndef VOUCH_SERVE_H
#define VOUCH_SERVE_H

#include "vouch/config.h"

/** Exit status of `serve` and `work` when the configuration can't work: a supervisor does not start them again. */
#define VOUCH_SERVE_EXIT_CONFIGURATION 2

/**
 * Answer until SIGTERM or SIGINT; then finish what is held, at most drain_seconds; a second signal stops at once.
 *
 * @return VOUCH_OK after a stop; VOUCH_CONFIG; VOUCH_IO when the address is taken; VOUCH_DATABASE never: it waits
 */
vouch_code vouch_serve_run(const vouch_config *config, vouch_error *err) VOUCH_MUST_CHECK;

/**
 * Run `serve` and `work` as two processes and keep both running, until SIGTERM or SIGINT.
 *
 * @param executable    the vouch program
 * @param options       passed to both, borrowed
 * @param option_count  number of options
 */
vouch_code vouch_serve_supervise(const char *executable, char *const *options, int option_count,
                                 vouch_error *err) VOUCH_MUST_CHECK;

#endif
