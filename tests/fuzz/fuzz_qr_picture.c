/*
 * Any picture to the search for QR codes: the squares lie inside of it. The first bytes are the size; samples repeat.
 */
#include <stdlib.h>
#include <string.h>

#include "../../src/read/qr.h"

#include "property.h"

enum {
    HEAD = 4,
    MOST = 32
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size <= HEAD)
        return 0;
    const int width = 1 + (data[0] | (data[1] & 1) << 8), height = 1 + (data[2] | (data[3] & 1) << 8);
    const size_t bytes = (size_t)width * (size_t)height;
    /* as large as the picture and not a byte more, so that the sanitizer sees what is read beyond */
    uint8_t *samples = malloc(bytes);
    REQUIRE(samples);
    for (size_t at = 0; at < bytes; at += size - HEAD)
        memcpy(samples + at, data + HEAD, bytes - at < size - HEAD ? bytes - at : size - HEAD);
    const vouch_raster raster = {
        .width = width, .height = height, .channels = 1, .stride = (size_t)width, .samples = samples};
    vouch_box boxes[MOST];
    const size_t found = vouch_qr_locate(&raster, boxes, MOST);
    REQUIRE(found <= MOST);
    for (size_t i = 0; i < found; i++) {
        REQUIRE(boxes[i].x0 >= 0 && boxes[i].x0 < boxes[i].x1 && boxes[i].x1 <= width);
        REQUIRE(boxes[i].y0 >= 0 && boxes[i].y0 < boxes[i].y1 && boxes[i].y1 <= height);
    }
    free(samples);
    return 0;
}
