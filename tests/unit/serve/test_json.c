#include <criterion/criterion.h>
#include <string.h>

#include "request.h"

static const char *text_at(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "absent";
}

/* A reading with one invoice whose passenger_id is this. The caller's buffer. */
static void reading_with_identity(char *out, size_t size, const char *identity)
{
    snprintf(
        out, size,
        "{\"schema\":\"vouch.reading/1\",\"document\":{},\"problems\":[],\"verdicts\":[],\"invoices\":[{"
        "\"kind\":\"cn.rail\",\"fields\":{\"passenger_name\":{\"value\":\"李晓明\"},\"passenger_id\":{\"value\":\"%s\","
        "\"text\":\"%s\",\"source\":\"text\",\"confidence\":0.9,\"evidence\":[{\"source\":\"qr\",\"value\":\"%s\"}],"
        "\"alternatives\":[{\"value\":\"%s\",\"probability\":0.1}]}}}]}",
        identity, identity, identity, identity);
}

/* What a role is shown, parsed. @param object  taken over */
static json_t *shown_to(json_t *object, const char *reading, vouch_role role, bool with_verdicts)
{
    vouch_error err = VOUCH_ERROR_INIT;
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer text = {0};
    VOUCH_CLEANUP(vouch_free_pointer) char *printed = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    cr_assert_eq(vouch_buffer_printf(&text, "%s", printed), VOUCH_OK);
    cr_assert_eq(http_json_add_reading(&text, reading, role, with_verdicts, &err), VOUCH_OK, "%s", err.message);
    json_t *shown = json_loads(text.data, JSON_REJECT_DUPLICATES, NULL);
    cr_assert_not_null(shown, "%s", text.data);
    return shown;
}

static json_t *document_shown(const vouch_document *document, vouch_role role)
{
    return shown_to(http_json_document(document), document->reading, role, /* with_verdicts= */ false);
}

static const json_t *identity_field(const json_t *document)
{
    const json_t *invoices = json_object_get(json_object_get(document, "reading"), "invoices");
    return json_object_get(json_object_get(json_array_get(invoices, 0), "fields"), "passenger_id");
}

Test(json, identity_numbers_are_masked_by_role)
{
    static const struct {
        vouch_role role;
        bool full;
    } rows[] = {{VOUCH_ROLE_EMPLOYEE, true}, {VOUCH_ROLE_REVIEWER, false}, {VOUCH_ROLE_FINANCE, true},
                {VOUCH_ROLE_AUDITOR, false}, {VOUCH_ROLE_ADMIN, true},     {VOUCH_ROLE_PLATFORM, false}};
    cr_assert_eq(sizeof rows / sizeof *rows, VOUCH_ROLE_COUNT);
    char reading[2048];
    reading_with_identity(reading, sizeof reading, "430102199001011234");
    const vouch_document document = {.id = "d", .state = VOUCH_DOCUMENT_DONE, .reading = reading};
    const vouch_verification verification = {.id = "v", .document = document};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *wanted = rows[i].full ? "430102199001011234" : "**************1234";
        json_t *shown[] = {
            document_shown(&document, rows[i].role),
            shown_to(http_json_verification(&verification), reading, rows[i].role, /* with_verdicts= */ true)};
        for (size_t k = 0; k < 2; k++) {
            const json_t *field = identity_field(shown[k]);
            const char *role = vouch_role_name(rows[i].role);
            cr_expect_str_eq(text_at(field, "value"), wanted, "%s", role);
            cr_expect_str_eq(text_at(field, "text"), wanted, "%s", role);
            cr_expect_str_eq(text_at(json_array_get(json_object_get(field, "evidence"), 0), "value"), wanted, "%s",
                             role);
            cr_expect_str_eq(text_at(json_array_get(json_object_get(field, "evidence"), 0), "source"), "qr", "%s",
                             role);
            cr_expect_str_eq(text_at(json_array_get(json_object_get(field, "alternatives"), 0), "value"), wanted, "%s",
                             role);
            char *text = json_dumps(shown[k], 0);
            cr_expect_eq(strstr(text, "199001") != NULL, rows[i].full, "%s: %s", role, text);
            free(text);
            json_decref(shown[k]);
        }
    }
}

