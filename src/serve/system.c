/** What is there without a claim: health, readiness, the description of the API, the meaning of problems, who I am. */
#include <string.h>

#include "http.h"
#include "openapi.h"

vouch_code http_get_root(http_request *request, vouch_store *store, vouch_error *err)
{
    (void)store;
    return http_reply_json(request, 200,
                           json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", "vouch", "version", VOUCH_VERSION, "api",
                                     "/openapi.yaml", "health", "/healthz", "licence", "AGPL-3.0-or-later"),
                           err);
}

vouch_code http_get_health(http_request *request, vouch_store *store, vouch_error *err)
{
    (void)store;
    return http_reply_json(request, 200, json_pack("{s:s}", "status", "alive"), err);
}

vouch_code http_get_ready(http_request *request, vouch_store *store, vouch_error *err)
{
    if (__atomic_load_n(&request->service->draining, __ATOMIC_RELAXED))
        return vouch_fail(err, VOUCH_UNAVAILABLE, "the service is shutting down");
    const vouch_code code = vouch_store_check(store, err);
    if (code == VOUCH_CONFIG) /* a schema that is too old or too new for this program: another answers */
        return vouch_fail(err, VOUCH_UNAVAILABLE, "the schema of the database is not one for this program");
    VOUCH_TRY(code);
    return http_reply_json(request, 200, json_pack("{s:s}", "status", "ready"), err);
}

vouch_code http_get_openapi(http_request *request, vouch_store *store, vouch_error *err)
{
    (void)store;
    request->reply.cache_control = "public, max-age=300";
    return http_reply_text(request, 200, "application/yaml", (const char *)openapi_yaml, err);
}

vouch_code http_get_problem(http_request *request, vouch_store *store, vouch_error *err)
{
    (void)store;
    const vouch_code_info *info = vouch_code_lookup_slug(request->params[0]);
    if (!info || info->code == VOUCH_OK)
        return vouch_fail(err, VOUCH_NOT_FOUND, "there is no such problem");
    const char *type = vouch_arena_printf(request->arena, HTTP_PROBLEM_TYPE "%s", info->slug);
    return http_reply_json(request, 200,
                           json_pack("{s:s, s:s, s:i, s:s, s:b}", "type", type, "title", info->title, "status",
                                     info->http_status, "advice", info->advice, "retry_helps", info->retry_helps),
                           err);
}

vouch_code http_get_me(http_request *request, vouch_store *store, vouch_error *err)
{
    (void)store;
    const vouch_principal *who = &request->principal;
    json_t *branches = json_array();
    for (size_t i = 0; i < who->branch_count; i++)
        json_array_append_new(branches, json_string(who->branch_ids[i]));
    return http_reply_json(request, 200,
                           json_pack("{s:s, s:s, s:s, s:s, s:b, s:o}", "tenant_id", who->tenant_id, "account_id",
                                     who->account_id, "name", who->account_name, "role", vouch_role_name(who->role),
                                     "all_branches", who->all_branches, "branch_ids", branches),
                           err);
}
