/**
 * Makes OFD packages for tests, wrong ones too: a ZIP writer that checks nothing, and a document to start from.
 */
#ifndef VOUCH_TEST_OFD_BUILDER_H
#define VOUCH_TEST_OFD_BUILDER_H

#include "vouch/memory.h"

typedef struct ofd_builder {
    vouch_buffer bytes, directory;
    unsigned count;
} ofd_builder;

/** Append an entry; nothing prevents two of the same name. */
void ofd_put(ofd_builder *builder, const char *name, const void *data, size_t length, bool deflated);
void ofd_put_text(ofd_builder *builder, const char *name, const char *text);
/** Write the directory; the package is builder->bytes then. */
void ofd_finish(ofd_builder *builder);
void ofd_builder_done(ofd_builder *builder);

/** What differs between documents; NULL: as little as is valid. Elements are written with the prefix "ofd:". */
typedef struct ofd_sample {
    const char *info;     /* children of DocInfo */
    const char *body;     /* further children of DocBody */
    const char *common;   /* children of CommonData beside the page area and the fonts */
    const char *document; /* further children of Document */
    const char *page;     /* children of Page beside Content */
    const char *layer;    /* children of the page's only Layer */
} ofd_sample;

/**
 * OFD.xml, Doc_0/Document.xml (page area 100 × 50 mm, one page with ID 1), Doc_0/Res.xml (font 5, picture 7 of file
 * Doc_0/Res/dot.bmp) and Doc_0/Page.xml. Add entries, then ofd_finish.
 */
void ofd_build(ofd_builder *builder, const ofd_sample *sample);

#define OFD_XMLNS "xmlns:ofd=\"http://www.ofdspec.org/2016\""
#define OFD_TEXT(id, boundary, attributes, codes)                                                         \
    "<ofd:TextObject ID=\"" id "\" Boundary=\"" boundary "\" Font=\"5\" Size=\"4\" " attributes ">" codes \
    "</ofd:TextObject>"
#define OFD_CODE(text) "<ofd:TextCode X=\"0\" Y=\"4\">" text "</ofd:TextCode>"

#endif
