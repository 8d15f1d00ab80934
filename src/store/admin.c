/* Tenants, branches, accounts: found when they are there, made when they are not. */
#include <string.h>

#include "claim.h"
#include "vouch/hash.h"

typedef struct make {
    const char *insert, *find; /* SQL; $1 tenant, $2 id in insert, which gives what the audit says; $2 key in find */
    const char *key;
    const char *values[6];
    const char *action, *subject;
    char id[VOUCH_ID_SIZE];
    bool created;
} make;

static vouch_code find_or_make(vouch_store *store, void *data, vouch_error *err)
{
    make *wanted = data;
    char id[VOUCH_ID_SIZE];
    VOUCH_TRY(vouch_uuid(id, err));
    const char *parameters[8] = {store->who->tenant_id, id};
    int count = 2;
    for (; count < 8 && wanted->values[count - 2] != wanted->insert; count++)
        parameters[count] = wanted->values[count - 2];
    VOUCH_CLEANUP(clear_result) PGresult *inserted = NULL, *rows = NULL;
    VOUCH_TRY(vouch_query(store, &inserted, err, wanted->insert, count, parameters));
    bool created = PQntuples(inserted) == 1;
    VOUCH_TRY(QUERY(store, &rows, err, wanted->find, store->who->tenant_id, wanted->key));
    if (PQntuples(rows) != 1)
        return vouch_fail(err, VOUCH_INTERNAL, "%s is not there after its creation", wanted->subject);
    cell_id(rows, 0, 0, wanted->id);
    wanted->created = created;
    audit_note note = {wanted->action, wanted->subject, wanted->id, NULL, created ? cell(inserted, 0, 0) : NULL, NULL};
    return created ? vouch_audit_add(store, &note, err) : VOUCH_OK;
}

static vouch_code run_make(vouch_store *store, const vouch_principal *who, make *wanted, char id_out[VOUCH_ID_SIZE],
                           bool *created, vouch_error *err)
{
    VOUCH_TRY(vouch_transaction(store, who, find_or_make, wanted, err));
    memcpy(id_out, wanted->id, VOUCH_ID_SIZE);
    if (created)
        *created = wanted->created;
    return VOUCH_OK;
}

typedef struct tenant_request {
    const char *name; /* slug or id; NULL: all */
    vouch_arena *arena;
    vouch_tenant *tenants;
    size_t count;
} tenant_request;

/* The tenant table is read across tenants by the owner alone (policy of_owner). */
static vouch_code list_tenants(vouch_store *store, void *data, vouch_error *err)
{
    tenant_request *request = data;
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err,
                    "SELECT tenant_id, slug, name, currency, splitting, draft_days, " TIME(
                        "created_at") " FROM tenant "
                                      "WHERE $1::text IS NULL OR slug = $1 OR tenant_id::text = $1 ORDER BY slug",
                    request->name));
    size_t count = (size_t)PQntuples(rows);
    vouch_tenant *tenants = vouch_arena_calloc(request->arena, count + 1, sizeof *tenants);
    for (size_t i = 0; i < count; i++) {
        int row = (int)i;
        tenants[i] = (vouch_tenant){.id = cell_copy(rows, row, 0, request->arena),
                                    .slug = cell_copy(rows, row, 1, request->arena),
                                    .name = cell_copy(rows, row, 2, request->arena),
                                    .currency = cell_copy(rows, row, 3, request->arena),
                                    .splitting = cell_boolean(rows, row, 4),
                                    .draft_days = (int)cell_number(rows, row, 5),
                                    .created_at = cell_copy(rows, row, 6, request->arena)};
    }
    request->tenants = tenants;
    request->count = count;
    return VOUCH_OK;
}

/* The owner's policies still read the setting, so a tenant must be set, whichever. */
static const vouch_principal *any_tenant(vouch_principal *who)
{
    vouch_principal_operator("00000000-0000-0000-0000-000000000000", who);
    return who;
}

vouch_code vouch_store_tenant_list(vouch_store *store, vouch_arena *arena, vouch_tenant **out, size_t *count,
                                   vouch_error *err)
{
    vouch_principal who;
    tenant_request request = {.arena = arena};
    VOUCH_TRY(vouch_transaction(store, any_tenant(&who), list_tenants, &request, err));
    *out = request.tenants;
    *count = request.count;
    return VOUCH_OK;
}

