#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"

TestSuite(security, .init = fixture_set_up, .fini = fixture_tear_down, .timeout = 120);

Test(security, tokens_are_checked)
{
    vouch_principal who;
    OK(vouch_store_authenticate(f.serve, f.token, strlen(f.token), &who, err));
    cr_expect_str_eq(who.tenant_id, f.tenant_a);
    cr_expect_str_eq(who.branch_id, f.head);
    cr_expect_eq(who.role, VOUCH_ROLE_EMPLOYEE);
    cr_expect_not(who.all_branches);
    cr_expect(f.finance.all_branches && f.auditor.all_branches && f.admin.all_branches);
    char wrong[VOUCH_TOKEN_SIZE];
    memcpy(wrong, f.token, sizeof wrong);
    wrong[10] = wrong[10] == 'a' ? 'b' : 'a';
    FAILS(VOUCH_UNAUTHENTICATED, vouch_store_authenticate(f.serve, wrong, strlen(wrong), &who, err));
    FAILS(VOUCH_UNAUTHENTICATED, vouch_store_authenticate(f.serve, "", 0, &who, err));
    vouch_principal operator;
    vouch_principal_operator(f.tenant_a, &operator);
    vouch_token token = {.account_id = who.account_id, .expires_at = "2020-01-01T00:00:00Z"};
    char id[VOUCH_ID_SIZE];
    OK(vouch_store_token_create(f.owner, &operator, & token, wrong, id, err));
    FAILS(VOUCH_UNAUTHENTICATED, vouch_store_authenticate(f.serve, wrong, strlen(wrong), &who, err));
    OK(vouch_store_token_revoke(f.owner, &operator, f.token_id, err));
    FAILS(VOUCH_UNAUTHENTICATED, vouch_store_authenticate(f.serve, f.token, strlen(f.token), &who, err));
}

Test(security, use_of_tokens_is_noted)
{
    vouch_token *tokens;
    size_t count;
    OK(vouch_store_token_list(f.serve, &f.admin, f.arena, &tokens, &count, err));
    cr_assert_gt(count, 5);
    for (size_t i = 0; i < count; i++)
        cr_expect_not_null(tokens[i].used_at);
}

