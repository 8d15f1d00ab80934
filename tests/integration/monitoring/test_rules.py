"""The files of deploy/monitoring by themselves: what promtool says of them, and a unit test of every alert."""
import json
import os
import re
import subprocess
import sys
import tempfile

import yaml

SOURCE = os.environ["VOUCH_SOURCE_DIR"]
PROMTOOL = os.environ["VOUCH_PROMTOOL"]
FOLDER = os.path.join(SOURCE, "deploy", "monitoring")
counts = {"passed": 0, "failed": 0}
if not os.path.exists(PROMTOOL):
    print("no promtool here: deploy/test fetches it")
    sys.exit(77)


def check(name, good, detail=""):
    counts["passed" if good else "failed"] += 1
    print(("ok    " if good else "FAIL  ") + name + ("" if good or not detail else ": " + detail))


def load(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return yaml.safe_load(file)


def promtool(*arguments):
    done = subprocess.run([PROMTOOL, *arguments], capture_output=True, text=True)
    return done.returncode == 0, (done.stdout + done.stderr).strip()


def rule_files():
    return [os.path.join(FOLDER, name) for name in load(FOLDER, "prometheus.yml")["rule_files"]]


def alerts():
    """All alerts by name."""
    return {rule["alert"]: rule for path in rule_files() for group in load(path)["groups"] for rule in group["rules"]
            if "alert" in rule}


def expected(rule, fires):
    """What promtool is to find: the labels of the series and of the rule, the annotations with the labels put in."""
    def fill(text):
        return re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda found: str(fires["labels"].get(found.group(1), "")), text)
    return {"exp_labels": {**fires["labels"], **rule["labels"]},
            "exp_annotations": {**{name: fill(text) for name, text in rule["annotations"].items()},
                                "now": fires["now"]}}


def unit_test(name, rule, case, interval):
    times = [{"eval_time": time, "alertname": name, "exp_alerts": []} for time in case["quiet"]]
    times.append({"eval_time": case["fires"]["at"], "alertname": name, "exp_alerts": [expected(rule, case["fires"])]})
    return {"interval": interval, "name": name, "alert_rule_test": times,
            "input_series": [{"series": series, "values": str(values)} for series, values in case["series"].items()]}


def run(tests, interval):
    # Otherwise promtool takes the groups in any order, and a rule may see what another recorded one step before.
    order = [group["name"] for path in rule_files() for group in load(path)["groups"]]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"rule_files": rule_files(), "evaluation_interval": interval, "group_eval_order": order,
                   "tests": tests}, file)  # JSON is YAML
        file.flush()
        return promtool("test", "rules", file.name)


def test_alerts():
    rules, cases = alerts(), load(os.path.dirname(os.path.abspath(__file__)), "alerts.yml")
    check("every alert has a unit test, and only alerts have", set(rules) == set(cases),
          str(set(rules) ^ set(cases)))
    for interval in sorted({case.get("interval", "1m") for case in cases.values()}):
        names = [name for name in sorted(set(rules) & set(cases)) if cases[name].get("interval", "1m") == interval]
        good, text = run([unit_test(name, rules[name], cases[name], interval) for name in names], interval)
        for name in names:
            check("%s: quiet before it fires" % name, bool(cases[name]["quiet"]))
            check("%s: fires when it should and not before" % name, good or "name: %s," % name not in text, text)
        check("promtool has nothing else to say of these %d" % len(names), good, text)


def test_documents():
    with open(os.path.join(FOLDER, "README.md"), encoding="utf-8") as file:
        text = file.read()
    for name in sorted(alerts()):
        check("README.md tells what to do about %s" % name, "### %s\n" % name in text)
    told = set(re.findall(r"^### (Vouch\w+)$", text, re.MULTILINE))
    check("and of no alert that is not there", told <= set(alerts()), str(told - set(alerts())))


check("promtool check config", *promtool("check", "config", os.path.join(FOLDER, "prometheus.yml")))
for path in rule_files():
    check("promtool check rules " + os.path.basename(path), *promtool("check", "rules", "--lint-fatal", path))
test_alerts()
test_documents()
print("%(passed)d passed, %(failed)d failed" % counts)
sys.exit(1 if counts["failed"] else 0)
