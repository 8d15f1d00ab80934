/**
 * A reading as JSON, members in the order of READING.md. What is absent is left out, never null or empty; the
 * exceptions (`invoice` of a verdict, `quad` of a region) are the ones that READING.md shows.
 */
#include <string.h>

#include "items.h"
#include "json_out.h"
#include "vouch/pipeline.h"

static void write_engine(json_out *out, const vouch_reading *reading)
{
    json_key(out, "engine");
    json_open(out, '{');
    json_member(out, "vouch", reading->engine ? reading->engine : VOUCH_VERSION);
    json_key(out, "models");
    json_open(out, '{');
    for (size_t i = 0; i < reading->model_count; i++)
        json_member_key_escaped(out, reading->models[i].name, reading->models[i].digest);
    json_close(out, '}');
    json_close(out, '}');
}

static void write_document(json_out *out, const vouch_reading *reading)
{
    json_key(out, "document");
    json_open(out, '{');
    json_member(out, "sha256", reading->sha256);
    json_member(out, "xxh3", reading->xxh3);
    json_member(out, "kind", reading->format);
    json_member_integer(out, "bytes", (long long)reading->bytes);
    json_key(out, "parts");
    json_open(out, '[');
    for (size_t i = 0; i < reading->part_count; i++) {
        const vouch_reading_part *part = &reading->parts[i];
        json_open(out, '{');
        json_member_integer(out, "part", (long long)i);
        json_member(out, "path", part->path);
        json_member(out, "kind", part->format);
        json_member(out, "sha256", part->sha256);
        json_close(out, '}');
    }
    json_close(out, ']');
    json_close(out, '}');
}

static void write_pages(json_out *out, const vouch_reading *reading)
{
    json_key(out, "pages");
    json_open(out, '[');
    for (size_t i = 0; i < reading->page_count; i++) {
        const vouch_reading_page *page = &reading->pages[i];
        json_open(out, '{');
        json_member_integer(out, "page", page->page);
        json_member_integer(out, "part", page->part);
        json_key(out, "width");
        json_put_number(out, page->width, 2);
        json_key(out, "height");
        json_put_number(out, page->height, 2);
        json_member(out, "unit", page->unit);
        json_member_integer(out, "rotation", page->rotation);
        json_close(out, '}');
    }
    json_close(out, ']');
}

/** The members that a field's value and a line's member share; the caller opens and closes the object. */
static void write_value(json_out *out, const vouch_evidence *evidence)
{
    json_member(out, "value", evidence->value);
    json_key(out, "confidence");
    json_put_probability(out, evidence->confidence);
    json_member(out, "source", vouch_source_name(evidence->source));
    if (evidence->page > 0) {
        json_member_integer(out, "page", evidence->page);
        json_key(out, "box");
        json_put_box(out, &evidence->box);
        if (evidence->has_quad) {
            json_key(out, "quad");
            json_put_quad(out, &evidence->quad);
        }
    }
    json_member(out, "text", evidence->text);
}

static void write_field(json_out *out, const vouch_field_value *field)
{
    json_open(out, '{');
    write_value(out, &field->chosen);
    json_key(out, "evidence");
    json_open(out, '[');
    for (size_t i = 0; i < field->evidence_count; i++) {
        json_open(out, '{');
        json_member(out, "source", vouch_source_name(field->evidence[i].source));
        json_member(out, "value", field->evidence[i].value);
        json_close(out, '}');
    }
    json_close(out, ']');
    json_key(out, "alternatives");
    json_open(out, '[');
    for (size_t i = 0; i < field->alternative_count; i++) {
        json_open(out, '{');
        json_member(out, "value", field->alternatives[i].value);
        json_key(out, "probability");
        json_put_probability(out, field->alternatives[i].probability);
        json_close(out, '}');
    }
    json_close(out, ']');
    json_close(out, '}');
}

static void write_regions(json_out *out, const vouch_invoice *invoice)
{
    json_key(out, "regions");
    json_open(out, '[');
    for (size_t i = 0; i < invoice->region_count; i++) {
        const vouch_region *region = &invoice->regions[i];
        json_open(out, '{');
        json_member_integer(out, "page", region->page);
        json_key(out, "box");
        json_put_box(out, &region->box);
        json_key(out, "quad");
        if (region->has_quad)
            json_put_quad(out, &region->quad);
        else
            json_put_null(out);
        json_close(out, '}');
    }
    json_close(out, ']');
}

