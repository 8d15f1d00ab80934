/** One document: its own format or pictures of its pages, the expected reading, the transcript with boxes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "product.h"

void product_done(product *p)
{
    for (size_t i = 0; i < p->count; i++)
        vouch_buffer_done(&p->files[i].content);
    p->count = 0;
}

static vouch_buffer *add_file(product *p, const char *stem, const char *ending)
{
    product_file *file = &p->files[p->count++];
    *file = (product_file){.name = ""};
    snprintf(file->name, sizeof file->name, "%s.%s", stem, ending);
    return &file->content;
}

static double rounded(double value)
{
    return (double)(int64_t)(value * 10 + (value < 0 ? -0.5 : 0.5)) / 10;
}

static json_t *line_json(const picture_line *line)
{
    json_t *out = json_object(), *quad = json_array();
    json_object_set_new(out, "text", json_string(line->text));
    json_object_set_new(out, "kind", json_string(line->kind));
    if (line->field)
        json_object_set_new(out, "field", json_string(line->field));
    if (line->invoice >= 0)
        json_object_set_new(out, "invoice", json_integer(line->invoice));
    if (line->row >= 0)
        json_object_set_new(out, "line", json_integer(line->row));
    for (int c = 0; c < 4; c++)
        json_array_append_new(quad, json_pack("[f,f]", rounded(line->x[c]), rounded(line->y[c])));
    json_object_set_new(out, "quad", quad);
    return out;
}

static vouch_code put_json(vouch_buffer *out, json_t *object, vouch_error *err)
{
    char *text = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(7));
    json_decref(object);
    vouch_code code = text ? vouch_buffer_printf(out, "%s\n", text) : VOUCH_NO_MEMORY;
    free(text);
    return code == VOUCH_OK ? VOUCH_OK : vouch_fail(err, code, "writing a transcript");
}

/** A page's head, then its lines, all on lines of their own. */
static vouch_code put_transcript(vouch_buffer *out, const char *file, int page, const picture *p, double width,
                                 double height, const char *unit, vouch_error *err)
{
    VOUCH_TRY(put_json(out,
                       json_pack("{s:s, s:i, s:f, s:f, s:s, s:i}", "file", file, "page", page, "width", width, "height",
                                 height, "unit", unit, "lines", (int)p->line_count),
                       err));
    for (size_t i = 0; i < p->line_count; i++)
        VOUCH_TRY(put_json(out, line_json(&p->lines[i]), err));
    return VOUCH_OK;
}

/** The sheet of a file, as its layout draws it. */
static vouch_code draw_sheet(const generate_kind *kind, const generate_invoice *invoices, size_t count, uint64_t seed,
                             sheet *out, vouch_error *err)
{
    if (!(kind->traits & KIND_PAGES))
        return vouch_fail(err, VOUCH_USAGE, "%s has no pages", kind->name);
    *out = (sheet){.arena = vouch_arena_new()};
    if (!out->arena)
        return vouch_fail(err, VOUCH_NO_MEMORY, "drawing a sheet");
    sheet_compose(out, invoices, count, kind->traits & KIND_STANDARD ? 0 : seed);
    return VOUCH_OK;
}

static void sheet_done(sheet *s)
{
    vouch_arena_free(&s->arena);
}

static vouch_code add_picture(product *out, const char *stem, int page, picture *p, const product_request *wanted,
                              vouch_error *err)
{
    char name[80];
    snprintf(name, sizeof name, page > 1 ? "%s-p%d" : "%s", stem, page);
    const picture_format *format = picture_format_lookup(wanted->picture);
    VOUCH_TRY(picture_encode(p, format, add_file(out, name, format->ending), err));
    if (!wanted->boxes)
        return VOUCH_OK;
    const char *file = out->files[out->count - 1].name;
    return put_transcript(add_file(out, name, "boxes.jsonl"), file, page, p, pixGetWidth(p->pix), pixGetHeight(p->pix),
                          "px", err);
}

static vouch_code chain_of(const product_request *wanted, uint64_t seed, degradation_chain *out, vouch_error *err)
{
    const char *name;
    *out = (degradation_chain){.count = 0};
    if (!wanted->degrade)
        return VOUCH_OK;
    if (strcmp(wanted->degrade, "random") == 0)
        return degradation_random(seed, out, &name, err);
    return degradation_parse(wanted->degrade, out, err);
}

static vouch_code make_pages(const generate_kind *kind, const generate_invoice *invoices, size_t count, uint64_t seed,
                             const product_request *wanted, const degradation_chain *chain, const char *stem,
                             product *out, vouch_error *err)
{
    VOUCH_CLEANUP(sheet_done) sheet drawn = {0};
    VOUCH_TRY(draw_sheet(kind, invoices, count, seed, &drawn, err));
    for (int page = 0; page < drawn.page_count && page < PRODUCT_MAX_FILES / 2 - 1; page++) {
        VOUCH_CLEANUP(picture_done) picture p = {0};
        VOUCH_TRY(picture_paint(&drawn, page, wanted->dpi, seed, &p, err));
        VOUCH_TRY(degradation_apply(chain, &p, 1, seed + (uint64_t)page, err));
        VOUCH_TRY(add_picture(out, stem, page + 1, &p, wanted, err));
    }
    return VOUCH_OK;
}

