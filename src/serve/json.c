/** What the API shows of rows: one function per resource. Amounts are text with the currency's digits. */
#include <string.h>

#include "http.h"
#include "vouch/money.h"
#include "vouch/text.h"

/** Roles that may see a passenger's identity number in full: the claimant himself, and who pays or administers. */
static const unsigned full_identity_roles = VOUCH_ROLE_BIT(EMPLOYEE) | VOUCH_ROLE_BIT(FINANCE) | VOUCH_ROLE_BIT(ADMIN);
enum {
    VISIBLE_IDENTITY_TAIL = 4
};

static void set_text(json_t *object, const char *name, const char *value)
{
    if (value)
        json_object_set_new(object, name, json_string(value));
}

static void set_amount(json_t *object, const char *name, int64_t minor, const char *currency)
{
    char text[32];
    vouch_amount_print(minor, currency, text, sizeof text);
    json_object_set_new(object, name, json_string(text));
}

json_t *http_json_pointer(const vouch_pointer *pointer)
{
    json_t *out = json_object();
    set_text(out, "claim", pointer->reference);
    set_text(out, "external_ref", pointer->external_ref);
    set_text(out, "branch", pointer->branch);
    set_text(out, "date", pointer->date);
    return out;
}

static json_t *claim_lines(const vouch_claim *claim)
{
    json_t *out = json_array();
    for (size_t i = 0; i < claim->line_count; i++) {
        const vouch_claim_line *line = &claim->lines[i];
        json_t *row = json_object();
        set_text(row, "id", line->id);
        json_object_set_new(row, "position", json_integer(line->position));
        set_text(row, "category", line->category);
        set_text(row, "cost_centre", line->cost_centre);
        set_amount(row, "amount", line->amount_minor, claim->currency);
        set_text(row, "note", line->note);
        set_text(row, "document_id", line->document_id);
        json_array_append_new(out, row);
    }
    return out;
}

json_t *http_json_claim(const vouch_claim *claim)
{
    json_t *out = json_object(), *branch = json_object(), *claimant = json_object();
    set_text(out, "id", claim->id);
    set_text(out, "reference", claim->reference);
    set_text(out, "external_ref", claim->external_ref);
    set_text(out, "title", claim->title);
    set_text(branch, "id", claim->branch_id);
    set_text(branch, "code", claim->branch_code);
    set_text(branch, "name", claim->branch_name);
    json_object_set_new(out, "branch", branch);
    set_text(claimant, "id", claim->account_id);
    set_text(claimant, "name", claim->account_name);
    json_object_set_new(out, "claimant", claimant);
    set_text(out, "state", vouch_claim_state_name(claim->state));
    json_object_set_new(out, "version", json_integer(claim->version));
    set_text(out, "currency", claim->currency);
    set_amount(out, "lines_total", claim->lines_minor, claim->currency);
    set_amount(out, "invoices_total", claim->invoices_minor, claim->currency);
    set_text(out, "reason", claim->reason);
    set_text(out, "created_at", claim->created_at);
    set_text(out, "updated_at", claim->updated_at);
    set_text(out, "submitted_at", claim->submitted_at);
    set_text(out, "decided_at", claim->decided_at);
    set_text(out, "paid_at", claim->paid_at);
    json_object_set_new(out, "document_count", json_integer((json_int_t)claim->document_count));
    if (claim->lines) /* not in lists */
        json_object_set_new(out, "lines", claim_lines(claim));
    return out;
}

/* ---- documents ---- */

static json_t *document_invoices(const vouch_document *document)
{
    json_t *out = json_array();
    for (size_t i = 0; i < document->invoice_count; i++) {
        const vouch_document_invoice *invoice = &document->invoices[i];
        json_t *row = json_object(), *keys = json_array();
        json_object_set_new(row, "invoice", json_integer(invoice->invoice));
        set_text(row, "kind", invoice->kind);
        set_text(row, "outcome", vouch_outcome_name(invoice->outcome));
        set_text(row, "direction", invoice->credit ? "credit" : "debit");
        set_text(row, "currency", invoice->currency);
        if (invoice->has_amount && invoice->currency)
            set_amount(row, "gross_amount", invoice->gross_minor, invoice->currency);
        for (size_t k = 0; k < invoice->key_count; k++)
            json_array_append_new(keys, json_string(invoice->keys[k]));
        json_object_set_new(row, "keys", keys);
        json_object_set_new(row, "keys_confirmed", json_boolean(invoice->keys_confirmed));
        if (invoice->has_pointer)
            json_object_set_new(row, "duplicate_of", http_json_pointer(&invoice->pointer));
        json_array_append_new(out, row);
    }
    return out;
}

