/**
 * The stages in order. Time is CPU time of the process, so that it says what a document costs and not how busy the
 * machine is.
 */
#include <string.h>
#include <time.h>

#include "vouch/fault.h"
#include "vouch/hash.h"

#include "reading.h"

/** Milliseconds of CPU that this process has used. */
static double cpu_ms(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) != 0)
        return 0;
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void describe_bytes(vouch_reading *reading, const uint8_t *data, size_t length)
{
    char sha256[65], xxh3[33];

    vouch_sha256_hex(data, length, sha256);
    vouch_xxh3_hex(data, length, xxh3);
    reading->sha256 = vouch_arena_strdup(reading->arena, sha256);
    reading->xxh3 = vouch_arena_strdup(reading->arena, xxh3);
    reading->bytes = length;
    reading->format = vouch_format_name(vouch_format_recognise(data, length));
}

static void describe_parts(vouch_reading *reading, const vouch_decoded *decoded)
{
    size_t count;
    const vouch_part *parts = vouch_decoded_parts(decoded, &count);

    reading->parts = vouch_arena_calloc(reading->arena, count + 1, sizeof *reading->parts);
    reading->part_count = count;
    for (size_t i = 0; i < count; i++) {
        char sha256[65];
        vouch_sha256_hex(parts[i].data, parts[i].length, sha256);
        reading->parts[i] = (vouch_reading_part){
            .path = vouch_arena_strdup(reading->arena, parts[i].path ? parts[i].path : ""),
            .format = vouch_format_name(parts[i].format),
            .sha256 = vouch_arena_strdup(reading->arena, sha256),
        };
    }
}

static void describe_pages(vouch_reading *reading, const vouch_decoded *decoded)
{
    size_t count;
    const vouch_page *pages = vouch_decoded_pages(decoded, &count);

    reading->pages = vouch_arena_calloc(reading->arena, count + 1, sizeof *reading->pages);
    reading->page_count = count;
    for (size_t i = 0; i < count; i++)
        reading->pages[i] = (vouch_reading_page){
            .page = pages[i].number,
            .part = pages[i].part,
            .width = pages[i].width,
            .height = pages[i].height,
            .unit = vouch_arena_strdup(reading->arena, pages[i].unit),
            .rotation = pages[i].rotation,
        };
}

/** The document's problems live in the decoded document, and the reading outlives it. */
static void copy_problems(vouch_reading *reading, vouch_decoded *decoded)
{
    const vouch_problems *problems = vouch_decoded_problems(decoded);
    for (size_t i = 0; i < problems->count; i++)
        vouch_problem_add(reading->arena, &reading->problems, problems->items[i].code, problems->items[i].severity,
                          problems->items[i].page, "%s", problems->items[i].detail ? problems->items[i].detail : "");
}

static void copy_words(vouch_arena *arena, const vouch_words *from, vouch_words *to)
{
    to->items = vouch_arena_calloc(arena, from->count + 1, sizeof *to->items);
    to->count = to->capacity = from->count;
    for (size_t i = 0; i < from->count; i++) {
        to->items[i] = from->items[i];
        to->items[i].text = vouch_arena_strdup(arena, from->items[i].text);
    }
}

/**
 * Does the failure lie in the document? What fails for want of memory, or for our own mistake, may succeed at the next
 * attempt, and is no property of the document that a reading could state.
 */
static bool is_of_document(vouch_code code)
{
    return code != VOUCH_NO_MEMORY && code != VOUCH_INTERNAL && code != VOUCH_IO;
}

typedef vouch_code (*opener)(const uint8_t *data, size_t length, const vouch_decode_limits *limits, vouch_decoded **out,
                             vouch_error *err);

/**
 * A reading of the document's shell, and the opened document.
 * @param decoded  out: NULL when the document can't be opened; then the reading says why
 */
static vouch_code open_document(const uint8_t *data, size_t length, const vouch_pipeline_options *options, opener open,
                                vouch_reading **reading, vouch_decoded **decoded, vouch_error *err)
{
    const double start = cpu_ms();
    vouch_error failure = VOUCH_ERROR_INIT;

    VOUCH_CLEANUP(vouch_reading_free) vouch_reading *opened = vouch_reading_new();
    if (!opened)
        return vouch_fail(err, VOUCH_NO_MEMORY, "starting a reading");
    describe_bytes(opened, data, length);
    const vouch_code code = open(data, length, &options->limits, decoded, &failure);
    if (code == VOUCH_OK) {
        describe_parts(opened, *decoded);
        describe_pages(opened, *decoded);
    } else if (is_of_document(code)) {
        vouch_problem_add(opened->arena, &opened->problems, code, "error", 0, "%s", failure.message);
    } else {
        return vouch_fail(err, code, "%s", failure.message);
    }
    opened->timing.decode = cpu_ms() - start;
    VOUCH_FAULT_POINT("decoded", NULL);
    *reading = VOUCH_TAKE(opened);
    return VOUCH_OK;
}

