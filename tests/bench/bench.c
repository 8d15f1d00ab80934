/**
 * CPU milliseconds per document: the stages in this process (decode → read → reconcile → fingerprint, and verify), and
 * `mutool draw -F stext` and `pdftotext` as processes on the same PDF files. CPU and not wall time, since the machine
 * may be shared; every figure is the least of several rounds, which other load disturbs least.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "bench.h"
#include "vouch/config.h"
#include "vouch/pipeline.h"

enum {
    DEFAULT_ROUNDS = 5,
    FILE_MAXIMUM = 64 << 20
};

typedef struct bench_file {
    const char *path;
    uint8_t *data;
    size_t length;
    vouch_format format;
} bench_file;

/** One way of reading a file, and what it costs. */
typedef struct measure {
    const char *name;
    const char *program;      /* NULL: the stages in this process */
    const char *arguments[4]; /* before the file */
    const char *last;         /* after the file; NULL: none */
} measure;

static const measure measures[] = {
    {"stages", NULL, {0}, NULL},
    {"mutool draw -F stext", "mutool", {"draw", "-q", "-F", "stext"}, NULL},
    {"pdftotext", "pdftotext", {0}, "-"},
};
enum {
    MEASURE_COUNT = sizeof measures / sizeof *measures
};

typedef struct group {
    const char *title;
    vouch_format format;
    double target_ms; /* of the stages */
    size_t count;
    double ms[MEASURE_COUNT]; /* sum over the files of the least round; negative: not measured */
} group;

extern char **environ;

static double cpu_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double run_stages(const bench_file *file)
{
    const vouch_pipeline_options options = VOUCH_PIPELINE_OPTIONS_DEFAULT;
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_result result = {0};
    double start = cpu_now_ms();
    vouch_code code = vouch_pipeline_read(file->data, file->length, &options, &result, &err);
    double spent = cpu_now_ms() - start;
    vouch_result_done(&result);
    if (code == VOUCH_OK) {
        start = cpu_now_ms();
        code = vouch_pipeline_verify(file->data, file->length, &options, &result, &err);
        spent += cpu_now_ms() - start;
        vouch_result_done(&result);
    }
    return code == VOUCH_OK ? spent : -1;
}

