/**
 * XML invoices: which scheme, whose words, and which of several to believe.
 *
 * Every XML part is looked at by its root element; a row per scheme says how it is read, or why it is no invoice.
 * A PDF may carry several invoices (Factur-X beside ZUGFeRD 1.0): all are read, the one under the best-known name
 * speaks, and disagreement between them is told.
 */
#include <string.h>
#include <strings.h>

#include "structured.h"

typedef void scheme_reader(const vouch_xml_source *from, const xmlNode *root);

static const char ubl_namespace[] = "urn:oasis:names:specification:ubl:schema:xsd:";

/* Either read, or reason. */
typedef struct scheme {
    const char *root;            /* NULL: any */
    const char *namespace_start; /* NULL: any */
    bool (*accepts)(const xmlNode *root);
    scheme_reader *read;
    const char *reason; /* completes "… is " */
} scheme;

static bool is_fiscal(const xmlNode *root)
{
    const xmlNode *tag = vouch_xml_find(root, "Header/EInvoiceTag");
    const xmlNode *text = tag ? tag->children : NULL;
    const char *value = text && text->content ? (const char *)text->content : "";
    return strncmp(value + strspn(value, " \t\r\n"), "CZ-EI", 5) == 0 || vouch_xml_find(root, "EInvoiceData/Main");
}

static bool is_digital(const xmlNode *root)
{
    return vouch_xml_find(root, "EInvoiceData/BasicInformation") || vouch_xml_find(root, "TaxSupervisionInfo");
}

static const scheme schemes[] = {
    {"EInvoice", NULL, is_fiscal, vouch_read_cn_fiscal, NULL},
    {"EInvoice", NULL, is_digital, vouch_read_cn_digital, NULL},
    {"eInvoice", NULL, NULL, vouch_read_cn_edrm, NULL},
    {"xbrl", NULL, NULL, vouch_read_cn_xbrl, NULL},
    {"Invoice", ubl_namespace, NULL, vouch_read_ubl, NULL},
    {"CreditNote", ubl_namespace, NULL, vouch_read_ubl, NULL},
    {"DebitNote", ubl_namespace, NULL, vouch_read_ubl, NULL},
    {"SelfBilledInvoice", ubl_namespace, NULL, vouch_read_ubl, NULL},
    {"SelfBilledCreditNote", ubl_namespace, NULL, vouch_read_ubl, NULL},
    {"CrossIndustryInvoice", NULL, NULL, vouch_read_cii, NULL},
    {"CrossIndustryDocument", NULL, NULL, vouch_read_zugferd1, NULL},
    {"SCRDMCCBDACIOMessageStructure", NULL, NULL, NULL, "an order (Order-X), not an invoice"},
    {"Invoice", "urn:un:unece:uncefact:", NULL, vouch_read_zugferd1, NULL}, /* release candidate of ZUGFeRD 1.0 */
    {NULL, ubl_namespace, NULL, NULL, "a UBL document of another type, not an invoice"},
    {"testSet", NULL, NULL, NULL, "a set of test cases, not an invoice"},
};

static const scheme *scheme_of(const xmlNode *root)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        const scheme *row = &schemes[i];
        if (row->root && strcmp(row->root, vouch_xml_name(root)) != 0)
            continue;
        if (row->namespace_start &&
            strncmp(vouch_xml_namespace(root), row->namespace_start, strlen(row->namespace_start)) != 0)
            continue;
        if (!row->accepts || row->accepts(root))
            return row;
    }
    return NULL;
}

static vouch_source source_of(vouch_format container, const xmlNode *root)
{
    if (strcmp(vouch_xml_name(root), "xbrl") == 0)
        return VOUCH_SOURCE_XBRL;
    return container == VOUCH_FORMAT_PDF   ? VOUCH_SOURCE_PDF_ATTACHMENT
           : container == VOUCH_FORMAT_OFD ? VOUCH_SOURCE_OFD_ATTACHMENT
                                           : VOUCH_SOURCE_XML;
}

