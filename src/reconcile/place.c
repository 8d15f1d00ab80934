/**
 * Where on the page does a value from data stand? The page's text is searched for the value as it may be printed:
 * amounts and dates in the usual notations, everything else by its letters, without spaces and in one case and width.
 *
 * The same search answers whether the page says what the data says, for the many layouts that no reader knows: when
 * the page shows the invoice's other values, but not its total or number, somebody changed one of the two.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "merge.h"
#include "vouch/text.h"

/* Shorter values stand on a page by accident. */
static const size_t shortest = 4;
/* Glyphs of one invoice's pages that are searched; beyond that the first pages have to do. */
static const size_t most_glyphs = 200000;

/** The visible characters of some pages, folded, without spaces. */
typedef struct page_text {
    uint32_t *codepoints;
    const vouch_glyph **glyphs;
    bool *starts; /* the character begins a piece: a space, a gap or a line break stands before it */
    int *pages;
    size_t length;
} page_text;

/** One case, one width. The rest of NFKC does not matter for finding. */
static uint32_t fold(uint32_t codepoint)
{
    if (codepoint >= 0xff01 && codepoint <= 0xff5e)
        codepoint -= 0xfee0;
    if (codepoint == 0x2212 || codepoint == 0x2013)
        return '-';
    if (codepoint == 0x2019)
        return '\'';
    return codepoint < 0x80 ? (uint32_t)toupper((int)codepoint) : codepoint;
}

static bool is_space(uint32_t codepoint)
{
    return codepoint <= ' ' || codepoint == 0xa0 || codepoint == 0x3000 ||
           (codepoint >= 0x2000 && codepoint <= 0x200b) || codepoint == 0x202f;
}

static bool is_page_of(const vouch_invoice *invoice, const vouch_page *page)
{
    for (size_t i = 0; i < invoice->region_count; i++)
        if (invoice->regions[i].page == page->number)
            return true;
    return false;
}

/** Is there a gap between two characters that follow each other? A third of the size is more than any kerning. */
static bool is_apart(const vouch_glyph *before, const vouch_glyph *glyph)
{
    const double gap = glyph->box.x0 - before->box.x1, size = glyph->size > 0 ? glyph->size : 1;
    const double drop = glyph->box.y1 - before->box.y1;
    return gap > size / 3 || gap < -size || drop > size / 2 || drop < -size / 2;
}

static page_text collect(vouch_arena *arena, const vouch_invoice *invoice, const vouch_page *pages, size_t page_count)
{
    page_text text = {0};
    size_t total = 0;

    for (size_t p = 0; p < page_count; p++)
        if (is_page_of(invoice, &pages[p]) && total < most_glyphs)
            total += pages[p].glyph_count;
    if (total > most_glyphs)
        total = most_glyphs;
    text.codepoints = vouch_arena_calloc(arena, total + 1, sizeof *text.codepoints);
    text.glyphs = vouch_arena_calloc(arena, total + 1, sizeof *text.glyphs);
    text.starts = vouch_arena_calloc(arena, total + 1, sizeof *text.starts);
    text.pages = vouch_arena_calloc(arena, total + 1, sizeof *text.pages);
    for (size_t p = 0; p < page_count; p++) {
        if (!is_page_of(invoice, &pages[p]) || pages[p].ocr_layer)
            continue;
        const vouch_glyph *before = NULL;
        for (size_t g = 0; g < pages[p].glyph_count && text.length < total; g++) {
            const vouch_glyph *glyph = &pages[p].glyphs[g];
            if (glyph->hidden)
                continue;
            if (is_space(glyph->codepoint)) {
                before = NULL;
                continue;
            }
            text.codepoints[text.length] = fold(glyph->codepoint);
            text.glyphs[text.length] = glyph;
            text.starts[text.length] = !before || is_apart(before, glyph);
            text.pages[text.length++] = pages[p].number;
            before = glyph;
        }
    }
    return text;
}

static bool is_digit(uint32_t codepoint)
{
    return codepoint >= '0' && codepoint <= '9';
}

/** A match must not be a piece of a longer number or word. */
static bool stands_alone(const page_text *text, size_t start, size_t length)
{
    const uint32_t *at = text->codepoints;
    const size_t end = start + length;
    const bool joined_before = start > 0 && !text->starts[start];
    const bool joined_after = end < text->length && !text->starts[end];

    if (joined_before && is_digit(at[start]) && is_digit(at[start - 1]))
        return false;
    if (!joined_after || !is_digit(at[end - 1]))
        return true;
    const bool fraction =
        (at[end] == '.' || at[end] == ',') && end + 1 < text->length && !text->starts[end + 1] && is_digit(at[end + 1]);
    return !is_digit(at[end]) && !fraction;
}

