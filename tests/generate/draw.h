/** Drawing on sheets: what forms print, what is filled in, and the style that a seed gives both. */
#ifndef VOUCH_GENERATE_DRAW_H
#define VOUCH_GENERATE_DRAW_H

#include "sheet.h"

#define DRAW_TEXT_SIZE 3.175 /* mm: 9 pt */

/** How a document is drawn, by its seed. */
typedef struct draw_style {
    uint64_t state;
    double dx, dy, scale;
    const char *sign;
    bool sign_apart, split, shuffled, tight, ascii, short_date, circle, cipher;
    bool spaced_date, grouped; /* 2024 年 03 月 05 日; long numbers in groups of five */
} draw_style;

typedef struct drawing {
    sheet *sheet;
    const generate_invoice *invoice;
    const struct kind_form *kind; /* form.c's; NULL for others */
    draw_style style;
    int page;
} drawing;

/** 0: the standard form. */
draw_style draw_style_of(uint64_t seed);

/** What the form itself prints: at its place. */
void draw_label(drawing *d, double x, double y, double size, const char *text);
/** What is filled in: moved against the form, as pre-printed forms and drivers do. @param tag  NULL: none */
void draw_fill(drawing *d, double x, double y, double size, const char *text, const char *tag);
/** The same without a tag. @param field  name in the reading, kept; NULL: none */
void draw_field(drawing *d, double x, double y, double size, const char *text, const char *field);
/** An amount that ends at `right`, with its sign before it or a column of its own. */
void draw_sum(drawing *d, double right, double y, int64_t fen, const char *tag);
/** Text broken at a width into lines. */
void draw_wrapped(drawing *d, double x, double right, double y, double pitch, const char *text, const char *tag);
void draw_rule(drawing *d, double x0, double y0, double x1, double y1);
void draw_code(drawing *d, double x, double y, double side);
void draw_seal(drawing *d, sheet_seal drawn);

double draw_width(const drawing *d, const char *text);
int draw_lines_of(const drawing *d, const char *text, double room);
const char *draw_amount(drawing *d, int64_t fen);
/** A long number as the style writes it. */
const char *draw_digits(drawing *d, const char *digits);
/** A date as the style writes it. */
const char *draw_date(drawing *d, const char *date);
/** Another order of drawing from a text on. */
void draw_shuffle(sheet *s, size_t first, uint64_t *state);

/* Forms of one page that are no VAT form. */
typedef void draw_form(drawing *d);
draw_form draw_rail, draw_air, draw_world;

#endif
