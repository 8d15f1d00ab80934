"""A machine: its database, its folder, its keys; and `vouch admin` at its prompt."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["VOUCH_SOURCE_DIR"], "tests", "integration", "api"))
from harness import Database, Service, check, eventually, fixture  # noqa: E402

PROGRAM = os.environ["VOUCH_TEST_PROGRAM"]
ROLES = "vouch_serve, vouch_work, vouch_read, vouch_backup, vouch_owner"


def new_key():
    return subprocess.run([PROGRAM, "admin", "keys", "new"], check=True, capture_output=True, text=True).stdout


def add_key(path):
    """A new key above those that are there."""
    old = ""
    if os.path.exists(path):
        with open(path, encoding="ascii") as file:
            old = file.read()
    with open(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(new_key() + old)
    os.rename(path + ".new", path)


class Machine:
    """`empty`: a cluster that has never seen Vouch, not even its roles."""

    def __init__(self, empty=False):
        self.folder = tempfile.TemporaryDirectory(prefix="vouch-backup-")
        self.blobs, self.keys = self.path("blobs"), self.path("keys")
        add_key(self.keys)
        self.database = Database()
        if empty:
            self.clear()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def clear(self):
        self.database.sql("DROP SCHEMA vouch CASCADE")
        self.database.sql("DROP OWNED BY %s; DROP ROLE %s" % (ROLES, ROLES))

    def service(self, *options):
        service = Service(self.database, "--blob-key-file", self.keys, *options, blobs=self.blobs)
        worker = service.worker("--blob-key-file", self.keys, "--page-picture-max", "2", "--audit-seal-seconds", "0")
        worker.event("ready")
        return service, worker

    def admin(self, *arguments, limit=None, **options):
        """Exit code and all that was said. options: backup_key_file="…" """
        given = dict({"database": self.database.conninfo, "blob_dir": self.blobs, "blob_key_file": self.keys},
                     **options)
        command = [PROGRAM, "admin", *arguments]
        for name, value in given.items():
            if value is not None:
                command += ["--" + name.replace("_", "-"), value]
        done = subprocess.run(command, capture_output=True, text=True, preexec_fn=limit, check=False)
        return done.returncode, done.stdout + done.stderr

    def rows(self):
        """Every row of every table, as text, sorted."""
        tables = self.database.sql("SELECT relname FROM pg_class WHERE relnamespace = 'vouch'::regnamespace AND "
                                   "relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1")
        return {name: sorted(map(tuple, self.database.sql('SELECT t::text FROM "%s" t' % name))) for name, in tables}

    def schema(self):
        """Definitions that a restored database must have as well."""
        return {
            "policies": self.database.sql("SELECT tablename, policyname, permissive, roles, cmd, qual FROM pg_policies "
                                          "WHERE schemaname = 'vouch' ORDER BY 1, 2"),
            "security": self.database.sql("SELECT relname, relrowsecurity, relforcerowsecurity, relacl::text, "
                                          "relowner::regrole FROM pg_class WHERE relnamespace = 'vouch'::regnamespace "
                                          "AND relkind IN ('r', 'p', 'S') ORDER BY 1"),
            "functions": self.database.sql("SELECT proname, md5(prosrc), prosecdef, proacl::text FROM pg_proc WHERE "
                                           "pronamespace = 'vouch'::regnamespace ORDER BY 1, 2"),
            "triggers": self.database.sql("SELECT tgrelid::regclass, tgname, tgenabled FROM pg_trigger WHERE NOT "
                                          "tgisinternal ORDER BY 1, 2"),
            "indexes": self.database.sql("SELECT indexdef FROM pg_indexes WHERE schemaname = 'vouch' ORDER BY 1"),
        }

    def referenced(self):
        return sorted(tuple(row) for row in self.database.sql(
            "SELECT tenant_id, sha256 FROM document WHERE erased_at IS NULL UNION SELECT tenant_id, sha256 FROM page_picture UNION "
            "SELECT tenant_id, words_sha256 FROM reading WHERE words_sha256 IS NOT NULL"))


def stored(folder):
    """(tenant, hash) → path of every blob in a store."""
    found = {}
    for top, _, names in os.walk(os.path.join(folder, "tenants")):
        for name in names:
            if len(name) == 64:
                tenant = os.path.relpath(top, os.path.join(folder, "tenants")).split(os.sep)[0]
                found[tenant, name] = os.path.join(top, name)
    return found


def upload(service, names, tenant="alpha", login="employee"):
    """Documents into a claim, read to the end; their ids."""
    client = service.client(login, tenant)
    claim = client.claim(title="backup")["id"]
    ids = [client.upload("/v1/claims/%s/documents" % claim, fixture(name), name, Idempotency_Key="b-%s-%d" % (claim, i))
           .json["id"] for i, name in enumerate(names)]
    check("%d documents of %s are read" % (len(ids), tenant),
          eventually(lambda: all(client.get("/v1/documents/" + one).json.get("state") == "done" for one in ids), 60))
    return ids
