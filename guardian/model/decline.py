"""How room falls: since when, how steadily, how fast, and whether it has come back from here before.

Room is followed from new low to new low.  A fall that has lasted is believed to go on in proportion to the time it has lasted
(the copernican estimate of J. R. Gott, Nature 363, 1993), which tells a leak from a program that starts up; a rest does not
count as falling; memory that living programs gave back by themselves shows that such depths are ordinary here.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from guardian.kernel.process import ProcessKey

NOISE_SHARE, NOISE_BYTES = 0.0015, 128 << 20
REBOUND_SHARE, REBOUND_OF_FALL = 0.02, 0.25
SHORTEST_QUIET = 2.0
PROOF_WAIT = 3.0
_GAPS, _RESTS, _PATH = 12, 4, 240

Holdings = Mapping[ProcessKey, int]
_NOBODY: Holdings = MappingProxyType({})


class Rebound(NamedTuple):
    """A rise that ended a fall and awaits the next process table, to see who gave memory back: bytes, and holdings at its low."""

    low: float
    rise: float
    until: float
    holdings: Holdings


class Decline(NamedTuple):
    """The present fall of room.

    `high` and `low` are bytes of room at its start and now; `low_at` is when the last new low was seen.  `active` is seconds of
    falling, rests left out.  `gaps` are seconds between the last new lows, `rests` between the starts of the last bursts.
    `path` is (active seconds, room) of earlier lows, thinned.  `proven` is the lowest room from which living programs came
    back by themselves, None while none was seen.
    """

    total: int
    high: float
    low: float
    low_at: float
    active: float = 0.0
    gaps: tuple[float, ...] = ()
    rests: tuple[float, ...] = ()
    burst_at: float = 0.0
    path: tuple[tuple[float, float], ...] = ()
    holdings: Holdings = _NOBODY
    proven: float | None = None
    rebound: Rebound | None = None


def follow(before: Decline | None, at: float, room: float, total: int, holdings: Holdings | None = None) -> Decline:
    """The fall of room with one more measurement: `room` of `total` bytes at `at` seconds (monotonic).

    `holdings` are bytes of anon + swap per living process, None where the table was not read.
    """
    held = holdings if holdings is not None else (before.holdings if before else _NOBODY)
    if before is None or before.total != total:
        return _begin(at, room, total, held)
    known = _prove(before, at, holdings)
    if room - known.low > max(REBOUND_SHARE * total, REBOUND_OF_FALL * (known.high - known.low)):
        waiting = Rebound(known.low, room - known.low, at + PROOF_WAIT, known.holdings) if known.active > 0 else known.rebound
        return _begin(at, room, total, held)._replace(proven=known.proven, rebound=waiting)
    if room > known.high and known.active == 0:
        return _begin(at, room, total, held)._replace(proven=known.proven, rebound=known.rebound)
    if room < known.low - min(NOISE_SHARE * total, NOISE_BYTES):
        return _deepen(known, at, room, held)
    return known


def forget(decline: Decline) -> Decline:
    """The same fall without its proof: after a kill, having come back proves nothing."""
    return decline._replace(proven=None, rebound=None)


def falling(decline: Decline, at: float) -> bool:
    """Whether room still falls: the last new low is no older than this fall's own rhythm allows."""
    return decline.active > 0 and at - decline.low_at <= _patience(decline)


def speeds(decline: Decline) -> tuple[float, float] | None:
    """Bytes per second lost lately (the last third of the fall) and over the whole of it; None while too young to tell."""
    if decline.active <= 0.2:
        return None
    window = max(1.0, 0.3 * decline.active)
    period = _period(decline)
    if period is not None:
        window = max(window, 2 * period)
    since, room = decline.path[0]
    for when, then in reversed(decline.path):
        since, room = when, then
        if when <= decline.active - window:
            break
    span = decline.active - since
    if span <= 0.2:
        return None
    lately = (room - decline.low) / span
    whole = (decline.path[0][1] - decline.low) / decline.active
    return max(lately, 1e-9), max(whole, 1e-9)


def _begin(at: float, room: float, total: int, holdings: Holdings) -> Decline:
    return Decline(total, room, room, at, burst_at=at, path=((0.0, room),), holdings=holdings)


def _deepen(known: Decline, at: float, room: float, holdings: Holdings) -> Decline:
    """One new low: time since the last one counts as falling; a rest beyond the fall's rhythm counts for half its patience."""
    gap, rests, burst_at = at - known.low_at, known.rests, known.burst_at
    if known.active == 0:
        gap, burst_at = min(gap, 1.0), at
    else:
        usual = sorted(known.gaps)[len(known.gaps) // 2] if known.gaps else gap
        if gap > 3 * usual and gap > 1.0:
            rests, burst_at = (*rests, at - burst_at)[-_RESTS:], at
        patience = _patience(known)
        if gap > patience:
            gap = patience / 2
    active = known.active + gap
    return known._replace(
        low=room,
        low_at=at,
        active=active,
        gaps=(*known.gaps, gap)[-_GAPS:],
        rests=rests,
        burst_at=burst_at,
        path=_thinned((*known.path, (active, room))),
        holdings=holdings,
    )


def _thinned(path: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    """The path with every second point of its older half left out once it is long; its first point stays."""
    if len(path) <= _PATH:
        return path
    half = _PATH // 2
    return path[:half:2] + path[half:]


def _prove(known: Decline, at: float, holdings: Holdings | None) -> Decline:
    """Notes a low as ordinary when programs that still live account for half of the rise after it."""
    waiting = known.rebound
    if waiting is None:
        return known
    if holdings is not None:
        returned = sum(max(0, then - holdings[key]) for key, then in waiting.holdings.items() if key in holdings)
        if returned >= waiting.rise / 2:
            proven = waiting.low if known.proven is None else min(known.proven, waiting.low)
            return known._replace(proven=proven, rebound=None)
    return known._replace(rebound=None) if at > waiting.until else known


def _period(decline: Decline) -> float | None:
    """Seconds from burst to burst where the fall goes in even steps, as tab after tab does."""
    if len(decline.rests) >= 2 and max(decline.rests) < 1.6 * min(decline.rests):
        return max(decline.rests)
    return None


def _patience(decline: Decline) -> float:
    """Seconds without a new low after which the fall counts as ended."""
    quiet = max(SHORTEST_QUIET, 1.8 * max(decline.gaps, default=0.0))
    period = _period(decline)
    return quiet if period is None else max(quiet, 1.4 * period)
