#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

TestSuite(writeback, .init = fixture_set_up, .fini = fixture_tear_down, .timeout = 300);

static const char *const key[] = {"cn::26000000000000000001"};

static vouch_judgement same_fields(const vouch_facts *mine, const vouch_facts *other, vouch_arena *arena, void *data)
{
    (void)arena;
    (void)data;
    bool same = mine->fields_print && other->fields_print && strcmp(mine->fields_print, other->fields_print) == 0;
    return same ? (vouch_judgement){"same_fields", 0.9, "hold", NULL} : (vouch_judgement){0};
}

static vouch_outcome upload(const vouch_principal *who, const char *claim, const char *content,
                            const vouch_facts *facts)
{
    vouch_document document = fixture_document(who, claim, content);
    return fixture_read(f.work, document.id, facts, 1, same_fields).outcome;
}

Test(writeback, first_is_accepted_second_points_to_it)
{
    vouch_facts facts = fixture_facts("26000000000000000001", key, 1);
    vouch_claim first = fixture_claim(&f.employee, "F-1"), second = fixture_claim(&f.branch_employee, NULL), out;
    cr_expect_eq(upload(&f.employee, first.id, "pdf", &facts), VOUCH_OUTCOME_ACCEPTED);
    cr_expect_eq(upload(&f.employee, first.id, "ofd", &facts), VOUCH_OUTCOME_COPY);
    vouch_document document = fixture_document(&f.branch_employee, second.id, "photo");
    vouch_write_back_result result = fixture_read(f.work, document.id, &facts, 1, same_fields);
    cr_expect_eq(result.outcome, VOUCH_OUTCOME_DUPLICATE);
    cr_assert(result.has_pointer);
    cr_expect_str_eq(result.pointer.reference, first.reference);
    cr_expect_str_eq(result.pointer.external_ref, "F-1");
    cr_expect_str_eq(result.pointer.branch, "head");
    OK(vouch_store_document_get(f.serve, &f.branch_employee, document.id, f.arena, &document, err));
    cr_expect_eq(document.state, VOUCH_DOCUMENT_DONE);
    cr_assert_eq(document.match_count, 1);
    cr_expect_str_eq(document.matches[0].kind, "business_key");
    cr_expect_str_eq(document.matches[0].decision, "refuse");
    cr_expect_str_eq(document.matches[0].pointer.reference, first.reference);
    cr_expect_null(document.matches[0].document_id, "a document of another branch is not named");
    cr_expect_str_eq(document.invoices[0].pointer.branch, "head");
    cr_expect_str_eq(document.invoices[0].keys[0], key[0]);
    vouch_pointer pointer = {0};
    FAILS(VOUCH_DUPLICATE, vouch_store_claim_move(f.serve, &f.branch_employee, second.id, VOUCH_MOVE_SUBMIT, 0, NULL,
                                                  f.arena, &out, &pointer, err));
    cr_expect_str_eq(pointer.reference, first.reference);
    OK(vouch_store_claim_get(f.serve, &f.employee, first.id, f.arena, &out, err));
    cr_expect_eq(out.invoices_minor, 10600);
    /* The first claim ends: the second may have the invoice. */
    OK(vouch_store_claim_move(f.serve, &f.employee, first.id, VOUCH_MOVE_WITHDRAW, 0, NULL, f.arena, &out, NULL, err));
    cr_expect_eq(out.invoices_minor, 0);
    OK(vouch_store_claim_move(f.serve, &f.branch_employee, second.id, VOUCH_MOVE_SUBMIT, 0, NULL, f.arena, &out, NULL,
                              err));
    cr_expect_eq(out.invoices_minor, 10600);
    OK(vouch_store_document_get(f.serve, &f.branch_employee, document.id, f.arena, &document, err));
    cr_expect_eq(document.outcome, VOUCH_OUTCOME_ACCEPTED);
}

Test(writeback, same_bytes_without_a_key_are_a_duplicate)
{
    vouch_facts receipt = fixture_facts(NULL, NULL, 0);
    vouch_claim first = fixture_claim(&f.employee, NULL), second = fixture_claim(&f.colleague, NULL);
    cr_expect_eq(upload(&f.employee, first.id, "jpeg", &receipt), VOUCH_OUTCOME_ACCEPTED);
    vouch_document document = fixture_document(&f.colleague, second.id, "jpeg");
    cr_expect_eq(fixture_read(f.work, document.id, &receipt, 1, NULL).outcome, VOUCH_OUTCOME_DUPLICATE);
    OK(vouch_store_document_get(f.serve, &f.colleague, document.id, f.arena, &document, err));
    cr_expect_str_eq(document.matches[0].kind, "exact");
}

