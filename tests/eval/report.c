#include "report.h"

#include <jansson.h>

static const char *group_name(const scoreboard *scores, const group_score *group)
{
    return vouch_arena_printf(scores->arena, "%s%s", vouch_kind_name(group->kind), group->picture ? " (picture)" : "");
}

static void print_group(const scoreboard *scores, const group_score *group, FILE *out)
{
    fprintf(out, "\n%s: %zu documents, %.2f ms CPU each\n", group_name(scores, group), group->documents,
            group->cpu_ms / (double)group->documents);
    fprintf(out, "  %-24s %5s %6s %8s %6s %7s\n", "field", "n", "exact", "missing", "wrong", "silent");
    for (size_t i = 0; i < SCORE_COUNT; i++) {
        const tally *counts = &group->fields[i];
        if (counts->n > 0)
            fprintf(out, "  %-24s %5zu %6zu %8zu %6zu %7zu\n", score_column_name(i), counts->n, counts->exact,
                    counts->missing, counts->wrong, counts->silent);
    }
}

static tally total_of(const scoreboard *scores, bool picture)
{
    tally total = {0};
    for (size_t g = 0; g < scores->group_count; g++)
        for (size_t i = 0; i < SCORE_COUNT && scores->groups[g].picture == picture; i++) {
            const tally *counts = &scores->groups[g].fields[i];
            total.n += counts->n;
            total.exact += counts->exact;
            total.missing += counts->missing;
            total.wrong += counts->wrong;
            total.silent += counts->silent;
        }
    return total;
}

static void print_misses(const scoreboard *scores, bool missing, FILE *out)
{
    fprintf(out, "\n%s\n", missing ? "Missing" : "Wrong");
    for (size_t i = 0; i < scores->miss_count; i++) {
        const miss *one = &scores->misses[i];
        if (missing != !one->read)
            continue;
        fprintf(out, "  %s  %s: expected \"%s\"", one->file, one->field, one->expected);
        if (one->read)
            fprintf(out, ", read \"%s\" (%s, %.4f)%s", one->read, one->source ? one->source : "-", one->confidence,
                    one->confidence >= SILENT_CONFIDENCE ? "  SILENT" : "");
        fputc('\n', out);
    }
}

static void print_calibration(const scoreboard *scores, FILE *out)
{
    fprintf(out, "\nCalibration: of the values said with …, so many are right\n  %-17s %6s %9s %9s\n", "confidence",
            "n", "said", "right");
    for (size_t i = 0; i < BUCKET_COUNT; i++) {
        const size_t n = scores->buckets[i].n;
        if (n > 0)
            fprintf(out, "  %.4f to %.4f %8zu %9.4f %9.4f\n", score_edges[i], score_edges[i + 1], n,
                    scores->buckets[i].sum / (double)n, (double)scores->buckets[i].right / (double)n);
    }
}

void report_text(const scoreboard *scores, FILE *out)
{
    size_t skipped = 0;

    for (size_t g = 0; g < scores->group_count; g++)
        print_group(scores, &scores->groups[g], out);
    print_misses(scores, /* missing= */ false, out);
    print_misses(scores, /* missing= */ true, out);
    print_calibration(scores, out);
    fputs("\nNot evaluated\n", out);
    for (size_t i = 0; i < scores->skip_count; i++) {
        fprintf(out, "  %5zu  %s\n", scores->skipped[i].n, scores->skipped[i].reason);
        skipped += scores->skipped[i].n;
    }
    for (int picture = 0; picture < 2; picture++) {
        const tally total = total_of(scores, picture == 1);
        if (total.n > 0)
            fprintf(out, "%s%s: %zu values, %zu exact (%.2f %%), %zu missing, %zu wrong, %zu silently wrong\n",
                    picture ? "" : "\n", picture ? "Pictures" : "Documents", total.n, total.exact,
                    100.0 * (double)total.exact / (double)total.n, total.missing, total.wrong, total.silent);
    }
    fprintf(out, "%zu rows skipped, %zu documents could not be read\n", skipped, scores->failures);
}

static json_t *json_tally(const tally *counts)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I}", "n", (json_int_t)counts->n, "exact", (json_int_t)counts->exact,
                     "missing", (json_int_t)counts->missing, "wrong", (json_int_t)counts->wrong, "silent",
                     (json_int_t)counts->silent);
}

static json_t *json_group(const group_score *group)
{
    json_t *fields = json_object();
    for (size_t i = 0; i < SCORE_COUNT; i++)
        if (group->fields[i].n > 0)
            json_object_set_new(fields, score_column_name(i), json_tally(&group->fields[i]));
    return json_pack("{s:s, s:b, s:I, s:f, s:o}", "kind", vouch_kind_name(group->kind), "picture", group->picture,
                     "documents", (json_int_t)group->documents, "cpu_ms", group->cpu_ms / (double)group->documents,
                     "fields", fields);
}

static json_t *json_calibration(const scoreboard *scores)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < BUCKET_COUNT; i++) {
        const size_t n = scores->buckets[i].n;
        if (n > 0)
            json_array_append_new(rows, json_pack("{s:f, s:f, s:I, s:f, s:f}", "from", score_edges[i], "to",
                                                  score_edges[i + 1], "n", (json_int_t)n, "said",
                                                  scores->buckets[i].sum / (double)n, "right",
                                                  (double)scores->buckets[i].right / (double)n));
    }
    return rows;
}

static json_t *json_misses(const scoreboard *scores)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < scores->miss_count; i++) {
        const miss *one = &scores->misses[i];
        json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:f}", "file", one->file, "field",
                                              one->field, "expected", one->expected, "read", one->read, "source",
                                              one->source, "confidence", one->confidence));
    }
    return rows;
}

static void free_json(json_t **json)
{
    json_decref(*json);
}

bool report_json(const scoreboard *scores, FILE *out)
{
    json_t *groups = json_array(), *skipped = json_object();
    const tally documents = total_of(scores, false), pictures = total_of(scores, true);

    for (size_t g = 0; g < scores->group_count; g++)
        json_array_append_new(groups, json_group(&scores->groups[g]));
    for (size_t i = 0; i < scores->skip_count; i++)
        json_object_set_new(skipped, scores->skipped[i].reason, json_integer((json_int_t)scores->skipped[i].n));
    VOUCH_CLEANUP(free_json)
    json_t *root = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:I}", "documents", json_tally(&documents), "pictures",
                             json_tally(&pictures), "kinds", groups, "misses", json_misses(scores), "calibration",
                             json_calibration(scores), "skipped", skipped, "failures", (json_int_t)scores->failures);
    if (!root || json_dumpf(root, out, JSON_COMPACT | JSON_REAL_PRECISION(6)) != 0)
        return false;
    fputc('\n', out);
    return true;
}
