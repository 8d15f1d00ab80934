"""The clients of tests/bench/day: a plan of trips made beforehand by the hours of a day, each lived by one thread.

A trip is a claim: opened, documents uploaded and waited for, looked at, submitted or withdrawn, decided, paid. What is
not as it must be is counted by its words and fails the run: any 5xx, a broken connection, a good document that is not
accepted, an invoice of another claim that is not refused, a wrong file that becomes an invoice, a move that is refused.
"""
import argparse
import collections
import http.client
import json
import os
import random
import re
import sys
import threading
import time
import urllib.parse
import uuid

# The share of each hour; the mean is 1, the greatest 2.7.
HOURS = [0.1, 0.1, 0.1, 0.1, 0.1, 0.2, 0.3, 0.6, 1.6, 2.4, 2.7, 1.8, 0.8, 1.4, 2.2, 2.7, 2.4, 1.8, 1.0, 0.6, 0.4, 0.3, 0.2, 0.1]
DOCUMENTS = (1, 2, 2, 3, 3, 4, 6)
HELD_ELSEWHERE, WRONG, PICTURE, WITHDRAWN, REJECTED = 0.05, 0.03, 0.04, 0.06, 0.08
THREADS = 96
PATIENCE = 180  # seconds until a document must be read

measured = collections.defaultdict(list)
hours = collections.defaultdict(list)
wrong = collections.Counter()
told = collections.Counter()
held = []  # paths of documents that an approved claim holds
lock = threading.Lock()
start = 0.0


def complain(words):
    with lock:
        wrong[words] += 1


def note(what, seconds):
    with lock:
        measured[what].append(seconds)


class Person:
    """One account, with a connection for each thread that acts as it."""
    address = None

    def __init__(self, token):
        self.token, self.local = token, threading.local()

    def ask(self, what, method, path, body=None, headers=(), good=(200, 201, 202, 204)):
        sent = {"Authorization": "Bearer " + self.token, **dict(headers)}
        if body is not None and not isinstance(body, bytes):
            body, sent["Content-Type"] = json.dumps(body).encode(), "application/json"
        for attempt in (1, 2):
            connection = getattr(self.local, "connection", None)
            if connection is None:
                connection = self.local.connection = http.client.HTTPConnection(*self.address, timeout=120)
                attempt = 2
            begin = time.monotonic()
            try:
                connection.request(method, path, body, sent)
                answer = connection.getresponse()
                content = answer.read()
                break
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                self.local.connection = None
                if attempt == 2:  # one that was kept open may have been closed since
                    complain("%s: %s" % (what, type(error).__name__))
                    return 0, {}
        if "wait" not in sent.get("Prefer", ""):
            note(what, time.monotonic() - begin)
        if answer.status >= 500 or answer.status not in good:
            complain("%s: %d %s" % (what, answer.status, content[:160].decode(errors="replace")))
        isjson = answer.getheader("Content-Type", "").startswith("application/") and content[:1] == b"{"
        return answer.status, json.loads(content) if isjson else {}


