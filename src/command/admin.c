/** `vouch admin`: tenants, branches, accounts, tokens, jobs, audit, keys, backups. One row a subject and verb. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "admin.h"

typedef int admin_action(admin_call *call);

typedef struct admin_verb {
    const char *subject, *verb;
    int least_arguments, most_arguments;
    const char *synopsis; /* arguments */
    const char *summary;
    admin_action *run;
} admin_verb;

static int fail(const vouch_error *err)
{
    return vouch_command_fail("admin", VOUCH_EXIT_FAILED, err);
}

static const char *or_dash(const char *text)
{
    return text && *text ? text : "-";
}

/* ---- tenants, branches, accounts, tokens ---- */

static int tenant_list(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_tenant *tenants = NULL;
    size_t count = 0;
    if (vouch_store_tenant_list(call->store, call->arena, &tenants, &count, &err) != VOUCH_OK)
        return fail(&err);
    for (size_t i = 0; i < count; i++)
        printf("%s  %-16s  %s  %s\n", tenants[i].id, tenants[i].slug, tenants[i].currency, tenants[i].name);
    return VOUCH_EXIT_OK;
}

static int say_created(vouch_code code, const char *id, const bool *created, const vouch_error *err)
{
    if (code != VOUCH_OK)
        return fail(err);
    printf("%s%s\n", id, *created ? "" : "  (was there)");
    return VOUCH_EXIT_OK;
}

static int tenant_create(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    char id[VOUCH_ID_SIZE] = "";
    bool created = false;
    const vouch_tenant tenant = {.slug = call->arguments[0],
                                 .name = call->arguments[1],
                                 .currency = call->currency,
                                 .draft_days = (int)call->config->draft_reservation_days};
    return say_created(vouch_store_tenant_create(call->store, &tenant, id, &created, &err), id, &created, &err);
}

static int branch_list(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_branch *branches = NULL;
    size_t count = 0;
    if (vouch_store_branch_list(call->store, &call->who, call->arena, &branches, &count, &err) != VOUCH_OK)
        return fail(&err);
    for (size_t i = 0; i < count; i++)
        printf("%s  %-12s  %s\n", branches[i].id, branches[i].code, branches[i].name);
    return VOUCH_EXIT_OK;
}

static int branch_create(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    char id[VOUCH_ID_SIZE] = "";
    bool created = false;
    const vouch_branch branch = {.code = call->arguments[0], .name = call->arguments[1]};
    return say_created(vouch_store_branch_create(call->store, &call->who, &branch, id, &created, &err), id, &created,
                       &err);
}

static int account_list(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_account *accounts = NULL;
    size_t count = 0;
    if (vouch_store_account_list(call->store, &call->who, call->arena, &accounts, &count, &err) != VOUCH_OK)
        return fail(&err);
    for (size_t i = 0; i < count; i++)
        printf("%s  %-16s  %-9s  %s  %s\n", accounts[i].id, accounts[i].login, vouch_role_name(accounts[i].role),
               or_dash(accounts[i].branch_id), accounts[i].name);
    return VOUCH_EXIT_OK;
}

static int account_create(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    char id[VOUCH_ID_SIZE] = "";
    bool created = false;
    vouch_account account = {.login = call->arguments[0],
                             .name = call->arguments[1],
                             .branch_id = call->argument_count > 3 ? call->arguments[3] : NULL};
    if (!vouch_role_lookup(call->arguments[2], &account.role))
        return vouch_command_usage(&vouch_command_admin, "there is no role \"%s\"", call->arguments[2]);
    return say_created(vouch_store_account_create(call->store, &call->who, &account, id, &created, &err), id, &created,
                       &err);
}

static int token_list(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_token *tokens = NULL;
    size_t count = 0;
    if (vouch_store_token_list(call->store, &call->who, call->arena, &tokens, &count, &err) != VOUCH_OK)
        return fail(&err);
    for (size_t i = 0; i < count; i++)
        printf("%s  account %s  %-9s  expires %s  revoked %s  used %s  %s\n", tokens[i].id, tokens[i].account_id,
               vouch_role_name(tokens[i].role), or_dash(tokens[i].expires_at), or_dash(tokens[i].revoked_at),
               or_dash(tokens[i].used_at), or_dash(tokens[i].label));
    return VOUCH_EXIT_OK;
}

