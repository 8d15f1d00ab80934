"""What is sent of an answer: parts by Range, nothing by If-None-Match, heads by HEAD."""
import os

from harness import Service, check, equal


def ranges(client, target, whole):
    size = len(whole)
    tag = client.get(target).headers["etag"]
    for header, part in (("bytes=0-", whole), ("bytes=0-0", whole[:1]), ("bytes=10-99", whole[10:100]),
                         ("bytes=-7", whole[-7:]), ("bytes=%d-" % (size - 1), whole[-1:]),
                         ("bytes=65530-65545", whole[65530:65546]),
                         ("bytes=1-%d" % (2 * size), whole[1:]), ("bytes=-%d" % (2 * size), whole)):
        answer = client.get(target, Range=header)
        equal("%s: %s" % (target[-14:], header), (answer.status, answer.body == part), (206, True))
        first = size - len(part) if header.startswith("bytes=-") else int(header[6:].split("-")[0])
        equal("%s: where it is" % header, answer.headers.get("content-range"),
              "bytes %d-%d/%d" % (first, first + len(part) - 1, size))
    for header in ("bytes=%d-" % size, "bytes=-0"):
        answer = client.get(target, Range=header)
        equal("%s lies outside" % header, (answer.status, answer.problem, answer.headers.get("content-range")),
              (416, "range-not-satisfiable", "bytes */%d" % size))
    for header in ("bytes=5-4", "bytes=0-1,5-6", "lines=1-2", "bytes", "bytes=a-", "bytes=0x1-2", ""):
        answer = client.get(target, Range=header)
        equal("all instead of %r" % header, (answer.status, len(answer.body)), (200, size))
    equal("a part of what it was", client.get(target, Range="bytes=0-4", If_Range=tag).status, 206)
    equal("all of what it is by now", client.get(target, Range="bytes=0-4", If_Range='"other"').status, 200)
    equal("no parts of a head", client.request("HEAD", target, headers={"Range": "bytes=0-4"}).status, 200)


def run(database):
    service = Service(database)
    client = service.client("employee")
    claim = client.claim(title="parts")["id"]
    data = b"%PDF-1.7\n" + os.urandom(200_000)
    document = client.upload("/v1/claims/%s/documents" % claim, data, name="parts.pdf").json["id"]
    original = "/v1/documents/%s/original" % document
    ranges(client, original, data)
    for target in (original, "/v1/claims/" + claim):
        whole = client.get(target)
        tag = whole.headers["etag"]
        for header, status in ((tag, 304), ("W/" + tag, 304), ("*", 304), ('"x", %s' % tag, 304), ('"x"', 200),
                               (tag[:-1], 200), ("", 200)):
            answer = client.get(target, If_None_Match=header)
            equal("%s: If-None-Match %.12s" % (target[:10], header), (answer.status, answer.headers.get("etag")),
                  (status, tag))
            check("and its body", answer.body == (b"" if status == 304 else whole.body))
        head = client.request("HEAD", target)
        equal("%s: its head" % target[:10], (head.status, head.headers["content-length"], head.headers["etag"]),
              (200, str(len(whole.body)), tag))
        equal("%s: a head that is known" % target[:10],
              client.request("HEAD", target, headers={"If-None-Match": tag}).status, 304)
    changed = client.post("/v1/claims/%s/lines" % claim, {"amount": "1.00"}, If_None_Match="*")
    equal("a change doesn't mind it", changed.status, 200)
    other = service.client("employee", "beta").get(original, If_None_Match="*", Range="bytes=0-4")
    equal("another tenant is told nothing", (other.status, other.problem), (404, "not-found"))
    service.stop()
