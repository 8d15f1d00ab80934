/**
 * VAT invoices: the old form (code and number, buyer above, seller below) and the digital one (20 digits, buyer beside
 * seller), and the 销货清单 that lists the items of an old one (format notes, 1.3 and 1.4).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "vouch/text.h"

#include "text.h"

static const double Sure = 0.995;    /* label, place and pattern agree */
static const double Likely = 0.985;  /* free text at its label */
static const double Doubtful = 0.93; /* possible, but not as expected */

static const double BlockReach = 8;  /* em between a party's vertical title and its labels */
static const double BlockHeight = 4; /* em that the labels reach beyond the title's characters */
static const double CellEdge = 3;    /* em to the form's right edge that a line broken by the cell may leave */

static const text_rule rules[] = {
    {TEXT_CODE, TEXT_CODE_DIGITS, false},
    {TEXT_NUMBER, TEXT_NUMBER_DIGITS, false},
    {TEXT_LONG_NUMBER, TEXT_LONG_DIGITS, false},
    {TEXT_DATE, TEXT_DATE_DAY, false},
    {TEXT_CHECK, TEXT_CHECK_DIGITS, false},
    {TEXT_MACHINE, TEXT_MACHINE_DIGITS, false},
    {TEXT_NAME, TEXT_ORGANISATION, true},
    {TEXT_TAX_ID, TEXT_TAX_NUMBER, false},
    {TEXT_ADDRESS, TEXT_PLACE, true},
    {TEXT_ACCOUNT, TEXT_BANK, true},
    {TEXT_BUYER_NAME, TEXT_ORGANISATION, true},
    {TEXT_SELLER_NAME, TEXT_ORGANISATION, true},
    {TEXT_WORDS, TEXT_CAPITALS, false},
    {TEXT_FIGURES, TEXT_MONEY, false},
    {TEXT_PAYEE, TEXT_PERSON, false},
    {TEXT_REVIEWER, TEXT_PERSON, false},
    {TEXT_ISSUER, TEXT_PERSON, false},
};

/* Roles that stand twice on a form: the buyer's field and the seller's. */
static const struct party_field {
    text_role role;
    vouch_field buyer, seller;
} party_fields[] = {
    {TEXT_NAME, VOUCH_FIELD_BUYER_NAME, VOUCH_FIELD_SELLER_NAME},
    {TEXT_TAX_ID, VOUCH_FIELD_BUYER_TAX_ID, VOUCH_FIELD_SELLER_TAX_ID},
    {TEXT_ADDRESS, VOUCH_FIELD_BUYER_ADDRESS, VOUCH_FIELD_SELLER_ADDRESS},
    {TEXT_ACCOUNT, VOUCH_FIELD_BUYER_ACCOUNT, VOUCH_FIELD_SELLER_ACCOUNT},
};

static const struct single_field {
    text_role role;
    vouch_field field;
} single_fields[] = {
    {TEXT_CODE, VOUCH_FIELD_INVOICE_CODE},       {TEXT_NUMBER, VOUCH_FIELD_INVOICE_NUMBER},
    {TEXT_DATE, VOUCH_FIELD_ISSUE_DATE},         {TEXT_CHECK, VOUCH_FIELD_CHECK_CODE},
    {TEXT_MACHINE, VOUCH_FIELD_MACHINE_NUMBER},  {TEXT_BUYER_NAME, VOUCH_FIELD_BUYER_NAME},
    {TEXT_SELLER_NAME, VOUCH_FIELD_SELLER_NAME}, {TEXT_WORDS, VOUCH_FIELD_GROSS_IN_WORDS},
    {TEXT_FIGURES, VOUCH_FIELD_GROSS_AMOUNT},    {TEXT_PAYEE, VOUCH_FIELD_PAYEE},
    {TEXT_REVIEWER, VOUCH_FIELD_REVIEWED_BY},    {TEXT_ISSUER, VOUCH_FIELD_ISSUED_BY},
};

/** The party whose vertical title stands left of a label, or NULL. */
static const text_hit *block_of(const text_page *page, const text_hit *label)
{
    const text_hit *best = NULL;
    for (size_t i = 0; i < page->hit_count; i++) {
        const text_hit *block = &page->hits[i];
        text_role role = block->label->role;
        double off = label->box.x0 - block->box.x1;
        if ((role != TEXT_BUYER_BLOCK && role != TEXT_SELLER_BLOCK) || !block->vertical || off < -0.5 * label->size ||
            off > BlockReach * label->size || label->y < block->box.y0 - BlockHeight * label->size ||
            label->y > block->box.y1 + BlockHeight * label->size)
            continue;
        if (!best || fabs(label->y - block->y) + off < fabs(label->y - best->y) + label->box.x0 - best->box.x1)
            best = block;
    }
    return best;
}

