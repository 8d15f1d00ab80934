"""A real Prometheus for a test: the configuration and rules of deploy/monitoring, with time made to run faster."""
import json
import os
import re
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

import yaml

FOLDER = os.path.join(os.environ["VOUCH_SOURCE_DIR"], "deploy", "monitoring")
SCRAPE, EVALUATE = "250ms", "500ms"
# What windows and offsets of the rules become: an hour is five seconds, a day ago ten seconds and more, and the average
# of a day that of the whole test. Least numbers of an hour become a quarter.
WINDOWS = {"5m": "4s", "15m": "4s", "1h": "5s", "6h": "5s", "1d": "60s"}
OFFSETS = {"1h": "5s", "1d": "10s", "2d": "11s", "3d": "12s", "4d": "13s", "5d": "14s", "6d": "15s", "7d": "16s"}


def faster(expression):
    expression = re.sub(r"\[(\w+)\]", lambda found: "[%s]" % WINDOWS[found.group(1)], expression)
    expression = re.sub(r"\boffset (\w+)", lambda found: "offset " + OFFSETS[found.group(1)], expression)
    return re.sub(r"increase1h > (\d+)\b", lambda found: "increase1h > %g" % (int(found.group(1)) / 4), expression)


def faster_rules(document):
    for group in document["groups"]:
        for rule in group["rules"]:
            rule["expr"] = faster(rule["expr"])
            if "for" in rule:
                rule["for"] = "1s"
    return document


def load(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return yaml.safe_load(file)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Prometheus:
    def __init__(self, targets):
        """targets: the configuration's own, and what to scrape instead, by the label process."""
        self.folder = tempfile.TemporaryDirectory(prefix="vouch-prometheus-")
        config = load("prometheus.yml")
        config["global"] = {"scrape_interval": SCRAPE, "evaluation_interval": EVALUATE}
        del config["alerting"]
        names = config["rule_files"]
        config["rule_files"] = [self.write(os.path.basename(name), faster_rules(load(name))) for name in names]
        for static in config["scrape_configs"][0]["static_configs"]:
            static["targets"] = ["127.0.0.1:%d" % targets[static["labels"]["process"]]]
        self.port = free_port()
        self.log = open(os.path.join(self.folder.name, "log"), "w+b")
        self.process = subprocess.Popen(
            [os.environ["VOUCH_PROMETHEUS"], "--config.file", self.write("prometheus.yml", config),
             "--storage.tsdb.path", os.path.join(self.folder.name, "data"), "--query.lookback-delta", "5s",
             "--web.listen-address", "127.0.0.1:%d" % self.port, "--log.level", "warn"],
            stderr=self.log, stdout=self.log)

    def write(self, name, document):
        path = os.path.join(self.folder.name, name)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(document, file)  # JSON is YAML
        return path

    def get(self, path, **parameters):
        address = "http://127.0.0.1:%d%s?%s" % (self.port, path, urllib.parse.urlencode(parameters))
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as why:
            return json.load(why)

    def is_ready(self):
        try:
            with urllib.request.urlopen("http://127.0.0.1:%d/-/ready" % self.port, timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def query(self, expression):
        """(rows, error)"""
        answer = self.get("/api/v1/query", query=expression)
        return answer.get("data", {}).get("result", []), answer.get("error")

    def value(self, expression):
        """Of the first row; None when there is none."""
        rows, _ = self.query(expression)
        return float(rows[0]["value"][1]) if rows else None

    def rules(self):
        return [rule for group in self.get("/api/v1/rules")["data"]["groups"] for rule in group["rules"]]

    def firing(self):
        return {alert["labels"]["alertname"] for alert in self.get("/api/v1/alerts")["data"]["alerts"]
                if alert["state"] == "firing"}

    def has_fired(self):
        """Those that fired at any time so far."""
        rows, _ = self.query('max_over_time(ALERTS{alertstate="firing"}[10m])')
        return {row["metric"]["alertname"] for row in rows}

    def stop(self):
        """Its log, of warnings and errors."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.log.seek(0)
        text = self.log.read().decode(errors="replace")
        self.log.close()
        self.folder.cleanup()
        return text


def wait(condition, seconds):
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(0.1)
