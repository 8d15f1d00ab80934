/** PDF made here: text, its places and visibility, page geometry, drawing, damage. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "pdf_builder.h"

static const vouch_page *only_page(const vouch_decoded *decoded)
{
    size_t count;
    const vouch_page *pages = vouch_decoded_pages(decoded, &count);
    cr_assert_eq(count, 1);
    return pages;
}

static bool near(double a, double b, double tolerance)
{
    return fabs(a - b) <= tolerance;
}

Test(pdf, text_and_its_visibility)
{
    static const struct {
        const char *name, *content, *expected;
    } rows[] = {
        {"plain", "BT /F1 10 Tf 10 50 Td (Total 1.50) Tj ET", "Total 1.50"},
        {"invisible mode", "BT /F1 10 Tf 3 Tr 10 50 Td (ab) Tj ET", "{a}{b}"},
        {"fill and stroke come once", "BT /F1 10 Tf 2 Tr 10 50 Td (ab) Tj ET", "ab"},
        {"fill, stroke and clip come once", "BT /F1 10 Tf 6 Tr 10 50 Td (ab) Tj ET", "ab"},
        {"clip only", "BT /F1 10 Tf 7 Tr 10 50 Td (ab) Tj ET", "ab"},
        {"white on nothing", "BT /F1 10 Tf 1 g 10 50 Td (ab) Tj ET", "{a}{b}"},
        {"white on black", "0 g 0 40 200 30 re f BT /F1 10 Tf 1 g 10 50 Td (ab) Tj ET", "ab"},
        {"white on white", "1 g 0 40 200 30 re f BT /F1 10 Tf 10 50 Td (ab) Tj ET", "{a}{b}"},
        {"white on a picture", "q 200 0 0 100 0 0 cm /I1 Do Q BT /F1 10 Tf 1 g 10 50 Td (ab) Tj ET", "ab"},
        {"transparent", "/G1 gs BT /F1 10 Tf 10 50 Td (ab) Tj ET", "{a}{b}"},
        {"off the page", "BT /F1 10 Tf 10 150 Td (ab) Tj ET", "{a}{b}"},
        {"too small", "BT /F1 0.3 Tf 10 50 Td (ab) Tj ET", "{a}{b}"},
        {"zero size", "BT /F1 0 Tf 10 50 Td (ab) Tj ET BT /F1 9 Tf 10 50 Td (c) Tj ET", "{a}{b}c"},
        {"clipped away", "q 0 0 5 5 re W n BT /F1 10 Tf 10 50 Td (ab) Tj ET Q BT /F1 9 Tf 0 0 Td (c) Tj ET", "{a}{b}c"},
        {"bold by drawing twice", "BT /F1 10 Tf 10 50 Td (11) Tj ET BT /F1 10 Tf 10.3 50 Td (11) Tj ET", "11"},
        {"twice in two places", "BT /F1 10 Tf 10 50 Td (11) Tj ET BT /F1 10 Tf 10 30 Td (11) Tj ET", "1111"},
        {"ligature", "BT /F1 10 Tf 10 50 Td (a) Tj ET", "a"},
        {"Chinese without an embedded font", "BT /F2 10 Tf 10 50 Td <53D17968> Tj ET", "发票"},
        {"Chinese downwards", "BT /F3 10 Tf 50 90 Td <53D17968> Tj ET", "发票"},
        {"damaged operator", "BT /F1 10 Tf 10 50 Td (a) Tj (b) Nonsense (c) Tj ET", "ac"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        VOUCH_CLEANUP(pdf_builder_done) pdf_builder pdf = {0};
        pdf_build_page(&pdf, "", "", rows[i].content);
        pdf_finish(&pdf, "/Root 1 0 R");
        VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = pdf_decode(&pdf);
        char text[256];
        pdf_text_of(only_page(decoded), text, sizeof text);
        cr_expect_str_eq(text, rows[i].expected, "%s: \"%s\" instead of \"%s\"", rows[i].name, text, rows[i].expected);
    }
}

Test(pdf, boxes_are_as_a_viewer_shows_the_page)
{
    /* "11" in Helvetica: each digit is 0.556 em wide; the baseline starts at 10, 50 from the lower left corner. */
    static const struct {
        const char *name, *page, *content;
        double width, height;
        int rotation;
        double x0, baseline_x, baseline_y; /* first glyph: left edge; second glyph's pen position */
    } rows[] = {
        {"plain", "", "BT /F1 10 Tf 10 50 Td (11) Tj ET", 200, 100, 0, 10, 15.56, 50},
        {"rotated by 90", "/Rotate 90", "BT /F1 10 Tf 10 50 Td (11) Tj ET", 100, 200, 90, 48.5, 50, 15.56},
        {"rotated by 180", "/Rotate 180", "BT /F1 10 Tf 10 50 Td (11) Tj ET", 200, 100, 180, 184.44, 184.44, 50},
        {"rotated by -90", "/Rotate -90", "BT /F1 10 Tf 10 50 Td (11) Tj ET", 100, 200, 270, 41.5, 50, 184.44},
        {"moved origin", "/MediaBox[100 200 300 300]", "BT /F1 10 Tf 110 250 Td (11) Tj ET", 200, 100, 0, 10, 15.56,
         50},
        {"cropped", "/CropBox[5 10 105 90]", "BT /F1 10 Tf 10 50 Td (11) Tj ET", 100, 80, 0, 5, 10.56, 40},
        {"user unit", "/UserUnit 2", "BT /F1 10 Tf 10 50 Td (11) Tj ET", 400, 200, 0, 20, 31.12, 100},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        VOUCH_CLEANUP(pdf_builder_done) pdf_builder pdf = {0};
        pdf_build_page(&pdf, "", rows[i].page, rows[i].content);
        pdf_finish(&pdf, "/Root 1 0 R");
        VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = pdf_decode(&pdf);
        const vouch_page *page = only_page(decoded);
        cr_assert_eq(page->glyph_count, 2, "%s", rows[i].name);
        const vouch_box a = page->glyphs[0].box, b = page->glyphs[1].box;
        cr_expect(near(page->width, rows[i].width, 0.01) && near(page->height, rows[i].height, 0.01), "%s: %f x %f",
                  rows[i].name, page->width, page->height);
        cr_expect_eq(page->rotation, rows[i].rotation, "%s: %d", rows[i].name, page->rotation);
        cr_expect(near(a.x0, rows[i].x0, 0.05), "%s: x0 %f", rows[i].name, a.x0);
        /* The pen's point lies on the second cell's border or inside it. */
        cr_expect(b.x0 - 0.05 <= rows[i].baseline_x && rows[i].baseline_x <= b.x1 + 0.05 &&
                      b.y0 - 0.05 <= rows[i].baseline_y && rows[i].baseline_y <= b.y1 + 0.05,
                  "%s: [%f %f %f %f]", rows[i].name, b.x0, b.y0, b.x1, b.y1);
        cr_expect_not(page->glyphs[0].hidden);
    }
}

