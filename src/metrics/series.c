/*
 * Series: a hash table for each family, open addressing, slots filled once and never emptied.
 *
 * Looking up takes no lock: a slot is either NULL or a finished series, published with release and read with acquire.
 * A series that is not there is made under one lock, after another look. Tables have twice as many slots as series may
 * be, so that chains stay short, and the last series is kept for "other".
 */
#include "series.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    SLOTS_PER_SERIES = 2
};

typedef _Atomic(series *) slot;

#define X(name, type, text, labels, unit, most, help) static slot slots_##name[SLOTS_PER_SERIES * (most)];
VOUCH_METRICS(X)
#undef X

static slot *const slots_of[VOUCH_METRIC_COUNT] = {
#define X(name, ...) slots_##name,
    VOUCH_METRICS(X)
#undef X
};

static const vouch_metric_info table[VOUCH_METRIC_COUNT] = {
#define X(name, type, text, labels, unit, most, help) \
    {text, labels, help, VOUCH_METRIC_IS_##type, VOUCH_METRIC_##unit, most},
    VOUCH_METRICS(X)
#undef X
};

/* State of the process, like the log's. */
static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;
static size_t made[VOUCH_METRIC_COUNT]; /* under the lock */
static _Atomic bool hidden[VOUCH_METRIC_COUNT];

/* Microseconds: from what a look-up takes to what the sandbox allows a document. */
static const bucket_bounds time_buckets = {18,
                                           {100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000,
                                            500000, 1000000, 2500000, 5000000, 10000000, 30000000, 60000000}};
static const bucket_bounds size_buckets = {
    11, {1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864, 268435456, 1073741824}};

const vouch_metric_info *vouch_metric_lookup(vouch_metric metric)
{
    return &table[metric];
}

const bucket_bounds *metric_buckets(vouch_metric metric)
{
    return table[metric].unit == VOUCH_METRIC_SECONDS ? &time_buckets : &size_buckets;
}

size_t metric_label_count(vouch_metric metric)
{
    const char *labels = table[metric].labels;
    size_t count = labels[0] != '\0';
    for (const char *c = labels; *c; c++)
        count += *c == ',';
    return count;
}

/* ---- finding ---- */

static size_t slot_count(vouch_metric metric)
{
    return SLOTS_PER_SERIES * table[metric].most;
}

/** FNV-1a: keys are a few dozen bytes. */
static uint64_t hash_key(const char *key, size_t length)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)key[i]) * 0x100000001b3;
    return hash;
}

static size_t make_key(vouch_metric metric, const char *const *labels, char key[KEY_MOST])
{
    size_t length = 0;
    const size_t count = table[metric].labels[0] ? metric_label_count(metric) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *value = labels && labels[i] ? labels[i] : "none";
        const size_t part = strnlen(value, LABEL_VALUE_MOST);
        memcpy(key + length, value, part);
        length += part;
        key[length++] = '\0';
    }
    return length;
}

/** @param at  out: where it is or would be */
static series *look_up(vouch_metric metric, const char *key, size_t length, uint64_t hash, size_t *at)
{
    slot *slots = slots_of[metric];
    const size_t count = slot_count(metric);
    for (size_t i = (size_t)(hash % count);; i = (i + 1) % count) {
        series *found = atomic_load_explicit(&slots[i], memory_order_acquire);
        *at = i;
        if (!found || (found->hash == hash && found->key_length == length && memcmp(found->key, key, length) == 0))
            return found;
    }
}

static size_t cell_count(vouch_metric metric)
{
    return table[metric].type == VOUCH_METRIC_IS_HISTOGRAM ? metric_buckets(metric)->count + 2 : 1;
}

