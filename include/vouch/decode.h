/**
 * Decoding: from foreign bytes to pages, text with places, rasters and embedded files.
 *
 * One handler per format in a registry (src/decode/decode.c); recognition is by content and returns a score, so the
 * order of rows does not matter. Containers (ZIP, PDF attachments, OFD attachments) become further parts, each with
 * its own format, to a bounded depth. MuPDF's calls live in this module and nowhere else.
 *
 * Runs only inside the sandbox or under --no-sandbox. All memory belongs to the vouch_decoded; nothing outlives it.
 */
#ifndef VOUCH_DECODE_H
#define VOUCH_DECODE_H

#include <stdint.h>

#include "vouch/error.h"
#include "vouch/memory.h"
#include "vouch/vocabulary.h"

/* enumerator, slug in the reading, media type */
#define VOUCH_FORMATS(X)                              \
    X(UNKNOWN, "unknown", "application/octet-stream") \
    X(PDF, "pdf", "application/pdf")                  \
    X(OFD, "ofd", "application/ofd")                  \
    X(XML, "xml", "application/xml")                  \
    X(ZIP, "zip", "application/zip")                  \
    X(JPEG, "jpeg", "image/jpeg")                     \
    X(PNG, "png", "image/png")                        \
    X(WEBP, "webp", "image/webp")                     \
    X(TIFF, "tiff", "image/tiff")                     \
    X(HEIC, "heic", "image/heic")                     \
    X(GIF, "gif", "image/gif")                        \
    X(BMP, "bmp", "image/bmp")

typedef enum vouch_format {
#define X(name, slug, media) VOUCH_FORMAT_##name,
    VOUCH_FORMATS(X)
#undef X
    VOUCH_FORMAT_COUNT
} vouch_format;

const char *vouch_format_name(vouch_format format);
const char *vouch_format_media_type(vouch_format format);

/**
 * The format of some bytes, by content and never by name. Cheap: looks at the head, the tail and a ZIP's directory;
 * decodes nothing.
 *
 * @return VOUCH_FORMAT_UNKNOWN when no handler recognises it
 */
vouch_format vouch_format_recognise(const uint8_t *data, size_t length);

/** Limits that hold before anything is allocated for them. All are configuration options of the same name. */
typedef struct vouch_decode_limits {
    size_t max_bytes;          /* of the document itself */
    size_t max_pages;          /* over all parts */
    size_t max_pixels;         /* of one raster, before decoding */
    size_t max_entries;        /* of one archive */
    size_t max_entry_bytes;    /* one inflated entry */
    size_t max_expanded_bytes; /* all inflated entries of a document together */
    int max_depth;             /* archives inside archives; 0: no embedded file is opened */
    size_t max_glyphs;         /* text over all pages */
} vouch_decode_limits;

#define VOUCH_DECODE_LIMITS_DEFAULT                                                                                   \
    {                                                                                                                 \
        .max_bytes = (size_t)50 << 20, .max_pages = 200, .max_pixels = (size_t)80 * 1000 * 1000, .max_entries = 2000, \
        .max_entry_bytes = (size_t)64 << 20, .max_expanded_bytes = (size_t)256 << 20, .max_depth = 2,                 \
        .max_glyphs = 2000000                                                                                         \
    }

/** One file: the document itself (part 0) or something embedded in it. */
typedef struct vouch_part {
    int parent;           /* index of the containing part; -1 for part 0 */
    const char *path;     /* "" for part 0; else the path inside its container, joined with '!' over several levels */
    const char *name;     /* file name as stated by the container, for people; "" when none */
    const char *relation; /* PDF: AFRelationship ("Data", "Alternative", …); "" otherwise */
    vouch_format format;
    const uint8_t *data;
    size_t length;
    vouch_code failed; /* VOUCH_OK, or why this part could not be opened; its message stands in problems */
} vouch_part;

/** One drawn character. */
typedef struct vouch_glyph {
    uint32_t codepoint; /* Unicode; never a surrogate, never 0 */
    uint32_t object;    /* text object (OFD: its ID; PDF: number of the show operation or line) it belongs to */
    vouch_box box;      /* ink cell: advance wide, font size high */
    float size;         /* font size in the page's unit, after all transforms */
    bool hidden;        /* painted invisibly, white, zero-sized or outside of the page: evidence, not reading text */
} vouch_glyph;

/** A page or a picture. */
typedef struct vouch_page {
    int part;
    int number;                /* counts from 1 over the whole document */
    int number_in_part;        /* counts from 1 */
    double width, height;      /* as a viewer shows it (/Rotate, EXIF applied), in unit */
    const char *unit;          /* "pt" for paged formats, "px" for pictures */
    int rotation;              /* degrees clockwise that the viewer applies: 0, 90, 180, 270 */
    const vouch_glyph *glyphs; /* in drawing order; reading order is the reader's business */
    size_t glyph_count;
    /**
     * The page is a picture (a scan) and its glyphs are the invisible layer that another program's OCR laid over it.
     * They are not `hidden`, since they are all the text that the page has, but deserve no more trust than OCR.
     */
    bool ocr_layer;
} vouch_page;

