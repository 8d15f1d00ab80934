"""Backups: of a running service, incremental, encrypted; restored into an empty machine where every row and every blob
is the same and the service goes on; and what must be refused or told."""
import os
import resource
import shutil
import signal
import subprocess

from world import Machine, Service, add_key, check, stored, upload
from harness import equal, eventually, finish, fixture

home, other = Machine(), Machine(empty=True)
folder, keys = home.path("backups"), home.path("backup.keys")
add_key(keys)
service, worker = home.service()
upload(service, ["vat-pdf-1.pdf", "digital-xml-3.xml"])
upload(service, ["vat-ofd-2.ofd"], tenant="beta")


def backup(machine=home, into=folder, **options):
    return machine.admin("backup", into, **dict({"backup_key_file": keys}, **options))


def copied(said):
    return int(said.split(" copied now")[0].split()[-1])


def names():
    return sorted(os.listdir(os.path.join(folder, "backups")))


def backups_of_a_running_service():
    code, said = backup()
    equal("a backup beside the running service", code, 0)
    check("it says what it has", "rows of" in said and "read back" in said, said)
    first = copied(said)
    equal("all blobs that rows refer to", first, len(home.referenced()))
    upload(service, ["digital-xml-3.xml"], login="colleague")
    upload(service, ["vat-pdf-1.pdf"], tenant="beta")
    code, said = backup()
    equal("the next one", code, 0)
    check("copies what is new", copied(said) < first, said)
    equal("both are there", len(names()), 2)
    code, said = home.admin("backup", "list", folder, backup_key_file=keys)
    equal("and listed", (code, [line.split()[0] for line in said.splitlines()]), (0, names()))


def nothing_is_plain():
    marks = [fixture("vat-pdf-1.pdf")[:64], fixture("digital-xml-3.xml")[:200], b"PGDMP", b"vouch_owner", b"alpha"]
    plain = []
    for top, _, files in os.walk(folder):
        for name in files:
            with open(os.path.join(top, name), "rb") as file:
                data = file.read()
            plain += [(name, mark) for mark in marks if mark in data]
    equal("nothing of it is plain on the disk", plain, [])


def restores_all():
    service.stop()
    worker.stop()
    # Times, so that the last backup has what the comparison sees.
    code, said = backup()
    equal("a backup of the stopped service", code, 0)
    code, said = home.admin("backup", "verify", folder, backup_key_file=keys)
    check("it can be read to its end", code == 0 and "is whole" in said, said)
    before = home.rows()
    check("there are rows in all that matters", all(before[name] for name in (
        "tenant", "branch", "account", "api_token", "claim", "document", "reading", "page_picture", "invoice",
        "invoice_key", "allocation", "audit", "outbox", "migration")), {name: len(rows) for name, rows in before.items()})
    code, said = other.admin("restore", folder, backup_key_file=keys)
    equal("restored into an empty cluster and folder", (code, said), (0, said))
    after = other.rows()
    equal("the same tables", sorted(after), sorted(before))
    for name in before:
        equal("table %s: each of %d rows" % (name, len(before[name])), after[name] == before[name], True)
    mine, theirs = home.schema(), other.schema()
    for what in mine:
        equal("the same %s" % what, theirs[what] == mine[what], True)
    equal("each blob that a row refers to, and no other", sorted(stored(other.blobs)), home.referenced())
    again = other.path("again")
    code, said = backup(other, again)
    check("each blob is read and has its hash", code == 0 and copied(said) == len(home.referenced()), said)


