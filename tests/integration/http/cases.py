"""Requests out of config/openapi.yaml: for every operation one that is right, and for everything in it wrong ones.

What a wrong request deserves is read from the description as well: a value that its schema refuses must be refused,
one that its schema allows must not be called malformed. So description and service are held against each other.
"""
import json
import re
import urllib.parse

import values
from harness import description, tiny_xml
from world import NOBODY

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "BREW", "M-SEARCH",
           "X" * 40)
OPERATIONS = ("get", "put", "post", "delete", "patch")

# What a request may get.
REFUSED = "refused"    # a 4xx
GOOD = "good"          # a 2xx
READABLE = "readable"  # anything but being called malformed (400, 415, 422)
ANY = "any"            # anything that is described

# Members whose values mean something that a schema can't say: they may be refused although their schema allows them.
MEANING = {"amount": "digits of the currency", "branch_id": "a branch of the account",
           "branch": "a branch of the account", "document_id": "a document of the claim",
           "external_ref": "may be the path's, and is unique", "cursor": "of this list",
           "currency": "needed where there are lines"}
# Which spellings of an id are known is the database's business: they are one value (RFC 9562, 4).
SPELLINGS = ("an id in capitals",)


class Case:
    __slots__ = ("operation", "name", "method", "target", "headers", "body", "who", "expect", "statuses")

    def __init__(self, operation, name, method, target, headers, body, who, expect, statuses=None):
        self.operation, self.name, self.method, self.target = operation, name, method, target
        self.headers, self.body, self.who, self.expect, self.statuses = headers, body, who, expect, statuses


# --------------------------------------------------------------------------------------------------- the description --

def operations():
    """Every operation with its parameters (those of its path included) and the media types of its body."""
    for path, item in description.document["paths"].items():
        for method in OPERATIONS:
            if method not in item:
                continue
            operation = item[method]
            parameters = [description.resolve(p) for p in item.get("parameters", []) + operation.get("parameters", [])]
            content = description.resolve(operation.get("requestBody", {})).get("content", {})
            yield dict(operationId=operation["operationId"], method=method.upper(), path=path, parameters=parameters,
                       content=content, public=operation.get("security") == [])


def schema_of(node):
    return description.resolve(node)


def allows(schema, value):
    return next(description.validator(schema).iter_errors(value), None) is None


class Malformed(Exception):
    pass


def _object(pairs):
    if len({name for name, _ in pairs}) < len(pairs):
        raise Malformed("a member twice")
    return dict(pairs)


def _constant(name):
    raise Malformed(name)


def _texts(value):
    if isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from _texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member)
    elif isinstance(value, str):
        yield value


def parse(text):
    """JSON as strictly as RFC 8259 and I-JSON (RFC 7493) have it; Malformed when it is none."""
    try:
        value = json.loads(text.decode("utf-8"), object_pairs_hook=_object, parse_constant=_constant)
        for part in _texts(value):
            part.encode("utf-8")
            if "\0" in part:
                raise Malformed("NUL")
        return value
    except (ValueError, RecursionError) as why:
        raise Malformed(str(why)) from why


# ------------------------------------------------------------------------------------------------- what is right ----

HOLE = "@@hole@@"


def sample(name, schema, number):
    """A value that a member may have; None to leave it out."""
    given = {"external_ref": "x%d" % number, "branch": None, "branch_id": None, "document_id": None, "currency": "CNY",
             "amount": "1.00", "reason": "r", "state": "draft", "limit": "1", "lane": "bulk", "cursor": None,
             "filename": "a.xml", "Prefer": None, "If-Match": None, "Idempotency-Key": None, "slug": "not-found"}
    if name in given:
        return given[name]
    schema = schema_of(schema)
    if "properties" in schema:
        made = {member: sample(member, part, number) for member, part in schema["properties"].items()}
        return {member: value for member, value in made.items() if value is not None}
    if schema.get("type") == "array":
        return [sample(name, schema["items"], number)]
    return schema.get("example", "a")


def holes(schema, whole):
    """Every member of a body, nested ones too: (name, its schema, a copy of the body with a hole there)."""
    schema = schema_of(schema)
    for name, part in schema.get("properties", {}).items():
        yield name, part, dict(whole, **{name: HOLE})
        inner = schema_of(part)
        if inner.get("type") == "array" and "properties" in schema_of(inner["items"]):
            for member, deeper, row in holes(inner["items"], whole[name][0]):
                yield "%s.%s" % (name, member), deeper, dict(whole, **{name: [row]})


