/** Degradations that bend or turn the paper: perspective, rotation, curl, crease. */
#include "picture.h"

/**
 * Projection of a rectangle onto four corners (Heckbert 1989: of the unit square, here scaled), and back by its
 * adjugate.
 */
static picture_projection projection_of(double width, double height, const double x[4], const double y[4])
{
    double dx1 = x[1] - x[2], dx2 = x[3] - x[2], sx = x[0] - x[1] + x[2] - x[3];
    double dy1 = y[1] - y[2], dy2 = y[3] - y[2], sy = y[0] - y[1] + y[2] - y[3];
    double d = dx1 * dy2 - dx2 * dy1, g = (sx * dy2 - dx2 * sy) / d, h = (dx1 * sy - sx * dy1) / d;
    const double square[9] = {x[1] - x[0] + g * x[1],
                              x[3] - x[0] + h * x[3],
                              x[0],
                              y[1] - y[0] + g * y[1],
                              y[3] - y[0] + h * y[3],
                              y[0],
                              g,
                              h,
                              1};
    const double to_square[9] = {1 / width, 0, 0, 0, 1 / height, 0, 0, 0, 1};
    picture_projection out;
    picture_multiply(square, to_square, out.forth);
    const double *m = out.forth;
    for (int i = 0; i < 9; i++) {
        int a = (i % 3 + 1) % 3, b = (i % 3 + 2) % 3, c = (i / 3 + 1) % 3, e = (i / 3 + 2) % 3;
        out.back[i] = m[3 * a + c] * m[3 * b + e] - m[3 * a + e] * m[3 * b + c];
    }
    return out;
}

/** Seen from a side: the far edge is shorter and the page less deep. */
vouch_code degrade_perspective(picture *p, const int *values, uint64_t *state, vouch_error *err)
{
    int width = pixGetWidth(p->pix), height = pixGetHeight(p->pix), amount = values[0];
    double across = picture_between(state, -amount, amount) / 1000.0;
    double down = picture_between(state, amount / 3, amount) / 1000.0;
    down = generate_pick(state, 3) ? down : -down;
    double x[4] = {0, 1, 1, 0}, y[4] = {0, 0, 1, 1};
    for (int i = 0; i < 4; i++) {
        bool right = i == 1 || i == 2, below = i >= 2;
        double away_y = down > 0 ? down * !below : -down * below;
        double away_x = across > 0 ? across * !right : -across * right;
        x[i] += (right ? -1 : 1) * (away_y + away_x);
        y[i] += (below ? -1 : 1) * (away_y + away_x);
        x[i] = (x[i] + picture_between(state, -amount / 8, amount / 8) / 1000.0) * width;
        y[i] = (y[i] + picture_between(state, -amount / 8, amount / 8) / 1000.0) * height;
    }
    picture_projection seen = projection_of(width, height, x, y);
    return picture_project(p, &seen, width, height, err);
}

static double magnitude(double value)
{
    return value < 0 ? -value : value;
}

/** Clockwise; the new picture holds all of the old one. */
vouch_code degrade_rotation(picture *p, const int *values, uint64_t *state, vouch_error *err)
{
    (void)state;
    double degrees = values[0] / 10.0, s = picture_sine(degrees), c = picture_cosine(degrees);
    int width = pixGetWidth(p->pix), height = pixGetHeight(p->pix);
    int wide = (int)(width * magnitude(c) + height * magnitude(s) + 0.5);
    int high = (int)(width * magnitude(s) + height * magnitude(c) + 0.5);
    double x = width / 2.0, y = height / 2.0, to_x = wide / 2.0, to_y = high / 2.0;
    const picture_projection turned = {{c, -s, to_x - c * x + s * y, s, c, to_y - s * x - c * y, 0, 0, 1},
                                       {c, s, x - c * to_x - s * to_y, -s, c, y + s * to_x - c * to_y, 0, 0, 1}};
    return picture_project(p, &turned, wide, high, err);
}

typedef struct wave {
    double rise, width, bends, phase; /* pixels; half waves over the width; degrees */
    double *columns;                  /* displacement of each */
} wave;

