/**
 * Inside of the text layer reader: a page as glyphs, labels and pieces of value text.
 *
 * All distances are in em, the size of the text they belong to, so that a page may be scaled at will. Labels are
 * searched first; what is left over are pieces (glyphs that stand side by side), and every value is made of pieces.
 */
#ifndef VOUCH_READ_TEXT_H
#define VOUCH_READ_TEXT_H

#include "vouch/read.h"

/* A page with more drawn characters is no form of these kinds; keeps the neighbour search (quadratic) short. */
#define TEXT_MAX_GLYPHS 6000

#define TEXT_NONE SIZE_MAX

/** What a label of a form announces. */
typedef enum text_role {
    TEXT_TITLE,
    TEXT_LIST_TITLE,
    TEXT_TOLL_MARK,
    TEXT_CODE,
    TEXT_NUMBER,
    TEXT_LONG_NUMBER, /* the 20 digits on a paper form that also has code and number */
    TEXT_DATE,
    TEXT_CHECK,
    TEXT_MACHINE,
    TEXT_BUYER_BLOCK,
    TEXT_SELLER_BLOCK,
    TEXT_CIPHER,
    TEXT_NAME,
    TEXT_TAX_ID,
    TEXT_ADDRESS,
    TEXT_ACCOUNT,
    TEXT_BUYER_NAME,
    TEXT_SELLER_NAME,
    TEXT_SUM,
    TEXT_SUBTOTAL,
    TEXT_WORDS,
    TEXT_FIGURES,
    TEXT_PAYEE,
    TEXT_REVIEWER,
    TEXT_ISSUER,
    TEXT_STAMP,
    TEXT_REMARK,
    TEXT_COLUMN_NAME, /* columns of the item table: from here … */
    TEXT_COLUMN_SPECIFICATION,
    TEXT_COLUMN_UNIT,
    TEXT_COLUMN_QUANTITY,
    TEXT_COLUMN_PRICE,
    TEXT_COLUMN_NET,
    TEXT_COLUMN_RATE,
    TEXT_COLUMN_TAX,
    TEXT_COLUMN_PLATE,
    TEXT_COLUMN_VEHICLE,
    TEXT_COLUMN_FROM,
    TEXT_COLUMN_TO,
    TEXT_COLUMN_OTHER, /* … to here */
    TEXT_RIDER_COLUMN, /* a second table below the items (passengers, freight): ends the items */
    TEXT_ORIGINAL_NUMBER,
    TEXT_TICKET,
    TEXT_FARE,
    TEXT_FUEL,
    TEXT_TAX_PERCENT,
    TEXT_TAX,
    TEXT_FUND,
    TEXT_OTHER_TAXES,
    TEXT_PASSENGER,
    TEXT_PASSENGER_ID,
    TEXT_AGENT,
    TEXT_CARRIER,
    TEXT_FLIGHT,
    TEXT_CLASS,
    TEXT_DAY,
    TEXT_TIME,
    TEXT_FROM,
    TEXT_TO,
    TEXT_IGNORED, /* ends the value before it, has none that we keep */
} text_role;

/** Which form a page is, so that a word of another form is not taken for a label. */
typedef enum text_form {
    TEXT_FORM_NONE = 0,
    TEXT_FORM_VAT = 1,     /* code and number, buyer above, seller below */
    TEXT_FORM_DIGITAL = 2, /* 20 digits, buyer beside seller */
    TEXT_FORM_RAIL = 4,
    TEXT_FORM_AIR = 8,
    TEXT_FORM_LIST = 16,  /* 销货清单 */
    TEXT_FORM_OTHER = 32, /* an invoice with parties of its own kind: head and total only */
} text_form;

/** One row of the table of labels. Blanks and punctuation between its characters are no part of it. */
typedef struct text_label {
    const char *text;
    text_role role;
    unsigned forms;  /* text_form bits */
    double stretch;  /* largest gap between its characters, em */
    vouch_kind kind; /* of a title */
} text_label;

typedef struct text_glyph {
    uint32_t codepoint; /* width folded, radicals replaced: for matching */
    uint32_t drawn;     /* as drawn, radicals replaced */
    uint32_t object;
    vouch_box box;
    double x, y; /* centre */
    double size;
    size_t right, below; /* nearest neighbour of like size; TEXT_NONE */
    bool blank_before;   /* white space was drawn between it and its left neighbour */
    bool label;
} text_glyph;

/** A label found on the page. */
typedef struct text_hit {
    const text_label *label;
    vouch_box box;
    double x, y, size;
    bool vertical;
    size_t *glyphs;
    size_t glyph_count;
} text_hit;

/** Glyphs side by side without a wide gap: a value or a part of one. */
typedef struct text_piece {
    size_t *glyphs;
    size_t count;
    vouch_box box;
    double y, size;
    const char *compact; /* folded, no blanks */
    bool cipher;         /* of the cipher area, which is read by nobody */
    bool taken;
} text_piece;

typedef struct text_page {
    vouch_arena *arena;
    int number;
    vouch_box region;
    double em; /* median size */
    text_form form;
    text_glyph *glyphs;
    size_t glyph_count;
    text_hit *hits;
    size_t hit_count, hit_capacity;
    text_piece *pieces;
    size_t piece_count, piece_capacity;
} text_page;

/** Lines of glyphs, in reading order, that make a value. */
typedef struct text_value {
    size_t *pieces;
    size_t count, capacity;
    vouch_box box;
    double size;
} text_value;

/* text_page.c */

/**
 * Visible glyphs inside of a region, with their neighbours.
 * @return false when there are none or too many
 */
