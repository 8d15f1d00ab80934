/**
 * Metrics: what the process counts and measures, in the text formats that Prometheus scrapes.
 *
 * VOUCH_METRICS is the one table. A family has labels and one series for each combination of their values; series come
 * into being when they are first observed. How many there may be stands in the table: what goes beyond is counted in
 * one series whose labels are all "other", so that nothing a client sends makes memory or a scrape grow without limit.
 *
 * Like the log, metrics belong to the process. Observing takes no lock: a look-up in a hash table and atomic additions
 * (`vouch bench metrics` prints what that costs). The only lock is taken when a series is made. Everything is a 64-bit
 * integer; times are kept in microseconds and shown in seconds, exactly.
 *
 * Labels hold words of our own tables and ids, never names, file names, paths, addresses or anything else that a
 * document or a person brought along.
 */
#ifndef VOUCH_METRICS_H
#define VOUCH_METRICS_H

#include <stdint.h>

#include "vouch/config.h"

/*
 * enumerator, type, name, labels parted by commas, unit, most series, help
 *
 * type: COUNTER only grows, its name ends in _total; GAUGE; HISTOGRAM
 * unit: ONE; BYTES; SECONDS are observed in microseconds. It also picks a histogram's buckets.
 */
#define VOUCH_METRICS(X)                                                                                               \
    X(BUILD, GAUGE, "vouch_build_info", "version,command", ONE, 2, "Always 1; the labels tell what runs.")             \
    /* serve: HTTP */                                                                                                  \
    X(HTTP_REQUESTS, COUNTER, "vouch_http_requests_total", "route,method,status", ONE, 512,                            \
      "Requests answered, by template of the path and class of the status; aborted: the client went away.")            \
    X(HTTP_DURATION, HISTOGRAM, "vouch_http_request_duration_seconds", "route,method", SECONDS, 96,                    \
      "From the request line to the end of the answer; waits that the client asked for (Prefer) included.")            \
    X(HTTP_PROBLEMS, COUNTER, "vouch_http_problems_total", "problem", ONE, 80,                                         \
      "Answers that were a problem, by its type.")                                                                     \
    X(HTTP_RECEIVED, COUNTER, "vouch_http_received_bytes_total", "", BYTES, 1, "Bytes of bodies that came in.")        \
    X(HTTP_IN_FLIGHT, GAUGE, "vouch_http_requests_in_flight", "", ONE, 1, "Requests that are being answered.")         \
    X(HTTP_WAITING, GAUGE, "vouch_http_requests_waiting", "", ONE, 1,                                                  \
      "Requests that wait for a document (Prefer: wait); they hold no thread.")                                        \
    X(HTTP_CONNECTIONS, GAUGE, "vouch_http_connections", "", ONE, 1, "Connections that are open.")                     \
    X(HTTP_CONNECTIONS_LIMIT, GAUGE, "vouch_http_connections_limit", "", ONE, 1, "Option http_connections.")           \
    X(HTTP_POOL_THREADS, GAUGE, "vouch_http_pool_threads", "state", ONE, 3,                                            \
      "Threads that may block, each with a database connection: busy or idle.")                                        \
    X(HTTP_POOL_QUEUED, GAUGE, "vouch_http_pool_queued", "", ONE, 1, "Requests that wait for such a thread.")          \
    X(UPLOADS, COUNTER, "vouch_uploads_total", "format,lane", ONE, 64,                                                 \
      "Documents that were accepted and recorded, by format and lane of the queue.")                                   \
    X(UPLOAD_SIZE, HISTOGRAM, "vouch_upload_size_bytes", "", BYTES, 1, "Size of the accepted documents.")              \
    X(BRANCH_UPLOADS, COUNTER, "vouch_branch_uploads_total", "branch", ONE, 1025,                                      \
      "Documents accepted, by id of the branch (option metrics_branches; the rest is other).")                         \
    /* serve: the queue and the database */                                                                            \
    X(QUEUE_JOBS, GAUGE, "vouch_queue_jobs", "lane,state", ONE, 9,                                                     \
      "Jobs in the database: queued, waiting for the next attempt, leased, dead. Counted up to 20000 each.")           \
    X(QUEUE_OLDEST, GAUGE, "vouch_queue_oldest_seconds", "lane,state", SECONDS, 9,                                     \
      "Age of the oldest such job since its upload; 0: there is none.")                                                \
    X(DATABASE_UP, GAUGE, "vouch_database_up", "", ONE, 1, "Did the database answer this scrape?")                     \
    X(DATABASE_TRANSACTIONS, COUNTER, "vouch_database_transactions_total", "result", ONE, 5,                           \
      "Transactions: ok, refused by a rule of ours, repeated after a deadlock, lost with the connection.")             \
    X(DATABASE_DURATION, HISTOGRAM, "vouch_database_transaction_duration_seconds", "", SECONDS, 1,                     \
      "From begin to commit or rollback, repetitions included.")                                                       \
    X(DATABASE_CONNECTS, COUNTER, "vouch_database_connects_total", "result", ONE, 3,                                   \
      "Connections opened: ok or failed.")                                                                             \
    /* work: documents */                                                                                              \
    X(DOCUMENTS, COUNTER, "vouch_documents_total", "outcome,format", ONE, 256,                                         \
      "Documents written back, by what became of them.")                                                               \
    X(BRANCH_OUTCOMES, COUNTER, "vouch_branch_outcomes_total", "branch,outcome", ONE, 10240,                           \
      "The same by id of the branch.")                                                                                 \
    X(DOCUMENT_LATENCY, HISTOGRAM, "vouch_document_latency_seconds", "lane", SECONDS, 3,                               \
      "From the upload to the committed write-back, by the clocks of database and worker.")                            \
    X(DOCUMENT_DURATION, HISTOGRAM, "vouch_document_duration_seconds", "", SECONDS, 1,                                 \
      "In a worker's hands, failed attempts included.")                                                                \
    X(STEP_DURATION, HISTOGRAM, "vouch_step_duration_seconds", "step", SECONDS, 16,                                    \
      "Time of a step of an attempt: load, blob, sandbox (of it parse, the check of the answers), blobs_out, "         \
      "write_back (of it dedupe, the judging of candidates).")                                                         \
    X(STAGE_CPU, HISTOGRAM, "vouch_stage_cpu_seconds", "stage", SECONDS, 8,                                            \
      "CPU time of a stage inside of the sandbox: decode, read, reconcile, fingerprint, verify.")                      \
    X(INVOICES, COUNTER, "vouch_invoices_total", "kind", ONE, 64, "Invoices found in documents.")                      \
    X(FIELDS, COUNTER, "vouch_fields_total", "source", ONE, 16, "Fields of invoices, by where the value came from.")   \
    X(DOCUMENT_PROBLEMS, COUNTER, "vouch_document_problems_total", "problem,format", ONE, 512,                         \
      "Problems that readings tell of.")                                                                               \
    X(VERDICTS, COUNTER, "vouch_verdicts_total", "scheme,integrity,authenticity", ONE, 128, "Verdicts on signatures.") \
    X(MATCHES, COUNTER, "vouch_matches_total", "kind,decision", ONE, 64,                                               \
      "Relations to other invoices that were found, by what is done about them.")                                      \
    X(ATTEMPTS, COUNTER, "vouch_attempts_total", "lane,attempt", ONE, 8,                                               \
      "Attempts at documents: the first, the second, or a later one (3).")                                             \
    X(ATTEMPTS_FAILED, COUNTER, "vouch_attempts_failed_total", "reason,then", ONE, 160,                                \
      "Failed attempts by problem, and what follows: again, dead (set aside), lost (the lease was another's).")        \
    X(LEASES_LOST, COUNTER, "vouch_leases_lost_total", "", ONE, 1,                                                     \
      "Documents whose lease had gone to another worker when they were to be written back.")                           \
    X(LEASES_RECOVERED, COUNTER, "vouch_leases_recovered_total", "", ONE, 1,                                           \
      "Leases of silent workers that this process put back into the queue.")                                           \
    X(SANDBOX_ENDS, COUNTER, "vouch_sandbox_ends_total", "child,reason", ONE, 32,                                      \
      "Children of the sandbox by how they ended; ok: they answered.")                                                 \
    X(READER_ANSWERS, COUNTER, "vouch_reader_answers_total", "format,end", ONE, 64,                                    \
      "Readers by the format of their document: ok, or failed (any end of a child but ok).")                           \
    X(SANDBOX_CPU, HISTOGRAM, "vouch_sandbox_child_cpu_seconds", "child", SECONDS, 3,                                  \
      "CPU time of a child from its fork to its end, by the kernel's count.")                                          \
    X(SANDBOX_PEAK, HISTOGRAM, "vouch_sandbox_child_peak_bytes", "child", BYTES, 3,                                    \
      "Resident memory of a child at most, what it shares with the zygote included.")                                  \
    X(SANDBOX_ZYGOTES_LOST, COUNTER, "vouch_sandbox_zygotes_lost_total", "", ONE, 1,                                   \
      "Zygotes that died or hung and were replaced.")                                                                  \
    X(CHILDREN_CPU, COUNTER, "vouch_children_cpu_seconds_total", "", SECONDS, 1,                                       \
      "CPU time of the zygote and all its children.")                                                                  \
    X(WORK_THREADS, GAUGE, "vouch_work_threads", "state", ONE, 3, "Threads that read documents: busy or idle.")        \
    X(WORK_HELD, GAUGE, "vouch_work_held_jobs", "", ONE, 1, "Jobs that this process has leased.")                      \
    X(RESERVATIONS_EXPIRED, COUNTER, "vouch_reservations_expired_total", "", ONE, 1,                                   \
      "Reservations of old drafts that were released.")                                                                \
    X(AUDIT_SEALED, COUNTER, "vouch_audit_sealed_rows_total", "", ONE, 1,                                              \
      "Rows of the audit added to its hash chain.")                                                                    \
    X(AUDIT_SEAL_TIME, GAUGE, "vouch_audit_seal_timestamp_seconds", "", SECONDS, 1,                                    \
      "When this process last finished a round of sealing; only the sealer has it.")                                   \
    X(RETENTION, COUNTER, "vouch_retention_documents_total", "what", ONE, 4,                                           \
      "Documents that the rules of retention erased, masked, or had to skip.")                                         \
    X(KEYS_ROTATED, COUNTER, "vouch_keys_rotated_total", "what", ONE, 4,                                               \
      "Rotation of keys: blob (encrypted anew), key (wrapped anew), failed.")                                          \
    /* blobs */                                                                                                        \
    X(BLOB_WRITTEN, COUNTER, "vouch_blob_written_bytes_total", "what", BYTES, 4,                                       \
      "Bytes given to the blob store: original, words, picture.")                                                      \
    X(BLOBS_SWEPT, COUNTER, "vouch_blobs_swept_total", "what", ONE, 3,                                                 \
      "Files removed: orphan (no row refers to it), abandoned (an upload that broke off).")                            \
    X(BLOB_SWEEP_TIME, GAUGE, "vouch_blob_sweep_timestamp_seconds", "", SECONDS, 1,                                    \
      "When this process last finished a sweep; only the housekeeper has it.")                                         \
    X(BLOB_FREE, GAUGE, "vouch_blob_filesystem_free_bytes", "", BYTES, 1, "Room left under blob_dir.")                 \
    X(BLOB_SIZE, GAUGE, "vouch_blob_filesystem_size_bytes", "", BYTES, 1, "Size of that file system.")                 \
    /* the process, under the names that every Prometheus client library uses */                                       \
    X(PROCESS_CPU, COUNTER, "process_cpu_seconds_total", "", SECONDS, 1, "CPU time of this process.")                  \
    X(PROCESS_RESIDENT, GAUGE, "process_resident_memory_bytes", "", BYTES, 1, "Resident memory.")                      \
    X(PROCESS_VIRTUAL, GAUGE, "process_virtual_memory_bytes", "", BYTES, 1, "Address space in use.")                   \
    X(PROCESS_OPEN_FDS, GAUGE, "process_open_fds", "", ONE, 1, "Open descriptors.")                                    \
    X(PROCESS_MAX_FDS, GAUGE, "process_max_fds", "", ONE, 1, "Most open descriptors.")                                 \
    X(PROCESS_THREADS, GAUGE, "process_threads", "", ONE, 1, "Threads.")                                               \
    X(PROCESS_START, GAUGE, "process_start_time_seconds", "", SECONDS, 1, "Start of the process, Unix time.")

