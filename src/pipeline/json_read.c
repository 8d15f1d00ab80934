/**
 * A reading from hostile JSON. The tables below say the same as config/reading.schema.json; the sandboxed child that
 * wrote the text may have been taken over by its document, so nothing in it is believed: not its size, not its
 * structure, not that a date is a date. Business keys are checked for their form and then forgotten, since whoever
 * needs them derives them from the fields.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "items.h"
#include "json_scan.h"
#include "json_take.h"
#include "vouch/pipeline.h"
#include "vouch/text.h"

/* Bounds. The child keeps them when it writes (reconcile cuts what is longer), so that honest answers pass. */
#define MAXIMUM_BYTES        ((size_t)16 << 20)
#define MAXIMUM_VALUES       1000000
#define MAXIMUM_DEPTH        8
#define MAXIMUM_TEXT         VOUCH_VALUE_BYTES_MAXIMUM
#define MAXIMUM_NAME         200
#define MAXIMUM_PAGES        10000
#define MAXIMUM_PARTS        4000
#define MAXIMUM_INVOICES     VOUCH_INVOICES_MAXIMUM
#define MAXIMUM_EVIDENCE     VOUCH_EVIDENCE_MAXIMUM
#define MAXIMUM_CHECKS       2000
#define MAXIMUM_EXTRAS       VOUCH_EXTRAS_MAXIMUM
#define MAXIMUM_VERDICTS     1000
#define MAXIMUM_FINDINGS     100
#define MAXIMUM_PROBLEMS     10000
#define MAXIMUM_KEYS         8
#define MAXIMUM_MODELS       64
#define MAXIMUM_COORDINATE   1e6
#define MAXIMUM_MILLISECONDS 1e7

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Texts. */

static vouch_code take_text(json_taker *taker, json_t *value, void *target)
{
    return json_take_text(taker, value, 0, MAXIMUM_TEXT, target);
}

static vouch_code take_filled_text(json_taker *taker, json_t *value, void *target)
{
    return json_take_text(taker, value, 1, MAXIMUM_TEXT, target);
}

static vouch_code take_sha256(json_taker *taker, json_t *value, void *target)
{
    VOUCH_TRY(json_take_text(taker, value, 64, 64, target));
    return json_is_hex(*(const char **)target, 64) ? VOUCH_OK : json_refuse(taker, "not a SHA-256 in lower-case hex");
}

static vouch_code take_xxh3(json_taker *taker, json_t *value, void *target)
{
    VOUCH_TRY(json_take_text(taker, value, 32, 32, target));
    return json_is_hex(*(const char **)target, 32) ? VOUCH_OK : json_refuse(taker, "not an XXH3-128 in lower-case hex");
}

/** Stable names: lower-case letters, digits, and the signs that join them. */
static vouch_code take_token(json_taker *taker, json_t *value, void *target)
{
    VOUCH_TRY(json_take_text(taker, value, 1, MAXIMUM_NAME, target));
    const char *text = *(const char **)target;
    return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-") == strlen(text) ? VOUCH_OK
                                                                                   : json_refuse(taker, "not a name");
}

static vouch_code take_schema(json_taker *taker, json_t *value, void *target)
{
    (void)target;
    if (json_is_string(value) && strcmp(json_string_value(value), VOUCH_READING_SCHEMA) == 0)
        return VOUCH_OK;
    return json_refuse(taker, "not \"" VOUCH_READING_SCHEMA "\"");
}

/** One of the words that end with NULL; the target points to the word of the list. */
static vouch_code take_word(json_taker *taker, json_t *value, const char *const *words, void *target)
{
    for (; *words && json_is_string(value); words++) {
        if (strcmp(*words, json_string_value(value)) == 0) {
            *(const char **)target = *words;
            return VOUCH_OK;
        }
    }
    return json_refuse(taker, "not a known word");
}

static vouch_code take_severity(json_taker *taker, json_t *value, void *target)
{
    static const char *const words[] = {"info", "warning", "error", NULL};
    return take_word(taker, value, words, target);
}

static vouch_code take_unit(json_taker *taker, json_t *value, void *target)
{
    static const char *const words[] = {"pt", "px", NULL};
    return take_word(taker, value, words, target);
}

