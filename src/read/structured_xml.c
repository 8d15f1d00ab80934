/**
 * Foreign XML: parsing without any of XML's powers, and looking things up by path.
 *
 * Paths are walked directly; XPath would compile and sort node sets for what is a handful of pointer hops, and its
 * functions are more surface than a reader of invoices needs. Names are compared without prefix: producers bind the
 * namespaces to any prefix, to none, or (OFD tags) forget to declare it.
 */
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>
#include <string.h>

#include "structured.h"
#include "text.h"

static const unsigned most_elements = 500000; /* a tree of that many takes about 60 MB; real invoices have hundreds */
static const int deepest_path = 16;           /* segments */

/** What our SAX hooks count and refuse, behind the parser's private pointer. */
typedef struct parse_state {
    unsigned elements;
    const char *refused;
} parse_state;

static void refuse(xmlParserCtxt *parser, const char *reason)
{
    parse_state *state = parser->_private;
    if (!state->refused)
        state->refused = reason;
    xmlStopParser(parser);
}

static void refuse_document_type(void *context, const xmlChar *name, const xmlChar *public_id, const xmlChar *system_id)
{
    (void)name, (void)public_id, (void)system_id;
    refuse(context, "it declares a document type");
}

static void count_element(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                          int namespace_count, const xmlChar **namespaces, int attribute_count, int defaulted,
                          const xmlChar **attributes)
{
    xmlParserCtxt *parser = context;
    parse_state *state = parser->_private;
    if (++state->elements > most_elements)
        refuse(parser, "it has too many elements");
    else
        xmlSAX2StartElementNs(context, name, prefix, uri, namespace_count, namespaces, attribute_count, defaulted,
                              attributes);
}

static void free_parser(xmlParserCtxt **parser)
{
    if (*parser)
        xmlFreeParserCtxt(*parser);
    *parser = NULL;
}

static xmlDoc *parse_as(const uint8_t *data, int length, const char *encoding, vouch_error *err)
{
    VOUCH_CLEANUP(free_parser) xmlParserCtxt *parser = xmlNewParserCtxt();
    if (!parser) {
        (void)vouch_fail(err, VOUCH_NO_MEMORY, "parsing XML");
        return NULL;
    }
    parse_state state = {.elements = 0};
    parser->_private = &state;
    parser->sax->internalSubset = refuse_document_type;
    parser->sax->startElementNs = count_element;
    xmlDoc *doc = xmlCtxtReadMemory(parser, (const char *)data, length, NULL, encoding,
                                    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_COMPACT);
    if (doc && !state.refused && xmlDocGetRootElement(doc))
        return doc;
    vouch_xml_free(&doc);
    const xmlError *last = xmlCtxtGetLastError(parser);
    const char *message = last && last->message ? last->message : "no root element";
    if (state.refused)
        (void)vouch_fail(err, VOUCH_BAD_FORMAT, "XML: %s", state.refused);
    else
        (void)vouch_fail(err, VOUCH_BAD_FORMAT, "XML: line %d: %.*s", last ? last->line : 0,
                         (int)strcspn(message, "\r\n"), message);
    return NULL;
}

/**
 * Length of a declaration whose encoding nobody knows ("UTF-8-W/O-BOM"); 0 when there is none or it is known.
 */
static size_t unknown_encoding(const uint8_t *data, size_t length)
{
    char head[256];
    size_t size = length < sizeof head - 1 ? length : sizeof head - 1;
    memcpy(head, data, size);
    head[size] = '\0';
    char *start = strstr(head, "<?xml"), *end = start ? strstr(start, "?>") : NULL;
    char *name = start ? strstr(start, "encoding") : NULL;
    if (!end || !name || name > end)
        return 0;
    name += strcspn(name, "\"'");
    char quote = *name, *close = quote ? strchr(name + 1, quote) : NULL;
    if (!close || close > end)
        return 0;
    *close = '\0';
    xmlCharEncodingHandler *handler = xmlFindCharEncodingHandler(name + 1);
    if (handler)
        (void)xmlCharEncCloseFunc(handler);
    return handler ? 0 : (size_t)(end + 2 - head);
}

/** White space before the declaration is an error that some senders make; without it the rest is good. */
static size_t blank_before_declaration(const uint8_t *data, size_t length)
{
    size_t blank = 0;
    while (blank < length && strchr(" \t\r\n", data[blank]) && data[blank] != '\0')
        blank++;
    return length - blank > 5 && memcmp(data + blank, "<?xml", 5) == 0 ? blank : 0;
}