Test(json, masks_are_by_character)
{
    static const struct {
        const char *text, *masked;
    } rows[] = {{"", ""},
                {"1", "*"},
                {"1234", "****"},
                {"12345", "*2345"},
                {"护照一二三四五", "***二三四五"},
                {"123一二三", "**3一二三"},
                {"4301021990****1234", "**************1234"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char reading[2048];
        reading_with_identity(reading, sizeof reading, rows[i].text);
        const vouch_document document = {.id = "d", .reading = reading};
        json_t *shown = document_shown(&document, VOUCH_ROLE_REVIEWER);
        cr_expect_str_eq(text_at(identity_field(shown), "value"), rows[i].masked, "%s: %s", rows[i].text,
                         text_at(identity_field(shown), "value"));
        json_decref(shown);
    }
}

Test(json, other_fields_are_left_alone)
{
    char reading[2048];
    reading_with_identity(reading, sizeof reading, "430102199001011234");
    const vouch_document document = {.id = "d", .reading = reading};
    json_t *shown = document_shown(&document, VOUCH_ROLE_REVIEWER);
    const json_t *invoice = json_array_get(json_object_get(json_object_get(shown, "reading"), "invoices"), 0);
    cr_expect_str_eq(text_at(json_object_get(json_object_get(invoice, "fields"), "passenger_name"), "value"), "李晓明");
    json_decref(shown);
}

Test(json, verdicts_stand_beside_the_reading)
{
    static const struct {
        const char *reading, *verdicts; /* NULL: none */
    } rows[] = {
        {"{\"verdicts\":[]}", "[]"},
        {"{\"schema\":\"x\",\"verdicts\":[{\"scheme\":\"a,\\\"}]\"}],\"invoices\":[]}", "[{\"scheme\":\"a,\\\"}]\"}]"},
        {"{\"invoices\":[{\"verdicts\":1}],\"n\":1.5,\"verdicts\":[1,[2]]}", "[1,[2]]"},
        {"{\"text\":\"\\\"verdicts\\\":[7]\",\"invoices\":[]}", NULL},
        {"{ \"n\" : null , \"verdicts\" : [ 1 ] , \"invoices\" : [] }", "[1]"},
        {"{}", NULL},
        {NULL, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const vouch_verification verification = {.id = "v", .document = {.id = "d"}};
        json_t *shown = shown_to(http_json_verification(&verification), rows[i].reading, VOUCH_ROLE_PLATFORM, true);
        const json_t *verdicts = json_object_get(shown, "verdicts");
        VOUCH_CLEANUP(vouch_free_pointer) char *text = verdicts ? json_dumps(verdicts, JSON_COMPACT) : NULL;
        cr_expect_str_eq(text ? text : "none", rows[i].verdicts ? rows[i].verdicts : "none", "row %zu", i);
        json_t *reading = rows[i].reading ? json_loads(rows[i].reading, 0, NULL) : NULL;
        cr_expect(reading ? json_equal(reading, json_object_get(shown, "reading")) : !json_object_get(shown, "reading"),
                  "row %zu", i);
        json_decref(reading);
        json_decref(shown);
    }
}

Test(json, claims)
{
    const vouch_claim_line line = {.id = "l", .position = 1, .amount_minor = -1250};
    vouch_claim claim = {.id = "c",
                         .reference = "C-1",
                         .currency = "CNY",
                         .version = 3,
                         .lines_minor = -1250,
                         .lines = &line,
                         .line_count = 1};
    json_t *single = http_json_claim(&claim);
    claim.lines = NULL;
    json_t *listed = http_json_claim(&claim);
    cr_expect_str_eq(text_at(single, "lines_total"), "-12.50");
    cr_expect_str_eq(text_at(json_array_get(json_object_get(single, "lines"), 0), "amount"), "-12.50");
    cr_expect_str_eq(text_at(single, "title"), "absent");
    cr_expect_null(json_object_get(listed, "lines"), "a list tells nothing of lines");
    claim.currency = "JPY";
    json_t *yen = http_json_claim(&claim);
    cr_expect_str_eq(text_at(yen, "lines_total"), "-1250");
    json_decref(single);
    json_decref(listed);
    json_decref(yen);
}

Test(json, a_pointer_shows_four_things)
{
    const vouch_pointer pointer = {"C-1", "E-1", "Hangzhou", "2026-03-01"}, bare = {.reference = "C-2"};
    json_t *full = http_json_pointer(&pointer), *less = http_json_pointer(&bare);
    cr_expect_eq(json_object_size(full), 4);
    cr_expect_eq(json_object_size(less), 1);
    cr_expect_str_eq(text_at(full, "date"), "2026-03-01");
    json_decref(full);
    json_decref(less);
}

Test(json, a_failed_document_tells_what_to_do)
{
    const vouch_document document = {.id = "d",
                                     .state = VOUCH_DOCUMENT_FAILED,
                                     .problem = "encrypted-document",
                                     .problem_detail = "needs a password"};
    const vouch_document unknown = {.id = "d", .state = VOUCH_DOCUMENT_FAILED, .problem = "of-a-newer-version"};
    json_t *shown = http_json_document(&document);
    json_t *newer = http_json_document(&unknown);
    const json_t *problem = json_object_get(shown, "problem");
    cr_expect_str_eq(text_at(problem, "type"), "/problems/encrypted-document");
    cr_expect_str_eq(text_at(problem, "advice"), vouch_code_lookup(VOUCH_ENCRYPTED)->advice);
    cr_expect_str_eq(text_at(problem, "detail"), "needs a password");
    cr_expect_str_eq(text_at(json_object_get(newer, "problem"), "type"), "/problems/of-a-newer-version");
    json_decref(shown);
    json_decref(newer);
}
