#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "temporary.h"
#include "vouch/hash.h"

Test(blobs, what_is_stored_is_read_back)
{
    VOUCH_CLEANUP(temporary_done) temporary t = temporary_open();
    static const size_t sizes[] = {0, 1, 4096, 65535, 65536, 65537, 131072, 300001};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        VOUCH_CLEANUP(vouch_free_pointer) uint8_t *data = malloc(sizes[i] + 1);
        for (size_t k = 0; k < sizes[i]; k++)
            data[k] = (uint8_t)(k * 7 + i);
        vouch_blob blob;
        vouch_error err = VOUCH_ERROR_INIT;
        cr_assert_eq(vouch_blob_store(t.blobs, TENANT_A, data, sizes[i], &blob, &err), VOUCH_OK, "%s", err.message);
        char sha256[65], xxh3[33];
        vouch_sha256_hex(data, sizes[i], sha256);
        vouch_xxh3_hex(data, sizes[i], xxh3);
        cr_expect_str_eq(blob.sha256, sha256);
        cr_expect_str_eq(blob.xxh3, xxh3);
        cr_expect_eq(blob.size, sizes[i]);

        VOUCH_CLEANUP(vouch_free_pointer) uint8_t *back = NULL;
        size_t length = 0;
        cr_assert_eq(vouch_blob_load(t.blobs, TENANT_A, sha256, sizes[i], &back, &length, &err), VOUCH_OK, "%s",
                     err.message);
        cr_expect_eq(length, sizes[i]);
        cr_expect_eq(memcmp(back, data, length), 0);

        VOUCH_CLEANUP(vouch_blob_reader_close) vouch_blob_reader *reader = NULL;
        cr_assert_eq(vouch_blob_open(t.blobs, TENANT_A, sha256, &reader, &err), VOUCH_OK, "%s", err.message);
        cr_expect_eq(vouch_blob_reader_size(reader), sizes[i]);
        /* From anywhere, in any order, across the bounds of chunks. */
        static const size_t offsets[] = {0, 65530, 1, 65536, 300000, 299990, 300001, 900000, 65535};
        for (size_t k = 0; k < sizeof offsets / sizeof offsets[0]; k++) {
            uint8_t piece[70000];
            const size_t left = offsets[k] < sizes[i] ? sizes[i] - offsets[k] : 0;
            const size_t wanted = left < sizeof piece ? left : sizeof piece;
            cr_assert_eq(vouch_blob_read(reader, offsets[k], piece, sizeof piece, &length, &err), VOUCH_OK, "%s",
                         err.message);
            cr_expect_eq(length, wanted, "%zu of %zu at %zu", length, sizes[i], offsets[k]);
            cr_expect(wanted == 0 || memcmp(piece, data + offsets[k], wanted) == 0, "%zu at %zu", sizes[i], offsets[k]);
        }
    }
    cr_expect_eq(temporary_spools(&t), 0);
}

Test(blobs, files_are_private_and_where_the_layout_says)
{
    VOUCH_CLEANUP(temporary_done) temporary t = temporary_open();
    vouch_blob blob;
    cr_assert_eq(vouch_blob_store(t.blobs, TENANT_A, "abc", 3, &blob, NULL), VOUCH_OK);
    char path[256];
    temporary_path(&t, TENANT_A, blob.sha256, path);
    struct stat stats;
    cr_assert_eq(stat(path, &stats), 0, "%s", path);
    cr_expect_eq(stats.st_mode & 0777, 0600);
    snprintf(path, sizeof path, "%s/tenants/%s", t.folder, TENANT_A);
    cr_assert_eq(stat(path, &stats), 0);
    cr_expect_eq(stats.st_mode & 0777, 0700);
}

