/**
 * From pieces to values: which pieces belong to a label, and what they say.
 *
 * All pairs of a label and a first piece that its pattern allows are priced by their distance across the reading
 * direction (a value may be set off its label's row) and along it; the cheapest pair is taken first, so that each piece
 * goes to the nearest label and each label gets one value. Lines that nobody took and that continue a value on its left
 * edge are then joined to it.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "vouch/text.h"

#include "readers.h"
#include "text.h"

static const double OffRow = 1.05;     /* em between the centres of label and value */
static const double Overlap = 1.0;     /* em that a value may start before its label ends */
static const double ValueGap = 3.0;    /* em between the pieces of a value */
static const double Along = 0.06;      /* price of one em along the reading direction, in em across it */
static const double Misfit = 0.8;      /* price of a value that is possible but not as expected */
static const double LineGap = 0.85;    /* em between the lines of one value */
static const double LeftEdge = 1.6;    /* em by which the lines of one value may differ on the left */
static const double ColumnWidth = 6;   /* em between the centres of labels in one block */
static const double BelowReach = 3.5;  /* em between a label and the value below it */
static const double JutOut = 2;        /* price of a value that is wholly outside of its label's cell, in em */
static const double WordGap = 0.6;     /* em: a blank even where none was drawn */
static const double DrawnBlank = 0.08; /* em: a drawn blank narrower than this is none */

enum {
    MAX_ROW = 64,     /* pieces */
    MAX_OFFERS = 2048 /* pairs; a form has some hundred */
};

static void widen(vouch_box *box, const vouch_box *other)
{
    box->x0 = fmin(box->x0, other->x0);
    box->y0 = fmin(box->y0, other->y0);
    box->x1 = fmax(box->x1, other->x1);
    box->y1 = fmax(box->y1, other->y1);
}

void text_value_add(text_page *page, text_value *value, size_t piece)
{
    const text_piece *added = &page->pieces[piece];
    if (value->count == 0)
        value->box = added->box;
    widen(&value->box, &added->box);
    value->size = fmax(value->size, added->size);
    *VOUCH_ARENA_PUSH(page->arena, value->pieces, value->count, value->capacity) = piece;
}

/** The nearest free piece on the row that starts right of x. */
static size_t next_on_row(const text_page *page, const text_piece *row, double x, double limit)
{
    size_t best = TEXT_NONE;
    for (size_t i = 0; i < page->piece_count; i++) {
        const text_piece *piece = &page->pieces[i];
        if (piece->taken || piece->cipher || piece == row || piece->box.x0 < x || piece->box.x0 >= limit ||
            fabs(piece->y - row->y) > 0.55 * fmax(row->size, piece->size))
            continue;
        if (best == TEXT_NONE || piece->box.x0 < page->pieces[best].box.x0)
            best = i;
    }
    return best;
}

void text_value_row(text_page *page, size_t first, double limit, double gap, text_value *value)
{
    text_value_add(page, value, first);
    for (size_t current = first; value->count < MAX_ROW;) {
        const text_piece *piece = &page->pieces[current];
        size_t next = next_on_row(page, piece, piece->box.x1 - 0.3 * piece->size, limit);
        if (next == TEXT_NONE || page->pieces[next].box.x0 - piece->box.x1 > gap * fmax(piece->size, page->em))
            return;
        text_value_add(page, value, next);
        current = next;
    }
}

const char *text_value_compact(const text_page *page, const text_value *value)
{
    size_t length = 0;
    for (size_t i = 0; i < value->count; i++)
        length += strlen(page->pieces[value->pieces[i]].compact);
    char *text = vouch_arena_alloc(page->arena, length + 1), *end = text;
    for (size_t i = 0; i < value->count; i++) {
        const char *part = page->pieces[value->pieces[i]].compact;
        size_t size = strlen(part);
        memcpy(end, part, size);
        end += size;
    }
    return text;
}

/** As wide as a Han character in Chinese fonts and narrow in those that stand in for them: the gap beside it says
 * nothing. */
static bool has_own_gap(uint32_t drawn)
{
    return drawn == 0xB7 || drawn == 0xD7 || drawn == 0xB0 || drawn == 0xB1 || (drawn >= 0x2010 && drawn <= 0x2033);
}

static bool blank_between(const text_glyph *before, const text_glyph *after)
{
    double em = fmax(before->size, after->size);
    double gap = (after->box.x0 - before->box.x1) / em;
    if (fabs(after->y - before->y) > 0.8 * em || after->x < before->x)
        return false; /* next line: wrapped by width, not at a word */
    if (after->blank_before)
        return gap > DrawnBlank;
    return gap > WordGap && !has_own_gap(before->drawn) && !has_own_gap(after->drawn);
}