static int token_create(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    char id[VOUCH_ID_SIZE] = "", secret[VOUCH_TOKEN_SIZE] = "";
    const vouch_token token = {.account_id = call->arguments[0],
                               .label = call->arguments[1],
                               .expires_at = call->argument_count > 2 ? call->arguments[2] : NULL};
    if (vouch_store_token_create(call->store, &call->who, &token, secret, id, &err) != VOUCH_OK)
        return fail(&err);
    printf("%s\n", secret);
    fprintf(stderr, "token %s: shown once, keep it now\n", id);
    return VOUCH_EXIT_OK;
}

static int token_revoke(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    return vouch_store_token_revoke(call->store, &call->who, call->arguments[0], &err) == VOUCH_OK ? VOUCH_EXIT_OK
                                                                                                   : fail(&err);
}

/* ---- jobs ---- */

static int jobs_list(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_job_info *jobs = NULL;
    size_t count = 0;
    vouch_queue_depth depth = {0};
    const char *state = call->argument_count > 0 ? call->arguments[0] : NULL;
    if (vouch_store_queue_depth(call->store, &depth, &err) != VOUCH_OK ||
        vouch_store_job_list(call->store, state, 0, call->arena, &jobs, &count, &err) != VOUCH_OK)
        return fail(&err);
    printf("queued %lld, waiting %lld, leased %lld, dead %lld\n", (long long)depth.queued, (long long)depth.waiting,
           (long long)depth.leased, (long long)depth.dead);
    for (size_t i = 0; i < count; i++)
        printf("%8lld  %-8s  %-11s  attempts %d  %s  %s  %s%s%s\n", (long long)jobs[i].job, jobs[i].state, jobs[i].lane,
               jobs[i].attempts, jobs[i].document_id, or_dash(jobs[i].file), or_dash(jobs[i].reason),
               jobs[i].detail ? ": " : "", jobs[i].detail ? jobs[i].detail : "");
    return VOUCH_EXIT_OK;
}

static bool job_number(const char *text, int64_t *out)
{
    char *end = NULL;
    *out = strtoll(text, &end, 10);
    return end != text && *end == '\0' && *out > 0;
}

static int jobs_retry(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    int64_t job = 0;
    size_t count = 0;
    bool all = strcmp(call->arguments[0], "all") == 0;
    if (!all && !job_number(call->arguments[0], &job))
        return vouch_command_usage(&vouch_command_admin, "\"%s\" is no job number", call->arguments[0]);
    if (vouch_store_job_retry(call->store, job, &count, &err) != VOUCH_OK)
        return fail(&err);
    printf("%zu queued again\n", count);
    return VOUCH_EXIT_OK;
}

static int jobs_drop(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    int64_t job = 0;
    if (!job_number(call->arguments[0], &job))
        return vouch_command_usage(&vouch_command_admin, "\"%s\" is no job number", call->arguments[0]);
    return vouch_store_job_drop(call->store, job, &err) == VOUCH_OK ? VOUCH_EXIT_OK : fail(&err);
}

/* ---- the table ---- */

