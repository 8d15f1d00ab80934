#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "temporary.h"

enum {
    BLOBS = 5
};

typedef struct watch {
    size_t stop_after; /* sealed blobs; 0: never */
    size_t failures;
    char why[512];
} watch;

static bool step(void *context, const vouch_blob_rotation *so_far)
{
    const watch *w = context;
    return w->stop_after == 0 || so_far->sealed < w->stop_after;
}

static void failed(void *context, const char *tenant, const vouch_error *why)
{
    watch *w = context;
    (void)tenant;
    w->failures++;
    snprintf(w->why, sizeof w->why, "%s", why->message);
}

static vouch_blob_rotation rotate(temporary *t, bool renew, watch *w)
{
    vouch_blob_rotation counts = {0};
    vouch_error err = VOUCH_ERROR_INIT;
    const vouch_blob_rotate_options options = {.renew = renew, .step = step, .failed = failed, .context = w};
    cr_assert_eq(vouch_blobs_rotate(t->blobs, &options, &counts, &err), VOUCH_OK, "%s", err.message);
    return counts;
}

static void fill(temporary *t, vouch_blob blobs[BLOBS])
{
    for (int i = 0; i < BLOBS; i++) {
        char text[32];
        snprintf(text, sizeof text, "plain words %d", i);
        cr_assert_eq(vouch_blob_store(t->blobs, i % 2 ? TENANT_A : TENANT_B, text, strlen(text), &blobs[i], NULL),
                     VOUCH_OK);
    }
}

static void all_readable(const temporary *t, const vouch_blob blobs[BLOBS], const char *when)
{
    for (int i = 0; i < BLOBS; i++) {
        VOUCH_CLEANUP(vouch_free_pointer) uint8_t *data = NULL;
        size_t length;
        vouch_error err = VOUCH_ERROR_INIT;
        cr_expect_eq(vouch_blob_load(t->blobs, i % 2 ? TENANT_A : TENANT_B, blobs[i].sha256, 100, &data, &length, &err),
                     VOUCH_OK, "%s: %s", when, err.message);
    }
}

static bool grep(const temporary *t, const char *text)
{
    char command[256];
    snprintf(command, sizeof command, "grep -rqF '%s' %s/tenants", text, t->folder);
    return system(command) == 0;
}

static int count_keys(const temporary *t, const char *tenant)
{
    char command[256];
    int count = -1;
    snprintf(command, sizeof command, "ls %s/tenants/%s/keys | wc -l", t->folder, tenant);
    FILE *pipe = popen(command, "r");
    cr_assert_eq(fscanf(pipe, "%d", &count), 1);
    pclose(pipe);
    return count;
}

