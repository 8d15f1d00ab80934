/*
 * Pictures of any format: what opens is one or more pages of the size that its header says, within the limit on pixels,
 * and is drawn, upright, at any scale and in grey and colour without a byte beyond the raster.
 */
#include "vouch/decode.h"

#include "property.h"

static const double scales[] = {1, 0.25, 0.01};

static void draw(vouch_decoded *decoded, const vouch_page *page, size_t most)
{
    for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
        for (int channels = 1; channels <= 3; channels += 2) {
            VOUCH_CLEANUP(vouch_raster_done) vouch_raster raster = {0};
            if (vouch_decoded_render(decoded, page->number, scales[i], channels, &raster, NULL) != VOUCH_OK)
                continue;
            REQUIRE(raster.width >= 1 && raster.height >= 1 && raster.channels == channels);
            REQUIRE((size_t)raster.width * (size_t)raster.height <= most);
            REQUIRE(raster.stride >= (size_t)raster.width * (size_t)channels);
            unsigned sum = 0; /* the sanitizer looks at each byte that is read */
            for (int y = 0; y < raster.height; y++)
                for (int x = 0; x < raster.width * channels; x++)
                    sum += raster.samples[(size_t)y * raster.stride + (size_t)x];
            REQUIRE(sum <= 255u * (unsigned)most * 3u);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const vouch_decode_limits limits = {.max_bytes = 1 << 20, .max_pages = 3, .max_pixels = 1 << 18, .max_entries = 8};
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = NULL;
    vouch_error err = VOUCH_ERROR_INIT;
    size_t pages = 0;
    switch (vouch_format_recognise(data, size)) {
    case VOUCH_FORMAT_PDF:
    case VOUCH_FORMAT_OFD:
    case VOUCH_FORMAT_XML:
    case VOUCH_FORMAT_ZIP:
    case VOUCH_FORMAT_UNKNOWN:
        return 0;
    default:
        break;
    }
    if (vouch_decode(data, size, &limits, &decoded, &err) != VOUCH_OK) {
        REQUIRE(!decoded && err.message[0]);
        return 0;
    }
    const vouch_page *page = vouch_decoded_pages(decoded, &pages);
    REQUIRE(pages >= 1 && pages <= limits.max_pages);
    for (size_t i = 0; i < pages; i++) {
        REQUIRE(page[i].width >= 1 && page[i].height >= 1);
        REQUIRE(page[i].width * page[i].height <= (double)limits.max_pixels);
        draw(decoded, &page[i], limits.max_pixels);
    }
    return 0;
}
