/**
 * VAT ids of the EU and its neighbours: prefix, shape, check digit (formats/intl.md §4). A failed check is a remark:
 * ids in circulation fail too, and whether one exists only a registry knows.
 */
#include <ctype.h>
#include <string.h>

#include "rules.h"

/** Weighted sum of digits. */
static int weighted(const char *digits, const int *weights, size_t count)
{
    int sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (digits[i] - '0') * weights[i];
    return sum;
}

static int number(const char *digits, size_t count)
{
    int value = 0;
    for (size_t i = 0; i < count; i++)
        value = value * 10 + digits[i] - '0';
    return value;
}

/** Luhn sum over digits, the last one not doubled. */
static int luhn(const char *digits, size_t count)
{
    int sum = 0;
    for (size_t i = 0; i < count; i++) {
        int digit = digits[i] - '0';
        if ((count - i) % 2 == 0)
            digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        sum += digit;
    }
    return sum % 10;
}

/** ISO 7064 MOD 11,10 over all digits but the last. */
static bool mod_11_10(const char *digits, size_t count)
{
    int product = 10;
    for (size_t i = 0; i + 1 < count; i++) {
        int sum = (digits[i] - '0' + product) % 10;
        product = (sum == 0 ? 10 : sum) * 2 % 11;
    }
    return (11 - product) % 10 == digits[count - 1] - '0';
}

static bool austria(const char *id)
{
    static const int doubled[] = {0, 2, 4, 6, 8, 1, 3, 5, 7, 9};
    int sum = 4;
    for (int i = 1; i <= 7; i++)
        sum += i % 2 == 0 ? doubled[id[i] - '0'] : id[i] - '0';
    return (10 - sum % 10) % 10 == id[8] - '0';
}

static bool belgium(const char *id)
{
    return number(id + 8, 2) == 97 - number(id, 8) % 97;
}

static bool germany(const char *id)
{
    return mod_11_10(id, 9);
}

static bool croatia(const char *id)
{
    return mod_11_10(id, 11);
}

static bool denmark(const char *id)
{
    static const int weights[] = {2, 7, 6, 5, 4, 3, 2, 1};
    return weighted(id, weights, 8) % 11 == 0;
}

static bool estonia(const char *id)
{
    static const int weights[] = {3, 7, 1, 3, 7, 1, 3, 7, 1};
    return weighted(id, weights, 9) % 10 == 0;
}

static bool greece(const char *id)
{
    static const int weights[] = {256, 128, 64, 32, 16, 8, 4, 2};
    return weighted(id, weights, 8) % 11 % 10 == id[8] - '0';
}

static bool finland(const char *id)
{
    static const int weights[] = {7, 9, 10, 5, 8, 4, 2};
    const int rest = weighted(id, weights, 7) % 11;
    return rest != 1 && (rest == 0 ? 0 : 11 - rest) == id[7] - '0';
}

static bool france(const char *id)
{
    if (luhn(id + 2, 9) != 0)
        return false;
    /* Keys with letters follow another rule. */
    if (!isdigit((unsigned char)id[0]) || !isdigit((unsigned char)id[1]))
        return true;
    return number(id, 2) == (12 + 3 * (number(id + 2, 9) % 97)) % 97;
}

static bool hungary(const char *id)
{
    static const int weights[] = {9, 7, 3, 1, 9, 7, 3, 1};
    return weighted(id, weights, 8) % 10 == 0;
}

static bool italy(const char *id)
{
    return luhn(id, 11) == 0;
}

static bool luxembourg(const char *id)
{
    return number(id, 6) % 89 == number(id + 6, 2);
}

static bool malta(const char *id)
{
    static const int weights[] = {3, 4, 6, 7, 8, 9, 10, 1};
    return weighted(id, weights, 8) % 37 == 0;
}

/** The whole "NL…B.." modulo 97 with letters from 10, or the older check digit. */
static bool netherlands(const char *id)
{
    static const int weights[] = {9, 8, 7, 6, 5, 4, 3, 2};
    int rest = 2321; /* N = 23, L = 21 */
    for (const char *at = id; *at; at++)
        rest = isdigit((unsigned char)*at) ? (rest * 10 + *at - '0') % 97 : (rest * 100 + *at - 'A' + 10) % 97;
    return rest == 1 || weighted(id, weights, 8) % 11 == id[8] - '0';
}

static bool poland(const char *id)
{
    static const int weights[] = {6, 5, 7, 2, 3, 4, 5, 6, 7};
    return weighted(id, weights, 9) % 11 == id[9] - '0';
}

static bool portugal(const char *id)
{
    static const int weights[] = {9, 8, 7, 6, 5, 4, 3, 2};
    const int check = 11 - weighted(id, weights, 8) % 11;
    return (check > 9 ? 0 : check) == id[8] - '0';
}

static bool slovenia(const char *id)
{
    static const int weights[] = {8, 7, 6, 5, 4, 3, 2};
    const int check = 11 - weighted(id, weights, 7) % 11;
    return (check == 10 ? 0 : check) == id[7] - '0';
}

static bool slovakia(const char *id)
{
    int rest = 0;
    for (; *id; id++)
        rest = (rest * 10 + *id - '0') % 11;
    return rest == 0;
}

static bool sweden(const char *id)
{
    return luhn(id, 10) == 0 && strcmp(id + 10, "01") == 0;
}

