#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "vouch/audit.h"

TestSuite(audit, .init = fixture_set_up, .fini = fixture_tear_down, .timeout = 120);

/* ---- short hands ---- */

static const vouch_audit_keys *no_key(void)
{
    static const vouch_audit_keys none;
    return &none;
}

static vouch_audit_keys keys_of(const char *text)
{
    char path[] = "/tmp/vouch-audit-key-XXXXXX";
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    vouch_audit_keys keys;
    OK(vouch_audit_keys_load(path, &keys, err));
    unlink(path);
    return keys;
}

#define KEY_ONE "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"
#define KEY_TWO "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100\n"

static size_t seal_with(const vouch_audit_keys *keys)
{
    vouch_audit_sealer *sealer = NULL;
    size_t sealed = 0;
    OK(vouch_audit_sealer_new(keys, &sealer, err));
    OK(vouch_store_audit_seal(f.work, sealer, NULL, NULL, &sealed, err));
    vouch_audit_sealer_free(&sealer);
    return sealed;
}

/* What verify found, as "word@position/row" one behind the other. */
typedef struct found {
    char text[2000];
} found;

static void note(void *context, const vouch_audit_finding *finding)
{
    found *all = context;
    size_t length = strlen(all->text);
    snprintf(all->text + length, sizeof all->text - length, "%s%s@%lld", length ? " " : "",
             vouch_audit_fault_word(finding->fault), (long long)finding->position);
    length = strlen(all->text);
    if (finding->to_position > finding->position)
        snprintf(all->text + length, sizeof all->text - length, "-%lld", (long long)finding->to_position);
    length = strlen(all->text);
    if (finding->sequence)
        snprintf(all->text + length, sizeof all->text - length, "/%lld", (long long)finding->sequence);
}

static vouch_audit_report verify_kept(const vouch_audit_keys *keys, const vouch_audit_head *kept, found *all)
{
    vouch_principal who;
    vouch_audit_report report = {0};
    *all = (found){0};
    vouch_principal_operator(f.tenant_a, &who);
    OK(vouch_store_audit_verify(f.owner, &who, keys, kept, kept ? 1 : 0, note, all, &report, err));
    return report;
}

static vouch_audit_report verify_with(const vouch_audit_keys *keys, found *all)
{
    return verify_kept(keys, NULL, all);
}

static vouch_audit_head head_of(const char *tenant)
{
    vouch_principal who;
    vouch_audit_head head = {0};
    vouch_principal_operator(tenant, &who);
    OK(vouch_store_audit_head(f.serve, &who, &head, err));
    return head;
}

static PGconn *superuser(void)
{
    PGconn *connection = PQconnectdb(test_postgres_conninfo(f.server));
    PQclear(PQexec(connection, "SET search_path = vouch"));
    return connection;
}

static void tamper(PGconn *connection, const char *sql)
{
    PGresult *result = PQexec(connection, sql);
    cr_assert(PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK, "%s: %s", sql,
              PQresultErrorMessage(result));
    PQclear(result);
}

static long long number_of(PGconn *connection, const char *sql)
{
    PGresult *result = PQexec(connection, sql);
    cr_assert_eq(PQntuples(result), 1, "%s: %s", sql, PQresultErrorMessage(result));
    const long long number = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    return number;
}

static const char *const off[] = {"ALTER TABLE audit DISABLE TRIGGER USER",
                                  "ALTER TABLE audit_chain DISABLE TRIGGER USER"};

/* ---- tests ---- */

