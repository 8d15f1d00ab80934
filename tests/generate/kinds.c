/** What can be made: one row each. */
#include <string.h>

#include "generate.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static vouch_code sealed_vat(const generate_invoice *invoices, size_t count, uint64_t seed, vouch_buffer *out,
                             vouch_error *err)
{
    (void)seed; /* the standard form only */
    return count == 1 ? generate_ofd_vat(invoices, out, err)
                      : vouch_fail(err, VOUCH_UNSUPPORTED, "a sealed OFD of %zu invoices", count);
}

static vouch_code sealed_vat_rsa(const generate_invoice *invoices, size_t count, uint64_t seed, vouch_buffer *out,
                                 vouch_error *err)
{
    (void)seed;
    return count == 1 ? generate_ofd_vat_rsa(invoices, out, err)
                      : vouch_fail(err, VOUCH_UNSUPPORTED, "a sealed OFD of %zu invoices", count);
}

/** Of any kind whose page has the size of the others. */
static void generate_mixed_vary(generate_invoice *invoice, vouch_kind kind, uint64_t seed)
{
    static const vouch_kind mixed[] = {
        VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC, VOUCH_KIND_CN_RAIL_DIGITAL,
        VOUCH_KIND_CN_DIGITAL_SPECIAL,         VOUCH_KIND_CN_AIR_DIGITAL,
        VOUCH_KIND_CN_DIGITAL_ORDINARY,        VOUCH_KIND_CN_VAT_TOLL,
    };
    uint64_t state = seed;
    kind = mixed[generate_pick(&state, COUNT(mixed))];
    (generate_is_travel(kind) ? generate_travel_vary : generate_invoice_vary)(invoice, kind, seed);
}

#define VARIED         generate_invoice_vary
#define SHEETS(layout) VARIED, layout, GENERATE_MAX_INVOICES, KIND_PAGES

#define TRAVEL(layout) generate_travel_vary, layout, GENERATE_MAX_INVOICES, KIND_PAGES

#define WORLD(layout, traits) generate_world_vary, layout, 1, traits

