/*
 * The table of codes and the building of messages. A message that doesn't fit is cut at a character boundary, so that
 * it can go into JSON as it is.
 */
#include "vouch/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const vouch_code_info table[] = {
#define X(number, name, slug, status, retry, title, advice) {VOUCH_##name, #name, slug, status, retry, title, advice},
    VOUCH_CODES(X)
#undef X
};

enum {
    TABLE_COUNT = sizeof table / sizeof table[0]
};

/* Drop a character that was cut in the middle: step back over continuation bytes to its lead byte. */
static void cut_at_character(char *text, size_t length)
{
    size_t lead = length;
    while (lead > 0 && length - lead < 3 && ((unsigned char)text[lead - 1] & 0xC0) == 0x80)
        lead--;
    if (lead == 0)
        return;
    unsigned char byte = (unsigned char)text[lead - 1];
    size_t needed = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    if (length - (lead - 1) < needed)
        text[lead - 1] = '\0';
}

static void format_message(char *out, size_t size, const char *format, va_list args) VOUCH_PRINTF(3, 0);
static void format_message(char *out, size_t size, const char *format, va_list args)
{
    int written = vsnprintf(out, size, format, args);
    if (written < 0)
        snprintf(out, size, "(message could not be formatted)");
    else if ((size_t)written >= size)
        cut_at_character(out, size - 1);
}

vouch_code vouch_fail(vouch_error *err, vouch_code code, const char *format, ...)
{
    if (err) {
        char message[sizeof err->message];
        va_list args;
        va_start(args, format);
        format_message(message, sizeof message, format, args);
        va_end(args);
        err->code = code;
        memcpy(err->message, message, strlen(message) + 1);
    }
    return code;
}

vouch_code vouch_error_prefix(vouch_error *err, const char *format, ...)
{
    if (!err)
        return VOUCH_INTERNAL;
    char message[sizeof err->message];
    va_list args;
    va_start(args, format);
    format_message(message, sizeof message, format, args);
    va_end(args);
    size_t length = strlen(message), room = sizeof message - 1 - length, rest = strlen(err->message);
    if (rest > room) {
        memcpy(message + length, err->message, room);
        message[length + room] = '\0';
        cut_at_character(message, length + room);
    } else {
        memcpy(message + length, err->message, rest + 1);
    }
    memcpy(err->message, message, strlen(message) + 1);
    return err->code;
}

const vouch_code_info *vouch_code_lookup(vouch_code code)
{
    const vouch_code_info *internal = NULL;
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        if (table[i].code == code)
            return &table[i];
        if (table[i].code == VOUCH_INTERNAL)
            internal = &table[i];
    }
    return internal;
}

const vouch_code_info *vouch_code_lookup_slug(const char *slug)
{
    for (size_t i = 0; slug && i < TABLE_COUNT; i++)
        if (strcmp(table[i].slug, slug) == 0)
            return &table[i];
    return NULL;
}

const vouch_code_info *vouch_code_table(size_t *count)
{
    *count = TABLE_COUNT;
    return table;
}
