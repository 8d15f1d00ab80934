/*
 * Bringing everything under the current keys. The list of what is to be done is the store itself: a key's record names
 * its master key, a blob's header its tenant key; so there is no state that could be lost or disagree.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend.h"

enum {
    RETIRE_SECONDS = 3600 /* far longer than any process takes a superseded key for the current one (keys.c) */
};

typedef struct rotation {
    vouch_blobs *blobs;
    const vouch_blob_rotate_options *options;
    vouch_blob_rotation counts;
    char tenant[37];
    char current[37]; /* key id of the tenant */
    size_t left;      /* blobs of the tenant that are not under the current key */
    bool stopped;
} rotation;

static void note_failure(rotation *r, const vouch_error *why)
{
    if (r->options->failed)
        r->options->failed(r->options->context, r->tenant, why);
}

static bool step(rotation *r)
{
    if (r->options->step && !r->options->step(r->options->context, &r->counts))
        r->stopped = true;
    return !r->stopped;
}

/* ---- blobs ---- */

/* Encrypt a blob under the current key and put it in its own place. */
static vouch_code seal_blob(rotation *r, vouch_blob_reader *from, const char *sha256, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_blob_abort) vouch_blob_writer *to = NULL;
    vouch_blob blob;
    bool replaced = false, from_failed = false;
    const size_t size = vouch_blob_reader_size(from);
    VOUCH_TRY(vouch_blob_create(r->blobs, r->tenant, size, &to, err));
    VOUCH_TRY(vouch_blob_pour(from, to, &from_failed, err));
    VOUCH_TRY(vouch_blob_writer_end(to, sha256, &blob, err));
    VOUCH_TRY(r->blobs->backend->replace(r->blobs->state, vouch_blob_writer_spool(to), vouch_blob_reader_fd(from),
                                         r->tenant, sha256, &replaced, err));
    r->counts.sealed += replaced;
    r->counts.bytes += replaced ? size : 0;
    return VOUCH_OK;
}

/* Under which key is it? One small read, before anything else is set up for it. */
static vouch_code key_of(rotation *r, const char *sha256, char id[37], vouch_error *err)
{
    VOUCH_CLEANUP(vouch_close_fd) int fd = -1;
    size_t size = 0;
    VOUCH_TRY(r->blobs->backend->open(r->blobs->state, r->tenant, sha256, &fd, &size, err));
    return vouch_blob_reader_key(fd, sha256, id, err);
}

static vouch_code rotate_blob(rotation *r, const char *sha256, vouch_error *err)
{
    char id[37];
    VOUCH_TRY(key_of(r, sha256, id, err));
    if (strcmp(id, r->current) == 0)
        return VOUCH_OK;
    vouch_blobs lenient = *r->blobs; /* here plain blobs are read, to make them encrypted ones */
    lenient.require = false;
    VOUCH_CLEANUP(vouch_blob_reader_close) vouch_blob_reader *from = NULL;
    VOUCH_TRY(vouch_blob_reader_open(&lenient, r->tenant, sha256, &from, err));
    return seal_blob(r, from, sha256, err);
}

static bool visit_blob(void *context, const char *tenant, const char *sha256, size_t size, int64_t changed)
{
    rotation *r = context;
    vouch_error err = VOUCH_ERROR_INIT;
    (void)tenant;
    (void)size;
    (void)changed;
    const vouch_code code = rotate_blob(r, sha256, &err);
    r->counts.blobs++;
    if (code != VOUCH_OK && code != VOUCH_NOT_FOUND) { /* removed meanwhile: nothing to do */
        r->counts.failed++;
        r->left++;
        note_failure(r, &err);
    }
    return step(r);
}

/* ---- tenant keys ---- */

