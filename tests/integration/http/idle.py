"""A crowd of clients that hold connections and do nothing, and good clients among them."""
import os
import resource
import socket
import time

from harness import SLOWER, Service, check, eventually
from wire import request

PER_ADDRESS = 100  # connections from each of the crowd's addresses: 127.1.0.1 and on
GOOD = "127.0.0.9"
KINDS = ("says nothing", "stops in its headers", "asked once", "asks what can't be read")


def allow_descriptors(count):
    """As many as the hard limit has; the superuser may raise that."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < count:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))
            return count
        except (ValueError, OSError):
            count = hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(count, hard)), max(hard, count)))
    return count


class Crowd:
    def __init__(self, service, count):
        self.service, self.connections, self.refused = service, [], 0
        asked = request("GET", b"/healthz", [], None)
        first = dict(zip(KINDS, (b"", asked[:-4], asked, request("GET", b"/?" + b"a&" * 5000, [], None))))
        for number in range(count):
            connection = socket.socket()
            connection.bind(("127.1.%d.%d" % (number // PER_ADDRESS // 250, number // PER_ADDRESS % 250 + 1), 0))
            connection.settimeout(10)
            try:
                connection.connect(("127.0.0.1", service.port))
                connection.sendall(first[KINDS[number % len(KINDS)]])
                self.connections.append(connection)
            except OSError:
                self.refused += 1
                connection.close()
        for connection in self.connections:
            connection.setblocking(False)

    def held(self):
        """How many the service has not closed."""
        left = 0
        for connection in self.connections:
            try:
                data = connection.recv(65536)
                while data:
                    data = connection.recv(65536)
            except BlockingIOError:
                left += 1
            except OSError:
                pass
        return left

    def close(self):
        for connection in self.connections:
            connection.close()


def descriptors(service):
    return len(os.listdir("/proc/%d/fd" % service.process.pid))


def good_client(service, requests):
    """Times of requests on one connection, and of requests that each open their own; and how many failed."""
    token = service.database.account("employee")["token"].encode()
    times = {"kept connection": [], "new connection": []}
    failed, kept = 0, None
    for number in range(requests):
        for kind in times:
            start = time.monotonic()
            try:
                if kind == "new connection" or kept is None:
                    connection = socket.create_connection(("127.0.0.1", service.port), 30, (GOOD, 0))
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if kind == "kept connection":
                    kept = connection if kept is None else kept
                    connection = kept
                connection.sendall(request("GET", b"/v1/me", [], None, token))
                answer = connection.recv(65536)
                failed += not answer.startswith(b"HTTP/1.1 200")
                if kind == "new connection":
                    connection.close()
                elif not answer:
                    kept = None
            except OSError:
                failed += 1
                if kind == "kept connection":
                    kept = None
            times[kind].append((time.monotonic() - start) * 1000)
    if kept:
        kept.close()
    return times, failed


def told(times):
    return ", ".join("%s p50 %.1f ms, p99 %.1f ms" % (
        kind, sorted(took)[len(took) // 2], sorted(took)[int(len(took) * 0.99)]) for kind, took in times.items())


def all_are_held(database, count, requests):
    """The limits allow the crowd with room to spare: it is held, costs little, and others are answered."""
    service = Service(database, "--http-connections", str(count * 5 // 4), "--http-connections-per-address",
                      str(PER_ADDRESS + 10), "--http-timeout-seconds", "60")
    times, failed = good_client(service, requests)
    check("a good client alone is answered: %s" % told(times), failed == 0, "%d are not" % failed)
    before = service.rss_kb()
    start = time.monotonic()
    crowd = Crowd(service, count)
    took = time.monotonic() - start
    check("%d connections are taken in %.1f s" % (count, took), crowd.refused == 0 and crowd.held() == count,
          "%d refused, %d held" % (crowd.refused, crowd.held()))
    after = service.rss_kb()
    times, failed = good_client(service, requests)
    check("a good client among them is answered: %s" % told(times), failed == 0, "%d are not" % failed)
    check("they are held all the while", crowd.held() == count)
    each = (after - before) / count
    check("memory is bounded: %.1f MB before, %.1f MB with them, %.1f kB each" % (before / 1024, after / 1024, each),
          each < 64)
    crowd.close()
    check("what they held is free again", eventually(lambda: descriptors(service) < 100 + count // 10, 30))
    print("      %.1f MB after them" % (service.rss_kb() / 1024))
    service.stop()


def they_make_way(database, count, requests):
    """The limits are the usual ones and the crowd is many times larger: idle clients make way for others."""
    service = Service(database)
    crowd = Crowd(service, count)
    times, failed = good_client(service, requests)
    check("%d connections from %d addresses, 1000 allowed: a good client is answered: %s" %
          (count, count // PER_ADDRESS, told(times)), failed == 0, "%d are not" % failed)
    held = crowd.held()
    check("of the crowd %d are held" % held, held <= 1000)
    crowd.close()
    service.stop()


def run(database, count, requests=None):
    allowed = allow_descriptors(2 * count + 1000)
    if allowed < count + 500:
        count = allowed - 500
        print("      only %d descriptors are allowed: %d connections" % (allowed, count))
    requests = requests or int(500 / SLOWER)
    all_are_held(database, count, requests)
    they_make_way(database, count, requests)
