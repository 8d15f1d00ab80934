/*
 * The orphan sweep. Blobs are collected in batches of one tenant; the caller says which of a batch are referred to, the
 * others go. An upload is stored before its record is written, hence the least age; an upload of the same bytes after
 * the question renews the blob's age, which the backend looks at once more, in one step with the removal.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend.h"

typedef struct sweep {
    vouch_blobs *blobs;
    int64_t not_after;
    vouch_blob_referenced referenced;
    void *context;
    vouch_blob_sweep counts;
    vouch_code code;
    vouch_error *err;
    char tenant[37];
    size_t count;
    char sha256[VOUCH_BLOB_BATCH][65];
} sweep;

static vouch_code settle_batch(sweep *s)
{
    bool referenced[VOUCH_BLOB_BATCH] = {false};
    size_t count = s->count;
    s->count = 0;
    if (count == 0)
        return VOUCH_OK;
    VOUCH_TRY(s->referenced(s->context, s->tenant, (const char(*)[65])s->sha256, count, referenced, s->err));
    for (size_t i = 0; i < count; i++) {
        bool removed = false;
        if (!referenced[i])
            VOUCH_TRY(
                s->blobs->backend->remove(s->blobs->state, s->tenant, s->sha256[i], s->not_after, &removed, s->err));
        s->counts.removed += removed;
        s->counts.kept += !removed;
    }
    return VOUCH_OK;
}

static bool collect(void *context, const char *tenant, const char *sha256, size_t size, int64_t changed)
{
    sweep *s = context;
    (void)size;
    if (changed > s->not_after) {
        s->counts.kept++;
        return true;
    }
    if (s->count == VOUCH_BLOB_BATCH || strcmp(s->tenant, tenant) != 0)
        s->code = settle_batch(s);
    if (s->code != VOUCH_OK)
        return false;
    memcpy(s->tenant, tenant, sizeof s->tenant);
    memcpy(s->sha256[s->count++], sha256, 65);
    return true;
}

vouch_code vouch_blob_remove_older(vouch_blobs *blobs, const char *tenant, const char *sha256, int64_t age_seconds,
                                   bool *removed, vouch_error *err)
{
    VOUCH_TRY(vouch_blob_check_names(tenant, sha256 ? sha256 : "", err));
    return blobs->backend->remove(blobs->state, tenant, sha256, (int64_t)time(NULL) - age_seconds, removed, err);
}

vouch_code vouch_blobs_sweep(vouch_blobs *blobs, int64_t min_age_seconds, vouch_blob_referenced referenced,
                             void *context, vouch_blob_sweep *out, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_free_pointer) sweep *s = calloc(1, sizeof *s);
    if (!s)
        return vouch_fail(err, VOUCH_NO_MEMORY, "sweeping blobs");
    s->blobs = blobs;
    s->not_after = (int64_t)time(NULL) - (min_age_seconds > 0 ? min_age_seconds : 0);
    s->referenced = referenced;
    s->context = context;
    s->err = err;
    VOUCH_TRY(blobs->backend->sweep_spools(blobs->state, s->not_after, &s->counts.abandoned, err));
    VOUCH_TRY(blobs->backend->list(blobs->state, /* tenant= */ NULL, collect, s, err));
    VOUCH_TRY(s->code);
    VOUCH_TRY(settle_batch(s));
    *out = s->counts;
    return VOUCH_OK;
}
