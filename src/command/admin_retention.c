/** `vouch admin retention`, `hold`, `erasure`: what is kept how long, what must not go, what goes on request. */
#include <stdlib.h>
#include <string.h>

#include "admin.h"
#include "vouch/erase.h"
#include "vouch/vocabulary.h"

static int fail(const vouch_error *err)
{
    return vouch_command_fail("admin", VOUCH_EXIT_FAILED, err);
}

/* ---- rules ---- */

int admin_retention_list(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_retention_rule *rules = NULL;
    size_t count = 0;
    if (vouch_store_retention_list(call->store, &call->who, call->arena, &rules, &count, &err) != VOUCH_OK)
        return fail(&err);
    for (size_t i = 0; i < count; i++)
        printf("%-13s %-22s %6d days after %s: %s %s\n", vouch_retention_scope_word(rules[i].scope), rules[i].kind,
               rules[i].days, vouch_retention_scope_from(rules[i].scope),
               rules[i].scope == VOUCH_RETENTION_PERSONAL ? "mask" : "erase",
               vouch_retention_scope_text(rules[i].scope));
    if (count == 0)
        printf("no rules: everything is kept\n");
    return VOUCH_EXIT_OK;
}

static int wrong_scope(const char *word)
{
    fprintf(stderr, "vouch admin: there is no scope \"%s\"; there are:\n", word);
    for (int i = 0; i < VOUCH_RETENTION_SCOPE_COUNT; i++)
        fprintf(stderr, "  %-13s %s, from %s\n", vouch_retention_scope_word((vouch_retention_scope)i),
                vouch_retention_scope_text((vouch_retention_scope)i),
                vouch_retention_scope_from((vouch_retention_scope)i));
    return VOUCH_EXIT_USAGE;
}

/** SCOPE [KIND] of the arguments. @return -1 to go on, else the exit code */
static int read_scope(const admin_call *call, int kind_at, vouch_retention_scope *scope, const char **kind)
{
    vouch_kind known;
    if (!vouch_retention_scope_lookup(call->arguments[0], scope))
        return wrong_scope(call->arguments[0]);
    *kind = call->argument_count > kind_at ? call->arguments[kind_at] : "*";
    if (strcmp(*kind, "*") != 0 && !vouch_kind_lookup(*kind, &known))
        return vouch_command_usage(&vouch_command_admin, "\"%s\" is no kind of invoice", *kind);
    return -1;
}

int admin_retention_set(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_retention_rule rule = {0};
    char *end = NULL;
    const long days = strtol(call->arguments[1], &end, 10);
    if (end == call->arguments[1] || *end || days < 0 || days > 36500)
        return vouch_command_usage(&vouch_command_admin, "\"%s\": days are 0 to 36500", call->arguments[1]);
    rule.days = (int)days;
    const int code = read_scope(call, 2, &rule.scope, &rule.kind);
    if (code >= 0)
        return code;
    return vouch_store_retention_set(call->store, &call->who, &rule, &err) == VOUCH_OK ? VOUCH_EXIT_OK : fail(&err);
}

int admin_retention_remove(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_retention_scope scope;
    const char *kind;
    const int code = read_scope(call, 1, &scope, &kind);
    if (code >= 0)
        return code;
    return vouch_store_retention_remove(call->store, &call->who, scope, kind, &err) == VOUCH_OK ? VOUCH_EXIT_OK
                                                                                                : fail(&err);
}

/* ---- applying ---- */

enum {
    MOST_LISTED = 1000000
};

typedef struct rule_count {
    const char *kind;
    int days;
    vouch_retention_scope scope;
    size_t count;
    const char *oldest;
} rule_count;

/** Counts by rule. */
static void print_counts(const vouch_retention_due *due, size_t count, vouch_arena *arena)
{
    size_t rules = 0, capacity = 0;
    rule_count *counts = NULL;
    for (size_t i = 0; i < count; i++) {
        rule_count *row = NULL;
        for (size_t k = 0; k < rules && !row; k++)
            if (counts[k].scope == due[i].scope && strcmp(counts[k].kind, due[i].kind) == 0)
                row = &counts[k];
        if (!row) {
            row = VOUCH_ARENA_PUSH(arena, counts, rules, capacity);
            *row = (rule_count){due[i].kind, due[i].days, due[i].scope, 0, due[i].since};
        }
        row->count++;
        if (strcmp(due[i].since, row->oldest) < 0)
            row->oldest = due[i].since;
    }
    for (size_t k = 0; k < rules; k++)
        printf("%-13s %-22s %6d days: %zu to %s, the oldest from %s\n", vouch_retention_scope_word(counts[k].scope),
               counts[k].kind, counts[k].days, counts[k].count,
               counts[k].scope == VOUCH_RETENTION_PERSONAL ? "mask" : "erase", counts[k].oldest);
    if (rules == 0)
        printf("nothing is due\n");
}

static int show_due(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_retention_due *due = NULL;
    size_t count = 0;
    if (vouch_store_retention_due(call->store, &call->who, MOST_LISTED, call->arena, &due, &count, &err) != VOUCH_OK)
        return fail(&err);
    for (size_t i = 0; call->flags.list && i < count; i++)
        printf("%s  %-13s %-22s since %s\n", due[i].document_id, vouch_retention_scope_word(due[i].scope), due[i].kind,
               due[i].since);
    print_counts(due, count, call->arena);
    return VOUCH_EXIT_OK;
}

