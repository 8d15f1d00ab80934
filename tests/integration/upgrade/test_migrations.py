"""Each migration on a filled database of the version before it; damaged and killed ones; two at once.

With VOUCH_TEST_LONG=1 each migration is broken at every one of its statements, else at its middle and last one.
"""
import os
import re
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "api"))
from harness import SOURCE, Database, check, equal, eventually, finish  # noqa: E402
from filler import contents, fill, psql  # noqa: E402

PROGRAM = os.environ["VOUCH_TEST_PROGRAM"]
database = Database()
FOLDER = os.path.join(SOURCE, "src", "store", "migrations")
FILES = {int(name[:4]): name for name in os.listdir(FOLDER) if re.match(r"^\d{4}_.*\.sql$", name)}
VERSIONS = sorted(FILES)

# What a migration takes away on purpose: {version: {table: columns}}; None: the whole table.
TAKEN = {}


def named(name):
    return re.sub(r"dbname=\S+", "dbname=" + name, database.conninfo)


def create(name, template=None):
    psql(named("postgres"), "DROP DATABASE IF EXISTS %s;" % name)
    psql(named("postgres"), "CREATE DATABASE %s %s;" % (name, "TEMPLATE " + template if template else ""))
    return named(name)


def migrate(conninfo, to=None):
    return subprocess.run([PROGRAM, "migrate", "--database", conninfo] + (["--to", str(to)] if to else []),
                          capture_output=True, text=True, timeout=120)


def schema_of(conninfo):
    """Everything but the comments and the random word that newer pg_dumps write."""
    text = subprocess.run(["pg_dump", "--schema-only", "--dbname", conninfo], capture_output=True, text=True,
                          check=True).stdout
    return "\n".join(line for line in text.splitlines() if line and not line.startswith(("--", "\\")))


def check_rows(name, version, before, after):
    for table, (columns, count, digest) in before.items():
        if table in TAKEN.get(version, {}) and TAKEN[version][table] is None:
            continue
        gone = set(columns) - set(after.get(table, ([],))[0]) - set(TAKEN.get(version, {}).get(table, ()))
        if not check("%s: %s keeps its columns" % (name, table), table in after and not gone, sorted(gone)):
            continue
        equal("%s: %s keeps its %d rows as they were" % (name, table, count), after[table][1:], (count, digest))


def check_schema(name, conninfo):
    equal("%s: every constraint is valid" % name, psql(conninfo, "SELECT conname FROM pg_constraint WHERE connamespace = "
          "'vouch'::regnamespace AND NOT convalidated;"), [])
    equal("%s: every table of tenants has its row-level security enabled and forced" % name, psql(conninfo, """
        SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
        WHERE c.relnamespace = 'vouch'::regnamespace AND c.relkind IN ('r', 'p')
        AND NOT (c.relrowsecurity AND c.relforcerowsecurity);"""), [])
    equal("%s: and a policy for the tenant" % name, psql(conninfo, """
        SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
        WHERE c.relnamespace = 'vouch'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT EXISTS
        (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND pg_get_expr(p.polqual, p.polrelid) LIKE '%vouch.tenant%');
        """), [])
    equal("%s: nothing is for everybody" % name, psql(conninfo, """
        SELECT c.relname FROM pg_class c, aclexplode(c.relacl) g WHERE c.relnamespace = 'vouch'::regnamespace AND g.grantee = 0
        UNION ALL SELECT p.proname FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g WHERE
        p.pronamespace = 'vouch'::regnamespace AND g.grantee = 0 AND p.prorettype <> 'trigger'::regtype;"""), [])
    equal("%s: the owner owns all" % name, psql(conninfo, "SELECT relname FROM pg_class WHERE relnamespace = "
          "'vouch'::regnamespace AND relowner <> 'vouch_owner'::regrole AND relkind IN ('r', 'p', 'S', 'v');"), [])


BREAK = """
CREATE SCHEMA breaking; CREATE SEQUENCE breaking.commands; GRANT USAGE ON SCHEMA breaking TO PUBLIC;
GRANT ALL ON SEQUENCE breaking.commands TO PUBLIC;
CREATE FUNCTION breaking.count() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
    -- only what comes before the migration is recorded: afterwards it is done
    IF (SELECT max(version) FROM vouch.migration) < %d AND nextval('breaking.commands') = %d THEN %s END IF; END $$;
CREATE EVENT TRIGGER breaking ON ddl_command_end EXECUTE FUNCTION breaking.count();
"""
MEND = "DROP EVENT TRIGGER breaking; DROP SCHEMA breaking CASCADE;"


