"""What is kept, how it thins out, how it survives damage, full disks, power loss and earlier versions."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.adapters import history_schema
from guardian.adapters.history_export import export_history
from guardian.adapters.history_schema import VERSION, open_history, version_of
from guardian.adapters.history_store import BEFORE_SECONDS, COARSE_SECONDS, FINE_SECONDS, HistoryStore, StoreUnusable
from guardian.adapters.history_writer import HistoryWriter
from guardian.model.composition import Composition
from guardian.model.era import Era
from guardian.model.history import (
    Alerted,
    Candidate,
    Cause,
    Kill,
    Moment,
    Party,
    Rescored,
    StoredAct,
    StoredAlert,
    StoredForecast,
)
from guardian.policy.kill_json import kill_from_mapping, kill_to_mapping

GIB = 1 << 30
NOW = 1_790_000_000.0
LAYERS = Composition(8 * GIB, 1, 2, 3, 4, None, 5, 6, 7)


def kill(pid: int = 7, at: float = NOW, **more: object) -> Kill:
    made = Kill(
        at - NOW + 5000.0,
        at,
        "kernel",
        (Party(pid, "hog", "/a", 5 * GIB, uid=1000),),
        constraint="global",
        culprit=Party(8, "ld", growth=GIB, span=60.0),
        rescored=Rescored(True, "first", Era.E8, 1000, (Candidate(1, pid, "hog", 99, GIB, None, 0, True),)),
        cause=Cause("shared", GIB),
        composition=LAYERS,
        alerted=(Alerted("warning", 12.5),),
        sources=("kernel log",),
        boot="b" * 32,
    )
    return made._replace(**more)  # type: ignore[arg-type]


def moment(at: float) -> Moment:
    return Moment(at, LAYERS, 5, 100, 50, 0.25, None, "calm", (Party(9, "big", memory=GIB),))


def test_everything_comes_back_as_it_went_in(tmp_path: Path) -> None:
    path = tmp_path / "new" / "history.sqlite"
    alert = StoredAlert(NOW, None, "warning", "Warning: 1 GiB of room")
    forecast, act = StoredForecast(NOW, 1.0, 2.0, 3.0, "kill", 2.5), StoredAct(NOW, "freeze", "hog (7)", None)
    with HistoryStore(path) as store:
        with store.transaction():
            kept = store.put_kill(kill())
            store.put_moment(moment(NOW))
            store.put_alert(alert)
            store.put_forecast(forecast)
            store.put_act(act)
        assert kept.key is not None
    with HistoryStore(path, writable=False) as store:
        assert store.kills() == (kill()._replace(key=kept.key),)
        assert store.moments(0, 2 * NOW) == (moment(NOW),)
        assert store.alerts() == (alert,)
        assert store.forecasts() == (forecast,)
        assert store.acts() == (act,)
        assert store.kills(since=NOW + 1) == store.kills(until=NOW - 1) == ()
    assert path.stat().st_mode & 0o777 == 0o600


PARTIES = st.tuples(st.none() | st.integers(1, 1 << 22), st.text(max_size=16)).map(lambda pair: Party(*pair))
KILLS = st.fixed_dictionaries(
    {
        "seconds": st.none() | st.floats(0, 1e9),
        "time": st.none() | st.floats(0, 1e10),
        "killer": st.sampled_from(("kernel", "earlyoom")),
        "victims": st.lists(PARTIES, min_size=1, max_size=3).map(tuple),
        "processes": st.integers(1, 99),
        "group": st.booleans(),
        "memcg": st.none() | st.text(min_size=1, max_size=20),
        "freed": st.none() | st.integers(0, 1 << 50),
        "enough": st.none() | st.booleans(),
    }
).map(lambda fields: Kill(**fields))


@given(KILLS)
def test_any_kill_comes_back_as_it_went_in(one: Kill) -> None:
    def carried(text: str | None) -> str | None:
        return None if text is None else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")

    back = kill_from_mapping(json.loads(json.dumps(kill_to_mapping(one))))
    victims = tuple(victim._replace(name=carried(victim.name) or "") for victim in one.victims)
    assert back == one._replace(victims=victims, memcg=carried(one.memcg))


def test_what_is_no_kill_is_refused() -> None:
    for stored in ({}, {"victims": 5, "killer": "kernel"}, {"victims": [[]], "killer": "kernel"}):
        with pytest.raises(ValueError, match="no stored kill"):
            kill_from_mapping(stored)


def test_the_same_kill_read_again_is_one_entry(tmp_path: Path) -> None:
    with HistoryStore(tmp_path / "h") as store:
        first = store.put_kill(kill())
        again = store.put_kill(kill(at=NOW + 0.5, seconds=5000.0, sources=("journal",)))
        assert (again.key, again.sources) == (first.key, ("kernel log", "journal"))
        assert store.put_kill(kill(pid=8)).key != first.key
        assert len(store.kills()) == 2


def test_snapshots_thin_out_and_those_before_a_kill_stay(tmp_path: Path) -> None:
    with HistoryStore(tmp_path / "h") as store:
        with store.transaction():
            for step in range(180):
                store.put_moment(moment(NOW + 10 * step))
            kept = store.put_kill(kill(at=NOW + 900))
        assert kept.key is not None
        before = store.minutes_before(kept.key)
        assert [one.time for one in before] == [NOW + 900 - BEFORE_SECONDS + 10 * step for step in range(61)]
        store.thin_out(NOW + FINE_SECONDS + 2000)
        coarse = store.moments(0, 2 * NOW)
        assert len(coarse) == 31
        assert len({one.time // 60 for one in coarse}) == 31
        store.thin_out(NOW + COARSE_SECONDS + 2000)
        assert store.moments(0, 2 * NOW) == ()
        assert store.minutes_before(kept.key) == before


def test_the_size_is_capped_oldest_out(tmp_path: Path) -> None:
    with HistoryStore(tmp_path / "h") as store:
        with store.transaction():
            for step in range(4000):
                store.put_moment(moment(NOW + step))
            store.put_kill(kill(at=NOW + 10))
        store.thin_out(NOW + 4000, most_bytes=400_000)
        left = store.moments(0, 2 * NOW)
        assert 0 < len(left) < 2500
        assert left[-1].time == NOW + 3999
        assert len(store.kills()) == 1


def test_an_earlier_version_is_brought_up(tmp_path: Path) -> None:
    path = tmp_path / "h"
    old = sqlite3.connect(path)
    for statement in history_schema.MIGRATIONS[1]:
        old.execute(statement)
    body = json.dumps(kill_to_mapping(kill()))
    old.execute("INSERT INTO kills (time, boot, killer, body) VALUES (?, NULL, 'kernel', ?)", (NOW, body))
    old.execute("PRAGMA user_version=1")
    old.commit()
    old.close()
    with HistoryStore(path, writable=False) as store:
        assert [one.victim.pid for one in store.kills()] == [7]
        assert store.forecasts() == ()
    with HistoryStore(path) as store:
        assert [one.victim.pid for one in store.kills()] == [7]
        store.put_forecast(StoredForecast(NOW, 1, 2, 3))
    connection = open_history(str(path), writable=False)
    assert version_of(connection) == VERSION == max(history_schema.MIGRATIONS)
    connection.close()


def test_a_later_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "h"
    with HistoryStore(path):
        pass
    later = sqlite3.connect(path)
    later.execute(f"PRAGMA user_version={VERSION + 1}")
    later.commit()
    later.close()
    with pytest.raises(StoreUnusable, match="later OOM Guardian"):
        HistoryStore(path)


def test_a_damaged_file_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "h"
    path.write_bytes(os.urandom(20_000))
    with pytest.raises(StoreUnusable):
        HistoryStore(path, writable=False)
    with HistoryStore(path) as store:
        store.put_kill(kill())
    assert [one.name.startswith("h.damaged-") for one in tmp_path.iterdir() if one.name.startswith("h.d")] == [True]


def test_no_history_yet_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match="no history yet"):
        HistoryStore(tmp_path / "absent", writable=False)
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnusable):
        HistoryStore(tmp_path / "file" / "h")


def test_one_broken_row_hides_no_other(tmp_path: Path) -> None:
    with HistoryStore(tmp_path / "h") as store:
        store.put_kill(kill())
    raw = sqlite3.connect(tmp_path / "h")
    raw.execute("INSERT INTO kills (time, killer, body) VALUES (1, 'kernel', '{broken')")
    raw.commit()
    raw.close()
    with HistoryStore(tmp_path / "h") as store:
        assert len(store.kills()) == 1


def test_export_is_complete_and_refuses_a_full_folder(tmp_path: Path) -> None:
    with HistoryStore(tmp_path / "h") as store:
        with store.transaction():
            for step in range(5):
                store.put_moment(moment(NOW - 10 * step))
            store.put_kill(kill())
        written = export_history(store, tmp_path / "out")
        rows = [json.loads(line) for line in (tmp_path / "out" / "kills.jsonl").read_text().splitlines()]
        assert [row["victim"]["pid"] for row in rows] == [7]
        assert len((tmp_path / "out" / "before-kill-1.jsonl").read_text().splitlines()) == 5
        assert "The kernel ended hog (7)" in (tmp_path / "out" / "kills.txt").read_text()
        assert all(path.exists() for path in written)
        with pytest.raises(StoreUnusable, match="not empty"):
            export_history(store, tmp_path / "out")


WRITES = """
import sys, time
from pathlib import Path
from guardian.adapters.history_writer import HistoryWriter
from guardian.model.composition import Composition
from guardian.model.history import Kill, Moment, Party
writer = HistoryWriter(Path(sys.argv[1]), print, flush_seconds=0.02)
number = int(sys.argv[2])
while True:
    now = time.time()
    writer.put(Moment(now, Composition(1, 0, 0, 0, 0, None, 0, 0, 1)))
    if number % 5 == 0:
        writer.put(Kill(now, now, "kernel", (Party(number + 1, "hog"),), sources=("kernel log",)))
    print(repr(now), flush=True)
    number += 1
    time.sleep(0.002)