Test(pdf, cells_are_advance_wide_and_font_size_high)
{
    VOUCH_CLEANUP(pdf_builder_done) pdf_builder pdf = {0};
    pdf_build_page(&pdf, "", "", "BT /F2 12 Tf 10 50 Td <53D17968> Tj ET BT /F1 10 Tf 100 50 Td (W) Tj ET");
    pdf_finish(&pdf, "/Root 1 0 R");
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = pdf_decode(&pdf);
    const vouch_page *page = only_page(decoded);
    static const double widths[] = {12, 12, 9.44}, heights[] = {12, 12, 10};
    cr_assert_eq(page->glyph_count, 3);
    for (size_t i = 0; i < 3; i++) {
        const vouch_box box = page->glyphs[i].box;
        cr_expect(near(box.x1 - box.x0, widths[i], 0.05), "%zu: %f wide", i, box.x1 - box.x0);
        cr_expect(near(box.y1 - box.y0, heights[i], 0.05), "%zu: %f high", i, box.y1 - box.y0);
        cr_expect(near((double)page->glyphs[i].size, heights[i], 0.05));
        cr_expect(box.y0 < 50 && box.y1 > 50, "%zu: the baseline is not inside", i);
    }
    cr_expect_eq(page->glyphs[0].object, page->glyphs[1].object);
    cr_expect_neq(page->glyphs[1].object, page->glyphs[2].object);
}

