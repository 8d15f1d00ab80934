"""The description of the API is the API: routes, problem types, the file as it is served, and every system route."""
import subprocess

import jsonschema
from harness import (PROGRAM, Database, Service, check, description, equal, finish)


def table(name):
    return [line.split() for line in subprocess.run([PROGRAM, name], capture_output=True, text=True,
                                                    check=True).stdout.splitlines()]


def routes_are_described():
    routes = table("routes")
    equal("paths and methods are those of the table of routes",
          sorted((method, pattern) for method, pattern, _ in routes), description.operations())
    for method, pattern, body in routes:
        operation = description.document["paths"][pattern][method.lower()]
        content = description.resolve(operation.get("requestBody", {})).get("content", {})
        wanted = {"none": set(), "json": {"application/json"},
                  "upload": {"multipart/form-data", "application/octet-stream"}}[body]
        equal("%s %s: bodies" % (method, pattern), set(content), wanted)


def description_is_sound():
    document = description.document
    equal("OpenAPI version", document["openapi"], "3.1.0")
    names = [item[method]["operationId"] for item in document["paths"].values() for method in item
             if isinstance(item[method], dict) and "operationId" in item[method]]
    equal("operation ids differ from each other", len(names), len(set(names)))
    for name, schema in document["components"]["schemas"].items():
        try:
            jsonschema.Draft202012Validator.check_schema(schema)
            check("schema %s is one" % name, True)
        except jsonschema.SchemaError as why:
            check("schema %s is one" % name, False, why)
    for path, item in document["paths"].items():
        parameters = {description.resolve(p)["name"] for p in item.get("parameters", [])}
        for method in ("get", "put", "post", "delete"):
            own = {description.resolve(p)["name"] for p in item.get(method, {}).get("parameters", [])}
            in_path = {part[1:-1] for part in path.split("/") if part.startswith("{")}
            if method not in item:
                continue
            check("%s %s: parameters of the path" % (method, path), in_path <= parameters | own)
            if method == "post" and path.startswith("/v1/"):
                check("POST %s takes Idempotency-Key" % path, "Idempotency-Key" in own)


def system_routes(service):
    public, admin = service.client(), service.client("admin")
    for target in ("/", "/healthz", "/readyz"):
        equal("GET %s" % target, public.get(target).status, 200)
    served = public.get("/openapi.yaml")
    equal("the served description is the file", served.body.decode(), description.text)
    for slug, status in table("problems"):
        answer = public.get("/problems/" + slug)
        equal("problem %s" % slug, (answer.status, answer.json.get("type"), answer.json.get("status")),
              (200, "/problems/" + slug, int(status)))
    equal("no such problem", public.get("/problems/none").problem, "not-found")
    me = admin.get("/v1/me").json
    equal("who I am", (me["role"], me["all_branches"], me["name"]), ("admin", True, "admin"))
    employee = service.client("employee").get("/v1/me").json
    equal("who else", (employee["role"], employee["branch_ids"]),
          ("employee", [service.database.account("employee")["branch_id"]]))


routes_are_described()
description_is_sound()
system_routes(Service(Database()))
finish()