class Trip:
    def __init__(self, at, people, branch, files, seed):
        self.at, self.people, self.branch, self.files = at, people, branch, files
        self.random = random.Random(seed)

    def key(self):
        return {"Idempotency-Key": str(uuid.UUID(int=self.random.getrandbits(128), version=4))}

    def wait_for(self, employee, document, begin):
        """Poll as people's pages do, or wait as platforms do; the document as it ended."""
        patient = self.random.random() < 0.5
        while document.get("state") not in ("done", "failed") and time.monotonic() < begin + PATIENCE:
            if not patient:
                time.sleep(0.4)
            status, now = employee.ask("poll", "GET", "/v1/documents/" + document["id"],
                                       headers={"Prefer": "wait=20"} if patient else {})
            if status != 200:
                return document
            document = now
        took = time.monotonic() - begin
        note("document, upload to written back", took)
        with lock:
            hours[int((self.at - start) // day.hour)].append(took)
        return document

    def upload(self, employee, claim, path, data, what):
        begin = time.monotonic()
        status, document = employee.ask(
            "upload", "POST", "/v1/claims/%s/documents?filename=%s" % (claim, urllib.parse.quote(os.path.basename(path))),
            data, {"Content-Type": "application/octet-stream", **self.key()},
            good=(200, 202) if what != "wrong" else (200, 202, 400, 413, 415, 422))
        if status not in (200, 202):
            return None
        return self.wait_for(employee, document, begin)

    def use(self, employee, claim, path):
        """Upload one file of the trip. @return its path when the claim holds it now"""
        chance, what, data = self.random.random(), "good", None
        if chance < WRONG:
            what, data = "wrong", self.random.choice((b"", b"%PDF-1.7\n%broken", b"<html>no invoice</html>",
                                                      self.random.randbytes(4000), b"PK\x03\x04" + bytes(100)))
        elif chance < WRONG + HELD_ELSEWHERE:
            with lock:
                other = self.random.choice(held) if held else None
            what, path = ("held", other) if other else (what, path)
        if data is None:
            with open(path, "rb") as file:
                data = file.read()
        document = self.upload(employee, claim, path, data, what)
        state, outcome = (document or {}).get("state"), (document or {}).get("outcome")
        picture = path.endswith(".jpg")
        with lock:
            told["%s: %s" % ("picture" if picture and what == "good" else what, outcome if state == "done" else state)] += 1
        if document and state not in ("done", "failed"):
            complain("a document was not read in %d s" % PATIENCE)
        elif what == "good" and not picture and (state != "done" or outcome not in ("accepted", "held", "supporting")):
            complain("a good %s ended as %s %s" % (os.path.basename(path).rsplit("-", 1)[0], state, outcome))
        elif what == "held" and outcome not in ("duplicate", "copy"):
            complain("an invoice that another claim holds ended as %s" % outcome)
        elif what == "wrong" and outcome in ("accepted", "held", "duplicate"):
            complain("a wrong file ended as %s" % outcome)
        if document and what == "held":  # it has to go, or the claim can't be submitted
            employee.ask("remove", "DELETE", "/v1/documents/" + document["id"])
        return path if what == "good" and outcome == "accepted" and not picture else None

    def look_around(self, employee, claim):
        employee.ask("list of one person", "GET", "/v1/claims?limit=20")
        employee.ask("claim", "GET", "/v1/claims/" + claim)
        status, answer = employee.ask("documents of a claim", "GET", "/v1/claims/%s/documents" % claim)
        for document in answer.get("documents", [])[:1]:
            if document["state"] == "done" and self.random.random() < 0.5:
                employee.ask("original", "GET", "/v1/documents/%s/original" % document["id"])
                if document["page_count"]:
                    employee.ask("page", "GET", "/v1/documents/%s/pages/1.png" % document["id"])

    def live(self):
        employee, reviewer = self.people["employee", self.branch], self.people["reviewer", self.branch]
        status, claim = employee.ask("claim opened", "POST", "/v1/claims", {"title": "Trip"}, self.key())
        if status != 201:
            return
        claim = claim["id"]
        mine = [path for path in (self.use(employee, claim, path) for path in self.files) if path]
        self.look_around(employee, claim)
        if self.random.random() < WITHDRAWN:
            employee.ask("withdraw", "POST", "/v1/claims/%s/withdraw" % claim, {}, self.key())
            return
        status, _ = employee.ask("submit", "POST", "/v1/claims/%s/submit" % claim, {}, self.key())
        if status != 200:
            return
        reviewer.ask("list of a branch", "GET", "/v1/claims?state=submitted&limit=20")
        if self.random.random() < REJECTED:
            reviewer.ask("reject", "POST", "/v1/claims/%s/reject" % claim, {"reason": "receipt of another trip"}, self.key())
            return
        status, _ = reviewer.ask("approve", "POST", "/v1/claims/%s/approve" % claim, {}, self.key())
        with lock:
            held.extend(mine)
        finance = self.people["finance", "-"]
        finance.ask("list of all", "GET", "/v1/claims?state=approved&limit=50")
        finance.ask("pay", "POST", "/v1/claims/%s/pay" % claim, {}, self.key())


class Day:
    def __init__(self, args):
        self.hour = args.seconds / len(HOURS)
        mean = sum(HOURS) / len(HOURS)
        self.expected = [args.rate / 60 * self.hour * share / mean for share in HOURS]


def plan(args, people, branches):
    """Trips in the order of their times, until the files are used up or the day ends."""
    chance = random.Random(args.seed)
    files = [os.path.join(args.documents, name) for name in sorted(os.listdir(args.documents))
             if name.endswith((".pdf", ".ofd", ".xml"))]
    pictures = [os.path.join(args.pictures, name) for name in sorted(os.listdir(args.pictures)) if re.search(r"-\d+\.jpg$", name)]  # first pages
    chance.shuffle(files)
    trips = []
    for hour, expected in enumerate(day.expected):
        count = 0
        while count < expected and files:
            take = min(chance.choice(DOCUMENTS), len(files))
            own = [pictures.pop() if pictures and chance.random() < PICTURE else files.pop() for _ in range(take)]
            trips.append(Trip((hour + chance.random()) * day.hour, people, chance.choice(branches), own, chance.random()))
            count += take
    return sorted(trips, key=lambda trip: trip.at)


def percentile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))] * 1000 if values else 0


