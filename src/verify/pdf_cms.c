/** Signatures in PDF (ISO 32000-2, 12.8): CMS, PKCS #7 or PKCS #1 over byte ranges of the file. */
#include "scheme.h"

void find_pdf_cms(verification *it, int part, const vouch_part *bytes)
{
    (void)bytes;
    size_t count;
    const vouch_pdf_signature *signatures = vouch_decoded_pdf_signatures(it->decoded, part, &count);
    for (size_t i = 0; i < count; i++) {
        const vouch_pdf_signature *found = &signatures[i];
        vouch_verdict *verdict =
            verification_add_unsupported(it, "PDF signature %s%s%s%s", found->field, *found->sub_filter ? " (" : "",
                                         found->sub_filter, *found->sub_filter ? ")" : "");
        if (verdict && found->damage)
            verification_add_finding(it, verdict, "malformed_signature", found->damage);
    }
}
