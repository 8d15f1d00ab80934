/**
 * The registry of signature schemes, and the verdicts of a document.
 *
 * What can be said now is whether something is signed. A signature that is found gives the verdict "unsupported" with
 * the finding `scheme_not_supported`; nothing here can say "valid". A document in which no scheme finds anything gets
 * one verdict of scheme "none" and integrity "none": so "looked, and nothing is signed" differs from an empty list,
 * which means that nobody looked (the verifier failed, or was not asked).
 */
#include "vouch/verify.h"

#include <string.h>

#include "scheme.h"

/* READING.md's list is bounded; a document with more is hostile. */
#define MAX_VERDICTS 500

static const vouch_scheme_info schemes[] = {
#define X(scheme, title, name) {scheme, title},
    SIGNATURE_SCHEMES(X)
#undef X
};

static void (*const finders[])(verification *, int, const vouch_part *) = {
#define X(scheme, title, name) find_##name,
    SIGNATURE_SCHEMES(X)
#undef X
};

#define SCHEME_COUNT (sizeof schemes / sizeof *schemes)

/* enumeration, list of names */
#define NAMES(TYPE, LIST, COUNT)                                     \
    static const char *const TYPE##_names[] = {LIST(NAME_OF)};       \
    const char *vouch_##TYPE##_name(vouch_##TYPE value)              \
    {                                                                \
        return (unsigned)value < (COUNT) ? TYPE##_names[value] : ""; \
    }                                                                \
    bool vouch_##TYPE##_lookup(const char *name, vouch_##TYPE *out)  \
    {                                                                \
        for (unsigned i = 0; i < (COUNT); i++)                       \
            if (strcmp(TYPE##_names[i], name) == 0) {                \
                *out = (vouch_##TYPE)i;                              \
                return true;                                         \
            }                                                        \
        return false;                                                \
    }
#define NAME_OF(name, slug) slug,
NAMES(integrity, VOUCH_INTEGRITIES, VOUCH_INTEGRITY_COUNT)
NAMES(authenticity, VOUCH_AUTHENTICITIES, VOUCH_AUTHENTICITY_COUNT)
NAMES(agreement, VOUCH_AGREEMENTS, VOUCH_AGREEMENT_COUNT)
NAMES(time_proof, VOUCH_TIME_PROOFS, VOUCH_TIME_PROOF_COUNT)
#undef NAME_OF
#undef NAMES

static vouch_verdict *add_verdict(verification *it, const char *scheme, vouch_integrity integrity)
{
    vouch_verdicts *list = it->verdicts;
    if (list->count >= MAX_VERDICTS)
        return NULL;
    vouch_verdict *verdict = VOUCH_ARENA_PUSH(it->arena, list->items, list->count, list->capacity);
    *verdict = (vouch_verdict){.scheme = scheme,
                               .invoice = -1,
                               .integrity = integrity,
                               .authenticity = VOUCH_AUTHENTICITY_NOT_CHECKED,
                               .agreement = VOUCH_AGREEMENT_NOT_CHECKED,
                               .time_proof = VOUCH_TIME_PROOF_NONE};
    return verdict;
}

void verification_add_finding(verification *it, vouch_verdict *verdict, const char *code, const char *detail)
{
    *VOUCH_ARENA_PUSH(it->arena, verdict->findings, verdict->finding_count, verdict->finding_capacity) =
        (vouch_finding){code, detail};
}

vouch_verdict *verification_add_unsupported(verification *it, const char *format, ...)
{
    vouch_verdict *verdict = add_verdict(it, it->scheme, VOUCH_INTEGRITY_UNSUPPORTED);
    if (!verdict)
        return NULL;
    va_list args;
    va_start(args, format);
    const char *what = vouch_arena_vprintf(it->arena, format, args);
    va_end(args);
    verification_add_finding(it, verdict, "scheme_not_supported",
                             vouch_arena_printf(it->arena, "%s is present and was not checked", what));
    return verdict;
}

vouch_code vouch_verify(vouch_decoded *decoded, vouch_verdicts *verdicts, vouch_error *err)
{
    (void)err;
    verification it = {.decoded = decoded, .arena = vouch_decoded_arena(decoded), .verdicts = verdicts};
    const size_t before = verdicts->count;
    size_t count;
    const vouch_part *parts = vouch_decoded_parts(decoded, &count);
    for (size_t part = 0; part < count; part++)
        for (size_t i = 0; i < SCHEME_COUNT; i++) {
            it.scheme = schemes[i].scheme;
            finders[i](&it, (int)part, &parts[part]);
        }
    if (verdicts->count == before) {
        vouch_verdict *verdict = add_verdict(&it, "none", VOUCH_INTEGRITY_NONE);
        if (verdict)
            verification_add_finding(&it, verdict, "nothing_signed", "no signature was found in the document");
    }
    return VOUCH_OK;
}

const vouch_scheme_info *vouch_verify_schemes(size_t *count)
{
    *count = SCHEME_COUNT;
    return schemes;
}
