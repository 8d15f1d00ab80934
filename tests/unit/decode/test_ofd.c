/* OFD: what is taken out of a package. Drawing is tested in test_ofd_draw.c, real documents in test_ofd_samples.c. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "ofd_builder.h"
#include "vouch/decode.h"
#include "vouch/text.h"

#define MM (72.0 / 25.4)

/* Finish and open; releases the package with the document's caller: bytes must outlive it. */
static vouch_decoded *open_package(ofd_builder *builder, const vouch_decode_limits *limits, vouch_code expected,
                                   const char *what)
{
    vouch_decoded *decoded = NULL;
    vouch_error err = VOUCH_ERROR_INIT;

    ofd_finish(builder);
    const vouch_code code =
        vouch_decode((const uint8_t *)builder->bytes.data, builder->bytes.length, limits, &decoded, &err);
    cr_expect_eq(code, expected, "%s: %s: %s", what, vouch_code_lookup(code)->name, err.message);
    return decoded;
}

static const vouch_page *page_of(const vouch_decoded *decoded, int number)
{
    size_t count;
    const vouch_page *pages = vouch_decoded_pages(decoded, &count);
    cr_assert_gt(count, (size_t)number - 1);
    return &pages[number - 1];
}

static void text_of(const vouch_page *page, char *out, size_t size)
{
    size_t at = 0;

    for (size_t i = 0; i < page->glyph_count; i++) {
        char utf8[5];
        const size_t length = vouch_utf8_put(page->glyphs[i].codepoint, utf8);
        cr_assert_lt(at + length, size);
        memcpy(out + at, utf8, length);
        at += length;
    }
    out[at] = '\0';
}

static bool has_problem(vouch_decoded *decoded, const char *part)
{
    const vouch_problems *problems = vouch_decoded_problems(decoded);

    for (size_t i = 0; i < problems->count; i++)
        if (strstr(problems->items[i].detail, part))
            return true;
    return false;
}

static const vouch_tag *find_tag(const vouch_decoded *decoded, const char *path, int row)
{
    size_t count;
    const vouch_tag *tags = vouch_decoded_tags(decoded, &count);

    for (size_t i = 0; i < count; i++)
        if (strcmp(tags[i].path, path) == 0 && tags[i].row == row)
            return &tags[i];
    return NULL;
}

Test(ofd, delta_lists_place_characters)
{
    static const struct {
        const char *text, *deltas;
        double starts[8]; /* x of each character, mm */
    } rows[] = {
        {"abc", "DeltaX=\"2 3\"", {0, 2, 5}},
        {"abcd", "DeltaX=\"g 3 1.5\"", {0, 1.5, 3, 4.5}},
        {"abcdefg", "DeltaX=\"g 3 1.5 3.0 g 2 1.5\"", {0, 1.5, 3, 4.5, 7.5, 9, 10.5}},
        {"abcd", "DeltaX=\"G 2 1 2\"", {0, 1, 2, 4}},
        {"abcd", "DeltaX=\"1.5\"", {0, 1.5, 3, 4.5}},   /* too short: the last value goes on */
        {"ab", "DeltaX=\"1 2 3 4\"", {0, 1}},           /* too long */
        {"abc", "DeltaX=\"g 9999999 1\"", {0, 1, 2}},   /* as long as it likes */
        {"abc", "DeltaX=\"g 999999999 1\"", {0, 2, 4}}, /* no number that makes sense: as if there were none */
        {"abc", "DeltaX=\"1 x 5\"", {0, 1, 2}},         /* ends at what is no number */
        {"abc", "DeltaX=\"g -1 5\"", {0, 2, 4}},        /* no list at all: widths of the font */
        {"abc", "DeltaX=\"nan inf\"", {0, 2, 4}},       /* same */
        {"ab", "DeltaX=\"1e1\"", {0, 10}},
        {"ab中c", "", {0, 2, 4, 8}},                                  /* no list: half an em, an em */
        {"abcd", "DeltaX=\"1 -1 1\" DeltaY=\"0 5 0\"", {0, 1, 0, 1}}, /* two lines in one */
        {"ab", "DeltaY=\"4\"", {0, 0}},                               /* downwards only */
        {"a\n b", "DeltaX=\"g 2 1\"", {0, 1, 2}},                     /* line breaks of the file are no characters */
        {"\xF0\xA0\x80\x80"
         "ab",
         "DeltaX=\"2 2 3\"",
         {0, 4, 7}}, /* counted in UTF-16 units */
        {"\xF0\xA0\x80\x80"
         "ab",
         "DeltaX=\"4 3\"",
         {0, 4, 7}}, /* counted in characters */
        {"&#x4E2D;&lt;", "DeltaX=\"4\"", {0, 4}},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char layer[512];
        snprintf(layer, sizeof layer,
                 "<ofd:TextObject ID=\"9\" Boundary=\"10 10 50 10\" Font=\"5\" Size=\"4\">"
                 "<ofd:TextCode X=\"0\" Y=\"4\" %s>%s</ofd:TextCode></ofd:TextObject>",
                 rows[i].deltas, rows[i].text);
        VOUCH_CLEANUP(ofd_builder_done) ofd_builder builder = {0};
        ofd_build(&builder, &(ofd_sample){.layer = layer});
        VOUCH_CLEANUP(vouch_decoded_free)
        vouch_decoded *decoded = open_package(&builder, NULL, VOUCH_OK, rows[i].deltas);
        const vouch_page *page = page_of(decoded, 1);
        for (size_t g = 0; g < page->glyph_count; g++)
            cr_expect_float_eq(page->glyphs[g].box.x0, (10 + rows[i].starts[g]) * MM, 1e-6,
                               "%s of %s: character %zu at %f mm", rows[i].deltas, rows[i].text, g,
                               page->glyphs[g].box.x0 / MM - 10);
    }
}