/* What is done with a blob of a store of the first version, which had one level of folders more. */
static void move_down(const temporary *t, const char *sha256)
{
    char path[256], folder[256], below[400];
    temporary_path(t, TENANT_A, sha256, path);
    snprintf(folder, sizeof folder, "%s/tenants/%s/%.2s/%.2s", t->folder, TENANT_A, sha256, sha256 + 2);
    snprintf(below, sizeof below, "%s/%s", folder, sha256);
    cr_assert_eq(mkdir(folder, 0700), 0);
    cr_assert_eq(rename(path, below), 0);
}

Test(blobs, those_of_the_first_version_are_found_replaced_and_removed)
{
    VOUCH_CLEANUP(temporary_done) temporary t = temporary_open();
    vouch_blob blob, again;
    char path[256], folder[256];
    bool there = false;
    cr_assert_eq(vouch_blob_store(t.blobs, TENANT_A, "abc", 3, &blob, NULL), VOUCH_OK);
    temporary_path(&t, TENANT_A, blob.sha256, path);
    snprintf(folder, sizeof folder, "%s/tenants/%s/%.2s/%.2s", t.folder, TENANT_A, blob.sha256, blob.sha256 + 2);
    move_down(&t, blob.sha256);
    VOUCH_CLEANUP(vouch_free_pointer) uint8_t *back = NULL;
    size_t length = 0;
    cr_assert_eq(vouch_blob_load(t.blobs, TENANT_A, blob.sha256, 10, &back, &length, NULL), VOUCH_OK);
    cr_expect_eq(length, 3);
    cr_expect_eq(access(path, F_OK), 0, "it has moved up");
    cr_expect_neq(access(folder, F_OK), 0, "the empty folder is gone");
    move_down(&t, blob.sha256);
    cr_assert_eq(vouch_blob_store(t.blobs, TENANT_A, "abc", 3, &again, NULL), VOUCH_OK);
    cr_expect_neq(access(folder, F_OK), 0, "stored again, it is there once");
    move_down(&t, blob.sha256);
    cr_assert_eq(vouch_blob_remove(t.blobs, TENANT_A, blob.sha256, NULL), VOUCH_OK);
    cr_expect_neq(access(folder, F_OK), 0, "removed, it is nowhere");
    cr_assert_eq(vouch_blob_exists(t.blobs, TENANT_A, blob.sha256, &there, NULL), VOUCH_OK);
    cr_expect_not(there);
}

Test(blobs, tenants_do_not_see_each_other)
{
    VOUCH_CLEANUP(temporary_done) temporary t = temporary_open();
    vouch_blob blob;
    bool there = false;
    vouch_error err = VOUCH_ERROR_INIT;
    cr_assert_eq(vouch_blob_store(t.blobs, TENANT_A, "abc", 3, &blob, NULL), VOUCH_OK);
    cr_expect_eq(vouch_blob_exists(t.blobs, TENANT_A, blob.sha256, &there, NULL), VOUCH_OK);
    cr_expect(there);
    cr_expect_eq(vouch_blob_exists(t.blobs, TENANT_B, blob.sha256, &there, &err), VOUCH_OK);
    cr_expect_not(there);
    cr_expect_eq(err.code, VOUCH_OK);
    uint8_t *data = NULL;
    size_t length = 77;
    cr_expect_eq(vouch_blob_load(t.blobs, TENANT_B, blob.sha256, 10, &data, &length, &err), VOUCH_NOT_FOUND);
    cr_expect_null(data);
    cr_expect_eq(length, 77);
}