static vouch_code take_format(json_taker *taker, json_t *value, void *target)
{
    for (int i = 0; i < VOUCH_FORMAT_COUNT && json_is_string(value); i++) {
        const char *name = vouch_format_name((vouch_format)i);
        if (strcmp(name, json_string_value(value)) == 0) {
            *(const char **)target = name;
            return VOUCH_OK;
        }
    }
    return json_refuse(taker, "not a known format");
}

/* Enumerations: the look-up functions of the vocabularies, one taker each. */
#define TAKE_ENUMERATION(function, type, lookup)                                       \
    static vouch_code function(json_taker *taker, json_t *value, void *target)         \
    {                                                                                  \
        if (json_is_string(value) && lookup(json_string_value(value), (type *)target)) \
            return VOUCH_OK;                                                           \
        return json_refuse(taker, "not a known word");                                 \
    }
TAKE_ENUMERATION(take_source, vouch_source, vouch_source_lookup)
TAKE_ENUMERATION(take_kind, vouch_kind, vouch_kind_lookup)
TAKE_ENUMERATION(take_integrity, vouch_integrity, vouch_integrity_lookup)
TAKE_ENUMERATION(take_authenticity, vouch_authenticity, vouch_authenticity_lookup)
TAKE_ENUMERATION(take_agreement, vouch_agreement, vouch_agreement_lookup)
TAKE_ENUMERATION(take_time_proof, vouch_time_proof, vouch_time_proof_lookup)

static vouch_code take_check_result(json_taker *taker, json_t *value, void *target)
{
    static const char *const words[] = {"pass", "fail", "skipped", NULL};
    static const vouch_check_result results[] = {VOUCH_CHECK_PASS, VOUCH_CHECK_FAIL, VOUCH_CHECK_SKIPPED};
    for (size_t i = 0; json_is_string(value) && words[i]; i++) {
        if (strcmp(words[i], json_string_value(value)) == 0) {
            *(vouch_check_result *)target = results[i];
            return VOUCH_OK;
        }
    }
    return json_refuse(taker, "not a known word");
}

static vouch_code take_direction(json_taker *taker, json_t *value, void *target)
{
    static const char *const words[] = {"debit", "credit", NULL};
    const char *word;
    VOUCH_TRY(take_word(taker, value, words, &word));
    *(bool *)target = word == words[1];
    return VOUCH_OK;
}

static vouch_code take_problem_type(json_taker *taker, json_t *value, void *target)
{
    const vouch_code_info *info = json_is_string(value) ? vouch_code_lookup_slug(json_string_value(value)) : NULL;
    if (!info || info->code == VOUCH_OK)
        return json_refuse(taker, "not a known problem type");
    *(vouch_code *)target = info->code;
    return VOUCH_OK;
}

/** Name of one of our fields; the target points to the name in the vocabulary. */
static vouch_code take_field_name(json_taker *taker, json_t *value, void *target)
{
    vouch_field field;
    if (!json_is_string(value) || !vouch_field_lookup(json_string_value(value), &field))
        return json_refuse(taker, "not a field");
    *(const char **)target = vouch_field_name(field);
    return VOUCH_OK;
}

/* Numbers. */

static vouch_code take_page_number(json_taker *taker, json_t *value, void *target)
{
    long long number;
    VOUCH_TRY(json_take_integer(taker, value, 1, MAXIMUM_PAGES, &number));
    *(int *)target = (int)number;
    return VOUCH_OK;
}

static vouch_code take_index(json_taker *taker, json_t *value, void *target)
{
    long long number;
    VOUCH_TRY(json_take_integer(taker, value, 0, MAXIMUM_PARTS - 1, &number));
    *(int *)target = (int)number;
    return VOUCH_OK;
}

static vouch_code take_index_or_null(json_taker *taker, json_t *value, void *target)
{
    if (!json_is_null(value))
        return take_index(taker, value, target);
    *(int *)target = -1;
    return VOUCH_OK;
}

static vouch_code take_rotation(json_taker *taker, json_t *value, void *target)
{
    long long degrees;
    VOUCH_TRY(json_take_integer(taker, value, 0, 270, &degrees));
    if (degrees % 90 != 0)
        return json_refuse(taker, "not a quarter turn");
    *(int *)target = (int)degrees;
    return VOUCH_OK;
}