typedef enum vouch_metric {
#define X(name, ...) VOUCH_METRIC_##name,
    VOUCH_METRICS(X)
#undef X
    VOUCH_METRIC_COUNT
} vouch_metric;

typedef enum vouch_metric_type {
    VOUCH_METRIC_IS_COUNTER,
    VOUCH_METRIC_IS_GAUGE,
    VOUCH_METRIC_IS_HISTOGRAM
} vouch_metric_type;

typedef enum vouch_metric_unit {
    VOUCH_METRIC_ONE,
    VOUCH_METRIC_BYTES,
    VOUCH_METRIC_SECONDS
} vouch_metric_unit;

enum {
    VOUCH_METRIC_LABELS_MOST = 3
};

/** A row of the table. */
typedef struct vouch_metric_info {
    const char *name, *labels, *help;
    vouch_metric_type type;
    vouch_metric_unit unit;
    size_t most; /* series, "other" among them */
} vouch_metric_info;
const vouch_metric_info *vouch_metric_lookup(vouch_metric metric);

/* ---- observing; never fails: without memory for a new series an observation is dropped ---- */

/** Values of the labels, in the order of the table; NULL for a family without labels. NULL among them is "none". */
#define VOUCH_LABELS(...) ((const char *const[VOUCH_METRIC_LABELS_MOST]){__VA_ARGS__})

