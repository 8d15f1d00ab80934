"""What goes by rule and on request, what stays so that nothing is paid twice, and what a hold keeps."""
import json
import os
import subprocess
import sys
import time

import jsonschema

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "api"))
from harness import SOURCE, Database, Service, check, equal, eventually, finish, fixture  # noqa: E402

PROGRAM = os.environ["VOUCH_TEST_PROGRAM"]
database = Database()
service = Service(database)
worker = service.worker("--retention-seconds", "0", "--audit-seal-seconds", "1", "--lease-seconds", "8")
employee, finance, reviewer = (service.client(login) for login in ("employee", "finance", "reviewer"))
with open(os.path.join(SOURCE, "config", "reading.schema.json"), encoding="utf-8") as schema_file:
    SCHEMA = jsonschema.Draft202012Validator(json.load(schema_file))


def admin(*arguments, tenant="alpha"):
    return subprocess.run([PROGRAM, "admin", "--database", database.conninfo, "--blob-dir", service.blobs, "--tenant",
                           tenant] + list(arguments), capture_output=True, text=True, timeout=60)


def said(name, done, code, *words):
    output = done.stdout + done.stderr
    return check(name, done.returncode == code and all(word in output for word in words),
                 "%d: %s" % (done.returncode, output))


def blobs():
    return {name for _, _, names in os.walk(service.blobs) for name in names if len(name) == 64}


def upload(claim, data, name):
    answer = employee.upload("/v1/claims/%s/documents" % claim, data, name=name, Prefer="wait=30")
    return answer.json


def claim_with(data, name, title="retention"):
    claim = employee.claim(title=title)["id"]
    return claim, upload(claim, data, name)


def pay(claim):
    for client, move in ((employee, "submit"), (reviewer, "approve"), (finance, "pay")):
        answer = client.post("/v1/claims/%s/%s" % (claim, move))
        if answer.status != 200:
            check("claim is moved: %s" % move, False, answer)


def age_blobs():
    """As if everything had been stored long ago."""
    for folder, _, names in os.walk(service.blobs):
        for name in names:
            os.utime(os.path.join(folder, name), (time.time() - 86400 * 3, time.time() - 86400 * 3))


def reading_of(document):
    return json.loads(database.sql("SELECT reading::text FROM reading WHERE document_id = '%s' ORDER BY version DESC "
                                   "LIMIT 1" % document)[0][0])


def everything_about(*texts):
    """Every place in the database where one of these texts stands."""
    found = []
    for (table,) in database.sql("SELECT relname FROM pg_class WHERE relnamespace = 'vouch'::regnamespace AND relkind IN "
                                 "('r', 'p') AND NOT relispartition"):
        for text in texts:
            if database.sql("SELECT 1 FROM %s t WHERE strpos(t::text, '%s') > 0 LIMIT 1" % (table, text)):
                found.append((table, text))
    return found


def valid(name, reading):
    error = next(SCHEMA.iter_errors(reading), None)
    check(name, error is None, error and "%s at %s" % (error.message[:200], list(error.absolute_path)))


def rules_are_managed():
    said("there are no rules at first", admin("retention", "list"), 0, "everything is kept")
    said("a rule is made", admin("retention", "set", "paid", "3650"), 0)
    said("one of a kind", admin("retention", "set", "paid", "30", "cn.rail.digital"), 0)
    said("it is changed", admin("retention", "set", "paid", "60", "cn.rail.digital"), 0)
    said("both are listed", admin("retention", "list"), 0, "3650 days", "cn.rail.digital", "60 days after the payment")
    said("a scope is checked", admin("retention", "set", "sometimes", "3"), 2, "there is no scope", "verification")
    said("a kind is checked", admin("retention", "set", "paid", "3", "cn.nothing"), 2, "no kind of invoice")
    said("days are checked", admin("retention", "set", "paid", "36501"), 2, "days are")
    said("another tenant has no rules", admin("retention", "list", tenant="beta"), 0, "everything is kept")
    said("a rule is removed", admin("retention", "remove", "paid", "cn.rail.digital"), 0)
    said("once", admin("retention", "remove", "paid", "cn.rail.digital"), 3, "no rule")
    said("the other too", admin("retention", "remove", "paid"), 0)


