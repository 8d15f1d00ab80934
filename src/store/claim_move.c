/*
 * The life of a claim, by the table of moves (names.c). The claim is locked, so that two moves at once are one after
 * the other; allocations follow in the same transaction.
 */
#include <string.h>

#include "claim.h"

typedef struct move_request {
    const char *claim_id, *reason;
    const vouch_claim_move_info *move;
    int64_t if_version;
    vouch_arena *arena;
    vouch_claim claim;
    vouch_pointer pointer;
} move_request;

/*
 * An invoice that was held elsewhere, or whose reservation expired, is tried again when its claim is submitted. One
 * that waits for a person's look ("held") keeps waiting, but must be reserved like the others.
 */
static vouch_code reserve_again(vouch_store *store, move_request *request, vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(
        store, &rows, err,
        "SELECT i.document_id, i.invoice, i.invoice_id, i.currency, i.gross_minor, i.credit, i.outcome FROM document d "
        "JOIN document_invoice i ON i.tenant_id = d.tenant_id AND i.document_id = d.id WHERE d.tenant_id = "
        "$1 AND d.claim_id = $2 AND d.removed_at IS NULL AND i.outcome IN ('duplicate', 'expired', 'held') AND "
        "i.invoice_id IS NOT NULL ORDER BY i.invoice_id",
        store->who->tenant_id, request->claim_id));
    for (int row = 0; row < PQntuples(rows); row++) {
        reservation wanted = {.claim_id = request->claim_id,
                              .invoice_id = cell(rows, row, 2),
                              .currency = cell(rows, row, 3),
                              .document_id = cell(rows, row, 0),
                              .has_amount = !cell_is_null(rows, row, 4),
                              .gross_minor = cell_number(rows, row, 4),
                              .credit = cell_boolean(rows, row, 5)};
        vouch_outcome outcome;
        vouch_pointer pointer = {0};
        VOUCH_TRY(vouch_allocation_reserve(store, &wanted, request->arena, &outcome, &pointer, err));
        if (outcome == VOUCH_OUTCOME_DUPLICATE) {
            request->pointer = pointer;
            return vouch_fail(err, VOUCH_DUPLICATE,
                              "an invoice of this claim is held by claim %s of branch %s since %s",
                              pointer.reference ? pointer.reference : "?", pointer.branch ? pointer.branch : "?",
                              pointer.date ? pointer.date : "?");
        }
        if (strcmp(cell(rows, row, 6), "held") == 0)
            continue;
        VOUCH_TRY(
            QUERY(store, NULL, err,
                  "UPDATE document_invoice SET outcome = $4, pointer_reference = NULL, pointer_external_ref = "
                  "NULL, pointer_branch = NULL, pointer_date = NULL WHERE tenant_id = $1 AND document_id = $2 AND "
                  "invoice = $3",
                  store->who->tenant_id, cell(rows, row, 0), cell(rows, row, 1), vouch_outcome_name(outcome)));
        VOUCH_TRY(vouch_document_sum_up(store, cell(rows, row, 0), err));
    }
    return VOUCH_OK;
}

static vouch_code check_read(vouch_store *store, const char *claim_id, vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err,
                    "SELECT count(*) FROM document WHERE tenant_id = $1 AND claim_id = $2 AND removed_at IS NULL AND "
                    "state IN ('received', 'queued')",
                    store->who->tenant_id, claim_id));
    int64_t waiting = cell_number(rows, 0, 0);
    if (waiting > 0)
        return vouch_fail(err, VOUCH_STATE_CONFLICT, "%lld of the claim's documents are still being read",
                          (long long)waiting);
    return VOUCH_OK;
}

static vouch_code apply(vouch_store *store, const move_request *request, vouch_error *err)
{
    const vouch_claim_move_info *move = request->move;
    if (move->allocation)
        VOUCH_TRY(
            QUERY(store, NULL, err,
                  "UPDATE allocation SET state = $3, changed_at = now() WHERE tenant_id = $1 AND claim_id = $2 AND "
                  "state = 'reserved'",
                  store->who->tenant_id, request->claim_id, move->allocation));
    VOUCH_TRY(
        QUERY(store, NULL, err,
              "UPDATE claim SET state = $3, reason = coalesce($4, reason), submitted_at = CASE $3 WHEN 'submitted' "
              "THEN now() ELSE submitted_at END, decided_at = CASE WHEN $3 IN ('approved', 'rejected') THEN now() "
              "ELSE decided_at END, paid_at = CASE $3 WHEN 'paid' THEN now() ELSE paid_at END WHERE tenant_id = "
              "$1 AND id = $2",
              store->who->tenant_id, request->claim_id, vouch_claim_state_name(move->to), or_null(request->reason)));
    return vouch_claim_refresh(store, request->claim_id, err);
}