def goes_on_where_it_was():
    restored = Service(other.database, "--blob-key-file", other.keys, blobs=other.blobs)
    restored_worker = restored.worker("--blob-key-file", other.keys)
    document = home.database.sql("SELECT id FROM document WHERE format = 'pdf' AND outcome = 'accepted' LIMIT 1")[0][0]
    other.database.accounts = home.database.accounts  # the same tokens open it
    client = restored.client("employee")
    answer = client.get("/v1/documents/" + document)
    equal("a document is there", (answer.status, answer.json.get("outcome")), (200, "accepted"))
    equal("with its original", client.get("/v1/documents/%s/original" % document).body, fixture("vat-pdf-1.pdf"))
    page = client.get("/v1/documents/%s/pages/1.png" % document)
    check("and the picture of its page", page.status == 200 and page.body[:4] == b"\x89PNG", page)
    claim = client.claim(title="after")["id"]
    again = client.upload("/v1/claims/%s/documents" % claim, fixture("vat-pdf-1.pdf"), "again.pdf",
                          Prefer="wait=50", Idempotency_Key="after-1")
    equal("and the invoice is known as claimed", again.json.get("outcome"), "duplicate")
    restored.stop()
    restored_worker.stop()


def refuses_what_is_not_empty():
    code, said = other.admin("restore", folder, backup_key_file=keys)
    check("no restore over a database", code == 3 and "database is not empty" in said, said)
    other.clear()
    code, said = other.admin("restore", folder, backup_key_file=keys)
    check("nor over blobs", code == 3 and "blobs is not empty" in said, said)
    equal("nothing was done", other.database.sql("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'vouch%'"),
          [["0"]])
    shutil.rmtree(other.blobs)
    code, said = other.admin("restore", folder, names()[0], backup_key_file=keys)
    check("an older one by its name", code == 0 and names()[0] in said, said)
    older = len(other.rows()["document"])
    someone = subprocess.Popen(["psql", "-X", "-q", other.database.conninfo], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    someone.stdin.write("\\echo here\n")
    someone.stdin.flush()
    someone.stdout.readline()
    code, said = other.admin("restore", folder, "--overwrite", backup_key_file=keys)
    check("not over one that is in use", code == 3 and "other sessions use the database" in said, said)
    someone.communicate("")
    gone = "SELECT count(*) FROM pg_stat_activity WHERE usename IS NOT NULL AND datname = 'vouch'"
    eventually(lambda: other.database.sql(gone) == [["1"]])
    code, said = other.admin("restore", folder, "--overwrite", backup_key_file=keys)
    check("and over it when told so", code == 0 and names()[-1] in said, said)
    check("the newer one is there", len(other.rows()["document"]) > older)
    equal("and nothing is left aside", other.database.sql(
        "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'vouch%'"), [["vouch"]])
    code, said = other.admin("restore", folder, "20010101T000000Z", backup_key_file=keys)
    check("there is no other", code == 3 and "has no backup 20010101T000000Z" in said, said)
    code, said = other.admin("restore", other.blobs, backup_key_file=keys)
    check("nor in another folder", code == 3 and "is no folder of backups" in said, said)


def edit(path, at=-40):
    with open(path, "r+b") as file:
        file.seek(at, os.SEEK_END if at < 0 else os.SEEK_SET)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))


def finds_damage():
    blobs = stored(os.path.join(folder, "blobs"))
    nobody = "00000000-0000-0000-0000-000000000000"
    own = sorted((os.stat(path).st_mtime_ns, path) for (tenant, _), path in blobs.items() if tenant == nobody)
    cases = [("a document", next(path for (tenant, _), path in sorted(blobs.items()) if tenant != nobody)),
             ("the dump", max((path for _, path in own[-3:]), key=os.path.getsize))]
    for what, path in cases:
        for at in (-40, 70):
            edit(path, at)
            code, said = home.admin("backup", "verify", folder, backup_key_file=keys)
            tenant = os.path.relpath(path, os.path.join(folder, "blobs", "tenants")).split(os.sep)[0]
            relative = os.path.join(folder, "blobs", "tenants", tenant)
            check("damage to %s is found and named" % what,
                  code == 3 and relative in said and os.path.basename(path) in said and "was edited" in said, said)
            if what == "the dump":
                code, said = other.admin("restore", folder, "--overwrite", backup_key_file=keys)
                check("and not restored", code == 3 and relative in said, said)
            edit(path, at)
        os.rename(path, path + ".away")
        code, said = home.admin("backup", "verify", folder, backup_key_file=keys)
        check("the loss of %s too" % what, code == 3 and os.path.basename(path) in said, said)
        os.rename(path + ".away", path)
    check("the database that was there is still there", len(other.rows()["document"]) > 0)
    pointer = os.path.join(folder, "backups", names()[-1])
    with open(pointer, encoding="ascii") as file:
        kept = file.read()
    with open(os.path.join(folder, "backups", names()[0]), encoding="ascii") as file:
        older = file.read()
    for what, text, reason in (("an older manifest under a newer name", older, "leads to the manifest of backup"),
                               ("a manifest that is none", "0" * 64 + "\n", "there is no"),
                               ("a name that is cut off", kept[:20], "is damaged")):
        with open(pointer, "w", encoding="ascii") as file:
            file.write(text)
        code, said = home.admin("backup", "verify", folder, backup_key_file=keys)
        check("%s is refused" % what, code == 3 and reason in said, said)
    with open(pointer, "w", encoding="ascii") as file:
        file.write(kept)
    code, said = home.admin("backup", "verify", folder, backup_key_file=keys)
    equal("put right, all is well", code, 0)


