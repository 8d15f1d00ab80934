"""Claims live: every move by every role in every state, lines, versions, references, lists, and what is refused."""
from harness import Database, Service, check, equal, finish

ROLES = ("employee", "reviewer", "finance", "auditor", "admin", "platform")
STATES = ("draft", "submitted", "approved", "paid", "rejected", "withdrawn")
# state → the moves by which an admin brings a draft there
WAY = {"draft": (), "submitted": ("submit",), "approved": ("submit", "approve"),
       "paid": ("submit", "approve", "pay"), "rejected": ("submit", "reject"), "withdrawn": ("withdraw",)}
# move → (states it starts from, state it leads to, roles that may)
MOVES = {
    "submit": ({"draft"}, "submitted", set(ROLES) - {"auditor"}),
    "withdraw": ({"draft", "submitted"}, "withdrawn", set(ROLES) - {"auditor"}),
    "approve": ({"submitted"}, "approved", {"reviewer", "finance", "admin", "platform"}),
    "reject": ({"submitted", "approved"}, "rejected", {"reviewer", "finance", "admin", "platform"}),
    "pay": ({"approved"}, "paid", {"finance", "admin", "platform"}),
}

database = Database()
service = Service(database)
client = {role: service.client(role) for role in ROLES}
employee, admin, platform = client["employee"], client["admin"], client["platform"]


def move(who, claim, name, reason=None, **headers):
    return who.post("/v1/claims/%s/%s" % (claim["id"], name), {"reason": reason} if reason else None, **headers)


def claim_in(state):
    claim = employee.claim(title="in state " + state)
    for step in WAY[state]:
        answer = move(admin, claim, step, "because" if step == "reject" else None)
        claim = answer.json
    if claim.get("state") != state:
        check("a claim can be brought to " + state, False, answer)
    return claim


def moves():
    for name, (start, end, allowed) in MOVES.items():
        for state in STATES:
            for role in ROLES:
                before = claim_in(state)
                answer = move(client[role], before, name, "because")
                case = "%s a claim that is %s as %s" % (name, state, role)
                if role not in allowed:
                    equal(case, (answer.status, answer.problem), (403, "forbidden"))
                elif state == end:
                    equal(case, (answer.status, answer.json.get("version")), (200, before["version"]))
                elif state not in start:
                    equal(case, (answer.status, answer.problem), (409, "state-conflict"))
                else:
                    equal(case, (answer.status, answer.json.get("state")), (200, end))
                    check(case + ": the version rises", answer.json.get("version", 0) > before["version"])
                    equal(case + ": ETag", answer.headers.get("etag"), '"%d"' % answer.json.get("version", 0))
    claim = claim_in("submitted")
    for reason in (None, ""):
        answer = admin.post("/v1/claims/%s/reject" % claim["id"], {"reason": reason} if reason is not None else None)
        equal("a rejection needs a reason (%r)" % reason, (answer.status, answer.problem), (422, "invalid-field"))
    equal("the reason is told", move(admin, claim, "reject", "太贵了").json.get("reason"), "太贵了")
    colleague = service.client("colleague")
    equal("a colleague's claim can't be moved", move(colleague, claim_in("draft"), "submit").status, 404)
    approved = claim_in("approved")
    times = approved.keys() & {"submitted_at", "decided_at", "paid_at"}
    equal("times of an approved claim", times, {"submitted_at", "decided_at"})


