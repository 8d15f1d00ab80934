/**
 * The reader of the text layer: pages to forms, forms to invoices.
 *
 * A page is known by its title, or by the labels on it where the title is a picture. A sheet may show several
 * invoices below each other: each title begins a region of its own. Pages that carry the number of the invoice before
 * them, or none and only a table, continue it (further items, 销货清单); every other page begins a new one.
 */
#include "text.h"

#include <math.h>
#include <string.h>

#include "vouch/text.h"

#include "readers.h"

static const double TitleConfidence = 0.995;
static const double InferredConfidence = 0.95;
static const double RecognisedElsewhere = 0.9; /* unmeasured, and below the line of silent errors */
static const double HeadAbove = 1.5;           /* sizes of the title that a form begins above it */

enum {
    MAX_TITLES = 16,
    MAX_HITS = 400,    /* labels; a form has about 40 */
    MAX_PIECES = 2000, /* of text; a full list has about 400 */
};

static const struct kind_form {
    vouch_kind kind;
    text_form form;
} kind_forms[] = {
    {VOUCH_KIND_CN_AIR_DIGITAL, TEXT_FORM_AIR},
    {VOUCH_KIND_CN_RAIL_DIGITAL, TEXT_FORM_RAIL},
    {VOUCH_KIND_CN_DIGITAL_SPECIAL, TEXT_FORM_DIGITAL},
    {VOUCH_KIND_CN_DIGITAL_ORDINARY, TEXT_FORM_DIGITAL},
    {VOUCH_KIND_CN_VAT_SPECIAL, TEXT_FORM_VAT},
    {VOUCH_KIND_CN_VAT_SPECIAL_ELECTRONIC, TEXT_FORM_VAT},
    {VOUCH_KIND_CN_VAT_ORDINARY, TEXT_FORM_VAT},
    {VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC, TEXT_FORM_VAT},
    {VOUCH_KIND_CN_VAT_ROLL, TEXT_FORM_VAT},
    {VOUCH_KIND_CN_BLOCKCHAIN, TEXT_FORM_VAT},
    {VOUCH_KIND_CN_VEHICLE, TEXT_FORM_OTHER},
    {VOUCH_KIND_CN_USED_VEHICLE, TEXT_FORM_OTHER},
    {VOUCH_KIND_UNKNOWN, TEXT_FORM_LIST},
};

/* What a page without a title must show to be of a form; the first row whose words all stand there. */
static const struct form_words {
    text_form form;
    const char *words[4];
} form_words[] = {
    {TEXT_FORM_AIR, {"发票号码", "航班号", "燃油附加费", NULL}},
    {TEXT_FORM_RAIL, {"发票号码", "电子客票号", "票价", NULL}},
    {TEXT_FORM_RAIL, {"发票号码", "电子客票号", "退票费", NULL}},
    {TEXT_FORM_VAT, {"发票代码", "发票号码", "价税合计", NULL}},
    {TEXT_FORM_DIGITAL, {"发票号码", "统一社会信用代码", "价税合计", NULL}},
    {TEXT_FORM_DIGITAL, {"发票号码", "统一社会信用代码", "项目名称", NULL}},
    {TEXT_FORM_LIST, {"清单", "金额", "税额", "序号"}},
};

static text_form form_of(const text_page *page, const text_hit *title)
{
    if (title) {
        for (size_t i = 0; i < sizeof kind_forms / sizeof *kind_forms; i++)
            if (kind_forms[i].kind == title->label->kind)
                return kind_forms[i].form;
    }
    for (size_t i = 0; i < sizeof form_words / sizeof *form_words; i++) {
        bool all = true;
        for (size_t w = 0; w < 4 && form_words[i].words[w] && all; w++)
            all = text_word_on_page(page, form_words[i].words[w]);
        if (all)
            return form_words[i].form;
    }
    return TEXT_FORM_NONE;
}