const char *text_value_text(const text_page *page, const text_value *value)
{
    size_t glyphs = 0;
    for (size_t i = 0; i < value->count; i++)
        glyphs += page->pieces[value->pieces[i]].count;
    char *text = vouch_arena_alloc(page->arena, glyphs * 5 + 1), *end = text;
    const text_glyph *before = NULL;
    for (size_t i = 0; i < value->count; i++) {
        const text_piece *piece = &page->pieces[value->pieces[i]];
        for (size_t j = 0; j < piece->count; j++) {
            const text_glyph *glyph = &page->glyphs[piece->glyphs[j]];
            if (before && blank_between(before, glyph))
                *end++ = ' ';
            char bytes[5];
            size_t length = vouch_utf8_put(glyph->drawn, bytes);
            memcpy(end, bytes, length);
            end += length;
            before = glyph;
        }
    }
    return text;
}

/** A pair that may match. */
typedef struct candidate {
    size_t match, piece;
    text_value value;
    double cost;
} candidate;

typedef struct candidates {
    candidate *items;
    size_t count, capacity;
} candidates;

static int by_cost(const void *a, const void *b)
{
    double one = ((const candidate *)a)->cost, other = ((const candidate *)b)->cost;
    return (one > other) - (one < other);
}

/** Cut the value down to the longest beginning that its pattern knows. @return the fit, 0: none */
static int fit_longest(const text_page *page, text_pattern pattern, text_value *value)
{
    for (size_t count = value->count; count > 0; count--) {
        text_value part = *value;
        part.count = count;
        int fit = text_pattern_fit(pattern, text_value_compact(page, &part));
        if (fit == 0)
            continue;
        part.box = page->pieces[part.pieces[0]].box;
        for (size_t i = 1; i < count; i++)
            widen(&part.box, &page->pieces[part.pieces[i]].box);
        *value = part;
        return fit;
    }
    return 0;
}

static void offer(text_page *page, candidates *offers, size_t match, const text_match *wanted, size_t piece,
                  double limit, double across, double along)
{
    if (offers->count == MAX_OFFERS)
        return;
    text_value value = {.count = 0};
    text_value_row(page, piece, limit, ValueGap, &value);
    int fit = fit_longest(page, wanted->rule->pattern, &value);
    if (fit == 0)
        return;
    double cost = across + Along * fmax(along, 0) + (fit == 1 && wanted->rule->pattern != TEXT_ANY ? Misfit : 0);
    *VOUCH_ARENA_PUSH(page->arena, offers->items, offers->count, offers->capacity) =
        (candidate){.match = match, .piece = piece, .value = value, .cost = cost};
}

static void offer_right(text_page *page, candidates *offers, size_t match, const text_match *wanted)
{
    const text_hit *hit = wanted->hit;
    double limit = text_hit_right_limit(page, hit);
    for (size_t i = 0; i < page->piece_count; i++) {
        const text_piece *piece = &page->pieces[i];
        double em = fmax(hit->size, piece->size);
        double across = fabs(piece->y - hit->y) / em;
        if (!piece->taken && !piece->cipher && across < OffRow && piece->box.x0 > hit->box.x1 - Overlap * em &&
            piece->box.x0 > hit->x && piece->box.x0 < limit)
            offer(page, offers, match, wanted, i, limit, across, (piece->box.x0 - hit->box.x1) / em);
    }
}

/** Labels in a row head cells that reach from one label to the next; a value may jut out of its cell a little. */
static void offer_below(text_page *page, candidates *offers, size_t match, const text_match *wanted)
{
    const text_hit *hit = wanted->hit;
    double next = page->region.x1;
    for (size_t i = 0; i < page->hit_count; i++) {
        const text_hit *other = &page->hits[i];
        if (other != hit && fabs(other->y - hit->y) < other->size && other->box.x0 > hit->x)
            next = fmin(next, other->box.x0);
    }
    for (size_t i = 0; i < page->piece_count; i++) {
        const text_piece *piece = &page->pieces[i];
        double em = fmax(hit->size, piece->size);
        double down = (piece->y - hit->y) / em, width = piece->box.x1 - piece->box.x0;
        double inside = fmin(next, piece->box.x1) - fmax(hit->box.x0 - Overlap * em, piece->box.x0);
        if (!piece->taken && !piece->cipher && down > 0.6 && down < BelowReach && width > 0 && inside > 0.4 * width)
            offer(page, offers, match, wanted, i, next + em, down, JutOut * (1 - inside / width) / Along);
    }
}

static bool value_free(const text_page *page, const text_value *value)
{
    for (size_t i = 0; i < value->count; i++)
        if (page->pieces[value->pieces[i]].taken)
            return false;
    return true;
}

static void take(text_page *page, const text_value *value)
{
    for (size_t i = 0; i < value->count; i++)
        page->pieces[value->pieces[i]].taken = true;
}

static void settle(text_page *page, text_match *matches, candidates *offers)
{
    if (offers->count > 0)
        qsort(offers->items, offers->count, sizeof *offers->items, by_cost);
    for (size_t i = 0; i < offers->count; i++) {
        const candidate *offer = &offers->items[i];
        text_match *match = &matches[offer->match];
        if (match->value.count > 0 || !value_free(page, &offer->value))
            continue;
        match->value = offer->value;
        match->cost = offer->cost;
        take(page, &match->value);
    }
}

