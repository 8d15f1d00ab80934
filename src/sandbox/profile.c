#include <string.h>

#include "confine.h"

/* ISO/IEC 23008-12: the file type box comes first and names a brand that a HEIF reader knows. */
static bool is_heif(const uint8_t *data, size_t length)
{
    static const char brands[][5] = {"heic", "heix", "hevc", "hevx", "heim", "heis", "mif1", "msf1", "avif"};
    if (length < 12 || memcmp(data + 4, "ftyp", 4) != 0)
        return false;
    for (size_t i = 0; i < sizeof brands / sizeof *brands; i++) {
        if (memcmp(data + 8, brands[i], 4) == 0)
            return true;
    }
    return false;
}

/* The names in a ZIP stand in the clear. */
static bool is_zip_with_heif(const uint8_t *data, size_t length)
{
    static const char *const endings[] = {".heic", ".HEIC", ".heif", ".HEIF"};
    if (length < 4 || memcmp(data, "PK\3\4", 4) != 0)
        return false;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (memmem(data, length, endings[i], strlen(endings[i])))
            return true;
    }
    return false;
}

sandbox_profile sandbox_profile_choose(const uint8_t *data, size_t length)
{
    return is_heif(data, length) || is_zip_with_heif(data, length) ? SANDBOX_PROFILE_THREADS : SANDBOX_PROFILE_PLAIN;
}
