/**
 * The store: everything durable except blobs, in PostgreSQL. The only SQL of the program is behind this header.
 *
 * A vouch_store is one connection; it is used by one thread at a time. It reconnects by itself: a call that finds the
 * connection dead before it began opens a new one;
 * a connection lost in the middle gives VOUCH_DATABASE, and the call may be repeated (every call that writes is safe to
 * repeat when the caller passes its ids, see vouch_idempotency_begin).
 *
 * Every call is one transaction, run with the tenant, branches and account of a vouch_principal as transaction-local
 * settings that row-level security reads. What a principal may not see is VOUCH_NOT_FOUND, never VOUCH_FORBIDDEN.
 *
 * Results are copied into the caller's arena; an absent text is NULL. Ids are UUIDv7 text and sort by time. Times are
 * UTC "2026-03-01T08:15:30.123Z". Amounts are minor units of the currency beside them.
 *
 * Codes of all calls: VOUCH_DATABASE (retry helps), VOUCH_NO_MEMORY, VOUCH_INTERNAL; further ones are named per call.
 */
#ifndef VOUCH_STORE_H
#define VOUCH_STORE_H

#include <stdint.h>

#include "vouch/error.h"
#include "vouch/memory.h"

#define VOUCH_ID_SIZE 37 /* UUID text and NUL */

/* ------------------------------------------------------------------------------------------------- connection -- */

typedef struct vouch_store vouch_store;

/** Database roles (DESIGN "Tenants, branches, roles"); the connection does SET ROLE when it logged in as another. */
#define VOUCH_DATABASE_ROLE_OWNER "vouch_owner"
#define VOUCH_DATABASE_ROLE_SERVE "vouch_serve"
#define VOUCH_DATABASE_ROLE_WORK  "vouch_work"
#define VOUCH_DATABASE_ROLE_READ  "vouch_read"

typedef struct vouch_store_options {
    const char *conninfo;     /* libpq connection string or URI; borrowed for the call */
    const char *role;         /* one of VOUCH_DATABASE_ROLE_…; NULL: stay what the login is */
    const char *application;  /* application_name; NULL: "vouch" */
    int connect_timeout_s;    /* 0: 5 */
    int statement_timeout_ms; /* 0: 30000 */
} vouch_store_options;

/**
 * Prepare a connection. Connects at once, but a server that is not there yet is no failure: calls report it.
 *
 * @return VOUCH_OK; VOUCH_CONFIG when conninfo can't be parsed
 */
vouch_code vouch_store_open(const vouch_store_options *options, vouch_store **out, vouch_error *err) VOUCH_MUST_CHECK;
void vouch_store_close(vouch_store **store);

/**
 * Can a query be answered, and is the schema one that this program can use? For readiness.
 * @return VOUCH_OK; VOUCH_CONFIG when the schema is older than this program, or newer and not made for programs so old
 */
vouch_code vouch_store_check(vouch_store *store, vouch_error *err) VOUCH_MUST_CHECK;

/* -------------------------------------------------------------------------------------------------- migrations -- */

/**
 * Bring the schema to this program's version. Forward only, under an advisory lock, each migration in one transaction
 * and recorded with its checksum. Creates the database roles when missing (needs a login with CREATEROLE the first
 * time). Running it again does nothing.
 *
 * @param options  role is ignored
 * @param from,to  out: schema version before and after; may be NULL
 * @return VOUCH_OK; VOUCH_CONFIG when a recorded migration differs from the program's or is newer than it
 */
vouch_code vouch_store_migrate(const vouch_store_options *options, int *from, int *to,
                               vouch_error *err) VOUCH_MUST_CHECK;
/** The same up to a version, for an upgrade in steps and for tests. @param target  a newer schema stays as it is */
vouch_code vouch_store_migrate_to(const vouch_store_options *options, int target, int *from, int *to,
                                  vouch_error *err) VOUCH_MUST_CHECK;

/* -------------------------------------------------------------------------------------------------- principals -- */

/* enumerator, name. "platform" is another system that keeps claims here by its own reference. */
#define VOUCH_ROLES(X)      \
    X(EMPLOYEE, "employee") \
    X(REVIEWER, "reviewer") \
    X(FINANCE, "finance")   \
    X(AUDITOR, "auditor")   \
    X(ADMIN, "admin")       \
    X(PLATFORM, "platform")

typedef enum vouch_role {
#define X(name, slug) VOUCH_ROLE_##name,
    VOUCH_ROLES(X)
#undef X
    VOUCH_ROLE_COUNT
} vouch_role;
#define VOUCH_ROLE_BIT(name) (1u << VOUCH_ROLE_##name)

const char *vouch_role_name(vouch_role role);
bool vouch_role_lookup(const char *name, vouch_role *out);

#define VOUCH_PRINCIPAL_BRANCHES 64

/**
 * Who acts. Plain value. An employee sees what is his own; reviewer and platform see their branches; finance, auditor
 * and admin see all branches of the tenant unless their token is bound to one.
 */