static bool tell_progress(void *context, const vouch_retention_due *due)
{
    size_t *seen = context;
    if (++*seen % 1000 == 0)
        fprintf(stderr, "%zu documents, now %s\n", *seen, due->document_id);
    return true;
}

static void print_blobs(const vouch_erase_result *blobs)
{
    printf("%zu files removed", blobs->blobs);
    if (blobs->shared)
        printf(", %zu still in use", blobs->shared);
    if (blobs->waiting)
        printf(", %zu left to the orphan sweep: stored again just now, or a backup runs", blobs->waiting);
    putchar('\n');
}

static void close_blobs(vouch_blobs **blobs)
{
    vouch_blobs_close(blobs);
}

int admin_retention_run(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_retention_run run = {0};
    size_t seen = 0;
    if (call->flags.dry_run)
        return show_due(call);
    VOUCH_CLEANUP(close_blobs) vouch_blobs *blobs = NULL;
    if (vouch_blobs_open(call->config, &blobs, &err) != VOUCH_OK ||
        vouch_retention_apply(call->store, blobs, &call->who, tell_progress, &seen, &run, &err) != VOUCH_OK)
        return fail(&err);
    printf("%zu documents erased, %zu masked, %zu not possible now; ", run.erased, run.masked, run.skipped);
    print_blobs(&run.blobs);
    return VOUCH_EXIT_OK;
}

/* ---- on request ---- */

static int need_reason(void)
{
    return vouch_command_usage(&vouch_command_admin, "--reason TEXT is needed: it stands in the audit");
}

int admin_erasure_document(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_erase_result result = {0};
    const vouch_erase_options options = {.reason = call->flags.reason};
    if (!options.reason)
        return need_reason();
    VOUCH_CLEANUP(close_blobs) vouch_blobs *blobs = NULL;
    if (vouch_blobs_open(call->config, &blobs, &err) != VOUCH_OK ||
        vouch_erase_document(call->store, blobs, &call->who, call->arguments[0], &options, &result, &err) != VOUCH_OK)
        return fail(&err);
    printf("document %s erased; ", call->arguments[0]);
    print_blobs(&result);
    return VOUCH_EXIT_OK;
}

/** @return false when it failed otherwise than by a hold or a document that is still to be read */
static bool mask_one(admin_call *call, vouch_blobs *blobs, const char *id, const vouch_erase_options *options,
                     size_t *masked, vouch_error *err)
{
    const vouch_code code = vouch_erase_document(call->store, blobs, &call->who, id, options, NULL, err);
    if (code == VOUCH_STATE_CONFLICT)
        fprintf(stderr, "vouch admin: %s\n", err->message);
    *masked += code == VOUCH_OK;
    return code == VOUCH_OK || code == VOUCH_STATE_CONFLICT;
}

int admin_erasure_person(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    const char **ids = NULL, *person = call->arguments[0];
    size_t count = 0, masked = 0;
    const vouch_erase_options options = {.mask = true, .person = person, .reason = call->flags.reason};
    if (strlen(person) < 4)
        return vouch_command_usage(&vouch_command_admin, "\"%s\" is too short to be masked wherever it stands", person);
    if (!call->flags.dry_run && !options.reason)
        return need_reason();
    if (vouch_store_mentions(call->store, &call->who, person, call->arena, &ids, &count, &err) != VOUCH_OK)
        return fail(&err);
    for (size_t i = 0; call->flags.dry_run && i < count; i++)
        printf("%s\n", ids[i]);
    if (call->flags.dry_run) {
        printf("%zu documents name this person\n", count);
        return VOUCH_EXIT_OK;
    }
    VOUCH_CLEANUP(close_blobs) vouch_blobs *blobs = NULL;
    if (vouch_blobs_open(call->config, &blobs, &err) != VOUCH_OK)
        return fail(&err);
    for (size_t i = 0; i < count; i++)
        if (!mask_one(call, blobs, ids[i], &options, &masked, &err))
            return fail(&err);
    printf("masked in %zu of %zu documents; their files stay as they are: erase a document to remove them\n", masked,
           count);
    return masked == count ? VOUCH_EXIT_OK : VOUCH_EXIT_FINDING;
}

/* ---- holds ---- */

int admin_hold_list(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_legal_hold *holds = NULL;
    size_t count = 0;
    if (vouch_store_hold_list(call->store, &call->who, call->arena, &holds, &count, &err) != VOUCH_OK)
        return fail(&err);
    for (size_t i = 0; i < count; i++)
        printf("%-8s  %s  since %s  %s\n", holds[i].subject, holds[i].subject_id, holds[i].created_at, holds[i].reason);
    return VOUCH_EXIT_OK;
}

static bool is_subject(const char *word)
{
    return strcmp(word, "claim") == 0 || strcmp(word, "document") == 0;
}

int admin_hold_set(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    const vouch_legal_hold hold = {
        .subject = call->arguments[0], .subject_id = call->arguments[1], .reason = call->flags.reason};
    if (!is_subject(hold.subject))
        return vouch_command_usage(&vouch_command_admin, "hold set takes: claim|document ID");
    if (!hold.reason)
        return need_reason();
    return vouch_store_hold_set(call->store, &call->who, &hold, &err) == VOUCH_OK ? VOUCH_EXIT_OK : fail(&err);
}

int admin_hold_remove(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    if (!is_subject(call->arguments[0]))
        return vouch_command_usage(&vouch_command_admin, "hold remove takes: claim|document ID");
    return vouch_store_hold_remove(call->store, &call->who, call->arguments[0], call->arguments[1], &err) == VOUCH_OK
               ? VOUCH_EXIT_OK
               : fail(&err);
}
