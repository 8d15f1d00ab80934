/**
 * The demo tenant: a head office with two branches, an account for each role, three claims. Running it again makes
 * nothing twice but the tokens, which are shown once by nature.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "admin.h"

static const struct {
    const char *code, *name;
} branches[] = {{"HQ", "总部 Head office"}, {"HZ", "杭州分公司 Hangzhou branch"}, {"CD", "成都分公司 Chengdu branch"}};
enum {
    BRANCH_COUNT = sizeof branches / sizeof *branches
};

static const struct {
    const char *login, *name;
    vouch_role role;
    int branch; /* -1: all */
} accounts[] = {
    {"employee", "李晓明 (employee)", VOUCH_ROLE_EMPLOYEE, 1},
    {"reviewer", "王丽华 (reviewer)", VOUCH_ROLE_REVIEWER, 1},
    {"finance", "陈建国 (finance)", VOUCH_ROLE_FINANCE, -1},
    {"auditor", "林思远 (auditor)", VOUCH_ROLE_AUDITOR, -1},
    {"admin", "赵雨桐 (admin)", VOUCH_ROLE_ADMIN, -1},
    {"platform", "OA platform", VOUCH_ROLE_PLATFORM, 0},
};
enum {
    ACCOUNT_COUNT = sizeof accounts / sizeof *accounts
};

static const struct {
    const char *external_ref, *title;
} claims[] = {
    {"DEMO-1", "住宿 Accommodation"}, {"DEMO-2", "办公用品 Office supplies"}, {"DEMO-3", "软件服务 Software"}};

typedef struct demo {
    admin_call *call;
    char tenant_id[VOUCH_ID_SIZE], branch_ids[BRANCH_COUNT][VOUCH_ID_SIZE];
    char employee_token[VOUCH_TOKEN_SIZE];
    json_t *out;
} demo;

static vouch_code make_branches(demo *d, vouch_error *err)
{
    json_t *list = json_array();
    json_object_set_new(d->out, "branches", list);
    for (int i = 0; i < BRANCH_COUNT; i++) {
        const vouch_branch branch = {.code = branches[i].code, .name = branches[i].name};
        VOUCH_TRY(vouch_store_branch_create(d->call->store, &d->call->who, &branch, d->branch_ids[i], NULL, err));
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "id", d->branch_ids[i], "code", branches[i].code,
                                              "name", branches[i].name));
    }
    return VOUCH_OK;
}

static vouch_code make_accounts(demo *d, vouch_error *err)
{
    json_t *list = json_array();
    json_object_set_new(d->out, "accounts", list);
    for (int i = 0; i < ACCOUNT_COUNT; i++) {
        char id[VOUCH_ID_SIZE] = "", token_id[VOUCH_ID_SIZE] = "", secret[VOUCH_TOKEN_SIZE] = "";
        const vouch_account account = {.login = accounts[i].login,
                                       .name = accounts[i].name,
                                       .role = accounts[i].role,
                                       .branch_id = accounts[i].branch < 0 ? NULL : d->branch_ids[accounts[i].branch]};
        VOUCH_TRY(vouch_store_account_create(d->call->store, &d->call->who, &account, id, NULL, err));
        const vouch_token token = {.account_id = id, .label = "demo"};
        VOUCH_TRY(vouch_store_token_create(d->call->store, &d->call->who, &token, secret, token_id, err));
        if (accounts[i].role == VOUCH_ROLE_EMPLOYEE)
            memcpy(d->employee_token, secret, sizeof secret);
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", id, "login", accounts[i].login, "name",
                                        accounts[i].name, "role", vouch_role_name(accounts[i].role), "token", secret));
    }
    return VOUCH_OK;
}

/** The claims are the employee's own, made as he would make them. */
static vouch_code make_claims(demo *d, vouch_error *err)
{
    vouch_principal employee;
    VOUCH_TRY(vouch_store_authenticate(d->call->store, d->employee_token, strlen(d->employee_token), &employee, err));
    json_t *list = json_array();
    json_object_set_new(d->out, "claims", list);
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
        const vouch_claim_input input = {.external_ref = claims[i].external_ref, .title = claims[i].title};
        vouch_claim claim;
        bool created = false;
        VOUCH_TRY(
            vouch_store_claim_upsert(d->call->store, &employee, &input, 0, d->call->arena, &claim, &created, err));
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s}", "id", claim.id, "reference", claim.reference, "title", claims[i].title));
    }
    return VOUCH_OK;
}

static vouch_code make_all(demo *d, vouch_error *err)
{
    const vouch_tenant tenant = {.slug = "demo",
                                 .name = "演示集团 Demo Group",
                                 .currency = "CNY",
                                 .draft_days = (int)d->call->config->draft_reservation_days};
    VOUCH_TRY(vouch_store_tenant_create(d->call->store, &tenant, d->tenant_id, NULL, err));
    vouch_principal_operator(d->tenant_id, &d->call->who);
    json_object_set_new(d->out, "tenant",
                        json_pack("{s:s, s:s, s:s}", "id", d->tenant_id, "slug", tenant.slug, "name", tenant.name));
    VOUCH_TRY(make_branches(d, err));
    VOUCH_TRY(make_accounts(d, err));
    return make_claims(d, err);
}

int admin_demo(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    demo d = {.call = call, .out = json_object()};
    vouch_code code = make_all(&d, &err);
    if (code == VOUCH_OK)
        json_dumpf(d.out, stdout, JSON_INDENT(2));
    json_decref(d.out);
    if (code != VOUCH_OK)
        return vouch_command_fail("admin", VOUCH_EXIT_FAILED, &err);
    putchar('\n');
    return VOUCH_EXIT_OK;
}
