#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "vouch/memory.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

Test(arena, memory_is_zeroed_aligned_and_apart)
{
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    static const size_t sizes[] = {1, 7, 16, 100, 5000, 16384, 16385, 70000, 0, 3};
    unsigned char *previous = NULL;
    for (int round = 0; round < 40; round++) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            unsigned char *bytes = vouch_arena_alloc(arena, sizes[i]);
            cr_assert_eq((uintptr_t)bytes % 16, 0);
            for (size_t k = 0; k < sizes[i]; k++)
                cr_assert_eq(bytes[k], 0, "round %d size %zu byte %zu", round, sizes[i], k);
            memset(bytes, 0xEE, sizes[i]);
            cr_assert_neq(bytes, previous);
            previous = bytes;
        }
    }
    cr_expect_geq(vouch_arena_used(arena), 40 * 107896);
}

Test(arena, text_copies)
{
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    cr_expect_null(vouch_arena_strdup(arena, NULL));
    cr_expect_str_eq(vouch_arena_strdup(arena, "发票"), "发票");
    cr_expect_str_eq(vouch_arena_strndup(arena, "abcdef", 3), "abc");
    cr_expect_str_eq(vouch_arena_strndup(arena, NULL, 0), "");
    cr_expect_str_eq(vouch_arena_printf(arena, "%s-%04d", "n", 7), "n-0007");
}

Test(arena, push_keeps_earlier_elements_and_zeroes_new_ones)
{
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    int *numbers = NULL;
    size_t count = 0, capacity = 0;
    for (int i = 0; i < 1000; i++) {
        int *slot = VOUCH_ARENA_PUSH(arena, numbers, count, capacity);
        cr_assert_eq(*slot, 0);
        *slot = i;
    }
    cr_assert_eq(count, 1000);
    for (int i = 0; i < 1000; i++)
        cr_assert_eq(numbers[i], i);
}

Test(arena, free_accepts_null_and_clears)
{
    vouch_arena *arena = NULL;
    vouch_arena_free(&arena);
    arena = vouch_arena_new();
    vouch_arena_free(&arena);
    cr_expect_null(arena);
}

Test(arena, overflowing_count_ends_the_process, .signal = SIGABRT)
{
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    vouch_arena_calloc(arena, SIZE_MAX / 2, 3);
}

#ifdef __SANITIZE_ADDRESS__
Test(arena, what_was_not_handed_out_is_poisoned)
{
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    for (size_t size = 1; size < 100000; size = size * 3 + 1) {
        char *bytes = vouch_arena_alloc(arena, size);
        char *next = vouch_arena_alloc(arena, 1);
        cr_expect_not(__asan_address_is_poisoned(bytes + size - 1), "%zu", size);
        cr_expect(__asan_address_is_poisoned(bytes + size), "%zu", size);
        cr_expect(__asan_address_is_poisoned(next + 1), "%zu", size);
    }
}
#endif

Test(buffer, grows_and_stays_terminated)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer buffer = {0};
    for (int i = 0; i < 5000; i++) {
        cr_assert_eq(vouch_buffer_append(&buffer, "ab", 2), VOUCH_OK);
        cr_assert_eq(buffer.data[buffer.length], '\0');
    }
    cr_assert_eq(vouch_buffer_printf(&buffer, "%d", 12345), VOUCH_OK);
    cr_expect_eq(buffer.length, 10005);
    cr_expect_str_eq(buffer.data + 10000, "12345");
    cr_expect_eq(vouch_buffer_append(&buffer, NULL, 0), VOUCH_OK);
}

Test(buffer, stops_at_its_maximum_untouched)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer buffer = {.maximum = 10};
    cr_assert_eq(vouch_buffer_append(&buffer, "0123456789", 10), VOUCH_OK);
    cr_expect_eq(vouch_buffer_append(&buffer, "x", 1), VOUCH_LIMIT);
    cr_expect_eq(vouch_buffer_printf(&buffer, "x"), VOUCH_LIMIT);
    cr_expect_eq(vouch_buffer_append(&buffer, "x", SIZE_MAX), VOUCH_LIMIT);
    cr_expect_str_eq(buffer.data, "0123456789");
    vouch_buffer_done(&buffer);
    cr_expect_eq(vouch_buffer_append(&buffer, "again", 5), VOUCH_OK);
}

Test(memory, cleanup_handlers_clear)
{
    char *text = malloc(3);
    vouch_free_pointer(&text);
    cr_expect_null(text);
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), kept = fd;
    vouch_close_fd(&fd);
    cr_expect_eq(fd, -1);
    cr_expect_eq(fcntl(kept, F_GETFD), -1);
    vouch_close_fd(&fd);
}
