#include "pdf_builder.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "vouch/text.h"

static void append(pdf_builder *pdf, const void *bytes, size_t length)
{
    cr_assert_eq(vouch_buffer_append(&pdf->bytes, bytes, length), VOUCH_OK);
}

static void append_text(pdf_builder *pdf, const char *text)
{
    append(pdf, text, strlen(text));
}

static int begin(pdf_builder *pdf)
{
    char head[32];
    if (pdf->count == 0)
        append_text(pdf, "%PDF-1.7\n");
    cr_assert_lt(pdf->count, 63);
    pdf->offsets[++pdf->count] = pdf->bytes.length;
    snprintf(head, sizeof head, "%d 0 obj\n", pdf->count);
    append_text(pdf, head);
    return pdf->count;
}

int pdf_put(pdf_builder *pdf, const char *body)
{
    const int number = begin(pdf);
    append_text(pdf, body);
    append_text(pdf, "\nendobj\n");
    return number;
}

int pdf_put_stream(pdf_builder *pdf, const char *entries, const void *data, size_t length)
{
    const int number = begin(pdf);
    char head[64];
    append_text(pdf, "<<");
    append_text(pdf, entries);
    snprintf(head, sizeof head, "/Length %zu>>stream\n", length);
    append_text(pdf, head);
    append(pdf, data, length);
    append_text(pdf, "\nendstream\nendobj\n");
    return number;
}

void pdf_finish(pdf_builder *pdf, const char *trailer)
{
    char line[64];
    const size_t table = pdf->bytes.length;
    snprintf(line, sizeof line, "xref\n0 %d\n0000000000 65535 f \n", pdf->count + 1);
    append_text(pdf, line);
    for (int i = 1; i <= pdf->count; i++) {
        snprintf(line, sizeof line, "%010zu 00000 n \n", pdf->offsets[i]);
        append_text(pdf, line);
    }
    snprintf(line, sizeof line, "trailer<</Size %d", pdf->count + 1);
    append_text(pdf, line);
    append_text(pdf, trailer);
    snprintf(line, sizeof line, ">>\nstartxref\n%zu\n%%%%EOF\n", table);
    append_text(pdf, line);
}

void pdf_builder_done(pdf_builder *pdf)
{
    vouch_buffer_done(&pdf->bytes);
    pdf->count = 0;
}

void pdf_build_page(pdf_builder *pdf, const char *catalog, const char *page, const char *content)
{
    char text[4096];
    snprintf(text, sizeof text, "<</Type/Catalog/Pages 2 0 R%s>>", catalog);
    pdf_put(pdf, text);
    pdf_put(pdf, "<</Type/Pages/Kids[3 0 R]/Count 1>>");
    snprintf(text, sizeof text,
             "<</Type/Page/Parent 2 0 R%s/Contents 4 0 R%s/Resources<</Font<</F1 5 0 R/F2 6 0 R/F3 7 0 R>>"
             "/XObject<</I1 8 0 R>>/ExtGState<</G1<</ca 0>>>>>>>>",
             strstr(page, "MediaBox") ? "" : "/MediaBox[0 0 200 100]", page);
    pdf_put(pdf, text);
    pdf_put_stream(pdf, "", content, strlen(content));
    pdf_put(pdf, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>");
    static const char *const directions[] = {"H", "V"};
    for (int i = 0; i < 2; i++) {
        snprintf(text, sizeof text,
                 "<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-%s/DescendantFonts[<</Type/Font"
                 "/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)"
                 "/Supplement 4>>/FontDescriptor<</Type/FontDescriptor/FontName/STSong-Light/Flags 4>>>>]>>",
                 directions[i]);
        pdf_put(pdf, text);
    }
    pdf_put_stream(pdf, "/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8", "\x80",
                   1);
}

vouch_decoded *pdf_decode(const pdf_builder *pdf)
{
    vouch_decoded *decoded = NULL;
    vouch_error err = VOUCH_ERROR_INIT;
    const vouch_code code = vouch_decode((const uint8_t *)pdf->bytes.data, pdf->bytes.length, NULL, &decoded, &err);
    cr_assert_eq(code, VOUCH_OK, "%s", err.message);
    return decoded;
}

void pdf_text_of(const vouch_page *page, char *out, size_t capacity)
{
    size_t used = 0;
    out[0] = 0;
    for (size_t i = 0; i < page->glyph_count; i++) {
        char bytes[5];
        vouch_utf8_put(page->glyphs[i].codepoint, bytes);
        used += (size_t)snprintf(out + used, capacity - used, page->glyphs[i].hidden ? "{%s}" : "%s", bytes);
        cr_assert_lt(used, capacity);
    }
}
