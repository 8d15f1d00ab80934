/* Claims: created, found, changed while they are drafts. */
#include "claim.h"

#include <stdio.h>
#include <string.h>

#include "vouch/hash.h"

/* What a call of this file was asked and what it answers. */
typedef struct claim_request {
    const char *id, *external_ref;
    const vouch_claim_input *input;
    int64_t if_version;
    vouch_arena *arena;
    vouch_claim claim;
    bool created;
} claim_request;

void vouch_claim_read(const PGresult *rows, int row, vouch_arena *arena, vouch_claim *out)
{
    const char *texts[20] = {0};
    for (int column = 0; column < 20; column++)
        texts[column] = cell_copy(rows, row, column, arena);
    vouch_claim claim = {
        .id = texts[0],
        .reference = texts[1],
        .external_ref = texts[2],
        .title = texts[3],
        .branch_id = texts[4],
        .branch_code = texts[5],
        .branch_name = texts[6],
        .account_id = texts[7],
        .account_name = texts[8],
        .version = cell_number(rows, row, 10),
        .currency = texts[11],
        .lines_minor = cell_number(rows, row, 12),
        .invoices_minor = cell_number(rows, row, 13),
        .reason = texts[14],
        .created_at = texts[15],
        .updated_at = texts[16],
        .submitted_at = texts[17],
        .decided_at = texts[18],
        .paid_at = texts[19],
        .document_count = (size_t)cell_number(rows, row, 20),
    };
    bool known = vouch_claim_state_lookup(texts[9], &claim.state);
    (void)known; /* the table's CHECK has the same words */
    *out = claim;
}

static vouch_code load_lines(vouch_store *store, vouch_arena *arena, vouch_claim *claim, vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err,
                    "SELECT id, position, category, cost_centre, note, amount_minor, document_id FROM claim_line WHERE "
                    "tenant_id = $1 AND claim_id = $2 ORDER BY position, id",
                    store->who->tenant_id, claim->id));
    size_t count = (size_t)PQntuples(rows);
    vouch_claim_line *lines = vouch_arena_calloc(arena, count + 1, sizeof *lines);
    for (size_t i = 0; i < count; i++) {
        int row = (int)i;
        lines[i] = (vouch_claim_line){.id = cell_copy(rows, row, 0, arena),
                                      .position = (int)cell_number(rows, row, 1),
                                      .category = cell_copy(rows, row, 2, arena),
                                      .cost_centre = cell_copy(rows, row, 3, arena),
                                      .note = cell_copy(rows, row, 4, arena),
                                      .amount_minor = cell_number(rows, row, 5),
                                      .document_id = cell_copy(rows, row, 6, arena)};
    }
    claim->lines = lines;
    claim->line_count = count;
    return VOUCH_OK;
}

vouch_code vouch_claim_load(vouch_store *store, const char *id, vouch_arena *arena, vouch_claim *out, vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err, "SELECT " CLAIM_COLUMNS CLAIM_TABLES "WHERE c.tenant_id = $1 AND c.id = $2",
                    store->who->tenant_id, id));
    if (PQntuples(rows) == 0)
        return vouch_fail(err, VOUCH_NOT_FOUND, "no such claim");
    vouch_claim claim;
    vouch_claim_read(rows, 0, arena, &claim);
    VOUCH_TRY(load_lines(store, arena, &claim, err));
    *out = claim;
    return VOUCH_OK;
}

vouch_code vouch_claim_lock(vouch_store *store, const char *id, int64_t if_version, vouch_claim_state *state,
                            vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err, "SELECT state, version FROM claim WHERE tenant_id = $1 AND id = $2 FOR UPDATE",
                    store->who->tenant_id, id));
    vouch_claim_state found;
    if (PQntuples(rows) == 0 || !vouch_claim_state_lookup(cell(rows, 0, 0), &found))
        return vouch_fail(err, VOUCH_NOT_FOUND, "no such claim");
    if (if_version && cell_number(rows, 0, 1) != if_version)
        return vouch_fail(err, VOUCH_PRECONDITION, "the claim is in version %s by now", cell(rows, 0, 1));
    *state = found;
    return VOUCH_OK;
}