static void decide_kind(const text_page *page, const text_hit *title, vouch_statement *statement)
{
    const char *code = statement->fields[VOUCH_FIELD_INVOICE_CODE].value;
    vouch_kind kind = title ? title->label->kind : VOUCH_KIND_UNKNOWN;
    double confidence = title ? TitleConfidence : InferredConfidence;
    vouch_kind by_code = vouch_cn_kind_of_code(code);
    bool toll = text_table_has(page, TEXT_COLUMN_FROM) || text_table_has(page, TEXT_COLUMN_PLATE);
    if (page->form == TEXT_FORM_VAT && kind == VOUCH_KIND_UNKNOWN)
        kind = by_code;
    if (kind == VOUCH_KIND_CN_BLOCKCHAIN && by_code != VOUCH_KIND_UNKNOWN)
        kind = by_code;
    if (kind == VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC && (toll || by_code == VOUCH_KIND_CN_VAT_TOLL))
        kind = VOUCH_KIND_CN_VAT_TOLL;
    if (kind == VOUCH_KIND_CN_DIGITAL_ORDINARY && toll)
        kind = VOUCH_KIND_CN_DIGITAL_TOLL;
    if (page->form == TEXT_FORM_RAIL)
        kind = VOUCH_KIND_CN_RAIL_DIGITAL;
    if (page->form == TEXT_FORM_AIR)
        kind = VOUCH_KIND_CN_AIR_DIGITAL;
    for (size_t i = 0; i < page->hit_count; i++)
        if (page->hits[i].label->role == TEXT_LONG_NUMBER)
            kind = VOUCH_KIND_CN_DIGITAL_PAPER;
    statement->kind = page->form == TEXT_FORM_LIST ? VOUCH_KIND_UNKNOWN : kind;
    statement->kind_confidence = statement->kind == VOUCH_KIND_UNKNOWN ? 0 : confidence;
}

/** What one page, or one region of it, says. */
typedef struct text_sheet {
    vouch_statement *statement;
    text_form form;
    bool titled;
} text_sheet;

static void read_form(text_page *page, vouch_statement *statement)
{
    switch (page->form) {
    case TEXT_FORM_RAIL:
        text_read_rail(page, statement);
        break;
    case TEXT_FORM_AIR:
        text_read_air(page, statement);
        break;
    default:
        text_read_vat(page, statement);
        break;
    }
}

static bool says_something(const vouch_statement *statement)
{
    static const vouch_field telling[] = {VOUCH_FIELD_INVOICE_NUMBER, VOUCH_FIELD_GROSS_AMOUNT, VOUCH_FIELD_NET_AMOUNT,
                                          VOUCH_FIELD_SELLER_TAX_ID};
    for (size_t i = 0; i < sizeof telling / sizeof *telling; i++)
        if (statement->fields[telling[i]].value)
            return true;
    return statement->lines.count > 0;
}

/** Somebody else's recogniser made this text: it can be misread like our own, so that it alone confirms nothing. */
static void doubt(vouch_evidence *evidence, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        evidence[i].source = VOUCH_SOURCE_OCR;
        if (evidence[i].confidence > RecognisedElsewhere)
            evidence[i].confidence = RecognisedElsewhere;
    }
}

static void doubt_statement(vouch_statement *statement)
{
    statement->source = VOUCH_SOURCE_OCR;
    doubt(statement->fields, VOUCH_FIELD_COUNT);
    for (size_t i = 0; i < statement->lines.count; i++)
        doubt(statement->lines.items[i].members, VOUCH_ITEM_COUNT);
}

typedef struct text_reader {
    vouch_arena *arena;
    vouch_statements *statements;
    vouch_statement *current; /* the invoice that a further sheet may continue */
    text_form form;
} text_reader;

/** @return false when the region is no form */
static bool read_sheet(const text_reader *reader, const vouch_page *source, text_page *page, const text_hit *title,
                       text_form before, text_sheet *out)
{
    page->form = form_of(page, title);
    if (page->form == TEXT_FORM_NONE)
        page->form = before;
    if (page->form == TEXT_FORM_NONE)
        return false;
    text_labels_find(page);
    if (page->hit_count > MAX_HITS)
        return false;
    if (page->form & (TEXT_FORM_VAT | TEXT_FORM_DIGITAL | TEXT_FORM_LIST))
        text_area_clear(page);
    text_page_cut(page);
    if (page->piece_count > MAX_PIECES)
        return false;
    vouch_statements own = {.rows = reader->statements->rows};
    vouch_statement *statement = vouch_statement_new(reader->arena, &own, VOUCH_SOURCE_TEXT, source->part);
    statement->first_page = statement->last_page = source->number;
    read_form(page, statement);
    decide_kind(page, title, statement);
    if (source->ocr_layer)
        doubt_statement(statement);
    *out = (text_sheet){.statement = statement, .form = page->form, .titled = title != NULL};
    return says_something(statement);
}

static bool same(const vouch_evidence *a, const vouch_evidence *b)
{
    return !a->value || !b->value || strcmp(a->value, b->value) == 0;
}

/** Does a sheet go on with the invoice of the one before it? */
static bool continues(const vouch_statement *before, const text_sheet *sheet)
{
    const vouch_evidence *own = sheet->statement->fields;
    if (!before || before->part != sheet->statement->part)
        return false;
    if (own[VOUCH_FIELD_INVOICE_NUMBER].value)
        return before->fields[VOUCH_FIELD_INVOICE_NUMBER].value &&
               same(&own[VOUCH_FIELD_INVOICE_NUMBER], &before->fields[VOUCH_FIELD_INVOICE_NUMBER]) &&
               same(&own[VOUCH_FIELD_INVOICE_CODE], &before->fields[VOUCH_FIELD_INVOICE_CODE]);
    return sheet->form == TEXT_FORM_LIST || !sheet->titled;
}

