/* The listener as a scraper sees it, over a socket. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vouch/metrics.h"

static vouch_config *configure(const char *port, const char *token)
{
    vouch_config *config = vouch_config_new();
    cr_assert_not_null(config);
    const char *const values[][2] = {{"metrics_port", port}, {"metrics_token", token}, {"metrics_branches", "2"}};
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(vouch_config_set(config, values[i][0], values[i][1], VOUCH_CONFIG_FROM_FLAG, NULL), VOUCH_OK);
    return config;
}

/** A port that was free a moment ago. @param keep  out: the socket that holds it, or NULL to let it go */
static int take_port(int *keep)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, length), 0);
    cr_assert_eq(listen(fd, 1), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    if (keep)
        *keep = fd;
    else
        close(fd);
    return ntohs(address.sin_port);
}

/** Send a request and take all of the answer. @return length */
static size_t ask(int port, const char *request, char *out, size_t size)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    const size_t length = strlen(request);
    cr_assert_eq(send(fd, request, length, MSG_NOSIGNAL), (ssize_t)length);
    size_t got = 0;
    for (ssize_t part; got + 1 < size && (part = recv(fd, out + got, size - got - 1, 0)) > 0;)
        got += (size_t)part;
    out[got] = '\0';
    close(fd);
    return got;
}

static void count_call(void *data)
{
    ++*(int *)data;
}

Test(listener, answers_the_scrape_and_nothing_else)
{
    static const struct {
        const char *request, *status, *part;
    } rows[] = {
        {"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 ",
         "vouch_build_info{version=\"" VOUCH_VERSION "\",command=\"serve\"} 1\n"},
        {"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept: "
         "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5\r\n\r\n",
         "HTTP/1.1 200 ", "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"},
        {"HEAD /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 ", ""},
        {"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 404 ", ""},
        {"GET /v1/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 404 ", ""},
        {"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "HTTP/1.1 405 ", ""},
        {"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody", "", ""},
        {"GET /metrics\r\n\r\n", "HTTP/1.", ""},
        {"\r\n\x01\x02 nonsense\r\n\r\n", "", ""},
    };
    static char answer[1 << 20];
    int calls = 0;
    vouch_config *config = configure("0", "");
    char port[16];
    const int number = take_port(NULL);
    snprintf(port, sizeof port, "%d", number);
    cr_assert_eq(vouch_config_set(config, "metrics_port", port, VOUCH_CONFIG_FROM_FLAG, NULL), VOUCH_OK);
    vouch_metrics_listener *listener = NULL;
    cr_assert_eq(vouch_metrics_listen(config, "serve", count_call, &calls, &listener, NULL), VOUCH_OK);
    cr_assert_not_null(listener);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ask(number, rows[i].request, answer, sizeof answer);
        cr_expect_eq(strncmp(answer, rows[i].status, strlen(rows[i].status)), 0, "row %zu: %s", i, answer);
        cr_expect_not_null(strstr(answer, rows[i].part), "row %zu: %s", i, answer);
        const bool shows = strstr(answer, "vouch_build_info") != NULL;
        cr_expect_eq(shows, i < 2 || (i == 7 && strstr(answer, " 200 ")), "row %zu: %s", i, answer);
    }
    cr_expect_geq(calls, 3);
    vouch_metrics_close(&listener);
    vouch_config_free(&config);
}

Test(listener, asks_for_the_token)
{
    static const struct {
        const char *header, *status;
    } rows[] = {{"", "HTTP/1.1 401 "},
                {"Authorization: Bearer wrong\r\n", "HTTP/1.1 401 "},
                {"Authorization: Bearer \r\n", "HTTP/1.1 401 "},
                {"Authorization: Basic c2VjcmV0\r\n", "HTTP/1.1 401 "},
                {"Authorization: Bearer secret\r\n", "HTTP/1.1 200 "}};
    static char answer[1 << 20];
    char port[16], request[256];
    const int number = take_port(NULL);
    snprintf(port, sizeof port, "%d", number);
    vouch_config *config = configure(port, "secret");
    vouch_metrics_listener *listener = NULL;
    cr_assert_eq(vouch_metrics_listen(config, "serve", NULL, NULL, &listener, NULL), VOUCH_OK);
    cr_assert_not_null(listener);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(request, sizeof request, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n",
                 rows[i].header);
        ask(number, request, answer, sizeof answer);
        cr_expect_eq(strncmp(answer, rows[i].status, strlen(rows[i].status)), 0, "row %zu: %s", i, answer);
        cr_expect_eq(strstr(answer, "vouch_build_info") != NULL, i == 4, "row %zu", i);
    }
    vouch_metrics_close(&listener);
    vouch_config_free(&config);
}

Test(listener, a_port_that_is_taken_stops_nothing)
{
    int keep = -1;
    char port[16];
    snprintf(port, sizeof port, "%d", take_port(&keep));
    vouch_config *config = configure(port, "");
    vouch_metrics_listener *listener = NULL;
    cr_expect_eq(vouch_metrics_listen(config, "serve", NULL, NULL, &listener, NULL), VOUCH_OK);
    cr_expect_null(listener);
    close(keep);
    vouch_config_free(&config);
}

Test(listener, the_first_branches_are_told_apart)
{
    vouch_config *config = configure("0", "");
    cr_assert_eq(vouch_config_set(config, "metrics_address", "", VOUCH_CONFIG_FROM_FLAG, NULL), VOUCH_OK);
    vouch_metrics_listener *listener = NULL;
    cr_expect_eq(vouch_metrics_listen(config, "work", NULL, NULL, &listener, NULL), VOUCH_OK);
    cr_expect_null(listener);
    cr_expect_str_eq(vouch_metric_branch("one"), "one");
    cr_expect_str_eq(vouch_metric_branch("two"), "two");
    cr_expect_str_eq(vouch_metric_branch("three"), "other");
    cr_expect_str_eq(vouch_metric_branch("one"), "one");
    cr_expect_str_eq(vouch_metric_branch(NULL), "none");
    cr_expect_str_eq(vouch_metric_branch("0123456789012345678901234567890123456789"), "other");
    vouch_config_free(&config);
}

Test(listener, a_wrong_address_is_an_error_of_configuration)
{
    vouch_config *config = configure("0", "");
    vouch_metrics_listener *listener = NULL;
    vouch_error err = VOUCH_ERROR_INIT;
    cr_assert_eq(vouch_config_set(config, "metrics_address", "nowhere", VOUCH_CONFIG_FROM_FLAG, NULL), VOUCH_OK);
    cr_expect_eq(vouch_metrics_listen(config, "serve", NULL, NULL, &listener, &err), VOUCH_CONFIG);
    cr_expect_not_null(strstr(err.message, "metrics_address"), "%s", err.message);
    cr_assert_eq(vouch_config_set(config, "metrics_address", "0.0.0.0", VOUCH_CONFIG_FROM_FLAG, NULL), VOUCH_OK);
    cr_expect_eq(vouch_config_check(config, &err), VOUCH_CONFIG);
    cr_expect_not_null(strstr(err.message, "metrics_token"), "%s", err.message);
    cr_assert_eq(vouch_config_set(config, "metrics_token", "t", VOUCH_CONFIG_FROM_FLAG, NULL), VOUCH_OK);
    cr_expect_eq(vouch_config_check(config, &err), VOUCH_OK);
    vouch_config_free(&config);
}
