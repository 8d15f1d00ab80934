/**
 * The registry of readers, in the order of cost: what machines wrote first (exact, under a millisecond), then the text
 * layer, then codes on rendered pages. A later reader runs only where it can still add something.
 */
#include "vouch/read.h"

#include "readers.h"

typedef struct read_task {
    vouch_decoded *decoded;
    const vouch_read_options *options;
    vouch_statements *statements;
    vouch_error *err;
} read_task;

static bool has_parts(const read_task *task)
{
    size_t count;
    (void)vouch_decoded_parts(task->decoded, &count);
    return count > 0;
}

static bool has_tags(const read_task *task)
{
    size_t count;
    (void)vouch_decoded_tags(task->decoded, &count);
    return count > 0;
}

static bool has_text(const read_task *task)
{
    size_t count;
    const vouch_page *pages = vouch_decoded_pages(task->decoded, &count);
    for (size_t i = 0; i < count; i++)
        if (pages[i].glyph_count > 0)
            return true;
    return false;
}

static bool wants_codes(const read_task *task)
{
    return task->options->qr;
}

static vouch_code run_structured(const read_task *task)
{
    return vouch_read_structured(task->decoded, task->statements, task->err);
}

static vouch_code run_ofd_tags(const read_task *task)
{
    return vouch_read_ofd_tags(task->decoded, task->statements, task->err);
}

static vouch_code run_text_layer(const read_task *task)
{
    return vouch_read_text_layer(task->decoded, task->statements, task->err);
}

static vouch_code run_qr(const read_task *task)
{
    return vouch_read_qr(task->decoded, task->options, task->statements, task->err);
}

static const struct reader {
    const char *name;
    bool (*applies)(const read_task *task);
    vouch_code (*run)(const read_task *task);
} readers[] = {
    {"structured data", has_parts, run_structured},
    {"OFD tags", has_tags, run_ofd_tags},
    {"text layer", has_text, run_text_layer},
    {"QR codes", wants_codes, run_qr},
};

vouch_code vouch_read(vouch_decoded *decoded, const vouch_read_options *options, vouch_statements *statements,
                      vouch_words *words, vouch_error *err)
{
    static const vouch_read_options defaults = VOUCH_READ_OPTIONS_DEFAULT;
    if (words)
        VOUCH_TRY(vouch_words_build(decoded, words, err));
    const size_t first = statements->count;
    const read_task task = {
        .decoded = decoded, .options = options ? options : &defaults, .statements = statements, .err = err};
    if (!statements->rows)
        statements->rows = vouch_arena_calloc(vouch_decoded_arena(decoded), 1, sizeof *statements->rows);
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        if (!readers[i].applies(&task))
            continue;
        if (readers[i].run(&task) != VOUCH_OK)
            return vouch_error_prefix(err, "reading %s", readers[i].name);
    }
    for (size_t i = first; i < statements->count; i++) {
        vouch_statement *statement = statements->items[i];
        vouch_statement_pad_amounts(vouch_decoded_arena(decoded), statement);
        if (statement->kind == VOUCH_KIND_UNKNOWN)
            statement->kind_confidence = 0;
    }
    if (*statements->rows == VOUCH_ROWS_READ_MAXIMUM)
        vouch_problem_add(vouch_decoded_arena(decoded), vouch_decoded_problems(decoded), VOUCH_LIMIT, "warning", 0,
                          "its sources state more than %d rows; the rest was not read", VOUCH_ROWS_READ_MAXIMUM);
    return VOUCH_OK;
}
