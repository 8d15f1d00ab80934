/* A document as the interface shows it: row, job, reading, invoices, matches seen from its side. */
#include <stdlib.h>
#include <string.h>

#include "writeback.h"

static vouch_outcome outcome_of(const char *name)
{
    vouch_outcome outcome = VOUCH_OUTCOME_NONE;
    bool known = vouch_outcome_lookup(name, &outcome);
    (void)known; /* an outcome of a newer program reads as none */
    return outcome;
}

static vouch_document_state state_of(const char *name, const char *job_state)
{
    if (strcmp(name, "queued") == 0 && job_state && strcmp(job_state, "leased") == 0)
        return VOUCH_DOCUMENT_READING;
    for (int state = 0; state < VOUCH_DOCUMENT_STATE_COUNT; state++)
        if (strcmp(name, vouch_document_state_name((vouch_document_state)state)) == 0)
            return (vouch_document_state)state;
    return VOUCH_DOCUMENT_RECEIVED;
}

const char *const *read_text_array(const char *json, vouch_arena *arena, size_t *count)
{
    size_t n = 0, capacity = 0;
    const char **keys = NULL;
    for (const char *c = json ? json : ""; *c; c++) {
        if (*c != '"')
            continue;
        char *key = vouch_arena_alloc(arena, strlen(c)), *end = key;
        for (c++; *c && *c != '"'; c++) {
            if (*c == '\\' && c[1])
                c++;
            *end++ = *c;
        }
        *end = '\0';
        *VOUCH_ARENA_PUSH(arena, keys, n, capacity) = key;
        if (!*c)
            break;
    }
    *count = n;
    return keys;
}

static vouch_code load_invoices(vouch_store *store, vouch_arena *arena, vouch_document *document, vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err,
                    "SELECT invoice, invoice_id, kind, outcome, gross_minor, credit, currency, array_to_json(keys), "
                    "keys_confirmed, pointer_reference, pointer_external_ref, pointer_branch, pointer_date FROM "
                    "document_invoice WHERE tenant_id = $1 AND document_id = $2 ORDER BY invoice",
                    store->who->tenant_id, document->id));
    size_t count = (size_t)PQntuples(rows);
    vouch_document_invoice *invoices = vouch_arena_calloc(arena, count + 1, sizeof *invoices);
    for (size_t i = 0; i < count; i++) {
        int row = (int)i;
        vouch_document_invoice *invoice = &invoices[i];
        *invoice = (vouch_document_invoice){.invoice = (int)cell_number(rows, row, 0),
                                            .invoice_id = cell_copy(rows, row, 1, arena),
                                            .kind = cell_copy(rows, row, 2, arena),
                                            .outcome = outcome_of(cell(rows, row, 3)),
                                            .has_amount = !cell_is_null(rows, row, 4),
                                            .gross_minor = cell_number(rows, row, 4),
                                            .credit = cell_boolean(rows, row, 5),
                                            .currency = cell_copy(rows, row, 6, arena),
                                            .keys_confirmed = cell_boolean(rows, row, 8)};
        invoice->keys = read_text_array(cell(rows, row, 7), arena, &invoice->key_count);
        invoice->has_pointer = pointer_read(rows, row, 9, arena, &invoice->pointer);
    }
    document->invoices = invoices;
    document->invoice_count = count;
    return VOUCH_OK;
}

/* A match is one row and seen from both sides: from the other side the pointer is that of the document that made it. */
static vouch_code load_matches(vouch_store *store, vouch_arena *arena, vouch_document *document, vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(
        QUERY(store, &rows, err,
              "SELECT m.id, CASE WHEN mine THEN m.invoice ELSE coalesce((SELECT min(i.invoice) FROM "
              "document_invoice i WHERE i.tenant_id = m.tenant_id AND i.document_id = $2 AND i.invoice_id = "
              "m.other_invoice_id), 0) END, m.kind, m.score, m.decision, m.detail, m.same_claim, (SELECT d.id FROM "
              "document d WHERE d.tenant_id = m.tenant_id AND d.id = CASE WHEN mine THEN m.other_document_id ELSE "
              "m.document_id END), CASE WHEN mine THEN m.pointer_reference ELSE m.own_reference END, CASE WHEN "
              "mine THEN m.pointer_external_ref ELSE m.own_external_ref END, CASE WHEN mine THEN m.pointer_branch "
              "ELSE m.own_branch END, CASE WHEN mine THEN m.pointer_date ELSE m.own_date END FROM (SELECT *, true "
              "AS mine FROM match WHERE tenant_id = $1 AND document_id = $2 UNION ALL SELECT *, false FROM match "
              "WHERE tenant_id = $1 AND other_document_id = $2 AND document_id <> $2 AND decision <> 'refuse') m "
              "ORDER BY m.id",
              store->who->tenant_id, document->id));
    size_t count = (size_t)PQntuples(rows);
    vouch_match *matches = vouch_arena_calloc(arena, count + 1, sizeof *matches);
    for (size_t i = 0; i < count; i++) {
        int row = (int)i;
        matches[i] = (vouch_match){.id = cell_copy(rows, row, 0, arena),
                                   .invoice = (int)cell_number(rows, row, 1),
                                   .kind = cell_copy(rows, row, 2, arena),
                                   .score = strtod(cell(rows, row, 3), NULL),
                                   .decision = cell_copy(rows, row, 4, arena),
                                   .detail = cell_copy(rows, row, 5, arena),
                                   .same_claim = cell_boolean(rows, row, 6),
                                   .document_id = cell_copy(rows, row, 7, arena)};
        pointer_read(rows, row, 8, arena, &matches[i].pointer);
    }
    document->matches = matches;
    document->match_count = count;
    return VOUCH_OK;
}

