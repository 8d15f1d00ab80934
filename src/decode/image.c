/**
 * Pictures: WebP, TIFF, GIF and BMP by Leptonica; JPEG, PNG and HEIC by their own libraries.
 *
 * A page is listed from the header alone and decoded when it is first drawn. The decoded picture stays in the part's
 * state, because readers draw the same page several times (QR codes at several scales, then OCR). Orientation notes
 * (EXIF, TIFF tag 274) are applied, so that everything downstream sees what a viewer shows.
 */
#include "image.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct picture_state {
    PIX *pix; /* the page decoded last, upright, 8 or 32 bits deep; NULL: none yet */
    int number;
    bool damage_told;
} picture_state;

typedef struct turn {
    int quarter_turns; /* clockwise, after mirroring */
    bool mirror;
} turn;

/* EXIF 2.32, 4.6.4: which transformation makes the stored picture upright. */
static const turn turns[9] = {
    [1] = {0, false}, [2] = {0, true},  [3] = {2, false}, [4] = {2, true},
    [5] = {3, true},  [6] = {1, false}, [7] = {1, true},  [8] = {3, false},
};

static int orientation_of(const vouch_part *part)
{
    /* libheif applies what HEIF states; Leptonica does so for TIFF, but sizes still come unturned from its header. */
    switch (part->format) {
    case VOUCH_FORMAT_JPEG:
    case VOUCH_FORMAT_PNG:
    case VOUCH_FORMAT_WEBP:
    case VOUCH_FORMAT_TIFF:
        return vouch_exif_orientation(part->data, part->length);
    default:
        return 1;
    }
}

static bool starts_with(const uint8_t *data, size_t length, size_t at, const char *bytes, size_t count)
{
    return length >= at + count && memcmp(data + at, bytes, count) == 0;
}

static int recognise_jpeg(const uint8_t *data, size_t length)
{
    return starts_with(data, length, 0, "\xFF\xD8\xFF", 3) ? 95 : 0;
}

static int recognise_png(const uint8_t *data, size_t length)
{
    return starts_with(data, length, 0, "\x89PNG\r\n\x1A\n", 8) ? 100 : 0;
}

static int recognise_webp(const uint8_t *data, size_t length)
{
    return starts_with(data, length, 0, "RIFF", 4) && starts_with(data, length, 8, "WEBP", 4) ? 100 : 0;
}

static int recognise_tiff(const uint8_t *data, size_t length)
{
    static const char magic[4][4] = {{'I', 'I', 42, 0}, {'M', 'M', 0, 42}, {'I', 'I', 43, 0}, {'M', 'M', 0, 43}};
    for (size_t i = 0; i < 4; i++)
        if (starts_with(data, length, 0, magic[i], 4))
            return 90;
    return 0;
}

static int recognise_gif(const uint8_t *data, size_t length)
{
    return starts_with(data, length, 0, "GIF87a", 6) || starts_with(data, length, 0, "GIF89a", 6) ? 95 : 0;
}

static int recognise_bmp(const uint8_t *data, size_t length)
{
    /* Two letters are little: the header's size must be one of those that exist. */
    static const uint8_t header_sizes[] = {12, 40, 52, 56, 64, 108, 124};
    if (length < 26 || !starts_with(data, length, 0, "BM", 2))
        return 0;
    for (size_t i = 0; i < sizeof header_sizes; i++)
        if (data[14] == header_sizes[i] && data[15] == 0 && data[16] == 0 && data[17] == 0)
            return 80;
    return 0;
}

static int recognise_heic(const uint8_t *data, size_t length)
{
    /* ISO/IEC 23008-12, 10.2: brands of still pictures and sequences that HEVC is used for. */
    static const char *const brands[] = {"heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"};
    if (!starts_with(data, length, 4, "ftyp", 4))
        return 0;
    for (size_t i = 0; i < sizeof brands / sizeof *brands; i++)
        if (starts_with(data, length, 8, brands[i], 4))
            return 95;
    return 0;
}

static void destroy_pix(PIX **pix)
{
    pixDestroy(pix);
}

static void release(void *state)
{
    picture_state *picture = state;
    pixDestroy(&picture->pix);
    free(picture);
}

static void ignore_message(const char *message)
{
    (void)message;
}