Test(blobs, names_are_checked_by_shape)
{
    VOUCH_CLEANUP(temporary_done) temporary t = temporary_open();
    static const char *const tenants[] = {"",
                                          "..",
                                          "../../../../../../../../../../etc/x",
                                          "0190F5FE-7C00-7A00-8000-0123456789AB",
                                          "0190f5fe-7c00-7a00-8000-0123456789a/",
                                          "0190f5fe7c007a0080000123456789abcdef",
                                          "0190f5fe-7c00-7a00-8000-0123456789ab0"};
    static const char *const hashes[] = {"", "..", "ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef0123456789",
                                         "../../../../../../../../../../../../../../../../../../../../../e", "abc"};
    vouch_blob blob;
    for (size_t i = 0; i < sizeof tenants / sizeof tenants[0]; i++)
        cr_expect_eq(vouch_blob_store(t.blobs, tenants[i], "abc", 3, &blob, NULL), VOUCH_INTERNAL, "%s", tenants[i]);
    bool there;
    vouch_blob_reader *reader = NULL;
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
        cr_expect_eq(vouch_blob_exists(t.blobs, TENANT_A, hashes[i], &there, NULL), VOUCH_INTERNAL, "%s", hashes[i]);
        cr_expect_eq(vouch_blob_open(t.blobs, TENANT_A, hashes[i], &reader, NULL), VOUCH_INTERNAL, "%s", hashes[i]);
        cr_expect_eq(vouch_blob_remove(t.blobs, TENANT_A, hashes[i], NULL), VOUCH_INTERNAL, "%s", hashes[i]);
    }
    cr_expect_eq(vouch_blob_remove(t.blobs, TENANT_A, NULL, NULL), VOUCH_INTERNAL);
    cr_expect_eq(vouch_blob_exists(t.blobs, NULL, hashes[0], &there, NULL), VOUCH_INTERNAL);
}

Test(blobs, limits_hold_while_writing_and_reading)
{
    VOUCH_CLEANUP(temporary_done) temporary t = temporary_open();
    VOUCH_CLEANUP(vouch_blob_abort) vouch_blob_writer *writer = NULL;
    vouch_error err = VOUCH_ERROR_INIT;
    cr_assert_eq(vouch_blob_create(t.blobs, TENANT_A, 5, &writer, &err), VOUCH_OK);
    cr_expect_eq(vouch_blob_append(writer, "abc", 3, &err), VOUCH_OK);
    cr_expect_eq(vouch_blob_append(writer, "def", 3, &err), VOUCH_TOO_LARGE);
    cr_expect_eq(vouch_blob_append(writer, "d", 1, &err), VOUCH_IO, "after a failure only abort is left");
    vouch_blob blob = {.size = 99};
    cr_expect_eq(vouch_blob_commit(&writer, &blob, &err), VOUCH_IO);
    cr_expect_null(writer);
    cr_expect_eq(blob.size, 99);
    cr_expect_eq(temporary_spools(&t), 0);

    cr_assert_eq(vouch_blob_store(t.blobs, TENANT_A, "abc", 3, &blob, NULL), VOUCH_OK);
    uint8_t *data = NULL;
    size_t length;
    cr_expect_eq(vouch_blob_load(t.blobs, TENANT_A, blob.sha256, 2, &data, &length, &err), VOUCH_TOO_LARGE);
}

Test(blobs, abort_leaves_no_trace)
{
    VOUCH_CLEANUP(temporary_done) temporary t = temporary_open();
    vouch_blob_writer *writer = NULL;
    cr_assert_eq(vouch_blob_create(t.blobs, TENANT_A, 100, &writer, NULL), VOUCH_OK);
    cr_assert_eq(vouch_blob_append(writer, "abc", 3, NULL), VOUCH_OK);
    cr_expect_eq(temporary_spools(&t), 1);
    vouch_blob_abort(&writer);
    cr_expect_null(writer);
    vouch_blob_abort(&writer);
    cr_expect_eq(temporary_spools(&t), 0);
    char sha256[65];
    vouch_sha256_hex("abc", 3, sha256);
    bool there = true;
    cr_expect_eq(vouch_blob_exists(t.blobs, TENANT_A, sha256, &there, NULL), VOUCH_OK);
    cr_expect_not(there);
}