def creation():
    for role in ROLES:
        answer = client[role].post("/v1/claims", {"title": "t", "branch": "HZ"})
        if role in ("employee", "platform", "admin"):
            equal("%s creates" % role, (answer.status, answer.json.get("state")), (201, "draft"))
            equal("%s: Location" % role, answer.headers.get("location"), "/v1/claims/" + answer.json.get("id", ""))
            equal("%s: it is there" % role, client[role].get(answer.headers.get("location", "/")).body, answer.body)
        else:
            equal("%s doesn't create" % role, (answer.status, answer.problem), (403, "forbidden"))
    equal("an empty body is a draft without anything", employee.post("/v1/claims").status, 201)
    equal("a claim of all members",
          platform.post("/v1/claims", {"external_ref": "P/1", "title": "出差", "branch": "HZ", "currency": "JPY",
                                       "lines": [{"amount": "1200", "category": "c", "cost_centre": "k",
                                                  "note": "n"}]}).json.get("lines_total"), "1200")
    for members, wanted in (
            ({"external_ref": "P/1", "branch": "HZ"}, (409, "state-conflict")),
            ({"nonsense": 1}, (422, "invalid-field")),
            ({"title": 7}, (422, "invalid-field")),
            ({"title": "x" * 201}, (422, "invalid-field")),
            ({"title": "a\0b"}, (400, "bad-request")),
            ({"currency": "cny"}, (422, "invalid-field")),
            ({"currency": "C"}, (422, "invalid-field")),
            ({"branch": "nowhere"}, (422, "invalid-field")),
            ({"branch_id": "nowhere"}, (422, "invalid-field")),
            ({"branch_id": "00000000-0000-0000-0000-000000000000"}, (422, "invalid-field")),
            ({"branch": "CD"}, (403, "forbidden")),
            ({"lines": []}, (422, "invalid-field")),
            ({"currency": "CNY", "lines": {}}, (422, "invalid-field")),
            ({"currency": "CNY", "lines": [1]}, (422, "invalid-field")),
            ({"currency": "CNY", "lines": [{}]}, (422, "invalid-field")),
            ({"currency": "CNY", "lines": [{"amount": 1.5}]}, (422, "invalid-field")),
            ({"currency": "CNY", "lines": [{"amount": "1.505"}]}, (422, "invalid-field")),
            ({"currency": "JPY", "lines": [{"amount": "1.50"}]}, (422, "invalid-field")),
            ({"currency": "CNY", "lines": [{"amount": "1", "x": 1}]}, (422, "invalid-field")),
            ({"currency": "CNY", "lines": [{"amount": "1", "document_id": "x"}]}, (422, "invalid-field")),
            ({"currency": "CNY", "lines": [{"amount": "1", "document_id": "00000000-0000-0000-0000-000000000000"}]},
             (422, "invalid-field")),
            ({"currency": "CNY", "lines": [{"amount": "1"}] * 501}, (422, "invalid-field")),
            ({"currency": "CNY", "lines": [{"amount": "99999999999999999999"}]}, (422, "invalid-field"))):
        answer = platform.post("/v1/claims", members)
        equal("refused: %.70s" % (members,), (answer.status, answer.problem), wanted)
    equal("an admin has to name the branch", admin.post("/v1/claims", {}).problem, "invalid-field")


def bodies():
    def send(body, **headers):
        return employee.request("POST", "/v1/claims", body=body,
                                headers={name.replace("_", "-"): value for name, value in headers.items()})
    for name, body, kind, wanted in (
            ("no JSON", b"{", "application/json", (400, "bad-request")),
            ("no object", b"[]", "application/json", (400, "bad-request")),
            ("two of one member", b'{"title":"a","title":"b"}', "application/json", (400, "bad-request")),
            ("bad UTF-8", b'{"title":"\xff"}', "application/json", (400, "bad-request")),
            ("a surrogate alone", b'{"title":"\\ud800"}', "application/json", (400, "bad-request")),
            ("NUL", b'{"title":"a"}\0', "application/json", (400, "bad-request")),
            ("deep", b"[" * 100000, "application/json", (400, "bad-request")),
            ("deep in an object", b'{"lines":' + b"[" * 3000 + b"]" * 3000 + b"}", "application/json",
             (400, "bad-request")),
            ("another type", b"{}", "text/plain", (415, "wrong-media-type")),
            ("a form", b"title=x", "application/x-www-form-urlencoded", (415, "wrong-media-type")),
            ("too much", b'{"title":"' + b"x" * (1 << 20) + b'"}', "application/json", (413, "too-large"))):
        answer = send(body, Content_Type=kind)
        equal("body: " + name, (answer.status, answer.problem), wanted)
    equal("parameters of the type are fine", send(b"{}", Content_Type="application/json; charset=utf-8").status, 201)
    equal("spaces are fine", send(b" {} \n", Content_Type="Application/JSON").status, 201)