vouch_code vouch_claim_lock_draft(vouch_store *store, const char *id, int64_t if_version, vouch_error *err)
{
    vouch_claim_state state;
    VOUCH_TRY(vouch_claim_lock(store, id, if_version, &state, err));
    if (state != VOUCH_CLAIM_DRAFT)
        return vouch_fail(err, VOUCH_STATE_CONFLICT, "the claim is %s; only a draft can be changed",
                          vouch_claim_state_name(state));
    return VOUCH_OK;
}

vouch_code vouch_claim_refresh(vouch_store *store, const char *id, vouch_error *err)
{
    return QUERY(
        store, NULL, err,
        "UPDATE claim c SET version = version + 1, updated_at = now(), lines_minor = (SELECT "
        "coalesce(sum(l.amount_minor)"
        ", 0) FROM claim_line l WHERE l.tenant_id = c.tenant_id AND l.claim_id = c.id), invoices_minor = (SELECT "
        "coalesce(sum(CASE WHEN a.credit THEN -a.amount_minor ELSE a.amount_minor END), 0) FROM allocation a WHERE "
        "a.tenant_id = c.tenant_id AND a.claim_id = c.id AND a.state IN ('reserved', 'consumed') AND a.currency = "
        "c.currency) WHERE c.tenant_id = $1 AND c.id = $2",
        store->who->tenant_id, id);
}

vouch_code vouch_claim_snapshot(vouch_store *store, const char *id, vouch_arena *arena, const char **out,
                                vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err,
                    "SELECT row_to_json(s) FROM (SELECT c.id AS claim_id, c.reference, c.external_ref, c.title, "
                    "c.branch_id, c.state, c.version, c.currency, c.lines_minor, c.invoices_minor, c.reason, (SELECT "
                    "json_agg(json_build_object('invoice', a.invoice_id, 'state', a.state, 'amount_minor', "
                    "a.amount_minor) ORDER BY a.id) FROM allocation a WHERE a.tenant_id = c.tenant_id AND a.claim_id = "
                    "c.id) AS allocations FROM claim c WHERE c.tenant_id = $1 AND c.id = $2) s",
                    store->who->tenant_id, id));
    *out = PQntuples(rows) ? cell_copy(rows, 0, 0, arena) : NULL;
    return VOUCH_OK;
}

/* The branch of a new claim, which the principal must be able to use. */
static vouch_code choose_branch(vouch_store *store, const vouch_claim_input *input, char out[VOUCH_ID_SIZE],
                                vouch_error *err)
{
    const vouch_principal *who = store->who;
    char id[VOUCH_ID_SIZE] = "";
    if (input->branch_id && !is_id(input->branch_id))
        return vouch_fail(err, VOUCH_INVALID_FIELD, "branch_id: not a UUID");
    if (input->branch_id || input->branch_code) {
        VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
        VOUCH_TRY(QUERY(store, &rows, err,
                        "SELECT id FROM branch WHERE tenant_id = $1 AND (id = $2 OR $2::uuid IS NULL AND code = $3)",
                        who->tenant_id, input->branch_id, input->branch_code));
        if (PQntuples(rows) == 0)
            return vouch_fail(err, VOUCH_INVALID_FIELD, "branch: there is none of this name");
        cell_id(rows, 0, 0, id);
    } else {
        snprintf(id, sizeof id, "%s", who->branch_id);
    }
    if (!id[0])
        return vouch_fail(err, VOUCH_INVALID_FIELD, "branch: must be named, since the token has none");
    bool allowed = who->all_branches;
    for (size_t i = 0; i < who->branch_count && !allowed; i++)
        allowed = strcmp(who->branch_ids[i], id) == 0;
    if (!allowed)
        return vouch_fail(err, VOUCH_FORBIDDEN, "branch: not one of this token");
    memcpy(out, id, sizeof id);
    return VOUCH_OK;
}

/* "C-7XQ2-9KMP" from the random end of the id, in Crockford's alphabet: says nothing of how many claims there are. */
static void make_reference(const char *id, char out[12])
{
    static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    uint64_t bits = 0;
    for (const char *c = id + VOUCH_ID_SIZE - 1 - 10; *c; c++)
        bits = bits << 4 | (uint64_t)(*c <= '9' ? *c - '0' : (*c | 0x20) - 'a' + 10);
    char digits[9] = "";
    for (int i = 0; i < 8; i++)
        digits[i] = alphabet[bits >> (35 - 5 * i) & 31];
    snprintf(out, 12, "C-%.4s-%s", digits, digits + 4);
}

