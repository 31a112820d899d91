"""The whole program as a process: what it loads, and how it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

START = """
import argparse, sys
from guardian.ui.app import main
sys.exit(main(argparse.Namespace(hidden={hidden}, root="/")))
"""
HEAVY = ("numpy", "pyqtgraph", "psutil", "keyring", "sqlite3")


def start(checkout: Path, hidden: bool) -> subprocess.Popen[bytes]:
    code = START.format(hidden=hidden)
    environment = {**os.environ, "PYTHONPATH": str(checkout), "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.Popen([sys.executable, "-c", code], env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE)


def mapped(process: subprocess.Popen[bytes]) -> str:
    return Path(f"/proc/{process.pid}/maps").read_text(encoding="utf-8", errors="replace")


def wait_for(process: subprocess.Popen[bytes], library: str) -> None:
    end = time.monotonic() + 20
    while library not in mapped(process):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_good_order(checkout: Path, number: signal.Signals) -> None:
    process = start(checkout, hidden=False)
    wait_for(process, "multiarray")
    time.sleep(1.5)
    process.send_signal(number)
    _out, said = process.communicate(timeout=15)
    assert process.returncode == 0
    assert b"Traceback" not in said
    assert b"QThread: Destroyed" not in said


WALK = """
import argparse, sys
from PySide6.QtCore import QTimer
from guardian.ui import app
class Walked(app.App):
    def start(self, *, hidden):
        super().start(hidden=hidden)
        self.left = list(self.window.pages)
        self.turn = QTimer(self, interval=150)
        self.turn.timeout.connect(self.next_page)
        self.turn.start()
    def next_page(self):
        if self.left:
            self.window.rail.choose(self.left.pop())
        else:
            self._qt.quit()
app.App = Walked
sys.exit(app.main(argparse.Namespace(hidden=False, root="/")))
"""


def test_it_ends_in_good_order_while_every_page_still_reads(checkout: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(checkout), "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-X", "faulthandler", "-c", WALK]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "QThread" not in done.stderr
    assert "Traceback" not in done.stderr


def test_hidden_it_loads_neither_charts_nor_process_details(checkout: Path) -> None:
    process = start(checkout, hidden=True)
    try:
        wait_for(process, "libqoffscreen")
        time.sleep(2)
        libraries = mapped(process)
        assert process.poll() is None
        assert not [name for name in HEAVY if name in libraries]
    finally:
        process.terminate()
        process.communicate(timeout=15)


def test_without_any_bus_the_window_judges_by_itself(checkout: Path) -> None:
    code = """
import argparse, sys
from PySide6.QtCore import QTimer
from guardian.ui import app
seen = []
class Told(app.App):
    def take_verdict(self, verdict):
        super().take_verdict(verdict)
        seen.append(verdict.state.value)
        if len(seen) > 1:
            self._qt.quit()
    take_verdict = app.Slot(object)(take_verdict)
app.App = Told
app.main(argparse.Namespace(hidden=False, root="/"))
print(seen[0])
"""
    environment = {**os.environ, "PYTHONPATH": str(checkout), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, timeout=40, check=True)
    assert done.stdout.decode().strip() in {"calm", "watch", "warning", "critical"}
