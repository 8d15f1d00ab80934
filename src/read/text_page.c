/**
 * The page model of the text layer: visible glyphs, their neighbours, and pieces.
 *
 * Drawing order and text objects are the producer's business and say little: one producer draws a name as one object,
 * the next every character alone, templates are drawn before or after the values. So everything is built from places:
 * each glyph knows the nearest glyph of like size to its right and below it, and labels and pieces are walks along
 * these links. Rows are never built for the whole page, since values are often set a few points off the row of their
 * label, which would chain neighbouring rows together.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "vouch/text.h"

#include "text.h"

static const double SameRow = 0.45;      /* em between centres; rows of these forms are at least 1.1 em apart */
static const double SameColumn = 0.5;    /* em between centres of a vertical label's characters */
static const double PieceGap = 0.6;      /* em; a drawn space is 0.25 to 0.5 */
static const double ObjectGap = 0.3;     /* em; neighbouring cells filled to the brim differ in their object */
static const double DoubleStrike = 0.12; /* em; bold made by drawing twice */
static const double LikeSize = 1.6;      /* ratio; a yen sign or a colon may be of another font and size */

/* CJK Radicals Supplement (U+2E80): fonts map their glyphs to these by mistake, and NFKC keeps them. */
static const struct radical {
    uint32_t from, to;
} radicals[] = {
    {0x2E9F, 0x6BCD}, {0x2EA0, 0x6C11}, {0x2EC1, 0x864E}, {0x2EC4, 0x897F}, {0x2EC5, 0x89C1}, {0x2EC6, 0x89D2},
    {0x2EC9, 0x8D1D}, {0x2ECB, 0x8F66}, {0x2ED3, 0x957F}, {0x2ED4, 0x95E8}, {0x2ED8, 0x9752}, {0x2ED9, 0x97E6},
    {0x2EDA, 0x9875}, {0x2EDB, 0x98CE}, {0x2EDC, 0x98DE}, {0x2EDD, 0x98DF}, {0x2EE2, 0x9A6C}, {0x2EE3, 0x9AA8},
    {0x2EE5, 0x9C7C}, {0x2EE6, 0x9E1F}, {0x2EE8, 0x9EA6}, {0x2EE9, 0x9EC4}, {0x2EEC, 0x9F50}, {0x2EEE, 0x9F7F},
    {0x2EF0, 0x9F99}, {0x2EF3, 0x9F9F},
};

/* The crossed circle before amounts in words, in the shapes that fonts have for it: a mark, no text. */
static const uint32_t crossed_circles[] = {0x2297, 0x24E7, 0x24CD, 0x2A02, 0x2A37, 0x2612, 0x29BB, 0x2BBF};

static bool is_blank(uint32_t codepoint)
{
    return codepoint <= 0x20 || codepoint == 0x7F || codepoint == 0xA0 || codepoint == 0x3000 || codepoint == 0x202F ||
           codepoint == 0xFEFF || (codepoint >= 0x2000 && codepoint <= 0x200F);
}

static bool is_crossed_circle(uint32_t codepoint)
{
    for (size_t i = 0; i < sizeof crossed_circles / sizeof *crossed_circles; i++)
        if (crossed_circles[i] == codepoint)
            return true;
    return false;
}

static uint32_t replace_radical(uint32_t codepoint)
{
    for (size_t i = 0; i < sizeof radicals / sizeof *radicals; i++)
        if (radicals[i].from == codepoint)
            return radicals[i].to;
    return codepoint;
}

static uint32_t fold(vouch_arena *arena, uint32_t codepoint)
{
    if (codepoint < 0x80)
        return codepoint;
    if (codepoint >= 0xFF01 && codepoint <= 0xFF5E)
        return codepoint - 0xFEE0;
    if (codepoint == 0xFFE5)
        return 0xA5;
    if (codepoint >= 0x4E00 && codepoint <= 0x9FFF)
        return codepoint;
    if ((codepoint >= 0x2010 && codepoint <= 0x2015) || codepoint == 0x2212)
        return '-';
    char text[5];
    if (vouch_utf8_put(codepoint, text) == 0)
        return codepoint;
    const char *folded = vouch_text_fold(arena, text);
    if (!folded || vouch_utf8_length(folded) != 1)
        return codepoint;
    return vouch_utf8_next(&folded, folded + strlen(folded));
}

static bool usable(const vouch_glyph *glyph, const vouch_box *region)
{
    if (glyph->hidden || !(glyph->size > 0) || !isfinite(glyph->size))
        return false;
    const vouch_box *box = &glyph->box;
    if (!isfinite(box->x0) || !isfinite(box->x1) || !isfinite(box->y0) || !isfinite(box->y1))
        return false;
    double x = (box->x0 + box->x1) / 2, y = (box->y0 + box->y1) / 2;
    return x >= region->x0 && x <= region->x1 && y >= region->y0 && y <= region->y1;
}

