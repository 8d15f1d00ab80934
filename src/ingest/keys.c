/*
 * Tenant keys of a blob store: found by the id that a blob names, and the current one that new blobs are written with.
 *
 * Both are cached in tables of one slot a hash: a tenant whose slot another has taken costs one read of 96 bytes. The
 * current key is the one with the greatest id (ids begin with the time of making). Two processes that make a tenant's
 * first key at the same moment make two, and both stay: a blob names the one it was written with.
 */
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend.h"

enum {
    SLOTS = 256,
    CURRENT_SECONDS = 60 /* after that the store is asked again whether there is a newer one */
};

struct blob_keys {
    pthread_mutex_t lock;
    struct {
        char tenant[37];
        vouch_tenant_key key;
    } known[SLOTS];
    struct {
        char tenant[37], id[37];
        int64_t until; /* monotonic seconds */
    } current[SLOTS];
};

blob_keys *blob_keys_new(void)
{
    blob_keys *keys = calloc(1, sizeof *keys);
    if (keys)
        pthread_mutex_init(&keys->lock, NULL);
    return keys;
}

void blob_keys_free(blob_keys **keys)
{
    if (!*keys)
        return;
    pthread_mutex_destroy(&(*keys)->lock);
    OPENSSL_cleanse(*keys, sizeof **keys);
    free(*keys);
    *keys = NULL;
}

/* FNV-1a. */
static size_t slot_of(const char *id)
{
    uint32_t hash = 2166136261U;
    for (; *id; id++)
        hash = (hash ^ (uint8_t)*id) * 16777619U;
    return hash % SLOTS;
}

static int64_t now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static bool recall(blob_keys *keys, const char *tenant, const char *id, vouch_tenant_key *out)
{
    const size_t slot = slot_of(id);
    pthread_mutex_lock(&keys->lock);
    const bool known = strcmp(keys->known[slot].key.id, id) == 0 && strcmp(keys->known[slot].tenant, tenant) == 0;
    if (known)
        *out = keys->known[slot].key;
    pthread_mutex_unlock(&keys->lock);
    return known;
}

static void remember(blob_keys *keys, const char *tenant, const vouch_tenant_key *key)
{
    const size_t slot = slot_of(key->id);
    pthread_mutex_lock(&keys->lock);
    memcpy(keys->known[slot].tenant, tenant, sizeof keys->known[slot].tenant);
    keys->known[slot].key = *key;
    pthread_mutex_unlock(&keys->lock);
}

static void remember_current(blob_keys *keys, const char *tenant, const char *id)
{
    const size_t slot = slot_of(tenant);
    pthread_mutex_lock(&keys->lock);
    memcpy(keys->current[slot].tenant, tenant, sizeof keys->current[slot].tenant);
    memcpy(keys->current[slot].id, id, sizeof keys->current[slot].id);
    keys->current[slot].until = now_seconds() + CURRENT_SECONDS;
    pthread_mutex_unlock(&keys->lock);
}

static bool recall_current(blob_keys *keys, const char *tenant, char id[37])
{
    const size_t slot = slot_of(tenant);
    pthread_mutex_lock(&keys->lock);
    const bool known = strcmp(keys->current[slot].tenant, tenant) == 0 && now_seconds() < keys->current[slot].until;
    if (known)
        memcpy(id, keys->current[slot].id, sizeof keys->current[slot].id);
    pthread_mutex_unlock(&keys->lock);
    return known;
}

vouch_code blob_key_find(vouch_blobs *blobs, const char *tenant, const char *id, vouch_tenant_key *out,
                         vouch_error *err)
{
    if (!blobs->keyring)
        return vouch_fail(err, VOUCH_KEY_MISSING,
                          "it is encrypted, and neither blob_key_file nor blob_key_command is set");
    if (recall(blobs->keys, tenant, id, out))
        return VOUCH_OK;
    uint8_t record[VOUCH_TENANT_KEY_RECORD + 1]; /* one byte more shows one that is too long */
    size_t length = 0;
    vouch_error trouble = VOUCH_ERROR_INIT;
    const vouch_code code = blobs->backend->get_key(blobs->state, tenant, id, record, sizeof record, &length, &trouble);
    if (code == VOUCH_NOT_FOUND)
        return vouch_fail(err, VOUCH_KEY_MISSING, "tenant key %s of tenant %s is gone: erased, or not restored", id,
                          tenant);
    if (code != VOUCH_OK)
        return vouch_fail(err, code, "%s", trouble.message);
    VOUCH_TRY(vouch_tenant_key_unwrap(record, length, tenant, id, blobs->keyring, out, err));
    remember(blobs->keys, tenant, out);
    return VOUCH_OK;
}

typedef struct listing {
    blob_key_ids *ids;
    bool too_many;
} listing;

/* Newest first: the few ids are kept in order as they come. */
static bool take_id(void *context, const char *id)
{
    listing *list = context;
    blob_key_ids *ids = list->ids;
    if (ids->count == TENANT_KEYS_MOST) {
        list->too_many = true;
        return false;
    }
    size_t at = ids->count++;
    for (; at > 0 && strcmp(ids->ids[at - 1], id) < 0; at--)
        memcpy(ids->ids[at], ids->ids[at - 1], sizeof ids->ids[at]);
    memcpy(ids->ids[at], id, sizeof ids->ids[at]);
    return true;
}

vouch_code blob_key_list(vouch_blobs *blobs, const char *tenant, blob_key_ids *out, vouch_error *err)
{
    out->count = 0;
    listing list = {.ids = out};
    VOUCH_TRY(blobs->backend->list_keys(blobs->state, tenant, take_id, &list, err));
    if (list.too_many)
        return vouch_fail(err, VOUCH_LIMIT, "tenant %s has more than %d keys: let a rotation finish first", tenant,
                          TENANT_KEYS_MOST);
    return VOUCH_OK;
}

vouch_code blob_key_renew(vouch_blobs *blobs, const char *tenant, vouch_tenant_key *out, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_tenant_key_clear) vouch_tenant_key key = {0};
    VOUCH_CLEANUP(vouch_master_key_clear) vouch_master_key master = {0};
    uint8_t record[VOUCH_TENANT_KEY_RECORD];
    VOUCH_TRY(vouch_tenant_key_make(&key, err));
    vouch_keyring_current(blobs->keyring, &master);
    VOUCH_TRY(vouch_tenant_key_wrap(&key, tenant, &master, record, err));
    VOUCH_TRY(blobs->backend->put_key(blobs->state, tenant, key.id, record, sizeof record, err));
    remember(blobs->keys, tenant, &key);
    remember_current(blobs->keys, tenant, key.id);
    *out = key;
    return VOUCH_OK;
}

vouch_code blob_key_current(vouch_blobs *blobs, const char *tenant, vouch_tenant_key *out, vouch_error *err)
{
    char id[37];
    if (recall_current(blobs->keys, tenant, id))
        return blob_key_find(blobs, tenant, id, out, err);
    blob_key_ids ids;
    VOUCH_TRY(blob_key_list(blobs, tenant, &ids, err));
    if (ids.count == 0)
        return blob_key_renew(blobs, tenant, out, err);
    VOUCH_TRY(blob_key_find(blobs, tenant, ids.ids[0], out, err));
    remember_current(blobs->keys, tenant, ids.ids[0]);
    return VOUCH_OK;
}
