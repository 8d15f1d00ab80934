"""Stopping finishes what is held; a second signal stops at once; a database that goes away comes back."""
import signal
import subprocess
import threading
import time

from harness import (SLOWER, Database, Service, check, equal, eventually, finish, read_answer, tiny_xml)

database = Database()


def in_background(function):
    result = []
    thread = threading.Thread(target=lambda: result.append(function()))
    thread.start()
    return thread, result


def waits_end_at_once():
    service = Service(database)
    employee = service.client("employee")
    claim = "/v1/claims/%s/documents" % employee.claim(title="waits")["id"]
    thread, result = in_background(lambda: employee.upload(claim, tiny_xml("wait"), Prefer="wait=50",
                                                           Idempotency_Key="stop-1"))
    eventually(lambda: database.sql("SELECT 1 FROM document WHERE state = 'queued'"))
    time.sleep(0.2)
    check("a request waits", thread.is_alive())
    began = time.monotonic()
    service.stop()
    thread.join()
    took = time.monotonic() - began
    check("it ends in %.1f s" % took, took < 5 * SLOWER)
    equal("with its document as far as it is", (result[0].status, result[0].json.get("state")), (202, "queued"))
    again = Service(database)
    equal("and its answer can be had again", again.client("employee").upload(
        claim, tiny_xml("wait"), Prefer="wait=0", Idempotency_Key="stop-1").json.get("id"), result[0].json.get("id"))
    again.stop()


def uploads_are_finished():
    service = Service(database)
    employee = service.client("employee")
    claim = "/v1/claims/%s/documents" % employee.claim(title="finishes")["id"]
    upload, open_ones = service.connect(), [service.connect() for _ in range(3)]
    for connection in open_ones:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n")
        equal("a connection is open", read_answer(connection, "GET", "/healthz").status, 200)

    def ask(target):
        with open_ones.pop() as connection:
            connection.sendall(b"GET %s HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer %s\r\n\r\n" %
                               (target.encode(), employee.token.encode()))
            return read_answer(connection, "GET", target)
    body = tiny_xml("finishes")
    upload.sendall(b"POST %s HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n" %
                   (claim.encode(), employee.token.encode(), len(body)) + body[:10])
    time.sleep(0.5)
    service.signal()
    check("it begins to stop", service.event("stopping"))
    time.sleep(0.3)
    equal("it is still there", service.process.poll(), None)
    equal("no new work is taken", ask("/v1/claims").problem, "unavailable")
    answer = ask("/readyz")
    equal("it is not ready", (answer.status, "retry-after" in answer.headers), (503, True))
    equal("but alive", ask("/healthz").status, 200)
    try:
        service.connect(2).close()
        check("no new connection is taken", False)
    except OSError:
        check("no new connection is taken", True)
    upload.sendall(body[10:])
    equal("the upload is taken to its end", read_answer(upload, "POST", claim).status, 202)
    began = time.monotonic()
    service.process.wait(30)
    check("and then it ends by itself", time.monotonic() - began < 5 * SLOWER)
    service.stop()
    upload.close()


def time_runs_out():
    service = Service(database, "--drain-seconds", "1")
    employee = service.client("employee")
    claim = "/v1/claims/%s/documents" % employee.claim(title="too slow")["id"]
    upload = service.connect()
    upload.sendall(b"POST %s HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer %s\r\nContent-Length: 5000\r\n\r\n<?xml" %
                   (claim.encode(), employee.token.encode()))
    time.sleep(0.5)
    began = time.monotonic()
    service.stop()
    took = time.monotonic() - began
    check("an upload that takes too long is given up after %.1f s" % took, 0.8 < took < 5 * SLOWER)
    upload.close()


