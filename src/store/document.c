/* Documents: accepted with their job, taken out of drafts, their blobs found. */
#include <stdio.h>
#include <string.h>

#include "claim.h"
#include "vouch/fault.h"

typedef struct document_request {
    const char *id, *claim_id;
    const vouch_document_input *input;
    int page;
    vouch_arena *arena;
    vouch_document document;
    vouch_document *documents;
    size_t count;
    bool created;
    vouch_document_state state;
    vouch_blob_ref blob;
} document_request;

/* Microseconds of virtual time between two waiting jobs of one tenant: its backlog lets others in between. */
#define TURN_SPACING "200000"

/* A new job waits for nothing, not even for a clock that is set back to come to its time of arrival again.
 * Only turns that can matter are looked at: those before may be many dead rows. */
static vouch_code insert_job(vouch_store *store, const char *document_id, bool bulk, vouch_error *err)
{
    return QUERY(
        store, NULL, err,
        "INSERT INTO job (tenant_id, document_id, bulk, not_before, turn) VALUES ($1, $2, $3, 'epoch', "
        "greatest((extract(epoch FROM "
        "clock_timestamp()) * 1000000)::bigint, (SELECT max(turn) + " TURN_SPACING
        " FROM job WHERE tenant_id = $1 AND bulk = $3 AND state = 'ready' AND turn > (extract(epoch FROM now()) * "
        "1000000)::bigint - " TURN_SPACING ")))",
        store->who->tenant_id, document_id, BOOLEAN(bulk));
}

/* The document that is there already: under the same id, or the same bytes in the same claim. @param out "" if none */
static vouch_code find_document(vouch_store *store, const char *id, const vouch_document_input *input,
                                char out[VOUCH_ID_SIZE], vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err,
                    "SELECT id FROM document WHERE tenant_id = $1 AND id = $2 UNION ALL SELECT id FROM document WHERE "
                    "tenant_id = $1 AND claim_id = $3::uuid AND sha256 = $4 AND removed_at IS NULL LIMIT 1",
                    store->who->tenant_id, id, input->claim_id, input->sha256));
    out[0] = '\0';
    if (PQntuples(rows))
        cell_id(rows, 0, 0, out);
    return VOUCH_OK;
}

/* The branch and owner of a document are those of its claim; without one, those of the principal. */
static vouch_code find_place(vouch_store *store, const vouch_document_input *input, char branch[VOUCH_ID_SIZE],
                             char account[VOUCH_ID_SIZE], vouch_error *err)
{
    const vouch_principal *who = store->who;
    if (!input->claim_id) {
        const char *wanted = input->branch_id ? input->branch_id : who->branch_id;
        if (!is_id(wanted))
            return vouch_fail(err, VOUCH_INVALID_FIELD, "branch: must be named, since the token has none");
        bool allowed = who->all_branches;
        for (size_t i = 0; i < who->branch_count && !allowed; i++)
            allowed = strcmp(who->branch_ids[i], wanted) == 0;
        if (!allowed)
            return vouch_fail(err, VOUCH_FORBIDDEN, "branch: not one of this token");
        snprintf(branch, VOUCH_ID_SIZE, "%s", wanted);
        snprintf(account, VOUCH_ID_SIZE, "%s", who->account_id);
        return VOUCH_OK;
    }
    VOUCH_TRY(vouch_claim_lock_draft(store, input->claim_id, /* if_version= */ 0, err));
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err, "SELECT branch_id, account_id FROM claim WHERE tenant_id = $1 AND id = $2",
                    who->tenant_id, input->claim_id));
    cell_id(rows, 0, 0, branch);
    cell_id(rows, 0, 1, account);
    return VOUCH_OK;
}

/* Without the name of the file: the audit outlives the document, and names of people stand in such names. */
static vouch_code audit_accepted(vouch_store *store, const char *id, const vouch_document_input *input,
                                 const char *branch, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer after = {0};
    VOUCH_TRY(vouch_buffer_printf(&after, "{\"document_id\":\"%s\",\"claim_id\":%s%s%s,\"branch_id\":\"%s\",", id,
                                  input->claim_id ? "\"" : "", input->claim_id ? input->claim_id : "null",
                                  input->claim_id ? "\"" : "", branch));
    VOUCH_TRY(vouch_buffer_printf(&after, "\"format\":\"%s\",\"sha256\":\"%s\",\"bytes\":%lld}", input->format,
                                  input->sha256, (long long)input->bytes));
    audit_note note = {"document.accept", "document", id, NULL, after.data, NULL};
    return vouch_audit_add(store, &note, err);
}

