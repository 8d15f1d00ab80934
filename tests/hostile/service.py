"""The real service while four clients upload hostile documents to it.

Others, of another tenant, ask for its health and upload good documents all the time, first without the hostile clients
and then beside them. How long they waited is printed and asserted nowhere; that nothing is ever answered with 5xx, that
each hostile document comes to an end with a reason, and that both processes and their memory stay bounded, is.
"""
import os
import queue
import sys
import threading
import time

import worst

GOOD = ("vat-pdf-1.pdf", "vat-ofd-1.ofd", "digital-xml-3.xml")
UPLOADERS = 4
PROBE_PAUSE_S = 0.02  # between two questions for health
GOOD_PAUSE_S = 0.1
ENDS = ("done", "failed")  # states that a document does not leave by itself
WAIT_S = 120  # for one document to come there; each is waited for in turn
QUIET_S = {True: 5, False: 20}  # short form, full form
TOO_LONG = "pdf-content-of-200-mb"
LIMITS = ("--sandbox-cpu-seconds", "5", "--max-attempts", "1")  # so that what takes long ends within the test
MEMORY_KB = 400 << 10  # of each process of ours that lives long: several times of what it has at rest


def distinct(data, number):
    """The same document as far as anybody reads it, as bytes that were never seen."""
    if data.startswith(b"%PDF"):
        return data + b"\n%%%d\n" % number
    if data.startswith(b"PK"):  # the comment of the archive
        text = b"%020d" % number
        return data[:-2] + len(text).to_bytes(2, "little") + text
    return data + b"\n<!-- %d -->" % number


class Probe(threading.Thread):
    """Does one thing again and again and keeps how long each took."""

    def __init__(self, act, pause_s):
        super().__init__(daemon=True)
        self.act, self.pause_s = act, pause_s
        self.phase, self.times, self.failures = "before", {}, []
        self.over = threading.Event()

    def run(self):
        number = 0
        while not self.over.wait(self.pause_s):
            number += 1
            started, phase = time.monotonic(), self.phase
            wrong = self.act(number)
            self.times.setdefault(phase, []).append((time.monotonic() - started) * 1000)
            if wrong:
                self.failures.append(wrong)


def ask_health(service):
    client = service.client()

    def act(_):
        answer = client.get("/healthz")
        return None if answer.status == 200 else repr(answer)
    return act


def upload_good(service, harness):
    client = service.client("employee")
    files = [harness.fixture(name) for name in GOOD]

    def act(number):
        answer = client.upload("/v1/verifications", distinct(files[number % len(files)], number), prefer="wait=60")
        return None if answer.json.get("state") == "done" else repr(answer)
    return act


class Uploader(threading.Thread):
    def __init__(self, service, work, results):
        super().__init__(daemon=True)
        self.client, self.work, self.results = service.client("employee", "beta"), work, results

    def run(self):
        while True:
            try:
                path = self.work.get_nowait()
            except queue.Empty:
                return
            try:
                answer = self.client.upload("/v1/verifications", path.read_bytes(), name="hostile", prefer="wait=60")
                self.results.append((path, answer))
            except Exception as why:  # whatever the client met is a finding, not the end of the run
                self.results.append((path, why))


def end_of(answer, client, eventually):
    """The verification when it has come to its end, as far as that is waited for."""
    def look():
        body = client.get("/v1/verifications/" + answer.json["id"]).json
        return body if body.get("state") in ENDS else None
    return answer.json if answer.json.get("state") in ENDS else eventually(look, WAIT_S) or answer.json


def judge(results, client, eventually):
    """What each hostile upload came to; which of them broke a rule."""
    counts, broken = {}, []
    for path, answer in results:
        if isinstance(answer, Exception):
            word, wrong = "no answer", repr(answer)
        elif answer.status >= 400:
            word = f"{answer.status} {answer.problem}"
            wrong = repr(answer) if answer.status >= 500 or not answer.problem else None
        else:
            body = end_of(answer, client, eventually)
            word = body["state"]
            reason = body.get("problem") or body.get("reading", {}).get("problems")
            invoices = body.get("reading", {}).get("invoices")
            wrong = None if word in ENDS and (reason or invoices) else str(body)[:400]
        counts[word] = counts.get(word, 0) + 1
        if wrong:
            broken.append(f"{path}: {wrong}")
    return counts, broken


