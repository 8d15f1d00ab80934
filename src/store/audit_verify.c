/*
 * Checking a chain: its links in order, each against its audit row, then the rows that have no link.
 *
 * A link that does not fit leaves two suspects, the row and the link's own hash. The link behind it decides: it was
 * made over the hash that stood there then, so when it fits, the hash is the old one and the row is the culprit. Going
 * on from the hash that stands there names each change once.
 */
#include <stdio.h>
#include <string.h>

#include "audit_chain.h"
#include "vouch/hash.h"

#define BATCH_TEXT "2000" /* links of one query */

typedef struct check {
    const vouch_audit_keys *keys;
    const vouch_audit_head *kept;
    size_t kept_count;
    vouch_audit_found *found;
    void *context;
    vouch_arena *arena; /* of the suspect */
    vouch_audit_report report;
    vouch_audit_finding suspect; /* a link that does not fit, until the next one is known; position 0: none */
    bool in_row;                 /* the link before the suspect does not fit either */
    bool keyed;                  /* a link with a key was seen */
    int64_t links;               /* of the last batch */
} check;

static void tell(check *c, const vouch_audit_finding *finding)
{
    c->report.findings++;
    if (c->found)
        c->found(c->context, finding);
}

/*
 * Say what the suspect is. Alone among links that fit, it is the row: the link behind was made over its hash.
 * @param next_fits  of the link behind; NULL: there is none that tells
 */
static void decide_suspect(check *c, const bool *next_fits)
{
    if (c->suspect.position == 0)
        return;
    if (!c->in_row && next_fits && *next_fits)
        c->suspect.fault = VOUCH_AUDIT_ROW_CHANGED;
    tell(c, &c->suspect);
    c->suspect = (vouch_audit_finding){0};
    c->in_row = next_fits && !*next_fits;
}

enum {
    COLUMN_POSITION,
    COLUMN_SEQUENCE,
    COLUMN_FLOOR,
    COLUMN_KEY,
    COLUMN_HASH,
    COLUMN_AT,
    COLUMN_CONTENT, /* NULL: the row is gone */
};

static vouch_audit_finding finding_of(check *c, const PGresult *rows, int row, vouch_audit_fault fault)
{
    const int64_t position = cell_number(rows, row, COLUMN_POSITION);
    return (vouch_audit_finding){.fault = fault,
                                 .position = position,
                                 .to_position = position,
                                 .sequence = cell_number(rows, row, COLUMN_SEQUENCE),
                                 .at = cell_copy(rows, row, COLUMN_AT, c->arena),
                                 .action = cell_copy(rows, row, COLUMN_CONTENT + 5, c->arena),
                                 .subject = cell_copy(rows, row, COLUMN_CONTENT + 6, c->arena),
                                 .subject_id = cell_copy(rows, row, COLUMN_CONTENT + 7, c->arena)};
}

static void tell_of(check *c, const PGresult *rows, int row, vouch_audit_fault fault)
{
    const vouch_audit_finding finding = finding_of(c, rows, row, fault);
    tell(c, &finding);
}

/* Is one of the kept heads at this position, and does it say something else? */
static bool contradicts_kept(const check *c, const char *tenant_id, int64_t position, const char *hash)
{
    for (size_t i = 0; i < c->kept_count; i++)
        if (c->kept[i].position == position && strcmp(c->kept[i].tenant_id, tenant_id) == 0 &&
            strcmp(c->kept[i].hash, hash) != 0)
            return true;
    return false;
}

