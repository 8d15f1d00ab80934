#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "temporary.h"

/* Make a file look as old as that. */
static void age(const char *path, int64_t seconds)
{
    struct timespec times[2] = {{.tv_sec = time(NULL) - seconds}, {.tv_sec = time(NULL) - seconds}};
    cr_assert_eq(utimensat(AT_FDCWD, path, times, 0), 0, "%s", path);
}

static void store_old(const temporary *t, const char *tenant, const char *text, int64_t seconds, vouch_blob *out)
{
    cr_assert_eq(vouch_blob_store(t->blobs, tenant, text, strlen(text), out, NULL), VOUCH_OK);
    char path[256];
    temporary_path(t, tenant, out->sha256, path);
    age(path, seconds);
}

static bool there(const temporary *t, const char *tenant, const vouch_blob *blob)
{
    bool is = false;
    cr_assert_eq(vouch_blob_exists(t->blobs, tenant, blob->sha256, &is, NULL), VOUCH_OK);
    return is;
}

typedef struct records {
    const char *kept; /* the one hash that a record of tenant A refers to; may be NULL */
    int questions;
    size_t largest;
    vouch_code answer;
    const temporary *store_again; /* store "young again" during the question */
} records;

static vouch_code look_up(void *context, const char *tenant, const char (*sha256)[65], size_t count, bool *referenced,
                          vouch_error *err)
{
    records *r = context;
    r->questions++;
    r->largest = count > r->largest ? count : r->largest;
    cr_assert(count >= 1 && count <= VOUCH_BLOB_BATCH);
    for (size_t i = 0; i < count; i++)
        referenced[i] = r->kept && strcmp(tenant, TENANT_A) == 0 && strcmp(sha256[i], r->kept) == 0;
    if (r->store_again) {
        vouch_blob blob;
        cr_assert_eq(vouch_blob_store(r->store_again->blobs, tenant, "young again", 11, &blob, NULL), VOUCH_OK);
    }
    return r->answer == VOUCH_OK ? VOUCH_OK : vouch_fail(err, r->answer, "no answer");
}

Test(sweep, removes_old_orphans_and_nothing_else)
{
    VOUCH_CLEANUP(temporary_done) temporary t = temporary_open();
    vouch_blob orphan, recorded, young, other;
    store_old(&t, TENANT_A, "orphan", 1000, &orphan);
    store_old(&t, TENANT_A, "recorded", 1000, &recorded);
    store_old(&t, TENANT_A, "young", 10, &young);
    store_old(&t, TENANT_B, "recorded", 1000, &other); /* recorded by A, not by B */
    records r = {.kept = recorded.sha256};
    vouch_blob_sweep counts = {0};
    vouch_error err = VOUCH_ERROR_INIT;
    cr_assert_eq(vouch_blobs_sweep(t.blobs, 100, look_up, &r, &counts, &err), VOUCH_OK, "%s", err.message);
    cr_expect_eq(counts.removed, 2);
    cr_expect_eq(counts.kept, 2);
    cr_expect_not(there(&t, TENANT_A, &orphan));
    cr_expect(there(&t, TENANT_A, &recorded));
    cr_expect(there(&t, TENANT_A, &young));
    cr_expect_not(there(&t, TENANT_B, &other));
}

Test(sweep, asks_in_batches)
{
    VOUCH_CLEANUP(temporary_done) temporary t = temporary_open();
    enum {
        COUNT = VOUCH_BLOB_BATCH + 20
    };
    for (int i = 0; i < COUNT; i++) {
        char text[32];
        snprintf(text, sizeof text, "blob %d", i);
        vouch_blob blob;
        store_old(&t, TENANT_A, text, 1000, &blob);
    }
    records r = {0};
    vouch_blob_sweep counts = {0};
    cr_assert_eq(vouch_blobs_sweep(t.blobs, 100, look_up, &r, &counts, NULL), VOUCH_OK);
    cr_expect_eq(counts.removed, COUNT);
    cr_expect_eq(r.questions, 2);
    cr_expect_eq(r.largest, VOUCH_BLOB_BATCH);
    r.questions = 0;
    cr_assert_eq(vouch_blobs_sweep(t.blobs, 100, look_up, &r, &counts, NULL), VOUCH_OK);
    cr_expect_eq(r.questions, 0);
}

Test(sweep, without_an_answer_nothing_is_removed)
{
    VOUCH_CLEANUP(temporary_done) temporary t = temporary_open();
    vouch_blob orphan;
    store_old(&t, TENANT_A, "orphan", 1000, &orphan);
    records r = {.answer = VOUCH_DATABASE};
    vouch_blob_sweep counts = {.kept = 77};
    vouch_error err = VOUCH_ERROR_INIT;
    cr_expect_eq(vouch_blobs_sweep(t.blobs, 100, look_up, &r, &counts, &err), VOUCH_DATABASE);
    cr_expect_str_eq(err.message, "no answer");
    cr_expect_eq(counts.kept, 77);
    cr_expect(there(&t, TENANT_A, &orphan));
}

Test(sweep, a_blob_stored_again_after_the_question_survives)
{
    VOUCH_CLEANUP(temporary_done) temporary t = temporary_open();
    vouch_blob again, orphan;
    store_old(&t, TENANT_A, "young again", 1000, &again);
    store_old(&t, TENANT_A, "orphan", 1000, &orphan);
    records r = {.store_again = &t};
    vouch_blob_sweep counts = {0};
    cr_assert_eq(vouch_blobs_sweep(t.blobs, 100, look_up, &r, &counts, NULL), VOUCH_OK);
    cr_expect(there(&t, TENANT_A, &again));
    cr_expect_not(there(&t, TENANT_A, &orphan));
    cr_expect_eq(counts.removed, 1);
    cr_expect_eq(counts.kept, 1);
}

Test(sweep, uploads_that_a_crash_left_behind_go_when_they_are_old)
{
    VOUCH_CLEANUP(temporary_done) temporary t = temporary_open();
    static const struct {
        const char *name;
        int64_t seconds;
        bool removed;
    } rows[] = {{"00000000000000000000000000000001", 1000, true},
                {"00000000000000000000000000000002", 10, false},
                {"README", 1000, false}};
    char path[256];
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/tmp/%s", t.folder, rows[i].name);
        int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        cr_assert_eq(write(fd, "half of an uplo", 15), 15);
        close(fd);
        age(path, rows[i].seconds);
    }
    records r = {0};
    vouch_blob_sweep counts = {0};
    cr_assert_eq(vouch_blobs_sweep(t.blobs, 100, look_up, &r, &counts, NULL), VOUCH_OK);
    cr_expect_eq(counts.abandoned, 1);
    cr_expect_eq(r.questions, 0, "a truncated upload is never a blob");
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/tmp/%s", t.folder, rows[i].name);
        cr_expect_eq(access(path, F_OK) != 0, rows[i].removed, "%s", rows[i].name);
    }
}
