/**
 * fixtures/ holds what the generator makes: byte for byte, except the seals of OFD packages, whose authority is new in
 * every run; of these all other entries.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <zip.h>

#include "product.h"

static bool load(const char *name, vouch_buffer *out)
{
    char path[512], chunk[65536];
    snprintf(path, sizeof path, "%s/fixtures/%s", VOUCH_SOURCE_DIR, name);
    FILE *file = fopen(path, "rb");
    for (size_t got; file && (got = fread(chunk, 1, sizeof chunk, file)) > 0;)
        cr_assert(vouch_buffer_append(out, chunk, got) == VOUCH_OK);
    return file && fclose(file) == 0;
}

static zip_t *open_package(const vouch_buffer *bytes)
{
    zip_error_t why;
    zip_source_t *source = zip_source_buffer_create(bytes->data, bytes->length, 0, &why);
    zip_t *archive = source ? zip_open_from_source(source, ZIP_RDONLY, &why) : NULL;
    cr_assert(archive, "a package can't be opened");
    return archive;
}

static char *read_entry(zip_t *archive, const char *name, zip_uint64_t *length)
{
    zip_stat_t about;
    if (zip_stat(archive, name, 0, &about) != 0)
        return NULL;
    char *bytes = malloc(about.size + 1);
    zip_file_t *entry = zip_fopen(archive, name, 0);
    cr_assert(bytes && entry && zip_fread(entry, bytes, about.size) == (zip_int64_t)about.size);
    zip_fclose(entry);
    *length = about.size;
    return bytes;
}

static void compare_packages(const char *name, const vouch_buffer *made, const vouch_buffer *kept)
{
    zip_t *one = open_package(made), *other = open_package(kept);
    cr_expect(zip_get_num_entries(one, 0) == zip_get_num_entries(other, 0), "%s: as many entries", name);
    for (zip_int64_t i = 0; i < zip_get_num_entries(one, 0); i++) {
        const char *path = zip_get_name(one, (zip_uint64_t)i, 0);
        zip_uint64_t one_length = 0, other_length = 0;
        VOUCH_CLEANUP(vouch_free_pointer) char *a = read_entry(one, path, &one_length);
        VOUCH_CLEANUP(vouch_free_pointer) char *b = read_entry(other, path, &other_length);
        bool is_seal = strncmp(path, "Doc_0/Signs/", strlen("Doc_0/Signs/")) == 0;
        cr_expect(b && (is_seal || (one_length == other_length && memcmp(a, b, one_length) == 0)), "%s: %s differs",
                  name, path);
    }
    zip_discard(one);
    zip_discard(other);
}

static void compare_file(const product_file *made)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer kept = {0};
    cr_expect(load(made->name, &kept), "fixtures/%s is not there", made->name);
    if (!kept.data)
        return;
    if (strstr(made->name, ".ofd"))
        return compare_packages(made->name, &made->content, &kept);
    cr_expect(made->content.length == kept.length && memcmp(made->content.data, kept.data, kept.length) == 0,
              "fixtures/%s differs from what the generator makes", made->name);
}

Test(fixtures, are_what_the_generator_makes)
{
    vouch_error err = VOUCH_ERROR_INIT;
    for (size_t i = 0; i < product_fixture_count(); i++) {
        VOUCH_CLEANUP(product_done) product made = {.count = 0};
        cr_assert(product_fixture(i, &made, &err) == VOUCH_OK, "%s", err.message);
        for (size_t f = 0; f < made.count; f++)
            compare_file(&made.files[f]);
    }
}

static const char *const by_hand[] = {"README.md", "trust", ".", ".."};

static bool is_by_hand(const char *name)
{
    for (size_t i = 0; i < sizeof by_hand / sizeof *by_hand; i++)
        if (strcmp(name, by_hand[i]) == 0)
            return true;
    return false;
}

Test(fixtures, hold_nothing_else)
{
    static char names[512][96];
    size_t count = 0;
    vouch_error err = VOUCH_ERROR_INIT;
    for (size_t i = 0; i < product_fixture_count(); i++) {
        VOUCH_CLEANUP(product_done) product made = {.count = 0};
        cr_assert(product_fixture(i, &made, &err) == VOUCH_OK, "%s", err.message);
        for (size_t f = 0; f < made.count && count < 512; f++)
            memcpy(names[count++], made.files[f].name, sizeof names[0]);
    }
    DIR *folder = opendir(VOUCH_SOURCE_DIR "/fixtures");
    cr_assert(folder);
    for (const struct dirent *entry; (entry = readdir(folder));) {
        bool found = is_by_hand(entry->d_name);
        for (size_t i = 0; i < count && !found; i++)
            found = strcmp(names[i], entry->d_name) == 0;
        cr_expect(found, "fixtures/%s is none of the generator's", entry->d_name);
    }
    closedir(folder);
}