static int by_row(const void *a, const void *b)
{
    const text_glyph *one = a, *other = b;
    if (one->y != other->y)
        return one->y < other->y ? -1 : 1;
    return (one->x > other->x) - (one->x < other->x);
}

static int by_value(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;
    return (one > other) - (one < other);
}

static double median_size(vouch_arena *arena, const text_glyph *glyphs, size_t count)
{
    double *sizes = vouch_arena_calloc(arena, count, sizeof *sizes);
    for (size_t i = 0; i < count; i++)
        sizes[i] = glyphs[i].size;
    qsort(sizes, count, sizeof *sizes, by_value);
    return sizes[count / 2];
}

/** Drop glyphs that are drawn a second time on the same place. @return how many are left */
static size_t drop_double_strikes(text_glyph *glyphs, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        bool twice = false;
        for (size_t j = kept; j-- > 0 && !twice;) {
            double em = glyphs[i].size;
            if (glyphs[i].y - glyphs[j].y > DoubleStrike * em)
                break;
            twice = glyphs[j].codepoint == glyphs[i].codepoint && fabs(glyphs[j].x - glyphs[i].x) < DoubleStrike * em;
        }
        if (!twice)
            glyphs[kept++] = glyphs[i];
    }
    return kept;
}

static bool alike(const text_glyph *a, const text_glyph *b)
{
    return a->size < b->size * LikeSize && b->size < a->size * LikeSize;
}

