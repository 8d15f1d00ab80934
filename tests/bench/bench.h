/**
 * `vouch bench`: what a document costs in the stages, beside well-known programs on the same files in the same run.
 */
#ifndef VOUCH_BENCH_BENCH_H
#define VOUCH_BENCH_BENCH_H

#include "command/command.h"

extern const vouch_command vouch_command_bench;

#endif
