/**
 * Configuration: one table of options, read in this order, later ones winning:
 *
 *   1. the defaults of the table
 *   2. the file: --config FILE, else $VOUCH_CONFIG, else /etc/vouch/vouch.conf when it is there; "name = value" lines
 *   3. the environment: VOUCH_<NAME>
 *   4. flags: --name VALUE or --name=VALUE; '-' and '_' are the same in names
 *
 * The table also writes `--help`, the example file config/vouch.conf and the typed struct below, so that they can't
 * disagree. A name that is not in the table is an error that says which known name is nearest.
 */
#ifndef VOUCH_CONFIG_H
#define VOUCH_CONFIG_H

#include <stdint.h>

#include "vouch/memory.h"

#define VOUCH_CONFIG_DEFAULT_FILE "/etc/vouch/vouch.conf"

/*
 * type, member, default, least, most, group, help
 *
 * TEXT and SECRET (never printed or logged): const char *, never NULL; "" means not set; least 1: must not be empty
 * CHOICE: const char *, one of the words in `most`, which are parted by '|'
 * SWITCH: bool; on off yes no true false 1 0
 * NUMBER: int64_t; SIZE: size_t, takes the suffixes k M G (1024); REAL: double
 */
#define VOUCH_OPTIONS(X)                                                                                               \
    X(SECRET, database, "dbname=vouch", 1, 0, "Storage", "Where PostgreSQL is: a libpq connection string.")            \
    X(TEXT, blob_dir, "/var/lib/vouch/blobs", 1, 0, "Storage", "Folder of the original documents.")                    \
    X(TEXT, blob_key_file, "", 0, 0, "Storage",                                                                        \
      "File of the keys that encrypt documents, mode 600, the current key first; empty: not encrypted.")               \
    X(SECRET, blob_key_command, "", 0, 0, "Storage", "Shell command that prints these keys, in place of the file.")    \
    X(CHOICE, blob_encryption, "allow", 0, "allow|require", "Storage",                                                 \
      "allow: what was stored before there was a key stays readable; require: only what is encrypted.")                \
    X(TEXT, backup_key_file, "", 0, 0, "Storage", "The same for backups; empty: the keys of documents.")               \
    X(SECRET, backup_key_command, "", 0, 0, "Storage", "Shell command that prints the keys of backups.")               \
    X(NUMBER, orphan_sweep_seconds, "3600", 0, 604800, "Storage",                                                      \
      "How often files that no document refers to are removed; 0: never.")                                             \
    X(NUMBER, orphan_min_age_seconds, "86400", 60, 31536000, "Storage",                                                \
      "Younger files are left alone: their upload may not be recorded yet.")                                           \
    X(TEXT, audit_key_file, "", 0, 0, "Storage",                                                                       \
      "File with the keys that seal the audit, newest first, 64 hex digits a line; empty: sealed without a key.")      \
    X(NUMBER, audit_seal_seconds, "10", 0, 3600, "Storage",                                                            \
      "How often new audit rows are sealed; 0: never by this process.")                                                \
    X(NUMBER, retention_seconds, "3600", 0, 604800, "Storage",                                                         \
      "How often the tenants' rules of retention are applied; 0: never by this process.")                              \
    X(NUMBER, retention_documents, "10000", 1, 10000000, "Storage",                                                    \
      "A brake: most documents that one such run erases or masks.")                                                    \
    X(TEXT, listen, "127.0.0.1", 1, 0, "Service", "Address to listen on, IPv4 or IPv6; :: for all.")                   \
    X(NUMBER, port, "8080", 0, 65535, "Service", "TCP port; 0 takes a free one and logs it.")                          \
    X(TEXT, tls_certificate, "", 0, 0, "Service",                                                                      \
      "PEM file with the certificate chain; empty: plain HTTP, for behind a proxy.")                                   \
    X(SECRET, tls_key, "", 0, 0, "Service", "PEM file with the certificate's private key.")                            \
    X(NUMBER, http_threads, "2", 1, 256, "Service", "Threads that move bytes between sockets.")                        \
    X(NUMBER, http_pool_threads, "8", 1, 512, "Service",                                                               \
      "Threads that may block; each holds one database connection.")                                                   \
    X(NUMBER, http_connections, "1000", 1, 1000000, "Service", "Connections at the same time.")                        \
    X(NUMBER, http_connections_per_address, "100", 1, 1000000, "Service",                                              \
      "Connections at the same time from one address; raise it behind a proxy.")                                       \
    X(NUMBER, http_timeout_seconds, "30", 1, 3600, "Service", "A connection that is silent for so long is closed.")    \
    X(NUMBER, http_rate_per_address, "1000", 0, 1000000, "Service",                                                    \
      "Requests a second from one address, on average; 0: no limit. Raise it behind a proxy.")                         \
    X(NUMBER, http_rate_per_token, "500", 0, 1000000, "Service",                                                       \
      "Requests a second with one token, on average; 0: no limit.")                                                    \
    X(NUMBER, http_rate_burst_seconds, "10", 1, 3600, "Service", "Requests of so many seconds may be made at once.")   \
    X(SIZE, http_header_bytes, "32k", 4096, 1048576, "Service",                                                        \
      "Memory for one request's line and headers; headers may take half of it.")                                       \
    X(SIZE, http_body_bytes, "1M", 1024, 67108864, "Service", "Largest JSON body.")                                    \
    X(SIZE, max_upload_bytes, "50M", 1024, 4294967296, "Service", "Largest document that is accepted.")                \
    X(NUMBER, drain_seconds, "30", 0, 3600, "Service",                                                                 \
      "On SIGTERM, how long running requests and documents may take to finish.")                                       \
    X(NUMBER, draft_reservation_days, "30", 1, 3650, "Service",                                                        \
      "Of new tenants: how long a draft that nobody touches keeps its invoices.")                                      \
    X(NUMBER, workers, "0", 0, 1024, "Work", "Documents read at the same time; 0: one for each processor.")            \
    X(NUMBER, lease_seconds, "120", 5, 86400, "Work", "A job whose worker is silent for so long is given to another.") \
    X(NUMBER, max_attempts, "5", 1, 100, "Work", "After so many failed attempts a job is set aside.")                  \
    X(NUMBER, backoff_base_seconds, "2", 1, 3600, "Work", "Wait before the second attempt; doubles each time.")        \
    X(NUMBER, backoff_max_seconds, "600", 1, 86400, "Work", "The longest wait between attempts.")                      \
    X(NUMBER, poll_milliseconds, "1000", 10, 60000, "Work",                                                            \
      "How often the queue is looked at when nobody announces work.")                                                  \
    X(REAL, page_picture_scale, "1.5", 0, 8, "Work", "Pixels per point (1/72 inch) of page pictures; 0: no pictures.") \
    X(NUMBER, page_picture_max, "20", 0, 1000, "Work", "Page pictures kept for one document.")                         \
    X(SIZE, max_bytes, "50M", 1024, 4294967296, "Reading", "Largest document that is opened.")                         \
    X(NUMBER, max_pages, "200", 1, 100000, "Reading", "Most pages, over all files of an archive.")                     \
    X(NUMBER, max_pixels, "80000000", 10000, 4000000000, "Reading", "Most pixels of one picture or drawn page.")       \
    X(NUMBER, max_entries, "2000", 1, 1000000, "Reading", "Most entries of one archive.")                              \
    X(SIZE, max_entry_bytes, "64M", 1024, 4294967296, "Reading", "Largest unpacked entry of an archive.")              \
    X(SIZE, max_expanded_bytes, "256M", 1024, 17179869184, "Reading", "All unpacked entries of a document together.")  \
    X(NUMBER, max_depth, "2", 0, 8, "Reading", "Archives inside archives; 0: no embedded file is opened.")             \
    X(NUMBER, max_glyphs, "2000000", 1000, 1000000000, "Reading", "Most characters of text, over all pages.")          \
    X(SWITCH, qr, "on", 0, 1, "Reading", "Look for QR codes and barcodes.")                                            \
    X(NUMBER, qr_budget_ms, "400", 1, 60000, "Reading", "CPU time for codes, per page, in milliseconds.")              \
    X(TEXT, trust_dir, "/etc/vouch/trust", 0, 0, "Reading", "Folder of trust anchors for signatures.")                 \
    X(NUMBER, sandbox_wall_seconds, "60", 1, 3600, "Sandbox", "Longest time for one document.")                        \
    X(NUMBER, sandbox_cpu_seconds, "40", 1, 3600, "Sandbox", "Most CPU time for one document.")                        \
    X(SIZE, sandbox_memory_bytes, "1536M", 67108864, 68719476736, "Sandbox", "Most address space for one document.")   \
    X(SIZE, sandbox_answer_bytes, "192M", 1048576, 2147483648, "Sandbox",                                              \
      "Largest answer that is accepted, page pictures included.")                                                      \
    X(TEXT, sandbox_user, "nobody", 1, 0, "Sandbox", "Unprivileged user to become when started as root.")              \
    X(TEXT, metrics_address, "127.0.0.1", 0, 0, "Metrics",                                                             \
      "Address on which serve and work show their metrics; empty: nowhere. Beyond this machine only with a token.")    \
    X(NUMBER, metrics_port, "9464", 0, 65535, "Metrics", "TCP port of the metrics of serve; 0 takes a free one.")      \
    X(NUMBER, metrics_work_port, "9465", 0, 65535, "Metrics",                                                          \
      "The same of work; a second worker on a machine needs a port of its own.")                                       \
    X(SECRET, metrics_token, "", 0, 0, "Metrics",                                                                      \
      "Bearer token that whoever asks for metrics must send; empty: none.")                                            \
    X(NUMBER, metrics_branches, "100", 0, 1024, "Metrics",                                                             \
      "Branches that are counted each by itself, the first that a process meets; all others together.")                \
    X(CHOICE, log_level, "info", 0, "debug|info|warning|error", "Log", "Lowest level that is written.")                \
    X(CHOICE, log_format, "auto", 0, "auto|json|text", "Log", "auto: text on a terminal, JSON lines otherwise.")

