/**
 * Errors as values: a code that decides the caller's reaction, and a message for people.
 *
 * Every function that can fail returns a vouch_code and, where it has something to say, fills a vouch_error that the
 * caller gives (NULL is allowed everywhere). Nothing below the programs prints. On failure the outputs are untouched.
 *
 * VOUCH_CODES is the one table of codes. Problem types of the API (RFC 9457), exit codes, dead-letter reasons and the
 * documentation are all read from it. Numbers are pinned: never reuse one.
 */
#ifndef VOUCH_ERROR_H
#define VOUCH_ERROR_H

#include <stdbool.h>
#include <stddef.h>

/* number, name, slug of the problem type, HTTP status, can a retry help, title, what to do next */
#define VOUCH_CODES(X)                                                                                                 \
    X(0, OK, "ok", 200, false, "Done", "")                                                                             \
    X(1, NO_MEMORY, "out-of-memory", 503, true, "Out of memory", "Try again later.")                                   \
    X(2, INTERNAL, "internal", 500, true, "Internal error", "Report the request id to the operator.")                  \
    X(3, IO, "io", 503, true, "Storage or network failed", "Try again later.")                                         \
    X(4, DATABASE, "database", 503, true, "The database is not reachable", "Try again in a few seconds.")              \
    X(5, CONFIG, "configuration", 500, false, "Configuration is wrong", "Correct the named option.")                   \
    X(6, USAGE, "usage", 400, false, "Wrong usage", "See --help.")                                                     \
    X(7, UNAVAILABLE, "unavailable", 503, true, "Shutting down or overloaded", "Try again in a few seconds.")          \
    X(20, BAD_REQUEST, "bad-request", 400, false, "The request can't be understood", "Correct the request.")           \
    X(21, INVALID_FIELD, "invalid-field", 422, false, "A field has a wrong value", "Correct the named field.")         \
    X(22, UNAUTHENTICATED, "unauthenticated", 401, false, "No valid token", "Send a valid bearer token.")              \
    X(23, FORBIDDEN, "forbidden", 403, false, "Not allowed for this role", "Ask someone with the needed role.")        \
    X(24, NOT_FOUND, "not-found", 404, false, "Not found", "Check the address and your branch.")                       \
    X(25, METHOD_NOT_ALLOWED, "method-not-allowed", 405, false, "Method not allowed", "Use a method named in Allow.")  \
    X(26, STATE_CONFLICT, "state-conflict", 409, false, "Not possible in this state", "Look at the current state.")    \
    X(27, DUPLICATE, "duplicate-invoice", 409, false, "This invoice is already claimed",                               \
      "See the claim it points to.")                                                                                   \
    X(28, PRECONDITION, "precondition-failed", 412, false, "Changed by someone else", "Load it again, then repeat.")   \
    X(29, TOO_LARGE, "too-large", 413, false, "The file is too large", "Send a smaller file.")                         \
    X(30, UNSUPPORTED_FORMAT, "unsupported-format", 415, false, "This kind of file is not read",                       \
      "Send a PDF, OFD, XML, ZIP or a picture (JPEG, PNG, WebP, TIFF, HEIC).")                                         \
    X(31, IDEMPOTENCY_MISMATCH, "idempotency-mismatch", 422, false, "Idempotency-Key was used for another request",    \
      "Use a new key for a new request.")                                                                              \
    X(32, TOO_MANY_REQUESTS, "too-many-requests", 429, true, "Too many requests", "Wait, then try again.")             \
    X(33, LENGTH_CONFLICT, "length-conflict", 400, false, "Conflicting length headers",                                \
      "Send either one Content-Length or one Transfer-Encoding.")                                                      \
    X(34, URI_TOO_LONG, "uri-too-long", 414, false, "The address is too long", "Shorten the query.")                   \
    X(35, WRONG_MEDIA_TYPE, "wrong-media-type", 415, false, "The body has another media type than this route takes",   \
      "Send Content-Type: application/json.")                                                                          \
    X(36, HEADERS_TOO_LARGE, "headers-too-large", 431, false, "The headers are too large", "Send less in headers.")    \
    X(37, RANGE, "range-not-satisfiable", 416, false, "The range lies outside", "Ask for a part that is there.")       \
    X(40, BAD_FORMAT, "damaged-document", 422, false, "The document is damaged", "Download it again from its source.") \
    X(41, ENCRYPTED, "encrypted-document", 422, false, "The document is encrypted", "Send it without a password.")     \
    X(42, LIMIT, "limit-exceeded", 422, false, "The document exceeds a limit", "Split it, or ask the operator.")       \
    X(43, TOO_MANY_PAGES, "too-many-pages", 422, false, "The document has too many pages", "Split the document.")      \
    X(44, TOO_MANY_PIXELS, "page-too-large", 422, false, "A page or picture is too large", "Scale the picture down.")  \
    X(45, EXPANDS_TOO_MUCH, "expands-too-much", 422, false, "The archive expands beyond the limit", "Send its files.") \
    X(46, NESTED_TOO_DEEPLY, "nested-too-deeply", 422, false, "Archives are nested too deeply", "Send its files.")     \
    X(47, EMPTY, "empty-document", 422, false, "The document is empty", "Check the file before sending it.")           \
    X(48, NOT_AN_INVOICE, "not-an-invoice", 422, false, "This is no invoice", "Send the invoice itself.")              \
    X(49, NOTHING_FOUND, "nothing-found", 422, false, "No invoice data was found", "Send the original file.")          \
    X(50, UNSUPPORTED, "unsupported", 422, false, "Not supported", "See the documentation of supported forms.")        \
    X(60, CHILD_SIGNAL, "reader-crashed", 422, true, "The reader crashed on this document", "Report the document.")    \
    X(61, CHILD_WALL_TIME, "reader-timeout", 422, true, "Reading took too long", "Send a simpler file.")               \
    X(62, CHILD_CPU_TIME, "reader-cpu-limit", 422, true, "Reading used too much CPU time", "Send a simpler file.")     \
    X(63, CHILD_MEMORY, "reader-memory-limit", 422, true, "Reading used too much memory", "Send a simpler file.")      \
    X(64, CHILD_REFUSED_CALL, "reader-refused-call", 422, false, "The reader tried a forbidden system call",           \
      "Treat the document as hostile.")                                                                                \
    X(65, CHILD_BAD_ANSWER, "reader-bad-answer", 422, true, "The reader's answer was malformed",                       \
      "Treat the document as hostile.")                                                                                \
    X(66, CHILD_EXIT, "reader-ended", 422, true, "The reader ended early", "Report the document.")                     \
    X(67, SANDBOX, "sandbox-unavailable", 503, true, "The sandbox can't be set up",                                    \
      "See the log for the missing part.")                                                                             \
    X(68, KEY_MISSING, "key-missing", 503, true, "A key of the stored files is missing",                               \
      "Report the request id to the operator.")                                                                        \
    X(69, BLOB_DAMAGED, "stored-file-damaged", 503, true, "A stored file is damaged",                                  \
      "Report the request id to the operator.")

