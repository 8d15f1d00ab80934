/** Real signed, attacked and unsigned documents: every signature is noticed, none is called valid. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "vouch/verify.h"

typedef struct tally {
    size_t files, opened, with_signature, nothing;
} tally;

static uint8_t *read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    const long size = ftell(file);
    rewind(file);
    uint8_t *data = malloc((size_t)size + 1);
    *length = data ? fread(data, 1, (size_t)size, file) : 0;
    fclose(file);
    return data;
}

/* Verify one file; whatever is in it, "valid" and "partial" are refused. */
static void look_at(const char *path, tally *sum, bool must_be_signed)
{
    size_t length;
    VOUCH_CLEANUP(vouch_free_pointer) uint8_t *data = read_file(path, &length);
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = NULL;
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_verdicts verdicts = {0};
    cr_assert(data, "%s", path);
    sum->files++;
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
    sum->nothing += !is_signed;
    cr_expect(is_signed || !must_be_signed, "%s: its signature was not noticed", path);
}

static void walk(const char *folder, tally *sum, bool must_be_signed)
{
    DIR *directory = opendir(folder);
    cr_assert(directory, "%s", folder);
    for (const struct dirent *entry; (entry = readdir(directory));) {
        char path[1024];
        struct stat stat_of;
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (stat(path, &stat_of) == 0 && S_ISDIR(stat_of.st_mode))
            walk(path, sum, must_be_signed);
        else
            look_at(path, sum, must_be_signed);
    }
    closedir(directory);
}

/* @return false after skipping the test */
static bool shared(const char *relative, char path[1024])
{
    const char *root = getenv("VOUCH_SHARED_DATA");
    struct stat stat_of;
    snprintf(path, 1024, "%s/%s", root ? root : "", relative);
    return root && stat(path, &stat_of) == 0;
}

static void walk_shared(const char *relative, tally *sum, bool must_be_signed)
{
    char path[1024];
    if (!shared(relative, path))
        cr_skip_test("skipped: %s is not there", relative);
    walk(path, sum, must_be_signed);
}

Test(verify_documents, attacked_pdfs_all_count_as_signed, .timeout = 120)
{
    tally sum = {0};
    walk_shared("intl/pdf-attacks", &sum, true);
    cr_expect_geq(sum.opened, 25);
}

Test(verify_documents, pades_is_noticed_and_never_valid, .timeout = 240)
{
    tally sum = {0};
    walk_shared("intl/pades", &sum, false);
    cr_expect_geq(sum.with_signature, 85, "%zu of %zu", sum.with_signature, sum.opened);
}

Test(verify_documents, chinese_documents, .timeout = 240)
{
    tally sum = {0};
    walk_shared("china", &sum, false);
    cr_expect_geq(sum.with_signature, 9, "%zu of %zu", sum.with_signature, sum.opened);
}

Test(verify_documents, chinese_ofds_that_are_signed_are_noticed, .timeout = 120)
{
    static const char list[] = "china/ofd/expected-signatures.tsv";
    char path[1024], line[1024];
    if (!shared(list, path))
        cr_skip_test("skipped: %s is not there", list);
    FILE *file = fopen(path, "r");
    cr_assert(file);
    tally sum = {0};
    while (fgets(line, sizeof line, file)) {
        char name[256], full[2048];
        if (sscanf(line, "%255[^\t]", name) != 1 || strcmp(name, "file") == 0 || line[0] == '#')
            continue;
        snprintf(full, sizeof full, "%.*s/%s", (int)(strrchr(path, '/') - path), path, name);
        look_at(full, &sum, true);
    }
    fclose(file);
    cr_expect_geq(sum.with_signature, 10);
}

Test(verify_documents, national_xml_signatures, .timeout = 120)
{
    tally sum = {0};
    walk_shared("intl/sig-sa-zatca", &sum, false);
    walk_shared("intl/sig-br-nfe", &sum, false);
    walk_shared("intl/sig-cl-dte", &sum, false);
    cr_expect_geq(sum.with_signature, 12, "%zu of %zu", sum.with_signature, sum.opened);
}
