/** What every command says in the same way. */
#include <stdarg.h>

#include "command.h"

void vouch_command_print_help(const vouch_command *command, FILE *out)
{
    fprintf(out, "vouch %s %s\n\n%s\n", command->name, command->synopsis, command->summary);
    if (command->help)
        fprintf(out, "\n%s", command->help);
}

int vouch_command_fail(const char *command, int exit_code, const vouch_error *err)
{
    const vouch_code_info *info = vouch_code_lookup(err->code);
    fprintf(stderr, "vouch %s: %s\n", command, err->message[0] ? err->message : info->title);
    if (info->advice[0] && info->http_status < 500) /* "try again later" helps nobody at a prompt */
        fprintf(stderr, "  %s\n", info->advice);
    return exit_code;
}

int vouch_command_usage(const vouch_command *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "vouch %s: ", command->name);
    vfprintf(stderr, format, args);
    fprintf(stderr, "\nUsage: vouch %s %s\nMore: vouch %s --help\n", command->name, command->synopsis, command->name);
    va_end(args);
    return VOUCH_EXIT_USAGE;
}
