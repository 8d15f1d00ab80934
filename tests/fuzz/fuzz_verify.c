/* Verdicts on anything that opens: at least one, none of them "valid", "partial" or trusted, each with a finding. */

#include "vouch/verify.h"

#include "property.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vouch_decode_limits limits = VOUCH_DECODE_LIMITS_DEFAULT;
    vouch_decoded *decoded = NULL;
    vouch_verdicts verdicts = {0};

    limits.max_bytes = 1 << 20;
    limits.max_expanded_bytes = 4 << 20;
    if (vouch_decode_containers(data, size, &limits, &decoded, NULL) != VOUCH_OK)
        return 0;
    REQUIRE(vouch_verify(decoded, &verdicts, NULL) == VOUCH_OK && verdicts.count >= 1);
    for (size_t i = 0; i < verdicts.count; i++) {
        const vouch_verdict *it = &verdicts.items[i];
        REQUIRE(it->integrity == VOUCH_INTEGRITY_UNSUPPORTED ||
                (it->integrity == VOUCH_INTEGRITY_NONE && verdicts.count == 1));
        REQUIRE(it->authenticity == VOUCH_AUTHENTICITY_NOT_CHECKED && it->finding_count >= 1);
    }
    vouch_decoded_free(&decoded);
    return 0;
}
