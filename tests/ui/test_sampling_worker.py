"""Sampling runs beside the window: values arrive in the window's thread, and the thread ends when told."""

import ast
import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QThread, Signal, Slot
from pytestqt.qtbot import QtBot

from guardian.sampling.snapshot import Snapshot
from guardian.ui.sampling_worker import SamplingThread, SamplingWorker


class Watcher(QObject):
    """Takes what the worker sends, as the window does."""

    visible = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.snapshots: list[Snapshot] = []
        self.failures: list[str] = []
        self.threads: set[QThread] = set()

    @Slot(object)
    def take(self, snapshot: Snapshot) -> None:
        self.threads.add(QThread.currentThread())
        self.snapshots.append(snapshot)

    @Slot(str)
    def take_failure(self, reason: str) -> None:
        self.failures.append(reason)


def watched(sampling: SamplingThread) -> Watcher:
    watcher = Watcher()
    sampling.worker.sampled.connect(watcher.take)
    sampling.worker.failed.connect(watcher.take_failure)
    watcher.visible.connect(sampling.worker.set_visible)
    return watcher


@pytest.fixture
def sampling(qtbot: QtBot) -> Iterator[SamplingThread]:
    made = SamplingThread()
    yield made
    assert made.stop()


def test_while_seen_it_brings_the_table_each_second_into_the_windows_thread(qtbot: QtBot, sampling: SamplingThread) -> None:
    watcher = watched(sampling)
    sampling.start()
    watcher.visible.emit(True)
    qtbot.waitUntil(lambda: sum(bool(each.victims) for each in watcher.snapshots) >= 3, timeout=8000)
    assert watcher.threads == {QThread.currentThread()}
    tables = [each for each in watcher.snapshots if each.victims]
    steps = [new.sample.monotonic - old.sample.monotonic for old, new in itertools.pairwise(tables)]
    assert all(0.5 < step < 3 for step in steps), steps
    assert tables[-1].verification is not None


def test_unseen_it_looks_hardly_ever_and_reads_no_table(qtbot: QtBot, sampling: SamplingThread) -> None:
    watcher = watched(sampling)
    sampling.start()
    qtbot.waitUntil(lambda: bool(watcher.snapshots), timeout=5000)
    qtbot.wait(2500)
    assert len(watcher.snapshots) == 1
    assert not watcher.snapshots[0].victims


def test_out_of_sight_it_lets_go_of_the_tables_files(qtbot: QtBot, sampling: SamplingThread) -> None:
    def open_process_files() -> int:
        links = (each for each in Path("/proc/self/fd").iterdir() if each.is_symlink())
        targets = []
        for link in links:
            try:
                targets.append(str(link.readlink()))
            except OSError:
                continue
        return sum(target.endswith(("/oom_score", "/status")) for target in targets)

    watcher = watched(sampling)
    sampling.start()
    watcher.visible.emit(True)
    qtbot.waitUntil(lambda: open_process_files() > 0, timeout=5000)
    watcher.visible.emit(False)
    qtbot.waitUntil(lambda: open_process_files() == 0, timeout=5000)


def test_it_stops_at_once_and_leaves_nothing_open(qtbot: QtBot) -> None:
    sampling = SamplingThread()
    watcher = watched(sampling)
    sampling.start()
    watcher.visible.emit(True)
    qtbot.waitUntil(lambda: bool(watcher.snapshots), timeout=5000)
    began = time.monotonic()
    assert sampling.stop()
    assert time.monotonic() - began < 2
    assert sampling.worker._sampler is None
    assert sampling.worker._timer is None


def test_stopping_what_never_began_is_fine(qtbot: QtBot) -> None:
    assert SamplingThread().stop()


def test_a_tree_without_meminfo_says_why_instead_of_failing(qtbot: QtBot, tmp_path: Path) -> None:
    sampling = SamplingThread(str(tmp_path))
    watcher = watched(sampling)
    sampling.start()
    qtbot.waitUntil(lambda: bool(watcher.failures), timeout=5000)
    assert "proc/meminfo" in watcher.failures[0]
    assert sampling.stop()


def test_only_slots_of_objects_are_connected_across_threads(checkout: Path) -> None:
    """A lambda, partial or plain function would run in the emitting thread."""
    for name in ("app", "sampling_worker", "local_judge"):
        tree = ast.parse((checkout / "guardian" / "ui" / f"{name}.py").read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "connect":
                assert all(isinstance(argument, ast.Attribute) for argument in node.args), (name, node.lineno)


def test_every_method_that_is_connected_to_is_a_slot(qtbot: QtBot) -> None:
    meta = SamplingWorker.staticMetaObject
    known = {meta.method(at).name().data().decode() for at in range(meta.methodCount())}
    assert known >= {"start", "stop", "set_visible", "measure_now", "sampled", "failed"}