Test(audit, what_is_untouched_is_intact)
{
    found all;
    vouch_claim claim = fixture_claim(&f.employee, "A-1");
    fixture_document(&f.employee, claim.id, "a");
    vouch_audit_report before = verify_with(no_key(), &all);
    cr_expect_str_eq(all.text, "");
    cr_expect_eq(before.sealed, 0);
    cr_assert_gt(before.unsealed, 10);
    cr_expect_gt(seal_with(no_key()), (size_t)before.unsealed, "tenant b is sealed too");
    cr_expect_eq(seal_with(no_key()), 0);
    vouch_audit_report after = verify_with(no_key(), &all);
    cr_expect_str_eq(all.text, "");
    cr_expect_eq(after.sealed, before.unsealed);
    cr_expect_eq(after.unsealed, 0);
    cr_expect_eq(after.keyed, 0);
    fixture_claim(&f.employee, "A-2");
    cr_expect_eq(verify_with(no_key(), &all).unsealed, 1);
    cr_expect_eq(seal_with(no_key()), 1);
    vouch_audit_head head = head_of(f.tenant_a);
    cr_expect_eq(head.position, after.sealed + 1);
    char line[VOUCH_AUDIT_HEAD_SIZE];
    vouch_audit_head parsed;
    vouch_audit_head_print(&head, line);
    cr_assert(vouch_audit_head_parse(line, &parsed));
    verify_kept(no_key(), &parsed, &all);
    cr_expect_str_eq(all.text, "");
}

/* One row a way to tamper. $P and $S are a position in the middle and its row; n is the length of the chain. */
typedef struct attack {
    const char *name, *sql, *expected;
    bool by_head; /* only a head that was kept elsewhere tells */
} attack;

static const attack attacks[] = {
    {"a byte of after",
     "UPDATE audit SET after = overlay(after::text placing 'X' from 3 for 1)::json WHERE sequence = $S",
     "row-changed@$P/$S", false},
    {"before that was none", "UPDATE audit SET before = '{}' WHERE sequence = $S", "row-changed@$P/$S", false},
    {"the time by a microsecond", "UPDATE audit SET at = at + interval '1 microsecond' WHERE sequence = $S",
     "row-changed@$P/$S", false},
    {"who did it", "UPDATE audit SET account_name = 'somebody else' WHERE sequence = $S", "row-changed@$P/$S", false},
    {"whose account", "UPDATE audit SET account_id = gen_random_uuid() WHERE sequence = $S", "row-changed@$P/$S",
     false},
    {"the action", "UPDATE audit SET action = action || '.' WHERE sequence = $S", "row-changed@$P/$S", false},
    {"a row is gone", "DELETE FROM audit WHERE sequence = $S", "row-missing@$P/$S", false},
    {"a row and its seal are gone",
     "DELETE FROM audit_chain WHERE tenant_id = $T AND position = $P; DELETE FROM audit WHERE sequence = $S",
     "seal-missing@$P", false},
    {"a seal is gone", "DELETE FROM audit_chain WHERE tenant_id = $T AND position = $P",
     "seal-missing@$P row-inserted@0/$S", false},
    {"a seal is another", "UPDATE audit_chain SET hash = sha256(hash) WHERE tenant_id = $T AND position = $P",
     "changed@$P/$S changed@$Q/$R", false},
    {"two rows are swapped",
     "UPDATE audit a SET (at, account_id, account_name, request_id, action, subject, subject_id, before, after) = "
     "(SELECT "
     "b.at, b.account_id, b.account_name, b.request_id, b.action, b.subject, b.subject_id, b.before, b.after FROM "
     "audit b "
     "WHERE b.sequence = CASE a.sequence WHEN $S THEN $R ELSE $S END) WHERE a.sequence IN ($S, $R)",
     "changed@$P/$S changed@$Q/$R", false},
    {"two seals are swapped",
     "UPDATE audit_chain SET position = 1000000 WHERE tenant_id = $T AND position = $P; UPDATE audit_chain SET "
     "position = "
     "$P WHERE tenant_id = $T AND position = $Q; UPDATE audit_chain SET position = $Q WHERE tenant_id = $T AND "
     "position "
     "= 1000000",
     "changed@$P/$R changed@$Q/$S changed@$U/$V", false},
    {"a row is put in between",
     "INSERT INTO audit (tenant_id, sequence, action, subject, subject_id) OVERRIDING SYSTEM VALUE VALUES ($T, -5, "
     "'x', "
     "'claim', gen_random_uuid())",
     "row-inserted@0/-5", false},
    {"the newest row is gone", "DELETE FROM audit WHERE sequence = $N", "row-missing@$L/$N", false},
    {"the end is cut off with its seals",
     "DELETE FROM audit_chain WHERE tenant_id = $T AND sequence >= $S; DELETE FROM audit WHERE tenant_id = $T AND "
     "sequence "
     ">= $S",
     "head-missing@$P-$L", true},
    {"all is gone", "DELETE FROM audit_chain WHERE tenant_id = $T; DELETE FROM audit WHERE tenant_id = $T",
     "head-missing@1-$L", true},
};

