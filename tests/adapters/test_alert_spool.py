"""What waits survives whatever happens to the file, and the file survives whatever happens to the machine."""

import json
import os
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardian.adapters.alert_spool import AlertSpool
from guardian.policy.outbox import EMPTY, Episode, Line, Message, Outbox, Words

BOX = Outbox(
    (Message("host/1", "ops", "critical", 1.5, Words("T – 标题", "b\nc", urgent=True)),),
    {"ops": Line(3, 99.5, "refused", 403), "mail": Line()},
    Episode("host/1", 2.0, ("ops",)),
    ("k1", "k2"),
)


def test_it_is_read_back_whole(tmp_path: Path) -> None:
    spool = AlertSpool(str(tmp_path / "state"))
    assert spool.read() == EMPTY
    spool.keep(EMPTY)
    spool.keep(BOX)
    spool.close()
    assert AlertSpool(str(tmp_path / "state")).read() == BOX
    assert os.listdir(tmp_path / "state") == ["alerts.json"]
    assert os.stat(spool.path).st_mode & 0o777 == 0o600


def test_it_is_on_the_disk_before_it_takes_the_place_of_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda file: (done.append("synced"), fsync(file)))
    monkeypatch.setattr(os, "replace", lambda old, new: (done.append("replaced"), replace(old, new)))
    spool = AlertSpool(str(tmp_path))
    spool.keep(BOX)
    spool.close()
    assert done == ["synced", "replaced", "synced"]


def test_the_last_of_many_stays_and_no_thread_does(tmp_path: Path) -> None:
    spool = AlertSpool(str(tmp_path))
    for number in range(200):
        spool.keep(BOX._replace(kills=(f"k{number}",)))
    spool.close(60)
    assert spool.read().kills == ("k199",)
    assert all(thread.name != "alert spool" for thread in threading.enumerate())


def test_a_folder_that_cannot_be_written_is_no_end(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    spool = AlertSpool(str(tmp_path / "state"))
    spool.keep(BOX)
    spool.close()
    assert spool.failure
    assert spool.read() == EMPTY


def test_without_a_thread_to_be_had_it_is_written_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    spool = AlertSpool(str(tmp_path))
    with monkeypatch.context() as limits:
        limits.setattr(threading.Thread, "start", none_left)
        spool.keep(BOX)
        assert spool.failure == "can't start new thread"
    spool.close()
    assert (AlertSpool(str(tmp_path)).read(), spool.failure) == (BOX, "")


def test_a_write_without_memory_does_not_end_the_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(_file: int) -> None:
        raise MemoryError

    spool = AlertSpool(str(tmp_path))
    with monkeypatch.context() as limits:
        limits.setattr(os, "fsync", no_memory)
        spool.keep(BOX)
        spool.close()
        assert spool.failure == "MemoryError"
    spool.keep(BOX)
    spool.close()
    assert AlertSpool(str(tmp_path)).read() == BOX


def test_a_half_written_new_file_is_not_looked_at(tmp_path: Path) -> None:
    spool = AlertSpool(str(tmp_path))
    spool.keep(BOX)
    spool.close()
    (tmp_path / "alerts.json.new").write_text('{"schema"')
    assert spool.read() == BOX


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"schema": 2}',
        '{"schema": 1, "messages": 3, "lines": {}, "episode": null, "kills": []}',
        "[" * 9999,
    ],
)
def test_a_broken_file_counts_as_empty(tmp_path: Path, text: str) -> None:
    (tmp_path / "alerts.json").write_text(text)
    assert AlertSpool(str(tmp_path)).read() == EMPTY


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_changed_file_is_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    spool = AlertSpool(str(tmp_path))
    spool.keep(BOX)
    spool.close()
    document = json.loads(Path(spool.path).read_text("utf-8"))
    key = data.draw(st.sampled_from(sorted(document)))
    plain = st.recursive(
        st.none() | st.integers() | st.floats() | st.text(max_size=5), lambda one: st.lists(one, max_size=8), max_leaves=9
    )
    document[key] = data.draw(plain | st.dictionaries(st.text(max_size=3), plain, max_size=3))
    Path(spool.path).write_text(json.dumps(document), "utf-8")
    assert isinstance(spool.read(), Outbox)
