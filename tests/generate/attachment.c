/** What a document carries beside its pages: tickets their XBRL, Factur-X its CII, VAT forms original_invoice.xml. */
#include <stdio.h>

#include "sheet.h"

void sheet_attachment_done(sheet_attachment *attached)
{
    vouch_buffer_done(&attached->content);
}

vouch_code sheet_attachment_make(const generate_invoice *invoices, size_t count, sheet_attachment *out,
                                 vouch_error *err)
{
    *out = (sheet_attachment){.relationship = "Data"};
    if (count != 1 || !invoices->structured)
        return VOUCH_OK;
    if (generate_is_world(invoices->kind)) {
        snprintf(out->name, sizeof out->name, "factur-x.xml");
        out->relationship = "Alternative";
        return generate_xml_cii(invoices, count, 0, &out->content, err);
    }
    if (!generate_is_travel(invoices->kind)) {
        snprintf(out->name, sizeof out->name, "original_invoice.xml");
        return generate_xml_edrm(invoices, count, 0, &out->content, err);
    }
    snprintf(out->name, sizeof out->name, "%s_issuer_%s.xml",
             invoices->kind == VOUCH_KIND_CN_RAIL_DIGITAL ? "rai" : "atr", invoices->number);
    return generate_xbrl_travel(invoices, count, 0, &out->content, err);
}
