/*
 * Documents through the real sandbox, one after the other: their paths come on standard input, a line of JSON for each
 * goes to standard output as soon as it is done. Which documents, and what is made of the lines, is the business of
 * tests/hostile/run.
 *
 *   {"path":…, "wall_ms":…, "invoices":…, "problems":["damaged-document"],
 *    "reader":{"end":"ok","cpu_ms":…,"peak_mb":…}, "verifier":{…}}
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "vouch/sandbox.h"

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void close_file(FILE **file)
{
    if (*file)
        fclose(*file);
}

static bool load(const char *path, vouch_buffer *out)
{
    VOUCH_CLEANUP(close_file) FILE *file = fopen(path, "rb");
    char bytes[65536];
    size_t got = 0;
    while (file && (got = fread(bytes, 1, sizeof bytes, file)) > 0)
        if (vouch_buffer_append(out, bytes, got) != VOUCH_OK)
            return false;
    return file && !ferror(file);
}

static json_t *child(vouch_code end, const vouch_child_usage *usage)
{
    return json_pack("{s:s,s:f,s:f}", "end", vouch_code_lookup(end)->slug, "cpu_ms", (double)usage->cpu_us / 1e3,
                     "peak_mb", (double)usage->peak_kib / 1024);
}

static json_t *describe(const char *path, const vouch_answer *answer, double wall_ms)
{
    json_t *const problems = json_array(), *const details = json_array();
    for (size_t i = 0; i < answer->reading->problems.count; i++) {
        const vouch_problem *problem = &answer->reading->problems.items[i];
        json_array_append_new(problems, json_string(vouch_code_lookup(problem->code)->slug));
        json_array_append_new(details, json_string(problem->detail ? problem->detail : ""));
    }
    return json_pack("{s:s,s:f,s:i,s:i,s:o,s:o,s:o,s:o}", "path", path, "wall_ms", wall_ms, "invoices",
                     (int)answer->reading->invoices.count, "zygotes_lost", answer->zygotes_lost, "problems", problems,
                     "details", details, "reader", child(answer->reader_end, &answer->reader_usage), "verifier",
                     child(answer->verifier_end, &answer->verifier_usage));
}

/* @return false when there was no answer at all */
static bool run(vouch_sandbox *sandbox, const char *path)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer document = {0};
    VOUCH_CLEANUP(vouch_answer_done) vouch_answer answer = {0};
    vouch_error err = VOUCH_ERROR_INIT;
    if (!load(path, &document)) {
        fprintf(stderr, "%s can't be read\n", path);
        return false;
    }
    const vouch_sandbox_request request = {.data = (const uint8_t *)(document.data ? document.data : ""),
                                           .length = document.length,
                                           .file = "hostile",
                                           .verify = true,
                                           .page_scale = 1,
                                           .max_page_pictures = 2};
    const double start = now_ms();
    if (vouch_sandbox_run(sandbox, &request, &answer, &err) != VOUCH_OK) {
        fprintf(stderr, "%s: %s\n", path, err.message);
        return false;
    }
    json_t *const line = describe(path, &answer, now_ms() - start);
    if (line && json_dumpf(line, stdout, JSON_COMPACT) == 0)
        putchar('\n');
    json_decref(line);
    return fflush(stdout) == 0;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("vouch-hostile PROGRAM < PATHS\n\nPROGRAM is the vouch whose sandbox is used.\n", stderr);
        return 2;
    }
    vouch_sandbox_options options = VOUCH_SANDBOX_OPTIONS_DEFAULT;
    vouch_sandbox *sandbox = NULL;
    vouch_error err = VOUCH_ERROR_INIT;
    options.executable = argv[1];
    if (vouch_sandbox_start(&options, &sandbox, &err) != VOUCH_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 2;
    }
    char *path = NULL;
    size_t capacity = 0;
    bool answered = true;
    for (ssize_t length; answered && (length = getline(&path, &capacity, stdin)) > 0;) {
        path[strcspn(path, "\n")] = '\0';
        answered = run(sandbox, path);
    }
    free(path);
    vouch_sandbox_stop(&sandbox);
    return answered ? 0 : 1;
}
