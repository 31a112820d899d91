"""How long and how much of the history is kept, as the settings say."""

import time
from collections.abc import Callable
from pathlib import Path

from guardian.adapters.history_store import HistoryStore
from guardian.adapters.history_writer import HistoryWriter
from guardian.model.history import Kill, Party, StoredAct, StoredAlert, StoredForecast

NOW = 1_790_000_000.0


def kill(pid: int = 7, at: float = NOW) -> Kill:
    return Kill(at - NOW + 5000.0, at, "earlyoom", (Party(pid, "firefox"),))


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until, "did not come in time"
        time.sleep(0.01)


def test_events_go_when_they_are_older_than_was_chosen(tmp_path: Path) -> None:
    day = 86400.0
    with HistoryStore(tmp_path / "h") as store:
        with store.transaction():
            for age in (1, 5, 40):
                at = NOW - age * day
                store.put_kill(kill(pid=age, at=at))
                store.put_alert(StoredAlert(at, at + 5, "warning", "w"))
                store.put_act(StoredAct(at, "freeze", "x"))
                store.put_forecast(StoredForecast(at, 1.0, 2.0, 3.0))
        store.thin_out(NOW)
        assert len(store.kills()) == 3
        store.thin_out(NOW, most_seconds=30 * day)
        counts = [len(found()) for found in (store.kills, store.alerts, store.acts, store.forecasts)]
        assert counts == [2, 2, 2, 2]
        store.thin_out(NOW, most_seconds=2 * day)
        assert [one.time for one in store.kills()] == [NOW - day]


def test_where_snapshots_are_not_enough_the_oldest_events_go(tmp_path: Path) -> None:
    with HistoryStore(tmp_path / "h") as store:
        with store.transaction():
            for step in range(3000):
                store.put_act(StoredAct(NOW + step, "freeze", "x" * 200))
            store.put_kill(kill(at=NOW))
        store.thin_out(NOW + 4000, most_bytes=400_000)
        left = store.acts()
        assert 0 < len(left) < 2500
        assert left[-1].time == NOW + 2999
        assert len(store.kills()) == 1


def test_the_writer_keeps_what_the_settings_say(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path / "h", flush_seconds=0.02)
    now = time.time()
    writer.put(StoredAct(now - 10 * 86400, "freeze", "old"))
    writer.put(StoredAct(now, "freeze", "new"))
    wait_for(lambda: not writer.waiting)
    writer.keep(5 * 86400.0, 1 << 20)
    writer.put(StoredAct(now, "thaw", "new"))
    wait_for(lambda: not writer.waiting)
    writer.close()
    with HistoryStore(tmp_path / "h", writable=False) as store:
        assert [act.target for act in store.acts()] == ["new", "new"]
