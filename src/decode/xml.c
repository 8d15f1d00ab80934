/**
 * XML: recognised, and that is all. An XML file has no pages; whoever knows its vocabulary parses it.
 *
 * Recognition follows XML 1.0, appendix F: byte order mark or the byte pattern of "<", then white space, then a
 * declaration, a comment, a processing instruction, a document type or a root element. HTML is told apart.
 */
#include <string.h>
#include <strings.h>

#include "handler.h"

#define HEAD_CHARS         512
#define MAX_ATTRIBUTES     2000 /* of one element: libxml2 compares each with each, 400,000 took it 20 s */
#define SHORTEST_ATTRIBUTE 5    /* bytes: a="" and a blank */

/* The first characters as ASCII, whatever the encoding; others as 0x7F. Returns how many. */
static size_t head_as_ascii(const uint8_t *data, size_t length, char out[HEAD_CHARS])
{
    size_t at = 0, step = 1, low = 0; /* low: which byte of a unit holds the ASCII value */
    if (length >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0)
        at = 3;
    else if (length >= 4 && (memcmp(data, "\xFF\xFE", 2) == 0 || (data[0] == '<' && data[1] == 0)))
        step = 2, at = data[0] == 0xFF ? 2 : 0;
    else if (length >= 4 && (memcmp(data, "\xFE\xFF", 2) == 0 || (data[0] == 0 && data[1] == '<')))
        step = 2, low = 1, at = data[0] == 0xFE ? 2 : 0;
    size_t count = 0;
    for (; at + step <= length && count < HEAD_CHARS; at += step) {
        const bool wide = step == 2 && data[at + 1 - low] != 0;
        const uint8_t byte = data[at + low];
        out[count++] = wide || byte >= 0x80 ? 0x7F : (char)byte;
    }
    return count;
}

static bool is_name_start(char c)
{
    /* ':' too: validly signed invoices exist whose root is <:eInvoice xmlns:="">. 0x7F stands for any non-ASCII. */
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' || c == 0x7F;
}

static bool starts_with(const char *text, size_t length, const char *prefix)
{
    const size_t size = strlen(prefix);
    return length >= size && strncasecmp(text, prefix, size) == 0;
}

static int recognise(const uint8_t *data, size_t length)
{
    char head[HEAD_CHARS];
    const size_t count = head_as_ascii(data, length, head);
    size_t at = 0;
    while (at < count && strchr(" \t\r\n", head[at]) && head[at] != 0)
        at++;
    const char *text = head + at;
    const size_t left = count - at;
    if (left < 3 || text[0] != '<' || starts_with(text, left, "<html") || starts_with(text, left, "<!doctype html"))
        return 0;
    if (starts_with(text, left, "<?xml"))
        return 90;
    if (starts_with(text, left, "<!--") || starts_with(text, left, "<!doctype") || text[1] == '?')
        return 50;
    return is_name_start(text[1]) ? 50 : 0;
}

/* Attributes in a tag of so many bytes: the signs "=" outside of quotes. What follows the tag is not counted. */
static size_t count_attributes(const uint8_t *tag, size_t length)
{
    size_t count = 0;
    uint8_t quote = 0;
    for (size_t i = 0; i < length; i++) {
        if (quote)
            quote = tag[i] == quote ? 0 : quote;
        else if (tag[i] == '"' || tag[i] == '\'')
            quote = tag[i];
        else if (tag[i] == '>')
            break;
        else
            count += tag[i] == '=';
    }
    return count;
}

bool vouch_xml_attributes_acceptable(const uint8_t *data, size_t length)
{
    const uint8_t *const end = data + length;
    const uint8_t *next;
    /* "<" stands in no attribute's value, so that a tag ends before the next one, in any encoding. */
    for (const uint8_t *tag = memchr(data, '<', length); tag; tag = next) {
        next = memchr(tag + 1, '<', (size_t)(end - tag - 1));
        const size_t size = (size_t)((next ? next : end) - tag);
        const bool markup = size > 1 && (tag[1] == '!' || tag[1] == '?');
        if (size > SHORTEST_ATTRIBUTE * MAX_ATTRIBUTES && !markup && count_attributes(tag, size) > MAX_ATTRIBUTES)
            return false;
    }
    return true;
}

static vouch_code open_xml(vouch_decoded *decoded, int part, void **state, vouch_error *err)
{
    (void)state;
    const vouch_part *bytes = &decoded->parts[part];
    if (!vouch_xml_attributes_acceptable(bytes->data, bytes->length))
        return vouch_fail(err, VOUCH_LIMIT, "XML: an element has more than %d attributes", MAX_ATTRIBUTES);
    return VOUCH_OK;
}

const vouch_format_handler vouch_handler_xml = {
    .format = VOUCH_FORMAT_XML,
    .recognise = recognise,
    .open = open_xml,
    .leaf = true,
};
