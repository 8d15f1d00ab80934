/*
 * Write-back: what was read becomes rows, in one transaction that begins with the lease (locked, so that a worker that
 * lost it writes nothing) and ends with the job gone. See DESIGN "Who was first".
 */
#include "writeback.h"

#include <stdio.h>
#include <string.h>

#include "vouch/fault.h"
#include "vouch/hash.h"
#include "vouch/metrics.h"

static vouch_code lock_lease(vouch_store *store, const vouch_lease *lease, vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err,
                    "SELECT FROM job WHERE tenant_id = $1 AND id = $2 AND token = $3 AND state = 'leased' FOR UPDATE",
                    lease->tenant_id, NUMBER(lease->job), lease->token));
    if (PQntuples(rows) == 0)
        return vouch_fail(err, VOUCH_PRECONDITION, "the lease of job %lld was lost", (long long)lease->job);
    return VOUCH_OK;
}

/* The document and its claim, locked. A document that was taken out, or whose claim is decided, only looks. */
static vouch_code load_document(vouch_store *store, write_back *work, vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(
        QUERY(store, &rows, err,
              "SELECT d.claim_id, d.sha256, d.reading_version, d.removed_at IS NOT NULL, c.reference, "
              "c.external_ref, b.name, (now() AT TIME ZONE 'UTC')::date FROM document d LEFT JOIN claim c ON "
              "c.tenant_id = d.tenant_id AND c.id = d.claim_id LEFT JOIN branch b ON b.tenant_id = d.tenant_id AND "
              "b.id = d.branch_id WHERE d.tenant_id = $1 AND d.id = $2",
              store->who->tenant_id, work->lease->document_id));
    if (PQntuples(rows) == 0)
        return vouch_fail(err, VOUCH_NOT_FOUND, "no such document");
    work->document_id = work->lease->document_id;
    work->claim_id = cell_copy(rows, 0, 0, work->arena);
    work->sha256 = cell_copy(rows, 0, 1, work->arena);
    work->version = (int)cell_number(rows, 0, 2) + 1;
    work->claiming = false;
    pointer_read(rows, 0, 4, work->arena, &work->own);
    if (!work->claim_id)
        return VOUCH_OK;
    vouch_claim_state state;
    VOUCH_TRY(vouch_claim_lock(store, work->claim_id, /* if_version= */ 0, &state, err));
    /* A document that an operator had read again must not change what was decided meanwhile. */
    unsigned open = 1u << VOUCH_CLAIM_DRAFT | 1u << VOUCH_CLAIM_SUBMITTED;
    work->claiming = !cell_boolean(rows, 0, 3) && open & 1u << state;
    return VOUCH_OK;
}

static vouch_code write_reading(vouch_store *store, const write_back *work, vouch_error *err)
{
    const vouch_write_back *input = work->input;
    const char *version = NUMBER(work->version);
    VOUCH_TRY(QUERY(store, NULL, err,
                    "INSERT INTO reading (tenant_id, document_id, version, reading, words_sha256) VALUES ($1, $2, $3, "
                    "$4, $5)",
                    store->who->tenant_id, work->document_id, version, input->reading, input->words_sha256));
    VOUCH_FAULT_POINT("reading", NULL);
    for (size_t i = 0; i < input->page_count; i++)
        VOUCH_TRY(
            QUERY(store, NULL, err,
                  "INSERT INTO page_picture (tenant_id, document_id, version, page, sha256, bytes) VALUES ($1, $2, "
                  "$3, $4, $5, $6) ON CONFLICT DO NOTHING",
                  store->who->tenant_id, work->document_id, version, NUMBER(input->pages[i].page),
                  input->pages[i].sha256, NUMBER(input->pages[i].bytes)));
    VOUCH_FAULT_POINT("pages", NULL);
    if (work->version == 1)
        return VOUCH_OK;
    /* Read once more: what the earlier reading found is replaced. */
    VOUCH_TRY(QUERY(store, NULL, err, "DELETE FROM document_invoice WHERE tenant_id = $1 AND document_id = $2",
                    store->who->tenant_id, work->document_id));
    return QUERY(store, NULL, err, "DELETE FROM match WHERE tenant_id = $1 AND document_id = $2", store->who->tenant_id,
                 work->document_id);
}

static vouch_code insert_shown(vouch_store *store, const write_back *work, const arriving *invoice, vouch_error *err)
{
    const vouch_facts *f = &work->input->invoices[invoice->index]; /* keys as the document states them */
    const vouch_pointer *p = &invoice->pointer;
    bool duplicate = invoice->outcome == VOUCH_OUTCOME_DUPLICATE;
    return QUERY(
        store, NULL, err,
        "INSERT INTO document_invoice (tenant_id, document_id, invoice, invoice_id, kind, outcome, credit, "
        "currency, gross_minor, keys, keys_confirmed, pointer_reference, pointer_external_ref, pointer_branch, "
        "pointer_date) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        store->who->tenant_id, work->document_id, NUMBER(invoice->index),
        work->claiming && !f->supporting ? invoice->id : NULL, f->kind, vouch_outcome_name(invoice->outcome),
        BOOLEAN(f->credit), f->currency, f->has_amount ? NUMBER(f->gross_minor) : NULL,
        array_text(work->arena, f->keys, f->key_count), BOOLEAN(f->keys_confirmed), duplicate ? p->reference : NULL,
        duplicate ? p->external_ref : NULL, duplicate ? p->branch : NULL, duplicate ? p->date : NULL);
}

