/**
 * PDF: opening, pages, drawing.
 *
 * A damaged cross-reference table is rebuilt by MuPDF and reported; a page that can't be interpreted is a problem of
 * that page alone. JavaScript is never enabled, ICC profiles are not applied: both are parsers that nobody needs here.
 * Memory and time are limited through the allocator; what loops without allocating meets the sandbox's CPU limit.
 */
#include "pdf.h"

#include <malloc.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STORE_BYTES  ((size_t)32 << 20)
#define MEMORY_BYTES ((size_t)768 << 20)

/* Seconds of CPU. An invoice page takes a few milliseconds; the heaviest honest page seen took under one second. */
#define OPEN_SECONDS       15.0
#define PAGE_SECONDS       5.0
#define TEXT_SECONDS       20.0 /* all pages together */
#define RENDER_SECONDS     10.0 /* one page once; a page is drawn at several scales while codes are looked for */
#define ALL_RENDER_SECONDS 20.0

#define MAX_SIDE          1e6 /* pt, 350 m: beyond any UserUnit that makes sense, and what a reading can state */
#define CLOCK_EVERY       256 /* allocations between two looks at the clock */
#define HEADER_WITHIN     1024
#define MAX_PAGE_PROBLEMS 10

static double cpu_seconds(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) != 0)
        return 0;
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void pdf_budget_start(pdf_budget *budget, double seconds)
{
    budget->cpu_end = cpu_seconds() + seconds;
    budget->expired = false;
    budget->cookie = (fz_cookie){0};
}

static bool may_grow(pdf_budget *budget, size_t size)
{
    if (++budget->calls % CLOCK_EVERY == 0 && !budget->expired && cpu_seconds() > budget->cpu_end) {
        budget->expired = true;
        budget->cookie.abort = 1;
    }
    return !budget->expired && size <= budget->maximum - budget->used;
}

static void *pdf_malloc(void *user, size_t size)
{
    pdf_budget *budget = user;
    void *memory = may_grow(budget, size) ? malloc(size) : NULL;
    budget->used += memory ? malloc_usable_size(memory) : 0;
    return memory;
}

static void pdf_free(void *user, void *memory)
{
    pdf_budget *budget = user;
    budget->used -= memory ? malloc_usable_size(memory) : 0;
    free(memory);
}

static void *pdf_realloc(void *user, void *old, size_t size)
{
    pdf_budget *budget = user;
    const size_t before = old ? malloc_usable_size(old) : 0;
    if (!may_grow(budget, size > before ? size - before : 0))
        return NULL;
    void *memory = realloc(old, size);
    if (memory)
        budget->used = budget->used - before + malloc_usable_size(memory);
    return memory;
}

static void ignore_message(void *user, const char *message)
{
    (void)user, (void)message;
}

static void release(void *state)
{
    pdf_state *pdf = state;
    if (pdf->ctx) {
        pdf_drop_document(pdf->ctx, pdf->doc);
        for (size_t i = 0; i < PDF_HAN_FONTS; i++)
            fz_drop_font(pdf->ctx, pdf->han[i]);
        fz_drop_context(pdf->ctx);
    }
    free(pdf);
}

/* MuPDF asks for a font that the document names and does not embed. NULL: its own substitute. */
static fz_font *give_han_font(fz_context *ctx, const char *name, int ordering, int serif)
{
    (void)name, (void)serif; /* MuPDF has one font a script */
    pdf_state *pdf = fz_user_context(ctx);
    for (size_t i = 0; i < PDF_HAN_FONTS && ordering == FZ_ADOBE_GB; i++) {
        fz_font *const font = pdf->han[i];
        pdf->han[i] = NULL; /* MuPDF writes what it learns of a document into its fonts */
        if (font)
            return font;
    }
    return NULL;
}

static vouch_code new_state(pdf_state **out, vouch_error *err)
{
    pdf_state *pdf = calloc(1, sizeof *pdf);
    if (!pdf)
        return vouch_fail(err, VOUCH_NO_MEMORY, "opening a PDF");
    pdf->budget.maximum = MEMORY_BYTES;
    pdf->render_seconds = ALL_RENDER_SECONDS;
    pdf_budget_start(&pdf->budget, OPEN_SECONDS);
    const fz_alloc_context alloc = {&pdf->budget, pdf_malloc, pdf_realloc, pdf_free};
    pdf->ctx = fz_new_context(&alloc, NULL, STORE_BYTES);
    if (!pdf->ctx) {
        free(pdf);
        return vouch_fail(err, VOUCH_NO_MEMORY, "opening a PDF");
    }
    fz_set_warning_callback(pdf->ctx, ignore_message, NULL);
    fz_set_error_callback(pdf->ctx, ignore_message, NULL);
    fz_disable_icc(pdf->ctx);
    *out = pdf;
    return VOUCH_OK;
}

