/* OFD: what a drawn page looks like, looked at in single points. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "ofd_builder.h"
#include "vouch/decode.h"

#define MM        (72.0 / 25.4)
#define SCALE     2.0 /* pixels a point */
#define TOLERANCE 3   /* of a channel, for antialiasing and rounding */

static void draw(vouch_decoded *decoded, int page, int channels, vouch_raster *out, const char *what)
{
    vouch_error err = VOUCH_ERROR_INIT;

    cr_assert_eq(vouch_decoded_render(decoded, page, SCALE, channels, out, &err), VOUCH_OK, "%s: %s", what,
                 err.message);
}

static vouch_decoded *open_package(ofd_builder *builder, const char *what)
{
    vouch_decoded *decoded = NULL;
    vouch_error err = VOUCH_ERROR_INIT;

    ofd_finish(builder);
    cr_assert_eq(vouch_decode((const uint8_t *)builder->bytes.data, builder->bytes.length, NULL, &decoded, &err),
                 VOUCH_OK, "%s: %s", what, err.message);
    return decoded;
}

/* The pixel at a place in millimetres. */
static const uint8_t *pixel(const vouch_raster *raster, double x, double y)
{
    const size_t column = (size_t)(x * MM * SCALE), row = (size_t)(y * MM * SCALE);
    cr_assert(column < (size_t)raster->width && row < (size_t)raster->height);
    return raster->samples + row * raster->stride + column * (size_t)raster->channels;
}

static void expect_colour(const vouch_raster *raster, double x, double y, unsigned colour, const char *what)
{
    const uint8_t *at = pixel(raster, x, y);

    for (int i = 0; i < 3; i++) {
        const int expected = (int)(colour >> (16 - 8 * i)) & 0xFF;
        cr_expect(at[i] >= expected - TOLERANCE && at[i] <= expected + TOLERANCE,
                  "%s: at %g %g mm %02x%02x%02x instead of %06x", what, x, y, at[0], at[1], at[2], colour);
    }
}

static bool has_problem(vouch_decoded *decoded, const char *part)
{
    const vouch_problems *problems = vouch_decoded_problems(decoded);

    for (size_t i = 0; i < problems->count; i++)
        if (strstr(problems->items[i].detail, part))
            return true;
    return false;
}

#define PATH(attributes, colours, data)                                                                      \
    "<ofd:PathObject ID=\"8\" Boundary=\"10 10 40 20\" " attributes ">" colours "<ofd:AbbreviatedData>" data \
    "</ofd:AbbreviatedData></ofd:PathObject>"
#define SQUARE  "M 0 0 L 20 0 L 20 20 L 0 20 C" /* 10 … 30, 10 … 30 mm */
#define FILL(v) "<ofd:FillColor Value=\"" v "\"/>"
#define FILLED  "Fill=\"true\" Stroke=\"false\""
#define IMAGE(attributes, inside) \
    "<ofd:ImageObject ID=\"8\" Boundary=\"10 10 20 20\" ResourceID=\"7\" " attributes ">" inside "</ofd:ImageObject>"

