/**
 * Where on a picture a QR code may be, from the texture alone.
 *
 * ZBar thresholds against a neighbourhood of an eighth of the picture, far larger than a small code; the same pixels
 * that fail on a whole screenshot decode when cut out (measured: codes of 1.7 pixels a module). So likely squares are
 * found first: inside a code almost every block of pixels is busy in both directions, around it lies a quiet zone
 * (ISO/IEC 18004, 5.3.8). Squares of several sizes slide over the block grid; sums come from an integral image.
 * Text is busy too and yields candidates; an attempt on a candidate costs a millisecond.
 */
#include <stdlib.h>

#include "qr.h"

enum {
    BLOCK = 8,           /* analysed pixels on a side */
    LARGEST_SIDE = 2400, /* analysed pixels on the longer side; larger pictures are sampled more coarsely */
    BUSY = 14,           /* mean difference of neighbouring pixels, of 255, in each direction */
    LEAST_FILL = 70,     /* percent of busy blocks inside */
    MOST_RING = 60,      /* percent of busy blocks around */
    MOST_SQUARES = 256   /* kept while searching */
};

/* Sides of the sliding square in blocks; each a quarter larger than the one before. */
static const int sides[] = {4, 5, 6, 8, 10, 12, 15, 19, 24, 30, 38, 48, 60};

typedef struct square {
    int x, y, side, score; /* in blocks */
} square;

typedef struct block_grid {
    int columns, rows;
    int step;       /* picture pixels per analysed pixel */
    uint32_t *sums; /* integral image of busy blocks, (columns + 1) × (rows + 1) */
} block_grid;

static bool is_busy(const vouch_raster *grey, int step, int column, int row)
{
    unsigned across = 0, down = 0;
    for (int y = 0; y < BLOCK; y++) {
        const size_t top = (size_t)((row * BLOCK + y) * step);
        const uint8_t *line = grey->samples + top * grey->stride;
        const uint8_t *below = line + (size_t)step * grey->stride;
        for (int x = 0; x < BLOCK; x++) {
            const size_t at = (size_t)((column * BLOCK + x) * step);
            across += (unsigned)abs(line[at] - line[at + (size_t)step]);
            down += (unsigned)abs(line[at] - below[at]);
        }
    }
    return across >= BUSY * BLOCK * BLOCK && down >= BUSY * BLOCK * BLOCK;
}

static bool grid_make(const vouch_raster *grey, block_grid *grid)
{
    const int longer = grey->width > grey->height ? grey->width : grey->height;
    grid->step = (longer + LARGEST_SIDE - 1) / LARGEST_SIDE;
    grid->columns = (grey->width / grid->step - 1) / BLOCK;
    grid->rows = (grey->height / grid->step - 1) / BLOCK;
    if (grid->columns < sides[0] || grid->rows < sides[0])
        return false;
    const size_t width = (size_t)grid->columns + 1;
    grid->sums = calloc(width * ((size_t)grid->rows + 1), sizeof *grid->sums);
    for (int row = 0; grid->sums && row < grid->rows; row++)
        for (int column = 0; column < grid->columns; column++) {
            uint32_t *sum = grid->sums + ((size_t)row + 1) * width + (size_t)column + 1;
            *sum = sum[-1] + *(sum - width) - *(sum - width - 1) + is_busy(grey, grid->step, column, row);
        }
    return grid->sums;
}

/** Busy blocks of a rectangle, cut at the edges. @param area  out: its blocks */
static int busy_in(const block_grid *grid, int x0, int y0, int x1, int y1, int *area)
{
    x0 = x0 < 0 ? 0 : x0;
    y0 = y0 < 0 ? 0 : y0;
    x1 = x1 > grid->columns ? grid->columns : x1;
    y1 = y1 > grid->rows ? grid->rows : y1;
    const size_t width = (size_t)grid->columns + 1;
    const uint32_t *top = grid->sums + (size_t)y0 * width, *bottom = grid->sums + (size_t)y1 * width;
    *area = (x1 - x0) * (y1 - y0);
    return (int)(bottom[x1] - bottom[x0] - top[x1] + top[x0]);
}

/** How much more is busy inside than around, in percent; 0 when it can be no code. */
static int score(const block_grid *grid, int x, int y, int side)
{
    int inner_area, outer_area;
    const int inner = busy_in(grid, x, y, x + side, y + side, &inner_area);
    if (inner * 100 < LEAST_FILL * inner_area)
        return 0;
    const int outer = busy_in(grid, x - 1, y - 1, x + side + 1, y + side + 1, &outer_area) - inner;
    const int ring_area = outer_area - inner_area;
    const int ring = ring_area > 0 ? outer * 100 / ring_area : 0;
    return ring > MOST_RING ? 0 : inner * 100 / inner_area - ring;
}

static bool overlap_much(const square *a, const square *b)
{
    const int x0 = a->x > b->x ? a->x : b->x, y0 = a->y > b->y ? a->y : b->y;
    const int x1 = a->x + a->side < b->x + b->side ? a->x + a->side : b->x + b->side;
    const int y1 = a->y + a->side < b->y + b->side ? a->y + a->side : b->y + b->side;
    const int smaller = a->side < b->side ? a->side : b->side;
    return x1 > x0 && y1 > y0 && (x1 - x0) * (y1 - y0) * 2 > smaller * smaller;
}

/** Keep the better of overlapping squares; when full, the worst gives way. */
static void keep(square *found, size_t *count, const square *next)
{
    size_t worst = 0;
    for (size_t i = 0; i < *count; i++) {
        if (overlap_much(&found[i], next)) {
            if (next->score * next->side > found[i].score * found[i].side)
                found[i] = *next;
            return;
        }
        if (found[i].score < found[worst].score)
            worst = i;
    }
    if (*count < MOST_SQUARES)
        found[(*count)++] = *next;
    else if (next->score > found[worst].score)
        found[worst] = *next;
}

static int by_score(const void *a, const void *b)
{
    const square *left = a, *right = b;
    return (right->score * right->side > left->score * left->side) -
           (right->score * right->side < left->score * left->side);
}

size_t vouch_qr_locate(const vouch_raster *grey, vouch_box *boxes, size_t most)
{
    block_grid grid = {.sums = NULL};
    square found[MOST_SQUARES];
    size_t count = 0;
    if (!grid_make(grey, &grid))
        return 0;
    for (size_t s = 0; s < sizeof sides / sizeof *sides; s++)
        for (int y = 0; y + sides[s] <= grid.rows; y++)
            for (int x = 0; x + sides[s] <= grid.columns; x++) {
                const square next = {x, y, sides[s], score(&grid, x, y, sides[s])};
                if (next.score > 0)
                    keep(found, &count, &next);
            }
    free(grid.sums);
    qsort(found, count, sizeof *found, by_score);
    count = count < most ? count : most;
    for (size_t i = 0; i < count; i++) {
        const double unit = (double)grid.step * BLOCK;
        boxes[i] = (vouch_box){found[i].x * unit, found[i].y * unit, (found[i].x + found[i].side) * unit,
                               (found[i].y + found[i].side) * unit};
    }
    return count;
}
