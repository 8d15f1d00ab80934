/*
 * A private PostgreSQL for tests: made by initdb in a folder of its own, on a socket of its own, gone at the end.
 * Started as user postgres when the tests run as root, which PostgreSQL refuses to be.
 */
#ifndef VOUCH_TEST_POSTGRES_H
#define VOUCH_TEST_POSTGRES_H

#include <stdbool.h>

typedef struct test_postgres test_postgres;

/*
 * A fresh server with an empty database "vouch". NULL when PostgreSQL is not installed or does not start.
 * VOUCH_TEST_POSTGRES_FOLDER says where (default /tmp), VOUCH_TEST_POSTGRES_OPTIONS adds to its command line.
 */
test_postgres *test_postgres_start(void);
/* Connection string of the superuser. Lent. */
const char *test_postgres_conninfo(const test_postgres *server);
/* Stop at once and start again, as after a power cut; or in two steps. */
bool test_postgres_restart(test_postgres *server);
bool test_postgres_stop_now(test_postgres *server);
/* As an administrator does: sessions are ended, work in progress is rolled back, nothing is lost. */
bool test_postgres_stop(test_postgres *server);
bool test_postgres_start_again(test_postgres *server);
/* Stop and remove everything; clears *server. */
void test_postgres_drop(test_postgres **server);

#endif
