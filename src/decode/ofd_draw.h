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

#endif