/** Is a party's label the seller's? By its block's title, else by its place on the form. */
static bool is_seller(const text_page *page, const text_hit *label)
{
    const text_hit *block = block_of(page, label);
    if (block)
        return block->label->role == TEXT_SELLER_BLOCK;
    if (page->form == TEXT_FORM_DIGITAL)
        return label->box.x0 > (page->region.x0 + page->region.x1) / 2 - page->em;
    const text_hit *titles = text_hit_first(page, TEXT_COLUMN_NET);
    return titles ? label->y > titles->y : label->y > (page->region.y0 + page->region.y1) / 2;
}

static double confidence_of(const text_page *page, const text_match *match)
{
    int fit = text_pattern_fit(match->rule->pattern, text_value_compact(page, &match->value));
    if (match->rule->wraps || match->rule->pattern == TEXT_PERSON)
        return fit == 2 ? Likely : Doubtful;
    return fit == 2 ? Sure : Doubtful;
}

/** What goes to the normaliser: amounts without their sign of currency, the rest as it stands. */
static const char *value_text(const text_page *page, const text_match *match)
{
    switch (match->rule->pattern) {
    case TEXT_MONEY:
        return text_money(page->arena, text_value_compact(page, &match->value));
    case TEXT_CAPITALS:
        return text_capitals(text_value_compact(page, &match->value));
    case TEXT_DATE_DAY:
        return text_value_compact(page, &match->value);
    default:
        return text_value_text(page, &match->value);
    }
}

static void state(text_page *page, vouch_statement *statement, const text_match *match, vouch_field field)
{
    const vouch_evidence *known = &statement->fields[field];
    double confidence = confidence_of(page, match);
    if (known->value && known->confidence >= confidence)
        return;
    text_set(page, statement, field, &match->value, value_text(page, match), confidence);
}

static void state_match(text_page *page, vouch_statement *statement, const text_match *match)
{
    for (size_t i = 0; i < sizeof party_fields / sizeof *party_fields; i++)
        if (party_fields[i].role == match->hit->label->role)
            state(page, statement, match, is_seller(page, match->hit) ? party_fields[i].seller : party_fields[i].buyer);
    for (size_t i = 0; i < sizeof single_fields / sizeof *single_fields; i++)
        if (single_fields[i].role == match->hit->label->role)
            state(page, statement, match, single_fields[i].field);
    if (match->hit->label->role == TEXT_LONG_NUMBER) /* beside the 8 digits of the paper */
        vouch_statement_add_extra(page->arena, statement, "digital_number", value_text(page, match));
}

typedef struct text_line {
    text_value value;
    double y, x0, x1;
} text_line;

static int by_line(const void *a, const void *b)
{
    double one = ((const text_line *)a)->y, other = ((const text_line *)b)->y;
    return (one > other) - (one < other);
}

/** Free pieces inside of a box, as lines from the top. */
static size_t lines_in(text_page *page, const vouch_box *box, text_line *lines, size_t capacity)
{
    size_t count = 0;
    for (;;) {
        size_t first = TEXT_NONE;
        for (size_t i = 0; i < page->piece_count; i++) {
            const text_piece *piece = &page->pieces[i];
            if (piece->taken || piece->cipher || piece->box.x0 < box->x0 || piece->y < box->y0 || piece->y > box->y1)
                continue;
            if (first == TEXT_NONE || piece->box.x0 < page->pieces[first].box.x0)
                first = i;
        }
        if (first == TEXT_NONE || count == capacity)
            break;
        text_line *line = &lines[count++];
        *line = (text_line){.y = page->pieces[first].y};
        text_value_row(page, first, box->x1, /* gap= */ INFINITY, &line->value);
        for (size_t i = 0; i < line->value.count; i++)
            page->pieces[line->value.pieces[i]].taken = true;
        line->x0 = line->value.box.x0;
        line->x1 = line->value.box.x1;
    }
    qsort(lines, count, sizeof *lines, by_line);
    return count;
}

