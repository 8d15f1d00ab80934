#include "fixture.h"

#include <stdio.h>
#include <string.h>

fixture f;

vouch_store *fixture_open(const char *role)
{
    vouch_store_options options = {.conninfo = test_postgres_conninfo(f.server), .role = role};
    vouch_store *store = NULL;
    OK(vouch_store_open(&options, &store, err));
    return store;
}

static void make_principal(const char *tenant, const char *branch, vouch_role role, const char *login,
                           vouch_principal *out)
{
    vouch_principal operator;
    vouch_principal_operator(tenant, &operator);
    vouch_account account = {.login = login, .name = login, .role = role, .branch_id = branch};
    char id[VOUCH_ID_SIZE], secret[VOUCH_TOKEN_SIZE], token_id[VOUCH_ID_SIZE];
    OK(vouch_store_account_create(f.owner, &operator, & account, id, NULL, err));
    vouch_token token = {.account_id = id, .label = "test"};
    OK(vouch_store_token_create(f.owner, &operator, & token, secret, token_id, err));
    OK(vouch_store_authenticate(f.serve, secret, strlen(secret), out, err));
    memcpy(f.token, secret, sizeof secret);
    memcpy(f.token_id, token_id, sizeof token_id);
}

static void make_branch(const char *tenant, const char *code, char out[VOUCH_ID_SIZE])
{
    vouch_principal operator;
    vouch_principal_operator(tenant, &operator);
    vouch_branch branch = {.code = code, .name = code};
    OK(vouch_store_branch_create(f.owner, &operator, & branch, out, NULL, err));
}

void fixture_set_up(void)
{
    f.server = test_postgres_start();
    if (!f.server)
        cr_skip_test("skipped: PostgreSQL is not there");
    f.arena = vouch_arena_new();
    vouch_store_options options = {.conninfo = test_postgres_conninfo(f.server)};
    OK(vouch_store_migrate(&options, NULL, NULL, err));
    f.owner = fixture_open(VOUCH_DATABASE_ROLE_OWNER);
    f.serve = fixture_open(VOUCH_DATABASE_ROLE_SERVE);
    f.work = fixture_open(VOUCH_DATABASE_ROLE_WORK);
    vouch_tenant a = {.slug = "a", .name = "A", .currency = "CNY"}, b = {.slug = "b", .name = "B", .currency = "EUR"};
    OK(vouch_store_tenant_create(f.owner, &a, f.tenant_a, NULL, err));
    OK(vouch_store_tenant_create(f.owner, &b, f.tenant_b, NULL, err));
    make_branch(f.tenant_a, "head", f.head);
    make_branch(f.tenant_a, "branch", f.branch);
    make_branch(f.tenant_b, "other", f.other);
    const struct {
        const char *tenant, *branch;
        vouch_role role;
        const char *login;
        vouch_principal *out;
    } people[] = {
        {f.tenant_a, f.head, VOUCH_ROLE_REVIEWER, "reviewer", &f.reviewer},
        {f.tenant_a, f.head, VOUCH_ROLE_FINANCE, "finance", &f.finance},
        {f.tenant_a, NULL, VOUCH_ROLE_AUDITOR, "auditor", &f.auditor},
        {f.tenant_a, f.head, VOUCH_ROLE_ADMIN, "admin", &f.admin},
        {f.tenant_a, f.head, VOUCH_ROLE_PLATFORM, "platform", &f.platform},
        {f.tenant_a, f.head, VOUCH_ROLE_EMPLOYEE, "colleague", &f.colleague},
        {f.tenant_a, f.branch, VOUCH_ROLE_EMPLOYEE, "branch employee", &f.branch_employee},
        {f.tenant_a, f.branch, VOUCH_ROLE_REVIEWER, "branch reviewer", &f.branch_reviewer},
        {f.tenant_b, f.other, VOUCH_ROLE_ADMIN, "stranger", &f.stranger},
        {f.tenant_a, f.head, VOUCH_ROLE_EMPLOYEE, "employee", &f.employee},
    };
    for (size_t i = 0; i < sizeof people / sizeof people[0]; i++)
        make_principal(people[i].tenant, people[i].branch, people[i].role, people[i].login, people[i].out);
}

void fixture_tear_down(void)
{
    vouch_store_close(&f.owner);
    vouch_store_close(&f.serve);
    vouch_store_close(&f.work);
    vouch_arena_free(&f.arena);
    test_postgres_drop(&f.server);
}

vouch_claim fixture_claim(const vouch_principal *who, const char *external_ref)
{
    vouch_claim claim = {0};
    vouch_claim_input input = {.external_ref = external_ref, .title = "Trip"};
    OK(vouch_store_claim_create(f.serve, who, &input, f.arena, &claim, err));
    return claim;
}

vouch_document fixture_document(const vouch_principal *who, const char *claim_id, const char *content)
{
    char sha256[65], xxh3[33];
    vouch_sha256_hex(content, strlen(content), sha256);
    vouch_xxh3_hex(content, strlen(content), xxh3);
    vouch_document document = {0};
    vouch_document_input input = {.claim_id = claim_id,
                                  .file = "a.pdf",
                                  .format = "pdf",
                                  .sha256 = sha256,
                                  .xxh3 = xxh3,
                                  .bytes = (int64_t)strlen(content)};
    OK(vouch_store_document_accept(f.serve, who, &input, f.arena, &document, NULL, err));
    return document;
}

vouch_facts fixture_facts(const char *number, const char *const *keys, size_t key_count)
{
    return (vouch_facts){.kind = "cn.digital.ordinary",
                         .invoice_number = number,
                         .issue_date = "2026-03-01",
                         .seller_tax_id = "91310000000000000X",
                         .seller_name = "seller",
                         .currency = "CNY",
                         .has_amount = true,
                         .gross_minor = 10600,
                         .keys = keys,
                         .key_count = key_count,
                         .keys_confirmed = key_count > 0,
                         .sha256 = ""};
}

vouch_lease fixture_lease(vouch_store *store, const char *document_id)
{
    vouch_lease leases[16], found = {0};
    size_t count = 0;
    OK(vouch_store_job_lease(store, "test", 60, 16, leases, &count, err));
    for (size_t i = 0; i < count; i++) {
        if (strcmp(leases[i].document_id, document_id) == 0)
            found = leases[i];
        else
            OK(vouch_store_job_return(store, &leases[i], err));
    }
    cr_assert(found.job > 0, "the job of the document was not leased");
    return found;
}

vouch_write_back_result fixture_read(vouch_store *store, const char *document_id, const vouch_facts *facts,
                                     size_t count, vouch_judge *judge)
{
    vouch_lease lease = fixture_lease(store, document_id);
    vouch_write_back input = {.reading = "{}", .invoices = facts, .invoice_count = count, .judge = judge};
    vouch_write_back_result result = {0};
    OK(vouch_store_write_back(store, &lease, &input, f.arena, &result, err));
    return result;
}
