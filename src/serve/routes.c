/** The table of routes. config/openapi.yaml describes each; a test holds the two together. */
#include "http.h"

#define ANYONE  (VOUCH_ROLE_BIT(EMPLOYEE) | VOUCH_ROLE_BIT(REVIEWER) | VOUCH_ROLE_BIT(FINANCE) | READERS | WRITERS)
#define READERS (VOUCH_ROLE_BIT(AUDITOR) | VOUCH_ROLE_BIT(ADMIN))
#define WRITERS (VOUCH_ROLE_BIT(EMPLOYEE) | VOUCH_ROLE_BIT(PLATFORM) | VOUCH_ROLE_BIT(ADMIN))

/* Moves are open to all here: which role may make which move stands in the store's table of moves. */
static const http_route routes[] = {
    {"GET", "/", HTTP_BODY_NONE, 0, http_get_root, true},
    {"GET", "/healthz", HTTP_BODY_NONE, 0, http_get_health, true},
    {"GET", "/readyz", HTTP_BODY_NONE, 0, http_get_ready, false},
    {"GET", "/openapi.yaml", HTTP_BODY_NONE, 0, http_get_openapi, true},
    {"GET", "/problems/{slug}", HTTP_BODY_NONE, 0, http_get_problem, true},
    {"GET", "/v1/me", HTTP_BODY_NONE, ANYONE, http_get_me, false},
    {"POST", "/v1/claims", HTTP_BODY_JSON, WRITERS, http_post_claim, false},
    {"GET", "/v1/claims", HTTP_BODY_NONE, ANYONE, http_get_claims, false},
    {"PUT", "/v1/claims/by-reference/{external_ref}", HTTP_BODY_JSON, WRITERS, http_put_claim_by_reference, false},
    {"GET", "/v1/claims/by-reference/{external_ref}", HTTP_BODY_NONE, ANYONE, http_get_claim_by_reference, false},
    {"GET", "/v1/claims/{id}", HTTP_BODY_NONE, ANYONE, http_get_claim, false},
    {"PUT", "/v1/claims/{id}/lines", HTTP_BODY_JSON, WRITERS, http_put_lines, false},
    {"POST", "/v1/claims/{id}/lines", HTTP_BODY_JSON, WRITERS, http_post_line, false},
    {"DELETE", "/v1/claims/{id}/lines/{line_id}", HTTP_BODY_NONE, WRITERS, http_delete_line, false},
    {"POST", "/v1/claims/{id}/submit", HTTP_BODY_JSON, ANYONE, http_submit_claim, false},
    {"POST", "/v1/claims/{id}/withdraw", HTTP_BODY_JSON, ANYONE, http_withdraw_claim, false},
    {"POST", "/v1/claims/{id}/approve", HTTP_BODY_JSON, ANYONE, http_approve_claim, false},
    {"POST", "/v1/claims/{id}/reject", HTTP_BODY_JSON, ANYONE, http_reject_claim, false},
    {"POST", "/v1/claims/{id}/pay", HTTP_BODY_JSON, ANYONE, http_pay_claim, false},
    {"POST", "/v1/claims/{id}/documents", HTTP_BODY_UPLOAD, WRITERS, http_post_document, false},
    {"GET", "/v1/claims/{id}/documents", HTTP_BODY_NONE, ANYONE, http_get_documents, false},
    {"GET", "/v1/documents/{id}", HTTP_BODY_NONE, ANYONE, http_get_document, false},
    {"DELETE", "/v1/documents/{id}", HTTP_BODY_NONE, WRITERS, http_delete_document, false},
    {"GET", "/v1/documents/{id}/original", HTTP_BODY_NONE, ANYONE, http_get_original, false},
    {"GET", "/v1/documents/{id}/pages/{page}", HTTP_BODY_NONE, ANYONE, http_get_page, false},
    {"GET", "/v1/documents/{id}/words", HTTP_BODY_NONE, ANYONE, http_get_words, false},
    {"POST", "/v1/verifications", HTTP_BODY_UPLOAD, ANYONE, http_post_verification, false},
    {"GET", "/v1/verifications/{id}", HTTP_BODY_NONE, ANYONE, http_get_verification, false},
};

const http_route *http_routes(size_t *count)
{
    *count = sizeof routes / sizeof *routes;
    return routes;
}
