/**
 * Files embedded in a PDF (ISO 32000-2, 7.11.4 and 14.13) and its document information (14.3).
 *
 * An e-invoice's XML is found by any of four ways: the name tree EmbeddedFiles, the document's AF array, a page's AF
 * array, a file attachment annotation. All are walked with bounds on depth and number (trees may be cyclic), and the
 * same stream reached twice is one file, whose relation comes from whichever specification states one.
 */
#include <string.h>

#include "pdf.h"

#define MAX_TREE_DEPTH 32
#define MAX_TREE_NODES 20000
#define MAX_INFO_KEYS  256
#define MAX_INFO_BYTES 8192
#define MAX_XMP_BYTES  ((size_t)1 << 20)
#define READ_BYTES     65536

typedef struct found_file {
    pdf_obj *stream; /* borrowed from the document */
    const char *name, *relation;
} found_file;

typedef struct file_list {
    vouch_decoded *decoded;
    fz_context *ctx;
    found_file *items;
    size_t count, capacity;
    size_t nodes; /* visited so far */
} file_list;

const char *pdf_copy_text(vouch_decoded *decoded, fz_context *ctx, pdf_obj *object)
{
    const char *text = "";
    fz_try(ctx) text = pdf_is_name(ctx, object) ? pdf_to_name(ctx, object) : pdf_to_text_string(ctx, object);
    fz_catch(ctx) text = "";
    return vouch_arena_strdup(decoded->arena, text);
}

fz_buffer *pdf_read_stream(fz_context *ctx, pdf_obj *object, size_t maximum)
{
    fz_stream *stream = NULL;
    fz_buffer *buffer = NULL;
    fz_var(stream);
    fz_var(buffer);
    fz_try(ctx)
    {
        unsigned char chunk[READ_BYTES];
        size_t got;
        stream = pdf_open_stream(ctx, object);
        buffer = fz_new_buffer(ctx, READ_BYTES);
        while ((got = fz_read(ctx, stream, chunk, sizeof chunk)) > 0) {
            if (buffer->len + got > maximum)
                fz_throw(ctx, FZ_ERROR_ABORT, "it is larger than the limit allows");
            fz_append_data(ctx, buffer, chunk, got);
        }
    }
    fz_always(ctx) fz_drop_stream(ctx, stream);
    fz_catch(ctx)
    {
        fz_drop_buffer(ctx, buffer);
        fz_rethrow(ctx);
    }
    return buffer;
}

/* First of several keys that a dictionary has. Throws. */
static pdf_obj *first_of(fz_context *ctx, pdf_obj *dict, const char *const keys[])
{
    for (size_t i = 0; keys[i]; i++) {
        pdf_obj *value = pdf_dict_gets(ctx, dict, keys[i]);
        if (value)
            return value;
    }
    return NULL;
}

/* Take a file specification into the list. Throws. */
static void add_spec(file_list *list, pdf_obj *spec)
{
    static const char *const keys[] = {"UF", "F", "Unix", "DOS", "Mac", NULL};
    fz_context *ctx = list->ctx;
    pdf_obj *stream = first_of(ctx, pdf_dict_get(ctx, spec, PDF_NAME(EF)), keys);
    if (!pdf_is_stream(ctx, stream))
        return;
    const char *relation = pdf_copy_text(list->decoded, ctx, pdf_dict_gets(ctx, spec, "AFRelationship"));
    for (size_t i = 0; i < list->count; i++) {
        found_file *known = &list->items[i];
        if (pdf_to_num(ctx, known->stream) == pdf_to_num(ctx, stream)) {
            if (!*known->relation)
                known->relation = relation;
            return;
        }
    }
    if (list->count >= list->decoded->limits.max_entries)
        fz_throw(ctx, FZ_ERROR_ABORT, "it has too many embedded files");
    found_file *file = VOUCH_ARENA_PUSH(list->decoded->arena, list->items, list->count, list->capacity);
    *file = (found_file){
        .stream = stream, .name = pdf_copy_text(list->decoded, ctx, first_of(ctx, spec, keys)), .relation = relation};
}