Test(ofd_draw, objects_look_as_stated)
{
    static const struct {
        const char *what, *layer;
        double x, y;
        unsigned colour;
    } rows[] = {
        {"empty", "", 20, 20, 0xFFFFFF},
        {"fill", PATH(FILLED, FILL("255 0 0"), SQUARE), 20, 20, 0xFF0000},
        {"outside", PATH(FILLED, FILL("255 0 0"), SQUARE), 35, 20, 0xFFFFFF},
        {"S starts as M does", PATH(FILLED, FILL("255 0 0"), "S 0 0 L 20 0 L 20 20 L 0 20 C"), 20, 20, 0xFF0000},
        {"no fill unless said", PATH("", FILL("255 0 0"), SQUARE), 20, 20, 0xFFFFFF},
        {"fill without a colour", PATH(FILLED, "", SQUARE), 20, 20, 0xFFFFFF},
        {"fill with an empty colour", PATH(FILLED, "<ofd:FillColor/>", SQUARE), 20, 20, 0x000000},
        {"hexadecimal", PATH(FILLED, FILL("#9C #52 #23"), SQUARE), 20, 20, 0x9C5223},
        {"grey", PATH(FILLED, FILL("128"), SQUARE), 20, 20, 0x808080},
        {"CMYK", PATH(FILLED, FILL("255 0 0 0"), SQUARE), 20, 20, 0x00FFFF},
        {"beyond the range", PATH(FILLED, FILL("999 -5 0"), SQUARE), 20, 20, 0xFF0000},
        {"alpha of the colour", PATH(FILLED, "<ofd:FillColor Value=\"255 0 0\" Alpha=\"128\"/>", SQUARE), 20, 20,
         0xFF7F7F},
        {"alpha of the object", PATH(FILLED " Alpha=\"128\"", FILL("255 0 0"), SQUARE), 20, 20, 0xFF7F7F},
        {"invisible", PATH(FILLED " Visible=\"false\"", FILL("255 0 0"), SQUARE), 20, 20, 0xFFFFFF},
        {"shading",
         PATH(FILLED,
              "<ofd:FillColor><ofd:AxialShd><ofd:Segment><ofd:Color Value=\"0 0 255\"/></ofd:Segment>"
              "</ofd:AxialShd></ofd:FillColor>",
              SQUARE),
         20, 20, 0x0000FF},
        {"CTM", PATH(FILLED " CTM=\"0.5 0 0 0.5 20 0\"", FILL("255 0 0"), SQUARE), 35, 15, 0xFF0000},
        {"CTM, outside", PATH(FILLED " CTM=\"0.5 0 0 0.5 20 0\"", FILL("255 0 0"), SQUARE), 15, 15, 0xFFFFFF},
        {"non-zero", PATH(FILLED, FILL("255 0 0"), SQUARE " M 5 5 L 15 5 L 15 15 L 5 15 C"), 20, 20, 0xFF0000},
        {"even-odd", PATH(FILLED " Rule=\"Even-Odd\"", FILL("255 0 0"), SQUARE " M 5 5 L 15 5 L 15 15 L 5 15 C"), 20,
         20, 0xFFFFFF},
        {"arc", PATH(FILLED, FILL("255 0 0"), "M 0 10 A 10 10 0 0 1 20 10 A 10 10 0 0 1 0 10 C"), 20, 12, 0xFF0000},
        {"arc, corner", PATH(FILLED, FILL("255 0 0"), "M 0 10 A 10 10 0 0 1 20 10 A 10 10 0 0 1 0 10 C"), 12, 12,
         0xFFFFFF},
        {"large arc", PATH(FILLED, FILL("255 0 0"), "M 20 10 A 10 10 0 1 0 10 20 L 10 10 C"), 13, 20, 0xFF0000},
        {"large arc, the rest", PATH(FILLED, FILL("255 0 0"), "M 20 10 A 10 10 0 1 0 10 20 L 10 10 C"), 24, 24,
         0xFFFFFF},
        {"curves", PATH(FILLED, FILL("255 0 0"), "M 0 0 Q 20 0 20 20 B 20 20 0 20 0 0 C"), 22, 20, 0xFF0000},
        {"ends at nonsense", PATH(FILLED, FILL("255 0 0"), SQUARE " X 1 2 L 90 90"), 20, 20, 0xFF0000},
        {"stroke of the parameters", PATH("DrawParam=\"3\"", "", "M 0 10 L 20 10"), 20, 20.8, 0x00FF00},
        {"and of those they are relative to", PATH("DrawParam=\"4\"", "", "M 0 10 L 20 10"), 20, 20.8, 0x00FF00},
        {"own width comes first", PATH("DrawParam=\"3\" LineWidth=\"0.5\"", "", "M 0 10 L 20 10"), 20, 20.8, 0xFFFFFF},
        {"dashes", PATH("LineWidth=\"2\" DashPattern=\"5 5\"", "", "M 0 10 L 20 10"), 18, 20, 0xFFFFFF},
        {"dashes too fine", PATH("LineWidth=\"2\" DashPattern=\"0.001 0.001\"", "", "M 0 10 L 20 10"), 18, 20,
         0x000000},
        {"boundary clips", PATH(FILLED, FILL("255 0 0"), "M 0 0 L 80 0 L 80 20 L 0 20 C"), 60, 20, 0xFFFFFF},
        {"clip",
         PATH(FILLED,
              FILL("255 0 0") "<ofd:Clips><ofd:Clip><ofd:Area><ofd:Path Boundary=\"0 0 5 20\">"
                              "<ofd:AbbreviatedData>M 0 0 L 5 0 L 5 20 L 0 20 C</ofd:AbbreviatedData>"
                              "</ofd:Path></ofd:Area></ofd:Clip></ofd:Clips>",
              SQUARE),
         20, 20, 0xFFFFFF},
        {"clip, inside",
         PATH(FILLED,
              FILL("255 0 0") "<ofd:Clips><ofd:Clip><ofd:Area><ofd:Path Boundary=\"0 0 5 20\">"
                              "<ofd:AbbreviatedData>M 0 0 L 5 0 L 5 20 L 0 20 C</ofd:AbbreviatedData>"
                              "</ofd:Path></ofd:Area></ofd:Clip></ofd:Clips>",
              SQUARE),
         12, 20, 0xFF0000},
        {"empty clips", PATH(FILLED, FILL("255 0 0") "<ofd:Clips/>", SQUARE), 20, 20, 0xFF0000},
        {"picture", IMAGE("CTM=\"20 0 0 20 0 0\"", ""), 20, 20, 0x0000FF},
        {"picture without CTM", IMAGE("", ""), 20, 20, 0x0000FF},
        {"half transparent picture", IMAGE("Alpha=\"128\"", ""), 20, 20, 0x7F7FFF},
        {"blended", PATH(FILLED, FILL("255 0 0"), SQUARE) IMAGE("BlendMode=\"Darken\"", ""), 20, 20, 0x000000},
        {"not blended", PATH(FILLED, FILL("255 0 0"), SQUARE) IMAGE("", ""), 20, 20, 0x0000FF},
        {"far away", PATH(FILLED " CTM=\"9999999 0 0 9999999 0 0\"", FILL("255 0 0"), SQUARE), 20, 20, 0xFFFFFF},
        {"unknown picture", "<ofd:ImageObject Boundary=\"0 0 50 50\" ResourceID=\"77\"/>", 20, 20, 0xFFFFFF},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        VOUCH_CLEANUP(ofd_builder_done) ofd_builder builder = {0};
        ofd_build(&builder, &(ofd_sample){.layer = rows[i].layer});
        VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = open_package(&builder, rows[i].what);
        VOUCH_CLEANUP(vouch_raster_done) vouch_raster raster = {0};
        draw(decoded, 1, 3, &raster, rows[i].what);
        expect_colour(&raster, rows[i].x, rows[i].y, rows[i].colour, rows[i].what);
    }
}

