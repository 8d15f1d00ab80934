/* A migrated database with two tenants, and short hands for what most tests do. One server per test program. */
#ifndef VOUCH_TEST_STORE_FIXTURE_H
#define VOUCH_TEST_STORE_FIXTURE_H

#include <criterion/criterion.h>

#include "support/postgres.h"
#include "vouch/hash.h"
#include "vouch/store.h"

typedef struct fixture {
    test_postgres *server;
    vouch_store *owner, *serve, *work;
    vouch_arena *arena;
    /* tenant a: head office and branch, an account of each role in each; tenant b: one branch, one admin */
    char tenant_a[VOUCH_ID_SIZE], tenant_b[VOUCH_ID_SIZE];
    char head[VOUCH_ID_SIZE], branch[VOUCH_ID_SIZE], other[VOUCH_ID_SIZE];
    vouch_principal employee, colleague, reviewer, finance, auditor, admin, platform; /* of a, head office */
    vouch_principal branch_employee, branch_reviewer;                                 /* of a, branch */
    vouch_principal stranger;                                                         /* admin of b */
    char token[VOUCH_TOKEN_SIZE];                                                     /* of employee */
    char token_id[VOUCH_ID_SIZE];
} fixture;

extern fixture f;

/* Start the server once, fill it. Skips the test when PostgreSQL is not there. */
void fixture_set_up(void);
void fixture_tear_down(void);

vouch_store *fixture_open(const char *role);
vouch_claim fixture_claim(const vouch_principal *who, const char *external_ref);
/* Upload made-up bytes named by `content`. */
vouch_document fixture_document(const vouch_principal *who, const char *claim_id, const char *content);
/* Facts of an invoice with a confirmed key. */
vouch_facts fixture_facts(const char *number, const char *const *keys, size_t key_count);
/* Lease the job of a document (in any order), write it back with these facts. */
vouch_write_back_result fixture_read(vouch_store *store, const char *document_id, const vouch_facts *facts,
                                     size_t count, vouch_judge *judge);
vouch_lease fixture_lease(vouch_store *store, const char *document_id);

#define OK(call)                                                                       \
    do {                                                                               \
        vouch_error error_ = VOUCH_ERROR_INIT, *err = &error_;                         \
        vouch_code code_ = (call);                                                     \
        cr_assert_eq(code_, VOUCH_OK, "%s: %d %s", #call, (int)code_, error_.message); \
    } while (0)
#define FAILS(expected, call)                                                                                     \
    do {                                                                                                          \
        vouch_error error_ = VOUCH_ERROR_INIT, *err = &error_;                                                    \
        vouch_code code_ = (call);                                                                                \
        cr_expect_eq(code_, (expected), "%s: %d %s, not %d", #call, (int)code_, error_.message, (int)(expected)); \
    } while (0)

#endif