/** @return index of the first match from `from`; text->length: none */
static size_t find_from(const page_text *text, const uint32_t *wanted, size_t length, size_t from)
{
    for (size_t at = from; at + length <= text->length; at++) {
        size_t same = 0;
        while (same < length && text->codepoints[at + same] == wanted[same])
            same++;
        if (same == length && stands_alone(text, at, length))
            return at;
    }
    return text->length;
}

/** Find a printed form; its place, when it is one run on a page. */
static bool find_form(vouch_arena *arena, const page_text *text, const char *form, vouch_evidence *place)
{
    const char *at = form, *const end = form + strlen(form);
    uint32_t *wanted = vouch_arena_calloc(arena, strlen(form) + 1, sizeof *wanted);
    size_t length = 0;

    for (uint32_t codepoint; (codepoint = vouch_utf8_next(&at, end)) != 0;)
        if (!is_space(codepoint))
            wanted[length++] = fold(codepoint);
    if (length == 0)
        return false;
    const size_t found = find_from(text, wanted, length, 0);
    if (found == text->length)
        return false;
    place->page = text->pages[found];
    place->box = text->glyphs[found]->box;
    for (size_t i = 1; i < length && text->pages[found + i] == place->page; i++) {
        const vouch_box *box = &text->glyphs[found + i]->box;
        place->box.x0 = box->x0 < place->box.x0 ? box->x0 : place->box.x0;
        place->box.y0 = box->y0 < place->box.y0 ? box->y0 : place->box.y0;
        place->box.x1 = box->x1 > place->box.x1 ? box->x1 : place->box.x1;
        place->box.y1 = box->y1 > place->box.y1 ? box->y1 : place->box.y1;
    }
    return true;
}

/** "1234567.50" with a mark between groups of three digits and a decimal mark. */
static const char *grouped(vouch_arena *arena, const char *amount, const char *mark, char point)
{
    const size_t whole = strcspn(amount, ".");
    char *out = vouch_arena_alloc(arena, 2 * strlen(amount) + 2), *end = out;

    for (size_t i = 0; i < whole; i++) {
        if (i > 0 && (whole - i) % 3 == 0)
            end = stpcpy(end, mark);
        *end++ = amount[i];
    }
    if (amount[whole] == '.') {
        *end++ = point;
        end = stpcpy(end, amount + whole + 1);
    }
    *end = '\0';
    return out;
}

static bool find_amount(vouch_arena *arena, const page_text *text, const char *amount, vouch_evidence *place)
{
    static const struct {
        const char *mark;
        char point;
    } notations[] = {{"", '.'}, {",", '.'}, {"", ','}, {".", ','}, {"'", '.'}, {"'", ','}};
    const char *size = amount[0] == '-' ? amount + 1 : amount;
    const char *point = strchr(size, '.');

    for (size_t i = 0; i < COUNT(notations); i++)
        if (find_form(arena, text, grouped(arena, size, notations[i].mark, notations[i].point), place))
            return true;
    /* Whole amounts are printed without decimals too, "1234.50" as "1234.5". */
    if (!point || strlen(size) < shortest)
        return false;
    size_t length = strlen(size);
    while (size[length - 1] == '0')
        length--;
    if (size[length - 1] == '.')
        length--;
    if (length < shortest || size[length] == '\0')
        return false;
    const char *cut = vouch_arena_strndup(arena, size, length);
    for (size_t i = 0; i < COUNT(notations); i++)
        if (find_form(arena, text, grouped(arena, cut, notations[i].mark, notations[i].point), place))
            return true;
    return false;
}

