"""What a pass over 3000 processes costs, beside C and psutil in the same minute.

Run with `installers/test.sh -m bench tests/benchmarks`.
"""

import itertools
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from guardian.kernel.tree import KernelTree
from guardian.sampling.scan import MOST_KEPT, TableScan

pytestmark = pytest.mark.bench

TWO_TIER, EXACT, PSUTIL_TIMES, WATCH = 0.25, 1.6, 25.0, 1.0
ROUNDS = 15
WATCH_SECONDS = 20.0

Interleaved = Callable[[dict[str, Callable[[], float]], int], dict[str, float]]
Cpu = Callable[[Callable[[], object]], float]


def psutil_pass() -> list[tuple[int, int, dict[str, Any]]]:
    """The same columns, read the ordinary way."""
    rows = []
    for process in psutil.process_iter(["pid", "name", "uids", "memory_info"]):
        try:
            with open(f"/proc/{process.pid}/oom_score") as score, open(f"/proc/{process.pid}/oom_score_adj") as adj:
                rows.append((int(score.read()), int(adj.read()), process.info))
        except OSError:
            continue
    return sorted(rows, key=lambda row: row[0], reverse=True)


def test_scan_of_three_thousand(
    crowd: list[int], floor: Callable[[], float], cpu: Cpu, interleaved: Interleaved, say: Callable[[str], None]
) -> None:
    seconds = itertools.count()
    with TableScan(KernelTree()) as scan:
        for _ in range(4):
            table, _unreadable = scan.read(float(next(seconds)))
        assert len(table) >= len(crowd)
        assert scan.kept <= MOST_KEPT
        taken = interleaved(
            {
                "floor": floor,
                "two-tier": lambda: cpu(lambda: scan.read(float(next(seconds)))),
                "exact": lambda: cpu(lambda: scan.read_exact(float(next(seconds)))),
                "psutil": lambda: cpu(psutil_pass),
            },
            ROUNDS,
        )
    two_tier, exact = taken["two-tier"] / taken["floor"], taken["exact"] / taken["floor"]
    times = taken["psutil"] / taken["two-tier"]
    say(
        f"{len(table)} processes: C floor {taken['floor'] * 1e3:.1f} ms; "
        f"two-tier {taken['two-tier'] * 1e3:.1f} ms = {two_tier:.2f} × (want ≤ {TWO_TIER}); "
        f"exact {exact:.2f} × (want ≤ {EXACT}); psutil {times:.0f} × two-tier (want ≥ {PSUTIL_TIMES:.0f})"
    )
    assert two_tier <= TWO_TIER
    assert exact <= EXACT
    assert times >= PSUTIL_TIMES


def test_a_raised_adjustment_among_three_thousand_is_first_within_three_ticks(crowd: list[int]) -> None:
    with TableScan(KernelTree()) as scan:
        for now in range(2):
            scan.read(float(now))
        for now, pid in enumerate((crowd[0], crowd[len(crowd) // 2], crowd[-1])):
            Path(f"/proc/{pid}/oom_score_adj").write_text("1000")
            for tick in range(3):
                table, _ = scan.read(10.0 * (now + 1) + tick)
            found = next(process for process in table if process.pid == pid)
            assert found.oom_score_adj == 1000
            assert found.oom_score == max(process.oom_score or 0 for process in table)


def spent(pid: int) -> float:
    """CPU seconds of a running process."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def test_watch_beside_top(crowd: list[int], checkout: Path, say: Callable[[str], None]) -> None:
    top = shutil.which("top")
    if top is None:
        pytest.skip("top is missing (Debian: procps)")
    environment = {**os.environ, "PYTHONPATH": str(checkout), "TERM": "dumb"}
    command = [sys.executable, "-m", "guardian", "watch", "--json"]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, cwd=checkout) as watch,
        subprocess.Popen([top, "-b", "-d1"], stdout=subprocess.DEVNULL, env=environment) as rival,
    ):
        assert watch.stdout is not None
        for _ in range(3):
            assert watch.stdout.readline()
        begun = {process: spent(process.pid) for process in (watch, rival)}
        until = time.monotonic() + WATCH_SECONDS
        ticks = 0
        while time.monotonic() < until:
            assert watch.stdout.readline()
            ticks += 1
        took = {process: spent(process.pid) - begun[process] for process in (watch, rival)}
        for process in (watch, rival):
            process.kill()
    ratio = took[watch] / took[rival]
    say(f"watch --json {took[watch]:.2f} CPU s in {ticks} ticks, top {took[rival]:.2f} CPU s: {ratio:.2f} × (want ≤ {WATCH})")
    assert ratio <= WATCH
