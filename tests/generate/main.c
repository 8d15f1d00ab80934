/** vouch-generate: invoices with their expected reading. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "product.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum {
    MAX_KINDS = 64,
    MAX_JOBS = 256
};

static int usage(FILE *out, int code)
{
    fputs(
        "vouch-generate [options] DIR\n"
        "vouch-generate --stream [options] >ARCHIVE.tar\n"
        "vouch-generate --list\n"
        "vouch-generate --fixtures DIR\n\n"
        "Writes invoices and, beside each, NAME.expected.json: what a reading of it must say. Same seed, same\n"
        "invoice, same picture; signatures are made anew by an authority of this run, whose certificates are written\n"
        "to DIR/trust.\n\n"
        "  --kind K[,K…]      kinds of --list; all when absent\n"
        "  --seed N           of the first document, default 1\n"
        "  --count N          documents of each kind, default 1\n"
        "  --invoices N       in each file, default 1\n"
        "  --picture FORMAT   pictures of the pages instead: jpg, png, tiff, or scan,\n"
        "                     which is a PDF that holds a JPEG\n"
        "  --dpi N            that they are painted at, 60 to 600, default 200\n"
        "  --degrade CHAIN    what happens to them: a name of --list, \"random\", or steps such as\n"
        "                     \"crease:count=2 rotation:angle=-30..30 jpeg:quality=40\"\n"
        "  --boxes            NAME.boxes.jsonl too: every line of text with its place\n"
        "  --stream           a tar archive on standard output instead of files in DIR\n"
        "  --rate N           documents a minute; as fast as it goes when absent\n"
        "  --jobs N           processes, default 1\n"
        "  --list             kinds, degradations with their parameters, and named chains\n"
        "  --fixtures         write the documents of fixtures/\n\n"
        "Exit: 0 done, 2 usage, 3 something could not be made or written.\n",
        out);
    return code;
}

static int list(void)
{
    size_t count;
    const generate_kind *kinds = generate_kinds(&count);
    puts("kinds (--kind)");
    for (size_t i = 0; i < count; i++)
        printf("  %-18s %-26s %s\n", kinds[i].name, vouch_kind_name(kinds[i].kind), kinds[i].summary);
    const degradation *steps = degradation_table(&count);
    puts("\ndegradations (--degrade \"NAME:PARAMETER=VALUE,PARAMETER=LOW..HIGH NAME …\")");
    for (size_t i = 0; i < count; i++) {
        printf("  %-18s %s\n", steps[i].name, steps[i].summary);
        for (size_t n = 0; n < PICTURE_MAX_PARAMETERS && steps[i].parameters[n].name; n++) {
            const degradation_parameter *one = &steps[i].parameters[n];
            printf("    %-16s %d to %d%s%s, usually %d\n", one->name, one->low, one->high, *one->unit ? " " : "",
                   one->unit, one->usual);
        }
    }
    const degradation_preset *presets = degradation_presets(&count);
    puts("\nchains with a name (--degrade NAME; \"random\" draws one of them by the seed)");
    for (size_t i = 0; i < count; i++)
        printf("  %-18s %s\n    %s\n", presets[i].name, presets[i].summary, presets[i].chain);
    return 0;
}

static vouch_code write_anchors(const char *directory, vouch_error *err)
{
    static const char *const names[GENERATE_SCHEME_COUNT] = {"test-root.pem", "test-root-rsa.pem"};
    char path[4096];
    snprintf(path, sizeof path, "%s/trust", directory);
    if (mkdirat(AT_FDCWD, path, 0755) != 0 && errno != EEXIST)
        return vouch_fail(err, VOUCH_IO, "%s: %s", path, strerror(errno));
    for (generate_scheme scheme = GENERATE_SM2; scheme < GENERATE_SCHEME_COUNT; scheme++) {
        VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer anchor = {0};
        VOUCH_TRY(generate_test_anchor(scheme, &anchor, err));
        VOUCH_TRY(delivery_write_file(path, names[scheme], &anchor, err));
    }
    return VOUCH_OK;
}

typedef struct request {
    const char *kinds;
    product_request product;
    delivery to;
    uint64_t seed, count;
    bool fixtures, stream;
} request;

static vouch_code write_fixtures(const char *directory, uint64_t *written, vouch_error *err)
{
    VOUCH_TRY(write_anchors(directory, err));
    for (; *written < product_fixture_count(); ++*written) {
        VOUCH_CLEANUP(product_done) product made = {.count = 0};
        VOUCH_TRY(product_fixture(*written, &made, err));
        for (size_t f = 0; f < made.count; f++)
            VOUCH_TRY(delivery_write_file(directory, made.files[f].name, &made.files[f].content, err));
    }
    return VOUCH_OK;
}

/** Names between commas; without any, every kind that can be what is wanted. */
static vouch_code choose_kinds(const request *wanted, const generate_kind **chosen, size_t *count, vouch_error *err)
{
    size_t known;
    const generate_kind *kinds = generate_kinds(&known);
    *count = 0;
    for (size_t i = 0; !wanted->kinds && i < known && i < MAX_KINDS; i++)
        if ((kinds[i].traits & KIND_PAGES || !wanted->product.picture) && wanted->product.invoices <= kinds[i].most)
            chosen[(*count)++] = &kinds[i];
    for (const char *at = wanted->kinds; at && *at;) {
        char name[64];
        size_t length = strcspn(at, ",");
        snprintf(name, sizeof name, "%.*s", (int)length, at);
        const generate_kind *kind = generate_kind_lookup(name);
        if (!kind || *count == MAX_KINDS)
            return vouch_fail(err, VOUCH_USAGE, "there is no kind \"%s\"; --list names them", name);
        chosen[(*count)++] = kind;
        at += length + (at[length] == ',');
    }
    return *count > 0 ? VOUCH_OK : vouch_fail(err, VOUCH_USAGE, "no kind can be that");
}