void vouch_pages_of_part(vouch_decoded *decoded, int part, int *first, int *last)
{
    size_t count;
    const vouch_page *pages = vouch_decoded_pages(decoded, &count);
    *first = *last = 0;
    for (size_t i = 0; i < count; i++) {
        if (pages[i].part != part)
            continue;
        if (*first == 0)
            *first = pages[i].number;
        *last = pages[i].number;
    }
}

static const char *label(const vouch_part *part)
{
    return part->name && *part->name ? part->name : part->path && *part->path ? part->path : "the document";
}

static void read_root(vouch_xml_source *from, const xmlNode *root, const vouch_part *part, vouch_format container)
{
    vouch_problems *problems = vouch_decoded_problems(from->decoded);
    const scheme *row = scheme_of(root);
    from->source = source_of(container, root);
    if (row && row->read)
        row->read(from, root);
    else if (row)
        vouch_problem_add(from->arena, problems, VOUCH_NOT_AN_INVOICE, part->parent < 0 ? "warning" : "info", 0,
                          "%s is %s", label(part), row->reason);
    else if (part->parent < 0)
        vouch_problem_add(from->arena, problems, VOUCH_UNSUPPORTED_FORMAT, "warning", 0,
                          "XML with the root element %.60s is no invoice format that is read", vouch_xml_name(root));
}

/** Peppol's envelope: a header, then the document. */
static const char envelope[] = "StandardBusinessDocument";

static void read_document(vouch_xml_source *from, const xmlNode *root, const vouch_part *part, vouch_format container)
{
    if (strcmp(vouch_xml_name(root), envelope) != 0) {
        read_root(from, root, part, container);
        return;
    }
    for (const xmlNode *child = root->children; child; child = child->next)
        if (child->type == XML_ELEMENT_NODE && strcmp(vouch_xml_name(child), "StandardBusinessDocumentHeader") != 0)
            read_root(from, child, part, container);
}

static void read_part(vouch_decoded *decoded, const vouch_part *parts, int index, vouch_statements *statements)
{
    const vouch_part *part = &parts[index];
    const vouch_format container = part->parent < 0 ? VOUCH_FORMAT_UNKNOWN : parts[part->parent].format;
    vouch_xml_source from = {
        .decoded = decoded, .arena = vouch_decoded_arena(decoded), .statements = statements, .part = index};
    if (container == VOUCH_FORMAT_PDF || container == VOUCH_FORMAT_OFD)
        vouch_pages_of_part(decoded, part->parent, &from.first_page, &from.last_page);
    vouch_error error = VOUCH_ERROR_INIT;
    bool retried = false;
    VOUCH_CLEANUP(vouch_xml_free) xmlDoc *doc = vouch_xml_parse(part->data, part->length, &retried, &error);
    vouch_problems *problems = vouch_decoded_problems(decoded);
    if (!doc) {
        vouch_problem_add(from.arena, problems, error.code, part->parent < 0 ? "error" : "warning", 0, "%s: %s",
                          label(part), error.message);
        return;
    }
    if (retried)
        vouch_problem_add(from.arena, problems, VOUCH_BAD_FORMAT, "info", 0,
                          "%s declares an unknown encoding and was read as UTF-8", label(part));
    read_document(&from, xmlDocGetRootElement(doc), part, container);
}

/* Names under which a PDF carries its invoice, best known first (Factur-X 1.0.07 6.2; ZUGFeRD 2.0, 1.0). */
static const char *const known_names[] = {"factur-x.xml", "xrechnung.xml", "zugferd-invoice.xml",
                                          "ZUGFeRD-invoice.xml"};

/** Does the PDF's XMP metadata name this file? (Metadata streams of PDF/A are not compressed.) */
static bool named_in_metadata(const vouch_part *pdf, const char *name)
{
    static const char element[] = "DocumentFileName>";
    const uint8_t *at = pdf->data, *end = pdf->data + pdf->length;
    size_t length = strlen(name);
    while (length > 0 && (at = memmem(at, (size_t)(end - at), element, strlen(element)))) {
        at += strlen(element);
        if ((size_t)(end - at) > length && strncasecmp((const char *)at, name, length) == 0 && at[length] == '<')
            return true;
    }
    return false;
}

