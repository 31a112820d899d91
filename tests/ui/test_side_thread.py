"""Threads beside the window's end with their owner and before the interpreter does, whatever they wait for."""

import gc
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Signal, Slot
from pytestqt.qtbot import QtBot

from guardian.adapters import kill_sources
from guardian.adapters.helper_client import HelperClient, NoHelper
from guardian.adapters.session_bus import BusConnection, connect
from guardian.protocol.helper import HELPER_NAME
from guardian.ui import side_thread
from guardian.ui.history_reader import HistoryReader
from guardian.ui.side_thread import SideThread
from tests.conftest import PrivateBus

LONG = 20_000


class Worker(QObject):
    """Says when it begins and ends; `wait` goes on until it is cancelled."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, int]] = []
        self.waiting, self.cancelled = threading.Event(), threading.Event()

    @Slot()
    def begin(self) -> None:
        self.heard.append(("begin", threading.get_ident()))

    @Slot()
    def end(self) -> None:
        self.heard.append(("end", threading.get_ident()))

    @Slot()
    def wait(self) -> None:
        self.waiting.set()
        self.cancelled.wait(60)


class Asker(QObject):
    wait_wanted = Signal()


def running() -> int:
    return len(side_thread._RUNNING)


def test_begin_and_end_are_called_in_its_thread_and_it_can_start_again(qtbot: QtBot) -> None:
    owner, worker = QObject(), Worker()
    side = SideThread(worker, "test", owner, begin=worker.begin, end=worker.end)
    for turn in range(2):
        side.start()
        side.start()
        qtbot.waitUntil(lambda turn=turn: len(worker.heard) == 2 * turn + 1, timeout=LONG)  # type: ignore[misc]
        assert side.running
        assert side.stop()
        assert not side.running
    assert [word for word, _thread in worker.heard] == ["begin", "end"] * 2
    assert threading.get_ident() not in {thread for _word, thread in worker.heard}


def test_what_never_began_ends_at_once(qtbot: QtBot) -> None:
    owner = QObject()
    assert SideThread(Worker(), "test", owner).stop()


def test_the_owner_may_go_while_the_worker_waits(qtbot: QtBot) -> None:
    before, owner, worker, asker = running(), QObject(), Worker(), Asker()
    side = SideThread(worker, "test", owner, cancel=worker.cancelled.set)
    asker.wait_wanted.connect(worker.wait)
    side.start()
    assert running() == before + 1
    asker.wait_wanted.emit()
    assert worker.waiting.wait(LONG / 1000)
    owner.deleteLater()
    del owner, side
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    qtbot.waitUntil(lambda: running() == before, timeout=LONG)
    assert worker.cancelled.is_set()


FORGOTTEN = """
import sys, threading, time
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QApplication
from guardian.ui import side_thread

class Worker(QObject):
    said = Signal(object)
    def __init__(self):
        super().__init__()
        self.waiting, self.cancelled = threading.Event(), threading.Event()
    @Slot()
    def wait(self):
        self.said.emit({"an": "object"})
        self.waiting.set()
        (time.sleep if sys.argv[1] == "deaf" else self.cancelled.wait)(60)

class Owner(QObject):
    wanted = Signal()
    @Slot(object)
    def hear(self, said):
        print("heard", said)

app = QApplication([])
side_thread._STOP_MS = 300
owner, worker = Owner(), Worker()
side = side_thread.SideThread(worker, "test", owner, cancel=worker.cancelled.set)
owner.wanted.connect(worker.wait)
worker.said.connect(owner.hear)
side.start()
owner.wanted.emit()
assert worker.waiting.wait(30)
if sys.argv[2] == "lost":
    del owner, side, worker
"""


@pytest.mark.parametrize("owner", ["kept", "lost"])
@pytest.mark.parametrize("kind", ["hearing", "deaf"])
def test_the_interpreter_ends_in_peace_while_one_runs(kind: str, owner: str) -> None:
    command = [sys.executable, "-X", "faulthandler", "-c", FORGOTTEN, kind, owner]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def silent_helper(private_bus: PrivateBus) -> Iterator[BusConnection]:
    """Somebody who owns the helper's name and never answers."""
    bus = connect(private_bus.address)
    assert bus.request_name(HELPER_NAME)
    yield bus
    bus.close()


def test_a_call_that_waits_for_a_password_is_given_up(silent_helper: BusConnection, private_bus: PrivateBus) -> None:
    client = HelperClient({"DBUS_SYSTEM_BUS_ADDRESS": private_bus.address})
    failures: list[Exception] = []

    def call() -> None:
        try:
            client.remove_rule("some-rule")
        except NoHelper as error:
            failures.append(error)

    waiting = threading.Thread(target=call)
    waiting.start()
    arrived: list[object] = []
    while not any("RemoveRule" in str(message) for message in arrived):
        arrived += silent_helper.receive()
    client.hang_up()
    waiting.join(LONG / 1000)
    assert not waiting.is_alive()
    assert len(failures) == 1
    with pytest.raises(NoHelper):
        client.rules()


def test_a_reading_that_waits_for_a_password_is_given_up(
    silent_helper: BusConnection, private_bus: PrivateBus, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", private_bus.address)
    monkeypatch.setattr(kill_sources, "read_kernel_ring", lambda **_given: None)
    monkeypatch.setattr(kill_sources, "read_journal", lambda *_given: iter(()))
    monkeypatch.setattr(kill_sources, "machine_logs", lambda _folder: ())
    reader = HistoryReader()
    told: list[str] = []
    reader.cancelled.connect(lambda: told.append("cancelled"))
    waiting = threading.Thread(target=lambda: reader.read_machine(1_790_000_000.0, ask=True))
    waiting.start()
    arrived: list[object] = []
    while not any("ReadKernelLog" in str(message) for message in arrived):
        arrived += silent_helper.receive()
    reader.cancel()
    waiting.join(LONG / 1000)
    assert not waiting.is_alive()
    qtbot.waitUntil(lambda: told == ["cancelled"], timeout=LONG)
