"""From a program that grows to somebody who is told: agent, Prometheus, Alertmanager and a receiver, all of them real."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from guardian.adapters.confinement import CannotConfine, Confinement

LIMIT, STEP, PAUSE = 144 << 20, 1 << 20, 0.35
# Waits until it is let go, then grows until somebody ends it.
HOG = f"""
import sys, time
sys.stdin.readline()
held = []
while True:
    held.append(b"x" * {STEP})
    time.sleep({PAUSE})
"""
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
Told = dict[str, set[str]]


def wait_for(ask: Callable[[], Any], seconds: float, what: str) -> Any:
    """The first true answer; the time limit is for a busy machine."""
    until = time.monotonic() + seconds
    while not (found := ask()):
        assert time.monotonic() < until, f"{what}: did not come in {seconds} s"
        time.sleep(0.2)
    return found


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class Receiver:
    """A webhook: notes which alerts came, by their status."""

    def __init__(self) -> None:
        told: Told = {"firing": set(), "resolved": set()}
        texts: dict[str, str] = {}

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                for alert in message["alerts"]:
                    told[alert["status"]].add(alert["labels"]["alertname"])
                    texts[alert["labels"]["alertname"]] = alert["annotations"]["description"]
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_words: object) -> None:
                pass

        self.told, self.texts = told, texts
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Station:
    """Prometheus with the shipped rules, and Alertmanager that tells the receiver."""

    def __init__(self, folder: Path, checkout: Path, agent_port: int, stack: ExitStack) -> None:
        self.receiver = Receiver()
        stack.callback(self.receiver.close)
        self._port, alerts_port = free_port(), free_port()
        (folder / "alertmanager.yml").write_text(
            "route: {receiver: hook, group_wait: 0s, group_interval: 1s, repeat_interval: 1h, group_by: [alertname]}\n"
            f"receivers: [{{name: hook, webhook_configs: [{{url: '{self.receiver.url}', send_resolved: true}}]}}]\n"
        )
        (folder / "prometheus.yml").write_text(
            "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
            f"rule_files: ['{checkout}/resources/prometheus/*.rules.yml']\n"
            f"alerting: {{alertmanagers: [{{static_configs: [{{targets: ['127.0.0.1:{alerts_port}']}}]}}]}}\n"
            f"scrape_configs: [{{job_name: guardian, static_configs: [{{targets: ['127.0.0.1:{agent_port}']}}]}}]\n"
        )
        alertmanager = ("prometheus-alertmanager", f"--config.file={folder}/alertmanager.yml", f"--storage.path={folder}/alerts")
        begin(stack, folder / "alertmanager.log", *alertmanager, *_at(alerts_port), "--cluster.listen-address=")
        prometheus = ("prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/tsdb")
        begin(stack, folder / "prometheus.log", *prometheus, *_at(self._port))

    def ask(self, path: str, **query: str) -> Any:
        """The answer's data; None where there is none yet."""
        url = f"http://127.0.0.1:{self._port}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        try:
            with _DIRECT.open(url, timeout=20) as answer:
                return json.loads(answer.read())["data"]
        except OSError:
            return None

    def value(self, expression: str) -> float | None:
        """The first value of an expression."""
        data = self.ask("query", query=expression)
        return float(data["result"][0]["value"][1]) if data and data["result"] else None


def _at(port: int) -> tuple[str]:
    return (f"--web.listen-address=127.0.0.1:{port}",)


def begin(stack: ExitStack, log: Path, *command: str, **more: Any) -> "subprocess.Popen[bytes]":
    """Start a program that ends with the test."""
    with open(log, "wb") as said:
        started = subprocess.Popen(command, stdout=said, stderr=said, **{"stdin": subprocess.DEVNULL, **more})

    def end() -> None:
        started.kill()
        started.wait()
        if started.stdin is not None:
            started.stdin.close()

    stack.callback(end)
    return started


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def station(checkout: Path, tmp_path: Path, stack: ExitStack) -> Station:
    """All of it running, and the agent scraped once."""
    for program in ("prometheus", "prometheus-alertmanager"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is missing (Debian: {program})")
    port = free_port()
    environ = os.environ | {"PYTHONPATH": str(checkout), "STATE_DIRECTORY": str(tmp_path / "state")}
    command = (sys.executable, "-m", "guardian", "agent", "--system", "--metrics", f"127.0.0.1:{port}")
    begin(stack, tmp_path / "agent.log", *command, env=environ, cwd=tmp_path)
    station = Station(tmp_path, checkout, port, stack)
    wait_for(lambda: (station.value("oom_guardian_headroom_bytes") or 0) > 0, 90, "the first scrape")
    return station


@pytest.mark.slow
def test_a_confined_program_that_grows_is_told_of_and_so_is_its_end(station: Station, stack: ExitStack, tmp_path: Path) -> None:
    try:
        group = stack.enter_context(Confinement(LIMIT))
    except CannotConfine as reason:
        pytest.skip(str(reason))
    kills = station.value("sum(oom_guardian_kills_total)")
    hog = begin(stack, tmp_path / "hog.log", sys.executable, "-c", HOG, stdin=subprocess.PIPE)
    group.procs.write_text(str(hog.pid))
    assert hog.stdin is not None
    hog.stdin.write(b"\n")
    hog.stdin.flush()
    told = station.receiver.told
    danger = {"OOMGuardianWarning", "OOMGuardianCritical"}
    wait_for(lambda: danger & told["firing"], 120, "the alert")
    assert hog.poll() is None, "told too late"
    assert hog.wait(120) == -9
    wait_for(lambda: (station.value("sum(oom_guardian_kills_total)") or 0) > (kills or 0), 60, "the kill's count")
    wait_for(lambda: "OOMGuardianKill" in told["firing"], 60, "the alert of the kill")
    assert "python" in station.receiver.texts["OOMGuardianKill"]
    wait_for(lambda: danger & told["firing"] <= told["resolved"], 180, "the end of the alert")


@pytest.mark.slow
def test_rules_and_pictures_ask_what_prometheus_can_answer(station: Station, checkout: Path) -> None:
    groups = wait_for(lambda: (station.ask("rules") or {}).get("groups"), 60, "the rules")
    wait_for(lambda: all(rule["health"] == "ok" for rule in every_rule(station)), 60, f"the rules' health {groups}")
    for name in ("instance:oom_guardian_danger:score", "instance:oom_guardian_headroom:ratio"):
        # The first evaluation may have come before the first scrape.
        wait_for(lambda name=name: station.value(name) is not None, 60, name)
    dashboard = json.loads((checkout / "resources/grafana/oom-guardian.json").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    assert len(asked) > 10
    for expression in asked:
        filled = expression.replace("$__rate_interval", "1m").replace("$instance", ".*").replace("$job", ".*")
        assert station.ask("query", query=filled) is not None, expression


def every_rule(station: Station) -> list[dict[str, Any]]:
    return [rule for group in (station.ask("rules") or {"groups": []})["groups"] for rule in group["rules"]]
