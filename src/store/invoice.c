/*
 * Which invoice of the real world is it? (DESIGN "Who was first".)
 *
 * Confirmed keys, and the bytes themselves, take slots in invoice_key: INSERT … ON CONFLICT DO NOTHING, then whoever
 * lost reads the winner. Nothing is decided by looking first. Keys of all invoices of a document are taken in one
 * order, and behind advisory locks on everything that may lead to another invoice, so that two documents that arrive
 * together see each other in either order.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "vouch/hash.h"
#include "writeback.h"

typedef struct slot {
    const char *key;
    arriving *invoice;
    bool bytes; /* of the document itself, not a business key */
} slot;

/* Of one key, the earlier invoice of the document comes first: its row is there when a later one refers to it. */
static int by_key(const void *a, const void *b)
{
    const slot *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    return order ? order : (x->invoice->index > y->invoice->index) - (x->invoice->index < y->invoice->index);
}

static size_t list_slots(write_back *work, slot **out)
{
    size_t count = 0, capacity = 0;
    slot *slots = NULL;
    for (size_t i = 0; i < work->input->invoice_count; i++) {
        arriving *invoice = &work->invoices[i];
        if (invoice->facts->supporting)
            continue;
        const char *bytes = vouch_arena_printf(work->arena, "sha256:%s:%d", work->sha256, invoice->index);
        *VOUCH_ARENA_PUSH(work->arena, slots, count, capacity) = (slot){bytes, invoice, true};
        for (size_t k = 0; invoice->facts->keys_confirmed && k < invoice->facts->key_count; k++)
            *VOUCH_ARENA_PUSH(work->arena, slots, count, capacity) = (slot){invoice->facts->keys[k], invoice, false};
    }
    if (count)
        qsort(slots, count, sizeof *slots, by_key);
    *out = slots;
    return count;
}

/*
 * Everything by which another document could lead to the same or a like invoice, locked in one order. 512 locks a
 * tenant at most, since a document of hundreds of invoices would fill the lock table of the whole server otherwise; two
 * texts that share a lock only wait for each other.
 */
static vouch_code lock_neighbourhood(vouch_store *store, write_back *work, vouch_error *err)
{
    size_t count = 0, capacity = 0;
    const char **texts = NULL;
    for (size_t i = 0; i < work->input->invoice_count; i++) {
        const vouch_facts *facts = work->invoices[i].facts;
        const char *single[] = {facts->fields_print, facts->text_print, facts->invoice_number,
                                facts->original_invoice_number,
                                facts->seller_tax_id ? facts->seller_tax_id : facts->seller_name};
        for (size_t k = 0; k < facts->key_count; k++)
            *VOUCH_ARENA_PUSH(work->arena, texts, count, capacity) = facts->keys[k];
        for (size_t k = 0; k < sizeof single / sizeof single[0]; k++)
            if (single[k])
                *VOUCH_ARENA_PUSH(work->arena, texts, count, capacity) = single[k];
    }
    *VOUCH_ARENA_PUSH(work->arena, texts, count, capacity) = work->sha256;
    return QUERY(
        store, NULL, err,
        "SELECT pg_advisory_xact_lock(h) FROM (SELECT DISTINCT (hashtextextended($1::text, 0) & ~511::bigint) | "
        "(hashtextextended(t, 0) & 511) AS h FROM unnest($2::text[]) AS t ORDER BY h) AS locks",
        store->who->tenant_id, array_text(work->arena, texts, count));
}

static vouch_code read_winner(vouch_store *store, write_back *work, const slot *s, vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err, "SELECT invoice_id FROM invoice_key WHERE tenant_id = $1 AND key = $2",
                    store->who->tenant_id, s->key));
    arriving *invoice = s->invoice;
    if (PQntuples(rows) == 0 || strcmp(cell(rows, 0, 0), invoice->id) == 0)
        return VOUCH_OK;
    const char *winner = cell(rows, 0, 0);
    invoice->same_bytes |= s->bytes;
    /* A business key outranks the bytes; two business keys of two invoices are a contradiction for a person. */
    bool known_by_bytes = invoice->known && !invoice->rival && invoice->same_bytes && !s->bytes;
    if (!invoice->known || known_by_bytes) {
        memcpy(invoice->id, winner, VOUCH_ID_SIZE);
        invoice->known = true;
    } else if (strcmp(invoice->id, winner) != 0 && !s->bytes) {
        invoice->rival = vouch_arena_strdup(work->arena, winner);
    }
    return VOUCH_OK;
}

static vouch_code take_slots(vouch_store *store, write_back *work, const slot *slots, size_t count, vouch_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (work->claiming) {
            VOUCH_CLEANUP(clear_result) PGresult *inserted = NULL;
            VOUCH_TRY(QUERY(store, &inserted, err,
                            "INSERT INTO invoice_key (tenant_id, key, invoice_id) VALUES ($1, $2, $3) ON CONFLICT DO "
                            "NOTHING",
                            store->who->tenant_id, slots[i].key, slots[i].invoice->id));
            if (affected(inserted) == 1)
                continue;
        }
        VOUCH_TRY(read_winner(store, work, &slots[i], err));
    }
    return VOUCH_OK;
}