/* Does the link's hash fit its row? @param judged  out: false when that can't be said */
static vouch_code fits(check *c, const char *tenant_id, const PGresult *rows, int row, bool *judged, bool *good,
                       vouch_error *err)
{
    const char *key_id = cell(rows, row, COLUMN_KEY);
    const vouch_audit_key *key = vouch_audit_key_find(c->keys, key_id);
    *judged = *good = false;
    if (key_id[0] && !key) {
        tell_of(c, rows, row, VOUCH_AUDIT_KEY_UNKNOWN);
        return VOUCH_OK;
    }
    if (cell_is_null(rows, row, COLUMN_CONTENT)) {
        tell_of(c, rows, row, VOUCH_AUDIT_ROW_MISSING);
        return VOUCH_OK;
    }
    const audit_link link = {.tenant_id = tenant_id,
                             .position = cell_number(rows, row, COLUMN_POSITION),
                             .floor = cell_number(rows, row, COLUMN_FLOOR),
                             .key_id = key_id,
                             .previous = c->report.head.hash};
    char hash[65];
    VOUCH_TRY(vouch_audit_hash(&link, rows, row, COLUMN_CONTENT, key, hash, err));
    *judged = true;
    *good = vouch_secret_equal(hash, cell(rows, row, COLUMN_HASH), 64);
    return VOUCH_OK;
}

static void check_place(check *c, const PGresult *rows, int row)
{
    const int64_t position = cell_number(rows, row, COLUMN_POSITION);
    if (position != c->report.head.position + 1) {
        vouch_audit_finding gap = {
            .fault = VOUCH_AUDIT_SEAL_MISSING, .position = c->report.head.position + 1, .to_position = position - 1};
        tell(c, &gap);
    }
    if (cell_number(rows, row, COLUMN_SEQUENCE) <= c->report.head.floor)
        tell_of(c, rows, row, VOUCH_AUDIT_ROW_INSERTED);
    if (c->keyed && !cell(rows, row, COLUMN_KEY)[0])
        tell_of(c, rows, row, VOUCH_AUDIT_KEY_MISSING);
}

static vouch_code check_link(check *c, const char *tenant_id, const PGresult *rows, int row, vouch_error *err)
{
    vouch_audit_head *head = &c->report.head;
    const int64_t position = cell_number(rows, row, COLUMN_POSITION);
    const bool behind = position == head->position + 1;
    const char *key_id = cell(rows, row, COLUMN_KEY), *hash = cell(rows, row, COLUMN_HASH);
    bool judged = false, good = false;
    VOUCH_TRY(fits(c, tenant_id, rows, row, &judged, &good, err));
    /* Behind a gap the hash before is not known: nothing can be said of either link. */
    decide_suspect(c, judged && behind ? &good : NULL);
    if (good)
        c->in_row = false;
    check_place(c, rows, row);
    if (contradicts_kept(c, tenant_id, position, hash))
        tell_of(c, rows, row, VOUCH_AUDIT_HEAD_CHANGED);
    if (good) {
        c->report.sealed++;
        c->report.keyed += key_id[0] != '\0';
    } else if (judged && behind) {
        c->suspect = finding_of(c, rows, row, VOUCH_AUDIT_CHANGED);
    }
    c->keyed |= key_id[0] != '\0';
    head->position = position;
    head->sequence = cell_number(rows, row, COLUMN_SEQUENCE);
    if (cell_number(rows, row, COLUMN_FLOOR) > head->floor)
        head->floor = cell_number(rows, row, COLUMN_FLOOR);
    memcpy(head->hash, hash, sizeof head->hash);
    snprintf(head->key_id, sizeof head->key_id, "%s", key_id);
    return VOUCH_OK;
}

static vouch_code check_links(vouch_store *store, void *data, vouch_error *err)
{
    check *c = data;
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(
        QUERY(store, &rows, err,
              "SELECT c.position, c.sequence, c.floor, c.key_id, encode(c.hash, 'hex'), " TIME(
                  "a.at") ", " AUDIT_CONTENT
                          " FROM audit_chain c LEFT JOIN audit a ON a.tenant_id = c.tenant_id AND a.sequence = "
                          "c.sequence WHERE c.tenant_id = $1 AND c.position > $2 ORDER BY c.position LIMIT " BATCH_TEXT,
              store->who->tenant_id, NUMBER(c->report.head.position)));
    c->links = PQntuples(rows);
    for (int row = 0; row < PQntuples(rows); row++)
        VOUCH_TRY(check_link(c, store->who->tenant_id, rows, row, err));
    return VOUCH_OK;
}