#define VOUCH_OPTION_C_TEXT   const char *
#define VOUCH_OPTION_C_SECRET const char *
#define VOUCH_OPTION_C_CHOICE const char *
#define VOUCH_OPTION_C_SWITCH bool
#define VOUCH_OPTION_C_NUMBER int64_t
#define VOUCH_OPTION_C_SIZE   size_t
#define VOUCH_OPTION_C_REAL   double

enum {
#define X(type, member, ...) VOUCH_OPTION_##member,
    VOUCH_OPTIONS(X)
#undef X
    VOUCH_OPTION_COUNT
};

/** Where an option's value came from. */
typedef enum vouch_config_origin {
    VOUCH_CONFIG_FROM_DEFAULT,
    VOUCH_CONFIG_FROM_FILE,
    VOUCH_CONFIG_FROM_ENVIRONMENT,
    VOUCH_CONFIG_FROM_FLAG
} vouch_config_origin;

/** All options. Text lives in the arena. Read the members; change them by vouch_config_set only. */
typedef struct vouch_config {
#define X(type, member, ...) VOUCH_OPTION_C_##type member;
    VOUCH_OPTIONS(X)
#undef X
    unsigned char origins[VOUCH_OPTION_COUNT]; /* vouch_config_origin */
    vouch_arena *arena;
} vouch_config;