static bool find_date(vouch_arena *arena, const page_text *text, const char *date, vouch_evidence *place)
{
    static const char *const english[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int year, month, day;

    if (sscanf(date, "%4d-%2d-%2d", &year, &month, &day) != 3 || month < 1 || month > 12)
        return false;
    const char *name = english[month - 1];
    const char *const forms[] = {
        date,
        vouch_arena_printf(arena, "%d年%02d月%02d日", year, month, day),
        vouch_arena_printf(arena, "%d年%d月%d日", year, month, day),
        vouch_arena_printf(arena, "%d/%02d/%02d", year, month, day),
        vouch_arena_printf(arena, "%d.%02d.%02d", year, month, day),
        vouch_arena_printf(arena, "%d%02d%02d", year, month, day),
        vouch_arena_printf(arena, "%02d.%02d.%d", day, month, year),
        vouch_arena_printf(arena, "%d.%d.%d", day, month, year),
        vouch_arena_printf(arena, "%02d/%02d/%d", day, month, year),
        vouch_arena_printf(arena, "%d/%d/%d", day, month, year),
        vouch_arena_printf(arena, "%02d-%02d-%d", day, month, year),
        vouch_arena_printf(arena, "%02d/%02d/%d", month, day, year),
        vouch_arena_printf(arena, "%d/%d/%d", month, day, year),
        vouch_arena_printf(arena, "%d %s %d", day, name, year),
        vouch_arena_printf(arena, "%02d %s %d", day, name, year),
        vouch_arena_printf(arena, "%s %d, %d", name, day, year),
        vouch_arena_printf(arena, "%02d.%02d.%02d", day, month, year % 100),
    };
    for (size_t i = 0; i < COUNT(forms); i++)
        if (find_form(arena, text, forms[i], place))
            return true;
    return false;
}

static bool find_value(vouch_arena *arena, const page_text *text, vouch_field field, const char *value,
                       vouch_evidence *place)
{
    switch (vouch_field_type(field)) {
    case VOUCH_VALUE_AMOUNT:
        return find_amount(arena, text, value, place);
    case VOUCH_VALUE_DATE:
        return find_date(arena, text, value, place);
    case VOUCH_VALUE_TEXT:
    case VOUCH_VALUE_ID:
        return vouch_utf8_length(value) >= shortest && find_form(arena, text, value, place);
    default:
        return false;
    }
}

/** What was found of the values that a forger would change, and of those that show that the page can be read. */
typedef struct findings {
    size_t found;
    bool gross_missing, number_missing;
} findings;

static void note(findings *seen, vouch_field field, bool found)
{
    seen->found += found;
    if (field == VOUCH_FIELD_GROSS_AMOUNT)
        seen->gross_missing = !found;
    if (field == VOUCH_FIELD_INVOICE_NUMBER)
        seen->number_missing = !found;
}

/** States data_matches_page, when no reader of the page was there to compare with. */
static void state_findings(check_run *run, const findings *seen)
{
    static const char name[] = "data_matches_page";
    const vouch_invoice *invoice = run->invoice;

    for (size_t i = 0; i < invoice->check_count; i++)
        if (strcmp(invoice->checks[i].check, name) == 0)
            return;
    /* With less than that, the text may be in a form that is not searched for, or no text of this invoice at all. */
    if (seen->found < 3)
        return;
    if (seen->gross_missing)
        check_failed(run, name, "gross_amount", "error", "the total %s of the data does not stand on the page",
                     vouch_invoice_value(invoice, VOUCH_FIELD_GROSS_AMOUNT));
    else if (seen->number_missing)
        check_failed(run, name, "invoice_number", "warning", "the number %s of the data does not stand on the page",
                     vouch_invoice_value(invoice, VOUCH_FIELD_INVOICE_NUMBER));
    else
        check_passed(run, name, NULL);
}

void find_places(vouch_arena *arena, vouch_invoice *invoice, const vouch_page *pages, size_t page_count)
{
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *scratch = vouch_arena_new();
    check_run run = {.arena = arena, .invoice = invoice};
    findings seen = {0};

    if (!scratch)
        return;
    const page_text text = collect(scratch, invoice, pages, page_count);
    if (text.length == 0)
        return;
    for (size_t f = 0; f < VOUCH_FIELD_COUNT; f++) {
        vouch_evidence *chosen = &invoice->fields[f].chosen;
        if (!chosen->value || !source_is_data(chosen->source) || vouch_field_type((vouch_field)f) == VOUCH_VALUE_TIME)
            continue;
        vouch_evidence place;
        const bool found = chosen->page > 0 || find_value(scratch, &text, (vouch_field)f, chosen->value, &place);
        note(&seen, (vouch_field)f, found);
        if (chosen->page == 0 && found) {
            chosen->page = place.page;
            chosen->box = place.box;
        }
    }
    state_findings(&run, &seen);
}