"""


def test_power_may_go_at_any_time(tmp_path: Path, checkout: Path) -> None:
    """Killed 200 times while it writes: it always opens, whole, and nothing is lost that was given more than a moment before."""
    path = tmp_path / "history.sqlite"
    command = [sys.executable, "-c", WRITES, str(path)]
    here = os.environ | {"PYTHONPATH": str(checkout)}
    lost = []
    for turn in range(200):
        writing = subprocess.Popen([*command, str(turn * 1000)], env=here, stdout=subprocess.PIPE, text=True)
        assert writing.stdout is not None
        first = float(writing.stdout.readline())
        time.sleep(0.001 * (turn % 40))
        writing.send_signal(signal.SIGKILL)
        given_ = [first, *map(float, writing.stdout.read().splitlines()[:-1])]
        writing.stdout.close()
        writing.wait()
        ended = time.time()
        if turn % 20 == 0:
            raw = sqlite3.connect(path)
            assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            raw.close()
        with HistoryStore(path) as store:
            kept = {one.time for one in store.moments(first - 1, ended + 1)}
        lost += [ended - when for when in given_ if when not in kept]
    assert lost == [] or max(lost) < 10
    with HistoryStore(path) as store:
        assert store.kills()


def test_a_full_disk_is_said_once_and_memory_goes_on(tmp_path: Path, checkout: Path) -> None:
    """The writer may write so many bytes and no more, as on a full disk; then there is room again."""
    code = """
