/* The queue as a scrape sees it. */
#include <string.h>

#include "sql.h"

enum {
    COUNT_MOST = 20000 /* 30 ms of CPU with both lanes full; a backlog is a backlog whatever its exact number */
};

static const char *const lanes[] = {"interactive", "bulk"};
static const char *const states[] = {"queued", "waiting", "leased", "dead"};

enum {
    STATES = sizeof states / sizeof *states
};

static vouch_code read_lanes(vouch_store *store, void *data, vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(
        QUERY(store, &rows, err, "SELECT bulk, state, jobs, oldest_us FROM queue_metrics($1)", NUMBER(COUNT_MOST)));
    vouch_queue_lane *out = data;
    for (size_t i = 0; i < VOUCH_QUEUE_LANES; i++)
        out[i] = (vouch_queue_lane){.lane = lanes[i / STATES], .state = states[i % STATES]};
    for (int row = 0; row < PQntuples(rows); row++)
        for (size_t i = 0; i < STATES; i++)
            if (strcmp(cell(rows, row, 1), states[i]) == 0) {
                vouch_queue_lane *lane = &out[cell_boolean(rows, row, 0) * STATES + i];
                lane->jobs = cell_number(rows, row, 2);
                lane->oldest_us = cell_number(rows, row, 3);
            }
    return VOUCH_OK;
}

vouch_code vouch_store_queue_lanes(vouch_store *store, vouch_queue_lane out[VOUCH_QUEUE_LANES], vouch_error *err)
{
    vouch_queue_lane found[VOUCH_QUEUE_LANES];
    VOUCH_TRY(vouch_transaction(store, NULL, read_lanes, found, err));
    memcpy(out, found, sizeof found);
    return VOUCH_OK;
}