def tells_which_key():
    wrong = home.path("wrong.keys")
    add_key(wrong)
    with open(keys, encoding="ascii") as file:
        key = file.read()[:16]
    for verb in ("verify", "list"):
        code, said = home.admin("backup", verb, folder, backup_key_file=wrong)
        check("%s with a wrong key names the right one" % verb, code == 3 and key in said and "needed" in said, said)
    code, said = backup(backup_key_file=wrong)
    check("no backup is mixed under another key", code == 3 and key in said, said)
    code, said = home.admin("backup", home.path("none"), blob_key_file=None)
    check("and none is plain", code == 3 and "backup_key_file" in said, said)
    code, said = home.admin("backup", home.path("wrong"), blob_key_file=wrong, backup_key_file=wrong)
    check("nor is one made without the key of the blobs", code == 3 and "master key" in said, said)


def small_disk():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30000, 30000))


def survives_a_full_disk():
    full = home.path("full")
    code, said = home.admin("backup", full, limit=small_disk, backup_key_file=keys)
    check("a full disk is told", code == 3 and "File too large" in said, said)
    code, said = home.admin("backup", "list", full, backup_key_file=keys)
    equal("and leaves no half a backup", (code, said), (0, ""))
    code, said = backup(into=full)
    equal("with room again it goes on", code, 0)
    code, said = other.admin("restore", full, "--overwrite", limit=small_disk, backup_key_file=keys)
    check("on the other side it goes on from blobs that are there", code == 0, said)


def goes_on_without_what_is_lost():
    lost = sorted(stored(home.blobs))[0]
    os.rename(stored(home.blobs)[lost], home.path("lost"))
    hole = home.path("hole")
    code, said = backup(into=hole)
    check("a lost blob is named, the others are saved", code == 1 and lost[1] in said and "1 blobs" in said, said)
    code, said = home.admin("backup", "list", hole, backup_key_file=keys)
    check("the list says so", "some missing" in said, said)
    code, said = other.admin("restore", hole, "--overwrite", backup_key_file=keys)
    check("and so does restoring it", code == 1 and "missing" in said, said)
    equal("nothing is kept twice", os.path.exists(os.path.join(hole, "backups")), True)
    os.rename(home.path("lost"), home.path("blobs/tenants/%s/%s" % (lost[0], os.path.relpath(
        stored(os.path.join(folder, "blobs"))[lost], os.path.join(folder, "blobs", "tenants", lost[0])))))
    code, said = backup(into=hole)
    check("once it is back, the next one is whole", code == 0, said)


