"""Sends the requests of cases.py and judges the answers."""
import collections
import subprocess
import threading
import time
import zlib

import cases
from harness import PROGRAM, SLOWER, check, description
from wire import Wire, request
from world import Target, World

MALFORMED = ("bad-request", "invalid-field", "wrong-media-type", "unsupported-format")
# What libmicrohttpd answers itself, before there is a request, and closes the connection.
UNREADABLE = (400, 413, 414, 431)
SHOWN = 40


class Judge:
    """Holds answers against everything that is always true; collects what is not."""

    def __init__(self, world):
        self.world = world
        self.lock = threading.Lock()
        self.complaints = collections.OrderedDict()
        self.counts = collections.Counter()
        self.statuses = collections.Counter()
        self.types = dict(line.split() for line in subprocess.run(
            [PROGRAM, "problems"], capture_output=True, text=True, check=True).stdout.splitlines())

    def complain(self, case, answer, why):
        with self.lock:
            self.counts["complaints"] += 1
            what = "%s %s: %s: %s" % (case.operation["method"], case.operation["path"], case.name, why)
            self.complaints.setdefault(what, "%r" % (answer,))

    def hear(self, case, sent, answer):
        with self.lock:
            self.counts["requests"] += 1
            self.statuses[answer.status if answer else "none"] += 1
        for why in self._wrong(case, sent, answer):
            self.complain(case, answer, why)

    def _wrong(self, case, sent, answer):
        if answer is None:
            yield "no answer"
            return
        for word in self.world.leaked(case.who, answer, sent):
            yield "tells %s of somebody else" % word.decode()
        if answer.status >= 500:
            yield "status %d" % answer.status
        if "x-request-id" not in answer.headers:
            yield from self._library(case, sent, answer)
            return
        # A method that is not described is held against the rules of every refusal.
        method = case.method if case.method.isupper() else "NONE"
        complaint = description.complaint(method, case.operation["path"], answer.status, answer.headers, answer.body)
        if complaint:
            yield complaint
        if answer.headers.get("content-type") == "application/problem+json" and case.method != "HEAD":
            if self.types.get(answer.problem) != str(answer.status) or answer.json.get("status") != answer.status:
                yield "type %s with status %d" % (answer.problem, answer.status)
            if answer.json.get("request_id") != answer.headers.get("x-request-id"):
                yield "another request id in the problem"
        yield from self._expected(case, answer)

    def _library(self, case, sent, answer):
        with self.lock:
            self.counts["answered by the library"] += 1
        if answer.status not in UNREADABLE or answer.headers.get("connection", "").lower() != "close":
            yield "the library answers with status %d" % answer.status
        if case.expect == cases.GOOD:
            yield "a right request is not read"

    def _expected(self, case, answer):
        if case.statuses and answer.status not in case.statuses:
            yield "status %d instead of %s" % (answer.status, " or ".join(map(str, case.statuses)))
        elif case.expect == cases.REFUSED and not 400 <= answer.status < 500:
            yield "status %d instead of a refusal" % answer.status
        elif case.expect == cases.GOOD and not 200 <= answer.status < 300:
            yield "status %d although all is right" % answer.status
        elif case.expect == cases.READABLE and answer.problem in MALFORMED:
            yield "refused although its description allows it"

    def conclude(self):
        for number, (what, answer) in enumerate(self.complaints.items()):
            if number < SHOWN:
                check(what, False, answer)
        if len(self.complaints) > SHOWN:
            check("and %d more" % (len(self.complaints) - SHOWN), False)
        check("%d requests: every answer is described, none is 5xx, none tells of somebody else" %
              self.counts["requests"], not self.complaints, "%d don't" % self.counts["complaints"])
        print("      statuses: %s" % "  ".join("%s: %d" % pair for pair in sorted(self.statuses.items(), key=str)))
        print("      answered by the library itself: %d" % self.counts["answered by the library"])


def chosen(case, share, seed):
    """Every case in the whole form; else a share that changes with the seed, and all of what is as it should be."""
    if share == 1 or case.expect == cases.GOOD:
        return True
    name = "%s %s %d" % (case.operation["operationId"], case.name, seed)
    return zlib.crc32(name.encode()) % share == 0


def ask(wire, judge, world, case):
    token = world.database.accounts[case.who]["token"].encode() if case.who else None
    sent = request(case.method, case.target, case.headers, case.body, token)
    answer = wire.ask(sent, case.method == "HEAD")
    judge.hear(case, sent, answer)
    return answer


def same_as_nothing(judge, refusals):
    """What is somebody else's is answered as what is nowhere."""
    nobody = next((a for c, a in refusals if c.name == "id of nobody"), None)
    for case, answer in refusals:
        if nobody and answer and case.name.startswith("id of "):
            if [answer.json.get(k) for k in ("type", "status", "detail")] != \
                    [nobody.json.get(k) for k in ("type", "status", "detail")]:
                judge.complain(case, answer, "differs from what is nowhere")


def run_operation(world, judge, operation, share, seed, who=None):
    wire = Wire(world.service)
    target = Target(world, operation["path"], operation)
    aim = cases.Aim(world, operation, target, who)
    for family in cases.WRONG_VALUES if who else cases.FAMILIES:
        foreign = family is cases.wrong_owners
        refusals = []
        for case in family(aim):
            if not foreign and not chosen(case, share, seed):
                continue
            answer = ask(wire, judge, world, case)
            refusals.append((case, answer))
            if answer is not None and answer.status < 300 and case.method not in ("GET", "HEAD"):
                target.spend()
        if foreign:
            same_as_nothing(judge, refusals)
    # All those refusals have not spoilt anything: what is right is still answered.
    for case in cases.right(cases.Aim(world, operation, target)):
        ask(wire, judge, world, case)
    wire.close()


def watch_memory(service, stop, peak):
    while not stop.wait(0.05):
        peak[0] = max(peak[0], service.rss_kb())


def run(database, service, share, seed, threads, progress, every_account):
    world = World(database, service)
    judge = Judge(world)
    before_others, before = world.possessions(), service.rss_kb()
    peak, stop = [before], threading.Event()
    watcher = threading.Thread(target=watch_memory, args=(service, stop, peak))
    watcher.start()
    accounts = [None] + (list(world.account_ids) if every_account else [])
    waiting = [(operation, who) for who in accounts for operation in cases.operations()
               if who is None or not operation["public"]]
    started = time.monotonic()

    def work():
        while True:
            with judge.lock:
                if not waiting:
                    return
                operation, who = waiting.pop(0)
            begun = time.monotonic()
            run_operation(world, judge, operation, share, seed, who)
            if progress:
                print("      %6.1f s  %-6s %s%s (%d requests by now)" % (
                    time.monotonic() - begun, operation["method"], operation["path"],
                    " as %s %s" % who if who else "", judge.counts["requests"]))
    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    seconds = time.monotonic() - started
    stop.set()
    watcher.join()
    judge.conclude()
    check("what others own is as it was", world.possessions() == before_others)
    check("the service is alive", service.client().get("/healthz").status == 200)
    grown = peak[0] - before
    check("memory is bounded", grown < (64 << 10) * SLOWER, "grew by %d kB" % grown)
    print("      %d requests in %.1f s; serve: %.1f MB before, %.1f MB at most" %
          (judge.counts["requests"], seconds, before / 1024, peak[0] / 1024))
