#include "fixture.h"

TestSuite(migrate, .init = fixture_set_up, .fini = fixture_tear_down, .timeout = 120);

Test(migrate, twice_does_nothing_twice)
{
    int from = -1, to = -1;
    vouch_store_options options = {.conninfo = test_postgres_conninfo(f.server)};
    OK(vouch_store_migrate(&options, &from, &to, err));
    cr_expect_eq(from, to);
    cr_expect_gt(to, 0);
    OK(vouch_store_check(f.serve, err));
}

Test(migrate, set_up_twice_finds_what_is_there)
{
    vouch_tenant tenant = {.slug = "a", .name = "changed"};
    char id[VOUCH_ID_SIZE];
    bool created = true;
    OK(vouch_store_tenant_create(f.owner, &tenant, id, &created, err));
    cr_expect_not(created);
    cr_expect_str_eq(id, f.tenant_a);
    vouch_principal operator;
    vouch_principal_operator(id, &operator);
    vouch_branch branch = {.code = "head", .name = "changed"};
    OK(vouch_store_branch_create(f.owner, &operator, & branch, id, &created, err));
    cr_expect_not(created);
    cr_expect_str_eq(id, f.head);
    vouch_tenant *tenants;
    size_t count;
    OK(vouch_store_tenant_list(f.owner, f.arena, &tenants, &count, err));
    cr_expect_eq(count, 2);
}

Test(migrate, survives_a_restart_of_the_server)
{
    vouch_claim claim = fixture_claim(&f.employee, "r-1");
    cr_assert(test_postgres_restart(f.server));
    OK(vouch_store_claim_get(f.serve, &f.employee, claim.id, f.arena, &claim, err));
    cr_assert(test_postgres_stop_now(f.server));
    FAILS(VOUCH_DATABASE, vouch_store_claim_get(f.serve, &f.employee, claim.id, f.arena, &claim, err));
    cr_assert(test_postgres_start_again(f.server));
    OK(vouch_store_claim_get(f.serve, &f.employee, claim.id, f.arena, &claim, err));
}

Test(migrate, bad_connection_string_is_configuration)
{
    vouch_store_options options = {.conninfo = "no such thing=1"};
    vouch_store *store = NULL;
    FAILS(VOUCH_CONFIG, vouch_store_open(&options, &store, err));
    cr_expect_null(store);
}
