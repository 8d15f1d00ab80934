/** The picture in the test seal. */
#ifndef VOUCH_GENERATE_SEAL_PICTURE_H
#define VOUCH_GENERATE_SEAL_PICTURE_H

#include <stddef.h>
#include <stdint.h>

extern const uint8_t seal_picture_png[];
extern const size_t seal_picture_png_length;

#endif
