/* What all kinds of blob stores have in common beside reading and writing: shapes of names, keys, lists, removal. */
#include <stdlib.h>
#include <string.h>

#include "backend.h"

bool vouch_is_hex(const char *text, size_t length)
{
    return strspn(text, "0123456789abcdef") == length && text[length] == '\0';
}

bool vouch_is_uuid(const char *text)
{
    if (strlen(text) != 36)
        return false;
    for (size_t i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !memchr("0123456789abcdef", text[i], 16))
            return false;
    }
    return true;
}

vouch_code vouch_blob_check_names(const char *tenant, const char *sha256, vouch_error *err)
{
    if (!tenant || !vouch_is_uuid(tenant))
        return vouch_fail(err, VOUCH_INTERNAL, "the tenant of a blob is no UUID");
    if (sha256 && !vouch_is_hex(sha256, 64))
        return vouch_fail(err, VOUCH_INTERNAL, "the name of a blob is no SHA-256");
    return VOUCH_OK;
}

vouch_code vouch_blobs_open_sealed(const char *folder, const vouch_blob_seals *seals, vouch_blobs **out,
                                   vouch_error *err)
{
    const bool with_keys = (seals->key_file && *seals->key_file) || (seals->key_command && *seals->key_command);
    VOUCH_CLEANUP(vouch_keyring_free) vouch_keyring *keyring = NULL;
    VOUCH_CLEANUP(blob_keys_free) blob_keys *keys = NULL;
    if (seals->require && !with_keys)
        return vouch_fail(err, VOUCH_CONFIG, "encryption is required, but there is neither a key file nor a command");
    if (with_keys) {
        VOUCH_TRY(vouch_keyring_load(seals->key_file, seals->key_command, &keyring, err));
        keys = blob_keys_new();
        if (!keys)
            return vouch_fail(err, VOUCH_NO_MEMORY, "opening the blob store");
    }
    VOUCH_TRY(vouch_blobs_open_folder(folder, out, err));
    (*out)->keyring = VOUCH_TAKE(keyring);
    (*out)->keys = VOUCH_TAKE(keys);
    (*out)->require = seals->require;
    return VOUCH_OK;
}

vouch_code vouch_blobs_open(const vouch_config *config, vouch_blobs **out, vouch_error *err)
{
    const vouch_blob_seals seals = {.key_file = config->blob_key_file,
                                    .key_command = config->blob_key_command,
                                    .require = strcmp(config->blob_encryption, "require") == 0};
    return vouch_blobs_open_sealed(config->blob_dir, &seals, out, err);
}

void vouch_blobs_close(vouch_blobs **blobs)
{
    if (!blobs || !*blobs)
        return;
    (*blobs)->backend->close((*blobs)->state);
    vouch_keyring_free(&(*blobs)->keyring);
    blob_keys_free(&(*blobs)->keys);
    free(*blobs);
    *blobs = NULL;
}

bool vouch_blobs_encrypted(const vouch_blobs *blobs)
{
    return blobs->keyring != NULL;
}

vouch_code vouch_blob_exists(vouch_blobs *blobs, const char *tenant, const char *sha256, bool *out, vouch_error *err)
{
    VOUCH_TRY(vouch_blob_check_names(tenant, sha256 ? sha256 : "", err));
    VOUCH_CLEANUP(vouch_close_fd) int fd = -1;
    size_t size = 0;
    vouch_error failure = VOUCH_ERROR_INIT; /* "not there" is an answer, and must not fill the caller's error */
    vouch_code code = blobs->backend->open(blobs->state, tenant, sha256, &fd, &size, &failure);
    if (code != VOUCH_OK && code != VOUCH_NOT_FOUND)
        return vouch_fail(err, code, "%s", failure.message);
    *out = code == VOUCH_OK;
    return VOUCH_OK;
}

vouch_code vouch_blob_remove(vouch_blobs *blobs, const char *tenant, const char *sha256, vouch_error *err)
{
    VOUCH_TRY(vouch_blob_check_names(tenant, sha256 ? sha256 : "", err));
    bool removed = false;
    return blobs->backend->remove(blobs->state, tenant, sha256, INT64_MAX, &removed, err);
}

typedef struct list_context {
    vouch_blob_visitor visitor;
    void *context;
} list_context;

static bool pass_on(void *context, const char *tenant, const char *sha256, size_t size, int64_t changed)
{
    const list_context *list = context;
    (void)changed;
    return list->visitor(list->context, tenant, sha256, size);
}

vouch_code vouch_blobs_list(vouch_blobs *blobs, const char *tenant, vouch_blob_visitor visitor, void *context,
                            vouch_error *err)
{
    if (tenant)
        VOUCH_TRY(vouch_blob_check_names(tenant, /* sha256= */ NULL, err));
    list_context list = {.visitor = visitor, .context = context};
    return blobs->backend->list(blobs->state, tenant, pass_on, &list, err);
}

/* ---- erasure ---- */

typedef struct erasure {
    vouch_blobs *blobs;
    vouch_blob_erasure counts;
    vouch_code code;
    vouch_error *err;
} erasure;

static bool erase_blob(void *context, const char *tenant, const char *sha256, size_t size, int64_t changed)
{
    erasure *work = context;
    bool removed = false;
    (void)changed;
    work->code = work->blobs->backend->remove(work->blobs->state, tenant, sha256, INT64_MAX, &removed, work->err);
    work->counts.blobs += removed;
    work->counts.bytes += removed ? size : 0;
    return work->code == VOUCH_OK;
}

vouch_code vouch_blobs_erase_tenant(vouch_blobs *blobs, const char *tenant, vouch_blob_erasure *out, vouch_error *err)
{
    VOUCH_TRY(vouch_blob_check_names(tenant, /* sha256= */ NULL, err));
    erasure work = {.blobs = blobs, .err = err};
    blob_key_ids ids;
    VOUCH_TRY(blob_key_list(blobs, tenant, &ids, err));
    for (size_t i = 0; i < ids.count; i++)
        VOUCH_TRY(blobs->backend->remove_key(blobs->state, tenant, ids.ids[i], err));
    work.counts.keys = ids.count;
    VOUCH_TRY(blobs->backend->list(blobs->state, tenant, erase_blob, &work, err));
    VOUCH_TRY(work.code);
    *out = work.counts;
    return VOUCH_OK;
}