static vouch_code wrap_anew(rotation *r, const char *id, vouch_error *err)
{
    uint8_t record[VOUCH_TENANT_KEY_RECORD + 1];
    char master_id[VOUCH_KEY_ID_SIZE];
    size_t length = 0;
    VOUCH_CLEANUP(vouch_master_key_clear) vouch_master_key master = {0};
    VOUCH_CLEANUP(vouch_tenant_key_clear) vouch_tenant_key key = {0};
    vouch_keyring_current(r->blobs->keyring, &master);
    VOUCH_TRY(r->blobs->backend->get_key(r->blobs->state, r->tenant, id, record, sizeof record, &length, err));
    VOUCH_TRY(vouch_tenant_key_master(record, length, id, master_id, err));
    if (strcmp(master_id, master.id) == 0)
        return VOUCH_OK;
    VOUCH_TRY(vouch_tenant_key_unwrap(record, length, r->tenant, id, r->blobs->keyring, &key, err));
    VOUCH_TRY(vouch_tenant_key_wrap(&key, r->tenant, &master, record, err));
    VOUCH_TRY(r->blobs->backend->put_key(r->blobs->state, r->tenant, id, record, VOUCH_TENANT_KEY_RECORD, err));
    r->counts.wrapped++;
    return VOUCH_OK;
}

static void wrap_all(rotation *r, const blob_key_ids *ids)
{
    for (size_t i = 0; i < ids->count && !r->stopped; i++) {
        vouch_error err = VOUCH_ERROR_INIT;
        r->counts.keys++;
        if (wrap_anew(r, ids->ids[i], &err) != VOUCH_OK) {
            r->counts.failed++;
            note_failure(r, &err);
        }
        step(r);
    }
}

/* The time in a UUIDv7: milliseconds since 1970 in its first 48 bits. */
static int64_t made_at(const char *id)
{
    char digits[13];
    snprintf(digits, sizeof digits, "%.8s%.4s", id, id + 9);
    return strtoll(digits, NULL, 16) / 1000;
}

/* Keys before the current one that no blob needs; only when every blob was seen and is under the current one. */
static vouch_code retire(rotation *r, const blob_key_ids *ids, vouch_error *err)
{
    if (r->stopped || r->left > 0 || (int64_t)time(NULL) < made_at(r->current) + RETIRE_SECONDS)
        return VOUCH_OK;
    for (size_t i = 0; i < ids->count; i++) {
        if (strcmp(ids->ids[i], r->current) >= 0)
            continue;
        VOUCH_TRY(r->blobs->backend->remove_key(r->blobs->state, r->tenant, ids->ids[i], err));
        r->counts.retired++;
    }
    return VOUCH_OK;
}

/* ---- tenants ---- */

static vouch_code rotate_tenant(rotation *r, vouch_error *err)
{
    blob_key_ids ids;
    VOUCH_CLEANUP(vouch_tenant_key_clear) vouch_tenant_key key = {0};
    VOUCH_TRY(blob_key_list(r->blobs, r->tenant, &ids, err));
    wrap_all(r, &ids);
    if (r->stopped || r->options->keys_only)
        return VOUCH_OK;
    if (r->options->renew || ids.count == 0) {
        VOUCH_TRY(blob_key_renew(r->blobs, r->tenant, &key, err));
        r->counts.made++;
    } else {
        VOUCH_TRY(blob_key_current(r->blobs, r->tenant, &key, err));
    }
    memcpy(r->current, key.id, sizeof r->current);
    r->left = 0;
    VOUCH_TRY(r->blobs->backend->list(r->blobs->state, r->tenant, visit_blob, r, err));
    return retire(r, &ids, err);
}

typedef struct tenant_list {
    char (*ids)[37];
    size_t count, capacity;
    bool failed;
} tenant_list;

static bool take_tenant(void *context, const char *id)
{
    tenant_list *list = context;
    if (list->count == list->capacity) {
        const size_t capacity = list->capacity ? 2 * list->capacity : 64;
        void *grown = reallocarray(list->ids, capacity, sizeof *list->ids);
        if (!grown) {
            list->failed = true;
            return false;
        }
        list->ids = grown;
        list->capacity = capacity;
    }
    memcpy(list->ids[list->count++], id, sizeof *list->ids);
    return true;
}

static void tenant_list_done(tenant_list *list)
{
    free(list->ids);
}