const char *number_value(const char *number)
{
    size_t length = number ? strlen(number) : 0;
    for (size_t i = 0; i < length; i++)
        if (!isdigit((unsigned char)number[i]))
            return NULL;
    return length >= 4 && length <= 30 ? number : NULL;
}

static vouch_code insert_invoice(vouch_store *store, const write_back *work, const arriving *invoice, vouch_error *err)
{
    const vouch_facts *f = invoice->facts;
    return QUERY(store, NULL, err,
                 "INSERT INTO invoice (tenant_id, id, document_id, kind, credit, invoice_code, invoice_number, "
                 "number_value, issue_date, travel_date, seller_tax_id, seller_name, passenger_name, "
                 "original_invoice_code, original_invoice_number, currency, gross_minor, keys_confirmed, fields_print, "
                 "text_print, image_print) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, "
                 "$16, $17, $18, $19, $20, $21)",
                 store->who->tenant_id, invoice->id, work->document_id, f->kind, BOOLEAN(f->credit), f->invoice_code,
                 f->invoice_number, number_value(f->invoice_number), f->issue_date, f->travel_date, f->seller_tax_id,
                 f->seller_name, f->passenger_name, f->original_invoice_code, f->original_invoice_number, f->currency,
                 f->has_amount ? NUMBER(f->gross_minor) : NULL, BOOLEAN(f->keys_confirmed), f->fields_print,
                 f->text_print, f->image_print);
}

/*
 * An invoice of the same document that gave up its own new row for a known one takes along those that had joined it
 * before: an invoice joins only earlier ones, so that one pass in order settles all.
 */
static void follow(write_back *work, char (*provisional)[VOUCH_ID_SIZE])
{
    for (size_t i = 0; i < work->input->invoice_count; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(work->invoices[i].id, provisional[k]) == 0)
                memcpy(work->invoices[i].id, work->invoices[k].id, VOUCH_ID_SIZE);
}

/* Keys that were taken before another key turned out to be known belong to the known invoice as well. Looked
 * for among those that this document took: a key is found by itself, not by its invoice. */
static vouch_code settle(vouch_store *store, write_back *work, arriving *invoice, const char *provisional,
                         const slot *slots, size_t slot_count, vouch_error *err)
{
    const char **keys = vouch_arena_calloc(work->arena, slot_count + 1, sizeof *keys);
    for (size_t i = 0; i < slot_count; i++)
        keys[i] = slots[i].key;
    if (invoice->known)
        VOUCH_TRY(QUERY(store, NULL, err,
                        "UPDATE invoice_key SET invoice_id = $3 WHERE tenant_id = $1 AND key = ANY ($4::text[]) AND "
                        "invoice_id = $2",
                        store->who->tenant_id, provisional, invoice->id, array_text(work->arena, keys, slot_count)));
    else
        VOUCH_TRY(insert_invoice(store, work, invoice, err));
    return QUERY(
        store, NULL, err,
        "INSERT INTO invoice_seen_key (tenant_id, key, invoice_id, confirmed) SELECT DISTINCT $1::uuid, k, "
        "$2::uuid, $3::boolean FROM unnest($4::text[]) AS k ON CONFLICT (tenant_id, key, invoice_id) DO UPDATE "
        "SET confirmed = invoice_seen_key.confirmed OR excluded.confirmed",
        store->who->tenant_id, invoice->id, BOOLEAN(invoice->facts->keys_confirmed),
        array_text(work->arena, invoice->facts->keys, invoice->facts->key_count));
}

vouch_code vouch_write_back_identify(vouch_store *store, write_back *work, vouch_error *err)
{
    size_t count = work->input->invoice_count;
    char(*provisional)[VOUCH_ID_SIZE] = vouch_arena_calloc(work->arena, count + 1, sizeof *provisional);
    VOUCH_TRY(lock_neighbourhood(store, work, err));
    for (size_t i = 0; work->claiming && i < count; i++) {
        VOUCH_TRY(vouch_uuid(provisional[i], err));
        memcpy(work->invoices[i].id, provisional[i], VOUCH_ID_SIZE);
    }
    slot *slots;
    size_t slot_count = list_slots(work, &slots);
    VOUCH_TRY(take_slots(store, work, slots, slot_count, err));
    if (work->claiming)
        follow(work, provisional);
    for (size_t i = 0; work->claiming && i < count; i++)
        if (!work->invoices[i].facts->supporting)
            VOUCH_TRY(settle(store, work, &work->invoices[i], provisional[i], slots, slot_count, err));
    return VOUCH_OK;
}