static double wave_at(const wave *w, double x)
{
    return w->rise * picture_sine(180 * w->bends * x / w->width + w->phase);
}

static void curl_back(const void *state, double x, double y, double *from_x, double *from_y)
{
    const wave *w = state;
    *from_x = x;
    *from_y = y - w->rise - w->columns[(int)x];
}

static void curl_forth(const void *state, double x, double y, double *to_x, double *to_y)
{
    const wave *w = state;
    *to_x = x;
    *to_y = y + w->rise + wave_at(w, x);
}

static l_uint32 shaded(l_uint32 value, int factor)
{
    l_uint32 out = 0;
    for (int shift = 8; shift <= 24; shift += 8) {
        int part = (int)(value >> shift & 0xFF) * factor >> 12;
        out |= (l_uint32)(part > 255 ? 255 : part) << shift;
    }
    return out;
}

/** Light on one column of paper, in 4096ths: brighter where the paper rises towards it. */
static void shade_column(picture *p, int x, int factor)
{
    for (int y = 0; y < pixGetHeight(p->pix); y++) {
        l_uint32 *at = pixGetData(p->pix) + (size_t)y * (size_t)pixGetWpl(p->pix) + (size_t)x;
        if (!(*at & PICTURE_BESIDE))
            *at = shaded(*at, factor);
    }
}

vouch_code degrade_curl(picture *p, const int *values, uint64_t *state, vouch_error *err)
{
    int width = pixGetWidth(p->pix), height = pixGetHeight(p->pix);
    wave w = {values[0] * height / 1000.0, width, values[1] / 10.0, (double)generate_pick(state, 60), NULL};
    w.columns = vouch_arena_calloc(p->arena, (size_t)width, sizeof *w.columns);
    for (int x = 0; x < width; x++) {
        double slope = picture_cosine(180 * w.bends * x / w.width + w.phase);
        w.columns[x] = wave_at(&w, x + 0.5);
        shade_column(p, x, 4096 - (int)(values[2] * 20 * (1 + slope)));
    }
    const picture_map map = {
        curl_back, curl_forth, &w, width, height + 2 * (int)w.rise, {1, 0, 0, 0, 1, -w.rise, 0, 0, 1}};
    return picture_warp(p, &map, err);
}

/** A fold: a dark line beside a bright one, and one half of the paper that leans away from the light. */
static int fold_light(double off_mm, int strength)
{
    double away = off_mm < 0 ? -off_mm : off_mm, light = 0;
    if (away < 0.9)
        light += (off_mm < 0 ? -22 : 9) * (0.9 - away) / 0.9;
    if (off_mm > 0 && away < 40)
        light -= 5 * (40 - away) / 40;
    return 4096 + (int)(light * strength);
}

vouch_code degrade_crease(picture *p, const int *values, uint64_t *state, vouch_error *err)
{
    (void)err;
    picture_touch(p);
    int width = pixGetWidth(p->pix), height = pixGetHeight(p->pix);
    for (int n = 0; n < values[0]; n++) {
        bool upright = generate_pick(state, 2);
        double degrees = (upright ? 90 : 0) + picture_between(state, -40, 40) / 10.0;
        double nx = -picture_sine(degrees), ny = picture_cosine(degrees);
        double through_x = width * picture_between(state, 25, 75) / 100.0;
        double through_y = height * picture_between(state, 25, 75) / 100.0;
        uint64_t ragged = generate_next(state);
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                double off = ((x - through_x) * nx + (y - through_y) * ny) / p->dots_per_mm;
                off += (picture_noise(ragged, x, y, 24) - 128) / 500.0;
                int factor = off > -1 && off < 40 ? fold_light(off, values[1]) : 4096;
                l_uint32 *at = pixGetData(p->pix) + (size_t)y * (size_t)pixGetWpl(p->pix) + (size_t)x;
                if (factor != 4096 && !(*at & PICTURE_BESIDE))
                    *at = shaded(*at, factor);
            }
    }
    return VOUCH_OK;
}
