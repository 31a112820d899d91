"""Whether a program's memory grows steadily, and is not just starting, filling a cache, collecting garbage or opening tabs.

A span is cut into blocks, and of each block the lowest size counts: what no collection gave back.  Growth is steady when these
floors rise with confidence, from block to block and not in one step, without slowing down, into what the program never had
before, and still do so.  The rate is the median of all slopes with its 95 % interval (Theil 1950, Sen 1968); confidence is the
lesser of two: against noise around a level by Kendall's test (Mann 1945), and against a walk at random by Wilcoxon's
signed-rank test (1945) of the steps.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from guardian.model.arithmetic import median

MIB: Final = 1 << 20
BLOCKS: Final = 7
# Seconds.  The shortest is what 20 minutes allow after a start; each further one is twice as long.
SPANS: Final = tuple(840.0 * 2**step for step in range(11))
_Z95: Final = 1.96
# The table's sizes are up to a minute old, so that each end of a span may be as much later or earlier.
_LATE: Final = 60.0

Point = tuple[float, int]


class Bar(NamedTuple):
    """What growth must reach to be called steady.

    `confidence` is a probability; `least` bytes in all.  `largest_step` is the most that one step may have of the whole rise;
    `uneven` how much the steps may spread around their mean, and `astray` the floors around their line, as shares of mean and
    rise; spread of less than `breath` bytes is never held against it.  `bend` is the most that the middle may lie above the
    line between both ends, as a share of the rise, and `settling` the number of standard errors from which a bend of any size
    counts as levelling off.  `lately` is the least that the last third may have of its even share.  `before` is how many spans
    back a former height counts, `unseen` the share of the rise that must lie above it.
    """

    confidence: float = 0.95
    least: int = 9 * MIB
    largest_step: float = 0.25
    uneven: float = 0.25
    astray: float = 0.03
    breath: float = 1.4 * MIB
    bend: float = 0.04
    settling: float = 3.0
    lately: float = 0.8
    before: float = 8.0
    unseen: float = 0.6


DEFAULT_BAR: Final = Bar()


class SteadyGrowth(NamedTuple):
    """Growth that goes on: bytes per second with its interval, how sure, for how many seconds, and bytes grown in them."""

    rate: float
    lowest: float
    highest: float
    confidence: float
    seconds: float
    grown: int


def steady_growth(points: Sequence[Point], bar: Bar = DEFAULT_BAR) -> SteadyGrowth | None:
    """The growth of (seconds, bytes) in rising order of time up to the last point, over the longest span in which it is steady.

    Seconds are those in which somebody looked.  It must have been steady at the point before, too.  None where nothing grows
    steadily, or it is too early to tell.
    """
    found = None
    for span in SPANS:
        if not points or points[-1][0] - points[0][0] < span - span / BLOCKS:
            break
        now = _over(points, span, bar)
        if now is not None and _over(points[:-1], span, bar) is not None:
            found = now
    return found


def _over(points: Sequence[Point], span: float, bar: Bar) -> SteadyGrowth | None:
    end = points[-1][0]
    began = bisect_left(points, end - span, key=_at)
    # What has not risen at all needs no closer look.
    if points[-1][1] <= points[began][1]:
        return None
    points = points[bisect_left(points, end - (1 + bar.before) * span, key=_at) :]
    floors = _floors(points, end, span / BLOCKS)
    now = floors[-BLOCKS:]
    if len(now) < BLOCKS or None in now:
        return None
    sizes = [size for size in now if size is not None]
    rise = sizes[-1] - sizes[0]
    steps = [late - early for early, late in pairwise(sizes)]
    if rise < bar.least or not _goes_on(steps, rise, bar) or not _straight(sizes, bar):
        return None
    known = [size for size in floors[:-BLOCKS] if size is not None]
    if known and sizes[-1] - max(*known, sizes[0]) < bar.unseen * rise:
        return None
    confidence = min(rising(sizes), risen(steps))
    if confidence < bar.confidence:
        return None
    rate, lowest, highest = _slope(sizes, span / BLOCKS)
    return SteadyGrowth(rate, lowest, highest, confidence, span, rise)


def _at(point: Point) -> float:
    return point[0]


def _floors(points: Sequence[Point], end: float, width: float) -> list[int | None]:
    """The lowest size of each block of `width` seconds, the last one ending at `end`; None for a block without a point."""
    lows: dict[int, int] = {}
    for at, size in points:
        block = math.ceil((at - end) / width)
        if block not in lows or size < lows[block]:
            lows[block] = size
    return [lows.get(block) for block in range(min(lows), 1)]


def _goes_on(steps: Sequence[int], rise: int, bar: Bar) -> bool:
    """Whether the rise is spread over its steps, and is there to the end."""
    third = len(steps) // 3
    mean = rise / len(steps)
    if max(steps) > max(bar.largest_step * rise, mean + 2 * bar.breath) or sum(steps[-2:]) <= 0:
        return False
    if sum(steps[-third:]) < bar.lately * mean * third:
        return False
    spread = math.sqrt(sum((step - mean) ** 2 for step in steps) / len(steps))
    return spread <= max(bar.uneven * mean, bar.breath)


def _straight(sizes: Sequence[int], bar: Bar) -> bool:
    """Whether the floors lie along a line and do not bend down as what is filled or warmed up does."""
    count = len(sizes)
    places = [at - (count - 1) / 2 for at in range(count)]
    square = sum(place**2 for place in places)
    bow = [place**2 - square / count for place in places]
    mean = sum(sizes) / count
    slope = sum(place * size for place, size in zip(places, sizes, strict=True)) / square
    curve = sum(one * size for one, size in zip(bow, sizes, strict=True)) / sum(one**2 for one in bow)
    rise = sizes[-1] - sizes[0]
    astray = [size - mean - slope * place for place, size in zip(places, sizes, strict=True)]
    if math.sqrt(sum(one**2 for one in astray) / count) > max(bar.astray * rise, bar.breath):
        return False
    left = sum((one - curve * arc) ** 2 for one, arc in zip(astray, bow, strict=True))
    error = math.sqrt(left / (count - 3) / sum(one**2 for one in bow))
    above = -curve * (places[-1] ** 2 - places[count // 2] ** 2)
    return above <= bar.bend * rise and (curve >= 0 or -curve <= bar.settling * error or above < 0.004 * rise)


def rising(sizes: Sequence[int]) -> float:
    """The confidence that values rise rather than lie at random: Kendall's test, one-sided, with ties."""
    count = len(sizes)
    score = sum((late > early) - (late < early) for at, early in enumerate(sizes) for late in sizes[at + 1 :])
    ties = [sizes.count(size) for size in set(sizes)]
    variance = (_term(count) - sum(_term(tie) for tie in ties)) / 18
    if variance <= 0 or score <= 0:
        return 0.0
    return 0.5 + 0.5 * math.erf((score - 1) / math.sqrt(2 * variance))


