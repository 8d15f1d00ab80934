/**
 * Words from glyphs: formats give characters in drawing order, people read lines.
 *
 * Method: glyphs are swept by their vertical centre into lines (a glyph joins the line whose running centre it lies
 * on), each line is sorted from left to right, and a word ends where the gap is wide for its font size or a blank was
 * drawn. Drawing order is not used: OFD producers write whole columns in one text object with negative advances
 * (GB/T 33190 11.3), PDF producers draw labels and values in two passes.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "vouch/text.h"

#include "readers.h"

static const double line_overlap = 0.5;  /* of the smaller height: how far apart two centres of one line may be */
static const double word_gap = 0.25;     /* of the font height: the blank of common Latin fonts is 0.25 to 0.33 */
static const double same_place = 0.2;    /* of the width: fake bold draws the same glyph twice, slightly moved */
static const size_t longest_word = 4096; /* bytes; a longer run is cut */

typedef struct placed {
    const vouch_glyph *glyph;
    double centre, height;
    bool blank;
} placed;

static bool is_blank(uint32_t codepoint)
{
    return codepoint <= 0x20 || codepoint == 0xA0 || codepoint == 0x3000 ||
           (codepoint >= 0x2000 && codepoint <= 0x200B);
}

static int by_centre(const void *a, const void *b)
{
    const placed *left = a, *right = b;
    if (left->centre != right->centre)
        return left->centre < right->centre ? -1 : 1;
    return left->glyph < right->glyph ? -1 : left->glyph > right->glyph;
}

static int by_left(const void *a, const void *b)
{
    const placed *left = a, *right = b;
    if (left->glyph->box.x0 != right->glyph->box.x0)
        return left->glyph->box.x0 < right->glyph->box.x0 ? -1 : 1;
    return left->glyph < right->glyph ? -1 : left->glyph > right->glyph;
}

/** A word being put together. */
typedef struct word_builder {
    vouch_arena *arena;
    vouch_words *words;
    int page;
    vouch_buffer text;
    vouch_box box;
    const placed *last;
} word_builder;

static void end_word(word_builder *builder)
{
    if (builder->last) {
        *VOUCH_ARENA_PUSH(builder->arena, builder->words->items, builder->words->count, builder->words->capacity) =
            (vouch_word){.page = builder->page,
                         .text = vouch_arena_strndup(builder->arena, builder->text.data, builder->text.length),
                         .box = builder->box};
    }
    builder->last = NULL;
    builder->text.length = 0;
}

static bool drawn_twice(const placed *a, const placed *b)
{
    double width = a->glyph->box.x1 - a->glyph->box.x0;
    return a->glyph->codepoint == b->glyph->codepoint &&
           fabs(a->glyph->box.x0 - b->glyph->box.x0) <= same_place * width &&
           fabs(a->centre - b->centre) <= same_place * a->height;
}

static vouch_code add_glyph(word_builder *builder, const placed *next)
{
    const vouch_box *box = &next->glyph->box;
    if (builder->last) {
        if (drawn_twice(builder->last, next))
            return VOUCH_OK;
        double gap = box->x0 - builder->box.x1;
        if (gap > word_gap * fmin(builder->last->height, next->height) || builder->text.length >= longest_word)
            end_word(builder);
    }
    char bytes[5];
    size_t length = vouch_utf8_put(next->glyph->codepoint, bytes);
    VOUCH_TRY(vouch_buffer_append(&builder->text, bytes, length));
    if (!builder->last)
        builder->box = *box;
    builder->box.x0 = fmin(builder->box.x0, box->x0);
    builder->box.y0 = fmin(builder->box.y0, box->y0);
    builder->box.x1 = fmax(builder->box.x1, box->x1);
    builder->box.y1 = fmax(builder->box.y1, box->y1);
    builder->last = next;
    return VOUCH_OK;
}

static vouch_code line_words(word_builder *builder, placed *line, size_t count)
{
    qsort(line, count, sizeof *line, by_left);
    for (size_t i = 0; i < count; i++) {
        if (line[i].blank)
            end_word(builder);
        else
            VOUCH_TRY(add_glyph(builder, &line[i]));
    }
    end_word(builder);
    return VOUCH_OK;
}

static size_t collect(const vouch_page *page, placed *glyphs)
{
    size_t count = 0;
    for (size_t i = 0; i < page->glyph_count; i++) {
        const vouch_glyph *glyph = &page->glyphs[i];
        const vouch_box *box = &glyph->box;
        if (glyph->hidden || !isfinite(box->x0) || !isfinite(box->y0) || !isfinite(box->x1) || !isfinite(box->y1))
            continue;
        glyphs[count++] = (placed){.glyph = glyph,
                                   .centre = (box->y0 + box->y1) / 2,
                                   .height = fabs(box->y1 - box->y0),
                                   .blank = is_blank(glyph->codepoint)};
    }
    return count;
}

static vouch_code page_words(word_builder *builder, placed *glyphs, size_t count)
{
    qsort(glyphs, count, sizeof *glyphs, by_centre);
    for (size_t start = 0, end; start < count; start = end) {
        double centre = glyphs[start].centre, height = glyphs[start].height;
        for (end = start + 1; end < count; end++) {
            if (glyphs[end].centre - centre > line_overlap * fmin(height, glyphs[end].height))
                break;
            double weight = (double)(end - start);
            centre = (centre * weight + glyphs[end].centre) / (weight + 1);
            height = fmax(height, glyphs[end].height);
        }
        VOUCH_TRY(line_words(builder, glyphs + start, end - start));
    }
    return VOUCH_OK;
}

vouch_code vouch_words_build(vouch_decoded *decoded, vouch_words *words, vouch_error *err)
{
    size_t page_count;
    const vouch_page *pages = vouch_decoded_pages(decoded, &page_count);
    for (size_t i = 0; i < page_count; i++) {
        if (pages[i].glyph_count == 0)
            continue;
        VOUCH_CLEANUP(vouch_free_pointer) placed *glyphs = calloc(pages[i].glyph_count, sizeof *glyphs);
        if (!glyphs)
            return vouch_fail(err, VOUCH_NO_MEMORY, "grouping the text of page %d", pages[i].number);
        word_builder builder = {.arena = vouch_decoded_arena(decoded), .words = words, .page = pages[i].number};
        vouch_code code = page_words(&builder, glyphs, collect(&pages[i], glyphs));
        vouch_buffer_done(&builder.text);
        if (code != VOUCH_OK)
            return vouch_fail(err, code, "grouping the text of page %d", pages[i].number);
    }
    return VOUCH_OK;
}
