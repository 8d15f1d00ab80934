/** The commands that work on files alone: what they share. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "vouch/work.h"

vouch_code vouch_files_parse(int argc, char **argv, vouch_files_options *out, vouch_error *err)
{
    vouch_files_options options = {0};
    const vouch_flag flags[] = {
        {.name = "json", .present = &options.json}, {.name = "table", .present = &options.table},
        {.name = "all", .present = &options.all},   {.name = "no-sandbox", .present = &options.no_sandbox},
        {.name = "trust", .value = &options.trust},
    };
    int count = 0;
    VOUCH_TRY(vouch_config_load(argc, argv, flags, sizeof flags / sizeof *flags, &count, &options.config, err));
    if (options.json && options.table) {
        vouch_config_free(&options.config);
        return vouch_fail(err, VOUCH_USAGE, "--json and --table exclude each other");
    }
    options.files = argv + 1;
    options.file_count = (size_t)count;
    *out = options;
    return VOUCH_OK;
}

void vouch_files_options_done(vouch_files_options *options)
{
    vouch_config_free(&options->config);
}

/** Whole file into memory, at most `maximum` bytes. */
static vouch_code load_file(const char *path, size_t maximum, vouch_buffer *out, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat state;
    if (fd < 0 || fstat(fd, &state) != 0)
        return vouch_fail(err, VOUCH_IO, "%s", strerror(errno));
    if (S_ISDIR(state.st_mode))
        return vouch_fail(err, VOUCH_USAGE, "is a folder");
    out->maximum = maximum;
    char chunk[1 << 16];
    ssize_t got;
    while ((got = read(fd, chunk, sizeof chunk)) > 0)
        if (vouch_buffer_append(out, chunk, (size_t)got) != VOUCH_OK)
            return vouch_fail(err, VOUCH_TOO_LARGE, "has more than %zu bytes", maximum);
    return got == 0 ? VOUCH_OK : vouch_fail(err, VOUCH_IO, "%s", strerror(errno));
}

static vouch_code read_one(const vouch_sandbox_options *how, vouch_sandbox *sandbox, const char *file, bool verify,
                           vouch_answer *answer, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer bytes = {0};
    VOUCH_TRY(load_file(file, how->pipeline.limits.max_bytes, &bytes, err));
    const vouch_sandbox_request request = {
        .data = (const uint8_t *)bytes.data, .length = bytes.length, .file = file, .verify = verify};
    return sandbox ? vouch_sandbox_run(sandbox, &request, answer, err)
                   : vouch_sandbox_run_inside(how, &request, answer, err);
}

vouch_code vouch_files_run(const vouch_files_options *options, bool verify, vouch_file_visitor visitor, void *context,
                           vouch_error *err)
{
    vouch_sandbox_options how;
    vouch_work_sandbox_options(options->config, &how);
    VOUCH_CLEANUP(vouch_sandbox_stop) vouch_sandbox *sandbox = NULL;
    if (!options->no_sandbox)
        VOUCH_TRY(vouch_sandbox_start(&how, &sandbox, err));
    bool more = true;
    for (size_t i = 0; i < options->file_count && more; i++) {
        VOUCH_CLEANUP(vouch_answer_done) vouch_answer answer = {0};
        vouch_error failure = VOUCH_ERROR_INIT;
        bool done = read_one(&how, sandbox, options->files[i], verify, &answer, &failure) == VOUCH_OK;
        more = visitor(context, options->files[i], done ? &answer : NULL, done ? NULL : &failure);
    }
    return VOUCH_OK;
}

bool vouch_file_print(vouch_file_printer *printer, const char *file, const vouch_answer *answer,
                      const vouch_error *failure)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer json = {0};
    vouch_error err = failure ? *failure : (vouch_error)VOUCH_ERROR_INIT;
    bool done = !failure && (printer->as_table || printer->to_json(answer->reading, &json, &err) == VOUCH_OK);
    if (!done) {
        (void)vouch_error_prefix(&err, "%s: ", file);
        (void)vouch_command_fail(printer->command, VOUCH_EXIT_FAILED, &err);
        printer->failed = true;
    } else if (printer->as_table) {
        printer->print_table(answer->reading, stdout);
    } else {
        puts(json.data);
    }
    return !failure;
}

bool vouch_reading_failed(const vouch_reading *reading)
{
    for (size_t i = 0; i < reading->problems.count; i++) {
        const vouch_problem *problem = &reading->problems.items[i];
        bool absence = problem->code == VOUCH_NOT_AN_INVOICE || problem->code == VOUCH_NOTHING_FOUND;
        if (!absence && strcmp(problem->severity, "error") == 0)
            return true;
    }
    return false;
}
