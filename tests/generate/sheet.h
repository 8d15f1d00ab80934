/**
 * A sheet: what is drawn on the pages of a document, as plain lists, made by the forms and printed as PDF or OFD.
 * Places in millimetres from the top left.
 */
#ifndef VOUCH_GENERATE_SHEET_H
#define VOUCH_GENERATE_SHEET_H

#include "generate.h"

typedef struct sheet_text {
    int page;          /* from 0 */
    double x, y, size; /* upper left, in mm */
    const char *text;
    const char *tag;  /* name that an OFD's custom tags have for it; NULL: none */
    bool first, last; /* line of a tagged value */
    size_t order;     /* in the form, when others draw in between */
} sheet_text;

typedef struct sheet_rule {
    int page;
    double x0, y0, x1, y1;
} sheet_rule;

typedef struct sheet_code {
    int page;
    const char *payload;
} sheet_code;

typedef struct sheet {
    vouch_arena *arena;
    double width, height;
    int page_count;
    bool glyphs_apart; /* a PDF shows each character by itself */
    sheet_text *texts;
    size_t text_count, text_capacity;
    sheet_rule *rules;
    size_t rule_count, rule_capacity;
    sheet_code *codes;
    size_t code_count, code_capacity;
} sheet;

/** Full-width characters advance by the size, ASCII by half of it. */
double sheet_width_of(const char *text, double size);

/** Draw an invoice in the form of its kind, on pages of its own. @param seed of the style; 0: the standard form */
void sheet_draw(sheet *out, const generate_invoice *invoice, uint64_t seed);

/** Two pages below each other on A4, as people print them. */
void sheet_fold(sheet *folded);

vouch_code sheet_print_pdf(const sheet *printed, vouch_buffer *out, vouch_error *err);

typedef enum sheet_tags {
    SHEET_UNTAGGED,
    SHEET_TAGGED,
    SHEET_LINES_APART, /* items that wrap are several tags */
} sheet_tags;

vouch_code sheet_print_ofd(const sheet *printed, sheet_tags tags, vouch_buffer *out, vouch_error *err);

#endif
