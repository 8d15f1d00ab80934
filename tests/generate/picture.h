/**
 * Pictures of sheets, and what happens to paper on its way into a file: a chain of named degradations with parameters.
 *
 * Everything that moves samples moves the boxes of the transcript with them. Only + − × ÷ √ on doubles, which IEEE 754
 * fixes to the last bit, and integers: the same chain and seed give the same bytes in every run.
 */
#ifndef VOUCH_GENERATE_PICTURE_H
#define VOUCH_GENERATE_PICTURE_H

#include <leptonica/allheaders.h>

#include "sheet.h"

enum {
    PICTURE_MAX_PARAMETERS = 5,
    PICTURE_MAX_STEPS = 24,
    PICTURE_BESIDE = 1, /* in a sample's last byte: not paper. Lasts until the next step that moves samples */
};

/** A line of text where it is seen. */
typedef struct picture_line {
    const char *text;
    const char *kind;  /* "form", "filled", "stamp", "handwriting", "application" */
    const char *field; /* name in the reading; NULL: none */
    int invoice, row;
    double x[4], y[4]; /* pixels; clockwise from the text's own top left */
} picture_line;

/** What is seen beside the paper. */
typedef enum picture_surround {
    SURROUND_WHITE,
    SURROUND_BLACK,
    SURROUND_WOOD,
    SURROUND_CLOTH,
    SURROUND_GREY,
} picture_surround;

typedef struct picture {
    PIX *pix; /* 32 bits a pixel */
    vouch_arena *arena;
    picture_line *lines;
    size_t line_count, line_capacity;
    double dots_per_mm;
    picture_surround surround;
    uint64_t surround_seed;
    double frame[9]; /* from pixels to the surface it lies on, whose grain is to go on where pictures grow */
    int invoice_count;
    l_uint8 *jpeg; /* bytes of the last step when that was JPEG; malloc */
    size_t jpeg_length;
} picture;

void picture_done(picture *p);
/** Another pix in place of the one so far, whose JPEG is gone too. */
void picture_replace(picture *p, PIX *pix);
/** The samples are about to change. */
void picture_touch(picture *p);

/** Paint one page of a sheet. @param seed  of fonts and ink */
vouch_code picture_paint(const sheet *painted, int page, int dpi, uint64_t seed, picture *out, vouch_error *err);

/* ---- ink on a picture, in pixels ---- */

typedef enum picture_face {
    FACE_SONG,
    FACE_KAI,
    FACE_HEI,
    FACE_MONO,
    FACE_SANS,
    FACE_COUNT
} picture_face;

typedef struct picture_pen {
    picture_face face;
    double size;     /* pixels an em */
    double turn[4];  /* matrix of every glyph, {1, 0, 0, 1}: upright */
    uint32_t colour; /* 0xRRGGBB */
    int strength;    /* 0..255 */
    bool proportional;
} picture_pen;

#define PICTURE_PEN_DEFAULT .turn = {1, 0, 0, 1}, .strength = 255

double picture_width(const picture_pen *pen, const char *text);
/** Full-width characters advance by the size, ASCII by half of it unless proportional. @param x, y  upper left */
vouch_code picture_write(picture *p, const picture_pen *pen, double x, double y, const char *text, vouch_error *err);
vouch_code picture_glyph(picture *p, const picture_pen *pen, double x, double baseline, uint32_t codepoint,
                         vouch_error *err);
void picture_fill(picture *p, double x0, double y0, double x1, double y1, uint32_t colour, int strength);
/** A round stroke. */
void picture_stroke(picture *p, double x0, double y0, double x1, double y1, double width, uint32_t colour,
                    int strength);
vouch_code picture_seal(picture *p, const sheet_seal *drawn, double dots, int strength, vouch_error *err);
/** A line of the transcript, to be completed. @param kind  kept */
picture_line *picture_add_line(picture *p, const char *kind, const char *text, double x0, double y0, double x1,
                               double y1);

/** Sine and cosine of degrees by + − × ÷ alone. */
double picture_sine(double degrees);
double picture_cosine(double degrees);
/** Smooth noise from 0 to 255, the same for the same seed and place. @param cell  pixels between independent values */
int picture_noise(uint64_t seed, int x, int y, int cell);
/** Colour of a place beside the paper, 0xRRGGBB00 as Leptonica has it, with PICTURE_BESIDE in its last byte. */
l_uint32 picture_beside(const picture *p, int x, int y);

