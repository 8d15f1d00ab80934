/** Inside of eval: comparing readings with what is known, and counting. */
#ifndef VOUCH_EVAL_SCORE_H
#define VOUCH_EVAL_SCORE_H

#include "gold.h"
#include "vouch/pipeline.h"

#define SILENT_CONFIDENCE 0.95

/** Counts of one field of one kind; column VOUCH_FIELD_COUNT is the kind itself, the next the number of lines. */
typedef struct tally {
    size_t n, exact, missing, wrong, silent;
} tally;

#define SCORE_KIND  VOUCH_FIELD_COUNT
#define SCORE_LINES (VOUCH_FIELD_COUNT + 1)
#define SCORE_COUNT (VOUCH_FIELD_COUNT + 2)

/** All documents of one kind; pictures apart from the rest. */
typedef struct group_score {
    vouch_kind kind;
    bool picture;
    size_t documents;
    double cpu_ms;
    tally fields[SCORE_COUNT];
} group_score;

/** A value that is not what it should be. */
typedef struct miss {
    const char *file, *field, *expected, *read; /* read: NULL when missing */
    const char *source;
    double confidence;
} miss;

#define BUCKET_COUNT 10

typedef struct scoreboard {
    vouch_arena *arena;
    group_score *groups;
    size_t group_count, group_capacity;
    miss *misses;
    size_t miss_count, miss_capacity;
    struct {
        size_t n, right;
        double sum;
    } buckets[BUCKET_COUNT];
    struct {
        const char *reason;
        size_t n;
    } skipped[16];
    size_t skip_count;
    size_t failures; /* documents that could not be read at all */
} scoreboard;

/** Lower ends of the buckets of confidence, and 1 at the end. */
extern const double score_edges[BUCKET_COUNT + 1];

const char *score_column_name(size_t column);

/** Does a read value say what the list says? Amounts as numbers, the rest in READING's normal form. */
bool score_matches(vouch_arena *arena, vouch_field field, const char *expected, const char *read);

void score_document(scoreboard *scores, const gold *row, const vouch_reading *reading);
void score_skip(scoreboard *scores, const char *reason);

#endif
