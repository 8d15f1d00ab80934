/* Rules, holds, and which documents are due. */
#include "vouch/retention.h"

#include <string.h>

#include "sql.h"

static const struct {
    const char *word, *text, *from;
} scopes[] = {
#define X(name, word, text, from) {word, text, from},
    VOUCH_RETENTION_SCOPES(X)
#undef X
};

const char *vouch_retention_scope_word(vouch_retention_scope scope)
{
    return scopes[scope].word;
}

const char *vouch_retention_scope_text(vouch_retention_scope scope)
{
    return scopes[scope].text;
}

const char *vouch_retention_scope_from(vouch_retention_scope scope)
{
    return scopes[scope].from;
}

bool vouch_retention_scope_lookup(const char *word, vouch_retention_scope *out)
{
    for (int i = 0; i < VOUCH_RETENTION_SCOPE_COUNT; i++)
        if (strcmp(word, scopes[i].word) == 0) {
            *out = (vouch_retention_scope)i;
            return true;
        }
    return false;
}

typedef struct list_request {
    vouch_arena *arena;
    int limit;
    const char *text;
    void *items;
    size_t count;
} list_request;

/* ---- rules ---- */

static vouch_code list_rules(vouch_store *store, void *data, vouch_error *err)
{
    list_request *request = data;
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(
        QUERY(store, &rows, err,
              "SELECT scope, kind, days, " TIME("created_at") " FROM retention_rule WHERE tenant_id = $1 ORDER BY "
                                                              "scope, kind",
              store->who->tenant_id));
    size_t count = 0;
    vouch_retention_rule *rules = vouch_arena_calloc(request->arena, (size_t)PQntuples(rows) + 1, sizeof *rules);
    for (int row = 0; row < PQntuples(rows); row++) {
        vouch_retention_rule rule = {.kind = cell_copy(rows, row, 1, request->arena),
                                     .days = (int)cell_number(rows, row, 2),
                                     .created_at = cell_copy(rows, row, 3, request->arena)};
        if (vouch_retention_scope_lookup(cell(rows, row, 0), &rule.scope)) /* else: of a newer program */
            rules[count++] = rule;
    }
    request->items = rules;
    request->count = count;
    return VOUCH_OK;
}

vouch_code vouch_store_retention_list(vouch_store *store, const vouch_principal *who, vouch_arena *arena,
                                      vouch_retention_rule **out, size_t *count, vouch_error *err)
{
    list_request request = {.arena = arena};
    VOUCH_TRY(vouch_transaction(store, who, list_rules, &request, err));
    *out = request.items;
    *count = request.count;
    return VOUCH_OK;
}

static vouch_code set_rule(vouch_store *store, void *data, vouch_error *err)
{
    const vouch_retention_rule *rule = data;
    const char *word = scopes[rule->scope].word;
    VOUCH_CLEANUP(clear_result) PGresult *before = NULL, *after = NULL;
    VOUCH_TRY(QUERY(store, &before, err,
                    "SELECT json_build_object('scope', scope, 'kind', kind, 'days', days) FROM retention_rule WHERE "
                    "tenant_id = $1 AND scope = $2 AND kind = $3 FOR UPDATE",
                    store->who->tenant_id, word, rule->kind));
    VOUCH_TRY(QUERY(store, &after, err,
                    "INSERT INTO retention_rule (tenant_id, scope, kind, days) VALUES ($1, $2, $3, $4) ON CONFLICT "
                    "(tenant_id, scope, kind) DO UPDATE SET days = excluded.days RETURNING json_build_object('scope', "
                    "scope, 'kind', kind, 'days', days)",
                    store->who->tenant_id, word, rule->kind, NUMBER(rule->days)));
    audit_note note = {.action = "retention.set",
                       .subject = "tenant",
                       .subject_id = store->who->tenant_id,
                       .before = PQntuples(before) ? cell(before, 0, 0) : NULL,
                       .after = cell(after, 0, 0)};
    return vouch_audit_add(store, &note, err);
}

vouch_code vouch_store_retention_set(vouch_store *store, const vouch_principal *who, const vouch_retention_rule *rule,
                                     vouch_error *err)
{
    vouch_retention_rule wanted = *rule;
    return vouch_transaction(store, who, set_rule, &wanted, err);
}

