/**
 * A sheet: what is drawn on the pages of a document, as plain lists, made by the forms and printed as PDF or OFD.
 * Places in millimetres from the top left.
 */
#ifndef VOUCH_GENERATE_SHEET_H
#define VOUCH_GENERATE_SHEET_H

#include "generate.h"

/** Who drew it: what the form prints, or what is filled in. */
typedef enum sheet_ink {
    INK_FILLED,
    INK_FORM,
} sheet_ink;

typedef struct sheet_text {
    int page;          /* from 0 */
    double x, y, size; /* upper left, in mm */
    const char *text;
    const char *tag;   /* name that an OFD's custom tags have for it; NULL: none */
    const char *field; /* name in the reading; NULL: what the form prints */
    int invoice, row;  /* whose, and in which line it stands; row -1: in none */
    sheet_ink ink;
    uint32_t colour;  /* 0xRRGGBB */
    bool first, last; /* line of a tagged value */
    size_t order;     /* in the form, when others draw in between */
} sheet_text;

typedef struct sheet_rule {
    int page;
    double x0, y0, x1, y1;
    uint32_t colour;
} sheet_rule;

typedef struct sheet_code {
    int page;
    double x, y, side;
    const char *payload;
} sheet_code;

/** Fonts of a PDF. */
typedef enum sheet_face {
    SHEET_SONG,          /* SimSun, not embedded, as the tax software has it */
    SHEET_HEI,           /* SimHei, not embedded */
    SHEET_EMBEDDED_SONG, /* TrueType, a part of it embedded, glyph numbers instead of characters */
    SHEET_LATIN,         /* Helvetica */
} sheet_face;

/** An oval red stamp, drawn in pictures only. */
typedef struct sheet_seal {
    int page;
    double x, y, width, height; /* of its centre; of the oval */
    const char *upper, *middle, *lower;
} sheet_seal;

typedef struct sheet sheet;
struct sheet {
    vouch_arena *arena;
    double width, height;
    int page_count;
    bool glyphs_apart; /* a PDF shows each character by itself */
    sheet_face face;
    int turned;           /* degrees clockwise by which a PDF\'s viewer turns pages that were drawn against it */
    uint32_t form_colour; /* 0xRRGGBB of what the form being drawn prints */
    int invoice_count;    /* drawn so far */
    sheet_text *texts;
    size_t text_count, text_capacity;
    sheet_rule *rules;
    size_t rule_count, rule_capacity;
    sheet_code *codes;
    size_t code_count, code_capacity;
    sheet_seal *seals;
    size_t seal_count, seal_capacity;
};

/** Full-width characters advance by the size, ASCII by half of it. */
double sheet_width_of(const char *text, double size);

/** Draw an invoice in the form of its kind, on pages of its own. @param seed of the style; 0: the standard form */
void sheet_draw(sheet *out, const generate_invoice *invoice, uint64_t seed);

/** Data of its own that a document carries; "" in the name: none. To be released. */
typedef struct sheet_attachment {
    char name[64];
    const char *relationship;
    vouch_buffer content;
} sheet_attachment;

void sheet_attachment_done(sheet_attachment *attached);
vouch_code sheet_attachment_make(const generate_invoice *invoices, size_t count, sheet_attachment *out,
                                 vouch_error *err);

/**
 * The pages of one file: every invoice on pages of its own, unless the seed prints two of them below each other on A4,
 * as people do.
 */
void sheet_compose(sheet *out, const generate_invoice *invoices, size_t count, uint64_t seed);

vouch_code sheet_print_pdf(const sheet *printed, vouch_buffer *out, vouch_error *err);

typedef enum sheet_tags {
    SHEET_UNTAGGED,
    SHEET_TAGGED,
    SHEET_LINES_APART, /* items that wrap are several tags */
} sheet_tags;

vouch_code sheet_print_ofd(const sheet *printed, sheet_tags tags, const sheet_attachment *attached, vouch_buffer *out,
                           vouch_error *err);

#endif