/* Put numbers in the place of $X. */
static void fill_in(const char *text, const char *const values[26], char *out, size_t size)
{
    size_t length = 0;
    for (; *text && length + 1 < size; text++) {
        if (*text == '$' && text[1] >= 'A' && text[1] <= 'Z' && values[text[1] - 'A']) {
            length += (size_t)snprintf(out + length, size - length, "%s", values[text[1] - 'A']);
            text++;
        } else {
            out[length++] = *text;
        }
    }
    out[length] = '\0';
}

Test(audit, every_way_to_tamper_is_found_and_placed)
{
    const vouch_audit_keys keys = keys_of(KEY_ONE);
    found all;
    for (int i = 0; i < 5; i++) {
        char reference[16];
        snprintf(reference, sizeof reference, "T-%d", i);
        fixture_claim(&f.employee, reference);
    }
    seal_with(&keys);
    const vouch_audit_head kept = head_of(f.tenant_a);
    verify_kept(&keys, &kept, &all);
    cr_assert_str_eq(all.text, "");
    PGconn *connection = superuser();
    const long long last = kept.position, middle = last - 3;
    char texts[26][64] = {0}, sql[300];
    const char *values[26] = {0};
    const struct {
        char letter, of;
        long long position;
    } numbers[] = {{'P', 'S', middle}, {'Q', 'R', middle + 1}, {'U', 'V', middle + 2}, {'L', 'N', last}};
    for (size_t i = 0; i < 4; i++) {
        snprintf(sql, sizeof sql, "SELECT sequence FROM audit_chain WHERE tenant_id = '%s' AND position = %lld",
                 f.tenant_a, numbers[i].position);
        snprintf(texts[numbers[i].letter - 'A'], 64, "%lld", numbers[i].position);
        snprintf(texts[numbers[i].of - 'A'], 64, "%lld", number_of(connection, sql));
    }
    snprintf(texts['T' - 'A'], 64, "'%s'", f.tenant_a);
    for (int i = 0; i < 26; i++)
        values[i] = texts[i][0] ? texts[i] : NULL;
    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
        char filled[1000], expected[300];
        fill_in(attacks[i].sql, values, filled, sizeof filled);
        fill_in(attacks[i].expected, values, expected, sizeof expected);
        tamper(connection, "CREATE TABLE keep_audit AS SELECT * FROM audit");
        tamper(connection, "CREATE TABLE keep_chain AS SELECT * FROM audit_chain");
        tamper(connection, off[0]);
        tamper(connection, off[1]);
        tamper(connection, filled);
        const vouch_audit_report report = verify_kept(&keys, attacks[i].by_head ? &kept : NULL, &all);
        cr_expect_str_eq(all.text, expected, "%s: %s, not %s", attacks[i].name, all.text, expected);
        cr_expect_gt(report.findings, 0, "%s", attacks[i].name);
        tamper(connection, "DELETE FROM audit_chain; DELETE FROM audit");
        tamper(connection, "INSERT INTO audit OVERRIDING SYSTEM VALUE SELECT * FROM keep_audit");
        tamper(connection, "INSERT INTO audit_chain SELECT * FROM keep_chain");
        tamper(connection, "DROP TABLE keep_audit, keep_chain");
        verify_kept(&keys, &kept, &all);
        cr_expect_str_eq(all.text, "", "put back after: %s", attacks[i].name);
    }
    PQfinish(connection);
}

