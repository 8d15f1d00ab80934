/** Inside of the verify module: what a signature scheme is, and what it says. */
#ifndef VOUCH_VERIFY_SCHEME_H
#define VOUCH_VERIFY_SCHEME_H

#include "vouch/verify.h"

/** The document being verified and what was found so far. */
typedef struct verification {
    vouch_decoded *decoded;
    vouch_arena *arena;
    vouch_verdicts *verdicts;
    const char *scheme; /* whose find function is running */
} verification;

/*
 * The registry: slug in the verdict, title, find function. verify.c makes its tables of it.
 * find_… adds a verdict for every signature of its scheme in a part.
 */
#define SIGNATURE_SCHEMES(X)                                                \
    X("pdf.cms", "PDF signature (CMS over byte ranges)", pdf_cms)           \
    X("cn.ofd.ses", "OFD electronic seal or signature (SES, SM2)", ofd_ses) \
    X("xmldsig", "XML Signature, XAdES", xmldsig)                           \
    X("cn.xml", "Signature element of a Chinese e-invoice's XML", cn_xml)   \
    X("mx.cfdi", "Sello of a Mexican CFDI", mx_cfdi)                        \
    X("cades", "CAdES (CMS around the document)", cades)

#define X(scheme, title, name) void find_##name(verification *it, int part, const vouch_part *bytes);
SIGNATURE_SCHEMES(X)
#undef X

/**
 * A verdict "there is a signature, and it can't be checked": integrity unsupported, all else not checked.
 *
 * @param what  names the signature, for people: "signature field Signature1 (adbe.pkcs7.detached)"
 * @return NULL when the document has more signatures than are listed
 */
vouch_verdict *verification_add_unsupported(verification *it, const char *format, ...) VOUCH_PRINTF(2, 3);

void verification_add_finding(verification *it, vouch_verdict *verdict, const char *code, const char *detail);

#endif