Test(pdf, a_jump_starts_another_object)
{
    VOUCH_CLEANUP(pdf_builder_done) pdf_builder pdf = {0};
    pdf_build_page(&pdf, "", "", "BT /F1 10 Tf 10 50 Td (1) Tj 40 0 Td (2) Tj 0 -12 Td (3) Tj ET");
    pdf_finish(&pdf, "/Root 1 0 R");
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = pdf_decode(&pdf);
    const vouch_glyph *glyphs = only_page(decoded)->glyphs;
    cr_expect(glyphs[0].object != glyphs[1].object && glyphs[1].object != glyphs[2].object);
}

Test(pdf, text_downwards_goes_down)
{
    VOUCH_CLEANUP(pdf_builder_done) pdf_builder pdf = {0};
    pdf_build_page(&pdf, "", "", "BT /F3 10 Tf 50 90 Td <53D17968> Tj ET");
    pdf_finish(&pdf, "/Root 1 0 R");
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = pdf_decode(&pdf);
    const vouch_page *page = only_page(decoded);
    cr_assert_eq(page->glyph_count, 2);
    const vouch_box a = page->glyphs[0].box, b = page->glyphs[1].box;
    cr_expect(near(a.x0, 45, 1) && near(a.x1, 55, 1), "%f to %f", a.x0, a.x1);
    cr_expect(near(b.y0 - a.y0, 10, 0.1), "%f then %f", a.y0, b.y0);
    cr_expect(near(a.y0, 10, 2), "%f", a.y0);
}

