/**
 * Inside of the read module: the readers, and what they share.
 *
 * Each reader looks at one kind of source and appends statements; read.c holds the registry, in the order of cost.
 * A reader that finds nothing returns VOUCH_OK. Problems of a single source go to the document's problems; a reader
 * fails only when the whole reading has to (out of memory, a broken promise of decode).
 */
#ifndef VOUCH_READ_READERS_H
#define VOUCH_READ_READERS_H

#include "vouch/read.h"

/* Probabilities that a value is what the document states. */
#define VOUCH_CONFIDENCE_STRUCTURED 0.999  /* taken from its own element of a machine-readable format */
#define VOUCH_CONFIDENCE_DERIVED    0.99   /* composed or inferred from such elements */
#define VOUCH_CONFIDENCE_QR_CHECKED 0.9995 /* QR code whose own checksum (CRC-16) agrees */
#define VOUCH_CONFIDENCE_QR         0.98   /* QR code without a checksum of its own that agrees */

/**
 * Visible words of all pages in reading order: pages, then lines from the top, then words from the left.
 * Built from glyph geometry alone (words.c); hidden glyphs are left out.
 */
vouch_code vouch_words_build(vouch_decoded *decoded, vouch_words *words, vouch_error *err) VOUCH_MUST_CHECK;

/** XML invoices, alone or embedded: 数电票, 财政, original_invoice.xml, XBRL, UBL, CII, ZUGFeRD (structured.c). */
vouch_code vouch_read_structured(vouch_decoded *decoded, vouch_statements *statements,
                                 vouch_error *err) VOUCH_MUST_CHECK;

/** OFD custom tags and custom data (structured_ofd_tags.c). */
vouch_code vouch_read_ofd_tags(vouch_decoded *decoded, vouch_statements *statements, vouch_error *err) VOUCH_MUST_CHECK;

/** Labels and geometry of the text layer (text.c). */
vouch_code vouch_read_text_layer(vouch_decoded *decoded, vouch_statements *statements,
                                 vouch_error *err) VOUCH_MUST_CHECK;

/** QR codes on pictures and rendered pages (qr.c). */
vouch_code vouch_read_qr(vouch_decoded *decoded, const vouch_read_options *options, vouch_statements *statements,
                         vouch_error *err) VOUCH_MUST_CHECK;

/** A tax rate in the contract's terms. */
typedef struct vouch_rate {
    char percent[24];     /* "13", "1.5"; "" when the text states none */
    const char *category; /* "standard", "zero", "exempt", "not_taxable", "masked"; NULL when it is no rate */
} vouch_rate;

/**
 * Understand a rate of a Chinese invoice: "13%", "免税", "不征税", "***", and in data "0.06" for 6 %.
 *
 * @param fraction  numbers below 1 without a percent sign are fractions
 */
vouch_rate vouch_rate_parse(const char *text, bool fraction);

/** Put a Chinese rate into tax_rate and tax_category of a line. NULL: nothing happens. */
void vouch_item_put_rate(vouch_arena *arena, vouch_item *item, const char *text, bool fraction, vouch_source source,
                         double confidence);

/**
 * Kind of a Chinese VAT invoice by its code (10 or 12 digits), as the tax administration's announcements lay codes out.
 * @return VOUCH_KIND_UNKNOWN for codes that fit no layout, among them all test codes
 */
vouch_kind vouch_cn_kind_of_code(const char *code);

/** Kind by the title that stands on the page or in data ("电子发票（普通发票）"); VOUCH_KIND_UNKNOWN when none fits. */
vouch_kind vouch_cn_kind_of_title(const char *title);

/**
 * Bring amounts to the digits of the statement's currency ("473" EUR → "473.00"); more digits stay as stated.
 * vouch_read does it for every statement at the end.
 */
void vouch_statement_pad_amounts(vouch_arena *arena, vouch_statement *statement);

#endif
