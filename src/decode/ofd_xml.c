/*
 * XML of an OFD package by libxml2's tree, and the value types of GB/T 33190-2016 clause 7.3.
 *
 * Numbers are parsed here: strtod depends on the locale and accepts "nan", "inf" and hexadecimal, none of which may
 * reach a coordinate.
 */
#include "ofd_xml.h"

#include <libxml/parser.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "handler.h"

#define OFD_NUMBER_MAX 1e7 /* millimetres: ten kilometres */
#define OFD_MATRIX_MAX 1e6

ofd_matrix ofd_concat(ofd_matrix first, ofd_matrix second)
{
    return (ofd_matrix){
        .a = first.a * second.a + first.b * second.c,
        .b = first.a * second.b + first.b * second.d,
        .c = first.c * second.a + first.d * second.c,
        .d = first.c * second.b + first.d * second.d,
        .e = first.e * second.a + first.f * second.c + second.e,
        .f = first.e * second.b + first.f * second.d + second.f,
    };
}

ofd_matrix ofd_translation(double x, double y)
{
    return (ofd_matrix){.a = 1, .d = 1, .e = x, .f = y};
}

bool ofd_matrix_sane(ofd_matrix m)
{
    const double values[] = {m.a, m.b, m.c, m.d, m.e, m.f};

    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (!(fabs(values[i]) <= OFD_MATRIX_MAX))
            return false;
    return true;
}

void ofd_apply(ofd_matrix m, double x, double y, double *out_x, double *out_y)
{
    *out_x = m.a * x + m.c * y + m.e;
    *out_y = m.b * x + m.d * y + m.f;
}

vouch_box ofd_bounds(ofd_matrix matrix, vouch_box box)
{
    const double xs[] = {box.x0, box.x1, box.x0, box.x1}, ys[] = {box.y0, box.y0, box.y1, box.y1};
    vouch_box out = {.x0 = INFINITY, .y0 = INFINITY, .x1 = -INFINITY, .y1 = -INFINITY};

    for (size_t i = 0; i < 4; i++) {
        double x, y;
        ofd_apply(matrix, xs[i], ys[i], &x, &y);
        out.x0 = fmin(out.x0, x);
        out.y0 = fmin(out.y0, y);
        out.x1 = fmax(out.x1, x);
        out.y1 = fmax(out.y1, y);
    }
    return out;
}

vouch_code ofd_xml_parse(const uint8_t *data, size_t length, const char *name, xmlDoc **out, vouch_error *err)
{
    static const char doctype[] = "<!DOCTYPE";
    const int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_COMPACT;

    if (length > INT32_MAX)
        return vouch_fail(err, VOUCH_LIMIT, "%s is too long", name);
    if (!vouch_xml_attributes_acceptable(data, length))
        return vouch_fail(err, VOUCH_LIMIT, "%s has an element with too many attributes", name);
    /* Before parsing, so that no entity is ever defined; the second look finds it in other encodings too. */
    if (memmem(data, length, doctype, sizeof doctype - 1))
        return vouch_fail(err, VOUCH_BAD_FORMAT, "%s contains a document type definition", name);
    VOUCH_CLEANUP(ofd_xml_free) xmlDoc *doc = xmlReadMemory((const char *)data, (int)length, NULL, NULL, options);
    if (!doc || !xmlDocGetRootElement(doc))
        return vouch_fail(err, VOUCH_BAD_FORMAT, "%s is not well-formed XML", name);
    if (xmlGetIntSubset(doc))
        return vouch_fail(err, VOUCH_BAD_FORMAT, "%s contains a document type definition", name);
    *out = VOUCH_TAKE(doc);
    return VOUCH_OK;
}

void ofd_xml_free(xmlDoc **doc)
{
    xmlFreeDoc(*doc);
    *doc = NULL;
}

static const char *local_part(const xmlChar *name)
{
    const char *colon = strrchr((const char *)name, ':');
    return colon ? colon + 1 : (const char *)name;
}

const char *ofd_name(const xmlNode *node)
{
    return local_part(node->name);
}

bool ofd_is(const xmlNode *node, const char *name)
{
    return strcmp(ofd_name(node), name) == 0;
}

static const xmlNode *element_from(const xmlNode *node)
{
    while (node && node->type != XML_ELEMENT_NODE)
        node = node->next;
    return node;
}

const xmlNode *ofd_first(const xmlNode *parent)
{
    return parent ? element_from(parent->children) : NULL;
}

const xmlNode *ofd_next(const xmlNode *node)
{
    return element_from(node->next);
}

const xmlNode *ofd_child(const xmlNode *parent, const char *name)
{
    const xmlNode *node = ofd_first(parent);

    while (node && !ofd_is(node, name))
        node = ofd_next(node);
    return node;
}

const char *ofd_attribute(const xmlNode *node, const char *name)
{
    if (!node)
        return NULL;
    for (const xmlAttr *attribute = node->properties; attribute; attribute = attribute->next) {
        if (strcmp(local_part(attribute->name), name) != 0)
            continue;
        const xmlNode *value = attribute->children;
        return value && value->content ? (const char *)value->content : "";
    }
    return NULL;
}

static bool is_character_data(const xmlNode *node)
{
    return node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE;
}