vouch_code vouch_document_insert(vouch_store *store, const vouch_document_input *input, const char *id, bool *created,
                                 char id_out[VOUCH_ID_SIZE], vouch_error *err)
{
    char branch[VOUCH_ID_SIZE], account[VOUCH_ID_SIZE];
    VOUCH_TRY(find_document(store, id, input, id_out, err));
    *created = false;
    if (id_out[0])
        return VOUCH_OK;
    VOUCH_TRY(find_place(store, input, branch, account, err));
    /* The claim is locked now: whoever uploads the same bytes to it at the same time is seen or waits. */
    VOUCH_TRY(find_document(store, id, input, id_out, err));
    if (id_out[0])
        return VOUCH_OK;
    VOUCH_TRY(QUERY(store, NULL, err,
                    "INSERT INTO document (tenant_id, id, claim_id, branch_id, account_id, file, format, sha256, xxh3, "
                    "bytes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                    store->who->tenant_id, id, input->claim_id, branch, or_null(account), input->file, input->format,
                    input->sha256, input->xxh3, NUMBER(input->bytes)));
    VOUCH_TRY(insert_job(store, id, input->bulk, err));
    VOUCH_FAULT_POINT("job_written", NULL);
    VOUCH_TRY(audit_accepted(store, id, input, branch, err));
    *created = true;
    snprintf(id_out, VOUCH_ID_SIZE, "%s", id);
    return VOUCH_OK;
}

static vouch_code accept_document(vouch_store *store, void *data, vouch_error *err)
{
    document_request *request = data;
    char id[VOUCH_ID_SIZE], found[VOUCH_ID_SIZE];
    bool created;
    VOUCH_TRY(given_or_new_id(request->input->id, id, err));
    VOUCH_TRY(vouch_document_insert(store, request->input, id, &created, found, err));
    VOUCH_TRY(vouch_document_load(store, found, request->arena, &request->document, err));
    request->created = created;
    return VOUCH_OK;
}

vouch_code vouch_store_document_accept(vouch_store *store, const vouch_principal *who,
                                       const vouch_document_input *input, vouch_arena *arena, vouch_document *out,
                                       bool *created, vouch_error *err)
{
    if (input->claim_id && !is_id(input->claim_id))
        return vouch_fail(err, VOUCH_NOT_FOUND, "no such claim");
    document_request request = {.input = input, .arena = arena};
    store->steps = "accept";
    const vouch_code code = vouch_transaction(store, who, accept_document, &request, err);
    store->steps = NULL;
    VOUCH_TRY(code);
    VOUCH_FAULT_POINT("accepted", NULL);
    if (request.created)
        vouch_job_announce(store);
    *out = request.document;
    if (created)
        *created = request.created;
    return VOUCH_OK;
}

static vouch_code get_document(vouch_store *store, void *data, vouch_error *err)
{
    document_request *request = data;
    return vouch_document_load(store, request->id, request->arena, &request->document, err);
}

static vouch_code run(vouch_store *store, const vouch_principal *who, transaction_body *body, document_request *request,
                      vouch_error *err)
{
    if (!is_id(request->id))
        return vouch_fail(err, VOUCH_NOT_FOUND, "no such document");
    return vouch_transaction(store, who, body, request, err);
}

vouch_code vouch_store_document_get(vouch_store *store, const vouch_principal *who, const char *id, vouch_arena *arena,
                                    vouch_document *out, vouch_error *err)
{
    document_request request = {.id = id, .arena = arena};
    VOUCH_TRY(run(store, who, get_document, &request, err));
    *out = request.document;
    return VOUCH_OK;
}

static vouch_code get_state(vouch_store *store, void *data, vouch_error *err)
{
    document_request *request = data;
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY_LAST(store, &rows, err, "SELECT state FROM document WHERE tenant_id = $1 AND id = $2",
                         store->who->tenant_id, request->id));
    if (PQntuples(rows) == 0)
        return vouch_fail(err, VOUCH_NOT_FOUND, "no such document");
    for (int state = 0; state < VOUCH_DOCUMENT_STATE_COUNT; state++)
        if (strcmp(cell(rows, 0, 0), vouch_document_state_name((vouch_document_state)state)) == 0)
            request->state = (vouch_document_state)state;
    return VOUCH_OK;
}