static vouch_code remove_rule(vouch_store *store, void *data, vouch_error *err)
{
    const vouch_retention_rule *rule = data;
    VOUCH_CLEANUP(clear_result) PGresult *before = NULL;
    VOUCH_TRY(QUERY(store, &before, err,
                    "DELETE FROM retention_rule WHERE tenant_id = $1 AND scope = $2 AND kind = $3 RETURNING "
                    "json_build_object('scope', scope, 'kind', kind, 'days', days)",
                    store->who->tenant_id, scopes[rule->scope].word, rule->kind));
    if (PQntuples(before) == 0)
        return vouch_fail(err, VOUCH_NOT_FOUND, "there is no rule %s for %s", scopes[rule->scope].word, rule->kind);
    audit_note note = {.action = "retention.remove",
                       .subject = "tenant",
                       .subject_id = store->who->tenant_id,
                       .before = cell(before, 0, 0)};
    return vouch_audit_add(store, &note, err);
}

vouch_code vouch_store_retention_remove(vouch_store *store, const vouch_principal *who, vouch_retention_scope scope,
                                        const char *kind, vouch_error *err)
{
    vouch_retention_rule rule = {.scope = scope, .kind = kind};
    return vouch_transaction(store, who, remove_rule, &rule, err);
}

static vouch_code list_due(vouch_store *store, void *data, vouch_error *err)
{
    list_request *request = data;
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(vouch_execute(store, "SET LOCAL statement_timeout = 0", err));
    VOUCH_TRY(QUERY(store, &rows, err,
                    "SELECT document_id, scope, kind, days, " TIME("since") " FROM retention_due($1)",
                    NUMBER(request->limit)));
    size_t count = 0;
    vouch_retention_due *due = vouch_arena_calloc(request->arena, (size_t)PQntuples(rows) + 1, sizeof *due);
    for (int row = 0; row < PQntuples(rows); row++) {
        vouch_retention_due item = {.document_id = cell_copy(rows, row, 0, request->arena),
                                    .kind = cell_copy(rows, row, 2, request->arena),
                                    .days = (int)cell_number(rows, row, 3),
                                    .since = cell_copy(rows, row, 4, request->arena)};
        if (vouch_retention_scope_lookup(cell(rows, row, 1), &item.scope))
            due[count++] = item;
    }
    request->items = due;
    request->count = count;
    return VOUCH_OK;
}

vouch_code vouch_store_retention_due(vouch_store *store, const vouch_principal *who, int limit, vouch_arena *arena,
                                     vouch_retention_due **out, size_t *count, vouch_error *err)
{
    list_request request = {.arena = arena, .limit = limit};
    VOUCH_TRY(vouch_transaction(store, who, list_due, &request, err));
    *out = request.items;
    *count = request.count;
    return VOUCH_OK;
}

/* ---- holds ---- */

static vouch_code list_holds(vouch_store *store, void *data, vouch_error *err)
{
    list_request *request = data;
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err,
                    "SELECT subject, subject_id, reason, " TIME("created_at") " FROM legal_hold WHERE tenant_id = $1 "
                                                                              "ORDER BY created_at, subject_id",
                    store->who->tenant_id));
    size_t count = (size_t)PQntuples(rows);
    vouch_legal_hold *holds = vouch_arena_calloc(request->arena, count + 1, sizeof *holds);
    for (size_t i = 0; i < count; i++)
        holds[i] =
            (vouch_legal_hold){cell_copy(rows, (int)i, 0, request->arena), cell_copy(rows, (int)i, 1, request->arena),
                               cell_copy(rows, (int)i, 2, request->arena), cell_copy(rows, (int)i, 3, request->arena)};
    request->items = holds;
    request->count = count;
    return VOUCH_OK;
}

vouch_code vouch_store_hold_list(vouch_store *store, const vouch_principal *who, vouch_arena *arena,
                                 vouch_legal_hold **out, size_t *count, vouch_error *err)
{
    list_request request = {.arena = arena};
    VOUCH_TRY(vouch_transaction(store, who, list_holds, &request, err));
    *out = request.items;
    *count = request.count;
    return VOUCH_OK;
}

/* @param text  of the hold as the audit says it; NULL: none */
static vouch_code audit_hold(vouch_store *store, const char *action, const vouch_legal_hold *hold, const char *before,
                             const char *after, vouch_error *err)
{
    audit_note note = {action, hold->subject, hold->subject_id, before, after, NULL};
    return vouch_audit_add(store, &note, err);
}

