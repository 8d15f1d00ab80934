/* Audit rows as people look for them. */
#include <string.h>

#include "sql.h"
#include "vouch/audit.h"

typedef struct audit_request {
    const vouch_audit_filter *filter;
    vouch_arena *arena;
    vouch_audit_entry *entries;
    size_t count;
} audit_request;

static const char *prefix_of(const char *action, vouch_arena *arena)
{
    const size_t length = action ? strlen(action) : 0;
    return length > 1 && action[length - 1] == '.' ? vouch_arena_printf(arena, "%s%%", action) : NULL;
}

/* What happened to one thing is found by its index; any other search goes back from the newest entry. */
#define SEARCH_BY(way)                                                                                                 \
    "SELECT sequence, " TIME(                                                                                          \
        "at") ", account_id, account_name, request_id, action, subject, subject_id, before, "                          \
              "after FROM audit WHERE tenant_id = $1 AND " way                                                         \
              " AND ($2::uuid IS NULL OR subject_id = $2) AND sequence < "                                             \
              "$3::bigint AND ($4::text IS NULL OR subject = $4) AND ($5::text IS NULL OR action = $5) AND ($6::text " \
              "IS "                                                                                                    \
              "NULL OR action LIKE $6) AND ($7::text IS NULL OR account_name = $7 OR account_id::text = $7) AND "      \
              "($8::timestamptz IS NULL OR at >= $8) AND ($9::timestamptz IS NULL OR at < $9) ORDER BY sequence DESC " \
              "LIMIT $10"

static vouch_code search(vouch_store *store, void *data, vouch_error *err)
{
    audit_request *request = data;
    const vouch_audit_filter *f = request->filter;
    const char *prefix = prefix_of(f->action, request->arena);
    const char *sql = f->subject_id ? SEARCH_BY("subject_id = $2") : SEARCH_BY("true");
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err, sql, store->who->tenant_id, f->subject_id,
                    NUMBER(f->before > 0 ? f->before : INT64_MAX), f->subject, prefix ? NULL : f->action, prefix,
                    f->account, f->from, f->to, NUMBER(f->limit > 0 ? f->limit : 100)));
    size_t count = (size_t)PQntuples(rows);
    vouch_audit_entry *entries = vouch_arena_calloc(request->arena, count + 1, sizeof *entries);
    for (size_t i = 0; i < count; i++) {
        const char *t[10] = {0};
        for (int column = 1; column < 10; column++)
            t[column] = cell_copy(rows, (int)i, column, request->arena);
        entries[i] =
            (vouch_audit_entry){cell_number(rows, (int)i, 0), t[1], t[2], t[3], t[4], t[5], t[6], t[7], t[8], t[9]};
    }
    request->entries = entries;
    request->count = count;
    return VOUCH_OK;
}

vouch_code vouch_store_audit_search(vouch_store *store, const vouch_principal *who, const vouch_audit_filter *filter,
                                    vouch_arena *arena, vouch_audit_entry **out, size_t *count, vouch_error *err)
{
    if (filter->subject_id && !is_id(filter->subject_id))
        return vouch_fail(err, VOUCH_NOT_FOUND, "no such subject");
    audit_request request = {.filter = filter, .arena = arena};
    VOUCH_TRY(vouch_transaction(store, who, search, &request, err));
    *out = request.entries;
    *count = request.count;
    return VOUCH_OK;
}

vouch_code vouch_store_audit_list(vouch_store *store, const vouch_principal *who, const char *subject_id,
                                  int64_t before, int limit, vouch_arena *arena, vouch_audit_entry **out, size_t *count,
                                  vouch_error *err)
{
    const vouch_audit_filter filter = {.subject_id = subject_id, .before = before, .limit = limit};
    return vouch_store_audit_search(store, who, &filter, arena, out, count, err);
}
