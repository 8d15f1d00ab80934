/** `vouch serve`, `vouch work`, `vouch migrate`: the long-running programs and the schema they need. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "vouch/log.h"
#include "vouch/serve.h"
#include "vouch/store.h"
#include "vouch/work.h"

static void start_log(const vouch_config *config, const char *process)
{
    static const struct {
        const char *name;
        vouch_log_level level;
    } levels[] = {{"debug", VOUCH_LOG_DEBUG},
                  {"info", VOUCH_LOG_INFO},
                  {"warning", VOUCH_LOG_WARNING},
                  {"error", VOUCH_LOG_ERROR}};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (strcmp(config->log_level, levels[i].name) == 0)
            vouch_log_set_level(levels[i].level);
    (void)vouch_log_set_format(config->log_format); /* the option allows its words only */
    vouch_log_set_process(process);
}

/** Options only: a command that takes no arguments. @return -1 to go on, else the exit code */
static int load_options(const vouch_command *command, int argc, char **argv, const vouch_flag *flags, size_t flag_count,
                        vouch_config **config)
{
    vouch_error err = VOUCH_ERROR_INIT;
    int count = 0;
    vouch_code code = vouch_config_load(argc, argv, flags, flag_count, &count, config, &err);
    if (code == VOUCH_USAGE)
        return vouch_command_usage(command, "%s", err.message);
    if (code != VOUCH_OK)
        return vouch_command_fail(command->name, VOUCH_EXIT_USAGE, &err);
    if (count > 0)
        return vouch_command_usage(command, "\"%s\": takes no argument", argv[1]);
    return -1;
}

static int end(const char *command, vouch_code code, const vouch_error *err)
{
    if (code == VOUCH_OK)
        return VOUCH_EXIT_OK;
    return vouch_command_fail(command, code == VOUCH_CONFIG ? VOUCH_SERVE_EXIT_CONFIGURATION : VOUCH_EXIT_FAILED, err);
}

/* ---- serve ---- */

/** The arguments without --work, for both processes. */
static int without_work(int argc, char **argv, char **out)
{
    int count = 0;
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--work") != 0)
            out[count++] = argv[i];
    return count;
}

static int run_serve(int argc, char **argv)
{
    bool with_work = false;
    const vouch_flag flags[] = {{.name = "work", .present = &with_work}};
    char **options = calloc((size_t)argc + 1, sizeof *options);
    if (!options)
        return VOUCH_EXIT_FAILED;
    int option_count = without_work(argc, argv, options);
    VOUCH_CLEANUP(vouch_config_free) vouch_config *config = NULL;
    int code = load_options(&vouch_command_serve, argc, argv, flags, 1, &config);
    if (code < 0) {
        vouch_error err = VOUCH_ERROR_INIT;
        start_log(config, with_work ? "parent" : "serve");
        code = end("serve",
                   with_work ? vouch_serve_supervise("/proc/self/exe", options, option_count, &err)
                             : vouch_serve_run(config, &err),
                   &err);
    }
    free(options);
    return code;
}

const vouch_command vouch_command_serve = {
    .name = "serve",
    .synopsis = "[--work] [OPTION…]",
    .summary = "Answer HTTP: uploads, claims, verifications",
    .help = "  --work  also read documents: serve and work as two processes under one parent\n\n"
            "SIGTERM or SIGINT: finish what is held (drain_seconds at most); a second one: stop at once.\n"
            "Options: vouch config --list. The API: GET /openapi.yaml.\n",
    .run = run_serve,
};

/* ---- work ---- */

static int run_work(int argc, char **argv)
{
    VOUCH_CLEANUP(vouch_config_free) vouch_config *config = NULL;
    int code = load_options(&vouch_command_work, argc, argv, NULL, 0, &config);
    if (code >= 0)
        return code;
    vouch_error err = VOUCH_ERROR_INIT;
    start_log(config, "work");
    return end("work", vouch_work_run(config, &err), &err);
}

const vouch_command vouch_command_work = {
    .name = "work",
    .synopsis = "[--workers N] [OPTION…]",
    .summary = "Read queued documents and write the results back",
    .help = "  --workers N  documents read at the same time; 0: one for each processor\n\n"
            "Any number of these processes on any number of machines share one queue.\n"
            "SIGTERM or SIGINT: finish what is held; a second one: stop at once. Options: vouch config --list.\n",
    .run = run_work,
};

/* ---- migrate ---- */

static int run_migrate(int argc, char **argv)
{
    VOUCH_CLEANUP(vouch_config_free) vouch_config *config = NULL;
    const char *target = NULL;
    const vouch_flag flags[] = {{.name = "to", .value = &target}};
    int code = load_options(&vouch_command_migrate, argc, argv, flags, 1, &config);
    if (code >= 0)
        return code;
    char *end_of_number = NULL;
    const long version = target ? strtol(target, &end_of_number, 10) : INT_MAX;
    if (target && (end_of_number == target || *end_of_number || version < 1 || version > INT_MAX))
        return vouch_command_usage(&vouch_command_migrate, "--to %s: not a schema version", target);
    vouch_error err = VOUCH_ERROR_INIT;
    const vouch_store_options options = {.conninfo = config->database, .application = "vouch migrate"};
    int from = 0, to = 0;
    if (vouch_store_migrate_to(&options, (int)version, &from, &to, &err) != VOUCH_OK)
        return vouch_command_fail("migrate", VOUCH_EXIT_FAILED, &err);
    if (from == to)
        printf("schema version %d, nothing to do\n", to);
    else
        printf("schema version %d → %d\n", from, to);
    return VOUCH_EXIT_OK;
}

const vouch_command vouch_command_migrate = {
    .name = "migrate",
    .synopsis = "[--to VERSION] [OPTION…]",
    .summary = "Bring the database schema to this version; forward only, safe to run again",
    .help = "  --to VERSION  stop at an earlier schema\n\n"
            "Needs a login that owns the database, and the first time may create roles (CREATEROLE).\n",
    .run = run_migrate,
};
