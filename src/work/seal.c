/**
 * Sealing the audit every few seconds, by one process in all (include/vouch/audit.h). A thread and connection of its
 * own, since what else is done in the house may take long.
 *
 * Each seal is told to the log with the chain's new head: a log that is kept elsewhere is what a cut chain is compared
 * with.
 */
#include <stdio.h>
#include <time.h>

#include "vouch/log.h"
#include "vouch/metrics.h"
#include "worker.h"

static void tell_sealed(void *context, const vouch_audit_head *head, size_t rows)
{
    (void)context;
    char count[24], line[VOUCH_AUDIT_HEAD_SIZE];
    snprintf(count, sizeof count, "%zu", rows);
    vouch_audit_head_print(head, line);
    vouch_metric_add(VOUCH_METRIC_AUDIT_SEALED, NULL, (int64_t)rows);
    vouch_log(VOUCH_LOG_INFO, "audit_sealed", "rows", count, "head", line, NULL);
}

static vouch_code seal(vouch_store *store, vouch_audit_sealer *sealer, vouch_error *err)
{
    bool mine = false;
    VOUCH_TRY(vouch_store_sealer(store, &mine, err));
    if (!mine)
        return VOUCH_OK;
    VOUCH_TRY(vouch_store_audit_seal(store, sealer, tell_sealed, NULL, NULL, err));
    vouch_metric_set(VOUCH_METRIC_AUDIT_SEAL_TIME, NULL, (int64_t)time(NULL) * 1000000);
    return VOUCH_OK;
}

void *seal_thread(void *data)
{
    work *w = data;
    vouch_error err = VOUCH_ERROR_INIT;
    VOUCH_CLEANUP(vouch_store_close) vouch_store *store = NULL;
    VOUCH_CLEANUP(vouch_audit_sealer_free) vouch_audit_sealer *sealer = NULL;
    const int64_t every_ms = 1000 * w->config->audit_seal_seconds;
    if (every_ms == 0)
        return NULL;
    if (work_connect(w, "vouch work (sealing)", &store, &err) != VOUCH_OK ||
        vouch_audit_sealer_new(&w->audit_keys, &sealer, &err) != VOUCH_OK)
        return work_broken("sealing", &err);
    outage trouble = {0};
    int64_t wait_ms = 0;
    while (!work_pause(w, wait_ms)) {
        if (seal(store, sealer, &err) == VOUCH_OK) {
            outage_over(&trouble, "sealing");
            wait_ms = every_ms;
        } else {
            wait_ms = outage_note(&trouble, "sealing", &err);
        }
    }
    return NULL;
}
