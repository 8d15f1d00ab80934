/** Degradations that bend or turn the paper: perspective, rotation, curl, crease. */
#include "picture.h"

/** Projective map from the unit square onto four corners (Heckbert 1989), and back by its adjugate. */
typedef struct projection {
    double forth[9], back[9];
    double width, height;
} projection;

static void project(const double m[9], double x, double y, double *to_x, double *to_y)
{
    double w = m[6] * x + m[7] * y + m[8];
    *to_x = (m[0] * x + m[1] * y + m[2]) / w;
    *to_y = (m[3] * x + m[4] * y + m[5]) / w;
}

static void projection_of(projection *out, const double x[4], const double y[4])
{
    double dx1 = x[1] - x[2], dx2 = x[3] - x[2], sx = x[0] - x[1] + x[2] - x[3];
    double dy1 = y[1] - y[2], dy2 = y[3] - y[2], sy = y[0] - y[1] + y[2] - y[3];
    double d = dx1 * dy2 - dx2 * dy1, g = (sx * dy2 - dx2 * sy) / d, h = (dx1 * sy - sx * dy1) / d;
    double m[9] = {x[1] - x[0] + g * x[1],
                   x[3] - x[0] + h * x[3],
                   x[0],
                   y[1] - y[0] + g * y[1],
                   y[3] - y[0] + h * y[3],
                   y[0],
                   g,
                   h,
                   1};
    for (int i = 0; i < 9; i++) {
        int a = (i % 3 + 1) % 3, b = (i % 3 + 2) % 3, c = (i / 3 + 1) % 3, e = (i / 3 + 2) % 3;
        out->forth[i] = m[i];
        out->back[i] = m[3 * a + c] * m[3 * b + e] - m[3 * a + e] * m[3 * b + c];
    }
}

static bool perspective_back(const void *state, double x, double y, double *from_x, double *from_y)
{
    const projection *p = state;
    project(p->back, x, y, from_x, from_y);
    *from_x *= p->width;
    *from_y *= p->height;
    return true;
}

static void perspective_forth(const void *state, double x, double y, double *to_x, double *to_y)
{
    const projection *p = state;
    project(p->forth, x / p->width, y / p->height, to_x, to_y);
}

/** Seen from a side: the far edge is shorter and the page less deep. */
vouch_code degrade_perspective(picture *p, const int *values, uint64_t *state, vouch_error *err)
{
    int width = pixGetWidth(p->pix), height = pixGetHeight(p->pix), amount = values[0];
    double across = picture_between(state, -amount, amount) / 1000.0;
    double down = picture_between(state, amount / 3, amount) / 1000.0 * (generate_pick(state, 3) ? 1 : -1);
    double x[4] = {0, 1, 1, 0}, y[4] = {0, 0, 1, 1};
    for (int i = 0; i < 4; i++) {
        double away_y = down > 0 ? down * (i < 2) : -down * (i >= 2);
        double away_x = across > 0 ? across * (i == 0 || i == 3) : -across * (i == 1 || i == 2);
        x[i] += (0.5 - x[i]) * 2 * away_y + (x[i] < 0.5 ? away_x : -away_x);
        y[i] += (0.5 - y[i]) * 2 * away_x + (y[i] < 0.5 ? away_y : -away_y);
        x[i] = (x[i] + picture_between(state, -amount / 8, amount / 8) / 1000.0) * width;
        y[i] = (y[i] + picture_between(state, -amount / 8, amount / 8) / 1000.0) * height;
    }
    projection seen = {.width = width, .height = height};
    projection_of(&seen, x, y);
    return picture_warp(p, &(picture_map){perspective_back, perspective_forth, &seen, width, height}, err);
}

typedef struct turn {
    double sine, cosine, old_x, old_y, new_x, new_y; /* of the centres */
} turn;

