/** Inside of the command line: one row and one file a subcommand. */
#ifndef VOUCH_COMMAND_H
#define VOUCH_COMMAND_H

#include <stdio.h>

#include "vouch/error.h"

/** Exit codes that READING.md binds ("Commands"). */
enum {
    VOUCH_EXIT_OK = 0,
    VOUCH_EXIT_FINDING = 1, /* no invoice, not trusted, a duplicate */
    VOUCH_EXIT_USAGE = 2,
    VOUCH_EXIT_FAILED = 3,
};

typedef struct vouch_command {
    const char *name;
    const char *synopsis;              /* after "vouch NAME" */
    const char *summary;               /* one line */
    const char *help;                  /* options, one a line; NULL: none */
    int (*run)(int argc, char **argv); /* argv[0] is the subcommand */
} vouch_command;

extern const vouch_command vouch_command_read, vouch_command_verify, vouch_command_dedupe, vouch_command_migrate,
    vouch_command_admin, vouch_command_serve, vouch_command_work, vouch_command_config;

/** Print a command's usage and help. */
void vouch_command_print_help(const vouch_command *command, FILE *out);

/** Say an error on standard error ("vouch read: …"); @return the exit code given */
int vouch_command_fail(const char *command, int exit_code, const vouch_error *err);

/** Say that an argument is wrong and where the help is; @return VOUCH_EXIT_USAGE */
int vouch_command_usage(const vouch_command *command, const char *format, ...) VOUCH_PRINTF(2, 3);

#endif
