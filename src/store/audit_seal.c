/*
 * The sealer: appends audit rows to the chains of their tenants, away from the transactions that wrote them
 * (migrations/0002_trail.sql says why, and what the floor is).
 *
 * A round: settle the floor, ask which tenants have rows behind what was sealed up to, and seal each in batches, every
 * batch one transaction under the tenant's lock.
 */
#include <stdlib.h>
#include <string.h>

#include "audit_chain.h"

#define BATCH      1000 /* rows of one transaction */
#define BATCH_TEXT "1000"

struct vouch_audit_sealer {
    const vouch_audit_keys *keys;
    int64_t floor;     /* all numbers up to here are decided: their rows are there, or never will be */
    int64_t done;      /* and all rows up to here are sealed */
    int64_t candidate; /* becomes the floor when none of the writers is left; 0: none */
    char *writers;     /* array literal */
};

vouch_code vouch_audit_sealer_new(const vouch_audit_keys *keys, vouch_audit_sealer **out, vouch_error *err)
{
    vouch_audit_sealer *sealer = calloc(1, sizeof *sealer);
    if (!sealer)
        return vouch_fail(err, VOUCH_NO_MEMORY, "sealing the audit");
    sealer->keys = keys;
    *out = sealer;
    return VOUCH_OK;
}

void vouch_audit_sealer_free(vouch_audit_sealer **sealer)
{
    if (!sealer || !*sealer)
        return;
    free((*sealer)->writers);
    free(*sealer);
    *sealer = NULL;
}

/* ---- the floor ---- */

static vouch_code settle_floor(vouch_store *store, void *data, vouch_error *err)
{
    vouch_audit_sealer *sealer = data;
    if (sealer->candidate) {
        VOUCH_CLEANUP(clear_result) PGresult *still = NULL;
        VOUCH_TRY(QUERY(store, &still, err, "SELECT audit_writing($1)", sealer->writers));
        if (cell_boolean(still, 0, 0))
            return VOUCH_OK;
        sealer->floor = sealer->candidate;
        sealer->candidate = 0;
    }
    VOUCH_CLEANUP(clear_result) PGresult *horizon = NULL;
    VOUCH_TRY(QUERY(store, &horizon, err, "SELECT newest, writers, writers = '{}' FROM audit_horizon()"));
    const int64_t newest = cell_number(horizon, 0, 0);
    if (cell_boolean(horizon, 0, 2)) {
        sealer->floor = newest;
        return VOUCH_OK;
    }
    char *writers = strdup(cell(horizon, 0, 1));
    if (!writers)
        return vouch_fail(err, VOUCH_NO_MEMORY, "sealing the audit");
    free(sealer->writers);
    sealer->writers = writers;
    sealer->candidate = newest;
    return VOUCH_OK;
}

/* ---- one tenant ---- */

typedef struct batch {
    const vouch_audit_sealer *sealer;
    int64_t after;         /* rows are taken in order: those up to here were, in this round */
    vouch_audit_head head; /* of the chain, behind the batch */
    size_t rows;
} batch;

static vouch_code find_rows(vouch_store *store, const batch *b, int64_t floor, PGresult **rows, vouch_error *err)
{
    int64_t after = b->sealer->done > floor ? b->sealer->done : floor;
    after = b->after > after ? b->after : after;
    return QUERY(store, rows, err,
                 "SELECT " AUDIT_CONTENT " FROM audit a WHERE a.tenant_id = $1 AND a.sequence > $2 AND NOT EXISTS "
                 "(SELECT FROM audit_chain c WHERE c.tenant_id = a.tenant_id AND c.sequence = a.sequence) ORDER BY "
                 "a.sequence LIMIT " BATCH_TEXT,
                 store->who->tenant_id, NUMBER(after));
}

/* A new key takes over with a row that says so: from then on a head without it tells that the chain was made anew. */
static vouch_code announce_key(vouch_store *store, const char *key_id, const char *before_id, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    if (!arena)
        return vouch_fail(err, VOUCH_NO_MEMORY, "sealing the audit");
    audit_note note = {.action = "audit.key",
                       .subject = "tenant",
                       .subject_id = store->who->tenant_id,
                       .before = vouch_arena_printf(arena, "{\"key_id\":\"%s\"}", before_id),
                       .after = vouch_arena_printf(arena, "{\"key_id\":\"%s\"}", key_id)};
    return vouch_audit_add(store, &note, err);
}

/* Arrays of the new links, for one statement. */
typedef struct link_arrays {
    vouch_buffer positions, sequences, floors, hashes;
} link_arrays;

static void link_arrays_done(link_arrays *links)
{
    vouch_buffer_done(&links->positions);
    vouch_buffer_done(&links->sequences);
    vouch_buffer_done(&links->floors);
    vouch_buffer_done(&links->hashes);
}

static vouch_code add_link(link_arrays *links, const vouch_audit_head *head, char before, vouch_error *err)
{
    vouch_code code = vouch_buffer_printf(&links->positions, "%c%lld", before, (long long)head->position);
    if (code == VOUCH_OK)
        code = vouch_buffer_printf(&links->sequences, "%c%lld", before, (long long)head->sequence);
    if (code == VOUCH_OK)
        code = vouch_buffer_printf(&links->floors, "%c%lld", before, (long long)head->floor);
    if (code == VOUCH_OK)
        code = vouch_buffer_printf(&links->hashes, "%c\"\\\\x%s\"", before, head->hash);
    return code == VOUCH_OK ? code : vouch_fail(err, code, "sealing the audit");
}

