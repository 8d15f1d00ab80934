"""What the operator's commands say of what they make: what is new, and what was there."""
import os
import subprocess

from harness import Database, check, finish

PROGRAM = os.environ["VOUCH_TEST_PROGRAM"]
database = Database()


def admin(*arguments):
    return subprocess.run([PROGRAM, "admin", "--database", database.conninfo] + list(arguments), capture_output=True,
                          text=True, timeout=60)


for what in (("tenant", "create", "gamma", "Gamma"), ("--tenant", "gamma", "branch", "create", "SZ", "Shenzhen"),
             ("--tenant", "gamma", "account", "create", "li", "Li", "employee")):
    first, again = admin(*what), admin(*what)
    name = " ".join(what)
    check("%s: made" % name, first.returncode == 0 and "was there" not in first.stdout, first.stdout + first.stderr)
    check("%s: was there" % name, again.returncode == 0 and "(was there)" in again.stdout, again.stdout + again.stderr)
    check("%s: the same id" % name, first.stdout.split()[:1] == again.stdout.split()[:1], first.stdout)
finish()