Test(security, others_see_nothing)
{
    vouch_claim claim = fixture_claim(&f.employee, "S-1"), out;
    vouch_document document = fixture_document(&f.employee, claim.id, "secret"), seen;
    const struct {
        const char *text;
        const vouch_principal *who;
        bool sees;
    } rows[] = {
        {"owner", &f.employee, true},           {"colleague", &f.colleague, false},
        {"reviewer", &f.reviewer, true},        {"reviewer of another branch", &f.branch_reviewer, false},
        {"finance", &f.finance, true},          {"auditor", &f.auditor, true},
        {"another tenant", &f.stranger, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        vouch_code expected = rows[i].sees ? VOUCH_OK : VOUCH_NOT_FOUND;
        vouch_blob_ref blob;
        vouch_document_state state;
        vouch_claim *claims;
        size_t count;
        const char *next;
        vouch_claim_filter filter = {0};
        const vouch_principal *who = rows[i].who;
        cr_expect_eq(vouch_store_claim_get(f.serve, who, claim.id, f.arena, &out, NULL), expected, "%s", rows[i].text);
        cr_expect_eq(vouch_store_claim_get_by_reference(f.serve, who, "S-1", f.arena, &out, NULL), expected);
        cr_expect_eq(vouch_store_document_get(f.serve, who, document.id, f.arena, &seen, NULL), expected, "%s",
                     rows[i].text);
        cr_expect_eq(vouch_store_document_state(f.serve, who, document.id, &state, NULL), expected);
        cr_expect_eq(vouch_store_document_original(f.serve, who, document.id, f.arena, &blob, NULL), expected);
        OK(vouch_store_claim_list(f.serve, who, &filter, f.arena, &claims, &count, &next, err));
        cr_expect_eq(count, rows[i].sees, "%s: list", rows[i].text);
    }
    FAILS(VOUCH_NOT_FOUND, vouch_store_claim_move(f.serve, &f.stranger, claim.id, VOUCH_MOVE_WITHDRAW, 0, NULL, f.arena,
                                                  &out, NULL, err));
    vouch_document_input input = {
        .claim_id = claim.id, .format = "pdf", .sha256 = document.sha256, .xxh3 = document.xxh3};
    FAILS(VOUCH_NOT_FOUND, vouch_store_document_accept(f.serve, &f.branch_employee, &input, f.arena, &seen, NULL, err));
    vouch_claim_input elsewhere = {.branch_id = f.branch};
    FAILS(VOUCH_FORBIDDEN, vouch_store_claim_create(f.serve, &f.employee, &elsewhere, f.arena, &out, err));
    vouch_claim_input foreign = {.branch_id = f.other};
    FAILS(VOUCH_INVALID_FIELD, vouch_store_claim_create(f.serve, &f.admin, &foreign, f.arena, &out, err));
}

/* Straight SQL as the roles that serve: every table is closed without settings, and to other tenants with them. */
Test(security, every_table_is_behind_its_tenant)
{
    vouch_claim claim = fixture_claim(&f.employee, "S-2");
    fixture_document(&f.employee, claim.id, "x");
    PGconn *admin = PQconnectdb(test_postgres_conninfo(f.server));
    PGresult *tables =
        PQexec(admin, "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity FROM pg_class c WHERE "
                      "c.relnamespace = 'vouch'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> "
                      "'migration'");
    cr_assert_gt(PQntuples(tables), 15);
    static const char *const roles[] = {"vouch_serve", "vouch_work", "vouch_read"};
    for (int i = 0; i < PQntuples(tables); i++) {
        cr_expect_str_eq(PQgetvalue(tables, i, 1), "t", "%s has forced row-level security", PQgetvalue(tables, i, 0));
        for (size_t r = 0; r < 3; r++) {
            char sql[400];
            snprintf(sql, sizeof sql, "SET ROLE %s; SET search_path = vouch; SELECT tenant_id FROM %s", roles[r],
                     PQgetvalue(tables, i, 0));
            PGconn *connection = PQconnectdb(test_postgres_conninfo(f.server));
            PGresult *result = PQexec(connection, sql);
            cr_expect_eq(PQresultStatus(result), PGRES_FATAL_ERROR, "%s reads %s without settings", roles[r],
                         PQgetvalue(tables, i, 0));
            PQclear(result);
            snprintf(sql, sizeof sql,
                     "SET ROLE %s; SET search_path = vouch; SET vouch.tenant = '%s'; SET vouch.branches = '*'; SET "
                     "vouch.account = '*'; SELECT tenant_id FROM %s WHERE tenant_id <> '%s'",
                     roles[r], f.tenant_b, PQgetvalue(tables, i, 0), f.tenant_b);
            result = PQexec(connection, sql);
            cr_expect_eq(PQntuples(result), 0, "%s sees another tenant in %s", roles[r], PQgetvalue(tables, i, 0));
            PQclear(result);
            PQfinish(connection);
        }
    }
    PQclear(tables);
    static const char *const refused[] = {"UPDATE vouch.audit SET action = 'x'", "DELETE FROM vouch.audit",
                                          "TRUNCATE vouch.audit"};
    for (size_t i = 0; i < 3; i++) {
        PGresult *result = PQexec(admin, refused[i]);
        cr_expect_eq(PQresultStatus(result), PGRES_FATAL_ERROR, "%s", refused[i]);
        PQclear(result);
    }
    PGresult *bypass = PQexec(admin, "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'vouch_%' AND (rolsuper OR "
                                     "rolbypassrls OR rolcreaterole OR rolcanlogin)");
    cr_expect_str_eq(PQgetvalue(bypass, 0, 0), "0");
    PQclear(bypass);
    PQfinish(admin);
}
