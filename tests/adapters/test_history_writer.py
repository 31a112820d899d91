"""The history's own thread when its library cannot be loaded: it says so, waits, and keeps everything."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from guardian.adapters.history_store import HistoryStore
from guardian.adapters.history_writer import HistoryWriter
from guardian.model.history import Kill, StoredAct


def _wait(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + 10
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    return condition()


def test_a_library_that_cannot_be_loaded_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    with monkeypatch.context() as denied:
        denied.setitem(sys.modules, "guardian.adapters.history_store", None)
        writer = HistoryWriter(tmp_path / "history", said.append, flush_seconds=0.02, retry_seconds=0.05)
        writer.put(StoredAct(time.time(), "freeze", "ld.lld (42)"))
        assert _wait(lambda: bool(said))
        assert writer.waiting == 1
    assert _wait(lambda: writer.waiting == 0)
    writer.close()
    with HistoryStore(tmp_path / "history") as store:
        assert [act.target for act in store.acts()] == ["ld.lld (42)"]


@pytest.mark.parametrize("error", [MemoryError(), OSError(24, "Too many open files")])
def test_a_look_that_fails_does_not_end_the_history(tmp_path: Path, error: Exception) -> None:
    def fail() -> list[Kill]:
        raise error

    said: list[str] = []
    writer = HistoryWriter(tmp_path / "history", said.append, flush_seconds=0.02)
    writer.look(fail)
    assert _wait(lambda: bool(said))
    writer.put(StoredAct(time.time(), "freeze", "ld.lld (42)"))
    assert _wait(lambda: writer.waiting == 0)
    writer.close()
