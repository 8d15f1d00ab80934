/** The verdicts on small documents made here: what counts as signed, and that nothing is ever valid. */
#include <criterion/criterion.h>
#include <string.h>
#include <zip.h>

#include "vouch/verify.h"

/* The verdicts of some bytes as "scheme:integrity …"; findings as "(code)". */
static void verdicts_of(const void *data, size_t length, char out[1024])
{
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = NULL;
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_verdicts verdicts = {0};
    out[0] = 0;
    if (vouch_decode_containers(data, length, NULL, &decoded, &err) != VOUCH_OK) {
        snprintf(out, 1024, "not decoded: %s", err.message);
        return;
    }
    cr_assert_eq(vouch_verify(decoded, &verdicts, &err), VOUCH_OK);
    size_t used = 0;
    for (size_t i = 0; i < verdicts.count; i++) {
        const vouch_verdict *it = &verdicts.items[i];
        cr_expect_eq(it->authenticity, VOUCH_AUTHENTICITY_NOT_CHECKED);
        cr_expect_eq(it->agreement, VOUCH_AGREEMENT_NOT_CHECKED);
        cr_expect_eq(it->time_proof, VOUCH_TIME_PROOF_NONE);
        cr_expect_eq(it->invoice, -1);
        used += (size_t)snprintf(out + used, 1024 - used, "%s%s:%s", i ? " " : "", it->scheme,
                                 vouch_integrity_name(it->integrity));
        for (size_t j = 0; j < it->finding_count; j++)
            used += (size_t)snprintf(out + used, 1024 - used, "(%s)", it->findings[j].code);
    }
}

#define DSIG "xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\""