typedef struct vouch_principal {
    char tenant_id[VOUCH_ID_SIZE];
    char account_id[VOUCH_ID_SIZE]; /* "": the operator at the command line, or the worker */
    char token_id[VOUCH_ID_SIZE];   /* "": none */
    char branch_id[VOUCH_ID_SIZE];  /* where new claims go when no branch is named; "": must be named */
    char branch_ids[VOUCH_PRINCIPAL_BRANCHES][VOUCH_ID_SIZE];
    size_t branch_count;
    bool all_branches;
    vouch_role role;
    char account_name[128]; /* for the log and the audit */
    char request_id[65];    /* set by serve for each request; stands in the audit */
} vouch_principal;

/** A principal for the command line: role admin, all branches of a tenant. */
void vouch_principal_operator(const char *tenant_id, vouch_principal *out);

/**
 * The principal of a bearer token. Looked up by SHA-256 of the token; compared without telling where it differs.
 *
 * @param token  as sent; need not be NUL-terminated
 * @return VOUCH_OK; VOUCH_UNAUTHENTICATED when unknown, expired or revoked (which of them is not said)
 */
vouch_code vouch_store_authenticate(vouch_store *store, const char *token, size_t length, vouch_principal *out,
                                    vouch_error *err) VOUCH_MUST_CHECK;

/* ---------------------------------------------------------------------------------------------- administration -- */

typedef struct vouch_tenant {
    const char *id, *slug, *name;
    const char *currency;   /* of new claims */
    bool splitting;         /* one invoice may be shared by several claims up to its gross */
    int draft_days;         /* a draft's reservations expire after so many days */
    const char *created_at; /* ignored on creation */
} vouch_tenant;

typedef struct vouch_branch {
    const char *id, *code, *name;
    const char *created_at;
} vouch_branch;

typedef struct vouch_account {
    const char *id, *login, *name;
    vouch_role role;
    const char *branch_id; /* NULL: none (all-branch roles) */
    const char *created_at;
} vouch_account;

typedef struct vouch_token {
    const char *id, *account_id, *label;
    const char *branch_id; /* NULL: what the account may see */
    vouch_role role;
    const char *created_at, *expires_at, *revoked_at, *used_at; /* NULL: never */
} vouch_token;

/*
 * Creation finds what is there already by slug, code or login (created = false, nothing is changed), so that set-up
 * scripts can run twice. `id` in is ignored; ids go to id_out. created may be NULL.
 * VOUCH_INVALID_FIELD names the field.
 */
vouch_code vouch_store_tenant_create(vouch_store *store, const vouch_tenant *tenant, char id_out[VOUCH_ID_SIZE],
                                     bool *created, vouch_error *err) VOUCH_MUST_CHECK;
vouch_code vouch_store_branch_create(vouch_store *store, const vouch_principal *who, const vouch_branch *branch,
                                     char id_out[VOUCH_ID_SIZE], bool *created, vouch_error *err) VOUCH_MUST_CHECK;
vouch_code vouch_store_account_create(vouch_store *store, const vouch_principal *who, const vouch_account *account,
                                      char id_out[VOUCH_ID_SIZE], bool *created, vouch_error *err) VOUCH_MUST_CHECK;

#define VOUCH_TOKEN_SIZE 72
/**
 * Make a token. It is shown once and stored as a hash only.
 *
 * @param token       account_id; label; branch_id or NULL; expires_at or NULL; the role is the account's
 * @param secret_out  the bearer token
 */
vouch_code vouch_store_token_create(vouch_store *store, const vouch_principal *who, const vouch_token *token,
                                    char secret_out[VOUCH_TOKEN_SIZE], char id_out[VOUCH_ID_SIZE],
                                    vouch_error *err) VOUCH_MUST_CHECK;
/** @return VOUCH_OK; VOUCH_NOT_FOUND */
vouch_code vouch_store_token_revoke(vouch_store *store, const vouch_principal *who, const char *token_id,
                                    vouch_error *err) VOUCH_MUST_CHECK;

vouch_code vouch_store_tenant_list(vouch_store *store, vouch_arena *arena, vouch_tenant **out, size_t *count,
                                   vouch_error *err) VOUCH_MUST_CHECK;
/** By slug or id. @return VOUCH_OK; VOUCH_NOT_FOUND */
vouch_code vouch_store_tenant_find(vouch_store *store, const char *slug_or_id, vouch_arena *arena, vouch_tenant *out,
                                   vouch_error *err) VOUCH_MUST_CHECK;
vouch_code vouch_store_branch_list(vouch_store *store, const vouch_principal *who, vouch_arena *arena,
                                   vouch_branch **out, size_t *count, vouch_error *err) VOUCH_MUST_CHECK;
vouch_code vouch_store_account_list(vouch_store *store, const vouch_principal *who, vouch_arena *arena,
                                    vouch_account **out, size_t *count, vouch_error *err) VOUCH_MUST_CHECK;
vouch_code vouch_store_token_list(vouch_store *store, const vouch_principal *who, vouch_arena *arena, vouch_token **out,
                                  size_t *count, vouch_error *err) VOUCH_MUST_CHECK;

/* ------------------------------------------------------------------------------------------------------- claims -- */

/* enumerator, name. A claim lives in draft → submitted → approved → paid, or ends rejected or withdrawn. */
#define VOUCH_CLAIM_STATES(X) \
    X(DRAFT, "draft")         \
    X(SUBMITTED, "submitted") \
    X(APPROVED, "approved")   \
    X(PAID, "paid")           \
    X(REJECTED, "rejected")   \
    X(WITHDRAWN, "withdrawn")

