#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "temporary.h"

enum {
    SIZE = 150000 /* three chunks */
};

static const char marker[] = "plain words that nobody may find on the disk";

static void make_data(uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)marker[i % (sizeof marker - 1)];
}

static size_t read_file(const char *path, uint8_t *out, size_t capacity)
{
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    const size_t got = fread(out, 1, capacity, file);
    fclose(file);
    return got;
}

static void write_file(const char *path, const uint8_t *data, size_t length)
{
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file, "%s", path);
    cr_assert_eq(fwrite(data, 1, length, file), length);
    fclose(file);
}

/* A sealed store with one blob, and the bytes of its file. */
typedef struct sealed_blob {
    temporary t;
    vouch_blob blob;
    char path[256];
    uint8_t plain[SIZE], stored[SIZE + 1000];
    size_t length;
} sealed_blob;

static sealed_blob *open_sealed_blob(size_t size)
{
    sealed_blob *s = calloc(1, sizeof *s);
    vouch_error err = VOUCH_ERROR_INIT;
    s->t = temporary_open_as(true);
    make_data(s->plain, size);
    cr_assert_eq(vouch_blob_store(s->t.blobs, TENANT_A, s->plain, size, &s->blob, &err), VOUCH_OK, "%s", err.message);
    temporary_path(&s->t, TENANT_A, s->blob.sha256, s->path);
    s->length = read_file(s->path, s->stored, sizeof s->stored);
    return s;
}

static void done(sealed_blob **s)
{
    temporary_done(&(*s)->t);
    free(*s);
}

static vouch_code load(const temporary *t, const char *tenant, const char *sha256, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_free_pointer) uint8_t *data = NULL;
    size_t length = 0;
    *err = (vouch_error)VOUCH_ERROR_INIT;
    return vouch_blob_load(t->blobs, tenant, sha256, 2 * SIZE, &data, &length, err);
}

static bool folder_has(const char *folder, const char *text)
{
    char command[256];
    snprintf(command, sizeof command, "grep -rqF '%s' %s", text, folder);
    return system(command) == 0;
}

Test(sealed, no_plain_byte_reaches_the_disk)
{
    VOUCH_CLEANUP(done) sealed_blob *s = open_sealed_blob(SIZE);
    cr_expect_not(folder_has(s->t.folder, "plain words"));
    /* Nor that of an upload that is not finished, looked at or not. */
    VOUCH_CLEANUP(vouch_blob_abort) vouch_blob_writer *writer = NULL;
    const uint8_t *view;
    size_t length;
    cr_assert_eq(vouch_blob_create(s->t.blobs, TENANT_A, SIZE, &writer, NULL), VOUCH_OK);
    cr_assert_eq(vouch_blob_append(writer, s->plain, SIZE, NULL), VOUCH_OK);
    cr_expect_not(folder_has(s->t.folder, "plain words"));
    cr_assert_eq(vouch_blob_view(writer, &view, &length, NULL), VOUCH_OK);
    cr_expect(length == SIZE && memcmp(view, s->plain, SIZE) == 0);
    cr_expect_not(folder_has(s->t.folder, "plain words"));
    /* The search finds what is plain. */
    VOUCH_CLEANUP(temporary_done) temporary plain = temporary_open_as(false);
    cr_assert_eq(vouch_blob_store(plain.blobs, TENANT_A, s->plain, SIZE, &s->blob, NULL), VOUCH_OK);
    cr_expect(folder_has(plain.folder, "plain words"));
}

Test(sealed, each_flipped_bit_is_found)
{
    VOUCH_CLEANUP(done) sealed_blob *s = open_sealed_blob(37);
    vouch_error err;
    for (size_t at = 0; at < s->length; at++)
        for (int bit = 0; bit < 8; bit++) {
            s->stored[at] ^= (uint8_t)(1 << bit);
            write_file(s->path, s->stored, s->length);
            const vouch_code code = load(&s->t, TENANT_A, s->blob.sha256, &err);
            /* A changed id names a key that is not there. */
            const vouch_code wanted = at >= 16 && at < 32 ? VOUCH_KEY_MISSING : VOUCH_BLOB_DAMAGED;
            cr_expect_eq(code, wanted, "bit %d of byte %zu: %s", bit, at, err.message);
            s->stored[at] ^= (uint8_t)(1 << bit);
        }
    write_file(s->path, s->stored, s->length);
    cr_expect_eq(load(&s->t, TENANT_A, s->blob.sha256, &err), VOUCH_OK, "%s", err.message);
}

