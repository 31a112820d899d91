"""A real Prometheus with the series of many simulated machines: backfilled blocks, and the project's own recording rules."""

import http.client
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import pytest

from guardian.protocol import metrics

GIB = 1 << 30
RULES = Path(__file__).parents[1] / "resources" / "prometheus" / "oom-guardian-recording.rules.yml"
_SECONDS = 120.0
_PROGRAMS = ("postgres", "firefox", "clang", "python3", "node", "qemu", "rspamd", "java")


class Simulated(NamedTuple):
    """How many machines of which kind; the critical ones are named build-0000 on, the silent ones dark-0000 on."""

    calm: int
    watch: int = 3
    warning: int = 2
    critical: int = 1
    silent: int = 2

    @property
    def total(self) -> int:
        return sum(self)


class _Writer:
    """Lines of OpenMetrics, a family at a time."""

    def __init__(self) -> None:
        self.families: dict[str, list[str]] = {}

    def add(self, name: str, value: float, *times: float, **labels: str) -> None:
        told = ",".join(f'{key}="{text}"' for key, text in labels.items())
        lines = self.families.setdefault(name, [])
        lines += [f"{name}{{{told}}} {value!r} {at:.3f}" for at in times]

    def write(self, path: Path) -> None:
        with path.open("w") as out:
            for name, lines in self.families.items():
                out.write(f"# TYPE {name} {'unknown' if ':' in name or name.endswith(('_info', '_total')) else 'gauge'}\n")
                out.writelines(f"{line}\n" for line in lines)
            out.write("# EOF\n")


def write_fleet(path: Path, fleet: Simulated, now: float, curve: float = 600.0) -> None:
    """The series of all machines as of `now`; critical ones have a room that falls for `curve` seconds before."""
    chance = random.Random(42)
    out = _Writer()
    levels = {"calm": fleet.calm, "watch": fleet.watch, "warning": fleet.warning, "critical": fleet.critical}
    for state, count in levels.items():
        for at in range(count):
            prefix = {"critical": "build", "warning": "lab", "watch": "web"}.get(state, "node")
            _write_machine(out, chance, f"{prefix}-{at:04}:9099", state, now, curve)
    for at in range(fleet.silent):
        labels = {"instance": f"dark-{at:04}:9099", "job": "guardian"}
        long_ago = now - 7200.0 - at
        out.add(metrics.MEMORY_SIZE.name, 32.0 * GIB, long_ago, **labels)
        out.add(metrics.LAST_HEARD, long_ago, now - 15, now, **labels)
    out.write(path)