/* How much of a rectangle (mm) is inked, 0 … 1. */
static double ink(const vouch_raster *raster, vouch_box box)
{
    double dark = 0, all = 0;

    for (double y = box.y0; y < box.y1; y += 0.1)
        for (double x = box.x0; x < box.x1; x += 0.1) {
            dark += 255 - *pixel(raster, x, y);
            all += 255;
        }
    return dark / all;
}

Test(ofd_draw, text_stands_in_its_cells)
{
    VOUCH_CLEANUP(ofd_builder_done) ofd_builder builder = {0};
    ofd_build(&builder,
              &(ofd_sample){.layer =
                                "<ofd:TextObject ID=\"9\" Boundary=\"10 10 60 10\" Font=\"5\" Size=\"8\">"
                                "<ofd:TextCode X=\"0\" Y=\"8\" DeltaX=\"20 20\">票W票</ofd:TextCode></ofd:TextObject>"
                                "<ofd:TextObject ID=\"9\" Boundary=\"10 30 60 10\" Font=\"5\" Size=\"8\">"
                                "<ofd:TextCode X=\"0\" Y=\"8\" DeltaX=\"4 4\">WWW</ofd:TextCode></ofd:TextObject>"});
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = open_package(&builder, "text");
    VOUCH_CLEANUP(vouch_raster_done) vouch_raster raster = {0};
    draw(decoded, 1, 1, &raster, "text");

    cr_expect_gt(ink(&raster, (vouch_box){10, 11.6, 18, 19.6}), 0.1);
    cr_expect_eq(ink(&raster, (vouch_box){19, 9, 29.5, 21}), 0);
    cr_expect_gt(ink(&raster, (vouch_box){30, 11.6, 34, 19.6}), 0.1);
    cr_expect_gt(ink(&raster, (vouch_box){50, 11.6, 58, 19.6}), 0.1);
    /* A glyph wider than its step is condensed, so that it does not run into the next or out of the last. */
    cr_expect_gt(ink(&raster, (vouch_box){18, 31, 22, 39.6}), 0.1);
    cr_expect_eq(ink(&raster, (vouch_box){22.5, 30, 40, 40}), 0);
}