static const generate_kind kinds[] = {
    {"vat-pdf", "pdf", VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC, "VAT electronic ordinary fapiao as PDF, standard form",
     generate_invoice_fill, generate_pdf_forms, GENERATE_MAX_INVOICES, KIND_PAGES | KIND_STANDARD},
    {"vat-ofd", "ofd", VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC, "the same as OFD with tags and an SM2 seal",
     generate_invoice_fill, sealed_vat, 1, KIND_PAGES | KIND_STANDARD | KIND_SEALED},
    {"vat-rsa-ofd", "ofd", VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC, "the same with an RSA seal", generate_invoice_fill,
     sealed_vat_rsa, 1, KIND_PAGES | KIND_STANDARD | KIND_SEALED},
    {"digital-xml", "xml", VOUCH_KIND_CN_DIGITAL_ORDINARY, "fully digitalised fapiao as XML", generate_invoice_fill,
     generate_xml_forms, 1, KIND_STANDARD},
    {"varied-vat-pdf", "pdf", VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC, "the old form, varied",
     SHEETS(generate_pdf_forms)},
    {"varied-vat-ofd", "ofd", VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC, "the same", SHEETS(generate_ofd_forms)},
    {"vat-xbrl", "xml", VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC, "its XBRL alone", VARIED, generate_xbrl_vat, 1, 0},
    {"vat-edrm-xml", "xml", VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC, "its original_invoice.xml alone", VARIED,
     generate_xml_edrm, 1, 0},
    {"vat-special-pdf", "pdf", VOUCH_KIND_CN_VAT_SPECIAL_ELECTRONIC, "VAT electronic special fapiao",
     SHEETS(generate_pdf_forms)},
    {"vat-special-ofd", "ofd", VOUCH_KIND_CN_VAT_SPECIAL_ELECTRONIC, "the same", SHEETS(generate_ofd_forms)},
    {"toll-pdf", "pdf", VOUCH_KIND_CN_VAT_TOLL, "passages on the old form", SHEETS(generate_pdf_forms)},
    {"toll-ofd", "ofd", VOUCH_KIND_CN_VAT_TOLL, "the same", SHEETS(generate_ofd_forms)},
    {"special-pdf", "pdf", VOUCH_KIND_CN_DIGITAL_SPECIAL, "digital special fapiao", SHEETS(generate_pdf_forms)},
    {"special-ofd", "ofd", VOUCH_KIND_CN_DIGITAL_SPECIAL, "the same", SHEETS(generate_ofd_forms)},
    {"special-xml", "xml", VOUCH_KIND_CN_DIGITAL_SPECIAL, "the same", VARIED, generate_xml_forms, 1, 0},
    {"ordinary-pdf", "pdf", VOUCH_KIND_CN_DIGITAL_ORDINARY, "digital ordinary fapiao", SHEETS(generate_pdf_forms)},
    {"ordinary-ofd", "ofd", VOUCH_KIND_CN_DIGITAL_ORDINARY, "the same", SHEETS(generate_ofd_forms)},
    {"ordinary-xml", "xml", VOUCH_KIND_CN_DIGITAL_ORDINARY, "the same", VARIED, generate_xml_forms, 1, 0},
    {"digital-toll-pdf", "pdf", VOUCH_KIND_CN_DIGITAL_TOLL, "passages on the digital form", SHEETS(generate_pdf_forms)},
    {"digital-toll-ofd", "ofd", VOUCH_KIND_CN_DIGITAL_TOLL, "the same", SHEETS(generate_ofd_forms)},
    {"digital-toll-xml", "xml", VOUCH_KIND_CN_DIGITAL_TOLL, "the same", VARIED, generate_xml_forms, 1, 0},
    {"mixed-pdf", "pdf", VOUCH_KIND_UNKNOWN, "each invoice of another of these kinds; with --invoices",
     generate_mixed_vary, generate_pdf_forms, GENERATE_MAX_INVOICES, KIND_PAGES},
    {"mixed-ofd", "ofd", VOUCH_KIND_UNKNOWN, "the same", generate_mixed_vary, generate_ofd_forms, GENERATE_MAX_INVOICES,
     KIND_PAGES},
    {"rail-pdf", "pdf", VOUCH_KIND_CN_RAIL_DIGITAL, "digital rail ticket; every other one with XBRL attached",
     TRAVEL(generate_pdf_forms)},
    {"rail-ofd", "ofd", VOUCH_KIND_CN_RAIL_DIGITAL, "the same", TRAVEL(generate_ofd_forms)},
    {"rail-xbrl", "xml", VOUCH_KIND_CN_RAIL_DIGITAL, "its XBRL alone", generate_travel_data, generate_xbrl_travel, 1,
     0},
    {"air-pdf", "pdf", VOUCH_KIND_CN_AIR_DIGITAL, "digital air itinerary; every other one with XBRL attached",
     TRAVEL(generate_pdf_forms)},
    {"air-ofd", "ofd", VOUCH_KIND_CN_AIR_DIGITAL, "the same", TRAVEL(generate_ofd_forms)},
    {"air-xbrl", "xml", VOUCH_KIND_CN_AIR_DIGITAL, "its XBRL alone", generate_travel_data, generate_xbrl_travel, 1, 0},
    {"fiscal-xml", "xml", VOUCH_KIND_CN_FISCAL, "receipt of a public body as XML", generate_fiscal_vary,
     generate_xml_fiscal, 1, 0},
    {"bank-xbrl", "xml", VOUCH_KIND_CN_BANK_RECEIPT, "a bank's receipt as XBRL", generate_bank_vary, generate_xbrl_bank,
     1, 0},
    {"ubl-xml", "xml", VOUCH_KIND_EN16931_INVOICE, "EN 16931 as UBL", WORLD(generate_xml_ubl, 0)},
    {"ubl-credit-xml", "xml", VOUCH_KIND_EN16931_CREDIT_NOTE, "the same, credit note", WORLD(generate_xml_ubl, 0)},
    {"cii-xml", "xml", VOUCH_KIND_EN16931_INVOICE, "EN 16931 as Cross Industry Invoice", WORLD(generate_xml_cii, 0)},
    {"cii-credit-xml", "xml", VOUCH_KIND_EN16931_CREDIT_NOTE, "the same, credit note", WORLD(generate_xml_cii, 0)},
    {"facturx-pdf", "pdf", VOUCH_KIND_EN16931_INVOICE, "Factur-X / ZUGFeRD: PDF with that XML attached",
     WORLD(generate_pdf_forms, KIND_PAGES)},
    {"facturx-credit-pdf", "pdf", VOUCH_KIND_EN16931_CREDIT_NOTE, "the same, credit note",
     WORLD(generate_pdf_forms, KIND_PAGES)},
    {"zatca-xml", "xml", VOUCH_KIND_SA_ZATCA, "Saudi tax invoice as UBL, unsigned", WORLD(generate_xml_ubl, 0)},
};

const generate_kind *generate_kinds(size_t *count)
{
    *count = COUNT(kinds);
    return kinds;
}

const generate_kind *generate_kind_lookup(const char *name)
{
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

void generate_invoices(const generate_kind *kind, uint64_t seed, generate_invoice *out, size_t count)
{
    const uint64_t apart = 1000000; /* so that neighbours' files share no invoice */
    for (size_t i = 0; i < count; i++) {
        kind->fill(&out[i], kind->kind, seed + apart * i);
        out[i].structured &= count == 1; /* attachments belong to one invoice */
    }
}

vouch_code generate_document(const generate_kind *kind, const generate_invoice *invoices, size_t count, uint64_t seed,
                             vouch_buffer *out, vouch_error *err)
{
    if (count == 0 || count > kind->most)
        return vouch_fail(err, VOUCH_USAGE, "%s holds at most %zu invoices in one file", kind->name, kind->most);
    return kind->layout(invoices, count, (kind->traits & KIND_STANDARD) ? 0 : seed, out, err);
}
