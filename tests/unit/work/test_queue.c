#include <criterion/criterion.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "worker.h"

static vouch_lease lease(int job)
{
    vouch_lease l = {.job = job};
    snprintf(l.token, sizeof l.token, "token %d", job);
    return l;
}

static void add(held_queue *queue, int first, size_t count)
{
    vouch_lease leases[16];
    for (size_t i = 0; i < count; i++)
        leases[i] = lease(first + (int)i);
    queue_add(queue, leases, count);
}

/** Was the dispatcher told that there is room? */
static bool is_told(held_queue *queue)
{
    struct pollfd wait = {.fd = queue->room_fd, .events = POLLIN};
    return poll(&wait, 1, 0) == 1;
}

Test(queue, leases_two_for_each_thread_and_more_when_few_wait)
{
    held_queue queue;
    cr_assert_eq(queue_open(&queue, 4, NULL), VOUCH_OK);
    cr_expect_eq(queue_room(&queue), 8);
    add(&queue, 1, 8);
    cr_expect_eq(queue_room(&queue), 0);
    held_job *jobs[8];
    for (size_t i = 0; i < 5; i++)
        jobs[i] = queue_take(&queue);
    cr_expect_eq(queue_room(&queue), 0, "3 of 4 threads' worth wait");
    queue_finish(&queue, jobs[0]);
    jobs[5] = queue_take(&queue);
    cr_expect_eq(queue_room(&queue), 1, "2 wait");
    cr_expect_eq(queue_running(&queue), 5);
    queue_finish(&queue, jobs[1]);
    cr_expect_eq(queue_room(&queue), 2);
    queue_done(&queue);
}

Test(queue, gives_jobs_out_in_the_order_of_leasing)
{
    held_queue queue;
    cr_assert_eq(queue_open(&queue, 2, NULL), VOUCH_OK);
    add(&queue, 1, 3);
    held_job *first = queue_take(&queue);
    cr_expect_eq(first->lease.job, 1);
    queue_finish(&queue, first);
    add(&queue, 4, 1); /* takes the slot of 1 */
    for (int expected = 2; expected <= 4; expected++)
        cr_expect_eq(queue_take(&queue)->lease.job, expected);
    queue_done(&queue);
}

Test(queue, tells_the_dispatcher_of_room)
{
    held_queue queue;
    cr_assert_eq(queue_open(&queue, 1, NULL), VOUCH_OK);
    add(&queue, 1, 2);
    held_job *job = queue_take(&queue);
    cr_expect_not(is_told(&queue), "one waits for one thread");
    queue_finish(&queue, job);
    cr_expect_not(is_told(&queue));
    job = queue_take(&queue);
    cr_expect(is_told(&queue), "none waits");
    cr_expect_eq(queue_room(&queue), 1);
    cr_expect_not(is_told(&queue), "it knows");
    queue_finish(&queue, job);
    cr_expect(is_told(&queue));
    queue_done(&queue);
}

Test(queue, room_is_no_news_while_there_is_nothing_to_lease)
{
    held_queue queue;
    cr_assert_eq(queue_open(&queue, 1, NULL), VOUCH_OK);
    add(&queue, 1, 1);
    held_job *job = queue_take(&queue);
    cr_expect(is_told(&queue));
    queue_idle(&queue);
    cr_expect_not(is_told(&queue));
    queue_finish(&queue, job);
    cr_expect_not(is_told(&queue));
    queue_close(&queue);
    cr_expect(is_told(&queue), "the end is news");
    queue_idle(&queue);
    cr_expect(is_told(&queue));
    queue_done(&queue);
}

Test(queue, drops_what_waits_and_was_lost)
{
    held_queue queue;
    cr_assert_eq(queue_open(&queue, 2, NULL), VOUCH_OK);
    add(&queue, 1, 3);
    const held_job *running = queue_take(&queue);
    vouch_lease held[4];
    cr_assert_eq(queue_leases(&queue, held), 3);
    const bool lost[] = {true, true, false};
    queue_drop_lost(&queue, held, lost, 3);
    cr_expect_eq(running->state, HELD_RUNNING, "finds out at its write-back");
    cr_expect_eq(queue_leases(&queue, held), 2);
    cr_expect_eq(queue_take(&queue)->lease.job, 3);
    queue_done(&queue);
}

static void *take_one(void *data)
{
    return queue_take(data);
}

Test(queue, closing_ends_who_waits_and_leaves_jobs_to_give_back)
{
    held_queue queue;
    vouch_lease back[4];
    cr_assert_eq(queue_open(&queue, 2, NULL), VOUCH_OK);
    pthread_t waiting;
    cr_assert_eq(pthread_create(&waiting, NULL, take_one, &queue), 0);
    void *taken = &queue;
    queue_close(&queue);
    pthread_join(waiting, &taken);
    cr_expect_null(taken);
    queue_done(&queue);

    cr_assert_eq(queue_open(&queue, 2, NULL), VOUCH_OK);
    add(&queue, 1, 3);
    (void)queue_take(&queue);
    queue_close(&queue);
    cr_expect(is_told(&queue));
    cr_expect_eq(queue_room(&queue), 0);
    cr_expect_null(queue_take(&queue));
    cr_expect_eq(queue_withdraw(&queue, false, back), 2);
    cr_expect_eq(back[0].job, 2);
    cr_expect_eq(queue_running(&queue), 1);
    cr_expect_eq(queue_withdraw(&queue, true, back), 1);
    cr_expect_eq(back[0].job, 1);
    cr_expect_eq(queue_running(&queue), 0);
    queue_done(&queue);
    queue_done(&queue);
}