typedef enum vouch_claim_state {
#define X(name, slug) VOUCH_CLAIM_##name,
    VOUCH_CLAIM_STATES(X)
#undef X
    VOUCH_CLAIM_STATE_COUNT
} vouch_claim_state;

const char *vouch_claim_state_name(vouch_claim_state state);
bool vouch_claim_state_lookup(const char *name, vouch_claim_state *out);

typedef enum vouch_claim_move {
    VOUCH_MOVE_SUBMIT,
    VOUCH_MOVE_WITHDRAW,
    VOUCH_MOVE_APPROVE,
    VOUCH_MOVE_REJECT,
    VOUCH_MOVE_PAY,
    VOUCH_MOVE_COUNT
} vouch_claim_move;

/** One row of the table of moves; the store checks states and roles by it. */
typedef struct vouch_claim_move_info {
    vouch_claim_move move;
    const char *name;     /* "submit": also the route */
    unsigned from_states; /* bits 1 << vouch_claim_state */
    vouch_claim_state to;
    unsigned roles;         /* bits VOUCH_ROLE_BIT */
    const char *allocation; /* what becomes of reserved allocations: NULL nothing, "consumed", "released" */
    bool needs_reason;
} vouch_claim_move_info;
const vouch_claim_move_info *vouch_claim_moves(size_t *count);

typedef struct vouch_claim_line {
    const char *id; /* NULL on creation */
    int position;   /* from 1; ignored on creation (order of the array) */
    const char *category, *cost_centre, *note;
    int64_t amount_minor;    /* in the claim's currency */
    const char *document_id; /* the document that proves it; NULL: none named */
} vouch_claim_line;

typedef struct vouch_claim {
    const char *id;
    const char *reference;    /* for people: "C-7XQ2-9KMP", unique in the tenant */
    const char *external_ref; /* a platform's own id; NULL: none; unique in the tenant */
    const char *title;
    const char *branch_id, *branch_code, *branch_name;
    const char *account_id, *account_name; /* the claimant */
    vouch_claim_state state;
    int64_t version; /* the ETag; raised by every change */
    const char *currency;
    int64_t lines_minor;    /* sum of the lines */
    int64_t invoices_minor; /* sum of the allocations that are held, credit notes negative, in the claim's currency */
    const char *reason;     /* of the rejection or withdrawal */
    const char *created_at, *updated_at, *submitted_at, *decided_at, *paid_at;
    size_t document_count;
    const vouch_claim_line *lines; /* NULL in lists */
    size_t line_count;
} vouch_claim;

/** The claimant who is refused may see this of the other claim and nothing more. */
typedef struct vouch_pointer {
    const char *reference;    /* of the claim */
    const char *external_ref; /* of the claim; NULL: none */
    const char *branch;       /* name */
    const char *date;         /* YYYY-MM-DD on which the invoice was reserved */
} vouch_pointer;

typedef struct vouch_claim_input {
    const char *id;           /* from vouch_idempotency_begin, or NULL: made here. Creation with a known id finds it. */
    const char *external_ref; /* or NULL */
    const char *title;        /* or NULL */
    const char *branch_id;    /* or NULL: the principal's */
    const char *branch_code;  /* instead of branch_id; or NULL */
    const char *currency;     /* ISO 4217, or NULL: the tenant's */
    const vouch_claim_line *lines;
    size_t line_count;
} vouch_claim_input;

/**
 * Create a draft.
 *
 * @return VOUCH_OK; VOUCH_INVALID_FIELD; VOUCH_FORBIDDEN for a branch that the principal can't use;
 *         VOUCH_STATE_CONFLICT when external_ref is taken
 */
vouch_code vouch_store_claim_create(vouch_store *store, const vouch_principal *who, const vouch_claim_input *input,
                                    vouch_arena *arena, vouch_claim *out, vouch_error *err) VOUCH_MUST_CHECK;

/**
 * Create by external_ref, or change the draft that has it: title, currency and lines become those of the input (lines
 * stay when input->lines is NULL).
 *
 * @param if_version  0: whatever it is; else it must be there in this version
 * @param created     out
 * @return also VOUCH_PRECONDITION; VOUCH_STATE_CONFLICT when it is no draft any more and the input would change it
 */
vouch_code vouch_store_claim_upsert(vouch_store *store, const vouch_principal *who, const vouch_claim_input *input,
                                    int64_t if_version, vouch_arena *arena, vouch_claim *out, bool *created,
                                    vouch_error *err) VOUCH_MUST_CHECK;

/** @return VOUCH_OK; VOUCH_NOT_FOUND */
vouch_code vouch_store_claim_get(vouch_store *store, const vouch_principal *who, const char *id, vouch_arena *arena,
                                 vouch_claim *out, vouch_error *err) VOUCH_MUST_CHECK;
vouch_code vouch_store_claim_get_by_reference(vouch_store *store, const vouch_principal *who, const char *external_ref,
                                              vouch_arena *arena, vouch_claim *out, vouch_error *err) VOUCH_MUST_CHECK;