/* The whole chain made anew by somebody who owns the database, but has no key, or another. */
Test(audit, a_chain_made_anew_needs_the_key)
{
    const vouch_audit_keys keys = keys_of(KEY_ONE), forged = keys_of(KEY_TWO);
    found all;
    fixture_claim(&f.employee, "N-1");
    seal_with(&keys);
    const vouch_audit_head kept = head_of(f.tenant_a);
    PGconn *connection = superuser();
    tamper(connection, off[0]);
    tamper(connection, off[1]);
    tamper(connection,
           "UPDATE audit SET account_name = 'another' WHERE sequence = (SELECT max(sequence) - 1 FROM audit)");
    tamper(connection, "DELETE FROM audit_chain");
    seal_with(no_key());
    verify_with(&keys, &all);
    char expected[64];
    snprintf(expected, sizeof expected, "key-missing@%lld", (long long)kept.position);
    cr_expect_eq(strncmp(all.text, expected, strlen(expected)), 0, "%s", all.text);
    verify_kept(no_key(), &kept, &all);
    cr_expect_neq(strstr(all.text, "head-changed@"), NULL, "%s", all.text);
    tamper(connection, "DELETE FROM audit_chain");
    seal_with(&forged);
    vouch_audit_report report = verify_with(&keys, &all);
    cr_expect_eq(strncmp(all.text, "key-unknown@1/", 14), 0, "%s", all.text);
    cr_expect_eq(report.findings, kept.position);
    PQfinish(connection);
}

/* Only the tail is sealed anew, without the key that the rows before have. */
Test(audit, leaving_the_key_is_found)
{
    const vouch_audit_keys keys = keys_of(KEY_ONE);
    found all;
    fixture_claim(&f.employee, "L-1");
    seal_with(&keys);
    fixture_claim(&f.employee, "L-2");
    seal_with(no_key());
    const vouch_audit_head head = head_of(f.tenant_a);
    char expected[64];
    snprintf(expected, sizeof expected, "key-missing@%lld/%lld", (long long)head.position, (long long)head.sequence);
    verify_with(&keys, &all);
    cr_expect_str_eq(all.text, expected);
}

Test(audit, a_new_key_takes_over_with_a_row_that_says_so)
{
    const vouch_audit_keys one = keys_of(KEY_ONE), both = keys_of("# newest first\n\n" KEY_TWO KEY_ONE);
    found all;
    seal_with(no_key());
    const int64_t plain = head_of(f.tenant_a).position;
    cr_expect_eq(seal_with(&one), 2, "one row for each tenant");
    cr_expect_eq(seal_with(&one), 0);
    cr_expect_eq(seal_with(&both), 2);
    const vouch_audit_report report = verify_with(&both, &all);
    cr_expect_str_eq(all.text, "");
    cr_expect_eq(report.sealed, plain + 2);
    cr_expect_eq(report.keyed, 2);
    cr_expect_str_eq(report.head.key_id, both.keys[0].id);
}

