/** `vouch config`: the options, the example file, the values in force. */
#include <string.h>

#include "command.h"
#include "vouch/config.h"

static int run(int argc, char **argv)
{
    bool example = false, values = false, list = false;
    const vouch_flag flags[] = {{.name = "example", .present = &example},
                                {.name = "values", .present = &values},
                                {.name = "list", .present = &list}};
    vouch_error err = VOUCH_ERROR_INIT;
    int count = 0;
    vouch_config *config = NULL;
    vouch_code code = vouch_config_load(argc, argv, flags, sizeof flags / sizeof *flags, &count, &config, &err);
    if (code == VOUCH_USAGE || (code == VOUCH_OK && count > 0)) {
        vouch_config_free(&config);
        return vouch_command_usage(&vouch_command_config, "%s", code == VOUCH_OK ? "takes no argument" : err.message);
    }
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer text = {0};
    if (code == VOUCH_OK)
        code = example  ? vouch_config_print_example(&text)
               : values ? vouch_config_print_values(config, &text)
                        : vouch_config_print_help(&text);
    vouch_config_free(&config);
    if (code != VOUCH_OK)
        return vouch_command_fail("config", VOUCH_EXIT_FAILED, &err);
    fputs(text.data, stdout);
    return VOUCH_EXIT_OK;
}

const vouch_command vouch_command_config = {
    .name = "config",
    .synopsis = "[--list|--example|--values] [OPTION…]",
    .summary = "Show every option of the configuration, the example file, or the values in force",
    .help =
        "  --list     every option with its range, default and meaning (the default)\n"
        "  --example  the file that ships as config/vouch.conf\n"
        "  --values   what is in force here, and where it comes from; secrets are left out\n\n"
        "Options are read from --config FILE (else $VOUCH_CONFIG, else " VOUCH_CONFIG_DEFAULT_FILE "), then from the\n"
        "environment (VOUCH_<NAME>), then from flags (--name VALUE).\n",
    .run = run,
};