Test(writeback, unconfirmed_keys_hold_and_never_take_the_slot)
{
    vouch_facts ocr = fixture_facts("26000000000000000001", key, 1), sure = ocr;
    ocr.keys_confirmed = false;
    ocr.fields_print = sure.fields_print = "v1:same";
    vouch_claim first = fixture_claim(&f.employee, NULL), second = fixture_claim(&f.colleague, NULL),
                third = fixture_claim(&f.branch_employee, NULL);
    cr_expect_eq(upload(&f.employee, first.id, "photo", &ocr), VOUCH_OUTCOME_ACCEPTED);
    vouch_document document = fixture_document(&f.colleague, second.id, "xml");
    cr_expect_eq(fixture_read(f.work, document.id, &sure, 1, same_fields).outcome, VOUCH_OUTCOME_HELD);
    cr_expect_eq(upload(&f.branch_employee, third.id, "pdf", &sure), VOUCH_OUTCOME_DUPLICATE);
    OK(vouch_store_document_get(f.serve, &f.colleague, document.id, f.arena, &document, err));
    cr_assert_eq(document.match_count, 1);
    cr_expect_str_eq(document.matches[0].decision, "hold");
    cr_expect_str_eq(document.matches[0].pointer.reference, first.reference);
}

Test(writeback, several_invoices_and_a_supporting_list)
{
    const char *const keys[] = {"cn::1", "cn::2"};
    vouch_facts facts[] = {fixture_facts("1", keys, 1), fixture_facts("2", keys + 1, 1), fixture_facts(NULL, NULL, 0)};
    facts[2].supporting = true;
    facts[1].credit = true;
    facts[1].gross_minor = 600;
    vouch_claim claim = fixture_claim(&f.employee, NULL);
    vouch_document document = fixture_document(&f.employee, claim.id, "sheet");
    cr_expect_eq(fixture_read(f.work, document.id, facts, 3, NULL).outcome, VOUCH_OUTCOME_ACCEPTED);
    OK(vouch_store_document_get(f.serve, &f.employee, document.id, f.arena, &document, err));
    cr_assert_eq(document.invoice_count, 3);
    cr_expect_eq(document.invoices[2].outcome, VOUCH_OUTCOME_SUPPORTING);
    OK(vouch_store_claim_get(f.serve, &f.employee, claim.id, f.arena, &claim, err));
    cr_expect_eq(claim.invoices_minor, 10000, "a credit note counts against");
    OK(vouch_store_document_remove(f.serve, &f.employee, document.id, err));
    OK(vouch_store_claim_get(f.serve, &f.employee, claim.id, f.arena, &claim, err));
    cr_expect_eq(claim.invoices_minor, 0);
    cr_expect_eq(claim.document_count, 0);
}

Test(writeback, shared_invoices_never_exceed_their_gross)
{
    vouch_tenant tenant = {.slug = "split", .name = "S", .currency = "CNY", .splitting = true};
    char id[VOUCH_ID_SIZE], branch_id[VOUCH_ID_SIZE];
    OK(vouch_store_tenant_create(f.owner, &tenant, id, NULL, err));
    vouch_principal who;
    vouch_principal_operator(id, &who);
    vouch_branch branch = {.code = "x", .name = "x"};
    OK(vouch_store_branch_create(f.owner, &who, &branch, branch_id, NULL, err));
    static const struct {
        int64_t asked, held;
        vouch_outcome outcome;
    } rows[] = {{4000, 4000, VOUCH_OUTCOME_ACCEPTED},
                {5000, 5000, VOUCH_OUTCOME_ACCEPTED},
                {5000, 1600, VOUCH_OUTCOME_ACCEPTED},
                {1000, 0, VOUCH_OUTCOME_DUPLICATE}};
    vouch_facts facts = fixture_facts("1", key, 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        vouch_claim_input input = {.branch_code = "x"};
        vouch_claim claim;
        OK(vouch_store_claim_create(f.serve, &who, &input, f.arena, &claim, err));
        vouch_document document = fixture_document(&who, claim.id, (char[]){(char)('a' + i), 0});
        vouch_claim_line line = {.amount_minor = rows[i].asked, .document_id = document.id};
        OK(vouch_store_claim_line_add(f.serve, &who, claim.id, 0, &line, f.arena, &claim, err));
        cr_expect_eq(fixture_read(f.work, document.id, &facts, 1, NULL).outcome, rows[i].outcome, "row %zu", i);
        OK(vouch_store_claim_get(f.serve, &who, claim.id, f.arena, &claim, err));
        cr_expect_eq(claim.invoices_minor, rows[i].held, "row %zu: %lld", i, (long long)claim.invoices_minor);
    }
    static const char *const free_of_charge[] = {"cn::26000000000000000002"};
    const vouch_outcome expected[] = {VOUCH_OUTCOME_ACCEPTED, VOUCH_OUTCOME_DUPLICATE};
    vouch_facts nothing = fixture_facts("2", free_of_charge, 1);
    nothing.gross_minor = 0;
    for (size_t i = 0; i < 2; i++) {
        vouch_claim_input input = {.branch_code = "x"};
        vouch_claim claim;
        OK(vouch_store_claim_create(f.serve, &who, &input, f.arena, &claim, err));
        cr_expect_eq(upload(&who, claim.id, i ? "y" : "x", &nothing), expected[i], "gross of zero, claim %zu", i);
    }
}