static vouch_code take_bytes(json_taker *taker, json_t *value, void *target)
{
    long long number;
    VOUCH_TRY(json_take_integer(taker, value, 0, INT64_MAX, &number));
    *(size_t *)target = (size_t)number;
    return VOUCH_OK;
}

static vouch_code take_probability(json_taker *taker, json_t *value, void *target)
{
    return json_take_number(taker, value, 0, 0.9999, target);
}

static vouch_code take_size(json_taker *taker, json_t *value, void *target)
{
    return json_take_number(taker, value, 0, MAXIMUM_COORDINATE, target);
}

static vouch_code take_coordinate(json_taker *taker, json_t *value, void *target)
{
    return json_take_number(taker, value, -MAXIMUM_COORDINATE, MAXIMUM_COORDINATE, target);
}

static vouch_code take_milliseconds(json_taker *taker, json_t *value, void *target)
{
    return json_take_number(taker, value, 0, MAXIMUM_MILLISECONDS, target);
}

static vouch_code take_box(json_taker *taker, json_t *value, void *target)
{
    vouch_box *box = target;
    double *const edges[] = {&box->x0, &box->y0, &box->x1, &box->y1};

    if (json_array_size(value) != COUNT(edges))
        return json_refuse(taker, "not four numbers");
    for (size_t i = 0; i < COUNT(edges); i++)
        VOUCH_TRY(json_take_element(taker, i, take_coordinate, json_array_get(value, i), edges[i]));
    return VOUCH_OK;
}

static vouch_code take_point(json_taker *taker, json_t *value, void *target)
{
    double *point = target;
    if (json_array_size(value) != 2)
        return json_refuse(taker, "not two numbers");
    for (size_t i = 0; i < 2; i++)
        VOUCH_TRY(json_take_element(taker, i, take_coordinate, json_array_get(value, i), &point[i]));
    return VOUCH_OK;
}

static vouch_code take_quad(json_taker *taker, json_t *value, void *target)
{
    vouch_quad *quad = target;
    if (json_array_size(value) != 4)
        return json_refuse(taker, "not four points");
    for (size_t i = 0; i < 4; i++) {
        double point[2];
        VOUCH_TRY(json_take_element(taker, i, take_point, json_array_get(value, i), point));
        quad->x[i] = point[0];
        quad->y[i] = point[1];
    }
    return VOUCH_OK;
}

/* A value with its place, of a field or of a line's member. */

static vouch_code take_evidence_quad(json_taker *taker, json_t *value, void *target)
{
    vouch_evidence *evidence = target;
    evidence->has_quad = true;
    return take_quad(taker, value, &evidence->quad);
}

/** A page and a box come together or not at all. */
static vouch_code check_place(json_taker *taker, json_t *object)
{
    const bool page = json_object_get(object, "page") != NULL;
    if (page != (json_object_get(object, "box") != NULL) || (!page && json_object_get(object, "quad")))
        return json_refuse(taker, "a page without a box, or a box without a page");
    return VOUCH_OK;
}

static vouch_code check_value(json_taker *taker, vouch_value_type type, const char *value)
{
    return vouch_value_is_normal(taker->arena, type, value)
               ? VOUCH_OK
               : vouch_fail(taker->err, VOUCH_CHILD_BAD_ANSWER, "%s/value: not in normal form", taker->pointer);
}

static vouch_code take_other_evidence(json_taker *taker, json_t *value, void *target)
{
    static const json_row rows[] = {
        {"source", true, take_source, offsetof(vouch_evidence, source)},
        {"value", true, take_filled_text, offsetof(vouch_evidence, value)},
    };
    return json_take_object(taker, value, rows, COUNT(rows), target);
}

static vouch_code take_evidence_list(json_taker *taker, json_t *value, void *target)
{
    vouch_field_value *field = target;
    return json_take_array(taker, value, MAXIMUM_EVIDENCE, sizeof *field->evidence, take_other_evidence,
                           &field->evidence, &field->evidence_count);
}