Test(blobs, the_bytes_can_be_looked_at_before_the_commit)
{
    VOUCH_CLEANUP(temporary_done) temporary t = temporary_open();
    VOUCH_CLEANUP(vouch_blob_abort) vouch_blob_writer *writer = NULL;
    const uint8_t *data = NULL;
    size_t length = 1;
    cr_assert_eq(vouch_blob_create(t.blobs, TENANT_A, 100, &writer, NULL), VOUCH_OK);
    cr_assert_eq(vouch_blob_view(writer, &data, &length, NULL), VOUCH_OK);
    cr_expect_not_null(data);
    cr_expect_eq(length, 0);
    cr_assert_eq(vouch_blob_append(writer, "%PDF", 4, NULL), VOUCH_OK);
    cr_assert_eq(vouch_blob_view(writer, &data, &length, NULL), VOUCH_OK);
    cr_expect_eq(length, 4);
    cr_expect_eq(memcmp(data, "%PDF", 4), 0);
    cr_assert_eq(vouch_blob_append(writer, "-1.7", 4, NULL), VOUCH_OK);
    cr_assert_eq(vouch_blob_view(writer, &data, &length, NULL), VOUCH_OK);
    cr_expect_eq(length, 8);
    cr_expect_eq(memcmp(data, "%PDF-1.7", 8), 0);
    vouch_blob blob;
    cr_expect_eq(vouch_blob_commit(&writer, &blob, NULL), VOUCH_OK);
    cr_expect_eq(blob.size, 8);
}

/* What disks and people do to a file. Each must be noticed, and healed by storing the bytes again. */
Test(blobs, damage_is_noticed_and_healed)
{
    static const struct {
        const char *how;
        vouch_code code;
    } damages[] = {{"printf X | dd of=%s conv=notrunc bs=1 seek=1 2>/dev/null", VOUCH_BLOB_DAMAGED},
                   {"truncate -s 3 %s", VOUCH_BLOB_DAMAGED},
                   {"truncate -s 0 %s", VOUCH_BLOB_DAMAGED},
                   {"printf more >> %s", VOUCH_BLOB_DAMAGED},
                   {"rm %s && ln -s /etc/hostname %s", VOUCH_IO},
                   {"rm %s && mkfifo %s", VOUCH_IO}};
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        VOUCH_CLEANUP(temporary_done) temporary t = temporary_open();
        vouch_blob blob;
        cr_assert_eq(vouch_blob_store(t.blobs, TENANT_A, "abcdef", 6, &blob, NULL), VOUCH_OK);
        char path[256], command[1024] = "";
        temporary_path(&t, TENANT_A, blob.sha256, path);
        for (const char *from = damages[i].how, *hole; *from; from = hole + 2) {
            hole = strstr(from, "%s");
            size_t length = strlen(command);
            if (!hole) {
                snprintf(command + length, sizeof command - length, "%s", from);
                break;
            }
            snprintf(command + length, sizeof command - length, "%.*s%s", (int)(hole - from), from, path);
        }
        cr_assert_eq(system(command), 0, "%s", command);
        vouch_error err = VOUCH_ERROR_INIT;
        uint8_t *data = NULL;
        size_t length;
        vouch_blob_reader *reader = NULL;
        cr_expect_eq(vouch_blob_load(t.blobs, TENANT_A, blob.sha256, 100, &data, &length, &err), damages[i].code,
                     "%s: %s", damages[i].how, err.message);
        cr_expect_null(data);
        cr_expect_eq(vouch_blob_open(t.blobs, TENANT_A, blob.sha256, &reader, &err), damages[i].code, "%s",
                     damages[i].how);
        cr_expect_null(reader);
        cr_expect_eq(vouch_blob_store(t.blobs, TENANT_A, "abcdef", 6, &blob, &err), VOUCH_OK, "%s", err.message);
        cr_expect_eq(vouch_blob_load(t.blobs, TENANT_A, blob.sha256, 100, &data, &length, &err), VOUCH_OK, "%s: %s",
                     damages[i].how, err.message);
        free(data);
    }
}