Test(writeback, verifications_look_and_take_nothing)
{
    vouch_facts facts = fixture_facts("1", key, 1);
    char sha256[65], xxh3[33];
    vouch_sha256_hex("v", 1, sha256);
    vouch_xxh3_hex("v", 1, xxh3);
    vouch_document_input input = {.format = "pdf", .sha256 = sha256, .xxh3 = xxh3, .bytes = 1};
    vouch_claim claim = fixture_claim(&f.employee, NULL);
    for (int i = 0; i < 2; i++) {
        vouch_verification verification;
        OK(vouch_store_verification_create(f.serve, &f.platform, &input, f.arena, &verification, err));
        cr_expect_eq(fixture_read(f.work, verification.document.id, &facts, 1, same_fields).outcome,
                     VOUCH_OUTCOME_UNCLAIMED);
        OK(vouch_store_verification_get(f.serve, &f.platform, verification.id, f.arena, &verification, err));
        cr_expect_eq(verification.document.match_count, (size_t)i, "%d", i);
        if (i == 0)
            cr_expect_eq(upload(&f.employee, claim.id, "v", &facts), VOUCH_OUTCOME_ACCEPTED);
        else
            cr_expect_str_eq(verification.document.matches[0].pointer.reference, claim.reference);
    }
}

Test(writeback, reservations_of_old_drafts_expire)
{
    vouch_facts facts = fixture_facts("1", key, 1);
    vouch_claim claim = fixture_claim(&f.employee, NULL), out;
    cr_expect_eq(upload(&f.employee, claim.id, "a", &facts), VOUCH_OUTCOME_ACCEPTED);
    size_t released;
    OK(vouch_store_expire(f.work, &released, err));
    cr_expect_eq(released, 0);
    char command[300];
    snprintf(command, sizeof command,
             "psql -qX \"%s\" -c \"UPDATE vouch.claim SET updated_at = now() - interval '31 days'\"",
             test_postgres_conninfo(f.server));
    cr_assert_eq(system(command), 0);
    OK(vouch_store_expire(f.work, &released, err));
    cr_expect_eq(released, 1);
    OK(vouch_store_claim_move(f.serve, &f.employee, claim.id, VOUCH_MOVE_SUBMIT, 0, NULL, f.arena, &out, NULL, err));
    cr_expect_eq(out.invoices_minor, 10600);
}

Test(writeback, held_invoices_are_reserved_again_with_their_draft)
{
    vouch_facts first = fixture_facts("1", key, 1), second = fixture_facts("2", NULL, 0);
    first.fields_print = second.fields_print = "v1:same";
    vouch_claim other = fixture_claim(&f.employee, NULL), claim = fixture_claim(&f.employee, NULL), out;
    cr_expect_eq(upload(&f.employee, other.id, "a", &first), VOUCH_OUTCOME_ACCEPTED);
    cr_expect_eq(upload(&f.employee, claim.id, "b", &second), VOUCH_OUTCOME_HELD);
    char command[300];
    snprintf(command, sizeof command,
             "psql -qX \"%s\" -c \"UPDATE vouch.claim SET updated_at = now() - interval '31 days'\"",
             test_postgres_conninfo(f.server));
    cr_assert_eq(system(command), 0);
    size_t released;
    OK(vouch_store_expire(f.work, &released, err));
    cr_expect_eq(released, 2);
    OK(vouch_store_claim_move(f.serve, &f.employee, claim.id, VOUCH_MOVE_SUBMIT, 0, NULL, f.arena, &out, NULL, err));
    cr_expect_eq(out.invoices_minor, 10600);
    vouch_document *documents;
    size_t count;
    OK(vouch_store_document_list(f.serve, &f.employee, claim.id, f.arena, &documents, &count, err));
    cr_expect_eq(documents[0].outcome, VOUCH_OUTCOME_HELD, "it waits for a reviewer still");
}

