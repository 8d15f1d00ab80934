/** Fully digitalised fapiao as XML (root EInvoice, version 0.32), signed by nobody who can be checked offline. */
#include <stdio.h>
#include <string.h>

#include <libxml/tree.h>

#include "generate.h"
#include "vouch/text.h"

static xmlNode *group(xmlNode *parent, const char *name)
{
    return xmlNewChild(parent, NULL, BAD_CAST name, NULL);
}

static void leaf(xmlNode *parent, const char *name, const char *value)
{
    xmlNewTextChild(parent, NULL, BAD_CAST name, BAD_CAST value);
}

static void leaf_amount(xmlNode *parent, const char *name, int64_t fen)
{
    char text[24];
    generate_amount(fen, text);
    leaf(parent, name, text);
}

static void label(xmlNode *parent, const char *name, const char *code, const char *title)
{
    xmlNode *node = group(parent, name);
    leaf(node, "LabelCode", code);
    if (title)
        leaf(node, "LabelName", title);
}

static void write_header(xmlNode *root, const generate_invoice *invoice)
{
    xmlNode *header = group(root, "Header");
    leaf(header, "EIid", invoice->number);
    char tag[16];
    snprintf(tag, sizeof tag, "SWEI%.2s00", invoice->seller.tax_id + 2);
    leaf(header, "EInvoiceTag", tag);
    leaf(header, "Version", "0.32");
    xmlNode *labels = group(header, "InherentLabel");
    bool red = invoice->gross_fen < 0, special = invoice->kind == VOUCH_KIND_CN_DIGITAL_SPECIAL;
    label(labels, "InIssuType", red ? "N" : "Y", red ? "红字发票" : "蓝字发票");
    label(labels, "EInvoiceType", "01", "电子发票");
    label(labels, "GeneralOrSpecialVAT", special ? "01" : "02", special ? "增值税专用发票" : "普通发票");
}

static void write_party(xmlNode *data, const char *prefix, const generate_party *party)
{
    char name[48];
    snprintf(name, sizeof name, "%sInformation", prefix);
    xmlNode *node = group(data, name);
    snprintf(name, sizeof name, "%sIdNum", prefix);
    leaf(node, name, party->tax_id);
    snprintf(name, sizeof name, "%sName", prefix);
    leaf(node, name, party->name);
}

static void write_items(xmlNode *data, const generate_invoice *invoice)
{
    for (int i = 0; i < invoice->line_count; i++) {
        const generate_line *line = &invoice->lines[i];
        xmlNode *item = group(data, "IssuItemInformation");
        char rate[16];
        generate_rate(line->rate, rate);
        if (line->rate >= 0)
            snprintf(rate, sizeof rate, "0.%02d", line->rate);
        leaf(item, "ItemName", line->name);
        if (line->specification[0])
            leaf(item, "SpecMod", line->specification);
        leaf(item, "MeaUnits", line->unit);
        leaf(item, "Quantity", line->quantity);
        leaf(item, "UnPrice", line->unit_price);
        leaf_amount(item, "Amount", line->net_fen);
        leaf(item, "TaxRate", rate);
        leaf_amount(item, "ComTaxAm", line->tax_fen);
        leaf_amount(item, "TotaltaxIncludedAmount", line->net_fen + line->tax_fen);
    }
}

static void write_passages(xmlNode *data, const generate_invoice *invoice)
{
    if (invoice->kind != VOUCH_KIND_CN_DIGITAL_TOLL)
        return;
    xmlNode *special = group(data, "SpecificInformation");
    for (int i = 0; i < invoice->line_count; i++) {
        xmlNode *toll = group(special, "Toll");
        leaf(toll, "PlateNumber", invoice->lines[i].plate);
        leaf(toll, "VehicleType", invoice->lines[i].vehicle);
        leaf(toll, "StartDatesOfPassage", invoice->lines[i].from);
        leaf(toll, "EndDatesOfPassage", invoice->lines[i].to);
    }
}

static void write_data(xmlNode *root, const generate_invoice *invoice, vouch_arena *arena)
{
    xmlNode *data = group(root, "EInvoiceData");
    write_party(data, "Seller", &invoice->seller);
    write_party(data, "Buyer", &invoice->buyer);
    xmlNode *basic = group(data, "BasicInformation");
    leaf_amount(basic, "TotalAmWithoutTax", invoice->net_fen);
    leaf_amount(basic, "TotalTaxAm", invoice->tax_fen);
    leaf_amount(basic, "TotalTax-includedAmount", invoice->gross_fen);
    leaf(basic, "TotalTax-includedAmountInChinese", vouch_chinese_amount_print(arena, invoice->gross_fen));
    leaf(basic, "Drawer", invoice->issued_by);
    write_items(data, invoice);
    write_passages(data, invoice);
    leaf(group(data, "AdditionalInformation"), "Remark", invoice->remarks);
}

vouch_code generate_xml_digital(const generate_invoice *invoice, vouch_buffer *out, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    if (!arena)
        return vouch_fail(err, VOUCH_NO_MEMORY, "writing XML");
    xmlDoc *document = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *root = xmlNewNode(NULL, BAD_CAST "EInvoice");
    xmlDocSetRootElement(document, root);
    write_header(root, invoice);
    write_data(root, invoice, arena);
    xmlNode *supervision = group(root, "TaxSupervisionInfo");
    leaf(supervision, "InvoiceNumber", invoice->number);
    leaf(supervision, "IssueTime", invoice->date);
    leaf(supervision, "TaxBureauName", "国家税务总局测试税务局");
    xmlChar *text = NULL;
    int length = 0;
    xmlDocDumpFormatMemoryEnc(document, &text, &length, "UTF-8", 1);
    vouch_code code = text ? vouch_buffer_append(out, text, (size_t)length) : VOUCH_NO_MEMORY;
    xmlFree(text);
    xmlFreeDoc(document);
    return code == VOUCH_OK ? VOUCH_OK : vouch_fail(err, code, "writing XML");
}

vouch_code generate_xml_forms(const generate_invoice *invoices, size_t count, uint64_t seed, vouch_buffer *out,
                              vouch_error *err)
{
    (void)seed; /* XML has no places */
    return count == 1 ? generate_xml_digital(invoices, out, err)
                      : vouch_fail(err, VOUCH_UNSUPPORTED, "XML of %zu invoices", count);
}
