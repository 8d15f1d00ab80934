"""Documents from the upload to the answer, with a real worker: readings, pictures, words, duplicates, verifications."""
import json
import os
import re
import struct
import threading
import zlib

import jsonschema
from harness import SOURCE, Database, Service, check, equal, eventually, finish, fixture

PDF, OFD, XML = "vat-pdf-1.pdf", "vat-ofd-1.ofd", "digital-xml-3.xml"  # PDF and OFD show one invoice
POINTER = {"claim", "external_ref", "branch", "date"}
WAIT = {"Prefer": "wait=30"}

database = Database()
service = Service(database)
OPTIONS = ("--trust-dir", os.path.join(SOURCE, "fixtures", "trust"), "--poll-milliseconds", "100")
worker = service.worker(*OPTIONS)
employee, admin, other_branch = service.client("employee"), service.client("admin"), service.client("employee-cd")
beta = service.client("employee", "beta")

with open(os.path.join(SOURCE, "config", "reading.schema.json"), encoding="utf-8") as schema_file:
    READING = jsonschema.Draft202012Validator(json.load(schema_file))


def documents(claim):
    return "/v1/claims/%s/documents" % claim["id"]


def upload(client, claim, name):
    return client.upload(documents(claim), fixture(name), name=name, **WAIT)


def move(client, claim, name, **body):
    return client.post("/v1/claims/%s/%s" % (claim["id"], name), body or None)


def expected(name):
    with open(os.path.join(SOURCE, "fixtures", name.rsplit(".", 1)[0] + ".expected.json"), encoding="utf-8") as file:
        return json.load(file)


def is_as_expected(name, reading):
    wrong = next(READING.iter_errors(reading), None)
    check(name + ": the reading has its schema", wrong is None, wrong and wrong.message)
    wanted, invoice = expected(name), reading["invoices"][0]
    equal(name + ": kind", invoice["kind"], wanted["kind"])
    got = {field: invoice["fields"].get(field, {}).get("value") for field in wanted["fields"]}
    equal(name + ": fields", got, wanted["fields"])


def readings():
    claim = employee.claim(title="readings")
    for name, kind, outcome in ((PDF, "pdf", "accepted"), (OFD, "ofd", "copy"), (XML, "xml", "accepted")):
        answer = upload(employee, claim, name)
        document = answer.json
        equal(name + ": read while waiting", (answer.status, document["state"], document.get("outcome")),
              (200, "done", outcome))
        check(name + ": the preference was applied", answer.headers.get("preference-applied", "").startswith("wait="))
        equal(name + ": format", document["format"], kind)
        is_as_expected(name, document["reading"])
        again = employee.get("/v1/documents/" + document["id"])
        equal(name + ": the same when asked later", (again.status, again.json), (200, document))
        long = re.findall(rb"[:,\[]-?\d+\.\d{9,}", answer.body)
        check(name + ": numbers are as written", not long, long)
        parts(name, document)
    now = employee.get("/v1/claims/" + claim["id"]).json
    equal("the claim's sum has each invoice once", now["invoices_total"],
          "%.2f" % sum(float(expected(name)["fields"]["gross_amount"]) for name in (PDF, XML)))
    equal("the claim counts its documents", now["document_count"], 3)
    listed = employee.get(documents(claim)).json["documents"]
    check("lists have no readings", all("reading" not in item for item in listed))
    equal("lists are oldest first", [item["file"] for item in listed], [PDF, OFD, XML])
    return claim


def parts(name, document):
    path = "/v1/documents/" + document["id"]
    original = employee.get(path + "/original")
    equal(name + ": the original, byte for byte", original.body, fixture(name))
    equal(name + ": as an attachment", original.headers["content-disposition"],
          "attachment; filename*=UTF-8''" + name)
    pages = len(document["reading"]["pages"])
    equal(name + ": a picture of each page", document["page_count"], pages)
    for page in range(1, pages + 1):
        picture = employee.get("%s/pages/%d.png" % (path, page))
        check("%s: page %d is a picture" % (name, page), is_png(picture.body), picture)
        size = struct.unpack(">II", picture.body[16:24])
        shape = document["reading"]["pages"][page - 1]
        check("%s: page %d has its shape" % (name, page),
              abs(size[0] / size[1] - shape["width"] / shape["height"]) < 0.02, (size, shape))
    equal(name + ": no page more", employee.get("%s/pages/%d.png" % (path, pages + 1)).problem, "not-found")
    words = employee.get(path + "/words")
    if pages:
        text = "".join(word[1] for word in words.json)
        check(name + ": its words", expected(name)["fields"]["invoice_number"] in text, words)
    else:
        equal(name + ": no pages, no words", words.json if words.status == 200 else [], [])


def is_png(data):
    """Every chunk has its check sum, and the first and the last are what they must be."""
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        return False
    at, kinds = 8, []
    while at + 12 <= len(data):
        length = struct.unpack(">I", data[at:at + 4])[0]
        kind, body = data[at + 4:at + 8], data[at + 8:at + 8 + length]
        if struct.unpack(">I", data[at + 8 + length:at + 12 + length])[0] != zlib.crc32(kind + body):
            return False
        kinds.append(kind)
        at += 12 + length
    return at == len(data) and kinds[0] == b"IHDR" and kinds[-1] == b"IEND" and b"IDAT" in kinds


