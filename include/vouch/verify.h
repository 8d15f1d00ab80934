/**
 * Verifying: what is signed, by whom, and whether it says what the page shows. Three separate answers (READING.md,
 * "Verdicts"); never a bare yes. One row per signature scheme in the registry (src/verify/verify.c).
 *
 * Runs in a child of its own that decodes only containers and signatures and never renders.
 */
#ifndef VOUCH_VERIFY_H
#define VOUCH_VERIFY_H

#include "vouch/decode.h"

#define VOUCH_INTEGRITIES(X) \
    X(VALID, "valid") X(PARTIAL, "partial") X(BROKEN, "broken") X(UNSUPPORTED, "unsupported") X(NONE, "none")
#define VOUCH_AUTHENTICITIES(X) \
    X(TRUSTED, "trusted")       \
    X(UNTRUSTED, "untrusted") X(EXPIRED, "expired") X(REVOKED, "revoked") X(NOT_CHECKED, "not_checked")
#define VOUCH_AGREEMENTS(X)  X(AGREES, "agrees") X(DIFFERS, "differs") X(NOT_CHECKED, "not_checked")
#define VOUCH_TIME_PROOFS(X) X(CLAIMED, "claimed") X(TIMESTAMP, "timestamp") X(NONE, "none")

#define X(name, slug) VOUCH_INTEGRITY_##name,
typedef enum vouch_integrity {
    VOUCH_INTEGRITIES(X) VOUCH_INTEGRITY_COUNT
} vouch_integrity;
#undef X
#define X(name, slug) VOUCH_AUTHENTICITY_##name,
typedef enum vouch_authenticity {
    VOUCH_AUTHENTICITIES(X) VOUCH_AUTHENTICITY_COUNT
} vouch_authenticity;
#undef X
#define X(name, slug) VOUCH_AGREEMENT_##name,
typedef enum vouch_agreement {
    VOUCH_AGREEMENTS(X) VOUCH_AGREEMENT_COUNT
} vouch_agreement;
#undef X
#define X(name, slug) VOUCH_TIME_PROOF_##name,
typedef enum vouch_time_proof {
    VOUCH_TIME_PROOFS(X) VOUCH_TIME_PROOF_COUNT
} vouch_time_proof;
#undef X

const char *vouch_integrity_name(vouch_integrity value);
const char *vouch_authenticity_name(vouch_authenticity value);
const char *vouch_agreement_name(vouch_agreement value);
const char *vouch_time_proof_name(vouch_time_proof value);
bool vouch_integrity_lookup(const char *name, vouch_integrity *out);
bool vouch_authenticity_lookup(const char *name, vouch_authenticity *out);
bool vouch_agreement_lookup(const char *name, vouch_agreement *out);
bool vouch_time_proof_lookup(const char *name, vouch_time_proof *out);

typedef struct vouch_finding {
    const char *code; /* stable: "issuer_not_configured" */
    const char *detail;
} vouch_finding;

typedef struct vouch_verdict {
    const char *scheme; /* "cn.ofd.ses", "pdf.cms", "xmldsig", … */
    int invoice;        /* index in the reading's invoices; -1: belongs to no single invoice */
    vouch_integrity integrity;
    vouch_authenticity authenticity;
    vouch_agreement agreement;
    vouch_time_proof time_proof;
    const char *signer, *issuer, *signed_at, *algorithm; /* NULL when unknown */
    vouch_finding *findings;
    size_t finding_count, finding_capacity;
} vouch_verdict;

typedef struct vouch_verdicts {
    vouch_verdict *items;
    size_t count, capacity;
} vouch_verdicts;

/**
 * Find every signature of a document and judge it.
 *
 * A document in which nothing is signed gets exactly one verdict, of scheme "none" and integrity "none", with the
 * finding `nothing_signed`. An empty list therefore means that nobody looked: the verifier failed or was not asked.
 *
 * Findings so far: `nothing_signed`; `scheme_not_supported` (a signature is there and was not checked; integrity
 * "unsupported"); `malformed_signature` (its structure is damaged).
 *
 * @param verdicts  appended to; memory in the document's arena
 */
vouch_code vouch_verify(vouch_decoded *decoded, vouch_verdicts *verdicts, vouch_error *err) VOUCH_MUST_CHECK;

/** One row of the registry, for documentation and tests. */
typedef struct vouch_scheme_info {
    const char *scheme, *title;
} vouch_scheme_info;
const vouch_scheme_info *vouch_verify_schemes(size_t *count);

#endif
