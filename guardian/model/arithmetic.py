"""Whole numbers as C computes them; Python's own rounding is off by one below zero.

Source: C11 6.5.5; mm/oom_kill.c of 2.4 for the rough root.
"""

from collections.abc import Callable, Iterable
from math import isqrt

__all__ = ["isqrt", "isqrt24", "largest_with", "median", "shift_hz", "tdiv"]


def tdiv(a: int, b: int) -> int:
    """The quotient cut off towards zero.  Raises ZeroDivisionError."""
    return a // b if (a < 0) == (b < 0) else -(-a // b)


def isqrt24(x: int) -> int:
    """The rough root of 2.4: halves x once for each quarter, then takes a quarter off; never 0."""
    root = x
    while x > 1:
        x, root = x >> 2, root >> 1
    # Only where the quartering ended at 1 and not at 0.
    if x:
        root -= root >> 2
    return max(root, 1)


def shift_hz(hz: int) -> int:
    """The power of two nearest to the tick rate, as <linux/timex.h> rounds it: 100 gives 7, 250 gives 8, 1000 gives 10."""
    return (hz * 4 // 3).bit_length() - 1


def largest_with(holds: Callable[[int], bool], low: int, high: int) -> int | None:
    """The largest number of low..high for which `holds` is true, None if there is none; true ones come before false ones."""
    if not holds(low):
        return None
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low


def median(values: Iterable[float]) -> float:
    """The middle of the sorted values, of two middles their mean.  Raises ValueError for none.

    The standard library's costs the always-on agent a megabyte of modules.
    """
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no median of nothing")
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