Test(blobs, planted_links_lead_nowhere)
{
    VOUCH_CLEANUP(temporary_done) temporary t = temporary_open();
    VOUCH_CLEANUP(temporary_done) temporary other = temporary_open();
    char target[256], link[256];
    snprintf(target, sizeof target, "%s/tenants", other.folder);
    snprintf(link, sizeof link, "%s/tenants/%s", t.folder, TENANT_A);
    cr_assert_eq(symlink(target, link), 0);
    vouch_blob blob;
    vouch_error err = VOUCH_ERROR_INIT;
    cr_expect_eq(vouch_blob_store(t.blobs, TENANT_A, "abc", 3, &blob, &err), VOUCH_IO);
    cr_expect_eq(temporary_spools(&t), 0);
    snprintf(target, sizeof target, "rmdir %s/tenants", other.folder);
    cr_expect_eq(system(target), 0, "nothing may have been written through the link");
}

Test(blobs, a_full_disk_fails_the_upload_and_leaves_nothing)
{
    VOUCH_CLEANUP(temporary_done) temporary t = temporary_open();
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit limit = {.rlim_cur = 10000, .rlim_max = RLIM_INFINITY};
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    VOUCH_CLEANUP(vouch_free_pointer) uint8_t *data = calloc(1, 20000);
    vouch_blob blob = {.size = 99};
    vouch_error err = VOUCH_ERROR_INIT;
    cr_expect_eq(vouch_blob_store(t.blobs, TENANT_A, data, 20000, &blob, &err), VOUCH_IO);
    cr_expect_not_null(strstr(err.message, strerror(EFBIG)), "%s", err.message);
    cr_expect_eq(blob.size, 99);
    cr_expect_eq(temporary_spools(&t), 0);
}

Test(blobs, a_store_that_cannot_be_opened_says_why)
{
    vouch_blobs *blobs = NULL;
    vouch_error err = VOUCH_ERROR_INIT;
    cr_expect_eq(vouch_blobs_open_folder("/nonexistent/a/b", &blobs, &err), VOUCH_IO);
    cr_expect_not_null(strstr(err.message, "/nonexistent/a/b: No such file or directory"), "%s", err.message);
    cr_expect_eq(vouch_blobs_open_folder("/dev/null", &blobs, &err), VOUCH_IO);
    cr_expect_null(blobs);
    vouch_blobs_close(&blobs);
}

typedef struct writer_job {
    vouch_blobs *blobs;
    int failures;
} writer_job;

static void *write_and_read(void *argument)
{
    writer_job *job = argument;
    for (int i = 0; i < 20; i++) {
        char text[32];
        int length = snprintf(text, sizeof text, "content %d", i);
        vouch_blob blob;
        uint8_t *data = NULL;
        size_t size = 0;
        vouch_code code = vouch_blob_store(job->blobs, TENANT_A, text, (size_t)length, &blob, NULL);
        if (code == VOUCH_OK)
            code = vouch_blob_load(job->blobs, TENANT_A, blob.sha256, 100, &data, &size, NULL);
        job->failures += code != VOUCH_OK || size != (size_t)length || memcmp(data, text, size) != 0;
        free(data);
    }
    return NULL;
}

static bool count_blob(void *context, const char *tenant, const char *sha256, size_t size)
{
    (void)tenant;
    (void)sha256;
    (void)size;
    return ++*(int *)context < 1000;
}

static bool stop_at_once(void *context, const char *tenant, const char *sha256, size_t size)
{
    count_blob(context, tenant, sha256, size);
    return false;
}

