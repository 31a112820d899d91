"""From the fall of room to a state and the seconds that are left.

A warning is due when what is left would last no longer than a share of the time that room has been falling; the share is
smaller while swap is still free, since cold memory may go there in peace.
"""

from typing import NamedTuple

from guardian.model.decline import Decline, falling, speeds
from guardian.model.verdict import State


class Limits(NamedTuple):
    """Thresholds of the outlook.

    `belief*`: seconds left per second of falling below which a state begins.  `youngest` is in seconds; `*farthest` is the
    most seconds ahead at which a state begins.  `thrashing` is the share of time in which all waited, with critically little
    room.  The others are shares of all room (memory + swap).
    """

    belief: float = 0.8
    belief_with_swap: float = 0.16
    belief_critical: float = 0.06
    low_room: float = 0.15
    low_room_with_swap: float = 0.06
    low_room_belief: float = 1.5
    critical_room: float = 0.035
    below_proven: float = 0.02
    youngest: float = 0.8
    farthest: float = 1200.0
    watch_belief: float = 4.0
    watch_farthest: float = 14400.0
    watch_room: float = 0.10
    thrashing: float = 0.20


DEFAULT_LIMITS = Limits()


class Outlook(NamedTuple):
    """What one fall of room comes to.

    `speed` is bytes per second lost, `seconds` (earliest, likeliest, latest) until nothing is left; both None where room does
    not fall.  `seconds_falling` is how long it has done so, rests left out.
    """

    state: State
    speed: float | None
    seconds: tuple[float, float, float] | None
    seconds_falling: float


def look_ahead(decline: Decline, at: float, room: float, *, swap: bool, limits: Limits = DEFAULT_LIMITS) -> Outlook:
    """The outlook of a fall at `at` seconds; `room` is the newest measurement in bytes, `swap` whether any is set up."""
    share = room / decline.total if decline.total else 0.0
    floor = State.CRITICAL if share < limits.critical_room else State.CALM
    if floor is State.CALM and share < limits.watch_room:
        floor = State.WATCH
    rates = speeds(decline) if falling(decline, at) else None
    if rates is None or decline.active < limits.youngest:
        return Outlook(floor, None, None, decline.active)
    lately, whole = rates
    earliest, latest = sorted((decline.low / lately, decline.low / whole))
    likeliest = max(decline.low / lately, 0.6 * decline.low / whole)
    state = _state(decline, likeliest, share, swap, limits)
    state = max(state, floor, key=lambda s: list(State).index(s))
    return Outlook(state, lately, (earliest, min(max(likeliest, earliest), latest), latest), decline.active)


def _state(decline: Decline, seconds: float, share: float, swap: bool, limits: Limits) -> State:
    if (
        seconds <= limits.belief_critical * decline.active
        and seconds <= limits.farthest
        and not _ordinary(decline, share, limits)
    ):
        return State.CRITICAL
    belief = limits.belief_with_swap if swap else limits.belief
    low = limits.low_room_with_swap if swap else limits.low_room
    near = seconds <= min(belief * decline.active, limits.farthest)
    thin = share < low and seconds <= min(limits.low_room_belief * decline.active, limits.farthest)
    if (near or thin) and not _ordinary(decline, share, limits):
        return State.WARNING
    if seconds <= min(limits.watch_belief * decline.active, limits.watch_farthest):
        return State.WATCH
    return State.CALM


def _ordinary(decline: Decline, share: float, limits: Limits) -> bool:
    """Whether room has come back from about here before, by itself."""
    return decline.proven is not None and share >= decline.proven / decline.total - limits.below_proven