vouch_code vouch_store_document_state(vouch_store *store, const vouch_principal *who, const char *id,
                                      vouch_document_state *out, vouch_error *err)
{
    document_request request = {.id = id};
    VOUCH_TRY(run(store, who, get_state, &request, err));
    *out = request.state;
    return VOUCH_OK;
}

static vouch_code list_documents(vouch_store *store, void *data, vouch_error *err)
{
    document_request *request = data;
    vouch_claim claim;
    VOUCH_TRY(vouch_claim_load(store, request->claim_id, request->arena, &claim, err));
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err,
                    "SELECT id FROM document WHERE tenant_id = $1 AND claim_id = $2 AND removed_at IS NULL ORDER BY id",
                    store->who->tenant_id, request->claim_id));
    size_t count = (size_t)PQntuples(rows);
    vouch_document *documents = vouch_arena_calloc(request->arena, count + 1, sizeof *documents);
    for (size_t i = 0; i < count; i++) {
        VOUCH_TRY(vouch_document_load(store, cell(rows, (int)i, 0), request->arena, &documents[i], err));
        documents[i].reading = NULL;
    }
    request->documents = documents;
    request->count = count;
    return VOUCH_OK;
}

vouch_code vouch_store_document_list(vouch_store *store, const vouch_principal *who, const char *claim_id,
                                     vouch_arena *arena, vouch_document **out, size_t *count, vouch_error *err)
{
    if (!is_id(claim_id))
        return vouch_fail(err, VOUCH_NOT_FOUND, "no such claim");
    document_request request = {.claim_id = claim_id, .arena = arena};
    VOUCH_TRY(vouch_transaction(store, who, list_documents, &request, err));
    *out = request.documents;
    *count = request.count;
    return VOUCH_OK;
}

/* Where the accepted or held document of an invoice is taken out, a copy in the same claim takes its place. */
static vouch_code promote_copies(vouch_store *store, const char *claim_id, const char *document_id, vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(
        store, &rows, err,
        "SELECT DISTINCT ON (c.invoice_id) c.document_id, c.invoice, gone.outcome FROM document_invoice gone JOIN "
        "document_invoice c ON c.tenant_id = gone.tenant_id AND c.invoice_id = gone.invoice_id AND c.outcome "
        "= 'copy' JOIN document d ON d.tenant_id = c.tenant_id AND d.id = c.document_id AND d.claim_id = $2 "
        "AND d.removed_at IS NULL WHERE gone.tenant_id = $1 AND gone.document_id = $3 AND gone.outcome "
        "IN ('accepted', 'held') ORDER BY c.invoice_id, c.document_id",
        store->who->tenant_id, claim_id, document_id));
    for (int row = 0; row < PQntuples(rows); row++) {
        VOUCH_TRY(
            QUERY(store, NULL, err,
                  "UPDATE document_invoice SET outcome = $4 WHERE tenant_id = $1 AND document_id = $2 AND invoice = $3",
                  store->who->tenant_id, cell(rows, row, 0), cell(rows, row, 1), cell(rows, row, 2)));
        VOUCH_TRY(vouch_document_sum_up(store, cell(rows, row, 0), err));
    }
    return VOUCH_OK;
}

static vouch_code remove_document(vouch_store *store, void *data, vouch_error *err)
{
    const document_request *request = data;
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL, *removed = NULL;
    VOUCH_TRY(QUERY(store, &rows, err,
                    "SELECT claim_id FROM document WHERE tenant_id = $1 AND id = $2 AND removed_at IS NULL",
                    store->who->tenant_id, request->id));
    if (PQntuples(rows) == 0 || cell_is_null(rows, 0, 0))
        return vouch_fail(err, VOUCH_NOT_FOUND, "no such document in a claim");
    const char *claim_id = cell(rows, 0, 0);
    VOUCH_TRY(vouch_claim_lock_draft(store, claim_id, /* if_version= */ 0, err));
    VOUCH_TRY(QUERY(store, &removed, err,
                    "UPDATE document SET removed_at = now() WHERE tenant_id = $1 AND id = $2 RETURNING "
                    "json_build_object('document_id', id, 'claim_id', claim_id, 'outcome', outcome)",
                    store->who->tenant_id, request->id));
    VOUCH_TRY(QUERY(store, NULL, err,
                    "UPDATE claim_line SET document_id = NULL WHERE tenant_id = $1 AND claim_id = $2 "
                    "AND document_id = $3",
                    store->who->tenant_id, claim_id, request->id));
    VOUCH_TRY(QUERY(store, NULL, err, "DELETE FROM job WHERE tenant_id = $1 AND document_id = $2",
                    store->who->tenant_id, request->id));
    VOUCH_TRY(promote_copies(store, claim_id, request->id, err));
    VOUCH_TRY(vouch_allocation_release_unshown(store, claim_id, err));
    VOUCH_TRY(vouch_claim_refresh(store, claim_id, err));
    audit_note note = {"document.remove", "document", request->id, NULL, cell(removed, 0, 0), "document.removed"};
    return vouch_audit_add(store, &note, err);
}