static const admin_verb verbs[] = {
    {"demo", NULL, 0, 0, "", "make the demo tenant and print its ids and tokens as JSON", admin_demo},
    {"tenant", "list", 0, 0, "", "every tenant", tenant_list},
    {"tenant", "create", 2, 2, "SLUG NAME", "a tenant; --currency CODE", tenant_create},
    {"branch", "list", 0, 0, "", "branches of --tenant", branch_list},
    {"branch", "create", 2, 2, "CODE NAME", "a branch", branch_create},
    {"account", "list", 0, 0, "", "accounts of --tenant", account_list},
    {"account", "create", 3, 4, "LOGIN NAME ROLE [BRANCH-ID]", "an account", account_create},
    {"token", "list", 0, 0, "", "API tokens of --tenant", token_list},
    {"token", "create", 2, 3, "ACCOUNT-ID LABEL [EXPIRES]", "an API token, shown once", token_create},
    {"token", "revoke", 1, 1, "TOKEN-ID", "end a token", token_revoke},
    {"jobs", "list", 0, 1, "[STATE]", "queued, waiting, leased or dead jobs, over all tenants", jobs_list},
    {"jobs", "retry", 1, 1, "JOB|all", "queue a dead or waiting job again with fresh attempts", jobs_retry},
    {"jobs", "drop", 1, 1, "JOB", "give a dead or waiting job up; its document is failed", jobs_drop},
    {"keys", "new", 0, 0, "", "make a master key: a line for blob_key_file, above the others", admin_keys_new},
    {"keys", "list", 0, 0, "", "master keys, and what each of them wraps", admin_keys_list},
    {"keys", "rotate", 0, 0, "", "bring everything under the current keys; safe to stop and run again",
     admin_keys_rotate},
    {"keys", "renew", 0, 0, "", "make each tenant a new key first, so that every blob is encrypted anew",
     admin_keys_renew},
    {"backup", "list", 1, 1, "FOLDER", "backups in a folder", admin_backup_list},
    {"backup", "verify", 1, 2, "FOLDER [NAME]", "read all of the newest backup, or of another", admin_backup_verify},
    {"backup", "prune", 2, 2, "FOLDER KEEP", "remove all but the newest KEEP backups", admin_backup_prune},
    {"backup", NULL, 1, 1, "FOLDER",
     "database and documents into a folder, encrypted; only what is not there is copied", admin_backup},
    {"restore", NULL, 1, 2, "FOLDER [NAME]", "the newest backup, or another, into an empty place; --overwrite",
     admin_restore},
    {"audit", "list", 0, 1, "[SUBJECT-ID]",
     "entries of --tenant, newest first; --subject --action --by --from --to --limit --json", admin_audit_list},
    {"audit", "verify", 0, 0, "", "check the chain over the audit; --head FILE compares with kept heads",
     admin_audit_verify},
    {"audit", "head", 0, 0, "", "the newest seal of each chain, to be kept elsewhere", admin_audit_head},
    {"audit", "seal", 0, 0, "", "seal what is not sealed yet (workers do it every few seconds)", admin_audit_seal},
    {"retention", "list", 0, 0, "", "rules of --tenant: what is kept how long", admin_retention_list},
    {"retention", "set", 2, 3, "SCOPE DAYS [KIND]", "make or change a rule", admin_retention_set},
    {"retention", "remove", 1, 2, "SCOPE [KIND]", "keep it for good again", admin_retention_remove},
    {"retention", "run", 0, 0, "", "apply the rules now; --dry-run [--list] shows what would go", admin_retention_run},
    {"hold", "list", 0, 0, "", "claims and documents of --tenant that must not go", admin_hold_list},
    {"hold", "set", 2, 2, "claim|document ID", "nothing of it goes, whatever the rules; --reason TEXT", admin_hold_set},
    {"hold", "remove", 2, 2, "claim|document ID", "the rules hold for it again", admin_hold_remove},
    {"erasure", "document", 1, 1, "ID", "erase all of a document that the books don't need; --reason TEXT",
     admin_erasure_document},
    {"erasure", "person", 1, 1, "TEXT", "mask a name or number wherever it was read; --reason TEXT, --dry-run",
     admin_erasure_person},
};

static int print_verbs(FILE *out, int code)
{
    fprintf(out, "vouch admin %s\n\n", vouch_command_admin.synopsis);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        char call[80];
        snprintf(call, sizeof call, "%s%s%s %s", verbs[i].subject, verbs[i].verb ? " " : "",
                 verbs[i].verb ? verbs[i].verb : "", verbs[i].synopsis);
        fprintf(out, "  %-44s %s\n", call, verbs[i].summary);
    }
    return code;
}

static const admin_verb *find_verb(const admin_call *call, int *used)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs && call->argument_count > 0; i++) {
        const admin_verb *verb = &verbs[i];
        if (strcmp(verb->subject, call->arguments[0]) != 0)
            continue;
        if (verb->verb && (call->argument_count < 2 || strcmp(verb->verb, call->arguments[1]) != 0))
            continue;
        *used = verb->verb ? 2 : 1;
        return verb;
    }
    return NULL;
}

