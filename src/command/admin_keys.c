/** `vouch admin keys`: the keys that blobs are encrypted with. */
#include <openssl/crypto.h>

#include "admin.h"
#include "progress.h"
#include "vouch/ingest.h"
#include "vouch/vault.h"

static int fail(const vouch_error *err)
{
    return vouch_command_fail("admin", VOUCH_EXIT_FAILED, err);
}

int admin_keys_new(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    char line[VOUCH_KEY_LINE_SIZE];
    (void)call;
    if (vouch_key_generate(line, &err) != VOUCH_OK)
        return fail(&err);
    puts(line);
    OPENSSL_cleanse(line, sizeof line);
    return VOUCH_EXIT_OK;
}

int admin_keys_list(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    VOUCH_CLEANUP(vouch_blobs_close) vouch_blobs *blobs = NULL;
    vouch_key_use use[VOUCH_KEYS_USED_MOST];
    size_t count = 0, missing = 0;
    if (vouch_blobs_open(call->config, &blobs, &err) != VOUCH_OK ||
        vouch_blobs_key_use(blobs, use, &count, &err) != VOUCH_OK)
        return fail(&err);
    for (size_t i = 0; i < count; i++) {
        const char *state = !use[i].there ? "MISSING" : i == 0 ? "current" : use[i].tenant_keys ? "old" : "unused";
        printf("%s  %-7s  wraps %zu tenant key%s\n", use[i].id, state, use[i].tenant_keys,
               use[i].tenant_keys == 1 ? "" : "s");
        missing += !use[i].there;
    }
    return missing ? VOUCH_EXIT_FINDING : VOUCH_EXIT_OK;
}

static bool show_step(void *context, const vouch_blob_rotation *so_far)
{
    progress *p = context;
    char bytes[24];
    if (progress_due(p))
        progress_show(p, "tenant %zu: %zu keys wrapped, %zu blobs seen, %zu encrypted (%s)", so_far->tenants + 1,
                      so_far->wrapped, so_far->blobs, so_far->sealed, progress_bytes(bytes, so_far->bytes));
    return true;
}

static void show_failure(void *context, const char *tenant, const vouch_error *why)
{
    progress_end(context);
    fprintf(stderr, "tenant %s: %s\n", tenant, why->message);
}

static int rotate(admin_call *call, bool renew)
{
    vouch_error err = VOUCH_ERROR_INIT;
    VOUCH_CLEANUP(vouch_blobs_close) vouch_blobs *blobs = NULL;
    progress p = {0};
    vouch_blob_rotation done = {0};
    char bytes[24];
    const vouch_blob_rotate_options options = {
        .renew = renew, .step = show_step, .failed = show_failure, .context = &p};
    vouch_code code = vouch_blobs_open(call->config, &blobs, &err);
    if (code == VOUCH_OK)
        code = vouch_blobs_rotate(blobs, &options, &done, &err);
    progress_end(&p);
    if (code != VOUCH_OK)
        return fail(&err);
    printf("%zu tenants, %zu keys: %zu wrapped anew, %zu made, %zu retired\n", done.tenants, done.keys, done.wrapped,
           done.made, done.retired);
    printf("%zu blobs: %zu encrypted (%s)\n", done.blobs, done.sealed, progress_bytes(bytes, done.bytes));
    if (done.failed > 0)
        printf("%zu failed and are as they were\n", done.failed);
    return done.failed > 0 ? VOUCH_EXIT_FINDING : VOUCH_EXIT_OK;
}

int admin_keys_rotate(admin_call *call)
{
    return rotate(call, /* renew= */ false);
}

int admin_keys_renew(admin_call *call)
{
    return rotate(call, /* renew= */ true);
}
