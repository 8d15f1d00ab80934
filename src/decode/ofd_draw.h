/**
 * Inside of the OFD reader: what its drawing files share. MuPDF's errors are longjmps: a function that can throw says
 * "throws" and is called only inside fz_try; between fz_try and what throws no function holds a VOUCH_CLEANUP variable.
 */
#ifndef VOUCH_DECODE_OFD_DRAW_H
#define VOUCH_DECODE_OFD_DRAW_H

#include <mupdf/fitz.h>

#include "ofd.h"

fz_matrix ofd_to_fitz(ofd_matrix matrix);

/**
 * The outline that an AbbreviatedData element states (clause 9.3). Reading ends at the first malformed operator; what
 * came before it is drawn. Throws.
 *
 * @return to be dropped with fz_drop_path
 */
fz_path *ofd_new_path(fz_context *ctx, const char *data);

/**
 * The region that an object's Clips leave (clause 8.4), one path a Clip. Throws.
 *
 * @param clip  the Clip element
 * @param ctm   from object space to the device
 * @return NULL when it can't be expressed as a path: then nothing is clipped
 */
fz_path *ofd_new_clip(fz_context *ctx, vouch_arena *arena, const xmlNode *clip, fz_matrix ctm);

/** Fonts of a document being drawn: embedded ones, and substitutes by name. */
typedef struct ofd_fonts ofd_fonts;

/** A glyph to draw. */
typedef struct ofd_glyph {
    fz_font *font; /* borrowed */
    int index;
} ofd_glyph;

/** Throws. */
ofd_fonts *ofd_fonts_new(fz_context *ctx, vouch_arena *arena);
void ofd_fonts_done(fz_context *ctx, ofd_fonts *fonts);

/** How a text object is written. */
typedef struct ofd_face {
    fz_font *embedded; /* borrowed; NULL when the document has none that can be used */
    fz_font *latin;    /* substitute for what is not Han */
} ofd_face;

/** Throws. */
ofd_face ofd_fonts_face(fz_context *ctx, ofd_fonts *fonts, const ofd_object *object);
/** Throws. @return index 0 when no font has the character */
ofd_glyph ofd_fonts_glyph(fz_context *ctx, ofd_fonts *fonts, const ofd_face *face, const ofd_char *c);

#define OFD_IMAGES_MAX 256 /* pictures of a document */
#define OFD_SEALS_MAX  64

/** What is kept from one drawn page to the next. */
struct ofd_renderer {
    fz_context *ctx;
    vouch_decoded *decoded;
    ofd_fonts *fonts;
    struct {
        const uint8_t *data;
        fz_image *image; /* NULL: it can't be used */
    } images[OFD_IMAGES_MAX];
    size_t image_count;
    ofd_layout layout;
    ofd_stamps stamps;
    bool stamps_loaded;
    ofd_document *nested[OFD_SEALS_MAX]; /* seal pictures that are documents, by index of the seal */
    bool nested_failed[OFD_SEALS_MAX];
};

/** One page (or the page of a seal) being drawn. */
typedef struct ofd_drawing {
    ofd_renderer *renderer;
    fz_context *ctx;
    fz_device *device;
    fz_matrix base; /* millimetres of the page to pixels */
    int number;
    size_t chars_left;
    bool complained;
} ofd_drawing;

/** Report that an object can't be drawn; once a page. */
void ofd_draw_complain(ofd_drawing *drawing, const char *detail);
/** The picture in some bytes that live as long as the document; NULL for none, or one too large. Borrowed. */
fz_image *ofd_draw_image(ofd_drawing *drawing, const uint8_t *data, size_t length);
/** Draws an object: the visitor of ofd_walk_page. @param self  an ofd_drawing */
vouch_code ofd_draw_visit(void *self, const ofd_object *object, vouch_error *err);
/** The seals of a page. */
void ofd_draw_stamps(ofd_drawing *drawing, ofd_document *document, const ofd_page *page);

fz_rect ofd_to_rect(ofd_box box);
/** Open a clip; to be popped. Throws. */
void ofd_clip_rect(fz_context *ctx, fz_device *device, fz_rect rect, fz_matrix ctm);

#endif