static bool needs_tenant(const admin_verb *verb)
{
    static const struct {
        const char *subject, *verb; /* NULL: any */
    } rows[] = {{"branch", NULL},    {"account", NULL}, {"token", NULL},  {"audit", "list"},
                {"retention", NULL}, {"hold", NULL},    {"erasure", NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(verb->subject, rows[i].subject) == 0 && (!rows[i].verb || strcmp(verb->verb, rows[i].verb) == 0))
            return true;
    return false;
}

/** It needs no database, or connects by itself. */
static bool has_own_connection(const admin_verb *verb)
{
    static const char *const subjects[] = {"keys", "backup", "restore"};
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
        if (strcmp(verb->subject, subjects[i]) == 0)
            return true;
    return false;
}

static int run_verb(admin_call *call, const admin_verb *verb)
{
    vouch_error err = VOUCH_ERROR_INIT;
    const vouch_store_options options = {
        .conninfo = call->config->database, .role = VOUCH_DATABASE_ROLE_OWNER, .application = "vouch admin"};
    call->arena = vouch_arena_new();
    if (!call->arena)
        return vouch_command_fail("admin", VOUCH_EXIT_FAILED, &(vouch_error){.code = VOUCH_NO_MEMORY});
    if (has_own_connection(verb))
        return verb->run(call);
    if (vouch_store_open(&options, &call->store, &err) != VOUCH_OK)
        return fail(&err);
    if (needs_tenant(verb)) {
        vouch_tenant tenant;
        if (!call->tenant)
            return vouch_command_usage(&vouch_command_admin, "--tenant SLUG is needed");
        if (vouch_store_tenant_find(call->store, call->tenant, call->arena, &tenant, &err) != VOUCH_OK)
            return fail(&err);
        vouch_principal_operator(tenant.id, &call->who);
    }
    return verb->run(call);
}

static void call_done(admin_call *call)
{
    vouch_store_close(&call->store);
    vouch_arena_free(&call->arena);
    vouch_config_free(&call->config);
}

static int run(int argc, char **argv)
{
    VOUCH_CLEANUP(call_done) admin_call call = {.currency = "CNY"};
    const vouch_flag flags[] = {
        {.name = "tenant", .value = &call.tenant},         {.name = "currency", .value = &call.currency},
        {.name = "subject", .value = &call.flags.subject}, {.name = "action", .value = &call.flags.action},
        {.name = "by", .value = &call.flags.by},           {.name = "from", .value = &call.flags.from},
        {.name = "to", .value = &call.flags.to},           {.name = "limit", .value = &call.flags.limit},
        {.name = "head", .value = &call.flags.head},       {.name = "json", .present = &call.flags.json},
        {.name = "reason", .value = &call.flags.reason},   {.name = "dry-run", .present = &call.flags.dry_run},
        {.name = "list", .present = &call.flags.list},     {.name = "overwrite", .present = &call.flags.overwrite}};
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_code code =
        vouch_config_load(argc, argv, flags, sizeof flags / sizeof *flags, &call.argument_count, &call.config, &err);
    if (code != VOUCH_OK)
        return vouch_command_usage(&vouch_command_admin, "%s", err.message);
    call.arguments = argv + 1;
    if (call.argument_count == 0 || (call.argument_count == 1 && strcmp(call.arguments[0], "help") == 0))
        return print_verbs(call.argument_count ? stdout : stderr,
                           call.argument_count ? VOUCH_EXIT_OK : VOUCH_EXIT_USAGE);
    int used = 0;
    const admin_verb *verb = find_verb(&call, &used);
    if (!verb)
        return vouch_command_usage(&vouch_command_admin, "\"%s %s\" is not known; vouch admin help lists all",
                                   call.arguments[0], call.argument_count > 1 ? call.arguments[1] : "");
    call.arguments += used;
    call.argument_count -= used;
    if (call.argument_count < verb->least_arguments || call.argument_count > verb->most_arguments)
        return vouch_command_usage(&vouch_command_admin, "%s %s takes: %s", verb->subject, verb->verb ? verb->verb : "",
                                   verb->synopsis[0] ? verb->synopsis : "no argument");
    return run_verb(&call, verb);
}

const vouch_command vouch_command_admin = {
    .name = "admin",
    .synopsis = "[--tenant SLUG] SUBJECT VERB [ARGUMENT…]",
    .summary = "Tenants, branches, accounts, API tokens, jobs, audit, retention, keys, backups",
    .help = "vouch admin help lists subjects and verbs. Needs a login that may act as the owner of the database.\n",
    .run = run,
};
