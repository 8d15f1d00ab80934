"""Hostile HTTP against the running service: see README.md. Standard library, yaml and jsonschema only."""
import argparse
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def options():
    parser = argparse.ArgumentParser(
        description="Attacks the service of a build over HTTP: every field of every route with every hostile value "
        "(generated from config/openapi.yaml), attacks on the transport (and parts of answers), and a crowd of idle "
        "connections.",
        epilog="Starts its own PostgreSQL and service. Exit code 0: all is as it must be; 1: something is not.")
    parser.add_argument("--build", metavar="DIR", help="build folder; else $VOUCH_TEST_SERVICE names the program")
    parser.add_argument("--part", choices=("fields", "transport", "idle"), action="append",
                        help="only this part; may be repeated")
    parser.add_argument("--share", type=int, default=1, metavar="N", help="only every Nth request of the part fields")
    parser.add_argument("--seed", type=int, default=1, help="which of them")
    parser.add_argument("--every-account", action="store_true",
                        help="the part fields once more with the token of every account, of the other tenant too")
    parser.add_argument("--threads", type=int, default=2, help="clients of the part fields at the same time")
    parser.add_argument("--idle", type=int, default=10_000, metavar="N", help="connections of the part idle")
    parser.add_argument("--progress", action="store_true", help="a line for each operation that is done")
    return parser.parse_args()


def main():
    given = options()
    source = os.path.abspath(os.path.join(HERE, "..", "..", ".."))
    os.environ.setdefault("VOUCH_SOURCE_DIR", source)
    if given.build:
        os.environ["VOUCH_TEST_SERVICE"] = os.path.join(given.build, "tests", "integration", "api",
                                                        "vouch_test_service")
    if not os.access(os.environ.get("VOUCH_TEST_SERVICE", ""), os.X_OK):
        sys.exit("hostile: no vouch_test_service: give --build DIR, and build that target there")
    sys.path.insert(0, os.path.join(HERE, "..", "api"))
    import harness
    parts = given.part or ["fields", "transport", "idle"]
    database = harness.Database()
    if "fields" in parts:
        import fields
        # Here it is the answers that are looked at; the part transport has the limits of rates.
        service = harness.Service(database, "--http-rate-per-token", "0", "--http-rate-per-address", "0")
        fields.run(database, service, given.share, given.seed, given.threads, given.progress,
                   given.every_account)
        service.stop()
    if "transport" in parts:
        import parts as parts_of_answers
        import transport
        transport.run(database)
        parts_of_answers.run(database)
    if "idle" in parts:
        import idle
        idle.run(database, given.idle)
    harness.finish()


main()
