/**
 * `vouch eval`: readings against documents whose values are known.
 *
 * Reads lists (MANIFEST.tsv, china-fields.tsv: tab-separated, with a header; a column `fields` or `expected` holds
 * `key=value; key=value`), reads every document named there, and prints per kind and field how many values are exact,
 * missing, wrong, and silently wrong (wrong at confidence ≥ 0.95); whether confidence means what it says; and what a
 * document costs.
 */
#ifndef VOUCH_EVAL_EVAL_H
#define VOUCH_EVAL_EVAL_H

#include "command/command.h"
#include "vouch/pipeline.h"

/**
 * Reads one document: in this process, or in the sandbox.
 *
 * @param file  name for messages
 * @param out   release with vouch_reading_free
 */
typedef vouch_code (*vouch_eval_read)(void *context, const uint8_t *data, size_t length, const char *file,
                                      vouch_reading **out, vouch_error *err);

/** Evaluate with a reader of the caller's. @param argv  [0] is the subcommand. @return the exit code */
int vouch_eval_run(int argc, char **argv, vouch_eval_read read, void *context);

/** Evaluate in this process. */
int vouch_eval_main(int argc, char **argv);

extern const vouch_command vouch_command_eval;

#endif