#define PAGE(content) "<ofd:Page " OFD_XMLNS "><ofd:Content><ofd:Layer>" content "</ofd:Layer></ofd:Content></ofd:Page>"

Test(ofd_draw, templates_lie_behind_and_annotations_above)
{
    VOUCH_CLEANUP(ofd_builder_done) ofd_builder builder = {0};
    ofd_build(&builder, &(ofd_sample){.common = "<ofd:TemplatePage ID=\"20\" BaseLoc=\"T.xml\"/>",
                                      .document = "<ofd:Annotations>A.xml</ofd:Annotations>",
                                      .page = "<ofd:Template TemplateID=\"20\"/>",
                                      .layer = PATH(FILLED, FILL("0 255 0"), "M 10 0 L 20 0 L 20 20 L 10 20 C")});
    ofd_put_text(&builder, "Doc_0/T.xml", PAGE(PATH(FILLED, FILL("255 0 0"), SQUARE)));
    ofd_put_text(&builder, "Doc_0/A.xml",
                 "<ofd:Annotations " OFD_XMLNS "><ofd:Page PageID=\"1\"><ofd:FileLoc>B.xml</ofd:FileLoc></ofd:Page>"
                 "</ofd:Annotations>");
    ofd_put_text(&builder, "Doc_0/B.xml",
                 "<ofd:PageAnnot " OFD_XMLNS "><ofd:Annot><ofd:Appearance Boundary=\"10 10 0 0\">" PATH(
                     FILLED, FILL("0 0 255"), "M 0 0 L 5 0 L 5 5 L 0 5 C") "</ofd:Appearance></ofd:Annot>"
                                                                           "</ofd:PageAnnot>");
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = open_package(&builder, "order");
    VOUCH_CLEANUP(vouch_raster_done) vouch_raster raster = {0};
    draw(decoded, 1, 3, &raster, "order");

    expect_colour(&raster, 15, 15, 0xFF0000, "template");
    expect_colour(&raster, 28, 28, 0x00FF00, "page");
    expect_colour(&raster, 22, 22, 0x0000FF, "annotation");
}

/* Seals ----------------------------------------------------------------------------------------------------------- */

/* A DER value: tag, length, content (which may be the same buffer's former content). */
static void wrap(vouch_buffer *value, uint8_t tag)
{
    const size_t length = value->length;
    const uint8_t head[] = {
        tag, 0x84, (uint8_t)(length >> 24), (uint8_t)(length >> 16), (uint8_t)(length >> 8), (uint8_t)length};
    vouch_buffer out = {0};

    cr_assert_eq(vouch_buffer_append(&out, head, sizeof head), VOUCH_OK);
    if (length > 0)
        cr_assert_eq(vouch_buffer_append(&out, value->data, length), VOUCH_OK);
    vouch_buffer_done(value);
    *value = out;
}

static void before(vouch_buffer *value, const char *bytes, size_t length)
{
    vouch_buffer out = {0};

    cr_assert_eq(vouch_buffer_append(&out, bytes, length), VOUCH_OK);
    cr_assert_eq(vouch_buffer_append(&out, value->data, value->length), VOUCH_OK);
    vouch_buffer_done(value);
    *value = out;
}

