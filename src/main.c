/** The subcommand table, nothing else. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "bench/bench.h"
#include "command/command.h"
#include "eval/eval.h"
#include "vouch/sandbox.h"

static const vouch_command *const commands[] = {
    &vouch_command_read,    &vouch_command_verify, &vouch_command_dedupe, &vouch_command_serve, &vouch_command_work,
    &vouch_command_migrate, &vouch_command_admin,  &vouch_command_eval,   &vouch_command_bench, &vouch_command_config,
};

static void print_overview(FILE *out)
{
    fputs("vouch reads invoices, verifies them and finds duplicates.\n\nUsage: vouch COMMAND [OPTION…] [ARGUMENT…]\n\n",
          out);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        fprintf(out, "  %-8s  %s\n", commands[i]->name, commands[i]->summary);
    fputs("\nvouch COMMAND --help tells more; vouch --version the version.\n"
          "Free software under AGPL-3.0-or-later; see LICENSE.\n",
          out);
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const char *name = argc > 1 ? argv[1] : "--help";
    if (strcmp(name, VOUCH_ZYGOTE_COMMAND) == 0)
        return vouch_sandbox_zygote_main(argc - 1, argv + 1);
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        puts("vouch " VOUCH_VERSION);
        return VOUCH_EXIT_OK;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_overview(argc > 1 ? stdout : stderr);
        return argc > 1 ? VOUCH_EXIT_OK : VOUCH_EXIT_USAGE;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(commands[i]->name, name) != 0)
            continue;
        for (int a = 2; a < argc; a++) {
            if (strcmp(argv[a], "--help") == 0 || strcmp(argv[a], "-h") == 0) {
                vouch_command_print_help(commands[i], stdout);
                return VOUCH_EXIT_OK;
            }
            if (strcmp(argv[a], "--") == 0)
                break;
        }
        return commands[i]->run(argc - 1, argv + 1);
    }
    fprintf(stderr, "vouch: there is no command \"%s\"; vouch --help lists them\n", name);
    return VOUCH_EXIT_USAGE;
}