def second_signal():
    service = Service(database)
    employee = service.client("employee")
    claim = "/v1/claims/%s/documents" % employee.claim(title="second signal")["id"]
    upload = service.connect()
    upload.sendall(b"POST %s HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer %s\r\nContent-Length: 5000\r\n\r\n<?xml" %
                   (claim.encode(), employee.token.encode()))
    time.sleep(0.5)
    service.signal()
    check("the first signal: it waits for the upload", service.event("stopping"))
    began = time.monotonic()
    service.signal(signal.SIGINT)
    service.stop(expected=1)
    check("the second signal: it ends at once", time.monotonic() - began < 2 * SLOWER)
    upload.close()


def database_goes_and_returns():
    service = Service(database)
    employee, public = service.client("employee"), service.client()
    claim = employee.claim(title="before")
    equal("ready", public.get("/readyz").status, 200)
    waiting, result = in_background(lambda: employee.upload(
        "/v1/claims/%s/documents" % claim["id"], tiny_xml("across"), Prefer="wait=4"))
    eventually(lambda: database.sql("SELECT 1 FROM document WHERE claim_id = '%s'" % claim["id"]))
    check("PostgreSQL is stopped", database.command("stop"))
    answer = public.get("/readyz")
    equal("not ready", (answer.status, "retry-after" in answer.headers), (503, True))
    check("and it doesn't say why to everybody", b"socket" not in answer.body and b"/tmp" not in answer.body)
    equal("alive", public.get("/healthz").status, 200)
    other = service.client("employee")
    answer = other.get("/v1/claims")
    equal("requests are told to come back", (answer.status, answer.problem, "retry-after" in answer.headers),
          (503, "database", True))
    answer = other.post("/v1/claims", {"title": "lost"}, Idempotency_Key="down-1")
    equal("also those that write", (answer.status, answer.problem), (503, "database"))
    check("PostgreSQL is started", database.command("start"))
    waiting.join()
    equal("who waited is answered", result[0].status, 202)
    check("ready again", eventually(lambda: public.get("/readyz").status == 200))
    equal("every thread of the pool is mended", [other.get("/v1/claims").status for _ in range(32)], [200] * 32)
    equal("the write can be repeated", other.post("/v1/claims", {"title": "lost"}, Idempotency_Key="down-1").status,
          201)
    service.stop()


def database_is_stuck():
    """Requests that wait for a lock fill the pool and its queue; what needs no database is answered nevertheless."""
    service = Service(database, "--http-pool-threads", "1", "--http-connections-per-address", "200")
    employee, public = service.client("employee"), service.client()
    employee.claim(title="stuck")
    lock = subprocess.Popen(["psql", "-X", "-q", database.conninfo], stdin=subprocess.PIPE)
    lock.stdin.write(b"BEGIN; LOCK TABLE vouch.claim;\n")
    lock.stdin.flush()
    eventually(lambda: database.sql("SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted"))
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(service.client("employee").get("/v1/claims")))
               for _ in range(90)]
    for thread in threads:
        thread.start()
    check("who finds the queue full is sent away", eventually(lambda: answers))
    equal("health is answered meanwhile", [public.get("/healthz").status for _ in range(20)], [200] * 20)
    lock.stdin.close()
    lock.wait(20)
    for thread in threads:
        thread.join()
    refused = [answer for answer in answers if answer.status != 200]
    check("%d of 90 were told to come back" % len(refused),
          refused and all((answer.status, answer.problem, "retry-after" in answer.headers) ==
                          (503, "unavailable", True) for answer in refused), refused)
    check("the others were served", len(answers) == 90 and len(refused) < 60)
    service.stop()


def not_there_yet():
    check("PostgreSQL is stopped", database.command("stop"))
    service = Service(database)
    public = service.client()
    equal("the service starts without a database, not ready", public.get("/readyz").status, 503)
    check("PostgreSQL is started", database.command("start"))
    check("ready by itself", eventually(lambda: public.get("/readyz").status == 200))
    service.stop()


waits_end_at_once()
uploads_are_finished()
time_runs_out()
second_signal()
database_goes_and_returns()
database_is_stuck()
not_there_yet()
finish()
