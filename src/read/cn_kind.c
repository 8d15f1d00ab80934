/**
 * Which Chinese document this is, by what every source can tell: the title and the layout of the invoice code.
 *
 * Codes of 10 digits: the eighth tells special from ordinary. Codes of 12 digits beginning with 0: the last two tell
 * the form. Titles: the longer ones come first, since "增值税专用发票" is part of several; both kinds of brackets
 * occur.
 */
#include <string.h>

#include "readers.h"

static const struct code_suffix {
    char suffix[3];
    vouch_kind kind;
} code_suffixes[] = {
    {"04", VOUCH_KIND_CN_VAT_ORDINARY}, /* folded, two copies */
    {"05", VOUCH_KIND_CN_VAT_ORDINARY}, /* folded, five copies */
    {"06", VOUCH_KIND_CN_VAT_ROLL},     /* 57 mm */
    {"07", VOUCH_KIND_CN_VAT_ROLL},     /* 76 mm */
    {"11", VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC},
    {"12", VOUCH_KIND_CN_VAT_TOLL},
    {"13", VOUCH_KIND_CN_VAT_SPECIAL_ELECTRONIC},
    {"17", VOUCH_KIND_CN_USED_VEHICLE},
};

vouch_kind vouch_cn_kind_of_code(const char *code)
{
    size_t length = code ? strspn(code, "0123456789") : 0;
    if (!code || code[length] != '\0')
        return VOUCH_KIND_UNKNOWN;
    if (length == 10)
        return strchr("15", code[7])   ? VOUCH_KIND_CN_VAT_SPECIAL
               : strchr("36", code[7]) ? VOUCH_KIND_CN_VAT_ORDINARY
                                       : VOUCH_KIND_UNKNOWN;
    for (size_t i = 0; length == 12 && code[0] == '0' && i < sizeof code_suffixes / sizeof *code_suffixes; i++)
        if (strcmp(code + 10, code_suffixes[i].suffix) == 0)
            return code_suffixes[i].kind;
    return VOUCH_KIND_UNKNOWN;
}

/* All words of a row must occur; the first row that fits decides. */
static const struct title {
    const char *words[3];
    vouch_kind kind;
} titles[] = {
    {{"铁路电子客票"}, VOUCH_KIND_CN_RAIL_DIGITAL},
    {{"电子发票", "航空运输电子客票行程单"}, VOUCH_KIND_CN_AIR_DIGITAL},
    {{"航空运输电子客票行程单"}, VOUCH_KIND_CN_AIR},
    {{"电子发票", "机动车销售统一发票"}, VOUCH_KIND_CN_VEHICLE},
    {{"机动车销售统一发票"}, VOUCH_KIND_CN_VEHICLE},
    {{"二手车销售统一发票"}, VOUCH_KIND_CN_USED_VEHICLE},
    {{"电子发票", "通行费"}, VOUCH_KIND_CN_DIGITAL_TOLL},
    {{"电子发票", "增值税专用发票"}, VOUCH_KIND_CN_DIGITAL_SPECIAL},
    {{"电子发票", "普通发票"}, VOUCH_KIND_CN_DIGITAL_ORDINARY},
    {{"增值税电子专用发票"}, VOUCH_KIND_CN_VAT_SPECIAL_ELECTRONIC},
    {{"增值税电子普通发票", "通行费"}, VOUCH_KIND_CN_VAT_TOLL},
    {{"增值税电子普通发票"}, VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC},
    {{"增值税普通发票", "卷票"}, VOUCH_KIND_CN_VAT_ROLL},
    {{"增值税专用发票"}, VOUCH_KIND_CN_VAT_SPECIAL},
    {{"增值税普通发票"}, VOUCH_KIND_CN_VAT_ORDINARY},
};

vouch_kind vouch_cn_kind_of_title(const char *title)
{
    for (size_t i = 0; title && i < sizeof titles / sizeof *titles; i++) {
        bool fits = true;
        for (size_t word = 0; word < sizeof titles[i].words / sizeof *titles[i].words; word++)
            fits = fits && (!titles[i].words[word] || strstr(title, titles[i].words[word]));
        if (fits)
            return titles[i].kind;
    }
    return VOUCH_KIND_UNKNOWN;
}
