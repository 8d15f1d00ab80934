/*
 * The files inside of an OFD package that is itself good: page, resources, tags, annotations, signed value. The input
 * holds their texts one after the other, each ended by a zero byte. (Flipping bytes of a package mostly breaks its
 * checksums, so that fuzz_ofd seldom comes this far.)
 */
#include <string.h>

#include "vouch/decode.h"
#include "vouch/memory.h"

#include "property.h"

#define XMLNS "xmlns:ofd=\"http://www.ofdspec.org/2016\""

typedef struct package {
    vouch_buffer bytes, directory;
    unsigned count;
} package;

static void append(vouch_buffer *buffer, const void *bytes, size_t length)
{
    REQUIRE(vouch_buffer_append(buffer, bytes, length) == VOUCH_OK);
}

static void number(vouch_buffer *buffer, size_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        append(buffer, &(uint8_t){(uint8_t)(value >> (8 * i))}, 1);
}

static uint32_t crc32_of(const uint8_t *data, size_t length)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < length; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

static void header(vouch_buffer *to, const char *name, const void *data, size_t length)
{
    number(to, 20, 2);
    number(to, 0, 4); /* flags, method */
    number(to, 0, 4); /* time */
    number(to, crc32_of(data, length), 4);
    number(to, length, 4);
    number(to, length, 4);
    number(to, strlen(name), 2);
    number(to, 0, 2);
}

static void put(package *to, const char *name, const void *data, size_t length)
{
    const size_t offset = to->bytes.length;

    append(&to->bytes, "PK\3\4", 4);
    header(&to->bytes, name, data, length);
    append(&to->bytes, name, strlen(name));
    append(&to->bytes, data, length);
    append(&to->directory, "PK\1\2", 4);
    number(&to->directory, 20, 2);
    header(&to->directory, name, data, length);
    number(&to->directory, 0, 4); /* comment, disk */
    number(&to->directory, 0, 6); /* attributes */
    number(&to->directory, offset, 4);
    append(&to->directory, name, strlen(name));
    to->count++;
}

static void finish(package *it)
{
    const size_t offset = it->bytes.length;

    append(&it->bytes, it->directory.data, it->directory.length);
    append(&it->bytes, "PK\5\6\0\0\0", 8);
    number(&it->bytes, it->count, 2);
    number(&it->bytes, it->count, 2);
    number(&it->bytes, it->directory.length, 4);
    number(&it->bytes, offset, 4);
    number(&it->bytes, 0, 2);
}

static void put_fixed(package *to)
{
    static const char *const files[][2] = {
        {"OFD.xml", "<ofd:OFD " XMLNS "><ofd:DocBody><ofd:DocRoot>D.xml</ofd:DocRoot><ofd:Signatures>S.xml"
                    "</ofd:Signatures></ofd:DocBody></ofd:OFD>"},
        {"D.xml", "<D><CommonData><PublicRes>R.xml</PublicRes><TemplatePage ID=\"20\" BaseLoc=\"P.xml\"/></CommonData>"
                  "<Pages><Page ID=\"1\" BaseLoc=\"P.xml\"/></Pages><Annotations>N.xml</Annotations>"
                  "<CustomTags>C.xml</CustomTags></D>"},
        {"C.xml", "<C><CustomTag><FileLoc>T.xml</FileLoc></CustomTag></C>"},
        {"N.xml", "<N><Page PageID=\"1\"><FileLoc>A.xml</FileLoc></Page></N>"},
        {"S.xml", "<S><Signature ID=\"1\" BaseLoc=\"G.xml\"/></S>"},
        {"G.xml", "<G><SignedInfo><StampAnnot PageRef=\"1\" Boundary=\"1 1 9 9\"/></SignedInfo><SignedValue>V"
                  "</SignedValue></G>"},
    };

    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        put(to, files[i][0], files[i][1], strlen(files[i][1]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"P.xml", "R.xml", "T.xml", "A.xml", "V"};
    const size_t count = sizeof names / sizeof *names;
    const vouch_decode_limits limits = {.max_bytes = 1 << 20,
                                        .max_pages = 4,
                                        .max_pixels = 1 << 20,
                                        .max_entries = 64,
                                        .max_entry_bytes = 1 << 20,
                                        .max_expanded_bytes = 4 << 20,
                                        .max_glyphs = 10000};
    package built = {0};
    vouch_decoded *decoded = NULL;

    put_fixed(&built);
    for (size_t i = 0; i < count && size > 0; i++) {
        const uint8_t *end = i + 1 < count ? memchr(data, 0, size) : NULL;
        const size_t length = end ? (size_t)(end - data) : size;
        put(&built, names[i], data, length);
        size -= length + (end ? 1 : 0);
        data += length + (end ? 1 : 0);
    }
    finish(&built);
    if (vouch_decode((const uint8_t *)built.bytes.data, built.bytes.length, &limits, &decoded, NULL) == VOUCH_OK) {
        vouch_raster raster = {0};
        size_t pages;
        const vouch_page *page = vouch_decoded_pages(decoded, &pages);
        REQUIRE(pages == 1 && page->glyph_count <= limits.max_glyphs);
        const double longest = page->width > page->height ? page->width : page->height;
        (void)!vouch_decoded_render(decoded, 1, 64 / longest, 3, &raster, NULL);
        vouch_raster_done(&raster);
        vouch_decoded_free(&decoded);
    }
    vouch_buffer_done(&built.bytes);
    vouch_buffer_done(&built.directory);
    return 0;
}