Test(ofd, boxes_follow_size_and_matrices)
{
    static const struct {
        const char *what, *attributes, *code;
        double x0, y0, x1, y1; /* of the first character, mm */
        double size;
    } rows[] = {
        {"Han is an em wide", "", "<ofd:TextCode X=\"1\" Y=\"4\">中</ofd:TextCode>", 11, 10.8, 15, 14.8, 4},
        {"ASCII is half", "", "<ofd:TextCode X=\"1\" Y=\"4\">1</ofd:TextCode>", 11, 10.8, 13, 14.8, 4},
        {"the step is the width", "", "<ofd:TextCode X=\"1\" Y=\"4\" DeltaX=\"2.4\">WW</ofd:TextCode>", 11, 10.8, 13.4,
         14.8, 4},
        {"unless it is spacing", "", "<ofd:TextCode X=\"1\" Y=\"4\" DeltaX=\"20\">合计</ofd:TextCode>", 11, 10.8, 15,
         14.8, 4},
        {"HScale", "HScale=\"0.5\"", "<ofd:TextCode X=\"1\" Y=\"4\">中</ofd:TextCode>", 11, 10.8, 13, 14.8, 4},
        {"scaled", "CTM=\"2 0 0 2 1 1\"", "<ofd:TextCode X=\"1\" Y=\"4\">中</ofd:TextCode>", 13, 12.6, 21, 20.6, 8},
        {"turned clockwise", "CTM=\"0 1 -1 0 5 0\"", "<ofd:TextCode X=\"1\" Y=\"4\">中</ofd:TextCode>", 10.2, 11, 14.2,
         15, 4},
        {"CharDirection", "CharDirection=\"90\"", "<ofd:TextCode X=\"1\" Y=\"4\">中</ofd:TextCode>", 10.2, 14, 14.2, 18,
         4},
        {"X and Y are those of the code before", "",
         "<ofd:TextCode X=\"1\" Y=\"4\"></ofd:TextCode><ofd:TextCode>中</ofd:TextCode>", 11, 10.8, 15, 14.8, 4},
        {"a group changes nothing", "",
         "<ofd:TextCode X=\"1\" "
         "Y=\"4\">中</ofd:TextCode></ofd:TextObject></ofd:PageBlock><ofd:PageBlock><ofd:TextObject>",
         11, 10.8, 15, 14.8, 4},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char layer[768];
        snprintf(layer, sizeof layer,
                 "<ofd:PageBlock><ofd:TextObject ID=\"9\" Boundary=\"10 10 50 10\" Font=\"5\" Size=\"4\" %s>%s"
                 "</ofd:TextObject></ofd:PageBlock>",
                 rows[i].attributes, rows[i].code);
        VOUCH_CLEANUP(ofd_builder_done) ofd_builder builder = {0};
        ofd_build(&builder, &(ofd_sample){.layer = layer});
        VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = open_package(&builder, NULL, VOUCH_OK, rows[i].what);
        const vouch_page *page = page_of(decoded, 1);
        cr_assert_geq(page->glyph_count, 1u, "%s", rows[i].what);
        const vouch_glyph *glyph = &page->glyphs[0];
        cr_expect_float_eq(glyph->box.x0, rows[i].x0 * MM, 1e-4, "%s: x0 %f", rows[i].what, glyph->box.x0 / MM);
        cr_expect_float_eq(glyph->box.y0, rows[i].y0 * MM, 1e-4, "%s: y0 %f", rows[i].what, glyph->box.y0 / MM);
        cr_expect_float_eq(glyph->box.x1, rows[i].x1 * MM, 1e-4, "%s: x1 %f", rows[i].what, glyph->box.x1 / MM);
        cr_expect_float_eq(glyph->box.y1, rows[i].y1 * MM, 1e-4, "%s: y1 %f", rows[i].what, glyph->box.y1 / MM);
        cr_expect_float_eq(glyph->size, rows[i].size * MM, 1e-3, "%s: size %f", rows[i].what, glyph->size / MM);
        cr_expect_eq(glyph->object, 9u);
    }
}

#define OFD_COVER(attributes)                                                                                         \
    "<ofd:PathObject ID=\"8\" Boundary=\"5 5 40 20\" Fill=\"true\" Stroke=\"false\" " attributes                      \
    "><ofd:FillColor Value=\"255 255 255\"/><ofd:AbbreviatedData>M 0 0 L 40 0 L 40 20 L 0 20 C</ofd:AbbreviatedData>" \
    "</ofd:PathObject>"
#define OFD_CLIP(boundary)                                          \
    "<ofd:Clips><ofd:Clip><ofd:Area><ofd:Path Boundary=\"" boundary \
    "\"><ofd:AbbreviatedData>M 0 0 L 20 0 L 20 5 L 0 5 C"           \
    "</ofd:AbbreviatedData></ofd:Path></ofd:Area></ofd:Clip></ofd:Clips>"

