/**
 * Memory that lives as long as a document or a request (arena), and bytes that grow up to a stated maximum (buffer).
 */
#ifndef VOUCH_MEMORY_H
#define VOUCH_MEMORY_H

#include <stdarg.h>
#include <stdint.h>

#include "vouch/error.h"

/** Bump allocator; everything in it is released at once. One thread at a time. Not for rasters. */
typedef struct vouch_arena vouch_arena;

/** @return a new arena, or NULL when out of memory. Release with vouch_arena_free. */
vouch_arena *vouch_arena_new(void);

/** Release the arena and all that came from it; clears *arena. Accepts NULL inside. */
void vouch_arena_free(vouch_arena **arena);

/**
 * Zeroed memory aligned for any type.
 *
 * An arena that runs out of memory ends the process with a message: it is used where a document is processed, and
 * there one process serves one document, so that this costs one attempt (see sandbox.h). Long-running processes bound
 * what they read before they copy it into an arena.
 */
void *vouch_arena_alloc(vouch_arena *arena, size_t size) __attribute__((returns_nonnull, malloc));

/** As vouch_arena_alloc for count × size with an overflow check. */
void *vouch_arena_calloc(vouch_arena *arena, size_t count, size_t size) __attribute__((returns_nonnull));

/** Copy of NUL-terminated text; NULL stays NULL. */
char *vouch_arena_strdup(vouch_arena *arena, const char *text);

/** NUL-terminated copy of length bytes. */
char *vouch_arena_strndup(vouch_arena *arena, const char *text, size_t length) __attribute__((returns_nonnull));

char *vouch_arena_printf(vouch_arena *arena, const char *format, ...) VOUCH_PRINTF(2, 3)
    __attribute__((returns_nonnull));
char *vouch_arena_vprintf(vouch_arena *arena, const char *format, va_list args) VOUCH_PRINTF(2, 0)
    __attribute__((returns_nonnull));

/** Bytes handed out so far, for limits and tests. */
size_t vouch_arena_used(const vouch_arena *arena);

/**
 * Make room for one more element in an arena-backed array: doubles the capacity when count has reached it.
 * Use through VOUCH_ARENA_PUSH.
 */
void *vouch_arena_grow(vouch_arena *arena, void *items, size_t count, size_t *capacity, size_t size)
    __attribute__((returns_nonnull));

/** Append to `items` (T *), `count` (size_t), `capacity` (size_t); yields a pointer to the new, zeroed element. */
#define VOUCH_ARENA_PUSH(arena, items, count, capacity) \
    ((items) = vouch_arena_grow((arena), (items), (count), &(capacity), sizeof *(items)), &(items)[(count)++])

/** Bytes that grow; always NUL-terminated after the last byte, so that text can be used as a C string. */
typedef struct vouch_buffer {
    char *data; /* NULL while empty */
    size_t length;
    size_t capacity;
    size_t maximum; /* 0: VOUCH_BUFFER_MAXIMUM */
} vouch_buffer;

#define VOUCH_BUFFER_MAXIMUM ((size_t)256 << 20)

vouch_code vouch_buffer_append(vouch_buffer *buffer, const void *bytes, size_t length) VOUCH_MUST_CHECK;
vouch_code vouch_buffer_printf(vouch_buffer *buffer, const char *format, ...) VOUCH_PRINTF(2, 3) VOUCH_MUST_CHECK;
/** Release the bytes; the buffer is empty and usable again. */
void vouch_buffer_done(vouch_buffer *buffer);

/** Cleanup handlers for VOUCH_CLEANUP. */
void vouch_free_pointer(void *pointer_to_pointer);
void vouch_close_fd(int *fd); /* ignores -1; leaves -1 */

#endif