static json_t *document_matches(const vouch_document *document)
{
    json_t *out = json_array();
    for (size_t i = 0; i < document->match_count; i++) {
        const vouch_match *match = &document->matches[i];
        json_t *row = json_object();
        set_text(row, "id", match->id);
        json_object_set_new(row, "invoice", json_integer(match->invoice));
        set_text(row, "kind", match->kind);
        json_object_set_new(row, "score", json_real(match->score));
        set_text(row, "decision", match->decision);
        set_text(row, "detail", match->detail);
        json_object_set_new(row, "other", http_json_pointer(&match->pointer));
        json_object_set_new(row, "same_claim", json_boolean(match->same_claim));
        set_text(row, "document_id", match->document_id);
        json_array_append_new(out, row);
    }
    return out;
}

/** A star for each character but the last ones; all are stars where there are no more than those. */
static void mask_text(json_t *string)
{
    const char *text = json_string_value(string), *cursor = text, *end = text + json_string_length(string);
    size_t length = vouch_utf8_length(text),
           stars = length > VISIBLE_IDENTITY_TAIL ? length - VISIBLE_IDENTITY_TAIL : length;
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer masked = {0};
    vouch_code code = VOUCH_OK;
    for (size_t i = 0; i < stars && code == VOUCH_OK && vouch_utf8_next(&cursor, end); i++)
        code = vouch_buffer_append(&masked, "*", 1);
    if (code == VOUCH_OK)
        code = vouch_buffer_append(&masked, cursor, (size_t)(end - cursor));
    if (code != VOUCH_OK || json_string_set(string, masked.data ? masked.data : "") != 0)
        json_string_set(string, "*"); /* rather nothing than all */
}

/** Every value and text in a field object becomes stars but for its tail. */
static void mask_texts(json_t *node)
{
    const char *name;
    json_t *member;
    size_t index;
    json_array_foreach(node, index, member) mask_texts(member);
    json_object_foreach(node, name, member)
    {
        if (!json_is_string(member) || (strcmp(name, "value") != 0 && strcmp(name, "text") != 0)) {
            mask_texts(member);
            continue;
        }
        mask_text(member);
    }
}

static json_t *document_problem(const vouch_document *document)
{
    const vouch_code_info *info = vouch_code_lookup_slug(document->problem);
    json_t *out = json_object();
    char type[96];
    snprintf(type, sizeof type, HTTP_PROBLEM_TYPE "%s", document->problem);
    set_text(out, "type", type);
    if (info) {
        set_text(out, "title", info->title);
        set_text(out, "advice", info->advice[0] ? info->advice : NULL);
    }
    set_text(out, "detail", document->problem_detail);
    return out;
}

static const vouch_pointer *first_pointer(const vouch_document *document)
{
    for (size_t i = 0; i < document->invoice_count; i++)
        if (document->invoices[i].has_pointer)
            return &document->invoices[i].pointer;
    return NULL;
}

json_t *http_json_document(const vouch_document *document)
{
    json_t *out = json_object();
    set_text(out, "id", document->id);
    set_text(out, "claim_id", document->claim_id);
    set_text(out, "branch_id", document->branch_id);
    set_text(out, "account_id", document->account_id);
    set_text(out, "file", document->file);
    set_text(out, "format", document->format);
    json_object_set_new(out, "bytes", json_integer(document->bytes));
    set_text(out, "sha256", document->sha256);
    set_text(out, "state", vouch_document_state_name(document->state));
    set_text(out, "outcome", document->outcome == VOUCH_OUTCOME_NONE ? NULL : vouch_outcome_name(document->outcome));
    if (document->queue_place > 0)
        json_object_set_new(out, "queue_place", json_integer(document->queue_place));
    json_object_set_new(out, "attempts", json_integer(document->attempts));
    set_text(out, "created_at", document->created_at);
    set_text(out, "done_at", document->done_at);
    json_object_set_new(out, "page_count", json_integer(document->page_count));
    if (document->problem)
        json_object_set_new(out, "problem", document_problem(document));
    if (document->invoices)
        json_object_set_new(out, "invoices", document_invoices(document));
    if (document->matches)
        json_object_set_new(out, "matches", document_matches(document));
    const vouch_pointer *pointer = first_pointer(document);
    if (pointer)
        json_object_set_new(out, "duplicate_of", http_json_pointer(pointer));
    return out;
}

