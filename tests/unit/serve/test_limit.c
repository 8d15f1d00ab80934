#include <criterion/criterion.h>
#include <stdio.h>

#include "http.h"

static const long long second = 1000000;

static http_limit *limit_of(int64_t per_second, int64_t burst_seconds)
{
    http_limit *limit = NULL;
    vouch_error err = VOUCH_ERROR_INIT;
    cr_assert_eq(http_limit_new(per_second, burst_seconds, &limit, &err), VOUCH_OK, "%s", err.message);
    return limit;
}

static int granted(http_limit *limit, uint64_t key, long long now_us, int tries)
{
    int count = 0;
    for (int i = 0; i < tries; i++)
        count += http_limit_take(limit, key, now_us) == 0;
    return count;
}

Test(limit, a_burst_and_then_the_rate)
{
    VOUCH_CLEANUP(http_limit_free) http_limit *limit = limit_of(10, 3);
    uint64_t key = http_limit_key(limit, "a", 1);
    long long now = 1000 * second;
    cr_expect_eq(granted(limit, key, now, 100), 30);
    cr_expect_eq(granted(limit, key, now + second, 100), 10);
    cr_expect_eq(granted(limit, key, now + second + second / 10, 100), 1);
    cr_expect_eq(granted(limit, key, now + 100 * second, 100), 30, "it never holds more than the burst");
}

Test(limit, who_is_refused_is_told_when_to_come_back)
{
    VOUCH_CLEANUP(http_limit_free) http_limit *limit = limit_of(1, 5);
    uint64_t key = http_limit_key(limit, "a", 1);
    long long now = 7;
    cr_expect_eq(granted(limit, key, now, 5), 5);
    int wait = http_limit_take(limit, key, now);
    cr_expect(wait >= 1 && wait <= 2, "%d", wait);
    cr_expect_eq(http_limit_take(limit, key, now + wait * second), 0);
    cr_expect_neq(http_limit_take(limit, key, now + wait * second), 0,
                  "asking in vain costs nothing and gives nothing");
}

Test(limit, each_key_has_its_own)
{
    VOUCH_CLEANUP(http_limit_free) http_limit *limit = limit_of(1, 2);
    long long now = second;
    cr_expect_eq(granted(limit, http_limit_key(limit, "a", 1), now, 9), 2);
    cr_expect_eq(granted(limit, http_limit_key(limit, "b", 1), now, 9), 2);
    cr_expect_eq(granted(limit, http_limit_key(limit, "a\0", 2), now, 9), 2);
}

Test(limit, zero_is_no_limit)
{
    VOUCH_CLEANUP(http_limit_free) http_limit *limit = limit_of(0, 1);
    cr_expect_eq(granted(limit, 1, second, 100000), 100000);
}

Test(limit, a_crowd_of_keys_does_not_free_the_one_that_asks_most)
{
    VOUCH_CLEANUP(http_limit_free) http_limit *limit = limit_of(10, 10);
    uint64_t key = http_limit_key(limit, "busy", 4);
    long long now = 1000 * second;
    cr_expect_eq(granted(limit, key, now, 1000), 100);
    for (int i = 0; i < 300000; i++) {
        char name[16];
        int length = snprintf(name, sizeof name, "%d", i);
        cr_assert_eq(http_limit_take(limit, http_limit_key(limit, name, (size_t)length), now), 0);
    }
    cr_expect_eq(granted(limit, key, now, 1000), 0);
}
