/**
 * Business keys. Made of fields alone and of nothing that depends on the carrier, so that the PDF, the OFD, the XML
 * and the photo of one invoice give the same key.
 */
#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "rules.h"
#include "vouch/text.h"

const char *key_part(key_list *keys, const vouch_invoice *invoice, vouch_field field)
{
    const char *value = vouch_invoice_value(invoice, field);
    if (value && keys->field_count < COUNT(keys->fields))
        keys->fields[keys->field_count++] = field;
    return value;
}

void key_add(key_list *keys, const char *format, ...)
{
    va_list args;
    if (keys->count == COUNT(keys->keys))
        return;
    va_start(args, format);
    keys->keys[keys->count++] = vouch_arena_vprintf(keys->arena, format, args);
    va_end(args);
}

void keys_none(key_list *keys, const vouch_invoice *invoice)
{
    (void)keys;
    (void)invoice;
}

static bool is_long_number(const char *number)
{
    return number && strlen(number) == 20 && strspn(number, "0123456789") == 20;
}

void keys_code_and_number(key_list *keys, const vouch_invoice *invoice)
{
    if (!vouch_invoice_value(invoice, VOUCH_FIELD_INVOICE_CODE) &&
        is_long_number(vouch_invoice_value(invoice, VOUCH_FIELD_INVOICE_NUMBER)))
        return keys_long_number(keys, invoice);
    if (!vouch_invoice_value(invoice, VOUCH_FIELD_INVOICE_CODE) ||
        !vouch_invoice_value(invoice, VOUCH_FIELD_INVOICE_NUMBER))
        return;
    const char *code = key_part(keys, invoice, VOUCH_FIELD_INVOICE_CODE);
    const char *number = key_part(keys, invoice, VOUCH_FIELD_INVOICE_NUMBER);
    key_add(keys, "cn:%s:%s", code, number);
}

void keys_long_number(key_list *keys, const vouch_invoice *invoice)
{
    if (is_long_number(vouch_invoice_value(invoice, VOUCH_FIELD_INVOICE_NUMBER)))
        key_add(keys, "cn::%s", key_part(keys, invoice, VOUCH_FIELD_INVOICE_NUMBER));
}

static const char *extra_value(const vouch_invoice *invoice, const char *name)
{
    for (size_t i = 0; i < invoice->extra_count; i++)
        if (strcmp(invoice->extras[i].name, name) == 0)
            return invoice->extras[i].value;
    return NULL;
}

/** Letters and digits of text, upper case; NULL when there are none. */
static const char *letters_and_digits(vouch_arena *arena, const char *text)
{
    char *bare = vouch_arena_strdup(arena, text), *end = bare;
    for (const char *at = bare; *at; at++)
        if (isalnum((unsigned char)*at) || (unsigned char)*at >= 0x80)
            *end++ = (char)toupper((unsigned char)*at);
    *end = '\0';
    return *bare ? bare : NULL;
}

/**
 * A number without spaces and punctuation, which are written in several ways, except between two digits: "1/11" and
 * "11/1" are two numbers, and a key that took them for one would refuse an honest invoice.
 */
static const char *bare_number(vouch_arena *arena, const char *text)
{
    char *bare = vouch_arena_strdup(arena, text), *end = bare;
    bool parted = false;
    for (const char *at = bare; *at; at++) {
        const unsigned char c = (unsigned char)*at;
        if (!isalnum(c) && c < 0x80) {
            parted |= c != ' ';
            continue;
        }
        if (parted && isdigit(c) && end > bare && isdigit((unsigned char)end[-1]))
            *end++ = '-';
        parted = false;
        *end++ = (char)toupper(c);
    }
    *end = '\0';
    return *bare ? bare : NULL;
}

void keys_code_number_and_long(key_list *keys, const vouch_invoice *invoice)
{
    const char *stated = extra_value(invoice, "digital_number");
    const char *number = stated ? letters_and_digits(keys->arena, stated) : NULL;
    keys_code_and_number(keys, invoice);
    if (is_long_number(number))
        key_add(keys, "cn::%s", number);
}

void keys_rail(key_list *keys, const vouch_invoice *invoice)
{
    const char *serial = key_part(keys, invoice, VOUCH_FIELD_TICKET_SERIAL);
    if (serial)
        key_add(keys, "cn.rail:%s", serial);
}

