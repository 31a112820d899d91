"""Cycles of widgets are taken apart in the window's thread, whoever allocates."""

import gc
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget

from guardian.ui.collector import Collector


class Ring(QWidget):
    """A widget that holds itself, and says in which thread it goes."""

    def __init__(self, gone: list[int]) -> None:
        super().__init__()
        self.ring = self
        self.destroyed.connect(lambda *_args: gone.append(threading.get_ident()), Qt.ConnectionType.DirectConnection)


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.deleteLater()


def allocate() -> None:
    """Enough to make Python collect, were it allowed to."""
    kept: list[list[object]] = []
    for _number in range(20 * gc.get_threshold()[0]):
        kept.append([kept])


def test_a_thread_that_allocates_takes_no_widget_apart(collector: Collector) -> None:
    gone: list[int] = []
    gc.collect()
    Ring(gone)
    worker = threading.Thread(target=allocate)
    worker.start()
    worker.join()
    assert gone == []
    for _generation in range(40):
        allocate()
        collector.collect()
    assert gone == [threading.get_ident()]


def test_without_it_python_collects_in_the_thread_that_allocates() -> None:
    gone: list[object] = []

    class Cycle:
        def __del__(self) -> None:
            gone.append(threading.get_ident())

    was = gc.isenabled()
    gc.enable()
    try:
        one = Cycle()
        one.__dict__["ring"] = one
        del one
        worker = threading.Thread(target=allocate)
        worker.start()
        worker.join()
    finally:
        if not was:
            gc.disable()
    assert gone
    assert gone[0] != threading.get_ident()


def test_it_gives_back_what_it_took(qapp: QObject) -> None:
    was = gc.isenabled()
    made = Collector()
    assert not gc.isenabled()
    made.stop()
    assert gc.isenabled()
    if not was:
        gc.disable()
    made.deleteLater()