json_t *http_json_verification(const vouch_verification *verification)
{
    const vouch_document *document = &verification->document;
    json_t *out = json_object();
    set_text(out, "id", verification->id);
    set_text(out, "created_at", verification->created_at);
    set_text(out, "state", vouch_document_state_name(document->state));
    set_text(out, "file", document->file);
    set_text(out, "format", document->format);
    set_text(out, "sha256", document->sha256);
    if (document->queue_place > 0)
        json_object_set_new(out, "queue_place", json_integer(document->queue_place));
    if (document->problem)
        json_object_set_new(out, "problem", document_problem(document));
    if (document->reading)
        json_object_set_new(out, "duplicates", document_matches(document));
    return out;
}

/* ---- readings: as they stand, since parsing and printing one costs more than all the rest of an answer ---- */

static const char *skip_string(const char *at)
{
    for (at++; *at && *at != '"'; at++)
        if (*at == '\\' && at[1])
            at++;
    return *at ? at + 1 : at;
}

static const char *skip_value(const char *at)
{
    for (int depth = 0; *at && (depth > 0 || (*at != ',' && *at != '}'));) {
        if (*at == '"') {
            at = skip_string(at);
            continue;
        }
        depth += *at == '{' || *at == '[';
        depth -= *at == '}' || *at == ']';
        at++;
    }
    return at;
}

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

/** The value of a member of an object; JSON that was checked when it was stored. @return NULL: it has none */
static const char *find_member(const char *object, const char *name, size_t *length)
{
    const size_t name_length = strlen(name);
    for (const char *at = skip_blanks(object); *at == '{' || *at == ',';) {
        const char *key = skip_blanks(at + 1);
        if (*key != '"')
            return NULL;
        const char *end = skip_string(key), *colon = skip_blanks(end), *value = skip_blanks(colon + (*colon == ':'));
        at = skip_value(value);
        if ((size_t)(end - key) == name_length + 2 && memcmp(key + 1, name, name_length) == 0) {
            *length = (size_t)(at - value);
            return value;
        }
    }
    return NULL;
}

/** The reading as this role may see it. @param masked  out: what was made of it, for the caller to free; NULL: nothing
 */
static const char *reading_for(const char *text, vouch_role role, char **masked)
{
    size_t index;
    json_t *invoice;
    if (full_identity_roles & (1u << role) || !strstr(text, "\"passenger_id\""))
        return text;
    json_t *reading = json_loads(text, 0, NULL);
    json_array_foreach(json_object_get(reading, "invoices"), index, invoice)
        mask_texts(json_object_get(json_object_get(invoice, "fields"), "passenger_id"));
    *masked = reading ? json_dumps(reading, JSON_COMPACT | JSON_REAL_PRECISION(HTTP_DECIMAL_DIGITS)) : NULL;
    json_decref(reading);
    return *masked;
}

vouch_code http_json_add_reading(vouch_buffer *object, const char *text, vouch_role role, bool with_verdicts,
                                 vouch_error *err)
{
    VOUCH_CLEANUP(vouch_free_pointer) char *masked = NULL;
    const char *reading = text ? reading_for(text, role, &masked) : NULL;
    if (text && !reading)
        return vouch_fail(err, VOUCH_NO_MEMORY, "writing the answer");
    if (!reading)
        return VOUCH_OK;
    size_t length = 0;
    const char *verdicts = with_verdicts ? find_member(reading, "verdicts", &length) : NULL;
    object->data[--object->length] = '\0'; /* the closing brace; there is a member before it */
    vouch_code code = verdicts ? vouch_buffer_printf(object, ",\"verdicts\":%.*s", (int)length, verdicts) : VOUCH_OK;
    if (code == VOUCH_OK)
        code = vouch_buffer_printf(object, ",\"reading\":%s}", reading);
    return code == VOUCH_OK ? VOUCH_OK : vouch_fail(err, code, "writing the answer");
}