/* Numbers are taken before the commit: a row with a lower number may appear after a higher one was sealed. */
Test(audit, a_late_commit_is_sealed_and_not_taken_for_an_insertion)
{
    found all;
    seal_with(no_key());
    PGconn *late = superuser();
    char sql[400];
    snprintf(sql, sizeof sql,
             "BEGIN; INSERT INTO audit (tenant_id, action, subject, subject_id) VALUES ('%s', 'test.late', 'claim', "
             "gen_random_uuid())",
             f.tenant_a);
    tamper(late, sql);
    fixture_claim(&f.employee, "late");
    vouch_audit_sealer *sealer = NULL;
    size_t sealed = 0;
    OK(vouch_audit_sealer_new(no_key(), &sealer, err));
    OK(vouch_store_audit_seal(f.work, sealer, NULL, NULL, &sealed, err));
    cr_expect_eq(sealed, 1);
    fixture_claim(&f.employee, "later");
    OK(vouch_store_audit_seal(f.work, sealer, NULL, NULL, &sealed, err));
    cr_expect_eq(sealed, 1);
    tamper(late, "COMMIT");
    cr_expect_eq(verify_with(no_key(), &all).unsealed, 1);
    cr_expect_str_eq(all.text, "");
    OK(vouch_store_audit_seal(f.work, sealer, NULL, NULL, &sealed, err));
    cr_expect_eq(sealed, 1);
    /* Rolled back: the gap stays, and is no finding. */
    tamper(late, sql);
    fixture_claim(&f.employee, "latest");
    tamper(late, "ROLLBACK");
    OK(vouch_store_audit_seal(f.work, sealer, NULL, NULL, &sealed, err));
    OK(vouch_store_audit_seal(f.work, sealer, NULL, NULL, &sealed, err));
    cr_expect_eq(verify_with(no_key(), &all).unsealed, 0);
    cr_expect_str_eq(all.text, "");
    vouch_audit_sealer_free(&sealer);
    PQfinish(late);
}

/* More rows than one batch, sealed by several at once while others write. */
static void *seal_in_thread(void *data)
{
    vouch_store *store = fixture_open(VOUCH_DATABASE_ROLE_WORK);
    vouch_audit_sealer *sealer = NULL;
    OK(vouch_audit_sealer_new(no_key(), &sealer, err));
    for (int i = 0; i < 10; i++)
        OK(vouch_store_audit_seal(store, sealer, NULL, NULL, NULL, err));
    vouch_audit_sealer_free(&sealer);
    vouch_store_close(&store);
    return data;
}

static void *write_in_thread(void *data)
{
    PGconn *connection = superuser();
    char sql[400];
    snprintf(sql, sizeof sql,
             "INSERT INTO audit (tenant_id, action, subject, subject_id) SELECT '%s', 'test.bulk', 'claim', "
             "gen_random_uuid() FROM generate_series(1, 300)",
             f.tenant_a);
    for (int i = 0; i < 10; i++)
        tamper(connection, sql);
    PQfinish(connection);
    return data;
}

Test(audit, several_sealers_and_writers_at_once)
{
    found all;
    pthread_t threads[6];
    for (int i = 0; i < 6; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, i % 2 ? seal_in_thread : write_in_thread, NULL), 0);
    for (int i = 0; i < 6; i++)
        pthread_join(threads[i], NULL);
    seal_with(no_key());
    const vouch_audit_report report = verify_with(no_key(), &all);
    cr_expect_str_eq(all.text, "");
    cr_expect_gt(report.sealed, 9000);
    cr_expect_eq(report.unsealed, 0);
    cr_expect_eq(report.head.position, report.sealed);
}

Test(audit, roles_that_serve_can_only_add)
{
    seal_with(no_key());
    static const char *const roles[] = {"vouch_serve", "vouch_work", "vouch_read", "vouch_owner"};
    static const char *const statements[] = {
        "UPDATE audit SET action = 'x'",       "DELETE FROM audit",       "TRUNCATE audit",
        "UPDATE audit_chain SET position = 9", "DELETE FROM audit_chain", "TRUNCATE audit_chain",
    };
    for (size_t r = 0; r < sizeof roles / sizeof roles[0]; r++)
        for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
            PGconn *connection = superuser();
            char sql[300];
            snprintf(sql, sizeof sql, "SET ROLE %s; SET vouch.tenant = '%s'", roles[r], f.tenant_a);
            tamper(connection, sql);
            PGresult *result = PQexec(connection, statements[i]);
            cr_expect_eq(PQresultStatus(result), PGRES_FATAL_ERROR, "%s: %s", roles[r], statements[i]);
            cr_expect_str_eq(PQresultErrorField(result, PG_DIAG_SQLSTATE) ?: "", "42501", "%s: %s", roles[r],
                             statements[i]);
            PQclear(result);
            PQfinish(connection);
        }
}

