/* The orientation of a picture is one of the eight that exist, whatever the bytes. */
#include <stdlib.h>

#include "../../src/decode/handler.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const int orientation = vouch_exif_orientation(data, size);
    if (orientation < 1 || orientation > 8)
        abort();
    return 0;
}