def lines():
    claim = employee.claim(title="lines", currency="CNY", lines=[{"amount": "10.00"}, {"amount": "2.5", "note": "b"}])
    path = "/v1/claims/%s/lines" % claim["id"]
    equal("sum", claim["lines_total"], "12.50")
    equal("positions", [line["position"] for line in claim["lines"]], [1, 2])
    added = employee.post(path, {"amount": "-1.00", "category": "refund"})
    equal("a line is added", (added.status, added.json.get("lines_total"), len(added.json.get("lines", []))),
          (200, "11.50", 3))
    first = added.json["lines"][0]["id"]
    removed = employee.delete(path + "/" + first)
    equal("a line is removed", (removed.status, removed.json.get("lines_total")), (200, "1.50"))
    equal("a line is removed once", employee.delete(path + "/" + first).problem, "not-found")
    equal("no such line", employee.delete(path + "/x").problem, "not-found")
    stale = claim["version"]
    for method, target, body in (("PUT", path, {"lines": []}), ("POST", path, {"amount": "1"}),
                                 ("DELETE", path + "/" + removed.json["lines"][0]["id"], None)):
        answer = employee.request(method, target, json_body=body, headers={"If-Match": '"%d"' % stale})
        equal("%s for an old version" % method, (answer.status, answer.problem), (412, "precondition-failed"))
        answer = employee.request(method, target, json_body=body, headers={"If-Match": "nonsense"})
        equal("%s for no version" % method, (answer.status, answer.problem), (412, "precondition-failed"))
    now = employee.get("/v1/claims/" + claim["id"])
    replaced = employee.put(path, {"lines": [{"amount": "7"}]}, If_Match=now.headers["etag"])
    equal("lines are replaced", (replaced.status, replaced.json.get("lines_total")), (200, "7.00"))
    equal("members are checked", employee.put(path, {"lines": [], "x": 1}).problem, "invalid-field")
    equal("lines must be there", employee.put(path, {}).problem, "invalid-field")
    equal("lines must be an array", employee.put(path, {"lines": "x"}).problem, "invalid-field")
    equal("lines of nobody", employee.put("/v1/claims/%s/lines" % first, {"lines": []}).problem, "not-found")
    for role in ("reviewer", "finance", "auditor"):
        equal("%s changes no lines" % role, client[role].put(path, {"lines": []}).problem, "forbidden")
    move(employee, claim, "submit")
    for answer in (employee.put(path, {"lines": []}), employee.post(path, {"amount": "1"})):
        equal("lines of a submitted claim stay", (answer.status, answer.problem), (409, "state-conflict"))
    listed = next(item for item in employee.get("/v1/claims?limit=200").json["claims"] if item["id"] == claim["id"])
    check("lists show no lines", "lines" not in listed)
    equal("a claim shows its lines", len(employee.get("/v1/claims/" + claim["id"]).json["lines"]), 1)


def versions():
    claim = employee.claim(title="versions")
    old = '"%d"' % claim["version"]
    employee.post("/v1/claims/%s/lines" % claim["id"], {"amount": "1"})
    equal("a move for an old version", move(employee, claim, "submit", If_Match=old).problem, "precondition-failed")
    now = employee.get("/v1/claims/" + claim["id"]).headers["etag"]
    equal("a move for this version", move(employee, claim, "submit", If_Match=now).status, 200)
    equal("a move for any version", move(admin, claim, "approve", If_Match="*").status, 200)