/* SES_Signature with a picture and nothing else that counts (GB/T 38540-2020). `seal_only`: just the SESeal. */
static void make_seal(vouch_buffer *out, const void *picture, size_t length, bool seal_only)
{
    cr_assert_eq(vouch_buffer_append(out, picture, length), VOUCH_OK);
    wrap(out, 0x04);
    before(out, "\x16\3ofd", 5);
    cr_assert_eq(vouch_buffer_append(out, "\2\1\x1E\2\1\x14", 6), VOUCH_OK);
    wrap(out, 0x30); /* picture */
    before(out, "\x30\0\x16\1x\x30\0", 7);
    wrap(out, 0x30); /* eSealInfo */
    wrap(out, 0x30); /* SESeal */
    if (seal_only)
        return;
    before(out, "\2\1\4", 3);
    wrap(out, 0x30); /* toSign */
    wrap(out, 0x30);
}

/* A page with a green square and a seal of 20 × 20 mm at 10 10. */
static void build_sealed(ofd_builder *builder, const vouch_buffer *signed_value, const char *stamp)
{
    char signature[512];

    ofd_build(builder, &(ofd_sample){.body = "<ofd:Signatures>Doc_0/Signatures.xml</ofd:Signatures>",
                                     .layer = PATH(FILLED, FILL("0 255 0"), "M 10 0 L 20 0 L 20 20 L 10 20 C")});
    ofd_put_text(builder, "Doc_0/Signatures.xml",
                 "<ofd:Signatures " OFD_XMLNS "><ofd:Signature ID=\"1\" BaseLoc=\"/Doc_0/S/Signature.xml\"/>"
                 "<ofd:Signature ID=\"2\" BaseLoc=\"/Doc_0/gone.xml\"/></ofd:Signatures>");
    snprintf(signature, sizeof signature,
             "<ofd:Signature " OFD_XMLNS "><ofd:SignedInfo>%s</ofd:SignedInfo>"
             "<ofd:SignedValue>SignedValue.dat</ofd:SignedValue></ofd:Signature>",
             stamp);
    ofd_put_text(builder, "Doc_0/S/Signature.xml", signature);
    ofd_put(builder, "Doc_0/S/SignedValue.dat", signed_value->data, signed_value->length, /* deflated= */ false);
}

static void make_picture(ofd_builder *picture)
{
    ofd_build(picture, &(ofd_sample){.page = "<ofd:Area><ofd:PhysicalBox>0 0 30 30</ofd:PhysicalBox></ofd:Area>",
                                     .layer = "<ofd:PathObject ID=\"1\" Boundary=\"0 0 30 30\" Fill=\"true\">"
                                              "<ofd:FillColor Value=\"255 0 0\"/><ofd:AbbreviatedData>"
                                              "M 0 0 L 30 0 L 30 30 L 0 30 C</ofd:AbbreviatedData></ofd:PathObject>"});
    ofd_finish(picture);
}

Test(ofd_draw, seals_are_multiplied_onto_their_page)
{
    static const struct {
        const char *what, *stamp;
        bool seal_only;
        double x, y;
        unsigned colour;
    } rows[] = {
        {"on white", "<ofd:StampAnnot ID=\"1\" PageRef=\"1\" Boundary=\"10 10 20 20\"/>", false, 15, 20, 0xFF0000},
        {"on green", "<ofd:StampAnnot ID=\"1\" PageRef=\"1\" Boundary=\"10 10 20 20\"/>", false, 25, 20, 0x000000},
        {"beside", "<ofd:StampAnnot ID=\"1\" PageRef=\"1\" Boundary=\"10 10 20 20\"/>", false, 32, 20, 0xFFFFFF},
        {"clipped", "<ofd:StampAnnot PageRef=\"1\" Boundary=\"10 10 20 20\" Clip=\"0 0 5 20\"/>", false, 17, 20,
         0xFFFFFF},
        {"clipped, inside", "<ofd:StampAnnot PageRef=\"1\" Boundary=\"10 10 20 20\" Clip=\"0 0 5 20\"/>", false, 12, 20,
         0xFF0000},
        {"of another page", "<ofd:StampAnnot PageRef=\"2\" Boundary=\"10 10 20 20\"/>", false, 15, 20, 0xFFFFFF},
        {"without size", "<ofd:StampAnnot PageRef=\"1\" Boundary=\"10 10 0 0\"/>", false, 15, 20, 0xFFFFFF},
        {"a bare seal", "<ofd:StampAnnot PageRef=\"1\" Boundary=\"10 10 20 20\"/>", true, 15, 20, 0xFF0000},
    };
    VOUCH_CLEANUP(ofd_builder_done) ofd_builder picture = {0};
    make_picture(&picture);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer seal = {0};
        VOUCH_CLEANUP(ofd_builder_done) ofd_builder builder = {0};
        make_seal(&seal, picture.bytes.data, picture.bytes.length, rows[i].seal_only);
        build_sealed(&builder, &seal, rows[i].stamp);
        VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = open_package(&builder, rows[i].what);
        VOUCH_CLEANUP(vouch_raster_done) vouch_raster raster = {0};
        draw(decoded, 1, 3, &raster, rows[i].what);
        expect_colour(&raster, rows[i].x, rows[i].y, rows[i].colour, rows[i].what);
        cr_expect(has_problem(decoded, "gone.xml"));
    }
}

