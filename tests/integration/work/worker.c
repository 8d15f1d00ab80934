/** `vouch work` and its zygote, and nothing else of the program. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "vouch/log.h"
#include "vouch/work.h"

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], VOUCH_ZYGOTE_COMMAND) == 0)
        return vouch_sandbox_zygote_main(argc - 1, argv + 1);
    setlocale(LC_CTYPE, "C.UTF-8");
    VOUCH_CLEANUP(vouch_config_free) vouch_config *config = NULL;
    vouch_error err = VOUCH_ERROR_INIT;
    int arguments = 0;
    vouch_log_set_process("work");
    if (vouch_config_load(argc, argv, NULL, 0, &arguments, &config, &err) == VOUCH_OK &&
        vouch_work_run(config, &err) == VOUCH_OK)
        return 0;
    fprintf(stderr, "%s\n", err.message);
    return 1;
}
