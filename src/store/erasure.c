/*
 * What becomes of a document's rows when it is erased, or when personal fields are masked.
 *
 * The row stays, with its hash; so do confirmed keys and allocations, for they decide who was first. A key with a name
 * in it is replaced by one with its hash, which the write-back takes and looks for as well (writeback.c).
 */
#include <string.h>

#include "claim.h"
#include "vouch/retention.h"

typedef struct erasable_request {
    const char *document_id;
    vouch_arena *arena;
    vouch_erasable out;
} erasable_request;

/* The document, locked; nothing of it is to be read any more. @param reading_version  out */
static vouch_code lock_document(vouch_store *store, const char *document_id, bool mask, PGresult **row,
                                vouch_error *err)
{
    VOUCH_TRY(
        QUERY(store, row, err,
              "SELECT d.file, d.claim_id IS NOT NULL AND d.removed_at IS NULL, d.sha256, d.erased_at IS NOT NULL, "
              "is_held(d.tenant_id, d.id, d.claim_id), EXISTS (SELECT FROM job j WHERE j.tenant_id = d.tenant_id "
              "AND j.document_id = d.id AND j.state IN ('ready', 'leased')), d.reading_version FROM document d "
              "WHERE d.tenant_id = $1 AND d.id = $2 FOR UPDATE",
              store->who->tenant_id, document_id));
    if (PQntuples(*row) == 0)
        return vouch_fail(err, VOUCH_NOT_FOUND, "there is no document %s", document_id);
    if (cell_boolean(*row, 0, 4))
        return vouch_fail(err, VOUCH_STATE_CONFLICT, "document %s or its claim is under a legal hold", document_id);
    if (cell_boolean(*row, 0, 3))
        return vouch_fail(err, VOUCH_STATE_CONFLICT, "document %s is erased already", document_id);
    if (cell_boolean(*row, 0, 5))
        return vouch_fail(err, VOUCH_STATE_CONFLICT, "document %s waits to be read; %s it afterwards", document_id,
                          mask ? "mask" : "erase");
    return VOUCH_OK;
}

static vouch_code load_readings(vouch_store *store, erasable_request *request, vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(
        QUERY(store, &rows, err,
              "SELECT version, reading, words_sha256 FROM reading WHERE tenant_id = $1 AND document_id = $2 ORDER "
              "BY version",
              store->who->tenant_id, request->document_id));
    size_t count = (size_t)PQntuples(rows);
    vouch_stored_reading *readings = vouch_arena_calloc(request->arena, count + 1, sizeof *readings);
    for (size_t i = 0; i < count; i++)
        readings[i] =
            (vouch_stored_reading){(int)cell_number(rows, (int)i, 0), cell_copy(rows, (int)i, 1, request->arena),
                                   cell_copy(rows, (int)i, 2, request->arena)};
    request->out.readings = readings;
    request->out.reading_count = count;
    return VOUCH_OK;
}

static vouch_code load_erasable(vouch_store *store, void *data, vouch_error *err)
{
    erasable_request *request = data;
    VOUCH_CLEANUP(clear_result) PGresult *row = NULL, *blobs = NULL;
    VOUCH_TRY(lock_document(store, request->document_id, /* mask= */ false, &row, err));
    request->out = (vouch_erasable){.document_id = vouch_arena_strdup(request->arena, request->document_id),
                                    .file = cell_copy(row, 0, 0, request->arena),
                                    .in_books = cell_boolean(row, 0, 1)};
    VOUCH_TRY(load_readings(store, request, err));
    VOUCH_TRY(
        QUERY(store, &blobs, err,
              "SELECT sha256 FROM document WHERE tenant_id = $1 AND id = $2 UNION SELECT sha256 FROM page_picture "
              "WHERE tenant_id = $1 AND document_id = $2 UNION SELECT words_sha256 FROM reading WHERE tenant_id = "
              "$1 AND document_id = $2 AND words_sha256 IS NOT NULL",
              store->who->tenant_id, request->document_id));
    request->out.blob_count = (size_t)PQntuples(blobs);
    request->out.blobs = vouch_arena_calloc(request->arena, request->out.blob_count + 1, sizeof *request->out.blobs);
    for (size_t i = 0; i < request->out.blob_count; i++)
        request->out.blobs[i] = cell_copy(blobs, (int)i, 0, request->arena);
    return VOUCH_OK;
}

vouch_code vouch_store_erasable(vouch_store *store, const vouch_principal *who, const char *document_id,
                                vouch_arena *arena, vouch_erasable *out, vouch_error *err)
{
    if (!is_id(document_id))
        return vouch_fail(err, VOUCH_NOT_FOUND, "there is no document %s", document_id);
    erasable_request request = {.document_id = document_id, .arena = arena};
    VOUCH_TRY(vouch_transaction(store, who, load_erasable, &request, err));
    *out = request.out;
    return VOUCH_OK;
}

static vouch_code write_readings(vouch_store *store, const vouch_erasure *e, vouch_error *err)
{
    for (size_t i = 0; i < e->reading_count; i++)
        VOUCH_TRY(QUERY(store, NULL, err,
                        "UPDATE reading SET reading = $4, words_sha256 = $5 WHERE tenant_id = $1 AND document_id = $2 "
                        "AND version = $3",
                        store->who->tenant_id, e->document_id, NUMBER(e->readings[i].version), e->readings[i].reading,
                        e->readings[i].words_sha256));
    return VOUCH_OK;
}

