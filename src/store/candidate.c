/*
 * Invoices that may be the same or related, found by index, judged by dedupe, written as matches. What is exactly the
 * same was decided by constraints before (invoice.c, allocation.c); here it only gets its row, so that the reviewer
 * sees why.
 */
#include <stdio.h>
#include <string.h>

#include "vouch/hash.h"
#include "writeback.h"

/* How far a number may be away and count as a neighbour (formats/china.md §9, "consecutive numbers"). */
enum {
    NEIGHBOURS = 3
};
/* How many invoices of one kind of likeness are looked at, and of all together. */
#define MOST          "50"
#define MOST_TOGETHER "200"

/* The digits one further or one back, in place. @return false: there is no such number of as many digits */
static bool count_on(char *digits, size_t length, bool up)
{
    for (size_t i = length; i-- > 0;) {
        if (digits[i] != (up ? '9' : '0')) {
            digits[i] = (char)(digits[i] + (up ? 1 : -1));
            return true;
        }
        digits[i] = up ? '0' : '9';
    }
    return false;
}

/* The numbers before and after, as an array literal in arena. Looked up as texts: row-level security keeps comparisons
 * of numerics from using an index, since they might tell something by their errors. */
static const char *neighbours(vouch_arena *arena, const char *number)
{
    const char *found[2 * NEIGHBOURS];
    size_t count = 0, length = number_value(number) ? strlen(number) : 0;
    for (int up = 0; up < 2 && length; up++) {
        const char *last = number;
        for (int i = 0; i < NEIGHBOURS; i++) {
            char *next = vouch_arena_strdup(arena, last);
            if (!count_on(next, length, up))
                break;
            found[count++] = last = next;
        }
    }
    return array_text(arena, found, count);
}

/* The most telling likeness first, so that the limit cuts off the least. */
static vouch_code find_candidates(vouch_store *store, const write_back *work, const arriving *invoice, PGresult **rows,
                                  vouch_error *err)
{
    const vouch_facts *f = invoice->facts;
    return QUERY(
        store, rows, err,
        "WITH found (id, rank) AS (SELECT $8::uuid, 0 WHERE $8::uuid IS NOT NULL "
        "UNION ALL SELECT invoice_id, 1 FROM invoice_seen_key WHERE tenant_id = $1 AND key = ANY ($3::text[]) "
        "UNION ALL SELECT id, 2 FROM invoice WHERE tenant_id = $1 AND fields_print = $2 "
        "UNION ALL (SELECT id, 3 FROM invoice WHERE tenant_id = $1 AND original_invoice_number = $7 LIMIT " MOST ") "
        "UNION ALL (SELECT id, 4 FROM invoice WHERE tenant_id = $1 AND invoice_number IN ($6, $7) LIMIT " MOST ") "
        "UNION ALL (SELECT id, 5 FROM invoice WHERE tenant_id = $1 AND text_print = $11 LIMIT " MOST ") "
        "UNION ALL (SELECT id, 6 FROM invoice WHERE tenant_id = $1 AND invoice_number = ANY ($5::text[]) AND "
        "coalesce(seller_tax_id, seller_name) = $4 LIMIT " MOST ")), "
        "ids AS MATERIALIZED (SELECT id, min(rank) AS rank FROM found WHERE id <> coalesce($10::uuid, "
        "'00000000-0000-0000-0000-000000000000') GROUP BY id ORDER BY min(rank), id LIMIT " MOST_TOGETHER ") "
        "SELECT o.id, o.document_id, o.kind, o.credit, o.invoice_code, o.invoice_number, o.issue_date, o.travel_date, "
        "o.seller_tax_id, o.seller_name, o.passenger_name, o.original_invoice_code, o.original_invoice_number, "
        "o.currency, o.gross_minor, o.keys_confirmed, o.fields_print, o.text_print, o.image_print, (SELECT "
        "json_agg(k.key) FROM invoice_seen_key k WHERE k.tenant_id = o.tenant_id AND k.invoice_id = o.id), d.sha256, "
        "$9::uuid IS NOT NULL AND EXISTS (SELECT FROM document_invoice i JOIN document s ON s.tenant_id = i.tenant_id "
        "AND s.id = i.document_id WHERE i.tenant_id = o.tenant_id AND i.invoice_id = o.id AND s.claim_id = $9 AND "
        "s.removed_at IS NULL), p.reference, p.external_ref, p.branch, p.date FROM ids JOIN invoice o ON o.tenant_id = "
        "$1 AND o.id = ids.id JOIN document d ON d.tenant_id = o.tenant_id AND d.id = o.document_id LEFT JOIN LATERAL "
        "invoice_pointer(o.id, coalesce($9::uuid, '00000000-0000-0000-0000-000000000000')) p ON true ORDER BY "
        "ids.rank, o.id",
        store->who->tenant_id, f->fields_print, array_text(work->arena, f->keys, f->key_count),
        f->seller_tax_id ? f->seller_tax_id : f->seller_name, neighbours(work->arena, f->invoice_number),
        f->original_invoice_number, f->invoice_number, invoice->rival, work->claim_id, or_null(invoice->id),
        f->text_print);
}

