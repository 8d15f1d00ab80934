/** Real documents: the ten PDF invoices come out whole; hostile files end in time, each in a child of its own. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/samples.h"
#include "vouch/decode.h"

#define CPU_SECONDS 60 /* of one hostile file, opened and drawn, with sanitizers */

static void look_at_invoice(const char *path, void *user)
{
    (void)user;
    size_t length, count;
    VOUCH_CLEANUP(vouch_free_pointer) uint8_t *data = test_samples_load(path, &length);
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = NULL;
    vouch_error err = VOUCH_ERROR_INIT;
    cr_assert_eq(vouch_decode(data, length, NULL, &decoded, &err), VOUCH_OK, "%s: %s", path, err.message);
    const vouch_page *page = vouch_decoded_pages(decoded, &count);
    cr_assert_eq(count, 1, "%s", path);
    cr_expect_gt(page->glyph_count, 500, "%s", path);
    cr_expect_not(page->ocr_layer);
    for (size_t i = 0; i < page->glyph_count; i++) {
        const vouch_glyph *glyph = &page->glyphs[i];
        const double width = glyph->box.x1 - glyph->box.x0, height = glyph->box.y1 - glyph->box.y0;
        cr_expect(glyph->codepoint != 0 && glyph->codepoint != 0xFFFD, "%s: glyph %zu has no meaning", path, i);
        if (!glyph->hidden)
            cr_expect(width > 0 && height > 0 && width < 40 && height < 60 && glyph->box.x0 >= -1 &&
                          glyph->box.y0 >= -1 && glyph->box.x1 <= page->width + 1 && glyph->box.y1 <= page->height + 1,
                      "%s: U+%04X [%f %f %f %f]", path, glyph->codepoint, glyph->box.x0, glyph->box.y0, glyph->box.x1,
                      glyph->box.y1);
    }
    cr_expect_eq(vouch_decoded_problems(decoded)->count, 0, "%s", path);
}

Test(samples, chinese_pdf_invoices, .timeout = 60)
{
    char path[TEST_PATH_SIZE];
    if (!test_samples_find("china/pdf", path))
        cr_skip_test("skipped: china/pdf is not there");
    cr_expect_geq(test_samples_walk(path, look_at_invoice, NULL), 10);
}

static void open_and_draw(const char *path)
{
    size_t length, count;
    uint8_t *data = test_samples_load(path, &length);
    vouch_decoded *decoded = NULL;
    if (vouch_decode(data, length, NULL, &decoded, NULL) == VOUCH_OK) {
        const vouch_page *pages = vouch_decoded_pages(decoded, &count);
        for (size_t i = 0; i < count; i++) {
            vouch_raster raster = {0};
            vouch_error err = VOUCH_ERROR_INIT;
            if (vouch_decoded_render(decoded, pages[i].number, 0.4, i % 2 ? 1 : 3, &raster, &err) == VOUCH_OK)
                vouch_raster_done(&raster);
        }
        (void)vouch_decoded_parts(decoded, &count);
        for (size_t i = 0, found; i < count; i++)
            (void)vouch_decoded_pdf_signatures(decoded, (int)i, &found);
    }
    vouch_decoded_free(&decoded);
    free(data);
}

static void run_in_child(const char *path, void *user)
{
    (void)user;
    fflush(NULL);
    const pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        const struct rlimit cpu = {CPU_SECONDS, CPU_SECONDS};
        setrlimit(RLIMIT_CPU, &cpu);
        open_and_draw(path);
        _exit(0);
    }
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: status %#x", path, (unsigned)status);
}

static void survive(const char *relative, size_t at_least)
{
    char path[TEST_PATH_SIZE];
    if (!test_samples_find(relative, path))
        cr_skip_test("skipped: %s is not there", relative);
    cr_expect_geq(test_samples_walk(path, run_in_child, NULL), at_least);
}

Test(samples, hostile_files_end, .timeout = 500)
{
    survive("intl/bad", 300);
}

Test(samples, attacked_pdfs_end, .timeout = 200)
{
    survive("intl/pdf-attacks", 20);
}

Test(samples, signed_pdfs_end, .timeout = 300)
{
    survive("intl/pades", 100);
}