/* A state made in advance, for the first PDF of the thread that warmed up: a zygote's children inherit it. */
static _Thread_local pdf_state *spare;

static vouch_code take_state(pdf_state **out, vouch_error *err)
{
    if (!spare)
        return new_state(out, err);
    *out = spare;
    spare = NULL;
    pdf_budget_start(&(*out)->budget, OPEN_SECONDS);
    return VOUCH_OK;
}

static int recognise(const uint8_t *data, size_t length)
{
    const size_t head = length < HEADER_WITHIN ? length : HEADER_WITHIN;
    const uint8_t *found = memmem(data, head, "%PDF-", 5);
    if (found)
        return found == data ? 100 : 60; /* a ZIP may hold one in its first kilobyte */
    if (memmem(data, head, "%!PS-Adobe-", 11) == data && memmem(data, head, " PDF-", 5))
        return 60;
    /* The header's line is the first to be damaged, and no viewer needs it. */
    const bool has_end = memmem(data + length - head, head, "startxref", 9);
    return has_end && memmem(data, head, " obj", 4) ? 20 : 0;
}

/* The code of what MuPDF threw. */
static vouch_code caught_code(const pdf_state *pdf)
{
    const int caught = fz_caught(pdf->ctx);
    if (pdf->budget.expired || caught == FZ_ERROR_MEMORY || caught == FZ_ERROR_ABORT)
        return VOUCH_LIMIT;
    return VOUCH_BAD_FORMAT;
}

static const char *caught_reason(const pdf_state *pdf)
{
    if (pdf->budget.expired)
        return "it takes too much time";
    if (fz_caught(pdf->ctx) == FZ_ERROR_MEMORY)
        return "it takes too much memory";
    return fz_caught_message(pdf->ctx);
}

static vouch_code open_document(pdf_state *pdf, const vouch_part *part, int *pages, vouch_error *err)
{
    fz_context *ctx = pdf->ctx;
    fz_stream *stream = NULL;
    bool locked = false;
    vouch_code code = VOUCH_OK;
    fz_var(stream);
    fz_var(locked);
    fz_try(ctx)
    {
        stream = fz_open_memory(ctx, part->data, part->length);
        pdf->doc = pdf_open_document_with_stream(ctx, stream);
        locked = pdf_needs_password(ctx, pdf->doc);
        *pages = locked ? 0 : pdf_count_pages(ctx, pdf->doc);
    }
    fz_always(ctx) fz_drop_stream(ctx, stream);
    fz_catch(ctx)
    {
        /* Handlers for certificates or of unknown name can't be opened at all. */
        code = strstr(fz_caught_message(ctx), "ncrypt") ? VOUCH_ENCRYPTED : caught_code(pdf);
        if (code != VOUCH_ENCRYPTED)
            return vouch_fail(err, code, "PDF: %s", caught_reason(pdf));
    }
    if (locked || code == VOUCH_ENCRYPTED)
        return vouch_fail(err, VOUCH_ENCRYPTED, "PDF: a password is needed to open it");
    return VOUCH_OK;
}

/* Size and rotation. Throws. */
static void read_geometry(fz_context *ctx, pdf_page *source, vouch_page *page)
{
    const fz_rect bounds = pdf_bound_page(ctx, source);
    const int rotate = pdf_to_int(ctx, pdf_dict_get_inheritable(ctx, source->obj, PDF_NAME(Rotate)));
    page->width = (double)(bounds.x1 - bounds.x0);
    page->height = (double)(bounds.y1 - bounds.y0);
    if (!(page->width > 0 && page->width <= MAX_SIDE && page->height > 0 && page->height <= MAX_SIDE))
        fz_throw(ctx, FZ_ERROR_GENERIC, "its size is impossible");
    page->rotation = ((rotate / 90 % 4 + 4) % 4) * 90;
}

/* What became of a page. */
typedef struct page_result {
    vouch_page page; /* size and rotation valid when sized */
    bool sized;
    vouch_code code;
    const char *reason; /* for people, when code is not VOUCH_OK */
} page_result;

/* Load a page, fill what is known of it, and interpret it. */
static page_result read_page(vouch_decoded *decoded, pdf_state *pdf, int number, bool with_text)
{
    fz_context *ctx = pdf->ctx;
    pdf_page *source = NULL;
    page_result result = {.code = VOUCH_OK};
    fz_var(source);
    fz_var(result);
    fz_try(ctx)
    {
        source = pdf_load_page(ctx, pdf->doc, number);
        if (!pdf_is_dict(ctx, source->obj))
            fz_throw(ctx, FZ_ERROR_GENERIC, "it is missing from the file");
        read_geometry(ctx, source, &result.page);
        result.sized = true;
        if (with_text)
            pdf_read_text(decoded, pdf, source, &result.page);
    }
    fz_always(ctx) fz_drop_page(ctx, (fz_page *)source);
    fz_catch(ctx)
    {
        result.code = caught_code(pdf);
        result.reason = vouch_arena_strdup(decoded->arena, caught_reason(pdf));
    }
    return result;
}

