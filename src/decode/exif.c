/**
 * The orientation that a camera noted: EXIF 2.32, tag 0x0112, in the TIFF block of a JPEG (APP1), PNG (eXIf) or WebP
 * (EXIF) file, or in the first directory of a TIFF file.
 *
 * A reader of one tag in one directory needs no library: every offset is checked against the block, nothing is
 * followed twice, so that the cost is linear in the file's segments.
 */
#include <string.h>

#include "handler.h"

#define TAG_ORIENTATION 0x0112
#define TYPE_SHORT      3

typedef struct bytes {
    const uint8_t *data;
    size_t length;
} bytes;

static uint64_t number(const uint8_t *at, int size, bool big_endian)
{
    uint64_t value = 0;
    for (int i = 0; i < size; i++)
        value = value << 8 | at[big_endian ? i : size - 1 - i];
    return value;
}

/* TIFF 6.0, section 2; BigTIFF differs in the widths only. */
static int tiff_orientation(bytes block)
{
    if (block.length < 8 || (memcmp(block.data, "II", 2) != 0 && memcmp(block.data, "MM", 2) != 0))
        return 1;
    const bool big_endian = block.data[0] == 'M';
    const uint64_t magic = number(block.data + 2, 2, big_endian);
    const bool wide = magic == 43;
    if ((magic != 42 && !wide) || (wide && block.length < 16))
        return 1;
    const int offset_size = wide ? 8 : 4, count_size = wide ? 8 : 2;
    const size_t entry_size = wide ? 20 : 12;
    const uint64_t directory = number(block.data + (wide ? 8 : 4), offset_size, big_endian);
    if (directory > block.length || block.length - directory < (size_t)count_size)
        return 1;
    const uint64_t stated = number(block.data + directory, count_size, big_endian);
    const size_t first = (size_t)directory + (size_t)count_size;
    const size_t fitting = (block.length - first) / entry_size;
    for (size_t i = 0; i < stated && i < fitting; i++) {
        const uint8_t *entry = block.data + first + i * entry_size;
        if (number(entry, 2, big_endian) != TAG_ORIENTATION || number(entry + 2, 2, big_endian) != TYPE_SHORT)
            continue;
        const uint64_t value = number(entry + entry_size - (size_t)offset_size, 2, big_endian);
        return value >= 1 && value <= 8 ? (int)value : 1;
    }
    return 1;
}

static const char exif_prefix[6] = "Exif\0";

static bytes without_prefix(bytes block)
{
    if (block.length >= sizeof exif_prefix && memcmp(block.data, exif_prefix, sizeof exif_prefix) == 0)
        return (bytes){block.data + sizeof exif_prefix, block.length - sizeof exif_prefix};
    return block;
}

/* ITU T.81, B.1.1.4: segments before the first scan. */
static bytes find_in_jpeg(bytes file)
{
    size_t at = 2;
    while (at + 4 <= file.length && file.data[at] == 0xFF) {
        const uint8_t marker = file.data[at + 1];
        if (marker == 0xFF) { /* fill byte */
            at++;
            continue;
        }
        if (marker == 0xDA || marker == 0xD9) /* scan, end */
            break;
        const size_t size = (size_t)number(file.data + at + 2, 2, true);
        if (size < 2 || file.length - at - 2 < size)
            break;
        const bytes segment = {file.data + at + 4, size - 2};
        if (marker == 0xE1 && segment.length >= sizeof exif_prefix &&
            memcmp(segment.data, exif_prefix, sizeof exif_prefix) == 0)
            return without_prefix(segment);
        at += 2 + size;
    }
    return (bytes){0};
}

/* PNG, section 5.3 and extension eXIf. */
static bytes find_in_png(bytes file)
{
    size_t at = 8;
    while (at + 12 <= file.length) {
        const size_t size = (size_t)number(file.data + at, 4, true);
        if (size > file.length - at - 12)
            break;
        if (memcmp(file.data + at + 4, "eXIf", 4) == 0)
            return without_prefix((bytes){file.data + at + 8, size});
        at += 12 + size;
    }
    return (bytes){0};
}

/* RFC 9649, section 2.3: RIFF chunks, padded to even sizes. */
static bytes find_in_webp(bytes file)
{
    size_t at = 12;
    while (at + 8 <= file.length) {
        const size_t size = (size_t)number(file.data + at + 4, 4, false);
        if (size > file.length - at - 8)
            break;
        if (memcmp(file.data + at, "EXIF", 4) == 0)
            return without_prefix((bytes){file.data + at + 8, size});
        at += 8 + size + (size & 1);
    }
    return (bytes){0};
}

int vouch_exif_orientation(const uint8_t *data, size_t length)
{
    const bytes file = {data, length};
    if (length < 12)
        return 1;
    bytes block = file;
    if (memcmp(data, "\xFF\xD8", 2) == 0)
        block = find_in_jpeg(file);
    else if (memcmp(data, "\x89PNG\r\n\x1A\n", 8) == 0)
        block = find_in_png(file);
    else if (memcmp(data, "RIFF", 4) == 0 && memcmp(data + 8, "WEBP", 4) == 0)
        block = find_in_webp(file);
    return tiff_orientation(block);
}
