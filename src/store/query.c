/*
 * Statements: text parameters in, PGresult out, SQLSTATE mapped to our codes by a table. Longest prefix first.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sql.h"
#include "vouch/fault.h"

typedef struct state_row {
    const char *prefix;
    vouch_code code;
    bool repeat;
} state_row;

static const state_row states[] = {
    {"40001", VOUCH_DATABASE, true},        /* serialization failure */
    {"40P01", VOUCH_DATABASE, true},        /* deadlock */
    {"0A000", VOUCH_DATABASE, true},        /* a cached plan whose table a migration has changed */
    {"23505", VOUCH_STATE_CONFLICT, false}, /* unique */
    {"23", VOUCH_INVALID_FIELD, false},     /* other constraints */
    {"22", VOUCH_INVALID_FIELD, false},     /* data exception */
    {"08", VOUCH_DATABASE, false},          /* connection */
    {"53", VOUCH_DATABASE, false},          /* resources */
    {"55P03", VOUCH_DATABASE, false},       /* lock not available */
    {"57", VOUCH_DATABASE, false},          /* shutting down, cancelled by time-out */
    {"25006", VOUCH_DATABASE, false},       /* read-only: a standby */
    {"3D000", VOUCH_DATABASE, false},       /* no such database (yet) */
    {"28", VOUCH_CONFIG, false},            /* login refused */
    {"42P01", VOUCH_CONFIG, false},         /* no such table: not migrated */
    {"3F000", VOUCH_CONFIG, false},         /* no such schema: not migrated */
};

static vouch_code fail_of_result(vouch_store *store, const PGresult *result, vouch_error *err)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *primary = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    const char *constraint = result ? PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME) : NULL;
    if (!state || PQstatus(store->connection) != CONNECTION_OK)
        return vouch_fail(err, VOUCH_DATABASE, "database: %s", primary ? primary : PQerrorMessage(store->connection));
    const state_row *row = NULL;
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (strncmp(state, states[i].prefix, strlen(states[i].prefix)) == 0 && !row)
            row = &states[i];
    if (row && row->repeat)
        store->repeat = true;
    if (strcmp(state, "0A000") == 0)
        store->stale = true;
    return vouch_fail(err, row ? row->code : VOUCH_INTERNAL, "database: %s (%s%s%s)", primary ? primary : "error",
                      state, constraint ? " " : "", constraint ? constraint : "");
}

void clear_result(PGresult **result)
{
    PQclear(*result);
    *result = NULL;
}

static vouch_code check(vouch_store *store, PGresult *result, vouch_error *err)
{
    ExecStatusType status = PQresultStatus(result);
    if (result && (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY))
        return VOUCH_OK;
    return fail_of_result(store, result, err);
}

/* ---- what was sent and is not answered ---- */

static bool failed(const PGresult *result)
{
    const ExecStatusType status = PQresultStatus(result);
    return status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY;
}

/* Take the answers up to the sync; the first error is what is told. Statements after it did not run. */
static vouch_code take_answers(vouch_store *store, PGresult **wanted, int wanted_number, vouch_error *err)
{
    vouch_code code = VOUCH_OK;
    int silent = 0;
    for (int number = 0;;) {
        VOUCH_CLEANUP(clear_result) PGresult *result = PQgetResult(store->connection);
        /* Nothing stands between two answers, once; twice, or an error on a dead connection, is its end. */
        silent = result ? 0 : silent + 1;
        if (silent > 1 || ((!result || failed(result)) && PQstatus(store->connection) != CONNECTION_OK)) {
            store->stale = true;
            return code == VOUCH_OK ? vouch_fail(err, VOUCH_DATABASE, "database: the connection was lost") : code;
        }
        if (!result)
            continue;
        if (PQresultStatus(result) == PGRES_PIPELINE_SYNC)
            return code;
        if (failed(result) && code == VOUCH_OK)
            code = fail_of_result(store, result, err);
        if (++number == wanted_number)
            *wanted = VOUCH_TAKE(result);
    }
}

