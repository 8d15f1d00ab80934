/**
 * A reading from hostile JSON. The tables below say the same as config/reading.schema.json; the sandboxed child that
 * wrote the text may have been taken over by its document, so nothing in it is believed: not its size, not its
 * structure, not that a date is a date. Business keys are checked for their form and then forgotten, since whoever
 * needs them derives them from the fields.
 */
#include <string.h>

#include "json_scan.h"
#include "json_values.h"

/* Bounds. The child keeps them when it writes (reconcile cuts what is longer), so that honest answers pass. */
#define MAXIMUM_BYTES    ((size_t)16 << 20)
#define MAXIMUM_VALUES   1000000
#define MAXIMUM_DEPTH    8
#define MAXIMUM_VERDICTS 1000
#define MAXIMUM_FINDINGS 100
#define MAXIMUM_PROBLEMS 10000
#define MAXIMUM_MODELS   64

/* Verdicts and problems. */

static vouch_code take_finding(json_taker *taker, json_t *value, void *target)
{
    static const json_row rows[] = {
        {"code", true, take_token, offsetof(vouch_finding, code)},
        {"detail", false, take_text, offsetof(vouch_finding, detail)},
    };
    return json_take_object(taker, value, rows, COUNT(rows), target);
}

static vouch_code take_findings(json_taker *taker, json_t *value, void *target)
{
    vouch_verdict *verdict = target;
    VOUCH_TRY(json_take_array(taker, value, MAXIMUM_FINDINGS, sizeof *verdict->findings, take_finding,
                              &verdict->findings, &verdict->finding_count));
    verdict->finding_capacity = verdict->finding_count;
    return VOUCH_OK;
}

static vouch_code take_verdict(json_taker *taker, json_t *value, void *target)
{
    static const json_row rows[] = {
        {"scheme", true, take_token, offsetof(vouch_verdict, scheme)},
        {"invoice", true, take_index_or_null, offsetof(vouch_verdict, invoice)},
        {"integrity", true, take_integrity, offsetof(vouch_verdict, integrity)},
        {"authenticity", true, take_authenticity, offsetof(vouch_verdict, authenticity)},
        {"agreement", true, take_agreement, offsetof(vouch_verdict, agreement)},
        {"signer", false, take_text, offsetof(vouch_verdict, signer)},
        {"issuer", false, take_text, offsetof(vouch_verdict, issuer)},
        {"signed_at", false, take_text, offsetof(vouch_verdict, signed_at)},
        {"time_proof", true, take_time_proof, offsetof(vouch_verdict, time_proof)},
        {"algorithm", false, take_text, offsetof(vouch_verdict, algorithm)},
        {"findings", true, take_findings, 0},
    };
    return json_take_object(taker, value, rows, COUNT(rows), target);
}

static vouch_code take_verdicts(json_taker *taker, json_t *value, void *target)
{
    vouch_verdicts *verdicts = target;
    VOUCH_TRY(json_take_array(taker, value, MAXIMUM_VERDICTS, sizeof *verdicts->items, take_verdict, &verdicts->items,
                              &verdicts->count));
    verdicts->capacity = verdicts->count;
    return VOUCH_OK;
}

static vouch_code take_problem(json_taker *taker, json_t *value, void *target)
{
    static const json_row rows[] = {
        {"type", true, take_problem_type, offsetof(vouch_problem, code)},
        {"severity", true, take_severity, offsetof(vouch_problem, severity)},
        {"detail", false, take_text, offsetof(vouch_problem, detail)},
        {"page", false, take_page_number, offsetof(vouch_problem, page)},
    };
    return json_take_object(taker, value, rows, COUNT(rows), target);
}

static vouch_code take_problems(json_taker *taker, json_t *value, void *target)
{
    vouch_problems *problems = target;
    VOUCH_TRY(json_take_array(taker, value, MAXIMUM_PROBLEMS, sizeof *problems->items, take_problem, &problems->items,
                              &problems->count));
    problems->capacity = problems->count;
    return VOUCH_OK;
}

/* The document around them. */

static vouch_code take_models(json_taker *taker, json_t *value, void *target)
{
    vouch_reading *reading = target;
    const char *name;
    json_t *member;

    if (!json_is_object(value) || json_object_size(value) > MAXIMUM_MODELS)
        return json_refuse(taker, "not an object, or with too many members");
    reading->models = vouch_arena_calloc(taker->arena, json_object_size(value) + 1, sizeof *reading->models);
    json_object_foreach(value, name, member)
    {
        static const char prefix[] = "sha256:";
        vouch_reading_model *model = &reading->models[reading->model_count++];
        if (*name == '\0' || strlen(name) > MAXIMUM_NAME)
            return json_refuse(taker, "a name that is empty or too long");
        model->name = vouch_arena_strdup(taker->arena, name);
        VOUCH_TRY(json_take_member(taker, name, take_filled_text, member, &model->digest));
        if (strncmp(model->digest, prefix, sizeof prefix - 1) != 0 ||
            !json_is_hex(model->digest + sizeof prefix - 1, 64))
            return json_refuse(taker, "a digest that is not \"sha256:\" and 64 hex digits");
    }
    return VOUCH_OK;
}

static vouch_code take_version(json_taker *taker, json_t *value, void *target)
{
    return json_take_text(taker, value, 1, MAXIMUM_NAME, target);
}

static vouch_code take_engine(json_taker *taker, json_t *value, void *target)
{
    static const json_row rows[] = {
        {"vouch", true, take_version, offsetof(vouch_reading, engine)},
        {"models", true, take_models, 0},
    };
    return json_take_object(taker, value, rows, COUNT(rows), target);
}

/** A part, and the index that it states: it must be its place in the list. */
struct part_target {
    vouch_reading_part part;
    int index;
};

