/**
 * QR codes on pictures and rendered pages, by ZBar.
 *
 * When: a code repeats what the page says, so that a page which structured data or the text layer already gave number,
 * date and an amount for is left alone (a code costs some 15 ms, they cost one), unless option qr_always asks for it.
 * Pictures have no such source and are always looked at.
 *
 * How: likely squares are cut out and tried first, at several sizes (qr_locate.c); then the whole frame. Vector pages
 * are rendered anew at each scale; pictures are decoded once and resampled. Attempts run in the order of what finds
 * most for least, until something is found (on what can hold several tickets: until all scales were tried) or the CPU
 * budget of the page is used up.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <zbar.h>

#include "qr.h"

static const double paged_scales[] = {2, 3, 1};  /* pixels per point: 144, 216, 72 dpi */
static const double picture_scales[] = {0.5, 2}; /* of the picture's own pixels, when these did not do */
static const double largest_candidate = 800;     /* pixels on a side after resampling */
static const double least_like_found = 0.6;      /* of the side of a found code: another ticket's code */
static const double most_pixels = 24e6;          /* of one attempt */
static const double largest_halved = 1.5e6;      /* pixels: halving helps above */
static const double largest_upscaled = 1e6;      /* pixels: enlarging helps below */
static const double one_ticket_height = 500;     /* pt: an invoice form has 394, a sheet of tickets 842 */
static const double one_ticket_pixels = 4e6;     /* a photo of more pixels may show several tickets */
static const double cost_ms_per_pixel = 20e-6;   /* measured: 14 to 20 ns a pixel in ZBar */
static const int most_empty_pages = 8; /* documents that carry codes carry them early; long ones would cost seconds */

/* How a candidate is cut out: a wide margin forgives a bad guess, a narrow one gives small codes a fair threshold. */
static const struct attempt {
    double margin, scale; /* of the side, on each side; of the pixels */
} attempts[] = {{0.5, 1}, {0.15, 2}, {0.5, 2}, {0.15, 3}};

typedef struct qr_search {
    vouch_decoded *decoded;
    vouch_arena *arena;
    vouch_statements *statements;
    zbar_image_scanner_t *scanner;
    const vouch_page *page;
    bool several;   /* tickets fit on it: one code is not the end */
    bool attempted; /* the first attempt is made whatever the budget */
    double budget_ms, started_ms;
    vouch_qr_code *codes; /* found on this page */
    size_t count, capacity;
} qr_search;

static double cpu_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void free_scanner(zbar_image_scanner_t **scanner)
{
    if (*scanner)
        zbar_image_scanner_destroy(*scanner);
    *scanner = NULL;
}

static void free_image(zbar_image_t **image)
{
    if (*image)
        zbar_image_destroy(*image);
    *image = NULL;
}

/** The same code at the same place, found at another scale? */
static bool is_known(const qr_search *search, const char *data, size_t length, const vouch_box *box)
{
    for (size_t i = 0; i < search->count; i++) {
        const vouch_qr_code *code = &search->codes[i];
        bool apart =
            box->x0 > code->box.x1 || box->x1 < code->box.x0 || box->y0 > code->box.y1 || box->y1 < code->box.y0;
        if (!apart && code->length == length && memcmp(code->data, data, length) == 0)
            return true;
    }
    return false;
}

/** How pixels that are scanned lie on the page: page = origin + pixel / scale. */
typedef struct qr_view {
    double origin_x, origin_y, scale;
} qr_view;

