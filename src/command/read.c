/** `vouch read`: readings of files, with no database. */
#include <unistd.h>

#include "files.h"

typedef struct read_state {
    vouch_file_printer printer;
    bool without_invoice;
} read_state;

static bool print_reading(void *context, const char *file, vouch_answer *answer, const vouch_error *failure)
{
    read_state *state = context;
    if (!vouch_file_print(&state->printer, file, answer, failure))
        return true;
    state->printer.failed |= vouch_reading_failed(answer->reading);
    state->without_invoice |= answer->reading->invoices.count == 0;
    return true;
}

static int run(int argc, char **argv)
{
    VOUCH_CLEANUP(vouch_files_options_done) vouch_files_options options = {0};
    vouch_error err = VOUCH_ERROR_INIT;
    if (vouch_files_parse(argc, argv, &options, &err) != VOUCH_OK)
        return vouch_command_usage(&vouch_command_read, "%s", err.message);
    if (options.file_count == 0)
        return vouch_command_usage(&vouch_command_read, "no file is named");
    read_state state = {.printer = {.command = "read",
                                    .as_table = options.table || (!options.json && isatty(STDOUT_FILENO)),
                                    .print_table = vouch_reading_print_table,
                                    .to_json = vouch_reading_to_json}};
    if (vouch_files_run(&options, true, print_reading, &state, &err) != VOUCH_OK)
        return vouch_command_fail("read", VOUCH_EXIT_FAILED, &err);
    return state.printer.failed ? VOUCH_EXIT_FAILED : state.without_invoice ? VOUCH_EXIT_FINDING : VOUCH_EXIT_OK;
}

const vouch_command vouch_command_read = {
    .name = "read",
    .synopsis = "[--json|--table] [--no-sandbox] [OPTION…] FILE…",
    .summary = "Read invoices from files: a table on a terminal, else one JSON reading per line",
    .help = "  --json        one reading per line (schema vouch.reading/1)\n"
            "  --table       a table for people\n"
            "  --no-sandbox  decode in this process: for debuggers and sanitizers only\n"
            "  --            what follows are files\n\n"
            "Exit: 0 all read; 1 some document gave no invoice; 2 usage; 3 some document failed.\n"
            "Any option of the configuration can be given as a flag: vouch config --help.\n",
    .run = run,
};
