/** The commands that work on files alone: options, the sandboxed run over many files, printing. */
#ifndef VOUCH_COMMAND_FILES_H
#define VOUCH_COMMAND_FILES_H

#include "command.h"
#include "vouch/config.h"
#include "vouch/sandbox.h"

/** What `read`, `verify` and `dedupe` have in common. */
typedef struct vouch_files_options {
    vouch_config *config;
    bool json, table; /* neither: a table on a terminal, JSON otherwise */
    bool all;         /* dedupe --all */
    bool no_sandbox;
    const char *trust; /* verify --trust DIR; NULL: trust_dir of the configuration */
    char **files;      /* borrowed from argv */
    size_t file_count;
} vouch_files_options;

/**
 * Parse a command's arguments: its own flags, option flags of the configuration, then files.
 * @return VOUCH_OK; VOUCH_USAGE or VOUCH_CONFIG with the reason
 */
vouch_code vouch_files_parse(int argc, char **argv, vouch_files_options *out, vouch_error *err) VOUCH_MUST_CHECK;
void vouch_files_options_done(vouch_files_options *options);

/** Called once per file, in the order given; returns false to stop early. */
typedef bool (*vouch_file_visitor)(void *context, const char *file, vouch_answer *answer, const vouch_error *failure);

/**
 * Read every file in the sandbox and give each answer to the visitor. A file that can't be opened, or for which no
 * child could be started, comes with `failure` set and answer NULL.
 */
vouch_code vouch_files_run(const vouch_files_options *options, bool verify, vouch_file_visitor visitor, void *context,
                           vouch_error *err) VOUCH_MUST_CHECK;

/** How a command shows one answer. */
typedef struct vouch_file_printer {
    const char *command;
    bool as_table;
    void (*print_table)(const vouch_reading *reading, FILE *out);
    vouch_code (*to_json)(const vouch_reading *reading, vouch_buffer *out, vouch_error *err);
    bool failed; /* out: some file could not be read or printed */
} vouch_file_printer;

/** Print one answer, or say the failure. @return true when there was an answer */
bool vouch_file_print(vouch_file_printer *printer, const char *file, const vouch_answer *answer,
                      const vouch_error *failure);

/** True when the document has a problem of severity error. */
bool vouch_reading_failed(const vouch_reading *reading);

/** A reading for people: one block per invoice, a line per field with value, confidence, source and place. */
void vouch_reading_print_table(const vouch_reading *reading, FILE *out);

#endif