/** Several documents of one page each on one sheet. */
static vouch_code make_tickets(const generate_kind *kind, const generate_invoice *invoices, size_t count, uint64_t seed,
                               const product_request *wanted, const degradation_chain *chain, const char *stem,
                               product *out, vouch_error *err)
{
    picture pictures[GENERATE_MAX_INVOICES] = {0};
    vouch_code code = VOUCH_OK;
    for (size_t i = 0; i < count && code == VOUCH_OK; i++) {
        VOUCH_CLEANUP(sheet_done) sheet drawn = {0};
        const uint64_t unfolded = 5 * (seed + i); /* in forms of one page */
        code = draw_sheet(kind, &invoices[i], 1, unfolded, &drawn, err);
        if (code == VOUCH_OK)
            code = picture_paint(&drawn, 0, wanted->dpi, seed + i, &pictures[i], err);
    }
    if (code == VOUCH_OK)
        code = degradation_apply(chain, pictures, count, seed, err);
    if (code == VOUCH_OK)
        code = add_picture(out, stem, 1, &pictures[0], wanted, err);
    for (size_t i = 0; i < GENERATE_MAX_INVOICES; i++)
        picture_done(&pictures[i]);
    return code;
}

/** Where a document's own pages have their text, in points. */
static vouch_code add_document_transcript(const generate_kind *kind, const generate_invoice *invoices, size_t count,
                                          uint64_t seed, const char *stem, product *out, vouch_error *err)
{
    if (!(kind->traits & KIND_PAGES))
        return VOUCH_OK;
    const double points = 72 / 25.4;
    VOUCH_CLEANUP(sheet_done) sheet drawn = {0};
    VOUCH_TRY(draw_sheet(kind, invoices, count, seed, &drawn, err));
    char file[96];
    snprintf(file, sizeof file, "%s.%s", stem, kind->ending);
    vouch_buffer *boxes = add_file(out, stem, "boxes.jsonl");
    for (int page = 0; page < drawn.page_count; page++) {
        VOUCH_CLEANUP(picture_done) picture p = {.arena = vouch_arena_new()};
        for (size_t i = 0; p.arena && i < drawn.text_count; i++) {
            const sheet_text *text = &drawn.texts[i];
            if (text->page != page)
                continue;
            picture_line *line = picture_add_line(
                &p, text->ink == INK_FORM ? "form" : "filled", text->text, text->x * points, text->y * points,
                (text->x + sheet_width_of(text->text, text->size)) * points, (text->y + text->size) * points);
            line->field = text->field;
            line->invoice = text->invoice;
            line->row = text->row;
        }
        VOUCH_TRY(put_transcript(boxes, file, page + 1, &p, rounded(drawn.width * points),
                                 rounded(drawn.height * points), "pt", err));
    }
    return VOUCH_OK;
}

/** To forms of one page: the others' second would not be on the sheet. */
static void shorten(generate_invoice *invoices, size_t count, uint64_t seed)
{
    const int lines = 3; /* fit on every form, however they wrap */
    for (size_t i = 0; i < count; i++)
        for (uint64_t other = 1; invoices[i].line_count > lines && !generate_is_world(invoices[i].kind); other++)
            generate_invoice_vary(&invoices[i], invoices[i].kind, seed + other * 7919 + i);
}

static vouch_code make_files(const generate_kind *kind, uint64_t seed, const product_request *wanted, product *out,
                             vouch_error *err)
{
    degradation_chain chain;
    VOUCH_TRY(chain_of(wanted, seed, &chain, err));
    size_t tickets = wanted->picture ? degradation_tickets(&chain, seed) : 1;
    size_t count = tickets > 1 ? tickets : wanted->invoices;
    generate_invoice invoices[GENERATE_MAX_INVOICES];
    generate_invoices(kind, seed, invoices, count);
    if (tickets > 1)
        shorten(invoices, count, seed);
    char stem[64];
    snprintf(stem, sizeof stem, "%s-%llu", kind->name, (unsigned long long)seed);
    if (!wanted->picture)
        VOUCH_TRY(generate_document(kind, invoices, count, seed, add_file(out, stem, kind->ending), err));
    else
        VOUCH_TRY(
            (tickets > 1 ? make_tickets : make_pages)(kind, invoices, count, seed, wanted, &chain, stem, out, err));
    VOUCH_TRY(generate_expected(invoices, count, add_file(out, stem, "expected.json"), err));
    return wanted->boxes && !wanted->picture ? add_document_transcript(kind, invoices, count, seed, stem, out, err)
                                             : VOUCH_OK;
}

vouch_code product_make(const generate_kind *kind, uint64_t seed, const product_request *wanted, product *out,
                        vouch_error *err)
{
    *out = (product){.count = 0};
    vouch_code code = make_files(kind, seed, wanted, out, err);
    if (code != VOUCH_OK)
        product_done(out);
    return code;
}
