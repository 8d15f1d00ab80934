/** Applying a tenant's rules, a batch of due documents at a time. */
#include <stdio.h>
#include <string.h>

#include "reading.h"

#define BATCH 200

/* @return VOUCH_OK also when the document can't go now */
static vouch_code apply_one(vouch_store *store, vouch_blobs *blobs, const vouch_principal *who,
                            const vouch_retention_due *due, vouch_retention_run *run, vouch_error *err)
{
    char reason[160];
    snprintf(reason, sizeof reason, "rule %s for %s: %d days after %s", vouch_retention_scope_word(due->scope),
             due->kind, due->days, vouch_retention_scope_from(due->scope));
    const vouch_erase_options options = {.mask = due->scope == VOUCH_RETENTION_PERSONAL, .reason = reason};
    const vouch_code code = vouch_erase_document(store, blobs, who, due->document_id, &options, &run->blobs, err);
    if (code == VOUCH_STATE_CONFLICT || code == VOUCH_PRECONDITION || code == VOUCH_NOT_FOUND) {
        run->skipped++;
        return VOUCH_OK;
    }
    VOUCH_TRY(code);
    run->masked += options.mask;
    run->erased += !options.mask;
    return VOUCH_OK;
}

static vouch_code apply_batch(vouch_store *store, vouch_blobs *blobs, const vouch_principal *who,
                              vouch_retention_visit visit, void *context, vouch_retention_run *run, bool *more,
                              vouch_error *err)
{
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    if (!arena)
        return vouch_fail(err, VOUCH_NO_MEMORY, "applying retention");
    vouch_retention_due *due = NULL;
    size_t count = 0;
    VOUCH_TRY(vouch_store_retention_due(store, who, BATCH, arena, &due, &count, err));
    const size_t skipped = run->skipped;
    for (size_t i = 0; i < count; i++) {
        if (visit && !visit(context, &due[i])) {
            *more = false;
            return VOUCH_OK;
        }
        VOUCH_TRY(apply_one(store, blobs, who, &due[i], run, err));
    }
    /* What was skipped would be due again at once: the next run tries it. */
    *more = count == BATCH && run->skipped == skipped;
    return VOUCH_OK;
}

vouch_code vouch_retention_apply(vouch_store *store, vouch_blobs *blobs, const vouch_principal *who,
                                 vouch_retention_visit visit, void *context, vouch_retention_run *out, vouch_error *err)
{
    vouch_retention_run run = {0};
    for (bool more = true; more;)
        VOUCH_TRY(apply_batch(store, blobs, who, visit, context, &run, &more, err));
    *out = run;
    return VOUCH_OK;
}