static vouch_code list_tenants(vouch_blobs *blobs, tenant_list *out, vouch_error *err)
{
    VOUCH_TRY(blobs->backend->list_tenants(blobs->state, take_tenant, out, err));
    return out->failed ? vouch_fail(err, VOUCH_NO_MEMORY, "listing tenants") : VOUCH_OK;
}

static vouch_code need_keys(vouch_blobs *blobs, vouch_error *err)
{
    if (!blobs->keyring)
        return vouch_fail(err, VOUCH_CONFIG, "there are no keys: neither blob_key_file nor blob_key_command is set");
    return vouch_keyring_reload(blobs->keyring, err);
}

vouch_code vouch_blobs_rotate(vouch_blobs *blobs, const vouch_blob_rotate_options *options, vouch_blob_rotation *out,
                              vouch_error *err)
{
    VOUCH_CLEANUP(tenant_list_done) tenant_list tenants = {0};
    rotation r = {.blobs = blobs, .options = options};
    VOUCH_TRY(need_keys(blobs, err));
    VOUCH_TRY(list_tenants(blobs, &tenants, err));
    for (size_t i = 0; i < tenants.count && !r.stopped; i++) {
        vouch_error why = VOUCH_ERROR_INIT;
        memcpy(r.tenant, tenants.ids[i], sizeof r.tenant);
        if (rotate_tenant(&r, &why) != VOUCH_OK) {
            r.counts.failed++;
            note_failure(&r, &why);
        }
        r.counts.tenants++;
    }
    *out = r.counts;
    return VOUCH_OK;
}

/* ---- use ---- */

typedef struct census {
    vouch_blobs *blobs;
    vouch_key_use *rows;
    size_t count;
    const char *tenant;
    vouch_code code;
    vouch_error *err;
} census;

static vouch_code count_key(census *c, const char *id)
{
    uint8_t record[VOUCH_TENANT_KEY_RECORD + 1];
    char master[VOUCH_KEY_ID_SIZE];
    size_t length = 0, row = 0;
    VOUCH_TRY(c->blobs->backend->get_key(c->blobs->state, c->tenant, id, record, sizeof record, &length, c->err));
    VOUCH_TRY(vouch_tenant_key_master(record, length, id, master, c->err));
    while (row < c->count && strcmp(c->rows[row].id, master) != 0)
        row++;
    if (row == c->count) {
        if (row == VOUCH_KEYS_USED_MOST)
            return vouch_fail(c->err, VOUCH_LIMIT, "more master keys are in use than can be shown");
        memcpy(c->rows[row].id, master, sizeof master);
        c->rows[row].tenant_keys = 0;
        c->rows[row].there = false;
        c->count++;
    }
    c->rows[row].tenant_keys++;
    return VOUCH_OK;
}

static bool visit_key(void *context, const char *id)
{
    census *c = context;
    c->code = count_key(c, id);
    return c->code == VOUCH_OK;
}

vouch_code vouch_blobs_key_use(vouch_blobs *blobs, vouch_key_use out[VOUCH_KEYS_USED_MOST], size_t *count,
                               vouch_error *err)
{
    VOUCH_CLEANUP(tenant_list_done) tenant_list tenants = {0};
    char ids[VOUCH_KEYRING_MOST][VOUCH_KEY_ID_SIZE];
    census c = {.blobs = blobs, .rows = out, .err = err};
    VOUCH_TRY(need_keys(blobs, err));
    VOUCH_TRY(list_tenants(blobs, &tenants, err));
    c.count = vouch_keyring_ids(blobs->keyring, ids);
    for (size_t i = 0; i < c.count; i++) {
        out[i] = (vouch_key_use){.there = true};
        memcpy(out[i].id, ids[i], sizeof ids[i]);
    }
    for (size_t i = 0; i < tenants.count; i++) {
        c.tenant = tenants.ids[i];
        VOUCH_TRY(blobs->backend->list_keys(blobs->state, c.tenant, visit_key, &c, err));
        VOUCH_TRY(c.code);
    }
    *count = c.count;
    return VOUCH_OK;
}