static vouch_code take_alternative(json_taker *taker, json_t *value, void *target)
{
    static const json_row rows[] = {
        {"value", true, take_filled_text, offsetof(vouch_alternative, value)},
        {"probability", true, take_probability, offsetof(vouch_alternative, probability)},
    };
    return json_take_object(taker, value, rows, COUNT(rows), target);
}

static vouch_code take_alternatives(json_taker *taker, json_t *value, void *target)
{
    vouch_field_value *field = target;
    return json_take_array(taker, value, MAXIMUM_EVIDENCE, sizeof *field->alternatives, take_alternative,
                           &field->alternatives, &field->alternative_count);
}

#define CHOSEN(member) (offsetof(vouch_field_value, chosen) + offsetof(vouch_evidence, member))

/** A field under way: its type decides the normal form. */
struct field_target {
    vouch_field_value *field;
    vouch_value_type type;
};

static vouch_code take_field(json_taker *taker, json_t *value, void *target)
{
    static const json_row rows[] = {
        {"value", true, take_filled_text, CHOSEN(value)},
        {"confidence", true, take_probability, CHOSEN(confidence)},
        {"source", true, take_source, CHOSEN(source)},
        {"page", false, take_page_number, CHOSEN(page)},
        {"box", false, take_box, CHOSEN(box)},
        {"quad", false, take_evidence_quad, offsetof(vouch_field_value, chosen)},
        {"text", false, take_text, CHOSEN(text)},
        {"evidence", true, take_evidence_list, 0},
        {"alternatives", true, take_alternatives, 0},
    };
    const struct field_target *wanted = target;
    vouch_field_value *field = wanted->field;

    VOUCH_TRY(json_take_object(taker, value, rows, COUNT(rows), field));
    VOUCH_TRY(check_place(taker, value));
    VOUCH_TRY(check_value(taker, wanted->type, field->chosen.value));
    for (size_t i = 0; i < field->evidence_count; i++)
        if (!vouch_value_is_normal(taker->arena, wanted->type, field->evidence[i].value))
            return json_refuse(taker, "evidence that is not in normal form");
    for (size_t i = 0; i < field->alternative_count; i++)
        if (!vouch_value_is_normal(taker->arena, wanted->type, field->alternatives[i].value))
            return json_refuse(taker, "an alternative that is not in normal form");
    return VOUCH_OK;
}

static vouch_code take_fields(json_taker *taker, json_t *value, void *target)
{
    vouch_field_value *fields = target;
    const char *name;
    json_t *member;

    if (!json_is_object(value))
        return json_refuse(taker, "not an object");
    json_object_foreach(value, name, member)
    {
        vouch_field field;
        if (!vouch_field_lookup(name, &field))
            return json_refuse(taker, "has a field that the schema does not know");
        struct field_target wanted = {.field = &fields[field], .type = vouch_field_type(field)};
        VOUCH_TRY(json_take_member(taker, name, take_field, member, &wanted));
    }
    return VOUCH_OK;
}

/* Rows of lines, taxes, allowances, segments. */

static vouch_code check_item_value(json_taker *taker, vouch_item_field field, const char *value)
{
    return vouch_item_value_is_normal(taker->arena, field, value) ? VOUCH_OK : json_refuse(taker, "not in normal form");
}

static vouch_code take_item_member(json_taker *taker, json_t *value, void *target)
{
    static const json_row rows[] = {
        {"value", true, take_filled_text, offsetof(vouch_evidence, value)},
        {"confidence", false, take_probability, offsetof(vouch_evidence, confidence)},
        {"source", false, take_source, offsetof(vouch_evidence, source)},
        {"page", false, take_page_number, offsetof(vouch_evidence, page)},
        {"box", false, take_box, offsetof(vouch_evidence, box)},
        {"quad", false, take_evidence_quad, 0},
        {"text", false, take_text, offsetof(vouch_evidence, text)},
    };
    VOUCH_TRY(json_take_object(taker, value, rows, COUNT(rows), target));
    return check_place(taker, value);
}