vouch_code vouch_settle(vouch_store *store, int after, PGresult **last, vouch_error *err)
{
    if (store->pending == 0)
        return VOUCH_OK;
    VOUCH_CLEANUP(clear_result) PGresult *wanted = NULL;
    const int wanted_number = last ? store->pending - after : 0;
    store->pending = 0;
    vouch_code code = PQpipelineSync(store->connection) ? take_answers(store, &wanted, wanted_number, err)
                                                        : fail_of_result(store, NULL, err);
    if (code != VOUCH_OK) {
        /* Some of them may be there all the same, under names that are not used again. */
        store->prepared_count = store->prepared_settled;
        return code;
    }
    store->prepared_settled = store->prepared_count;
    store->settled = true;
    if (last)
        *last = VOUCH_TAKE(wanted);
    return VOUCH_OK;
}

static vouch_code count_sent(vouch_store *store, int sent, vouch_error *err)
{
    if (!sent)
        return fail_of_result(store, NULL, err);
    store->pending++;
    return VOUCH_OK;
}

vouch_code vouch_defer(vouch_store *store, const char *sql, vouch_error *err)
{
    return count_sent(store, PQsendQueryParams(store->connection, sql, 0, NULL, NULL, NULL, NULL, 0), err);
}

/* ---- statements ---- */

vouch_code vouch_execute(vouch_store *store, const char *sql, vouch_error *err)
{
    const bool pipeline = PQpipelineStatus(store->connection) != PQ_PIPELINE_OFF;
    VOUCH_TRY(vouch_settle(store, 0, NULL, err));
    if (pipeline && !PQexitPipelineMode(store->connection))
        return fail_of_result(store, NULL, err);
    VOUCH_CLEANUP(clear_result) PGresult *result = PQexec(store->connection, sql);
    VOUCH_TRY(check(store, result, err));
    if (pipeline && !PQenterPipelineMode(store->connection))
        return fail_of_result(store, NULL, err);
    return VOUCH_OK;
}

/* Find or prepare a statement. @param name  out: of 16 bytes; "": too many, run it unprepared */
static vouch_code prepare(vouch_store *store, const char *sql, char name[16], vouch_error *err)
{
    int i = 0;
    while (i < store->prepared_count && store->prepared[i].sql != sql)
        i++;
    name[0] = '\0';
    if (i == MOST_PREPARED)
        return VOUCH_OK;
    const bool is_new = i == store->prepared_count;
    const unsigned serial = is_new ? ++store->serial : store->prepared[i].serial;
    snprintf(name, 16, "s%u", serial);
    if (!is_new)
        return VOUCH_OK;
    if (store->deferring) {
        VOUCH_TRY(count_sent(store, PQsendPrepare(store->connection, name, sql, 0, NULL), err));
    } else {
        VOUCH_CLEANUP(clear_result) PGresult *result = PQprepare(store->connection, name, sql, 0, NULL);
        VOUCH_TRY(check(store, result, err));
        store->prepared_settled++;
    }
    store->prepared[store->prepared_count++] = (prepared_statement){.sql = sql, .serial = serial};
    return VOUCH_OK;
}

static const char *step_name(char buffer[64], vouch_store *store)
{
    snprintf(buffer, 64, "%s.%02d", store->steps, ++store->statement);
    return buffer;
}

static vouch_code run_now(vouch_store *store, PGresult **out, vouch_error *err, const char *sql, const char *name,
                          int count, const char *const *parameters)
{
    VOUCH_CLEANUP(clear_result)
    PGresult *result = name[0]
                           ? PQexecPrepared(store->connection, name, count, parameters, /* lengths= */ NULL,
                                            /* formats= */ NULL, /* binary= */ 0)
                           : PQexecParams(store->connection, sql, count, /* types= */ NULL, parameters, NULL, NULL, 0);
    VOUCH_TRY(check(store, result, err));
    *out = VOUCH_TAKE(result);
    return VOUCH_OK;
}