def one_at_a_time():
    held = subprocess.Popen(["flock", os.path.join(folder, "vouch-backup"), "sh", "-c", "echo held; read line"],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    held.stdout.readline()
    code, said = backup()
    check("two backups don't write into one folder at once", code == 3 and "another backup" in said, said)
    held.communicate()


def needs_no_superuser():
    home.database.sql("CREATE ROLE keeper LOGIN IN ROLE vouch_backup")
    as_keeper = home.database.conninfo.replace("user=postgres", "user=keeper")
    code, said = backup(database=as_keeper)
    check("a login that may only read makes backups", code == 0, said)
    refused = subprocess.run(["psql", "-X", as_keeper, "-c", "SET ROLE vouch_backup; DELETE FROM vouch.outbox"],
                             capture_output=True, text=True, check=False)
    check("and can't write", refused.returncode != 0 and "permission denied" in refused.stderr, refused.stderr)
    home.database.sql("CREATE TABLE hidden (t integer); ALTER TABLE hidden ENABLE ROW LEVEL SECURITY")
    code, said = backup()
    check("a table that it does not see stops it", code == 3 and "hidden" in said and "vouch migrate" in said, said)
    home.database.sql("DROP TABLE hidden")
    before = home.rows()
    other.clear()
    shutil.rmtree(other.blobs)
    other.database.sql("CREATE ROLE installer LOGIN CREATEROLE; GRANT CREATE ON DATABASE vouch TO installer")
    code, said = other.admin("restore", folder, backup_key_file=keys,
                             database=other.database.conninfo.replace("user=postgres", "user=installer"))
    check("a login that may install Vouch restores", code == 0, said)
    equal("all rows", other.rows() == before, True)
    equal("and owns nothing of it", other.database.sql("SELECT DISTINCT relowner::regrole FROM pg_class WHERE "
                                                       "relnamespace = 'vouch'::regnamespace"), [["vouch_owner"]])


def keeps_the_newest():
    before = len(stored(os.path.join(folder, "blobs")))
    kept = names()[-1]
    code, said = home.admin("backup", "prune", folder, "1", backup_key_file=keys)
    check("older ones are removed", code == 0 and names() == [kept], said)
    check("with what only they had", len(stored(os.path.join(folder, "blobs"))) < before)
    code, said = home.admin("backup", "verify", folder, backup_key_file=keys)
    equal("the newest is whole", code, 0)
    for wrong in ("0", "-1", "all"):
        equal("not %s" % wrong, home.admin("backup", "prune", folder, wrong, backup_key_file=keys)[0], 2)


def sweep_waits_for_backups():
    """The lock that a backup holds, held by hand."""
    holder = subprocess.Popen(["psql", "-X", "-q", "-A", "-t", home.database.conninfo], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True)
    holder.stdin.write("SELECT pg_advisory_lock_shared(hashtext('vouch.blobs'));\n\\echo held\n")
    holder.stdin.flush()
    while holder.stdout.readline() != "held\n":
        pass
    orphan = sorted(stored(home.blobs).items())[0][1]
    name = "f" * 64
    planted = os.path.join(home.blobs, "tenants", sorted(stored(home.blobs))[0][0], *(
        ["ff"] * (len(os.path.relpath(orphan, home.blobs).split(os.sep)) - 3)), name)
    os.makedirs(os.path.dirname(planted), exist_ok=True)
    shutil.copy(orphan, planted)
    os.utime(planted, (1000000000, 1000000000))
    sweeper = Service.worker(service_like(), "--orphan-sweep-seconds", "1", "--orphan-min-age-seconds", "60",
                             "--lease-seconds", "5", "--blob-key-file", home.keys)
    sweeper.event("ready")
    check("and removes nothing meanwhile", not eventually(lambda: not os.path.exists(planted), 3))
    holder.stdin.close()
    holder.wait()
    check("afterwards it does", eventually(lambda: not os.path.exists(planted), 30))
    sweeper.stop()


def service_like():
    """What Service.worker needs of a service, when only a worker is wanted."""
    class Like:
        database, blobs = home.database, home.blobs
    return Like


for test in (backups_of_a_running_service, nothing_is_plain, restores_all, goes_on_where_it_was,
             refuses_what_is_not_empty, finds_damage, tells_which_key, survives_a_full_disk,
             goes_on_without_what_is_lost, one_at_a_time, needs_no_superuser, sweep_waits_for_backups, keeps_the_newest):
    test()
finish()
