/**
 * The sandbox: one process per document, with nothing worth taking.
 *
 * A zygote (an executable of its own, `vouch-sandbox`, started with a clean environment, before any credential or
 * thread exists) warms up fonts, models and conversion handles and forks a child per document. The child drops user,
 * network, files and system calls, gets the bytes by memfd, answers with one reading, words and page pictures, and
 * ends. A crash, hang or forbidden call costs one attempt and leaves its reason. Verdicts come from a second child that
 * decodes containers and signatures only.
 *
 * The answer is hostile: it is bounded, parsed and checked here before the caller sees it.
 *
 * Sanitizers need address space, threads and files: in such builds children are processes with time limits, and
 * nothing more.
 */
#ifndef VOUCH_SANDBOX_H
#define VOUCH_SANDBOX_H

#include "vouch/pipeline.h"

typedef struct vouch_sandbox_options {
    vouch_pipeline_options pipeline;
    int wall_seconds;       /* one child, from fork to answer */
    int cpu_seconds;        /* RLIMIT_CPU of one child */
    size_t memory_bytes;    /* RLIMIT_AS of one child */
    size_t answer_bytes;    /* the largest answer that is accepted, pictures included */
    const char *user;       /* unprivileged user to become when started as root; NULL: nobody */
    const char *executable; /* of the zygote; NULL: vouch-sandbox beside this program, or this program itself */
} vouch_sandbox_options;

#define VOUCH_SANDBOX_OPTIONS_DEFAULT                                                      \
    {                                                                                      \
        .pipeline = VOUCH_PIPELINE_OPTIONS_DEFAULT, .wall_seconds = 60, .cpu_seconds = 40, \
        .memory_bytes = (size_t)1536 << 20, .answer_bytes = (size_t)192 << 20              \
    }

/** What one document is asked for. */
typedef struct vouch_sandbox_request {
    const uint8_t *data; /* borrowed for the call */
    size_t length;
    const char *file; /* name put into the reading; NULL: none */
    bool verify;      /* run the verifier child too */
    /* Pixels per pt of the page pictures; 0: no pictures. A picture is at most as many pixels high or wide as an A4
     * page would be high; pages in px are scaled down to that, never up. */
    double page_scale;
    int max_page_pictures;
} vouch_sandbox_request;

/** A page picture as PNG bytes. */
typedef struct vouch_page_picture {
    int page;
    uint8_t *png; /* malloc */
    size_t length;
} vouch_page_picture;

/** What a child used, by the kernel's count. Of memory a part is shared with the zygote. */
typedef struct vouch_child_usage {
    long cpu_us;   /* user and system */
    long peak_kib; /* resident at most */
} vouch_child_usage;

typedef struct vouch_answer {
    vouch_reading *reading; /* always there on VOUCH_OK, with hashes computed by this side */
    vouch_words words;      /* in the reading's arena */
    vouch_page_picture *pictures;
    size_t picture_count;
    /* Why the reader or verifier child ended abnormally; VOUCH_OK when it did not. The reason stands in the reading's
     * problems as well. */
    vouch_code reader_end, verifier_end;
    vouch_child_usage reader_usage, verifier_usage; /* zero when it did not run */
    int zygotes_lost; /* how many died under this document and were replaced; for the log */
} vouch_answer;

void vouch_answer_done(vouch_answer *answer);

typedef struct vouch_sandbox vouch_sandbox;

/**
 * Start a zygote. May be called from a process with threads. One sandbox can be used by many threads at once.
 *
 * @return VOUCH_OK; VOUCH_SANDBOX naming what is missing
 */
vouch_code vouch_sandbox_start(const vouch_sandbox_options *options, vouch_sandbox **out,
                               vouch_error *err) VOUCH_MUST_CHECK;

/** End the zygote and its children. No other thread may be using the sandbox. */
void vouch_sandbox_stop(vouch_sandbox **sandbox);

/**
 * The walls that stand, for the log: "limits, seccomp, unprivileged user, landlock, namespaces, empty root". Limits,
 * seccomp and the unprivileged user always do; the others depend on the kernel and stand behind them.
 * Borrowed.
 */
const char *vouch_sandbox_barriers(const vouch_sandbox *sandbox);

/**
 * Read (and verify) one document in children of its own. Restarts the zygote when it has died.
 *
 * A document that crashes its child is VOUCH_OK with reader_end set and a reading that holds the problem. What a reader
 * had said completely before it crashed or ran into a limit is kept; what a child says that makes a forbidden call or
 * a malformed answer is not.
 *
 * @param out  release with vouch_answer_done
 * @return VOUCH_OK; VOUCH_SANDBOX when no child could be started; VOUCH_NO_MEMORY
 */
vouch_code vouch_sandbox_run(vouch_sandbox *sandbox, const vouch_sandbox_request *request, vouch_answer *out,
                             vouch_error *err) VOUCH_MUST_CHECK;

/** The same in this process, for debuggers and sanitizers (`--no-sandbox`). */
vouch_code vouch_sandbox_run_inside(const vouch_sandbox_options *options, const vouch_sandbox_request *request,
                                    vouch_answer *out, vouch_error *err) VOUCH_MUST_CHECK;

/** The hidden subcommand: what the zygote process runs. Never returns to the caller's program logic. */
#define VOUCH_ZYGOTE_COMMAND "sandbox-zygote"
int vouch_sandbox_zygote_main(int argc, char **argv);

#endif
