/** Degradations of light, lens and file: shadow, uneven light, blur, noise, JPEG, resolution, fading, copies. */
#include <stdlib.h>
#include <string.h>

#include "picture.h"

/** Every channel times factor / 4096. */
static l_uint32 times(l_uint32 value, const int factor[3])
{
    l_uint32 out = 0;
    for (int c = 0; c < 3; c++) {
        int part = (int)(value >> (24 - 8 * c) & 0xFF) * factor[c] >> 12;
        out |= (l_uint32)(part > 255 ? 255 : part) << (24 - 8 * c);
    }
    return out;
}

static l_uint32 *row_of(PIX *pix, int y)
{
    return pixGetData(pix) + (size_t)y * (size_t)pixGetWpl(pix);
}

static double smooth(double t)
{
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    return t * t * (3 - 2 * t);
}

/** Of a hand or a phone: beyond a line that wanders, with a soft edge. */
vouch_code degrade_shadow(picture *p, const int *values, uint64_t *state, vouch_error *err)
{
    (void)err;
    picture_touch(p);
    int width = pixGetWidth(p->pix), height = pixGetHeight(p->pix);
    double degrees = (double)generate_pick(state, 360), nx = picture_cosine(degrees), ny = picture_sine(degrees);
    double reach = ((nx < 0 ? -nx : nx) * width + (ny < 0 ? -ny : ny) * height) / 2;
    double edge = reach * picture_between(state, -30, 55) / 100.0, soft = values[1] * p->dots_per_mm;
    uint64_t wander = generate_next(state);
    int cell = (int)(55 * p->dots_per_mm) + 8;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            double off = (x - width / 2.0) * nx + (y - height / 2.0) * ny - edge;
            off += (picture_noise(wander, x, y, cell) - 128) * p->dots_per_mm * 0.1;
            if (off <= 0)
                continue;
            int dark = (int)(smooth(off / soft) * values[0] * 4096 / 100);
            const int factor[3] = {4096 - dark, 4096 - dark * 98 / 100, 4096 - dark * 94 / 100};
            row_of(p->pix, y)[x] = times(row_of(p->pix, y)[x], factor);
        }
    return VOUCH_OK;
}

/** A lamp over one place: darker away from it, and of its colour. */
vouch_code degrade_light(picture *p, const int *values, uint64_t *state, vouch_error *err)
{
    (void)err;
    picture_touch(p);
    int width = pixGetWidth(p->pix), height = pixGetHeight(p->pix);
    double cx = width * picture_between(state, 15, 85) / 100.0, cy = height * picture_between(state, 15, 85) / 100.0;
    double reach = (double)width * width + (double)height * height;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            double away = ((x - cx) * (x - cx) + (y - cy) * (y - cy)) / reach;
            int dark = (int)(values[0] * 40.96 * (away > 1 ? 1 : away)) + values[2] * 41, warm = values[1] * 8;
            const int factor[3] = {4096 - dark, 4096 - dark - warm / 3, 4096 - dark - warm};
            row_of(p->pix, y)[x] = times(row_of(p->pix, y)[x], factor);
        }
    return VOUCH_OK;
}

/**
 * Mean over a line of samples `step` apart, `radius` to either side and `part` tenths of one more, by a running sum;
 * past the ends the line's last sample goes on.
 */
static void blur_line(l_uint32 *line, size_t step, int length, int radius, unsigned part, l_uint32 *old)
{
    for (int i = 0; i < length; i++)
        old[i] = line[(size_t)i * step];
    unsigned weight = 10 * (2 * (unsigned)radius + 1) + 2 * part;
    for (int shift = 8; shift <= 24; shift += 8) {
        unsigned sum = 0;
        for (int i = -radius; i <= radius; i++)
            sum += old[i < 0 ? 0 : i >= length ? length - 1 : i] >> shift & 0xFF;
        for (int i = 0; i < length; i++) {
            int before = i - radius - 1, after = i + radius + 1;
            unsigned first = old[before < 0 ? 0 : before] >> shift & 0xFF;
            unsigned last = old[after >= length ? length - 1 : after] >> shift & 0xFF;
            l_uint32 mean = (10 * sum + part * (first + last) + weight / 2) / weight;
            l_uint32 *to = &line[(size_t)i * step];
            *to = (*to & ~((l_uint32)0xFF << shift)) | mean << shift;
            int leaves = i - radius;
            sum += last - (old[leaves < 0 ? 0 : leaves] >> shift & 0xFF);
        }
    }
}

