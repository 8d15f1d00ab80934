/**
 * Inside of the OFD reader: drawing.
 */
#ifndef VOUCH_DECODE_OFD_H
#define VOUCH_DECODE_OFD_H

#include "ofd_walk.h"

/** Picture of an electronic seal, in the bytes it was taken from. */
typedef struct ofd_seal {
    const char *type; /* "ofd", "png", "jpg", …, as stated; in the arena */
    const uint8_t *data;
    size_t length;
    double width, height; /* millimetres, as stated */
} ofd_seal;

/**
 * Find the picture in a signed value (SES_Signature) or a seal (SESeal), GB/T 38540-2020 and GM/T 0031-2014.
 *
 * @return false when there is none or the structure is damaged
 */
bool ofd_seal_picture(vouch_arena *arena, const uint8_t *der, size_t length, ofd_seal *out);

/** Where a seal is shown (StampAnnot, clause 18.2). */
typedef struct ofd_stamp {
    uint32_t page_id;
    ofd_box boundary; /* on the page, millimetres */
    ofd_box clip;     /* in the boundary; width 0: none */
    size_t seal;      /* index */
} ofd_stamp;

typedef struct ofd_stamps {
    ofd_stamp *items;
    size_t count, capacity;
    ofd_seal *seals;
    size_t seal_count, seal_capacity;
} ofd_stamps;

/** Stamps of all signatures of a document. What is missing or damaged is a problem, not a failure. */
void ofd_load_stamps(ofd_document *document, ofd_stamps *out);

typedef struct ofd_renderer ofd_renderer;

/**
 * Draw a page as a viewer shows it.
 *
 * @param renderer  NULL at first; made when needed and used again; release with ofd_renderer_free
 * @param out       its samples are white
 */
vouch_code ofd_render(ofd_renderer **renderer, ofd_document *document, ofd_page *page, double scale, vouch_raster *out,
                      vouch_error *err);
void ofd_renderer_free(ofd_renderer **renderer);

#endif
