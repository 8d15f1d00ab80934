/**
 * `vouch bench`: what a document costs in the stages, beside well-known programs on the same files in the same run; and
 * parts of the service alone.
 */
#ifndef VOUCH_BENCH_BENCH_H
#define VOUCH_BENCH_BENCH_H

#include "command/command.h"

extern const vouch_command vouch_command_bench;

/** A part that is measured alone: `vouch bench NAME`, a file each. */
typedef struct bench_part {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is the name */
} bench_part;

extern const bench_part bench_part_metrics, bench_part_queue;

#endif
