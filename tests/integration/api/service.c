/*
 * What the scripts of this folder need of the product, in one program of its own:
 *
 *   vouch_test_service routes            the table of routes, one a line: METHOD PATTERN BODY
 *   vouch_test_service problems          the table of codes, one a line: SLUG STATUS
 *   vouch_test_service database          a private PostgreSQL with the schema and two tenants; prints one line of JSON,
 *                                        then obeys the lines "stop" and "start"; all is gone at the end of its input
 *   vouch_test_service serve OPTION…     the service
 *   vouch_test_service work OPTION…      the worker
 */
#include <jansson.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "http.h"
#include "support/postgres.h"
#include "vouch/log.h"
#include "vouch/sandbox.h"
#include "vouch/serve.h"
#include "vouch/work.h"

static int fail(const vouch_error *err)
{
    fprintf(stderr, "%s: %s\n", vouch_code_lookup(err->code)->slug, err->message);
    return 1;
}

/* ---- tables ---- */

static int print_routes(void)
{
    static const char *const bodies[] = {"none", "json", "upload"};
    size_t count;
    const http_route *routes = http_routes(&count);
    for (size_t i = 0; i < count; i++)
        printf("%s %s %s\n", routes[i].method, routes[i].pattern, bodies[routes[i].body]);
    return 0;
}

static int print_problems(void)
{
    size_t count;
    const vouch_code_info *table = vouch_code_table(&count);
    for (size_t i = 0; i < count; i++)
        if (table[i].code != VOUCH_OK)
            printf("%s %d\n", table[i].slug, table[i].http_status);
    return 0;
}

/* ---- the database ---- */

static const struct {
    const char *tenant, *branch, *login;
    vouch_role role;
} accounts[] = {
    {"alpha", "HZ", "employee", VOUCH_ROLE_EMPLOYEE},    {"alpha", "HZ", "colleague", VOUCH_ROLE_EMPLOYEE},
    {"alpha", "CD", "employee-cd", VOUCH_ROLE_EMPLOYEE}, {"alpha", "HZ", "reviewer", VOUCH_ROLE_REVIEWER},
    {"alpha", "CD", "reviewer-cd", VOUCH_ROLE_REVIEWER}, {"alpha", NULL, "finance", VOUCH_ROLE_FINANCE},
    {"alpha", NULL, "auditor", VOUCH_ROLE_AUDITOR},      {"alpha", NULL, "admin", VOUCH_ROLE_ADMIN},
    {"alpha", "HZ", "platform", VOUCH_ROLE_PLATFORM},    {"beta", "HZ", "employee", VOUCH_ROLE_EMPLOYEE},
    {"beta", NULL, "admin", VOUCH_ROLE_ADMIN},
};

static vouch_code add_account(vouch_store *store, size_t index, json_t *out, vouch_error *err)
{
    char tenant_id[VOUCH_ID_SIZE], branch_id[VOUCH_ID_SIZE], id[VOUCH_ID_SIZE], token_id[VOUCH_ID_SIZE];
    char secret[VOUCH_TOKEN_SIZE];
    vouch_principal who;
    const vouch_tenant tenant = {
        .slug = accounts[index].tenant, .name = accounts[index].tenant, .currency = "CNY", .draft_days = 30};
    VOUCH_TRY(vouch_store_tenant_create(store, &tenant, tenant_id, NULL, err));
    vouch_principal_operator(tenant_id, &who);
    vouch_account account = {
        .login = accounts[index].login, .name = accounts[index].login, .role = accounts[index].role};
    json_t *row = json_pack("{s:s, s:s}", "tenant", accounts[index].tenant, "tenant_id", tenant_id);
    json_array_append_new(out, row);
    if (accounts[index].branch) {
        const vouch_branch branch = {.code = accounts[index].branch, .name = accounts[index].branch};
        VOUCH_TRY(vouch_store_branch_create(store, &who, &branch, branch_id, NULL, err));
        account.branch_id = branch_id;
        json_object_set_new(row, "branch_id", json_string(branch_id));
    }
    VOUCH_TRY(vouch_store_account_create(store, &who, &account, id, NULL, err));
    const vouch_token token = {.account_id = id, .label = "test"};
    VOUCH_TRY(vouch_store_token_create(store, &who, &token, secret, token_id, err));
    json_object_set_new(row, "login", json_string(account.login));
    json_object_set_new(row, "token", json_string(secret));
    json_object_set_new(row, "token_id", json_string(token_id));
    return VOUCH_OK;
}

static vouch_code fill(const char *conninfo, json_t *out, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_store_close) vouch_store *store = NULL;
    const vouch_store_options options = {.conninfo = conninfo, .role = VOUCH_DATABASE_ROLE_OWNER};
    VOUCH_TRY(vouch_store_migrate(&options, NULL, NULL, err));
    VOUCH_TRY(vouch_store_open(&options, &store, err));
    for (size_t i = 0; i < sizeof accounts / sizeof *accounts; i++)
        VOUCH_TRY(add_account(store, i, out, err));
    return VOUCH_OK;
}

static void obey(test_postgres *server)
{
    char line[64];
    while (fgets(line, sizeof line, stdin)) {
        bool done = strcmp(line, "stop\n") == 0    ? test_postgres_stop_now(server)
                    : strcmp(line, "start\n") == 0 ? test_postgres_start_again(server)
                                                   : false;
        puts(done ? "done" : "failed");
        fflush(stdout);
    }
}

static int run_database(void)
{
    vouch_error err = VOUCH_ERROR_INIT;
    test_postgres *server = test_postgres_start();
    if (!server) {
        fputs("PostgreSQL does not start here\n", stderr);
        return 1;
    }
    json_t *list = json_array();
    json_t *out = json_pack("{s:s, s:o}", "conninfo", test_postgres_conninfo(server), "accounts", list);
    vouch_code code = fill(test_postgres_conninfo(server), list, &err);
    if (code == VOUCH_OK) {
        json_dumpf(out, stdout, JSON_COMPACT);
        putchar('\n');
        fflush(stdout);
        obey(server);
    }
    json_decref(out);
    test_postgres_drop(&server);
    return code == VOUCH_OK ? 0 : fail(&err);
}

/* ---- the programs ---- */

static int run_program(int argc, char **argv, vouch_code (*run)(const vouch_config *, vouch_error *))
{
    VOUCH_CLEANUP(vouch_config_free) vouch_config *config = NULL;
    vouch_error err = VOUCH_ERROR_INIT;
    int count = 0;
    if (vouch_config_load(argc, argv, NULL, 0, &count, &config, &err) != VOUCH_OK)
        return fail(&err);
    (void)vouch_log_set_format("json");
    vouch_log_set_process(argv[0]);
    vouch_code code = run(config, &err);
    return code == VOUCH_OK ? 0 : fail(&err);
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const char *mode = argc > 1 ? argv[1] : "";
    if (strcmp(mode, "routes") == 0)
        return print_routes();
    if (strcmp(mode, "problems") == 0)
        return print_problems();
    if (strcmp(mode, "database") == 0)
        return run_database();
    if (strcmp(mode, "serve") == 0)
        return run_program(argc - 1, argv + 1, vouch_serve_run);
#ifdef VOUCH_TEST_WORK
    if (strcmp(mode, VOUCH_ZYGOTE_COMMAND) == 0)
        return vouch_sandbox_zygote_main(argc - 1, argv + 1);
    if (strcmp(mode, "work") == 0)
        return run_program(argc - 1, argv + 1, vouch_work_run);
#endif
    fputs("routes, problems, database, serve or work\n", stderr);
    return 2;
}
