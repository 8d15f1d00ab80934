/**
 * Inside of the OFD reader: what is taken out of a document when it is opened: glyphs, tags, attachments.
 */
#ifndef VOUCH_DECODE_OFD_EXTRACT_H
#define VOUCH_DECODE_OFD_EXTRACT_H

#include "ofd_walk.h"

/** Append a page to the vouch_decoded with its glyphs, and fill page->places, sorted by id and rank. */
vouch_code ofd_extract_page(ofd_document *document, ofd_page *page, int part, vouch_error *err);

/** The place of an object: of equal ids that of the page itself, then its templates, then its annotations. */
const ofd_place *ofd_find_place(const ofd_page *page, uint32_t id);

/** CustomDatas of OFD.xml (clause 7.4, table 4) as tags "ofd.data". */
void ofd_extract_custom_data(ofd_document *document, int part);
/** Custom tags (clause 16) as tags "ofd.tag"; all pages must have been extracted. */
void ofd_extract_tags(ofd_document *document, int part);
/** Attachments (clause 20) as parts. */
vouch_code ofd_extract_attachments(ofd_document *document, int part, vouch_error *err);

#endif