Test(ofd, text_that_is_not_seen_is_hidden)
{
    static const struct {
        const char *layer;
        bool hidden;
    } rows[] = {
        {OFD_TEXT("9", "10 10 20 5", "", OFD_CODE("a")), false},
        {OFD_TEXT("9", "10 285 20 5", "", OFD_CODE("a")), true},
        {OFD_TEXT("9", "-30 10 20 5", "", OFD_CODE("a")), true},
        {OFD_TEXT("9", "10 10 20 5", "Alpha=\"0\"", OFD_CODE("a")), true},
        {OFD_TEXT("9", "10 10 20 5", "Alpha=\"127\"", OFD_CODE("a")), false},
        {OFD_TEXT("9", "10 10 20 5", "Visible=\"false\"", OFD_CODE("a")), true},
        {OFD_TEXT("9", "10 10 20 5", "Fill=\"false\"", OFD_CODE("a")), true},
        {OFD_TEXT("9", "10 10 20 5", "Fill=\"false\" Stroke=\"true\"", OFD_CODE("a")), false},
        {OFD_TEXT("9", "10 10 20 5", "CTM=\"0.01 0 0 0.01 0 0\"", OFD_CODE("a")), true},
        {OFD_TEXT("9", "10 10 20 5", "", "<ofd:FillColor Value=\"255 255 255\"/>" OFD_CODE("a")), true},
        {OFD_TEXT("9", "10 10 20 5", "", "<ofd:FillColor Value=\"#FF #FF #FF\"/>" OFD_CODE("a")), true},
        {OFD_TEXT("9", "10 10 20 5", "", "<ofd:FillColor Value=\"0 0 0\" Alpha=\"0\"/>" OFD_CODE("a")), true},
        {OFD_TEXT("9", "10 10 20 5", "", "<ofd:FillColor Value=\"128 0 0\"/>" OFD_CODE("a")), false},
        {OFD_TEXT("9", "10 10 20 5", "DrawParam=\"4\"", OFD_CODE("a")), true},
        /* white, on something coloured */
        {"<ofd:PathObject ID=\"8\" Boundary=\"5 5 40 20\" Fill=\"true\"><ofd:FillColor Value=\"0 0 128\"/>"
         "<ofd:AbbreviatedData>M 0 0 L 40 0 L 40 20 L 0 20 C</ofd:AbbreviatedData></ofd:PathObject>" OFD_TEXT(
             "9", "10 10 20 5", "", "<ofd:FillColor Value=\"255 255 255\"/>" OFD_CODE("a")),
         false},
        {"<ofd:PageBlock Visible=\"false\">" OFD_TEXT("9", "10 10 20 5", "", OFD_CODE("a")) "</ofd:PageBlock>", true},
        {"</ofd:Layer><ofd:Layer Visible=\"false\">" OFD_TEXT("9", "10 10 20 5", "", OFD_CODE("a")), true},
        /* painted over */
        {OFD_TEXT("9", "10 10 20 5", "", OFD_CODE("a")) OFD_COVER(""), true},
        {OFD_TEXT("9", "10 10 20 5", "", OFD_CODE("a")) OFD_COVER("Alpha=\"127\""), false},
        {OFD_TEXT("9", "10 10 20 5", "", OFD_CODE("a")) OFD_COVER("BlendMode=\"Darken\""), false},
        {OFD_TEXT("9", "10 10 20 5", "", OFD_CODE("a")) OFD_COVER("CTM=\"0.1 0 0 0.1 0 0\""), false},
        {OFD_TEXT("9", "10 10 20 5", "", OFD_CODE("a")) OFD_COVER("CTM=\"0.7 0.7 -0.7 0.7 0 0\""), false},
        {OFD_COVER("") OFD_TEXT("9", "10 10 20 5", "", OFD_CODE("a")), false},
        /* clipped */
        {OFD_TEXT("9", "10 10 20 5", "", OFD_CLIP("0 0 20 5") OFD_CODE("a")), false},
        {OFD_TEXT("9", "10 10 20 5", "", OFD_CLIP("10 0 20 5") OFD_CODE("a")), true},
        {OFD_TEXT("9", "10 10 20 5", "", "<ofd:Clips/>" OFD_CODE("a")), false},
        /* white, on a path that is not filled */
        {"<ofd:PathObject ID=\"8\" Boundary=\"5 5 40 20\"><ofd:FillColor Value=\"0 0 128\"/>"
         "<ofd:AbbreviatedData>M 0 0 L 40 0</ofd:AbbreviatedData></ofd:PathObject>" OFD_TEXT(
             "9", "10 10 20 5", "", "<ofd:FillColor Value=\"255 255 255\"/>" OFD_CODE("a")),
         true},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        VOUCH_CLEANUP(ofd_builder_done) ofd_builder builder = {0};
        ofd_build(&builder, &(ofd_sample){.layer = rows[i].layer});
        VOUCH_CLEANUP(vouch_decoded_free)
        vouch_decoded *decoded = open_package(&builder, NULL, VOUCH_OK, rows[i].layer);
        const vouch_page *page = page_of(decoded, 1);
        cr_assert_eq(page->glyph_count, 1u, "%s", rows[i].layer);
        cr_expect_eq(page->glyphs[0].hidden, rows[i].hidden, "%s", rows[i].layer);
    }
}

Test(ofd, page_size_falls_back_when_it_makes_no_sense)
{
    static const struct {
        const char *box;
        double width, height; /* mm */
    } rows[] = {
        {"0 0 210 140", 210, 140}, {"5 5 210 140", 210, 140}, {"0 0 0 0", 100, 50},         {"0 0 -5 10", 100, 50},
        {"0 0 1e9 10", 100, 50},   {"0 0 30000 10", 100, 50}, {"nan nan nan nan", 100, 50}, {"0 0 10", 100, 50},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char page[256];
        snprintf(page, sizeof page, "<ofd:Area><ofd:PhysicalBox>%s</ofd:PhysicalBox></ofd:Area>", rows[i].box);
        VOUCH_CLEANUP(ofd_builder_done) ofd_builder builder = {0};
        ofd_build(&builder, &(ofd_sample){.page = page});
        VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = open_package(&builder, NULL, VOUCH_OK, rows[i].box);
        cr_expect_float_eq(page_of(decoded, 1)->width, rows[i].width * MM, 1e-6, "%s", rows[i].box);
        cr_expect_float_eq(page_of(decoded, 1)->height, rows[i].height * MM, 1e-6, "%s", rows[i].box);
        cr_expect_str_eq(page_of(decoded, 1)->unit, "pt");
    }
}

#define PAGE(content) "<ofd:Page " OFD_XMLNS "><ofd:Content><ofd:Layer>" content "</ofd:Layer></ofd:Content></ofd:Page>"

