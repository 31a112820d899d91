"""What would have changed a kill that has happened: another adjustment, or more memory.  Pure.

Source: mm/oom_kill.c:oom_badness() (an adjustment of 1 is a thousandth of all pages).
"""

import math
from typing import Final

from guardian.model.era import Era
from guardian.model.history import Candidate, Kill
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable
from guardian.protocol.quantities import GIB, format_adjustment, format_duration

_LEAST, _MOST = -1000, 1000
_PAGE_SIZES: Final = (4096, 8192, 16384, 65536)
# These scored otherwise: an adjustment shifted the points by powers of two, or the scale was a thousandth.
_OLD: Final = frozenset({Era.E1, Era.E2, Era.E3})


def page_size_of(kill: Kill) -> int | None:
    """Bytes of a page of the machine that a kill's points count in; None where they are no pages."""
    if kill.rescored.era is Era.E3:
        return None
    for one in kill.rescored.candidates:
        if one.points and not one.adjustment and one.points > 1000:
            ratio = (one.memory + (one.swap or 0)) / one.points
            return min(_PAGE_SIZES, key=lambda size: abs(size - ratio))
    return _PAGE_SIZES[0]


def what_if_words(kill: Kill) -> tuple[str, ...]:
    """What would have changed it, a sentence each; empty where nothing can be said."""
    return tuple(filter(None, (_pinned(kill), _sacrificed(kill), _more_memory(kill))))


def spared_at(kill: Kill) -> int | None:
    """The adjustment from which on another one would have been ended; None where that is not known."""
    chosen, rival = _first_two(kill)
    if chosen is None or rival is None or chosen.points is None or rival.points is None:
        return None
    return _shifted(chosen, rival.points - chosen.points, kill)


def _pinned(kill: Kill) -> str:
    chosen, rival = _first_two(kill)
    value = spared_at(kill)
    if chosen is None or rival is None or value is None or value <= _LEAST:
        return ""
    return _("With an adjustment of {value} or less, {name} would have been spared and {rival} ended.").format(
        value=format_adjustment(value), name=printable(chosen.name), rival=printable(rival.name)
    )


def _sacrificed(kill: Kill) -> str:
    """The adjustment from which on the culprit would have been ended in place of the victim."""
    chosen, _rival = _first_two(kill)
    culprit = next((one for one in kill.rescored.candidates if kill.culprit is not None and one.pid == kill.culprit.pid), None)
    if chosen is None or culprit is None or culprit.ended or chosen.points is None or culprit.points is None:
        return ""
    value = _shifted(culprit, chosen.points - culprit.points, kill)
    if value is None or value > _MOST:
        return ""
    return _("With an adjustment of {value} or more, {name} would have been ended instead.").format(
        value=format_adjustment(value), name=printable(culprit.name)
    )


def _more_memory(kill: Kill) -> str:
    """How long one more GiB would have lasted at the culprit's pace."""
    culprit = kill.culprit
    if culprit is None or not culprit.growth or not culprit.span or culprit.growth < 0:
        return ""
    seconds = GIB / (culprit.growth / culprit.span)
    return _("1 GiB more memory would have lasted about {span} longer, as fast as {name} grew.").format(
        span=format_duration(seconds), name=printable(culprit.name)
    )


def _first_two(kill: Kill) -> tuple[Candidate | None, Candidate | None]:
    """The one that was ended, and the next in rank that was not; only where the ranking agrees with what happened."""
    if kill.killer != "kernel" or kill.rescored.agrees is not True or kill.rescored.era in _OLD:
        return None, None
    ranked = [one for one in kill.rescored.candidates if one.rank is not None and one.points is not None]
    chosen = next((one for one in ranked if one.ended), None)
    return chosen, next((one for one in ranked if not one.ended), None)


def _shifted(one: Candidate, points: int, kill: Kill) -> int | None:
    """The adjustment that moves a candidate by so many points past where it stood; None where the scale is not known."""
    total = kill.rescored.total_pages
    if not total:
        return None
    step = points * 1000 / total
    away = math.floor(step) - 1 if points < 0 else math.ceil(step) + 1
    return (one.adjustment or 0) + away
