/* Bearer tokens: "vt_" and 64 hex digits; only the SHA-256 is stored. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claim.h"
#include "vouch/hash.h"

enum {
    TOKEN_LENGTH = 3 + 64,
};

typedef struct token_request {
    const vouch_token *token;
    const char *token_id;
    uint8_t hash[32];
    char hash_text[67]; /* bytea literal \x… */
    char id[VOUCH_ID_SIZE];
    vouch_principal principal;
    vouch_arena *arena;
    vouch_token *tokens;
    size_t count;
} token_request;

static void hash_token(token_request *request, const char *token, size_t length)
{
    vouch_sha256(token, length, request->hash);
    memcpy(request->hash_text, "\\x", 2);
    vouch_hex(request->hash, sizeof request->hash, request->hash_text + 2);
}

static vouch_code find_token(vouch_store *store, void *data, vouch_error *err)
{
    token_request *request = data;
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY_LAST(store, &rows, err,
                         "SELECT encode(hash, 'hex'), tenant_id, account_id, token_id, role, branch_id, bound, name "
                         "FROM token_find($1)",
                         request->hash_text));
    vouch_role role;
    if (PQntuples(rows) != 1 || !vouch_role_lookup(cell(rows, 0, 4), &role) ||
        !vouch_secret_equal(cell(rows, 0, 0), request->hash_text + 2, 64))
        return vouch_fail(err, VOUCH_UNAUTHENTICATED, "the token is not valid");
    vouch_principal who = {.role = role};
    cell_id(rows, 0, 1, who.tenant_id);
    cell_id(rows, 0, 2, who.account_id);
    cell_id(rows, 0, 3, who.token_id);
    cell_id(rows, 0, 5, who.branch_id);
    snprintf(who.account_name, sizeof who.account_name, "%s", cell(rows, 0, 7));
    bool sees_all = role == VOUCH_ROLE_FINANCE || role == VOUCH_ROLE_AUDITOR || role == VOUCH_ROLE_ADMIN;
    bool platform_of_tenant = role == VOUCH_ROLE_PLATFORM && !who.branch_id[0];
    who.all_branches = (sees_all && !cell_boolean(rows, 0, 6)) || platform_of_tenant;
    if (who.branch_id[0]) {
        memcpy(who.branch_ids[0], who.branch_id, VOUCH_ID_SIZE);
        who.branch_count = 1;
    }
    request->principal = who;
    return VOUCH_OK;
}

vouch_code vouch_store_authenticate(vouch_store *store, const char *token, size_t length, vouch_principal *out,
                                    vouch_error *err)
{
    if (length != TOKEN_LENGTH)
        return vouch_fail(err, VOUCH_UNAUTHENTICATED, "the token is not valid");
    token_request request = {0};
    hash_token(&request, token, length);
    VOUCH_TRY(vouch_transaction(store, NULL, find_token, &request, err));
    *out = request.principal;
    return VOUCH_OK;
}

static vouch_code insert_token(vouch_store *store, void *data, vouch_error *err)
{
    token_request *request = data;
    const vouch_token *token = request->token;
    VOUCH_CLEANUP(clear_result) PGresult *made = NULL;
    VOUCH_TRY(QUERY(store, &made, err,
                    "INSERT INTO api_token (tenant_id, id, account_id, hash, label, branch_id, expires_at) VALUES ($1, "
                    "$2, $3, $4, $5, $6, $7) RETURNING json_build_object('account_id', account_id, 'label', label, "
                    "'branch_id', branch_id, 'expires_at', expires_at)",
                    store->who->tenant_id, request->id, token->account_id, request->hash_text,
                    token->label ? token->label : "", token->branch_id, token->expires_at));
    audit_note note = {"token.create", "token", request->id, NULL, cell(made, 0, 0), NULL};
    return vouch_audit_add(store, &note, err);
}