vouch_code vouch_store_document_remove(vouch_store *store, const vouch_principal *who, const char *id, vouch_error *err)
{
    document_request request = {.id = id};
    return run(store, who, remove_document, &request, err);
}

static vouch_code blob_from(vouch_store *store, document_request *request, PGresult *rows, vouch_error *err)
{
    (void)store;
    if (PQntuples(rows) == 0 || cell_is_null(rows, 0, 0))
        return vouch_fail(err, VOUCH_NOT_FOUND, "no such document or page");
    vouch_blob_ref blob = {.bytes = cell_is_null(rows, 0, 1) ? -1 : cell_number(rows, 0, 1),
                           .file = cell_copy(rows, 0, 2, request->arena),
                           .format = cell_copy(rows, 0, 3, request->arena)};
    snprintf(blob.sha256, sizeof blob.sha256, "%s", cell(rows, 0, 0));
    request->blob = blob;
    return VOUCH_OK;
}

static vouch_code find_original(vouch_store *store, void *data, vouch_error *err)
{
    document_request *request = data;
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(
        QUERY(store, &rows, err,
              "SELECT sha256, bytes, file, format FROM document WHERE tenant_id = $1 AND id = $2 AND erased_at IS "
              "NULL",
              store->who->tenant_id, request->id));
    return blob_from(store, request, rows, err);
}

static vouch_code find_page(vouch_store *store, void *data, vouch_error *err)
{
    document_request *request = data;
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err,
                    "SELECT p.sha256, p.bytes, NULL, 'png' FROM document d JOIN page_picture p ON p.tenant_id = "
                    "d.tenant_id AND p.document_id = d.id AND p.version = d.reading_version AND p.page = $3 WHERE "
                    "d.tenant_id = $1 AND d.id = $2",
                    store->who->tenant_id, request->id, NUMBER(request->page)));
    return blob_from(store, request, rows, err);
}

static vouch_code find_words(vouch_store *store, void *data, vouch_error *err)
{
    document_request *request = data;
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err,
                    "SELECT r.words_sha256, NULL, NULL, 'json' FROM document d JOIN reading r ON r.tenant_id = "
                    "d.tenant_id AND r.document_id = d.id AND r.version = d.reading_version WHERE d.tenant_id = $1 AND "
                    "d.id = $2",
                    store->who->tenant_id, request->id));
    return blob_from(store, request, rows, err);
}

vouch_code vouch_store_document_original(vouch_store *store, const vouch_principal *who, const char *id,
                                         vouch_arena *arena, vouch_blob_ref *out, vouch_error *err)
{
    document_request request = {.id = id, .arena = arena};
    VOUCH_TRY(run(store, who, find_original, &request, err));
    *out = request.blob;
    return VOUCH_OK;
}

vouch_code vouch_store_document_page(vouch_store *store, const vouch_principal *who, const char *id, int page,
                                     vouch_arena *arena, vouch_blob_ref *out, vouch_error *err)
{
    document_request request = {.id = id, .page = page, .arena = arena};
    VOUCH_TRY(run(store, who, find_page, &request, err));
    *out = request.blob;
    return VOUCH_OK;
}

vouch_code vouch_store_document_words(vouch_store *store, const vouch_principal *who, const char *id,
                                      vouch_arena *arena, vouch_blob_ref *out, vouch_error *err)
{
    document_request request = {.id = id, .arena = arena};
    VOUCH_TRY(run(store, who, find_words, &request, err));
    *out = request.blob;
    return VOUCH_OK;
}