Test(verify, xml)
{
    static const struct {
        const char *name, *xml, *expected;
    } rows[] = {
        {"unsigned", "<Invoice><Id>1</Id></Invoice>", "none:none(nothing_signed)"},
        {"xmldsig", "<a " DSIG "><ds:Signature><ds:SignedInfo/></ds:Signature></a>",
         "xmldsig:unsupported(scheme_not_supported)"},
        {"default namespace", "<a><Signature xmlns='http://www.w3.org/2000/09/xmldsig#'><x/></Signature></a>",
         "xmldsig:unsupported(scheme_not_supported)"},
        {"two", "<a " DSIG "><ds:Signature><b/></ds:Signature><ds:Signature><b/></ds:Signature></a>",
         "xmldsig:unsupported(scheme_not_supported) xmldsig:unsupported(scheme_not_supported)"},
        {"another vocabulary's Signature", "<a xmlns:cac='urn:oasis'><cac:Signature><b/></cac:Signature></a>",
         "none:none(nothing_signed)"},
        {"namespace hidden by a character reference",
         "<a xmlns:d='http://www.w3.org/2000/09/xmldsi&#103;#'><d:Signature><b/></d:Signature></a>",
         "xmldsig:unsupported(scheme_not_supported)"},
        {"broken behind the signature", "<a " DSIG "><ds:Signature><b/></ds:Signature><c></a>",
         "xmldsig:unsupported(scheme_not_supported)"},
        {"broken before the signature", "<a " DSIG "><c d=></c><ds:Signature><b/></ds:Signature></a>",
         "xmldsig:unsupported(scheme_not_supported)"},
        {"tax bureau",
         "<EInvoice><TaxBureauSignature><SignatureValue>x</SignatureValue></TaxBureauSignature></EInvoice>",
         "cn.xml:unsupported(scheme_not_supported)"},
        {"tax bureau, empty", "<EInvoice><TaxBureauSignature/></EInvoice>", "none:none(nothing_signed)"},
        {"edrm",
         "<:eInvoice xmlns:=\"\" xmlns:fp=\"http://www.edrm.org.cn/schema/e-invoice/2019\">"
         "<fp:Signature>MII</fp:Signature></:eInvoice>",
         "cn.xml:unsupported(scheme_not_supported)"},
        {"sello", "<cfdi:Comprobante xmlns:cfdi='http://www.sat.gob.mx/cfd/4' Sello='abc'/>",
         "mx.cfdi:unsupported(scheme_not_supported)"},
        {"sello, empty", "<cfdi:Comprobante xmlns:cfdi='http://www.sat.gob.mx/cfd/4' Sello=''/>",
         "none:none(nothing_signed)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char got[1024];
        verdicts_of(rows[i].xml, strlen(rows[i].xml), got);
        cr_expect_str_eq(got, rows[i].expected, "%s: %s instead of %s", rows[i].name, got, rows[i].expected);
    }
}

/* A PDF whose cross-reference table is left to the repair. */
#define PDF(objects)                                                                                     \
    "%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>endobj\n"                  \
    "2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 " \
    "9]>>endobj\n" objects "\ntrailer<</Root 1 0 R>>\n%%EOF"

Test(verify, pdf)
{
    static const struct {
        const char *name, *pdf, *expected;
    } rows[] = {
        {"no field", PDF(""), "none:none(nothing_signed)"},
        {"empty field", PDF("4 0 obj<</FT/Sig/T(a)>>endobj"), "none:none(nothing_signed)"},
        {"signed field",
         PDF("4 0 obj<</FT/Sig/T(a)/V 5 0 R>>endobj\n"
             "5 0 obj<</Type/Sig/SubFilter/adbe.pkcs7.detached/ByteRange[0 1 2 3]/Contents<00>>>endobj"),
         "pdf.cms:unsupported(scheme_not_supported)"},
        {"value that is missing", PDF("4 0 obj<</FT/Sig/T(a)/V 9 0 R>>endobj"),
         "pdf.cms:unsupported(scheme_not_supported)(malformed_signature)"},
        {"no byte range", PDF("4 0 obj<</FT/Sig/T(a)/V<</Type/Sig/Contents<00>>>>>endobj"),
         "pdf.cms:unsupported(scheme_not_supported)(malformed_signature)"},
        {"in a kid, type inherited",
         PDF("4 0 obj<</FT/Sig/T(a)/Kids[6 0 R]>>endobj\n6 0 obj<</T(b)/Parent 4 0 R/V 5 0 R>>endobj\n"
             "5 0 obj<</ByteRange[0 1 2 3]/Contents<00>>>endobj"),
         "pdf.cms:unsupported(scheme_not_supported)"},
        {"two fields, one value",
         PDF("4 0 obj<</FT/Sig/T(a)/Kids[6 0 R 7 0 R]>>endobj\n6 0 obj<</FT/Sig/V 5 0 R>>endobj\n"
             "7 0 obj<</FT/Sig/V 5 0 R>>endobj\n5 0 obj<</ByteRange[0 1 2 3]/Contents<00>>>endobj"),
         "pdf.cms:unsupported(scheme_not_supported)"},
        {"field in no list", PDF("8 0 obj<</FT/Sig/V 5 0 R>>endobj\n5 0 obj<</ByteRange[0 1]/Contents<00>>>endobj"),
         "pdf.cms:unsupported(scheme_not_supported)"},
        {"orphan", PDF("5 0 obj<</Type/Sig/ByteRange[0 1 2 3]/Contents<00>>>endobj"),
         "pdf.cms:unsupported(scheme_not_supported)"},
        {"fields in a circle",
         PDF("4 0 obj<</FT/Sig/Kids[4 0 R]/V 5 0 R>>endobj\n5 0 obj<</ByteRange[0 1 2 3]/Contents<00>>>endobj"),
         "pdf.cms:unsupported(scheme_not_supported)"},
        {"only the words are left", PDF("% /ByteRange [0 1 2 3]"),
         "pdf.cms:unsupported(scheme_not_supported)(malformed_signature)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char got[1024];
        verdicts_of(rows[i].pdf, strlen(rows[i].pdf), got);
        cr_expect_str_eq(got, rows[i].expected, "%s: %s instead of %s", rows[i].name, got, rows[i].expected);
    }
}

/* A ZIP of entries "name", "content", …, NULL. */
static size_t make_zip(const char *const entries[], uint8_t *out, size_t capacity)
{
    zip_source_t *target = zip_source_buffer_create(NULL, 0, 0, NULL);
    zip_source_keep(target);
    zip_t *archive = zip_open_from_source(target, ZIP_TRUNCATE, NULL);
    for (size_t i = 0; entries[i]; i += 2)
        zip_file_add(archive, entries[i], zip_source_buffer(archive, entries[i + 1], strlen(entries[i + 1]), 0),
                     ZIP_FL_ENC_UTF_8);
    cr_assert_eq(zip_close(archive), 0);
    zip_source_open(target);
    const zip_int64_t got = zip_source_read(target, out, capacity);
    zip_source_close(target);
    zip_source_free(target);
    return (size_t)got;
}

#define OFD_NAMESPACE "xmlns:ofd='http://www.ofdspec.org/2016'"
#define DOCUMENT                                                                                             \
    "Doc_0/Document.xml",                                                                                    \
        "<ofd:Document " OFD_NAMESPACE "><ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>0 0 10 10"           \
        "</ofd:PhysicalBox></ofd:PageArea></ofd:CommonData><ofd:Pages><ofd:Page ID='1' BaseLoc='Page.xml'/>" \
        "</ofd:Pages></ofd:Document>",                                                                       \
        "Doc_0/Page.xml", "<ofd:Page " OFD_NAMESPACE "><ofd:Content/></ofd:Page>"
#define ROOT(more)                                                                                 \
    "OFD.xml", "<ofd:OFD " OFD_NAMESPACE " Version='1.0' DocType='OFD'><ofd:DocBody><ofd:DocRoot>" \
               "Doc_0/Document.xml</ofd:DocRoot>" more "</ofd:DocBody></ofd:OFD>"
#define NAMED "<ofd:Signatures>/Doc_0/Signs/Signatures.xml</ofd:Signatures>"

Test(verify, ofd)
{
    static const struct {
        const char *name;
        const char *const entries[16];
        const char *expected;
    } rows[] = {
        {"unsigned", {ROOT(""), DOCUMENT}, "none:none(nothing_signed)"},
        {"named and missing",
         {ROOT(NAMED), DOCUMENT},
         "cn.ofd.ses:unsupported(scheme_not_supported)(malformed_signature)"},
        {"complete",
         {ROOT(NAMED), DOCUMENT, "Doc_0/Signs/Signatures.xml", "<a/>", "Doc_0/Signs/Sign_0/Signature.xml", "<a/>",
          "Doc_0/Signs/Sign_0/SignedValue.dat", "x"},
         "cn.ofd.ses:unsupported(scheme_not_supported)"},
        {"orphan value",
         {ROOT(""), DOCUMENT, "doc_0/x/signedvalue.DAT", "x"},
         "cn.ofd.ses:unsupported(scheme_not_supported)(malformed_signature)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t bytes[8192];
        char got[1024];
        const size_t length = make_zip(rows[i].entries, bytes, sizeof bytes);
        verdicts_of(bytes, length, got);
        cr_expect_str_eq(got, rows[i].expected, "%s: %s instead of %s", rows[i].name, got, rows[i].expected);
    }
}

Test(verify, signed_files_inside_an_archive)
{
    static const char *const entries[] = {"a.xml", "<a " DSIG "><ds:Signature><b/></ds:Signature></a>", "b.xml.p7m",
                                          "0\x80\x06\x09*\x86H\x86\xF7\x0D\x01\x07\x02.", NULL};
    uint8_t bytes[8192];
    char got[1024];
    const size_t length = make_zip(entries, bytes, sizeof bytes);
    verdicts_of(bytes, length, got);
    cr_expect_str_eq(got, "xmldsig:unsupported(scheme_not_supported) cades:unsupported(scheme_not_supported)", "%s",
                     got);
}

Test(verify, names_go_both_ways)
{
    for (unsigned i = 0; i < VOUCH_INTEGRITY_COUNT; i++) {
        vouch_integrity back = VOUCH_INTEGRITY_COUNT;
        cr_expect(vouch_integrity_lookup(vouch_integrity_name((vouch_integrity)i), &back));
        cr_expect_eq(back, (vouch_integrity)i);
    }
    vouch_authenticity authenticity;
    vouch_agreement agreement;
    vouch_time_proof proof;
    cr_expect(vouch_authenticity_lookup("revoked", &authenticity) && authenticity == VOUCH_AUTHENTICITY_REVOKED);
    cr_expect(vouch_agreement_lookup("differs", &agreement) && agreement == VOUCH_AGREEMENT_DIFFERS);
    cr_expect(vouch_time_proof_lookup("none", &proof) && proof == VOUCH_TIME_PROOF_NONE);
    cr_expect_not(vouch_time_proof_lookup("", &proof));
    cr_expect_str_eq(vouch_integrity_name((vouch_integrity)99), "");
}

Test(verify, schemes_are_listed_once)
{
    size_t count;
    const vouch_scheme_info *schemes = vouch_verify_schemes(&count);
    cr_assert_geq(count, 5);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            cr_expect_str_neq(schemes[i].scheme, schemes[j].scheme);
}