vouch_code vouch_store_tenant_find(vouch_store *store, const char *slug_or_id, vouch_arena *arena, vouch_tenant *out,
                                   vouch_error *err)
{
    vouch_principal who;
    if (is_id(slug_or_id))
        vouch_principal_operator(slug_or_id, &who);
    else
        any_tenant(&who);
    tenant_request request = {.name = slug_or_id, .arena = arena};
    VOUCH_TRY(vouch_transaction(store, &who, list_tenants, &request, err));
    if (request.count == 0)
        return vouch_fail(err, VOUCH_NOT_FOUND, "no tenant %s", slug_or_id);
    *out = request.tenants[0];
    return VOUCH_OK;
}

typedef struct tenant_make {
    const vouch_tenant *tenant;
    bool created;
} tenant_make;

static vouch_code make_tenant(vouch_store *store, void *data, vouch_error *err)
{
    tenant_make *wanted = data;
    const vouch_tenant *tenant = wanted->tenant;
    VOUCH_CLEANUP(clear_result) PGresult *result = NULL;
    VOUCH_TRY(QUERY(store, &result, err,
                    "INSERT INTO tenant (tenant_id, slug, name, currency, splitting, draft_days) VALUES ($1, $2, $3, "
                    "$4, $5, $6) ON CONFLICT (slug) DO NOTHING RETURNING json_build_object('slug', slug, 'name', name, "
                    "'currency', currency, 'splitting', splitting, 'draft_days', draft_days)",
                    store->who->tenant_id, tenant->slug, tenant->name, tenant->currency ? tenant->currency : "CNY",
                    BOOLEAN(tenant->splitting), NUMBER(tenant->draft_days > 0 ? tenant->draft_days : 30)));
    bool created = PQntuples(result) == 1;
    audit_note note = {
        "tenant.create", "tenant", store->who->tenant_id, NULL, created ? cell(result, 0, 0) : NULL, NULL};
    if (created)
        VOUCH_TRY(vouch_audit_add(store, &note, err));
    wanted->created = created;
    return VOUCH_OK;
}

vouch_code vouch_store_tenant_create(vouch_store *store, const vouch_tenant *tenant, char id_out[VOUCH_ID_SIZE],
                                     bool *created, vouch_error *err)
{
    if (!tenant->slug || !tenant->name)
        return vouch_fail(err, VOUCH_INVALID_FIELD, "a tenant needs slug and name");
    char id[VOUCH_ID_SIZE];
    VOUCH_TRY(vouch_uuid(id, err));
    vouch_principal who;
    vouch_principal_operator(id, &who);
    tenant_make wanted = {tenant, false};
    VOUCH_TRY(vouch_transaction(store, &who, make_tenant, &wanted, err));
    if (!wanted.created) {
        VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
        if (!arena)
            return vouch_fail(err, VOUCH_NO_MEMORY, "finding a tenant");
        vouch_tenant found;
        VOUCH_TRY(vouch_store_tenant_find(store, tenant->slug, arena, &found, err));
        memcpy(id, found.id, sizeof id);
    }
    memcpy(id_out, id, sizeof id);
    if (created)
        *created = wanted.created;
    return VOUCH_OK;
}

vouch_code vouch_store_branch_create(vouch_store *store, const vouch_principal *who, const vouch_branch *branch,
                                     char id_out[VOUCH_ID_SIZE], bool *created, vouch_error *err)
{
    if (!branch->code || !branch->name)
        return vouch_fail(err, VOUCH_INVALID_FIELD, "a branch needs code and name");
    make wanted = {.insert = "INSERT INTO branch (tenant_id, id, code, name) VALUES ($1, $2, $3, $4) "
                             "ON CONFLICT (tenant_id, code) DO NOTHING RETURNING json_build_object('code', code, "
                             "'name', name)",
                   .find = "SELECT id FROM branch WHERE tenant_id = $1 AND code = $2",
                   .key = branch->code,
                   .values = {branch->code, branch->name},
                   .action = "branch.create",
                   .subject = "branch"};
    wanted.values[2] = wanted.insert; /* end of the list: absent values are NULL */
    return run_make(store, who, &wanted, id_out, created, err);
}