xmlDoc *vouch_xml_parse(const uint8_t *data, size_t length, bool *retried, vouch_error *err)
{
    *retried = false;
    if (length > INT32_MAX) {
        (void)vouch_fail(err, VOUCH_TOO_LARGE, "XML of %zu bytes", length);
        return NULL;
    }
    size_t blank = blank_before_declaration(data, length);
    data += blank;
    length -= blank;
    xmlDoc *doc = parse_as(data, (int)length, NULL, err);
    size_t skip = doc ? 0 : unknown_encoding(data, length);
    if (skip == 0)
        return doc;
    *retried = true;
    return parse_as(data + skip, (int)(length - skip), "UTF-8", err);
}

void vouch_xml_free(xmlDoc **doc)
{
    if (*doc)
        xmlFreeDoc(*doc);
    *doc = NULL;
}

const char *vouch_xml_name(const xmlNode *node)
{
    const char *name = (const char *)node->name;
    const char *colon = strrchr(name, ':');
    return colon ? colon + 1 : name;
}

const char *vouch_xml_namespace(const xmlNode *node)
{
    return node->ns && node->ns->href ? (const char *)node->ns->href : "";
}

static bool is_named(const xmlNode *node, const char *name, size_t length)
{
    if (node->type != XML_ELEMENT_NODE)
        return false;
    const char *own = vouch_xml_name(node);
    return strncmp(own, name, length) == 0 && own[length] == '\0';
}

/** Visits the elements at a path in document order until one satisfies. */
typedef bool visitor(const xmlNode *node, const char *attribute, void *context);

static bool visit(const xmlNode *node, const char *path, int depth, visitor *each, void *context)
{
    if (*path == '\0' || *path == '@')
        return each(node, *path ? path + 1 : NULL, context);
    if (depth >= deepest_path)
        return false;
    size_t length = strcspn(path, "/");
    const char *rest = path[length] ? path + length + 1 : path + length;
    for (const xmlNode *child = node->children; child; child = child->next)
        if (is_named(child, path, length) && visit(child, rest, depth + 1, each, context))
            return true;
    return false;
}

static bool take_node(const xmlNode *node, const char *attribute, void *context)
{
    (void)attribute;
    *(const xmlNode **)context = node;
    return true;
}

const xmlNode *vouch_xml_find(const xmlNode *node, const char *path)
{
    const xmlNode *found = NULL;
    (void)visit(node, path, 0, take_node, &found);
    return found;
}

const xmlNode *vouch_xml_next(const xmlNode *parent, const char *name, const xmlNode *previous)
{
    size_t length = strlen(name);
    for (const xmlNode *child = previous ? previous->next : parent->children; child; child = child->next)
        if (is_named(child, name, length))
            return child;
    return NULL;
}

static const xmlNode *attribute_value(const xmlNode *node, const char *name)
{
    for (const xmlAttr *attribute = node->properties; attribute; attribute = attribute->next)
        if (strcmp(vouch_xml_name((const xmlNode *)attribute), name) == 0)
            return attribute->children;
    return NULL;
}

static char *own_text(vouch_arena *arena, const xmlNode *first)
{
    size_t length = 0;
    for (const xmlNode *child = first; child; child = child->next)
        if ((child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE) && child->content)
            length += strlen((const char *)child->content);
    char *text = vouch_arena_alloc(arena, length + 1), *end = text;
    for (const xmlNode *child = first; child; child = child->next)
        if ((child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE) && child->content)
            end = stpcpy(end, (const char *)child->content);
    static const char blanks[] = " \t\r\n";
    text += strspn(text, blanks);
    while (end > text && strchr(blanks, end[-1]))
        *--end = '\0';
    return *text ? text : NULL;
}

typedef struct text_search {
    vouch_arena *arena;
    char *text;
} text_search;

static bool take_text(const xmlNode *node, const char *attribute, void *context)
{
    text_search *search = context;
    const xmlNode *first = attribute ? attribute_value(node, attribute) : node->children;
    search->text = first ? own_text(search->arena, first) : NULL;
    return search->text;
}

char *vouch_xml_text(vouch_arena *arena, const xmlNode *node, const char *path)
{
    text_search search = {.arena = arena};
    return visit(node, path, 0, take_text, &search) ? search.text : NULL;
}

