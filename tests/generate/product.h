/** What one run makes of one seed: the files of a document, as bytes with names. */
#ifndef VOUCH_GENERATE_PRODUCT_H
#define VOUCH_GENERATE_PRODUCT_H

#include "picture.h"

enum {
    PRODUCT_MAX_FILES = 24
};

/** What is wanted of every document. */
typedef struct product_request {
    const char *picture; /* name of a picture_format; NULL: the document itself */
    const char *degrade; /* chain, preset, or "random"; NULL: none */
    int dpi;
    size_t invoices; /* in one file */
    bool boxes;      /* the transcript too */
} product_request;

typedef struct product_file {
    char name[96];
    vouch_buffer content;
} product_file;

typedef struct product {
    product_file files[PRODUCT_MAX_FILES];
    size_t count;
} product;

void product_done(product *p);
/** Document, expected reading, transcript. @param seed  of all that is random */
vouch_code product_make(const generate_kind *kind, uint64_t seed, const product_request *wanted, product *out,
                        vouch_error *err);

/** The documents of fixtures/. */
size_t product_fixture_count(void);
vouch_code product_fixture(size_t index, product *out, vouch_error *err);

/* ---- where products go ---- */

typedef struct delivery {
    const char *directory; /* NULL: a tar archive on standard output */
    unsigned jobs;         /* processes */
    double per_minute;     /* documents; 0: as fast as it goes */
    bool silent;
} delivery;

typedef struct delivery_plan {
    const generate_kind *const *kinds;
    size_t kind_count;
    uint64_t seed, count; /* count of each kind */
    const product_request *request;
} delivery_plan;

/** All products of a plan; jobs share them out by their number. @param seconds  set to what it took */
vouch_code delivery_run(const delivery *to, const delivery_plan *plan, uint64_t *made, double *seconds,
                        vouch_error *err);
vouch_code delivery_write_file(const char *directory, const char *name, const vouch_buffer *content, vouch_error *err);

#endif
