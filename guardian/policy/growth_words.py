"""Steady growth in words and as JSON, the same for terminal and window.

Nothing here says "leak": that memory is needed no more, nobody can tell from outside.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from guardian.model.grower_search import Run, SteadyGrower, Usual
from guardian.model.mapping_growth import ANONYMOUS, InsideLook
from guardian.model.steady_growth import SteadyGrowth
from guardian.protocol.i18n import N_, _, ngettext, sentences
from guardian.protocol.printable import encodable, printable
from guardian.protocol.quantities import MIB, format_bytes, format_duration, format_number

_UNITS = ((N_("MiB/min"), 60), (N_("MiB/h"), 3600), (N_("MiB/day"), 86400))
_LEAST_SHOWN = 0.3
_DAY = 86400.0
_IN_DAYS = 3 * _DAY
# What lies beyond a year concerns nobody.
_FARTHEST = 365 * _DAY
MAPPING_NAMES = {
    ANONYMOUS: N_("anonymous memory (large requests, thread heaps)"),
    "[heap]": N_("heap (small requests)"),
    "[stack]": N_("stack"),
}


class RateUnit(NamedTuple):
    """The unit in which a rate is said: its word, and bytes per second of one."""

    word: str
    one: float


def rate_unit(rate: float) -> RateUnit:
    """The finest unit in which a rate (bytes per second) is not almost nothing."""
    for word, seconds in _UNITS:
        if abs(rate) * seconds >= _LEAST_SHOWN * MIB:
            return RateUnit(_(word), MIB / seconds)
    word, seconds = _UNITS[-1]
    return RateUnit(_(word), MIB / seconds)


def rate_words(growth: SteadyGrowth) -> str:
    """A rate with its interval: "+1.0 MiB/min (0.9 … 1.1)"."""
    unit = rate_unit(growth.rate)
    digits = 1 if growth.rate / unit.one < 100 else 0
    return _("{rate} {unit} ({lowest} … {highest})").format(
        rate=format_number(growth.rate / unit.one, digits, sign=True),
        unit=unit.word,
        lowest=format_number(growth.lowest / unit.one, digits),
        highest=format_number(growth.highest / unit.one, digits),
    )


def sure_words(confidence: float) -> str:
    """A confidence, never rounded up to certainty: "98 % sure"."""
    return _("{share} sure").format(share=f"{min(99, math.floor(confidence * 100))} %")


def who_words(one: SteadyGrower) -> str:
    """The name of a grower: "leaky (4242)", "Firefox, 12 processes"."""
    name = printable(one.subject.name)
    if one.subject.pid is not None:
        return _("{name} ({pid})").format(name=name, pid=one.subject.pid)
    return ngettext("{name}, {count} process", "{name}, {count} processes", one.held.processes).format(
        name=name, count=one.held.processes
    )


def span_words(seconds: float) -> str:
    """A span from seconds to days: "40 s", "6 min", "30 h", "12 days"."""
    if seconds < _IN_DAYS:
        return format_duration(seconds)
    days = round(seconds / _DAY)
    return ngettext("{count} day", "{count} days", days).format(count=days)


def growth_sentence(one: SteadyGrower, room: int | None) -> str:
    """What a grower does: rate, certainty, for how long, and how long room would last by it alone."""
    words = _("{rate}, {sure}, for {time}.").format(
        rate=rate_words(one.growth), sure=sure_words(one.growth.confidence), time=span_words(one.growth.seconds)
    )
    held = _("Has {size}, {grown} of it since then.").format(
        size=format_bytes(one.held.size), grown=format_bytes(one.growth.grown)
    )
    left = room / one.growth.rate if room else _FARTHEST
    lasts = _("Room would last {time} by it alone.").format(time=span_words(left)) if left < _FARTHEST else ""
    return sentences(words, held, lasts)


def story_sentence(one: SteadyGrower) -> str:
    """What is usual for its application, and how it went before; empty where nothing is known."""
    more = ""
    if one.more > 0:
        more = ngettext("{count} process more than at the beginning.", "{count} processes more than at the beginning.", one.more)
        more = more.format(count=one.more)
    return sentences(_usual_words(one.usual, one.held.size), _runs_words(one.runs), more)


def _usual_words(usual: Usual | None, size: int) -> str:
    if usual is None:
        return ""
    low, high = format_bytes(usual.low), format_bytes(usual.high)
    if low == high:
        words = _("It usually holds {size}.").format(size=low)
    else:
        words = _("It usually holds {low} … {high}.").format(low=low, high=high)
    return words if size > usual.high else sentences(words, _("So far this is no more than usual."))


def _runs_words(runs: Sequence[Run]) -> str:
    if not runs:
        return ""
    count, grew = len(runs), sum(run.grew for run in runs)
    words = ngettext("{count} earlier run is known;", "{count} earlier runs are known;", count).format(count=count)
    if not grew:
        return _("{known} it did not grow in them.").format(known=words)
    return _("{known} it grew in {grew} of them, and gave all back when it ended.").format(known=words, grew=grew)


def mapping_name(name: str) -> str:
    """What a mapping is, in words where the kernel has only brackets."""
    known = MAPPING_NAMES.get(name)
    return _(known) if known else printable(name)


def inside_sentence(look: InsideLook) -> str:
    """What a process holds alone and by share, and what it grew by in the time of the look."""
    held = _("It alone holds {uss} (USS) and {swap} in swap; with its share of shared pages {pss} (PSS).").format(
        uss=format_bytes(look.now.uss), swap=format_bytes(look.now.swap), pss=format_bytes(look.now.pss)
    )
    words = _("In {time} it grew by {size}.") if look.grown >= 0 else _("In {time} it shrank by {size}.")
    return sentences(held, words.format(time=format_duration(look.seconds), size=format_bytes(abs(look.grown))))


def grower_row(one: SteadyGrower, room: int | None) -> dict[str, Any]:
    """A grower as JSON; bytes, seconds, bytes per second."""
    who, growth = one.subject, one.growth
    return {
        "kind": "process" if who.pid is not None else "app",
        "pid": who.pid,
        "start_ticks": who.start_ticks,
        "name": encodable(who.name),
        "app": encodable(who.app),
        "processes": one.held.processes,
        "more_processes": one.more,
        "memory": one.held.size,
        "growth": growth.rate,
        "growth_low": growth.lowest,
        "growth_high": growth.highest,
        "confidence": round(growth.confidence, 4),
        "seconds": growth.seconds,
        "since": one.since,
        "grown": growth.grown,
        "room_lasts": room / growth.rate if room is not None else None,
        "usual": one.usual._asdict() if one.usual is not None else None,
        "runs": [run._asdict() for run in one.runs],
    }