/** Out of focus: a mean over a square, its radius in tenths of pixels; twice, which is near to a cone. */
vouch_code degrade_blur(picture *p, const int *values, uint64_t *state, vouch_error *err)
{
    (void)state;
    int width = pixGetWidth(p->pix), height = pixGetHeight(p->pix), radius = values[0] / 10;
    size_t wpl = (size_t)pixGetWpl(p->pix);
    unsigned part = (unsigned)values[0] % 10;
    l_uint32 *old = calloc((size_t)(width > height ? width : height), sizeof *old);
    if (!old)
        return vouch_fail(err, VOUCH_NO_MEMORY, "blurring a picture");
    picture_touch(p);
    for (int pass = 0; pass < 2; pass++) {
        for (int y = 0; y < height; y++)
            blur_line(row_of(p->pix, y), 1, width, radius, part, old);
        for (int x = 0; x < width; x++)
            blur_line(pixGetData(p->pix) + x, wpl, height, radius, part, old);
    }
    free(old);
    return VOUCH_OK;
}

/** A shaken hand: a mean along a line. */
vouch_code degrade_motion(picture *p, const int *values, uint64_t *state, vouch_error *err)
{
    PIX *old = pixCopy(NULL, p->pix);
    if (!old)
        return vouch_fail(err, VOUCH_NO_MEMORY, "shaking a picture");
    picture_touch(p);
    int width = pixGetWidth(old), height = pixGetHeight(old), length = values[0];
    double degrees = (double)generate_pick(state, 180), nx = picture_cosine(degrees), ny = picture_sine(degrees);
    int steps_x[64], steps_y[64];
    for (int i = 0; i < length; i++) {
        double along = i - (length - 1) / 2.0;
        steps_x[i] = (int)(along * nx + 64.5) - 64;
        steps_y[i] = (int)(along * ny + 64.5) - 64;
    }
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            unsigned sum[3] = {0};
            for (int i = 0; i < length; i++) {
                int sx = x + steps_x[i], sy = y + steps_y[i];
                sx = sx < 0 ? 0 : sx >= width ? width - 1 : sx;
                sy = sy < 0 ? 0 : sy >= height ? height - 1 : sy;
                l_uint32 value = row_of(old, sy)[sx];
                for (int c = 0; c < 3; c++)
                    sum[c] += value >> (24 - 8 * c) & 0xFF;
            }
            unsigned n = (unsigned)length;
            row_of(p->pix, y)[x] = (sum[0] / n) << 24 | (sum[1] / n) << 16 | (sum[2] / n) << 8;
        }
    pixDestroy(&old);
    return VOUCH_OK;
}

/** Of a sensor: brightness strongest, colour half of it. One number a pixel gives three sums of bytes, near to normal.
 */
vouch_code degrade_noise(picture *p, const int *values, uint64_t *state, vouch_error *err)
{
    (void)err;
    picture_touch(p);
    for (int y = 0; y < pixGetHeight(p->pix); y++)
        for (int x = 0; x < pixGetWidth(p->pix); x++) {
            uint64_t random = generate_next(state);
            int bright = (int)(random & 0xFF) + (int)(random >> 8 & 0xFF) + (int)(random >> 16 & 0xFF) +
                         (int)(random >> 24 & 0xFF) - 510;
            l_uint32 *at = row_of(p->pix, y) + x, out = 0;
            for (int c = 0; c < 3; c++) {
                int colour = (int)(random >> (32 + 8 * c) & 0xFF) - 127;
                int value = (int)(*at >> (24 - 8 * c) & 0xFF) + (bright + colour / 2) * values[0] / 148;
                out |= (l_uint32)(value < 0 ? 0 : value > 255 ? 255 : value) << (24 - 8 * c);
            }
            *at = out;
        }
    return VOUCH_OK;
}

