/**
 * HEIC (ISO/IEC 23008-12) by libheif: the primary picture, with the transformations that the file states applied.
 */
#include <libheif/heif.h>
#include <stdlib.h>

#include "image.h"

#define MAX_SIDE 32768

typedef struct heif_context heif_context;
typedef struct heif_image_handle heif_handle;
typedef struct heif_image heif_picture;

static void free_context(heif_context **context)
{
    heif_context_free(*context);
}

static void free_handle(heif_handle **handle)
{
    heif_image_handle_release(*handle);
}

static void free_picture(heif_picture **picture)
{
    heif_image_release(*picture);
}

/* @param handle  out: released with free_handle before the context */
static bool open_primary(const uint8_t *data, size_t length, heif_context **context, heif_handle **handle)
{
    *context = heif_context_alloc();
    if (!*context)
        return false;
    heif_context_set_maximum_image_size_limit(*context, MAX_SIDE);
    heif_context_set_max_decoding_threads(*context, 0); /* in this thread */
    return heif_context_read_from_memory_without_copy(*context, data, length, NULL).code == heif_error_Ok &&
           heif_context_get_primary_image_handle(*context, handle).code == heif_error_Ok;
}

bool image_read_heic_size(const uint8_t *data, size_t length, int *width, int *height)
{
    VOUCH_CLEANUP(free_context) heif_context *context = NULL;
    VOUCH_CLEANUP(free_handle) heif_handle *handle = NULL;
    if (!open_primary(data, length, &context, &handle))
        return false;
    *width = heif_image_handle_get_width(handle);
    *height = heif_image_handle_get_height(handle);
    return true;
}

PIX *image_decode_heic(const uint8_t *data, size_t length, vouch_error *err)
{
    VOUCH_CLEANUP(free_context) heif_context *context = NULL;
    VOUCH_CLEANUP(free_handle) heif_handle *handle = NULL;
    VOUCH_CLEANUP(free_picture) heif_picture *picture = NULL;
    if (!open_primary(data, length, &context, &handle) ||
        heif_decode_image(handle, &picture, heif_colorspace_RGB, heif_chroma_interleaved_RGB, NULL).code !=
            heif_error_Ok) {
        (void)vouch_fail(err, VOUCH_BAD_FORMAT, "the HEIC picture can't be decoded");
        return NULL;
    }
    const int width = heif_image_get_width(picture, heif_channel_interleaved);
    const int height = heif_image_get_height(picture, heif_channel_interleaved);
    int stride = 0;
    const uint8_t *samples = heif_image_get_plane_readonly(picture, heif_channel_interleaved, &stride);
    PIX *pix = samples && width > 0 && height > 0 ? pixCreate(width, height, 32) : NULL;
    if (!pix) {
        (void)vouch_fail(err, VOUCH_NO_MEMORY, "decoding a HEIC picture");
        return NULL;
    }
    l_uint32 *row = pixGetData(pix);
    for (int y = 0; y < height; y++, row += pixGetWpl(pix)) {
        const uint8_t *in = samples + (size_t)y * (size_t)stride;
        for (int x = 0; x < width; x++, in += 3)
            row[x] =
                (l_uint32)in[0] << L_RED_SHIFT | (l_uint32)in[1] << L_GREEN_SHIFT | (l_uint32)in[2] << L_BLUE_SHIFT;
    }
    return pix;
}
