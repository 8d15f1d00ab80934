/**
 * What the worker, the zygote and the children say to each other. All three are the same program on the same machine,
 * so that structs travel as they are; the size and the version are compared once, at the start.
 *
 *   worker ── setup, orders (control socket, SEQPACKET) ──► zygote ── fork ──► child
 *   worker ◄── ready (control socket) ───────────────────── zygote
 *   worker ◄── end (a pipe per order that no child holds) ─ zygote
 *   worker ◄── frames (a pipe per order) ───────────────────────────────────── child   (hostile)
 *
 * An order carries three descriptors: the document (a sealed memfd), the pipe for the answer, the pipe for the end.
 */
#ifndef VOUCH_SANDBOX_WIRE_H
#define VOUCH_SANDBOX_WIRE_H

#include <sys/types.h>

#include "vouch/sandbox.h"

#define SANDBOX_CONTROL_FD 3 /* the zygote's end of the control socket */
#define SANDBOX_MAGIC      0x564f5543u

/* enumerator, name for people */
#define SANDBOX_BARRIERS(X)      \
    X(LIMITS, "limits")          \
    X(SECCOMP, "seccomp")        \
    X(USER, "unprivileged user") \
    X(LANDLOCK, "landlock")      \
    X(NAMESPACES, "namespaces")  \
    X(EMPTY_ROOT, "empty root")

typedef enum sandbox_barrier {
#define X(name, text) SANDBOX_BARRIER_##name,
    SANDBOX_BARRIERS(X)
#undef X
    SANDBOX_BARRIER_COUNT
} sandbox_barrier;

typedef enum sandbox_mode {
    SANDBOX_READER,
    SANDBOX_VERIFIER,
    SANDBOX_MODE_COUNT
} sandbox_mode;

/** First message to the zygote. The options hold values only; their strings travel apart. */
typedef struct sandbox_setup {
    uint32_t magic, size;
    char version[16];
    vouch_pipeline_options pipeline;
    int wall_seconds, cpu_seconds;
    size_t memory_bytes, answer_bytes;
    char user[64]; /* "": nobody */
} sandbox_setup;

/** The zygote's only message on the control socket. */
typedef struct sandbox_ready {
    vouch_code code;   /* VOUCH_OK, or why there will be no service */
    unsigned barriers; /* bit set of sandbox_barrier */
    char message[400];
} sandbox_ready;

/** One child, please. Descriptors beside it, in this order: */
typedef struct sandbox_order {
    sandbox_mode mode;
    int max_page_pictures;
    double page_scale;
} sandbox_order;

enum {
    SANDBOX_ORDER_DOCUMENT,
    SANDBOX_ORDER_ANSWER,
    SANDBOX_ORDER_END,
    SANDBOX_ORDER_FDS
};

/** How a child ended, as the zygote saw it. */
typedef struct sandbox_end {
    vouch_code code; /* VOUCH_OK; VOUCH_CHILD_…; VOUCH_SANDBOX when no child could be started */
    vouch_child_usage usage;
    char detail[300];
} sandbox_end;

/* enumerator, number on the wire, how many in one answer, largest payload. A page's picture is bounded by the answer.
 */
#define SANDBOX_READING_BYTES ((size_t)16 << 20) /* what the parser of readings takes */
#define SANDBOX_WORDS_BYTES   ((size_t)32 << 20)
#define SANDBOX_FRAMES(X)                             \
    X(READING, 1, 1, SANDBOX_READING_BYTES)           \
    X(WORDS, 2, 1, SANDBOX_WORDS_BYTES)               \
    X(PICTURE, 3, SANDBOX_MANY, VOUCH_BUFFER_MAXIMUM) \
    X(CLOSE, 4, 1, 0)

#define SANDBOX_MANY 0

typedef enum sandbox_frame_kind {
#define X(name, number, times, largest) SANDBOX_FRAME_##name = number,
    SANDBOX_FRAMES(X)
#undef X
} sandbox_frame_kind;

/** Stands before each payload of an answer. */
typedef struct sandbox_frame {
    uint32_t kind;
    int32_t page; /* of SANDBOX_FRAME_PICTURE, from 1; else 0 */
    uint64_t length;
} sandbox_frame;

/** Send one message with descriptors (borrowed; at most SANDBOX_ORDER_FDS). @return false with errno */
bool sandbox_send(int socket, const void *message, size_t size, const int *fds, size_t fd_count);
/**
 * Receive one message and up to fd_count descriptors; further ones are closed.
 * @param received  out: number of descriptors, now the caller's
 * @return its length; 0 when the other side is gone; -1 with errno
 */
ssize_t sandbox_receive(int socket, void *message, size_t size, int *fds, size_t fd_count, size_t *received);

/** Copy text into an array: cut at a character boundary, NUL-terminated. */
void sandbox_copy_text(char *out, size_t size, const char *text);

_Static_assert(sizeof(sandbox_frame) == 16, "frames have no padding");

#endif