/* Throws. */
static void walk_tree(file_list *list, pdf_obj *node, int depth)
{
    fz_context *ctx = list->ctx;
    if (depth > MAX_TREE_DEPTH || list->nodes++ > MAX_TREE_NODES)
        return;
    pdf_obj *names = pdf_dict_get(ctx, node, PDF_NAME(Names));
    for (int i = 0, n = pdf_array_len(ctx, names); i + 1 < n && list->nodes++ < MAX_TREE_NODES; i += 2)
        add_spec(list, pdf_array_get(ctx, names, i + 1));
    pdf_obj *kids = pdf_dict_get(ctx, node, PDF_NAME(Kids));
    for (int i = 0, n = pdf_array_len(ctx, kids); i < n; i++)
        walk_tree(list, pdf_array_get(ctx, kids, i), depth + 1);
}

/* AF is an array of specifications; some producers write a single one. Throws. */
static void walk_associated(file_list *list, pdf_obj *owner)
{
    fz_context *ctx = list->ctx;
    pdf_obj *files = pdf_dict_gets(ctx, owner, "AF");
    if (pdf_is_dict(ctx, files))
        add_spec(list, files);
    for (int i = 0, n = pdf_array_len(ctx, files); i < n && list->nodes++ < MAX_TREE_NODES; i++)
        add_spec(list, pdf_array_get(ctx, files, i));
}

/* Throws. */
static void walk_annotations(file_list *list, pdf_obj *page)
{
    fz_context *ctx = list->ctx;
    pdf_obj *annotations = pdf_dict_get(ctx, page, PDF_NAME(Annots));
    for (int i = 0, n = pdf_array_len(ctx, annotations); i < n && list->nodes++ < MAX_TREE_NODES; i++) {
        pdf_obj *annotation = pdf_array_get(ctx, annotations, i);
        if (pdf_name_eq(ctx, pdf_dict_get(ctx, annotation, PDF_NAME(Subtype)), PDF_NAME(FileAttachment)))
            add_spec(list, pdf_dict_get(ctx, annotation, PDF_NAME(FS)));
    }
}

typedef enum place {
    IN_TREE,
    IN_DOCUMENT,
    IN_PAGE
} place;

/* Throws. */
static void walk(file_list *list, pdf_document *doc, place where, int page)
{
    fz_context *ctx = list->ctx;
    pdf_obj *root = pdf_dict_get(ctx, pdf_trailer(ctx, doc), PDF_NAME(Root));
    switch (where) {
    case IN_TREE:
        walk_tree(list, pdf_dict_getl(ctx, root, PDF_NAME(Names), PDF_NAME(EmbeddedFiles), NULL), 0);
        break;
    case IN_DOCUMENT:
        walk_associated(list, root);
        break;
    case IN_PAGE: {
        pdf_obj *object = pdf_lookup_page_obj(ctx, doc, page);
        walk_associated(list, object);
        walk_annotations(list, object);
        break;
    }
    }
}

/* One place that can't be walked does not hide the others. */
static void walk_safely(file_list *list, pdf_state *pdf, place where, int page)
{
    fz_context *ctx = pdf->ctx;
    fz_try(ctx) walk(list, pdf->doc, where, page);
    fz_catch(ctx) vouch_problem_add(list->decoded->arena, &list->decoded->problems, VOUCH_BAD_FORMAT, "warning", 0,
                                    "PDF: its list of embedded files can't be read: %s", fz_caught_message(ctx));
}

static void add_file(file_list *list, int part, const found_file *file)
{
    vouch_decoded *decoded = list->decoded;
    fz_context *ctx = list->ctx;
    fz_buffer *buffer = NULL;
    uint8_t *bytes = NULL;
    size_t length = 0;
    vouch_error err = VOUCH_ERROR_INIT;
    fz_var(buffer);
    fz_try(ctx)
    {
        buffer = pdf_read_stream(ctx, file->stream, vouch_decoded_room(decoded));
        length = buffer->len;
        bytes = vouch_arena_alloc(decoded->arena, length + 1);
        if (length > 0)
            memcpy(bytes, buffer->data, length);
    }
    fz_always(ctx) fz_drop_buffer(ctx, buffer);
    fz_catch(ctx)(void) vouch_fail(&err, fz_caught(ctx) == FZ_ERROR_ABORT ? VOUCH_EXPANDS_TOO_MUCH : VOUCH_BAD_FORMAT,
                                   "%s", fz_caught_message(ctx));
    const char *name = *file->name ? file->name : "attachment";
    if (err.code == VOUCH_OK &&
        vouch_decoded_add_part(decoded, part, name, file->name, file->relation, bytes, length, NULL, &err) == VOUCH_OK)
        return;
    vouch_problem_add(decoded->arena, &decoded->problems, err.code, "error", 0, "PDF: embedded file %s: %s", name,
                      err.message);
}

