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
