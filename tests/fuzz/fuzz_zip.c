/* ZIP archives: whatever opens has entries with harmless, different names, within the limits that were set. */
#include <string.h>

#include "vouch/decode.h"

#include "property.h"

static bool leads_out(const char *path)
{
    return *path == '/' || strcmp(path, "..") == 0 || strncmp(path, "../", 3) == 0 || strstr(path, "/../") ||
           (strlen(path) >= 3 && strcmp(path + strlen(path) - 3, "/..") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const vouch_decode_limits limits = {.max_bytes = 1 << 20,
                                        .max_pages = 1,
                                        .max_pixels = 1 << 10,
                                        .max_entries = 16,
                                        .max_entry_bytes = 1 << 16,
                                        .max_expanded_bytes = 1 << 17,
                                        .max_depth = 0};
    vouch_decoded *decoded = NULL;
    size_t count, total = 0;

    if (vouch_format_recognise(data, size) != VOUCH_FORMAT_ZIP ||
        vouch_decode(data, size, &limits, &decoded, NULL) != VOUCH_OK)
        return 0;
    const vouch_part *parts = vouch_decoded_parts(decoded, &count);
    REQUIRE(count >= 2 && count <= limits.max_entries + 1);
    for (size_t i = 1; i < count; i++) {
        REQUIRE(parts[i].parent == 0 && parts[i].path[0] && !leads_out(parts[i].path));
        REQUIRE(parts[i].length <= limits.max_entry_bytes);
        total += parts[i].length;
        for (size_t j = 1; j < i; j++)
            REQUIRE(strcmp(parts[i].path, parts[j].path) != 0);
    }
    REQUIRE(total <= limits.max_expanded_bytes);
    vouch_decoded_free(&decoded);
    return 0;
}
