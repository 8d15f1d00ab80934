/** The documents of fixtures/: small, of every kind of file that is read, and one picture. */
#include "product.h"

#define PLAIN .picture = NULL, .invoices = 1

/* vat-ofd-1 and vat-rsa-ofd-1 show the same invoice as vat-pdf-1. */
static const struct fixture {
    const char *kind;
    uint64_t seed;
    product_request request;
} fixtures[] = {
    {"vat-pdf", 1, {PLAIN}},
    {"vat-ofd", 1, {PLAIN}},
    {"vat-rsa-ofd", 1, {PLAIN}},
    {"vat-ofd", 2, {PLAIN}},
    {"digital-xml", 3, {PLAIN}},
    {"special-pdf", 6, {PLAIN}},
    {"ordinary-ofd", 3, {PLAIN}},
    {"toll-pdf", 12, {PLAIN}},
    {"rail-pdf", 1, {PLAIN}},
    {"rail-xbrl", 3, {PLAIN}},
    {"air-ofd", 2, {PLAIN}},
    {"ubl-xml", 1, {PLAIN}},
    {"ubl-credit-xml", 2, {PLAIN}},
    {"cii-xml", 3, {PLAIN}},
    {"facturx-pdf", 4, {PLAIN}},
    {"zatca-xml", 5, {PLAIN}},
    {"mixed-pdf", 8, {.invoices = 3}},
    {"ordinary-pdf", 7, {.picture = "jpg", .degrade = "phone", .dpi = 130, .invoices = 1, .boxes = true}},
};

size_t product_fixture_count(void)
{
    return sizeof fixtures / sizeof *fixtures;
}

vouch_code product_fixture(size_t index, product *out, vouch_error *err)
{
    const struct fixture *one = &fixtures[index];
    return product_make(generate_kind_lookup(one->kind), one->seed, &one->request, out, err);
}
