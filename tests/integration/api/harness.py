"""A database, the service and clients for the scripts of this folder.

Every answer that a client gets is held against config/openapi.yaml: its status is listed, its content type is the
listed one, its body has the listed schema and no member more. A check prints one line; `finish` prints the counts.
"""
import atexit
import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

import jsonschema
import yaml

PROGRAM = os.environ["VOUCH_TEST_SERVICE"]
SOURCE = os.environ["VOUCH_SOURCE_DIR"]
SLOWER = float(os.environ.get("VOUCH_TEST_SLOWER", "1"))  # factor for time limits, for builds with sanitizers

counts = {"passed": 0, "failed": 0, "skipped": 0}


# ---------------------------------------------------------------------------------------------------------- checks --

def check(name, good, detail=""):
    counts["passed" if good else "failed"] += 1
    if good:
        print("ok    " + name)
    else:
        print("FAIL  %s%s" % (name, ": %s" % (detail,) if detail != "" else ""))
    sys.stdout.flush()
    return bool(good)


def equal(name, got, wanted):
    return check(name, got == wanted, "got %r, wanted %r" % (got, wanted))


def skip(name, reason):
    counts["skipped"] += 1
    print("skip  %s: %s" % (name, reason))


def finish():
    """Stop everything, say how it went, and end with that."""
    for thing in list(running):
        thing.stop()
    print("%d answers agree with config/openapi.yaml, %d don't" % (description.agreed, len(description.complaints)))
    for complaint in description.complaints[:20]:
        print("FAIL  " + complaint)
    counts["failed"] += len(description.complaints)
    print("%(passed)d passed, %(failed)d failed, %(skipped)d skipped" % counts)
    sys.exit(1 if counts["failed"] else 0)


running = []


@atexit.register
def _stop_what_is_left():
    for thing in list(running):
        thing.kill()


def eventually(condition, seconds=20):
    """Wait for a condition; its last value."""
    end = time.monotonic() + seconds * SLOWER
    value = condition()
    while not value and time.monotonic() < end:
        time.sleep(0.02)
        value = condition()
    return value


# ------------------------------------------------------------------------------------------------- the description --

class Description:
    """config/openapi.yaml, and what answers it allows."""

    TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
    UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
    DATE = re.compile(r"^\d{4}-\d\d-\d\d$")
    INSIDE = re.compile(r"database:|constraint|violates|relation |syntax|/tmp/|/var/|errno", re.IGNORECASE)

    def __init__(self):
        with open(os.path.join(SOURCE, "config", "openapi.yaml"), encoding="utf-8") as file:
            self.text = file.read()
        self.document = yaml.safe_load(self.text)
        self.templates = [(re.compile("^" + re.sub(r"\\{[^/]*?\\}", "[^/]+", re.escape(path)) + "$"), path)
                          for path in sorted(self.document["paths"], key=lambda path: path.count("{"))]
        self.formats = jsonschema.FormatChecker(formats=())
        for name, pattern in (("date-time", self.TIME), ("uuid", self.UUID), ("date", self.DATE)):
            self.formats.checks(name)(lambda value, pattern=pattern:
                                      not isinstance(value, str) or bool(pattern.match(value)))
        self.validators = {}
        self.complaints = []
        self.agreed = 0
        self.lock = threading.Lock()

    def operations(self):
        return sorted((method.upper(), path) for path, item in self.document["paths"].items() for method in item
                      if method in ("get", "put", "post", "delete", "patch", "head", "options"))

    def resolve(self, node):
        while "$ref" in node:
            target = self.document
            for part in node["$ref"].lstrip("#/").split("/"):
                target = target[part]
            node = target
        return node

    def template(self, target):
        path = "/".join(urllib.parse.unquote(part).replace("/", "_") for part in target.split("?")[0].split("/"))
        return next((template for pattern, template in self.templates if pattern.match(path)), None)

    def validator(self, schema):
        key = json.dumps(schema, sort_keys=True)
        if key not in self.validators:
            whole = dict(schema, components=self.document["components"])
            self.validators[key] = jsonschema.Draft202012Validator(whole, format_checker=self.formats)
        return self.validators[key]

    def complaint(self, method, target, status, headers, body):
        """What is wrong with an answer; None when nothing is."""
        if not headers.get("x-request-id"):
            return "no X-Request-Id"
        if headers.get("x-content-type-options") != "nosniff":
            return "no X-Content-Type-Options"
        template = self.template(target)
        item = self.document["paths"].get(template, {})
        operation = item.get(("get" if method == "HEAD" else method).lower())
        if operation:
            responses = operation["responses"]
            response = responses.get(str(status), responses.get("default"))
            # Refusals of the transport (lengths, addresses) may meet every request, also those that need no token.
            if response is None and 400 <= status < 600:
                response = self.document["components"]["responses"]["Problem"]
            if response is None:
                return "status %d is not described" % status
        elif status in (400, 404, 405, 414):
            response = self.document["components"]["responses"]["Problem"]
        else:
            return "no such operation, but %d" % status
        content = self.resolve(response).get("content")
        if content is None:
            return "a body where none is described" if body else None
        media = headers.get("content-type", "").split(";")[0]
        if media not in content:
            return "content type %s instead of %s" % (media, "|".join(content))
        if method == "HEAD":
            return "HEAD has a body" if body else None
        if not media.endswith("json"):
            return None
        try:
            value = json.loads(body)
        except ValueError as why:
            return "body is no JSON: %s" % why
        if media == "application/problem+json" and self.INSIDE.search(value.get("detail", "")):
            return "tells of the inside: " + value["detail"]
        error = next(self.validator(content[media]["schema"]).iter_errors(value), None)
        return error and "%s at %s" % (error.message[:200], "/".join(map(str, error.absolute_path)))

    def hold_against(self, method, target, status, headers, body):
        wrong = self.complaint(method, target, status, headers, body)
        with self.lock:
            if wrong:
                self.complaints.append("%s %s → %d: %s" % (method, target[:80], status, wrong))
            else:
                self.agreed += 1


