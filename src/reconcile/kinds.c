/** The registry of document kinds: families, and looking a kind up in them. */
#include <ctype.h>
#include <string.h>

#include "rules.h"

static const kind_family *const families[] = {
    &cn_vat_family, &cn_digital_family, &cn_travel_family, &cn_other_family, &en16931_family, &generic_family,
};

static const check_function no_checks[] = {NULL};

static const kind_rules unknown = {
    .info = {.kind = VOUCH_KIND_UNKNOWN, .title_en = "unknown document", .title_zh = "未知单据"},
    .checks = no_checks,
    .keys = keys_none,
};

const kind_rules *kind_rules_of(vouch_kind kind)
{
    for (size_t f = 0; f < COUNT(families); f++)
        for (size_t i = 0; i < families[f]->count; i++)
            if (families[f]->rules[i].info.kind == kind)
                return &families[f]->rules[i];
    return &unknown;
}

const vouch_kind_info *vouch_kind_lookup_info(vouch_kind kind)
{
    return &kind_rules_of(kind)->info;
}

const field_rule *kind_field_rule(const kind_rules *rules, vouch_field field)
{
    for (size_t i = 0; i < rules->field_count; i++)
        if (rules->fields[i].field == field)
            return &rules->fields[i];
    return NULL;
}

bool kind_field_fits(const kind_rules *rules, vouch_field field, const char *value)
{
    const field_rule *rule = kind_field_rule(rules, field);
    const size_t length = strlen(value);

    if (!rule || rule->lengths[0] == 0)
        return true;
    for (const char *at = value; *at; at++)
        if (rule->digits ? !isdigit((unsigned char)*at) : !isdigit((unsigned char)*at) && !isupper((unsigned char)*at))
            return false;
    for (size_t i = 0; i < COUNT(rule->lengths); i++)
        if (rule->lengths[i] > 0 && length == (size_t)rule->lengths[i])
            return true;
    return false;
}