static void add_symbol(qr_search *search, const zbar_symbol_t *symbol, qr_view view)
{
    size_t length = zbar_symbol_get_data_length(symbol);
    const char *data = zbar_symbol_get_data(symbol);
    unsigned corners = zbar_symbol_get_loc_size(symbol);
    if (length == 0 || corners < 4)
        return;
    vouch_box box = {.x0 = INFINITY, .y0 = INFINITY, .x1 = -INFINITY, .y1 = -INFINITY};
    vouch_quad quad = {.x = {0}};
    for (unsigned i = 0; i < 4; i++) {
        double x = view.origin_x + zbar_symbol_get_loc_x(symbol, i) / view.scale;
        double y = view.origin_y + zbar_symbol_get_loc_y(symbol, i) / view.scale;
        /* ZBar goes down first from the top left corner; a quad goes clockwise. */
        unsigned corner = (4 - i) % 4;
        quad.x[corner] = x;
        quad.y[corner] = y;
        box.x0 = fmin(box.x0, x);
        box.y0 = fmin(box.y0, y);
        box.x1 = fmax(box.x1, x);
        box.y1 = fmax(box.y1, y);
    }
    if (is_known(search, data, length, &box))
        return;
    *VOUCH_ARENA_PUSH(search->arena, search->codes, search->count, search->capacity) =
        (vouch_qr_code){.data = vouch_arena_strndup(search->arena, data, length),
                        .length = length,
                        .part = search->page->part,
                        .page = search->page->number,
                        .box = box,
                        .quad = quad};
}

/** @param grey  width × height bytes without padding */
static vouch_code scan(qr_search *search, const uint8_t *grey, int width, int height, qr_view view, vouch_error *err)
{
    VOUCH_CLEANUP(free_image) zbar_image_t *image = zbar_image_create();
    if (!image)
        return vouch_fail(err, VOUCH_NO_MEMORY, "looking for QR codes");
    zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
    zbar_image_set_size(image, (unsigned)width, (unsigned)height);
    zbar_image_set_data(image, grey, (unsigned long)width * (unsigned long)height, /* cleanup= */ NULL);
    if (zbar_scan_image(search->scanner, image) <= 0)
        return VOUCH_OK;
    for (const zbar_symbol_t *symbol = zbar_image_first_symbol(image); symbol; symbol = zbar_symbol_next(symbol))
        if (zbar_symbol_get_type(symbol) == ZBAR_QRCODE)
            add_symbol(search, symbol, view);
    return VOUCH_OK;
}

/** Rows moved together, as ZBar wants them. */
static void close_rows(vouch_raster *raster)
{
    for (int y = 1; raster->stride != (size_t)raster->width && y < raster->height; y++)
        memmove(raster->samples + (size_t)y * (size_t)raster->width, raster->samples + (size_t)y * raster->stride,
                (size_t)raster->width);
    raster->stride = (size_t)raster->width;
}

/** A rectangle of a picture. */
typedef struct qr_frame {
    int x, y, width, height;
} qr_frame;

/** Resample a rectangle by bilinear interpolation; halving averages 2 × 2 by the same formula. */
static uint8_t *resample(const vouch_raster *from, qr_frame frame, int width, int height)
{
    uint8_t *out = malloc((size_t)width * (size_t)height);
    if (!out)
        return NULL;
    const double step_x = (double)frame.width / width, step_y = (double)frame.height / height;
    for (int y = 0; y < height; y++) {
        double at_y = fmin(fmax((y + 0.5) * step_y - 0.5, 0), frame.height - 1);
        int y0 = (int)at_y, y1 = y0 + 1 < frame.height ? y0 + 1 : y0;
        int weight_y = (int)((at_y - y0) * 256);
        const uint8_t *above = from->samples + (size_t)(frame.y + y0) * from->stride + frame.x;
        const uint8_t *below = from->samples + (size_t)(frame.y + y1) * from->stride + frame.x;
        for (int x = 0; x < width; x++) {
            double at_x = fmin(fmax((x + 0.5) * step_x - 0.5, 0), frame.width - 1);
            int x0 = (int)at_x, x1 = x0 + 1 < frame.width ? x0 + 1 : x0;
            int weight_x = (int)((at_x - x0) * 256);
            int top = above[x0] * (256 - weight_x) + above[x1] * weight_x;
            int bottom = below[x0] * (256 - weight_x) + below[x1] * weight_x;
            out[(size_t)y * (size_t)width + (size_t)x] =
                (uint8_t)((top * (256 - weight_y) + bottom * weight_y + 32768) >> 16);
        }
    }
    return out;
}

