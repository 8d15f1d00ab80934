/** How a worker lives: starts before its database, stops in order, mends what breaks, tidies up. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "world.h"

enum {
    PATIENCE_SECONDS = 30,
    LEASE_SECONDS = 5 /* world.c */
};

static const char queue_length[] = "SELECT count(*) FROM job";
static const char leased[] = "SELECT count(*) FROM job WHERE state = 'leased'";

static void upload_invoice(const world *w, int number)
{
    char *bytes = world_invoice(number, 0);
    world_upload(w, w->store, bytes);
    free(bytes);
}

static void upload_invoices(const world *w, int count)
{
    for (int i = 1; i <= count; i++)
        upload_invoice(w, i);
}

Test(running, waits_for_a_database_that_is_not_there_yet)
{
    world w;
    world_begin(&w);
    upload_invoices(&w, 1);
    cr_assert(test_postgres_stop(w.server));
    pid_t worker = world_start_worker(&w, 1, NULL, NULL);
    cr_expect(world_wait_for_log(&w, "database_lost", PATIENCE_SECONDS));
    cr_assert(test_postgres_start_again(w.server));
    cr_expect(world_wait_for(&w, queue_length, 0, PATIENCE_SECONDS));
    world_stop_worker(worker);
    world_end(&w);
}

Test(running, a_stop_while_waiting_for_the_database_is_obeyed)
{
    world w;
    world_begin(&w);
    cr_assert(test_postgres_stop(w.server));
    pid_t worker = world_start_worker(&w, 1, NULL, NULL);
    cr_expect(world_wait_for_log(&w, "database_lost", PATIENCE_SECONDS));
    world_stop_worker(worker);
    world_end(&w);
}

Test(running, a_stop_finishes_what_runs_and_gives_the_rest_back)
{
    world w;
    world_begin(&w);
    upload_invoices(&w, 40);
    pid_t worker = world_start_worker(&w, 2, NULL, NULL);
    cr_expect(world_wait_for(&w, "SELECT (count(*) > 2)::int FROM document WHERE state = 'done'", 1, PATIENCE_SECONDS));
    world_stop_worker(worker);
    const long left = world_number(&w, queue_length);
    cr_expect_gt(left, 0, "the stop came too late to show anything");
    cr_expect_eq(world_number(&w, leased), 0);
    cr_expect_eq(world_number(&w, "SELECT count(*) FROM job WHERE attempts > 0"), 0, "attempts that were none");
    worker = world_start_worker(&w, 2, NULL, NULL);
    cr_expect(world_wait_for(&w, queue_length, 0, PATIENCE_SECONDS));
    world_expect_all_done_once(&w, 40, 40);
    world_stop_worker(worker);
    world_end(&w);
}

/**
 * A worker in the middle of a document that never ends: zygote and children stand still.
 * @param zygote  out: to be killed by the test, since it can't notice that its worker is gone
 */
static pid_t start_stuck_worker(world *w, const char *option, pid_t *zygote)
{
    pid_t worker = world_start_worker(w, 1, NULL, option);
    cr_assert(world_wait_for_log(w, "\"ready\"", PATIENCE_SECONDS));
    *zygote = world_find_zygote(worker);
    cr_assert_gt(*zygote, 0);
    world_signal_children(worker, SIGSTOP);
    /* A second is leased only when the first is in the thread's hands. */
    for (int i = 1; i <= 2; i++) {
        upload_invoice(w, i);
        cr_assert(world_wait_for(w, leased, i, PATIENCE_SECONDS));
    }
    return worker;
}

Test(running, a_stop_that_takes_too_long_gives_back_what_runs)
{
    world w;
    world_begin(&w);
    pid_t zygote, worker = start_stuck_worker(&w, "--drain-seconds=1", &zygote);
    const double begin = world_clock();
    kill(worker, SIGTERM);
    const int status = world_wait(worker);
    kill(zygote, SIGKILL);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 1, "status %#x", (unsigned)status);
    cr_expect_lt(world_clock() - begin, 5);
    cr_expect_eq(world_number(&w, "SELECT count(*) FROM job WHERE state = 'ready' AND attempts = 0"), 2);
    world_end(&w);
}

