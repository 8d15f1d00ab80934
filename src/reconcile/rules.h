/**
 * Inside of the reconcile module: what a kind of document is (one row each, one file a family), and what merging and
 * checking share.
 */
#ifndef VOUCH_RECONCILE_RULES_H
#define VOUCH_RECONCILE_RULES_H

#include "vouch/money.h"
#include "vouch/reconcile.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* How sure a value is. */
#define CONFIDENCE_CERTAIN   0.9999 /* nothing is ever surer */
#define CONFIDENCE_CONFIRMED 0.999  /* a second source or arithmetic says the same */
#define CONFIDENCE_DOUBTED   0.9    /* a check failed: below what is taken without a look */

/** What a field of a kind looks like. */
typedef struct field_rule {
    vouch_field field;
    bool required;
    bool digits;    /* digits only; else digits and capital letters */
    int lengths[4]; /* allowed numbers of characters; all 0: any text */
} field_rule;

typedef struct check_run check_run;

/** One check: states its result through the functions below, or nothing when it does not apply. */
typedef void (*check_function)(check_run *run);

typedef struct key_list key_list;

/** A kind: one row. */
typedef struct kind_rules {
    vouch_kind_info info;
    const field_rule *fields;
    size_t field_count;
    const check_function *checks; /* ends with NULL */
    void (*keys)(key_list *keys, const vouch_invoice *invoice);
} kind_rules;

/** A family: one file. */
typedef struct kind_family {
    const kind_rules *rules;
    size_t count;
} kind_family;

extern const kind_family cn_vat_family, cn_digital_family, cn_travel_family, cn_other_family, en16931_family,
    generic_family;

/** Never NULL. */
const kind_rules *kind_rules_of(vouch_kind kind);
/** The row of a field; NULL when the kind has none. */
const field_rule *kind_field_rule(const kind_rules *rules, vouch_field field);
/** Has the value the shape that the kind's field must have? True when nothing is said of it. */
bool kind_field_fits(const kind_rules *rules, vouch_field field, const char *value);

/* Sources. */

/** Read by machine from its own element: can be forged, but not misread. */
bool source_is_data(vouch_source source);
/** Seen on the page by whatever means. */
bool source_is_page(vouch_source source);

/* Comparing values. */

/** Do two values of a field say the same (amounts as numbers, names folded, times to the minute)? */
bool values_agree(vouch_arena *arena, vouch_field field, const char *a, const char *b);
/** The same for members of rows. */
bool item_values_agree(vouch_arena *arena, vouch_item_field field, const char *a, const char *b);
/** Bring an amount to the currency's digits; returns it unchanged when it has more. */
const char *pad_amount(vouch_arena *arena, const char *amount, const char *currency);

/* Checks. */

struct check_run {
    vouch_arena *arena;
    vouch_invoice *invoice;
    const kind_rules *rules;
};

/** All checks of the invoice's kind; adjusts confidence by their results. */
void run_checks(vouch_arena *arena, vouch_invoice *invoice);

void check_passed(check_run *run, const char *check, const char *field);
void check_skipped(check_run *run, const char *check, const char *field);
void check_failed(check_run *run, const char *check, const char *field, const char *severity, const char *format, ...)
    VOUCH_PRINTF(5, 6);

/** Fields that a passed check proves: their confidence becomes at least CONFIDENCE_CONFIRMED. */
void confirm_fields(check_run *run, const vouch_field *fields, size_t count);
/**
 * Fields that a failed check puts in doubt: their confidence falls to CONFIDENCE_DOUBTED, unless two independent
 * sources agree on the value, or it was read by machine: then the document itself is wrong, not the reading.
 */
void doubt_fields(check_run *run, const vouch_field *fields, size_t count);

/** Value of a field as a decimal; false when absent or no number. */
bool field_decimal(const vouch_invoice *invoice, vouch_field field, vouch_decimal *out);
bool item_decimal(const vouch_item *item, vouch_item_field field, vouch_decimal *out);
/** "1.50", for messages; in the arena. */
const char *decimal_text(vouch_arena *arena, vouch_decimal value);
/** a − b and its size compared with a limit, exactly. */
bool decimal_within(vouch_decimal a, vouch_decimal b, vouch_decimal limit);
/** Sums that overflow end at 0 and count as unknown: @return false */
bool decimal_sum(vouch_decimal *sum, vouch_decimal value);
bool decimal_subtract(vouch_decimal a, vouch_decimal b, vouch_decimal *out);

/* The checks, each described where it is defined. */
void check_required_fields(check_run *run);
void check_field_forms(check_run *run);
void check_net_plus_tax(check_run *run);
void check_lines_net(check_run *run);
void check_lines_tax(check_run *run);
void check_line_rates(check_run *run);
void check_words(check_run *run);
void check_tax_ids(check_run *run);
void check_vat_ids(check_run *run);
void check_code_kind(check_run *run);
void check_number_year(check_run *run);
void check_issue_date(check_run *run);
void check_red_letter(check_run *run);
void check_air_sum(check_run *run);
void check_en16931(check_run *run);

/** Is it a plausible Chinese tax id, judged by its check characters? (identifiers.c) */
typedef enum id_verdict {
    ID_GOOD,
    ID_BAD,
    ID_UNKNOWN, /* no check character in ids of that shape */
} id_verdict;
id_verdict cn_tax_id_verdict(const char *id);
/** VAT ids of the EU and its neighbours, by prefix (vat_ids.c). */
id_verdict vat_id_verdict(const char *id);

/* Business keys. */

struct key_list {
    vouch_arena *arena;
    const char *keys[8];
    size_t count;
    vouch_field fields[16]; /* that the keys are made of */
    size_t field_count;
};

/** The value of a field, noted as part of a key; NULL when absent. */
const char *key_part(key_list *keys, const vouch_invoice *invoice, vouch_field field);
void key_add(key_list *keys, const char *format, ...) VOUCH_PRINTF(2, 3);

void keys_none(key_list *keys, const vouch_invoice *invoice);
void keys_code_and_number(key_list *keys, const vouch_invoice *invoice);
void keys_long_number(key_list *keys, const vouch_invoice *invoice);
void keys_code_number_and_long(key_list *keys, const vouch_invoice *invoice);
void keys_rail(key_list *keys, const vouch_invoice *invoice);
void keys_air(key_list *keys, const vouch_invoice *invoice);
void keys_tax_payment(key_list *keys, const vouch_invoice *invoice);
void keys_bank_receipt(key_list *keys, const vouch_invoice *invoice);
void keys_seller_number_year(key_list *keys, const vouch_invoice *invoice);
void keys_zatca(key_list *keys, const vouch_invoice *invoice);

#endif
