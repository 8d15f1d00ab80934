"""A running service, scraped by a real Prometheus with the rules of deploy/monitoring.

Every rule is loaded and evaluated without an error; every query of the Grafana dashboard gives data, or is one of those
that give none while all is well; and what the alerts on anomalies are for is done to the service until they fire.
"""
import itertools
import json
import os
import re
import signal
import struct
import subprocess
import sys
import threading
import urllib.request
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "api"))
if not os.path.exists(os.environ["VOUCH_PROMETHEUS"]):
    print("no Prometheus here: deploy/test fetches it")
    sys.exit(77)

import harness  # noqa: E402
from harness import check, equal  # noqa: E402
from prometheus import FOLDER, Prometheus, wait  # noqa: E402

PATIENCE = 90  # seconds, for what takes two or three
FIXTURES = os.path.join(harness.SOURCE, "fixtures")
# Nothing of the kind happens in this test before the dashboard is looked at.
EMPTY_WHILE_ALL_IS_WELL = (
    "vouch_blob_sweep_timestamp_seconds",
    "vouch_attempts_failed_total", "vouch_document_problems_total", "3 * vouch:branch_uploads:busiest7d")


def fixture(name):
    with open(os.path.join(FIXTURES, name), "rb") as file:
        return file.read()


def blank_png(side=64):
    """A white square: nothing to be found."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = zlib.compress((b"\0" + b"\xff" * side) * side)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)) +
            chunk(b"IDAT", rows) + chunk(b"IEND", b""))


BLANK = blank_png()
PDF, OFD, XML = fixture("vat-pdf-1.pdf"), fixture("vat-ofd-1.ofd"), fixture("digital-xml-3.xml")


def metrics_port(process):
    return int(process.event("metrics")["port"])


def scrape(port, accept=""):
    request = urllib.request.Request("http://127.0.0.1:%d/metrics" % port, headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read()


def descendants(pid):
    """All processes below one, whichever thread started them."""
    found = set()
    try:
        for task in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/children" % (pid, task), encoding="ascii") as file:
                found |= {int(child) for child in file.read().split()}
    except OSError:
        pass  # ended meanwhile
    return found.union(*(descendants(child) for child in found))


class Load:
    """Uploads in the background, so many a second, until it is stopped."""

    def __init__(self, upload, every):
        self.stopped, self.upload, self.every = threading.Event(), upload, every
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        for number in itertools.count():
            self.upload(number)
            if self.stopped.wait(self.every):
                return

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join(30)


class World:
    def __init__(self):
        self.database = harness.Database()
        self.service = harness.Service(self.database, "--metrics-port", "0")
        self.worker = self.service.worker("--metrics-work-port", "0", "--workers", "2")
        self.worker.event("ready")
        self.zygotes = descendants(self.worker.process.pid)  # no document is there to be read
        self.ports = {"serve": metrics_port(self.service), "work": metrics_port(self.worker)}
        self.prometheus = Prometheus(self.ports)
        harness.running.append(self)
        self.client = self.service.client("employee")
        self.other = self.service.client("colleague")

    def kill(self):
        self.prometheus.stop()
        harness.running.remove(self)

    stop = kill

    def claim_with(self, client, data, name, **headers):
        claim = client.post("/v1/claims", {}).json["id"]
        return client.upload("/v1/claims/%s/documents" % claim, data, name, **headers)

    def verify(self, number):
        """Somebody who only looks, nothing is claimed; and who asks for what is not there."""
        data, name = ((PDF, "a.pdf"), (OFD, "a.ofd"), (XML, "a.xml"), (BLANK, "a.png"))[number % 4]
        self.client.get("/v1/claims/none")
        lane = "?lane=bulk" if number % 3 else ""
        self.client.upload("/v1/verifications" + lane, data, name)

    def duplicate(self, _):
        self.claim_with(self.other, PDF, "again.pdf")

    def fires(self, *names):
        wanted = set(names)
        done = wait(lambda: wanted <= self.prometheus.has_fired(), PATIENCE)
        return check("fires: " + ", ".join(names), done, str(self.prometheus.has_fired()))

    def kill_readers(self, _):
        for pid in descendants(self.worker.process.pid) - self.zygotes:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # ended by itself


def use_everything(world):
    """One of each thing that the dashboard shows."""
    client = world.client
    for data, name in ((PDF, "first.pdf"), (XML, "first.xml")):
        answer = world.claim_with(client, data, name, prefer="wait=30")
        equal("%s is claimed" % name, answer.json.get("outcome"), "accepted")
    answer = world.claim_with(world.other, OFD, "same.ofd", prefer="wait=30")
    equal("the same invoice as OFD is refused", answer.json.get("outcome"), "duplicate")
    client.get("/v1/claims")
    client.get("/v1/claims/none")
    world.service.client().get("/v1/me")


def check_formats(world):
    equal("the public port has no metrics", world.service.client().get("/metrics").status, 404)
    for process, port in world.ports.items():
        for accept in ("text/plain", "application/openmetrics-text;version=1.0.0"):
            text = scrape(port, accept)
            if "openmetrics" not in accept:
                done = subprocess.run([os.environ["VOUCH_PROMTOOL"], "check", "metrics"], input=text,
                                      capture_output=True)
                check("promtool check metrics: " + process, done.returncode == 0, done.stdout + done.stderr)
                with open(os.path.join(FOLDER, "README.md"), encoding="utf-8") as file:
                    told = file.read()
                families = re.findall(r"^# TYPE (\S+)", text.decode(), re.MULTILINE)
                missing = [name for name in families if "| `%s` |" % name not in told]
                check("%s: README.md has each of %d families" % (process, len(families)), not missing, str(missing))
            own = ("alpha", "employee", "first.pdf", world.client.token)
            check("%s, %s: no name of a person, tenant or file" % (process, accept.split(";")[0]),
                  not [word for word in own if word.encode() in text])
            check("%s, %s: nothing is counted as other" % (process, accept.split(";")[0]), b'"other"' not in text)


def check_rules(world):
    rules = wait(lambda: [rule for rule in [world.prometheus.rules()]
                          if all(each["health"] != "unknown" for each in rule)], PATIENCE)
    check("every rule was evaluated", rules)
    rules = world.prometheus.rules()
    check("and there are some (%d)" % len(rules), len(rules) > 40)
    wrong = ["%s: %s" % (rule["name"], rule.get("lastError")) for rule in rules if rule["health"] != "ok"]
    check("without an error", not wrong, "\n".join(wrong))
    check("both processes are scraped", wait(lambda: world.prometheus.value('sum(up{job="vouch"})') == 2, PATIENCE))


def dashboard():
    with open(os.path.join(FOLDER, "grafana-vouch.json"), encoding="utf-8") as file:
        return json.load(file)


def check_structure(board):
    """What Grafana wants of a dashboard, as far as its schema says; Grafana itself is no Debian package."""
    ids, places = [], set()
    for panel in board["panels"]:
        ids.append(panel["id"])
        place = panel["gridPos"]
        check("panel %s lies on the grid" % panel["title"], place["x"] + place["w"] <= 24 and place["h"] > 0)
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}
        check("and on no other panel", not cells & places)
        places |= cells
        if panel["type"] != "row":
            check("has targets of the chosen data source", panel["targets"] and all(
                target["datasource"]["uid"] == "${datasource}" for target in panel["targets"]))
            equal("their ids differ", len({target["refId"] for target in panel["targets"]}), len(panel["targets"]))
    equal("panels' ids differ", len(set(ids)), len(ids))
    known = {variable["name"] for variable in board["templating"]["list"]} | {"__rate_interval"}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(board))) - {"__all"}
    check("every variable is declared", used <= known, str(used - known))


def check_dashboard(world, board):
    count = 0
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            query = target["expr"].replace("$__rate_interval", "5s").replace("$instance", ".*").replace("[1h]", "[5s]")
            rows, error = world.prometheus.query(query)
            may_be_empty = any(part in query for part in EMPTY_WHILE_ALL_IS_WELL)
            check("dashboard, %s: %s" % (panel["title"], target["legendFormat"] or "value"),
                  not error and (rows or may_be_empty), error or "no data: " + query)
            count += 1
    check("these were all queries (%d)" % count, count > 60)


def provoke(world):
    before = world.prometheus.has_fired()
    check("no anomaly yet", not before & {"VouchRefusalsJump", "VouchBranchRefusalsJump", "VouchBranchUploadsTripled",
                                          "VouchReaderErrorRate"}, str(before))
    with Load(world.duplicate, 0):
        world.fires("VouchRefusalsJump", "VouchBranchRefusalsJump", "VouchBranchUploadsTripled")

    with Load(world.verify, 0.05), Load(world.kill_readers, 0.001):
        world.fires("VouchReaderErrorRate")


def blindness(world):
    """A database that answers with a complaint is not one that is gone."""
    right = "EXECUTE ON FUNCTION vouch.queue_metrics(integer)"
    world.database.sql("REVOKE %s FROM vouch_serve" % right)
    text = scrape(world.ports["serve"])
    check("a queue that can't be counted is not shown", b"\nvouch_queue_jobs{" not in text)
    check("but the database is there", b"\nvouch_database_up 1\n" in text)
    check("and the log says why", world.service.event("queue_not_counted"))
    world.database.sql("GRANT %s TO vouch_serve" % right)
    check("counted again", b"\nvouch_queue_jobs{" in scrape(world.ports["serve"]))


def outage(world):
    world.database.command("stop")
    world.fires("VouchDatabaseUnreachable")
    check("and the queue is not shown as it was", b"\nvouch_queue_jobs{" not in scrape(world.ports["serve"]))
    world.database.command("start")
    check("and is over when the database is back",
          wait(lambda: "VouchDatabaseUnreachable" not in world.prometheus.firing(), PATIENCE))
    world.worker.stop()
    world.fires("VouchNoWorker", "VouchTargetDown")


def main():
    world, board = World(), dashboard()
    check("Prometheus starts", wait(world.prometheus.is_ready, PATIENCE))
    check_structure(board)
    with Load(world.verify, 1):
        use_everything(world)
        check_formats(world)
        check_rules(world)
        wait(lambda: (world.prometheus.value("vouch:branch_uploads:busiest7d") or 0) > 0, PATIENCE)
        check_dashboard(world, board)
        provoke(world)
    blindness(world)
    outage(world)
    log = world.prometheus.stop()
    harness.running.remove(world)
    check("Prometheus has nothing to complain of", not re.search(r"level=(warn|error).*(rule|scrape)", log, re.I),
          log[-2000:])
    harness.finish()


main()