/** Raise a counter, or a gauge by a negative amount lower it. An amount of 0 makes the series show up. */
void vouch_metric_add(vouch_metric metric, const char *const *labels, int64_t amount);
/** A gauge's value; of a counter that the system keeps (CPU time), its state. */
void vouch_metric_set(vouch_metric metric, const char *const *labels, int64_t value);
/** Add to a histogram. */
void vouch_metric_observe(vouch_metric metric, const char *const *labels, int64_t value);
/** Leave a family out of what is shown (its value is not known now), or show it again. */
void vouch_metric_show(vouch_metric metric, bool shown);

/** Monotonic microseconds. */
int64_t vouch_metric_clock(void);
/** Observe the time since `begin`. */
void vouch_metric_since(vouch_metric metric, const char *const *labels, int64_t begin);

/**
 * The label of a branch: its id for the first metrics_branches branches that this process meets, "other" from then on.
 * Takes a lock for a moment; asked for once a document.
 * @param id  NULL or "": "none"
 */
const char *vouch_metric_branch(const char *id);

/** Value of a series, and for a histogram the number of observations; 0 when there is none. For tests. */
int64_t vouch_metric_value(vouch_metric metric, const char *const *labels);

/* ---- showing ---- */

/**
 * Everything, as text format 0.0.4 or as OpenMetrics 1.0.
 * @param out  appended to
 */
