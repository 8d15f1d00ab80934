/*
 * An upload: the Content-Type of the request (the input's first line) and its body, through libmicrohttpd's own parser
 * and the service's. The connection is a pair of sockets; the body is fed by hand, so that it can be cut anywhere.
 *
 * Properties: however the body is cut, the same comes out (of several things that are wrong, another may be seen
 * first); no more bytes are stored than came; what failed says why.
 */
#include <ftw.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/serve/connection.h"
#include "vouch/hash.h"

#include "property.h"

static const char tenant[] = "00000000-0000-4000-8000-000000000001";

typedef struct outcome {
    vouch_code code;
    size_t received, stored;
    char file_name[256], lane[16], sha256[65];
} outcome;

typedef struct upload {
    http_service *service;
    const char *body;
    size_t length;
    bool seen;
} upload;

static void done(http_request **request)
{
    if (*request)
        http_request_free(*request);
}

static vouch_code feed(http_request *request, const char *body, size_t length, size_t piece, vouch_error *err)
{
    VOUCH_TRY(http_body_begin(request, err));
    for (size_t at = 0; at < length; at += piece)
        VOUCH_TRY(http_body_take(request, body + at, length - at < piece ? length - at : piece, err));
    return http_body_end(request, err);
}

static void take(const upload *it, struct MHD_Connection *connection, size_t piece, outcome *out)
{
    static const http_route route = {"POST", "/", HTTP_BODY_UPLOAD, 0, NULL, false, NULL};
    VOUCH_CLEANUP(done) http_request *request = http_request_new(it->service, connection);
    vouch_error err = VOUCH_ERROR_INIT;
    REQUIRE(request);
    request->route = &route;
    memcpy(request->principal.tenant_id, tenant, sizeof tenant);
    out->code = feed(request, it->body, it->length, piece, &err);
    REQUIRE(out->code == VOUCH_OK || request->failed != VOUCH_OK || err.message[0]);
    const http_upload *came = &request->upload;
    REQUIRE(came->received <= it->length);
    REQUIRE(memchr(came->file_name, 0, sizeof came->file_name) && memchr(came->lane, 0, sizeof came->lane));
    if (out->code != VOUCH_OK)
        return;
    const uint8_t *data = NULL;
    REQUIRE(vouch_blob_view(came->writer, &data, &out->stored, NULL) == VOUCH_OK);
    REQUIRE(out->stored == came->received && out->stored > 0);
    vouch_sha256_hex(data, out->stored, out->sha256);
    out->received = came->received;
    memcpy(out->file_name, came->file_name, strlen(came->file_name));
    memcpy(out->lane, came->lane, strlen(came->lane));
}

/* @return false after showing what differs */
static bool same(const outcome *a, const outcome *b)
{
    if (memcmp(a, b, sizeof *a) == 0 || (a->code != VOUCH_OK && b->code != VOUCH_OK))
        return true;
    const outcome *const both[] = {a, b};
    for (size_t i = 0; i < 2; i++)
        fprintf(stderr, "\n%s: %zu bytes of \"%s\", lane \"%s\", %s", vouch_code_lookup(both[i]->code)->slug,
                both[i]->received, both[i]->file_name, both[i]->lane, both[i]->sha256);
    return false;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *data, size_t *length, void **state)
{
    (void)url, (void)method, (void)version, (void)data, (void)length, (void)state;
    upload *it = context;
    outcome whole = {0}, cut = {0}, fine = {0};
    it->seen = true;
    take(it, connection, it->length + 1, &whole);
    take(it, connection, 7, &cut);
    take(it, connection, 1, &fine);
    REQUIRE(same(&whole, &cut));
    REQUIRE(same(&whole, &fine));
    return MHD_NO;
}

static void converse(struct MHD_Daemon *daemon, const upload *it, const char *type, size_t length)
{
    int ends[2];
    const struct sockaddr_in somebody = {.sin_family = AF_INET};
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer head = {0};
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    REQUIRE(vouch_buffer_printf(&head, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: %.*s\r\n\r\n", (int)length,
                                type) == VOUCH_OK);
    REQUIRE(write(ends[0], head.data, head.length) == (ssize_t)head.length);
    REQUIRE(shutdown(ends[0], SHUT_WR) == 0);
    if (MHD_add_connection(daemon, ends[1], (const struct sockaddr *)&somebody, sizeof somebody) == MHD_YES)
        for (int turn = 0; turn < 8 && !it->seen; turn++)
            REQUIRE(MHD_run(daemon) == MHD_YES);
    close(ends[0]);
    for (int turn = 0; turn < 8 && MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)->num_connections;
         turn++)
        REQUIRE(MHD_run(daemon) == MHD_YES);
}

static char blob_folder[] = "/tmp/vouch-fuzz-XXXXXX";

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *walk)
{
    (void)about, (void)kind, (void)walk;
    return remove(path);
}

static void remove_blobs(void)
{
    (void)nftw(blob_folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* One store for all inputs; nothing is ever committed into it. */
static vouch_blobs *open_blobs(void)
{
    static vouch_blobs *blobs;
    if (!blobs) {
        REQUIRE(mkdtemp(blob_folder) && atexit(remove_blobs) == 0);
        REQUIRE(vouch_blobs_open_folder(blob_folder, &blobs, NULL) == VOUCH_OK);
    }
    return blobs;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct MHD_Daemon *daemon;
    static upload it; /* the daemon's context, as long as it lives */
    const uint8_t *line_end = size ? memchr(data, '\n', size) : NULL;
    if (!line_end || size > 4096 || memchr(data, 0, (size_t)(line_end - data)))
        return 0;
    if (!daemon)
        daemon = MHD_start_daemon(MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, on_request, &it, MHD_OPTION_END);
    REQUIRE(daemon);
    VOUCH_CLEANUP(vouch_config_free) vouch_config *config = vouch_config_new();
    http_service service = {.config = config, .blobs = open_blobs()};
    it = (upload){
        .service = &service, .body = (const char *)line_end + 1, .length = size - (size_t)(line_end + 1 - data)};
    converse(daemon, &it, (const char *)data, (size_t)(line_end - data));
    return 0;
}