Test(ofd, templates_layers_and_annotations_in_drawing_order)
{
    VOUCH_CLEANUP(ofd_builder_done) ofd_builder builder = {0};
    ofd_build(
        &builder,
        &(ofd_sample){
            .common = "<ofd:TemplatePage ID=\"20\" BaseLoc=\"T1.xml\"/>"
                      "<ofd:TemplatePage ID=\"21\" BaseLoc=\"T2.xml\" ZOrder=\"Foreground\"/>",
            .document = "<ofd:Annotations>Annotations.xml</ofd:Annotations>",
            .page =
                "<ofd:Template TemplateID=\"21\"/><ofd:Template TemplateID=\"20\" ZOrder=\"Background\"/>"
                "<ofd:Template TemplateID=\"99\"/>"
                "<ofd:Content><ofd:Layer Type=\"Foreground\">" OFD_TEXT(
                    "9", "0 0 5 5", "",
                    OFD_CODE(
                        "3")) "</ofd:Layer><ofd:Layer Type=\"Body\">" OFD_TEXT("9", "0 0 5 5", "",
                                                                               OFD_CODE(
                                                                                   "2")) "</ofd:Layer>"
                                                                                         "<ofd:Layer "
                                                                                         "Type="
                                                                                         "\"Background\">" OFD_TEXT(
                                                                                             "9", "0 0 5 5", "",
                                                                                             OFD_CODE(
                                                                                                 "1")) "</ofd:Layer>"
                                                                                                       "</ofd:Content>",
        });
    ofd_put_text(&builder, "Doc_0/T1.xml", PAGE(OFD_TEXT("9", "0 0 5 5", "", OFD_CODE("0"))));
    ofd_put_text(&builder, "Doc_0/T2.xml", PAGE(OFD_TEXT("9", "0 0 5 5", "", OFD_CODE("4"))));
    ofd_put_text(&builder, "Doc_0/Annotations.xml",
                 "<ofd:Annotations " OFD_XMLNS "><ofd:Page PageID=\"1\"><ofd:FileLoc>Annot.xml</ofd:FileLoc></ofd:Page>"
                 "<ofd:Page PageID=\"77\"><ofd:FileLoc>Gone.xml</ofd:FileLoc></ofd:Page></ofd:Annotations>");
    ofd_put_text(
        &builder, "Doc_0/Annot.xml",
        "<ofd:PageAnnot " OFD_XMLNS "><ofd:Annot><ofd:Appearance Boundary=\"40 20 20 20\">" OFD_TEXT(
            "9", "1 2 5 5", "",
            OFD_CODE("5")) "</ofd:Appearance></ofd:Annot>"
                           "<ofd:Annot Visible=\"false\"><ofd:Appearance Boundary=\"0 0 20 20\">" OFD_TEXT(
                               "9", "0 0 5 5", "", OFD_CODE("6")) "</ofd:Appearance></ofd:Annot></ofd:PageAnnot>");
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = open_package(&builder, NULL, VOUCH_OK, "templates");
    const vouch_page *page = page_of(decoded, 1);
    char text[64];

    text_of(page, text, sizeof text);
    cr_expect_str_eq(text, "0123456");
    cr_expect(!page->glyphs[5].hidden);
    cr_expect(page->glyphs[6].hidden);
    cr_expect_float_eq(page->glyphs[5].box.x0, 41 * MM, 1e-6);
    cr_expect(has_problem(decoded, "template that the document does not have"));
    cr_expect(has_problem(decoded, "Gone.xml"));
}

Test(ofd, composite_units_are_drawn_and_recursion_ends)
{
    VOUCH_CLEANUP(ofd_builder_done) ofd_builder builder = {0};
    ofd_build(&builder, &(ofd_sample){.common = "<ofd:PublicRes>Units.xml</ofd:PublicRes>",
                                      .layer = "<ofd:CompositeObject ID=\"1\" ResourceID=\"30\" Boundary=\"10 10 5 5\""
                                               " CTM=\"2 0 0 2 0 0\"/><ofd:CompositeObject ID=\"2\" ResourceID=\"31\""
                                               " Boundary=\"0 0 1 1\"/>"});
    ofd_put_text(&builder, "Doc_0/Units.xml",
                 "<ofd:Res " OFD_XMLNS "><ofd:CompositeGraphicUnits>"
                 "<ofd:CompositeGraphicUnit ID=\"30\" Width=\"5\" Height=\"5\"><ofd:Content>" OFD_TEXT(
                     "9", "1 1 5 5", "",
                     OFD_CODE("u")) "</ofd:Content></ofd:CompositeGraphicUnit>"
                                    "<ofd:CompositeGraphicUnit ID=\"31\"><ofd:Content>"
                                    "<ofd:CompositeObject ID=\"3\" ResourceID=\"31\" Boundary=\"0 0 1 1\"/>"
                                    "<ofd:CompositeObject ID=\"4\" ResourceID=\"31\" Boundary=\"0 0 1 1\"/>"
                                    "</ofd:Content></ofd:CompositeGraphicUnit></ofd:CompositeGraphicUnits></ofd:Res>");
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = open_package(&builder, NULL, VOUCH_OK, "composite");
    const vouch_page *page = page_of(decoded, 1);

    cr_assert_eq(page->glyph_count, 1u);
    cr_expect_float_eq(page->glyphs[0].box.x0, 12 * MM, 1e-6);
    cr_expect_float_eq(page->glyphs[0].size, 8 * MM, 1e-3);
    cr_expect(has_problem(decoded, "nested too deeply"));
}

