#include "eval.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report.h"

static const size_t largest_file = (size_t)64 << 20;

typedef struct eval_options {
    bool json;
    char **lists;
    size_t list_count;
} eval_options;

static vouch_code parse_options(int argc, char **argv, eval_options *out, vouch_error *err)
{
    eval_options parsed = {.lists = argv + 1};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            parsed.json = true;
        else if (argv[i][0] == '-')
            return vouch_fail(err, VOUCH_USAGE, "unknown option %s", argv[i]);
        else
            parsed.lists[parsed.list_count++] = argv[i];
    }
    if (parsed.list_count == 0)
        return vouch_fail(err, VOUCH_USAGE, "no list given");
    *out = parsed;
    return VOUCH_OK;
}

static vouch_code load(const char *path, vouch_buffer *out, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    char chunk[1 << 16];
    ssize_t got;

    if (fd < 0)
        return vouch_fail(err, VOUCH_IO, "%s: %s", path, strerror(errno));
    out->maximum = largest_file;
    while ((got = read(fd, chunk, sizeof chunk)) > 0)
        if (vouch_buffer_append(out, chunk, (size_t)got) != VOUCH_OK)
            return vouch_fail(err, VOUCH_TOO_LARGE, "%s: more than %zu bytes", path, largest_file);
    return got == 0 ? VOUCH_OK : vouch_fail(err, VOUCH_IO, "%s: %s", path, strerror(errno));
}

static vouch_code load_list(vouch_arena *arena, const char *path, gold_list *list, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer text = {0};
    const char *slash = strrchr(path, '/');
    const char *folder = slash ? vouch_arena_strndup(arena, path, (size_t)(slash - path)) : ".";

    VOUCH_TRY(load(path, &text, err));
    const vouch_code code =
        gold_parse(arena, folder, vouch_arena_strndup(arena, text.data ? text.data : "", text.length), list, err);
    return code == VOUCH_OK ? VOUCH_OK : vouch_error_prefix(err, "%s", path);
}

static void evaluate(scoreboard *scores, const gold *row, vouch_eval_read read_document, void *context)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer bytes = {0};
    VOUCH_CLEANUP(vouch_reading_free) vouch_reading *reading = NULL;
    vouch_error err = VOUCH_ERROR_INIT;

    if (row->skip)
        return score_skip(scores, row->skip);
    if (load(row->path, &bytes, &err) != VOUCH_OK)
        return score_skip(scores, "file is not there");
    if (read_document(context, (const uint8_t *)bytes.data, bytes.length, row->path, &reading, &err) != VOUCH_OK) {
        fprintf(stderr, "vouch eval: %s: %s\n", row->path, err.message);
        scores->failures++;
        return;
    }
    score_document(scores, row, reading);
}

int vouch_eval_run(int argc, char **argv, vouch_eval_read read_document, void *context)
{
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    vouch_error err = VOUCH_ERROR_INIT;
    eval_options options = {0};
    gold_list list = {0};

    if (!arena)
        return vouch_command_fail("eval", VOUCH_EXIT_FAILED, &(vouch_error){VOUCH_NO_MEMORY, "out of memory"});
    if (parse_options(argc, argv, &options, &err) != VOUCH_OK)
        return vouch_command_fail("eval", VOUCH_EXIT_USAGE, &err);
    for (size_t i = 0; i < options.list_count; i++)
        if (load_list(arena, options.lists[i], &list, &err) != VOUCH_OK)
            return vouch_command_fail("eval", VOUCH_EXIT_FAILED, &err);
    scoreboard scores = {.arena = arena};
    for (size_t i = 0; i < list.count; i++)
        evaluate(&scores, &list.items[i], read_document, context);
    if (!options.json)
        report_text(&scores, stdout);
    else if (!report_json(&scores, stdout))
        return VOUCH_EXIT_FAILED;
    return VOUCH_EXIT_OK;
}

/** Read in this process: for measuring the stages alone, and for documents that are not hostile. */
static vouch_code read_here(void *context, const uint8_t *data, size_t length, const char *file, vouch_reading **out,
                            vouch_error *err)
{
    const vouch_pipeline_options how = VOUCH_PIPELINE_OPTIONS_DEFAULT;
    vouch_result result = {0};
    (void)context;
    (void)file;

    VOUCH_TRY(vouch_pipeline_read(data, length, &how, &result, err));
    *out = VOUCH_TAKE(result.reading);
    vouch_result_done(&result);
    return VOUCH_OK;
}

int vouch_eval_main(int argc, char **argv)
{
    return vouch_eval_run(argc, argv, read_here, NULL);
}

const vouch_command vouch_command_eval = {
    .name = "eval",
    .synopsis = "[--json] MANIFEST.tsv…",
    .summary = "compare readings with documents whose values are known",
    .help = "  --json  one JSON object instead of tables\n",
    .run = vouch_eval_main,
};