Test(rotate, what_was_plain_is_encrypted_in_steps_that_can_be_stopped)
{
    VOUCH_CLEANUP(temporary_done) temporary t = temporary_open_as(false);
    vouch_blob blobs[BLOBS];
    struct stat before, after;
    char path[256];
    watch w = {.stop_after = 2};
    fill(&t, blobs);
    temporary_path(&t, TENANT_B, blobs[0].sha256, path);
    const struct timespec old[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
    cr_assert_eq(utimensat(AT_FDCWD, path, old, 0), 0);
    cr_assert_eq(stat(path, &before), 0);
    temporary_add_key(&t);
    cr_assert_eq(temporary_open_blobs(&t, true, false, NULL), VOUCH_OK);
    cr_expect_eq(rotate(&t, false, &w).sealed, 2, "stopped");
    all_readable(&t, blobs, "half way");
    cr_expect(grep(&t, "plain words"));
    w.stop_after = 0;
    cr_expect_eq(rotate(&t, false, &w).sealed, BLOBS - 2, "the rest");
    cr_expect_not(grep(&t, "plain words"));
    cr_expect_eq(rotate(&t, false, &w).sealed, 0, "nothing is done twice");
    all_readable(&t, blobs, "at the end");
    cr_expect_eq(w.failures, 0, "%s", w.why);
    cr_expect_eq(temporary_spools(&t), 0);
    cr_assert_eq(stat(path, &after), 0);
    cr_expect_eq(after.st_mtime, before.st_mtime, "the age of a blob counts on, for the sweep");
}

Test(rotate, a_new_master_key_touches_no_blob)
{
    VOUCH_CLEANUP(temporary_done) temporary t = temporary_open_as(true);
    vouch_blob blobs[BLOBS];
    vouch_key_use use[VOUCH_KEYS_USED_MOST];
    size_t count = 0;
    char command[256];
    watch w = {0};
    vouch_error err = VOUCH_ERROR_INIT;
    fill(&t, blobs);
    temporary_add_key(&t);
    vouch_blob_rotation counts = rotate(&t, false, &w); /* the running process takes the new key */
    cr_expect(counts.keys == 2 && counts.wrapped == 2 && counts.sealed == 0 && counts.made == 0);
    cr_assert_eq(vouch_blobs_key_use(t.blobs, use, &count, &err), VOUCH_OK, "%s", err.message);
    cr_assert_eq(count, 2);
    cr_expect(use[0].tenant_keys == 2 && use[0].there && use[1].tenant_keys == 0 && use[1].there);
    /* The old master key is not needed any more. */
    snprintf(command, sizeof command, "sed -i 1q %s/keys", t.folder);
    cr_assert_eq(system(command), 0);
    cr_assert_eq(temporary_open_blobs(&t, true, true, &err), VOUCH_OK, "%s", err.message);
    all_readable(&t, blobs, "with the new key alone");
}

Test(rotate, a_running_service_learns_of_a_key_that_it_meets)
{
    VOUCH_CLEANUP(temporary_done) temporary t = temporary_open_as(true);
    vouch_blob blobs[BLOBS];
    vouch_key_use use[VOUCH_KEYS_USED_MOST];
    size_t count = 0;
    watch w = {0};
    char command[256];
    fill(&t, blobs);
    temporary_add_key(&t);
    rotate(&t, false, &w);
    snprintf(command, sizeof command, "sed -i 1d %s/keys", t.folder);
    cr_assert_eq(system(command), 0);
    cr_assert_eq(vouch_blobs_key_use(t.blobs, use, &count, NULL), VOUCH_OK);
    cr_expect(count == 2 && use[0].tenant_keys == 0 && !use[1].there && use[1].tenant_keys == 2,
              "the key that is in use and not in the file is named");
}

/* A tenant key that looks as if it had been made long ago, so that what it superseded may go. */
static void add_old_key(const temporary *t, const char *tenant, const char *id)
{
    char file[128], path[256];
    uint8_t record[VOUCH_TENANT_KEY_RECORD];
    VOUCH_CLEANUP(vouch_keyring_free) vouch_keyring *ring = NULL;
    vouch_master_key master;
    vouch_tenant_key key;
    snprintf(file, sizeof file, "%s/keys", t->folder);
    cr_assert_eq(vouch_keyring_load(file, NULL, &ring, NULL), VOUCH_OK);
    vouch_keyring_current(ring, &master);
    cr_assert_eq(vouch_tenant_key_make(&key, NULL), VOUCH_OK);
    snprintf(key.id, sizeof key.id, "%s", id);
    cr_assert_eq(vouch_tenant_key_wrap(&key, tenant, &master, record, NULL), VOUCH_OK);
    snprintf(path, sizeof path, "mkdir -p %s/tenants/%s/keys", t->folder, tenant);
    cr_assert_eq(system(path), 0);
    snprintf(path, sizeof path, "%s/tenants/%s/keys/%s", t->folder, tenant, id);
    FILE *out = fopen(path, "wb");
    cr_assert_not_null(out);
    cr_assert_eq(fwrite(record, 1, sizeof record, out), sizeof record);
    fclose(out);
}

Test(rotate, renewed_tenant_keys_replace_the_old_ones)
{
    VOUCH_CLEANUP(temporary_done) temporary t = temporary_open_as(true);
    vouch_blob blobs[BLOBS];
    watch w = {0};
    fill(&t, blobs);
    vouch_blob_rotation counts = rotate(&t, true, &w);
    cr_expect(counts.made == 2 && counts.sealed == BLOBS);
    cr_expect_eq(counts.retired, 0, "another process may write with the old key for a minute yet");
    cr_expect_eq(count_keys(&t, TENANT_A), 2);
    all_readable(&t, blobs, "renewed");
    cr_expect_eq(w.failures, 0, "%s", w.why);
}

Test(rotate, keys_that_no_blob_needs_are_removed)
{
    VOUCH_CLEANUP(temporary_done) temporary t = temporary_open_as(true);
    vouch_blob blob;
    watch w = {0};
    vouch_error err = VOUCH_ERROR_INIT;
    add_old_key(&t, TENANT_A, "01800000-0000-7000-8000-000000000001");
    cr_assert_eq(vouch_blob_store(t.blobs, TENANT_A, "abc", 3, &blob, &err), VOUCH_OK, "%s", err.message);
    add_old_key(&t, TENANT_A, "01800000-0000-7000-8000-000000000002");
    cr_assert_eq(temporary_open_blobs(&t, true, false, &err), VOUCH_OK, "%s", err.message);
    const vouch_blob_rotation counts = rotate(&t, false, &w);
    cr_expect(counts.keys == 2 && counts.sealed == 1 && counts.retired == 1 && counts.made == 0);
    cr_expect_eq(count_keys(&t, TENANT_A), 1);
    uint8_t *data = NULL;
    size_t length;
    cr_assert_eq(temporary_open_blobs(&t, true, false, &err), VOUCH_OK, "%s", err.message);
    cr_expect_eq(vouch_blob_load(t.blobs, TENANT_A, blob.sha256, 3, &data, &length, &err), VOUCH_OK, "%s", err.message);
    free(data);
}

Test(rotate, a_damaged_blob_is_named_left_alone_and_keeps_its_key)
{
    VOUCH_CLEANUP(temporary_done) temporary t = temporary_open_as(true);
    vouch_blob blobs[BLOBS];
    char path[256], command[1024];
    watch w = {0};
    add_old_key(&t, TENANT_A, "01800000-0000-7000-8000-000000000001");
    fill(&t, blobs);
    add_old_key(&t, TENANT_A, "01800000-0000-7000-8000-000000000002");
    temporary_path(&t, TENANT_A, blobs[1].sha256, path);
    snprintf(command, sizeof command, "printf X | dd of=%s conv=notrunc bs=1 seek=70 2>/dev/null; cp %s %s/copy", path,
             path, t.folder);
    cr_assert_eq(system(command), 0);
    cr_assert_eq(temporary_open_blobs(&t, true, false, NULL), VOUCH_OK);
    const vouch_blob_rotation counts = rotate(&t, false, &w);
    cr_expect(counts.failed == 1 && counts.sealed == 1 && counts.retired == 0);
    cr_expect_eq(w.failures, 1);
    cr_expect_not_null(strstr(w.why, blobs[1].sha256), "%s", w.why);
    snprintf(command, sizeof command, "cmp -s %s %s/copy", path, t.folder);
    cr_expect_eq(system(command), 0, "what may be mended from a backup is not touched");
    cr_expect_eq(count_keys(&t, TENANT_A), 2);
}

Test(rotate, needs_keys)
{
    VOUCH_CLEANUP(temporary_done) temporary t = temporary_open_as(false);
    vouch_blob_rotation counts = {.blobs = 77};
    const vouch_blob_rotate_options options = {0};
    vouch_error err = VOUCH_ERROR_INIT;
    cr_expect_eq(vouch_blobs_rotate(t.blobs, &options, &counts, &err), VOUCH_CONFIG);
    cr_expect_eq(counts.blobs, 77);
}

/* A power cut at any moment of a rotation: whatever it was doing, every blob opens, and the next one goes on. */
Test(rotate, killed_at_any_moment_it_goes_on)
{
    VOUCH_CLEANUP(temporary_done) temporary t = temporary_open_as(true);
    vouch_blob blobs[BLOBS];
    watch w = {0};
    fill(&t, blobs);
    for (int i = 0; i < 40; i++) {
        const pid_t child = fork();
        cr_assert(child >= 0);
        if (child == 0) {
            rotate(&t, i % 4 == 0, &w);
            _exit(0);
        }
        const struct timespec while_it_works = {.tv_nsec = i * 97000L};
        nanosleep(&while_it_works, NULL);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        cr_assert_eq(temporary_open_blobs(&t, true, true, NULL), VOUCH_OK);
        all_readable(&t, blobs, "after a kill");
    }
    rotate(&t, false, &w);
    cr_expect_eq(rotate(&t, false, &w).sealed, 0, "the one before has done the rest");
    cr_expect_eq(w.failures, 0, "%s", w.why);
    all_readable(&t, blobs, "at the end");
}

/* ---- beside a service ---- */

typedef struct service {
    temporary *t;
    vouch_blob blobs[64];
    vouch_code code;
    bool over;
} service;

/* Store, store again, and remove; what is removed stays removed, what is stored stays readable. */
static void *serve(void *argument)
{
    service *s = argument;
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 64 && s->code == VOUCH_OK; i++) {
            char text[32];
            snprintf(text, sizeof text, "blob %d", i);
            s->code = vouch_blob_store(s->t->blobs, TENANT_A, text, strlen(text), &s->blobs[i], NULL);
            if (s->code == VOUCH_OK && i % 2)
                s->code = vouch_blob_remove(s->t->blobs, TENANT_A, s->blobs[i].sha256, NULL);
        }
    __atomic_store_n(&s->over, true, __ATOMIC_RELEASE);
    return NULL;
}

Test(rotate, beside_a_service_nothing_is_lost_and_nothing_comes_back)
{
    VOUCH_CLEANUP(temporary_done) temporary t = temporary_open_as(true);
    service s = {.t = &t};
    watch w = {0};
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, serve, &s), 0);
    int rounds = 0;
    do
        rotate(&t, rounds++ < 40, &w);
    while (!__atomic_load_n(&s.over, __ATOMIC_ACQUIRE));
    pthread_join(thread, NULL);
    cr_expect_eq(s.code, VOUCH_OK);
    cr_expect_eq(w.failures, 0, "%s", w.why);
    for (int i = 0; i < 64; i++) {
        VOUCH_CLEANUP(vouch_free_pointer) uint8_t *data = NULL;
        size_t length;
        cr_expect_eq(vouch_blob_load(t.blobs, TENANT_A, s.blobs[i].sha256, 100, &data, &length, NULL),
                     i % 2 ? VOUCH_NOT_FOUND : VOUCH_OK, "%d", i);
    }
}