Test(sealed, each_length_but_the_right_one_is_found)
{
    VOUCH_CLEANUP(done) sealed_blob *s = open_sealed_blob(SIZE);
    static const size_t lengths[] = {0, 1, 8, 63, 64, 65, 79, 80, 81, 64 + 65552, 64 + 65552 + 16, 64 + 2 * 65552};
    vouch_error err;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        write_file(s->path, s->stored, lengths[i]);
        cr_expect_eq(load(&s->t, TENANT_A, s->blob.sha256, &err), VOUCH_BLOB_DAMAGED, "%zu bytes", lengths[i]);
    }
    write_file(s->path, s->stored, s->length - 1);
    cr_expect_eq(load(&s->t, TENANT_A, s->blob.sha256, &err), VOUCH_BLOB_DAMAGED);
    write_file(s->path, s->stored, s->length + 1);
    cr_expect_eq(load(&s->t, TENANT_A, s->blob.sha256, &err), VOUCH_BLOB_DAMAGED);
    cr_expect_not_null(strstr(err.message, s->blob.sha256), "the message names the blob: %s", err.message);
}

Test(sealed, moved_and_repeated_chunks_are_found)
{
    VOUCH_CLEANUP(done) sealed_blob *s = open_sealed_blob(SIZE);
    VOUCH_CLEANUP(vouch_free_pointer) uint8_t *edited = malloc(sizeof s->stored);
    vouch_error err;
    uint8_t *first = edited + VOUCH_SEAL_HEADER, *second = first + VOUCH_SEAL_SEALED_CHUNK;
    const uint8_t *from = s->stored + VOUCH_SEAL_HEADER;
    memcpy(edited, s->stored, s->length);
    memcpy(first, from + VOUCH_SEAL_SEALED_CHUNK, VOUCH_SEAL_SEALED_CHUNK);
    memcpy(second, from, VOUCH_SEAL_SEALED_CHUNK);
    write_file(s->path, edited, s->length);
    cr_expect_eq(load(&s->t, TENANT_A, s->blob.sha256, &err), VOUCH_BLOB_DAMAGED, "exchanged");
    memcpy(first, from, VOUCH_SEAL_SEALED_CHUNK);
    write_file(s->path, edited, s->length);
    cr_expect_eq(load(&s->t, TENANT_A, s->blob.sha256, &err), VOUCH_BLOB_DAMAGED, "repeated");
    memcpy(edited, s->stored, s->length);
    memmove(second, second + VOUCH_SEAL_SEALED_CHUNK, s->length - VOUCH_SEAL_HEADER - 2 * VOUCH_SEAL_SEALED_CHUNK);
    write_file(s->path, edited, s->length - VOUCH_SEAL_SEALED_CHUNK);
    cr_expect_eq(load(&s->t, TENANT_A, s->blob.sha256, &err), VOUCH_BLOB_DAMAGED, "left out");
}

Test(sealed, a_blob_opens_under_no_other_name_or_tenant)
{
    VOUCH_CLEANUP(done) sealed_blob *s = open_sealed_blob(37);
    vouch_blob other, others;
    char path[256], command[1024];
    vouch_error err;
    cr_assert_eq(vouch_blob_store(s->t.blobs, TENANT_A, "abc", 3, &other, NULL), VOUCH_OK);
    temporary_path(&s->t, TENANT_A, other.sha256, path);
    write_file(path, s->stored, s->length);
    cr_expect_eq(load(&s->t, TENANT_A, other.sha256, &err), VOUCH_BLOB_DAMAGED);
    cr_expect_not_null(strstr(err.message, "another name"), "%s", err.message);
    /* The same bytes of another tenant, so that only the keys tell them apart. */
    cr_assert_eq(vouch_blob_store(s->t.blobs, TENANT_B, s->plain, 37, &others, NULL), VOUCH_OK);
    temporary_path(&s->t, TENANT_B, others.sha256, path);
    write_file(path, s->stored, s->length);
    cr_expect_eq(load(&s->t, TENANT_B, others.sha256, &err), VOUCH_KEY_MISSING, "%s", err.message);
    /* With the key's record as well: it is not that tenant's. */
    snprintf(command, sizeof command, "cp %s/tenants/%s/keys/* %s/tenants/%s/keys/", s->t.folder, TENANT_A, s->t.folder,
             TENANT_B);
    cr_assert_eq(system(command), 0);
    cr_expect_eq(load(&s->t, TENANT_B, others.sha256, &err), VOUCH_BLOB_DAMAGED);
    cr_expect_not_null(strstr(err.message, "another tenant's"), "%s", err.message);
}