def _term(count: int) -> int:
    return count * (count - 1) * (2 * count + 5)


def risen(steps: Sequence[int]) -> float:
    """The confidence that steps go up rather than either way: Wilcoxon's signed-rank test, exact, one-sided; zeros left out."""
    moved = sorted((step for step in steps if step), key=abs)
    against = sum(rank for rank, step in enumerate(moved, 1) if step < 0)
    # How many of all choices of signs give each sum of ranks.
    ways = [1]
    for rank in range(1, len(moved) + 1):
        longer = ways + [0] * rank
        for at, count in enumerate(ways):
            longer[at + rank] += count
        ways = longer
    return 1.0 - sum(ways[: against + 1]) / float(1 << len(moved))


def _slope(sizes: Sequence[int], width: float) -> tuple[float, float, float]:
    """The median of all slopes in bytes per second, and the ends of its 95 % interval: Kendall's variance, and late reading."""
    slopes = sorted(
        (late - early) / ((apart + 1) * width) for at, early in enumerate(sizes) for apart, late in enumerate(sizes[at + 1 :])
    )
    reach = _Z95 * math.sqrt(_term(len(sizes)) / 18)
    low = max(0, math.floor((len(slopes) - reach) / 2))
    rate = median(slopes)
    late = rate * _LATE / (width * (len(sizes) - 1))
    return rate, slopes[low] - late, slopes[len(slopes) - 1 - low] + late