/* Interpret a page within the time that is left for all of them. */
static page_result read_page_in_time(vouch_decoded *decoded, pdf_state *pdf, int number, double *seconds_left)
{
    const double start = cpu_seconds();
    const bool in_time = *seconds_left > 0;
    pdf_budget_start(&pdf->budget, in_time && *seconds_left < PAGE_SECONDS ? *seconds_left : PAGE_SECONDS);
    page_result result = read_page(decoded, pdf, number, in_time && !decoded->containers_only);
    *seconds_left -= cpu_seconds() - start;
    if (!in_time && result.code == VOUCH_OK) {
        result.code = VOUCH_LIMIT;
        result.reason = "its text was not read, because the pages before took too much time";
    }
    return result;
}

/* @param first_failure  out: why the first page that failed did; NULL when none failed */
static vouch_code read_pages(vouch_decoded *decoded, int part, pdf_state *pdf, int count, const char **first_failure,
                             vouch_error *err)
{
    int failures = 0;
    double seconds_left = TEXT_SECONDS;
    for (int i = 0; i < count; i++) {
        const page_result found = read_page_in_time(decoded, pdf, i, &seconds_left);
        int number = 0;
        if (found.sized) {
            vouch_page *page = vouch_decoded_add_page(decoded, part, err);
            if (!page)
                return VOUCH_TOO_MANY_PAGES;
            number = page->number;
            *page = found.page;
            page->part = part;
            page->number = number;
            page->number_in_part = i + 1; /* pages that can't be loaded leave a gap: "page 3" stays the third */
            page->unit = "pt";
        }
        if (found.code != VOUCH_OK && failures == 0)
            *first_failure = found.reason;
        if (found.code != VOUCH_OK && ++failures <= MAX_PAGE_PROBLEMS)
            vouch_problem_add(decoded->arena, &decoded->problems, found.code, "error", number, "PDF page %d: %s", i + 1,
                              found.reason);
    }
    if (failures > MAX_PAGE_PROBLEMS)
        vouch_problem_add(decoded->arena, &decoded->problems, VOUCH_BAD_FORMAT, "error", 0,
                          "PDF: %d more pages can't be interpreted", failures - MAX_PAGE_PROBLEMS);
    return VOUCH_OK;
}

static vouch_code open_pdf(vouch_decoded *decoded, int part, void **state, vouch_error *err)
{
    pdf_state *pdf = NULL;
    VOUCH_TRY(take_state(&pdf, err));
    *state = pdf; /* released by the caller on failure too */
    int pages = 0;
    VOUCH_TRY(open_document(pdf, &decoded->parts[part], &pages, err));
    if (pages > 0 && (size_t)pages > decoded->limits.max_pages)
        return vouch_fail(err, VOUCH_TOO_MANY_PAGES, "PDF: %d pages, more than %zu", pages, decoded->limits.max_pages);

    const size_t pages_before = decoded->page_count, parts_before = decoded->part_count;
    const char *failure = NULL;
    VOUCH_TRY(read_pages(decoded, part, pdf, pages, &failure, err));
    pdf_budget_start(&pdf->budget, OPEN_SECONDS);
    pdf_read_files(decoded, part, pdf);
    pdf_read_info(decoded, part, pdf);
    if (decoded->page_count == pages_before && decoded->part_count == parts_before)
        return vouch_fail(err, VOUCH_BAD_FORMAT, "PDF: it has no page that can be loaded%s%s", failure ? ": " : "",
                          failure ? failure : "");
    if (pdf->doc->repair_attempted)
        vouch_problem_add(decoded->arena, &decoded->problems, VOUCH_BAD_FORMAT, "warning", 0,
                          "PDF: its table of objects was damaged and has been rebuilt");
    if (decoded->page_count == pages_before)
        vouch_problem_add(decoded->arena, &decoded->problems, VOUCH_BAD_FORMAT, "error", 0, "PDF: it has no page");
    return VOUCH_OK;
}

void pdf_run_shown(pdf_state *pdf, pdf_page *page, fz_device *device, fz_matrix ctm)
{
    fz_context *ctx = pdf->ctx;
    fz_cookie *cookie = &pdf->budget.cookie;
    pdf_run_page_contents(ctx, page, device, ctm, cookie);
    pdf_run_page_annots(ctx, page, device, ctm, cookie);
    for (pdf_annot *widget = pdf_first_widget(ctx, page); widget; widget = pdf_next_widget(ctx, widget))
        if (pdf_widget_type(ctx, widget) != PDF_WIDGET_TYPE_SIGNATURE || pdf_widget_is_signed(ctx, widget))
            pdf_run_annot(ctx, widget, device, ctm, cookie);
}

