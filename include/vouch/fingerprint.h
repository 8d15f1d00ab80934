/**
 * Fingerprints: what makes an invoice findable again, whatever it arrives as.
 *
 * Business keys come from reconcile.h. Here: the hash over canonical fields (equal for the OFD, the PDF and the XML of
 * one invoice) and the hash over the page's text. Picture prints take their place in the same struct.
 */
#ifndef VOUCH_FINGERPRINT_H
#define VOUCH_FINGERPRINT_H

#include "vouch/reconcile.h"

typedef struct vouch_prints {
    const char *fields; /* "v1:" + 32 hex digits; NULL when too few fields are known to tell invoices apart */
    const char *text;   /* of the page's words; NULL without text */
    const char *image;  /* NULL: not computed */
} vouch_prints;

/**
 * Hash of the canonical fields: seller id or folded seller name, issue or travel date, gross amount, currency,
 * direction, and number(s). Equal for the same invoice in another format; differing numbers give differing hashes.
 */
void vouch_fingerprint(vouch_arena *arena, const vouch_invoice *invoice, const vouch_words *words, vouch_prints *out);

#endif