typedef struct vouch_claim_filter {
    const char *state;        /* name of a state; NULL: any */
    const char *branch_id;    /* NULL: any that may be seen */
    const char *external_ref; /* NULL: any */
    const char *q;            /* part of title, reference or external_ref, case ignored; NULL: any */
    const char *before;       /* cursor: `next` of the page before; NULL: newest first */
    int limit;                /* 1 … 200; 0: 50 */
} vouch_claim_filter;

/** Newest first. @param next  out: cursor of the next page in arena, NULL at the end */
vouch_code vouch_store_claim_list(vouch_store *store, const vouch_principal *who, const vouch_claim_filter *filter,
                                  vouch_arena *arena, vouch_claim **out, size_t *count, const char **next,
                                  vouch_error *err) VOUCH_MUST_CHECK;

/*
 * Lines of a draft. if_version as above. All answer the claim as it is then.
 * VOUCH_NOT_FOUND; VOUCH_STATE_CONFLICT; VOUCH_PRECONDITION; VOUCH_INVALID_FIELD.
 */
vouch_code vouch_store_claim_lines_replace(vouch_store *store, const vouch_principal *who, const char *claim_id,
                                           int64_t if_version, const vouch_claim_line *lines, size_t count,
                                           vouch_arena *arena, vouch_claim *out, vouch_error *err) VOUCH_MUST_CHECK;
/** @param line  with an id (from vouch_idempotency_begin) a repetition adds nothing */
vouch_code vouch_store_claim_line_add(vouch_store *store, const vouch_principal *who, const char *claim_id,
                                      int64_t if_version, const vouch_claim_line *line, vouch_arena *arena,
                                      vouch_claim *out, vouch_error *err) VOUCH_MUST_CHECK;
vouch_code vouch_store_claim_line_remove(vouch_store *store, const vouch_principal *who, const char *claim_id,
                                         int64_t if_version, const char *line_id, vouch_arena *arena, vouch_claim *out,
                                         vouch_error *err) VOUCH_MUST_CHECK;

/**
 * Move a claim, with its allocations, an audit row and an event. A claim that is already where the move leads is
 * VOUCH_OK and unchanged. `submit` waits for no document: while one is still being read it is VOUCH_STATE_CONFLICT; an
 * invoice of it that was held elsewhere (or whose reservation expired) is tried again, and VOUCH_DUPLICATE tells where
 * it is held.
 *
 * @param if_version  0: whatever it is
 * @param reason      for reject; NULL or "" otherwise allowed
 * @param pointer     out on VOUCH_DUPLICATE, in arena; may be NULL
 * @return VOUCH_OK; VOUCH_NOT_FOUND; VOUCH_FORBIDDEN; VOUCH_STATE_CONFLICT; VOUCH_PRECONDITION; VOUCH_INVALID_FIELD;
 *         VOUCH_DUPLICATE
 */
vouch_code vouch_store_claim_move(vouch_store *store, const vouch_principal *who, const char *claim_id,
                                  vouch_claim_move move, int64_t if_version, const char *reason, vouch_arena *arena,
                                  vouch_claim *out, vouch_pointer *pointer, vouch_error *err) VOUCH_MUST_CHECK;

/* ---------------------------------------------------------------------------------------------------- documents -- */

/* enumerator, name. received: row and blob are there; queued: a job waits; reading: a worker holds it; done, failed:
 * final (failed: dead letter, can be retried by an operator). */
#define VOUCH_DOCUMENT_STATES(X) \
    X(RECEIVED, "received")      \
    X(QUEUED, "queued")          \
    X(READING, "reading")        \
    X(DONE, "done")              \
    X(FAILED, "failed")

typedef enum vouch_document_state {
#define X(name, slug) VOUCH_DOCUMENT_##name,
    VOUCH_DOCUMENT_STATES(X)
#undef X
    VOUCH_DOCUMENT_STATE_COUNT
} vouch_document_state;

const char *vouch_document_state_name(vouch_document_state state);

/* What became of an invoice of a document (and, the most serious first, of the document):
 * duplicate  another claim holds the invoice; the pointer tells which
 * held       something makes it likely that another claim has it; a person decides
 * accepted   the claim holds the invoice
 * copy       one more document of an invoice that the same claim holds already
 * supporting no invoice of its own (itinerary, bank receipt)
 * unclaimed  looked up only: a verification, or the claim ended meanwhile
 * expired    was reserved by a draft for too long; the submission tries again
 * nothing    no invoice was found */
#define VOUCH_OUTCOMES(X)       \
    X(NONE, "none")             \
    X(DUPLICATE, "duplicate")   \
    X(HELD, "held")             \
    X(EXPIRED, "expired")       \
    X(ACCEPTED, "accepted")     \
    X(COPY, "copy")             \
    X(SUPPORTING, "supporting") \
    X(UNCLAIMED, "unclaimed")   \
    X(NOTHING, "nothing")

typedef enum vouch_outcome {
#define X(name, slug) VOUCH_OUTCOME_##name,
    VOUCH_OUTCOMES(X)
#undef X
    VOUCH_OUTCOME_COUNT
} vouch_outcome;

const char *vouch_outcome_name(vouch_outcome outcome);
bool vouch_outcome_lookup(const char *name, vouch_outcome *out);