void pdf_read_files(vouch_decoded *decoded, int part, pdf_state *pdf)
{
    file_list list = {.decoded = decoded, .ctx = pdf->ctx};
    walk_safely(&list, pdf, IN_TREE, 0);
    walk_safely(&list, pdf, IN_DOCUMENT, 0);
    for (size_t i = 0; i < decoded->page_count; i++)
        if (decoded->pages[i].part == part)
            walk_safely(&list, pdf, IN_PAGE, decoded->pages[i].number_in_part - 1);
    for (size_t i = 0; i < list.count; i++)
        add_file(&list, part, &list.items[i]);
}

/* Throws. */
static void add_info(vouch_decoded *decoded, int part, fz_context *ctx, pdf_obj *info)
{
    const int count = pdf_dict_len(ctx, info);
    for (int i = 0; i < count && i < MAX_INFO_KEYS; i++) {
        const char *key = pdf_to_name(ctx, pdf_dict_get_key(ctx, info, i));
        const char *value = pdf_copy_text(decoded, ctx, pdf_dict_get_val(ctx, info, i));
        if (*key && *value && strlen(value) <= MAX_INFO_BYTES && strlen(key) <= MAX_INFO_BYTES)
            vouch_decoded_add_tag(decoded, part, "pdf.info", key, value);
    }
}

/*
 * The value of fx:DocumentFileName, as an element or as an attribute. Found by searching and not by parsing: XMP is
 * often not well-formed, and a missing value costs nothing.
 */
static const char *find_document_file_name(vouch_arena *arena, const char *xmp, size_t length)
{
    static const char name[] = ":DocumentFileName";
    const char *end = xmp + length;
    const char *at = memmem(xmp, length, name, sizeof name - 1);
    if (!at)
        return NULL;
    at += sizeof name - 1;
    while (at < end && strchr(" \t\r\n=", *at) && *at)
        at++;
    if (at == end || !strchr(">\"'", *at) || !*at)
        return NULL;
    const char stop = *at == '>' ? '<' : *at;
    const char *value = at + 1;
    const char *close = memchr(value, stop, (size_t)(end - value));
    return close && close > value && close - value < 256 ? vouch_arena_strndup(arena, value, (size_t)(close - value))
                                                         : NULL;
}

/* Throws. */
static void add_xmp(vouch_decoded *decoded, int part, fz_context *ctx, pdf_obj *metadata)
{
    if (!pdf_is_stream(ctx, metadata))
        return;
    fz_buffer *xmp = pdf_read_stream(ctx, metadata, MAX_XMP_BYTES);
    const char *value = find_document_file_name(decoded->arena, (const char *)xmp->data, xmp->len);
    fz_drop_buffer(ctx, xmp);
    if (value)
        vouch_decoded_add_tag(decoded, part, "pdf.info", "xmp/DocumentFileName", value);
}

void pdf_read_info(vouch_decoded *decoded, int part, pdf_state *pdf)
{
    fz_context *ctx = pdf->ctx;
    fz_try(ctx)
    {
        pdf_obj *trailer = pdf_trailer(ctx, pdf->doc);
        add_info(decoded, part, ctx, pdf_dict_get(ctx, trailer, PDF_NAME(Info)));
        add_xmp(decoded, part, ctx, pdf_dict_getl(ctx, trailer, PDF_NAME(Root), PDF_NAME(Metadata), NULL));
    }
    fz_catch(ctx) vouch_problem_add(decoded->arena, &decoded->problems, VOUCH_BAD_FORMAT, "info", 0,
                                    "PDF: its document information can't be read: %s", fz_caught_message(ctx));
}