class Aim:
    """The requests of one operation: everything right but what a case changes."""

    def __init__(self, world, operation, target, who=None):
        """who: the account that asks; else the one that may"""
        self.world, self.operation, self.target = world, operation, target
        self.foreign = who is not None
        self.json_schema = operation["content"].get("application/json", {}).get("schema")
        self.uploads = "application/octet-stream" in operation["content"]
        self.who = None if operation["public"] else who or ("alpha", target.login)

    def parameters(self, where):
        return [p for p in self.operation["parameters"] if p["in"] == where]

    def path(self, changed=None, raw=None):
        """The path with the target's values; one parameter may have other bytes."""
        given = self.target.values()
        out = self.operation["path"].encode()
        for parameter in self.parameters("path"):
            name = parameter["name"]
            value = raw if name == changed else urllib.parse.quote(
                str(given.get(name) or sample(name, parameter["schema"], 0)), safe="").encode()
            out = out.replace(b"{%s}" % name.encode(), value)
        return out

    def body(self):
        number = self.world.number()
        if self.uploads:
            return b"application/octet-stream", tiny_xml("u%d" % number)
        if self.json_schema:
            return b"application/json", json.dumps(self.whole(number)).encode()
        return None, None

    def whole(self, number):
        made = sample("", self.json_schema, number)
        if "external_ref" in made and "external_ref" in self.target.values():
            made["external_ref"] = self.target.values()["external_ref"]
        return made

    def case(self, name, expect, path=None, query=b"", headers=(), body=False, method=None, who=False, statuses=None):
        """body: False for the right one, else (media type, bytes)"""
        media, data = self.body() if body is False else body
        lines = [b"Content-Type: " + (media.encode() if isinstance(media, str) else media)] if media is not None else []
        who = self.who if who is False else who
        if self.foreign and expect != REFUSED:
            expect = ANY  # it may not, or would have to name a branch
        return Case(self.operation, name, method or self.operation["method"], (path or self.path()) + query,
                    lines + list(headers), data, who, expect, statuses)


# ------------------------------------------------------------------------------------------------- what is wrong ----

def right(aim):
    yield aim.case("as it should be", GOOD)


def wrong_members(aim):
    if not aim.json_schema:
        return
    for name, schema, _ in list(holes(aim.json_schema, aim.whole(0))):
        last = name.split(".")[-1]
        for label, raw in values.JSON.items():
            # The body is made for each case anew: references are taken once a request went through.
            holed = next(h for n, _, h in holes(aim.json_schema, aim.whole(aim.world.number())) if n == name)
            data = json.dumps(holed).encode().replace(b'"' + HOLE.encode() + b'"', raw)
            try:
                good = allows(aim.json_schema, parse(data))
            except Malformed:
                good = False
            expect = REFUSED if not good else ANY if last in MEANING else READABLE
            yield aim.case("%s: %s" % (name, label), expect, body=(b"application/json", data))


def wrong_shapes(aim):
    """Members that are missing, too many, or there twice, at every level."""
    if not aim.json_schema:
        return

    def put(whole, trail, row):
        return dict(whole, **{trail: [row]}) if trail else row

    whole = aim.whole(aim.world.number())
    levels = [("", whole, aim.json_schema)]
    levels += [(name, value[0], schema_of(schema_of(aim.json_schema)["properties"][name])["items"])
               for name, value in whole.items() if isinstance(value, list) and isinstance(value[0], dict)]
    for trail, row, schema in levels:
        for member in schema_of(schema).get("required", []):
            yield aim.case("%s%s is missing" % (trail, member), REFUSED, body=(b"application/json", json.dumps(
                put(whole, trail, {k: v for k, v in row.items() if k != member})).encode()))
        yield aim.case("%s: a member too many" % trail, REFUSED, body=(b"application/json", json.dumps(
            put(whole, trail, dict(row, nonsense=1))).encode()))
        for member in row:
            twice = json.dumps(put(whole, trail, dict(row, **{HOLE: row[member]})))
            for how in (member, "\\u%04x" % ord(member[0]) + member[1:]):
                yield aim.case("%s%s is there twice as %s" % (trail, member, how), REFUSED,
                               body=(b"application/json", twice.replace(HOLE, how).encode()))


