/**
 * Whole documents through the product's own children: the walls must not be felt. What a child reads is what this
 * process reads, to the last byte but the times.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <libheif/heif.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vouch/sandbox.h"

static vouch_sandbox_options test_options(void)
{
    vouch_sandbox_options options = VOUCH_SANDBOX_OPTIONS_DEFAULT;
    options.executable = VOUCH_TEST_PRODUCT;
    return options;
}

static vouch_sandbox *start(void)
{
    const vouch_sandbox_options options = test_options();
    vouch_sandbox *sandbox = NULL;
    vouch_error error = VOUCH_ERROR_INIT;
    cr_assert_eq(vouch_sandbox_start(&options, &sandbox, &error), VOUCH_OK, "%s", error.message);
    return sandbox;
}

static void reading_text(vouch_reading *reading, vouch_buffer *out)
{
    reading->timing = (vouch_timing){-1, -1, -1, -1, -1};
    cr_assert_eq(vouch_reading_to_json(reading, out, NULL), VOUCH_OK);
}

static void compare(vouch_sandbox *sandbox, const char *name, const uint8_t *data, size_t length)
{
    const vouch_sandbox_options options = test_options();
    const vouch_sandbox_request request = {
        .data = data, .length = length, .file = name, .verify = true, .page_scale = 1, .max_page_pictures = 2};
    VOUCH_CLEANUP(vouch_answer_done) vouch_answer outside = {0};
    VOUCH_CLEANUP(vouch_answer_done) vouch_answer inside = {0};
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer outside_text = {0};
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer inside_text = {0};
    vouch_error error = VOUCH_ERROR_INIT;
    cr_assert_eq(vouch_sandbox_run(sandbox, &request, &outside, &error), VOUCH_OK, "%s: %s", name, error.message);
    cr_assert_eq(vouch_sandbox_run_inside(&options, &request, &inside, &error), VOUCH_OK, "%s", error.message);
    cr_expect_eq(outside.reader_end, VOUCH_OK, "%s: %s", name, vouch_code_lookup(outside.reader_end)->slug);
    cr_expect_eq(outside.verifier_end, VOUCH_OK, "%s: %s", name, vouch_code_lookup(outside.verifier_end)->slug);
    reading_text(outside.reading, &outside_text);
    reading_text(inside.reading, &inside_text);
    cr_expect_str_eq(outside_text.data, inside_text.data);
    cr_expect_eq(outside.words.count, inside.words.count, "%s", name);
    cr_assert_eq(outside.picture_count, inside.picture_count, "%s", name);
    for (size_t i = 0; i < outside.picture_count; i++)
        cr_expect_eq(outside.pictures[i].length, inside.pictures[i].length, "%s", name);
}

/* @return number of files compared */
static size_t compare_folder(vouch_sandbox *sandbox, const char *folder)
{
    DIR *directory = opendir(folder);
    size_t count = 0;
    for (const struct dirent *entry; directory && (entry = readdir(directory));) {
        struct stat about;
        VOUCH_CLEANUP(vouch_close_fd) int fd = openat(dirfd(directory), entry->d_name, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size > 4 << 20)
            continue;
        VOUCH_CLEANUP(vouch_free_pointer) uint8_t *data = malloc((size_t)about.st_size + 1);
        cr_assert_not_null(data);
        cr_assert_eq(read(fd, data, (size_t)about.st_size), about.st_size);
        compare(sandbox, entry->d_name, data, (size_t)about.st_size);
        count++;
    }
    if (directory)
        closedir(directory);
    return count;
}

Test(sandbox_documents, fixtures_read_the_same_inside_and_outside)
{
    vouch_sandbox *sandbox = start();
    cr_expect_gt(compare_folder(sandbox, VOUCH_SOURCE_DIR "/fixtures"), 0);
    vouch_sandbox_stop(&sandbox);
}

Test(sandbox_documents, real_documents_read_the_same_inside_and_outside, .timeout = 300)
{
    static const char *const folders[] = {"pdf", "ofd", "image", "xbrl"};
    const char *shared = getenv("VOUCH_SHARED_DATA");
    if (!shared || access(shared, R_OK) != 0)
        cr_skip_test("skipped: real documents are not there");
    vouch_sandbox *sandbox = start();
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char folder[1024];
        snprintf(folder, sizeof folder, "%s/china/%s", shared, folders[i]);
        cr_expect_gt(compare_folder(sandbox, folder), 0, "%s", folder);
    }
    vouch_sandbox_stop(&sandbox);
}