vouch_code vouch_metrics_print(bool openmetrics, vouch_buffer *out, vouch_error *err) VOUCH_MUST_CHECK;

/** Take the process's own figures (memory, CPU, descriptors) and the room under a folder. */
void vouch_metrics_collect_process(const char *blob_dir);

/** Called before each scrape, on the listener's thread: set gauges whose truth is elsewhere. */
typedef void vouch_metrics_collect(void *data);

typedef struct vouch_metrics_listener vouch_metrics_listener;

/**
 * Answer GET /metrics on metrics_address, on a socket of its own that the public routes know nothing of. Started after
 * signals are blocked; a thread of its own.
 *
 * Metrics are no reason not to work: where the port is taken, that is logged ("metrics_unavailable") and *out is NULL,
 * as it is when metrics_address is empty.
 *
 * @param process  "serve" or "work"; the latter listens on metrics_work_port
 * @param out      close with vouch_metrics_close
 * @return VOUCH_OK; VOUCH_CONFIG when metrics_address is no address
 */
vouch_code vouch_metrics_listen(const vouch_config *config, const char *process, vouch_metrics_collect *collect,
                                void *data, vouch_metrics_listener **out, vouch_error *err) VOUCH_MUST_CHECK;
void vouch_metrics_close(vouch_metrics_listener **listener);

#endif
