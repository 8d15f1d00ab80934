/** vouch-generate: invoices with their expected reading. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "generate.h"

typedef struct generate_kind {
    const char *name; /* on the command line and in file names */
    const char *ending;
    vouch_kind kind;
    generate_layout *layout;
    const char *summary;
    generate_varied_layout *varied; /* instead of layout: of every sort, the seed moves its places */
} generate_kind;

static const generate_kind kinds[] = {
    {"vat-pdf", "pdf", VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC, generate_pdf_vat, "VAT electronic ordinary fapiao as PDF",
     NULL},
    {"vat-ofd", "ofd", VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC, generate_ofd_vat,
     "the same as OFD with tags and an SM2 seal of the test authority", NULL},
    {"digital-xml", "xml", VOUCH_KIND_CN_DIGITAL_ORDINARY, generate_xml_digital, "fully digitalised fapiao as XML",
     NULL},
    {"varied-vat-pdf", "pdf", VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC, NULL, "the old form, varied", generate_pdf_forms},
    {"varied-vat-ofd", "ofd", VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC, NULL, "the same", generate_ofd_forms},
    {"toll-pdf", "pdf", VOUCH_KIND_CN_VAT_TOLL, NULL, "passages on the old form", generate_pdf_forms},
    {"toll-ofd", "ofd", VOUCH_KIND_CN_VAT_TOLL, NULL, "the same", generate_ofd_forms},
    {"special-pdf", "pdf", VOUCH_KIND_CN_DIGITAL_SPECIAL, NULL, "digital special fapiao", generate_pdf_forms},
    {"special-ofd", "ofd", VOUCH_KIND_CN_DIGITAL_SPECIAL, NULL, "the same", generate_ofd_forms},
    {"ordinary-pdf", "pdf", VOUCH_KIND_CN_DIGITAL_ORDINARY, NULL, "digital ordinary fapiao", generate_pdf_forms},
    {"ordinary-ofd", "ofd", VOUCH_KIND_CN_DIGITAL_ORDINARY, NULL, "the same", generate_ofd_forms},
    {"digital-toll-pdf", "pdf", VOUCH_KIND_CN_DIGITAL_TOLL, NULL, "passages on the digital form", generate_pdf_forms},
    {"digital-toll-ofd", "ofd", VOUCH_KIND_CN_DIGITAL_TOLL, NULL, "the same", generate_ofd_forms},
};

static int usage(FILE *out, int code)
{
    fputs("vouch-generate [--kind KIND] [--seed N] [--count N] DIR\n"
          "vouch-generate --fixtures DIR\n\n"
          "Writes invoices and, beside each, NAME.expected.json. Same seed, same invoice; signatures are made anew by "
          "an\n"
          "authority of this run, whose certificate is written to DIR/trust/test-root.pem.\n\n"
          "  --kind KIND   one of those below; all when absent\n"
          "  --seed N      of the first invoice; default 1\n"
          "  --count N     invoices of each kind, default 1\n"
          "  --fixtures    write the documents of fixtures/\n\n",
          out);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        fprintf(out, "  %-12s  %s\n", kinds[i].name, kinds[i].summary);
    return code;
}

static vouch_code write_file(const char *directory, const char *name, const vouch_buffer *content, vouch_error *err)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "wb");
    bool written = file && fwrite(content->data, 1, content->length, file) == content->length;
    if (file && fclose(file) != 0)
        written = false;
    return written ? VOUCH_OK : vouch_fail(err, VOUCH_IO, "%s: %s", path, strerror(errno));
}

static vouch_code write_invoice(const generate_kind *kind, uint64_t seed, const char *directory, vouch_error *err)
{
    generate_invoice invoice;
    (kind->varied ? generate_invoice_vary : generate_invoice_fill)(&invoice, kind->kind, seed);
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer document = {0}, expected = {0};
    VOUCH_TRY(kind->varied ? kind->varied(&invoice, 1, seed, &document, err) : kind->layout(&invoice, &document, err));
    VOUCH_TRY(generate_expected(&invoice, &expected, err));
    char name[128];
    snprintf(name, sizeof name, "%s-%llu.%s", kind->name, (unsigned long long)seed, kind->ending);
    VOUCH_TRY(write_file(directory, name, &document, err));
    snprintf(name, sizeof name, "%s-%llu.expected.json", kind->name, (unsigned long long)seed);
    return write_file(directory, name, &expected, err);
}

static vouch_code write_anchor(const char *directory, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer anchor = {0};
    VOUCH_TRY(generate_test_anchor(&anchor, err));
    char path[4096];
    snprintf(path, sizeof path, "%s/trust", directory);
    if (mkdirat(AT_FDCWD, path, 0755) != 0 && errno != EEXIST)
        return vouch_fail(err, VOUCH_IO, "%s: %s", path, strerror(errno));
    return write_file(path, "test-root.pem", &anchor, err);
}

/** The documents of fixtures/: vat-ofd-1 shows the same invoice as vat-pdf-1. */
static const struct {
    const char *kind;
    uint64_t seed;
} fixtures[] = {{"vat-pdf", 1}, {"vat-ofd", 1}, {"vat-ofd", 2}, {"digital-xml", 3}};

typedef struct request {
    const char *kind;
    unsigned long long seed, count;
    bool fixtures;
} request;

static vouch_code write_fixtures(const char *directory, size_t *written, vouch_error *err)
{
    for (size_t f = 0; f < sizeof fixtures / sizeof *fixtures; f++)
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            if (strcmp(kinds[i].name, fixtures[f].kind) == 0) {
                VOUCH_TRY(write_invoice(&kinds[i], fixtures[f].seed, directory, err));
                (*written)++;
            }
    return write_anchor(directory, err);
}

static vouch_code run(const request *wanted, const char *directory, size_t *written, vouch_error *err)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (wanted->kind && strcmp(wanted->kind, kinds[i].name) != 0)
            continue;
        for (unsigned long long n = 0; n < wanted->count; n++, (*written)++)
            VOUCH_TRY(write_invoice(&kinds[i], wanted->seed + n, directory, err));
    }
    if (*written == 0)
        return vouch_fail(err, VOUCH_USAGE, "there is no kind \"%s\"", wanted->kind);
    return write_anchor(directory, err);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"kind", required_argument, NULL, 'k'},  {"seed", required_argument, NULL, 's'},
        {"count", required_argument, NULL, 'c'}, {"fixtures", no_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},        {0}};
    request wanted = {.seed = 1, .count = 1};
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (option) {
        case 'k':
            wanted.kind = optarg;
            break;
        case 's':
            wanted.seed = strtoull(optarg, NULL, 10);
            break;
        case 'c':
            wanted.count = strtoull(optarg, NULL, 10);
            break;
        case 'f':
            wanted.fixtures = true;
            break;
        case 'h':
            return usage(stdout, 0);
        default:
            return usage(stderr, 2);
        }
    }
    if (optind + 1 != argc || wanted.count == 0)
        return usage(stderr, 2);
    vouch_error err = VOUCH_ERROR_INIT;
    size_t written = 0;
    vouch_code code =
        wanted.fixtures ? write_fixtures(argv[optind], &written, &err) : run(&wanted, argv[optind], &written, &err);
    if (code != VOUCH_OK) {
        fprintf(stderr, "vouch-generate: %s\n", err.message);
        return 3;
    }
    printf("%zu documents in %s\n", written, argv[optind]);
    return 0;
}
