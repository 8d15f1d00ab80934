#include <criterion/criterion.h>

#include "confine.h"

Test(profile, threads_are_for_heif_alone)
{
    const struct {
        const char bytes[48];
        size_t length;
        sandbox_profile profile;
    } rows[] = {
        {"", 0, SANDBOX_PROFILE_PLAIN},
        {"%PDF-1.7 photo.heic", 19, SANDBOX_PROFILE_PLAIN},
        {"\0\0\0\x18"
         "ftypheic",
         12, SANDBOX_PROFILE_THREADS},
        {"\0\0\0\x18"
         "ftypmif1",
         12, SANDBOX_PROFILE_THREADS},
        {"\0\0\0\x18"
         "ftypmif1",
         11, SANDBOX_PROFILE_PLAIN},
        {"\0\0\0\x18"
         "ftypisom",
         12, SANDBOX_PROFILE_PLAIN},
        {"PK\3\4....IMG_1.HEIC", 18, SANDBOX_PROFILE_THREADS},
        {"PK\3\4....OFD.xml", 15, SANDBOX_PROFILE_PLAIN},
        {"PK\3", 3, SANDBOX_PROFILE_PLAIN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(sandbox_profile_choose((const uint8_t *)rows[i].bytes, rows[i].length), rows[i].profile, "row %zu",
                     i);
}