/** Do the lines add up to the stated net amount? Then a further sheet is a copy, not a continuation. */
static bool complete(vouch_arena *arena, const vouch_statement *statement)
{
    vouch_statement copy = *statement;
    copy.taxes = (vouch_items){.items = NULL};
    text_weigh_sums(arena, &copy);
    return copy.taxes.count > 0;
}

static bool refers_to_list(const vouch_items *lines)
{
    const char *name = lines->count == 1 ? lines->items[0].members[VOUCH_ITEM_NAME].value : NULL;
    return name && strstr(name, "详见") && strstr(name, "清单");
}

static void continue_with(vouch_arena *arena, vouch_statement *before, const vouch_statement *further)
{
    before->last_page = further->last_page;
    for (int i = 0; i < VOUCH_FIELD_COUNT; i++)
        if (!before->fields[i].value)
            before->fields[i] = further->fields[i];
    if (further->lines.count == 0)
        return;
    if (refers_to_list(&before->lines))
        before->lines.count = 0;
    else if (complete(arena, before))
        return;
    for (size_t i = 0; i < further->lines.count; i++) {
        vouch_item *line = vouch_items_add(arena, &before->lines);
        if (!line)
            break;
        *line = further->lines.items[i];
    }
}

/** The region of each title, from a little above it to a little above the next one. */
static vouch_box region_of(const vouch_page *source, const text_hit *titles, size_t count, size_t index)
{
    vouch_box box = {0, 0, source->width, source->height};
    if (index > 0)
        box.y0 = titles[index].box.y0 - HeadAbove * titles[index].size;
    if (index + 1 < count)
        box.y1 = titles[index + 1].box.y0 - HeadAbove * titles[index + 1].size;
    return box;
}

/** Titles that begin a form of their own: two that close together are one, repeated in its head. */
static size_t distinct_titles(const vouch_page *source, text_hit *titles, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || titles[i].y - titles[kept - 1].y > 0.2 * source->width)
            titles[kept++] = titles[i];
    return kept;
}

static void take_sheet(text_reader *reader, const text_sheet *sheet)
{
    if (continues(reader->current, sheet)) {
        continue_with(reader->arena, reader->current, sheet->statement);
        return;
    }
    *VOUCH_ARENA_PUSH(reader->arena, reader->statements->items, reader->statements->count,
                      reader->statements->capacity) = sheet->statement;
    reader->current = sheet->statement;
    reader->form = sheet->form;
}

static void read_page(text_reader *reader, const vouch_page *source)
{
    if (reader->current && reader->current->part != source->part)
        *reader = (text_reader){.arena = reader->arena, .statements = reader->statements};
    vouch_box whole = {0, 0, source->width, source->height};
    text_page page;
    if (source->glyph_count == 0 || !text_page_load(reader->arena, source, &whole, &page))
        return;
    text_hit titles[MAX_TITLES];
    size_t count = distinct_titles(source, titles, text_titles(&page, titles, MAX_TITLES));
    text_sheet sheet;
    if (count <= 1) {
        if (read_sheet(reader, source, &page, count ? titles : NULL, reader->form, &sheet))
            take_sheet(reader, &sheet);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        vouch_box region = region_of(source, titles, count, i);
        text_page part;
        if (!text_page_load(reader->arena, source, &region, &part) ||
            !read_sheet(reader, source, &part, &titles[i], TEXT_FORM_NONE, &sheet))
            continue;
        sheet.statement->has_region = true;
        sheet.statement->region = region;
        take_sheet(reader, &sheet);
    }
}

void vouch_read_text_pages(vouch_arena *arena, const vouch_page *pages, size_t page_count, vouch_statements *statements)
{
    size_t first = statements->count;
    text_reader reader = {.arena = arena, .statements = statements};
    for (size_t i = 0; i < page_count; i++)
        read_page(&reader, &pages[i]);
    for (size_t i = first; i < statements->count; i++) {
        text_weigh_sums(arena, statements->items[i]);
        text_read_original(arena, statements->items[i]);
    }
}

vouch_code vouch_read_text_layer(vouch_decoded *decoded, vouch_statements *statements, vouch_error *err)
{
    (void)err; /* what a page lacks is absent from its statement, never a failure */
    size_t count;
    const vouch_page *pages = vouch_decoded_pages(decoded, &count);
    vouch_read_text_pages(vouch_decoded_arena(decoded), pages, count, statements);
    return VOUCH_OK;
}