Test(audit, creations_say_what_they_made)
{
    static const char *const actions[] = {"tenant.create", "branch.create",   "account.create",
                                          "token.create",  "document.accept", "claim.create"};
    vouch_claim claim = fixture_claim(&f.employee, "S-9");
    fixture_document(&f.employee, claim.id, "s");
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        const vouch_audit_filter filter = {.action = actions[i]};
        vouch_audit_entry *entries = NULL;
        size_t count = 0;
        vouch_principal who;
        vouch_principal_operator(f.tenant_a, &who);
        OK(vouch_store_audit_search(f.owner, &who, &filter, f.arena, &entries, &count, err));
        cr_assert_gt(count, 0, "%s", actions[i]);
        cr_expect(entries[0].after && strchr(entries[0].after, ':'), "%s: %s", actions[i], entries[0].after);
    }
}

Test(audit, is_searched_by_every_filter)
{
    vouch_claim claim = fixture_claim(&f.employee, "F-1");
    fixture_document(&f.employee, claim.id, "filter");
    const struct {
        vouch_audit_filter filter;
        size_t least, most;
    } rows[] = {
        {{.subject_id = claim.id}, 1, 1},
        {{.subject = "claim"}, 1, 1},
        {{.action = "claim.create"}, 1, 1},
        {{.action = "document."}, 1, 1},
        {{.action = "nothing"}, 0, 0},
        {{.account = "employee", .action = "claim."}, 1, 1},
        {{.account = f.employee.account_id}, 2, 2},
        {{.from = "2000-01-01"}, 5, 100},
        {{.from = "2999-01-01"}, 0, 0},
        {{.to = "2000-01-01T00:00:00Z"}, 0, 0},
        {{.limit = 2}, 2, 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        vouch_audit_entry *entries = NULL;
        size_t count = 0;
        OK(vouch_store_audit_search(f.serve, &f.auditor, &rows[i].filter, f.arena, &entries, &count, err));
        cr_expect(count >= rows[i].least && count <= rows[i].most, "row %zu: %zu", i, count);
    }
    const vouch_audit_filter wrong = {.from = "yesterday morning"};
    vouch_audit_entry *entries = NULL;
    size_t count = 0;
    FAILS(VOUCH_INVALID_FIELD, vouch_store_audit_search(f.serve, &f.auditor, &wrong, f.arena, &entries, &count, err));
}

Test(audit, key_files_are_checked)
{
    static const struct {
        const char *text;
        mode_t mode;
    } rows[] = {
        {"", 0600}, {"# only words\n", 0600}, {"0011\n", 0600}, {KEY_ONE "zz", 0600}, {KEY_ONE, 0644},
    };
    vouch_audit_keys keys;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char path[] = "/tmp/vouch-audit-key-XXXXXX";
        int fd = mkstemp(path);
        cr_assert_eq(write(fd, rows[i].text, strlen(rows[i].text)), (ssize_t)strlen(rows[i].text));
        cr_assert_eq(fchmod(fd, rows[i].mode), 0);
        close(fd);
        FAILS(VOUCH_CONFIG, vouch_audit_keys_load(path, &keys, err));
        unlink(path);
    }
    FAILS(VOUCH_CONFIG, vouch_audit_keys_load("/nowhere/at/all", &keys, err));
    OK(vouch_audit_keys_load("", &keys, err));
    cr_expect_eq(keys.count, 0);
}
