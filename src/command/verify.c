/** `vouch verify`: verdicts on the signatures of files. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"

typedef struct verify_state {
    vouch_file_printer printer;
    bool not_trusted;
} verify_state;

static bool all_trusted(const vouch_reading *reading)
{
    for (size_t i = 0; i < reading->verdicts.count; i++) {
        const vouch_verdict *verdict = &reading->verdicts.items[i];
        if (verdict->integrity != VOUCH_INTEGRITY_VALID || verdict->authenticity != VOUCH_AUTHENTICITY_TRUSTED)
            return false;
    }
    return reading->verdicts.count > 0;
}

static void print_table(const vouch_reading *reading, FILE *out)
{
    fprintf(out, "%s  %s\n", reading->file, reading->format);
    if (reading->verdicts.count == 0)
        fputs("  nothing in it is signed\n", out);
    for (size_t i = 0; i < reading->verdicts.count; i++) {
        const vouch_verdict *verdict = &reading->verdicts.items[i];
        fprintf(out, "  %s: integrity %s, authenticity %s, agreement %s%s%s\n", verdict->scheme,
                vouch_integrity_name(verdict->integrity), vouch_authenticity_name(verdict->authenticity),
                vouch_agreement_name(verdict->agreement), verdict->signer ? ", signer " : "",
                verdict->signer ? verdict->signer : "");
        for (size_t f = 0; f < verdict->finding_count; f++)
            fprintf(out, "    %s: %s\n", verdict->findings[f].code, verdict->findings[f].detail);
    }
}

static bool print_verdicts(void *context, const char *file, vouch_answer *answer, const vouch_error *failure)
{
    verify_state *state = context;
    if (!vouch_file_print(&state->printer, file, answer, failure))
        return true;
    state->printer.failed |= answer->verifier_end != VOUCH_OK || vouch_reading_failed(answer->reading);
    state->not_trusted |= !all_trusted(answer->reading);
    return true;
}

static int run(int argc, char **argv)
{
    VOUCH_CLEANUP(vouch_files_options_done) vouch_files_options options = {0};
    vouch_error err = VOUCH_ERROR_INIT;
    if (vouch_files_parse(argc, argv, &options, &err) != VOUCH_OK)
        return vouch_command_usage(&vouch_command_verify, "%s", err.message);
    if (options.file_count == 0)
        return vouch_command_usage(&vouch_command_verify, "no file is named");
    struct stat trust;
    if (options.trust && (stat(options.trust, &trust) != 0 || !S_ISDIR(trust.st_mode)))
        return vouch_command_usage(&vouch_command_verify, "--trust %s: is no folder", options.trust);
    verify_state state = {.printer = {.command = "verify",
                                      .as_table = options.table || (!options.json && isatty(STDOUT_FILENO)),
                                      .print_table = print_table,
                                      .to_json = vouch_verdicts_to_json}};
    if (vouch_files_run(&options, true, print_verdicts, &state, &err) != VOUCH_OK)
        return vouch_command_fail("verify", VOUCH_EXIT_FAILED, &err);
    return state.printer.failed ? VOUCH_EXIT_FAILED : state.not_trusted ? VOUCH_EXIT_FINDING : VOUCH_EXIT_OK;
}

const vouch_command vouch_command_verify = {
    .name = "verify",
    .synopsis = "[--json|--table] [--trust DIR] [--no-sandbox] FILE…",
    .summary = "Judge the signatures of files: integrity, authenticity, agreement",
    .help =
        "  --json        one object per file (schema vouch.verdicts/1)\n"
        "  --table       lines for people\n"
        "  --trust DIR   trust anchors, instead of trust_dir of the configuration\n"
        "  --no-sandbox  decode in this process: for debuggers and sanitizers only\n\n"
        "Signatures are found and named; checking them is not supported yet, so that integrity is \"unsupported\".\n"
        "Exit: 0 all valid and trusted; 1 otherwise; 2 usage; 3 failed.\n",
    .run = run,
};
