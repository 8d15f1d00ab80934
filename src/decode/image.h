/** Inside of the picture handlers: sizes before decoding, and decoding to Leptonica's Pix. */
#ifndef VOUCH_DECODE_IMAGE_H
#define VOUCH_DECODE_IMAGE_H

#include <leptonica/allheaders.h>

#include "handler.h"

/**
 * Stored size of the n-th picture (from 0) of a file, from its header alone.
 *
 * @return false when there is no such picture or its header is damaged
 */
bool image_read_size(vouch_format format, const uint8_t *data, size_t length, int index, int *width, int *height);

/**
 * The bytes of a GIF up to the end of its first frame, so that a decoder which reads all frames at once sees one.
 *
 * @param prefix  out: length; a trailer (0x3B) belongs behind it
 */
bool image_gif_first_frame(const uint8_t *data, size_t length, size_t *prefix, int *width, int *height);

/** Primary picture of a HEIF file, orientation applied. @return NULL with *err filled; release with pixDestroy */
PIX *image_decode_heic(const uint8_t *data, size_t length, vouch_error *err);
bool image_read_heic_size(const uint8_t *data, size_t length, int *width, int *height);

/** JPEG; keeps what rows there are. @param damaged  out: the data is damaged or ends early */
PIX *image_decode_jpeg(const uint8_t *data, size_t length, bool *damaged);
bool image_read_jpeg_size(const uint8_t *data, size_t length, int *width, int *height);

/** PNG on white; keeps what rows there are. @param damaged  out: the data is damaged or ends early */
PIX *image_decode_png(const uint8_t *data, size_t length, bool *damaged);

#endif
