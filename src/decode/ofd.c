/*
 * OFD (GB/T 33190-2016): the format handler.
 *
 * ofd_xml      elements, numbers, boxes, matrices, delta lists
 * ofd_package  the ZIP package, its limits, lenient paths
 * ofd_document structure: pages, templates, resources, annotations
 * ofd_walk     the objects of a page in drawing order; ofd_text: where their characters stand
 * ofd_extract  glyphs; ofd_cover: what hides them; ofd_tags: custom data, custom tags, attachments
 * ofd_seal     pictures of electronic seals
 * ofd_render   drawing with MuPDF; ofd_path: outlines; ofd_font: fonts; ofd_stamp: seals
 */
#include "ofd.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ofd_extract.h"

typedef struct ofd_state {
    ofd_document *document;
    ofd_renderer *renderer;
} ofd_state;

static uint32_t little_endian(const uint8_t *bytes, size_t count)
{
    uint32_t value = 0;

    for (size_t i = count; i > 0; i--)
        value = value << 8 | bytes[i - 1];
    return value;
}

/* End of central directory record (APPNOTE 4.3.16): at the end, before a comment of at most 65535 bytes. */
static const uint8_t *directory_end(const uint8_t *data, size_t length)
{
    enum {
        RECORD = 22,
        COMMENT_MAX = 65535
    };

    if (length < RECORD)
        return NULL;
    const size_t lowest = length - RECORD > COMMENT_MAX ? length - RECORD - COMMENT_MAX : 0;
    for (size_t at = length - RECORD + 1; at > lowest; at--)
        if (memcmp(data + at - 1, "PK\5\6", 4) == 0)
            return data + at - 1;
    return NULL;
}

/* A ZIP package whose directory (APPNOTE 4.3.12) names OFD.xml at its root. */
static int recognise(const uint8_t *data, size_t length)
{
    enum {
        HEADER = 46,
        ENTRIES_MAX = 65535
    };
    static const char wanted[] = "OFD.xml";

    if (length < 4 || memcmp(data, "PK\3\4", 4) != 0)
        return 0;
    const uint8_t *end = directory_end(data, length);
    if (!end)
        return 0;
    size_t at = little_endian(end + 16, 4);
    for (int i = 0; i < ENTRIES_MAX && at <= length && length - at >= HEADER; i++) {
        const uint8_t *header = data + at;
        if (memcmp(header, "PK\1\2", 4) != 0)
            break;
        const size_t name = little_endian(header + 28, 2);
        const size_t rest = name + little_endian(header + 30, 2) + little_endian(header + 32, 2);
        if (length - at - HEADER < rest)
            break;
        const char *text = (const char *)header + HEADER;
        const size_t slash = name > 0 && *text == '/';
        if (name - slash == sizeof wanted - 1 && strncasecmp(text + slash, wanted, sizeof wanted - 1) == 0)
            return 95;
        at += HEADER + rest;
    }
    return 0;
}

static void release(void *opaque)
{
    ofd_state *state = opaque;

    ofd_renderer_free(&state->renderer);
    ofd_document_done(&state->document);
}

static vouch_code open_ofd(vouch_decoded *decoded, int part, void **state, vouch_error *err)
{
    VOUCH_CLEANUP(ofd_document_done) ofd_document *document = NULL;

    VOUCH_TRY(ofd_document_load(decoded, decoded->parts[part].data, decoded->parts[part].length, &document, err));
    if (document->page_count == 0)
        return vouch_fail(err, VOUCH_BAD_FORMAT, "the OFD document has no pages");
    ofd_extract_custom_data(document, part);
    if (!decoded->containers_only) {
        for (size_t i = 0; i < document->page_count; i++)
            VOUCH_TRY(ofd_extract_page(document, &document->pages[i], part, err));
        ofd_extract_tags(document, part);
    }
    VOUCH_TRY(ofd_extract_attachments(document, part, err));
    ofd_state *out = vouch_arena_alloc(decoded->arena, sizeof *out);
    out->document = VOUCH_TAKE(document);
    *state = out;
    return VOUCH_OK;
}

static vouch_code render(vouch_decoded *decoded, int part, void *opaque, const vouch_page *page, double scale,
                         int channels, vouch_raster *out, vouch_error *err)
{
    ofd_state *state = opaque;
    VOUCH_CLEANUP(vouch_raster_done) vouch_raster raster = {0};

    (void)decoded;
    (void)part;
    VOUCH_TRY(vouch_raster_new(page, scale, channels, &raster, err));
    VOUCH_TRY(ofd_render(&state->renderer, state->document, &state->document->pages[page->number_in_part - 1], scale,
                         &raster, err));
    *out = raster;
    raster.samples = NULL;
    return VOUCH_OK;
}

const vouch_format_handler vouch_handler_ofd = {
    .format = VOUCH_FORMAT_OFD,
    .recognise = recognise,
    .open = open_ofd,
    .render = render,
    .release = release,
};
