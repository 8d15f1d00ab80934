/** The table of routes. config/openapi.yaml describes each; a test holds the two together. */
#include "http.h"

#define ANYONE  (VOUCH_ROLE_BIT(EMPLOYEE) | VOUCH_ROLE_BIT(REVIEWER) | VOUCH_ROLE_BIT(FINANCE) | READERS | WRITERS)
#define READERS (VOUCH_ROLE_BIT(AUDITOR) | VOUCH_ROLE_BIT(ADMIN))
#define WRITERS (VOUCH_ROLE_BIT(EMPLOYEE) | VOUCH_ROLE_BIT(PLATFORM) | VOUCH_ROLE_BIT(ADMIN))

static const char *const claim_query[] = {"state", "branch_id", "external_ref", "q", "cursor", "limit", NULL};
static const char *const upload_query[] = {"filename", "lane", NULL};
static const char *const verification_query[] = {"filename", "lane", "branch_id", NULL};

/* Moves are open to all here: which role may make which move stands in the store's table of moves. */
static const http_route routes[] = {
    {"GET", "/", HTTP_BODY_NONE, 0, http_get_root, true, NULL},
    {"GET", "/healthz", HTTP_BODY_NONE, 0, http_get_health, true, NULL},
    {"GET", "/readyz", HTTP_BODY_NONE, 0, http_get_ready, false, NULL},
    {"GET", "/openapi.yaml", HTTP_BODY_NONE, 0, http_get_openapi, true, NULL},
    {"GET", "/problems/{slug}", HTTP_BODY_NONE, 0, http_get_problem, true, NULL},
    {"GET", "/v1/me", HTTP_BODY_NONE, ANYONE, http_get_me, false, NULL},
    {"POST", "/v1/claims", HTTP_BODY_JSON, WRITERS, http_post_claim, false, NULL},
    {"GET", "/v1/claims", HTTP_BODY_NONE, ANYONE, http_get_claims, false, claim_query},
    {"PUT", "/v1/claims/by-reference/{external_ref}", HTTP_BODY_JSON, WRITERS, http_put_claim_by_reference, false,
     NULL},
    {"GET", "/v1/claims/by-reference/{external_ref}", HTTP_BODY_NONE, ANYONE, http_get_claim_by_reference, false, NULL},
    {"GET", "/v1/claims/{id}", HTTP_BODY_NONE, ANYONE, http_get_claim, false, NULL},
    {"PUT", "/v1/claims/{id}/lines", HTTP_BODY_JSON, WRITERS, http_put_lines, false, NULL},
    {"POST", "/v1/claims/{id}/lines", HTTP_BODY_JSON, WRITERS, http_post_line, false, NULL},
    {"DELETE", "/v1/claims/{id}/lines/{line_id}", HTTP_BODY_NONE, WRITERS, http_delete_line, false, NULL},
    {"POST", "/v1/claims/{id}/submit", HTTP_BODY_JSON, ANYONE, http_submit_claim, false, NULL},
    {"POST", "/v1/claims/{id}/withdraw", HTTP_BODY_JSON, ANYONE, http_withdraw_claim, false, NULL},
    {"POST", "/v1/claims/{id}/approve", HTTP_BODY_JSON, ANYONE, http_approve_claim, false, NULL},
    {"POST", "/v1/claims/{id}/reject", HTTP_BODY_JSON, ANYONE, http_reject_claim, false, NULL},
    {"POST", "/v1/claims/{id}/pay", HTTP_BODY_JSON, ANYONE, http_pay_claim, false, NULL},
    {"POST", "/v1/claims/{id}/documents", HTTP_BODY_UPLOAD, WRITERS, http_post_document, false, upload_query},
    {"GET", "/v1/claims/{id}/documents", HTTP_BODY_NONE, ANYONE, http_get_documents, false, NULL},
    {"GET", "/v1/documents/{id}", HTTP_BODY_NONE, ANYONE, http_get_document, false, NULL},
    {"DELETE", "/v1/documents/{id}", HTTP_BODY_NONE, WRITERS, http_delete_document, false, NULL},
    {"GET", "/v1/documents/{id}/original", HTTP_BODY_NONE, ANYONE, http_get_original, false, NULL},
    {"GET", "/v1/documents/{id}/pages/{page}", HTTP_BODY_NONE, ANYONE, http_get_page, false, NULL},
    {"GET", "/v1/documents/{id}/words", HTTP_BODY_NONE, ANYONE, http_get_words, false, NULL},
    {"POST", "/v1/verifications", HTTP_BODY_UPLOAD, ANYONE, http_post_verification, false, verification_query},
    {"GET", "/v1/verifications/{id}", HTTP_BODY_NONE, ANYONE, http_get_verification, false, NULL},
};

const http_route *http_routes(size_t *count)
{
    *count = sizeof routes / sizeof *routes;
    return routes;
}