/** A match between an invoice of this document and another one (READING.md "Commands"). */
typedef struct vouch_match {
    const char *id;
    int invoice;          /* index in the reading */
    const char *kind;     /* "exact", "business_key", "same_fields", "near_fields", "sequence", "red_letter", … */
    double score;         /* 0 … 1 */
    const char *decision; /* "refuse", "hold", "flag" */
    const char *detail;   /* the evidence, for people; NULL: none */
    vouch_pointer pointer;
    bool same_claim;         /* the other one is in this claim too */
    const char *document_id; /* the other document; NULL where the principal may not see it */
} vouch_match;

typedef struct vouch_document_invoice {
    int invoice;            /* index in the reading */
    const char *invoice_id; /* NULL: looked up only */
    const char *kind;
    vouch_outcome outcome;
    bool has_amount;
    int64_t gross_minor; /* absolute */
    bool credit;
    const char *currency;
    const char *const *keys;
    size_t key_count;
    bool keys_confirmed;
    bool has_pointer;
    vouch_pointer pointer; /* for duplicate */
} vouch_document_invoice;

typedef struct vouch_document {
    const char *id;
    const char *claim_id; /* NULL: a verification */
    const char *branch_id, *account_id;
    const char *file; /* name as uploaded */
    const char *format;
    const char *sha256, *xxh3;
    int64_t bytes;
    vouch_document_state state;
    vouch_outcome outcome;
    int queue_place; /* from 1 while queued (an estimate); 0 otherwise */
    int attempts;
    const char *problem;        /* slug of the code of table VOUCH_CODES for failed; NULL otherwise */
    const char *problem_detail; /* or NULL */
    const char *created_at, *done_at;
    int64_t age_us;                         /* since the upload; set by vouch_store_lease_document only */
    int reading_version;                    /* 0: none yet */
    const char *reading;                    /* JSON text of the newest reading; NULL: none, or in lists */
    int page_count;                         /* page pictures that can be asked for; pages count from 1 */
    const vouch_document_invoice *invoices; /* NULL in lists */
    size_t invoice_count;
    const vouch_match *matches;
    size_t match_count;
} vouch_document;

typedef struct vouch_document_input {
    const char *id;        /* from vouch_idempotency_begin, or NULL: made here. A known id finds it. */
    const char *claim_id;  /* NULL: none (verification) */
    const char *branch_id; /* without a claim: NULL: the principal's */
    const char *file;      /* or NULL */
    const char *format;    /* slug of vouch_format */
    const char *sha256;    /* 64 hex digits: also the name of its blob */
    const char *xxh3;      /* 32 hex digits */
    int64_t bytes;
    bool bulk; /* the lane behind the interactive one */
} vouch_document_input;

/**
 * Record an upload whose blob is safe: document and job in one transaction. The same bytes again in the same claim find
 * the document that is there.
 *
 * @param created  out: false: it was there; may be NULL
 * @return VOUCH_OK; VOUCH_NOT_FOUND (claim); VOUCH_STATE_CONFLICT (claim is no draft); VOUCH_INVALID_FIELD
 */
vouch_code vouch_store_document_accept(vouch_store *store, const vouch_principal *who,
                                       const vouch_document_input *input, vouch_arena *arena, vouch_document *out,
                                       bool *created, vouch_error *err) VOUCH_MUST_CHECK;

/** With reading, invoices and matches. @return VOUCH_OK; VOUCH_NOT_FOUND */
vouch_code vouch_store_document_get(vouch_store *store, const vouch_principal *who, const char *id, vouch_arena *arena,
                                    vouch_document *out, vouch_error *err) VOUCH_MUST_CHECK;

/** State alone, for waiting: one index look-up. */
vouch_code vouch_store_document_state(vouch_store *store, const vouch_principal *who, const char *id,
                                      vouch_document_state *out, vouch_error *err) VOUCH_MUST_CHECK;

/** The documents of a claim, oldest first, without readings. @return also VOUCH_NOT_FOUND */
vouch_code vouch_store_document_list(vouch_store *store, const vouch_principal *who, const char *claim_id,
                                     vouch_arena *arena, vouch_document **out, size_t *count,
                                     vouch_error *err) VOUCH_MUST_CHECK;

/**
 * Take a document out of a draft; what it alone reserved is released. The record and the blob stay (audit).
 * @return VOUCH_OK; VOUCH_NOT_FOUND; VOUCH_STATE_CONFLICT
 */
vouch_code vouch_store_document_remove(vouch_store *store, const vouch_principal *who, const char *id,
                                       vouch_error *err) VOUCH_MUST_CHECK;

/** A blob by its address in the tenant's store. */
typedef struct vouch_blob_ref {
    char sha256[65];
    int64_t bytes;    /* -1: not recorded */
    const char *file; /* name for the download; NULL: none */
    const char *format;
} vouch_blob_ref;

/** The uploaded bytes. @return VOUCH_OK; VOUCH_NOT_FOUND */
vouch_code vouch_store_document_original(vouch_store *store, const vouch_principal *who, const char *id,
                                         vouch_arena *arena, vouch_blob_ref *out, vouch_error *err) VOUCH_MUST_CHECK;
/** A page as PNG. @param page from 1 */
vouch_code vouch_store_document_page(vouch_store *store, const vouch_principal *who, const char *id, int page,
                                     vouch_arena *arena, vouch_blob_ref *out, vouch_error *err) VOUCH_MUST_CHECK;
