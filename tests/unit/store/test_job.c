#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"

TestSuite(job, .init = fixture_set_up, .fini = fixture_tear_down, .timeout = 120);

static const vouch_retry_policy quick = {.max_attempts = 2, .base_ms = 1, .maximum_ms = 1};

Test(job, is_leased_once_and_lost_when_it_runs_out)
{
    vouch_claim claim = fixture_claim(&f.employee, NULL);
    vouch_document document = fixture_document(&f.employee, claim.id, "a");
    cr_expect_eq(document.state, VOUCH_DOCUMENT_QUEUED);
    cr_expect_eq(document.queue_place, 1);
    vouch_lease leases[4], again[4];
    size_t count, second;
    OK(vouch_store_job_lease(f.work, "w", 60, 4, leases, &count, err));
    cr_assert_eq(count, 1);
    cr_expect_str_eq(leases[0].document_id, document.id);
    cr_expect_eq(leases[0].attempt, 1);
    OK(vouch_store_job_lease(f.work, "w", 60, 4, again, &second, err));
    cr_expect_eq(second, 0);
    OK(vouch_store_document_get(f.serve, &f.employee, document.id, f.arena, &document, err));
    cr_expect_eq(document.state, VOUCH_DOCUMENT_READING);
    bool lost = true;
    OK(vouch_store_job_heartbeat(f.work, leases, 1, -1, &lost, err)); /* runs out at once */
    cr_expect_not(lost);
    size_t recovered = 0;
    OK(vouch_store_job_recover(f.work, &quick, &recovered, err));
    cr_expect_eq(recovered, 1);
    usleep(5000);
    OK(vouch_store_job_lease(f.work, "w", 60, 4, again, &second, err));
    cr_assert_eq(second, 1);
    cr_expect_eq(again[0].attempt, 2);
    OK(vouch_store_job_heartbeat(f.work, leases, 1, 60, &lost, err));
    cr_expect(lost, "the first lease is gone");
    vouch_write_back input = {.reading = "{}"};
    vouch_write_back_result result;
    FAILS(VOUCH_PRECONDITION, vouch_store_write_back(f.work, &leases[0], &input, f.arena, &result, err));
    FAILS(VOUCH_PRECONDITION,
          vouch_store_job_fail(f.work, &leases[0], &quick, true, VOUCH_CHILD_SIGNAL, "x", NULL, err));
    OK(vouch_store_write_back(f.work, &again[0], &input, f.arena, &result, err));
    cr_expect_eq(result.outcome, VOUCH_OUTCOME_NOTHING);
}

/* What a step back leaves behind is the same as what a long wait and a long lease are. */
static void wait_and_lease_long(const char *claim_id, const char *waiting, const char *leased)
{
    static const vouch_retry_policy slow = {.max_attempts = 5, .base_ms = 3600 * 1000, .maximum_ms = 3600 * 1000};
    vouch_document a = fixture_document(&f.employee, claim_id, waiting);
    vouch_lease lease = fixture_lease(f.work, a.id);
    OK(vouch_store_job_fail(f.work, &lease, &slow, true, VOUCH_CHILD_SIGNAL, "x", NULL, err));
    fixture_document(&f.employee, claim_id, leased);
    size_t count;
    OK(vouch_store_job_lease(f.work, "w", 3600, 1, &lease, &count, err));
    cr_assert_eq(count, 1);
}

Test(job, a_clock_that_was_set_back_stops_nothing)
{
    vouch_claim claim = fixture_claim(&f.employee, NULL);
    static const vouch_retry_policy patient = {.max_attempts = 5, .base_ms = 1000, .maximum_ms = 7200 * 1000};
    vouch_clock_watch watch = {0};
    size_t mended = 9, count;
    vouch_lease lease;
    bool lost;
    wait_and_lease_long(claim.id, "waiting", "leased");
    OK(vouch_store_job_watch_clock(f.work, &watch, 7200, &patient, &mended, err));
    cr_expect_eq(mended, 0, "nothing is longer than it may be");
    OK(vouch_store_job_watch_clock(f.work, &watch, 60, &patient, &mended, err));
    cr_expect_eq(mended, 0, "the clock goes on as it should");
    watch.database_us += 3600 * (int64_t)1000000; /* it was an hour later then */
    OK(vouch_store_job_watch_clock(f.work, &watch, 60, &patient, &mended, err));
    cr_expect_eq(mended, 2);
    OK(vouch_store_job_lease(f.work, "w", 60, 1, &lease, &count, err));
    cr_expect_eq(count, 1, "the waiting one is ready");
    OK(vouch_store_job_watch_clock(f.work, &watch, 60, &patient, &mended, err));
    cr_expect_eq(mended, 0, "once");
    OK(vouch_store_job_heartbeat(f.work, &lease, 1, 60, &lost, err));
    cr_expect_not(lost);
}