static vouch_code write_invoice(vouch_store *store, write_back *work, arriving *invoice, vouch_error *err)
{
    const vouch_facts *f = invoice->facts;
    if (f->supporting) {
        invoice->outcome = VOUCH_OUTCOME_SUPPORTING;
        return insert_shown(store, work, invoice, err);
    }
    invoice->outcome = VOUCH_OUTCOME_UNCLAIMED;
    if (work->claiming) {
        reservation wanted = {.claim_id = work->claim_id,
                              .invoice_id = invoice->id,
                              .currency = f->currency,
                              .document_id = work->document_id,
                              .has_amount = f->has_amount,
                              .gross_minor = f->gross_minor,
                              .credit = f->credit};
        VOUCH_TRY(vouch_allocation_reserve(store, &wanted, work->arena, &invoice->outcome, &invoice->pointer, err));
        VOUCH_FAULT_POINT("allocation", NULL);
    }
    const int64_t begin = vouch_metric_clock();
    VOUCH_TRY(vouch_write_back_match(store, work, invoice, err));
    work->result.match_us += vouch_metric_clock() - begin;
    VOUCH_FAULT_POINT("matches", NULL);
    return insert_shown(store, work, invoice, err);
}

static vouch_code finish_document(vouch_store *store, write_back *work, vouch_error *err)
{
    VOUCH_TRY(QUERY(store, NULL, err,
                    "UPDATE document SET state = 'done', reading_version = $3, attempts = $4, problem = NULL, "
                    "problem_detail = NULL, done_at = now() WHERE tenant_id = $1 AND id = $2",
                    store->who->tenant_id, work->document_id, NUMBER(work->version), NUMBER(work->lease->attempt)));
    VOUCH_TRY(vouch_document_sum_up(store, work->document_id, err));
    VOUCH_FAULT_POINT("document", NULL);
    if (work->claiming) {
        if (work->version > 1)
            VOUCH_TRY(vouch_allocation_release_unshown(store, work->claim_id, err));
        VOUCH_TRY(vouch_claim_refresh(store, work->claim_id, err));
    }
    VOUCH_FAULT_POINT("claim", NULL);
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(
        QUERY(store, &rows, err,
              "SELECT d.outcome, json_build_object('document_id', d.id, 'claim_id', d.claim_id, 'outcome', "
              "d.outcome, 'reading_version', d.reading_version, 'invoices', (SELECT "
              "json_agg(json_build_object('invoice', i.invoice, 'invoice_id', i.invoice_id, 'outcome', i.outcome, "
              "'keys', ARRAY(SELECT key_without_person(k) FROM unnest(i.keys) AS k), 'pointer', i.pointer_reference, "
              "'allocated_minor', a.amount_minor, 'currency', a.currency, 'credit', i.credit) ORDER BY i.invoice) FROM "
              "document_invoice i LEFT JOIN allocation a ON a.tenant_id = i.tenant_id AND a.invoice_id = i.invoice_id "
              "AND a.claim_id = d.claim_id AND a.state IN ('reserved', 'consumed') WHERE i.tenant_id = d.tenant_id AND "
              "i.document_id = d.id)) FROM document d WHERE d.tenant_id = $1 AND d.id = $2",
              store->who->tenant_id, work->document_id));
    bool known = vouch_outcome_lookup(cell(rows, 0, 0), &work->result.outcome);
    (void)known; /* written by this program */
    audit_note note = {"document.read", "document", work->document_id, NULL, cell(rows, 0, 1), "document.done"};
    VOUCH_TRY(vouch_audit_add(store, &note, err));
    VOUCH_FAULT_POINT("audit", NULL);
    size_t completed;
    VOUCH_TRY(vouch_job_complete(store, work->lease, 1, &completed, err));
    if (completed == 0)
        return vouch_fail(err, VOUCH_INTERNAL, "job %lld is gone although it was locked", (long long)work->lease->job);
    VOUCH_FAULT_POINT("before_commit", NULL);
    return VOUCH_OK;
}

/* "cn.air:ticket:NAME" as key_without_person (migration 0004) writes it; NULL: there is no person in the key */
static const char *key_without_person(vouch_arena *arena, const char *key)
{
    static const char scheme[] = "cn.air:";
    const char *name = strncmp(key, scheme, sizeof scheme - 1) == 0 ? strchr(key + sizeof scheme - 1, ':') : NULL;
    if (!name)
        return NULL;
    char hash[65];
    vouch_sha256_hex(key, strlen(key), hash);
    return vouch_arena_printf(arena, "%.*s:#%.32s", (int)(name - key), key, hash);
}

