/* Inside the store: a connection, one transaction at a time, queries with text parameters, rows into an arena. */
#ifndef VOUCH_STORE_SQL_H
#define VOUCH_STORE_SQL_H

#include <libpq-fe.h>

#include "vouch/store.h"

/* Where a lane's scan stands (job.c). */
typedef struct lane_place {
    int64_t turn, id;      /* the last leased */
    int64_t looked_at;     /* turn of the last look from behind; 0: never */
    int64_t looked_all_at; /* turn of the last look from the beginning */
} lane_place;

enum {
    MOST_PREPARED = 160, /* more than there are statements in the store */
};

typedef struct prepared_statement {
    const char *sql; /* compared by address */
    unsigned serial; /* its name is "s<serial>" */
} prepared_statement;

struct vouch_store {
    PGconn *connection;
    char *conninfo, *role, *application;
    int connect_timeout_s, statement_timeout_ms;
    const vouch_principal *who; /* of the transaction that runs; NULL outside */
    bool repeat;                /* the transaction failed in a way that a repetition cures (deadlock) */
    const char *steps; /* what fault points after each statement are called (vouch/fault.h); NULL: there are none */
    int statement;     /* of the transaction that runs, while steps is set */
    bool listening;
    bool stale; /* statements were prepared before a migration: connect anew */
    /* Inside vouch_transaction statements whose result nobody wants travel with the next that has one (libpq's
     * pipeline), since a trip to the server costs more than most of them. Errors come with that next one. */
    bool deferring;
    int pending;  /* sent and not answered */
    bool settled; /* something of this transaction was answered */
    bool ended;   /* its COMMIT is among what was answered */
    prepared_statement prepared[MOST_PREPARED];
    int prepared_count, prepared_settled; /* those after prepared_settled the server has not confirmed */
    unsigned serial;                      /* of the last prepared statement */
    lane_place lanes[2];                  /* interactive, bulk */
    unsigned leases;                      /* number of calls, so that bulk gets a share */
};

typedef vouch_code transaction_body(vouch_store *store, void *data, vouch_error *err);

/*
 * Run a body in a transaction with the settings of a principal (NULL: none; only the cross-tenant functions work then).
 * The body may run several times, so it sets its results last.
 */
vouch_code vouch_transaction(vouch_store *store, const vouch_principal *who, transaction_body *body, void *data,
                             vouch_error *err) VOUCH_MUST_CHECK;

/* A live connection, opened again when it is known to be dead. */
vouch_code vouch_store_connect(vouch_store *store, vouch_error *err) VOUCH_MUST_CHECK;
/* Several statements without parameters or results, at once. */
vouch_code vouch_execute(vouch_store *store, const char *sql, vouch_error *err) VOUCH_MUST_CHECK;
/*
 * One statement with text parameters, prepared at its first use: planning costs more than most executions.
 * @param out  release by clear_result; NULL: in a transaction the statement may run later, in its order
 * @param sql  a literal, or otherwise as long-lived as the program
 */
vouch_code vouch_query(vouch_store *store, PGresult **out, vouch_error *err, const char *sql, int count,
                       const char *const *parameters) VOUCH_MUST_CHECK;
/* The same for the last statement of a transaction that may as well run twice: commits in the same trip. */
vouch_code vouch_query_last(vouch_store *store, PGresult **out, vouch_error *err, const char *sql, int count,
                            const char *const *parameters) VOUCH_MUST_CHECK;
/* Send a statement without parameters whose result nobody wants, in a transaction. */
vouch_code vouch_defer(vouch_store *store, const char *sql, vouch_error *err) VOUCH_MUST_CHECK;
/* Wait for all that was sent. @param last  out: result of the last statement but `after`; NULL: not wanted */
vouch_code vouch_settle(vouch_store *store, int after, PGresult **last, vouch_error *err) VOUCH_MUST_CHECK;
void clear_result(PGresult **result);

#define PARAMETERS(...) ((const char *const[]){NULL, ##__VA_ARGS__})
#define QUERY(store, out, err, sql, ...)                                                                  \
    vouch_query((store), (out), (err), (sql), (int)(sizeof PARAMETERS(__VA_ARGS__) / sizeof(char *)) - 1, \
                PARAMETERS(__VA_ARGS__) + 1)
#define QUERY_LAST(store, out, err, sql, ...)                                                                  \
    vouch_query_last((store), (out), (err), (sql), (int)(sizeof PARAMETERS(__VA_ARGS__) / sizeof(char *)) - 1, \
                     PARAMETERS(__VA_ARGS__) + 1)
/* Text of a number for a parameter; lives as long as the block. */
#define NUMBER(value)  number_text((char[24]){0}, (value))
#define BOOLEAN(value) ((value) ? "t" : "f")
const char *number_text(char buffer[24], int64_t value);
/* A PostgreSQL array literal of texts ({"a","b"}), in arena. */
const char *array_text(vouch_arena *arena, const char *const *items, size_t count);

/* Cells. NULL stays NULL, 0 or false. */
const char *cell(const PGresult *result, int row, int column); /* lent */
char *cell_copy(const PGresult *result, int row, int column, vouch_arena *arena);
int64_t cell_number(const PGresult *result, int row, int column);
bool cell_boolean(const PGresult *result, int row, int column);
void cell_id(const PGresult *result, int row, int column, char out[VOUCH_ID_SIZE]);
static inline bool cell_is_null(const PGresult *result, int row, int column)
{
    return PQgetisnull(result, row, column) != 0;
}

/* UUID in lower or upper case? What is none can't be found. */
bool is_id(const char *text);
/* Rows that a statement changed. */
int64_t affected(const PGresult *result);

/* Time as the interface has it. */
#define TIME(column) "to_char(" column " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"

/* Add an audit row and, with an event type, an outbox row; `after` is the payload of both. Texts are JSON or NULL. */
typedef struct audit_note {
    const char *action, *subject, *subject_id;
    const char *before, *after;
    const char *event; /* NULL: none */
} audit_note;
vouch_code vouch_audit_add(vouch_store *store, const audit_note *note, vouch_error *err) VOUCH_MUST_CHECK;

#endif
