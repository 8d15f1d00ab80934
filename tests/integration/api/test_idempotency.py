"""Idempotency-Key on every POST: the same request gives the same answer and happens once."""
import threading

from harness import Database, Service, check, equal, finish, tiny_xml

database = Database()
service = Service(database)
employee, admin = service.client("employee"), service.client("admin")


def rows(table, condition="true"):
    return int(database.sql("SELECT count(*) FROM %s WHERE %s" % (table, condition))[0][0])


def same(name, first, second):
    equal(name, (second.status, second.body, second.headers.get("etag"), second.headers.get("location")),
          (first.status, first.body, first.headers.get("etag"), first.headers.get("location")))


def creation():
    first = employee.post("/v1/claims", {"title": "once"}, Idempotency_Key="key-1")
    equal("first", first.status, 201)
    same("a repetition gets the same answer", first,
         employee.post("/v1/claims", {"title": "once"}, Idempotency_Key="key-1"))
    equal("there is one claim", rows("claim", "title = 'once'"), 1)
    employee.post("/v1/claims/%s/withdraw" % first.json["id"])
    same("also after the claim has changed", first,
         employee.post("/v1/claims", {"title": "once"}, Idempotency_Key="key-1"))
    for name, answer in (
            ("another body", employee.post("/v1/claims", {"title": "twice"}, Idempotency_Key="key-1")),
            ("another address", employee.post("/v1/claims/%s/submit" % first.json["id"], Idempotency_Key="key-1")),
            ("an upload", employee.upload("/v1/verifications", tiny_xml(), Idempotency_Key="key-1"))):
        equal(name + " under the same key", (answer.status, answer.problem), (422, "idempotency-mismatch"))
    other = service.client("colleague").post("/v1/claims", {"title": "once"}, Idempotency_Key="key-1")
    equal("another account has its own keys", (other.status, other.body != first.body), (201, True))
    for key in ("", "x" * 256, "ä", "a\x7f"):
        answer = employee.post("/v1/claims", {"title": "bad"}, Idempotency_Key=key)
        equal("key %.8r" % key, (answer.status, answer.problem), (422, "invalid-field"))
    equal("keys of other methods are nothing", [employee.get("/v1/me", Idempotency_Key="key-1").status,
                                                employee.put("/v1/claims/by-reference/r", {},
                                                             Idempotency_Key="key-1").status], [200, 201])


def failures():
    bad = employee.post("/v1/claims", {"title": 7}, Idempotency_Key="key-2")
    equal("a refused request", bad.status, 422)
    equal("its key is still bound to it",
          employee.post("/v1/claims", {"title": "good"}, Idempotency_Key="key-2").problem, "idempotency-mismatch")
    empty = employee.post("/v1/claims", {"external_ref": ""})
    equal("what the database refuses", (empty.status, empty.problem), (422, "invalid-field"))
    check("names no table", "claim_" not in empty.body.decode() and "database" not in empty.body.decode(), empty.body)
    claim = employee.claim(title="later")
    path = "/v1/claims/%s/approve" % claim["id"]
    equal("too early", admin.post(path, Idempotency_Key="key-3").problem, "state-conflict")
    employee.post("/v1/claims/%s/submit" % claim["id"])
    equal("a refusal is not kept: the same request works later", admin.post(path, Idempotency_Key="key-3").status, 200)
    line = "/v1/claims/%s/lines" % employee.claim(title="lines")["id"]
    first = employee.post(line, {"amount": "5"}, Idempotency_Key="key-4")
    same("a line is added", first, employee.post(line, {"amount": "5"}, Idempotency_Key="key-4"))
    equal("once", employee.get(line[:-6]).json["lines_total"], "5.00")


