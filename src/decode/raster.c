/**
 * Rasters: release, and writing as PNG (RFC 2083, ISO/IEC 15948).
 *
 * The encoder is our own because it is made for pages: mostly white, mostly flat. Each row takes the filter "up" when
 * that leaves fewer changes than the row itself, and deflate runs at its fast end: a page is looked at a few times, not
 * archived.
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "handler.h"

#define DEFLATE_LEVEL 3
#define CHUNK_BYTES   65536

void vouch_raster_done(vouch_raster *raster)
{
    free(raster->samples);
    *raster = (vouch_raster){0};
}

static void put_u32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}

static vouch_code put_chunk(vouch_buffer *out, const char type[4], const uint8_t *data, size_t length)
{
    uint8_t head[8], tail[4];
    put_u32(head, (uint32_t)length);
    memcpy(head + 4, type, 4);
    uLong crc = crc32(crc32(0, NULL, 0), head + 4, 4);
    if (length > 0)
        crc = crc32(crc, data, (uInt)length);
    put_u32(tail, (uint32_t)crc);
    VOUCH_TRY(vouch_buffer_append(out, head, sizeof head));
    VOUCH_TRY(vouch_buffer_append(out, data, length));
    return vouch_buffer_append(out, tail, sizeof tail);
}

static vouch_code drain(z_stream *stream, int flush, uint8_t *chunk, vouch_buffer *out)
{
    int result;
    do {
        if (stream->avail_out == 0 || flush == Z_FINISH) {
            const size_t ready = CHUNK_BYTES - stream->avail_out;
            if (ready > 0)
                VOUCH_TRY(put_chunk(out, "IDAT", chunk, ready));
            stream->next_out = chunk;
            stream->avail_out = CHUNK_BYTES;
        }
        result = deflate(stream, flush);
        if (result == Z_STREAM_ERROR)
            return VOUCH_INTERNAL;
    } while (stream->avail_in > 0 || (flush == Z_FINISH && result != Z_STREAM_END));
    if (flush == Z_FINISH)
        return put_chunk(out, "IDAT", chunk, CHUNK_BYTES - stream->avail_out);
    return VOUCH_OK;
}

/* Filter type byte and filtered samples of a row: "up" (2) or "none" (0), whichever changes value less often. */
static void filter_row(const uint8_t *row, const uint8_t *above, size_t bytes, uint8_t *line)
{
    size_t changes_plain = 0, changes_up = 0;
    if (above) {
        line[0] = 2;
        for (size_t i = 0; i < bytes; i++)
            line[1 + i] = (uint8_t)(row[i] - above[i]);
        for (size_t i = 1; i < bytes; i++) {
            changes_plain += row[i] != row[i - 1];
            changes_up += line[1 + i] != line[i];
        }
        if (changes_up <= changes_plain)
            return;
    }
    line[0] = 0;
    memcpy(line + 1, row, bytes);
}

static vouch_code put_samples(const vouch_raster *raster, z_stream *stream, uint8_t *line, uint8_t *chunk,
                              vouch_buffer *out)
{
    const size_t bytes = (size_t)raster->width * (size_t)raster->channels;
    stream->next_out = chunk;
    stream->avail_out = CHUNK_BYTES;
    for (int y = 0; y < raster->height; y++) {
        const uint8_t *row = raster->samples + (size_t)y * raster->stride;
        filter_row(row, y > 0 ? row - raster->stride : NULL, bytes, line);
        stream->next_in = line;
        stream->avail_in = (uInt)(bytes + 1);
        VOUCH_TRY(drain(stream, Z_NO_FLUSH, chunk, out));
    }
    return drain(stream, Z_FINISH, chunk, out);
}

vouch_code vouch_raster_encode_png(const vouch_raster *raster, vouch_buffer *out, vouch_error *err)
{
    static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    uint8_t header[13] = {[8] = 8 /* bits */, [9] = raster->channels == 1 ? 0 : 2 /* grey, RGB */};
    put_u32(header, (uint32_t)raster->width);
    put_u32(header + 4, (uint32_t)raster->height);

    const size_t before = out->length;
    VOUCH_CLEANUP(vouch_free_pointer)
    uint8_t *work = malloc(CHUNK_BYTES + 1 + (size_t)raster->width * (size_t)raster->channels);
    z_stream stream = {0};
    if (!work || deflateInit(&stream, DEFLATE_LEVEL) != Z_OK)
        return vouch_fail(err, VOUCH_NO_MEMORY, "encoding a page picture");
    vouch_code code = vouch_buffer_append(out, signature, sizeof signature);
    if (code == VOUCH_OK)
        code = put_chunk(out, "IHDR", header, sizeof header);
    if (code == VOUCH_OK)
        code = put_samples(raster, &stream, work + CHUNK_BYTES, work, out);
    if (code == VOUCH_OK)
        code = put_chunk(out, "IEND", NULL, 0);
    deflateEnd(&stream);
    if (code != VOUCH_OK) {
        out->length = before;
        return vouch_fail(err, code, "encoding a page picture of %d x %d pixels", raster->width, raster->height);
    }
    return VOUCH_OK;
}
