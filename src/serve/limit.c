/**
 * How often one may ask: a token bucket for each address and for each bearer token.
 *
 * The method is the generic cell rate algorithm: of a bucket only the moment is kept at which it will be full again. A
 * request moves that moment on by one interval; it is refused when the moment lies further ahead than the burst that is
 * allowed. A bucket that is full is as good as forgotten, so that a table of fixed size is enough: where a new key
 * finds no room, the bucket that is fullest makes way. Keys are salted hashes: nobody can aim at another one's bucket.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "http.h"
#include "vouch/hash.h"

enum {
    WAYS = 8,
    SETS = 8192, /* with 8 ways of 16 bytes: 1 MB for the 65,536 keys that asked last */
    SALT_BYTES = 16,
    LONGEST_KEY = 128
};

typedef struct bucket {
    uint64_t key;
    long long full_us; /* CLOCK_MONOTONIC, when it is full again; 0: never used */
} bucket;

struct http_limit {
    long long interval_us, burst_us;
    char salt[2 * SALT_BYTES + 1];
    pthread_mutex_t lock;
    bucket (*sets)[WAYS];
};

vouch_code http_limit_new(int64_t per_second, int64_t burst_seconds, http_limit **out, vouch_error *err)
{
    VOUCH_CLEANUP(http_limit_free) http_limit *limit = calloc(1, sizeof *limit);
    if (!limit || !(limit->sets = calloc(SETS, sizeof *limit->sets)))
        return vouch_fail(err, VOUCH_NO_MEMORY, "the table of rates");
    pthread_mutex_init(&limit->lock, NULL);
    limit->interval_us = per_second > 0 ? 1000000 / per_second : 0;
    limit->burst_us = burst_seconds * 1000000;
    VOUCH_TRY(vouch_random_hex(SALT_BYTES, limit->salt, err));
    *out = VOUCH_TAKE(limit);
    return VOUCH_OK;
}

void http_limit_free(http_limit **address)
{
    http_limit *limit = *address;
    if (!limit)
        return;
    free(limit->sets);
    free(limit);
    *address = NULL;
}

uint64_t http_limit_key(const http_limit *limit, const void *data, size_t length)
{
    char text[2 * SALT_BYTES + LONGEST_KEY];
    uint8_t digest[32];
    uint64_t key;
    size_t used = length < LONGEST_KEY ? length : LONGEST_KEY;
    memcpy(text, limit->salt, 2 * SALT_BYTES);
    memcpy(text + 2 * SALT_BYTES, data, used);
    vouch_sha256(text, 2 * SALT_BYTES + used, digest);
    memcpy(&key, digest, sizeof key);
    return key;
}

/** The key's bucket; a new one takes the place of the fullest of its set. */
static bucket *find(http_limit *limit, uint64_t key)
{
    bucket *set = limit->sets[key % SETS], *fullest = set;
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].key == key && set[i].full_us)
            return &set[i];
        if (set[i].full_us < fullest->full_us)
            fullest = &set[i];
    }
    *fullest = (bucket){.key = key};
    return fullest;
}

int http_limit_take(http_limit *limit, uint64_t key, long long now_us)
{
    if (limit->interval_us == 0)
        return 0;
    pthread_mutex_lock(&limit->lock);
    bucket *found = find(limit, key);
    long long full_us = found->full_us > now_us ? found->full_us : now_us, ahead_us = full_us - now_us;
    bool taken = ahead_us + limit->interval_us <= limit->burst_us;
    if (taken)
        found->full_us = full_us + limit->interval_us;
    pthread_mutex_unlock(&limit->lock);
    return taken ? 0 : (int)((ahead_us + limit->interval_us - limit->burst_us + 999999) / 1000000);
}