def references():
    path = "/v1/claims/by-reference/"
    made = platform.put(path + "OA%2F2026%2F%E4%B8%80", {"title": "one", "branch": "HZ"})
    equal("by reference: created", (made.status, made.json.get("external_ref")), (201, "OA/2026/一"))
    got = platform.get(path + "OA%2F2026%2F%E4%B8%80")
    equal("by reference: got", (got.status, got.json.get("id")), (200, made.json["id"]))
    same = platform.put(path + "OA%2F2026%2F%E4%B8%80", {"title": "one", "branch": "HZ"})
    equal("by reference: the same again", (same.status, same.json.get("id")), (200, made.json["id"]))
    other = platform.put(path + "OA%2F2026%2F%E4%B8%80",
                         {"title": "two", "branch": "HZ", "currency": "CNY", "lines": [{"amount": "3"}]})
    equal("by reference: changed", (other.status, other.json.get("title"), other.json.get("lines_total")),
          (200, "two", "3.00"))
    kept = platform.put(path + "OA%2F2026%2F%E4%B8%80", {"title": "three", "branch": "HZ"})
    equal("by reference: lines stay when none are given", kept.json.get("lines_total"), "3.00")
    old = platform.put(path + "OA%2F2026%2F%E4%B8%80", {"title": "four"}, If_Match=made.headers["etag"])
    equal("by reference: an old version", old.problem, "precondition-failed")
    equal("by reference: none yet, but a version", platform.put(path + "new", {}, If_Match='"1"').problem,
          "precondition-failed")
    equal("by reference: two names", platform.put(path + "a", {"external_ref": "b"}).problem, "invalid-field")
    equal("by reference: too long", platform.put(path + "x" * 129, {}).problem, "invalid-field")
    equal("by reference: nobody", platform.get(path + "nobody").problem, "not-found")
    move(platform, made.json, "submit")
    equal("by reference: no draft any more", platform.put(path + "OA%2F2026%2F%E4%B8%80", {"title": "late"}).problem,
          "state-conflict")
    for broken in ("%", "%2", "%zz", "%00", "%ff"):
        equal("by reference: " + broken, platform.get(path + broken).problem, "bad-request")


def lists():
    lister = service.client("employee-cd")
    made = [lister.claim(title="list %d" % i, external_ref="L-%d" % i)["id"] for i in range(7)]
    move(lister, {"id": made[3]}, "submit")
    seen, target, pages = [], "/v1/claims?limit=3", 0
    while target and pages < 9:
        page = lister.get(target).json
        seen += [claim["id"] for claim in page["claims"]]
        target = "/v1/claims?limit=3&cursor=" + page["next"] if "next" in page else None
        pages += 1
    equal("pages: all, newest first", seen, made[::-1])
    equal("pages: as many as needed", pages, 3)
    for query, wanted in (("state=submitted", [made[3]]), ("external_ref=L-2", [made[2]]), ("q=LIST%204", [made[4]]),
                          ("q=%25", []), ("q=L-5", [made[5]]), ("external_ref=none", []), ("state=paid", []),
                          ("branch_id=" + database.account("employee")["branch_id"], [])):
        answer = lister.get("/v1/claims?" + query)
        equal("list with " + query[:30], [claim["id"] for claim in answer.json.get("claims", "?")], wanted)
    for query in ("state=none", "limit=0", "limit=201", "limit=x", "limit=", "cursor=x", "branch_id=x"):
        answer = lister.get("/v1/claims?" + query)
        equal("list with " + query, (answer.status, answer.problem), (422, "invalid-field"))
    equal("list with bad UTF-8", lister.get("/v1/claims?q=%ff").problem, "bad-request")
    equal("an employee sees his own only",
          {claim["claimant"]["name"] for claim in lister.get("/v1/claims?limit=200").json["claims"]}, {"employee-cd"})
    for role, branches in (("reviewer", {"HZ"}), ("auditor", {"HZ", "CD"}), ("finance", {"HZ", "CD"})):
        got = set()
        target = "/v1/claims?limit=200"
        while target:
            page = client[role].get(target).json
            got |= {claim["branch"]["code"] for claim in page["claims"]}
            target = "/v1/claims?limit=200&cursor=" + page["next"] if "next" in page else None
        equal("%s sees the branches" % role, got, branches)


creation()
bodies()
lines()
versions()
references()
lists()
moves()
service.stop()
finish()
