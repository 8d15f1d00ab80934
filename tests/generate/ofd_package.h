/** An OFD package being written (GB/T 33190-2016): its files, text objects, and the ZIP around them. */
#ifndef VOUCH_GENERATE_OFD_PACKAGE_H
#define VOUCH_GENERATE_OFD_PACKAGE_H

#include "generate.h"

enum {
    OFD_MAX_FILES = 64
};

typedef struct ofd_file {
    const char *path;
    vouch_buffer content;
} ofd_file;

typedef struct ofd_package {
    ofd_file files[OFD_MAX_FILES];
    int file_count, next_id;
    int root;          /* index of OFD.xml */
    vouch_buffer page; /* content of the page's layer */
    vouch_buffer tags; /* content of the tag file */
    vouch_code status; /* first failure; later writes do nothing */
    vouch_arena *arena;
} ofd_package;

void ofd_package_done(ofd_package *p);
/** Append; does nothing after a failure. */
void ofd_put(ofd_package *p, vouch_buffer *out, const char *format, ...) VOUCH_PRINTF(3, 4);
/** A new file that begins with the XML declaration. @param path  kept */
vouch_buffer *ofd_add_file(ofd_package *p, const char *path);
/** A text object on the page: full-width characters advance by the size, ASCII by half of it. @return its id */
int ofd_put_text(ofd_package *p, double x, double y, double size, const char *value);
void ofd_put_rule(ofd_package *p, vouch_buffer *out, double x0, double y0, double x1, double y1);
/** OFD.xml first, as readers that sniff expect it. */
vouch_code ofd_write_zip(ofd_package *p, vouch_buffer *out, vouch_error *err);

#endif