bool text_page_load(vouch_arena *arena, const vouch_page *source, const vouch_box *region, text_page *page);
/** What is not label becomes pieces. */
void text_page_cut(text_page *page);

/* text_label.c */

/** Titles alone, from the top; the page's glyphs stay unmarked. @return their number, at most `capacity` */
size_t text_titles(const text_page *page, text_hit *hits, size_t capacity);
/** Find all labels of the page's form and mark their glyphs. */
void text_labels_find(text_page *page);
/** Give the labels inside of a box back to the text, where they are words of a value. Vertical ones stay. */
void text_labels_drop(text_page *page, const vouch_box *box, bool (*keep)(text_role role));
/** The first hit of a role from the top, or NULL. */
const text_hit *text_hit_first(const text_page *page, text_role role);
/** The last one from the top whose centre is above `y`. */
const text_hit *text_hit_above(const text_page *page, text_role role, double y);
/** Where the value right of a label ends: at the next label or block. */
double text_hit_right_limit(const text_page *page, const text_hit *hit);
/** Does a word stand anywhere on the page? For a page whose title is a picture. */
bool text_word_on_page(const text_page *page, const char *word);

/* text_pattern.c */

typedef enum text_pattern {
    TEXT_ANY,
    TEXT_PERSON,
    TEXT_ORGANISATION,
    TEXT_PLACE,
    TEXT_BANK,
    TEXT_CODE_DIGITS,
    TEXT_NUMBER_DIGITS,
    TEXT_SHORT_DIGITS,
    TEXT_LONG_DIGITS,
    TEXT_CHECK_DIGITS,
    TEXT_CHECK_SHORT,
    TEXT_MACHINE_DIGITS,
    TEXT_DATE_DAY,
    TEXT_CLOCK,
    TEXT_TAX_NUMBER,
    TEXT_MONEY,
    TEXT_FIGURE,
    TEXT_PERCENT,
    TEXT_TAX_MONEY,
    TEXT_CAPITALS,
    TEXT_TICKET_DIGITS,
    TEXT_TRAIN,
    TEXT_FLIGHT_NUMBER,
    TEXT_MASKED_ID,
} text_pattern;

/** How well compact text fits: 0 not at all, 1 possible, 2 as expected. */
int text_pattern_fit(text_pattern pattern, const char *compact);
/** An amount without its currency sign and thousands separators, in arena. */
const char *text_money(vouch_arena *arena, const char *compact);

/** The amount in words without the mark (a crossed circle in whatever code the font has for it) before it; or NULL. */
const char *text_capitals(const char *compact);

/* text_value.c */

/** The text of a value as it stands, lines joined. */
const char *text_value_text(const text_page *page, const text_value *value);
const char *text_value_compact(const text_page *page, const text_value *value);
void text_value_add(text_page *page, text_value *value, size_t piece);
/** Pieces on one row from `first` to the right, up to a limit, without a gap above `gap` em. */
void text_value_row(text_page *page, size_t first, double limit, double gap, text_value *value);

/** Where a label's value goes. */
typedef struct text_rule {
    text_role role;
    text_pattern pattern;
    bool wraps; /* may have more lines */
} text_rule;

/** A label with the value found for it. */
typedef struct text_match {
    const text_hit *hit;
    const text_rule *rule;
    text_value value; /* count 0: none */
    double cost;
} text_match;

/** Give each label on the page that has a rule its value, nearest pairs first. */
text_match *text_match_right(text_page *page, const text_rule *rules, size_t rule_count, size_t *count);
/** The same for values below their label. */
text_match *text_match_below(text_page *page, const text_rule *rules, size_t rule_count, size_t *count);

/** State a value with its place. NULL when the text is none of the field's type. */
vouch_evidence *text_set(const text_page *page, vouch_statement *statement, vouch_field field, const text_value *value,
                         const char *text, double confidence);
vouch_evidence *text_set_item(const text_page *page, vouch_item *item, vouch_item_field field, const text_value *value,
                              const char *text, double confidence);

/* text_table.c */

/** Read the item table below its column titles. */
void text_read_table(text_page *page, vouch_statement *statement);
/** The two sums in the row of a label, by column. */
void text_read_sums(text_page *page, const text_hit *sum, vouch_statement *statement);
bool text_table_has(const text_page *page, text_role column);

/** The area between the column titles and the sums. @return false: no table */
bool text_area_items(const text_page *page, vouch_box *box);

/* text_area.c */

/** The row of the people at the form's foot, the centre of its labels; the page's end when there is none. */
double text_area_foot(const text_page *page);
/** The remarks' cell: right of its title, between the total and the people. */
bool text_area_remarks(const text_page *page, vouch_box *box);
/** Drop labels that stand inside of remarks or items. Before pieces are cut. */
void text_area_clear(text_page *page);

/* text_vat.c, text_rail.c, text_air.c: one form each */
void text_read_vat(text_page *page, vouch_statement *statement);
void text_read_rail(text_page *page, vouch_statement *statement);
void text_read_air(text_page *page, vouch_statement *statement);

/* text_sums.c: what follows from the whole statement */

/** Code and number of the invoice that this one corrects, from its remarks; and whether it is a credit. */
void text_read_original(vouch_arena *arena, vouch_statement *statement);
/** Confidence of the amounts by how they agree; taxes by rate when the lines account for the sums. */
void text_weigh_sums(vouch_arena *arena, vouch_statement *statement);

/**
 * Read pages of text: the reader itself, on glyphs alone.
 *
 * @param statements  appended to: one per invoice
 */
void vouch_read_text_pages(vouch_arena *arena, const vouch_page *pages, size_t page_count,
                           vouch_statements *statements);

#endif