/* Ten units each drawing ten of the next: more objects than anybody can look at. */
Test(ofd, the_number_of_objects_is_bounded)
{
    VOUCH_CLEANUP(ofd_builder_done) ofd_builder builder = {0};
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer units = {0};
    ofd_build(&builder,
              &(ofd_sample){.common = "<ofd:PublicRes>Units.xml</ofd:PublicRes>",
                            .layer = "<ofd:CompositeObject ID=\"1\" ResourceID=\"30\" Boundary=\"0 0 1 1\"/>"});
    cr_assert_eq(vouch_buffer_printf(&units, "<Res><CompositeGraphicUnits>"), VOUCH_OK);
    for (int unit = 30; unit < 40; unit++) {
        cr_assert_eq(vouch_buffer_printf(&units, "<CompositeGraphicUnit ID=\"%d\"><Content>", unit), VOUCH_OK);
        for (int i = 0; i < 10; i++)
            cr_assert_eq(vouch_buffer_printf(&units, "<CompositeObject ResourceID=\"%d\"/>", unit + 1), VOUCH_OK);
        cr_assert_eq(vouch_buffer_printf(&units, "</Content></CompositeGraphicUnit>"), VOUCH_OK);
    }
    cr_assert_eq(vouch_buffer_printf(&units, "</CompositeGraphicUnits></Res>"), VOUCH_OK);
    ofd_put_text(&builder, "Doc_0/Units.xml", units.data);
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = open_package(&builder, NULL, VOUCH_OK, "objects");

    cr_expect(has_problem(decoded, "too many objects"));
}

static const char tag_list[] = "<ofd:CustomTags " OFD_XMLNS "><ofd:CustomTag TypeID=\"x\"><ofd:FileLoc>Tag.xml"
                               "</ofd:FileLoc></ofd:CustomTag></ofd:CustomTags>";

/* A page whose objects tags refer to; its template repeats an id of the page. */
static void build_tagged(ofd_builder *builder, const char *tags)
{
    ofd_build(builder,
              &(ofd_sample){
                  .common = "<ofd:TemplatePage ID=\"20\" BaseLoc=\"T1.xml\"/>",
                  .document = "<ofd:CustomTags>Tags/CustomTags.xml</ofd:CustomTags>",
                  .page = "<ofd:Template TemplateID=\"20\"/>",
                  .layer = OFD_TEXT("10", "10 10 20 5", "", OFD_CODE("¥")) OFD_TEXT(
                      "11", "20 10 20 5", "", OFD_CODE("12.50")) OFD_TEXT("12", "10 300 20 5", "", OFD_CODE("off"))
                      OFD_TEXT("13", "10 30 20 5", "", OFD_CODE("first")) OFD_TEXT(
                          "13", "10 40 20 5", "",
                          OFD_CODE("second")) "<ofd:ImageObject ID=\"14\" Boundary=\"60 10 20 20\" ResourceID=\"7\"/>",
              });
    ofd_put_text(builder, "Doc_0/T1.xml",
                 PAGE(OFD_TEXT("10", "50 10 20 5", "", OFD_CODE("template"))
                          OFD_TEXT("15", "50 30 20 5", "", OFD_CODE("label"))));
    ofd_put_text(builder, "Doc_0/Tags/CustomTags.xml", tag_list);
    ofd_put_text(builder, "Doc_0/Tags/Tag.xml", tags);
}

#define REF(id)      "<ofd:ObjectRef PageRef=\"1\">" id "</ofd:ObjectRef>"
#define ROOT(inside) "<ofd:root " OFD_XMLNS ">" inside "</ofd:root>"

Test(ofd, tags_have_value_place_and_row)
{
    static const struct {
        const char *tags, *path, *value; /* NULL: no such tag */
        int row, page;
    } rows[] = {
        {ROOT("<Total>" REF("10") REF("11") "</Total>"), "Total", "¥12.50", -1, 1},
        {ROOT("<Buyer><BuyerName>" REF("11") "</BuyerName></Buyer>"), "Buyer/BuyerName", "12.50", -1, 1},
        {ROOT("<A>" REF("13") "</A>"), "A", "first", -1, 1}, /* of equal ids the first */
        {ROOT("<A>" REF("15") "</A>"), "A", "label", -1, 1}, /* the template's, when the page has none */
        {ROOT("<A>" REF("14") "</A>"), "A", "", -1, 1},      /* a picture has a place and no text */
        {ROOT("<A>" REF("12") "</A>"), "A", "off", -1, 0},   /* not on the page: no place */
        {ROOT("<A>" REF("0") "</A>"), "A", NULL, -1, 0},     /* absent */
        {ROOT("<A>" REF("999") "</A>"), "A", NULL, -1, 0},   /* dangling */
        {ROOT("<A><ofd:ObjectRef PageRef=\"2\">10</ofd:ObjectRef></A>"), "A", NULL, -1, 0},
        {ROOT("<A><ofd:ObjectRef>10</ofd:ObjectRef></A>"), "A", NULL, -1, 0},
        {ROOT("<A><ofd:ObjectData>0</ofd:ObjectData></A>"), "A", "0", -1, 0},
        {ROOT("<A> 42 </A>"), "A", "42", -1, 0},
        {ROOT("<A/>"), "A", NULL, -1, 0},
        {ROOT("<A><x:ObjectRef PageRef=\" 1 \"> 11 </x:ObjectRef></A>"), "A", "12.50", -1, 1}, /* any prefix */
        {ROOT("<Ls><L><N>" REF("10") "</N></L><L><N>" REF("11") "</N></L></Ls>"), "Ls/L/N", "12.50", 1, 1},
        {ROOT("<Ls><L><N>" REF("10") "</N></L></Ls>"), "Ls/L/N", "¥", 0, 1},                   /* a list of one */
        {ROOT("<Item>" REF("10") "</Item><Item>" REF("11") "</Item>"), "Item", "12.50", 1, 1}, /* flattened */
        {"<fp:e-invoice xmlns:fp=\"u\"><fp:eInvoice><fp:A>" REF("11") "</fp:A></fp:eInvoice></fp:e-invoice>", "A",
         "12.50", -1, 1},
        {"<:eInvoice xmlns:=\"\"><A>" REF("11") "</A></:eInvoice>", "A", "12.50", -1, 1}, /* as issued */
        {"<fp:eInvoice><fp:A><fp:ObjectRef PageRef=\"1\">11</fp:ObjectRef></fp:A></fp:eInvoice>", "A", "12.50", -1, 1},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        VOUCH_CLEANUP(ofd_builder_done) ofd_builder builder = {0};
        build_tagged(&builder, rows[i].tags);
        VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = open_package(&builder, NULL, VOUCH_OK, rows[i].tags);
        const vouch_tag *tag = find_tag(decoded, rows[i].path, rows[i].row);
        if (!rows[i].value) {
            cr_expect_null(tag, "%s", rows[i].tags);
            continue;
        }
        cr_expect(tag, "%s", rows[i].tags);
        if (!tag)
            continue;
        cr_expect_str_eq(tag->origin, "ofd.tag");
        cr_expect_str_eq(tag->value, rows[i].value, "%s: %s", rows[i].tags, tag->value);
        cr_expect_eq(tag->page, rows[i].page, "%s: page %d", rows[i].tags, tag->page);
    }
}

