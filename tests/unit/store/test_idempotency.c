#include <string.h>

#include "fixture.h"

TestSuite(idempotency, .init = fixture_set_up, .fini = fixture_tear_down, .timeout = 120);

Test(idempotency, replays_refuses_and_takes_over)
{
    vouch_idempotency request = {"k1", "POST /v1/claims", "aa"}, another = {"k1", "POST /v1/claims", "bb"};
    vouch_idempotency_answer first, second;
    OK(vouch_store_idempotency_begin(f.serve, &f.employee, &request, f.arena, &first, err));
    cr_expect_not(first.replay);
    FAILS(VOUCH_STATE_CONFLICT, vouch_store_idempotency_begin(f.serve, &f.employee, &request, f.arena, &second, err));
    FAILS(VOUCH_IDEMPOTENCY_MISMATCH,
          vouch_store_idempotency_begin(f.serve, &f.employee, &another, f.arena, &second, err));
    OK(vouch_store_idempotency_begin(f.serve, &f.colleague, &another, f.arena, &second, err));
    OK(vouch_store_idempotency_abandon(f.serve, &f.employee, "k1", err));
    OK(vouch_store_idempotency_begin(f.serve, &f.employee, &request, f.arena, &second, err));
    cr_expect_not(second.replay);
    cr_expect_str_eq(second.resource_id, first.resource_id, "a repetition makes the same resource");
    OK(vouch_store_idempotency_finish(f.serve, &f.employee, "k1", 201, "Location: x", "{}", err));
    OK(vouch_store_idempotency_begin(f.serve, &f.employee, &request, f.arena, &second, err));
    cr_expect(second.replay);
    cr_expect_eq(second.status, 201);
    cr_expect_str_eq(second.body, "{}");
    cr_expect_str_eq(second.headers, "Location: x");
    vouch_idempotency empty = {"", "POST /", "aa"};
    FAILS(VOUCH_INVALID_FIELD, vouch_store_idempotency_begin(f.serve, &f.employee, &empty, f.arena, &second, err));
}

Test(idempotency, a_known_id_creates_nothing_twice)
{
    char id[VOUCH_ID_SIZE];
    OK(vouch_uuid(id, err));
    vouch_claim_input input = {.id = id, .external_ref = "X"};
    vouch_claim claim;
    for (int i = 0; i < 2; i++) {
        OK(vouch_store_claim_create(f.serve, &f.employee, &input, f.arena, &claim, err));
        cr_expect_str_eq(claim.id, id);
    }
}
