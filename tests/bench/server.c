/** libpq in short words, and the CPU of a server's processes from /proc. */
#include "server.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <libpq-fe.h>

enum {
    MOST_STATEMENTS = 16
};

struct bench_server {
    PGconn *connection;
    const char *prepared[MOST_STATEMENTS];
    int prepared_count;
};

static void clear_rows(PGresult **rows)
{
    PQclear(*rows);
    *rows = NULL;
}

static vouch_code check(bench_server *server, const PGresult *rows, vouch_error *err)
{
    const ExecStatusType status = PQresultStatus(rows);
    if (rows && (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY))
        return VOUCH_OK;
    return vouch_fail(err, VOUCH_DATABASE, "database: %s", PQerrorMessage(server->connection));
}

static void quiet(void *context, const PGresult *rows)
{
    (void)context;
    (void)rows;
}

vouch_code bench_server_open(const char *conninfo, bench_server **out, vouch_error *err)
{
    VOUCH_CLEANUP(bench_server_close) bench_server *server = calloc(1, sizeof *server);
    if (!server || !(server->connection = PQconnectdb(conninfo)))
        return vouch_fail(err, VOUCH_NO_MEMORY, "opening the database");
    if (PQstatus(server->connection) != CONNECTION_OK)
        return vouch_fail(err, VOUCH_DATABASE, "database: %s", PQerrorMessage(server->connection));
    PQsetNoticeReceiver(server->connection, quiet, NULL);
    *out = VOUCH_TAKE(server);
    return VOUCH_OK;
}

void bench_server_close(bench_server **server)
{
    if (!server || !*server)
        return;
    PQfinish((*server)->connection);
    free(*server);
    *server = NULL;
}

vouch_code bench_server_script(bench_server *server, const char *sql, vouch_error *err)
{
    VOUCH_CLEANUP(clear_rows) PGresult *rows = PQexec(server->connection, sql);
    return check(server, rows, err);
}

static vouch_code query(bench_server *server, const char *sql, const char *a, const char *b, PGresult **out,
                        vouch_error *err)
{
    char name[16];
    int i = 0;
    while (i < server->prepared_count && server->prepared[i] != sql)
        i++;
    if (i == MOST_STATEMENTS)
        return vouch_fail(err, VOUCH_INTERNAL, "too many statements");
    snprintf(name, sizeof name, "s%d", i);
    if (i == server->prepared_count) {
        VOUCH_CLEANUP(clear_rows) PGresult *made = PQprepare(server->connection, name, sql, 0, NULL);
        VOUCH_TRY(check(server, made, err));
        server->prepared[server->prepared_count++] = sql;
    }
    const char *const parameters[] = {a, b};
    VOUCH_CLEANUP(clear_rows)
    PGresult *rows = PQexecPrepared(server->connection, name, b ? 2 : a ? 1 : 0, parameters, NULL, NULL, 0);
    VOUCH_TRY(check(server, rows, err));
    *out = VOUCH_TAKE(rows);
    return VOUCH_OK;
}

vouch_code bench_server_run(bench_server *server, const char *sql, const char *a, const char *b, vouch_error *err)
{
    VOUCH_CLEANUP(clear_rows) PGresult *rows = NULL;
    return query(server, sql, a, b, &rows, err);
}

vouch_code bench_server_column(bench_server *server, const char *sql, const char *a, vouch_buffer *out, size_t *count,
                               vouch_error *err)
{
    VOUCH_CLEANUP(clear_rows) PGresult *rows = NULL;
    VOUCH_TRY(query(server, sql, a, NULL, &rows, err));
    for (int row = 0; row < PQntuples(rows); row++)
        VOUCH_TRY(vouch_buffer_printf(out, "%c%s", row ? ',' : '{', PQgetvalue(rows, row, 0)));
    *count = (size_t)PQntuples(rows);
    return vouch_buffer_append(out, *count ? "}" : "{}", *count ? 1 : 2);
}

vouch_code bench_server_number(bench_server *server, const char *sql, const char *a, int64_t *out, vouch_error *err)
{
    VOUCH_CLEANUP(clear_rows) PGresult *rows = NULL;
    VOUCH_TRY(query(server, sql, a, NULL, &rows, err));
    *out = PQntuples(rows) ? strtoll(PQgetvalue(rows, 0, 0), NULL, 10) : 0;
    return VOUCH_OK;
}

/** User and system time of a process; 0 when it is gone. */
static double process_cpu(long pid)
{
    char path[32], line[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    const char *got = fgets(line, sizeof line, file), *rest = got ? strrchr(got, ')') : NULL;
    fclose(file);
    unsigned long user, system;
    /* After the name: state, ppid, pgrp, session, tty, tpgid, flags, four counts of faults, utime, stime. */
    if (!rest || sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
        return 0;
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

vouch_code bench_server_cpu(bench_server *server, double *out, vouch_error *err)
{
    VOUCH_CLEANUP(clear_rows) PGresult *rows = PQexec(server->connection, "SELECT pid FROM pg_stat_activity");
    VOUCH_TRY(check(server, rows, err));
    struct rusage own;
    getrusage(RUSAGE_SELF, &own);
    double sum = (double)(own.ru_utime.tv_sec + own.ru_stime.tv_sec) +
                 (double)(own.ru_utime.tv_usec + own.ru_stime.tv_usec) / 1e6;
    for (int row = 0; row < PQntuples(rows); row++)
        sum += process_cpu(strtol(PQgetvalue(rows, row, 0), NULL, 10));
    *out = sum;
    return VOUCH_OK;
}
