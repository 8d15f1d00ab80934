/*
 * Arena and growing buffer. The arena is a list of blocks with a bump pointer in the newest; an allocation above a
 * quarter of the largest block gets a block of its own behind it, so that one large array doesn't waste the rest of a
 * block. Blocks come from calloc: fresh pages are zero already. They grow with the arena: in a child of the sandbox
 * each page that calloc clears has to be copied first, so that a document that needs little must not clear much.
 */
#include "vouch/memory.h"

#include <stdalign.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Under AddressSanitizer everything in a block that was not handed out is poisoned, with a gap behind each allocation,
 * so that reading or writing beyond one is found as it would be with malloc.
 */
#if defined(__has_feature)
#define ARENA_HAS_FEATURE(feature) __has_feature(feature)
#else
#define ARENA_HAS_FEATURE(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || ARENA_HAS_FEATURE(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define ARENA_GAP ALIGNMENT
#else
#define ARENA_GAP                                0
#define ASAN_POISON_MEMORY_REGION(start, size)   ((void)(start), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(start, size) ((void)(start), (void)(size))
#endif

enum {
    SMALLEST_BLOCK = 4 * 1024,
    LARGEST_BLOCK = 64 * 1024,
    LARGE = LARGEST_BLOCK / 4,
    ALIGNMENT = alignof(max_align_t),
};

typedef struct block {
    struct block *next;
    size_t size, used;
    alignas(max_align_t) unsigned char bytes[];
} block;

struct vouch_arena {
    block *newest; /* the block that small allocations come from; may be NULL */
    size_t total;
};

vouch_arena *vouch_arena_new(void)
{
    return calloc(1, sizeof(vouch_arena));
}

void vouch_arena_free(vouch_arena **arena)
{
    if (!arena || !*arena)
        return;
    for (block *b = (*arena)->newest, *next; b; b = next) {
        next = b->next;
        ASAN_UNPOISON_MEMORY_REGION(b->bytes, b->size);
        free(b);
    }
    free(*arena);
    *arena = NULL;
}

static _Noreturn void out_of_memory(size_t size)
{
    char message[80];
    int length = snprintf(message, sizeof message, "vouch: out of memory asking for %zu bytes\n", size);
    ssize_t ignored = write(STDERR_FILENO, message, (size_t)length);
    (void)ignored;
    abort();
}

static block *new_block(size_t size)
{
    size_t all;
    if (__builtin_add_overflow(size, sizeof(block), &all))
        out_of_memory(size);
    block *b = calloc(1, all);
    if (!b)
        out_of_memory(size);
    b->size = size;
    ASAN_POISON_MEMORY_REGION(b->bytes, size);
    return b;
}

/* The block that an allocation of `room` bytes comes from. */
static block *block_for(vouch_arena *arena, size_t room)
{
    if (room > LARGE) {
        block *own = new_block(room);
        own->next = arena->newest ? arena->newest->next : NULL;
        *(arena->newest ? &arena->newest->next : &arena->newest) = own;
        return own;
    }
    if (!arena->newest || arena->newest->size - arena->newest->used < room) {
        size_t size = arena->total < SMALLEST_BLOCK ? SMALLEST_BLOCK : arena->total;
        size = (size > LARGEST_BLOCK ? LARGEST_BLOCK : size) - sizeof(block);
        block *fresh = new_block(size > room ? size : room);
        fresh->next = arena->newest;
        arena->newest = fresh;
    }
    return arena->newest;
}

void *vouch_arena_alloc(vouch_arena *arena, size_t size)
{
    size_t room;
    if (__builtin_add_overflow(size > 0 ? size : 1, (size_t)(ALIGNMENT - 1 + ARENA_GAP), &room))
        out_of_memory(size);
    room &= ~(size_t)(ALIGNMENT - 1);
    block *from = block_for(arena, room);
    void *result = from->bytes + from->used;
    from->used += room;
    arena->total += room;
    ASAN_UNPOISON_MEMORY_REGION(result, size);
    return result;
}

void *vouch_arena_calloc(vouch_arena *arena, size_t count, size_t size)
{
    size_t all;
    if (__builtin_mul_overflow(count, size, &all))
        out_of_memory(SIZE_MAX);
    return vouch_arena_alloc(arena, all);
}

char *vouch_arena_strndup(vouch_arena *arena, const char *text, size_t length)
{
    size_t all;
    if (__builtin_add_overflow(length, (size_t)1, &all))
        out_of_memory(length);
    char *copy = vouch_arena_alloc(arena, all);
    if (length > 0)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *vouch_arena_strdup(vouch_arena *arena, const char *text)
{
    return text ? vouch_arena_strndup(arena, text, strlen(text)) : NULL;
}

char *vouch_arena_vprintf(vouch_arena *arena, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0)
        return vouch_arena_strndup(arena, "", 0);
    char *text = vouch_arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, args);
    return text;
}

char *vouch_arena_printf(vouch_arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = vouch_arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}

size_t vouch_arena_used(const vouch_arena *arena)
{
    return arena->total;
}

void *vouch_arena_grow(vouch_arena *arena, void *items, size_t count, size_t *capacity, size_t size)
{
    if (items && count < *capacity)
        return items;
    size_t larger = count < 4 ? 8 : count;
    if (count >= 4 && __builtin_mul_overflow(count, (size_t)2, &larger))
        out_of_memory(SIZE_MAX);
    void *moved = vouch_arena_calloc(arena, larger, size);
    if (items && count > 0)
        memcpy(moved, items, count * size);
    *capacity = larger;
    return moved;
}

/* Room for `more` bytes and the NUL. */
static vouch_code reserve(vouch_buffer *buffer, size_t more)
{
    size_t maximum = buffer->maximum ? buffer->maximum : VOUCH_BUFFER_MAXIMUM;
    if (more > maximum || buffer->length > maximum - more)
        return VOUCH_LIMIT;
    size_t needed = buffer->length + more + 1;
    if (needed <= buffer->capacity)
        return VOUCH_OK;
    size_t larger = buffer->capacity < 256 ? 256 : buffer->capacity * 2;
    if (larger > maximum + 1)
        larger = maximum + 1;
    if (larger < needed)
        larger = needed;
    char *data = realloc(buffer->data, larger);
    if (!data)
        return VOUCH_NO_MEMORY;
    buffer->data = data;
    buffer->capacity = larger;
    return VOUCH_OK;
}

vouch_code vouch_buffer_append(vouch_buffer *buffer, const void *bytes, size_t length)
{
    VOUCH_TRY(reserve(buffer, length));
    if (length > 0)
        memcpy(buffer->data + buffer->length, bytes, length);
    buffer->length += length;
    buffer->data[buffer->length] = '\0';
    return VOUCH_OK;
}

vouch_code vouch_buffer_printf(vouch_buffer *buffer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        return VOUCH_INTERNAL;
    VOUCH_TRY(reserve(buffer, (size_t)length));
    va_start(args, format);
    vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, args);
    va_end(args);
    buffer->length += (size_t)length;
    return VOUCH_OK;
}

void vouch_buffer_done(vouch_buffer *buffer)
{
    if (!buffer)
        return;
    free(buffer->data);
    buffer->data = NULL;
    buffer->length = buffer->capacity = 0;
}

void vouch_free_pointer(void *pointer_to_pointer)
{
    void **pointer = pointer_to_pointer;
    free(*pointer);
    *pointer = NULL;
}

void vouch_close_fd(int *fd)
{
    if (fd && *fd >= 0)
        close(*fd);
    if (fd)
        *fd = -1;
}