/** User and system time of one process. @return negative when it can't run or fails */
static double run_program(const measure *how, const bench_file *file)
{
    const char *argv[8] = {how->program};
    int count = 1;
    for (int i = 0; i < 4 && how->arguments[i]; i++)
        argv[count++] = how->arguments[i];
    argv[count++] = file->path;
    if (how->last)
        argv[count++] = how->last;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t pid;
    int why = posix_spawnp(&pid, how->program, &actions, NULL, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    struct rusage used;
    int status;
    if (why != 0 || wait4(pid, &status, 0, &used) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return -1;
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3;
}

static double least_of(const measure *how, const bench_file *file, int rounds)
{
    double least = -1;
    for (int i = 0; i < rounds; i++) {
        double spent = how->program ? run_program(how, file) : run_stages(file);
        if (spent < 0)
            return -1;
        if (least < 0 || spent < least)
            least = spent;
    }
    return least;
}

static void measure_file(group *in, const bench_file *file, int rounds)
{
    in->count++;
    for (int m = 0; m < MEASURE_COUNT; m++) {
        if (in->ms[m] < 0 || (measures[m].program && file->format != VOUCH_FORMAT_PDF)) {
            in->ms[m] = -1;
            continue;
        }
        double spent = least_of(&measures[m], file, rounds);
        in->ms[m] = spent < 0 ? -1 : in->ms[m] + spent;
    }
}

/* ---- files ---- */

static vouch_code load(const char *path, bench_file *out, vouch_error *err)
{
    FILE *file = fopen(path, "rbe");
    struct stat state;
    if (!file || fstat(fileno(file), &state) != 0 || state.st_size > FILE_MAXIMUM) {
        if (file)
            fclose(file);
        return vouch_fail(err, VOUCH_IO, "%s: %s", path, strerror(errno));
    }
    size_t length = (size_t)state.st_size;
    uint8_t *data = malloc(length + 1);
    bool whole = data && fread(data, 1, length, file) == length;
    fclose(file);
    if (!whole) {
        free(data);
        return vouch_fail(err, VOUCH_IO, "%s: can't be read", path);
    }
    *out = (bench_file){.path = path, .data = data, .length = length, .format = vouch_format_recognise(data, length)};
    return VOUCH_OK;
}

/* ---- printing ---- */

static void print_text(const group *groups, size_t count, int rounds)
{
    printf("CPU milliseconds per document, least of %d rounds\n\n", rounds);
    printf("  %-6s %6s  %-24s %10s  %s\n", "format", "files", "what", "ms", "");
    for (size_t g = 0; g < count; g++) {
        const group *in = &groups[g];
        for (int m = 0; m < MEASURE_COUNT && in->count; m++) {
            if (in->ms[m] < 0)
                continue;
            double each = in->ms[m] / (double)in->count;
            printf("  %-6s %6zu  %-24s %10.2f  ", in->title, in->count, measures[m].name, each);
            if (m == 0)
                printf("target < %.0f: %s\n", in->target_ms, each < in->target_ms ? "met" : "MISSED");
            else if (in->ms[0] > 0)
                printf("%.1f × the stages\n", in->ms[m] / in->ms[0]);
            else
                putchar('\n');
        }
    }
}

static void print_json(const group *groups, size_t count, int rounds)
{
    json_t *out = json_object(), *list = json_array();
    for (size_t g = 0; g < count; g++) {
        json_t *row = json_object();
        json_object_set_new(row, "format", json_string(groups[g].title));
        json_object_set_new(row, "files", json_integer((json_int_t)groups[g].count));
        for (int m = 0; m < MEASURE_COUNT; m++)
            if (groups[g].count && groups[g].ms[m] >= 0)
                json_object_set_new(row, measures[m].name, json_real(groups[g].ms[m] / (double)groups[g].count));
        json_array_append_new(list, row);
    }
    json_object_set_new(out, "rounds", json_integer(rounds));
    json_object_set_new(out, "cpu_ms_per_document", list);
    json_dumpf(out, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
    json_decref(out);
    putchar('\n');
}

static int bench_files(char **paths, int count, int rounds, bool as_json)
{
    group groups[] = {{.title = "pdf", .format = VOUCH_FORMAT_PDF, .target_ms = 25},
                      {.title = "ofd", .format = VOUCH_FORMAT_OFD, .target_ms = 10},
                      {.title = "xml", .format = VOUCH_FORMAT_XML, .target_ms = 10}};
    vouch_error err = VOUCH_ERROR_INIT;
    if (vouch_decode_warm_up(&err) != VOUCH_OK)
        return vouch_command_fail("bench", VOUCH_EXIT_FAILED, &err);
    for (int i = 0; i < count; i++) {
        bench_file file = {0};
        if (load(paths[i], &file, &err) != VOUCH_OK)
            return vouch_command_fail("bench", VOUCH_EXIT_FAILED, &err);
        for (size_t g = 0; g < sizeof groups / sizeof *groups; g++)
            if (groups[g].format == file.format)
                measure_file(&groups[g], &file, rounds);
        free(file.data);
    }
    (as_json ? print_json : print_text)(groups, sizeof groups / sizeof *groups, rounds);
    return VOUCH_EXIT_OK;
}

static const bench_part *const parts[] = {&bench_part_metrics, &bench_part_queue};

static int run(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (argc > 1 && strcmp(argv[1], parts[i]->name) == 0)
            return parts[i]->run(argc - 1, argv + 1);
    bool as_json = false;
    const char *rounds_text = NULL;
    const vouch_flag flags[] = {{.name = "json", .present = &as_json}, {.name = "rounds", .value = &rounds_text}};
    VOUCH_CLEANUP(vouch_config_free) vouch_config *config = NULL;
    vouch_error err = VOUCH_ERROR_INIT;
    int count = 0;
    if (vouch_config_load(argc, argv, flags, 2, &count, &config, &err) != VOUCH_OK)
        return vouch_command_usage(&vouch_command_bench, "%s", err.message);
    long rounds = rounds_text ? strtol(rounds_text, NULL, 10) : DEFAULT_ROUNDS;
    if (rounds < 1 || rounds > 10000)
        return vouch_command_usage(&vouch_command_bench, "--rounds takes a number from 1 to 10000");
    if (count == 0)
        return vouch_command_usage(&vouch_command_bench, "no file is named");
    return bench_files(argv + 1, count, (int)rounds, as_json);
}

const vouch_command vouch_command_bench = {
    .name = "bench",
    .synopsis = "[--json] [--rounds N] FILE… | metrics | queue --database CONNINFO [options]",
    .summary = "Measure what documents cost, beside mutool and pdftotext on the same files; or the queue alone",
    .help =
        "  --rounds N  the least of N rounds counts, default 5\n"
        "  --json      one object\n\n"
        "metrics: what an observation and a scrape cost.\n"
        "queue: jobs a second through the queue of an empty database, while another session holds an old snapshot;\n"
        "beside a plain SKIP LOCKED queue and bare UPDATEs.\n"
        "  --database CONNINFO  an empty database on this machine, as a superuser; it is migrated and filled\n"
        "  --seconds N          default 600\n"
        "  --interval N         seconds a line, default 10\n"
        "  --workers N          that lease and complete, default 2\n"
        "  --batch N            jobs in one transaction, default 200\n"
        "  --peer-seconds N     for each of the others, default 60; 0: leave them out\n"
        "  --no-snapshot        no session holds a snapshot\n\n"
        "With a server of their own: tests/bench/queue, and the whole service: tests/bench/service, "
        "tests/bench/growth\n"
        "and tests/bench/day in the source tree.\n",
    .run = run,
};
