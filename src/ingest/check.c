/* What is let in: the size first, then the content. */
#include "vouch/ingest.h"

vouch_code vouch_ingest_check(const uint8_t *data, size_t length, size_t maximum, vouch_format *format,
                              vouch_error *err)
{
    if (length == 0)
        return vouch_fail(err, VOUCH_EMPTY, "the document has no bytes");
    if (length > maximum)
        return vouch_fail(err, VOUCH_TOO_LARGE, "the document has %zu bytes; %zu are allowed", length, maximum);
    vouch_format found = vouch_format_recognise(data, length);
    if (found == VOUCH_FORMAT_UNKNOWN)
        return vouch_fail(err, VOUCH_UNSUPPORTED_FORMAT, "the content is of no kind that is read");
    *format = found;
    return VOUCH_OK;
}
