"""C division, the rough root of 2.4, and the search for the largest number."""

import math
import statistics
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.model.arithmetic import isqrt24, largest_with, median, shift_hz, tdiv

ANY = st.integers(-(1 << 70), 1 << 70)


@pytest.mark.parametrize(
    "a,b,result", [(7, 2, 3), (-7, 2, -3), (7, -2, -3), (-7, -2, 3), (-1, 1000, 0), (0, -3, 0), (-2000, 3, -666)]
)
def test_division_cuts_off_towards_zero(a: int, b: int, result: int) -> None:
    assert tdiv(a, b) == result


@given(ANY, ANY.filter(bool))
def test_division_agrees_with_exact_fractions(a: int, b: int) -> None:
    assert tdiv(a, b) == math.trunc(Fraction(a, b))


def test_division_by_zero_is_an_error() -> None:
    with pytest.raises(ZeroDivisionError):
        tdiv(1, 0)


@pytest.mark.parametrize("x,root", [(0, 1), (1, 1), (4, 2), (9, 2), (16, 3), (25, 5), (64, 6), (100, 9), (1000, 31), (10000, 78)])
def test_the_root_of_24_is_rough(x: int, root: int) -> None:
    assert isqrt24(x) == root


@pytest.mark.parametrize("hz,shift", [(24, 5), (95, 6), (96, 7), (100, 7), (128, 7), (250, 8), (300, 8), (1000, 10), (1024, 10)])
def test_tick_rates_are_rounded_to_a_power_of_two(hz: int, shift: int) -> None:
    assert shift_hz(hz) == shift


@given(st.integers(-50, 50), st.integers(-60, 60))
def test_the_largest_number_is_found(low: int, limit: int) -> None:
    high = low + 30
    wanted = max((n for n in range(low, high + 1) if n <= limit), default=None)
    assert largest_with(lambda n: n <= limit, low, high) == wanted


@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=30))
def test_the_median_is_the_standard_librarys(values: list[float]) -> None:
    assert median(values) == statistics.median(values)


def test_nothing_has_no_median() -> None:
    with pytest.raises(ValueError, match="nothing"):
        median([])
