"""Encryption at rest around a service: what was plain becomes encrypted in the background, keys are changed while it
runs, and a service without its key says so."""
import os
import subprocess

from world import Machine, PROGRAM, Service, add_key, check, stored, upload
from harness import equal, eventually, finish, fixture

home = Machine()
MAGIC = b"\x8eVCHS\r\n\x1a"


def encrypted():
    """How many blobs are, and how many are not."""
    found = [0, 0]
    for path in stored(home.blobs).values():
        with open(path, "rb") as file:
            found[file.read(8) != MAGIC] += 1
    return tuple(found)


def original(service, document):
    return service.client("employee").get("/v1/documents/%s/original" % document)


def what_was_plain_is_encrypted():
    service = Service(home.database, blobs=home.blobs)
    worker = service.worker()
    ids = upload(service, ["vat-pdf-1.pdf", "digital-xml-3.xml"])
    equal("without a key nothing is encrypted", encrypted()[0], 0)
    equal("and the original is sent", original(service, ids[0]).body, fixture("vat-pdf-1.pdf"))
    service.stop()
    worker.stop()
    service, worker = home.service()
    equal("with a key the plain ones are still read", original(service, ids[0]).body, fixture("vat-pdf-1.pdf"))
    upload(service, ["vat-ofd-2.ofd"])
    check("new ones are encrypted, also what the worker wrote", encrypted()[0] >= 2, encrypted())
    check("and old ones soon", eventually(lambda: encrypted()[1] == 0, 60), encrypted())
    equal("which are read as before", original(service, ids[0]).body, fixture("vat-pdf-1.pdf"))
    return service, worker, ids[0]


def keys_change_while_it_runs(service, document):
    with open(home.keys, encoding="ascii") as file:
        old = file.read()[:16]
    add_key(home.keys)
    code, said = home.admin("keys", "rotate")
    check("a new master key wraps the tenants' keys", code == 0 and "1 wrapped anew" in said and " 0 encrypted" in said,
          said)
    code, said = home.admin("keys", "list")
    lines = [line.split() for line in said.splitlines()]
    equal("the old one wraps nothing", [(line[1], line[3]) for line in lines], [("current", "1"), ("unused", "0")])
    with open(home.keys, encoding="ascii") as file:
        new = file.readline()
    with open(home.keys, "w", encoding="ascii") as file:
        file.write(new)
    equal("the running service reads on", original(service, document).body, fixture("vat-pdf-1.pdf"))
    code, said = home.admin("keys", "renew")
    check("new keys of tenants encrypt every blob anew", code == 0 and "1 made" in said and
          " %d encrypted" % len(stored(home.blobs)) in said, said)
    equal("which the running service reads", original(service, document).body, fixture("vat-pdf-1.pdf"))
    upload(service, ["digital-xml-3.xml"], tenant="beta")
    check("the old key is in no record", old not in home.admin("keys", "list")[1])


def lacks_are_told(document):
    away = home.path("away")
    os.rename(home.keys, away)
    add_key(home.keys)
    service = Service(home.database, "--blob-key-file", home.keys, blobs=home.blobs)
    answer = original(service, document)
    equal("with another key file it is not there", (answer.status, answer.problem), (503, "key-missing"))
    check("and the inside is not told", "master" not in answer.body.decode(), answer)
    code, said = home.admin("keys", "list")
    check("the operator sees which key is missing", code == 1 and "MISSING" in said, said)
    service.stop()
    os.rename(away, home.keys)
    service = Service(home.database, "--blob-key-file", home.keys, "--blob-encryption", "require", blobs=home.blobs)
    equal("required, all is encrypted", original(service, document).status, 200)
    path = next(path for (_, name), path in stored(home.blobs).items() if name == home.database.sql(
        "SELECT sha256 FROM document WHERE id = '%s'" % document)[0][0])
    with open(path, "r+b") as file:
        file.seek(100)
        file.write(b"edited")
    answer = original(service, document)
    equal("an edited blob is not sent", (answer.status, answer.problem), (503, "stored-file-damaged"))
    with open(path, "wb") as file:
        file.write(fixture("vat-pdf-1.pdf"))
    equal("nor one that is plain", original(service, document).status, 500)
    service.stop()


def a_command_gives_keys():
    service = Service(home.database, "--blob-key-command", "cat " + home.keys, blobs=home.blobs)
    upload_id = service.client("platform").post("/v1/claims", {"title": "x", "external_ref": "keys"}).status
    equal("keys by a command", upload_id, 201)
    service.stop()
    for options, reason in ((["--blob-key-command", "exit 7"], "ended with status 7"),
                            (["--blob-key-file", home.path("none")], "No such file"),
                            (["--blob-encryption", "require"], "needs blob_key_file")):
        done = subprocess.run([PROGRAM, "serve", "--database", home.database.conninfo, "--port", "0", "--blob-dir",
                               home.blobs, *options], capture_output=True, text=True, check=False)
        check("serve does not start with %s" % " ".join(options[:2]), done.returncode != 0 and reason in done.stderr,
              done.stderr)


running, reader, first = what_was_plain_is_encrypted()
keys_change_while_it_runs(running, first)
running.stop()
reader.stop()
lacks_are_told(first)
a_command_gives_keys()
finish()
