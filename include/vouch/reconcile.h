/**
 * Reconciling: from statements to invoices.
 *
 * Statements that speak of the same invoice (same number, or same part and pages) are merged. Per field the most
 * trusted source wins, agreement raises the confidence and disagreement lowers it and is said. Kinds are a table, one
 * file a family: which fields, which patterns, which checks, how the business key is built. A failed check is a flag
 * with a reason, never a rejection.
 */
#ifndef VOUCH_RECONCILE_H
#define VOUCH_RECONCILE_H

#include "vouch/read.h"

/* What a document's invoices may hold together, with VOUCH_ROWS_MAXIMUM rows: reconcile cuts what is beyond, with a
 * problem, and whoever parses a reading refuses it. */
#define VOUCH_INVOICES_MAXIMUM    500
#define VOUCH_EVIDENCE_MAXIMUM    16    /* sources of one field */
#define VOUCH_EXTRAS_MAXIMUM      256   /* of one invoice */
#define VOUCH_VALUE_BYTES_MAXIMUM 16384 /* of one value, or the text that it was read from */

typedef enum vouch_check_result {
    VOUCH_CHECK_PASS,
    VOUCH_CHECK_FAIL,
    VOUCH_CHECK_SKIPPED
} vouch_check_result;

typedef struct vouch_check {
    const char *check; /* stable name: "net_plus_tax_is_gross" */
    const char *field; /* name of the field it is about; NULL when it is about several */
    vouch_check_result result;
    const char *severity; /* "info", "warning", "error"; meaningful for VOUCH_CHECK_FAIL */
    const char *detail;   /* with the numbers; NULL when it passed */
} vouch_check;

/** A value that was not chosen, with the probability that it is the right one. */
typedef struct vouch_alternative {
    const char *value;
    double probability;
} vouch_alternative;

/** A field of an invoice as decided. Absent: chosen.value is NULL. */
typedef struct vouch_field_value {
    vouch_evidence chosen;    /* confidence is the calibrated probability after merging */
    vouch_evidence *evidence; /* all sources, agreeing or not, the chosen one first */
    size_t evidence_count;
    vouch_alternative *alternatives;
    size_t alternative_count;
} vouch_field_value;

typedef struct vouch_region {
    int page;
    vouch_box box;
    bool has_quad;
    vouch_quad quad;
} vouch_region;

/** How sure the identity is: only confirmed keys take a slot of the tenant (DESIGN "who was first"). */
typedef struct vouch_invoice {
    vouch_kind kind;
    double kind_confidence;
    bool credit; /* direction: credit notes, red letters, negative totals */
    vouch_region *regions;
    size_t region_count;
    vouch_field_value fields[VOUCH_FIELD_COUNT];
    vouch_items lines, taxes, allowances, segments;
    vouch_check *checks;
    size_t check_count, check_capacity;
    vouch_extra *extras;
    size_t extra_count;
} vouch_invoice;

typedef struct vouch_invoices {
    vouch_invoice *items;
    size_t count, capacity;
} vouch_invoices;

/**
 * Merge statements into invoices and run each kind's checks.
 *
 * @param arena     where the invoices live
 * @param invoices  appended to, in page order
 */
vouch_code vouch_reconcile(vouch_arena *arena, const vouch_statements *statements, const vouch_page *pages,
                           size_t page_count, vouch_problems *problems, vouch_invoices *invoices,
                           vouch_error *err) VOUCH_MUST_CHECK;

/**
 * Is a value in the normal form of its type (READING.md, "Values")? All that reconcile puts into an invoice is.
 *
 * @param arena  for scratch
 * @param value  valid UTF-8
 */
bool vouch_value_is_normal(vouch_arena *arena, vouch_value_type type, const char *value);
/** The same for a member of a row, where categories are words: those of tax, and `allowance` or `charge`. */
bool vouch_item_value_is_normal(vouch_arena *arena, vouch_item_field field, const char *value);

/** The value of a field, or NULL when absent. Borrowed. */
const char *vouch_invoice_value(const vouch_invoice *invoice, vouch_field field);

/** What the rest of the system needs to know of a kind. */
typedef struct vouch_kind_info {
    vouch_kind kind;
    const char *title_en, *title_zh;
    const char *implied_currency; /* "CNY" for cn.*; NULL otherwise */
    bool supporting;              /* no invoice of its own: itinerary list, bank receipt */
} vouch_kind_info;

/** Never NULL. */
const vouch_kind_info *vouch_kind_lookup_info(vouch_kind kind);

/**
 * The business keys of an invoice, from its fields alone and never from the carrier, so that every format of one
 * invoice gives the same. Also called by the worker on readings that it received, so that a child's own claim is never
 * believed.
 *
 * | kinds                                    | key                                                                  |
 * |------------------------------------------|----------------------------------------------------------------------|
 * | Chinese with code and number             | `cn:<code>:<number>`                                                 |
 * | Chinese with 20 digits, any kind         | `cn::<20 digits>`                                                    |
 * | cn.digital.paper                         | both; the 20 digits are the extra `digital_number`                   |
 * | cn.rail                                  | `cn.rail:<21 characters at the foot>`                                |
 * | cn.air                                   | `cn.air:<ticket number>:<passenger, folded>`                         |
 * | cn.tax_payment, cn.bank_receipt          | `cn.tax:<number>`, `cn.bank:<number>`                                |
 * | invoice, en16931.invoice, sa.zatca       | `invoice:<seller>:<number>:<year of issue>`                          |
 * | the same with direction credit           | `credit:<seller>:<number>:<year of issue>`                           |
 * | sa.zatca                                 | also `sa:<32 hex digits of the UUID>`                                |
 * | receipt, cn.itinerary                    | none                                                                 |
 *
 * <seller> is the tax id in capital letters and digits alone (Greek ids with EL), else the folded name; <number> of the
 * last three is in capital letters and digits alone.
 *
 * @param keys  out: array in arena, sorted, possibly empty
 * @param confirmed  out: true when every field of the key has confidence ≥ 0.99 and a source better than OCR
 */
void vouch_invoice_business_keys(vouch_arena *arena, const vouch_invoice *invoice, const char *const **keys,
                                 size_t *count, bool *confirmed);

#endif