Test(blobs, writers_of_the_same_content_do_not_disturb_each_other)
{
    VOUCH_CLEANUP(temporary_done) temporary t = temporary_open();
    pid_t children[2];
    for (int c = 0; c < 2; c++) {
        children[c] = fork();
        if (children[c] == 0) {
            writer_job jobs[4];
            pthread_t threads[4];
            int failures = 0;
            for (int i = 0; i < 4; i++) {
                jobs[i] = (writer_job){.blobs = t.blobs};
                pthread_create(&threads[i], NULL, write_and_read, &jobs[i]);
            }
            for (int i = 0; i < 4; i++) {
                pthread_join(threads[i], NULL);
                failures += jobs[i].failures;
            }
            _exit(failures > 0);
        }
    }
    for (int c = 0; c < 2; c++) {
        int status = -1;
        cr_assert_eq(waitpid(children[c], &status, 0), children[c]);
        cr_expect_eq(status, 0);
    }
    int count = 0;
    cr_expect_eq(vouch_blobs_list(t.blobs, TENANT_A, count_blob, &count, NULL), VOUCH_OK);
    cr_expect_eq(count, 20);
    cr_expect_eq(temporary_spools(&t), 0);
}

Test(blobs, list_and_remove)
{
    VOUCH_CLEANUP(temporary_done) temporary t = temporary_open();
    vouch_blob a, b, other;
    cr_assert_eq(vouch_blob_store(t.blobs, TENANT_A, "a", 1, &a, NULL), VOUCH_OK);
    cr_assert_eq(vouch_blob_store(t.blobs, TENANT_A, "b", 1, &b, NULL), VOUCH_OK);
    cr_assert_eq(vouch_blob_store(t.blobs, TENANT_B, "a", 1, &other, NULL), VOUCH_OK);
    char command[256];
    snprintf(command, sizeof command, "cd %s/tenants && mkdir -p lost+found %s/zz && touch README %s/ab", t.folder,
             TENANT_A, TENANT_A);
    cr_assert_eq(system(command), 0);
    int count = 0;
    cr_expect_eq(vouch_blobs_list(t.blobs, NULL, count_blob, &count, NULL), VOUCH_OK);
    cr_expect_eq(count, 3, "foreign files are no blobs");
    count = 0;
    cr_expect_eq(vouch_blobs_list(t.blobs, NULL, stop_at_once, &count, NULL), VOUCH_OK);
    cr_expect_eq(count, 1);
    cr_expect_eq(vouch_blob_remove(t.blobs, TENANT_A, a.sha256, NULL), VOUCH_OK);
    cr_expect_eq(vouch_blob_remove(t.blobs, TENANT_A, a.sha256, NULL), VOUCH_OK, "removing twice is no error");
    count = 0;
    cr_expect_eq(vouch_blobs_list(t.blobs, TENANT_A, count_blob, &count, NULL), VOUCH_OK);
    cr_expect_eq(count, 1);
    bool there = false;
    cr_expect_eq(vouch_blob_exists(t.blobs, TENANT_B, other.sha256, &there, NULL), VOUCH_OK);
    cr_expect(there);
}

Test(blobs, those_of_the_first_version_are_listed_and_erased)
{
    VOUCH_CLEANUP(temporary_done) temporary t = temporary_open();
    vouch_blob blob, other;
    vouch_blob_erasure erased = {0};
    bool there = true;
    int count = 0;
    cr_assert_eq(vouch_blob_store(t.blobs, TENANT_A, "abc", 3, &blob, NULL), VOUCH_OK);
    cr_assert_eq(vouch_blob_store(t.blobs, TENANT_A, "def", 3, &other, NULL), VOUCH_OK);
    move_down(&t, blob.sha256);
    cr_expect_eq(vouch_blobs_list(t.blobs, TENANT_A, count_blob, &count, NULL), VOUCH_OK);
    cr_expect_eq(count, 2);
    cr_expect_eq(vouch_blobs_erase_tenant(t.blobs, TENANT_A, &erased, NULL), VOUCH_OK);
    cr_expect_eq(erased.blobs, 2);
    cr_assert_eq(vouch_blob_exists(t.blobs, TENANT_A, blob.sha256, &there, NULL), VOUCH_OK);
    cr_expect_not(there);
}
