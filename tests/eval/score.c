#include "score.h"

#include <stdlib.h>
#include <string.h>

#include "vouch/money.h"
#include "vouch/text.h"

const double score_edges[BUCKET_COUNT + 1] = {0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9995, 1};

const char *score_column_name(size_t column)
{
    return column == SCORE_KIND ? "kind" : column == SCORE_LINES ? "lines" : vouch_field_name((vouch_field)column);
}

bool score_matches(vouch_arena *arena, vouch_field field, const char *expected, const char *read)
{
    const vouch_value_type type = vouch_field_type(field);
    vouch_decimal a, b;

    if ((type == VOUCH_VALUE_AMOUNT || type == VOUCH_VALUE_NUMBER) && vouch_decimal_parse(expected, &a) == VOUCH_OK &&
        vouch_decimal_parse(read, &b) == VOUCH_OK)
        return vouch_decimal_compare(a, b) == 0;
    if (type == VOUCH_VALUE_TIME)
        return strncmp(expected, read, strlen("hh:mm")) == 0;
    const char *normal = vouch_value_normalise(arena, type, expected);
    return normal && strcmp(normal, read) == 0;
}

static bool seller_matches(vouch_arena *arena, const gold *row, const char *read)
{
    return score_matches(arena, VOUCH_FIELD_SELLER_NAME, row->fields[VOUCH_FIELD_SELLER_NAME], read) ||
           (row->other_seller && score_matches(arena, VOUCH_FIELD_SELLER_NAME, row->other_seller, read));
}

static bool field_matches(vouch_arena *arena, const gold *row, vouch_field field, const char *read)
{
    return field == VOUCH_FIELD_SELLER_NAME ? seller_matches(arena, row, read)
                                            : score_matches(arena, field, row->fields[field], read);
}

static group_score *group_of(scoreboard *scores, vouch_kind kind, bool picture)
{
    for (size_t i = 0; i < scores->group_count; i++)
        if (scores->groups[i].kind == kind && scores->groups[i].picture == picture)
            return &scores->groups[i];
    group_score *group = VOUCH_ARENA_PUSH(scores->arena, scores->groups, scores->group_count, scores->group_capacity);
    group->kind = kind;
    group->picture = picture;
    return group;
}

static void add_miss(scoreboard *scores, const gold *row, size_t column, const char *expected, const char *read,
                     const char *source, double confidence)
{
    *VOUCH_ARENA_PUSH(scores->arena, scores->misses, scores->miss_count, scores->miss_capacity) = (miss){
        .file = row->path,
        .field = score_column_name(column),
        .expected = expected,
        .read = read ? vouch_arena_strdup(scores->arena, read) : NULL,
        .source = source,
        .confidence = confidence,
    };
}

static void calibrate(scoreboard *scores, double confidence, bool right)
{
    size_t bucket = 0;
    while (bucket + 1 < BUCKET_COUNT && confidence >= score_edges[bucket + 1])
        bucket++;
    scores->buckets[bucket].n++;
    scores->buckets[bucket].right += right;
    scores->buckets[bucket].sum += confidence;
}

/** The invoice of a reading that agrees with most of what is known; NULL when there is none. */
static const vouch_invoice *best_invoice(vouch_arena *arena, const gold *row, const vouch_reading *reading)
{
    const vouch_invoice *best = NULL;
    size_t most = 0;
    for (size_t i = 0; i < reading->invoices.count; i++) {
        const vouch_invoice *invoice = &reading->invoices.items[i];
        size_t same = 1;
        for (size_t f = 0; f < VOUCH_FIELD_COUNT; f++) {
            const char *read = vouch_invoice_value(invoice, (vouch_field)f);
            same += row->fields[f] && read && field_matches(arena, row, (vouch_field)f, read);
        }
        if (same > most) {
            most = same;
            best = invoice;
        }
    }
    return best;
}

