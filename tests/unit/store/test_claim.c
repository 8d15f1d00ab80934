#include <string.h>

#include "fixture.h"

TestSuite(claim, .init = fixture_set_up, .fini = fixture_tear_down, .timeout = 120);

Test(claim, is_created_found_and_listed)
{
    vouch_claim_line lines[] = {{.category = "hotel", .amount_minor = 10000}, {.note = "taxi", .amount_minor = 2550}};
    vouch_claim_input input = {.external_ref = "E-1", .title = "Trip 100%", .lines = lines, .line_count = 2};
    vouch_claim claim, again;
    OK(vouch_store_claim_create(f.serve, &f.employee, &input, f.arena, &claim, err));
    cr_expect_eq(claim.lines_minor, 12550);
    cr_expect_eq(claim.line_count, 2);
    cr_expect_str_eq(claim.lines[1].note, "taxi");
    cr_expect_str_eq(claim.currency, "CNY");
    cr_expect_eq(claim.state, VOUCH_CLAIM_DRAFT);
    cr_expect_str_eq(claim.branch_code, "head");
    cr_expect_eq(strlen(claim.reference), 11);
    OK(vouch_store_claim_get(f.serve, &f.employee, claim.id, f.arena, &again, err));
    cr_expect_str_eq(again.reference, claim.reference);
    OK(vouch_store_claim_get_by_reference(f.serve, &f.reviewer, "E-1", f.arena, &again, err));
    cr_expect_str_eq(again.id, claim.id);
    FAILS(VOUCH_STATE_CONFLICT, vouch_store_claim_create(f.serve, &f.employee, &input, f.arena, &again, err));
    FAILS(VOUCH_NOT_FOUND, vouch_store_claim_get(f.serve, &f.employee, "nonsense", f.arena, &again, err));
    for (int i = 0; i < 5; i++)
        fixture_claim(&f.employee, NULL);
    const struct {
        const char *text;
        vouch_claim_filter filter;
        size_t count;
    } rows[] = {
        {"all", {0}, 6},
        {"state", {.state = "submitted"}, 0},
        {"draft", {.state = "draft"}, 6},
        {"reference", {.external_ref = "E-1"}, 1},
        {"title", {.q = "trip 100%"}, 1},
        {"a percent sign is no wildcard", {.q = "p%1"}, 0},
        {"branch", {.branch_id = f.branch}, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        vouch_claim *claims;
        size_t count;
        const char *next;
        OK(vouch_store_claim_list(f.serve, &f.employee, &rows[i].filter, f.arena, &claims, &count, &next, err));
        cr_expect_eq(count, rows[i].count, "%s: %zu", rows[i].text, count);
    }
}

Test(claim, pages_of_a_list_hold_each_claim_once)
{
    for (int i = 0; i < 7; i++)
        fixture_claim(&f.employee, NULL);
    vouch_claim_filter filter = {.limit = 3};
    size_t total = 0, pages = 0;
    const char *last = NULL;
    do {
        vouch_claim *claims;
        size_t count;
        OK(vouch_store_claim_list(f.serve, &f.employee, &filter, f.arena, &claims, &count, &filter.before, err));
        for (size_t i = 0; i < count; i++) {
            cr_expect(!last || strcmp(claims[i].id, last) < 0);
            last = claims[i].id;
        }
        total += count;
        pages++;
    } while (filter.before);
    cr_expect_eq(total, 7);
    cr_expect_eq(pages, 3);
}

Test(claim, upsert_creates_changes_and_leaves_alone)
{
    vouch_claim_line line = {.amount_minor = 100};
    vouch_claim_input input = {.external_ref = "P-7", .title = "one", .lines = &line, .line_count = 1};
    vouch_claim claim;
    bool created;
    FAILS(VOUCH_PRECONDITION,
          vouch_store_claim_upsert(f.serve, &f.platform, &input, 4, f.arena, &claim, &created, err));
    OK(vouch_store_claim_upsert(f.serve, &f.platform, &input, 0, f.arena, &claim, &created, err));
    cr_expect(created);
    int64_t version = claim.version;
    OK(vouch_store_claim_upsert(f.serve, &f.platform, &input, 0, f.arena, &claim, &created, err));
    cr_expect_not(created);
    cr_expect_eq(claim.version, version, "nothing changed, no new version");
    line.amount_minor = 250;
    FAILS(VOUCH_PRECONDITION,
          vouch_store_claim_upsert(f.serve, &f.platform, &input, version + 1, f.arena, &claim, &created, err));
    OK(vouch_store_claim_upsert(f.serve, &f.platform, &input, version, f.arena, &claim, &created, err));
    cr_expect_eq(claim.lines_minor, 250);
    cr_expect_eq(claim.version, version + 1);
    OK(vouch_store_claim_move(f.serve, &f.platform, claim.id, VOUCH_MOVE_SUBMIT, 0, NULL, f.arena, &claim, NULL, err));
    OK(vouch_store_claim_upsert(f.serve, &f.platform, &input, 0, f.arena, &claim, &created, err));
    input.title = "two";
    FAILS(VOUCH_STATE_CONFLICT,
          vouch_store_claim_upsert(f.serve, &f.platform, &input, 0, f.arena, &claim, &created, err));
    FAILS(VOUCH_STATE_CONFLICT,
          vouch_store_claim_upsert(f.serve, &f.branch_employee, &input, 0, f.arena, &claim, &created, err));
}

Test(claim, lines_are_added_replaced_and_removed)
{
    vouch_claim claim = fixture_claim(&f.employee, NULL);
    char id[VOUCH_ID_SIZE];
    OK(vouch_uuid(id, err));
    vouch_claim_line line = {.id = id, .category = "meal", .amount_minor = 5000};
    for (int i = 0; i < 2; i++)
        OK(vouch_store_claim_line_add(f.serve, &f.employee, claim.id, 0, &line, f.arena, &claim, err));
    cr_expect_eq(claim.line_count, 1, "a repeated request adds nothing");
    cr_expect_eq(claim.lines_minor, 5000);
    FAILS(VOUCH_NOT_FOUND,
          vouch_store_claim_line_remove(f.serve, &f.employee, claim.id, 0, claim.id, f.arena, &claim, err));
    FAILS(VOUCH_PRECONDITION,
          vouch_store_claim_line_remove(f.serve, &f.employee, claim.id, claim.version + 1, id, f.arena, &claim, err));
    vouch_claim_line others[] = {{.amount_minor = 1}, {.amount_minor = 2}};
    OK(vouch_store_claim_lines_replace(f.serve, &f.employee, claim.id, claim.version, others, 2, f.arena, &claim, err));
    cr_expect_eq(claim.lines_minor, 3);
    vouch_claim_line wrong = {.amount_minor = 1, .document_id = claim.id};
    FAILS(VOUCH_INVALID_FIELD,
          vouch_store_claim_line_add(f.serve, &f.employee, claim.id, 0, &wrong, f.arena, &claim, err));
    OK(vouch_store_claim_line_remove(f.serve, &f.employee, claim.id, 0, claim.lines[0].id, f.arena, &claim, err));
    cr_expect_eq(claim.lines_minor, 2);
}

/* Every move from every state by every role, against the table itself and the words of the issue. */
Test(claim, moves_follow_the_table)
{
    static const vouch_claim_move to_state[VOUCH_CLAIM_STATE_COUNT][4] = {
        [VOUCH_CLAIM_SUBMITTED] = {VOUCH_MOVE_SUBMIT, VOUCH_MOVE_COUNT},
        [VOUCH_CLAIM_APPROVED] = {VOUCH_MOVE_SUBMIT, VOUCH_MOVE_APPROVE, VOUCH_MOVE_COUNT},
        [VOUCH_CLAIM_PAID] = {VOUCH_MOVE_SUBMIT, VOUCH_MOVE_APPROVE, VOUCH_MOVE_PAY, VOUCH_MOVE_COUNT},
        [VOUCH_CLAIM_REJECTED] = {VOUCH_MOVE_SUBMIT, VOUCH_MOVE_REJECT, VOUCH_MOVE_COUNT},
        [VOUCH_CLAIM_WITHDRAWN] = {VOUCH_MOVE_WITHDRAW, VOUCH_MOVE_COUNT},
        [VOUCH_CLAIM_DRAFT] = {VOUCH_MOVE_COUNT},
    };
    size_t count;
    const vouch_claim_move_info *moves = vouch_claim_moves(&count);
    for (int state = 0; state < VOUCH_CLAIM_STATE_COUNT; state++)
        for (size_t move = 0; move < count; move++) {
            vouch_claim claim = fixture_claim(&f.employee, NULL), moved = {0};
            for (int i = 0; to_state[state][i] != VOUCH_MOVE_COUNT; i++)
                OK(vouch_store_claim_move(f.serve, &f.admin, claim.id, to_state[state][i], 0, "why", f.arena, &claim,
                                          NULL, err));
            bool there = (int)moves[move].to == state, allowed = moves[move].from_states & 1u << state;
            vouch_code code = vouch_store_claim_move(f.serve, &f.admin, claim.id, moves[move].move, 0, "why", f.arena,
                                                     &moved, NULL, NULL);
            cr_expect_eq(code, there || allowed ? VOUCH_OK : VOUCH_STATE_CONFLICT, "%s from %s: %d", moves[move].name,
                         vouch_claim_state_name((vouch_claim_state)state), (int)code);
            if (there)
                cr_expect_eq(moved.version, claim.version, "%s again changes nothing", moves[move].name);
        }
}

Test(claim, nobody_approves_his_own_claim)
{
    vouch_principal claimant = f.employee, approver = f.reviewer;
    vouch_claim claim = fixture_claim(&claimant, NULL), out;
    OK(vouch_store_claim_move(f.serve, &claimant, claim.id, VOUCH_MOVE_SUBMIT, 0, NULL, f.arena, &claim, NULL, err));
    memcpy(approver.account_id, claimant.account_id, sizeof approver.account_id); /* he became a reviewer meanwhile */
    FAILS(VOUCH_FORBIDDEN,
          vouch_store_claim_move(f.serve, &approver, claim.id, VOUCH_MOVE_APPROVE, 0, NULL, f.arena, &out, NULL, err));
    OK(vouch_store_claim_move(f.serve, &f.reviewer, claim.id, VOUCH_MOVE_APPROVE, 0, NULL, f.arena, &out, NULL, err));
    cr_expect_eq(out.state, VOUCH_CLAIM_APPROVED);
}

Test(claim, moves_need_role_version_and_reason)
{
    vouch_claim claim = fixture_claim(&f.employee, NULL), out;
    FAILS(VOUCH_PRECONDITION, vouch_store_claim_move(f.serve, &f.employee, claim.id, VOUCH_MOVE_SUBMIT, 99, NULL,
                                                     f.arena, &out, NULL, err));
    OK(vouch_store_claim_move(f.serve, &f.employee, claim.id, VOUCH_MOVE_SUBMIT, claim.version, NULL, f.arena, &claim,
                              NULL, err));
    FAILS(VOUCH_FORBIDDEN, vouch_store_claim_move(f.serve, &f.employee, claim.id, VOUCH_MOVE_APPROVE, 0, NULL, f.arena,
                                                  &out, NULL, err));
    FAILS(VOUCH_FORBIDDEN, vouch_store_claim_move(f.serve, &f.auditor, claim.id, VOUCH_MOVE_WITHDRAW, 0, NULL, f.arena,
                                                  &out, NULL, err));
    FAILS(VOUCH_FORBIDDEN,
          vouch_store_claim_move(f.serve, &f.reviewer, claim.id, VOUCH_MOVE_PAY, 0, NULL, f.arena, &out, NULL, err));
    FAILS(VOUCH_INVALID_FIELD,
          vouch_store_claim_move(f.serve, &f.reviewer, claim.id, VOUCH_MOVE_REJECT, 0, "", f.arena, &out, NULL, err));
    OK(vouch_store_claim_move(f.serve, &f.reviewer, claim.id, VOUCH_MOVE_REJECT, 0, "no receipt", f.arena, &out, NULL,
                              err));
    cr_expect_str_eq(out.reason, "no receipt");
    vouch_audit_entry *entries;
    size_t count;
    OK(vouch_store_audit_list(f.serve, &f.auditor, claim.id, 0, 10, f.arena, &entries, &count, err));
    cr_expect_eq(count, 3);
    cr_expect_str_eq(entries[0].action, "claim.reject");
    cr_expect(strstr(entries[0].before, "submitted") && strstr(entries[0].after, "rejected"));
    vouch_event *events;
    OK(vouch_store_event_list(f.serve, &f.admin, 10, f.arena, &events, &count, err));
    cr_expect_eq(count, 3);
    cr_expect_str_eq(events[2].type, "claim.rejected");
    OK(vouch_store_event_acknowledge(f.serve, &f.admin, events[0].sequence, err));
    OK(vouch_store_event_list(f.serve, &f.admin, 10, f.arena, &events, &count, err));
    cr_expect_eq(count, 2);
}
