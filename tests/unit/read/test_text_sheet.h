/**
 * Sheets of text for tests: forms written down as pieces of text with their places in millimetres, drawn as glyphs,
 * and disturbed in the ways in which producers differ.
 */
#ifndef VOUCH_TESTS_READ_TEXT_SHEET_H
#define VOUCH_TESTS_READ_TEXT_SHEET_H

#include "vouch/read.h"

/** How a piece of text is set. */
typedef enum sheet_set {
    SHEET_LABEL = 0,
    SHEET_VALUE = 1,    /* moved by what moves values */
    SHEET_VERTICAL = 2, /* characters below each other, `gap` apart */
    SHEET_RIGHT = 4,    /* x is the right edge */
    SHEET_HIDDEN = 8,
} sheet_set;

/** One piece: place of its upper left corner in mm. A row with text NULL ends a form. */
typedef struct sheet_text {
    double x, y, size;
    const char *text;
    unsigned set;
    double gap; /* between characters, times size */
} sheet_text;

/** How a sheet differs from its form. Zero: not at all. */
typedef struct sheet_disturbance {
    const char *name;
    double scale;            /* of the page; 0: 1 */
    double value_x, value_y; /* mm by which values are off */
    double label_gap;        /* further gap inside of labels, times size */
    bool shuffled;           /* drawing order */
    bool glyph_objects;      /* every glyph is a text object of its own */
    bool one_object;         /* the whole page is one */
    bool full_width;         /* digits, letters and signs of values in full width */
    bool struck_twice;       /* bold by drawing again, a little off */
} sheet_disturbance;

typedef struct drawn_sheet {
    vouch_page page;
    vouch_glyph *glyphs;
    size_t count, capacity;
    unsigned random;
} drawn_sheet;

/** Draw forms (each ended by text NULL) onto one page; `below` mm further down for each. Release with sheet_done. */
drawn_sheet sheet_draw(const sheet_text *const *forms, size_t form_count, double below, const sheet_disturbance *how);
void sheet_done(drawn_sheet *sheet);

#endif