Test(ofd, tag_of_a_repeated_id_is_the_pages_own)
{
    VOUCH_CLEANUP(ofd_builder_done) ofd_builder builder = {0};
    build_tagged(&builder, ROOT("<A>" REF("10") REF("11") "</A>"));
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = open_package(&builder, NULL, VOUCH_OK, "ids");
    const vouch_tag *tag = find_tag(decoded, "A", -1);

    cr_assert(tag);
    cr_expect_str_eq(tag->value, "¥12.50");
    cr_expect_float_eq(tag->box.x0, 10 * MM, 1e-6);
    cr_expect_float_eq(tag->box.x1, 30 * MM, 1e-6);
    cr_expect_float_eq(tag->box.y0, 10.8 * MM, 1e-6);
}

Test(ofd, custom_data_become_tags)
{
    VOUCH_CLEANUP(ofd_builder_done) ofd_builder builder = {0};
    ofd_build(&builder,
              &(ofd_sample){.info = "<ofd:CustomDatas><ofd:CustomData Name=\"发票号码\"> 0123 </ofd:CustomData>"
                                    "<ofd:CustomData>nameless</ofd:CustomData><ofd:CustomData Name=\"a\"/>"
                                    "</ofd:CustomDatas>"});
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = open_package(&builder, NULL, VOUCH_OK, "data");
    const vouch_tag *tag = find_tag(decoded, "发票号码", -1);
    size_t count;

    cr_assert(tag);
    cr_expect_str_eq(tag->origin, "ofd.data");
    cr_expect_str_eq(tag->value, "0123");
    cr_expect_eq(tag->page, 0);
    (void)vouch_decoded_tags(decoded, &count);
    cr_expect_eq(count, 2u);
}

Test(ofd, listed_attachments_become_parts)
{
    VOUCH_CLEANUP(ofd_builder_done) ofd_builder builder = {0};
    ofd_build(&builder, &(ofd_sample){.document = "<ofd:Attachments>Attachs/Attachments.xml</ofd:Attachments>"});
    ofd_put_text(&builder, "Doc_0/Attachs/Attachments.xml",
                 "<ofd:Attachments " OFD_XMLNS ">"
                 "<ofd:Attachment ID=\"1\" Name=\"original_invoice\" Format=\"xml\"><ofd:FileLoc>a.xml</ofd:FileLoc>"
                 "</ofd:Attachment><ofd:Attachment ID=\"2\"><ofd:FileLoc>/Doc_0/Attachs/a.xml</ofd:FileLoc>"
                 "</ofd:Attachment><ofd:Attachment ID=\"3\"><ofd:FileLoc>b.xml</ofd:FileLoc></ofd:Attachment>"
                 "<ofd:Attachment ID=\"4\"><ofd:FileLoc>gone.xml</ofd:FileLoc></ofd:Attachment></ofd:Attachments>");
    ofd_put_text(&builder, "Doc_0/Attachs/a.xml", "<a/>");
    ofd_put_text(&builder, "Doc_0/Attachs/b.xml", "<b/>");
    ofd_put_text(&builder, "Doc_0/Attachs/c.xml", "<c/>");
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = open_package(&builder, NULL, VOUCH_OK, "attachments");
    size_t count;
    const vouch_part *parts = vouch_decoded_parts(decoded, &count);

    cr_assert_eq(count, 3u);
    cr_expect_str_eq(parts[1].path, "Doc_0/Attachs/a.xml");
    cr_expect_str_eq(parts[1].name, "original_invoice.xml");
    cr_expect_eq(parts[1].format, VOUCH_FORMAT_XML);
    cr_expect_eq(parts[1].length, 4u);
    cr_expect_str_eq(parts[2].name, "b.xml");
    cr_expect(has_problem(decoded, "gone.xml is missing"));
    cr_expect(has_problem(decoded, "Attachs/c.xml is not listed"));
}

Test(ofd, paths_are_resolved_leniently)
{
    static const struct {
        const char *location, *entry;
        bool found, said; /* said: a problem names it */
    } rows[] = {
        {"Tpls/T.xml", "Doc_0/Tpls/T.xml", true, false},
        {"/Doc_0/Tpls/T.xml", "Doc_0/Tpls/T.xml", true, false},
        {"/Tpls/T.xml", "Tpls/T.xml", true, false},
        {"Tpls/T.xml", "Tpls/T.xml", true, false}, /* the root, as some producers mean */
        {"./Tpls/../Tpls//T.xml", "Doc_0/Tpls/T.xml", true, false},
        {"Tpls\\T.xml", "Doc_0/Tpls/T.xml", true, false},
        {"Tpls/T.xml", "Doc_0\\Tpls\\T.xml", true, false},
        {"../Tpls/T.xml", "Tpls/T.xml", true, false},
        {"TPLS/t.xml", "Doc_0/Tpls/T.xml", true, true},
        {"../../Tpls/T.xml", "Tpls/T.xml", false, false},
        {"/Tpls/T.xml", "Doc_0/Tpls/T.xml", false, false}, /* the root is the root */
        {"Tpls/T.xml", "Doc_0/Tpls/U.xml", false, false},
        {"", "Doc_0/Tpls/T.xml", false, false},
        {"模板.xml", "Doc_0/\xC4\xA3\xB0\xE5.xml", true, false}, /* a name in GBK */
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char common[256];
        snprintf(common, sizeof common, "<ofd:TemplatePage ID=\"20\" BaseLoc=\"%s\"/>", rows[i].location);
        VOUCH_CLEANUP(ofd_builder_done) ofd_builder builder = {0};
        ofd_build(&builder, &(ofd_sample){.common = common, .page = "<ofd:Template TemplateID=\"20\"/>"});
        ofd_put_text(&builder, rows[i].entry, PAGE(OFD_TEXT("9", "0 0 5 5", "", OFD_CODE("t"))));
        VOUCH_CLEANUP(vouch_decoded_free)
        vouch_decoded *decoded = open_package(&builder, NULL, VOUCH_OK, rows[i].location);
        cr_expect_eq(page_of(decoded, 1)->glyph_count == 1, rows[i].found, "%s in %s", rows[i].location, rows[i].entry);
        cr_expect_eq(has_problem(decoded, "was read where"), rows[i].said, "%s in %s", rows[i].location, rows[i].entry);
    }
}

