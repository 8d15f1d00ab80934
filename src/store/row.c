/* Small things that several files of the store need. */
#include <stdio.h>
#include <string.h>

#include "claim.h"
#include "vouch/hash.h"

vouch_code given_or_new_id(const char *given, char out[VOUCH_ID_SIZE], vouch_error *err)
{
    if (!given)
        return vouch_uuid(out, err);
    if (!is_id(given))
        return vouch_fail(err, VOUCH_INVALID_FIELD, "id: not a UUID");
    snprintf(out, VOUCH_ID_SIZE, "%s", given);
    return VOUCH_OK;
}

bool pointer_read(const PGresult *rows, int row, int column, vouch_arena *arena, vouch_pointer *out)
{
    *out = (vouch_pointer){.reference = cell_copy(rows, row, column, arena),
                           .external_ref = cell_copy(rows, row, column + 1, arena),
                           .branch = cell_copy(rows, row, column + 2, arena),
                           .date = cell_copy(rows, row, column + 3, arena)};
    return out->reference != NULL;
}

void vouch_principal_operator(const char *tenant_id, vouch_principal *out)
{
    *out = (vouch_principal){.all_branches = true, .role = VOUCH_ROLE_ADMIN, .account_name = "operator"};
    snprintf(out->tenant_id, sizeof out->tenant_id, "%s", tenant_id);
}
