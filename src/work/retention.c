/** Applying the tenants' rules of retention, by the housekeeper. A brake bounds what one run may take. */
#include <stdio.h>

#include "vouch/erase.h"
#include "vouch/log.h"
#include "vouch/metrics.h"
#include "worker.h"

typedef struct brake {
    work *w;
    int64_t left;
} brake;

static bool go_on(void *context, const vouch_retention_due *due)
{
    brake *b = context;
    (void)due;
    return b->left-- > 0 && !work_pause(b->w, 0);
}

static void tell(const char *tenant_id, const vouch_retention_run *run)
{
    char erased[24], masked[24], skipped[24], blobs[24];
    if (run->erased + run->masked + run->skipped == 0)
        return;
    vouch_metric_add(VOUCH_METRIC_RETENTION, VOUCH_LABELS("erased"), (int64_t)run->erased);
    vouch_metric_add(VOUCH_METRIC_RETENTION, VOUCH_LABELS("masked"), (int64_t)run->masked);
    vouch_metric_add(VOUCH_METRIC_RETENTION, VOUCH_LABELS("skipped"), (int64_t)run->skipped);
    snprintf(erased, sizeof erased, "%zu", run->erased);
    snprintf(masked, sizeof masked, "%zu", run->masked);
    snprintf(skipped, sizeof skipped, "%zu", run->skipped);
    snprintf(blobs, sizeof blobs, "%zu", run->blobs.blobs);
    vouch_log(VOUCH_LOG_INFO, "retention_applied", "tenant", tenant_id, "erased", erased, "masked", masked, "skipped",
              skipped, "blobs", blobs, NULL);
}

vouch_code work_apply_retention(work *w, vouch_store *store, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    const char **tenants = NULL;
    size_t count = 0;
    brake b = {.w = w, .left = w->config->retention_documents};
    if (!arena)
        return vouch_fail(err, VOUCH_NO_MEMORY, "applying retention");
    VOUCH_TRY(vouch_store_tenant_ids(store, arena, &tenants, &count, err));
    for (size_t i = 0; i < count && b.left > 0; i++) {
        vouch_principal who;
        vouch_retention_run run = {0};
        vouch_principal_operator(tenants[i], &who);
        snprintf(who.account_name, sizeof who.account_name, "worker");
        VOUCH_TRY(vouch_retention_apply(store, w->blobs, &who, go_on, &b, &run, err));
        tell(tenants[i], &run);
    }
    if (b.left <= 0)
        vouch_log(VOUCH_LOG_WARNING, "retention_braked", "advice",
                  "more documents are due than retention_documents allows in one run", NULL);
    return VOUCH_OK;
}