Test(job, what_no_configuration_makes_is_cut_at_the_first_look)
{
    vouch_claim claim = fixture_claim(&f.employee, NULL);
    vouch_clock_watch watch = {0};
    size_t mended;
    wait_and_lease_long(claim.id, "waiting", "leased");
    OK(vouch_store_job_watch_clock(f.work, &watch, 60, &quick, &mended, err));
    cr_expect_eq(mended, 2);
}

Test(job, dies_after_its_attempts_and_can_be_revived)
{
    vouch_claim claim = fixture_claim(&f.employee, NULL);
    vouch_document document = fixture_document(&f.employee, claim.id, "a");
    for (int attempt = 1; attempt <= 2; attempt++) {
        usleep(5000);
        vouch_lease lease = fixture_lease(f.work, document.id);
        cr_expect_eq(lease.attempt, attempt);
        bool dead;
        OK(vouch_store_job_fail(f.work, &lease, &quick, true, VOUCH_CHILD_SIGNAL, "SIGSEGV", &dead, err));
        cr_expect_eq(dead, attempt == 2);
    }
    OK(vouch_store_document_get(f.serve, &f.employee, document.id, f.arena, &document, err));
    cr_expect_eq(document.state, VOUCH_DOCUMENT_FAILED);
    cr_expect_str_eq(document.problem, "reader-crashed");
    cr_expect_str_eq(document.problem_detail, "SIGSEGV");
    vouch_job_info *jobs;
    size_t count;
    OK(vouch_store_job_list(f.owner, "dead", 0, f.arena, &jobs, &count, err));
    cr_assert_eq(count, 1);
    cr_expect_str_eq(jobs[0].reason, "reader-crashed");
    cr_expect_str_eq(jobs[0].tenant, "a");
    cr_expect_str_eq(jobs[0].file, "a.pdf");
    OK(vouch_store_job_retry(f.owner, 0, &count, err));
    cr_expect_eq(count, 1);
    vouch_lease lease = fixture_lease(f.work, document.id);
    bool dead;
    OK(vouch_store_job_fail(f.work, &lease, &quick, false, VOUCH_BAD_FORMAT, "no retry", &dead, err));
    cr_expect(dead);
    OK(vouch_store_job_drop(f.owner, lease.job, err));
    FAILS(VOUCH_NOT_FOUND, vouch_store_job_drop(f.owner, lease.job, err));
    vouch_queue_depth depth;
    OK(vouch_store_queue_depth(f.serve, &depth, err));
    cr_expect_eq(depth.queued + depth.waiting + depth.leased + depth.dead, 0);
}

Test(job, a_backlog_lets_others_in_between)
{
    vouch_claim many = fixture_claim(&f.employee, NULL), one = {0};
    vouch_claim_input input = {0};
    OK(vouch_store_claim_create(f.serve, &f.stranger, &input, f.arena, &one, err));
    for (int i = 0; i < 20; i++) {
        char content[16];
        snprintf(content, sizeof content, "%d", i);
        fixture_document(&f.employee, many.id, content);
    }
    fixture_document(&f.stranger, one.id, "late");
    vouch_lease leases[10];
    size_t count, place = 99;
    OK(vouch_store_job_lease(f.work, "w", 60, 10, leases, &count, err));
    cr_assert_eq(count, 10);
    for (size_t i = 0; i < count; i++)
        if (strcmp(leases[i].tenant_id, f.tenant_b) == 0)
            place = i;
    cr_expect_lt(place, 10, "the other tenant's only document is among the first ten");
}

Test(job, same_bytes_in_one_claim_are_one_document)
{
    vouch_claim claim = fixture_claim(&f.employee, NULL);
    vouch_document a = fixture_document(&f.employee, claim.id, "a"), b = fixture_document(&f.employee, claim.id, "a");
    cr_expect_str_eq(a.id, b.id);
    vouch_claim other = fixture_claim(&f.employee, NULL);
    b = fixture_document(&f.employee, other.id, "a");
    cr_expect_str_neq(a.id, b.id);
    vouch_claim out;
    FAILS(VOUCH_STATE_CONFLICT,
          vouch_store_claim_move(f.serve, &f.employee, claim.id, VOUCH_MOVE_SUBMIT, 0, NULL, f.arena, &out, NULL, err));
    OK(vouch_store_document_remove(f.serve, &f.employee, a.id, err));
    OK(vouch_store_claim_move(f.serve, &f.employee, claim.id, VOUCH_MOVE_SUBMIT, 0, NULL, f.arena, &out, NULL, err));
    vouch_document_input input = {.claim_id = claim.id, .format = "pdf", .sha256 = a.sha256, .xxh3 = a.xxh3};
    FAILS(VOUCH_STATE_CONFLICT, vouch_store_document_accept(f.serve, &f.employee, &input, f.arena, &b, NULL, err));
}