static vouch_code close_arrays(link_arrays *links, vouch_error *err)
{
    vouch_buffer *const all[] = {&links->positions, &links->sequences, &links->floors, &links->hashes};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (vouch_buffer_append(all[i], "}", 1) != VOUCH_OK)
            return vouch_fail(err, VOUCH_NO_MEMORY, "sealing the audit");
    return VOUCH_OK;
}

/* Rows are taken in order, so a full batch leaves nothing behind it up to its last row, and another one no row at all.
 */
static int64_t floor_behind(const batch *b, int64_t before, int64_t last, int count)
{
    const int64_t decided = b->sealer->floor, now = count == BATCH && last < decided ? last : decided;
    return now > before ? now : before;
}

static vouch_code append_links(vouch_store *store, batch *b, const PGresult *rows, vouch_error *err)
{
    const vouch_audit_key *key = b->sealer->keys->count ? &b->sealer->keys->keys[0] : NULL;
    const int count = PQntuples(rows);
    VOUCH_CLEANUP(link_arrays_done) link_arrays links = {0};
    vouch_audit_head head = b->head;
    for (int row = 0; row < count; row++) {
        char hash[65];
        if (row + 1 == count)
            head.floor = floor_behind(b, head.floor, cell_number(rows, row, 0), count);
        memcpy(head.key_id, key ? key->id : "", key ? sizeof head.key_id : 1);
        const audit_link link = {.tenant_id = store->who->tenant_id,
                                 .position = head.position + 1,
                                 .floor = head.floor,
                                 .key_id = head.key_id,
                                 .previous = head.hash};
        VOUCH_TRY(vouch_audit_hash(&link, rows, row, 0, key, hash, err));
        memcpy(head.hash, hash, sizeof hash);
        head.position++;
        head.sequence = cell_number(rows, row, 0);
        VOUCH_TRY(add_link(&links, &head, row ? ',' : '{', err));
    }
    VOUCH_TRY(close_arrays(&links, err));
    VOUCH_TRY(QUERY(store, NULL, err,
                    "INSERT INTO audit_chain (tenant_id, position, sequence, floor, key_id, hash) SELECT $1, p, s, f, "
                    "$2, h FROM unnest($3::bigint[], $4::bigint[], $5::bigint[], $6::bytea[]) AS l (p, s, f, h)",
                    store->who->tenant_id, head.key_id, links.positions.data, links.sequences.data, links.floors.data,
                    links.hashes.data));
    b->head = head;
    b->after = head.sequence;
    b->rows = (size_t)count;
    return VOUCH_OK;
}

static vouch_code seal_batch(vouch_store *store, void *data, vouch_error *err)
{
    batch *b = data;
    b->rows = 0;
    VOUCH_TRY(QUERY(store, NULL, err, "SELECT pg_advisory_xact_lock(hashtext('vouch.audit'), hashtext($1::text))",
                    store->who->tenant_id));
    VOUCH_TRY(vouch_audit_load_head(store, &b->head, err));
    const vouch_audit_keys *keys = b->sealer->keys;
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL, *again = NULL;
    VOUCH_TRY(find_rows(store, b, b->head.floor, &rows, err));
    if (PQntuples(rows) > 0)
        return append_links(store, b, rows, err);
    if (!keys->count || b->head.position == 0 || strcmp(b->head.key_id, keys->keys[0].id) == 0)
        return VOUCH_OK;
    VOUCH_TRY(announce_key(store, keys->keys[0].id, b->head.key_id, err));
    VOUCH_TRY(find_rows(store, b, b->head.floor, &again, err));
    return append_links(store, b, again, err);
}

static vouch_code seal_tenant(vouch_store *store, const vouch_audit_sealer *sealer, const char *tenant_id,
                              vouch_audit_sealed *visit, void *context, size_t *sealed, vouch_error *err)
{
    vouch_principal who;
    vouch_principal_operator(tenant_id, &who);
    batch b = {.sealer = sealer};
    size_t rows = 0;
    do {
        VOUCH_TRY(vouch_transaction(store, &who, seal_batch, &b, err));
        rows += b.rows;
    } while (b.rows == BATCH);
    if (rows && visit)
        visit(context, &b.head, rows);
    *sealed += rows;
    return VOUCH_OK;
}

/* ---- a round ---- */

typedef struct tenant_question {
    int64_t after;
    vouch_arena *arena;
    const char **tenants;
    size_t count;
} tenant_question;

static vouch_code find_tenants(vouch_store *store, void *data, vouch_error *err)
{
    tenant_question *question = data;
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err, "SELECT audit_tenants($1)", NUMBER(question->after)));
    question->count = (size_t)PQntuples(rows);
    question->tenants = vouch_arena_calloc(question->arena, question->count + 1, sizeof *question->tenants);
    for (size_t i = 0; i < question->count; i++)
        question->tenants[i] = cell_copy(rows, (int)i, 0, question->arena);
    return VOUCH_OK;
}

vouch_code vouch_store_audit_seal(vouch_store *store, vouch_audit_sealer *sealer, vouch_audit_sealed *visit,
                                  void *context, size_t *sealed, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    if (!arena)
        return vouch_fail(err, VOUCH_NO_MEMORY, "sealing the audit");
    size_t rows = 0;
    VOUCH_TRY(vouch_transaction(store, NULL, settle_floor, sealer, err));
    tenant_question question = {.after = sealer->done, .arena = arena};
    VOUCH_TRY(vouch_transaction(store, NULL, find_tenants, &question, err));
    for (size_t i = 0; i < question.count; i++)
        VOUCH_TRY(seal_tenant(store, sealer, question.tenants[i], visit, context, &rows, err));
    sealer->done = sealer->floor;
    if (sealed)
        *sealed = rows;
    return VOUCH_OK;
}