/* A signed value cut anywhere, or with any bit flipped: the page is drawn. */
Test(ofd_draw, damaged_seals_are_survived)
{
    static const char stamp[] = "<ofd:StampAnnot PageRef=\"1\" Boundary=\"10 10 20 20\"/>";
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer seal = {0};
    make_seal(&seal, "not a picture", 13, /* seal_only= */ false);

    for (size_t i = 0; i < seal.length * 2; i++) {
        VOUCH_CLEANUP(ofd_builder_done) ofd_builder builder = {0};
        const vouch_buffer cut = {.data = seal.data, .length = i < seal.length ? i : seal.length};
        if (i >= seal.length)
            seal.data[i - seal.length] ^= (char)(1 << (i % 8));
        build_sealed(&builder, &cut, stamp);
        if (i >= seal.length)
            seal.data[i - seal.length] ^= (char)(1 << (i % 8));
        VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = open_package(&builder, "damaged seal");
        VOUCH_CLEANUP(vouch_raster_done) vouch_raster raster = {0};
        draw(decoded, 1, 3, &raster, "damaged seal");
        expect_colour(&raster, 25, 20, 0x00FF00, "damaged seal");
    }
}

/* A seal whose picture is a document with the same seal: as deep as one picture, no deeper. */
Test(ofd_draw, seals_in_seals_end)
{
    static const char stamp[] = "<ofd:StampAnnot PageRef=\"1\" Boundary=\"10 10 20 20\"/>";
    VOUCH_CLEANUP(ofd_builder_done) ofd_builder picture = {0}, inner = {0}, outer = {0};
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer inner_seal = {0}, outer_seal = {0};
    make_picture(&picture);
    make_seal(&inner_seal, picture.bytes.data, picture.bytes.length, false);
    build_sealed(&inner, &inner_seal, stamp);
    ofd_finish(&inner);
    make_seal(&outer_seal, inner.bytes.data, inner.bytes.length, false);
    build_sealed(&outer, &outer_seal, stamp);
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = open_package(&outer, "seal in seal");
    VOUCH_CLEANUP(vouch_raster_done) vouch_raster raster = {0};
    draw(decoded, 1, 3, &raster, "seal in seal");

    /* The inner page (100 × 50 mm) is shown in 20 × 20 mm: its green square, not its seal. */
    expect_colour(&raster, 13, 18, 0xFFFFFF, "the inner seal");
    expect_colour(&raster, 15.2, 18, 0x00FF00, "the inner page");
}

Test(ofd_draw, grey_and_colour_agree)
{
    VOUCH_CLEANUP(ofd_builder_done) ofd_builder builder = {0};
    ofd_build(&builder, &(ofd_sample){.layer = PATH(FILLED, FILL("128 128 128"), SQUARE)});
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = open_package(&builder, "grey");
    VOUCH_CLEANUP(vouch_raster_done) vouch_raster grey = {0}, colour = {0};
    draw(decoded, 1, 1, &grey, "grey");
    draw(decoded, 1, 3, &colour, "colour");

    cr_expect_eq(grey.width, colour.width);
    cr_expect_eq(grey.width, (int)(100 * MM * SCALE) + 1);
    cr_expect(abs(*pixel(&grey, 20, 20) - 128) <= TOLERANCE);
    expect_colour(&colour, 20, 20, 0x808080, "colour");
}