/** The free piece that begins the line next to a value, above (-1) or below (1) it. */
static size_t adjoining_line(const text_page *page, const text_match *match, double limit, int side)
{
    const text_value *value = &match->value;
    size_t best = TEXT_NONE;
    for (size_t i = 0; i < page->piece_count; i++) {
        const text_piece *piece = &page->pieces[i];
        double em = fmin(value->size, piece->size);
        double gap = side > 0 ? piece->box.y0 - value->box.y1 : value->box.y0 - piece->box.y1;
        if (piece->taken || piece->cipher || gap < -0.6 * em || gap > LineGap * em ||
            (side > 0 ? piece->box.y0 <= value->box.y0 : piece->box.y1 >= value->box.y1) ||
            fabs(piece->box.x0 - value->box.x0) > LeftEdge * em || piece->box.x0 >= limit)
            continue;
        if (best == TEXT_NONE || piece->box.x0 < page->pieces[best].box.x0)
            best = i;
    }
    return best;
}

/** A line on the row of another label of the column is that label's, even when its pattern refused it. */
static bool on_other_row(const text_page *page, const text_match *matches, size_t count, const text_match *own,
                         const text_piece *piece)
{
    double distance = fabs(piece->y - own->hit->y);
    for (size_t i = 0; i < count; i++) {
        const text_match *other = &matches[i];
        double off = fabs(piece->y - other->hit->y);
        if (other != own && fabs(other->hit->x - own->hit->x) < ColumnWidth * page->em && off < distance &&
            off < 0.5 * page->em)
            return true;
    }
    return false;
}

static void join_lines(text_page *page, text_match *matches, size_t count, text_match *match)
{
    double limit = text_hit_right_limit(page, match->hit);
    for (int side = -1; side <= 1; side += 2) {
        for (int lines = 0; lines < 4; lines++) {
            size_t first = adjoining_line(page, match, limit, side);
            if (first == TEXT_NONE || on_other_row(page, matches, count, match, &page->pieces[first]))
                break;
            text_value line = {.count = 0};
            text_value_row(page, first, limit, ValueGap, &line);
            take(page, &line);
            text_value joined = {.count = 0};
            const text_value *const parts[] = {side < 0 ? &line : &match->value, side < 0 ? &match->value : &line};
            for (int part = 0; part < 2; part++)
                for (size_t i = 0; i < parts[part]->count; i++)
                    text_value_add(page, &joined, parts[part]->pieces[i]);
            match->value = joined;
        }
    }
}

static const text_rule *rule_of(const text_rule *rules, size_t rule_count, text_role role)
{
    for (size_t i = 0; i < rule_count; i++)
        if (rules[i].role == role)
            return &rules[i];
    return NULL;
}

static text_match *match_labels(text_page *page, const text_rule *rules, size_t rule_count, size_t *count, bool below)
{
    text_match *matches = vouch_arena_calloc(page->arena, page->hit_count + 1, sizeof *matches);
    candidates offers = {.items = NULL};
    size_t used = 0;
    for (size_t i = 0; i < page->hit_count; i++) {
        const text_rule *rule = rule_of(rules, rule_count, page->hits[i].label->role);
        if (!rule || page->hits[i].vertical)
            continue;
        matches[used] = (text_match){.hit = &page->hits[i], .rule = rule};
        (below ? offer_below : offer_right)(page, &offers, used, &matches[used]);
        used++;
    }
    settle(page, matches, &offers);
    for (size_t i = 0; i < used; i++)
        if (matches[i].value.count > 0 && matches[i].rule->wraps)
            join_lines(page, matches, used, &matches[i]);
    *count = used;
    return matches;
}

text_match *text_match_right(text_page *page, const text_rule *rules, size_t rule_count, size_t *count)
{
    return match_labels(page, rules, rule_count, count, /* below= */ false);
}

text_match *text_match_below(text_page *page, const text_rule *rules, size_t rule_count, size_t *count)
{
    return match_labels(page, rules, rule_count, count, /* below= */ true);
}

static vouch_evidence *place(const text_page *page, vouch_evidence *evidence, const text_value *value)
{
    if (evidence && value) {
        evidence->page = page->number;
        evidence->box = value->box;
        evidence->text = text_value_text(page, value);
    }
    return evidence;
}

vouch_evidence *text_set(const text_page *page, vouch_statement *statement, vouch_field field, const text_value *value,
                         const char *text, double confidence)
{
    return place(page, vouch_statement_set(page->arena, statement, field, text, confidence), value);
}

vouch_evidence *text_set_item(const text_page *page, vouch_item *item, vouch_item_field field, const text_value *value,
                              const char *text, double confidence)
{
    return place(page, vouch_item_set(page->arena, item, field, text, VOUCH_SOURCE_TEXT, confidence), value);
}
