#include "ofd_builder.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "vouch/text.h"

static void append(vouch_buffer *buffer, const void *bytes, size_t length)
{
    cr_assert_eq(vouch_buffer_append(buffer, bytes, length), VOUCH_OK);
}

static void number(vouch_buffer *buffer, unsigned long value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        append(buffer, &(uint8_t){(uint8_t)(value >> (8 * i))}, 1);
}

/* Raw deflate of at most 1032:1; grows by compressBound. */
static size_t deflate_raw(const void *data, size_t length, uint8_t *out, size_t size)
{
    z_stream stream = {
        .next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)length, .next_out = out, .avail_out = (uInt)size};

    cr_assert_eq(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
    cr_assert_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return size - stream.avail_out;
}

/* The fields that local header and directory share (APPNOTE 4.3.7, 4.3.12). */
static void common_fields(vouch_buffer *to, bool deflated, unsigned long crc, size_t packed, size_t length,
                          const char *name)
{
    number(to, 20, 2);                                                /* version needed */
    number(to, vouch_utf8_valid(name, strlen(name)) ? 0x0800 : 0, 2); /* the name is UTF-8 */
    number(to, deflated ? 8 : 0, 2);                                  /* method */
    number(to, 0x58210000, 4);                                        /* 2024-01-01 00:00 */
    number(to, crc, 4);
    number(to, packed, 4);
    number(to, length, 4);
    number(to, strlen(name), 2);
    number(to, 0, 2); /* extra field */
}

void ofd_put(ofd_builder *builder, const char *name, const void *data, size_t length, bool deflated)
{
    const size_t offset = builder->bytes.length, bound = compressBound(length) + 64;
    VOUCH_CLEANUP(vouch_free_pointer) uint8_t *packed = malloc(bound);
    cr_assert(packed);
    size_t packed_length = length;
    if (deflated)
        packed_length = deflate_raw(data, length, packed, bound);
    else
        memcpy(packed, data, length);
    const unsigned long crc = crc32(0, data, (uInt)length);

    append(&builder->bytes, "PK\3\4", 4);
    common_fields(&builder->bytes, deflated, crc, packed_length, length, name);
    append(&builder->bytes, name, strlen(name));
    append(&builder->bytes, packed, packed_length);

    append(&builder->directory, "PK\1\2", 4);
    number(&builder->directory, 20, 2); /* made by */
    common_fields(&builder->directory, deflated, crc, packed_length, length, name);
    number(&builder->directory, 0, 2); /* comment */
    number(&builder->directory, 0, 2); /* disk */
    number(&builder->directory, 0, 2); /* internal attributes */
    number(&builder->directory, 0, 4); /* external attributes */
    number(&builder->directory, offset, 4);
    append(&builder->directory, name, strlen(name));
    builder->count++;
}

void ofd_put_text(ofd_builder *builder, const char *name, const char *text)
{
    ofd_put(builder, name, text, strlen(text), /* deflated= */ false);
}

void ofd_finish(ofd_builder *builder)
{
    const size_t offset = builder->bytes.length;

    append(&builder->bytes, builder->directory.data, builder->directory.length);
    append(&builder->bytes, "PK\5\6", 4);
    number(&builder->bytes, 0, 4); /* disks */
    number(&builder->bytes, builder->count, 2);
    number(&builder->bytes, builder->count, 2);
    number(&builder->bytes, builder->directory.length, 4);
    number(&builder->bytes, offset, 4);
    number(&builder->bytes, 0, 2); /* comment */
}

void ofd_builder_done(ofd_builder *builder)
{
    vouch_buffer_done(&builder->bytes);
    vouch_buffer_done(&builder->directory);
}

static const char *or_nothing(const char *text)
{
    return text ? text : "";
}

static void put_printed(ofd_builder *builder, const char *name, const char *format, ...) VOUCH_PRINTF(3, 4);

static void put_printed(ofd_builder *builder, const char *name, const char *format, ...)
{
    char text[16384];
    va_list args;

    va_start(args, format);
    const int length = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    cr_assert(length >= 0 && (size_t)length < sizeof text);
    ofd_put_text(builder, name, text);
}

void ofd_build(ofd_builder *builder, const ofd_sample *sample)
{
    /* One pixel, blue. */
    static const uint8_t dot[] = {'B', 'M', 58, 0, 0, 0, 0, 0, 0,  0, 54, 0, 0, 0, 40,  0, 0, 0, 1, 0,
                                  0,   0,   1,  0, 0, 0, 1, 0, 24, 0, 0,  0, 0, 0, 4,   0, 0, 0, 0, 0,
                                  0,   0,   0,  0, 0, 0, 0, 0, 0,  0, 0,  0, 0, 0, 255, 0, 0, 0};

    put_printed(builder, "OFD.xml",
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ofd:OFD " OFD_XMLNS " Version=\"1.0\" DocType=\"OFD\">"
                "<ofd:DocBody><ofd:DocInfo><ofd:DocID>0</ofd:DocID>%s</ofd:DocInfo>"
                "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>%s</ofd:DocBody></ofd:OFD>",
                or_nothing(sample->info), or_nothing(sample->body));
    put_printed(builder, "Doc_0/Document.xml",
                "<ofd:Document " OFD_XMLNS "><ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>0 0 100 50"
                "</ofd:PhysicalBox></ofd:PageArea><ofd:PublicRes>Res.xml</ofd:PublicRes>%s</ofd:CommonData>"
                "<ofd:Pages><ofd:Page ID=\"1\" BaseLoc=\"Page.xml\"/></ofd:Pages>%s</ofd:Document>",
                or_nothing(sample->common), or_nothing(sample->document));
    ofd_put_text(builder, "Doc_0/Res.xml",
                 "<ofd:Res " OFD_XMLNS " BaseLoc=\"Res\"><ofd:Fonts><ofd:Font ID=\"5\" FontName=\"宋体\"/></ofd:Fonts>"
                 "<ofd:DrawParams><ofd:DrawParam ID=\"3\" LineWidth=\"2\"><ofd:StrokeColor Value=\"0 255 0\"/>"
                 "</ofd:DrawParam><ofd:DrawParam ID=\"4\" Relative=\"3\"><ofd:FillColor Value=\"255 255 255\"/>"
                 "</ofd:DrawParam></ofd:DrawParams><ofd:MultiMedias><ofd:MultiMedia ID=\"7\" Type=\"Image\">"
                 "<ofd:MediaFile>dot.bmp</ofd:MediaFile></ofd:MultiMedia></ofd:MultiMedias></ofd:Res>");
    ofd_put(builder, "Doc_0/Res/dot.bmp", dot, sizeof dot, /* deflated= */ false);
    put_printed(builder, "Doc_0/Page.xml",
                "<ofd:Page " OFD_XMLNS ">%s<ofd:Content><ofd:Layer ID=\"2\">%s</ofd:Layer></ofd:Content></ofd:Page>",
                or_nothing(sample->page), or_nothing(sample->layer));
}