/** A flag that a subcommand has beside the options. */
typedef struct vouch_flag {
    const char *name;   /* without dashes: "json" */
    bool *present;      /* a switch: set to true; NULL when the flag takes a value */
    const char **value; /* set to the value, borrowed from argv */
} vouch_flag;

/**
 * Everything a program does at its start: all four sources, then checks between options.
 *
 * @param argc, argv  argv[0] is skipped. Arguments that are no flags are moved to the front, to argv[1] and on, in
 *                    order; all that follow "--" are such. "-" is no flag.
 * @param flags       the subcommand's own; they go before options of the same name; NULL: none
 * @param arguments   out: how many arguments are left at argv[1]
 * @param out         release with vouch_config_free
 * @return VOUCH_OK; VOUCH_USAGE: a wrong flag; VOUCH_CONFIG: a wrong name or value elsewhere, or the file can't be read
 */
vouch_code vouch_config_load(int argc, char **argv, const vouch_flag *flags, size_t flag_count, int *arguments,
                             vouch_config **out, vouch_error *err) VOUCH_MUST_CHECK;

/** The parts of vouch_config_load. */
vouch_config *vouch_config_new(void); /* the defaults; NULL when out of memory */
void vouch_config_free(vouch_config **config);
/** @param text  of the file, NUL-terminated @param name  of the file, for messages */
vouch_code vouch_config_read_text(vouch_config *config, const char *text, const char *name,
                                  vouch_error *err) VOUCH_MUST_CHECK;
vouch_code vouch_config_read_file(vouch_config *config, const char *path, vouch_error *err) VOUCH_MUST_CHECK;
vouch_code vouch_config_read_environment(vouch_config *config, vouch_error *err) VOUCH_MUST_CHECK;
/** Set one option. The message names the option and its range, never a secret's value. */
vouch_code vouch_config_set(vouch_config *config, const char *name, const char *value, vouch_config_origin origin,
                            vouch_error *err) VOUCH_MUST_CHECK;
/** What can only be said of options together: a certificate needs a key, waits must not shrink. */
vouch_code vouch_config_check(const vouch_config *config, vouch_error *err) VOUCH_MUST_CHECK;

/** All options with group, range, default and help, for --help. */
vouch_code vouch_config_print_help(vouch_buffer *out) VOUCH_MUST_CHECK;
/** The example file: every option, commented out, with its default. config/vouch.conf is this text. */
vouch_code vouch_config_print_example(vouch_buffer *out) VOUCH_MUST_CHECK;
/** The values in force, one "name = value  # origin" a line; secrets are left out. */
vouch_code vouch_config_print_values(const vouch_config *config, vouch_buffer *out) VOUCH_MUST_CHECK;

#endif