/** May another attempt of that many pixels begin? */
static bool affordable(const qr_search *search, double pixels)
{
    if (pixels > most_pixels)
        return false;
    return !search->attempted || cpu_ms() - search->started_ms + pixels * cost_ms_per_pixel <= search->budget_ms;
}

/** Scan a rectangle of a raster that shows the page at `raster_scale`, resampled by `scale`. */
static vouch_code scan_frame(qr_search *search, const vouch_raster *raster, double raster_scale, qr_frame frame,
                             double scale, vouch_error *err)
{
    const int width = (int)(frame.width * scale), height = (int)(frame.height * scale);
    const qr_view view = {frame.x / raster_scale, frame.y / raster_scale, raster_scale * scale};
    if (width < 1 || height < 1 || !affordable(search, (double)width * height))
        return VOUCH_OK;
    search->attempted = true;
    if (scale == 1 && frame.width == raster->width)
        return scan(search, raster->samples + (size_t)frame.y * raster->stride, width, height, view, err);
    VOUCH_CLEANUP(vouch_free_pointer) uint8_t *grey = resample(raster, frame, width, height);
    if (!grey)
        return vouch_fail(err, VOUCH_NO_MEMORY, "resampling %d x %d pixels", width, height);
    return scan(search, grey, width, height, view, err);
}

/** A square with a margin, inside of the raster. */
static qr_frame frame_of(const vouch_raster *raster, const vouch_box *box, double share)
{
    const double margin = share * (box->x1 - box->x0);
    const int x0 = (int)fmax(box->x0 - margin, 0), y0 = (int)fmax(box->y0 - margin, 0);
    const int x1 = (int)fmin(box->x1 + margin, raster->width), y1 = (int)fmin(box->y1 + margin, raster->height);
    return (qr_frame){x0, y0, x1 - x0, y1 - y0};
}

/** Once a code is found, only what is about as large may be another one. */
static bool is_worth_trying(const qr_search *search, const vouch_box *box, double raster_scale)
{
    for (size_t i = 0; i < search->count; i++)
        if ((box->x1 - box->x0) / raster_scale < least_like_found * (search->codes[i].box.x1 - search->codes[i].box.x0))
            return false;
    return true;
}

static vouch_code search_candidates(qr_search *search, const vouch_raster *raster, double raster_scale,
                                    vouch_error *err)
{
    enum {
        MOST_CANDIDATES = 8
    };
    vouch_box boxes[MOST_CANDIDATES];
    const size_t count = vouch_qr_locate(raster, boxes, MOST_CANDIDATES);
    for (size_t i = 0; i < count; i++) {
        const size_t known = search->count;
        const size_t most = known > 0 && !search->several ? 1 : sizeof attempts / sizeof *attempts;
        if (!is_worth_trying(search, &boxes[i], raster_scale))
            continue;
        for (size_t a = 0; a < most && search->count == known; a++) {
            const qr_frame frame = frame_of(raster, &boxes[i], attempts[a].margin);
            if (a == 0 || frame.width * attempts[a].scale <= largest_candidate)
                VOUCH_TRY(scan_frame(search, raster, raster_scale, frame, attempts[a].scale, err));
        }
    }
    return VOUCH_OK;
}

static bool is_done(const qr_search *search)
{
    return search->count > 0 && !search->several;
}

/** Candidates, then the whole frame. */
static vouch_code search_raster(qr_search *search, const vouch_raster *raster, double raster_scale, vouch_error *err)
{
    const qr_frame whole = {0, 0, raster->width, raster->height};
    VOUCH_TRY(search_candidates(search, raster, raster_scale, err));
    return is_done(search) ? VOUCH_OK : scan_frame(search, raster, raster_scale, whole, 1, err);
}

static vouch_code search_paged(qr_search *search, vouch_error *err)
{
    const vouch_page *page = search->page;
    search->several = page->height >= one_ticket_height;
    for (size_t i = 0; i < sizeof paged_scales / sizeof *paged_scales && !is_done(search); i++) {
        const double scale = paged_scales[i];
        if (!affordable(search, page->width * page->height * scale * scale))
            continue;
        vouch_raster raster = {.samples = NULL};
        VOUCH_TRY(vouch_decoded_render(search->decoded, page->number, scale, /* channels= */ 1, &raster, err));
        close_rows(&raster);
        const vouch_code code = search_raster(search, &raster, scale, err);
        vouch_raster_done(&raster);
        VOUCH_TRY(code);
    }
    return VOUCH_OK;
}

