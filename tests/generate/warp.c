/** Moving samples and boxes together: warps with bilinear sampling in 8-bit weights, margins, scaling, pasting. */
#include <string.h>

#include "picture.h"

double picture_sine(double degrees)
{
    double turns = degrees / 360;
    turns -= (double)(int64_t)turns;
    turns = turns > 0.5 ? turns - 1 : turns < -0.5 ? turns + 1 : turns; /* −½ … ½ */
    if (turns > 0.25)
        turns = 0.5 - turns;
    else if (turns < -0.25)
        turns = -0.5 - turns;
    double x = turns * 6.283185307179586, square = x * x, term = x, sum = x;
    for (int n = 1; n <= 9; n++) { /* Taylor; below 1e-16 on a quarter turn */
        term = -term * square / (double)(2 * n * (2 * n + 1));
        sum += term;
    }
    return sum;
}

double picture_cosine(double degrees)
{
    return picture_sine(degrees + 90);
}

static int lattice(uint64_t seed, int x, int y)
{
    uint64_t state = seed ^ ((uint64_t)(uint32_t)x << 32 | (uint32_t)y);
    return (int)(generate_next(&state) >> 56);
}

/** Value noise: random values on a lattice, smoothly between them. */
int picture_noise(uint64_t seed, int x, int y, int cell)
{
    x += 1 << 20; /* places left of and above the picture */
    y += 1 << 20;
    int left = x / cell, top = y / cell;
    int fx = (x % cell) * 256 / cell, fy = (y % cell) * 256 / cell;
    fx = fx * fx * (768 - 2 * fx) >> 16; /* 3t² − 2t³ */
    fy = fy * fy * (768 - 2 * fy) >> 16;
    int upper = lattice(seed, left, top) * (256 - fx) + lattice(seed, left + 1, top) * fx;
    int lower = lattice(seed, left, top + 1) * (256 - fx) + lattice(seed, left + 1, top + 1) * fx;
    return (upper * (256 - fy) + lower * fy) >> 16;
}

static l_uint32 shaded(int red, int green, int blue, int add)
{
    int part[3] = {red + add, green + add, blue + add};
    for (int i = 0; i < 3; i++)
        part[i] = part[i] < 0 ? 0 : part[i] > 255 ? 255 : part[i];
    return (l_uint32)part[0] << 24 | (l_uint32)part[1] << 16 | (l_uint32)part[2] << 8;
}

static l_uint32 surface(const picture *p, int x, int y)
{
    uint64_t seed = p->surround_seed;
    int cell = (int)(p->dots_per_mm * 2) + 2, grain;
    switch (p->surround) {
    case SURROUND_WHITE:
        return 0xFFFFFF00;
    case SURROUND_BLACK:
        grain = picture_noise(seed, x, y, 3) / 24;
        return shaded(8, 8, 9, grain);
    case SURROUND_GREY:
        return 0x52565900;
    case SURROUND_WOOD: /* long fibres, their colour drifting over the board */
        grain = picture_noise(seed, x, y * 24, cell * 12) / 6 + picture_noise(seed + 1, x, y * 90, cell * 30) / 9 - 34;
        return shaded(158, 118, 78, grain + picture_noise(seed + 2, x, y, cell * 40) / 10 - 12);
    case SURROUND_CLOTH:
        grain = picture_noise(seed, x, y, 2) / 16 + picture_noise(seed + 1, x, y, cell * 30) / 12 - 18;
        return shaded(96, 104, 116, grain);
    }
    return 0;
}

static void project(const double m[9], double x, double y, double *to_x, double *to_y)
{
    double w = m[6] * x + m[7] * y + m[8];
    *to_x = (m[0] * x + m[1] * y + m[2]) / w;
    *to_y = (m[3] * x + m[4] * y + m[5]) / w;
}

l_uint32 picture_beside(const picture *p, int x, int y)
{
    double on_x, on_y;
    const double most = 1 << 19; /* pixels from the origin */
    project(p->frame, x, y, &on_x, &on_y);
    bool far = !(on_x > -most && on_x < most && on_y > -most && on_y < most);
    return surface(p, far ? 0 : (int)(on_x + most) - (int)most, far ? 0 : (int)(on_y + most) - (int)most) |
           PICTURE_BESIDE;
}