/** Where the form ends on the right: what is printed furthest there. */
static double content_edge(const text_page *page)
{
    double right = 0;
    for (size_t i = 0; i < page->piece_count; i++)
        right = fmax(right, page->pieces[i].box.x1);
    return right;
}

static void read_remarks(text_page *page, vouch_statement *statement)
{
    enum {
        MAX_LINES = 40
    };
    vouch_box box;
    text_line *lines = vouch_arena_calloc(page->arena, MAX_LINES, sizeof *lines);
    size_t count = text_area_remarks(page, &box) ? lines_in(page, &box, lines, MAX_LINES) : 0;
    if (count == 0)
        return;
    double right = content_edge(page);
    vouch_buffer text = {.maximum = 1 << 16};
    text_value all = {.count = 0};
    vouch_code code = VOUCH_OK;
    for (size_t i = 0; i < count && code == VOUCH_OK; i++) {
        /* a line that ends early was ended by its author, one that ends at the edge by the cell */
        bool broken = i > 0 && lines[i - 1].x1 < right - CellEdge * page->em;
        code = vouch_buffer_printf(&text, "%s%s", broken ? " " : "", text_value_text(page, &lines[i].value));
        for (size_t p = 0; p < lines[i].value.count; p++)
            text_value_add(page, &all, lines[i].value.pieces[p]);
    }
    if (code == VOUCH_OK && text.data)
        text_set(page, statement, VOUCH_FIELD_REMARKS, &all, vouch_arena_strdup(page->arena, text.data), Likely);
    vouch_buffer_done(&text);
}

/* What can be told by its shape alone in the head of a form whose labels are graphics. */
static const struct unlabelled_field {
    text_form form;
    text_pattern pattern;
    vouch_field field;
} unlabelled_fields[] = {
    {TEXT_FORM_VAT, TEXT_CODE_DIGITS, VOUCH_FIELD_INVOICE_CODE},
    {TEXT_FORM_VAT, TEXT_SHORT_DIGITS, VOUCH_FIELD_INVOICE_NUMBER},
    {TEXT_FORM_VAT, TEXT_DATE_DAY, VOUCH_FIELD_ISSUE_DATE},
    {TEXT_FORM_DIGITAL, TEXT_LONG_DIGITS, VOUCH_FIELD_INVOICE_NUMBER},
    {TEXT_FORM_DIGITAL, TEXT_DATE_DAY, VOUCH_FIELD_ISSUE_DATE},
};

/** A value in the head that only one text has the shape of. */
static void read_unlabelled(text_page *page, vouch_statement *statement, const struct unlabelled_field *wanted)
{
    const text_hit *titles = text_hit_first(page, TEXT_COLUMN_NET);
    const text_hit *party = text_hit_first(page, TEXT_NAME);
    if (statement->fields[wanted->field].value || !titles)
        return;
    double end = party ? fmin(titles->y, party->box.y0) : titles->y;
    const text_piece *known = NULL;
    text_value found = {.count = 0};
    for (size_t i = 0; i < page->piece_count; i++) {
        const text_piece *piece = &page->pieces[i];
        if (piece->taken || piece->y > end || !text_pattern_fit(wanted->pattern, piece->compact))
            continue;
        if (known && strcmp(known->compact, piece->compact) != 0)
            return; /* paper forms repeat code and number, but two different ones are no answer */
        if (!known)
            text_value_add(page, &found, i);
        known = piece;
    }
    if (known)
        text_set(page, statement, wanted->field, &found, text_value_compact(page, &found), Doubtful);
}

void text_read_vat(text_page *page, vouch_statement *statement)
{
    size_t count;
    const text_match *matches = text_match_right(page, rules, sizeof rules / sizeof *rules, &count);
    for (size_t i = 0; i < count; i++)
        if (matches[i].value.count > 0)
            state_match(page, statement, &matches[i]);
    const text_hit *words = text_hit_first(page, TEXT_WORDS);
    double total = words ? words->y : page->region.y1;
    const text_hit *sum = text_hit_above(page, TEXT_SUM, total + 0.5 * page->em);
    if (sum)
        text_read_sums(page, sum, statement);
    text_read_table(page, statement);
    if (page->form != TEXT_FORM_LIST)
        read_remarks(page, statement);
    for (size_t i = 0; i < sizeof unlabelled_fields / sizeof *unlabelled_fields; i++)
        if (unlabelled_fields[i].form == page->form)
            read_unlabelled(page, statement, &unlabelled_fields[i]);
}