/*
 * A key with a name in it is taken and looked for in both its forms: with the name, and as it stands where the name was
 * masked, so that an invoice is found again whose first document is long erased.
 */
static const vouch_facts *with_keys_without_person(vouch_arena *arena, const vouch_facts *facts)
{
    size_t count = 0, capacity = 0;
    const char **keys = NULL;
    for (size_t i = 0; i < facts->key_count; i++) {
        const char *other = key_without_person(arena, facts->keys[i]);
        *VOUCH_ARENA_PUSH(arena, keys, count, capacity) = facts->keys[i];
        if (other)
            *VOUCH_ARENA_PUSH(arena, keys, count, capacity) = other;
    }
    if (count == facts->key_count)
        return facts;
    vouch_facts *both = vouch_arena_alloc(arena, sizeof *both);
    *both = *facts;
    both->keys = keys;
    both->key_count = count;
    return both;
}

static vouch_code write_all(vouch_store *store, void *data, vouch_error *err)
{
    write_back *work = data;
    size_t count = work->input->invoice_count;
    work->result = (vouch_write_back_result){0};
    work->match_count = 0;
    work->invoices = vouch_arena_calloc(work->arena, count + 1, sizeof *work->invoices);
    for (size_t i = 0; i < count; i++)
        work->invoices[i] =
            (arriving){.facts = with_keys_without_person(work->arena, &work->input->invoices[i]), .index = (int)i};
    VOUCH_TRY(lock_lease(store, work->lease, err));
    VOUCH_FAULT_POINT("job", NULL);
    VOUCH_TRY(load_document(store, work, err));
    VOUCH_TRY(write_reading(store, work, err));
    VOUCH_TRY(vouch_write_back_identify(store, work, err));
    VOUCH_FAULT_POINT("keys", NULL);
    for (size_t i = 0; i < count; i++) {
        VOUCH_TRY(write_invoice(store, work, &work->invoices[i], err));
        VOUCH_FAULT_POINT("document_invoice", NULL);
        if (work->invoices[i].outcome == VOUCH_OUTCOME_DUPLICATE && !work->result.has_pointer) {
            work->result.has_pointer = true;
            work->result.pointer = work->invoices[i].pointer;
        }
    }
    VOUCH_TRY(finish_document(store, work, err));
    work->result.matches = work->matches;
    work->result.match_count = work->match_count;
    return VOUCH_OK;
}

static void worker_principal(const vouch_lease *lease, vouch_principal *who)
{
    vouch_principal_operator(lease->tenant_id, who);
    snprintf(who->account_name, sizeof who->account_name, "worker");
}

vouch_code vouch_store_write_back(vouch_store *store, const vouch_lease *lease, const vouch_write_back *input,
                                  vouch_arena *arena, vouch_write_back_result *out, vouch_error *err)
{
    vouch_principal who;
    worker_principal(lease, &who);
    write_back work = {.lease = lease, .input = input, .arena = arena};
    store->steps = "write_back";
    const vouch_code code = vouch_transaction(store, &who, write_all, &work, err);
    store->steps = NULL;
    VOUCH_TRY(code);
    *out = work.result;
    return VOUCH_OK;
}

typedef struct lease_document {
    const vouch_lease *lease;
    vouch_arena *arena;
    vouch_document document;
} lease_document;

static vouch_code load_leased(vouch_store *store, void *data, vouch_error *err)
{
    lease_document *request = data;
    const vouch_lease *lease = request->lease;
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(lock_lease(store, lease, err));
    VOUCH_TRY(QUERY(store, &rows, err,
                    "SELECT id, file, format, sha256, xxh3, bytes, branch_id, (extract(epoch FROM clock_timestamp() - "
                    "created_at) * 1000000)::bigint FROM document WHERE tenant_id = $1 AND id = $2",
                    lease->tenant_id, lease->document_id));
    if (PQntuples(rows) == 0)
        return vouch_fail(err, VOUCH_NOT_FOUND, "no such document");
    request->document = (vouch_document){.id = cell_copy(rows, 0, 0, request->arena),
                                         .file = cell_copy(rows, 0, 1, request->arena),
                                         .format = cell_copy(rows, 0, 2, request->arena),
                                         .sha256 = cell_copy(rows, 0, 3, request->arena),
                                         .xxh3 = cell_copy(rows, 0, 4, request->arena),
                                         .bytes = cell_number(rows, 0, 5),
                                         .branch_id = cell_copy(rows, 0, 6, request->arena),
                                         .age_us = cell_number(rows, 0, 7)};
    return VOUCH_OK;
}

vouch_code vouch_store_lease_document(vouch_store *store, const vouch_lease *lease, vouch_arena *arena,
                                      vouch_document *out, vouch_error *err)
{
    vouch_principal who;
    worker_principal(lease, &who);
    lease_document request = {.lease = lease, .arena = arena};
    VOUCH_TRY(vouch_transaction(store, &who, load_leased, &request, err));
    *out = request.document;
    return VOUCH_OK;
}