/** Before any job has an authority of its own; in a folder their certificates are kept. */
static vouch_code make_authorities(const request *wanted, const delivery_plan *plan, vouch_error *err)
{
    bool sealed = false;
    for (size_t i = 0; i < plan->kind_count; i++)
        sealed |= (plan->kinds[i]->traits & KIND_SEALED) != 0;
    if (!sealed || wanted->product.picture)
        return VOUCH_OK;
    if (wanted->to.directory)
        return write_anchors(wanted->to.directory, err);
    for (generate_scheme scheme = GENERATE_SM2; scheme < GENERATE_SCHEME_COUNT; scheme++) {
        VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer unused = {0};
        VOUCH_TRY(generate_test_anchor(scheme, &unused, err));
    }
    return VOUCH_OK;
}

static vouch_code run(const request *wanted, uint64_t *written, double *seconds, vouch_error *err)
{
    const generate_kind *kinds[MAX_KINDS];
    delivery_plan plan = {.kinds = kinds, .seed = wanted->seed, .count = wanted->count, .request = &wanted->product};
    VOUCH_TRY(choose_kinds(wanted, kinds, &plan.kind_count, err));
    if (wanted->product.degrade && strcmp(wanted->product.degrade, "random") != 0) {
        degradation_chain checked;
        VOUCH_TRY(degradation_parse(wanted->product.degrade, &checked, err));
    }
    VOUCH_TRY(make_authorities(wanted, &plan, err));
    return delivery_run(&wanted->to, &plan, written, seconds, err);
}

static bool parse_number(const char *text, uint64_t low, uint64_t high, uint64_t *out)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno || end == text || *end || *text == '-' || value < low || value > high)
        return false;
    *out = value;
    return true;
}

/** @return false: usage */
static bool take_option(request *wanted, int option, const char *value)
{
    uint64_t number = 0;
    switch (option) {
    case 'k':
        wanted->kinds = value;
        return true;
    case 's':
        return parse_number(value, 0, UINT64_MAX, &wanted->seed);
    case 'c':
        return parse_number(value, 1, 1000000000, &wanted->count);
    case 'i':
        if (!parse_number(value, 1, GENERATE_MAX_INVOICES, &number))
            return false;
        wanted->product.invoices = number;
        return true;
    case 'p':
        wanted->product.picture = value;
        return picture_format_lookup(value) != NULL;
    case 'D':
        if (!parse_number(value, 60, 600, &number))
            return false;
        wanted->product.dpi = (int)number;
        return true;
    case 'd':
        wanted->product.degrade = value;
        return true;
    case 'b':
        wanted->product.boxes = true;
        return true;
    case 'r':
        if (!parse_number(value, 1, 10000000, &number))
            return false;
        wanted->to.per_minute = (double)number;
        return true;
    case 'j':
        if (!parse_number(value, 1, MAX_JOBS, &number))
            return false;
        wanted->to.jobs = (unsigned)number;
        return true;
    case 'S':
        wanted->stream = true;
        return true;
    case 'f':
        wanted->fixtures = true;
        return true;
    default:
        return false;
    }
}

static int finish(const request *wanted, vouch_code code, uint64_t written, double seconds, const vouch_error *err)
{
    if (code != VOUCH_OK) {
        fprintf(stderr, "vouch-generate: %s\n", err->message);
        return code == VOUCH_USAGE ? 2 : 3;
    }
    if (wanted->fixtures)
        printf("%llu documents in %s\n", (unsigned long long)written, wanted->to.directory);
    else
        fprintf(wanted->stream ? stderr : stdout, "%llu documents in %s, %.1f s, %.0f a minute\n",
                (unsigned long long)written, wanted->stream ? "the stream" : wanted->to.directory, seconds,
                60 * (double)written / (seconds + 1e-9));
    return 0;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"kind", required_argument, NULL, 'k'},
                                            {"seed", required_argument, NULL, 's'},
                                            {"count", required_argument, NULL, 'c'},
                                            {"invoices", required_argument, NULL, 'i'},
                                            {"picture", required_argument, NULL, 'p'},
                                            {"dpi", required_argument, NULL, 'D'},
                                            {"degrade", required_argument, NULL, 'd'},
                                            {"boxes", no_argument, NULL, 'b'},
                                            {"rate", required_argument, NULL, 'r'},
                                            {"jobs", required_argument, NULL, 'j'},
                                            {"stream", no_argument, NULL, 'S'},
                                            {"fixtures", no_argument, NULL, 'f'},
                                            {"list", no_argument, NULL, 'l'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    request wanted = {.seed = 1, .count = 1, .product = {.invoices = 1, .dpi = 200}, .to = {.jobs = 1}};
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h')
            return usage(stdout, 0);
        if (option == 'l')
            return list();
        if (!take_option(&wanted, option, optarg))
            return usage(stderr, 2);
    }
    if (wanted.stream && isatty(STDOUT_FILENO)) {
        fputs("vouch-generate: --stream writes an archive: send it to a file or a program\n", stderr);
        return 2;
    }
    if (optind + (wanted.stream ? 0 : 1) != argc || (wanted.product.degrade && !wanted.product.picture))
        return usage(stderr, 2);
    wanted.to.directory = wanted.stream ? NULL : argv[optind];
    vouch_error err = VOUCH_ERROR_INIT;
    uint64_t written = 0;
    double seconds = 0;
    vouch_code code =
        wanted.fixtures ? write_fixtures(wanted.to.directory, &written, &err) : run(&wanted, &written, &seconds, &err);
    return finish(&wanted, code, written, seconds, &err);
}