static void write_items(json_out *out, const vouch_invoice *invoice, const item_list *list)
{
    const vouch_items *items = (const void *)((const char *)invoice + list->offset);

    json_key(out, list->name);
    json_open(out, '[');
    for (size_t i = 0; i < items->count; i++) {
        json_open(out, '{');
        for (size_t m = 0; m < list->member_count; m++) {
            const vouch_evidence *member = &items->items[i].members[list->members[m]];
            if (!member->value)
                continue;
            json_key(out, vouch_item_field_name(list->members[m]));
            if (list->plain) {
                json_put_string(out, member->value);
                continue;
            }
            json_open(out, '{');
            write_value(out, member);
            json_close(out, '}');
        }
        json_close(out, '}');
    }
    json_close(out, ']');
}

static void write_checks(json_out *out, const vouch_invoice *invoice)
{
    static const char *const results[] = {
        [VOUCH_CHECK_PASS] = "pass",
        [VOUCH_CHECK_FAIL] = "fail",
        [VOUCH_CHECK_SKIPPED] = "skipped",
    };

    json_key(out, "checks");
    json_open(out, '[');
    for (size_t i = 0; i < invoice->check_count; i++) {
        const vouch_check *check = &invoice->checks[i];
        json_open(out, '{');
        json_member(out, "check", check->check);
        json_member(out, "field", check->field);
        json_member(out, "result", results[check->result]);
        if (check->result == VOUCH_CHECK_FAIL)
            json_member(out, "severity", check->severity);
        json_member(out, "detail", check->detail);
        json_close(out, '}');
    }
    json_close(out, ']');
}

/** Names are unique in the output: of several values of one name the first stands. */
static void write_extra(json_out *out, const vouch_invoice *invoice)
{
    json_key(out, "extra");
    json_open(out, '{');
    for (size_t i = 0; i < invoice->extra_count; i++) {
        bool seen = false;
        for (size_t before = 0; before < i && !seen; before++)
            seen = strcmp(invoice->extras[before].name, invoice->extras[i].name) == 0;
        if (!seen)
            json_member_key_escaped(out, invoice->extras[i].name, invoice->extras[i].value);
    }
    json_close(out, '}');
}

static void write_invoice(json_out *out, vouch_arena *arena, const vouch_invoice *invoice, const vouch_prints *prints)
{
    json_open(out, '{');
    json_member(out, "kind", vouch_kind_name(invoice->kind));
    json_key(out, "kind_confidence");
    json_put_probability(out, invoice->kind_confidence);
    json_member(out, "direction", invoice->credit ? "credit" : "debit");
    write_regions(out, invoice);
    json_key(out, "fields");
    json_open(out, '{');
    for (size_t f = 0; f < VOUCH_FIELD_COUNT; f++) {
        if (!invoice->fields[f].chosen.value)
            continue;
        json_key(out, vouch_field_name((vouch_field)f));
        write_field(out, &invoice->fields[f]);
    }
    json_close(out, '}');
    for (size_t i = 0; i < ITEM_LIST_COUNT; i++)
        write_items(out, invoice, &item_lists[i]);
    write_checks(out, invoice);

    const char *const *keys = NULL;
    size_t key_count = 0;
    bool confirmed = false;
    vouch_invoice_business_keys(arena, invoice, &keys, &key_count, &confirmed);
    json_key(out, "business_keys");
    json_open(out, '[');
    for (size_t i = 0; i < key_count; i++)
        json_put_string(out, keys[i]);
    json_close(out, ']');

    json_key(out, "prints");
    json_open(out, '{');
    if (prints) {
        json_member(out, "fields", prints->fields);
        json_member(out, "text", prints->text);
        json_member(out, "image", prints->image);
    }
    json_close(out, '}');
    write_extra(out, invoice);
    json_close(out, '}');
}

static void write_verdicts(json_out *out, const vouch_verdicts *verdicts)
{
    json_key(out, "verdicts");
    json_open(out, '[');
    for (size_t i = 0; i < verdicts->count; i++) {
        const vouch_verdict *verdict = &verdicts->items[i];
        json_open(out, '{');
        json_member(out, "scheme", verdict->scheme);
        json_key(out, "invoice");
        if (verdict->invoice >= 0)
            json_put_integer(out, verdict->invoice);
        else
            json_put_null(out);
        json_member(out, "integrity", vouch_integrity_name(verdict->integrity));
        json_member(out, "authenticity", vouch_authenticity_name(verdict->authenticity));
        json_member(out, "agreement", vouch_agreement_name(verdict->agreement));
        json_member(out, "signer", verdict->signer);
        json_member(out, "issuer", verdict->issuer);
        json_member(out, "signed_at", verdict->signed_at);
        json_member(out, "time_proof", vouch_time_proof_name(verdict->time_proof));
        json_member(out, "algorithm", verdict->algorithm);
        json_key(out, "findings");
        json_open(out, '[');
        for (size_t f = 0; f < verdict->finding_count; f++) {
            json_open(out, '{');
            json_member(out, "code", verdict->findings[f].code);
            json_member(out, "detail", verdict->findings[f].detail);
            json_close(out, '}');
        }
        json_close(out, ']');
        json_close(out, '}');
    }
    json_close(out, ']');
}