static vouch_code send(vouch_store *store, vouch_error *err, const char *sql, const char *name, int count,
                       const char *const *parameters)
{
    return count_sent(store,
                      name[0] ? PQsendQueryPrepared(store->connection, name, count, parameters, NULL, NULL, 0)
                              : PQsendQueryParams(store->connection, sql, count, NULL, parameters, NULL, NULL, 0),
                      err);
}

static vouch_code query(vouch_store *store, PGresult **out, vouch_error *err, const char *sql, int count,
                        const char *const *parameters, bool last)
{
    char name[16];
    VOUCH_CLEANUP(clear_result) PGresult *result = NULL;
    VOUCH_TRY(prepare(store, sql, name, err));
    if (!store->deferring) {
        VOUCH_TRY(run_now(store, &result, err, sql, name, count, parameters));
    } else {
        VOUCH_TRY(send(store, err, sql, name, count, parameters));
        if (last)
            VOUCH_TRY(vouch_defer(store, "COMMIT", err));
        if (out || last || vouch_faults_on)
            VOUCH_TRY(vouch_settle(store, last, &result, err));
        store->ended = last;
    }
    if (store->steps)
        VOUCH_FAULT_POINT(step_name((char[64]){0}, store), sql);
    if (out)
        *out = VOUCH_TAKE(result);
    return VOUCH_OK;
}

vouch_code vouch_query(vouch_store *store, PGresult **out, vouch_error *err, const char *sql, int count,
                       const char *const *parameters)
{
    return query(store, out, err, sql, count, parameters, /* last= */ false);
}

vouch_code vouch_query_last(vouch_store *store, PGresult **out, vouch_error *err, const char *sql, int count,
                            const char *const *parameters)
{
    return query(store, out, err, sql, count, parameters, /* last= */ true);
}

const char *number_text(char buffer[24], int64_t value)
{
    snprintf(buffer, 24, "%" PRId64, value);
    return buffer;
}

const char *array_text(vouch_arena *arena, const char *const *items, size_t count)
{
    size_t size = 3;
    for (size_t i = 0; i < count; i++)
        size += 2 * strlen(items[i]) + 3;
    char *text = vouch_arena_alloc(arena, size), *end = text;
    *end++ = '{';
    for (size_t i = 0; i < count; i++) {
        if (i)
            *end++ = ',';
        *end++ = '"';
        for (const char *c = items[i]; *c; c++) {
            if (*c == '"' || *c == '\\')
                *end++ = '\\';
            *end++ = *c;
        }
        *end++ = '"';
    }
    *end++ = '}';
    *end = '\0';
    return text;
}

const char *cell(const PGresult *result, int row, int column)
{
    return cell_is_null(result, row, column) ? NULL : PQgetvalue(result, row, column);
}

char *cell_copy(const PGresult *result, int row, int column, vouch_arena *arena)
{
    return vouch_arena_strdup(arena, cell(result, row, column));
}

int64_t cell_number(const PGresult *result, int row, int column)
{
    const char *text = cell(result, row, column);
    return text ? strtoll(text, NULL, 10) : 0;
}

bool cell_boolean(const PGresult *result, int row, int column)
{
    const char *text = cell(result, row, column);
    return text && text[0] == 't';
}

void cell_id(const PGresult *result, int row, int column, char out[VOUCH_ID_SIZE])
{
    const char *text = cell(result, row, column);
    snprintf(out, VOUCH_ID_SIZE, "%s", text ? text : "");
}

int64_t affected(const PGresult *result)
{
    return strtoll(PQcmdTuples((PGresult *)(uintptr_t)result), NULL, 10);
}

bool is_id(const char *text)
{
    if (!text || strlen(text) != VOUCH_ID_SIZE - 1)
        return false;
    for (int i = 0; i < VOUCH_ID_SIZE - 1; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        char c = text[i];
        bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (dash ? c != '-' : !hex)
            return false;
    }
    return true;
}