def live(trips):
    late, waiting, ready = [], collections.deque(), threading.Semaphore(0)

    def thread():
        while True:
            ready.acquire()
            trip = waiting.popleft()
            if trip is None:
                return
            late.append(time.monotonic() - trip.at)
            try:
                trip.live()
            except Exception as error:  # one of ours: the run is not to be believed
                complain("the client itself: %r" % error)

    threads = [threading.Thread(target=thread) for _ in range(THREADS)]
    for one in threads:
        one.start()
    for number, trip in enumerate(trips):
        trip.at += start
        time.sleep(max(0.0, trip.at - time.monotonic()))
        waiting.append(trip)
        ready.release()
        if (number + 1) % max(1, len(trips) // 12) == 0:
            print("  … %d of %d trips, %d things wrong, load %.1f" % (number + 1, len(trips), sum(wrong.values()),
                                                                 os.getloadavg()[0]), flush=True)
    for _ in threads:
        waiting.append(None)
        ready.release()
    for one in threads:
        one.join()
    return late


parser = argparse.ArgumentParser()
for name in ("url", "people", "documents", "pictures"):
    parser.add_argument("--" + name, required=True)
for name in ("seconds", "rate", "seed"):
    parser.add_argument("--" + name, type=int, required=True)
args = parser.parse_args()
parts = urllib.parse.urlsplit(args.url)
Person.address = (parts.hostname, parts.port)
day = Day(args)
with open(args.people, encoding="ascii") as file:
    people = {(role, branch): Person(token) for role, branch, token in map(str.split, file)}
trips = plan(args, people, sorted({branch for role, branch in people if role == "employee"}))
start = time.monotonic()
late = live(trips)

print("\n  %4s %10s %10s %10s" % ("hour", "documents", "p50 ms", "p99 ms"))
for hour in range(len(HOURS)):
    if hours[hour]:
        print("  %4d %10d %10.0f %10.0f" % (hour, len(hours[hour]), percentile(hours[hour], 0.5), percentile(hours[hour], 0.99)))
print("\n  %-34s %8s %9s %9s %9s" % ("", "count", "p50 ms", "p99 ms", "most ms"))
for what in sorted(measured):
    values = measured[what]
    print("  %-34s %8d %9.1f %9.1f %9.1f" % (what, len(values), percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1)))
print("  %-34s %8d %9.1f %9.1f %9.1f" % ("(clients late)", len(late), percentile(late, 0.5), percentile(late, 0.99), percentile(late, 1)))
print("\n  " + "; ".join("%s %d" % pair for pair in sorted(told.items())))
for words, count in wrong.most_common(20):
    print("WRONG %d × %s" % (count, words))
print("%d requests, %d things wrong" % (sum(map(len, measured.values())), sum(wrong.values())))
sys.exit(1 if wrong else 0)
