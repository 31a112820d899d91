"""Growth that lasts, told from growth by chance."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.model.sustained import FEWEST, sustained


def test_a_straight_line_is_certain() -> None:
    trend = sustained([(float(at), 1000 * at) for at in range(20)])
    assert trend is not None
    assert trend.rate == pytest.approx(1000)
    assert trend.confidence > 0.9999


def test_one_odd_value_hardly_bends_it() -> None:
    trend = sustained([(float(at), 1000 * at + (10**9 if at == 7 else 0)) for at in range(20)])
    assert trend is not None
    assert trend.rate == pytest.approx(1000, rel=0.05)


def test_noise_is_rarely_sure() -> None:
    chance = random.Random(7)
    sure = 0
    for _series in range(200):
        trend = sustained([(float(at), chance.randrange(10**6)) for at in range(15)])
        sure += trend is not None and trend.rate > 0 and trend.confidence > 0.95
    # One-sided at a two-sided level of 5 %: about 2.5 % of 200.
    assert sure <= 15


def test_rest_is_no_trend() -> None:
    trend = sustained([(float(at), 5) for at in range(20)])
    assert trend == (0.0, 0.0)


def test_too_few_points_say_nothing() -> None:
    assert sustained([(float(at), at) for at in range(FEWEST - 1)]) is None
    assert sustained([(1.0, at) for at in range(9)]) is None


@given(st.lists(st.tuples(st.floats(0, 1e6), st.integers(0, 1 << 50)), max_size=100))
def test_any_series_gives_a_probability(points: list[tuple[float, int]]) -> None:
    trend = sustained(sorted(points))
    assert trend is None or 0 <= trend.confidence <= 1