Test(writeback, invoices_of_one_document_that_lead_to_each_other)
{
    /* The second is the first by one key and the third by the other. */
    const char *const keys[] = {"cn:1:1", "cn:2:2"};
    vouch_facts facts[] = {fixture_facts("1", keys + 1, 1), fixture_facts("1", keys, 2), fixture_facts("1", keys, 1)};
    vouch_claim claim = fixture_claim(&f.employee, NULL);
    vouch_document document = fixture_document(&f.employee, claim.id, "sheet");
    cr_expect_eq(fixture_read(f.work, document.id, facts, 3, NULL).outcome, VOUCH_OUTCOME_ACCEPTED);
    OK(vouch_store_claim_get(f.serve, &f.employee, claim.id, f.arena, &claim, err));
    cr_expect_eq(claim.invoices_minor, 10600, "one invoice, shown three times");
}

Test(writeback, a_released_invoice_is_claimed_for_no_more_than_it_was)
{
    vouch_facts low = fixture_facts("1", key, 1), high = low, unknown = low;
    high.gross_minor = low.gross_minor + 100;
    unknown.has_amount = false;
    const struct {
        const char *text;
        const vouch_facts *facts;
        int64_t held;
    } rows[] = {{"low", &low, 10600}, {"high", &high, 10600}, {"unknown", &unknown, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        vouch_claim claim = fixture_claim(&f.employee, NULL);
        cr_expect_eq(upload(&f.employee, claim.id, rows[i].text, rows[i].facts), VOUCH_OUTCOME_ACCEPTED, "%s",
                     rows[i].text);
        OK(vouch_store_claim_move(f.serve, &f.employee, claim.id, VOUCH_MOVE_SUBMIT, 0, NULL, f.arena, &claim, NULL,
                                  err));
        cr_expect_eq(claim.invoices_minor, rows[i].held, "%s", rows[i].text);
        OK(vouch_store_claim_move(f.serve, &f.employee, claim.id, VOUCH_MOVE_WITHDRAW, 0, NULL, f.arena, &claim, NULL,
                                  err));
    }
}

Test(writeback, documents_read_late_do_not_change_what_was_decided)
{
    vouch_facts facts = fixture_facts("1", key, 1);
    vouch_claim claim = fixture_claim(&f.employee, NULL);
    vouch_document document = fixture_document(&f.employee, claim.id, "late");
    vouch_lease lease = fixture_lease(f.work, document.id);
    const vouch_retry_policy policy = {.max_attempts = 1, .base_ms = 1, .maximum_ms = 1};
    OK(vouch_store_job_fail(f.work, &lease, &policy, false, VOUCH_CHILD_EXIT, NULL, NULL, err));
    OK(vouch_store_claim_move(f.serve, &f.employee, claim.id, VOUCH_MOVE_SUBMIT, 0, NULL, f.arena, &claim, NULL, err));
    OK(vouch_store_claim_move(f.serve, &f.reviewer, claim.id, VOUCH_MOVE_APPROVE, 0, NULL, f.arena, &claim, NULL, err));
    OK(vouch_store_job_retry(f.owner, lease.job, NULL, err));
    cr_expect_eq(fixture_read(f.work, document.id, &facts, 1, NULL).outcome, VOUCH_OUTCOME_UNCLAIMED);
    OK(vouch_store_claim_get(f.serve, &f.employee, claim.id, f.arena, &claim, err));
    cr_expect_eq(claim.invoices_minor, 0);
}

/* Flags everything that the look-up finds, so that the look-up itself is what is tested. */
static vouch_judgement flag_all(const vouch_facts *mine, const vouch_facts *other, vouch_arena *arena, void *data)
{
    (void)mine;
    (void)other;
    (void)arena;
    (void)data;
    return (vouch_judgement){"sequence", 0.5, "flag", NULL};
}

Test(writeback, related_invoices_are_found_and_seen_from_both_sides)
{
    const char *const keys[] = {"cn:1:00001000", "cn:1:00001002", "cn:1:00009000"};
    vouch_facts base = fixture_facts("00001000", keys, 1);
    base.text_print = "words";
    base.fields_print = "v1:fields";
    vouch_claim claim = fixture_claim(&f.employee, NULL);
    vouch_document first = fixture_document(&f.employee, claim.id, "first");
    cr_assert_eq(fixture_read(f.work, first.id, &base, 1, flag_all).outcome, VOUCH_OUTCOME_ACCEPTED);
    struct {
        const char *text;
        vouch_facts facts;
        bool found;
    } rows[] = {
        {"a neighbour", fixture_facts("00001002", keys + 1, 1), true},
        {"far away", fixture_facts("00009000", keys + 2, 1), false},
        {"same words", fixture_facts(NULL, NULL, 0), true},
        {"same fields", fixture_facts(NULL, NULL, 0), true},
        {"its red letter", fixture_facts("00000001", NULL, 0), true},
        {"same number elsewhere", fixture_facts("00001000", NULL, 0), true},
        {"nothing alike", fixture_facts(NULL, NULL, 0), false},
    };
    rows[2].facts.text_print = "words";
    rows[3].facts.fields_print = "v1:fields";
    rows[4].facts.original_invoice_number = "00001000";
    rows[5].facts.seller_tax_id = "another";
    size_t found = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        vouch_claim other = fixture_claim(&f.branch_employee, NULL);
        vouch_document document = fixture_document(&f.branch_employee, other.id, rows[i].text);
        fixture_read(f.work, document.id, &rows[i].facts, 1, flag_all);
        OK(vouch_store_document_get(f.serve, &f.branch_employee, document.id, f.arena, &document, err));
        bool points = false;
        for (size_t m = 0; m < document.match_count; m++)
            points |= strcmp(document.matches[m].pointer.reference, claim.reference) == 0;
        cr_expect_eq(points, rows[i].found, "%s", rows[i].text);
        found += rows[i].found;
    }
    OK(vouch_store_document_get(f.serve, &f.employee, first.id, f.arena, &first, err));
    cr_expect_eq(first.match_count, found, "the earlier document shows what came later: %zu", first.match_count);
}

