/**
 * JPEG (ITU T.81) by libjpeg itself: silent, lenient with damage that viewers show too (it is reported), and with a
 * limit on the scans of progressive files, each of which costs a whole pass over the picture.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#include "image.h"

/* Encoders write about ten; T.81 allows thousands that change nothing. */
#define MAX_SCANS 100

typedef struct reader {
    struct jpeg_decompress_struct info;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf escape;
} reader;

static void on_error(j_common_ptr info)
{
    reader *it = info->client_data;
    longjmp(it->escape, 1);
}

static void on_message(j_common_ptr info, int level)
{
    if (level < 0)
        info->err->num_warnings++;
}

static void on_output(j_common_ptr info)
{
    (void)info;
}

static void on_progress(j_common_ptr info)
{
    reader *it = info->client_data;
    if (it->info.input_scan_number > MAX_SCANS)
        longjmp(it->escape, 1);
}

/* Jumps to it->escape on failure. */
static void read_header(reader *it, const uint8_t *data, size_t length)
{
    it->info.client_data = it;
    it->progress.progress_monitor = on_progress;
    it->info.progress = &it->progress;
    jpeg_mem_src(&it->info, data, length);
    jpeg_read_header(&it->info, TRUE);
}

static void start(reader *it)
{
    it->info.err = jpeg_std_error(&it->errors);
    it->errors.error_exit = on_error;
    it->errors.emit_message = on_message;
    it->errors.output_message = on_output;
    it->info.client_data = it;
}

bool image_read_jpeg_size(const uint8_t *data, size_t length, int *width, int *height)
{
    reader it = {0};
    start(&it);
    if (setjmp(it.escape) != 0) {
        jpeg_destroy_decompress(&it.info);
        return false;
    }
    jpeg_create_decompress(&it.info);
    read_header(&it, data, length);
    *width = (int)it.info.image_width;
    *height = (int)it.info.image_height;
    jpeg_destroy_decompress(&it.info);
    return true;
}

/* Adobe's programs store inks inverted and say so by their marker. */
static uint8_t mix(uint8_t ink, uint8_t black, bool inverted)
{
    const int light = inverted ? ink * black / 255 : (255 - ink) * (255 - black) / 255;
    return (uint8_t)light;
}

static void copy_row(const reader *it, const uint8_t *in, l_uint32 *row)
{
    const bool inverted = it->info.saw_Adobe_marker;
    for (unsigned x = 0; x < it->info.output_width; x++) {
        switch (it->info.output_components) {
        case 1:
            SET_DATA_BYTE(row, x, in[x]);
            continue;
        case 3:
            row[x] =
                (l_uint32)in[0] << L_RED_SHIFT | (l_uint32)in[1] << L_GREEN_SHIFT | (l_uint32)in[2] << L_BLUE_SHIFT;
            break;
        default:
            row[x] = (l_uint32)mix(in[0], in[3], inverted) << L_RED_SHIFT |
                     (l_uint32)mix(in[1], in[3], inverted) << L_GREEN_SHIFT |
                     (l_uint32)mix(in[2], in[3], inverted) << L_BLUE_SHIFT;
            break;
        }
        in += it->info.output_components;
    }
}

/* Jumps to it->escape on failure; *pix and *line belong to the caller as soon as they are set. */
static void read_rows(reader *it, PIX *volatile *pix, uint8_t *volatile *line)
{
    switch (it->info.jpeg_color_space) {
    case JCS_GRAYSCALE:
        break;
    case JCS_CMYK:
    case JCS_YCCK:
        it->info.out_color_space = JCS_CMYK;
        break;
    default:
        it->info.out_color_space = JCS_RGB;
        break;
    }
    jpeg_start_decompress(&it->info);
    const int width = (int)it->info.output_width, height = (int)it->info.output_height;
    *line = calloc(it->info.output_width, (size_t)it->info.output_components);
    *pix = *line ? pixCreate(width, height, it->info.output_components == 1 ? 8 : 32) : NULL;
    if (!*pix)
        longjmp(it->escape, 1);
    pixSetAll(*pix); /* what is missing stays white */
    l_uint32 *row = pixGetData(*pix);
    for (int y = 0; y < height; y++, row += pixGetWpl(*pix)) {
        JSAMPROW rows[1] = {*line};
        if (jpeg_read_scanlines(&it->info, rows, 1) == 1)
            copy_row(it, *line, row);
    }
}

PIX *image_decode_jpeg(const uint8_t *data, size_t length, bool *damaged)
{
    reader it = {0};
    PIX *volatile pix = NULL;
    uint8_t *volatile line = NULL;
    start(&it);
    if (setjmp(it.escape) == 0) {
        jpeg_create_decompress(&it.info);
        read_header(&it, data, length);
        read_rows(&it, &pix, &line);
        *damaged = it.errors.num_warnings > 0;
    } else {
        *damaged = true; /* the rows read so far are kept */
    }
    jpeg_destroy_decompress(&it.info);
    free(line);
    return pix;
}
