/** Inside of the decode module: what a format handler is, and what it fills. */
#ifndef VOUCH_DECODE_HANDLER_H
#define VOUCH_DECODE_HANDLER_H

#include "vouch/decode.h"

struct vouch_format_handler;

/** What the handler of a part keeps until the document is released. */
struct vouch_part_state {
    const struct vouch_format_handler *handler; /* NULL: the part was not opened */
    void *state;
};

/** A document being opened: handlers append parts, pages and tags here; all memory from its arena. */
struct vouch_decoded {
    vouch_arena *arena;
    vouch_decode_limits limits;
    vouch_problems problems;
    vouch_part *parts;
    size_t part_count, part_capacity;
    struct vouch_part_state *states; /* one per part */
    size_t state_count, state_capacity;
    vouch_page *pages;
    size_t page_count, page_capacity;
    vouch_tag *tags;
    size_t tag_count, tag_capacity;
    size_t glyph_count;    /* over all pages, against limits.max_glyphs */
    size_t expanded_bytes; /* over all archives, against limits.max_expanded_bytes */
    bool containers_only;  /* for the verifier: no page content is interpreted, no picture decoded */
};

/**
 * A format: one const struct, one row in the registry of decode.c.
 *
 * open() appends pages, tags and embedded parts of decoded->parts[part] and may leave private state in *state, which
 * release() gets back. A handler never opens embedded parts itself: decode.c does that, with the depth in hand.
 */
typedef struct vouch_format_handler {
    vouch_format format;
    /** 0: surely not; 100: certain. Looks at bytes only, decodes nothing. */
    int (*recognise)(const uint8_t *data, size_t length);
    vouch_code (*open)(vouch_decoded *decoded, int part, void **state, vouch_error *err);
    /** Draw a page of the part; the pixel limit was checked already. NULL: the format has no pages. */
    vouch_code (*render)(vouch_decoded *decoded, int part, void *state, const vouch_page *page, double scale,
                         int channels, vouch_raster *out, vouch_error *err);
    void (*release)(void *state); /* NULL: nothing to release */
    /** Holds no other files, so that the limit on nesting does not concern it. */
    bool leaf;
} vouch_format_handler;

/* The handlers; each in its own file. */
extern const vouch_format_handler vouch_handler_pdf, vouch_handler_ofd, vouch_handler_xml, vouch_handler_zip,
    vouch_handler_image_jpeg, vouch_handler_image_png, vouch_handler_image_webp, vouch_handler_image_tiff,
    vouch_handler_image_heic, vouch_handler_image_gif, vouch_handler_image_bmp;

/**
 * Append an embedded file. Checks entry and expansion limits.
 *
 * @param data  must live as long as the document (arena, or the parent's bytes)
 * @param out_part  out: its index; may be NULL
 */
vouch_code vouch_decoded_add_part(vouch_decoded *decoded, int parent, const char *path, const char *name,
                                  const char *relation, const uint8_t *data, size_t length, int *out_part,
                                  vouch_error *err);

/** Append a page with its number set; checks max_pages. @return NULL with *err filled at the limit */
vouch_page *vouch_decoded_add_page(vouch_decoded *decoded, int part, vouch_error *err);

vouch_tag *vouch_decoded_add_tag(vouch_decoded *decoded, int part, const char *origin, const char *path,
                                 const char *value);

/** How many bytes the next embedded file may have: the smaller of the entry's and the document's remaining limit. */
size_t vouch_decoded_room(const vouch_decoded *decoded);

/** Size in pixels of a page at a scale: rounded up, at least 1 × 1. The product was checked before render(). */
void vouch_page_pixels(const vouch_page *page, double scale, int *width, int *height);

/** A raster of the page's size at a scale, all white. @param out  release with vouch_raster_done */
vouch_code vouch_raster_new(const vouch_page *page, double scale, int channels, vouch_raster *out,
                            vouch_error *err) VOUCH_MUST_CHECK;

/**
 * EXIF orientation (EXIF 2.32, 4.6.4 A: 1 to 8) of a JPEG, PNG or WebP file; of a TIFF file or block: its first
 * directory's. 1 when there is none or it is damaged.
 */
int vouch_exif_orientation(const uint8_t *data, size_t length);

/** The part of vouch_decoded_pdf_signatures that calls MuPDF. @param state  of the PDF handler */
const vouch_pdf_signature *vouch_pdf_list_signatures(vouch_decoded *decoded, int part, void *state, size_t *count);

/** Whether no element has so many attributes that parsing them would take long. Costs a look at each "<". */
bool vouch_xml_attributes_acceptable(const uint8_t *data, size_t length);

/** Name of a ZIP entry from its raw bytes, UTF-8 or else GB 18030; what neither explains becomes '_'. In the arena. */
const char *vouch_zip_decode_name(vouch_arena *arena, const char *raw);
/** What the ZIP handler needs once per process (conversion of GB 18030 names). Idempotent. */
vouch_code vouch_zip_warm_up(vouch_error *err) VOUCH_MUST_CHECK;
/** What the PDF handler needs once per process. Idempotent. */
vouch_code vouch_pdf_warm_up(vouch_error *err) VOUCH_MUST_CHECK;

#endif