static vouch_code insert_claim(vouch_store *store, claim_request *request, const char *id, vouch_error *err)
{
    const vouch_claim_input *input = request->input;
    const vouch_principal *who = store->who;
    char branch[VOUCH_ID_SIZE], reference[12];
    VOUCH_TRY(choose_branch(store, input, branch, err));
    make_reference(id, reference);
    VOUCH_TRY(
        QUERY(store, NULL, err,
              "INSERT INTO claim (tenant_id, id, reference, external_ref, title, branch_id, account_id, currency) "
              "VALUES ($1, $2, $3, $4, $5, $6, $7, coalesce($8, (SELECT currency FROM tenant WHERE tenant_id = "
              "$1)))",
              who->tenant_id, id, reference, input->external_ref, input->title, branch, or_null(who->account_id),
              input->currency));
    VOUCH_TRY(vouch_claim_insert_lines(store, id, input->lines, input->line_count, 1, err));
    VOUCH_TRY(QUERY(store, NULL, err,
                    "UPDATE claim SET lines_minor = (SELECT coalesce(sum(amount_minor), 0) FROM claim_line WHERE "
                    "tenant_id = $1 AND claim_id = $2) WHERE tenant_id = $1 AND id = $2",
                    who->tenant_id, id));
    const char *after;
    VOUCH_TRY(vouch_claim_snapshot(store, id, request->arena, &after, err));
    audit_note note = {"claim.create", "claim", id, NULL, after, "claim.created"};
    VOUCH_TRY(vouch_audit_add(store, &note, err));
    return vouch_claim_load(store, id, request->arena, &request->claim, err);
}

static vouch_code create_claim(vouch_store *store, void *data, vouch_error *err)
{
    claim_request *request = data;
    char id[VOUCH_ID_SIZE];
    VOUCH_TRY(given_or_new_id(request->input->id, id, err));
    if (request->input->id) {
        vouch_code code = vouch_claim_load(store, id, request->arena, &request->claim, err);
        if (code != VOUCH_NOT_FOUND)
            return code;
    }
    vouch_code code = insert_claim(store, request, id, err);
    if (code == VOUCH_STATE_CONFLICT)
        return vouch_fail(err, code, "external_ref: another claim has it");
    return code;
}

vouch_code vouch_store_claim_create(vouch_store *store, const vouch_principal *who, const vouch_claim_input *input,
                                    vouch_arena *arena, vouch_claim *out, vouch_error *err)
{
    claim_request request = {.input = input, .arena = arena};
    VOUCH_TRY(vouch_transaction(store, who, create_claim, &request, err));
    *out = request.claim;
    return VOUCH_OK;
}

static bool same_text(const char *a, const char *b)
{
    return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

/* Would the input change the claim? What the input leaves out stays. */
static bool differs(const vouch_claim *claim, const vouch_claim_input *input)
{
    if ((input->title && !same_text(claim->title, input->title)) ||
        (input->currency && strcmp(claim->currency, input->currency) != 0))
        return true;
    if (!input->lines)
        return false;
    if (input->line_count != claim->line_count)
        return true;
    for (size_t i = 0; i < input->line_count; i++) {
        const vouch_claim_line *a = &claim->lines[i], *b = &input->lines[i];
        if (a->amount_minor != b->amount_minor || !same_text(a->category, b->category) ||
            !same_text(a->note, b->note) || !same_text(a->cost_centre, b->cost_centre) ||
            !same_text(a->document_id, b->document_id))
            return true;
    }
    return false;
}

static vouch_code change_claim(vouch_store *store, claim_request *request, const char *id, vouch_error *err)
{
    const vouch_claim_input *input = request->input;
    vouch_claim_state state;
    VOUCH_TRY(vouch_claim_lock(store, id, request->if_version, &state, err));
    vouch_claim claim;
    VOUCH_TRY(vouch_claim_load(store, id, request->arena, &claim, err));
    if (!differs(&claim, input)) {
        request->claim = claim;
        return VOUCH_OK;
    }
    if (state != VOUCH_CLAIM_DRAFT)
        return vouch_fail(err, VOUCH_STATE_CONFLICT, "the claim is %s; only a draft can be changed",
                          vouch_claim_state_name(state));
    const char *before, *after;
    VOUCH_TRY(vouch_claim_snapshot(store, id, request->arena, &before, err));
    VOUCH_TRY(QUERY(store, NULL, err,
                    "UPDATE claim SET title = coalesce($3, title), currency = coalesce($4, currency) WHERE tenant_id = "
                    "$1 AND id = $2",
                    store->who->tenant_id, id, input->title, input->currency));
    if (input->lines) {
        VOUCH_TRY(QUERY(store, NULL, err, "DELETE FROM claim_line WHERE tenant_id = $1 AND claim_id = $2",
                        store->who->tenant_id, id));
        VOUCH_TRY(vouch_claim_insert_lines(store, id, input->lines, input->line_count, 1, err));
    }
    VOUCH_TRY(vouch_claim_refresh(store, id, err));
    VOUCH_TRY(vouch_claim_snapshot(store, id, request->arena, &after, err));
    audit_note note = {"claim.change", "claim", id, before, after, "claim.changed"};
    VOUCH_TRY(vouch_audit_add(store, &note, err));
    return vouch_claim_load(store, id, request->arena, &request->claim, err);
}

static vouch_code find_by_reference(vouch_store *store, const char *external_ref, char out[VOUCH_ID_SIZE],
                                    vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err, "SELECT id FROM claim WHERE tenant_id = $1 AND external_ref = $2",
                    store->who->tenant_id, external_ref));
    if (PQntuples(rows) == 0)
        return vouch_fail(err, VOUCH_NOT_FOUND, "no claim with this external_ref");
    cell_id(rows, 0, 0, out);
    return VOUCH_OK;
}