def wrong_bodies(aim):
    if aim.json_schema:
        required = "required" in schema_of(aim.json_schema)
        for label, (media, data) in values.BODIES.items():
            # No body is an empty object, whatever the media type says of nothing.
            expect = (REFUSED if required else ANY) if not data else REFUSED
            yield aim.case("body: " + label, ANY if label == "1 MB of blanks" else expect, body=(media, data))
    elif aim.uploads:
        for label, (media, data) in values.UPLOADS.items():
            yield aim.case("upload: " + label, REFUSED, body=(media, data))
    else:
        yield aim.case("a body that nobody asked for", READABLE, body=("application/json", b'{"a":' * 1000))


def decoded(raw):
    try:
        text = urllib.parse.unquote_to_bytes(raw.replace(b"+", b"%20")).decode("utf-8")
    except UnicodeDecodeError:
        return None
    bad = re.search(rb"%(?![0-9A-Fa-f]{2})", raw) or "\0" in text
    return None if bad else text


def typed(schema, text):
    if schema_of(schema).get("type") == "integer":
        return int(text) if re.fullmatch("-?(0|[1-9][0-9]{0,30})", text) else None
    return text


def wrong_targets(aim):
    for parameter in aim.parameters("path"):
        name = parameter["name"]
        for label, raw in values.TARGETS.items():
            yield aim.case("path %s: %s" % (name, label), ANY if _path_allows(parameter, raw) else REFUSED,
                           path=aim.path(name, raw))
    for parameter in aim.parameters("query"):
        name = parameter["name"].encode()
        for label, raw in values.TARGETS.items():
            text = decoded(raw)
            good = text is not None and allows(parameter["schema"], typed(parameter["schema"], text))
            expect = READABLE if good else REFUSED
            if label in SPELLINGS or (good and (len(raw) > 1000 or parameter["name"] in MEANING)):
                expect = ANY
            yield aim.case("query %s: %s" % (parameter["name"], label), expect, query=b"?%s=%s" % (name, raw))
        good = str(sample(parameter["name"], parameter["schema"], 0) or NOBODY).encode()
        yield aim.case("query %s twice" % parameter["name"], REFUSED, query=b"?%s=%s&%s=%s" % (name, good, name, good))
        yield aim.case("query %s misspelt" % parameter["name"], REFUSED, query=b"?%s=%s" % (name[:-1], good))
        yield aim.case("query %s in capitals" % parameter["name"], REFUSED, query=b"?%s=%s" % (name.upper(), good))
        yield aim.case("query %s as an array" % parameter["name"], REFUSED, query=b"?%s[]=%s" % (name, good))
        yield aim.case("query %s without a value" % parameter["name"], ANY, query=b"?%s" % name)
    for label, query in (("a parameter too many", b"?nonsense=1"), ("a parameter without a name", b"?=1"),
                         ("a parameter of bytes", b"?%ff=1"), ("a NUL in a parameter's name", b"?a%00b=1"),
                         ("300 parameters", b"?" + b"&".join(b"a%d=1" % i for i in range(300)))):
        yield aim.case("query: " + label, REFUSED, query=query)
    for label, query in (("nothing", b"?"), ("ampersands", b"?&&&"), ("a question in a question", b"?a?b")):
        yield aim.case("query: " + label, ANY, query=query)


def _path_allows(parameter, raw):
    text = decoded(raw.replace(b"+", b"%2B"))
    return bool(text) and allows(parameter["schema"], typed(parameter["schema"], text))


def wrong_headers(aim):
    declared = [p["name"] for p in aim.parameters("header")]
    common = ["Content-Type", "X-Request-Id", "Accept", "Content-Encoding", "Cookie", "Range", "If-None-Match"]
    for name in declared + common:
        for label, raw in values.HEADERS.items():
            if name == "Content-Type" and aim.operation["content"]:
                body = (raw, aim.body()[1])
                yield aim.case("header %s: %s" % (name, label), ANY, body=body)
            else:
                yield aim.case("header %s: %s" % (name, label), ANY, headers=[name.encode() + b": " + raw])
    for name in ("Idempotency-Key", "If-Match", "Content-Type", "Prefer", "Authorization", "X-Request-Id"):
        if name in declared or name in ("Authorization", "Content-Type"):
            expect = REFUSED if not (aim.operation["public"] or name == "Prefer") else ANY
            yield aim.case("header %s twice" % name, expect, headers=[name.encode() + b": a1234567",
                                                                      name.encode() + b": b1234567"])
    yield aim.case("300 headers", ANY, headers=[b"X-%d: y" % i for i in range(300)])