/* ---- geometry ---- */

typedef struct picture_map {
    /** Where a pixel of the new picture comes from. */
    void (*back)(const void *state, double x, double y, double *from_x, double *from_y);
    /** Where a place of the old picture goes to. */
    void (*forth)(const void *state, double x, double y, double *to_x, double *to_y);
    const void *state;
    int width, height; /* of the new picture */
    double frame[9];   /* projection nearest to `back`, for the surface */
} picture_map;

/** A projection and its inverse as row-major matrices. */
typedef struct picture_projection {
    double forth[9], back[9];
} picture_projection;

/** out = a × b */
void picture_multiply(const double a[9], const double b[9], double out[9]);
vouch_code picture_project(picture *p, const picture_projection *by, int width, int height, vouch_error *err);

/* Steps, each a row of the table in degrade.c; values in the order of its parameters. */
typedef vouch_code picture_step(picture *p, const int *values, uint64_t *state, vouch_error *err);
picture_step degrade_perspective, degrade_rotation, degrade_curl, degrade_crease;
picture_step degrade_shadow, degrade_light, degrade_blur, degrade_motion, degrade_noise, degrade_jpeg, degrade_dpi,
    degrade_thermal, degrade_photocopy;
picture_step degrade_paper, degrade_stamp, degrade_handwriting;
picture_step degrade_desk, degrade_scanner, degrade_screenshot;

/** Uniform in a range, both ends in it. */
int picture_between(uint64_t *state, int low, int high);

vouch_code picture_warp(picture *p, const picture_map *map, vouch_error *err);
/** Larger by margins on every side, which show what is beside. */
vouch_code picture_widen(picture *p, int left, int top, int right, int bottom, vouch_error *err);
vouch_code picture_scale(picture *p, double factor, vouch_error *err);
/** Into larger one at a place. */
vouch_code picture_paste(picture *onto, const picture *pasted, int x, int y, vouch_error *err);

/* ---- the chain ---- */

typedef struct degradation_parameter {
    const char *name, *unit;
    int low, high, usual;
} degradation_parameter;

/** One step: a row of the table in degrade.c. */
typedef struct degradation {
    const char *name, *summary;
    degradation_parameter parameters[PICTURE_MAX_PARAMETERS];
    picture_step *apply; /* NULL: several tickets on one sheet */
} degradation;

typedef struct degradation_step {
    const degradation *what;
    int low[PICTURE_MAX_PARAMETERS], high[PICTURE_MAX_PARAMETERS];
} degradation_step;

typedef struct degradation_chain {
    degradation_step steps[PICTURE_MAX_STEPS];
    size_t count;
} degradation_chain;

/** A named chain. */
typedef struct degradation_preset {
    const char *name, *summary, *chain;
} degradation_preset;

const degradation *degradation_table(size_t *count);
const degradation_preset *degradation_presets(size_t *count);

/**
 * "curl perspective:amount=60 jpeg:quality=40..70": steps in their order, a parameter as a number or a range, absent
 * ones at their usual value. Also the name of a preset.
 */
vouch_code degradation_parse(const char *text, degradation_chain *out, vouch_error *err);
/** The chain of a preset drawn by the seed. */
vouch_code degradation_random(uint64_t seed, degradation_chain *out, const char **name, vouch_error *err);
/** How many documents the chain wants on one sheet; 1: it has no such step. */
size_t degradation_tickets(const degradation_chain *chain, uint64_t seed);
/** @param pictures  as many as the chain wants; the first is what remains, the others are empty then */
vouch_code degradation_apply(const degradation_chain *chain, picture *pictures, size_t count, uint64_t seed,
                             vouch_error *err);

/** What a picture is written as: "scan" is a PDF of one page that holds a JPEG. */
typedef struct picture_format {
    const char *name, *ending;
    int (*write)(l_uint8 **bytes, size_t *length, PIX *pix); /* 0: written */
    bool in_pdf;
} picture_format;

/** NULL: there is none of that name. */
const picture_format *picture_format_lookup(const char *name);
vouch_code picture_encode(picture *p, const picture_format *format, vouch_buffer *out, vouch_error *err);

#endif