def look_at_log(worker, service, harness):
    """A document that a limit ends must leave a line that says which limit, and so must every other failure."""
    client = service.client("employee", "beta")
    answer = client.upload("/v1/verifications", dict(worst.documents())[TOO_LONG](), prefer="wait=60")
    body = end_of(answer, client, harness.eventually)
    failed = [line for line in worker.log if line.get("event") == "job_failed"]
    broken = [f"a failure without a reason in the log: {line}" for line in failed if not line.get("reason")]
    named = [line for line in failed if "exceeded" in line.get("detail", "")]
    if body.get("state") != "failed" or not named:
        broken.append(f"{TOO_LONG}: {body.get('state')}, and the log says {failed[-1:]}")
    print(f"log: {len(failed)} failed attempts, each with its reason; the last: {failed[-1:] and failed[-1]['reason']}, "
          f"{failed[-1:] and failed[-1].get('detail')}")
    return broken


def part_of(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


def print_times(name, probe):
    for phase, values in probe.times.items():
        print(f"{name:<22} {phase:<8} {len(values):>6} {part_of(values, .5):>9.1f} {part_of(values, .99):>9.1f} "
              f"{max(values):>9.1f}")


def run(options, files):
    os.environ["VOUCH_TEST_SERVICE"] = str(options.build / "tests" / "integration" / "api" / "vouch_test_service")
    top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    os.environ["VOUCH_SOURCE_DIR"] = top
    sys.path.insert(0, os.path.join(top, "tests", "integration", "api"))
    import harness  # noqa: E402

    database = harness.Database()
    service = harness.Service(database)
    worker = service.worker(*LIMITS)
    harness.eventually(lambda: worker.event("ready"))
    health = Probe(ask_health(service), PROBE_PAUSE_S)
    good = Probe(upload_good(service, harness), GOOD_PAUSE_S)
    for probe in (health, good):
        probe.start()
    time.sleep(QUIET_S[options.short])  # the time that is measured, not one that something is waited for

    work, results = queue.Queue(), []
    for path in files:
        work.put(path)
    uploaders = [Uploader(service, work, results) for _ in range(UPLOADERS)]
    for probe in (health, good):
        probe.phase = "beside"
    started = time.monotonic()
    for uploader in uploaders:
        uploader.start()
    memory = {"serve": 0, "work": 0}
    while any(uploader.is_alive() for uploader in uploaders):
        memory["serve"] = max(memory["serve"], service.rss_kb())
        memory["work"] = max(memory["work"], worker.rss_kb())
        uploaders[0].join(0.2)
        for uploader in uploaders:
            uploader.join(0.01)
    counts, broken = judge(results, service.client("employee", "beta"), harness.eventually)
    seconds = time.monotonic() - started
    for probe in (health, good):
        probe.over.set()
        probe.join(90)

    print(f"\n== service, {len(results)} hostile documents in {seconds:.0f} s, load {os.getloadavg()[0]:.1f}")
    print(f"{'':<22} {'':<8} {'number':>6} {'p50 ms':>9} {'p99 ms':>9} {'max ms':>9}")
    print_times("GET /healthz", health)
    print_times("a good document", good)
    print("hostile: " + ", ".join(f"{number} {word}" for word, number in sorted(counts.items(), key=lambda it: -it[1])))
    print("memory: " + ", ".join(f"{name} {kb >> 10} MB" for name, kb in memory.items()))
    for name, failures in (("health", health.failures), ("a good document", good.failures)):
        broken += [f"{name}: {failure}" for failure in failures]
    broken += [f"{name} had {kb >> 10} MB" for name, kb in memory.items() if kb > MEMORY_KB]
    if len(results) != len(files):
        broken.append(f"{len(files) - len(results)} documents were never answered")
    for process in (service, worker):
        if process.process.poll() is not None:
            broken.append(f"{process.process.args[1]} ended with {process.process.returncode}")
    broken += look_at_log(worker, service, harness)
    for process in (worker, service, database):
        process.stop()
    broken += harness.description.complaints
    for line in broken:
        print("BROKEN " + line)
    return len(broken)
