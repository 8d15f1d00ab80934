/** A reading of which only what the books need is left. A table says what stays; everything else goes. */
#include <stdlib.h>
#include <string.h>

#include "reading.h"

vouch_code reading_parse(const char *text, json_t **out, vouch_error *err)
{
    json_error_t syntax;
    json_t *reading = json_loads(text, 0, &syntax);
    if (!json_is_object(reading)) {
        json_decref(reading);
        return vouch_fail(err, VOUCH_INTERNAL, "a stored reading is none: %s", syntax.text);
    }
    *out = reading;
    return VOUCH_OK;
}

vouch_code reading_print(const json_t *reading, vouch_arena *arena, const char **out, vouch_error *err)
{
    char *text = json_dumps(reading, JSON_COMPACT | JSON_REAL_PRECISION(15)); /* 0.99 stays 0.99 */
    if (!text)
        return vouch_fail(err, VOUCH_NO_MEMORY, "writing a reading");
    *out = vouch_arena_strdup(arena, text);
    free(text);
    return VOUCH_OK;
}

/* Copy these members where they are there. */
static json_t *only(const json_t *object, const char *const *names, size_t count)
{
    json_t *out = json_object();
    for (size_t i = 0; i < count; i++) {
        json_t *value = json_object_get(object, names[i]);
        if (value)
            json_object_set_new(out, names[i], json_deep_copy(value));
    }
    return out;
}
#define ONLY(object, ...) \
    only((object), (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

json_t *field_bare(const json_t *field, const char *value)
{
    json_t *bare = ONLY(field, "value", "confidence", "source");
    if (value)
        json_object_set_new(bare, "value", json_string(value));
    /* A field has these, a member of a line or segment has not. */
    if (json_object_get(field, "evidence"))
        json_object_set_new(bare, "evidence", json_array());
    if (json_object_get(field, "alternatives"))
        json_object_set_new(bare, "alternatives", json_array());
    return bare;
}

static const char *const kept_fields[] = {
    "invoice_code",
    "invoice_number",
    "issue_date",
    "travel_date",
    "currency",
    "net_amount",
    "tax_amount",
    "gross_amount",
    "seller_name",
    "seller_tax_id",
    "ticket_number",
    "ticket_serial",
    "original_invoice_code",
    "original_invoice_number",
};

static json_t *reduce_fields(const json_t *fields)
{
    json_t *out = json_object();
    for (size_t i = 0; i < sizeof kept_fields / sizeof *kept_fields; i++) {
        const json_t *field = json_object_get(fields, kept_fields[i]);
        if (field)
            json_object_set_new(out, kept_fields[i], field_bare(field, NULL));
    }
    return out;
}

/* Keys with a name in them: what stands in the tables remains; the reading can do without. */
static json_t *reduce_keys(const json_t *keys)
{
    json_t *out = json_array(), *key;
    size_t index;
    json_array_foreach(keys, index, key) if (json_is_string(key) && strncmp(json_string_value(key), "cn.air:", 7) != 0)
        json_array_append(out, key);
    return out;
}

static json_t *reduce_invoice(const json_t *invoice)
{
    static const char *const emptied[] = {"regions", "lines", "allowances", "segments", "checks"};
    json_t *out = ONLY(invoice, "kind", "kind_confidence", "direction");
    json_object_set_new(out, "fields", reduce_fields(json_object_get(invoice, "fields")));
    for (size_t i = 0; i < sizeof emptied / sizeof *emptied; i++)
        json_object_set_new(out, emptied[i], json_array());
    json_t *taxes = json_object_get(invoice, "taxes");
    json_object_set_new(out, "taxes", taxes ? json_deep_copy(taxes) : json_array());
    json_object_set_new(out, "business_keys", reduce_keys(json_object_get(invoice, "business_keys")));
    json_t *prints = json_object_get(invoice, "prints");
    json_object_set_new(out, "prints", prints ? json_deep_copy(prints) : json_object());
    json_object_set_new(out, "extra", json_object());
    return out;
}

/* Results stay; who signed, and details that quote the document, go. */
static json_t *reduce_verdict(const json_t *verdict)
{
    json_t *out =
        ONLY(verdict, "scheme", "invoice", "integrity", "authenticity", "agreement", "time_proof", "algorithm");
    json_t *findings = json_array(), *finding;
    size_t index;
    json_array_foreach(json_object_get(verdict, "findings"), index, finding)
        json_array_append_new(findings, ONLY(finding, "code"));
    json_object_set_new(out, "findings", findings);
    return out;
}

static json_t *reduce_problem(const json_t *problem)
{
    return ONLY(problem, "type", "severity");
}

static void reduce_each(json_t *reading, const char *name, const json_t *from, json_t *(*reduce)(const json_t *))
{
    json_t *out = json_array(), *item;
    size_t index;
    json_array_foreach(json_object_get(from, name), index, item) json_array_append_new(out, reduce(item));
    json_object_set_new(reading, name, out);
}

vouch_code vouch_reading_reduce(const char *reading, bool in_books, vouch_arena *arena, const char **out,
                                vouch_error *err)
{
    VOUCH_CLEANUP(free_json) json_t *before = NULL;
    VOUCH_TRY(reading_parse(reading, &before, err));
    VOUCH_CLEANUP(free_json) json_t *after = ONLY(before, "schema", "engine");
    json_t *document = json_object_get(before, "document");
    if (document) {
        json_t *bare = ONLY(document, "sha256", "xxh3", "kind", "bytes");
        json_object_set_new(bare, "parts", json_array()); /* names of embedded files */
        json_object_set_new(after, "document", bare);
    }
    json_object_set_new(after, "pages", json_array());
    if (in_books)
        reduce_each(after, "invoices", before, reduce_invoice);
    else
        json_object_set_new(after, "invoices", json_array());
    reduce_each(after, "verdicts", before, reduce_verdict);
    reduce_each(after, "problems", before, reduce_problem);
    json_t *timing = json_object_get(before, "timing_ms");
    if (timing)
        json_object_set(after, "timing_ms", timing);
    return reading_print(after, arena, out, err);
}