Test(running, a_second_signal_stops_at_once)
{
    world w;
    world_begin(&w);
    pid_t zygote, worker = start_stuck_worker(&w, "--drain-seconds=600", &zygote);
    kill(worker, SIGTERM);
    cr_assert(world_wait_for_log(&w, "\"stopping\"", PATIENCE_SECONDS));
    cr_assert(world_wait_for(&w, leased, 1, PATIENCE_SECONDS), "what only waited is given back");
    kill(worker, SIGINT);
    const int status = world_wait(worker);
    kill(zygote, SIGKILL);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 1, "status %#x", (unsigned)status);
    cr_expect_eq(world_number(&w, leased), 1, "the lease of what ran, which will run out");
    worker = world_start_worker(&w, 1, NULL, NULL);
    cr_expect(world_wait_for(&w, queue_length, 0, PATIENCE_SECONDS));
    world_stop_worker(worker);
    world_end(&w);
}

Test(running, a_document_that_takes_longer_than_a_lease_stays_with_its_worker)
{
    world w;
    world_begin(&w);
    pid_t zygote, slow = start_stuck_worker(&w, NULL, &zygote);
    pid_t other = world_start_worker(&w, 1, NULL, NULL);
    nanosleep(&(struct timespec){.tv_sec = LEASE_SECONDS + 2}, NULL);
    cr_expect_eq(world_number(&w, "SELECT count(*) FROM job WHERE state = 'leased' AND attempts = 1"), 2);
    world_signal_children(slow, SIGCONT);
    cr_expect(world_wait_for(&w, queue_length, 0, PATIENCE_SECONDS));
    cr_expect_eq(world_number(&w, "SELECT count(*) FROM document WHERE attempts = 1"), 2);
    world_expect_all_done_once(&w, 2, 2);
    world_stop_worker(slow);
    world_stop_worker(other);
    world_end(&w);
}

Test(running, a_worker_that_slept_over_its_lease_writes_nothing)
{
    world w;
    world_begin(&w);
    pid_t zygote, sleeper = start_stuck_worker(&w, NULL, &zygote);
    kill(sleeper, SIGSTOP);
    pid_t other = world_start_worker(&w, 1, NULL, NULL);
    cr_expect(world_wait_for(&w, queue_length, 0, PATIENCE_SECONDS));
    cr_expect_eq(world_number(&w, "SELECT count(*) FROM document WHERE attempts = 2"), 2);
    kill(sleeper, SIGCONT);
    world_signal_children(sleeper, SIGCONT);
    cr_expect(world_wait_for_log(&w, "\"lease_lost\"", PATIENCE_SECONDS));
    world_expect_all_done_once(&w, 2, 2);
    world_stop_worker(sleeper);
    world_stop_worker(other);
    world_end(&w);
}

Test(running, a_zygote_that_dies_is_started_again)
{
    world w;
    world_begin(&w);
    pid_t worker = world_start_worker(&w, 2, NULL, NULL);
    cr_assert(world_wait_for_log(&w, "\"ready\"", PATIENCE_SECONDS));
    for (int i = 0; i < 3; i++) {
        const pid_t zygote = world_find_zygote(worker);
        cr_assert_gt(zygote, 0);
        for (int number = 10 * i + 1; number <= 10 * i + 10; number++) {
            upload_invoice(&w, number);
            if (number == 10 * i + 5)
                kill(zygote, SIGKILL);
        }
        cr_expect(world_wait_for(&w, queue_length, 0, PATIENCE_SECONDS));
    }
    world_expect_all_done_once(&w, 30, 30);
    world_stop_worker(worker);
    world_end(&w);
}

Test(running, what_can_never_be_read_is_done_at_the_first_attempt)
{
    static const char broken[] = "%PDF-1.7\nnothing of a document\n%%EOF\n", other[] = "<note><to>you</to></note>";
    world w;
    world_begin(&w);
    world_upload_bytes(&w, w.store, broken, sizeof broken - 1, "pdf");
    world_upload_bytes(&w, w.store, other, sizeof other - 1, "xml");
    pid_t worker = world_start_worker(&w, 1, NULL, NULL);
    cr_expect(world_wait_for(&w, queue_length, 0, PATIENCE_SECONDS));
    cr_expect_eq(world_number(&w, "SELECT count(*) FROM document WHERE state = 'done' AND outcome = 'nothing' AND "
                                  "attempts = 1"),
                 2);
    cr_expect_eq(world_number(&w, "SELECT count(*) FROM reading WHERE json_array_length(reading->'problems') > 0"), 2);
    world_stop_worker(worker);
    world_end(&w);
}