description = Description()


# ------------------------------------------------------------------------------------------------------- processes --

class Database:
    """A private PostgreSQL with the schema, tenants, accounts and tokens."""

    def __init__(self, environment=None):
        self.process = subprocess.Popen([PROGRAM, "database"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env=dict(os.environ, **environment) if environment else None)
        running.append(self)
        line = self.process.stdout.readline()
        if not line:
            print("FAIL  the database does not start")
            sys.exit(1)
        made = json.loads(line)
        self.conninfo = made["conninfo"]
        self.accounts = {(row["tenant"], row["login"]): row for row in made["accounts"]}

    def account(self, login, tenant="alpha"):
        return self.accounts[tenant, login]

    def command(self, word):
        self.process.stdin.write(word.encode() + b"\n")
        self.process.stdin.flush()
        return self.process.stdout.readline() == b"done\n"

    def sql(self, statement):
        """As superuser; the rows as lists of text."""
        done = subprocess.run(["psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-F", "\t", self.conninfo, "-c",
                               "SET search_path = vouch", "-c", statement], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return [line.split("\t") for line in done.stdout.splitlines() if line]

    def stop(self):
        if self in running:
            running.remove(self)
            self.process.stdin.close()
            self.process.wait(60)

    kill = stop


class Process:
    """`serve` or `work` with its log: JSON lines; any other line is a complaint of a sanitizer or library."""

    def __init__(self, command, database, blobs, *options, environment=None):
        self.log, self.noise = [], []
        self.process = subprocess.Popen(
            command + ["--database", database.conninfo, "--blob-dir", blobs] + list(options), stderr=subprocess.PIPE,
            env=dict(os.environ, **environment) if environment else None)
        running.append(self)
        self.reader = threading.Thread(target=self.read_log, daemon=True)
        self.reader.start()

    def read_log(self):
        for line in self.process.stderr:
            try:
                self.log.append(json.loads(line))
            except ValueError:
                # libpq's own word of a server that goes down while it connects: before a program can ask for silence
                if not line.startswith(b"WARNING:  terminating connection"):
                    self.noise.append(line.decode(errors="replace").rstrip())

    def event(self, name, seconds=20, after=0):
        """The first line of an event, of those after so many lines; None when the process ends or time is up."""
        def find():
            return next((line for line in self.log[after:] if line.get("event") == name), None)
        return eventually(lambda: find() or self.process.poll() is not None, seconds) and find()

    def children(self):
        with open("/proc/%d/task/%d/children" % (self.process.pid, self.process.pid), encoding="ascii") as file:
            return [int(pid) for pid in file.read().split()]

    def rss_kb(self):
        with open("/proc/%d/status" % self.process.pid, encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def stop(self, expected=0, seconds=60):
        if self not in running:
            return
        running.remove(self)
        if self.process.poll() is None:
            self.signal()
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = "had to be killed"
        self.reader.join(5)
        equal("%s ends with %r" % (self.process.args[1], expected), status, expected)
        check("its log has JSON lines only", not self.noise, "\n".join(self.noise[:40]))

    def kill(self):
        running.remove(self)
        self.process.kill()


class Service(Process):
    def __init__(self, database, *options, command=(PROGRAM, "serve"), blobs=None):
        self.database = database
        self.folder = tempfile.TemporaryDirectory(prefix="vouch-api-")
        self.blobs = blobs or os.path.join(self.folder.name, "blobs")
        super().__init__(list(command), database, self.blobs, "--port", "0", *options)
        started = self.event("serving")
        if not started:
            print("FAIL  the service does not start: %s %s" % (self.log, self.noise))
            sys.exit(1)
        self.port = int(started["port"])
        self.tls = started["tls"] == "on"

    def client(self, login=None, tenant="alpha"):
        return Client(self, self.database.account(login, tenant)["token"] if login else None)

    def worker(self, *options):
        return Process([PROGRAM, "work"], self.database, self.blobs, *options)

    def connect(self, seconds=60):
        plain = socket.create_connection(("127.0.0.1", self.port), seconds)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not self.tls:
            return plain
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context.wrap_socket(plain)

    def raw(self, data, target="/", method="GET", seconds=20):
        """Send bytes as they are; (status, headers, body) of the answer, or None when there is none."""
        with self.connect(seconds) as connection:
            connection.sendall(data)
            return read_answer(connection, method, target)


def read_answer(connection, method="GET", target=None):
    response = http.client.HTTPResponse(connection, method=method)
    try:
        response.begin()
        body = response.read()
    except (http.client.HTTPException, OSError):
        return None
    headers = {name.lower(): value for name, value in response.getheaders()}
    if target:
        description.hold_against(method, target, response.status, headers, body)
    return Answer(response.status, headers, body)


# ---------------------------------------------------------------------------------------------------------- clients --

class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            return {}

    @property
    def problem(self):
        """The slug of the problem's type; None when it is no problem."""
        if self.headers.get("content-type") != "application/problem+json":
            return None
        return self.json.get("type", "").replace("/problems/", "")

    def __repr__(self):
        return "%d %s" % (self.status, self.body[:300].decode(errors="replace"))


class Client:
    """One token. A connection for each thread, kept open."""

    def __init__(self, service, token):
        self.service, self.token, self.local = service, token, threading.local()

    def connection(self):
        if getattr(self.local, "connection", None) is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=90)
            connection.sock = self.service.connect(90)
            self.local.connection = connection
        return self.local.connection

    def request(self, method, target, body=None, headers=None, json_body=None):
        sent = dict(headers or {})
        if self.token:
            sent.setdefault("Authorization", "Bearer " + self.token)
        if json_body is not None:
            body = json.dumps(json_body).encode()
            sent.setdefault("Content-Type", "application/json")
        for attempt in (1, 2):
            connection = self.connection()
            try:
                try:
                    connection.request(method, target, body=body, headers=sent)
                except (BrokenPipeError, ConnectionResetError):
                    pass  # refused before the body was read to its end: the answer may be there already
                response = connection.getresponse()
                data = response.read()
                break
            except (http.client.HTTPException, OSError):
                self.close()  # the service closes connections whose request it refused; a new one is opened
                if attempt == 2:
                    raise
        if response.will_close:
            self.close()
        got = {name.lower(): value for name, value in response.getheaders()}
        description.hold_against(method, target, response.status, got, data)
        return Answer(response.status, got, data)

    def close(self):
        if getattr(self.local, "connection", None) is not None:
            self.local.connection.close()
            self.local.connection = None

    def get(self, target, **headers):
        return self.request("GET", target, headers=dashed(headers))

    def post(self, target, json_body=None, **headers):
        return self.request("POST", target, json_body=json_body, headers=dashed(headers))

    def put(self, target, json_body=None, **headers):
        return self.request("PUT", target, json_body=json_body, headers=dashed(headers))

    def delete(self, target, **headers):
        return self.request("DELETE", target, headers=dashed(headers))

    def upload(self, target, data, name=None, **headers):
        if name:
            target += ("&" if "?" in target else "?") + "filename=" + urllib.parse.quote(name)
        sent = dict({"Content-Type": "application/octet-stream"}, **dashed(headers))
        return self.request("POST", target, body=data, headers=sent)

    def multipart(self, target, parts, **headers):
        """parts: (parameters of the disposition, data)"""
        boundary = "----vouch-test"
        body = b""
        for how, data in parts:
            how = how if isinstance(how, bytes) else how.encode()
            body += b"--%s\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (boundary.encode(), how, data)
        body += b"--%s--\r\n" % boundary.encode()
        sent = dict({"Content-Type": "multipart/form-data; boundary=" + boundary}, **dashed(headers))
        return self.request("POST", target, body=body, headers=sent)

    def claim(self, **members):
        return self.post("/v1/claims", members).json


def dashed(headers):
    """idempotency_key=… → Idempotency-Key: …"""
    return {name.replace("_", "-"): value for name, value in headers.items()}


def fixture(name):
    with open(os.path.join(SOURCE, "fixtures", name), "rb") as file:
        return file.read()


def tiny_xml(text="x"):
    """Bytes that are let in as a document: an XML file with nothing in it."""
    return ("<?xml version=\"1.0\" encoding=\"UTF-8\"?><%s/>" % text).encode()
