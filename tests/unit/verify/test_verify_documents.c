/** Real signed, attacked and unsigned documents: every signature is noticed, none is called valid. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/samples.h"
#include "vouch/verify.h"

typedef struct tally {
    bool must_be_signed;
    size_t opened, with_signature;
} tally;

/* Verify one file; whatever is in it, "valid" and "partial" are refused. */
static void look_at(const char *path, void *user)
{
    tally *sum = user;
    size_t length;
    VOUCH_CLEANUP(vouch_free_pointer) uint8_t *data = test_samples_load(path, &length);
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = NULL;
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_verdicts verdicts = {0};
    cr_assert(data, "%s", path);
    if (vouch_decode_containers(data, length, NULL, &decoded, &err) != VOUCH_OK)
        return;
    sum->opened++;
    cr_assert_eq(vouch_verify(decoded, &verdicts, &err), VOUCH_OK);
    cr_assert_geq(verdicts.count, 1, "%s: no verdict", path);
    bool is_signed = false;
    for (size_t i = 0; i < verdicts.count; i++) {
        const vouch_integrity integrity = verdicts.items[i].integrity;
        cr_expect(integrity == VOUCH_INTEGRITY_UNSUPPORTED || integrity == VOUCH_INTEGRITY_NONE, "%s: %s", path,
                  vouch_integrity_name(integrity));
        is_signed |= integrity == VOUCH_INTEGRITY_UNSUPPORTED;
    }
    sum->with_signature += is_signed;
    cr_expect(is_signed || !sum->must_be_signed, "%s: its signature was not noticed", path);
}

static void walk_shared(const char *relative, tally *sum)
{
    char path[TEST_PATH_SIZE];
    if (!test_samples_find(relative, path))
        cr_skip_test("skipped: %s is not there", relative);
    (void)test_samples_walk(path, look_at, sum);
}

Test(verify_documents, attacked_pdfs_all_count_as_signed, .timeout = 120)
{
    tally sum = {.must_be_signed = true};
    walk_shared("intl/pdf-attacks", &sum);
    cr_expect_geq(sum.opened, 25);
}

Test(verify_documents, pades_is_noticed_and_never_valid, .timeout = 240)
{
    tally sum = {0};
    walk_shared("intl/pades", &sum);
    cr_expect_geq(sum.with_signature, 85, "%zu of %zu", sum.with_signature, sum.opened);
}

Test(verify_documents, chinese_documents, .timeout = 240)
{
    tally sum = {0};
    walk_shared("china", &sum);
    cr_expect_geq(sum.with_signature, 9, "%zu of %zu", sum.with_signature, sum.opened);
}

Test(verify_documents, chinese_ofds_that_are_signed_are_noticed, .timeout = 120)
{
    static const char list[] = "china/ofd/expected-signatures.tsv";
    char path[TEST_PATH_SIZE], line[1024];
    if (!test_samples_find(list, path))
        cr_skip_test("skipped: %s is not there", list);
    FILE *file = fopen(path, "r");
    cr_assert(file);
    tally sum = {.must_be_signed = true};
    while (fgets(line, sizeof line, file)) {
        char name[256], full[2048];
        if (sscanf(line, "%255[^\t]", name) != 1 || strcmp(name, "file") == 0 || line[0] == '#')
            continue;
        snprintf(full, sizeof full, "%.*s/%s", (int)(strrchr(path, '/') - path), path, name);
        look_at(full, &sum);
    }
    fclose(file);
    cr_expect_geq(sum.with_signature, 10);
}

Test(verify_documents, national_xml_signatures, .timeout = 120)
{
    tally sum = {0};
    walk_shared("intl/sig-sa-zatca", &sum);
    walk_shared("intl/sig-br-nfe", &sum);
    walk_shared("intl/sig-cl-dte", &sum);
    cr_expect_geq(sum.with_signature, 12, "%zu of %zu", sum.with_signature, sum.opened);
}
