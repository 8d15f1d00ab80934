#include "request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST = 8
};

/* Each test is a process of its own, so that this is a test's own table. */
static struct {
    const char *name, *value;
} values[MOST];
static size_t value_count;

static const char *find(const char *name)
{
    for (size_t i = value_count; i > 0; i--)
        if (strcasecmp(values[i - 1].name, name) == 0)
            return values[i - 1].value;
    return NULL;
}

const char *http_header(const http_request *request, const char *name)
{
    (void)request;
    return find(name);
}

const char *http_query(const http_request *request, const char *name)
{
    (void)request;
    return find(name);
}

void test_request_set(const char *name, const char *value)
{
    size_t i = 0;
    while (i < value_count && strcmp(values[i].name, name) != 0)
        i++;
    values[i].name = name;
    values[i].value = value;
    if (i == value_count)
        value_count++;
}

http_request *test_request_new(const char *method, const char *path)
{
    http_request *request = calloc(1, sizeof *request);
    if (!request)
        abort();
    request->arena = vouch_arena_new();
    request->path = vouch_arena_strdup(request->arena, path);
    snprintf(request->method, sizeof request->method, "%s", method);
    snprintf(request->id, sizeof request->id, "request-of-a-test");
    return request;
}

void test_request_free(http_request **request)
{
    if (!*request)
        return;
    vouch_buffer_done(&(*request)->body);
    vouch_buffer_done(&(*request)->reply.body);
    vouch_arena_free(&(*request)->arena);
    free(*request);
    *request = NULL;
}