/** A named value that the format itself carries: OFD custom tag or custom data, PDF document information. */
typedef struct vouch_tag {
    int part;
    const char *origin; /* "ofd.tag", "ofd.data" (CustomDatas), "pdf.info" */
    const char *path;  /* tag names from the root's child down, joined with '/', prefixes stripped: "Buyer/BuyerName" */
    const char *value; /* text of the referenced objects in order, or the stated value; never NULL */
    int page;          /* number of the page it points to; 0 when it has no place */
    vouch_box box;     /* valid when page > 0 */
    int row;           /* which repetition of its parent (GoodsInfo) it belongs to, from 0; -1 outside of lists */
} vouch_tag;

/** Something that went wrong without stopping the decoding. */
typedef struct vouch_problem {
    vouch_code code;
    const char *severity; /* "info", "warning", "error" */
    const char *detail;   /* for people, English, one sentence */
    int page;             /* 0 when it belongs to no page */
} vouch_problem;

/** Growing list of problems, shared by the stages; items live in an arena. */
typedef struct vouch_problems {
    vouch_problem *items;
    size_t count, capacity;
} vouch_problems;

/** Append a problem. */
void vouch_problem_add(vouch_arena *arena, vouch_problems *problems, vouch_code code, const char *severity, int page,
                       const char *format, ...) VOUCH_PRINTF(6, 7);

/** Picture samples: 8 bits a channel, rows from the top, no padding beyond stride. */
typedef struct vouch_raster {
    int width, height, channels; /* channels: 1 grey, 3 RGB */
    size_t stride;               /* bytes from one row to the next */
    uint8_t *samples;            /* malloc; release with vouch_raster_done */
} vouch_raster;

void vouch_raster_done(vouch_raster *raster);

/**
 * Encode a raster as PNG (RFC 2083).
 * @param out  grows by the encoded bytes
 */
vouch_code vouch_raster_encode_png(const vouch_raster *raster, vouch_buffer *out, vouch_error *err) VOUCH_MUST_CHECK;

typedef struct vouch_decoded vouch_decoded;

/**
 * Open a document and everything embedded in it, within limits.
 *
 * A damaged embedded part is a problem, not a failure; the call fails only when the document itself can't be opened.
 *
 * A container that lists the same name twice, or expands beyond a limit, is refused as a whole.
 *
 * @param data    borrowed; must outlive *out
 * @param limits  NULL: defaults
 * @param out     release with vouch_decoded_free
 * @return VOUCH_OK; VOUCH_EMPTY; VOUCH_UNSUPPORTED_FORMAT; VOUCH_BAD_FORMAT; VOUCH_ENCRYPTED; a limit's code
 */
vouch_code vouch_decode(const uint8_t *data, size_t length, const vouch_decode_limits *limits, vouch_decoded **out,
                        vouch_error *err) VOUCH_MUST_CHECK;
void vouch_decoded_free(vouch_decoded **decoded);

/**
 * The same for the verifier: opens containers and lists parts, tags and the sizes of PDF and OFD pages, but interprets
 * no page content and no picture, so that no font or image parser runs. Pages have no glyphs.
 */
vouch_code vouch_decode_containers(const uint8_t *data, size_t length, const vouch_decode_limits *limits,
                                   vouch_decoded **out, vouch_error *err) VOUCH_MUST_CHECK;

/** The arena that everything of this document lives in; later stages may use it for what lives as long. */
vouch_arena *vouch_decoded_arena(vouch_decoded *decoded);
vouch_problems *vouch_decoded_problems(vouch_decoded *decoded);
const vouch_part *vouch_decoded_parts(const vouch_decoded *decoded, size_t *count);
const vouch_page *vouch_decoded_pages(const vouch_decoded *decoded, size_t *count);
const vouch_tag *vouch_decoded_tags(const vouch_decoded *decoded, size_t *count);

/**
 * Draw a page as a viewer shows it.
 *
 * @param page_number  from 1
 * @param scale        pixels per page unit: dpi / 72 for "pt"; for "px" 1.0 is the picture itself
 * @param channels     1 or 3
 * @param out          release with vouch_raster_done
 * @return VOUCH_OK; VOUCH_TOO_MANY_PIXELS before anything is allocated; VOUCH_UNSUPPORTED for a part without pages
 */
vouch_code vouch_decoded_render(vouch_decoded *decoded, int page_number, double scale, int channels, vouch_raster *out,
                                vouch_error *err) VOUCH_MUST_CHECK;

/** A signature dictionary of a PDF (ISO 32000-2, 12.8). */
typedef struct vouch_pdf_signature {
    const char *field;      /* full name of the signature field; "" when no field refers to it */
    const char *sub_filter; /* "adbe.pkcs7.detached", …; "" when not stated */
    const char *damage;     /* why it can't be a sound signature ("its value can't be read"); NULL: nothing seen */
} vouch_pdf_signature;

/**
 * Every signature of a PDF part that is filled in, whether a form field, a permission (DocMDP, usage rights) or
 * nothing at all refers to it. A signature that can't be parsed is one too, with its damage: it is never "unsigned".
 *
 * @param count  out: number of signatures, 0 for a part that is no PDF or could not be opened
 * @return in the document's arena
 */
const vouch_pdf_signature *vouch_decoded_pdf_signatures(vouch_decoded *decoded, int part, size_t *count);

/**
 * What costs time once per process and can be shared by forked children: fonts, conversion handles. Call in the
 * zygote, before the sandbox closes. Idempotent.
 */
vouch_code vouch_decode_warm_up(vouch_error *err) VOUCH_MUST_CHECK;

#endif