def points_to(case, pointer, claim):
    equal(case + ": points to the claim", pointer.get("claim"), claim["reference"])
    equal(case + ": with its branch", pointer.get("branch"), claim["branch"]["name"])
    check(case + ": and to nothing more", set(pointer) <= POINTER, pointer)


def duplicates(first):
    """The claim `first` holds both invoices."""
    same, far = employee.claim(title="same branch"), other_branch.claim(title="other branch")
    for case, client, claim, name in (("the same bytes again", employee, same, PDF),
                                      ("the OFD of a PDF, in another branch", other_branch, far, OFD)):
        answer = upload(client, claim, name)
        document = answer.json
        equal(case, (answer.status, document["state"], document["outcome"]), (200, "done", "duplicate"))
        points_to(case, document.get("duplicate_of", {}), first)
        match = next((m for m in document["matches"] if m["decision"] == "refuse"), None)
        check(case + ": the match says why", match and match["kind"] in ("exact", "business_key"), document["matches"])
        if client is other_branch:
            check(case + ": no other document is named", all("document_id" not in m for m in document["matches"]))
            check(case + ": no secret of the other claim", first["id"] not in answer.body.decode() and
                  "readings" not in answer.body.decode())
        equal(case + ": nothing is held", client.get("/v1/claims/" + claim["id"]).json["invoices_total"], "0.00")
        refused = move(client, claim, "submit")
        equal(case + ": can't be submitted", (refused.status, refused.problem), (409, "duplicate-invoice"))
        points_to(case + ", submitted", refused.json.get("duplicate_of", {}), first)
    foreign = upload(beta, beta.claim(title="other tenant"), PDF)
    equal("another tenant has its own invoices", (foreign.status, foreign.json["outcome"]), (200, "accepted"))
    return same, far


def life_of_a_reservation(first, same, far):
    equal("the holder is submitted", move(employee, first, "submit").status, 200)
    late = employee.delete("/v1/documents/" + employee.get(documents(first)).json["documents"][0]["id"])
    equal("its documents stay", (late.status, late.problem), (409, "state-conflict"))
    equal("it is rejected", move(admin, first, "reject", reason="wrong branch").status, 200)
    equal("now the invoice is free for the next", move(other_branch, far, "submit").status, 200)
    equal("and its sum is there", other_branch.get("/v1/claims/" + far["id"]).json["invoices_total"],
          expected(OFD)["fields"]["gross_amount"])
    refused = move(employee, same, "submit")
    equal("but for one only", refused.problem, "duplicate-invoice")
    points_to("the one that is still refused", refused.json.get("duplicate_of", {}), far)
    for step in ("approve", "pay"):
        equal("the new holder: " + step, move(admin, far, step).status, 200)
    equal("what is paid is never free again", move(employee, same, "submit").problem, "duplicate-invoice")
    equal("a refused document can be taken out",
          employee.delete("/v1/documents/" + employee.get(documents(same)).json["documents"][0]["id"]).status, 204)
    equal("then the claim can go", move(employee, same, "submit").status, 200)


def removal_frees():
    one, two = employee.claim(title="one"), employee.claim(title="two")
    held = upload(employee, one, "vat-ofd-2.ofd").json
    equal("held by the first", held["outcome"], "accepted")
    equal("refused for the second", upload(employee, two, "vat-ofd-2.ofd").json["outcome"], "duplicate")
    employee.delete("/v1/documents/" + held["id"])
    equal("free when the document is taken out", move(employee, two, "submit").status, 200)


def at_once():
    """One invoice under many claims at the same time: one holds it, the others point to that one."""
    claims = [employee.claim(title="at once %d" % number) for number in range(16)]
    answers = [None] * len(claims)
    start = threading.Barrier(len(claims))

    def run(number):
        client = service.client("employee")
        start.wait()
        data = fixture(XML) + b"<!-- %d -->" % (number // 2)  # the same bytes for two, the same invoice for all
        answers[number] = client.upload(documents(claims[number]), data, name=XML, **WAIT)
        client.close()
    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(claims))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outcomes = [answer.json.get("outcome") for answer in answers]
    equal("one of 16 at once is accepted", sorted(outcomes), ["accepted"] + ["duplicate"] * 15)
    holder = claims[outcomes.index("accepted")]
    equal("the others point to it", {answer.json["duplicate_of"]["claim"] for answer in answers
                                     if "duplicate_of" in answer.json}, {holder["reference"]})
    totals = [employee.get("/v1/claims/" + claim["id"]).json["invoices_total"] for claim in claims]
    equal("and its sum is held once", sorted(totals), ["0.00"] * 15 + [expected(XML)["fields"]["gross_amount"]])