Test(ofd, names_equal_but_for_case_are_reported_and_not_guessed)
{
    VOUCH_CLEANUP(ofd_builder_done) ofd_builder builder = {0};
    ofd_build(&builder, &(ofd_sample){.common = "<ofd:TemplatePage ID=\"20\" BaseLoc=\"t.xml\"/>",
                                      .page = "<ofd:Template TemplateID=\"20\"/>"});
    ofd_put_text(&builder, "Doc_0/T.xml", PAGE(OFD_TEXT("9", "0 0 5 5", "", OFD_CODE("a"))));
    ofd_put_text(&builder, "Doc_0/T.XML", PAGE(OFD_TEXT("9", "0 0 5 5", "", OFD_CODE("b"))));
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = open_package(&builder, NULL, VOUCH_OK, "case");

    cr_expect_eq(page_of(decoded, 1)->glyph_count, 0u);
    cr_expect(has_problem(decoded, "differ only in upper and lower case"));
}

#define BODY(root)  "<ofd:DocBody><ofd:DocRoot>" root "</ofd:DocRoot></ofd:DocBody>"
#define OFD(inside) "<ofd:OFD " OFD_XMLNS ">" inside "</ofd:OFD>"

Test(ofd, packages_that_are_refused)
{
    static const struct {
        const char *what, *ofd, *document; /* texts of the two files; NULL: not there */
        const char *extra;                 /* name of one more entry */
        vouch_code expected;
    } rows[] = {
        {"good", OFD(BODY("D.xml")), "<D><Pages><Page ID=\"1\" BaseLoc=\"P.xml\"/></Pages></D>", NULL, VOUCH_OK},
        {"no pages", OFD(BODY("D.xml")), "<D/>", NULL, VOUCH_BAD_FORMAT},
        {"no document", OFD(BODY("D.xml")), NULL, NULL, VOUCH_BAD_FORMAT},
        {"no body", OFD(""), "<D/>", NULL, VOUCH_BAD_FORMAT},
        {"two bodies", OFD(BODY("D.xml") BODY("D.xml")), "<D/>", NULL, VOUCH_BAD_FORMAT},
        {"not XML", "<ofd:OFD", "<D/>", NULL, VOUCH_BAD_FORMAT},
        {"empty", "", "<D/>", NULL, VOUCH_BAD_FORMAT},
        {"a DTD", "<!DOCTYPE x [<!ENTITY e \"D.xml\">]>" OFD(BODY("&e;")), "<D/>", NULL, VOUCH_BAD_FORMAT},
        {"a DTD in the document", OFD(BODY("D.xml")), "<!DOCTYPE D><D/>", NULL, VOUCH_BAD_FORMAT},
        {"twice the same name", OFD(BODY("D.xml")), "<D/>", "D.xml", VOUCH_BAD_FORMAT},
        {"twice, written otherwise", OFD(BODY("D.xml")), "<D/>", "./x/../D.xml", VOUCH_BAD_FORMAT},
        {"encrypted", OFD(BODY("D.xml")), "<D/>", "Encryptions.xml", VOUCH_ENCRYPTED},
        {"encrypted, the other way", OFD("<ofd:Encryptions>E.xml</ofd:Encryptions>" BODY("D.xml")), NULL, NULL,
         VOUCH_ENCRYPTED},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        VOUCH_CLEANUP(ofd_builder_done) ofd_builder builder = {0};
        ofd_put_text(&builder, "OFD.xml", rows[i].ofd);
        if (rows[i].document)
            ofd_put_text(&builder, "D.xml", rows[i].document);
        if (rows[i].extra)
            ofd_put_text(&builder, rows[i].extra, "<x/>");
        VOUCH_CLEANUP(vouch_decoded_free)
        vouch_decoded *decoded = open_package(&builder, NULL, rows[i].expected, rows[i].what);
        cr_expect_eq(decoded != NULL, rows[i].expected == VOUCH_OK, "%s", rows[i].what);
    }
}

Test(ofd, a_missing_page_is_a_problem_of_that_page)
{
    VOUCH_CLEANUP(ofd_builder_done) ofd_builder builder = {0};
    ofd_put_text(&builder, "OFD.xml", OFD(BODY("D.xml")));
    ofd_put_text(&builder, "D.xml",
                 "<D><Pages><Page ID=\"1\" BaseLoc=\"gone.xml\"/><Page ID=\"2\" BaseLoc=\"bad.xml\"/>"
                 "<Page ID=\"3\" BaseLoc=\"P.xml\"/></Pages></D>");
    ofd_put_text(&builder, "bad.xml", "<Page><");
    ofd_put_text(&builder, "P.xml", PAGE(OFD_TEXT("9", "0 0 5 5", "", OFD_CODE("t"))));
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = open_package(&builder, NULL, VOUCH_OK, "missing");
    const vouch_problems *problems = vouch_decoded_problems(decoded);

    cr_expect_eq(page_of(decoded, 3)->glyph_count, 1u);
    cr_expect_float_eq(page_of(decoded, 1)->width, 210 * MM, 1e-6, "A4 when nothing is said");
    cr_expect(has_problem(decoded, "gone.xml is missing"));
    cr_expect(has_problem(decoded, "bad.xml is not well-formed"));
    for (size_t i = 0; i < problems->count; i++)
        cr_expect_eq(problems->items[i].page, (int)i + 1);
}