/** 0: a stranger's name; higher is better known. Case tells ZUGFeRD 1 from 2, but must not hide an invoice. */
static int name_rank(const char *name)
{
    const int count = sizeof known_names / sizeof *known_names;
    for (int i = 0; i < count; i++)
        if (strcmp(name, known_names[i]) == 0)
            return count - i;
    for (int i = 0; i < count; i++)
        if (strcasecmp(name, known_names[i]) == 0)
            return count - i;
    return 0;
}

static int rank(const vouch_part *parts, const vouch_statement *statement)
{
    const vouch_part *part = &parts[statement->part];
    int by_name = statement->source == VOUCH_SOURCE_PDF_ATTACHMENT ? name_rank(part->name) : 0;
    if (by_name > 0 && named_in_metadata(&parts[part->parent], part->name))
        by_name += (int)(sizeof known_names / sizeof *known_names);
    return by_name;
}

static bool same_value(const vouch_statement *a, const vouch_statement *b, vouch_field field)
{
    const char *left = a->fields[field].value, *right = b->fields[field].value;
    return !left || !right || strcmp(left, right) == 0;
}

static void tell_difference(vouch_decoded *decoded, const vouch_part *parts, const vouch_statement *chosen,
                            const vouch_statement *other)
{
    static const vouch_field identity[] = {VOUCH_FIELD_INVOICE_NUMBER, VOUCH_FIELD_ISSUE_DATE,
                                           VOUCH_FIELD_GROSS_AMOUNT};
    for (size_t i = 0; i < sizeof identity / sizeof *identity; i++)
        if (!same_value(chosen, other, identity[i]))
            vouch_problem_add(vouch_decoded_arena(decoded), vouch_decoded_problems(decoded), VOUCH_BAD_FORMAT,
                              "warning", 0, "attachments disagree on %s: %s says %s, %s says %s",
                              vouch_field_name(identity[i]), label(&parts[chosen->part]),
                              chosen->fields[identity[i]].value, label(&parts[other->part]),
                              other->fields[identity[i]].value);
}

/** Of the invoices attached to one PDF under known names the best speaks; the others are compared and dropped. */
static void choose_attachments(vouch_decoded *decoded, const vouch_part *parts, vouch_statements *statements,
                               size_t first)
{
    for (size_t i = first; i < statements->count; i++)
        vouch_statement_pad_amounts(vouch_decoded_arena(decoded), statements->items[i]);
    for (size_t i = first; i < statements->count; i++) {
        for (size_t j = i + 1; j < statements->count;) {
            vouch_statement *a = statements->items[i], *b = statements->items[j];
            int rank_a = rank(parts, a), rank_b = rank(parts, b);
            if (rank_a == 0 || rank_b == 0 || parts[a->part].parent != parts[b->part].parent) {
                j++;
                continue;
            }
            vouch_statement *chosen = rank_b > rank_a ? b : a, *other = chosen == a ? b : a;
            tell_difference(decoded, parts, chosen, other);
            statements->items[i] = chosen;
            memmove(&statements->items[j], &statements->items[j + 1],
                    (statements->count - j - 1) * sizeof *statements->items);
            statements->count--;
        }
    }
}

vouch_code vouch_read_structured(vouch_decoded *decoded, vouch_statements *statements, vouch_error *err)
{
    (void)err; /* whatever is wrong with one part is a problem of that part */
    size_t count, first = statements->count;
    const vouch_part *parts = vouch_decoded_parts(decoded, &count);
    for (size_t i = 0; i < count; i++)
        if (parts[i].format == VOUCH_FORMAT_XML && parts[i].failed == VOUCH_OK && parts[i].length > 0)
            read_part(decoded, parts, (int)i, statements);
    choose_attachments(decoded, parts, statements, first);
    return VOUCH_OK;
}