vouch_code vouch_document_load(vouch_store *store, const char *id, vouch_arena *arena, vouch_document *out,
                               vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(
        store, &rows, err,
        "SELECT d.id, d.claim_id, d.branch_id, d.account_id, d.file, d.format, d.sha256, d.xxh3, d.bytes, "
        "d.state, d.outcome, d.attempts, d.problem, d.problem_detail, " TIME("d.created_at") ", " TIME(
            "d.done_at") ", d.reading_version, r.reading, (SELECT max(page) FROM page_picture p WHERE "
                         "p.tenant_id = d.tenant_id AND p.document_id = d.id AND p.version = d.reading_version), "
                         "j.state, "
                         "j.attempts FROM document d LEFT JOIN reading r ON r.tenant_id = d.tenant_id AND "
                         "r.document_id = "
                         "d.id AND r.version = d.reading_version LEFT JOIN job j ON j.tenant_id = d.tenant_id AND "
                         "j.document_id = d.id WHERE d.tenant_id = $1 AND d.id = $2",
        store->who->tenant_id, id));
    if (PQntuples(rows) == 0)
        return vouch_fail(err, VOUCH_NOT_FOUND, "no such document");
    vouch_document document = {.id = cell_copy(rows, 0, 0, arena),
                               .claim_id = cell_copy(rows, 0, 1, arena),
                               .branch_id = cell_copy(rows, 0, 2, arena),
                               .account_id = cell_copy(rows, 0, 3, arena),
                               .file = cell_copy(rows, 0, 4, arena),
                               .format = cell_copy(rows, 0, 5, arena),
                               .sha256 = cell_copy(rows, 0, 6, arena),
                               .xxh3 = cell_copy(rows, 0, 7, arena),
                               .bytes = cell_number(rows, 0, 8),
                               .state = state_of(cell(rows, 0, 9), cell(rows, 0, 19)),
                               .outcome = outcome_of(cell(rows, 0, 10)),
                               .attempts = (int)cell_number(rows, 0, cell_is_null(rows, 0, 20) ? 11 : 20),
                               .problem = cell_copy(rows, 0, 12, arena),
                               .problem_detail = cell_copy(rows, 0, 13, arena),
                               .created_at = cell_copy(rows, 0, 14, arena),
                               .done_at = cell_copy(rows, 0, 15, arena),
                               .reading_version = (int)cell_number(rows, 0, 16),
                               .reading = cell_copy(rows, 0, 17, arena),
                               .page_count = (int)cell_number(rows, 0, 18)};
    if (document.state == VOUCH_DOCUMENT_QUEUED) {
        VOUCH_CLEANUP(clear_result) PGresult *place = NULL;
        VOUCH_TRY(QUERY(store, &place, err, "SELECT job_place($1, $2)", store->who->tenant_id, id));
        document.queue_place = (int)cell_number(place, 0, 0);
    }
    VOUCH_TRY(load_invoices(store, arena, &document, err));
    VOUCH_TRY(load_matches(store, arena, &document, err));
    *out = document;
    return VOUCH_OK;
}

/* Most serious first, as VOUCH_OUTCOMES lists them. */
vouch_code vouch_document_sum_up(vouch_store *store, const char *document_id, vouch_error *err)
{
    return QUERY(
        store, NULL, err,
        "UPDATE document d SET outcome = coalesce((SELECT i.outcome FROM document_invoice i WHERE i.tenant_id = "
        "d.tenant_id AND i.document_id = d.id ORDER BY array_position(ARRAY['duplicate', 'held', 'expired', "
        "'accepted', 'copy', 'supporting', 'unclaimed'], i.outcome) LIMIT 1), 'nothing') WHERE d.tenant_id = $1 "
        "AND d.id = $2",
        store->who->tenant_id, document_id);
}
