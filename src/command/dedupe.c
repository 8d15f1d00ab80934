/** `vouch dedupe`: which invoices of some files are the same or related, with no database. */
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "vouch/dedupe.h"
#include "vouch/text.h"

enum {
    FOLDER_LEVELS = 2 /* a folder and the folders in it */
};

typedef struct file_list {
    vouch_arena *arena;
    char **paths;
    bool *from_folder; /* found, not named: what is no document is passed over */
    size_t count, capacity, flag_count, flag_capacity;
} file_list;

typedef struct dedupe_state {
    const file_list *list;
    size_t at;             /* the file that is read now */
    vouch_reading **items; /* owned */
    const char **files;
    size_t count;
    bool failed;
} dedupe_state;

/* ---- files ---- */

static void add_file(file_list *list, const char *path, bool from_folder)
{
    *VOUCH_ARENA_PUSH(list->arena, list->paths, list->count, list->capacity) = vouch_arena_strdup(list->arena, path);
    *VOUCH_ARENA_PUSH(list->arena, list->from_folder, list->flag_count, list->flag_capacity) = from_folder;
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static vouch_code add_path(file_list *list, const char *path, int level, vouch_error *err);

static vouch_code add_folder(file_list *list, const char *path, int level, vouch_error *err)
{
    struct dirent **entries = NULL;
    const int count = scandir(path, &entries, visible, alphasort);
    if (count < 0)
        return vouch_fail(err, VOUCH_IO, "%s: %s", path, strerror(errno));
    const size_t length = strlen(path);
    const char *between = length > 0 && path[length - 1] == '/' ? "" : "/";
    vouch_code code = VOUCH_OK;
    for (int i = 0; i < count; i++) {
        if (code == VOUCH_OK)
            code = add_path(list, vouch_arena_printf(list->arena, "%s%s%s", path, between, entries[i]->d_name),
                            level + 1, err);
        free(entries[i]);
    }
    free(entries);
    return code;
}

static vouch_code add_path(file_list *list, const char *path, int level, vouch_error *err)
{
    struct stat state;
    const bool is_there = stat(path, &state) == 0;
    if (is_there && S_ISDIR(state.st_mode))
        return level < FOLDER_LEVELS ? add_folder(list, path, level, err) : VOUCH_OK;
    if (level == 0 || (is_there && S_ISREG(state.st_mode)))
        add_file(list, path, level > 0);
    return VOUCH_OK;
}

/* ---- readings ---- */

static bool is_no_document(const vouch_reading *reading)
{
    for (size_t i = 0; i < reading->problems.count; i++)
        if (reading->problems.items[i].code == VOUCH_UNSUPPORTED_FORMAT)
            return true;
    return false;
}

static bool keep_reading(void *context, const char *file, vouch_answer *answer, const vouch_error *failure)
{
    dedupe_state *state = context;
    const bool passed_over = state->list->from_folder[state->at++] && answer && is_no_document(answer->reading);
    if (passed_over)
        return true;
    if (failure) {
        vouch_error named = *failure;
        (void)vouch_error_prefix(&named, "%s: ", file);
        (void)vouch_command_fail("dedupe", VOUCH_EXIT_FAILED, &named);
        state->failed = true;
        return true;
    }
    if (vouch_reading_failed(answer->reading)) {
        fprintf(stderr, "vouch dedupe: %s: could not be read completely\n", file);
        state->failed = true;
    }
    state->files[state->count] = file;
    state->items[state->count++] = VOUCH_TAKE(answer->reading);
    return true;
}

/* ---- printing ---- */

/** File names are bytes; JSON is UTF-8. */
static const char *as_utf8(vouch_arena *arena, const char *name)
{
    const size_t length = strlen(name);
    if (vouch_utf8_valid(name, length))
        return name;
    char *copy = vouch_arena_alloc(arena, 3 * length + 1), *to = copy;
    const char *end = name + length;
    while (name < end)
        to += vouch_utf8_put(vouch_utf8_next(&name, end), to);
    *to = '\0';
    return copy;
}

static json_t *invoice_index(size_t invoice)
{
    return invoice == VOUCH_DEDUPE_DOCUMENT ? json_null() : json_integer((json_int_t)invoice);
}

static bool print_json(vouch_arena *arena, const dedupe_state *state, const vouch_dedupe_pair *pair)
{
    const vouch_judgement *j = &pair->judgement;
    json_t *object = json_pack("{s:s, s:o, s:s, s:o, s:s?, s:f, s:s, s:s*}", "a", as_utf8(arena, state->files[pair->a]),
                               "a_invoice", invoice_index(pair->a_invoice), "b", as_utf8(arena, state->files[pair->b]),
                               "b_invoice", invoice_index(pair->b_invoice), "kind", j->kind, "score", j->score,
                               "decision", j->decision, "detail", j->detail);
    char *text = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
    if (text)
        puts(text);
    free(text);
    json_decref(object);
    return text != NULL;
}

static void print_side(const char *file, size_t invoice)
{
    if (invoice == VOUCH_DEDUPE_DOCUMENT)
        printf("%s", file);
    else
        printf("%s [%zu]", file, invoice);
}

static void print_line(const dedupe_state *state, const vouch_dedupe_pair *pair)
{
    const vouch_judgement *j = &pair->judgement;
    printf("%-6s  %-12s  %4.2f  ", j->decision, j->kind ? j->kind : "-", j->score);
    print_side(state->files[pair->a], pair->a_invoice);
    printf("  ~  ");
    print_side(state->files[pair->b], pair->b_invoice);
    printf("%s%s\n", j->detail ? "  " : "", j->detail ? j->detail : "");
}

static int compare_and_print(vouch_arena *arena, const vouch_files_options *options, const dedupe_state *state)
{
    vouch_dedupe_pair *pairs = NULL;
    size_t count = 0;
    vouch_error err = VOUCH_ERROR_INIT;
    if (vouch_dedupe_files(arena, (const vouch_reading *const *)state->items, state->count, options->all, &pairs,
                           &count, &err) != VOUCH_OK)
        return vouch_command_fail("dedupe", VOUCH_EXIT_FAILED, &err);
    const bool lines = options->table || (!options->json && isatty(STDOUT_FILENO));
    bool serious = false, printed = true;
    for (size_t i = 0; i < count; i++) {
        const char *decision = pairs[i].judgement.decision;
        serious |= strcmp(decision, "refuse") == 0 || strcmp(decision, "hold") == 0;
        if (lines)
            print_line(state, &pairs[i]);
        else
            printed &= print_json(arena, state, &pairs[i]);
    }
    return state->failed || !printed ? VOUCH_EXIT_FAILED : serious ? VOUCH_EXIT_FINDING : VOUCH_EXIT_OK;
}

static int read_and_compare(vouch_arena *arena, vouch_files_options *options)
{
    file_list list = {.arena = arena};
    vouch_error err = VOUCH_ERROR_INIT;
    for (size_t i = 0; i < options->file_count; i++)
        if (add_path(&list, options->files[i], 0, &err) != VOUCH_OK)
            return vouch_command_fail("dedupe", VOUCH_EXIT_FAILED, &err);
    options->files = list.paths;
    options->file_count = list.count;
    dedupe_state state = {.list = &list,
                          .items = vouch_arena_calloc(arena, list.count + 1, sizeof *state.items),
                          .files = vouch_arena_calloc(arena, list.count + 1, sizeof *state.files)};
    int code = vouch_files_run(options, false, keep_reading, &state, &err) == VOUCH_OK
                   ? compare_and_print(arena, options, &state)
                   : vouch_command_fail("dedupe", VOUCH_EXIT_FAILED, &err);
    for (size_t i = 0; i < state.count; i++)
        vouch_reading_free(&state.items[i]);
    return code;
}

static int run(int argc, char **argv)
{
    VOUCH_CLEANUP(vouch_files_options_done) vouch_files_options options = {0};
    vouch_error err = VOUCH_ERROR_INIT;
    if (vouch_files_parse(argc, argv, &options, &err) != VOUCH_OK)
        return vouch_command_usage(&vouch_command_dedupe, "%s", err.message);
    if (options.file_count == 0)
        return vouch_command_usage(&vouch_command_dedupe, "no file is named");
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    return arena ? read_and_compare(arena, &options) : VOUCH_EXIT_FAILED;
}

const vouch_command vouch_command_dedupe = {
    .name = "dedupe",
    .synopsis = "[--json|--table] [--all] [--no-sandbox] [OPTION…] FILE… or FOLDER",
    .summary = "Find invoices that are the same or related among files",
    .help = "  --json        one pair per line: files, invoices, kind, score, decision\n"
            "  --table       the same for people\n"
            "  --all         every pair, also those that have nothing to do with each other\n"
            "  --no-sandbox  decode in this process: for debuggers and sanitizers only\n\n"
            "A folder stands for the documents in it and in the folders in it.\n"
            "Decisions: refuse (the same invoice), hold (a person decides), flag (worth a look), none.\n"
            "Exit: 0 nothing to refuse or hold; 1 something; 2 usage; 3 some document failed.\n",
    .run = run,
};