/** Two channels at once, 8 bits of weight. */
static l_uint32 between(l_uint32 a, l_uint32 b, l_uint32 weight)
{
    return ((a * (256 - weight) + b * weight + 0x00800080u) >> 8) & 0x00FF00FFu;
}

static l_uint32 sample_at(const picture *p, int x, int y)
{
    bool inside = x >= 0 && y >= 0 && x < pixGetWidth(p->pix) && y < pixGetHeight(p->pix);
    return inside ? pixGetData(p->pix)[(size_t)y * (size_t)pixGetWpl(p->pix) + (size_t)x] : picture_beside(p, x, y);
}

/** Between four samples; beside the picture is what is beside the paper. */
static l_uint32 sample(const picture *p, double x, double y)
{
    int fixed_x = (int)((x + 16) * 256) - 16 * 256 - 128, fixed_y = (int)((y + 16) * 256) - 16 * 256 - 128;
    int left = fixed_x >> 8, top = fixed_y >> 8;
    l_uint32 fx = (l_uint32)fixed_x & 255, fy = (l_uint32)fixed_y & 255;
    l_uint32 corners[4];
    for (int i = 0; i < 4; i++)
        corners[i] = sample_at(p, left + (i & 1), top + (i >> 1)) >> 8;
    l_uint32 green[4], other[4];
    for (int i = 0; i < 4; i++) {
        green[i] = corners[i] >> 8 & 0xFF;
        other[i] = corners[i] & 0x00FF00FFu;
    }
    l_uint32 mixed = between(between(other[0], other[1], fx), between(other[2], other[3], fx), fy);
    l_uint32 middle = between(between(green[0], green[1], fx), between(green[2], green[3], fx), fy);
    return (mixed | middle << 8) << 8;
}

static PIX *blank(const picture *p, int width, int height, vouch_error *err)
{
    const int most = 30000; /* pixels a side */
    PIX *pix = width > 0 && height > 0 && width <= most && height <= most ? pixCreate(width, height, 32) : NULL;
    if (!pix)
        (void)vouch_fail(err, VOUCH_LIMIT, "a picture of %d × %d pixels", width, height);
    else
        pixCopyResolution(pix, p->pix);
    return pix;
}

void picture_multiply(const double a[9], const double b[9], double out[9])
{
    for (int i = 0; i < 9; i++)
        out[i] = a[i / 3 * 3] * b[i % 3] + a[i / 3 * 3 + 1] * b[i % 3 + 3] + a[i / 3 * 3 + 2] * b[i % 3 + 6];
}

/** The surface stays where it is while the picture's pixels move. */
static void move_frame(picture *p, const double back[9])
{
    double moved[9];
    picture_multiply(p->frame, back, moved);
    memcpy(p->frame, moved, sizeof moved);
}

vouch_code picture_warp(picture *p, const picture_map *map, vouch_error *err)
{
    PIX *pix = blank(p, map->width, map->height, err);
    if (!pix)
        return VOUCH_LIMIT;
    int width = pixGetWidth(p->pix), height = pixGetHeight(p->pix), wpl = pixGetWpl(pix);
    for (int y = 0; y < map->height; y++) {
        l_uint32 *row = pixGetData(pix) + (size_t)y * (size_t)wpl;
        for (int x = 0; x < map->width; x++) {
            double from_x, from_y;
            map->back(map->state, x + 0.5, y + 0.5, &from_x, &from_y);
            bool inside = from_x > -1 && from_y > -1 && from_x < width + 1 && from_y < height + 1;
            const double most = 1 << 19;
            bool near = from_x > -most && from_x < most && from_y > -most && from_y < most;
            row[x] = inside ? sample(p, from_x, from_y)
                            : picture_beside(p, near ? (int)(from_x + most) - (int)most : 0,
                                             near ? (int)(from_y + most) - (int)most : 0);
        }
    }
    for (size_t i = 0; i < p->line_count; i++)
        for (int c = 0; c < 4; c++)
            map->forth(map->state, p->lines[i].x[c], p->lines[i].y[c], &p->lines[i].x[c], &p->lines[i].y[c]);
    picture_replace(p, pix);
    move_frame(p, map->frame);
    return VOUCH_OK;
}