enum {
    CLAIMS = 50
};

typedef struct racer {
    vouch_lease lease;
    pthread_barrier_t *start;
    vouch_outcome outcome;
    char reference[512];
} racer;

static void *race(void *data)
{
    racer *me = data;
    vouch_store *store = fixture_open(VOUCH_DATABASE_ROLE_WORK);
    vouch_arena *arena = vouch_arena_new();
    vouch_facts facts = fixture_facts("26000000000000000001", key, 1);
    vouch_write_back input = {.reading = "{}", .invoices = &facts, .invoice_count = 1};
    vouch_write_back_result result = {0};
    pthread_barrier_wait(me->start);
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_code code = vouch_store_write_back(store, &me->lease, &input, arena, &result, &err);
    me->outcome = code == VOUCH_OK ? result.outcome : VOUCH_OUTCOME_NONE;
    snprintf(me->reference, sizeof me->reference, "%s",
             code != VOUCH_OK     ? err.message
             : result.has_pointer ? result.pointer.reference
                                  : "");
    vouch_store_close(&store);
    vouch_arena_free(&arena);
    return NULL;
}

Test(writeback, of_fifty_at_once_exactly_one_is_accepted)
{
    static racer racers[CLAIMS];
    pthread_t threads[CLAIMS];
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, CLAIMS);
    vouch_claim claims[CLAIMS];
    for (int i = 0; i < CLAIMS; i++) {
        claims[i] = fixture_claim(i % 2 ? &f.employee : &f.branch_employee, NULL);
        char content[8];
        snprintf(content, sizeof content, "%d", i % 10); /* some with the same bytes */
        vouch_document document = fixture_document(i % 2 ? &f.employee : &f.branch_employee, claims[i].id, content);
        racers[i] = (racer){.lease = fixture_lease(f.work, document.id), .start = &start};
    }
    for (int i = 0; i < CLAIMS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    int winner = -1, accepted = 0;
    for (int i = 0; i < CLAIMS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < CLAIMS; i++)
        if (racers[i].outcome == VOUCH_OUTCOME_ACCEPTED) {
            winner = i;
            accepted++;
        }
    cr_assert_eq(accepted, 1, "%d accepted", accepted);
    for (int i = 0; i < CLAIMS; i++)
        if (i != winner) {
            cr_expect_eq(racers[i].outcome, VOUCH_OUTCOME_DUPLICATE, "%d: %s", i, racers[i].reference);
            cr_expect_str_eq(racers[i].reference, claims[winner].reference);
        }
}