/** First glyph (they are sorted by y) whose centre is not above y. */
static size_t first_at(const text_page *page, double y)
{
    size_t low = 0, high = page->glyph_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (page->glyphs[middle].y < y)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t nearest_right(const text_page *page, size_t index)
{
    const text_glyph *from = &page->glyphs[index];
    size_t best = TEXT_NONE;
    double reach = SameRow * from->size;
    for (size_t i = first_at(page, from->y - reach); i < page->glyph_count; i++) {
        const text_glyph *to = &page->glyphs[i];
        if (to->y > from->y + reach)
            break;
        if (i == index || to->x <= from->x || !alike(from, to) || to->box.x0 < from->box.x1 - 0.5 * from->size)
            continue;
        if (best == TEXT_NONE || to->x < page->glyphs[best].x)
            best = i;
    }
    return best;
}

static size_t nearest_below(const text_page *page, size_t index)
{
    const text_glyph *from = &page->glyphs[index];
    double limit = from->y + 12 * from->size; /* longer than any vertical label's gap */
    for (size_t i = first_at(page, from->y + 0.6 * from->size); i < page->glyph_count; i++) {
        const text_glyph *to = &page->glyphs[i];
        if (to->y > limit)
            break;
        if (fabs(to->x - from->x) < SameColumn * from->size && alike(from, to))
            return i;
    }
    return TEXT_NONE;
}

static void note_blank(text_page *page, const vouch_glyph *blank)
{
    double x = (blank->box.x0 + blank->box.x1) / 2, y = (blank->box.y0 + blank->box.y1) / 2;
    double reach = SameRow * blank->size;
    text_glyph *after = NULL;
    for (size_t i = first_at(page, y - reach); i < page->glyph_count && page->glyphs[i].y <= y + reach; i++) {
        text_glyph *glyph = &page->glyphs[i];
        if (glyph->x > x && (!after || glyph->x < after->x))
            after = glyph;
    }
    if (after)
        after->blank_before = true;
}

bool text_page_load(vouch_arena *arena, const vouch_page *source, const vouch_box *region, text_page *page)
{
    size_t drawn = 0, blanks = 0;
    for (size_t i = 0; i < source->glyph_count; i++) {
        if (usable(&source->glyphs[i], region)) {
            if (is_blank(source->glyphs[i].codepoint))
                blanks++;
            else
                drawn++;
        }
    }
    if (drawn == 0 || drawn > TEXT_MAX_GLYPHS || blanks > TEXT_MAX_GLYPHS)
        return false;
    *page = (text_page){.arena = arena, .number = source->number, .region = *region};
    page->glyphs = vouch_arena_calloc(arena, drawn, sizeof *page->glyphs);
    for (size_t i = 0; i < source->glyph_count; i++) {
        const vouch_glyph *glyph = &source->glyphs[i];
        if (!usable(glyph, region) || is_blank(glyph->codepoint) || is_crossed_circle(glyph->codepoint))
            continue;
        uint32_t codepoint = replace_radical(glyph->codepoint);
        page->glyphs[page->glyph_count++] = (text_glyph){.codepoint = fold(arena, codepoint),
                                                         .drawn = codepoint,
                                                         .object = glyph->object,
                                                         .box = glyph->box,
                                                         .x = (glyph->box.x0 + glyph->box.x1) / 2,
                                                         .y = (glyph->box.y0 + glyph->box.y1) / 2,
                                                         .size = glyph->size};
    }
    if (page->glyph_count == 0)
        return false;
    qsort(page->glyphs, page->glyph_count, sizeof *page->glyphs, by_row);
    page->glyph_count = drop_double_strikes(page->glyphs, page->glyph_count);
    page->em = median_size(arena, page->glyphs, page->glyph_count);
    for (size_t i = 0; i < page->glyph_count; i++) {
        page->glyphs[i].right = nearest_right(page, i);
        page->glyphs[i].below = nearest_below(page, i);
    }
    for (size_t i = 0; i < source->glyph_count; i++)
        if (usable(&source->glyphs[i], region) && is_blank(source->glyphs[i].codepoint))
            note_blank(page, &source->glyphs[i]);
    return true;
}

static bool joins(const text_glyph *from, const text_glyph *to)
{
    double em = from->size > to->size ? from->size : to->size;
    double gap = (to->box.x0 - from->box.x1) / em;
    return !from->label && !to->label && gap < (from->object == to->object ? PieceGap : ObjectGap);
}

static const char *compact_text(text_page *page, const size_t *glyphs, size_t count)
{
    char *text = vouch_arena_calloc(page->arena, count * 4 + 1, 1), *end = text;
    for (size_t i = 0; i < count; i++) {
        char bytes[5];
        size_t length = vouch_utf8_put(page->glyphs[glyphs[i]].codepoint, bytes);
        memcpy(end, bytes, length);
        end += length;
    }
    return text;
}

/** Lines of digits and arithmetic signs: the 密码区, which looks like amounts to whoever does not know it. */
static bool is_cipher(const text_piece *piece)
{
    static const char signs[] = "+-*/<>";
    size_t length = strlen(piece->compact), distinct = 0;
    if (length < 16 || strspn(piece->compact, "0123456789+-*/<>") != length)
        return false;
    for (size_t i = 0; signs[i]; i++)
        distinct += strchr(piece->compact, signs[i]) != NULL;
    return distinct >= 3; /* account numbers have dashes, masked ids asterisks */
}

static void cut_piece(text_page *page, size_t first, const size_t *next)
{
    text_piece *piece = VOUCH_ARENA_PUSH(page->arena, page->pieces, page->piece_count, page->piece_capacity);
    for (size_t i = first; i != TEXT_NONE; i = next[i])
        piece->count++;
    piece->glyphs = vouch_arena_calloc(page->arena, piece->count, sizeof *piece->glyphs);
    piece->box = page->glyphs[first].box;
    piece->count = 0;
    double y = 0;
    for (size_t i = first; i != TEXT_NONE; i = next[i]) {
        const text_glyph *glyph = &page->glyphs[i];
        piece->glyphs[piece->count++] = i;
        piece->box.x0 = fmin(piece->box.x0, glyph->box.x0);
        piece->box.y0 = fmin(piece->box.y0, glyph->box.y0);
        piece->box.x1 = fmax(piece->box.x1, glyph->box.x1);
        piece->box.y1 = fmax(piece->box.y1, glyph->box.y1);
        piece->size = fmax(piece->size, glyph->size);
        y += glyph->y;
    }
    piece->y = y / (double)piece->count;
    piece->compact = compact_text(page, piece->glyphs, piece->count);
    piece->cipher = is_cipher(piece);
}

void text_page_cut(text_page *page)
{
    size_t count = page->glyph_count;
    size_t *next = vouch_arena_calloc(page->arena, count, sizeof *next);
    size_t *previous = vouch_arena_calloc(page->arena, count, sizeof *previous);
    for (size_t i = 0; i < count; i++)
        next[i] = previous[i] = TEXT_NONE;
    for (size_t i = 0; i < count; i++) {
        size_t right = page->glyphs[i].right;
        if (right == TEXT_NONE || !joins(&page->glyphs[i], &page->glyphs[right]))
            continue;
        if (previous[right] != TEXT_NONE) {
            if (page->glyphs[previous[right]].x > page->glyphs[i].x)
                continue;
            next[previous[right]] = TEXT_NONE;
        }
        previous[right] = i;
        next[i] = right;
    }
    for (size_t i = 0; i < count; i++)
        if (previous[i] == TEXT_NONE && !page->glyphs[i].label)
            cut_piece(page, i, next);
}