static void read_candidate(const PGresult *rows, int row, vouch_arena *arena, vouch_candidate *out)
{
    const char *texts[21] = {0};
    for (int column = 0; column < 21; column++)
        texts[column] = cell_copy(rows, row, column, arena);
    *out = (vouch_candidate){.invoice_id = texts[0],
                             .document_id = texts[1],
                             .same_claim = cell_boolean(rows, row, 21),
                             .facts = {.kind = texts[2],
                                       .credit = cell_boolean(rows, row, 3),
                                       .invoice_code = texts[4],
                                       .invoice_number = texts[5],
                                       .issue_date = texts[6],
                                       .travel_date = texts[7],
                                       .seller_tax_id = texts[8],
                                       .seller_name = texts[9],
                                       .passenger_name = texts[10],
                                       .original_invoice_code = texts[11],
                                       .original_invoice_number = texts[12],
                                       .currency = texts[13],
                                       .has_amount = texts[14] != NULL,
                                       .gross_minor = cell_number(rows, row, 14),
                                       .keys_confirmed = cell_boolean(rows, row, 15),
                                       .fields_print = texts[16],
                                       .text_print = texts[17],
                                       .image_print = texts[18],
                                       .sha256 = texts[20]}};
    out->facts.keys = read_text_array(texts[19], arena, &out->facts.key_count);
    out->claimed = pointer_read(rows, row, 22, arena, &out->pointer);
}

static void note_match(write_back *work, const vouch_judgement *judgement)
{
    if (work->match_count == work->match_capacity) {
        const size_t capacity = work->match_capacity ? 2 * work->match_capacity : 8;
        vouch_match_note *larger = vouch_arena_calloc(work->arena, capacity, sizeof *larger);
        if (work->match_count > 0)
            memcpy(larger, work->matches, work->match_count * sizeof *larger);
        work->matches = larger;
        work->match_capacity = capacity;
    }
    work->matches[work->match_count++] = (vouch_match_note){judgement->kind, judgement->decision};
}

static vouch_code insert_match(vouch_store *store, write_back *work, const arriving *invoice,
                               const vouch_candidate *other, const vouch_judgement *judgement, vouch_error *err)
{
    char id[VOUCH_ID_SIZE], score[32];
    VOUCH_TRY(vouch_uuid(id, err));
    snprintf(score, sizeof score, "%.6f", judgement->score);
    const vouch_pointer *p = &other->pointer, *own = &work->own;
    note_match(work, judgement);
    return QUERY(
        store, NULL, err,
        "INSERT INTO match (tenant_id, id, document_id, invoice, invoice_id, other_invoice_id, "
        "other_document_id, kind, score, decision, detail, same_claim, pointer_reference, pointer_external_ref, "
        "pointer_branch, pointer_date, own_reference, own_external_ref, own_branch, own_date) VALUES ($1, $2, "
        "$3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)",
        store->who->tenant_id, id, work->document_id, NUMBER(invoice->index), or_null(invoice->id), other->invoice_id,
        other->document_id, judgement->kind, score, judgement->decision, judgement->detail, BOOLEAN(other->same_claim),
        p->reference, p->external_ref, p->branch, p->date, own->reference, own->external_ref, own->branch, own->date);
}

/* The row for what constraints decided: the invoice is known and another claim holds it. */
static vouch_code match_itself(vouch_store *store, write_back *work, arriving *invoice, vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(
        QUERY(store, &rows, err,
              "SELECT o.document_id, p.reference, p.external_ref, p.branch, p.date FROM invoice o CROSS JOIN LATERAL "
              "invoice_pointer(o.id, coalesce($3::uuid, '00000000-0000-0000-0000-000000000000')) p WHERE "
              "o.tenant_id = $1 AND o.id = $2",
              store->who->tenant_id, invoice->id, work->claim_id));
    if (PQntuples(rows) == 0)
        return VOUCH_OK;
    vouch_candidate other = {.invoice_id = invoice->id, .document_id = cell_copy(rows, 0, 0, work->arena)};
    pointer_read(rows, 0, 1, work->arena, &other.pointer);
    invoice->pointer = other.pointer;
    vouch_judgement judgement = {invoice->same_bytes ? "exact" : "business_key", 1, "refuse", NULL};
    return insert_match(store, work, invoice, &other, &judgement, err);
}

/* Constraints alone refuse; a judgement can at most hold, and only for what another claim has now. */
static vouch_code judge_candidate(vouch_store *store, write_back *work, arriving *invoice, const vouch_candidate *other,
                                  vouch_error *err)
{
    vouch_judgement judgement = work->input->judge(invoice->facts, &other->facts, work->arena, work->input->judge_data);
    if (invoice->rival && strcmp(other->invoice_id, invoice->rival) == 0)
        judgement = (vouch_judgement){"business_key", 1, "hold", "its keys belong to two different invoices"};
    if (!judgement.kind || strcmp(judgement.decision, "none") == 0)
        return VOUCH_OK;
    bool serious = strcmp(judgement.decision, "flag") != 0;
    if (serious && (other->same_claim || !other->claimed))
        judgement.decision = "flag";
    else if (serious)
        judgement.decision = "hold";
    if (strcmp(judgement.decision, "hold") == 0 && invoice->outcome == VOUCH_OUTCOME_ACCEPTED)
        invoice->outcome = VOUCH_OUTCOME_HELD;
    return insert_match(store, work, invoice, other, &judgement, err);
}

vouch_code vouch_write_back_match(vouch_store *store, write_back *work, arriving *invoice, vouch_error *err)
{
    bool looked_up = !work->claiming && invoice->known;
    if (invoice->outcome == VOUCH_OUTCOME_DUPLICATE || looked_up)
        VOUCH_TRY(match_itself(store, work, invoice, err));
    if (!work->input->judge)
        return VOUCH_OK;
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(find_candidates(store, work, invoice, &rows, err));
    for (int row = 0; row < PQntuples(rows); row++) {
        vouch_candidate other;
        read_candidate(rows, row, work->arena, &other);
        VOUCH_TRY(judge_candidate(store, work, invoice, &other, err));
    }
    return VOUCH_OK;
}