def wrong_methods(aim):
    described = {m.upper() for m in description.document["paths"][aim.operation["path"]]}
    described |= {"HEAD"} if "GET" in described else set()
    for method in METHODS:
        if method not in described:
            yield aim.case("method " + method[:10], REFUSED, method=method, body=(None, None), statuses=(400, 405))
    if aim.operation["method"] == "GET":
        yield aim.case("method HEAD", GOOD, method="HEAD")


def wrong_tokens(aim):
    """Every account, none, and what is nearly a token."""
    if aim.operation["public"]:
        yield aim.case("a wrong token where none is needed", ANY, headers=[b"Authorization: Bearer x"])
        return
    for who in aim.world.account_ids:
        yield aim.case("token of %s %s" % who, ANY, who=who)
    token = aim.world.database.account("employee")["token"].encode()
    for label, lines in (
            ("no token", []), ("an empty header", [b"Authorization:"]), ("a scheme only", [b"Authorization: Bearer"]),
            ("another scheme", [b"Authorization: Basic " + token]), ("no scheme", [b"Authorization: " + token]),
            ("a token and more", [b"Authorization: Bearer " + token + b"x"]),
            ("less than a token", [b"Authorization: Bearer " + token[:-1]]),
            ("a token in capitals", [b"Authorization: Bearer " + token.upper()]),
            ("a token of nobody", [b"Authorization: Bearer vt_" + b"0" * 64]),
            ("a token of bytes", [b"Authorization: Bearer " + b"\xff" * 67]),
            ("a token of SQL", [b"Authorization: Bearer ' OR 1=1; --"]),
            ("a token of 20 kB", [b"Authorization: Bearer " + b"x" * 20_000])):
        yield aim.case(label, REFUSED, who=None, headers=lines, statuses=(401, 431) if "20 kB" in label else (401,))
    yield aim.case("a token in the query", REFUSED, who=None, query=b"?access_token=" + token, statuses=(400, 401))


def wrong_owners(aim):
    """Ids of other accounts, branches and tenants: as if nothing was there; and an id of nobody to compare with."""
    ids = {"claims": lambda o: o.claim["id"], "documents": lambda o: o.document,
           "verifications": lambda o: o.verification}
    kind = aim.operation["path"].split("/")[2] if aim.operation["path"].startswith("/v1/") else ""
    if kind in ids and "{id}" in aim.operation["path"]:
        for key, owner in aim.world.owners.items():
            if key != ("alpha", "employee"):
                yield aim.case("id of %s %s" % key, REFUSED, path=aim.path("id", ids[kind](owner).encode()),
                               who=("alpha", "employee"), statuses=(403, 404))
        yield aim.case("id of nobody", REFUSED, path=aim.path("id", NOBODY.encode()), who=("alpha", "employee"),
                       statuses=(403, 404))
    if "line_id" in aim.operation["path"]:
        for key, owner in aim.world.owners.items():
            line = owner.claim["lines"][0]["id"].encode()
            yield aim.case("line of %s %s" % key, REFUSED, path=aim.path("line_id", line), statuses=(404,))
    for key, owner in aim.world.owners.items():
        foreign = {"branch_id": aim.world.database.accounts[key]["branch_id"], "document_id": owner.document}
        if aim.json_schema:
            for name, _, holed in holes(aim.json_schema, aim.whole(aim.world.number())):
                last = name.split(".")[-1]
                if last in foreign and not (last == "branch_id" and key[0] == "alpha" and owner.branch == "HZ"):
                    data = json.dumps(holed).replace(HOLE, foreign[last]).encode()
                    yield aim.case("%s of %s %s" % ((name,) + key), REFUSED, body=(b"application/json", data))
        for parameter in aim.parameters("query"):
            if parameter["name"] == "branch_id":
                yield aim.case("branch of %s %s" % key, ANY, query=b"?branch_id=" + foreign["branch_id"].encode())


# Those that make sense with the token of any account.
WRONG_VALUES = (wrong_members, wrong_shapes, wrong_bodies, wrong_targets, wrong_headers, wrong_methods)
FAMILIES = (right, wrong_members, wrong_shapes, wrong_bodies, wrong_targets, wrong_headers, wrong_methods, wrong_tokens,
            wrong_owners)
