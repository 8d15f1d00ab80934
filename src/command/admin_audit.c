/** `vouch admin audit`: look into the audit, seal it, check its chain, print its head. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "admin.h"
#include "vouch/audit.h"

static int fail(const vouch_error *err)
{
    return vouch_command_fail("admin", VOUCH_EXIT_FAILED, err);
}

static const char *or_dash(const char *text)
{
    return text && *text ? text : "-";
}

/* ---- list ---- */

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

static json_t *payload_or_null(const char *text)
{
    json_t *value = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
    return value ? value : text_or_null(text);
}

static void print_json(const vouch_audit_entry *e)
{
    json_t *line = json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "sequence", (json_int_t)e->sequence,
                             "at", text_or_null(e->at), "account_id", text_or_null(e->account_id), "account_name",
                             text_or_null(e->account_name), "request_id", text_or_null(e->request_id), "action",
                             text_or_null(e->action), "subject", text_or_null(e->subject), "subject_id",
                             text_or_null(e->subject_id), "before", payload_or_null(e->before), "after",
                             payload_or_null(e->after));
    if (line) {
        json_dumpf(line, stdout, JSON_COMPACT);
        putchar('\n');
    }
    json_decref(line);
}

static bool read_limit(const char *text, int *out)
{
    char *end = NULL;
    const long value = text ? strtol(text, &end, 10) : 100;
    if (text && (end == text || *end || value < 1 || value > 1000000))
        return false;
    *out = (int)value;
    return true;
}

int admin_audit_list(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_audit_entry *entries = NULL;
    size_t count = 0;
    const admin_flags *flags = &call->flags;
    vouch_audit_filter filter = {.subject_id = call->argument_count > 0 ? call->arguments[0] : NULL,
                                 .subject = flags->subject,
                                 .action = flags->action,
                                 .account = flags->by,
                                 .from = flags->from,
                                 .to = flags->to};
    if (!read_limit(flags->limit, &filter.limit))
        return vouch_command_usage(&vouch_command_admin, "--limit %s: 1 to 1000000", flags->limit);
    if (vouch_store_audit_search(call->store, &call->who, &filter, call->arena, &entries, &count, &err) != VOUCH_OK)
        return fail(&err);
    for (size_t i = 0; i < count; i++) {
        const vouch_audit_entry *e = &entries[i];
        if (flags->json)
            print_json(e);
        else
            printf("%8" PRId64 "  %s  %-18s  %-9s %s  by %s  %s\n", e->sequence, e->at, e->action, e->subject,
                   e->subject_id, or_dash(e->account_name), or_dash(e->request_id));
    }
    return VOUCH_EXIT_OK;
}

/* ---- of one tenant, or of all ---- */

typedef int per_tenant(admin_call *call, const vouch_tenant *tenant, const vouch_audit_keys *keys, void *context);

/** @return the highest exit code, so that a failure outranks a finding */
static int for_tenants(admin_call *call, per_tenant *action, void *context)
{
    vouch_error err = VOUCH_ERROR_INIT;
    VOUCH_CLEANUP(vouch_audit_keys_wipe) vouch_audit_keys keys = {0};
    if (vouch_audit_keys_load(call->config->audit_key_file, &keys, &err) != VOUCH_OK)
        return fail(&err);
    vouch_tenant one, *tenants = &one;
    size_t count = 1;
    const vouch_code code = call->tenant ? vouch_store_tenant_find(call->store, call->tenant, call->arena, &one, &err)
                                         : vouch_store_tenant_list(call->store, call->arena, &tenants, &count, &err);
    if (code != VOUCH_OK)
        return fail(&err);
    int worst = VOUCH_EXIT_OK;
    for (size_t i = 0; i < count; i++) {
        const int exit_code = action(call, &tenants[i], &keys, context);
        worst = exit_code > worst ? exit_code : worst;
    }
    return worst;
}

/* ---- head ---- */

static int print_head(admin_call *call, const vouch_tenant *tenant, const vouch_audit_keys *keys, void *context)
{
    (void)keys;
    (void)context;
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_principal who;
    vouch_audit_head head;
    char line[VOUCH_AUDIT_HEAD_SIZE];
    vouch_principal_operator(tenant->id, &who);
    if (vouch_store_audit_head(call->store, &who, &head, &err) != VOUCH_OK)
        return fail(&err);
    vouch_audit_head_print(&head, line);
    printf("%s\n", line);
    return VOUCH_EXIT_OK;
}

int admin_audit_head(admin_call *call)
{
    return for_tenants(call, print_head, NULL);
}

/* ---- seal ---- */

