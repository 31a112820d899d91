"""Axes have round marks; stacks add up and hide nothing."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.ui.axis import round_ticks, stacked_heights, tick_text


@pytest.mark.parametrize("top, last", [(15.5, 16), (15.2, 16), (23.5, 25), (19.9, 20), (9.8, 10), (0.7, 0.8)])
def test_marks_end_just_above_the_highest_value(top: float, last: float) -> None:
    assert round_ticks(top)[-1] == pytest.approx(last)


@given(st.floats(1e-3, 1e6))
def test_four_to_six_even_marks_from_zero(top: float) -> None:
    ticks = round_ticks(top)
    assert 4 <= len(ticks) <= 6
    assert ticks[0] == 0
    assert top <= ticks[-1] * (1 + 1e-9)
    assert ticks[-1] <= 2.5 * top
    steps = [high - low for low, high in itertools.pairwise(ticks)]
    assert max(steps) - min(steps) <= 1e-6 * max(steps) + 1e-9


@pytest.mark.parametrize("top", [0.0, -1.0, float("nan"), float("inf")])
def test_without_a_value_there_is_still_an_axis(top: float) -> None:
    assert round_ticks(top) == [0.0, 1.0]


def test_marks_show_no_more_decimals_than_they_need() -> None:
    assert [tick_text(value, [0, 5, 10]) for value in (0, 5, 10)] == ["0", "5", "10"]
    assert tick_text(0.5, [0, 0.5, 1.0]) == "0.5"


@given(st.lists(st.one_of(st.none(), st.integers(0, 1 << 34)), min_size=8, max_size=8), st.integers(40, 1000))
def test_what_is_there_gets_a_pixel_and_the_rest_adds_up(sizes: list[int | None], height: int) -> None:
    total = max(1, sum(size or 0 for size in sizes))
    heights = stacked_heights(sizes, total, height)
    for size, each in zip(sizes, heights, strict=True):
        assert (each >= 1) if size else (each == 0)
    if any(sizes):
        assert sum(heights) == pytest.approx(height, abs=1e-3 * height + 1e-6)


def test_nothing_known_is_an_empty_stack() -> None:
    assert stacked_heights([None] * 8, 0, 100) == [0.0] * 8