/** The words as JSON (pipeline.h). */
vouch_code vouch_store_document_words(vouch_store *store, const vouch_principal *who, const char *id,
                                      vouch_arena *arena, vouch_blob_ref *out, vouch_error *err) VOUCH_MUST_CHECK;

/* ------------------------------------------------------------------------------------------------ verifications -- */

typedef struct vouch_verification {
    const char *id;
    const char *created_at;
    vouch_document document; /* without claim; with reading and matches when done */
} vouch_verification;

/** As vouch_store_document_accept for a document without a claim. `input->id` is the verification's id. */
vouch_code vouch_store_verification_create(vouch_store *store, const vouch_principal *who,
                                           const vouch_document_input *input, vouch_arena *arena,
                                           vouch_verification *out, vouch_error *err) VOUCH_MUST_CHECK;
/** @return VOUCH_OK; VOUCH_NOT_FOUND */
vouch_code vouch_store_verification_get(vouch_store *store, const vouch_principal *who, const char *id,
                                        vouch_arena *arena, vouch_verification *out, vouch_error *err) VOUCH_MUST_CHECK;

/* -------------------------------------------------------------------------------------------------- idempotency -- */

/** A request with an Idempotency-Key, scoped to tenant and account. */
typedef struct vouch_idempotency {
    const char *key;          /* 1 … 255 bytes */
    const char *request;      /* "POST /v1/claims": method and path */
    const char *request_hash; /* 64 hex digits over what makes the request the same */
} vouch_idempotency;

typedef struct vouch_idempotency_answer {
    bool replay;                     /* answer with what is stored here; do nothing */
    int status;                      /* valid for a replay */
    const char *body;                /* valid for a replay, in arena */
    const char *headers;             /* valid for a replay: what finish was given; may be NULL */
    char resource_id[VOUCH_ID_SIZE]; /* the id that the created resource must get: the same when a request is
                                      * repeated after a crash, so that nothing is created twice */
} vouch_idempotency_answer;

/**
 * Claim a key. A key whose first request died unanswered may be taken over after 60 s.
 *
 * @return VOUCH_OK; VOUCH_STATE_CONFLICT while the first request is being worked on; VOUCH_IDEMPOTENCY_MISMATCH for
 *         another request under the same key; VOUCH_INVALID_FIELD
 */
vouch_code vouch_store_idempotency_begin(vouch_store *store, const vouch_principal *who,
                                         const vouch_idempotency *request, vouch_arena *arena,
                                         vouch_idempotency_answer *out, vouch_error *err) VOUCH_MUST_CHECK;
/** Keep the answer for repetitions (24 hours). @param headers  or NULL */
vouch_code vouch_store_idempotency_finish(vouch_store *store, const vouch_principal *who, const char *key, int status,
                                          const char *headers, const char *body, vouch_error *err) VOUCH_MUST_CHECK;
/** Give the key back after a failure that may be tried again (5xx); the resource id stays. */
vouch_code vouch_store_idempotency_abandon(vouch_store *store, const vouch_principal *who, const char *key,
                                           vouch_error *err) VOUCH_MUST_CHECK;

/* --------------------------------------------------------------------------------------------------------- jobs -- */

/** A leased job: no payload, only where to find the document. Plain value. */
typedef struct vouch_lease {
    int64_t job;
    char tenant_id[VOUCH_ID_SIZE];
    char document_id[VOUCH_ID_SIZE];
    char token[VOUCH_ID_SIZE]; /* whoever lost the lease can't write back with it */
    int attempt;               /* from 1 */
    bool bulk;
} vouch_lease;

/**
 * Lease up to `limit` jobs of any tenants: interactive before bulk, fair between tenants. Commits asynchronously (a
 * lost lease is only tried again).
 *
 * @param out  array of at least limit
 */
vouch_code vouch_store_job_lease(vouch_store *store, const char *worker, int lease_seconds, size_t limit,
                                 vouch_lease *out, size_t *count, vouch_error *err) VOUCH_MUST_CHECK;
/** Prolong leases. @param lost  out: one flag per lease: it is not ours any more; may be NULL */
vouch_code vouch_store_job_heartbeat(vouch_store *store, const vouch_lease *leases, size_t count, int lease_seconds,
                                     bool *lost, vouch_error *err) VOUCH_MUST_CHECK;
/**
 * Jobs that are done and have nothing to write back leave the queue; many in one transaction, which does not wait for
 * the disk (a job that comes back is only done again).
 *
 * @param completed  out: how many of them were still ours
 */
vouch_code vouch_store_job_complete(vouch_store *store, const vouch_lease *leases, size_t count, size_t *completed,
                                    vouch_error *err) VOUCH_MUST_CHECK;
/** Give a job back unworked (graceful stop); the attempt does not count. */
vouch_code vouch_store_job_return(vouch_store *store, const vouch_lease *lease, vouch_error *err) VOUCH_MUST_CHECK;

typedef struct vouch_retry_policy {
    int max_attempts; /* then dead letter */
    int base_ms;      /* first wait; doubled each time, with full jitter in its upper half */
    int maximum_ms;
} vouch_retry_policy;
#define VOUCH_RETRY_POLICY_DEFAULT                               \
    {                                                            \
        .max_attempts = 5, .base_ms = 1000, .maximum_ms = 600000 \
    }