static void score_field(scoreboard *scores, group_score *group, const gold *row, vouch_field field,
                        const vouch_invoice *invoice)
{
    tally *counts = &group->fields[field];
    const vouch_evidence *chosen = invoice ? &invoice->fields[field].chosen : NULL;

    counts->n++;
    if (!chosen || !chosen->value) {
        counts->missing++;
        add_miss(scores, row, field, row->fields[field], NULL, NULL, 0);
        return;
    }
    const bool right = field_matches(scores->arena, row, field, chosen->value);
    calibrate(scores, chosen->confidence, right);
    counts->exact += right;
    counts->wrong += !right;
    counts->silent += !right && chosen->confidence >= SILENT_CONFIDENCE;
    if (!right)
        add_miss(scores, row, field, row->fields[field], chosen->value, vouch_source_name(chosen->source),
                 chosen->confidence);
}

static void score_kind(scoreboard *scores, group_score *group, const gold *row, const vouch_invoice *invoice)
{
    tally *counts = &group->fields[SCORE_KIND];
    if (row->kind == VOUCH_KIND_UNKNOWN)
        return;
    counts->n++;
    if (!invoice || invoice->kind == VOUCH_KIND_UNKNOWN) {
        counts->missing++;
        add_miss(scores, row, SCORE_KIND, vouch_kind_name(row->kind), NULL, NULL, 0);
        return;
    }
    const bool right = invoice->kind == row->kind;
    counts->exact += right;
    counts->wrong += !right;
    counts->silent += !right && invoice->kind_confidence >= SILENT_CONFIDENCE;
    if (!right)
        add_miss(scores, row, SCORE_KIND, vouch_kind_name(row->kind), vouch_kind_name(invoice->kind), NULL,
                 invoice->kind_confidence);
}

static void score_lines(scoreboard *scores, group_score *group, const gold *row, const vouch_invoice *invoice)
{
    tally *counts = &group->fields[SCORE_LINES];
    if (!row->line_count)
        return;
    counts->n++;
    if (!invoice || invoice->lines.count == 0) {
        counts->missing += strcmp(row->line_count, "0") != 0;
        counts->exact += strcmp(row->line_count, "0") == 0;
        return;
    }
    const char *read = vouch_arena_printf(scores->arena, "%zu", invoice->lines.count);
    const bool right = strcmp(read, row->line_count) == 0;
    counts->exact += right;
    counts->wrong += !right;
    if (!right)
        add_miss(scores, row, SCORE_LINES, row->line_count, read, NULL, 0);
}

static bool is_picture(const vouch_reading *reading)
{
    return reading->page_count > 0 && strcmp(reading->pages[0].unit, "px") == 0;
}

static double cpu_of(const vouch_timing *timing)
{
    const double stages[] = {timing->decode, timing->read, timing->reconcile, timing->verify, timing->fingerprint};
    double sum = 0;
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
        sum += stages[i] > 0 ? stages[i] : 0;
    return sum;
}

void score_document(scoreboard *scores, const gold *row, const vouch_reading *reading)
{
    const vouch_invoice *invoice = best_invoice(scores->arena, row, reading);
    const vouch_kind kind = row->kind != VOUCH_KIND_UNKNOWN ? row->kind : invoice ? invoice->kind : VOUCH_KIND_UNKNOWN;
    group_score *group = group_of(scores, kind, is_picture(reading));

    group->documents++;
    group->cpu_ms += cpu_of(&reading->timing);
    score_kind(scores, group, row, invoice);
    for (size_t f = 0; f < VOUCH_FIELD_COUNT; f++)
        if (row->fields[f])
            score_field(scores, group, row, (vouch_field)f, invoice);
    score_lines(scores, group, row, invoice);
}

void score_skip(scoreboard *scores, const char *reason)
{
    const size_t room = sizeof scores->skipped / sizeof *scores->skipped;
    size_t at = 0;
    while (at < scores->skip_count && strcmp(scores->skipped[at].reason, reason) != 0)
        at++;
    if (at == room)
        at--;
    else if (at == scores->skip_count)
        scores->skipped[scores->skip_count++].reason = reason;
    scores->skipped[at].n++;
}