const char *ofd_text(vouch_arena *arena, const xmlNode *node)
{
    size_t length = 0, pieces = 0;
    const char *only = "";

    for (const xmlNode *child = node ? node->children : NULL; child; child = child->next) {
        if (!is_character_data(child) || !child->content)
            continue;
        only = (const char *)child->content;
        length += strlen(only);
        pieces++;
    }
    if (pieces < 2)
        return only;
    char *text = vouch_arena_alloc(arena, length + 1), *end = text;
    for (const xmlNode *child = node->children; child; child = child->next)
        if (is_character_data(child) && child->content)
            end = stpcpy(end, (const char *)child->content);
    return text;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

const char *ofd_trimmed(vouch_arena *arena, const xmlNode *node)
{
    const char *text = ofd_text(arena, node);

    while (is_space(*text))
        text++;
    size_t length = strlen(text);
    if (length == 0 || !is_space(text[length - 1]))
        return text;
    while (length > 0 && is_space(text[length - 1]))
        length--;
    return vouch_arena_strndup(arena, text, length);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Decimal exponent of "1.5e-3"; producers write such numbers for tiny offsets. */
static int exponent(const char **cursor)
{
    const char *p = *cursor;

    if (*p != 'e' && *p != 'E')
        return 0;
    const int sign = p[1] == '-' ? -1 : 1;
    p += p[1] == '-' || p[1] == '+' ? 2 : 1;
    if (!is_digit(*p))
        return 0;
    int value = 0;
    for (; is_digit(*p); p++)
        value = value < 100 ? value * 10 + (*p - '0') : value;
    *cursor = p;
    return sign * value;
}

bool ofd_number_next(const char **cursor, double *out)
{
    const char *p = *cursor;

    while (is_space(*p) || *p == ',')
        p++;
    const bool negative = *p == '-';
    if (*p == '-' || *p == '+')
        p++;
    if (!is_digit(*p) && !(*p == '.' && is_digit(p[1])))
        return false;
    double value = 0, scale = 1;
    for (; is_digit(*p); p++)
        value = fmin(value * 10 + (*p - '0'), 1e300);
    if (*p == '.')
        for (p++; is_digit(*p); p++)
            if (scale < 1e15) {
                value = value * 10 + (*p - '0');
                scale *= 10;
            }
    value = value / scale * pow(10, exponent(&p));
    if (!(value <= OFD_NUMBER_MAX))
        return false;
    *cursor = p;
    *out = negative ? -value : value;
    return true;
}

size_t ofd_numbers(const char *text, double *out, size_t maximum)
{
    size_t count = 0;

    while (text && count < maximum && ofd_number_next(&text, &out[count]))
        count++;
    return count;
}

double ofd_attribute_number(const xmlNode *node, const char *name, double otherwise)
{
    double value;
    return ofd_numbers(ofd_attribute(node, name), &value, 1) == 1 ? value : otherwise;
}

bool ofd_attribute_flag(const xmlNode *node, const char *name, bool otherwise)
{
    const char *value = ofd_attribute(node, name);

    if (!value)
        return otherwise;
    if (strcasecmp(value, "true") == 0 || strcmp(value, "1") == 0)
        return true;
    if (strcasecmp(value, "false") == 0 || strcmp(value, "0") == 0)
        return false;
    return otherwise;
}

uint32_t ofd_id(const char *text)
{
    uint64_t value = 0;

    if (!text)
        return 0;
    while (is_space(*text))
        text++;
    if (!is_digit(*text))
        return 0;
    for (; is_digit(*text); text++) {
        value = value * 10 + (uint64_t)(*text - '0');
        if (value > UINT32_MAX)
            return 0;
    }
    while (is_space(*text))
        text++;
    return *text ? 0 : (uint32_t)value;
}

bool ofd_box_parse(const char *text, ofd_box *out)
{
    double v[4];

    if (ofd_numbers(text, v, 4) != 4)
        return false;
    *out = (ofd_box){.x = v[0], .y = v[1], .width = v[2], .height = v[3]};
    return true;
}

ofd_matrix ofd_matrix_parse(const char *text)
{
    double v[6];

    if (ofd_numbers(text, v, 6) != 6)
        return (ofd_matrix)OFD_IDENTITY;
    return (ofd_matrix){.a = v[0], .b = v[1], .c = v[2], .d = v[3], .e = v[4], .f = v[5]};
}

size_t ofd_delta_expand(const char *text, double *out, size_t maximum)
{
    size_t stated = 0;

    while (text) {
        double count = 1, value;
        while (is_space(*text) || *text == ',')
            text++;
        const bool group = *text == 'g' || *text == 'G';
        if (group) {
            text++;
            if (!ofd_number_next(&text, &count) || count < 0 || count != floor(count))
                break;
        }
        if (!ofd_number_next(&text, &value))
            break;
        const size_t repeat = (size_t)count;
        for (size_t i = stated; i < maximum && i < stated + repeat; i++)
            out[i] = value;
        stated += repeat;
    }
    return stated;
}

char ofd_outline_next(const char **cursor, double arguments[OFD_OUTLINE_ARGUMENTS])
{
    static const struct {
        char letter;
        size_t arguments;
    } operators[] = {{'S', 2}, {'M', 2}, {'L', 2}, {'Q', 4}, {'B', 6}, {'A', 7}, {'C', 0}};
    size_t row = 0;

    while (is_space(**cursor) || **cursor == ',')
        ++*cursor;
    while (row < sizeof operators / sizeof *operators && operators[row].letter != **cursor)
        row++;
    if (row == sizeof operators / sizeof *operators)
        return '\0';
    ++*cursor;
    for (size_t i = 0; i < operators[row].arguments; i++)
        if (!ofd_number_next(cursor, &arguments[i]))
            return '\0';
    return operators[row].letter;
}
