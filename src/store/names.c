/* The words of the interface, from its tables, and the table of moves. */
#include <string.h>

#include "vouch/store.h"

static bool look_up(const char *const *names, size_t count, const char *name, size_t *out)
{
    for (size_t i = 0; name && i < count; i++)
        if (strcmp(names[i], name) == 0) {
            *out = i;
            return true;
        }
    return false;
}

#define X(name, slug) slug,
static const char *const roles[] = {VOUCH_ROLES(X)};
static const char *const claim_states[] = {VOUCH_CLAIM_STATES(X)};
static const char *const document_states[] = {VOUCH_DOCUMENT_STATES(X)};
static const char *const outcomes[] = {VOUCH_OUTCOMES(X)};
#undef X

#define NAMES(type, function, table, count)                  \
    const char *vouch_##function##_name(type value)          \
    {                                                        \
        return (unsigned)value < count ? table[value] : "?"; \
    }
NAMES(vouch_role, role, roles, VOUCH_ROLE_COUNT)
NAMES(vouch_claim_state, claim_state, claim_states, VOUCH_CLAIM_STATE_COUNT)
NAMES(vouch_document_state, document_state, document_states, VOUCH_DOCUMENT_STATE_COUNT)
NAMES(vouch_outcome, outcome, outcomes, VOUCH_OUTCOME_COUNT)

#define LOOKUP(type, function, table, count)                    \
    bool vouch_##function##_lookup(const char *name, type *out) \
    {                                                           \
        size_t found;                                           \
        if (!look_up(table, count, name, &found))               \
            return false;                                       \
        *out = (type)found;                                     \
        return true;                                            \
    }
LOOKUP(vouch_role, role, roles, VOUCH_ROLE_COUNT)
LOOKUP(vouch_claim_state, claim_state, claim_states, VOUCH_CLAIM_STATE_COUNT)
LOOKUP(vouch_outcome, outcome, outcomes, VOUCH_OUTCOME_COUNT)

#define STATE(name) (1u << VOUCH_CLAIM_##name)
#define ROLE(name)  VOUCH_ROLE_BIT(name)

/* The platform moves its claims as its own process decides. A claimant submits and withdraws; nobody approves
 * his own claim (claim_move.c). */
static const vouch_claim_move_info moves[] = {
    {VOUCH_MOVE_SUBMIT, "submit", STATE(DRAFT), VOUCH_CLAIM_SUBMITTED, ~ROLE(AUDITOR), NULL, false},
    {VOUCH_MOVE_WITHDRAW, "withdraw", STATE(DRAFT) | STATE(SUBMITTED), VOUCH_CLAIM_WITHDRAWN, ~ROLE(AUDITOR),
     "released", false},
    {VOUCH_MOVE_APPROVE, "approve", STATE(SUBMITTED), VOUCH_CLAIM_APPROVED,
     ROLE(REVIEWER) | ROLE(FINANCE) | ROLE(ADMIN) | ROLE(PLATFORM), NULL, false},
    {VOUCH_MOVE_REJECT, "reject", STATE(SUBMITTED) | STATE(APPROVED), VOUCH_CLAIM_REJECTED,
     ROLE(REVIEWER) | ROLE(FINANCE) | ROLE(ADMIN) | ROLE(PLATFORM), "released", true},
    {VOUCH_MOVE_PAY, "pay", STATE(APPROVED), VOUCH_CLAIM_PAID, ROLE(FINANCE) | ROLE(ADMIN) | ROLE(PLATFORM), "consumed",
     false},
};
_Static_assert(sizeof moves / sizeof moves[0] == VOUCH_MOVE_COUNT, "one row for each move, in the order of the enum");

const vouch_claim_move_info *vouch_claim_moves(size_t *count)
{
    *count = VOUCH_MOVE_COUNT;
    return moves;
}