vouch_code vouch_store_token_create(vouch_store *store, const vouch_principal *who, const vouch_token *token,
                                    char secret_out[VOUCH_TOKEN_SIZE], char id_out[VOUCH_ID_SIZE], vouch_error *err)
{
    if (!is_id(token->account_id))
        return vouch_fail(err, VOUCH_INVALID_FIELD, "account_id: not a UUID");
    char secret[VOUCH_TOKEN_SIZE] = "vt_";
    VOUCH_TRY(vouch_random_hex(32, secret + 3, err));
    token_request request = {.token = token};
    hash_token(&request, secret, TOKEN_LENGTH);
    VOUCH_TRY(vouch_uuid(request.id, err));
    VOUCH_TRY(vouch_transaction(store, who, insert_token, &request, err));
    memcpy(secret_out, secret, sizeof secret);
    memcpy(id_out, request.id, VOUCH_ID_SIZE);
    return VOUCH_OK;
}

static vouch_code revoke_token(vouch_store *store, void *data, vouch_error *err)
{
    const token_request *request = data;
    VOUCH_CLEANUP(clear_result) PGresult *result = NULL;
    VOUCH_TRY(QUERY(store, &result, err,
                    "UPDATE api_token SET revoked_at = coalesce(revoked_at, now()) WHERE tenant_id = $1 AND id = $2 "
                    "RETURNING json_build_object('account_id', account_id, 'revoked_at', revoked_at)",
                    store->who->tenant_id, request->token_id));
    if (PQntuples(result) == 0)
        return vouch_fail(err, VOUCH_NOT_FOUND, "no such token");
    audit_note note = {"token.revoke", "token", request->token_id, NULL, cell(result, 0, 0), NULL};
    return vouch_audit_add(store, &note, err);
}

vouch_code vouch_store_token_revoke(vouch_store *store, const vouch_principal *who, const char *token_id,
                                    vouch_error *err)
{
    if (!is_id(token_id))
        return vouch_fail(err, VOUCH_NOT_FOUND, "no such token");
    token_request request = {.token_id = token_id};
    return vouch_transaction(store, who, revoke_token, &request, err);
}

static vouch_code list_tokens(vouch_store *store, void *data, vouch_error *err)
{
    token_request *request = data;
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(
        store, &rows, err,
        "SELECT t.id, t.account_id, t.label, t.branch_id, a.role, " TIME("t.created_at") ", " TIME(
            "t.expires_at") ", " TIME("t.revoked_at") ", " TIME("t.used_at") " FROM api_token t JOIN "
                                                                             "account a ON a.tenant_id = t.tenant_id "
                                                                             "AND a.id = t.account_id WHERE "
                                                                             "t.tenant_id = $1 ORDER BY t.id",
        store->who->tenant_id));
    size_t count = (size_t)PQntuples(rows);
    vouch_token *tokens = vouch_arena_calloc(request->arena, count + 1, sizeof *tokens);
    for (size_t i = 0; i < count; i++) {
        const char *texts[9];
        for (int column = 0; column < 9; column++)
            texts[column] = cell_copy(rows, (int)i, column, request->arena);
        tokens[i] = (vouch_token){texts[0], texts[1], texts[2], texts[3], VOUCH_ROLE_EMPLOYEE,
                                  texts[5], texts[6], texts[7], texts[8]};
        bool known = vouch_role_lookup(texts[4], &tokens[i].role);
        (void)known; /* the table's CHECK has the same words */
    }
    request->tokens = tokens;
    request->count = count;
    return VOUCH_OK;
}

vouch_code vouch_store_token_list(vouch_store *store, const vouch_principal *who, vouch_arena *arena, vouch_token **out,
                                  size_t *count, vouch_error *err)
{
    token_request request = {.arena = arena};
    VOUCH_TRY(vouch_transaction(store, who, list_tokens, &request, err));
    *out = request.tokens;
    *count = request.count;
    return VOUCH_OK;
}