static vouch_code search_picture(qr_search *search, vouch_error *err)
{
    vouch_raster picture = {.samples = NULL};
    VOUCH_TRY(vouch_decoded_render(search->decoded, search->page->number, 1, /* channels= */ 1, &picture, err));
    close_rows(&picture);
    const double pixels = (double)picture.width * picture.height;
    const qr_frame whole = {0, 0, picture.width, picture.height};
    search->several = pixels >= one_ticket_pixels;
    vouch_code code = search_raster(search, &picture, 1, err);
    for (size_t i = 0; i < sizeof picture_scales / sizeof *picture_scales && code == VOUCH_OK && !is_done(search); i++)
        if (picture_scales[i] < 1 ? pixels > largest_halved : pixels < largest_upscaled)
            code = scan_frame(search, &picture, 1, whole, picture_scales[i], err);
    vouch_raster_done(&picture);
    return code;
}

/** Has a cheaper source given this page's invoice its number, date and an amount? */
static bool is_covered(const vouch_statements *statements, int page)
{
    for (size_t i = 0; i < statements->count; i++) {
        const vouch_statement *statement = statements->items[i];
        if (page >= statement->first_page && page <= statement->last_page &&
            statement->fields[VOUCH_FIELD_INVOICE_NUMBER].value && statement->fields[VOUCH_FIELD_ISSUE_DATE].value &&
            (statement->fields[VOUCH_FIELD_GROSS_AMOUNT].value || statement->fields[VOUCH_FIELD_NET_AMOUNT].value))
            return true;
    }
    return false;
}

static vouch_code search_page(qr_search *search, vouch_error *err)
{
    search->count = 0;
    search->attempted = false;
    search->started_ms = cpu_ms();
    bool picture = strcmp(search->page->unit, "px") == 0;
    vouch_code code = picture ? search_picture(search, err) : search_paged(search, err);
    for (size_t i = 0; code == VOUCH_OK && i < search->count; i++)
        vouch_qr_state(search->arena, &search->codes[i], search->statements);
    return code;
}

static zbar_image_scanner_t *new_scanner(void)
{
    zbar_image_scanner_t *scanner = zbar_image_scanner_create();
    if (!scanner)
        return NULL;
    (void)zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
    (void)zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
    /* Bytes as they are: without it ZBar guesses encodings. */
    (void)zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_BINARY, 1);
    return scanner;
}

vouch_code vouch_read_qr(vouch_decoded *decoded, const vouch_read_options *options, vouch_statements *statements,
                         vouch_error *err)
{
    VOUCH_CLEANUP(free_scanner) zbar_image_scanner_t *scanner = NULL;
    size_t page_count;
    const vouch_page *pages = vouch_decoded_pages(decoded, &page_count);
    vouch_arena *arena = vouch_decoded_arena(decoded);
    const vouch_statements cheaper = *statements;
    qr_search search = {
        .decoded = decoded, .arena = arena, .statements = statements, .budget_ms = options->qr_budget_ms};
    int empty = 0;
    for (size_t i = 0; i < page_count && empty < most_empty_pages; i++) {
        if (!options->qr_always && is_covered(&cheaper, pages[i].number))
            continue;
        if (!scanner && !(scanner = new_scanner()))
            return vouch_fail(err, VOUCH_NO_MEMORY, "looking for QR codes");
        search.scanner = scanner;
        search.page = &pages[i];
        vouch_error error = VOUCH_ERROR_INIT;
        if (search_page(&search, &error) != VOUCH_OK)
            vouch_problem_add(arena, vouch_decoded_problems(decoded), error.code, "warning", pages[i].number,
                              "QR codes: %s", error.message);
        empty = search.count > 0 ? 0 : empty + 1;
    }
    return VOUCH_OK;
}
