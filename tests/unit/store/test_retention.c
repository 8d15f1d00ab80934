#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "vouch/retention.h"

TestSuite(retention, .init = fixture_set_up, .fini = fixture_tear_down, .timeout = 120);

static vouch_principal operator_of(const char *tenant)
{
    vouch_principal who;
    vouch_principal_operator(tenant, &who);
    return who;
}

static void as_superuser(const char *statement, const char *id)
{
    char sql[400];
    snprintf(sql, sizeof sql, "%s '%s'", statement, id);
    PGconn *connection = PQconnectdb(test_postgres_conninfo(f.server));
    PQclear(PQexec(connection, "SET search_path = vouch"));
    PGresult *result = PQexec(connection, sql);
    cr_assert_eq(PQresultStatus(result), PGRES_COMMAND_OK, "%s: %s", sql, PQresultErrorMessage(result));
    PQclear(result);
    PQfinish(connection);
}

static void erase_all(const char *document_id, bool mask)
{
    vouch_principal who = operator_of(f.tenant_a);
    vouch_erasable before = {0};
    OK(vouch_store_erasable(f.work, &who, document_id, f.arena, &before, err));
    const vouch_erasure erasure = {.document_id = document_id,
                                   .mask = mask,
                                   .reason = "test",
                                   .readings = before.readings,
                                   .reading_count = before.reading_count};
    OK(vouch_store_erase(f.work, &who, &erasure, err));
}

/* A key with a name in it is found again when only its hash is left; a confirmed one and one that only looks. */
Test(retention, an_invoice_is_known_by_a_key_without_its_name)
{
    const char *keys[] = {"cn.air:7812345678901:ZHANG/SAN"}, *others[] = {"cn.air:7812345678901:LI/SI"};
    vouch_facts facts = fixture_facts("7812345678901", keys, 1), other = fixture_facts("7812345678901", others, 1);
    facts.kind = other.kind = "cn.air";
    facts.passenger_name = "ZHANG/SAN";
    vouch_claim first = fixture_claim(&f.employee, "R-1"), second = fixture_claim(&f.employee, "R-2"),
                third = fixture_claim(&f.employee, "R-3");
    vouch_document document = fixture_document(&f.employee, first.id, "ticket");
    cr_assert_eq(fixture_read(f.work, document.id, &facts, 1, NULL).outcome, VOUCH_OUTCOME_ACCEPTED);
    erase_all(document.id, false);
    vouch_document seen;
    OK(vouch_store_document_get(f.serve, &f.employee, document.id, f.arena, &seen, err));
    cr_assert_eq(seen.invoices[0].key_count, 1);
    cr_expect_null(strstr(seen.invoices[0].keys[0], "ZHANG"), "%s", seen.invoices[0].keys[0]);
    vouch_document again = fixture_document(&f.employee, second.id, "ticket, scanned");
    vouch_write_back_result result = fixture_read(f.work, again.id, &facts, 1, NULL);
    cr_expect_eq(result.outcome, VOUCH_OUTCOME_DUPLICATE);
    cr_expect_str_eq(result.pointer.reference, first.reference);
    vouch_document neighbour = fixture_document(&f.employee, third.id, "another passenger's");
    cr_expect_eq(fixture_read(f.work, neighbour.id, &other, 1, NULL).outcome, VOUCH_OUTCOME_ACCEPTED);
    /* The document states its key as it is; only the alias stands beside it in the tables. */
    OK(vouch_store_document_get(f.serve, &f.employee, neighbour.id, f.arena, &seen, err));
    cr_assert_eq(seen.invoices[0].key_count, 1);
    cr_expect_str_eq(seen.invoices[0].keys[0], others[0]);
}