def a_document_is_erased_on_request():
    data = fixture("vat-pdf-1.pdf")
    claim, document = claim_with(data, "Rechnung Zhang.pdf")
    equal("an invoice is accepted", document["outcome"], "accepted")
    before = blobs()
    reading = reading_of(document["id"])
    keys = reading["invoices"][0]["business_keys"]
    said("a reason is needed", admin("erasure", "document", document["id"]), 2, "--reason")
    said("there is no such document", admin("erasure", "document", claim, "--reason", "x"), 3, "no document")
    said("it is not another tenant's", admin("erasure", "document", document["id"], "--reason", "x", tenant="beta"), 3,
         "no document")
    age_blobs()
    said("it is erased", admin("erasure", "document", document["id"], "--reason", "request 17"), 0, "erased",
         "files removed")
    gone = before - blobs()
    check("original, pictures and words are gone", document["sha256"] in gone and len(gone) >= 2, gone)
    equal("the file can't be had", employee.get("/v1/documents/%s/original" % document["id"]).status, 404)
    equal("nor a page", employee.get("/v1/documents/%s/pages/1" % document["id"]).status, 404)
    equal("nor its words", employee.get("/v1/documents/%s/words" % document["id"]).status, 404)
    shown = employee.get("/v1/documents/%s" % document["id"])
    equal("the document is shown", (shown.status, shown.json.get("outcome")), (200, "accepted"))
    after = reading_of(document["id"])
    valid("what is left is a reading", after)
    fields, had = after["invoices"][0]["fields"], reading["invoices"][0]["fields"]
    for name in ("invoice_number", "gross_amount", "issue_date", "seller_tax_id"):
        equal("%s stays" % name, fields.get(name, {}).get("value"), had[name]["value"])
    equal("nothing else does", sorted(set(fields) & {"buyer_name", "remarks", "payee", "issued_by", "buyer_address"}), [])
    equal("no lines", after["invoices"][0]["lines"], [])
    equal("the keys stay", after["invoices"][0]["business_keys"], keys)
    equal("the name of the file is nowhere", everything_about("Rechnung Zhang"), [])
    # The same invoice again, with other bytes, in another claim: it is known.
    _, again = claim_with(data + b"\n", "again.pdf")
    equal("the invoice can't be claimed again", again["outcome"], "duplicate")
    said("it is erased once", admin("erasure", "document", document["id"], "--reason", "x"), 3, "already")


def names_are_masked_and_the_invoice_is_still_known(file, words):
    data = fixture(file)
    claim, document = claim_with(data, file)
    reading = reading_of(document["id"])
    name = reading["invoices"][0]["fields"]["passenger_name"]["value"]
    said("who is named is found", admin("erasure", "person", name, "--dry-run"), 0, document["id"], "1 documents")
    said("and masked", admin("erasure", "person", name, "--reason", "request 18"), 0, "masked in 1 of 1")
    after = reading_of(document["id"])
    valid("%s: what is left is a reading" % file, after)
    equal("the field says so", after["invoices"][0]["fields"]["passenger_name"]["value"], "***")
    equal("the rest stays", after["invoices"][0]["fields"]["gross_amount"]["value"],
          reading["invoices"][0]["fields"]["gross_amount"]["value"])
    folded = name.upper().replace(" ", "")
    equal("%s: the name is nowhere in the database" % file, everything_about(name, folded), [])
    answer = employee.get("/v1/documents/%s/words" % document["id"])
    check("%s: nor in the words" % file, answer.status == 200 and name not in answer.body.decode() and
          (not words or "***" in answer.body.decode()), answer)
    _, again = claim_with(data + b"\n" if file.endswith("pdf") else data, "again")
    equal("%s: the invoice can't be claimed again" % file, again["outcome"], "duplicate")