static bool united_kingdom(const char *id)
{
    static const int weights[] = {8, 7, 6, 5, 4, 3, 2};
    const int rest = (weighted(id, weights, 7) + number(id + 7, 2)) % 97;
    return rest == 0 || rest == 42;
}

static bool switzerland(const char *id)
{
    static const int weights[] = {5, 4, 3, 2, 7, 6, 5, 4};
    return (11 - weighted(id, weights, 8) % 11) % 11 == id[8] - '0';
}

static bool norway(const char *id)
{
    static const int weights[] = {3, 2, 7, 6, 5, 4, 3, 2};
    return (11 - weighted(id, weights, 8) % 11) % 11 == id[8] - '0';
}

/* Shape of what follows the prefix: 9 a digit, A a letter, X either. NULL check: only the shape is known. */
static const struct vat_id_rule {
    const char *prefix, *shape;
    bool (*fits)(const char *id);
} vat_id_rules[] = {
    {"AT", "A99999999", austria},
    {"BE", "9999999999", belgium},
    {"BG", "999999999", NULL},
    {"BG", "9999999999", NULL},
    {"CHE", "999999999", switzerland},
    {"CHE", "999999999MWST", switzerland},
    {"CHE", "999999999TVA", switzerland},
    {"CHE", "999999999IVA", switzerland},
    {"CY", "99999999A", NULL},
    {"CZ", "99999999", NULL},
    {"CZ", "999999999", NULL},
    {"CZ", "9999999999", NULL},
    {"DE", "999999999", germany},
    {"DK", "99999999", denmark},
    {"EE", "999999999", estonia},
    {"EL", "999999999", greece},
    {"ES", "X9999999X", NULL},
    {"FI", "99999999", finland},
    {"FR", "XX999999999", france},
    {"GB", "999999999", united_kingdom},
    {"GB", "999999999999", united_kingdom},
    {"HR", "99999999999", croatia},
    {"HU", "99999999", hungary},
    {"IE", "9X99999A", NULL},
    {"IE", "9999999AA", NULL},
    {"IT", "99999999999", italy},
    {"LT", "999999999", NULL},
    {"LT", "999999999999", NULL},
    {"LU", "99999999", luxembourg},
    {"LV", "99999999999", NULL},
    {"MT", "99999999", malta},
    {"NL", "999999999A99", netherlands},
    {"NO", "999999999", norway},
    {"NO", "999999999MVA", norway},
    {"PL", "9999999999", poland},
    {"PT", "999999999", portugal},
    {"RO", "99", NULL},
    {"RO", "999", NULL},
    {"RO", "9999", NULL},
    {"RO", "99999", NULL},
    {"RO", "999999", NULL},
    {"RO", "9999999", NULL},
    {"RO", "99999999", NULL},
    {"RO", "999999999", NULL},
    {"RO", "9999999999", NULL},
    {"SE", "999999999999", sweden},
    {"SI", "99999999", slovenia},
    {"SK", "9999999999", slovakia},
    {"XI", "999999999", united_kingdom},
};

static bool has_shape(const char *text, const char *shape)
{
    for (; *shape; text++, shape++) {
        const unsigned char character = (unsigned char)*text;
        const bool fits = *shape == '9'   ? isdigit(character) != 0
                          : *shape == 'A' ? isupper(character) != 0
                          : *shape == 'X' ? isdigit(character) || isupper(character)
                                          : *text == *shape;
        if (!fits)
            return false;
    }
    return *text == '\0';
}

id_verdict vat_id_verdict(const char *id)
{
    char bare[32];
    size_t length = 0;
    bool known = false;

    for (; *id && length + 1 < sizeof bare; id++)
        if (!strchr(" .-/", *id))
            bare[length++] = *id;
    bare[length] = '\0';
    if (strncmp(bare, "GR", 2) == 0)
        memcpy(bare, "EL", 2);
    for (size_t i = 0; i < COUNT(vat_id_rules); i++) {
        const struct vat_id_rule *rule = &vat_id_rules[i];
        const size_t prefix = strlen(rule->prefix);
        if (strncmp(bare, rule->prefix, prefix) != 0)
            continue;
        known = true;
        if (has_shape(bare + prefix, rule->shape))
            return !rule->fits ? ID_UNKNOWN : rule->fits(bare + prefix) ? ID_GOOD : ID_BAD;
    }
    return known ? ID_BAD : ID_UNKNOWN;
}

void check_vat_ids(check_run *run)
{
    static const char name[] = "tax_id_check_character";
    static const vouch_field ids[] = {VOUCH_FIELD_SELLER_TAX_ID, VOUCH_FIELD_BUYER_TAX_ID};

    for (size_t i = 0; i < COUNT(ids); i++) {
        const char *id = vouch_invoice_value(run->invoice, ids[i]);
        const id_verdict verdict = id ? vat_id_verdict(id) : ID_UNKNOWN;
        if (verdict == ID_GOOD) {
            check_passed(run, name, vouch_field_name(ids[i]));
            confirm_fields(run, &ids[i], 1);
        } else if (verdict == ID_BAD) {
            check_failed(run, name, vouch_field_name(ids[i]), "warning",
                         "%s is no VAT id: its length, characters or check digit do not fit", id);
            doubt_fields(run, &ids[i], 1);
        }
    }
}
