/** Files embedded in a PDF, its document information and its XMP packet. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "pdf_builder.h"

/* Parts beside the document as "path[relation]=content …". */
static void parts_of(const vouch_decoded *decoded, char *out, size_t capacity)
{
    size_t count, used = 0;
    const vouch_part *parts = vouch_decoded_parts(decoded, &count);
    out[0] = 0;
    for (size_t i = 1; i < count; i++)
        used += (size_t)snprintf(out + used, capacity - used, "%s%s[%s]=%.*s", i > 1 ? " " : "", parts[i].path,
                                 parts[i].relation, (int)parts[i].length, (const char *)parts[i].data);
}

/* Objects 9 and 10 are streams <a/> and <b/>; 11 on are given. */
static void build(pdf_builder *pdf, const char *catalog, const char *page, const char *const objects[])
{
    pdf_build_page(pdf, catalog, page, "");
    pdf_put_stream(pdf, "/Type/EmbeddedFile", "<a/>", 4);
    pdf_put_stream(pdf, "/Type/EmbeddedFile", "<b/>", 4);
    for (size_t i = 0; objects[i]; i++)
        pdf_put(pdf, objects[i]);
    pdf_finish(pdf, "/Root 1 0 R");
}

#define SPEC_A "<</Type/Filespec/F(a.xml)/EF<</F 9 0 R>>>>"

