"""Plausible rows for every table of whichever schema: by names of columns, types, checks and foreign keys.

A generic filler does not go stale: a table or column that a later migration adds is filled without a word here.
"""
import hashlib
import random
import re
import subprocess
import uuid

# Columns whose checks a type does not tell. {n} counts the rows of a table.
BY_NAME = {
    "slug": lambda r, n: "tenant-%d" % n,
    "currency": lambda r, n: r.choice(["CNY", "EUR", "USD"]),
    "sha256": lambda r, n: hashlib.sha256(b"%d %d" % (n, r.getrandbits(30))).hexdigest(),
    "xxh3": lambda r, n: "%032x" % r.getrandbits(128),
    "words_sha256": lambda r, n: hashlib.sha256(b"words %d" % n).hexdigest(),
    "hash": lambda r, n: "\\x" + hashlib.sha256(b"hash %d %d" % (n, r.getrandbits(30))).hexdigest(),
    "kind": lambda r, n: r.choice(["cn.digital.ordinary", "cn.rail.digital", "cn.air"]),
    "outcome": lambda r, n: r.choice(["accepted", "copy", "duplicate", "held"]),
    "format": lambda r, n: r.choice(["pdf", "ofd", "xml"]),
    "slot": lambda r, n: str(n % 4),
    "reading": lambda r, n: '{"schema": "vouch.reading/1", "invoices": [], "n": %d}' % n,
    "amount_minor": lambda r, n: str(r.randrange(1, 90)),
    "gross_minor": lambda r, n: str(r.randrange(1000, 900000)),
}
BY_TYPE = {
    "uuid": lambda r, n: str(uuid.UUID(int=r.getrandbits(128), version=4)),
    "text": lambda r, n: "文本 %d" % n,
    "boolean": lambda r, n: r.choice(["t", "f"]),
    "smallint": lambda r, n: str(n + 1),
    "integer": lambda r, n: str(n + 1),
    "bigint": lambda r, n: str(n + 1),
    "numeric": lambda r, n: str(n + 1),
    "real": lambda r, n: "0.5",
    "double precision": lambda r, n: "0.5",
    "date": lambda r, n: "2026-03-%02d" % (n % 28 + 1),
    "timestamp with time zone": lambda r, n: "2026-03-%02dT08:15:30.123Z" % (n % 28 + 1),
    "interval": lambda r, n: "%d days" % n,
    "json": lambda r, n: '{"n": %d, "名": "值"}' % n,
    "jsonb": lambda r, n: '{"n": %d}' % n,
    "bytea": lambda r, n: "\\x%064x" % r.getrandbits(256),
    "text[]": lambda r, n: '{"cn::%020d"}' % r.getrandbits(60),
    "uuid[]": lambda r, n: "{}",
    "bigint[]": lambda r, n: "{%d}" % n,
}
ROWS = 6  # of a table and tenant
TENANTS = 3


def psql(conninfo, script, check=True):
    done = subprocess.run(["psql", "-X", "-A", "-t", "-q", "-F", "\t", "-v", "ON_ERROR_STOP=" + ("1" if check else "0"),
                           conninfo], input="SET search_path = vouch;\n" + script, capture_output=True, text=True)
    if check and done.returncode:
        raise RuntimeError(done.stderr)
    return [line.split("\t") for line in done.stdout.splitlines() if line]


class Table:
    def __init__(self, name):
        self.name, self.columns, self.words, self.foreign = name, [], {}, []


def tables_of(conninfo):
    """Ordinary tables and roots of partitioned ones, parents before children."""
    tables = {}
    for name, column, kind, identity, generated in psql(conninfo, """
            SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attidentity, a.attgenerated
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE c.relnamespace = 'vouch'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            ORDER BY c.relname, a.attnum;"""):
        table = tables.setdefault(name, Table(name))
        if not identity and not generated:
            table.columns.append((column, kind))
    for name, text in psql(conninfo, """SELECT c.relname, pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_class c
            ON c.oid = k.conrelid WHERE k.connamespace = 'vouch'::regnamespace AND k.contype = 'c' AND NOT
            c.relispartition;"""):
        found = re.search(r"\(?(\w+) = ANY \(ARRAY\[(.*?)\]\)", text)
        if found and name in tables:
            tables[name].words[found.group(1)] = re.findall(r"'([^']*)'", found.group(2))
    for name, other, mine, theirs in psql(conninfo, """
            SELECT c.relname, f.relname, (SELECT string_agg(attname, ',' ORDER BY o) FROM unnest(k.conkey) WITH ORDINALITY
            u (n, o) JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.n), (SELECT string_agg(attname, ','
            ORDER BY o) FROM unnest(k.confkey) WITH ORDINALITY u (n, o) JOIN pg_attribute a ON a.attrelid = k.confrelid
            AND a.attnum = u.n) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class f ON f.oid =
            k.confrelid WHERE k.connamespace = 'vouch'::regnamespace AND k.contype = 'f' AND NOT c.relispartition;"""):
        if name in tables and other != name:
            tables[name].foreign.append((other, mine.split(","), theirs.split(",")))
    ordered, waiting = [], dict(tables)
    while waiting:
        ready = [t for t in waiting.values() if not any(other in waiting for other, _, _ in t.foreign)]
        if not ready:
            raise RuntimeError("tables refer to each other in a circle: %s" % sorted(waiting))
        for table in sorted(ready, key=lambda t: t.name):
            ordered.append(table)
            del waiting[table.name]
    return ordered