/** Four eyes: nobody approves what he claims himself. A platform answers for its own process. */
static vouch_code check_approver(vouch_store *store, const move_request *request, vouch_error *err)
{
    vouch_claim claim;
    if (request->move->move != VOUCH_MOVE_APPROVE || store->who->role == VOUCH_ROLE_PLATFORM)
        return VOUCH_OK;
    VOUCH_TRY(vouch_claim_load(store, request->claim_id, request->arena, &claim, err));
    if (claim.account_id && strcmp(claim.account_id, store->who->account_id) == 0)
        return vouch_fail(err, VOUCH_FORBIDDEN, "a claim is approved by somebody else than its claimant");
    return VOUCH_OK;
}

static vouch_code move_claim(vouch_store *store, void *data, vouch_error *err)
{
    move_request *request = data;
    const vouch_claim_move_info *move = request->move;
    vouch_claim_state state;
    VOUCH_TRY(vouch_claim_lock(store, request->claim_id, /* if_version= */ 0, &state, err));
    if (state == move->to)
        return vouch_claim_load(store, request->claim_id, request->arena, &request->claim, err);
    if (!(move->from_states & 1u << state))
        return vouch_fail(err, VOUCH_STATE_CONFLICT, "a claim that is %s can't be moved by %s",
                          vouch_claim_state_name(state), move->name);
    VOUCH_TRY(vouch_claim_lock(store, request->claim_id, request->if_version, &state, err));
    VOUCH_TRY(check_approver(store, request, err));
    const char *before, *after;
    VOUCH_TRY(vouch_claim_snapshot(store, request->claim_id, request->arena, &before, err));
    if (move->move == VOUCH_MOVE_SUBMIT) {
        VOUCH_TRY(check_read(store, request->claim_id, err));
        VOUCH_TRY(reserve_again(store, request, err));
    }
    VOUCH_TRY(apply(store, request, err));
    VOUCH_TRY(vouch_claim_snapshot(store, request->claim_id, request->arena, &after, err));
    const char *action = vouch_arena_printf(request->arena, "claim.%s", move->name);
    const char *event = vouch_arena_printf(request->arena, "claim.%s", vouch_claim_state_name(move->to));
    audit_note note = {action, "claim", request->claim_id, before, after, event};
    VOUCH_TRY(vouch_audit_add(store, &note, err));
    return vouch_claim_load(store, request->claim_id, request->arena, &request->claim, err);
}

vouch_code vouch_store_claim_move(vouch_store *store, const vouch_principal *who, const char *claim_id,
                                  vouch_claim_move move, int64_t if_version, const char *reason, vouch_arena *arena,
                                  vouch_claim *out, vouch_pointer *pointer, vouch_error *err)
{
    size_t count;
    const vouch_claim_move_info *moves = vouch_claim_moves(&count);
    if ((size_t)move >= count)
        return vouch_fail(err, VOUCH_INTERNAL, "no such move");
    if (!(moves[move].roles & 1u << who->role))
        return vouch_fail(err, VOUCH_FORBIDDEN, "role %s can't %s a claim", vouch_role_name(who->role),
                          moves[move].name);
    if (moves[move].needs_reason && !or_null(reason))
        return vouch_fail(err, VOUCH_INVALID_FIELD, "reason: must be given");
    if (!is_id(claim_id))
        return vouch_fail(err, VOUCH_NOT_FOUND, "no such claim");
    move_request request = {
        .claim_id = claim_id, .reason = reason, .move = &moves[move], .if_version = if_version, .arena = arena};
    vouch_code code = vouch_transaction(store, who, move_claim, &request, err);
    if (code == VOUCH_DUPLICATE && pointer)
        *pointer = request.pointer;
    VOUCH_TRY(code);
    *out = request.claim;
    return VOUCH_OK;
}