def rules_are_applied():
    rail, paid = claim_with(fixture("rail-xbrl-3.xml"), "rail.xml")
    pay(rail)
    vat, kept = claim_with(fixture("special-pdf-6.pdf"), "special.pdf")
    pay(vat)
    open_claim, open_document = claim_with(fixture("ordinary-ofd-3.ofd"), "open.ofd")
    failed = upload(open_claim, b"%PDF-1.7\nno such thing", "broken.pdf")
    verification = service.client("platform").upload("/v1/verifications", fixture("toll-pdf-12.pdf"), name="only.pdf", Prefer="wait=30").json
    verified = database.sql("SELECT id FROM document WHERE claim_id IS NULL")[0][0]
    check("a verification is made", verification.get("id"), verification)
    check("all are read", eventually(lambda: database.sql("SELECT 1 FROM job") == []), database.sql("SELECT * FROM job"))
    database.sql("UPDATE claim SET paid_at = now() - interval '100 days' WHERE state = 'paid'")
    database.sql("UPDATE document SET done_at = now() - interval '100 days' WHERE id IN ('%s', '%s')" % (
        verified, failed["id"]))
    for rule in (("paid", "99", "cn.rail.digital"), ("paid", "3650"), ("failed", "30"), ("verification", "90")):
        said("rule %s" % " ".join(rule), admin("retention", "set", *rule), 0)
    said("a hold needs a reason", admin("hold", "set", "claim", rail), 2, "--reason")
    said("a claim is held", admin("hold", "set", "claim", rail, "--reason", "court 1"), 0)
    said("no claim of that number", admin("hold", "set", "claim", verified, "--reason", "x"), 3, "no claim")
    erased = "SELECT count(*) FROM document WHERE erased_at IS NOT NULL"
    before = database.sql(erased)
    dry = admin("retention", "run", "--dry-run", "--list")
    said("dry: what would go", dry, 0, "verification", verified, "1 to erase")
    check("dry: not what is held, kept, or still open", not any(d["id"] in dry.stdout for d in (paid, kept, open_document)),
          dry.stdout)
    said("what is held is not erased on request either", admin("erasure", "document", paid["id"], "--reason", "x"), 3,
         "legal hold")
    equal("dry: nothing went", database.sql(erased), before)
    expected = 2 if failed.get("id") and failed.get("state") == "failed" else 1
    said("applied by hand", admin("retention", "run"), 0, "%d documents erased" % expected)
    equal("a verification leaves no invoice", reading_of(verified)["invoices"], [])
    valid("what is left of it is a reading", reading_of(verified))
    said("the hold ends", admin("hold", "remove", "claim", rail), 0)
    said("it ends once", admin("hold", "remove", "claim", rail), 3, "no hold")
    said("holds are listed", admin("hold", "list"), 0)
    keeper = service.worker("--retention-seconds", "1", "--lease-seconds", "5", "--audit-seal-seconds", "1")
    worker.stop()
    check("the worker applies the rules", keeper.event("retention_applied", 60), keeper.log)
    check("to what was held", eventually(lambda: database.sql(
        "SELECT 1 FROM document WHERE id = '%s' AND erased_at IS NOT NULL" % paid["id"])))
    equal("and not to what another rule keeps longer", database.sql(
        "SELECT id FROM document WHERE id IN ('%s', '%s') AND erased_at IS NOT NULL" % (kept["id"], open_document["id"])), [])
    database.sql("UPDATE document SET done_at = now() - interval '40 days' WHERE id = '%s'" % kept["id"])
    said("personal fields", admin("retention", "set", "personal", "30"), 0)
    check("are masked", eventually(lambda: database.sql(
        "SELECT 1 FROM document WHERE id = '%s' AND masked_at IS NOT NULL AND erased_at IS NULL" % kept["id"])))
    keeper.stop()


def blobs_that_others_need_stay():
    data = fixture("zatca-xml-5.xml")
    _, first = claim_with(data, "one.xml")
    _, second = claim_with(data, "two.xml")
    equal("the same bytes", first["sha256"], second["sha256"])
    age_blobs()
    said("one of two is erased", admin("erasure", "document", first["id"], "--reason", "x"), 0, "1 still in use")
    equal("the other's file is there", employee.get("/v1/documents/%s/original" % second["id"]).status, 200)
    said("then the other", admin("erasure", "document", second["id"], "--reason", "x"), 0, "1 files removed")
    check("and the file is gone", first["sha256"] not in blobs())


def the_audit_tells_and_holds():
    said("everything is sealed", admin("audit", "seal"), 0)
    said("the chain is intact after all that", admin("audit", "verify"), 0, "intact")
    actions = {row[0] for row in database.sql("SELECT DISTINCT action FROM audit")}
    equal("the audit tells of it", {"document.erase", "document.mask", "retention.set", "retention.remove", "hold.set",
                                    "hold.remove"} - actions, set())
    said("by whom and why", admin("audit", "list", "--action", "document.erase", "--json"), 0, "request 17", "worker")


check("the worker is ready", worker.event("ready"))
rules_are_managed()
a_document_is_erased_on_request()
names_are_masked_and_the_invoice_is_still_known("rail-pdf-1.pdf", True)
names_are_masked_and_the_invoice_is_still_known("air-ofd-2.ofd", True)
blobs_that_others_need_stay()
rules_are_applied()
the_audit_tells_and_holds()
finish()
