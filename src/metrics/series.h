/* Inside of metrics: a series, and walking over those of a family. */
#ifndef VOUCH_METRICS_SERIES_H
#define VOUCH_METRICS_SERIES_H

#include "vouch/metrics.h"

enum {
    BUCKETS_MOST = 18,
    KEY_MOST = 256,       /* all label values of a series together, one NUL each; what is longer is cut */
    LABEL_VALUE_MOST = 84 /* KEY_MOST / VOUCH_METRIC_LABELS_MOST, without the NUL */
};

/** Upper bounds of a unit's buckets, in the unit that is observed. The last bucket, without a bound, follows. */
typedef struct bucket_bounds {
    size_t count;
    int64_t bounds[BUCKETS_MOST];
} bucket_bounds;
const bucket_bounds *metric_buckets(vouch_metric metric);

/*
 * Lives as long as the process. Counter and gauge: cells[0]. Histogram: a cell for each bucket, not cumulative, the one
 * without a bound, then the sum.
 */
typedef struct series {
    uint64_t hash;
    size_t key_length;
    char key[KEY_MOST]; /* label values, each closed by NUL */
    _Alignas(64) _Atomic int64_t cells[];
} series;

/** The series of a family one after the other. @param place  0 at first. @return NULL at the end */
const series *series_next(vouch_metric metric, size_t *place);
size_t metric_label_count(vouch_metric metric);
bool metric_is_shown(vouch_metric metric);

#endif
