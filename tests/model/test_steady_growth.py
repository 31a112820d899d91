"""Steady growth: leaks are found in time and with their rate, what only looks like one is left alone.

The bar was chosen on the even seeds; the odd ones, which are tested here, had no say in it.
"""

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.model.steady_growth import MIB, SPANS, risen, rising, steady_growth
from tests.model import growth_traces as traces

ODD = range(1, 120, 2)


def minutes_told(course: traces.Course) -> list[int]:
    """In which minutes growth would have been told to somebody who asked in each."""
    return [minute for minute in range(8, len(course) + 1) if steady_growth(course[:minute]) is not None]


@pytest.mark.slow
def test_a_leak_of_one_mib_a_minute_is_found_within_twenty_minutes() -> None:
    found = [next((growth for end in range(8, 21) if (growth := steady_growth(traces.leak(seed)[:end]))), None) for seed in ODD]
    known = [growth for growth in found if growth is not None]
    # Some lie under as much noise as they lose in minutes; those are found later.
    assert len(known) >= 0.9 * len(found)
    assert min(growth.confidence for growth in known) >= 0.95
    assert sum(growth.lowest <= MIB / 60 <= growth.highest for growth in known) >= 0.95 * len(known)
    late = [seed for seed, growth in zip(ODD, found, strict=True) if growth is None]
    assert all(minutes_told(traces.leak(seed)) for seed in late)


@pytest.mark.slow
@pytest.mark.parametrize("kind", traces.HARMLESS)
def test_what_only_looks_like_a_leak_is_left_alone(kind: str) -> None:
    """In each minute of four to eight hours somebody asks; of sixty programs at most two were ever told."""
    told = {seed: minutes for seed in ODD if (minutes := minutes_told(traces.HARMLESS[kind](seed)))}
    assert len(told) <= 2, told
    # And what was told in error is taken back within minutes.
    assert all(len(minutes) <= 5 for minutes in told.values()), told


@pytest.mark.slow
def test_a_cache_that_takes_hours_is_told_while_it_fills_and_not_after() -> None:
    for seed in ODD[:20]:
        course = traces.slow_cache(seed)
        assert steady_growth(course) is None, seed


def test_growth_through_garbage_collection_is_found_by_its_floors() -> None:
    chance = random.Random(3)
    course = [(60.0 * minute, int((500 + 2 * minute + chance.uniform(0, 1)) * MIB)) for minute in range(60)]
    tooth = [(at, size + (minute % 4) * 20 * MIB) for minute, (at, size) in enumerate(course)]
    growth = steady_growth(tooth)
    assert growth is not None
    assert growth.rate * 60 / MIB == pytest.approx(2, rel=0.15)
    assert growth.seconds == SPANS[2]


def test_growth_that_only_comes_back_to_where_it_was_is_none() -> None:
    heights = [300.0] * 30 + [100.0 + 4 * minute for minute in range(45)]
    course = [(60.0 * minute, int(height * MIB)) for minute, height in enumerate(heights)]
    assert steady_growth(course) is None


def test_growth_that_has_ended_is_told_no_more() -> None:
    heights = [100.0 + 2 * min(minute, 40) for minute in range(60)]
    course = [(60.0 * minute, int(height * MIB)) for minute, height in enumerate(heights)]
    assert steady_growth(course[:40]) is not None
    assert steady_growth(course) is None


def test_slow_growth_is_found_over_days() -> None:
    chance = random.Random(5)
    hourly = [(3600.0 * hour, int((800 + 0.5 * hour + chance.gauss(0, 1.5)) * MIB)) for hour in range(24 * 12)]
    growth = steady_growth(hourly)
    assert growth is not None
    assert growth.rate * 3600 / MIB == pytest.approx(0.5, rel=0.1)
    assert growth.seconds > 86400


def test_too_few_points_say_nothing() -> None:
    assert steady_growth([]) is None
    assert steady_growth([(60.0 * minute, minute << 24) for minute in range(8)]) is None
    # A hole in the middle of the span.
    gap = [(60.0 * minute, minute << 22) for minute in range(30) if not 18 <= minute <= 24]
    assert steady_growth(gap) is None


@pytest.mark.parametrize(
    "steps, confidence", [([1, 2, 3, 4, 5], 31 / 32), ([-1, 2, 3, 4, 5], 30 / 32), ([-5, -4, -3, -2, -1], 0.0), ([0, 0, 0], 0.0)]
)
def test_wilcoxons_test_is_exact(steps: list[int], confidence: float) -> None:
    assert risen(steps) == pytest.approx(confidence)


def test_kendalls_test_knows_ties_and_falls() -> None:
    assert rising([1, 2, 3, 4, 5, 6, 7]) > 0.99
    assert rising([7, 6, 5, 4, 3]) == 0.0
    assert rising([4, 4, 4, 4]) == 0.0
    assert rising([1, 1, 2, 2, 3, 3]) < rising([1, 2, 3, 4, 5, 6])


@given(st.lists(st.integers(0, 1 << 44), max_size=120), st.floats(1, 3600))
def test_any_course_gives_a_rate_within_its_interval_or_nothing(sizes: list[int], apart: float) -> None:
    growth = steady_growth([(at * apart, size) for at, size in enumerate(sizes)])
    if growth is not None:
        assert growth.lowest <= growth.rate <= growth.highest
        assert 0.95 <= growth.confidence <= 1


@pytest.mark.parametrize("make", [*traces.HARMLESS.values(), traces.leak, traces.slow_cache])
def test_traces_are_the_same_for_a_seed(make: Callable[[int], traces.Course]) -> None:
    assert make(7) == make(7)
    assert make(7) != make(8)
