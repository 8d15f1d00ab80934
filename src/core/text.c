/* Text, UTF-8 first: see RFC 3629 for what is valid. */
#include "vouch/text.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* Length of the valid sequence at the cursor, 0 when there is none (RFC 3629 section 4). */
static size_t sequence(const char *cursor, const char *end, uint32_t *codepoint)
{
    utf8proc_int32_t c;
    utf8proc_ssize_t length = utf8proc_iterate((const utf8proc_uint8_t *)cursor, end - cursor, &c);
    if (length <= 0)
        return 0;
    *codepoint = (uint32_t)c;
    return (size_t)length;
}

uint32_t vouch_utf8_next(const char **cursor, const char *end)
{
    if (*cursor >= end)
        return 0;
    uint32_t codepoint;
    size_t length = sequence(*cursor, end, &codepoint);
    *cursor += length ? length : 1;
    return length ? codepoint : 0xFFFD;
}

size_t vouch_utf8_put(uint32_t codepoint, char out[5])
{
    size_t length = 0;
    if (codepoint <= 0x10FFFF && (codepoint < 0xD800 || codepoint > 0xDFFF))
        length = (size_t)utf8proc_encode_char((utf8proc_int32_t)codepoint, (utf8proc_uint8_t *)out);
    out[length] = '\0';
    return length;
}

bool vouch_utf8_valid(const char *text, size_t length)
{
    const char *end = text + length;
    while (text < end) {
        uint32_t codepoint;
        size_t step = sequence(text, end, &codepoint);
        if (step == 0)
            return false;
        text += step;
    }
    return true;
}

size_t vouch_utf8_length(const char *text)
{
    size_t count = 0;
    for (const char *end = text + strlen(text); text < end; count++)
        vouch_utf8_next(&text, end);
    return count;
}