static void print_sealed(void *context, const vouch_audit_head *head, size_t rows)
{
    (void)context;
    char line[VOUCH_AUDIT_HEAD_SIZE];
    vouch_audit_head_print(head, line);
    printf("%zu rows sealed, head %s\n", rows, line);
}

int admin_audit_seal(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    size_t sealed = 0;
    VOUCH_CLEANUP(vouch_audit_keys_wipe) vouch_audit_keys keys = {0};
    VOUCH_CLEANUP(vouch_audit_sealer_free) vouch_audit_sealer *sealer = NULL;
    if (vouch_audit_keys_load(call->config->audit_key_file, &keys, &err) != VOUCH_OK ||
        vouch_audit_sealer_new(&keys, &sealer, &err) != VOUCH_OK ||
        vouch_store_audit_seal(call->store, sealer, print_sealed, NULL, &sealed, &err) != VOUCH_OK)
        return fail(&err);
    if (sealed == 0)
        printf("nothing to seal\n");
    return VOUCH_EXIT_OK;
}

/* ---- verify ---- */

typedef struct kept_heads {
    vouch_audit_head *heads;
    size_t count;
} kept_heads;

enum {
    MOST_SHOWN = 200, /* findings of one tenant; the rest are counted */
};

typedef struct shown {
    const char *tenant;
    size_t count;
} shown;

static void print_finding(void *context, const vouch_audit_finding *f)
{
    shown *s = context;
    if (s->count++ >= MOST_SHOWN)
        return;
    char positions[64], row[64] = "";
    if (f->position == 0)
        snprintf(positions, sizeof positions, "-");
    else if (f->to_position > f->position)
        snprintf(positions, sizeof positions, "%" PRId64 " to %" PRId64, f->position, f->to_position);
    else
        snprintf(positions, sizeof positions, "%" PRId64, f->position);
    if (f->sequence)
        snprintf(row, sizeof row, ", row %" PRId64, f->sequence);
    printf("%s: %s at position %s%s: %s", s->tenant, vouch_audit_fault_word(f->fault), positions, row,
           vouch_audit_fault_text(f->fault));
    if (f->action)
        printf(" (now: %s %s %s %s)", f->at, f->action, f->subject, f->subject_id);
    putchar('\n');
}

static int verify_tenant(admin_call *call, const vouch_tenant *tenant, const vouch_audit_keys *keys, void *context)
{
    const kept_heads *kept = context;
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_principal who;
    vouch_audit_report report;
    shown s = {.tenant = tenant->slug};
    char head[VOUCH_AUDIT_HEAD_SIZE];
    vouch_principal_operator(tenant->id, &who);
    if (vouch_store_audit_verify(call->store, &who, keys, kept->heads, kept->count, print_finding, &s, &report, &err) !=
        VOUCH_OK)
        return fail(&err);
    if (s.count > MOST_SHOWN)
        printf("%s: … and %zu more\n", tenant->slug, s.count - MOST_SHOWN);
    vouch_audit_head_print(&report.head, head);
    printf("%s: %s: %" PRId64 " rows as sealed (%" PRId64 " with a key), %" PRId64 " findings, %" PRId64
           " not sealed yet",
           tenant->slug, report.findings ? "CHANGED" : "intact", report.sealed, report.keyed, report.findings,
           report.unsealed);
    if (report.unsealed)
        printf(" (the oldest for %.0f s)", report.unsealed_seconds);
    printf("\n  head %s\n", head);
    return report.findings ? VOUCH_EXIT_FINDING : VOUCH_EXIT_OK;
}

static void close_input(FILE **file)
{
    if (*file && *file != stdin)
        fclose(*file);
}

static vouch_code read_heads(const char *path, vouch_arena *arena, kept_heads *out, vouch_error *err)
{
    size_t capacity = 0;
    char line[256];
    VOUCH_CLEANUP(close_input) FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (!file)
        return vouch_fail(err, VOUCH_IO, "%s: %s", path, strerror(errno));
    for (int number = 1; fgets(line, sizeof line, file); number++) {
        vouch_audit_head head;
        if (!vouch_audit_head_parse(line, &head))
            return vouch_fail(err, VOUCH_BAD_REQUEST, "%s, line %d: not a head as vouch admin audit head prints it",
                              path, number);
        *VOUCH_ARENA_PUSH(arena, out->heads, out->count, capacity) = head;
    }
    return out->count ? VOUCH_OK : vouch_fail(err, VOUCH_BAD_REQUEST, "%s: there is no head in it", path);
}

int admin_audit_verify(admin_call *call)
{
    vouch_error err = VOUCH_ERROR_INIT;
    kept_heads kept = {0};
    if (call->flags.head && read_heads(call->flags.head, call->arena, &kept, &err) != VOUCH_OK)
        return fail(&err);
    return for_tenants(call, verify_tenant, &kept);
}