static void fingerprint(vouch_reading *reading, const vouch_words *words)
{
    const double start = cpu_ms();

    reading->prints = vouch_arena_calloc(reading->arena, reading->invoices.count + 1, sizeof *reading->prints);
    for (size_t i = 0; i < reading->invoices.count; i++)
        vouch_fingerprint(reading->arena, &reading->invoices.items[i], words, &reading->prints[i]);
    reading->timing.fingerprint = cpu_ms() - start;
}

/** A reader has told what the whole document is instead (of a part of it, it is told as "info"). */
static bool is_told(const vouch_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        if (problems->items[i].code == VOUCH_NOT_AN_INVOICE && strcmp(problems->items[i].severity, "warning") == 0)
            return true;
    return false;
}

/**
 * Say that there is no invoice: a document with text that no reader knows is something else; of one without text
 * nothing is known.
 */
static void report_no_invoice(vouch_reading *reading, const vouch_words *words)
{
    if (is_told(&reading->problems))
        return;
    if (words->count > 0 || (reading->page_count == 0 && reading->part_count > 0))
        vouch_problem_add(reading->arena, &reading->problems, VOUCH_NOT_AN_INVOICE, "warning", 0,
                          "no invoice that is known here was found in the document");
    else
        vouch_problem_add(reading->arena, &reading->problems, VOUCH_NOTHING_FOUND, "warning", 0,
                          "the document has no text, no structured data and no code that can be read");
}

/** read → reconcile → fingerprint */
static vouch_code read_invoices(vouch_decoded *decoded, const vouch_pipeline_options *options, vouch_reading *reading,
                                vouch_words *words, vouch_error *err)
{
    vouch_statements statements = {0};
    vouch_words seen = {0};
    size_t page_count;
    const vouch_page *pages = vouch_decoded_pages(decoded, &page_count);

    double start = cpu_ms();
    VOUCH_TRY(vouch_read(decoded, &options->read, &statements, &seen, err));
    copy_words(reading->arena, &seen, words);
    copy_problems(reading, decoded);
    reading->timing.read = cpu_ms() - start;

    start = cpu_ms();
    VOUCH_TRY(
        vouch_reconcile(reading->arena, &statements, pages, page_count, &reading->problems, &reading->invoices, err));
    reading->timing.reconcile = cpu_ms() - start;

    fingerprint(reading, words);
    if (reading->invoices.count == 0)
        report_no_invoice(reading, words);
    return VOUCH_OK;
}

vouch_code vouch_pipeline_read(const uint8_t *data, size_t length, const vouch_pipeline_options *options,
                               vouch_result *out, vouch_error *err)
{
    vouch_error failure = VOUCH_ERROR_INIT;
    vouch_words words = {0};
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = NULL;
    VOUCH_CLEANUP(vouch_reading_free) vouch_reading *reading = NULL;

    VOUCH_TRY(open_document(data, length, options, vouch_decode, &reading, &decoded, err));
    if (decoded) {
        const vouch_code code = read_invoices(decoded, options, reading, &words, &failure);
        if (code != VOUCH_OK && !is_of_document(code))
            return vouch_fail(err, code, "%s", failure.message);
        if (code != VOUCH_OK)
            vouch_problem_add(reading->arena, &reading->problems, code, "error", 0, "%s", failure.message);
    }
    *out = (vouch_result){.reading = VOUCH_TAKE(reading), .decoded = VOUCH_TAKE(decoded), .words = words};
    return VOUCH_OK;
}

vouch_code vouch_pipeline_verify(const uint8_t *data, size_t length, const vouch_pipeline_options *options,
                                 vouch_result *out, vouch_error *err)
{
    vouch_error failure = VOUCH_ERROR_INIT;
    vouch_verdicts verdicts = {0};
    VOUCH_CLEANUP(vouch_decoded_free) vouch_decoded *decoded = NULL;
    VOUCH_CLEANUP(vouch_reading_free) vouch_reading *reading = NULL;

    VOUCH_TRY(open_document(data, length, options, vouch_decode_containers, &reading, &decoded, err));
    if (decoded) {
        const double start = cpu_ms();
        const vouch_code code = vouch_verify(decoded, &verdicts, &failure);
        if (code != VOUCH_OK && !is_of_document(code))
            return vouch_fail(err, code, "%s", failure.message);
        copy_problems(reading, decoded);
        if (code != VOUCH_OK)
            vouch_problem_add(reading->arena, &reading->problems, code, "error", 0, "%s", failure.message);
        reading_copy_verdicts(reading, &verdicts);
        reading->timing.verify = cpu_ms() - start;
    }
    *out = (vouch_result){.reading = VOUCH_TAKE(reading), .decoded = VOUCH_TAKE(decoded)};
    return VOUCH_OK;
}

void vouch_result_done(vouch_result *result)
{
    vouch_reading_free(&result->reading);
    vouch_decoded_free(&result->decoded);
    result->words = (vouch_words){0};
}