static void projected_back(const void *state, double x, double y, double *from_x, double *from_y)
{
    project(((const picture_projection *)state)->back, x, y, from_x, from_y);
}

static void projected_forth(const void *state, double x, double y, double *to_x, double *to_y)
{
    project(((const picture_projection *)state)->forth, x, y, to_x, to_y);
}

vouch_code picture_project(picture *p, const picture_projection *by, int width, int height, vouch_error *err)
{
    picture_map map = {projected_back, projected_forth, by, width, height, {0}};
    memcpy(map.frame, by->back, sizeof map.frame);
    return picture_warp(p, &map, err);
}

static void move_lines(picture *p, double factor, double x, double y)
{
    for (size_t i = 0; i < p->line_count; i++)
        for (int c = 0; c < 4; c++) {
            p->lines[i].x[c] = p->lines[i].x[c] * factor + x;
            p->lines[i].y[c] = p->lines[i].y[c] * factor + y;
        }
}

vouch_code picture_widen(picture *p, int left, int top, int right, int bottom, vouch_error *err)
{
    int width = pixGetWidth(p->pix), height = pixGetHeight(p->pix);
    PIX *pix = blank(p, width + left + right, height + top + bottom, err);
    if (!pix)
        return VOUCH_LIMIT;
    move_frame(p, (const double[9]){1, 0, -left, 0, 1, -top, 0, 0, 1});
    for (int y = 0; y < pixGetHeight(pix); y++)
        for (int x = 0; x < pixGetWidth(pix); x++)
            if (x < left || y < top || x >= left + width || y >= top + height)
                pixGetData(pix)[(size_t)y * (size_t)pixGetWpl(pix) + (size_t)x] = picture_beside(p, x, y);
    pixRasterop(pix, left, top, width, height, PIX_SRC, p->pix, 0, 0);
    picture_replace(p, pix);
    move_lines(p, 1, left, top);
    return VOUCH_OK;
}

vouch_code picture_scale(picture *p, double factor, vouch_error *err)
{
    int width = (int)(pixGetWidth(p->pix) * factor + 0.5), height = (int)(pixGetHeight(p->pix) * factor + 0.5);
    PIX *pix =
        width > 0 && height > 0 && width < 30000 && height < 30000 ? pixScaleToSize(p->pix, width, height) : NULL;
    if (!pix)
        return vouch_fail(err, VOUCH_LIMIT, "a picture of %d × %d pixels", width, height);
    p->dots_per_mm *= factor;
    move_frame(p, (const double[9]){1 / factor, 0, 0, 0, 1 / factor, 0, 0, 0, 1});
    int dpi = (int)(p->dots_per_mm * 25.4 + 0.5);
    pixSetResolution(pix, dpi, dpi);
    picture_replace(p, pix);
    move_lines(p, factor, 0, 0);
    return VOUCH_OK;
}

vouch_code picture_paste(picture *onto, const picture *pasted, int x, int y, vouch_error *err)
{
    if (pixRasterop(onto->pix, x, y, pixGetWidth(pasted->pix), pixGetHeight(pasted->pix), PIX_SRC, pasted->pix, 0, 0))
        return vouch_fail(err, VOUCH_INTERNAL, "a picture can't be pasted");
    picture_touch(onto);
    for (size_t i = 0; i < pasted->line_count; i++) {
        picture_line *line = VOUCH_ARENA_PUSH(onto->arena, onto->lines, onto->line_count, onto->line_capacity);
        *line = pasted->lines[i];
        line->text = vouch_arena_strdup(onto->arena, line->text);
        line->invoice += line->invoice >= 0 ? onto->invoice_count : 0;
        for (int c = 0; c < 4; c++) {
            line->x[c] += x;
            line->y[c] += y;
        }
    }
    onto->invoice_count += pasted->invoice_count;
    return VOUCH_OK;
}
