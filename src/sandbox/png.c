/**
 * A look at the pictures that a child sends, which a reviewer's browser will decode: only what our own encoder writes
 * passes (ISO/IEC 15948 §5 chunk layout, §11.2 critical chunks). Nothing is inflated here.
 */
#include "answer.h"

#include <string.h>

static uint32_t big_endian(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool header_acceptable(const uint8_t *body, uint32_t length, size_t max_pixels)
{
    if (length != 13)
        return false;
    const uint32_t width = big_endian(body), height = big_endian(body + 4);
    const bool grey_or_rgb = body[9] == 0 || body[9] == 2;
    return width > 0 && height > 0 && width <= max_pixels / height && body[8] == 8 && grey_or_rgb && body[10] == 0 &&
           body[11] == 0 && body[12] == 0;
}

bool sandbox_png_acceptable(const uint8_t *data, size_t length, size_t max_pixels)
{
    static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    static const size_t around = 12; /* length, type and check sum of a chunk */
    if (length < sizeof signature || memcmp(data, signature, sizeof signature) != 0)
        return false;
    size_t at = sizeof signature;
    bool any_data = false;
    for (size_t index = 0; length - at >= around; index++) {
        const uint32_t size = big_endian(data + at);
        const uint8_t *const type = data + at + 4, *const body = data + at + 8;
        if (size > length - at - around)
            return false;
        at += around + size;
        if ((index == 0) != (memcmp(type, "IHDR", 4) == 0))
            return false;
        if (index == 0 && !header_acceptable(body, size, max_pixels))
            return false;
        if (memcmp(type, "IEND", 4) == 0)
            return any_data && size == 0 && at == length;
        if (memcmp(type, "IDAT", 4) == 0)
            any_data = true;
        else if (index > 0)
            return false;
    }
    return false;
}