vouch_code degrade_jpeg(picture *p, const int *values, uint64_t *state, vouch_error *err)
{
    (void)state;
    for (int n = 0; n < values[1]; n++) {
        l_uint8 *bytes = NULL;
        size_t length = 0;
        PIX *again = pixWriteMemJpeg(&bytes, &length, p->pix, values[0], 0) == 0 ? pixReadMem(bytes, length) : NULL;
        PIX *colour = again ? pixConvertTo32(again) : NULL;
        pixDestroy(&again);
        if (!colour) {
            free(bytes);
            return vouch_fail(err, VOUCH_INTERNAL, "a picture can't be written as JPEG");
        }
        picture_replace(p, colour);
        p->jpeg = bytes;
        p->jpeg_length = length;
    }
    return VOUCH_OK;
}

vouch_code degrade_dpi(picture *p, const int *values, uint64_t *state, vouch_error *err)
{
    (void)state;
    return picture_scale(p, values[0] / 25.4 / p->dots_per_mm, err);
}

/** Thermal paper: ink that pales in bands along the printer's head, unevenly down the paper, on paper that yellows. */
vouch_code degrade_thermal(picture *p, const int *values, uint64_t *state, vouch_error *err)
{
    (void)err;
    picture_touch(p);
    uint64_t bands = generate_next(state), patches = generate_next(state);
    int cell = (int)(6 * p->dots_per_mm) + 4;
    for (int y = 0; y < pixGetHeight(p->pix); y++)
        for (int x = 0; x < pixGetWidth(p->pix); x++) {
            int fade = values[0] + (picture_noise(bands, x, 0, cell) - 128) * values[1] / 128 +
                       (picture_noise(patches, x, y, cell * 6) - 128) * values[1] / 200;
            fade = fade < 0 ? 0 : fade > 95 ? 95 : fade;
            l_uint32 *at = row_of(p->pix, y) + x, out = 0;
            static const int paper[3] = {250, 246, 232}, printed[3] = {20, 16, 40};
            for (int c = 0; c < 3; c++) {
                int value = (int)(*at >> (24 - 8 * c) & 0xFF);
                int darkness = (255 - value) * (100 - fade) / 100;
                out |= (l_uint32)(paper[c] - darkness * (paper[c] - printed[c]) / 255) << (24 - 8 * c);
            }
            *at = out;
        }
    return VOUCH_OK;
}

/** Grey, hard, with specks; two-valued above a strength of 100. */
vouch_code degrade_photocopy(picture *p, const int *values, uint64_t *state, vouch_error *err)
{
    (void)err;
    picture_touch(p);
    uint64_t toner = generate_next(state);
    for (int y = 0; y < pixGetHeight(p->pix); y++)
        for (int x = 0; x < pixGetWidth(p->pix); x++) {
            l_uint32 *at = row_of(p->pix, y) + x;
            int grey = ((int)(*at >> 24) * 77 + (int)(*at >> 16 & 0xFF) * 150 + (int)(*at >> 8 & 0xFF) * 29) >> 8;
            grey += (picture_noise(toner, x, y, 9) - 128) / 8;
            int hard = values[0] > 100 ? (grey < 160 ? 0 : 255) : 160 + (grey - 160) * (100 + 3 * values[0]) / 100;
            if (generate_next(state) % 100000 < (uint64_t)values[1])
                hard = 30;
            hard = hard < 0 ? 0 : hard > 255 ? 255 : hard;
            *at = (l_uint32)hard * 0x01010100u;
        }
    return VOUCH_OK;
}
