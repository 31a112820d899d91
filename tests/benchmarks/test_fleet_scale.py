"""10,000 machines behind a real Prometheus: how soon page Fleet and the command line show the first of them, and their memory.

The server's own time and memory are its own; what is measured is this program beside it.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from guardian.adapters.settings_file import SettingsFile
from tests.simulated_fleet import Simulated, SimulatedFleet, served

pytestmark = pytest.mark.bench

MACHINES = 10_000
PAGE_SECONDS, COMMAND_SECONDS, MEMORY_MIB = 2.0, 1.0, 200
ROUNDS = 5

Say = Callable[[str], None]

# Opens the whole window, waits until it stands still, then chooses page Fleet; prints seconds until machines are painted.
WINDOW = """
import json, pathlib, sys, time
from PySide6.QtCore import QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
application = QApplication([])
from guardian.ui.main_window import MainWindow
from guardian.ui.page_set import build_pages
from guardian.ui.scheme import Scheme
from guardian.ui.text_size import TextSize
from guardian.ui.window_memory import WindowMemory
scheme, memory = Scheme(application, dark=False), WindowMemory(pathlib.Path(sys.argv[1]) / "window.ini")
pages = build_pages(scheme, memory)
window = MainWindow(scheme, pages, memory, TextSize(application, memory))
window.show()
QTest.qWait(3000)
begun = time.monotonic()
window.rail.choose("fleet")
page = pages["fleet"]
while page.shown is None and time.monotonic() - begun < 60:
    QTest.qWait(5)
page.repaint()
seconds = time.monotonic() - begun
def step(act):
    at = time.monotonic()
    before = page._came_at
    act()
    while page._came_at == before and time.monotonic() - at < 60:
        QTest.qWait(5)
    page.repaint()
    return time.monotonic() - at
following = step(lambda: page.step(1))
page.head.search.setText("node-77")
found = step(page._search)
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(json.dumps({"open": seconds, "next": following, "search": found, "peak_kib": int(status["VmHWM"].split()[0]),
                  "total": page.shown.total, "found": page.shown.found}))
page.thread_of_fleet.stop()
window.close()
"""

# Runs a command and says on stderr how many KiB it took at most.  A child's own count would have its parent's in it.
COMMAND = """
import sys
from guardian.cli.main import main
code = main(sys.argv[1:])
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
sys.stderr.write(status["VmHWM"].split()[0])
sys.exit(code)
"""


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedFleet]:
    """The server with its machines, as often evaluated as shipped."""
    yield from served(tmp_path_factory.mktemp("crowd"), Simulated(MACHINES - 40, 15, 10, 5, 10), interval="15s")


@pytest.fixture
def environment(crowd: SimulatedFleet, tmp_path: Path) -> dict[str, str]:
    """Settings that name the server."""
    SettingsFile(tmp_path / "oom-guardian" / "settings.toml").change("fleet.server", crowd.url)
    return os.environ | {"XDG_CONFIG_HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}


def test_the_page_opens_in_time_and_memory(environment: dict[str, str], tmp_path: Path, checkout: Path, say: Say) -> None:
    command = [sys.executable, "-c", WINDOW, str(tmp_path)]
    told = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, cwd=checkout, timeout=300)
    figures = json.loads(told.stdout.splitlines()[-1])
    mib = figures["peak_kib"] / 1024
    say(
        f"page Fleet of {figures['total']} machines: opens in {figures['open']:.2f} s, next page {figures['next']:.2f} s, "
        f"search {figures['search']:.2f} s; whole window at most {mib:.0f} MiB"
    )
    assert figures["total"] == MACHINES
    assert figures["found"] == 100
    assert figures["open"] <= PAGE_SECONDS
    assert mib <= MEMORY_MIB


@pytest.mark.parametrize("arguments", [(), ("--json",), ("node-77",), ("--machine", "build-0003")])
def test_the_command_answers_in_time_and_memory(
    environment: dict[str, str], checkout: Path, say: Say, arguments: tuple[str, ...]
) -> None:
    command = [sys.executable, "-c", COMMAND, "fleet", *arguments]
    seconds, peak = [], 0.0
    for _round in range(ROUNDS):
        begun = time.monotonic()
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, cwd=checkout, timeout=120)
        seconds.append(time.monotonic() - begun)
        assert len(done.stdout) > 200
        peak = max(peak, int(done.stderr) / 1024)
    say(f"guardian {' '.join(command[3:])}: {statistics.median(seconds):.2f} s, at most {peak:.0f} MiB")
    assert statistics.median(seconds) <= COMMAND_SECONDS
    assert peak <= MEMORY_MIB
