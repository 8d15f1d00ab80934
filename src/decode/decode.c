/**
 * The registry of formats, and opening a document with all that is embedded in it.
 *
 * Embedded files are a work list, not a recursion: a handler appends parts, and each is opened here in turn with its
 * depth counted along its parents. What a failing part had appended is taken back, so that a part is either there as a
 * whole or only as its bytes.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "handler.h"

static const vouch_format_handler *const handlers[] = {
    &vouch_handler_pdf,        &vouch_handler_ofd,       &vouch_handler_xml,        &vouch_handler_zip,
    &vouch_handler_image_jpeg, &vouch_handler_image_png, &vouch_handler_image_webp, &vouch_handler_image_tiff,
    &vouch_handler_image_heic, &vouch_handler_image_gif, &vouch_handler_image_bmp,
};

static const struct {
    const char *name, *media_type;
} formats[] = {
#define X(name, slug, media) [VOUCH_FORMAT_##name] = {slug, media},
    VOUCH_FORMATS(X)
#undef X
};

const char *vouch_format_name(vouch_format format)
{
    return formats[(unsigned)format < VOUCH_FORMAT_COUNT ? format : VOUCH_FORMAT_UNKNOWN].name;
}

const char *vouch_format_media_type(vouch_format format)
{
    return formats[(unsigned)format < VOUCH_FORMAT_COUNT ? format : VOUCH_FORMAT_UNKNOWN].media_type;
}

static const vouch_format_handler *find_handler(const uint8_t *data, size_t length)
{
    const vouch_format_handler *best = NULL;
    int best_score = 0;
    for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++) {
        const int score = handlers[i]->recognise(data, length);
        if (score > best_score) {
            best = handlers[i];
            best_score = score;
        }
    }
    return best;
}

vouch_format vouch_format_recognise(const uint8_t *data, size_t length)
{
    const vouch_format_handler *handler = length > 0 ? find_handler(data, length) : NULL;
    return handler ? handler->format : VOUCH_FORMAT_UNKNOWN;
}

static int part_depth(const vouch_decoded *decoded, size_t part)
{
    int depth = 0;
    for (int at = decoded->parts[part].parent; at >= 0; at = decoded->parts[at].parent)
        depth++;
    return depth;
}

static vouch_code open_part(vouch_decoded *decoded, size_t index, vouch_error *err)
{
    vouch_part *part = &decoded->parts[index];
    if (part->length == 0)
        return vouch_fail(err, VOUCH_EMPTY, "there are no bytes in it");
    const vouch_format_handler *handler = find_handler(part->data, part->length);
    if (!handler)
        return vouch_fail(err, VOUCH_UNSUPPORTED_FORMAT, "not a format that is read here");
    part->format = handler->format;
    if (!handler->leaf && part_depth(decoded, index) > decoded->limits.max_depth)
        return vouch_fail(err, VOUCH_NESTED_TOO_DEEPLY, "more than %d files inside each other",
                          decoded->limits.max_depth);

    const size_t parts = decoded->part_count, pages = decoded->page_count, tags = decoded->tag_count;
    void *state = NULL;
    const vouch_code code = handler->open(decoded, (int)index, &state, err);
    if (code != VOUCH_OK) {
        if (state && handler->release)
            handler->release(state);
        decoded->part_count = parts;
        decoded->page_count = pages;
        decoded->tag_count = tags;
        return code;
    }
    decoded->states[index] = (struct vouch_part_state){.handler = handler, .state = state};
    return VOUCH_OK;
}

/* Part states run beside the parts; the arrays grow apart because handlers append parts only. */
static void make_state(vouch_decoded *decoded)
{
    (void)VOUCH_ARENA_PUSH(decoded->arena, decoded->states, decoded->state_count, decoded->state_capacity);
}

static vouch_code open_document(vouch_decoded *decoded, const uint8_t *data, size_t length, vouch_error *err)
{
    VOUCH_TRY(vouch_decoded_add_part(decoded, -1, "", "", "", data, length, NULL, err));
    make_state(decoded);
    VOUCH_TRY(open_part(decoded, 0, err));
    for (size_t i = 1; i < decoded->part_count; i++) {
        vouch_error why = VOUCH_ERROR_INIT;
        make_state(decoded);
        const vouch_code code = open_part(decoded, i, &why);
        if (code == VOUCH_OK)
            continue;
        if (code == VOUCH_NO_MEMORY)
            return vouch_fail(err, code, "%s", why.message);
        decoded->parts[i].failed = code;
        const bool mere_company = code == VOUCH_UNSUPPORTED_FORMAT || code == VOUCH_EMPTY;
        vouch_problem_add(decoded->arena, &decoded->problems, code, mere_company ? "info" : "error", 0,
                          "embedded file %s: %s", decoded->parts[i].path, why.message);
    }
    return VOUCH_OK;
}

