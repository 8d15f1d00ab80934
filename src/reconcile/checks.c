/**
 * Stating the results of checks, and what they do to confidence.
 */
#include <math.h>
#include <stdarg.h>

#include "merge.h"

static vouch_check *add_check(check_run *run, const char *check, const char *field, vouch_check_result result)
{
    vouch_invoice *invoice = run->invoice;
    vouch_check *row = VOUCH_ARENA_PUSH(run->arena, invoice->checks, invoice->check_count, invoice->check_capacity);
    *row = (vouch_check){.check = check, .field = field, .result = result};
    return row;
}

void check_passed(check_run *run, const char *check, const char *field)
{
    add_check(run, check, field, VOUCH_CHECK_PASS);
}

void check_skipped(check_run *run, const char *check, const char *field)
{
    add_check(run, check, field, VOUCH_CHECK_SKIPPED);
}

void check_failed(check_run *run, const char *check, const char *field, const char *severity, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    const char *detail = vouch_arena_vprintf(run->arena, format, args);
    va_end(args);
    vouch_check *row = add_check(run, check, field, VOUCH_CHECK_FAIL);
    row->severity = severity;
    row->detail = copy_text(run->arena, detail);
}

void confirm_fields(check_run *run, const vouch_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        vouch_field_value *value = &run->invoice->fields[fields[i]];
        /* What is derived stays as sure as what it is derived from: arithmetic on itself proves nothing. */
        if (value->chosen.value && value->chosen.source != VOUCH_SOURCE_RULE && value->alternative_count == 0)
            value->chosen.confidence = fmax(value->chosen.confidence, CONFIDENCE_CONFIRMED);
    }
}

/** Does a second kind of source say the same as the chosen one? */
static bool is_seconded(check_run *run, vouch_field field)
{
    const vouch_field_value *value = &run->invoice->fields[field];
    for (size_t i = 1; i < value->evidence_count; i++)
        if (value->evidence[i].source != value->chosen.source &&
            values_agree(run->arena, field, value->evidence[i].value, value->chosen.value))
            return true;
    return false;
}

void doubt_fields(check_run *run, const vouch_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        vouch_evidence *chosen = &run->invoice->fields[fields[i]].chosen;
        if (chosen->value && !source_is_data(chosen->source) && !is_seconded(run, fields[i]))
            chosen->confidence = fmin(chosen->confidence, CONFIDENCE_DOUBTED);
    }
}

void run_checks(vouch_arena *arena, vouch_invoice *invoice)
{
    check_run run = {.arena = arena, .invoice = invoice, .rules = kind_rules_of(invoice->kind)};
    for (const check_function *check = run.rules->checks; *check; check++)
        (*check)(&run);
}