/* Rows without a link: behind the floor they wait for the sealer; others were put in afterwards. */
static vouch_code check_unsealed(vouch_store *store, void *data, vouch_error *err)
{
    check *c = data;
    VOUCH_CLEANUP(clear_result) PGresult *waiting = NULL, *rows = NULL;
    const char *tenant_id = store->who->tenant_id, *floor = NUMBER(c->report.head.floor);
    VOUCH_TRY(vouch_execute(store, "SET LOCAL statement_timeout = 0", err)); /* takes as long as the audit is */
    VOUCH_TRY(QUERY(store, &waiting, err,
                    "SELECT count(*), (extract(epoch FROM clock_timestamp() - min(a.at)) * 1000)::bigint FROM audit a "
                    "WHERE a.tenant_id = $1 AND a.sequence > $2 AND NOT EXISTS (SELECT FROM audit_chain c WHERE "
                    "c.tenant_id = a.tenant_id AND c.sequence = a.sequence)",
                    tenant_id, floor));
    VOUCH_TRY(QUERY(
        store, &rows, err,
        "SELECT 0, a.sequence, 0, '', '', " TIME(
            "a.at") ", " AUDIT_CONTENT " FROM audit a WHERE "
                    "a.tenant_id = $1 AND a.sequence <= $2 AND NOT EXISTS (SELECT FROM audit_chain c WHERE c.tenant_id "
                    "= a.tenant_id AND c.sequence = a.sequence) ORDER BY a.sequence",
        tenant_id, floor));
    c->report.unsealed = cell_number(waiting, 0, 0);
    c->report.unsealed_seconds = (double)cell_number(waiting, 0, 1) / 1000;
    for (int row = 0; row < PQntuples(rows); row++)
        tell_of(c, rows, row, VOUCH_AUDIT_ROW_INSERTED);
    return VOUCH_OK;
}

/* What the end of the chain says: it is as long as it was, and sealed with the key that there is. */
static void check_end(check *c)
{
    const vouch_audit_head *head = &c->report.head;
    for (size_t i = 0; i < c->kept_count; i++)
        if (c->kept[i].position > head->position && strcmp(c->kept[i].tenant_id, head->tenant_id) == 0) {
            vouch_audit_finding cut = {
                .fault = VOUCH_AUDIT_HEAD_MISSING, .position = head->position + 1, .to_position = c->kept[i].position};
            tell(c, &cut);
        }
    if (c->keys->count && head->position > 0 && !c->keyed) {
        vouch_audit_finding plain = {.fault = VOUCH_AUDIT_KEY_MISSING,
                                     .position = head->position,
                                     .to_position = head->position,
                                     .sequence = head->sequence};
        tell(c, &plain);
    }
}

vouch_code vouch_store_audit_verify(vouch_store *store, const vouch_principal *who, const vouch_audit_keys *keys,
                                    const vouch_audit_head *kept, size_t kept_count, vouch_audit_found *found,
                                    void *context, vouch_audit_report *out, vouch_error *err)
{
    check c = {.keys = keys, .kept = kept, .kept_count = kept_count, .found = found, .context = context};
    c.report.head = (vouch_audit_head){.hash = AUDIT_GENESIS};
    memcpy(c.report.head.tenant_id, who->tenant_id, sizeof c.report.head.tenant_id);
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    if (!arena)
        return vouch_fail(err, VOUCH_NO_MEMORY, "checking the audit");
    c.arena = arena;
    do
        VOUCH_TRY(vouch_transaction(store, who, check_links, &c, err));
    while (c.links > 0);
    decide_suspect(&c, NULL);
    VOUCH_TRY(vouch_transaction(store, who, check_unsealed, &c, err));
    check_end(&c);
    *out = c.report;
    return VOUCH_OK;
}
