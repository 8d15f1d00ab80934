/*
 * What clients of the service send: an address (first byte even) or a JSON body (odd).
 *
 * Properties: a route's parameters are UTF-8 and not empty, and the address that is made of them again finds the same
 * route; a body that is accepted is written and read to the same; a reading in a body shows roles without the right no
 * identity number.
 */
#include <string.h>

#include "../../src/serve/http.h"
#include "vouch/text.h"

#include "property.h"

static void find_again(const http_request *first, vouch_arena *arena, const http_route *routes, size_t count)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer path = {0};
    const char *pattern = first->route->pattern;
    for (int p = 0; *pattern;) {
        if (*pattern != '{') {
            REQUIRE(vouch_buffer_append(&path, pattern++, 1) == VOUCH_OK);
            continue;
        }
        const char *parameter = first->params[p++];
        REQUIRE(parameter && parameter[0] && vouch_utf8_valid(parameter, strlen(parameter)));
        for (; *parameter; parameter++)
            REQUIRE(vouch_buffer_printf(&path, "%%%02x", (unsigned)(unsigned char)*parameter) == VOUCH_OK);
        pattern += strcspn(pattern, "}") + 1;
    }
    char allow[HTTP_ALLOW_SIZE];
    http_request again = {.arena = arena, .path = path.data};
    memcpy(again.method, first->method, sizeof again.method);
    REQUIRE(http_route_find(&again, routes, count, allow, NULL) == VOUCH_OK && again.route == first->route);
}

static void try_address(const char *text, size_t length, vouch_arena *arena)
{
    static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE"};
    size_t count;
    const http_route *routes = http_routes(&count);
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        char allow[HTTP_ALLOW_SIZE];
        http_request request = {.arena = arena, .path = vouch_arena_strndup(arena, text, length)};
        memcpy(request.method, methods[i], strlen(methods[i]) + 1);
        if (http_route_find(&request, routes, count, allow, NULL) == VOUCH_OK)
            find_again(&request, arena, routes, count);
    }
}

/* A stored reading in an answer: it is JSON, the verdicts are the reading's, and no identity number is shown. */
static void check_reading(const char *text, const json_t *object)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer answer = {0};
    REQUIRE(vouch_buffer_printf(&answer, "{\"id\":\"d\"}") == VOUCH_OK);
    REQUIRE(http_json_add_reading(&answer, text, VOUCH_ROLE_AUDITOR, /* with_verdicts= */ true, NULL) == VOUCH_OK);
    json_t *shown = json_loadb(answer.data, answer.length, JSON_REJECT_DUPLICATES, NULL), *invoice;
    REQUIRE(shown && json_object_size(json_object_get(shown, "reading")) == json_object_size(object));
    const json_t *verdicts = json_object_get(object, "verdicts");
    REQUIRE(!verdicts || json_equal(verdicts, json_object_get(shown, "verdicts")));
    json_t *invoices = json_object_get(json_object_get(shown, "reading"), "invoices");
    size_t index;
    json_array_foreach(invoices, index, invoice)
    {
        const json_t *field = json_object_get(json_object_get(invoice, "fields"), "passenger_id");
        const char *value = json_string_value(json_object_get(field, "value"));
        size_t length = value ? vouch_utf8_length(value) : 0;
        size_t stars = length > 4 ? length - 4 : length;
        REQUIRE(!value || strspn(value, "*") >= stars);
    }
    json_decref(shown);
}

static void try_body(const char *text, size_t length, vouch_arena *arena)
{
    const http_route route = {"POST", "/", HTTP_BODY_JSON, 0, NULL, false, NULL};
    http_request request = {.arena = arena, .route = &route};
    json_t *object = NULL;
    REQUIRE(length == 0 || http_body_take(&request, text, length, NULL) == VOUCH_OK);
    if (http_body_json(&request, &object, NULL) == VOUCH_OK) {
        REQUIRE(http_reply_json(&request, 200, json_incref(object), NULL) == VOUCH_OK);
        json_t *again = json_loadb(request.reply.body.data, request.reply.body.length, 0, NULL);
        REQUIRE(again && json_object_size(again) == json_object_size(object));
        json_decref(again);
        check_reading(request.reply.body.data, object);
    }
    json_decref(object);
    vouch_buffer_done(&request.body);
    vouch_buffer_done(&request.reply.body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    vouch_arena *arena = vouch_arena_new();
    (data[0] & 1 ? try_body : try_address)((const char *)data + 1, size - 1, arena);
    vouch_arena_free(&arena);
    return 0;
}
