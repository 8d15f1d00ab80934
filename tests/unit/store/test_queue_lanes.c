#include <stdio.h>
#include <string.h>

#include "fixture.h"

TestSuite(queue_lanes, .init = fixture_set_up, .fini = fixture_tear_down, .timeout = 120);

static const vouch_queue_lane *find(const vouch_queue_lane *lanes, const char *lane, const char *state)
{
    for (size_t i = 0; i < VOUCH_QUEUE_LANES; i++)
        if (strcmp(lanes[i].lane, lane) == 0 && strcmp(lanes[i].state, state) == 0)
            return &lanes[i];
    cr_assert_fail("no %s %s", lane, state);
    return NULL;
}

Test(queue_lanes, jobs_are_counted_by_lane_and_state)
{
    static const vouch_retry_policy slow = {.max_attempts = 5, .base_ms = 3600 * 1000, .maximum_ms = 3600 * 1000};
    static const struct {
        const char *lane, *state;
        int64_t jobs;
    } rows[] = {{"interactive", "queued", 2}, {"interactive", "waiting", 1},
                {"interactive", "leased", 1}, {"interactive", "dead", 1},
                {"bulk", "queued", 0},        {"bulk", "waiting", 0},
                {"bulk", "leased", 0},        {"bulk", "dead", 0}};
    vouch_queue_lane lanes[VOUCH_QUEUE_LANES];
    OK(vouch_store_queue_lanes(f.serve, lanes, err));
    for (size_t i = 0; i < VOUCH_QUEUE_LANES; i++)
        cr_expect(lanes[i].jobs == 0 && lanes[i].oldest_us == 0, "%s %s", lanes[i].lane, lanes[i].state);
    vouch_claim claim = fixture_claim(&f.employee, NULL);
    vouch_lease lease = fixture_lease(f.work, fixture_document(&f.employee, claim.id, "a").id);
    OK(vouch_store_job_fail(f.work, &lease, &slow, /* retry= */ true, VOUCH_CHILD_SIGNAL, "x", NULL, err));
    lease = fixture_lease(f.work, fixture_document(&f.employee, claim.id, "b").id);
    OK(vouch_store_job_fail(f.work, &lease, &slow, /* retry= */ false, VOUCH_CHILD_SIGNAL, "x", NULL, err));
    (void)fixture_lease(f.work, fixture_document(&f.employee, claim.id, "c").id);
    fixture_document(&f.employee, claim.id, "d");
    fixture_document(&f.employee, claim.id, "e");
    OK(vouch_store_queue_lanes(f.serve, lanes, err));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const vouch_queue_lane *lane = find(lanes, rows[i].lane, rows[i].state);
        cr_expect_eq(lane->jobs, rows[i].jobs, "%s %s: %lld", lane->lane, lane->state, (long long)lane->jobs);
        cr_expect_eq(lane->oldest_us > 0, rows[i].jobs > 0, "%s %s: %lld", lane->lane, lane->state,
                     (long long)lane->oldest_us);
    }
}
