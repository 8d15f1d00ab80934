/**
 * What handlers fill: parts, pages, tags and problems of the document that is being opened.
 *
 * All lists live in the document's arena and are bounded here, so that no handler can forget a limit.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "handler.h"

/* More says nothing new to anybody, and a hostile file could otherwise make the answer as long as it likes. */
#define MAX_PROBLEMS 500
#define MAX_DETAIL   1000 /* bytes of what is said of one */

void vouch_problem_add(vouch_arena *arena, vouch_problems *problems, vouch_code code, const char *severity, int page,
                       const char *format, ...)
{
    if (problems->count >= MAX_PROBLEMS)
        return;
    const bool last = problems->count == MAX_PROBLEMS - 1;
    vouch_problem *problem = VOUCH_ARENA_PUSH(arena, problems->items, problems->count, problems->capacity);
    if (last) {
        *problem = (vouch_problem){
            .code = VOUCH_LIMIT, .severity = "warning", .detail = "there are more problems than are listed"};
        return;
    }
    va_list args;
    va_start(args, format);
    char *const detail = vouch_arena_vprintf(arena, format, args);
    *problem = (vouch_problem){.code = code, .severity = severity, .detail = detail, .page = page};
    va_end(args);
    /* Names in it are the document's, and may be of any length. */
    if (strlen(detail) > MAX_DETAIL) {
        size_t end = MAX_DETAIL;
        while (end > 0 && ((unsigned char)detail[end] & 0xC0) == 0x80)
            end--;
        detail[end] = '\0';
    }
}

size_t vouch_decoded_room(const vouch_decoded *decoded)
{
    const size_t left = decoded->limits.max_expanded_bytes > decoded->expanded_bytes
                            ? decoded->limits.max_expanded_bytes - decoded->expanded_bytes
                            : 0;
    return left < decoded->limits.max_entry_bytes ? left : decoded->limits.max_entry_bytes;
}

vouch_code vouch_decoded_add_part(vouch_decoded *decoded, int parent, const char *path, const char *name,
                                  const char *relation, const uint8_t *data, size_t length, int *out_part,
                                  vouch_error *err)
{
    if (parent >= 0) {
        if (length > vouch_decoded_room(decoded))
            return vouch_fail(err, VOUCH_EXPANDS_TOO_MUCH, "embedded file %s: larger than the limit allows", path);
        decoded->expanded_bytes += length;
    }
    const char *outer = parent >= 0 ? decoded->parts[parent].path : "";
    vouch_part *part = VOUCH_ARENA_PUSH(decoded->arena, decoded->parts, decoded->part_count, decoded->part_capacity);
    part->parent = parent;
    part->path =
        *outer ? vouch_arena_printf(decoded->arena, "%s!%s", outer, path) : vouch_arena_strdup(decoded->arena, path);
    part->name = vouch_arena_strdup(decoded->arena, name ? name : "");
    part->relation = vouch_arena_strdup(decoded->arena, relation ? relation : "");
    part->data = data;
    part->length = length;
    if (out_part)
        *out_part = (int)decoded->part_count - 1;
    return VOUCH_OK;
}

vouch_page *vouch_decoded_add_page(vouch_decoded *decoded, int part, vouch_error *err)
{
    if (decoded->page_count >= decoded->limits.max_pages) {
        (void)vouch_fail(err, VOUCH_TOO_MANY_PAGES, "the document has more than %zu pages", decoded->limits.max_pages);
        return NULL;
    }
    int before = 0;
    for (size_t i = decoded->page_count; i > 0 && before == 0; i--)
        if (decoded->pages[i - 1].part == part)
            before = decoded->pages[i - 1].number_in_part;
    vouch_page *page = VOUCH_ARENA_PUSH(decoded->arena, decoded->pages, decoded->page_count, decoded->page_capacity);
    page->part = part;
    page->number = (int)decoded->page_count;
    page->number_in_part = before + 1;
    page->unit = "pt";
    return page;
}

vouch_tag *vouch_decoded_add_tag(vouch_decoded *decoded, int part, const char *origin, const char *path,
                                 const char *value)
{
    vouch_tag *tag = VOUCH_ARENA_PUSH(decoded->arena, decoded->tags, decoded->tag_count, decoded->tag_capacity);
    tag->part = part;
    tag->origin = origin;
    tag->path = vouch_arena_strdup(decoded->arena, path);
    tag->value = vouch_arena_strdup(decoded->arena, value);
    tag->row = -1;
    return tag;
}

void vouch_page_pixels(const vouch_page *page, double scale, int *width, int *height)
{
    /* A page of 595.2756 pt at 2 px/pt is 1190.55 px wide; float noise above a whole number adds no column. */
    const double across = ceil(page->width * scale - 0.001), down = ceil(page->height * scale - 0.001);
    *width = across < 1 ? 1 : across > INT32_MAX ? INT32_MAX : (int)across;
    *height = down < 1 ? 1 : down > INT32_MAX ? INT32_MAX : (int)down;
}

vouch_code vouch_raster_new(const vouch_page *page, double scale, int channels, vouch_raster *out, vouch_error *err)
{
    vouch_raster raster = {.channels = channels};
    vouch_page_pixels(page, scale, &raster.width, &raster.height);
    size_t bytes;
    if (__builtin_mul_overflow((size_t)raster.width, (size_t)channels, &raster.stride) ||
        __builtin_mul_overflow(raster.stride, (size_t)raster.height, &bytes))
        return vouch_fail(err, VOUCH_TOO_MANY_PIXELS, "page %d is too large to draw", page->number);
    raster.samples = malloc(bytes);
    if (!raster.samples)
        return vouch_fail(err, VOUCH_NO_MEMORY, "drawing page %d", page->number);
    memset(raster.samples, 0xFF, bytes);
    *out = raster;
    return VOUCH_OK;
}
