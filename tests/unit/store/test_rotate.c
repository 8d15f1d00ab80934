/* The queue's tables in turn (0005_load.sql): what is in an old one is not lost, and an empty one is emptied for good.
 */
#include <stdio.h>
#include <string.h>

#include <libpq-fe.h>

#include "fixture.h"

TestSuite(rotate, .init = fixture_set_up, .fini = fixture_tear_down, .timeout = 120);

static const vouch_retry_policy once = {.max_attempts = 1, .base_ms = 1, .maximum_ms = 1};

/* The first cell of the last statement, as superuser. */
static long long ask(const char *sql)
{
    PGconn *connection = PQconnectdb(test_postgres_conninfo(f.server));
    PGresult *result = PQexec(connection, sql);
    cr_assert_eq(PQresultStatus(result), PGRES_TUPLES_OK, "%s: %s", sql, PQerrorMessage(connection));
    long long value = PQntuples(result) ? atoll(PQgetvalue(result, 0, 0)) : -1;
    PQclear(result);
    PQfinish(connection);
    return value;
}

/* Any slot is too large, and what was seen empty was so long ago. */
#define TURN                                                                                                       \
    "SET search_path = vouch; UPDATE job_slot SET emptied_at = now() - interval '1 hour' WHERE emptied_at IS NOT " \
    "NULL; "                                                                                                       \
    "SELECT job_rotate(0)"
#define PRESENT "SELECT slot FROM vouch.job_slot WHERE current"

static size_t lease_all(vouch_lease leases[16])
{
    size_t count = 0;
    OK(vouch_store_job_lease(f.work, "w", 60, 16, leases, &count, err));
    return count;
}

Test(rotate, what_stays_in_an_old_slot_is_leased_and_completed)
{
    vouch_claim claim = fixture_claim(&f.employee, NULL);
    vouch_document leased = fixture_document(&f.employee, claim.id, "leased");
    vouch_lease held[16], others[16];
    cr_assert_eq(lease_all(held), 1);
    vouch_document waiting = fixture_document(&f.employee, claim.id, "waiting");
    cr_expect_eq(ask(PRESENT), 0);
    cr_expect_eq(ask(TURN), 0, "nothing is emptied");
    cr_expect_eq(ask(PRESENT), 1);
    vouch_document fresh = fixture_document(&f.employee, claim.id, "fresh");
    cr_expect_eq(ask("SELECT count(*) FROM vouch.job WHERE slot = 0"), 2);
    cr_expect_eq(ask("SELECT count(*) FROM vouch.job WHERE slot = 1"), 1);
    cr_expect_eq(ask(TURN), 0);
    cr_assert_eq(lease_all(others), 2);
    cr_expect_str_eq(others[0].document_id, waiting.id);
    cr_expect_str_eq(others[1].document_id, fresh.id);
    bool lost = true;
    OK(vouch_store_job_heartbeat(f.work, held, 1, 60, &lost, err));
    cr_expect_not(lost);
    vouch_write_back input = {.reading = "{}"};
    vouch_write_back_result result;
    cr_expect_str_eq(held[0].document_id, leased.id);
    OK(vouch_store_write_back(f.work, &held[0], &input, f.arena, &result, err));
    size_t completed = 0;
    OK(vouch_store_job_complete(f.work, others, 2, &completed, err));
    cr_expect_eq(completed, 2);
    OK(vouch_store_job_complete(f.work, others, 2, &completed, err));
    cr_expect_eq(completed, 0, "a lease is given back once");
    cr_expect_eq(ask("SELECT count(*) FROM vouch.job"), 0);
}

Test(rotate, a_slot_without_jobs_is_emptied_and_used_again)
{
    vouch_claim claim = fixture_claim(&f.employee, NULL);
    vouch_lease leases[16];
    size_t completed;
    for (int round = 0; round < 9; round++) {
        char content[16];
        snprintf(content, sizeof content, "%d", round);
        fixture_document(&f.employee, claim.id, content);
        cr_assert_eq(lease_all(leases), 1, "round %d", round);
        OK(vouch_store_job_complete(f.work, leases, 1, &completed, err));
        cr_expect_eq(completed, 1);
        ask(TURN); /* turned away from */
        ask(TURN); /* seen empty */
        ask(TURN);
        cr_expect_leq(
            ask("SELECT sum((pg_relation_size(oid) > 0)::integer) FROM pg_class WHERE relname ~ '^job_[0-3]$'"), 1,
            "round %d: no more than one slot has rows, dead or alive", round);
    }
}

Test(rotate, dead_letters_move_on_and_can_be_revived)
{
    vouch_claim claim = fixture_claim(&f.employee, NULL);
    vouch_document document = fixture_document(&f.employee, claim.id, "a");
    vouch_lease lease = fixture_lease(f.work, document.id);
    bool dead;
    OK(vouch_store_job_fail(f.work, &lease, &once, true, VOUCH_CHILD_SIGNAL, "SIGSEGV", &dead, err));
    cr_expect(dead);
    for (int i = 0; i < 3; i++)
        ask(TURN);
    cr_expect_eq(ask("SELECT count(*) FROM vouch.job WHERE slot = (" PRESENT ") AND state = 'dead'"), 1);
    vouch_queue_depth depth;
    OK(vouch_store_queue_depth(f.serve, &depth, err));
    cr_expect_eq(depth.dead, 1);
    size_t count = 0;
    OK(vouch_store_job_retry(f.owner, lease.job, &count, err));
    cr_expect_eq(count, 1);
    lease = fixture_lease(f.work, document.id);
    cr_expect_eq(lease.attempt, 1);
}

/* A reader that has looked at the queue holds a lock: the slot waits, the queue goes on. */
Test(rotate, a_slot_that_is_looked_at_is_left)
{
    vouch_claim claim = fixture_claim(&f.employee, NULL);
    fixture_document(&f.employee, claim.id, "a");
    vouch_lease leases[16];
    size_t completed;
    cr_assert_eq(lease_all(leases), 1);
    OK(vouch_store_job_complete(f.work, leases, 1, &completed, err));
    ask(TURN);
    PGconn *reader = PQconnectdb(test_postgres_conninfo(f.server));
    PQclear(PQexec(reader, "BEGIN; SELECT count(*) FROM vouch.job"));
    cr_expect_eq(ask(TURN), 0);
    fixture_document(&f.employee, claim.id, "b");
    cr_expect_eq(lease_all(leases), 1);
    PQclear(PQexec(reader, "COMMIT"));
    PQfinish(reader);
    cr_expect_eq(ask(TURN), 1);
}