/**
 * An attempt failed. Runs again after a wait, or, when `retry` is false or the attempts are used up, becomes a dead
 * letter with its reason and the document is failed.
 *
 * @param dead  out: it became a dead letter; may be NULL
 * @return VOUCH_OK; VOUCH_PRECONDITION when the lease was lost
 */
vouch_code vouch_store_job_fail(vouch_store *store, const vouch_lease *lease, const vouch_retry_policy *policy,
                                bool retry, vouch_code reason, const char *detail, bool *dead,
                                vouch_error *err) VOUCH_MUST_CHECK;

/** Put jobs whose lease ran out back into the queue; those out of attempts become dead letters. @param count out */
vouch_code vouch_store_job_recover(vouch_store *store, const vouch_retry_policy *policy, size_t *count,
                                   vouch_error *err) VOUCH_MUST_CHECK;

/** What is remembered of the clocks from round to round; zero at first. */
typedef struct vouch_clock_watch {
    int64_t database_us, monotonic_us;
} vouch_clock_watch;
/**
 * Look whether the database's clock was set back since the last call, and if so end waits and cut leases that would
 * last as long as the step. The first call cuts what is longer than any wait or lease can be.
 *
 * @param mended  out: how many jobs had to be changed
 */
vouch_code vouch_store_job_watch_clock(vouch_store *store, vouch_clock_watch *watch, int lease_seconds,
                                       const vouch_retry_policy *policy, size_t *mended,
                                       vouch_error *err) VOUCH_MUST_CHECK;

/** Empty the tables of the queue that have no job left and turn to the next one when it is time. Every few seconds. */
vouch_code vouch_store_job_rotate(vouch_store *store, vouch_error *err) VOUCH_MUST_CHECK;

/**
 * Wait until jobs may be there: LISTEN with a time limit. Needs a connection of its own (not one through a pooler).
 * @param stop_fd  returns early when readable; -1: none
 * @return VOUCH_OK whether notified or timed out
 */
vouch_code vouch_store_job_wait(vouch_store *store, int timeout_ms, int stop_fd, vouch_error *err) VOUCH_MUST_CHECK;

typedef struct vouch_job_info {
    int64_t job;
    const char *tenant_id, *tenant, *document_id, *file;
    const char *state; /* "queued", "waiting" (for its next attempt), "leased", "dead" */
    const char *lane;  /* "interactive", "bulk" */
    int attempts;
    const char *created_at, *run_at, *worker, *reason, *detail;
} vouch_job_info;

/** For operators, across tenants. @param state  NULL: all. @param limit  0: 100 */
vouch_code vouch_store_job_list(vouch_store *store, const char *state, int limit, vouch_arena *arena,
                                vouch_job_info **out, size_t *count, vouch_error *err) VOUCH_MUST_CHECK;
/** Queue dead letters (0: all of them) or a waiting job at once, with fresh attempts. @param count  out; may be NULL */
vouch_code vouch_store_job_retry(vouch_store *store, int64_t job, size_t *count, vouch_error *err) VOUCH_MUST_CHECK;
/** Drop a dead letter or a waiting job; the document is failed. @return VOUCH_OK; VOUCH_NOT_FOUND */
vouch_code vouch_store_job_drop(vouch_store *store, int64_t job, vouch_error *err) VOUCH_MUST_CHECK;

typedef struct vouch_queue_depth {
    int64_t queued, waiting, leased, dead;
    double oldest_seconds; /* age of the oldest queued job; 0: none */
} vouch_queue_depth;
vouch_code vouch_store_queue_depth(vouch_store *store, vouch_queue_depth *out, vouch_error *err) VOUCH_MUST_CHECK;

/** One lane of the queue in one state of jobs, for metrics. */
typedef struct vouch_queue_lane {
    const char *lane;  /* "interactive", "bulk"; static */
    const char *state; /* as in vouch_job_info; static */
    int64_t jobs;      /* counted up to 20,000 */
    int64_t oldest_us; /* since the upload; 0: there is none */
} vouch_queue_lane;
#define VOUCH_QUEUE_LANES 8
/** All lanes and states. Costs at most some tens of milliseconds, however long the queue is. */
vouch_code vouch_store_queue_lanes(vouch_store *store, vouch_queue_lane out[VOUCH_QUEUE_LANES],
                                   vouch_error *err) VOUCH_MUST_CHECK;

/* --------------------------------------------------------------------------------------------------- write-back -- */

/**
 * What a worker needs of a leased document: id, branch, file, format, hashes, size, age.
 * @return VOUCH_OK; VOUCH_PRECONDITION (lease lost)
 */
vouch_code vouch_store_lease_document(vouch_store *store, const vouch_lease *lease, vouch_arena *arena,
                                      vouch_document *out, vouch_error *err) VOUCH_MUST_CHECK;

/** What identifies an invoice, and makes it comparable without its document. Absent: NULL. */
typedef struct vouch_facts {
    const char *kind; /* slug */
    bool supporting;
    bool credit;
    const char *invoice_code, *invoice_number, *issue_date, *travel_date;
    const char *seller_tax_id, *seller_name; /* name as folded for comparing */
    const char *passenger_name;
    const char *original_invoice_code, *original_invoice_number;
    const char *currency;
    bool has_amount;
    int64_t gross_minor; /* absolute */
    const char *const *keys;
    size_t key_count;
    bool keys_confirmed;
    const char *fields_print, *text_print, *image_print;
    const char *sha256; /* of the document */
} vouch_facts;

