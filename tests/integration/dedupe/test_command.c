/** `vouch dedupe` as its users see it: lines and exit codes (READING.md "Commands"). */
#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char ubl[] =
    "<Invoice xmlns='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2' "
    "xmlns:c='urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2' "
    "xmlns:a='urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2'><!-- %s -->"
    "<c:ID>%s</c:ID><c:IssueDate>2024-03-05</c:IssueDate><c:InvoiceTypeCode>380</c:InvoiceTypeCode>"
    "<c:DocumentCurrencyCode>EUR</c:DocumentCurrencyCode>"
    "<a:AccountingSupplierParty><a:Party><a:PartyTaxScheme><c:CompanyID>DE136695976</c:CompanyID><a:TaxScheme>"
    "<c:ID>VAT</c:ID></a:TaxScheme></a:PartyTaxScheme><a:PartyLegalEntity><c:RegistrationName>Muster GmbH"
    "</c:RegistrationName></a:PartyLegalEntity></a:Party></a:AccountingSupplierParty>"
    "<a:LegalMonetaryTotal><c:LineExtensionAmount currencyID='EUR'>100</c:LineExtensionAmount>"
    "<c:TaxExclusiveAmount currencyID='EUR'>100</c:TaxExclusiveAmount>"
    "<c:TaxInclusiveAmount currencyID='EUR'>119</c:TaxInclusiveAmount>"
    "<c:PayableAmount currencyID='EUR'>119</c:PayableAmount></a:LegalMonetaryTotal></Invoice>";

static char folder[64], output[1 << 16];

static void write_file(const char *name, const char *copy, const char *number)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file, "%s", path);
    if (number)
        fprintf(file, ubl, copy, number);
    else
        fputs(copy, file);
    cr_assert_eq(fclose(file), 0);
}

static void make_folder(const char *name)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    cr_assert_eq(mkdir(path, 0700), 0);
}

static void set_up(void)
{
    snprintf(folder, sizeof folder, "/tmp/vouch-dedupe-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    make_folder("one");
    make_folder("two");
    make_folder("two/deep");
    make_folder("two/deep/deeper");
    make_folder("alone");
    write_file("one/b.xml", "x", "R-1-A");
    write_file("one/a.xml", "y", "R-1-A");
    write_file("one/c.xml", "x", "R-2-A");
    write_file("one/README.md", "no document\n", NULL);
    write_file("one/.hidden.xml", "z", "R-1-A");
    write_file("two/a.xml", "x", "1000");
    write_file("two/deep/b.xml", "x", "1002");
    write_file("two/deep/deeper/c.xml", "y", "1000");
    write_file("alone/\xff.xml", "x", "R-9");
    write_file("alone/same.xml", "x", "R-9");
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void tear_down(void)
{
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/** Run in the folder; standard output goes to `output`. @return exit code */
static int run(const char *arguments)
{
    char command[1024];
    snprintf(command, sizeof command, "cd %s && %s dedupe %s 2>/dev/null", folder, VOUCH_TEST_PROGRAM, arguments);
    FILE *pipe = popen(command, "r");
    cr_assert_not_null(pipe);
    const size_t length = fread(output, 1, sizeof output - 1, pipe);
    output[length] = '\0';
    const int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

typedef struct row {
    const char *arguments;
    int code;
    const char *output; /* NULL: not looked at */
} row;

#define SAME(a, b)                                                                                              \
    "{\"a\":\"" a "\",\"a_invoice\":0,\"b\":\"" b "\",\"b_invoice\":0,\"kind\":\"business_key\",\"score\":1.0," \
    "\"decision\":\"refuse\",\"detail\":\"invoice:DE136695976:R1A:2024\"}\n"
#define NONE(a, b)                                                                                               \
    "{\"a\":\"" a "\",\"a_invoice\":0,\"b\":\"" b "\",\"b_invoice\":0,\"kind\":null,\"score\":0.0,\"decision\":" \
    "\"none\"}\n"

static const row rows[] = {
    {"one/a.xml one/c.xml", 0, ""},
    {"--json one/a.xml one/b.xml", 1, SAME("one/a.xml", "one/b.xml")},
    {"one", 1, SAME("one/a.xml", "one/b.xml")}, /* sorted; no hidden file, nothing that is no document */
    {"one/", 1, SAME("one/a.xml", "one/b.xml")},
    {"--all one", 1, SAME("one/a.xml", "one/b.xml") NONE("one/a.xml", "one/c.xml") NONE("one/b.xml", "one/c.xml")},
    {"--table one", 1, "refuse  business_key  1.00  one/a.xml [0]  ~  one/b.xml [0]  invoice:DE136695976:R1A:2024\n"},
    /* one level deep, flags alone are no finding */
    {"two", 0,
     "{\"a\":\"two/a.xml\",\"a_invoice\":0,\"b\":\"two/deep/b.xml\",\"b_invoice\":0,\"kind\":\"sequence\",\"score\":"
     "0.5,\"decision\":\"flag\",\"detail\":\"numbers of one seller, 2 apart\"}\n"},
    {"alone", 1,
     "{\"a\":\"alone/same.xml\",\"a_invoice\":0,\"b\":\"alone/\xef\xbf\xbd.xml\",\"b_invoice\":0,\"kind\":\"exact\","
     "\"score\":1.0,\"decision\":\"refuse\"}\n"},
    {"one/a.xml one/a.xml", 1, NULL},
    {"one/README.md", 3, ""}, /* named, so it counts */
    {"one/a.xml one/b.xml missing.xml", 3, SAME("one/a.xml", "one/b.xml")},
    {"", 2, ""},
    {"--nonsense one", 2, ""},
    {"--json --table one", 2, ""},
};

Test(command, prints_pairs_and_says_by_its_exit_code, .init = set_up, .fini = tear_down)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_eq(run(rows[i].arguments), rows[i].code, "%s", rows[i].arguments);
        if (rows[i].output)
            cr_expect_str_eq(output, rows[i].output, "%s: %s", rows[i].arguments, output);
    }
}