/* Leptonica's messages go by severity, its TIFF reader's through the handler. */
static void silence(void)
{
    setMsgSeverity(L_SEVERITY_NONE);
    leptSetStderrHandler(ignore_message);
}

/* List the pictures of a part as pages. */
static vouch_code add_pages(vouch_decoded *decoded, int part, vouch_error *err)
{
    const vouch_part *it = &decoded->parts[part];
    const turn how = turns[orientation_of(it)];
    int width, height, index = 0;
    for (; image_read_size(it->format, it->data, it->length, index, &width, &height); index++) {
        if ((size_t)width * (size_t)height > decoded->limits.max_pixels)
            return vouch_fail(err, VOUCH_TOO_MANY_PIXELS, "picture %d has %d x %d pixels", index + 1, width, height);
        vouch_page *page = vouch_decoded_add_page(decoded, part, err);
        if (!page)
            return VOUCH_TOO_MANY_PAGES;
        const bool swapped = how.quarter_turns % 2 == 1;
        page->unit = "px";
        page->width = swapped ? height : width;
        page->height = swapped ? width : height;
        page->rotation = how.quarter_turns * 90;
    }
    if (index == 0)
        return vouch_fail(err, VOUCH_BAD_FORMAT, "the picture's header can't be read");
    return VOUCH_OK;
}

static vouch_code open_image(vouch_decoded *decoded, int part, void **state, vouch_error *err)
{
    if (decoded->containers_only) /* a picture can't be signed from inside */
        return VOUCH_OK;
    silence();
    picture_state *picture = calloc(1, sizeof *picture);
    if (!picture)
        return vouch_fail(err, VOUCH_NO_MEMORY, "opening a picture");
    *state = picture;
    return add_pages(decoded, part, err);
}

static PIX *decode_gif(const vouch_part *part)
{
    size_t prefix;
    int width, height;
    if (!image_gif_first_frame(part->data, part->length, &prefix, &width, &height))
        return NULL;
    VOUCH_CLEANUP(vouch_free_pointer) uint8_t *single = malloc(prefix + 1);
    if (!single)
        return NULL;
    memcpy(single, part->data, prefix);
    single[prefix] = 0x3B;
    return pixReadMemGif(single, prefix + 1);
}

/* As stored, any depth. */
static PIX *decode(const vouch_part *part, int index, bool *damaged, vouch_error *err)
{
    PIX *pix = NULL;
    switch (part->format) {
    case VOUCH_FORMAT_JPEG:
        pix = image_decode_jpeg(part->data, part->length, damaged);
        break;
    case VOUCH_FORMAT_PNG:
        pix = image_decode_png(part->data, part->length, damaged);
        break;
    case VOUCH_FORMAT_GIF:
        pix = decode_gif(part);
        break;
    case VOUCH_FORMAT_TIFF:
        pix = pixReadMemTiff(part->data, part->length, index);
        break;
    case VOUCH_FORMAT_HEIC:
        return image_decode_heic(part->data, part->length, err);
    default:
        pix = pixReadMem(part->data, part->length);
        break;
    }
    if (!pix)
        (void)vouch_fail(err, VOUCH_BAD_FORMAT, "picture %d can't be decoded", index + 1);
    return pix;
}

/* Replace *pix by what a step made of it; false when the step failed. */
static bool step(PIX **pix, PIX *made)
{
    pixDestroy(pix);
    *pix = made;
    return made != NULL;
}

/* Opaque on white, 8 bits grey or 32 bits colour. */
static bool flatten(PIX **pix)
{
    if (pixGetColormap(*pix) && !step(pix, pixRemoveColormap(*pix, REMOVE_CMAP_BASED_ON_SRC)))
        return false;
    if (pixGetDepth(*pix) == 32)
        return pixGetSpp(*pix) != 4 || step(pix, pixAlphaBlendUniform(*pix, 0xFFFFFF00));
    return pixGetDepth(*pix) == 8 || step(pix, pixConvertTo8(*pix, FALSE));
}

static bool make_upright(PIX **pix, turn how)
{
    if (how.mirror && pixFlipLR(*pix, *pix) == NULL)
        return false;
    return how.quarter_turns == 0 || step(pix, pixRotateOrth(*pix, how.quarter_turns));
}