/* Each $1 the tenant, $2 the document. */
static const char *const mask_rows[] = {
    "UPDATE invoice SET passenger_name = NULL WHERE tenant_id = $1 AND passenger_name IS NOT NULL AND id IN (SELECT "
    "invoice_id FROM document_invoice WHERE tenant_id = $1 AND document_id = $2)",
    "INSERT INTO invoice_key (tenant_id, key, invoice_id) SELECT k.tenant_id, key_without_person(k.key), k.invoice_id "
    "FROM "
    "invoice_key k JOIN document_invoice i ON i.tenant_id = k.tenant_id AND i.invoice_id = k.invoice_id WHERE "
    "i.tenant_id "
    "= $1 AND i.document_id = $2 AND k.key <> key_without_person(k.key) ON CONFLICT DO NOTHING",
    "DELETE FROM invoice_key WHERE tenant_id = $1 AND key <> key_without_person(key) AND invoice_id IN (SELECT "
    "invoice_id "
    "FROM document_invoice WHERE tenant_id = $1 AND document_id = $2)",
    "INSERT INTO invoice_seen_key (tenant_id, key, invoice_id, confirmed) SELECT k.tenant_id, "
    "key_without_person(k.key), "
    "k.invoice_id, k.confirmed FROM invoice_seen_key k JOIN document_invoice i ON i.tenant_id = k.tenant_id AND "
    "i.invoice_id = k.invoice_id WHERE i.tenant_id = $1 AND i.document_id = $2 AND k.key <> key_without_person(k.key) "
    "ON "
    "CONFLICT DO NOTHING",
    "DELETE FROM invoice_seen_key WHERE tenant_id = $1 AND key <> key_without_person(key) AND invoice_id IN (SELECT "
    "invoice_id FROM document_invoice WHERE tenant_id = $1 AND document_id = $2)",
    "UPDATE document_invoice SET keys = ARRAY(SELECT key_without_person(k) FROM unnest(keys) AS k) WHERE tenant_id = "
    "$1 "
    "AND document_id = $2",
    /* Answers that were kept for a repetition of the request. */
    "DELETE FROM idempotency WHERE tenant_id = $1 AND resource_id IN ($2::uuid, (SELECT id FROM verification WHERE "
    "tenant_id = $1 AND document_id = $2 LIMIT 1))",
};

static const char *const erase_rows[] = {
    "DELETE FROM page_picture WHERE tenant_id = $1 AND document_id = $2",
    "UPDATE match SET detail = NULL WHERE tenant_id = $1 AND document_id = $2",
    "DELETE FROM job WHERE tenant_id = $1 AND document_id = $2", /* a dead letter, with its detail */
    "UPDATE document SET erased_at = now(), file = NULL, problem_detail = NULL WHERE tenant_id = $1 AND id = $2",
};

static vouch_code run_all(vouch_store *store, const char *document_id, const char *const *statements, size_t count,
                          vouch_error *err)
{
    for (size_t i = 0; i < count; i++)
        VOUCH_TRY(QUERY(store, NULL, err, statements[i], store->who->tenant_id, document_id));
    return VOUCH_OK;
}

static vouch_code erase(vouch_store *store, void *data, vouch_error *err)
{
    const vouch_erasure *e = data;
    VOUCH_CLEANUP(clear_result) PGresult *row = NULL, *after = NULL;
    VOUCH_TRY(lock_document(store, e->document_id, e->mask, &row, err));
    const int64_t newest = e->reading_count ? e->readings[e->reading_count - 1].version : 0;
    if (cell_number(row, 0, 6) != newest)
        return vouch_fail(err, VOUCH_PRECONDITION, "document %s was read anew meanwhile", e->document_id);
    VOUCH_TRY(write_readings(store, e, err));
    VOUCH_TRY(run_all(store, e->document_id, mask_rows, sizeof mask_rows / sizeof *mask_rows, err));
    VOUCH_TRY(
        QUERY(store, NULL, err,
              "UPDATE document SET masked_at = coalesce(masked_at, now()), file = CASE WHEN $3::boolean THEN NULL "
              "ELSE file END WHERE tenant_id = $1 AND id = $2",
              store->who->tenant_id, e->document_id, BOOLEAN(e->clear_file)));
    if (!e->mask)
        VOUCH_TRY(run_all(store, e->document_id, erase_rows, sizeof erase_rows / sizeof *erase_rows, err));
    VOUCH_TRY(QUERY(store, &after, err,
                    "SELECT json_build_object('reason', $1::text, 'readings', $2::integer, 'sha256', $3::text)",
                    e->reason, NUMBER((int64_t)e->reading_count), cell(row, 0, 2)));
    audit_note note = {.action = e->mask ? "document.mask" : "document.erase",
                       .subject = "document",
                       .subject_id = e->document_id,
                       .after = cell(after, 0, 0)};
    return vouch_audit_add(store, &note, err);
}

vouch_code vouch_store_erase(vouch_store *store, const vouch_principal *who, const vouch_erasure *erasure,
                             vouch_error *err)
{
    vouch_erasure wanted = *erasure;
    return vouch_transaction(store, who, erase, &wanted, err);
}