def commands_of(version, before):
    """The numbers of a migration's first and last statement among those that end with the event."""
    conninfo = create("counting", before)
    psql(conninfo, BREAK % (version, -1, "NULL;"))
    last = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM breaking.commands;"
    equal("a run that has nothing to do can be counted", migrate(conninfo, version - 1).returncode, 0)
    usual = int(psql(conninfo, last)[0][0])
    equal("migration %d can be counted" % version, migrate(conninfo, version).returncode, 0)
    return usual + 1, int(psql(conninfo, last)[0][0]) - usual


def damaged(version, before):
    """It fails at one of its statements: nothing of it stays, and it can be applied afterwards."""
    wanted, rows = schema_of(named(before)), contents(named(before))
    first, last = commands_of(version, before)
    places = {(first + last) // 2, last}
    if os.environ.get("VOUCH_TEST_LONG"):
        places = range(first, last + 1)
    for at in sorted(places):
        name = "migration %d broken at command %d of %d" % (version, at - first + 1, last - first + 1)
        conninfo = create("broken", before)
        psql(conninfo, BREAK % (version, at, "RAISE EXCEPTION 'broken on purpose';"))
        done = migrate(conninfo, version)
        psql(conninfo, MEND)
        check(name + " is told", done.returncode == 3 and "broken on purpose" in done.stderr and
              FILES[version][:-4] in done.stderr, done)
        equal(name + " leaves the schema as it was", schema_of(conninfo), wanted)
        equal(name + " leaves the rows as they were", contents(conninfo), rows)
    equal("migration %d is applied afterwards" % version, migrate(conninfo, version).returncode, 0)


def killed(version, before):
    """The program is killed in the middle of a migration."""
    wanted, rows = schema_of(named(before)), contents(named(before))
    conninfo = create("killed", before)
    psql(conninfo, BREAK % (version, commands_of(version, before)[0], "PERFORM pg_sleep(100);"))
    program = subprocess.Popen([PROGRAM, "migrate", "--database", conninfo, "--to", str(version)])
    sleeping = "SELECT pid FROM pg_stat_activity WHERE datname = 'killed' AND wait_event = 'PgSleep';"
    check("migration %d is in its middle" % version, eventually(lambda: psql(conninfo, sleeping)))
    program.send_signal(signal.SIGKILL)
    program.wait()
    # The server notices when it next writes to the lost client; here it is told.
    psql(conninfo, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'killed' AND pid <> "
         "pg_backend_pid();")
    check("its session ends", eventually(lambda: not psql(conninfo, sleeping)))
    psql(conninfo, MEND)
    equal("killed in migration %d, the schema is as it was" % version, schema_of(conninfo), wanted)
    equal("and the rows", contents(conninfo), rows)
    equal("and it is applied afterwards", migrate(conninfo, version).returncode, 0)


def each_on_a_filled_database():
    conninfo = create("filled")
    for version in VERSIONS:
        name = FILES[version][:-4]
        before = contents(conninfo) if version > VERSIONS[0] else {}
        if before and version > 1:
            psql(named("postgres"), "DROP DATABASE IF EXISTS before;")
            psql(named("postgres"), "CREATE DATABASE before TEMPLATE filled;")
        done = migrate(conninfo, version)
        if not check("%s is applied to %d rows" % (name, sum(row[1] for row in before.values())), done.returncode == 0,
                     done):
            return
        check_rows(name, version, before, contents(conninfo, {t: row[0] for t, row in before.items()}))
        check_schema(name, conninfo)
        equal("%s: every table takes rows" % name, fill(conninfo, version), [])
        if before:
            damaged(version, "before")
    killed(VERSIONS[-1], "before")
    equal("again, there is nothing to do", migrate(conninfo).stdout,
          "schema version %d, nothing to do\n" % VERSIONS[-1])
    sealed = subprocess.run([PROGRAM, "admin", "audit", "seal", "--database", conninfo], capture_output=True, text=True)
    equal("the program seals what the old ones wrote", sealed.returncode, 0)
    verified = subprocess.run([PROGRAM, "admin", "audit", "verify", "--database", conninfo], capture_output=True,
                              text=True)
    check("and goes on from there", "findings" in verified.stdout, verified)


def two_at_once():
    for attempt in range(2):
        conninfo = create("together")
        programs = [subprocess.Popen([PROGRAM, "migrate", "--database", conninfo], stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT, text=True) for _ in range(3)]
        outputs = [program.communicate(timeout=120)[0] for program in programs]
        equal("three at once end well, attempt %d" % attempt, [program.returncode for program in programs], [0, 0, 0])
        equal("and one of them did it", sum("→" in output for output in outputs), 1)
        equal("each once", psql(conninfo, "SELECT count(*), count(DISTINCT version) FROM migration;"),
              [[str(len(VERSIONS))] * 2])


# A transaction as programs run them: it holds locks on several tables for a while, in an order of its own.
TRAFFIC = """BEGIN; UPDATE %s SET tenant_id = tenant_id; SELECT pg_sleep(0.02); UPDATE %s SET tenant_id = tenant_id;
SELECT pg_sleep(0.02); UPDATE %s SET tenant_id = tenant_id; COMMIT;"""


def under_traffic():
    """Transactions that lock the same tables in every order: nothing ends in a deadlock for good."""
    conninfo = create("traffic")
    migrate(conninfo, 1)
    fill(conninfo, 1)
    stop, rounds = threading.Event(), [0] * 4
    tables = ("job", "document", "claim", "invoice", "outbox")

    def work(which):
        while not stop.is_set():
            psql(conninfo, TRAFFIC % tuple(tables[(which + step * (which + 1)) % 5] for step in range(3)), check=False)
            rounds[which] += 1
    threads = [threading.Thread(target=work, args=(which,)) for which in range(4)]
    for thread in threads:
        thread.start()
    check("there is traffic", eventually(lambda: min(rounds) > 0))
    done = migrate(conninfo)
    before = list(rounds)
    check("it is migrated under traffic", done.returncode == 0 and "→ %d" % VERSIONS[-1] in done.stdout, done)
    check("which goes on", eventually(lambda: all(now > then for now, then in zip(rounds, before))))
    stop.set()
    for thread in threads:
        thread.join()
    equal("backups see every table", psql(conninfo, "SELECT c.relname FROM pg_class c WHERE c.relnamespace = "
          "'vouch'::regnamespace AND c.relkind IN ('r', 'p') AND NOT has_table_privilege('vouch_backup', c.oid, "
          "'SELECT');"), [])


def what_is_not_the_programs_is_refused():
    conninfo = create("strange")
    migrate(conninfo)
    psql(conninfo, "UPDATE migration SET checksum = 'x' WHERE version = %d;" % VERSIONS[-1])
    done = migrate(conninfo)
    check("a migration that differs is named", done.returncode == 3 and FILES[VERSIONS[-1]][:-4] in done.stderr, done)
    psql(conninfo, "UPDATE migration SET version = 9999, name = '9999_later' WHERE version = %d;" % VERSIONS[-1])
    done = migrate(conninfo)
    check("one that is not known is named", done.returncode == 3 and "9999_later" in done.stderr, done)


def every_one_says_who_may_run_on():
    conninfo = create("said")
    migrate(conninfo)
    recorded = {int(version): int(oldest) for version, oldest in psql(conninfo, "SELECT version, oldest FROM migration;")}
    for version in VERSIONS[1:]:
        with open(os.path.join(FOLDER, FILES[version]), encoding="utf-8") as file:
            said = re.search(r"(?m)^-- oldest program: (\d+)$", file.read())
        if check("%s says how old a program may be" % FILES[version], said and 1 <= int(said.group(1)) <= version):
            equal("and so it is recorded", recorded.get(version), int(said.group(1)))


began = time.monotonic()
for test in (every_one_says_who_may_run_on, each_on_a_filled_database, two_at_once, under_traffic,
             what_is_not_the_programs_is_refused):
    test()
    print("%s: %.1f s so far" % (test.__name__, time.monotonic() - began))
finish()