import resource, signal, sys, time
from pathlib import Path
from guardian.adapters.history_writer import HistoryWriter
from guardian.adapters.history_store import HistoryStore
from guardian.model.history import Kill, Party
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
path = Path(sys.argv[1])
said = []
HistoryStore(path).close()
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
writer = HistoryWriter(path, said.append, flush_seconds=0.05, retry_seconds=0.1)
for number in range(1, 6):
    writer.put(Kill(float(number), 1000.0 * number, "kernel", (Party(number, "x" * 9000),), sources=("kernel log",)))
    time.sleep(0.2)
assert writer.trouble and writer.waiting == 5, (writer.trouble, writer.waiting)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
until = time.monotonic() + 10
while writer.waiting and time.monotonic() < until:
    time.sleep(0.05)
writer.close()
with HistoryStore(path) as store:
    print(len(store.kills()), writer.trouble, *said, sep="|")
"""
    here = os.environ | {"PYTHONPATH": str(checkout)}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "h")], env=here, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    count, trouble, first, last = done.stdout.strip().split("|")
    assert (count, trouble) == ("5", "None")
    assert "cannot be written" in first
    assert "kept in memory" in first
    assert "on disk again" in last


def test_a_kill_is_on_disk_at_once_and_the_rest_soon(tmp_path: Path) -> None:
    kept: list[Kill] = []
    writer = HistoryWriter(tmp_path / "h", kept=kept.append, flush_seconds=0.2)
    try:
        writer.put(moment(time.time()))
        _until(lambda: writer.waiting == 0)
        begun = time.monotonic()
        writer.put(kill())
        _until(lambda: bool(kept))
        assert time.monotonic() - begun < 2
        assert kept[0].key is not None
    finally:
        writer.close()
    with HistoryStore(tmp_path / "h") as store:
        assert len(store.moments(0, 2 * NOW)) == len(store.kills()) == 1


def test_what_waits_is_written_when_it_ends(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path / "h", flush_seconds=1000)
    writer.put(moment(time.time()))
    writer.close()
    with HistoryStore(tmp_path / "h") as store:
        assert len(store.moments(0, 2 * NOW)) == 1


def test_memory_is_bounded_and_snapshots_go_first(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said: list[str] = []
    writer = HistoryWriter(tmp_path / "file" / "h", said.append, flush_seconds=0.01, retry_seconds=1000)
    writer.put(kill())
    _until(lambda: writer.trouble is not None)
    for step in range(5000):
        writer.put(moment(NOW + step))
    assert writer.waiting == 4096
    assert len(said) == 1
    writer.close()


def _until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "did not come in time"
        time.sleep(0.01)
