"""Sizes in the history's file: who is who across agents, what thins out, and how small it stays."""

import sqlite3
from pathlib import Path

import pytest

from guardian.adapters.history_schema import VERSION, version_of
from guardian.adapters.history_store import HistoryStore
from guardian.model.kept_sizes import GRAINS, MOST_APPS, MOST_PROCESSES, Floors, Held, Subject

NOW = 1_790_000_000.0
LEAKY = Subject("leaky", "leaky", NOW - 500, "b", 7, 70)
RUN = Subject("leaky", "leaky", NOW - 500, "b")
MIB = 1 << 20


def floors(at: float, *held: tuple[Subject, int], apart: int = 60) -> Floors:
    return Floors(at, apart, {who: Held(size) for who, size in held})


def test_what_is_put_comes_back(tmp_path: Path) -> None:
    with HistoryStore(tmp_path / "h") as store, store.transaction():
        store.put_floors(floors(NOW, (LEAKY, 90 * MIB), (RUN, 95 * MIB)))
        store.put_floors(floors(NOW + 60, (LEAKY, 91 * MIB), (RUN, 96 * MIB)))
    with HistoryStore(tmp_path / "h", writable=False) as store:
        kept = store.sizes()
    assert [(row.time, row.apart) for row in kept.rows] == [(NOW, 60), (NOW + 60, 60)]
    named = {kept.subjects[number]: held for number, held in kept.rows[1].held.items()}
    assert named == {LEAKY: Held(91 * MIB), RUN: Held(96 * MIB)}
    assert kept.ended == {}


def test_who_is_gone_has_an_end_and_a_namesake_is_another(tmp_path: Path) -> None:
    other = LEAKY._replace(start_ticks=99)
    with HistoryStore(tmp_path / "h") as store, store.transaction():
        for at, who in ((0, LEAKY), (60, LEAKY), (120, other)):
            store.put_floors(floors(NOW + at, (who, MIB)))
        kept = store.sizes()
    assert set(kept.subjects.values()) == {LEAKY, other}
    (number,) = kept.ended
    assert (kept.subjects[number], kept.ended[number]) == (LEAKY, NOW + 120)


def test_a_later_agent_knows_those_who_still_live(tmp_path: Path) -> None:
    gone = Subject("gone", "gone", NOW - 900, "b", 8, 80)
    with HistoryStore(tmp_path / "h") as store, store.transaction():
        store.put_floors(floors(NOW, (LEAKY, MIB), (RUN, MIB), (gone, MIB)))
    # The clock of the day differs by some milliseconds, and an application's first process may have ended.
    with HistoryStore(tmp_path / "h") as store, store.transaction():
        store.put_floors(floors(NOW + 60, (LEAKY._replace(began=NOW - 500.003), MIB), (RUN._replace(began=NOW - 80), MIB)))
        kept = store.sizes()
    assert len(kept.subjects) == 3
    assert [kept.subjects[number].name for number in kept.ended] == ["gone"]


def test_fine_rows_stand_before_coarse_ones_of_the_same_time(tmp_path: Path) -> None:
    with HistoryStore(tmp_path / "h") as store, store.transaction():
        for at in range(0, 7200, 600):
            store.put_floors(floors(NOW + at, (LEAKY, MIB), apart=600))
        for at in range(3600, 7200, 60):
            store.put_floors(floors(NOW + at, (LEAKY, MIB)))
        rows = store.sizes().rows
    assert [row.apart for row in rows] == [600] * 6 + [60] * 60
    assert [row.time for row in rows] == sorted(row.time for row in rows)


def test_what_is_too_old_goes(tmp_path: Path) -> None:
    with HistoryStore(tmp_path / "h") as store, store.transaction():
        for grain in GRAINS:
            for age in (grain.reaches + 100, grain.reaches - 100):
                store.put_floors(floors(NOW - age, (LEAKY, MIB), apart=grain.apart))
        store.put_floors(floors(NOW - 13 * 86400, (RUN, MIB)))
        store.put_floors(floors(NOW, (RUN, MIB)))
        store.thin_out(NOW)
        assert {(row.apart, NOW - row.time) for row in store.sizes().rows} >= {(g.apart, g.reaches - 100) for g in GRAINS[1:]}
        store.thin_out(NOW + 15 * 86400)
        kept = store.sizes()
    assert kept.rows == ()
    assert set(kept.subjects.values()) == {RUN}


def test_two_weeks_of_very_many_programs_stay_small(tmp_path: Path) -> None:
    many = [Subject(f"app{n}", f"name{n}", NOW, "b", n, n) for n in range(MOST_PROCESSES)]
    many += [Subject(f"app{n}", f"app{n}", NOW, "b") for n in range(MOST_APPS)]
    with HistoryStore(tmp_path / "h") as store, store.transaction():
        for grain in GRAINS:
            for step in range(int(grain.reaches // grain.apart)):
                store.put_floors(floors(NOW - step * grain.apart, *((who, MIB * 900) for who in many), apart=grain.apart))
    assert (tmp_path / "h").stat().st_size < 5 * MIB


def test_a_store_of_an_earlier_version_has_no_sizes(tmp_path: Path) -> None:
    with HistoryStore(tmp_path / "h") as store, store.transaction():
        store.put_floors(floors(NOW, (LEAKY, MIB)))
    old = sqlite3.connect(tmp_path / "h")
    old.executescript("DROP TABLE sizes; DROP TABLE subjects; PRAGMA user_version=2")
    old.close()
    with HistoryStore(tmp_path / "h", writable=False) as store:
        assert store.sizes().rows == ()
    with HistoryStore(tmp_path / "h") as store:
        assert version_of(store._connection) == VERSION
        assert store.sizes().rows == ()


def test_a_row_that_is_cut_off_loses_its_last_entry(tmp_path: Path) -> None:
    with HistoryStore(tmp_path / "h") as store:
        with store.transaction():
            store.put_floors(floors(NOW, (LEAKY, MIB), (RUN, MIB)))
        store._connection.execute("UPDATE sizes SET body = substr(body, 1, 15)")
        (row,) = store.sizes().rows
    assert len(row.held) == 1


@pytest.mark.parametrize("size, kept", [(0, 0), (1 << 60, ((1 << 32) - 1) << 10)])
def test_sizes_beyond_measure_are_cut(tmp_path: Path, size: int, kept: int) -> None:
    with HistoryStore(tmp_path / "h") as store, store.transaction():
        store.put_floors(floors(NOW, (LEAKY, size)))
        assert next(iter(store.sizes().rows[0].held.values())).size == kept
