/** Requests without a connection. */
#ifndef VOUCH_TEST_SERVE_REQUEST_H
#define VOUCH_TEST_SERVE_REQUEST_H

#include "http.h"

/** A request for a method and a path as they were sent. Release with test_request_free. */
http_request *test_request_new(const char *method, const char *path);
/** What http_header and http_query answer for this name; lent. */
void test_request_set(const char *name, const char *value);
void test_request_free(http_request **request);

#endif