static vouch_code take_item(json_taker *taker, json_t *value, const item_list *list, vouch_item *item)
{
    const char *name;
    json_t *member;

    if (!json_is_object(value))
        return json_refuse(taker, "not an object");
    json_object_foreach(value, name, member)
    {
        vouch_item_field field;
        bool listed = false;
        if (vouch_item_field_lookup(name, &field))
            for (size_t i = 0; i < list->member_count && !listed; i++)
                listed = list->members[i] == field;
        if (!listed)
            return json_refuse(taker, "has a member that the schema does not know");
        vouch_evidence *evidence = &item->members[field];
        if (list->plain)
            VOUCH_TRY(json_take_member(taker, name, take_filled_text, member, &evidence->value));
        else
            VOUCH_TRY(json_take_member(taker, name, take_item_member, member, evidence));
        VOUCH_TRY(check_item_value(taker, field, evidence->value));
    }
    return VOUCH_OK;
}

#define TAKE_ITEMS(kind, index)                                                                              \
    static vouch_code take_##kind##_row(json_taker *taker, json_t *value, void *target)                      \
    {                                                                                                        \
        return take_item(taker, value, &item_lists[index], target);                                          \
    }                                                                                                        \
    static vouch_code take_##kind(json_taker *taker, json_t *value, void *target)                            \
    {                                                                                                        \
        vouch_items *items = target;                                                                         \
        VOUCH_TRY(json_take_array(taker, value, VOUCH_ROWS_MAXIMUM, sizeof *items->items, take_##kind##_row, \
                                  &items->items, &items->count));                                            \
        items->capacity = items->count;                                                                      \
        return VOUCH_OK;                                                                                     \
    }
TAKE_ITEMS(lines, 0)
TAKE_ITEMS(taxes, 1)
TAKE_ITEMS(allowances, 2)
TAKE_ITEMS(segments, 3)

/* Invoices. */

static vouch_code take_region_quad(json_taker *taker, json_t *value, void *target)
{
    vouch_region *region = target;
    if (json_is_null(value))
        return VOUCH_OK;
    region->has_quad = true;
    return take_quad(taker, value, &region->quad);
}

static vouch_code take_region(json_taker *taker, json_t *value, void *target)
{
    static const json_row rows[] = {
        {"page", true, take_page_number, offsetof(vouch_region, page)},
        {"box", true, take_box, offsetof(vouch_region, box)},
        {"quad", true, take_region_quad, 0},
    };
    return json_take_object(taker, value, rows, COUNT(rows), target);
}

static vouch_code take_regions(json_taker *taker, json_t *value, void *target)
{
    vouch_invoice *invoice = target;
    return json_take_array(taker, value, MAXIMUM_PAGES, sizeof *invoice->regions, take_region, &invoice->regions,
                           &invoice->region_count);
}

static vouch_code take_check(json_taker *taker, json_t *value, void *target)
{
    static const json_row rows[] = {
        {"check", true, take_token, offsetof(vouch_check, check)},
        {"field", false, take_field_name, offsetof(vouch_check, field)},
        {"result", true, take_check_result, offsetof(vouch_check, result)},
        {"severity", false, take_severity, offsetof(vouch_check, severity)},
        {"detail", false, take_text, offsetof(vouch_check, detail)},
    };
    const vouch_check *check = target;

    VOUCH_TRY(json_take_object(taker, value, rows, COUNT(rows), target));
    if ((check->result == VOUCH_CHECK_FAIL) != (check->severity != NULL))
        return json_refuse(taker, "a severity belongs to a check that failed, and to no other");
    return VOUCH_OK;
}

static vouch_code take_checks(json_taker *taker, json_t *value, void *target)
{
    vouch_invoice *invoice = target;
    VOUCH_TRY(json_take_array(taker, value, MAXIMUM_CHECKS, sizeof *invoice->checks, take_check, &invoice->checks,
                              &invoice->check_count));
    invoice->check_capacity = invoice->check_count;
    return VOUCH_OK;
}

