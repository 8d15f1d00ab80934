/**
 * EN 16931: what UBL and CII share, the code lists behind kinds, directions and tax categories.
 */
#include <string.h>

#include "vouch/money.h"

#include "structured.h"

/* UNCL 5305 (BT-95, BT-102, BT-118, BT-151) and the older codes of ZUGFeRD 1.0. */
static const struct tax_category {
    const char *code, *category;
} tax_categories[] = {
    {"S", "standard"},    /* standard rate */
    {"AA", "standard"},   /* lower rate */
    {"H", "standard"},    /* higher rate */
    {"L", "standard"},    /* Canary Islands general indirect tax */
    {"M", "standard"},    /* tax for production, services and importation in Ceuta and Melilla */
    {"B", "standard"},    /* split payment: charged, paid to the tax office */
    {"Z", "zero"},        /* zero rated goods */
    {"E", "exempt"},      /* exempt from tax */
    {"K", "exempt"},      /* exempt for EEA intra-community supply */
    {"G", "exempt"},      /* free export item */
    {"O", "not_taxable"}, /* services outside scope of tax */
    {"AE", "reverse_charge"},
};

/* UNTDID 1001 document types that reduce what the buyer owes. */
static const char *const credit_types[] = {"81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532"};

const char *vouch_en16931_tax_category(const char *code)
{
    for (size_t i = 0; code && i < sizeof tax_categories / sizeof *tax_categories; i++)
        if (strcmp(code, tax_categories[i].code) == 0)
            return tax_categories[i].category;
    return NULL;
}

bool vouch_en16931_is_credit(const char *type_code)
{
    for (size_t i = 0; type_code && i < sizeof credit_types / sizeof *credit_types; i++)
        if (strcmp(type_code, credit_types[i]) == 0)
            return true;
    return false;
}

void vouch_en16931_put_tax(const vouch_xml_source *from, vouch_item *item, const char *category_code,
                           const char *percent, bool line)
{
    vouch_xml_put_item(from, item, line ? VOUCH_ITEM_TAX_CATEGORY : VOUCH_ITEM_CATEGORY,
                       vouch_en16931_tax_category(category_code));
    vouch_decimal rate;
    char text[32];
    if (percent && vouch_decimal_parse(percent, &rate) == VOUCH_OK) {
        vouch_decimal_print(rate, /* minimum_scale= */ 0, text, sizeof text);
        vouch_xml_put_item(from, item, line ? VOUCH_ITEM_TAX_RATE : VOUCH_ITEM_RATE, text);
    }
}

void vouch_en16931_put_unit_price(const vouch_xml_source *from, vouch_item *item, const char *price,
                                  const char *base_quantity)
{
    vouch_decimal amount, base;
    if (!base_quantity) {
        vouch_xml_put_item(from, item, VOUCH_ITEM_UNIT_PRICE, price);
        return;
    }
    if (!price || vouch_decimal_parse(price, &amount) != VOUCH_OK ||
        vouch_decimal_parse(base_quantity, &base) != VOUCH_OK || base.units <= 0)
        return;
    for (; base.units % 10 == 0; base.units /= 10)
        base.scale--;
    int scale = amount.scale - base.scale;
    if (base.units != 1 || scale > 12)
        return; /* no exact price of one unit */
    for (; scale < 0; scale++)
        if (__builtin_mul_overflow(amount.units, 10, &amount.units))
            return;
    amount.scale = scale;
    char text[48];
    vouch_decimal_print(amount, /* minimum_scale= */ 0, text, sizeof text);
    vouch_xml_put_item(from, item, VOUCH_ITEM_UNIT_PRICE, strcmp(base_quantity, "1") == 0 ? price : text);
}

void vouch_en16931_put_derived(const vouch_xml_source *from, vouch_statement *statement, vouch_field field,
                               const char *text)
{
    (void)vouch_statement_set(from->arena, statement, field, text, VOUCH_CONFIDENCE_DERIVED);
}

void vouch_en16931_finish(const vouch_xml_source *from, vouch_statement *statement, const char *type_code,
                          bool credit_root)
{
    statement->credit = credit_root || vouch_en16931_is_credit(type_code);
    if (statement->kind == VOUCH_KIND_UNKNOWN)
        statement->kind = statement->credit ? VOUCH_KIND_EN16931_CREDIT_NOTE : VOUCH_KIND_EN16931_INVOICE;
    vouch_statement_add_extra(from->arena, statement, "type_code", type_code);
    const char *gross = statement->fields[VOUCH_FIELD_GROSS_AMOUNT].value;
    vouch_decimal amount;
    if (gross && vouch_decimal_parse(gross, &amount) == VOUCH_OK && amount.units < 0)
        statement->credit = true;
}