typedef enum vouch_code {
#define X(number, name, slug, status, retry, title, advice) VOUCH_##name = number,
    VOUCH_CODES(X)
#undef X
} vouch_code;

/** One row of the table of codes. */
typedef struct vouch_code_info {
    vouch_code code;
    const char *name;   /* "BAD_FORMAT" */
    const char *slug;   /* "damaged-document": the stable part of the problem type */
    int http_status;    /* RFC 9110 */
    bool retry_helps;   /* a worker tries again with back-off */
    const char *title;  /* short, English */
    const char *advice; /* what the person who sees it can do next; may be "" */
} vouch_code_info;

/** An error with its context. Plain value; copy freely. */
typedef struct vouch_error {
    vouch_code code;
    char message[512]; /* UTF-8, cut at a character boundary */
} vouch_error;

#define VOUCH_ERROR_INIT \
    {                    \
        .code = VOUCH_OK \
    }

#define VOUCH_MUST_CHECK        __attribute__((warn_unused_result))
#define VOUCH_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
/** Run `function(&variable)` when the variable goes out of scope. */
#define VOUCH_CLEANUP(function) __attribute__((cleanup(function)))
/** Hand the pointer over: yields its value and leaves NULL behind, so that its cleanup does nothing. */
#define VOUCH_TAKE(pointer)                           \
    ({                                                \
        __typeof__(pointer) vouch_taken_ = (pointer); \
        (pointer) = NULL;                             \
        vouch_taken_;                                 \
    })
/** Return from the calling function when the expression is not VOUCH_OK. */
#define VOUCH_TRY(expression)                 \
    do {                                      \
        vouch_code vouch_try_ = (expression); \
        if (vouch_try_ != VOUCH_OK)           \
            return vouch_try_;                \
    } while (0)

/**
 * Fill an error and return its code, for `return vouch_fail(err, VOUCH_BAD_FORMAT, "page %d …", n);`.
 *
 * @param err  may be NULL
 * @return code
 */
vouch_code vouch_fail(vouch_error *err, vouch_code code, const char *format, ...) VOUCH_PRINTF(3, 4);

/**
 * Put context in front of an error's message ("OFD Document.xml: …"). Keeps the code. Each layer adds once.
 *
 * @param err  may be NULL
 * @return err->code, or VOUCH_INTERNAL when err is NULL
 */
vouch_code vouch_error_prefix(vouch_error *err, const char *format, ...) VOUCH_PRINTF(2, 3);

/** The row of a code; the row of VOUCH_INTERNAL for a number that is not in the table. Never NULL. */
const vouch_code_info *vouch_code_lookup(vouch_code code);

/** The row of a slug ("damaged-document"), or NULL. */
const vouch_code_info *vouch_code_lookup_slug(const char *slug);

/** The whole table, for documentation and tests. @param count out: number of rows */
const vouch_code_info *vouch_code_table(size_t *count);

#endif