void keys_air(key_list *keys, const vouch_invoice *invoice)
{
    if (!vouch_invoice_value(invoice, VOUCH_FIELD_TICKET_NUMBER) ||
        !vouch_invoice_value(invoice, VOUCH_FIELD_PASSENGER_NAME))
        return;
    const char *ticket = letters_and_digits(keys->arena, key_part(keys, invoice, VOUCH_FIELD_TICKET_NUMBER));
    const char *passenger = key_part(keys, invoice, VOUCH_FIELD_PASSENGER_NAME);
    if (ticket)
        key_add(keys, "cn.air:%s:%s", ticket, vouch_text_fold_name(keys->arena, passenger));
}

void keys_tax_payment(key_list *keys, const vouch_invoice *invoice)
{
    const char *number = key_part(keys, invoice, VOUCH_FIELD_INVOICE_NUMBER);
    if (number)
        key_add(keys, "cn.tax:%s", number);
}

void keys_bank_receipt(key_list *keys, const vouch_invoice *invoice)
{
    const char *number = key_part(keys, invoice, VOUCH_FIELD_INVOICE_NUMBER);
    if (number)
        key_add(keys, "cn.bank:%s", number);
}

/** The id that the seller is known by: its tax id without punctuation, else its folded name. */
static const char *seller_of(key_list *keys, const vouch_invoice *invoice)
{
    if (vouch_invoice_value(invoice, VOUCH_FIELD_SELLER_TAX_ID)) {
        const char *id = letters_and_digits(keys->arena, key_part(keys, invoice, VOUCH_FIELD_SELLER_TAX_ID));
        /* Greek ids are written with either prefix. */
        if (id && strncmp(id, "GR", 2) == 0 && strspn(id + 2, "0123456789") == 9)
            return vouch_arena_printf(keys->arena, "EL%s", id + 2);
        /* "Godkänd för F-skatt" may stand where an id should: words without a digit name nobody. */
        if (id && strpbrk(id, "0123456789"))
            return id;
    }
    const char *name = key_part(keys, invoice, VOUCH_FIELD_SELLER_NAME);
    const char *folded = name ? vouch_text_fold_name(keys->arena, name) : NULL;
    return folded && *folded ? folded : NULL;
}

void keys_seller_number_year(key_list *keys, const vouch_invoice *invoice)
{
    if (!vouch_invoice_value(invoice, VOUCH_FIELD_INVOICE_NUMBER) ||
        !vouch_invoice_value(invoice, VOUCH_FIELD_ISSUE_DATE))
        return;
    const char *seller = seller_of(keys, invoice);
    if (!seller)
        return;
    const char *number = bare_number(keys->arena, key_part(keys, invoice, VOUCH_FIELD_INVOICE_NUMBER));
    const char *date = key_part(keys, invoice, VOUCH_FIELD_ISSUE_DATE);
    if (number)
        key_add(keys, "%s:%s:%s:%.4s", invoice->credit ? "credit" : "invoice", seller, number, date);
}

void keys_zatca(key_list *keys, const vouch_invoice *invoice)
{
    const char *uuid = extra_value(invoice, "uuid");
    const char *bare = uuid ? letters_and_digits(keys->arena, uuid) : NULL;
    keys_seller_number_year(keys, invoice);
    if (bare && strlen(bare) == 32)
        key_add(keys, "sa:%s", bare);
}

/** A key is confirmed when each of its fields is: sure, and from something better than OCR. */
static bool all_confirmed(const key_list *keys, const vouch_invoice *invoice)
{
    for (size_t i = 0; i < keys->field_count; i++) {
        const vouch_evidence *chosen = &invoice->fields[keys->fields[i]].chosen;
        if (chosen->source == VOUCH_SOURCE_PERSON)
            continue;
        if (chosen->confidence < 0.99 || chosen->source >= VOUCH_SOURCE_OCR)
            return false;
    }
    return keys->count > 0;
}

void vouch_invoice_business_keys(vouch_arena *arena, const vouch_invoice *invoice, const char *const **keys,
                                 size_t *count, bool *confirmed)
{
    key_list list = {.arena = arena};

    kind_rules_of(invoice->kind)->keys(&list, invoice);
    const char **sorted = vouch_arena_calloc(arena, list.count + 1, sizeof *sorted);
    for (size_t i = 0; i < list.count; i++) {
        size_t at = i;
        for (; at > 0 && strcmp(sorted[at - 1], list.keys[i]) > 0; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = list.keys[i];
    }
    *keys = sorted;
    *count = list.count;
    *confirmed = all_confirmed(&list, invoice);
}