static vouch_code take_extra(json_taker *taker, json_t *value, void *target)
{
    vouch_invoice *invoice = target;
    const char *name;
    json_t *member;

    if (!json_is_object(value))
        return json_refuse(taker, "not an object");
    if (json_object_size(value) > VOUCH_EXTRAS_MAXIMUM)
        return json_refuse(taker, "too many members");
    invoice->extras = vouch_arena_calloc(taker->arena, json_object_size(value) + 1, sizeof *invoice->extras);
    json_object_foreach(value, name, member)
    {
        vouch_extra *extra = &invoice->extras[invoice->extra_count++];
        if (*name == '\0' || strlen(name) > MAXIMUM_NAME)
            return json_refuse(taker, "a name that is empty or too long");
        extra->name = vouch_arena_strdup(taker->arena, name);
        VOUCH_TRY(json_take_member(taker, name, take_text, member, &extra->value));
    }
    return VOUCH_OK;
}

static vouch_code take_key(json_taker *taker, json_t *value, void *target)
{
    return json_take_text(taker, value, 1, MAXIMUM_TEXT, target);
}

/** Checked and forgotten: keys are derived from the fields. */
static vouch_code take_keys(json_taker *taker, json_t *value, void *target)
{
    const char **keys;
    size_t count;
    (void)target;
    return json_take_array(taker, value, MAXIMUM_KEYS, sizeof *keys, take_key, &keys, &count);
}

/** "v1:" and hex digits */
static vouch_code take_print(json_taker *taker, json_t *value, void *target)
{
    VOUCH_TRY(json_take_text(taker, value, 4, MAXIMUM_NAME, target));
    const char *print = *(const char **)target;
    const char *digits = strchr(print, ':');
    const bool versioned = print[0] == 'v' && digits && digits > print + 1 &&
                           strspn(print + 1, "0123456789") == (size_t)(digits - print - 1);
    return versioned && digits[1] && json_is_hex(digits + 1, strlen(digits + 1)) ? VOUCH_OK
                                                                                 : json_refuse(taker, "not a print");
}

/** An invoice and its prints, which a reading keeps beside each other. */
struct invoice_target {
    vouch_invoice invoice;
    vouch_prints prints;
};

static vouch_code take_prints(json_taker *taker, json_t *value, void *target)
{
    static const json_row rows[] = {
        {"fields", false, take_print, offsetof(vouch_prints, fields)},
        {"text", false, take_print, offsetof(vouch_prints, text)},
        {"image", false, take_print, offsetof(vouch_prints, image)},
    };
    return json_take_object(taker, value, rows, COUNT(rows), target);
}

static vouch_code take_invoice(json_taker *taker, json_t *value, void *target)
{
    static const json_row rows[] = {
        {"kind", true, take_kind, offsetof(vouch_invoice, kind)},
        {"kind_confidence", true, take_probability, offsetof(vouch_invoice, kind_confidence)},
        {"direction", true, take_direction, offsetof(vouch_invoice, credit)},
        {"regions", true, take_regions, 0},
        {"fields", true, take_fields, offsetof(vouch_invoice, fields)},
        {"lines", true, take_lines, offsetof(vouch_invoice, lines)},
        {"taxes", true, take_taxes, offsetof(vouch_invoice, taxes)},
        {"allowances", true, take_allowances, offsetof(vouch_invoice, allowances)},
        {"segments", true, take_segments, offsetof(vouch_invoice, segments)},
        {"checks", true, take_checks, 0},
        {"business_keys", true, take_keys, 0},
        {"prints", true, take_prints, offsetof(struct invoice_target, prints)},
        {"extra", true, take_extra, 0},
    };
    return json_take_object(taker, value, rows, COUNT(rows), target);
}

static vouch_code take_invoices(json_taker *taker, json_t *value, void *target)
{
    vouch_reading *reading = target;
    struct invoice_target *taken;
    size_t count;

    VOUCH_TRY(json_take_array(taker, value, VOUCH_INVOICES_MAXIMUM, sizeof *taken, take_invoice, &taken, &count));
    vouch_invoices *invoices = &reading->invoices;
    invoices->items = vouch_arena_calloc(taker->arena, count + 1, sizeof *invoices->items);
    reading->prints = vouch_arena_calloc(taker->arena, count + 1, sizeof *reading->prints);
    for (size_t i = 0; i < count; i++) {
        invoices->items[i] = taken[i].invoice;
        reading->prints[i] = taken[i].prints;
    }
    invoices->count = invoices->capacity = count;
    return VOUCH_OK;
}

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