char *vouch_text_join(vouch_arena *arena, const char *const *parts, size_t count, const char *separator)
{
    char *joined = NULL;
    for (size_t i = 0; i < count; i++)
        if (parts[i])
            joined = joined ? vouch_arena_printf(arena, "%s%s%s", joined, separator, parts[i])
                            : vouch_arena_strdup(arena, parts[i]);
    return joined;
}

char *vouch_xml_join(vouch_arena *arena, const xmlNode *node, const char *const *paths, size_t count,
                     const char *separator)
{
    const char **parts = vouch_arena_calloc(arena, count, sizeof *parts);
    for (size_t i = 0; i < count; i++)
        parts[i] = vouch_xml_text(arena, node, paths[i]);
    return vouch_text_join(arena, parts, count, separator);
}

char *vouch_xml_join_all(vouch_arena *arena, const xmlNode *parent, const char *name, const char *path,
                         const char *separator)
{
    char *joined = NULL;
    const size_t longest = 16384; /* bytes; each join copies what was joined before */
    for (const xmlNode *child = NULL; (child = vouch_xml_next(parent, name, child));) {
        const char *parts[] = {joined, vouch_xml_text(arena, child, path)};
        joined = vouch_text_join(arena, parts, 2, separator);
        if (joined && strlen(joined) > longest)
            break;
    }
    return joined;
}

vouch_statement *vouch_xml_statement(const vouch_xml_source *from, vouch_kind kind)
{
    vouch_statement *statement = vouch_statement_new(from->arena, from->statements, from->source, from->part);
    statement->first_page = from->first_page;
    statement->last_page = from->last_page;
    statement->kind = kind;
    statement->kind_confidence = VOUCH_CONFIDENCE_STRUCTURED;
    return statement;
}

/** One comma and three digits behind it: a thousand to some, three decimals to others. XML's own decimals have a point.
 */
static bool is_ambiguous(vouch_value_type type, const char *text)
{
    const char *comma = text ? strchr(text, ',') : NULL;
    if (!comma || (type != VOUCH_VALUE_AMOUNT && type != VOUCH_VALUE_NUMBER) || strchr(text, '.') ||
        strchr(comma + 1, ','))
        return false;
    return strspn(comma + 1, "0123456789") == 3;
}

void vouch_xml_put(const vouch_xml_source *from, vouch_statement *statement, vouch_field field, const char *text)
{
    if (!is_ambiguous(vouch_field_type(field), text))
        (void)vouch_statement_set(from->arena, statement, field, text, VOUCH_CONFIDENCE_STRUCTURED);
}

void vouch_xml_put_item(const vouch_xml_source *from, vouch_item *item, vouch_item_field field, const char *text)
{
    if (!is_ambiguous(vouch_item_field_type(field), text))
        (void)vouch_item_set(from->arena, item, field, text, from->source, VOUCH_CONFIDENCE_STRUCTURED);
}

void vouch_xml_set(const vouch_xml_source *from, vouch_statement *statement, const xmlNode *node,
                   const vouch_xml_field_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!statement->fields[rows[i].field].value)
            vouch_xml_put(from, statement, rows[i].field, vouch_xml_text(from->arena, node, rows[i].path));
}

void vouch_xml_set_item(const vouch_xml_source *from, vouch_item *item, const xmlNode *node,
                        const vouch_xml_item_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!item->members[rows[i].field].value)
            vouch_xml_put_item(from, item, rows[i].field, vouch_xml_text(from->arena, node, rows[i].path));
}

void vouch_xml_set_extras(const vouch_xml_source *from, vouch_statement *statement, const xmlNode *node,
                          const vouch_xml_extra_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        vouch_statement_add_extra(from->arena, statement, rows[i].name,
                                  vouch_xml_text(from->arena, node, rows[i].path));
}

void vouch_cn_finish(const vouch_xml_source *from, vouch_statement *statement, bool red)
{
    vouch_evidence *code = &statement->fields[VOUCH_FIELD_ORIGINAL_INVOICE_CODE];
    vouch_evidence *number = &statement->fields[VOUCH_FIELD_ORIGINAL_INVOICE_NUMBER];
    const size_t digital = 20; /* digits: the number of a 数电票, which has no code, put where codes were */
    if (!number->value && code->value && strlen(code->value) == digital) {
        *number = *code;
        *code = (vouch_evidence){.value = NULL};
    }
    const char *gross = statement->fields[VOUCH_FIELD_GROSS_AMOUNT].value;
    if (!number->value)
        text_read_original(from->arena, statement);
    statement->credit = red || (gross && gross[0] == '-');
}