static vouch_code set_hold(vouch_store *store, void *data, vouch_error *err)
{
    const vouch_legal_hold *hold = data;
    VOUCH_CLEANUP(clear_result) PGresult *there = NULL, *after = NULL;
    VOUCH_TRY(
        QUERY(store, &there, err,
              "SELECT FROM claim WHERE $3 = 'claim' AND tenant_id = $1 AND id = $2 UNION ALL SELECT FROM document "
              "WHERE $3 = 'document' AND tenant_id = $1 AND id = $2",
              store->who->tenant_id, hold->subject_id, hold->subject));
    if (PQntuples(there) == 0)
        return vouch_fail(err, VOUCH_NOT_FOUND, "there is no %s %s", hold->subject, hold->subject_id);
    VOUCH_TRY(
        QUERY(store, &after, err,
              "INSERT INTO legal_hold (tenant_id, subject, subject_id, reason) VALUES ($1, $2, $3, $4) ON CONFLICT "
              "(tenant_id, subject, subject_id) DO UPDATE SET reason = excluded.reason RETURNING "
              "json_build_object('reason', reason)",
              store->who->tenant_id, hold->subject, hold->subject_id, hold->reason));
    return audit_hold(store, "hold.set", hold, NULL, cell(after, 0, 0), err);
}

vouch_code vouch_store_hold_set(vouch_store *store, const vouch_principal *who, const vouch_legal_hold *hold,
                                vouch_error *err)
{
    if (!is_id(hold->subject_id))
        return vouch_fail(err, VOUCH_NOT_FOUND, "there is no %s %s", hold->subject, hold->subject_id);
    vouch_legal_hold wanted = *hold;
    return vouch_transaction(store, who, set_hold, &wanted, err);
}

static vouch_code remove_hold(vouch_store *store, void *data, vouch_error *err)
{
    const vouch_legal_hold *hold = data;
    VOUCH_CLEANUP(clear_result) PGresult *before = NULL;
    VOUCH_TRY(QUERY(store, &before, err,
                    "DELETE FROM legal_hold WHERE tenant_id = $1 AND subject = $2 AND subject_id = $3 RETURNING "
                    "json_build_object('reason', reason)",
                    store->who->tenant_id, hold->subject, hold->subject_id));
    if (PQntuples(before) == 0)
        return vouch_fail(err, VOUCH_NOT_FOUND, "there is no hold on %s %s", hold->subject, hold->subject_id);
    return audit_hold(store, "hold.remove", hold, cell(before, 0, 0), NULL, err);
}

vouch_code vouch_store_hold_remove(vouch_store *store, const vouch_principal *who, const char *subject,
                                   const char *subject_id, vouch_error *err)
{
    if (!is_id(subject_id))
        return vouch_fail(err, VOUCH_NOT_FOUND, "there is no hold on %s %s", subject, subject_id);
    vouch_legal_hold hold = {.subject = subject, .subject_id = subject_id};
    return vouch_transaction(store, who, remove_hold, &hold, err);
}

/* ---- one person ---- */

static vouch_code list_mentions(vouch_store *store, void *data, vouch_error *err)
{
    list_request *request = data;
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(vouch_execute(store, "SET LOCAL statement_timeout = 0", err));
    VOUCH_TRY(
        QUERY(store, &rows, err,
              "SELECT DISTINCT r.document_id FROM reading r JOIN document d ON d.tenant_id = r.tenant_id AND d.id = "
              "r.document_id WHERE r.tenant_id = $1 AND d.erased_at IS NULL AND (strpos(r.reading::text, $2) > 0 "
              "OR strpos(d.file, $2) > 0) ORDER BY 1",
              store->who->tenant_id, request->text));
    const char **ids = vouch_arena_calloc(request->arena, (size_t)PQntuples(rows) + 1, sizeof *ids);
    for (int row = 0; row < PQntuples(rows); row++)
        ids[row] = cell_copy(rows, row, 0, request->arena);
    request->items = ids;
    request->count = (size_t)PQntuples(rows);
    return VOUCH_OK;
}

vouch_code vouch_store_mentions(vouch_store *store, const vouch_principal *who, const char *text, vouch_arena *arena,
                                const char ***out, size_t *count, vouch_error *err)
{
    list_request request = {.arena = arena, .text = text};
    VOUCH_TRY(vouch_transaction(store, who, list_mentions, &request, err));
    *out = request.items;
    *count = request.count;
    return VOUCH_OK;
}
