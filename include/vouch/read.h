/**
 * Reading: from pages, tags and embedded files to evidence.
 *
 * A reader looks at one kind of source (XML, OFD tags, the text layer, QR codes, later OCR) and states what it saw, as
 * statements: one statement per invoice per source. Readers do not decide; reconcile merges the statements that speak
 * of the same invoice. One row per reader in the registry (src/read/read.c), cheapest first.
 */
#ifndef VOUCH_READ_H
#define VOUCH_READ_H

#include "vouch/decode.h"

/** One value as one source states it. */
typedef struct vouch_evidence {
    vouch_source source;
    const char *value; /* normalised by the type of its field; never "" */
    const char *text;  /* what stood there, as it stood */
    double confidence; /* the reader's probability that the value is what the document states */
    int page;          /* 0: no place */
    vouch_box box;     /* valid when page > 0 */
    bool has_quad;
    vouch_quad quad;
} vouch_evidence;

/* A row takes kilobytes and some bytes of a document can state thousands of rows, so that reading stops where more
 * would not be reported. Several sources may state the same rows. */
#define VOUCH_ROWS_MAXIMUM      5000 /* of all lines, taxes, allowances and segments of one document's invoices */
#define VOUCH_ROWS_READ_MAXIMUM (4 * VOUCH_ROWS_MAXIMUM)

/** One row of lines, taxes, allowances or segments: what is absent has value NULL. */
typedef struct vouch_item {
    vouch_evidence members[VOUCH_ITEM_COUNT];
} vouch_item;

typedef struct vouch_items {
    vouch_item *items;
    size_t count, capacity;
    size_t *read; /* rows of the whole document so far; NULL: not counted */
} vouch_items;

/** Free-form value of the scheme itself (BT-24 profile, template number): goes to `extra`. */
typedef struct vouch_extra {
    const char *name, *value;
} vouch_extra;

/** What one source says of one invoice. */
typedef struct vouch_statement {
    vouch_source source;
    int part;                  /* part that it was read from */
    int first_page, last_page; /* pages it speaks of; 0: none (an XML file alone) */
    vouch_kind kind;           /* VOUCH_KIND_UNKNOWN when the source does not say */
    double kind_confidence;
    bool credit; /* red letter, credit note: the source itself says so */
    bool has_region;
    vouch_box region; /* of the invoice on first_page, when the source knows (several tickets on a sheet) */
    vouch_evidence fields[VOUCH_FIELD_COUNT]; /* absent: value NULL */
    vouch_items lines, taxes, allowances, segments;
    vouch_extra *extras;
    size_t extra_count, extra_capacity;
} vouch_statement;

typedef struct vouch_statements {
    vouch_statement **items;
    size_t count, capacity;
    size_t *rows; /* of all statements of the document so far, in its arena; NULL: not counted */
} vouch_statements;

/** A word of a page with its place, for reviewers (click a word to fill a field) and for text prints. */
typedef struct vouch_word {
    int page;
    const char *text;
    vouch_box box;
} vouch_word;

typedef struct vouch_words {
    vouch_word *items;
    size_t count, capacity;
} vouch_words;

/** What each reader may cost; options of the same name. */
typedef struct vouch_read_options {
    bool qr;          /* look for QR codes on pictures, and on pages that cheaper sources did not explain */
    bool qr_always;   /* on every page, also when structured data or text gave number, date and amount */
    int qr_budget_ms; /* CPU per page spent looking for codes */
} vouch_read_options;

#define VOUCH_READ_OPTIONS_DEFAULT      \
    {                                   \
        .qr = true, .qr_budget_ms = 400 \
    }

/**
 * Run all readers that apply.
 *
 * @param statements  appended to; memory in the document's arena
 * @param words       appended to: every visible word in reading order; NULL when not wanted
 * @return VOUCH_OK also when nothing was found; problems of single sources go to the document's problems
 */
vouch_code vouch_read(vouch_decoded *decoded, const vouch_read_options *options, vouch_statements *statements,
                      vouch_words *words, vouch_error *err) VOUCH_MUST_CHECK;

/** Start a statement in a list. */
vouch_statement *vouch_statement_new(vouch_arena *arena, vouch_statements *statements, vouch_source source, int part);

/**
 * State a value: normalises by the field's type and keeps nothing when the text has no valid value.
 *
 * @param text  as it stood; NULL or blank: nothing happens
 * @return the evidence, so that its place can be added; NULL when nothing was kept
 */
vouch_evidence *vouch_statement_set(vouch_arena *arena, vouch_statement *statement, vouch_field field, const char *text,
                                    double confidence);
/** The same for a member of a row. */
vouch_evidence *vouch_item_set(vouch_arena *arena, vouch_item *item, vouch_item_field field, const char *text,
                               vouch_source source, double confidence);
/**
 * Append an empty row.
 * @return NULL when the list has one more than VOUCH_ROWS_MAXIMUM, from which it is known that some are left out, or
 * the document VOUCH_ROWS_READ_MAXIMUM
 */
vouch_item *vouch_items_add(vouch_arena *arena, vouch_items *items);
/** The kind that the layout of a Chinese invoice code tells (10 or 12 digits); VOUCH_KIND_UNKNOWN: none. */
vouch_kind vouch_cn_kind_of_code(const char *code);

void vouch_statement_add_extra(vouch_arena *arena, vouch_statement *statement, const char *name, const char *value);

#endif