Test(pdf_files, every_place_is_looked_at)
{
    static const struct {
        const char *name, *catalog, *page;
        const char *const objects[6];
        const char *expected;
    } rows[] = {
        {"none", "", "", {NULL}, ""},
        {"name tree", "/Names<</EmbeddedFiles<</Names[(a) 11 0 R]>>>>", "", {SPEC_A}, "a.xml[]=<a/>"},
        {"name tree with kids",
         "/Names<</EmbeddedFiles<</Kids[12 0 R]>>>>",
         "",
         {SPEC_A, "<</Kids[13 0 R]>>", "<</Names[(a) 11 0 R]>>"},
         "a.xml[]=<a/>"},
        {"name tree in a circle",
         "/Names<</EmbeddedFiles 12 0 R>>",
         "",
         {SPEC_A, "<</Names[(a) 11 0 R]/Kids[12 0 R 12 0 R]>>"},
         "a.xml[]=<a/>"},
        {"associated with the document",
         "/AF[11 0 R]",
         "",
         {"<</F(a.xml)/AFRelationship/Data/EF<</F 9 0 R>>>>"},
         "a.xml[Data]=<a/>"},
        {"a single one instead of an array", "/AF 11 0 R", "", {SPEC_A}, "a.xml[]=<a/>"},
        {"associated with the page", "", "/AF[11 0 R]", {SPEC_A}, "a.xml[]=<a/>"},
        {"annotation",
         "",
         "/Annots[<</Type/Annot/Subtype/FileAttachment/Rect[0 0 5 5]/FS 11 0 R>>]",
         {SPEC_A},
         "a.xml[]=<a/>"},
        {"in two places it is one, with the relation of either",
         "/Names<</EmbeddedFiles<</Names[(a) 11 0 R]>>>>/AF[12 0 R]",
         "",
         {SPEC_A, "<</F(a.xml)/AFRelationship/Alternative/EF<</F 9 0 R>>>>"},
         "a.xml[Alternative]=<a/>"},
        {"two of the same name",
         "/AF[11 0 R 12 0 R]",
         "",
         {SPEC_A, "<</F(a.xml)/EF<</F 10 0 R>>>>"},
         "a.xml[]=<a/> a.xml[]=<b/>"},
        {"UF before F", "/AF[11 0 R]", "", {"<</F(a.xml)/UF<FEFF53D17968>/EF<</F 9 0 R/UF 10 0 R>>>>"}, "发票[]=<b/>"},
        {"no name", "/AF[11 0 R]", "", {"<</EF<</F 9 0 R>>>>"}, "attachment[]=<a/>"},
        {"no file behind it", "/AF[11 0 R 12 0 R]", "", {"<</F(x)/EF<</F 99 0 R>>>>", SPEC_A}, "a.xml[]=<a/>"},
        {"null and numbers", "/AF[null 7 (x) 11 0 R]/Names<</EmbeddedFiles 5>>", "", {SPEC_A}, "a.xml[]=<a/>"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        VOUCH_CLEANUP(pdf_builder_done) pdf_builder pdf = {0};
        build(&pdf, rows[i].catalog, rows[i].page, rows[i].objects);
        VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = pdf_decode(&pdf);
        char got[512];
        parts_of(decoded, got, sizeof got);
        cr_expect_str_eq(got, rows[i].expected, "%s: \"%s\" instead of \"%s\"", rows[i].name, got, rows[i].expected);
    }
}

Test(pdf_files, an_embedded_file_beyond_the_limit_is_a_problem)
{
    VOUCH_CLEANUP(pdf_builder_done) pdf_builder pdf = {0};
    static const char *const objects[] = {SPEC_A, NULL};
    build(&pdf, "/AF[11 0 R]", "", objects);
    vouch_decode_limits limits = VOUCH_DECODE_LIMITS_DEFAULT;
    limits.max_entry_bytes = 3;
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = NULL;
    vouch_error err = VOUCH_ERROR_INIT;
    cr_assert_eq(vouch_decode((const uint8_t *)pdf.bytes.data, pdf.bytes.length, &limits, &decoded, &err), VOUCH_OK);
    size_t parts;
    (void)vouch_decoded_parts(decoded, &parts);
    cr_expect_eq(parts, 1);
    cr_assert_eq(vouch_decoded_problems(decoded)->count, 1);
    cr_expect_eq(vouch_decoded_problems(decoded)->items[0].code, VOUCH_EXPANDS_TOO_MUCH);
}

/* Tags as "path=value …". */
static void tags_of(const vouch_decoded *decoded, char *out, size_t capacity)
{
    size_t count, used = 0;
    const vouch_tag *tags = vouch_decoded_tags(decoded, &count);
    out[0] = 0;
    for (size_t i = 0; i < count; i++) {
        cr_expect_str_eq(tags[i].origin, "pdf.info");
        cr_expect_eq(tags[i].page, 0);
        used += (size_t)snprintf(out + used, capacity - used, "%s%s=%s", i ? " " : "", tags[i].path, tags[i].value);
    }
}

Test(pdf_files, document_information)
{
    static const struct {
        const char *name, *info, *expected;
    } rows[] = {
        {"none", "", ""},
        {"usual and own keys", "/Info<</Title(a b)/InvoiceNumber(25110000000000000001)>>",
         "Title=a b InvoiceNumber=25110000000000000001"},
        {"UTF-16", "/Info<</Title<FEFF53D17968>>>", "Title=发票"},
        {"empty, numbers, arrays", "/Info<</Title()/A 5/B[(x)]/C/Name>>", "C=Name"},
        {"not a dictionary", "/Info 7", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        VOUCH_CLEANUP(pdf_builder_done) pdf_builder pdf = {0};
        char trailer[256], got[512];
        pdf_build_page(&pdf, "", "", "");
        snprintf(trailer, sizeof trailer, "/Root 1 0 R%s", rows[i].info);
        pdf_finish(&pdf, trailer);
        VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = pdf_decode(&pdf);
        tags_of(decoded, got, sizeof got);
        cr_expect_str_eq(got, rows[i].expected, "%s: \"%s\"", rows[i].name, got);
    }
}

Test(pdf_files, xmp_names_the_invoice_file)
{
    static const struct {
        const char *xmp, *expected;
    } rows[] = {
        {"<x><fx:DocumentFileName>factur-x.xml</fx:DocumentFileName></x>", "xmp/DocumentFileName=factur-x.xml"},
        {"<x zf:DocumentFileName=\"ZUGFeRD-invoice.xml\"/>", "xmp/DocumentFileName=ZUGFeRD-invoice.xml"},
        {"<x zf:DocumentFileName = 'a.xml'/>", "xmp/DocumentFileName=a.xml"},
        {"<<<broken & fx:DocumentFileName>a.xml<", "xmp/DocumentFileName=a.xml"},
        {"<fx:DocumentFileName></fx:DocumentFileName>", ""},
        {"<fx:DocumentFileName>never closed", ""},
        {"<fx:DocumentFileName", ""},
        {"fx:DocumentFileName is a word", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        VOUCH_CLEANUP(pdf_builder_done) pdf_builder pdf = {0};
        pdf_build_page(&pdf, "/Metadata 9 0 R", "", "");
        pdf_put_stream(&pdf, "/Type/Metadata/Subtype/XML", rows[i].xmp, strlen(rows[i].xmp));
        pdf_finish(&pdf, "/Root 1 0 R");
        VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = pdf_decode(&pdf);
        char got[256];
        tags_of(decoded, got, sizeof got);
        cr_expect_str_eq(got, rows[i].expected, "%s: \"%s\"", rows[i].xmp, got);
    }
}
