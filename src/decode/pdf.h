/**
 * Inside of the PDF handler (ISO 32000-2 by MuPDF).
 *
 * Rules that hold in pdf*.c: MuPDF's errors are longjmps, so that a function that can throw says "throws" and is
 * called only inside fz_try; between fz_try and what throws no function holds a VOUCH_CLEANUP variable.
 */
#ifndef VOUCH_DECODE_PDF_H
#define VOUCH_DECODE_PDF_H

#include <mupdf/fitz.h>
#include <mupdf/pdf.h>

#include "handler.h"

/** MuPDF's memory and time: behind its allocator, since that is what every loop of an interpreter comes by. */
typedef struct pdf_budget {
    size_t used, maximum; /* bytes */
    double cpu_end;       /* seconds of this process's CPU; allocation fails from here on */
    bool expired;         /* cpu_end was passed */
    unsigned calls;       /* since the clock was looked at */
    fz_cookie cookie;     /* told to abort when the time is over */
} pdf_budget;

#define PDF_HAN_FONTS 4 /* a Chinese invoice names two or three fonts that it does not embed */

typedef struct pdf_state {
    pdf_budget budget;
    double render_seconds; /* of CPU, left for all drawing of this document */
    fz_context *ctx;
    pdf_document *doc;
    fz_font *han[PDF_HAN_FONTS]; /* substitutes opened in advance; each is given away once, then NULL */
} pdf_state;

/** Give the next operation this many seconds of CPU. */
void pdf_budget_start(pdf_budget *budget, double seconds);

/**
 * Run all that a page shows: content, annotations, form fields. Not the appearance that MuPDF invents for signature
 * fields that nobody has signed. Throws.
 */
void pdf_run_shown(pdf_state *pdf, pdf_page *page, fz_device *device, fz_matrix ctm);

/**
 * Interpret a page and fill its glyphs. Throws.
 *
 * @param page  width and height are set
 */
void pdf_read_text(vouch_decoded *decoded, pdf_state *pdf, pdf_page *source, vouch_page *page);

/** Embedded files as parts: name tree, Root/AF, pages' AF and file attachment annotations. Never fails the document. */
void pdf_read_files(vouch_decoded *decoded, int part, pdf_state *pdf);

/** Document information and the Factur-X file name of the XMP packet as tags. Never fails the document. */
void pdf_read_info(vouch_decoded *decoded, int part, pdf_state *pdf);

/** A stream's bytes, at most `maximum`; longer ones throw. Throws. @return to be dropped with fz_drop_buffer */
fz_buffer *pdf_read_stream(fz_context *ctx, pdf_obj *stream, size_t maximum);

/** Text of a string object as UTF-8 in the arena; "" for anything else. Never throws. */
const char *pdf_copy_text(vouch_decoded *decoded, fz_context *ctx, pdf_obj *object);

#endif
