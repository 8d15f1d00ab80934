/**
 * Which signatures a PDF holds (ISO 32000-2, 12.8): signature fields of the form, widgets that no field list names,
 * permissions, and signature dictionaries that nothing refers to any more.
 *
 * The question is "could somebody have signed here", so that everything that looks like a signature is listed, damaged
 * ones with what is wrong. Judging them is the verifier's work.
 */
#include <string.h>

#include "pdf.h"

#define MAX_FIELD_DEPTH 32
#define MAX_FIELDS      20000
#define MAX_OBJECTS     200000
#define MAX_SIGNATURES  200
#define SEARCH_SECONDS  10 /* of CPU */

typedef struct signature_list {
    vouch_decoded *decoded;
    fz_context *ctx;
    pdf_document *doc;
    vouch_pdf_signature *items;
    int *numbers; /* of the signature dictionaries; negative: of the field that holds it directly */
    size_t count, capacity, number_count, number_capacity;
    size_t fields; /* visited so far */
} signature_list;

static bool is_known(const signature_list *list, int number)
{
    for (size_t i = 0; number != 0 && i < list->number_count; i++)
        if (list->numbers[i] == number)
            return true;
    return false;
}

/* Throws. */
static const char *find_damage(fz_context *ctx, pdf_obj *value)
{
    if (!pdf_is_dict(ctx, value))
        return "its value can't be read";
    if (!pdf_is_array(ctx, pdf_dict_get(ctx, value, PDF_NAME(ByteRange))))
        return "it states no byte range";
    if (!pdf_is_string(ctx, pdf_dict_get(ctx, value, PDF_NAME(Contents))))
        return "it has no contents";
    return NULL;
}

/* @param owner  number of the object that holds the value. Throws. */
static void add_signature(signature_list *list, const char *field, pdf_obj *value, int owner)
{
    fz_context *ctx = list->ctx;
    const int number = pdf_is_indirect(ctx, value) ? pdf_to_num(ctx, value) : -owner;
    if (is_known(list, number) || list->count >= MAX_SIGNATURES)
        return;
    vouch_arena *arena = list->decoded->arena;
    *VOUCH_ARENA_PUSH(arena, list->numbers, list->number_count, list->number_capacity) = number;
    const char *sub_filter = pdf_copy_text(list->decoded, ctx, pdf_dict_get(ctx, value, PDF_NAME(SubFilter)));
    *VOUCH_ARENA_PUSH(arena, list->items, list->count, list->capacity) =
        (vouch_pdf_signature){.field = field, .sub_filter = sub_filter, .damage = find_damage(ctx, value)};
}

/* A field or widget: signed when it is of type Sig and states a value, readable or not. Throws. */
static void look_at_field(signature_list *list, pdf_obj *field, int number)
{
    fz_context *ctx = list->ctx;
    pdf_obj *type = pdf_dict_get_inheritable(ctx, field, PDF_NAME(FT));
    pdf_obj *value = pdf_dict_get(ctx, field, PDF_NAME(V)); /* a parent's value is the parent's */
    if (!value || value == PDF_NULL || !pdf_name_eq(ctx, type, PDF_NAME(Sig)))
        return;
    add_signature(list, pdf_copy_text(list->decoded, ctx, pdf_dict_get(ctx, field, PDF_NAME(T))), value, number);
}

/* Throws. */
static void walk_fields(signature_list *list, pdf_obj *fields, int depth)
{
    fz_context *ctx = list->ctx;
    for (int i = 0, n = pdf_array_len(ctx, fields); i < n && depth <= MAX_FIELD_DEPTH; i++) {
        if (list->fields++ > MAX_FIELDS)
            return;
        pdf_obj *field = pdf_array_get(ctx, fields, i);
        look_at_field(list, field, pdf_to_num(ctx, field));
        walk_fields(list, pdf_dict_get(ctx, field, PDF_NAME(Kids)), depth + 1);
    }
}

/* Throws. */
static void walk_form(signature_list *list)
{
    fz_context *ctx = list->ctx;
    pdf_obj *root = pdf_dict_get(ctx, pdf_trailer(ctx, list->doc), PDF_NAME(Root));
    walk_fields(list, pdf_dict_getl(ctx, root, PDF_NAME(AcroForm), PDF_NAME(Fields), NULL), 0);
    pdf_obj *permissions = pdf_dict_gets(ctx, root, "Perms");
    for (int i = 0, n = pdf_dict_len(ctx, permissions); i < n && i < MAX_SIGNATURES; i++)
        add_signature(list, "", pdf_dict_get_val(ctx, permissions, i), 0);
}

/* An object of the file's table: a signature field that the form does not list, or a signature itself. Throws. */
static void look_at_object(signature_list *list, int number)
{
    fz_context *ctx = list->ctx;
    pdf_obj *object = NULL, *reference = NULL;
    fz_var(object);
    fz_var(reference);
    fz_try(ctx)
    {
        object = pdf_load_object(ctx, list->doc, number);
        if (pdf_is_dict(ctx, object)) {
            reference = pdf_new_indirect(ctx, list->doc, number, 0);
            look_at_field(list, object, number);
            if (pdf_dict_get(ctx, object, PDF_NAME(ByteRange)))
                add_signature(list, "", reference, number);
        }
    }
    fz_always(ctx)
    {
        pdf_drop_obj(ctx, reference);
        pdf_drop_obj(ctx, object);
    }
    fz_catch(ctx) fz_rethrow(ctx);
}

static void walk_objects(signature_list *list)
{
    fz_context *ctx = list->ctx;
    const int length = pdf_xref_len(ctx, list->doc);
    for (int i = 1; i < length && i < MAX_OBJECTS; i++) {
        fz_try(ctx) look_at_object(list, i);
        fz_catch(ctx) continue; /* what can't be loaded is searched for in the bytes */
    }
}

const vouch_pdf_signature *vouch_pdf_list_signatures(vouch_decoded *decoded, int part, void *state, size_t *count)
{
    pdf_state *pdf = state;
    const vouch_part *bytes = &decoded->parts[part];
    signature_list list = {.decoded = decoded, .ctx = pdf->ctx, .doc = pdf->doc};
    pdf_budget_start(&pdf->budget, SEARCH_SECONDS);
    fz_try(pdf->ctx) walk_form(&list);
    fz_catch(pdf->ctx) * VOUCH_ARENA_PUSH(decoded->arena, list.items, list.count, list.capacity) =
        (vouch_pdf_signature){"", "", "the form that holds it can't be read"};
    walk_objects(&list);
    if (list.count == 0 && memmem(bytes->data, bytes->length, "/ByteRange", 10))
        *VOUCH_ARENA_PUSH(decoded->arena, list.items, list.count, list.capacity) =
            (vouch_pdf_signature){"", "", "its byte range stands in the file, but no object can be read for it"};
    *count = list.count;
    return list.items;
}
