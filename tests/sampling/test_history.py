"""The ring behind the charts."""

import math
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.kernel.meminfo import MemInfo
from guardian.kernel.pressure import Pressure, Stall
from guardian.model.composition import Composition
from guardian.sampling.history import History, HistoryPoint, point_of
from guardian.sampling.sample import Sample
from guardian.sampling.snapshot import interpret

SIZES = st.integers(0, 2**62)
UNKNOWN_OR_SIZE = st.none() | SIZES
SHARES = st.none() | st.floats(0, 1)


def layers(zram: int | None) -> Composition:
    return Composition(100, 1, 2, 3, 4, zram, 6, 7, 8)


def points(count: int) -> list[HistoryPoint]:
    return [
        HistoryPoint(1e9 + at, float(at), layers(None if at % 2 else 5), at * 10, at, 50, at / 1000, None) for at in range(count)
    ]


@pytest.mark.parametrize("count", [0, 1, 4, 5, 6, 23])
def test_the_newest_points_stay_in_order(count: int) -> None:
    history = History(5)
    made = points(count)
    for point in made:
        history.append(point)
    assert list(history.points()) == made[-5:]
    assert len(history) == min(5, count)
    assert history.last() == (made[-1] if made else None)
    assert history.times() == [point.monotonic for point in made[-5:]]
    assert history.times("time") == [point.time for point in made[-5:]]
    assert history.series("room") == [point.room for point in made[-5:]]
    assert history.series("zram") == [point.composition.zram for point in made[-5:]]
    assert history.series("pressure_some") == [point.pressure_some for point in made[-5:]]
    assert history.series("pressure_full") == [None] * len(made[-5:])


def test_only_the_last_seconds() -> None:
    history = History(20)
    for point in points(20):
        history.append(point)
    assert [point.monotonic for point in history.points(seconds=3)] == [16, 17, 18, 19]


@given(st.lists(st.tuples(SIZES, UNKNOWN_OR_SIZE, UNKNOWN_OR_SIZE, UNKNOWN_OR_SIZE, SHARES, SHARES), min_size=1, max_size=9))
def test_what_goes_in_comes_out(rows: list[tuple[int, int | None, int | None, int | None, float | None, float | None]]) -> None:
    history, made = History(9), []
    for at, (size, zram, used, total, some, full) in enumerate(rows):
        composition = Composition(size, 0, 0, 0, 0, zram, 0, 0, size)
        made.append(HistoryPoint(float(at), float(at), composition, size, used, total, some, full))
        history.append(made[-1])
    assert list(history.points()) == made


def test_a_clock_that_goes_back_begins_anew() -> None:
    history = History(9)
    for point in points(4):
        history.append(point)
    history.append(points(3)[2])
    assert history.times() == [2.0]


def test_no_history_is_smaller_than_a_point() -> None:
    with pytest.raises(ValueError, match="at least one"):
        History(0)


def test_it_never_grows() -> None:
    history = History(600)
    for point in points(2000):
        history.append(point)
    rings = [*history._clocks.values(), *history._sizes.values(), *history._shares.values()]
    assert all(isinstance(ring, array) and len(ring) == 600 for ring in rings)
    assert sum(ring.itemsize * len(ring) for ring in rings) < 100_000


def test_a_snapshot_becomes_a_point() -> None:
    stall = Stall(0.125, 0, 0, 1)
    memory = MemInfo(mem_total=1000 << 20, mem_free=500 << 20, mem_available=600 << 20, swap_total=100, swap_free=30)
    sample = Sample(7.0, 3.0, 4096, memory, None, None, Pressure(stall, None), None, None, None, None)
    snapshot = interpret(sample, None)
    point = point_of(snapshot)
    assert (point.time, point.monotonic, point.swap_used, point.swap_total) == (7.0, 3.0, 70, 100)
    assert (point.pressure_some, point.pressure_full) == (0.125, None)
    assert point.composition == snapshot.composition
    history = History()
    history.add(snapshot)
    assert history.last() == point
    assert not any(share is not None and math.isnan(share) for share in history.series("pressure_full"))
