/** Pictures: boxes go where the ink goes, every named chain works, the same seed gives the same bytes. */
#include <math.h>
#include <string.h>

#include <criterion/criterion.h>

#include "product.h"

static bool is_dark(const picture *p, int x, int y)
{
    return (pixGetData(p->pix)[(size_t)y * (size_t)pixGetWpl(p->pix) + (size_t)x] >> 16 & 0xFF) < 170;
}

static size_t dark_pixels(const picture *p)
{
    size_t count = 0;
    for (int y = 0; y < pixGetHeight(p->pix); y++)
        for (int x = 0; x < pixGetWidth(p->pix); x++)
            count += is_dark(p, x, y);
    return count;
}

/** On the inner side of every edge, `slack` pixels outside allowed. */
static bool is_in_quad(const picture_line *line, double x, double y, double slack)
{
    for (int c = 0; c < 4; c++) {
        double x0 = line->x[c], y0 = line->y[c], dx = line->x[(c + 1) % 4] - x0, dy = line->y[(c + 1) % 4] - y0;
        double length = sqrt(dx * dx + dy * dy);
        if (length > 0 && (dx * (y - y0) - dy * (x - x0)) / length < -slack)
            return false;
    }
    return true;
}

static void erase(picture *p, const picture_line *line)
{
    const double slack = 3;
    double left = line->x[0], right = left, top = line->y[0], bottom = top;
    for (int c = 1; c < 4; c++) {
        left = fmin(left, line->x[c]);
        right = fmax(right, line->x[c]);
        top = fmin(top, line->y[c]);
        bottom = fmax(bottom, line->y[c]);
    }
    for (int y = (int)(top - slack); y <= (int)(bottom + slack); y++)
        for (int x = (int)(left - slack); x <= (int)(right + slack); x++)
            if (is_in_quad(line, x + 0.5, y + 0.5, slack))
                pixSetPixel(p->pix, x, y, 0xFFFFFF00); /* outside of the picture nothing */
}

/** Words and nothing else, at their places on an invoice's page. */
static void paint_words(picture *p, const char *chain_text)
{
    vouch_error err = VOUCH_ERROR_INIT;
    generate_invoice invoice;
    sheet drawn = {.arena = vouch_arena_new()};
    generate_invoice_fill(&invoice, VOUCH_KIND_CN_DIGITAL_ORDINARY, 4);
    sheet_compose(&drawn, &invoice, 1, 0);
    drawn.rule_count = drawn.code_count = drawn.seal_count = 0;
    cr_assert(picture_paint(&drawn, 0, 150, 1, p, &err) == VOUCH_OK, "%s", err.message);
    degradation_chain chain;
    cr_assert(degradation_parse(chain_text, &chain, &err) == VOUCH_OK, "%s", err.message);
    cr_assert(degradation_apply(&chain, p, 1, 9, &err) == VOUCH_OK, "%s", err.message);
    vouch_arena_free(&drawn.arena);
}

Test(pictures, boxes_go_where_the_ink_goes)
{
    static const char *const chains[] = {
        "clean",
        "rotation:angle=900",
        "rotation:angle=-137",
        "perspective:amount=120",
        "curl:height=20,bends=12,shade=0",
        "dpi:value=75",
        ("curl:height=15 rotation:angle=1725 perspective:amount=70 dpi:value=120 "
         "blur:radius=3 jpeg"),
    };
    for (size_t i = 0; i < sizeof chains / sizeof *chains; i++) {
        picture p;
        paint_words(&p, chains[i]);
        size_t before = dark_pixels(&p);
        for (size_t l = 0; l < p.line_count; l++)
            erase(&p, &p.lines[l]);
        size_t after = dark_pixels(&p);
        cr_expect(before > 500 && after == 0, "%s: %zu dark pixels, %zu of them in no box", chains[i], before, after);
        picture_done(&p);
    }
}

static void make(const char *kind, const char *chain, int dpi, product *out)
{
    vouch_error err = VOUCH_ERROR_INIT;
    const product_request wanted = {.picture = "jpg", .degrade = chain, .dpi = dpi, .invoices = 1, .boxes = true};
    cr_assert(product_make(generate_kind_lookup(kind), 11, &wanted, out, &err) == VOUCH_OK, "%s: %s", chain,
              err.message);
}

Test(pictures, every_named_chain_gives_the_same_bytes_twice)
{
    size_t count;
    const degradation_preset *presets = degradation_presets(&count);
    for (size_t i = 0; i < count; i++) {
        VOUCH_CLEANUP(product_done) product one = {.count = 0}, other = {.count = 0};
        make("rail-pdf", presets[i].name, 60, &one);
        make("rail-pdf", presets[i].name, 60, &other);
        cr_expect(one.count == other.count && one.count >= 3, "%s: %zu files", presets[i].name, one.count);
        for (size_t f = 0; f < one.count && f < other.count; f++)
            cr_expect(one.files[f].content.length == other.files[f].content.length &&
                          memcmp(one.files[f].content.data, other.files[f].content.data, one.files[f].content.length) ==
                              0,
                      "%s: %s differs", presets[i].name, one.files[f].name);
    }
}

Test(pictures, every_step_takes_the_ends_of_its_parameters)
{
    size_t count;
    const degradation *steps = degradation_table(&count);
    for (size_t i = 0; i < count; i++)
        for (int end = 0; end < 2; end++) {
            char chain[256];
            int used = snprintf(chain, sizeof chain, "%s", steps[i].name);
            for (size_t n = 0; n < PICTURE_MAX_PARAMETERS && steps[i].parameters[n].name; n++) {
                const degradation_parameter *one = &steps[i].parameters[n];
                used += snprintf(chain + used, sizeof chain - (size_t)used, "%c%s=%d", n ? ',' : ':', one->name,
                                 end ? one->high : one->low);
            }
            VOUCH_CLEANUP(product_done) product made = {.count = 0};
            make("ordinary-pdf", chain, 60, &made);
            cr_expect(made.count >= 2, "%s", chain);
        }
}

Test(pictures, a_chain_that_is_none_is_refused)
{
    static const char *const wrong[] = {"melt",           "curl:height",       "curl:height=",       "curl:height=999",
                                        "curl:depth=3",   "jpeg:quality=9..5", "jpeg:quality=50..x", "noise:sigma=3;",
                                        "blur:radius=-1", "tickets:count=99"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        vouch_error err = VOUCH_ERROR_INIT;
        degradation_chain chain = {.count = 7};
        cr_expect(degradation_parse(wrong[i], &chain, &err) == VOUCH_USAGE, "\"%s\" is a chain", wrong[i]);
        cr_expect(chain.count == 7 && err.message[0], "\"%s\" is told and leaves the chain alone", wrong[i]);
    }
}
