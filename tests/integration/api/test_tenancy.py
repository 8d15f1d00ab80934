"""Another tenant sees nothing; another branch and a colleague see nothing but the pointer of a duplicate."""
from harness import Database, Service, check, equal, finish, tiny_xml

database = Database()
service = Service(database)
employee, admin = service.client("employee"), service.client("admin")

CLAIM = employee.claim(title="秘密 secret", external_ref="SECRET-1", currency="CNY", lines=[{"amount": "1"}])
DOCUMENT = employee.upload("/v1/claims/%s/documents" % CLAIM["id"], tiny_xml("secret"), name="secret.xml").json["id"]
VERIFICATION = employee.upload("/v1/verifications", tiny_xml("verified"), name="secret2.xml").json["id"]
LINE = CLAIM["lines"][0]["id"]

READS = ["/v1/claims/" + CLAIM["id"], "/v1/claims/by-reference/SECRET-1",
         "/v1/claims/%s/documents" % CLAIM["id"], "/v1/documents/" + DOCUMENT,
         "/v1/documents/%s/original" % DOCUMENT, "/v1/documents/%s/pages/1.png" % DOCUMENT,
         "/v1/documents/%s/words" % DOCUMENT, "/v1/verifications/" + VERIFICATION]
WRITES = ([("POST", "/v1/claims/%s/%s" % (CLAIM["id"], move), {"reason": "r"})
           for move in ("submit", "withdraw", "approve", "reject", "pay")] +
          [("PUT", "/v1/claims/%s/lines" % CLAIM["id"], {"lines": []}),
           ("POST", "/v1/claims/%s/lines" % CLAIM["id"], {"amount": "1"}),
           ("DELETE", "/v1/claims/%s/lines/%s" % (CLAIM["id"], LINE), None),
           ("DELETE", "/v1/documents/" + DOCUMENT, None)])
LISTS = ["/v1/claims?limit=200", "/v1/claims?external_ref=SECRET-1", "/v1/claims?q=secret",
         "/v1/claims?branch_id=" + CLAIM["branch"]["id"],
         "/v1/claims?cursor=" + "f" * 8 + "-ffff-7fff-bfff-" + "f" * 12]


def sees_nothing(who, client):
    for target in READS:
        answer = client.get(target)
        equal("%s: GET %s" % (who, target[:26]), (answer.status, answer.problem), (404, "not-found"))
        check("%s: and not that it is there" % who, b"secret" not in answer.body and b"SECRET" not in answer.body)
    for method, target, body in WRITES:
        answer = client.request(method, target, json_body=body)
        check("%s: %s %s" % (who, method, target[-20:]), answer.status in (403, 404), answer)
    upload = client.upload("/v1/claims/%s/documents" % CLAIM["id"], tiny_xml("intruder"))
    check(who + ": uploads nothing there", upload.status in (403, 404), upload)
    for target in LISTS:
        check("%s: not in %s" % (who, target[:40]), CLAIM["id"] not in client.get(target).body.decode())


def unchanged():
    now = employee.get("/v1/claims/" + CLAIM["id"])
    equal("the claim is as it was but for its document", (now.json["state"], now.json["lines"]),
          ("draft", CLAIM["lines"]))
    equal("its document is there", employee.get("/v1/documents/" + DOCUMENT).status, 200)


def who_may():
    for role in ("reviewer", "finance", "auditor", "admin", "platform"):
        client = service.client(role)
        for target in READS[:5]:
            equal("%s sees %s" % (role, target[:26]), client.get(target).status, 200)


def references_are_of_a_tenant():
    other = service.client("employee", "beta").put("/v1/claims/by-reference/SECRET-1", {"title": "other"})
    equal("another tenant has its own references", (other.status, other.json.get("id") != CLAIM["id"]), (201, True))
    taken = service.client("employee-cd").put("/v1/claims/by-reference/SECRET-1", {"title": "other"})
    check("a taken reference is refused in another branch without telling more",
          taken.status in (404, 409) and b"secret" not in taken.body, taken)


def same_bytes():
    """Blobs are per tenant: bytes of another tenant can't be reached by their hash."""
    beta = service.client("employee", "beta")
    claim = beta.claim(title="beta")
    mine = beta.upload("/v1/claims/%s/documents" % claim["id"], tiny_xml("secret"), name="mine.xml")
    equal("the same bytes in another tenant are another document", (mine.status, mine.json["id"] != DOCUMENT),
          (202, True))
    equal("with its own name", beta.get("/v1/documents/%s/original" % mine.json["id"]).headers["content-disposition"],
          "attachment; filename*=UTF-8''mine.xml")


def tokens_end():
    account = database.account("colleague")
    client = service.client("colleague")
    equal("a token works", client.get("/v1/me").status, 200)
    database.sql("UPDATE api_token SET revoked_at = now() WHERE id = '%s'" % account["token_id"])
    equal("until it is revoked", client.get("/v1/me").problem, "unauthenticated")
    database.sql("UPDATE api_token SET revoked_at = NULL, expires_at = now() - interval '1 s' WHERE id = '%s'" %
                 account["token_id"])
    equal("or expires", client.get("/v1/me").problem, "unauthenticated")
    stored = database.sql("SELECT count(*) FROM api_token WHERE encode(hash, 'escape') LIKE '%%%s%%'" %
                          account["token"][3:])
    equal("it is stored as a hash only", stored, [["0"]])


def bound_tokens():
    """A token of an all-branch role may be bound to one branch."""
    finance, branch = database.account("finance"), database.account("employee-cd")["branch_id"]
    client = service.client("finance")
    equal("finance sees the claim", client.get(READS[0]).status, 200)
    database.sql("UPDATE api_token SET branch_id = '%s' WHERE id = '%s'" % (branch, finance["token_id"]))
    equal("not with a token of another branch", client.get(READS[0]).status, 404)
    equal("which tells so", client.get("/v1/me").json.get("branch_ids"), [branch])


sees_nothing("another tenant", service.client("employee", "beta"))
sees_nothing("another tenant's admin", service.client("admin", "beta"))
sees_nothing("another branch", service.client("employee-cd"))
sees_nothing("another branch's reviewer", service.client("reviewer-cd"))
sees_nothing("a colleague", service.client("colleague"))
unchanged()
who_may()
references_are_of_a_tenant()
same_bytes()
tokens_end()
bound_tokens()
service.stop()
finish()
