#include "world.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <libpq-fe.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "vouch/hash.h"

extern char **environ;

#define OK(call)                                                                     \
    do {                                                                             \
        vouch_error err_ = VOUCH_ERROR_INIT, *err = &err_;                           \
        const vouch_code code_ = (call);                                             \
        cr_assert_eq(code_, VOUCH_OK, "%s: %d %s", #call, (int)code_, err_.message); \
    } while (0)

/* ---- begin and end ---- */

vouch_store *world_connect(const world *w, const char *role)
{
    const vouch_store_options options = {.conninfo = test_postgres_conninfo(w->server), .role = role};
    vouch_store *store = NULL;
    OK(vouch_store_open(&options, &store, err));
    return store;
}

static void make_tenant(world *w)
{
    vouch_store *owner = world_connect(w, VOUCH_DATABASE_ROLE_OWNER);
    vouch_principal operator;
    const vouch_tenant tenant = {.slug = "t", .name = "T", .currency = "EUR"};
    const vouch_branch branch = {.code = "head", .name = "Head office"};
    char tenant_id[VOUCH_ID_SIZE], branch_id[VOUCH_ID_SIZE], account_id[VOUCH_ID_SIZE], token_id[VOUCH_ID_SIZE];
    char secret[VOUCH_TOKEN_SIZE];
    OK(vouch_store_tenant_create(owner, &tenant, tenant_id, NULL, err));
    vouch_principal_operator(tenant_id, &operator);
    OK(vouch_store_branch_create(owner, &operator, & branch, branch_id, NULL, err));
    const vouch_account account = {
        .login = "platform", .name = "Platform", .role = VOUCH_ROLE_PLATFORM, .branch_id = branch_id};
    OK(vouch_store_account_create(owner, &operator, & account, account_id, NULL, err));
    const vouch_token token = {.account_id = account_id, .label = "test"};
    OK(vouch_store_token_create(owner, &operator, & token, secret, token_id, err));
    OK(vouch_store_authenticate(w->store, secret, strlen(secret), &w->who, err));
    vouch_store_close(&owner);
}

void world_begin(world *w)
{
    *w = (world){.server = test_postgres_start()};
    if (!w->server)
        cr_skip_test("skipped: PostgreSQL is not there");
    snprintf(w->folder, sizeof w->folder, "/tmp/vouch-work-XXXXXX");
    cr_assert_not_null(mkdtemp(w->folder));
    char blobs[96];
    snprintf(blobs, sizeof blobs, "%s/blobs", w->folder);
    OK(vouch_blobs_open_folder(blobs, &w->blobs, err));
    const vouch_store_options options = {.conninfo = test_postgres_conninfo(w->server)};
    OK(vouch_store_migrate(&options, NULL, NULL, err));
    w->store = world_connect(w, VOUCH_DATABASE_ROLE_SERVE);
    make_tenant(w);
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

void world_end(world *w)
{
    PQfinish(w->sql);
    vouch_store_close(&w->store);
    vouch_blobs_close(&w->blobs);
    test_postgres_drop(&w->server);
    if (getenv("VOUCH_TEST_KEEP"))
        fprintf(stderr, "kept: %s\n", w->folder);
    else
        nftw(w->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- documents ---- */

static const char ubl[] =
    "<Invoice xmlns='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2' "
    "xmlns:c='urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2' "
    "xmlns:a='urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2'><!-- copy %d -->"
    "<c:ID>R-%d-A</c:ID><c:IssueDate>2024-03-05</c:IssueDate><c:InvoiceTypeCode>380</c:InvoiceTypeCode>"
    "<c:DocumentCurrencyCode>EUR</c:DocumentCurrencyCode>"
    "<a:AccountingSupplierParty><a:Party><a:PartyTaxScheme><c:CompanyID>DE136695976</c:CompanyID><a:TaxScheme>"
    "<c:ID>VAT</c:ID></a:TaxScheme></a:PartyTaxScheme><a:PartyLegalEntity><c:RegistrationName>Muster GmbH"
    "</c:RegistrationName></a:PartyLegalEntity></a:Party></a:AccountingSupplierParty>"
    "<a:TaxTotal><c:TaxAmount currencyID='EUR'>19</c:TaxAmount></a:TaxTotal>"
    "<a:LegalMonetaryTotal><c:LineExtensionAmount currencyID='EUR'>100</c:LineExtensionAmount>"
    "<c:TaxExclusiveAmount currencyID='EUR'>100</c:TaxExclusiveAmount>"
    "<c:TaxInclusiveAmount currencyID='EUR'>119</c:TaxInclusiveAmount>"
    "<c:PayableAmount currencyID='EUR'>119</c:PayableAmount></a:LegalMonetaryTotal></Invoice>";

char *world_invoice(int number, int copy)
{
    char *bytes = NULL;
    cr_assert_geq(asprintf(&bytes, ubl, copy, number), 0);
    return bytes;
}

void world_upload(const world *w, vouch_store *store, const char *bytes)
{
    world_upload_bytes(w, store, bytes, strlen(bytes), "xml");
}

void world_upload_bytes(const world *w, vouch_store *store, const void *bytes, size_t length, const char *format)
{
    vouch_arena *arena = vouch_arena_new();
    vouch_blob blob;
    vouch_claim claim;
    vouch_document document;
    const vouch_claim_input input = {.title = "Trip"};
    OK(vouch_blob_store(w->blobs, w->who.tenant_id, bytes, length, &blob, err));
    OK(vouch_store_claim_create(store, &w->who, &input, arena, &claim, err));
    const vouch_document_input upload = {.claim_id = claim.id,
                                         .file = "invoice",
                                         .format = format,
                                         .sha256 = blob.sha256,
                                         .xxh3 = blob.xxh3,
                                         .bytes = (int64_t)blob.size};
    OK(vouch_store_document_accept(store, &w->who, &upload, arena, &document, NULL, err));
    vouch_arena_free(&arena);
}

/* ---- workers ---- */

pid_t world_start_worker(const world *w, int threads, const char *crash_at, const char *option)
{
    char database[256], blobs[128], workers[32], crash[64], log[96];
    snprintf(database, sizeof database, "--database=%s", test_postgres_conninfo(w->server));
    snprintf(blobs, sizeof blobs, "--blob-dir=%s/blobs", w->folder);
    snprintf(workers, sizeof workers, "--workers=%d", threads);
    snprintf(crash, sizeof crash, "VOUCH_CRASH_AT=%s", crash_at ? crash_at : "");
    snprintf(log, sizeof log, "%s/worker.log", w->folder);
    char *const argv[] = {(char[]){"vouch"},
                          database,
                          blobs,
                          workers,
                          (char[]){"--lease-seconds=5"},
                          (char[]){"--max-attempts=50"},
                          (char[]){"--backoff-base-seconds=1"},
                          (char[]){"--backoff-max-seconds=1"},
                          (char[]){"--poll-milliseconds=100"},
                          (char *)option,
                          NULL};
    char *environment[64] = {crash, (char[]){"VOUCH_FAULT_POINTS=1"}};
    for (size_t i = 0, count = 2; environ[i] && count < 63; i++)
        if (strncmp(environ[i], "VOUCH_", 6) != 0)
            environment[count++] = environ[i];
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    pid_t worker = 0;
    cr_assert_eq(posix_spawn(&worker, VOUCH_TEST_WORKER, &files, NULL, argv, environment), 0);
    posix_spawn_file_actions_destroy(&files);
    return worker;
}

bool world_wait_for_log(const world *w, const char *text, int seconds)
{
    char path[96], line[4096];
    snprintf(path, sizeof path, "%s/worker.log", w->folder);
    const struct timespec pause = {.tv_nsec = 5000000};
    for (const double until = world_clock() + seconds; world_clock() < until; nanosleep(&pause, NULL)) {
        FILE *log = fopen(path, "r");
        bool found = false;
        while (log && !found && fgets(line, sizeof line, log))
            found = strstr(line, text) != NULL;
        if (log)
            fclose(log);
        if (found)
            return true;
    }
    return false;
}

/** @return the next child in a list of all processes, 0: no more */
static pid_t next_child(DIR *processes, pid_t parent)
{
    struct dirent *entry;
    while ((entry = readdir(processes)) != NULL) {
        char path[300], command[64] = "";
        int pid = 0, its_parent = 0;
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        FILE *stat = fopen(path, "r");
        /* proc(5): pid (command) state ppid … */
        const bool is_child =
            stat && fscanf(stat, "%d (%63[^)]) %*c %d", &pid, command, &its_parent) == 3 && its_parent == parent;
        if (stat)
            fclose(stat);
        if (is_child)
            return pid;
    }
    return 0;
}

pid_t world_find_zygote(pid_t worker)
{
    DIR *processes = opendir("/proc");
    const pid_t found = processes ? next_child(processes, worker) : 0;
    if (processes)
        closedir(processes);
    return found;
}

void world_signal_children(pid_t parent, int number)
{
    DIR *processes = opendir("/proc");
    cr_assert_not_null(processes);
    for (pid_t child; (child = next_child(processes, parent)) != 0;) {
        kill(child, number);
        world_signal_children(child, number);
    }
    closedir(processes);
}

int world_wait(pid_t worker)
{
    int status = 0;
    cr_assert_eq(waitpid(worker, &status, 0), worker);
    return status;
}

void world_stop_worker(pid_t worker)
{
    kill(worker, SIGTERM);
    const int status = world_wait(worker);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %#x", (unsigned)status);
}

/* ---- looking ---- */

double world_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

long world_number(world *w, const char *query)
{
    if (!w->sql || PQstatus(w->sql) != CONNECTION_OK) {
        PQfinish(w->sql);
        w->sql = PQconnectdb(test_postgres_conninfo(w->server));
        PQclear(PQexec(w->sql, "SET search_path = vouch; SET client_min_messages = warning"));
    }
    PGresult *result = PQexec(w->sql, query);
    const bool there = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1;
    const long number = there ? strtol(PQgetvalue(result, 0, 0), NULL, 10) : -1;
    if (!there && PQstatus(w->sql) == CONNECTION_OK)
        fprintf(stderr, "%s: %s\n", query, PQerrorMessage(w->sql));
    PQclear(result);
    return number;
}

bool world_wait_for(world *w, const char *query, long number, int seconds)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    for (const double until = world_clock() + seconds; world_clock() < until; nanosleep(&pause, NULL))
        if (world_number(w, query) == number)
            return true;
    return false;
}

void world_expect_all_done_once(world *w, long documents, long invoices)
{
    const struct {
        const char *what, *query;
        long number;
    } rows[] = {
        {"jobs left", "SELECT count(*) FROM job", 0},
        {"documents", "SELECT count(*) FROM document", documents},
        {"documents done", "SELECT count(*) FROM document WHERE state = 'done'", documents},
        {"readings", "SELECT count(*) FROM reading", documents},
        {"documents with one invoice", "SELECT count(*) FROM document_invoice", documents},
        {"accepted", "SELECT count(*) FROM document WHERE outcome = 'accepted'", invoices},
        {"duplicate", "SELECT count(*) FROM document WHERE outcome = 'duplicate'", documents - invoices},
        {"invoices", "SELECT count(*) FROM invoice", invoices},
        {"keys with a slot", "SELECT count(*) FROM invoice_key WHERE key LIKE 'invoice:%'", invoices},
        {"allocations", "SELECT count(*) FROM allocation", invoices},
        {"holders of one invoice", "SELECT max(n) FROM (SELECT count(*) AS n FROM allocation GROUP BY invoice_id) x",
         1},
        {"allocated, in cents", "SELECT sum(amount_minor) FROM allocation WHERE state = 'reserved'", invoices * 11900},
        {"total of the claims", "SELECT sum(invoices_minor) FROM claim", invoices * 11900},
        {"claims whose total is not their allocations'",
         "SELECT count(*) FROM claim c WHERE c.invoices_minor <> (SELECT coalesce(sum(a.amount_minor), 0) FROM "
         "allocation a WHERE a.claim_id = c.id)",
         0},
        {"duplicates that don't point to the holder",
         "SELECT count(*) FROM document_invoice i WHERE i.outcome = 'duplicate' AND NOT EXISTS (SELECT FROM "
         "allocation a JOIN claim c ON c.id = a.claim_id WHERE a.invoice_id = i.invoice_id AND c.reference = "
         "i.pointer_reference)",
         0},
        {"events", "SELECT count(*) FROM outbox WHERE type = 'document.done'", documents},
        {"documents with an event", "SELECT count(DISTINCT subject_id) FROM outbox WHERE type = 'document.done'",
         documents},
        {"audit rows", "SELECT count(*) FROM audit WHERE action = 'document.read'", documents},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const long number = world_number(w, rows[i].query);
        cr_expect_eq(number, rows[i].number, "%s: %ld, not %ld", rows[i].what, number, rows[i].number);
    }
}
