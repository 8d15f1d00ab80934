/* Audit rows and events, written in the transaction of what they tell about. */
#include "claim.h"
#include "vouch/fault.h"
#include "vouch/hash.h"

vouch_code vouch_audit_add(vouch_store *store, const audit_note *note, vouch_error *err)
{
    const vouch_principal *who = store->who;
    VOUCH_TRY(QUERY(store, NULL, err,
                    "INSERT INTO audit (tenant_id, account_id, account_name, request_id, action, subject, subject_id, "
                    "before, after) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                    who->tenant_id, or_null(who->account_id), or_null(who->account_name), or_null(who->request_id),
                    note->action, note->subject, note->subject_id, note->before, note->after));
    VOUCH_FAULT_POINT("audit_row", NULL);
    if (!note->event)
        return VOUCH_OK;
    char id[VOUCH_ID_SIZE];
    VOUCH_TRY(vouch_uuid(id, err));
    VOUCH_TRY(QUERY(store, NULL, err,
                    "INSERT INTO outbox (tenant_id, id, type, subject_id, payload) VALUES ($1, $2, $3, $4, $5)",
                    who->tenant_id, id, note->event, note->subject_id, note->after ? note->after : "{}"));
    VOUCH_FAULT_POINT("outbox_row", NULL);
    return VOUCH_OK;
}

typedef struct audit_request {
    const char *subject_id;
    int64_t before;
    int limit;
    vouch_arena *arena;
    vouch_audit_entry *entries;
    size_t count;
} audit_request;

static vouch_code list_audit(vouch_store *store, void *data, vouch_error *err)
{
    audit_request *request = data;
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err,
                    "SELECT sequence, " TIME(
                        "at") ", account_id, account_name, request_id, action, subject, "
                              "subject_id, before, after FROM audit WHERE ($1::uuid IS NULL OR subject_id = $1) AND "
                              "($2::bigint = 0 OR sequence < $2) ORDER BY sequence DESC LIMIT $3",
                    request->subject_id, NUMBER(request->before), NUMBER(request->limit > 0 ? request->limit : 100)));
    size_t count = (size_t)PQntuples(rows);
    vouch_audit_entry *entries = vouch_arena_calloc(request->arena, count + 1, sizeof *entries);
    for (size_t i = 0; i < count; i++) {
        const char *texts[10] = {0};
        for (int column = 1; column < 10; column++)
            texts[column] = cell_copy(rows, (int)i, column, request->arena);
        entries[i] = (vouch_audit_entry){cell_number(rows, (int)i, 0),
                                         texts[1],
                                         texts[2],
                                         texts[3],
                                         texts[4],
                                         texts[5],
                                         texts[6],
                                         texts[7],
                                         texts[8],
                                         texts[9]};
    }
    request->entries = entries;
    request->count = count;
    return VOUCH_OK;
}

vouch_code vouch_store_audit_list(vouch_store *store, const vouch_principal *who, const char *subject_id,
                                  int64_t before, int limit, vouch_arena *arena, vouch_audit_entry **out, size_t *count,
                                  vouch_error *err)
{
    if (subject_id && !is_id(subject_id))
        return vouch_fail(err, VOUCH_NOT_FOUND, "no such subject");
    audit_request request = {subject_id, before, limit, arena, NULL, 0};
    VOUCH_TRY(vouch_transaction(store, who, list_audit, &request, err));
    *out = request.entries;
    *count = request.count;
    return VOUCH_OK;
}