vouch_code vouch_store_account_create(vouch_store *store, const vouch_principal *who, const vouch_account *account,
                                      char id_out[VOUCH_ID_SIZE], bool *created, vouch_error *err)
{
    if (!account->login || !account->name)
        return vouch_fail(err, VOUCH_INVALID_FIELD, "an account needs login and name");
    if (account->branch_id && !is_id(account->branch_id))
        return vouch_fail(err, VOUCH_INVALID_FIELD, "branch_id: not a UUID");
    make wanted = {.insert =
                       "INSERT INTO account (tenant_id, id, login, name, role, branch_id) VALUES ($1, $2, $3, $4, "
                       "$5, $6) ON CONFLICT (tenant_id, login) DO NOTHING RETURNING json_build_object('login', "
                       "login, 'role', role, 'branch_id', branch_id)",
                   .find = "SELECT id FROM account WHERE tenant_id = $1 AND login = $2",
                   .key = account->login,
                   .values = {account->login, account->name, vouch_role_name(account->role), account->branch_id},
                   .action = "account.create",
                   .subject = "account"};
    wanted.values[4] = wanted.insert;
    return run_make(store, who, &wanted, id_out, created, err);
}

typedef struct list_request {
    vouch_arena *arena;
    void *items;
    size_t count;
} list_request;

static vouch_code list_branches(vouch_store *store, void *data, vouch_error *err)
{
    list_request *request = data;
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err,
                    "SELECT id, code, name, " TIME("created_at") " FROM branch WHERE tenant_id = $1 ORDER BY code",
                    store->who->tenant_id));
    size_t count = (size_t)PQntuples(rows);
    vouch_branch *branches = vouch_arena_calloc(request->arena, count + 1, sizeof *branches);
    for (size_t i = 0; i < count; i++)
        branches[i] =
            (vouch_branch){cell_copy(rows, (int)i, 0, request->arena), cell_copy(rows, (int)i, 1, request->arena),
                           cell_copy(rows, (int)i, 2, request->arena), cell_copy(rows, (int)i, 3, request->arena)};
    request->items = branches;
    request->count = count;
    return VOUCH_OK;
}

vouch_code vouch_store_branch_list(vouch_store *store, const vouch_principal *who, vouch_arena *arena,
                                   vouch_branch **out, size_t *count, vouch_error *err)
{
    list_request request = {.arena = arena};
    VOUCH_TRY(vouch_transaction(store, who, list_branches, &request, err));
    *out = request.items;
    *count = request.count;
    return VOUCH_OK;
}

static vouch_code list_accounts(vouch_store *store, void *data, vouch_error *err)
{
    list_request *request = data;
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err,
                    "SELECT id, login, name, role, branch_id, " TIME("created_at") " FROM account WHERE tenant_id = $1 "
                                                                                   "ORDER BY login",
                    store->who->tenant_id));
    size_t count = (size_t)PQntuples(rows);
    vouch_account *accounts = vouch_arena_calloc(request->arena, count + 1, sizeof *accounts);
    for (size_t i = 0; i < count; i++) {
        int row = (int)i;
        accounts[i] = (vouch_account){.id = cell_copy(rows, row, 0, request->arena),
                                      .login = cell_copy(rows, row, 1, request->arena),
                                      .name = cell_copy(rows, row, 2, request->arena),
                                      .branch_id = cell_copy(rows, row, 4, request->arena),
                                      .created_at = cell_copy(rows, row, 5, request->arena)};
        bool known = vouch_role_lookup(cell(rows, row, 3), &accounts[i].role);
        (void)known; /* the table's CHECK has the same words */
    }
    request->items = accounts;
    request->count = count;
    return VOUCH_OK;
}

vouch_code vouch_store_account_list(vouch_store *store, const vouch_principal *who, vouch_arena *arena,
                                    vouch_account **out, size_t *count, vouch_error *err)
{
    list_request request = {.arena = arena};
    VOUCH_TRY(vouch_transaction(store, who, list_accounts, &request, err));
    *out = request.items;
    *count = request.count;
    return VOUCH_OK;
}
