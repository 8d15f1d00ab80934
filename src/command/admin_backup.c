/** `vouch admin backup`, `vouch admin restore`: what is done, how far it is, and what came of it. */
#include <stdlib.h>
#include <string.h>

#include "admin.h"
#include "progress.h"
#include "vouch/backup.h"
#include "vouch/store.h"

typedef struct show {
    progress line;
    size_t missing;
} show;

enum {
    MOST_NAMED = 20 /* missing blobs that are named; the others are counted */
};

static int fail(const vouch_error *err)
{
    return vouch_command_fail("admin", VOUCH_EXIT_FAILED, err);
}

static void show_progress(void *context, const char *phase, size_t blobs, uint64_t bytes)
{
    show *s = context;
    char text[24];
    if (!progress_due(&s->line))
        return;
    if (blobs > 0)
        progress_show(&s->line, "%s: %zu, %s", phase, blobs, progress_bytes(text, bytes));
    else
        progress_show(&s->line, "%s: %s", phase, progress_bytes(text, bytes));
}

static void show_missing(void *context, const char *tenant, const char *sha256, const vouch_error *why)
{
    show *s = context;
    if (s->missing++ >= MOST_NAMED)
        return;
    progress_end(&s->line);
    fprintf(stderr, "tenant %s: blob %s is not in the backup: %s\n", tenant, sha256, why->message);
}

static vouch_backup_watch watch_of(show *s)
{
    return (vouch_backup_watch){.progress = show_progress, .missing = show_missing, .context = s};
}

static void print_content(const vouch_backup_summary *s)
{
    char bytes[24];
    printf("database: %lld rows of %zu tables at %s, schema %d, dump of %s\n", (long long)s->rows, s->tables, s->at,
           s->schema, progress_bytes(bytes, s->dump_bytes));
    printf("blobs: %zu, %s", s->blobs, progress_bytes(bytes, s->blob_bytes));
}

static int print_missing(const vouch_backup_summary *s)
{
    if (s->missing == 0)
        return VOUCH_EXIT_OK;
    printf("%zu blobs that the database refers to are missing in it\n", s->missing);
    return VOUCH_EXIT_FINDING;
}

int admin_backup(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_backup_summary done = {0};
    char bytes[24];
    show s = {0};
    const vouch_backup_watch watch = watch_of(&s);
    const vouch_code code = vouch_backup_make(call->config, call->arguments[0], &watch, &done, &err);
    progress_end(&s.line);
    if (code != VOUCH_OK)
        return fail(&err);
    printf("backup %s\n", done.name);
    print_content(&done);
    printf(", of which %zu copied now, %s; read back\n", done.copied, progress_bytes(bytes, done.copied_bytes));
    return print_missing(&done);
}

int admin_backup_list(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_backup_summary *list = NULL;
    size_t count = 0;
    if (vouch_backup_list(call->config, call->arguments[0], call->arena, &list, &count, &err) != VOUCH_OK)
        return fail(&err);
    for (size_t i = 0; i < count; i++) {
        char dump[24], blobs[24];
        printf("%s  schema %d  %lld rows, dump of %s  %zu blobs, %s%s\n", list[i].name, list[i].schema,
               (long long)list[i].rows, progress_bytes(dump, list[i].dump_bytes), list[i].blobs,
               progress_bytes(blobs, list[i].blob_bytes), list[i].missing ? "  (some missing)" : "");
    }
    return VOUCH_EXIT_OK;
}

int admin_backup_verify(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_backup_summary found = {0};
    show s = {0};
    const vouch_backup_watch watch = watch_of(&s);
    const char *name = call->argument_count > 1 ? call->arguments[1] : NULL;
    const vouch_code code = vouch_backup_verify(call->config, call->arguments[0], name, &watch, &found, &err);
    progress_end(&s.line);
    if (code != VOUCH_OK)
        return fail(&err);
    printf("backup %s is whole\n", found.name);
    print_content(&found);
    putchar('\n');
    return print_missing(&found);
}

int admin_backup_prune(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    char *end = NULL;
    size_t backups = 0, blobs = 0;
    const unsigned long keep = strtoul(call->arguments[1], &end, 10);
    if (end == call->arguments[1] || *end != '\0' || keep < 1 || keep > 100000)
        return vouch_command_usage(&vouch_command_admin, "\"%s\" is no number of backups to keep", call->arguments[1]);
    if (vouch_backup_prune(call->config, call->arguments[0], keep, &backups, &blobs, &err) != VOUCH_OK)
        return fail(&err);
    printf("%zu backups removed, and %zu blobs that no other has\n", backups, blobs);
    return VOUCH_EXIT_OK;
}

/* The program may be newer than the backup. */
static void tell_schema(const admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    VOUCH_CLEANUP(vouch_store_close) vouch_store *store = NULL;
    const vouch_store_options options = {
        .conninfo = call->config->database, .role = VOUCH_DATABASE_ROLE_OWNER, .application = "vouch admin"};
    if (vouch_store_open(&options, &store, &err) != VOUCH_OK || vouch_store_check(store, &err) != VOUCH_OK)
        printf("%s\n", err.message);
}

int admin_restore(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_backup_summary done = {0};
    char bytes[24];
    show s = {0};
    const vouch_backup_watch watch = watch_of(&s);
    const char *name = call->argument_count > 1 ? call->arguments[1] : NULL;
    const vouch_code code =
        vouch_backup_restore(call->config, call->arguments[0], name, call->flags.overwrite, &watch, &done, &err);
    progress_end(&s.line);
    if (code != VOUCH_OK)
        return fail(&err);
    printf("backup %s restored\n", done.name);
    print_content(&done);
    printf(", of which %zu copied now, %s\n", done.copied, progress_bytes(bytes, done.copied_bytes));
    tell_schema(call);
    return print_missing(&done);
}