static struct heif_error keep_bytes(struct heif_context *context, const void *data, size_t size, void *user)
{
    (void)context;
    const struct heif_error fine = {heif_error_Ok, heif_suberror_Unspecified, ""};
    cr_assert_eq(vouch_buffer_append(user, data, size), VOUCH_OK);
    return fine;
}

/* The one decoder that starts a thread. */
Test(sandbox_documents, heic_reads_the_same_inside_and_outside)
{
#ifdef VOUCH_SANITIZED
    cr_skip_test("skipped: the walls are down, and the encoder that makes the picture leaks");
#endif
    struct heif_context *context = heif_context_alloc();
    struct heif_encoder *encoder = NULL;
    struct heif_image *image = NULL;
    if (heif_context_get_encoder_for_format(context, heif_compression_HEVC, &encoder).code != heif_error_Ok)
        cr_skip_test("skipped: this libheif has no encoder to make a picture with");
    heif_image_create(64, 64, heif_colorspace_RGB, heif_chroma_interleaved_RGB, &image);
    heif_image_add_plane(image, heif_channel_interleaved, 64, 64, 8);
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer file = {0};
    struct heif_writer writer = {.writer_api_version = 1, .write = keep_bytes};
    cr_assert_eq(heif_context_encode_image(context, image, encoder, NULL, NULL).code, heif_error_Ok);
    cr_assert_eq(heif_context_write(context, &writer, &file).code, heif_error_Ok);
    heif_image_release(image);
    heif_encoder_release(encoder);
    heif_context_free(context);

    vouch_sandbox *sandbox = start();
    compare(sandbox, "picture.heic", (const uint8_t *)file.data, file.length);
    vouch_sandbox_stop(&sandbox);
}

Test(sandbox_documents, what_is_no_document_is_a_reading_with_a_problem)
{
    static const char *const texts[] = {"", "x", "%PDF-1.7\nno more", "<?xml version=\"1.0\"?><a>", "PK\3\4"};
    vouch_sandbox *sandbox = start();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        VOUCH_CLEANUP(vouch_answer_done) vouch_answer answer = {0};
        const vouch_sandbox_request request = {
            .data = (const uint8_t *)texts[i], .length = strlen(texts[i]), .verify = true};
        cr_assert_eq(vouch_sandbox_run(sandbox, &request, &answer, NULL), VOUCH_OK, "%s", texts[i]);
        cr_expect_eq(answer.reader_end, VOUCH_OK, "%s", texts[i]);
        cr_expect_eq(answer.reading->invoices.count, 0, "%s", texts[i]);
        cr_expect_gt(answer.reading->problems.count, 0, "%s", texts[i]);
        cr_expect_null(answer.reading->file);
    }
    vouch_sandbox_stop(&sandbox);
}

Test(sandbox_documents, pictures_keep_to_their_number_and_scale)
{
    vouch_sandbox *sandbox = start();
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer png = {0};
    VOUCH_CLEANUP(vouch_raster_done)
    vouch_raster wide = {.width = 3000, .height = 10, .channels = 3, .stride = 9000, .samples = calloc(10, 9000)};
    cr_assert_eq(vouch_raster_encode_png(&wide, &png, NULL), VOUCH_OK);
    const struct {
        double scale;
        int most;
        size_t count;
        unsigned width;
    } rows[] = {{0, 5, 0, 0}, {1, 0, 0, 0}, {1, 1, 1, 842}, {2, 1, 1, 1684}, {9, 1, 1, 3000}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        VOUCH_CLEANUP(vouch_answer_done) vouch_answer answer = {0};
        const vouch_sandbox_request request = {.data = (const uint8_t *)png.data,
                                               .length = png.length,
                                               .page_scale = rows[i].scale,
                                               .max_page_pictures = rows[i].most};
        cr_assert_eq(vouch_sandbox_run(sandbox, &request, &answer, NULL), VOUCH_OK);
        cr_assert_eq(answer.picture_count, rows[i].count, "row %zu", i);
        if (answer.picture_count == 0)
            continue;
        const uint8_t *header = answer.pictures[0].png + 16; /* IHDR: the width */
        const unsigned width = (unsigned)(header[2] << 8 | header[3]);
        cr_expect(width >= rows[i].width - 1 && width <= rows[i].width + 1, "row %zu: %u", i, width);
    }
    vouch_sandbox_stop(&sandbox);
}