/** An invoice that may be the same or related, as the tables know it. */
typedef struct vouch_candidate {
    const char *invoice_id, *document_id, *claim_id;
    bool claimed;    /* a claim holds it now */
    bool same_claim; /* it is held by, or shown in, the claim of the document in hand */
    vouch_pointer pointer;
    vouch_facts facts;
} vouch_candidate;

typedef struct vouch_judgement {
    const char *kind; /* static text; NULL: no relation */
    double score;
    const char *decision; /* "refuse", "hold", "flag", "none" */
    const char *detail;   /* in arena; NULL: none */
} vouch_judgement;

/** How two invoices relate: dedupe's decision, called inside the transaction. Must not touch the store. */
typedef vouch_judgement vouch_judge(const vouch_facts *mine, const vouch_facts *other, vouch_arena *arena, void *data);

typedef struct vouch_page_blob {
    int page;
    char sha256[65];
    int64_t bytes;
} vouch_page_blob;

typedef struct vouch_write_back {
    const char *reading;      /* JSON text */
    const char *words_sha256; /* blob of the words; NULL: none */
    const vouch_page_blob *pages;
    size_t page_count;
    const vouch_facts *invoices;
    size_t invoice_count;
    vouch_judge *judge;
    void *judge_data;
} vouch_write_back;

/** A match that was written, for metrics; texts static or in the arena. */
typedef struct vouch_match_note {
    const char *kind, *decision;
} vouch_match_note;

typedef struct vouch_write_back_result {
    vouch_outcome outcome;
    const vouch_match_note *matches; /* in the arena */
    size_t match_count;
    int64_t match_us; /* looking for candidates and judging them */
    bool has_pointer;
    vouch_pointer pointer; /* of the first duplicate, in arena */
} vouch_write_back_result;

/**
 * Write a reading back in ONE transaction (DESIGN "Who was first"): reading, pages, invoices, keys (confirmed ones take
 * the slot of the tenant), document_invoice, allocation, matches, claim totals, audit, event; the job is gone.
 * Deadlocks are repeated inside.
 *
 * @return VOUCH_OK; VOUCH_PRECONDITION when the lease was lost: nothing was written
 */
vouch_code vouch_store_write_back(vouch_store *store, const vouch_lease *lease, const vouch_write_back *input,
                                  vouch_arena *arena, vouch_write_back_result *out, vouch_error *err) VOUCH_MUST_CHECK;

/* -------------------------------------------------------------------------------------------------- housekeeping -- */

/** Try to be the one process that keeps house; held until released or the connection ends. */
vouch_code vouch_store_housekeeper(vouch_store *store, bool *mine, vouch_error *err) VOUCH_MUST_CHECK;

/** The same for the one process that seals the audit (audit.h). */
vouch_code vouch_store_sealer(vouch_store *store, bool *mine, vouch_error *err) VOUCH_MUST_CHECK;

/** All tenants' ids, for the worker, whose role reads no more of them. */
vouch_code vouch_store_tenant_ids(vouch_store *store, vouch_arena *arena, const char ***out, size_t *count,
                                  vouch_error *err) VOUCH_MUST_CHECK;

/** Release reservations of drafts that are too old, drop old idempotency rows. @param released  out; may be NULL */
vouch_code vouch_store_expire(vouch_store *store, size_t *released, vouch_error *err) VOUCH_MUST_CHECK;

/**
 * Which of these blobs are in use by a row of the tenant.
 * @param used  out: array of count flags
 */
vouch_code vouch_store_blobs_used(vouch_store *store, const char *tenant_id, const char *const *sha256, size_t count,
                                  bool *used, vouch_error *err) VOUCH_MUST_CHECK;

typedef struct vouch_event {
    int64_t sequence;
    const char *id, *type; /* "claim.submitted", "document.done", … */
    const char *subject_id;
    const char *payload; /* JSON text */
    const char *created_at;
} vouch_event;

/** Undelivered events of a tenant, oldest first. */
vouch_code vouch_store_event_list(vouch_store *store, const vouch_principal *who, int limit, vouch_arena *arena,
                                  vouch_event **out, size_t *count, vouch_error *err) VOUCH_MUST_CHECK;
vouch_code vouch_store_event_acknowledge(vouch_store *store, const vouch_principal *who, int64_t sequence,
                                         vouch_error *err) VOUCH_MUST_CHECK;

typedef struct vouch_audit_entry {
    int64_t sequence;
    const char *at, *account_id, *account_name, *request_id;
    const char *action;               /* "claim.submit" */
    const char *subject, *subject_id; /* "claim", id */
    const char *before, *after;       /* JSON text or NULL */
} vouch_audit_entry;

/** Newest first. @param subject_id  NULL: all. @param before  cursor: a sequence; 0: newest */
vouch_code vouch_store_audit_list(vouch_store *store, const vouch_principal *who, const char *subject_id,
                                  int64_t before, int limit, vouch_arena *arena, vouch_audit_entry **out, size_t *count,
                                  vouch_error *err) VOUCH_MUST_CHECK;

#endif
