/* The outbox as its deliverer sees it. */
#include "sql.h"

typedef struct event_request {
    int limit;
    int64_t sequence;
    vouch_arena *arena;
    vouch_event *events;
    size_t count;
} event_request;

static vouch_code list_events(vouch_store *store, void *data, vouch_error *err)
{
    event_request *request = data;
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err,
                    "SELECT sequence, id, type, subject_id, payload, " TIME(
                        "created_at") " FROM outbox WHERE "
                                      "delivered_at IS NULL ORDER BY sequence LIMIT $1",
                    NUMBER(request->limit > 0 ? request->limit : 100)));
    size_t count = (size_t)PQntuples(rows);
    vouch_event *events = vouch_arena_calloc(request->arena, count + 1, sizeof *events);
    for (size_t i = 0; i < count; i++)
        events[i] = (vouch_event){cell_number(rows, (int)i, 0),
                                  cell_copy(rows, (int)i, 1, request->arena),
                                  cell_copy(rows, (int)i, 2, request->arena),
                                  cell_copy(rows, (int)i, 3, request->arena),
                                  cell_copy(rows, (int)i, 4, request->arena),
                                  cell_copy(rows, (int)i, 5, request->arena)};
    request->events = events;
    request->count = count;
    return VOUCH_OK;
}

vouch_code vouch_store_event_list(vouch_store *store, const vouch_principal *who, int limit, vouch_arena *arena,
                                  vouch_event **out, size_t *count, vouch_error *err)
{
    event_request request = {.limit = limit, .arena = arena};
    VOUCH_TRY(vouch_transaction(store, who, list_events, &request, err));
    *out = request.events;
    *count = request.count;
    return VOUCH_OK;
}

static vouch_code acknowledge(vouch_store *store, void *data, vouch_error *err)
{
    const event_request *request = data;
    return QUERY(store, NULL, err,
                 "UPDATE outbox SET delivered_at = now() WHERE sequence = $1 AND delivered_at IS NULL",
                 NUMBER(request->sequence));
}

vouch_code vouch_store_event_acknowledge(vouch_store *store, const vouch_principal *who, int64_t sequence,
                                         vouch_error *err)
{
    event_request request = {.sequence = sequence};
    return vouch_transaction(store, who, acknowledge, &request, err);
}