Test(retention, the_rule_that_keeps_longest_decides)
{
    const char *key[] = {"cn::00000000000000000001"};
    vouch_facts two[] = {fixture_facts("1", key, 1), fixture_facts("2", NULL, 0)};
    two[0].kind = "cn.digital.ordinary";
    two[1].kind = "cn.rail";
    vouch_claim claim = fixture_claim(&f.employee, "K-1");
    vouch_document document = fixture_document(&f.employee, claim.id, "two kinds");
    fixture_read(f.work, document.id, two, 2, NULL);
    as_superuser("UPDATE claim SET state = 'paid', paid_at = now() - interval '100 days' WHERE id =", claim.id);
    vouch_principal who = operator_of(f.tenant_a), stranger = operator_of(f.tenant_b);
    static const struct {
        const char *kind;
        int days;
        size_t due; /* with all rules so far */
    } steps[] = {
        {"cn.rail", 10, 0}, /* the other kind has no rule: it stays */
        {"*", 200, 0},      {"*", 20, 1},        {"cn.rail", 150, 0}, {"cn.digital.ordinary", 30, 0},
        {"cn.rail", 99, 1}, {"cn.rail", 100, 0}, /* not before the day is over */
        {"cn.rail", 0, 1},
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        const vouch_retention_rule rule = {VOUCH_RETENTION_PAID, steps[i].kind, steps[i].days, NULL};
        vouch_retention_due *due = NULL;
        size_t count = 99;
        OK(vouch_store_retention_set(f.owner, &who, &rule, err));
        as_superuser("UPDATE claim SET paid_at = now() - interval '100 days' + interval '1 minute' WHERE id =",
                     claim.id);
        OK(vouch_store_retention_due(f.work, &who, 10, f.arena, &due, &count, err));
        cr_expect_eq(count, steps[i].due, "step %zu: %zu", i, count);
        OK(vouch_store_retention_due(f.work, &stranger, 10, f.arena, &due, &count, err));
        cr_expect_eq(count, 0, "another tenant");
    }
}

Test(retention, a_hold_outranks_everything)
{
    vouch_claim claim = fixture_claim(&f.employee, "H-1");
    vouch_document document = fixture_document(&f.employee, claim.id, "held"), waits;
    vouch_facts facts = fixture_facts("3", NULL, 0);
    fixture_read(f.work, document.id, &facts, 1, NULL);
    waits = fixture_document(&f.employee, claim.id, "still to be read");
    vouch_principal who = operator_of(f.tenant_a), stranger = operator_of(f.tenant_b);
    vouch_erasable out;
    const vouch_legal_hold on_claim = {"claim", claim.id, "court", NULL},
                           on_document = {"document", document.id, "tax", NULL};
    FAILS(VOUCH_STATE_CONFLICT, vouch_store_erasable(f.work, &who, waits.id, f.arena, &out, err));
    FAILS(VOUCH_NOT_FOUND, vouch_store_erasable(f.work, &stranger, document.id, f.arena, &out, err));
    FAILS(VOUCH_NOT_FOUND, vouch_store_hold_set(f.owner, &stranger, &on_claim, err));
    OK(vouch_store_hold_set(f.owner, &who, &on_claim, err));
    OK(vouch_store_hold_set(f.owner, &who, &on_document, err));
    FAILS(VOUCH_STATE_CONFLICT, vouch_store_erasable(f.work, &who, document.id, f.arena, &out, err));
    OK(vouch_store_hold_remove(f.owner, &who, "claim", claim.id, err));
    FAILS(VOUCH_STATE_CONFLICT, vouch_store_erasable(f.work, &who, document.id, f.arena, &out, err));
    OK(vouch_store_hold_remove(f.owner, &who, "document", document.id, err));
    OK(vouch_store_erasable(f.work, &who, document.id, f.arena, &out, err));
    /* A hold that comes between looking and writing counts. */
    OK(vouch_store_hold_set(f.owner, &who, &on_claim, err));
    const vouch_erasure erasure = {
        .document_id = document.id, .reason = "test", .readings = out.readings, .reading_count = out.reading_count};
    FAILS(VOUCH_STATE_CONFLICT, vouch_store_erase(f.work, &who, &erasure, err));
}

Test(retention, roles_that_serve_neither_make_rules_nor_holds)
{
    vouch_principal who = operator_of(f.tenant_a);
    const vouch_retention_rule rule = {VOUCH_RETENTION_PAID, "*", 1, NULL};
    vouch_claim claim = fixture_claim(&f.employee, "G-1");
    const vouch_legal_hold hold = {"claim", claim.id, "court", NULL};
    vouch_store *const stores[] = {f.serve, f.work};
    for (size_t i = 0; i < 2; i++) {
        FAILS(VOUCH_INTERNAL, vouch_store_retention_set(stores[i], &who, &rule, err));
        FAILS(VOUCH_INTERNAL, vouch_store_hold_set(stores[i], &who, &hold, err));
        FAILS(VOUCH_INTERNAL, vouch_store_hold_remove(stores[i], &who, "claim", claim.id, err));
    }
}