static series *insert(vouch_metric metric, const char *key, size_t length, uint64_t hash)
{
    size_t at = 0;
    series *found = look_up(metric, key, length, hash, &at);
    if (found)
        return found;
    const size_t bytes = sizeof *found + cell_count(metric) * sizeof found->cells[0];
    found = aligned_alloc(_Alignof(series), (bytes + _Alignof(series) - 1) / _Alignof(series) * _Alignof(series));
    if (!found)
        return NULL;
    found->hash = hash;
    found->key_length = length;
    memcpy(found->key, key, length);
    for (size_t i = 0; i < cell_count(metric); i++)
        atomic_init(&found->cells[i], 0);
    made[metric]++;
    atomic_store_explicit(&slots_of[metric][at], found, memory_order_release);
    return found;
}

static series *make(vouch_metric metric, const char *key, size_t length, uint64_t hash)
{
    static const char *const other[VOUCH_METRIC_LABELS_MOST] = {"other", "other", "other"};
    char instead[KEY_MOST];
    pthread_mutex_lock(&making);
    if (table[metric].labels[0] && made[metric] + 1 >= table[metric].most) {
        length = make_key(metric, other, instead);
        key = instead;
        hash = hash_key(key, length);
    }
    series *found = insert(metric, key, length, hash);
    pthread_mutex_unlock(&making);
    return found;
}

static series *find(vouch_metric metric, const char *const *labels)
{
    char key[KEY_MOST];
    size_t at;
    const size_t length = make_key(metric, labels, key);
    const uint64_t hash = hash_key(key, length);
    series *found = look_up(metric, key, length, hash, &at);
    return found ? found : make(metric, key, length, hash);
}

const series *series_next(vouch_metric metric, size_t *place)
{
    while (*place < slot_count(metric)) {
        const series *found = atomic_load_explicit(&slots_of[metric][(*place)++], memory_order_acquire);
        if (found)
            return found;
    }
    return NULL;
}

/* ---- observing ---- */

void vouch_metric_add(vouch_metric metric, const char *const *labels, int64_t amount)
{
    series *found = find(metric, labels);
    if (found)
        atomic_fetch_add_explicit(&found->cells[0], amount, memory_order_relaxed);
}

void vouch_metric_set(vouch_metric metric, const char *const *labels, int64_t value)
{
    series *found = find(metric, labels);
    if (found)
        atomic_store_explicit(&found->cells[0], value, memory_order_relaxed);
}

void vouch_metric_observe(vouch_metric metric, const char *const *labels, int64_t value)
{
    const bucket_bounds *buckets = metric_buckets(metric);
    series *found = find(metric, labels);
    if (!found)
        return;
    size_t bucket = 0;
    while (bucket < buckets->count && value > buckets->bounds[bucket])
        bucket++;
    atomic_fetch_add_explicit(&found->cells[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&found->cells[buckets->count + 1], value, memory_order_relaxed);
}

void vouch_metric_show(vouch_metric metric, bool shown)
{
    atomic_store_explicit(&hidden[metric], !shown, memory_order_relaxed);
}

bool metric_is_shown(vouch_metric metric)
{
    return !atomic_load_explicit(&hidden[metric], memory_order_relaxed);
}

int64_t vouch_metric_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void vouch_metric_since(vouch_metric metric, const char *const *labels, int64_t begin)
{
    vouch_metric_observe(metric, labels, vouch_metric_clock() - begin);
}

int64_t vouch_metric_value(vouch_metric metric, const char *const *labels)
{
    char key[KEY_MOST];
    size_t at;
    const size_t length = make_key(metric, labels, key);
    const series *found = look_up(metric, key, length, hash_key(key, length), &at);
    if (!found)
        return 0;
    if (table[metric].type != VOUCH_METRIC_IS_HISTOGRAM)
        return atomic_load_explicit(&found->cells[0], memory_order_relaxed);
    int64_t count = 0;
    for (size_t i = 0; i <= metric_buckets(metric)->count; i++)
        count += atomic_load_explicit(&found->cells[i], memory_order_relaxed);
    return count;
}
