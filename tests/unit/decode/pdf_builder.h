/**
 * Makes small PDF files for tests: objects are given as text, offsets and the cross-reference table are filled in.
 */
#ifndef VOUCH_TEST_PDF_BUILDER_H
#define VOUCH_TEST_PDF_BUILDER_H

#include "vouch/decode.h"

typedef struct pdf_builder {
    vouch_buffer bytes;
    size_t offsets[64];
    int count; /* objects 1 … count were written */
} pdf_builder;

/** Append the next object; its number is the return value. */
int pdf_put(pdf_builder *pdf, const char *body);
/** Append a stream object. @param entries  of its dictionary beside Length */
int pdf_put_stream(pdf_builder *pdf, const char *entries, const void *data, size_t length);
/** Write the table and a trailer whose entries are given ("/Root 1 0 R"). */
void pdf_finish(pdf_builder *pdf, const char *trailer);
void pdf_builder_done(pdf_builder *pdf);

/**
 * One page of 200 × 100 pt: 1 catalog, 2 page tree, 3 page, 4 content, 5 font Helvetica (/F1), 6 STSong-Light in
 * UniGB-UCS2-H without embedding (/F2), 7 the same vertical (/F3), 8 a grey picture of 1 × 1 (/I1).
 *
 * @param catalog, page  further entries of these dictionaries; "" for none
 */
void pdf_build_page(pdf_builder *pdf, const char *catalog, const char *page, const char *content);

/** Decode what was built; the test fails when that fails. */
vouch_decoded *pdf_decode(const pdf_builder *pdf);

/** Visible text of a page in drawing order as UTF-8; hidden characters in "{}". */
void pdf_text_of(const vouch_page *page, char *out, size_t capacity);

#endif