Test(sealed, each_lack_of_a_key_is_told_apart)
{
    VOUCH_CLEANUP(done) sealed_blob *s = open_sealed_blob(37);
    char command[512];
    vouch_error err = VOUCH_ERROR_INIT;
    cr_assert_eq(temporary_open_blobs(&s->t, false, false, &err), VOUCH_OK);
    cr_expect_eq(load(&s->t, TENANT_A, s->blob.sha256, &err), VOUCH_KEY_MISSING);
    cr_expect_not_null(strstr(err.message, "blob_key_file"), "%s", err.message);
    cr_expect_eq(temporary_open_blobs(&s->t, false, true, &err), VOUCH_CONFIG, "required, but no key");

    /* Another key file. */
    snprintf(command, sizeof command, "mv %s/keys %s/away", s->t.folder, s->t.folder);
    cr_assert_eq(system(command), 0);
    temporary_add_key(&s->t);
    cr_assert_eq(temporary_open_blobs(&s->t, true, false, &err), VOUCH_OK);
    cr_expect_eq(load(&s->t, TENANT_A, s->blob.sha256, &err), VOUCH_KEY_MISSING);
    cr_expect_not_null(strstr(err.message, "is not in the key file"), "%s", err.message);
    cr_expect_eq(vouch_blob_store(s->t.blobs, TENANT_A, "abc", 3, &s->blob, &err), VOUCH_KEY_MISSING,
                 "no second key is made while the first can't be opened");

    /* The right file again, and the record of the tenant's key is gone. */
    snprintf(command, sizeof command, "mv %s/away %s/keys && rm %s/tenants/%s/keys/*", s->t.folder, s->t.folder,
             s->t.folder, TENANT_A);
    cr_assert_eq(system(command), 0);
    cr_assert_eq(temporary_open_blobs(&s->t, true, false, &err), VOUCH_OK);
    cr_expect_eq(load(&s->t, TENANT_A, s->blob.sha256, &err), VOUCH_KEY_MISSING);
    cr_expect_not_null(strstr(err.message, "is gone"), "%s", err.message);
}

Test(sealed, plain_blobs_stay_readable_unless_forbidden)
{
    VOUCH_CLEANUP(temporary_done) temporary t = temporary_open_as(false);
    vouch_blob plain, sealed;
    vouch_error err = VOUCH_ERROR_INIT;
    cr_assert_eq(vouch_blob_store(t.blobs, TENANT_A, "before", 6, &plain, NULL), VOUCH_OK);
    temporary_add_key(&t);
    cr_assert_eq(temporary_open_blobs(&t, true, false, &err), VOUCH_OK, "%s", err.message);
    cr_assert_eq(vouch_blob_store(t.blobs, TENANT_A, "after", 5, &sealed, NULL), VOUCH_OK);
    cr_expect_eq(load(&t, TENANT_A, plain.sha256, &err), VOUCH_OK);
    cr_expect_eq(load(&t, TENANT_A, sealed.sha256, &err), VOUCH_OK);
    cr_assert_eq(temporary_open_blobs(&t, true, true, &err), VOUCH_OK, "%s", err.message);
    cr_expect_eq(load(&t, TENANT_A, plain.sha256, &err), VOUCH_CONFIG);
    cr_expect_not_null(strstr(err.message, "keys rotate"), "%s", err.message);
    cr_expect_eq(load(&t, TENANT_A, sealed.sha256, &err), VOUCH_OK);
}

Test(sealed, a_plain_blob_cannot_look_like_an_encrypted_one)
{
    VOUCH_CLEANUP(done) sealed_blob *s = open_sealed_blob(37);
    VOUCH_CLEANUP(temporary_done) temporary plain = temporary_open_as(false);
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_blob blob;
    cr_expect_eq(vouch_blob_store(plain.blobs, TENANT_A, s->stored, s->length, &blob, &err), VOUCH_UNSUPPORTED_FORMAT);
    cr_expect_eq(vouch_blob_store(s->t.blobs, TENANT_A, s->stored, s->length, &blob, &err), VOUCH_OK,
                 "encrypted once more it is a blob like any other");
    cr_expect_eq(load(&s->t, TENANT_A, blob.sha256, &err), VOUCH_OK, "%s", err.message);
}

Test(sealed, erasing_a_tenant_begins_with_his_keys)
{
    VOUCH_CLEANUP(done) sealed_blob *s = open_sealed_blob(37);
    vouch_blob other;
    vouch_blob_erasure erased = {0};
    vouch_error err = VOUCH_ERROR_INIT;
    char copy[256];
    snprintf(copy, sizeof copy, "%s/copy", s->t.folder);
    write_file(copy, s->stored, s->length);
    cr_assert_eq(vouch_blob_store(s->t.blobs, TENANT_B, "abc", 3, &other, NULL), VOUCH_OK);
    cr_expect_eq(vouch_blobs_erase_tenant(s->t.blobs, TENANT_A, &erased, &err), VOUCH_OK, "%s", err.message);
    cr_expect(erased.keys == 1 && erased.blobs == 1 && erased.bytes == s->length);
    cr_expect_eq(load(&s->t, TENANT_A, s->blob.sha256, &err), VOUCH_NOT_FOUND);
    cr_expect_eq(load(&s->t, TENANT_B, other.sha256, &err), VOUCH_OK, "%s", err.message);
    cr_expect_eq(vouch_blobs_erase_tenant(s->t.blobs, TENANT_A, &erased, &err), VOUCH_OK, "again");
    /* Whoever kept a copy of the file can't read it: the key is nowhere. */
    cr_assert_eq(rename(copy, s->path), 0);
    cr_assert_eq(temporary_open_blobs(&s->t, true, false, &err), VOUCH_OK);
    cr_expect_eq(load(&s->t, TENANT_A, s->blob.sha256, &err), VOUCH_KEY_MISSING, "%s", err.message);
}
