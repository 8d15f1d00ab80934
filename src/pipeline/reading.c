#include "reading.h"

vouch_reading *vouch_reading_new(void)
{
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();

    if (!arena)
        return NULL;
    vouch_reading *reading = vouch_arena_alloc(arena, sizeof *reading);
    reading->engine = VOUCH_VERSION;
    reading->timing = (vouch_timing){-1, -1, -1, -1, -1};
    reading->arena = VOUCH_TAKE(arena);
    return reading;
}

void vouch_reading_free(vouch_reading **reading)
{
    if (!*reading)
        return;
    /* The reading lives in its own arena. */
    vouch_arena *arena = (*reading)->arena;
    *reading = NULL;
    vouch_arena_free(&arena);
}

static void copy_verdict(vouch_arena *arena, const vouch_verdict *from, vouch_verdict *to)
{
    *to = *from;
    to->scheme = vouch_arena_strdup(arena, from->scheme);
    to->signer = vouch_arena_strdup(arena, from->signer);
    to->issuer = vouch_arena_strdup(arena, from->issuer);
    to->signed_at = vouch_arena_strdup(arena, from->signed_at);
    to->algorithm = vouch_arena_strdup(arena, from->algorithm);
    to->findings = vouch_arena_calloc(arena, from->finding_count + 1, sizeof *to->findings);
    to->finding_capacity = from->finding_count;
    for (size_t i = 0; i < from->finding_count; i++) {
        to->findings[i].code = vouch_arena_strdup(arena, from->findings[i].code);
        to->findings[i].detail = vouch_arena_strdup(arena, from->findings[i].detail);
    }
}

/** The verifier decodes the same document again, so that it meets the same problems. */
static bool has_problem(const vouch_reading *reading, const vouch_problem *problem)
{
    for (size_t i = 0; i < reading->problems.count; i++) {
        const vouch_problem *other = &reading->problems.items[i];
        if (other->code == problem->code && other->page == problem->page)
            return true;
    }
    return false;
}

void reading_copy_verdicts(vouch_reading *reading, const vouch_verdicts *verdicts)
{
    vouch_verdicts *list = &reading->verdicts;
    for (size_t i = 0; i < verdicts->count; i++)
        copy_verdict(reading->arena, &verdicts->items[i],
                     VOUCH_ARENA_PUSH(reading->arena, list->items, list->count, list->capacity));
}

void vouch_reading_merge_verdicts(vouch_reading *reading, const vouch_reading *verdicts)
{
    const size_t before = reading->verdicts.count;
    reading_copy_verdicts(reading, &verdicts->verdicts);
    for (size_t i = before; i < reading->verdicts.count; i++) {
        vouch_verdict *verdict = &reading->verdicts.items[i];
        /* The verifier knows no invoices: a signature of the document is one of its only invoice. */
        if (verdict->invoice < 0 && reading->invoices.count == 1)
            verdict->invoice = 0;
        else if (verdict->invoice >= (int)reading->invoices.count)
            verdict->invoice = -1;
    }
    for (size_t i = 0; i < verdicts->problems.count; i++) {
        const vouch_problem *problem = &verdicts->problems.items[i];
        if (!has_problem(reading, problem))
            vouch_problem_add(reading->arena, &reading->problems, problem->code, problem->severity, problem->page, "%s",
                              problem->detail ? problem->detail : "");
    }
    reading->timing.verify = verdicts->timing.verify;
}
