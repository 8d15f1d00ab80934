#include "job.h"

#include <string.h>

void sandbox_copy_text(char *out, size_t size, const char *text)
{
    size_t length = strnlen(text, size - 1);
    if (text[length] != '\0') {
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80) /* inside of a UTF-8 sequence */
            length--;
    }
    memcpy(out, text, length);
    out[length] = '\0';
}

vouch_code sandbox_send_frame(const sandbox_sink *sink, sandbox_frame_kind kind, int page, const void *payload,
                              size_t length, vouch_error *err)
{
    const sandbox_frame head = {.kind = (uint32_t)kind, .page = page, .length = length};
    VOUCH_TRY(sink->write(sink->context, &head, sizeof head, err));
    return length > 0 ? sink->write(sink->context, payload, length, err) : VOUCH_OK;
}
