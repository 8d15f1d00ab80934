/**
 * QR codes on pictures and rendered pages, by ZBar.
 *
 * When: a code repeats what the page says, so that a page which structured data or the text layer already gave number,
 * date and an amount for is left alone (a code costs some 30 ms, they cost one), unless option qr_always asks for it.
 * Pictures have no such source and are always looked at.
 *
 * How: a module should be three to six pixels wide. Vector pages are rendered anew at each scale; pictures are decoded
 * once and resampled. Attempts run in the order of what finds most for least, until something is found (on a page that
 * can hold several tickets: until all scales were tried) or the CPU budget of the page is used up.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <zbar.h>

#include "qr.h"

static const double paged_scales[] = {2, 3, 1};                     /* pixels per point: 144, 216, 72 dpi */
static const double picture_scales[] = {1, 0.5, 2, 3};              /* of the picture's own pixels */
static const double most_pixels = 24e6;                             /* of one attempt */
static const double largest_halved = 1.5e6, largest_upscaled = 3e6; /* pixels: halving helps above, enlarging below */
static const double one_ticket_height = 500;   /* pt: an invoice form has 394, a sheet of tickets 842 */
static const double one_ticket_pixels = 4e6;   /* a photo of more pixels may show several tickets */
static const double cost_ms_per_pixel = 20e-6; /* measured: 14 to 20 ns a pixel in ZBar */
static const int most_empty_pages = 8; /* documents that carry codes carry them early; long ones would cost seconds */

typedef struct qr_search {
    vouch_decoded *decoded;
    vouch_arena *arena;
    vouch_statements *statements;
    zbar_image_scanner_t *scanner;
    const vouch_page *page;
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

static void add_symbol(qr_search *search, const zbar_symbol_t *symbol, double scale)
{
    size_t length = zbar_symbol_get_data_length(symbol);
    const char *data = zbar_symbol_get_data(symbol);
    unsigned corners = zbar_symbol_get_loc_size(symbol);
    if (length == 0 || corners < 4)
        return;
    vouch_box box = {.x0 = INFINITY, .y0 = INFINITY, .x1 = -INFINITY, .y1 = -INFINITY};
    vouch_quad quad = {.x = {0}};
    for (unsigned i = 0; i < 4; i++) {
        double x = zbar_symbol_get_loc_x(symbol, i) / scale, y = zbar_symbol_get_loc_y(symbol, i) / scale;
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
static vouch_code scan(qr_search *search, const uint8_t *grey, int width, int height, double scale, vouch_error *err)
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
            add_symbol(search, symbol, scale);
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

/** Resample by bilinear interpolation; halving averages 2 × 2 by the same formula. */
static uint8_t *resample(const vouch_raster *from, int width, int height)
{
    uint8_t *out = malloc((size_t)width * (size_t)height);
    if (!out)
        return NULL;
    const double step_x = (double)from->width / width, step_y = (double)from->height / height;
    for (int y = 0; y < height; y++) {
        double at_y = fmin(fmax((y + 0.5) * step_y - 0.5, 0), from->height - 1);
        int y0 = (int)at_y, y1 = y0 + 1 < from->height ? y0 + 1 : y0;
        int weight_y = (int)((at_y - y0) * 256);
        const uint8_t *above = from->samples + (size_t)y0 * from->stride;
        const uint8_t *below = from->samples + (size_t)y1 * from->stride;
        for (int x = 0; x < width; x++) {
            double at_x = fmin(fmax((x + 0.5) * step_x - 0.5, 0), from->width - 1);
            int x0 = (int)at_x, x1 = x0 + 1 < from->width ? x0 + 1 : x0;
            int weight_x = (int)((at_x - x0) * 256);
            int top = above[x0] * (256 - weight_x) + above[x1] * weight_x;
            int bottom = below[x0] * (256 - weight_x) + below[x1] * weight_x;
            out[(size_t)y * (size_t)width + (size_t)x] =
                (uint8_t)((top * (256 - weight_y) + bottom * weight_y + 32768) >> 16);
        }
    }
    return out;
}

/** May another attempt of that many pixels begin? The first always may. */
static bool affordable(const qr_search *search, double pixels, bool first)
{
    if (pixels > most_pixels)
        return false;
    return first || cpu_ms() - search->started_ms + pixels * cost_ms_per_pixel <= search->budget_ms;
}

static vouch_code search_paged(qr_search *search, vouch_error *err)
{
    const vouch_page *page = search->page;
    bool first = true;
    for (size_t i = 0; i < sizeof paged_scales / sizeof *paged_scales; i++) {
        double scale = paged_scales[i];
        if (!affordable(search, page->width * page->height * scale * scale, first))
            continue;
        vouch_raster raster = {.samples = NULL};
        vouch_code code = vouch_decoded_render(search->decoded, page->number, scale, /* channels= */ 1, &raster, err);
        if (code != VOUCH_OK)
            return code;
        close_rows(&raster);
        code = scan(search, raster.samples, raster.width, raster.height, scale, err);
        vouch_raster_done(&raster);
        VOUCH_TRY(code);
        first = false;
        if (search->count > 0 && page->height < one_ticket_height)
            break;
    }
    return VOUCH_OK;
}

static bool picture_scale_helps(double pixels, double scale)
{
    return scale == 1 || (scale < 1 && pixels > largest_halved) || (scale > 1 && pixels < largest_upscaled);
}

static vouch_code search_picture_at(qr_search *search, const vouch_raster *picture, double scale, vouch_error *err)
{
    if (scale == 1)
        return scan(search, picture->samples, picture->width, picture->height, 1, err);
    int width = (int)(picture->width * scale), height = (int)(picture->height * scale);
    if (width < 1 || height < 1)
        return VOUCH_OK;
    VOUCH_CLEANUP(vouch_free_pointer) uint8_t *grey = resample(picture, width, height);
    if (!grey)
        return vouch_fail(err, VOUCH_NO_MEMORY, "resampling a picture of %d x %d pixels", width, height);
    return scan(search, grey, width, height, scale, err);
}

static vouch_code search_picture(qr_search *search, vouch_error *err)
{
    vouch_raster picture = {.samples = NULL};
    VOUCH_TRY(vouch_decoded_render(search->decoded, search->page->number, 1, /* channels= */ 1, &picture, err));
    close_rows(&picture);
    double pixels = (double)picture.width * picture.height;
    vouch_code code = VOUCH_OK;
    for (size_t i = 0; code == VOUCH_OK && i < sizeof picture_scales / sizeof *picture_scales; i++) {
        double scale = picture_scales[i];
        if (!picture_scale_helps(pixels, scale) || !affordable(search, pixels * scale * scale, i == 0))
            continue;
        code = search_picture_at(search, &picture, scale, err);
        if (search->count > 0 && pixels < one_ticket_pixels)
            break;
    }
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