def _write_machine(out: _Writer, chance: random.Random, instance: str, state: str, now: float, curve: float) -> None:
    labels = {"instance": instance, "job": "guardian"}
    memory = float(chance.choice((8, 16, 32, 64, 128, 256)) * GIB)
    swap = float(chance.choice((0, 8, 16)) * GIB) if state == "calm" else 8.0 * GIB
    share = {"critical": 0.03, "warning": 0.1, "watch": 0.2}.get(state, 0.3 + chance.random() * 0.6)
    room = round(memory * share)
    used = {"calm": 0.2, "watch": 0.5, "warning": 0.7, "critical": 0.95}[state]
    if state == "calm":
        out.add(metrics.HEADROOM.name, room, now - 60, now, **labels)
    else:
        steps = int(curve // 60)
        for step in range(steps + 1):
            out.add(metrics.HEADROOM.name, room + (steps - step) * memory * 0.02, now - (steps - step) * 60, **labels)
    out.add(metrics.MEMORY_SIZE.name, memory, now, **labels)
    out.add(metrics.SWAP_SIZE.name, swap, now, **labels)
    out.add(metrics.SWAP_FREE.name, swap * (1 - used), now, **labels)
    shares = (0.05, 0.03, 0.85 - share, 0.02, 0.01, 0.01, share * 0.7)
    sizes = [round(memory * one) for one in shares]
    for layer, size in zip(metrics.LAYERS, (*sizes, max(0, round(memory - sum(sizes)))), strict=True):
        out.add(metrics.LAYER_SIZE.name, size, now, **labels, layer=layer)
    out.add(metrics.STATE_LEVEL.name, metrics.STATE_LEVELS[state], now, **labels)
    out.add(metrics.STATE_SINCE.name, now - 40, now, **labels)
    out.add(
        metrics.PRESSURE.name,
        {"calm": 0.002, "watch": 0.05, "warning": 0.22, "critical": 0.41}[state],
        now,
        **labels,
        waiting="some",
    )
    out.add(metrics.AGENT_LOOK.name, now, now, **labels)
    program = "cc1plus" if state == "critical" else chance.choice(_PROGRAMS)
    ends = {"killer": "kernel", "program": program, "unit": ""}
    out.add(metrics.NEXT_PROCESSES.name, chance.randrange(1, 39), now, **labels, **ends)
    out.add(metrics.NEXT_NEARNESS.name, 0.9 if state == "critical" else 0.2, now, **labels, **ends)
    out.add(metrics.MACHINE.name, 1, now, **labels, kernel="6.1.0-28-amd64", era="E8", os="Debian GNU/Linux 12")
    if state in {"critical", "warning"}:
        near = {"critical": (60.0, 100.0, 180.0), "warning": (360.0, 700.0, 1200.0)}[state]
        for bound, seconds in zip(metrics.BOUNDS, near, strict=True):
            out.add(metrics.FORECAST.name, seconds, now, **labels, bound=bound)
        out.add(metrics.GROWER.name, 1.4 * GIB / 60, now, **labels, program=program, unit="ci-runner.service")
        out.add(metrics.GROWER_PROCESSES.name, 38, now, **labels, program=program, unit="ci-runner.service")
    if state != "calm" or chance.random() < 0.3:
        since = 60.0 if state == "critical" else chance.random() * 20 * 86400
        out.add(metrics.LAST_KILL.name, now - since, now, **labels, killer="kernel", program=program)


class SimulatedFleet:
    """The server of simulated machines, and of real agents at the addresses `scraped`; ended with `stop`."""

    def __init__(
        self, folder: Path, fleet: Simulated, *, rules: bool = True, interval: str = "1s", scraped: tuple[str, ...] = ()
    ) -> None:
        self.folder, self.fleet, self._rules, self._interval, self._scraped = folder, fleet, rules, interval, scraped
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Backfill and serve; returns when the recorded series are there."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.fleet.total:
            told = self.folder / "fleet.om"
            write_fleet(told, self.fleet, float(int(time.time())))
            command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(told), str(self.folder / "tsdb")]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            told.unlink()
        rules = self.folder / RULES.name
        # As shipped, but for the patience of tests.
        rules.write_text(RULES.read_text().replace("interval: 15s", f"interval: {self._interval}"))
        files = f"rule_files: ['{rules}']\n" if self._rules else ""
        if self._scraped:
            files += f"scrape_configs: [{{job_name: guardian, static_configs: [{{targets: {list(self._scraped)}}}]}}]\n"
        (self.folder / "prometheus.yml").write_text(f"global: {{scrape_interval: 1s, evaluation_interval: 15s}}\n{files}")
        self.serve()
        if self._rules and self.fleet.total:
            self.wait_until(f"sum({metrics.MACHINES})", self.fleet.total)

    def serve(self) -> None:
        """Start the server alone, with the data that are there."""
        command = [
            "prometheus",
            f"--config.file={self.folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self.folder / 'tsdb'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            # What was backfilled is of one moment; it stays the newest for as long as a test takes.
            "--query.lookback-delta=1h",
        ]
        with (self.folder / "prometheus.log").open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + _SECONDS
        while self._get("/-/ready") is None:
            assert time.monotonic() < deadline, (self.folder / "prometheus.log").read_text()[-2000:]
            assert self.process.poll() is None, (self.folder / "prometheus.log").read_text()[-2000:]
            time.sleep(0.1)

    def wait_until(self, query: str, value: float) -> None:
        """Wait until a query gives a value."""
        deadline = time.monotonic() + _SECONDS
        wanted = f'"{value:g}"]'.encode()
        while (told := self._get(f"/api/v1/query?query={quote(query)}")) is None or wanted not in told:
            assert time.monotonic() < deadline, f"{query} never gave {value}: {told!r}"
            time.sleep(0.2)

    def _get(self, path: str) -> bytes | None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.read() if answer.status == 200 else None
        except OSError:
            return None
        finally:
            connection.close()

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None


def need_prometheus() -> None:
    """Skip where the programs are missing."""
    for program in ("prometheus", "promtool"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is missing (Debian: prometheus)")


def served(
    folder: Path, fleet: Simulated, *, rules: bool = True, interval: str = "1s", scraped: tuple[str, ...] = ()
) -> Iterator[SimulatedFleet]:
    """A server for a fixture; `interval` is how often the rules are evaluated, `scraped` real agents."""
    need_prometheus()
    server = SimulatedFleet(folder, fleet, rules=rules, interval=interval, scraped=scraped)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def main(folder: Path) -> None:
    """Serve the twenty machines of the documents' pictures until ended; prints the address."""
    server = SimulatedFleet(folder, Simulated(13, 3, 1, 1, 2))
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    try:
        server.start()
        print(server.url, flush=True)  # noqa: T201 - for the script that takes the pictures
        signal.pause()
    finally:
        server.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