static vouch_code upsert_claim(vouch_store *store, void *data, vouch_error *err)
{
    claim_request *request = data;
    char id[VOUCH_ID_SIZE];
    vouch_code code = find_by_reference(store, request->input->external_ref, id, err);
    if (code == VOUCH_OK) {
        request->created = false;
        return change_claim(store, request, id, err);
    }
    if (code != VOUCH_NOT_FOUND)
        return code;
    if (request->if_version)
        return vouch_fail(err, VOUCH_PRECONDITION, "there is no claim with this external_ref");
    VOUCH_TRY(given_or_new_id(request->input->id, id, err));
    request->created = true;
    return insert_claim(store, request, id, err);
}

vouch_code vouch_store_claim_upsert(vouch_store *store, const vouch_principal *who, const vouch_claim_input *input,
                                    int64_t if_version, vouch_arena *arena, vouch_claim *out, bool *created,
                                    vouch_error *err)
{
    if (!input->external_ref || !input->external_ref[0])
        return vouch_fail(err, VOUCH_INVALID_FIELD, "external_ref: must be given");
    claim_request request = {.input = input, .if_version = if_version, .arena = arena};
    vouch_code code = vouch_transaction(store, who, upsert_claim, &request, err);
    if (code == VOUCH_STATE_CONFLICT && request.created) /* someone else created it in this moment: change that one */
        code = vouch_transaction(store, who, upsert_claim, &request, err);
    if (code == VOUCH_STATE_CONFLICT && request.created)
        return vouch_fail(err, code, "external_ref: a claim of another branch or person has it");
    VOUCH_TRY(code);
    *out = request.claim;
    *created = request.created;
    return VOUCH_OK;
}

static vouch_code get_claim(vouch_store *store, void *data, vouch_error *err)
{
    claim_request *request = data;
    char id[VOUCH_ID_SIZE];
    if (request->external_ref)
        VOUCH_TRY(find_by_reference(store, request->external_ref, id, err));
    else
        snprintf(id, sizeof id, "%s", request->id);
    return vouch_claim_load(store, id, request->arena, &request->claim, err);
}

vouch_code vouch_store_claim_get(vouch_store *store, const vouch_principal *who, const char *id, vouch_arena *arena,
                                 vouch_claim *out, vouch_error *err)
{
    if (!is_id(id))
        return vouch_fail(err, VOUCH_NOT_FOUND, "no such claim");
    claim_request request = {.id = id, .arena = arena};
    VOUCH_TRY(vouch_transaction(store, who, get_claim, &request, err));
    *out = request.claim;
    return VOUCH_OK;
}

vouch_code vouch_store_claim_get_by_reference(vouch_store *store, const vouch_principal *who, const char *external_ref,
                                              vouch_arena *arena, vouch_claim *out, vouch_error *err)
{
    claim_request request = {.external_ref = external_ref, .arena = arena};
    VOUCH_TRY(vouch_transaction(store, who, get_claim, &request, err));
    *out = request.claim;
    return VOUCH_OK;
}
