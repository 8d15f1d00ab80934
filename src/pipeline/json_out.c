/**
 * Writing compact JSON by hand instead of building a tree: a reading is written once per document, and the tree would
 * cost several times the text. Numbers are printed here because a reading promises how many digits they have.
 */
#include "json_out.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "vouch/text.h"

static void put(json_out *out, const char *bytes, size_t length)
{
    if (out->code == VOUCH_OK)
        out->code = vouch_buffer_append(out->buffer, bytes, length);
}

static void separate(json_out *out)
{
    if (out->comma)
        put(out, ",", 1);
    out->comma = true;
}

void json_open(json_out *out, char bracket)
{
    separate(out);
    put(out, &bracket, 1);
    out->comma = false;
}

void json_close(json_out *out, char bracket)
{
    put(out, &bracket, 1);
    out->comma = true;
}

static void put_escaped(json_out *out, const char *text)
{
    const char *const end = text + strlen(text);
    const char *run = text; /* start of what can be copied as it stands */

    put(out, "\"", 1);
    while (text < end) {
        const char *const start = text;
        const uint32_t codepoint = vouch_utf8_next(&text, end);
        const bool invalid = codepoint == 0xfffd && text - start == 1;
        if (codepoint >= 0x20 && codepoint != '"' && codepoint != '\\' && !invalid)
            continue;
        put(out, run, (size_t)(start - run));
        run = text;
        char escape[8];
        int length;
        if (invalid) /* as a reader of what is written would write it */
            length = snprintf(escape, sizeof escape, "%s", "\xef\xbf\xbd");
        else if (codepoint == '"' || codepoint == '\\')
            length = snprintf(escape, sizeof escape, "\\%c", (int)codepoint);
        else
            length = snprintf(escape, sizeof escape, "\\u%04x", (unsigned)codepoint);
        put(out, escape, (size_t)length);
    }
    put(out, run, (size_t)(end - run));
    put(out, "\"", 1);
}

void json_key(json_out *out, const char *name)
{
    separate(out);
    put(out, "\"", 1);
    put(out, name, strlen(name));
    put(out, "\":", 2);
    out->comma = false;
}

void json_put_string(json_out *out, const char *text)
{
    separate(out);
    put_escaped(out, text);
}

/* A reading has thousands of numbers, and printf takes ten times as long. @return where the digits begin before end */
static char *write_digits(char *end, unsigned long long value, int at_least)
{
    for (; value > 0 || at_least > 0; value /= 10, at_least--)
        *--end = (char)('0' + value % 10);
    return end;
}

static unsigned long long magnitude(long long value)
{
    return value < 0 ? -(unsigned long long)value : (unsigned long long)value;
}

void json_put_integer(json_out *out, long long value)
{
    char digits[24], *const end = digits + sizeof digits;
    char *start = write_digits(end, magnitude(value), 1);
    if (value < 0)
        *--start = '-';
    separate(out);
    put(out, start, (size_t)(end - start));
}

void json_put_null(json_out *out)
{
    separate(out);
    put(out, "null", 4);
}

#define MOST_DECIMALS 4
static const unsigned long long powers[MOST_DECIMALS + 1] = {1, 10, 100, 1000, 10000};

/** Write value / 10^decimals without trailing zeros. */
static void put_scaled(json_out *out, long long scaled, int decimals)
{
    char digits[48], *const end = digits + sizeof digits;
    unsigned long long value = magnitude(scaled);
    for (; decimals > 0 && value % 10 == 0; decimals--)
        value /= 10;
    char *start = end;
    if (decimals > 0) {
        start = write_digits(end, value % powers[decimals], decimals);
        *--start = '.';
        value /= powers[decimals];
    }
    start = write_digits(start, value, 1);
    if (scaled < 0)
        *--start = '-';
    separate(out);
    put(out, start, (size_t)(end - start));
}

void json_put_number(json_out *out, double value, int decimals)
{
    /* Beyond this a double has no such digits, and no page is that large. */
    const double limit = 1e9;
    if (!isfinite(value))
        value = 0;
    value = fmax(-limit, fmin(limit, value));
    put_scaled(out, llround(value * (double)powers[decimals]), decimals);
}

void json_put_probability(json_out *out, double value)
{
    if (isnan(value))
        value = 0;
    /* The small term undoes the binary rounding of decimal constants (0.9999 * 10000 is 9998.99…). */
    const double scaled = floor(fmax(0, fmin(1, value)) * 10000 + 1e-6);
    put_scaled(out, (long long)fmin(scaled, 9999), 4);
}

void json_put_box(json_out *out, const vouch_box *box)
{
    const double edges[] = {box->x0, box->y0, box->x1, box->y1};
    json_open(out, '[');
    for (size_t i = 0; i < 4; i++)
        json_put_number(out, edges[i], 2);
    json_close(out, ']');
}

void json_put_quad(json_out *out, const vouch_quad *quad)
{
    json_open(out, '[');
    for (size_t i = 0; i < 4; i++) {
        json_open(out, '[');
        json_put_number(out, quad->x[i], 2);
        json_put_number(out, quad->y[i], 2);
        json_close(out, ']');
    }
    json_close(out, ']');
}

void json_member(json_out *out, const char *name, const char *text)
{
    if (!text)
        return;
    json_key(out, name);
    json_put_string(out, text);
}

void json_member_integer(json_out *out, const char *name, long long value)
{
    json_key(out, name);
    json_put_integer(out, value);
}

void json_member_key_escaped(json_out *out, const char *name, const char *text)
{
    separate(out);
    put_escaped(out, name);
    put(out, ":", 1);
    out->comma = false;
    json_put_string(out, text);
}
