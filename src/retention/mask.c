/**
 * Masking personal fields of a reading: first their values are collected, with the places where they stand on the
 * pages, then they are masked in the fields and in every other text.
 */
#include <string.h>

#include "reading.h"

/* Shorter texts (in bytes; a Chinese character has three) would mask half of the document with them. */
#define SHORTEST 4

typedef struct personal_field {
    const char *kind, *field;
} personal_field;
static const personal_field personal_fields[] = {
#define X(kind, field) {kind, field},
    VOUCH_PERSONAL_FIELDS(X)
#undef X
};

/** "cn.air" is every kind that is it or begins with "cn.air." */
static bool of_kind(const char *kind, const char *row)
{
    const size_t length = strlen(row);
    return length == 0 || (strncmp(kind, row, length) == 0 && (kind[length] == '\0' || kind[length] == '.'));
}

static bool is_personal(const char *kind, const char *field)
{
    for (size_t i = 0; i < sizeof personal_fields / sizeof *personal_fields; i++)
        if (strcmp(personal_fields[i].field, field) == 0 && of_kind(kind, personal_fields[i].kind))
            return true;
    return false;
}

/* ---- collecting ---- */

static void add_text(vouch_personal *personal, const json_t *value, vouch_arena *arena)
{
    const char *text = json_string_value(value);
    if (!text || strlen(text) < SHORTEST || strcmp(text, VOUCH_MASK) == 0)
        return;
    for (size_t i = 0; i < personal->text_count; i++)
        if (strcmp(personal->texts[i], text) == 0)
            return;
    *VOUCH_ARENA_PUSH(arena, personal->texts, personal->text_count, personal->text_capacity) =
        vouch_arena_strdup(arena, text);
}

static void add_place(vouch_personal *personal, const json_t *field, vouch_arena *arena)
{
    const json_t *page = json_object_get(field, "page"), *box = json_object_get(field, "box");
    if (!json_is_integer(page) || json_array_size(box) != 4)
        return;
    struct vouch_personal_place place = {.page = (int)json_integer_value(page)};
    for (size_t i = 0; i < 4; i++)
        place.box[i] = json_number_value(json_array_get(box, i));
    *VOUCH_ARENA_PUSH(arena, personal->places, personal->place_count, personal->place_capacity) = place;
}

static void collect_field(vouch_personal *personal, const json_t *field, vouch_arena *arena)
{
    static const char *const lists[] = {"evidence", "alternatives"};
    add_text(personal, json_object_get(field, "value"), arena);
    add_text(personal, json_object_get(field, "text"), arena);
    add_place(personal, field, arena);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        size_t index;
        json_t *item;
        json_array_foreach(json_object_get(field, lists[i]), index, item)
        {
            add_text(personal, json_object_get(item, "value"), arena);
            add_text(personal, json_object_get(item, "text"), arena);
            add_place(personal, item, arena);
        }
    }
}

/* @param masked  NULL: collect; else put the bare, masked field in the place of each personal one */
static void each_personal(json_t *members, const char *kind, vouch_personal *personal, vouch_arena *arena, bool mask)
{
    const char *name;
    json_t *field;
    void *next;
    json_object_foreach_safe(members, next, name, field)
    {
        if (!is_personal(kind, name))
            continue;
        if (mask)
            json_object_set_new(members, name, field_bare(field, VOUCH_MASK));
        else
            collect_field(personal, field, arena);
    }
}

static void each_invoice(json_t *reading, vouch_personal *personal, vouch_arena *arena, bool mask)
{
    size_t index, line;
    json_t *invoice, *members;
    json_array_foreach(json_object_get(reading, "invoices"), index, invoice)
    {
        const char *kind = json_string_value(json_object_get(invoice, "kind"));
        each_personal(json_object_get(invoice, "fields"), kind ? kind : "", personal, arena, mask);
        json_array_foreach(json_object_get(invoice, "lines"), line, members)
            each_personal(members, kind ? kind : "", personal, arena, mask);
    }
}

/* ---- masking ---- */

const char *mask_text(const char *text, const vouch_personal *personal, vouch_arena *arena)
{
    const char *masked = NULL;
    for (size_t i = 0; i < personal->text_count; i++) {
        const char *what = personal->texts[i], *from = masked ? masked : text, *at;
        while ((at = strstr(from, what)) != NULL) {
            masked = vouch_arena_printf(arena, "%.*s" VOUCH_MASK "%s", (int)(at - from), from, at + strlen(what));
            from = masked;
        }
    }
    return masked;
}

/* Never the names of kinds, sources and the like: they are not the document's. Hashes and prints don't contain names.
 */
static bool is_free_text(const char *member)
{
    static const char *const fixed[] = {"schema", "kind", "source", "check", "result", "severity", "scheme",
                                        "type",   "code", "unit",   "field", "sha256", "xxh3"};
    for (size_t i = 0; member && i < sizeof fixed / sizeof *fixed; i++)
        if (strcmp(member, fixed[i]) == 0)
            return false;
    return true;
}

/* @return what is to stand in the place of value; NULL: it may stay */
static json_t *mask_value(json_t *value, const char *member, const vouch_personal *personal, vouch_arena *arena)
{
    if (json_is_string(value)) {
        const char *masked = is_free_text(member) ? mask_text(json_string_value(value), personal, arena) : NULL;
        return masked ? json_string(masked) : NULL;
    }
    const char *name;
    json_t *inner;
    size_t index;
    void *next;
    json_object_foreach_safe(value, next, name, inner)
    {
        json_t *other = mask_value(inner, name, personal, arena);
        if (other)
            json_object_set_new(value, name, other);
    }
    json_array_foreach(value, index, inner)
    {
        json_t *other = mask_value(inner, member, personal, arena);
        if (other)
            json_array_set_new(value, index, other);
    }
    return NULL;
}

vouch_code vouch_reading_mask(const char *reading, vouch_arena *arena, vouch_personal *personal, const char **out,
                              vouch_error *err)
{
    VOUCH_CLEANUP(free_json) json_t *tree = NULL;
    VOUCH_TRY(reading_parse(reading, &tree, err));
    each_invoice(tree, personal, arena, /* mask= */ false);
    each_invoice(tree, personal, arena, /* mask= */ true);
    if (mask_value(tree, NULL, personal, arena))
        return vouch_fail(err, VOUCH_INTERNAL, "a stored reading is a text"); /* parsing has seen an object */
    return reading_print(tree, arena, out, err);
}
