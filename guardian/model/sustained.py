"""Which growth lasts: a robust trend, and how sure it is that there is one.

The rate is the median of all slopes (Theil 1950, Sen 1968); the confidence comes from how many pairs rise rather than fall
(Mann 1945, Kendall 1975).
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from guardian.model.arithmetic import median

FEWEST: Final = 5
_MOST: Final = 60


class Trend(NamedTuple):
    """Bytes per second, and the probability (0 to 1) that this is more than chance."""

    rate: float
    confidence: float


def sustained(points: Sequence[tuple[float, int]]) -> Trend | None:
    """The trend of (seconds, bytes) in rising order of time; None with too few points to tell."""
    if len(points) < FEWEST:
        return None
    step = -(-len(points) // _MOST)
    chosen = points[::-1][::step][::-1]
    pairs = [(early, late) for at, early in enumerate(chosen) for late in chosen[at + 1 :] if late[0] > early[0]]
    if not pairs:
        return None
    rate = median((late[1] - early[1]) / (late[0] - early[0]) for early, late in pairs)
    score = sum((late[1] > early[1]) - (late[1] < early[1]) for early, late in pairs)
    return Trend(rate, _confidence(score, [size for _at, size in chosen]))


def _confidence(score: int, sizes: Sequence[int]) -> float:
    """The normal approximation of Kendall's test, with the variance that ties take away."""
    count = len(sizes)
    ties = [sizes.count(size) for size in set(sizes)]
    variance = (_term(count) - sum(_term(tie) for tie in ties)) / 18
    if variance <= 0 or score == 0:
        return 0.0
    distance = (abs(score) - 1) / math.sqrt(variance)
    return math.erf(distance / math.sqrt(2))


def _term(count: int) -> int:
    return count * (count - 1) * (2 * count + 5)
