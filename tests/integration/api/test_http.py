"""HTTP as it is spoken on the wire: lengths that disagree, uploads in every shape, limits, slow clients, TLS."""
import os
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import warnings

from harness import (SLOWER, Database, Service, check, dashed, equal, eventually, finish, read_answer, tiny_xml)

database = Database()
service = Service(database, "--http-timeout-seconds", "2", "--http-header-bytes", "8k")
employee, public = service.client("employee"), service.client()
TOKEN = b"Authorization: Bearer " + employee.token.encode() + b"\r\n"
CLAIM = employee.claim(title="uploads")["id"]
DOCUMENTS = "/v1/claims/%s/documents" % CLAIM


def request(line, *headers, body=b""):
    return line + b" HTTP/1.1\r\nHost: t\r\n" + TOKEN + b"".join(h + b"\r\n" for h in headers) + b"\r\n" + body


def claims_count():
    return int(database.sql("SELECT count(*) FROM claim")[0][0])


# --------------------------------------------------------------------------------------------------------- messages --

def lengths():
    """Two readers of one connection must never see different requests (RFC 9112, 6.3)."""
    smuggled = b"POST /v1/claims HTTP/1.1\r\nHost: t\r\n" + TOKEN + b"Content-Length: 0\r\n\r\n"
    for name, headers, body in (
            ("Content-Length and Transfer-Encoding", (b"Content-Length: 4", b"Transfer-Encoding: chunked"),
             b"0\r\n\r\n" + smuggled),
            ("Transfer-Encoding and Content-Length", (b"Transfer-Encoding: chunked", b"Content-Length: 4"),
             b"0\r\n\r\n" + smuggled),
            ("two Content-Lengths", (b"Content-Length: 0", b"Content-Length: 5"), smuggled),
            ("one Content-Length twice", (b"Content-Length: 0", b"Content-Length: 0"), smuggled),
            ("two Transfer-Encodings", (b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
             b"0\r\n\r\n" + smuggled),
            ("a list in Content-Length", (b"Content-Length: 0, 0",), smuggled),
            ("a sign in Content-Length", (b"Content-Length: +0",), smuggled),
            ("a negative Content-Length", (b"Content-Length: -1",), smuggled),
            ("a hexadecimal Content-Length", (b"Content-Length: 0x0",), smuggled),
            ("an empty Content-Length", (b"Content-Length:",), smuggled),
            ("a long Content-Length", (b"Content-Length: " + b"9" * 40,), smuggled),
            ("another coding", (b"Transfer-Encoding: gzip",), smuggled),
            ("two codings", (b"Transfer-Encoding: gzip, chunked",), b"0\r\n\r\n" + smuggled),
            ("a space before the colon", (b"Content-Length : 0",), smuggled),
            ("a tab before the colon", (b"Transfer-Encoding\t: chunked",), b"0\r\n\r\n" + smuggled)):
        before = claims_count()
        with service.connect(10) as connection:
            connection.sendall(request(b"GET /v1/me", *headers, body=body))
            answer = read_answer(connection)
            check(name + " is refused", answer and answer.status in (400, 413), answer)
            check(name + ": nothing is answered after that", read_answer(connection) is None)
        equal(name + ": nothing was smuggled", claims_count(), before)
    with service.connect(10) as connection:
        connection.sendall(request(b"POST /v1/claims", b"Content-Length: 0") * 3)
        equal("requests in one go are answered one after the other",
              [read_answer(connection, "POST", "/v1/claims").status for _ in range(3)], [201] * 3)


def chunked(data, size=1000):
    pieces = [data[i:i + size] for i in range(0, len(data), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def messages():
    with service.connect() as connection:
        connection.sendall(request(b"POST /v1/claims", b"Content-Type: application/json",
                                   b"Transfer-Encoding: chunked", body=chunked(b'{"title": "in pieces"}', 3)))
        answer = read_answer(connection, "POST", "/v1/claims")
        equal("a chunked body", (answer.status, answer.json.get("title")), (201, "in pieces"))
    for bad in (b"x\r\n{}\r\n0\r\n\r\n", b"-1\r\n{}\r\n0\r\n\r\n", b"ffffffffffffffffff\r\n{}\r\n0\r\n\r\n"):
        answer = service.raw(request(b"POST /v1/claims", b"Transfer-Encoding: chunked", body=bad), target=None)
        check("a broken chunk %r" % bad[:8], answer is None or answer.status in (400, 413), answer)
    old = service.raw(b"GET /v1/me HTTP/1.0\r\n" + TOKEN + b"\r\n", "/v1/me")
    equal("HTTP/1.0", (old.status, old.headers.get("connection", "").lower()), (200, "close"))
    equal("the absolute form", service.raw(request(b"GET http://t/v1/me"), "/v1/me").status, 200)
    equal("a path in pieces of escapes", public.get("/%68ealthz").status, 200)
    for line in (b"GET /v1/m\xff", b"GET /v1/%ff", b"GET /v1/%00", b"GET /healthz%00x", b"GET /v1/%", b"GET /%zz",
                 b"GET /v1/claims?q=%ff", b"G\xffT /v1/me", b"GET nothing", b"GET //v1/me", b"GET /v1/me/",
                 b"GET /" + b"a/" * 400, b"GET /v1/../v1/me", b"OPTIONS *", b"BREW /v1/me"):
        answer = service.raw(request(line), target=None)
        check("refused: %r" % line[:24], answer and answer.status in (400, 404, 405) and answer.problem, answer)
    answer = public.get("/" + "a" * 1100)
    equal("a long address", (answer.status, answer.problem), (414, "uri-too-long"))
    answer = service.raw(request(b"GET /v1/me", b"X: " + b"x" * 9000), target=None)
    check("long headers", answer and answer.status in (413, 431), answer)
    equal("a body that nobody asked for is dropped",
          service.raw(request(b"GET /v1/me", b"Content-Length: 5", body=b"hello"), "/v1/me").status, 200)


def methods():
    for target, allowed in (("/healthz", "GET, HEAD"), ("/v1/claims", "POST, GET, HEAD"),
                            ("/v1/claims/%s" % CLAIM, "GET, HEAD"), ("/v1/claims/%s/lines" % CLAIM, "PUT, POST"),
                            ("/v1/claims/%s/submit" % CLAIM, "POST")):
        answer = employee.request("PATCH", target)
        equal("PATCH %s" % target[:24], (answer.status, answer.problem, answer.headers.get("allow")),
              (405, "method-not-allowed", allowed))
    for target in ("/healthz", "/openapi.yaml", "/v1/me", "/v1/claims", "/v1/claims/" + CLAIM):
        got, head = employee.get(target), employee.request("HEAD", target)
        equal("HEAD " + target[:24], (head.status, head.headers["content-length"], head.body),
              (200, str(len(got.body)), b""))
    equal("HEAD of nothing", employee.request("HEAD", "/v1/none").status, 404)
    for target in ("/v1", "/v1/none", "/v1/claims/x", "/v1/documents/x/original", "/problems/", "/v1/claims/" + CLAIM +
                   "/documents/x", "/v1/documents/%s/pages/0.png" % CLAIM, "/v1/documents/%s/pages/x" % CLAIM):
        equal("nothing at " + target[:40], employee.get(target).problem, "not-found")


def identity():
    for headers in ({}, {"Authorization": "Basic eA=="}, {"Authorization": "Bearer"}, {"Authorization": "Bearer "},
                    {"Authorization": "Bearer vt_" + "0" * 64}, {"Authorization": "Bearer " + "x" * 3000}):
        answer = public.request("GET", "/v1/me", headers=headers)
        equal("token %.30s" % headers, (answer.status, answer.problem, "www-authenticate" in answer.headers),
              (401, "unauthenticated", True))
    equal("without a token no byte is taken", public.upload(DOCUMENTS, b"x" * 4000000).status, 401)
    given = public.get("/healthz", X_Request_Id="my-request-1")
    equal("a request id is kept", given.headers["x-request-id"], "my-request-1")
    for bad in ("short", "x" * 80, "with space", "a\"b<c>d;e'"):
        made = public.get("/healthz", X_Request_Id=bad).headers["x-request-id"]
        check("a request id is made instead of %.10r" % bad, made != bad and len(made) == 32)
    refused = employee.get("/v1/none", X_Request_Id="refused-0001")
    equal("a problem tells the request id", refused.json.get("request_id"), "refused-0001")
    employee.post("/v1/claims", {"title": "audited"}, X_Request_Id="audited-0001")
    equal("the request id stands in the audit", len(database.sql("SELECT 1 FROM audit WHERE request_id = "
                                                                 "'audited-0001'")), 1)
    equal("and in the log", [line["status"] for line in service.log if line.get("request_id") == "audited-0001"],
          ["201"])
    check("no token is logged", not any(employee.token in str(line) for line in service.log))


# ---------------------------------------------------------------------------------------------------------- uploads --

def uploads():
    raw = employee.upload(DOCUMENTS, tiny_xml("raw"), name="发票 1.xml")
    equal("a raw upload", (raw.status, raw.json.get("file"), raw.json.get("format")), (202, "发票 1.xml", "xml"))
    equal("Location", raw.headers.get("location"), "/v1/documents/" + raw.json["id"])
    form = employee.multipart(DOCUMENTS, [('name="lane"', b"bulk"), ('name="file"; filename="b.xml"', tiny_xml("b"))])
    equal("a form", (form.status, form.json.get("file")), (202, "b.xml"))
    equal("its lane", database.sql("SELECT bulk FROM job WHERE document_id = '%s'" % form.json["id"]), [["t"]])
    equal("the lane of a raw one", employee.upload(DOCUMENTS + "?lane=bulk", tiny_xml("c")).status, 202)
    again = employee.upload(DOCUMENTS, tiny_xml("raw"), name="other.xml")
    equal("the same bytes in the same claim", again.json.get("id"), raw.json["id"])
    with service.connect() as connection:
        connection.sendall(request(b"POST " + DOCUMENTS.encode(), b"Transfer-Encoding: chunked",
                                   body=chunked(tiny_xml("chunked"), 7)))
        equal("a chunked upload", read_answer(connection, "POST", DOCUMENTS).status, 202)
    with service.connect() as connection:
        connection.sendall(request(b"POST " + DOCUMENTS.encode(), b"Expect: 100-continue",
                                   b"Content-Length: %d" % len(tiny_xml("expected"))))
        equal("100 Continue", connection.recv(4096).split(b"\r\n")[0], b"HTTP/1.1 100 Continue")
        connection.sendall(tiny_xml("expected"))
        equal("and then the upload", read_answer(connection, "POST", DOCUMENTS).status, 202)
    original = employee.get("/v1/documents/%s/original" % raw.json["id"])
    equal("the bytes come back", original.body, tiny_xml("raw"))
    equal("as an attachment", original.headers["content-disposition"],
          "attachment; filename*=UTF-8''%E5%8F%91%E7%A5%A8%201.xml")
    equal("that is not run", (original.headers["content-type"], original.headers["x-content-type-options"],
                              "sandbox" in original.headers["content-security-policy"]),
          ("application/octet-stream", "nosniff", True))
    listed = employee.get(DOCUMENTS).json["documents"]
    equal("all are listed", len(listed), 5)
    removed = employee.delete("/v1/documents/" + raw.json["id"])
    equal("one is removed", (removed.status, removed.body), (204, b""))
    equal("it is gone from the claim", len(employee.get(DOCUMENTS).json["documents"]), 4)


def refused_uploads():
    for name, answer, wanted in (
            ("no bytes", employee.upload(DOCUMENTS, b""), (422, "empty-document")),
            ("no document", employee.upload(DOCUMENTS, b"hello"), (415, "unsupported-format")),
            ("a program", employee.upload(DOCUMENTS, b"\x7fELF" + bytes(100)), (415, "unsupported-format")),
            ("no such lane", employee.upload(DOCUMENTS + "?lane=fast", tiny_xml("l")), (422, "invalid-field")),
            ("no such claim", employee.upload("/v1/claims/%s/documents" % ("0" * 8 + "-0000-0000-0000-" + "0" * 12),
                                              tiny_xml("n")), (404, "not-found")),
            ("no id", employee.upload("/v1/claims/x/documents", tiny_xml("n")), (404, "not-found")),
            ("two files", employee.multipart(DOCUMENTS, [('name="file"; filename="1.xml"', tiny_xml("f1")),
                                                         ('name="file"; filename="2.xml"', tiny_xml("f2"))]),
             (400, "bad-request")),
            ("no file", employee.multipart(DOCUMENTS, [('name="note"', b"x")]), (400, "bad-request")),
            ("an empty file", employee.multipart(DOCUMENTS, [('name="file"; filename="1.xml"', b"")]),
             (422, "empty-document")),
            ("a long lane", employee.multipart(DOCUMENTS, [('name="lane"', b"x" * 40),
                                                           ('name="file"; filename="1"', tiny_xml("l"))]),
             (422, "invalid-field")),
            ("a form that ends early",
             employee.request("POST", DOCUMENTS, body=b"--b\r\nContent-Disposition: form-data; name=\"file\"; "
                              b"filename=\"x\"\r\n\r\n<?xml", headers=dashed({"Content_Type":
                                                                             "multipart/form-data; boundary=b"})),
             (400, "bad-request")),
            ("a form of something else",
             employee.request("POST", DOCUMENTS, body=b"hello", headers=dashed({"Content_Type":
                                                                               "multipart/form-data; boundary=b"})),
             (400, "bad-request")),
            ("a form without boundary",
             employee.request("POST", DOCUMENTS, body=b"hello", headers=dashed({"Content_Type":
                                                                               "multipart/form-data"})),
             (400, "bad-request"))):
        equal("upload of " + name, (answer.status, answer.problem), wanted)
    nameless = employee.multipart(DOCUMENTS, [("x=y", b"z"), ('name="file"; filename="n.xml"', tiny_xml("nameless"))])
    check("a part without a name does no harm", nameless.status in (202, 400), nameless)
    for number, name in enumerate((b"\xff\xfe.xml", b"a\x01b.xml", b"x" * 300 + b".xml", "发".encode() * 100,
                                   b"../../etc/passwd", b"a\"b\\c.xml", b"<script>.xml")):
        answer = employee.multipart(DOCUMENTS, [(b'name="file"; filename="%s"' % name, tiny_xml("name%d" % number))])
        equal("a file named %.16r" % name, answer.status, 202)
        if answer.status == 202:
            original = employee.get("/v1/documents/%s/original" % answer.json["id"])
            check("its download has a harmless name",
                  original.status == 200 and original.headers["content-disposition"].isascii() and
                  not set(original.headers["content-disposition"].split("''")[1]) & set("\"\\<>;/ "),
                  original.headers)
    submitted = employee.claim(title="closed")["id"]
    employee.post("/v1/claims/%s/submit" % submitted)
    late = employee.upload("/v1/claims/%s/documents" % submitted, tiny_xml("late"))
    equal("a submitted claim takes no documents", (late.status, late.problem), (409, "state-conflict"))
    left = sum(len(files) for _, _, files in os.walk(os.path.join(service.blobs, "tmp")))
    equal("refused uploads leave nothing behind", left, 0)


def big_uploads():
    limit = 50 << 20
    with service.connect() as connection:
        connection.sendall(request(b"POST " + DOCUMENTS.encode(), b"Content-Length: %d" % (limit + (1 << 20))))
        answer = read_answer(connection, "POST", DOCUMENTS)
        equal("413 without a byte of the body", (answer.status, answer.problem), (413, "too-large"))
        check("and the connection is closed", connection.recv(1) == b"")
    endless = b"%x\r\n%s\r\n" % (1 << 20, b"x" * (1 << 20))
    sent = 0
    with service.connect(20) as connection:
        connection.sendall(request(b"POST " + DOCUMENTS.encode(), b"Transfer-Encoding: chunked"))
        try:
            while sent < 200:
                connection.sendall(endless)
                sent += 1
        except OSError:
            pass
    check("a body without end is cut", 50 <= sent < 120, "%d MB" % sent)
    before = service.rss_kb()
    peak = [before]
    stop = threading.Event()

    def watch():
        while not stop.wait(0.005):
            peak[0] = max(peak[0], service.rss_kb())
    watcher = threading.Thread(target=watch)
    watcher.start()
    size = 40 << 20
    answer = employee.upload(DOCUMENTS, b"%PDF-1.7\n" + os.urandom(size - 9), name="big.pdf")
    equal("40 MB", (answer.status, answer.json.get("bytes")), (202, size))
    form = employee.multipart(DOCUMENTS, [('name="file"; filename="big.pdf"', b"%PDF-1.7\n" + bytes(size - 9))])
    equal("40 MB in a form", (form.status, form.json.get("bytes")), (202, size))
    back = employee.get("/v1/documents/%s/original" % answer.json["id"])
    equal("and back", len(back.body), size)
    stop.set()
    watcher.join()
    grown = (peak[0] - before) / 1024
    check("memory doesn't depend on the size (grew by %.1f MB)" % grown, grown < 15, "%.1f MB" % grown)


def slow_clients():
    def closed_after(data):
        with service.connect(30) as connection:
            connection.sendall(data)
            start = time.monotonic()
            connection.settimeout(20)
            try:
                while connection.recv(4096):
                    pass
            except OSError:
                pass
            return time.monotonic() - start
    for name, data in (("says nothing", b""), ("stops in the headers", b"GET / HTTP/1.1\r\nHo"),
                       ("stops in the body", request(b"POST /v1/claims", b"Content-Length: 10", body=b"{"))):
        took = closed_after(data)
        check("a client that %s is let go after %.1f s" % (name, took), 1 <= took < 6 * SLOWER)
    with service.connect(60) as connection:
        connection.sendall(request(b"POST " + DOCUMENTS.encode(), b"Content-Length: 100000", body=b"<"))
        start = time.monotonic()
        try:
            while time.monotonic() - start < 60:
                time.sleep(0.2)
                connection.sendall(b"x")
        except OSError:
            pass
        took = time.monotonic() - start
        check("a client that sends a byte now and then is let go after %.1f s" % took, 3.5 < took < 12 * SLOWER)
    left = sum(len(files) for _, _, files in os.walk(os.path.join(service.blobs, "tmp")))
    equal("nothing is left of them", left, 0)
    with service.connect() as connection:
        connection.sendall(request(b"POST " + DOCUMENTS.encode(), b"Content-Length: 100000", body=b"x" * 50000))
    equal("nothing is left of a client that goes away in the middle", eventually(lambda: sum(
        len(files) for _, _, files in os.walk(os.path.join(service.blobs, "tmp"))) == 0), True)


def handshake(port, version):
    """Is a version of TLS spoken? RFC 8996 forbids those before 1.2."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("DEFAULT@SECLEVEL=0")  # else it is this side that refuses the old ones
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    try:
        with socket.create_connection(("127.0.0.1", port), 10) as plain, context.wrap_socket(plain) as connection:
            return connection.version() is not None
    except OSError:
        return False


def tls():
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = os.path.join(folder, "key.pem"), os.path.join(folder, "certificate.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost"], check=True,
                       capture_output=True)
        secure = Service(database, "--tls-certificate", certificate, "--tls-key", key)
        client = secure.client("employee")
        equal("TLS", client.get("/v1/me").status, 200)
        claim = client.claim(title="over TLS")
        data = b"%PDF-1.7\n" + os.urandom(5 << 20)
        answer = client.upload("/v1/claims/%s/documents" % claim["id"], data, name="t.pdf")
        equal("an upload over TLS", answer.status, 202)
        equal("and back", client.get("/v1/documents/%s/original" % answer.json["id"]).body, data)
        plain = socket.create_connection(("127.0.0.1", secure.port), 10)
        plain.sendall(b"GET / HTTP/1.1\r\nHost: t\r\n\r\n")
        check("no plain HTTP there", not plain.recv(100).startswith(b"HTTP"))
        plain.close()
        for version, good in ((ssl.TLSVersion.TLSv1, False), (ssl.TLSVersion.TLSv1_1, False),
                              (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)):
            equal("%s" % version.name, handshake(secure.port, version), good)
        equal("others are still served", client.get("/v1/me").status, 200)
        secure.stop()


def many_connections():
    answers = []

    def ask():
        client = service.client("employee")
        answers.extend(client.get("/v1/claims/" + CLAIM).status for _ in range(10))
        client.close()
    threads = [threading.Thread(target=ask) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal("40 clients at once", answers, [200] * 400)


lengths()
messages()
methods()
identity()
uploads()
refused_uploads()
big_uploads()
slow_clients()
many_connections()
tls()
service.stop()
finish()