Test(pdf, the_ocr_layer_of_a_scan_is_its_text)
{
    static const struct {
        const char *name, *content;
        bool layer;
        const char *expected;
    } rows[] = {
        {"scan", "q 200 0 0 100 0 0 cm /I1 Do Q BT /F1 10 Tf 3 Tr 10 50 Td (ab) Tj ET", true, "ab"},
        {"layer first", "BT /F1 10 Tf 3 Tr 10 50 Td (ab) Tj ET q 200 0 0 100 0 0 cm /I1 Do Q", true, "ab"},
        {"small picture", "q 20 0 0 10 0 0 cm /I1 Do Q BT /F1 10 Tf 3 Tr 10 50 Td (ab) Tj ET", false, "{a}{b}"},
        {"written page over a picture",
         "q 200 0 0 100 0 0 cm /I1 Do Q BT /F1 10 Tf 10 20 Td (abcd) Tj 3 Tr 0 30 Td (ef) Tj ET", false, "abcd{e}{f}"},
        {"off the page stays hidden",
         "q 200 0 0 100 0 0 cm /I1 Do Q BT /F1 10 Tf 3 Tr 10 50 Td (ab) Tj 0 200 Td (c) Tj ET", true, "ab{c}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        VOUCH_CLEANUP(pdf_builder_done) pdf_builder pdf = {0};
        pdf_build_page(&pdf, "", "", rows[i].content);
        pdf_finish(&pdf, "/Root 1 0 R");
        VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = pdf_decode(&pdf);
        const vouch_page *page = only_page(decoded);
        char text[256];
        pdf_text_of(page, text, sizeof text);
        cr_expect_eq(page->ocr_layer, rows[i].layer, "%s", rows[i].name);
        cr_expect_str_eq(text, rows[i].expected, "%s: %s", rows[i].name, text);
    }
}

Test(pdf, drawing)
{
    VOUCH_CLEANUP(pdf_builder_done) pdf_builder pdf = {0};
    pdf_build_page(&pdf, "", "/Rotate 90", "1 0 0 rg 0 0 20 20 re f");
    pdf_finish(&pdf, "/Root 1 0 R");
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = pdf_decode(&pdf);
    VOUCH_CLEANUP(vouch_raster_done) vouch_raster color = {0}, grey = {0};
    vouch_error err = VOUCH_ERROR_INIT;
    cr_assert_eq(vouch_decoded_render(decoded, 1, 2, 3, &color, &err), VOUCH_OK, "%s", err.message);
    cr_assert_eq(vouch_decoded_render(decoded, 1, 0.5, 1, &grey, &err), VOUCH_OK, "%s", err.message);
    cr_expect(color.width == 200 && color.height == 400 && color.channels == 3);
    cr_expect(grey.width == 50 && grey.height == 100 && grey.channels == 1);
    /* The lower left corner of the page lies at the top left when it is turned clockwise. */
    const uint8_t *corner = color.samples + 10 * color.stride + 30;
    cr_expect(corner[0] > 200 && corner[1] < 60 && corner[2] < 60, "%d %d %d", corner[0], corner[1], corner[2]);
    cr_expect(color.samples[399 * color.stride] == 255);
    cr_expect(grey.samples[0] < 128 && grey.samples[99 * grey.stride] == 255);
}

Test(pdf, drawing_too_large_fails_before_it_starts)
{
    VOUCH_CLEANUP(pdf_builder_done) pdf_builder pdf = {0};
    pdf_build_page(&pdf, "", "/MediaBox[0 0 14400 14400]", "");
    pdf_finish(&pdf, "/Root 1 0 R");
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = pdf_decode(&pdf);
    vouch_raster raster = {.width = 7};
    vouch_error err = VOUCH_ERROR_INIT;
    static const double too_large[] = {1, 1e9, 1e300};
    for (size_t i = 0; i < 3; i++)
        cr_expect_eq(vouch_decoded_render(decoded, 1, too_large[i], 1, &raster, &err), VOUCH_TOO_MANY_PIXELS);
    static const double senseless[] = {0, -1, INFINITY, NAN};
    for (size_t i = 0; i < 4; i++)
        cr_expect_eq(vouch_decoded_render(decoded, 1, senseless[i], 1, &raster, &err), VOUCH_USAGE);
    cr_expect_eq(vouch_decoded_render(decoded, 2, 1, 1, &raster, &err), VOUCH_NOT_FOUND);
    cr_expect_eq(raster.width, 7);
}

Test(pdf, damage_and_refusal)
{
#define TWO_PAGES \
    "%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>>endobj "
#define GOOD_PAGE "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"
    static const struct {
        const char *name, *pdf;
        vouch_code code;
        size_t pages;
        const char *problem; /* part of some problem's text; NULL: not looked for */
    } rows[] = {
        {"no table", TWO_PAGES "3 0 obj" GOOD_PAGE "endobj 4 0 obj" GOOD_PAGE "endobj trailer<</Root 1 0 R>>", VOUCH_OK,
         2, "rebuilt"},
        {"garbage before",
         "xxxxxxxx" TWO_PAGES "3 0 obj" GOOD_PAGE "endobj 4 0 obj" GOOD_PAGE "endobj trailer<</Root 1 0 R>>", VOUCH_OK,
         2, NULL},
        {"missing page", TWO_PAGES "4 0 obj" GOOD_PAGE "endobj trailer<</Root 1 0 R>>", VOUCH_OK, 1, "page 1"},
        {"no pages", "%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj trailer<</Root 1 0 R>>", VOUCH_BAD_FORMAT, 0, NULL},
        {"page tree in a circle",
         "%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[2 0 R]/Count 1>>endobj "
         "trailer<</Root 1 0 R>>",
         VOUCH_BAD_FORMAT, 0, NULL},
        {"a million pages claimed",
         "%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1000000>>endobj "
         "3 0 obj" GOOD_PAGE "endobj trailer<</Root 1 0 R>>",
         VOUCH_TOO_MANY_PAGES, 0, NULL},
        {"encrypted, nobody knows how", TWO_PAGES "trailer<</Root 1 0 R/Encrypt<</Filter/Foo/V 1>>/ID[(a)(b)]>>",
         VOUCH_ENCRYPTED, 0, NULL},
        {"header only", "%PDF-1.7\n", VOUCH_BAD_FORMAT, 0, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = NULL;
        vouch_error err = VOUCH_ERROR_INIT;
        const vouch_code code = vouch_decode((const uint8_t *)rows[i].pdf, strlen(rows[i].pdf), NULL, &decoded, &err);
        cr_expect_eq(code, rows[i].code, "%s: %d %s", rows[i].name, code, err.message);
        if (code != VOUCH_OK)
            continue;
        size_t pages;
        (void)vouch_decoded_pages(decoded, &pages);
        cr_expect_eq(pages, rows[i].pages, "%s: %zu pages", rows[i].name, pages);
        const vouch_problems *problems = vouch_decoded_problems(decoded);
        bool found = rows[i].problem == NULL;
        for (size_t j = 0; j < problems->count; j++)
            found |= rows[i].problem && strstr(problems->items[j].detail, rows[i].problem);
        cr_expect(found, "%s: no problem says \"%s\"", rows[i].name, rows[i].problem);
    }
}

Test(pdf, forms_inside_forms_end_in_time, .timeout = 60)
{
    /* Ten levels that draw the next one ten times each: 10^10 rectangles in 3 kB. */
    VOUCH_CLEANUP(pdf_builder_done) pdf_builder pdf = {0};
    static const char ten_times[] = "/X Do /X Do /X Do /X Do /X Do /X Do /X Do /X Do /X Do /X Do";
    char text[256];
    pdf_build_page(&pdf, "", "/Annots[<</Type/Annot/Subtype/Stamp/Rect[0 0 9 9]/AP<</N 9 0 R>>>>]", "");
    for (int i = 10; i < 20; i++) {
        snprintf(text, sizeof text, "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X %d 0 R>>>>", i);
        pdf_put_stream(&pdf, text, ten_times, sizeof ten_times - 1);
    }
    pdf_put_stream(&pdf, "/Type/XObject/Subtype/Form/BBox[0 0 9 9]", "0 0 5 5 re f", 12);
    pdf_finish(&pdf, "/Root 1 0 R");
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = pdf_decode(&pdf);
    cr_assert_eq(vouch_decoded_problems(decoded)->count, 1);
    cr_expect_eq(vouch_decoded_problems(decoded)->items[0].code, VOUCH_LIMIT);
    cr_expect_eq(vouch_decoded_problems(decoded)->items[0].page, 1);
}

Test(pdf, limits_on_text)
{
    VOUCH_CLEANUP(pdf_builder_done) pdf_builder pdf = {0};
    pdf_build_page(&pdf, "", "", "BT /F1 10 Tf 10 50 Td (abcdefgh) Tj ET");
    pdf_finish(&pdf, "/Root 1 0 R");
    vouch_decode_limits limits = VOUCH_DECODE_LIMITS_DEFAULT;
    limits.max_glyphs = 5;
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = NULL;
    vouch_error err = VOUCH_ERROR_INIT;
    cr_assert_eq(vouch_decode((const uint8_t *)pdf.bytes.data, pdf.bytes.length, &limits, &decoded, &err), VOUCH_OK);
    cr_expect_eq(only_page(decoded)->glyph_count, 5);
    cr_assert_eq(vouch_decoded_problems(decoded)->count, 1);
    cr_expect_eq(vouch_decoded_problems(decoded)->items[0].code, VOUCH_LIMIT);
}

Test(pdf, the_verifier_sees_no_text)
{
    VOUCH_CLEANUP(pdf_builder_done) pdf_builder pdf = {0};
    pdf_build_page(&pdf, "", "", "BT /F1 10 Tf 10 50 Td (ab) Tj ET");
    pdf_finish(&pdf, "/Root 1 0 R/Info<</Title(x)>>");
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = NULL;
    vouch_error err = VOUCH_ERROR_INIT;
    cr_assert_eq(vouch_decode_containers((const uint8_t *)pdf.bytes.data, pdf.bytes.length, NULL, &decoded, &err),
                 VOUCH_OK);
    size_t tags;
    (void)vouch_decoded_tags(decoded, &tags);
    cr_expect_eq(only_page(decoded)->glyph_count, 0);
    cr_expect_eq(tags, 1);
}
