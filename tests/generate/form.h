/** The forms of Chinese VAT invoices as tables: where their words, columns and values stand, in millimetres. */
#ifndef VOUCH_GENERATE_FORM_H
#define VOUCH_GENERATE_FORM_H

#include "sheet.h"

typedef struct form_label {
    double x, y, size;
    const char *text;
} form_label;

typedef enum cell_role {
    CELL_NAME,
    CELL_SPECIFICATION,
    CELL_UNIT,
    CELL_QUANTITY,
    CELL_PRICE,
    CELL_NET,
    CELL_RATE,
    CELL_TAX,
    CELL_PLATE,
    CELL_VEHICLE,
    CELL_FROM,
    CELL_TO,
} cell_role;

typedef struct form_column {
    cell_role role;
    double title_x, x, right; /* of the title, of the cell's edges */
    const char *title, *spaced;
    const char *tag;
    char align; /* 'l', 'c', 'r' */
} form_column;

typedef struct party_places {
    double name_x, name_y, id_x, id_y;
} party_places;

typedef struct form {
    const form_label *labels;
    size_t label_count;
    const form_column *columns;
    size_t column_count;
    double code_x, number_y, date_y; /* code and check code: old form only */
    party_places buyer, seller;
    double titles_y, rows_y, rows_end, sum_y, total_y;
    double words_x, figures_x;
    double remark_x, remark_y, remark_right;
    double foot_y, payee_x, reviewer_x, issuer_x;
    uint32_t colour;
    double side_x, middle_x0, middle_x1; /* rules beside the words that stand upright */
    bool separated;                      /* rules between columns */
} form;

typedef struct kind_form {
    vouch_kind kind;
    const char *title;
    double title_x;
    form form;
} kind_form;

/** NULL: the kind has no form of this family. */
const kind_form *form_lookup(vouch_kind kind);

#endif
