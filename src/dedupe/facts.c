/**
 * What of an invoice is compared. Keys and the print of the fields are derived anew from the fields, so that nothing a
 * child claims about identity is believed; the prints over words and pictures need what is not in the reading and are
 * taken from it: they can only hold an invoice, never refuse one.
 */
#include <string.h>

#include "vouch/dedupe.h"
#include "vouch/money.h"
#include "vouch/text.h"

static const char *value_copy(vouch_arena *arena, const vouch_invoice *invoice, vouch_field field)
{
    return vouch_arena_strdup(arena, vouch_invoice_value(invoice, field));
}

static const char *folded_name(vouch_arena *arena, const vouch_invoice *invoice, vouch_field field)
{
    const char *name = vouch_invoice_value(invoice, field);
    const char *folded = name ? vouch_text_fold_name(arena, name) : NULL;
    return folded && *folded ? folded : NULL;
}

static void put_amount(vouch_facts *facts, const vouch_invoice *invoice)
{
    const char *gross = vouch_invoice_value(invoice, VOUCH_FIELD_GROSS_AMOUNT);
    int64_t minor;
    if (!gross || !facts->currency || vouch_amount_minor(gross, facts->currency, &minor) != VOUCH_OK ||
        minor == INT64_MIN)
        return;
    facts->has_amount = true;
    facts->gross_minor = minor < 0 ? -minor : minor;
}

void vouch_dedupe_facts(vouch_arena *arena, const vouch_reading *reading, size_t invoice, vouch_facts *out)
{
    const vouch_invoice *source = &reading->invoices.items[invoice];
    const vouch_prints *stated = reading->prints ? &reading->prints[invoice] : NULL;
    vouch_prints derived;
    vouch_fingerprint(arena, source, /* words= */ NULL, &derived);
    *out = (vouch_facts){
        .kind = vouch_kind_name(source->kind),
        .supporting = vouch_kind_lookup_info(source->kind)->supporting,
        .credit = source->credit,
        .invoice_code = value_copy(arena, source, VOUCH_FIELD_INVOICE_CODE),
        .invoice_number = value_copy(arena, source, VOUCH_FIELD_INVOICE_NUMBER),
        .issue_date = value_copy(arena, source, VOUCH_FIELD_ISSUE_DATE),
        .travel_date = value_copy(arena, source, VOUCH_FIELD_TRAVEL_DATE),
        .seller_tax_id = value_copy(arena, source, VOUCH_FIELD_SELLER_TAX_ID),
        .seller_name = folded_name(arena, source, VOUCH_FIELD_SELLER_NAME),
        .passenger_name = folded_name(arena, source, VOUCH_FIELD_PASSENGER_NAME),
        .original_invoice_code = value_copy(arena, source, VOUCH_FIELD_ORIGINAL_INVOICE_CODE),
        .original_invoice_number = value_copy(arena, source, VOUCH_FIELD_ORIGINAL_INVOICE_NUMBER),
        .currency = value_copy(arena, source, VOUCH_FIELD_CURRENCY),
        .fields_print = derived.fields,
        .text_print = stated ? vouch_arena_strdup(arena, stated->text) : NULL,
        .image_print = stated ? vouch_arena_strdup(arena, stated->image) : NULL,
        .sha256 = vouch_arena_strdup(arena, reading->sha256),
    };
    put_amount(out, source);
    vouch_invoice_business_keys(arena, source, &out->keys, &out->key_count, &out->keys_confirmed);
}