/* Throws. */
static void draw_page(pdf_state *pdf, const vouch_page *page, double scale, vouch_raster *raster)
{
    fz_context *ctx = pdf->ctx;
    fz_colorspace *colours = raster->channels == 1 ? fz_device_gray(ctx) : fz_device_rgb(ctx);
    pdf_page *source = NULL;
    fz_pixmap *pixels = NULL;
    fz_device *device = NULL;
    fz_var(source);
    fz_var(pixels);
    fz_var(device);
    fz_try(ctx)
    {
        source = pdf_load_page(ctx, pdf->doc, page->number_in_part - 1);
        const fz_rect bounds = pdf_bound_page(ctx, source);
        const fz_matrix place = fz_concat(fz_translate(-bounds.x0, -bounds.y0), fz_scale((float)scale, (float)scale));
        pixels = fz_new_pixmap_with_data(ctx, colours, raster->width, raster->height, NULL, /* alpha= */ 0,
                                         (int)raster->stride, raster->samples);
        device = fz_new_draw_device(ctx, place, pixels);
        pdf_run_shown(pdf, source, device, fz_identity);
        fz_close_device(ctx, device);
    }
    fz_always(ctx)
    {
        fz_drop_device(ctx, device);
        fz_drop_pixmap(ctx, pixels);
        fz_drop_page(ctx, (fz_page *)source);
    }
    fz_catch(ctx) fz_rethrow(ctx);
}

static vouch_code render(vouch_decoded *decoded, int part, void *state, const vouch_page *page, double scale,
                         int channels, vouch_raster *out, vouch_error *err)
{
    (void)decoded, (void)part;
    pdf_state *pdf = state;
    fz_context *ctx = pdf->ctx;
    VOUCH_CLEANUP(vouch_raster_done) vouch_raster raster = {0};
    VOUCH_TRY(vouch_raster_new(page, scale, channels, &raster, err));
    if (pdf->render_seconds <= 0)
        return vouch_fail(err, VOUCH_LIMIT, "drawing PDF page %d: what was drawn before took too much time",
                          page->number_in_part);
    const double start = cpu_seconds();
    pdf_budget_start(&pdf->budget, fmin(RENDER_SECONDS, pdf->render_seconds));
    vouch_code code = VOUCH_OK;
    fz_try(ctx) draw_page(pdf, page, scale, &raster);
    fz_catch(ctx) code =
        vouch_fail(err, caught_code(pdf), "drawing PDF page %d: %s", page->number_in_part, caught_reason(pdf));
    if (code == VOUCH_OK && pdf->budget.expired)
        code = vouch_fail(err, VOUCH_LIMIT, "drawing PDF page %d: it takes too much time", page->number_in_part);
    pdf->render_seconds -= cpu_seconds() - start;
    if (code == VOUCH_OK) {
        *out = raster;
        raster.samples = NULL;
    }
    return code;
}

/* A font of its own each time, as MuPDF opens its substitutes: fz_new_cjk_font would give one font again and again. */
static fz_font *open_han_font(fz_context *ctx)
{
    int length, index;
    const unsigned char *data = fz_lookup_cjk_font(ctx, FZ_ADOBE_GB, &length, &index);
    return fz_new_font_from_memory(ctx, NULL, data, length, index, /* use_glyph_bbox= */ 0);
}

/* Opening the substitute for Han takes a hundred page faults, MuPDF's tables some more: do it before the fork. */
vouch_code vouch_pdf_warm_up(vouch_error *err)
{
    pdf_state *pdf = NULL;
    if (spare)
        return VOUCH_OK;
    VOUCH_TRY(new_state(&pdf, err));
    fz_set_user_context(pdf->ctx, pdf);
    fz_install_load_system_font_funcs(pdf->ctx, NULL, give_han_font, NULL);
    fz_try(pdf->ctx) for (size_t i = 0; i < PDF_HAN_FONTS; i++) pdf->han[i] = open_han_font(pdf->ctx);
    fz_catch(pdf->ctx)
    {
        release(pdf);
        return vouch_fail(err, VOUCH_INTERNAL, "the library's own fonts can't be opened");
    }
    spare = pdf;
    return VOUCH_OK;
}

const vouch_format_handler vouch_handler_pdf = {
    .format = VOUCH_FORMAT_PDF,
    .recognise = recognise,
    .open = open_pdf,
    .render = render,
    .release = release,
};