static vouch_code load(vouch_decoded *decoded, int part, picture_state *picture, const vouch_page *page,
                       vouch_error *err)
{
    if (picture->pix && picture->number == page->number_in_part)
        return VOUCH_OK;
    const vouch_part *it = &decoded->parts[part];
    bool damaged = false;
    vouch_error why = VOUCH_ERROR_INIT;
    VOUCH_CLEANUP(destroy_pix) PIX *pix = decode(it, page->number_in_part - 1, &damaged, &why);
    if (!pix)
        return vouch_fail(err, why.code, "%s", why.message);
    const turn how = it->format == VOUCH_FORMAT_TIFF ? turns[1] : turns[orientation_of(it)];
    if (!flatten(&pix) || !make_upright(&pix, how))
        return vouch_fail(err, VOUCH_NO_MEMORY, "turning picture %d", page->number_in_part);
    if (damaged && !picture->damage_told) {
        picture->damage_told = true;
        vouch_problem_add(decoded->arena, &decoded->problems, VOUCH_BAD_FORMAT, "warning", page->number,
                          "the picture's data is damaged or ends early");
    }
    pixDestroy(&picture->pix);
    picture->pix = VOUCH_TAKE(pix);
    picture->number = page->number_in_part;
    return VOUCH_OK;
}

/* To the wanted size and depth; a new reference. */
static PIX *fit(PIX *source, int width, int height, int channels)
{
    VOUCH_CLEANUP(destroy_pix) PIX *pix = pixClone(source);
    const bool same = pixGetWidth(pix) == width && pixGetHeight(pix) == height;
    if (channels == 1 && pixGetDepth(pix) == 32 && !step(&pix, pixConvertRGBToLuminance(pix)))
        return NULL;
    if (!same) {
        const bool smaller = width < pixGetWidth(pix);
        if (!step(&pix, smaller ? pixScaleAreaMapToSize(pix, width, height) : pixScaleToSize(pix, width, height)))
            return NULL;
    }
    if (channels == 3 && pixGetDepth(pix) == 8 && !step(&pix, pixConvertTo32(pix)))
        return NULL;
    return VOUCH_TAKE(pix);
}

static void copy_rows(PIX *pix, vouch_raster *raster)
{
    const int width = pixGetWidth(pix) < raster->width ? pixGetWidth(pix) : raster->width;
    const int height = pixGetHeight(pix) < raster->height ? pixGetHeight(pix) : raster->height;
    const size_t words = (size_t)pixGetWpl(pix);
    const l_uint32 *row = pixGetData(pix);
    for (int y = 0; y < height; y++, row += words) {
        uint8_t *out = raster->samples + (size_t)y * raster->stride;
        for (int x = 0; x < width; x++) {
            if (raster->channels == 1) {
                out[x] = (uint8_t)GET_DATA_BYTE(row, x);
            } else {
                *out++ = (uint8_t)(row[x] >> L_RED_SHIFT);
                *out++ = (uint8_t)(row[x] >> L_GREEN_SHIFT);
                *out++ = (uint8_t)(row[x] >> L_BLUE_SHIFT);
            }
        }
    }
}

static vouch_code render(vouch_decoded *decoded, int part, void *state, const vouch_page *page, double scale,
                         int channels, vouch_raster *out, vouch_error *err)
{
    picture_state *picture = state;
    VOUCH_TRY(load(decoded, part, picture, page, err));
    VOUCH_CLEANUP(vouch_raster_done) vouch_raster raster = {0};
    VOUCH_TRY(vouch_raster_new(page, scale, channels, &raster, err));
    VOUCH_CLEANUP(destroy_pix) PIX *pix = fit(picture->pix, raster.width, raster.height, channels);
    if (!pix)
        return vouch_fail(err, VOUCH_NO_MEMORY, "scaling picture %d", page->number_in_part);
    copy_rows(pix, &raster);
    *out = raster;
    raster.samples = NULL;
    return VOUCH_OK;
}

#define X(name, slug)                                         \
    const vouch_format_handler vouch_handler_image_##slug = { \
        .format = VOUCH_FORMAT_##name,                        \
        .recognise = recognise_##slug,                        \
        .open = open_image,                                   \
        .render = render,                                     \
        .release = release,                                   \
        .leaf = true,                                         \
    };
X(JPEG, jpeg)
X(PNG, png)
X(WEBP, webp)
X(TIFF, tiff)
X(HEIC, heic)
X(GIF, gif)
X(BMP, bmp)
#undef X
