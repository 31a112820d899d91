"""The state of one moment, without its past: how much room, how much waiting, how near each limited cgroup.

Source: design of the project; Documentation/accounting/psi.rst.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.meminfo import MemInfo
from guardian.kernel.pressure import Pressure
from guardian.kernel.process import Process
from guardian.model.constraints import Limit
from guardian.model.domain import OomDomain
from guardian.model.era import Era
from guardian.model.room import Room
from guardian.model.sharing import Fates
from guardian.model.verdict import Evidence, Killer, NextVictim, State
from guardian.model.victim import Victim, rank_victims
from guardian.protocol.i18n import _
from guardian.protocol.quantities import format_bytes

GIB: Final = 1 << 30
_LEVELS: Final = (State.WATCH, State.WARNING, State.CRITICAL)
_ORDER: Final = tuple(State)
# A cgroup is worth a line of its own when less than a quarter of its limit is left.
_NEAR_SHARE: Final = 0.25
_MOST_LIMITS: Final = 3


class Thresholds(NamedTuple):
    """Where watch, warning and critical begin, each a triple in that order.

    Room: below this share of RAM, and below so many bytes (large machines need no tenth of theirs).  `group`: below this share
    of a cgroup's limit.  `pressure`: share of time in which all waited (full, 10 s); without little room it means watch only,
    as copying much causes it too.
    """

    room_share: tuple[float, float, float] = (0.15, 0.08, 0.04)
    room_bytes: tuple[int, int, int] = (4 * GIB, 2 * GIB, 1 * GIB)
    group: tuple[float, float, float] = (0.15, 0.08, 0.03)
    pressure: tuple[float, float, float] = (0.05, 0.20, 0.40)


DEFAULT_THRESHOLDS: Final = Thresholds()


def judge(
    memory: MemInfo,
    room: Room,
    pressure: Pressure | None,
    limits: Iterable[Limit] = (),
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
) -> tuple[State, tuple[Evidence, ...]]:
    """The state and every measurement that it rests on, met or not.

    Room decides; pressure adds a level where room is short.  A cgroup near its own limit means warning at most, as only its
    own processes are in danger.  Swap is shown and counts through the room it gives.
    """
    falls = [
        min(int(share * memory.mem_total), size) for share, size in zip(thresholds.room_share, thresholds.room_bytes, strict=True)
    ]
    by_room = _below(room.total, falls)
    waiting = None if pressure is None else (pressure.full or pressure.some).avg10
    by_pressure = 0 if waiting is None else sum(waiting >= level for level in thresholds.pressure)
    level = max(by_room, min(by_pressure, 1))
    if by_room and by_pressure > 1:
        level = min(by_room + 1, 3)
    evidence = [
        _evidence("room", room.total, falls, by_room),
        Evidence("swap", memory.swap_free if memory.swap_total else None, None, met=False),
        _evidence("pressure", waiting, thresholds.pressure, by_pressure),
    ]
    for limit in limits:
        if limit.distance is None or not limit.cgroup.max:
            continue
        group_falls = [int(share * limit.cgroup.max) for share in thresholds.group]
        by_group = _below(limit.distance, group_falls)
        level = max(level, min(by_group, 2))
        evidence.append(_evidence(f"memcg {limit.cgroup.path}", limit.distance, group_falls, by_group))
    return (_LEVELS[level - 1] if level else State.CALM), tuple(evidence)


def worse(one: State, other: State) -> State:
    """The more urgent of two states."""
    return max(one, other, key=_ORDER.index)


def _below(value: float, falls: Sequence[float]) -> int:
    """How many of three falling thresholds a value is below."""
    return sum(value < threshold for threshold in falls)


def _evidence(name: str, value: float | None, thresholds: Sequence[float], level: int) -> Evidence:
    """The threshold shown is the one that is met, or the first."""
    return Evidence(name, value, thresholds[max(level, 1) - 1], met=level > 0)


def next_victims(
    victims: Sequence[Victim],
    processes: Sequence[Process],
    domain: OomDomain,
    era: Era,
    memory: MemInfo,
    room: Room,
    limits: Iterable[Limit] = (),
    cgroups: Sequence[MemoryCgroup] | None = None,
) -> tuple[NextVictim, ...]:
    """Whom the kernel would take: on the whole machine, and in each cgroup that is near its limit; the nearest first.

    `victims` is the global ranking, `limits` come nearest first and only a few are looked at.
    """
    total = memory.mem_total + (memory.swap_total or 0)
    everywhere = _next(
        "kernel", _("nothing left to free"), room.total, total, victims, Fates(processes, cgroups, domain, era), None
    )
    found = [everywhere] if everywhere else []
    for limit in [limit for limit in limits if _near(limit)][:_MOST_LIMITS]:
        ranked = rank_victims(processes, limit.domain, era, cgroups=cgroups, machine_pages=domain.total_pages)
        fates = Fates(processes, cgroups, limit.domain, era)
        condition = _("limit of {group}").format(group=limit.cgroup.path)
        one = _next("memcg", condition, limit.distance or 0, limit.cgroup.max or 1, ranked, fates, limit.cgroup.path)
        found += [one] if one else []
    return tuple(sorted(found, key=lambda one: -(one.nearness or 0.0)))


def _near(limit: Limit) -> bool:
    """Whether a cgroup may soon lose somebody; with oom_kill_disable of v1 its tasks stop instead."""
    left = limit.distance
    return left is not None and left < _NEAR_SHARE * (limit.cgroup.max or 0) and not limit.cgroup.oom_disabled


def _next(
    killer: Killer, condition: str, distance: int, total: int, victims: Sequence[Victim], fates: Fates, cgroup: str | None
) -> NextVictim | None:
    """The entry of one killer; None where it has nobody to take."""
    if not victims or victims[0].rank is None:
        return None
    process = victims[0].process
    companions = fates.companions(process)
    frees = sum(one.memory.frees for one in fates.distinct((process, *companions)) if one.memory is not None)
    return NextVictim(
        killer=killer,
        acts_when=condition,
        distance=_("{size} left").format(size=format_bytes(max(distance, 0))),
        nearness=min(max(1.0 - distance / total, 0.0), 1.0),
        name=process.name,
        key=process.key,
        cgroup=cgroup if cgroup is not None else process.cgroup,
        frees=None if process.memory is None else frees,
        also_dies=len(companions),
    )
