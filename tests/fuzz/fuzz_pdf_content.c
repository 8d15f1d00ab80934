/*
 * The objects inside of a PDF that is itself good: what a page draws, a font's map to Unicode, names of embedded files,
 * form fields and signatures, an embedded file. The input holds their texts one after the other, each ended by a zero
 * byte. (Flipping bytes of a file mostly breaks its table and streams, so that fuzz_decode seldom comes this far.)
 */
#include <math.h>
#include <string.h>

#include "vouch/decode.h"
#include "vouch/memory.h"

#include "property.h"

typedef struct pdf_file {
    vouch_buffer bytes;
    size_t offsets[16];
    int count;
} pdf_file;

typedef struct piece {
    const uint8_t *data;
    size_t length;
} piece;

static void append(pdf_file *to, const void *bytes, size_t length)
{
    REQUIRE(vouch_buffer_append(&to->bytes, bytes, length) == VOUCH_OK);
}

static void begin(pdf_file *to)
{
    to->offsets[to->count++] = to->bytes.length;
    REQUIRE(vouch_buffer_printf(&to->bytes, "%d 0 obj\n", to->count) == VOUCH_OK);
}

static void end(pdf_file *to)
{
    append(to, "\nendobj\n", 8);
}

static void put_text(pdf_file *to, const char *text)
{
    begin(to);
    append(to, text, strlen(text));
    end(to);
}

/* A dictionary that holds what the input says. */
static void put_dictionary(pdf_file *to, const char *start, piece inside)
{
    begin(to);
    append(to, start, strlen(start));
    append(to, inside.data, inside.length);
    append(to, " >>", 3);
    end(to);
}

static void put_stream(pdf_file *to, const char *dictionary, piece content)
{
    begin(to);
    REQUIRE(vouch_buffer_printf(&to->bytes, "<< %s /Length %zu >> stream\n", dictionary, content.length) == VOUCH_OK);
    append(to, content.data, content.length);
    append(to, "\nendstream", 10);
    end(to);
}

static void finish(pdf_file *it)
{
    const size_t table = it->bytes.length;
    REQUIRE(vouch_buffer_printf(&it->bytes, "xref\n0 %d\n0000000000 65535 f \n", it->count + 1) == VOUCH_OK);
    for (int i = 0; i < it->count; i++)
        REQUIRE(vouch_buffer_printf(&it->bytes, "%010zu 00000 n \n", it->offsets[i]) == VOUCH_OK);
    REQUIRE(vouch_buffer_printf(&it->bytes, "trailer << /Size %d /Root 1 0 R >>\nstartxref\n%zu\n%%%%EOF\n",
                                it->count + 1, table) == VOUCH_OK);
}

static piece next(const uint8_t **data, size_t *size)
{
    const uint8_t *zero = *size ? memchr(*data, 0, *size) : NULL;
    const piece found = {*data, zero ? (size_t)(zero - *data) : *size};
    *data += found.length + (zero ? 1 : 0);
    *size -= found.length + (zero ? 1 : 0);
    return found;
}

static void build(pdf_file *to, const uint8_t *data, size_t size)
{
    append(to, "%PDF-1.7\n", 9);
    const piece content = next(&data, &size), map = next(&data, &size);
    put_dictionary(to, "<< /Type /Catalog /Pages 2 0 R ", next(&data, &size));
    put_text(to, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
    put_dictionary(to,
                   "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R "
                   "/Resources << /Font << /F 5 0 R /G 9 0 R >> /XObject << /X 8 0 R >> >> ",
                   next(&data, &size));
    put_stream(to, "", content);
    put_text(to, "<< /Type /Font /Subtype /Type0 /BaseFont /Fuzz /Encoding /Identity-H /ToUnicode 7 0 R "
                 "/DescendantFonts [6 0 R] >>");
    put_text(to, "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Fuzz /DW 500 "
                 "/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> >>");
    put_stream(to, "", map);
    put_stream(to, "/Type /XObject /Subtype /Form /BBox [0 0 300 200]", next(&data, &size));
    put_text(to, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
    put_dictionary(to, "<< /Type /Filespec /F (a.xml) /EF << /F 11 0 R >> ", next(&data, &size));
    put_stream(to, "/Type /EmbeddedFile", next(&data, &size));
    put_dictionary(to, "<< /FT /Sig /V 13 0 R ", next(&data, &size));
    put_dictionary(to, "<< /Type /Sig ", next(&data, &size));
    finish(to);
}

static void check_page(vouch_decoded *decoded, const vouch_page *page)
{
    VOUCH_CLEANUP(vouch_raster_done) vouch_raster raster = {0};
    for (size_t i = 0; i < page->glyph_count; i++) {
        const vouch_glyph *glyph = &page->glyphs[i];
        REQUIRE(glyph->codepoint > 0 && glyph->codepoint <= 0x10FFFF);
        REQUIRE(glyph->codepoint < 0xD800 || glyph->codepoint > 0xDFFF);
        REQUIRE(isfinite(glyph->box.x0) && isfinite(glyph->box.y1) && isfinite(glyph->size));
        REQUIRE(glyph->box.x0 <= glyph->box.x1 && glyph->box.y0 <= glyph->box.y1);
    }
    const double longest = page->width > page->height ? page->width : page->height;
    if (vouch_decoded_render(decoded, page->number, 64 / longest, 1, &raster, NULL) == VOUCH_OK)
        REQUIRE(raster.width <= 65 && raster.height <= 65);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const vouch_decode_limits limits = {.max_bytes = 1 << 20,
                                        .max_pages = 4,
                                        .max_pixels = 1 << 20,
                                        .max_entries = 16,
                                        .max_entry_bytes = 1 << 20,
                                        .max_expanded_bytes = 4 << 20,
                                        .max_depth = 2,
                                        .max_glyphs = 10000};
    pdf_file file = {0};
    size_t pages = 0, parts = 0, signatures = 0;
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = NULL;
    build(&file, data, size);
    if (vouch_decode((const uint8_t *)file.bytes.data, file.bytes.length, &limits, &decoded, NULL) == VOUCH_OK) {
        const vouch_page *page = vouch_decoded_pages(decoded, &pages);
        for (size_t i = 0; i < pages; i++)
            check_page(decoded, &page[i]);
        (void)vouch_decoded_parts(decoded, &parts);
        REQUIRE(parts >= 1 && parts <= limits.max_entries + 1);
        const vouch_pdf_signature *signature = vouch_decoded_pdf_signatures(decoded, 0, &signatures);
        for (size_t i = 0; i < signatures; i++)
            REQUIRE(signature[i].field && signature[i].sub_filter);
    }
    vouch_decoded_free(&decoded); /* before the bytes that it borrows */
    vouch_buffer_done(&file.bytes);
    return 0;
}
