/**
 * PNG by libpng's simplified interface. Leptonica uses the classic one, which prints to the standard error stream and
 * gives up on a file that ends early; this one is silent and keeps the rows that were there.
 */
#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"

static void copy_to_pix(const uint8_t *samples, size_t stride, bool color, PIX *pix)
{
    l_uint32 *row = pixGetData(pix);
    for (int y = 0; y < pixGetHeight(pix); y++, row += pixGetWpl(pix), samples += stride)
        for (int x = 0; x < pixGetWidth(pix); x++) {
            const uint8_t *in = samples + (size_t)x * (color ? 3 : 1);
            if (color)
                row[x] =
                    (l_uint32)in[0] << L_RED_SHIFT | (l_uint32)in[1] << L_GREEN_SHIFT | (l_uint32)in[2] << L_BLUE_SHIFT;
            else
                SET_DATA_BYTE(row, x, in[0]);
        }
}

PIX *image_decode_png(const uint8_t *data, size_t length, bool *damaged)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    if (!png_image_begin_read_from_memory(&image, data, length))
        return NULL;
    const bool color = image.format & PNG_FORMAT_FLAG_COLOR;
    const png_color white = {255, 255, 255};
    image.format = color ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    const size_t bytes = PNG_IMAGE_SIZE(image);
    PIX *pix = NULL;
    VOUCH_CLEANUP(vouch_free_pointer) uint8_t *samples = malloc(bytes);
    if (samples) {
        memset(samples, 0xFF, bytes);
        *damaged = !png_image_finish_read(&image, &white, samples, /* row_stride= */ 0, /* colormap= */ NULL);
        pix = pixCreate((l_int32)image.width, (l_int32)image.height, color ? 32 : 8);
        if (pix)
            copy_to_pix(samples, PNG_IMAGE_ROW_STRIDE(image), color, pix);
    }
    png_image_free(&image);
    return pix;
}
