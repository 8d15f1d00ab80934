"""`vouch serve --work`: two processes under one parent, which keeps both running and ends with both."""
import os
import signal
import socket
import subprocess
import tempfile

from harness import Database, Service, check, equal, eventually, finish, fixture

PROGRAM = os.environ["VOUCH_TEST_PROGRAM"]
COMMAND = (PROGRAM, "serve", "--work", "--log-format", "json", "--poll-milliseconds", "100")

database = Database()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pid_of(service, process):
    """The newest pid of one of the two, by the log."""
    return next((int(line["pid"]) for line in reversed(service.log) if line.get("process") == process), 0)


def is_running(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def reads(service, title):
    employee = service.client("employee")
    claim = employee.claim(title=title)
    answer = employee.upload("/v1/claims/%s/documents" % claim["id"], fixture("digital-xml-3.xml"), name="a.xml",
                             Prefer="wait=30")
    equal(title + ": a document is read", (answer.status, answer.json.get("state")), (200, "done"))
    employee.close()


def keeps_both_running():
    service = Service(database, "--port", str(free_port()), command=COMMAND)
    check("the worker is ready", service.event("ready"))
    equal("two processes under one", len(service.children()), 2)
    check("Ctrl-C reaches the parent alone",
          all(os.getpgid(pid) != os.getpgid(service.process.pid) for pid in service.children()))
    reads(service, "at first")
    for process, event in (("serve", "serving"), ("work", "ready")):
        seen, pid = len(service.log), pid_of(service, process)
        os.kill(pid, signal.SIGKILL)
        ended = service.event("process_ended", after=seen)
        equal("%s is killed: it is told" % process, ended and (ended["command"], ended["how"]), (process, "signal 9"))
        check("%s is killed: another one starts" % process,
              service.event(event, after=seen) and pid_of(service, process) != pid)
        equal("%s is killed: two again" % process, eventually(lambda: len(service.children()) == 2), True)
        reads(service, "after %s was killed" % process)
    pids = [service.process.pid] + service.children()
    service.stop()
    check("all have ended", not any(is_running(pid) for pid in pids))


def nobody_is_left_alone():
    service = Service(database, command=COMMAND)
    check("the worker is ready", service.event("ready"))
    pids = service.children()
    os.kill(service.process.pid, signal.SIGKILL)
    check("the parent is killed: its children end",
          eventually(lambda: not any(is_running(pid) for pid in pids)), pids)
    service.stop(expected=-signal.SIGKILL)


def waits_for_its_port():
    with tempfile.TemporaryDirectory() as blobs:
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            process = subprocess.Popen([*COMMAND, "--database", database.conninfo, "--blob-dir", blobs, "--port", port],
                                       stderr=subprocess.PIPE)
            check("a taken port is named", eventually(lambda: port.encode() in process.stderr.readline()))
        check("and taken as soon as it is free", eventually(lambda: b'"serving"' in process.stderr.readline()))
        process.terminate()
        equal("it ends", process.wait(60), 0)
        process.stderr.close()


def wrong_configuration_ends_it():
    for name, options, told in (("no such certificate", ("--tls-certificate", "/none", "--tls-key", "/none"), b"/none"),
                                ("a certificate that is none", ("--tls-certificate", __file__, "--tls-key", __file__),
                                 b"TLS"),
                                ("no such address", ("--listen", "nowhere"), b"listen"),
                                ("no such option", ("--prot", "1"), b"port")):
        with tempfile.TemporaryDirectory() as blobs:
            done = subprocess.run([*COMMAND, "--database", database.conninfo, "--blob-dir", blobs, *options],
                                  capture_output=True, timeout=60)
        equal("%s: it ends" % name, done.returncode, 2)
        check("%s: and says why" % name, told in done.stderr, done.stderr[-400:])


keeps_both_running()
nobody_is_left_alone()
waits_for_its_port()
wrong_configuration_ends_it()
finish()
