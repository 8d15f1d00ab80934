/** The invoices of a reading from hostile JSON; see json_read.c. */
#include <string.h>

#include "items.h"
#include "json_values.h"

#define MAXIMUM_EVIDENCE VOUCH_EVIDENCE_MAXIMUM
#define MAXIMUM_CHECKS   2000
#define MAXIMUM_KEYS     8

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

vouch_code take_invoices(json_taker *taker, json_t *value, void *target)
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
