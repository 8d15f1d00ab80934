"""Two tenants, three branches, and in each of their accounts things whose text nobody else may ever be answered.

A canary is a word that occurs in nothing else: in titles, notes, reasons, file names and bytes of what one account
owns. Beside them stand the ids of what the other tenant owns and every token. `forbidden(who)` is what no answer to an
account may hold.
"""
import itertools
import threading

from harness import check, equal, eventually, fixture, tiny_xml

# (tenant, login, branch or None for all, sees): of the accounts that vouch_test_service makes.
ACCOUNTS = (
    ("alpha", "employee", "HZ", "own"), ("alpha", "colleague", "HZ", "own"), ("alpha", "employee-cd", "CD", "own"),
    ("alpha", "reviewer", "HZ", "branch"), ("alpha", "reviewer-cd", "CD", "branch"),
    ("alpha", "platform", "HZ", "branch"), ("alpha", "finance", None, "tenant"), ("alpha", "auditor", None, "tenant"),
    ("alpha", "admin", None, "tenant"), ("beta", "employee", "HZ", "own"), ("beta", "admin", None, "tenant"),
)
OWNERS = [row for row in ACCOUNTS if row[1] in ("employee", "colleague", "employee-cd")]
NOBODY = "01234567-89ab-7def-8123-456789abcdef"

# Who does what an employee may not.
ACTORS = {"approveClaim": "reviewer", "rejectClaim": "reviewer", "payClaim": "finance"}
STATES = {"approveClaim": "submitted", "rejectClaim": "submitted", "payClaim": "approved"}


class Owner:
    """What one account owns, and its canary."""

    def __init__(self, world, tenant, login, branch):
        self.tenant, self.login, self.branch = tenant, login, branch
        self.canary = "canary%s%s%s" % (tenant, branch, login.replace("-", ""))
        self.client = world.service.client(login, tenant)
        self.reference = "ref-%s-%s" % (tenant, login)
        self.claim = self.client.claim(
            title="title " + self.canary, external_ref=self.reference, currency="CNY",
            lines=[{"amount": "12.50", "note": "note " + self.canary, "category": "category " + self.canary,
                    "cost_centre": "centre " + self.canary}])
        upload = self.client.upload("/v1/claims/%s/documents" % self.claim["id"],
                                    fixture("vat-pdf-1.pdf") + ("\n%% %s\n" % self.canary).encode(),
                                    name="file %s.pdf" % self.canary)
        self.document = upload.json["id"]
        verification = self.client.upload("/v1/verifications", tiny_xml("v" + self.canary),
                                          name="file %s.xml" % self.canary)
        self.verification = verification.json["id"]
        withdrawn = self.client.claim(title="withdrawn " + self.canary)["id"]
        moved = self.client.post("/v1/claims/%s/withdraw" % withdrawn, {"reason": "reason " + self.canary})
        equal("%s has a world" % self.canary, (upload.status, verification.status, moved.status), (202, 202, 200))
        self.ids = [self.claim["id"], self.claim["lines"][0]["id"], self.document, self.verification, withdrawn]


class World:
    def __init__(self, database, service):
        self.database, self.service = database, service
        self.serial = itertools.count(1)
        self.lock = threading.Lock()
        worker = service.worker("--workers", "1")
        self.owners = {(row[0], row[1]): Owner(self, *row[:3]) for row in OWNERS}
        check("everything is read", eventually(lambda: all(
            owner.client.get(target).json.get("state") in ("done", "failed") for owner in self.owners.values()
            for target in ("/v1/documents/" + owner.document, "/v1/verifications/" + owner.verification)), 120))
        worker.stop()
        self.tokens = [row["token"] for row in database.accounts.values()]
        self.tenant_ids = {row["tenant"]: row["tenant_id"] for row in database.accounts.values()}
        self.account_ids = {(tenant, login): service.client(login, tenant).get("/v1/me").json["account_id"]
                            for tenant, login, _, _ in ACCOUNTS}
        self.hidden = {(tenant, login): self._forbidden(tenant, login, branch, sees)
                       for tenant, login, branch, sees in ACCOUNTS}
        self.hidden[None] = self._forbidden(None, None, None, "nothing")

    def _forbidden(self, tenant, login, branch, sees):
        words = list(self.tokens)
        for owner in self.owners.values():
            mine = owner.tenant == tenant and (sees == "tenant" or (sees == "branch" and owner.branch == branch) or
                                               owner.login == login)
            if not mine:
                words += [owner.canary] + owner.ids
        for (other, name), account in self.account_ids.items():
            if other != tenant:
                words += [account, self.tenant_ids[other]]
                words.append(self.database.accounts[other, name].get("branch_id"))
        return sorted({word.encode() for word in words if word})

    def leaked(self, who, answer, sent):
        """The forbidden words in an answer, but those that the request itself told."""
        told = b"\n".join([answer.body] + [value.encode(errors="replace") for value in answer.headers.values()])
        return [word for word in self.hidden[who] if word in told and word not in sent]

    def possessions(self):
        """What the accounts own that the requests are not aimed at, as they see it themselves."""
        return {owner.canary: [owner.client.get(target).body for target in (
            "/v1/claims/" + owner.claim["id"], "/v1/claims/%s/documents" % owner.claim["id"],
            "/v1/documents/" + owner.document, "/v1/documents/%s/original" % owner.document,
            "/v1/verifications/" + owner.verification)]
            for key, owner in self.owners.items() if key != ("alpha", "employee")}

    def number(self):
        with self.lock:
            return next(self.serial)


class Target:
    """What the requests of one operation are aimed at: a thing of the employee's own, made anew once it was changed."""

    def __init__(self, world, path, operation):
        self.world, self.path, self.operation = world, path, operation
        self.owner = world.owners["alpha", "employee"]
        self.login = ACTORS.get(operation["operationId"], "employee")
        self.parameters = None

    def values(self):
        if self.parameters is None:
            self.parameters = self._make()
        return self.parameters

    def spend(self):
        self.parameters = None

    def _make(self):
        changes = self.operation["method"] != "GET"
        client = self.owner.client
        if "{external_ref}" in self.path:
            return {"external_ref": "t%d" % self.world.number() if changes else self.owner.reference}
        if "/claims/{id}" in self.path:
            return self._claim(client) if changes else {"id": self.owner.claim["id"]}
        if "/documents/{id}" in self.path:
            return {"id": self._document(client) if changes else self.owner.document, "page": "1.png"}
        if "/verifications/{id}" in self.path:
            return {"id": self.owner.verification}
        return {}

    def _claim(self, client):
        claim = client.claim(title="target", currency="CNY", lines=[{"amount": "1.00"}])
        state = STATES.get(self.operation["operationId"])
        if state:
            client.post("/v1/claims/%s/submit" % claim["id"])
        if state == "approved":
            self.world.service.client("reviewer").post("/v1/claims/%s/approve" % claim["id"])
        return {"id": claim["id"], "line_id": claim["lines"][0]["id"]}

    def _document(self, client):
        claim = client.claim(title="target")["id"]
        return client.upload("/v1/claims/%s/documents" % claim, tiny_xml("t%d" % self.world.number())).json["id"]