Test(running, a_document_whose_bytes_are_gone_is_set_aside)
{
    world w;
    world_begin(&w);
    char *bytes = world_invoice(1, 0);
    world_upload(&w, w.store, bytes);
    vouch_blob blob;
    cr_assert_eq(vouch_blob_store(w.blobs, w.who.tenant_id, bytes, strlen(bytes), &blob, NULL), VOUCH_OK);
    cr_assert_eq(vouch_blob_remove(w.blobs, w.who.tenant_id, blob.sha256, NULL), VOUCH_OK);
    free(bytes);
    pid_t worker = world_start_worker(&w, 1, NULL, NULL);
    cr_expect(world_wait_for(&w, "SELECT count(*) FROM job WHERE state = 'dead' AND reason = 'not-found'", 1,
                             PATIENCE_SECONDS));
    cr_expect_eq(world_number(&w, "SELECT count(*) FROM document WHERE state = 'failed' AND problem = 'not-found'"), 1);
    world_stop_worker(worker);
    world_end(&w);
}

Test(running, pictures_and_words_of_the_pages_are_kept)
{
    world w;
    FILE *file = fopen(VOUCH_SOURCE_DIR "/fixtures/vat-pdf-1.pdf", "rb");
    if (!file)
        cr_skip_test("skipped: the fixture is not there");
    static char bytes[1 << 20];
    const size_t length = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    world_begin(&w);
    world_upload_bytes(&w, w.store, bytes, length, "pdf");
    pid_t worker = world_start_worker(&w, 1, NULL, NULL);
    cr_expect(world_wait_for(&w, queue_length, 0, PATIENCE_SECONDS));
    cr_expect_eq(world_number(&w, "SELECT count(*) FROM document WHERE outcome = 'accepted'"), 1);
    cr_expect_eq(world_number(&w, "SELECT count(*) FROM reading WHERE words_sha256 IS NOT NULL"), 1);
    cr_expect_eq(world_number(&w, "SELECT count(*) FROM page_picture WHERE page = 1 AND bytes > 1000"), 1);
    world_stop_worker(worker);
    world_end(&w);
}

static void age(const world *w, const char *tenant, const char *sha256)
{
    char path[256];
    snprintf(path, sizeof path, "%s/blobs/tenants/%s/%.2s/%s", w->folder, tenant, sha256, sha256);
    const struct timespec old[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
    cr_assert_eq(utimensat(AT_FDCWD, path, old, 0), 0, "%s", path);
}

static bool is_there(const world *w, const char *tenant, const char *sha256)
{
    bool there = false;
    cr_assert_eq(vouch_blob_exists(w->blobs, tenant, sha256, &there, NULL), VOUCH_OK);
    return there;
}

Test(running, blobs_that_nothing_refers_to_are_removed)
{
    static const char unknown_tenant[] = "01234567-89ab-7def-8123-456789abcdef";
    world w;
    world_begin(&w);
    upload_invoices(&w, 1);
    char *bytes = world_invoice(1, 0);
    vouch_blob used, orphan, young, foreign;
    const char *tenant = w.who.tenant_id;
    cr_assert_eq(vouch_blob_store(w.blobs, tenant, bytes, strlen(bytes), &used, NULL), VOUCH_OK);
    cr_assert_eq(vouch_blob_store(w.blobs, tenant, "orphan", 6, &orphan, NULL), VOUCH_OK);
    cr_assert_eq(vouch_blob_store(w.blobs, tenant, "young", 5, &young, NULL), VOUCH_OK);
    cr_assert_eq(vouch_blob_store(w.blobs, unknown_tenant, "foreign", 7, &foreign, NULL), VOUCH_OK);
    free(bytes);
    age(&w, tenant, used.sha256);
    age(&w, tenant, orphan.sha256);
    age(&w, unknown_tenant, foreign.sha256);
    pid_t worker = world_start_worker(&w, 1, NULL, "--orphan-sweep-seconds=1");
    cr_expect(world_wait_for_log(&w, "blobs_removed", PATIENCE_SECONDS));
    cr_expect(is_there(&w, tenant, used.sha256), "in use");
    cr_expect_not(is_there(&w, tenant, orphan.sha256));
    cr_expect(is_there(&w, tenant, young.sha256), "its upload may not be recorded yet");
    cr_expect(is_there(&w, unknown_tenant, foreign.sha256), "of a tenant that this database does not know");
    world_stop_worker(worker);
    world_end(&w);
}