static vouch_code take_part(json_taker *taker, json_t *value, void *target)
{
    static const json_row rows[] = {
        {"part", true, take_index, offsetof(struct part_target, index)},
        {"path", true, take_text, offsetof(vouch_reading_part, path)},
        {"kind", true, take_format, offsetof(vouch_reading_part, format)},
        {"sha256", true, take_sha256, offsetof(vouch_reading_part, sha256)},
    };
    return json_take_object(taker, value, rows, COUNT(rows), target);
}

static vouch_code take_parts(json_taker *taker, json_t *value, void *target)
{
    vouch_reading *reading = target;
    struct part_target *taken;
    size_t count;

    VOUCH_TRY(json_take_array(taker, value, MAXIMUM_PARTS, sizeof *taken, take_part, &taken, &count));
    reading->parts = vouch_arena_calloc(taker->arena, count + 1, sizeof *reading->parts);
    for (size_t i = 0; i < count; i++) {
        if (taken[i].index != (int)i)
            return json_refuse(taker, "parts that are not numbered from 0");
        reading->parts[i] = taken[i].part;
    }
    reading->part_count = count;
    return VOUCH_OK;
}

static vouch_code take_document(json_taker *taker, json_t *value, void *target)
{
    static const json_row rows[] = {
        {"sha256", true, take_sha256, offsetof(vouch_reading, sha256)},
        {"xxh3", true, take_xxh3, offsetof(vouch_reading, xxh3)},
        {"kind", true, take_format, offsetof(vouch_reading, format)},
        {"bytes", true, take_bytes, offsetof(vouch_reading, bytes)},
        {"parts", true, take_parts, 0},
    };
    return json_take_object(taker, value, rows, COUNT(rows), target);
}

static vouch_code take_page(json_taker *taker, json_t *value, void *target)
{
    static const json_row rows[] = {
        {"page", true, take_page_number, offsetof(vouch_reading_page, page)},
        {"part", true, take_index, offsetof(vouch_reading_page, part)},
        {"width", true, take_size, offsetof(vouch_reading_page, width)},
        {"height", true, take_size, offsetof(vouch_reading_page, height)},
        {"unit", true, take_unit, offsetof(vouch_reading_page, unit)},
        {"rotation", true, take_rotation, offsetof(vouch_reading_page, rotation)},
    };
    return json_take_object(taker, value, rows, COUNT(rows), target);
}

static vouch_code take_pages(json_taker *taker, json_t *value, void *target)
{
    vouch_reading *reading = target;
    return json_take_array(taker, value, MAXIMUM_PAGES, sizeof *reading->pages, take_page, &reading->pages,
                           &reading->page_count);
}

static vouch_code take_timing(json_taker *taker, json_t *value, void *target)
{
    static const json_row rows[] = {
        {"decode", false, take_milliseconds, offsetof(vouch_timing, decode)},
        {"read", false, take_milliseconds, offsetof(vouch_timing, read)},
        {"reconcile", false, take_milliseconds, offsetof(vouch_timing, reconcile)},
        {"verify", false, take_milliseconds, offsetof(vouch_timing, verify)},
        {"fingerprint", false, take_milliseconds, offsetof(vouch_timing, fingerprint)},
    };
    return json_take_object(taker, value, rows, COUNT(rows), target);
}

/** What refers to something else in the reading must refer to something that is there. */
static vouch_code check_references(json_taker *taker, const vouch_reading *reading)
{
    for (size_t i = 0; i < reading->page_count; i++)
        if (reading->pages[i].page != (int)i + 1 || (size_t)reading->pages[i].part >= reading->part_count)
            return json_refuse(taker, "pages that are not numbered from 1, or of a part that is not there");
    for (size_t i = 0; i < reading->verdicts.count; i++)
        if (reading->verdicts.items[i].invoice >= (int)reading->invoices.count && reading->invoices.count > 0)
            return json_refuse(taker, "a verdict on an invoice that is not there");
    return VOUCH_OK;
}

static void free_json(json_t **json)
{
    json_decref(*json);
}

vouch_code vouch_reading_from_json(const char *json, size_t length, vouch_reading **out, vouch_error *err)
{
    static const json_row rows[] = {
        {"schema", true, take_schema, 0},
        {"file", false, take_text, offsetof(vouch_reading, file)},
        {"engine", true, take_engine, 0},
        {"document", true, take_document, 0},
        {"pages", true, take_pages, 0},
        {"invoices", true, take_invoices, 0},
        {"verdicts", true, take_verdicts, offsetof(vouch_reading, verdicts)},
        {"problems", true, take_problems, offsetof(vouch_reading, problems)},
        {"timing_ms", true, take_timing, offsetof(vouch_reading, timing)},
    };
    json_error_t syntax;

    VOUCH_TRY(json_scan(json, length, MAXIMUM_BYTES, MAXIMUM_DEPTH, MAXIMUM_VALUES, err));
    VOUCH_CLEANUP(free_json) json_t *root = json_loadb(json, length, JSON_REJECT_DUPLICATES, &syntax);
    if (!root)
        return vouch_fail(err, VOUCH_CHILD_BAD_ANSWER, "not JSON at byte %d: %s", syntax.position, syntax.text);
    VOUCH_CLEANUP(vouch_reading_free) vouch_reading *reading = vouch_reading_new();
    if (!reading)
        return vouch_fail(err, VOUCH_NO_MEMORY, "parsing a reading");
    json_taker taker = {.arena = reading->arena, .err = err};
    VOUCH_TRY(json_take_object(&taker, root, rows, COUNT(rows), reading));
    VOUCH_TRY(check_references(&taker, reading));
    *out = VOUCH_TAKE(reading);
    return VOUCH_OK;
}
