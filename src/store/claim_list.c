/* Lists of claims: by id, which is by time, newest first; the cursor is the last id of a page. */
#include <stdio.h>

#include "claim.h"

typedef struct list_request {
    const vouch_claim_filter *filter;
    int limit;
    vouch_arena *arena;
    vouch_claim *claims;
    size_t count;
    const char *next;
} list_request;

/* "50%" is looked for as it stands: LIKE's own characters are escaped. */
static const char *like_pattern(vouch_arena *arena, const char *text)
{
    if (!text || !text[0])
        return NULL;
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer pattern = {.maximum = 4096};
    vouch_code code = vouch_buffer_append(&pattern, "%", 1);
    for (const char *c = text; *c && code == VOUCH_OK; c++) {
        if (*c == '%' || *c == '_' || *c == '\\')
            code = vouch_buffer_append(&pattern, "\\", 1);
        if (code == VOUCH_OK)
            code = vouch_buffer_append(&pattern, c, 1);
    }
    if (code == VOUCH_OK)
        code = vouch_buffer_append(&pattern, "%", 1);
    return code == VOUCH_OK ? vouch_arena_strdup(arena, pattern.data) : text;
}

#define LAST_ID "ffffffff-ffff-ffff-ffff-ffffffffffff"

/*
 * One statement for each way of finding claims, all with the same parameters, so that each plan has its index whatever
 * the values are; the other conditions then filter. The first way that applies is the narrowest.
 */
#define LIST_BY(way)                                                                                               \
    "SELECT " CLAIM_COLUMNS CLAIM_TABLES "WHERE c.tenant_id = $1 AND " way                                         \
    " AND ($2::text IS NULL OR c.state = $2) AND ($3::uuid IS NULL OR c.branch_id = $3) AND ($4::text IS NULL OR " \
    "c.external_ref = $4) AND ($5::text IS NULL OR c.title ILIKE $5 OR c.reference ILIKE $5 OR c.external_ref "    \
    "ILIKE $5) AND c.id < $6::uuid AND ($8::uuid IS NULL OR "                                                      \
    "c.account_id = $8) ORDER BY c.id DESC LIMIT $7"

static const char *statement_for(const vouch_claim_filter *filter, const char *account, const char *branch)
{
    if (filter->external_ref)
        return LIST_BY("c.external_ref = $4");
    if (account)
        return LIST_BY("c.account_id = $8");
    if (branch)
        return filter->state ? LIST_BY("c.branch_id = $3 AND c.state = $2") : LIST_BY("c.branch_id = $3");
    return filter->state ? LIST_BY("c.state = $2") : LIST_BY("true");
}

static vouch_code list_claims(vouch_store *store, void *data, vouch_error *err)
{
    list_request *request = data;
    const vouch_claim_filter *filter = request->filter;
    const vouch_principal *who = store->who;
    /* What row-level security leaves anyway, said once more, since a policy is not looked up by an index. */
    const char *account = who->role == VOUCH_ROLE_EMPLOYEE ? who->account_id : NULL;
    const char *branch = filter->branch_id;
    if (!branch && !who->all_branches && who->branch_count == 1)
        branch = who->branch_ids[0];
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err, statement_for(filter, account, branch), who->tenant_id, filter->state, branch,
                    filter->external_ref, like_pattern(request->arena, filter->q),
                    filter->before ? filter->before : LAST_ID, NUMBER(request->limit + 1), account));
    size_t found = (size_t)PQntuples(rows), count = found;
    if (count > (size_t)request->limit)
        count = (size_t)request->limit;
    vouch_claim *claims = vouch_arena_calloc(request->arena, count + 1, sizeof *claims);
    for (size_t i = 0; i < count; i++)
        vouch_claim_read(rows, (int)i, request->arena, &claims[i]);
    request->claims = claims;
    request->count = count;
    request->next = found > count ? claims[count - 1].id : NULL;
    return VOUCH_OK;
}

vouch_code vouch_store_claim_list(vouch_store *store, const vouch_principal *who, const vouch_claim_filter *filter,
                                  vouch_arena *arena, vouch_claim **out, size_t *count, const char **next,
                                  vouch_error *err)
{
    vouch_claim_state state;
    if (filter->state && !vouch_claim_state_lookup(filter->state, &state))
        return vouch_fail(err, VOUCH_INVALID_FIELD, "state: there is no state \"%.32s\"", filter->state);
    if (filter->branch_id && !is_id(filter->branch_id))
        return vouch_fail(err, VOUCH_INVALID_FIELD, "branch_id: not a UUID");
    if (filter->before && !is_id(filter->before))
        return vouch_fail(err, VOUCH_INVALID_FIELD, "cursor: not one of this list");
    if (filter->limit < 0 || filter->limit > 200)
        return vouch_fail(err, VOUCH_INVALID_FIELD, "limit: 1 to 200");
    list_request request = {.filter = filter, .limit = filter->limit ? filter->limit : 50, .arena = arena};
    VOUCH_TRY(vouch_transaction(store, who, list_claims, &request, err));
    *out = request.claims;
    *count = request.count;
    *next = request.next;
    return VOUCH_OK;
}
