"""The ranking with another adjustment for one process, quick enough to follow a slider.  Pure.

Only one process moves, so its new place is searched instead of ranking all anew; `guardian.model.what_if` gives the same.
"""

from bisect import bisect_left
from typing import NamedTuple

from guardian.kernel.process import ProcessKey
from guardian.model.victim import Victim, killer_order, rank_victims
from guardian.model.what_if import threshold_adjustment
from guardian.protocol.i18n import _
from guardian.protocol.quantities import format_adjustment
from guardian.sampling.snapshot import Snapshot


class Place(NamedTuple):
    """One line of the list that would result: who, at which rank (None: never ended), and at which it stands now."""

    victim: Victim
    rank: int | None
    was: int | None


def rerank(snapshot: Snapshot, key: ProcessKey, adjustment: int) -> tuple[Place, ...] | None:
    """All that could be ended with that adjustment, first victim first, and the process itself; None where it is not there."""
    before = next((victim for victim in snapshot.victims if victim.process.key == key), None)
    if before is None:
        return None
    others = [victim for victim in snapshot.victims if victim.rank is not None and victim.process.key != key]
    me = _judged(before, snapshot, adjustment)
    if me.rank is None:
        places = [Place(victim, rank, victim.rank) for rank, victim in enumerate(others, 1)]
        return (*places, Place(me, None, before.rank))

    def order(victim: Victim) -> tuple[bool, int, int, int]:
        return killer_order(victim.process.key, victim.badness or 0, victim.dying, snapshot.era)

    at = bisect_left(others, order(me), key=order)
    moved = [*others[:at], me, *others[at:]]
    return tuple(Place(victim, rank, before.rank if victim is me else victim.rank) for rank, victim in enumerate(moved, 1))


def _judged(before: Victim, snapshot: Snapshot, adjustment: int) -> Victim:
    """The process as it would be judged with that adjustment."""
    process = before.process
    if process.oom_score_adj == adjustment:
        return before
    score = process.oom_score if process.memory is None else None
    changed = process._replace(oom_score_adj=adjustment, oom_score=score)
    (me,) = rank_victims((changed,), snapshot.domain._replace(constraint="global", mems=None), snapshot.era)
    return me


def shortened(places: tuple[Place, ...], key: ProcessKey, count: int) -> tuple[Place, ...]:
    """The first `count` lines; where the process is not among them, it takes the last one's place."""
    head = places[:count]
    if any(place.victim.process.key == key for place in head):
        return head
    own = next(place for place in places if place.victim.process.key == key)
    return (*head[: count - 1], own)


def threshold_words(snapshot: Snapshot, key: ProcessKey) -> str:
    """From which adjustment on the process would be first, or no longer is."""
    victim = next((victim for victim in snapshot.victims if victim.process.key == key), None)
    if victim is None:
        return ""
    process = victim.process
    if victim.unkillable is not None and victim.unkillable != "oom_score_adj -1000":
        return _("No adjustment changes that: the kernel never ends it.")
    most = threshold_adjustment(process, snapshot.victims, snapshot.domain, snapshot.era)
    if most is None:
        return _("It stays first with every adjustment above −1000.") if victim.rank == 1 else ""
    if most >= 1000:
        return _("With no adjustment it would be first.")
    shown = format_adjustment(most + 1)
    if victim.rank == 1:
        return _("Below {value} it is no longer first.").format(value=shown)
    return _("From {value} on it would be first.").format(value=shown)
