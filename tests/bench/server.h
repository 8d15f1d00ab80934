/** Inside of the bench: a PostgreSQL of its own, filled and watched by SQL; the product's queries go through store. */
#ifndef VOUCH_BENCH_SERVER_H
#define VOUCH_BENCH_SERVER_H

#include <stdint.h>

#include "vouch/error.h"
#include "vouch/memory.h"

/** One connection as the login of the connection string. */
typedef struct bench_server bench_server;

vouch_code bench_server_open(const char *conninfo, bench_server **out, vouch_error *err) VOUCH_MUST_CHECK;
void bench_server_close(bench_server **server);
/** Several statements. */
vouch_code bench_server_script(bench_server *server, const char *sql, vouch_error *err) VOUCH_MUST_CHECK;
/** One statement, prepared at its first use. @param a,b  parameters; NULL: none @param sql  as long-lived as server */
vouch_code bench_server_run(bench_server *server, const char *sql, const char *a, const char *b,
                            vouch_error *err) VOUCH_MUST_CHECK;
/** The first column of all rows as an array literal "{1,2}", appended to out. @param count  out: rows */
vouch_code bench_server_column(bench_server *server, const char *sql, const char *a, vouch_buffer *out, size_t *count,
                               vouch_error *err) VOUCH_MUST_CHECK;
vouch_code bench_server_number(bench_server *server, const char *sql, const char *a, int64_t *out,
                               vouch_error *err) VOUCH_MUST_CHECK;
/**
 * Seconds of CPU so far of this process and of the server's processes that live now. The server is on this machine.
 * Processes that ended in between are missed: autovacuum's, which live for long.
 */
vouch_code bench_server_cpu(bench_server *server, double *out, vouch_error *err) VOUCH_MUST_CHECK;

#endif