def verifications():
    platform, finance = service.client("platform"), service.client("finance")
    held = database.sql("SELECT count(*) FROM allocation")
    answer = platform.upload("/v1/verifications", fixture(PDF), name=PDF, **WAIT)
    equal("a verification", (answer.status, answer.json["state"]), (200, "done"))
    is_as_expected(PDF, answer.json["reading"])
    equal("its verdicts are the reading's", answer.json["verdicts"], answer.json["reading"]["verdicts"])
    found = [match for match in answer.json["duplicates"] if match["decision"] == "refuse"]
    check("it finds the claim that holds the invoice", found, answer.json["duplicates"])
    check("by its pointer alone", all(set(match["other"]) <= POINTER for match in found), found)
    later = platform.get(answer.headers["location"])
    equal("asked later", (later.status, later.json), (200, answer.json))
    equal("it holds nothing", database.sql("SELECT count(*) FROM allocation"), held)
    signed = platform.upload("/v1/verifications", fixture(OFD), name=OFD, **WAIT)
    check("a signed OFD has a verdict of its scheme",
          any(verdict["scheme"] == "cn.ofd.ses" for verdict in signed.json.get("verdicts", [])), signed)
    unnamed = finance.upload("/v1/verifications", fixture(XML), name=XML)
    equal("whose token has no branch has to name one", (unnamed.status, unnamed.problem), (422, "invalid-field"))
    branch = database.account("employee")["branch_id"]
    named = finance.upload("/v1/verifications?branch_id=" + branch, fixture(XML), name=XML, **WAIT)
    equal("and may", (named.status, named.json.get("state")), (200, "done"))
    for wrong in ("x", "00000000-0000-0000-0000-000000000000"):
        refused = finance.upload("/v1/verifications?branch_id=" + wrong, fixture(XML))
        equal("no such branch: " + wrong[:8], (refused.status, refused.problem), (422, "invalid-field"))
    refused = platform.upload("/v1/verifications?branch_id=" + database.account("employee-cd")["branch_id"],
                              fixture(XML))
    equal("not one of this token", (refused.status, refused.problem), (403, "forbidden"))


def unreadable():
    claim = employee.claim(title="unreadable")
    for name, data in (("cut.pdf", fixture(PDF)[:700]), ("empty.pdf", b"%PDF-1.7\n"), ("noise.ofd", b"PK\3\4" +
                                                                                      bytes(200)),
                       ("list.xml", b"<?xml version=\"1.0\"?><list><item>1</item></list>"),
                       ("broken.xml", b"<?xml version=\"1.0\"?><list><item>"),
                       ("entities.xml", b"<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"/etc/passwd\">]>"
                                        b"<a>&b;</a>")):
        answer = employee.upload(documents(claim), data, name=name, **WAIT)
        document = answer.json
        check("%s is answered" % name, answer.status == 200 and document.get("state") in ("done", "failed"), answer)
        problems = [p["type"] for p in document.get("reading", {}).get("problems", [])]
        check("%s: it says why (%s)" % (name, document.get("problem", {}).get("type") or problems),
              document.get("problem") or problems)
        check("%s: nothing is read" % name, not document.get("invoices"), document.get("invoices"))
        check("%s: nothing of the machine is told" % name, b"root:" not in answer.body)
    words = employee.get("/v1/documents/%s/words" % document["id"])
    check("words of what has none", words.status in (200, 404), words)


def while_it_waits():
    worker.stop()
    claim = employee.claim(title="waits")
    waiting = [employee.upload(documents(claim), fixture(name), name=name) for name in (PDF, XML)]
    equal("accepted, not read", [(answer.status, answer.json["state"]) for answer in waiting], [(202, "queued")] * 2)
    places = [employee.get("/v1/documents/" + answer.json["id"]).json.get("queue_place") for answer in waiting]
    check("places in the queue", places[0] and places[1] and places[0] < places[1], places)
    early = move(employee, claim, "submit")
    equal("a claim isn't submitted before its documents are read", (early.status, early.problem),
          (409, "state-conflict"))
    path = "/v1/documents/" + waiting[0].json["id"]
    short = employee.get(path, Prefer="wait=1")
    equal("waiting ends", (short.status, short.json["state"]), (200, "queued"))
    results = []
    threads = [threading.Thread(target=lambda: results.append(employee.get(path, **WAIT))) for _ in range(20)]
    for thread in threads:
        thread.start()
    equal("others are served while 20 wait", [employee.get("/v1/me").status for _ in range(10)], [200] * 10)
    second = service.worker(*OPTIONS)
    for thread in threads:
        thread.join()
    equal("all who wait are told", [(answer.status, answer.json["state"]) for answer in results],
          [(200, "done")] * 20)
    check("and the queue is empty", eventually(lambda: employee.get(
        "/v1/documents/" + waiting[1].json["id"]).json["state"] == "done"))
    second.stop()


first_claim = readings()
life_of_a_reservation(first_claim, *duplicates(first_claim))
removal_frees()
at_once()
verifications()
unreadable()
while_it_waits()
service.stop()
finish()