static void write_problems(json_out *out, const vouch_problems *problems)
{
    json_key(out, "problems");
    json_open(out, '[');
    for (size_t i = 0; i < problems->count; i++) {
        const vouch_problem *problem = &problems->items[i];
        json_open(out, '{');
        json_member(out, "type", vouch_code_lookup(problem->code)->slug);
        json_member(out, "severity", problem->severity);
        json_member(out, "detail", problem->detail);
        if (problem->page > 0)
            json_member_integer(out, "page", problem->page);
        json_close(out, '}');
    }
    json_close(out, ']');
}

static void write_timing(json_out *out, const vouch_timing *timing)
{
    const struct {
        const char *name;
        double milliseconds;
    } stages[] = {{"decode", timing->decode},
                  {"read", timing->read},
                  {"reconcile", timing->reconcile},
                  {"verify", timing->verify},
                  {"fingerprint", timing->fingerprint}};

    json_key(out, "timing_ms");
    json_open(out, '{');
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        if (stages[i].milliseconds < 0)
            continue;
        json_key(out, stages[i].name);
        json_put_number(out, stages[i].milliseconds, 3);
    }
    json_close(out, '}');
}

/** Tell how writing went; what was written of a failure is taken back. */
static vouch_code finish(json_out *out, size_t length_before, const char *what, vouch_error *err)
{
    if (out->code == VOUCH_OK)
        return VOUCH_OK;
    out->buffer->length = length_before;
    if (out->buffer->data)
        out->buffer->data[length_before] = '\0';
    return vouch_fail(err, out->code, "writing %s as JSON", what);
}

vouch_code vouch_reading_to_json(const vouch_reading *reading, vouch_buffer *buffer, vouch_error *err)
{
    const size_t length_before = buffer->length;
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *scratch = vouch_arena_new();
    json_out out = {.buffer = buffer};

    if (!scratch)
        return vouch_fail(err, VOUCH_NO_MEMORY, "writing a reading as JSON");
    json_open(&out, '{');
    json_member(&out, "schema", VOUCH_READING_SCHEMA);
    json_member(&out, "file", reading->file);
    write_engine(&out, reading);
    write_document(&out, reading);
    write_pages(&out, reading);
    json_key(&out, "invoices");
    json_open(&out, '[');
    for (size_t i = 0; i < reading->invoices.count; i++)
        write_invoice(&out, scratch, &reading->invoices.items[i], reading->prints ? &reading->prints[i] : NULL);
    json_close(&out, ']');
    write_verdicts(&out, &reading->verdicts);
    write_problems(&out, &reading->problems);
    write_timing(&out, &reading->timing);
    json_close(&out, '}');
    return finish(&out, length_before, "a reading", err);
}

vouch_code vouch_verdicts_to_json(const vouch_reading *reading, vouch_buffer *buffer, vouch_error *err)
{
    const size_t length_before = buffer->length;
    json_out out = {.buffer = buffer};

    json_open(&out, '{');
    json_member(&out, "schema", VOUCH_VERDICTS_SCHEMA);
    json_member(&out, "file", reading->file);
    write_document(&out, reading);
    write_verdicts(&out, &reading->verdicts);
    write_problems(&out, &reading->problems);
    json_close(&out, '}');
    return finish(&out, length_before, "verdicts", err);
}

vouch_code vouch_words_to_json(const vouch_words *words, vouch_buffer *buffer, vouch_error *err)
{
    const size_t length_before = buffer->length;
    json_out out = {.buffer = buffer};

    json_open(&out, '[');
    for (size_t i = 0; i < words->count; i++) {
        const vouch_word *word = &words->items[i];
        const double edges[] = {word->box.x0, word->box.y0, word->box.x1, word->box.y1};
        json_open(&out, '[');
        json_put_integer(&out, word->page);
        json_put_string(&out, word->text);
        for (size_t e = 0; e < 4; e++)
            json_put_number(&out, edges[e], 2);
        json_close(&out, ']');
    }
    json_close(&out, ']');
    return finish(&out, length_before, "words", err);
}
