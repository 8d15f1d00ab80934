/**
 * What a child that was taken over by its document may try: one row an attack, with the end that it must come to. The
 * child finds the row by the name in its document ("attack NAME"), the test runs through all rows.
 */
#ifndef VOUCH_TEST_SANDBOX_ATTACKS_H
#define VOUCH_TEST_SANDBOX_ATTACKS_H

#include "jobs.h"

typedef struct test_attack {
    const char *name;
    vouch_code end;
    const char *reason; /* is part of a problem's detail; "report: …" is what the child was told */
    /* One of these: a function, a text of an honest reading and what it becomes, a system call. */
    vouch_code (*act)(test_context *c);
    const char *from, *to;
    long call, arguments[5];
} test_attack;

extern const test_attack test_attacks[];
extern const size_t test_attack_count;

/** In the child: do what the row that the argument names says. */
vouch_code test_attack_carry_out(test_context *c);

#endif
