"""Clients that don't give up: a request is repeated, with one Idempotency-Key, until it is acknowledged."""
import glob
import http.client
import json
import os
import subprocess
import threading
import time
import uuid

UBL = ("<Invoice xmlns='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2' "
       "xmlns:c='urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2' "
       "xmlns:a='urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2'><!-- copy %(copy)d -->"
       "<c:ID>R-%(number)d-A</c:ID><c:IssueDate>2024-03-05</c:IssueDate><c:InvoiceTypeCode>380</c:InvoiceTypeCode>"
       "<c:DocumentCurrencyCode>EUR</c:DocumentCurrencyCode>"
       "<a:AccountingSupplierParty><a:Party><a:PartyTaxScheme><c:CompanyID>DE136695976</c:CompanyID><a:TaxScheme>"
       "<c:ID>VAT</c:ID></a:TaxScheme></a:PartyTaxScheme><a:PartyLegalEntity><c:RegistrationName>Muster GmbH"
       "</c:RegistrationName></a:PartyLegalEntity></a:Party></a:AccountingSupplierParty>"
       "<a:TaxTotal><c:TaxAmount currencyID='EUR'>19</c:TaxAmount></a:TaxTotal>"
       "<a:LegalMonetaryTotal><c:LineExtensionAmount currencyID='EUR'>100</c:LineExtensionAmount>"
       "<c:TaxExclusiveAmount currencyID='EUR'>100</c:TaxExclusiveAmount>"
       "<c:TaxInclusiveAmount currencyID='EUR'>119</c:TaxInclusiveAmount>"
       "<c:PayableAmount currencyID='EUR'>119</c:PayableAmount></a:LegalMonetaryTotal></Invoice>")


class Papers:
    """Invoices nobody has seen yet, made by vouch-generate as they are needed; copies differ in their bytes."""

    BATCH = 100

    def __init__(self, generate, folder):
        self.generate, self.folder = generate, folder
        self.made, self.used, self.number = {}, {}, 0
        os.mkdir(folder)

    def ubl(self, copies):
        self.number += 1
        return [(UBL % {"number": self.number * 7, "copy": copy}).encode() for copy in range(copies)]

    def file(self, kind, seed):
        if seed > self.made.get(kind, 0):
            start = self.made.get(kind, 0) + 1
            subprocess.run([self.generate, "--kind", kind, "--seed", str(start), "--count", str(self.BATCH),
                            self.folder], check=True, stdout=subprocess.DEVNULL)
            self.made[kind] = start + self.BATCH - 1
        path = next(path for path in glob.glob(os.path.join(self.folder, "%s-%d.*" % (kind, seed)))
                    if not path.endswith(".expected.json"))
        with open(path, "rb") as file:
            return file.read()

    def pdf(self, copies, kind="vat-pdf"):
        self.used[kind] = self.used.get(kind, 0) + 1
        data = self.file(kind, self.used[kind])
        return [data + b"%% copy %d\n" % copy for copy in range(copies)]


class Refused(Exception):
    """An answer that no repetition changes."""


class Client:
    """One token; repeats what is not answered, or answered by "not now"."""

    def __init__(self, machine, token, pause=0.05):
        self.machine, self.token, self.pause = machine, token, pause
        self.repeated = 0
        self.closed = False

    def once(self, method, target, body, headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.machine.port, timeout=30)
        try:
            connection.request(method, target, body=body, headers=headers)
            response = connection.getresponse()
            data = response.read()
            if response.status >= 300:  # what is said in trouble is what is described
                got = {name.lower(): value for name, value in response.getheaders()}
                self.machine.harness.description.hold_against(method, target, response.status, got, data)
            return response.status, data
        finally:
            connection.close()

    def request(self, method, target, body=None, json_body=None, **more):
        """@return (status, object) of the first answer that is final"""
        headers = dict(more, **{"Authorization": "Bearer " + self.token, "Content-Type": "application/octet-stream"})
        if json_body is not None:
            body = json.dumps(json_body).encode()
            headers["Content-Type"] = "application/json"
        if method == "POST":
            headers["Idempotency-Key"] = str(uuid.uuid4())
        while not self.closed:
            try:
                status, data = self.once(method, target, body, headers)
            except (OSError, http.client.HTTPException):
                status, data = 0, b""
            slug = ""
            if status >= 400:
                slug = json.loads(data).get("type", "").replace("/problems/", "")
            waiting = status == 409 and b"Idempotency-Key" in data
            if status and status < 500 and status != 429 and not waiting:
                return status, (json.loads(data) if data else {})
            self.repeated += 1
            self.last = (status, slug)
            time.sleep(self.pause)
        raise Refused("given up: %s" % (getattr(self, "last", None),))

    def claim(self, **members):
        status, claim = self.request("POST", "/v1/claims", json_body=members)
        if status != 201:
            raise Refused("claim: %d %s" % (status, claim))
        return claim

    def upload(self, claim, data, name):
        status, document = self.request("POST", "/v1/claims/%s/documents?filename=%s" % (claim["id"], name), body=data)
        if status not in (200, 202):
            raise Refused("upload: %d %s" % (status, document))
        return document


class Upload(threading.Thread):
    """An upload in the background; `document` is set when it is acknowledged."""

    def __init__(self, client, claim, data, name):
        super().__init__(daemon=True)
        self.client, self.claim, self.data, self.name_of_file = client, claim, data, name
        self.document = self.failure = None
        self.start()

    def run(self):
        try:
            self.document = self.client.upload(self.claim, self.data, self.name_of_file)["id"]
        except Exception as why:  # whatever it is, it is told where the upload is looked for
            self.failure = repr(why)