Test(ofd, limits_hold)
{
    static const struct {
        const char *what;
        vouch_decode_limits limits;
        vouch_code expected;
    } rows[] = {
        {"defaults", VOUCH_DECODE_LIMITS_DEFAULT, VOUCH_OK},
        {"entries", {.max_bytes = 1 << 20, .max_entries = 4}, VOUCH_LIMIT},
        {"one entry",
         {.max_bytes = 1 << 20, .max_entries = 100, .max_entry_bytes = 100, .max_expanded_bytes = 1 << 20},
         VOUCH_EXPANDS_TOO_MUCH},
        {"all entries",
         {.max_bytes = 1 << 20, .max_entries = 100, .max_entry_bytes = 1 << 20, .max_expanded_bytes = 300},
         VOUCH_EXPANDS_TOO_MUCH},
        {"pages",
         {.max_bytes = 1 << 20, .max_entries = 100, .max_entry_bytes = 1 << 20, .max_expanded_bytes = 1 << 20},
         VOUCH_TOO_MANY_PAGES},
        {"glyphs",
         {.max_bytes = 1 << 20,
          .max_entries = 100,
          .max_entry_bytes = 1 << 20,
          .max_expanded_bytes = 1 << 20,
          .max_pages = 5,
          .max_glyphs = 3},
         VOUCH_LIMIT},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        VOUCH_CLEANUP(ofd_builder_done) ofd_builder builder = {0};
        ofd_build(&builder, &(ofd_sample){.layer = OFD_TEXT("9", "0 0 5 5", "", OFD_CODE("four"))});
        VOUCH_CLEANUP(vouch_decoded_free)
        vouch_decoded *decoded = open_package(&builder, &rows[i].limits, rows[i].expected, rows[i].what);
        cr_expect_eq(decoded != NULL, rows[i].expected == VOUCH_OK, "%s", rows[i].what);
    }
}

Test(ofd, bombs_are_refused)
{
    enum {
        SIZE = 8 << 20
    };
    VOUCH_CLEANUP(vouch_free_pointer) char *zeros = calloc(1, SIZE);
    VOUCH_CLEANUP(ofd_builder_done) ofd_builder builder = {0};
    cr_assert(zeros);
    ofd_build(&builder, &(ofd_sample){.common = "<ofd:TemplatePage ID=\"20\" BaseLoc=\"zeros.xml\"/>",
                                      .page = "<ofd:Template TemplateID=\"20\"/>"});
    ofd_put(&builder, "Doc_0/zeros.xml", zeros, SIZE, /* deflated= */ true);
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = open_package(&builder, NULL, VOUCH_OK, "bomb");

    cr_expect(has_problem(decoded, "times its size"));
}

/* The directory states 10 bytes, the stream holds 1000. */
Test(ofd, an_entry_that_lies_about_its_size_is_damaged)
{
    VOUCH_CLEANUP(ofd_builder_done) ofd_builder builder = {0};
    char text[1001];
    memset(text, ' ', 1000);
    memcpy(text, "<D/>", 4);
    text[1000] = '\0';
    ofd_put_text(&builder, "OFD.xml", OFD(BODY("D.xml")));
    ofd_put(&builder, "D.xml", text, 1000, /* deflated= */ true);
    uint8_t *size = (uint8_t *)builder.directory.data + builder.directory.length - strlen("D.xml") - 46 + 24;
    cr_assert_eq(size[0], 1000 & 0xFF);
    size[0] = 10;
    size[1] = 0;
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = open_package(&builder, NULL, VOUCH_BAD_FORMAT, "lie");

    cr_expect_null(decoded);
}

Test(ofd, is_told_from_other_packages)
{
    static const struct {
        const char *name;
        vouch_format format;
    } rows[] = {
        {"OFD.xml", VOUCH_FORMAT_OFD},       {"/OFD.xml", VOUCH_FORMAT_OFD}, {"ofd.xml", VOUCH_FORMAT_OFD},
        {"Doc_0/OFD.xml", VOUCH_FORMAT_ZIP}, {"OFD.xml2", VOUCH_FORMAT_ZIP},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        VOUCH_CLEANUP(ofd_builder_done) ofd_builder builder = {0};
        ofd_put_text(&builder, "first.txt", "x");
        ofd_put_text(&builder, rows[i].name, OFD(""));
        ofd_finish(&builder);
        cr_expect_eq(vouch_format_recognise((const uint8_t *)builder.bytes.data, builder.bytes.length), rows[i].format,
                     "%s", rows[i].name);
    }
}

/* Every truncation and a flip in every byte: an answer, never a crash (the sanitizers watch). */
Test(ofd, damaged_packages_are_survived)
{
    VOUCH_CLEANUP(ofd_builder_done) ofd_builder builder = {0};
    build_tagged(&builder, ROOT("<A>" REF("10") "</A>"));
    ofd_finish(&builder);
    uint8_t *bytes = (uint8_t *)builder.bytes.data;
    vouch_decoded *decoded = NULL;

    for (size_t length = 0; length < builder.bytes.length; length += 7)
        if (vouch_decode(bytes, length, NULL, &decoded, NULL) == VOUCH_OK)
            vouch_decoded_free(&decoded);
    for (size_t i = 0; i < builder.bytes.length; i++) {
        bytes[i] ^= (uint8_t)(1 << (i % 8));
        if (vouch_decode(bytes, builder.bytes.length, NULL, &decoded, NULL) == VOUCH_OK)
            vouch_decoded_free(&decoded);
        bytes[i] ^= (uint8_t)(1 << (i % 8));
    }
}