static bool turn_back(const void *state, double x, double y, double *from_x, double *from_y)
{
    const turn *t = state;
    *from_x = t->old_x + (x - t->new_x) * t->cosine + (y - t->new_y) * t->sine;
    *from_y = t->old_y - (x - t->new_x) * t->sine + (y - t->new_y) * t->cosine;
    return true;
}

static void turn_forth(const void *state, double x, double y, double *to_x, double *to_y)
{
    const turn *t = state;
    *to_x = t->new_x + (x - t->old_x) * t->cosine - (y - t->old_y) * t->sine;
    *to_y = t->new_y + (x - t->old_x) * t->sine + (y - t->old_y) * t->cosine;
}

static double magnitude(double value)
{
    return value < 0 ? -value : value;
}

/** Clockwise; the new picture holds all of the old one. */
vouch_code degrade_rotation(picture *p, const int *values, uint64_t *state, vouch_error *err)
{
    (void)state;
    double degrees = values[0] / 10.0, sine = picture_sine(degrees), cosine = picture_cosine(degrees);
    int width = pixGetWidth(p->pix), height = pixGetHeight(p->pix);
    int wide = (int)(width * magnitude(cosine) + height * magnitude(sine) + 0.5);
    int high = (int)(width * magnitude(sine) + height * magnitude(cosine) + 0.5);
    turn t = {sine, cosine, width / 2.0, height / 2.0, wide / 2.0, high / 2.0};
    return picture_warp(p, &(picture_map){turn_back, turn_forth, &t, wide, high}, err);
}

typedef struct wave {
    double rise, width, bends, phase; /* pixels; half waves over the width; degrees */
} wave;

static double wave_at(const wave *w, double x)
{
    return w->rise * picture_sine(180 * w->bends * x / w->width + w->phase);
}

static bool curl_back(const void *state, double x, double y, double *from_x, double *from_y)
{
    const wave *w = state;
    *from_x = x;
    *from_y = y - w->rise - wave_at(w, x);
    return true;
}

static void curl_forth(const void *state, double x, double y, double *to_x, double *to_y)
{
    const wave *w = state;
    *to_x = x;
    *to_y = y + w->rise + wave_at(w, x);
}

/** Light on one column, in 4096ths: brighter where the paper rises towards it. */
static void shade_column(picture *p, int x, int factor)
{
    for (int y = 0; y < pixGetHeight(p->pix); y++) {
        l_uint32 *at = pixGetData(p->pix) + (size_t)y * (size_t)pixGetWpl(p->pix) + (size_t)x, shaded = 0;
        for (int shift = 8; shift <= 24; shift += 8) {
            int value = (int)(*at >> shift & 0xFF) * factor >> 12;
            shaded |= (l_uint32)(value > 255 ? 255 : value) << shift;
        }
        *at = shaded;
    }
}

vouch_code degrade_curl(picture *p, const int *values, uint64_t *state, vouch_error *err)
{
    int width = pixGetWidth(p->pix), height = pixGetHeight(p->pix);
    wave w = {values[0] * height / 1000.0, width, values[1] / 10.0, (double)generate_pick(state, 60)};
    for (int x = 0; x < width; x++) {
        double slope = picture_cosine(180 * w.bends * x / w.width + w.phase);
        shade_column(p, x, 4096 - (int)(values[2] * 20 * (1 + slope)));
    }
    return picture_warp(p, &(picture_map){curl_back, curl_forth, &w, width, height + 2 * (int)w.rise}, err);
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
                if (factor == 4096)
                    continue;
                l_uint32 *at = pixGetData(p->pix) + (size_t)y * (size_t)pixGetWpl(p->pix) + (size_t)x, shaded = 0;
                for (int shift = 8; shift <= 24; shift += 8) {
                    int value = (int)(*at >> shift & 0xFF) * factor >> 12;
                    shaded |= (l_uint32)(value > 255 ? 255 : value) << shift;
                }
                *at = shaded;
            }
    }
    return VOUCH_OK;
}
