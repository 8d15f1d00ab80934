"""Programs beside a schema that is newer than they are: they go on where it is allowed, and end where it is not."""
import os
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "api"))
from harness import PROGRAM, Database, Service, check, equal, eventually, finish, tiny_xml  # noqa: E402

database = Database()

# What additive migrations do, to the tables that every document goes through.
ADDITIVE = """
SET ROLE vouch_owner; SET search_path = vouch;
BEGIN;
ALTER TABLE document ADD COLUMN later_a text;
ALTER TABLE reading ADD COLUMN later_b integer NOT NULL DEFAULT 7;
ALTER TABLE invoice ADD COLUMN later_c jsonb;
ALTER TABLE audit ADD COLUMN later_d text;
ALTER TABLE claim ADD COLUMN later_e timestamptz DEFAULT now();
ALTER TABLE document_invoice ADD CONSTRAINT later_f CHECK (length(kind) > 0) NOT VALID;
ALTER TABLE document_invoice VALIDATE CONSTRAINT later_f;
CREATE INDEX later_g ON document (tenant_id, created_at);
CREATE TABLE later (tenant_id uuid NOT NULL REFERENCES tenant, id uuid NOT NULL, PRIMARY KEY (tenant_id, id));
CREATE OR REPLACE FUNCTION queue_later() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM document';
INSERT INTO migration (version, name, checksum, oldest) VALUES (%d, 'later', 'x', 1);
COMMIT;
"""


def apply(statements, version):
    done = subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", database.conninfo], text=True,
                          input=statements % version, capture_output=True)
    equal("migration %d is applied" % version, (done.returncode, done.stderr), (0, ""))


def documents(client, claim, numbers):
    return [client.upload("/v1/claims/%s/documents" % claim, tiny_xml("beside %d" % n), Prefer="wait=0").json["id"]
            for n in numbers]


def an_additive_migration_stops_nothing(service):
    client = service.client("employee")
    claim = client.claim(title="beside")["id"]
    worker = service.worker("--lease-seconds", "5", "--workers", "2")
    check("the worker is ready", worker.event("ready"))
    ids, stop = [], threading.Event()

    def upload():
        number = 0
        while not stop.is_set():
            ids.extend(documents(client, claim, [number]))
            number += 1
    uploader = threading.Thread(target=upload)
    uploader.start()
    check("documents are read before", eventually(lambda: int(database.sql(
        "SELECT count(*) FROM document WHERE state = 'done'")[0][0]) >= 5))
    apply(ADDITIVE, 9001)
    read = int(database.sql("SELECT count(*) FROM document WHERE state = 'done'")[0][0])
    check("and after", eventually(lambda: int(database.sql(
        "SELECT count(*) FROM document WHERE state = 'done'")[0][0]) >= read + 5))
    stop.set()
    uploader.join()
    check("all %d are read" % len(ids), eventually(lambda: database.sql(
        "SELECT DISTINCT state FROM document") == [["done"]], 60), database.sql(
            "SELECT state, problem, problem_detail, count(*) FROM document GROUP BY 1, 2, 3"))
    equal("at the first attempt", database.sql("SELECT max(attempts) FROM document"), [["1"]])
    equal("the service is ready", service.client().get("/readyz").status, 200)
    later = service.worker()
    check("a program of before starts", later.event("ready"))
    later.stop()
    return worker


def a_breaking_one_ends_what_is_older(service, worker):
    apply("SET ROLE vouch_owner; SET search_path = vouch; INSERT INTO migration (version, name, checksum, oldest) VALUES "
          "(%d, 'breaking', 'x', 9002);", 9002)
    check("the running worker ends by itself", eventually(lambda: worker.process.poll() is not None, 30))
    broken = worker.event("worker_broken")
    check("and says why", broken and "install the newer release" in broken["reason"], worker.log[-3:])
    worker.stop()
    equal("the service is not ready", eventually(lambda: service.client().get("/readyz").status == 503), True)
    for command in ("work", "serve"):
        started = subprocess.run([PROGRAM, command, "--database", database.conninfo, "--blob-dir", service.blobs,
                                  "--port", "0"], capture_output=True, text=True, timeout=60)
        check("%s of an older program does not start" % command, started.returncode != 0 and "schema 9002" in
              started.stderr and "install the newer release" in started.stderr, started)
    migrated = subprocess.run([os.environ["VOUCH_TEST_PROGRAM"], "migrate", "--database", database.conninfo],
                              capture_output=True, text=True, timeout=60)
    check("nor does it migrate", migrated.returncode == 3 and "does not know" in migrated.stderr, migrated)


began = time.monotonic()
the_service = Service(database)
the_worker = an_additive_migration_stops_nothing(the_service)
a_breaking_one_ends_what_is_older(the_service, the_worker)
print("%.1f s" % (time.monotonic() - began))
finish()