static vouch_code decode(const uint8_t *data, size_t length, const vouch_decode_limits *limits, bool containers_only,
                         vouch_decoded **out, vouch_error *err)
{
    const vouch_decode_limits defaults = VOUCH_DECODE_LIMITS_DEFAULT;
    if (!limits)
        limits = &defaults;
    if (length == 0)
        return vouch_fail(err, VOUCH_EMPTY, "the document has no bytes");
    if (length > limits->max_bytes)
        return vouch_fail(err, VOUCH_TOO_LARGE, "the document has %zu bytes, more than %zu", length, limits->max_bytes);
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = calloc(1, sizeof *decoded);
    if (!decoded || !(decoded->arena = vouch_arena_new()))
        return vouch_fail(err, VOUCH_NO_MEMORY, "opening a document");
    decoded->limits = *limits;
    decoded->containers_only = containers_only;
    VOUCH_TRY(open_document(decoded, data, length, err));
    *out = VOUCH_TAKE(decoded);
    return VOUCH_OK;
}

vouch_code vouch_decode(const uint8_t *data, size_t length, const vouch_decode_limits *limits, vouch_decoded **out,
                        vouch_error *err)
{
    return decode(data, length, limits, /* containers_only= */ false, out, err);
}

vouch_code vouch_decode_containers(const uint8_t *data, size_t length, const vouch_decode_limits *limits,
                                   vouch_decoded **out, vouch_error *err)
{
    return decode(data, length, limits, /* containers_only= */ true, out, err);
}

void vouch_decoded_free(vouch_decoded **decoded)
{
    vouch_decoded *it = *decoded;
    *decoded = NULL;
    if (!it)
        return;
    /* Embedded parts' bytes may belong to their container's state: last opened, first released. */
    for (size_t i = it->state_count; i > 0; i--) {
        const struct vouch_part_state *state = &it->states[i - 1];
        if (state->handler && state->handler->release && state->state)
            state->handler->release(state->state);
    }
    vouch_arena_free(&it->arena);
    free(it);
}

vouch_arena *vouch_decoded_arena(vouch_decoded *decoded)
{
    return decoded->arena;
}

vouch_problems *vouch_decoded_problems(vouch_decoded *decoded)
{
    return &decoded->problems;
}

const vouch_part *vouch_decoded_parts(const vouch_decoded *decoded, size_t *count)
{
    *count = decoded->part_count;
    return decoded->parts;
}

const vouch_page *vouch_decoded_pages(const vouch_decoded *decoded, size_t *count)
{
    *count = decoded->page_count;
    return decoded->pages;
}

const vouch_tag *vouch_decoded_tags(const vouch_decoded *decoded, size_t *count)
{
    *count = decoded->tag_count;
    return decoded->tags;
}

vouch_code vouch_decoded_render(vouch_decoded *decoded, int page_number, double scale, int channels, vouch_raster *out,
                                vouch_error *err)
{
    if (page_number < 1 || (size_t)page_number > decoded->page_count)
        return vouch_fail(err, VOUCH_NOT_FOUND, "there is no page %d", page_number);
    if (!isfinite(scale) || scale <= 0 || (channels != 1 && channels != 3))
        return vouch_fail(err, VOUCH_USAGE, "page %d: neither a scale nor a number of channels", page_number);
    const vouch_page *page = &decoded->pages[page_number - 1];
    const struct vouch_part_state *state = &decoded->states[page->part];
    if (!state->handler || !state->handler->render)
        return vouch_fail(err, VOUCH_UNSUPPORTED, "page %d can't be drawn", page_number);
    int width, height;
    vouch_page_pixels(page, scale, &width, &height);
    if ((double)width * (double)height > (double)decoded->limits.max_pixels)
        return vouch_fail(err, VOUCH_TOO_MANY_PIXELS, "page %d would have %d x %d pixels", page_number, width, height);
    vouch_raster raster = {0};
    const vouch_code code =
        state->handler->render(decoded, page->part, state->state, page, scale, channels, &raster, err);
    if (code != VOUCH_OK)
        return code;
    *out = raster;
    return VOUCH_OK;
}

const vouch_pdf_signature *vouch_decoded_pdf_signatures(vouch_decoded *decoded, int part, size_t *count)
{
    *count = 0;
    if (part < 0 || (size_t)part >= decoded->state_count || decoded->states[part].handler != &vouch_handler_pdf)
        return NULL;
    return vouch_pdf_list_signatures(decoded, part, decoded->states[part].state, count);
}

vouch_code vouch_decode_warm_up(vouch_error *err)
{
    VOUCH_TRY(vouch_zip_warm_up(err));
    return vouch_pdf_warm_up(err);
}
