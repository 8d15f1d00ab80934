/* The orientation of a picture is one of the eight that exist, whatever the bytes. */
#include "../../src/decode/handler.h"

#include "property.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const int orientation = vouch_exif_orientation(data, size);
    REQUIRE(orientation >= 1 && orientation <= 8);
    return 0;
}