def quoted(text):
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"


def value_of(table, column, kind, rng, number):
    if column in table.words:
        return rng.choice(table.words[column])
    if column in BY_NAME:
        return BY_NAME[column](rng, number)
    if kind not in BY_TYPE:
        raise RuntimeError("no filler for %s.%s: %s" % (table.name, column, kind))
    return BY_TYPE[kind](rng, number)


def row_of(table, tenant, rng, number):
    """An INSERT whose foreign keys are those of rows that are there, taken at random by the database."""
    values = {}
    for column, kind in table.columns:
        values[column] = quoted(tenant if column == "tenant_id" else value_of(table, column, kind, rng, number))
    sources = []
    for index, (other, mine, theirs) in enumerate(table.foreign):
        if mine == ["tenant_id"]:
            continue
        # Which of the other's rows: the n-th, so that keys over pairs differ.
        sources.append("(SELECT * FROM %s WHERE tenant_id = %s OFFSET %d %% greatest((SELECT count(*) FROM %s WHERE "
                       "tenant_id = %s), 1) LIMIT 1) AS f%d" % (other, quoted(tenant), number + index * (number // 3),
                                                                 other, quoted(tenant), index))
        for column, theirs_column in zip(mine, theirs):
            if column != "tenant_id":
                values[column] = "f%d.%s" % (index, theirs_column)
    return "INSERT INTO %s (%s) SELECT %s%s ON CONFLICT DO NOTHING;" % (
        table.name, ", ".join(values), ", ".join(values.values()), " FROM " + ", ".join(sources) if sources else "")


# The program's own bookkeeping, not a tenant's data.
NOT_FILLED = {"migration", "job_slot"}


def fill(conninfo, seed):
    """Fill every table for several tenants. @return names of the tables that stayed empty"""
    rng = random.Random(seed)
    tables = [t for t in tables_of(conninfo) if t.name not in NOT_FILLED]
    tenants = [str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(TENANTS)]
    script = ["\\set ON_ERROR_ROLLBACK on"]
    for table in tables:
        for which, tenant in enumerate(tenants):
            for number in range(1 if table.name == "tenant" else ROWS):
                script.append(row_of(table, tenant, rng, seed * 1000 + which * ROWS + number))
    psql(conninfo, "\n".join(script), check=False)
    counts = psql(conninfo, " UNION ALL ".join("SELECT '%s', count(*) FROM %s WHERE tenant_id IN (%s)" % (
        t.name, t.name, ", ".join(map(quoted, tenants))) for t in tables) + ";")
    return sorted(name for name, count in counts if int(count) < TENANTS)


def columns_of(conninfo):
    """{table: its columns by name}, identity columns too."""
    return {name: columns.split(",") for name, columns in psql(conninfo, """
        SELECT c.relname, string_agg(a.attname, ',' ORDER BY a.attname) FROM pg_class c JOIN pg_attribute a ON
        a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE c.relnamespace = 'vouch'::regnamespace AND
        c.relkind IN ('r', 'p') AND NOT c.relispartition GROUP BY c.relname;""") if name not in NOT_FILLED}


def contents(conninfo, columns=None):
    """{table: (columns, count, hash over all rows)}. @param columns  {table: columns} to look at; None: all"""
    found = columns_of(conninfo)
    wanted = {table: [c for c in (found[table] if columns is None else columns[table]) if c in found[table]]
              for table in found if columns is None or table in columns}
    if not wanted:
        return {}
    rows = psql(conninfo, " UNION ALL ".join(
        "SELECT '%s', count(*), coalesce(md5(string_agg(t, E'\\n' ORDER BY t)), '') FROM (SELECT ROW(%s)::text AS t FROM "
        "%s) AS r" % (table, ", ".join('"%s"' % c for c in listed), table) for table, listed in wanted.items()) + ";")
    return {table: (wanted[table], int(count), digest) for table, count, digest in rows}