def uploads():
    claim = "/v1/claims/%s/documents" % employee.claim(title="uploads")["id"]
    for name, path in (("document", claim), ("verification", "/v1/verifications")):
        first = employee.upload(path, tiny_xml(name), name="a.xml", Idempotency_Key="up-" + name)
        equal(name + ": first", first.status, 202)
        before = rows("document")
        same(name + ": a repetition", first,
             employee.upload(path, tiny_xml(name), name="a.xml", Idempotency_Key="up-" + name))
        equal(name + ": once", rows("document"), before)
        equal(name + ": another file", employee.upload(path, tiny_xml("other"), name="a.xml",
                                                       Idempotency_Key="up-" + name).problem, "idempotency-mismatch")
        equal(name + ": another name", employee.upload(path, tiny_xml(name), name="b.xml",
                                                       Idempotency_Key="up-" + name).problem, "idempotency-mismatch")
    first = employee.multipart(claim, [('name="file"; filename="m.xml"', tiny_xml("m"))], Idempotency_Key="up-m")
    same("a form", first,
         employee.multipart(claim, [('name="file"; filename="m.xml"', tiny_xml("m"))], Idempotency_Key="up-m"))
    head = employee.get("/v1/claims/" + claim.split("/")[3]).json["branch"]["id"]
    employee.upload("/v1/verifications", tiny_xml("place"), Idempotency_Key="up-place")
    equal("the same file for a named branch is another request",
          employee.upload("/v1/verifications?branch_id=" + head, tiny_xml("place"),
                          Idempotency_Key="up-place").problem, "idempotency-mismatch")
    waited = employee.upload(claim, tiny_xml("waited"), Idempotency_Key="up-w", Prefer="wait=1")
    equal("an upload that waits", (waited.status, waited.headers.get("preference-applied")), (202, "wait=1"))
    same("its repetition", waited,
         employee.upload(claim, tiny_xml("waited"), Idempotency_Key="up-w", Prefer="wait=1"))


def at_once(name, send, table, condition):
    answers, start = [], threading.Barrier(12)

    def run():
        start.wait()
        answers.append(send())
    threads = [threading.Thread(target=run) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    good = [answer for answer in answers if answer.status < 300]
    check(name + ": some are answered", good)
    check(name + ": the others are told to wait",
          all((answer.status, answer.problem) == (409, "state-conflict") for answer in answers if answer not in good),
          answers)
    equal(name + ": one answer", len({answer.body for answer in good}), 1)
    equal(name + ": one effect", rows(table, condition), 1)
    same(name + ": afterwards", good[0], send())


def concurrency():
    for turn in range(5):
        at_once("12 at once, %d" % turn, lambda turn=turn: employee.post(
            "/v1/claims", {"title": "race %d" % turn}, Idempotency_Key="race-%d" % turn),
            "claim", "title = 'race %d'" % turn)
    claim = "/v1/claims/%s/documents" % employee.claim(title="uploads at once")["id"]
    at_once("12 uploads at once", lambda: employee.upload(claim, tiny_xml("race"), name="race.xml",
                                                          Idempotency_Key="race-up"), "document", "file = 'race.xml'")


def interrupted():
    """The service died between the effect and the answer: the key names what it made, so that it is found again."""
    database.sql("UPDATE idempotency SET status = NULL, body = NULL, headers = NULL, locked_until = now() + interval "
                 "'59 s' WHERE key = 'key-1'")
    answer = employee.post("/v1/claims", {"title": "once"}, Idempotency_Key="key-1")
    equal("while the first one may still be running", answer.problem, "state-conflict")
    database.sql("UPDATE idempotency SET locked_until = now() - interval '1 s' WHERE key = 'key-1'")
    answer = employee.post("/v1/claims", {"title": "once"}, Idempotency_Key="key-1")
    equal("afterwards", answer.status, 201)
    database.sql("UPDATE idempotency SET status = NULL, body = NULL, headers = NULL, locked_until = now() + interval "
                 "'1 hour' WHERE key = 'key-1'")
    answer = employee.post("/v1/claims", {"title": "once"}, Idempotency_Key="key-1")
    equal("a lock of before the clock was set back", answer.status, 201)
    equal("there is still one claim of this account",
          rows("claim c JOIN account a ON a.tenant_id = c.tenant_id AND a.id = c.account_id",
               "title = 'once' AND login = 'employee'"), 1)


creation()
failures()
uploads()
concurrency()
interrupted()
service.stop()
finish()
