/* What a fuzz target demands of the code: a property that is broken is printed, so that findings can be told apart. */
#ifndef VOUCH_FUZZ_PROPERTY_H
#define VOUCH_FUZZ_PROPERTY_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define REQUIRE(condition)                                                  \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "\nbroken: %s, in %s\n", #condition, __func__); \
            abort();                                                        \
        }                                                                   \
    } while (0)

/* libFuzzer, and replay.c in ordinary builds, call this with one input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
