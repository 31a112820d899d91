"""Who grows steadily, found in the kept sizes: processes and whole applications, with what is usual for each.

Time is counted only while somebody looked: a machine that slept, or an agent that did not run, makes no growth slower.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from guardian.model.arithmetic import median
from guardian.model.kept_sizes import GRAINS, Held, KeptRow, KeptSizes, Subject
from guardian.model.steady_growth import DEFAULT_BAR, Bar, Point, SteadyGrowth, steady_growth
from guardian.model.sustained import sustained

# The newest sizes must not be older, in seconds, to speak of now.
FRESH: Final = 180.0
# Seconds after which steady growth is told from a start: the shortest span, and a start's own first minutes.
TOLD_AFTER: Final = 1200.0
# Opening things adds processes for an hour; more of them for longer is growth of its own kind.
_MORE_PROCESSES_FROM: Final = 3000.0
# The share of an application's growth from which its one process stands for it.
_ONE_CAUSE: Final = 0.7
_WARM_UP: Final = 1800.0
_LEAST_USUAL: Final = 2 * 3600.0
_LEAST_RUN: Final = 1800.0
_SURE: Final = 0.95
_PICTURE: Final = 1.5


class Usual(NamedTuple):
    """What an application usually holds: the median, and between which bytes it is four fifths of the time."""

    middle: int
    low: int
    high: int


class Run(NamedTuple):
    """One earlier run of an application: from when to when (seconds since the epoch), its most bytes, and whether it grew."""

    began: float
    ended: float
    most: int
    grew: bool


class SteadyGrower(NamedTuple):
    """Somebody who grows steadily.

    `since` is seconds since the epoch; `course` are (seconds since the epoch, bytes) of the picture, oldest first.
    `usual` is None while too little was seen of the application; `more` is by how many processes it grew in the time.
    """

    subject: Subject
    held: Held
    growth: SteadyGrowth
    since: float
    course: tuple[tuple[float, int], ...]
    usual: Usual | None = None
    runs: tuple[Run, ...] = ()
    more: int = 0


class GrowerSearch(NamedTuple):
    """What a search found, the fastest first.

    `looked_at` counts processes and applications; `seconds` is how long they were watched at most, `newest` when last (seconds
    since the epoch), None without any sizes.
    """

    growers: tuple[SteadyGrower, ...]
    looked_at: int
    seconds: float
    newest: float | None

    def fresh(self, now: float) -> bool:
        """Whether the sizes are of now."""
        return self.newest is not None and now - self.newest <= FRESH


def search_growers(kept: KeptSizes, bar: Bar = DEFAULT_BAR) -> GrowerSearch:
    """All that grow steadily up to the newest sizes."""
    if not kept.rows:
        return GrowerSearch((), 0, 0.0, None)
    newest = kept.rows[-1]
    clock = _awake(kept.rows)
    courses = _courses(kept.rows, newest.held)
    found: list[SteadyGrower] = []
    for number, places in courses.items():
        subject = kept.subjects.get(number)
        if subject is None:
            continue
        points: list[Point] = [(clock[at], kept.rows[at].held[number].size) for at in places]
        growth = steady_growth(points, bar)
        if growth is not None:
            grower = _grower(subject, number, growth, kept.rows, places, clock)
            if subject.pid is not None or grower.more <= 0 or growth.seconds >= _MORE_PROCESSES_FROM:
                found.append(grower)
    told = [_with_story(one, kept) for one in found if not _told_by_one(one, found)]
    told.sort(key=lambda one: -one.growth.rate)
    return GrowerSearch(tuple(told), len(courses), clock[-1] - clock[0], newest.time)


def _awake(rows: Sequence[KeptRow]) -> list[float]:
    """For each row the seconds that somebody looked up to it."""
    clock, before = [0.0], rows[0]
    for row in rows[1:]:
        clock.append(clock[-1] + min(row.time - before.time, 1.5 * max(row.apart, before.apart)))
        before = row
    return clock


def _courses(rows: Sequence[KeptRow], living: Mapping[int, Held]) -> dict[int, list[int]]:
    """In which rows each of those who live is found, oldest first."""
    courses: dict[int, list[int]] = {number: [] for number in living}
    for at, row in enumerate(rows):
        for number in row.held:
            if number in courses:
                courses[number].append(at)
    return courses


def _grower(
    subject: Subject, number: int, growth: SteadyGrowth, rows: Sequence[KeptRow], places: Sequence[int], clock: Sequence[float]
) -> SteadyGrower:
    end = clock[places[-1]]
    inside = [at for at in places if end - clock[at] <= growth.seconds]
    drawn = [at for at in places if end - clock[at] <= _PICTURE * growth.seconds]
    held = rows[places[-1]].held[number]
    course = tuple((rows[at].time, rows[at].held[number].size) for at in drawn)
    more = held.processes - rows[inside[0]].held[number].processes
    return SteadyGrower(subject, held, growth, rows[inside[0]].time, course, more=more)


def _told_by_one(one: SteadyGrower, found: Collection[SteadyGrower]) -> bool:
    """Whether an application's growth is that of one process which is told already."""
    if one.subject.pid is not None:
        return False
    return any(
        other.subject.pid is not None
        and other.subject.app == one.subject.app
        and other.growth.rate >= _ONE_CAUSE * one.growth.rate
        for other in found
    )


def _with_story(one: SteadyGrower, kept: KeptSizes) -> SteadyGrower:
    """With what is usual for its application, and how earlier runs of it went."""
    runs = {number: who for number, who in kept.subjects.items() if who.pid is None and who.app == one.subject.app}
    usual: list[tuple[int, int]] = []
    earlier = []
    for number, who in runs.items():
        rows = [row for row in kept.rows if number in row.held]
        settled = [row for row in rows if row.time - who.began >= _WARM_UP and row.time < one.since]
        usual += [(row.held[number].size, row.apart) for row in settled]
        ended = kept.ended.get(number)
        if ended is not None and ended - who.began >= _LEAST_RUN and rows:
            trend = sustained([(row.time, row.held[number].size) for row in settled])
            grew = trend is not None and trend.rate > 0 and trend.confidence >= _SURE
            earlier.append(Run(who.began, ended, max(row.held[number].size for row in rows), grew))
    return one._replace(usual=_usual(usual), runs=tuple(sorted(earlier)))


def _usual(sizes: Sequence[tuple[int, int]]) -> Usual | None:
    if sum(apart for _size, apart in sizes) < _LEAST_USUAL:
        return None
    # A size counts as often as it was held for the finest grain.
    spread = sorted(size for size, apart in sizes for _time in range(apart // GRAINS[0].apart))
    return Usual(int(median(spread)), spread[len(spread) // 10], spread[-1 - len(spread) // 10])
